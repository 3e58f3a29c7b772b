//! One choice of many, by the platform's own list.

use leptos::prelude::*;

use crate::{
    ui::{Glyph, Icon},
    view::view,
};

/// Letters that have room in most lists; whoever points at one reads longer choices as a whole.
const MOST_IN_SIGHT: usize = 16;

/// One choice of a [`Select`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What identifies it.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// The addresses of pictures of it on light and on dark, which browsers show that let pages style such lists.
    pub pictures: Option<[String; 2]>,
}

impl Choice {
    /// A choice from its value and its label.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), pictures: None }
    }

    /// The same with pictures.
    #[must_use]
    pub fn with_pictures(self, pictures: Option<[String; 2]>) -> Self {
        Self { pictures, ..self }
    }
}

/// A list to choose one of.
#[component]
pub fn Select(
    /// The choices.
    #[prop(into)]
    choices: Signal<Vec<Choice>>,
    /// The value of the one made.
    #[prop(into)]
    value: Signal<String>,
    /// Its name for assistive technology.
    #[prop(into)]
    label: Signal<String>,
    /// Its `data-testid`.
    #[prop(optional, into)]
    test_id: String,
    /// Whether nothing can be chosen now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called with the value of the one asked for.
    #[prop(into)]
    on_choose: Callback<String>,
) -> impl IntoView {
    // The list is as wide as its place lets it be, not as its choices are.
    let whole = move || {
        let made = choices.with(|choices| {
            value.with(|value| choices.iter().find(|choice| choice.value == *value).map(|choice| choice.label.clone()))
        });
        made.filter(|label| label.chars().count() > MOST_IN_SIGHT)
    };
    view! {
        <span class="select-box">
            <select
                class="select"
                class:select-pictures=move || {
                    choices.with(|choices| choices.iter().any(|choice| choice.pictures.is_some()))
                }
                data-testid=test_id
                aria-label=move || label.get()
                title=whole
                disabled=move || disabled.get()
                // After the options are in place, or the browser shows the first of them.
                prop:value=move || {
                    choices.track();
                    value.get()
                }
                on:change:target=move |event| on_choose.run(event.target().value())
            >
                {move || {
                    choices
                        .get()
                        .into_iter()
                        .map(|choice| {
                            let own = choice.value.clone();
                            view! {
                                <option
                                    value=choice.value
                                    selected=move || value.get() == own
                                >
                                    {choice.pictures.map(pictures)}
                                    {choice.label}
                                </option>
                            }
                        })
                        .collect_view()
                }}
            </select>
            <Icon glyph=Glyph::ChevronDown />
        </span>
    }
}

/// What a choice looks like; nothing is fetched before the list is open.
fn pictures([light, dark]: [String; 2]) -> AnyView {
    let picture = |address, class| view! { <img class=class src=address alt="" loading="lazy" decoding="async" /> };
    (picture(light, "on-light"), picture(dark, "on-dark")).into_any()
}

/// A list with its name before it.
#[component]
pub fn SelectField(
    /// The name that stands there.
    name: &'static str,
    /// The choices.
    #[prop(into)]
    choices: Signal<Vec<Choice>>,
    /// The value of the one made.
    #[prop(into)]
    value: Signal<String>,
    /// Its name for assistive technology.
    #[prop(into)]
    label: Signal<String>,
    /// Its `data-testid`.
    #[prop(optional, into)]
    test_id: String,
    /// Whether nothing can be chosen now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called with the value of the one asked for.
    #[prop(into)]
    on_choose: Callback<String>,
) -> impl IntoView {
    view! {
        <div class="select-field">
            <span>{name}</span>
            <Select choices value label test_id disabled on_choose />
        </div>
    }
}
