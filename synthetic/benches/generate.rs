//! How fast counts and whole files are generated, in non-zeros a second.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use synthetic::h5ad::{self, Compression, Layout, Options, Raw, Views};
use synthetic::{Model, Spec};

fn main() {
    divan::main();
}

const CELLS: usize = 4_096;

fn model(n_genes: usize) -> Model {
    Model::new(Spec { n_cells: 100_000, n_genes, seed: 1 }).expect("the numbers are within bounds")
}

/// Counts in memory, on one thread.
#[divan::bench(args = [2_000, 20_000, 60_000], sample_count = 5)]
fn counts(bencher: Bencher, n_genes: usize) {
    let model = model(n_genes);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread can be started");
    let nnz = model.matrix(0..CELLS).nnz();
    bencher.counter(ItemsCount::new(nnz)).bench_local(|| pool.install(|| black_box(model.matrix(0..CELLS))));
}

/// The parameters alone: what a small dataset waits for.
#[divan::bench(args = [2_000, 20_000, 60_000], sample_count = 3)]
fn parameters(n_genes: usize) -> Model {
    model(n_genes)
}

/// A whole file, on all threads.
#[divan::bench(args = [("csr", "none"), ("csr", "gzip"), ("csc", "none"), ("dense", "none")], sample_count = 3)]
fn file(bencher: Bencher, (layout, compression): (&str, &str)) {
    let model = Model::new(Spec { n_cells: CELLS, n_genes: 20_000, seed: 1 }).expect("the numbers are within bounds");
    let options = Options {
        layout: match layout {
            "csr" => Layout::Csr,
            "csc" => Layout::Csc,
            _ => Layout::Dense,
        },
        compression: if compression == "gzip" { Compression::Gzip { level: 4 } } else { Compression::None },
        raw: Raw::Absent,
        views: Views::Flat,
    };
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let path = folder.path().join("bench.h5ad");
    let nnz = model.matrix(0..CELLS).nnz();
    bencher.counter(ItemsCount::new(nnz)).bench_local(|| {
        h5ad::write(&model, &path, options, |_| std::ops::ControlFlow::Continue(())).expect("the file can be written")
    });
}
