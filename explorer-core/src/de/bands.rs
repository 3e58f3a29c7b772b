//! Bands of magnitude: every f32 as an integer, exactly, so that sums of real numbers are exact too.
//!
//! An f32 is an integer of 24 bits times a power of two. Values of a gene whose powers lie close together share a
//! step, the least of them, and their integers have some bits more; the sums of those over all cells fit an `i64`,
//! those of their squares a `u128`. A gene whose values spread further has several such bands, each with moments of
//! its own: the band of its largest values is the entry of the gene's number, those of ever smaller values are entries
//! from `n_genes` on, gene after gene. So nothing is ever rounded, whatever the range of a gene.

use shared_fbs::tile;

use super::fixed::{SIGNIFICAND_BITS, log2_ceil};

/// The exponents of f32 as stored, 1 to 254; numbers below 2⁻¹²⁶ have that of 2⁻¹²⁶.
const EXPONENTS: std::ops::RangeInclusive<u8> = 1..=254;

/// A value of the exponent `e` is an integer times `2^(e - 150)`.
const UNIT_BIAS: i16 = 150;

/// The binary orders of magnitude that a gene's values have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exponents([u64; 4]);

impl Exponents {
    /// Takes in a value; zeros and what is not finite have none.
    #[inline]
    pub fn insert(&mut self, value: f32) {
        if value != 0.0 && value.is_finite() {
            let exponent = stored_exponent(value).max(1);
            self.0[usize::from(exponent >> 6)] |= 1 << (exponent & 63);
        }
    }

    /// Takes in those of other values.
    pub fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine |= theirs);
    }

    fn contains(&self, exponent: u8) -> bool {
        self.0[usize::from(exponent >> 6)] >> (exponent & 63) & 1 == 1
    }

    /// The least exponent of every band, the band of the largest values first.
    fn bands(&self, band_bits: u8) -> Vec<u8> {
        let mut bands: Vec<(u8, u8)> = Vec::new();
        for exponent in EXPONENTS.rev().filter(|&exponent| self.contains(exponent)) {
            match bands.last_mut() {
                Some((most, least)) if *most - exponent < band_bits => *least = exponent,
                _ => bands.push((exponent, exponent)),
            }
        }
        bands.into_iter().map(|(_, least)| least).collect()
    }
}

/// The steps of all genes of a layer of real numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bands {
    band_bits: u8,
    /// The least exponent of every entry.
    least: Vec<u8>,
    /// The entry of every gene's first further band; then the number of entries.
    further: Vec<u32>,
}

/// Where a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is zero, or no finite number, and counts as zero.
    Nowhere,
    /// To this entry, as this integer.
    Entry(usize, Exact),
    /// To none of its gene's entries, which were made for other values.
    Unknown,
}

/// A value as an integer: `±significand << shift`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exact {
    significand: u32,
    shift: u32,
    is_negative: bool,
}

impl Exact {
    /// The integer.
    #[inline]
    pub fn x(self) -> i64 {
        let magnitude = i64::from(self.significand) << self.shift;
        if self.is_negative { -magnitude } else { magnitude }
    }

    /// Its square; without a product of 128 bits, which is a call in WebAssembly.
    #[inline]
    pub(crate) fn square(self) -> u128 {
        let square = u64::from(self.significand) * u64::from(self.significand);
        let shift = 2 * self.shift;
        // In two steps, since a shift by 64 is none.
        let high = square >> 1 >> (63 - shift);
        u128::from(high) << 64 | u128::from(square << shift)
    }
}

impl Bands {
    /// Binary orders of magnitude that a band covers at most, so that sums over `n_obs` cells fit an `i64`. Beyond 28
    /// there is no use: the shift of a square must stay below 64.
    pub fn band_bits_for(n_obs: u64) -> u8 {
        (i64::BITS - SIGNIFICAND_BITS).saturating_sub(log2_ceil(n_obs)).min(28) as u8
    }

    /// The bands of genes whose values have these orders of magnitude, over `n_obs` cells.
    pub fn new(genes: &[Exponents], n_obs: u64) -> Self {
        let band_bits = Self::band_bits_for(n_obs);
        // A gene without a value has one band all the same.
        let mut least = vec![*EXPONENTS.start(); genes.len()];
        let mut further = Vec::with_capacity(genes.len() + 1);
        for (gene, exponents) in genes.iter().enumerate() {
            further.push(least.len() as u32);
            let bands = exponents.bands(band_bits);
            if let Some((&first, others)) = bands.split_first() {
                least[gene] = first;
                least.extend_from_slice(others);
            }
        }
        further.push(least.len() as u32);
        Self { band_bits, least, further }
    }

    /// Reads them from the tile of the moments over all cells; `None` when they make no sense.
    pub(super) fn from_tile(band_bits: u8, total: &tile::Moments, n_genes: usize) -> Option<Self> {
        let (frac_bits, genes) = (total.frac_bits.as_ref()?, total.genes_of_bands.as_deref()?);
        let n_entries = n_genes.checked_add(genes.len())?;
        let is_sound = (1..=Self::band_bits_for(1)).contains(&band_bits)
            && genes.is_sorted()
            && genes.last().is_none_or(|&gene| (gene as usize) < n_genes)
            && u32::try_from(n_entries).is_ok();
        if !is_sound {
            return None;
        }
        let mut least = vec![*EXPONENTS.start(); n_entries];
        for (&entry, &frac_bits) in total.entries.iter().zip(frac_bits) {
            let exponent = UNIT_BIAS.checked_sub(frac_bits).and_then(|exponent| u8::try_from(exponent).ok())?;
            *least.get_mut(entry as usize)? = Some(exponent).filter(|exponent| EXPONENTS.contains(exponent))?;
        }
        let first = |gene: usize| (n_genes + genes.partition_point(|&other| (other as usize) < gene)) as u32;
        Some(Self { band_bits, least, further: (0..=n_genes).map(first).collect() })
    }

    /// Has the tile of the moments over all cells say what a reader of the dataset needs.
    pub fn describe_in(&self, total: &mut tile::Moments) {
        total.frac_bits = Some(total.entries.iter().map(|&entry| self.frac_bits(entry as usize)).collect());
        let genes = (0u32..).zip(self.further.windows(2));
        let of_bands = genes.flat_map(|(gene, bounds)| std::iter::repeat_n(gene, (bounds[1] - bounds[0]) as usize));
        total.genes_of_bands = Some(of_bands.collect());
    }

    /// Binary orders of magnitude that a band covers at most.
    pub fn band_bits(&self) -> u8 {
        self.band_bits
    }

    /// Number of genes.
    pub fn n_genes(&self) -> usize {
        self.further.len() - 1
    }

    /// Number of bands of all genes.
    pub fn n_entries(&self) -> usize {
        self.least.len()
    }

    /// The entries of a gene's further bands, larger values first.
    pub fn further(&self, gene: usize) -> std::ops::Range<usize> {
        self.further[gene] as usize..self.further[gene + 1] as usize
    }

    /// The gene of an entry.
    pub fn gene_of(&self, entry: usize) -> Option<usize> {
        if entry < self.n_genes() {
            return Some(entry);
        }
        let gene = self.further.partition_point(|&first| first as usize <= entry).checked_sub(1)?;
        (gene < self.n_genes()).then_some(gene)
    }

    /// An entry's bits of fraction: `X = x · 2^frac_bits`.
    pub fn frac_bits(&self, entry: usize) -> i16 {
        UNIT_BIAS - i16::from(self.least[entry])
    }

    /// Where a value of a gene goes.
    ///
    /// # Panics
    /// When there is no such gene.
    #[inline]
    pub fn place(&self, gene: usize, value: f32) -> Place {
        // Zeros, whose exponent is stored as 0, wrap around to a shift that no band has.
        let shift = u32::from(stored_exponent(value)).wrapping_sub(self.least[gene].into());
        if shift < u32::from(self.band_bits) && value.is_finite() {
            return Place::Entry(gene, Exact { significand: significand(value), shift, is_negative: value < 0.0 });
        }
        self.place_elsewhere(gene, value)
    }

    /// [`Self::place`] of values that are not plainly of a gene's first band.
    #[cold]
    fn place_elsewhere(&self, gene: usize, value: f32) -> Place {
        if value == 0.0 || !value.is_finite() {
            return Place::Nowhere;
        }
        let is_subnormal = stored_exponent(value) == 0;
        let exponent = stored_exponent(value).max(1);
        let holds = |entry: &usize| self.least[*entry] <= exponent;
        let Some(entry) = std::iter::once(gene).chain(self.further(gene)).find(holds) else { return Place::Unknown };
        let shift = u32::from(exponent - self.least[entry]);
        if shift >= u32::from(self.band_bits) {
            return Place::Unknown;
        }
        let hidden_bit = u32::from(is_subnormal) << (SIGNIFICAND_BITS - 1);
        let significand = significand(value) ^ hidden_bit;
        Place::Entry(entry, Exact { significand, shift, is_negative: value < 0.0 })
    }
}

#[inline]
fn stored_exponent(value: f32) -> u8 {
    (value.to_bits() >> (SIGNIFICAND_BITS - 1)) as u8
}

/// The significand of a normal number, with the bit that is not stored.
#[inline]
fn significand(value: f32) -> u32 {
    let hidden_bit = 1 << (SIGNIFICAND_BITS - 1);
    value.to_bits() & (hidden_bit - 1) | hidden_bit
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn finite() -> impl Strategy<Value = f32> {
        any::<u32>().prop_map(f32::from_bits).prop_filter("NaN and infinities are no values", |value| value.is_finite())
    }

    fn exponents(values: &[f32]) -> Exponents {
        let mut exponents = Exponents::default();
        values.iter().for_each(|&value| exponents.insert(value));
        exponents
    }

    proptest! {
        #[test]
        fn every_float_is_held_exactly_and_sums_have_room(
            genes in prop::collection::vec(prop::collection::vec(finite(), 0..6), 1..5),
            n_obs in 1u64..1 << 32,
        ) {
            let exponents: Vec<Exponents> = genes.iter().map(|values| exponents(values)).collect();
            let bands = Bands::new(&exponents, n_obs);
            let mut total = tile::Moments { entries: (0..bands.n_entries() as u32).collect(), ..Default::default() };
            bands.describe_in(&mut total);
            prop_assert_eq!(Bands::from_tile(bands.band_bits(), &total, genes.len()), Some(bands.clone()));
            for (gene, values) in genes.iter().enumerate() {
                for &value in values {
                    let (entry, exact) = match bands.place(gene, value) {
                        Place::Entry(entry, exact) => (entry, exact),
                        Place::Nowhere if value == 0.0 => continue,
                        place => panic!("{value} is {place:?}"),
                    };
                    let x = exact.x();
                    prop_assert_eq!(libm::ldexp(x as f64, -i32::from(bands.frac_bits(entry))), f64::from(value));
                    prop_assert_eq!(exact.square(), u128::from(x.unsigned_abs()).pow(2));
                    prop_assert!(i64::try_from(i128::from(x) * i128::from(n_obs)).is_ok());
                    prop_assert!(exact.square().checked_mul(u128::from(n_obs).pow(2)).is_some_and(|sum| sum < 1 << 127));
                    prop_assert_eq!(bands.gene_of(entry), Some(gene));
                }
            }
            prop_assert_eq!(bands.gene_of(bands.n_entries()), None);
        }
    }

    #[test]
    fn values_close_together_share_a_band() {
        let bands = Bands::new(&[exponents(&[2e-3, 1.0, 1000.0]), exponents(&[1e9, 2.0, 2.1])], 1_500_000);
        assert_eq!((bands.n_entries(), bands.further(0).len(), bands.further(1)), (3, 0, 2..3));
        assert_eq!(bands.place(0, 3e-5), Place::Unknown);
        assert_eq!(bands.place(1, 1e19), Place::Unknown);
        assert_eq!(bands.place(1, f32::NAN), Place::Nowhere);
        assert_eq!(bands.place(1, f32::INFINITY), Place::Nowhere);
    }

    #[test]
    fn a_total_that_makes_no_sense_is_refused() {
        let bands = Bands::new(&[exponents(&[1e9, 2.0]), Exponents::default()], 10_000_000);
        let mut total = tile::Moments { entries: vec![0, 2], ..Default::default() };
        bands.describe_in(&mut total);
        let read = |change: fn(&mut tile::Moments)| {
            let mut total = total.clone();
            change(&mut total);
            Bands::from_tile(bands.band_bits(), &total, 2)
        };
        assert_eq!(read(|_| ()), Some(bands.clone()));
        assert_eq!(read(|total| total.genes_of_bands = Some(vec![2])), None);
        assert_eq!(read(|total| total.genes_of_bands = Some(Vec::new())), None);
        assert_eq!(read(|total| total.frac_bits = Some(vec![200, 0])), None);
        assert_eq!(read(|total| total.frac_bits = None), None);
        assert_eq!(Bands::from_tile(0, &total, 2), None);
        assert_eq!(Bands::from_tile(60, &total, 2), None);
    }
}
