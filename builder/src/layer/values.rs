//! What the stored bits of a layer's values mean: expression values, and those in fixed point.

use explorer_core::de::{FixedPoint, FixedPoints, NormalizedCells, Place, TABLE_COUNTS};
use rayon::prelude::*;
use shared_fbs::{
    manifest::ValueKind,
    tile::{Counts, ExpressionValues},
};

/// A layer's values: how they are stored, and how they sum up.
pub struct LayerValues<'a> {
    pub kind: ValueKind,
    pub fixed: FixedPoints,
    /// In storage order; none unless the values are log-normalized counts.
    cells: NormalizedCells<'a>,
    /// For log-normalized counts: `X` of the small counts of every cell; 0 where it takes more than 32 bits.
    table: Vec<[u32; TABLE_COUNTS]>,
}

/// A value in fixed point.
#[derive(Clone, Copy)]
pub struct Term {
    /// The entry of moments that it adds to.
    pub entry: u32,
    pub cell: u32,
    pub x: i64,
}

impl<'a> LayerValues<'a> {
    /// The values of a layer; `cells` are all cells, none unless the values are log-normalized counts.
    pub fn new(kind: ValueKind, fixed: FixedPoints, cells: NormalizedCells<'a>) -> Self {
        let table = match &fixed {
            FixedPoints::Uniform(step) => {
                let row = |cell| cells.get(cell).unwrap_or_default().table(*step);
                (0..cells.len()).into_par_iter().map(row).collect()
            }
            FixedPoints::Banded(_) => Vec::new(),
        };
        Self { kind, fixed, cells, table }
    }

    /// Values as tiles hold them.
    pub fn of_tile(&self, bits: &[u32]) -> ExpressionValues {
        match self.kind {
            ValueKind::Float => ExpressionValues::Floats(bits.iter().copied().map(f32::from_bits).collect()),
            _ => ExpressionValues::Counts(Counts::narrowest(bits)),
        }
    }

    /// Appends the terms of values of one gene, given as (cell, bits).
    pub fn to_terms(&self, gene: usize, values: impl Iterator<Item = (u32, u32)>, terms: &mut Vec<Term>) {
        let entry = gene as u32;
        match (&self.fixed, self.kind) {
            (FixedPoints::Banded(bands), _) => {
                terms.extend(values.map(|(cell, bits)| match bands.place(gene, f32::from_bits(bits)) {
                    Place::Entry(entry, exact) => Term { entry: entry as u32, cell, x: exact.x() },
                    Place::Nowhere | Place::Unknown => unreachable!("bands were made of these values"),
                }));
            }
            (FixedPoints::Uniform(step), ValueKind::LogNormalizedCounts) => {
                terms.extend(values.map(|(cell, count)| {
                    let x = match self.table[cell as usize].get(count as usize) {
                        Some(&x) if x != 0 => x.into(),
                        _ => step.encode(self.cells.get(cell as usize).unwrap_or_default().value(count)),
                    };
                    Term { entry, cell, x }
                }));
            }
            (FixedPoints::Uniform(_), _) => {
                terms.extend(values.map(|(cell, count)| Term { entry, cell, x: count.into() }));
            }
        }
    }

    /// What a term adds to a sum of squares.
    #[inline]
    pub fn square(&self, x: i64) -> u128 {
        match &self.fixed {
            FixedPoints::Uniform(step) => step.square(x),
            // Exact, as integers are.
            FixedPoints::Banded(_) => FixedPoint::COUNTS.square(x),
        }
    }
}

/// What an entry adds up to over a set of cells, in 32 bytes.
#[derive(Clone, Copy)]
pub struct EntrySums {
    pub sum_sq: u128,
    pub sum: i64,
    pub n_nonzero: u32,
    /// The largest X, which is exact: like the value it has 24 significant bits.
    pub max_x: f32,
}

impl EntrySums {
    /// Of no value.
    pub const EMPTY: Self = Self { sum_sq: 0, sum: 0, n_nonzero: 0, max_x: f32::NEG_INFINITY };

    /// Takes in one value.
    #[inline]
    pub fn push(&mut self, x: i64, square: u128) {
        self.merge(Self { sum_sq: square, sum: x, n_nonzero: 1, max_x: x as f32 });
    }

    /// Adds those of other cells. The head-room covers all cells.
    #[inline]
    pub fn merge(&mut self, other: Self) {
        self.n_nonzero += other.n_nonzero;
        self.sum += other.sum;
        self.sum_sq += other.sum_sq;
        if other.max_x > self.max_x {
            self.max_x = other.max_x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use explorer_core::{
        data::assemble::Rebuild,
        de::{Bands, Correction, Exponents, Gather, GeneMoments, Normalization},
    };
    use proptest::prelude::*;
    use shared_fbs::tile::Expression;

    fn kinds() -> impl Strategy<Value = ValueKind> {
        prop::sample::select(&[ValueKind::Counts, ValueKind::LogNormalizedCounts, ValueKind::Float][..])
    }

    proptest! {
        #[test]
        fn sums_are_those_of_the_core(
            kind in kinds(),
            counts in prop::collection::vec(prop_oneof![1u32..2000, Just(3u32), Just(1000u32)], 1..100),
            n_obs in 100u64..1 << 32,
            (divisor, scale) in (0.01f32..100.0, prop::sample::select(&[1f32, 1e9, 1e-30][..])),
        ) {
            let normalization = match kind {
                ValueKind::LogNormalizedCounts => {
                    // One small and one large count is corrected.
                    let corrections = [(3, -1), (1000, 2)].map(|(count, difference)| Correction { count, difference });
                    let of_cell = |cell| corrections.map(move |correction| (cell, correction));
                    Normalization::new(vec![divisor; counts.len()], (0..counts.len() as u32).flat_map(of_cell))
                }
                _ => Normalization::default(),
            };
            let cells = normalization.cells();
            let value = |(at, &count): (usize, &u32)| match kind {
                ValueKind::Counts => (count as f32, count),
                ValueKind::LogNormalizedCounts => (cells.get(at).unwrap().value(count), count),
                _ => {
                    // Some are of another magnitude.
                    let value = count as f32 / divisor * if at % 3 == 0 { scale } else { 1.0 };
                    (value, value.to_bits())
                }
            };
            let (floats, bits): (Vec<f32>, Vec<u32>) = counts.iter().enumerate().map(value).unzip();
            let range = floats.iter().fold((f32::INFINITY, 0f32), |(least, most), x| (least.min(*x), most.max(*x)));
            let fixed = match kind {
                ValueKind::Counts => FixedPoints::Uniform(FixedPoint::COUNTS),
                ValueKind::LogNormalizedCounts => {
                    let step = FixedPoint::for_log_counts_between(range.0, range.1, n_obs);
                    prop_assume!(step.is_some());
                    FixedPoints::Uniform(step.unwrap())
                }
                _ => {
                    let mut exponents = Exponents::default();
                    floats.iter().for_each(|&value| exponents.insert(value));
                    FixedPoints::Banded(Bands::new(&[exponents], n_obs))
                }
            };
            let n_entries = fixed.n_entries(1);
            let values = LayerValues::new(kind, fixed.clone(), cells);
            let mut terms = Vec::new();
            values.to_terms(0, (0u32..).zip(bits.iter().copied()), &mut terms);
            let mut sums = vec![EntrySums::EMPTY; n_entries];
            terms.iter().for_each(|term| sums[term.entry as usize].push(term.x, values.square(term.x)));

            let rebuild = match kind {
                ValueKind::LogNormalizedCounts => Rebuild::LogNormalized(cells),
                _ => Rebuild::Plain,
            };
            let labels = vec![1; floats.len()];
            let mut gather = Gather::new(&labels, rebuild, &fixed, 1);
            let cells = (0..floats.len() as u16).collect();
            gather.push(0..1, &[Expression { cells, values: values.of_tile(&bits) }]).unwrap();
            let [expected, _] = gather.finish();
            let sums_only =
                |sums: &EntrySums| GeneMoments { n_nonzero: sums.n_nonzero, sum: sums.sum, sum_sq: sums.sum_sq };
            prop_assert_eq!(sums.iter().map(sums_only).collect::<Vec<_>>(), expected.entries);
            let largest = (0..).zip(&sums).map(|(entry, sums)| (f64::from(sums.max_x) * fixed.step(entry)) as f32);
            prop_assert_eq!(largest.fold(0.0, f32::max), range.1);
        }
    }
}
