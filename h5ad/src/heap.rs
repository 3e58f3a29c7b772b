//! Strings of variable length, which HDF5 keeps in global heap collections.
//!
//! `hdf5-pure` resolves them in datasets, but not in the fields of compound records, and searches all collections for
//! every string; a column of millions of strings spans tens of thousands of collections. Here each collection is read
//! once while its strings follow one another, as writers place them.

use std::collections::HashMap;

use hdf5_pure::{Source, Superblock};

use super::source::SharedSource;

const COLLECTION_HEADER_BYTES: usize = 16;
/// A collection holds up to 65 535 objects; beyond this size it is taken for damage.
const MAX_COLLECTION_BYTES: u64 = 1 << 30;
/// How many bytes of collections one call keeps.
const KEPT_BYTES: usize = 16 << 20;

/// Where the global heap of one file lies.
pub(super) struct Heap {
    source: SharedSource,
    base_address: u64,
    offset_bytes: usize,
    length_bytes: usize,
}

impl Heap {
    /// The global heap of the file with this superblock.
    pub(super) fn new(source: SharedSource, superblock: &Superblock) -> Self {
        Self {
            source,
            base_address: superblock.base_address.get(),
            offset_bytes: usize::from(superblock.offset_size),
            length_bytes: usize::from(superblock.length_size),
        }
    }

    /// Bytes of one reference: length, address of the collection, index in it.
    pub(super) fn reference_bytes(&self) -> usize {
        4 + self.offset_bytes + 4
    }

    /// The strings that `references` name, one after another.
    ///
    /// # Errors
    /// A sentence on what is damaged.
    pub(super) fn strings(&self, references: &[u8]) -> Result<Vec<String>, String> {
        let mut collections = HashMap::new();
        let mut kept_bytes = 0;
        let mut strings = Vec::with_capacity(references.len() / self.reference_bytes());
        for reference in references.chunks_exact(self.reference_bytes()) {
            let (length, rest) = reference.split_at(4);
            let (address, index) = rest.split_at(self.offset_bytes);
            let length = unsigned(length) as usize;
            let address = unsigned(address);
            let undefined = u64::MAX >> (64 - 8 * self.offset_bytes);
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
            // Writers in C count the closing zero byte.
            let end = text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            strings.push(String::from_utf8_lossy(&text[..end]).into_owned());
        }
        Ok(strings)
    }

    fn collection(&self, address: u64) -> Result<Collection, String> {
        let damaged = |what: &str| format!("the heap collection at byte {address} {what}");
        let start = address.checked_add(self.base_address).ok_or_else(|| damaged("lies outside the file"))?;
        let read = |len| self.source.read_exact_at(start, len).map_err(|_| damaged("lies outside the file"));
        let header = read(COLLECTION_HEADER_BYTES)?;
        if !header.starts_with(b"GCOL") {
            return Err(damaged("has no valid header"));
        }
        let size = unsigned(header.get(8..8 + self.length_bytes).unwrap_or_default());
        if size > MAX_COLLECTION_BYTES.min(self.source.len()) {
            return Err(damaged("claims an impossible size"));
        }
        Ok(Collection::parse(read(size as usize)?, self.length_bytes))
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

/// A little-endian unsigned integer of up to eight bytes.
fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}
