//! Layers: a matrix of the input becomes a pack of genes, a pack of cells and a pack of exact moments.
//!
//! The matrix is read once and dealt out by blocks of cells ([`mod@read`]). Every block becomes tiles of cells and
//! moments, and pieces of genes, which are dealt out by groups of genes; every group becomes tiles of genes and
//! sums, which are dealt out by sets of cells; every set becomes a tile of moments. What is dealt out waits in
//! memory or in temporary files ([`spool`]), so that memory stays bounded whatever the size of the input.

mod block;
mod blocks;
mod cells;
mod crowded;
mod cube;
mod genes;
mod log_counts;
mod normalization;
mod odd;
mod pipeline;
mod pool;
mod read;
mod runs;
mod set_moments;
mod sets;
mod spool;
mod tally;
mod values;

use std::{io, ops::Range};

use explorer_core::de::{Bands, FixedPoint, FixedPoints, LogBase, Moments};
use shared_fbs::{
    manifest::{self, CubeMoments, Layer, ValueKind, Warning},
    path,
};

use super::{
    cell_order::CellOrder,
    columns::{self, TableColumn, TableValues},
    environment::Environment,
    error::BuildError,
    pack::{Frame, LayerPacks, PackWriter},
};
use blocks::Blocks;
use cells::Pyramid;
use genes::{EncodedGenes, GeneEncoder, Pieces};
use h5ad::MatrixLocation;
use normalization::NormalizationTiles;
use pipeline::in_order;
use set_moments::SetMoments;
use spool::Spool;
use values::LayerValues;

pub use cube::Cube;
pub use read::{Reading, Scan, read};
pub use sets::CellSets;

/// Values that one task has in memory at a time, if there may be so many; 16 bytes each.
const VALUES_AT_A_TIME: u64 = 1 << 20;

/// A categorical column whose labels get moments.
pub struct MomentsColumn {
    pub name: String,
    pub n_categories: usize,
    /// In storage order; missing is `n_categories`.
    pub codes: Vec<u32>,
}

impl MomentsColumn {
    /// The labels of a column; `None` when it has none.
    pub fn of(column: &TableColumn, order: &CellOrder) -> Option<Self> {
        let TableValues::Labels { codes, categories, .. } = &column.values else { return None };
        let n_categories = categories.len();
        let codes = columns::stored_codes(codes, n_categories, &order.rows);
        Some(Self { name: column.name.clone(), n_categories, codes })
    }
}

/// What every layer needs to know of the dataset.
pub struct Context<'a> {
    pub environment: &'a Environment<'a>,
    pub order: &'a CellOrder,
    pub sets: &'a CellSets,
    pub cube: Option<&'a Cube>,
    /// The base of logarithms that the file states.
    pub log_base: Option<f64>,
    pub values_in_memory: u64,
}

impl Context<'_> {
    /// Values that one task should have in memory at a time.
    fn values_at_a_time(&self) -> u64 {
        let n_tasks = 2 * rayon::current_num_threads() as u64;
        (self.values_in_memory / n_tasks).clamp(1, VALUES_AT_A_TIME)
    }

    /// Bytes of a spool that may stay in memory: there are two at a time.
    fn spool_bytes(&self) -> u64 {
        self.values_in_memory.saturating_mul(2)
    }

    fn output(&self, source: io::Error) -> BuildError {
        self.environment.output_error(source)
    }
}

/// A layer's place in the input and in the dataset.
pub struct LayerPlace<'a> {
    pub location: &'a MatrixLocation,
    /// Its index in the manifest.
    pub index: usize,
    /// Its table of genes, by index in the manifest.
    pub var: u32,
    /// The input's row of every gene.
    pub gene_rows: &'a [u32],
    /// The id of every gene, by row of the input.
    pub gene_ids: &'a [String],
    pub whole_cells: WholeCells,
}

/// Whether the cells of a layer are stored a second time, whole cells together, for comparisons of any two sets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum WholeCells {
    /// They are.
    Stored,
    /// Not those of scaled values, which are dense, and which nobody compares where there is another layer: whoever
    /// does reads all genes.
    UnlessScaled,
}

/// The genes of a matrix by falling density, ties in the input's order.
pub fn genes_by_density(scan: &Scan) -> Vec<u32> {
    let mut genes: Vec<u32> = (0..scan.nonzero_by_gene.len() as u32).collect();
    genes.sort_by_key(|&gene| std::cmp::Reverse(scan.nonzero_by_gene[gene as usize]));
    genes
}

/// Writes a layer that was read; gives its entry in the manifest.
pub fn write(
    place: &LayerPlace<'_>,
    reading: Reading<'_>,
    obs_pack: &mut PackWriter,
    context: &Context<'_>,
    packs: &mut LayerPacks,
    warnings: &mut Vec<Warning>,
) -> Result<Layer, BuildError> {
    let Reading { scan, blocks } = reading;
    let output = |source| context.output(source);
    let cautions = cautions(&scan, place.gene_ids, context);
    let said = |message| Warning { place: place.location.to_string(), message };
    warnings.extend(cautions.iter().cloned().chain(scan.odd.rounded_message()).map(said));
    let fixed = match scan.kind {
        ValueKind::Counts => FixedPoints::Uniform(FixedPoint::COUNTS),
        ValueKind::LogNormalizedCounts => {
            FixedPoints::Uniform(scan.log_counts_step(context).expect("else they are read as floats"))
        }
        _ => {
            let exponents: Vec<_> = place.gene_rows.iter().map(|&row| scan.exponents_by_gene[row as usize]).collect();
            FixedPoints::Banded(Bands::new(&exponents, context.order.rows.len() as u64))
        }
    };
    let log_base = log_base(&scan, place.location, context.log_base, warnings);
    let values = LayerValues::new(scan.kind, fixed, scan.normalization.cells());
    let writer = LayerWriter { place, scan: &scan, values: &values, context };
    let ByCells { pack: cells_pack, pyramid, groups, pieces } = writer.write_cells(&blocks)?;
    let cells_pack = cells_pack.map(|pack| packs.take(pack)).transpose().map_err(output)?;
    drop(blocks);
    let (genes_pack, moments) = writer.write_genes(&groups, &pieces)?;
    let genes_pack = packs.take(genes_pack).map_err(output)?;
    drop(pieces);

    let mut moments_pack =
        PackWriter::create(context.environment.output, &path::moments_pack(place.index)).map_err(output)?;
    let tiles = moments.write(&values.fixed, &mut moments_pack).map_err(output)?;
    let block_levels = pyramid.write(&mut moments_pack).map_err(output)?;
    let moments_pack = packs.take(moments_pack).map_err(output)?;
    let NormalizationTiles { divisor, corrections } =
        normalization::write(&scan.normalization, obs_pack).map_err(output)?;
    let (step, band_bits) = match &values.fixed {
        FixedPoints::Uniform(step) => (*step, 0),
        FixedPoints::Banded(bands) => (FixedPoint::COUNTS, bands.band_bits()),
    };
    Ok(Layer {
        name: place.location.to_string(),
        var: place.var,
        kind: scan.kind,
        description: Some(describe(&scan)),
        pack: genes_pack,
        n_nonzero: scan.n_values(),
        max_abs: scan.max_abs,
        has_negative: scan.has_negative,
        divisor,
        corrections,
        log_base,
        frac_bits: step.frac_bits(),
        square_shift: step.square_shift(),
        band_bits,
        moments_pack: Some(moments_pack),
        total_moments: Some(tiles.total),
        column_moments: tiles.columns,
        cells_pack,
        cube: context.cube.map(|cube| Box::new(cube_moments(cube, tiles.cube))),
        block_levels,
        cautions,
    })
}

/// Why what is computed from a layer is not all that its file would give.
fn cautions(scan: &Scan, gene_ids: &[String], context: &Context<'_>) -> Vec<String> {
    let mut cautions = scan.odd.unkept_messages(gene_ids);
    if scan.odd.any_rounded() {
        let n_obs = context.order.rows.len() as u64;
        cautions.extend(crowded::message(&scan.spans_by_gene, &scan.nonzero_by_gene, gene_ids, n_obs));
    }
    cautions
}

/// What every stage of writing a layer needs to know.
struct LayerWriter<'a> {
    place: &'a LayerPlace<'a>,
    scan: &'a Scan,
    values: &'a LayerValues<'a>,
    context: &'a Context<'a>,
}

/// What is left to do when the cells are written.
struct ByCells<'a> {
    /// Absent where whole cells are not stored.
    pack: Option<PackWriter>,
    pyramid: Pyramid,
    /// Groups of genes, and what every block has of each.
    groups: Vec<Range<u32>>,
    pieces: Spool<'a>,
}

/// A block of cells, ready to be written.
struct EncodedBlock {
    frames: Vec<Frame>,
    moments: Vec<Moments>,
    pieces: Pieces,
    n_cells: u64,
}

impl<'a> LayerWriter<'a> {
    /// Writes the pack of cells; sums up their blocks, and deals their values out by genes.
    fn write_cells(&self, blocks: &Blocks<'_>) -> Result<ByCells<'a>, BuildError> {
        let context = self.context;
        let output = |source| context.output(source);
        let n_obs = context.order.rows.len() as u32;
        let mut gene_of_column = vec![0; self.place.gene_rows.len()];
        for (gene, &row) in (0u32..).zip(self.place.gene_rows) {
            gene_of_column[row as usize] = gene;
        }
        let nonzero: Vec<u32> =
            self.place.gene_rows.iter().map(|&row| self.scan.nonzero_by_gene[row as usize]).collect();
        let groups = genes::groups(&nonzero, context.values_at_a_time());
        let mut pieces = Spool::new(groups.len(), context.spool_bytes(), context.environment.scratch);
        let create = || PackWriter::create(context.environment.output, &path::cells_pack(self.place.index));
        let has_whole_cells = self.has_whole_cells();
        let mut pack = has_whole_cells.then(create).transpose().map_err(output)?;
        let mut pyramid = Pyramid::new(n_obs, context.environment.scratch).map_err(output)?;
        let stage =
            context.environment.progress.stage(format!("writing cells of {}", self.place.location), u64::from(n_obs));
        let encode = |number: u32| {
            context.environment.check()?;
            let cells = blocks.cells(number);
            let encode = |block: &block::Block| EncodedBlock {
                frames: if has_whole_cells { cells::frames(block, cells.len(), self.values) } else { Vec::new() },
                moments: cells::moments(block, cells.start, cells.len(), self.place.gene_rows.len(), self.values),
                pieces: genes::pieces(block, cells.start, &groups),
                n_cells: cells.len() as u64,
            };
            blocks.with(number, &gene_of_column, self.scan.normalization.divisors(), encode).map_err(output)
        };
        let mut write = |block: EncodedBlock| -> io::Result<()> {
            if let Some(pack) = &mut pack {
                pack.extend(&block.frames)?;
            }
            block.moments.into_iter().try_for_each(|moments| pyramid.push(moments))?;
            let mut start = 0;
            for (group, &end) in block.pieces.ends.iter().enumerate() {
                pieces.append(group, &block.pieces.bytes[start..end])?;
                start = end;
            }
            stage.advance(block.n_cells);
            Ok(())
        };
        in_order(0..blocks.n_blocks(), encode, |block| write(block).map_err(output))?;
        Ok(ByCells { pack, pyramid, groups, pieces })
    }

    fn has_whole_cells(&self) -> bool {
        let n_values = self.context.order.rows.len() as u64 * self.place.gene_rows.len() as u64;
        let is_dense = 2 * self.scan.nonzero_by_gene.iter().map(|&n| u64::from(n)).sum::<u64>() > n_values;
        match self.place.whole_cells {
            WholeCells::Stored => true,
            WholeCells::UnlessScaled => !(self.scan.has_negative && is_dense),
        }
    }

    /// Writes the pack of genes; deals their sums out by sets of cells.
    fn write_genes(
        &self,
        groups: &[Range<u32>],
        pieces: &Spool<'_>,
    ) -> Result<(PackWriter, SetMoments<'a>), BuildError> {
        let context = self.context;
        let output = |source| context.output(source);
        let mut pack =
            PackWriter::create(context.environment.output, &path::genes_pack(self.place.index)).map_err(output)?;
        let mut moments = SetMoments::new(context.sets, context.spool_bytes(), context.environment.scratch);
        let stage = context
            .environment
            .progress
            .stage(format!("writing genes of {}", self.place.location), self.place.gene_rows.len() as u64);
        let encoder = GeneEncoder { values: self.values, sets: context.sets, n_obs: context.order.rows.len() as u32 };
        let encode = |(number, group): (usize, &Range<u32>)| {
            context.environment.check()?;
            let pieces = pieces.read(number).map_err(output)?;
            Ok(encoder.encode(group.clone(), &pieces))
        };
        let mut write = |genes: EncodedGenes| -> io::Result<()> {
            pack.extend(&genes.frames)?;
            moments.push(&genes)?;
            stage.advance(genes.n_genes);
            Ok(())
        };
        in_order(groups.iter().enumerate(), encode, |genes| write(genes).map_err(output))?;
        Ok((pack, moments))
    }
}

fn cube_moments(cube: &Cube, tiles: Option<manifest::TileRange>) -> CubeMoments {
    CubeMoments {
        column: cube.column.clone(),
        by: cube.by.clone(),
        codes: cube.pairs.iter().map(|pair| pair.0).collect(),
        by_codes: cube.pairs.iter().map(|pair| pair.1).collect(),
        n_cells: cube.n_cells.clone(),
        tiles,
    }
}

/// The base that a layer has in the manifest, 0 for that of natural logarithms. A file states one base, as scanpy does,
/// which holds for whatever can be logarithms; but values that are rebuilt from counts are natural logarithms for certain.
fn log_base(scan: &Scan, location: &MatrixLocation, stated: Option<f64>, warnings: &mut Vec<Warning>) -> f64 {
    let Some(base) = stated.filter(|&base| LogBase::new(base).is_some_and(|base| base != LogBase::NATURAL)) else {
        return 0.0;
    };
    match scan.kind {
        ValueKind::LogNormalizedCounts => {
            let message = format!(
                "the values are natural logarithms of normalized counts, though uns/log1p/base says {base}; fold changes \
                 undo the natural logarithm"
            );
            warnings.push(Warning { place: location.to_string(), message });
            0.0
        }
        ValueKind::Float if !scan.has_negative => base,
        _ => 0.0,
    }
}

fn describe(scan: &Scan) -> String {
    match scan.kind {
        ValueKind::Counts => "integer counts",
        ValueKind::LogNormalizedCounts => "log1p of counts normalized per cell, kept as exact counts",
        _ if scan.has_negative => "scaled values (some are negative), kept as 32-bit floats",
        _ => "real numbers, kept as 32-bit floats",
    }
    .to_owned()
}
