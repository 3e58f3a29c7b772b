//! The panels: one picture, or several in a grid.

use explorer_core::{
    screen::n_grid_columns,
    session::{Session, Unit, embedding_name, label_text},
    sorting::sort_by,
    state::{Action, AppState, ColorBy, ColumnLabel, Label, MOST_PANELS, Panel, PanelIdx, PanelKind, Scatter},
};
use leptos::prelude::*;
use shared_fbs::manifest::Embedding;

use super::{legend::tip, parts::Page};
use crate::{
    picture::{Picture, Pictures},
    store::{Store, Tone},
    ui::{CellTooltip, Choice, Each, PanelBar, ScatterDialog, Show, SplitBar},
    view::view,
};

/// The panels in a grid that fits the screen.
#[component]
pub(super) fn PanelGrid(store: Store, pictures: Pictures) -> impl IntoView {
    let count = store.part(|state| state.view.panels.count());
    let focused = store.part(AppState::focused);
    let places = move || (0..count.get() as u32).map(PanelIdx).collect::<Vec<_>>();
    let columns = move || n_grid_columns(count.get());
    view! {
        <div
            class="panels"
            class:several=move || { count.get() > 1 }
            style=("--columns", move || columns().to_string())
            style=("--rows", move || count.get().div_ceil(columns()).to_string())
            data-testid="panels"
        >
            <Each each=places key=|place| *place let:panel>
                <div
                    class="panel"
                    class:focused=move || { focused.get() == panel && count.get() > 1 }
                    data-testid=format!("panel-{}", panel.0)
                    on:pointermove=move |_| {
                        if pictures.pointed.get_untracked() != panel {
                            pictures.pointed.set(panel);
                        }
                    }
                >
                    <PanelView store pictures panel />
                </div>
            </Each>
            <SplitFoot store />
        </div>
    }
}

/// A panel.
#[component]
fn PanelView(store: Store, pictures: Pictures, panel: PanelIdx) -> impl IntoView {
    let handle = pictures.open(store, panel);
    let has_several = store.part(|state| state.view.panels.count() > 1);
    view! {
        <Picture store handle />
        <Show when=move || has_several.get()>
            <PanelHead store panel />
        </Show>
        <CellTooltip tip=Signal::derive(move || {
            let is_here = pictures.pointed.get() == panel || !has_several.get();
            if is_here { tip(store, handle) } else { None }
        }) />
    }
}

/// What one of several panels shows.
#[component]
fn PanelHead(store: Store, panel: PanelIdx) -> impl IntoView {
    let shown =
        store.part(move |state| state.view.panels.get(panel).map(|panel| (panel.kind.clone(), panel.only.clone())));
    let choices = projection_choices(store, panel);
    let key = Signal::derive(move || {
        shown.track();
        store.phase().track();
        store.projection_asked(panel).unwrap_or_default()
    });
    let subset = store.part(|state| state.view.analysis.query.subset.clone());
    let numbers = store.numbers();
    let n_visible = Memo::new(move |_| numbers.get().1);
    let only = Memo::new(move |_| {
        subset.track();
        n_visible.track();
        let Some((_, Some(only))) = shown.get() else { return String::new() };
        let cells = store.read_loaded(|session| session.n_of_label(&only)).flatten();
        let label = label_text(&only.label).into_owned();
        let count = |n_cells| store.with_manifest(Unit::of).unwrap_or_default().count(n_cells as u64);
        cells.map_or_else(|| label.clone(), |n_cells| format!("{label}: {}", count(n_cells)))
    });
    view! {
        <PanelBar
            choices
            shown=key
            only
            on_choose=Callback::new(move |key: String| show(store, panel, key))
            on_close=Callback::new(move |()| store.dispatch(Action::ClosePanel(panel)))
        />
    }
}

/// What a panel may show: the embeddings, each with its cells, and the scatter plot that it shows.
pub(super) fn projection_choices(store: Store, panel: PanelIdx) -> Signal<Vec<Choice>> {
    let numbers = store.numbers();
    let n_visible = Memo::new(move |_| numbers.get().1);
    let kind = store.part(move |state| state.view.panels.get(panel).map(|panel| panel.kind.clone()));
    let choices = Memo::new(move |_| {
        // Read, not tracked alone: a memo that nobody reads follows nothing.
        n_visible.get();
        kind.get();
        let name = |session: &Session| {
            let unit = Unit::of(session.manifest());
            let choice = |embedding: &Embedding| {
                let name = embedding_name(&embedding.key);
                let label = match session.n_positioned(embedding) {
                    Some(n_cells) => format!("{name}: {}", unit.count(n_cells)),
                    None => name.to_owned(),
                };
                (embedding.key.clone(), label)
            };
            session.manifest().embeddings.iter().map(choice).collect::<Vec<_>>()
        };
        let mut choices = store.read_loaded(name).unwrap_or_default();
        sort_by(&mut choices, |a, b| a.1.cmp(&b.1));
        let plot = store.projection_asked(panel).filter(|key| Scatter::from_key(key).is_some());
        let named =
            plot.and_then(|key| Some((key.clone(), store.with_session(|session| session.projection_name(&key))?)));
        choices.extend(named);
        let choice = |(key, label): (String, String)| {
            let pictures = store.pictures_of_embedding(&key);
            Choice::new(key, label).with_pictures(pictures)
        };
        choices.into_iter().map(choice).collect::<Vec<_>>()
    });
    choices.into()
}

/// Shows what was chosen in a panel.
pub(super) fn show(store: Store, panel: PanelIdx, key: String) {
    match Scatter::from_key(&key) {
        Some(scatter) => store.dispatch(Action::SetScatter { panel, scatter }),
        None => store.dispatch(Action::SetEmbedding { panel, embedding: Some(key) }),
    }
}

/// Opens another panel.
pub(super) fn add_panel(store: Store) {
    let next = store.peek(|state| {
        let can_open = state.view.panels.count() < MOST_PANELS;
        store.with_session(|session| session.next_panel(&state.view, state.focused_panel())).filter(|_| can_open)
    });
    match next {
        Some(panel) => store.dispatch(Action::AddPanel(panel)),
        None => store.tell("There are as many panels as can be open.".to_owned(), Tone::Warning),
    }
}

/// Shows the labels that color the cells in panels of their own: the first ones, or the next of those that do already.
pub(super) fn split(store: Store) {
    let column = store.peek(|state| match &state.view.analysis.color {
        ColorBy::Obs(column) => Some(column.clone()),
        ColorBy::None | ColorBy::Gene(_) | ColorBy::TwoGenes { .. } | ColorBy::GeneSet { .. } => None,
    });
    match column {
        Some(column) => split_by(store, column),
        None => store.tell("Color the cells by a category to split them by its labels.".to_owned(), Tone::Warning),
    }
}

fn split_by(store: Store, column: String) {
    let shown = split_of(store).filter(|(split, _)| *split == column).map(|(_, labels)| labels).unwrap_or_default();
    let labels = store.with_session(|session| session.split_labels(&column, &shown)).unwrap_or_default();
    if labels.is_empty() {
        store.tell(format!("{column} has no labels to split the cells by."), Tone::Warning);
        return;
    }
    let panel = if shown.is_empty() { store.focused() } else { PanelIdx::FIRST };
    store.dispatch(Action::SplitPanels { panel, column, labels });
}

/// The column that all panels are split by, with their labels.
fn split_of(store: Store) -> Option<(String, Vec<Label>)> {
    store.peek(|state| labels_of(state.view.panels.iter().map(|panel| panel.only.clone()).collect()))
}

fn labels_of(shown: Vec<Option<ColumnLabel>>) -> Option<(String, Vec<Label>)> {
    let shown = shown.into_iter().collect::<Option<Vec<_>>>()?;
    let column = shown.first()?.column.clone();
    let is_of_one = shown.iter().all(|only| only.column == column);
    is_of_one.then(|| (column, shown.into_iter().map(|only| only.label).collect()))
}

/// How many labels the panels show, and a button for more.
#[component]
fn SplitFoot(store: Store) -> impl IntoView {
    let shown = store.part(|state| state.view.panels.iter().map(|panel| panel.only.clone()).collect::<Vec<_>>());
    let numbers = store.numbers();
    let n_visible = Memo::new(move |_| numbers.get().1);
    let told = Memo::new(move |_| {
        n_visible.track();
        let (column, labels) = labels_of(shown.get())?;
        let n_labels = store.read_loaded(|session| session.n_split_labels(&column))?;
        (labels.len() < n_labels).then(|| (format!("{} of {n_labels} labels of {column}", labels.len()), column))
    });
    view! {
        {move || told.get().map(|(text, column)| view! {
            <SplitBar text on_more=Callback::new(move |()| split_by(store, column.clone())) />
        })}
    }
}

/// Shows a scatter plot in place of the one in the panel that commands are about, or in a panel of its own.
fn show_plot(store: Store, scatter: Scatter) -> Result<(), String> {
    let (kind, points, n_panels) = store
        .peek(|state| (state.focused_panel().kind.clone(), state.focused_panel().points, state.view.panels.count()));
    let action = match kind {
        PanelKind::Scatter(_) => Action::SetScatter { panel: store.focused(), scatter },
        PanelKind::Embedding(_) if n_panels < MOST_PANELS => {
            Action::AddPanel(Panel { kind: PanelKind::Scatter(scatter), points, ..Panel::default() })
        }
        PanelKind::Embedding(_) => return Err(format!("{MOST_PANELS} panels are open, as many as can be: close one.")),
    };
    store.dispatch(action);
    Ok(())
}

/// Says where linked cameras have nothing to move together.
pub(super) fn tell_linked(store: Store) {
    let (linked, kinds) = store.peek(|state| {
        let kinds: Vec<PanelKind> = state.view.panels.iter().map(|panel| panel.kind.clone()).collect();
        (state.view.layout.linked, kinds)
    });
    let share_one = kinds.iter().enumerate().any(|(at, kind)| kinds[..at].contains(kind));
    if linked && !share_one {
        let told = "Cameras are linked, but no two panels show the same embedding: those that do will move together.";
        store.tell(told.to_owned(), Tone::Warning);
    }
}

/// The dialog that asks for the axes of a scatter plot.
#[component]
pub(super) fn ScatterPlot(store: Store, page: Page) -> impl IntoView {
    let axes = [RwSignal::new(String::new()), RwSignal::new(String::new())];
    let layer = move || store.peek(|state| state.view.analysis.layer.clone());
    let choices = move |typed: String| {
        store.read_loaded(|session| session.axis_choices(&typed, layer().as_deref())).unwrap_or_default()
    };
    let plot = move |typed: [String; 2]| {
        let scatter = store.with_session(|session| {
            let layer = layer();
            let axis = |name: &String| session.axis_of(name, layer.as_deref());
            Ok(Scatter { x: axis(&typed[0])?, y: axis(&typed[1])? })
        });
        let scatter = scatter.unwrap_or_else(|| Err("The dataset is not open yet.".to_owned()))?;
        show_plot(store, scatter)
    };
    view! { <ScatterDialog open=page.plotting axes choices=Callback::new(choices) on_plot=Callback::new(plot) /> }
}
