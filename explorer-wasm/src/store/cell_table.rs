//! Cells as a table, with values as they are in the file.

use std::sync::Arc;

use explorer_core::{
    data::{CellRows, Column, FileColumn},
    session::{CellTable, CellsToSave, SaveExtent, Session, Wanted},
    state::{DataKey, GeneKey},
};

use super::{Store, access::DataAccess};
use crate::fetch::{FetchError, Priority};

/// The head of the ids where the file has none.
const INDEX_NAME: &str = "cell";

impl Store {
    /// Cells as CSV.
    ///
    /// # Errors
    /// When what the table holds cannot be loaded.
    pub async fn cells_as_csv(self, asked: &CellsToSave, genes: &[GeneKey]) -> Result<String, FetchError> {
        let Some(access) = self.access() else { return Ok(String::new()) };
        let (mut table, rows) = access.table_of(asked.extent).await?;
        for name in &asked.columns {
            table.columns.push((name.clone(), access.column_in_full(name).await?));
        }
        for key in genes {
            let (layer, gene) = access.find_gene(key).await?;
            let values = access.dataset.gene(layer, gene, Priority::Now).await?.to_continuous();
            table.genes.push((self.gene_label(key), values));
        }
        table.selected = (asked.flag == Wanted::Yes).then(|| access.read(Session::selected)).flatten();
        Ok(table.to_csv(&rows))
    }

    /// The ids of cells, one a line.
    ///
    /// # Errors
    /// When they cannot be loaded.
    pub async fn cells_as_ids(self, extent: SaveExtent) -> Result<String, FetchError> {
        let Some(access) = self.access() else { return Ok(String::new()) };
        let (table, rows) = access.table_of(extent).await?;
        Ok(table.to_id_list(&rows))
    }
}

impl DataAccess {
    /// A table of the ids alone, and the rows of the input that its cells have.
    async fn table_of(&self, extent: SaveExtent) -> Result<(CellTable, Arc<CellRows>), FetchError> {
        let rows = self.rows().await?;
        let ids = self.dataset.cell_ids().await?;
        let written = self.read(|session| match extent {
            SaveExtent::Selected => Some(session.selected()),
            SaveExtent::InView => session.in_view().cloned(),
        });
        let index_name = self.dataset.manifest().index_name.clone().unwrap_or_else(|| INDEX_NAME.to_owned());
        Ok((CellTable { index_name, ids, written: written.flatten(), ..CellTable::default() }, rows))
    }

    /// A column as it is in the file; one of the user's own as it is here.
    async fn column_in_full(&self, name: &str) -> Result<FileColumn, FetchError> {
        let key = DataKey::Column(name.to_owned());
        let own = self.read(|session| match session.manifest().column(name) {
            Some(_) => None,
            None => match session.loaded().column(&key)?.as_ref() {
                Column::Categorical(labels) => Some(FileColumn::Labels(labels.clone())),
                Column::Continuous(_) => None,
            },
        });
        match own.flatten() {
            Some(own) => Ok(own),
            None => self.dataset.file_column(name).await,
        }
    }
}
