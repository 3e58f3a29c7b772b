//! Fixed point: how an expression value becomes an integer that sums exactly.

use shared_fbs::tile;

use super::Bands;

/// Bits of an f32's significand.
pub(super) const SIGNIFICAND_BITS: u32 = 24;

/// |X| stays below 2⁵¹, so that [`encode_scaled`] rounds it.
const MOST_BITS: u32 = 51;

/// Bits of fraction of log-normalized counts of usual size, which then have 31 bits.
const USUAL_FRAC_BITS: i32 = 27;

/// Bits that are dropped from squares at most where values have more bits than usual: the least value has 24, so its
/// square keeps 26 of 46.
const MOST_SQUARE_SHIFT: u8 = 20;

/// One step for all genes of a layer: `X = round(x · 2^frac_bits)`, ties to even, |X| < 2⁵¹; squares are summed as
/// `(X² + half) >> square_shift`.
///
/// The step that a builder chooses holds every value of the layer exactly; where no step does, the layer has [`Bands`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedPoint {
    frac_bits: i16,
    square_shift: u8,
    /// Whether sums of squares over all cells fit 64 bits.
    is_narrow: bool,
}

/// How the values of a layer become integers.
#[derive(Clone, Debug, PartialEq)]
pub enum FixedPoints {
    /// One step for all, as for counts and log-normalized counts.
    Uniform(FixedPoint),
    /// Steps for every gene, by the magnitude of values, as for real numbers.
    Banded(Bands),
}

impl FixedPoint {
    /// For counts, which are integers as they are.
    pub const COUNTS: Self = Self { frac_bits: 0, square_shift: 0, is_narrow: false };

    /// For log-normalized counts as nearly all layers have them, from 1/16 to below 16: 27 bits of fraction hold
    /// each exactly.
    pub fn for_log_counts(n_obs: u64) -> Self {
        Self { frac_bits: USUAL_FRAC_BITS as i16, square_shift: square_shift(n_obs), is_narrow: true }
    }

    /// For log-normalized counts from `least` to `largest` (finite, above zero): with 27 bits of fraction, or as many
    /// more as the least value takes. `None` where sums over `n_obs` cells have no room for so many.
    pub fn for_log_counts_between(least: f32, largest: f32, n_obs: u64) -> Option<Self> {
        // The powers of two above them.
        let exponent = |value: f32| libm::frexp(f64::from(value)).1;
        let frac_bits = (SIGNIFICAND_BITS as i32 - exponent(least)).max(USUAL_FRAC_BITS);
        let square_shift = match frac_bits {
            USUAL_FRAC_BITS => square_shift(n_obs),
            _ => square_shift(n_obs).min(MOST_SQUARE_SHIFT),
        };
        let room = MOST_BITS.min(i64::BITS - 1 - log2_ceil(n_obs)) as i32;
        if frac_bits + exponent(largest) > room {
            return None;
        }
        Self::new(frac_bits as i16, square_shift, largest, n_obs)
    }

    /// From the numbers in a manifest, that of the layer's largest |value| among them; `None` when no dataset could
    /// have them.
    pub fn new(frac_bits: i16, square_shift: u8, largest: f32, n_obs: u64) -> Option<Self> {
        let wide = Self::of_bits(frac_bits, square_shift)?;
        let most = wide.square(wide.encode(largest)).saturating_mul(n_obs.into());
        Some(Self { is_narrow: u64::try_from(most).is_ok(), ..wide })
    }

    /// For sums over any number of cells; `None` when no numbers could have so many bits.
    pub const fn of_bits(frac_bits: i16, square_shift: u8) -> Option<Self> {
        if frac_bits < 0 || frac_bits > MOST_BITS as i16 || square_shift >= u32::BITS as u8 {
            return None;
        }
        Some(Self { frac_bits, square_shift, is_narrow: false })
    }

    /// Bits of fraction.
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

    /// Whether sums of squares over all cells fit 64 bits.
    pub(super) fn is_narrow(self) -> bool {
        self.is_narrow
    }

    /// [`Self::square`] of an `X` of at most 31 bits, as where sums are narrow.
    #[inline]
    pub(super) fn narrow_square(self, x: i64) -> u64 {
        let magnitude = x.unsigned_abs();
        magnitude.wrapping_mul(magnitude).wrapping_add(self.half()) >> self.square_shift
    }

    /// What `X` adds to the sum of squares.
    #[inline]
    pub fn square(self, x: i64) -> u128 {
        let magnitude = x.unsigned_abs();
        // In 64 bits where they do: products of 128 bits are calls in WebAssembly.
        if magnitude < 1 << 31 {
            self.narrow_square(x).into()
        } else {
            (u128::from(magnitude) * u128::from(magnitude) + u128::from(self.half())) >> self.square_shift
        }
    }
}

/// Rounds a scaled value, ties to even.
///
/// Adding 1.5 · 2⁵² leaves the rounded integer in the low bits of the mantissa: two additions where
/// `round_ties_even` would be a call on x86-64 without SSE4.1 (`benches/de.rs`).
#[inline]
pub(super) fn encode_scaled(scaled: f64) -> i64 {
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    const LIMIT: f64 = ((1u64 << MOST_BITS) - 1) as f64;
    // NaN fails both comparisons of `max` and `min` and becomes the limit's opposite: test first.
    let scaled = if scaled.is_nan() { 0.0 } else { scaled };
    let bounded = scaled.clamp(-LIMIT, LIMIT);
    (bounded + MAGIC).to_bits() as i64 - MAGIC.to_bits() as i64
}

/// Bits to drop from squares of log-normalized counts: as many as keep the squares of `n_obs` numbers of 31 bits within
/// 63 bits, so that sums are quick and tiles of them small.
fn square_shift(n_obs: u64) -> u8 {
    log2_ceil(n_obs).saturating_sub(1) as u8
}

/// The number of bits that sums over `n_obs` numbers have more than each.
pub(super) fn log2_ceil(n_obs: u64) -> u32 {
    n_obs.max(1).next_power_of_two().trailing_zeros()
}

impl FixedPoints {
    /// Entries that moments have in a layer of `n_genes` genes.
    pub fn n_entries(&self, n_genes: usize) -> usize {
        match self {
            Self::Uniform(_) => n_genes,
            Self::Banded(bands) => bands.n_entries(),
        }
    }

    /// Genes of a layer whose moments have `n_entries` entries.
    pub fn n_genes(&self, n_entries: usize) -> usize {
        match self {
            Self::Uniform(_) => n_entries,
            Self::Banded(bands) => bands.n_genes().min(n_entries),
        }
    }

    /// The step of an entry: the value whose `X` is 1.
    ///
    /// # Panics
    /// When there is no such entry.
    pub fn step(&self, entry: usize) -> f64 {
        match self {
            Self::Uniform(fixed) => 1.0 / fixed.scale(),
            Self::Banded(bands) => libm::ldexp(1.0, -i32::from(bands.frac_bits(entry))),
        }
    }

    /// The steps of a layer that has `band_bits`, from the tile of its moments over all cells (which has every entry
    /// that is not empty). `None` when they make no sense.
    pub fn from_tile(band_bits: u8, total: &tile::Moments, n_genes: usize) -> Option<Self> {
        Bands::from_tile(band_bits, total, n_genes).map(Self::Banded)
    }

    /// The largest value of every gene in a set of cells, zeros included, out of a tile that tells it. `None` for a
    /// tile that does not, or that is of another layer.
    pub fn largest_values(&self, tile: &tile::Moments, n_genes: usize) -> Option<Vec<f32>> {
        let mut largest = vec![f32::NEG_INFINITY; n_genes];
        let mut n_nonzero = vec![0; n_genes];
        for ((&entry, &of_entry), &max) in tile.entries.iter().zip(&tile.n_nonzero).zip(tile.max.as_ref()?) {
            let gene = match self {
                Self::Uniform(_) => entry as usize,
                Self::Banded(bands) => bands.gene_of(entry as usize)?,
            };
            *n_nonzero.get_mut(gene)? += u64::from(of_entry);
            largest[gene] = largest[gene].max(max);
        }
        for (largest, n_nonzero) in largest.iter_mut().zip(n_nonzero) {
            if n_nonzero < tile.n_cells {
                *largest = largest.max(0.0);
            }
        }
        Some(largest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn log_counts_have_27_bits_of_fraction_or_as_many_as_the_least_takes() {
        let bits = |least, largest, n_obs| {
            FixedPoint::for_log_counts_between(least, largest, n_obs).map(FixedPoint::frac_bits)
        };
        assert_eq!(bits(0.07, 9.2, 1 << 32), Some(27));
        assert_eq!(bits(0.03, 9.2, 1_500_000), Some(29));
        assert_eq!(bits(0.03, 9.2, 1 << 32), None);
        assert_eq!(bits(1e-4, 9.2, 1_500_000), Some(37));
        assert_eq!(bits(1e-9, 9.2, 700), None);
        assert_eq!(FixedPoint::for_log_counts(1_500_000).square_shift(), 20);
        assert_eq!(FixedPoint::for_log_counts(1 << 32).square_shift(), 31);
        let deep = FixedPoint::for_log_counts_between(1e-2, 9.2, 1 << 24).unwrap();
        assert_eq!((deep.frac_bits(), deep.square_shift(), deep.is_narrow()), (30, 20, false));
        assert_eq!(FixedPoint::for_log_counts(2).square_shift(), 0);
    }

    #[test]
    fn not_a_number_and_infinities_stay_within_the_head_room() {
        let fixed = FixedPoint::for_log_counts(10);
        assert_eq!(fixed.encode(f32::NAN), 0);
        assert_eq!(fixed.encode(f32::INFINITY), (1 << 51) - 1);
        assert_eq!(fixed.encode(f32::NEG_INFINITY), 1 - (1 << 51));
    }

    proptest! {
        #[test]
        fn log_counts_are_held_exactly_and_sums_have_room(
            (least, value, largest) in [1e-6f32..16.0, 1e-6f32..16.0, 1e-6f32..16.0].prop_map(|mut values| {
                values.sort_unstable_by(f32::total_cmp);
                values.into()
            }),
            n_obs in 1u64..1 << 32,
        ) {
            let Some(fixed) = FixedPoint::for_log_counts_between(least, largest, n_obs) else { return Ok(()) };
            let x = fixed.encode(value);
            prop_assert_eq!(x as f64, f64::from(value) * fixed.scale());
            prop_assert!(i64::try_from(i128::from(fixed.encode(largest)) * i128::from(n_obs)).is_ok());
            let exact = (x as u128 * x as u128 + u128::from(fixed.half())) >> fixed.square_shift();
            prop_assert_eq!(fixed.square(x), exact);
            prop_assert_eq!(FixedPoint::new(fixed.frac_bits(), fixed.square_shift(), largest, n_obs), Some(fixed));
            if fixed.is_narrow() {
                prop_assert_eq!(u128::from(fixed.narrow_square(x)), exact);
                prop_assert!(u64::try_from(exact * u128::from(n_obs)).is_ok());
            }
            prop_assert!(fixed.frac_bits() > 27 || largest >= 16.0 || fixed.is_narrow());
        }
    }
}
