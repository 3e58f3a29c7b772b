//! Moments of two sets of cells, from parts that come in any order.

use shared_fbs::tile::{self, Counts, ExpressionValues};

use super::{
    Bands, CellsPart, FixedPoint, FixedPoints, GeneMoments, Moments, MomentsError, Place, Sign, fixed::encode_scaled,
    log_normalize, moments,
};
use crate::data::assemble::Rebuild;

/// Counts below this one, nearly all of a droplet assay's, are looked up rather than computed.
const TABLE_COUNTS: usize = 8;

/// The sums over group and reference while their parts come in: moments of blocks and labels, and
/// single cells, to be added or taken away.
///
/// All numbers are kept modulo their width, since what is taken away may come before what it is
/// taken from. The final sums are within their width, so they come out exact.
pub struct Summing {
    sums: [Vec<GeneMoments>; 2],
}

impl GeneMoments {
    #[inline]
    fn wrapping_add(&mut self, other: &Self) {
        self.n_nonzero = self.n_nonzero.wrapping_add(other.n_nonzero);
        self.sum = self.sum.wrapping_add(other.sum);
        self.sum_sq = self.sum_sq.wrapping_add(other.sum_sq);
    }

    /// What adding this with a sign adds, modulo the width of each number.
    #[inline]
    fn signed(self, sign: Sign) -> Self {
        match sign {
            Sign::Plus => self,
            Sign::Minus => Self {
                n_nonzero: self.n_nonzero.wrapping_neg(),
                sum: self.sum.wrapping_neg(),
                sum_sq: self.sum_sq.wrapping_neg(),
            },
        }
    }
}

impl From<[Moments; 2]> for Summing {
    fn from(moments: [Moments; 2]) -> Self {
        Self { sums: moments.map(|moments| moments.entries) }
    }
}

impl Summing {
    /// Nothing yet, over a layer whose moments have `n_entries` entries.
    pub fn new(n_entries: usize) -> Self {
        let empty = vec![GeneMoments::default(); n_entries];
        Self { sums: [empty.clone(), empty] }
    }

    /// Takes in the moments of a block or a label, for each set that has a sign.
    ///
    /// # Errors
    /// [`MomentsError::Tile`] when it names an entry that the layer's moments do not have.
    pub fn take_moments(&mut self, tile: &tile::Moments, signs: [Option<Sign>; 2]) -> Result<(), MomentsError> {
        let n_entries = self.sums[0].len();
        if tile.entries.last().is_some_and(|&entry| entry as usize >= n_entries) {
            return Err(MomentsError::Tile { n_entries });
        }
        for (sums, sign) in self.sums.iter_mut().zip(signs) {
            let Some(sign) = sign else { continue };
            let columns = tile.n_nonzero.iter().zip(&tile.sums).zip(&tile.sums_sq);
            for (&entry, ((&n_nonzero, &sum), &sum_sq)) in tile.entries.iter().zip(columns) {
                sums[entry as usize].wrapping_add(&GeneMoments { n_nonzero, sum, sum_sq }.signed(sign));
            }
        }
        Ok(())
    }

    /// Takes in the cells of a tile that a part of a plan names. `rebuild` holds the divisors of all cells of the
    /// layer, as in [`crate::data::assemble`].
    ///
    /// # Errors
    /// [`MomentsError::Tile`] when the tile has other genes or cells than the layer; [`MomentsError::Magnitude`] when a
    /// value is of none of its gene's bands.
    pub fn take_cells(
        &mut self,
        cells: &tile::Cells,
        part: &CellsPart,
        rebuild: Rebuild<'_>,
        fixed: &FixedPoints,
    ) -> Result<(), MomentsError> {
        let n_entries = self.sums[0].len();
        let n_genes = fixed.n_genes(n_entries);
        let misfit = || MomentsError::Tile { n_entries };
        let in_tile = (1u128 << cells.n_cells()) - 1;
        if u128::from(part.wanted()) & !in_tile != 0 || cells.genes.iter().any(|&gene| gene as usize >= n_genes) {
            return Err(misfit());
        }
        let divisors = match rebuild {
            Rebuild::LogNormalized(divisors) => {
                let first = part.first_cell();
                Some(divisors.get(first..first + cells.n_cells()).ok_or_else(misfit)?)
            }
            Rebuild::Plain => None,
        };
        for (cell, ends) in cells.indptr.windows(2).enumerate() {
            let entries = ends[0] as usize..ends[1] as usize;
            let genes = &cells.genes[entries.clone()];
            for (sums, sign) in self.sums.iter_mut().zip(part.signs(cell)) {
                let Some(sign) = sign else { continue };
                let values = match (divisors, fixed) {
                    (Some(divisors), &FixedPoints::Uniform(fixed)) => {
                        CellValues::LogCounts(LogCounts::new(divisors[cell], fixed, sign))
                    }
                    (None, &FixedPoints::Uniform(fixed)) => CellValues::Uniform(fixed, sign),
                    (_, FixedPoints::Banded(bands)) => CellValues::Banded(bands, sign),
                };
                match &cells.values {
                    ExpressionValues::Counts(Counts::U8(counts)) => {
                        values.scatter_counts(genes, &counts[entries.clone()], sums)?;
                    }
                    ExpressionValues::Counts(Counts::U16(counts)) => {
                        values.scatter_counts(genes, &counts[entries.clone()], sums)?;
                    }
                    ExpressionValues::Counts(Counts::U32(counts)) => {
                        values.scatter_counts(genes, &counts[entries.clone()], sums)?;
                    }
                    ExpressionValues::Floats(floats) => values.scatter_floats(genes, &floats[entries.clone()], sums)?,
                }
            }
        }
        Ok(())
    }

    /// Takes in the sums of another share of the same plan.
    ///
    /// # Panics
    /// When it is over another layer.
    pub fn merge(&mut self, other: &Self) {
        for (sums, others) in self.sums.iter_mut().zip(&other.sums) {
            assert_eq!(sums.len(), others.len(), "sums over different layers");
            sums.iter_mut().zip(others).for_each(|(sum, other)| sum.wrapping_add(other));
        }
    }

    /// The sums so far as tiles, for another place to [`Self::take_moments`]. They may hold numbers that no set
    /// of cells has.
    pub fn to_tiles(&self) -> [tile::Moments; 2] {
        self.sums.each_ref().map(|sums| moments::to_tile(sums, |entry| *entry != GeneMoments::default()))
    }

    /// The moments of both sets, which have so many cells.
    ///
    /// # Errors
    /// [`MomentsError::Overflow`] when some gene has more values than there are cells: the parts were not those
    /// of one plan over one dataset.
    pub fn finish(self, n_cells: [u64; 2]) -> Result<[Moments; 2], MomentsError> {
        let fits =
            |(sums, n_cells): (&Vec<GeneMoments>, &u64)| sums.iter().all(|gene| u64::from(gene.n_nonzero) <= *n_cells);
        if !self.sums.iter().zip(&n_cells).all(fits) {
            return Err(MomentsError::Overflow);
        }
        let [group, reference] = self.sums;
        Ok([Moments { n_cells: n_cells[0], entries: group }, Moments { n_cells: n_cells[1], entries: reference }])
    }
}

/// How the values of one cell become moments.
enum CellValues<'a> {
    LogCounts(LogCounts),
    Uniform(FixedPoint, Sign),
    Banded(&'a Bands, Sign),
}

/// What the counts of one cell of a log-normalized layer add; of small ones it is known beforehand.
struct LogCounts {
    divisor: f32,
    fixed: FixedPoint,
    sign: Sign,
    small: [GeneMoments; TABLE_COUNTS],
}

impl LogCounts {
    fn new(divisor: f32, fixed: FixedPoint, sign: Sign) -> Self {
        let mut counts = Self { divisor, fixed, sign, small: [GeneMoments::default(); TABLE_COUNTS] };
        counts.small = std::array::from_fn(|count| counts.compute(count as u32));
        counts
    }

    fn compute(&self, count: u32) -> GeneMoments {
        self.fixed.moments_of(log_normalize(count, self.divisor)).signed(self.sign)
    }

    #[inline]
    fn add(&self, count: u32, sum: &mut GeneMoments) {
        let computed;
        // By reference: what is known goes from the table to the sum in as few loads as there can be.
        let added = match self.small.get(count as usize) {
            Some(known) => known,
            None => {
                computed = self.compute(count);
                &computed
            }
        };
        sum.wrapping_add(added);
    }
}

impl CellValues<'_> {
    fn scatter_counts<C: Copy + Into<u32>>(
        &self,
        genes: &[u32],
        counts: &[C],
        sums: &mut [GeneMoments],
    ) -> Result<(), MomentsError> {
        match self {
            Self::LogCounts(values) => scatter_each(genes, counts, sums, |count, sum| values.add(count.into(), sum)),
            Self::Uniform(fixed, sign) => scatter_each(genes, counts, sums, |count, sum| {
                let count: u32 = count.into();
                sum.wrapping_add(&fixed.moments_of(count as f32).signed(*sign));
            }),
            Self::Banded(bands, sign) => {
                let value = |count: C| -> f32 { count.into() as f32 };
                return scatter_banded(genes, counts.iter().copied().map(value), sums, bands, *sign);
            }
        }
        Ok(())
    }

    fn scatter_floats(&self, genes: &[u32], floats: &[f32], sums: &mut [GeneMoments]) -> Result<(), MomentsError> {
        match self {
            Self::LogCounts(LogCounts { fixed, sign, .. }) | Self::Uniform(fixed, sign) => {
                scatter_each(genes, floats, sums, |value, sum| {
                    sum.wrapping_add(&fixed.moments_of(value).signed(*sign));
                });
                Ok(())
            }
            Self::Banded(bands, sign) => scatter_banded(genes, floats.iter().copied(), sums, bands, *sign),
        }
    }
}

/// The cell-major scatter: what each value of a cell adds goes to the sum of its gene.
#[inline]
fn scatter_each<V: Copy>(genes: &[u32], values: &[V], sums: &mut [GeneMoments], add: impl Fn(V, &mut GeneMoments)) {
    for (&gene, &value) in genes.iter().zip(values) {
        add(value, &mut sums[gene as usize]);
    }
}

/// The same by bands: what each value adds goes to the sum of its gene's band.
#[inline]
fn scatter_banded(
    genes: &[u32],
    values: impl Iterator<Item = f32>,
    sums: &mut [GeneMoments],
    bands: &Bands,
    sign: Sign,
) -> Result<(), MomentsError> {
    for (&gene, value) in genes.iter().zip(values) {
        let gene = gene as usize;
        match bands.place(gene, value) {
            Place::Entry(entry, exact) => {
                sums[entry].wrapping_add(&GeneMoments::of_value(exact.x(), exact.square()).signed(sign));
            }
            Place::Nowhere => {}
            Place::Unknown => return Err(MomentsError::Magnitude { gene }),
        }
    }
    Ok(())
}

impl FixedPoint {
    /// What one value adds; nothing if it is zero or not a number.
    #[inline]
    fn moments_of(self, value: f32) -> GeneMoments {
        if value == 0.0 || value.is_nan() {
            return GeneMoments::default();
        }
        let x = encode_scaled(f64::from(value) * self.scale());
        GeneMoments::of_value(x, self.square(x))
    }
}
