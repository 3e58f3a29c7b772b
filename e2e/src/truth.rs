//! The dataset as read natively, to compare the page with.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use explorer_core::data::{
    CellIdx, Embedding, Frame, NO_POSITION,
    assemble::{self, Rebuild},
};
use shared_fbs::{
    DecodeError, frame,
    manifest::{ColumnKind, DirectoryPlace, Layer, Manifest, Slot, TileRange, ValueKind},
    order::TileCells,
    path::MANIFEST,
    tile::{Categories, Codes, Expression, Genes, Points, Strings, Values},
};

/// A dataset, read on demand. Cells are in storage order throughout. It stands on the format's own
/// crate alone, since the server's would cost every run of these tests minutes of compilation.
pub struct Truth {
    directory: PathBuf,
    manifest: Manifest,
}

impl Truth {
    /// Opens a dataset's directory.
    ///
    /// # Errors
    /// When it is none.
    pub fn open(directory: &Path) -> Result<Self> {
        let manifest =
            fs::read(directory.join(MANIFEST)).with_context(|| format!("{} is no dataset", directory.display()))?;
        Ok(Self { directory: directory.to_owned(), manifest: Manifest::decode(&manifest)? })
    }

    /// The file of a pack, and where a tile lies in it.
    ///
    /// # Errors
    /// When there is no such tile, or the pack has its directory in pages, as large datasets do.
    pub fn place_of(&self, pack: &str, index: u32) -> Result<(PathBuf, Slot)> {
        let pack = self.manifest.pack_named(pack).with_context(|| format!("no pack is called {pack}"))?;
        let Some(DirectoryPlace::Inline(slots)) = pack.directory_of(index) else {
            bail!("no tile {}/{index} stands in the manifest", pack.name);
        };
        let slot = slots.get(index).context("the directory ends before the tile")?;
        Ok((self.directory.join(&pack.file), slot))
    }

    fn tiles<T>(
        &self,
        pack: &str,
        tiles: Option<&TileRange>,
        decode: impl Fn(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>> {
        let read = |index: u32| {
            let (file, slot) = self.place_of(pack, index)?;
            let bytes = fs::read(file)?;
            let frame = &bytes[slot.offset as usize..][..slot.length as usize];
            Ok(decode(&frame::inflate(frame)?)?)
        };
        tiles.map_or(0..0, TileRange::iter).map(read).collect()
    }

    /// Number of cells.
    pub fn n_obs(&self) -> usize {
        self.manifest.n_obs as usize
    }

    /// The key of the embedding that is shown first.
    pub fn default_embedding(&self) -> String {
        let manifest = &self.manifest;
        manifest.embeddings[manifest.default_embedding as usize].key.clone()
    }

    /// Coordinates of every cell that has a position in an embedding, else `None`.
    ///
    /// # Errors
    /// When there is no such embedding, or its tiles are broken.
    pub fn positions(&self, key: &str) -> Result<Vec<Option<(f64, f64)>>> {
        let manifest = &self.manifest;
        let entry = manifest.embeddings.iter().find(|entry| entry.key == key).context("no such embedding")?;
        let frame = Frame { origin_x: entry.origin_x, origin_y: entry.origin_y, step: entry.step };
        let mut embedding = Embedding::nowhere(self.n_obs(), frame);
        let points = self.tiles("points", entry.tiles.as_ref(), Points::decode)?;
        for (cells, points) in manifest.levels().tiles().iter().zip(&points) {
            embedding.place(cells, points)?;
        }
        let coordinates =
            |(&x, &y): (&u16, &u16)| (x != NO_POSITION).then(|| frame.coordinates(f64::from(x), f64::from(y)));
        Ok(embedding.xs.iter().zip(&embedding.ys).map(coordinates).collect())
    }

    /// Which cells each tile of an embedding holds, coarsest level first.
    pub fn point_tiles(&self) -> Vec<TileCells> {
        self.manifest.levels().tiles()
    }

    /// The number of an embedding's first tile in its pack.
    ///
    /// # Errors
    /// When there is no such embedding.
    pub fn first_point_tile(&self, key: &str) -> Result<u32> {
        let entry = self.manifest.embeddings.iter().find(|entry| entry.key == key).context("no such embedding")?;
        Ok(entry.tiles.as_ref().context("the embedding has no tiles")?.first)
    }

    /// The label of every cell in a column that has one for each.
    ///
    /// # Errors
    /// When there is no such column, or its tiles are broken.
    pub fn labels(&self, column: &str) -> Result<Vec<String>> {
        let entry = self.manifest.column(column).context("no such column")?;
        let tiles = entry.tiles.as_ref().context("the column has no labels")?;
        let (first, rest) = (
            TileRange { first: tiles.first, count: 1 },
            TileRange { first: tiles.first + 1, count: tiles.count.saturating_sub(1) },
        );
        let categories = self.tiles("obs", Some(&first), Categories::decode)?;
        let categories = categories.first().context("the column has no labels")?;
        let codes = self.tiles("obs", Some(&rest), Codes::decode)?;
        let categorical = assemble::categorical(categories, &codes, entry.ordered, self.n_obs())?;
        let label = |cell: usize| {
            let code = categorical.codes.get(CellIdx(cell as u32)) as usize;
            categorical.categories.get(code).cloned().context("a cell has no label")
        };
        (0..self.n_obs()).map(label).collect()
    }

    /// The value of every cell in a continuous column.
    ///
    /// # Errors
    /// When there is no such column, or its tiles are broken.
    pub fn values(&self, column: &str) -> Result<Vec<f32>> {
        let entry = self.manifest.column(column).context("no such column")?;
        if entry.kind != ColumnKind::Continuous {
            bail!("{column} is not continuous");
        }
        let tiles = self.tiles("obs", entry.tiles.as_ref(), Values::decode)?;
        Ok(assemble::continuous(tiles, self.n_obs())?.values)
    }

    /// The layer that genes are shown in unless another is chosen.
    pub fn default_layer(&self) -> &Layer {
        let manifest = &self.manifest;
        &manifest.layers[manifest.default_layer as usize]
    }

    fn genes(&self) -> Result<Genes> {
        let tile = self.manifest.vars[self.default_layer().var as usize].tile;
        let genes = self.tiles("var", Some(&TileRange { first: tile, count: 1 }), Genes::decode)?;
        genes.into_iter().next().context("the layer has no genes")
    }

    /// The name of a gene of the default layer, by its number.
    ///
    /// # Errors
    /// When there is none.
    pub fn gene_name(&self, number: usize) -> Result<String> {
        Ok(self.genes()?.name(number).context("no such gene")?.to_owned())
    }

    fn gene_number(&self, gene: &str) -> Result<u32> {
        let genes = self.genes()?;
        let found = (0..genes.ids.len()).find(|&number| genes.name(number) == Some(gene));
        found.map(|number| number as u32).with_context(|| format!("no gene is called {gene}"))
    }

    /// The tiles of a gene in the default layer's pack.
    ///
    /// # Errors
    /// When there is no such gene.
    pub fn gene_tiles(&self, gene: &str) -> Result<TileRange> {
        let count = self.manifest.tiles_per_gene();
        Ok(TileRange { first: self.gene_number(gene)? * count, count })
    }

    /// The expression of a gene in every cell, in the default layer.
    ///
    /// # Errors
    /// When there is no such gene, or its tiles are broken.
    pub fn gene(&self, gene: &str) -> Result<Vec<f32>> {
        let layer = self.default_layer();
        let decode = match layer.kind {
            ValueKind::Float => Expression::decode_floats,
            _ => Expression::decode_counts,
        };
        let chunks = self.tiles(&layer.pack, Some(&self.gene_tiles(gene)?), decode)?;
        let divisors = self.tiles("obs", layer.divisor.as_ref(), Values::decode)?;
        let divisors: Vec<f32> = divisors.into_iter().flat_map(|tile| tile.0).collect();
        let rebuild = if divisors.is_empty() { Rebuild::Plain } else { Rebuild::LogNormalized(&divisors) };
        Ok(assemble::gene(&chunks, rebuild, self.n_obs())?.to_continuous().values)
    }

    /// The id of every cell.
    ///
    /// # Errors
    /// When tiles are broken.
    pub fn cell_ids(&self) -> Result<Vec<String>> {
        let tiles = self.tiles("obs", self.manifest.cell_ids.as_ref(), Strings::decode)?;
        tiles.into_iter().flat_map(|tile| tile.0).map(|id| id.context("a cell has no id")).collect()
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
