//! From pointers to gestures: what a drag or a pinch over the picture asks for.

use std::collections::BTreeMap;

use crate::state::{SelectMode, Tool};

/// Pixels that a pointer may wander and still have clicked.
const CLICK_PX: f64 = 4.0;

/// Pixels between two corners of an outline.
const CORNER_PX: f64 = 2.0;

/// Wheel notches to zoom: how much closer one pixel of the wheel brings.
const ZOOM_PER_WHEEL_PX: f64 = 0.0016;
/// The same of a pinch on a trackpad, which browsers tell as turns of a wheel: what fingers part by is what it zooms by.
const ZOOM_PER_PINCH_PX: f64 = 0.01;
/// Pixels of a line, for wheels that turn by lines.
const LINE_PX: f64 = 16.0;

/// How a wheel turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wheel {
    /// By pixels.
    Pixels,
    /// By lines of text.
    Lines,
    /// By fingers that part or close on a trackpad.
    Pinch,
}

impl Wheel {
    /// How much closer it brings when it turns that far, upwards being less than 0.
    pub fn zoom(self, delta: f64) -> f64 {
        let per_unit = match self {
            Self::Pixels => ZOOM_PER_WHEEL_PX,
            Self::Lines => ZOOM_PER_WHEEL_PX * LINE_PX,
            Self::Pinch => ZOOM_PER_PINCH_PX,
        };
        (-delta * per_unit).exp()
    }
}

/// What a gesture asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Intent {
    /// Nothing.
    Nothing,
    /// Move the picture by pixels.
    Pan([f64; 2]),
    /// Turn an embedding of three dimensions as if its front were dragged by pixels.
    Orbit([f64; 2]),
    /// Move by pixels, then zoom about a place.
    Pinch {
        /// How far the middle between the fingers moved.
        by_px: [f64; 2],
        /// Where it is now.
        at_px: [f64; 2],
        /// How much farther apart they are.
        factor: f64,
    },
    /// Show the outline that is being drawn.
    Draft(Vec<[f64; 2]>),
    /// The outline that was being drawn is given up.
    Discard,
    /// Select what is inside the outline.
    Select(Vec<[f64; 2]>, SelectMode),
    /// The pointer passes over, nothing is held.
    Hover([f64; 2]),
    /// A pointer went down and up in one place, which draws and moves nothing.
    Tap([f64; 2]),
}

/// Keys held with the pointer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldKeys {
    /// Shift: adds to the selection.
    pub shift: bool,
    /// Alt: subtracts from it. With Shift: keeps what is inside.
    pub alt: bool,
}

impl HeldKeys {
    /// What an outline does: what the keys say, or else what was `chosen`.
    pub fn mode(self, chosen: SelectMode) -> SelectMode {
        match self {
            Self { shift: true, alt: true } => SelectMode::Intersect,
            Self { shift: false, alt: true } => SelectMode::Subtract,
            Self { shift: true, alt: false } => SelectMode::Add,
            Self { shift: false, alt: false } => chosen,
        }
    }
}

/// The gesture under way.
#[derive(Debug, Default)]
pub struct Gesture {
    pointers: BTreeMap<i32, [f64; 2]>,
    /// Where the pointer of the drag under way went down, as long as it has stayed there.
    still: Option<[f64; 2]>,
    drag: Drag,
    /// The corner of a rectangle that was clicked and waits for the opposite one.
    corner: Option<([f64; 2], SelectMode)>,
}

#[derive(Debug, Default)]
enum Drag {
    #[default]
    None,
    Pan,
    Orbit,
    Pinch,
    Outline(Vec<[f64; 2]>, SelectMode),
    Rectangle([f64; 2], [f64; 2], SelectMode),
}

impl Gesture {
    /// A pointer goes down, to draw what would change the selection so. The tool is the one in hand, or that which the
    /// button stands for.
    pub fn down(&mut self, pointer: i32, at_px: [f64; 2], tool: Tool, mode: SelectMode) -> Intent {
        self.pointers.insert(pointer, at_px);
        let corner = self.corner.take();
        self.still = (self.pointers.len() == 1).then_some(at_px);
        if self.pointers.len() > 1 {
            let was_drawing = matches!(self.drag, Drag::Outline(..) | Drag::Rectangle(..));
            self.drag = Drag::Pinch;
            return if was_drawing || corner.is_some() { Intent::Discard } else { Intent::Nothing };
        }
        self.drag = match (tool, corner) {
            (Tool::Lasso, _) => Drag::Outline(vec![at_px], mode),
            (Tool::Rectangle, None) => Drag::Rectangle(at_px, at_px, mode),
            (Tool::Rectangle, Some((from, mode))) => {
                self.drag = Drag::Rectangle(from, at_px, mode);
                return Intent::Draft(corners(from, at_px));
            }
            (Tool::Pan, _) => Drag::Pan,
            (Tool::Orbit, _) => Drag::Orbit,
        };
        if corner.is_some() { Intent::Discard } else { Intent::Nothing }
    }

    /// A pointer moves.
    pub fn moved(&mut self, pointer: i32, at_px: [f64; 2]) -> Intent {
        let Some(&before) = self.pointers.get(&pointer) else {
            return match self.corner {
                Some((from, _)) if self.pointers.is_empty() => Intent::Draft(corners(from, at_px)),
                None if self.pointers.is_empty() => Intent::Hover(at_px),
                Some(_) | None => Intent::Nothing,
            };
        };
        self.still = self.still.filter(|&still| distance(still, at_px) < CLICK_PX);
        let fingers_before = self.two_fingers();
        self.pointers.insert(pointer, at_px);
        match &mut self.drag {
            Drag::None => Intent::Nothing,
            Drag::Pan => Intent::Pan([at_px[0] - before[0], at_px[1] - before[1]]),
            Drag::Orbit => Intent::Orbit([at_px[0] - before[0], at_px[1] - before[1]]),
            Drag::Pinch => match (fingers_before, self.two_fingers()) {
                (Some((middle_before, apart_before)), Some((middle, apart))) => Intent::Pinch {
                    by_px: [middle[0] - middle_before[0], middle[1] - middle_before[1]],
                    at_px: middle,
                    factor: apart / apart_before.max(1.0),
                },
                _ => Intent::Nothing,
            },
            Drag::Outline(path, _) => {
                if path.last().is_none_or(|&last| distance(last, at_px) >= CORNER_PX) {
                    path.push(at_px);
                }
                Intent::Draft(path.clone())
            }
            Drag::Rectangle(from, to, _) => {
                *to = at_px;
                Intent::Draft(corners(*from, at_px))
            }
        }
    }

    /// A pointer is let go.
    pub fn up(&mut self, pointer: i32) -> Intent {
        if self.pointers.remove(&pointer).is_none() {
            return Intent::Nothing;
        }
        match std::mem::take(&mut self.drag) {
            // The finger that is left pans on.
            Drag::Pinch if !self.pointers.is_empty() => {
                self.drag = Drag::Pan;
                Intent::Nothing
            }
            Drag::Outline(path, mode) => match finished(path, mode) {
                Intent::Discard => self.still.map_or(Intent::Discard, Intent::Tap),
                done => done,
            },
            // The first of two clicks.
            Drag::Rectangle(from, to, mode) if distance(from, to) < CLICK_PX => {
                self.corner = Some((from, mode));
                Intent::Draft(corners(from, to))
            }
            Drag::Rectangle(from, to, mode) => finished(corners(from, to), mode),
            Drag::Pan | Drag::Orbit => self.still.map_or(Intent::Nothing, Intent::Tap),
            Drag::None | Drag::Pinch => Intent::Nothing,
        }
    }

    /// The gesture is given up: Escape, or the browser took the pointer.
    pub fn cancel(&mut self) -> Intent {
        self.pointers.clear();
        self.drag = Drag::None;
        self.corner = None;
        Intent::Discard
    }

    /// Whether a pointer is held, or a corner waits for the opposite one.
    pub fn is_under_way(&self) -> bool {
        !self.pointers.is_empty() || self.corner.is_some()
    }

    /// Whether a corner was clicked that waits for the opposite one.
    pub fn awaits_corner(&self) -> bool {
        self.corner.is_some()
    }

    /// The middle between two fingers, and how far apart they are.
    fn two_fingers(&self) -> Option<([f64; 2], f64)> {
        let mut fingers = self.pointers.values();
        let (&a, &b) = (fingers.next()?, fingers.next()?);
        Some(([f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])], distance(a, b)))
    }
}

/// An outline too small to mean anything is given up.
fn finished(path: Vec<[f64; 2]>, mode: SelectMode) -> Intent {
    let extent = |axis: usize| {
        let along = || path.iter().map(|corner| corner[axis]);
        along().fold(f64::NEG_INFINITY, f64::max) - along().fold(f64::INFINITY, f64::min)
    };
    if path.len() < 3 || extent(0).max(extent(1)) < CLICK_PX { Intent::Discard } else { Intent::Select(path, mode) }
}

fn corners(from: [f64; 2], to: [f64; 2]) -> Vec<[f64; 2]> {
    vec![from, [to[0], from[1]], to, [from[0], to[1]]]
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: HeldKeys = HeldKeys { shift: false, alt: false };

    fn drag(gesture: &mut Gesture, tool: Tool, held: HeldKeys, path: &[[f64; 2]]) -> Intent {
        gesture.down(1, path[0], tool, held.mode(SelectMode::Replace));
        for &at in &path[1..] {
            gesture.moved(1, at);
        }
        gesture.up(1)
    }

    #[test]
    fn an_outline_selects_what_it_surrounds() {
        let path = [[0.0, 0.0], [50.0, 0.0], [50.0, 50.0], [0.0, 50.0]];
        let mut gesture = Gesture::default();
        assert_eq!(drag(&mut gesture, Tool::Lasso, NONE, &path), Intent::Select(path.to_vec(), SelectMode::Replace));
        let shift = HeldKeys { shift: true, alt: false };
        let square = Intent::Select(path.to_vec(), SelectMode::Add);
        assert_eq!(drag(&mut gesture, Tool::Rectangle, shift, &[[0.0, 0.0], [50.0, 50.0]]), square);
        let alt = HeldKeys { shift: false, alt: true };
        assert!(matches!(drag(&mut gesture, Tool::Lasso, alt, &path), Intent::Select(_, SelectMode::Subtract)));
        assert!(gesture.pointers.is_empty());
    }

    #[test]
    fn a_press_in_one_place_is_a_tap_with_whatever_tool_drags() {
        let mut gesture = Gesture::default();
        for tool in [Tool::Lasso, Tool::Pan] {
            let near = [[10.0, 10.0], [11.0, 10.0], [10.0, 11.0]];
            assert_eq!(drag(&mut gesture, tool, NONE, &near), Intent::Tap([10.0, 10.0]), "{tool:?}");
            let back = [[10.0, 10.0], [30.0, 10.0], [10.0, 10.0]];
            assert!(!matches!(drag(&mut gesture, tool, NONE, &back), Intent::Tap(_)), "{tool:?}");
        }
        // Nor with a second finger.
        gesture.down(1, [10.0, 10.0], Tool::Pan, SelectMode::Replace);
        gesture.down(2, [40.0, 10.0], Tool::Pan, SelectMode::Replace);
        assert_eq!((gesture.up(2), gesture.up(1)), (Intent::Nothing, Intent::Nothing));
    }

    #[test]
    fn keys_say_what_an_outline_does_before_what_was_chosen() {
        let held = |shift, alt| HeldKeys { shift, alt }.mode(SelectMode::Subtract);
        assert_eq!(
            [held(false, false), held(true, false), held(false, true), held(true, true)],
            [SelectMode::Subtract, SelectMode::Add, SelectMode::Subtract, SelectMode::Intersect],
        );
    }

    #[test]
    fn two_clicks_are_the_corners_of_a_rectangle() {
        let mut gesture = Gesture::default();
        let click = |gesture: &mut Gesture, tool, at_px| {
            gesture.down(1, at_px, tool, SelectMode::Add);
            gesture.up(1)
        };
        let square = vec![[0.0, 0.0], [50.0, 0.0], [50.0, 50.0], [0.0, 50.0]];
        assert!(matches!(click(&mut gesture, Tool::Rectangle, [0.0, 0.0]), Intent::Draft(_)));
        assert!(gesture.is_under_way() && gesture.awaits_corner());
        assert_eq!(gesture.moved(1, [50.0, 50.0]), Intent::Draft(square.clone()));
        assert_eq!(click(&mut gesture, Tool::Rectangle, [50.0, 50.0]), Intent::Select(square, SelectMode::Add));
        assert!(!gesture.is_under_way());
        // The opposite corner may be dragged to its place.
        click(&mut gesture, Tool::Rectangle, [0.0, 0.0]);
        gesture.down(1, [10.0, 10.0], Tool::Rectangle, SelectMode::Replace);
        gesture.moved(1, [20.0, 30.0]);
        let dragged = vec![[0.0, 0.0], [20.0, 0.0], [20.0, 30.0], [0.0, 30.0]];
        assert_eq!(gesture.up(1), Intent::Select(dragged, SelectMode::Add));
        // Another tool, a second finger and Escape give the corner up.
        click(&mut gesture, Tool::Rectangle, [0.0, 0.0]);
        assert_eq!(gesture.down(1, [5.0, 5.0], Tool::Pan, SelectMode::Replace), Intent::Discard);
        gesture.up(1);
        click(&mut gesture, Tool::Rectangle, [0.0, 0.0]);
        assert_eq!(gesture.cancel(), Intent::Discard);
        assert_eq!(gesture.moved(1, [5.0, 5.0]), Intent::Hover([5.0, 5.0]));
    }

    #[test]
    fn a_click_draws_nothing() {
        let mut gesture = Gesture::default();
        let path = [[9.0, 9.0], [10.0, 9.0], [10.0, 11.0], [9.0, 9.0]];
        assert_eq!(drag(&mut gesture, Tool::Lasso, NONE, &path), Intent::Tap(path[0]));
    }

    #[test]
    fn a_second_finger_makes_a_pinch_of_an_outline() {
        let mut gesture = Gesture::default();
        gesture.down(1, [0.0, 0.0], Tool::Lasso, SelectMode::Replace);
        assert_eq!(gesture.down(2, [10.0, 0.0], Tool::Lasso, SelectMode::Replace), Intent::Discard);
        let pinch = Intent::Pinch { by_px: [5.0, 0.0], at_px: [10.0, 0.0], factor: 2.0 };
        assert_eq!(gesture.moved(2, [20.0, 0.0]), pinch);
        assert_eq!(gesture.up(1), Intent::Nothing);
        assert_eq!(gesture.moved(2, [23.0, 4.0]), Intent::Pan([3.0, 4.0]));
        assert_eq!(gesture.up(2), Intent::Nothing);
        assert_eq!(gesture.moved(2, [1.0, 1.0]), Intent::Hover([1.0, 1.0]));
    }

    #[test]
    fn a_pinch_on_a_trackpad_zooms_by_what_the_fingers_part() {
        let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
        // A hundred pixels are a factor of e, as browsers have it, however many events they come in.
        let steps: f64 = (0..50).map(|_| Wheel::Pinch.zoom(-2.0)).product();
        assert!(near(steps, std::f64::consts::E) && near(Wheel::Pinch.zoom(100.0) * steps, 1.0));
        assert!(near(Wheel::Lines.zoom(-1.0), Wheel::Pixels.zoom(-16.0)));
    }

    #[test]
    fn a_drag_turns_until_a_second_finger_comes() {
        let mut gesture = Gesture::default();
        gesture.down(1, [0.0, 0.0], Tool::Orbit, SelectMode::Replace);
        assert_eq!(gesture.moved(1, [7.0, -3.0]), Intent::Orbit([7.0, -3.0]));
        assert_eq!(gesture.down(2, [17.0, -3.0], Tool::Orbit, SelectMode::Replace), Intent::Nothing);
        assert!(matches!(gesture.moved(2, [27.0, -3.0]), Intent::Pinch { .. }));
        assert_eq!((gesture.up(1), gesture.up(2)), (Intent::Nothing, Intent::Nothing));
    }

    #[test]
    fn what_is_given_up_selects_nothing() {
        let mut gesture = Gesture::default();
        gesture.down(1, [0.0, 0.0], Tool::Lasso, SelectMode::Replace);
        gesture.moved(1, [50.0, 0.0]);
        assert!(gesture.is_under_way());
        assert_eq!(gesture.cancel(), Intent::Discard);
        assert!(!gesture.is_under_way());
        assert_eq!(gesture.up(1), Intent::Nothing);
    }
}
