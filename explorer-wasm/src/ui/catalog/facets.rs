//! What datasets can be told apart by, with how many each value would give.

use std::{collections::BTreeSet, sync::Arc};

use explorer_core::{
    catalog::{CatalogEdit, Facet, LabelCount, LabelFacet, LabelLevel, NumberFacet, NumberRange, Since},
    format::integer,
};
use leptos::prelude::*;

use super::Listing;
use crate::{
    ui::{
        SearchField, Show, VirtualList,
        facet::{FacetRow, FacetSection, SEARCHED_VALUES},
    },
    view::view,
};

/// Rows of a facet in sight at one time.
const MOST_ROWS: usize = 7;

/// The same of a facet whose labels have levels, each of which is to be seen.
const MOST_ROWS_OF_LEVELS: usize = 13;

/// Facets that are open at first.
const OPEN: [Facet; 3] =
    [Facet::Labels(LabelFacet::Disease), Facet::Labels(LabelFacet::Organism), Facet::Labels(LabelFacet::Tissue)];

/// All facets that the datasets have values of.
#[component]
pub fn CatalogFacets(
    /// What is shown.
    #[prop(into)]
    listing: Signal<Arc<Listing>>,
    /// Called with what the user asks for.
    on_edit: Callback<CatalogEdit>,
) -> impl IntoView {
    let section = move |facet: Facet| {
        let is_there = Memo::new(move |_| listing.with(|listing| has_values(listing, facet)));
        let n_chosen = Memo::new(move |_| listing.with(|listing| n_chosen(listing, facet)));
        let body = move || match facet {
            Facet::Labels(facet) => view! { <LabelRows facet listing on_edit /> }.into_any(),
            Facet::Number(facet) => view! { <NumberFields facet listing on_edit /> }.into_any(),
            Facet::Published => view! { <SinceRows listing on_edit /> }.into_any(),
        };
        let is_open = OPEN.contains(&facet) || n_chosen.get_untracked() > 0;
        view! {
            <Show when=move || is_there.get()>
                <FacetSection title=facet.title() test_id=format!("facet-{}", facet.name()) n_chosen is_open>
                    {body()}
                </FacetSection>
            </Show>
        }
    };
    view! { <div class="facets">{Facet::ALL.into_iter().map(section).collect_view()}</div> }
}

fn has_values(listing: &Listing, facet: Facet) -> bool {
    match facet {
        Facet::Labels(facet) => !listing.answer.labels(facet).is_empty(),
        Facet::Number(facet) => listing.index.datasets().any(|entry| entry.number(facet).is_some()),
        Facet::Published => listing.index.collections().any(|collection| collection.published().is_some()),
    }
}

fn n_chosen(listing: &Listing, facet: Facet) -> usize {
    match facet {
        Facet::Labels(facet) => listing.query.labels.get(&facet).map_or(0, BTreeSet::len),
        Facet::Number(facet) => usize::from(listing.query.numbers.contains_key(&facet)),
        Facet::Published => usize::from(listing.query.since.is_some()),
    }
}

/// A row of the labels of a facet.
#[derive(Clone, Copy, Debug, PartialEq)]
enum ShownRow {
    /// What the labels beneath it are.
    Level(LabelLevel),
    Label(LabelCount),
}

impl ShownRow {
    fn level(self) -> Option<LabelLevel> {
        match self {
            Self::Level(level) => Some(level),
            Self::Label(_) => None,
        }
    }

    fn count(self) -> Option<LabelCount> {
        match self {
            Self::Level(_) => None,
            Self::Label(count) => Some(count),
        }
    }
}

/// Whether a label can be chosen, or given up.
fn is_possible(count: &LabelCount) -> bool {
    count.n_datasets > 0 || count.is_chosen
}

/// The labels of a facet that hold these letters, level by level; of each, those that some dataset has first.
fn rows_of(listing: &Listing, facet: LabelFacet, wanted: &str) -> Vec<ShownRow> {
    let is_wanted = |count: &&LabelCount| {
        wanted.is_empty() || listing.index.label(facet, count.label).to_lowercase().contains(wanted)
    };
    let counts: Vec<LabelCount> = listing.answer.labels(facet).iter().filter(is_wanted).copied().collect();
    let level_of = |count: &LabelCount| listing.index.level(facet, count.label);
    let has_levels = counts.iter().any(|count| level_of(count) != LabelLevel::Term);
    let mut rows = Vec::with_capacity(counts.len() + 3);
    // Levels come one after the other.
    for of_level in counts.chunk_by(|a, b| level_of(a) == level_of(b)) {
        if has_levels {
            rows.push(ShownRow::Level(level_of(&of_level[0])));
        }
        let some = of_level.iter().filter(|count| is_possible(count));
        let none = of_level.iter().filter(|count| !is_possible(count));
        rows.extend(some.chain(none).copied().map(ShownRow::Label));
    }
    rows
}

/// The labels of a facet: those that some dataset has first.
#[component]
fn LabelRows(facet: LabelFacet, listing: Signal<Arc<Listing>>, on_edit: Callback<CatalogEdit>) -> impl IntoView {
    let wanted = RwSignal::new(String::new());
    let shown = Memo::new(move |_| {
        let wanted = wanted.with(|wanted| wanted.trim().to_lowercase());
        listing.with(|listing| rows_of(listing, facet, &wanted))
    });
    let has_levels =
        listing.with_untracked(|listing| rows_of(listing, facet, "").iter().any(|row| row.level().is_some()));
    let most_rows = if has_levels { MOST_ROWS_OF_LEVELS } else { MOST_ROWS };
    // Those cannot take the focus, and where they alone are in sight, the list must.
    let has_impossible = Memo::new(move |_| {
        let is_impossible = |row: &ShownRow| row.count().is_some_and(|count| !is_possible(&count));
        shown.with(|shown| shown.len() > most_rows && shown.iter().any(is_impossible))
    });
    let has_field = Memo::new(move |_| listing.with(|listing| listing.answer.labels(facet).len() >= SEARCHED_VALUES));
    let row = Callback::new(move |at: usize| {
        let shown_row = Memo::new(move |_| shown.with(|shown| shown.get(at).copied()));
        let count = Memo::new(move |_| shown_row.get().and_then(ShownRow::count));
        let level = Memo::new(move |_| shown_row.get().and_then(ShownRow::level));
        let name = Memo::new(move |_| {
            let count = count.get();
            listing.with(|listing| {
                count.map_or_else(String::new, |count| listing.index.label(facet, count.label).to_owned())
            })
        });
        let n_datasets = Signal::derive(move || count.get().map_or(0, |count| count.n_datasets));
        // Seldom another when counts are.
        let is_chosen: Signal<bool> = Memo::new(move |_| count.get().is_some_and(|count| count.is_chosen)).into();
        let on_check = Callback::new(move |_| on_edit.run(CatalogEdit::Toggle(facet, name.get_untracked())));
        let label =
            move || view! { <FacetRow facet=facet.name() name n_left=n_datasets unit=UNIT is_chosen on_check /> };
        let heading = move || level.get().map(|level| facet.level_title(level));
        view! {
            <Show when=move || level.with(Option::is_some) fallback=label>
                <p class="facet-level">{heading}</p>
            </Show>
        }
        .into_any()
    });
    view! {
        <Show when=move || has_field.get()>
            <div class="facet-field">
                <SearchField
                    query=wanted
                    on_query=move |text| wanted.set(text)
                    placeholder=format!("Find in {}", facet.title().to_lowercase())
                    label=format!("Find in {}", facet.title())
                    test_id=format!("facet-{}-find", facet.name())
                />
            </div>
        </Show>
        <VirtualList
            count=Signal::derive(move || shown.with(Vec::len))
            max_rows=most_rows
            role="group"
            label=facet.title()
            tabindex=Signal::derive(move || has_impossible.get().then_some("0"))
            row
        />
    }
}

/// What is counted.
const UNIT: [&str; 2] = ["dataset", "datasets"];

/// From and to.
#[component]
fn NumberFields(facet: NumberFacet, listing: Signal<Arc<Listing>>, on_edit: Callback<CatalogEdit>) -> impl IntoView {
    let range =
        Memo::new(move |_| listing.with(|listing| listing.query.numbers.get(&facet).copied().unwrap_or_default()));
    let extent = move || listing.with(|listing| listing.answer.extent(facet));
    let least = Signal::derive(move || extent().map(|extent| integer(extent.min.floor() as u64)).unwrap_or_default());
    let most = Signal::derive(move || extent().map(|extent| integer(extent.max.ceil() as u64)).unwrap_or_default());
    let bound = move |range: NumberRange| on_edit.run(CatalogEdit::Bound(facet, range));
    let field = move |name: &'static str,
                      placeholder: Signal<String>,
                      value: Signal<Option<u32>>,
                      set: Callback<Option<u32>>| {
        view! {
            <input
                class="field"
                type="number"
                min="0"
                inputmode="numeric"
                placeholder=move || placeholder.get()
                aria-label=format!("{}, {name}", facet.title())
                data-testid=format!("facet-{}-{name}", facet.name())
                prop:value=move || value.get().map(|value| value.to_string()).unwrap_or_default()
                on:change:target=move |event| set.run(event.target().value().trim().parse().ok())
            />
        }
    };
    let min = Signal::derive(move || range.get().min);
    let max = Signal::derive(move || range.get().max);
    let set_min = Callback::new(move |min| bound(NumberRange { min, ..range.get_untracked() }));
    let set_max = Callback::new(move |max| bound(NumberRange { max, ..range.get_untracked() }));
    view! {
        <div class="facet-range">
            {field("from", least, min, set_min)} <span aria-hidden="true">"–"</span> {field("to", most, max, set_max)}
        </div>
    }
}

/// How new a dataset must be.
#[component]
fn SinceRows(listing: Signal<Arc<Listing>>, on_edit: Callback<CatalogEdit>) -> impl IntoView {
    let rows = move || {
        let listing = listing.get();
        let row = |&(since, n): &(Since, u64)| {
            let is_chosen = listing.query.since == Some(since);
            let on_check = Callback::new(move |is_on: bool| on_edit.run(CatalogEdit::Since(is_on.then_some(since))));
            view! {
                <FacetRow
                    facet="published"
                    name=since.title().to_owned()
                    n_left=Signal::stored(n)
                    unit=UNIT
                    is_chosen=is_chosen.into()
                    on_check
                />
            }
        };
        listing.answer.since.iter().map(row).collect_view()
    };
    view! { <div role="group" aria-label="Publication date">{rows}</div> }
}
