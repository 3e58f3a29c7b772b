//! Markers of a tissue of 300 cell types and 20 000 genes, on one thread.
//!
//! `cargo bench -p expression`

use divan::Bencher;
use explorer_core::de::{FixedPoint, GeneMoments};
use expression::{Hierarchy, MarkerFinder, MarkerOptions, Ontology};

const N_TYPES: u64 = 300;
const N_GENES: u64 = 20_000;

fn main() {
    divan::main();
}

/// Numbers that look random.
fn mixed(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Types in a tree of three levels or so, every third with a second parent; and their numbers of cells.
fn types() -> (Hierarchy, Vec<u64>) {
    let id = |number: u64| if number == 0 { "CL:0000000".to_owned() } else { format!("CL:{number}") };
    let parents = |number: u64| -> Vec<String> {
        let first = (number > 0).then(|| number.saturating_sub(1) / 7);
        let second = (number > 20 && number.is_multiple_of(3)).then(|| 1 + mixed(number) % (number / 7));
        first.into_iter().chain(second).map(id).collect()
    };
    let terms = (0..N_TYPES).map(|number| (id(number), format!("type {number}"), parents(number)));
    let ids: Vec<String> = (0..N_TYPES).map(id).collect();
    let hierarchy = Hierarchy::new(&Ontology::new(terms).expect("parents have lower numbers"), &ids);
    (hierarchy, (0..N_TYPES).map(|number| 30 + mixed(number) % 5000).collect())
}

/// What a gene adds up to in each type: most genes are in a part of the types.
fn sums(gene: u64, n_cells: &[u64], fixed: FixedPoint) -> Vec<GeneMoments> {
    let share = (mixed(gene) % 1000) as f64 / 1000.0;
    let of_type = |(number, &n_cells): (u64, &u64)| {
        let random = mixed(gene * 1000 + number);
        if (random % 1000) as f64 > 1000.0 * share.sqrt() {
            return GeneMoments::default();
        }
        let n = (n_cells as f64 * share * ((random >> 20) % 1000) as f64 / 1000.0) as u64;
        let (low, high) = (fixed.encode(1.0 + share as f32), fixed.encode(2.0));
        let sum_sq = u128::from(n / 2) * fixed.square(low) + u128::from(n - n / 2) * fixed.square(high);
        GeneMoments { n_nonzero: n as u32, sum: (n / 2) as i64 * low + (n - n / 2) as i64 * high, sum_sq }
    };
    (0..).zip(n_cells).map(of_type).collect()
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn markers_of_300_types_and_20_000_genes(bencher: Bencher) {
    let (hierarchy, n_cells) = types();
    let fixed = FixedPoint::for_log_counts(1 << 32);
    let finder = MarkerFinder::new(&hierarchy, &n_cells, fixed, MarkerOptions::default());
    let genes: Vec<Vec<GeneMoments>> = (0..N_GENES).map(|gene| sums(gene, &n_cells, fixed)).collect();
    bencher.bench_local(|| finder.markers((0..).zip(&genes)));
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn a_finder(bencher: Bencher) {
    let (hierarchy, n_cells) = types();
    let fixed = FixedPoint::for_log_counts(1 << 32);
    bencher.bench_local(|| MarkerFinder::new(&hierarchy, &n_cells, fixed, MarkerOptions::default()));
}
