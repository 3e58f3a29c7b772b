//! Whole entries of `obsm`, as they are in the file.

use std::{io, ops::Range};

use explorer_core::data::{Numbers, fit_f32};
use h5ad::{H5ad, ObsmInfo, ObsmValues};
use rayon::prelude::*;
use shared_fbs::{
    manifest::{CELLS_PER_COLUMN_TILE, Embedding, NumberKind, TileRange},
    tile::Values,
};

use super::{
    BuildError,
    cell_order::CellOrder,
    environment::Environment,
    pack::{BULK_LEVEL, Frame, PackWriter},
};

/// Writes entries column after column, of which as many values are in memory at a time as the build may have.
pub struct ObsmWriter<'a> {
    pub file: &'a H5ad,
    pub order: &'a CellOrder,
    pub values_in_memory: u64,
    pub environment: &'a Environment<'a>,
}

impl ObsmWriter<'_> {
    /// Writes all columns of an entry and notes in the manifest where they are.
    pub fn write(&self, info: &ObsmInfo, entry: &mut Embedding, pack: &mut PackWriter) -> Result<(), BuildError> {
        let output = |source: io::Error| self.environment.output_error(source);
        let bands = self.bands(info.n_columns);
        let read = |columns: &Range<usize>| -> Result<ObsmValues, BuildError> {
            Ok(self.file.read_obsm(&info.key, columns.clone())?.values)
        };
        // One band is read once: what tells the kind of numbers is then written.
        let mut only = if let [band] = &bands[..] { Some(read(band)?) } else { None };
        let fit = |values: &ObsmValues| match values {
            ObsmValues::Singles(_) => true,
            ObsmValues::Doubles(values) => fit_f32(values),
        };
        let is_narrow = match &only {
            Some(values) => fit(values),
            None => bands.iter().try_fold(true, |narrow, band| Ok::<_, BuildError>(narrow && fit(&read(band)?)))?,
        };
        let mut tiles: Option<TileRange> = None;
        for band in &bands {
            self.environment.check()?;
            let values = only.take().map_or_else(|| read(band), Ok)?;
            let frames = if is_narrow {
                frames(&values.into_singles(), band.len(), &self.order.rows, |values| Values(values).encode())
            } else {
                frames(&values.into_doubles(), band.len(), &self.order.rows, |values| {
                    let tiles = Numbers::Float64(values).to_tiles(CELLS_PER_COLUMN_TILE as usize);
                    tiles.first().map(shared_fbs::tile::Numbers::encode).unwrap_or_default()
                })
            };
            let written = pack.extend(&frames).map_err(output)?;
            tiles.get_or_insert(TileRange { first: written.first, count: 0 }).count += written.count;
        }
        entry.n_columns = info.n_columns as u32;
        entry.number = if is_narrow { NumberKind::Float32 } else { NumberKind::Float64 };
        entry.columns = tiles;
        Ok(())
    }

    /// Ranges of columns of which each may be in memory.
    fn bands(&self, n_columns: usize) -> Vec<Range<usize>> {
        let columns_at_a_time = (self.values_in_memory / self.order.rows.len().max(1) as u64).max(1);
        let columns_at_a_time = usize::try_from(columns_at_a_time).unwrap_or(usize::MAX).min(n_columns.max(1));
        (0..n_columns)
            .step_by(columns_at_a_time)
            .map(|first| first..first.saturating_add(columns_at_a_time).min(n_columns))
            .collect()
    }
}

/// The tiles of columns, of which `values` has `n_columns` row by row; the rows are stored in the order given.
fn frames<T: Copy + Sync>(
    values: &[T],
    n_columns: usize,
    rows: &[u32],
    encode: impl Fn(Vec<T>) -> Vec<u8> + Sync,
) -> Vec<Frame> {
    let chunks: Vec<(usize, &[u32])> = (0..n_columns)
        .flat_map(|column| rows.chunks(CELLS_PER_COLUMN_TILE as usize).map(move |rows| (column, rows)))
        .collect();
    chunks
        .into_par_iter()
        .map(|(column, rows)| {
            let values = rows.iter().map(|&row| values[row as usize * n_columns + column]).collect();
            Frame::new(&encode(values), BULK_LEVEL)
        })
        .collect()
}
