//! Columns of `obs`, the ids of cells, the tables of genes.

use std::ops::Range;

use futures_util::future;
use shared_fbs::{
    manifest::{self, CELLS_PER_COLUMN_TILE, CELLS_PER_TEXT_TILE, ColumnKind, NumberKind, TileRange},
    tile::{self, Categories, Codes, Genes, Strings, Values},
};

use super::{Damage, Dataset, DatasetError, Priority, Tiles};
use crate::data::{
    CellIdx, CellRow, CellRows, Column, FileColumn, Number, Numbers,
    assemble::{self, AssembleError},
};

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

    /// A column of `obs` as it is in the file, in storage order.
    ///
    /// # Errors
    /// When there is no such column, or a tile cannot be read.
    pub async fn file_column(&self, name: &str) -> Result<FileColumn, T::Error> {
        self.read_file_column(OBS, self.column_entry(name)?, 0..self.n_obs()).await
    }

    /// Some cells of a column of `obs` as it is in the file: those of the part of this number, of
    /// [`CELLS_PER_COLUMN_TILE`] cells but for the last.
    ///
    /// # Errors
    /// When there is no such column, or a tile cannot be read.
    pub async fn file_column_part(&self, name: &str, part: u32) -> Result<FileColumn, T::Error> {
        self.read_file_column(OBS, self.column_entry(name)?, self.part_cells(part)).await
    }

    /// The ids of the cells of a part; empty where the dataset has none.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub async fn cell_ids_part(&self, part: u32) -> Result<Vec<Option<String>>, T::Error> {
        let tiles: Vec<u32> = self.manifest().cell_ids.iter().flat_map(TileRange::iter).collect();
        let tiles = tiles_of(&tiles, &self.part_cells(part), CELLS_PER_TEXT_TILE);
        let tiles = self.read(OBS, tiles, Priority::Soon, Strings::decode).await?;
        Ok(tiles.into_iter().flat_map(|tile| tile.0).collect())
    }

    /// The cells of a part.
    pub fn part_cells(&self, part: u32) -> Range<usize> {
        let first = (part as usize).saturating_mul(CELLS_PER_COLUMN_TILE as usize).min(self.n_obs());
        first..(first + CELLS_PER_COLUMN_TILE as usize).min(self.n_obs())
    }

    /// A column of a table of genes, by its index in the manifest, as it is in the file, in the order of [`Dataset::genes`].
    ///
    /// # Errors
    /// When there is no such table or column, or a tile cannot be read.
    pub async fn gene_column(&self, var: usize, name: &str) -> Result<FileColumn, T::Error> {
        let var = self.var_entry(var)?;
        let column = var.columns.iter().find(|column| column.name == name);
        let column = column.ok_or_else(|| DatasetError::unknown("column of genes", name))?;
        self.read_file_column(VAR, column, 0..var.n_vars as usize).await
    }

    /// A number of a continuous column as it is in the file; `None` where it is missing.
    ///
    /// # Errors
    /// When there is no such column, it holds no numbers, or its tile cannot be read.
    pub async fn number(&self, name: &str, cell: CellIdx) -> Result<Option<Number>, T::Error> {
        let column = self.column_entry(name)?;
        let tiles = if column.has_exact() { &column.exact } else { &column.tiles };
        let (Some(tiles), ColumnKind::Continuous) = (tiles, column.kind) else {
            return Err(DatasetError::unknown("column of numbers", name).into());
        };
        let tile = tiles.first + cell.0 / CELLS_PER_COLUMN_TILE;
        let numbers = self.read_numbers(OBS, column, &[tile], Priority::Now).await?;
        Ok(numbers.get((cell.0 % CELLS_PER_COLUMN_TILE) as usize))
    }

    /// The values of a column in a range of cells or genes that begins where a tile does.
    async fn read_file_column(
        &self,
        pack: &str,
        column: &manifest::Column,
        range: Range<usize>,
    ) -> Result<FileColumn, T::Error> {
        let n = range.len();
        let tiles = if column.has_exact() { &column.exact } else { &column.tiles };
        let tiles: Vec<u32> = tiles.iter().flat_map(TileRange::iter).collect();
        let damaged =
            |error: AssembleError| DatasetError::damaged(pack, tiles.first().copied().unwrap_or_default(), error);
        match (column.kind, tiles.split_first()) {
            (ColumnKind::Continuous, _) => {
                let tiles = tiles_of(&tiles, &range, CELLS_PER_COLUMN_TILE);
                let numbers = self.read_numbers(pack, column, tiles, Priority::Soon).await?;
                assemble::check_length(numbers.len(), n).map_err(damaged)?;
                Ok(FileColumn::Numbers(numbers))
            }
            (ColumnKind::Categorical, Some((&first, codes))) => {
                let categories = self.read_one(pack, first, Priority::Soon, Categories::decode).await?;
                let codes = tiles_of(codes, &range, CELLS_PER_COLUMN_TILE);
                let codes = self.read(pack, codes, Priority::Soon, Codes::decode).await?;
                let column = assemble::categorical(&categories, &codes, column.ordered, n).map_err(damaged)?;
                Ok(FileColumn::Labels(column))
            }
            (_, _) => {
                let texts = tiles_of(&tiles, &range, CELLS_PER_TEXT_TILE);
                let texts = self.read(pack, texts, Priority::Soon, Strings::decode).await?;
                let texts: Vec<Option<String>> = texts.into_iter().flat_map(|tile| tile.0).collect();
                assemble::check_length(texts.len(), n).map_err(damaged)?;
                Ok(FileColumn::Text(texts))
            }
        }
    }

    /// The numbers of some tiles of a continuous column, those of 64 bits where it has them.
    async fn read_numbers(
        &self,
        pack: &str,
        column: &manifest::Column,
        tiles: &[u32],
        priority: Priority,
    ) -> Result<Numbers, T::Error> {
        if column.has_exact() {
            return self.read_wide(pack, column.number, tiles, priority).await;
        }
        let values = self.read(pack, tiles, priority, Values::decode).await?;
        let values: Vec<f32> = values.into_iter().flat_map(|tile| tile.0).collect();
        Ok(Numbers::from_f32(column.number, values))
    }

    /// The numbers of some tiles of 64 bits.
    pub(super) async fn read_wide(
        &self,
        pack: &str,
        kind: NumberKind,
        tiles: &[u32],
        priority: Priority,
    ) -> Result<Numbers, T::Error> {
        let numbers = self.read(pack, tiles, priority, tile::Numbers::decode).await?;
        let numbers = Numbers::from_tiles(kind, &numbers);
        Ok(numbers
            .ok_or_else(|| DatasetError::damaged(pack, tiles.first().copied().unwrap_or_default(), Damage::Kind))?)
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
        let index = self.layer_entry(layer)?.var;
        self.genes_of_table(index as usize).await
    }

    /// The genes of a table, by its index in the manifest.
    ///
    /// # Errors
    /// When there is no such table, or the tile cannot be read.
    pub async fn genes_of_table(&self, var: usize) -> Result<Genes, T::Error> {
        let var = self.var_entry(var)?;
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

    /// The input's row of a cell.
    ///
    /// # Errors
    /// When its tile cannot be read, or the dataset has no such cell.
    pub async fn row(&self, cell: CellIdx) -> Result<CellRow, T::Error> {
        let unknown = || DatasetError::unknown("cell", &cell.0.to_string());
        let range = self.manifest().row.as_ref().ok_or_else(unknown)?;
        let tile = range.first + cell.0 / CELLS_PER_TEXT_TILE;
        let rows = self.read_one(OBS, tile, Priority::Now, Codes::decode).await?;
        let rows = assemble::wide(&rows);
        Ok(rows.get((cell.0 % CELLS_PER_TEXT_TILE) as usize).copied().map(CellRow).ok_or_else(unknown)?)
    }

    /// The input's rows of all cells.
    ///
    /// # Errors
    /// When a tile cannot be read, or the rows are no order of the cells.
    pub async fn rows(&self, priority: Priority) -> Result<CellRows, T::Error> {
        let tiles: Vec<u32> = self.manifest().row.iter().flat_map(TileRange::iter).collect();
        let rows = self.read(OBS, &tiles, priority, Codes::decode).await?;
        self.breathe().await;
        let damaged = |error| DatasetError::damaged(OBS, tiles.first().copied().unwrap_or_default(), error);
        Ok(assemble::rows(&rows, self.n_obs()).map_err(damaged)?)
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

/// Those of all tiles of a column, of so many values each, that a range which begins with one covers.
fn tiles_of<'a>(tiles: &'a [u32], range: &Range<usize>, values_per_tile: u32) -> &'a [u32] {
    let per_tile = values_per_tile as usize;
    let (first, end) = (range.start / per_tile, range.end.div_ceil(per_tile).min(tiles.len()));
    tiles.get(first..end).unwrap_or_default()
}
