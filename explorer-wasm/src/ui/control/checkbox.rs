//! A check box with a third state.

use crate::view::view;
use leptos::prelude::*;

/// The state of a [`Checkbox`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Check {
    /// None of what it stands for.
    #[default]
    Off,
    /// A part of it.
    Mixed,
    /// All of it.
    On,
}

impl Check {
    /// The state that stands for `on` of `total` things.
    pub fn of(on: usize, total: usize) -> Self {
        match on {
            0 => Self::Off,
            on if on == total => Self::On,
            _ => Self::Mixed,
        }
    }
}

impl From<bool> for Check {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

/// A check box; from the mixed state it goes to checked.
#[component]
pub fn Checkbox(
    /// What is shown.
    #[prop(into)]
    check: Signal<Check>,
    /// Its name for assistive technology.
    #[prop(into)]
    label: Signal<String>,
    /// Its `data-testid`.
    #[prop(optional, into)]
    test_id: String,
    /// Whether it cannot be checked now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called with the state asked for.
    #[prop(into)]
    on_check: Callback<bool>,
) -> impl IntoView {
    view! {
        <span class="checkbox">
            <input
                type="checkbox"
                data-testid=test_id
                aria-label=move || label.get()
                disabled=move || disabled.get()
                prop:checked=move || check.get() == Check::On
                prop:indeterminate=move || check.get() == Check::Mixed
                on:change:target=move |event| on_check.run(event.target().checked())
            />
            <svg viewBox="0 0 16 16" aria-hidden="true">
                <path class="checkbox-tick" d="m4 8.5 2.7 2.7L12 5.5" />
                <path class="checkbox-dash" d="M4.5 8h7" />
            </svg>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::Check;

    #[test]
    fn a_part_is_mixed() {
        assert_eq!(Check::of(0, 3), Check::Off);
        assert_eq!(Check::of(2, 3), Check::Mixed);
        assert_eq!(Check::of(3, 3), Check::On);
        assert_eq!(Check::of(0, 0), Check::Off);
    }
}
