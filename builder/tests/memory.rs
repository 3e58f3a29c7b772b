//! Where a build runs does not change what it makes.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail the test")]

use std::{fs, path::Path};

use builder::{
    Environment, Options, Quiet,
    memory::{Files, MemoryOutput, MemoryScratch},
    native::{self, Existing},
};
use h5ad::H5ad;
use shared_fbs::path::MANIFEST;

const SOURCE: &str = "pbmc68k_reduced.h5ad";

fn demo() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data").join(SOURCE)
}

fn in_memory(options: &Options) -> Files {
    let file = H5ad::from_bytes(fs::read(demo()).unwrap(), SOURCE).unwrap();
    let (output, progress) = (MemoryOutput::default(), Quiet::default());
    let environment = Environment { output: &output, scratch: &MemoryScratch, progress: &progress };
    builder::build(file, SOURCE, options, &environment).unwrap();
    output.into_files()
}

fn to_files(options: &Options) -> Files {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("dataset");
    native::build(&demo(), &out, Existing::Keep, options, &Quiet::default()).unwrap();
    let entries = fs::read_dir(out).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

/// Compares without printing megabytes.
fn assert_same(memory: &Files, files: &Files) {
    assert_eq!(memory.keys().collect::<Vec<_>>(), files.keys().collect::<Vec<_>>());
    for (name, bytes) in memory {
        assert!(*bytes == files[name], "{name} differs");
    }
}

#[test]
fn a_build_in_memory_gives_the_bytes_of_a_build_to_files() {
    let files = in_memory(&Options::default());
    assert!(files.contains_key(MANIFEST) && files.len() > 5);
    assert_same(&files, &to_files(&Options::default()));
}

#[test]
fn scratch_space_in_memory_gives_back_what_files_would() {
    let little = Options { values_in_memory: 1000, ..Options::default() };
    assert_same(&in_memory(&little), &to_files(&little));
}

#[test]
fn a_build_in_memory_that_is_stopped_publishes_no_manifest() {
    let file = H5ad::from_bytes(fs::read(demo()).unwrap(), SOURCE).unwrap();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let (output, progress) = (MemoryOutput::default(), Quiet::stopped_by(stop));
    let environment = Environment { output: &output, scratch: &MemoryScratch, progress: &progress };
    let error = builder::build(file, SOURCE, &Options::default(), &environment).unwrap_err();
    assert!(matches!(error, builder::BuildError::Interrupted), "{error}");
    assert!(!output.into_files().contains_key(MANIFEST));
}
