//! The verdict of the schema: recorded when a dataset is built, asked for when it is served, shown in lists.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use h5ad::{RawFile, RawSlab, Storage};
use hdf5_pure::AttrValue;
use shared_fbs::manifest::{Manifest, SchemaVerdict};

use crate::{
    fixtures::encoding,
    input::{demo, with_columns},
    serve::Server,
};

fn build(out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    command.arg("build").arg(demo()).args(["--schema", "--out"]).arg(out).output().unwrap()
}

#[test]
fn a_verdict_is_recorded_at_the_build_and_may_be_required_to_serve() {
    let folder = tempfile::tempdir().unwrap();
    let [wrong, right] = ["wrong", "right"].map(|name| folder.path().join(name));
    for directory in [&wrong, &right] {
        let output = build(directory);
        assert!(output.status.success(), "{output:?}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("schema 7.1.0: 1 finding; `tile-server validate"), "{told}");
    }
    let manifest = |directory: &Path| Manifest::decode(&fs::read(directory.join("manifest.tsm")).unwrap()).unwrap();
    let found = manifest(&wrong).schema.unwrap();
    assert!(found.version == "7.1.0" && found.n_errors == 1, "{found:?}");
    // As one that follows it would have it.
    let verdict = SchemaVerdict { n_errors: 0, ..*found };
    let valid = Manifest { schema: Some(Box::new(verdict)), ..manifest(&right) };
    fs::write(right.join("manifest.tsm"), valid.encode()).unwrap();

    let all = Server::start(&[folder.path()], &[]);
    assert_eq!(all.get("/api/datasets").matches("\"id\"").count(), 2);
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    let log = folder.path().join("log");
    command.arg("serve").arg(folder.path()).args(["--require-schema", "--port", "0", "--no-open"]);
    let strict = Server::listening(command.stderr(Stdio::from(fs::File::create(&log).unwrap())));
    let listed = strict.get("/api/datasets");
    assert!(listed.contains("\"right-") && !listed.contains("\"wrong-"), "{listed}");
    assert!(strict.get("/data/right/manifest.tsm").starts_with("HTTP/1.1 200"));
    assert!(strict.get("/data/wrong/manifest.tsm").starts_with("HTTP/1.1 5"));
    let told = fs::read_to_string(&log).unwrap();
    assert!(told.contains("does not follow schema 7.1.0") && told.contains("wrong"), "{told}");

    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    command.arg("serve").arg(&wrong).args(["--require-schema", "--port", "0", "--no-open"]);
    let refused = command.output().unwrap();
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("does not follow schema 7.1.0"));
}

#[test]
fn a_matrix_that_no_single_floats_can_be_becomes_csr_of_doubles() {
    // By genes: three of them, of two cells.
    let values = [0.1, 0.2, 0.7];
    let mut file = with_columns(2, 3);
    file.file.set_attr("encoding-type", AttrValue::VarLenString("anndata".to_owned()));
    let file = file.group("X", |x| {
        encoding(x, "csc_matrix");
        x.set_attr("shape", AttrValue::I64Array(vec![2, 3]));
        x.create_dataset("indptr").with_i64_data(&[0, 1, 2, 3]);
        x.create_dataset("indices").with_i32_data(&[1, 0, 0]);
        x.create_dataset("data").with_f64_data(&values);
    });
    let (file, folder) = (file.write(), tempfile::tempdir().unwrap());
    let out = folder.path().join("mended.h5ad");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    let output = command.arg("mend").arg(file.path()).arg("--out").arg(&out).output().unwrap();
    // It has more to mend, but for that the copy is there.
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("- X: becomes CSR\n") && told.contains("! left as it is: X: its values"), "{told}");
    let matrix = RawFile::open(&out).unwrap().matrix("X").unwrap().unwrap();
    assert_eq!((matrix.storage(), matrix.dtype.as_str()), (Some(Storage::Csr), "float64"));
    let mut found = Vec::new();
    let see = |slab: &RawSlab<'_>| match slab {
        RawSlab::Sparse { values, minors, .. } => {
            found.extend(minors.iter().copied().zip(values.iter().copied()));
            std::ops::ControlFlow::Continue(())
        }
        RawSlab::Dense { .. } => panic!("it is dense"),
    };
    matrix.each_slab(see).unwrap();
    assert_eq!(found, [(1, 0.2), (2, 0.7), (0, 0.1)]);
}

fn run(command: &str, file: &Path, out: &Path) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    program.arg(command).arg(file).arg("--out").arg(out).output().unwrap()
}

/// The demo file does not say that it is AnnData; of the others X cannot be read.
#[test]
fn of_a_file_that_cannot_be_read_no_copy_is_made() {
    let mut damaged = with_columns(20, 30);
    damaged.file.set_attr("encoding-type", AttrValue::VarLenString("anndata".to_owned()));
    let values: Vec<f32> = (0..600).map(|value| (value % 7) as f32).collect();
    damaged
        .file
        .create_dataset("X")
        .with_f32_data(&values)
        .with_shape(&[20, 30])
        .with_chunks(&[20, 30])
        .with_deflate(1);
    let damaged = damaged.write_damaged();
    let folder = tempfile::tempdir().unwrap();
    for file in [demo(), damaged.path()] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_tile-server"));
        let output = program.arg("validate").arg(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        for command in ["mend", "label"] {
            let output = run(command, &file, &folder.path().join("copy.h5ad"));
            assert_eq!(output.status.code(), Some(3), "{command}: {output:?}");
            assert!(String::from_utf8_lossy(&output.stdout).contains("[R3]"), "{output:?}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}

#[test]
fn cells_do_not_go_to_standard_output() {
    for command in ["mend", "label"] {
        let output = run(command, &demo(), Path::new("-"));
        assert_eq!(output.status.code(), Some(2), "{command}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"), "{output:?}");
    }
}

#[test]
fn a_file_that_is_not_there_is_not_said_to_be_against_the_schema() {
    let validate = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
        let output = command.arg("validate").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{output:?}");
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap())
    };
    let [told, _] = validate(&["nowhere.h5ad"]);
    assert!(told.contains("cannot be read, so it was not validated") && !told.contains("does not follow"), "{told}");
    let [told, _] = validate(&["nowhere.h5ad", "--json"]);
    assert!(told.contains("\"is_valid\": null"), "{told}");
    // Of several files it is said which is which; of one the original's texts are all.
    let [told, said] = validate(&["nowhere.h5ad", "elsewhere.h5ad", "--compat"]);
    assert!(said.starts_with("nowhere.h5ad:\n") && said.contains("\nelsewhere.h5ad:\n"), "{said}");
    assert!(!told.contains("nowhere.h5ad:\n"), "{told}");
    let [_, said] = validate(&["nowhere.h5ad", "--compat"]);
    assert_eq!(said, "");
}
