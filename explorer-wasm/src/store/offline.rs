//! A server that cannot be reached: said once, tried again from time to time, and gone on with when it answers.

use std::fmt::Display;

use explorer_core::session::JobStatus;
use leptos::prelude::*;

use super::{Phase, Store};
use crate::{fetch::FetchError, owner, platform};

/// Between two attempts: the first pause, and the longest.
const PAUSES_MILLIS: [u32; 2] = [2_000, 30_000];

impl Store {
    /// Something failed. Where the server could not be reached, as one sentence of all failures says, wherever they came
    /// from, that is told once for all, and tried again until it answers.
    pub(super) fn note_failure(self, error: &impl Display) {
        let Some(inner) = self.inner() else { return };
        if !error.to_string().contains(&FetchError::Network.to_string()) {
            return;
        }
        if self.phase.with_untracked(|phase| *phase == Phase::Ready) {
            self.is_offline.set(true);
        }
        inner.fetched_when_lost.set(self.bytes_fetched());
        if inner.is_lost.replace(true) {
            return;
        }
        self.spawn(async move {
            let [mut pause_millis, longest_millis] = PAUSES_MILLIS;
            loop {
                platform::sleep(pause_millis).await;
                if !self.inner().is_some_and(|inner| inner.is_lost.get()) {
                    break;
                }
                self.resume();
                pause_millis = (2 * pause_millis).min(longest_millis);
            }
        });
    }

    /// A job is over. One that took only what the page has already says nothing of the server.
    pub(super) fn note_outcome<T, E: Display>(self, outcome: &Result<T, E>) {
        match outcome {
            Ok(_) => {
                if self.inner().is_some_and(|inner| self.bytes_fetched() > inner.fetched_when_lost.get()) {
                    self.note_answer();
                }
            }
            Err(error) => self.note_failure(error),
        }
    }

    fn bytes_fetched(self) -> u64 {
        self.access().map_or(0, |access| access.bytes_fetched())
    }

    /// The server answers.
    pub(super) fn note_answer(self) {
        if self.inner().is_some_and(|inner| inner.is_lost.replace(false)) {
            self.is_offline.set(false);
            self.forget_failures();
        }
    }

    /// Asks at once for what failed when the browser finds the network again, as long as the owner lives.
    pub fn follow_network(self) {
        if let Some(host) = self.host() {
            owner::keep(host.on_online(Box::new(move || {
                if self.inner().is_some_and(|inner| inner.is_lost.get()) {
                    self.resume();
                }
            })));
        }
    }

    /// No longer says that the server cannot be reached.
    pub fn dismiss_offline(self) {
        self.is_offline.set(false);
    }

    fn forget_failures(self) {
        self.with_opened_mut(|opened| opened.session.forget_failures());
        if let Some(inner) = self.inner() {
            inner.comparisons.retry();
            inner.markers.retry();
            inner.plots.retry();
            inner.inquiries.retry();
            inner.answers.retry();
        }
    }

    /// Asks again for what failed. Where there is nothing that is still wanted, all is well.
    fn resume(self) {
        if self.phase.with_untracked(|phase| matches!(phase, Phase::Failed(_))) {
            self.open();
            return;
        }
        self.forget_failures();
        self.settle();
        let is_asking = self.with_opened(|opened| opened.session.loaded().is_loading()) == Some(true)
            || self.comparing.with_untracked(JobStatus::is_running)
            || self.marking.with_untracked(JobStatus::is_running)
            || self.plotting.with_untracked(JobStatus::is_running)
            || self.asking.with_untracked(JobStatus::is_running)
            || self.answers.are_awaited();
        if !is_asking {
            self.note_answer();
        }
    }
}
