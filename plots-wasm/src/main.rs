//! The entry of the worker that draws plots and tests gene sets.

mod raster;

use std::{cell::RefCell, rc::Rc};

use explorer_core::session::{EnrichmentQuestion, WorkerQuestion};
use explorer_wasm::worker::{self, PlotAnswer, PlotTask, Programs};
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use plots::{Drawn, TestedSets, draw, draw_two_sets, test_sets};

thread_local! {
    /// What was drawn last: a file of it needs no reading.
    static LAST: RefCell<Option<Rc<Last>>> = const { RefCell::new(None) };
    /// The gene sets that were tested last: another order needs no test.
    static LAST_SETS: RefCell<Option<Rc<LastSets>>> = const { RefCell::new(None) };
}

/// A plot and what it was drawn of.
struct Last {
    question: String,
    bytes: Vec<u8>,
    drawn: Drawn,
}

/// Gene sets and what they were tested against.
struct LastSets {
    question: EnrichmentQuestion,
    bytes: Vec<u8>,
    tested: TestedSets,
}

fn main() {
    console_error_panic_hook::set_once();
    worker::start(Programs { draw_plot: Some(draw_plot), ..Programs::default() });
}

fn draw_plot(task: PlotTask) -> LocalBoxFuture<'static, Result<PlotAnswer, String>> {
    async move {
        let asked: WorkerQuestion = serde_json::from_str(&task.question).map_err(|error| error.to_string())?;
        if let WorkerQuestion::Enrichment(asked) = asked {
            let sort = asked.sort;
            let LastSets { tested, .. } = &*tested(*asked, task).await?;
            return Ok(PlotAnswer::Texts([tested.note.clone(), tested.to_html(sort), tested.csv.clone()]));
        }
        let scale = task.scale;
        let last = drawn(&asked, task).await?;
        let Drawn { figure, table, csv } = &last.drawn;
        match scale {
            0 => Ok(PlotAnswer::Texts([figure.to_svg(), table.to_html(), csv.clone()])),
            scale => raster::png(figure, scale.into()).await.map(PlotAnswer::Picture),
        }
    }
    .boxed_local()
}

async fn drawn(asked: &WorkerQuestion, task: PlotTask) -> Result<Rc<Last>, String> {
    let PlotTask { dataset, question, codes: bytes, report, scale: _ } = task;
    let known = LAST.with_borrow(Clone::clone).filter(|last| last.question == question && last.bytes == bytes);
    if let Some(known) = known {
        return Ok(known);
    }
    let drawn = match asked {
        WorkerQuestion::Plot(asked) => {
            let groups = bytes.as_chunks::<2>().0.iter().map(|code| u16::from_le_bytes(*code)).collect();
            let report = |n_done| {
                report(n_done);
                Ok(())
            };
            draw(&dataset, asked, groups, report).await
        }
        WorkerQuestion::TwoSets(asked) => draw_two_sets(&dataset, asked, &bytes).await,
        WorkerQuestion::Enrichment(_) => return Err("a test of gene sets is no plot".to_owned()),
    };
    let drawn = drawn.map_err(|error| error.to_string())?;
    let last = Rc::new(Last { question, bytes, drawn });
    LAST.set(Some(Rc::clone(&last)));
    Ok(last)
}

async fn tested(mut question: EnrichmentQuestion, task: PlotTask) -> Result<Rc<LastSets>, String> {
    question.sort = <_>::default();
    let PlotTask { dataset, codes: bytes, .. } = task;
    let known = LAST_SETS.with_borrow(Clone::clone).filter(|last| last.question == question && last.bytes == bytes);
    if let Some(known) = known {
        return Ok(known);
    }
    let tested = test_sets(&dataset, &question, &bytes).await.map_err(|error| error.to_string())?;
    let last = Rc::new(LastSets { question, bytes, tested });
    LAST_SETS.set(Some(Rc::clone(&last)));
    Ok(last)
}
