//! Recognizing log-normalized counts: x = log1p(c / divisor), with an integer c and one divisor a
//! cell, as scanpy's `normalize_total` and `log1p` and Seurat's `LogNormalize` make them. Storing c
//! loses nothing and takes a quarter of the space.
//!
//! Programs differ in how they round on the way. [`log_normalize`] knows three ways, told by the
//! sign and form of the divisor; here the way is found that gives a cell's values bit for bit.

use explorer_core::de::{NORMALIZED_TOTAL, log_normalize};

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

/// How well values are rebuilt from what is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rebuild {
    /// Largest difference of a value.
    pub max_error: f32,
    /// Values without a difference.
    pub n_exact: u64,
    /// Log-normalized counts that are small, so that it is no chance that they are whole numbers.
    n_small_counts: u64,
    /// Cells that have a divisor, since they have values.
    n_divisors: u64,
}

impl Rebuild {
    /// Of both together.
    pub fn merge(self, other: Self) -> Self {
        Self {
            max_error: self.max_error.max(other.max_error),
            n_exact: self.n_exact + other.n_exact,
            n_small_counts: self.n_small_counts + other.n_small_counts,
            n_divisors: self.n_divisors + other.n_divisors,
        }
    }

    /// Whether so many values are log-normalized counts rather than numbers that happen to be explained so. One
    /// value a cell says nothing, since a divisor can be found for any.
    pub fn is_evidence_of_counts(self, n_values: u64) -> bool {
        self.n_small_counts >= self.n_divisors + MIN_EVIDENCE && self.n_small_counts * 4 >= n_values
    }

    fn take(&mut self, count: u32, difference: f32) {
        self.max_error = self.max_error.max(difference);
        self.n_exact += u64::from(difference == 0.0);
        self.n_small_counts += u64::from(count <= SMALL_COUNT);
    }
}

/// The divisor of a cell with these non-zero values, appending the count behind each. `None` when there is
/// none that explains them all.
pub fn recognize(values: &[f32], counts: &mut Vec<u32>) -> Option<(f32, Rebuild)> {
    let before = counts.len();
    // Appends the counts; `None` at the first value that is not rebuilt as closely as asked.
    let mut rebuild_all = |divisor: f32, max_difference: f32| {
        counts.truncate(before);
        let cell = CellCounts::new(divisor);
        let mut rebuild = Rebuild { n_divisors: 1, ..Rebuild::default() };
        for &value in values {
            let (count, difference) = cell.count_of(value).filter(|found| found.1 <= max_difference)?;
            rebuild.take(count, difference);
            counts.push(count);
        }
        Some(rebuild)
    };
    let sample = Sample::of(values);
    let estimate = estimate(values, &sample)?;
    let mut found = None;
    let is_exact = |divisor: f32| {
        found = rebuild_all(divisor, 0.0).map(|rebuild| (divisor, rebuild));
        found.is_some()
    };
    let best = best_near(estimate, &sample, is_exact)?;
    found.or_else(|| Some((best, rebuild_all(best, f32::INFINITY)?)))
}

/// Makes the counts of one cell of its values, which [`recognize`] has explained by this divisor.
pub fn to_counts(divisor: f32, entries: &mut [Entry]) {
    let cell = CellCounts::new(divisor);
    for entry in entries {
        let (count, _) = cell.count_of(f32::from_bits(entry.bits())).expect("the divisor explains all values");
        *entry = Entry::new(entry.place(), count);
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
    fn count_of(&self, value: f32) -> Option<(u32, f32)> {
        let below = self.frequent.iter().filter(|&&frequent| frequent < value).count();
        if self.frequent.get(below) == Some(&value) {
            return Some((below as u32 + 1, 0.0));
        }
        count_of(value, self.divisor)
    }
}

/// The count behind a value, and the difference that rebuilding leaves. `None` when the value is no
/// log-normalized count of that divisor.
fn count_of(value: f32, divisor: f32) -> Option<(u32, f32)> {
    let count = (f64::from(value).exp_m1() * as_divisor(divisor)).round();
    if !(1.0..=MAX_COUNT).contains(&count) {
        return None;
    }
    let count = count as u32;
    let difference = (log_normalize(count, divisor) - value).abs();
    (difference <= tolerance(value)).then_some((count, difference))
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

    /// How many are not rebuilt bit for bit; a count from `enough` on may be short.
    fn n_inexact(&self, divisor: f32, enough: usize) -> usize {
        let mut n_inexact = 0;
        for &(value, n) in &self.0 {
            if !matches!(count_of(value, divisor), Some((_, 0.0))) {
                n_inexact += n;
            }
            if n_inexact >= enough {
                break;
            }
        }
        n_inexact
    }

    /// A divisor from the sum of all counts, which has less of an error than one from a single value.
    fn refine(&self, estimate: f64) -> f64 {
        let linear = || self.0.iter().map(|&(value, _)| f64::from(value).exp_m1());
        let counts: f64 = linear().map(|value| (value * estimate).round()).sum();
        counts / linear().sum::<f64>()
    }
}

/// The largest difference that still counts as a rebuild: a few units in the last place.
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

/// Of the divisors within the uncertainty of an estimate, the first that rebuilds the sample bit for
/// bit and then passes `is_exact`; else the first of those that rebuild most of the sample.
fn best_near(estimate: f64, sample: &Sample, mut is_exact: impl FnMut(f32) -> bool) -> Option<f32> {
    let mut best = None;
    let mut fewest = usize::MAX;
    let mut checks = 0;
    for divisor in candidates(sample.refine(estimate)) {
        let n_inexact = sample.n_inexact(divisor, fewest.max(1));
        if n_inexact < fewest {
            (best, fewest) = (Some(divisor), n_inexact);
        }
        if n_inexact == 0 {
            if is_exact(divisor) {
                return Some(divisor);
            }
            checks += 1;
            if checks == MAX_CHECKS {
                break;
            }
        }
    }
    best
}

/// Divisors that may have been meant, the likeliest first: those of integer library sizes, in each of
/// the ways to compute, then neighbors of the estimate.
fn candidates(estimate: f64) -> impl Iterator<Item = f32> {
    let whole = TARGET_SUMS.into_iter().flat_map(move |total| {
        let libraries = (1..=MAX_SMALLEST_COUNT).map(move |multiple| estimate * f64::from(multiple) * total);
        let library = libraries.map(|library| (library, library.round())).find(|(library, whole)| {
            (1.0..=MAX_COUNT).contains(whole) && (library - whole).abs() < 1e-6 * library.max(1e3)
        });
        library.into_iter().flat_map(move |(_, library)| {
            let quotient = library as f32 / total as f32;
            let in_double = (total == NORMALIZED_TOTAL).then_some(-(library as f32));
            [Some(quotient), in_double, factor((total / library) as f32), factor(1.0 / quotient)].into_iter().flatten()
        })
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
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_come_back_whatever_program_normalized_them(
            counts in prop::collection::vec(1u32..2000, 1..300),
            others in 0u32..50_000,
            total in prop::sample::select(&TARGET_SUMS[..]),
            way in 0..3,
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
            let mut found_counts = vec![7];
            let (found, rebuild) = recognize(&values, &mut found_counts).unwrap();
            prop_assert_eq!((found_counts.remove(0), found_counts.len()), (7, values.len()));
            let (mut n_exact, mut max_error) = (0, 0f32);
            for ((&count, &value), &back) in counts.iter().zip(&values).zip(&found_counts) {
                let difference = (log_normalize(back, found) - value).abs();
                prop_assert_eq!(count_of(value, found), Some((back, difference)));
                prop_assert!(back % count == 0, "{} is no multiple of {}", back, count);
                n_exact += usize::from(difference == 0.0);
                max_error = max_error.max(difference);
            }
            prop_assert_eq!((rebuild.n_exact as usize, rebuild.max_error), (n_exact, max_error));
            prop_assert!(n_exact + counts.len() / 25 >= counts.len(), "{} of {}", n_exact, counts.len());
        }
    }

    #[test]
    fn other_numbers_are_not_taken_for_counts() {
        assert_eq!(recognize(&[0.31, 0.77, 1.234_5, 2.0, 2.5, 3.1, 0.5], &mut Vec::new()), None);
    }
}
