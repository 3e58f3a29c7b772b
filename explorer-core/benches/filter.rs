//! `cargo bench -p explorer-core --bench filter`. Targets at 1.5 M / 4.3 M cells: a brush with
//! eight histograms and all counts 16 / 40 ms, a lasso 25 / 65 ms.

mod common;

use common::{SIZES, categorical, continuous, embedding, lasso};
use divan::{Bencher, black_box};
use explorer_core::data::Categorical;
use explorer_core::filter::{Binned, CellMask, CrossFilter, Domain, Groups, Polygon, Predicate, Source, Tally};

fn main() {
    divan::main();
}

/// What the sidebar of a large dataset shows: eight histograms, ten categories.
struct Sidebar {
    filter: CrossFilter<usize>,
    brushed: explorer_core::data::Continuous,
    histograms: Vec<Binned>,
    categories: Vec<Categorical>,
}

impl Sidebar {
    fn new(n_obs: usize) -> Self {
        let columns: Vec<_> = (0..8).map(|seed| continuous(n_obs, seed + 1)).collect();
        let histograms = columns.iter().map(|column| {
            let domain = Domain::of(column, None).expect("most values are there");
            Binned::new(column, domain, 40)
        });
        let mut filter = CrossFilter::new(n_obs);
        let others = CellMask::from_fn(n_obs, |cell| cell % 3 != 0);
        filter.set_mask(100, others).expect("the mask has the dataset's length");
        Self {
            filter,
            histograms: histograms.collect(),
            categories: (0..10).map(|seed| categorical(n_obs, [5, 20, 60, 200, 700][seed % 5], seed as u64)).collect(),
            brushed: columns.into_iter().next().expect("eight columns"),
        }
    }

    fn groups(&self) -> impl Iterator<Item = (usize, Groups<'_>)> {
        let bins = self.histograms.iter().map(Groups::Bins);
        bins.chain(self.categories.iter().map(Groups::Categories)).enumerate()
    }

    fn brush(&mut self, min: f32) -> explorer_core::filter::Change<usize> {
        let range = Predicate::Range { min, max: min + 30.0 };
        self.filter.set(0, &range, Source::Continuous(&self.brushed)).expect("a range suits numbers")
    }
}

/// The first moment of a brush: everything counted from scratch.
#[divan::bench(args = SIZES, sample_count = 20)]
fn brush_and_count_all(bencher: Bencher, n_obs: usize) {
    let mut sidebar = Sidebar::new(n_obs);
    let mut min = 10.0;
    bencher.bench_local(|| {
        min = 30.0 - min;
        black_box(sidebar.brush(min));
        for (key, groups) in sidebar.groups() {
            black_box(sidebar.filter.count(Some(&key), groups));
        }
    });
}

/// A drag: the brush moves by half a per cent of its range, and tallies follow.
#[divan::bench(args = SIZES, sample_count = 20)]
fn drag_and_update_all(bencher: Bencher, n_obs: usize) {
    let mut sidebar = Sidebar::new(n_obs);
    sidebar.brush(10.0);
    let mut tallies: Vec<Tally<usize>> =
        sidebar.groups().map(|(key, groups)| Tally::new(&sidebar.filter, Some(key), groups)).collect();
    let mut min = 10.0;
    bencher.bench_local(|| {
        min = 20.5 - min;
        let change = sidebar.brush(min);
        for ((_, groups), tally) in sidebar.groups().zip(&mut tallies) {
            tally.update(&sidebar.filter, &change, groups);
        }
    });
}

#[divan::bench(args = SIZES)]
fn range_to_mask(bencher: Bencher, n_obs: usize) {
    let column = continuous(n_obs, 1);
    let range = Predicate::Range { min: 10.0, max: 40.0 };
    bencher.bench_local(|| range.mask(Source::Continuous(black_box(&column))));
}

#[divan::bench(args = SIZES)]
fn histogram(bencher: Bencher, n_obs: usize) {
    let sidebar = Sidebar::new(n_obs);
    bencher.bench_local(|| sidebar.filter.histogram(Some(&0), black_box(&sidebar.histograms[0])));
}

#[divan::bench(args = SIZES)]
fn lasso_64(bencher: Bencher, n_obs: usize) {
    let embedding = embedding(n_obs);
    let polygon = Polygon { vertices: lasso(64, &embedding) };
    bencher.bench_local(|| polygon.mask(black_box(&embedding)));
}

#[divan::bench(args = SIZES)]
fn lasso_1000(bencher: Bencher, n_obs: usize) {
    let embedding = embedding(n_obs);
    let polygon = Polygon { vertices: lasso(1000, &embedding) };
    bencher.bench_local(|| polygon.mask(black_box(&embedding)));
}

#[divan::bench(args = SIZES)]
fn mask_to_portable(bencher: Bencher, n_obs: usize) {
    let embedding = embedding(n_obs);
    let mask = Polygon { vertices: lasso(64, &embedding) }.mask(&embedding);
    bencher.bench_local(|| black_box(&mask).to_portable());
}
