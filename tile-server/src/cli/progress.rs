//! Progress of a build: bars on a terminal, plain lines elsewhere, or nothing; and Ctrl-C, which stops it.

use std::{
    io::IsTerminal,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use builder::{Progress, Stage};
use indicatif::{HumanCount, HumanDuration, MultiProgress, ProgressBar, ProgressStyle};
use tile_server::text::printable;

use super::{exit::INTERRUPTED, terminal};

/// How long what is built may take to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Progress on standard error.
pub struct TerminalProgress {
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
struct TerminalStage {
    name: String,
    bar: ProgressBar,
    lines: bool,
    started: Instant,
}

impl TerminalProgress {
    /// Bars when standard error is a terminal, lines otherwise, nothing if `quiet`. Ctrl-C stops what is built; a
    /// second one ends the program at once, as does [`GRACE`] without an end, when a disk hangs. Once this is dropped,
    /// signals are others' affair.
    ///
    /// # Errors
    /// When Ctrl-C cannot be listened for.
    pub fn new(quiet: bool) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let handler = Arc::downgrade(&stop);
        let on_signal = move || {
            let Some(stop) = handler.upgrade() else { return };
            if stop.swap(true, Ordering::Relaxed) {
                std::process::exit(INTERRUPTED.into());
            }
            drop(stop);
            let handler = handler.clone();
            std::thread::spawn(move || {
                std::thread::sleep(GRACE);
                if handler.strong_count() > 0 {
                    terminal::say("what was asked for does not stop, since a disk does not answer; ended all the same");
                    std::process::exit(INTERRUPTED.into());
                }
            });
        };
        ctrlc::set_handler(on_signal).context("cannot listen for Ctrl-C")?;
        let sink = match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Sink::Quiet,
            (false, true) => Sink::Bars(MultiProgress::new()),
            (false, false) => Sink::Lines,
        };
        Ok(Self { sink, stop })
    }
}

impl Progress for TerminalProgress {
    fn stage(&self, name: String, total: u64) -> Box<dyn Stage + '_> {
        let name = printable(&name).into_owned();
        let bar = match &self.sink {
            Sink::Quiet | Sink::Lines => ProgressBar::hidden(),
            Sink::Bars(bars) => {
                let style = "{msg:28} {wide_bar} {human_pos}/{human_len} {per_sec} {eta} left";
                let style = ProgressStyle::with_template(style).expect("the template is well-formed");
                bars.add(ProgressBar::no_length().with_style(style).with_message(name.clone()))
            }
        };
        bar.set_length(total);
        let lines = matches!(self.sink, Sink::Lines);
        Box::new(TerminalStage { name, bar, lines, started: Instant::now() })
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Stage for TerminalStage {
    fn advance(&self, steps: u64) {
        self.bar.inc(steps);
    }
}

impl Drop for TerminalStage {
    fn drop(&mut self) {
        if self.lines && !std::thread::panicking() {
            let (steps, spent) = (self.bar.position(), self.started.elapsed());
            let rate = HumanCount((steps as f64 / spent.as_secs_f64().max(1e-9)) as u64);
            terminal::say(&format!("{}: {} in {} ({rate}/s)", self.name, HumanCount(steps), HumanDuration(spent)));
        }
        self.bar.finish_and_clear();
    }
}
