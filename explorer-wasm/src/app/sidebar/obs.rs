//! The left sidebar: the columns of `obs`, and the dataset as a whole.

use explorer_core::{
    session::{BestFound, Session, is_constant},
    state::{Action, ColorBy, DimensionKey, LabelFilter},
};
use leptos::prelude::*;
use shared_fbs::manifest::{Column, ColumnKind};

use super::{category::category, own_columns::OwnColumns};
use crate::{
    app::parts::{Page, bars, follow_ask, follow_brush, is_colored, is_missing_selected, title, toggle_color},
    store::{Hint, Store},
    ui::{BrushChange, DatasetInfo, HistogramPanel, SearchField, Show, SidebarSection, TourAnswer, TourOffer},
    view::{effect, view},
};

/// From this many columns on there is a field to search them.
const SEARCH_FROM: usize = 10;

/// The columns.
#[component]
pub fn ObsColumns(store: Store, page: Page) -> impl IntoView {
    let columns = store.with_manifest(|manifest| manifest.columns.clone()).unwrap_or_default();
    let is_shown = |column: &Column| !column.hidden && !is_constant(column);
    let shown: Vec<Column> = columns.into_iter().filter(is_shown).collect();
    let of_kind = |kind| shown.iter().filter(move |column| column.kind == kind).cloned().collect::<Vec<_>>();
    let (categorical, continuous) = (of_kind(ColumnKind::Categorical), of_kind(ColumnKind::Continuous));
    let n_own = store.part(|state| state.view.analysis.own_columns.len());
    let n_of_file = categorical.len();
    let n_categorical = Signal::derive(move || match n_of_file + n_own.get() {
        0 => String::new(),
        n_columns => n_columns.to_string(),
    });
    let (n_continuous, has_continuous) = (continuous.len().to_string(), !continuous.is_empty());
    let facts = store.loaded(Session::facts);
    let query = RwSignal::new(String::new());
    let found = Memo::new(move |_| {
        let query = query.get();
        (!query.trim().is_empty())
            .then(|| store.read_loaded(|session| session.find_columns(&query)).unwrap_or_default())
    });
    let is_hidden =
        move |name: &String| found.with(|found| found.as_ref().is_some_and(|found| !found.columns.contains(name)));
    let if_found = move |name: &str, panel: AnyView| {
        let name = name.to_owned();
        view! { <div class="obs-column" hidden=move || is_hidden(&name)>{panel}</div> }
    };
    let act = move |()| match found.get_untracked().and_then(|found| found.best) {
        Some(BestFound::Column(column)) => store.dispatch(Action::SetColor(ColorBy::Obs(column))),
        Some(BestFound::Label(column, label)) => {
            store.dispatch(Action::SetLabels { column, filter: LabelFilter::Only([label].into()) });
        }
        None => {}
    };
    let search = (shown.len() >= SEARCH_FROM).then(|| {
        view! {
            <div class="column-search">
                <SearchField
                    query
                    on_query=move |text| query.set(text)
                    placeholder=format!("Find among {} columns", shown.len())
                    label="Find a column or label, Enter colors by it or selects it"
                    test_id="column-search"
                    on_enter=act
                />
                <p class="category-none note" role="status" hidden=move || {
                    found.with(|found| found.as_ref().is_none_or(|found| !found.columns.is_empty()))
                }>
                    "No column or label matches."
                </p>
            </div>
        }
    });
    let is_offered = RwSignal::new(store.is_due(Hint::Tour));
    let answer = move |answer| {
        is_offered.set(false);
        store.note_given(Hint::Tour);
        if answer == TourAnswer::Take {
            page.touring.set(true);
        }
    };
    effect(move || {
        if page.touring.get() && is_offered.get_untracked() {
            answer(TourAnswer::Take);
        }
    });
    view! {
        <Show when=move || is_offered.get()>
            <TourOffer on_answer=answer />
        </Show>
        {search}
        <SidebarSection title="Categories" aside=n_categorical test_id="categories">
            {categorical
                .iter()
                .map(|column| if_found(&column.name, category(store, page, column, None).into_any()))
                .collect_view()}
            <OwnColumns store page is_hidden=Callback::new(move |name| is_hidden(&name)) />
        </SidebarSection>
        {has_continuous.then(|| view! {
            <SidebarSection title="Values" aside=n_continuous test_id="values">
                {continuous
                    .iter()
                    .map(|column| if_found(&column.name, numbers(store, page, column).into_any()))
                    .collect_view()}
            </SidebarSection>
        })}
        <SidebarSection title="Dataset" test_id="dataset">
            <DatasetInfo
                title=title(store)
                facts=Signal::derive(move || facts.get().unwrap_or_default())
                about=store.about()
            />
        </SidebarSection>
    }
}

/// A column of numbers: its histogram, or its labels where they are shown so.
fn numbers(store: Store, page: Page, column: &Column) -> impl IntoView + use<> {
    let column = column.clone();
    let name = column.name.clone();
    let as_labels = store.part(move |state| state.view.analysis.as_labels.contains(&name));
    move || {
        if as_labels.get() {
            category(store, page, &column, None).into_any()
        } else {
            histogram(store, &column.name).into_any()
        }
    }
}

fn histogram(store: Store, name: &str) -> impl IntoView + use<> {
    let key = DimensionKey::Obs(name.to_owned());
    let range = {
        let name = name.to_owned();
        store.part(move |state| state.view.analysis.query.filters.obs.get(&name)?.range())
    };
    let can_be_labels = {
        let name = name.to_owned();
        store.loaded(move |session| session.loaded().can_be_labels(&name) == Some(true))
    };
    let [brush, asked, sight, labels] = [(); 4].map(|()| name.to_owned());
    let color = ColorBy::Obs(name.to_owned());
    view! {
        <HistogramPanel
            name=name.to_owned()
            bars=bars(store, key)
            range
            is_missing_selected=is_missing_selected(store, name.to_owned())
            colored=is_colored(store, color.clone())
            on_brush=Callback::new(move |change: BrushChange| {
                let column = brush.clone();
                follow_brush(store, change, |range| Action::SetRange { column, range });
            })
            on_ask=Callback::new(move |ask| follow_ask(store, DimensionKey::Obs(asked.clone()), ask))
            on_color=Callback::new(move |()| toggle_color(store, color.clone()))
            can_be_labels=Signal::derive(move || can_be_labels.get() == Some(true))
            on_labels=Callback::new(move |()| store.dispatch(Action::ToggleAsLabels(labels.clone())))
            on_sight=Callback::new(move |()| store.show_histogram(sight.clone()))
        />
    }
}
