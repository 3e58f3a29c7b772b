//! What is wrong with a dataset, or with a question to it.

use shared_fbs::{DecodeError, LayerNameError, TileKey};

use crate::{data::assemble::AssembleError, de::MomentsError};

/// A dataset that does not hold what was asked for, or not what it says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatasetError {
    /// The manifest names no such thing.
    #[error("the dataset has no {kind} `{name}`")]
    Unknown {
        /// What kind of thing.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A name leads to no layer.
    #[error(transparent)]
    Layer(#[from] LayerNameError),
    /// A tile is damaged.
    #[error("tile {tile} is broken: {damage}")]
    Tile {
        /// The tile, or the first of several that do not fit together.
        tile: TileKey,
        /// What is wrong with it.
        damage: Damage,
    },
    /// The tiles are whole, but their sums contradict each other.
    #[error("layer `{layer}`: {source}")]
    Sums {
        /// Name of the layer.
        layer: String,
        /// How.
        source: MomentsError,
    },
}

/// What is wrong with a tile whose bytes are those that were written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// It cannot be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It does not fit the other tiles of its column, gene or embedding.
    #[error(transparent)]
    Assemble(#[from] AssembleError),
    /// It is of another number of genes than the manifest says.
    #[error("it has another number of genes than the manifest says")]
    Genes,
    /// It holds numbers of 64 bits, and the manifest says that they are none.
    #[error("it holds numbers of another kind than the manifest says")]
    Kind,
    /// It is of another number of cells than its place in the dataset says.
    #[error("it holds another number of cells")]
    Cells,
    /// It states fixed points that no builder chooses.
    #[error("its fixed points make no sense")]
    FixedPoints,
    /// It does not say how large the values of genes are.
    #[error("it does not tell the largest value of every gene")]
    LargestValues,
}

impl DatasetError {
    pub(super) fn unknown(kind: &'static str, name: &str) -> Self {
        Self::Unknown { kind, name: name.to_owned() }
    }

    pub(super) fn damaged(pack: &str, index: u32, damage: impl Into<Damage>) -> Self {
        Self::Tile { tile: TileKey { pack: pack.into(), index }, damage: damage.into() }
    }
}
