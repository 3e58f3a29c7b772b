//! The algebra of moments: any partition, any order, the same bits.

use explorer_core::data::CellIdx;
use explorer_core::de::{
    Bands, Correction, CountTable, Exponents, FixedPoint, FixedPoints, GeneMoments, Labels, Moments, MomentsError,
    Normalization, gather_banded, gather_counts, gather_floats, scatter_floats,
};
use explorer_core::filter::CellMask;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use shared_fbs::tile;

use crate::made::{Gene, banded_moments, bands_of, values};

const N_OBS: u32 = 500;

fn sparse(value: impl Strategy<Value = f32>) -> impl Strategy<Value = Gene> {
    btree_map(0..N_OBS, value, 0..200).prop_map(|map| map.into_iter().unzip())
}

fn mask(cells: &[bool]) -> CellMask {
    CellMask::from_fn(cells.len(), |cell| cells[cell])
}

/// Moments of a set of cells, gene by gene, in whatever order the sparse vectors are.
fn moments_of(genes: &[Gene], set: &CellMask, fixed: &FixedPoints) -> Moments {
    let [moments, _] = banded_moments(genes, [set, &CellMask::none(set.len())], fixed);
    moments
}

proptest! {
    #[test]
    fn any_partition_gives_the_same_bits(
        genes in vec(sparse(values()), 1..4),
        part_of_cell in vec(0u8..5, N_OBS as usize),
        order in Just(vec![0u8, 1, 2, 3, 4]).prop_shuffle(),
        n_obs in u64::from(N_OBS)..1 << 32,
    ) {
        let fixed = bands_of(&genes, n_obs);
        let all = moments_of(&genes, &CellMask::all(N_OBS as usize), &fixed);
        let part = |part| {
            let set = CellMask::from_fn(N_OBS as usize, |cell| part_of_cell[cell] == part);
            moments_of(&genes, &set, &fixed)
        };
        let mut merged = Moments::empty(fixed.n_entries(genes.len()));
        for &index in &order {
            merged.merge(&part(index)).unwrap();
        }
        prop_assert_eq!(&merged, &all);

        // Taking parts away again, in another order, leaves the last.
        for &index in &order[1..] {
            merged.subtract(&part(index)).unwrap();
        }
        prop_assert_eq!(&merged, &part(order[0]));

        // The same through the tile, which also tells the steps.
        let mut total = all.to_tile();
        let FixedPoints::Banded(bands) = &fixed else { unreachable!("the genes have bands") };
        bands.describe_in(&mut total);
        let decoded = tile::Moments::decode(&total.encode()).unwrap();
        prop_assert_eq!(&Moments::from_tile(&decoded, bands.n_entries()).unwrap(), &all);
        let read = FixedPoints::from_tile(bands.band_bits(), &decoded, genes.len()).unwrap();
        prop_assert_eq!(&moments_of(&genes, &CellMask::all(N_OBS as usize), &read), &all);
    }

    #[test]
    fn one_scatter_gives_the_moments_of_all_parts(
        gene in sparse(prop_oneof![-9f32..9.0, Just(0.0), Just(1.0)]),
        part_of_cell in vec(0u8..5, N_OBS as usize),
    ) {
        let fixed = FixedPoint::for_log_counts(N_OBS.into());
        let mut sums = [GeneMoments::default(); 5];
        scatter_floats(&gene.0, &gene.1, &part_of_cell, fixed, &mut sums);
        for (part, sums) in (0u8..).zip(sums) {
            let labels: Vec<u8> = part_of_cell.iter().map(|&other| u8::from(other == part)).collect();
            prop_assert_eq!(sums, gather_floats(&gene.0, &gene.1, &labels, fixed)[0]);
        }
    }

    #[test]
    fn overlapping_sets_count_a_shared_cell_in_both(
        gene in sparse(values()),
        group in vec(any::<bool>(), N_OBS as usize),
        reference in vec(any::<bool>(), N_OBS as usize),
    ) {
        let genes = [gene];
        let fixed = bands_of(&genes, N_OBS.into());
        let sets = [mask(&group), mask(&reference)];
        let both = banded_moments(&genes, [&sets[0], &sets[1]], &fixed);
        prop_assert_eq!(both, sets.map(|set| moments_of(&genes, &set, &fixed)));
    }

    #[test]
    fn counts_are_the_floats_that_they_stand_for(
        counts in btree_map(0..N_OBS, prop_oneof![9 => 0u32..20, 1 => 0u32..100_000], 0..300),
        divisors in vec(
            prop_oneof![0.01f32..5.0, -50f32..-0.1, (1u32..99_999).prop_map(|total| -(total as f32))],
            N_OBS as usize,
        ),
        corrections in btree_map((0..N_OBS, 1u32..25), prop_oneof![-3i32..0, 1i32..4], 0..500),
        group in vec(any::<bool>(), N_OBS as usize),
    ) {
        let corrections = corrections.into_iter();
        let corrections = corrections.map(|((cell, count), difference)| (cell, Correction { count, difference }));
        let normalization = Normalization::new(divisors, corrections);
        let normalized = normalization.cells();
        let (cells, counts): (Vec<u32>, Vec<u32>) = counts.into_iter().unzip();
        let fixed = FixedPoint::for_log_counts(1_500_000);
        let group = mask(&group);
        let mut rest = group.clone();
        rest.invert();
        let labels = Labels::new(&group, &rest);
        let values: Vec<f32> = cells
            .iter()
            .zip(&counts)
            .map(|(&cell, &count)| if count == 0 { 0.0 } else { normalized.get(cell as usize).unwrap().value(count) })
            .collect();
        let table = CountTable::new(normalized, labels.as_bytes(), fixed);
        prop_assert_eq!(
            gather_counts(&cells, &counts, &table),
            gather_floats(&cells, &values, labels.as_bytes(), fixed)
        );
        prop_assert!(group.contains(CellIdx(0)) != rest.contains(CellIdx(0)));
    }
}

#[test]
fn what_does_not_belong_together_is_an_error() {
    let one = Moments { n_cells: 1, entries: vec![GeneMoments { n_nonzero: 1, sum: 5, sum_sq: u128::MAX }] };
    let mut two = Moments::empty(2);
    assert_eq!(two.merge(&one), Err(MomentsError::Entries { found: 1, expected: 2 }));
    let mut none = Moments::empty(1);
    assert_eq!(none.subtract(&one), Err(MomentsError::NotASubset));
    assert_eq!(none, Moments::empty(1));
    let mut full = one.clone();
    assert_eq!(full.merge(&one), Err(MomentsError::Overflow));
    assert_eq!(full, one);
}

#[test]
fn a_value_that_no_band_was_made_for_is_an_error() {
    let mut exponents = Exponents::default();
    exponents.insert(1.0);
    let bands = Bands::new(&[exponents], 1_500_000);
    let mut sums = [0, 1].map(|_| vec![GeneMoments::default(); 1]);
    let gathered = gather_banded(&[0u32, 1], &[1.0, 1e-3], &[1, 1], (&bands, 0), &mut sums);
    assert_eq!(gathered, Err(MomentsError::Magnitude { gene: 0 }));
}

#[test]
fn the_largest_value_counts_zeros_and_all_bands() {
    let fixed = bands_of(&[(vec![0, 1], vec![-1e9, -2.0]), (vec![0, 1], vec![-3.0, -4.0])], 1_500_000);
    let largest = |n_cells, max: [f32; 3]| {
        let tile = tile::Moments {
            n_cells,
            entries: vec![0, 1, 2],
            n_nonzero: vec![1, 2, 1],
            max: Some(max.to_vec()),
            ..Default::default()
        };
        fixed.largest_values(&tile, 2)
    };
    assert_eq!(largest(2, [-1e9, -3.0, -2.0]), Some(vec![-2.0, -3.0]));
    assert_eq!(largest(3, [-1e9, -3.0, -2.0]), Some(vec![0.0, 0.0]));
    assert_eq!(largest(3, [1e9, -3.0, -2.0]), Some(vec![1e9, 0.0]));
    assert_eq!(fixed.largest_values(&tile::Moments::default(), 2), None);
}
