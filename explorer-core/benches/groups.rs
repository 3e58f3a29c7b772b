//! `cargo bench -p explorer-core --bench groups`: the work behind plots of genes by group, tiles at hand.

mod common;

use common::Random;
use divan::{Bencher, black_box};
use explorer_core::{
    data::GeneIdx,
    dataset::{Dataset, DatasetError, Pace, Priority, Tiles},
    grouping::Spread,
};
use futures_util::FutureExt as _;
use shared_fbs::{
    manifest::{Layer, Manifest, Pack, TileRange, Var},
    order::Levels,
    tile,
};

/// As of the dataset that budgets are stated for.
const N_OBS: u32 = 483_000;
const N_GENES: u32 = 60_000;
const N_LABELS: u32 = 60;

/// Genes that a label's cells express.
const N_EXPRESSED: u32 = 25_000;

fn main() {
    divan::main();
}

/// Tiles in memory, inflated.
struct InMemory(Vec<Vec<u8>>);

impl Tiles for InMemory {
    type Bytes = Vec<u8>;
    type Error = DatasetError;
    const PACE: Pace = Pace::AT_HAND;

    async fn tiles(&self, _: &Pack, tiles: &[u32], _: Priority) -> Vec<Result<Vec<u8>, DatasetError>> {
        tiles.iter().map(|&tile| Ok(self.0[tile as usize].clone())).collect()
    }
}

/// A layer of log-normalized counts with stored sums of labels.
fn with_sums() -> Dataset<InMemory> {
    let mut random = Random::new(1);
    let mut moments = || {
        let mut tile = tile::Moments { n_cells: 8_000, ..tile::Moments::default() };
        for entry in (0..N_GENES).filter(|_| random.below(u64::from(N_GENES)) < u64::from(N_EXPRESSED)) {
            tile.entries.push(entry);
            tile.n_nonzero.push(1_000);
            tile.sums.push(1 << 37);
            tile.sums_sq.push(1 << 44);
        }
        tile.encode()
    };
    let tiles = (0..=N_LABELS).map(|_| moments()).collect();
    let layer = Layer {
        name: "X".to_owned(),
        frac_bits: 27,
        square_shift: 18,
        max_abs: 9.0,
        moments_pack: Some("moments".to_owned()),
        total_moments: Some(TileRange { first: N_LABELS, count: 1 }),
        ..Layer::default()
    };
    let manifest = Manifest {
        n_obs: N_OBS,
        level_ranks: Levels::for_n_obs(N_OBS).boundaries(),
        vars: vec![Var { n_vars: N_GENES, ..Var::default() }],
        layers: vec![layer],
        packs: vec![Pack { name: "moments".to_owned(), ..Pack::default() }],
        ..Manifest::default()
    };
    Dataset::new(manifest, InMemory(tiles))
}

/// 50 genes by 60 labels, out of stored sums.
#[divan::bench(sample_count = 20)]
fn genes_by_label(bencher: Bencher) {
    let dataset = with_sums();
    let tiles: Vec<u32> = (0..N_LABELS).collect();
    let genes: Vec<GeneIdx> = (0..50).map(|gene| GeneIdx(gene * 1_000)).collect();
    bencher.bench_local(|| {
        let table = dataset.genes_by_label(0, black_box(&tiles), &genes, |_| Ok(()));
        table.now_or_never().expect("the tiles are at hand").expect("the tiles are sound")
    });
}

/// How a gene that a tenth of the cells express lies in 60 groups.
#[divan::bench(sample_count = 20)]
fn spreads_of_a_gene(bencher: Bencher) {
    let mut random = Random::new(2);
    let n_cells = N_OBS / N_LABELS;
    let value = |random: &mut Random| 0.5 + random.below(4_000) as f32 / 1_000.0;
    let groups: Vec<Vec<f32>> =
        (0..N_LABELS).map(|_| (0..n_cells / 10).map(|_| value(&mut random)).collect()).collect();
    bencher.bench_local(|| {
        groups.iter().map(|values| Spread::new(n_cells.into(), black_box(values.clone()))).collect::<Vec<_>>()
    });
}
