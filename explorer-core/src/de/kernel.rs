//! The gene-major gather: one gene's non-zero values, summed by the label of their cells.

use super::{
    Bands, FixedPoint, GeneMoments, MomentsError, NormalizedCell, NormalizedCells, Place, TABLE_COUNTS,
    fixed::encode_scaled,
    sums::{NarrowMoments, Sums},
};
use crate::filter::CellMask;

/// In the group, in the reference: bits of a cell's label.
const GROUP: u8 = 1;
const REFERENCE: u8 = 2;

/// Which of the two sets each cell belongs to, one `u8` a cell. A cell may belong to both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    labels: Vec<u8>,
}

impl Labels {
    /// Labels of two sets. Where they overlap, a cell counts in both.
    ///
    /// # Panics
    /// When the masks are of different datasets.
    pub fn new(group: &CellMask, reference: &CellMask) -> Self {
        assert_eq!(group.len(), reference.len(), "masks of different datasets");
        let pairs = group.as_bytes().iter().zip(reference.as_bytes());
        Self { labels: pairs.map(|(&group, &reference)| (group * GROUP) | (reference * REFERENCE)).collect() }
    }

    /// One label a cell, bit 0 the group, bit 1 the reference; slice it for a chunk of cells.
    pub fn as_bytes(&self) -> &[u8] {
        &self.labels
    }
}

/// `X` of the small counts of every labeled cell of a chunk, so that a pass over many genes
/// computes each logarithm once. 0 where it takes more than 32 bits.
#[derive(Clone, Debug)]
pub struct CountTable<'a> {
    cells: NormalizedCells<'a>,
    labels: &'a [u8],
    fixed: FixedPoint,
    rows: Vec<[u32; TABLE_COUNTS]>,
}

impl<'a> CountTable<'a> {
    /// A table for the cells of a chunk, with their labels, one each.
    ///
    /// # Panics
    /// When there are not as many labels as cells.
    pub fn new(cells: NormalizedCells<'a>, labels: &'a [u8], fixed: FixedPoint) -> Self {
        assert_eq!(cells.len(), labels.len(), "one label a cell");
        let row =
            |(cell, &label): (NormalizedCell<'_>, &u8)| if label == 0 { [0; TABLE_COUNTS] } else { cell.table(fixed) };
        Self { cells, labels, fixed, rows: cells.iter().zip(labels).map(row).collect() }
    }

    #[inline]
    fn x<S: Sums>(&self, cell: usize, count: u32) -> i64 {
        match self.rows[cell].get(count as usize) {
            Some(&x) if S::IS_NARROW || x != 0 => i64::from(x),
            _ => self.fixed.encode(self.cells.get(cell).unwrap_or_default().value(count)),
        }
    }
}

/// Moments of one gene over group and reference, from the counts of a log-normalized layer.
///
/// `cells` are the gene's cells within the table's chunk, `counts` theirs.
///
/// # Panics
/// When a cell lies past the table.
pub fn gather_counts<I, C>(cells: &[I], counts: &[C], table: &CountTable<'_>) -> [GeneMoments; 2]
where
    I: Copy + Into<u32>,
    C: Copy + Into<u32>,
{
    if table.fixed.is_narrow() {
        group_and_reference(gather_counts_as::<NarrowMoments, I, C>(cells, counts, table))
    } else {
        group_and_reference(gather_counts_as::<GeneMoments, I, C>(cells, counts, table))
    }
}

fn gather_counts_as<S, I, C>(cells: &[I], counts: &[C], table: &CountTable<'_>) -> [S; 4]
where
    S: Sums,
    I: Copy + Into<u32>,
    C: Copy + Into<u32>,
{
    let mut sums = [S::default(); 4];
    for (&cell, &count) in cells.iter().zip(counts) {
        let (cell, count) = (cell.into() as usize, count.into());
        let label = table.labels[cell];
        if label != 0 && count != 0 {
            sums[usize::from(label & 3)].add(&S::of_value(table.x::<S>(cell, count), table.fixed));
        }
    }
    sums
}

/// Moments of one gene over group and reference, from values as they are, in one step.
///
/// `cells` are the gene's cells with a value, `labels` those of the chunk that they count in.
///
/// # Panics
/// When a cell lies past the labels.
pub fn gather_floats<I>(cells: &[I], values: &[f32], labels: &[u8], fixed: FixedPoint) -> [GeneMoments; 2]
where
    I: Copy + Into<u32>,
{
    let mut sums = [GeneMoments::default(); 4];
    scatter_floats(cells, values, labels, fixed, &mut sums);
    group_and_reference(sums)
}

/// Adds one gene's values to the moments of group and reference, `sums`: each to the entry of its band.
///
/// # Errors
/// [`MomentsError::Magnitude`] when a value is of none of the gene's bands.
///
/// # Panics
/// When a cell lies past the labels, or there is no such gene.
pub fn gather_banded<I>(
    cells: &[I],
    values: &[f32],
    labels: &[u8],
    (bands, gene): (&Bands, usize),
    sums: &mut [Vec<GeneMoments>; 2],
) -> Result<(), MomentsError>
where
    I: Copy + Into<u32>,
{
    let mut first_band = [GeneMoments::default(); 4];
    for (&cell, &value) in cells.iter().zip(values) {
        let label = labels[cell.into() as usize];
        if label == 0 {
            continue;
        }
        match bands.place(gene, value) {
            Place::Entry(entry, exact) if entry == gene => {
                first_band[usize::from(label & 3)].push(exact.x(), exact.square());
            }
            Place::Entry(entry, exact) => {
                let sets = sums.iter_mut().zip([GROUP, REFERENCE]).filter(|(_, set)| label & set != 0);
                sets.for_each(|(sums, _)| sums[entry].push(exact.x(), exact.square()));
            }
            Place::Nowhere => {}
            Place::Unknown => return Err(MomentsError::Magnitude { gene }),
        }
    }
    for (sums, found) in sums.iter_mut().zip(group_and_reference(first_band)) {
        sums[gene] = sums[gene].checked_add(found).ok_or(MomentsError::Overflow)?;
    }
    Ok(())
}

/// Adds one gene's values to the moments of the group of each cell: `groups[cell]` says which of
/// `sums`, and cells of a group past its end are left out. With the codes of a column this gives
/// the moments of all its labels in one pass.
///
/// # Panics
/// When a cell lies past the groups.
pub fn scatter_floats<I, G>(cells: &[I], values: &[f32], groups: &[G], fixed: FixedPoint, sums: &mut [GeneMoments])
where
    I: Copy + Into<u32>,
    G: Copy + Into<u32>,
{
    let scale = fixed.scale();
    for (&cell, &value) in cells.iter().zip(values) {
        let group: u32 = groups[cell.into() as usize].into();
        // A missing value counts as zero.
        if value != 0.0
            && !value.is_nan()
            && let Some(sums) = sums.get_mut(group as usize)
        {
            sums.add(&GeneMoments::of_value(encode_scaled(f64::from(value) * scale), fixed));
        }
    }
}

fn group_and_reference<S: Sums>(sums: [S; 4]) -> [GeneMoments; 2] {
    let [_, group, reference, both] = sums.map(S::moments);
    let add = |set: GeneMoments| set.checked_add(both).expect("the head-room covers all cells");
    [add(group), add(reference)]
}
