//! `copydesk completions` and `copydesk man`: what a package installs beside the program.

use std::path::{Path, PathBuf};

use clap::CommandFactory;

use super::{Cli, Exit, Outcome};

/// Print completions for a shell.
///
/// For example `copydesk completions bash > /etc/bash_completion.d/copydesk`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell.
    shell: clap_complete::Shell,
}

pub(super) fn execute(args: &Args) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "copydesk", &mut script);
    std::io::Write::write_all(&mut std::io::stdout(), &script)?;
    Ok(Exit::Done)
}

/// Write the manual pages, one for the program and one for each command.
#[derive(Debug, clap::Args)]
pub struct ManualArgs {
    /// Folder to write them to; created if it does not exist.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

pub(super) fn write_manual(args: &ManualArgs) -> Outcome {
    std::fs::create_dir_all(&args.folder)?;
    manual(&Cli::command(), "copydesk", &args.folder)?;
    Ok(Exit::Done)
}

/// Writes the page of a command and those of its subcommands, as `copydesk-feeds-status.1`.
fn manual(command: &clap::Command, name: &str, folder: &Path) -> std::io::Result<()> {
    let page = command.clone().display_name(name.to_owned()).bin_name(name.replace('-', " "));
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    std::fs::write(folder.join(format!("{name}.1")), text)?;
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        manual(below, &format!("{name}-{}", below.get_name()), folder)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_its_page() {
        let folder = tempfile::tempdir().unwrap();
        write_manual(&ManualArgs { folder: folder.path().to_owned() }).unwrap();
        for name in ["copydesk", "copydesk-run", "copydesk-feeds", "copydesk-feeds-status"] {
            let page = std::fs::read_to_string(folder.path().join(format!("{name}.1"))).unwrap();
            assert!(page.contains(".SH SYNOPSIS") && page.contains(".TH"), "{name}: {page}");
        }
    }

    #[test]
    fn every_shell_completes_the_commands() {
        for shell in clap::ValueEnum::value_variants() {
            let mut script = Vec::new();
            clap_complete::generate::<clap_complete::Shell, _>(
                *shell,
                &mut Cli::command(),
                "copydesk",
                &mut script,
            );
            let script = String::from_utf8(script).unwrap();
            assert!(script.contains("preview") && script.contains("replay"), "{shell}");
        }
    }
}
