//! What the colors mean.

use std::sync::Arc;

use explorer_core::{
    color::css_color,
    format::integer,
    screen::{Axis, End, NO_VALUE, range_text, scale_texts},
    state::Range,
};
use leptos::prelude::*;

use super::{
    BrushChange, Button, ButtonKind, Cut, Each, Glyph, Icon, LegendEntry, LegendModel, Rgb, SearchField, Show,
    bound::Bound,
};
use crate::view::view;

/// Labels that are made at a time.
const ENTRIES_AT_A_TIME: usize = 100;

/// From this many labels on there is a field to search them.
const SEARCH_FROM: usize = 20;

/// What is asked of a label of the legend, by its place among the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegendAsk {
    /// To select its cells alone, or, where they are, all again.
    Only(usize),
    /// To hide it, or show it again.
    Toggle(usize),
    /// To emphasize it; `None` ends that.
    Point(Option<usize>),
}

/// Which kind of thing colors the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Continuous,
    TwoNumbers,
    Categorical,
}

impl Kind {
    fn of(model: &LegendModel) -> Self {
        match model {
            LegendModel::Plain => Self::Plain,
            LegendModel::Continuous { .. } => Self::Continuous,
            LegendModel::TwoNumbers { .. } => Self::TwoNumbers,
            LegendModel::Categorical { .. } => Self::Categorical,
        }
    }
}

/// The legend, over a corner of the picture; nothing when cells are not colored.
#[component]
pub fn Legend(
    /// What to show.
    #[prop(into)]
    model: Signal<LegendModel>,
    /// Which entries pass the filters; those beyond the end do.
    #[prop(into)]
    passing: Signal<Arc<[bool]>>,
    /// The values at the ends of the colors that were asked for; an infinite one stands for the data's own.
    #[prop(into)]
    range: Signal<Option<Range>>,
    /// Called with other ones.
    #[prop(into)]
    on_range: Callback<BrushChange>,
    /// Called with what is asked of a label.
    #[prop(into)]
    on_ask: Callback<LegendAsk>,
    /// Whether the values are on their way.
    #[prop(optional, into)]
    loading: Signal<bool>,
    /// Why it is not of what was asked for; mostly empty.
    #[prop(optional, into)]
    note: Signal<String>,
) -> impl IntoView {
    let kind = Memo::new(move |_| model.with(Kind::of));
    // A list of labels would hide much of the picture, and the sidebar has it beside the swatches.
    let opened = RwSignal::new(None::<bool>);
    let open = move || opened.get().unwrap_or_else(|| kind.get() != Kind::Categorical);
    let toggle = Callback::new(move |()| opened.set(Some(!untrack(open))));
    let open = Signal::derive(open);
    // Only another kind makes other elements: a field that is typed into stays.
    let content = move || match kind.get() {
        Kind::Plain => ().into_any(),
        Kind::Continuous => view! { <Numbers model range on_range /> }.into_any(),
        Kind::TwoNumbers => view! { <TwoNumbers model /> }.into_any(),
        Kind::Categorical => view! {
            // Its rows would be made anew with every column of a page that hides them.
            <Show when=move || open.get()>
                <Labels model passing on_ask />
            </Show>
        }
        .into_any(),
    };
    view! {
        <Show when=move || kind.get() != Kind::Plain || note.with(|note| !note.is_empty())>
            <section
                class="legend"
                class:loading=move || loading.get()
                class:closed=move || !open.get()
                aria-label="Legend"
                aria-busy=move || loading.get().to_string()
                data-testid="legend"
            >
                <Show when=move || kind.get() != Kind::Plain>
                    <Title model open toggle />
                </Show>
                {content}
                <Show when=move || note.with(|note| !note.is_empty())>
                    <p class="legend-note" role="status" data-testid="legend-note">{move || note.get()}</p>
                </Show>
            </section>
        </Show>
    }
}

#[component]
fn Title(model: Signal<LegendModel>, open: Signal<bool>, toggle: Callback<()>) -> impl IntoView {
    let glyph = Signal::derive(move || if open.get() { Glyph::ChevronDown } else { Glyph::ChevronRight });
    let texts = Memo::new(move |_| {
        model.with(|model| match model {
            LegendModel::Plain => (String::new(), String::new()),
            LegendModel::Continuous { title, subtitle, .. } => (title.clone(), subtitle.clone()),
            LegendModel::TwoNumbers { titles, subtitle, .. } => (titles.join(" and "), subtitle.clone()),
            LegendModel::Categorical { title, .. } => (title.clone(), String::new()),
        })
    });
    view! {
        <h2 class="legend-title">
            <button
                type="button"
                data-testid="legend-toggle"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| toggle.run(())
            >
                <Cut text=Signal::derive(move || texts.get().0) />
                <Icon glyph />
            </button>
        </h2>
        <p class="legend-subtitle ellipsis" hidden=move || texts.with(|texts| texts.1.is_empty())>
            {move || texts.get().1}
        </p>
    }
}

/// A scale of numbers, and fields for the values at its ends.
#[component]
fn Numbers(model: Signal<LegendModel>, range: Signal<Option<Range>>, on_range: Callback<BrushChange>) -> impl IntoView {
    let ends = Memo::new(move |_| {
        model.with(|model| match model {
            LegendModel::Continuous { min, middle, max, .. } => [*min, *middle, *max],
            LegendModel::Plain | LegendModel::TwoNumbers { .. } | LegendModel::Categorical { .. } => [0.0; 3],
        })
    });
    let colors = move || {
        model.with(|model| match model {
            LegendModel::Continuous { stops, .. } => gradient(stops),
            LegendModel::Plain | LegendModel::TwoNumbers { .. } | LegendModel::Categorical { .. } => String::new(),
        })
    };
    let missing = move || {
        model.with(|model| match model {
            LegendModel::Continuous { missing, .. } => missing.clone(),
            LegendModel::Plain | LegendModel::TwoNumbers { .. } | LegendModel::Categorical { .. } => None,
        })
    };
    let axis = Signal::derive(move || {
        let [min, _, max] = ends.get();
        Some(Axis { min, max, ..Axis::default() })
    });
    let ticks = move || scale_texts(ends.get()).into_iter().map(|text| view! { <span>{text}</span> }).collect_view();
    let is_of_nothing = Memo::new(move |_| {
        model.with(|model| matches!(model, LegendModel::Continuous { stops, .. } if stops.is_empty()))
    });
    view! {
        <p class="note" data-testid="legend-nothing" hidden=move || !is_of_nothing.get()>{NO_VALUE}</p>
        <div class="legend-colors" style:background=colors hidden=move || is_of_nothing.get()></div>
        <div class="legend-ticks" hidden=move || is_of_nothing.get()>
            {ticks}
        </div>
        <div class="legend-range" hidden=move || is_of_nothing.get()>
            <Bound end=End::Low place="legend" name="color".to_owned() axis range on_brush=on_range />
            <span>"to"</span>
            <Bound end=End::High place="legend" name="color".to_owned() axis range on_brush=on_range />
        </div>
        {move || missing().map(|LegendEntry { label, color }| view! { <Entry label color /> })}
    }
}

/// The colors of two numbers: the first goes up, the second to the right.
#[component]
fn TwoNumbers(model: Signal<LegendModel>) -> impl IntoView {
    let content = move || {
        let LegendModel::TwoNumbers { titles: [first, second], subtitle, ranges, colors, missing } = model.get() else {
            return None;
        };
        let n_steps = colors.len().isqrt().max(1);
        let rows = colors.chunks(n_steps).rev().map(|row| view! { <i style:background=gradient(row)></i> });
        Some(view! {
            <div class="legend-plane" data-testid="legend-plane">
                <span class="legend-axis legend-axis-up" title=first.clone()><Cut text=first.clone() /></span>
                <div class="legend-square">{rows.collect_view()}</div>
                <span class="legend-axis" title=second.clone()><Cut text=second.clone() /></span>
            </div>
            {(!subtitle.is_empty()).then(|| view! { <p class="legend-ticks">{subtitle}</p> })}
            <p class="legend-ticks">{format!("{first}: {}", range_text(ranges[0]))}</p>
            <p class="legend-ticks">{format!("{second}: {}", range_text(ranges[1]))}</p>
            {missing.map(|LegendEntry { label, color }| view! { <Entry label color /> })}
        })
    };
    view! { {content} }
}

/// The labels: all of them, with a search where there are many.
#[component]
fn Labels(model: Signal<LegendModel>, passing: Signal<Arc<[bool]>>, on_ask: Callback<LegendAsk>) -> impl IntoView {
    let query = RwSignal::new(String::new());
    let most = RwSignal::new(ENTRIES_AT_A_TIME);
    let entries = Memo::new(move |_| {
        model.with(|model| match model {
            LegendModel::Categorical { entries, .. } => entries.clone(),
            LegendModel::Plain | LegendModel::Continuous { .. } | LegendModel::TwoNumbers { .. } => Vec::new(),
        })
    });
    let n_entries = Memo::new(move |_| entries.with(Vec::len));
    let found = Memo::new(move |_| {
        let query = query.get().trim().to_lowercase();
        entries.with(|entries| {
            let is_found = |entry: &LegendEntry| query.is_empty() || entry.label.to_lowercase().contains(&query);
            let found = entries.iter().enumerate().filter(|(_, entry)| is_found(entry));
            found.map(|(at, entry)| (at, entry.clone())).collect::<Vec<_>>()
        })
    });
    let n_found = Memo::new(move |_| found.with(Vec::len));
    view! {
        <Show when=move || n_entries.get().gt(&SEARCH_FROM)>
            <SearchField
                query
                on_query=move |text: String| query.set(text)
                placeholder=Signal::derive(move || format!("Search {} labels", integer(n_entries.get() as u64)))
                label="Search the legend, Enter selects the first label found"
                test_id="legend-search"
                on_enter=move || {
                    if let Some(at) = found.with_untracked(|found| found.first().map(|(at, _)| *at)) {
                        on_ask.run(LegendAsk::Only(at));
                    }
                }
            />
        </Show>
        <ul class="legend-entries" on:pointerleave=move |_| on_ask.run(LegendAsk::Point(None))>
            <Each
                each=move || found.with(|found| found.iter().take(most.get()).cloned().collect::<Vec<_>>())
                key=|(at, entry)| (*at, entry.label.clone(), entry.color)
                children=move |(at, entry)| view! { <LabelEntry at entry passing on_ask /> }
            />
        </ul>
        <Show when=move || n_found.get() == 0>
            <p class="note">"No label matches."</p>
        </Show>
        <Show when=move || n_found.get().gt(&most.get())>
            <Button
                label="Show more labels"
                kind=ButtonKind::Quiet
                test_id="legend-more"
                on_press=move || most.update(|most| *most += ENTRIES_AT_A_TIME)
            />
        </Show>
    }
}

/// A label: its swatch hides it, its name selects its cells alone.
#[component]
fn LabelEntry(
    at: usize,
    entry: LegendEntry,
    passing: Signal<Arc<[bool]>>,
    on_ask: Callback<LegendAsk>,
) -> impl IntoView {
    let passes = move || passing.with(|passing| passing.get(at).copied().unwrap_or(true));
    let LegendEntry { label, color } = entry;
    view! {
        <li
            class="legend-entry"
            class:off=move || !passes()
            title=label.clone()
            on:pointerenter=move |_| on_ask.run(LegendAsk::Point(Some(at)))
        >
            <button
                type="button"
                class="legend-check"
                role="checkbox"
                aria-checked=move || passes().to_string()
                aria-label=format!("Show {label}")
                data-testid=format!("legend-show-{label}")
                on:click=move |_| on_ask.run(LegendAsk::Toggle(at))
            >
                <i class="legend-swatch" style:background=css_color(color)></i>
            </button>
            <button
                type="button"
                class="legend-label"
                data-testid=format!("legend-only-{label}")
                on:click=move |_| on_ask.run(LegendAsk::Only(at))
            >
                <Cut text=label.clone() />
            </button>
        </li>
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

fn gradient(stops: &[Rgb]) -> String {
    let colors: Vec<_> = stops.iter().copied().map(css_color).collect();
    format!("linear-gradient(to right, {})", colors.join(", "))
}
