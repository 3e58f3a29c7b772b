//! What the colors mean.

use explorer_core::{color::css_color, format::short};
use leptos::prelude::*;

use super::{Cut, Glyph, Icon, LegendEntry, LegendModel, Rgb};

/// Labels shown before the rest is left to the sidebar.
const MAX_ENTRIES: usize = 12;

/// The legend, over a corner of the picture; nothing when cells are not colored.
#[component]
pub fn Legend(
    /// What to show.
    #[prop(into)]
    model: Signal<LegendModel>,
    /// Whether the values are on their way.
    #[prop(optional, into)]
    loading: Signal<bool>,
    /// Why it is not of what was asked for; mostly empty.
    #[prop(optional, into)]
    note: Signal<String>,
) -> impl IntoView {
    // A list of labels would hide much of the picture, and the sidebar has it beside the swatches.
    let opened = RwSignal::new(None::<bool>);
    let open =
        move || opened.get().unwrap_or_else(|| model.with(|model| !matches!(model, LegendModel::Categorical { .. })));
    let toggle = Callback::new(move |()| opened.set(Some(!untrack(open))));
    let open = Signal::derive(open);
    let content = move || match model.get() {
        LegendModel::Plain => None,
        LegendModel::Continuous { title, subtitle, min, middle, max, stops, missing } => {
            let colors: Vec<_> = stops.into_iter().map(css_color).collect();
            Some(
                view! {
                    <Title title subtitle open toggle />
                    <div
                        class="legend-colors"
                        style:background=format!("linear-gradient(to right, {})", colors.join(", "))
                    ></div>
                    <div class="legend-ticks">
                        <span>{short(min, 3)}</span>
                        <span>{short(middle, 3)}</span>
                        <span>{short(max, 3)}</span>
                    </div>
                    {missing.map(|LegendEntry { label, color }| view! { <Entry label color /> })}
                }
                .into_any(),
            )
        }
        LegendModel::Categorical { title, entries } => {
            let rest = entries.len().saturating_sub(MAX_ENTRIES);
            Some(
                view! {
                    <Title title subtitle=String::new() open toggle />
                    <ul class="legend-entries">
                        {entries
                            .into_iter()
                            .take(MAX_ENTRIES)
                            .map(|LegendEntry { label, color }| view! { <li><Entry label color /></li> })
                            .collect_view()}
                    </ul>
                    {(rest > 0).then(|| view! { <p class="note">{format!("and {rest} more")}</p> })}
                }
                .into_any(),
            )
        }
    };
    view! {
        <Show when=move || model.with(|model| *model != LegendModel::Plain) || note.with(|note| !note.is_empty())>
            <section
                class="legend"
                class:loading=move || loading.get()
                class:closed=move || !open.get()
                aria-label="Legend"
                aria-busy=move || loading.get().to_string()
                data-testid="legend"
            >
                {content}
                <Show when=move || note.with(|note| !note.is_empty())>
                    <p class="legend-note" role="status" data-testid="legend-note">{move || note.get()}</p>
                </Show>
            </section>
        </Show>
    }
}

#[component]
fn Title(title: String, subtitle: String, open: Signal<bool>, toggle: Callback<()>) -> impl IntoView {
    let glyph = Signal::derive(move || if open.get() { Glyph::ChevronDown } else { Glyph::ChevronRight });
    view! {
        <h2 class="legend-title">
            <button
                type="button"
                data-testid="legend-toggle"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| toggle.run(())
            >
                <Cut text=title />
                <Icon glyph />
            </button>
        </h2>
        {(!subtitle.is_empty()).then(|| view! { <p class="legend-subtitle ellipsis">{subtitle}</p> })}
    }
}

#[component]
fn Entry(label: String, color: Rgb) -> impl IntoView {
    view! {
        <span class="legend-entry" title=label.clone()>
            <i class="legend-swatch" style:background=css_color(color)></i>
            <Cut text=label.clone() />
        </span>
    }
}
