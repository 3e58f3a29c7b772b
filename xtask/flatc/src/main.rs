//! Hands its arguments to the FlatBuffers compiler of the same release as the runtime crate.

use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let flatc = flatc_fork::flatc();
    match Command::new(flatc).args(std::env::args_os().skip(1)).status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cannot start {}: {error}", flatc.display());
            ExitCode::FAILURE
        }
    }
}
