//! The edge between a sidebar and the picture.

use explorer_core::state::{SIDEBAR_WIDTHS_PX, Side};
use leptos::prelude::*;

use super::control::{Grows, Splitter};
use crate::view::view;

/// Pixels that an arrow key moves the edge by.
const STEP_PX: f64 = 16.0;

/// The edge, which shares the width with the picture.
#[component]
pub(super) fn SidebarEdge(
    side: Side,
    /// What the sidebar is called.
    name: &'static str,
    #[prop(into)] width_px: Signal<u16>,
    /// Called with a new width; with `None` for the usual one.
    on_width: Callback<(Side, Option<u16>)>,
) -> impl IntoView {
    let (least, most) = (f64::from(*SIDEBAR_WIDTHS_PX.start()), f64::from(*SIDEBAR_WIDTHS_PX.end()));
    let (grows, class, test_id) = match side {
        Side::Left => (Grows::Right, "sidebar-edge sidebar-edge-left", "edge-left"),
        Side::Right => (Grows::Left, "sidebar-edge sidebar-edge-right", "edge-right"),
    };
    view! {
        <Splitter
            label=format!("Width of {name}")
            class
            test_id
            grows
            step_px=STEP_PX
            least_px=least
            most_px=most
            size_px=Signal::derive(move || f64::from(width_px.get()))
            on_size=move |wanted: f64| on_width.run((side, Some(wanted.clamp(least, most).round() as u16)))
            on_usual=move |()| on_width.run((side, None))
        />
    }
}
