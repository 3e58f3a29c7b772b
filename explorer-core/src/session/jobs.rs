//! Questions whose answers take a while: one runs at a time, the newest supersedes it, answers are kept.

use std::{collections::VecDeque, sync::Arc};

/// Which run of a question: what a superseded run reports is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

/// How the question that is asked stands; `P` says how far it has come.
#[derive(Default, Debug)]
pub enum JobStatus<A, P> {
    /// Nothing is asked.
    #[default]
    None,
    /// It runs; until it is done there may be an estimate.
    Running(P, Option<Arc<A>>),
    /// It failed, for this reason.
    Failed(String),
    /// Its answer.
    Done(Arc<A>),
}

impl<A, P: Clone> Clone for JobStatus<A, P> {
    fn clone(&self) -> Self {
        match self {
            Self::None => Self::None,
            Self::Running(progress, estimate) => Self::Running(progress.clone(), estimate.clone()),
            Self::Failed(reason) => Self::Failed(reason.clone()),
            Self::Done(answer) => Self::Done(Arc::clone(answer)),
        }
    }
}

impl<A, P> JobStatus<A, P> {
    /// Whether a run goes on.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running(..))
    }

    /// What there is to show: the answer, or an estimate of it.
    pub fn answer(&self) -> Option<&Arc<A>> {
        match self {
            Self::Done(answer) => Some(answer),
            Self::Running(_, estimate) => estimate.as_ref(),
            Self::None | Self::Failed(_) => None,
        }
    }
}

/// What is to be done after a question was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Next {
    /// Whether what ran until now is no longer wanted.
    pub is_superseded: bool,
    /// The run to start.
    pub start: Option<Ticket>,
    /// Whether the status is another than before.
    pub is_changed: bool,
}

/// What is asked, what runs, and what is known.
#[derive(Debug)]
pub struct Jobs<Q, A, P> {
    most_answers: usize,
    n_started: u64,
    running: Option<(Ticket, Q)>,
    /// The question that failed last, which is not asked again by itself, and why.
    failed: Option<(Q, String)>,
    /// Answers, the latest used first.
    answers: VecDeque<(Q, Arc<A>)>,
    status: JobStatus<A, P>,
}

impl<Q: Clone + PartialEq, A, P: Clone + Default> Jobs<Q, A, P> {
    /// Nothing asked yet; up to `most_answers` answers are kept.
    pub fn new(most_answers: usize) -> Self {
        Self {
            most_answers,
            n_started: 0,
            running: None,
            failed: None,
            answers: VecDeque::new(),
            status: JobStatus::None,
        }
    }

    /// How the question that is asked stands.
    pub fn status(&self) -> &JobStatus<A, P> {
        &self.status
    }

    /// Asks a question, or none; asked again, it goes on as it is.
    pub fn ask(&mut self, asked: Option<&Q>) -> Next {
        if self.running.as_ref().map(|(_, question)| question) == asked && asked.is_some() {
            return Next::default();
        }
        let is_superseded = self.running.take().is_some();
        let Some(question) = asked else {
            self.failed = None;
            let is_changed = !matches!(self.status, JobStatus::None);
            self.status = JobStatus::None;
            return Next { is_superseded, start: None, is_changed };
        };
        if let Some((_, reason)) = self.failed.as_ref().filter(|(failed, _)| failed == question) {
            let is_changed = !matches!(&self.status, JobStatus::Failed(shown) if shown == reason);
            self.status = JobStatus::Failed(reason.clone());
            return Next { is_superseded, start: None, is_changed };
        }
        if let Some(at) = self.answers.iter().position(|(known, _)| known == question)
            && let Some((known, answer)) = self.answers.remove(at)
        {
            let is_changed = !matches!(&self.status, JobStatus::Done(shown) if Arc::ptr_eq(shown, &answer));
            self.status = JobStatus::Done(Arc::clone(&answer));
            self.answers.push_front((known, answer));
            return Next { is_superseded, start: None, is_changed };
        }
        self.n_started += 1;
        let ticket = Ticket(self.n_started);
        self.running = Some((ticket, question.clone()));
        self.status = JobStatus::Running(P::default(), None);
        Next { is_superseded, start: Some(ticket), is_changed: true }
    }

    /// Lets the question that failed be asked again.
    pub fn retry(&mut self) {
        self.failed = None;
    }

    /// Forgets what is known of questions, and what runs of them: they are asked anew. Says whether something ran.
    pub fn forget(&mut self, is_of: impl Fn(&Q) -> bool) -> bool {
        self.answers.retain(|(question, _)| !is_of(question));
        self.failed.take_if(|(question, _)| is_of(question));
        self.running.take_if(|(_, question)| is_of(question)).is_some()
    }

    /// A run has come so far; whether it is still wanted.
    pub fn progress(&mut self, ticket: Ticket, progress: P) -> bool {
        match &mut self.status {
            JobStatus::Running(so_far, _) if Self::is_running(self.running.as_ref(), ticket) => {
                *so_far = progress;
                true
            }
            JobStatus::None | JobStatus::Running(..) | JobStatus::Failed(_) | JobStatus::Done(_) => false,
        }
    }

    /// A run has an estimate of its answer; whether it is still wanted.
    pub fn estimate(&mut self, ticket: Ticket, answer: A) -> bool {
        match &mut self.status {
            JobStatus::Running(_, estimate) if Self::is_running(self.running.as_ref(), ticket) => {
                *estimate = Some(Arc::new(answer));
                true
            }
            JobStatus::None | JobStatus::Running(..) | JobStatus::Failed(_) | JobStatus::Done(_) => false,
        }
    }

    /// A run is over; whether it was still wanted. Its answer is kept, its failure told.
    pub fn finish(&mut self, ticket: Ticket, answer: Result<A, String>) -> bool {
        let Some((_, question)) = self.running.take_if(|(running, _)| *running == ticket) else { return false };
        self.status = match answer {
            Ok(answer) => {
                let answer = Arc::new(answer);
                self.answers.push_front((question, Arc::clone(&answer)));
                self.answers.truncate(self.most_answers);
                JobStatus::Done(answer)
            }
            Err(reason) => {
                self.failed = Some((question, reason.clone()));
                JobStatus::Failed(reason)
            }
        };
        true
    }

    fn is_running(running: Option<&(Ticket, Q)>, ticket: Ticket) -> bool {
        running.is_some_and(|(running, _)| *running == ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Squares = Jobs<u32, u32, u8>;

    fn started(jobs: &mut Squares, question: u32) -> Ticket {
        jobs.ask(Some(&question)).start.expect("it is not known yet")
    }

    fn shown(jobs: &Squares) -> Option<u32> {
        jobs.status().answer().map(|answer| **answer)
    }

    #[test]
    fn a_question_asked_again_goes_on_as_it_is() {
        let mut jobs = Squares::new(2);
        started(&mut jobs, 3);
        assert_eq!(jobs.ask(Some(&3)), Next::default());
    }

    #[test]
    fn a_newer_question_supersedes_the_one_that_runs() {
        let mut jobs = Squares::new(2);
        let old = started(&mut jobs, 3);
        let next = jobs.ask(Some(&4));
        assert!(next.is_superseded && next.start.is_some_and(|ticket| ticket != old));
        assert!(!jobs.progress(old, 50) && !jobs.estimate(old, 8) && !jobs.finish(old, Ok(9)));
        assert!(matches!(jobs.status(), JobStatus::Running(0, None)));
    }

    #[test]
    fn a_question_taken_back_leaves_nothing() {
        let mut jobs = Squares::new(2);
        let ticket = started(&mut jobs, 3);
        assert_eq!(jobs.ask(None), Next { is_superseded: true, start: None, is_changed: true });
        assert!(!jobs.finish(ticket, Ok(9)));
        assert_eq!(jobs.ask(None), Next::default());
    }

    #[test]
    fn an_estimate_is_shown_until_the_answer_is_there() {
        let mut jobs = Squares::new(2);
        let ticket = started(&mut jobs, 3);
        assert!(jobs.estimate(ticket, 8) && jobs.progress(ticket, 50));
        assert!(jobs.status().is_running() && matches!(jobs.status(), JobStatus::Running(50, Some(_))));
        assert_eq!(shown(&jobs), Some(8));
        assert!(jobs.finish(ticket, Ok(9)));
        assert_eq!(shown(&jobs), Some(9));
        assert!(!jobs.status().is_running());
    }

    #[test]
    fn an_answer_that_is_known_is_not_computed_again() {
        let mut jobs = Squares::new(2);
        let ticket = started(&mut jobs, 3);
        jobs.finish(ticket, Ok(9));
        started(&mut jobs, 4);
        assert_eq!(jobs.ask(Some(&3)), Next { is_superseded: true, start: None, is_changed: true });
        assert_eq!(shown(&jobs), Some(9));
        assert_eq!(jobs.ask(Some(&3)), Next::default());
    }

    #[test]
    fn the_answers_used_last_are_kept() {
        let mut jobs = Squares::new(2);
        for question in [3, 4] {
            let ticket = started(&mut jobs, question);
            jobs.finish(ticket, Ok(question * question));
        }
        jobs.ask(Some(&3));
        let ticket = started(&mut jobs, 5);
        jobs.finish(ticket, Ok(25));
        assert_eq!(jobs.ask(Some(&3)).start, None);
        assert!(jobs.ask(Some(&4)).start.is_some());
    }

    #[test]
    fn a_failure_stands_until_it_is_tried_again() {
        let mut jobs = Squares::new(2);
        let ticket = started(&mut jobs, 3);
        jobs.finish(ticket, Err("no network".to_owned()));
        assert_eq!(jobs.ask(Some(&3)), Next::default());
        let other = started(&mut jobs, 4);
        jobs.finish(other, Ok(16));
        assert!(jobs.ask(Some(&3)).is_changed);
        assert!(matches!(jobs.status(), JobStatus::Failed(reason) if reason == "no network"));
        jobs.retry();
        assert!(jobs.ask(Some(&3)).start.is_some());
    }

    #[test]
    fn a_question_whose_cells_have_changed_is_asked_anew() {
        let mut jobs = Squares::new(2);
        let ticket = started(&mut jobs, 3);
        jobs.finish(ticket, Ok(9));
        let ticket = started(&mut jobs, 4);
        assert!(jobs.forget(|question| *question == 4) && !jobs.finish(ticket, Ok(16)));
        assert!(!jobs.forget(|question| *question == 5));
        assert_eq!(jobs.ask(Some(&3)).start, None, "its answer stays");
        assert!(!jobs.forget(|question| *question == 3));
        assert!(jobs.ask(Some(&3)).start.is_some());
    }

    #[test]
    fn a_question_taken_back_may_fail_anew() {
        let mut jobs = Squares::new(2);
        let ticket = started(&mut jobs, 3);
        jobs.finish(ticket, Err("no network".to_owned()));
        jobs.ask(None);
        assert!(jobs.ask(Some(&3)).start.is_some());
    }
}
