//! The axes of a scatter plot: lines and texts along the left and lower edges of its picture, on strips of their own.

use super::fitted;
use crate::color::{Tick, linear_ticks};

/// Width of the strip at the left edge, in CSS pixels: a title written upwards, numbers, ticks.
pub const AXIS_LEFT_PX: f64 = 64.0;
/// Height of the strip at the lower edge: ticks, numbers, a title.
pub const AXIS_BELOW_PX: f64 = 44.0;

/// CSS pixels between ticks to the right, at least about.
const TICK_RIGHT_PX: f64 = 56.0;
/// The same upwards, where numbers stand above each other.
const TICK_UP_PX: f64 = 36.0;
/// Length of a tick.
const TICK_PX: f64 = 5.0;
/// How wide a letter of a title and a digit are, about.
const LETTER_PX: f64 = 7.0;
const DIGIT_PX: f64 = 6.5;

/// Where a text of an axis stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisPlace {
    /// A number below its tick: its middle, on its baseline.
    Below,
    /// A number beside its tick: its end, at its middle height.
    Beside,
    /// What lies to the right: its middle, on its baseline.
    TitleX,
    /// What lies upwards, written upwards: its middle, at its middle height.
    TitleY,
}

/// A text of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisText {
    /// From the left edge, in CSS pixels.
    pub x: f64,
    /// From the upper edge.
    pub y: f64,
    /// What is written.
    pub text: String,
    /// The whole of it, where it is cut.
    pub whole: Option<String>,
    /// Where.
    pub place: AxisPlace,
}

/// Both axes of a plot; nothing of an embedding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AxisMarks {
    /// What lies under them, in the color of the ground: x and y of the upper left corner, width and height, in CSS pixels.
    /// No point is seen there.
    pub strips: Vec<[f64; 4]>,
    /// Edges and ticks: x and y of both ends.
    pub lines: Vec<[f64; 4]>,
    /// Numbers and titles.
    pub texts: Vec<AxisText>,
}

impl AxisMarks {
    /// The axes of a picture of this size that shows these values, least and greatest of x, then y, at its edges; `foot_px`
    /// of its height, at its foot, are for something else.
    pub fn new(
        [width, height]: [f64; 2],
        [x, y]: [(f64, f64); 2],
        [title_x, title_y]: [String; 2],
        foot_px: f64,
    ) -> Self {
        let foot = height - foot_px;
        let below = foot - AXIS_BELOW_PX;
        let ticks = |(min, max): (f64, f64), px: f64, apart_px: f64| linear_ticks(min, max, (px / apart_px) as usize);
        let upwards: Vec<(f64, Tick)> = ticks(y, height, TICK_UP_PX)
            .into_iter()
            .map(|tick| ((1.0 - tick.place) * height, tick))
            .filter(|(at, _)| (8.0..=below).contains(at))
            .collect();
        let most_digits = upwards.iter().map(|(_, tick)| tick.label.chars().count()).max().unwrap_or(0);
        // Long numbers take what they need.
        let left = AXIS_LEFT_PX.max(28.0 + most_digits as f64 * DIGIT_PX);
        let mut marks = Self {
            strips: vec![[0.0, 0.0, left, height], [left, below, width - left, height - below]],
            lines: vec![[left, 0.0, left, below], [left, below, width, below]],
            texts: Vec::new(),
        };
        let mut write = |x: f64, y: f64, text: String, whole: Option<String>, place: AxisPlace| {
            marks.texts.push(AxisText { x, y, text, whole, place });
        };
        for (at, tick) in upwards {
            marks.lines.push([left - TICK_PX, at, left, at]);
            write(left - TICK_PX - 3.0, at, tick.label, None, AxisPlace::Beside);
        }
        let wide = |tick: &Tick| tick.label.chars().count() as f64 * DIGIT_PX / 2.0;
        for tick in ticks(x, width, TICK_RIGHT_PX) {
            let at = tick.place * width;
            if left <= at && at + wide(&tick) <= width {
                marks.lines.push([at, below, at, below + TICK_PX]);
                write(at, below + TICK_PX + 12.0, tick.label, None, AxisPlace::Below);
            }
        }
        let titles = [
            (title_x, width - left, [f64::midpoint(left, width), foot - 8.0], AxisPlace::TitleX),
            (title_y, below, [11.0, below / 2.0], AxisPlace::TitleY),
        ];
        for (title, room, [x, y], place) in titles {
            let text = fitted(&title, room - 16.0, |text| text.chars().count() as f64 * LETTER_PX);
            let whole = (text != title).then_some(title);
            write(x, y, text, whole, place);
        }
        marks
    }
}

impl AxisPlace {
    /// The weight and the size of the text in CSS pixels.
    pub fn font(self) -> (u32, f64) {
        match self {
            Self::Below | Self::Beside => (400, 11.0),
            Self::TitleX | Self::TitleY => (600, 12.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(size: [f64; 2], y: (f64, f64), titles: [&str; 2], foot_px: f64) -> AxisMarks {
        AxisMarks::new(size, [(-1.0, 4.0), y], titles.map(str::to_owned), foot_px)
    }

    fn told(marks: &AxisMarks, place: AxisPlace) -> Vec<(f64, f64, &str)> {
        let texts = marks.texts.iter().filter(move |text| text.place == place);
        texts.map(|text| (text.x.round(), text.y.round(), text.text.as_str())).collect()
    }

    #[test]
    fn numbers_and_titles_stand_on_strips_that_no_point_is_seen_on() {
        let marks = marks([500.0, 400.0], (0.0, 4000.0), ["CD3D", "n_genes"], 0.0);
        let found = told(&marks, AxisPlace::Below);
        assert_eq!(found.iter().map(|(.., text)| *text).collect::<Vec<_>>(), ["0", "1", "2", "3"]);
        assert_eq!(found[0].0, 100.0);
        let beside = told(&marks, AxisPlace::Beside);
        let expected = ["500", "1000", "1500", "2000", "2500", "3000", "3500"];
        assert_eq!(beside.iter().map(|(.., text)| *text).collect::<Vec<_>>(), expected);
        assert_eq!(told(&marks, AxisPlace::TitleX), [(282.0, 392.0, "CD3D")]);
        assert_eq!(told(&marks, AxisPlace::TitleY), [(11.0, 178.0, "n_genes")]);
        let is_on_strip = |x: f64, y: f64| {
            marks.strips.iter().any(|[left, top, width, height]| {
                (*left..left + width).contains(&x) && (*top..top + height).contains(&y)
            })
        };
        assert!(marks.texts.iter().all(|text| is_on_strip(text.x, text.y)), "{:?}", marks.texts);
        // Two edges and a tick for each number.
        assert_eq!(marks.lines.len(), 2 + found.len() + beside.len());
    }

    #[test]
    fn long_numbers_take_room_and_long_titles_are_cut_in_the_middle() {
        let long = "a column whose name is longer than the picture is wide";
        let marks = marks([300.0, 200.0], (0.0, 900_000.0), [long, long], 0.0);
        assert!(marks.strips[0][2] > AXIS_LEFT_PX);
        let titles: Vec<_> = marks.texts.iter().filter(|text| text.whole.is_some()).collect();
        assert_eq!(titles.len(), 2);
        assert!(titles.iter().all(|title| title.whole.as_deref() == Some(long) && title.text.contains('…')));
    }

    #[test]
    fn what_stands_at_the_foot_of_the_picture_covers_no_axis() {
        let marks = marks([390.0, 600.0], (0.0, 1.0), ["x", "y"], 56.0);
        assert!(marks.texts.iter().all(|text| text.y < 600.0 - 56.0), "{:?}", marks.texts);
        assert_eq!(marks.strips[1][1] + marks.strips[1][3], 600.0);
    }
}
