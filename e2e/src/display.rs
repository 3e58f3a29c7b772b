//! A screen that nobody sees, for browsers that draw with WebGL only where there is one.

use std::process::Command;

use anyhow::Result;

use crate::{page::PATIENCE, process::Process};

/// A running X server. It ends when dropped.
#[derive(Debug)]
pub(crate) struct Display {
    number: u32,
    _process: Process,
}

impl Display {
    /// Starts one under a free number.
    ///
    /// # Errors
    /// When there is no Xvfb, or it does not start.
    pub fn start() -> Result<Self> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"]);
        let (process, number) = Process::start(&mut command, PATIENCE, |line| line.trim().parse().ok())?;
        Ok(Self { number, _process: process })
    }

    /// Its name, as programs take it from `DISPLAY`.
    pub fn name(&self) -> String {
        format!(":{}", self.number)
    }
}
