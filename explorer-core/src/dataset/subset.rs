//! Some cells of a dataset with all that it holds of them, in the order of the input.

use std::ops::Range;

use futures_util::{StreamExt, stream};
use shared_fbs::{
    manifest::{CELLS_PER_CELLS_TILE, CELLS_PER_EXPRESSION_TILE, Layer, Manifest, SpatialImage},
    tile::{Cells, Expression},
};

use super::{Damage, Dataset, DatasetError, Priority, Tiles};
use crate::{
    data::{
        CellRows,
        assemble::{Rebuild, StoredValues},
    },
    filter::CellMask,
};

/// The place of a cell that is not in the subset.
const NOWHERE: u32 = u32::MAX;

/// Some cells, in the order of the rows of the input.
#[derive(Clone, Debug)]
pub struct SubsetCells {
    mask: CellMask,
    /// By place.
    cells: Vec<u32>,
    /// By cell.
    places: Vec<u32>,
}

impl SubsetCells {
    /// The cells of a mask.
    pub fn new(mask: CellMask, rows: &CellRows) -> Self {
        let mut cells: Vec<(Option<_>, u32)> = mask.iter().map(|cell| (rows.row_of(cell), cell.0)).collect();
        cells.sort_unstable();
        let cells: Vec<u32> = cells.into_iter().map(|(_, cell)| cell).collect();
        let mut places = vec![NOWHERE; mask.len()];
        for (&cell, place) in cells.iter().zip(0..) {
            places[cell as usize] = place;
        }
        Self { mask, cells, places }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The cells, in order.
    pub fn cells(&self) -> &[u32] {
        &self.cells
    }

    fn place_of(&self, cell: u32) -> Option<usize> {
        self.places.get(cell as usize).copied().filter(|&place| place != NOWHERE).map(|place| place as usize)
    }
}

/// The values of some cells in a layer, genes in the order of their table in the input.
#[derive(Clone, Debug, PartialEq)]
pub enum SubsetMatrix {
    /// The non-zero values of each cell.
    Sparse {
        /// Where the entries of each cell begin and end; one more than there are cells.
        indptr: Vec<u64>,
        /// Gene of every entry, ascending within each cell.
        indices: Vec<u32>,
        /// Value of every entry.
        data: Vec<f32>,
    },
    /// Every value, cell after cell: of a layer of which most values are none of zero.
    Dense(Vec<f32>),
}

/// What it takes to write some cells as a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SubsetEstimate {
    /// Cells.
    pub n_cells: u64,
    /// Values other than zero in all layers, about.
    pub n_values: u64,
    /// Bytes that are read of the dataset, about.
    pub read_bytes: u64,
    /// Bytes that are held in memory at most, about.
    pub memory_bytes: u64,
}

/// What a dataset has nothing of, and so no file that is made of it.
pub const LEFT_OUT: &str = "obsp, varm, varp, and all of uns but colors and spatial";

/// Bytes of an image of a tissue that goes into a file: larger ones are left out.
pub const MOST_IMAGE_BYTES: u64 = 32 << 20;

/// The most memory that a file made in a browser may take: half of what a page can address leaves room for its copies.
const MOST_IN_BROWSER_BYTES: u64 = 3 << 29;

/// Bytes of an entry of a sparse matrix: its gene and its value.
const ENTRY_BYTES: u64 = 8;

/// Room for values over what cells have on average: to make room again takes all of it twice.
const ROOM: f64 = 1.05;

/// Bytes of the index and the columns of a cell, about, for each column.
const COLUMN_BYTES: u64 = 16;

impl SubsetEstimate {
    /// Of the cells of a mask, from what the manifest says of all cells.
    pub fn new(manifest: &Manifest, cells: &CellMask) -> Self {
        let n_cells = cells.count() as u64;
        let share = |n: u64| (n as f64 * n_cells as f64 / f64::from(manifest.n_obs.max(1))) as u64;
        let mut estimate = Self { n_cells, ..Self::default() };
        let mut largest = 0;
        for layer in &manifest.layers {
            let n_values = share(layer.n_nonzero);
            let n_genes = manifest.vars.get(layer.var as usize).map_or(0, |var| u64::from(var.n_vars));
            let bytes = if is_dense(manifest, layer) { 4 * n_cells * n_genes } else { ENTRY_BYTES * n_values };
            estimate.n_values += n_values;
            estimate.memory_bytes += bytes;
            largest = largest.max(bytes);
            estimate.read_bytes += Route::of(manifest, layer, cells).n_bytes(manifest, layer);
        }
        let n_columns: u64 = manifest.embeddings.iter().map(|entry| u64::from(entry.n_columns)).sum();
        // Entries are put in order beside what they become; dense values are put where they belong at once.
        estimate.memory_bytes += largest * 3 / 2 + n_cells * COLUMN_BYTES * (manifest.columns.len() as u64 + n_columns);
        // The compressed file beside what it is made of.
        estimate.memory_bytes += estimate.memory_bytes / 2;
        estimate.memory_bytes += images_taken(manifest).map(n_bytes_of).sum::<u64>();
        for pack in ["obs", "obsm", "var"] {
            estimate.read_bytes += manifest.pack_named(pack).map_or(0, |pack| pack.n_bytes);
        }
        estimate
    }
}

impl SubsetEstimate {
    /// Whether a browser has the memory for it.
    pub fn fits_browser(&self) -> bool {
        self.memory_bytes <= MOST_IN_BROWSER_BYTES
    }
}

/// The images of tissues that go into a file.
fn images_taken(manifest: &Manifest) -> impl Iterator<Item = &SpatialImage> {
    manifest.spatial.iter().flat_map(|library| &library.images).filter(|image| n_bytes_of(image) <= MOST_IMAGE_BYTES)
}

/// Bytes of an image's pixels, at most.
fn n_bytes_of(image: &SpatialImage) -> u64 {
    4 * u64::from(image.width) * u64::from(image.height)
}

/// Whether most values of a layer are other than zero, so that it takes less memory to hold all of them.
fn is_dense(manifest: &Manifest, layer: &Layer) -> bool {
    let n_genes = manifest.vars.get(layer.var as usize).map_or(0, |var| u64::from(var.n_vars));
    layer.n_nonzero > u64::from(manifest.n_obs) * n_genes / 2
}

/// The tiles by which the values of some cells are read.
enum Route {
    /// Tiles of cells, and which cells of each are wanted.
    Cells(Vec<(u32, u64)>),
    /// These chunks of every gene.
    Genes(Vec<u32>),
}

impl Route {
    /// The one with fewer bytes.
    fn of(manifest: &Manifest, layer: &Layer, cells: &CellMask) -> Self {
        let tiles = (0..).zip(cells.as_bytes().chunks(CELLS_PER_CELLS_TILE as usize));
        let wanted = tiles.map(|(tile, cells)| {
            let bits = cells.iter().enumerate().fold(0, |bits, (at, &is_in)| bits | u64::from(is_in) << at);
            (tile, bits)
        });
        let by_cells = Self::Cells(wanted.filter(|(_, wanted)| *wanted != 0).collect());
        let chunks = (0..).zip(cells.as_bytes().chunks(CELLS_PER_EXPRESSION_TILE as usize));
        let wanted = chunks.filter(|(_, cells)| cells.contains(&1)).map(|(chunk, _)| chunk);
        let by_genes = Self::Genes(wanted.collect());
        let has_cells = layer.cells_pack.is_some();
        if has_cells && by_cells.n_bytes(manifest, layer) < by_genes.n_bytes(manifest, layer) {
            by_cells
        } else {
            by_genes
        }
    }

    /// How many bytes they have, about.
    fn n_bytes(&self, manifest: &Manifest, layer: &Layer) -> u64 {
        let (pack, n_read, n_all) = match self {
            Self::Cells(tiles) => {
                let n_all = manifest.n_obs.div_ceil(CELLS_PER_CELLS_TILE);
                (layer.cells_pack.as_deref().unwrap_or_default(), tiles.len(), n_all)
            }
            Self::Genes(chunks) => (layer.pack.as_str(), chunks.len(), manifest.tiles_per_gene()),
        };
        let n_bytes = manifest.pack_named(pack).map_or(0, |pack| pack.n_bytes);
        (n_bytes as f64 * n_read as f64 / f64::from(n_all.max(1))) as u64
    }
}

impl<T: Tiles> Dataset<T> {
    /// The values of some cells in a layer, bit for bit those of its tiles. `report` hears how much of the layer is done,
    /// from 0 to 1; its error ends the reading.
    ///
    /// # Errors
    /// The first tile that cannot be read, or the error of `report`.
    pub async fn subset_layer(
        &self,
        layer: usize,
        cells: &SubsetCells,
        mut report: impl FnMut(f64) -> Result<(), T::Error>,
    ) -> Result<SubsetMatrix, T::Error> {
        let entry = self.layer_entry(layer)?;
        let rows = self.genes(layer).await?.rows;
        let mut values = if is_dense(self.manifest(), entry) {
            Gathered::Dense { values: vec![0.0; cells.len() * rows.len()], n_genes: rows.len() }
        } else {
            let n_values = entry.n_nonzero as f64 * cells.len() as f64 / self.n_obs().max(1) as f64;
            Gathered::Entries(Vec::with_capacity((n_values * ROOM) as usize))
        };
        match Route::of(self.manifest(), entry, &cells.mask) {
            Route::Genes(chunks) => self.gather_genes(layer, cells, &chunks, &rows, &mut values, &mut report).await?,
            Route::Cells(tiles) => self.gather_cells(layer, cells, &tiles, &rows, &mut values, &mut report).await?,
        }
        self.breathe().await;
        Ok(values.in_order(cells.len()))
    }

    /// Reads some chunks of every gene.
    async fn gather_genes(
        &self,
        layer: usize,
        cells: &SubsetCells,
        chunks: &[u32],
        rows: &[u32],
        values: &mut Gathered,
        report: &mut impl FnMut(f64) -> Result<(), T::Error>,
    ) -> Result<(), T::Error> {
        let entry = self.layer_entry(layer)?;
        let normalization = self.normalization(layer, Priority::Background).await?;
        let rebuild = Rebuild::of(normalization.as_deref());
        let n_chunks = self.manifest().tiles_per_gene();
        let genes_per_batch = (T::PACE.gene_tiles as usize / chunks.len().max(1)).max(1);
        let batches = (0..rows.len()).step_by(genes_per_batch).map(|start| {
            let genes = start..rows.len().min(start + genes_per_batch);
            let tiles = tiles_of(genes.clone(), chunks, n_chunks);
            async move {
                let decode = |bytes: &[u8]| entry.decode_expression(bytes);
                (genes, self.read(&entry.pack, &tiles, Priority::Background, decode).await)
            }
        });
        let mut batches = stream::iter(batches).buffered(T::PACE.batches_ahead);
        while let Some((genes, tiles)) = batches.next().await {
            for (tile, (gene, chunk)) in tiles?.iter().zip(pairs(genes.clone(), chunks)) {
                let index = gene as u32 * n_chunks + chunk;
                let damaged = || DatasetError::damaged(&entry.pack, index, Damage::Cells);
                let first = chunk * CELLS_PER_EXPRESSION_TILE;
                take_gene(tile, first, rows[gene], cells, rebuild, values).ok_or_else(damaged)?;
            }
            report(genes.end as f64 / rows.len() as f64)?;
            self.breathe().await;
        }
        Ok(())
    }

    /// Reads tiles of cells.
    async fn gather_cells(
        &self,
        layer: usize,
        cells: &SubsetCells,
        wanted: &[(u32, u64)],
        rows: &[u32],
        values: &mut Gathered,
        report: &mut impl FnMut(f64) -> Result<(), T::Error>,
    ) -> Result<(), T::Error> {
        let entry = self.layer_entry(layer)?;
        let pack = entry.cells_pack.as_deref().unwrap_or_default();
        let normalization = self.normalization(layer, Priority::Background).await?;
        let rebuild = Rebuild::of(normalization.as_deref());
        let n_genes = rows.len() as u32;
        let batches = wanted.chunks(T::PACE.parts).map(|wanted| async move {
            let tiles: Vec<u32> = wanted.iter().map(|(tile, _)| *tile).collect();
            let decode = |at: usize, bytes: &[u8]| entry.decode_cells(bytes, wanted[at].1, n_genes);
            (wanted, self.read_each(pack, &tiles, Priority::Background, decode).await)
        });
        let mut batches = stream::iter(batches).buffered(T::PACE.batches_ahead);
        let (mut n_done, wanted_tiles) = (0, wanted.len());
        while let Some((wanted, tiles)) = batches.next().await {
            for (tile, &(index, _)) in tiles?.iter().zip(wanted) {
                let damaged = || DatasetError::damaged(pack, index, Damage::Cells);
                take_cells(tile, index * CELLS_PER_CELLS_TILE, rows, cells, rebuild, values).ok_or_else(damaged)?;
            }
            n_done += wanted.len();
            report(n_done as f64 / wanted_tiles as f64)?;
            self.breathe().await;
        }
        Ok(())
    }
}

/// Genes and chunks in the order in which their tiles are asked for.
fn pairs(genes: Range<usize>, chunks: &[u32]) -> impl Iterator<Item = (usize, u32)> {
    genes.flat_map(move |gene| chunks.iter().map(move |&chunk| (gene, chunk)))
}

fn tiles_of(genes: Range<usize>, chunks: &[u32], n_chunks: u32) -> Vec<u32> {
    pairs(genes, chunks).map(|(gene, chunk)| gene as u32 * n_chunks + chunk).collect()
}

/// One value: the place of its cell, its gene in the order of the input.
struct Entry {
    place: u32,
    gene: u32,
    value: f32,
}

/// Values as they come.
enum Gathered {
    Entries(Vec<Entry>),
    Dense { values: Vec<f32>, n_genes: usize },
}

impl Gathered {
    fn put(&mut self, place: usize, gene: u32, value: f32) {
        match self {
            Self::Entries(entries) => entries.push(Entry { place: place as u32, gene, value }),
            Self::Dense { values, n_genes } => values[place * *n_genes + gene as usize] = value,
        }
    }

    /// The values, cell after cell and gene after gene.
    fn in_order(self, n_cells: usize) -> SubsetMatrix {
        let mut entries = match self {
            Self::Dense { values, n_genes: _ } => return SubsetMatrix::Dense(values),
            Self::Entries(entries) => entries,
        };
        entries.sort_unstable_by_key(|entry| (entry.place, entry.gene));
        let mut indptr = vec![0; n_cells + 1];
        for entry in &entries {
            indptr[entry.place as usize + 1] += 1;
        }
        for cell in 0..n_cells {
            indptr[cell + 1] += indptr[cell];
        }
        let indices = entries.iter().map(|entry| entry.gene).collect();
        SubsetMatrix::Sparse { indptr, indices, data: entries.into_iter().map(|entry| entry.value).collect() }
    }
}

/// Takes the values of one gene in the chunk of cells from `first` on; `None` where it is of other cells.
fn take_gene(
    tile: &Expression,
    first: u32,
    gene: u32,
    cells: &SubsetCells,
    rebuild: Rebuild<'_>,
    values: &mut Gathered,
) -> Option<()> {
    let counts_or_floats = StoredValues::of(&tile.values);
    for (at, &cell) in tile.cells.iter().enumerate() {
        let cell = first + u32::from(cell);
        let value = |cell: u32| counts_or_floats.value(at, cell, rebuild);
        match cells.place_of(cell) {
            Some(place) => values.put(place, gene, value(cell)?),
            None if (cell as usize) < cells.mask.len() => {}
            None => return None,
        }
    }
    Some(())
}

/// Takes the values of the cells from `first` on; `None` where they are of other cells.
fn take_cells(
    tile: &Cells,
    first: u32,
    rows: &[u32],
    cells: &SubsetCells,
    rebuild: Rebuild<'_>,
    values: &mut Gathered,
) -> Option<()> {
    let stored = StoredValues::of(&tile.values);
    for (cell, ends) in (first..).zip(tile.indptr.windows(2)) {
        let Some(place) = cells.place_of(cell) else { continue };
        for at in ends[0] as usize..ends[1] as usize {
            let gene = *rows.get(*tile.genes.get(at)? as usize)?;
            values.put(place, gene, stored.value(at, cell, rebuild)?);
        }
    }
    (first as usize + tile.n_cells() <= cells.mask.len()).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_in_the_order_of_the_input() {
        let rows = CellRows::new(vec![2, 0, 3, 1]).unwrap();
        let cells = SubsetCells::new(CellMask::from_bytes(vec![1, 0, 1, 1]), &rows);
        assert_eq!(cells.cells(), [3, 0, 2]);
        assert_eq!([0, 1, 2, 3, 9].map(|cell| cells.place_of(cell)), [Some(1), None, Some(2), Some(0), None]);
    }
}
