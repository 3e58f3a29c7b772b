//! Moments of two sets of cells, from parts that come in any order.

use shared_fbs::tile::{self, Counts, ExpressionValues};

use super::{
    Bands, CellsPart, FixedPoint, FixedPoints, GeneMoments, Moments, MomentsError, NormalizedCell, Place, Sign,
    TABLE_COUNTS,
    fixed::encode_scaled,
    moments,
    sums::{NarrowMoments, Sums},
};
use crate::data::assemble::Rebuild;

/// The sums over group and reference while their parts come in: moments of blocks and labels, and
/// single cells, to be added or taken away.
///
/// All numbers are kept modulo their width, since what is taken away may come before what it is
/// taken from. The final sums are within their width, so they come out exact.
pub struct Summing(Width);

/// Of group and reference, an entry each. All shares of a layer have the same width.
enum Width {
    Narrow([Vec<NarrowMoments>; 2]),
    Wide([Vec<GeneMoments>; 2]),
}

impl Summing {
    /// Nothing yet, over a layer of `n_genes` genes.
    pub fn new(fixed: &FixedPoints, n_genes: usize) -> Self {
        let n_entries = fixed.n_entries(n_genes);
        Self(match fixed {
            FixedPoints::Uniform(step) if step.is_narrow() => Width::Narrow(empty(n_entries)),
            FixedPoints::Uniform(_) | FixedPoints::Banded(_) => Width::Wide(empty(n_entries)),
        })
    }

    /// Sums that were finished elsewhere.
    pub(super) fn of(fixed: &FixedPoints, sums: &[Vec<GeneMoments>; 2]) -> Self {
        let mut summing = Self::new(fixed, fixed.n_genes(sums[0].len()));
        match &mut summing.0 {
            Width::Narrow(narrow) => *narrow = narrowed(sums),
            Width::Wide(wide) => *wide = narrowed(sums),
        }
        summing
    }

    /// Takes in the moments of a block or a label, for each set that has a sign.
    ///
    /// # Errors
    /// [`MomentsError::Tile`] when it names an entry that the layer's moments do not have.
    pub fn take_moments(&mut self, tile: &tile::Moments, signs: [Option<Sign>; 2]) -> Result<(), MomentsError> {
        match &mut self.0 {
            Width::Narrow(sums) => take_moments(sums, tile, signs),
            Width::Wide(sums) => take_moments(sums, tile, signs),
        }
    }

    /// Takes in the cells of a tile that a part of a plan names. `rebuild` is of all cells of the layer, as in
    /// [`crate::data::assemble`].
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
        match &mut self.0 {
            Width::Narrow(sums) => take_cells(sums, cells, part, rebuild, fixed),
            Width::Wide(sums) => take_cells(sums, cells, part, rebuild, fixed),
        }
    }

    /// Takes in the sums of another share of the same plan.
    ///
    /// # Panics
    /// When it is over another layer.
    pub fn merge(&mut self, other: &Self) {
        match (&mut self.0, &other.0) {
            (Width::Narrow(sums), Width::Narrow(others)) => merge(sums, others),
            (Width::Wide(sums), Width::Wide(others)) => merge(sums, others),
            (Width::Narrow(_), Width::Wide(_)) | (Width::Wide(_), Width::Narrow(_)) => {
                panic!("sums over different layers")
            }
        }
    }

    /// The sums so far as tiles, for another place to [`Self::take_moments`]. They may hold numbers that no set
    /// of cells has.
    pub fn to_tiles(&self) -> [tile::Moments; 2] {
        let to_tile = |sums: Vec<GeneMoments>| moments::to_tile(&sums, |entry| *entry != GeneMoments::default());
        match &self.0 {
            Width::Narrow(sums) => widened(sums).map(to_tile),
            Width::Wide(sums) => widened(sums).map(to_tile),
        }
    }

    /// The moments of both sets, which have so many cells.
    ///
    /// # Errors
    /// [`MomentsError::Overflow`] when some gene has more values than there are cells: the parts were not those
    /// of one plan over one dataset.
    pub fn finish(self, n_cells: [u64; 2]) -> Result<[Moments; 2], MomentsError> {
        let sums = match self.0 {
            Width::Narrow(sums) => widened(&sums),
            Width::Wide(sums) => sums,
        };
        let fits = |(sums, n_cells): (&Vec<GeneMoments>, &u64)| {
            sums.iter().all(|entry| u64::from(entry.n_nonzero) <= *n_cells)
        };
        if !sums.iter().zip(&n_cells).all(fits) {
            return Err(MomentsError::Overflow);
        }
        let [group, reference] = sums;
        Ok([Moments { n_cells: n_cells[0], entries: group }, Moments { n_cells: n_cells[1], entries: reference }])
    }
}

fn empty<S: Sums>(n_entries: usize) -> [Vec<S>; 2] {
    [vec![S::default(); n_entries], vec![S::default(); n_entries]]
}

fn narrowed<S: Sums>(sums: &[Vec<GeneMoments>; 2]) -> [Vec<S>; 2] {
    sums.each_ref().map(|sums| sums.iter().map(S::of_moments).collect())
}

fn widened<S: Sums>(sums: &[Vec<S>; 2]) -> [Vec<GeneMoments>; 2] {
    sums.each_ref().map(|sums| sums.iter().map(|entry| entry.moments()).collect())
}

fn signed<S: Sums>(sums: S, sign: Sign) -> S {
    match sign {
        Sign::Plus => sums,
        Sign::Minus => sums.negated(),
    }
}

fn merge<S: Sums>(sums: &mut [Vec<S>; 2], others: &[Vec<S>; 2]) {
    for (sums, others) in sums.iter_mut().zip(others) {
        assert_eq!(sums.len(), others.len(), "sums over different layers");
        sums.iter_mut().zip(others).for_each(|(sum, other)| sum.add(other));
    }
}

fn take_moments<S: Sums>(
    sums: &mut [Vec<S>; 2],
    tile: &tile::Moments,
    signs: [Option<Sign>; 2],
) -> Result<(), MomentsError> {
    let n_entries = sums[0].len();
    if tile.entries.last().is_some_and(|&entry| entry as usize >= n_entries) {
        return Err(MomentsError::Tile { n_entries });
    }
    for (sums, sign) in sums.iter_mut().zip(signs) {
        let Some(sign) = sign else { continue };
        let columns = tile.n_nonzero.iter().zip(&tile.sums).zip(&tile.sums_sq);
        for (&entry, ((&n_nonzero, &sum), &sum_sq)) in tile.entries.iter().zip(columns) {
            let added = S::of_moments(&GeneMoments { n_nonzero, sum, sum_sq });
            sums[entry as usize].add(&signed(added, sign));
        }
    }
    Ok(())
}

fn take_cells<S: Sums>(
    sums: &mut [Vec<S>; 2],
    cells: &tile::Cells,
    part: &CellsPart,
    rebuild: Rebuild<'_>,
    fixed: &FixedPoints,
) -> Result<(), MomentsError> {
    let n_entries = sums[0].len();
    let n_genes = fixed.n_genes(n_entries);
    let misfit = || MomentsError::Tile { n_entries };
    let in_tile = (1u128 << cells.n_cells()) - 1;
    if u128::from(part.wanted()) & !in_tile != 0 || cells.genes.iter().any(|&gene| gene as usize >= n_genes) {
        return Err(misfit());
    }
    let normalized = match rebuild {
        Rebuild::LogNormalized(normalized) => {
            let first = part.first_cell();
            Some(normalized.slice(first..first + cells.n_cells()).ok_or_else(misfit)?)
        }
        Rebuild::Plain => None,
    };
    for (cell, ends) in cells.indptr.windows(2).enumerate() {
        let entries = ends[0] as usize..ends[1] as usize;
        let genes = &cells.genes[entries.clone()];
        for (sums, sign) in sums.iter_mut().zip(part.signs(cell)) {
            let Some(sign) = sign else { continue };
            let values = match (normalized.and_then(|cells| cells.get(cell)), fixed) {
                (Some(cell), &FixedPoints::Uniform(fixed)) => CellValues::LogCounts(LogCounts::new(cell, fixed, sign)),
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

/// How the values of one cell become moments.
enum CellValues<'a, S> {
    LogCounts(LogCounts<'a, S>),
    Uniform(FixedPoint, Sign),
    Banded(&'a Bands, Sign),
}

/// What the counts of one cell of a log-normalized layer add; of small ones it is known beforehand.
struct LogCounts<'a, S> {
    cell: NormalizedCell<'a>,
    fixed: FixedPoint,
    sign: Sign,
    small: [S; TABLE_COUNTS],
}

impl<'a, S: Sums> LogCounts<'a, S> {
    fn new(cell: NormalizedCell<'a>, fixed: FixedPoint, sign: Sign) -> Self {
        let mut counts = Self { cell, fixed, sign, small: [S::default(); TABLE_COUNTS] };
        counts.small = std::array::from_fn(|count| counts.compute(count as u32));
        counts
    }

    fn compute(&self, count: u32) -> S {
        signed(of_value(self.cell.value(count), self.fixed), self.sign)
    }

    #[inline]
    fn add(&self, count: u32, sum: &mut S) {
        let computed;
        // By reference: what is known goes from the table to the sum in as few loads as there can be.
        let added = match self.small.get(count as usize) {
            Some(known) => known,
            None => {
                computed = self.compute(count);
                &computed
            }
        };
        sum.add(added);
    }
}

impl<S: Sums> CellValues<'_, S> {
    fn scatter_counts<C: Copy + Into<u32>>(
        &self,
        genes: &[u32],
        counts: &[C],
        sums: &mut [S],
    ) -> Result<(), MomentsError> {
        match self {
            Self::LogCounts(values) => scatter_each(genes, counts, sums, |count, sum| values.add(count.into(), sum)),
            Self::Uniform(fixed, sign) => scatter_each(genes, counts, sums, |count, sum| {
                let count: u32 = count.into();
                sum.add(&signed(of_value(count as f32, *fixed), *sign));
            }),
            Self::Banded(bands, sign) => {
                let value = |count: C| -> f32 { count.into() as f32 };
                return scatter_banded(genes, counts.iter().copied().map(value), sums, bands, *sign);
            }
        }
        Ok(())
    }

    fn scatter_floats(&self, genes: &[u32], floats: &[f32], sums: &mut [S]) -> Result<(), MomentsError> {
        match self {
            Self::LogCounts(LogCounts { fixed, sign, .. }) | Self::Uniform(fixed, sign) => {
                scatter_each(genes, floats, sums, |value, sum| sum.add(&signed(of_value(value, *fixed), *sign)));
                Ok(())
            }
            Self::Banded(bands, sign) => scatter_banded(genes, floats.iter().copied(), sums, bands, *sign),
        }
    }
}

/// The cell-major scatter: what each value of a cell adds goes to the sum of its gene.
#[inline]
fn scatter_each<V: Copy, S>(genes: &[u32], values: &[V], sums: &mut [S], add: impl Fn(V, &mut S)) {
    for (&gene, &value) in genes.iter().zip(values) {
        add(value, &mut sums[gene as usize]);
    }
}

/// The same by bands: what each value adds goes to the sum of its gene's band.
fn scatter_banded<S: Sums>(
    genes: &[u32],
    values: impl Iterator<Item = f32>,
    sums: &mut [S],
    bands: &Bands,
    sign: Sign,
) -> Result<(), MomentsError> {
    // The sign is looked at once, not for every value: negative numbers of 128 bits are slow.
    match sign {
        Sign::Plus => scatter_each_banded(genes, values, sums, bands, |sum, added| sum.add(&added)),
        Sign::Minus => scatter_each_banded(genes, values, sums, bands, |sum, added| sum.add(&added.negated())),
    }
}

#[inline]
fn scatter_each_banded<S: Sums>(
    genes: &[u32],
    values: impl Iterator<Item = f32>,
    sums: &mut [S],
    bands: &Bands,
    add: impl Fn(&mut S, S),
) -> Result<(), MomentsError> {
    for (&gene, value) in genes.iter().zip(values) {
        let gene = gene as usize;
        match bands.place(gene, value) {
            Place::Entry(entry, exact) => {
                let added = GeneMoments { n_nonzero: 1, sum: exact.x(), sum_sq: exact.square() };
                add(&mut sums[entry], S::of_moments(&added));
            }
            Place::Nowhere => {}
            Place::Unknown => return Err(MomentsError::Magnitude { gene }),
        }
    }
    Ok(())
}

/// What one value adds; nothing if it is zero or not a number.
#[inline]
fn of_value<S: Sums>(value: f32, fixed: FixedPoint) -> S {
    if value == 0.0 || value.is_nan() {
        return S::default();
    }
    S::of_value(encode_scaled(f64::from(value) * fixed.scale()), fixed)
}
