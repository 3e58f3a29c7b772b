//! Columns of `obs`, the ids of cells, the tables of genes.

use futures_util::future;
use shared_fbs::{
    manifest::{CELLS_PER_TEXT_TILE, ColumnKind, TileRange},
    tile::{Categories, Codes, Genes, Strings, Values},
};

use super::{Damage, Dataset, DatasetError, Priority, Tiles};
use crate::data::{CellIdx, Column, assemble};

/// The pack of columns and cell ids.
pub(super) const OBS: &str = "obs";

/// The pack of gene tables.
const VAR: &str = "var";

impl<T: Tiles> Dataset<T> {
    /// Labels, counts and colors of a categorical column: one small tile.
    ///
    /// # Errors
    /// When there is no such column, or its tile cannot be read.
    pub async fn categories(&self, name: &str) -> Result<Categories, T::Error> {
        let column = self.column_entry(name)?;
        let first = column.tiles.as_ref().map_or(0, |range| range.first);
        self.read_one(OBS, first, Priority::Soon, Categories::decode).await
    }

    /// A column over all cells.
    ///
    /// # Errors
    /// When there is no such column, it is text, or a tile cannot be read.
    pub async fn column(&self, name: &str, priority: Priority) -> Result<Column, T::Error> {
        let entry = self.column_entry(name)?;
        let tiles: Vec<u32> = entry.tiles.iter().flat_map(TileRange::iter).collect();
        let damaged =
            |error| DatasetError::damaged(OBS, tiles.first().copied().unwrap_or_default(), Damage::from(error));
        if entry.kind == ColumnKind::Continuous {
            let values = self.read(OBS, &tiles, priority, Values::decode).await?;
            self.breathe().await;
            let column = assemble::continuous(values, self.n_obs()).map_err(damaged)?;
            return Ok(Column::Continuous(column));
        }
        let (Some((&first, codes)), ColumnKind::Categorical) = (tiles.split_first(), entry.kind) else {
            return Err(DatasetError::unknown("column to filter or color by", name).into());
        };
        let categories = self.read_one(OBS, first, priority, Categories::decode);
        let (categories, codes) = future::try_join(categories, self.read(OBS, codes, priority, Codes::decode)).await?;
        self.breathe().await;
        let column = assemble::categorical(&categories, &codes, entry.ordered, self.n_obs()).map_err(damaged)?;
        Ok(Column::Categorical(column))
    }

    /// Reads the tiles of a column, for later.
    ///
    /// # Errors
    /// When there is no such column, or a tile cannot be read.
    pub async fn prefetch_column(&self, name: &str) -> Result<(), T::Error> {
        let tiles: Vec<u32> = self.column_entry(name)?.tiles.iter().flat_map(TileRange::iter).collect();
        self.prefetch(OBS, &tiles).await
    }

    /// The genes of the `var` table that a layer is over.
    ///
    /// # Errors
    /// When there is no such layer, or the tile cannot be read.
    pub async fn genes(&self, layer: usize) -> Result<Genes, T::Error> {
        let var = self.var(layer).ok_or_else(|| DatasetError::unknown("layer", &layer.to_string()))?;
        let genes = self.read_one(VAR, var.tile, Priority::Soon, Genes::decode).await?;
        if genes.ids.len() == var.n_vars as usize {
            Ok(genes)
        } else {
            Err(DatasetError::damaged(VAR, var.tile, Damage::Genes).into())
        }
    }

    /// The id of a cell, as the input's obs index has it.
    ///
    /// # Errors
    /// When its tile cannot be read.
    pub async fn cell_id(&self, cell: CellIdx) -> Result<Option<String>, T::Error> {
        let Some(range) = &self.manifest().cell_ids else {
            return Ok(None);
        };
        let tile = range.first + cell.0 / CELLS_PER_TEXT_TILE;
        let ids = self.read_one(OBS, tile, Priority::Now, Strings::decode).await?;
        Ok(ids.0.into_iter().nth((cell.0 % CELLS_PER_TEXT_TILE) as usize).flatten())
    }

    /// The ids of all cells; empty where the dataset has none.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub async fn cell_ids(&self) -> Result<Vec<Option<String>>, T::Error> {
        let tiles: Vec<u32> = self.manifest().cell_ids.iter().flat_map(TileRange::iter).collect();
        let tiles = self.read(OBS, &tiles, Priority::Soon, Strings::decode).await?;
        Ok(tiles.into_iter().flat_map(|tile| tile.0).collect())
    }
}
