//! A dataset as an argument names it: its directory, or its place on another host.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Result;
use clap::Args;
use tessera::{
    dataset::Dataset,
    files::{Directory, Files},
};
use tile_server::dataset_place::open_remote;

use super::{
    remote_inputs::{RemoteArguments, of_place},
    serve::place_of,
};

/// A dataset.
#[derive(Args)]
pub struct DatasetArgument {
    /// The dataset directory, or its place on another host
    #[arg(value_name = "PLACE")]
    place: PathBuf,
    #[command(flatten)]
    remote: RemoteArguments,
}

/// Whether what was read of other hosts earlier will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It will: files are named by their content.
    Kept,
    /// All is asked for anew.
    Anew,
}

impl DatasetArgument {
    /// The place, as it was named.
    pub fn path(&self) -> &Path {
        &self.place
    }

    /// The dataset, and its files.
    ///
    /// # Errors
    /// When there is none, or its manifest cannot be read.
    pub fn open(&self, freshness: Freshness) -> Result<(Dataset, Arc<dyn Files>)> {
        let Some(text) = place_of(&self.place) else {
            return Ok((Dataset::open(&self.place)?, Arc::new(Directory(self.place.clone()))));
        };
        let stores = match freshness {
            Freshness::Kept => self.remote.stores()?,
            Freshness::Anew => self.remote.stores_without_cache()?,
        };
        open_remote(text, &stores).map_err(of_place)
    }
}
