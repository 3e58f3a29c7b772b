//! A dataset, for programs that wait for what they read.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use explorer_core::{
    data::{
        Categorical, CellIdx, CellRows, Column as Values, Embedding, FileColumn, GeneIdx, GeneNames, Number, Numbers,
        SparseVec,
    },
    dataset::{self, Priority},
    de::{FixedPoints, Normalization},
};
use shared_fbs::{
    DecodeError, TileKey,
    manifest::{Column, ColumnKind, Layer, Manifest, TileRange},
    path::MANIFEST,
    tile::{Expression, Genes},
};

use crate::{
    files::{Directory, Files},
    packs::PackIndex,
    plain_file,
    tiles::FileTiles,
};

/// The longest manifest that is read, in bytes, wherever it lies: what claims to be one may be any file.
pub const MOST_MANIFEST_BYTES: u64 = 256 << 20;

/// An open dataset. Its packs are opened when first read, and stay open.
pub struct Dataset(dataset::Dataset<FileTiles>);

/// Why a dataset, or a tile of it, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// There is no dataset.
    #[error("{path} is no dataset: it has no {MANIFEST} ({source}); `tile-server build FILE.h5ad --out DIR` makes one")]
    NoManifest {
        /// The directory.
        path: PathBuf,
        /// Why the file cannot be read.
        source: io::Error,
    },
    /// The manifest is longer than any.
    #[error("{path} has more than {MOST_MANIFEST_BYTES} bytes, and no manifest has so many")]
    LongManifest {
        /// The manifest.
        path: PathBuf,
    },
    /// The manifest is broken or of another version.
    #[error("{path}: {source}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: DecodeError,
    },
    /// A tile does not exist.
    #[error("the dataset has no tile {0}")]
    NoTile(TileKey),
    /// A tile cannot be read from its file.
    #[error("tile {tile} cannot be read: {source}")]
    Read {
        /// The tile.
        tile: TileKey,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The bytes of a tile are not those that were written.
    #[error("tile {tile} is broken: {source}")]
    Tile {
        /// The tile.
        tile: TileKey,
        /// What is wrong.
        source: DecodeError,
    },
    /// The tiles do not hold what was asked for, or not what the manifest says.
    #[error(transparent)]
    Content(#[from] dataset::DatasetError),
    /// The reading was told to stop.
    #[error("the reading was stopped")]
    Stopped,
}

impl DatasetError {
    /// Whether the dataset is whole, but of a format that this program does not read.
    pub fn is_of_another_version(&self) -> bool {
        let Self::Manifest { source, .. } = self else { return false };
        source.is_of_another_version()
    }
}

/// The manifest's file in a dataset's directory.
///
/// # Errors
/// [`DatasetError::NoManifest`] and [`DatasetError::LongManifest`].
pub fn manifest_bytes(directory: &Path) -> Result<Vec<u8>, DatasetError> {
    let path = directory.join(MANIFEST);
    plain_file::read(&path, MOST_MANIFEST_BYTES).map_err(|source| match source.kind() {
        io::ErrorKind::FileTooLarge => DatasetError::LongManifest { path },
        _ => DatasetError::NoManifest { path: directory.to_owned(), source },
    })
}

/// What a read comes to. Files are read while the future is polled, so that nothing is waited for.
pub fn wait<T>(read: impl Future<Output = T>) -> T {
    pollster::block_on(read)
}

impl Dataset {
    /// Opens a dataset's directory.
    ///
    /// # Errors
    /// As [`manifest_bytes`], and [`DatasetError::Manifest`].
    pub fn open(directory: &Path) -> Result<Self, DatasetError> {
        let (path, bytes) = (directory.join(MANIFEST), manifest_bytes(directory)?);
        let manifest = Manifest::decode(&bytes).map_err(|source| DatasetError::Manifest { path, source })?;
        let files: Arc<dyn Files> = Arc::new(Directory(directory.to_owned()));
        Ok(Self::of_manifest(&files, manifest))
    }

    /// The dataset that this manifest describes, with packs among these files.
    pub fn of_manifest(files: &Arc<dyn Files>, manifest: Manifest) -> Self {
        let tiles = FileTiles::new(files, &manifest);
        Self(dataset::Dataset::new(manifest, tiles))
    }

    /// The reader that all programs share.
    pub fn reader(&self) -> &dataset::Dataset<FileTiles> {
        &self.0
    }

    /// Where the tiles of its packs lie, in the manifest's order.
    pub fn packs(&self) -> &[PackIndex] {
        self.0.tiles().packs()
    }

    /// Its manifest.
    pub fn manifest(&self) -> &Manifest {
        self.0.manifest()
    }

    /// The index of a layer.
    ///
    /// # Errors
    /// When it is one of another dataset.
    pub fn index_of(&self, layer: &Layer) -> Result<usize, DatasetError> {
        Ok(self.0.layer(Some(&layer.name))?.0)
    }

    /// The inflated, verified bytes of a tile.
    ///
    /// # Errors
    /// When the tile cannot be read, or is broken.
    pub fn tile(&self, pack: &str, index: u32) -> Result<Vec<u8>, DatasetError> {
        self.decode(pack, index, |bytes| Ok(bytes.to_vec()))
    }

    /// A decoded tile.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn decode<T>(
        &self,
        pack: &str,
        index: u32,
        decode: impl Fn(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<T, DatasetError> {
        wait(self.0.read_one(pack, index, Priority::Now, decode))
    }

    /// Decoded tiles of a range.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn decode_range<T>(
        &self,
        pack: &str,
        range: Option<&TileRange>,
        decode: impl Fn(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DatasetError> {
        let tiles = range.map_or(0..0, TileRange::iter);
        tiles.map(|index| self.decode(pack, index, &decode)).collect()
    }

    /// A categorical column; `None` for a column of another kind.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn categorical(&self, column: &Column) -> Result<Option<Categorical>, DatasetError> {
        if column.kind != ColumnKind::Categorical {
            return Ok(None);
        }
        match self.column(&column.name)? {
            Values::Categorical(column) => Ok(Some(column)),
            Values::Continuous(_) => Ok(None),
        }
    }

    /// A column of labels or numbers.
    ///
    /// # Errors
    /// As [`Self::tile`], and when there is no such column or it is text.
    pub fn column(&self, name: &str) -> Result<Values, DatasetError> {
        wait(self.0.column(name, Priority::Now))
    }

    /// A column of `obs` as it is in the file, in storage order.
    ///
    /// # Errors
    /// As [`Self::tile`], and when there is no such column.
    pub fn file_column(&self, name: &str) -> Result<FileColumn, DatasetError> {
        wait(self.0.file_column(name))
    }

    /// A number of a continuous column as it is in the file; `None` where it is missing.
    ///
    /// # Errors
    /// As [`Self::tile`], and when there is no such column or it holds no numbers.
    pub fn number(&self, name: &str, cell: CellIdx) -> Result<Option<Number>, DatasetError> {
        wait(self.0.number(name, cell))
    }

    /// A column of a table of genes, by its index in the manifest, as it is in the file, in the order of [`Self::genes`].
    ///
    /// # Errors
    /// As [`Self::tile`], and when there is no such table or column.
    pub fn gene_column(&self, var: usize, name: &str) -> Result<FileColumn, DatasetError> {
        wait(self.0.gene_column(var, name))
    }

    /// A column of an entry of `obsm` as it is in the file, in storage order; `embedding` is its index in the manifest.
    ///
    /// # Errors
    /// As [`Self::tile`], and when there is no such column.
    pub fn obsm_column(&self, embedding: usize, column: u32) -> Result<Numbers, DatasetError> {
        wait(self.0.obsm_column(embedding, column))
    }

    /// The input's rows of all cells.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn rows(&self) -> Result<CellRows, DatasetError> {
        wait(self.0.rows(Priority::Now))
    }

    /// The positions of all cells in the embedding of a key, or in the default one.
    ///
    /// # Errors
    /// As [`Self::tile`], and when there is no such embedding.
    pub fn embedding(&self, key: Option<&str>) -> Result<Embedding, DatasetError> {
        let unknown = || dataset::DatasetError::Unknown { kind: "embedding", name: key.unwrap_or_default().to_owned() };
        let (index, _) = self.0.embedding(key).ok_or_else(unknown)?;
        wait(self.0.positions(index))
    }

    /// The ids of all cells.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn cell_ids(&self) -> Result<Vec<Option<String>>, DatasetError> {
        wait(self.0.cell_ids())
    }

    /// The genes of a layer.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn genes(&self, layer: &Layer) -> Result<Genes, DatasetError> {
        wait(self.0.genes(self.index_of(layer)?))
    }

    /// What the genes of a layer are called.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn gene_names(&self, layer: &Layer) -> Result<GeneNames, DatasetError> {
        let Genes { ids, symbols, rows: _ } = self.genes(layer)?;
        Ok(GeneNames::new(ids, symbols))
    }

    /// How counts become the values of a layer of log-normalized counts; `None` for other layers.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn normalization(&self, layer: &Layer) -> Result<Option<Arc<Normalization>>, DatasetError> {
        wait(self.0.normalization(self.index_of(layer)?, Priority::Now))
    }

    /// How the values of a layer become integers that sum exactly.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn fixed_points(&self, layer: &Layer) -> Result<FixedPoints, DatasetError> {
        wait(self.0.fixed_points(self.index_of(layer)?))
    }

    /// One gene over all cells.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn gene(&self, layer: &Layer, gene: GeneIdx) -> Result<SparseVec, DatasetError> {
        wait(self.0.gene(self.index_of(layer)?, gene, Priority::Now))
    }

    /// One gene's tiles, one per chunk of cells.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn expression(&self, layer: &Layer, gene: u32) -> Result<Vec<Expression>, DatasetError> {
        wait(self.0.expression(self.index_of(layer)?, gene..gene + 1, Priority::Now))
    }
}
