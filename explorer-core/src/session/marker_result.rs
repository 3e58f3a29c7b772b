//! Markers of the labels of a column, as found.

use std::sync::Arc;

use crate::{
    data::GeneNames,
    de::{DeOptions, Effect, Marker, MarkerRank, Test, markers_to_csv},
    state::Markers,
};

/// A label's best genes.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelMarkers {
    /// The label.
    pub label: String,
    /// Its cells.
    pub n_cells: u32,
    /// Its code, for its color.
    pub code: usize,
    /// The genes, best first.
    pub markers: Vec<Marker>,
}

/// The markers of every label that has cells.
#[derive(Debug)]
pub struct MarkersResult {
    /// The question.
    pub asked: Markers,
    /// The labels, in the column's order.
    pub labels: Vec<LabelMarkers>,
    /// What the genes are called, by number.
    pub names: Arc<GeneNames>,
    /// The layer, by its place in the file.
    pub layer: String,
    /// Why the numbers are not all that the file would give, as the layer has it.
    pub cautions: Vec<String>,
    /// What the size of an effect is.
    pub effect: Effect,
    /// Bytes that this took.
    pub n_bytes: u64,
    /// How long it took.
    pub millis: f64,
}

impl LabelMarkers {
    /// The genes found of each label with its cells; labels without cells are left out.
    pub fn of_labels(labels: &[String], n_cells: &[u32], found: Vec<Vec<Marker>>) -> Vec<Self> {
        let counted = labels.iter().zip(n_cells).zip(found).enumerate().filter(|(_, ((_, n_cells), _))| **n_cells > 0);
        let of_label = |(code, ((label, &n_cells), markers)): (usize, ((&String, &u32), Vec<Marker>))| Self {
            label: label.clone(),
            n_cells,
            code,
            markers,
        };
        counted.map(of_label).collect()
    }
}

impl MarkersResult {
    /// All markers as CSV, with a record of how they were made. `within` are the filters of their universe; empty where
    /// that is all cells.
    pub fn csv(&self, dataset: &str, within: &str) -> String {
        let labels: Vec<_> = self.labels.iter().map(|label| (label.label.clone(), label.markers.clone())).collect();
        let options = DeOptions { effect: self.effect, ..DeOptions::default() };
        let rank = MarkerRank::of(self.asked.rank);
        let place = [dataset, &self.asked.column, &self.layer, within];
        markers_to_csv(&labels, &self.names, (options, Test::T), rank, place, &self.cautions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_without_cells_are_left_out_and_the_others_keep_their_codes() {
        let labels = ["T", "B", "NK"].map(str::to_owned);
        let found = LabelMarkers::of_labels(&labels, &[5, 0, 2], vec![Vec::new(); 3]);
        let codes: Vec<_> = found.iter().map(|label| (label.label.as_str(), label.code, label.n_cells)).collect();
        assert_eq!(codes, [("T", 0, 5), ("NK", 2, 2)]);
    }
}
