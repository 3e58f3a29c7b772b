//! Statistics of values of any range, held against exact arithmetic with fractions.

use explorer_core::{
    de::{DeOptions, DeTable, Effect, FixedPoint, FixedPoints, Moments, compare, gather_floats},
    filter::CellMask,
};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{FromPrimitive, Signed, ToPrimitive, Zero};
use proptest::{collection::vec, prelude::*};

use crate::made::{banded_moments, bands_of, values};

/// What statistics may differ by, relatively.
const T_TOLERANCE: f64 = 1e-7;
const MEAN_TOLERANCE: f64 = 1e-14;

/// Number, mean, and squared standard error of values, as fractions.
struct Exact {
    n: usize,
    mean: BigRational,
    squared_error: BigRational,
}

impl Exact {
    fn of(values: &[f32]) -> Self {
        let n = BigRational::from_integer(BigInt::from(values.len()));
        let exact = |&value: &f32| BigRational::from_f64(value.into()).unwrap();
        let mean = values.iter().map(exact).sum::<BigRational>() / &n;
        let squares = values.iter().map(|value| (exact(value) - &mean).pow(2)).sum::<BigRational>();
        let squared_error = squares / (&n - BigRational::from_integer(1.into())) / &n;
        Self { n: values.len(), mean, squared_error }
    }

    /// Welch's t and its degrees of freedom.
    fn test(&self, reference: &Self) -> (f64, f64) {
        let difference = &self.mean - &reference.mean;
        let error = &self.squared_error + &reference.squared_error;
        let t_squared = (&difference * &difference / &error).to_f64().unwrap();
        let t = if difference.is_negative() { -t_squared.sqrt() } else { t_squared.sqrt() };
        let part = |set: &Self| {
            let share = (&set.squared_error / &error).to_f64().unwrap();
            share * share / (set.n - 1) as f64
        };
        (t, 1.0 / (part(self) + part(reference)))
    }
}

fn is_close(found: f64, expected: f64, tolerance: f64) -> bool {
    found == expected || (found - expected).abs() <= tolerance * expected.abs()
}

/// The comparison of the first `n_group` of some values with the next `n_reference`, in a dataset that has the others,
/// too, and `n_obs` cells in all.
fn compared(all: &[f32], n_group: usize, n_reference: usize, n_obs: u64) -> DeTable {
    let gene = ((0..all.len() as u32).collect(), all.to_vec());
    let group = CellMask::from_fn(all.len(), |cell| cell < n_group);
    let reference = CellMask::from_fn(all.len(), |cell| (n_group..n_group + n_reference).contains(&cell));
    let fixed = bands_of(std::slice::from_ref(&gene), n_obs);
    let [group, reference] = banded_moments(&[gene], [&group, &reference], &fixed);
    let options = DeOptions { effect: Effect::MeanDifference, ..DeOptions::default() };
    compare(&group, &reference, &fixed, options).unwrap()
}

/// Checks a comparison against fractions.
fn check(all: &[f32], n_group: usize, n_reference: usize, n_obs: u64) {
    let found = compared(all, n_group, n_reference, n_obs);
    let [group, reference] = [&all[..n_group], &all[n_group..n_group + n_reference]].map(Exact::of);
    for (mean, exact) in [(found.mean_group[0], &group.mean), (found.mean_reference[0], &reference.mean)] {
        let exact = exact.to_f64().unwrap();
        assert!(is_close(mean, exact, MEAN_TOLERANCE), "mean {mean}, exactly {exact}, of {all:?}");
    }
    if group.squared_error.is_zero() && reference.squared_error.is_zero() {
        assert!(found.degenerate[0].is_some(), "neither {all:?} nor {n_group:?} varies");
        return;
    }
    assert_eq!(found.degenerate[0], None);
    let (t, df) = group.test(&reference);
    // The means of f64 that are compared have 53 bits each.
    let difference = (&group.mean - &reference.mean).to_f64().unwrap().abs();
    let larger = group.mean.abs().max(reference.mean.abs()).to_f64().unwrap();
    let tolerance = T_TOLERANCE + 4.0 * f64::EPSILON * larger / difference.max(f64::MIN_POSITIVE);
    assert!(is_close(found.score[0], t, tolerance), "t {}, exactly {t}, of {all:?}", found.score[0]);
    assert!(is_close(found.df[0], df, T_TOLERANCE), "df {}, exactly {df}, of {all:?}", found.df[0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn any_values_give_the_statistics_of_fractions(
        all in vec(values(), 6..40),
        n_group in 2usize..20,
        n_reference in 2usize..20,
        n_obs in 40u64..1 << 32,
    ) {
        let n_group = n_group.min(all.len() - 3);
        check(&all, n_group, n_reference.clamp(2, all.len() - n_group), n_obs);
    }
}

#[test]
fn one_huge_value_in_a_third_set_changes_nothing() {
    let near_two: Vec<f32> = (0..200).map(|cell| 2.0 + (cell % 7) as f32 * 0.013 + (cell % 3) as f32 * 1e-4).collect();
    let plain = compared(&near_two, 100, 100, 1_500_000);
    for other in [1e9, 1e30, -1e38, 3e5, 1e-40] {
        let found = compared(&[near_two.clone(), vec![other]].concat(), 100, 100, 1_500_000);
        assert!(is_close(found.score[0], plain.score[0], 1e-13), "{other}: {} {}", found.score[0], plain.score[0]);
        assert_eq!(found.mean_group, plain.mean_group, "{other}");
    }
}

#[test]
fn large_values_of_small_spread_keep_their_spread() {
    // An f32 near 1e5 has steps of 1/128.
    let near = |level: f32, n: usize| (0..n).map(move |cell| level + (cell % 13) as f32 / 128.0 - 0.05);
    let all: Vec<f32> = near(1e5, 300).chain(near(1e5 + 0.02, 300)).chain([0.0; 50]).collect();
    check(&all, 300, 300, 4_000_000);
}

#[test]
fn values_spread_over_many_magnitudes_are_all_counted() {
    let all: Vec<f32> = (0..2000u32)
        .map(|cell| {
            libm::ldexp(1.0 + f64::from(cell.wrapping_mul(2_654_435_761) >> 8) / 16_777_216.0, cell as i32 % 41 - 20)
        })
        .map(|value| value as f32)
        .collect();
    for n_obs in [2000, 1_500_000, 1 << 32] {
        check(&all, 700, 1300, n_obs);
    }
}

#[test]
fn constant_genes_have_no_variance() {
    for value in [0.3, 1e-40, 1e9, f32::MAX, -7.1] {
        let found = compared(&[vec![value; 700], vec![3.0, 1e-30]].concat(), 400, 300, 1_500_000);
        assert_eq!((found.score[0], found.pval[0]), (0.0, 1.0), "{value}");
        assert!(found.degenerate[0].is_some(), "{value}");
    }
}

#[test]
fn small_log_normalized_values_keep_their_digits() {
    // As of cells with a million counts each.
    let values: Vec<f32> = (0..1000u32).map(|cell| libm::log1p(f64::from(1 + cell % 5) / 104.7) as f32).collect();
    let fixed = FixedPoint::for_log_counts_between(values[0], values[4], 1_500_000).unwrap();
    let moments_of = |values: &[f32]| {
        let cells: Vec<u32> = (0..values.len() as u32).collect();
        let [entry, _] = gather_floats(&cells, values, &vec![1; values.len()], fixed);
        Moments { n_cells: values.len() as u64, entries: vec![entry] }
    };
    let (group, reference) = values.split_at(333);
    let options = DeOptions::default();
    let found = compare(&moments_of(group), &moments_of(reference), &FixedPoints::Uniform(fixed), options).unwrap();
    let [group, reference] = [group, reference].map(Exact::of);
    assert!(is_close(found.mean_group[0], group.mean.to_f64().unwrap(), MEAN_TOLERANCE));
    let (t, _) = group.test(&reference);
    assert!((found.score[0] - t).abs() < 1e-6 * t.abs().max(1.0), "{} {t}", found.score[0]);
}
