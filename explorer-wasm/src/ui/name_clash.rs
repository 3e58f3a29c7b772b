//! A question: what becomes of things from a file whose names are taken.

use explorer_core::session::NameClash;
use leptos::prelude::*;

use super::{
    Button, ButtonKind, Root,
    control::{focus_soon, unique_id},
};
use crate::view::{effect, view};

const ANSWERS: [(&str, &str, Option<NameClash>); 4] = [
    ("Leave", "leave", None),
    ("Replace", "replace", Some(NameClash::Replace)),
    ("Keep both", "rename", Some(NameClash::Rename)),
    ("Merge", "merge", Some(NameClash::Merge)),
];

/// The question with its answers, which takes the focus when it is asked.
#[component]
pub(super) fn NameClashQuestion(
    /// The question; mostly empty.
    question: Signal<String>,
    /// Its `data-testid`, with which those of the answers begin.
    test_id: &'static str,
    /// Called with what is to become of them; `None` leaves those that there are.
    #[prop(into)]
    on_answer: Callback<Option<NameClash>>,
) -> impl IntoView {
    let root = StoredValue::new_local(Root::of_component());
    effect(move || {
        if !question.with(String::is_empty) {
            focus_soon(root.get_value(), ".name-clash:not([hidden])");
        }
    });
    let question_id = unique_id("clash");
    view! {
        <div
            class="gene-set-new name-clash"
            role="group"
            tabindex="-1"
            aria-labelledby=question_id.clone()
            data-testid=test_id
            hidden=move || question.with(String::is_empty)
        >
            <p class="note" id=question_id.clone()>{question}</p>
            <div class="gene-set-new-foot">
                {ANSWERS
                    .map(|(label, answer, how)| {
                        view! {
                            <Button
                                label
                                test_id=format!("{test_id}-{answer}")
                                kind=ButtonKind::Quiet
                                on_press=move || on_answer.run(how)
                            />
                        }
                    })
                    .collect_view()}
            </div>
        </div>
    }
}
