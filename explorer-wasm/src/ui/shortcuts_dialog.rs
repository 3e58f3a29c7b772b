//! The list of keys, from the commands themselves.

use explorer_core::state::{Command, Platform};
use leptos::{ev::MouseEvent, html, prelude::*};
use wasm_bindgen::JsCast;

use super::{Glyph, IconButton};

/// The dialog that lists every command's keys.
#[component]
pub fn ShortcutsDialog(
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// Whose keys are shown.
    platform: Platform,
    /// Called when it closes.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let (open, Some(dialog)) = (open.get(), dialog.get()) else { return };
        if open && !dialog.open() {
            let _ = dialog.show_modal();
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
    let rows = Command::ALL
        .into_iter()
        .map(|command| {
            let keys = command
                .shortcuts()
                .iter()
                .map(|shortcut| view! { <kbd>{shortcut.text(platform)}</kbd> })
                .collect_view();
            view! {
                <div class="shortcut" title=command.description()>
                    <dt>{command.label()}</dt>
                    <dd>{keys}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <dialog
            class="shortcuts"
            aria-label="Keyboard shortcuts"
            data-testid="shortcuts-dialog"
            node_ref=dialog
            on:close=move |_| on_close.run(())
            on:click=press
        >
            <div class="shortcuts-box">
                <header>
                    <h2>"Keyboard shortcuts"</h2>
                    <IconButton
                        glyph=Glyph::Close
                        label="Close"
                        test_id="shortcuts-close"
                        on_press=on_close
                    />
                </header>
                <dl>{rows}</dl>
            </div>
        </dialog>
    }
}
