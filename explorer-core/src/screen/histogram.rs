//! Histograms as bars.

use std::fmt::Write as _;

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
