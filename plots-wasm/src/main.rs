//! The entry of the worker that draws plots and answers questions about some cells.

mod raster;

use std::{cell::RefCell, rc::Rc};

use explorer_core::session::{Drawing, PlotQuestion};
use explorer_wasm::{
    fetch::Dataset,
    worker::{self, PlotAnswer, PlotTask, Programs},
};
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use plots::{Answered, Drawn, Table, correlated, describe, draw};

thread_local! {
    /// What was drawn last: a file of it needs no reading.
    static LAST: RefCell<Option<Rc<Last>>> = const { RefCell::new(None) };
}

/// A plot and what it was drawn of.
struct Last {
    question: PlotQuestion,
    codes: Vec<u8>,
    drawn: Drawn,
}

fn main() {
    console_error_panic_hook::set_once();
    worker::start(Programs { draw_plot: Some(draw_plot), ..Programs::default() });
}

fn draw_plot(task: PlotTask) -> LocalBoxFuture<'static, Result<PlotAnswer, String>> {
    async move {
        let PlotTask { dataset, question, payload, scale, report } = task;
        let asked = serde_json::from_str(&question).map_err(|error| error.to_string())?;
        let texts = |Answered { html, csv }| PlotAnswer::Texts([html, String::new(), csv]);
        match asked {
            Drawing::Plot(question) => {
                let last = drawn(&dataset, question, payload, report).await?;
                let Drawn { figure, tables, csv } = &last.drawn;
                match scale {
                    0 => {
                        let tables = tables.iter().map(Table::to_html).collect();
                        Ok(PlotAnswer::Texts([figure.to_svg(), tables, csv.clone()]))
                    }
                    scale => raster::png(figure, scale.into()).await.map(PlotAnswer::Picture),
                }
            }
            Drawing::Portrait(question) => {
                let answer = describe(&dataset, &question, &payload).await;
                answer.map(texts).map_err(|error| error.to_string())
            }
            Drawing::Correlation(question) => {
                let answer = correlated(&dataset, &question, &payload).await;
                answer.map(texts).map_err(|error| error.to_string())
            }
        }
    }
    .boxed_local()
}

async fn drawn(
    dataset: &Dataset,
    question: PlotQuestion,
    codes: Vec<u8>,
    report: Box<dyn Fn(usize)>,
) -> Result<Rc<Last>, String> {
    let known = LAST.with_borrow(Clone::clone).filter(|last| last.question == question && last.codes == codes);
    if let Some(known) = known {
        return Ok(known);
    }
    let groups = codes.as_chunks::<2>().0.iter().map(|code| u16::from_le_bytes(*code)).collect();
    let drawn = draw(dataset, &question, groups, |n_done| {
        report(n_done);
        Ok(())
    });
    let drawn = drawn.await.map_err(|error| error.to_string())?;
    let last = Rc::new(Last { question, codes, drawn });
    LAST.set(Some(Rc::clone(&last)));
    Ok(last)
}
