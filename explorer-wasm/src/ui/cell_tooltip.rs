//! What is known of the cell under the pointer.

use explorer_core::color::css_color;
use leptos::prelude::*;

use super::{Cut, Rgb};
use crate::view::view;

/// A cell that the pointer is over.
#[derive(Clone, Debug, PartialEq)]
pub struct CellTip {
    /// Where the cell is, in CSS pixels from the picture's left.
    pub left_px: f64,
    /// And from its top.
    pub top_px: f64,
    /// Width of the picture in CSS pixels, so that the tip stays inside.
    pub picture_width_px: f64,
    /// The cell's id.
    pub id: String,
    /// Its color in the picture, if it has any there.
    pub color: Option<Rgb>,
    /// Columns and the cell's values in them, the one that colors first.
    pub values: Vec<(String, String)>,
}

/// Between the cell and the edge of the picture, beside the tooltip.
const MARGIN_PX: f64 = 18.0;

const MOST_WIDTH_PX: f64 = 260.0;

/// The tooltip of a cell; it lets the pointer through.
#[component]
pub fn CellTooltip(
    /// The cell, if there is one under the pointer.
    #[prop(into)]
    tip: Signal<Option<CellTip>>,
) -> impl IntoView {
    move || {
        tip.get().map(|tip| {
            // On the side of the cell where there is room, and no wider than that.
            let flipped = tip.left_px > tip.picture_width_px / 2.0;
            let room_px = if flipped { tip.left_px } else { tip.picture_width_px - tip.left_px } - MARGIN_PX;
            let rows = tip
                .values
                .into_iter()
                .map(|(column, value)| view! { <div><dt><Cut text=column /></dt><dd><Cut text=value /></dd></div> })
                .collect_view();
            view! {
                <div
                    class="cell-tooltip"
                    class:flipped=flipped
                    role="tooltip"
                    data-testid="cell-tooltip"
                    style:left=format!("{:.0}px", tip.left_px)
                    style:top=format!("{:.0}px", tip.top_px)
                    style:max-width=format!("{:.0}px", room_px.min(MOST_WIDTH_PX))
                >
                    <p class="cell-tooltip-id ellipsis">
                        {tip.color.map(|color| view! { <i style:background=css_color(color)></i> })}
                        {tip.id}
                    </p>
                    <dl>{rows}</dl>
                </div>
            }
        })
    }
}
