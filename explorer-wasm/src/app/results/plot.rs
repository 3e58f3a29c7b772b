//! The plot that is open.

use explorer_core::{
    color::Ground,
    format,
    screen::gene_names,
    session::{MarkersResult, Session, plot_bytes},
    state::{Action, Filters, GeneKey, Plot, PlotKind, ResultPanel},
};
use leptos::prelude::*;

use crate::{
    app::parts::{ByPointer, resolve, save_csv, save_figure, title},
    store::{AskedPlot, DrawnPlot, PlotStatus, Store},
    ui::{PlotFile, PlotView, ResultState, Show, WhichCells},
    view::view,
};

/// Markers of each label that a plot opens with, and genes of all labels together.
const MARKERS_PER_LABEL: usize = 3;
const MOST_MARKERS: usize = 60;

/// The plot, where one is open.
#[component]
pub fn PlotPanel(store: Store) -> impl IntoView {
    let asked = store.part(|state| state.view.shown_plot().cloned());
    let status = store.plotting();
    let is_open = Memo::new(move |_| asked.with(Option::is_some));
    // While another is drawn, the last one stays.
    let drawn = Memo::new(move |before: Option<&Option<ByPointer<DrawnPlot>>>| match status.get() {
        PlotStatus::Done(drawn) => Some(ByPointer(drawn)),
        PlotStatus::Running(..) => before.cloned().flatten(),
        PlotStatus::None | PlotStatus::Failed(_) => None,
    });
    let state = move || match status.get() {
        PlotStatus::None => ResultState::Running("Preparing".to_owned(), None),
        PlotStatus::Running(progress, _) => {
            let about =
                store.with_manifest(|manifest| asked.with(|plot| plot.as_ref().map(|plot| plot_bytes(manifest, plot))));
            let about = format::bytes(about.flatten().unwrap_or_default());
            let text = match progress.n_parts {
                0 => format!("Reading about {about}"),
                n_parts => {
                    format!("{} of {n_parts}, {} of about {about}", progress.n_done, format::bytes(progress.n_bytes))
                }
            };
            ResultState::Running(text, None)
        }
        PlotStatus::Failed(reason) => ResultState::Failed(reason),
        PlotStatus::Done(_) => ResultState::Done,
    };
    let as_labels = store.part(|state| state.view.analysis.as_labels.clone());
    let columns = Memo::new(move |_| {
        if !is_open.get() {
            return Vec::new();
        }
        as_labels.track();
        let analysis = store.peek(|state| state.view.analysis.clone());
        store.read_loaded(|session| session.columns_to_group(&analysis)).unwrap_or_default()
    });
    let subset = store.part(|state| state.view.analysis.query.subset.clone());
    let filters = store.part(|state| state.view.analysis.query.filters.clone());
    let selection = Memo::new(move |_| {
        let filters = filters.get();
        (!filters.is_empty()).then(|| subset.get().into_iter().chain([filters]).collect::<Vec<Filters>>())
    });
    let cells = move || {
        asked.with(|asked| match asked {
            Some(plot) if subset.with(|subset| plot.universe == *subset) => WhichCells::InView,
            Some(plot) if selection.with(|selection| selection.as_ref() == Some(&plot.universe)) => {
                WhichCells::Selected
            }
            Some(_) | None => WhichCells::AsAsked,
        })
    };
    // As they are asked for, before they are drawn so.
    let groups = move || {
        let drawn = drawn.get().map(|drawn| drawn.0.groups.clone()).unwrap_or_default();
        let first = asked.with(|asked| asked.as_ref().map(|plot| plot.groups.clone())).unwrap_or_default();
        let first: Vec<String> = first.into_iter().filter(|group| drawn.contains(group)).collect();
        let others = drawn.into_iter().filter(|group| !first.contains(group)).collect::<Vec<_>>();
        first.into_iter().chain(others).collect::<Vec<_>>()
    };
    let change = move |plot: Plot| store.dispatch(Action::ShowResult(Some(ResultPanel::Plot(plot))));
    let on_cells = move |cells: WhichCells| {
        let universe = match cells {
            WhichCells::InView => Some(subset.get_untracked()),
            WhichCells::Selected => selection.get_untracked(),
            WhichCells::AsAsked => None,
        };
        if let (Some(universe), Some(plot)) = (universe, asked.get_untracked()) {
            change(Plot { universe, ..plot });
        }
    };
    let labels = move || {
        let genes = asked.with(|asked| asked.as_ref().map(|plot| plot.genes.clone())).unwrap_or_default();
        let label = |session: &Session, gene: String| session.label_in_any_layer(&GeneKey::new(gene));
        let labels =
            store.read_loaded(|session| genes.into_iter().map(|gene| label(session, gene)).collect::<Vec<_>>());
        labels.unwrap_or_default().join(", ")
    };
    let on_genes = move |text: String| {
        if let Some(plot) = asked.get_untracked() {
            change(Plot { genes: resolve(store, &gene_names(&text)).all, ..plot });
        }
    };
    view! {
        <Show when=move || is_open.get()>
            <PlotView
                plot=Signal::derive(move || asked.get().unwrap_or_default())
                state=Signal::derive(state)
                facts=Signal::derive(move || drawn.get().map(|drawn| drawn.0.facts.clone()).unwrap_or_default())
                caution=Signal::derive(move || drawn.get().and_then(|drawn| drawn.0.left_out.clone()))
                svg=Signal::derive(move || drawn.get().map(|drawn| drawn.0.svg.clone()).unwrap_or_default())
                table=Signal::derive(move || drawn.get().map(|drawn| drawn.0.table.clone()).unwrap_or_default())
                columns
                groups=Signal::derive(groups)
                genes=Signal::derive(labels)
                cells=Signal::derive(cells)
                has_selection=Signal::derive(move || selection.with(Option::is_some))
                on_change=Callback::new(change)
                on_cells=Callback::new(on_cells)
                on_genes=Callback::new(on_genes)
                on_save=Callback::new(move |file| {
                    if let Some(ByPointer(drawn)) = drawn.get_untracked() {
                        save(store, &drawn, file);
                    }
                })
                on_retry=Callback::new(move |()| store.retry_plot())
                on_close=Callback::new(move |()| store.dispatch(Action::ShowResult(None)))
            />
        </Show>
    }
}

/// Saves a plot. Figures are for paper: on a light ground, whatever the page's is.
fn save(store: Store, drawn: &DrawnPlot, file: PlotFile) {
    let name = format!("{} {}", title(store).get_untracked(), drawn.asked.plot.title());
    if file == PlotFile::Csv {
        save_csv(store, &format!("{name}.csv"), &drawn.csv);
    }
    let asked = AskedPlot { ground: Ground::Light, ..drawn.asked.clone() };
    save_figure(store, name, file, |file| store.plot_file(asked, file));
}

/// Opens a dot plot of the best markers of every label, by the column that they are of.
pub fn plot_markers(store: Store, found: &MarkersResult) {
    let n_labels = found.labels.len().max(1);
    let n_top = (MOST_MARKERS / n_labels).clamp(1, MARKERS_PER_LABEL);
    let best = found.labels.iter().flat_map(|label| label.markers.iter().take(n_top));
    let id = |gene: u32| found.names.id(explorer_core::data::GeneIdx(gene)).to_owned();
    let plot = Plot {
        kind: PlotKind::Dots,
        by: found.asked.column.clone(),
        genes: best.map(|marker| id(marker.gene)).collect(),
        layer: Some(found.layer.clone()),
        universe: found.asked.universe.clone(),
        ..Plot::default()
    };
    store.dispatch(Action::ShowResult(Some(ResultPanel::Plot(plot))));
}
