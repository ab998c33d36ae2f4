//! The commands, one file each; this file lists them.

use clap::{Parser, Subcommand};

use crate::exit::{Exit, Failure, Outcome};

mod bot_key;
pub mod check;
pub mod clean;
mod compare;
pub mod completions;
pub mod demo;
mod discover;
pub mod extract;
pub mod feeds;
mod folder;
mod input;
pub mod parse;
pub mod preview;
pub mod replay;
pub mod rules;
pub mod run;
pub mod schema;
mod status;
pub mod tail;
pub mod topics;
pub mod view;

/// Polls feeds, takes each article whole, strips the boilerplate inside it, tags it and
/// publishes it to Kafka.
#[derive(Debug, Parser)]
#[command(name = "copydesk", version, propagate_version = true)]
pub struct Cli {
    /// Configuration file.
    #[arg(long, global = true, value_name = "FILE", default_value = "config/copydesk.yaml")]
    pub config: std::path::PathBuf,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each is documented at its arguments")]
pub enum Command {
    Run(run::Args),
    Demo(demo::Args),
    Check(check::Args),
    Preview(preview::Args),
    Parse(parse::Args),
    Extract(extract::Args),
    Clean(clean::Args),
    Tail(tail::Args),
    Replay(replay::Args),
    Feeds(feeds::Args),
    Rules(rules::Args),
    Schema(schema::Args),
    BotKey(bot_key::Args),
    Topics(topics::Args),
    Completions(completions::Args),
    Man(completions::ManualArgs),
}

impl Cli {
    /// Carries the command out.
    ///
    /// # Errors
    /// [`Failure`] with its exit code.
    pub fn execute(self) -> Outcome {
        let config = self.config;
        match self.command {
            Command::Run(args) => run::execute(&config, args),
            Command::Demo(args) => demo::execute(args),
            Command::Check(args) => check::execute(&config, args),
            Command::Preview(args) => preview::execute(&config, args),
            Command::Parse(args) => parse::execute(&args),
            Command::Extract(args) => extract::execute(&args),
            Command::Clean(args) => clean::execute(&config, &args),
            Command::Tail(args) => tail::execute(&config, args),
            Command::Replay(args) => replay::execute(&config, args),
            Command::Feeds(args) => feeds::execute(&config, args),
            Command::Rules(args) => rules::execute(&config, args),
            Command::Schema(args) => schema::execute(&args),
            Command::BotKey(args) => bot_key::execute(&config, &args),
            Command::Topics(args) => topics::execute(&config, args),
            Command::Completions(args) => completions::execute(&args),
            Command::Man(args) => completions::write_manual(&args),
        }
    }
}

/// Reads a file, or standard input for `-`, up to `limit` bytes.
///
/// # Errors
/// [`Failure`] naming the file.
pub fn read_input(path: &std::path::Path, limit: u64) -> Result<Vec<u8>, Failure> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(limit + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::new(Exit::Failed, format!("{}: {error}", path.display())))?;
    if bytes.len() as u64 > limit {
        return Err(Failure::new(Exit::Failed, format!("{}: larger than {limit} bytes", path.display())));
    }
    Ok(bytes)
}

/// The rules and vocabularies of a configuration, compiled.
///
/// # Errors
/// All problems in all rule files, and the exit code for a bad configuration.
pub fn editor(config: &crate::config::Config) -> Result<crate::edit::Editor, Failure> {
    compiled(config, false)
}

/// The same for a reload: the rules of the configuration's own files are also tried on their
/// examples, as `copydesk check` does.
///
/// # Errors
/// As [`editor`], and what the examples do not get.
fn tested_editor(config: &crate::config::Config) -> Result<crate::edit::Editor, Failure> {
    compiled(config, true)
}

fn compiled(config: &crate::config::Config, tested: bool) -> Result<crate::edit::Editor, Failure> {
    let (rules, tags, mut problems) = check::rules(config);
    let (canonical, wrong) = check::canonical(config);
    problems.extend(wrong);
    // The built-in rules alone have been tried before they were released.
    if tested && problems.is_empty() && !config.rules.files.is_empty() {
        problems.extend(rules.check());
    }
    if tested && problems.is_empty() {
        problems.extend(tags.check());
    }
    if !problems.is_empty() {
        return Err(check::failure(&problems));
    }
    let mut editor =
        crate::edit::Editor::new(crate::clean::Cleaner::new(&rules), crate::tag::Tagger::new(&tags));
    editor.canonical = canonical;
    Ok(editor)
}

/// The async runtime of the commands that need one.
///
/// # Errors
/// The threads cannot be started.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// A progress bar on standard error, if that is a terminal. `what` names what is counted.
fn bar(what: &str) -> indicatif::ProgressBar {
    use std::io::IsTerminal;

    let bar = indicatif::ProgressBar::new(0);
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let template = format!("{{bar:30}} {{pos}}/{{len}} {what}, {{per_sec}}, {{eta}} left");
    if let Ok(style) = indicatif::ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar
}
