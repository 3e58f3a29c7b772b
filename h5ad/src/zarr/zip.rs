//! Folders in one ZIP file, as zarr's `ZipStore` writes its own: entries that are stored or deflated.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader, Read, Write};
use std::ops::Range;

use super::super::codec;
use super::super::source::{SharedSource, Source, past_the_end};
use super::files::{Files, too_large};

/// What a ZIP file begins with.
const SIGNATURE: &[u8; 4] = b"PK\x03\x04";

/// Bytes of a file that are read together where it is copied.
const PIECE_BYTES: usize = 1 << 20;

const END: &[u8; 4] = b"PK\x05\x06";
const END_BYTES: usize = 22;
const END64_LOCATOR: &[u8; 4] = b"PK\x06\x07";
const END64_LOCATOR_BYTES: usize = 20;
const END64: &[u8; 4] = b"PK\x06\x06";
const ENTRY: &[u8; 4] = b"PK\x01\x02";
const ENTRY_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
/// The longest comment that may follow the end record.
const MAX_COMMENT_BYTES: u64 = 1 << 16;
/// A number that is too large for its field stands in the entry's extra field.
const SEE_EXTRA: u64 = 0xffff_ffff;

/// An open ZIP file: a folder of it, and what lies below.
pub struct Zip {
    source: SharedSource,
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    is_deflated: bool,
    stored_bytes: u64,
    bytes: u64,
    header: u64,
}

impl Zip {
    /// The outermost folder in a ZIP file that has a file of one of these names: archives often hold a folder. `None` where
    /// the source is no ZIP file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(source: impl Source + Send + Sync + 'static, marks: &[&str]) -> io::Result<Option<Self>> {
        Self::of(SharedSource::new(source), marks)
    }

    /// As [`Zip::open`].
    pub(crate) fn of(source: SharedSource, marks: &[&str]) -> io::Result<Option<Self>> {
        if source.read(0, source.size().min(SIGNATURE.len() as u64) as usize)? != SIGNATURE {
            return Ok(None);
        }
        let (start, length) = directory(&source)?;
        let length = usize::try_from(length).map_err(|_| damaged("states an impossible directory"))?;
        let bytes = source.read(start, length)?;
        let mut entries = BTreeMap::new();
        let mut rest = bytes.as_slice();
        while rest.starts_with(ENTRY) && rest.len() >= ENTRY_BYTES {
            let [name, extra, comment] = [28, 30, 32].map(|at| field(rest, at, 2) as usize);
            let end = ENTRY_BYTES + name + extra + comment;
            let whole = rest.get(..end).ok_or_else(|| damaged("has a directory that ends too early"))?;
            let (entry, tail) = (&whole[..ENTRY_BYTES + name + extra], &rest[end..]);
            let name = String::from_utf8_lossy(&entry[ENTRY_BYTES..ENTRY_BYTES + name]).into_owned();
            let parsed = Entry::parse(entry, &entry[entry.len() - extra..])?;
            if !name.ends_with('/') {
                entries.insert(name, parsed);
            }
            rest = tail;
        }
        let root = root(entries.keys(), marks);
        let entries = entries.into_iter().filter_map(|(key, entry)| Some((key.strip_prefix(&root)?.to_owned(), entry)));
        Ok(Some(Self { source, entries: entries.collect() }))
    }

    /// The files of the folder, by their paths in it.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Writes the content of a file, which takes no memory.
    ///
    /// # Errors
    /// When it is not there, cannot be read, is not as long as the ZIP file states, or cannot be written.
    pub fn copy(&self, path: &str, to: &mut dyn Write) -> io::Result<()> {
        let entry = *self.entries.get(path).ok_or(io::ErrorKind::NotFound)?;
        let at = self.start(entry)?;
        let stored = Stored { source: &self.source, at, end: at.saturating_add(entry.stored_bytes) };
        let stored = BufReader::with_capacity(PIECE_BYTES, stored);
        // One byte more tells of what is too long.
        let most = entry.bytes.saturating_add(1);
        let n_copied = match entry.is_deflated {
            true => io::copy(&mut codec::deflated(stored).take(most), to)?,
            false => io::copy(&mut stored.take(most), to)?,
        };
        if n_copied == entry.bytes {
            Ok(())
        } else {
            Err(damaged("has an entry that is not as long as its directory states"))
        }
    }

    fn content(&self, entry: Entry, most: u64) -> io::Result<Vec<u8>> {
        if entry.bytes.max(entry.stored_bytes) > most {
            return Err(too_large(entry.bytes.max(entry.stored_bytes), most));
        }
        let stored = self.stored(entry, 0..entry.stored_bytes)?;
        if !entry.is_deflated {
            return Ok(stored);
        }
        let limit = usize::try_from(entry.bytes).map_err(|_| damaged("states an impossible size"))?;
        codec::deflate(&stored, limit).map_err(io::Error::other)
    }

    /// Bytes of an entry as they are stored.
    fn stored(&self, entry: Entry, range: Range<u64>) -> io::Result<Vec<u8>> {
        let start = self.start(entry)?.saturating_add(range.start);
        let length = range.end.saturating_sub(range.start);
        if range.end > entry.stored_bytes {
            return Err(past_the_end(range.start, length, entry.stored_bytes));
        }
        self.source.read(start, usize::try_from(length).map_err(|_| damaged("states an impossible size"))?)
    }

    /// Where the stored bytes of an entry begin.
    fn start(&self, entry: Entry) -> io::Result<u64> {
        let local = self.source.read(entry.header, LOCAL_BYTES)?;
        if !local.starts_with(SIGNATURE) {
            return Err(damaged("lacks an entry that its directory names"));
        }
        let head = LOCAL_BYTES as u64 + field(&local, 26, 2) + field(&local, 28, 2);
        Ok(entry.header.saturating_add(head))
    }
}

/// The bytes of an entry as they are stored.
struct Stored<'a> {
    source: &'a SharedSource,
    at: u64,
    end: u64,
}

impl Read for Stored<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let length = buf.len().min(usize::try_from(self.end - self.at).unwrap_or(usize::MAX));
        let bytes = self.source.read(self.at, length)?;
        buf[..bytes.len()].copy_from_slice(&bytes);
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }
}

impl Entry {
    fn parse(entry: &[u8], extra: &[u8]) -> io::Result<Self> {
        let is_deflated = match field(entry, 10, 2) {
            0 => false,
            8 => true,
            method => return Err(damaged(&format!("is compressed by the method {method}; 0 and 8 are read"))),
        };
        let mut sizes = [field(entry, 24, 4), field(entry, 20, 4), field(entry, 42, 4)];
        let mut rest = extra;
        while rest.len() >= 4 {
            let (id, length) = (field(rest, 0, 2), field(rest, 2, 2) as usize);
            let Some(content) = rest.get(4..4 + length) else { break };
            if id == 1 {
                let mut wide = content.chunks_exact(8).map(|bytes| field(bytes, 0, 8));
                for size in sizes.iter_mut().filter(|size| **size == SEE_EXTRA) {
                    *size = wide.next().ok_or_else(|| damaged("lacks the size of an entry"))?;
                }
            }
            rest = &rest[4 + length..];
        }
        let [bytes, stored_bytes, header] = sizes;
        Ok(Self { is_deflated, stored_bytes, bytes, header })
    }
}

impl Files for Zip {
    fn read(&self, key: &str, most: u64) -> io::Result<Option<Vec<u8>>> {
        self.entries.get(key).map(|entry| self.content(*entry, most)).transpose()
    }

    fn size(&self, key: &str) -> io::Result<Option<u64>> {
        Ok(self.entries.get(key).map(|entry| entry.bytes))
    }

    fn read_range(&self, key: &str, range: Range<u64>) -> io::Result<Vec<u8>> {
        let entry = *self.entries.get(key).ok_or(io::ErrorKind::NotFound)?;
        if !entry.is_deflated {
            return self.stored(entry, range);
        }
        let length = range.end.saturating_sub(range.start);
        let bytes = codec::deflate_range(&self.stored(entry, 0..entry.stored_bytes)?, range.clone())?;
        let is_whole = bytes.len() as u64 == length;
        is_whole.then_some(bytes).ok_or_else(|| past_the_end(range.start, length, entry.bytes))
    }

    fn directories(&self, key: &str) -> io::Result<Vec<String>> {
        let prefix = if key.is_empty() { String::new() } else { format!("{key}/") };
        let below = self.entries.range(prefix.clone()..).map(|(key, _)| key);
        let below = below.map_while(|key| key.strip_prefix(&prefix)).filter_map(|rest| rest.split_once('/'));
        let mut names = BTreeSet::new();
        names.extend(below.map(|(name, _)| name));
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    fn weigh(&self, key: &str) -> io::Result<(u64, u64)> {
        let prefix = format!("{key}/");
        let below = self.entries.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
        Ok(below.fold((0, 0_u64), |(count, bytes), (_, entry)| (count + 1, bytes.saturating_add(entry.stored_bytes))))
    }
}

/// Where the central directory begins, and its length.
fn directory(source: &SharedSource) -> io::Result<(u64, u64)> {
    let size = source.size();
    let tail_bytes = size.min(MAX_COMMENT_BYTES + END_BYTES as u64);
    let tail = source.read(size - tail_bytes, tail_bytes as usize)?;
    let at = tail.windows(END.len()).rposition(|window| window == END);
    let end = at.and_then(|at| tail.get(at..at + END_BYTES));
    let (Some(at), Some(end)) = (at, end) else {
        return Err(damaged("has no directory at its end; it may be cut short"));
    };
    let (length, start) = (field(end, 12, 4), field(end, 16, 4));
    if length != SEE_EXTRA && start != SEE_EXTRA {
        return Ok((start, length));
    }
    let locator = at.checked_sub(END64_LOCATOR_BYTES).map(|start| &tail[start..at]);
    let locator = locator.filter(|locator| locator.starts_with(END64_LOCATOR));
    let place = field(locator.ok_or_else(|| damaged("lacks the directory's true place"))?, 8, 8);
    let end = source.read(place, 56)?;
    if !end.starts_with(END64) {
        return Err(damaged("lacks the directory's true place"));
    }
    Ok((field(&end, 48, 8), field(&end, 40, 8)))
}

/// The outermost folder that holds a file of one of these names, with its slash.
fn root<'a>(keys: impl Iterator<Item = &'a String>, marks: &[&str]) -> String {
    let roots = keys.filter_map(|key| {
        let at = key.rfind('/').map_or(0, |slash| slash + 1);
        marks.contains(&&key[at..]).then(|| &key[..at])
    });
    roots.min_by_key(|root| root.len()).unwrap_or_default().to_owned()
}

/// The little-endian number of `n` bytes at `at`, which must be there.
fn field(bytes: &[u8], at: usize, n: usize) -> u64 {
    bytes[at..at + n].iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the ZIP file {what}"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::source::Bytes;

    /// A ZIP file of one deflated entry.
    fn zip_of(key: &str, content: &[u8]) -> Zip {
        let mut deflated = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        deflated.write_all(content).unwrap();
        let deflated = deflated.finish().unwrap();
        let number = |value: usize, n: usize| value.to_le_bytes()[..n].to_vec();
        // Version, flags, method; time and date; checksum; both sizes; lengths of name and extra field.
        let about = |lengths: Vec<u8>| {
            let sizes = [number(deflated.len(), 4), number(content.len(), 4)].concat();
            [number(20, 2), number(0, 2), number(8, 2), number(0, 4), number(0, 4), sizes, lengths].concat()
        };
        let lengths = [number(key.len(), 2), number(0, 2)].concat();
        let local = [&SIGNATURE[..], &about(lengths.clone()), key.as_bytes(), &deflated].concat();
        // Comment, disk, attributes and place of the entry.
        let tail = [lengths, number(0, 2), number(0, 2), number(0, 2), number(0, 4), number(0, 4)].concat();
        let entry = [&ENTRY[..], &number(20, 2), &about(tail), key.as_bytes()].concat();
        let counts = [number(0, 4), number(1, 2), number(1, 2)].concat();
        let end = [&END[..], &counts, &number(entry.len(), 4), &number(local.len(), 4), &number(0, 2)].concat();
        Zip::open(Bytes([local, entry, end].concat()), &["0"]).unwrap().unwrap()
    }

    #[test]
    fn an_entry_is_copied_piece_by_piece() {
        let content: Vec<u8> = (0..3_000_000_u32).map(|at| (at / 1000) as u8).collect();
        let mut zip = zip_of("folder/0", &content);
        assert_eq!(zip.paths().collect::<Vec<_>>(), ["0"]);
        let mut copy = Vec::new();
        zip.copy("0", &mut copy).unwrap();
        assert!(copy == content);
        assert!(zip.copy("1", &mut copy).is_err());
        // A length that is not true is an error, whichever it is.
        for bytes in [2_999_999, 3_000_001] {
            zip.entries.get_mut("0").unwrap().bytes = bytes;
            let error = zip.copy("0", &mut io::sink()).unwrap_err();
            assert!(error.to_string().contains("not as long as its directory states"), "{error}");
        }
        assert!(Zip::open(Bytes(b"no ZIP file".to_vec()), &[]).unwrap().is_none());
    }

    #[test]
    fn an_entry_takes_no_more_memory_than_what_it_is_for() {
        let content: Vec<u8> = (0..3_000_000_u32).map(|at| (at / 1000) as u8).collect();
        let zip = zip_of("0", &content);
        assert!(zip.read("0", 3_000_000).unwrap().unwrap() == content);
        let error = zip.read("0", 2_999_999).unwrap_err();
        assert_eq!(error.to_string(), "it has 3000000 bytes where 2999999 are the most");
        assert_eq!(zip.read_range("0", 2_000_000..2_001_500).unwrap(), content[2_000_000..2_001_500]);
        assert!(zip.read_range("0", 2_999_999..3_000_001).is_err());
        assert!(zip.read("b", 0).unwrap().is_none());
    }
}
