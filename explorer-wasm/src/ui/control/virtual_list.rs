//! A list that holds only the rows in sight.

use leptos::{html, prelude::*};

use super::watch_size;

/// Rows kept ready beyond each edge, so that a fast scroll shows no gap.
const OVERSCAN: usize = 6;

/// A row's height where the style sheet does not say.
const FALLBACK_ROW_PX: f64 = 28.0;

/// The rows that a scrolled list must hold: `start..end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// First row held.
    pub start: usize,
    /// One past the last row held.
    pub end: usize,
}

impl Window {
    /// The rows in a viewport of `viewport_px`, scrolled down by `scroll_px`, among `count` rows of
    /// `row_px` each, and `overscan` more on either side.
    pub fn of(count: usize, row_px: f64, viewport_px: f64, scroll_px: f64, overscan: usize) -> Self {
        let first = (scroll_px.max(0.0) / row_px).floor() as usize;
        let past = ((scroll_px.max(0.0) + viewport_px.max(0.0)) / row_px).ceil() as usize;
        let end = past.saturating_add(overscan).min(count);
        Self { start: first.saturating_sub(overscan).min(end), end }
    }
}

/// How far to scroll so that `row` is wholly in sight, moving as little as can be.
pub fn scroll_to_show(row: usize, row_px: f64, viewport_px: f64, scroll_px: f64) -> f64 {
    let top = row as f64 * row_px;
    scroll_px.min(top).max(top + row_px - viewport_px)
}

/// The height of a row in CSS pixels: `--row-height`, which is larger for fingers.
pub fn row_height_px() -> f64 {
    let root = document().document_element();
    root.and_then(|root| window().get_computed_style(&root).ok()?)
        .and_then(|style| style.get_property_value("--row-height").ok())
        .and_then(|value| value.trim().strip_suffix("px")?.parse().ok())
        .unwrap_or(FALLBACK_ROW_PX)
}

/// A list of rows of one height, of which only those near the viewport exist. `row` is called with
/// an index when it comes near; what it makes reads its content reactively.
#[component]
pub fn VirtualList(
    /// Number of rows.
    #[prop(into)]
    count: Signal<usize>,
    /// At most this many rows tall; 0 fills the height of what holds it.
    #[prop(optional)]
    max_rows: usize,
    /// The ARIA role of the whole.
    #[prop(default = "list")]
    role: &'static str,
    /// Its name for assistive technology.
    #[prop(into)]
    label: Signal<String>,
    /// A row that must be in sight, whenever it changes.
    #[prop(optional, into)]
    show_row: Signal<Option<usize>>,
    /// What stays at the top while the rows scroll under it: headings, say.
    #[prop(optional, into)]
    head: ViewFn,
    /// Makes a row.
    row: Callback<usize, AnyView>,
) -> impl IntoView {
    let list = NodeRef::<html::Div>::new();
    let row_px = row_height_px();
    let scroll_px = RwSignal::new(0.0_f64);
    let viewport_px = RwSignal::new(row_px * if max_rows == 0 { 40.0 } else { max_rows as f64 });
    let measure = move || {
        if let Some(list) = list.get_untracked() {
            let height_px = f64::from(list.client_height());
            if height_px > 0.0 && height_px != viewport_px.get_untracked() {
                viewport_px.set(height_px);
            }
        }
    };
    if max_rows == 0 {
        watch_size(list, measure);
    }
    Effect::new(move |_| {
        let (Some(row), Some(list)) = (show_row.get(), list.get()) else { return };
        // To ask for a height or a scroll has the browser lay the page out at once.
        if row > 0 {
            measure();
        }
        let before = scroll_px.get_untracked();
        let after = scroll_to_show(row, row_px, viewport_px.get_untracked(), before).round();
        if after != before {
            list.set_scroll_top(after as i32);
            scroll_px.set(after);
        }
    });
    let window = Memo::new(move |_| Window::of(count.get(), row_px, viewport_px.get(), scroll_px.get(), OVERSCAN));
    let rows = move || {
        let window = window.get();
        window.start..window.end
    };
    let height = move || (max_rows > 0).then(|| format!("{}px", count.get().min(max_rows) as f64 * row_px));
    view! {
        <div
            class="virtual-list"
            role=role
            aria-label=move || label.get()
            node_ref=list
            style:height=height
            on:scroll:target=move |event| scroll_px.set(f64::from(event.target().scroll_top()))
        >
            {head.run()}
            <div
                class="virtual-list-sizer"
                role="presentation"
                style:height=move || format!("{}px", count.get() as f64 * row_px)
            >
                <For each=rows key=|&index| index let:index>
                    <div
                        class="virtual-list-row"
                        role="presentation"
                        style:top=format!("{}px", index as f64 * row_px)
                    >
                        {row.run(index)}
                    </div>
                </For>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::{Window, scroll_to_show};

    #[test]
    fn the_window_covers_the_viewport_and_no_more_than_the_list() {
        assert_eq!(Window::of(1000, 28.0, 280.0, 0.0, 0), Window { start: 0, end: 10 });
        assert_eq!(Window::of(1000, 28.0, 280.0, 14.0, 0), Window { start: 0, end: 11 });
        assert_eq!(Window::of(1000, 28.0, 280.0, 2800.0, 6), Window { start: 94, end: 116 });
        assert_eq!(Window::of(5, 28.0, 280.0, 0.0, 6), Window { start: 0, end: 5 });
        assert_eq!(Window::of(0, 28.0, 280.0, 0.0, 6), Window { start: 0, end: 0 });
    }

    #[test]
    fn a_list_that_shrank_under_the_scroll_has_an_empty_window() {
        assert_eq!(Window::of(3, 28.0, 280.0, 9000.0, 0), Window { start: 3, end: 3 });
    }

    #[test]
    fn showing_a_row_scrolls_as_little_as_can_be() {
        assert_eq!(scroll_to_show(0, 20.0, 100.0, 0.0), 0.0);
        assert_eq!(scroll_to_show(4, 20.0, 100.0, 0.0), 0.0);
        assert_eq!(scroll_to_show(5, 20.0, 100.0, 0.0), 20.0);
        assert_eq!(scroll_to_show(2, 20.0, 100.0, 200.0), 40.0);
        assert_eq!(scroll_to_show(12, 20.0, 100.0, 200.0), 200.0);
    }
}
