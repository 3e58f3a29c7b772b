//! What a view asks for, by a link mostly, that the dataset does not have.

use std::collections::HashSet;

use super::{GeneTable, MISSING_LABEL, Session};
use crate::{
    data::MOST_NUMBER_LABELS,
    format::first_of,
    screen::free_name,
    search::NoGene,
    sorting::set_of,
    state::{Analysis, Filters, GeneKey, Label, LabelFilter, ObsFilter, OwnColumn, ViewSpec},
};

/// Names that are told one by one.
const MOST_TOLD: usize = 5;

/// The first of some names, in quotation marks, and how many more there are; `None` where there are none.
pub(super) fn quoted<S: AsRef<str>>(names: &[S]) -> Option<String> {
    let names: Vec<String> = names.iter().map(|name| format!("“{}”", name.as_ref())).collect();
    (!names.is_empty()).then(|| first_of(&names, MOST_TOLD))
}

impl Session {
    /// The view without columns shown as labels whose numbers cannot be, and what to tell of that; `None` where there are
    /// none.
    pub(super) fn without_impossible_labels(&self, view: &ViewSpec) -> Option<(ViewSpec, String)> {
        let is_impossible = |name: &&String| self.loaded.can_be_labels(name) == Some(false);
        let names: Vec<&String> = view.analysis.as_labels.iter().filter(is_impossible).collect();
        let told = format!(
            "The numbers of {} cannot be labels: that takes whole numbers, and at most {MOST_NUMBER_LABELS} different \
             ones.",
            quoted(&names)?,
        );
        let mut mended = view.clone();
        mended.analysis.as_labels.retain(|name| !is_impossible(&name));
        Some((mended, told))
    }

    /// The view without columns that are open, or shown as labels, of which there are none, and what to tell of that; `None`
    /// where there are none such.
    pub(super) fn without_unknown_columns(&self, view: &ViewSpec) -> Option<(ViewSpec, String)> {
        let own = |name: &str| view.analysis.own_column(name).is_some() || self.columns.is_own(name);
        let is_unknown = |name: &&String| !self.columns.is_of_dataset(name) && !own(name);
        let named = view.layout.expanded.iter().chain(&view.analysis.as_labels);
        let names = set_of(named.filter(is_unknown));
        let told = format!("The dataset has no column {}.", quoted(&names.iter().collect::<Vec<_>>())?);
        let mut mended = view.clone();
        mended.layout.expanded.retain(|name| !names.contains(name));
        mended.analysis.as_labels.retain(|name| !names.contains(name));
        Some((mended, told))
    }

    /// The view without listed genes that no layer has, once the genes of all are known, and what to tell of that; `None`
    /// where there are none.
    pub(super) fn without_unknown_genes(&self, view: &ViewSpec) -> Option<(ViewSpec, String)> {
        let tables: Option<Vec<&GeneTable>> = self.gene_tables();
        let tables = tables.filter(|_| !view.analysis.genes.is_empty())?;
        let is_unknown = |name: &&String| tables.iter().all(|table| table.find(name) == Err(NoGene::Unknown));
        let names = set_of(view.analysis.genes.iter().filter(is_unknown));
        let told = format!("The dataset has no gene {}.", quoted(&names.iter().collect::<Vec<_>>())?);
        let mut mended = view.clone();
        mended.analysis.genes.retain(|name| !names.contains(name));
        Some((mended, told))
    }

    /// The view with an own column under a free name where the dataset has one of its own, and what to tell of that; `None`
    /// where there is none.
    pub(super) fn without_taken_names(&self, view: &ViewSpec) -> Option<(ViewSpec, String)> {
        let is_taken = |column: &&mut OwnColumn| self.columns.is_of_dataset(column.name());
        let mut mended = view.clone();
        let mut taken = self.taken_columns(&view.analysis);
        let mut renamed = Vec::new();
        for column in mended.analysis.own_columns.iter_mut().filter(is_taken) {
            let free = free_name(column.name(), &taken);
            renamed.push(format!("“{}” is “{free}” now", column.name()));
            taken.push(free.clone());
            *column = column.named(free);
        }
        let told = format!("The dataset has a column of that name itself: your own {}.", first_of(&renamed, MOST_TOLD));
        (!renamed.is_empty()).then_some((mended, told))
    }

    /// The names that a new column cannot have.
    pub fn taken_columns(&self, analysis: &Analysis) -> Vec<String> {
        let own = analysis.own_columns.iter().map(|column| column.name().to_owned());
        self.manifest.columns.iter().map(|column| column.name.clone()).chain(own).collect()
    }

    /// What a view names that the dataset does not have, as far as is known by now, each in a few words. Layers,
    /// columns and embeddings are not among them: that there is none is told when they are asked for. Nor are columns and
    /// genes that [`Session::mended`] takes out.
    pub fn unknown_names(&self, view: &ViewSpec) -> Vec<String> {
        let analysis = &view.analysis;
        let mut unknown = Vec::new();
        let listed = analysis.genes.iter().filter(|gene| self.is_gene_anywhere(gene));
        let listed = listed.map(|gene| GeneKey { layer: analysis.layer.clone(), gene: gene.clone() });
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
            let known: HashSet<&str> = categories.labels.iter().map(String::as_str).collect();
            for label in labels {
                let (name, is_there) = match label {
                    Label::Named(name) => (name.as_str(), known.contains(name.as_str())),
                    Label::Missing => (MISSING_LABEL, categories.counts.last().is_some_and(|&n_cells| n_cells > 0)),
                };
                if !is_there {
                    unknown.push(format!("label “{name}” of {column}"));
                }
            }
        }
    }
}
