//! How cells are drawn: their dots, and how numbers become colors.

use explorer_core::{
    color::Colormap,
    format::{percent, short},
    screen::number,
    state::{CellOrder, Clip, ColorOptions, PointStyle, Range, TissueImage},
};
use leptos::prelude::*;

use super::{
    Checkbox, Choice, Glyph, Popover, Select, Show,
    control::{Wrong, unique_id},
};
use crate::view::view;

/// The sizes of dots that the slider goes through, as powers of two of CSS pixels.
const SIZES: [f64; 2] = [-1.0, 5.0];
/// Which cells are on top: its value in the list, and how it is told.
const ORDERS: [(CellOrder, &str, &str); 3] = [
    (CellOrder::Highest, "highest", "high values"),
    (CellOrder::Lowest, "lowest", "low values"),
    (CellOrder::Random, "random", "random"),
];
/// The value of "as the data ask" in the list of colormaps.
const AUTOMATIC: &str = "";

/// Whether numbers color the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColoredBy {
    /// They do not.
    NoNumber,
    /// One does.
    Number,
    /// Two do.
    TwoNumbers,
}

/// A button, and the panel of what can be set.
#[component]
pub fn DisplayPanel(
    /// Size and opacity of the dots.
    #[prop(into)]
    style: Signal<PointStyle>,
    /// The diameter, in CSS pixels, that the picture chooses.
    #[prop(into)]
    chosen_px: Signal<f64>,
    /// How numbers become colors.
    #[prop(into)]
    options: Signal<ColorOptions>,
    /// Whether numbers color the cells.
    #[prop(into)]
    colored_by: Signal<ColoredBy>,
    /// The images that can lie under the spots: none unless these are of a tissue.
    #[prop(into)]
    tissues: Signal<Vec<Choice>>,
    /// Which of them does, and how opaque.
    #[prop(into)]
    tissue: Signal<TissueImage>,
    /// Called with another image or opacity.
    #[prop(into)]
    on_tissue: Callback<TissueImage>,
    /// Called with other dots.
    #[prop(into)]
    on_style: Callback<PointStyle>,
    /// Called with another way to color.
    #[prop(into)]
    on_options: Callback<ColorOptions>,
    /// What else belongs to it, at its end.
    #[prop(into)]
    more: ViewFn,
) -> impl IntoView {
    let is_chosen = move || style.get().size_px().is_none();
    let size_px = move || style.get().size_px().map_or_else(|| chosen_px.get(), f64::from);
    let set_size = move |size_px| on_style.run(PointStyle::new(size_px, style.get_untracked().opacity()));
    let set_opacity = move |opacity| on_style.run(PointStyle::new(style.get_untracked().size_px(), opacity));
    view! {
        <Popover glyph=Glyph::Filters label="Display" test_id="display">
            <div class="display" data-testid="display-panel">
                <label class="display-row">
                    <span>"Dot size"</span>
                    <input
                        type="range"
                        min=SIZES[0]
                        max=SIZES[1]
                        step="0.1"
                        data-testid="point-size"
                        aria-valuetext=move || format!("{} pixels", short(size_px(), 2))
                        prop:value=move || size_px().log2().to_string()
                        on:input:target=move |event| {
                            set_size(event.target().value().parse::<f32>().ok().map(f32::exp2));
                        }
                    />
                    <output>{move || format!("{} px", short(size_px(), 2))}</output>
                </label>
                <label class="display-check">
                    <Checkbox
                        check=Signal::derive(move || is_chosen().into())
                        label="Automatic dot size"
                        test_id="point-size-auto"
                        on_check=move |on: bool| set_size((!on).then(|| chosen_px.get_untracked() as f32))
                    />
                    <span>"automatic"</span>
                </label>
                <label class="display-row">
                    <span>"Opacity"</span>
                    <input
                        type="range"
                        min="0.05"
                        max="1"
                        step="0.05"
                        data-testid="point-opacity"
                        aria-valuetext=move || percent(f64::from(style.get().opacity()))
                        prop:value=move || style.get().opacity().to_string()
                        on:input:target=move |event| set_opacity(event.target().value().parse().unwrap_or(1.0))
                    />
                    <output>{move || format!("{:.0}%", style.get().opacity() * 100.0)}</output>
                </label>
                <Show when=move || tissues.with(|tissues| !tissues.is_empty())>
                    <TissueRows tissues tissue on_tissue />
                </Show>
                <hr class="display-rule" />
                <ClipRow options on_options />
                <Show when=move || colored_by.get() != ColoredBy::NoNumber>
                    <ColorRows options colored_by on_options />
                </Show>
                <hr class="display-rule" />
                {more.run()}
            </div>
        </Popover>
    }
}

/// The image under the spots.
#[component]
fn TissueRows(
    tissues: Signal<Vec<Choice>>,
    tissue: Signal<TissueImage>,
    on_tissue: Callback<TissueImage>,
) -> impl IntoView {
    let first = move || tissues.with(|tissues| tissues.first().map(|choice| choice.value.clone()));
    let shown = Signal::derive(move || tissue.get().library.or_else(first).unwrap_or_default());
    view! {
        <label class="display-row">
            <span>"Image"</span>
            <input
                type="range"
                min="0"
                max="1"
                step="0.05"
                data-testid="image-opacity"
                aria-label="Opacity of the image"
                aria-valuetext=move || percent(f64::from(tissue.get().opacity))
                prop:value=move || tissue.get().opacity.to_string()
                on:input:target=move |event| {
                    let opacity = event.target().value().parse().unwrap_or(1.0);
                    on_tissue.run(TissueImage { opacity, ..tissue.get_untracked() });
                }
            />
            <output>{move || format!("{:.0}%", tissue.get().opacity * 100.0)}</output>
        </label>
        <Show when=move || tissues.with(|tissues| tissues.len() > 1)>
            <div class="display-row">
                <span>"Library"</span>
                <Select
                    choices=tissues
                    value=shown
                    label="Library of the image"
                    test_id="image-library"
                    on_choose=move |library: String| {
                        on_tissue.run(TissueImage { library: Some(library), ..tissue.get_untracked() });
                    }
                />
            </div>
        </Show>
    }
}

/// How numbers become colors.
#[component]
fn ColorRows(
    options: Signal<ColorOptions>,
    colored_by: Signal<ColoredBy>,
    on_options: Callback<ColorOptions>,
) -> impl IntoView {
    let change = move |change: &dyn Fn(&mut ColorOptions)| {
        let mut next = options.get_untracked();
        change(&mut next);
        on_options.run(next);
    };
    let colormaps: Vec<Choice> = std::iter::once(Choice::new(AUTOMATIC, "automatic"))
        .chain(Colormap::ALL.into_iter().map(|colormap| Choice::new(colormap.name(), colormap.name())))
        .collect();
    let orders: Vec<Choice> = ORDERS.iter().map(|(_, value, label)| Choice::new(*value, *label)).collect();
    let order_value = |order: CellOrder| {
        ORDERS.iter().find(|(known, ..)| *known == order).map_or("", |(_, value, _)| *value).to_owned()
    };
    view! {
        <Show when=move || colored_by.get() == ColoredBy::Number>
            <div class="display-row">
                <span>"Colors"</span>
                <Select
                    choices=colormaps.clone()
                    value=Signal::derive(move || options.get().colormap.unwrap_or_default())
                    label="Colors"
                    test_id="color-map"
                    on_choose=move |name: String| change(&|next| {
                        next.colormap = Some(name.clone()).filter(|name| name != AUTOMATIC);
                    })
                />
            </div>
        </Show>
        <div class="display-row">
            <span>"On top"</span>
            <Select
                choices=orders
                value=Signal::derive(move || order_value(options.get().order))
                label="Cells on top"
                test_id="color-order"
                on_choose=move |value: String| {
                    if let Some((order, ..)) = ORDERS.iter().find(|(_, known, _)| *known == value) {
                        change(&|next| next.order = *order);
                    }
                }
            />
        </div>
        <label class="display-check">
            <Checkbox
                check=Signal::derive(move || options.get().log.into())
                label="Logarithmic scale"
                test_id="color-log"
                on_check=move |on| change(&|next| next.log = on)
            />
            <span>"Logarithmic scale"</span>
        </label>
        <label class="display-check">
            <Checkbox
                check=Signal::derive(move || options.get().zeros_gray.into())
                label="Zeros in gray"
                test_id="color-zeros"
                on_check=move |on| change(&|next| next.zeros_gray = on)
            />
            <span>"Zeros in gray"</span>
        </label>
    }
}

/// The percentiles to clip at, each in a field.
#[component]
fn ClipRow(options: Signal<ColorOptions>, on_options: Callback<ColorOptions>) -> impl IntoView {
    let wrong = RwSignal::new(None::<String>);
    let id = unique_id("clip");
    let clip = Memo::new(move |_| options.with(|options| options.clip));
    let has_both =
        Memo::new(move |_| options.with(|options| options.clip != Clip::NONE && options.range != Range::ALL));
    let commit = move |typed: [Option<String>; 2]| {
        let now = clip.get_untracked();
        let [lower, upper] = typed;
        let bound = |text: Option<String>, now: f32, open: f32| match text {
            None => Ok(now),
            Some(text) if text.trim().is_empty() => Ok(open),
            Some(text) => number::<f32>(&text),
        };
        let asked = bound(lower, now.lower(), 0.0).and_then(|lower| Ok((lower, bound(upper, now.upper(), 100.0)?)));
        match asked.map(|(lower, upper)| Clip::new(lower, upper)) {
            Ok(Some(clip)) => {
                wrong.set(None);
                if clip != now {
                    on_options.run(ColorOptions { clip, ..options.get_untracked() });
                }
            }
            Ok(None) => wrong.set(Some("Percentiles go from 0 to 100, the lower one first.".to_owned())),
            Err(error) => wrong.set(Some(error.to_string())),
        }
    };
    view! {
        <div class="display-row display-clip" title="Values beyond these percentiles are gray, and not in histograms.">
            <span>"Percentiles"</span>
            <input
                class="field"
                inputmode="decimal"
                autocomplete="off"
                aria-label="Lower percentile"
                aria-describedby=id.clone()
                data-testid="clip-lower"
                prop:value=move || clip.get().lower().to_string()
                on:change:target=move |event| commit([Some(event.target().value()), None])
            />
            <span>"to"</span>
            <input
                class="field"
                inputmode="decimal"
                autocomplete="off"
                aria-label="Upper percentile"
                aria-describedby=id.clone()
                data-testid="clip-upper"
                prop:value=move || clip.get().upper().to_string()
                on:change:target=move |event| commit([None, Some(event.target().value())])
            />
        </div>
        <p class="note" data-testid="clip-note" hidden=move || !has_both.get()>
            "The ends of the scale are those typed in the legend; percentiles only turn cells gray."
        </p>
        <Wrong id text=wrong />
    }
}
