//! Rank sums: what the Wilcoxon rank-sum test knows of a gene. They are integers, and so the same on every machine.

use std::{ops::Range, sync::Arc};

use super::radix::{Packed, sort_by_magnitude};
use crate::{data::SparseVec, filter::CellMask};

/// Which cells are ranked together, and in which group each is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RankGroups {
    /// Two sets; group 0 is the group, group 1 the reference. One byte per cell: bit 0 the group, bit 1 the reference. A cell of both
    /// counts in both.
    Two(Arc<[u8]>),
    /// The groups of a column: one code per cell, its group; cells with a larger code are not ranked.
    Codes {
        /// One per cell.
        codes: Arc<[u32]>,
        /// Number of groups.
        n_groups: u32,
    },
}

/// The rank sums of some genes, over groups of cells that are ranked together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankSums {
    /// Cells of each group, those with a zero included.
    pub n_cells: Vec<u64>,
    /// The genes.
    pub genes: Range<u32>,
    /// Twice the sum of the ranks (from 1; equal values have the mean of their ranks) of each group's cells, gene after
    /// gene, group after group.
    pub doubled: Vec<u64>,
    /// Of each gene, the sum of t³ − t over all values that t cells share.
    pub ties: Vec<u128>,
}

/// The ranks of one gene, one group against one or all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneRanks {
    /// Twice the rank sum of the group.
    pub doubled: u64,
    /// Σ (t³ − t).
    pub ties: u128,
    /// Cells of the group.
    pub n_group: u64,
    /// All other cells.
    pub n_reference: u64,
}

impl RankGroups {
    /// A group and a reference.
    ///
    /// # Panics
    /// When the masks are of different datasets.
    pub fn two(group: &CellMask, reference: &CellMask) -> Self {
        Self::Two(super::Labels::new(group, reference).as_bytes().into())
    }

    /// Number of groups.
    pub fn n_groups(&self) -> usize {
        match self {
            Self::Two(_) => 2,
            Self::Codes { n_groups, .. } => *n_groups as usize,
        }
    }

    /// Cells of each group.
    pub fn n_cells(&self) -> Vec<u64> {
        let mut n_cells = vec![0; self.n_groups()];
        match self {
            Self::Two(labels) => {
                labels.iter().for_each(|&label| groups_of(label, |group| n_cells[group as usize] += 1));
            }
            Self::Codes { codes, .. } => {
                for &code in codes.iter() {
                    if let Some(n) = n_cells.get_mut(code as usize) {
                        *n += 1;
                    }
                }
            }
        }
        n_cells
    }

    /// One byte per cell: 0 for those that are not ranked.
    pub fn ranked_cells(&self) -> Arc<[u8]> {
        match self {
            Self::Two(labels) => Arc::clone(labels),
            Self::Codes { codes, n_groups } => codes.iter().map(|code| u8::from(code < n_groups)).collect(),
        }
    }
}

/// The groups that a label of two sets stands for.
#[inline]
fn groups_of(label: u8, mut take: impl FnMut(u32)) {
    if label & 1 != 0 {
        take(0);
    }
    if label & 2 != 0 {
        take(1);
    }
}

impl RankSums {
    /// Of no gene.
    pub fn empty(groups: &RankGroups) -> Self {
        Self { n_cells: groups.n_cells(), genes: 0..0, doubled: Vec::new(), ties: Vec::new() }
    }

    /// Puts the genes of another share behind these.
    ///
    /// # Panics
    /// When the shares are of different groups, or the other does not begin where this ends.
    pub fn append(&mut self, other: Self) {
        assert_eq!(self.n_cells, other.n_cells, "shares of different groups");
        if self.genes.is_empty() {
            self.genes = other.genes.start..other.genes.start;
        }
        assert!(other.genes.is_empty() || other.genes.start == self.genes.end, "shares in another order");
        self.genes.end = self.genes.end.max(other.genes.end);
        self.doubled.extend(other.doubled);
        self.ties.extend(other.ties);
    }

    /// A group of one gene against all other cells, by the gene's place among [`Self::genes`]. Of two sets, group 0 is against
    /// the reference.
    ///
    /// # Panics
    /// When there is no such gene or group.
    pub fn of(&self, gene: usize, group: usize) -> GeneRanks {
        let n_group = self.n_cells[group];
        GeneRanks {
            doubled: self.doubled[gene * self.n_cells.len() + group],
            ties: self.ties[gene],
            n_group,
            n_reference: self.n_cells.iter().sum::<u64>() - n_group,
        }
    }
}

/// Ranks genes, one after the other.
pub struct Ranker<'a> {
    groups: &'a RankGroups,
    sums: RankSums,
    two: Sides<u32>,
    many: Sides<u64>,
    n_zeros: Vec<u64>,
}

/// The values of a gene below and above zero.
#[derive(Default)]
struct Sides<P> {
    below: Vec<P>,
    above: Vec<P>,
    scratch: Vec<P>,
}

impl<'a> Ranker<'a> {
    /// For genes from this one on.
    pub fn new(groups: &'a RankGroups, first: u32) -> Self {
        let sums = RankSums { genes: first..first, ..RankSums::empty(groups) };
        Self { groups, sums, two: Sides::default(), many: Sides::default(), n_zeros: Vec::new() }
    }

    /// Takes in the next gene: its values other than zero, each cell once. Missing values (NaN) count as zero.
    ///
    /// # Panics
    /// When a cell lies past the groups.
    pub fn push(&mut self, gene: &SparseVec) {
        let Self { groups, sums, two, many, n_zeros } = self;
        n_zeros.clone_from(&sums.n_cells);
        let first = sums.doubled.len();
        sums.doubled.resize(first + n_zeros.len(), 0);
        let doubled = &mut sums.doubled[first..];
        let pairs = gene.indices.iter().zip(&gene.data);
        let ties = match groups {
            RankGroups::Two(labels) => {
                two.clear();
                pairs.for_each(|(&cell, &value)| groups_of(labels[cell as usize], |group| two.push(value, group)));
                two.rank(n_zeros, doubled)
            }
            RankGroups::Codes { codes, n_groups } => {
                many.clear();
                for (&cell, &value) in pairs {
                    let group = codes[cell as usize];
                    if group < *n_groups {
                        many.push(value, group);
                    }
                }
                many.rank(n_zeros, doubled)
            }
        };
        sums.ties.push(ties);
        sums.genes.end += 1;
    }

    /// The rank sums of the genes taken in.
    pub fn finish(self) -> RankSums {
        self.sums
    }
}

impl<P: Packed> Sides<P> {
    fn clear(&mut self) {
        self.below.clear();
        self.above.clear();
    }

    #[inline]
    fn push(&mut self, value: f32, group: u32) {
        const SIGN: u32 = 1 << 31;
        let bits = value.to_bits();
        if value > 0.0 {
            self.above.push(P::pack(bits, group));
        } else if value < 0.0 {
            self.below.push(P::pack(bits & !SIGN, group));
        }
    }

    /// Adds each group's doubled ranks to `doubled`, takes the cells with a value out of `n_zeros`, which were all, and gives
    /// Σ (t³ − t).
    fn rank(&mut self, n_zeros: &mut [u64], doubled: &mut [u64]) -> u128 {
        let Self { below, above, scratch } = self;
        below.iter().chain(above.iter()).for_each(|item| n_zeros[item.group()] -= 1);
        sort_by_magnitude(below, scratch);
        below.reverse();
        sort_by_magnitude(above, scratch);
        let mut tally = Tally::default();
        tally.take(below, doubled);
        let rank_of_zero = tally.tied(n_zeros.iter().sum());
        doubled.iter_mut().zip(n_zeros).for_each(|(doubled, n)| *doubled += *n * rank_of_zero);
        tally.take(above, doubled);
        tally.ties
    }
}

/// How far the ranks have been given away.
#[derive(Default)]
struct Tally {
    n_before: u64,
    ties: u128,
}

impl Tally {
    /// The doubled rank of the next `n` cells, which share a value.
    #[inline]
    fn tied(&mut self, n: u64) -> u64 {
        let rank = 2 * self.n_before + n + 1;
        self.n_before += n;
        if n > 1 {
            let n = u128::from(n);
            self.ties += n * n * n - n;
        }
        rank
    }

    /// Gives ranks to sorted items.
    fn take<P: Packed>(&mut self, items: &[P], doubled: &mut [u64]) {
        for run in items.chunk_by(|a, b| a.magnitude() == b.magnitude()) {
            let rank = self.tied(run.len() as u64);
            run.iter().for_each(|item| doubled[item.group()] += rank);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn gene(values: &[f32]) -> SparseVec {
        let pairs = (0u32..).zip(values).filter(|(_, value)| **value != 0.0).map(|(cell, &value)| (cell, value));
        let (indices, data) = pairs.unzip();
        SparseVec { n_obs: values.len(), indices, data }
    }

    fn ranks(values: &[f32], groups: &RankGroups) -> RankSums {
        let mut ranker = Ranker::new(groups, 0);
        ranker.push(&gene(values));
        ranker.finish()
    }

    /// Twice the rank of each value, by counting.
    fn doubled_rank(values: &[f32], of: f32) -> u64 {
        let n_less = values.iter().filter(|value| **value < of).count();
        let n_equal = values.iter().filter(|value| **value == of).count();
        (2 * n_less + n_equal + 1) as u64
    }

    fn values() -> impl Strategy<Value = Vec<(f32, u32)>> {
        let value =
            prop_oneof![3 => Just(0.0_f32), 2 => (-3i8..9).prop_map(f32::from), 2 => -2.0f32..9.0, 1 => Just(f32::MAX)];
        vec((value, 0u32..4), 1..600)
    }

    proptest! {
        #[test]
        fn rank_sums_are_those_of_counting(cells in values()) {
            let codes: Arc<[u32]> = cells.iter().map(|cell| cell.1).collect();
            let all: Vec<f32> = cells.iter().map(|cell| cell.0).collect();
            let found = ranks(&all, &RankGroups::Codes { codes, n_groups: 3 });
            let ranked: Vec<f32> = cells.iter().filter(|cell| cell.1 < 3).map(|cell| cell.0).collect();
            for group in 0..3 {
                let of_group = cells.iter().filter(|cell| cell.1 == group);
                let expected: u64 = of_group.map(|cell| doubled_rank(&ranked, cell.0)).sum();
                prop_assert_eq!(found.of(0, group as usize).doubled, expected);
            }
            let n_ties: u128 = ranked.iter().map(|&value| {
                let t = ranked.iter().filter(|other| **other == value).count() as u128;
                t * t - 1
            }).sum();
            prop_assert_eq!(found.ties[0], n_ties);
        }

        #[test]
        fn ranks_of_all_groups_are_all_ranks_and_two_sets_are_two_groups(cells in values()) {
            let all: Vec<f32> = cells.iter().map(|cell| cell.0).collect();
            let codes: Arc<[u32]> = cells.iter().map(|cell| cell.1.min(2)).collect();
            let found = ranks(&all, &RankGroups::Codes { codes: Arc::clone(&codes), n_groups: 2 });
            let n: u64 = found.n_cells.iter().sum();
            prop_assert_eq!(found.doubled.iter().sum::<u64>(), n * (n + 1));
            let mask = |group: u32| CellMask::from_fn(codes.len(), |cell| codes[cell] == group);
            prop_assert_eq!(ranks(&all, &RankGroups::two(&mask(0), &mask(1))), found);
        }

        #[test]
        fn signs_turn_ranks_round(cells in values()) {
            let codes: Arc<[u32]> = cells.iter().map(|cell| cell.1).collect();
            let groups = RankGroups::Codes { codes, n_groups: 4 };
            let all: Vec<f32> = cells.iter().map(|cell| cell.0).collect();
            let turned: Vec<f32> = all.iter().map(|value| -value).collect();
            let (found, turned) = (ranks(&all, &groups), ranks(&turned, &groups));
            prop_assert_eq!(&found.ties, &turned.ties);
            for group in 0..4 {
                let n = found.n_cells[group];
                let total = 2 * n * (cells.len() as u64 + 1);
                prop_assert_eq!(found.doubled[group] + turned.doubled[group], total);
            }
        }
    }

    #[test]
    fn a_cell_of_both_sets_counts_twice() {
        let both = CellMask::from_bytes(vec![1, 1]);
        let found = ranks(&[0.0, 2.0], &RankGroups::two(&both, &both));
        assert_eq!(
            (found.n_cells.as_slice(), found.doubled.as_slice(), found.ties[0]),
            (&[2, 2][..], &[10, 10][..], 12)
        );
    }

    #[test]
    fn shares_follow_each_other() {
        let groups = RankGroups::two(&CellMask::from_bytes(vec![1, 0]), &CellMask::from_bytes(vec![0, 1]));
        let share = |first: u32, values: &[f32]| {
            let mut ranker = Ranker::new(&groups, first);
            ranker.push(&gene(values));
            ranker.finish()
        };
        let mut sums = RankSums::empty(&groups);
        sums.append(share(0, &[1.0, 0.0]));
        sums.append(share(1, &[0.0, 0.0]));
        assert_eq!(
            (sums.genes.clone(), sums.doubled.as_slice(), sums.ties.as_slice()),
            (0..2, &[4, 2, 3, 3][..], &[0, 6][..])
        );
    }
}
