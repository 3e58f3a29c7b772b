//! What is shown of the open comparison beside its table: plots, and gene sets in the place of its genes.

use std::sync::Arc;

use explorer_core::{
    de::DeTable,
    format::bytes,
    names::isolated,
    screen::OtherEffects,
    session::{ComparisonFigureKind, SetSort, SetsSource},
    state::{Action, ColorBy, Comparison, ComparisonPlot, ComparisonView, GeneSet, SetValue},
};
use gloo_file::{File, futures::read_as_text};
use leptos::prelude::*;

use crate::{
    app::parts::{ByPointer, add_gene_sets, save_csv, save_figure, title},
    store::{AskedFigure, AskedSets, DeResult, OtherStatus, SetsStatus, SpreadStatus, Store, Tone},
    ui::{Choice, FigureToSave, PlotFile, PlotParts, SetAsk, SetParts, SetTestsState, Spread},
};

/// The decimal logarithm of the adjusted p-value up to which genes are significant in one of two comparisons.
const LOG10_ALPHA: f64 = -1.301_029_995_663_981_2;

/// The result that is shown, as long as one is.
pub type Latest = Memo<Option<ByPointer<DeResult>>>;

fn table_of(latest: Latest) -> Option<(Arc<DeTable>, Arc<DeResult>)> {
    let ByPointer(result) = latest.get()?;
    Some((Arc::clone(result.cells()?), result))
}

/// The plots of the comparison.
pub fn plot_parts(store: Store, asked: Memo<Option<Comparison>>, latest: Latest) -> PlotParts {
    let shown = store.part(|state| state.view.layout.comparison.clone());
    let listed = store.part(|state| state.view.analysis.comparisons.clone());
    let others = Memo::new(move |_| {
        let asked = asked.get();
        let choice = |(at, other): (usize, Comparison)| {
            Choice::new(at.to_string(), isolated(&other.title()).into_owned() + other.mode.note())
        };
        let others = listed.get().into_iter().enumerate().filter(|(_, other)| Some(other) != asked.as_ref());
        others.map(choice).collect::<Vec<_>>()
    });
    let status = store.comparing_other();
    let other_result = Memo::new(move |_| match status.get() {
        OtherStatus::Done(result) => Some(ByPointer(result)),
        OtherStatus::None | OtherStatus::Running(..) | OtherStatus::Failed(_) => None,
    });
    let other = Memo::new(move |_| {
        let (_, result) = table_of(latest)?;
        let ByPointer(other) = other_result.get()?;
        Some(ByPointer(Arc::new(OtherEffects::new(&result.names, other.cells()?, &other.names))))
    });
    let agreement = Memo::new(move |_| Some(other.get()?.0.agreement(&table_of(latest)?.0, LOG10_ALPHA)));
    let other_note = Signal::derive(move || {
        let is_samples = other_result.with(|other| other.as_ref().is_some_and(|other| other.0.cells().is_none()));
        match status.get() {
            OtherStatus::Failed(reason) => reason,
            OtherStatus::Running(progress, _) => progress.text(),
            OtherStatus::Done(_) if is_samples => {
                let reason = "Samples were compared there, whose differences are no fold changes.";
                format!("{reason} Choose a comparison of cells.")
            }
            OtherStatus::None | OtherStatus::Done(_) if others.with(Vec::is_empty) => {
                "Make another comparison, and its effects are held against these.".to_owned()
            }
            OtherStatus::None | OtherStatus::Done(_) => String::new(),
        }
    });
    let spreading = store.spreading();
    let spread = Signal::derive(move || match spreading.get() {
        SpreadStatus::Done(answer) => Spread {
            gene: answer.gene.clone(),
            svg: answer.svg.clone(),
            table: answer.table.clone(),
            note: " in both sets".to_owned(),
        },
        SpreadStatus::Failed(note) => Spread { note, ..Spread::default() },
        SpreadStatus::Running(..) => Spread { note: "Reading the gene".to_owned(), ..Spread::default() },
        SpreadStatus::None => Spread { note: "Press a gene of the table.".to_owned(), ..Spread::default() },
    });
    let title = title(store);
    let on_csv = move |()| {
        let name = title.get_untracked();
        match (shown.with_untracked(|shown| shown.plot), spreading.get_untracked()) {
            (ComparisonPlot::Gene, SpreadStatus::Done(answer)) => {
                save_csv(store, &format!("{name} {} in both sets.csv", answer.gene), &answer.csv);
            }
            (ComparisonPlot::Effects, _) => {
                let parts = untrack(|| Some((table_of(latest)?, other.get()?.0, other_result.get()?.0)));
                let Some(((table, result), other, of_other)) = parts else { return };
                let titles = [result.comparison.title(), of_other.comparison.title()];
                let titles = [titles[0].as_str(), titles[1].as_str()];
                let csv = other.to_csv(&table, &result.names, titles, LOG10_ALPHA);
                save_csv(store, &format!("{name} effects in two comparisons.csv"), &csv);
            }
            (ComparisonPlot::Volcano | ComparisonPlot::Ma | ComparisonPlot::Gene, _) => {}
        }
    };
    let chosen = store.part(|state| state.view.analysis.genes.clone());
    let on_figure = move |FigureToSave { file, rows, standing_out }: FigureToSave| {
        let name = title.get_untracked();
        let (kind, what) = match (shown.with_untracked(|shown| shown.plot), spreading.get_untracked()) {
            (ComparisonPlot::Gene, SpreadStatus::Done(answer)) => {
                let name = format!("{name} {} in both sets", answer.gene);
                return save_figure(store, name, file, |file| store.spread_file(answer, file));
            }
            (ComparisonPlot::Gene, _) => return,
            (ComparisonPlot::Effects, _) => (ComparisonFigureKind::Effects, "effects in two comparisons"),
            (ComparisonPlot::Ma, _) => (ComparisonFigureKind::Ma, "MA"),
            (ComparisonPlot::Volcano, _) => (ComparisonFigureKind::Volcano, "volcano"),
        };
        let Some((_, result)) = untrack(|| table_of(latest)) else { return };
        let other = untrack(|| Some((other.get()?.0, other_result.get()?.0.comparison.title())));
        let other = other.filter(|_| kind == ComparisonFigureKind::Effects);
        // While the other comparison is on its way there is no picture.
        if kind == ComparisonFigureKind::Effects && other.is_none() {
            return;
        }
        let chosen = chosen.get_untracked();
        let asked = AskedFigure { kind, result, shown: rows, standing_out, chosen, other };
        save_figure(store, format!("{name} {what}"), file, |file| store.comparison_file(asked, file));
    };
    PlotParts {
        shown: shown.into(),
        others: others.into(),
        other: Signal::derive(move || other.get().map(|other| other.0)),
        agreement: agreement.into(),
        other_note,
        spread,
        chosen: chosen.into(),
        on_show: Callback::new(move |shown: ComparisonView| store.dispatch(Action::SetComparisonView(shown))),
        on_csv: Callback::new(on_csv),
        on_figure: Callback::new(on_figure),
    }
}

/// A file of gene sets: its name, and what it holds.
type SetsFile = Option<(String, Arc<str>)>;

/// The tests of gene sets.
pub fn set_parts(store: Store, latest: Latest) -> SetParts {
    let enrichment = store.part(|state| state.view.layout.comparison.sets);
    let own = store.part(|state| state.view.analysis.gene_sets.clone());
    let file = RwSignal::new(None as SetsFile);
    let sort = RwSignal::new(SetSort::default());
    let asked = move || {
        let (enrichment, (_, result)) = (enrichment.get()?, table_of(latest)?);
        let sets = match file.get() {
            Some((name, text)) => SetsSource::File { name, text: text.to_string() },
            None => SetsSource::Own(own.get()),
        };
        Some(AskedSets { enrichment, sets, result, sort: sort.get() })
    };
    Effect::new(move |_| store.test_sets(asked().as_ref()));
    let status = store.testing_sets();
    let state = Signal::derive(move || match status.get() {
        SetsStatus::None | SetsStatus::Running(..) => SetTestsState::Running,
        SetsStatus::Failed(reason) => SetTestsState::Failed(reason),
        SetsStatus::Done(answer) => SetTestsState::Done(answer.note.clone()),
    });
    // While another order is on its way, the last one stays.
    let answer = Memo::new(move |before: Option<&Option<ByPointer<_>>>| match status.get() {
        SetsStatus::Done(answer) => Some(ByPointer(answer)),
        SetsStatus::Running(..) => before.cloned().flatten(),
        SetsStatus::None | SetsStatus::Failed(_) => None,
    });
    let on_file = move |chosen: Option<web_sys::File>| {
        let Some(chosen) = chosen.map(File::from) else {
            file.set(None);
            return;
        };
        store.spawn(async move {
            let name = chosen.name();
            match read_as_text(&chosen).await {
                Ok(text) => file.set(Some((format!("{name} ({})", bytes(text.len() as u64)), text.into()))),
                Err(_) => store.tell(format!("The browser could not read {name}."), Tone::Error),
            }
        });
    };
    let on_ask = move |ask: SetAsk| match ask {
        SetAsk::Sort(column) => sort.update(|sort| *sort = sort.pressed(column)),
        SetAsk::Color(set, genes) => {
            let is_there = store.peek(|state| state.view.analysis.gene_set(&set).is_some());
            if let Some(genes) = genes.filter(|_| !is_there) {
                let new = GeneSet { name: set.clone(), description: String::new(), genes };
                store.dispatch(Action::AddGeneSets(vec![new]));
            }
            let layer = latest.with_untracked(|latest| latest.as_ref().map(|latest| latest.0.layer.clone()));
            let layer = layer.and_then(|layer| store.layer_key(&layer));
            store.dispatch(Action::SetColor(ColorBy::GeneSet { set, layer, value: SetValue::Mean }));
        }
        SetAsk::Make(set, genes) => {
            let comparison = latest.with_untracked(|latest| latest.as_ref().map(|latest| latest.0.comparison.title()));
            add_gene_sets(store, vec![(format!("{set} in {}", comparison.unwrap_or_default()), genes)]);
        }
    };
    let title = title(store);
    let on_export = move |()| {
        let comparison = latest.with_untracked(|latest| latest.as_ref().map(|latest| latest.0.comparison.title()));
        if let (SetsStatus::Done(answer), Some(comparison)) = (status.get_untracked(), comparison) {
            save_csv(store, &format!("{} gene sets of {comparison}.csv", title.get_untracked()), &answer.csv);
        }
    };
    let on_figure = move |figure: PlotFile| {
        if let Some(asked) = untrack(asked) {
            let name = format!("{} gene sets of {}", title.get_untracked(), asked.result.comparison.title());
            save_figure(store, name, figure, |file| store.sets_file(asked, file));
        }
    };
    SetParts {
        state,
        html: Signal::derive(move || answer.get().map(|answer| answer.0.html.clone()).unwrap_or_default()),
        file: Signal::derive(move || file.with(|file| file.as_ref().map(|(name, _)| name.clone()))),
        on_file: Callback::new(on_file),
        on_ask: Callback::new(on_ask),
        on_export: Callback::new(on_export),
        on_figure: Callback::new(on_figure),
    }
}
