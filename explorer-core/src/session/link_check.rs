//! What a link asks for that the dataset does not have.

use super::{MISSING_LABEL, Session};
use crate::{
    dataset::lookup,
    state::{Filters, GeneKey, Label, LabelFilter, ObsFilter, Panel, ViewSpec},
};

impl Session {
    /// What a view names that the dataset does not have, as far as is known by now, each in a few words. Unknown columns
    /// and genes that color cells are told when they are asked for.
    pub fn unknown_names(&self, view: &ViewSpec) -> Vec<String> {
        let analysis = &view.analysis;
        let mut unknown = Vec::new();
        if let Some(layer) = &analysis.layer
            && self.layer(Some(layer)).is_none()
        {
            unknown.push(format!("layer “{layer}”"));
        }
        let levels = || analysis.query.subset.iter().chain([&analysis.query.filters]);
        let selections = levels().flat_map(|level| level.selections.keys().map(String::as_str));
        for key in view.panels.iter().filter_map(Panel::embedding).chain(selections) {
            if lookup::embedding(self.manifest(), Some(key)).is_none() {
                unknown.push(format!("embedding “{key}”"));
            }
        }
        levels().for_each(|level| self.add_unknown_labels(level, &mut unknown));
        for gene in &analysis.genes {
            let key = GeneKey { layer: analysis.layer.clone(), gene: gene.clone() };
            if self.has_gene(&key) == Some(false) {
                unknown.push(format!("gene “{}” in this layer", self.label_in_any_layer(&key)));
            }
        }
        unknown.dedup();
        unknown
    }

    fn add_unknown_labels(&self, level: &Filters, unknown: &mut Vec<String>) {
        for (column, filter) in &level.obs {
            let (ObsFilter::Labels(filter), Some(categories)) = (filter, self.categories(column)) else { continue };
            let (LabelFilter::Hide(labels) | LabelFilter::Only(labels)) = filter;
            for label in labels {
                let (name, is_there) = match label {
                    Label::Named(name) => (name.as_str(), categories.labels.contains(name)),
                    Label::Missing => (MISSING_LABEL, categories.counts.last().is_some_and(|&n_cells| n_cells > 0)),
                };
                if !is_there {
                    unknown.push(format!("label “{name}” of {column}"));
                }
            }
        }
    }
}
