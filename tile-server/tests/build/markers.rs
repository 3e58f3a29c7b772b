//! Markers and samples of the demo file, against the comparisons that they are made of.

use explorer_core::{
    data::CellIdx,
    de::{Adjustment, CELLXGENE_PERCENTILE, DeOptions, Design, MarkerRank, Test},
    filter::CellMask,
};
use tessera::{
    compare::{cells_with_label, compare_cells, moments_of},
    dataset::Dataset,
    markers::{MarkersError, compare_samples, markers},
};

use crate::input::{build, demo};

const COLUMN: &str = "bulk_labels";

#[test]
fn markers_are_the_first_rows_of_the_comparison_with_the_rest() {
    let built = build(&demo());
    let dataset = Dataset::open(&built.path()).unwrap();
    let layer = dataset.manifest().statistics_layer().unwrap();
    let options = DeOptions::default();
    let found = markers(&dataset, layer, COLUMN, (options, Test::T), MarkerRank::Score, 20).unwrap();
    assert_eq!(found.len(), 10);
    for (label, markers) in &found {
        let group = cells_with_label(&dataset, COLUMN, label).unwrap().unwrap();
        let mut rest = group.clone();
        rest.invert();
        let table = compare_cells(&dataset, layer, &group, &rest, options).unwrap();
        let ranked = table.ranked();
        assert_eq!(markers.len(), 20);
        for (marker, &gene) in markers.iter().zip(&ranked) {
            let at = gene as usize;
            assert_eq!((marker.gene, marker.rank, marker.score), (gene, table.score[at], table.score[at]), "{label}");
            assert_eq!((marker.effect, marker.pval_adj), (table.effect[at], table.pval_adj[at]));
        }
    }
}

#[test]
fn a_marker_by_percentile_beats_nearly_every_other_label() {
    let built = build(&demo());
    let dataset = Dataset::open(&built.path()).unwrap();
    let layer = dataset.manifest().statistics_layer().unwrap();
    let rank = MarkerRank::EffectPercentile(CELLXGENE_PERCENTILE);
    let found = markers(&dataset, layer, COLUMN, (DeOptions::default(), Test::T), rank, 5).unwrap();
    let labels: Vec<CellMask> =
        found.iter().map(|(label, _)| cells_with_label(&dataset, COLUMN, label).unwrap().unwrap()).collect();
    let mut n_markers = 0;
    for (at, (label, markers)) in found.iter().enumerate() {
        for marker in markers.iter().filter(|marker| marker.rank > 0.5) {
            n_markers += 1;
            let higher = labels.iter().enumerate().filter(|(other, _)| *other != at).filter(|(_, other)| {
                let ([group, other], fixed) = moments_of(&dataset, layer, &labels[at], other).unwrap();
                let gene = marker.gene as usize;
                fixed.summary(&group, gene).mean > fixed.summary(&other, gene).mean
            });
            assert!(higher.count() >= labels.len() - 2, "{label}: gene {}", marker.gene);
        }
    }
    assert!(n_markers >= 5, "only {n_markers} markers");
}

#[test]
fn samples_are_compared_by_their_means() {
    let built = build(&demo());
    let dataset = Dataset::open(&built.path()).unwrap();
    let layer = dataset.manifest().statistics_layer().unwrap();
    let n_obs = dataset.manifest().n_obs as usize;
    let group = CellMask::from_fn(n_obs, |cell| cell % 3 == 0);
    let mut reference = group.clone();
    reference.invert();
    let table = compare_samples(&dataset, layer, &group, &reference, "louvain", Adjustment::default()).unwrap();
    assert_eq!(table.design, Design::Paired);

    // The first gene's means of each sample, one cell after the other.
    let column = dataset.categorical(dataset.manifest().column("louvain").unwrap()).unwrap().unwrap();
    let mut differences = Vec::new();
    for name in &table.samples {
        let code = column.categories.iter().position(|category| category == name).unwrap() as u32;
        let of_sample = |set: &CellMask| {
            CellMask::from_fn(n_obs, |cell| {
                set.contains(CellIdx(cell as u32)) && column.codes.get(CellIdx(cell as u32)) == code
            })
        };
        let ([a, b], fixed) = moments_of(&dataset, layer, &of_sample(&group), &of_sample(&reference)).unwrap();
        differences.push(fixed.summary(&a, 0).mean - fixed.summary(&b, 0).mean);
    }
    let mean = differences.iter().sum::<f64>() / differences.len() as f64;
    assert!((table.difference[0] - mean).abs() < 1e-12);
    assert_eq!(table.df[0], differences.len() as f64 - 1.0);
}

#[test]
fn what_is_not_there_is_named() {
    let built = build(&demo());
    let dataset = Dataset::open(&built.path()).unwrap();
    let layer = dataset.manifest().statistics_layer().unwrap();
    let error = markers(&dataset, layer, "phasee", (DeOptions::default(), Test::T), MarkerRank::Score, 5).unwrap_err();
    assert!(matches!(&error, MarkersError::NoMoments { .. }), "{error}");
    assert!(error.to_string().contains("bulk_labels"), "{error}");
    let cells = CellMask::all(dataset.manifest().n_obs as usize);
    let error = compare_samples(&dataset, layer, &cells, &cells, "donor", Adjustment::default()).unwrap_err();
    assert_eq!(error.to_string(), "the dataset has no categorical column `donor` to take samples from");
}
