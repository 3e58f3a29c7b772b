//! `tile-server`: builds, serves, inspects, verifies and compares Tessera datasets.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
