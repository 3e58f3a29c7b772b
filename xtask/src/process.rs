//! Starting other programs: loudly, and with a sentence when they fail.

use std::collections::VecDeque;
use std::env;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Says what begins now, and how long it tends to take.
pub fn announce(what: &str) {
    println!("==> {what}");
}

/// Runs a program whose output is the user's to read.
pub fn run(command: &mut Command) -> Result<()> {
    let line = command_line(command);
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if status.success() { Ok(()) } else { bail!("`{line}` failed ({status})") }
}

/// Runs a program quietly and returns what it wrote to standard output.
pub fn capture(command: &mut Command) -> Result<String> {
    let line = command_line(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What is shown of a program while it works.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// All that it says.
    Output,
    /// Its last line, and the time it has taken: of one that talks much.
    Progress,
    /// Nothing, since another program has the terminal.
    Nothing,
}

/// Runs a program; what was not shown of its last words is, if it fails.
pub fn run_shown(command: &mut Command, show: Show) -> Result<()> {
    match show {
        Show::Output => run(command),
        Show::Progress | Show::Nothing => run_summarized(command, show),
    }
}

/// Runs a program that talks much and takes long; what it said at the end is shown only if it fails.
fn run_summarized(command: &mut Command, show: Show) -> Result<()> {
    const KEPT_LINES: usize = 40;

    let line = command_line(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{line}`"))?;
    let (sender, lines) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        forward_lines(stdout, sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        forward_lines(stderr, sender);
    }

    let mut progress = Progress::new();
    let mut tail = VecDeque::new();
    loop {
        match lines.recv_timeout(Duration::from_millis(500)) {
            Ok(said) => {
                tail.push_back(said);
                if tail.len() > KEPT_LINES {
                    tail.pop_front();
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if show == Show::Progress {
            progress.show(tail.back().map_or("", String::as_str));
        }
    }
    let status = child.wait().with_context(|| format!("lost sight of `{line}`"))?;
    if show == Show::Progress {
        progress.finish(status.success());
    }
    if status.success() {
        return Ok(());
    }
    let said = Vec::from(tail).join("\n");
    eprintln!("{said}");
    if registry_is_silent(&said) {
        bail!(
            "a registry did not answer `{line}`: check this machine's network (or its proxy \
             settings), then run the command again"
        );
    }
    bail!("`{line}` failed ({status}); its last lines are above")
}

/// The program of that name on PATH.
pub fn which(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name).with_extension(env::consts::EXE_EXTENSION))
        .find(|candidate| candidate.is_file())
}

/// The program that a variable names.
pub fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The command as one would type it.
pub fn command_line(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        let _ = write!(line, " {}", argument.to_string_lossy());
    }
    line
}

/// A duration for people: `42 s`, `3 min 07 s`.
pub fn human_time(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {:02} s", seconds / 60, seconds % 60) }
}

/// Whether what a package manager said at its end means that the network failed, not the build.
fn registry_is_silent(said: &str) -> bool {
    const SIGNS: [&str; 12] = [
        "Could not resolve host",
        "Couldn't resolve host",
        "Could not resolve '",
        "Temporary failure resolving",
        "Temporary failure in name resolution",
        "Connection refused",
        "Connection timed out",
        "Could not connect",
        "Timeout was reached",
        "could not download file",
        "failed to query replaced source registry",
        "spurious network error",
    ];
    SIGNS.iter().any(|sign| said.contains(sign))
}

fn forward_lines(from: impl Read + Send + 'static, to: Sender<String>) {
    thread::spawn(move || {
        let mut reader = BufReader::new(from);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).is_ok_and(|n| n > 0) {
            let line = String::from_utf8_lossy(&bytes).trim().to_owned();
            bytes.clear();
            if !line.is_empty() && to.send(line).is_err() {
                break;
            }
        }
    });
}

/// One line that changes in a terminal; elsewhere a new line now and then.
struct Progress {
    started: Instant,
    shown: Instant,
    interval: Duration,
    in_place: bool,
}

impl Progress {
    fn new() -> Self {
        let in_place = io::stdout().is_terminal();
        let interval = if in_place { Duration::from_millis(500) } else { Duration::from_secs(20) };
        let now = Instant::now();
        Self { started: now, shown: now, interval, in_place }
    }

    fn show(&mut self, last_line: &str) {
        if self.shown.elapsed() < self.interval {
            return;
        }
        self.shown = Instant::now();
        let time = human_time(self.started.elapsed());
        let last_line: String = last_line.chars().take(64).collect();
        if self.in_place {
            print!("\r\x1b[K    {time}  {last_line}");
            let _ = io::stdout().flush();
        } else {
            println!("    {time}  {last_line}");
        }
    }

    fn finish(&self, done: bool) {
        let lead = if self.in_place { "\r\x1b[K" } else { "" };
        let word = if done { "done" } else { "failed" };
        println!("{lead}    {word} in {}", human_time(self.started.elapsed()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_for_people() {
        assert_eq!(human_time(Duration::from_secs(42)), "42 s");
        assert_eq!(human_time(Duration::from_secs(187)), "3 min 07 s");
    }

    #[test]
    fn a_command_reads_as_typed() {
        let mut command = Command::new("cargo");
        command.args(["test", "-p", "e2e"]);
        assert_eq!(command_line(&command), "cargo test -p e2e");
    }

    #[test]
    fn a_silent_registry_is_told_from_a_broken_build() {
        assert!(registry_is_silent("Temporary failure resolving 'deb.debian.org'"));
        assert!(!registry_is_silent("error[E0308]: mismatched types"));
    }

    #[cfg(unix)]
    #[test]
    fn a_failing_program_gives_its_command_line() {
        let error = run_shown(Command::new("sh").args(["-c", "echo broken; exit 3"]), Show::Nothing);
        let message = error.expect_err("sh exits with 3").to_string();
        assert!(message.contains("sh -c") && message.contains('3'), "{message}");
    }
}
