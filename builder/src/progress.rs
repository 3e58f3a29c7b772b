//! Progress of a build: bars on a terminal, plain lines elsewhere, or nothing. The way to stop one, too.

use std::{
    io::IsTerminal,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use indicatif::{HumanCount, HumanDuration, MultiProgress, ProgressBar, ProgressStyle};

use super::BuildError;

/// Where progress goes, and whether to go on.
pub struct Progress {
    sink: Sink,
    stop: Arc<AtomicBool>,
}

enum Sink {
    /// Nowhere.
    Quiet,
    /// One line a stage, to standard error.
    Lines,
    /// Bars with rate and time left.
    Bars(MultiProgress),
}

/// A stage of the build; it ends when it is dropped.
pub struct Stage {
    name: String,
    bar: ProgressBar,
    lines: bool,
    started: Instant,
}

impl Progress {
    /// Says nothing.
    pub fn quiet() -> Self {
        Self { sink: Sink::Quiet, stop: Arc::default() }
    }

    /// Bars when standard error is a terminal, lines otherwise.
    pub fn for_stderr() -> Self {
        let sink = if std::io::stderr().is_terminal() { Sink::Bars(MultiProgress::new()) } else { Sink::Lines };
        Self { sink, stop: Arc::default() }
    }

    /// Makes the build end with [`BuildError::Interrupted`] soon after `stop` is set.
    #[must_use]
    pub fn stopped_by(self, stop: Arc<AtomicBool>) -> Self {
        Self { stop, ..self }
    }

    /// Starts a stage of `total` steps.
    pub(super) fn stage(&self, name: String, total: u64) -> Stage {
        let bar = match &self.sink {
            Sink::Quiet | Sink::Lines => ProgressBar::hidden(),
            Sink::Bars(bars) => {
                let style = "{msg:28} {wide_bar} {human_pos}/{human_len} {per_sec} {eta} left";
                let style = ProgressStyle::with_template(style).expect("the template is well-formed");
                bars.add(ProgressBar::no_length().with_style(style).with_message(name.clone()))
            }
        };
        bar.set_length(total);
        Stage { name, bar, lines: matches!(self.sink, Sink::Lines), started: Instant::now() }
    }

    /// Whether the build may go on.
    pub(super) fn check(&self) -> Result<(), BuildError> {
        if self.stop.load(Ordering::Relaxed) { Err(BuildError::Interrupted) } else { Ok(()) }
    }
}

impl Stage {
    /// Notes that `steps` more are done.
    pub(super) fn advance(&self, steps: u64) {
        self.bar.inc(steps);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if self.lines && !std::thread::panicking() {
            let (steps, spent) = (self.bar.position(), self.started.elapsed());
            let rate = HumanCount((steps as f64 / spent.as_secs_f64().max(1e-9)) as u64);
            eprintln!("{}: {} in {} ({rate}/s)", self.name, HumanCount(steps), HumanDuration(spent));
        }
        self.bar.finish_and_clear();
    }
}
