//! Data that were loaded, whatever they are.

use std::sync::Arc;

use shared_fbs::tile::Categories;

use super::GeneTable;
use crate::{
    data::{CellRows, Column, Continuous, Embedding},
    state::DataKey,
};

/// Data of one [`DataKey`].
#[derive(Clone, Debug)]
pub enum Data {
    /// Of a column, a gene or a mean: one label or number per cell.
    Column(Arc<Column>),
    /// Of an embedding: one position per cell.
    Embedding(Arc<Embedding>),
    /// Of a column's labels.
    Categories(Arc<Categories>),
    /// Of a layer's genes.
    GeneTable(Arc<GeneTable>),
    /// Of the input's rows.
    Rows(Arc<CellRows>),
}

impl Data {
    /// Whether it is what a key stands for.
    pub fn suits(&self, key: &DataKey) -> bool {
        match key {
            DataKey::Column(_) => matches!(self, Self::Column(_)),
            DataKey::Gene(_) | DataKey::Mean(_) => {
                matches!(self, Self::Column(column) if matches!(**column, Column::Continuous(_)))
            }
            DataKey::Embedding(_) => matches!(self, Self::Embedding(_)),
            DataKey::Categories(_) => matches!(self, Self::Categories(_)),
            DataKey::GeneTable(_) => matches!(self, Self::GeneTable(_)),
            DataKey::Rows => matches!(self, Self::Rows(_)),
        }
    }
}

impl From<Column> for Data {
    fn from(column: Column) -> Self {
        Self::Column(Arc::new(column))
    }
}

impl From<Continuous> for Data {
    fn from(values: Continuous) -> Self {
        Column::Continuous(values).into()
    }
}

impl From<Embedding> for Data {
    fn from(embedding: Embedding) -> Self {
        Self::Embedding(Arc::new(embedding))
    }
}

impl From<Categories> for Data {
    fn from(categories: Categories) -> Self {
        Self::Categories(Arc::new(categories))
    }
}

impl From<GeneTable> for Data {
    fn from(table: GeneTable) -> Self {
        Self::GeneTable(Arc::new(table))
    }
}

impl From<CellRows> for Data {
    fn from(rows: CellRows) -> Self {
        Self::Rows(Arc::new(rows))
    }
}
