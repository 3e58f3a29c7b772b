//! Recognizing log-normalized counts: x = log1p(c / divisor), with an integer c and one divisor a
//! cell, as scanpy's `normalize_total` and `log1p` and Seurat's `LogNormalize` make them. Storing c
//! loses nothing and takes a quarter of the space.
//!
//! Programs differ in how they round on the way. [`log_normalize`] knows three ways, told by the
//! sign and form of the divisor; here the way is found that gives a cell's values bit for bit, or else the one that
//! gives most of them, and for the others how far they are from it.

use explorer_core::de::{Correction, NORMALIZED_TOTAL, log_normalize};

use super::block::Entry;

/// The smallest count of a cell is tried as 1, 2, … up to this.
const MAX_SMALLEST_COUNT: u32 = 8;

/// Values looked at to choose among neighboring divisors.
const SAMPLE: usize = 64;

/// Divisors that rebuild the sample and are checked against all values, at most.
const MAX_CHECKS: usize = 8;

/// Totals that cells are scaled to in practice; with these the divisor is an integer library size
/// over the total.
const TARGET_SUMS: [f64; 3] = [NORMALIZED_TOTAL, 1e6, 1e3];

/// Neighbors of an estimated divisor that are tried, in each direction.
const NEIGHBORS: i32 = 12;

/// Library sizes and counts up to this are exact in f32.
const MAX_COUNT: f64 = 16_777_216.0;

/// Log-normalized counts up to this are hardly whole numbers by chance.
const SMALL_COUNT: u32 = 1024;

/// Small counts, beyond one a cell, that tell log-normalized counts from other numbers.
const MIN_EVIDENCE: u64 = 16;

/// What tells whether values are counts, or numbers that happen to be explained as such.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Counts that are small, so that it is no chance that they are whole numbers.
    n_small_counts: u64,
    /// Cells that have a divisor, since they have values.
    n_divisors: u64,
}

impl Evidence {
    /// Of both together.
    pub fn merge(self, other: Self) -> Self {
        Self {
            n_small_counts: self.n_small_counts + other.n_small_counts,
            n_divisors: self.n_divisors + other.n_divisors,
        }
    }

    /// Whether so many values are log-normalized counts. One value a cell says nothing, since a divisor can be found for
    /// any.
    pub fn is_of_counts(self, n_values: u64) -> bool {
        self.n_small_counts >= self.n_divisors + MIN_EVIDENCE && self.n_small_counts * 4 >= n_values
    }
}

/// How the values of one cell come from counts.
#[derive(Debug, PartialEq)]
pub struct Recognized {
    pub divisor: f32,
    /// Counts whose values end otherwise than computed, ascending.
    pub corrections: Vec<Correction>,
    pub evidence: Evidence,
}

/// Explains the non-zero values of a cell, appending the count behind each. `None` when no divisor explains them all,
/// or when values of one count differ.
pub fn recognize(values: &[f32], counts: &mut Vec<u32>) -> Option<Recognized> {
    let before = counts.len();
    // Appends the counts; `None` at the first value that no count explains, or none bit for bit.
    let mut explain = |divisor: f32, must_be_exact: bool| {
        counts.truncate(before);
        let cell = CellCounts::new(divisor);
        let mut corrections = Vec::new();
        for &value in values {
            let correction = cell.count_of(value).filter(|found| !must_be_exact || found.difference == 0)?;
            counts.push(correction.count);
            if !must_be_exact {
                corrections.push(correction);
            }
        }
        corrections.sort_unstable();
        corrections.dedup();
        let is_one_value_a_count = corrections.windows(2).all(|pair| pair[0].count != pair[1].count);
        corrections.retain(|correction| correction.difference != 0);
        let n_small_counts = counts[before..].iter().filter(|&&count| count <= SMALL_COUNT).count() as u64;
        let evidence = Evidence { n_small_counts, n_divisors: 1 };
        is_one_value_a_count.then_some(Recognized { divisor, corrections, evidence })
    };
    let sample = Sample::of(values);
    let estimate = estimate(values, &sample)?;
    let refined = sample.refine(estimate);
    let exact = |divisor: &f32| sample.n_inexact(*divisor, 1) == Some(0);
    let found = candidates(refined).filter(exact).take(MAX_CHECKS).find_map(|divisor| explain(divisor, true));
    found.or_else(|| {
        // Where a large count's value ends otherwise, the smallest one's tells the divisor better.
        let all = candidates(refined).chain(candidates(estimate));
        explain(Sample::distinct(values).best(all)?, false)
    })
}

/// Makes the counts of one cell of its values, which [`recognize`] has explained by this divisor.
pub fn to_counts(divisor: f32, entries: &mut [Entry]) {
    let cell = CellCounts::new(divisor);
    for entry in entries {
        let found = cell.count_of(f32::from_bits(entry.bits())).expect("the divisor explains all values");
        *entry = Entry::new(entry.place(), found.count);
    }
}

/// The counts of one cell, the frequent ones without a logarithm.
struct CellCounts {
    divisor: f32,
    /// The values of the counts from 1 on.
    frequent: [f32; 16],
}

impl CellCounts {
    /// For the cell with this divisor.
    fn new(divisor: f32) -> Self {
        Self { divisor, frequent: std::array::from_fn(|at| log_normalize(at as u32 + 1, divisor)) }
    }

    /// As [`count_of`], for this cell.
    fn count_of(&self, value: f32) -> Option<Correction> {
        let below = self.frequent.iter().filter(|&&frequent| frequent < value).count();
        if self.frequent.get(below) == Some(&value) {
            return Some(Correction { count: below as u32 + 1, difference: 0 });
        }
        count_of(value, self.divisor)
    }
}

/// The count behind a value, and by how much its bits are above those computed. `None` when the value is no
/// log-normalized count of that divisor.
fn count_of(value: f32, divisor: f32) -> Option<Correction> {
    let count = (f64::from(value).exp_m1() * as_divisor(divisor)).round();
    if !(1.0..=MAX_COUNT).contains(&count) {
        return None;
    }
    let count = count as u32;
    let computed = log_normalize(count, divisor);
    // Bits of positive numbers are in their order.
    let difference = value.to_bits().wrapping_sub(computed.to_bits()).cast_signed();
    ((computed - value).abs() <= tolerance(value)).then_some(Correction { count, difference })
}

/// About the divisor of a cell; `None` when the values are no counts over one.
fn estimate(values: &[f32], sample: &Sample) -> Option<f64> {
    let min = values.iter().copied().fold(f32::INFINITY, f32::min);
    (1..=MAX_SMALLEST_COUNT)
        .map(|smallest| f64::from(smallest) / f64::from(min).exp_m1())
        .find(|&divisor| sample.0.iter().all(|&(value, _)| is_near_integer(f64::from(value).exp_m1() * divisor)))
}

/// Some of a cell's values, each with how often it was met: few, since most counts are small.
struct Sample(Vec<(f32, usize)>);

impl Sample {
    fn of(values: &[f32]) -> Self {
        let stride = values.len().div_ceil(SAMPLE).max(1);
        let mut sample: Vec<f32> = values.iter().copied().step_by(stride).collect();
        sample.sort_unstable_by(f32::total_cmp);
        Self(sample.chunk_by(|a, b| a == b).map(|same| (same[0], same.len())).collect())
    }

    /// All values, each once however often it was met: what corrections cost.
    fn distinct(values: &[f32]) -> Self {
        let mut values = values.to_vec();
        values.sort_unstable_by(f32::total_cmp);
        values.dedup();
        Self(values.into_iter().map(|value| (value, 1)).collect())
    }

    /// Of the divisors that explain all of them the first that rebuilds most bit for bit.
    fn best(&self, divisors: impl Iterator<Item = f32>) -> Option<f32> {
        let mut best = None;
        let mut fewest = usize::MAX;
        for divisor in divisors {
            if let Some(n_inexact) = self.n_inexact(divisor, fewest).filter(|&n_inexact| n_inexact < fewest) {
                (best, fewest) = (Some(divisor), n_inexact);
            }
        }
        best
    }

    /// How many are not rebuilt bit for bit; a count from `enough` on may be short. `None` when one is not explained at
    /// all.
    fn n_inexact(&self, divisor: f32, enough: usize) -> Option<usize> {
        let mut n_inexact = 0;
        for &(value, n) in &self.0 {
            if count_of(value, divisor)?.difference != 0 {
                n_inexact += n;
            }
            if n_inexact >= enough {
                break;
            }
        }
        Some(n_inexact)
    }

    /// A divisor from the sum of all counts, which has less of an error than one from a single value.
    fn refine(&self, estimate: f64) -> f64 {
        let linear = || self.0.iter().map(|&(value, _)| f64::from(value).exp_m1());
        let counts: f64 = linear().map(|value| (value * estimate).round()).sum();
        counts / linear().sum::<f64>()
    }
}

/// The largest difference that is one of rounding: a few units in the last place.
fn tolerance(value: f32) -> f32 {
    4.0 * f32::EPSILON * value.max(1.0)
}

/// What a count is divided by, whichever way the divisor tells.
fn as_divisor(divisor: f32) -> f64 {
    let number = f64::from(-divisor);
    if divisor > 0.0 {
        f64::from(divisor)
    } else if number.fract() == 0.0 {
        number / NORMALIZED_TOTAL
    } else {
        1.0 / number
    }
}

/// Divisors that may have been meant, the likeliest first: those of integer library sizes, in each of
/// the ways to compute, then neighbors of the estimate.
fn candidates(estimate: f64) -> impl Iterator<Item = f32> {
    let whole = TARGET_SUMS.into_iter().flat_map(move |total| {
        let (library, whole) = (estimate * total, (estimate * total).round());
        let is_whole = (1.0..=MAX_COUNT).contains(&whole) && (library - whole).abs() < 1e-6 * library.max(1e3);
        let quotient = whole as f32 / total as f32;
        let in_double = (total == NORMALIZED_TOTAL).then_some(-(whole as f32));
        let divisors = [Some(quotient), in_double, factor((total / whole) as f32), factor(1.0 / quotient)];
        divisors.into_iter().flatten().filter(move |_| is_whole)
    });
    let near = |center: f64| {
        let center = center as f32;
        (-NEIGHBORS..=NEIGHBORS).map(move |offset| f32::from_bits(center.to_bits().wrapping_add_signed(offset)))
    };
    let divisors = near(estimate).filter(|divisor| *divisor > 0.0);
    whole.chain(divisors).chain(near(1.0 / estimate).filter_map(factor))
}

/// The divisor that tells to multiply. A whole factor cannot be told from a library size.
fn factor(factor: f32) -> Option<f32> {
    (factor > 0.0 && factor.fract() != 0.0).then_some(-factor)
}

fn is_near_integer(number: f64) -> bool {
    (number - number.round()).abs() < 1e-4 * number.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use explorer_core::de::Normalization;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_come_back_whatever_program_normalized_them(
            counts in prop::collection::vec(1u32..2000, 1..300),
            others in 0u32..50_000,
            total in prop::sample::select(&TARGET_SUMS[..]),
            way in 0..3,
            noise in prop_oneof![3u32..12, Just(u32::MAX)],
        ) {
            let mut counts = counts;
            counts.push(1);
            let library = (counts.iter().sum::<u32>() + others) as f32;
            let total = if way == 1 { NORMALIZED_TOTAL } else { total } as f32;
            let divisor = match way {
                0 => library / total,
                1 => -library,
                _ => -(total / library),
            };
            prop_assume!(way != 2 || divisor.fract() != 0.0);
            let values: Vec<f32> = counts.iter().map(|&count| log_normalize(count, divisor)).collect();
            prop_assume!(values.iter().all(|value| *value < 16.0));
            // As a program would have it whose logarithms end otherwise, for some counts.
            let ends = |count: u32| if count.is_multiple_of(noise) { (count % 3) as i32 - 1 } else { 0 };
            let ended = |(&value, &count): (&f32, &u32)| f32::from_bits(value.to_bits().wrapping_add_signed(ends(count)));
            let values: Vec<f32> = values.iter().zip(&counts).map(ended).collect();
            let mut found_counts = vec![7];
            let found = recognize(&values, &mut found_counts).unwrap();
            prop_assert_eq!(found_counts.remove(0), 7);
            prop_assert_eq!(&found_counts, &counts);
            let corrections = found.corrections.iter().map(|&correction| (0, correction));
            let normalization = Normalization::new(vec![found.divisor], corrections);
            let cell = normalization.cells().get(0).unwrap();
            let rebuilt: Vec<f32> = counts.iter().map(|&count| cell.value(count)).collect();
            prop_assert_eq!(rebuilt, values);
            let mut different = counts.clone();
            different.sort_unstable();
            different.dedup();
            let n_ended = different.iter().filter(|&&count| ends(count) != 0).count();
            prop_assert!(found.corrections.len() <= n_ended + different.len() / 10, "{:?}", found.corrections);
        }
    }

    #[test]
    fn values_of_one_count_that_differ_are_not_taken_for_counts() {
        let values: Vec<f32> = (1..60).map(|count| log_normalize(count % 7 + 1, 0.37)).collect();
        assert!(recognize(&values, &mut Vec::new()).is_some_and(|found| found.corrections.is_empty()));
        let mut others = values;
        others[30] = f32::from_bits(others[30].to_bits() + 1);
        assert_eq!(recognize(&others, &mut Vec::new()), None);
    }

    #[test]
    fn other_numbers_are_not_taken_for_counts() {
        assert_eq!(recognize(&[0.31, 0.77, 1.234_5, 2.0, 2.5, 3.1, 0.5], &mut Vec::new()), None);
    }
}
