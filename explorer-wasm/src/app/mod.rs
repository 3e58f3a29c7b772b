//! The Explorer: components wired to a store, in an element of a document.

// A new command or state of a job must be thought of everywhere: no match passes over what it does not know.
#![warn(clippy::wildcard_enum_match_arm)]

mod catalog;
mod center;
mod commands;
mod dialogs;
mod explorer;
mod expression;
mod later;
mod legend;
mod palette;
mod panels;
mod parts;
mod program;
mod results;
mod save_cells;
mod save_picture;
mod sidebar;

use std::{any::Any, cell::RefCell, rc::Rc};

use explorer_core::state::{AppState, Command, link::ParsedLink};
use leptos::{mount::mount_to, prelude::*};
use wasm_bindgen_futures::spawn_local;

use crate::{
    bridge::backend,
    embed,
    host::{DatasetAddress, ForeignOrigin, FullPage, Host},
    picture::{PictureHandle, open_ahead},
    platform,
    store::{Store, Tone, begin_with_preferences, view_of_link},
    ui::ErrorView,
    view::view,
};
use catalog::CatalogPage;
use explorer::{Explorer, Speak};
use expression::ExpressionPage;

pub use dialogs::Dialogs;
pub use later::Loading;
pub use program::Parts;
pub use results::Results;

/// Fills the document with the list of datasets.
pub fn start_catalog() {
    let page = FullPage::new();
    let root = page.root().clone();
    mount_to(root, move || {
        let page = StoredValue::new_local(page);
        view! { <CatalogPage page /> }
    })
    .forget();
}

/// Fills the document with Gene Expression over the corpus that its address names.
pub fn start_expression() {
    let page = FullPage::new();
    let root = page.root().clone();
    mount_to(root, move || {
        let page = StoredValue::new_local(page);
        view! { <ExpressionPage page /> }
    })
    .forget();
}

/// Fills the document with the Explorer of the dataset that its address names.
pub fn start_explorer(parts: Parts) {
    start(FullPage::new(), parts, speak_with_nobody);
}

/// The same, and speaks with the page around the frame where there is one that the document names.
pub fn start_embedded(parts: Parts) {
    start(FullPage::new().reopened_by(move || reopen_embedded(parts)), parts, embed::speak);
}

fn start(page: FullPage, parts: Parts, speak: Speak) {
    match page.dataset() {
        Ok(Some(dataset)) => {
            let mounted = mount_speaking(Rc::new(page), dataset, parts, speak);
            PAGE.set(Some(mounted));
        }
        Ok(None) => mount_to(page.root().clone(), move || nothing(page.base())).forget(),
        Err(ForeignOrigin(origin)) => mount_to(page.root().clone(), move || refusal(&origin)).forget(),
    }
}

thread_local! {
    /// The Explorer that fills the document.
    static PAGE: RefCell<Option<Mounted>> = const { RefCell::new(None) };
}

/// Puts the Explorer of the dataset that the document's address names by now into the place of the one that fills the
/// document, once whoever calls this is done. It speaks with the page around the frame anew.
#[expect(clippy::disallowed_methods, reason = "it outlives the Explorer that it puts another in the place of")]
fn reopen_embedded(parts: Parts) {
    spawn_local(async move {
        platform::next_task().await;
        drop(PAGE.take());
        start_embedded(parts);
    });
}

fn refusal(origin: &str) -> impl IntoView + use<> {
    let title = format!("This page may not show data of {origin}");
    let text = "Whoever runs it can allow that by the option --data-origin of tile-server serve or export.";
    view! { <ErrorView title text /> }
}

/// The list of datasets is another program: here it would be 50 kB that nobody sees.
fn nothing(base: &str) -> impl IntoView + use<> {
    view! { <ErrorView title="The address names no dataset." link=("All datasets".to_owned(), base.to_owned()) /> }
}

/// Puts an Explorer of a dataset into the host's root element. A document may have several: each has its
/// state, keys and theme; the device that draws is the same.
pub fn mount(host: Rc<dyn Host>, dataset: DatasetAddress) -> Mounted {
    mount_speaking(host, dataset, Parts::WITHIN, speak_with_nobody)
}

fn speak_with_nobody(_: Store, _: PictureHandle, carry_out: Callback<Command>) -> Callback<Command> {
    carry_out
}

fn mount_speaking(host: Rc<dyn Host>, dataset: DatasetAddress, parts: Parts, speak: Speak) -> Mounted {
    open_ahead(backend(host.renderer().as_deref()));
    let root = host.root().clone();
    Mounted(Box::new(mount_to(root, move || explorer(host, dataset, parts, speak))))
}

/// An Explorer in its place; goes when this is dropped.
#[must_use = "the Explorer goes when this is dropped"]
pub struct Mounted(Box<dyn Any>);

impl Mounted {
    /// Lets the Explorer stay as long as the document does.
    pub fn forget(self) {
        std::mem::forget(self.0);
    }
}

fn explorer(
    host: Rc<dyn Host>,
    DatasetAddress { address, id }: DatasetAddress,
    parts: Parts,
    speak: Speak,
) -> impl IntoView {
    let ParsedLink { view, notices, .. } = view_of_link(&host.link(), &id);
    let mut state = AppState { view, ..AppState::default() };
    begin_with_preferences(&*host, &mut state);
    let store = Store::new(host, address, state);
    for notice in notices {
        store.tell(notice.to_string(), Tone::Warning);
    }
    store.open();
    store.follow_address(id);
    store.follow_preferences();
    view! { <Explorer store parts speak /> }
}
