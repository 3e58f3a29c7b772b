//! Bars: all cells behind, the selected ones in front.

use std::{fmt::Write as _, sync::Arc};

use leptos::prelude::*;

use super::CountScale;

/// A histogram over equal bins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// Least value.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
    /// All cells in view, one count a bin.
    pub total: Vec<u32>,
    /// The selected ones among them; as many bins.
    pub selected: Vec<u32>,
}

/// Height of the drawing in its own units; it is stretched to its box.
const HEIGHT: f64 = 100.0;

/// The bars alone.
#[component]
pub fn Histogram(
    /// What to draw; `None` while it is on its way.
    #[prop(into)]
    bars: Signal<Option<Arc<Bars>>>,
    /// How counts become heights.
    #[prop(optional, into)]
    scale: Signal<CountScale>,
) -> impl IntoView {
    let width = move || bars.with(|bars| bars.as_ref().map_or(1, |bars| bars.total.len().max(1)));
    let path = move |counts: fn(&Bars) -> &[u32]| {
        bars.with(|bars| {
            bars.as_ref().map(|bars| {
                let most = bars.total.iter().copied().max().unwrap_or(0);
                bar_path(counts(bars), most, scale.get())
            })
        })
    };
    view! {
        <svg
            class="histogram"
            class:skeleton=move || bars.with(Option::is_none)
            viewBox=move || format!("0 0 {} {HEIGHT}", width())
            preserveAspectRatio="none"
            aria-hidden="true"
        >
            <path class="histogram-total" d=move || path(|bars| &bars.total) />
            <path class="histogram-selected" d=move || path(|bars| &bars.selected) />
        </svg>
    }
}

/// One closed rectangle a bin, standing on the axis; a bin with anything in it is never invisible.
fn bar_path(counts: &[u32], most: u32, scale: CountScale) -> String {
    let mut path = String::with_capacity(counts.len() * 32);
    for (bin, &count) in counts.iter().enumerate().filter(|&(_, &count)| count > 0) {
        let height = (scale.height(count, most) * HEIGHT).max(2.0);
        let left = bin as f64 + 0.06;
        let _ = write!(path, "M{left:.2} {HEIGHT}v-{height:.2}h.88V{HEIGHT}z");
    }
    path
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn heights_are_parts_of_the_tallest_bar() {
        assert_eq!(bar_path(&[2, 0, 4], 4, CountScale::Linear), "M0.06 100v-50.00h.88V100zM2.06 100v-100.00h.88V100z");
        assert_eq!(bar_path(&[0, 0], 0, CountScale::Log), "");
    }

    #[test]
    fn one_cell_of_many_is_seen() {
        assert!(bar_path(&[1], 1_000_000, CountScale::Linear).contains("v-2.00"));
    }
}
