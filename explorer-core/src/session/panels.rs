//! What panels show: embeddings and scatter plots by their keys, and the cells of a label.

use std::collections::BTreeSet;

use super::{Data, Session, Slot, embedding_name, link_check::quoted};
use crate::{
    data::{CellIdx, Column, PlotRanges, scatter_positions},
    dataset::lookup,
    filter::CellMask,
    sorting::set_of,
    state::{Axis, ColumnLabel, DataKey, GeneKey, Label, MOST_PANELS, Panel, PanelKind, Scatter, ViewSpec},
};

/// Panels that a split begins with, and that are added to it at a time.
const SPLIT_STEP: usize = 6;

impl Session {
    /// The key of what a panel is to show: the key of a scatter plot, or of an embedding that the dataset has, which is the
    /// default one for others. `None` where there is no embedding.
    pub fn projection(&self, key: Option<&str>) -> Option<String> {
        if let Some(plot) = key.filter(|key| Scatter::from_key(key).is_some()) {
            return Some(plot.to_owned());
        }
        self.embedding_to_show(key).map(|(_, entry)| entry.key.clone())
    }

    /// What an embedding or a scatter plot is called, by its key.
    pub fn projection_name(&self, key: &str) -> String {
        match Scatter::from_key(key) {
            Some(plot) => format!("{} × {}", self.axis_name(&plot.x), self.axis_name(&plot.y)),
            None => embedding_name(key).to_owned(),
        }
    }

    /// What lies along an axis, by name.
    pub fn axis_name(&self, axis: &Axis) -> String {
        match axis {
            Axis::Obs(column) => column.clone(),
            Axis::Gene(key) => {
                let label = self.gene_label(key);
                match lookup::layer_to_tell(self.manifest(), key.layer.as_deref()) {
                    Some(layer) => format!("{label} in {layer}"),
                    None => label,
                }
            }
        }
    }

    /// The ranges of a scatter plot, once its positions are there.
    pub fn plot_ranges(&self, key: &str) -> Option<&PlotRanges> {
        self.plots.get(key)
    }

    /// The axis of a name: a column of numbers, or a gene by id or symbol, in a layer.
    ///
    /// # Errors
    /// What is wrong with the name, in a sentence.
    pub fn axis_of(&self, name: &str, layer: Option<&str>) -> Result<Axis, String> {
        let name = name.trim();
        if self.columns.names_shown(shared_fbs::manifest::ColumnKind::Continuous).any(|column| column == name) {
            return Ok(Axis::Obs(name.to_owned()));
        }
        let key = GeneKey { layer: layer.map(str::to_owned), gene: name.to_owned() };
        let table = self.gene_table(layer).ok_or("The list of genes is not loaded yet.")?;
        match table.id_of(name) {
            Some(id) => Ok(Axis::Gene(GeneKey { gene: id.to_owned(), ..key })),
            None if name.is_empty() => Err("Name a gene or a column of numbers.".to_owned()),
            None => Err(format!("“{name}” is no column of numbers, and no one gene of {}.", self.layer_name(layer))),
        }
    }

    /// Names that an axis may have, the best for what is typed: columns of numbers, then genes.
    pub fn axis_choices(&self, typed: &str, layer: Option<&str>) -> Vec<String> {
        const MOST_GENES: usize = 8;
        let query = typed.trim().to_lowercase();
        let columns = self.columns.names_shown(shared_fbs::manifest::ColumnKind::Continuous);
        let columns = columns.filter(|name| name.to_lowercase().contains(&query)).cloned();
        let of_layer = |key: &GeneKey| key.layer.as_deref() == layer;
        let genes = self.gene_hits(&query, layer, MOST_GENES).into_iter().filter(|hit| of_layer(&hit.key));
        columns.chain(genes.map(|hit| hit.label)).collect()
    }

    /// What a view needs, with the embeddings that no key names. Of a scatter plot whose positions are not there, the data
    /// along its axes; what came of those is made into positions, and plots that are not needed are let go of.
    pub(super) fn with_plots(&mut self, needs: &BTreeSet<DataKey>) -> BTreeSet<DataKey> {
        let unused: Vec<String> =
            self.plots.keys().filter(|key| !needs.contains(&DataKey::Embedding((*key).clone()))).cloned().collect();
        for key in unused {
            self.plots.remove(&key);
            self.loaded.forget(&DataKey::Embedding(key));
        }
        set_of(needs.iter().flat_map(|key| match key.parts() {
            None => vec![key.clone()],
            Some(_) if self.build_plot(key) => Vec::new(),
            Some(parts) => parts.to_vec(),
        }))
    }

    /// Makes the positions of a scatter plot of the data along its axes; whether they are there.
    pub fn build_plot(&mut self, key: &DataKey) -> bool {
        let (DataKey::Embedding(name), Some(parts)) = (key, key.parts()) else { return false };
        if self.loaded.is_ready(key) {
            return true;
        }
        let [Some(x), Some(y)] = parts.each_ref().map(|part| self.loaded.numbers(part)) else { return false };
        let (positions, ranges) = scatter_positions(&x.values, &y.values);
        self.plots.insert(name.clone(), ranges);
        self.loaded.arrive(key.clone(), Slot::Ready(Data::from(positions)));
        true
    }

    /// The embeddings that panels show, by their keys: that of the first panel is loaded by [`Session::show`].
    pub fn embeddings_of_panels<'a>(&'a self, view: &'a ViewSpec) -> impl Iterator<Item = DataKey> + 'a {
        let keys = view.panels.iter().skip(1).filter_map(|panel| self.projection(panel.key().as_deref()));
        keys.map(DataKey::Embedding)
    }

    /// The view without scatter plots of what has no numbers, and what to tell of that; `None` where there are none.
    pub(super) fn without_impossible_plots(&self, view: &ViewSpec) -> Option<(ViewSpec, String)> {
        let has_no_numbers = |axis: &&Axis| match axis {
            Axis::Gene(key) => self.has_gene(key) == Some(false),
            Axis::Obs(name) => {
                let column = self.loaded.column(&axis.data());
                self.columns.get(name).is_none()
                    || column.is_some_and(|column| matches!(column.as_ref(), Column::Categorical(_)))
            }
        };
        let wrong = |panel: &Panel| -> Vec<String> {
            match &panel.kind {
                PanelKind::Scatter(plot) => {
                    plot.axes().into_iter().filter(has_no_numbers).map(|axis| self.axis_name(axis)).collect()
                }
                PanelKind::Embedding(_) => Vec::new(),
            }
        };
        // Of a plot that cannot be, all that is wrong is told at once.
        let is_unknown = |axis: &&Axis| match axis {
            Axis::Gene(key) => self.has_gene(key).is_none(),
            Axis::Obs(_) => false,
        };
        let waits = |panel: &&Panel| match &panel.kind {
            PanelKind::Scatter(plot) => plot.axes().iter().any(is_unknown),
            PanelKind::Embedding(_) => false,
        };
        if view.panels.iter().any(|panel| waits(&panel)) {
            return None;
        }
        let names = set_of(view.panels.iter().flat_map(wrong));
        let verb = if names.len() == 1 { "has" } else { "have" };
        let names = quoted(&names.into_iter().collect::<Vec<_>>())?;
        let mut mended = view.clone();
        for panel in mended.panels.iter_mut().filter(|panel| !wrong(panel).is_empty()) {
            panel.kind = PanelKind::default();
            panel.camera = None;
        }
        Some((mended, format!("{names} {verb} no numbers for a scatter plot: the embedding is shown.")))
    }

    /// A panel to open next to those of a view: of the first embedding that none shows, or else of what the focused panel
    /// shows.
    pub fn next_panel(&self, view: &ViewSpec, focused: &Panel) -> Panel {
        let shown = set_of(view.panels.iter().filter_map(|panel| self.projection(panel.key().as_deref())));
        let new = self.manifest.embeddings.iter().map(|entry| &entry.key).find(|key| !shown.contains(*key));
        match new {
            Some(key) => {
                let kind = PanelKind::Embedding(Some(key.clone()));
                Panel { kind, camera: None, only: None, ..focused.clone() }
            }
            None => Panel { only: None, ..focused.clone() },
        }
    }

    /// The labels to split panels by next, given those that they are split by: the first few, then more, and where no more
    /// panels can be open, the next ones. Empty before the labels are there.
    pub fn split_labels(&self, column: &str, shown: &[Label]) -> Vec<Label> {
        let all = self.labels_in_order(column);
        let first = shown.first().and_then(|first| all.iter().position(|label| label == first)).unwrap_or(0);
        let (begin, count) = match shown.len() {
            0 => (0, SPLIT_STEP),
            n_shown if n_shown < MOST_PANELS && first + n_shown < all.len() => {
                (first, (n_shown + SPLIT_STEP).min(MOST_PANELS))
            }
            n_shown if first + n_shown < all.len() => (first + n_shown, MOST_PANELS),
            _ => (0, MOST_PANELS),
        };
        all.into_iter().skip(begin).take(count).collect()
    }

    /// The labels of a column in the order that they are shown in, then none where cells have none; of a subset those alone
    /// that its cells have.
    fn labels_in_order(&self, column: &str) -> Vec<Label> {
        let (Some(order), Some(categories)) = (self.label_order(column), self.categories(column)) else {
            return Vec::new();
        };
        let in_view = self.in_view().zip(self.loaded.labels(column)).map(|(in_view, labels)| {
            let mut has_cells = vec![false; labels.categories.len() + 1];
            for cell in in_view.iter() {
                has_cells[labels.codes.get(cell) as usize] = true;
            }
            has_cells
        });
        let is_in_view = |code: usize| in_view.as_ref().is_none_or(|has_cells| has_cells.get(code) == Some(&true));
        let order = order.iter().map(|&code| code as usize).filter(|&code| is_in_view(code));
        let named = order.filter_map(|code| categories.labels.get(code).map(Label::named));
        let missing = categories.labels.len();
        let has_missing = categories.counts.get(missing).is_some_and(|&n_cells| n_cells > 0) && is_in_view(missing);
        named.chain(has_missing.then_some(Label::Missing)).collect()
    }

    /// How many labels a column has that panels can be split by.
    pub fn n_split_labels(&self, column: &str) -> usize {
        self.labels_in_order(column).len()
    }

    /// The cells of a label; `None` while the column is not there.
    pub fn cells_of_label(&self, ColumnLabel { column, label }: &ColumnLabel) -> Option<CellMask> {
        let labels = self.loaded.labels(column)?;
        let code = match label {
            Label::Missing => Some(labels.missing_code()),
            Label::Named(name) => labels.categories.iter().position(|known| known == name).map(|code| code as u32),
        };
        let is_in = |cell: usize| Some(labels.codes.get(CellIdx(cell as u32))) == code;
        Some(CellMask::from_fn(self.loaded.n_obs(), is_in))
    }

    /// How many cells in view have a label; `None` while the column is not there.
    pub fn n_of_label(&self, label: &ColumnLabel) -> Option<usize> {
        let mut cells = self.cells_of_label(label)?;
        if let Some(in_view) = self.in_view() {
            cells.and(in_view);
        }
        Some(cells.count())
    }

    /// How often the user's own columns have changed, whose cells panels may be split by.
    pub fn own_revision(&self) -> u32 {
        self.own.revision()
    }
}
