//! A column of labels in the left sidebar: a category, or numbers that are shown as labels.

use std::{collections::BTreeSet, sync::Arc};

use explorer_core::{
    color::{MISSING_GRAY, label_colors, opaque},
    session::{KnownCounts, MISSING_LABEL},
    state::{Action, CellQuery, ColorBy, Hover, Label, LabelFilter, MarkerOrder, ObsFilter},
};
use leptos::prelude::*;
use shared_fbs::manifest::{Column, ColumnKind};

use crate::{
    app::parts::{ByPointer, Page, compare_with_rest, is_colored, plot_column, show_markers, toggle_color},
    store::{Pointed, Store},
    ui::{CategoryLabels, CategoryPanel, CategoryValue, OwnCategory, ValueCount},
    view::view,
};

/// The label of a code; `None` where there is none.
pub(super) type LabelOf = Callback<u32, Option<Label>>;

/// The panel of a column of labels; `own` makes what it has beside where it is the user's own, given its labels by code.
pub(super) fn category(
    store: Store,
    page: Page,
    column: &Column,
    own: Option<&dyn Fn(LabelOf) -> OwnCategory>,
) -> impl IntoView + use<> {
    let name = column.name.clone();
    let has_missing = column.n_missing > 0;
    let is_own = own.is_some();
    let loaded = {
        let name = name.clone();
        store.counted(move |session| session.categories(&name).map(ByPointer))
    };
    let labels = {
        let name = name.clone();
        Memo::new(move |_| {
            let categories = loaded.get().flatten()?.0;
            let order = store.with_session(|session| session.label_order(&name)).flatten()?.to_vec();
            let colors = label_colors(categories.labels.len(), categories.colors.as_deref());
            let named = categories.labels.iter().zip(colors).map(|(label, color)| CategoryValue {
                label: label.clone(),
                color: opaque(color),
                missing: false,
            });
            // How many cells an own column leaves without a label changes.
            let has_missing = has_missing || is_own && categories.counts.last().is_some_and(|&n_cells| n_cells > 0);
            let missing = CategoryValue { label: MISSING_LABEL.to_owned(), color: opaque(MISSING_GRAY), missing: true };
            let values = named.chain(has_missing.then_some(missing)).collect();
            Some(Arc::new(CategoryLabels { values, order }))
        })
    };
    // How many labels numbers are is known once they are there.
    let n_known = column.n_categories as usize + usize::from(has_missing);
    let n_labels = move || labels.with(|labels| labels.as_ref().map_or(n_known, |labels| labels.values.len()));
    let label_of = move |code: u32| {
        let value = labels.with_untracked(|labels| labels.as_ref()?.values.get(code as usize).cloned())?;
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
        labels.with(|labels| labels.iter().flat_map(|labels| &labels.values).map(allows).collect::<Arc<[bool]>>())
    });
    let expanded = {
        let name = name.clone();
        store.part(move |state| state.view.layout.expanded.contains(&name))
    };
    let breakdown = {
        let name = name.clone();
        let breakdown = store.counted_and_colored(move |session| session.breakdown(&name), expanded);
        Memo::new(move |_| breakdown.get().flatten().map(Arc::new))
    };
    let set = move |column: &str, filter| store.dispatch(Action::SetLabels { column: column.to_owned(), filter });
    let only = {
        let name = name.clone();
        move |codes: Vec<u32>| set(&name, LabelFilter::Only(codes.into_iter().filter_map(label_of).collect()))
    };
    let check_all = {
        let name = name.clone();
        move |(found, all): (Option<Vec<u32>>, bool)| {
            let none = BTreeSet::new;
            let changed = match found {
                None if all => LabelFilter::Hide(none()),
                None => LabelFilter::Only(none()),
                Some(found) => {
                    let mut changed = filter.get_untracked().unwrap_or_else(|| LabelFilter::Hide(none()));
                    found.into_iter().filter_map(label_of).for_each(|label| changed.set(label, all));
                    changed
                }
            };
            set(&name, changed);
        }
    };
    let on_markers = (store.with_session(|session| session.can_mark(&name)) == Some(true)).then(|| {
        let column = name.clone();
        Callback::new(move |()| {
            show_markers(store, column.clone(), MarkerOrder::default());
        })
    });
    let plotted = name.clone();
    let on_compare = (store.with_manifest(|manifest| !manifest.layers.is_empty()) == Some(true)).then(|| {
        let column = name.clone();
        Callback::new(move |code| {
            if let Some(label) = label_of(code) {
                let filter = ObsFilter::Labels(LabelFilter::Only([label].into()));
                let mut query = CellQuery::of_universe(&store.peek(|state| state.view.analysis.query.subset.clone()));
                query.filters.obs.insert(column.clone(), filter);
                compare_with_rest(store, page, query);
            }
        })
    });
    let on_numbers = (column.kind == ColumnKind::Continuous).then(|| {
        let name = name.clone();
        Callback::new(move |()| store.dispatch(Action::ToggleAsLabels(name.clone())))
    });
    let on_copy = (!is_own).then(|| {
        let name = name.clone();
        Callback::new(move |()| store.copy_column(name.clone()))
    });
    let own = own.map(|own| own(Callback::new(label_of)));
    let [point, expand, color, check, hover] = [(); 5].map(|()| name.clone());
    view! {
        <CategoryPanel
            name=name.clone()
            n_labels=Signal::derive(n_labels)
            labels
            counts
            checked
            breakdown
            color_name=store.color_name()
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
            on_check_all=Callback::new(check_all)
            on_check=Callback::new(move |(code, _)| {
                if let Some(label) = label_of(code) {
                    store.dispatch(Action::ToggleLabel { column: check.clone(), label });
                }
            })
            on_only=Callback::new(only)
            on_compare
            on_markers
            on_plot=Callback::new(move |()| plot_column(store, plotted.clone()))
            on_numbers
            on_copy
            own
            on_hover=Callback::new(move |code: Option<u32>| {
                let label = code.and_then(label_of);
                let hovered = label.map(|label| Hover::Label { column: hover.clone(), label });
                store.dispatch(Action::Hover(hovered));
            })
        />
    }
}
