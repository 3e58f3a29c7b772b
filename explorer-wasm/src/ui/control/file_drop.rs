//! Files that are dropped or chosen.

use leptos::{ev::DragEvent, html, prelude::*};

use crate::{
    ui::{Glyph, IconButton},
    view::view,
};

/// A part of the page on which a file can be dropped: without a word to the browser it would open the file in the place
/// of the page.
#[component]
pub fn FileDrop(
    /// Its class.
    class: &'static str,
    /// Its `data-testid`.
    test_id: &'static str,
    /// Called with the file.
    #[prop(into)]
    on_file: Callback<web_sys::File>,
    /// What it holds.
    children: Children,
) -> impl IntoView {
    let take = move |event: DragEvent| {
        let dropped = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0));
        if let Some(file) = dropped {
            event.prevent_default();
            on_file.run(file);
        }
    };
    view! {
        <div
            class=class
            data-testid=test_id
            on:dragover=move |event: DragEvent| event.prevent_default()
            on:drop=take
        >
            {children()}
        </div>
    }
}

/// A button that asks for a file.
#[component]
pub fn FileButton(
    /// What it does.
    label: &'static str,
    /// Its `data-testid`.
    test_id: &'static str,
    /// That of the field behind it.
    file_id: &'static str,
    /// Kinds of files that are offered.
    #[prop(default = ".csv,text/csv")]
    accept: &'static str,
    /// Called with the file.
    #[prop(into)]
    on_file: Callback<web_sys::File>,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let ask = move || {
        if let Some(field) = field.get_untracked() {
            field.click();
        }
    };
    let take = move |_| {
        let Some(field) = field.get_untracked() else { return };
        if let Some(chosen) = field.files().and_then(|files| files.get(0)) {
            on_file.run(chosen);
        }
        // So that the same file can be chosen again.
        field.set_value("");
    };
    view! {
        <IconButton glyph=Glyph::Upload label test_id on_press=ask />
        <input
            class="visually-hidden"
            type="file"
            accept=accept
            tabindex="-1"
            aria-hidden="true"
            data-testid=file_id
            node_ref=field
            on:change=take
        />
    }
}
