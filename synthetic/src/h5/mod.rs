//! Writes HDF5 front to back, so that a file may be larger than memory.
//!
//! Just what AnnData needs, in the form of HDF5 1.8: groups, attributes, small datasets in one piece, and large ones
//! that grow along their first axis, in chunks, compressed or not. (`hdf5-pure` writes what it holds in memory, and
//! appends to one-dimensional datasets only, one compressed chunk after another on one thread.)
//!
//! Objects are written after what they refer to: data, then the dataset, then the group that names it, the superblock
//! last. The specification is the *HDF5 File Format Specification Version 2.0*; section numbers refer to it.

mod chunked;
mod datatype;
mod header;
mod heap;
mod lookup3;

use std::collections::BTreeMap;
use std::io::{self, Seek, SeekFrom, Write};

pub use chunked::{ChunkedDataset, Compression};
pub use datatype::{Datatype, Scalar};
use header::{Header, UNDEFINED};

/// Where something lies in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(u64);

/// An attribute of a group or dataset.
pub struct Attribute {
    name: &'static str,
    value: AttributeValue,
}

enum AttributeValue {
    Text(String),
    Texts(Vec<String>),
    Bool(bool),
    Shape(Vec<u64>),
}

impl Attribute {
    /// A string.
    pub fn text(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: AttributeValue::Text(value.into()) }
    }

    /// An array of strings.
    pub fn texts(name: &'static str, values: Vec<String>) -> Self {
        Self { name, value: AttributeValue::Texts(values) }
    }

    /// A boolean, as h5py stores one.
    pub fn bool(name: &'static str, value: bool) -> Self {
        Self { name, value: AttributeValue::Bool(value) }
    }

    /// An array of 64-bit integers.
    pub fn shape(name: &'static str, value: &[u64]) -> Self {
        Self { name, value: AttributeValue::Shape(value.to_vec()) }
    }
}

/// A file in the making.
pub struct Writer<W> {
    out: W,
    /// Number of bytes written, which is where the next go.
    end: u64,
    /// References to strings of attributes: the same few come again and again.
    texts: BTreeMap<String, Vec<u8>>,
}

/// Bytes of a superblock of version 2 (section II.A).
const SUPERBLOCK_BYTES: usize = 48;

impl<W: Write + Seek> Writer<W> {
    /// Begins a file.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all(&[0; SUPERBLOCK_BYTES])?;
        Ok(Self { out, end: SUPERBLOCK_BYTES as u64, texts: BTreeMap::new() })
    }

    /// Writes a dataset that is all at hand: an array of some shape, or a scalar.
    pub fn dataset(
        &mut self,
        datatype: Datatype,
        shape: Option<&[u64]>,
        bytes: &[u8],
        attributes: &[Attribute],
    ) -> io::Result<Address> {
        let data = if bytes.is_empty() { Address(UNDEFINED) } else { self.append(bytes)? };
        let mut header = Header::default();
        header.dataspace(shape, None);
        header.datatype(datatype);
        header.fill_value(header::Allocation::Late);
        header.contiguous(data, bytes.len() as u64);
        self.object(header, attributes)
    }

    /// Writes strings as a dataset: an array of some length, or a scalar.
    pub fn text_dataset<S: AsRef<str>>(
        &mut self,
        length: Option<u64>,
        texts: &[S],
        attributes: &[Attribute],
    ) -> io::Result<Address> {
        let references = self.texts(texts)?;
        self.dataset(Datatype::Text, length.as_ref().map(std::slice::from_ref), &references, attributes)
    }

    /// Writes strings, and returns the elements of datatype [`Datatype::Text`] that refer to them.
    pub fn texts<S: AsRef<str>>(&mut self, texts: &[S]) -> io::Result<Vec<u8>> {
        let mut references = Vec::with_capacity(texts.len() * Datatype::Text.bytes());
        for batch in heap::batches(texts) {
            let address = self.append(&heap::collection(batch))?;
            heap::refer(&mut references, address, batch);
        }
        Ok(references)
    }

    /// Writes a group of named objects.
    pub fn group(&mut self, links: &[(&str, Address)], attributes: &[Attribute]) -> io::Result<Address> {
        let mut header = Header::default();
        header.group();
        for (name, address) in links {
            header.link(name, *address);
        }
        self.object(header, attributes)
    }

    /// Ends the file, whose root group is `root`, and returns what was written to and the number of bytes.
    pub fn finish(mut self, root: Address) -> io::Result<(W, u64)> {
        let mut superblock = Vec::with_capacity(SUPERBLOCK_BYTES);
        superblock.extend_from_slice(b"\x89HDF\r\n\x1a\n");
        // Version 2, 8-byte offsets and lengths, no flags.
        superblock.extend_from_slice(&[2, 8, 8, 0]);
        for number in [0, UNDEFINED, self.end, root.0] {
            superblock.extend_from_slice(&number.to_le_bytes());
        }
        superblock.extend_from_slice(&lookup3::checksum(&superblock).to_le_bytes());
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&superblock)?;
        self.out.flush()?;
        Ok((self.out, self.end))
    }

    fn object(&mut self, mut header: Header, attributes: &[Attribute]) -> io::Result<Address> {
        for attribute in attributes {
            let (datatype, shape, bytes) = match &attribute.value {
                AttributeValue::Text(text) => (Datatype::Text, None, self.interned(text)?),
                AttributeValue::Texts(texts) => {
                    let mut references = Vec::new();
                    for text in texts {
                        references.extend(self.interned(text)?);
                    }
                    (Datatype::Text, Some(texts.len() as u64), references)
                }
                AttributeValue::Bool(value) => (Datatype::Bool, None, vec![u8::from(*value)]),
                AttributeValue::Shape(shape) => {
                    (Datatype::I64, Some(shape.len() as u64), shape.iter().flat_map(|n| n.to_le_bytes()).collect())
                }
            };
            header.attribute(attribute.name, datatype, shape, &bytes);
        }
        self.append(&header.finish())
    }

    fn interned(&mut self, text: &str) -> io::Result<Vec<u8>> {
        if let Some(reference) = self.texts.get(text) {
            return Ok(reference.clone());
        }
        let reference = self.texts(&[text])?;
        self.texts.insert(text.to_owned(), reference.clone());
        Ok(reference)
    }

    /// Appends bytes, from an address that is a multiple of 8.
    fn append(&mut self, bytes: &[u8]) -> io::Result<Address> {
        let padding = self.end.next_multiple_of(8) - self.end;
        self.out.write_all(&[0; 8][..padding as usize])?;
        self.out.write_all(bytes)?;
        let address = self.end + padding;
        self.end = address + bytes.len() as u64;
        Ok(Address(address))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use hdf5_pure::File;
    use proptest::prelude::*;

    use super::*;

    fn write(
        fill: impl FnOnce(&mut Writer<Cursor<Vec<u8>>>) -> io::Result<Vec<(&'static str, Address)>>,
        attributes: &[Attribute],
    ) -> File {
        let mut file = Writer::new(Cursor::new(Vec::new())).unwrap();
        let members = fill(&mut file).unwrap();
        let root = file.group(&members, attributes).unwrap();
        let (out, bytes) = file.finish(root).unwrap();
        assert_eq!(out.get_ref().len() as u64, bytes);
        File::from_bytes(out.into_inner()).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn what_is_appended_piece_by_piece_is_read_as_a_whole(
            pieces in prop::collection::vec(prop::collection::vec(any::<i32>(), 0..40), 0..12),
            rows_per_chunk in 1_u64..50,
            level in prop::option::of(1_u32..9),
        ) {
            let compression = level.map_or(Compression::None, |level| Compression::Gzip { level });
            let file = write(|file| {
                let mut dataset = ChunkedDataset::new(Datatype::I32, None, compression).with_rows_per_chunk(rows_per_chunk);
                for piece in &pieces {
                    dataset.append(file, &i32::bytes_of(piece))?;
                }
                Ok(vec![("x", dataset.finish(file, &[])?)])
            }, &[]);
            let whole = pieces.concat();
            let dataset = file.dataset("x").unwrap();
            prop_assert_eq!(dataset.shape().unwrap(), [whole.len() as u64]);
            prop_assert_eq!(dataset.read_i32().unwrap(), whole);
        }

        #[test]
        fn strings_of_any_length_come_back(texts in prop::collection::vec(".{0,30}", 0..50), long in 0_usize..200_000) {
            let mut texts = texts;
            texts.push("x".repeat(long));
            let file = write(|file| {
                Ok(vec![("x", file.text_dataset(Some(texts.len() as u64), &texts, &[])?)])
            }, &[Attribute::texts("names", texts.clone())]);
            prop_assert_eq!(file.dataset("x").unwrap().read_string().unwrap(), texts.clone());
            let attributes = file.root().attrs().unwrap();
            prop_assert_eq!(attributes["names"].as_strings().unwrap(), texts);
        }
    }

    #[test]
    fn a_tree_of_chunks_may_have_three_levels() {
        let numbers: Vec<f64> = (0..10_001).map(f64::from).collect();
        let file = write(
            |file| {
                let mut dataset = ChunkedDataset::new(Datatype::F64, None, Compression::None).with_rows_per_chunk(2);
                dataset.append(file, &f64::bytes_of(&numbers))?;
                Ok(vec![("x", dataset.finish(file, &[])?)])
            },
            &[],
        );
        assert_eq!(file.dataset("x").unwrap().read_f64().unwrap(), numbers);
    }

    #[test]
    fn rows_have_columns_and_attributes_their_types() {
        let numbers: Vec<f32> = (0..35).map(|number| number as f32 / 2.0).collect();
        let file = write(
            |file| {
                let mut dataset = ChunkedDataset::new(Datatype::F32, Some(7), Compression::Gzip { level: 4 });
                dataset.append(file, &f32::bytes_of(&numbers))?;
                Ok(vec![("x", dataset.finish(file, &[Attribute::shape("shape", &[5, 7])])?)])
            },
            &[Attribute::text("kind", "größer"), Attribute::bool("ordered", true)],
        );
        let dataset = file.dataset("x").unwrap();
        assert_eq!(dataset.shape().unwrap(), [5, 7]);
        assert_eq!(dataset.read_f32().unwrap(), numbers);
        assert_eq!(dataset.attrs().unwrap()["shape"].to_i64s().unwrap(), [5, 7]);
        assert_eq!(file.root().attrs().unwrap()["kind"].as_str().unwrap(), "größer");
    }
}
