//! The command line: exit codes and messages.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

use crate::{
    fixtures::{Fixture, labels},
    input::{Storage, build, counts, demo, with_columns, with_x},
};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tile-server")).args(arguments).output().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The exit code and the message of a build.
fn build_of(input: &Path, more: &[&str]) -> (i32, String) {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let output = run(&[&["build", text(input), "--out", text(&out)], more].concat());
    let code = output.status.code().unwrap();
    assert_eq!(out.exists(), code == 0);
    (code, String::from_utf8(output.stderr).unwrap())
}

#[test]
fn usage_is_explained() {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    for line in ["Exit codes:", "  3  the input is wrong", "  5  verify found damage", "  130  interrupted"] {
        assert!(help.contains(line), "{help}");
    }
    assert_eq!(run(&["build"]).status.code(), Some(2));
    assert_eq!(run(&["nonsense"]).status.code(), Some(2));
}

#[test]
fn a_wrong_input_is_refused_with_a_reason() {
    let directory = tempfile::tempdir().unwrap();
    let text_file = directory.path().join("text.h5ad");
    fs::write(&text_file, "not HDF5\n").unwrap();
    let (code, message) = build_of(&text_file, &[]);
    assert!(code == 3 && message.contains("not an HDF5 file"), "{code} {message}");

    let (code, message) = build_of(&directory.path().join("absent.h5ad"), &[]);
    assert!(code == 4 && message.contains("absent.h5ad"), "{code} {message}");

    let flat = Fixture::with_axes(5, 2).group("obsm", |obsm| {
        obsm.create_dataset("X_line").with_f32_data(&[0.0; 5]).with_shape(&[5, 1]);
    });
    let flat = flat.write();
    let (code, message) = build_of(&flat.path(), &[]);
    assert!(code == 3 && message.contains("X_line (1 column)"), "{code} {message}");
    assert!(message.contains("scanpy.tl.umap") && message.contains("--allow-no-embedding"), "{message}");
    assert_eq!(build_of(&flat.path(), &["--allow-no-embedding"]).0, 0);

    let (code, message) = build_of(&Fixture::with_axes(0, 2).write().path(), &["--allow-no-embedding"]);
    assert!(code == 3 && message.contains("no rows"), "{code} {message}");

    let (code, message) = build_of(&demo(), &["--main-label", "n_genes"]);
    assert!(code == 2 && message.contains("`n_genes`") && message.contains("louvain"), "{code} {message}");
    let (code, message) = build_of(&with_x(&counts(9, 2, 1), 2, Storage::Csr).write().path(), &["--symbols", "name"]);
    assert!(code == 2 && message.ends_with("its columns of text are: none\n"), "{code} {message}");

    let (code, message) = build_of(&build(&demo()).path(), &[]);
    assert!(code == 4 && message.contains("it is a dataset that was built already"), "{code} {message}");
}

#[test]
fn what_can_be_mended_is_said() {
    let mut rows = counts(30, 3, 1);
    rows[4][1] = f32::NAN;
    let mut ids = labels("cell", 30);
    ids[7] = "cell1".to_owned();
    let input = Fixture::new()
        .frame("obs", &ids, |_| ())
        .frame("var", &["a", "b", "a"].map(str::to_owned), |_| ())
        .x(&rows, 3, Storage::Csr)
        .write();
    let (code, message) = build_of(&input.path(), &["--allow-no-embedding"]);
    assert_eq!(code, 0);
    for warning in [
        "warning: X: 1 value is not a number (NaN), of the gene `b`; it counts as zero",
        "warning: obs: the label `cell1` occurs twice",
        "warning: var: the label `a` occurs twice",
    ] {
        assert!(message.contains(warning), "{message}");
    }
    let (_, quiet) = build_of(&input.path(), &["--allow-no-embedding", "--quiet"]);
    assert_eq!(quiet, "");
}

#[test]
fn an_output_that_exists_needs_force() {
    let built = build(&demo());
    let (input, out) = (demo(), built.path());
    let arguments = ["build", text(&input), "--out", text(&out), "--quiet"];
    let refused = run(&arguments);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("--force"));
    assert_eq!(run(&[&arguments[..], &["--force"]].concat()).status.code(), Some(0));
}

#[test]
fn an_output_that_cannot_be_written_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let output = run(&["build", text(&demo()), "--out", text(&file.join("out")), "--quiet"]);
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn inspect_tells_what_the_manifest_holds() {
    let built = build(&demo());
    let manifest = &built.report.manifest;
    let output = run(&["inspect", "--json", text(&built.path())]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["n_obs"], 700);
    assert_eq!(json["main_label"], "bulk_labels");
    assert_eq!(json["default_embedding"], "X_umap");
    assert_eq!(json["columns"].as_array().unwrap().len(), manifest.columns.len());
    for (found, column) in json["columns"].as_array().unwrap().iter().zip(&manifest.columns) {
        assert_eq!(found["name"], *column.name);
    }
    assert_eq!(json["columns"][0]["n_categories"], 10);
    for (found, layer) in json["layers"].as_array().unwrap().iter().zip(&manifest.layers) {
        assert_eq!(found["name"], *layer.name);
        assert_eq!(found["n_nonzero"], layer.n_nonzero);
    }
    for (found, pack) in json["packs"].as_array().unwrap().iter().zip(&manifest.packs) {
        assert_eq!(found["file"], *pack.file);
    }
    let plain = String::from_utf8(run(&["inspect", text(&built.path())]).stdout).unwrap();
    assert!(plain.contains("700 cells") && plain.contains("louvain") && plain.contains("X_umap"), "{plain}");
    assert!(json["schema"].is_null() && plain.contains("not validated against a schema"), "{plain}");
    let absent = run(&["inspect", text(&built.path().join("absent"))]);
    assert_eq!(absent.status.code(), Some(4));
}

#[test]
fn verify_tells_sound_from_damaged() {
    let built = build(&demo());
    let path = built.path();
    let sound = run(&["verify", text(&path)]);
    assert_eq!(sound.status.code(), Some(0));
    assert!(String::from_utf8(sound.stdout).unwrap().ends_with("tiles are sound\n"));
    let pack = path.join(&built.report.manifest.pack_named("genes0").unwrap().file);
    let mut bytes = fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&pack, bytes).unwrap();
    let damaged = run(&["verify", text(&path)]);
    assert_eq!(damaged.status.code(), Some(5));
    assert!(String::from_utf8(damaged.stdout).unwrap().contains("damaged: tile genes0/"));
    fs::write(path.join("manifest.tsm"), "nonsense").unwrap();
    assert_eq!(run(&["verify", text(&path)]).status.code(), Some(5));
    assert_eq!(run(&["inspect", text(&path)]).status.code(), Some(3));
}

#[test]
fn a_comparison_names_what_is_not_there() {
    let written = with_x(&counts(60, 5, 1), 5, Storage::Csr).write();
    let built = build(&written.path());
    let path = built.path();
    let de = |more: &[&str]| {
        let output = run(&[&["de", text(&path)], more].concat());
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    for (arguments, message) in [
        (&["--group", "cell_type"][..], "COLUMN=LABEL"),
        (&["--group", "cell_types=Z"], "its categorical columns are: cell_type, is_doublet"),
        (&["--group", "cell_type=Z"], "the labels of `cell_type` are: B, T, NK, DC, unused\n"),
        (&["--group", "\"cell_type\"=Z"], "the labels of `cell_type` are: B, T"),
        (&["--group", "score=3"], "the column `score` has no labels, since it is not categorical"),
        (&["--group", "cell_type=B", "--layer", "raw"], "its layers are: X"),
        (&["--group", "cell_type=unused"], "no cell in the group"),
        (&["--group", "is_doublet=True", "--group", "is_doublet=False"], "no cell in the reference"),
    ] {
        let (code, found) = de(arguments);
        assert!(code == 2 && found.contains(message), "{code} {found}");
    }
    let written = with_columns(20, 3).write();
    let without_x = build(&written.path());
    let output = run(&["de", text(&without_x.path()), "--group", "cell_type=B"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn of_many_labels_some_are_listed() {
    let codes: Vec<i8> = (0..40).collect();
    let names = labels("type", 40);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let input = Fixture::new()
        .frame("obs", &labels("cell", 40), |obs| obs.categorical("cell_type", &codes, &names))
        .frame("var", &labels("gene", 3), |_| ())
        .x(&counts(40, 3, 1), 3, Storage::Csr)
        .write();
    let output = run(&["de", text(&build(&input.path()).path()), "--group", "cell_type=99"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.ends_with("type18, type19 and 20 more\n") && !said.contains("type20"), "{said}");
}

#[test]
fn markers_are_at_least_one_a_label() {
    let built = build(&demo());
    for top in ["0", "-1", "many"] {
        let output = run(&["markers", text(&built.path()), &format!("--top={top}")]);
        let said = String::from_utf8(output.stderr).unwrap();
        let is_told = said.contains("'--top <N>': it takes a whole number of 1 or more");
        assert!(output.status.code() == Some(2) && is_told, "{said}");
    }
    assert_eq!(run(&["markers", text(&built.path()), "--top", "1"]).status.code(), Some(0));
}
