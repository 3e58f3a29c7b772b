//! The entry of the worker that draws plots.

mod raster;

use std::{cell::RefCell, rc::Rc};

use explorer_core::session::PlotQuestion;
use explorer_wasm::worker::{self, PlotAnswer, PlotTask, Programs};
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use plots::{Drawn, draw};

thread_local! {
    /// What was drawn last: a file of it needs no reading.
    static LAST: RefCell<Option<Rc<Last>>> = const { RefCell::new(None) };
}

/// A plot and what it was drawn of.
struct Last {
    question: String,
    codes: Vec<u8>,
    drawn: Drawn,
}

fn main() {
    console_error_panic_hook::set_once();
    worker::start(Programs { draw_plot: Some(draw_plot), ..Programs::default() });
}

fn draw_plot(task: PlotTask) -> LocalBoxFuture<'static, Result<PlotAnswer, String>> {
    async move {
        let scale = task.scale;
        let last = drawn(task).await?;
        let Drawn { figure, table, csv } = &last.drawn;
        match scale {
            0 => Ok(PlotAnswer::Texts([figure.to_svg(), table.to_html(), csv.clone()])),
            scale => raster::png(figure, scale.into()).await.map(PlotAnswer::Picture),
        }
    }
    .boxed_local()
}

async fn drawn(task: PlotTask) -> Result<Rc<Last>, String> {
    let PlotTask { dataset, question, codes, report, scale: _ } = task;
    let known = LAST.with_borrow(Clone::clone).filter(|last| last.question == question && last.codes == codes);
    if let Some(known) = known {
        return Ok(known);
    }
    let asked: PlotQuestion = serde_json::from_str(&question).map_err(|error| error.to_string())?;
    let groups = codes.as_chunks::<2>().0.iter().map(|code| u16::from_le_bytes(*code)).collect();
    let drawn = draw(&dataset, &asked, groups, |n_done| {
        report(n_done);
        Ok(())
    });
    let drawn = drawn.await.map_err(|error| error.to_string())?;
    let last = Rc::new(Last { question, codes, drawn });
    LAST.set(Some(Rc::clone(&last)));
    Ok(last)
}
