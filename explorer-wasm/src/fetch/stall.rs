//! Requests that come to nothing: how it shows, and how they end.

use std::cell::Cell;

use gloo_events::EventListener;
use web_sys::{AbortController, AbortSignal};

use crate::platform;

/// Seconds without a byte after which an answer is no longer waited for. Not a limit of the whole:
/// a slow network is no failure. Slow servers and lossy radio links pause for some seconds.
const MOST_SILENT_SECONDS: u32 = 10;

/// When something last came, counted in seconds that the page was awake for: while it computes, or
/// the machine sleeps, nobody looks whether something came.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    silent_seconds: Cell<u32>,
}

impl Pulse {
    /// Something came.
    pub(super) fn beat(&self) {
        self.silent_seconds.set(0);
    }

    /// Resolves once nothing has come for [`MOST_SILENT_SECONDS`].
    pub(super) async fn stopped(&self) {
        while self.silent_seconds.get() < MOST_SILENT_SECONDS {
            platform::sleep(1000).await;
            self.silent_seconds.set(self.silent_seconds.get() + 1);
        }
    }
}

/// One attempt of a request: it ends when it is given up, or with all the others when nobody wants
/// the answer any more.
pub(super) struct Attempt {
    controller: Option<AbortController>,
    /// Gives the attempt up with all the others.
    _all: Option<EventListener>,
}

impl Attempt {
    /// An attempt that ends at the latest with the signal.
    pub(super) fn new(all: Option<&AbortSignal>) -> Self {
        let controller = AbortController::new().ok();
        let all = all.zip(controller.clone()).map(|(all, controller)| {
            if all.aborted() {
                controller.abort();
            }
            EventListener::once(all, "abort", move |_| controller.abort())
        });
        Self { controller, _all: all }
    }

    pub(super) fn signal(&self) -> Option<AbortSignal> {
        self.controller.as_ref().map(AbortController::signal)
    }

    /// Gives it up.
    pub(super) fn abort(&self) {
        if let Some(controller) = &self.controller {
            controller.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn an_attempt_ends_alone_or_with_all() {
        let all = AbortController::new().expect("a browser has these");
        let aborted = |attempt: &Attempt| attempt.signal().is_some_and(|signal| signal.aborted());
        let (first, second) = (Attempt::new(Some(&all.signal())), Attempt::new(Some(&all.signal())));
        first.abort();
        assert!(aborted(&first) && !aborted(&second) && !all.signal().aborted());
        all.abort();
        assert!(aborted(&second));
        assert!(aborted(&Attempt::new(Some(&all.signal()))));
        assert!(!aborted(&Attempt::new(None)));
    }
}
