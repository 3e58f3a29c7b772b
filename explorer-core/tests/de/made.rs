//! Values of any range, and their moments.

use explorer_core::{
    de::{Bands, Exponents, FixedPoints, GeneMoments, Labels, Moments, gather_banded},
    filter::CellMask,
};
use proptest::prelude::*;

/// A gene: cells with a value, and the values.
pub type Gene = (Vec<u32>, Vec<f32>);

/// The steps of genes with these values, in a dataset of `n_obs` cells.
pub fn bands_of(genes: &[Gene], n_obs: u64) -> FixedPoints {
    let exponents = |(_, values): &Gene| {
        let mut exponents = Exponents::default();
        values.iter().for_each(|&value| exponents.insert(value));
        exponents
    };
    FixedPoints::Banded(Bands::new(&genes.iter().map(exponents).collect::<Vec<_>>(), n_obs))
}

/// The moments of two sets, gene by gene.
pub fn banded_moments(genes: &[Gene], sets: [&CellMask; 2], fixed: &FixedPoints) -> [Moments; 2] {
    let FixedPoints::Banded(bands) = fixed else { panic!("{fixed:?} is one step for all") };
    let labels = Labels::new(sets[0], sets[1]);
    let mut sums = [0, 1].map(|_| vec![GeneMoments::default(); bands.n_entries()]);
    for (gene, (cells, values)) in genes.iter().enumerate() {
        gather_banded(cells, values, labels.as_bytes(), (bands, gene), &mut sums).unwrap();
    }
    let [group, reference] = sums;
    let moments = |set: &CellMask, entries| Moments { n_cells: set.count() as u64, entries };
    [moments(sets[0], group), moments(sets[1], reference)]
}

/// Values that are hard to sum up: of every magnitude there is, close together at the edges of magnitudes, large with
/// a small spread, equal, none.
pub fn values() -> impl Strategy<Value = f32> {
    let any = any::<u32>().prop_map(f32::from_bits).prop_filter("must be finite", |value| value.is_finite());
    let at_an_edge = (0u32..3, prop::sample::select(&[-149, -126, -40, -1, 0, 1, 20, 40, 100][..]))
        .prop_map(|(steps, exponent)| f32::from_bits((libm::ldexp(1.0, exponent) as f32).to_bits() + steps - 1));
    prop_oneof![
        4 => 0.0f32..9.0,
        2 => any,
        2 => at_an_edge,
        2 => 99_999.95f32..100_000.05,
        1 => prop::sample::select(&[0.0, -0.0, 2.0, -8.0, 8.0, 3e5, 1e9, -1e9, 1e30, f32::MAX, 1e-40, 1e-7][..]),
    ]
}
