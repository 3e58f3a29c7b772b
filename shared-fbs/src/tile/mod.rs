//! The tiles: one module a table of `schemas/tiles.fbs`, which specifies every encoding.
//!
//! `encode` gives the size-prefixed FlatBuffer, `decode` reads it back from inflated bytes and
//! checks that the parts agree. [`crate::frame`] makes and opens the zstd frame around it.

mod cells;
mod columns;
mod corrections;
mod directory;
mod expression;
mod image;
mod moments;
mod numbers;
mod points;

pub use cells::{Cells, WantedCells};
pub use columns::{Categories, Codes, Genes, Strings, Values};
pub use corrections::Corrections;
pub use directory::Directory;
pub use expression::{Counts, Expression, ExpressionValues};
pub use image::Image;
pub use moments::Moments;
pub use numbers::Numbers;
pub use points::{NO_POSITION, Points};

mod posting;
pub use posting::Posting;

use flatbuffers::{FlatBufferBuilder, Follow, UnionWIPOffset, Verifiable, VerifierOptions, WIPOffset};

use crate::{DecodeError, generated::tiles_generated::tessera::tiles as wire};

/// Builds a size-prefixed FlatBuffer.
fn finish(pack: impl FnOnce(&mut FlatBufferBuilder<'_>) -> WIPOffset<UnionWIPOffset>) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::with_capacity(1 << 12);
    let root = pack(&mut builder);
    builder.finish_size_prefixed(root, None);
    builder.finished_data().to_vec()
}

/// Verifies a size-prefixed FlatBuffer and gives its root.
fn root<'a, T: Follow<'a> + Verifiable + 'a>(bytes: &'a [u8], table: &'static str) -> Result<T::Inner, DecodeError> {
    let size = bytes.first_chunk::<4>().map(|size| u32::from_le_bytes(*size) as usize);
    if size.and_then(|size| size.checked_add(4)) != Some(bytes.len()) {
        let reason = "its size prefix does not match its length".to_owned();
        return Err(DecodeError::Invalid { table, reason });
    }
    let options = VerifierOptions { max_tables: 1 << 10, ..VerifierOptions::default() };
    flatbuffers::size_prefixed_root_with_opts::<T>(&options, bytes).map_err(|error| DecodeError::invalid(table, &error))
}

/// The error of parts that contradict each other.
fn inconsistent(table: &'static str, reason: &'static str) -> DecodeError {
    DecodeError::Inconsistent { table, reason }
}
