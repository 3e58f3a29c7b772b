//! A dialog: what stands behind it takes no part until it is closed.

use leptos::{ev::MouseEvent, html, prelude::*};
use wasm_bindgen::JsCast;

use super::focus;
use crate::ui::{Glyph, IconButton};

/// A dialog with a heading. Escape, its button and a press beside it close it; the focus goes back to where it was.
#[component]
pub fn Dialog(
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// Its heading.
    title: &'static str,
    /// Its class.
    class: &'static str,
    /// Its `data-testid`.
    test_id: &'static str,
    /// That of the button that closes it.
    close_id: &'static str,
    /// Called when it closes.
    #[prop(into)]
    on_close: Callback<()>,
    /// What it holds.
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let (open, Some(dialog)) = (open.get(), dialog.get()) else { return };
        if open && !dialog.open() {
            let _ = dialog.show_modal();
            let find = |what| dialog.query_selector(what).ok().flatten();
            focus(find("[data-first]").or_else(|| find(".primary")));
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    // The dialog's own box is all padding-free content, so a press on it is one on the backdrop.
    let press = move |event: MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlDialogElement>().ok());
        if target.is_some() {
            on_close.run(());
        }
    };
    view! {
        <dialog
            class=format!("dialog {class}")
            aria-label=title
            data-testid=test_id
            node_ref=dialog
            on:close=move |_| {
                // Told late, it may be of the time before the dialog was opened again.
                if dialog.get_untracked().is_some_and(|dialog| !dialog.open()) {
                    on_close.run(());
                }
            }
            on:click=press
        >
            <div>
                <header>
                    <h2>{title}</h2>
                    <IconButton glyph=Glyph::Close label="Close" test_id=close_id on_press=on_close />
                </header>
                {children()}
            </div>
        </dialog>
    }
}
