//! Files of the user's own as the reader of AnnData sees them in a worker of the page: read by slices, never as a whole.

mod cached;
mod slices;

pub use cached::{Cached, ReadSlice};
pub use slices::{Changed, SliceReader, Slices};
