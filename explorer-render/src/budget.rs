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
/// Per frame: [`Self::next_prefix`], [`Self::cost`], draw; and [`Self::record`] once the device is done with it, which
/// may be after later frames were begun. While [`Self::is_complete`] says no, another frame is due.
#[derive(Debug, Clone)]
pub struct FrameBudget {
    target_millis: f64,
    /// Points that a frame can draw within the target, as far as known.
    capacity: f64,
    /// What of late frames took.
    line: FrameLine,
    prefix: u32,
    /// Points that the frame of that prefix draws.
    cost: u32,
}

/// Fewer would not be recognised as the picture.
const LEAST_CAPACITY: f64 = 10_000.0;
/// What a modest device draws in a frame; the first frames correct it.
const FIRST_CAPACITY: f64 = 500_000.0;
/// How many frames' worth of points a frame at rest may add: nobody is dragging. Yet somebody may begin to.
const PATIENCE_AT_REST: f64 = 8.0;
/// The share of the target that points get, however long a frame takes without any: fewer of them would not make it
/// shorter by much.
const LEAST_SHARE: f64 = 0.5;
/// How much of what was learned is left after another frame.
const MEMORY: f64 = 0.7;
/// A frame this many times longer than those before says that all that was learned is out of date.
const SLOWDOWN: f64 = 4.0;
/// Numbers of points that differ by less than this share of their mean tell nothing of what a point takes.
const LEAST_SPREAD: f64 = 0.1;

/// Milliseconds a frame by points a frame, a line through the late ones by least squares.
#[derive(Debug, Clone, Default)]
struct FrameLine {
    n_frames: u32,
    /// Sums of 1, x, y, x², xy, the latest frame weighing most.
    sums: [f64; 5],
    /// Where the line begins: what a frame takes besides its points.
    fixed_millis: f64,
}

impl FrameLine {
    fn add(&mut self, points: f64, millis: f64) {
        self.n_frames += 1;
        if self.n_frames == 1 {
            // It compiles shaders.
            return;
        }
        let [n, _, y, ..] = self.sums;
        if millis > SLOWDOWN * y / n.max(1.0) {
            // Not the device that it was.
            self.sums = [0.0; 5];
            self.fixed_millis = 0.0;
        }
        for (sum, term) in self.sums.iter_mut().zip([1.0, points, millis, points * points, points * millis]) {
            *sum = *sum * MEMORY + term;
        }
        let [n, x, y, xx, xy] = self.sums;
        let variance = xx / n - (x / n).powi(2);
        if variance > (LEAST_SPREAD * x / n).powi(2) {
            let slope = (xy / n - x / n * (y / n)) / variance;
            self.fixed_millis = (y / n - slope * x / n).clamp(0.0, y / n);
        }
    }
}

impl FrameBudget {
    /// A budget of that many milliseconds for a frame, 16 for instance.
    #[must_use]
    pub fn new(target_millis: f64) -> Self {
        Self { target_millis, capacity: FIRST_CAPACITY, line: FrameLine::default(), prefix: 0, cost: 0 }
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

    /// How many points the frame of the last [`Self::next_prefix`] draws: those that are not there yet.
    #[must_use]
    pub fn cost(&self) -> u32 {
        self.cost
    }

    /// Learns from how long a frame took whose [`Self::cost`] was so many points. What counts is the
    /// device's time (`Renderer::frame_done`); the time between two animation frames never falls
    /// below the screen's refresh and is understood as such.
    ///
    /// A frame takes what its points take and something besides, on a software adapter most of it. Only the former can
    /// be had back by drawing fewer points.
    pub fn record(&mut self, cost: u32, millis: f64) {
        if !millis.is_finite() || millis < 0.0 {
            return;
        }
        let cost = f64::from(cost);
        self.line.add(cost, millis);
        let fixed_millis = self.line.fixed_millis;
        // A small frame that is quick says nothing about large ones; one that is slow does.
        let large = cost >= self.capacity * 0.5;
        let allowed = (self.target_millis - fixed_millis).max(self.target_millis * LEAST_SHARE);
        let of_points = (millis - fixed_millis).max(0.1);
        let ratio = allowed * (cost / self.capacity).max(0.1) / of_points;
        if ratio < 0.9 && of_points > allowed * 1.1 {
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
            budget.record(budget.cost(), last);
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
    fn what_no_fewer_points_would_save_is_not_asked_back() {
        // A software adapter: 40 ms for the screen, 0.15 µs a point.
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        let millis = |points: f64| 40.0 + points * 150e-6;
        let last = drag(&mut budget, 40, 4_000_000, millis);
        assert!((42.0..=60.0).contains(&last), "{last}");
        assert!(budget.prefix > 3 * LEAST_CAPACITY as u32, "{}", budget.prefix);
        // And at rest the picture is soon whole.
        let mut n_frames = 0;
        while !budget.is_complete(1_000_000) {
            budget.next_prefix(Pace::AtRest, Completion::Incremental, 1_000_000);
            budget.record(budget.cost(), millis(f64::from(budget.cost())));
            n_frames += 1;
        }
        assert!(n_frames <= 5, "{n_frames}");
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
        drag(&mut budget, 50, 4_000_000, |points| points * 0.05);
        assert_eq!(budget.prefix, LEAST_CAPACITY as u32);
    }

    #[test]
    fn a_frame_that_ends_late_counts_for_its_own_points() {
        // Each frame's time is known when two later ones, which add nothing, have been asked for.
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        let millis = |points: f64| 2.0 + points * 60e-6;
        for _ in 0..20 {
            budget.next_prefix(Pace::Moving, Completion::Incremental, 4_000_000);
            let cost = budget.cost();
            for _ in 0..2 {
                budget.next_prefix(Pace::AtRest, Completion::Incremental, 0);
            }
            budget.record(cost, millis(f64::from(cost)));
        }
        let last = millis(f64::from(budget.next_prefix(Pace::Moving, Completion::Incremental, 4_000_000)));
        assert!((8.0..=TARGET_MILLIS * 1.1).contains(&last), "{last}");
    }

    #[test]
    fn nonsense_is_not_learnt_from_and_few_points_are_drawn_whole() {
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        assert_eq!(budget.next_prefix(Pace::Moving, Completion::Redraw, 700), 700);
        budget.record(budget.cost(), f64::NAN);
        budget.record(budget.cost(), -1.0);
        assert_eq!(budget.capacity, FIRST_CAPACITY);
        // Quick small frames say nothing.
        budget.record(budget.cost(), 0.2);
        assert_eq!(budget.capacity, FIRST_CAPACITY);
        assert_eq!(budget.next_prefix(Pace::AtRest, Completion::Redraw, 0), 0);
        assert!(budget.is_complete(0));
    }
}
