//! One matrix in every form that libraries in C write: `tests/fixtures`, made by `tests/reference/fixtures.py`.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use h5ad::{CategoryKind, FrameColumn, H5ad, MatrixLocation, Storage};

use crate::fixtures::column;
use crate::read_all::read_all;

const N_OBS: usize = 64;
const N_VARS: usize = 20;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A fixture that is kept in gzip, and its bytes.
fn packed(name: &str) -> (Vec<u8>, H5ad) {
    let mut bytes = Vec::new();
    GzDecoder::new(std::fs::File::open(path(name)).unwrap()).read_to_end(&mut bytes).unwrap();
    let file = H5ad::from_bytes(bytes.clone(), name).unwrap();
    (bytes, file)
}

fn expected(row: usize, column: usize) -> f32 {
    if (row + column).is_multiple_of(3) { ((row * 7 + column * 3) % 11) as f32 * 0.25 } else { 0.0 }
}

/// Compares all matrices of a file with the one that they must be, and gives their names.
fn assert_matrices(file: &H5ad) -> Vec<String> {
    let mut names = Vec::new();
    for info in file.matrices() {
        let matrix = file.matrix(&info.location).unwrap();
        let mut found = vec![0.0; N_OBS * N_VARS];
        for range in matrix.slabs(300) {
            let slab = matrix.read(range.clone()).unwrap_or_else(|error| panic!("{error}"));
            for (major, bounds) in range.zip(slab.indptr.windows(2)) {
                for entry in bounds[0]..bounds[1] {
                    let minor = slab.indices[entry] as usize;
                    let (row, column) = if info.storage == Storage::Csc { (minor, major) } else { (major, minor) };
                    found[row * N_VARS + column] = slab.data[entry];
                }
            }
        }
        for (at, value) in found.into_iter().enumerate() {
            let (row, column) = (at / N_VARS, at % N_VARS);
            assert_eq!(value, expected(row, column), "{} {row} {column}", info.location);
        }
        if let MatrixLocation::Layer(name) = &info.location {
            names.push(name.clone());
        }
    }
    names
}

/// Compares the frames, `obsm` and `uns`.
fn assert_rest(file: &H5ad) {
    let obs = file.obs().unwrap();
    assert_eq!((obs.index[0].as_str(), obs.index[N_OBS - 1].as_str()), ("cell0", "cell63"));
    let FrameColumn::Categorical { codes, categories, ordered, kind } = column(&obs, "type") else { panic!() };
    assert_eq!((categories.join(" ").as_str(), *ordered, &codes[..4]), ("B T µ", false, &[1, 0, 2, 1][..]));
    assert_eq!(*kind, CategoryKind::Text);
    let rows = 0..N_OBS as i64;
    assert_eq!(*column(&obs, "count"), FrameColumn::Integers(rows.clone().map(Some).collect()));
    assert_eq!(*column(&obs, "score"), FrameColumn::Doubles(rows.clone().map(|row| row as f64 / 8.0).collect()));
    assert_eq!(*column(&obs, "flag"), FrameColumn::Booleans(rows.clone().map(|row| Some(row % 3 == 0)).collect()));
    let gaps = rows.clone().map(|row| (row % 7 != 0).then_some(row));
    assert_eq!(*column(&obs, "gaps"), FrameColumn::Integers(gaps.collect()));
    let texts = rows.map(|row| Some(format!("text {row} µ")));
    assert_eq!(*column(&obs, "text"), FrameColumn::Strings(texts.collect()));
    assert_eq!(file.var().unwrap().index[N_VARS - 1], "gene19");
    let umap: Vec<f64> = (0..N_OBS).flat_map(|row| [expected(row, 0), expected(row, 1)].map(f64::from)).collect();
    assert_eq!(file.read_obsm("X_umap", 0..2).unwrap().values.into_doubles(), umap);
    assert_eq!(file.uns().title.as_deref(), Some("fixture"));
}

#[test]
fn every_filter_of_hdf5_gives_the_same_matrix() {
    let (_, file) = packed("filters.h5ad.gz");
    let names = assert_matrices(&file);
    assert_eq!(names.len(), 20, "{names:?}");
    assert_rest(&file);
    assert_eq!(file.warnings(), []);
}

/// Version 5 of the layout is that of HDF5 2.0.
#[test]
fn every_layout_and_link_of_hdf5_gives_the_same_matrix() {
    for (name, n_layers) in [("earliest.h5ad.gz", 18), ("v110.h5ad.gz", 18), ("v200.h5ad.gz", 20)] {
        let (_, file) = packed(name);
        let names = assert_matrices(&file);
        assert_eq!(names.len(), n_layers, "{name} {names:?}");
        assert!(["soft", "soft-beside"].iter().all(|link| names.iter().any(|name| name == link)));
        assert_rest(&file);
        let warnings = file.warnings();
        let places: Vec<&str> = warnings.iter().map(|warning| warning.place.as_str()).collect();
        assert_eq!(places, ["layers/circle", "layers/dangling", "layers/external"]);
        assert!(warnings[0].message.contains("leads nowhere"), "{warnings:?}");
        assert!(warnings[1].message.contains("soft link to `/nowhere`, which leads nowhere"), "{warnings:?}");
        assert!(warnings[2].message.contains("external link to `/X` in another file, `other.h5`"), "{warnings:?}");
    }
}

#[test]
fn zarr_of_both_versions_and_all_codecs_gives_the_same_matrix() {
    for (name, n_layers) in [("v2.zarr.zip", 11), ("v3.zarr.zip", 9)] {
        let file = H5ad::open(&path(name)).unwrap();
        let names = assert_matrices(&file);
        assert_eq!(names.len(), n_layers, "{name} {names:?}");
        assert!(file.matrices().iter().any(|info| info.location == MatrixLocation::Raw));
        assert_rest(&file);
        assert_eq!(file.warnings(), []);
    }
}

/// Tools that put a user block before a file do not change the addresses in it.
#[test]
fn a_user_block_may_come_before_a_file() {
    for name in ["filters.h5ad.gz", "v200.h5ad.gz"] {
        let (bytes, _) = packed(name);
        for user_block in [512, 4096] {
            let shifted = [vec![b'#'; user_block], bytes.clone()].concat();
            let file = H5ad::from_bytes(shifted, "shifted").unwrap();
            assert_matrices(&file);
            assert_rest(&file);
        }
    }
}

#[test]
fn arrays_that_claim_more_than_their_file_holds_are_left_out_or_refused() {
    let (_, file) = packed("claims.h5ad.gz");
    let keys: Vec<&str> = file.obsm().iter().map(|info| info.key.as_str()).collect();
    assert_eq!(keys, ["X_umap"]);
    let warnings = file.warnings();
    assert_eq!(warnings[0].place, "obsm/wide");
    assert!(warnings[0].message.contains("more than this file can hold"), "{warnings:?}");
    let layer = MatrixLocation::Layer("sparse".to_owned());
    let error = file.matrix(&layer).unwrap_err().to_string();
    assert!(error.contains("`layers/sparse/data` claims") && error.contains("more than this file can hold"), "{error}");
}

#[test]
fn chunks_that_claim_more_than_their_file_holds_are_refused() {
    let (mut bytes, _) = packed("filters.h5ad.gz");
    // The first key of a node of chunks begins with the chunk's size, after the signature and 20 bytes.
    let nodes: Vec<usize> = (0..bytes.len() - 28).filter(|at| bytes[*at..].starts_with(b"TREE\x01\0")).collect();
    assert_eq!(nodes.len(), 20);
    for at in nodes {
        bytes[at + 24..at + 28].fill(0xff);
    }
    let file = H5ad::from_bytes(bytes, "claims").unwrap();
    for info in file.matrices() {
        let error = file.matrix(&info.location).unwrap().read(0..N_OBS).unwrap_err().to_string();
        assert!(error.contains("4294967295 bytes") && error.contains("outside the file"), "{error}");
    }
}

/// Every form has bytes of its own to be wrong in, so each file is damaged where `step` falls.
#[test]
fn damaged_files_of_every_form_never_panic() {
    let files = ["earliest.h5ad.gz", "v110.h5ad.gz", "v200.h5ad.gz", "filters.h5ad.gz"].map(|name| packed(name).0);
    let zips = ["v2.zarr.zip", "v3.zarr.zip"].map(|name| std::fs::read(path(name)).unwrap());
    for (number, bytes) in files.into_iter().chain(zips).enumerate() {
        for case in 0..40 {
            let mut damaged = bytes.clone();
            for change in 0..20 {
                let mixed = (case * 20 + change) as u64;
                let at = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(number as u32) % bytes.len() as u64;
                damaged[at as usize] = [0, 0xff, 0x7f, case as u8][change % 4];
            }
            read_all(damaged);
        }
    }
}
