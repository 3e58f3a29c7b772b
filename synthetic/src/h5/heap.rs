//! Strings of any length lie in global heap collections (section III.E).

use super::Address;

/// Bytes that a collection has at least.
const SMALLEST_BYTES: usize = 4096;
/// Bytes that a collection is meant to have at most; one long string may pass it.
const USUAL_BYTES: usize = 64 * 1024;
/// Bytes before each object, and before the first.
const HEADER_BYTES: usize = 16;

/// Cuts strings into runs that fit a collection each.
pub fn batches<S: AsRef<str>>(texts: &[S]) -> impl Iterator<Item = &[S]> {
    let mut rest = texts;
    std::iter::from_fn(move || {
        let mut bytes = HEADER_BYTES;
        let fits = |text: &S| {
            bytes += object_bytes(text.as_ref());
            bytes <= USUAL_BYTES
        };
        let end = rest.iter().map(fits).take_while(|&fits| fits).count().max(1).min(rest.len());
        let batch;
        (batch, rest) = rest.split_at(end);
        (!batch.is_empty()).then_some(batch)
    })
}

/// The bytes of a collection.
pub fn collection<S: AsRef<str>>(texts: &[S]) -> Vec<u8> {
    let used = HEADER_BYTES + texts.iter().map(|text| object_bytes(text.as_ref())).sum::<usize>();
    let size = used.max(SMALLEST_BYTES);
    let mut bytes = Vec::with_capacity(size);
    bytes.extend_from_slice(b"GCOL\x01\0\0\0");
    bytes.extend_from_slice(&(size as u64).to_le_bytes());
    for (i, text) in texts.iter().enumerate() {
        let text = text.as_ref();
        object(&mut bytes, i as u16 + 1, text.len() as u64);
        bytes.extend_from_slice(text.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    // What is free is object 0, if its header fits.
    let free = size - bytes.len();
    if free >= HEADER_BYTES {
        object(&mut bytes, 0, free as u64);
    }
    bytes.resize(size, 0);
    bytes
}

/// Appends a reference to each string of the collection at `address`.
pub fn refer<S: AsRef<str>>(references: &mut Vec<u8>, address: Address, texts: &[S]) {
    for (i, text) in texts.iter().enumerate() {
        references.extend_from_slice(&(text.as_ref().len() as u32).to_le_bytes());
        references.extend_from_slice(&address.0.to_le_bytes());
        references.extend_from_slice(&(i as u32 + 1).to_le_bytes());
    }
}

/// Index, one reference, size.
fn object(bytes: &mut Vec<u8>, index: u16, size: u64) {
    bytes.extend_from_slice(&index.to_le_bytes());
    bytes.extend_from_slice(&u16::from(index > 0).to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&size.to_le_bytes());
}

fn object_bytes(text: &str) -> usize {
    HEADER_BYTES + text.len().next_multiple_of(8)
}
