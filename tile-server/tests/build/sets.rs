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
        let n_cells = line.rsplit_once(" (").and_then(|(_, cells)| cells.strip_suffix(" cells)"));
        n_cells.and_then(|cells| cells.parse().ok()).unwrap_or_else(|| panic!("{} {}", self.table, self.said))
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
    let path = list(directory.path(), b"a\r\nnone\r\nnor this\r\n");
    let outcome = de(&built.path(), &["--cells-file", path.to_str().unwrap()]);
    assert!(outcome.code == 2 && outcome.said.contains("no cell `none`, nor 1 more"), "{}", outcome.said);
    let absent = directory.path().join("absent");
    assert_eq!(de(&built.path(), &["--cells-file", absent.to_str().unwrap()]).code, 4);
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
    let n_shared: usize = kept.said.split_whitespace().nth(1).unwrap().parse().unwrap();

    let dropped = compared(&["--overlap", "drop"]);
    for set in ["group", "reference"] {
        assert_eq!(dropped.n_cells(set), kept.n_cells(set) - n_shared, "{set}");
    }
    let refused = compared(&["--overlap", "refuse"]);
    assert!(refused.code == 2 && refused.said.contains(&n_shared.to_string()), "{}", refused.said);
    assert_eq!(refused.table, "");

    let apart = de(&built.path(), &["--group", "cell_type=B", "--reference", "cell_type=T", "--overlap", "refuse"]);
    assert_eq!((apart.code, apart.said.as_str()), (0, ""));
    let same = de(&built.path(), &["--group", "cell_type=B", "--reference", "cell_type=B", "--overlap", "drop"]);
    assert!(same.code == 2 && same.said.contains("no cell in the group"), "{}", same.said);
}
