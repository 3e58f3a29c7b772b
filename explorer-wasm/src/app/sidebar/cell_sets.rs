//! The right sidebar: cell sets, and comparisons between them.

use explorer_core::{
    color::label_colors,
    state::{Action, Comparison, Reference, ResultPanel, TestMode},
};
use leptos::prelude::*;

use crate::{
    app::parts::Page,
    store::{CompareStatus, Store},
    ui::{CellSetItem, CellSets, Choice, ComparePanel, CompareState, SidebarSection},
};

/// Cell sets and the form of a comparison.
#[component]
pub fn Sets(store: Store, page: Page, has_genes: bool) -> impl IntoView {
    let sets = store.part(|state| state.view.analysis.cell_sets.clone());
    let sizes = store.loaded(move |session| {
        let sets = sets.get();
        let size = |source| session.n_cells_of(source);
        sets.iter().map(|set| size(&set.source)).collect::<Vec<_>>()
    });
    let items = Memo::new(move |_| {
        let (sets, sizes) = (sets.get(), sizes.get().unwrap_or_default());
        let colors = label_colors(sets.len(), None);
        sets.into_iter()
            .zip(colors)
            .enumerate()
            .map(|(at, (set, [red, green, blue, _]))| CellSetItem {
                name: set.name,
                n_cells: sizes.get(at).copied().flatten(),
                color: [red, green, blue],
            })
            .collect::<Vec<_>>()
    });
    let numbers = store.numbers();
    let n_sets = move || items.with(|items| if items.is_empty() { String::new() } else { items.len().to_string() });
    view! {
        <SidebarSection title="Cell sets" aside=Signal::derive(n_sets) test_id="cell-sets">
            <CellSets
                sets=items
                n_selected=Signal::derive(move || numbers.get().0)
                naming=page.naming
                on_save=Callback::new(move |name| store.dispatch(Action::SaveCellSet { name }))
                on_rename=Callback::new(move |(from, to)| store.dispatch(Action::RenameCellSet { from, to }))
                on_delete=Callback::new(move |name| store.dispatch(Action::RemoveCellSet(name)))
                on_select=Callback::new(move |name| store.dispatch(Action::SelectCellSet(name)))
            />
        </SidebarSection>
        {has_genes.then(|| view! {
            <SidebarSection title="Compare" test_id="compare">
                <Compare store names=Signal::derive(move || {
                    items.with(|items| items.iter().map(|set| set.name.clone()).collect())
                }) />
            </SidebarSection>
        })}
    }
}

#[component]
fn Compare(store: Store, names: Signal<Vec<String>>) -> impl IntoView {
    let draft = RwSignal::new(None::<Comparison>);
    // What is asked, mended where it names a set that is no more.
    let asked = Memo::new(move |_| {
        let names = names.get();
        let has = |name: &String| names.contains(name);
        let mut asked = draft.get().unwrap_or(Comparison {
            group: String::new(),
            reference: Reference::Rest,
            mode: TestMode::Welch,
            layer: None,
        });
        if !has(&asked.group) {
            asked.group = names.first().cloned().unwrap_or_default();
        }
        if matches!(&asked.reference, Reference::Set(name) if !has(name) || *name == asked.group) {
            asked.reference = Reference::Rest;
        }
        asked
    });
    let layers = store.with_manifest(|manifest| {
        let default = manifest.statistics_layer().map_or("", |layer| layer.name.as_str());
        let others = manifest.layers.iter().filter(|layer| layer.name != default);
        let others = others.map(|layer| Choice::new(layer.name.clone(), layer.name.clone()));
        std::iter::once(Choice::new("", default)).chain(others).collect::<Vec<_>>()
    });
    let layers = layers.unwrap_or_default();
    let has_samples = store.sample_column().is_some();
    let status = store.comparing();
    let state = move || match status.get() {
        CompareStatus::Running(progress, _) => {
            CompareState::Running { fraction: progress.fraction(), text: progress.text() }
        }
        CompareStatus::Failed(reason) => CompareState::Failed(reason),
        CompareStatus::None | CompareStatus::Done(_) if asked.with(|asked| asked.group.is_empty()) => {
            CompareState::NotReady("Select cells and save them as a cell set first.".to_owned())
        }
        CompareStatus::None | CompareStatus::Done(_) => CompareState::Ready,
    };
    let run = move |()| {
        if matches!(status.get_untracked(), CompareStatus::Failed(_)) {
            store.retry_comparison();
        }
        store.dispatch(Action::Compare(asked.get_untracked()));
    };
    view! {
        <ComparePanel
            sets=names
            layers=Signal::derive(move || layers.clone())
            has_samples
            comparison=asked
            state=Signal::derive(state)
            past=store.part(|state| state.view.analysis.comparisons.clone())
            on_change=Callback::new(move |comparison| draft.set(Some(comparison)))
            on_run=Callback::new(run)
            on_cancel=Callback::new(move |()| store.dispatch(Action::ShowResult(None)))
            on_open=Callback::new(move |comparison| store.dispatch(Action::ShowResult(Some(ResultPanel::Comparison(comparison)))))
            on_remove=Callback::new(move |comparison| store.dispatch(Action::RemoveComparison(comparison)))
        />
    }
}
