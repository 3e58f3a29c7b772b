//! Histogram bins, one precomputed `u8` a cell.

use super::CellMask;
use crate::data::Continuous;

/// The span of values that a histogram or a color scale covers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Domain {
    /// Least value.
    pub min: f32,
    /// Greatest value, ≥ `min`.
    pub max: f32,
}

impl Domain {
    /// The finite values' extent, over all cells or over those of `within`; `None` without any.
    pub fn of(column: &Continuous, within: Option<&CellMask>) -> Option<Self> {
        let mut domain = Self { min: f32::INFINITY, max: f32::NEG_INFINITY };
        let mut take = |value: f32| {
            if value.is_finite() {
                domain.min = domain.min.min(value);
                domain.max = domain.max.max(value);
            }
        };
        match within {
            None => column.values.iter().copied().for_each(take),
            Some(mask) => mask.iter().for_each(|cell| take(column.values[cell.0 as usize])),
        }
        (domain.min <= domain.max).then_some(domain)
    }
}

/// How an axis of values runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ValueScale {
    /// In equal steps.
    #[default]
    Linear,
    /// In equal ratios: of positive values alone.
    Log,
}

impl ValueScale {
    /// The other one.
    #[must_use]
    pub fn toggled(self) -> Self {
        match self {
            Self::Linear => Self::Log,
            Self::Log => Self::Linear,
        }
    }

    /// Where a value lies in equal steps.
    pub fn forward(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log => libm::log(value),
        }
    }

    /// The value that lies there.
    pub fn back(self, place: f64) -> f64 {
        match self {
            Self::Linear => place,
            Self::Log => libm::exp(place),
        }
    }
}

/// Values that a histogram counts in a bar of their own, beside its axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aside {
    /// None.
    #[default]
    Nothing,
    /// Zeros, of expression and of counts.
    Zeros,
    /// Zeros and negative values, which have no logarithm.
    NotPositive,
}

impl Aside {
    /// Whether a value is among them.
    pub fn holds(self, value: f32) -> bool {
        match self {
            Self::Nothing => false,
            Self::Zeros => value == 0.0,
            Self::NotPositive => value <= 0.0,
        }
    }
}

/// Where values beyond the span of a histogram are counted: infinities, and those that percentiles cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Beyond {
    /// In the bins at the ends.
    #[default]
    InEndBins,
    /// In none.
    InNone,
}

/// What a histogram's bins are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BinRule {
    /// How many there are along the axis, at least 1 and at most 253.
    pub n_bins: u8,
    /// What they span: of values that are not aside.
    pub domain: Domain,
    /// How the axis runs.
    pub scale: ValueScale,
    /// What is counted beside it.
    pub aside: Aside,
    /// Where values beyond the domain are counted.
    pub beyond: Beyond,
}

/// Groups after those of the bins of a [`BinRule`]: values aside, values beyond the domain, missing ones.
pub const GROUPS_BESIDE: u8 = 3;

/// A continuous column cut into bins of equal width.
///
/// `width = (max − min) / n`, `bin = min(floor((x − min) / width), n − 1)`, in `f64`; where all
/// values are equal, they fall into bin 0. Values beyond the domain (infinities, or cells outside
/// the subset that the domain was taken from) fall into the end bins; missing values into none.
#[derive(Clone, Debug, PartialEq)]
pub struct Binned {
    n_bins: u8,
    /// Groups after those of the bins, missing values among them.
    n_beside: u8,
    domain: Domain,
    bins: Vec<u8>,
}

impl Binned {
    /// Cuts a column into `n_bins` bins, at least 1.
    pub fn new(column: &Continuous, domain: Domain, n_bins: u8) -> Self {
        let n_bins = n_bins.max(1);
        let min = f64::from(domain.min);
        let width = (f64::from(domain.max) - min) / f64::from(n_bins);
        let last = f64::from(n_bins - 1);
        let bin = |value: f32| {
            let offset = f64::from(value) - min;
            if value.is_nan() {
                n_bins
            } else if width > 0.0 {
                (offset / width).clamp(0.0, last) as u8
            } else {
                0
            }
        };
        Self { n_bins, n_beside: 1, domain, bins: column.values.iter().map(|&value| bin(value)).collect() }
    }

    /// Cuts a column by a rule. Group `n_bins` are the values aside, `n_bins + 1` those beyond the domain that are in no
    /// bin, `n_bins + 2` the missing ones.
    pub fn by_rule(column: &Continuous, rule: BinRule) -> Self {
        let BinRule { domain, scale, aside, beyond, n_bins } = rule;
        let n_bins = n_bins.clamp(1, u8::MAX - GROUPS_BESIDE + 1);
        let [low, high] = [domain.min, domain.max].map(|end| scale.forward(f64::from(end)));
        let width = (high - low) / f64::from(n_bins);
        let last = f64::from(n_bins - 1);
        let group = |value: f32| {
            if value.is_nan() {
                n_bins + 2
            } else if aside.holds(value) {
                n_bins
            } else if beyond == Beyond::InNone && !(domain.min..=domain.max).contains(&value) {
                n_bins + 1
            } else if width > 0.0 {
                ((scale.forward(f64::from(value)) - low) / width).clamp(0.0, last) as u8
            } else {
                0
            }
        };
        let bins = column.values.iter().map(|&value| group(value)).collect();
        Self { n_bins, n_beside: GROUPS_BESIDE, domain, bins }
    }

    /// Number of bins.
    pub fn n_bins(&self) -> u8 {
        self.n_bins
    }

    /// The values that the bins span.
    pub fn domain(&self) -> Domain {
        self.domain
    }

    /// Number of groups: the bins, what is beside them, and the missing values last.
    pub fn n_groups(&self) -> usize {
        usize::from(self.n_bins) + usize::from(self.n_beside)
    }

    /// The bin of each cell; `n_bins` where the value is missing.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bins
    }

    /// Lower bound of a bin; of bin `n_bins`, the upper bound of the last.
    pub fn edge(&self, bin: u8) -> f64 {
        let (min, max) = (f64::from(self.domain.min), f64::from(self.domain.max));
        min + (max - min) * f64::from(bin) / f64::from(self.n_bins)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn binned(values: &[f32], n_bins: u8) -> Vec<u8> {
        let column = Continuous { values: values.to_vec() };
        let domain = Domain::of(&column, None).unwrap_or(Domain { min: 0.0, max: 0.0 });
        Binned::new(&column, domain, n_bins).as_bytes().to_vec()
    }

    #[test]
    fn the_rule() {
        assert_eq!(binned(&[0.0, 0.99, 1.0, 3.99, 4.0], 4), [0, 0, 1, 3, 3]);
        assert_eq!(binned(&[-2.0, f32::NAN, 2.0], 2), [0, 2, 1]);
        assert_eq!(binned(&[7.0, 7.0], 40), [0, 0]);
        assert_eq!(binned(&[f32::NEG_INFINITY, 0.0, 1.0, f32::INFINITY], 3), [0, 0, 2, 2]);
        assert_eq!(binned(&[f32::NAN], 5), [5]);
        assert_eq!(binned(&[f32::MIN, 0.0, f32::MAX], 2), [0, 1, 1]);
    }

    #[test]
    fn a_subset_has_its_own_domain() {
        let column = Continuous { values: vec![0.0, 5.0, 6.0, 100.0] };
        let middle = CellMask::from_bytes(vec![0, 1, 1, 0]);
        let domain = Domain::of(&column, Some(&middle)).unwrap();
        assert_eq!(domain, Domain { min: 5.0, max: 6.0 });
        assert_eq!(Binned::new(&column, domain, 2).as_bytes(), [0, 0, 1, 1]);
        assert_eq!(Domain::of(&column, Some(&CellMask::none(4))), None);
        let rule =
            BinRule { n_bins: 2, domain, scale: ValueScale::Linear, aside: Aside::Nothing, beyond: Beyond::InNone };
        assert_eq!(Binned::by_rule(&column, rule).as_bytes(), [3, 0, 1, 3]);
    }

    fn numbers() -> impl Strategy<Value = f32> {
        prop_oneof![
            4 => -1e3f32..1e6,
            2 => 1e-6f32..10.0,
            2 => (0u8..9).prop_map(f32::from),
            1 => Just(f32::NAN),
            1 => Just(f32::INFINITY),
            1 => Just(f32::NEG_INFINITY),
        ]
    }

    proptest! {
        #[test]
        fn groups_by_rule_are_those_of_a_count_by_hand(
            values in vec(numbers(), 1..200),
            n_bins in 1u8..60,
            is_log in any::<bool>(),
        ) {
            let (scale, aside) =
                if is_log { (ValueScale::Log, Aside::NotPositive) } else { (ValueScale::Linear, Aside::Zeros) };
            let kept = Continuous { values: values.iter().copied().filter(|&value| !aside.holds(value)).collect() };
            let Some(domain) = Domain::of(&kept, None) else { return Ok(()) };
            let column = Continuous { values };
            let binned = Binned::by_rule(&column, BinRule { n_bins, domain, scale, aside, beyond: Beyond::InNone });
            prop_assert_eq!(binned.n_groups(), usize::from(n_bins) + 3);
            let [low, high] = [domain.min, domain.max].map(|end| {
                if is_log { f64::from(end).ln() } else { f64::from(end) }
            });
            for (&value, &group) in column.values.iter().zip(binned.as_bytes()) {
                if value.is_nan() {
                    prop_assert_eq!(group, n_bins + 2);
                } else if value == 0.0 || is_log && value < 0.0 {
                    prop_assert_eq!(group, n_bins);
                } else if value.is_infinite() {
                    prop_assert_eq!(group, n_bins + 1);
                } else {
                    let place = if is_log { f64::from(value).ln() } else { f64::from(value) };
                    let step = (high - low) / f64::from(n_bins);
                    let edge = |bin: u8| low + step * f64::from(bin);
                    let slack = 1e-9 * (high - low).abs() + 1e-9;
                    prop_assert!(group < n_bins);
                    prop_assert!(place >= edge(group) - slack && place <= edge(group + 1) + slack);
                }
            }
        }

        #[test]
        fn every_value_lies_in_its_bin(values in vec(-1e6f32..1e6, 2..200), n_bins in 1u8..=255) {
            let column = Continuous { values };
            let domain = Domain::of(&column, None).unwrap();
            let binned = Binned::new(&column, domain, n_bins);
            for (&value, &bin) in column.values.iter().zip(binned.as_bytes()) {
                let slack = 1e-9 * (f64::from(domain.max) - f64::from(domain.min)) + 1e-12;
                prop_assert!(bin < n_bins);
                prop_assert!(f64::from(value) >= binned.edge(bin) - slack);
                prop_assert!(f64::from(value) <= binned.edge(bin.saturating_add(1)) + slack);
            }
        }
    }
}
