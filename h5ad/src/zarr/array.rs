//! Arrays of a Zarr store.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::codec::u32_at;
use super::super::container::Elements;
use super::super::element::ElementType;
use super::super::grid::{ChunkCache, Grid};
use super::super::read_error::ReadError;
use super::super::text::decoded;
use super::chain::Sharding;
use super::files::{Files, too_large};
use super::metadata::Metadata;

/// One array, opened.
pub(super) struct Array {
    files: Arc<dyn Files>,
    key: String,
    metadata: Metadata,
    grid: Grid,
    chunk_bytes: usize,
    /// Where the chunks of each shard lie, by the shard's key; none for shards that do not exist.
    shards: Mutex<HashMap<String, Option<Arc<ShardIndex>>>>,
}

/// Chunks of texts have no size of their own; anything beyond this is taken for damage, and so is what has more than so
/// many bytes a text, unless it is little.
const MAX_TEXT_CHUNK_BYTES: usize = 1 << 30;
const MAX_BYTES_A_TEXT: usize = 1 << 10;
const LITTLE_TEXT_BYTES: usize = 16 << 20;

/// Start and length of each chunk of a shard; none of those that were never written.
type ShardIndex = Vec<Option<(u64, u64)>>;

impl Array {
    pub(super) fn open(files: Arc<dyn Files>, key: &str, metadata: Metadata) -> Result<Self, ReadError> {
        let impossible = || ReadError::damaged("its metadata state impossible extents");
        let outer = &metadata.chunk;
        let chunk = metadata.chain.sharding.as_ref().map_or(outer, |sharding| &sharding.chunk).clone();
        let fits = chunk.len() == metadata.shape.len() && outer.len() == chunk.len() && !chunk.contains(&0);
        if !fits || outer.iter().zip(&chunk).any(|(outer, chunk)| !outer.is_multiple_of(*chunk) || *outer == 0) {
            return Err(impossible());
        }
        let element_bytes = metadata.element.bytes();
        let count = |dims: &[usize]| dims.iter().try_fold(element_bytes, |bytes, dim| bytes.checked_mul(*dim));
        if count(&metadata.shape).is_none() || count(outer).is_none() {
            return Err(impossible());
        }
        let grid = Grid { shape: metadata.shape.clone(), chunk, element_bytes, fill: metadata.fill.clone() };
        let chunk_bytes = grid.chunk_bytes().ok_or_else(impossible)?;
        Ok(Self { files, key: key.to_owned(), metadata, grid, chunk_bytes, shards: Mutex::default() })
    }

    /// Bytes that a chunk can take as it is stored: no step makes much more of its bytes.
    fn most_stored_bytes(&self) -> u64 {
        match self.metadata.element {
            ElementType::Text { .. } => self.most_text_bytes() as u64,
            _ => (self.chunk_bytes as u64).saturating_add(self.chunk_bytes as u64 / 8).saturating_add(4096),
        }
    }

    /// Bytes that a chunk of texts can take.
    fn most_text_bytes(&self) -> usize {
        let n = self
            .grid
            .shape
            .iter()
            .zip(&self.grid.chunk)
            .fold(1_usize, |n, (all, chunk)| n.saturating_mul(*all.min(chunk)));
        n.saturating_mul(MAX_BYTES_A_TEXT).clamp(LITTLE_TEXT_BYTES, MAX_TEXT_CHUNK_BYTES)
    }

    /// The chunk with this number as it is stored; none if it was never written.
    fn stored(&self, number: u64) -> Result<Option<Vec<u8>>, ReadError> {
        let place = self.grid.place(number);
        let Some(sharding) = &self.metadata.chain.sharding else {
            return Ok(self.files.read(&self.key_of(&place), self.most_stored_bytes())?);
        };
        let per_shard: Vec<usize> =
            self.metadata.chunk.iter().zip(&sharding.chunk).map(|(outer, chunk)| outer / chunk).collect();
        let shard: Vec<usize> = place.iter().zip(&per_shard).map(|(place, n)| place / n).collect();
        let within = place.iter().zip(&per_shard).fold(0, |at, (place, n)| at * n + place % n);
        let key = self.key_of(&shard);
        let Some(index) = self.shard(&key, sharding, per_shard.iter().product())? else { return Ok(None) };
        let Some((start, length)) = index[within] else { return Ok(None) };
        if length > self.most_stored_bytes() {
            return Err(too_large(length, self.most_stored_bytes()).into());
        }
        let end = start.checked_add(length).ok_or_else(|| ReadError::damaged("a shard's index leads out of it"))?;
        Ok(Some(self.files.read_range(&key, start..end)?))
    }

    /// The index of the shard at `key`, which has `n` chunks.
    fn shard(&self, key: &str, sharding: &Sharding, n: usize) -> Result<Option<Arc<ShardIndex>>, ReadError> {
        if let Some(index) = self.shards.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Ok(index.clone());
        }
        let index = match self.files.size(key)? {
            Some(size) => Some(Arc::new(self.read_shard(key, size, sharding, n)?)),
            None => None,
        };
        self.shards.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), index.clone());
        Ok(index)
    }

    fn read_shard(&self, key: &str, size: u64, sharding: &Sharding, n: usize) -> Result<ShardIndex, ReadError> {
        let damaged = || ReadError::damaged("a shard's index is damaged");
        let bytes = n.checked_mul(16).ok_or_else(damaged)?;
        // The index is at most followed by a checksum.
        let stored = bytes as u64 + 4 * sharding.index.steps.len() as u64;
        let range =
            if sharding.index_is_first { 0..stored } else { size.checked_sub(stored).ok_or_else(damaged)?..size };
        let index = sharding.index.decode(self.files.read_range(key, range)?, bytes)?;
        if index.len() != bytes {
            return Err(damaged());
        }
        let entries = index.as_chunks::<16>().0.iter().map(|entry| {
            let [start, length] = [&entry[..8], &entry[8..]]
                .map(|bytes| bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)));
            (start != u64::MAX || length != u64::MAX).then_some((start, length))
        });
        Ok(entries.collect())
    }

    fn key_of(&self, place: &[usize]) -> String {
        format!("{}/{}", self.key, self.metadata.keys.key(place))
    }

    /// The steps of the innermost chunks.
    fn decode(&self, stored: Vec<u8>, limit: usize) -> Result<Vec<u8>, ReadError> {
        let chain = &self.metadata.chain;
        let chain = chain.sharding.as_ref().map_or(chain, |sharding| &sharding.inner);
        let bytes = chain.decode(stored, limit)?;
        Ok(chain.in_order(bytes, &self.grid.chunk, self.grid.element_bytes))
    }

    /// The first texts of one chunk: their number, then each with its length.
    fn texts_of(&self, stored: Vec<u8>, wanted: usize) -> Result<Vec<String>, ReadError> {
        let damaged = || ReadError::damaged("a chunk of texts ends too early");
        let bytes = self.decode(stored, self.most_text_bytes())?;
        let n = u32_at(&bytes, 0).ok_or_else(damaged)?;
        let mut texts = Vec::new();
        let mut at = 4;
        for _ in 0..n.min(wanted) {
            let length = u32_at(&bytes, at).ok_or_else(damaged)?;
            let text = bytes.get(at + 4..).and_then(|rest| rest.get(..length)).ok_or_else(damaged)?;
            texts.push(decoded(text));
            at += 4 + length;
        }
        Ok(texts)
    }
}

impl Elements for Array {
    fn element(&self) -> &ElementType {
        &self.metadata.element
    }

    fn shape(&self) -> &[usize] {
        &self.grid.shape
    }

    fn chunk_shape(&self) -> Option<&[usize]> {
        Some(&self.grid.chunk)
    }

    fn supported_bytes(&self) -> Result<u64, ReadError> {
        let (_, bytes) = self.files.weigh(&self.key)?;
        Ok(bytes.saturating_mul(self.metadata.chain.max_ratio()))
    }

    fn read(&self, ranges: &[Range<usize>], cache: &ChunkCache) -> Result<Vec<u8>, ReadError> {
        if matches!(self.metadata.element, ElementType::Text { .. } | ElementType::Other { .. }) {
            return Err(ReadError::Unsupported(format!("it has the type {}", self.metadata.element)));
        }
        self.grid.read(ranges, &|number| {
            cache.get(number, || match self.stored(number)? {
                Some(stored) => self.decode(stored, self.chunk_bytes).map(Some),
                None => Ok(None),
            })
        })
    }

    fn texts(&self) -> Result<Option<Vec<String>>, ReadError> {
        if !matches!(self.metadata.element, ElementType::Text { .. }) {
            return Ok(None);
        }
        if self.grid.shape.len() > 1 {
            return Err(ReadError::Unsupported("it is a table of texts".to_owned()));
        }
        let n: usize = self.grid.shape.iter().product();
        let per_chunk: usize = self.grid.chunk.iter().product();
        let mut all: Vec<String> = Vec::new();
        for number in 0..n.div_ceil(per_chunk) {
            let wanted = per_chunk.min(n - all.len());
            let mut texts = match self.stored(number as u64)? {
                Some(stored) => self.texts_of(stored, wanted)?,
                None => vec![String::new(); wanted],
            };
            if texts.len() < wanted {
                return Err(ReadError::damaged("a chunk has too few texts"));
            }
            all.append(&mut texts);
        }
        Ok(Some(all))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write as _};

    use super::super::Hierarchy;
    use super::*;
    use crate::container::Container as _;

    /// A store of one array of two texts, in a chunk that inflates to so many zero bytes.
    struct Store(usize);

    impl Store {
        fn content(&self, key: &str) -> Option<Vec<u8>> {
            let metadata = r#"{"zarr_format":2,"shape":[2],"chunks":[2],"dtype":"|O","fill_value":"","order":"C",
                "filters":[{"id":"vlen-utf8"}],"compressor":{"id":"gzip","level":1}}"#;
            match key {
                ".zgroup" => Some(br#"{"zarr_format":2}"#.to_vec()),
                "a/.zarray" => Some(metadata.as_bytes().to_vec()),
                "a/0" => {
                    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                    encoder.write_all(&[2, 0, 0, 0]).unwrap();
                    encoder.write_all(&vec![0; self.0]).unwrap();
                    Some(encoder.finish().unwrap())
                }
                _ => None,
            }
        }
    }

    impl Files for Store {
        fn read(&self, key: &str, _most: u64) -> io::Result<Option<Vec<u8>>> {
            Ok(self.content(key))
        }

        fn size(&self, key: &str) -> io::Result<Option<u64>> {
            Ok(self.content(key).map(|content| content.len() as u64))
        }

        fn read_range(&self, key: &str, range: Range<u64>) -> io::Result<Vec<u8>> {
            let content = self
                .content(key)
                .and_then(|content| content.get(range.start as usize..range.end as usize).map(<[u8]>::to_vec));
            content.ok_or_else(|| io::ErrorKind::NotFound.into())
        }

        fn directories(&self, _key: &str) -> io::Result<Vec<String>> {
            Ok(vec!["a".to_owned()])
        }

        fn weigh(&self, _key: &str) -> io::Result<(u64, u64)> {
            Ok((1, 1 << 20))
        }
    }

    #[test]
    fn a_chunk_of_few_texts_takes_little_memory() {
        let texts = |n_bytes| Hierarchy::open(Store(n_bytes)).unwrap().unwrap().array("a").unwrap().texts();
        assert_eq!(texts(1 << 20).unwrap().unwrap(), ["", ""]);
        let error = texts(LITTLE_TEXT_BYTES + 1).unwrap_err().to_string();
        assert!(error.contains("more than the 16777"), "{error}");
    }
}
