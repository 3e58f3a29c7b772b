//! Computation next to the page, in plain Web Workers: `dispatch` runs in the worker, computes with
//! the functions of the core and answers messages; `pool` runs in the page and asks. What they say
//! to each other is in `message`.

mod dispatch;
mod markers;
mod message;
mod pool;
mod ranks;

pub use dispatch::{CorpusTask, PlotAnswer, PlotTask, Programs, SubsetTask, start};
pub use message::{MadeFile, Reply, Request};
pub use pool::{Pool, WorkerError};
