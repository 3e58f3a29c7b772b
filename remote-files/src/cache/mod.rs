//! Blocks on disk: bounded, shared by any number of processes, and right whatever ends one of them.
//!
//! A block is a file of its own, named by what it is a block of, written beside and renamed. It begins with a checksum, so
//! that a torn or changed one is as if absent. What was not read for longest goes first; the time of its last use is the
//! file's own, so that all processes and later ones agree.

mod block_file;
mod sweep;

use std::{
    fs::{self, File},
    io,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;

pub(crate) use self::block_file::BlockKey;

/// For so long nothing is kept after a block could not be, as on a full disk.
const PAUSE: Duration = Duration::from_secs(30);

/// The bound is kept by a sweep after so large a part of it was written, so that two processes that each sweep after their
/// own part stay within it together.
const PARTS: u64 = 16;

/// Where blocks are kept, and how many.
#[derive(Clone, Debug)]
pub struct CacheOptions {
    /// The directory, which is made.
    pub directory: PathBuf,
    /// The most bytes that all files in it may have.
    pub most_bytes: u64,
}

/// Blocks on disk.
pub(crate) struct BlockCache {
    options: CacheOptions,
    /// Bytes written since the last sweep.
    n_unswept: AtomicU64,
    /// Locked by who writes or sweeps, so that what is written between two sweeps is known.
    writing: Mutex<()>,
    /// Until when nothing is kept, since the last block could not be.
    paused: Mutex<Option<Instant>>,
}

impl BlockCache {
    /// Makes the directory where it is not there, and sweeps it.
    ///
    /// # Errors
    /// When it cannot be made or listed.
    pub(crate) fn open(options: CacheOptions) -> io::Result<Self> {
        fs::create_dir_all(&options.directory)?;
        sweep::sweep(&options.directory, room_after_sweep(options.most_bytes))?;
        Ok(Self { options, n_unswept: AtomicU64::new(0), writing: Mutex::default(), paused: Mutex::default() })
    }

    /// The largest file whose blocks can all be kept.
    pub(crate) fn most_file_bytes(&self) -> u64 {
        room_after_sweep(self.options.most_bytes) / 2
    }

    /// Whether nothing is kept for now.
    pub(crate) fn is_paused(&self) -> bool {
        crate::blocks::lock(&self.paused).is_some_and(|until| Instant::now() < until)
    }

    /// Whether there is a block of this name, right or not.
    pub(crate) fn has(&self, key: &BlockKey) -> bool {
        key.path(&self.options.directory).exists()
    }

    /// A block as it was put. One that cannot be read as such is dropped.
    pub(crate) fn get(&self, key: &BlockKey) -> Option<Bytes> {
        let path = key.path(&self.options.directory);
        let mut file = File::open(&path).ok()?;
        match block_file::read(&mut file, key) {
            Ok(block) => {
                // A block whose time cannot be set only goes sooner.
                let _ = file.set_modified(SystemTime::now());
                Some(block)
            }
            Err(error) => {
                tracing::debug!("a block of the cache is dropped: {}: {error}", path.display());
                self.remove(key);
                None
            }
        }
    }

    /// Keeps a block. Where it cannot be, as on a full disk, a warning says so once, until one can be again.
    pub(crate) fn put(&self, key: &BlockKey, block: &Bytes) {
        let _writing = crate::blocks::lock(&self.writing);
        let was_paused = {
            let paused = crate::blocks::lock(&self.paused);
            if paused.is_some_and(|until| Instant::now() < until) {
                return;
            }
            paused.is_some()
        };
        let n_bytes = block_file::HEADER_BYTES as u64 + block.len() as u64;
        if n_bytes > self.options.most_bytes / PARTS {
            return;
        }
        let outcome = block_file::write(&self.options.directory, key, block);
        *crate::blocks::lock(&self.paused) = outcome.is_err().then(|| Instant::now() + PAUSE);
        match outcome {
            Err(error) if !was_paused => tracing::warn!(
                "nothing is kept in {} for now, and all is asked of the hosts: {error}",
                self.options.directory.display()
            ),
            Ok(()) if was_paused => tracing::info!("blocks are kept in {} again", self.options.directory.display()),
            Ok(()) | Err(_) => {}
        }
        let n_unswept = self.n_unswept.fetch_add(n_bytes, Ordering::Relaxed) + n_bytes;
        if n_unswept + n_bytes > self.options.most_bytes / PARTS {
            self.sweep();
        }
    }

    /// Drops a block.
    pub(crate) fn remove(&self, key: &BlockKey) {
        // One that is gone is dropped.
        let _ = fs::remove_file(key.path(&self.options.directory));
    }

    /// Drops what was not used for longest until all fits.
    fn sweep(&self) {
        self.n_unswept.store(0, Ordering::Relaxed);
        if let Err(error) = sweep::sweep(&self.options.directory, room_after_sweep(self.options.most_bytes)) {
            tracing::warn!("{} cannot be listed: {error}", self.options.directory.display());
        }
    }
}

/// What a sweep leaves: room for what two processes write until their next.
fn room_after_sweep(most_bytes: u64) -> u64 {
    most_bytes - 2 * (most_bytes / PARTS)
}

#[cfg(test)]
mod tests;
