//! The answer about some cells that is open.

use explorer_core::{
    format::{self, duration},
    session::{Session, correlation_bytes},
    state::{About, Action, CellQuery, Filters, GeneKey, Inquiry, Label, LabelFilter, ObsFilter, ResultPanel},
};
use leptos::prelude::*;

use crate::{
    app::parts::{ByPointer, colored_in, save_csv, save_figure, title},
    store::{Answered, InquiryStatus, Store},
    ui::{AnswerPress, AnswerView, PlotFile, ResultState, Show, WhichCells},
    view::view,
};

/// The answer, where a question is open.
#[component]
pub fn AnswerPanel(store: Store) -> impl IntoView {
    let asked = store.part(|state| state.view.shown_inquiry().cloned());
    let status = store.asking();
    let is_open = Memo::new(move |_| asked.with(Option::is_some));
    let answer = Memo::new(move |_| match status.get() {
        InquiryStatus::Done(answer) => Some(ByPointer(answer)),
        InquiryStatus::None | InquiryStatus::Running(..) | InquiryStatus::Failed(_) => None,
    });
    let heading = move || asked.with(|asked| asked.as_ref().map(|asked| title_of(store, asked))).unwrap_or_default();
    let state = move || match status.get() {
        InquiryStatus::None => ResultState::Running("Preparing".to_owned(), None),
        InquiryStatus::Running(progress, _) => {
            let read = format::bytes(progress.n_bytes);
            let fraction = (progress.n_parts > 0 && progress.n_done > 0)
                .then(|| f64::from(progress.n_done) / f64::from(progress.n_parts));
            let about = asked.with(|asked| asked.as_ref().and_then(|asked| about_bytes(store, asked)));
            let text = match (fraction, about) {
                (None, Some(about)) => format!("Reading about {}", format::bytes(about)),
                (None, None) => "Reading".to_owned(),
                (Some(fraction), about) => {
                    let of = about.map(|about| format!(" of about {}", format::bytes(about))).unwrap_or_default();
                    let left = std::time::Duration::from_secs_f64(progress.millis / 1000.0 * (1.0 / fraction - 1.0));
                    format!("{read}{of}, about {} left", duration(left))
                }
            };
            ResultState::Running(text, fraction)
        }
        InquiryStatus::Failed(reason) => ResultState::Failed(reason),
        InquiryStatus::Done(_) => ResultState::Done,
    };
    let of_answer = move |read: fn(&Answered) -> Option<String>| answer.with(|answer| read(&answer.as_ref()?.0));
    let color = store.part(|state| state.view.analysis.color.clone());
    let colored = Memo::new(move |_| colored_in(store, &color.get(), of_answer(|answer| Some(answer.layer.clone()))));
    let query = store.part(|state| state.view.analysis.query.clone());
    let in_view = move || CellQuery { subset: query.with(|query| query.subset.clone()), ..CellQuery::default() };
    let cells = move || {
        asked.with(|asked| match asked.as_ref()? {
            Inquiry { about: About::Cells, .. } => None,
            Inquiry { cells, .. } if *cells == in_view() => Some(WhichCells::InView),
            Inquiry { cells, .. } if query.with(|query| query == cells) => Some(WhichCells::Selected),
            Inquiry { .. } => Some(WhichCells::AsAsked),
        })
    };
    let on_cells = move |which: WhichCells| {
        let cells = match which {
            WhichCells::InView => in_view(),
            WhichCells::Selected => query.get_untracked(),
            WhichCells::AsAsked => return,
        };
        if let Some(asked) = asked.get_untracked() {
            store.dispatch(Action::ShowResult(Some(ResultPanel::Inquiry(Inquiry { cells, ..asked }))));
        }
    };
    let export = move |()| {
        if let Some(ByPointer(answer)) = answer.get_untracked() {
            let name = format!("{} {}.csv", title(store).get_untracked(), title_of(store, &answer.asked));
            save_csv(store, &name, &answer.csv);
        }
    };
    let on_figure = move |file: PlotFile| {
        if let Some(ByPointer(answer)) = answer.get_untracked() {
            let name = format!("{} {}", title(store).get_untracked(), title_of(store, &answer.asked));
            save_figure(store, name, file, |file| store.answer_file(answer, file));
        }
    };
    view! {
        <Show when=move || is_open.get()>
            <AnswerView
                title=Signal::derive(heading)
                state=Signal::derive(state)
                facts=Signal::derive(move || answer.get().map(|answer| answer.0.facts.clone()).unwrap_or_default())
                caution=Signal::derive(move || of_answer(|answer| answer.caution.clone()))
                html=Signal::derive(move || of_answer(|answer| Some(answer.html.clone())).unwrap_or_default())
                colored
                cells=Signal::derive(cells)
                has_selection=Signal::derive(move || query.with(|query| !query.filters.is_empty()))
                on_cells=Callback::new(on_cells)
                on_press=Callback::new(move |press| {
                    if let Some(ByPointer(answer)) = answer.get_untracked() {
                        follow(store, &answer, press);
                    }
                })
                on_export=Callback::new(export)
                on_figure=Callback::new(on_figure)
                on_retry=Callback::new(move |()| store.retry_inquiry())
                on_close=Callback::new(move |()| store.dispatch(Action::ShowResult(None)))
            />
        </Show>
    }
}

fn title_of(store: Store, asked: &Inquiry) -> String {
    let label = |id: &str| {
        let gene = GeneKey::new(id);
        store.read_loaded(|session: &Session| session.label_in_any_layer(&gene)).unwrap_or_else(|| id.to_owned())
    };
    asked.title(label)
}

/// The bytes that an answer reads, about, where that is known before.
fn about_bytes(store: Store, asked: &Inquiry) -> Option<u64> {
    match asked.about {
        About::Cells => None,
        About::Gene(_) | About::Column(_) => {
            store.with_manifest(|manifest| correlation_bytes(manifest, asked.layer.as_deref()))
        }
    }
}

/// Does what a press on an answer asks for.
fn follow(store: Store, answer: &Answered, press: AnswerPress) {
    let label_of = |column: &str, code: u32| {
        let categories = store.with_session(|session| session.categories(column)).flatten()?;
        Some(categories.labels.get(code as usize).map_or(Label::Missing, |label| Label::named(label.as_str())))
    };
    match press {
        AnswerPress::Gene(gene) => {
            store.dispatch(Action::ShowGene(GeneKey { layer: store.layer_key(&answer.layer), gene }));
        }
        AnswerPress::Select(column, code) => {
            if let Some(label) = label_of(&column, code) {
                store.dispatch(Action::SetLabels { column, filter: LabelFilter::Only([label].into()) });
            }
        }
        AnswerPress::Compare(column, code) => {
            if let Some(label) = label_of(&column, code) {
                compare(store, &answer.asked, column, label);
            }
        }
    }
}

/// Compares the cells that were asked about with those of a label.
fn compare(store: Store, asked: &Inquiry, column: String, label: Label) {
    let only = ObsFilter::Labels(LabelFilter::Only([label].into()));
    let filters = Filters { obs: [(column, only)].into(), ..Filters::default() };
    let labeled = CellQuery { filters, ..asked.cells.clone() };
    let sets = store.peek(|state| {
        store.with_session(|session| {
            let mut analysis = state.view.analysis.clone();
            let group = session.set_of(asked.cells.clone(), &analysis);
            // Both may be called the same.
            analysis.cell_sets.push(group.clone());
            let reference = session.set_of(labeled, &analysis);
            [group, reference]
        })
    });
    if let Some(sets) = sets {
        store.dispatch(Action::CompareSets { sets, layer: asked.layer.clone() });
    }
}
