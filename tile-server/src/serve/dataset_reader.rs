//! What the server must know of a dataset; the format itself is read elsewhere.

use std::{
    collections::BTreeMap,
    io,
    ops::Range,
    sync::{Arc, atomic::AtomicBool},
};

use bytes::Bytes;
use explorer_core::filter::CellMask;
use shared_fbs::{
    LayerNameError,
    api::{DatasetDescription, PosterName},
};
use tessera::{files::Files, obs_csv::ObsText};

use crate::{
    catalog::{DatasetFacts, DatasetGenes},
    dataset_place::DatasetPlace,
};

/// What a reader of datasets has to say when it cannot go on.
pub type ReadError = Box<dyn std::error::Error + Send + Sync>;

/// A dataset to serve and the name it is served under.
#[derive(Clone, Debug)]
pub struct DatasetAddress {
    /// The dataset's name in addresses: a plain file name, unique within the server.
    pub id: String,
    /// Where the manifest and the packs lie.
    pub place: DatasetPlace,
}

/// A pack or a poster of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackDescription {
    /// The file's name.
    pub file: String,
    /// The file's length; one of another length is not served.
    pub n_bytes: u64,
    /// Where another host keeps it in pieces, how many; 0 where it is one file.
    pub n_segments: usize,
}

/// A frame that its checksum confirms, and where it lies in its pack.
#[derive(Clone, Debug)]
pub struct PlacedFrame {
    /// Its first byte in the pack.
    pub offset: u64,
    /// As it lies there.
    pub bytes: Bytes,
}

/// The files of a dataset's posters, by their names in addresses.
pub type Posters = BTreeMap<PosterName, String>;

/// Where the tiles of a dataset lie. A pack is named by its file's stem, hash included.
pub trait TileIndex: Send + Sync {
    /// The packs and posters: all that is served from the directory beside the manifest.
    fn packs(&self) -> Vec<PackDescription>;

    /// The bytes of the frame of tile `index` in its pack, or none where there is no such tile. May block.
    ///
    /// # Errors
    /// When a directory of tiles that lies in the pack cannot be read.
    fn locate(&self, pack: &str, index: u32) -> Result<Option<Range<u64>>, ReadError>;

    /// The same where it is known already; none where there is no such tile or it is not known. Never blocks.
    fn locate_at_hand(&self, pack: &str, index: u32) -> Option<Range<u64>>;

    /// The frame that has the byte at an offset of its pack, confirmed by its checksum; none where no checksum covers that
    /// byte, which is then not sent. May block. Asked only of packs that lie on another host.
    ///
    /// # Errors
    /// When it cannot be read, or no answer is confirmed.
    fn confirmed(&self, _pack: &str, _offset: u64) -> Result<Option<PlacedFrame>, ReadError> {
        Ok(None)
    }

    /// Is told what will be read of a pack that lies on another host, so that it is asked for at one time. May block.
    ///
    /// # Errors
    /// When no read would come to anything now.
    fn prepare(&self, _pack: &str, _ranges: &[Range<u64>]) -> io::Result<()> {
        Ok(())
    }
}

/// Reads what a dataset is of.
pub trait ReadFacts: Send + Sync {
    /// What there is to know of the dataset that is served under this id, and why some of that cannot be read. Blocks.
    fn facts(&self, id: &str) -> (DatasetFacts, Vec<ReadError>);

    /// What its genes come to. Blocks, for longer.
    ///
    /// # Errors
    /// When tiles cannot be read.
    fn genes(&self) -> Result<DatasetGenes, ReadError>;

    /// The columns of its cells as CSV, in pieces of whole lines. What it gives blocks.
    fn obs_csv(&self, text: ObsText) -> Box<dyn Iterator<Item = Result<String, ReadError>> + Send>;
}

/// Computes over the tiles of a dataset.
pub trait ComputeMoments: Send + Sync {
    /// The moments of two sets of cells in a layer, or in the one that the dataset takes for statistics: two
    /// tiles as the format writes them, the group's first. Blocks, and uses all threads.
    ///
    /// # Errors
    /// When there is no such layer, tiles are broken, or soon after `stop` becomes true.
    fn moments(
        &self,
        layer: Option<&str>,
        group: &CellMask,
        reference: &CellMask,
        stop: &AtomicBool,
    ) -> Result<[Vec<u8>; 2], ComputeError>;
}

/// Why nothing was computed.
#[derive(Debug, thiserror::Error)]
pub enum ComputeError {
    /// The name leads to no layer.
    #[error(transparent)]
    Layer(#[from] LayerNameError),
    /// It was told to stop.
    #[error("the computation was stopped")]
    Stopped,
    /// Tiles cannot be read.
    #[error(transparent)]
    Broken(ReadError),
}

/// A dataset as it was read.
pub struct OpenDataset {
    /// What it says of itself; what is computed on it, the server adds.
    pub description: DatasetDescription,
    /// What it holds, as a hash: cells have the same numbers only where this is the same.
    pub content_id: String,
    /// The manifest as it is sent, where that is not as it lies elsewhere: packs that are kept there in segments are whole
    /// here.
    pub sent_manifest: Option<Vec<u8>>,
    /// Its tiles.
    pub index: Arc<dyn TileIndex>,
    /// The files of its posters; of older datasets there are none.
    pub posters: Posters,
    /// What reads its labels; where there is none, its description is all that is known of it.
    pub facts: Option<Arc<dyn ReadFacts>>,
    /// What computes over its tiles; none where it has no expression.
    pub moments: Option<Arc<dyn ComputeMoments>>,
}

/// Reads manifests. Called when the server starts, and again when a manifest has changed.
pub trait ReadDataset: Send + Sync {
    /// Reads the manifest of the dataset served as `id`, whose packs are among these files.
    ///
    /// # Errors
    /// Whatever keeps the dataset from being served, as a sentence that names the file.
    fn read(&self, id: &str, manifest: &[u8], files: &Arc<dyn Files>) -> Result<OpenDataset, ReadError>;
}
