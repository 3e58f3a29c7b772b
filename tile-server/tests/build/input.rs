//! Inputs made here: matrices of every storage and kind, columns of every type.

use std::path::{Path, PathBuf};

use builder::{
    Options, Quiet,
    native::{self, Existing, Report},
};
use hdf5_pure::{AttrValue, GroupBuilder};
use tempfile::TempDir;

use crate::fixtures::{Fixture, Written, encoding, labels, subgroup};

/// How a matrix lies in a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Storage {
    Dense,
    Csr,
    Csc,
}

pub const STORAGES: [Storage; 3] = [Storage::Dense, Storage::Csr, Storage::Csc];

/// The demo file.
pub fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/pbmc68k_reduced.h5ad")
}

/// A sequence without a pattern, the same each time.
pub struct Noise(u64);

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn bits(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    /// From 0 up to 1.
    pub fn unit(&mut self) -> f64 {
        f64::from(self.bits()) / f64::from(u32::MAX)
    }

    pub fn below(&mut self, n: u32) -> u32 {
        self.bits() % n
    }
}

/// Rows of counts, about a third of them not zero, mostly small.
pub fn counts(n_obs: usize, n_vars: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut noise = Noise::new(seed);
    let mut count = || {
        let u = noise.unit();
        if u < 0.66 { 0.0 } else { (1.0 + (noise.unit() * 6.0).exp2().powf(u)).floor() as f32 }
    };
    (0..n_obs).map(|_| (0..n_vars).map(|_| count()).collect()).collect()
}

/// Counts as scanpy normalizes them, with the logarithm correctly rounded.
pub fn log_normalized(counts: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let normalize = |row: &Vec<f32>| {
        let divisor = row.iter().sum::<f32>() / 1e4;
        row.iter().map(|count| f64::from(count / divisor).ln_1p() as f32).collect()
    };
    counts.iter().map(normalize).collect()
}

/// Adds a matrix to the group of a file or layer.
pub fn matrix(parent: &mut GroupBuilder, name: &str, rows: &[Vec<f32>], n_cols: usize, storage: Storage) {
    if storage == Storage::Dense {
        parent.create_dataset(name).with_f32_data(&rows.concat()).with_shape(&[rows.len() as u64, n_cols as u64]);
        return;
    }
    subgroup(parent, name, |group| fill_sparse(group, rows, n_cols, storage));
}

/// Makes a group a sparse matrix.
pub fn fill_sparse(group: &mut GroupBuilder, rows: &[Vec<f32>], n_cols: usize, storage: Storage) {
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
    group.create_dataset("indices").with_i32_data(&indices);
    group.create_dataset("data").with_f32_data(&data);
}

/// A file with X, three kinds of columns and an embedding.
pub fn with_x(rows: &[Vec<f32>], n_vars: usize, storage: Storage) -> Fixture {
    with_columns(rows.len(), n_vars).x(rows, n_vars, storage)
}

/// A file with three kinds of columns and an embedding, but no X.
pub fn with_columns(n_obs: usize, n_vars: usize) -> Fixture {
    let mut noise = Noise::new(7);
    let codes: Vec<i8> = (0..n_obs).map(|_| noise.below(5) as i8 - 1).collect();
    let numbers: Vec<f64> = (0..n_obs).map(|_| noise.unit() * 100.0 - 50.0).collect();
    let truths: Vec<bool> = (0..n_obs).map(|_| noise.below(3) == 0).collect();
    let donors: Vec<i8> = (0..n_obs).map(|_| noise.below(4) as i8 - 1).collect();
    let positions: Vec<f32> = (0..2 * n_obs).map(|_| noise.unit() as f32 * 30.0 - 10.0).collect();
    Fixture::new()
        .frame("obs", &labels("cell", n_obs), |obs| {
            obs.categorical("cell_type", &codes, &["B", "T", "NK", "DC", "unused"]);
            obs.floats("score", &numbers);
            obs.booleans("is_doublet", &truths);
            obs.categorical("donor", &donors, &["a", "b", "c"]);
        })
        .frame("var", &labels("gene", n_vars), |_| ())
        .group("obsm", |obsm| {
            obsm.create_dataset("X_umap").with_f32_data(&positions).with_shape(&[n_obs as u64, 2]);
        })
}

impl Fixture {
    /// Adds X.
    pub fn x(mut self, rows: &[Vec<f32>], n_cols: usize, storage: Storage) -> Self {
        if storage == Storage::Dense {
            let shape = [rows.len() as u64, n_cols as u64];
            self.file.create_dataset("X").with_f32_data(&rows.concat()).with_shape(&shape);
            return self;
        }
        self.group("X", |group| fill_sparse(group, rows, n_cols, storage))
    }
}

/// A built dataset, removed when dropped.
pub struct Built {
    directory: TempDir,
    pub report: Report,
}

impl Built {
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("dataset")
    }
}

/// Builds a file with options of one's own.
pub fn build_with(input: &Path, options: &Options) -> Built {
    let directory = tempfile::tempdir().unwrap();
    let report =
        native::build(input, &directory.path().join("dataset"), Existing::Keep, options, &Quiet::default()).unwrap();
    Built { directory, report }
}

/// Builds a file, with or without an embedding.
pub fn build(input: &Path) -> Built {
    build_with(input, &Options { allow_no_embedding: true, ..Options::default() })
}

/// Writes a file and builds it.
pub fn written_and_built(fixture: Fixture) -> (Written, Built) {
    let written = fixture.write();
    let built = build(&written.path());
    (written, built)
}
