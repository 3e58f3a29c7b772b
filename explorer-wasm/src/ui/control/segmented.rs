//! One choice of a few, all in sight.

use leptos::{ev::KeyboardEvent, html, prelude::*};

use super::focus;
use crate::{
    ui::{Glyph, Icon},
    view::view,
};

/// One choice of a [`Segmented`] control.
#[derive(Clone, Debug)]
pub struct Segment<T> {
    /// What choosing it means.
    pub value: T,
    /// Its name, shown where there is no glyph.
    pub label: &'static str,
    /// An icon in place of the name.
    pub glyph: Option<Glyph>,
    /// The key that does the same, shown in the hint.
    pub key: &'static str,
    /// Its `data-testid`.
    pub test_id: &'static str,
}

impl<T> Segment<T> {
    /// A choice by its name alone.
    pub fn named(value: T, label: &'static str, test_id: &'static str) -> Self {
        Self { value, label, glyph: None, key: "", test_id }
    }
}

/// A row of choices, one of them made. Arrow keys move the choice.
#[component]
pub fn Segmented<T>(
    /// The choices, which do not change.
    segments: Vec<Segment<T>>,
    /// The one made.
    #[prop(into)]
    value: Signal<T>,
    /// The name of the question they answer.
    label: &'static str,
    /// Called with the one asked for.
    #[prop(into)]
    on_choose: Callback<T>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let group = NodeRef::<html::Div>::new();
    let values: Vec<T> = segments.iter().map(|segment| segment.value).collect();
    let move_by_key = move |event: KeyboardEvent| {
        let last = values.len() - 1;
        let at = values.iter().position(|&other| other == value.get_untracked()).unwrap_or(0);
        let next = match event.key().as_str() {
            "ArrowRight" | "ArrowDown" => {
                if at == last {
                    0
                } else {
                    at + 1
                }
            }
            "ArrowLeft" | "ArrowUp" => {
                if at == 0 {
                    last
                } else {
                    at - 1
                }
            }
            _ => return,
        };
        event.prevent_default();
        on_choose.run(values[next]);
        let button = group.get_untracked().and_then(|group| group.children().item(next as u32));
        focus(button);
    };
    let buttons = segments
        .into_iter()
        .map(|segment| {
            let chosen = move || value.get() == segment.value;
            view! {
                <button
                    type="button"
                    role="radio"
                    data-testid=segment.test_id
                    data-hint=segment.glyph.map(|_| segment.label)
                    data-hint-key=segment.key
                    aria-label=segment.label
                    aria-checked=move || chosen().to_string()
                    tabindex=move || if chosen() { "0" } else { "-1" }
                    on:click=move |_| on_choose.run(segment.value)
                >
                    {match segment.glyph {
                        Some(glyph) => view! { <Icon glyph /> }.into_any(),
                        None => segment.label.into_any(),
                    }}
                </button>
            }
        })
        .collect_view();
    view! {
        <div class="segmented" role="radiogroup" aria-label=label node_ref=group on:keydown=move_by_key>
            {buttons}
        </div>
    }
}
