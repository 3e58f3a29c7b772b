//! How many requests are under way at once, and which goes next.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use futures_channel::oneshot;

use crate::dataset::Priority;

/// Lets a bounded number through at a time, the most urgent first.
#[derive(Clone, Debug)]
pub struct Gate(Rc<RefCell<State>>);

#[derive(Debug)]
struct State {
    free: usize,
    next_ticket: u64,
    waiting: BTreeMap<(Priority, u64), oneshot::Sender<Pass>>,
}

/// Leave to send one request; dropping it lets the next through.
#[derive(Debug)]
pub struct Pass(Gate);

impl Gate {
    /// Lets `width` through at a time.
    pub fn new(width: usize) -> Self {
        Self(Rc::new(RefCell::new(State { free: width, next_ticket: 0, waiting: BTreeMap::new() })))
    }

    /// Waits for a turn.
    pub async fn pass(&self, priority: Priority) -> Pass {
        let receiver = {
            let mut state = self.0.borrow_mut();
            if state.free > 0 {
                state.free -= 1;
                return Pass(self.clone());
            }
            let (sender, receiver) = oneshot::channel();
            let ticket = state.next_ticket;
            state.next_ticket += 1;
            state.waiting.insert((priority, ticket), sender);
            receiver
        };
        receiver.await.unwrap_or_else(|_| Pass(self.clone()))
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let next = {
            let mut state = self.0.0.borrow_mut();
            let next = state.waiting.pop_first();
            if next.is_none() {
                state.free += 1;
            }
            next
        };
        if let Some((_, sender)) = next {
            // One that has stopped waiting gives the pass back, which lets the next through.
            let _ = sender.send(Pass(self.0.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn the_most_urgent_goes_next_and_who_left_is_passed_over() {
        let gate = Gate::new(1);
        let first = gate.pass(Priority::Soon).now_or_never().expect("it is open");
        let mut background = Box::pin(gate.pass(Priority::Background));
        let mut gone = Box::pin(gate.pass(Priority::Now));
        let mut now = Box::pin(gate.pass(Priority::Now));
        assert!(background.as_mut().now_or_never().is_none());
        assert!(gone.as_mut().now_or_never().is_none());
        assert!(now.as_mut().now_or_never().is_none());
        drop(gone);
        drop(first);
        assert!(background.as_mut().now_or_never().is_none());
        let second = now.now_or_never().expect("its turn has come");
        drop(second);
        assert!(background.now_or_never().is_some());
        assert!(gate.pass(Priority::Background).now_or_never().is_some());
    }
}
