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

/// A continuous column cut into bins of equal width.
///
/// `width = (max − min) / n`, `bin = min(floor((x − min) / width), n − 1)`, in `f64`; where all
/// values are equal, they fall into bin 0. Values beyond the domain (infinities, or cells outside
/// the subset that the domain was taken from) fall into the end bins; missing values into none.
#[derive(Clone, Debug, PartialEq)]
pub struct Binned {
    n_bins: u8,
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
        Self { n_bins, domain, bins: column.values.iter().map(|&value| bin(value)).collect() }
    }

    /// The same, but values beyond the domain are in no bin, as missing ones are.
    pub fn clipped(column: &Continuous, domain: Domain, n_bins: u8) -> Self {
        let mut binned = Self::new(column, domain, n_bins);
        for (bin, value) in binned.bins.iter_mut().zip(&column.values) {
            if !(domain.min..=domain.max).contains(value) {
                *bin = binned.n_bins;
            }
        }
        binned
    }

    /// Number of bins.
    pub fn n_bins(&self) -> u8 {
        self.n_bins
    }

    /// The values that the bins span.
    pub fn domain(&self) -> Domain {
        self.domain
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
        assert_eq!(Binned::clipped(&column, domain, 2).as_bytes(), [2, 0, 1, 2]);
    }

    proptest! {
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
