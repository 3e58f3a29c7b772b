//! The form of the tables: sections, each a zstd frame of its own, so that a reader unpacks only what it asks for.
//!
//! `TSREF001`, then as little-endian `u32` the number of rows and of sections, then per section its tag, its length and its
//! packed length, then the packed sections. `schema/src/reference/table.rs` reads it.

use anyhow::Result;

const MAGIC: &[u8; 8] = b"TSREF001";
const LEVEL: i32 = 19;

/// What a section holds. The numbers are the format's.
#[derive(Clone, Copy)]
pub enum Tag {
    /// Identifiers in ascending order: bytes shared with the one before, bytes that follow, and these bytes.
    Ids = 1,
    /// Identifiers that are a prefix and a number, ascending: the prefix, a zero byte, and the differences.
    Numbers = 2,
    /// 32 bits per row, as four planes of bytes.
    Flags = 3,
    /// A text per row: lengths, then bytes.
    Labels = 4,
    /// Texts of some rows: difference of rows, length, bytes.
    Replacements = 5,
    /// Per row how many texts, then as labels.
    Synonyms = 6,
    /// A number of 32 bits per row, as four planes of bytes.
    Lengths = 7,
    /// The names of types, each ended by a line feed.
    TypeNames = 8,
    /// A byte per row: which type.
    Types = 9,
    /// Per row how many parents, then the rows of all.
    Parents = 10,
}

/// A table in the making.
pub struct Table {
    n_rows: usize,
    sections: Vec<(Tag, Vec<u8>)>,
}

impl Table {
    /// A table of so many rows.
    pub fn new(n_rows: usize) -> Self {
        Self { n_rows, sections: Vec::new() }
    }

    /// Adds a section.
    pub fn section(&mut self, tag: Tag, bytes: Vec<u8>) {
        self.sections.push((tag, bytes));
    }

    /// The bytes of the file.
    pub fn pack(self) -> Result<Vec<u8>> {
        let mut file = MAGIC.to_vec();
        file.extend((self.n_rows as u32).to_le_bytes());
        file.extend((self.sections.len() as u32).to_le_bytes());
        let mut packed = Vec::new();
        for (tag, bytes) in &self.sections {
            let frame = zstd::bulk::compress(bytes, LEVEL)?;
            for number in [*tag as u32, bytes.len() as u32, frame.len() as u32] {
                file.extend(number.to_le_bytes());
            }
            packed.extend(frame);
        }
        file.extend(packed);
        Ok(file)
    }
}

/// Identifiers in ascending order, each as what differs from the one before.
pub fn front_coded<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let (mut shared, mut lengths, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    let mut before: &[u8] = &[];
    for id in ids {
        let id = id.as_bytes();
        let n_shared = before.iter().zip(id).take_while(|(a, b)| a == b).count().min(255);
        shared.push(n_shared as u8);
        lengths.push((id.len() - n_shared) as u8);
        bytes.extend(&id[n_shared..]);
        before = id;
    }
    [shared, lengths, bytes].concat()
}

/// Ascending numbers behind one prefix.
pub fn numbered(prefix: &str, numbers: impl Iterator<Item = u32>) -> Vec<u8> {
    let mut bytes = [prefix.as_bytes(), &[0]].concat();
    let mut before = 0;
    for number in numbers {
        varint(&mut bytes, number - before);
        before = number;
    }
    bytes
}

/// Numbers as four planes of bytes, lowest first.
pub fn planes(numbers: &[u32]) -> Vec<u8> {
    (0..4).flat_map(|plane| numbers.iter().map(move |number| number.to_le_bytes()[plane])).collect()
}

/// Texts: their lengths, then their bytes.
pub fn texts<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in texts.clone() {
        varint(&mut bytes, text.len() as u32);
    }
    for text in texts {
        bytes.extend(text.as_bytes());
    }
    bytes
}

/// A number in as few bytes as it takes, seven bits in each.
pub fn varint(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 128 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_keep_only_what_differs() {
        assert_eq!(front_coded(["CL:01", "CL:02", "D"].into_iter()), b"\x00\x04\x00\x05\x01\x01CL:012D");
        assert_eq!(numbered("T:", [1, 2, 300].into_iter()), b"T:\x00\x01\x01\xaa\x02");
    }

    #[test]
    fn numbers_are_split_into_planes() {
        assert_eq!(planes(&[1, 0x0203_0405]), [1, 5, 0, 4, 0, 3, 0, 2]);
    }
}
