//! The list of keys, from the commands themselves.

use explorer_core::state::{Command, LetterKeys, Platform};
use leptos::prelude::*;

use super::{Checkbox, control::Dialog};
use crate::view::view;

/// The dialog that lists every command's keys.
#[component]
pub fn ShortcutsDialog(
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// Whose keys are shown.
    platform: Platform,
    /// Whether keys of one character ask for commands.
    #[prop(into)]
    letter_keys: Signal<LetterKeys>,
    /// Called with whether they are to.
    #[prop(into)]
    on_letter_keys: Callback<LetterKeys>,
    /// Called when it closes.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let rows = move || {
        Command::ALL
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
            .collect_view()
    };
    view! {
        <Dialog
            open
            title="Keyboard shortcuts"
            class="shortcuts"
            test_id="shortcuts-dialog"
            close_id="shortcuts-close"
            on_close
        >
            <dl>{rows()}</dl>
            <label class="save-check shortcuts-letters">
                <Checkbox
                    check=Signal::derive(move || (letter_keys.get() == LetterKeys::On).into())
                    label="Keys of one character"
                    test_id="letter-keys"
                    on_check=move |on| on_letter_keys.run(if on { LetterKeys::On } else { LetterKeys::Off })
                />
                <span>"Keys of one character ask for commands"</span>
            </label>
        </Dialog>
    }
}
