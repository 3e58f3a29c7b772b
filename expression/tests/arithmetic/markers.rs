//! Markers against brute force over cells, and against the original (`tests/golden/generate.py`).

use std::collections::{BTreeMap, BTreeSet};

use explorer_core::de::{BootstrapPercentile, GeneMoments, Method, sample_summary, welch};
use expression::{GeneScores, Hierarchy, MarkerFinder, MarkerOptions, Measure, Mode, Ontology};
use proptest::prelude::*;
use serde::Deserialize;

use crate::common::{fixed, is_close, moments};

#[derive(Deserialize)]
struct Golden {
    parents: BTreeMap<String, Vec<String>>,
    universe: Vec<String>,
    genes: Vec<BTreeMap<String, Vec<f64>>>,
    effects: BTreeMap<String, Vec<f64>>,
    scores: Vec<Vec<Option<f64>>>,
    specificities: Vec<Vec<f64>>,
}

/// Terms with parents, and of every gene the values of the cells of each term.
struct Tissue {
    parents: Vec<(String, Vec<String>)>,
    genes: Vec<Vec<Vec<f64>>>,
}

impl Tissue {
    fn of(golden: &Golden) -> Self {
        let parents: Vec<(String, Vec<String>)> = golden.parents.clone().into_iter().collect();
        let values = |gene: &BTreeMap<String, Vec<f64>>| parents.iter().map(|(id, _)| gene[id].clone()).collect();
        let genes = golden.genes.iter().map(values).collect();
        Self { parents, genes }
    }

    fn ids(&self) -> Vec<&str> {
        self.parents.iter().map(|(id, _)| id.as_str()).collect()
    }

    fn hierarchy(&self) -> Hierarchy {
        let terms = self.parents.iter().map(|(id, parents)| (id.clone(), id.clone(), parents.clone()));
        Hierarchy::new(&Ontology::new(terms).unwrap(), &self.ids())
    }

    fn finder(&self, options: MarkerOptions) -> MarkerFinder {
        let n_cells: Vec<u64> = self.genes[0].iter().map(|values| values.len() as u64).collect();
        MarkerFinder::new(&self.hierarchy(), &n_cells, fixed(), options)
    }

    fn sums(&self) -> Vec<Vec<GeneMoments>> {
        self.genes.iter().map(|of_terms| of_terms.iter().map(|values| moments(values)).collect()).collect()
    }

    /// Terms at or above a term, by its parents alone.
    fn upwards(&self, term: usize) -> BTreeSet<usize> {
        let ids = self.ids();
        let parents = self.parents[term].1.iter().map(|id| ids.iter().position(|other| other == id).unwrap());
        parents.flat_map(|parent| self.upwards(parent)).chain([term]).collect()
    }

    /// Terms at or below a term.
    fn downwards(&self, term: usize) -> BTreeSet<usize> {
        (0..self.parents.len()).filter(|&other| self.upwards(other).contains(&term)).collect()
    }

    /// What a type is compared with, cell by cell: values of the type and of each rival that has cells left.
    fn sides(&self, gene: usize, term: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
        let values = |terms: BTreeSet<usize>| -> Vec<f64> {
            terms.into_iter().flat_map(|term| self.genes[gene][term].clone()).collect()
        };
        let below = self.downwards(term);
        let rivals = (0..self.parents.len())
            .filter(|&other| !below.contains(&other) && !self.downwards(other).contains(&term))
            .map(|other| values(self.downwards(other).difference(&below).copied().collect()));
        (values(below.clone()), rivals.filter(|values| !values.is_empty()).collect())
    }

    fn scores_by_brute_force(&self, gene: usize, term: usize, options: MarkerOptions) -> Option<f64> {
        let (group, rivals) = self.sides(gene, term);
        let n_expressing = group.iter().filter(|value| **value > 0.0).count() as u64;
        if n_expressing < options.least_expressing || rivals.is_empty() {
            return None;
        }
        let effect = |rival: &Vec<f64>| {
            let (a, b) = (sample_summary(&group), sample_summary(rival));
            let (n1, n2) = (group.len() as f64, rival.len() as f64);
            match options.measure {
                Measure::WelchT => welch(&a, &b, Method::Welch).0.t,
                Measure::CohensD => {
                    let pooled = ((n1 - 1.0) * a.variance + (n2 - 1.0) * b.variance) / (n1 + n2 - 2.0);
                    if a.mean == b.mean { 0.0 } else { (a.mean - b.mean) / pooled.sqrt() }
                }
            }
        };
        let mut effects: Vec<f64> = rivals.iter().map(effect).collect();
        Some(BootstrapPercentile::new(effects.len(), options.percentile).mean(&mut effects))
    }
}

#[test]
fn compatible_scores_are_the_originals() {
    let golden: Golden = serde_json::from_str(include_str!("../golden/markers.json")).unwrap();
    let tissue = Tissue::of(&golden);
    let finder = tissue.finder(MarkerOptions { mode: Mode::Compatible, ..MarkerOptions::default() });
    let (hierarchy, sums) = (tissue.hierarchy(), tissue.sums());
    let place = |id: &str| finder.terms().iter().position(|&term| hierarchy.id(term) == id).unwrap();
    assert_eq!(finder.terms().len(), golden.universe.len());
    let mut n_scores = 0;
    for (gene, sums) in sums.iter().enumerate() {
        let GeneScores { scores, specificities } = finder.scores(sums);
        for (at, id) in golden.universe.iter().enumerate() {
            let (found, at_random) = (scores[place(id)], golden.scores[gene][at]);
            assert_eq!(found.is_some(), at_random.is_some(), "gene {gene} of {id}");
            let (Some(found), Some(at_random)) = (found, at_random) else { continue };
            // The effects are exact, the original's percentile is the mean of 50 000 samples.
            let mut effects = golden.effects[&format!("{gene} {id}")].clone();
            let exact = BootstrapPercentile::new(effects.len(), 10.0).mean(&mut effects);
            assert!(is_close(found, exact, 1e-9), "gene {gene} of {id}: {found}, expected {exact}");
            assert!((found - at_random).abs() < 0.02, "gene {gene} of {id}: {found}, at random {at_random}");
            assert_eq!(specificities[place(id)], golden.specificities[gene][at], "gene {gene} of {id}");
            n_scores += 1;
        }
    }
    assert_eq!(n_scores, golden.effects.len());
}

#[test]
fn markers_of_parts_of_the_genes_are_merged() {
    let golden: Golden = serde_json::from_str(include_str!("../golden/markers.json")).unwrap();
    let tissue = Tissue::of(&golden);
    let finder = tissue.finder(MarkerOptions { n_kept: 3, least_score: 0.0, ..MarkerOptions::default() });
    let sums = tissue.sums();
    let genes = || (0..).zip(&sums);
    let all = finder.markers(genes());
    let halves = [0, 1].map(|odd| finder.markers(genes().filter(|(gene, _): &(u32, _)| gene % 2 == odd)));
    let [even, odd] = halves;
    assert_eq!(finder.merge(even, odd), all);
    assert!(all.iter().any(|markers| markers.len() == 3) && all.iter().all(|markers| markers.len() <= 3));
    assert!(all.iter().flatten().all(|marker| marker.score > 0.0));
    assert!(all.iter().all(|markers| markers.is_sorted_by(|a, b| a.score >= b.score)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn scores_are_those_of_brute_force_over_cells(
        edges in prop::collection::vec((0usize..9, 0usize..9), 4..14),
        values in prop::collection::vec(prop::collection::vec(0u8..5, 0..8), 9),
        is_t in any::<bool>(),
    ) {
        let id = |term: usize| if term == 0 { "CL:0000000".to_owned() } else { format!("CL:{term}") };
        let parents = (0..9).map(|term| {
            let parents: BTreeSet<usize> =
                edges.iter().filter(|(a, b)| a.max(b) == &term && a != b).map(|(a, b)| *a.min(b)).collect();
            (id(term), parents.into_iter().map(id).collect())
        });
        let gene = values.iter().map(|values| values.iter().map(|&value| f64::from(value) / 2.0).collect()).collect();
        let tissue = Tissue { parents: parents.collect(), genes: vec![gene] };
        let measure = if is_t { Measure::WelchT } else { Measure::CohensD };
        let options = MarkerOptions { least_expressing: 2, measure, ..MarkerOptions::default() };
        let finder = tissue.finder(options);
        let GeneScores { scores, specificities } = finder.scores(&tissue.sums()[0]);
        for (at, &term) in finder.terms().iter().enumerate() {
            let expected = tissue.scores_by_brute_force(0, term, options);
            match (scores[at], expected) {
                (Some(found), Some(expected)) => prop_assert!(is_close(found, expected, 1e-6), "{found} {expected}"),
                (found, expected) => prop_assert_eq!(found, expected),
            }
            prop_assert!((0.0..=1.0).contains(&specificities[at]));
        }
        // Markers are the genes with scores over the least, which most scores are not computed for.
        for least_score in [0.0, 0.5, 1.0] {
            let finder = tissue.finder(MarkerOptions { least_score, ..options });
            let markers = finder.markers((0..).zip(tissue.sums()));
            for (at, found) in markers.iter().enumerate() {
                let is_marker = scores[at].is_some_and(|score| score > least_score);
                let expected = is_marker.then(|| (scores[at].unwrap(), specificities[at]));
                prop_assert_eq!(found.first().map(|marker| (marker.score, marker.specificity)), expected);
                prop_assert_eq!(&finder.markers_of(at, 0..1, |_| tissue.sums()[0].clone()), found);
            }
        }
        // A term without cells below it is no type.
        prop_assert!(finder.terms().iter().all(|&term| !tissue.sides(0, term).0.is_empty()));
    }
}
