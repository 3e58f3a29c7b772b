//! Histograms as bars.

use std::fmt::Write as _;

use super::Axis;
use crate::{
    filter::{Aside, ValueScale},
    format::{integer, short},
};

/// A histogram over equal bins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// Least value.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
    /// All cells in view, one count a bin.
    pub total: Vec<u32>,
    /// The selected ones among them; as many bins.
    pub selected: Vec<u32>,
    /// How the axis runs.
    pub scale: ValueScale,
    /// What is counted in a bar of its own beside the axis.
    pub aside: Aside,
    /// The count there.
    pub in_aside: BarCount,
    /// Cells whose values percentiles cut off.
    pub beyond: BarCount,
    /// Cells without a value.
    pub missing: BarCount,
}

/// Cells of a bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BarCount {
    /// Those in view.
    pub total: u32,
    /// The selected ones among them.
    pub selected: u32,
}

impl BarCount {
    /// "12", or "3 of 12" where not all are selected.
    pub fn text(self) -> String {
        let total = integer(self.total.into());
        if self.selected == self.total { total } else { format!("{} of {total}", integer(self.selected.into())) }
    }
}

impl Bars {
    /// The axis below the bars.
    pub fn axis(&self) -> Axis {
        Axis { min: self.min, max: self.max, scale: self.scale, aside: self.aside }
    }

    /// The tallest bar of the axis: those aside may be many times as many, and would make all others flat.
    pub fn most(&self) -> u32 {
        self.total.iter().copied().max().unwrap_or(0)
    }

    /// Why there is no axis; `None` where there is one.
    pub fn nothing(&self) -> Option<&'static str> {
        if !self.total.is_empty() {
            return None;
        }
        let aside = if self.in_aside.total > 0 { self.aside } else { Aside::Nothing };
        Some(match aside {
            Aside::Nothing => "No cell in view has a finite number here.",
            Aside::Zeros => "Every number in view is zero.",
            Aside::NotPositive => "No number in view is above zero, so that none has a logarithm.",
        })
    }

    /// What the bar aside is called.
    pub fn aside_label(&self) -> Option<&'static str> {
        match self.aside {
            Aside::Nothing => None,
            Aside::Zeros => Some("0"),
            Aside::NotPositive => Some("≤ 0"),
        }
    }

    /// Where the bin at a fraction of the axis runs, and its cells: `1.2 to 1.4: 3 of 12`.
    pub fn text_at(&self, fraction: f64) -> Option<String> {
        let n_bins = self.total.len();
        let bin = ((fraction * n_bins as f64) as usize).min(n_bins.checked_sub(1)?);
        let count = BarCount { total: self.total[bin], selected: *self.selected.get(bin)? };
        let edge = |bin: usize| short(self.axis().value(bin as f64 / n_bins as f64), 4);
        let values =
            if self.min < self.max { format!("{} to {}", edge(bin), edge(bin + 1)) } else { short(self.min, 4) };
        Some(format!("{values}: {}", count.text()))
    }
}

/// How counts become heights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CountScale {
    /// In proportion.
    #[default]
    Linear,
    /// By the logarithm of one more than the count, so that few beside many are seen.
    Log,
}

impl CountScale {
    /// The height of a bar, 0 to 1, where the tallest stands for `most`.
    pub fn height(self, count: u32, most: u32) -> f64 {
        let most = f64::from(most.max(1));
        match self {
            Self::Linear => f64::from(count) / most,
            Self::Log => f64::from(count).ln_1p() / most.ln_1p(),
        }
    }
}

/// Height of the drawing in its own units; it is stretched to its box.
pub const HISTOGRAM_HEIGHT: f64 = 100.0;

/// One closed rectangle a bin, standing on the axis; a bin with anything in it is never invisible.
pub fn bar_path(counts: &[u32], most: u32, scale: CountScale) -> String {
    let mut path = String::with_capacity(counts.len() * 32);
    for (bin, &count) in counts.iter().enumerate().filter(|&(_, &count)| count > 0) {
        let height = (scale.height(count, most) * HISTOGRAM_HEIGHT).max(2.0);
        let left = bin as f64 + 0.06;
        let _ = write!(path, "M{left:.2} {HISTOGRAM_HEIGHT}v-{height:.2}h.88V{HISTOGRAM_HEIGHT}z");
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_says_its_values_and_its_cells() {
        let bars = Bars { min: 0.0, max: 4.0, total: vec![3, 0, 5, 1], selected: vec![3, 0, 2, 1], ..Bars::default() };
        let text = |fraction| bars.text_at(fraction);
        assert_eq!(text(0.0).as_deref(), Some("0 to 1: 3"));
        assert_eq!(text(0.6).as_deref(), Some("2 to 3: 2 of 5"));
        assert_eq!(text(1.0).as_deref(), Some("3 to 4: 1"));
        let log = Bars { min: 1.0, max: 10_000.0, scale: ValueScale::Log, ..bars };
        assert_eq!(log.text_at(0.3).as_deref(), Some("10 to 100: 0"));
        assert_eq!(Bars::default().text_at(0.5), None);
        let one = Bars { min: 7.0, max: 7.0, total: vec![9], selected: vec![9], ..Bars::default() };
        assert_eq!(one.text_at(0.5).as_deref(), Some("7: 9"));
    }

    #[test]
    fn what_has_no_bars_says_why() {
        let zeros = BarCount { total: 9, selected: 9 };
        let of = |aside, in_aside, total| Bars { total, aside, in_aside, ..Bars::default() }.nothing();
        assert_eq!(of(Aside::Zeros, zeros, vec![1]), None);
        assert_eq!(of(Aside::Zeros, zeros, vec![]), Some("Every number in view is zero."));
        assert_eq!(of(Aside::Zeros, BarCount::default(), vec![]), of(Aside::Nothing, BarCount::default(), vec![]));
        assert!(of(Aside::NotPositive, zeros, vec![]).is_some_and(|text| text.contains("logarithm")));
    }

    #[test]
    fn heights_are_parts_of_the_tallest_bar() {
        assert_eq!(bar_path(&[2, 0, 4], 4, CountScale::Linear), "M0.06 100v-50.00h.88V100zM2.06 100v-100.00h.88V100z");
        assert_eq!(bar_path(&[0, 0], 0, CountScale::Log), "");
    }

    #[test]
    fn one_cell_of_many_is_seen() {
        assert!(bar_path(&[1], 1_000_000, CountScale::Linear).contains("v-2.00"));
    }

    #[test]
    fn both_scales_run_from_nothing_to_the_most() {
        for scale in [CountScale::Linear, CountScale::Log] {
            assert_eq!(scale.height(0, 900), 0.0);
            assert_eq!(scale.height(900, 900), 1.0);
            assert_eq!(scale.height(0, 0), 0.0);
        }
        assert!(CountScale::Log.height(9, 900) > 0.3);
    }
}
