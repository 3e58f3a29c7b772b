//! The algebra of moments: any partition, any order, the same bits.

use explorer_core::data::CellIdx;
use explorer_core::de::{
    CountTable, FixedPoint, FixedPoints, GeneMoments, Labels, Moments, MomentsError, gather_counts, gather_floats,
    log_normalize, scatter_floats,
};
use explorer_core::filter::CellMask;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

const N_OBS: u32 = 500;

fn sparse() -> impl Strategy<Value = (Vec<u32>, Vec<f32>)> {
    let value = prop_oneof![-9f32..9.0, Just(0.0), Just(1.0)];
    btree_map(0..N_OBS, value, 0..200).prop_map(|map| map.into_iter().unzip())
}

fn mask(cells: &[bool]) -> CellMask {
    CellMask::from_fn(cells.len(), |cell| cells[cell])
}

/// Moments of a set of cells, gene by gene, in whatever order the sparse vectors are.
fn moments_of(genes: &[(Vec<u32>, Vec<f32>)], set: &CellMask, fixed: &FixedPoints) -> Moments {
    let labels = Labels::new(set, &CellMask::none(set.len()));
    let of_gene = |(gene, (cells, values)): (usize, &(Vec<u32>, Vec<f32>))| {
        gather_floats(cells, values, labels.as_bytes(), fixed.get(gene))[0]
    };
    Moments { n_cells: set.count() as u64, genes: genes.iter().enumerate().map(of_gene).collect() }
}

proptest! {
    #[test]
    fn any_partition_gives_the_same_bits(
        genes in vec(sparse(), 1..4),
        part_of_cell in vec(0u8..5, N_OBS as usize),
        order in Just(vec![0u8, 1, 2, 3, 4]).prop_shuffle(),
    ) {
        let fixed = FixedPoints::PerGene(vec![FixedPoint::for_values(9.0, u64::from(N_OBS) << 12); genes.len()]);
        let all = moments_of(&genes, &CellMask::all(N_OBS as usize), &fixed);
        let part = |part| {
            let set = CellMask::from_fn(N_OBS as usize, |cell| part_of_cell[cell] == part);
            moments_of(&genes, &set, &fixed)
        };
        let mut merged = Moments::empty(genes.len());
        for &index in &order {
            merged.merge(&part(index)).unwrap();
        }
        prop_assert_eq!(&merged, &all);

        // Taking parts away again, in another order, leaves the last.
        for &index in &order[1..] {
            merged.subtract(&part(index)).unwrap();
        }
        prop_assert_eq!(&merged, &part(order[0]));

        // The same through the tile.
        let tile = all.to_tile(&fixed);
        let decoded = shared_fbs::tile::Moments::decode(&tile.encode()).unwrap();
        prop_assert_eq!(&Moments::from_tile(&decoded, genes.len()).unwrap(), &all);
        let read = FixedPoints::from_tile(fixed.get(0).square_shift(), &decoded, genes.len()).unwrap();
        for (gene, moments) in all.genes.iter().enumerate() {
            prop_assert!(moments.n_nonzero == 0 || read.get(gene) == fixed.get(gene));
        }

        // And by one scatter over all parts at once.
        let mut sums = [GeneMoments::default(); 5];
        scatter_floats(&genes[0].0, &genes[0].1, &part_of_cell, fixed.get(0), &mut sums);
        for (index, &sums) in sums.iter().enumerate() {
            prop_assert_eq!(sums, part(index as u8).genes[0]);
        }
    }

    #[test]
    fn overlapping_sets_count_a_shared_cell_in_both(
        gene in sparse(),
        group in vec(any::<bool>(), N_OBS as usize),
        reference in vec(any::<bool>(), N_OBS as usize),
    ) {
        let fixed = FixedPoint::for_values(9.0, u64::from(N_OBS));
        let labels = Labels::new(&mask(&group), &mask(&reference));
        let [of_group, of_reference] = gather_floats(&gene.0, &gene.1, labels.as_bytes(), fixed);
        let alone = |set: &[bool]| {
            moments_of(std::slice::from_ref(&gene), &mask(set), &FixedPoints::Uniform(fixed)).genes[0]
        };
        prop_assert_eq!(of_group, alone(&group));
        prop_assert_eq!(of_reference, alone(&reference));
    }

    #[test]
    fn counts_are_the_floats_that_they_stand_for(
        counts in btree_map(0..N_OBS, prop_oneof![9 => 0u32..20, 1 => 0u32..100_000], 0..300),
        divisors in vec(
            prop_oneof![0.01f32..5.0, -50f32..-0.1, (1u32..99_999).prop_map(|total| -(total as f32))],
            N_OBS as usize,
        ),
        group in vec(any::<bool>(), N_OBS as usize),
    ) {
        let (cells, counts): (Vec<u32>, Vec<u32>) = counts.into_iter().unzip();
        let fixed = FixedPoint::for_log_counts(1_500_000);
        let group = mask(&group);
        let mut rest = group.clone();
        rest.invert();
        let labels = Labels::new(&group, &rest);
        let values: Vec<f32> = cells
            .iter()
            .zip(&counts)
            .map(|(&cell, &count)| log_normalize(count, divisors[cell as usize]))
            .collect();
        let table = CountTable::new(&divisors, labels.as_bytes(), fixed);
        prop_assert_eq!(
            gather_counts(&cells, &counts, &table),
            gather_floats(&cells, &values, labels.as_bytes(), fixed)
        );
        prop_assert!(group.contains(CellIdx(0)) != rest.contains(CellIdx(0)));
    }
}

#[test]
fn what_does_not_belong_together_is_an_error() {
    let one = Moments { n_cells: 1, genes: vec![GeneMoments { n_nonzero: 1, sum: 5, sum_sq: u64::MAX }] };
    let mut two = Moments::empty(2);
    assert_eq!(two.merge(&one), Err(MomentsError::Genes { found: 1, expected: 2 }));
    let mut none = Moments::empty(1);
    assert_eq!(none.subtract(&one), Err(MomentsError::NotASubset));
    assert_eq!(none, Moments::empty(1));
    let mut full = one.clone();
    assert_eq!(full.merge(&one), Err(MomentsError::Overflow));
    assert_eq!(full, one);
}
