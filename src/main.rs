//! The thin binary: arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser;
use copydesk::{cli::Cli, exit::Exit};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // --help and --version come this way too; a closed pipe is not an error of ours.
            error.print().ok();
            return if error.use_stderr() { ExitCode::from(Exit::Usage as u8) } else { ExitCode::SUCCESS };
        }
    };
    match cli.execute() {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(failure) => {
            eprintln!("copydesk: {failure}");
            ExitCode::from(failure.exit as u8)
        }
    }
}
