//! A new cell set of two others.

use explorer_core::session::SetOperation;
use leptos::prelude::*;

use super::{Button, Choice, Glyph, Select};
use crate::view::view;

/// Two sets, and what to make of them.
#[component]
pub fn CombineSets(
    /// The names of the sets, at least two.
    #[prop(into)]
    names: Signal<Vec<String>>,
    /// Called with the first set, what to do, and the second.
    #[prop(into)]
    on_combine: Callback<(String, SetOperation, String)>,
) -> impl IntoView {
    let chosen = [RwSignal::new(None::<String>), RwSignal::new(None)];
    let operation = RwSignal::new(SetOperation::default());
    let choices = move || {
        names.with(|names| names.iter().map(|name| Choice::new(name.clone(), name.clone())).collect::<Vec<_>>())
    };
    // What was chosen, or the first and the second set where that is no more.
    let set = move |at: usize| {
        let name = chosen[at].get();
        names.with(|names| {
            name.filter(|name| names.contains(name)).or_else(|| names.get(at).cloned()).unwrap_or_default()
        })
    };
    let operations: Vec<Choice> = SetOperation::ALL
        .into_iter()
        .map(|operation| Choice::new(operation.name(), format!("{} {}", operation.sign(), operation.name())))
        .collect();
    let select = move |at: usize, label: &'static str, test_id: &'static str| {
        view! {
            <Select
                choices=Signal::derive(choices)
                value=Signal::derive(move || set(at))
                label
                test_id
                on_choose=move |name| chosen[at].set(Some(name))
            />
        }
    };
    view! {
        <div class="combine-sets" role="group" aria-label="Combine two sets">
            {select(0, "First set", "combine-first")}
            <Select
                choices=operations
                value=Signal::derive(move || operation.get().name().to_owned())
                label="What to make of them"
                test_id="combine-operation"
                on_choose=move |name: String| {
                    let found = SetOperation::ALL.into_iter().find(|operation| operation.name() == name);
                    operation.set(found.unwrap_or_default());
                }
            />
            {select(1, "Second set", "combine-second")}
            <Button
                label="Make a new set of them"
                test_id="combine-run"
                glyph=Glyph::Compare
                disabled=move || set(0) == set(1)
                on_press=move || on_combine.run((untrack(|| set(0)), operation.get_untracked(), untrack(|| set(1))))
            />
        </div>
    }
}
