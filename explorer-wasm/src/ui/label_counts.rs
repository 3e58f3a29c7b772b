//! How many cells each label has, where no picture can show it.

use crate::view::view;
use explorer_core::{
    color::css_color,
    format::{MISSING, integer},
    screen::LegendEntry,
};
use leptos::prelude::*;

/// How many cells each label of a column has.
#[component]
pub fn LabelCounts(
    /// The column.
    column: String,
    /// Its labels and the cells of each that are selected and in view, as far as they are counted.
    #[prop(into)]
    rows: Signal<Vec<(LegendEntry, Option<[u32; 2]>)>>,
) -> impl IntoView {
    let number =
        |n_cells: Option<u32>| n_cells.map_or_else(|| MISSING.to_owned(), |n_cells| integer(u64::from(n_cells)));
    let row = move |(LegendEntry { label, color }, counts): (LegendEntry, Option<[u32; 2]>)| {
        let [selected, total] = [0, 1].map(|at| number(counts.map(|counts| counts[at])));
        view! {
            <tr>
                <th scope="row"><i class="legend-swatch" style:background=css_color(color)></i>" "<bdi>{label}</bdi></th>
                <td>{selected}</td>
                <td>{total}</td>
            </tr>
        }
    };
    view! {
        <table class="label-counts" data-testid="label-counts">
            <thead>
                <tr>
                    <th scope="col"><bdi>{column}</bdi></th>
                    <th scope="col">"Selected"</th>
                    <th scope="col">"In view"</th>
                </tr>
            </thead>
            <tbody>{move || rows.get().into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}
