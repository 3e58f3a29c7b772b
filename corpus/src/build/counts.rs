//! Where counts come from.

use std::ops::Range;

use builder::gene_symbols;
use h5ad::{Frame, FrameColumn, H5ad, Matrix, MatrixLocation, SparseSlab, Storage};
use shared_fbs::tile::Genes;

use super::SummaryError;

/// Stored entries of a slab.
pub const SLAB_ENTRIES: usize = 1 << 20;

/// Stored entries that tell whether a matrix holds counts.
const PROBE_ENTRIES: usize = 1 << 16;

/// The layers that may hold counts, in the order in which they are looked at.
const LAYERS_OF_COUNTS: [&str; 3] = ["counts", "raw_counts", "raw"];

/// Whose entries lie together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Majors {
    /// Those of a cell.
    Cells,
    /// Those of a gene.
    Genes,
}

/// Counts of the genes of cells.
pub trait Counts: Sync {
    /// The genes, in the order of their numbers here.
    fn genes(&self) -> &Genes;

    /// The length of every gene, where they are known.
    fn lengths(&self) -> Option<&[f64]>;

    /// Whose entries lie together.
    fn majors(&self) -> Majors;

    /// All majors, in pieces that are read at one time.
    fn slabs(&self) -> Vec<Range<usize>>;

    /// The non-zero entries of some majors: numbers above zero, by ascending minors.
    ///
    /// # Errors
    /// When they cannot be read, or are no counts.
    fn read(&self, majors: Range<usize>) -> Result<SparseSlab, SummaryError>;

    /// What the matrix is called.
    fn name(&self) -> String;
}

/// Counts of an AnnData file.
pub struct H5adCounts {
    matrix: Matrix,
    genes: Genes,
    lengths: Option<Vec<f64>>,
}

impl H5adCounts {
    /// The counts of a file: those of a layer, or of the first that holds counts: raw/X, X, then layers of usual names.
    ///
    /// # Errors
    /// When there are none, or the file cannot be read.
    pub fn open(file: &H5ad, layer: Option<&str>) -> Result<Self, SummaryError> {
        let all = file.matrices();
        let mut found = Vec::new();
        let places: Vec<MatrixLocation> = match layer {
            Some(name) => {
                let is_named = |place: &&MatrixLocation| {
                    place.to_string() == name || matches!(place, MatrixLocation::Layer(key) if key == name)
                };
                all.iter().map(|info| &info.location).filter(is_named).take(1).cloned().collect()
            }
            None => {
                let layers = LAYERS_OF_COUNTS.map(|name| MatrixLocation::Layer(name.to_owned()));
                let usual = [MatrixLocation::Raw, MatrixLocation::X].into_iter().chain(layers);
                usual.filter(|place| all.iter().any(|info| info.location == *place)).collect()
            }
        };
        for place in places {
            let matrix = file.matrix(&place)?;
            let first = matrix.slabs(PROBE_ENTRIES).into_iter().next().unwrap_or(0..0);
            match matrix.read(first)?.data.iter().find(|&&value| !is_count(value)) {
                None => return Self::of(file, matrix),
                Some(value) => found.push(format!("{place} holds {value}")),
            }
        }
        if found.is_empty() {
            let known: Vec<String> = all.iter().map(|info| info.location.to_string()).collect();
            found.push(format!("its matrices are: {}", known.join(", ")));
        }
        Err(SummaryError::NoCounts { file: file.name().to_owned(), found: found.join("; ") })
    }

    fn of(file: &H5ad, matrix: Matrix) -> Result<Self, SummaryError> {
        let var = match matrix.info().location {
            MatrixLocation::Raw => file.raw_var()?.map_or_else(|| file.var(), Ok)?,
            MatrixLocation::X | MatrixLocation::Layer(_) => file.var()?,
        };
        let (matrix_name, n_columns) = (matrix.info().location.to_string(), matrix.info().n_cols);
        if var.index.len() != n_columns {
            return Err(SummaryError::UnnamedGenes { matrix: matrix_name, n_columns, n_genes: var.index.len() });
        }
        let symbols = gene_symbols(&var);
        let numbers = |frame: &Frame| -> Option<Vec<f64>> {
            let (_, column) = frame.columns.iter().find(|(name, _)| name == "feature_length")?;
            match column {
                FrameColumn::Integers(values) => values.iter().map(|value| Some((*value)? as f64)).collect(),
                FrameColumn::Unsigned(values) => values.iter().map(|value| Some((*value)? as f64)).collect(),
                FrameColumn::Singles(values) => Some(values.iter().copied().map(f64::from).collect()),
                FrameColumn::Doubles(values) => Some(values.clone()),
                FrameColumn::Categorical { .. }
                | FrameColumn::Strings(_)
                | FrameColumn::Booleans(_)
                | FrameColumn::Unsupported { .. } => None,
            }
        };
        let lengths = numbers(&var).filter(|lengths| lengths.iter().all(|&length| length > 0.0));
        let rows = (0..var.index.len() as u32).collect();
        Ok(Self { matrix, genes: Genes { ids: var.index, symbols, rows }, lengths })
    }
}

impl Counts for H5adCounts {
    fn genes(&self) -> &Genes {
        &self.genes
    }

    fn lengths(&self) -> Option<&[f64]> {
        self.lengths.as_deref()
    }

    fn majors(&self) -> Majors {
        match self.matrix.info().storage {
            Storage::Dense | Storage::Csr => Majors::Cells,
            Storage::Csc => Majors::Genes,
        }
    }

    fn slabs(&self) -> Vec<Range<usize>> {
        self.matrix.slabs(SLAB_ENTRIES)
    }

    fn read(&self, majors: Range<usize>) -> Result<SparseSlab, SummaryError> {
        let slab = self.matrix.read(majors)?;
        match slab.data.iter().find(|&&value| !is_count(value)) {
            None => Ok(slab),
            Some(&value) => Err(SummaryError::NoCount { matrix: self.name(), value }),
        }
    }

    fn name(&self) -> String {
        self.matrix.info().location.to_string()
    }
}

/// Whether a value other than zero is a count.
fn is_count(value: f32) -> bool {
    value > 0.0 && value.is_finite() && value.fract() == 0.0
}
