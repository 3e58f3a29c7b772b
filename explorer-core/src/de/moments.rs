//! Moments of genes over a set of cells: exact, additive.

use shared_fbs::tile;
use thiserror::Error;

use super::{FixedPoint, Summary};

/// What one gene adds up to over a set of cells, in its [`FixedPoint`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GeneMoments {
    /// Cells with a value other than zero.
    pub n_nonzero: u32,
    /// ΣX.
    pub sum: i64,
    /// Σ((X² + half) >> square_shift).
    pub sum_sq: u64,
}

/// What all genes of a layer add up to over a set of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moments {
    /// Cells in the set, those without any value included.
    pub n_cells: u64,
    /// One entry a gene, in gene order.
    pub genes: Vec<GeneMoments>,
}

/// Moments that do not belong together.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MomentsError {
    /// They are over different sets of genes.
    #[error("moments of {found} genes cannot be combined with moments of {expected} genes")]
    Genes {
        /// Genes of the other.
        found: usize,
        /// Genes of this.
        expected: usize,
    },
    /// The set to take away is no part of the set.
    #[error("the cells to take away are no part of the set")]
    NotASubset,
    /// A sum leaves its range, which no set of cells of one dataset can do.
    #[error("the sums overflow: these are not disjoint sets of one dataset")]
    Overflow,
    /// A tile names a gene that the layer does not have, or more cells than a dataset can hold.
    #[error("the tile does not fit a layer of {n_genes} genes")]
    Tile {
        /// Genes of the layer.
        n_genes: usize,
    },
}

impl GeneMoments {
    /// Takes in one non-zero value.
    #[inline]
    pub(super) fn push(&mut self, x: i64, half: u64, square_shift: u8) {
        let magnitude = x.unsigned_abs();
        self.n_nonzero += 1;
        self.sum += x;
        self.sum_sq += (magnitude * magnitude + half) >> square_shift;
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

    /// Mean, variance and share of non-zero values over `n_cells` cells, zeros included.
    ///
    /// `n · Σx² − (Σx)²` is taken in integers, so nothing cancels; what is no larger than the
    /// rounding of the squares could make it counts as no variance, so that a constant gene has
    /// none.
    pub fn summary(self, n_cells: u64, fixed: FixedPoint) -> Summary {
        let n = n_cells as f64;
        if n_cells == 0 {
            return Summary::default();
        }
        let unit = 1.0 / fixed.scale();
        let wide = i128::from(n_cells);
        let sum = i128::from(self.sum);
        let squares = (i128::from(self.sum_sq) << fixed.square_shift()).saturating_mul(wide);
        let scatter = squares.saturating_sub(sum * sum);
        let rounding = (i128::from(self.n_nonzero) * i128::from(fixed.half())).saturating_mul(wide);
        let variance =
            if n_cells < 2 || scatter <= rounding { 0.0 } else { scatter as f64 / n / (n - 1.0) * unit * unit };
        Summary { n_cells, mean: self.sum as f64 * unit / n, variance, nonzero_share: f64::from(self.n_nonzero) / n }
    }
}

impl Moments {
    /// No cell yet, of `n_genes` genes.
    pub fn empty(n_genes: usize) -> Self {
        Self { n_cells: 0, genes: vec![GeneMoments::default(); n_genes] }
    }

    /// Adds a disjoint set of cells.
    ///
    /// # Errors
    /// [`MomentsError::Genes`] or [`MomentsError::Overflow`]; `self` is then unchanged.
    pub fn merge(&mut self, other: &Self) -> Result<(), MomentsError> {
        let n_cells = self.n_cells.checked_add(other.n_cells);
        self.combine(other, n_cells, GeneMoments::checked_add, MomentsError::Overflow)
    }

    /// Takes a subset away.
    ///
    /// # Errors
    /// [`MomentsError::Genes`] or [`MomentsError::NotASubset`]; `self` is then unchanged.
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
        if self.genes.len() != other.genes.len() {
            return Err(MomentsError::Genes { found: other.genes.len(), expected: self.genes.len() });
        }
        let pairs = self.genes.iter().zip(&other.genes);
        let genes: Option<Vec<_>> = pairs.map(|(&mine, &theirs)| operation(mine, theirs)).collect();
        (self.n_cells, self.genes) = n_cells.zip(genes).ok_or(failure)?;
        Ok(())
    }

    /// Spreads a tile out over all `n_genes` genes of its layer.
    ///
    /// # Errors
    /// [`MomentsError::Tile`].
    pub fn from_tile(tile: &tile::Moments, n_genes: usize) -> Result<Self, MomentsError> {
        let misfit = MomentsError::Tile { n_genes };
        if tile.n_cells > u64::from(u32::MAX) {
            return Err(misfit);
        }
        let mut moments = Self::empty(n_genes);
        moments.n_cells = tile.n_cells;
        let columns = tile.n_nonzero.iter().zip(&tile.sums).zip(&tile.sums_sq);
        for (&gene, ((&n_nonzero, &sum), &sum_sq)) in tile.genes.iter().zip(columns) {
            let Some(entry) = moments.genes.get_mut(gene as usize) else {
                return Err(misfit);
            };
            *entry = GeneMoments { n_nonzero, sum, sum_sq };
        }
        Ok(moments)
    }

    /// The tile of these moments: the genes that have a value, with their bits of fraction when
    /// those differ from gene to gene.
    pub fn to_tile(&self, fixed: &super::FixedPoints) -> tile::Moments {
        let present = || {
            let genes = self.genes.iter().enumerate();
            genes.filter(|(_, gene)| gene.n_nonzero > 0)
        };
        let frac_bits = matches!(fixed, super::FixedPoints::PerGene(_))
            .then(|| present().map(|(gene, _)| fixed.get(gene).frac_bits()).collect());
        tile::Moments {
            n_cells: self.n_cells,
            genes: present().map(|(gene, _)| gene as u32).collect(),
            n_nonzero: present().map(|(_, gene)| gene.n_nonzero).collect(),
            sums: present().map(|(_, gene)| gene.sum).collect(),
            sums_sq: present().map(|(_, gene)| gene.sum_sq).collect(),
            frac_bits,
        }
    }
}
