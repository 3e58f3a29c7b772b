//! What commands do that the state alone cannot carry out, and the keys that ask for them.

use explorer_core::state::{Action, Command, Modifiers, Platform, Side};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlElement, KeyboardEvent};

use super::{parts::Page, results::find_markers};
use crate::{
    host::{CopyRefused, on_key},
    owner,
    picture::PictureHandle,
    store::{Store, Tone},
};

/// How much closer a command brings.
const ZOOM_STEP: f64 = 1.5;

/// Carries out a command: those that the state alone cannot, here.
pub(super) fn run(store: Store, handle: PictureHandle, page: Page, command: Command) {
    if let Some(action) = store.peek(|state| command.action(state)) {
        store.dispatch(action);
        return;
    }
    match command {
        Command::ZoomIn => handle.zoom(store, ZOOM_STEP),
        Command::ZoomOut => handle.zoom(store, 1.0 / ZOOM_STEP),
        Command::InvertSelection => {
            if let Some(embedding) = store.embedding_key() {
                store.dispatch(Action::InvertSelection { embedding });
            }
        }
        Command::SaveCellSet => page.naming.set(true),
        Command::FindMarkers => find_markers(store),
        Command::SearchGene => page.focus_search.update(|count| *count += 1),
        Command::ShowShortcuts => page.shortcuts.set(true),
        Command::CopyLink => copy_link(store),
        Command::SavePicture => {
            handle.save(format!("{}.png", page.title.get_untracked()), page.legend.get_untracked());
        }
        Command::CompareSets => {
            // The form lies in the right sidebar.
            if store.peek(|state| !state.view.layout.right) {
                store.dispatch(Action::ToggleSidebar(Side::Right));
            }
            store.dispatch(Action::SetDrawer(Some(Side::Right)));
        }
        // The state alone tells the action of these.
        Command::Undo
        | Command::Redo
        | Command::Fit
        | Command::ToolPan
        | Command::ToolLasso
        | Command::ToolRectangle
        | Command::ClearFilters
        | Command::Subset
        | Command::Unsubset
        | Command::ToggleLeftSidebar
        | Command::ToggleRightSidebar
        | Command::ToggleLabels
        | Command::ToggleTheme => {}
    }
}

fn copy_link(store: Store) {
    let Some(host) = store.host() else { return };
    let link = store.peek(|state| crate::store::link_text(&state.view, store.content().as_deref()));
    let copied = host.copy(host.address_of(&link));
    spawn_local(async move {
        match copied.await {
            Ok(()) => store.tell("The link to this view is copied.".to_owned(), Tone::Done),
            Err(CopyRefused) => {
                store.tell("The browser did not allow copying; the address bar has the link.".to_owned(), Tone::Error);
            }
        }
    });
}

/// Asks for commands by their keys, and closes an open drawer by Escape, as long as the owner lives.
pub(super) fn listen_to_keys(store: Store, on_command: Callback<Command>, platform: Platform) {
    let Some(host) = store.host() else { return };
    let root = host.root().clone();
    let listener = on_key(host, move |press| {
        if press.key() == "Escape" && store.peek(|state| state.transient.drawer.is_some()) {
            // A menu that is open in the drawer closes first.
            let has_popover = root.query_selector(":popover-open").is_ok_and(|open| open.is_some());
            if !has_popover {
                store.dispatch(Action::SetDrawer(None));
            }
            return;
        }
        if is_typed(press) || press.default_prevented() {
            return;
        }
        let modifiers = Modifiers {
            ctrl: press.ctrl_key(),
            meta: press.meta_key(),
            alt: press.alt_key(),
            shift: press.shift_key(),
        };
        if let Some(command) = Command::from_key(&press.key(), modifiers, platform) {
            press.prevent_default();
            on_command.run(command);
        }
    });
    owner::keep(listener);
}

/// Whether a key goes into a field.
fn is_typed(press: &KeyboardEvent) -> bool {
    let target = press.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    target.is_some_and(|target| {
        target.is_content_editable() || matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
    })
}
