//! Questions that several parts of the page ask.

use explorer_core::{
    de::Adjustment,
    state::{
        About, Action, CellQuery, ColorBy, Comparison, Inquiry, MarkerOrder, Markers, Plot, PlotKind, Reference,
        ResultPanel,
    },
};
use leptos::prelude::*;

use super::Page;
use crate::store::{Store, Tone};

/// Compares the cells of a query with the rest of what is in view, as a set that is named after the filters, by the test
/// and in the layer that the form of a comparison has. That shows the question from then on, and what is wrong with it.
pub fn compare_with_rest(store: Store, page: Page, query: CellQuery) {
    let set = store.peek(|state| store.with_session(|session| session.set_of(query, &state.view.analysis)));
    let Some(set) = set else { return };
    let chosen = page.asked.with_untracked(|asked| asked.as_ref().map(|asked| (asked.mode, asked.layer.clone())));
    let (mode, layer) = chosen.unwrap_or_default();
    let universe = store.peek(|state| state.view.analysis.query.subset.clone());
    let group = set.name.clone();
    store.dispatch(Action::CompareWithRest { set, mode, layer: layer.clone() });
    let adjustment = Adjustment::default();
    page.asked.set(Some(Comparison { group, reference: Reference::Rest, mode, adjustment, layer, universe }));
}

/// Opens the markers of a column among the cells in view.
pub fn show_markers(store: Store, column: String, rank: MarkerOrder) {
    let universe = store.peek(|state| state.view.analysis.query.subset.clone());
    let markers = Markers { column, rank, universe };
    store.dispatch(Action::ShowResult(Some(ResultPanel::Markers(markers))));
}

/// The layer that questions about genes ask; `None` for the dataset's default.
fn layer(store: Store) -> Option<String> {
    store.peek(|state| state.view.analysis.layer.clone())
}

/// Opens a plot of genes by the column that colors the cells, or the column of cell types.
pub fn open_plot(store: Store, genes: Vec<String>) {
    let column = store.peek(|state| store.with_session(|session| session.column_to_plot(&state.view.analysis)));
    match column.flatten() {
        Some(by) => show_plot(store, Plot { by, genes, layer: layer(store), ..Plot::default() }),
        None => store.tell("The dataset has no category to group cells by.".to_owned(), Tone::Warning),
    }
}

/// Opens a plot by a column: of the listed genes, or, where there are none, of its composition by the column that colors the
/// cells.
pub fn plot_column(store: Store, by: String) {
    let genes = store.peek(|state| state.view.analysis.genes.clone());
    if !genes.is_empty() {
        show_plot(store, Plot { by, genes, layer: layer(store), ..Plot::default() });
        return;
    }
    let then = store.peek(|state| store.with_session(|session| session.column_to_plot(&state.view.analysis))).flatten();
    show_plot(store, Plot { kind: PlotKind::Bars, by, then, ..Plot::default() });
}

/// Asks what the selected cells are; without a selection, those of the subset in view.
pub fn describe_cells(store: Store) {
    let mut cells = store.peek(|state| state.view.analysis.query.clone());
    if cells.filters.is_empty() {
        match cells.subset.pop() {
            Some(level) => cells.filters = level,
            None => {
                store.tell("Select some cells first: all of them are as they are.".to_owned(), Tone::Warning);
                return;
            }
        }
    }
    ask(store, Inquiry { about: About::Cells, layer: None, cells });
}

/// Asks which genes go with the gene or the numbers that color the cells, over the cells in view.
pub fn correlate_genes(store: Store) {
    let color = store.peek(|state| state.view.analysis.color.clone());
    let numbers = store.with_session(|session| match &color {
        ColorBy::Gene(key) => Some((About::Gene(key.gene.clone()), key.layer.clone())),
        ColorBy::Obs(name) if !session.columns().is_categorical(name) => Some((About::Column(name.clone()), None)),
        ColorBy::None | ColorBy::Obs(_) | ColorBy::GeneSet { .. } | ColorBy::TwoGenes { .. } => None,
    });
    match numbers.flatten() {
        Some((about, layer)) => {
            let subset = store.peek(|state| state.view.analysis.query.subset.clone());
            ask(store, Inquiry { about, layer, cells: CellQuery { subset, ..CellQuery::default() } });
        }
        None => store.tell("Color by a gene or a column of numbers first.".to_owned(), Tone::Warning),
    }
}

fn ask(store: Store, inquiry: Inquiry) {
    store.dispatch(Action::ShowResult(Some(ResultPanel::Inquiry(inquiry))));
}

/// Opens a plot of the cells in view.
fn show_plot(store: Store, plot: Plot) {
    let universe = store.peek(|state| state.view.analysis.query.subset.clone());
    store.dispatch(Action::ShowResult(Some(ResultPanel::Plot(Plot { universe, ..plot }))));
}
