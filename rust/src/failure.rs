//! What ends a process, or keeps it from starting: one table of sentences and exit codes.

use std::fmt::{self, Display, Formatter};
use std::process::ExitCode;

const FAILED: u8 = 1;
const WRONG: u8 = 2;

/// Why a process cannot begin or go on.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// A setting that cannot be followed; the sentence names it and says what to change.
    Wrong(String),
    /// Going on would count wrongly; the sentence says what to do.
    Broken(String),
    /// A service cannot do its job now; the cause is in its driver's words.
    Away { service: &'static str, cause: String },
}

impl Failure {
    /// A setting that cannot be read.
    pub fn wrong(setting: &str, reason: impl Display) -> Self {
        Self::Wrong(format!("The setting {setting} is wrong: {reason}."))
    }

    /// A log that cannot be asked or appended to now.
    pub fn log_away(cause: impl Display) -> Self {
        Self::Away { service: "log", cause: cause.to_string() }
    }

    /// What the process ends with.
    pub fn code(&self) -> ExitCode {
        match self {
            Self::Wrong(_) => ExitCode::from(WRONG),
            Self::Broken(_) | Self::Away { .. } => ExitCode::from(FAILED),
        }
    }
}

impl Display for Failure {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(sentence) => write!(to, "{sentence}"),
            Self::Broken(sentence) => write!(to, "Stopped, since going on would count wrongly. {sentence}"),
            Self::Away { service, cause } => write!(to, "The {service} is not available: {cause}"),
        }
    }
}

impl std::error::Error for Failure {}
