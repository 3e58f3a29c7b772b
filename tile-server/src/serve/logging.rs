//! The server's log, on standard error: standard output is for what other programs read.

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use crate::text::PrintableLog;

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Sends the process's log to standard error. `RUST_LOG` chooses what is logged, otherwise it is what is of this level. A
/// log that was set up before stays as it is.
pub fn init_logging(format: LogFormat, level: LevelFilter) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level.to_string()));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| PrintableLog(io::stderr()))
        // Or it panics where it cannot say that a line cannot be written; whoever closes the log wants none.
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal());
    let outcome = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "the log was set up before");
    }
}
