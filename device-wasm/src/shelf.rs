//! What is on this device, under the list of datasets.

use explorer_core::format;
use gloo_utils::body;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

use crate::{
    address,
    choose::{self, Field},
    dom::{append, button, element, replace_children, set, text_element},
    locks,
    storage::{self, Index},
};

/// The list and the note behind it.
#[derive(Clone)]
struct Shelf {
    list: HtmlElement,
    note: HtmlElement,
}

/// Shows what is on this device, and the button that opens a file.
pub async fn show() {
    Field::place(String::new());
    let list = element("ul", &[("class", "device-list"), ("aria-label", "On this device")], &[]);
    let note = element("p", &[("class", "note"), ("role", "status"), ("data-testid", "device-note")], &[]);
    let open = button("Open a file…", "device-open", "primary", || choose::choose_later(String::new()));
    set(
        &open,
        "title",
        "Open an AnnData file (.h5ad, zipped zarr, 10x .h5): it stays on this device. Or drop one anywhere.",
    );
    let aside = element("aside", &[("class", "device-shelf"), ("aria-label", "Files of your own")], &[&open]);
    if choose::can_choose_folder() {
        append(&aside, &button("Open a folder…", "device-open-folder", "", choose::choose_folder_later));
    }
    let attributes = [
        ("class", "button"),
        ("href", "validate.html"),
        ("data-testid", "device-validate"),
        ("title", "Check AnnData files against the CELLxGENE schema: they stay on this device."),
    ];
    append(&aside, &text_element("a", &attributes, "Validate files…"));
    append(&aside, &list);
    append(&aside, &note);
    append(&body(), &aside);
    Shelf { list, note }.fill("").await;
}

impl Shelf {
    /// Lists what there is. An empty `message` leaves the note to what is used of the storage.
    async fn fill(&self, message: &str) {
        let datasets = if storage::is_there() { storage::all().await.unwrap_or_default() } else { Vec::new() };
        let items: Vec<_> = datasets.iter().map(|(key, index)| self.item(key, index)).collect();
        replace_children(&self.list, &items);
        let used = if datasets.is_empty() { None } else { storage::estimate().await.ok() };
        let room = used.filter(|(quota, _)| *quota > 0.0).map_or_else(
            || "Files stay on this device.".to_owned(),
            |(quota, usage)| {
                format!("On this device: {} of {}", format::bytes(usage as u64), format::bytes(quota as u64))
            },
        );
        self.note.set_text_content(Some(if message.is_empty() { &room } else { message }));
    }

    fn item(&self, key: &str, index: &Index) -> HtmlElement {
        let address = address::of(key, &index.name);
        let attributes = [("class", "ellipsis"), ("href", &address), ("data-testid", &format!("device-{key}"))];
        let link = text_element("a", &attributes, &index.name);
        let size = if index.is_complete { format::bytes(index.n_bytes) } else { "not finished".to_owned() };
        let size = text_element("span", &[("class", "note")], &size);
        let (shelf, of, name) = (self.clone(), key.to_owned(), index.name.clone());
        let delete = button("Delete", &format!("device-delete-{key}"), "quiet", move || {
            let (shelf, of, name) = (shelf.clone(), of.clone(), name.clone());
            spawn_local(async move { shelf.delete(&of, &name).await });
        });
        set(&delete, "aria-label", &format!("Delete {} from this device", index.name));
        element("li", &[], &[&link, &size, &delete])
    }

    /// Deletes a dataset that no tab shows.
    async fn delete(&self, key: &str, name: &str) {
        match locks::try_hold(&locks::of_view(key)).await {
            Some(_held) => {
                storage::remove(key).await;
                self.fill("").await;
            }
            None => self.fill(&format!("{name} is open in another tab: close it there first.")).await,
        }
    }
}
