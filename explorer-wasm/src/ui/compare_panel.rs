//! Asking for a comparison of two cell sets.

use explorer_core::state::{Comparison, Reference, TestMode};
use leptos::prelude::*;

use super::{
    Button, ButtonKind, Choice, Cut, Glyph, Icon, IconButton, Progress, SelectField, Show, test_choice::test_choices,
};
use crate::view::view;

/// How a comparison stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum CompareState {
    /// It can be run.
    #[default]
    Ready,
    /// It cannot, for this reason.
    NotReady(String),
    /// It is being computed.
    Running {
        /// How far, 0 to 1; `None` when unknown.
        fraction: Option<f64>,
        /// What is being done.
        text: String,
    },
    /// It went wrong, for this reason.
    Failed(String),
}

/// The value of "the rest" in the list of references. No set's value begins with a blank.
const REST: &str = " rest";

/// Sets that are offered at a time: a link may hold thousands.
const MOST_CHOICES: usize = 500;

/// The form of a comparison.
#[component]
pub fn ComparePanel(
    /// The names of the cell sets.
    #[prop(into)]
    sets: Signal<Vec<String>>,
    /// The layers that can be compared in; the value "" is the dataset's default.
    #[prop(into)]
    layers: Signal<Vec<Choice>>,
    /// Whether samples can be compared instead of cells.
    has_samples: bool,
    /// Bytes of all genes of a layer, which tests by ranks read.
    genes_bytes: u64,
    /// What is asked so far; an empty group is none.
    #[prop(into)]
    comparison: Signal<Comparison>,
    /// How it stands.
    #[prop(into)]
    state: Signal<CompareState>,
    /// What it will cost, or by what route; may be empty.
    #[prop(optional, into)]
    note: Signal<String>,
    /// Comparisons made before.
    #[prop(into)]
    past: Signal<Vec<Comparison>>,
    /// Called with what is asked now.
    #[prop(into)]
    on_change: Callback<Comparison>,
    /// Called to compute it.
    #[prop(into)]
    on_run: Callback<()>,
    /// Called to stop.
    #[prop(into)]
    on_cancel: Callback<()>,
    /// Called with a comparison made before, to see it again.
    #[prop(into)]
    on_open: Callback<Comparison>,
    /// Called with a comparison made before, to forget it.
    #[prop(into)]
    on_remove: Callback<Comparison>,
) -> impl IntoView {
    let ask = move |change: &dyn Fn(&mut Comparison)| {
        let mut next = comparison.get_untracked();
        change(&mut next);
        on_change.run(next);
    };
    let groups = Signal::derive(move || {
        let placeholder = Choice::new("", "Choose a set");
        let group = comparison.with(|comparison| comparison.group.clone());
        let none = group.is_empty();
        none.then_some(placeholder).into_iter().chain(choices(&sets.read(), |_| true, &group)).collect::<Vec<_>>()
    });
    let reference = Signal::derive(move || match comparison.get().reference {
        Reference::Rest => REST.to_owned(),
        Reference::Set(set) => set,
    });
    let references = Signal::derive(move || {
        let group = comparison.with(|comparison| comparison.group.clone());
        let others = choices(&sets.read(), |set| *set != group, &reference.get());
        std::iter::once(Choice::new(
            REST,
            comparison.with(|comparison| match comparison.universe.is_empty() {
                true => "the rest",
                false => "the rest of the subset",
            }),
        ))
        .chain(others)
        .collect::<Vec<_>>()
    });
    let method = Signal::derive(move || comparison.with(|comparison| comparison.mode).name().to_owned());
    let running = move || matches!(state.get(), CompareState::Running { .. });
    let foot = move || match state.get() {
        CompareState::Running { fraction, text } => view! {
            <div class="compare-progress" role="status">
                <div class="compare-progress-head">
                    <span class="note ellipsis">{text.clone()}</span>
                    <Button label="Cancel" test_id="compare-cancel" kind=ButtonKind::Quiet on_press=on_cancel />
                </div>
                <Progress fraction label=text />
            </div>
        }
        .into_any(),
        other => {
            let (text, class) = match &other {
                CompareState::NotReady(reason) => (reason.clone(), "note"),
                CompareState::Failed(reason) => (reason.clone(), "note compare-failed"),
                _ => (note.get(), "note"),
            };
            let disabled = matches!(other, CompareState::NotReady(_));
            view! {
                <p class=class role="status">{text}</p>
                <Button label="Compare" test_id="compare-run" kind=ButtonKind::Primary disabled on_press=on_run />
            }
            .into_any()
        }
    };
    view! {
        <div class="compare">
            <SelectField
                name="Group"
                choices=groups
                value=Signal::derive(move || comparison.get().group)
                label="Group"
                test_id="compare-group"
                disabled=Signal::derive(running)
                on_choose=move |group: String| ask(&|next| {
                    if next.reference == Reference::Set(group.clone()) {
                        next.reference = Reference::Rest;
                    }
                    next.group.clone_from(&group);
                })
            />
            <SelectField
                name="Against"
                choices=references
                value=reference
                label="Reference"
                test_id="compare-reference"
                disabled=Signal::derive(running)
                on_choose=move |set: String| ask(&|next| {
                    next.reference = if set == REST { Reference::Rest } else { Reference::Set(set.clone()) };
                })
            />
            <SelectField
                name="Test"
                choices=test_choices(has_samples, genes_bytes)
                value=method
                label="Method"
                test_id="compare-method"
                disabled=Signal::derive(running)
                on_choose=move |method: String| ask(&|next| {
                    next.mode = TestMode::from_name(&method).unwrap_or_default();
                })
            />
            <Show when=move || layers.with(|layers| layers.len() > 1)>
                <SelectField
                    name="Layer"
                    choices=layers
                    value=Signal::derive(move || comparison.get().layer.unwrap_or_default())
                    label="Layer"
                    test_id="compare-layer"
                    disabled=Signal::derive(running)
                    on_choose=move |layer: String| ask(&|next| {
                        next.layer = (!layer.is_empty()).then(|| layer.clone());
                    })
                />
            </Show>
            <div class="compare-foot">{foot}</div>
            <ul class="compare-past" aria-label="Comparisons made">
                {move || {
                    past.get()
                        .into_iter()
                        .map(|comparison| view! { <PastRow comparison on_open on_remove /> })
                        .collect_view()
                }}
            </ul>
        </div>
    }
}

/// The sets to choose from, and the chosen one among them however many there are.
fn choices(sets: &[String], is_offered: impl Fn(&String) -> bool, chosen: &str) -> Vec<Choice> {
    let offered = sets.iter().filter(|set| is_offered(set)).enumerate();
    let listed = offered.filter(|(at, set)| *at < MOST_CHOICES || *set == chosen);
    listed.map(|(_, set)| Choice::new(set.clone(), set.clone())).collect()
}

#[component]
fn PastRow(comparison: Comparison, on_open: Callback<Comparison>, on_remove: Callback<Comparison>) -> impl IntoView {
    let title = comparison.title() + comparison.mode.note();
    let again = comparison.clone();
    view! {
        <li class="compare-past-row">
            <button
                type="button"
                class="row-button"
                data-testid=format!("comparison-{title}")
                on:click=move |_| on_open.run(again.clone())
            >
                <Icon glyph=Glyph::Compare />
                <Cut text=title.clone() />
            </button>
            <IconButton glyph=Glyph::Close label="Remove" on_press=move || on_remove.run(comparison.clone()) />
        </li>
    }
}
