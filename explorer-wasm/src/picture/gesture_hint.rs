//! What the wheel takes where the host's page scrolls by it.

use explorer_core::state::Platform;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use crate::{
    host::platform_of_user,
    view::{effect, view},
};

/// For how long the hint stays.
const SHOWN_MILLIS: u32 = 1_500;

/// Says which key the wheel takes, for a while whenever that is asked.
#[component]
pub fn GestureHint(
    /// Counts how often it is asked.
    #[prop(into)]
    asked: Signal<u32>,
) -> impl IntoView {
    let shown = RwSignal::new(false);
    let pending = StoredValue::new_local(None::<Timeout>);
    effect(move || {
        if asked.get() == 0 {
            return;
        }
        shown.set(true);
        let over = move || {
            // The picture may be gone.
            let _ = shown.try_set(false);
        };
        // This cancels the one before.
        pending.set_value(Some(Timeout::new(SHOWN_MILLIS, over)));
    });
    let key = match platform_of_user() {
        Platform::Mac => "⌘",
        Platform::Other => "Ctrl",
    };
    view! {
        <p class="picture-gesture-hint" class:shown=shown role="status" data-testid="gesture-hint">
            {move || shown.get().then(|| format!("Hold {key} and scroll to zoom"))}
        </p>
    }
}
