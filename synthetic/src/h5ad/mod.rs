//! Writes a dataset as AnnData 0.12 does, in bounded memory.
//!
//! Cells are generated in parts on all threads and written in order as they come, each once. The bytes depend on the
//! model and the options alone.

mod csc;
mod frame;
mod matrix;
mod tissue;

use std::fs;
use std::io::{self, BufWriter, Seek, Write};
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use rayon::prelude::*;
use thiserror::Error;

use crate::csr::Csr;
pub use crate::h5::Compression;
use crate::h5::{Address, Attribute, ChunkedDataset, Scalar, Writer};
use crate::model::{CELLS_PER_PART, Gene, Model, Role, Spec};
use crate::obs::{Column, Values};
use frame::FrameWriter;
use matrix::MatrixWriter;
pub use tissue::Tissue;

/// How a matrix is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Compressed sparse rows: cell by cell.
    Csr,
    /// Compressed sparse columns: gene by gene. Takes a temporary file of 8 bytes a non-zero beside the output.
    Csc,
    /// Every value, zeros too.
    Dense,
}

/// What counts are kept as, beside X.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raw {
    /// Not at all.
    Absent,
    /// In `raw`, which doubles the file.
    Counts,
}

/// What there is to see of the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Views {
    /// Embeddings of two dimensions.
    Flat,
    /// One of three dimensions too, and the cells as spots of a tissue with its image, see [`Tissue`].
    SpaceAndTissue,
}

/// How to write a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How matrices are laid out.
    pub layout: Layout,
    /// What is done to all large datasets.
    pub compression: Compression,
    /// Whether the counts are kept beside X.
    pub raw: Raw,
    /// What there is to see of the cells.
    pub views: Views,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Non-zeros of X.
    pub nnz: u64,
    /// Size of the file.
    pub bytes: u64,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many cells are written.
    Cells {
        /// Cells so far.
        cells: usize,
        /// Non-zeros so far.
        nnz: u64,
    },
    /// All cells are known; so many genes are written of a matrix that is laid out gene by gene.
    Genes(usize),
}

/// Why there is no file.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The file could not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The caller asked to stop.
    #[error("stopped before the file was whole; nothing is left of it")]
    Stopped,
}

/// Writes the dataset of a model to `path`, which appears, or is replaced, when the file is whole.
///
/// `progress` is told of every step and may end the work by [`ControlFlow::Break`]. Memory stays at some hundreds of
/// megabytes whatever the number of cells.
///
/// # Errors
/// When the file cannot be written, or `progress` asks to stop. Either leaves nothing behind.
pub fn write(
    model: &Model,
    path: &Path,
    options: Options,
    mut progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Summary, WriteError> {
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".synthetic-partial-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Open to whom the user's mask allows, as any new file is.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut partial = builder.tempfile_in(folder)?;
    let mut file = Writer::new(BufWriter::with_capacity(1 << 20, partial.as_file_mut()))?;
    let (root, nnz) = write_root(&mut file, model, options, folder, &mut progress)?;
    let (_, bytes) = file.finish(root)?;
    partial.persist(path).map_err(|error| error.error)?;
    Ok(Summary { nnz, bytes })
}

/// Writes everything, and returns the root group and the number of non-zeros of X.
fn write_root<W: Write + Seek>(
    file: &mut Writer<W>,
    model: &Model,
    options: Options,
    folder: &Path,
    progress: &mut impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<(Address, u64), WriteError> {
    let spec = model.spec();
    let embedding = |columns: usize| ChunkedDataset::new(f32::DATATYPE, Some(columns as u64), options.compression);
    let matrix = || MatrixWriter::new(options.layout, spec.n_genes, options.compression, folder);
    let mut obs = FrameWriter::new(options.compression);
    let (mut umap, mut pca) = (embedding(2), embedding(Model::N_PCS));
    let mut views = match options.views {
        Views::Flat => None,
        Views::SpaceAndTissue => Some((embedding(3), embedding(2), Tissue::of(spec.n_cells))),
    };
    let mut x = matrix()?;
    let mut raw = match options.raw {
        Raw::Counts => Some(matrix()?),
        Raw::Absent => None,
    };
    let (mut cells, mut nnz) = (0, 0);
    let mut report = |step: Progress| match progress(step) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(WriteError::Stopped),
    };
    for_each_part(model, |part| {
        x.append(file, &part.counts, &part.values)?;
        if let Some(raw) = &mut raw {
            let counts: Vec<f32> = part.counts.data.iter().map(|&count| count as f32).collect();
            raw.append(file, &part.counts, &counts)?;
        }
        obs.append(file, &part.names, &part.columns)?;
        umap.append(file, &part.umap)?;
        pca.append(file, &part.pca)?;
        if let Some((space, spatial, tissue)) = &mut views {
            space.append(file, &f32::bytes_of(part.space.as_flattened()))?;
            let spots: Vec<[f32; 2]> = (cells..cells + part.counts.n_obs()).map(|cell| tissue.spot(cell)).collect();
            spatial.append(file, &f32::bytes_of(spots.as_flattened()))?;
        }
        cells += part.counts.n_obs();
        nnz += part.counts.nnz() as u64;
        report(Progress::Cells { cells, nnz })
    })?;

    let array = || encoding("array", "0.2.0");
    let mut obsm = vec![("X_pca", pca.finish(file, &array())?), ("X_umap", umap.finish(file, &array())?)];
    let tissue = match views {
        Some((space, spatial, tissue)) => {
            obsm.push(("X_umap_3d", space.finish(file, &array())?));
            obsm.push(("spatial", spatial.finish(file, &array())?));
            Some(tissue)
        }
        None => None,
    };
    let mut members = vec![
        ("X", x.finish(file, &mut report)?),
        ("obs", obs.finish(file)?),
        ("var", var(file, model)?),
        ("obsm", file.group(&obsm, &encoding("dict", "0.1.0"))?),
        ("uns", uns(file, model, tissue.as_ref())?),
    ];
    if let Some(raw) = raw {
        let parts = [("X", raw.finish(file, &mut report)?), ("var", var(file, model)?), ("varm", empty_group(file)?)];
        members.push(("raw", file.group(&parts, &encoding("raw", "0.1.0"))?));
    }
    for name in ["layers", "obsp", "varm", "varp"] {
        members.push((name, empty_group(file)?));
    }
    Ok((file.group(&members, &encoding("anndata", "0.1.0"))?, nnz))
}

/// The data frame of genes.
fn var<W: Write + Seek>(file: &mut Writer<W>, model: &Model) -> io::Result<Address> {
    let genes = model.genes();
    let names: Vec<String> = genes.iter().map(|gene| gene.symbol.clone()).collect();
    let marker_of = |gene: &Gene| if let Role::Marker(cell_type) = gene.role { cell_type as i32 } else { -1 };
    let columns = [
        Column {
            name: "mt",
            values: Values::Bool(genes.iter().map(|gene| gene.role == Role::Mitochondrial).collect()),
        },
        Column {
            name: "marker_of",
            values: Values::Categorical {
                codes: genes.iter().map(marker_of).collect(),
                categories: model.cell_type_names().into_iter().map(str::to_owned).collect(),
                ordered: false,
            },
        },
    ];
    let mut var = FrameWriter::new(Compression::None);
    var.append(file, &names, &columns)?;
    var.finish(file)
}

/// What is known of the whole.
fn uns<W: Write + Seek>(file: &mut Writer<W>, model: &Model, tissue: Option<&Tissue>) -> io::Result<Address> {
    let Spec { n_cells, n_genes, seed } = model.spec();
    let title = format!("Synthetic: {n_cells} cells, {n_genes} genes, seed {seed}");
    let mut text = |text: &str| file.text_dataset(None, &[text], &encoding("string", "0.2.0"));
    let mut members =
        vec![("title", text(&title)?), ("default_embedding", text("X_umap")?), ("log1p", empty_group(file)?)];
    if let Some(tissue) = tissue {
        members.push(("spatial", tissue.write(file)?));
    }
    file.group(&members, &encoding("dict", "0.1.0"))
}

fn empty_group<W: Write + Seek>(file: &mut Writer<W>) -> io::Result<Address> {
    file.group(&[], &encoding("dict", "0.1.0"))
}

/// How anndata tells what something is.
fn encoding(kind: &str, version: &str) -> [Attribute; 2] {
    [Attribute::text("encoding-type", kind), Attribute::text("encoding-version", version)]
}

/// Parts in flight at once, that is, generated while others are written: they are what memory goes to.
fn parts_per_batch() -> usize {
    (2 * rayon::current_num_threads()).clamp(4, 32)
}

/// Generates all cells and hands them out in order, the next ones being generated meanwhile.
fn for_each_part(model: &Model, mut take: impl FnMut(Part) -> Result<(), WriteError>) -> Result<(), WriteError> {
    let n_cells = model.spec().n_cells;
    let cells_per_batch = parts_per_batch() * CELLS_PER_PART;
    thread::scope(|scope| {
        let (sender, batches) = mpsc::sync_channel::<Vec<Part>>(1);
        scope.spawn(move || {
            for start in (0..n_cells).step_by(cells_per_batch) {
                let cells = start..(start + cells_per_batch).min(n_cells);
                let batch = model.parts(&cells).map(|part| Part::new(model, part)).collect();
                // Nobody listens when writing has failed.
                if sender.send(batch).is_err() {
                    return;
                }
            }
        });
        batches.into_iter().flatten().try_for_each(&mut take)
    })
}

/// Everything about some cells.
struct Part {
    counts: Csr,
    values: Vec<f32>,
    names: Vec<String>,
    columns: Vec<Column>,
    umap: Vec<u8>,
    pca: Vec<u8>,
    /// The first two dimensions are those of `umap`.
    space: Vec<[f32; 3]>,
}

impl Part {
    fn new(model: &Model, cells: Range<usize>) -> Self {
        let counts = model.counts(cells.clone());
        let (umap, pca) = (model.umap(cells.clone()), model.pca(cells.clone()));
        let space = umap.iter().zip(&pca).map(|([x, y], components)| [*x, *y, components[2]]).collect();
        Self {
            values: counts.log_normalized(),
            names: model.obs_names(cells.clone()),
            columns: model.obs(cells, &counts),
            umap: f32::bytes_of(umap.as_flattened()),
            pca: f32::bytes_of(pca.as_flattened()),
            space,
            counts,
        }
    }
}
