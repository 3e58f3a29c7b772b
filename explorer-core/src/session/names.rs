//! What genes, layers and embeddings of an open dataset are called, and which are meant by a name.

use shared_fbs::manifest::{Column as ColumnEntry, ColumnKind, Embedding as EmbeddingEntry, Layer};

use super::Session;
use crate::{
    dataset::{label_tiles, lookup},
    state::{Analysis, ColorBy, GeneKey, Names, ViewSpec},
};

impl Session {
    /// What a gene is shown as: its symbol, with its id where that is not its own.
    pub fn gene_label(&self, key: &GeneKey) -> String {
        self.loaded().gene_label(self.manifest(), key)
    }

    /// What colors the cells by name: a column, a gene's label, a gene set; empty where nothing does.
    pub fn color_name(&self, color: &ColorBy) -> String {
        match color {
            ColorBy::None => String::new(),
            ColorBy::Obs(name) | ColorBy::GeneSet { set: name, .. } => name.clone(),
            ColorBy::Gene(key) => self.gene_label(key),
            ColorBy::TwoGenes { .. } => {
                let labels = color.pair().into_iter().flatten().map(|key| self.gene_label(&key));
                labels.collect::<Vec<_>>().join(" and ")
            }
        }
    }

    /// The view by the names that the dataset has for layers and genes, as far as it is known yet; `None` where it has
    /// these already.
    pub fn named(&self, view: &ViewSpec) -> Option<ViewSpec> {
        let named = view.clone().named(self);
        (named != *view).then_some(named)
    }

    /// The layer of a name, or the default one.
    pub fn layer(&self, name: Option<&str>) -> Option<&Layer> {
        lookup::layer(self.manifest(), name).ok().map(|(_, layer)| layer)
    }

    /// How the state names a layer: not at all when it is the default.
    pub fn layer_key(&self, name: &str) -> Option<String> {
        let place = self.layer_name(Some(name));
        let is_default = self.layer(None).is_some_and(|layer| layer.name == place);
        (!is_default).then_some(place)
    }

    /// The place of a layer that the state names, or that name where there is no such layer; empty where the dataset
    /// has none.
    pub fn layer_name(&self, key: Option<&str>) -> String {
        lookup::layer_name(self.manifest(), key)
    }

    /// The embedding to show, with its index: that of the key, or the default one where there is none such.
    pub fn embedding_to_show(&self, key: Option<&str>) -> Option<(usize, &EmbeddingEntry)> {
        lookup::embedding_to_show(self.manifest(), key)
    }

    /// Whether the labels of a column have stored sums, in the layer that statistics are made on: then their markers
    /// can be found.
    pub fn has_stored_sums(&self, column: &str) -> bool {
        let layer = self.manifest().statistics_layer();
        self.columns().is_categorical(column) && layer.is_some_and(|layer| label_tiles(layer, column).is_some())
    }

    /// Whether the markers of a column's labels can be found: out of stored sums, or, of an own column, label by label.
    pub fn can_mark(&self, column: &str) -> bool {
        let has_layer = || self.manifest().statistics_layer().is_some();
        self.has_stored_sums(column) || self.columns().is_own(column) && has_layer()
    }

    /// The column whose markers are meant where none is named: the one that colors the cells, else the main
    /// label. `None` where neither can be marked.
    pub fn column_to_mark(&self, analysis: &Analysis) -> Option<String> {
        let colored = match &analysis.color {
            ColorBy::Obs(column) => Some(column),
            ColorBy::None | ColorBy::Gene(_) | ColorBy::GeneSet { .. } | ColorBy::TwoGenes { .. } => None,
        };
        let columns = [colored, self.manifest().main_label.as_ref()].into_iter().flatten();
        columns.into_iter().find(|column| self.can_mark(column)).cloned()
    }

    /// The columns that cells can be grouped by: categories, and numbers that are shown as labels.
    pub fn columns_to_group(&self, analysis: &Analysis) -> Vec<String> {
        let can_group =
            |entry: &&ColumnEntry| entry.kind == ColumnKind::Categorical || analysis.as_labels.contains(&entry.name);
        let shown = self.columns().iter().filter(|entry| !entry.hidden).filter(can_group);
        shown.map(|entry| entry.name.clone()).collect()
    }

    /// The column that a plot groups cells by where none is named: the one that colors the cells, else the one that can be
    /// [marked](Self::column_to_mark), or the first that [can group](Self::columns_to_group).
    pub fn column_to_plot(&self, analysis: &Analysis) -> Option<String> {
        let columns = self.columns_to_group(analysis);
        let colored = match &analysis.color {
            ColorBy::Obs(column) => columns.iter().find(|other| *other == column).cloned(),
            ColorBy::None | ColorBy::Gene(_) | ColorBy::GeneSet { .. } | ColorBy::TwoGenes { .. } => None,
        };
        colored.or_else(|| self.column_to_mark(analysis)).or_else(|| columns.into_iter().next())
    }
}

impl Names for Session {
    fn layer_place(&self, name: String) -> String {
        self.layer_name(Some(&name))
    }

    fn layer_key(&self, name: &str) -> Option<String> {
        self.layer_key(name)
    }

    fn default_embedding(&self) -> Option<String> {
        self.embedding_to_show(None).map(|(_, entry)| entry.key.clone())
    }

    fn gene_id(&self, layer: Option<&str>, name: String) -> String {
        let id = self.gene_table(layer).and_then(|table| table.id_of(&name)).map(str::to_owned);
        id.unwrap_or(name)
    }
}
