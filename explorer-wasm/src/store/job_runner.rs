//! Runs the jobs of [`Jobs`]: starts what is to start, ends what is superseded, tells how it stands.

use std::{
    cell::{Cell, RefCell},
    fmt::Display,
    rc::Rc,
};

use explorer_core::session::{JobStatus, Jobs, Progress, Ticket};
use futures_util::future::{AbortHandle, Abortable};
use leptos::prelude::*;

use super::Store;
use crate::owner::Alive;

/// Questions of one kind, one running at a time.
pub(super) struct JobRunner<Q, A: Send + Sync + 'static> {
    jobs: RefCell<Jobs<Q, A, Progress>>,
    /// Ends the run that goes on.
    running: Cell<Option<AbortHandle>>,
    status: RwSignal<JobStatus<A, Progress>>,
    alive: Alive,
}

/// One run of a question, which may tell how far it has come.
pub(super) struct Run<Q, A: Send + Sync + 'static> {
    runner: Rc<JobRunner<Q, A>>,
    ticket: Ticket,
}

impl<Q: Clone + PartialEq + 'static, A: Send + Sync + 'static> JobRunner<Q, A> {
    /// A runner that keeps so many answers and tells a signal how the question asked stands.
    pub fn new(most_answers: usize, status: RwSignal<JobStatus<A, Progress>>, alive: Alive) -> Rc<Self> {
        Rc::new(Self { jobs: RefCell::new(Jobs::new(most_answers)), running: Cell::default(), status, alive })
    }

    /// Asks a question, or none; `work` answers it, unless the answer is known or under way. The store is told of what
    /// comes of it: whether the server is there.
    pub fn follow<E: Display>(
        self: &Rc<Self>,
        store: Store,
        asked: Option<&Q>,
        work: impl AsyncFnOnce(&Run<Q, A>, &Q) -> Result<A, E> + 'static,
    ) {
        let next = self.jobs.borrow_mut().ask(asked);
        if next.is_superseded
            && let Some(handle) = self.running.take()
        {
            handle.abort();
        }
        if next.is_changed {
            self.tell();
        }
        let (Some(ticket), Some(question)) = (next.start, asked.cloned()) else { return };
        let run = Run { runner: Rc::clone(self), ticket };
        let task = async move {
            let answer = work(&run, &question).await;
            store.note_outcome(&answer);
            run.finish(answer.map_err(|error| error.to_string()));
        };
        let (handle, registration) = AbortHandle::new_pair();
        self.running.set(Some(handle));
        self.alive.spawn(async move {
            // Aborted when another question is asked, or none.
            let _ = Abortable::new(task, registration).await;
        });
    }

    /// Lets the question that failed be asked again.
    pub fn retry(&self) {
        self.jobs.borrow_mut().retry();
    }

    /// Forgets what is known of questions, and ends what runs of them: they are asked anew.
    pub fn forget(&self, is_of: impl Fn(&Q) -> bool) {
        let ran = self.jobs.borrow_mut().forget(is_of);
        if ran && let Some(handle) = self.running.take() {
            handle.abort();
        }
    }

    fn tell(&self) {
        // The page may be gone.
        let _ = self.status.try_set(self.jobs.borrow().status().clone());
    }
}

impl<Q: Clone + PartialEq + 'static, A: Send + Sync + 'static> Run<Q, A> {
    /// It has come so far.
    pub fn progress(&self, progress: Progress) {
        let is_wanted = self.runner.jobs.borrow_mut().progress(self.ticket, progress);
        if is_wanted {
            self.runner.tell();
        }
    }

    /// It has an estimate of its answer.
    pub fn estimate(&self, answer: A) {
        let is_wanted = self.runner.jobs.borrow_mut().estimate(self.ticket, answer);
        if is_wanted {
            self.runner.tell();
        }
    }

    fn finish(&self, answer: Result<A, String>) {
        let is_wanted = self.runner.jobs.borrow_mut().finish(self.ticket, answer);
        if is_wanted {
            self.runner.tell();
        }
    }
}
