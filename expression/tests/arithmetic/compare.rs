//! Comparisons against scipy (`tests/golden/generate.py`).

use explorer_core::de::{Design, GeneMoments, PseudobulkError};
use expression::{Cells, Comparison, Contrast, ContrastError, Coverage, Membership, Mode, Overlap, Sides, bits_of};
use proptest::prelude::*;
use serde_json::Value;

use crate::common::{fixed, is_close, moments};

/// Squares are rounded to 27 + 27 - 9 bits of fraction; p-values magnify what is left.
const RTOL: f64 = 1e-9;

const FIRST: [Membership; 2] = [Membership::Whole, Membership::None];
const SECOND: [Membership; 2] = [Membership::None, Membership::Whole];

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/compare.json")).unwrap()
}

fn column(golden: &Value, name: &str) -> Vec<Option<f64>> {
    golden[name].as_array().unwrap().iter().map(Value::as_f64).collect()
}

/// Genes and values of the golden's two sides.
fn cells(golden: &Value) -> Vec<[Vec<f64>; 2]> {
    serde_json::from_value(golden["cells"].clone()).unwrap()
}

fn group(genes: &[Vec<f64>]) -> Vec<(u32, GeneMoments)> {
    (0..).zip(genes).map(|(gene, values)| (gene, moments(values))).collect()
}

fn compared(mode: Mode) -> Comparison {
    let cells = cells(&golden());
    let mut contrast = Contrast::new(Coverage::whole(cells.len()), fixed(), mode);
    for (side, counts) in [FIRST, SECOND].into_iter().enumerate() {
        // In two groups each, whose sums add up.
        for part in 0..2 {
            let n = cells[0][side].len();
            let part = if part == 0 { 0..n / 3 } else { n / 3..n };
            let genes: Vec<Vec<f64>> = cells.iter().map(|sides| sides[side][part.clone()].to_vec()).collect();
            contrast.push(counts, None, &Cells::of(0, part.len() as u64), &group(&genes)).unwrap();
        }
    }
    contrast.compare()
}

fn assert_column(found: impl IntoIterator<Item = Option<f64>>, golden: &Value, name: &str) {
    let found: Vec<Option<f64>> = found.into_iter().collect();
    let expected = column(golden, name);
    assert_eq!(found.len(), expected.len());
    for (gene, (found, expected)) in found.into_iter().zip(expected).enumerate() {
        match (found, expected) {
            (Some(found), Some(expected)) => {
                assert!(is_close(found, expected, RTOL), "{name} of gene {gene}: {found}, expected {expected}");
            }
            (found, expected) => assert_eq!(found, expected, "{name} of gene {gene}"),
        }
    }
}

#[test]
fn exact_comparisons_are_scipys() {
    let (golden, found) = (golden(), compared(Mode::Exact));
    assert_eq!(found.n_cells, [37, 52]);
    let tests = || found.tests.iter();
    assert_column(tests().map(|test| Some(test.as_ref()?.t)), &golden, "t");
    assert_column(tests().map(|test| Some(test.as_ref()?.df)), &golden, "df");
    assert_column(tests().map(|test| Some(test.as_ref()?.pval)), &golden, "pval");
    assert_column(tests().map(|test| Some(test.as_ref()?.pval_adj)), &golden, "pval_adj");
    assert_column(found.interval.iter().map(|interval| Some(interval.as_ref()?[0])), &golden, "low");
    assert_column(found.interval.iter().map(|interval| Some(interval.as_ref()?[1])), &golden, "high");
    assert_column(found.effect_size.iter().copied().map(Some), &golden, "d");
    for test in found.tests.iter().flatten() {
        assert!(is_close(test.log10_pval, test.pval.log10(), 1e-12));
    }
    assert_eq!(found.tests[3], None, "a gene that no cell expresses has no test");
}

#[test]
fn compatible_comparisons_are_the_originals() {
    let (golden, found) = (golden(), compared(Mode::Compatible));
    assert_column(found.tests.iter().map(|test| Some(test.as_ref()?.t)), &golden, "original_t");
    assert_column(found.tests.iter().map(|test| Some(test.as_ref()?.pval)), &golden, "original_pval");
    assert_column(found.effect_size.iter().copied().map(Some), &golden, "original_d");
}

#[test]
fn sides_may_share_groups() {
    let of = |overlap, mode| {
        let sides = Sides::new([1, 2, 3], [3, 4], overlap, mode);
        assert_eq!(sides.n_shared(), 1);
        sides.groups().find(|(group, _)| *group == 3).unwrap().1
    };
    let (none, cells, whole) = (Membership::None, Membership::CellsAlone, Membership::Whole);
    assert_eq!(of(Overlap::Keep, Mode::Exact), [whole, whole]);
    assert_eq!(of(Overlap::TakeFromFirst, Mode::Exact), [none, whole]);
    assert_eq!(of(Overlap::TakeFromSecond, Mode::Exact), [whole, none]);
    assert_eq!(of(Overlap::TakeFromSecond, Mode::Compatible), [whole, cells]);
    assert_eq!(Sides::new([1, 2], [2], Overlap::Keep, Mode::Exact).groups().count(), 2);
}

/// Three donors on both sides, whose cells all have the same value of the first gene; a second gene that only one expresses,
/// and a third that none does.
fn donors() -> Contrast {
    let mut contrast = Contrast::by_donor(Coverage::whole(3), fixed(), Mode::Exact);
    for (donor, (first, second)) in (0..).zip([(2.0, 1.0), (2.5, 1.0), (1.25, 1.0)]) {
        let genes = |value: f64| {
            let second = if donor == 0 { value } else { 0.0 };
            group(&[vec![value; 20], vec![second; 20]])
        };
        contrast.push(FIRST, Some(donor), &Cells::of(0, 20), &genes(first)).unwrap();
        contrast.push(SECOND, Some(donor), &Cells::of(0, 20), &genes(second)).unwrap();
    }
    contrast
}

#[test]
fn donors_are_replicates_where_they_are_noted() {
    let table = donors().compare_donors(|donor| format!("donor {donor}")).unwrap();
    // scipy.stats.ttest_rel([2, 2.5, 1.25], [1, 1, 1]): t 2.523573, p 0.127643.
    assert_eq!((table.design, table.samples.len()), (Design::Paired, 3));
    assert!(is_close(table.score[0], 2.523_573, 1e-6) && is_close(table.pval[0], 0.127_643, 1e-5));
    // Adjusted over the two genes that are expressed at all.
    assert!(is_close(table.pval_adj[0], 2.0 * table.pval[0], 1e-12), "{:?}", table.pval_adj);
    assert_eq!(table.pval_adj[2], 1.0);
    assert_eq!(
        Contrast::new(Coverage::whole(3), fixed(), Mode::Exact).compare_donors(|_| String::new()),
        Err(ContrastError::NoDonors)
    );
    let none = Contrast::by_donor(Coverage::whole(3), fixed(), Mode::Exact).compare_donors(|_| String::new());
    assert!(matches!(none, Err(ContrastError::Pseudobulk(PseudobulkError::TooFewSamples { .. }))));
}

#[test]
fn a_gene_of_another_corpus_is_refused() {
    let found = donors().push(FIRST, None, &Cells::of(0, 1), &[(3, moments(&[1.0]))]);
    assert_eq!(found, Err(ContrastError::Gene { gene: 3, n_genes: 3 }));
}

/// Two genes that all datasets have, and one that only dataset 0 has.
fn two_datasets() -> Coverage {
    Coverage::of_genes([bits_of([0, 1], 2), bits_of([0], 2), bits_of([0, 1], 2)], 2)
}

#[test]
fn a_gene_is_compared_over_the_cells_that_measured_it() {
    let (first, second) = ([1.0, 2.0, 4.0, 3.0, 2.5], [0.0, 0.0, 3.0, 1.0, 0.5, 0.0]);
    // Of each side cells of both datasets; of the second gene the other dataset has no values.
    let of = |values: &[f64], n: usize| group(&[values.to_vec(), values[..n].to_vec()]);
    let mut contrast = Contrast::new(two_datasets(), fixed(), Mode::Exact);
    for (counts, values, n) in [(FIRST, &first[..], 3), (SECOND, &second[..], 4)] {
        contrast.push(counts, None, &Cells::of(0, n as u64), &of(&values[..n], n)).unwrap();
        contrast.push(counts, None, &Cells::of(1, (values.len() - n) as u64), &of(&values[n..], 0)).unwrap();
    }
    let found = contrast.compare();
    assert_eq!(found.n_measured, [[5, 6], [3, 4], [5, 6]]);
    // The same of those cells by themselves.
    let mut alone = Contrast::new(Coverage::whole(2), fixed(), Mode::Exact);
    alone.push(FIRST, None, &Cells::of(0, 3), &of(&first[..3], 3)).unwrap();
    alone.push(SECOND, None, &Cells::of(0, 4), &of(&second[..4], 4)).unwrap();
    let alone = alone.compare();
    assert_eq!((found.effect_size[1], found.means[1]), (alone.effect_size[1], alone.means[1]));
    assert_eq!(found.tests[1].unwrap().pval, alone.tests[1].unwrap().pval);
    assert!(found.effect_size[0] != alone.effect_size[0]);
}

#[test]
fn donors_count_for_genes_that_they_measured() {
    // Four donors on both sides, the last two of a dataset without the second gene; then only one is of a dataset with it.
    for n_with in [2, 1] {
        let mut contrast = Contrast::by_donor(two_datasets(), fixed(), Mode::Exact);
        for (donor, (first, second)) in (0..).zip([(2.0, 1.0), (2.5, 1.0), (1.25, 1.0), (3.0, 2.5)]) {
            let cells = Cells::of(u32::from(donor >= n_with), 20);
            let of = |value: f64| group(&[vec![value; 20], vec![if donor < n_with { value } else { 0.0 }; 20]]);
            contrast.push(FIRST, Some(donor), &cells, &of(first)).unwrap();
            contrast.push(SECOND, Some(donor), &cells, &of(second)).unwrap();
        }
        let table = contrast.compare_donors(|donor| donor.to_string()).unwrap();
        assert_eq!((table.design, table.samples.len(), table.df[0]), (Design::Paired, 4, 3.0));
        if n_with == 2 {
            // scipy.stats.ttest_rel([2, 2.5], [1, 1]): t 5.0, p 0.125666.
            assert_eq!((table.df[1], table.n_agreeing[1]), (1.0, 2));
            assert!(is_close(table.score[1], 5.0, 1e-6) && is_close(table.pval[1], 0.125_666, 1e-5), "{table:?}");
        } else {
            assert!(table.pval[1].is_nan() && table.pval_adj[1].is_nan() && table.difference[1].is_nan(), "{table:?}");
            assert_eq!(table.pval_adj[0], table.pval[0], "a gene without a result is not among those adjusted");
        }
    }
}

proptest! {
    #[test]
    fn turned_round_a_comparison_changes_signs_alone(
        first in prop::collection::vec(prop::collection::vec(0u8..6, 9), 2..5),
        second in prop::collection::vec(prop::collection::vec(0u8..6, 7), 5),
    ) {
        let values = |genes: &[Vec<u8>]| -> Vec<Vec<f64>> {
            genes.iter().map(|values| values.iter().map(|&value| f64::from(value) / 4.0).collect()).collect()
        };
        let (a, b) = (values(&first), values(&second[..first.len()]));
        let of = |a: &[Vec<f64>], b: &[Vec<f64>]| {
            let mut contrast = Contrast::new(Coverage::whole(a.len()), fixed(), Mode::Exact);
            contrast.push(FIRST, None, &Cells::of(0, a[0].len() as u64), &group(a)).unwrap();
            contrast.push(SECOND, None, &Cells::of(0, b[0].len() as u64), &group(b)).unwrap();
            contrast.compare()
        };
        let (forth, back) = (of(&a, &b), of(&b, &a));
        for gene in 0..a.len() {
            prop_assert_eq!(forth.effect_size[gene], -back.effect_size[gene]);
            match (forth.tests[gene], back.tests[gene]) {
                (Some(forth), Some(back)) => {
                    prop_assert_eq!(forth.t, -back.t);
                    prop_assert!((forth.pval - back.pval).abs() < 1e-12);
                    prop_assert!(forth.pval_adj >= forth.pval);
                }
                (forth, back) => prop_assert!(forth.is_none() && back.is_none()),
            }
        }
    }
}
