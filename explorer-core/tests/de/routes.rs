//! Every route to the moments of two sets gives the same bits.

use std::collections::BTreeMap;

use explorer_core::{
    data::assemble::Rebuild,
    de::{
        Correction, FixedPoint, FixedPoints, Labels, LayerTiles, Moments, Normalization, Plan, SetParts, Sets, Sign,
        StoredPart, Summing, gather_floats,
    },
    filter::CellMask,
};
use proptest::{collection::vec, prelude::*};
use shared_fbs::{
    manifest::{BlockLevel, CELLS_PER_CELLS_TILE, Layer, Manifest, Pack, TileRange},
    tile::{self, Cells, Counts, ExpressionValues},
};

use crate::made::{Gene, banded_moments, bands_of, values};

const N_GENES: usize = 6;
const BLOCK_CELLS: [u32; 2] = [128, 256];
const TILE_CELLS: usize = CELLS_PER_CELLS_TILE as usize;

/// A layer in memory: every cell's non-zero entries, as counts or as the bits of floats.
#[derive(Clone, Debug)]
struct MadeLayer {
    cells: Vec<BTreeMap<u32, u32>>,
    /// For log-normalized counts.
    normalization: Option<Normalization>,
    is_float: bool,
    /// Sets that have moments of their own, besides the blocks and all cells.
    stored: Vec<CellMask>,
}

impl MadeLayer {
    fn rebuild(&self) -> Rebuild<'_> {
        Rebuild::of(self.normalization.as_ref())
    }

    fn value(&self, cell: usize, bits: u32) -> f32 {
        match (self.is_float, &self.normalization) {
            (true, _) => f32::from_bits(bits),
            (false, Some(normalization)) => normalization.cells().get(cell).unwrap().value(bits),
            (false, None) => bits as f32,
        }
    }

    fn fixed(&self) -> FixedPoints {
        let n_obs = self.cells.len() as u64;
        if self.is_float {
            bands_of(&self.genes(), n_obs)
        } else if self.normalization.is_none() {
            FixedPoints::Uniform(FixedPoint::COUNTS)
        } else {
            FixedPoints::Uniform(FixedPoint::for_log_counts(n_obs))
        }
    }

    /// The values of every gene.
    fn genes(&self) -> Vec<Gene> {
        let of_cell = |gene: u32, (cell, entries): (usize, &BTreeMap<u32, u32>)| {
            Some((cell as u32, self.value(cell, *entries.get(&gene)?)))
        };
        let of_gene = |gene| self.cells.iter().enumerate().filter_map(|cell| of_cell(gene, cell)).unzip();
        (0..N_GENES as u32).map(of_gene).collect()
    }

    /// Gene by gene: the route that all others are held against.
    fn gathered(&self, sets: [&CellMask; 2]) -> [Moments; 2] {
        let step = match self.fixed() {
            FixedPoints::Uniform(step) => step,
            fixed @ FixedPoints::Banded(_) => return banded_moments(&self.genes(), sets, &fixed),
        };
        let labels = Labels::new(sets[0], sets[1]);
        let mut moments = sets.map(|set| Moments { n_cells: set.count() as u64, entries: Vec::new() });
        for (cells, values) in self.genes() {
            let found = gather_floats(&cells, &values, labels.as_bytes(), step);
            moments.iter_mut().zip(found).for_each(|(moments, found)| moments.entries.push(found));
        }
        moments
    }

    /// The bytes of a tile of cells.
    fn cells_tile(&self, tile: u32) -> Vec<u8> {
        let start = tile as usize * TILE_CELLS;
        let cells = &self.cells[start..self.cells.len().min(start + TILE_CELLS)];
        let mut indptr = vec![0];
        let (mut genes, mut bits) = (Vec::new(), Vec::new());
        for cell in cells {
            genes.extend(cell.keys().copied());
            bits.extend(cell.values().copied());
            indptr.push(genes.len() as u32);
        }
        let values = if self.is_float {
            ExpressionValues::Floats(bits.into_iter().map(f32::from_bits).collect())
        } else {
            ExpressionValues::Counts(Counts::narrowest(&bits))
        };
        Cells { indptr, genes, values }.encode()
    }

    /// The number of the tile of a stored set.
    fn stored_tile(&self, set: usize) -> u32 {
        let n_blocks: u32 = BLOCK_CELLS.iter().map(|&cells| (self.cells.len() as u32).div_ceil(cells)).sum();
        n_blocks + 1 + set as u32
    }

    /// The tile of moments of a number: blocks level after level, then all cells, then stored sets.
    fn moments_tile(&self, tile: u32) -> tile::Moments {
        let n_obs = self.cells.len();
        let mut first = tile as usize;
        let mut block = 0..n_obs;
        for cells in BLOCK_CELLS {
            let n_blocks = n_obs.div_ceil(cells as usize);
            if first < n_blocks {
                block = first * cells as usize..n_obs.min((first + 1) * cells as usize);
                break;
            }
            first -= n_blocks;
        }
        let set = match tile.checked_sub(self.stored_tile(0)) {
            Some(set) => self.stored[set as usize].clone(),
            None => CellMask::from_fn(n_obs, |cell| block.contains(&cell)),
        };
        let [moments, _] = self.gathered([&set, &CellMask::none(n_obs)]);
        moments.to_tile()
    }

    /// The layer's entry in a manifest, with packs of so many bytes.
    fn tiles(&self, cells_tile_bytes: u64, block_bytes: u64) -> LayerTiles {
        let n_obs = self.cells.len() as u32;
        let mut n_tiles = 0;
        let mut range = |count| {
            let first = n_tiles;
            n_tiles += count;
            TileRange { first, count }
        };
        let block_levels: Vec<BlockLevel> = BLOCK_CELLS
            .iter()
            .map(|&block_cells| {
                let tiles = range(n_obs.div_ceil(block_cells));
                BlockLevel { block_cells, n_bytes: u64::from(tiles.count) * block_bytes, tiles: Some(tiles) }
            })
            .collect();
        let layer = Layer {
            total_moments: Some(range(1)),
            block_levels,
            cells_pack: Some("cells0".to_owned()),
            moments_pack: Some("moments0".to_owned()),
            ..Layer::default()
        };
        let pack = |name: &str, n_tiles: u32, tile_bytes: u64| Pack {
            name: name.to_owned(),
            n_tiles,
            n_bytes: u64::from(n_tiles) * tile_bytes,
            ..Pack::default()
        };
        let cells_pack = pack("cells0", n_obs.div_ceil(CELLS_PER_CELLS_TILE), cells_tile_bytes);
        let packs = vec![cells_pack, pack("moments0", n_tiles, block_bytes)];
        let manifest = Manifest { n_obs, packs, ..Manifest::default() };
        LayerTiles::of(&manifest, &layer).unwrap()
    }

    /// Reads what a plan, or a share of it, names.
    fn sum(&self, plan: &Plan) -> Summing {
        let fixed = self.fixed();
        let mut summing = Summing::new(&fixed, N_GENES);
        // Backwards, since no order may matter.
        for part in plan.cells.iter().rev() {
            let bytes = self.cells_tile(part.tile);
            let decode = if self.is_float { Cells::decode_floats } else { Cells::decode_counts };
            let cells = decode(&bytes, part.wanted(), N_GENES as u32).unwrap();
            summing.take_cells(&cells, part, self.rebuild(), &fixed).unwrap();
        }
        for part in plan.moments.iter().rev() {
            summing.take_moments(&self.moments_tile(part.tile), part.signs).unwrap();
        }
        summing
    }
}

fn normalization(cells: Vec<(f32, BTreeMap<u32, i32>)>) -> Normalization {
    let (divisors, corrections): (Vec<f32>, Vec<_>) = cells.into_iter().unzip();
    let of_cell = |(cell, corrections): (u32, BTreeMap<u32, i32>)| {
        corrections.into_iter().map(move |(count, difference)| (cell, Correction { count, difference }))
    };
    Normalization::new(divisors, (0..).zip(corrections).flat_map(of_cell))
}

fn layer() -> impl Strategy<Value = MadeLayer> {
    let cell = |bits: BoxedStrategy<u32>| prop::collection::btree_map(0..N_GENES as u32, bits, 0..=N_GENES);
    let counts = || prop_oneof![1u32..4, 1u32..20, 1u32..70_000].boxed();
    let floats = values().prop_filter("zeros are not stored", |value| *value != 0.0).prop_map(f32::to_bits).boxed();
    let of = move |kind: u8, n_obs: usize| {
        let bits = if kind == 2 { floats.clone() } else { counts() };
        let divisor = prop_oneof![0.01f32..4.0, (1u32..9000).prop_map(|total| -(total as f32)), -0.5f32..-0.01];
        let corrections = prop::collection::btree_map(1u32..20, prop_oneof![-3i32..0, 1i32..4], 0..3);
        (vec(cell(bits), n_obs), vec((divisor, corrections), n_obs)).prop_map(move |(cells, normalized)| MadeLayer {
            cells,
            normalization: (kind == 0).then(|| normalization(normalized)),
            is_float: kind == 2,
            stored: Vec::new(),
        })
    };
    (0u8..3, 1usize..600).prop_flat_map(move |(kind, n_obs)| of(kind, n_obs))
}

/// A layer with two sets: runs of cells, with some cells flipped.
fn question() -> impl Strategy<Value = (MadeLayer, CellMask, CellMask)> {
    layer().prop_flat_map(|layer| {
        let n_obs = layer.cells.len();
        let mask = move || {
            (vec(0..=n_obs, 0..6), vec(0..n_obs, 0..10)).prop_map(move |(mut cuts, flips)| {
                cuts.sort_unstable();
                let in_run = |cell| cuts.partition_point(|&cut| cut <= cell) % 2;
                let mut cells: Vec<u8> = (0..n_obs).map(|cell| in_run(cell) as u8).collect();
                flips.into_iter().for_each(|cell| cells[cell] ^= 1);
                CellMask::from_bytes(cells)
            })
        };
        (Just(layer), mask(), mask())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn blocks_and_cells_give_the_bits_of_the_genes(
        (layer, group, other) in question(),
        (cells_tile_bytes, block_bytes) in (1u64..100, 1u64..400),
        n_workers in 1usize..5,
        with_rest: bool,
    ) {
        let tiles = layer.tiles(cells_tile_bytes, block_bytes);
        let mut reference = other;
        if with_rest {
            reference = group.clone();
            reference.invert();
        }
        let sets = if with_rest { Sets::GroupAndRest(&group) } else { Sets::Two(&group, &reference) };
        let plan = tiles.plan(sets);
        let expected = layer.gathered([&group, &reference]);
        prop_assert_eq!(&layer.sum(&plan).finish(plan.n_cells).unwrap(), &expected);

        // In shares, each in a place of its own, whose sums travel as tiles.
        let mut summing = Summing::new(&layer.fixed(), N_GENES);
        for share in plan.shares(n_workers) {
            for (set, tile) in layer.sum(&share).to_tiles().into_iter().enumerate() {
                let tile = tile::Moments::decode(&tile.encode()).unwrap();
                let mut signs = [None; 2];
                signs[set] = Some(Sign::Plus);
                summing.take_moments(&tile, signs).unwrap();
            }
        }
        prop_assert_eq!(&summing.finish(plan.n_cells).unwrap(), &expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn stored_sums_and_cells_give_the_bits_of_the_genes(
        (mut layer, stored, cells) in question(),
        (cells_tile_bytes, block_bytes) in (1u64..100, 1u64..400),
        with_rest: bool,
    ) {
        let (mut more, mut less) = (cells.clone(), cells.clone());
        more.and_not(&stored);
        less.and(&stored);
        let (mut group, mut reference) = (stored.clone(), stored.clone());
        group.or(&more);
        reference.and_not(&less);
        if with_rest {
            reference = group.clone();
            reference.invert();
        }
        let part = StoredPart { tile: layer.stored_tile(0), n_cells: stored.count() as u64, sign: Sign::Plus };
        let ways = |sign: Sign, cells: CellMask| [SetParts::stored(vec![part]).with_cells(sign, cells)];
        let of_reference = ways(Sign::Minus, less);
        let tiles = layer.tiles(cells_tile_bytes, block_bytes);
        let plan = tiles.plan_of(&ways(Sign::Plus, more), (!with_rest).then_some(&of_reference));
        layer.stored.push(stored);
        let expected = layer.gathered([&group, &reference]);
        prop_assert_eq!(&layer.sum(&plan).finish(plan.n_cells).unwrap(), &expected);
    }
}

#[test]
fn tiles_of_another_layer_are_refused() {
    let mut summing = Summing::new(&FixedPoints::Uniform(FixedPoint::COUNTS), 2);
    let tile =
        tile::Moments { entries: vec![2], n_nonzero: vec![1], sums: vec![1], sums_sq: vec![1], ..Default::default() };
    let plus = Some(Sign::Plus);
    assert!(summing.take_moments(&tile, [plus, None]).is_err());
    let tile = tile::Moments { entries: vec![1], ..tile };
    summing.take_moments(&tile, [plus, None]).unwrap();
    // One value, but no cell.
    assert!(summing.finish([0, 0]).is_err());
}

#[test]
fn bits_are_those_of_every_platform() {
    assert_eq!(crate::bits::checksums(), crate::bits::EXPECTED);
}
