//! The list of keys, from the commands themselves.

use explorer_core::state::{Command, Platform};
use leptos::prelude::*;

use super::control::Dialog;

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
        <Dialog
            open
            title="Keyboard shortcuts"
            class="shortcuts"
            test_id="shortcuts-dialog"
            close_id="shortcuts-close"
            on_close
        >
            <dl>{rows}</dl>
        </Dialog>
    }
}
