//! Matrices in all storages, read in all slabs.

use std::collections::BTreeMap;
use std::thread;

use h5ad::{H5ad, Loss, Matrix, MatrixLocation, SparseSlab, Storage};
use hdf5_pure::{AttrValue, Datatype, DatatypeByteOrder, FloatingPointLayout, GroupBuilder};
use proptest::prelude::*;

use crate::fixtures::{Fixture, encoding, labels, subgroup};

/// How chunks are filtered.
#[derive(Clone, Copy, Debug)]
enum Filter {
    Contiguous,
    Chunked,
    Deflate,
    ShuffleLzf,
}

fn store(dataset: &mut hdf5_pure::DatasetBuilder, filter: Filter, chunks: &[u64]) {
    match filter {
        Filter::Contiguous => dataset,
        Filter::Chunked => dataset.with_chunks(chunks),
        Filter::Deflate => dataset.with_chunks(chunks).with_deflate(3),
        Filter::ShuffleLzf => dataset.with_chunks(chunks).with_shuffle().with_lzf(),
    };
}

/// Entries row by row as a sparse group; of the transpose for CSC.
fn fill_sparse(group: &mut GroupBuilder, rows: &[Vec<f32>], n_cols: usize, storage: Storage, filter: Filter) {
    let majors: Vec<Vec<f32>> = match storage {
        Storage::Csc => (0..n_cols).map(|col| rows.iter().map(|row| row[col]).collect()).collect(),
        Storage::Csr | Storage::Dense => rows.to_vec(),
    };
    let (mut indptr, mut indices, mut data) = (vec![0_i64], Vec::new(), Vec::new());
    for major in &majors {
        for (minor, value) in major.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            indices.push(minor as i32);
            data.push(*value);
        }
        indptr.push(indices.len() as i64);
    }
    encoding(group, if storage == Storage::Csc { "csc_matrix" } else { "csr_matrix" });
    group.set_attr("shape", AttrValue::I64Array(vec![rows.len() as i64, n_cols as i64]));
    group.create_dataset("indptr").with_i64_data(&indptr);
    // A dataset without elements cannot have chunks here.
    let filter = if data.is_empty() { Filter::Contiguous } else { filter };
    store(group.create_dataset("indices").with_i32_data(&indices), filter, &[5]);
    store(group.create_dataset("data").with_f32_data(&data), filter, &[3]);
}

fn x(file: &H5ad) -> Matrix {
    file.matrix(&MatrixLocation::X).unwrap()
}

/// Reads the majors of `cuts` slab by slab, as entries by row and column.
fn entries(matrix: &Matrix, cuts: &[usize]) -> BTreeMap<(usize, usize), f32> {
    let mut found = BTreeMap::new();
    let mut start = 0;
    for end in cuts.iter().copied().chain([matrix.n_major()]) {
        let end = end.clamp(start, matrix.n_major());
        let slab = matrix.read(start..end).unwrap();
        check(&slab, end - start, matrix.n_minor());
        for (major, bounds) in (start..end).zip(slab.indptr.windows(2)) {
            for at in bounds[0]..bounds[1] {
                let minor = slab.indices[at] as usize;
                let place = if matrix.info().storage == Storage::Csc { (minor, major) } else { (major, minor) };
                assert!(found.insert(place, slab.data[at]).is_none());
            }
        }
        start = end;
    }
    found
}

fn check(slab: &SparseSlab, n_major: usize, n_minor: usize) {
    assert_eq!(slab.indptr.len(), n_major + 1);
    assert_eq!(slab.indptr.last(), Some(&slab.data.len()));
    assert_eq!(slab.indices.len(), slab.data.len());
    for bounds in slab.indptr.windows(2) {
        let indices = &slab.indices[bounds[0]..bounds[1]];
        assert!(indices.is_sorted_by(|a, b| a < b), "{indices:?}");
        assert!(indices.iter().all(|index| (*index as usize) < n_minor));
    }
    assert!(slab.data.iter().all(|value| *value != 0.0));
}

fn matrix_and_cuts() -> impl Strategy<Value = (Vec<Vec<f32>>, usize, Vec<usize>)> {
    (1_usize..12, 1_usize..9).prop_flat_map(|(n_rows, n_cols)| {
        let value = prop_oneof![3 => Just(0.0_f32), 2 => -4.0_f32..4.0, 1 => Just(1e30_f32)];
        let rows = prop::collection::vec(prop::collection::vec(value, n_cols), n_rows);
        let cuts = prop::collection::vec(0..12_usize, 0..4).prop_map(|mut cuts| {
            cuts.sort_unstable();
            cuts
        });
        (rows, Just(n_cols), cuts)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_storage_gives_the_same_entries(
        (rows, n_cols, cuts) in matrix_and_cuts(),
        storage in prop_oneof![Just(Storage::Dense), Just(Storage::Csr), Just(Storage::Csc)],
        filter in prop_oneof![
            Just(Filter::Contiguous), Just(Filter::Chunked), Just(Filter::Deflate), Just(Filter::ShuffleLzf)
        ],
        chunk in (1_u64..5, 1_u64..5),
    ) {
        let mut fixture = Fixture::with_axes(rows.len(), n_cols);
        if storage == Storage::Dense {
            let flat: Vec<f32> = rows.iter().flatten().copied().collect();
            let shape = [rows.len() as u64, n_cols as u64];
            let chunks = [chunk.0.min(shape[0]), chunk.1.min(shape[1])];
            store(fixture.file.create_dataset("X").with_f32_data(&flat).with_shape(&shape), filter, &chunks);
        } else {
            fixture = fixture.group("X", |group| fill_sparse(group, &rows, n_cols, storage, filter));
        }
        let (_written, file) = fixture.open();
        let matrix = x(&file);
        prop_assert_eq!(matrix.info().storage, storage);
        let mut expected = BTreeMap::new();
        for (row, values) in rows.iter().enumerate() {
            for (col, value) in values.iter().enumerate().filter(|(_, value)| **value != 0.0) {
                expected.insert((row, col), *value);
            }
        }
        prop_assert_eq!(entries(&matrix, &cuts), expected);
        prop_assert!(file.warnings().is_empty());
    }

    #[test]
    fn slabs_cover_all_majors_in_order(
        (rows, n_cols, _) in matrix_and_cuts(),
        sparse in any::<bool>(),
        size in 0_usize..40,
    ) {
        let mut fixture = Fixture::with_axes(rows.len(), n_cols);
        if sparse {
            fixture = fixture.group("X", |group| fill_sparse(group, &rows, n_cols, Storage::Csr, Filter::Deflate));
        } else {
            let flat: Vec<f32> = rows.iter().flatten().copied().collect();
            let shape = [rows.len() as u64, n_cols as u64];
            fixture.file.create_dataset("X").with_f32_data(&flat).with_shape(&shape);
        }
        let (_written, file) = fixture.open();
        let matrix = x(&file);
        let slabs = matrix.slabs(size);
        let mut at = 0;
        for slab in &slabs {
            prop_assert_eq!(slab.start, at);
            prop_assert!(slab.end > at);
            let stored = matrix.read(slab.clone()).unwrap().data.len();
            prop_assert!(stored <= size || slab.len() == 1);
            at = slab.end;
        }
        prop_assert_eq!(at, matrix.n_major());
    }
}

#[test]
fn entries_out_of_order_are_sorted_twins_added_and_zeros_dropped() {
    let (_written, file) = Fixture::with_axes(3, 4)
        .group("X", |group| {
            group.set_attr("h5sparse_format", AttrValue::AsciiString("csr".to_owned()));
            group.set_attr("h5sparse_shape", AttrValue::I64Array(vec![3, 4]));
            group.create_dataset("indptr").with_i32_data(&[0, 5, 5, 9]);
            group.create_dataset("indices").with_i64_data(&[3, 1, 3, 0, 2, 1, 1, 0, 3]);
            group.create_dataset("data").with_f32_data(&[1.0, 2.0, 0.5, 0.0, f32::NAN, 4.0, -4.0, 7.0, f32::INFINITY]);
        })
        .open();
    let slab = x(&file).read(0..3).unwrap();
    assert_eq!(slab.indptr, [0, 3, 3, 5]);
    assert_eq!(slab.indices, [1, 2, 3, 0, 3]);
    assert!(slab.data[1].is_nan());
    assert_eq!([slab.data[0], slab.data[2], slab.data[3], slab.data[4]], [2.0, 1.5, 7.0, f32::INFINITY]);
    let warnings = file.warnings();
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].place, "X");
    x(&file).read(0..3).unwrap();
    assert_eq!(file.warnings(), warnings, "reading again adds nothing");
}

#[test]
fn what_32_bit_floats_cannot_hold_is_told_with_the_column() {
    let mut fixture = Fixture::with_axes(2, 2);
    let values = [1, -(1 << 24), (1 << 30) + 1, 1 << 40];
    fixture.file.create_dataset("X").with_i64_data(&values).with_shape(&[2, 2]);
    // The same matrix three times.
    let rows = [3.0, 1e300, 1e-300, -1e301];
    let (_written, file) = fixture
        .group("layers", |group| {
            group.create_dataset("wide").with_f64_data(&rows).with_shape(&[2, 2]).with_chunks(&[1, 2]);
            for (key, format) in [("by_row", "csr_matrix"), ("by_column", "csc_matrix")] {
                let (indices, data) = match key {
                    "by_row" => ([1, 0, 1, 0], [1e300, 3.0, -1e301, 1e-300]),
                    _ => ([0, 1, 1, 0], [3.0, 1e-300, -1e301, 1e300]),
                };
                subgroup(group, key, |group| {
                    encoding(group, format);
                    group.set_attr("shape", AttrValue::I64Array(vec![2, 2]));
                    group.create_dataset("indptr").with_i32_data(&[0, 2, 4]);
                    group.create_dataset("indices").with_i32_data(&indices);
                    group.create_dataset("data").with_f64_data(&data);
                });
            }
        })
        .open();
    let matrix = x(&file);
    assert_eq!(matrix.info().dtype, "int64");
    let exact = matrix.read(0..1).unwrap();
    assert_eq!((exact.data, exact.loss), (vec![1.0, -16_777_216.0], Loss::default()));
    let rounded = matrix.read(1..2).unwrap();
    assert_eq!(rounded.data, [1_073_741_824.0, 2f32.powi(40)]);
    assert_eq!((rounded.loss.n_rounded, rounded.loss.largest_relative), (1, 1.0 / 1_073_741_825.0));
    for key in ["wide", "by_row", "by_column"] {
        let Loss { mut columns_beyond, n_rounded, n_vanished, largest_relative, largest_beyond } =
            file.matrix(&MatrixLocation::Layer(key.to_owned())).unwrap().read(0..2).unwrap().loss;
        columns_beyond.sort_unstable();
        assert_eq!((columns_beyond, largest_beyond), (vec![1, 1], 1e301), "{key}");
        assert_eq!((n_rounded, n_vanished, largest_relative), (0, 1, 0.0), "{key}");
    }
    assert_eq!(file.warnings(), []);
}

#[test]
fn doubles_halves_and_big_endian_numbers_are_read() {
    let half = Datatype::FloatingPoint {
        size: 2,
        byte_order: DatatypeByteOrder::LittleEndian,
        layout: FloatingPointLayout {
            bit_offset: 0,
            bit_precision: 16,
            exponent_location: 10,
            exponent_size: 5,
            mantissa_location: 0,
            mantissa_size: 10,
            exponent_bias: 15,
        },
    };
    let big = Datatype::FloatingPoint {
        size: 4,
        byte_order: DatatypeByteOrder::BigEndian,
        layout: FloatingPointLayout::IEEE754_BINARY32,
    };
    let (_written, file) = Fixture::with_axes(1, 2)
        .group("layers", |group| {
            group.create_dataset("double").with_f64_data(&[0.1, 1e300]).with_shape(&[1, 2]);
            let halves = [0x3c00_u16, 0xc000].iter().flat_map(|v| v.to_le_bytes()).collect();
            group.create_dataset("half").with_raw_data(half, halves, 2).with_shape(&[1, 2]);
            let bigs = [1.5_f32, -7.0].iter().flat_map(|v| v.to_be_bytes()).collect();
            group.create_dataset("big").with_raw_data(big, bigs, 2).with_shape(&[1, 2]);
        })
        .open();
    let read = |name: &str| {
        let matrix = file.matrix(&MatrixLocation::Layer(name.to_owned())).unwrap();
        (matrix.info().dtype, matrix.read(0..1).unwrap().data)
    };
    assert_eq!(read("double"), ("float64", vec![0.1, f32::INFINITY]));
    assert_eq!(read("half"), ("float16", vec![1.0, -2.0]));
    assert_eq!(read("big"), ("float32", vec![1.5, -7.0]));
}

#[test]
fn raw_and_layers_are_listed_after_x() {
    let rows = vec![vec![1.0, 0.0, 2.0], vec![0.0, 0.0, 3.0]];
    let mut fixture = Fixture::with_axes(2, 1)
        .group("raw", |raw| {
            subgroup(raw, "X", |group| fill_sparse(group, &rows, 3, Storage::Csr, Filter::Deflate));
            subgroup(raw, "var", |group| crate::fixtures::fill_frame(group, &labels("raw gene", 3), |_| ()));
        })
        .group("layers", |group| {
            group.create_dataset("b").with_u8_data(&[1, 2]).with_shape(&[2, 1]);
            group.create_dataset("a").with_u16_data(&[1, 2]).with_shape(&[2, 1]);
            group.create_dataset("text").with_vlen_strings(&["x", "y"]);
            group.create_dataset("wrong").with_u8_data(&[1, 2, 3]).with_shape(&[3, 1]);
        });
    fixture.file.create_dataset("X").with_f32_data(&[0.0, 5.0]).with_shape(&[2, 1]);
    let (_written, file) = fixture.open();
    let listed: Vec<_> = file.matrices().iter().map(|info| info.location.to_string()).collect();
    assert_eq!(listed, ["X", "raw/X", "layers/a", "layers/b"]);
    assert_eq!(file.raw_var().unwrap().unwrap().index, labels("raw gene", 3));
    let raw = file.matrix(&MatrixLocation::Raw).unwrap();
    assert_eq!((raw.info().n_rows, raw.info().n_cols, raw.info().nnz), (2, 3, Some(3)));
    assert_eq!(raw.indptr(), Some([0, 2, 3].as_slice()));
    let places: Vec<_> = file.warnings().into_iter().map(|warning| warning.place).collect();
    assert_eq!(places, ["layers/text", "layers/wrong"]);
    let error = file.matrix(&MatrixLocation::Layer("nope".to_owned())).unwrap_err().to_string();
    assert!(error.contains("layers/nope") && error.contains("layers/a"), "{error}");
}

#[test]
fn x_may_be_absent_or_empty() {
    let (_written, file) = Fixture::with_axes(3, 2).open();
    assert_eq!(file.matrices(), []);
    assert!(file.raw_var().unwrap().is_none());

    let (_written, file) = Fixture::with_axes(3, 2)
        .group("X", |group| fill_sparse(group, &vec![vec![0.0; 2]; 3], 2, Storage::Csr, Filter::Deflate))
        .open();
    assert_eq!(x(&file).read(0..3).unwrap().indptr, [0; 4]);

    let (_written, file) = Fixture::with_axes(3, 0)
        .group("X", |group| fill_sparse(group, &vec![vec![]; 3], 0, Storage::Csc, Filter::Deflate))
        .open();
    assert_eq!(x(&file).n_major(), 0);
    assert!(x(&file).slabs(10).is_empty());
    assert_eq!(x(&file).read(0..0).unwrap().indptr, [0]);
}

#[test]
fn a_single_gene_or_cell_may_be_stored_flat() {
    let mut fixture = Fixture::with_axes(3, 1);
    fixture.file.create_dataset("X").with_f32_data(&[1.0, 0.0, 3.0]);
    let (_written, file) = fixture.open();
    assert_eq!(
        x(&file).read(1..3).unwrap(),
        SparseSlab { indptr: vec![0, 0, 1], indices: vec![0], data: vec![3.0], ..SparseSlab::default() }
    );

    let mut fixture = Fixture::with_axes(1, 3);
    fixture.file.create_dataset("X").with_f32_data(&[1.0, 0.0, 3.0]);
    let (_written, file) = fixture.open();
    assert_eq!(
        x(&file).read(0..1).unwrap(),
        SparseSlab { indptr: vec![0, 2], indices: vec![0, 2], data: vec![1.0, 3.0], ..SparseSlab::default() }
    );
}

#[test]
fn threads_read_one_matrix_at_once() {
    let rows: Vec<Vec<f32>> =
        (0..400).map(|row| (0..50).map(|col| if (row * col) % 7 == 3 { row as f32 } else { 0.0 }).collect()).collect();
    let (_written, file) = Fixture::with_axes(400, 50)
        .group("X", |group| fill_sparse(group, &rows, 50, Storage::Csr, Filter::Deflate))
        .open();
    let matrix = x(&file);
    let whole = matrix.read(0..400).unwrap();
    thread::scope(|scope| {
        for worker in 0..4 {
            let (matrix, whole) = (&matrix, &whole);
            scope.spawn(move || {
                for start in (worker * 10..400).step_by(40) {
                    let slab = matrix.read(start..start + 10).unwrap();
                    let (from, to) = (whole.indptr[start], whole.indptr[start + 10]);
                    assert_eq!(slab.indices, whole.indices[from..to]);
                    assert_eq!(slab.data, whole.data[from..to]);
                }
            });
        }
    });
}
