//! Figures of answers: each has the numbers of the table that the same command writes.

use std::{collections::HashMap, fs, path::Path};

use explorer_core::format::{p_value, signed, significant};

use crate::{
    answers::{answer, odd, refusal, rows, run},
    input::{build, demo},
};

const SETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/sets.gmt");

/// The picture that a command writes, and the rows of its table.
fn both(
    command: &str,
    dataset: &Path,
    arguments: &[&str],
    of_picture: &[&str],
) -> (String, Vec<HashMap<String, String>>) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("figure.svg");
    let out_text = out.to_str().unwrap();
    let (printed, _) = answer(command, dataset, &[arguments, of_picture, &["--out", out_text]].concat());
    assert_eq!(printed, "");
    let svg = fs::read_to_string(out).unwrap();
    assert!(svg.starts_with("<svg ") && !svg.contains("NaN") && !svg.contains("inf"), "{command} {arguments:?}: {svg}");
    (svg, rows(&answer(command, dataset, arguments).0))
}

/// What marks say, in the order of the picture.
fn tips(svg: &str) -> Vec<String> {
    svg.split("<title>").skip(1).filter_map(|rest| Some(rest.split_once("</title>")?.0.to_owned())).collect()
}

fn number(row: &HashMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap()
}

#[test]
fn a_comparison_is_drawn_with_its_numbers() {
    let built = build(&demo());
    let group = ["--group", "bulk_labels=CD19+ B"];
    let (volcano, table) = both("de", &built.path(), &group, &["--name-genes", "LYZ"]);
    let n_higher = |min_effect: f64| {
        let is_of = |row: &&HashMap<String, String>| {
            number(row, "pvals_adj") <= 0.05 && number(row, "logfoldchanges") >= min_effect.max(f64::MIN_POSITIVE)
        };
        table.iter().filter(is_of).count()
    };
    assert!(volcano.contains(&format!(">higher: {}</text>", n_higher(0.0))), "{volcano}");
    assert!(volcano.contains(">LYZ</text>") && volcano.contains("against the rest</text>"), "{volcano}");
    // The gene of the highest score is the first of those that are higher.
    let first = &table[0];
    let said = format!(
        "{}: log₂ fold change {}, adjusted p {}",
        first["names"],
        signed(number(first, "logfoldchanges")),
        p_value(number(first, "pvals_adj").log10())
    );
    assert!(tips(&volcano).iter().any(|tip| tip.starts_with(&said)), "no “{said}” in {:?}", tips(&volcano));
    let (larger, _) = both("de", &built.path(), &group, &["--min-effect", "2", "--dark"]);
    assert!(larger.contains(&format!(">higher: {}</text>", n_higher(2.0))), "{larger}");
    assert_ne!(
        larger.split("<rect ").nth(1).unwrap().split("/>").next(),
        volcano.split("<rect ").nth(1).unwrap().split("/>").next()
    );
    let (ma, _) = both("de", &built.path(), &group, &["--plot", "ma"]);
    assert!(ma.contains(">mean of both means"), "{ma}");
    let (intervals, _) = both("de", &built.path(), &group, &["--plot", "intervals"]);
    let first_of_intervals = &tips(&intervals)[0];
    let ends = format!("95 % interval {} to {}", signed(number(first, "ci_low")), signed(number(first, "ci_high")));
    assert!(first_of_intervals.starts_with(&said) && first_of_intervals.ends_with(&ends), "{first_of_intervals}");
    assert_eq!(tips(&intervals).len(), 30);
}

#[test]
fn samples_gene_sets_correlations_and_portraits_are_drawn_with_their_numbers() {
    let (built, odd) = (build(&demo()), odd());
    let (samples, table) = both("de", &odd.path(), &["--group", "random=p", "--samples", "donor"], &[]);
    let n_others = table.iter().filter(|row| number(row, "pvals_adj") > 0.05).count();
    assert!(samples.contains(&format!(">not significant: {n_others}</text>")), "{samples}");

    let of_sets = ["--group", "bulk_labels=CD14+ Monocyte", "--sets", SETS];
    let (chosen, table) = both("enrich", &built.path(), &of_sets, &[]);
    let with_hits = table.iter().filter(|row| row["n_hits"] != "0").count();
    let first = &table[0];
    let said = format!(
        "{}: {} of {} genes, {}×",
        first["gene_set"],
        first["n_hits"],
        first["n_genes"],
        significant(number(first, "fold"), 3)
    );
    assert!(tips(&chosen)[0].starts_with(&said) && tips(&chosen).len() == with_hits, "{said}: {:?}", tips(&chosen));
    let ranking = [&of_sets[..], &["--by", "ranking", "--min-size", "5"]].concat();
    let (ranked, table) = both("enrich", &built.path(), &ranking, &[]);
    let said = |row: &HashMap<String, String>| format!("{}: NES {},", row["gene_set"], signed(number(row, "nes")));
    assert!(table.iter().all(|row| tips(&ranked).iter().any(|tip| tip.starts_with(&said(row)))), "{:?}", tips(&ranked));

    let (correlated, table) = both("correlate", &built.path(), &["--gene", "LYZ"], &[]);
    let said: Vec<String> = table.iter().take(15).map(|row| row["names"].clone()).collect();
    let genes: Vec<String> = tips(&correlated).iter().map(|tip| tip.split(':').next().unwrap().to_owned()).collect();
    assert_eq!((&genes[..15], genes.len()), (&said[..], 30));

    let (portrait, table) = both("describe", &built.path(), &["--label", "louvain=1"], &[]);
    let markers: Vec<&str> =
        table.iter().filter(|row| row["answer"] == "marker").map(|row| row["name"].as_str()).collect();
    assert_eq!(markers.len(), 5);
    assert!(markers.iter().all(|marker| tips(&portrait).iter().any(|tip| tip.starts_with(&format!("{marker}: t ")))));
}

#[test]
fn what_only_pictures_have_is_refused_for_tables() {
    let built = odd();
    let group = ["--group", "random=p"];
    for (arguments, reason) in [
        (&["--plot", "ma"][..], "--plot has no meaning with a table, which is written unless --out ends in .svg"),
        (&["--max-pval", "0.1"], "--max-pval has no meaning"),
        (&["--samples", "donor", "--plot", "intervals", "--out", "x.svg"], "of which there is a volcano plot only"),
        (&["--name-genes", "nothing", "--out", "x.svg"], "has no gene `nothing`"),
        (&["--out", "x.png"], "it writes .svg (the picture), .csv (its numbers)"),
    ] {
        let said = refusal("de", &built.path(), &[&group[..], arguments].concat());
        assert!(said.contains(reason), "{arguments:?}: {said}");
    }
}

#[test]
fn genes_of_a_plot_come_from_a_file_of_sets_and_its_cells_from_a_list() {
    let (built, folder) = (odd(), tempfile::tempdir().unwrap());
    let [sets, foreign, cells] = ["sets.gmt", "foreign.gmt", "cells.txt"].map(|name| folder.path().join(name));
    fs::write(&sets, "first\t\tgene5\tNOGENE\tgene2\nsecond\t\tgene2\tgene9\nempty\t\tNOGENE\n").unwrap();
    fs::write(&foreign, "first\t\tNOGENE\n").unwrap();
    fs::write(&cells, "cell1\ncell2\nno cell\ncell5\n").unwrap();
    let [sets, foreign, cells] = [&sets, &foreign, &cells].map(|path| path.to_str().unwrap());
    let (csv, said) = answer("plot", &built.path(), &["--by", "random", "--genes", "gene9", "--sets", sets]);
    let mut genes: Vec<String> = rows(&csv).into_iter().map(|row| row["names"].clone()).collect();
    genes.dedup();
    assert_eq!(genes[..3], ["gene9", "gene5", "gene2"]);
    assert!(said.contains("1 gene of the sets is not in X and left out: NOGENE"), "{said}");
    assert!(said.contains("1 set has no gene in X: empty"), "{said}");
    let (code, _, said) = run("plot", &built.path(), &["--by", "random", "--sets", foreign]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("no gene of") && said.contains("whose genes are called like `gene"), "{said}");
    let said = refusal("plot", &built.path(), &["--by", "random", "--sets", sets, "--kind", "bars"]);
    assert!(said.contains("--sets has no meaning with --kind bars"), "{said}");

    let asked = ["--by", "random", "--genes", "gene1", "--cells-file", cells];
    let (csv, said) = answer("plot", &built.path(), &asked);
    let n_cells: f64 = rows(&csv).iter().map(|row| number(row, "n_cells")).sum();
    assert_eq!(n_cells, 3.0);
    assert!(said.contains("1 of 4 ids is of no cell: `no cell`, and left out"), "{said}");
    assert!(csv.contains(&format!("# within: cells of {cells}")), "{csv}");
    let said = refusal("plot", &built.path(), &[&asked[..], &["--strict"]].concat());
    assert!(said.contains("correct the ids, or leave out --strict"), "{said}");
    // Together with a label.
    let (csv, _) = answer("plot", &built.path(), &[&asked[..], &["--where", "donor=d3"]].concat());
    let n_cells: f64 = rows(&csv).iter().map(|row| number(row, "n_cells")).sum();
    assert_eq!(n_cells, 43.0);
}
