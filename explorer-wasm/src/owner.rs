//! What lives as long as a part of the page does.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use leptos::prelude::{IsDisposed, StoredValue};

/// Keeps a value, a listener say, until the present owner is cleaned up; then drops it.
pub(crate) fn keep<T: 'static>(value: T) {
    StoredValue::new_local(value);
}

/// A part of the page, for what goes on later: tasks, timers and frames may outlive it, and its signals are no more
/// then. All of them go by this, which ends them with the part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alive(StoredValue<()>);

impl Alive {
    /// The part that the present owner is of.
    pub(crate) fn here() -> Self {
        Self(StoredValue::new(()))
    }

    /// Whether the part is gone.
    pub(crate) fn is_over(self) -> bool {
        self.0.is_disposed()
    }

    /// Runs a task, which goes no further once the part is gone.
    #[expect(clippy::disallowed_methods, reason = "it is what all others go by")]
    pub(crate) fn spawn(self, task: impl Future<Output = ()> + 'static) {
        wasm_bindgen_futures::spawn_local(async move {
            let mut task = pin!(task);
            poll_fn(|context| if self.is_over() { Poll::Ready(()) } else { task.as_mut().poll(context) }).await;
        });
    }

    /// Does something before the next frame, if the part is still there.
    #[expect(clippy::disallowed_methods, reason = "it is what all others go by")]
    pub(crate) fn next_frame(self, act: impl FnOnce() + 'static) {
        leptos::prelude::request_animation_frame(move || self.act(act));
    }

    /// Does something after a while, if the part is still there.
    #[expect(clippy::disallowed_methods, reason = "it is what all others go by")]
    pub(crate) fn after(self, wait: Duration, act: impl FnOnce() + 'static) {
        leptos::prelude::set_timeout(move || self.act(act), wait);
    }

    fn act(self, act: impl FnOnce()) {
        if !self.is_over() {
            act();
        }
    }
}
