//! Reload: all of it or nothing.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    config::Config,
    edit::Editor,
    schedule::{Reload, Request},
};

/// Why a reload was refused; the running configuration goes on.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReloadError {
    /// These keys need a restart.
    #[error("changed keys that need a restart: {}", .0.join(", "))]
    NeedsRestart(Vec<&'static str>),
    /// The daemon is stopping.
    #[error("the daemon is stopping")]
    Stopping,
}

/// The parts that a reload is applied to.
pub struct Reloader {
    /// Takes the lists of feeds.
    pub scheduler: mpsc::Sender<Request>,
    /// To the editing step: the next polls use what is sent.
    pub editor: watch::Sender<Arc<Editor>>,
}

impl Reloader {
    /// Applies the feeds and the rules of a new configuration if nothing else has changed: all of
    /// them or, on an error, none. `editor` holds its rules, compiled, if they are not those in force.
    ///
    /// # Errors
    /// [`ReloadError`].
    pub async fn apply(
        &self,
        running: &Config,
        new: Config,
        editor: Option<Editor>,
    ) -> Result<(usize, usize, usize), ReloadError> {
        let changed = needs_restart(running, &new);
        if !changed.is_empty() {
            return Err(ReloadError::NeedsRestart(changed));
        }
        let (done, counts) = oneshot::channel();
        let feeds = Request::Reload(Reload { feeds: new.feeds, done });
        self.scheduler.send(feeds).await.map_err(|_| ReloadError::Stopping)?;
        let counts = counts.await.map_err(|_| ReloadError::Stopping)?;
        if let Some(editor) = editor {
            self.editor.send_replace(Arc::new(editor));
        }
        Ok(counts)
    }
}

/// The sections that differ and cannot be changed while the daemon runs.
///
/// Both configurations are destructured down to the last section, so that a new section does not
/// compile until it is decided here whether a reload applies it.
fn needs_restart(running: &Config, new: &Config) -> Vec<&'static str> {
    let Config {
        kafka,
        delivery,
        topics,
        http,
        feeds: _,
        rules: _,
        tags: _,
        urls: _,
        routes,
        stories,
        admin,
        websub,
        observe,
        daemon,
    } = running;
    [
        ("kafka", *kafka != new.kafka),
        ("delivery", *delivery != new.delivery),
        ("topics", *topics != new.topics),
        ("http", *http != new.http),
        ("routes", *routes != new.routes),
        ("stories", *stories != new.stories),
        ("admin", *admin != new.admin),
        ("websub", *websub != new.websub),
        ("observe", *observe != new.observe),
        ("daemon", *daemon != new.daemon),
    ]
    .into_iter()
    .filter_map(|(key, changed)| changed.then_some(key))
    .collect()
}

#[cfg(test)]
mod tests {
    use std::{path::Path, time::Duration};

    use super::*;
    use crate::config::{Delivery, KeyDoc, Secret, load, reference};

    #[test]
    fn keys_that_need_a_restart_are_named() {
        let running = Config::default();
        let mut new = Config::default();
        assert!(needs_restart(&running, &new).is_empty());
        new.delivery = Delivery::AtLeastOnce;
        new.kafka.security.password = Some(Secret("x".into()));
        new.daemon.shutdown_grace = Duration::from_secs(1);
        assert_eq!(needs_restart(&running, &new), ["kafka", "delivery", "daemon"]);
    }

    /// Values that no message shows are compared all the same.
    #[test]
    fn a_changed_raw_setting_is_a_change() {
        let with = |value: &str| {
            let mut config = Config::default();
            config.kafka.properties = vec![("linger.ms".into(), value.into())];
            config
        };
        assert!(needs_restart(&with("5"), &with("5")).is_empty());
        assert_eq!(needs_restart(&with("5"), &with("50")), ["kafka"]);
    }

    /// Every key of the reference but the feeds' own is noticed when it changes.
    #[test]
    fn every_section_of_the_reference_is_decided() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.yaml");
        let read = |more: &str| {
            std::fs::write(&path, format!("kafka: {{brokers: [localhost:9092]}}\n{more}")).unwrap();
            load(Path::new(&path), &|_| None).unwrap().config
        };
        std::fs::write(folder.path().join("own.yaml"), "").unwrap();
        let plain = read("");
        for (section, text) in [
            ("delivery", "delivery: at_least_once"),
            ("topics", "topics: {articles: others}"),
            ("http", "http: {timeout: 5s}"),
            ("stories", "stories: {window: 2d}"),
            ("routes", "routes: [{topic: war, when: {any: [topic/war]}}]"),
            ("admin", "admin: {listen: 127.0.0.1:9999}"),
            ("websub", "websub: {lease: 5d}"),
            ("observe", "observe: {otlp: {endpoint: \"http://localhost:4318\"}}"),
            ("daemon", "daemon: {workers: 3}"),
        ] {
            assert_eq!(needs_restart(&plain, &read(text)), [section]);
        }
        for section in ["rules", "tags", "urls"] {
            let changed = read(&format!("{section}: {{files: [own.yaml]}}"));
            assert!(changed != plain && needs_restart(&plain, &changed).is_empty(), "{section}");
        }
        let mut sections: Vec<&str> =
            reference().iter().filter_map(|KeyDoc { path, .. }| path.split(['.', '[']).next()).collect();
        sections.dedup();
        let applied = ["defaults", "feeds", "include", "rules", "tags", "urls"];
        let known = [
            "kafka", "delivery", "topics", "stories", "http", "routes", "admin", "websub", "observe",
            "daemon",
        ];
        for section in sections {
            assert!(applied.contains(&section) || known.contains(&section), "{section} is decided nowhere");
        }
    }
}
