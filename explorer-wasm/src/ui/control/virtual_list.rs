//! A list that holds only the rows in sight.

use explorer_core::screen::{RowWindow, key_onward, row_by_key, scroll_to_show};
use leptos::{
    ev::{FocusEvent, KeyboardEvent},
    html,
    prelude::*,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget};

use super::{Each, focus, watch_size};
use crate::{
    owner::Alive,
    ui::{Root, style_of},
    view::{effect, view},
};

/// Rows kept ready beyond each edge, so that a fast scroll shows no gap.
const OVERSCAN: usize = 6;

/// The height of a list that fills what holds it, until it is measured: tall rows are few.
const FIRST_PX: f64 = 1000.0;

/// A row's height where the style sheet does not say.
const FALLBACK_ROW_PX: f64 = 28.0;

/// The height of a row in CSS pixels: `--row-height`, which is larger for fingers. To be asked while a component is
/// made.
pub fn row_height_px() -> f64 {
    height_px("--row-height")
}

/// The height that a variable of the style sheet gives.
fn height_px(variable: &str) -> f64 {
    style_of(&Root::of_component())
        .and_then(|style| style.get_property_value(variable).ok())
        .and_then(|value| value.trim().strip_suffix("px")?.parse().ok())
        .unwrap_or(FALLBACK_ROW_PX)
}

/// What takes the focus in a row; arrow keys lead to its like in another.
const IN_ROW: &str = "button:not(:disabled), input:not(:disabled), a[href]";

/// The row of a list that the Tab key stops at, for rows that are reached from there by arrow keys.
#[derive(Clone, Copy)]
pub(crate) struct TabStop(Signal<usize>);

impl TabStop {
    /// The `tabindex` of what takes the focus in a row.
    pub fn tabindex(row: usize) -> impl Fn() -> &'static str + Copy + Send + Sync {
        let stop = use_context::<Self>().map(|stop| stop.0);
        move || if stop.is_none_or(|stop| stop.get() == row) { "0" } else { "-1" }
    }
}

/// A list of rows of one height, of which only those near the viewport exist. `row` is called with
/// an index when it comes near; what it makes reads its content reactively. Arrow keys, Page Up, Page Down, Home and End
/// lead from row to row.
#[component]
pub fn VirtualList(
    /// Number of rows.
    #[prop(into)]
    count: Signal<usize>,
    /// At most this many rows tall; 0 fills the height of what holds it.
    #[prop(optional)]
    max_rows: usize,
    /// The variable of the style sheet that gives the height of a row.
    #[prop(default = "--row-height")]
    row_height: &'static str,
    /// The ARIA role of the whole.
    #[prop(default = "list")]
    role: &'static str,
    /// Its name for assistive technology.
    #[prop(into)]
    label: Signal<String>,
    /// A row that must be in sight, whenever it changes.
    #[prop(optional, into)]
    show_row: Signal<Option<usize>>,
    /// `0` where the Tab key stops at the list itself, so that keys can scroll one whose rows take no focus.
    #[prop(optional, into)]
    tabindex: Signal<Option<&'static str>>,
    /// What stays at the top while the rows scroll under it: headings, say.
    #[prop(optional, into)]
    head: ViewFn,
    /// Makes a row.
    row: Callback<usize, AnyView>,
) -> impl IntoView {
    let list = NodeRef::<html::Div>::new();
    let row_px = height_px(row_height);
    let scroll_px = RwSignal::new(0.0_f64);
    let viewport_px = RwSignal::new(if max_rows == 0 { FIRST_PX } else { row_px * max_rows as f64 });
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
    let alive = Alive::here();
    let show = move |row: usize| {
        let Some(list) = list.get_untracked() else { return };
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
    };
    effect(move || {
        if let (Some(row), Some(_)) = (show_row.get(), list.get()) {
            show(row);
        }
    });
    let window = Memo::new(move |_| RowWindow::of(count.get(), row_px, viewport_px.get(), scroll_px.get(), OVERSCAN));
    let rows = move || {
        let window = window.get();
        window.start..window.end
    };
    let current = RwSignal::new(0_usize);
    provide_context(TabStop(Signal::derive(move || {
        let window = window.get();
        current.get().clamp(window.start, window.end.max(window.start + 1) - 1)
    })));
    let enter = move |event: FocusEvent| {
        if let Some((row, _)) = row_of(event.target()) {
            current.set(row);
        }
    };
    let move_by_key = move |event: KeyboardEvent| {
        let Some((row, column)) = row_of(event.target()) else { return };
        let page = (viewport_px.get_untracked() / row_px) as usize;
        let (key, n_rows) = (event.key(), count.get_untracked());
        let Some(next) = row_by_key(&key, row, n_rows, page) else { return };
        event.prevent_default();
        event.stop_propagation();
        show(next);
        let find = move || {
            let Some(list) = list.get_untracked() else { return false };
            let (mut next, onward) = (next, key_onward(&key));
            // Headings and what cannot be chosen take no focus.
            while takes_no_focus(&list, next)
                && let Some(further) = row_by_key(onward, next, n_rows, page).filter(|&further| further != next)
            {
                next = further;
            }
            focus(row_at(&list, next, column))
        };
        // The row may come with the scroll.
        if !find() {
            alive.next_frame(move || {
                find();
            });
        }
    };
    // Half a row tells that there are more.
    let height = move || {
        let n_rows = count.get();
        let shown = if n_rows > max_rows { max_rows as f64 + 0.5 } else { n_rows as f64 };
        (max_rows > 0).then(|| format!("{}px", shown * row_px))
    };
    view! {
        <div
            class="virtual-list"
            role=role
            aria-label=move || label.get()
            tabindex=move || tabindex.get()
            node_ref=list
            style:height=height
            on:focusin=enter
            on:keydown=move_by_key
            on:scroll:target=move |event| scroll_px.set(f64::from(event.target().scroll_top()))
        >
            {head.run()}
            <div
                class="virtual-list-sizer"
                role="presentation"
                style:height=move || format!("{}px", count.get() as f64 * row_px)
            >
                <Each each=rows key=|&index| index let:index>
                    <div
                        class="virtual-list-row"
                        role="presentation"
                        data-row=index.to_string()
                        style:top=format!("{}px", index as f64 * row_px)
                    >
                        {row.run(index)}
                    </div>
                </Each>
            </div>
        </div>
    }
}

/// The row that an element is in, and which of those that take the focus there it is.
fn row_of(target: Option<EventTarget>) -> Option<(usize, u32)> {
    let target = target?.dyn_into::<Element>().ok()?;
    let row = target.closest("[data-row]").ok()??;
    let all = row.query_selector_all(IN_ROW).ok()?;
    let column = (0..all.length()).find(|&column| all.item(column).as_ref() == Some(target.as_ref()))?;
    Some((row.get_attribute("data-row")?.parse().ok()?, column))
}

/// Whether a row is there, and nothing in it takes the focus.
fn takes_no_focus(list: &Element, row: usize) -> bool {
    let row = list.query_selector(&format!("[data-row='{row}']")).ok().flatten();
    row.is_some_and(|row| row.query_selector(IN_ROW).is_ok_and(|found| found.is_none()))
}

/// What takes the focus in a row: the one of that number, or the last.
fn row_at(list: &Element, row: usize, column: u32) -> Option<Element> {
    let row = list.query_selector(&format!("[data-row='{row}']")).ok()??;
    let all = row.query_selector_all(IN_ROW).ok()?;
    all.item(column.min(all.length().checked_sub(1)?))?.dyn_into().ok()
}
