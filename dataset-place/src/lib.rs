//! Where a dataset lies: in a directory, or in an object store or on a web host. The server, the command line and the Python
//! package read datasets through this.

mod open;
mod place;

pub use open::{OpenError, folder_of, folder_with, manifest_of, open_remote};
pub use place::DatasetPlace;
