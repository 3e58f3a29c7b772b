//! Fixed point: how an expression value becomes an integer that sums exactly.

use shared_fbs::tile;

/// Largest |X|, which an `i32` holds; sums over 2³² cells stay below 2⁶³ and squares below 2⁶².
const X_LIMIT: f64 = ((1u64 << X_BITS) - 1) as f64;
const X_BITS: i32 = 31;

/// The fixed point of one gene: `X = round(x · 2^frac_bits)`, ties to even, |X| < 2³¹; squares are
/// summed as `(X² + half) >> square_shift`.
///
/// The error of a value is at most `2^-(frac_bits + 1)`: at most 2⁻³¹ of the gene's largest. (With 28 bits in
/// place of 31, t of 15 genes of two real files lay 1.6e-6 off.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedPoint {
    frac_bits: i16,
    square_shift: u8,
}

/// The fixed points of a layer's genes.
#[derive(Clone, Debug, PartialEq)]
pub enum FixedPoints {
    /// One for all, as for log-normalized counts.
    Uniform(FixedPoint),
    /// One a gene, in gene order.
    PerGene(Vec<FixedPoint>),
}

impl FixedPoint {
    /// For log-normalized counts, whose values stay below 16 (the logarithm of 10 000 is 9.2):
    /// 27 bits of fraction.
    pub fn for_log_counts(n_obs: u64) -> Self {
        Self { frac_bits: 27, square_shift: square_shift(n_obs) }
    }

    /// For values up to `max_abs` in size (finite) over `n_obs` cells: as many bits of fraction as
    /// the head-room allows, none to spare for large values (then `frac_bits` is negative).
    ///
    /// Sums cannot overflow: |ΣX| < 2³¹ · n_obs < 2⁶³, and the shift keeps the sum of squares
    /// within 2⁶⁴.
    pub fn for_values(max_abs: f32, n_obs: u64) -> Self {
        // The power of two above `max_abs`: of its 24 significant bits none is rounded up to the limit.
        let (_, exponent) = libm::frexp(f64::from(max_abs.abs()));
        let frac_bits = (X_BITS - exponent).clamp(-100, 120) as i16;
        Self { frac_bits, square_shift: square_shift(n_obs) }
    }

    /// From the numbers in manifest and tiles; `None` when no dataset could hold them.
    pub fn new(frac_bits: i16, square_shift: u8) -> Option<Self> {
        let is_sound = (-100..=120).contains(&frac_bits) && square_shift <= self::square_shift(1 << 32);
        is_sound.then_some(Self { frac_bits, square_shift })
    }

    /// Bits of fraction; negative where values are so large that low bits are dropped.
    pub fn frac_bits(self) -> i16 {
        self.frac_bits
    }

    /// Bits dropped from each square.
    pub fn square_shift(self) -> u8 {
        self.square_shift
    }

    /// `2^frac_bits`: multiplying by it is exact.
    pub(super) fn scale(self) -> f64 {
        libm::ldexp(1.0, i32::from(self.frac_bits))
    }

    /// What is added to a square before the shift, so that it rounds.
    pub(super) fn half(self) -> u64 {
        (1 << self.square_shift) >> 1
    }

    /// `X` of a value; NaN is 0, and values past the head-room stay at its end.
    pub fn encode(self, value: f32) -> i64 {
        encode_scaled(f64::from(value) * self.scale())
    }
}

/// Rounds a scaled value, ties to even.
///
/// Adding 1.5 · 2⁵² leaves the rounded integer in the low bits of the mantissa: two additions where
/// `round_ties_even` would be a call on x86-64 without SSE4.1 (`benches/de.rs`).
#[inline]
pub(super) fn encode_scaled(scaled: f64) -> i64 {
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    // NaN fails both comparisons of `max` and `min` and becomes the limit's opposite: test first.
    let scaled = if scaled.is_nan() { 0.0 } else { scaled };
    let bounded = scaled.clamp(-X_LIMIT, X_LIMIT);
    (bounded + MAGIC).to_bits() as i64 - MAGIC.to_bits() as i64
}

/// Bits to drop from squares below 2⁶² so that `n_obs` of them stay within a `u64`.
fn square_shift(n_obs: u64) -> u8 {
    let log2_n_obs = n_obs.max(1).next_power_of_two().trailing_zeros();
    (2 * X_BITS as u32 + log2_n_obs).saturating_sub(63) as u8
}

impl FixedPoints {
    /// The fixed point of one gene; of a gene out of range, that of log-normalized counts.
    pub fn get(&self, gene: usize) -> FixedPoint {
        match self {
            Self::Uniform(fixed) => *fixed,
            Self::PerGene(genes) => genes.get(gene).copied().unwrap_or(FixedPoint::for_log_counts(1)),
        }
    }

    /// The fixed points of a layer that has one a gene, from the tile of its total moments (which names every gene
    /// that has a value). `None` when they make no sense.
    pub fn from_tile(square_shift: u8, total: &tile::Moments, n_genes: usize) -> Option<Self> {
        let per_gene = total.frac_bits.as_ref()?;
        let absent = FixedPoint::new(0, square_shift)?;
        let mut genes = vec![absent; n_genes];
        for (&gene, &frac_bits) in total.genes.iter().zip(per_gene) {
            *genes.get_mut(gene as usize)? = FixedPoint::new(frac_bits, square_shift)?;
        }
        Some(Self::PerGene(genes))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn log_counts_have_27_bits_of_fraction() {
        assert_eq!(FixedPoint::for_values(9.2, 700).frac_bits(), 27);
        assert_eq!(FixedPoint::for_values(16.0, 700).frac_bits(), 26);
        assert_eq!(FixedPoint::for_log_counts(1_500_000).square_shift(), 20);
        assert_eq!(FixedPoint::for_log_counts(2).square_shift(), 0);
    }

    #[test]
    fn not_a_number_and_infinities_stay_within_the_head_room() {
        let fixed = FixedPoint::for_log_counts(10);
        assert_eq!(fixed.encode(f32::NAN), 0);
        assert_eq!(fixed.encode(f32::INFINITY), (1 << 31) - 1);
        assert_eq!(fixed.encode(f32::NEG_INFINITY), 1 - (1 << 31));
    }

    proptest! {
        #[test]
        fn encode_rounds_within_the_head_room(value: f32, larger in 1f32..1e3, n_obs in 1u64..1 << 32) {
            prop_assume!(value.is_finite() && (value * larger).is_finite());
            let fixed = FixedPoint::for_values(value * larger, n_obs);
            let x = fixed.encode(value);
            prop_assert_eq!(x as f64, (f64::from(value) * fixed.scale()).round_ties_even());
            prop_assert!(x.unsigned_abs() < 1 << 31);
            let largest = ((1u128 << 62) + u128::from(fixed.half())) >> fixed.square_shift();
            prop_assert!(u64::try_from(largest * u128::from(n_obs)).is_ok());
            let read = FixedPoint::new(fixed.frac_bits(), fixed.square_shift());
            prop_assert_eq!(read, Some(fixed));
        }
    }
}
