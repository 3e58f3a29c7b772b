//! The frame budget: how many points to draw so that motion stays smooth. What counts are the points in view.
//!
//! Points are ordered so that every prefix is a fair random sample. While the picture moves, a
//! frame draws the prefix that fits the time; when it rests, the following frames complete it. Where pixels alone take
//! more time than there is, as on a software adapter, a moving picture has half the resolution.

use explorer_points::MAX_POINTS;

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
    /// A frame at rest costs the points it adds: the splat path.
    Incremental,
    /// A frame at rest costs its whole prefix: the quads path.
    Redraw,
}

/// How many pixels a frame has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Those of the canvas.
    Full,
    /// Half of them along each side ([`crate::Viewport::halved`]).
    Half,
}

/// What a frame may draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ration {
    /// The first so many of the points in view.
    pub prefix: u32,
    /// At this resolution.
    pub resolution: Resolution,
    /// Points that are not there yet: what the frame takes time for.
    cost: u32,
}

impl Ration {
    /// The same, of which so many points had to be drawn: other flags, say, cost the points that were there, too
    /// ([`crate::RenderOutcome::Drawn`] tells).
    #[must_use]
    pub fn adding(self, n_points: u32) -> Self {
        Self { cost: n_points, ..self }
    }
}

/// Rations each frame by how long earlier frames took.
///
/// Per frame: [`Self::next`], draw; and [`Self::record`] once the device is done with it, which may be after later
/// frames were begun. While [`Self::is_complete`] says no, another frame is due.
#[derive(Debug, Clone)]
pub struct FrameBudget {
    target_millis: f64,
    full: Gear,
    half: Gear,
    /// The resolution of a moving picture.
    moving: Resolution,
    /// The ration given last.
    last: Ration,
}

/// What is known of frames of one resolution.
#[derive(Debug, Clone)]
struct Gear {
    /// Points that a frame can draw within the target, as far as known.
    capacity: f64,
    /// What of late frames took.
    line: FrameLine,
}

/// Fewer would not be recognized as the picture.
const LEAST_CAPACITY: f64 = 10_000.0;
/// What a modest device draws in a frame; the first frames correct it.
const FIRST_CAPACITY: f64 = 1_000_000.0;
/// How many frames' worth of points a frame at rest may add: nobody is dragging. Yet somebody may begin to.
const PATIENCE_AT_REST: f64 = 8.0;
/// The share of the target that points get, however long a frame takes without any: fewer of them would not make it
/// shorter by much.
const LEAST_SHARE: f64 = 0.5;
/// How much of what was learned is left after another frame.
const MEMORY: f64 = 0.7;
/// A frame this many times longer than those before says that all that was learned is out of date.
const SLOWDOWN: f64 = 4.0;
/// From here on a frame keeps the rest of the page from being shown for longer than people take for at once.
const LONG_MILLIS: f64 = 50.0;
/// Numbers of points that differ by less than this share of their mean tell nothing of what a point takes.
const LEAST_SPREAD: f64 = 0.1;

/// From this share of the target on that a frame takes besides its points, a moving picture has half the resolution,
const MOST_FIXED_SHARE: f64 = 0.75;
/// and below this one it has all of it.
const LEAST_FIXED_SHARE: f64 = 0.5;

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

impl Gear {
    fn new() -> Self {
        Self { capacity: FIRST_CAPACITY, line: FrameLine::default() }
    }

    /// How long a frame's points may take.
    fn allowed_millis(&self, target_millis: f64) -> f64 {
        (target_millis - self.line.fixed_millis).max(target_millis * LEAST_SHARE)
    }

    fn learn(&mut self, cost: f64, millis: f64, target_millis: f64) {
        self.line.add(cost, millis);
        let fixed_millis = self.line.fixed_millis;
        // A small frame that is quick says nothing about large ones; one that is slow does.
        let large = cost >= self.capacity * 0.5;
        let allowed = self.allowed_millis(target_millis);
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

impl FrameBudget {
    /// A budget of that many milliseconds for a frame, 16 for instance.
    #[must_use]
    pub fn new(target_millis: f64) -> Self {
        Self {
            target_millis,
            full: Gear::new(),
            half: Gear::new(),
            moving: Resolution::Full,
            last: Ration { prefix: 0, resolution: Resolution::Full, cost: 0 },
        }
    }

    /// Changes how many milliseconds a frame may take: pictures that move together share them.
    pub fn set_target(&mut self, target_millis: f64) {
        self.target_millis = target_millis;
    }

    /// What the next frame should draw of the `n_points` in view.
    pub fn next(&mut self, pace: Pace, completion: Completion, n_points: u32) -> Ration {
        let resolution = match pace {
            Pace::Moving => self.moving,
            Pace::AtRest => Resolution::Full,
        };
        let gear_capacity = self.gear(resolution).capacity;
        let capacity = (gear_capacity as u32).min(n_points);
        let before = self.last.prefix.min(n_points);
        let is_new = pace == Pace::Moving || self.last.resolution != resolution;
        let (prefix, cost) = match completion {
            _ if is_new => (capacity, capacity),
            Completion::Incremental => {
                let more = ((gear_capacity * PATIENCE_AT_REST) as u32).min(n_points - before);
                (before + more, more)
            }
            // Each step redraws everything, so few steps: their cost doubles at most.
            Completion::Redraw => {
                let prefix = before.saturating_mul(4).max(capacity).min(n_points);
                (prefix, prefix)
            }
        };
        self.last = Ration { prefix, resolution, cost };
        self.last
    }

    /// Whether the last ration was all of the points, at full resolution.
    #[must_use]
    pub fn is_complete(&self, n_points: u32) -> bool {
        self.last.prefix >= n_points && self.last.resolution == Resolution::Full
    }

    /// Whether a frame of that many points at full resolution takes so long, as far as known, that what else the page
    /// shows should not wait for it.
    #[must_use]
    pub fn takes_long(&self, n_points: u32) -> bool {
        let Gear { capacity, line } = &self.full;
        line.fixed_millis + f64::from(n_points) / capacity * self.full.allowed_millis(self.target_millis) > LONG_MILLIS
    }

    /// Learns from how long a frame of that ration took the device, without the time that it waited for earlier ones
    /// (`Renderer::frame_done` tells when it was done).
    ///
    /// A frame takes what its points take and something besides, on a software adapter most of it. Only the former can
    /// be had back by drawing fewer points; fewer pixels help against the latter.
    pub fn record(&mut self, ration: Ration, millis: f64) {
        if !millis.is_finite() || millis < 0.0 {
            return;
        }
        let target_millis = self.target_millis;
        match ration.resolution {
            Resolution::Half => self.half.learn(f64::from(ration.cost), millis, target_millis),
            Resolution::Full => {
                self.full.learn(f64::from(ration.cost), millis, target_millis);
                // Every picture at rest tells anew.
                let fixed_share = self.full.line.fixed_millis.min(millis) / target_millis;
                if fixed_share > MOST_FIXED_SHARE {
                    self.moving = Resolution::Half;
                } else if fixed_share < LEAST_FIXED_SHARE {
                    self.moving = Resolution::Full;
                }
            }
        }
    }

    fn gear(&self, resolution: Resolution) -> &Gear {
        match resolution {
            Resolution::Full => &self.full,
            Resolution::Half => &self.half,
        }
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
            let ration = budget.next(Pace::Moving, Completion::Incremental, n_points);
            last = millis(f64::from(ration.prefix));
            budget.record(ration, last);
        }
        last
    }

    #[test]
    fn pictures_that_move_together_share_the_time() {
        let millis = |points: f64| 2.0 + points / 50_000.0;
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        let alone = drag(&mut budget, 40, 4_000_000, millis);
        budget.set_target(TARGET_MILLIS / 2.0);
        let shared = drag(&mut budget, 40, 4_000_000, millis);
        assert!(alone > TARGET_MILLIS * 0.6 && alone < TARGET_MILLIS * 1.2, "{alone}");
        assert!(shared > TARGET_MILLIS * 0.3 && shared < TARGET_MILLIS * 0.6, "{shared}");
    }

    #[test]
    fn a_slow_device_comes_within_budget() {
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        let last = drag(&mut budget, 10, 4_000_000, |points| 1.0 + points * 200e-6);
        assert!((8.0..=TARGET_MILLIS * 1.1).contains(&last), "{last}");
    }

    #[test]
    fn what_no_fewer_points_would_save_is_not_asked_back() {
        // A software adapter: 20 ms for all pixels and 10 for half of them each way, 0.15 µs a point.
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        let millis = |ration: Ration| match ration.resolution {
            Resolution::Full => 20.0 + f64::from(ration.cost) * 150e-6,
            Resolution::Half => 10.0 + f64::from(ration.cost) * 150e-6,
        };
        let mut last = budget.last;
        for _ in 0..40 {
            last = budget.next(Pace::Moving, Completion::Incremental, 4_000_000);
            budget.record(last, millis(last));
        }
        assert_eq!(last.resolution, Resolution::Half);
        assert!((12.0..=20.0).contains(&millis(last)), "{last:?}");
        assert!(last.prefix > 3 * LEAST_CAPACITY as u32, "{last:?}");
        assert!(!budget.is_complete(last.prefix));
        // And at rest the picture is soon whole, at full resolution.
        let mut n_frames = 0;
        while !budget.is_complete(1_000_000) {
            last = budget.next(Pace::AtRest, Completion::Incremental, 1_000_000);
            budget.record(last, millis(last));
            n_frames += 1;
        }
        assert_eq!((last.resolution, last.prefix), (Resolution::Full, 1_000_000));
        assert!(n_frames <= 6, "{n_frames}");
        // A device that was slow for a while has all pixels back after the first picture at rest.
        last = budget.next(Pace::Moving, Completion::Incremental, 4_000_000);
        assert_eq!(last.resolution, Resolution::Half);
        last = budget.next(Pace::AtRest, Completion::Incremental, 4_000_000);
        budget.record(last, 2.0);
        last = budget.next(Pace::Moving, Completion::Incremental, 4_000_000);
        assert_eq!(last.resolution, Resolution::Full);
    }

    #[test]
    fn a_picture_painted_anew_costs_all_of_its_points() {
        let millis = |points: f64| 2.0 + points * 100e-6;
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        drag(&mut budget, 20, 1_000_000, millis);
        while !budget.is_complete(1_000_000) {
            let ration = budget.next(Pace::AtRest, Completion::Incremental, 1_000_000);
            budget.record(ration, millis(f64::from(ration.cost)));
        }
        for _ in 0..10 {
            let ration = budget.next(Pace::AtRest, Completion::Incremental, 1_000_000);
            assert_eq!((ration.prefix, ration.cost, ration.resolution), (1_000_000, 0, Resolution::Full));
            budget.record(ration.adding(1_000_000), millis(1e6));
        }
        assert!(budget.takes_long(1_000_000) && !budget.takes_long(100_000));
        // What such frames take is no reason to move at half the resolution.
        assert_eq!(budget.next(Pace::Moving, Completion::Incremental, 1_000_000).resolution, Resolution::Full);
    }

    #[test]
    fn a_fast_device_draws_everything() {
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        drag(&mut budget, 20, 4_000_000, |points| 0.5 + points * 1e-6);
        assert!(budget.is_complete(4_000_000) && !budget.takes_long(4_000_000));
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
            let mut before = budget.next(Pace::Moving, completion, 4_000_000).prefix;
            let mut n_frames = 0;
            while !budget.is_complete(4_000_000) {
                let prefix = budget.next(Pace::AtRest, completion, 4_000_000).prefix;
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
        let prefix = budget.last.prefix;
        drag(&mut budget, 20, 4_000_000, millis);
        assert_eq!(budget.last.prefix, prefix);
    }

    #[test]
    fn even_a_hopeless_device_shows_the_picture() {
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        drag(&mut budget, 50, 4_000_000, |points| points * 0.05);
        assert_eq!(budget.last.prefix, LEAST_CAPACITY as u32);
    }

    #[test]
    fn a_frame_that_ends_late_counts_for_its_own_points() {
        // Each frame's time is known when two later ones, which add nothing, have been asked for.
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        let millis = |points: f64| 2.0 + points * 60e-6;
        for _ in 0..20 {
            budget.next(Pace::Moving, Completion::Incremental, 4_000_000);
            let ration = budget.last;
            for _ in 0..2 {
                budget.next(Pace::AtRest, Completion::Incremental, 0);
            }
            budget.record(ration, millis(f64::from(ration.cost)));
        }
        let last = millis(f64::from(budget.next(Pace::Moving, Completion::Incremental, 4_000_000).prefix));
        assert!((8.0..=TARGET_MILLIS * 1.1).contains(&last), "{last}");
    }

    #[test]
    fn nonsense_is_not_learnt_from_and_few_points_are_drawn_whole() {
        let mut budget = FrameBudget::new(TARGET_MILLIS);
        assert_eq!(budget.next(Pace::Moving, Completion::Redraw, 700).prefix, 700);
        budget.record(budget.last, f64::NAN);
        budget.record(budget.last, -1.0);
        assert_eq!(budget.full.capacity, FIRST_CAPACITY);
        // Quick small frames say nothing.
        budget.record(budget.last, 0.2);
        assert_eq!(budget.full.capacity, FIRST_CAPACITY);
        assert_eq!(budget.next(Pace::AtRest, Completion::Redraw, 0).prefix, 0);
        assert!(budget.is_complete(0));
    }
}
