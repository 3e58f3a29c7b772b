//! Differential expression of every gene of the demo file, from its tiles, against scanpy and scipy
//! (`golden/generate.py`).

use std::process::Command;

use explorer_core::{
    de::{DeOptions, DeTable, Effect},
    filter::CellMask,
};
use tessera::{
    compare::{cells_with_label, compare_cells},
    dataset::Dataset,
};

use crate::input::{build, demo};

/// Asked of t against `ttest_ind` on `f64`; 1e-8 is seen.
const RTOL_SCIPY: f64 = 1e-6;
/// Asked of t against scanpy, which keeps scores as `f32` and squares values in `f32`; 1e-6 is seen.
const RTOL_SCANPY: f64 = 1e-4;
/// Below this, t and fold changes are differences of nearly equal numbers.
const ATOL: f64 = 1e-9;
/// log2 fold changes of scanpy are `f32`.
const ATOL_FOLD_CHANGE: f64 = 1e-6;

struct Golden<'a> {
    genes: Vec<&'a str>,
    /// Name and, for every gene, score, fold change and adjusted p of scanpy, t, df and p of scipy.
    comparisons: Vec<(&'a str, Vec<[f64; 6]>)>,
}

fn parse(text: &str) -> Golden<'_> {
    let mut golden = Golden { genes: Vec::new(), comparisons: Vec::new() };
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(genes) = line.strip_prefix("genes ") {
            golden.genes = genes.split(' ').collect();
        } else if let Some(name) = line.strip_prefix("comparison ") {
            golden.comparisons.push((name, Vec::new()));
        } else {
            let row: Vec<f64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
            golden.comparisons.last_mut().unwrap().1.push(row.try_into().unwrap());
        }
    }
    golden
}

/// The cells of a comparison's group and reference.
fn sets(dataset: &Dataset, name: &str) -> [CellMask; 2] {
    let [column, group, reference] = name.split('|').collect::<Vec<_>>()[..] else { panic!("{name}") };
    let labeled = |label: &str| cells_with_label(dataset, column, label).unwrap().unwrap();
    let group = if column == "scattered" {
        let tiles = dataset.decode_range("obs", dataset.manifest().row.as_ref(), shared_fbs::tile::Codes::decode);
        let Ok([shared_fbs::tile::Codes::U32(rows)]) = tiles.as_deref() else { panic!("rows of another width") };
        CellMask::from_fn(rows.len(), |cell| rows[cell] * 7919 % 700 < 120)
    } else {
        labeled(group)
    };
    let reference = if reference.is_empty() {
        let mut rest = group.clone();
        rest.invert();
        rest
    } else {
        labeled(reference)
    };
    [group, reference]
}

fn check(what: &str, found: f64, expected: f64, rtol: f64, atol: f64) {
    assert!((found - expected).abs() <= rtol * expected.abs() + atol, "{what}: {found}, reference {expected}");
}

#[test]
fn every_gene_is_as_scanpy_and_scipy_have_it() {
    let golden = parse(include_str!("../golden/pbmc68k_de.txt"));
    assert_eq!((golden.genes.len(), golden.comparisons.len()), (765, 4));
    let built = build(&demo());
    let dataset = Dataset::open(&built.path()).unwrap();
    let layer = dataset.manifest().statistics_layer().unwrap();
    assert_eq!(layer.name, "raw/X");
    let genes = dataset.genes(layer).unwrap();
    for (name, rows) in &golden.comparisons {
        let [group, reference] = sets(&dataset, name);
        let options = DeOptions { effect: Effect::of_layer(layer), ..DeOptions::default() };
        assert_eq!(options.effect, Effect::Log2FoldChange);
        let table = compare_cells(&dataset, layer, &group, &reference, options).unwrap();
        assert_eq!((table.len(), rows.len()), (765, 765));
        for gene in 0..table.len() {
            let row = genes.rows[gene] as usize;
            assert_eq!(genes.ids[gene], golden.genes[row]);
            let [score, fold_change, pval_adj, t, df, pval] = rows[row];
            let what = |statistic: &str| format!("{name} {} {statistic}", genes.ids[gene]);
            check(&what("t (scipy)"), table.score[gene], t, RTOL_SCIPY, ATOL);
            check(&what("df (scipy)"), table.df[gene], df, RTOL_SCIPY, 0.0);
            // A p-value moves by about t² times the relative error of t.
            let of_p = |rtol: f64| rtol * (1.0 + t * t);
            check(&what("p (scipy)"), table.pval[gene], pval, of_p(RTOL_SCIPY), 1e-300);
            check(&what("t (scanpy)"), table.score[gene], score, RTOL_SCANPY, ATOL);
            check(&what("fold change (scanpy)"), table.effect[gene], fold_change, RTOL_SCANPY, ATOL_FOLD_CHANGE);
            check(&what("adjusted p (scanpy)"), table.pval_adj[gene], pval_adj, of_p(RTOL_SCANPY), 1e-300);
        }
    }
}

/// The rows of a CSV by gene: t, effect, p and adjusted p.
pub fn rows_of(csv: &str) -> Vec<(&str, [f64; 4])> {
    let mut lines = csv.lines().filter(|line| !line.starts_with('#'));
    assert!(lines.next().unwrap().starts_with("names,scores,logfoldchanges,pvals,pvals_adj,"));
    let row = |line: &'_ str| -> [f64; 4] {
        let numbers: Vec<f64> = line.split(',').skip(1).take(4).map(|number| number.parse().unwrap()).collect();
        numbers.try_into().unwrap()
    };
    lines.map(|line| (line.split(',').next().unwrap(), row(line))).collect()
}

#[test]
fn the_command_writes_the_same_numbers() {
    let built = build(&demo());
    let dataset = Dataset::open(&built.path()).unwrap();
    let layer = dataset.manifest().statistics_layer().unwrap();
    let genes = dataset.genes(layer).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let [scattered, _] = sets(&dataset, "scattered|in|");
    let ids = dataset.cell_ids().unwrap();
    let listed: Vec<&str> = scattered.iter().map(|cell| ids[cell.0 as usize].as_deref().unwrap()).collect();
    let cells_file = directory.path().join("cells.txt");
    std::fs::write(&cells_file, listed.join("\n") + "\n").unwrap();
    let out = directory.path().join("de.csv");
    let cells_file = cells_file.to_str().unwrap();
    for (name, arguments) in [
        ("louvain|1|", &["--group", "louvain=1"][..]),
        ("louvain|0|3", &["--group", "louvain=0", "--reference", "louvain=3"]),
        ("scattered|in|", &["--cells-file", cells_file]),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
        command.arg("de").arg(built.path()).args(arguments).arg("--out").arg(&out);
        assert!(command.status().unwrap().success());
        let [group, reference] = sets(&dataset, name);
        let table: DeTable = compare_cells(&dataset, layer, &group, &reference, DeOptions::default()).unwrap();
        let csv = std::fs::read_to_string(&out).unwrap();
        let rows = rows_of(&csv);
        assert_eq!(rows.len(), table.len());
        for (gene, (name, [t, effect, pval, pval_adj])) in table.ranked().into_iter().zip(rows) {
            let gene = gene as usize;
            assert_eq!(genes.name(gene), Some(name));
            let found = (table.score[gene], table.effect[gene], table.pval[gene], table.pval_adj[gene]);
            assert_eq!(found, (t, effect, pval, pval_adj));
        }
        let cells = |set: &CellMask| format!(" ({} cells)", set.count());
        assert!(csv.starts_with("# dataset: pbmc68k_reduced.h5ad\n"), "{}", &csv[..100]);
        assert!(csv.lines().nth(1).unwrap().ends_with(&cells(&group)));
        assert!(csv.lines().nth(2).unwrap().ends_with(&cells(&reference)));
    }
}
