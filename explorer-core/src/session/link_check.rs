//! What a view asks for, by a link mostly, that the dataset does not have.

use super::{MISSING_LABEL, Session};
use crate::{
    data::MOST_NUMBER_LABELS,
    screen::free_name,
    state::{Analysis, Filters, GeneKey, Label, LabelFilter, ObsFilter, ViewSpec},
};

impl Session {
    /// The view without columns shown as labels whose numbers cannot be, and what to tell of that; `None` where there are
    /// none.
    pub(super) fn without_impossible_labels(&self, view: &ViewSpec) -> Option<(ViewSpec, String)> {
        let is_impossible = |name: &&String| self.loaded.can_be_labels(name) == Some(false);
        let name = view.analysis.as_labels.iter().find(is_impossible)?;
        let told = format!(
            "The numbers of “{name}” cannot be labels: that takes whole numbers, and at most {MOST_NUMBER_LABELS} \
             different ones.",
        );
        let mut mended = view.clone();
        mended.analysis.as_labels.remove(name);
        Some((mended, told))
    }

    /// The view with an own column under a free name where the dataset has one of its own, and what to tell of that; `None`
    /// where there is none.
    pub(super) fn without_taken_names(&self, view: &ViewSpec) -> Option<(ViewSpec, String)> {
        let own = &view.analysis.own_columns;
        let at = own.iter().position(|column| self.columns.is_of_dataset(column.name()))?;
        let (name, taken) = (own[at].name(), self.taken_columns(&view.analysis));
        let free = free_name(name, &taken);
        let told = format!("The dataset has a column “{name}” itself: your own column of that name is “{free}” now.");
        let mut mended = view.clone();
        mended.analysis.own_columns[at] = own[at].named(free);
        Some((mended, told))
    }

    /// The names that a new column cannot have.
    pub fn taken_columns(&self, analysis: &Analysis) -> Vec<String> {
        let own = analysis.own_columns.iter().map(|column| column.name().to_owned());
        self.manifest.columns.iter().map(|column| column.name.clone()).chain(own).collect()
    }

    /// What a view names that the dataset does not have, as far as is known by now, each in a few words. Layers,
    /// columns and embeddings are not among them: that there is none is told when they are asked for.
    pub fn unknown_names(&self, view: &ViewSpec) -> Vec<String> {
        let analysis = &view.analysis;
        let mut unknown = Vec::new();
        let listed = analysis.genes.iter().map(|gene| GeneKey { layer: analysis.layer.clone(), gene: gene.clone() });
        let levels = || analysis.query.subset.iter().chain([&analysis.query.filters]);
        let filtering = levels().flat_map(|level| level.genes.keys().cloned());
        for key in listed.chain(filtering).filter(|key| self.has_gene(key) == Some(false)) {
            let layer = self.layer_name(key.layer.as_deref());
            unknown.push(format!("gene “{}” of layer {layer}", self.label_in_any_layer(&key)));
        }
        levels().for_each(|level| self.add_unknown_labels(level, &mut unknown));
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
