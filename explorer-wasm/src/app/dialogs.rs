//! The dialogs, a part of the program that is loaded when the first of them opens.

use explorer_core::{
    data::CellIdx,
    embed::Cause,
    session::{LISTED_CELLS, Session},
    state::{Action, Command, Platform, SelectMode},
};
use gloo_file::{File, futures::read_as_text};
use leptos::prelude::*;

use super::{
    later::{Loading, later},
    palette::CommandPalette,
    panels::ScatterPlot,
    parts::Page,
    save_cells::SaveCells,
    save_picture::{html_text, save_picture},
    sidebar::OwnLabelDialog,
};
use crate::{
    picture::Pictures,
    store::{Store, Tone},
    ui::{CardDialog, CellFinder, FindStatus, RectangleDialog, SaveDialog, ShortcutsDialog, Tour},
    view::view,
};

/// All dialogs: what makes them.
#[derive(Clone, Copy)]
pub struct Dialogs(fn(Store, Pictures, Page, Platform, Callback<Command>) -> AnyView);

impl Dialogs {
    /// All there are.
    pub const ALL: Self = Self(|store, pictures, page, platform, on_command| {
        view! { <AllDialogs store pictures page platform on_command /> }
    });
}

/// All of them, from when one is first asked for.
pub(super) fn dialogs(
    store: Store,
    load: fn() -> Loading<Dialogs>,
    pictures: Pictures,
    page: Page,
    platform: Platform,
    on_command: Callback<Command>,
) -> AnyView {
    let opened = move || page.dialogs().into_iter().chain([page.touring]);
    let needed = Signal::derive(move || opened().any(|open| open.get()));
    let give_up = move || opened().for_each(|open| open.set(false));
    later(store, load, needed, give_up, move |all: Dialogs| all.0(store, pictures, page, platform, on_command))
}

#[component]
fn AllDialogs(
    store: Store,
    pictures: Pictures,
    page: Page,
    platform: Platform,
    on_command: Callback<Command>,
) -> impl IntoView {
    let tour = store.loaded(Session::tour);
    view! {
        <ShortcutsDialog
            open=page.shortcuts
            platform
            letter_keys=store.part(|state| state.transient.letter_keys)
            on_letter_keys=Callback::new(move |keys| store.dispatch(Action::SetLetterKeys(keys)))
            on_close=Callback::new(move |()| page.shortcuts.set(false))
        />
        <OwnLabelDialog store page />
        <SelectionDialogs store pictures page />
        <ScatterPlot store page />
        <SaveCells store page />
        <HoverCard store page />
        <Tour
            open=page.touring
            steps=Signal::derive(move || if page.touring.get() { tour.get().unwrap_or_default() } else { Vec::new() })
            on_try=Callback::new(move |action| store.dispatch(action))
        />
        <CommandPalette store page platform on_command />
        <SaveDialog
            open=page.saving
            n_panels=store.part(|state| state.view.panels.count())
            html=html_text(store)
            on_save=move |options| save_picture(store, pictures, page, options)
        />
    }
}

/// Dialogs for what is selected: a rectangle by its coordinates, cells by their ids.
#[component]
fn SelectionDialogs(store: Store, pictures: Pictures, page: Page) -> impl IntoView {
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
fn HoverCard(store: Store, page: Page) -> impl IntoView {
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
