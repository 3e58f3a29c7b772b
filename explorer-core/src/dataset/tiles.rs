//! What a reader of datasets asks of a host.

use shared_fbs::manifest::Pack;

use super::DatasetError;

/// What is fetched first when not everything can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// The picture and what the user has just asked for.
    Now,
    /// What the page shows next to it.
    Soon,
    /// What may be wanted later, and long computations.
    Background,
}

/// How many tiles a long computation asks for at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Tiles of genes, which have some kilobytes each.
    pub gene_tiles: u32,
    /// Tiles of moments and of cells, which have some hundred kilobytes each.
    pub parts: usize,
    /// Batches asked for ahead of the one that is computed, itself included.
    pub batches_ahead: usize,
}

impl Pace {
    /// For tiles that are at hand: no more at a time than a processor's cache holds.
    pub const AT_HAND: Self = Self { gene_tiles: 16, parts: 1, batches_ahead: 1 };

    /// For tiles that come over a network.
    pub const OVER_NETWORK: Self = Self { gene_tiles: 256, parts: 16, batches_ahead: 2 };
}

/// Where the tiles of one dataset come from.
///
/// Nothing here asks for `Send`: whether the future of a read may change threads is seen from its type, for each
/// implementation by itself. In the page nothing is `Send`; futures of files and of native HTTP clients are.
pub trait Tiles {
    /// A tile's inflated bytes.
    type Bytes: AsRef<[u8]>;

    /// Why a tile cannot be read.
    type Error: From<DatasetError>;

    /// How many tiles a long computation asks for at a time.
    const PACE: Pace;

    /// The inflated, verified bytes of tiles of a pack: one answer per tile, in the order asked. Each error names its
    /// tile; a broken tile leaves the others whole. Dropping the future cancels what nobody else waits for.
    fn tiles(
        &self,
        pack: &Pack,
        tiles: &[u32],
        priority: Priority,
    ) -> impl Future<Output = Vec<Result<Self::Bytes, Self::Error>>>;

    /// Awaited between two tiles: where this thread also answers a user, it returns once that was done.
    fn breathe(&self) -> impl Future<Output = ()> {
        std::future::ready(())
    }
}
