//! What commands do that the state alone cannot carry out, and the keys that ask for them.

use explorer_core::state::{Action, Command, Modifiers, Platform, Side};
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

use super::{explorer::Page, markers::find_markers};
use crate::{
    picture::PictureHandle,
    platform,
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
            let title = document().title();
            handle.save(format!("{}.png", title.trim_end_matches(" – Tessera")), page.legend.get_untracked());
        }
        Command::CompareSets => {
            // The form lies in the right sidebar.
            if store.peek(|state| !state.view.panels.right) {
                store.dispatch(Action::ToggleSidebar(Side::Right));
            }
            store.dispatch(Action::SetDrawer(Some(Side::Right)));
        }
        _ => {}
    }
}

fn copy_link(store: Store) {
    let location = platform::window().location();
    let address = location.href().unwrap_or_default();
    let before_hash = address.split('#').next().unwrap_or_default();
    let link = store.peek(|state| crate::store::link_text(&state.view));
    let address = if link.is_empty() { before_hash.to_owned() } else { format!("{before_hash}#{link}") };
    let copied = platform::window().navigator().clipboard().write_text(&address);
    wasm_bindgen_futures::spawn_local(async move {
        match wasm_bindgen_futures::JsFuture::from(copied).await {
            Ok(_) => store.tell("The link to this view is copied.".to_owned(), Tone::Done),
            Err(_) => {
                store.tell("The browser did not allow copying; the address bar has the link.".to_owned(), Tone::Error);
            }
        }
    });
}

/// Asks for commands by their keys, as long as the owner lives.
pub(super) fn listen_to_keys(on_command: Callback<Command>, platform: Platform) {
    let listener = window_event_listener(ev::keydown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlElement>().ok());
        let types = target.is_some_and(|target| {
            target.is_content_editable() || matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
        });
        let modifiers = Modifiers {
            ctrl: event.ctrl_key(),
            meta: event.meta_key(),
            alt: event.alt_key(),
            shift: event.shift_key(),
        };
        if types || event.default_prevented() {
            return;
        }
        if let Some(command) = Command::from_key(&event.key(), modifiers, platform) {
            event.prevent_default();
            on_command.run(command);
        }
    });
    on_cleanup(move || listener.remove());
}

/// Whose keys the user has.
pub(super) fn platform_of_user() -> Platform {
    let agent = platform::window().navigator().user_agent().unwrap_or_default();
    if agent.contains("Mac") || agent.contains("iPad") || agent.contains("iPhone") {
        Platform::Mac
    } else {
        Platform::Other
    }
}
