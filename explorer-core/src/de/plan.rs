//! Which tiles to read for the moments of two sets of cells: the fewest bytes that give them exactly.
//!
//! Moments are additive, so a set is a signed sum of stored parts: labels, pairs of labels, blocks of
//! consecutive cells, and single cells out of `Cells` tiles. For a set of neighbors, such as a lasso
//! cuts out, most of it is a few whole blocks; only the blocks at the edge are opened, and of those the
//! cells inside are added or the cells outside taken away, whichever reads less.

use shared_fbs::manifest::{CELLS_PER_CELLS_TILE, Layer, Manifest, TileRange};

use super::{CellsPart, MomentsPart, SetParts, Sets, Sign};
use crate::{filter::CellMask, sorting::sort_by_key};

/// Tiles that add up to the moments of group and reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Tiles of moments, ascending.
    pub moments: Vec<MomentsPart>,
    /// Tiles of cells, ascending.
    pub cells: Vec<CellsPart>,
    /// Cells of group and reference.
    pub n_cells: [u64; 2],
    /// Bytes to fetch, as far as is known beforehand: tiles of one kind are taken to be of one size.
    pub n_bytes: u64,
}

/// Where a layer's tiles are, and how large on average.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerTiles {
    n_obs: u32,
    cells_tile_bytes: u64,
    /// Finest first; the last is all cells.
    levels: Vec<Level>,
    /// Of a label's tile.
    label_tile_bytes: u64,
}

#[derive(Clone, Debug, PartialEq)]
struct Level {
    block_cells: u32,
    first_tile: u32,
    tile_bytes: u64,
}

impl LayerTiles {
    /// What a manifest says of a layer's tiles; `None` where the layer has no cells or no moments.
    pub fn of(manifest: &Manifest, layer: &Layer) -> Option<Self> {
        let cells = manifest.pack_named(layer.cells_pack.as_deref()?)?;
        let cells_tile_bytes = mean_bytes(cells.n_bytes, u64::from(cells.n_tiles));
        Some(Self { cells_tile_bytes, ..Self::without_cells(manifest, layer)? })
    }

    /// The same without the cells, for plans of stored sums alone; `None` where the layer has no moments.
    pub(crate) fn without_cells(manifest: &Manifest, layer: &Layer) -> Option<Self> {
        let moments = manifest.pack_named(layer.moments_pack.as_deref()?)?;
        let total = layer.total_moments.as_ref()?.first;
        let n_tiles = |range: Option<&TileRange>| range.map_or(0, |range| u64::from(range.count));
        let mut levels: Vec<Level> = Vec::with_capacity(layer.block_levels.len() + 1);
        let (mut level_bytes, mut level_tiles) = (0, 0);
        for level in &layer.block_levels {
            let tiles = level.tiles.as_ref()?;
            levels.push(Level {
                block_cells: level.block_cells,
                first_tile: tiles.first,
                tile_bytes: mean_bytes(level.n_bytes, u64::from(tiles.count)),
            });
            level_bytes += level.n_bytes;
            level_tiles += n_tiles(Some(tiles));
        }
        let label_tiles = u64::from(moments.n_tiles).saturating_sub(level_tiles);
        let label_tile_bytes = mean_bytes(moments.n_bytes.saturating_sub(level_bytes), label_tiles);
        let all = manifest.n_obs.max(1).next_multiple_of(CELLS_PER_CELLS_TILE);
        levels.push(Level { block_cells: all, first_tile: total, tile_bytes: label_tile_bytes });
        Some(Self { n_obs: manifest.n_obs, cells_tile_bytes: 0, levels, label_tile_bytes })
    }

    /// The plan that reads the fewest bytes, from blocks and cells.
    ///
    /// # Panics
    /// When a mask is of another dataset.
    pub fn plan(&self, sets: Sets<'_>) -> Plan {
        match sets {
            Sets::Two(group, reference) => self.plan_of(&[SetParts::cells(group)], Some(&[SetParts::cells(reference)])),
            Sets::GroupAndRest(group) => self.plan_of(&[SetParts::cells(group)], None),
        }
    }

    /// The plan that reads the fewest bytes, given the ways in which each set can be made up; the reference is the rest
    /// when there is none. A set that there is no way to is empty.
    ///
    /// # Panics
    /// When a mask is of another dataset.
    pub fn plan_of(&self, group: &[SetParts<'_>], reference: Option<&[SetParts<'_>]>) -> Plan {
        let group = self.plan_one(group);
        let reference = reference.map_or_else(|| self.rest_of(&group), |reference| self.plan_one(reference));
        self.combine([group, reference])
    }

    /// All cells but those of a set.
    fn rest_of(&self, group: &SetPlan) -> SetPlan {
        let total = self.levels.last().map_or(0, |level| level.first_tile);
        let mut rest = -group.clone();
        match rest.moments.iter().position(|&part| part == (total, Sign::Minus)) {
            // All less a few, taken from all: the few.
            Some(at) => drop(rest.moments.remove(at)),
            None => rest.moments.push((total, Sign::Plus)),
        }
        rest.n_cells += i64::from(self.n_obs);
        rest
    }

    /// The cheapest of some ways to make a set up; of equals, the first.
    fn plan_one(&self, ways: &[SetParts<'_>]) -> SetPlan {
        let mut best: Option<(u64, SetPlan)> = None;
        for way in ways {
            let stored_bytes = way.stored.iter().map(|part| self.moments_bytes(part.tile)).sum::<u64>();
            // Its cells need not be planned.
            if best.as_ref().is_some_and(|(n_bytes, _)| *n_bytes <= stored_bytes) {
                continue;
            }
            let plan = self.plan_parts(way);
            let n_bytes = self.set_bytes(&plan);
            if best.as_ref().is_none_or(|(least, _)| n_bytes < *least) {
                best = Some((n_bytes, plan));
            }
        }
        best.unwrap_or_default().1
    }

    fn plan_parts(&self, parts: &SetParts<'_>) -> SetPlan {
        let mut plan = match &parts.cells {
            Some((Sign::Plus, cells)) => self.plan_cells(cells),
            Some((Sign::Minus, cells)) => -self.plan_cells(cells),
            None => SetPlan::default(),
        };
        for part in &parts.stored {
            plan.moments.push((part.tile, part.sign));
            let n_cells = part.n_cells as i64;
            plan.n_cells += if part.sign == Sign::Plus { n_cells } else { -n_cells };
        }
        plan
    }

    fn set_bytes(&self, plan: &SetPlan) -> u64 {
        let moments = plan.moments.iter().map(|&(tile, _)| self.moments_bytes(tile));
        moments.sum::<u64>() + plan.cells.len() as u64 * self.cells_tile_bytes
    }

    fn plan_cells(&self, mask: &CellMask) -> SetPlan {
        assert_eq!(mask.len(), self.n_obs as usize, "a mask of another dataset");
        let bits = tile_bits(mask);
        let costs = self.costs(&bits);
        let mut plan = SetPlan { n_cells: mask.count() as i64, ..SetPlan::default() };
        let top = self.levels.len() - 1;
        Emitter { tiles: self, bits: &bits, costs: &costs, plan: &mut plan }.emit(top, 0, Side::Inside, Sign::Plus);
        plan
    }

    /// A fair sample of group and reference (the rest, when there is none): about `n_cells` of each, out of at most
    /// `most_tiles` tiles of cells. Every k-th tile that holds some of a set gives all that it holds: since cells
    /// are stored by label and by place, that is a sample from everywhere.
    ///
    /// # Panics
    /// When a mask is of another dataset.
    pub fn sample(&self, group: &CellMask, reference: Option<&CellMask>, n_cells: u64, most_tiles: usize) -> Plan {
        let bits = tile_bits(group);
        let of_group = sample_one(&bits, Side::Inside, n_cells, most_tiles);
        let of_reference = match reference {
            Some(reference) => sample_one(&tile_bits(reference), Side::Inside, n_cells, most_tiles),
            None => sample_one(&bits, Side::Outside, n_cells, most_tiles),
        };
        self.combine([of_group, of_reference])
    }

    /// Of every block of every level, finest first: what its cells inside and outside the set cost.
    fn costs(&self, bits: &[TileBits]) -> Vec<Vec<[u64; 2]>> {
        let tile_cost = |bits: &TileBits| [Side::Inside, Side::Outside].map(|side| self.tile_cost(bits, side));
        let mut below: Vec<[u64; 2]> = bits.iter().map(tile_cost).collect();
        let mut below_cells = CELLS_PER_CELLS_TILE;
        let mut costs = Vec::with_capacity(self.levels.len());
        for level in &self.levels {
            let per_block = (level.block_cells.div_ceil(below_cells)) as usize;
            let blocks = below.chunks(per_block).map(|children| {
                let direct = sum_costs(children);
                [direct[0].min(level.tile_bytes + direct[1]), direct[1].min(level.tile_bytes + direct[0])]
            });
            let blocks: Vec<[u64; 2]> = blocks.collect();
            costs.push(std::mem::replace(&mut below, blocks));
            below_cells = level.block_cells;
        }
        // `costs[level]` are those of the level's children; the last level's own are not needed.
        costs
    }

    fn tile_cost(&self, bits: &TileBits, side: Side) -> u64 {
        if bits.of(side) == 0 { 0 } else { self.cells_tile_bytes }
    }

    /// Puts the plans of two sets together, so that no tile is read twice.
    fn combine(&self, plans: [SetPlan; 2]) -> Plan {
        let n_cells = plans.each_ref().map(|plan| plan.n_cells.max(0) as u64);
        let mut plan = Plan { n_cells, ..Plan::default() };
        for (set, part) in plans.into_iter().enumerate() {
            for (tile, sign) in part.moments {
                let mut signs = [None; 2];
                signs[set] = Some(sign);
                plan.moments.push(MomentsPart { tile, signs });
            }
            for (tile, bits, sign) in part.cells {
                let mut cells = CellsPart { tile, ..CellsPart::default() };
                match sign {
                    Sign::Plus => cells.plus[set] = bits,
                    Sign::Minus => cells.minus[set] = bits,
                }
                plan.cells.push(cells);
            }
        }
        sort_by_key(&mut plan.moments, |part| part.tile);
        plan.moments.dedup_by(|later, first| {
            let is_same = later.tile == first.tile && (first.signs[0].is_none() || later.signs[0].is_none());
            if is_same {
                first.signs = [first.signs[0].or(later.signs[0]), first.signs[1].or(later.signs[1])];
            }
            is_same
        });
        sort_by_key(&mut plan.cells, |part| part.tile);
        plan.cells.dedup_by(|later, first| {
            let is_same = later.tile == first.tile;
            if is_same {
                for set in 0..2 {
                    first.plus[set] |= later.plus[set];
                    first.minus[set] |= later.minus[set];
                }
            }
            is_same
        });
        plan.n_bytes = plan.moments.iter().map(|part| self.moments_bytes(part.tile)).sum::<u64>()
            + plan.cells.len() as u64 * self.cells_tile_bytes;
        plan
    }

    /// How large a tile of moments is taken to be.
    fn moments_bytes(&self, tile: u32) -> u64 {
        let blocks = self.levels.iter().find(|level| {
            let n_blocks = self.n_obs.div_ceil(level.block_cells);
            (level.first_tile..level.first_tile + n_blocks).contains(&tile)
        });
        blocks.map_or(self.label_tile_bytes, |level| level.tile_bytes)
    }
}

impl Plan {
    /// Cuts the plan into `n` of about equal cost, whose sums add up to the plan's.
    pub fn shares(&self, n: usize) -> Vec<Self> {
        // Neighbors stay together, since they are fetched together.
        let cut = |len: usize, at: usize| len * at / n;
        (0..n)
            .map(|share| Self {
                moments: self.moments[cut(self.moments.len(), share)..cut(self.moments.len(), share + 1)].to_vec(),
                cells: self.cells[cut(self.cells.len(), share)..cut(self.cells.len(), share + 1)].to_vec(),
                n_cells: self.n_cells,
                n_bytes: self.n_bytes / n as u64,
            })
            .collect()
    }
}

fn mean_bytes(n_bytes: u64, n_tiles: u64) -> u64 {
    n_bytes.div_ceil(n_tiles.max(1)).max(1)
}

/// The signed parts of one set.
#[derive(Clone, Debug, Default)]
struct SetPlan {
    moments: Vec<(u32, Sign)>,
    cells: Vec<(u32, u64, Sign)>,
    /// Of what is added, less those of what is taken away.
    n_cells: i64,
}

impl std::ops::Neg for SetPlan {
    type Output = Self;

    fn neg(mut self) -> Self {
        self.moments.iter_mut().for_each(|(_, sign)| *sign = -*sign);
        self.cells.iter_mut().for_each(|(_, _, sign)| *sign = -*sign);
        Self { n_cells: -self.n_cells, ..self }
    }
}

/// The cells of a block in the set, or those that are not.
#[derive(Clone, Copy)]
enum Side {
    Inside,
    Outside,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Inside => Self::Outside,
            Self::Outside => Self::Inside,
        }
    }
}

/// Which of a tile's cells are in the set, and which it has at all.
struct TileBits {
    inside: u64,
    all: u64,
}

impl TileBits {
    fn of(&self, side: Side) -> u64 {
        match side {
            Side::Inside => self.inside,
            Side::Outside => self.all & !self.inside,
        }
    }
}

fn tile_bits(mask: &CellMask) -> Vec<TileBits> {
    let tile = |cells: &[u8]| TileBits {
        inside: cells.iter().rev().fold(0, |bits, &cell| bits << 1 | u64::from(cell)),
        all: u64::MAX >> (CELLS_PER_CELLS_TILE as usize - cells.len()),
    };
    mask.as_bytes().chunks(CELLS_PER_CELLS_TILE as usize).map(tile).collect()
}

fn sample_one(bits: &[TileBits], side: Side, n_cells: u64, most_tiles: usize) -> SetPlan {
    let tiles: Vec<(u32, u64)> =
        (0u32..).zip(bits).map(|(tile, bits)| (tile, bits.of(side))).filter(|(_, bits)| *bits != 0).collect();
    let held: u64 = tiles.iter().map(|(_, bits)| u64::from(bits.count_ones())).sum();
    // As many tiles as hold `n_cells` on average.
    let wanted = (n_cells * tiles.len() as u64).div_ceil(held.max(1)) as usize;
    let n_tiles = wanted.min(most_tiles).min(tiles.len());
    let mut plan = SetPlan::default();
    for at in 0..n_tiles {
        // The middle of each of `n_tiles` equal stretches.
        let (tile, bits) = tiles[(2 * at + 1) * tiles.len() / (2 * n_tiles)];
        plan.cells.push((tile, bits, Sign::Plus));
        plan.n_cells += i64::from(bits.count_ones());
    }
    plan
}

fn sum_costs(costs: &[[u64; 2]]) -> [u64; 2] {
    costs.iter().fold([0, 0], |sum, cost| [sum[0] + cost[0], sum[1] + cost[1]])
}

/// Walks down the blocks, taking at each the way that its cost was computed for.
struct Emitter<'a> {
    tiles: &'a LayerTiles,
    bits: &'a [TileBits],
    costs: &'a [Vec<[u64; 2]>],
    plan: &'a mut SetPlan,
}

impl Emitter<'_> {
    fn emit(&mut self, level: usize, block: usize, side: Side, sign: Sign) {
        let below_cells = match level {
            0 => CELLS_PER_CELLS_TILE,
            _ => self.tiles.levels[level - 1].block_cells,
        };
        let Level { block_cells, first_tile, tile_bytes } = self.tiles.levels[level];
        let per_block = block_cells.div_ceil(below_cells) as usize;
        let n_children = self.costs[level].len();
        let children = (block * per_block).min(n_children)..((block + 1) * per_block).min(n_children);
        let direct = sum_costs(&self.costs[level][children.clone()]);
        let (wanted, unwanted) = match side {
            Side::Inside => (direct[0], direct[1]),
            Side::Outside => (direct[1], direct[0]),
        };
        if wanted == 0 {
            return;
        }
        let (side, sign) = if wanted <= tile_bytes + unwanted {
            (side, sign)
        } else {
            self.plan.moments.push((first_tile + block as u32, sign));
            (side.other(), -sign)
        };
        for child in children {
            if level > 0 {
                self.emit(level - 1, child, side, sign);
            } else if self.bits[child].of(side) != 0 {
                self.plan.cells.push((child as u32, self.bits[child].of(side), sign));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Blocks of 128 and 512 cells, the tiles of each level after one another, then that of all cells.
    fn tiles(n_obs: u32, cells_tile_bytes: u64, block_bytes: u64) -> LayerTiles {
        let n_blocks = |cells: u32| n_obs.div_ceil(cells);
        LayerTiles {
            n_obs,
            cells_tile_bytes,
            levels: vec![
                Level { block_cells: 128, first_tile: 0, tile_bytes: block_bytes },
                Level { block_cells: 512, first_tile: n_blocks(128), tile_bytes: block_bytes + 5 },
                Level {
                    block_cells: n_obs.next_multiple_of(CELLS_PER_CELLS_TILE),
                    first_tile: n_blocks(128) + n_blocks(512),
                    tile_bytes: block_bytes + 9,
                },
            ],
            label_tile_bytes: block_bytes + 9,
        }
    }

    /// How often every cell is in group and reference when the parts are added up.
    fn covered(tiles: &LayerTiles, plan: &Plan) -> [Vec<i32>; 2] {
        let n_obs = tiles.n_obs as usize;
        let mut covered = [vec![0; n_obs], vec![0; n_obs]];
        let value = |sign| if sign == Sign::Plus { 1 } else { -1 };
        for part in &plan.moments {
            let level = tiles.levels.iter().rfind(|level| level.first_tile <= part.tile).unwrap();
            let start = ((part.tile - level.first_tile) * level.block_cells) as usize;
            for (covered, sign) in covered.iter_mut().zip(part.signs) {
                for cell in &mut covered[start..n_obs.min(start + level.block_cells as usize)] {
                    *cell += sign.map_or(0, value);
                }
            }
        }
        for part in &plan.cells {
            for cell in 0..CELLS_PER_CELLS_TILE as usize {
                for (covered, sign) in covered.iter_mut().zip(part.signs(cell)) {
                    if let Some(sign) = sign {
                        covered[part.first_cell() + cell] += value(sign);
                    }
                }
            }
        }
        covered
    }

    fn as_counts(mask: &CellMask) -> Vec<i32> {
        mask.as_bytes().iter().map(|&cell| i32::from(cell)).collect()
    }

    /// Runs of cells, as neighbors give, with some cells flipped.
    fn mask(n_obs: usize) -> impl Strategy<Value = CellMask> {
        let cuts = prop::collection::vec(0..=n_obs, 0..8);
        let flips = prop::collection::vec(0..n_obs, 0..20);
        (any::<bool>(), cuts, flips).prop_map(move |(starts_inside, mut cuts, flips)| {
            cuts.sort_unstable();
            let is_in = |cell| starts_inside ^ (cuts.partition_point(|&cut| cut <= cell) % 2 == 1);
            let mut cells: Vec<u8> = (0..n_obs).map(|cell| u8::from(is_in(cell))).collect();
            flips.into_iter().for_each(|cell| cells[cell] ^= 1);
            CellMask::from_bytes(cells)
        })
    }

    fn masks() -> impl Strategy<Value = (CellMask, CellMask)> {
        (1usize..3000).prop_flat_map(|n_obs| (mask(n_obs), mask(n_obs)))
    }

    proptest! {
        #[test]
        fn parts_add_up_to_both_sets(
            (group, reference) in masks(),
            cells_tile_bytes in 1u64..100,
            block_bytes in 1u64..400,
        ) {
            let tiles = tiles(group.len() as u32, cells_tile_bytes, block_bytes);
            let plan = tiles.plan(Sets::Two(&group, &reference));
            prop_assert_eq!(covered(&tiles, &plan), [as_counts(&group), as_counts(&reference)]);
            prop_assert_eq!(plan.n_cells, [group.count() as u64, reference.count() as u64]);

            let plan = tiles.plan(Sets::GroupAndRest(&group));
            let mut rest = group.clone();
            rest.invert();
            prop_assert_eq!(covered(&tiles, &plan), [as_counts(&group), as_counts(&rest)]);
            prop_assert_eq!(plan.n_cells, [group.count() as u64, rest.count() as u64]);
        }

        #[test]
        fn no_plan_costs_more_than_reading_the_cells_or_all_but_them(
            (group, _) in masks(),
            cells_tile_bytes in 1u64..100,
            block_bytes in 1u64..400,
        ) {
            let tiles = tiles(group.len() as u32, cells_tile_bytes, block_bytes);
            let plan = tiles.plan(Sets::Two(&group, &CellMask::none(group.len())));
            let bits = tile_bits(&group);
            let n_tiles = |side| bits.iter().filter(|bits| bits.of(side) != 0).count() as u64;
            let total_bytes = tiles.levels[2].tile_bytes;
            prop_assert!(plan.n_bytes <= n_tiles(Side::Inside) * cells_tile_bytes);
            prop_assert!(plan.n_bytes <= total_bytes + n_tiles(Side::Outside) * cells_tile_bytes);
            prop_assert!(plan.moments.windows(2).all(|pair| pair[0].tile < pair[1].tile));
            prop_assert!(plan.cells.windows(2).all(|pair| pair[0].tile < pair[1].tile));
        }

        #[test]
        fn shares_hold_every_part_once((group, reference) in masks(), n in 1usize..9) {
            let plan = tiles(group.len() as u32, 10, 50).plan(Sets::Two(&group, &reference));
            let shares = plan.shares(n);
            prop_assert_eq!(shares.len(), n);
            let moments: Vec<_> = shares.iter().flat_map(|share| share.moments.clone()).collect();
            let cells: Vec<_> = shares.iter().flat_map(|share| share.cells.clone()).collect();
            prop_assert_eq!((moments, cells), (plan.moments, plan.cells));
        }
    }

    proptest! {
        #[test]
        fn a_sample_is_of_the_sets_and_bounded((group, reference) in masks(), n_cells in 1u64..500, most in 1usize..40) {
            let tiles = tiles(group.len() as u32, 10, 50);
            let plan = tiles.sample(&group, Some(&reference), n_cells, most);
            for (set, (mask, covered)) in [&group, &reference].into_iter().zip(covered(&tiles, &plan)).enumerate() {
                let of_set = covered.iter().zip(mask.as_bytes());
                prop_assert!(of_set.clone().all(|(&times, &cell)| (0..=i32::from(cell)).contains(&times)));
                let n = covered.iter().sum::<i32>() as u64;
                prop_assert_eq!(n, plan.n_cells[set]);
                prop_assert_eq!(n > 0, mask.count() > 0);
                prop_assert!(plan.cells.iter().filter(|part| part.plus[set] != 0).count() <= most);
            }
            let rest = tiles.sample(&group, None, u64::MAX >> 16, usize::MAX);
            prop_assert_eq!(rest.n_cells, [group.count() as u64, (group.len() - group.count()) as u64]);
        }
    }

    #[test]
    fn the_whole_dataset_is_one_tile() {
        let tiles = tiles(2000, 10, 30);
        let plan = tiles.plan(Sets::GroupAndRest(&CellMask::all(2000)));
        assert_eq!((plan.moments.len(), plan.cells.len(), plan.n_cells), (1, 0, [2000, 0]));
        let plan = tiles.plan(Sets::GroupAndRest(&CellMask::none(2000)));
        assert_eq!((plan.moments.len(), plan.cells.len(), plan.n_cells), (1, 0, [0, 2000]));
    }
}
