//! Runs steps one after the other, whatever becomes of each, and tells of all at the end.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::count::Counts;
use crate::process::{command_line, human_time};

/// The steps so far.
pub struct Report {
    steps: Vec<Step>,
}

struct Step {
    name: String,
    time: Duration,
    outcome: Outcome,
}

enum Outcome {
    Done,
    Tested(Counts),
    Failed(String),
    /// Tests ran, but the step failed otherwise, too: a package that does not compile, say.
    TestedAndFailed(Counts, String),
}

impl Report {
    /// No steps yet.
    pub fn new() -> Self {
        Self { steps: Vec::new() }
    }

    /// Runs a step that is no test; its result, or nothing when it failed, which is noted.
    pub fn prepare<T>(&mut self, name: &str, step: impl FnOnce() -> Result<T>) -> Option<T> {
        let started = Instant::now();
        let (result, outcome) = match step() {
            Ok(result) => (Some(result), Outcome::Done),
            Err(error) => {
                eprintln!("\nerror: {error:#}\n");
                (None, Outcome::Failed(format!("{error:#}")))
            }
        };
        self.push(name, started, outcome);
        result
    }

    /// Runs a command that runs tests, shows what it prints and counts them.
    pub fn run_counted(&mut self, name: &str, command: &mut Command) {
        let started = Instant::now();
        let outcome = run_tests(command, &mut std::io::stdout());
        self.push(name, started, outcome);
    }

    /// Prints the table of steps and the line `N passed, N failed`.
    ///
    /// # Errors
    /// When anything failed. A step that failed without a failed test counts as one.
    pub fn finish(&self) -> Result<()> {
        let mut total = Counts::default();
        println!();
        for step in &self.steps {
            let (counts, words) = step.outcome.counts_and_words();
            total += counts;
            println!("{:<18} {:>12}   {words}", step.name, human_time(step.time));
        }
        println!("\n{} passed, {} failed", total.passed, total.failed);
        let _ = std::io::stdout().flush();
        if total.failed > 0 {
            bail!("not everything passed");
        }
        Ok(())
    }

    fn push(&mut self, name: &str, started: Instant, outcome: Outcome) {
        self.steps.push(Step { name: name.to_owned(), time: started.elapsed(), outcome });
    }
}

impl Outcome {
    fn counts_and_words(&self) -> (Counts, String) {
        match self {
            Self::Done => (Counts::default(), "done".to_owned()),
            Self::Tested(counts) => (*counts, words(*counts)),
            Self::Failed(reason) => (Counts { passed: 0, failed: 1 }, format!("failed: {}", first_line(reason))),
            Self::TestedAndFailed(counts, reason) => (
                Counts { passed: counts.passed, failed: counts.failed + 1 },
                format!("{}, then failed: {}", words(*counts), first_line(reason)),
            ),
        }
    }
}

fn words(counts: Counts) -> String {
    format!("{} tests passed, {} failed", counts.passed, counts.failed)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn run_tests(command: &mut Command, out: &mut impl Write) -> Outcome {
    let mut counts = Counts::default();
    match stream_and_count(command, out, &mut counts) {
        Ok(()) => Outcome::Tested(counts),
        // The failed tests say it all.
        Err(_) if counts.failed > 0 => Outcome::Tested(counts),
        Err(error) => {
            eprintln!("\nerror: {error:#}\n");
            Outcome::TestedAndFailed(counts, format!("{error:#}"))
        }
    }
}

fn stream_and_count(command: &mut Command, out: &mut impl Write, counts: &mut Counts) -> Result<()> {
    let line = command_line(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{line}`"))?;
    let stdout = child.stdout.take().context("the tests have no output")?;
    let mut reader = BufReader::new(stdout);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes)? > 0 {
        out.write_all(&bytes)?;
        out.flush()?;
        if let Some(found) = Counts::in_line(String::from_utf8_lossy(&bytes).trim_end()) {
            *counts += found;
        }
        bytes.clear();
    }
    let status = child.wait()?;
    if status.success() { Ok(()) } else { bail!("`{line}` failed ({status})") }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// The counts of a shell script that stands for a test run.
    fn counts_of(script: &str) -> Counts {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run_tests(&mut command, &mut std::io::sink()).counts_and_words().0
    }

    #[test]
    fn a_command_that_breaks_without_a_failed_test_counts_as_one() {
        let counts = counts_of("echo 'test result: ok. 2 passed; 0 failed;'; exit 1");
        assert_eq!(counts, Counts { passed: 2, failed: 1 });
    }

    #[test]
    fn failed_tests_are_counted_once() {
        let counts = counts_of("echo 'test result: FAILED. 1 passed; 3 failed;'; exit 101");
        assert_eq!(counts, Counts { passed: 1, failed: 3 });
    }

    #[test]
    fn all_test_programs_of_a_run_are_added_up() {
        let counts = counts_of("for n in 1 2; do echo \"test result: ok. $n passed; 0 failed;\"; done");
        assert_eq!(counts, Counts { passed: 3, failed: 0 });
    }

    #[test]
    fn a_failed_preparation_fails_the_run() {
        let mut report = Report::new();
        assert_eq!(report.prepare("works", || Ok(7)), Some(7));
        assert_eq!(report.prepare::<()>("fails", || bail!("no")), None);
        assert!(report.finish().is_err());
    }
}
