//! A list that holds only the rows in sight.

use explorer_core::screen::{RowWindow, scroll_to_show};
use leptos::{html, prelude::*};

use super::watch_size;
use crate::ui::{Root, style_of};

/// Rows kept ready beyond each edge, so that a fast scroll shows no gap.
const OVERSCAN: usize = 6;

/// A row's height where the style sheet does not say.
const FALLBACK_ROW_PX: f64 = 28.0;

/// The height of a row in CSS pixels: `--row-height`, which is larger for fingers. To be asked while a component is
/// made.
pub fn row_height_px() -> f64 {
    style_of(&Root::of_component())
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
    let window = Memo::new(move |_| RowWindow::of(count.get(), row_px, viewport_px.get(), scroll_px.get(), OVERSCAN));
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
