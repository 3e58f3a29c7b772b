//! A rectangle by its coordinates.

use explorer_core::{format::significant, screen::typed_rectangle, state::SelectMode};
use leptos::{ev::SubmitEvent, prelude::*};

use super::{
    Choice, SelectField, Show,
    control::{Dialog, Wrong, unique_id},
};
use crate::view::{effect, view};

/// What an outline can do to the selection there is, by its name in a list.
const MODES: [(SelectMode, &str); 4] = [
    (SelectMode::Replace, "replace it"),
    (SelectMode::Add, "add to it"),
    (SelectMode::Subtract, "take away from it"),
    (SelectMode::Intersect, "keep what is inside"),
];

/// The fields, in the order of [`typed_rectangle`]: label and `data-testid`.
const FIELDS: [(&str, &str); 4] = [
    ("x from", "rectangle-x-from"),
    ("x to", "rectangle-x-to"),
    ("y from", "rectangle-y-from"),
    ("y to", "rectangle-y-to"),
];

/// The dialog that asks for the bounds of a rectangle.
#[component]
pub fn RectangleDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// The embedding that the coordinates are of.
    #[prop(into)]
    embedding: Signal<String>,
    /// The bounds to begin with, asked for when it opens.
    #[prop(into)]
    bounds: Callback<(), Option<[f64; 4]>>,
    /// Whether there is a selection.
    #[prop(into)]
    has_selection: Signal<bool>,
    /// Called with two opposite corners, and what becomes of the selection there is.
    #[prop(into)]
    on_select: Callback<([(f64, f64); 2], SelectMode)>,
) -> impl IntoView {
    let fields = FIELDS.map(|_| RwSignal::new(String::new()));
    let mode = RwSignal::new(SelectMode::Replace);
    let wrong = RwSignal::new(None::<String>);
    effect(move || {
        if open.get() {
            wrong.set(None);
            let bounds = bounds.run(()).map(|bounds| bounds.map(|bound| significant(bound, 5)));
            for (field, bound) in fields.iter().zip(bounds.unwrap_or_default()) {
                field.set(bound);
            }
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let typed = fields.map(|field| field.get_untracked());
        match typed_rectangle(typed.each_ref().map(String::as_str)) {
            Ok(corners) => {
                open.set(false);
                let mode = if has_selection.get_untracked() { mode.get_untracked() } else { SelectMode::Replace };
                on_select.run((corners, mode));
            }
            Err(error) => wrong.set(Some(error.to_string())),
        }
    };
    let id = unique_id("rectangle");
    let modes: Vec<Choice> =
        MODES.iter().enumerate().map(|(at, (_, name))| Choice::new(at.to_string(), *name)).collect();
    let of_mode = |mode: SelectMode| MODES.iter().position(|(known, _)| *known == mode).unwrap_or(0).to_string();
    let inputs = FIELDS
        .into_iter()
        .zip(fields)
        .enumerate()
        .map(|(at, ((label, test_id), field))| {
            view! {
                <label class="rectangle-field">
                    <span>{label}</span>
                    <input
                        class="field"
                        inputmode="decimal"
                        autocomplete="off"
                        data-first=(at == 0).then_some("")
                        data-testid=test_id
                        aria-describedby=id.clone()
                        prop:value=move || field.get()
                        on:input:target=move |event| field.set(event.target().value())
                    />
                </label>
            }
        })
        .collect_view();
    view! {
        <Dialog
            open
            title="Select a rectangle"
            class="save"
            test_id="rectangle-dialog"
            close_id="rectangle-close"
            on_close=move || open.set(false)
        >
            <form class="save-body" novalidate on:submit=submit>
                <p class="note">{move || format!("In the coordinates of {}.", embedding.get())}</p>
                <div class="rectangle-fields">{inputs}</div>
                <Show when=move || has_selection.get()>
                    <SelectField
                        name="Selection"
                        choices=modes.clone()
                        value=Signal::derive(move || of_mode(mode.get()))
                        label="What becomes of the selection"
                        test_id="rectangle-mode"
                        on_choose=move |at: String| {
                            let chosen = at.parse().ok().and_then(|at: usize| MODES.get(at));
                            mode.set(chosen.map_or(SelectMode::Replace, |(mode, _)| *mode));
                        }
                    />
                </Show>
                <Wrong id=id.clone() text=wrong />
                <button type="submit" class="button primary" data-testid="rectangle-run">"Select"</button>
            </form>
        </Dialog>
    }
}
