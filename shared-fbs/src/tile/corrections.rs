use super::{finish, inconsistent, root, wire};
use crate::{DecodeError, bytes, manifest::CELLS_PER_COLUMN_TILE};

/// By what values computed from log-normalized counts differ from the file's, of consecutive cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrections {
    /// Where each cell's entries start; one more than there are cells.
    pub indptr: Vec<u32>,
    /// Counts whose values are corrected, ascending within a cell.
    pub counts: Vec<u32>,
    /// What is added to the bits of their values, in units of the last place; never 0.
    pub differences: Vec<i32>,
}

impl Corrections {
    /// Number of cells.
    pub fn n_cells(&self) -> usize {
        self.indptr.len() - 1
    }

    /// The tile's bytes.
    ///
    /// # Panics
    /// When `indptr` does not fit `counts`.
    pub fn encode(&self) -> Vec<u8> {
        let (mut n, mut counts, mut differences) = (Vec::new(), Vec::new(), Vec::new());
        for ends in self.indptr.windows(2) {
            bytes::push_varint(u64::from(ends[1] - ends[0]), &mut n);
            bytes::push_gaps(self.counts[ends[0] as usize..ends[1] as usize].iter().copied(), &mut counts);
        }
        for &difference in &self.differences {
            bytes::push_varint(bytes::zigzag(difference.into()), &mut differences);
        }
        finish(|builder| wire::CorrectionsT { n, counts, differences }.pack(builder).as_union_value())
    }

    /// Reads inflated bytes.
    ///
    /// # Errors
    /// When they are broken or the parts disagree.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let wrong = || inconsistent("Corrections", "there is not one count and one difference an entry");
        let tile = root::<wire::Corrections>(bytes, "Corrections")?;
        let (mut n, mut counts, mut differences) =
            (tile.n().bytes(), tile.counts().bytes(), tile.differences().bytes());
        let mut read = Self { indptr: vec![0], counts: Vec::new(), differences: Vec::new() };
        while !n.is_empty() {
            if read.n_cells() == CELLS_PER_COLUMN_TILE as usize {
                return Err(inconsistent("Corrections", "it holds more cells than a tile may"));
            }
            let mut next = 0u64;
            for _ in 0..bytes::take_varint(&mut n).ok_or_else(wrong)? {
                let gap = bytes::take_varint(&mut counts).ok_or_else(wrong)?;
                let count = next.checked_add(gap).and_then(|count| u32::try_from(count).ok()).ok_or_else(wrong)?;
                let difference = bytes::take_varint(&mut differences).map(bytes::unzigzag);
                let difference = difference.and_then(|difference| i32::try_from(difference).ok()).ok_or_else(wrong)?;
                read.counts.push(count);
                read.differences.push(difference);
                next = u64::from(count) + 1;
            }
            read.indptr.push(read.counts.len() as u32);
        }
        if counts.is_empty() && differences.is_empty() { Ok(read) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn corrections() -> impl Strategy<Value = Corrections> {
        let difference = prop_oneof![-2i32..=2, any::<i32>()].prop_filter("not 0", |&difference| difference != 0);
        let cell = prop::collection::btree_map(prop_oneof![1u32..20, any::<u32>()], difference, 0..5);
        prop::collection::vec(cell, 0..50).prop_map(|cells| {
            let mut made = Corrections { indptr: vec![0], counts: Vec::new(), differences: Vec::new() };
            for cell in cells {
                made.counts.extend(cell.keys());
                made.differences.extend(cell.values());
                made.indptr.push(made.counts.len() as u32);
            }
            made
        })
    }

    proptest! {
        #[test]
        fn corrections_round_trip(corrections in corrections()) {
            prop_assert_eq!(Corrections::decode(&corrections.encode()), Ok(corrections));
        }

        #[test]
        fn broken_bytes_never_panic(corrections in corrections(), at: prop::sample::Index, flip in 1u8..) {
            let mut bytes = corrections.encode();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            if let Ok(read) = Corrections::decode(&bytes) {
                prop_assert_eq!(read.counts.len(), read.differences.len());
                prop_assert_eq!(read.indptr.last().map(|&end| end as usize), Some(read.counts.len()));
            }
        }
    }
}
