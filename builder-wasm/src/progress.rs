//! Progress, told to the page from time to time. It stops a build by ending the worker.

use std::cell::Cell;

use builder::{Progress, Stage};
use send_wrapper::SendWrapper;

use crate::reply::Reply;

/// The least time between two messages.
const PAUSE_MILLIS: f64 = 100.0;

/// Tells the page how far a build has come.
pub struct Told;

impl Progress for Told {
    fn stage(&self, name: String, total: u64) -> Box<dyn Stage + '_> {
        Reply::Progress { stage: &name, n_done: 0, total }.post();
        Box::new(ToldStage { name, total, so_far: SendWrapper::new(Cell::new((0, js_sys::Date::now()))) })
    }

    fn is_stopped(&self) -> bool {
        false
    }
}

struct ToldStage {
    name: String,
    total: u64,
    /// Steps that are done, and when that was told.
    so_far: SendWrapper<Cell<(u64, f64)>>,
}

impl Stage for ToldStage {
    fn advance(&self, steps: u64) {
        let (n_done, told) = self.so_far.get();
        let (n_done, now) = (n_done + steps, js_sys::Date::now());
        let is_due = now - told >= PAUSE_MILLIS;
        self.so_far.set((n_done, if is_due { now } else { told }));
        if is_due {
            Reply::Progress { stage: &self.name, n_done, total: self.total }.post();
        }
    }
}
