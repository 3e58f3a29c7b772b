//! A histogram with a brush, its handles and its exact bounds.

use std::sync::Arc;

use explorer_core::{
    color::Tick,
    filter::ValueScale,
    format::short,
    screen::{Axis, BarCount, CountScale, End, Grip, Span},
    state::Range,
};
use leptos::{
    ev::{KeyboardEvent, PointerEvent},
    html,
    prelude::*,
};

use super::{Bars, BrushChange, BrushPhase, Glyph, Histogram, IconButton, Show, bound::Bound};
use crate::view::view;

/// What a histogram asks for besides a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistogramAsk {
    /// That the axis runs otherwise.
    ToggleScale,
    /// That the cells without a value are selected.
    SelectMissing,
}

/// A press that moves less than this is a click.
const CLICK_PX: f64 = 3.0;
/// Ends of the brush are caught from this far.
const REACH_PX: f64 = 8.0;

#[derive(Clone, Copy)]
struct Drag {
    grip: Grip,
    start_px: f64,
    before: Option<Range>,
    moved: bool,
}

/// A histogram to brush: drag to make, move or resize a range, click or Escape to clear it, arrow
/// keys on either end, or type exact bounds.
#[component]
pub fn BrushHistogram(
    /// The column's or gene's name.
    #[prop(into)]
    name: String,
    /// What to draw; `None` while it is on its way.
    #[prop(into)]
    bars: Signal<Option<Arc<Bars>>>,
    /// The values that pass; `None` without a brush.
    #[prop(into)]
    range: Signal<Option<Range>>,
    /// Whether the cells without a value are those that pass.
    #[prop(optional, into)]
    is_missing_selected: Signal<bool>,
    /// How counts become heights.
    #[prop(optional, into)]
    scale: Signal<CountScale>,
    /// Called during a drag and at its end.
    #[prop(into)]
    on_brush: Callback<BrushChange>,
    /// Called with what else is asked for.
    #[prop(into)]
    on_ask: Callback<HistogramAsk>,
) -> impl IntoView {
    let plot = NodeRef::<html::Div>::new();
    let drag = StoredValue::new(None::<Drag>);
    // What the pointer shows, ahead of what comes back.
    let shown = RwSignal::new(None::<Span>);
    let axis = move || bars.with(|bars| bars.as_ref().map(|bars| bars.axis()));
    // Where a pointer rests over the bars.
    let pointed = RwSignal::new(None::<f64>);
    let span = Signal::derive(move || shown.get().or_else(|| Some(axis()?.span(range.get()?))));
    let send = move |span: Option<Span>, phase| {
        let range = span.and_then(|span| axis()?.range(span));
        on_brush.run(BrushChange { range, phase });
    };
    let locate = move |event: &PointerEvent| {
        let rect = plot.get_untracked()?.get_bounding_client_rect();
        let width_px = rect.width().max(1.0);
        Some(((f64::from(event.client_x()) - rect.left()) / width_px, width_px))
    };
    let press = move |event: PointerEvent| {
        let (Some((at, width_px)), true) = (locate(&event), axis().is_some() && event.button() == 0) else { return };
        event.prevent_default();
        if let Some(plot) = plot.get_untracked() {
            let _ = plot.set_pointer_capture(event.pointer_id());
        }
        let at = at.clamp(0.0, 1.0);
        drag.set_value(Some(Drag {
            grip: Grip::at(span.get_untracked(), at, REACH_PX / width_px),
            start_px: f64::from(event.client_x()),
            before: range.get_untracked(),
            moved: false,
        }));
    };
    let pull = move |event: PointerEvent| {
        pointed.set(locate(&event).map(|(at, _)| at.clamp(0.0, 1.0)));
        let (Some(mut held), Some((at, _))) = (drag.get_value(), locate(&event)) else { return };
        held.moved |= (f64::from(event.client_x()) - held.start_px).abs() >= CLICK_PX;
        drag.set_value(Some(held));
        if held.moved {
            let span = held.grip.drag(at);
            shown.set(Some(span));
            send(Some(span), BrushPhase::Live);
        }
    };
    let release = move |_: PointerEvent| {
        let Some(held) = drag.try_update_value(Option::take).flatten() else { return };
        let last = shown.get_untracked();
        if held.moved {
            send(last, BrushPhase::Done);
        } else if held.before.is_some() && !matches!(held.grip, Grip::End { .. }) {
            send(None, BrushPhase::Done);
        }
        shown.set(None);
    };
    let abandon = move || {
        let Some(held) = drag.try_update_value(Option::take).flatten() else { return false };
        shown.set(None);
        if held.moved {
            on_brush.run(BrushChange { range: held.before, phase: BrushPhase::Done });
        }
        true
    };
    let key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && (abandon() || range.get_untracked().is_some()) {
            event.stop_propagation();
            send(None, BrushPhase::Done);
        }
    };
    let nudge = Callback::new(move |(end, key): (End, String)| {
        let bin = bars.with_untracked(|bars| bars.as_ref().map_or(0.025, |bars| 1.0 / bars.total.len().max(1) as f64));
        let moved = end.nudge(span.get_untracked().unwrap_or((0.0, 1.0)), &key, bin);
        if moved.is_some() {
            send(moved, BrushPhase::Done);
        }
        moved.is_some()
    });
    let nothing = Memo::new(move |_| bars.with(|bars| bars.as_ref().and_then(|bars| bars.nothing())));
    // A range that is in force can be taken away where there are no numbers, too.
    let has_axis = Signal::derive(move || nothing.get().is_none() || range.with(Option::is_some));
    let aside = {
        let name = name.clone();
        move || view! { <AsideBar name=name.clone() bars range scale on_brush /> }
    };
    view! {
        <div class="brush" on:keydown=key>
            <div class="brush-row">
            {aside()}
            <div class="brush-axis">
            <div
                class="brush-plot"
                data-testid=format!("histogram-brush-{name}")
                aria-busy=move || bars.with(Option::is_none).then_some("true")
                hidden=move || !has_axis.get()
                node_ref=plot
                on:pointerdown=press
                on:pointermove=pull
                on:pointerup=release
                on:pointercancel=move |_| { abandon(); }
                on:pointerleave=move |_| pointed.set(None)
            >
                <Histogram bars scale />
                <Show when=move || span.get().is_some()>
                    <div
                        class="brush-span"
                        style:left=move || span.get().map(|(low, _)| percent(low))
                        style:width=move || span.get().map(|(low, high)| percent(high - low))
                    ></div>
                </Show>
                <Handle end=End::Low label=format!("Lower bound of {name}") axis=Signal::derive(axis) span nudge />
                <Handle end=End::High label=format!("Upper bound of {name}") axis=Signal::derive(axis) span nudge />
            </div>
            <p class="note brush-nothing" data-testid=format!("histogram-nothing-{name}") hidden=move || nothing.get().is_none()>
                {move || nothing.get()}
            </p>
            <Ticks axis=Signal::derive(move || axis().filter(|_| nothing.get().is_none())) />
            </div>
            </div>
            <Told name=name.clone() bars is_missing_selected pointed on_ask />
            <div class="brush-bounds" hidden=move || !has_axis.get()>
                <Bound end=End::Low place="histogram" name=name.clone() axis=Signal::derive(axis) range on_brush />
                <span class="brush-clear" class:active=move || range.get().is_some()>
                    <IconButton
                        glyph=Glyph::Close
                        label="Clear range"
                        test_id=format!("histogram-clear-{name}")
                        disabled=move || range.get().is_none()
                        on_press=move || send(None, BrushPhase::Done)
                    />
                </span>
                <Bound end=End::High place="histogram" name=name.clone() axis=Signal::derive(axis) range on_brush />
            </div>
        </div>
    }
}

fn percent(fraction: f64) -> String {
    format!("{:.3}%", fraction * 100.0)
}

/// Round values below the bars.
#[component]
fn Ticks(axis: Signal<Option<Axis>>) -> impl IntoView {
    let ticks = move || axis.get().map(Axis::ticks).unwrap_or_default();
    view! {
        <div class="brush-ticks" aria-hidden="true">
            {move || {
                let tick = |tick: Tick| view! {
                    // At the ends it keeps within.
                    <span style:left=percent(tick.place) style:transform=format!("translateX(-{})", percent(tick.place))>
                        {tick.label}
                    </span>
                };
                ticks().into_iter().map(tick).collect_view()
            }}
        </div>
    }
}

/// The bar of values that the axis does not hold; a press selects them, and another one all.
#[component]
fn AsideBar(
    name: String,
    bars: Signal<Option<Arc<Bars>>>,
    range: Signal<Option<Range>>,
    scale: Signal<CountScale>,
    on_brush: Callback<BrushChange>,
) -> impl IntoView {
    let read = move |read: fn(&Bars) -> Option<String>| bars.with(|bars| bars.as_ref().and_then(|bars| read(bars)));
    let own = move || bars.with(|bars| bars.as_ref().and_then(|bars| bars.axis().aside_range()));
    let is_on = move || own().is_some() && own() == range.get();
    let height = move |count: fn(&BarCount) -> u32| {
        let height = bars.with(|bars| {
            let bars = bars.as_ref()?;
            Some(scale.get().height(count(&bars.in_aside), bars.most()).min(1.0))
        });
        percent(height.unwrap_or_default())
    };
    let told =
        move || read(|bars| Some(format!("{}: {}", bars.aside_label()?, bars.in_aside.text()))).unwrap_or_default();
    let test_id = StoredValue::new(format!("histogram-aside-{name}"));
    let press = move |_| {
        let range = if is_on() { None } else { own() };
        on_brush.run(BrushChange { range, phase: BrushPhase::Done });
    };
    let has_any = Memo::new(move |_| {
        own().is_some() && bars.with(|bars| bars.as_ref().is_some_and(|bars| bars.in_aside.total > 0))
    });
    view! {
        <Show when=move || has_any.get()>
            <button
                type="button"
                class="brush-aside"
                data-testid=test_id.get_value()
                data-hint=told
                aria-label=told
                aria-pressed=move || is_on().to_string()
                on:click=press
            >
                <span class="brush-aside-plot">
                    <span class="brush-aside-total" style:height=move || height(|count| count.total)></span>
                    <span class="brush-aside-selected" style:height=move || height(|count| count.selected)></span>
                </span>
                <span class="brush-aside-label">{move || read(|bars| bars.aside_label().map(str::to_owned))}</span>
            </button>
        </Show>
    }
}

/// The values and cells under the pointer, the cells without a value, and how the axis runs.
#[component]
fn Told(
    name: String,
    bars: Signal<Option<Arc<Bars>>>,
    is_missing_selected: Signal<bool>,
    pointed: RwSignal<Option<f64>>,
    on_ask: Callback<HistogramAsk>,
) -> impl IntoView {
    let told = move || bars.with(|bars| bars.as_ref()?.text_at(pointed.get()?));
    let missing = Memo::new(move |_| {
        bars.with(|bars| {
            let missing = bars.as_ref()?.missing;
            (missing.total > 0).then(|| format!("{} missing", missing.text()))
        })
    });
    let is_log = move || bars.with(|bars| bars.as_ref().is_some_and(|bars| bars.scale == ValueScale::Log));
    let missing_id = StoredValue::new(format!("histogram-missing-{name}"));
    view! {
        <div class="brush-told">
            <span class="ellipsis" data-testid=format!("histogram-told-{name}")>{told}</span>
            <Show when=move || missing.with(Option::is_some)>
                <button
                    type="button"
                    class="histogram-log"
                    data-testid=missing_id.get_value()
                    data-hint="Select the cells without a value"
                    aria-pressed=move || is_missing_selected.get().to_string()
                    on:click=move |_| on_ask.run(HistogramAsk::SelectMissing)
                >
                    {move || missing.get()}
                </button>
            </Show>
            <button
                type="button"
                class="histogram-log"
                data-testid=format!("histogram-log-x-{name}")
                data-hint="Logarithmic values"
                aria-pressed=move || is_log().to_string()
                aria-label="log x: logarithmic values"
                on:click=move |_| on_ask.run(HistogramAsk::ToggleScale)
            >
                "log x"
            </button>
        </div>
    }
}

/// One end of the brush, for the keyboard and for the eye.
#[component]
fn Handle(
    end: End,
    label: String,
    axis: Signal<Option<Axis>>,
    span: Signal<Option<Span>>,
    nudge: Callback<(End, String), bool>,
) -> impl IntoView {
    let at = move || end.of(span.get().unwrap_or((0.0, 1.0)));
    let value = move || axis.get().map(|axis| axis.value(at()));
    view! {
        <div
            class="brush-handle"
            class:idle=move || span.get().is_none()
            role="slider"
            tabindex="0"
            aria-label=label
            aria-valuemin=move || axis.get().map_or(0.0, |axis| axis.min).to_string()
            aria-valuemax=move || axis.get().map_or(1.0, |axis| axis.max).to_string()
            aria-valuenow=move || value().unwrap_or_else(at).to_string()
            aria-valuetext=move || value().map(|value| short(value, 4))
            style:left=move || format!("{:.3}%", at() * 100.0)
            on:keydown=move |event| {
                if nudge.run((end, event.key())) {
                    event.prevent_default();
                    event.stop_propagation();
                }
            }
        ></div>
    }
}
