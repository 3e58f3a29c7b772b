//! Values of some cells and genes, as a compressed sparse matrix or a dense one.
//!
//! Cells come in the order asked, genes in that of their columns. Tiles are inflated on all threads of the pool that the
//! caller is in, and each row is put together out of its tile, so that no more is held than the tiles and the matrix.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use explorer_core::{
    data::{
        GeneIdx, SparseVec,
        assemble::{Rebuild, StoredValues},
    },
    dataset::{self, Damage, Priority},
    de::Normalization,
};
use rayon::prelude::*;
use shared_fbs::{
    TileKey,
    manifest::{CELLS_PER_CELLS_TILE, CELLS_PER_EXPRESSION_TILE, Layer, Manifest},
    tile::{Cells, Genes},
};

use crate::dataset::{Dataset, DatasetError, wait};

/// The column of a gene that is not asked for, and the place of a cell that is not.
const NOWHERE: u32 = u32::MAX;

/// The genes of a cell's entries, and the value of each.
type Entries<'a, F> = (&'a [u32], F);

/// Which genes of a layer are asked for, and in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneColumns {
    /// By gene: its column.
    columns: Vec<u32>,
    n_columns: usize,
}

/// Values of cells as a compressed sparse matrix (CSR) without explicit zeros.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Csr {
    /// Where the entries of each cell begin; one more than there are cells.
    pub indptr: Vec<i64>,
    /// Column of every entry, ascending within each cell.
    pub indices: Vec<i32>,
    /// Value of every entry.
    pub data: Vec<f32>,
}

impl GeneColumns {
    /// All genes, in the order of the input.
    pub fn all(genes: &Genes) -> Self {
        Self { columns: genes.rows.clone(), n_columns: genes.rows.len() }
    }

    /// The genes of some rows of the input, in this order; `None` where there is no such row, or one comes twice.
    pub fn of_rows(genes: &Genes, rows: &[u32]) -> Option<Self> {
        let mut column_of_row = vec![NOWHERE; genes.rows.len()];
        for (column, &row) in (0..).zip(rows) {
            let place = column_of_row.get_mut(row as usize).filter(|place| **place == NOWHERE)?;
            *place = column;
        }
        let columns = genes.rows.iter().map(|&row| column_of_row[row as usize]).collect();
        Some(Self { columns, n_columns: rows.len() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.n_columns
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.n_columns == 0
    }

    fn of(&self, gene: u32) -> Option<u32> {
        self.columns.get(gene as usize).copied().filter(|&column| column != NOWHERE)
    }

    /// The genes, in the order of their columns.
    fn genes(&self) -> Vec<GeneIdx> {
        let mut genes: Vec<(u32, u32)> = (0..).zip(&self.columns).map(|(gene, &column)| (column, gene)).collect();
        genes.retain(|(column, _)| *column != NOWHERE);
        genes.sort_unstable();
        genes.into_iter().map(|(_, gene)| GeneIdx(gene)).collect()
    }
}

/// Cells as they are asked for: by number in storage order, each once.
struct Asked<'a> {
    cells: &'a [u32],
    /// By tile of cells: which of them are wanted.
    tiles: BTreeMap<u32, u64>,
}

impl<'a> Asked<'a> {
    fn new(dataset: &Dataset, cells: &'a [u32]) -> Result<Self, DatasetError> {
        let mut tiles = BTreeMap::new();
        for &cell in cells {
            let bit = 1 << (cell % CELLS_PER_CELLS_TILE);
            let wanted: &mut u64 = tiles.entry(cell / CELLS_PER_CELLS_TILE).or_default();
            if cell >= dataset.manifest().n_obs || *wanted & bit != 0 {
                return Err(
                    dataset::DatasetError::Unknown { kind: "cell (or has it twice)", name: cell.to_string() }.into()
                );
            }
            *wanted |= bit;
        }
        Ok(Self { cells, tiles })
    }

    /// The chunks of genes' tiles that have any of them, ascending.
    fn chunks(&self) -> Vec<u32> {
        let mut chunks: Vec<u32> =
            self.tiles.keys().map(|tile| tile / (CELLS_PER_EXPRESSION_TILE / CELLS_PER_CELLS_TILE)).collect();
        chunks.dedup();
        chunks
    }

    /// Whether the tiles of these genes have fewer bytes than those of the cells.
    fn is_less_by_genes(&self, manifest: &Manifest, layer: &Layer, n_genes: usize) -> bool {
        let Some(cells_pack) = layer.cells_pack.as_deref().and_then(|pack| manifest.pack_named(pack)) else {
            return true;
        };
        let genes_bytes = manifest.pack_named(&layer.pack).map_or(0, |pack| pack.n_bytes) as f64;
        let n_all = manifest.vars.get(layer.var as usize).map_or(1, |var| var.n_vars.max(1));
        let by_genes = genes_bytes * n_genes as f64 / f64::from(n_all) * self.chunks().len() as f64
            / f64::from(manifest.tiles_per_gene().max(1));
        let by_cells = cells_pack.n_bytes as f64 * self.tiles.len() as f64 / f64::from(cells_pack.n_tiles.max(1));
        by_genes < by_cells
    }
}

/// The values of some cells and genes as they were read, of which rows are put together when they are asked for.
pub struct Slice {
    values: Values,
    columns: GeneColumns,
    n_cells: usize,
}

/// Values as they were read.
enum Values {
    ByCell(Rows),
    /// By column: places of cells, ascending, and values.
    ByGene(Vec<SparseVec>),
}

impl Slice {
    /// Reads the values of some cells, by their numbers in storage order; places are those in this list.
    ///
    /// # Errors
    /// When a tile cannot be read, a cell does not exist, or one is asked for twice.
    pub fn read(dataset: &Dataset, layer: &Layer, cells: &[u32], columns: GeneColumns) -> Result<Self, DatasetError> {
        let asked = Asked::new(dataset, cells)?;
        let values = if asked.is_less_by_genes(dataset.manifest(), layer, columns.len()) {
            Values::ByGene(read_genes(dataset, layer, &asked, &columns)?)
        } else {
            Values::ByCell(Rows::read(dataset, layer, &asked, columns.columns.len() as u32)?)
        };
        Ok(Self { values, columns, n_cells: cells.len() })
    }

    /// How many cells and genes it is of.
    pub fn shape(&self) -> [usize; 2] {
        [self.n_cells, self.columns.len()]
    }

    /// The values of the cells at some places.
    ///
    /// # Errors
    /// When tiles contradict each other.
    ///
    /// # Panics
    /// When there are no such places.
    pub fn csr(&self, places: Range<usize>) -> Result<Csr, DatasetError> {
        match &self.values {
            Values::ByCell(rows) => rows.csr(places, &self.columns),
            Values::ByGene(genes) => Ok(csr_of_genes(genes, &places)),
        }
    }

    /// The same as a dense matrix, cell after cell.
    ///
    /// # Errors
    /// As [`Self::csr`].
    ///
    /// # Panics
    /// As [`Self::csr`].
    pub fn dense(&self, places: Range<usize>) -> Result<Vec<f32>, DatasetError> {
        let n_columns = self.columns.len();
        match &self.values {
            Values::ByCell(rows) => rows.dense(places, &self.columns),
            Values::ByGene(genes) => {
                let mut matrix = vec![0.0; places.len() * n_columns];
                for (column, gene) in genes.iter().enumerate() {
                    for (place, value) in within(gene, &places) {
                        matrix[place * n_columns + column] = value;
                    }
                }
                Ok(matrix)
            }
        }
    }
}

/// Tiles of cells, and where each cell asked for lies in them.
struct Rows {
    pack: String,
    tiles: Vec<(u32, Cells)>,
    /// By place: the number of its tile among these, its place there, its number in the dataset.
    places: Vec<(u32, u32, u32)>,
    normalization: Option<Arc<Normalization>>,
}

/// The entries of one cell while they are put in order.
struct Scratch {
    values: Vec<f32>,
    is_set: Vec<u64>,
}

impl Rows {
    fn read(dataset: &Dataset, layer: &Layer, asked: &Asked<'_>, n_genes: u32) -> Result<Self, DatasetError> {
        let pack = layer.cells_pack.clone().unwrap_or_default();
        let normalization = dataset.normalization(layer)?;
        let wanted: Vec<(u32, u64)> = asked.tiles.iter().map(|(&tile, &wanted)| (tile, wanted)).collect();
        let decode = |&(tile, wanted): &(u32, u64)| {
            let cells = dataset.decode(&pack, tile, |bytes| layer.decode_cells(bytes, wanted, n_genes))?;
            Ok((tile, cells))
        };
        let tiles = wanted.par_iter().map(decode).collect::<Result<Vec<_>, DatasetError>>()?;
        let place = |&cell: &u32| {
            let tile = cell / CELLS_PER_CELLS_TILE;
            let at = wanted.partition_point(|(other, _)| *other < tile);
            (at as u32, cell % CELLS_PER_CELLS_TILE, cell)
        };
        let places = asked.cells.iter().map(place).collect();
        Ok(Self { pack, tiles, places, normalization })
    }

    /// The entries of the cell at a place, as genes and values.
    fn entries(&self, place: usize) -> Result<Entries<'_, impl Fn(usize) -> Option<f32>>, DatasetError> {
        let (tile, at, cell) = self.places[place];
        let (_, cells) = &self.tiles[tile as usize];
        let ends = cells.indptr.get(at as usize..at as usize + 2).ok_or_else(|| self.damaged(place))?;
        let (start, end) = (ends[0] as usize, ends[1] as usize);
        let genes = cells.genes.get(start..end).ok_or_else(|| self.damaged(place))?;
        let (values, rebuild) = (StoredValues::of(&cells.values), Rebuild::of(self.normalization.as_deref()));
        Ok((genes, move |entry| values.value(start + entry, cell, rebuild)))
    }

    fn damaged(&self, place: usize) -> DatasetError {
        let index = self.tiles[self.places[place].0 as usize].0;
        let tile = TileKey { pack: self.pack.as_str().into(), index };
        dataset::DatasetError::Tile { tile, damage: Damage::Cells }.into()
    }

    fn csr(&self, places: Range<usize>, columns: &GeneColumns) -> Result<Csr, DatasetError> {
        let count = |place| {
            let (genes, _) = self.entries(place)?;
            Ok(genes.iter().filter(|gene| columns.of(**gene).is_some()).count())
        };
        let counts = places.clone().into_par_iter().map(count).collect::<Result<Vec<usize>, DatasetError>>()?;
        let mut indptr = Vec::with_capacity(counts.len() + 1);
        indptr.push(0);
        counts.iter().fold(0, |end, count| {
            indptr.push(end + *count as i64);
            end + *count as i64
        });
        let n_entries = counts.iter().sum();
        let (mut indices, mut data) = (vec![0; n_entries], vec![0.0; n_entries]);
        let (mut rest_of_indices, mut rest_of_data) = (&mut indices[..], &mut data[..]);
        let mut rows = Vec::with_capacity(counts.len());
        for count in counts {
            let (row_indices, other_indices) = rest_of_indices.split_at_mut(count);
            let (row_data, other_data) = rest_of_data.split_at_mut(count);
            rows.push((row_indices, row_data));
            (rest_of_indices, rest_of_data) = (other_indices, other_data);
        }
        let scratch = || Scratch { values: vec![0.0; columns.len()], is_set: vec![0; columns.len().div_ceil(64)] };
        let fill = |scratch: &mut Scratch, (place, (indices, data)): (usize, (&mut [i32], &mut [f32]))| {
            let (genes, value) = self.entries(place)?;
            for (entry, &gene) in genes.iter().enumerate() {
                let Some(column) = columns.of(gene) else { continue };
                scratch.values[column as usize] = value(entry).ok_or_else(|| self.damaged(place))?;
                scratch.is_set[column as usize / 64] |= 1 << (column % 64);
            }
            scratch.take(indices, data);
            Ok(())
        };
        places.into_par_iter().zip(rows).map_init(scratch, fill).collect::<Result<(), DatasetError>>()?;
        Ok(Csr { indptr, indices, data })
    }

    fn dense(&self, places: Range<usize>, columns: &GeneColumns) -> Result<Vec<f32>, DatasetError> {
        let mut matrix = vec![0.0; places.len() * columns.len()];
        if columns.is_empty() {
            return Ok(matrix);
        }
        let fill = |(place, row): (usize, &mut [f32])| {
            let (genes, value) = self.entries(place)?;
            for (entry, &gene) in genes.iter().enumerate() {
                let Some(column) = columns.of(gene) else { continue };
                row[column as usize] = value(entry).ok_or_else(|| self.damaged(place))?;
            }
            Ok(())
        };
        let rows = places.into_par_iter().zip(matrix.par_chunks_mut(columns.len()));
        rows.map(fill).collect::<Result<(), DatasetError>>()?;
        Ok(matrix)
    }
}

impl Scratch {
    /// Moves what is set to a row of a matrix, by ascending column.
    fn take(&mut self, indices: &mut [i32], data: &mut [f32]) {
        let mut entries = indices.iter_mut().zip(data);
        for (word, bits) in self.is_set.iter_mut().enumerate() {
            let mut rest = std::mem::take(bits);
            while rest != 0 {
                let column = word * 64 + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                if let Some((index, value)) = entries.next() {
                    (*index, *value) = (column as i32, self.values[column]);
                }
            }
        }
    }
}

/// The genes of some columns over the cells asked for: places and values, by column.
fn read_genes(
    dataset: &Dataset,
    layer: &Layer,
    asked: &Asked<'_>,
    columns: &GeneColumns,
) -> Result<Vec<SparseVec>, DatasetError> {
    let normalization = dataset.normalization(layer)?;
    let rebuild = Rebuild::of(normalization.as_deref());
    let mut places = vec![NOWHERE; dataset.manifest().n_obs as usize];
    for (place, &cell) in (0..).zip(asked.cells) {
        places[cell as usize] = place;
    }
    let (chunks, n_chunks) = (asked.chunks(), dataset.manifest().tiles_per_gene());
    let read = |gene: GeneIdx| {
        let tiles: Vec<u32> = chunks.iter().map(|chunk| gene.0 * n_chunks + chunk).collect();
        let decode = |bytes: &[u8]| layer.decode_expression(bytes);
        let read = wait(dataset.reader().read(&layer.pack, &tiles, Priority::Now, decode))?;
        let mut entries = Vec::new();
        for ((tile, chunk), index) in read.iter().zip(&chunks).zip(tiles) {
            let damaged = || dataset::DatasetError::Tile {
                tile: TileKey { pack: layer.pack.as_str().into(), index },
                damage: Damage::Cells,
            };
            let values = StoredValues::of(&tile.values);
            for (at, &cell) in tile.cells.iter().enumerate() {
                let cell = chunk * CELLS_PER_EXPRESSION_TILE + u32::from(cell);
                let place = *places.get(cell as usize).ok_or_else(damaged)?;
                if place != NOWHERE {
                    entries.push((place, values.value(at, cell, rebuild).ok_or_else(damaged)?));
                }
            }
        }
        entries.sort_unstable_by_key(|(place, _)| *place);
        let (indices, data) = entries.into_iter().unzip();
        Ok(SparseVec { n_obs: asked.cells.len(), indices, data })
    };
    columns.genes().into_par_iter().map(read).collect()
}

/// The values of a gene at some places, which are counted from the first of them.
fn within<'a>(gene: &'a SparseVec, places: &Range<usize>) -> impl Iterator<Item = (usize, f32)> + use<'a> {
    let cut = |place: usize| gene.indices.partition_point(|&other| (other as usize) < place);
    let (first, entries) = (places.start, cut(places.start)..cut(places.end));
    let indices = gene.indices[entries.clone()].iter().map(move |&place| place as usize - first);
    indices.zip(gene.data[entries].iter().copied())
}

/// Genes by column turned into rows of the cells at some places.
fn csr_of_genes(genes: &[SparseVec], places: &Range<usize>) -> Csr {
    let mut indptr = vec![0_i64; places.len() + 1];
    for (place, _) in genes.iter().flat_map(|gene| within(gene, places)) {
        indptr[place + 1] += 1;
    }
    for place in 0..places.len() {
        indptr[place + 1] += indptr[place];
    }
    let n_entries = indptr[places.len()] as usize;
    let (mut indices, mut data) = (vec![0; n_entries], vec![0.0; n_entries]);
    let mut next = indptr.clone();
    for (column, gene) in (0..).zip(genes) {
        for (place, value) in within(gene, places) {
            let at = &mut next[place];
            (indices[*at as usize], data[*at as usize]) = (column, value);
            *at += 1;
        }
    }
    Csr { indptr, indices, data }
}
