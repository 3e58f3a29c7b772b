//! What is given in the place of an `.h5ad` file: read where it holds the same, named with a way out where it does not.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use h5ad::{FrameColumn, H5ad, H5adError, MatrixLocation, Storage};
use hdf5_pure::{AttrValue, GroupBuilder};

use crate::fixtures::{Fixture, Written, column, encoding, fill_frame, labels, subgroup};

fn message(error: &H5adError, parts: &[&str]) {
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

/// A matrix of 3 barcodes and 2 genes, as Cell Ranger writes it.
fn tenx(group: &mut GroupBuilder) {
    group.create_dataset("barcodes").with_ascii_strings(&["AA-1", "CC-1", "GG-1"]).unwrap();
    group.create_dataset("data").with_i32_data(&[5, 6, 7]);
    group.create_dataset("indices").with_i64_data(&[1, 0, 1]);
    group.create_dataset("indptr").with_i64_data(&[0, 1, 1, 3]);
    group.create_dataset("shape").with_i32_data(&[2, 3]);
}

fn assert_tenx(fixture: Fixture) -> H5ad {
    let (_written, file) = fixture.open();
    assert!(file.is_10x());
    assert_eq!((file.n_obs(), file.n_vars()), (3, 2));
    assert_eq!(file.obs().unwrap().index, ["AA-1", "CC-1", "GG-1"]);
    let var = file.var().unwrap();
    assert_eq!(var.index, ["ENSG1", "ENSG2"]);
    let symbols = ["TP53", "CD4"].map(|symbol| Some(symbol.to_owned()));
    assert_eq!(*column(&var, "gene_symbols"), FrameColumn::Strings(symbols.into()));
    let matrix = file.matrix(&MatrixLocation::X).unwrap();
    assert_eq!(matrix.info().storage, Storage::Csr);
    let slab = matrix.read(0..3).unwrap();
    assert_eq!((slab.indptr, slab.indices, slab.data), (vec![0, 1, 1, 3], vec![1, 0, 1], vec![5.0, 6.0, 7.0]));
    file
}

#[test]
fn matrices_of_10x_are_read_as_anndata() {
    let file = assert_tenx(Fixture::new().group("matrix", |matrix| {
        tenx(matrix);
        subgroup(matrix, "features", |features| {
            features.create_dataset("id").with_ascii_strings(&["ENSG1", "ENSG2"]).unwrap();
            features.create_dataset("name").with_ascii_strings(&["TP53", "CD4"]).unwrap();
            features.create_dataset("feature_type").with_ascii_strings(&["Gene Expression"; 2]).unwrap();
        });
    }));
    let names: Vec<_> = file.var().unwrap().columns.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["feature_types", "gene_symbols"]);
    let before_version_3 = |group: &mut GroupBuilder| {
        tenx(group);
        group.create_dataset("genes").with_ascii_strings(&["ENSG1", "ENSG2"]).unwrap();
        group.create_dataset("gene_names").with_ascii_strings(&["TP53", "CD4"]).unwrap();
    };
    assert_tenx(Fixture::new().group("GRCh38", before_version_3));
    let two = Fixture::new().group("GRCh38", before_version_3).group("mm10", before_version_3);
    message(&two.write().open().unwrap_err(), &["10x", "GRCh38, mm10", "genome=\"GRCh38\""]);
}

#[test]
fn a_matrix_of_10x_has_as_many_barcodes_as_columns() {
    let fixture = Fixture::new().group("matrix", |matrix| {
        tenx(matrix);
        matrix.create_dataset("genes").with_ascii_strings(&["ENSG1", "ENSG2"]).unwrap();
        matrix.create_dataset("gene_names").with_ascii_strings(&["TP53", "CD4", "CD8A"]).unwrap();
    });
    let (_written, file) = fixture.open();
    file.var().unwrap();
    assert!(file.warnings()[0].message.contains("3 values for 2 rows"), "{:?}", file.warnings());
    let fixture = Fixture::new().group("matrix", |matrix| {
        matrix.create_dataset("barcodes").with_ascii_strings(&["AA-1"; 9]).unwrap();
        matrix.create_dataset("data").with_i32_data(&[5]);
        matrix.create_dataset("indices").with_i64_data(&[1]);
        matrix.create_dataset("indptr").with_i64_data(&[0, 1]);
        matrix.create_dataset("shape").with_i32_data(&[2, 1]);
        matrix.create_dataset("genes").with_ascii_strings(&["ENSG1", "ENSG2"]).unwrap();
    });
    message(&fixture.write().open().unwrap_err(), &["as many barcodes"]);
}

#[test]
fn of_mudata_one_modality_is_read() {
    let modality = |group: &mut GroupBuilder, name: &str, n_obs: usize| {
        subgroup(group, name, |group| {
            encoding(group, "anndata");
            subgroup(group, "obs", |obs| fill_frame(obs, &labels("cell", n_obs), |_| ()));
            subgroup(group, "var", |var| fill_frame(var, &labels(name, 2), |_| ()));
            group.create_dataset("X").with_f32_data(&vec![1.0; n_obs * 2]).with_shape(&[n_obs as u64, 2]);
        });
    };
    let mut fixture = Fixture::with_axes(3, 4).group("mod", |group| {
        modality(group, "rna", 3);
        modality(group, "prot", 2);
    });
    fixture.file.set_attr("encoding-type", AttrValue::VarLenString("MuData".to_owned()));
    let written = fixture.write();
    message(&written.open().unwrap_err(), &["MuData", "prot, rna", "--modality prot"]);
    message(
        &H5ad::open_modality(&written.path(), Some("atac")).unwrap_err(),
        &["without the modality `atac`", "prot, rna"],
    );
    let file = H5ad::open_modality(&written.path(), Some("rna")).unwrap();
    assert_eq!((file.n_obs(), file.n_vars(), file.var().unwrap().index[1].as_str()), (3, 2, "rna1"));
    assert_eq!(file.matrix(&MatrixLocation::X).unwrap().read(0..3).unwrap().data.len(), 6);

    let plain = Fixture::with_axes(1, 1).write();
    message(&H5ad::open_modality(&plain.path(), Some("rna")).unwrap_err(), &["not MuData", "`rna`"]);
}

#[test]
fn hdf5_files_of_other_tools_are_named() {
    let loom = Fixture::new().group("row_attrs", |_| ()).group("col_attrs", |_| ()).group("matrix", |_| ());
    message(&loom.write().open().unwrap_err(), &["loom", "read_loom"]);
    let seurat = Fixture::new().group("assays", |_| ()).group("reductions", |_| ());
    message(&seurat.write().open().unwrap_err(), &["Seurat", "write_h5ad"]);
    message(&Fixture::new().group("matrix", |_| ()).write().open().unwrap_err(), &["10x"]);
    message(&Fixture::new().group("data", |_| ()).write().open().unwrap_err(), &["no `obs`", "data"]);
}

#[test]
fn what_is_not_hdf5_is_named() {
    let gzip = |content: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    };
    let packed = gzip(&std::fs::read(Fixture::with_axes(2, 2).write().path()).unwrap());
    for (bytes, part) in [
        (&packed[..], "still compressed: unpack it first, with `gunzip`"),
        (&gzip(b"X\n\0\0\0\x03\0\x04\0\0 and so on"), "R file"),
        (b"RDX3\nX\n", "R file"),
        (b"X\n\0\0\0\x03", "R file"),
        (b"BZh9", "compressed"),
        (b"\n<!DOCTYPE html>", "web page"),
        (b"%%MatrixMarket matrix", "read_10x_mtx"),
        (b"", "it is empty"),
        (b"PK\x05\x06", "cut short"),
    ] {
        message(&Written::from_bytes(bytes).open().unwrap_err(), &["not an HDF5 file", part]);
    }
    message(&Written::from_bytes(b"PK\x03\x04").open().unwrap_err(), &["ZIP"]);
    let directory = tempfile::tempdir().unwrap();
    message(&H5ad::open(directory.path()).unwrap_err(), &["directory", "Zarr"]);
}

#[cfg(unix)]
#[test]
fn a_device_is_refused_at_once() {
    message(&H5ad::open(std::path::Path::new("/dev/zero")).unwrap_err(), &["/dev/zero", "neither a file nor"]);
}
