//! The arithmetic of a brush over an axis: all in fractions of the axis, 0 to 1.

use std::str::FromStr;

use crate::{
    color::{Tick, linear_ticks, log_ticks},
    filter::{Aside, ValueScale},
    format::short,
    state::Range,
};

/// Whether a brush is being dragged or has been let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrushPhase {
    /// In the middle of a drag: more will follow.
    Live,
    /// The end of a drag, or a change made at once.
    Done,
}

/// What a brush asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrushChange {
    /// The values that pass, both ends included; `None` when the brush is cleared.
    pub range: Option<Range>,
    /// Whether more will follow.
    pub phase: BrushPhase,
}

/// A brush: its two ends as fractions of the axis, the lower first.
pub type Span = (f64, f64);

/// What of a brush is held by the pointer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grip {
    /// A new brush, from where the pointer went down.
    New {
        /// Where.
        anchor: f64,
    },
    /// The whole brush, held at a distance from its lower end.
    Whole {
        /// From its lower end to the pointer.
        offset: f64,
        /// From end to end.
        width: f64,
    },
    /// One end, while the other stays.
    End {
        /// The end that stays.
        fixed: f64,
    },
}

impl Grip {
    /// What a pointer that goes down at `at` takes hold of; ends are caught from `reach` away.
    pub fn at(span: Option<Span>, at: f64, reach: f64) -> Self {
        let Some((low, high)) = span else {
            return Self::New { anchor: at };
        };
        let (to_low, to_high) = ((at - low).abs(), (at - high).abs());
        if to_low.min(to_high) <= reach {
            Self::End { fixed: if to_low < to_high { high } else { low } }
        } else if low < at && at < high {
            Self::Whole { offset: at - low, width: high - low }
        } else {
            Self::New { anchor: at }
        }
    }

    /// The brush when the pointer has moved to `at`, which may lie beyond the axis.
    pub fn drag(self, at: f64) -> Span {
        match self {
            Self::New { anchor: fixed } | Self::End { fixed } => {
                let at = at.clamp(0.0, 1.0);
                (fixed.min(at), fixed.max(at))
            }
            Self::Whole { offset, width } => {
                let low = (at - offset).clamp(0.0, 1.0 - width);
                (low, low + width)
            }
        }
    }
}

/// One of the two ends of a brush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The lower.
    Low,
    /// The upper.
    High,
}

impl End {
    /// Where it is.
    pub fn of(self, span: Span) -> f64 {
        match self {
            Self::Low => span.0,
            Self::High => span.1,
        }
    }

    /// The brush after a key (`KeyboardEvent.key`) pressed on this end; steps are one `bin` wide,
    /// pages five. `None` for keys that mean nothing here.
    pub fn nudge(self, span: Span, key: &str, bin: f64) -> Option<Span> {
        let at = self.of(span);
        let to = match key {
            "ArrowLeft" | "ArrowDown" => at - bin,
            "ArrowRight" | "ArrowUp" => at + bin,
            "PageDown" => at - 5.0 * bin,
            "PageUp" => at + 5.0 * bin,
            "Home" => 0.0,
            "End" => 1.0,
            _ => return None,
        };
        Some(match self {
            Self::Low => (to.clamp(0.0, span.1), span.1),
            Self::High => (span.0, to.clamp(span.0, 1.0)),
        })
    }
}

impl End {
    /// The range after this end of `now` was typed; without a text the end is open.
    ///
    /// # Errors
    /// When the text is no number, or the ends would cross.
    pub fn typed(self, text: &str, now: Range) -> Result<Range, BoundError> {
        let text = text.trim();
        let open = match self {
            Self::Low => f32::NEG_INFINITY,
            Self::High => f32::INFINITY,
        };
        let bound = if text.is_empty() { open } else { number(text)? };
        if !text.is_empty() && bound.is_infinite() {
            return Err(BoundError::NotANumber(text.to_owned()));
        }
        match self {
            Self::Low => Range::new(bound, now.max()).ok_or(BoundError::Above(now.max())),
            Self::High => Range::new(now.min(), bound).ok_or(BoundError::Below(now.min())),
        }
    }
}

/// A number as people type it: with the minus sign of the keyboard or of the page, with commas or spaces between
/// thousands (`1,000`), with an exponent (`1e3`).
///
/// # Errors
/// When it is none.
pub fn number<T: FromStr + PartialOrd>(text: &str) -> Result<T, BoundError> {
    let text = text.trim();
    let plain = text.replace(['\u{2212}', '\u{2013}'], "-");
    let plain = without_separators(&plain).unwrap_or(plain);
    // NaN is equal to nothing, not even to itself.
    let number = plain.parse::<T>().ok().filter(|number| number.partial_cmp(number).is_some());
    number.ok_or_else(|| match text.split_once(',') {
        Some((whole, decimals))
            if is_digits(whole.trim_start_matches(['-', '+', '\u{2212}'])) && is_digits(decimals) =>
        {
            BoundError::Comma { typed: text.to_owned(), meant: format!("{whole}.{decimals}") }
        }
        Some(_) | None => BoundError::NotANumber(text.to_owned()),
    })
}

/// A number without what stands between its thousands; `None` where they are not thousands: `1,5`.
fn without_separators(text: &str) -> Option<String> {
    let digits = text.trim_start_matches(['-', '+']);
    let sign = &text[..text.len() - digits.len()];
    let end = digits.find(['.', 'e', 'E']).unwrap_or(digits.len());
    let (whole, rest) = digits.split_at(end);
    let separator = whole.chars().find(|character| !character.is_ascii_digit())?;
    let separates = separator == ',' || separator == '\'' || separator.is_whitespace();
    let groups: Vec<&str> = whole.split(separator).collect();
    let (first, others) = groups.split_first()?;
    let are_thousands = (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && is_digits(first)
        && others.iter().all(|group| group.len() == 3 && is_digits(group));
    (separates && are_thousands).then(|| format!("{sign}{}{rest}", groups.concat()))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Why a bound is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BoundError {
    /// What was typed is no number.
    #[error("“{0}” is not a number.")]
    NotANumber(String),
    /// It has a comma that stands for no thousand.
    #[error("“{typed}” is not a number: write {meant}, or commas between thousands as in 1,000.")]
    Comma {
        /// What was typed.
        typed: String,
        /// The same with a decimal point.
        meant: String,
    },
    /// The lower bound would lie above the upper, which is this.
    #[error("The lower bound would be above the upper, {}.", short(f64::from(*.0), 4))]
    Above(f32),
    /// The upper bound would lie below the lower, which is this.
    #[error("The upper bound would be below the lower, {}.", short(f64::from(*.0), 4))]
    Below(f32),
}

/// A span of values, as an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Axis {
    /// Least value.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
    /// How it runs.
    pub scale: ValueScale,
    /// Values that lie beside it, below its least.
    pub aside: Aside,
}

/// Marks along an axis, about.
const N_TICKS: usize = 5;

impl Axis {
    /// The fraction at which a value lies, kept on the axis; the middle where all values are equal.
    pub fn fraction(self, value: f64) -> f64 {
        let [min, max, value] = [self.min, self.max, value.max(self.min)].map(|value| self.scale.forward(value));
        let width = max - min;
        if width > 0.0 { ((value - min) / width).clamp(0.0, 1.0) } else { 0.5 }
    }

    /// The value at a fraction.
    pub fn value(self, fraction: f64) -> f64 {
        let [min, max] = [self.min, self.max].map(|value| self.scale.forward(value));
        self.scale.back(min + (max - min) * fraction).clamp(self.min, self.max)
    }

    /// Round values along it.
    pub fn ticks(self) -> Vec<Tick> {
        match self.scale {
            ValueScale::Linear => linear_ticks(self.min, self.max, N_TICKS),
            ValueScale::Log => log_ticks(self.min, self.max, N_TICKS),
        }
    }

    /// The values beside the axis.
    pub fn aside_range(self) -> Option<Range> {
        match self.aside {
            Aside::Nothing => None,
            Aside::Zeros => Range::new(0.0, 0.0),
            Aside::NotPositive => Range::new(f32::NEG_INFINITY, 0.0),
        }
    }

    /// Where a range lies on the axis.
    pub fn span(self, range: Range) -> Span {
        let low = if range.min() == f32::NEG_INFINITY { 0.0 } else { self.fraction(f64::from(range.min())) };
        let high = if range.max() == f32::INFINITY { 1.0 } else { self.fraction(f64::from(range.max())) };
        (low, high)
    }

    /// The values under a brush. At an end of the axis it is open: what lies beyond, infinities above all, is counted in
    /// the bar there, and passes with it; but not what lies beside the axis.
    pub fn range(self, (low, high): Span) -> Option<Range> {
        let value = |fraction: f64| self.value(fraction) as f32;
        // All values are in one bar.
        let is_one = self.max <= self.min;
        let low = match self.aside {
            Aside::Nothing if is_one || low <= 0.0 => f32::NEG_INFINITY,
            Aside::Zeros | Aside::NotPositive if is_one || low <= 0.0 => self.min as f32,
            Aside::Nothing | Aside::Zeros | Aside::NotPositive => value(low),
        };
        let high = if is_one || high >= 1.0 { f32::INFINITY } else { value(high) };
        Range::new(low, high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REACH: f64 = 0.03;

    #[test]
    fn a_pointer_takes_an_end_the_whole_or_starts_anew() {
        let span = Some((0.2, 0.6));
        assert_eq!(Grip::at(None, 0.4, REACH), Grip::New { anchor: 0.4 });
        assert_eq!(Grip::at(span, 0.21, REACH), Grip::End { fixed: 0.6 });
        assert_eq!(Grip::at(span, 0.62, REACH), Grip::End { fixed: 0.2 });
        assert_eq!(Grip::at(span, 0.9, REACH), Grip::New { anchor: 0.9 });
        assert!(matches!(Grip::at(span, 0.4, REACH), Grip::Whole { .. }));
    }

    #[test]
    fn ends_may_cross_and_nothing_leaves_the_axis() {
        assert_eq!(Grip::New { anchor: 0.5 }.drag(0.3), (0.3, 0.5));
        assert_eq!(Grip::End { fixed: 0.5 }.drag(1.7), (0.5, 1.0));
        assert_eq!(Grip::End { fixed: 0.5 }.drag(-0.2), (0.0, 0.5));
        let (low, high) = Grip::Whole { offset: 0.1, width: 0.4 }.drag(5.0);
        assert!((low - 0.6).abs() < 1e-12 && (high - 1.0).abs() < 1e-12);
    }

    #[test]
    fn keys_move_one_end_up_to_the_other() {
        assert_eq!(End::Low.nudge((0.0, 1.0), "ArrowRight", 0.25), Some((0.25, 1.0)));
        assert_eq!(End::Low.nudge((0.9, 0.95), "PageUp", 0.1), Some((0.95, 0.95)));
        assert_eq!(End::High.nudge((0.5, 0.6), "Home", 0.1), Some((0.5, 0.5)));
        assert_eq!(End::High.nudge((0.5, 0.6), "a", 0.1), None);
    }

    #[test]
    fn a_typed_bound_is_exact_or_refused_in_words() {
        let now = Range::new(1.0, 3.0).unwrap();
        assert_eq!(End::Low.typed(" 1.5 ", now), Ok(Range::new(1.5, 3.0).unwrap()));
        assert_eq!(End::Low.typed("\u{2212}2", now), Ok(Range::new(-2.0, 3.0).unwrap()));
        assert_eq!(End::High.typed("", now), Ok(Range::new(1.0, f32::INFINITY).unwrap()));
        let told = |typed: Result<Range, BoundError>| typed.unwrap_err().to_string();
        assert_eq!(told(End::Low.typed("abc", now)), "“abc” is not a number.");
        assert_eq!(told(End::High.typed("NaN", now)), "“NaN” is not a number.");
        assert_eq!(told(End::Low.typed("4", now)), "The lower bound would be above the upper, 3.");
        assert_eq!(told(End::High.typed("0.5", now)), "The upper bound would be below the lower, 1.");
    }

    #[test]
    fn the_whole_axis_is_the_whole_range() {
        let axis = Axis { min: f64::from(-0.1_f32), max: f64::from(0.7_f32), ..Axis::default() };
        assert_eq!(axis.range((0.0, 1.0)), Some(Range::ALL));
        assert_eq!(axis.range((0.5, 1.0)).map(|range| range.contains(f32::INFINITY)), Some(true));
        assert_eq!(axis.range((0.0, 0.5)).map(|range| range.contains(f32::INFINITY)), Some(false));
        assert_eq!(axis.span(Range::ALL), (0.0, 1.0));
        let (low, high) = axis.span(Range::new(0.1, 9.0).unwrap());
        assert!((low - 0.25).abs() < 1e-6);
        assert_eq!(high, 1.0);
    }

    #[test]
    fn a_log_axis_is_brushed_in_ratios_and_leaves_out_what_is_beside() {
        let axis = Axis { min: 1.0, max: 10_000.0, scale: ValueScale::Log, aside: Aside::NotPositive };
        assert!((axis.fraction(100.0) - 0.5).abs() < 1e-12);
        assert_eq!((axis.fraction(0.0), axis.fraction(-5.0)), (0.0, 0.0));
        assert_eq!(axis.range((0.0, 1.0)), Range::new(1.0, f32::INFINITY));
        let half = axis.range((0.5, 0.75)).unwrap();
        assert!((half.min() - 100.0).abs() < 1e-3 && (half.max() - 1000.0).abs() < 1e-2);
        assert_eq!(axis.ticks().iter().map(|tick| tick.value).collect::<Vec<_>>(), [1.0, 10.0, 100.0, 1e3, 1e4]);
        assert_eq!(axis.aside_range(), Range::new(f32::NEG_INFINITY, 0.0));
        assert_eq!(Axis { aside: Aside::Zeros, ..axis }.aside_range(), Range::new(0.0, 0.0));
        assert_eq!(Axis::default().aside_range(), None);
    }

    #[test]
    fn a_constant_column_can_be_brushed() {
        let axis = Axis { min: 3.0, max: 3.0, ..Axis::default() };
        assert_eq!(axis.fraction(3.0), 0.5);
        assert_eq!(axis.range((0.1, 0.4)), Some(Range::ALL));
    }

    #[test]
    fn numbers_are_read_as_people_type_them() {
        for (text, expected) in [
            ("1,000", 1000.0),
            ("12,345,678.5", 12_345_678.5),
            ("\u{2212}1,000", -1000.0),
            ("1 000", 1000.0),
            ("1\u{202f}000", 1000.0),
            ("1'000", 1000.0),
            ("1e3", 1000.0),
            ("1,000e2", 100_000.0),
            ("+2.5", 2.5),
            ("\u{2013}2.5", -2.5),
            ("inf", f64::INFINITY),
        ] {
            assert_eq!(number::<f64>(text), Ok(expected), "{text}");
        }
        for text in ["", "1,00", "1,0000", "1.000,5", "1,000,00", "0,123", "1 00", "a", "nan", "1,,000", ",000"] {
            assert!(number::<f64>(text).is_err(), "{text}");
        }
        let told = number::<f64>("\u{2212}1,5").map_err(|error| error.to_string());
        let expected = "“\u{2212}1,5” is not a number: write \u{2212}1.5, or commas between thousands as in 1,000.";
        assert_eq!(told, Err(expected.to_owned()));
    }
}
