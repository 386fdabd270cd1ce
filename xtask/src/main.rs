//! The project's own tasks, run as `cargo xtask <task>`.

mod ci;
mod codegen;
mod dependencies;
mod tidy;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Strongroom's own tasks")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Writes the generated layer from the service model and the overlay.
    Codegen {
        /// Writes nothing; fails if a committed file differs from what would be written.
        #[arg(long)]
        check: bool,
    },
    /// Checks the house rules that the compiler cannot.
    Tidy,
    /// Runs everything that CI runs, installing what the tests need.
    Ci {
        /// Runs one part alone.
        part: Option<String>,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Codegen { check } => codegen::run(check),
        Task::Tidy => tidy::run(&ci::root()),
        Task::Ci { part } => ci::run(part.as_deref()),
    }
}
