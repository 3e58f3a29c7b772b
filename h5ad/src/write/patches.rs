//! Changes to bytes that stay where they are.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use crate::hdf5::edit::Target;

/// What a copy has other than the file that it is a copy of: for who puts the two together elsewhere, such as a browser,
/// which never reads what is not changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patches {
    /// By their first byte; apart.
    pieces: BTreeMap<u64, Vec<u8>>,
}

/// A part of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// These bytes of the file.
    Old(Range<u64>),
    /// New ones.
    New(&'a [u8]),
}

impl Patches {
    /// The copy of a file of so many bytes, from its first byte to its last.
    pub fn pieces(&self, n_bytes: u64) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        let mut at = 0;
        for (start, bytes) in &self.pieces {
            if at < *start {
                pieces.push(Piece::Old(at..*start));
            }
            pieces.push(Piece::New(bytes));
            at = start + bytes.len() as u64;
        }
        if at < n_bytes {
            pieces.push(Piece::Old(at..n_bytes));
        }
        pieces
    }
}

impl Target for Patches {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let end = offset + bytes.len() as u64;
        if let Some((start, piece)) = self.pieces.range_mut(..=offset).next_back() {
            let at = (offset - start) as usize;
            if at + bytes.len() <= piece.len() {
                piece[at..at + bytes.len()].copy_from_slice(bytes);
                return Ok(());
            }
            if at < piece.len() {
                piece.truncate(at);
            }
        }
        let covered: Vec<u64> = self.pieces.range(offset..end).map(|(start, _)| *start).collect();
        for start in covered {
            let piece = self.pieces.remove(&start).unwrap_or_default();
            let seen = (end - start) as usize;
            if seen < piece.len() {
                self.pieces.insert(end, piece[seen..].to_vec());
            }
        }
        self.pieces.insert(offset, bytes.to_vec());
        Ok(())
    }
}
