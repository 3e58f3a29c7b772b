//! One `u8` a cell: in or out.

use roaring::RoaringBitmap;
use thiserror::Error;

use crate::{data::CellIdx, format::plural};

/// A set of cells as one `u8` a cell in storage order: 1 in, 0 out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellMask {
    cells: Vec<u8>,
}

/// Why bytes or a bitmap are no mask over the cells at hand.
#[derive(Debug, Error)]
pub enum MaskError {
    /// The set names a cell that the dataset does not have.
    #[error("the cell set holds cell {cell}, but the dataset has {}", plural(*n_obs, "cell", "cells"))]
    OutOfRange {
        /// The largest cell of the set.
        cell: u32,
        /// Cells in the dataset.
        n_obs: usize,
    },
    /// The bytes are no roaring bitmap in portable form.
    #[error("the cell set is not a valid roaring bitmap")]
    Malformed(#[source] std::io::Error),
}

impl CellMask {
    /// The empty set over `n_obs` cells.
    pub fn none(n_obs: usize) -> Self {
        Self { cells: vec![0; n_obs] }
    }

    /// All of `n_obs` cells.
    pub fn all(n_obs: usize) -> Self {
        Self { cells: vec![1; n_obs] }
    }

    /// The cells for which `is_in` holds.
    pub fn from_fn(n_obs: usize, mut is_in: impl FnMut(usize) -> bool) -> Self {
        Self { cells: (0..n_obs).map(|cell| u8::from(is_in(cell))).collect() }
    }

    /// A mask from one byte a cell; every byte but 0 counts as in.
    pub fn from_bytes(mut cells: Vec<u8>) -> Self {
        for cell in &mut cells {
            *cell = u8::from(*cell != 0);
        }
        Self { cells }
    }

    /// For kernels of this module, whose bytes are 0 or 1 by construction.
    pub(super) fn from_zeros_and_ones(cells: Vec<u8>) -> Self {
        debug_assert!(cells.iter().all(|&cell| cell <= 1));
        Self { cells }
    }

    /// One byte a cell, each 0 or 1.
    pub fn as_bytes(&self) -> &[u8] {
        &self.cells
    }

    /// The bytes themselves, for transfer.
    pub fn into_bytes(self) -> Vec<u8> {
        self.cells
    }

    /// Number of cells in the dataset (not in the set).
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether the dataset has no cell.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Whether the set holds a cell; false for a cell out of range.
    pub fn contains(&self, cell: CellIdx) -> bool {
        self.cells.get(cell.0 as usize) == Some(&1)
    }

    /// Number of cells in the set.
    pub fn count(&self) -> usize {
        sum_of_bits(&self.cells)
    }

    /// The cells of the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = CellIdx> + '_ {
        self.cells.iter().enumerate().filter(|&(_, &cell)| cell == 1).map(|(index, _)| CellIdx(index as u32))
    }

    /// Keeps the cells that `other` holds too.
    ///
    /// # Panics
    /// When the lengths differ, as do all operations on two masks.
    pub fn and(&mut self, other: &Self) {
        self.combine(other, |mine, theirs| mine & theirs);
    }

    /// Adds the cells of `other`.
    pub fn or(&mut self, other: &Self) {
        self.combine(other, |mine, theirs| mine | theirs);
    }

    /// Takes the cells of `other` out.
    pub fn and_not(&mut self, other: &Self) {
        self.combine(other, |mine, theirs| mine & (theirs ^ 1));
    }

    /// Swaps in and out.
    pub fn invert(&mut self) {
        for cell in &mut self.cells {
            *cell ^= 1;
        }
    }

    fn combine(&mut self, other: &Self, operation: impl Fn(u8, u8) -> u8) {
        assert_eq!(self.len(), other.len(), "masks of different datasets");
        for (mine, &theirs) in self.cells.iter_mut().zip(&other.cells) {
            *mine = operation(*mine, theirs);
        }
    }

    /// The set as a roaring bitmap.
    pub fn to_roaring(&self) -> RoaringBitmap {
        RoaringBitmap::from_sorted_iter(self.iter().map(|cell| cell.0)).expect("a mask's cells ascend")
    }

    /// A mask over `n_obs` cells from a bitmap.
    ///
    /// # Errors
    /// [`MaskError::OutOfRange`].
    pub fn from_roaring(bitmap: &RoaringBitmap, n_obs: usize) -> Result<Self, MaskError> {
        if let Some(cell) = bitmap.max()
            && cell as usize >= n_obs
        {
            return Err(MaskError::OutOfRange { cell, n_obs });
        }
        let mut mask = Self::none(n_obs);
        for cell in bitmap {
            mask.cells[cell as usize] = 1;
        }
        Ok(mask)
    }

    /// The set in roaring's portable form, the same bytes for the same set on every platform.
    pub fn to_portable(&self) -> Vec<u8> {
        let mut bitmap = self.to_roaring();
        // Dense sets shrink to runs; an undecided encoding would depend on the set's history.
        bitmap.optimize();
        let mut bytes = Vec::with_capacity(bitmap.serialized_size());
        bitmap.serialize_into(&mut bytes).expect("writing to a Vec cannot fail");
        bytes
    }

    /// Reads what [`CellMask::to_portable`] wrote.
    ///
    /// # Errors
    /// [`MaskError`] when the bytes are malformed or name a cell past `n_obs`.
    pub fn from_portable(bytes: &[u8], n_obs: usize) -> Result<Self, MaskError> {
        let bitmap = RoaringBitmap::deserialize_from(bytes).map_err(MaskError::Malformed)?;
        Self::from_roaring(&bitmap, n_obs)
    }
}

/// Sum of bytes that are each 0 or 1.
///
/// Lanes of `u8` are summed for at most 255 rounds before they widen, so the loop stays in byte
/// vectors.
pub(super) fn sum_of_bits(bits: &[u8]) -> usize {
    const LANES: usize = 64;
    let mut total = 0;
    for block in bits.chunks(LANES * 255) {
        let mut lanes = [0u8; LANES];
        let (rows, rest) = block.as_chunks::<LANES>();
        for row in rows {
            for (lane, &bit) in lanes.iter_mut().zip(row) {
                *lane += bit;
            }
        }
        total += lanes.iter().map(|&lane| usize::from(lane)).sum::<usize>();
        total += rest.iter().map(|&bit| usize::from(bit)).sum::<usize>();
    }
    total
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn mask(cells: &[bool]) -> CellMask {
        CellMask::from_fn(cells.len(), |cell| cells[cell])
    }

    proptest! {
        #[test]
        fn algebra_is_that_of_sets(pairs in vec((any::<bool>(), any::<bool>()), 0..400)) {
            let (a, b): (Vec<bool>, Vec<bool>) = pairs.into_iter().unzip();
            let check = |operate: fn(&mut CellMask, &CellMask), expected: fn(bool, bool) -> bool| {
                let mut result = mask(&a);
                operate(&mut result, &mask(&b));
                result == CellMask::from_fn(a.len(), |cell| expected(a[cell], b[cell]))
            };
            prop_assert!(check(CellMask::and, |x, y| x && y));
            prop_assert!(check(CellMask::or, |x, y| x || y));
            prop_assert!(check(CellMask::and_not, |x, y| x && !y));
            prop_assert!(check(|x, _| x.invert(), |x, _| !x));
        }

        #[test]
        fn portable_bytes_come_back(cells in vec(any::<bool>(), 0..3000)) {
            let mask = mask(&cells);
            let bytes = mask.to_portable();
            prop_assert_eq!(&CellMask::from_portable(&bytes, cells.len()).unwrap(), &mask);
            prop_assert_eq!(mask.count(), cells.iter().filter(|&&cell| cell).count());
        }

        #[test]
        fn broken_bytes_are_an_error_or_a_set(bytes in vec(any::<u8>(), 0..200)) {
            let _ = CellMask::from_portable(&bytes, 1000);
        }
    }

    #[test]
    fn counts_past_the_lanes() {
        assert_eq!(CellMask::all(100_003).count(), 100_003);
    }

    #[test]
    fn a_cell_out_of_range_is_named() {
        let bytes = CellMask::all(10).to_portable();
        let error = CellMask::from_portable(&bytes, 5).unwrap_err();
        assert!(error.to_string().contains("cell 9"), "{error}");
    }
}
