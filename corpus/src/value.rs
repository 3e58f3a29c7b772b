//! From counts to integers that sum exactly.

use explorer_core::de::GeneMoments;

/// Bits of fraction. A value is a 32-bit float; from 1 on, as all above the usual noise threshold are (ln 4 = 1.39), these
/// bits hold it exactly, and a smaller one to 6e-8.
pub const FIXED_POINT_BITS: u8 = 23;

/// Bits dropped from squares, so that sums over ten thousand million cells fit 63 bits, as engines add them up.
pub const SQUARE_SHIFT: u8 = 23;

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
        encode(libm::log1p(cptt) as f32)
    }
}

/// The integer of a value below 2⁸.
fn encode(value: f32) -> u32 {
    libm::rint(f64::from(value) * f64::from(1_u32 << FIXED_POINT_BITS)) as u32
}

/// What a value adds to the sum of squares.
#[cfg(any(feature = "build", test))]
pub fn square(x: u32) -> u128 {
    ((u64::from(x) * u64::from(x) + (1 << (SQUARE_SHIFT - 1))) >> SQUARE_SHIFT).into()
}

/// Takes a value into moments.
#[cfg(any(feature = "build", test))]
pub fn push(moments: &mut GeneMoments, x: u32) {
    moments.push(x.into(), square(x));
}

/// ΣX as a number.
pub fn sum(moments: &GeneMoments) -> f64 {
    moments.sum as f64 / f64::from(1_u32 << FIXED_POINT_BITS)
}

/// ΣX² as a number.
pub fn sum_sq(moments: &GeneMoments) -> f64 {
    // X² of twice the bits less those that are dropped.
    moments.sum_sq as f64 / f64::from(1_u32 << (2 * FIXED_POINT_BITS - SQUARE_SHIFT))
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
            prop_assert_eq!(f64::from(x) / f64::from(1_u32 << FIXED_POINT_BITS), f64::from(value));
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
        xs.map(encode).into_iter().for_each(|x| push(&mut moments, x));
        assert_eq!((moments.n_nonzero, sum(&moments), sum_sq(&moments)), (3, 12.75, 88.3125));
    }
}
