//! Dialogs: a rectangle by its coordinates, cells by their ids, the columns on the card of a cell.

use explorer_core::{
    data::CellIdx,
    embed::Cause,
    session::{LISTED_CELLS, Session},
    state::{Action, SelectMode},
};
use gloo_file::{File, futures::read_as_text};
use leptos::prelude::*;

use super::parts::Page;
use crate::{
    picture::Pictures,
    store::{Store, Tone},
    ui::{CardDialog, CellFinder, FindStatus, RectangleDialog},
    view::view,
};

/// The dialogs.
#[component]
pub(super) fn SelectionDialogs(store: Store, pictures: Pictures, page: Page) -> impl IntoView {
    let has_selection = store.part(|state| !state.view.analysis.query.filters.selections.is_empty());
    let drawn = move || {
        page.typing_rectangle.track();
        store.projection(store.focused()).unwrap_or_default()
    };
    view! {
        <RectangleDialog
            open=page.typing_rectangle
            embedding=Signal::derive(move || {
                let key = drawn();
                let name = |session: &Session| session.projection_name(&key);
                store.with_session(name).unwrap_or_default()
            })
            bounds=Callback::new(move |()| pictures.focused(store).corners())
            has_selection
            on_select=Callback::new(move |(corners, mode): ([(f64, f64); 2], SelectMode)| {
                pictures.focused(store).select_rectangle(store, corners, mode);
            })
        />
        <Finder store pictures page />
    }
}

/// The dialog that asks which columns are on the card of the cell under the pointer.
#[component]
pub(super) fn HoverCard(store: Store, page: Page) -> impl IntoView {
    let n_own = store.part(|state| state.view.analysis.own_columns.len());
    let columns = Memo::new(move |_| {
        n_own.track();
        // There may be hundreds.
        if !page.choosing_card.get() {
            return Vec::new();
        }
        let shown = |session: &Session| {
            let shown = session.columns().iter().filter(|column| !column.hidden);
            shown.map(|column| column.name.clone()).collect()
        };
        store.read_loaded(shown).unwrap_or_default()
    });
    view! {
        <CardDialog
            open=page.choosing_card
            columns
            chosen=store.part(|state| state.transient.card.clone())
            on_toggle=Callback::new(move |column| store.dispatch(Action::ToggleOnCard(column)))
        />
    }
}

#[component]
fn Finder(store: Store, pictures: Pictures, page: Page) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let status = RwSignal::new(FindStatus::default());
    let found = StoredValue::new(Vec::<CellIdx>::new());
    let asked = StoredValue::new(0_u32);
    let find = move |asked_for: String| {
        asked.update_value(|asked| *asked += 1);
        let turn = asked.get_value();
        if store.with_manifest(|manifest| manifest.cell_ids.is_none()) == Some(true) {
            status.set(FindStatus::Failed("The dataset has no ids of cells: the file's obs has no index.".to_owned()));
            return;
        }
        status.set(FindStatus::Running);
        store.spawn(async move {
            let answer = store.find_pasted_cells(&asked_for).await;
            // A newer search is under way.
            if asked.get_value() != turn {
                return;
            }
            status.set(match answer {
                Ok(cells) => {
                    let n_cells = cells.cells.len();
                    found.set_value(cells.cells);
                    FindStatus::Found { n_cells, unknown: cells.unknown }
                }
                Err(error) => FindStatus::Failed(format!("The ids could not be loaded: {error}")),
            });
        });
    };
    let take_file = move |file: web_sys::File| {
        let file = File::from(file);
        store.spawn(async move {
            match read_as_text(&file).await {
                Ok(ids) => text.set(ids),
                Err(_) => store.tell(format!("The browser could not read {}.", file.name()), Tone::Error),
            }
        });
    };
    let select = move |()| {
        let cells = found.get_value();
        page.finding_cells.set(false);
        store.spawn(async move {
            if let Err(error) = store.select_as_set(LISTED_CELLS, &cells, Cause::User).await {
                store.tell(format!("The cells could not be selected: {error}"), Tone::Error);
            }
        });
    };
    let show = move |()| {
        let Some(cell) = found.with_value(|cells| cells.first().copied()) else { return };
        page.finding_cells.set(false);
        if !pictures.focused(store).show_cell(store, cell) {
            store
                .tell("The cell has no position in this embedding, or it is not loaded yet.".to_owned(), Tone::Warning);
        }
    };
    // What was found is of the list that stands there.
    Effect::new(move |before: Option<()>| {
        text.track();
        if before.is_some() {
            asked.update_value(|asked| *asked += 1);
            status.set(FindStatus::Idle);
        }
    });
    view! {
        <CellFinder
            open=page.finding_cells
            unit=store.unit()
            text
            status
            on_file=Callback::new(take_file)
            on_find=Callback::new(find)
            on_select=Callback::new(select)
            on_show=Callback::new(show)
        />
    }
}
