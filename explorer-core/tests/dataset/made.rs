//! A dataset in memory: three chunks of cells, five genes of log-normalized counts, a column of each kind.

use std::{cell::RefCell, collections::HashMap};

use explorer_core::{
    data::assemble::Rebuild,
    dataset::{Dataset, DatasetError, Pace, Priority, Tiles},
    de::{Correction, FixedPoint, FixedPoints, Gather, Labels, Moments, Normalization, log_normalize},
    filter::CellMask,
};
use futures_util::FutureExt as _;
use shared_fbs::{
    manifest::{
        BlockLevel, Bounds, CELLS_PER_CELLS_TILE, CELLS_PER_EXPRESSION_TILE, CELLS_PER_TEXT_TILE, Column, ColumnKind,
        Embedding, Layer, Manifest, Pack, TileRange, ValueKind, Var,
    },
    order::Levels,
    tile::{
        Categories, Cells, Codes, Corrections, Counts, Expression, ExpressionValues, Genes, Points, Strings, Values,
    },
};

pub const N_OBS: u32 = 2 * CELLS_PER_EXPRESSION_TILE + 70;
pub const N_GENES: u32 = 5;
pub const LABELS: [&str; 3] = ["B", "T", "NK"];
const BLOCK_CELLS: u32 = 1 << 14;

/// The tiles of the dataset, and what was asked of them.
#[derive(Default)]
pub struct Memory {
    tiles: HashMap<(String, u32), Vec<u8>>,
    pub asked: RefCell<Vec<(String, Vec<u32>, Priority)>>,
}

impl Tiles for Memory {
    type Bytes = Vec<u8>;
    type Error = DatasetError;

    // Small, so that there are many batches.
    const PACE: Pace = Pace { gene_tiles: 6, parts: 3, batches_ahead: 2 };

    async fn tiles(&self, pack: &Pack, tiles: &[u32], priority: Priority) -> Vec<Result<Vec<u8>, DatasetError>> {
        self.asked.borrow_mut().push((pack.name.clone(), tiles.to_vec(), priority));
        let tile = |&index: &u32| {
            let missing = || DatasetError::Unknown { kind: "tile", name: format!("{}/{index}", pack.name) };
            self.tiles.get(&(pack.name.clone(), index)).cloned().ok_or_else(missing)
        };
        tiles.iter().map(tile).collect()
    }
}

/// What a future that waits for nothing comes to.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("tiles in memory are there at once")
}

pub fn count(gene: u32, cell: u32) -> u32 {
    let hash = (cell * N_GENES + gene).wrapping_mul(0x9E37_79B9) >> 8;
    if hash.is_multiple_of(gene + 2) { 1 + hash % 300 } else { 0 }
}

pub fn divisor(cell: u32) -> f32 {
    0.25 + (cell % 1000) as f32 / 100.0
}

/// What the value of a count is corrected by.
fn difference(count: u32, cell: u32) -> i32 {
    if cell.is_multiple_of(31) && count <= 40 && count.is_multiple_of(3) { (count % 2) as i32 * 2 - 1 } else { 0 }
}

fn corrections() -> impl Iterator<Item = (u32, Correction)> {
    let of_cell = |cell| (1..=40).map(move |count| (cell, Correction { count, difference: difference(count, cell) }));
    (0..N_OBS).flat_map(of_cell).filter(|(_, correction)| correction.difference != 0)
}

pub fn value(gene: u32, cell: u32) -> f32 {
    match count(gene, cell) {
        0 => 0.0,
        count => {
            let value = log_normalize(count, divisor(cell));
            f32::from_bits(value.to_bits().wrapping_add_signed(difference(count, cell)))
        }
    }
}

pub fn label(cell: u32) -> usize {
    (cell / 1000 % 3) as usize
}

pub fn position(cell: u32) -> (u16, u16) {
    ((cell % 60_000) as u16, (cell / 3) as u16)
}

fn chunk(gene: u32, chunk: u32) -> Expression {
    let first = chunk * CELLS_PER_EXPRESSION_TILE;
    let cells = first..N_OBS.min(first + CELLS_PER_EXPRESSION_TILE);
    let (cells, counts): (Vec<u16>, Vec<u32>) =
        cells.map(|cell| ((cell - first) as u16, count(gene, cell))).filter(|(_, count)| *count > 0).unzip();
    Expression { cells, values: ExpressionValues::Counts(Counts::narrowest(&counts)) }
}

fn cells(tile: u32) -> Cells {
    let first = tile * CELLS_PER_CELLS_TILE;
    let (mut indptr, mut genes, mut counts) = (vec![0], Vec::new(), Vec::new());
    for cell in first..N_OBS.min(first + CELLS_PER_CELLS_TILE) {
        for gene in (0..N_GENES).filter(|&gene| count(gene, cell) > 0) {
            genes.push(gene);
            counts.push(count(gene, cell));
        }
        indptr.push(genes.len() as u32);
    }
    Cells { indptr, genes, values: ExpressionValues::Counts(Counts::narrowest(&counts)) }
}

pub fn fixed() -> FixedPoints {
    FixedPoints::Uniform(FixedPoint::for_log_counts(N_OBS.into()))
}

/// The moments of two sets, from all genes of all cells at once.
pub fn moments(group: &CellMask, reference: &CellMask) -> [Moments; 2] {
    let normalization = Normalization::new((0..N_OBS).map(divisor).collect(), corrections());
    let labels = Labels::new(group, reference);
    let fixed = fixed();
    let mut gather = Gather::new(labels.as_bytes(), Rebuild::of(Some(&normalization)), &fixed, N_GENES as usize);
    for gene in 0..N_GENES {
        gather.push(gene..gene + 1, &[0, 1, 2].map(|at| chunk(gene, at))).unwrap();
    }
    let mut moments = gather.finish();
    moments.iter_mut().zip([group, reference]).for_each(|(moments, set)| moments.n_cells = set.count() as u64);
    moments
}

/// Puts packs together.
#[derive(Default)]
struct Maker {
    memory: Memory,
    n_tiles: HashMap<&'static str, u32>,
}

impl Maker {
    fn add(&mut self, pack: &'static str, tiles: impl IntoIterator<Item = Vec<u8>>) -> TileRange {
        let n_tiles = self.n_tiles.entry(pack).or_default();
        let first = *n_tiles;
        for tile in tiles {
            self.memory.tiles.insert((pack.to_owned(), *n_tiles), tile);
            *n_tiles += 1;
        }
        TileRange { first, count: *n_tiles - first }
    }
}

/// The dataset; `damage` may change its tiles before it is opened.
pub fn dataset(damage: impl FnOnce(&mut HashMap<(String, u32), Vec<u8>>)) -> Dataset<Memory> {
    let mut made = Maker::default();
    let names = (0..N_OBS).map(|cell| Some(format!("cell {cell}"))).collect::<Vec<_>>();
    let ids = made.add("obs", names.chunks(CELLS_PER_TEXT_TILE as usize).map(|ids| Strings(ids.to_vec()).encode()));
    let counts = (0..4).map(|code| (0..N_OBS).filter(|&cell| label(cell) == code).count() as u32).collect();
    let categories = Categories { labels: LABELS.map(str::to_owned).to_vec(), counts, colors: None };
    let codes = Codes::U8((0..N_OBS).map(|cell| label(cell) as u8).collect());
    let labels = made.add("obs", [categories.encode(), codes.encode()]);
    let divisors = made.add("obs", [Values((0..N_OBS).map(divisor).collect()).encode()]);
    let n_corrected = |cell: u32| (1..=40).filter(|&count| difference(count, cell) != 0).count() as u32;
    let ends = (0..N_OBS).scan(0, |end, cell| {
        *end += n_corrected(cell);
        Some(*end)
    });
    let corrected = Corrections {
        indptr: std::iter::once(0).chain(ends).collect(),
        counts: corrections().map(|(_, correction)| correction.count).collect(),
        differences: corrections().map(|(_, correction)| correction.difference).collect(),
    };
    let corrected = made.add("obs", [corrected.encode()]);
    let genes = (0..N_GENES).map(|gene| format!("g{gene}")).collect();
    let var = made.add("var", [Genes { ids: genes, symbols: None, rows: (0..N_GENES).collect() }.encode()]);
    let all_chunks = (0..N_GENES).flat_map(|gene| [0, 1, 2].map(|at| chunk(gene, at).encode()));
    made.add("genes0", all_chunks);
    made.add("cells0", (0..N_OBS.div_ceil(CELLS_PER_CELLS_TILE)).map(|tile| cells(tile).encode()));
    let none = CellMask::none(N_OBS as usize);
    let stored = |set: CellMask| moments(&set, &none)[0].to_tile().encode();
    let total = made.add("moments0", [stored(CellMask::all(N_OBS as usize))]);
    let blocks = (0..N_OBS.div_ceil(BLOCK_CELLS))
        .map(|block| stored(CellMask::from_fn(N_OBS as usize, |cell| cell as u32 / BLOCK_CELLS == block)));
    let blocks = made.add("moments0", blocks);
    let levels = Levels::for_n_obs(N_OBS);
    let points = levels.tiles().into_iter().map(|cells| {
        let (xs, ys) = cells.iter().map(position).unzip();
        Points { xs, ys, zs: None }.encode()
    });
    let points = made.add("points", points);

    let packs = made.n_tiles.iter().map(|(&name, &n_tiles)| {
        let n_bytes = made.memory.tiles.iter().filter(|((pack, _), _)| pack == name).map(|(_, tile)| tile.len() as u64);
        Pack { name: name.to_owned(), n_tiles, n_bytes: n_bytes.sum(), ..Pack::default() }
    });
    let FixedPoints::Uniform(fixed) = fixed() else { unreachable!("one for all genes") };
    let layer = Layer {
        name: "X".to_owned(),
        kind: ValueKind::LogNormalizedCounts,
        pack: "genes0".to_owned(),
        cells_pack: Some("cells0".to_owned()),
        moments_pack: Some("moments0".to_owned()),
        total_moments: Some(total),
        block_levels: vec![BlockLevel { block_cells: BLOCK_CELLS, n_bytes: 100, tiles: Some(blocks) }],
        divisor: Some(divisors.clone()),
        corrections: Some(corrected),
        frac_bits: fixed.frac_bits(),
        square_shift: fixed.square_shift(),
        ..Layer::default()
    };
    let column = |name: &str, kind: ColumnKind, tiles: &TileRange| Column {
        name: name.to_owned(),
        kind,
        tiles: Some(tiles.clone()),
        ..Column::default()
    };
    let manifest = Manifest {
        n_obs: N_OBS,
        level_ranks: levels.boundaries(),
        packs: packs.collect(),
        columns: vec![
            column("type", ColumnKind::Categorical, &labels),
            column("size", ColumnKind::Continuous, &divisors),
            column("barcode", ColumnKind::Text, &ids),
        ],
        cell_ids: Some(ids),
        embeddings: vec![Embedding {
            key: "X_umap".to_owned(),
            step: 1.0,
            bounds: levels.tiles().iter().map(|_| Bounds::default()).collect(),
            tiles: Some(points),
            ..Embedding::default()
        }],
        vars: vec![Var { n_vars: N_GENES, tile: var.first, ..Var::default() }],
        layers: vec![layer],
        ..Manifest::default()
    };
    damage(&mut made.memory.tiles);
    Dataset::new(manifest, made.memory)
}
