//! The frame budget: how many points to draw so that motion stays smooth. What counts are the points in view.
//!
//! Points are ordered so that every prefix is a fair random sample. While the picture moves, a
//! frame draws the prefix that fits the time; when it rests, the following frames complete it.

use crate::point::MAX_POINTS;

/// Whether this frame shows the same picture as the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// The camera, the size or the order of points differs from the last frame.
    Moving,
    /// Nothing that moves a point has changed.
    AtRest,
}

/// What completing a picture costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// A frame at rest costs the points it adds: the splat road.
    Incremental,
    /// A frame at rest costs its whole prefix: the quads road.
    Redraw,
}

/// Chooses the prefix of each frame from how long earlier frames took.
///
/// Per frame: [`Self::next_prefix`], draw, [`Self::record`]. While [`Self::is_complete`] says no,
/// another frame is due.
#[derive(Debug, Clone)]
pub struct FrameBudget {
    target_millis: f64,
    /// Points that a frame can draw within the target, as far as known.
    capacity: f64,
    prefix: u32,
    /// Points that the frame in progress draws.
    cost: u32,
}

/// Fewer would not be recognised as the picture.
const LEAST_CAPACITY: f64 = 10_000.0;
/// What a modest device draws in a frame; the first frames correct it.
const FIRST_CAPACITY: f64 = 500_000.0;
/// How many frames' worth of points a frame at rest may add: nobody is dragging.
const PATIENCE_AT_REST: f64 = 3.0;

impl FrameBudget {
    /// A budget of that many milliseconds for a frame, 16 for instance.
    #[must_use]
    pub fn new(target_millis: f64) -> Self {
        Self { target_millis, capacity: FIRST_CAPACITY, prefix: 0, cost: 0 }
    }

    /// How many of the `n_points` in view the next frame should draw, the first ones.
    pub fn next_prefix(&mut self, pace: Pace, completion: Completion, n_points: u32) -> u32 {
        let capacity = self.capacity as u32;
        let before = self.prefix.min(n_points);
        let (prefix, cost) = match (pace, completion) {
            (Pace::Moving, _) => (capacity, capacity.min(n_points)),
            (Pace::AtRest, Completion::Incremental) => {
                let more = ((self.capacity * PATIENCE_AT_REST) as u32).min(n_points - before);
                (before + more, more)
            }
            // Each step redraws everything, so few steps: their cost doubles at most.
            (Pace::AtRest, Completion::Redraw) => {
                let prefix = before.saturating_mul(4).max(capacity).min(n_points);
                (prefix, prefix)
            }
        };
        self.prefix = prefix.min(n_points);
        self.cost = cost;
        self.prefix
    }

    /// Whether the last prefix was all of the points.
    #[must_use]
    pub fn is_complete(&self, n_points: u32) -> bool {
        self.prefix >= n_points
    }

    /// Learns from how long the frame of the last [`Self::next_prefix`] took. What counts is the
    /// device's time (`Renderer::frame_done`); the time between two animation frames never falls
    /// below the screen's refresh and is understood as such.
    pub fn record(&mut self, millis: f64) {
        if !millis.is_finite() || millis < 0.0 {
            return;
        }
        let cost = f64::from(self.cost);
        // A small frame that is quick says nothing about large ones; one that is slow does.
        let large = cost >= self.capacity * 0.5;
        let ratio = self.target_millis * (cost / self.capacity).max(0.1) / millis.max(0.1);
        if ratio < 0.9 && millis > self.target_millis * 1.1 {
            self.capacity *= ratio.max(0.25);
        } else if large && ratio > 1.25 {
            self.capacity *= ratio.min(1.5);
        }
        self.capacity = self.capacity.clamp(LEAST_CAPACITY, f64::from(MAX_POINTS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET_MILLIS: f64 = 16.0;

    /// Drags for `n_frames` on a device of constant speed; returns the last frame's duration.
    fn drag(budget: &mut FrameBudget, n_frames: usize, n_points: u32, millis: impl Fn(f64) -> f64) -> f64 {
        let mut last = 0.0;
        for _ in 0..n_frames {
            let prefix = budget.next_prefix(Pace::Moving, Completion::Incremental, n_points);
            last = millis(f64::from(prefix));
            budget.record(last);
        }
        last
    }

    #[test]
    fn a_slow_device_comes_within_budget() {
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        let last = drag(&mut budget, 10, 4_000_000, |points| 1.0 + points * 200e-6);
        assert!((8.0..=TARGET_MILLIS * 1.1).contains(&last), "{last}");
    }

    #[test]
    fn a_fast_device_draws_everything() {
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        drag(&mut budget, 20, 4_000_000, |points| 0.5 + points * 1e-6);
        assert!(budget.is_complete(4_000_000));
    }

    #[test]
    fn a_device_that_slows_down_is_followed_at_once() {
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        drag(&mut budget, 20, 4_000_000, |points| points * 5e-6);
        let last = drag(&mut budget, 3, 4_000_000, |points| points * 50e-6);
        assert!(last <= TARGET_MILLIS * 1.5, "{last}");
    }

    #[test]
    fn rest_completes_the_picture_in_either_way() {
        for completion in [Completion::Incremental, Completion::Redraw] {
            let mut budget = FrameBudget::new(TARGET_MILLIS);
            drag(&mut budget, 10, 4_000_000, |points| points * 100e-6);
            let mut before = budget.next_prefix(Pace::Moving, completion, 4_000_000);
            let mut n_frames = 0;
            while !budget.is_complete(4_000_000) {
                let prefix = budget.next_prefix(Pace::AtRest, completion, 4_000_000);
                assert!(prefix > before);
                before = prefix;
                n_frames += 1;
                assert!(n_frames < 100);
            }
        }
    }

    #[test]
    fn a_steady_device_has_a_steady_prefix() {
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        let millis = |points: f64| points * 60e-6;
        drag(&mut budget, 20, 4_000_000, millis);
        let prefix = budget.prefix;
        drag(&mut budget, 20, 4_000_000, millis);
        assert_eq!(budget.prefix, prefix);
    }

    #[test]
    fn even_a_hopeless_device_shows_the_picture() {
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        drag(&mut budget, 50, 4_000_000, |_| 500.0);
        assert_eq!(budget.prefix, LEAST_CAPACITY as u32);
    }

    #[test]
    fn nonsense_is_not_learnt_from_and_few_points_are_drawn_whole() {
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        assert_eq!(budget.next_prefix(Pace::Moving, Completion::Redraw, 700), 700);
        budget.record(f64::NAN);
        budget.record(-1.0);
        assert_eq!(budget.capacity, FIRST_CAPACITY);
        // Quick small frames say nothing.
        budget.record(0.2);
        assert_eq!(budget.capacity, FIRST_CAPACITY);
        assert_eq!(budget.next_prefix(Pace::AtRest, Completion::Redraw, 0), 0);
        assert!(budget.is_complete(0));
    }
}
