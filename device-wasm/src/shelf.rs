//! What is on this device, under the list of datasets.

use explorer_core::format;
use gloo_utils::body;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

use crate::{
    address,
    choose::{self, Field},
    dom::{append, button, element, replace_children, set, text_element},
    locks, question,
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
    let validate = [("class", "button"), ("href", "validate.html"), ("data-testid", "device-validate")];
    let validate = text_element("a", &validate, "Validate files…");
    set(&validate, "title", "Check AnnData files against the CELLxGENE schema: they stay on this device.");
    append(&aside, &validate);
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
        if let Some(title) = &index.title {
            set(&link, "title", title);
        }
        let size = if index.is_complete { format::bytes(index.n_bytes) } else { "not finished".to_owned() };
        let told = if index.is_complete { size.clone() } else { "what is done of it".to_owned() };
        let size = text_element("span", &[("class", "note")], &size);
        let (shelf, of, name) = (self.clone(), key.to_owned(), index.name.clone());
        let delete = button("Delete", &format!("device-delete-{key}"), "quiet", move || {
            let (shelf, of, name, told) = (shelf.clone(), of.clone(), name.clone(), told.clone());
            spawn_local(async move {
                if wants_to_delete(&name, &told).await {
                    shelf.delete(&of, &name).await;
                }
            });
        });
        set(&delete, "aria-label", &format!("Delete {} from this device", index.name));
        let item = element("li", &[], &[&link, &size]);
        if !index.warnings.is_empty() {
            append(&item, &warnings(key, &index.name, &index.warnings));
        }
        append(&item, &delete);
        item
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

/// Asks before a dataset is deleted; `size` is what is deleted of it.
async fn wants_to_delete(name: &str, size: &str) -> bool {
    let text = format!("This frees {size} of the browser’s storage. The file that it was read from stays where it is.");
    question::ask(&format!("Delete {name} from this device?"), &text, &["Keep it", "Delete it"]).await == Some(1)
}

/// How many warnings the build of a dataset has given; pressed, they are listed.
fn warnings(key: &str, name: &str, warnings: &[String]) -> HtmlElement {
    let (title, list) = (name.to_owned(), warnings.join("\n"));
    let count = format::plural(warnings.len(), "warning", "warnings");
    let shown = button(&count, &format!("device-warnings-{key}"), "quiet", move || {
        let (title, list) = (title.clone(), list.clone());
        spawn_local(async move {
            // There is one answer.
            question::ask(&format!("Left out or changed of {title}"), &list, &["Close"]).await;
        });
    });
    set(&shown, "aria-label", &format!("{count} of {name}"));
    shown
}
