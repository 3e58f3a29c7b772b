//! How many requests are carried out: so many a second, of those that wait the newest of its kind.

use std::collections::VecDeque;

use super::MAX_REQUESTS_PER_SECOND;

/// How long a request counts.
const SECOND_MILLIS: f64 = 1_000.0;

/// The requests of the last second, and those that wait.
#[derive(Debug)]
pub struct Gate<K, T> {
    /// When requests were let through, the oldest first.
    admitted_millis: VecDeque<f64>,
    /// One of each kind, in the order in which they came.
    waiting: Vec<(K, T)>,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission<T> {
    /// It is carried out now.
    Now(T),
    /// It waits; one of the same kind that waited is given up for it.
    Later(Option<T>),
}

impl<K, T> Default for Gate<K, T> {
    fn default() -> Self {
        Self { admitted_millis: VecDeque::new(), waiting: Vec::new() }
    }
}

impl<K: PartialEq, T> Gate<K, T> {
    /// A request of a kind has come.
    pub fn offer(&mut self, now_millis: f64, kind: K, request: T) -> Admission<T> {
        // One that came later must not overtake.
        if self.waiting.is_empty() && self.has_room(now_millis) {
            self.admitted_millis.push_back(now_millis);
            return Admission::Now(request);
        }
        let replaced = self.waiting.iter().position(|(waits, _)| *waits == kind);
        let given_up = replaced.map(|at| self.waiting.remove(at).1);
        self.waiting.push((kind, request));
        Admission::Later(given_up)
    }

    /// The next of those that wait, where one may be carried out now.
    pub fn next(&mut self, now_millis: f64) -> Option<T> {
        if self.waiting.is_empty() || !self.has_room(now_millis) {
            return None;
        }
        self.admitted_millis.push_back(now_millis);
        Some(self.waiting.remove(0).1)
    }

    /// In how many milliseconds the next of those that wait may be carried out; `None` where none waits.
    pub fn due_in_millis(&self, now_millis: f64) -> Option<f64> {
        let oldest = self.admitted_millis.front().filter(|_| !self.waiting.is_empty())?;
        Some((oldest + SECOND_MILLIS - now_millis).max(0.0))
    }

    fn has_room(&mut self, now_millis: f64) -> bool {
        while self.admitted_millis.front().is_some_and(|&then| then + SECOND_MILLIS <= now_millis) {
            self.admitted_millis.pop_front();
        }
        self.admitted_millis.len() < MAX_REQUESTS_PER_SECOND
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_newest_of_a_kind_wins() {
        let mut gate = Gate::default();
        for number in 0..MAX_REQUESTS_PER_SECOND {
            assert_eq!(gate.offer(0.0, 'a', number), Admission::Now(number));
        }
        assert_eq!(gate.offer(1.0, 'a', 100), Admission::Later(None));
        assert_eq!(gate.offer(2.0, 'b', 101), Admission::Later(None));
        assert_eq!(gate.offer(3.0, 'a', 102), Admission::Later(Some(100)));
        assert_eq!(gate.next(999.0), None);
        assert_eq!(gate.due_in_millis(999.0), Some(1.0));
        assert_eq!((gate.next(1_000.0), gate.next(1_000.0), gate.next(1_000.0)), (Some(101), Some(102), None));
        assert_eq!(gate.due_in_millis(1_000.0), None);
    }

    proptest! {
        #[test]
        fn no_second_has_more_than_its_share_and_nothing_is_lost(
            came in prop::collection::vec((0.0..20.0_f64, 0_u8..4), 1..400),
        ) {
            let mut gate = Gate::default();
            let (mut now, mut admitted, mut n_given_up) = (0.0, Vec::new(), 0);
            for (number, (after, kind)) in came.iter().enumerate() {
                now += after;
                while gate.next(now).is_some() {
                    admitted.push(now);
                }
                match gate.offer(now, *kind, number) {
                    Admission::Now(_) => admitted.push(now),
                    Admission::Later(given_up) => n_given_up += usize::from(given_up.is_some()),
                }
            }
            while let Some(millis) = gate.due_in_millis(now) {
                now += millis;
                while gate.next(now).is_some() {
                    admitted.push(now);
                }
            }
            prop_assert_eq!(admitted.len() + n_given_up, came.len());
            for window in admitted.windows(MAX_REQUESTS_PER_SECOND + 1) {
                prop_assert!(window[MAX_REQUESTS_PER_SECOND] - window[0] >= SECOND_MILLIS - 1e-6);
            }
        }
    }
}
