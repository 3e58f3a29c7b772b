//! The left sidebar: the columns of `obs`, and the dataset as a whole.

use std::{collections::BTreeSet, sync::Arc};

use explorer_core::{
    color::{MISSING_GRAY, label_colors},
    format::short,
    session::{KnownCounts, MISSING_LABEL, is_constant},
    state::{Action, CellQuery, ColorBy, DimensionKey, Hover, Label, LabelFilter, MarkerOrder, ObsFilter},
};
use leptos::prelude::*;
use shared_fbs::manifest::{Column, ColumnKind};

use crate::{
    app::parts::{ByPointer, bars, compare_with_rest, follow_brush, is_colored, show_markers, title, toggle_color},
    store::{Pointed, Store},
    ui::{
        BrushChange, CategoryPanel, CategoryValue, DatasetFacts, DatasetInfo, HistogramPanel, SidebarSection,
        ValueCount,
    },
};

/// The columns.
#[component]
pub fn ObsColumns(store: Store) -> impl IntoView {
    let columns =
        store.with_session(|session| session.columns().iter().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let shown: Vec<Column> = columns.into_iter().filter(|column| !column.hidden && !is_constant(column)).collect();
    let of_kind = |kind| shown.iter().filter(move |column| column.kind == kind).cloned().collect::<Vec<_>>();
    let (categorical, continuous) = (of_kind(ColumnKind::Categorical), of_kind(ColumnKind::Continuous));
    let count = |columns: &[Column]| columns.len().to_string();
    let (n_categorical, n_continuous) = (count(&categorical), count(&continuous));
    let (has_categorical, has_continuous) = (!categorical.is_empty(), !continuous.is_empty());
    view! {
        {has_categorical.then(|| view! {
            <SidebarSection title="Categories" aside=n_categorical test_id="categories">
                {categorical.iter().map(|column| categories(store, column)).collect_view()}
            </SidebarSection>
        })}
        {has_continuous.then(|| view! {
            <SidebarSection title="Values" aside=n_continuous test_id="values">
                {continuous.iter().map(|column| histogram(store, &column.name)).collect_view()}
            </SidebarSection>
        })}
        <SidebarSection title="Dataset" test_id="dataset">
            <DatasetInfo facts=facts(store) />
        </SidebarSection>
    }
}

fn categories(store: Store, column: &Column) -> impl IntoView + use<> {
    let name = column.name.clone();
    let has_missing = column.n_missing > 0;
    let n_labels = column.n_categories as usize + usize::from(has_missing);
    let loaded = {
        let name = name.clone();
        store.loaded(move |session| session.categories(&name).map(ByPointer))
    };
    let values = Memo::new(move |_| {
        let categories = loaded.get().flatten()?.0;
        let colors = label_colors(categories.labels.len(), categories.colors.as_deref());
        let named = categories.labels.iter().zip(colors).map(|(label, [red, green, blue, _])| CategoryValue {
            label: label.clone(),
            color: [red, green, blue],
            missing: false,
        });
        let [red, green, blue, _] = MISSING_GRAY;
        let missing = CategoryValue { label: MISSING_LABEL.to_owned(), color: [red, green, blue], missing: true };
        Some(named.chain(has_missing.then_some(missing)).collect::<Arc<[_]>>())
    });
    let label_of = move |code: u32| {
        let value = values.with_untracked(|values| values.as_ref()?.get(code as usize).cloned())?;
        Some(if value.missing { Label::Missing } else { Label::Named(value.label) })
    };
    let counts = {
        let name = name.clone();
        store.counted(move |session| session.label_counts(&name))
    };
    let known = {
        let name = name.clone();
        store.part(move |state| KnownCounts::without_codes(&state.view.analysis.query, &name))
    };
    let counts = Memo::new(move |_| match counts.get().flatten() {
        Some(counts) => (counts.selected.iter())
            .zip(&counts.total)
            .map(|(&selected, &total)| ValueCount { selected: Some(selected), total: Some(total) })
            .collect::<Arc<[_]>>(),
        None => loaded.get().flatten().map_or_else(
            || Arc::from([]),
            |categories| categories.0.counts.iter().map(|&cells| known.get().count(cells)).collect(),
        ),
    });
    let filter = {
        let name = name.clone();
        store.part(move |state| state.view.analysis.query.filters.obs.get(&name)?.labels().cloned())
    };
    let checked = Memo::new(move |_| {
        let allows = |value: &CategoryValue| {
            filter.with(|filter| {
                filter.as_ref().is_none_or(|filter| match value.missing {
                    true => filter.allows(&Label::Missing),
                    false => filter.allows(&Label::Named(value.label.clone())),
                })
            })
        };
        values.with(|values| values.iter().flat_map(|values| values.iter()).map(allows).collect::<Arc<[bool]>>())
    });
    let expanded = {
        let name = name.clone();
        store.part(move |state| state.view.layout.expanded.contains(&name))
    };
    let set = move |column: &str, filter| store.dispatch(Action::SetLabels { column: column.to_owned(), filter });
    let on_markers = (store.with_session(|session| session.has_stored_sums(&name)) == Some(true)).then(|| {
        let column = name.clone();
        Callback::new(move |()| {
            show_markers(store, column.clone(), MarkerOrder::default());
        })
    });
    let on_compare = (store.with_manifest(|manifest| !manifest.layers.is_empty()) == Some(true)).then(|| {
        let column = name.clone();
        Callback::new(move |code| {
            if let Some(label) = label_of(code) {
                let filter = ObsFilter::Labels(LabelFilter::Only([label].into()));
                let mut query = CellQuery::of_universe(&store.peek(|state| state.view.analysis.query.subset.clone()));
                query.filters.obs.insert(column.clone(), filter);
                compare_with_rest(store, query);
            }
        })
    });
    let [point, expand, color, check_all, check, only, hover] = [(); 7].map(|()| name.clone());
    view! {
        <CategoryPanel
            name=name.clone()
            n_labels
            values
            counts
            checked
            expanded
            colored=is_colored(store, ColorBy::Obs(name))
            on_point=Callback::new(move |is_over: bool| {
                store.point_at(is_over.then(|| Pointed::Column(point.clone())));
            })
            on_expand=Callback::new(move |_| store.dispatch(Action::ToggleExpanded(expand.clone())))
            on_color=Callback::new(move |()| {
                toggle_color(store, ColorBy::Obs(color.clone()));
                // The swatches are the legend.
                let has_legend = store.peek(|state| state.view.analysis.color == ColorBy::Obs(color.clone()));
                if has_legend && !expanded.get_untracked() {
                    store.dispatch(Action::ToggleExpanded(color.clone()));
                }
            })
            on_check_all=Callback::new(move |all| {
                let none = BTreeSet::new();
                set(&check_all, if all { LabelFilter::Hide(none) } else { LabelFilter::Only(none) });
            })
            on_check=Callback::new(move |(code, _)| {
                if let Some(label) = label_of(code) {
                    store.dispatch(Action::ToggleLabel { column: check.clone(), label });
                }
            })
            on_only=Callback::new(move |code| {
                if let Some(label) = label_of(code) {
                    set(&only, LabelFilter::Only([label].into()));
                }
            })
            on_compare
            on_markers
            on_hover=Callback::new(move |code: Option<u32>| {
                let label = code.and_then(label_of);
                let hovered = label.map(|label| Hover::Label { column: hover.clone(), label });
                store.dispatch(Action::Hover(hovered));
            })
        />
    }
}

fn histogram(store: Store, name: &str) -> impl IntoView + use<> {
    let key = DimensionKey::Obs(name.to_owned());
    let range = {
        let name = name.to_owned();
        store.part(move |state| state.view.analysis.query.filters.obs.get(&name)?.range())
    };
    let (brush, sight, color) = (name.to_owned(), name.to_owned(), ColorBy::Obs(name.to_owned()));
    view! {
        <HistogramPanel
            name=name.to_owned()
            bars=bars(store, key)
            range
            colored=is_colored(store, color.clone())
            on_brush=Callback::new(move |change: BrushChange| {
                let column = brush.clone();
                follow_brush(store, change, |range| Action::SetRange { column, range });
            })
            on_color=Callback::new(move |()| toggle_color(store, color.clone()))
            on_sight=Callback::new(move |()| store.show_histogram(sight.clone()))
        />
    }
}

fn facts(store: Store) -> Memo<DatasetFacts> {
    let title = title(store);
    let facts = store.loaded(|session| {
        let manifest = session.manifest();
        let layer = manifest.layers.get(manifest.default_layer as usize);
        let constants = manifest.columns.iter().filter(|column| is_constant(column) && !column.hidden);
        let value = |column: &Column| {
            if column.kind == ColumnKind::Continuous {
                return Some((column.name.clone(), short(f64::from(column.min), 4)));
            }
            let categories = session.categories(&column.name)?;
            Some((column.name.clone(), categories.labels.first()?.clone()))
        };
        DatasetFacts {
            title: String::new(),
            n_obs: u64::from(manifest.n_obs),
            n_vars: manifest.vars.first().map_or(0, |var| u64::from(var.n_vars)),
            layer: layer.map_or_else(String::new, |layer| {
                format!("{}: {}", layer.name, layer.description.as_deref().unwrap_or_default())
            }),
            constants: constants.filter_map(value).collect(),
            warnings: (manifest.warnings.iter())
                .map(|warning| format!("{}: {}", warning.place, warning.message))
                .collect(),
        }
    });
    Memo::new(move |_| DatasetFacts { title: title.get(), ..facts.get().unwrap_or_default() })
}
