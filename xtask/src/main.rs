//! The project's own tasks, run as `cargo xtask <task>`.

mod codegen;

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
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Codegen { check } => codegen::run(check),
    }
}
