//! Welch's test on made data against a plain two-pass computation in `f64`, and its corner cases.

use explorer_core::data::GeneNames;
use explorer_core::de::{
    Adjustment, DeFilter, DeOptions, Degenerate, Direction, Effect, FixedPoint, FixedPoints, GeneAxes, Method, Moments,
    Region, SortKey, Summary, compare, gather_floats, two_sided_ln_p, welch,
};
use explorer_core::filter::CellMask;
use proptest::collection::vec;
use proptest::prelude::*;

use shared_fbs::manifest::{Layer, ValueKind};

use crate::made::{banded_moments, bands_of};

/// Mean, variance, t and df from the values themselves.
fn two_pass(group: &[f32], reference: &[f32]) -> (f64, f64) {
    let moments = |values: &[f32]| {
        let n = values.len() as f64;
        let mean = values.iter().copied().map(f64::from).sum::<f64>() / n;
        let scatter: f64 = values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum();
        (n, mean, scatter / (n - 1.0) / n)
    };
    let ((na, ma, va), (nb, mb, vb)) = (moments(group), moments(reference));
    let df = (va + vb).powi(2) / (va * va / (na - 1.0) + vb * vb / (nb - 1.0));
    ((ma - mb) / (va + vb).sqrt(), df)
}

fn moments_of(values: &[f32], fixed: FixedPoint) -> Moments {
    let cells: Vec<u32> = (0..values.len() as u32).collect();
    let labels = vec![1; values.len()];
    let [entry, _] = gather_floats(&cells, values, &labels, fixed);
    Moments { n_cells: values.len() as u64, entries: vec![entry] }
}

fn expression() -> impl Strategy<Value = Vec<f32>> {
    // Shape and size differ from case to case: mostly zeros, or none; tiny values, or huge.
    (0f64..1.0, -6i32..12).prop_flat_map(|(density, magnitude)| {
        let value =
            (0f64..1.0, 0.2f32..1.0).prop_map(move |(u, x)| if u <= density { x * 10f32.powi(magnitude) } else { 0.0 });
        vec(value, 4..400)
    })
}

proptest! {
    #[test]
    fn t_is_that_of_two_passes(values in expression(), split in 0.1f64..0.9) {
        let at = ((values.len() as f64 * split) as usize).clamp(2, values.len() - 2);
        let (group, reference) = values.split_at(at);
        let genes = [((0..values.len() as u32).collect(), values.clone())];
        let fixed = bands_of(&genes, 1_500_000);
        let is_group = CellMask::from_fn(values.len(), |cell| cell < at);
        let is_reference = CellMask::from_fn(values.len(), |cell| cell >= at);
        let [a, b] = banded_moments(&genes, [&is_group, &is_reference], &fixed);
        let options = DeOptions { effect: Effect::MeanDifference, ..DeOptions::default() };
        let table = compare(&a, &b, &fixed, options).unwrap();
        let (t, df) = two_pass(group, reference);
        prop_assume!(t.is_finite());
        prop_assert!((table.score[0] - t).abs() <= 1e-6 * t.abs().max(1.0), "{} {t}", table.score[0]);
        prop_assert!((table.df[0] - df).abs() <= 1e-6 * df, "{} {df}", table.df[0]);
        let back = compare(&b, &a, &fixed, options).unwrap();
        prop_assert_eq!(back.score[0], -table.score[0]);
        prop_assert_eq!(back.pval[0], table.pval[0]);
    }

    #[test]
    fn no_result_is_ever_nan(
        a in (0u64..4, -1e9f64..1e9, prop_oneof![Just(0.0), 0f64..1e12, Just(1e-300)]),
        b in (0u64..4, -1e9f64..1e9, prop_oneof![Just(0.0), 0f64..1e12, Just(1e-300)]),
    ) {
        let summary = |(n_cells, mean, variance)| Summary { n_cells, mean, variance, nonzero_share: 1.0 };
        for method in [Method::Welch, Method::CellxgeneCompatible] {
            let (test, degenerate) = welch(&summary(a), &summary(b), method);
            prop_assert!(!test.t.is_nan() && !test.df.is_nan() && !test.pval.is_nan() && !test.log10_pval.is_nan());
            prop_assert!((0.0..=1.0).contains(&test.pval));
            prop_assert_eq!(degenerate == Some(Degenerate::TooFewCells), a.0 < 2 || b.0 < 2);
        }
    }
}

#[test]
fn a_constant_gene_has_no_variance() {
    // 0.3 squared is rounded by the shift, so the sums alone would leave a trace of variance.
    let fixed = FixedPoint::for_log_counts(1_500_000);
    let constant = |value: f32, n: usize| moments_of(&vec![value; n], fixed);
    let table = |a: &Moments, b: &Moments| compare(a, b, &FixedPoints::Uniform(fixed), DeOptions::default()).unwrap();
    let same = table(&constant(0.3, 1000), &constant(0.3, 777));
    assert_eq!((same.score[0], same.pval[0], same.df[0]), (0.0, 1.0, 1.0));
    assert_eq!(same.degenerate[0], Some(Degenerate::NoVariance));
    assert_eq!(same.effect[0], 0.0);
    // As scipy and scanpy: a difference without any variance is infinitely significant.
    let other = table(&constant(0.0, 1000), &constant(0.3, 777));
    assert_eq!((other.score[0], other.pval[0]), (f64::NEG_INFINITY, 0.0));
    assert_eq!(other.log10_pval[0], f64::NEG_INFINITY);
}

#[test]
fn groups_of_one_cell_or_none_have_a_defined_result() {
    let fixed = FixedPoint::for_log_counts(10);
    let some = moments_of(&[1.0, 2.0, 0.5], fixed);
    for few in [moments_of(&[1.5], fixed), moments_of(&[], fixed)] {
        let table = compare(&few, &some, &FixedPoints::Uniform(fixed), DeOptions::default()).unwrap();
        assert_eq!((table.score[0], table.pval[0], table.pval_adj[0]), (0.0, 1.0, 1.0));
        assert_eq!(table.degenerate[0], Some(Degenerate::TooFewCells));
        assert!(table.effect[0].is_finite() && table.pct_group[0].is_finite());
    }
}

#[test]
fn p_below_the_smallest_f64_still_sorts() {
    let n_genes = 4;
    let fixed = FixedPoint::for_log_counts(40_000);
    let gene = |level: f32, n: usize| -> Vec<f32> { (0..n).map(|cell| level + (cell % 7) as f32 * 0.01).collect() };
    let moments = |levels: [f32; 4]| {
        let genes = levels.map(|level| moments_of(&gene(level, 20_000), fixed).entries[0]);
        Moments { n_cells: 20_000, entries: genes.to_vec() }
    };
    let group = moments([1.0, 3.0, 2.0, 1.0]);
    let reference = moments([1.0, 1.0, 1.0, 4.0]);
    let table = compare(&group, &reference, &FixedPoints::Uniform(fixed), DeOptions::default()).unwrap();
    assert_eq!(table.pval[1..], [0.0; 3]);
    assert!(table.log10_pval[1..].iter().all(|p| p.is_finite() && *p < -308.0));
    assert_eq!(table.ranked(), [1, 2, 0, 3]);
    assert_eq!(table.order(SortKey::Pval, Direction::Ascending), [3, 1, 2, 0]);
    assert_eq!(table.order(SortKey::PvalAdj, Direction::Ascending), [3, 1, 2, 0]);
    assert_eq!(table.len(), n_genes);

    let names = GeneNames::new(["Actb", "CD3E", "cd8a", "MS4A1"].map(str::to_owned).to_vec(), None);
    assert_eq!(table.order_by_name(names.labels(), Direction::Ascending), [0, 1, 2, 3]);
    let mut order = table.ranked();
    table.retain(&mut order, &names, &DeFilter { name: " cD".to_owned(), ..DeFilter::default() });
    assert_eq!(order, [1, 2]);
    let mut order = table.ranked();
    table.retain(&mut order, &names, &DeFilter { max_pval_adj: 0.05, min_abs_effect: 2.0, ..DeFilter::default() });
    assert_eq!(order, [1, 3]);
    let region = Some(Region { axes: GeneAxes::Volcano, x: [1.0, f64::INFINITY], y: [308.0, f64::INFINITY] });
    let mut order = table.ranked();
    table.retain(&mut order, &names, &DeFilter { region, ..DeFilter::default() });
    assert_eq!(order, [1, 2]);
}

#[test]
fn bonferroni_is_an_option() {
    let fixed = FixedPoint::for_log_counts(10);
    let a = moments_of(&[1.0, 2.0, 1.5], fixed);
    let b = moments_of(&[1.0, 1.5, 1.1], fixed);
    let options = DeOptions { adjustment: Adjustment::Bonferroni, ..DeOptions::default() };
    let table = compare(&a, &b, &FixedPoints::Uniform(fixed), options).unwrap();
    assert_eq!(table.pval_adj, table.pval);
    assert!((table.pval[0] - two_sided_ln_p(table.score[0], table.df[0]).exp()).abs() < 1e-15);
}

#[test]
fn fold_changes_undo_the_logarithm_of_the_file() {
    let fixed = FixedPoint::for_log_counts(10);
    let of = |counts: [f64; 3], base: f64| moments_of(&counts.map(|count| (count.ln_1p() / base.ln()) as f32), fixed);
    let effect = |log_base: f64, values_base: f64| {
        let layer = Layer { kind: ValueKind::Float, max_abs: 9.0, log_base, ..Layer::default() };
        let (a, b) = (of([3.0, 4.0, 5.0], values_base), of([0.0, 1.0, 0.5], values_base));
        compare(&a, &b, &FixedPoints::Uniform(fixed), DeOptions::of_layer(&layer)).unwrap().effect[0]
    };
    let expected = effect(0.0, std::f64::consts::E);
    assert!((effect(2.0, 2.0) - expected).abs() < 1e-6);
    assert!((effect(10.0, 10.0) - expected).abs() < 1e-6);
    assert!((effect(std::f64::consts::E, std::f64::consts::E) - expected).abs() < 1e-12);
    assert!((effect(0.0, 2.0) - expected).abs() > 0.5);
    // What is no base is as none.
    assert_eq!([f64::NAN, -2.0, 1.0].map(|base| effect(base, 2.0)), [effect(0.0, 2.0); 3]);
}
