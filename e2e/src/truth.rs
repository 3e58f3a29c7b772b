//! The dataset as read natively, to compare the page with.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use explorer_core::data::{CellIdx, Column, GeneIdx, NO_POSITION};
use shared_fbs::{
    manifest::{Layer, Manifest, Slot, TileRange},
    order::TileCells,
};
use tessera::dataset::Dataset;

/// A dataset, read on demand. Cells are in storage order throughout.
pub struct Truth {
    directory: PathBuf,
    dataset: Dataset,
}

impl Truth {
    /// Opens a dataset's directory.
    ///
    /// # Errors
    /// When it is none.
    pub fn open(directory: &Path) -> Result<Self> {
        Ok(Self { directory: directory.to_owned(), dataset: Dataset::open(directory)? })
    }

    /// The file of a pack, and where a tile lies in it.
    ///
    /// # Errors
    /// When there is no such tile.
    pub fn place_of(&self, pack: &str, index: u32) -> Result<(PathBuf, Slot)> {
        let entry = self.dataset.manifest().pack_named(pack).with_context(|| format!("no pack is called {pack}"))?;
        let index_of_pack = self.dataset.packs().iter().find(|pack| **pack.file() == *entry.file);
        let slot = index_of_pack.context("each pack has an index")?.slot(index).map_err(|error| anyhow!(error))?;
        Ok((self.directory.join(&entry.file), slot.with_context(|| format!("there is no tile {pack}/{index}"))?))
    }

    /// What the dataset says of itself.
    pub fn manifest(&self) -> &Manifest {
        self.dataset.manifest()
    }

    /// Number of cells.
    pub fn n_obs(&self) -> usize {
        self.dataset.reader().n_obs()
    }

    /// The key of the embedding that is shown first.
    pub fn default_embedding(&self) -> String {
        self.dataset.reader().embedding(None).map(|(_, entry)| entry.key.clone()).unwrap_or_default()
    }

    /// Coordinates of every cell that has a position in an embedding, else `None`.
    ///
    /// # Errors
    /// When there is no such embedding, or its tiles are broken.
    pub fn positions(&self, key: &str) -> Result<Vec<Option<(f64, f64)>>> {
        let embedding = self.dataset.embedding(Some(key))?;
        let coordinates = |(&x, &y): (&u16, &u16)| {
            (x != NO_POSITION).then(|| embedding.frame.coordinates(f64::from(x), f64::from(y)))
        };
        Ok(embedding.xs.iter().zip(&embedding.ys).map(coordinates).collect())
    }

    /// Three coordinates of every cell that has a position in an embedding, else `None`.
    ///
    /// # Errors
    /// As [`Self::positions`], and when there is no third dimension.
    pub fn positions_in_space(&self, key: &str) -> Result<Vec<Option<[f64; 3]>>> {
        let embedding = self.dataset.embedding(Some(key))?;
        let depth = embedding.depth.as_ref().context("the embedding has two dimensions")?;
        let plane = self.positions(key)?;
        let z = |unit: u16| depth.space.origin_z + f64::from(unit) * depth.space.step_z;
        Ok(plane.into_iter().zip(&depth.zs).map(|(at, &unit)| at.map(|(x, y)| [x, y, z(unit)])).collect())
    }

    /// Which cells each tile of an embedding holds, coarsest level first.
    pub fn point_tiles(&self) -> Vec<TileCells> {
        self.dataset.reader().point_tiles().to_vec()
    }

    /// The number of an embedding's first tile in its pack.
    ///
    /// # Errors
    /// When there is no such embedding.
    pub fn first_point_tile(&self, key: &str) -> Result<u32> {
        let (_, entry) = self.dataset.reader().embedding(Some(key)).context("no such embedding")?;
        Ok(entry.tiles.as_ref().context("the embedding has no tiles")?.first)
    }

    /// The label of every cell in a column that has one for each.
    ///
    /// # Errors
    /// When there is no such column, or its tiles are broken.
    pub fn labels(&self, column: &str) -> Result<Vec<String>> {
        let Column::Categorical(found) = self.dataset.column(column)? else { bail!("{column} has no labels") };
        let label = |cell: usize| {
            let code = found.codes.get(CellIdx(cell as u32)) as usize;
            found.categories.get(code).cloned().context("a cell has no label")
        };
        (0..self.n_obs()).map(label).collect()
    }

    /// The value of every cell in a continuous column.
    ///
    /// # Errors
    /// When there is no such column, or its tiles are broken.
    pub fn values(&self, column: &str) -> Result<Vec<f32>> {
        match self.dataset.column(column)? {
            Column::Continuous(found) => Ok(found.values),
            Column::Categorical(_) => bail!("{column} is not continuous"),
        }
    }

    /// The layer that genes are shown in unless another is chosen.
    pub fn default_layer(&self) -> &Layer {
        let manifest = self.dataset.manifest();
        &manifest.layers[manifest.default_layer as usize]
    }

    /// The name of a gene of the default layer, by its number.
    ///
    /// # Errors
    /// When there is none.
    pub fn gene_name(&self, number: usize) -> Result<String> {
        let genes = self.dataset.genes(self.default_layer())?;
        Ok(genes.name(number).context("no such gene")?.to_owned())
    }

    fn gene_number(&self, gene: &str) -> Result<u32> {
        let genes = self.dataset.genes(self.default_layer())?;
        let found = (0..genes.ids.len()).find(|&number| genes.name(number) == Some(gene));
        found.map(|number| number as u32).with_context(|| format!("no gene is called {gene}"))
    }

    /// The tiles of a gene in the default layer's pack.
    ///
    /// # Errors
    /// When there is no such gene.
    pub fn gene_tiles(&self, gene: &str) -> Result<TileRange> {
        let count = self.dataset.manifest().tiles_per_gene();
        Ok(TileRange { first: self.gene_number(gene)? * count, count })
    }

    /// The expression of a gene in every cell, in the default layer.
    ///
    /// # Errors
    /// When there is no such gene, or its tiles are broken.
    pub fn gene(&self, gene: &str) -> Result<Vec<f32>> {
        let gene = self.dataset.gene(self.default_layer(), GeneIdx(self.gene_number(gene)?))?;
        Ok(gene.to_continuous().values)
    }

    /// The id of every cell.
    ///
    /// # Errors
    /// When tiles are broken.
    pub fn cell_ids(&self) -> Result<Vec<String>> {
        let ids = self.dataset.cell_ids()?;
        ids.into_iter().map(|id| id.context("a cell has no id")).collect()
    }
}

/// How many items are as asked.
pub fn count<T>(items: &[T], is_so: impl Fn(&T) -> bool) -> usize {
    items.iter().filter(|item| is_so(item)).count()
}

/// Whether a point lies inside a closed outline by the even-odd rule: a ray to the right crosses it
/// an odd number of times.
pub fn inside((x, y): (f64, f64), outline: &[(f64, f64)]) -> bool {
    let edges = outline.iter().zip(outline.iter().cycle().skip(1));
    let crosses = |((x0, y0), (x1, y1)): (&(f64, f64), &(f64, f64))| {
        (*y0 > y) != (*y1 > y) && x < x0 + (x1 - x0) * (y - y0) / (y1 - y0)
    };
    edges.filter(|&edge| crosses(edge)).count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inside_of_a_hook() {
        let hook = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (2.0, 4.0), (2.0, 2.0), (0.0, 2.0)];
        for (point, is_inside) in [((1.0, 1.0), true), ((3.0, 3.0), true), ((1.0, 3.0), false), ((5.0, 1.0), false)] {
            assert_eq!(inside(point, &hook), is_inside, "{point:?}");
        }
    }
}
