//! How cells are drawn: their dots, and how numbers become colors.

use explorer_core::{
    color::Colormap,
    format::{percent, short},
    state::{Clip, ColorOptions, PointStyle},
};
use leptos::prelude::*;

use super::{Checkbox, Choice, Glyph, Popover, Select};

/// The sizes of dots that the slider goes through, as powers of two of CSS pixels.
const SIZES: [f64; 2] = [-1.0, 5.0];
/// Percentiles to clip at that the list offers.
const CLIPS: [(f32, f32); 3] = [(0.0, 100.0), (1.0, 99.0), (5.0, 95.0)];
/// The value of "as the data ask" in the list of colormaps.
const AUTOMATIC: &str = "";

/// A button, and the panel of what can be set.
#[component]
pub fn DisplayPanel(
    /// Size and opacity of the dots.
    #[prop(into)]
    style: Signal<PointStyle>,
    /// The diameter, in CSS pixels, that the picture chooses.
    #[prop(into)]
    chosen_px: Signal<f64>,
    /// How numbers become colors; `None` where no numbers color the cells.
    #[prop(into)]
    options: Signal<Option<ColorOptions>>,
    /// Called with other dots.
    #[prop(into)]
    on_style: Callback<PointStyle>,
    /// Called with another way to color.
    #[prop(into)]
    on_options: Callback<ColorOptions>,
) -> impl IntoView {
    let is_chosen = move || style.get().size_px().is_none();
    let size_px = move || style.get().size_px().map_or_else(|| chosen_px.get(), f64::from);
    let set_size = move |size_px| on_style.run(PointStyle::new(size_px, style.get_untracked().opacity()));
    let set_opacity = move |opacity| on_style.run(PointStyle::new(style.get_untracked().size_px(), opacity));
    let has_options = Memo::new(move |_| options.with(Option::is_some));
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
                <Show when=move || has_options.get()>
                    <ColorRows options=Signal::derive(move || options.get().unwrap_or_default()) on_options />
                </Show>
            </div>
        </Popover>
    }
}

/// How numbers become colors.
#[component]
fn ColorRows(options: Signal<ColorOptions>, on_options: Callback<ColorOptions>) -> impl IntoView {
    let change = move |change: &dyn Fn(&mut ColorOptions)| {
        let mut next = options.get_untracked();
        change(&mut next);
        on_options.run(next);
    };
    let colormaps: Vec<Choice> = std::iter::once(Choice::new(AUTOMATIC, "automatic"))
        .chain(Colormap::ALL.into_iter().map(|colormap| Choice::new(colormap.name(), colormap.name())))
        .collect();
    let clips = move || {
        let asked = options.get().clip;
        let mut clips = CLIPS.map(clip).to_vec();
        if !clips.contains(&asked) {
            clips.push(asked);
        }
        clips.into_iter().map(|clip| Choice::new(clip_value(clip), clip_label(clip))).collect::<Vec<_>>()
    };
    view! {
        <hr class="display-rule" />
        <div class="display-row">
            <span>"Colors"</span>
            <Select
                choices=colormaps
                value=Signal::derive(move || options.get().colormap.unwrap_or_default())
                label="Colors"
                test_id="color-map"
                on_choose=move |name: String| change(&|next| {
                    next.colormap = Some(name.clone()).filter(|name| name != AUTOMATIC);
                })
            />
        </div>
        <div class="display-row">
            <span>"Values"</span>
            <Select
                choices=Signal::derive(clips)
                value=Signal::derive(move || clip_value(options.get().clip))
                label="Values"
                test_id="color-clip"
                on_choose=move |value: String| {
                    if let Some(clip) = CLIPS.map(clip).into_iter().find(|&clip| clip_value(clip) == value) {
                        change(&|next| next.clip = clip);
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

fn clip((lower, upper): (f32, f32)) -> Clip {
    Clip::new(lower, upper).unwrap_or(Clip::NONE)
}

fn clip_value(clip: Clip) -> String {
    format!("{}..{}", clip.lower(), clip.upper())
}

fn clip_label(clip: Clip) -> String {
    if clip == Clip::NONE {
        return "all".to_owned();
    }
    format!("percentiles {} to {}", clip.lower(), clip.upper())
}
