//! Programs that end when the test does, however it ends.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

/// A program that was started here; it is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts a program and waits for a line of its output in which `find` sees what it needs.
    ///
    /// # Errors
    /// When it cannot be started, ends, or says nothing of the kind within `limit`.
    pub fn start<T>(command: &mut Command, limit: Duration, find: impl Fn(&str) -> Option<T>) -> Result<(Self, T)> {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let stdout = child.stdout.take().with_context(|| format!("{program} has no output"))?;
        let process = Self { child };
        let (sender, lines) = mpsc::channel();
        // Reads on until the program ends, so that it never waits for its output to be taken.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let deadline = Instant::now() + limit;
        loop {
            match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    if let Some(found) = find(&line) {
                        return Ok((process, found));
                    }
                }
                Err(RecvTimeoutError::Timeout) => bail!("{program} did not say that it is ready within {limit:?}"),
                Err(RecvTimeoutError::Disconnected) => bail!("{program} ended before it was ready"),
            }
        }
    }

    /// Starts a program that says nothing when it is ready, and waits until `is_ready`.
    ///
    /// # Errors
    /// When it cannot be started, ends, or is not ready within `limit`.
    pub fn start_silent(command: &mut Command, limit: Duration, is_ready: impl Fn() -> bool) -> Result<Self> {
        const PAUSE: Duration = Duration::from_millis(20);

        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let mut process = Self { child: child.with_context(|| format!("cannot start {program}"))? };
        let deadline = Instant::now() + limit;
        while !is_ready() {
            if let Some(status) = process.child.try_wait()? {
                bail!("{program} ended before it was ready ({status})");
            }
            if Instant::now() > deadline {
                bail!("{program} was not ready within {limit:?}");
            }
            thread::sleep(PAUSE);
        }
        Ok(process)
    }

    /// Sends a signal by name (`STOP`, `CONT`) to this program alone.
    ///
    /// # Errors
    /// When that is not possible.
    pub fn signal(&self, name: &str) -> Result<()> {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status().context("cannot run `kill`")?;
        if status.success() { Ok(()) } else { bail!("`kill -s {name} {id}` failed ({status})") }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when the program has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
