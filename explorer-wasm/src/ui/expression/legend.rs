//! What the sizes and colors of dots stand for.

use std::sync::Arc;

use corpus::view::Table;
use explorer_core::{
    color::css_color,
    format::{percent, short},
};
use expression::{Scaling, diameter_px};
use leptos::prelude::*;

use super::grid::color_of;
use crate::{ui::Show, view::view};

/// Shares whose dots are shown.
const SHARES: [f64; 4] = [0.0, 0.25, 0.5, 1.0];

/// Steps of the bar of colors.
const STEPS: usize = 8;

/// Digits of expression that are told.
const DIGITS: usize = 3;

/// The legend of dots.
#[component]
pub fn DotLegend(
    /// What is shown.
    #[prop(into)]
    table: Signal<Arc<Table>>,
    /// Over which dots colors are scaled.
    #[prop(into)]
    scaling: Signal<Scaling>,
    /// What is taken for noise; empty where nothing is.
    #[prop(into)]
    noise: Signal<String>,
) -> impl IntoView {
    let range = move || {
        // By gene, ends differ from gene to gene.
        let range = (scaling.get() == Scaling::Global).then(|| table.with(|table| table.range(0)));
        match range {
            Some(Some(range)) => range.map(|end| short(end, DIGITS)),
            Some(None) => [String::new(), String::new()],
            None => ["least".to_owned(), "most of its gene".to_owned()],
        }
    };
    let bar = {
        let color = |step: usize| {
            let place = step as f64 / (STEPS - 1) as f64;
            let [light, dark] = [false, true].map(|is_dark| css_color(color_of(place, is_dark)));
            format!("light-dark({light}, {dark})")
        };
        let colors: Vec<String> = (0..STEPS).map(color).collect();
        format!("linear-gradient(to right, {})", colors.join(", "))
    };
    let dots = SHARES
        .map(|share| {
            let diameter = format!("{}px", diameter_px(share));
            view! {
                <li>
                    <i style:width=diameter.clone() style:height=diameter></i>
                    {percent(share)}
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="dots-legend" aria-label="Legend" role="group">
            <div>
                <span>"Expression, ln(CPTT + 1)"</span>
                <span class="dots-scale">
                    <span>{move || range()[0].clone()}</span>
                    <i style:background=bar></i>
                    <span>{move || range()[1].clone()}</span>
                </span>
            </div>
            <div>
                <span>"Cells that express it"</span>
                <ul>{dots}</ul>
                <Show when=move || table.with(|table| table.has_unmeasured())>
                    <span data-testid="legend-unmeasured">"× not measured"</span>
                </Show>
            </div>
            <p class="note">{noise}</p>
        </div>
    }
}
