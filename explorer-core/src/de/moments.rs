//! Moments of genes over a set of cells: exact, additive.

use shared_fbs::tile;
use thiserror::Error;

/// What one gene, or one band of its values, adds up to over a set of cells, in [`super::FixedPoints`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GeneMoments {
    /// Cells with a value other than zero.
    pub n_nonzero: u32,
    /// ΣX.
    pub sum: i64,
    /// Σ((X² + half) >> square_shift).
    pub sum_sq: u128,
}

/// What all genes of a layer add up to over a set of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moments {
    /// Cells in the set, those without any value included.
    pub n_cells: u64,
    /// One a gene, in gene order; then those of genes' further bands ([`super::Bands`]).
    pub entries: Vec<GeneMoments>,
}

/// Moments that do not belong together.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MomentsError {
    /// They are of different layers.
    #[error("moments with {found} entries cannot be combined with moments with {expected} entries")]
    Entries {
        /// Entries of the other.
        found: usize,
        /// Entries of this.
        expected: usize,
    },
    /// The set to take away is no part of the set.
    #[error("the cells to take away are no part of the set")]
    NotASubset,
    /// A sum leaves its range, which no set of cells of one dataset can do.
    #[error("the sums overflow: these are not disjoint sets of one dataset")]
    Overflow,
    /// A tile names a gene that the layer does not have, or more cells than a dataset can hold.
    #[error("the tile does not fit a layer whose moments have {n_entries} entries")]
    Tile {
        /// Entries that the layer's moments have.
        n_entries: usize,
    },
    /// A value is of a magnitude that no value of its gene had when the moments were made.
    #[error("a value of gene number {gene} is larger or smaller than all that the layer's moments were made of")]
    Magnitude {
        /// The gene.
        gene: usize,
    },
}

impl GeneMoments {
    /// Takes in one non-zero value, modulo the width of each number.
    #[inline]
    pub fn push(&mut self, x: i64, square: u128) {
        self.n_nonzero = self.n_nonzero.wrapping_add(1);
        self.sum = self.sum.wrapping_add(x);
        self.sum_sq = self.sum_sq.wrapping_add(square);
    }

    /// The sum of two disjoint sets; `None` on overflow.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self {
            n_nonzero: self.n_nonzero.checked_add(other.n_nonzero)?,
            sum: self.sum.checked_add(other.sum)?,
            sum_sq: self.sum_sq.checked_add(other.sum_sq)?,
        })
    }

    /// What is left without a subset; `None` when it is none.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        Some(Self {
            n_nonzero: self.n_nonzero.checked_sub(other.n_nonzero)?,
            sum: self.sum.checked_sub(other.sum)?,
            sum_sq: self.sum_sq.checked_sub(other.sum_sq)?,
        })
    }
}

impl Moments {
    /// No cell yet, with `n_entries` entries.
    pub fn empty(n_entries: usize) -> Self {
        Self { n_cells: 0, entries: vec![GeneMoments::default(); n_entries] }
    }

    /// Adds a disjoint set of cells.
    ///
    /// # Errors
    /// [`MomentsError::Entries`] or [`MomentsError::Overflow`]; `self` is then unchanged.
    pub fn merge(&mut self, other: &Self) -> Result<(), MomentsError> {
        let n_cells = self.n_cells.checked_add(other.n_cells);
        self.combine(other, n_cells, GeneMoments::checked_add, MomentsError::Overflow)
    }

    /// Takes a subset away.
    ///
    /// # Errors
    /// [`MomentsError::Entries`] or [`MomentsError::NotASubset`]; `self` is then unchanged.
    pub fn subtract(&mut self, other: &Self) -> Result<(), MomentsError> {
        let n_cells = self.n_cells.checked_sub(other.n_cells);
        self.combine(other, n_cells, GeneMoments::checked_sub, MomentsError::NotASubset)
    }

    fn combine(
        &mut self,
        other: &Self,
        n_cells: Option<u64>,
        operation: fn(GeneMoments, GeneMoments) -> Option<GeneMoments>,
        failure: MomentsError,
    ) -> Result<(), MomentsError> {
        if self.entries.len() != other.entries.len() {
            return Err(MomentsError::Entries { found: other.entries.len(), expected: self.entries.len() });
        }
        let pairs = self.entries.iter().zip(&other.entries);
        let entries: Option<Vec<_>> = pairs.map(|(&mine, &theirs)| operation(mine, theirs)).collect();
        (self.n_cells, self.entries) = n_cells.zip(entries).ok_or(failure)?;
        Ok(())
    }

    /// Spreads a tile out over all `n_entries` entries of its layer.
    ///
    /// # Errors
    /// [`MomentsError::Tile`].
    pub fn from_tile(tile: &tile::Moments, n_entries: usize) -> Result<Self, MomentsError> {
        let misfit = MomentsError::Tile { n_entries };
        if tile.n_cells > u64::from(u32::MAX) {
            return Err(misfit);
        }
        let mut moments = Self::empty(n_entries);
        moments.n_cells = tile.n_cells;
        let columns = tile.n_nonzero.iter().zip(&tile.sums).zip(&tile.sums_sq);
        for (&entry, ((&n_nonzero, &sum), &sum_sq)) in tile.entries.iter().zip(columns) {
            let Some(entry) = moments.entries.get_mut(entry as usize) else {
                return Err(misfit);
            };
            *entry = GeneMoments { n_nonzero, sum, sum_sq };
        }
        Ok(moments)
    }

    /// The tile of these moments: the entries that have a value.
    pub fn to_tile(&self) -> tile::Moments {
        let mut tile = to_tile(&self.entries, |entry| entry.n_nonzero > 0);
        tile.n_cells = self.n_cells;
        tile
    }
}

/// The tile of those entries that `has_values`, of no cells.
pub(super) fn to_tile(entries: &[GeneMoments], has_values: impl Fn(&GeneMoments) -> bool) -> tile::Moments {
    let mut tile = tile::Moments::default();
    for (number, entry) in (0u32..).zip(entries).filter(|(_, entry)| has_values(entry)) {
        tile.entries.push(number);
        tile.n_nonzero.push(entry.n_nonzero);
        tile.sums.push(entry.sum);
        tile.sums_sq.push(entry.sum_sq);
    }
    tile
}
