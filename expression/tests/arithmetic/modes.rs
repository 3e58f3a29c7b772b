//! How exact and compatible differ: the examples of `docs/gene-expression-methods.md`.

use explorer_core::de::GeneMoments;
use expression::{
    Cells, Contrast, Coverage, Dot, GeneScores, Hierarchy, MarkerFinder, MarkerOptions, Membership, Mode, Ontology,
    Overlap, Scales, Scaling, Sides, dots,
};

use crate::common::{fixed, is_close, moments};

/// Cells that are annotated with T cell, CD4 and CD8.
const N_CELLS: [u64; 3] = [10, 2000, 1465];

const MODES: [Mode; 2] = [Mode::Exact, Mode::Compatible];

/// A hierarchy of terms with one parent each, or none.
fn hierarchy(terms: &[(&str, &[&str])]) -> Hierarchy {
    let term = |&(id, parents): &(&str, &[&str])| {
        (id.to_owned(), id.to_owned(), parents.iter().map(|&parent| parent.to_owned()).collect())
    };
    let ids: Vec<&str> = terms.iter().map(|(id, _)| *id).collect();
    Hierarchy::new(&Ontology::new(terms.iter().map(term)).unwrap(), &ids)
}

#[test]
fn a_percentage_is_of_all_cells_of_a_row() {
    // 4 of 3 475 T cells express a gene, all of them among the 10 that are annotated no further.
    let hierarchy = hierarchy(&[("T cell", &[]), ("CD4", &["T cell"]), ("CD8", &["T cell"])]);
    let own = [moments(&[1.0; 4]), GeneMoments::default(), GeneMoments::default()];
    let [exact, compatible] =
        MODES.map(|mode| dots(&hierarchy, &N_CELLS.map(|n| [n, n]), &own, [3475; 2], fixed(), mode)[0]);
    assert_eq!((exact.n_cells, compatible.n_cells), (3475, 10));
    assert!(is_close(exact.share().unwrap(), 4.0 / 3475.0, 1e-15) && is_close(compatible.share().unwrap(), 0.4, 1e-15));
    assert_eq!(exact.expression(), compatible.expression());
}

#[test]
fn cells_that_did_not_measure_a_gene_are_not_among_those_that_do_not_express_it() {
    // 30 of 40 B cells express a gene, and the 60 of another dataset, which does not have it, count as zeros in the original.
    let hierarchy = hierarchy(&[("B cell", &[])]);
    let own = [moments(&[1.0; 30])];
    let [exact, compatible] = MODES.map(|mode| dots(&hierarchy, &[[100, 40]], &own, [200, 80], fixed(), mode)[0]);
    assert_eq!((exact.share(), compatible.share()), (Some(0.75), Some(0.3)));
    assert_eq!((exact.tissue_composition(), compatible.tissue_composition()), (Some(0.375), Some(0.15)));
    // Against 50 cells that all express it as much, in a dataset that has the gene.
    let means = MODES.map(|mode| {
        let coverage = Coverage::of_genes([vec![0b01]], 2);
        let mut contrast = Contrast::new(coverage, fixed(), mode);
        let first = [Membership::Whole, Membership::None];
        contrast.push(first, None, &Cells::of(0, 40), &[(0, moments(&[1.0; 30]))]).unwrap();
        contrast.push(first, None, &Cells::of(1, 60), &[]).unwrap();
        contrast
            .push([Membership::None, Membership::Whole], None, &Cells::of(0, 50), &[(0, moments(&[1.0; 50]))])
            .unwrap();
        contrast.compare().means[0]
    });
    assert_eq!(means, [[0.75, 1.0], [0.3, 1.0]]);
}

#[test]
fn colors_are_scaled_over_what_is_shown() {
    let dot = |n_cells, value| Dot {
        n_expressing: n_cells,
        sum: n_cells as f64 * value,
        n_cells,
        n_measured: n_cells,
        n_tissue: 500,
    };
    // A row of 3 cells, which is hidden, has by far the largest expression.
    let (shown, hidden) = ([dot(200, 1.0), dot(100, 2.0)], dot(3, 5.0));
    let exact = Scales::new([&shown[..]], Scaling::Global);
    let compatible = Scales::new([&[shown[0], shown[1], hidden][..]], Scaling::Global);
    assert_eq!((exact.place(0, 2.0), compatible.place(0, 2.0)), (1.0, 0.25));
}

#[test]
fn cohens_d_has_unbiased_variances() {
    let d = |mode| {
        let mut contrast = Contrast::new(Coverage::whole(1), fixed(), mode);
        contrast
            .push([Membership::Whole, Membership::None], None, &Cells::of(0, 3), &[(0, moments(&[1.0, 2.0, 4.0]))])
            .unwrap();
        contrast
            .push([Membership::None, Membership::Whole], None, &Cells::of(0, 4), &[(0, moments(&[0.0, 0.0, 3.0, 1.0]))])
            .unwrap();
        contrast.compare().effect_size[0]
    };
    // Of scipy's Student's t: 1.195229 · √(1/3 + 1/4).
    assert!(is_close(d(Mode::Exact), 0.912_871, 1e-6), "{}", d(Mode::Exact));
    assert!(is_close(d(Mode::Compatible), 1.183_833, 1e-6), "{}", d(Mode::Compatible));
}

#[test]
fn what_is_taken_from_a_side_is_taken_with_its_cells() {
    // The second side has the 100 cells of the first and 20 more of the same kind.
    let values: Vec<f64> = (0..100).map(|cell| f64::from(cell % 5)).collect();
    let groups = [(100, moments(&values)), (20, moments(&values[..20]))];
    let d = |mode| {
        let mut contrast = Contrast::new(Coverage::whole(1), fixed(), mode);
        for (group, counts) in Sides::new([0], [0, 1], Overlap::TakeFromSecond, mode).groups() {
            let (n_cells, moments) = groups[group as usize];
            contrast.push(counts, None, &Cells::of(0, n_cells), &[(0, moments)]).unwrap();
        }
        contrast.compare().effect_size[0]
    };
    assert!(is_close(d(Mode::Exact), 0.0, 1e-12), "{}", d(Mode::Exact));
    assert!(d(Mode::Compatible) > 1.0, "{}", d(Mode::Compatible));
}

#[test]
fn a_gene_without_a_p_value_leaves_the_others_theirs() {
    // All cells of both sides have one value of the second gene.
    let adjusted = |mode| {
        let mut contrast = Contrast::new(Coverage::whole(3), fixed(), mode);
        let first = [moments(&[1.0, 2.0, 4.0]), moments(&[1.0; 3]), moments(&[1.0, 1.5, 1.0])];
        let second = [moments(&[0.0, 0.0, 3.0, 1.0]), moments(&[1.0; 4]), moments(&[0.0, 0.5, 0.0, 0.5])];
        let group = |moments: [GeneMoments; 3]| (0..).zip(moments).collect::<Vec<_>>();
        contrast.push([Membership::Whole, Membership::None], None, &Cells::of(0, 3), &group(first)).unwrap();
        contrast.push([Membership::None, Membership::Whole], None, &Cells::of(0, 4), &group(second)).unwrap();
        contrast.compare().tests.map_adjusted()
    };
    let [exact, compatible] = MODES.map(adjusted);
    assert!(exact[0].unwrap() < 1.0 && exact[1].is_none() && exact[2].unwrap() < 0.05, "{exact:?}");
    assert!(compatible[0].unwrap().is_nan() && compatible[1].is_none() && compatible[2].unwrap().is_nan());
}

trait Adjusted {
    fn map_adjusted(&self) -> Vec<Option<f64>>;
}

impl Adjusted for Vec<Option<expression::Tested>> {
    fn map_adjusted(&self) -> Vec<Option<f64>> {
        self.iter().map(|test| Some(test.as_ref()?.pval_adj)).collect()
    }
}

/// Two types; a third whose cells are all below the first too; a fourth of few cells.
fn scores(mode: Mode) -> GeneScores {
    let hierarchy =
        hierarchy(&[("A", &[]), ("B", &[]), ("shell", &[]), ("core", &["A", "shell"]), ("few", &[]), ("other", &[])]);
    let values = |n: usize, n_expressing: usize| -> Vec<f64> {
        (0..n).map(|cell| if cell < n_expressing { 1.0 + (cell % 3) as f64 } else { 0.0 }).collect()
    };
    let own = [values(40, 35), values(50, 30), Vec::new(), values(20, 18), values(9, 0), values(30, 2)];
    let n_cells: Vec<u64> = own.iter().map(|values| values.len() as u64).collect();
    let finder = MarkerFinder::new(&hierarchy, &n_cells, fixed(), MarkerOptions { mode, ..MarkerOptions::default() });
    assert_eq!(finder.terms(), [0, 1, 2, 3, 4, 5]);
    finder.scores(&own.map(|values| moments(&values)))
}

#[test]
fn a_type_with_no_cells_left_is_compared_with_none() {
    // Of "shell" nothing is left beside A, where the original sees a type that differs by nothing.
    let [exact, compatible] = MODES.map(|mode| scores(mode).scores[0].unwrap());
    assert!(exact > 0.9 && compatible < 0.5, "{exact} {compatible}");
}

#[test]
fn a_type_that_hardly_expresses_a_gene_has_a_lower_score() {
    // "few" and "other" have no score, since fewer than 25 of their cells express the gene; "shell" has none either, with
    // 18 cells that express it. Of B's rivals only A has a score, and a higher one.
    let [exact, compatible] = MODES.map(|mode| scores(mode).specificities[1]);
    assert_eq!((exact, compatible), (0.8, 0.0));
}
