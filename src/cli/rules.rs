//! `copydesk rules`.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use super::{Exit, Failure, Outcome, clean, input};
use crate::clean::{
    Cleaner, Kind, PACKS, Suggestions,
    kind::{Origin, Summary},
};

/// Look at the cleaning rules, and find new ones in what repeats.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print rules for lines that keep recurring on a site and that no rule cuts yet, ready to be
    /// reviewed and pasted into a rule file.
    Suggest {
        /// Articles as for `copydesk clean`, or `-` for standard input.
        #[arg(default_value = "-", value_name = "FILE")]
        file: PathBuf,
        /// Rules to add; repeatable.
        #[arg(long, value_name = "FILE")]
        rules: Vec<PathBuf>,
    },
    /// Test every rule on its own examples.
    Test {
        /// Rules to add; repeatable.
        #[arg(long, value_name = "FILE")]
        rules: Vec<PathBuf>,
    },
    /// Print a built-in pack, as a starting point for your own.
    Show {
        /// Language code, or `any` for the pack that applies to every language.
        pack: String,
    },
    /// Print the kinds of boilerplate that rules may name, and those that are found without one.
    Kinds,
}

pub(super) fn execute(_config: &Path, args: Args) -> Outcome {
    match args.command {
        Command::Suggest { file, rules } => suggest(&file, &rules),
        Command::Test { rules } => test(&rules),
        Command::Show { pack } => show(&pack),
        Command::Kinds => kinds(),
    }
}

fn suggest(file: &Path, rules: &[PathBuf]) -> Outcome {
    let mut set = clean::builtin()?;
    for file in rules {
        clean::merge(&mut set, file)?;
    }
    let cleaner = Cleaner::new(&set);
    let mut suggestions = Suggestions::default();
    let mut bad = false;
    input::read_lines(file, |number, line, _| {
        match input::document(line) {
            Ok((id, document)) => suggestions.observe(&cleaner, &input::article_id(&id, number), &document),
            Err(error) => {
                eprintln!("line {number}: {error}");
                bad = true;
            }
        }
        Ok(())
    })?;
    if suggestions.is_full() {
        eprintln!("too many different lines to count them all; run it on fewer sites at a time");
    }
    let rules = suggestions.rules();
    let mut out = std::io::stdout().lock();
    writeln!(out, "rules:{}", if rules.is_empty() { " []" } else { "" })?;
    for rule in &rules {
        out.write_all(rule.to_yaml().as_bytes())?;
    }
    Ok(if bad { Exit::Failed } else { Exit::Done })
}

fn test(rules: &[PathBuf]) -> Outcome {
    let mut set = clean::builtin()?;
    for file in rules {
        clean::merge(&mut set, file)?;
    }
    let problems = set.check();
    for problem in &problems {
        eprintln!("{problem}");
    }
    if problems.is_empty() {
        println!("{} rules pass their examples", set.rules.len());
        Ok(Exit::Done)
    } else {
        Ok(Exit::Config)
    }
}

fn show(pack: &str) -> Outcome {
    let Some((_, text)) = PACKS.iter().find(|(code, _)| *code == pack) else {
        let known: Vec<&str> = PACKS.iter().map(|(code, _)| *code).collect();
        return Err(Failure::new(
            Exit::Usage,
            format!("no rule pack `{pack}`; available: {}", known.join(", ")),
        ));
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Exit::Done)
}

fn kinds() -> Outcome {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:<12} {:<5} {:<10} {:<8} what it is", "kind", "tier", "in rules", "summary")?;
    for kind in Kind::ALL {
        let row = kind.row();
        let in_rules = if row.origin == Origin::Rule { "yes" } else { "no" };
        let summary = if row.summary == Summary::Cut { "cut" } else { "kept" };
        let (name, tier, what) = (row.name, row.tier.as_str(), row.what);
        writeln!(out, "{name:<12} {tier:<5} {in_rules:<10} {summary:<8} {what}")?;
    }
    Ok(Exit::Done)
}
