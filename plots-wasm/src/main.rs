//! The entry of the worker that draws plots, tests gene sets and answers questions about some cells, or to a corpus.

mod corpora;
mod raster;

use std::{cell::RefCell, rc::Rc};

use explorer_core::{
    color::Ground,
    session::{EnrichmentQuestion, WorkerQuestion},
};
use explorer_wasm::{
    fetch::Dataset,
    worker::{self, PlotAnswer, PlotTask, Programs},
};
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use plots::{
    Answered, Drawn, Figure, Table, TestedSets, correlated, describe, draw, draw_comparison, draw_two_sets, test_sets,
};

/// Of a question whose answer is of another kind.
const NO_FIGURE: &str = "the answer to this question is no figure";

thread_local! {
    /// What was drawn last: a file of it needs no reading.
    static LAST: RefCell<Option<Rc<Last>>> = const { RefCell::new(None) };
    /// The gene sets that were tested last: another order needs no test.
    static LAST_SETS: RefCell<Option<Rc<LastSets>>> = const { RefCell::new(None) };
}

/// A plot and what it was drawn of.
struct Last {
    question: String,
    payload: Vec<u8>,
    drawn: Drawn,
}

/// Gene sets and what they were tested against.
struct LastSets {
    question: EnrichmentQuestion,
    payload: Vec<u8>,
    tested: TestedSets,
}

fn main() {
    console_error_panic_hook::set_once();
    worker::start(Programs { draw_plot: Some(answer), ask_corpus: Some(corpora::answer), ..Programs::default() });
}

fn answer(task: PlotTask) -> LocalBoxFuture<'static, Result<PlotAnswer, String>> {
    async move {
        let asked = serde_json::from_str(&task.question).map_err(|error| error.to_string())?;
        let texts = |Answered { html, csv, figure: _ }| PlotAnswer::Texts([html, String::new(), csv]);
        match asked {
            WorkerQuestion::Plot(_)
            | WorkerQuestion::TwoSets(_)
            | WorkerQuestion::Comparison(_)
            | WorkerQuestion::FigureOf(_) => {
                let scale = task.scale;
                let last = drawn(&asked, task).await?;
                // The captions of the tables have the cautions.
                let Drawn { figure, tables, csv, cautions: _ } = &last.drawn;
                match scale {
                    0 => {
                        let tables = tables.iter().map(Table::to_html).collect();
                        Ok(PlotAnswer::Texts([figure.to_svg(), tables, csv.clone()]))
                    }
                    scale => raster::png(figure, scale.into()).await.map(PlotAnswer::Picture),
                }
            }
            WorkerQuestion::Enrichment(question) => {
                let sort = question.sort;
                let LastSets { tested, .. } = &*tested(&task.dataset, *question, task.payload).await?;
                Ok(PlotAnswer::Texts([tested.note.clone(), tested.to_html(sort), tested.csv.clone()]))
            }
            WorkerQuestion::Portrait(question) => {
                let answer = describe(&task.dataset, &question, &task.payload).await;
                answer.map(texts).map_err(|error| error.to_string())
            }
            WorkerQuestion::Correlation(question) => {
                let answer = correlated(&task.dataset, &question, &task.payload).await;
                answer.map(texts).map_err(|error| error.to_string())
            }
        }
    }
    .boxed_local()
}

async fn drawn(asked: &WorkerQuestion, task: PlotTask) -> Result<Rc<Last>, String> {
    let PlotTask { dataset, question, payload, report, scale: _ } = task;
    let known = LAST.with_borrow(Clone::clone).filter(|last| last.question == question && last.payload == payload);
    if let Some(known) = known {
        return Ok(known);
    }
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let drawn = match asked {
        WorkerQuestion::Plot(asked) => {
            let groups = payload.as_chunks::<2>().0.iter().map(|code| u16::from_le_bytes(*code)).collect();
            let report = |n_done| {
                report(n_done);
                Ok(())
            };
            draw(&dataset, asked, groups, report).await.map_err(|error| text(&error))?
        }
        WorkerQuestion::TwoSets(asked) => {
            draw_two_sets(&dataset, asked, &payload).await.map_err(|error| text(&error))?
        }
        WorkerQuestion::Comparison(asked) => {
            let figure = draw_comparison(&dataset, asked, &payload).await.map_err(|error| text(&error))?;
            Drawn::of_figure(figure)
        }
        WorkerQuestion::FigureOf(answer) => Drawn::of_figure(figure_of(&dataset, answer, &payload).await?),
        WorkerQuestion::Enrichment(_) | WorkerQuestion::Portrait(_) | WorkerQuestion::Correlation(_) => {
            return Err(NO_FIGURE.to_owned());
        }
    };
    let last = Rc::new(Last { question, payload, drawn });
    LAST.set(Some(Rc::clone(&last)));
    Ok(last)
}

/// The figure of an answer that is none.
async fn figure_of(dataset: &Dataset, asked: &WorkerQuestion, payload: &[u8]) -> Result<Figure, String> {
    match asked {
        WorkerQuestion::Enrichment(question) => {
            let last = tested(dataset, (**question).clone(), payload.to_vec()).await?;
            Ok(last.tested.figure(Ground::Light))
        }
        WorkerQuestion::Portrait(question) => {
            let answer = describe(dataset, question, payload).await.map_err(|error| error.to_string())?;
            Ok(answer.figure)
        }
        WorkerQuestion::Correlation(question) => {
            let answer = correlated(dataset, question, payload).await.map_err(|error| error.to_string())?;
            Ok(answer.figure)
        }
        WorkerQuestion::Plot(_)
        | WorkerQuestion::TwoSets(_)
        | WorkerQuestion::Comparison(_)
        | WorkerQuestion::FigureOf(_) => Err(NO_FIGURE.to_owned()),
    }
}

async fn tested(dataset: &Dataset, mut question: EnrichmentQuestion, payload: Vec<u8>) -> Result<Rc<LastSets>, String> {
    question.sort = <_>::default();
    let known = LAST_SETS.with_borrow(Clone::clone).filter(|last| last.question == question && last.payload == payload);
    if let Some(known) = known {
        return Ok(known);
    }
    let tested = test_sets(dataset, &question, &payload).await.map_err(|error| error.to_string())?;
    let last = Rc::new(LastSets { question, payload, tested });
    LAST_SETS.set(Some(Rc::clone(&last)));
    Ok(last)
}
