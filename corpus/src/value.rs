//! From counts to integers that sum exactly.

use explorer_core::de::{FixedPoint, GeneMoments};

use crate::Manifest;

/// How values become integers. A value is a 32-bit float; from 1 on, as all above the usual noise threshold are (ln 4 = 1.39),
/// 23 bits of fraction hold it exactly, and a smaller one to 6e-8. As many are dropped from squares, so that sums over ten
/// thousand million cells fit 63 bits, as engines add them up.
pub const FIXED_POINT: FixedPoint = match FixedPoint::of_bits(23, 23) {
    Some(fixed) => fixed,
    None => panic!("numbers have so many bits"),
};

/// How the sums of a corpus become numbers.
pub fn fixed_point(manifest: &Manifest) -> FixedPoint {
    let fixed = FixedPoint::of_bits(manifest.frac_bits.into(), manifest.square_shift);
    fixed.expect("a manifest that was read has bits that numbers have")
}

/// How the counts of a cell become integers: X of ln(1 + counts per ten thousand).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    total: f64,
    least_cptt: f64,
}

impl Scale {
    /// Of a cell with so many counts in all. Values below `least_cptt` counts per ten thousand are none.
    pub fn new(total: f64, least_cptt: f64) -> Self {
        Self { total, least_cptt }
    }

    /// The integer of a count; 0 for what is below the threshold.
    pub fn encode(self, count: f64) -> u32 {
        let cptt = expression::cptt(count, self.total);
        // What is no number is below.
        if cptt.is_nan() || cptt < self.least_cptt {
            return 0;
        }
        FIXED_POINT.encode(libm::log1p(cptt) as f32) as u32
    }
}

/// Takes a value into moments.
#[cfg(any(feature = "build", test))]
pub fn push(moments: &mut GeneMoments, x: u32) {
    moments.push(x.into(), FIXED_POINT.square(x.into()));
}

/// Σx².
pub fn sum_sq(moments: &GeneMoments, fixed: FixedPoint) -> f64 {
    libm::ldexp(moments.sum_sq as f64, i32::from(fixed.square_shift()) - 2 * i32::from(fixed.frac_bits()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_value_above_the_threshold_is_exact(total in 1_u32..10_000_000, share in 0.0003_f64..1.0) {
            let total = f64::from(total);
            let count = (total * share).ceil();
            let x = Scale::new(total, 3.0).encode(count);
            let value = (count * 1e4 / total).ln_1p() as f32;
            prop_assert_eq!(libm::ldexp(f64::from(x), -23), f64::from(value));
        }
    }

    #[test]
    fn what_is_below_the_threshold_is_none() {
        let scale = Scale::new(10_000.0, 3.0);
        assert_eq!((scale.encode(2.0), scale.encode(2.999), scale.encode(0.0)), (0, 0, 0));
        assert!(scale.encode(3.0) > 0);
        assert_eq!((Scale::new(0.0, 0.0).encode(0.0), Scale::new(1.0, 0.0).encode(f64::NAN)), (0, 0));
    }

    #[test]
    fn moments_come_back_as_numbers() {
        let mut moments = GeneMoments::default();
        let xs = [1.5_f32, 2.25, 9.0];
        xs.map(|x| FIXED_POINT.encode(x) as u32).into_iter().for_each(|x| push(&mut moments, x));
        let mean = FIXED_POINT.summary(moments, 3).mean;
        assert_eq!((moments.n_nonzero, mean, sum_sq(&moments, FIXED_POINT)), (3, 4.25, 88.3125));
    }
}
