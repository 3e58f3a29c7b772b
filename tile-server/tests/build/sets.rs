//! Sets of cells on the command line of `de`: labels whose columns have any name, lists of ids, and shared cells.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    fixtures::{Fixture, labels},
    input::{Built, Storage, build, counts, with_x},
};

/// What a run of `de` came to.
struct Outcome {
    code: i32,
    table: String,
    said: String,
}

impl Outcome {
    /// The cells of the group, or of the reference, as the table tells.
    fn n_cells(&self, set: &str) -> usize {
        let line = self.table.lines().find(|line| line.starts_with(&format!("# {set}: "))).unwrap_or_default();
        let n_cells = line.rsplit_once(" (").and_then(|(_, cells)| cells.split_once(" cell"));
        n_cells.and_then(|(cells, _)| cells.parse().ok()).unwrap_or_else(|| panic!("{} {}", self.table, self.said))
    }
}

fn de(dataset: &Path, arguments: &[&str]) -> Outcome {
    let output =
        Command::new(env!("CARGO_BIN_EXE_tile-server")).arg("de").arg(dataset).args(arguments).output().unwrap();
    Outcome {
        code: output.status.code().unwrap(),
        table: String::from_utf8(output.stdout).unwrap(),
        said: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Twelve cells whose columns and labels hold the sign that is between them.
fn with_signs() -> Built {
    let codes: Vec<i8> = (0..12).map(|cell| cell % 3).collect();
    let halves: Vec<i8> = (0..12).map(|cell| cell / 6).collect();
    let input = Fixture::new()
        .frame("obs", &labels("cell", 12), |obs| {
            obs.categorical("dose=mg", &codes, &["1", "2=4", "="]);
            obs.categorical("dose", &halves, &["mg=1", "none"]);
            obs.categorical("\"quoted\"", &halves, &["a", "b"]);
        })
        .frame("var", &labels("gene", 4), |_| ())
        .x(&counts(12, 4, 1), 4, Storage::Csr)
        .write();
    build(&input.path())
}

#[test]
fn columns_and_labels_may_hold_the_sign_between_them() {
    let built = with_signs();
    for (spec, n_cells) in [
        ("dose=mg=2=4", 4),
        ("dose=mg==", 4),
        ("dose=none", 6),
        ("\"dose=mg\"=1", 4),
        ("\"dose\"=mg=1", 6),
        ("\"quoted\"=a", 6),
        ("\"\"\"quoted\"\"\"=a", 6),
    ] {
        assert_eq!(de(&built.path(), &["--group", spec]).n_cells("group"), n_cells, "{spec}");
    }
    let ambiguous = de(&built.path(), &["--group", "dose=mg=1"]);
    assert_eq!(ambiguous.code, 2);
    assert!(
        ambiguous.said.contains("`dose`, `dose=mg`") && ambiguous.said.contains("\"COLUMN\"=LABEL"),
        "{}",
        ambiguous.said
    );
}

/// A file of ids.
fn list(directory: &Path, bytes: &[u8]) -> PathBuf {
    let path = directory.join("cells.txt");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_list_of_cells_may_come_from_any_program() {
    let ids = ["a", "b c", "say \"d\"", "e,f", " g", "=h", "i"].map(str::to_owned);
    let input = Fixture::new()
        .frame("obs", &ids, |_| ())
        .frame("var", &labels("gene", 4), |_| ())
        .x(&counts(7, 4, 1), 4, Storage::Csr)
        .write();
    let built = build(&input.path());
    let directory = tempfile::tempdir().unwrap();
    for (bytes, n_cells) in [
        (&b"a\nb c\n"[..], 2),
        (b"\xef\xbb\xbfa\r\nb c\r\n\r\n", 2),
        (b"\xef\xbb\xbf\"a\"\r\n\"e,f\"\r\n", 2),
        (b"a\rb c\re,f", 3),
        (b"\"say \"\"d\"\"\"\nsay \"d\"\n", 1),
        (b" g\n  a  \n", 2),
        (b"'=h\n=h\n", 1),
    ] {
        let path = list(directory.path(), bytes);
        let outcome = de(&built.path(), &["--cells-file", path.to_str().unwrap()]);
        assert_eq!(outcome.n_cells("group"), n_cells, "{}", String::from_utf8_lossy(bytes));
    }
    let wide = |unit: fn(u16) -> [u8; 2]| "\u{feff}a\r\nb c\r\n".encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    for bytes in [wide(u16::to_le_bytes), wide(u16::to_be_bytes)] {
        let path = list(directory.path(), &bytes);
        assert_eq!(de(&built.path(), &["--cells-file", path.to_str().unwrap()]).n_cells("group"), 2);
    }
    for bytes in [&wide(u16::to_le_bytes)[2..], b"caf\xe9\n"] {
        let path = list(directory.path(), bytes);
        let outcome = de(&built.path(), &["--cells-file", path.to_str().unwrap()]);
        assert!(outcome.code == 2 && outcome.said.contains("neither UTF-8 text nor UTF-16"), "{}", outcome.said);
    }
    for heading in ["Barcode", "\"cell_id\"", "x"] {
        let path = list(directory.path(), format!("{heading}\na\nb c\n").as_bytes());
        let outcome = de(&built.path(), &["--cells-file", path.to_str().unwrap()]);
        if heading == "x" {
            assert_eq!(outcome.n_cells("group"), 2);
            assert!(outcome.said.contains("1 of 3 ids is of no cell: `x`, and left out"), "{}", outcome.said);
        } else {
            assert_eq!(outcome.n_cells("group"), 2);
            let is_told = outcome.said.contains(&format!("`{heading}`, is taken for a heading"));
            assert!(is_told, "{}", outcome.said);
        }
    }
    let path = list(directory.path(), b"a\r\nnone\r\nnor this\r\n3\r\n4\r\n5\r\n6\r\n");
    let outcome = de(&built.path(), &["--cells-file", path.to_str().unwrap()]);
    assert_eq!((outcome.code, outcome.n_cells("group")), (0, 1));
    let unknown = "6 of 7 ids are of no cell: `none`, `nor this`, `3`, `4`, `5` and 1 more";
    assert!(outcome.said.contains(&format!("warning: {}: {unknown}", path.display())), "{}", outcome.said);
    let outcome = de(&built.path(), &["--strict", "--cells-file", path.to_str().unwrap()]);
    assert!(outcome.code == 2 && outcome.said.contains(unknown), "{}", outcome.said);
    let path = list(directory.path(), b"none\n");
    let outcome = de(&built.path(), &["--cells-file", path.to_str().unwrap()]);
    assert!(outcome.code == 2 && outcome.said.contains("the dataset has ids like `"), "{}", outcome.said);
    let absent = directory.path().join("absent");
    assert_eq!(de(&built.path(), &["--cells-file", absent.to_str().unwrap()]).code, 4);
}

#[test]
fn small_sets_and_samples_that_do_not_count_are_said_before_the_table() {
    let types: Vec<i8> = (0..120).map(|cell| i8::from(cell % 2 == 0)).collect();
    // 50, 50, 19 and 1 cells.
    let donors: Vec<i8> = (0..120).map(|cell| [0, 1, 2][cell / 50] + i8::from(cell == 119)).collect();
    let input = Fixture::new()
        .frame("obs", &labels("cell", 120), |obs| {
            obs.categorical("type", &types, &["B", "T"]);
            obs.categorical("donor", &donors, &["d1", "d2", "d3", "d4"]);
        })
        .frame("var", &labels("gene", 4), |_| ())
        .x(&counts(120, 4, 1), 4, Storage::Csr)
        .write();
    let built = build(&input.path());
    let path = built.path();

    let one = de(&path, &["--group", "donor=d4"]);
    assert_eq!(
        one.said,
        "warning: The group has fewer than two cells, so nothing can be tested: every score is 0 and every p-value 1.\n"
    );
    assert_eq!(one.code, 0);
    assert_eq!(de(&path, &["--group", "donor=d1"]).said, "");

    let samples = de(&path, &["--group", "type=B", "--samples", "donor"]);
    let said = "2 samples with fewer than 10 cells in the group or in the reference are left out: d3 (9 in the group, 10 \
                in the reference), d4 (1 in the group, 0 in the reference).";
    assert_eq!(samples.said, format!("warning: {said}\n"));
    let lines: Vec<&str> = samples.table.lines().collect();
    assert!(lines.contains(&"# samples: d1; d2") && samples.table.contains("# left out: 2 samples"), "{lines:?}");
    assert!(lines.contains(&"# method: paired t-test over 2 samples of donor"), "{lines:?}");
    let head = "names,scores,mean_difference,pvals,pvals_adj,df,log10_pvals,samples_agreeing,gene_ids";
    let at = lines.iter().position(|&line| line == head).unwrap();
    for row in &lines[at + 1..] {
        let numbers: Vec<f64> = row.split(',').skip(1).take(6).map(|number| number.parse().unwrap()).collect();
        assert!((numbers[2].log10() - numbers[5]).abs() < 1e-9, "{row}");
    }
}

#[test]
fn cells_in_both_sets_are_said_and_dealt_with_as_asked() {
    let written = with_x(&counts(60, 5, 1), 5, Storage::Csr).write();
    let built = build(&written.path());
    let compared = |more: &[&str]| {
        de(&built.path(), &[&["--group", "cell_type=B", "--reference", "is_doublet=False"][..], more].concat())
    };
    let kept = compared(&[]);
    assert_eq!(kept.code, 0);
    assert!(kept.said.contains("both in the group and in the reference"), "{}", kept.said);
    assert!(kept.table.contains("also in the group"), "{}", kept.table);
    let said = kept.said.lines().find(|line| line.contains("both in")).unwrap();
    let n_shared: usize = said.split_whitespace().nth(1).unwrap().parse().unwrap();

    let dropped = compared(&["--overlap", "drop"]);
    for set in ["group", "reference"] {
        assert_eq!(dropped.n_cells(set), kept.n_cells(set) - n_shared, "{set}");
    }
    let refused = compared(&["--overlap", "refuse"]);
    assert!(refused.code == 2 && refused.said.contains(&n_shared.to_string()), "{}", refused.said);
    assert_eq!(refused.table, "");

    let apart = de(&built.path(), &["--group", "cell_type=B", "--reference", "cell_type=T", "--overlap", "refuse"]);
    assert!(apart.code == 0 && !apart.said.contains("both in"), "{}", apart.said);
    let same = de(&built.path(), &["--group", "cell_type=B", "--reference", "cell_type=B", "--overlap", "drop"]);
    assert!(same.code == 2 && same.said.contains("no cell in the group"), "{}", same.said);
}
