//! Structured logs, on standard error.
//!
//! Secrets cannot reach them by type: none of our secret types prints more than its name. What
//! remains is the message of a panic, which may quote anything; it is not printed.

use std::io::{self, Write as _};

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object on each line.
    Json,
}

/// Begins to log what `filter` lets through, or else everything from `quiet` on.
///
/// A filter is a level (`debug`) or a list of levels by module (`info,strongroom_kms=trace`).
///
/// # Errors
/// When the filter is not one.
pub fn start(format: LogFormat, filter: Option<&str>, quiet: LevelFilter) -> Result<(), String> {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        // The payload may hold anything, a secret too.
        let _ = writeln!(
            io::stderr(),
            "strongroom: an invariant was broken at {place}"
        );
    }));
    let filter = match filter {
        Some(text) => text.parse::<Targets>().map_err(|error| {
            format!(
                "STRONGROOM_LOG is not a filter such as `info` or `strongroom_kms=debug`: {error}"
            )
        })?,
        None => Targets::new().with_default(quiet),
    };
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Text => registry
            .with(tracing_subscriber::fmt::layer().with_writer(io::stderr))
            .try_init(),
        LogFormat::Json => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .json()
                    .with_writer(io::stderr),
            )
            .try_init(),
    };
    started.map_err(|error| format!("the log cannot be started: {error}"))
}
