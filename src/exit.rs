//! How a command ends: its exit code, and what it prints if it fails.

/// Exit codes that scripts can rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All done.
    Done = 0,
    /// Any failure without a code of its own.
    Failed = 1,
    /// `check --lint` found something, or `clean --compare --exit-code` a difference.
    Findings = 3,
    /// The command line is wrong (EX_USAGE).
    Usage = 64,
    /// A required service cannot be reached (EX_UNAVAILABLE).
    Unavailable = 69,
    /// The configuration is wrong (EX_CONFIG).
    Config = 78,
}

/// A command that did not succeed: what to print to standard error, and the exit code.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Exit code.
    pub exit: Exit,
    /// What is wrong and what to do, without a trailing full stop.
    pub message: String,
}

impl Failure {
    /// A failure with its exit code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Failure>() {
            Ok(failure) => failure,
            Err(error) => Self::new(Exit::Failed, format!("{error:#}")),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Exit::Failed, error.to_string())
    }
}

/// What a command gives back.
pub type Outcome = Result<Exit, Failure>;
