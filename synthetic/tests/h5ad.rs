//! Files read back by the reader itself.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use ::h5ad::{CategoryKind, FrameColumn, H5ad, MatrixLocation, Storage};
use synthetic::h5ad::{self, Compression, Layout, Options, Progress, Raw, Summary, Views, WriteError};
use synthetic::{Column, Csr, Model, Spec, Values};

const N_CELLS: usize = 700;
const N_GENES: usize = 400;

fn model() -> Model {
    Model::new(Spec { n_cells: N_CELLS, n_genes: N_GENES, seed: 11 }).expect("the numbers are within bounds")
}

fn write(path: &Path, layout: Layout, compression: Compression, raw: Raw) -> Summary {
    h5ad::write(&model(), path, Options { layout, compression, raw, views: Views::Flat }, |_| ControlFlow::Continue(()))
        .expect("the file is written")
}

/// A matrix as read, cell by cell: genes and values.
fn read(file: &H5ad, location: &MatrixLocation) -> Vec<Vec<(u32, f32)>> {
    let matrix = file.matrix(location).expect("the matrix is there");
    let slab = matrix.read(0..matrix.n_major()).expect("the matrix is sound");
    let mut cells = vec![Vec::new(); N_CELLS];
    for major in 0..matrix.n_major() {
        for at in slab.indptr[major]..slab.indptr[major + 1] {
            let (minor, value) = (slab.indices[at], slab.data[at]);
            match matrix.info().storage {
                Storage::Csc => cells[minor as usize].push((major as u32, value)),
                Storage::Csr | Storage::Dense => cells[major].push((minor, value)),
            }
        }
    }
    cells
}

fn expected(counts: &Csr, values: &[f32]) -> Vec<Vec<(u32, f32)>> {
    let range = |cell: usize| counts.indptr[cell] as usize..counts.indptr[cell + 1] as usize;
    let cell = |range: std::ops::Range<usize>| range.map(|at| (counts.indices[at], values[at])).collect();
    (0..N_CELLS).map(range).map(cell).collect()
}

#[test]
fn every_form_holds_the_cells_of_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.h5ad");
    let counts = model().matrix(0..N_CELLS);
    let raw: Vec<f32> = counts.data.iter().map(|&count| count as f32).collect();
    for (layout, storage) in [(Layout::Csr, Storage::Csr), (Layout::Csc, Storage::Csc), (Layout::Dense, Storage::Dense)]
    {
        for compression in [Compression::None, Compression::Gzip { level: 4 }] {
            let summary = write(&path, layout, compression, Raw::Counts);
            assert_eq!(summary, Summary { nnz: counts.nnz() as u64, bytes: fs::metadata(&path).unwrap().len() });
            let file = H5ad::open(&path).unwrap();
            assert_eq!((file.n_obs(), file.n_vars()), (N_CELLS, N_GENES));
            assert_eq!(file.matrices()[0].storage, storage);
            assert_eq!(read(&file, &MatrixLocation::X), expected(&counts, &counts.log_normalized()));
            assert_eq!(read(&file, &MatrixLocation::Raw), expected(&counts, &raw));
            assert!(file.warnings().is_empty(), "{:?}", file.warnings());
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing temporary is left");
}

#[test]
fn obs_and_embeddings_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.h5ad");
    write(&path, Layout::Csr, Compression::None, Raw::Absent);
    let (file, model) = (H5ad::open(&path).unwrap(), model());
    let frame = file.obs().unwrap();
    let columns = model.obs(0..N_CELLS, &model.matrix(0..N_CELLS));
    assert!(columns.len() >= 20);
    assert_eq!(frame.index, model.obs_names(0..N_CELLS));
    let read: Vec<(String, FrameColumn)> = columns.into_iter().map(as_read).collect();
    // As text, since no NaN equals another.
    assert_eq!(format!("{:?}", frame.columns), format!("{read:?}"));

    let var = file.var().unwrap();
    let symbols: Vec<&str> = model.genes().iter().map(|gene| gene.symbol.as_str()).collect();
    assert_eq!(var.index, symbols);
    assert_eq!(var.columns.len(), 2);

    assert_eq!(file.read_obsm("X_umap", 0..2).unwrap().values.into_singles(), model.umap(0..N_CELLS).concat());
    assert_eq!(file.read_obsm("X_pca", 0..Model::N_PCS).unwrap().values.into_singles(), model.pca(0..N_CELLS).concat());
    assert_eq!(file.uns().default_embedding.as_deref(), Some("X_umap"));
}

/// How the reader gives a column.
fn as_read(column: Column) -> (String, FrameColumn) {
    let values = match column.values {
        Values::Categorical { codes, categories, ordered } => {
            FrameColumn::Categorical { codes, categories: categories.to_vec(), ordered, kind: CategoryKind::Text }
        }
        Values::Bool(values) => FrameColumn::Booleans(values.into_iter().map(Some).collect()),
        Values::I32(values) => FrameColumn::Integers(values.into_iter().map(|value| Some(i64::from(value))).collect()),
        Values::I64(values) => FrameColumn::Integers(values.into_iter().map(Some).collect()),
        Values::NullableI64 { values, mask } => FrameColumn::Integers(
            values.into_iter().zip(mask).map(|(value, missing)| (!missing).then_some(value)).collect(),
        ),
        Values::F32(values) => FrameColumn::Singles(values),
        Values::F64(values) => FrameColumn::Doubles(values),
        Values::Text(values) => FrameColumn::Strings(values.into_iter().map(Some).collect()),
    };
    (column.name.to_owned(), values)
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["one.h5ad", "two.h5ad"].map(|name| {
        let path = folder.path().join(name);
        write(&path, Layout::Csc, Compression::Gzip { level: 1 }, Raw::Absent);
        fs::read(path).unwrap()
    });
    assert!(one == two);
}

#[test]
fn a_file_that_is_stopped_leaves_nothing_and_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.h5ad");
    fs::write(&path, "precious").unwrap();
    let options = Options { layout: Layout::Csr, compression: Compression::None, raw: Raw::Absent, views: Views::Flat };
    let stop_half_way = |step: Progress| match step {
        Progress::Cells { cells, .. } if cells < N_CELLS / 2 => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    };
    let result = h5ad::write(&model(), &path, options, stop_half_way);
    assert!(matches!(result, Err(WriteError::Stopped)));
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
