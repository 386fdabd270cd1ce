//! `strongroom`: see `strongroom --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    strongroom::commands::main()
}
