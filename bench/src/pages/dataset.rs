//! The points of a made-up dataset: as tiles for us, as an AnnData file for cellxgene, as plain arrays for the rest.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use explorer_core::data::{CellIdx, NO_POSITION};
use tessera::dataset::Dataset;

use crate::data::{FEW_GENES, Size, generate, tiles_of};

/// The columns that viewers color by: first the one that pages begin with.
pub const COLUMNS: [&str; 2] = ["cell_type", "donor_id"];

/// Where a dataset lies in its forms.
pub struct Data {
    /// Number of cells.
    pub cells: usize,
    /// The AnnData file.
    pub h5ad: PathBuf,
    /// The directory of tiles.
    pub tiles: PathBuf,
    /// The folder of plain arrays.
    pub arrays: PathBuf,
}

impl Data {
    /// Makes what is not there yet.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(folder: &Path, cells: usize) -> Result<Self> {
        let size = Size { cells, genes: FEW_GENES };
        let (h5ad, arrays) = (size.h5ad(folder), folder.join(format!("{cells}-points")));
        generate(size, &h5ad)?;
        let data = Self { cells, h5ad, tiles: tiles_of(size, folder)?, arrays };
        data.write_arrays().with_context(|| format!("cannot write {}", data.arrays.display()))?;
        Ok(data)
    }

    /// The name by which the server offers the tiles.
    pub fn id(&self) -> String {
        self.tiles.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Takes the large forms away again.
    ///
    /// # Errors
    /// When they cannot be removed.
    pub fn remove(&self) -> Result<()> {
        fs::remove_file(&self.h5ad)?;
        fs::remove_dir_all(&self.tiles)?;
        Ok(fs::remove_dir_all(&self.arrays)?)
    }

    /// Coordinates as little-endian floats from -1 to 1, labels' numbers as bytes; cells in storage order.
    fn write_arrays(&self) -> Result<()> {
        fs::create_dir_all(&self.arrays)?;
        let dataset = Dataset::open(&self.tiles)?;
        for (number, name) in COLUMNS.iter().enumerate() {
            let entry = dataset.manifest().column(name).with_context(|| format!("there is no column `{name}`"))?;
            let column = dataset.categorical(entry)?.with_context(|| format!("`{name}` is not categorical"))?;
            ensure!(column.categories.len() <= 256, "`{name}` has more labels than a byte tells apart");
            let codes: Vec<u8> =
                (0..column.codes.len() as u32).map(|cell| column.codes.get(CellIdx(cell)) as u8).collect();
            fs::write(self.arrays.join(format!("labels{number}.u8")), codes)?;
        }
        let (xs, ys) = positions(&dataset)?;
        for (name, values) in [("x.f32", xs), ("y.f32", ys)] {
            let bytes: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
            fs::write(self.arrays.join(name), bytes)?;
        }
        Ok(())
    }
}

/// Where cells are, the longer side of the picture from -1 to 1.
fn positions(dataset: &Dataset) -> Result<(Vec<f32>, Vec<f32>)> {
    let embedding = dataset.embedding(None)?;
    ensure!(!embedding.xs.contains(&NO_POSITION), "a made-up cell has no position");
    Ok(centered(&embedding.xs, &embedding.ys))
}

/// Both axes on one scale, the longer one from -1 to 1, the middle at 0.
fn centered(xs: &[u16], ys: &[u16]) -> (Vec<f32>, Vec<f32>) {
    let bounds = |units: &[u16]| {
        let (low, high) = units.iter().fold((u16::MAX, 0), |(low, high), &at| (low.min(at), high.max(at)));
        (f32::from(low), f32::from(high))
    };
    let ((left, right), (bottom, top)) = (bounds(xs), bounds(ys));
    let half = ((right - left).max(top - bottom) / 2.0).max(1.0);
    let scale = |units: &[u16], middle: f32| units.iter().map(|&at| (f32::from(at) - middle) / half).collect();
    (scale(xs, f32::midpoint(left, right)), scale(ys, f32::midpoint(bottom, top)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_side_fills_the_picture() {
        let (xs, ys) = centered(&[100, 300, 200], &[10, 110, 60]);
        assert_eq!(xs, [-1.0, 1.0, 0.0]);
        assert_eq!(ys, [-0.5, 0.5, 0.0]);
    }
}
