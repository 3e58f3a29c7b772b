//! What commands do that the state alone cannot carry out, and the keys that ask for them.

use explorer_core::{
    embed::snippet,
    screen::{takes_key, takes_text},
    state::{Action, Command, Modifiers, Platform, Side},
};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement, KeyboardEvent};

use super::{
    panels::{add_panel, split, tell_linked},
    parts::{Page, correlate_genes, describe_cells, open_plot},
    results::find_markers,
};
use crate::{
    host::{CopyRefused, on_key},
    owner,
    picture::Pictures,
    platform,
    store::{Store, Tone},
    ui::{focus, focus_soon},
};

/// Where the style sheet has drawers in place of sidebars.
const NARROW: &str = "(max-width: 960px)";

/// How much closer a command brings.
const ZOOM_STEP: f64 = 1.5;

/// Carries out a command: those that the state alone cannot, here.
pub(super) fn run(store: Store, pictures: Pictures, page: Page, command: Command) {
    // The tour lies over all that the state can close.
    if command == Command::Close && page.touring.get_untracked() {
        page.touring.set(false);
        return;
    }
    if let Some(action) = store.peek(|state| command.action(state)) {
        store.dispatch(action);
        if command == Command::LinkCameras {
            tell_linked(store);
        } else if command == Command::Subset {
            pictures.all().iter().for_each(|picture| picture.show_subset(store));
        }
        return;
    }
    match command {
        Command::ZoomIn => pictures.focused(store).zoom(store, ZOOM_STEP),
        Command::ZoomOut => pictures.focused(store).zoom(store, 1.0 / ZOOM_STEP),
        Command::AddPanel => add_panel(store),
        Command::ScatterPlot => page.plotting.set(true),
        Command::SplitPanels => split(store),
        Command::TypeRectangle => page.typing_rectangle.set(true),
        Command::FindCells => page.finding_cells.set(true),
        Command::SaveCellSet => {
            open_right(store);
            page.naming.set(true);
        }
        Command::LabelSelection => page.labeling.set(true),
        Command::FindMarkers => find_markers(store),
        Command::PlotGenes => {
            open_plot(store, store.peek(|state| state.view.analysis.genes.clone()));
        }
        Command::DescribeCells => describe_cells(store),
        Command::CorrelateGenes => correlate_genes(store),
        Command::SearchGene => {
            open_right(store);
            page.focus_search.update(|count| *count += 1);
        }
        Command::ShowShortcuts => page.shortcuts.set(true),
        Command::TakeTour => page.touring.set(true),
        Command::OpenFile => {
            if let Some(host) = store.host() {
                host.ask_for_file();
            }
        }
        Command::CopyLink => {
            let beyond =
                store.peek(|state| (state.view.has_columns_beyond_link(), !state.view.sets_beyond_link().is_empty()));
            let done = match beyond {
                (false, false) => "The link to this view is copied.",
                (true, _) => {
                    "The link to this view is copied, without your own columns: they are too large for a link. Save \
                     them as CSV to pass them on."
                }
                (false, true) => {
                    "The link to this view is copied, without the cell sets that are too large for a link: save their \
                     cells to pass them on."
                }
            };
            copy(store, store.address_of(&store.link()), done);
        }
        Command::CopyEmbed => copy_embed(store),
        Command::SaveCells => page.saving_cells.set(true),
        Command::ShowPalette => page.palette.set(true),
        Command::SavePicture => page.saving.set(true),
        Command::ChooseCard => page.choosing_card.set(true),
        Command::CompareSets => {
            open_right(store);
            if let Some(host) = store.host() {
                focus_soon(host.root().clone(), "[data-testid=compare-group]");
            }
        }
        // The state alone tells the action of these.
        Command::Close
        | Command::Undo
        | Command::Redo
        | Command::Fit
        | Command::ToolPan
        | Command::ToolLasso
        | Command::ToolRectangle
        | Command::ToolOrbit
        | Command::FrontView
        | Command::InvertSelection
        | Command::ClearFilters
        | Command::Subset
        | Command::Unsubset
        | Command::ToggleLeftSidebar
        | Command::ToggleRightSidebar
        | Command::ToggleLabels
        | Command::ClosePanel
        | Command::KeepPanel
        | Command::NextPanel
        | Command::LinkCameras
        | Command::ToggleDensity
        | Command::ToggleTheme => {}
    }
}

/// Opens the sidebar of genes, sets and comparisons; where there is no room for it, the drawer.
fn open_right(store: Store) {
    let is_narrow = platform::window().match_media(NARROW).ok().flatten().is_some_and(|narrow| narrow.matches());
    if is_narrow {
        store.dispatch(Action::SetDrawer(Some(Side::Right)));
    } else if store.peek(|state| !state.view.layout.right) {
        store.dispatch(Action::ToggleSidebar(Side::Right));
    }
}

/// Copies the HTML that shows this view in another page.
fn copy_embed(store: Store) {
    let Some(host) = store.host() else { return };
    let title = store.with_manifest(|manifest| manifest.title.clone()).flatten().unwrap_or_default();
    let html = snippet(host.base(), &host.address_of(""), &store.link(), &title);
    copy(
        store,
        html,
        "The HTML that shows this view in another page is copied; the viewer's site must name that page's.",
    );
}

fn copy(store: Store, text: String, done: &'static str) {
    let Some(host) = store.host() else { return };
    let copied = host.copy(text);
    store.spawn(async move {
        match copied.await {
            Ok(()) => store.tell(done.to_owned(), Tone::Done),
            Err(CopyRefused) => {
                store.tell("The browser did not allow copying; the address bar has the link.".to_owned(), Tone::Error);
            }
        }
    });
}

/// Asks for commands by their keys, as long as the owner lives. A text field takes what is typed into it, an open dialog
/// or menu what closes it.
pub(super) fn listen_to_keys(store: Store, page: Page, on_command: Callback<Command>, platform: Platform) {
    let Some(host) = store.host() else { return };
    let root = host.root().clone();
    let listener = on_key(host, move |press| {
        let modifiers = Modifiers {
            ctrl: press.ctrl_key(),
            meta: press.meta_key(),
            alt: press.alt_key(),
            shift: press.shift_key(),
        };
        let is_allowed = store.peek(|state| state.transient.letter_keys.allow(&press.key(), modifiers));
        let command = Command::from_key(&press.key(), modifiers, platform).filter(|_| is_allowed);
        let Some(command) = command.filter(|_| !is_its_own(press)) else { return };
        let is_open = |what| root.query_selector(what).is_ok_and(|open| open.is_some());
        // What is typed is meant for a dialog that has been asked for, also before it is there.
        let is_asked_for = page.dialogs().iter().any(|dialog| dialog.get_untracked());
        // The browser closes these by Escape.
        let is_over = is_open("dialog[open]") || command == Command::Close && is_open(":popover-open");
        if press.default_prevented() || is_asked_for || is_over {
            return;
        }
        match text_field(press) {
            // A field is a layer too, once what was typed into it has been cleared.
            Some(field) if command == Command::Close => {
                if is_empty(&field) {
                    focus(root.query_selector(".picture").ok().flatten());
                }
            }
            // A line of text has no use for its key.
            Some(_) if command == Command::ShowPalette => {
                press.prevent_default();
                on_command.run(command);
            }
            Some(_) => {}
            None => {
                press.prevent_default();
                on_command.run(command);
            }
        }
    });
    owner::keep(listener);
}

/// Whether what has the focus has a use of its own for a key.
fn is_its_own(press: &KeyboardEvent) -> bool {
    let target = press.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    target.is_some_and(|target| takes_key(&target.tag_name(), &press.key()))
}

/// The field that a key goes into.
fn text_field(press: &KeyboardEvent) -> Option<HtmlElement> {
    let target = press.target()?.dyn_into::<HtmlElement>().ok()?;
    let kind = target.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::type_).unwrap_or_default();
    (target.is_content_editable() || takes_text(&target.tag_name(), &kind)).then_some(target)
}

/// Whether Escape has nothing to clear in a field.
fn is_empty(field: &HtmlElement) -> bool {
    field.dyn_ref::<HtmlInputElement>().is_none_or(|field| field.type_() != "search" || field.value().is_empty())
}
