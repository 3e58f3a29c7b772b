//! The moments of any set of cells that has a tile are those of a scan over all genes.

use std::path::Path;

use explorer_core::{data::CellIdx, de::Moments, filter::CellMask};
use shared_fbs::{
    manifest::{Layer, TileRange},
    tile,
};
use tessera::{compare::moments_of, dataset::Dataset};

/// Checks the moments of every layer: of all cells, of every label, every pair of labels, every block.
pub fn moments(dataset: &Path) {
    let dataset = Dataset::open(dataset).unwrap();
    for layer in &dataset.manifest().layers {
        let check = Check::new(&dataset, layer);
        for entry in &layer.column_moments {
            let column = dataset.manifest().column(&entry.column).unwrap();
            let n_labels = column.n_categories + u32::from(column.n_missing > 0);
            let codes = check.codes(&entry.column);
            let labels = (0..n_labels).map(|label| check.cells(|cell| codes[cell] == label)).collect::<Vec<_>>();
            check.partition(&entry.column, entry.tiles.as_ref(), &labels);
        }
        check.cube();
        check.blocks();
    }
}

/// A layer under inspection.
struct Check<'a> {
    dataset: &'a Dataset,
    layer: &'a Layer,
    n_entries: usize,
    n_obs: usize,
    total: Moments,
}

impl<'a> Check<'a> {
    fn new(dataset: &'a Dataset, layer: &'a Layer) -> Self {
        let n_genes = dataset.manifest().vars[layer.var as usize].n_vars as usize;
        let n_obs = dataset.manifest().n_obs as usize;
        let n_entries = dataset.fixed_points(layer).unwrap().n_entries(n_genes);
        let mut check = Self { dataset, layer, n_entries, n_obs, total: Moments::empty(n_entries) };
        check.total = check.read(layer.total_moments.as_ref()).remove(0);
        assert_eq!(check.scan(&CellMask::all(n_obs), &CellMask::none(n_obs))[0], check.total);
        check
    }

    fn read(&self, tiles: Option<&TileRange>) -> Vec<Moments> {
        let pack = self.layer.moments_pack.as_deref().unwrap();
        let tiles = self.dataset.decode_range(pack, tiles, tile::Moments::decode).unwrap();
        tiles.iter().map(|tile| Moments::from_tile(tile, self.n_entries).unwrap()).collect()
    }

    fn scan(&self, group: &CellMask, reference: &CellMask) -> [Moments; 2] {
        moments_of(self.dataset, self.layer, group, reference).unwrap().0
    }

    fn codes(&self, column: &str) -> Vec<u32> {
        let column = self.dataset.manifest().column(column).unwrap();
        let codes = self.dataset.categorical(column).unwrap().unwrap().codes;
        (0..self.n_obs as u32).map(|cell| codes.get(CellIdx(cell))).collect()
    }

    fn cells(&self, is_in: impl Fn(usize) -> bool) -> CellMask {
        CellMask::from_fn(self.n_obs, is_in)
    }

    /// The tiles are the moments of these sets, which together are all cells.
    fn partition(&self, name: &str, tiles: Option<&TileRange>, sets: &[CellMask]) {
        let mut sum = Moments::empty(self.n_entries);
        self.sets(name, tiles, sets).iter().for_each(|set| sum.merge(set).unwrap());
        assert_eq!(sum, self.total, "{} {name}", self.layer.name);
    }

    /// The tiles are the moments of these sets.
    fn sets(&self, name: &str, tiles: Option<&TileRange>, sets: &[CellMask]) -> Vec<Moments> {
        let found = self.read(tiles);
        assert_eq!(found.len(), sets.len(), "{} {name}", self.layer.name);
        for (found, sets) in found.chunks(2).zip(sets.chunks(2)) {
            let scanned = self.scan(&sets[0], sets.get(1).unwrap_or(&CellMask::none(self.n_obs)));
            assert_eq!(scanned[..found.len()], *found, "{} {name}", self.layer.name);
        }
        found
    }

    fn cube(&self) {
        let manifest = self.dataset.manifest();
        let names = manifest.main_label.as_ref().zip(manifest.sample_column.as_ref());
        let Some((column, by)) = names.filter(|(column, by)| column != by) else {
            assert!(self.layer.cube.is_none());
            return;
        };
        let cube = self.layer.cube.as_deref().unwrap();
        assert_eq!((&cube.column, &cube.by), (column, by));
        let [codes, by_codes] = [column, by].map(|name| self.codes(name));
        let pairs: Vec<(u32, u32)> = cube.codes.iter().copied().zip(cube.by_codes.iter().copied()).collect();
        assert!(pairs.is_sorted_by(|a, b| a < b));
        let of_pair = |&pair: &(u32, u32)| self.cells(|cell| (codes[cell], by_codes[cell]) == pair);
        let sets: Vec<CellMask> = pairs.iter().map(of_pair).collect();
        assert!(sets.iter().map(CellMask::count).eq(cube.n_cells.iter().map(|&n| n as usize)));
        if sets.iter().map(CellMask::count).sum::<usize>() == self.n_obs {
            self.partition("cube", cube.tiles.as_ref(), &sets);
        } else {
            self.sets("cube", cube.tiles.as_ref(), &sets);
        }
    }

    fn blocks(&self) {
        let sizes = std::iter::successors(Some(2048), |cells| Some(cells * 4));
        let expected: Vec<u32> = sizes.take_while(|&cells| (cells as usize) < self.n_obs).collect();
        let levels = &self.layer.block_levels;
        assert!(levels.iter().map(|level| level.block_cells).eq(expected));
        for level in levels {
            let cells = level.block_cells as usize;
            let sets: Vec<CellMask> =
                (0..self.n_obs.div_ceil(cells)).map(|block| self.cells(|cell| cell / cells == block)).collect();
            self.partition(&format!("blocks of {cells}"), level.tiles.as_ref(), &sets);
            let pack = self.dataset.manifest().pack_named(self.layer.moments_pack.as_deref().unwrap()).unwrap();
            if pack.page_tiles == 0 {
                let tiles = level.tiles.as_ref().unwrap().iter();
                let lengths = tiles.map(|tile| u64::from(pack.lengths[tile as usize]));
                assert_eq!(lengths.sum::<u64>(), level.n_bytes);
            }
        }
    }
}
