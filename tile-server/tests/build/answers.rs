//! What the commands that answer questions leave out, refuse and say.

use std::{collections::HashMap, fs, path::Path, process::Command};

use explorer_core::csv::records;

use crate::{
    fixtures::{Fixture, labels},
    input::{Built, Noise, Storage, build, counts, demo, log_normalized, written_and_built},
};

const N_OBS: usize = 120;
const N_VARS: usize = 30;

/// Exit code, standard output, standard error.
pub fn run(command: &str, dataset: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    let output = program.arg(command).arg(dataset).args(arguments).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code().unwrap(), out, err)
}

pub fn answer(command: &str, dataset: &Path, arguments: &[&str]) -> (String, String) {
    let (code, out, err) = run(command, dataset, arguments);
    assert_eq!(code, 0, "{command} {arguments:?}: {err}");
    (out, err)
}

pub fn refusal(command: &str, dataset: &Path, arguments: &[&str]) -> String {
    let (code, _, err) = run(command, dataset, arguments);
    assert_eq!(code, 2, "{command} {arguments:?}: {err}");
    err
}

/// The rows of a table, by the names of its columns.
pub fn rows(csv: &str) -> Vec<HashMap<String, String>> {
    let mut records = records(csv).unwrap().into_iter();
    let header = records.next().unwrap();
    records.map(|record| header.iter().cloned().zip(record).collect()).collect()
}

/// Columns with cells without a label, numbers that say nothing, and names that hold commas.
pub fn odd() -> Built {
    let mut noise = Noise::new(5);
    let some: Vec<i8> = (0..N_OBS).map(|cell| if cell % 4 == 0 { -1 } else { (cell % 2) as i8 }).collect();
    let random: Vec<i8> = (0..N_OBS).map(|_| noise.below(3) as i8).collect();
    let donor: Vec<i8> = (0..N_OBS).map(|cell| (cell / 40) as i8).collect();
    let nan = |cell: usize| if cell < 2 { cell as f64 } else { f64::NAN };
    let mut genes = labels("gene", N_VARS);
    genes[3] = "GENE, one".to_owned();
    let mut values = log_normalized(&counts(N_OBS, N_VARS, 9));
    values.iter_mut().for_each(|row| row[7] = 0.0);
    let fixture = Fixture::new()
        .frame("obs", &labels("cell", N_OBS), |obs| {
            obs.categorical("some", &some, &["a", "he said \"x\", ü"]);
            obs.categorical("random", &random, &["p", "q", "r"]);
            obs.categorical("donor", &donor, &["d1", "d2", "d3"]);
            obs.categorical("none", &[-1; N_OBS], &["never"]);
            obs.floats("number", &(0..N_OBS).map(|cell| cell as f64).collect::<Vec<_>>());
            obs.floats("two", &(0..N_OBS).map(nan).collect::<Vec<_>>());
            obs.floats("constant", &[2.5; N_OBS]);
        })
        .frame("var", &genes, |_| {})
        .x(&values, N_VARS, Storage::Csr);
    written_and_built(fixture).1
}

#[test]
fn a_gene_that_a_set_names_twice_counts_once_and_sets_without_a_gene_are_named() {
    let (built, folder) = (build(&demo()), tempfile::tempdir().unwrap());
    let sets = folder.path().join("sets.gmt");
    fs::write(&sets, "twice\t\tLYZ\tlyz\tCD3D\nonce\t\tCD3D\nonce\t\tLYZ\nforeign\t\tNOGENE\n").unwrap();
    let (csv, said) = answer("score", &built.path(), &["--sets", sets.to_str().unwrap()]);
    let rows = rows(&csv);
    assert_eq!(rows.len(), 700);
    for row in &rows {
        assert_eq!((&row["twice_mean"], &row["twice_score"]), (&row["once_mean"], &row["once_score"]));
    }
    assert!(said.contains("warning: 1 set has no gene in raw/X: foreign\n"), "{said}");
    assert!(said.contains("sets.gmt: Several lines have one name, and make one set: once.\n"), "{said}");
}

#[test]
fn cells_without_a_label_are_in_no_composition() {
    let built = odd();
    for arguments in [["--of", "random", "--by", "some"], ["--of", "some", "--by", "random"]] {
        let (csv, said) = answer("composition", &built.path(), &arguments);
        let [of, by] = [arguments[1], arguments[3]];
        let caution = format!("30 cells without a label of {of} or {by} are left out.");
        assert!(said.contains(&format!("warning: {caution}\n")) && csv.contains(&format!("# caution: {caution}\n")));
        // Two degrees of freedom are of 2 × 3 labels.
        assert!(csv.contains("; df 2; "), "{csv}");
        let rows = rows(&csv);
        assert_eq!(rows.iter().map(|row| row["n_cells"].parse::<u64>().unwrap()).sum::<u64>(), 90);
        let share = |row: &HashMap<String, String>, name: &str| row[name].parse::<f64>().unwrap();
        let n_of = |group: &str, part: Option<&str>| {
            let is =
                |row: &&HashMap<String, String>| (group == row["group"]) && part.is_none_or(|part| part == row["part"]);
            rows.iter().filter(is).map(|row| row["n_cells"].parse::<f64>().unwrap()).sum::<f64>()
        };
        for row in &rows {
            let n_group = n_of(&row["group"], None);
            let n_part = rows.iter().filter(|other| other["part"] == row["part"]);
            let n_part: f64 = n_part.map(|row| row["n_cells"].parse::<f64>().unwrap()).sum();
            let in_group = n_of(&row["group"], Some(&row["part"]));
            assert!((share(row, "share") - in_group / n_group).abs() < 1e-12);
            assert!((share(row, "share_of_others") - (n_part - in_group) / (90.0 - n_group)).abs() < 1e-12);
        }
    }
    let said = refusal("composition", &built.path(), &["--of", "some", "--by", "none"]);
    assert!(said.contains("no cell is in any group"), "{said}");
}

#[test]
fn bars_say_of_samples_what_the_composition_says() {
    let built = odd();
    let (csv, said) = answer("composition", &built.path(), &["--of", "some", "--by", "random", "--samples", "donor"]);
    let arguments = ["--kind", "bars", "--by", "random", "--then", "some", "--samples", "donor"];
    let (of_bars, said_of_bars) = answer("plot", &built.path(), &arguments);
    assert_eq!((rows(&of_bars), said_of_bars), (rows(&csv), said.clone()));
    assert!(
        said.contains("30 cells without a label") && said.contains("p: a comparison of compositions needs"),
        "{said}"
    );
    // Of a group that cannot be tested, too.
    assert!(rows(&csv).iter().all(|row| !row["share_of_others"].is_empty()), "{csv}");
}

#[test]
fn one_cell_is_tested_by_no_method() {
    let (built, folder) = (odd(), tempfile::tempdir().unwrap());
    let [cells, sets] = ["one.txt", "sets.gmt"].map(|name| folder.path().join(name));
    fs::write(&cells, "cell5\n").unwrap();
    fs::write(&sets, format!("set\t\t{}\n", labels("gene", 20).join("\t"))).unwrap();
    let [cells, sets] = [&cells, &sets].map(|path| path.to_str().unwrap());
    for method in ["welch", "wilcoxon", "wilcoxon-uncorrected"] {
        let (csv, said) = answer("de", &built.path(), &["--cells-file", cells, "--method", method]);
        assert!(said.contains("so nothing can be tested: every score is 0 and every p-value 1."), "{said}");
        assert!(rows(&csv).iter().all(|row| row["scores"] == "0" && row["pvals"] == "1"), "{csv}");
        let arguments = ["--cells-file", cells, "--method", method, "--sets", sets, "--by", "ranking"];
        let (csv, said) = answer("enrich", &built.path(), &arguments);
        assert!(rows(&csv).is_empty() && said.contains("no gene can be tested, so there is no ranking"), "{csv}{said}");
    }
    let (_, said) = answer("describe", &built.path(), &["--cells-file", cells, "--column", "random"]);
    assert!(said.contains("nothing can be tested"), "{said}");
}

#[test]
fn labels_without_markers_are_named_with_the_reason() {
    let built = odd();
    let (csv, said) = answer("markers", &built.path(), &["--column", "none"]);
    assert!(rows(&csv).is_empty() && said.contains("no cell has a label of `none`"), "{csv}{said}");
    let (_, said) = answer("markers", &built.path(), &["--column", "random", "--rank", "effect-percentile"]);
    assert!(!said.contains("no markers") || said.contains("at least 25 cells of the label"), "{said}");
}

#[test]
fn what_is_no_test_is_in_no_correlation() {
    let built = odd();
    let (csv, _) = answer("correlate", &built.path(), &["--gene", "gene1"]);
    assert!(csv.contains("# genes tested: 28 of 30,"), "{csv}");
    let rows = rows(&csv);
    assert!(rows.len() == 28 && rows.iter().all(|row| row["names"] != "gene1" && row["names"] != "gene7"), "{csv}");
    let least = rows.iter().map(|row| row["pvals"].parse::<f64>().unwrap()).fold(1.0, f64::min);
    let adjusted = rows.iter().map(|row| row["pvals_adj"].parse::<f64>().unwrap()).fold(1.0, f64::min);
    assert!(adjusted <= 28.0 * least * (1.0 + 1e-12), "{adjusted} {least}");
    for (arguments, reason) in [
        (&["--column", "two"][..], "obs/two: 2 of the cells asked about have a number"),
        (&["--column", "constant"], "obs/constant: the number is the same in all 120 cells"),
        (&["--gene", "gene7"], "gene7: the number is the same in all 120 cells"),
        (&["--column", "some"], "no column of numbers `some`; it has: number, two, constant"),
        (&[], "--gene <GENE>|--column <COLUMN>"),
    ] {
        let said = refusal("correlate", &built.path(), arguments);
        assert!(said.contains(reason), "{arguments:?}: {said}");
    }
}

#[test]
fn lists_take_names_that_hold_commas() {
    let built = odd();
    let first = |arguments: &[&str]| {
        let (csv, _) = answer("plot", &built.path(), &[&["--by", "some"], arguments].concat());
        let row = rows(&csv).remove(0);
        (row["some"].clone(), row["names"].clone())
    };
    let said = "he said \"x\", ü".to_owned();
    assert_eq!(first(&["--genes", "GENE, one"]).1, "GENE, one");
    assert_eq!(first(&["--genes", "\"GENE, one\",gene1"]).1, "GENE, one");
    assert_eq!(first(&["--genes", "gene1", "--group-order", "he said \"x\", ü"]), (said.clone(), "gene1".to_owned()));
    assert_eq!(first(&["--genes", "gene1", "--group-order", "\"he said \"\"x\"\", ü\",a"]).0, said);
    let unknown = refusal("plot", &built.path(), &["--by", "random", "--genes", "gene1", "--group-order", "q,5"]);
    assert!(unknown.contains("`random` has no label `5`; its labels are: p, q, r"), "{unknown}");
}

#[test]
fn values_below_zero_are_said_where_cells_express_a_gene() {
    let built = build(&demo());
    let asked = |layer: &str, kind: &str| {
        let arguments = ["--layer", layer, "--by", "louvain", "--genes", "LYZ", "--kind", kind];
        answer("plot", &built.path(), &arguments)
    };
    let (csv, said) = asked("X", "dots");
    assert!(said.contains("X: some values are negative") && csv.contains("# caution: some values are negative"));
    assert!(!asked("X", "violins").1.contains("negative") && !asked("raw/X", "dots").1.contains("negative"));
}

#[test]
fn options_without_a_meaning_are_refused() {
    let built = odd();
    let sets = ["--group", "random=p", "--sets", "sets.gmt"];
    let genes = ["--by", "random", "--genes", "gene1"];
    for (command, first, arguments, reason) in [
        ("enrich", &sets[..], &["--max-pval", "2"][..], "from 0 to 1"),
        ("enrich", &sets, &["--max-pval", "nan"], "from 0 to 1"),
        ("enrich", &sets, &["--permutations", "10"], "--permutations has no meaning with --by chosen"),
        ("enrich", &sets, &["--by", "ranking", "--min-size", "5", "--max-size", "2"], "no set is tested"),
        ("score", &sets[2..], &["--bins", "0"], "2 or more"),
        ("score", &sets[2..], &["--controls", "0"], "1 or more"),
        ("plot", &genes, &["--then", "random"], "--then has no meaning"),
        ("plot", &genes, &["--kind", "violins", "--expressing"], "--expressing has no meaning with --kind violins"),
        ("plot", &genes, &["--kind", "heatmap", "--cluster"], "--cluster has no meaning with --kind heatmap"),
        ("plot", &genes, &["--kind", "bars"], "--genes has no meaning with --kind bars"),
        ("composition", &["--of", "random"], &["--by", "random"], "--by has no meaning"),
        ("composition", &["--of", "random"], &["--by", "some", "--samples", "some"], "--samples has no meaning"),
        ("plot", &genes, &["--samples", "donor", "--then", "some"], "--samples has no meaning with --kind dots"),
    ] {
        let said = refusal(command, &built.path(), &[first, arguments].concat());
        assert!(said.contains(reason), "{command} {arguments:?}: {said}");
    }
}

#[test]
fn files_are_named_by_what_they_hold_and_inputs_are_never_replaced() {
    let (built, folder) = (odd(), tempfile::tempdir().unwrap());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let cells = path("cells.txt");
    fs::write(&cells, "cell1\ncell2\ncell3\n").unwrap();
    let plot = ["--by", "random", "--genes", "gene1"];
    for (command, arguments, name, can) in [
        ("plot", &plot[..], "x.png", ".svg (the picture), .csv (its numbers)"),
        ("composition", &["--of", "some", "--by", "random"], "x.pdf", ".svg (the picture), .csv (its numbers)"),
        ("de", &["--group", "random=p"], "de.h5ad", ".svg (the picture), .csv (its numbers)"),
        ("markers", &["--column", "random"], "x.svg", ".csv (the table)"),
        ("subset", &["--label", "random=p"], "sub.csv", ".h5ad (the cells)"),
    ] {
        let said = refusal(command, &built.path(), &[arguments, &["--out", &path(name)]].concat());
        assert!(said.contains(&format!("it writes {can}")), "{said}");
    }
    let said = refusal("de", &built.path(), &["--cells-file", &cells, "--out", &cells]);
    assert!(said.contains("is what this command reads"), "{said}");
    assert_eq!(fs::read_to_string(&cells).unwrap(), "cell1\ncell2\ncell3\n");
    let (out, _) = answer("plot", &built.path(), &[&plot[..], &["--out", "-"]].concat());
    assert_eq!(rows(&out).len(), 3);
    // A picture says what it is of.
    answer("plot", &built.path(), &[&plot[..], &["--out", &path("x.svg")]].concat());
    assert!(fs::read_to_string(path("x.svg")).unwrap().contains("random · X"));
}

#[test]
fn bars_need_no_layer() {
    let codes: Vec<i8> = (0..30).map(|cell| (cell % 3) as i8).collect();
    let fixture = Fixture::new()
        .frame("obs", &labels("cell", 30), |obs| {
            obs.categorical("type", &codes, &["A", "B", "C"]);
            obs.categorical("none", &[-1; 30], &["never"]);
        })
        .frame("var", &labels("gene", 2), |_| {});
    let (_, built) = written_and_built(fixture);
    let (csv, _) = answer("plot", &built.path(), &["--kind", "bars", "--by", "type"]);
    assert_eq!(rows(&csv).len(), 3);
    let said = refusal("plot", &built.path(), &["--kind", "bars", "--by", "none"]);
    assert!(said.contains("no cell is in any group"), "{said}");
}
