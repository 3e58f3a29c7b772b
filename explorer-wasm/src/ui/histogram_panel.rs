//! A continuous column of `obs`: its name, its histogram, color-by.

use std::sync::Arc;

use explorer_core::state::Range;
use leptos::{html, prelude::*};

use super::{
    Bars, BrushChange, BrushHistogram, CountScale, Cut, Glyph, HistogramAsk, IconButton, Show,
    first_sight::on_first_sight,
};
use crate::view::{effect, view};

/// The panel of one continuous column.
#[component]
pub fn HistogramPanel(
    /// The column's name.
    #[prop(into)]
    name: String,
    /// Its histogram; `None` while it is on its way.
    #[prop(into)]
    bars: Signal<Option<Arc<Bars>>>,
    /// The values that pass; `None` without a brush.
    #[prop(into)]
    range: Signal<Option<Range>>,
    /// Whether the cells without a value are those that pass.
    #[prop(into)]
    is_missing_selected: Signal<bool>,
    /// Whether cells are colored by it.
    #[prop(into)]
    colored: Signal<bool>,
    /// Called during a drag and at its end.
    #[prop(into)]
    on_brush: Callback<BrushChange>,
    /// Called with what else the histogram asks for.
    #[prop(into)]
    on_ask: Callback<HistogramAsk>,
    /// Called to color by it, or, when it is so colored, to stop.
    #[prop(into)]
    on_color: Callback<()>,
    /// Whether its numbers can be shown as labels.
    #[prop(into)]
    can_be_labels: Signal<bool>,
    /// Called to show them so.
    #[prop(into)]
    on_labels: Callback<()>,
    /// Called once, when it is first seen: until then nobody misses the histogram.
    #[prop(into)]
    on_sight: Callback<()>,
) -> impl IntoView {
    let panel = NodeRef::<html::Section>::new();
    effect(move || {
        if let Some(panel) = panel.get() {
            on_first_sight(&panel, on_sight);
        }
    });
    let scale = RwSignal::new(CountScale::Linear);
    let log = move || scale.get() == CountScale::Log;
    let toggle = move |_| {
        scale.update(|scale| {
            *scale = match scale {
                CountScale::Linear => CountScale::Log,
                CountScale::Log => CountScale::Linear,
            };
        });
    };
    let has_none = Memo::new(move |_| bars.with(|bars| bars.as_ref().is_some_and(|bars| bars.total.is_empty())));
    let labels_id = format!("histogram-labels-{name}");
    let labels_button = move || {
        view! {
            <button
                type="button"
                class="histogram-log"
                data-testid=labels_id.clone()
                data-hint="Show the numbers as labels"
                aria-label="Show as labels"
                on:click=move |_| on_labels.run(())
            >
                "labels"
            </button>
        }
    };
    let brushed = name.clone();
    view! {
        <section node_ref=panel class="histogram-panel" data-testid=format!("histogram-{name}") aria-label=name.clone()>
            <div class="histogram-head">
                <h3><Cut text=name.clone() /></h3>
                <Show when=move || can_be_labels.get()>{labels_button.clone()()}</Show>
                <button
                    type="button"
                    class="histogram-log"
                    data-testid=format!("histogram-log-{name}")
                    data-hint="Logarithmic counts"
                    aria-pressed=move || log().to_string()
                    aria-label="log: logarithmic counts"
                    on:click=toggle
                >
                    "log"
                </button>
                <IconButton
                    glyph=Glyph::Drop
                    label="Color by"
                    test_id=format!("histogram-color-{name}")
                    pressed=colored
                    on_press=on_color
                />
            </div>
            <Show
                when=move || !has_none.get()
                fallback=|| view! { <p class="histogram-none note">"No cell in view has a finite number here."</p> }
            >
                <BrushHistogram name=brushed.clone() bars range is_missing_selected scale on_brush on_ask />
            </Show>
        </section>
    }
}
