//! Counts and labels of a dataset.

use std::{collections::BTreeMap, ops::Range};

use explorer_core::data::{Categorical, Codes};
use h5ad::SparseSlab;
use shared_fbs::{
    manifest::{CELLS_PER_EXPRESSION_TILE, ColumnKind, Layer, ValueKind},
    tile::{ExpressionValues, Genes},
};
use tessera::dataset::{Dataset, DatasetError};

use crate::build::{CellColumn, CellTable, Counts, Majors, SummaryError};

/// Tiles of genes that are read at one time.
const TILES_AT_ONCE: usize = 64;

/// The counts of a layer of a dataset: as they are, or as its log-normalized values were recognized to come from.
pub struct DatasetCounts<'a> {
    dataset: &'a Dataset,
    layer: &'a Layer,
    genes: Genes,
}

impl<'a> DatasetCounts<'a> {
    /// Those of a layer, or of the first that has counts: best those that are counts in the file.
    ///
    /// # Errors
    /// When there are none, or the genes cannot be read.
    pub fn open(dataset: &'a Dataset, layer: Option<&str>) -> Result<Self, SummaryError> {
        let layers = &dataset.manifest().layers;
        let of_kind = |kind: ValueKind| {
            layers.iter().find(|known| known.kind == kind && layer.is_none_or(|name| known.name == name))
        };
        let Some(layer) = of_kind(ValueKind::Counts).or_else(|| of_kind(ValueKind::LogNormalizedCounts)) else {
            let known: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
            return Err(SummaryError::NoCounts {
                file: dataset.manifest().title.clone().unwrap_or_else(|| "the dataset".to_owned()),
                found: format!("its layers are: {}", known.join(", ")),
            });
        };
        let genes = dataset.genes(layer).map_err(failed)?;
        Ok(Self { dataset, layer, genes })
    }

    /// Whether the counts were recognized from log-normalized values.
    pub fn are_recognized(&self) -> bool {
        self.layer.kind == ValueKind::LogNormalizedCounts
    }

    /// The columns of labels of all cells.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn cells(&self) -> Result<CellTable, SummaryError> {
        let manifest = self.dataset.manifest();
        let mut columns = BTreeMap::new();
        for column in manifest.columns.iter().filter(|column| column.kind == ColumnKind::Categorical) {
            if let Some(values) = self.dataset.categorical(column).map_err(failed)? {
                columns.insert(column.name.clone(), cell_column(&values));
            }
        }
        Ok(CellTable { n_obs: manifest.n_obs as usize, columns })
    }
}

fn cell_column(column: &Categorical) -> CellColumn {
    let codes: Vec<u32> = match &column.codes {
        Codes::U8(codes) => codes.iter().map(|&code| code.into()).collect(),
        Codes::U16(codes) => codes.iter().map(|&code| code.into()).collect(),
        Codes::U32(codes) => codes.clone(),
    };
    let missing = column.missing_code();
    let codes = codes.into_iter().map(|code| if code == missing { u32::MAX } else { code }).collect();
    CellColumn { codes, labels: column.categories.to_vec() }
}

fn failed(error: DatasetError) -> SummaryError {
    SummaryError::Read { place: "the dataset".to_owned(), source: error.into() }
}

impl Counts for DatasetCounts<'_> {
    fn genes(&self) -> &Genes {
        &self.genes
    }

    fn lengths(&self) -> Option<&[f64]> {
        None
    }

    fn majors(&self) -> Majors {
        Majors::Genes
    }

    fn slabs(&self) -> Vec<Range<usize>> {
        let n_genes = self.genes.ids.len();
        let genes_at_once = (TILES_AT_ONCE / self.dataset.manifest().tiles_per_gene().max(1) as usize).max(1);
        (0..n_genes).step_by(genes_at_once).map(|first| first..n_genes.min(first + genes_at_once)).collect()
    }

    fn read(&self, majors: Range<usize>) -> Result<SparseSlab, SummaryError> {
        let mut slab = SparseSlab { indptr: vec![0], ..SparseSlab::default() };
        for gene in majors {
            let chunks = self.dataset.expression(self.layer, gene as u32).map_err(failed)?;
            for (chunk, expression) in (0..).zip(chunks) {
                let first = chunk * CELLS_PER_EXPRESSION_TILE;
                slab.indices.extend(expression.cells.iter().map(|&cell| first + u32::from(cell)));
                match expression.values {
                    ExpressionValues::Counts(counts) => {
                        slab.data.extend(counts.to_u32().into_iter().map(|count| count as f32));
                    }
                    ExpressionValues::Floats(_) => {
                        return Err(SummaryError::NoCount { matrix: self.name(), value: f32::NAN });
                    }
                }
            }
            slab.indptr.push(slab.indices.len());
        }
        Ok(slab)
    }

    fn name(&self) -> String {
        let how = if self.are_recognized() { " (counts recognized from log-normalized values)" } else { "" };
        format!("{}{how}", self.layer.name)
    }
}
