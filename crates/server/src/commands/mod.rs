//! The commands, from the command line to the exit code.

mod audit;
mod clock;
mod dev;
mod explain;
mod house;
pub(crate) mod identity;
mod init;
mod seal;
mod serve;
mod store;

use std::{
    fmt::Display,
    io::{self, Write as _},
    process::ExitCode,
};

use serde_json::Value;
use strongroom_crypto::Hardening;
use tracing_subscriber::filter::LevelFilter;

use crate::{
    cli::{Cli, Command, Output, RootKeyCommand, ServerCommand},
    config::{self, ConfigError},
    telemetry::{self, LogFormat},
};

/// Why a command ends without having done what it should.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What is told; nothing where everything was told already.
    sentence: String,
    code: u8,
}

impl Failure {
    /// A refusal or failure, told in a sentence that says what to do.
    pub(crate) fn new(sentence: impl Display) -> Self {
        Self {
            sentence: sentence.to_string(),
            code: 1,
        }
    }

    /// An answer in the exit code alone, such as that of `diff`.
    pub(crate) fn silent(code: u8) -> Self {
        Self {
            sentence: String::new(),
            code,
        }
    }

    /// The same failure with another exit code.
    pub(crate) fn with_code(self, code: u8) -> Self {
        Self { code, ..self }
    }

    /// A mistake in how the command was used.
    pub(crate) fn usage(sentence: impl Display) -> Self {
        Self {
            sentence: sentence.to_string(),
            code: 2,
        }
    }
}

/// Whatever failed in a room below says so itself.
impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    // Before anything secret is read, and before there are threads.
    let hardening = strongroom_crypto::harden();
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors of this kind too, with code 0.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    // Where nothing is swapped, development does without the lock, which costs every page.
    let development = matches!(cli.command, Command::Server(ServerCommand::Dev(_)));
    let hardening = if development && !hardening.swap_on {
        hardening
    } else {
        hardening.with_memory_locked()
    };
    match run(cli, hardening) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.sentence.is_empty() {
                let _ = writeln!(io::stderr(), "strongroom: {}", failure.sentence);
            }
            ExitCode::from(failure.code)
        }
    }
}

fn run(cli: Cli, hardening: Hardening) -> Result<(), Failure> {
    let format = cli.log.log_format;
    if let Command::Server(ServerCommand::Serve(args)) = cli.command {
        let config = config::serve(args).map_err(|error| match error {
            ConfigError::NoDataDir => Failure::usage(error),
            _ => Failure::new(error),
        })?;
        let format = format.or(config.log_format).unwrap_or_default();
        start_log(format, config.log_filter.as_deref(), LevelFilter::INFO)?;
        return serve::run(config, hardening);
    }
    start_log(format.unwrap_or_default(), None, LevelFilter::WARN)?;
    match cli.command {
        Command::Server(ServerCommand::Dev(args)) => dev::run(args, hardening),
        Command::Init(args) => init::run(&args),
        Command::Server(ServerCommand::Serve(_)) => Ok(()),
        Command::Seal { command } => seal::run(command),
        Command::RootKey {
            command: RootKeyCommand::Rotate { folder, seal },
        } => seal::rotate(&folder, &seal),
        Command::Store { command } => store::run(command),
        Command::Audit { command } => audit::run(command),
        Command::Clock { command } => clock::run(command),
        Command::Identity { command } => identity::run(command),
        Command::Explain { request_id, folder } => explain::explain(request_id, &folder),
        Command::Simulate(args) => explain::simulate(args),
        Command::Whatif(args) => explain::what_if(args),
        Command::Pkcs11Helper(args) => Ok(crate::custom_key_stores::hsm::helper::run(&args)?),
    }
}

fn start_log(format: LogFormat, filter: Option<&str>, quiet: LevelFilter) -> Result<(), Failure> {
    let variable = std::env::var("STRONGROOM_LOG")
        .ok()
        .filter(|text| !text.is_empty());
    telemetry::start(format, variable.as_deref().or(filter), quiet).map_err(Failure::usage)
}

/// Prints to standard output in one piece. Whoever closed it does not want to know.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints an answer: JSON as it is, or a table of it.
pub(crate) fn show(answer: &Value, output: Output) {
    match output {
        Output::Json => print(&format!("{answer:#}\n")),
        Output::Text => print(&table(answer)),
    }
}

/// An object as lines `name: value`, a list of objects as a table with a heading.
fn table(answer: &Value) -> String {
    let cell = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match answer {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{name}: {}\n", cell(value)))
            .collect(),
        Value::Array(rows) => {
            let Some(Value::Object(first)) = rows.first() else {
                return String::new();
            };
            let names: Vec<&String> = first.keys().collect();
            let heading: Vec<String> = names
                .iter()
                .map(|name| name.to_uppercase().replace('_', " "))
                .collect();
            let mut lines = vec![heading];
            for row in rows {
                lines.push(
                    names
                        .iter()
                        .map(|name| row.get(name).map(cell).unwrap_or_default())
                        .collect(),
                );
            }
            align(&lines)
        }
        other => format!("{}\n", cell(other)),
    }
}

fn align(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |at: usize| {
        lines
            .iter()
            .filter_map(|line| line.get(at))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..columns).map(|at| width(at).unwrap_or(0)).collect();
    let mut text = String::new();
    for line in lines {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_print_as_lines_or_as_a_table() {
        assert_eq!(
            table(&json!({ "id": "seal-1", "n": 2 })),
            "id: seal-1\nn: 2\n"
        );
        let rows = json!([
            { "id": "seal-1", "root_key_version": 1 },
            { "id": "seal-222", "root_key_version": 12 },
        ]);
        let expected = "ID        ROOT KEY VERSION\nseal-1    1\nseal-222  12\n";
        assert_eq!(table(&rows), expected);
        assert_eq!(table(&json!([])), "");
    }
}
