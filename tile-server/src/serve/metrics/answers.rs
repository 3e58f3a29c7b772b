//! Answers, counted as they are sent. To count one takes a few atomic additions and one lock that is hardly ever held.

use std::time::Duration;

use http::StatusCode;
use prometheus_client::{
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::{Counters, Label, kind::AnswerKind};

/// Upper bounds of the times that are told apart, in seconds.
const SECONDS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0, 30.0];

/// Classes of statuses, the first of them 2xx.
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// What is counted as answers are sent.
pub(in crate::serve) struct Answers {
    answers: Family<[Label; 2], Counter>,
    sent_bytes: Counters,
    seconds: Family<[Label; 1], Histogram, fn() -> Histogram>,
    cut_off: Counter,
    of_kind: [OfKind; AnswerKind::ALL.len()],
}

/// The same by kind, so that nothing is looked up by name.
struct OfKind {
    of_class: [Counter; CLASSES.len()],
    sent_bytes: Counter,
    seconds: Histogram,
}

/// An answer that has been sent, or broke off.
pub(in crate::serve) struct SentAnswer {
    /// What it is of.
    pub(in crate::serve) kind: AnswerKind,
    /// Its status.
    pub(in crate::serve) status: StatusCode,
    /// How much of its body was sent.
    pub(in crate::serve) n_bytes: u64,
    /// From the request's head to the last byte.
    pub(in crate::serve) time: Duration,
    /// Whether all of it was sent.
    pub(in crate::serve) is_complete: bool,
}

impl Answers {
    /// None yet.
    pub(in crate::serve) fn new() -> Self {
        let (answers, sent_bytes) = (Family::<[Label; 2], Counter>::default(), Counters::default());
        let seconds: Family<_, _, fn() -> Histogram> = Family::new_with_constructor(|| Histogram::new(SECONDS));
        let of_kind = AnswerKind::ALL.map(|kind| {
            let kind = ("kind", kind.name());
            OfKind {
                of_class: CLASSES.map(|class| answers.get_or_create_owned(&[kind, ("status", class)])),
                sent_bytes: sent_bytes.get_or_create_owned(&[kind]),
                seconds: seconds.get_or_create_owned(&[kind]),
            }
        });
        Self { answers, sent_bytes, seconds, cut_off: Counter::default(), of_kind }
    }

    /// Counts one.
    pub(in crate::serve) fn count(&self, answer: &SentAnswer) {
        let OfKind { of_class, sent_bytes, seconds } = &self.of_kind[usize::from(answer.kind.number())];
        let class = usize::from(answer.status.as_u16() / 100).saturating_sub(2);
        of_class[class.min(CLASSES.len() - 1)].inc();
        sent_bytes.inc_by(answer.n_bytes);
        seconds.observe(answer.time.as_secs_f64());
        if !answer.is_complete {
            self.cut_off.inc();
        }
    }

    /// Makes them known.
    pub(super) fn register(&self, registry: &mut Registry) {
        let Self { answers, sent_bytes, seconds, cut_off, of_kind: _ } = self;
        registry.register("answers", "Answers by kind and class of status", answers.clone());
        registry.register_with_unit("sent", "Bytes of bodies, by kind of answer", Unit::Bytes, sent_bytes.clone());
        registry.register_with_unit("answer", "From a request's head to its last byte", Unit::Seconds, seconds.clone());
        registry.register("answers_cut_off", "Answers that were not sent to their end", cut_off.clone());
    }
}
