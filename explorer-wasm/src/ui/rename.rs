//! A field that names something, in place.

use explorer_core::screen::wrong_name;
use leptos::{ev::KeyboardEvent, html, prelude::*};
use web_sys::HtmlElement;

use super::control::unique_id;
use crate::view::{effect, view};

/// A name being typed: Enter or leaving the field takes it, Escape does not. A name that is empty
/// or another's is marked, and not taken.
#[component]
pub fn NameField(
    /// What it is called so far, or what is suggested.
    #[prop(into)]
    value: String,
    /// The names of others.
    taken: Signal<Vec<String>>,
    /// What it is called in a message.
    #[prop(default = "set")]
    what: &'static str,
    /// What is being named.
    #[prop(into)]
    label: String,
    /// Its `data-testid`.
    #[prop(into)]
    test_id: String,
    /// Called once, with the new name, or `None` to leave all as it was.
    #[prop(into)]
    on_done: Callback<Option<String>>,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let typed = RwSignal::new(value.clone());
    let done = StoredValue::new(false);
    let finish = move |name: Option<String>| {
        if done.try_get_value() == Some(false) {
            done.set_value(true);
            on_done.run(name);
        }
    };
    let before = StoredValue::new(value.clone());
    let wrong = Signal::derive(move || {
        let name = typed.get();
        let is_own = before.with_value(|before| *before == name.trim());
        if is_own { None } else { taken.with(|taken| wrong_name(what, &name, taken)) }
    });
    let accepted = move || wrong.with(Option::is_none).then(|| typed.with(|typed| typed.trim().to_owned()));
    effect(move || {
        if let Some(field) = field.get() {
            let _ = field.focus();
            field.select();
        }
    });
    let key = move |event: KeyboardEvent| {
        event.stop_propagation();
        match (event.key().as_str(), untrack(accepted)) {
            ("Enter", Some(name)) => finish(Some(name)),
            ("Escape", _) => finish(None),
            _ => return,
        }
        // What has the focus next is not pressed by this key.
        event.prevent_default();
    };
    let id = unique_id("name");
    let message = NodeRef::<html::P>::new();
    effect(move || {
        let is_wrong = wrong.with(Option::is_some);
        if let (Some(message), Some(field)) = (message.get(), field.get()) {
            show_below(&message, &field, is_wrong);
        }
    });
    view! {
        <span class="name-field">
            <input
                class="field"
                type="text"
                autocomplete="off"
                spellcheck="false"
                maxlength="80"
                aria-label=label
                data-testid=test_id
                aria-invalid=move || wrong.with(Option::is_some).then_some("true")
                aria-describedby=id.clone()
                node_ref=field
                value=value
                on:input:target=move |event| typed.set(event.target().value())
                on:keydown=key
                on:blur=move |_| {
                    // Taking the field away takes the focus from it too, when all here is gone already.
                    if done.try_get_value() == Some(false) {
                        finish(untrack(accepted));
                    }
                }
            />
            // Above all else: a list that the field is a row of would cut it off.
            <p class="wrong note name-wrong" role="status" popover="manual" id=id node_ref=message>
                {move || wrong.get()}
            </p>
        </span>
    }
}

/// Shows a message below a field, as wide as that, or hides it.
fn show_below(message: &HtmlElement, field: &HtmlElement, is_shown: bool) {
    if !is_shown {
        // It may be hidden already.
        let _ = message.hide_popover();
        return;
    }
    let rect = field.get_bounding_client_rect();
    let style = HtmlElement::style(message);
    for (name, px) in [("left", rect.left()), ("top", rect.bottom() + 2.0), ("width", rect.width())] {
        // Fails only for what is no property.
        let _ = style.set_property(name, &format!("{px}px"));
    }
    // It may be shown already.
    let _ = message.show_popover();
}
