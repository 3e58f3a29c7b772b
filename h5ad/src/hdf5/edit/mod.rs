//! Writes HDF5: new files, and changes to a copy of one.
//!
//! A change leaves all bytes where they are: new objects go to the end, or to where replaced ones had their values, the
//! groups on the way to them are written anew, and the superblock is pointed to the new root. So whatever is not changed
//! stays as it was, in whatever form, and costs nothing.

mod array;
mod chunks;
mod group;
mod heap;
mod message;
mod object;
mod space;

use std::io;

use thiserror::Error;

use super::super::read_error::ReadError;

pub(crate) use array::{Array, Element};
pub(crate) use chunks::Chunks;
pub(crate) use group::{Change, Edit};
pub(crate) use object::{Object, put_chunks};
pub(crate) use space::Space;
pub use space::Target;

/// Why HDF5 could not be written.
#[derive(Debug, Error)]
pub(crate) enum EditError {
    /// What is there already cannot be read.
    #[error("{0}")]
    Read(#[from] ReadError),
    /// The bytes could not be written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A header has no room for it.
    #[error("an attribute, a name or the list of what is in a group is longer than the 64 kB that HDF5 takes")]
    TooLong,
    /// What is there already is of a form that is not changed.
    #[error("{0}")]
    Form(&'static str),
}
