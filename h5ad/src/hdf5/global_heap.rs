//! Strings of variable length, which HDF5 keeps in global heap collections.
//!
//! A column of millions of strings spans tens of thousands of collections. Each is read once while its strings follow
//! one another, as writers place them.

use std::collections::HashMap;

use super::super::text::decoded;
use super::super::values::TextHeap;
use super::reader::{Reader, unsigned};

const COLLECTION_HEADER_BYTES: u64 = 16;
/// A collection holds up to 65 535 objects; beyond this size it is taken for damage.
const MAX_COLLECTION_BYTES: u64 = 1 << 30;
/// How many bytes of collections one call keeps.
const KEPT_BYTES: usize = 16 << 20;
/// Strings may share their place in the heap, but not so often that they take this many times the file's bytes.
const MAX_REPEATS: u64 = 64;

/// The global heap of one file.
pub(super) struct GlobalHeap {
    reader: Reader,
}

impl TextHeap for GlobalHeap {
    fn texts(&self, references: &[u8]) -> Result<Vec<String>, String> {
        let mut collections = HashMap::new();
        let mut kept_bytes = 0;
        let mut total_bytes = 0_u64;
        let most = self.reader.size().saturating_mul(MAX_REPEATS).saturating_add(KEPT_BYTES as u64);
        let mut strings = Vec::with_capacity(references.len() / self.reference_bytes());
        for reference in references.chunks_exact(self.reference_bytes()) {
            let (length, rest) = reference.split_at(4);
            let (address, index) = rest.split_at(self.reader.widths().offset);
            let length = unsigned(length) as usize;
            let address = unsigned(address);
            let undefined = u64::MAX >> (64 - 8 * self.reader.widths().offset);
            if length == 0 || address == 0 || address == undefined {
                strings.push(String::new());
                continue;
            }
            if !collections.contains_key(&address) {
                if kept_bytes > KEPT_BYTES {
                    collections.clear();
                    kept_bytes = 0;
                }
                let collection = self.collection(address)?;
                kept_bytes += collection.bytes.len();
                collections.insert(address, collection);
            }
            let text = collections
                .get(&address)
                .and_then(|collection| collection.object(unsigned(index)))
                .and_then(|object| object.get(..length))
                .ok_or_else(|| format!("a string is missing from the heap collection at byte {address}"))?;
            total_bytes += text.len() as u64;
            if total_bytes > most {
                return Err(format!("its strings take more than {most} bytes, which this file cannot hold"));
            }
            // Writers in C count the closing zero byte.
            let end = text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            strings.push(decoded(&text[..end]));
        }
        Ok(strings)
    }
}

impl GlobalHeap {
    /// The global heap of the file that `reader` reads.
    pub(super) fn new(reader: Reader) -> Self {
        Self { reader }
    }

    /// Bytes of one reference: length, address of the collection, index in it.
    fn reference_bytes(&self) -> usize {
        4 + self.reader.widths().offset + 4
    }

    fn collection(&self, address: u64) -> Result<Collection, String> {
        let damaged = |what: &str| format!("the heap collection at byte {address} {what}");
        let length_bytes = self.reader.widths().length;
        let read = |length| self.reader.data(address, length).map_err(|error| damaged(&format!("is lost: {error}")));
        let header = read(COLLECTION_HEADER_BYTES)?;
        if !header.starts_with(b"GCOL") {
            return Err(damaged("has no valid header"));
        }
        let size = unsigned(header.get(8..8 + length_bytes).unwrap_or_default());
        if size > MAX_COLLECTION_BYTES {
            return Err(damaged("claims an impossible size"));
        }
        Ok(Collection::parse(read(size)?, length_bytes))
    }
}

/// One heap collection and where its objects lie in it.
struct Collection {
    bytes: Vec<u8>,
    objects: HashMap<u64, (usize, usize)>,
}

impl Collection {
    fn parse(bytes: Vec<u8>, length_bytes: usize) -> Self {
        let mut objects = HashMap::new();
        // Index (2), reference count (2), reserved (4), then the size.
        let object_header = 8 + length_bytes;
        let mut at = 8 + length_bytes;
        while let Some(header) = bytes.get(at..at + object_header) {
            let index = unsigned(&header[..2]);
            let Ok(size) = usize::try_from(unsigned(&header[8..])) else { break };
            // Index 0 is the free space that closes a collection.
            if index == 0 || size > bytes.len() {
                break;
            }
            objects.insert(index, (at + object_header, size));
            at += object_header + size.next_multiple_of(8);
        }
        Self { bytes, objects }
    }

    fn object(&self, index: u64) -> Option<&[u8]> {
        let (start, size) = *self.objects.get(&index)?;
        self.bytes.get(start..start + size)
    }
}
