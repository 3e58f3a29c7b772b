//! Buttons: with words, or with an icon alone.

use leptos::prelude::*;

use crate::{
    ui::{Glyph, Icon},
    view::view,
};

/// How much a [`Button`] asks to be pressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// With an outline.
    #[default]
    Plain,
    /// Filled with the accent: at most one in a panel.
    Primary,
    /// Text alone until pointed at.
    Quiet,
}

/// A button with words, and an icon before them where one is given.
#[component]
pub fn Button(
    /// The words.
    #[prop(into)]
    label: Signal<String>,
    /// Its `data-testid`.
    #[prop(optional, into)]
    test_id: String,
    /// How much it stands out.
    #[prop(optional)]
    kind: ButtonKind,
    /// An icon before the words.
    #[prop(optional)]
    glyph: Option<Glyph>,
    /// Whether it cannot be pressed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called when pressed.
    #[prop(into)]
    on_press: Callback<()>,
) -> impl IntoView {
    let class = match kind {
        ButtonKind::Plain => "button",
        ButtonKind::Primary => "button primary",
        ButtonKind::Quiet => "button quiet",
    };
    view! {
        <button
            type="button"
            class=class
            data-testid=test_id
            disabled=move || disabled.get()
            on:click=move |_| on_press.run(())
        >
            {glyph.map(|glyph| view! { <Icon glyph /> })}
            <span class="ellipsis">{move || label.get()}</span>
        </button>
    }
}

/// A square button that is an icon; its name is read aloud and shown as a hint.
#[component]
pub fn IconButton(
    /// The icon.
    #[prop(into)]
    glyph: Signal<Glyph>,
    /// What it does.
    #[prop(into)]
    label: Signal<String>,
    /// Its `data-testid`.
    #[prop(optional, into)]
    test_id: String,
    /// The key that does the same, shown in the hint.
    #[prop(optional, into)]
    key: String,
    /// For a button that stays down: whether it is.
    #[prop(optional, into)]
    pressed: Option<Signal<bool>>,
    /// Whether it cannot be pressed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called when pressed.
    #[prop(into)]
    on_press: Callback<()>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="icon-button"
            data-testid=test_id
            data-hint=move || label.get()
            data-hint-key=key
            aria-label=move || label.get()
            aria-pressed=move || pressed.map(|pressed| pressed.get().to_string())
            disabled=move || disabled.get()
            on:click=move |event| {
                event.stop_propagation();
                on_press.run(());
            }
        >
            <Icon glyph />
        </button>
    }
}
