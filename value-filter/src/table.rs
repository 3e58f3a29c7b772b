//! The columns that filters ask of: those of `obs`, or of a table of genes.

use explorer_core::{
    data::{CellIdx, FileColumn},
    dataset::{Dataset, Priority, Tiles},
};
use roaring::RoaringBitmap;
use shared_fbs::{
    manifest::{Column, ColumnKind, NumberKind},
    tile::Posting,
};

/// The pack of the cells of labels.
const POSTINGS: &str = "postings";

/// Cells of more labels than this are found in the column itself.
const MOST_POSTINGS: usize = 64;

/// Names that the index goes by in a filter, besides its own.
const OBS_INDEX: [&str; 2] = ["obs_id", "index"];
const VAR_INDEX: [&str; 2] = ["var_id", "index"];

/// What a filter needs to know of a column before it reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnFacts {
    /// What its values, or its labels, are in the file.
    pub kind: ValueKind,
    /// Whether it has labels.
    pub has_labels: bool,
    /// Whether the order of its labels carries meaning.
    pub ordered: bool,
}

/// What values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// Text.
    Text,
    /// True or false.
    Bool,
    /// Whole numbers.
    Int,
    /// Numbers of 32 bits.
    Float32,
    /// Numbers of 64 bits.
    Float64,
}

/// Rows with columns.
pub trait Table {
    /// Why a column cannot be read.
    type Error;

    /// How many rows there are.
    fn n_rows(&self) -> usize;

    /// The names of the columns.
    fn names(&self) -> Vec<&str>;

    /// What a column is; `None` where there is none of that name.
    fn facts(&self, column: &str) -> Option<ColumnFacts>;

    /// The labels of a column that has labels.
    fn labels(&self, column: &str) -> impl Future<Output = Result<Vec<String>, Self::Error>>;

    /// The rows with one of some labels of a column, by their codes, ascending.
    fn with_labels(&self, column: &str, codes: &[u32]) -> impl Future<Output = Result<RoaringBitmap, Self::Error>>;

    /// The values of a column.
    fn values(&self, column: &str) -> impl Future<Output = Result<FileColumn, Self::Error>>;
}

/// Cells, in storage order.
pub struct Obs<'a, T>(pub &'a Dataset<T>);

/// The genes of a table, by its index in the manifest, in the order of the tiles.
pub struct Var<'a, T>(pub &'a Dataset<T>, pub usize);

impl From<&Column> for ColumnFacts {
    fn from(column: &Column) -> Self {
        let kind = match (column.number, column.kind) {
            (NumberKind::Bool, _) => ValueKind::Bool,
            (NumberKind::Int | NumberKind::Uint, _) => ValueKind::Int,
            (NumberKind::Float64, _) => ValueKind::Float64,
            (NumberKind::Float32, _) | (_, ColumnKind::Continuous) => ValueKind::Float32,
            (_, _) => ValueKind::Text,
        };
        Self { kind, has_labels: column.kind == ColumnKind::Categorical, ordered: column.ordered }
    }
}

const INDEX_FACTS: ColumnFacts = ColumnFacts { kind: ValueKind::Text, has_labels: false, ordered: false };

impl<T: Tiles> Obs<'_, T> {
    fn is_index(&self, name: &str) -> bool {
        let manifest = self.0.manifest();
        let is_named = manifest.index_name.as_deref() == Some(name) || OBS_INDEX.contains(&name);
        is_named && manifest.cell_ids.is_some() && manifest.column(name).is_none()
    }
}

impl<T: Tiles> Table for Obs<'_, T> {
    type Error = T::Error;

    fn n_rows(&self) -> usize {
        self.0.n_obs()
    }

    fn names(&self) -> Vec<&str> {
        self.0.manifest().columns.iter().map(|column| column.name.as_str()).collect()
    }

    fn facts(&self, column: &str) -> Option<ColumnFacts> {
        let facts = self.0.manifest().column(column).map(ColumnFacts::from);
        facts.or_else(|| self.is_index(column).then_some(INDEX_FACTS))
    }

    async fn labels(&self, column: &str) -> Result<Vec<String>, T::Error> {
        Ok(self.0.categories(column).await?.labels)
    }

    async fn with_labels(&self, column: &str, codes: &[u32]) -> Result<RoaringBitmap, T::Error> {
        let postings = self.0.manifest().column(column).and_then(|column| column.postings.as_ref());
        let Some(first) = postings.map(|range| range.first).filter(|_| codes.len() <= MOST_POSTINGS) else {
            return Ok(rows_with_labels(&self.values(column).await?, codes));
        };
        let tiles: Vec<u32> = codes.iter().map(|code| first + code).collect();
        let postings = self.0.read(POSTINGS, &tiles, Priority::Now, Posting::decode).await?;
        Ok(postings.into_iter().fold(RoaringBitmap::new(), |all, Posting(cells)| all | cells))
    }

    async fn values(&self, column: &str) -> Result<FileColumn, T::Error> {
        if self.is_index(column) {
            Ok(FileColumn::Text(self.0.cell_ids().await?))
        } else {
            self.0.file_column(column).await
        }
    }
}

impl<T: Tiles> Var<'_, T> {
    fn is_index(&self, name: &str) -> bool {
        let Some(var) = self.0.manifest().vars.get(self.1) else { return false };
        let is_named = var.index_name.as_deref() == Some(name) || VAR_INDEX.contains(&name);
        is_named && var.columns.iter().all(|column| column.name != name)
    }

    fn columns(&self) -> &[Column] {
        self.0.manifest().vars.get(self.1).map_or(&[], |var| &var.columns)
    }
}

impl<T: Tiles> Table for Var<'_, T> {
    type Error = T::Error;

    fn n_rows(&self) -> usize {
        self.0.manifest().vars.get(self.1).map_or(0, |var| var.n_vars as usize)
    }

    fn names(&self) -> Vec<&str> {
        self.columns().iter().map(|column| column.name.as_str()).collect()
    }

    fn facts(&self, column: &str) -> Option<ColumnFacts> {
        let facts = self.columns().iter().find(|known| known.name == column).map(ColumnFacts::from);
        facts.or_else(|| self.is_index(column).then_some(INDEX_FACTS))
    }

    async fn labels(&self, column: &str) -> Result<Vec<String>, T::Error> {
        match self.values(column).await? {
            FileColumn::Labels(labels) => Ok(labels.categories.to_vec()),
            FileColumn::Numbers(_) | FileColumn::Text(_) => Ok(Vec::new()),
        }
    }

    async fn with_labels(&self, column: &str, codes: &[u32]) -> Result<RoaringBitmap, T::Error> {
        Ok(rows_with_labels(&self.values(column).await?, codes))
    }

    async fn values(&self, column: &str) -> Result<FileColumn, T::Error> {
        if self.is_index(column) {
            let ids = self.0.genes_of_table(self.1).await?.ids;
            return Ok(FileColumn::Text(ids.into_iter().map(Some).collect()));
        }
        self.0.gene_column(self.1, column).await
    }
}

fn rows_with_labels(column: &FileColumn, codes: &[u32]) -> RoaringBitmap {
    let FileColumn::Labels(labels) = column else { return RoaringBitmap::new() };
    let mut is_wanted = vec![false; labels.categories.len() + 1];
    codes.iter().for_each(|&code| is_wanted[code as usize] = true);
    let cells = (0..labels.codes.len() as u32).filter(|&cell| {
        let code = labels.codes.get(CellIdx(cell));
        is_wanted.get(code as usize) == Some(&true)
    });
    cells.collect()
}
