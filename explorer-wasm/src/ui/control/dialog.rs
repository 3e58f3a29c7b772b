//! A dialog: what stands behind it takes no part until it is closed.

use leptos::{ev::MouseEvent, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlDialogElement};

use super::{
    focus::{focus, unfocus_within},
    late::Late,
};
use crate::{
    ui::{Glyph, IconButton},
    view::{effect, view},
};

/// A dialog with a heading. Escape, its button and a press beside it close it; the focus goes back to where it was.
#[component]
pub fn Dialog(
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// Its class.
    class: &'static str,
    /// Its `data-testid`.
    test_id: &'static str,
    /// That of the button that closes it.
    close_id: &'static str,
    /// Called when it closes.
    #[prop(into)]
    on_close: Callback<()>,
    /// What it holds; built when it opens first.
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let content = NodeRef::<html::Div>::new();
    let late = Late::new(children);
    // Whether it was shown and not closed since, from here: who else closes it is the browser.
    let is_shown = StoredValue::new(false);
    effect(move || {
        let (open, Some(dialog)) = (open.get(), dialog.get()) else { return };
        is_shown.set_value(open);
        if open && !dialog.open() {
            if let Some(content) = content.get_untracked() {
                late.build_in(&content);
            }
            let _ = dialog.show_modal();
            let find = |what| dialog.query_selector(what).ok().flatten();
            focus(find("[data-first]").or_else(|| find(".primary")));
        } else if !open && dialog.open() {
            dialog.close();
            // Where the focus was nowhere before, the browser leaves it in the closed dialog until the next frame: a key
            // pressed meanwhile would be a field's that nobody sees.
            unfocus_within(&dialog);
        }
    });
    // The dialog's own box is all padding-free content, so a press on it is one on the backdrop.
    let press = move |event: MouseEvent| {
        if is_dialog(&event) {
            on_close.run(());
        }
    };
    view! {
        <dialog
            class=format!("dialog {class}")
            aria-label=title
            data-testid=test_id
            node_ref=dialog
            on:cancel=move |event| {
                // A field for files within tells of the same.
                if is_dialog(&event) {
                    event.prevent_default();
                    on_close.run(());
                }
            }
            on:close=move |_| {
                // Told late, it may be of the time before the dialog was opened again.
                if is_shown.get_value() && dialog.get_untracked().is_some_and(|dialog| !dialog.open()) {
                    on_close.run(());
                }
            }
            on:click=press
        >
            <div node_ref=content>
                <header>
                    <h2>{title}</h2>
                    <IconButton glyph=Glyph::Close label="Close" test_id=close_id on_press=on_close />
                </header>
            </div>
        </dialog>
    }
}

/// Whether an event is a dialog's own, and not of what it holds.
fn is_dialog(event: &Event) -> bool {
    event.target().is_some_and(|target| target.is_instance_of::<HtmlDialogElement>())
}
