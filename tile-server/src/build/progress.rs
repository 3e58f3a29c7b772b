//! Progress of a build: bars on a terminal, plain lines elsewhere, or nothing.

use std::{io::IsTerminal, time::Instant};

use indicatif::{HumanCount, HumanDuration, MultiProgress, ProgressBar, ProgressStyle};

/// Where progress goes.
pub enum Progress {
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
    /// Bars when standard error is a terminal, lines otherwise.
    pub fn for_stderr() -> Self {
        if std::io::stderr().is_terminal() { Self::Bars(MultiProgress::new()) } else { Self::Lines }
    }

    /// Starts a stage of `total` steps.
    pub fn stage(&self, name: String, total: u64) -> Stage {
        let bar = match self {
            Self::Quiet | Self::Lines => ProgressBar::hidden(),
            Self::Bars(bars) => {
                let style = "{msg:28} {wide_bar} {human_pos}/{human_len} {per_sec} {eta} left";
                let style = ProgressStyle::with_template(style).expect("the template is well-formed");
                bars.add(ProgressBar::no_length().with_style(style).with_message(name.clone()))
            }
        };
        bar.set_length(total);
        Stage { name, bar, lines: matches!(self, Self::Lines), started: Instant::now() }
    }
}

impl Stage {
    /// Notes that `steps` more are done.
    pub fn advance(&self, steps: u64) {
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
