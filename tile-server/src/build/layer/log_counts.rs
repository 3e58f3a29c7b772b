//! Recognising log-normalised counts: x = log1p(c / divisor), with an integer c and one divisor a
//! cell, as `normalize_total` and `log1p` of scanpy make them. Storing c loses nothing and takes a
//! quarter of the space.

use explorer_core::de::log_normalize;

/// The smallest count of a cell is tried as 1, 2, … up to this.
const MAX_SMALLEST_COUNT: u32 = 8;

/// Values looked at to choose among neighbouring divisors.
const SAMPLE: usize = 64;

/// Totals that cells are scaled to in practice; with these the divisor is an integer library size
/// over the total, rounded once.
const TARGET_SUMS: [f32; 3] = [1e4, 1e6, 1e3];

/// The largest difference that still counts as a rebuild: a few units in the last place.
pub fn tolerance(value: f32) -> f32 {
    4.0 * f32::EPSILON * value.max(1.0)
}

/// The count behind a value. `None` when the value is no log-normalised count of that divisor.
pub fn count_of(value: f32, divisor: f32) -> Option<u32> {
    let count = (f64::from(value).exp_m1() * f64::from(divisor)).round();
    if !(1.0..=16_777_216.0).contains(&count) {
        return None;
    }
    let count = count as u32;
    let difference = (log_normalize(count, divisor) - value).abs();
    (difference <= tolerance(value)).then_some(count)
}

/// The divisor of a cell, from its non-zero values. `None` when there is none that explains them.
pub fn divisor_of(values: &[f32]) -> Option<f32> {
    let min = values.iter().copied().fold(f32::INFINITY, f32::min);
    let stride = values.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<f32> = values.iter().copied().step_by(stride).collect();
    let unit = f64::from(min).exp_m1();
    (1..=MAX_SMALLEST_COUNT)
        .map(|smallest| f64::from(smallest) / unit)
        .find(|&divisor| sample.iter().all(|&value| is_near_integer(f64::from(value).exp_m1() * divisor)))
        .and_then(|divisor| best_near(divisor, &sample))
        .filter(|&divisor| values.iter().all(|&value| count_of(value, divisor).is_some()))
}

/// The divisor of a cell of which only the smallest value is known, taking that for a count of 1.
pub fn divisor_of_min(min: f32) -> f32 {
    let divisor = 1.0 / f64::from(min).exp_m1();
    best_near(divisor, &[min]).unwrap_or(divisor as f32)
}

/// Of the divisors within the uncertainty of an estimate, the one that rebuilds most of the sample
/// bit for bit; an integer library size over a usual total wins a tie.
fn best_near(estimate: f64, sample: &[f32]) -> Option<f32> {
    let whole = TARGET_SUMS.iter().map(|&total| ((estimate * f64::from(total)).round() as f32) / total);
    let center = estimate as f32;
    let near = (-16..=16i32).map(|offset| f32::from_bits(center.to_bits().wrapping_add_signed(offset)));
    let close = |divisor: &f32| (f64::from(*divisor) / estimate - 1.0).abs() < 1e-5 && *divisor > 0.0;
    let exact = |divisor: f32| {
        let rebuilds = |value: &&f32| count_of(**value, divisor).is_some_and(|c| log_normalize(c, divisor) == **value);
        sample.iter().filter(rebuilds).count()
    };
    let mut best = None;
    for divisor in whole.chain(near).filter(close) {
        let exact = exact(divisor);
        if best.is_none_or(|(most, _)| exact > most) {
            best = Some((exact, divisor));
        }
    }
    best.map(|(_, divisor)| divisor)
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
        fn counts_of_scanpy_come_back(
            counts in prop::collection::vec(1u32..2000, 1..300),
            others in 0u32..50_000,
            total in prop::sample::select(&TARGET_SUMS[..]),
        ) {
            let mut counts = counts;
            counts.push(1);
            let library = counts.iter().sum::<u32>() + others;
            let divisor = library as f32 / total;
            let values: Vec<f32> = counts.iter().map(|&count| log_normalize(count, divisor)).collect();
            prop_assume!(values.iter().all(|value| *value < 20.0));
            let found = divisor_of(&values).unwrap();
            for (&count, &value) in counts.iter().zip(&values) {
                prop_assert_eq!(count_of(value, found), Some(count));
                prop_assert!((log_normalize(count, found) - value).abs() <= tolerance(value));
            }
        }
    }

    #[test]
    fn other_numbers_are_not_taken_for_counts() {
        assert_eq!(divisor_of(&[0.31, 0.77, 1.234_5, 2.0, 2.5, 3.1, 0.5]), None);
    }
}
