//! Files of hosts that answer no ranges: read once as a whole, into the cache.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_util::{FutureExt, TryStreamExt, future::BoxFuture, future::Shared};

use crate::{
    RemoteError,
    blocks::{self, BLOCK_BYTES, File, failed, keep, kept, lock},
    cache::BlockKey,
    remote::Host,
};

/// The largest file that is handed on from memory, where the cache may not have it.
const IN_MEMORY_BYTES: u64 = 32 << 20;

/// A file that is on its way, for all who want blocks of it. What comes is the blocks in memory.
pub(crate) type Fetch = Shared<BoxFuture<'static, Result<Arc<HashMap<u64, Bytes>>, RemoteError>>>;

/// The file that was read last where no cache has it.
pub(crate) type Last = Mutex<Option<(BlockKey, Arc<HashMap<u64, Bytes>>)>>;

/// Blocks of a file, which is read once for all of them, and for all who want others meanwhile.
pub(crate) fn blocks(host: &Arc<Host>, file: &File, numbers: &[u64]) -> Result<Vec<Bytes>, RemoteError> {
    let no_ranges = || RemoteError::NoRanges { url: file.url.clone(), n_bytes: file.n_bytes };
    let room = host.stores.cache.as_ref().map_or(0, |cache| cache.most_file_bytes());
    if file.n_bytes > room.max(IN_MEMORY_BYTES) {
        return Err(no_ranges());
    }
    // No block has this number.
    let key = file.block(u64::MAX);
    let last =
        lock(&host.last_whole_file).as_ref().filter(|(last, _)| *last == key).map(|(_, blocks)| Arc::clone(blocks));
    let in_memory = match last {
        Some(blocks) => blocks,
        None => host.wait(&file.url, fetch(host, file, key, numbers))?,
    };
    let block = |number: &u64| in_memory.get(number).cloned().or_else(|| kept(host, file, *number));
    numbers.iter().map(block).collect::<Option<Vec<_>>>().ok_or_else(no_ranges)
}

/// Asks for the file, unless somebody has.
fn fetch(host: &Arc<Host>, file: &File, key: BlockKey, numbers: &[u64]) -> Fetch {
    let pending = lock(&host.stores.pending.whole_files);
    if let Some(fetch) = pending.get(&key) {
        return fetch.clone();
    }
    let (of_task, file, wanted) = (Arc::clone(host), file.clone(), numbers.to_vec());
    let task = host.stores.runtime().spawn(async move {
        let outcome = read(&of_task, &file, &wanted).await;
        let outcome = outcome.map(Arc::new);
        if let Ok(blocks) = &outcome {
            let is_last = file.n_bytes <= IN_MEMORY_BYTES && !of_task.keeps_blocks();
            *lock(&of_task.last_whole_file) = is_last.then(|| (key, Arc::clone(blocks)));
        }
        lock(&of_task.stores.pending.whole_files).remove(&key);
        outcome
    });
    blocks::start(pending, key, task.map(|outcome| outcome.unwrap_or_else(|error| Err(failed(&error)))).boxed())
}

/// Reads the file into the cache, and gives those of its blocks that are handed on from memory.
async fn read(host: &Host, file: &File, wanted: &[u64]) -> Result<HashMap<u64, Bytes>, RemoteError> {
    let is_small = file.n_bytes <= IN_MEMORY_BYTES;
    let mut in_memory = HashMap::new();
    let mut chunks = host.whole(file).await?;
    let (mut number, mut block) = (0, Vec::new());
    while let Some(mut chunk) = chunks.try_next().await? {
        while !chunk.is_empty() {
            block.extend_from_slice(&chunk.split_to(chunk.len().min(BLOCK_BYTES as usize - block.len())));
            let n_bytes = number * BLOCK_BYTES + block.len() as u64;
            if block.len() as u64 == BLOCK_BYTES || n_bytes == file.n_bytes {
                let whole = Bytes::from(std::mem::take(&mut block));
                keep(host, file, number, &whole).await;
                if is_small || wanted.contains(&number) {
                    in_memory.insert(number, whole);
                }
                number += 1;
            }
        }
    }
    if number != file.n_bytes.div_ceil(BLOCK_BYTES) || !block.is_empty() {
        let reason = format!("other than {} bytes came", file.n_bytes);
        return Err(RemoteError::Wrong { url: file.url.clone(), reason });
    }
    Ok(in_memory)
}
