//! What the stored bits of a layer's values mean: expression values, and those in fixed point.

use explorer_core::de::{FixedPoint, FixedPoints, GeneMoments, log_normalize};
use rayon::prelude::*;
use shared_fbs::{
    manifest::ValueKind,
    tile::{Counts, ExpressionValues},
};

/// Counts below this one, nearly all of a droplet assay's, are looked up rather than computed.
const TABLE_COUNTS: usize = 8;

/// A layer's values: how they are stored, and how they sum up.
pub struct LayerValues<'a> {
    pub kind: ValueKind,
    pub fixed: FixedPoints,
    /// In storage order; empty unless the values are log-normalized counts.
    divisors: &'a [f32],
    /// For log-normalized counts: `X` of the small counts of every cell.
    table: Vec<[i32; TABLE_COUNTS]>,
}

impl<'a> LayerValues<'a> {
    /// The values of a layer; `divisors` are those of all cells, none unless the values are log-normalized counts.
    pub fn new(kind: ValueKind, fixed: FixedPoints, divisors: &'a [f32]) -> Self {
        let shared = fixed.get(0);
        let row = |&divisor: &f32| std::array::from_fn(|count| x(shared, log_normalize(count as u32, divisor)));
        Self { kind, table: divisors.par_iter().map(row).collect(), fixed, divisors }
    }

    /// Values as tiles hold them.
    pub fn of_tile(&self, bits: &[u32]) -> ExpressionValues {
        match self.kind {
            ValueKind::Float => ExpressionValues::Floats(bits.iter().copied().map(f32::from_bits).collect()),
            _ => ExpressionValues::Counts(Counts::narrowest(bits)),
        }
    }

    /// Appends the `X` of values of one gene, given as (cell, bits).
    pub fn to_fixed(&self, gene: usize, values: impl Iterator<Item = (u32, u32)>, xs: &mut Vec<i32>) {
        let fixed = self.fixed.get(gene);
        match self.kind {
            ValueKind::Counts => xs.extend(values.map(|(_, count)| x(fixed, count as f32))),
            ValueKind::LogNormalizedCounts => xs.extend(values.map(|(cell, count)| {
                let cell = cell as usize;
                match self.table[cell].get(count as usize) {
                    Some(&x) => x,
                    None => x(fixed, log_normalize(count, self.divisors[cell])),
                }
            })),
            _ => xs.extend(values.map(|(_, bits)| x(fixed, f32::from_bits(bits)))),
        }
    }
}

/// `X` of a value; its head-room is that of an `i32`.
fn x(fixed: FixedPoint, value: f32) -> i32 {
    fixed.encode(value) as i32
}

/// Adds values to sums. Taken out of [`GeneMoments`], so that what is the same for all values is computed once.
#[derive(Clone, Copy)]
pub struct Adder {
    half: u64,
    square_shift: u8,
}

impl Adder {
    /// For values in this fixed point.
    pub fn new(fixed: FixedPoint) -> Self {
        Self { half: (1 << fixed.square_shift()) >> 1, square_shift: fixed.square_shift() }
    }

    /// Takes in one value.
    #[inline]
    pub fn add(self, x: i32, sums: &mut GeneMoments) {
        let magnitude = u64::from(x.unsigned_abs());
        sums.n_nonzero += 1;
        sums.sum += i64::from(x);
        sums.sum_sq += (magnitude * magnitude + self.half) >> self.square_shift;
    }
}

/// Adds the sums of a set of cells to those of another. The head-room covers all cells.
#[inline]
pub fn add_sums(from: GeneMoments, to: &mut GeneMoments) {
    to.n_nonzero += from.n_nonzero;
    to.sum += from.sum;
    to.sum_sq += from.sum_sq;
}

#[cfg(test)]
mod tests {
    use super::*;
    use explorer_core::de::scatter_floats;
    use proptest::prelude::*;

    fn kinds() -> impl Strategy<Value = ValueKind> {
        prop::sample::select(&[ValueKind::Counts, ValueKind::LogNormalizedCounts, ValueKind::Float][..])
    }

    proptest! {
        #[test]
        fn sums_are_those_of_the_core(
            kind in kinds(),
            counts in prop::collection::vec(1u32..2000, 1..100),
            n_obs in 100u64..1 << 32,
            divisor in 0.01f32..100.0,
        ) {
            let divisors = match kind {
                ValueKind::LogNormalizedCounts => vec![divisor; counts.len()],
                _ => Vec::new(),
            };
            let (floats, bits): (Vec<f32>, Vec<u32>) = match kind {
                ValueKind::Counts => counts.iter().map(|&count| (count as f32, count)).unzip(),
                ValueKind::LogNormalizedCounts => {
                    counts.iter().map(|&count| (log_normalize(count, divisor), count)).unzip()
                }
                _ => counts.iter().map(|&count| (count as f32 / divisor, (count as f32 / divisor).to_bits())).unzip(),
            };
            let max_abs = floats.iter().copied().fold(0.0, f32::max);
            prop_assume!(max_abs < 16.0 || kind != ValueKind::LogNormalizedCounts);
            let fixed = match kind {
                ValueKind::LogNormalizedCounts => FixedPoint::for_log_counts(n_obs),
                _ => FixedPoint::for_values(max_abs, n_obs),
            };
            let values = LayerValues::new(kind, FixedPoints::Uniform(fixed), &divisors);
            let mut xs = Vec::new();
            values.to_fixed(0, (0u32..).zip(bits), &mut xs);
            let mut sums = GeneMoments::default();
            xs.iter().for_each(|&x| Adder::new(fixed).add(x, &mut sums));
            let mut expected = [GeneMoments::default()];
            let cells: Vec<u32> = (0..floats.len() as u32).collect();
            scatter_floats(&cells, &floats, &vec![0u8; floats.len()], fixed, &mut expected);
            prop_assert_eq!(sums, expected[0]);
        }
    }
}
