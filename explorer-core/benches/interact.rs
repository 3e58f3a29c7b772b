//! `cargo bench -p explorer-core --bench interact`: gene search, and columns to colors.

mod common;

use common::{Random, SIZES, categorical, continuous};
use divan::{Bencher, black_box};
use explorer_core::color::{ColorScale, label_colors, label_indices};
use explorer_core::search::GeneIndex;
use explorer_core::state::{Clip, ColorOptions};

fn main() {
    divan::main();
}

fn genes() -> GeneIndex {
    let mut random = Random::new(9);
    let ids: Vec<String> = (0..60_000).map(|gene| format!("ENSG{gene:011}.{}", gene % 20)).collect();
    let letters =
        |random: &mut Random, n: u64| -> String { (0..n).map(|_| char::from(b'A' + random.below(26) as u8)).collect() };
    let symbol = |_| {
        let stem = 2 + random.below(4);
        let stem = letters(&mut random, stem);
        format!("{stem}{}", random.below(200))
    };
    let symbols: Vec<String> = (0..60_000).map(symbol).collect();
    GeneIndex::new(&ids, Some(&symbols))
}

#[divan::bench(args = ["c", "cd", "mtco1", "foxp3", "ensg00000012", "nothinglikeit"])]
fn search_60k_genes(bencher: Bencher, query: &str) {
    let genes = genes();
    bencher.bench_local(|| genes.search(black_box(query), 50));
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn color_by_numbers(bencher: Bencher, n_obs: usize) {
    let column = continuous(n_obs, 1);
    let options = ColorOptions::default();
    bencher.bench_local(|| ColorScale::fit(black_box(&column), None, &options).indices(&column));
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn color_by_clipped_logarithms(bencher: Bencher, n_obs: usize) {
    let column = continuous(n_obs, 1);
    let clip = Clip::new(1.0, 99.0).expect("percentiles in order");
    let options = ColorOptions { log: true, clip, ..ColorOptions::default() };
    bencher.bench_local(|| ColorScale::fit(black_box(&column), None, &options).indices(&column));
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn color_by_labels(bencher: Bencher, n_obs: usize) {
    let column = categorical(n_obs, 60, 1);
    bencher.bench_local(|| label_indices(black_box(&column)));
}

#[divan::bench(args = [10, 254])]
fn palette(n_labels: usize) -> usize {
    label_colors(black_box(n_labels), None).len()
}
