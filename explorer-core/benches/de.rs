//! `cargo bench -p explorer-core --bench de`. Gathers report non-zeros a second.

mod common;

use common::Random;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use explorer_core::de::{
    CountTable, DeOptions, FixedPoint, FixedPoints, GeneMoments, Labels, Moments, Normalization, compare,
    gather_counts, gather_floats, two_sided_ln_p,
};
use explorer_core::filter::CellMask;

fn main() {
    divan::main();
}

const CHUNK: usize = 65_536;

/// One gene's cells in a chunk, at 5 %, and their counts.
fn gene(seed: u64) -> (Vec<u16>, Vec<u8>) {
    let mut random = Random::new(seed);
    let cells: Vec<u16> = (0..CHUNK).filter(|_| random.below(20) == 0).map(|cell| cell as u16).collect();
    let counts = cells.iter().map(|_| 1 + random.below(3) as u8 * random.below(4) as u8).collect();
    (cells, counts)
}

fn labels() -> Labels {
    let group = CellMask::from_fn(CHUNK, |cell| cell % 10 == 0);
    let mut rest = group.clone();
    rest.invert();
    Labels::new(&group, &rest)
}

#[divan::bench]
fn count_table(bencher: Bencher) {
    let (labels, normalization) = (labels(), Normalization::new(vec![0.4; CHUNK], []));
    let fixed = FixedPoint::for_log_counts(1_500_000);
    bencher
        .counter(ItemsCount::new(CHUNK))
        .bench_local(|| CountTable::new(black_box(normalization.cells()), labels.as_bytes(), fixed));
}

#[divan::bench]
fn gather_200_genes_of_counts(bencher: Bencher) {
    let (labels, normalization) = (labels(), Normalization::new(vec![0.4; CHUNK], []));
    let table = CountTable::new(normalization.cells(), labels.as_bytes(), FixedPoint::for_log_counts(1_500_000));
    let genes: Vec<_> = (0..200).map(gene).collect();
    let n_nonzero: usize = genes.iter().map(|(cells, _)| cells.len()).sum();
    bencher.counter(ItemsCount::new(n_nonzero)).bench_local(|| {
        for (cells, counts) in &genes {
            black_box(gather_counts(cells, counts, &table));
        }
    });
}

#[divan::bench]
fn gather_200_genes_of_floats(bencher: Bencher) {
    let labels = labels();
    let fixed = FixedPoint::for_log_counts(1_500_000);
    let genes: Vec<(Vec<u16>, Vec<f32>)> = (0..200)
        .map(gene)
        .map(|(cells, counts)| (cells, counts.into_iter().map(|count| f32::from(count) * 0.7).collect()))
        .collect();
    let n_nonzero: usize = genes.iter().map(|(cells, _)| cells.len()).sum();
    bencher.counter(ItemsCount::new(n_nonzero)).bench_local(|| {
        for (cells, values) in &genes {
            black_box(gather_floats(cells, values, labels.as_bytes(), fixed));
        }
    });
}

/// The table of 60 000 genes from two sets of moments.
#[divan::bench(args = [500, 150_000, 1_500_000])]
fn table_of_60k_genes(bencher: Bencher, n_cells: u64) {
    let mut random = Random::new(3);
    let mut moments = |n_cells: u64| {
        let gene = |_| {
            let n_nonzero = random.below(n_cells) as u32;
            let x = (1 << 24) + random.below(1 << 22) as i64;
            GeneMoments {
                n_nonzero,
                sum: i64::from(n_nonzero) * x,
                sum_sq: u128::from(n_nonzero) * ((x * x) as u128 >> 14) * 3 / 2,
            }
        };
        Moments { n_cells, entries: (0..60_000).map(gene).collect() }
    };
    let (group, reference) = (moments(n_cells / 10), moments(n_cells));
    let fixed = FixedPoints::Uniform(FixedPoint::for_log_counts(1_500_000));
    bencher.bench_local(|| compare(black_box(&group), &reference, &fixed, DeOptions::default()));
}

#[divan::bench(args = [(1.0, 20.0), (2.5, 39.0), (5.0, 1e3), (20.0, 1e6)])]
fn ln_p(bencher: Bencher, (t, df): (f64, f64)) {
    bencher.bench_local(|| two_sided_ln_p(black_box(t), black_box(df)));
}
