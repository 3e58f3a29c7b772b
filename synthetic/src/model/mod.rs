//! The parameters of a dataset, and everything about a cell that follows from them.

mod counts;
mod genes;
mod layout;
mod profiles;
mod samples;
mod traits;

use std::ops::Range;

use rayon::prelude::*;
use thiserror::Error;

use crate::catalog::{CELL_TYPES, CellType};
use crate::csr::Csr;
use crate::obs::Vocabulary;
pub use genes::Gene;
pub(crate) use genes::Role;
use layout::Layout;
use profiles::Profiles;
pub(crate) use samples::{N_ASSAYS, N_DISEASES, Samples};
pub use traits::{Phase, Traits};

/// What a dataset is made from: the same specification gives the same dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Number of cells.
    pub n_cells: usize,
    /// Number of genes.
    pub n_genes: usize,
    /// Which of all datasets of this size.
    pub seed: u64,
}

/// Why there is no such dataset.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SpecError {
    /// Fewer cells than make a picture, or more than an index holds.
    #[error("{0} cells: a dataset has from {min} to {max}", min = Spec::CELLS.start(), max = Spec::CELLS.end())]
    Cells(usize),
    /// Fewer genes than cell types could be told by, or more than there are.
    #[error("{0} genes: a dataset has from {min} to {max}", min = Spec::GENES.start(), max = Spec::GENES.end())]
    Genes(usize),
}

impl Spec {
    /// How many cells there may be.
    pub const CELLS: std::ops::RangeInclusive<usize> = 10..=1_000_000_000;
    /// How many genes there may be.
    pub const GENES: std::ops::RangeInclusive<usize> = 50..=1_000_000;
}

/// The parameters of a dataset, from which every cell can be computed by itself.
pub struct Model {
    spec: Spec,
    genes: Vec<Gene>,
    profiles: Profiles,
    samples: Samples,
    layout: Layout,
    vocabulary: Vocabulary,
    /// What a cell of every mean property is drawn as, in molecules before any is lost.
    median_library: f64,
}

/// Cells that a thread generates in one go: enough to be worth handing out, few enough to spread.
pub(crate) const CELLS_PER_PART: usize = 256;

impl Model {
    /// Derives the parameters.
    ///
    /// # Errors
    /// When the specification asks for too few or too many cells or genes.
    pub fn new(spec: Spec) -> Result<Self, SpecError> {
        if !Spec::CELLS.contains(&spec.n_cells) {
            return Err(SpecError::Cells(spec.n_cells));
        }
        if !Spec::GENES.contains(&spec.n_genes) {
            return Err(SpecError::Genes(spec.n_genes));
        }
        let n_types = n_types(spec.n_cells);
        let genes = genes::name_genes(spec, n_types);
        let profiles = Profiles::new(spec, n_types, &genes);
        let samples = Samples::new(spec, &profiles.type_sizes(), &genes);
        let layout = Layout::new(spec, &profiles, samples.list.len());
        let vocabulary = Vocabulary::new(spec.n_cells, &CELL_TYPES[..n_types], &samples);
        let mut model = Self { spec, genes, profiles, samples, layout, vocabulary, median_library: 0.0 };
        model.median_library = model.calibrated_library();
        Ok(model)
    }

    /// What the model was made from.
    pub fn spec(&self) -> Spec {
        self.spec
    }

    /// The genes, in the order of the matrix's columns.
    pub fn genes(&self) -> &[Gene] {
        &self.genes
    }

    /// The names of the cell types, by code.
    pub fn cell_type_names(&self) -> Vec<&'static str> {
        self.catalog().iter().map(|cell_type| cell_type.name).collect()
    }

    /// The genes that a cell type expresses more than its relatives do, its named markers among them.
    pub fn program(&self, cell_type: usize) -> &[u32] {
        &self.profiles.types[cell_type].program
    }

    /// The counts of a range of cells, computed on all threads of the current rayon pool.
    ///
    /// Row `i` is the cell `cells.start + i`. Memory is that of the result, twice while its parts are joined.
    pub fn matrix(&self, cells: Range<usize>) -> Csr {
        let parts: Vec<Csr> = self.parts(&cells).map(|part| self.counts(part)).collect();
        let nnz = parts.iter().map(Csr::nnz).sum();
        let mut whole = Csr::with_capacity(self.spec.n_genes, cells.len(), nnz);
        for part in parts {
            whole.append(&part);
        }
        whole
    }

    /// The cell type of each cell of a range, as codes into [`Model::cell_type_names`].
    pub fn cell_types(&self, cells: Range<usize>) -> Vec<u16> {
        cells.into_par_iter().map(|cell| self.traits(cell).cell_type).collect()
    }

    /// The sample of each cell of a range, as codes from 0.
    pub fn sample_codes(&self, cells: Range<usize>) -> Vec<u16> {
        cells.into_par_iter().map(|cell| self.samples.of(cell) as u16).collect()
    }

    /// The UMAP-like embedding of a range of cells.
    pub fn umap(&self, cells: Range<usize>) -> Vec<[f32; 2]> {
        cells.into_par_iter().map(|cell| self.layout.umap(self.spec.seed, cell, &self.traits(cell))).collect()
    }

    /// The scores of a range of cells on what looks like their principal components.
    pub fn pca(&self, cells: Range<usize>) -> Vec<[f32; Self::N_PCS]> {
        cells.into_par_iter().map(|cell| self.layout.pca(self.spec.seed, cell, &self.traits(cell))).collect()
    }

    /// Number of components of [`Model::pca`].
    pub const N_PCS: usize = 10;

    pub(crate) fn catalog(&self) -> &'static [CellType] {
        &CELL_TYPES[..self.profiles.types.len()]
    }

    pub(crate) fn samples(&self) -> &Samples {
        &self.samples
    }

    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The type that a cell type descends from or grades into.
    pub(crate) fn relative(&self, cell_type: usize) -> Option<usize> {
        self.profiles.types[cell_type].relative
    }

    /// How far a cell type is from the root of its lineage, if it has relatives.
    pub(crate) fn depth(&self, cell_type: usize) -> Option<usize> {
        let depth = std::iter::successors(self.relative(cell_type), |&relative| self.relative(relative)).count();
        let has_descendants = || self.profiles.types.iter().any(|other| other.relative == Some(cell_type));
        (depth > 0 || has_descendants()).then_some(depth)
    }

    /// The ranges that a range of cells is worked on in.
    pub(crate) fn parts(&self, cells: &Range<usize>) -> impl IndexedParallelIterator<Item = Range<usize>> + use<> {
        let (start, end) = (cells.start, cells.end);
        assert!(start <= end && end <= self.spec.n_cells, "cells {start} to {end} of {}", self.spec.n_cells);
        (0..(end - start).div_ceil(CELLS_PER_PART)).into_par_iter().map(move |part| {
            let first = start + part * CELLS_PER_PART;
            first..(first + CELLS_PER_PART).min(end)
        })
    }

    /// The library size at which cells have as many genes as they should, found by trying it on some of them.
    fn calibrated_library(&mut self) -> f64 {
        const CELLS_TRIED: usize = 256;
        let target = mean_genes_per_cell(self.spec.n_genes);
        self.median_library = 3.0 * target;
        for _ in 0..8 {
            let n = self.spec.n_cells.min(CELLS_TRIED);
            // The partial sums of nnz are integers: the order of threads does not matter.
            let nnz: usize = (0..n)
                .into_par_iter()
                .map(|i| {
                    let cell = i * self.spec.n_cells / n;
                    self.counts(cell..cell + 1).nnz()
                })
                .sum();
            // The number of genes seen grows more slowly than the number of molecules.
            self.median_library *= libm::pow(target * n as f64 / nnz.max(1) as f64, 1.5);
        }
        self.median_library
    }
}

/// How many cell types a dataset of this size tends to distinguish: 10 of 700 cells, 60 of 100 000 and more.
fn n_types(n_cells: usize) -> usize {
    (libm::pow(n_cells as f64, 0.356).round() as usize).clamp(3, CELL_TYPES.len())
}

/// Mean number of genes seen in a cell. Fewer genes measured are the more variable ones, seen more often.
fn mean_genes_per_cell(n_genes: usize) -> f64 {
    1_950.0 * libm::pow((n_genes as f64 / 20_000.0).min(1.0), 0.75)
}
