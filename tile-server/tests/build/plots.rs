//! Plots of the demo file against what scanpy plots of it (`golden/generate_plots.py`), from stored sums and from tiles.

use std::{collections::HashMap, path::Path, process::Command};

use explorer_core::csv::records;

use crate::input::{build, demo};

/// Asked of means against scanpy, which sums `f32` in `f32`; 1e-7 is seen.
const RTOL: f64 = 1e-5;
/// Asked of densities, as a share of the group's peak: values are put in bins.
const DENSITY_ATOL: f64 = 0.02;

const GOLDEN: &str = include_str!("../golden/pbmc68k_plots.txt");

fn run(directory: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    let output = command.arg("plot").arg(directory).args(arguments).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    if output.status.success() { Ok(out) } else { Err(err) }
}

fn genes() -> Vec<&'static str> {
    GOLDEN.lines().find_map(|line| line.strip_prefix("genes\t")).unwrap().split('\t').collect()
}

/// A table of the golden file: of each line its name and numbers.
fn golden(name: &str) -> Vec<(&'static str, Vec<f64>)> {
    let lines = GOLDEN.lines().skip_while(|line| *line != name).skip(1);
    let is_of_table = |line: &&str| line.contains('\t') && !line.starts_with("order");
    let row = |line: &'static str| {
        let (label, numbers) = line.split_once('\t').unwrap();
        (label, numbers.split('\t').map(|number| number.parse().unwrap()).collect())
    };
    lines.take_while(is_of_table).map(row).collect()
}

/// A column of a CSV file by group and gene, and the groups in their order.
fn column(csv: &str, n_labels: usize, name: &str) -> (HashMap<(String, String), f64>, Vec<String>) {
    let mut records = records(csv).unwrap().into_iter();
    let header = records.next().unwrap();
    let at = header.iter().position(|column| column == name).unwrap();
    let (mut numbers, mut groups) = (HashMap::new(), Vec::new());
    for record in records {
        let group = record[..n_labels].join(", ");
        if !groups.contains(&group) {
            groups.push(group.clone());
        }
        numbers.insert((group, record[n_labels].clone()), record[at].parse().unwrap());
    }
    (numbers, groups)
}

fn check(csv: &str, n_labels: usize, name: &str, table: &str) {
    let (found, groups) = column(csv, n_labels, name);
    let expected = golden(table);
    assert_eq!(groups.len(), expected.len(), "{table}");
    for (group, numbers) in expected {
        for (gene, expected) in genes().into_iter().zip(numbers) {
            let found = found[&(group.to_owned(), gene.to_owned())];
            let is_near = (found - expected).abs() <= RTOL * expected.abs() + 1e-9;
            // scanpy shows the mean of no cell as 0.
            assert!(is_near || (found.is_nan() && expected == 0.0), "{table}, {gene} in {group}: {found} {expected}");
        }
    }
}

#[test]
fn means_and_fractions_are_those_of_scanpys_dot_plot() {
    let built = build(&demo());
    let genes = genes().join(",");
    let csv = |more: &[&str]| run(&built.path(), &[&["--genes", &genes, "--by", "louvain"], more].concat()).unwrap();
    let stored = csv(&["--scale-genes"]);
    check(&stored, 1, "mean", "table mean louvain");
    check(&stored, 1, "fraction", "table fraction louvain");
    check(&stored, 1, "scaled", "table scaled louvain");
    check(&stored, 1, "mean_of_expressing", "table expressing louvain");
    let pairs = csv(&["--then", "phase"]);
    check(&pairs, 2, "mean", "table mean louvain phase");
    check(&pairs, 2, "fraction", "table fraction louvain phase");
}

#[test]
fn stored_sums_and_tiles_come_to_the_same_bits() {
    let built = build(&demo());
    let genes = genes().join(",");
    let of = |more: &[&str]| {
        let csv = run(&built.path(), &[&["--genes", &genes, "--by", "louvain"], more].concat()).unwrap();
        csv.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
    };
    // All cells, told label by label, which no stored sum is taken for.
    let phases = ["G1", "S", "G2M"].map(|phase| format!("phase={phase}"));
    let all: Vec<&str> = phases.iter().flat_map(|phase| ["--where", phase]).collect();
    assert_eq!(of(&[]), of(&all));
}

#[test]
fn the_order_of_clusters_is_that_of_scanpys_dendrogram() {
    let built = build(&demo());
    let csv = run(&built.path(), &["--genes", &genes().join(","), "--by", "louvain", "--cluster"]).unwrap();
    let order = GOLDEN.lines().find_map(|line| line.strip_prefix("order louvain\t")).unwrap();
    assert_eq!(column(&csv, 1, "mean").1, order.split('\t').collect::<Vec<_>>());
}

#[test]
fn quartiles_and_densities_are_those_of_numpy_and_scipy() {
    let built = build(&demo());
    let csv = run(&built.path(), &["--genes", "LYZ,GNLY", "--by", "louvain", "--kind", "violins"]).unwrap();
    let mut records = records(&csv).unwrap().into_iter();
    let header = records.next().unwrap();
    let at = |name: &str| header.iter().position(|column| column == name).unwrap();
    let mut n_densities = 0;
    for record in records {
        let table = golden(&format!("violin {}", record[1]));
        let (_, expected) = table.iter().find(|(group, _)| *group == record[0]).unwrap();
        let found = ["min", "q1", "median", "q3", "max", "mean"].map(|name| record[at(name)].parse::<f64>().unwrap());
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() <= RTOL * expected.abs() + 1e-9, "{record:?}: {found} {expected}");
        }
        let density = &record[at("density")];
        let density: Vec<f64> = density.split_whitespace().map(|number| number.parse().unwrap()).collect();
        let peak = density.iter().copied().fold(0.0, f64::max);
        assert_eq!(density.is_empty(), expected.len() == 6);
        // Every tenth place is one of the reference's.
        for (found, expected) in density.iter().step_by(10).zip(&expected[6..]) {
            n_densities += 1;
            assert!((found - expected).abs() <= DENSITY_ATOL * peak, "{record:?}: {found} {expected}");
        }
    }
    assert!(n_densities > 100);
}

#[test]
fn a_heat_map_of_all_cells_has_the_means_of_the_dot_plot() {
    let built = build(&demo());
    let asked = ["--genes", "LYZ,GNLY", "--by", "louvain"];
    let csv = run(&built.path(), &[&asked[..], &["--kind", "heatmap"]].concat()).unwrap();
    assert!(csv.contains("# cells drawn: all 700 cells"), "{csv}");
    let mut cells: HashMap<String, Vec<f64>> = HashMap::new();
    for record in records(&csv).unwrap().into_iter().skip(1) {
        cells.entry(record[0].clone()).or_default().push(record[2].parse().unwrap());
    }
    let (means, groups) = column(&run(&built.path(), &asked).unwrap(), 1, "mean");
    assert_eq!((groups.len(), cells.values().map(Vec::len).sum::<usize>()), (11, 700));
    for group in groups {
        let found = cells[&group].iter().sum::<f64>() / cells[&group].len() as f64;
        let expected = means[&(group.clone(), "LYZ".to_owned())];
        assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{group}: {found} {expected}");
    }
}

#[test]
fn groups_come_in_an_order_made_by_hand() {
    let built = build(&demo());
    let csv = run(&built.path(), &["--genes", "LYZ", "--by", "phase", "--group-order", "S,G2M"]).unwrap();
    assert_eq!(column(&csv, 1, "mean").1, ["S", "G2M", "G1"]);
}

#[test]
fn shares_are_counts_over_their_line() {
    let built = build(&demo());
    let csv = run(&built.path(), &["--kind", "bars", "--by", "louvain", "--then", "phase"]).unwrap();
    let mut shares: HashMap<String, f64> = HashMap::new();
    let mut n_cells = 0;
    for record in records(&csv).unwrap().into_iter().skip(1) {
        n_cells += record[2].parse::<u32>().unwrap();
        *shares.entry(record[0].clone()).or_default() += record[3].parse::<f64>().unwrap();
    }
    assert_eq!((n_cells, shares.len()), (700, 11));
    assert!(shares.values().all(|share| (share - 1.0).abs() < 1e-12));
}

#[test]
fn every_kind_is_a_picture_of_a_mark_for_each_number() {
    let built = build(&demo());
    let directory = tempfile::tempdir().unwrap();
    for (kind, n_marks) in
        [("dots", 22), ("matrix", 22), ("heatmap", 22), ("violins", 22), ("ridges", 22), ("bars", 11)]
    {
        let out = directory.path().join(format!("{kind}.svg"));
        let genes: &[&str] = if kind == "bars" { &[] } else { &["--genes", "LYZ,GNLY"] };
        let out_text = out.to_str().unwrap();
        run(&built.path(), &[&["--kind", kind, "--by", "louvain", "--out", out_text], genes].concat()).unwrap();
        let svg = std::fs::read_to_string(out).unwrap();
        assert_eq!(svg.matches("class=\"mark\"").count(), n_marks, "{kind}");
        assert!(svg.starts_with("<svg ") && !svg.contains("NaN") && !svg.contains("inf"), "{kind}");
    }
}

#[test]
fn what_cannot_be_plotted_is_told() {
    let built = build(&demo());
    let fails = |arguments: &[&str]| run(&built.path(), arguments).unwrap_err();
    let unknown = fails(&["--genes", "LYZ,NOGENE", "--by", "louvain"]);
    assert!(unknown.contains("1 name not found: NOGENE"), "{unknown}");
    let none = fails(&["--by", "louvain"]);
    assert!(none.contains("--genes"), "{none}");
    let column = fails(&["--genes", "LYZ", "--by", "n_counts"]);
    assert!(column.contains("`n_counts`") && column.contains("louvain"), "{column}");
}
