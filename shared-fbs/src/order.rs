//! The order of cells: storage order, and the level-of-detail order derived from it.
//!
//! In storage order, neighbors are alike (same label, near in the embedding), which is what
//! compresses and what lets blocks of cells be summed once. For drawing, the opposite is wanted:
//! every prefix a fair sample. So each block of [`BLOCK`] neighbors is dealt out over the levels:
//! every cell of a block has a different *rank*, by a bijection that differs from block to block,
//! and level `l` holds the ranks from `boundaries[l]` up to `boundaries[l + 1]`. A prefix of levels
//! is thus a sample stratified along the storage order, with random places within the strata.
//! Nothing needs to be stored: reader and writer compute it.

use std::ops::Range;

/// Cells a block; ranks are 0 to `BLOCK - 1`.
pub const BLOCK: u32 = 64;

/// Most points a tile of the points pack holds.
pub const POINTS_PER_TILE: u32 = 65_536;

/// The rank of a cell within its block, by its place in storage order.
pub fn rank(cell: u32) -> u32 {
    let hash = mix(cell / BLOCK);
    (cell % BLOCK).wrapping_mul(hash | 1).wrapping_add(hash >> 8) % BLOCK
}

/// A finalizer of good avalanche ("lowbias32" by Chris Wellons, 2018).
fn mix(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// How the cells of a dataset are dealt out over levels of detail and tiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels {
    n_obs: u32,
    boundaries: Vec<u32>,
}

/// The cells of one tile of the points pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileCells {
    /// Level of detail, 0 the coarsest.
    pub level: usize,
    /// Cells (storage order) among which those of the tile lie.
    pub cells: Range<u32>,
    /// Their ranks.
    pub ranks: Range<u32>,
}

impl TileCells {
    /// The cells of the tile, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + use<> {
        let ranks = self.ranks.clone();
        self.cells.clone().filter(move |&cell| ranks.contains(&rank(cell)))
    }
}

impl Levels {
    /// The levels the builder gives a dataset: the first holds at most about
    /// [`POINTS_PER_TILE`] cells where that is possible, each further prefix four times as many.
    pub fn for_n_obs(n_obs: u32) -> Self {
        let mut first = BLOCK;
        while first > 1 && u64::from(n_obs) * u64::from(first) > u64::from(POINTS_PER_TILE) * u64::from(BLOCK) {
            first /= 2;
        }
        let mut boundaries = vec![0, first];
        while let Some(&last) = boundaries.last()
            && last < BLOCK
        {
            boundaries.push((last * 4).min(BLOCK));
        }
        Self { n_obs, boundaries }
    }

    /// The levels a manifest states. `None` unless the boundaries ascend from 0 to [`BLOCK`].
    pub fn from_boundaries(n_obs: u32, boundaries: &[u8]) -> Option<Self> {
        let boundaries: Vec<u32> = boundaries.iter().map(|&rank| u32::from(rank)).collect();
        let ascends = boundaries.windows(2).all(|pair| pair[0] < pair[1]);
        (ascends && boundaries.first() == Some(&0) && boundaries.last() == Some(&BLOCK))
            .then_some(Self { n_obs, boundaries })
    }

    /// The boundaries of ranks, for the manifest.
    pub fn boundaries(&self) -> Vec<u8> {
        self.boundaries.iter().map(|&rank| rank as u8).collect()
    }

    /// Every tile of one embedding, in the order of the points pack.
    pub fn tiles(&self) -> Vec<TileCells> {
        let mut tiles = Vec::new();
        for (level, pair) in self.boundaries.windows(2).enumerate() {
            let ranks = pair[0]..pair[1];
            let cells_per_tile = u64::from(POINTS_PER_TILE / (ranks.end - ranks.start) * BLOCK);
            let mut start = 0u64;
            while start < u64::from(self.n_obs) {
                let end = (start + cells_per_tile).min(u64::from(self.n_obs));
                tiles.push(TileCells { level, cells: start as u32..end as u32, ranks: ranks.clone() });
                start = end;
            }
        }
        tiles
    }
}

/// The order of drawing: all cells of rank 0, then all of rank 1, …, each ascending in storage
/// order. Every prefix that ends between ranks is a fair sample, and every level is a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawOrder {
    /// Index of the first cell of every rank; the last entry is `n_obs`.
    starts: [u32; BLOCK as usize + 1],
}

impl DrawOrder {
    /// The order for a number of cells.
    pub fn new(n_obs: u32) -> Self {
        let full_blocks = n_obs / BLOCK;
        let mut counts = [full_blocks; BLOCK as usize];
        for cell in full_blocks * BLOCK..n_obs {
            counts[rank(cell) as usize] += 1;
        }
        let mut starts = [0; BLOCK as usize + 1];
        for (rank, count) in counts.into_iter().enumerate() {
            starts[rank + 1] = starts[rank] + count;
        }
        Self { starts }
    }

    /// Number of cells.
    pub fn n_obs(&self) -> u32 {
        self.starts[BLOCK as usize]
    }

    /// The place of a cell in the order of drawing.
    pub fn index_of(&self, cell: u32) -> u32 {
        self.starts[rank(cell) as usize] + cell / BLOCK
    }

    /// The cell at a place in the order of drawing. `None` past the end.
    pub fn cell_at(&self, index: u32) -> Option<u32> {
        if index >= self.n_obs() {
            return None;
        }
        let wanted = self.starts.partition_point(|&start| start <= index) as u32 - 1;
        let first = (index - self.starts[wanted as usize]) * BLOCK;
        (first..first + BLOCK).find(|&cell| rank(cell) == wanted)
    }

    /// All cells in the order of drawing.
    pub fn cells(&self) -> Vec<u32> {
        let mut cells = vec![0; self.n_obs() as usize];
        for cell in 0..self.n_obs() {
            cells[self.index_of(cell) as usize] = cell;
        }
        cells
    }

    /// The places that the cells of some ranks take.
    pub fn indices_of_ranks(&self, ranks: Range<u32>) -> Range<u32> {
        self.starts[ranks.start as usize]..self.starts[ranks.end as usize]
    }

    /// The longest fair prefix of at most `limit` cells; that of rank 0 when even this is longer.
    pub fn fair_prefix(&self, limit: u32) -> u32 {
        let rank = self.starts.partition_point(|&start| start <= limit).max(2) - 1;
        self.starts[rank]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranks_of_a_block_differ(block in 0u32..1 << 24) {
            let mut seen = 0u64;
            for cell in block * BLOCK..(block + 1) * BLOCK {
                seen |= 1 << rank(cell);
            }
            prop_assert_eq!(seen, u64::MAX);
        }

        #[test]
        fn draw_order_is_a_permutation(n_obs in 0u32..300_000) {
            let order = DrawOrder::new(n_obs);
            let mut cells = order.cells();
            for index in (0..n_obs).step_by(997) {
                prop_assert_eq!(order.cell_at(index), Some(cells[index as usize]));
            }
            prop_assert_eq!(order.cell_at(n_obs), None);
            cells.sort_unstable();
            prop_assert!(cells.into_iter().eq(0..n_obs));
        }

        #[test]
        fn a_level_is_a_prefix(n_obs in 1u32..2_000_000) {
            let order = DrawOrder::new(n_obs);
            let mut prefix = 0;
            for tile in Levels::for_n_obs(n_obs).tiles() {
                let places = order.indices_of_ranks(tile.ranks.clone());
                prop_assert!(tile.iter().take(100).all(|cell| places.contains(&order.index_of(cell))));
                prop_assert!(places.start <= prefix);
                prefix = prefix.max(places.end);
            }
            prop_assert_eq!(prefix, n_obs);
        }

        #[test]
        fn a_fair_prefix_keeps_the_limit(n_obs in 1u32..2_000_000, limit: u32) {
            let order = DrawOrder::new(n_obs);
            let prefix = order.fair_prefix(limit);
            prop_assert!(prefix <= limit.max(n_obs.div_ceil(BLOCK)) && prefix <= n_obs);
            prop_assert!(prefix > 0 || n_obs < BLOCK);
        }

        #[test]
        fn boundaries_round_trip(n_obs in 0u32..20_000_000) {
            let levels = Levels::for_n_obs(n_obs);
            prop_assert_eq!(Levels::from_boundaries(n_obs, &levels.boundaries()), Some(levels));
        }
    }

    #[test]
    fn tiles_are_bounded() {
        for n_obs in [700, 65_536, 65_537, 1_000_000, 4_300_000] {
            for tile in Levels::for_n_obs(n_obs).tiles() {
                assert!(tile.iter().count() <= POINTS_PER_TILE as usize, "{n_obs}: {tile:?}");
            }
        }
    }

    #[test]
    fn a_prefix_is_a_fair_sample() {
        let n_obs = 1_000_000u32;
        let order = DrawOrder::new(n_obs);
        let cells = order.cells();
        let prefix = &cells[..order.fair_prefix(63_000) as usize];
        assert_eq!(prefix.len(), 4 * 15_625);
        for tenth in 0..10 {
            let range = n_obs / 10 * tenth..n_obs / 10 * (tenth + 1);
            let share = prefix.iter().filter(|cell| range.contains(cell)).count();
            assert!((5_000..7_000).contains(&share), "tenth {tenth} has {share} of 60000");
        }
    }

    #[test]
    fn foreign_boundaries_are_refused() {
        assert_eq!(Levels::from_boundaries(10, &[0, 8, 8, 64]), None);
        assert_eq!(Levels::from_boundaries(10, &[1, 64]), None);
        assert_eq!(Levels::from_boundaries(10, &[]), None);
    }
}
