//! The same input gives the same bytes.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use builder::Options;

use crate::input::{STORAGES, Storage, build, build_with, counts, demo, log_normalized, with_x};

/// Every file of a dataset.
fn files(dataset: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dataset).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

#[test]
fn twice_the_same() {
    let rows = log_normalized(&counts(300, 50, 1));
    for storage in STORAGES {
        let written = with_x(&rows, 50, storage).write();
        assert_eq!(files(&build(&written.path()).path()), files(&build(&written.path()).path()));
    }
    assert_eq!(files(&build(&demo()).path()), files(&build(&demo()).path()));
}

#[test]
fn however_many_threads() {
    let of_threads = |threads: &str| {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("dataset");
        let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
        command.env("RAYON_NUM_THREADS", threads).arg("build").arg(demo()).arg("--out").arg(&out).arg("--quiet");
        assert!(command.status().unwrap().success());
        files(&out)
    };
    let one = of_threads("1");
    assert_eq!(one, of_threads("2"));
    assert_eq!(one, of_threads("5"));
    assert_eq!(one, files(&build(&demo()).path()));
}

#[test]
fn however_little_memory() {
    let counts = counts(300, 50, 2);
    for rows in [&counts, &log_normalized(&counts)] {
        for storage in STORAGES {
            let written = with_x(rows, 50, storage).write();
            let in_memory = build(&written.path());
            for values_in_memory in [1, 700] {
                let options = Options { values_in_memory, ..Options::default() };
                let built = build_with(&written.path(), &options);
                assert_eq!(files(&built.path()), files(&in_memory.path()), "{storage:?}");
            }
        }
    }
}

#[test]
fn however_little_memory_for_many_cells() {
    // Several levels of blocks of cells, and several chunks of them.
    let written = with_x(&counts(66_000, 3, 4), 3, Storage::Csr).write();
    let in_memory = build(&written.path());
    for values_in_memory in [3000, 100_000] {
        let options = Options { values_in_memory, ..Options::default() };
        assert_eq!(files(&build_with(&written.path(), &options).path()), files(&in_memory.path()));
    }
}

#[test]
fn whatever_the_storage() {
    let rows = counts(300, 50, 3);
    for rows in [&rows, &log_normalized(&rows)] {
        let [dense, csr, csc] = STORAGES.map(|storage| {
            let written = with_x(rows, 50, storage).write();
            files(&build(&written.path()).path())
        });
        assert_eq!(dense, csr);
        assert_eq!(dense, csc);
    }
}
