//! What cells can be narrowed by, with how many of each value would be left.

use std::{collections::BTreeSet, sync::Arc};

use corpus::{
    Dimension, Options, Term,
    view::{Edit, View},
};
use leptos::prelude::*;

use crate::{
    ui::{
        SearchField, Show, VirtualList,
        facet::{FacetRow, FacetSection, SEARCHED_VALUES},
    },
    view::view,
};

/// In the order of how often they are asked for.
const DIMENSIONS: [Dimension; 10] = [
    Dimension::Tissue,
    Dimension::CellType,
    Dimension::Disease,
    Dimension::Sex,
    Dimension::Ethnicity,
    Dimension::DevelopmentStage,
    Dimension::Publication,
    Dimension::Assay,
    Dimension::Dataset,
    Dimension::Donor,
];

/// Values in sight at one time.
const MOST_ROWS: usize = 7;

/// How a dimension is headed.
pub(super) fn title(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Tissue => "Tissue",
        Dimension::TissueOriginal => "Tissue as annotated",
        Dimension::CellType => "Cell type",
        Dimension::Dataset => "Dataset",
        Dimension::Donor => "Donor",
        Dimension::Disease => "Disease",
        Dimension::Ethnicity => "Ethnicity",
        Dimension::Sex => "Sex",
        Dimension::Publication => "Publication",
        Dimension::Assay => "Assay",
        Dimension::DevelopmentStage => "Development stage",
    }
}

/// All filters.
#[component]
pub fn ExpressionFilters(
    /// What is looked at.
    #[prop(into)]
    shown: Signal<View>,
    /// The values that cells have, with their numbers.
    #[prop(into)]
    options: Signal<Arc<Options>>,
    /// Called with what the user asks for.
    on_edit: Callback<Edit>,
) -> impl IntoView {
    let section = move |dimension: Dimension| {
        let n_chosen = Memo::new(move |_| shown.with(|shown| shown.filters.get(&dimension).map_or(0, BTreeSet::len)));
        let is_open = n_chosen.get_untracked() > 0;
        view! {
            <FacetSection title=title(dimension) test_id=format!("filter-{dimension}") n_chosen is_open>
                <Values dimension shown options on_edit />
            </FacetSection>
        }
    };
    view! { <div class="facets">{DIMENSIONS.map(section).collect_view()}</div> }
}

/// A value with the cells that it would leave; chosen ones that would leave none are kept.
fn values_of(options: &Options, shown: &View, dimension: Dimension, wanted: &str) -> Vec<(Term, u64)> {
    let counted = options.get(&dimension).map_or(&[][..], Vec::as_slice);
    let known: BTreeSet<&str> = counted.iter().map(|(term, _)| term.id.as_str()).collect();
    let chosen = shown.filters.get(&dimension).into_iter().flatten();
    let empty = chosen.filter(|id| !known.contains(id.as_str()));
    let empty = empty.map(|id| (Term { id: id.clone(), label: id.clone() }, 0));
    let is_wanted = |(term, _): &(Term, u64)| wanted.is_empty() || term.label.to_lowercase().contains(wanted);
    counted.iter().cloned().chain(empty).filter(is_wanted).collect()
}

#[component]
fn Values(
    dimension: Dimension,
    shown: Signal<View>,
    options: Signal<Arc<Options>>,
    on_edit: Callback<Edit>,
) -> impl IntoView {
    let wanted = RwSignal::new(String::new());
    let values = Memo::new(move |_| {
        let wanted = wanted.with(|wanted| wanted.trim().to_lowercase());
        options.with(|options| shown.with(|shown| values_of(options, shown, dimension, &wanted)))
    });
    let has_field =
        Memo::new(move |_| options.with(|options| options.get(&dimension).map_or(0, Vec::len) >= SEARCHED_VALUES));
    let row = Callback::new(move |at: usize| {
        let value = Memo::new(move |_| values.with(|values| values.get(at).cloned()));
        let id = move || value.with(|value| value.as_ref().map(|(term, _)| term.id.clone()).unwrap_or_default());
        let name = Signal::derive(move || {
            value.with(|value| value.as_ref().map(|(term, _)| term.label.clone()).unwrap_or_default())
        });
        let n_left = Signal::derive(move || value.with(|value| value.as_ref().map_or(0, |(_, n)| *n)));
        let is_chosen: Signal<bool> = Memo::new(move |_| {
            shown.with(|shown| shown.filters.get(&dimension).is_some_and(|chosen| chosen.contains(&id())))
        })
        .into();
        let on_check = Callback::new(move |_| on_edit.run(Edit::Filter(dimension, id())));
        view! { <FacetRow facet=dimension.name() name n_left unit=["cell", "cells"] is_chosen on_check /> }
    });
    let find = format!("Find in {}", title(dimension).to_lowercase());
    view! {
        <Show when=move || has_field.get()>
            <div class="facet-field">
                <SearchField
                    query=wanted
                    on_query=move |text| wanted.set(text)
                    placeholder=find.clone()
                    label=find.clone()
                    test_id=format!("filter-{dimension}-find")
                />
            </div>
        </Show>
        <VirtualList
            count=Signal::derive(move || values.with(Vec::len))
            max_rows=MOST_ROWS
            role="group"
            label=title(dimension)
            row
        />
    }
}
