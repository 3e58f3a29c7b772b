//! What stands in a result's place until it is there.

use leptos::prelude::*;

use super::control::{Button, Progress};
use crate::view::view;

/// How a result stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ResultState {
    /// It is being made; how far, in words and as a fraction.
    Running(String, Option<f64>),
    /// It failed, for this reason.
    Failed(String),
    /// It is there.
    #[default]
    Done,
}

/// How far a result has come, or why there is none; nothing once it is there.
#[component]
pub(super) fn ResultWait(
    /// How it stands.
    state: Signal<ResultState>,
    /// What the `data-testid`s begin with.
    name: &'static str,
    /// What goes on.
    label: &'static str,
    /// Called to give it up.
    on_cancel: Callback<()>,
    /// Called to try once more what failed.
    on_retry: Callback<()>,
) -> impl IntoView {
    move || match state.get() {
        ResultState::Running(text, fraction) => view! {
            <div class="result-wait" data-testid=format!("{name}-progress")>
                <Progress fraction=Signal::derive(move || fraction) label />
                <span class="note">{text}</span>
                <Button label="Cancel" test_id=format!("{name}-cancel") on_press=on_cancel />
            </div>
        },
        ResultState::Failed(reason) => view! {
            <div class="result-wait" role="alert" data-testid=format!("{name}-failed")>
                <p>{reason}</p>
                <Button label="Retry" test_id=format!("{name}-retry") on_press=on_retry />
            </div>
        },
        ResultState::Done => ().into_any(),
    }
}
