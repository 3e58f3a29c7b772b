//! How counts become the values of a log-normalized layer, bit for bit.

use std::ops::Range;

use super::FixedPoint;

/// The total that counts are scaled to where a divisor states a cell's own total.
pub const NORMALIZED_TOTAL: f64 = 1e4;

/// Counts below this one, nearly all of a droplet assay's, are looked up rather than computed.
pub const TABLE_COUNTS: usize = 8;

/// The value of a count in a log-normalized layer: `log1p(count / divisor)` in `f32`, `divisor`
/// being the cell's total over 10 000, or whatever it was normalized to. The same bits on every
/// platform, and those of many programs that normalize counts:
///
/// - `divisor > 0`: the quotient in `f32`, and its logarithm correctly rounded. scanpy as of 1.10.
/// - `divisor < 0`, a whole number: minus the cell's total. All in `f64`, rounded once. Seurat.
/// - `divisor < 0` otherwise: minus a factor. The product in `f32`, and its logarithm by fdlibm's
///   `log1pf`, as the C library of GNU had it before 2.41. scanpy before that.
///
/// Of eleven real layers ten come back bit for bit, and the last but for 10 of 184 286 values; in any
/// single way 1 % to 10 % of their values would be one unit in the last place off. Where a file's program
/// rounded otherwise, as numpy does on processors with AVX-512, a [`Correction`] says so.
pub fn log_normalize(count: u32, divisor: f32) -> f32 {
    if divisor > 0.0 {
        return libm::log1p(f64::from(count as f32 / divisor)) as f32;
    }
    let number = -divisor;
    if number.fract() == 0.0 {
        libm::log1p(f64::from(count) * NORMALIZED_TOTAL / f64::from(number)) as f32
    } else {
        libm::log1pf(count as f32 * number)
    }
}

/// How far the value of a count in the file is from the one that [`log_normalize`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Correction {
    /// The count.
    pub count: u32,
    /// What is added to the bits of the value, as to an integer: units in the last place.
    pub difference: i32,
}

/// How the counts of all cells of a layer become its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Normalization {
    divisors: Vec<f32>,
    /// Where the corrections of each cell begin; one more than there are cells, or empty when there are none.
    starts: Vec<u32>,
    corrections: Vec<Correction>,
}

impl Normalization {
    /// Of cells with these divisors. `corrections` ascend by cell, and within a cell by count.
    ///
    /// # Panics
    /// When a correction is of a cell that there is not.
    pub fn new(divisors: Vec<f32>, corrections: impl IntoIterator<Item = (u32, Correction)>) -> Self {
        let mut starts = Vec::new();
        let mut in_order = Vec::new();
        for (cell, correction) in corrections {
            assert!((cell as usize) < divisors.len(), "a correction of a cell that there is not");
            starts.resize(cell as usize + 1, in_order.len() as u32);
            in_order.push(correction);
        }
        if !in_order.is_empty() {
            starts.resize(divisors.len() + 1, in_order.len() as u32);
        }
        Self { divisors, starts, corrections: in_order }
    }

    /// The divisor of every cell.
    pub fn divisors(&self) -> &[f32] {
        &self.divisors
    }

    /// Whether any value is corrected.
    pub fn is_corrected(&self) -> bool {
        !self.corrections.is_empty()
    }

    /// All cells.
    pub fn cells(&self) -> NormalizedCells<'_> {
        NormalizedCells { divisors: &self.divisors, starts: &self.starts, corrections: &self.corrections }
    }
}

/// How the counts of consecutive cells become values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormalizedCells<'a> {
    divisors: &'a [f32],
    /// Of these cells, into all corrections of the layer.
    starts: &'a [u32],
    corrections: &'a [Correction],
}

impl<'a> NormalizedCells<'a> {
    /// Number of cells.
    pub fn len(self) -> usize {
        self.divisors.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(self) -> bool {
        self.divisors.is_empty()
    }

    /// One of them; `None` past their end.
    #[inline]
    pub fn get(self, cell: usize) -> Option<NormalizedCell<'a>> {
        let divisor = *self.divisors.get(cell)?;
        let corrections = match self.starts.get(cell..cell + 2) {
            Some(&[start, end]) => &self.corrections[start as usize..end as usize],
            _ => &[],
        };
        Some(NormalizedCell { divisor, corrections })
    }

    /// Some of them; `None` past their end.
    pub fn slice(self, cells: Range<usize>) -> Option<Self> {
        let starts = if self.starts.is_empty() { self.starts } else { self.starts.get(cells.start..=cells.end)? };
        Some(Self { divisors: self.divisors.get(cells)?, starts, ..self })
    }

    /// All of them, so many at a time.
    pub fn chunks(self, n_cells: usize) -> impl Iterator<Item = Self> {
        let starts = (0..self.len()).step_by(n_cells);
        starts.filter_map(move |start| self.slice(start..self.len().min(start + n_cells)))
    }

    /// Each of them.
    pub fn iter(self) -> impl ExactSizeIterator<Item = NormalizedCell<'a>> {
        (0..self.len()).map(move |cell| self.get(cell).unwrap_or_default())
    }
}

/// How the counts of one cell become values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NormalizedCell<'a> {
    divisor: f32,
    corrections: &'a [Correction],
}

impl<'a> NormalizedCell<'a> {
    /// Its corrections, by ascending count.
    pub fn corrections(self) -> &'a [Correction] {
        self.corrections
    }

    /// The value of a count, as in the file.
    #[inline]
    pub fn value(self, count: u32) -> f32 {
        let value = log_normalize(count, self.divisor);
        match self.corrections.binary_search_by_key(&count, |correction| correction.count) {
            Ok(at) => f32::from_bits(value.to_bits().wrapping_add_signed(self.corrections[at].difference)),
            Err(_) => value,
        }
    }

    /// `X` of the small counts, so that passes over many genes compute each logarithm once. 0 where it takes more than
    /// 32 bits.
    pub fn table(self, fixed: FixedPoint) -> [u32; TABLE_COUNTS] {
        std::array::from_fn(|count| u32::try_from(fixed.encode(self.value(count as u32))).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_cell_has_its_own_corrections_however_it_is_reached(
            cells in prop::collection::vec(
                (0.01f32..100.0, prop::collection::btree_map(1u32..50, prop_oneof![-9i32..0, 1i32..9], 0..4)),
                1..40,
            ),
            n_at_a_time in 1usize..50,
        ) {
            let corrections = (0u32..).zip(&cells).flat_map(|(cell, (_, of_cell))| {
                of_cell.iter().map(move |(&count, &difference)| (cell, Correction { count, difference }))
            });
            let made = Normalization::new(cells.iter().map(|cell| cell.0).collect(), corrections);
            let expected = |(divisor, corrections): &(f32, std::collections::BTreeMap<u32, i32>), count: u32| {
                let bits = log_normalize(count, *divisor).to_bits() as i64;
                bits + i64::from(corrections.get(&count).copied().unwrap_or(0))
            };
            let chunked = made.cells().chunks(n_at_a_time).flat_map(NormalizedCells::iter);
            for ((cell, of_chunk), given) in made.cells().iter().zip(chunked).zip(&cells) {
                for count in 1..50 {
                    prop_assert_eq!(i64::from(cell.value(count).to_bits()), expected(given, count));
                    prop_assert_eq!(of_chunk.value(count), cell.value(count));
                }
            }
            prop_assert_eq!(made.cells().get(cells.len()), None);
            prop_assert_eq!(made.is_corrected(), cells.iter().any(|cell| !cell.1.is_empty()));
        }
    }
}
