//! What can be seen of a dataset before its matrices are read.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail the test")]

use std::{fs, io, path::Path};

use builder::{
    Environment, Options, Output, OutputFile, Quiet,
    memory::{Files, MemoryOutput, MemoryScratch},
};
use h5ad::H5ad;
use shared_fbs::{
    manifest::{DirectoryPlace, Manifest},
    path::{LOOK_MANIFEST, MANIFEST},
};

const SOURCE: &str = "pbmc68k_reduced.h5ad";

/// Memory, with somebody who watches.
struct Watched(MemoryOutput);

impl Output for Watched {
    fn create(&self, stem: &str) -> io::Result<Box<dyn OutputFile>> {
        self.0.create(stem)
    }

    fn place(&self) -> String {
        self.0.place()
    }

    fn is_watched(&self) -> bool {
        true
    }
}

/// Memory that takes no pack of a matrix.
struct Interrupted(MemoryOutput);

impl Output for Interrupted {
    fn create(&self, stem: &str) -> io::Result<Box<dyn OutputFile>> {
        if stem.starts_with("genes") { Err(io::ErrorKind::StorageFull.into()) } else { self.0.create(stem) }
    }

    fn place(&self) -> String {
        self.0.place()
    }

    fn is_watched(&self) -> bool {
        true
    }
}

fn demo() -> H5ad {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data").join(SOURCE);
    H5ad::from_bytes(fs::read(path).unwrap(), SOURCE).unwrap()
}

fn build(output: &dyn Output) -> Manifest {
    let progress = Quiet::default();
    let environment = Environment { output, scratch: &MemoryScratch, progress: &progress };
    builder::build(demo(), SOURCE, &Options::default(), &environment).unwrap()
}

fn watched() -> (Manifest, Files) {
    let output = Watched(MemoryOutput::default());
    (build(&output), output.0.into_files())
}

#[test]
fn a_dataset_that_is_watched_is_the_same() {
    let unwatched = MemoryOutput::default();
    let expected = build(&unwatched);
    let (manifest, files) = watched();
    assert!(manifest.encode() == expected.encode(), "the manifests differ");
    for (name, bytes) in unwatched.into_files() {
        assert!(files[&name] == bytes, "{name} differs");
    }
}

#[test]
fn the_look_is_a_dataset_without_matrices() {
    let (manifest, files) = watched();
    let look = Manifest::decode(&files[LOOK_MANIFEST]).unwrap();
    assert_eq!((look.n_obs, look.layers.len(), look.known_content_id()), (700, 0, None));
    let names = |manifest: &Manifest| manifest.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&look), names(&manifest));
    assert_eq!(look.embeddings, manifest.embeddings);
    for pack in &look.packs {
        let file = &files[&pack.file];
        assert_eq!(file.len() as u64, pack.n_bytes, "{}", pack.name);
        for tile in 0..pack.n_tiles {
            let Some(DirectoryPlace::Inline(slots)) = pack.directory_of(tile) else { panic!("the packs are small") };
            let slot = slots.get(tile).unwrap();
            let range = slot.range();
            let content = shared_fbs::frame::inflate(&file[range.start as usize..range.end as usize]).unwrap();
            shared_fbs::frame::verify(&content, slot.checksum).unwrap();
        }
    }
}

#[test]
fn the_look_is_there_before_the_first_matrix_is_read() {
    let output = Interrupted(MemoryOutput::default());
    let environment = Environment { output: &output, scratch: &MemoryScratch, progress: &Quiet::default() };
    // Stops once it is there, as a page may that has no interest in more.
    let error = builder::build(demo(), SOURCE, &Options::default(), &environment).unwrap_err();
    assert!(matches!(error, builder::BuildError::Output { .. }), "{error}");
    let files = output.0.into_files();
    let is_of_layer = |name: &&String| ["cells", "genes", "moments", "var"].iter().any(|kind| name.starts_with(kind));
    assert_eq!(files.keys().filter(is_of_layer).count(), 0);
    assert!(files.contains_key(LOOK_MANIFEST) && !files.contains_key(MANIFEST));
}

#[test]
fn what_a_file_needs_grows_with_its_matrices() {
    let needs = builder::needs(&demo(), &Options::default());
    let (_, files) = watched();
    let n_bytes: usize = files.values().map(Vec::len).sum();
    assert!(needs.space_bytes > 0 && needs.memory_bytes > 128 << 20);
    assert!(needs.space_bytes < 4 * n_bytes as u64, "{needs:?} for {n_bytes} bytes");
    assert!(builder::most_files(&demo()) > files.len());
}
