//! `tile-server`: builds, serves, inspects, verifies and compares Tessera datasets.

mod cli;

use std::{panic, process::ExitCode, thread};

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The stack of the thread that works: as large as that of a first thread.
const STACK_BYTES: usize = 8 << 20;

fn main() -> ExitCode {
    // The system hands signals to the first thread, and one that waits for a disk that does not answer cannot take them:
    // this one does nothing else.
    match thread::Builder::new()
        .name("main".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(cli::run)
        .map(thread::JoinHandle::join)
    {
        Ok(Ok(code)) => code,
        Ok(Err(panic)) => panic::resume_unwind(panic),
        // The system has no thread to spare.
        Err(_) => cli::run(),
    }
}
