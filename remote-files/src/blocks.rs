//! Files in blocks: what is kept, and what is asked for at one time.

use std::{
    collections::HashMap,
    ops::{Range, RangeInclusive},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
};

use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture, future::Shared};
use object_store::path::Path;
use tokio::task::{JoinError, spawn_blocking};

use crate::{RemoteError, cache::BlockKey, remote::Host, whole_file};

/// The bytes of a block but the last: what a host sends in about the time that it takes to answer.
pub(crate) const BLOCK_BYTES: u64 = 1 << 20;

/// A file of a host.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Its address, without secrets.
    pub(crate) url: String,
    /// Its path at the host.
    pub(crate) path: Path,
    /// Its length, where it never changes.
    pub(crate) n_bytes: u64,
}

/// Blocks that are on their way, so that those who want the same wait for one answer.
#[derive(Default)]
pub(crate) struct Pending {
    blocks: Mutex<HashMap<BlockKey, Fetch>>,
    pub(crate) whole_files: Mutex<HashMap<BlockKey, whole_file::Fetch>>,
}

type Fetch = Shared<BoxFuture<'static, Result<Fetched, RemoteError>>>;

#[derive(Clone)]
enum Fetched {
    Block(Bytes),
    /// The host sends whole files only.
    NoRanges,
}

impl File {
    /// The same with its length.
    pub(crate) fn of_length(self, n_bytes: u64) -> Self {
        Self { n_bytes, ..self }
    }

    /// The name of a block in the cache.
    pub(crate) fn block(&self, number: u64) -> BlockKey {
        BlockKey::of(&self.url, self.n_bytes, number)
    }

    fn range_of(&self, number: u64) -> Range<u64> {
        number * BLOCK_BYTES..((number + 1) * BLOCK_BYTES).min(self.n_bytes)
    }

    /// Compares the length that the host tells.
    pub(crate) fn check_length(&self, found: u64) -> Result<(), RemoteError> {
        if found == self.n_bytes {
            return Ok(());
        }
        Err(RemoteError::Length { url: self.url.clone(), found, expected: self.n_bytes })
    }
}

/// The numbers of the blocks that have these bytes, of which there is at least one.
pub(crate) fn of(range: &Range<u64>) -> RangeInclusive<u64> {
    range.start / BLOCK_BYTES..=range.end.saturating_sub(1).max(range.start) / BLOCK_BYTES
}

/// Bytes of a file, which has them.
pub(crate) fn read(host: &Arc<Host>, file: &File, range: &Range<u64>) -> Result<Bytes, RemoteError> {
    if !host.keeps_blocks() && !host.has_no_ranges() {
        // More than what is wanted would come in vain.
        match host.wait(&file.url, host.range(file, range))? {
            Some(bytes) => return Ok(bytes),
            None => host.sends_whole_files.store(true, Ordering::Relaxed),
        }
    }
    let numbers: Vec<u64> = of(range).collect();
    let blocks = blocks(host, file, &numbers)?;
    let start = (range.start % BLOCK_BYTES) as usize;
    let len = (range.end - range.start) as usize;
    if let [block] = &*blocks {
        return Ok(block.slice(start..start + len));
    }
    let mut bytes = blocks.concat();
    bytes.drain(..start);
    bytes.truncate(len);
    Ok(bytes.into())
}

/// Sees to it that the cache has the blocks of these bytes.
pub(crate) fn prepare(host: &Arc<Host>, file: &File, ranges: &[Range<u64>]) -> Result<(), RemoteError> {
    let Some(cache) = host.stores.cache.as_ref().filter(|cache| !cache.is_paused()) else { return Ok(()) };
    let is_in_file = |range: &&Range<u64>| range.start < range.end && range.end <= file.n_bytes;
    let mut numbers: Vec<u64> = ranges.iter().filter(is_in_file).flat_map(of).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.retain(|number| !cache.has(&file.block(*number)));
    if numbers.is_empty() {
        return Ok(());
    }
    blocks(host, file, &numbers).map(drop)
}

/// Blocks of a file, from the cache or else from the host.
fn blocks(host: &Arc<Host>, file: &File, numbers: &[u64]) -> Result<Vec<Bytes>, RemoteError> {
    let mut blocks: Vec<Option<Bytes>> = numbers.iter().map(|number| kept(host, file, *number)).collect();
    let missing: Vec<u64> =
        numbers.iter().zip(&blocks).filter(|(_, block)| block.is_none()).map(|(number, _)| *number).collect();
    if missing.is_empty() {
        return Ok(blocks.into_iter().flatten().collect());
    }
    let mut fetched = None;
    if !host.has_no_ranges() {
        let fetches = missing.iter().map(|number| fetch(host, file, *number)).collect();
        let answers: Option<Vec<Bytes>> = host
            .wait_for_all(file, fetches)?
            .into_iter()
            .map(|answer| match answer {
                Fetched::Block(bytes) => Some(bytes),
                Fetched::NoRanges => None,
            })
            .collect();
        fetched = answers;
    }
    let fetched = match fetched {
        Some(fetched) => fetched,
        None => whole_file::blocks(host, file, &missing)?,
    };
    let mut fetched = fetched.into_iter();
    for block in blocks.iter_mut().filter(|block| block.is_none()) {
        *block = fetched.next();
    }
    Ok(blocks.into_iter().flatten().collect())
}

/// A block that the cache has, if it is as long as it must be.
pub(crate) fn kept(host: &Host, file: &File, number: u64) -> Option<Bytes> {
    let block = host.stores.cache.as_ref()?.get(&file.block(number))?;
    let range = file.range_of(number);
    (block.len() as u64 == range.end - range.start).then_some(block)
}

/// Puts a block into the cache, if there is one.
pub(crate) async fn keep(host: &Host, file: &File, number: u64, block: &Bytes) {
    if let Some(cache) = host.stores.cache.clone() {
        let (key, block) = (file.block(number), block.clone());
        // A block that could not be kept is not in the cache.
        let _ = spawn_blocking(move || cache.put(&key, &block)).await;
    }
}

/// Asks for a block, unless somebody has.
fn fetch(host: &Arc<Host>, file: &File, number: u64) -> Fetch {
    let key = file.block(number);
    let pending = lock(&host.stores.pending.blocks);
    if let Some(fetch) = pending.get(&key) {
        return fetch.clone();
    }
    let (of_task, file) = (Arc::clone(host), file.clone());
    let task = host.stores.runtime().spawn(async move {
        let outcome = of_task.range(&file, &file.range_of(number)).await;
        if let Ok(Some(block)) = &outcome {
            keep(&of_task, &file, number, block).await;
        }
        lock(&of_task.stores.pending.blocks).remove(&key);
        outcome.map(|block| match block {
            Some(block) => Fetched::Block(block),
            None => {
                of_task.sends_whole_files.store(true, Ordering::Relaxed);
                Fetched::NoRanges
            }
        })
    });
    start(pending, key, task.map(|outcome| outcome.unwrap_or_else(|error| Err(failed(&error)))).boxed())
}

/// Notes what is on its way. The task takes its note away, which it cannot before this lock is free.
pub(crate) fn start<T: Clone>(
    mut pending: MutexGuard<'_, HashMap<BlockKey, Shared<BoxFuture<'static, T>>>>,
    key: BlockKey,
    answer: BoxFuture<'static, T>,
) -> Shared<BoxFuture<'static, T>> {
    let fetch = answer.shared();
    pending.insert(key, fetch.clone());
    fetch
}

/// A task that panicked or was stopped with its runtime.
pub(crate) fn failed(error: &JoinError) -> RemoteError {
    RemoteError::Unreachable { url: "the place".to_owned(), reason: error.to_string() }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blocks_of_bytes_are_those_that_have_some() {
        assert_eq!(of(&(0..1)), 0..=0);
        assert_eq!(of(&(0..BLOCK_BYTES)), 0..=0);
        assert_eq!(of(&(BLOCK_BYTES - 1..BLOCK_BYTES + 1)), 0..=1);
        assert_eq!(of(&(BLOCK_BYTES..3 * BLOCK_BYTES)), 1..=2);
    }
}
