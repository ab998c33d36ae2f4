//! What packages and clusters are given: the files are there, and the configuration is good.

use std::{path::Path, process::Command};

use super::broker;

fn read(path: &str) -> String {
    std::fs::read_to_string(broker::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The block of lines after `key: |`, without its indentation.
fn block(text: &str, key: &str) -> String {
    let mut lines = text.lines().skip_while(|line| line.trim() != format!("{key}: |"));
    let indent = lines.next().expect("the key").find(key).expect("in its line") + 2;
    let inside = lines.take_while(|line| {
        line.len() > indent && line.get(..indent).is_some_and(|margin| margin.trim().is_empty())
    });
    inside.filter_map(|line| line.get(indent..)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_configuration_of_the_manifests_is_good() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("copydesk.yaml");
    let text = block(&read("deploy/kubernetes/copydesk.yaml"), "copydesk.yaml");
    assert!(text.contains("watch: true") && text.contains("instance: ${env:POD_NAME}"), "{text}");
    std::fs::write(&path, text).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_copydesk"))
        .env("POD_NAME", "copydesk-0")
        .arg("--config")
        .arg(&path)
        .arg("check")
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The paths of `assets` in Cargo.toml.
fn assets() -> Vec<(String, String)> {
    let manifest = read("Cargo.toml");
    let lines =
        manifest.lines().skip_while(|line| *line != "assets = [").skip(1).take_while(|line| *line != "]");
    lines
        .filter(|line| !line.trim_start().starts_with('#'))
        .map(|line| {
            let mut quoted = line.split('"').skip(1).step_by(2);
            let mut next = || quoted.next().expect("a path").to_owned();
            (next(), next())
        })
        .collect()
}

#[test]
fn what_the_debian_package_holds_is_there() {
    let assets = assets();
    assert!(assets.len() > 5);
    for (source, target) in &assets {
        // Built, or laid out by deploy/package.
        if source.starts_with("target/") {
            continue;
        }
        let pattern = broker::root().join(source).display().to_string();
        let found = glob::glob(&pattern).expect("a glob").flatten().any(|path| path.is_file());
        assert!(found, "{source} for {target}");
    }
    for script in ["postinst", "prerm", "postrm"] {
        assert!(read(&format!("deploy/debian/{script}")).contains("#DEBHELPER#"));
    }
    let laid_out = Command::new(broker::root().join("deploy/package"))
        .arg(env!("CARGO_BIN_EXE_copydesk"))
        .output()
        .expect("deploy/package runs");
    assert!(laid_out.status.success(), "{}", String::from_utf8_lossy(&laid_out.stderr));
    for (source, target) in assets.iter().filter(|(source, _)| source.starts_with("target/package")) {
        let pattern = broker::root().join(source).display().to_string();
        assert!(glob::glob(&pattern).expect("a glob").flatten().next().is_some(), "{source} for {target}");
    }
    let unit = read("target/package/copydesk.service");
    assert!(unit.contains("ExecStart=/usr/bin/copydesk run") && !unit.contains("/usr/local"), "{unit}");
}

#[test]
fn chart_and_manifests_have_the_version_of_the_program() {
    let version = env!("CARGO_PKG_VERSION");
    let chart = read("deploy/helm/copydesk/Chart.yaml");
    assert!(chart.contains(&format!("\nversion: {version}\nappVersion: {version}\n")), "{chart}");
    let manifests = read("deploy/kubernetes/copydesk.yaml");
    assert!(manifests.contains(&format!("image: \"copydesk:{version}\"")));
    assert!(Path::new(&broker::root().join("deploy/kubernetes/render")).is_file());
}
