//! The right sidebar: cell sets, and comparisons between them.

use explorer_core::{
    color::label_colors,
    de::Adjustment,
    names::with_isolated_quotes,
    session::{SetOperation, genes_bytes},
    state::{Action, AppState, Command, Comparison, Reference, ResultPanel, TestMode},
};
use leptos::prelude::*;

use crate::{
    app::parts::{Page, compare_with_rest},
    store::{CompareStatus, Store, Tone},
    ui::{
        Button, ButtonKind, CellSetItem, CellSets, Choice, ComparePanel, CompareState, SidebarSection, command_glyph,
        command_test_id,
    },
    view::view,
};

/// Cell sets and the form of a comparison.
#[component]
pub fn Sets(store: Store, page: Page, has_genes: bool) -> impl IntoView {
    let sets = store.part(|state| state.view.analysis.cell_sets.clone());
    let sizes = store.counted(move |session| sets.with(|sets| session.set_sizes(sets)));
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
                n_visible=Signal::derive(move || numbers.get().1)
                can_compare=Signal::derive(move || has_genes && {
                    let (n_selected, n_visible, _) = numbers.get();
                    0 < n_selected && n_selected < n_visible
                })
                suggested=Signal::derive(move || {
                    let name = |state: &AppState| {
                        store.with_session(|session| session.suggested_name(&state.view.analysis.query))
                    };
                    store.peek(name).unwrap_or_default()
                })
                naming=page.naming
                on_compare=Callback::new(move |()| {
                    compare_with_rest(store, page, store.peek(|state| state.view.analysis.query.clone()));
                })
                on_save=Callback::new(move |name| store.dispatch(Action::SaveCellSet { name }))
                on_rename=Callback::new(move |(from, to)| store.dispatch(Action::RenameCellSet { from, to }))
                on_delete=Callback::new(move |name| store.dispatch(Action::RemoveCellSet(name)))
                on_select=Callback::new(move |name| store.dispatch(Action::SelectCellSet(name)))
                on_combine=Callback::new(move |(first, operation, second)| combine(store, first, operation, second))
                more=move || {
                    let button = |command: Command, open: RwSignal<bool>| view! {
                        <Button
                            label=command.label()
                            test_id=command_test_id(command)
                            kind=ButtonKind::Quiet
                            glyph=command_glyph(command)
                            on_press=move || open.set(true)
                        />
                    };
                    view! {
                        {button(Command::FindCells, page.finding_cells)}
                        {button(Command::TypeRectangle, page.typing_rectangle)}
                        {button(Command::SaveCells, page.saving_cells)}
                    }
                }
            />
        </SidebarSection>
        {has_genes.then(|| view! {
            <SidebarSection title="Compare" test_id="compare">
                <Compare store draft=page.asked names=Signal::derive(move || {
                    items.with(|items| items.iter().map(|set| set.name.clone()).collect())
                }) />
            </SidebarSection>
        })}
    }
}

/// Makes a new set of two.
fn combine(store: Store, first: String, operation: SetOperation, second: String) {
    store.spawn(async move {
        if let Err(error) = store.combine_sets(&first, operation, &second).await {
            store.tell(format!("The sets could not be combined: {error}"), Tone::Error);
        }
    });
}

#[component]
fn Compare(store: Store, draft: RwSignal<Option<Comparison>>, names: Signal<Vec<String>>) -> impl IntoView {
    let universe = store.part(|state| state.view.analysis.query.subset.clone());
    // What is asked, mended where it names a set that is no more.
    let asked = Memo::new(move |_| {
        let names = names.get();
        let has = |name: &String| names.contains(name);
        let mut asked = draft.get().unwrap_or(Comparison {
            group: String::new(),
            reference: Reference::Rest,
            mode: TestMode::Welch,
            adjustment: Adjustment::default(),
            layer: None,
            universe: Vec::new(),
        });
        asked.universe = universe.get();
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
    let genes_bytes = store.with_manifest(|manifest| genes_bytes(manifest, None)).unwrap_or_default();
    let analysis =
        store.part(|state| (state.view.analysis.cell_sets.clone(), state.view.analysis.query.subset.clone()));
    let sizes = Memo::new(move |_| {
        // Read, not tracked alone: a memo that nobody reads follows nothing.
        analysis.with(|_| ());
        let asked = asked.get();
        store.read_loaded(|session| store.peek(|state| session.side_sizes(&asked, &state.view.analysis))).flatten()
    });
    let note = move || {
        let sizes = sizes.get()?;
        let universe = if universe.with(Vec::is_empty) { "cells" } else { "in view" };
        let caution = asked.with(|asked| match asked.mode {
            TestMode::Samples if sizes.can_be_compared() => sizes.caution_of_samples(),
            TestMode::Samples
            | TestMode::Welch
            | TestMode::CellxgeneCompatible
            | TestMode::OverestimatedVariance
            | TestMode::Wilcoxon
            | TestMode::WilcoxonUncorrected => sizes.caution(asked.names()),
        });
        let caution = caution.as_deref().map(with_isolated_quotes).unwrap_or_default();
        Some([sizes.text(universe) + ".", caution].join(" "))
    };
    let status = store.comparing();
    let state = move || match status.get() {
        CompareStatus::Running(progress, _) => {
            CompareState::Running { fraction: progress.fraction(), text: progress.text() }
        }
        CompareStatus::Failed(reason) => CompareState::Failed(reason),
        CompareStatus::None | CompareStatus::Done(_) if asked.with(|asked| asked.group.is_empty()) => {
            CompareState::NotReady("Select cells to compare them with the rest, or save sets to compare.".to_owned())
        }
        CompareStatus::None | CompareStatus::Done(_) if sizes.get().is_some_and(|sizes| !sizes.can_be_compared()) => {
            CompareState::NotReady(note().unwrap_or_default())
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
            genes_bytes
            comparison=asked
            state=Signal::derive(state)
            note=Signal::derive(move || note().unwrap_or_default())
            past=store.part(|state| state.view.analysis.comparisons.clone())
            on_change=Callback::new(move |comparison| draft.set(Some(comparison)))
            on_run=Callback::new(run)
            on_cancel=Callback::new(move |()| store.dispatch(Action::ShowResult(None)))
            on_open=Callback::new(move |comparison| store.dispatch(Action::ShowResult(Some(ResultPanel::Comparison(comparison)))))
            on_remove=Callback::new(move |comparison| store.dispatch(Action::RemoveComparison(comparison)))
        />
    }
}
