//! The way from a part of a picture to all of it, so that the eye keeps its place.

use leptos::prelude::*;

use crate::{bridge::View, platform, view::effect};

/// How long the way takes.
const MILLIS: f64 = 220.0;

/// Where a picture is on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Way {
    from: View,
    to: View,
    began: f64,
    shown: View,
}

/// What a picture shows: what its camera asks for, or what lies on the way there. Copies are handles of the same.
#[derive(Clone, Copy)]
pub struct Flight(RwSignal<Option<Way>>);

impl Flight {
    /// Sets out whenever `target` becomes a view of everything (`is_all`) from another camera, unless the person wants
    /// less motion.
    pub fn new(target: Memo<Option<View>>, is_all: impl Fn() -> bool + 'static) -> Self {
        let way = RwSignal::new(None::<Way>);
        let mut last = None::<View>;
        effect(move || {
            let next = target.get();
            let is_under_way = way.with_untracked(Option::is_some);
            let from = way.get_untracked().map(|way| way.shown).or(last);
            last = next;
            let set_out = (from.zip(next)).filter(|(from, to)| is_all() && to.is_another_camera_of(from));
            let set_out = set_out.filter(|_| !wants_less_motion());
            if is_under_way || set_out.is_some() {
                way.set(set_out.map(|(from, to)| Way { from, to, began: platform::now_millis(), shown: from }));
            }
        });
        Self(way)
    }

    /// What is shown on the way; `None` where the picture is where it is asked to be. Followed.
    pub fn shown(self) -> Option<View> {
        self.0.with(|way| way.map(|way| way.shown))
    }

    /// Goes on to where it is at that time; whether it is still on its way.
    pub fn advance(self, now: f64) -> bool {
        let Some(way) = self.0.get_untracked() else { return false };
        let share = ((now - way.began) / MILLIS).clamp(0.0, 1.0);
        let eased = 1.0 - (1.0 - share).powi(3);
        let shown = way.to.on_the_way_from(&way.from, eased);
        self.0.set((share < 1.0).then_some(Way { shown, ..way }));
        share < 1.0
    }
}

/// Whether the person has asked the system for less motion.
fn wants_less_motion() -> bool {
    let asked = platform::window().match_media("(prefers-reduced-motion: reduce)");
    asked.ok().flatten().is_some_and(|asked| asked.matches())
}
