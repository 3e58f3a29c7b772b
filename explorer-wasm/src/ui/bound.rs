//! One exact bound of a range, as a field.

use explorer_core::{
    format::short,
    screen::{Axis, End},
    state::Range,
};
use leptos::{ev::KeyboardEvent, html, prelude::*};

use super::{
    BrushChange, BrushPhase,
    control::{Wrong, unique_id},
};
use crate::view::view;

/// One exact bound: the data's own until another is typed.
#[component]
pub(super) fn Bound(
    /// Which end it is.
    end: End,
    /// Where it stands: `data-testid` begins with that.
    place: &'static str,
    /// What it bounds.
    name: String,
    /// The data's own ends.
    axis: Signal<Option<Axis>>,
    /// The range in force.
    range: Signal<Option<Range>>,
    /// Called with the range that was typed.
    on_brush: Callback<BrushChange>,
) -> impl IntoView {
    let (test_id, label, class) = match end {
        End::Low => (format!("{place}-min-{name}"), format!("At least, {name}"), "brush-bound"),
        End::High => (format!("{place}-max-{name}"), format!("At most, {name}"), "brush-bound brush-bound-high"),
    };
    let own = move || {
        let axis = axis.get()?;
        Some(short(if end == End::Low { axis.min } else { axis.max }, 4))
    };
    let text = move || {
        let range = range.get()?;
        let bound = if end == End::Low { range.min() } else { range.max() };
        bound.is_finite().then(|| short(f64::from(bound), 4))
    };
    let shown = move || text().unwrap_or_default();
    let field = NodeRef::<html::Input>::new();
    let wrong = RwSignal::new(None::<String>);
    let restore = move || {
        wrong.set(None);
        if let Some(field) = field.get_untracked() {
            field.set_value(&untrack(shown));
        }
    };
    // What the field holds is compared with what is in force: the browser tells of a change only where the text differs
    // from the one that was typed last, whatever was shown since.
    let commit = move || {
        let Some(typed) = field.get_untracked().map(|field| field.value()) else { return };
        if typed == untrack(shown) {
            return wrong.set(None);
        }
        match end.typed(&typed, range.get_untracked().unwrap_or(Range::ALL)) {
            Ok(next) => {
                let range = (next != Range::ALL).then_some(next);
                on_brush.run(BrushChange { range, phase: BrushPhase::Done });
                restore();
            }
            Err(error) => wrong.set(Some(error.to_string())),
        }
    };
    let key = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" => commit(),
        // The edit alone is taken back; the next one finds none and clears the range.
        "Escape" if field.get_untracked().is_some_and(|field| field.value() != untrack(shown)) => {
            event.prevent_default();
            event.stop_propagation();
            restore();
        }
        _ => {}
    };
    let leave = move |_| {
        // Taking the field away takes the focus from it too, when all here is gone already.
        if wrong.try_get_untracked().is_some() {
            commit();
            restore();
        }
    };
    let id = unique_id("bound");
    view! {
        <input
            class=class
            type="text"
            inputmode="decimal"
            autocomplete="off"
            spellcheck="false"
            data-testid=test_id
            aria-label=label
            aria-invalid=move || wrong.with(Option::is_some).then_some("true")
            aria-describedby=id.clone()
            placeholder=move || own().unwrap_or_default()
            prop:value=shown
            node_ref=field
            on:keydown=key
            on:change=move |_| commit()
            on:blur=leave
        />
        <Wrong id text=wrong />
    }
}
