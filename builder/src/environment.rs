//! What a build needs from the place where it runs: somewhere to write, room for what waits, and someone to tell.
//!
//! A build needs no clock.

use std::{
    io::{self, Read, Seek, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::BuildError;

/// Everything that a build needs from outside.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// Where the dataset goes.
    pub output: &'a dyn Output,
    /// Where data waits that is not kept in memory.
    pub scratch: &'a dyn Scratch,
    /// Who hears how far the build has come, and may stop it.
    pub progress: &'a dyn Progress,
}

/// Where the files of a dataset go.
pub trait Output: Sync {
    /// Begins a file. It gets its final name only when it is complete, since the name of a pack says what is in it;
    /// `stem` tells apart those that are written at the same time.
    ///
    /// # Errors
    /// When it cannot be created.
    fn create(&self, stem: &str) -> io::Result<Box<dyn OutputFile>>;

    /// What messages call this place.
    fn place(&self) -> String;

    /// Whether somebody waits to see the cells while the matrices, which take nearly all of the time, are still being
    /// read. A dataset without any matrix is then written first: the files that it is made of under their names, and
    /// its manifest as [`LOOK_MANIFEST`](shared_fbs::path::LOOK_MANIFEST).
    fn is_watched(&self) -> bool {
        false
    }
}

/// A file of a dataset while it is written; dropped, it leaves nothing behind unless it was
/// [published](Self::publish).
pub trait OutputFile: Write + Send {
    /// Completes the file under its name.
    ///
    /// # Errors
    /// When it cannot be written or named.
    fn publish(self: Box<Self>, name: &str) -> io::Result<()>;
}

/// Where data waits that a build does not keep in memory.
pub trait Scratch: Sync {
    /// An empty file, which is gone when it is dropped.
    ///
    /// # Errors
    /// When it cannot be created.
    fn create(&self) -> io::Result<Box<dyn ScratchFile>>;
}

/// A temporary file: written, then read at any place.
pub trait ScratchFile: Read + Write + Seek + Send {}

impl<F: Read + Write + Seek + Send> ScratchFile for F {}

/// Who hears how far a build has come, and may stop it.
pub trait Progress: Sync {
    /// Begins a stage of `total` steps, which ends when the [`Stage`] is dropped.
    fn stage(&self, name: String, total: u64) -> Box<dyn Stage + '_>;

    /// Whether the build is to end with [`BuildError::Interrupted`]. Asked often, from any thread.
    fn is_stopped(&self) -> bool;
}

/// A stage of a build.
pub trait Stage: Send + Sync {
    /// Notes that `steps` more are done.
    fn advance(&self, steps: u64);
}

impl Environment<'_> {
    /// Whether the build may go on.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        if self.progress.is_stopped() { Err(BuildError::Interrupted) } else { Ok(()) }
    }

    /// The error for output that cannot be written.
    pub(crate) fn output_error(&self, source: io::Error) -> BuildError {
        BuildError::Output { place: self.output.place(), source }
    }
}

/// Progress that nobody hears.
#[derive(Default)]
pub struct Quiet {
    stop: Arc<AtomicBool>,
}

impl Quiet {
    /// Makes the build end with [`BuildError::Interrupted`] soon after `stop` is set.
    pub fn stopped_by(stop: Arc<AtomicBool>) -> Self {
        Self { stop }
    }
}

impl Progress for Quiet {
    fn stage(&self, _name: String, _total: u64) -> Box<dyn Stage + '_> {
        Box::new(Unheard)
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

struct Unheard;

impl Stage for Unheard {
    fn advance(&self, _steps: u64) {}
}
