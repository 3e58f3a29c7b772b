//! Files that are not AnnData, contradict themselves or are damaged.

use std::path::Path;

use h5ad::{H5ad, H5adError, MatrixLocation};
use hdf5_pure::AttrValue;
use proptest::prelude::*;

use crate::fixtures::{Fixture, Written, encoding, labels, subgroup};

fn message(error: &H5adError, parts: &[&str]) {
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn a_file_that_is_not_hdf5_is_refused() {
    message(&Written::from_bytes(b"not hdf5\n!").open().unwrap_err(), &["not an HDF5 file", "test.h5ad", "10 bytes"]);
    message(&Written::from_bytes(b"").open().unwrap_err(), &["not an HDF5 file", "0 bytes"]);
    message(&H5ad::open(Path::new("no/such.h5ad")).unwrap_err(), &["no/such.h5ad", "exists"]);
}

#[test]
fn x_must_fit_the_frames() {
    let mut fixture = Fixture::with_axes(2, 2);
    fixture.file.create_dataset("X").with_f32_data(&[0.0; 6]).with_shape(&[3, 2]);
    message(&fixture.write().open().unwrap_err(), &["`X`", "3 × 2", "2 cells × 2 genes"]);
    let mut fixture = Fixture::with_axes(2, 1);
    fixture.file.create_dataset("X").with_vlen_strings(&["a", "b"]);
    message(&fixture.write().open().unwrap_err(), &["`X`", "numbers"]);
    let fixture = Fixture::with_axes(2, 2).group("X", |group| encoding(group, "coo_matrix"));
    message(&fixture.write().open().unwrap_err(), &["`X`", "coo_matrix", "CSR"]);
}

/// A CSR matrix of 2 × 3 with these parts.
fn sparse(indptr: &[i64], indices: &[i32], data: &[f32]) -> (Written, H5ad) {
    Fixture::with_axes(2, 3)
        .group("X", |group| {
            encoding(group, "csr_matrix");
            group.set_attr("shape", AttrValue::I64Array(vec![2, 3]));
            group.create_dataset("indptr").with_i64_data(indptr);
            group.create_dataset("indices").with_i32_data(indices);
            group.create_dataset("data").with_f32_data(data);
        })
        .open()
}

#[test]
fn sparse_matrices_that_contradict_themselves_are_refused() {
    for (indptr, part) in [
        (vec![0, 2], "2 bounds"),
        (vec![0, 3, 2], "rise"),
        (vec![1, 1, 2], "rise"),
        (vec![0, 1, 9], "rise"),
        (vec![0, -1, 2], "rise"),
    ] {
        let (_written, file) = sparse(&indptr, &[0, 1], &[1.0, 2.0]);
        message(&file.matrix(&MatrixLocation::X).unwrap_err(), &["`X/indptr`", part]);
    }
    let (_written, file) = sparse(&[0, 1, 2], &[0, 1, 2], &[1.0, 2.0]);
    message(&file.matrix(&MatrixLocation::X).unwrap_err(), &["`X/indices`"]);
    for stray in [3, -1] {
        let (_written, file) = sparse(&[0, 1, 2], &[0, stray], &[1.0, 2.0]);
        let matrix = file.matrix(&MatrixLocation::X).unwrap();
        assert!(matrix.read(0..1).is_ok());
        message(&matrix.read(1..2).unwrap_err(), &["`X/indices`", &stray.to_string(), "0 to 2"]);
    }
}

#[test]
fn a_row_of_entries_without_end_is_refused_before_they_are_read() {
    const MOST: usize = 1 << 22;
    let with_entries = |n: usize| {
        let entries = vec![1_u8; n];
        let (_written, file) = Fixture::with_axes(2, 3)
            .group("X", |group| {
                encoding(group, "csr_matrix");
                group.set_attr("shape", AttrValue::I64Array(vec![2, 3]));
                group.create_dataset("indptr").with_i64_data(&[0, 0, n as i64]);
                group.create_dataset("indices").with_u8_data(&entries).with_chunks(&[1 << 20]).with_deflate(1);
                group.create_dataset("data").with_u8_data(&entries).with_chunks(&[1 << 20]).with_deflate(1);
            })
            .open();
        file.matrix(&MatrixLocation::X).map(|matrix| matrix.read(0..2).unwrap().data)
    };
    assert_eq!(with_entries(MOST).unwrap(), [MOST as f32]);
    message(&with_entries(MOST + 1).unwrap_err(), &["`X/indptr`", "4194305 entries of row 1", "the 3 columns"]);
}

#[test]
fn values_that_are_too_many_are_not_read() {
    for n_rows in [2_usize, 100] {
        for part in ["plain", "codes", "values", "mask"] {
            let numbers = vec![0_i64; 100];
            let flags = vec![0_u8; 100];
            let fixture =
                Fixture::new().frame("var", &labels("gene", 1), |_| ()).frame("obs", &labels("cell", n_rows), |obs| {
                    let name = obs.add("column");
                    if part == "plain" {
                        obs.group.create_dataset(name).with_i64_data(&numbers).with_chunks(&[100]).with_deflate(1);
                        return;
                    }
                    subgroup(obs.group, name, |group| {
                        let mut deflated = |name: &str| {
                            group.create_dataset(name).with_u8_data(&flags).with_chunks(&[100]).with_deflate(1);
                        };
                        match part {
                            "codes" => deflated("codes"),
                            "values" => deflated("values"),
                            _ => deflated("mask"),
                        }
                        let rows = vec![0_i8; n_rows];
                        match part {
                            "codes" => _ = group.create_dataset("categories").with_vlen_strings(&["a"]),
                            "values" => _ = group.create_dataset("mask").with_i8_data(&rows),
                            _ => _ = group.create_dataset("values").with_i8_data(&rows),
                        }
                    });
                });
            let file = fixture.write_damaged().open().unwrap();
            match (file.obs(), n_rows) {
                // They are asked for, and cannot be had.
                (Err(error), 100) => message(&error, &["obs/column", "damaged"]),
                (Ok(_), 2) => {
                    let warnings = file.warnings();
                    assert!(warnings[0].message.contains("100"), "{part}: {warnings:?}");
                }
                (outcome, _) => panic!("{part}, {n_rows} rows: {:?}", outcome.map(|_| ())),
            }
        }
    }
}

#[test]
fn texts_without_end_are_no_labels() {
    let fixture = |n_bytes: u32| {
        Fixture::new().frame("var", &labels("gene", 1), |_| ()).frame("obs", &labels("cell", 2), |obs| {
            let name = obs.add("column");
            obs.group.create_dataset(name).with_ascii_strings_sized(&["a", "b"], n_bytes).unwrap();
        })
    };
    let (_written, file) = fixture(1 << 16).open();
    file.obs().unwrap();
    assert_eq!(file.warnings(), []);
    let (_written, file) = fixture((1 << 16) + 1).open();
    file.obs().unwrap();
    assert!(file.warnings()[0].message.contains("texts of 65537 bytes"), "{:?}", file.warnings());
}

#[test]
fn a_layer_without_its_parts_is_named() {
    let (_written, file) = Fixture::with_axes(1, 1)
        .group("layers", |group| {
            subgroup(group, "counts", |group| {
                encoding(group, "csr_matrix");
                group.create_dataset("data").with_f32_data(&[1.0]);
            });
        })
        .open();
    assert_eq!(file.matrices(), []);
    let warnings = file.warnings();
    assert_eq!(warnings[0].place, "layers/counts");
    assert!(warnings[0].message.contains("shape"), "{warnings:?}");
}

/// Reads all there is.
fn read_all(path: &Path) -> Result<(), H5adError> {
    let file = H5ad::open(path)?;
    file.obs()?;
    file.var()?;
    file.raw_var()?;
    for info in file.obsm() {
        file.read_obsm(&info.key, 0..2)?;
    }
    for info in file.matrices() {
        let matrix = file.matrix(&info.location)?;
        for range in matrix.slabs(16) {
            matrix.read(range)?;
        }
    }
    Ok(())
}

/// A file with some of everything.
fn whole() -> Vec<u8> {
    let mut fixture = Fixture::new()
        .frame("obs", &labels("cell", 4), |columns| {
            columns.categorical("type", &[0, 1, 1, -1], &["B", "T"]);
            columns.floats("score", &[1.0, 2.0, 3.0, 4.0]);
            columns.booleans("flag", &[true, false, true, false]);
        })
        .frame("var", &labels("gene", 3), |columns| columns.strings("name", &["a", "b", "c"]))
        .group("layers", |layers| {
            subgroup(layers, "counts", |group| {
                encoding(group, "csc_matrix");
                group.set_attr("shape", AttrValue::I64Array(vec![4, 3]));
                group.create_dataset("indptr").with_i32_data(&[0, 2, 3, 4]);
                group.create_dataset("indices").with_i32_data(&[0, 3, 1, 2]).with_chunks(&[2]).with_deflate(2);
                group.create_dataset("data").with_u16_data(&[1, 2, 3, 4]).with_chunks(&[3]).with_shuffle().with_lzf();
            });
        })
        .group("obsm", |obsm| {
            obsm.create_dataset("X_umap").with_f32_data(&[0.5; 8]).with_shape(&[4, 2]);
        })
        .group("uns", |uns| {
            uns.create_dataset("title").with_vlen_strings(&["whole"]);
        });
    fixture.file.create_dataset("X").with_f32_data(&[1.0; 12]).with_shape(&[4, 3]).with_chunks(&[2, 2]).with_deflate(2);
    fixture.file.finish().unwrap()
}

#[test]
fn a_file_cut_short_is_refused_wherever_it_is_cut() {
    let bytes = whole();
    assert!(read_all(&Written::from_bytes(&bytes).path()).is_ok());
    for cut in (0..bytes.len()).step_by(37) {
        assert!(read_all(&Written::from_bytes(&bytes[..cut]).path()).is_err(), "cut at {cut}");
    }
    message(&Written::from_bytes(&bytes[..bytes.len() - 1]).open().unwrap_err(), &["cut short", "again"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn damaged_files_never_panic(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = whole();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        // Some damage does not show, and some gives an error; none may do worse.
        let _ = read_all(&Written::from_bytes(&bytes).path());
    }
}
