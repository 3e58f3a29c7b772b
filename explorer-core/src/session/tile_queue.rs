//! What is looked at first: tiles of cells in view, before the rest.
//!
//! Neighbors in storage order lie near each other in the picture, so a tile or a chunk of cells is
//! local. Where it lies is roughly known as soon as the first level of detail is there, which is a
//! fair sample of all cells: a run of cells is in view as far as its sampled cells are.

use std::ops::Range;

use shared_fbs::{order::TileCells, tile::Points};

use super::Window;
use crate::{data::Embedding, sorting::sort_by_key};

/// Tiles of positions that are asked for together.
const TILES_PER_STEP: usize = 8;

/// A sample of the cells with their positions, ascending in storage order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PositionSample {
    cells: Vec<u32>,
    positions: Vec<[u16; 2]>,
}

impl PositionSample {
    /// The sample that the first level of an embedding is.
    pub fn of(embedding: &Embedding, tiles: &[TileCells]) -> Self {
        let cells: Vec<u32> = tiles.iter().take_while(|tile| tile.level == 0).flat_map(TileCells::iter).collect();
        let position = |&cell: &u32| {
            let cell = cell as usize;
            Some([*embedding.xs.get(cell)?, *embedding.ys.get(cell)?])
        };
        Self { positions: cells.iter().map_while(position).collect(), cells }
    }

    /// Takes in a tile of the sample; tiles come in order.
    pub fn add(&mut self, cells: &TileCells, points: &Points) {
        self.cells.extend(cells.iter());
        self.positions.extend(points.xs.iter().zip(&points.ys).map(|(&x, &y)| [x, y]));
        // Both are as long as the tile says it is, which was verified before.
        self.positions.truncate(self.cells.len());
    }

    /// How many cells of a run are in the window, of those in the sample.
    pub fn n_seen(&self, run: &Range<u32>, window: &Window) -> usize {
        let start = self.cells.partition_point(|&cell| cell < run.start);
        let end = self.cells.partition_point(|&cell| cell < run.end).min(self.positions.len());
        let positions = self.positions.get(start..end).unwrap_or_default();
        positions.iter().filter(|&&[x, y]| window.holds(x, y)).count()
    }

    /// The chunks of as many cells each that are in the window; `None` when all are, or none: then
    /// there is nothing to put first.
    pub fn chunks_seen(&self, n_obs: u32, cells_per_chunk: u32, window: &Window) -> Option<Vec<u32>> {
        let n_chunks = n_obs.div_ceil(cells_per_chunk);
        let is_seen = |chunk: &u32| {
            let start = chunk * cells_per_chunk;
            self.n_seen(&(start..start.saturating_add(cells_per_chunk).min(n_obs)), window) > 0
        };
        let seen: Vec<u32> = (0..n_chunks).filter(is_seen).collect();
        (!seen.is_empty() && seen.len() < n_chunks as usize).then_some(seen)
    }
}

/// What is known of the tiles' places when the next ones are chosen.
#[derive(Clone, Copy, Debug)]
pub enum Visibility<'a> {
    /// The whole embedding is in view.
    Whole,
    /// A part of it is; where the cells of tiles are is not yet known.
    Unknown,
    /// A part of it is.
    Part(&'a PositionSample, Window),
}

impl Visibility<'_> {
    /// How much of a tile is in view, as far as is known.
    fn n_seen(&self, tile: &TileCells) -> usize {
        match self {
            Self::Part(sample, window) => sample.n_seen(&tile.cells, window),
            Self::Whole | Self::Unknown => 1,
        }
    }
}

/// The tiles of an embedding that are yet to be asked for, and those that are yet to be placed.
#[derive(Debug)]
pub struct TileQueue<'a> {
    tiles: &'a [TileCells],
    to_ask: Vec<usize>,
    is_placed: Vec<bool>,
}

impl<'a> TileQueue<'a> {
    /// All of these tiles, none asked for yet.
    pub fn new(tiles: &'a [TileCells]) -> Self {
        Self { tiles, to_ask: (0..tiles.len()).collect(), is_placed: vec![false; tiles.len()] }
    }

    /// Whether the first level has been placed, which is the sample.
    pub fn has_sample(&self) -> bool {
        self.tiles.iter().zip(&self.is_placed).take_while(|(tile, _)| tile.level == 0).all(|(_, &placed)| placed)
    }

    /// The tiles to ask for next, ascending: some of one level, the coarsest, those in view first.
    /// `None` when none is left, or it is better to wait for the first level, which tells what is
    /// in view.
    pub fn next(&mut self, visibility: Visibility<'_>) -> Option<Vec<usize>> {
        let level = self.tiles[*self.to_ask.first()?].level;
        if matches!(visibility, Visibility::Unknown) && level > 0 {
            return None;
        }
        let of_level = self.to_ask.iter().copied().take_while(|&tile| self.tiles[tile].level == level);
        let mut of_level: Vec<(usize, usize)> =
            of_level.map(|tile| (visibility.n_seen(&self.tiles[tile]), tile)).collect();
        sort_by_key(&mut of_level, |&(n_seen, _)| std::cmp::Reverse(n_seen));
        let in_view = of_level.iter().take_while(|&&(n_seen, _)| n_seen > 0).count();
        let n_tiles = if in_view > 0 { in_view } else { of_level.len() };
        let mut step: Vec<usize> =
            of_level.into_iter().take(n_tiles.min(TILES_PER_STEP)).map(|(_, tile)| tile).collect();
        step.sort_unstable();
        self.to_ask.retain(|tile| step.binary_search(tile).is_err());
        Some(step)
    }

    /// A tile has been placed; whether all of its level that is in view has.
    pub fn placed(&mut self, tile: usize, visibility: Visibility<'_>) -> bool {
        self.is_placed[tile] = true;
        let level = self.tiles[tile].level;
        let mut missing =
            self.tiles.iter().zip(&self.is_placed).filter(|(tile, placed)| tile.level == level && !**placed);
        missing.all(|(tile, _)| visibility.n_seen(tile) == 0)
    }
}

#[cfg(test)]
mod tests {
    use shared_fbs::order::Levels;

    use super::*;

    const N_OBS: u32 = 1_000_000;

    /// Cells along a diagonal: a cell's place is its share of the whole.
    fn diagonal(tiles: &[TileCells]) -> PositionSample {
        let mut sample = PositionSample::default();
        for tile in tiles.iter().filter(|tile| tile.level == 0) {
            let at: Vec<u16> = tile.iter().map(|cell| (u64::from(cell) * 60_000 / u64::from(N_OBS)) as u16).collect();
            sample.add(tile, &Points { xs: at.clone(), ys: at, zs: None });
        }
        sample
    }

    fn all_steps(mut queue: TileQueue<'_>, visibility: Visibility<'_>) -> Vec<Vec<usize>> {
        std::iter::from_fn(|| queue.next(visibility)).collect()
    }

    #[test]
    fn a_whole_view_takes_tiles_in_their_order_and_never_of_two_levels() {
        let tiles = Levels::for_n_obs(N_OBS).tiles();
        let steps = all_steps(TileQueue::new(&tiles), Visibility::Whole);
        assert_eq!(steps.concat(), (0..tiles.len()).collect::<Vec<_>>());
        for step in steps {
            assert!(step.len() <= TILES_PER_STEP);
            assert!(step.iter().all(|&tile| tiles[tile].level == tiles[step[0]].level));
        }
    }

    #[test]
    fn tiles_in_view_come_first_within_each_level_and_all_come_once() {
        let tiles = Levels::for_n_obs(N_OBS).tiles();
        let sample = diagonal(&tiles);
        let window = Window { min: [45_000.0; 2], max: [47_000.0; 2] };
        let steps = all_steps(TileQueue::new(&tiles), Visibility::Part(&sample, window));
        let mut all = steps.concat();
        let mut levels: Vec<usize> = all.iter().map(|&tile| tiles[tile].level).collect();
        assert!(levels.is_sorted());
        levels.dedup();
        for level in levels {
            let of_level: Vec<&Vec<usize>> = steps.iter().filter(|step| tiles[step[0]].level == level).collect();
            let is_seen = |&tile: &usize| sample.n_seen(&tiles[tile].cells, &window) > 0;
            assert!(of_level[0].iter().all(is_seen), "level {level}");
            assert!(of_level[1..].iter().all(|step| !step.iter().any(is_seen)), "level {level}");
        }
        all.sort_unstable();
        assert_eq!(all, (0..tiles.len()).collect::<Vec<_>>());
        // A view of nothing puts nothing first.
        let nowhere = Window { min: [0.0, 59_000.0], max: [10.0, 60_000.0] };
        let steps = all_steps(TileQueue::new(&tiles), Visibility::Part(&sample, nowhere));
        assert_eq!(steps, all_steps(TileQueue::new(&tiles), Visibility::Whole));
    }

    #[test]
    fn a_part_that_is_not_yet_known_waits_for_the_first_level() {
        let tiles = Levels::for_n_obs(N_OBS).tiles();
        let mut queue = TileQueue::new(&tiles);
        assert_eq!(queue.next(Visibility::Unknown), Some(vec![0]));
        assert_eq!(queue.next(Visibility::Unknown), None);
        assert_eq!(queue.next(Visibility::Whole).map(|step| tiles[step[0]].level), Some(1));
    }

    #[test]
    fn a_level_may_be_drawn_once_all_of_it_that_is_in_view_is_there() {
        let tiles = Levels::for_n_obs(N_OBS).tiles();
        let sample = diagonal(&tiles);
        let window = Window { min: [45_000.0; 2], max: [45_100.0; 2] };
        let part = Visibility::Part(&sample, window);
        let last = tiles.len() - 1;
        let seen = (1..tiles.len())
            .find(|&tile| tiles[tile].level == tiles[last].level && part.n_seen(&tiles[tile]) > 0)
            .expect("something is in view");
        let mut queue = TileQueue::new(&tiles);
        assert!(!queue.placed(last, part));
        assert!(queue.placed(seen, part));
        assert!(!queue.placed(seen, Visibility::Whole));
    }

    #[test]
    fn chunks_in_view_are_put_first_unless_all_or_none_are() {
        let sample = diagonal(&Levels::for_n_obs(N_OBS).tiles());
        let chunks = |from: f64, to: f64| sample.chunks_seen(N_OBS, 1 << 16, &Window { min: [from; 2], max: [to; 2] });
        assert_eq!(chunks(0.0, 100.0), Some(vec![0]));
        assert_eq!(chunks(30_000.0, 34_000.0), Some(vec![7, 8]));
        assert_eq!(chunks(0.0, 65_535.0), None);
        assert_eq!(chunks(61_000.0, 62_000.0), None);
    }
}
