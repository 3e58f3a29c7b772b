//! Datasets and folders on other hosts, as arguments name them.

use std::{
    path::PathBuf,
    str::FromStr,
    sync::{Arc, OnceLock},
};

use anyhow::Result;
use clap::Args;
use remote_files::{Access, CacheOptions, Options, Place, Remote, RemoteError, Stores};
use shared_fbs::path::MANIFEST;
use tile_server::{
    catalog::{AnyFolder, RemoteFolder, ids},
    dataset_place::{self, DatasetPlace, OpenError, folder_of},
    serve::DatasetAddress,
};

use super::{
    cache::users_caches,
    serve::{Found, NothingToServe},
    terminal,
};

/// What places are, as `--help` tells it.
pub const PLACES: &str = "\
Places:
  s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX and https://HOST/PATH/ are read where they lie: a dataset,
  a folder of datasets, or a site that `export` wrote; on a web host a folder must have the file api/datasets of a site.
  An address of a manifest.tsm or of a page of the Explorer (https://HOST/d/ID) stands for its dataset, pages of Zenodo
  and Hugging Face for their files.
  Credentials come from the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT (with
  AWS_ALLOW_HTTP=true for http); GOOGLE_APPLICATION_CREDENTIALS; AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY;
  or the role of the machine. What is sent is what the checksums of the manifest confirm.";

/// The same for commands that read one dataset.
pub const DATASET_PLACES: &str = "\
Places:
  A dataset at s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX or https://HOST/PATH/ is read where it lies,
  and so is that of a page of the Explorer, https://HOST/d/ID.
  Credentials come from the environment, as `tile-server serve --help` tells.";

/// How places on other hosts are read.
#[derive(Args)]
pub struct RemoteArguments {
    /// Where parts of datasets on other hosts are kept [default: among the user's caches]
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// The most that is kept of datasets on other hosts, such as 500M or 20G; 0 keeps nothing
    #[arg(long, value_name = "SIZE", default_value = "10G")]
    cache_size: CacheSize,
    /// Ask other hosts without credentials, as for public buckets
    #[arg(long)]
    anonymous: bool,
    /// What reads them, once it was asked for.
    #[arg(skip)]
    stores: OnceLock<Arc<Stores>>,
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CacheSize(u64);

/// A text is no size of a cache.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no size of 64M or more; write one like 500M or 20G, or 0 for none")]
pub struct NoSize(String);

impl FromStr for CacheSize {
    type Err = NoSize;

    fn from_str(text: &str) -> Result<Self, NoSize> {
        if text == "0" {
            return Ok(Self(0));
        }
        let upper = text.to_ascii_uppercase();
        let sizes = [('M', 1_u64 << 20), ('G', 1 << 30), ('T', 1 << 40)];
        let size =
            sizes.iter().find_map(|&(unit, bytes)| upper.strip_suffix(unit)?.parse::<u64>().ok()?.checked_mul(bytes));
        size.filter(|&size| size >= 64 << 20).map(Self).ok_or_else(|| NoSize(text.to_owned()))
    }
}

impl RemoteArguments {
    /// What reads places on other hosts.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn stores(&self) -> Result<Arc<Stores>> {
        if let Some(stores) = self.stores.get() {
            return Ok(Arc::clone(stores));
        }
        let stores = self.stores_of_size(self.cache_size.0)?;
        Ok(Arc::clone(self.stores.get_or_init(|| stores)))
    }

    /// What reads them and keeps nothing.
    ///
    /// # Errors
    /// As [`RemoteArguments::stores`].
    pub fn stores_without_cache(&self) -> Result<Arc<Stores>> {
        self.stores_of_size(0)
    }

    fn stores_of_size(&self, most_bytes: u64) -> Result<Arc<Stores>> {
        let directory = self.cache_dir.clone().or_else(|| Some(users_caches()?.join("tessera/blocks")));
        if directory.is_none() && most_bytes > 0 {
            terminal::say(
                "nothing is kept of other hosts' datasets: there is no place for caches; name one with --cache-dir",
            );
        }
        let cache = directory.filter(|_| most_bytes > 0).map(|directory| CacheOptions { directory, most_bytes });
        let access = if self.anonymous { Access::Anonymous } else { Access::Environment };
        Ok(Stores::new(Options { access, cache, ..Options::default() })?)
    }
}

/// The error of a place as the one that lies in it, which has the exit code.
pub fn of_place(error: OpenError) -> anyhow::Error {
    match error {
        OpenError::Place(error) => error.into(),
        OpenError::Remote(error) => error.into(),
        OpenError::Dataset(error) => error.into(),
    }
}

/// The folder at a place, or the one of the file that it names, which has a manifest of this name.
///
/// # Errors
/// When it is no place, or needs credentials that there are none of.
pub fn folder_with(text: &str, manifest: &str, stores: &Arc<Stores>) -> Result<Remote> {
    Ok(dataset_place::folder_with(Place::parse(text)?, manifest, stores)?)
}

/// What a place has: a dataset, or a folder of datasets. One that does not answer now may be a dataset.
///
/// # Errors
/// When it has neither, or may not be read.
pub fn find(text: &str, stores: &Arc<Stores>) -> Result<Found> {
    let remote = folder_of(text, stores).map_err(of_place)?;
    match remote.head(MANIFEST) {
        Ok(_) => Ok(dataset(remote)),
        Err(error) if error.may_pass() => {
            terminal::say(&format!("{error}; it is taken for a dataset and asked again"));
            Ok(dataset(remote))
        }
        Err(error) => folder_at(remote, error),
    }
}

fn dataset(remote: Remote) -> Found {
    let id = ids::of_place(remote.place().name(), remote.place());
    Found::Dataset(DatasetAddress { id, place: DatasetPlace::Remote(remote) })
}

/// A folder of datasets, if it is one. Otherwise, where it may not even be listed, what was said of its manifest counts.
fn folder_at(remote: Remote, no_manifest: RemoteError) -> Result<Found> {
    let place = remote.place().to_string();
    let mut folder = RemoteFolder::new(remote);
    let scan = match folder.scan() {
        Ok(scan) => scan,
        Err(RemoteError::NotFound { .. }) => return Err(NothingToServe::at(place, &[]).into()),
        Err(_) if matches!(no_manifest, RemoteError::Denied { .. }) => return Err(no_manifest.into()),
        Err(error) => return Err(error.into()),
    };
    if scan.datasets.is_empty() {
        return Err(NothingToServe::at(place, &scan.new_faults).into());
    }
    scan.new_warnings.iter().for_each(|warning| terminal::say(&format!("warning: {warning}")));
    scan.new_faults.iter().for_each(|fault| terminal::say(&format!("error: {fault}")));
    let ids = scan.datasets.into_iter().map(|found| found.id).collect();
    Ok(Found::Folder { folder: AnyFolder::Remote(folder), ids })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        let size = |text: &str| text.parse::<CacheSize>().map(|size| size.0).ok();
        assert_eq!(size("0"), Some(0));
        assert_eq!(size("64M"), Some(64 << 20));
        assert_eq!(size("20g"), Some(20 << 30));
        for text in ["", "63M", "10", "1.5G", "-1G", "G", "99999999999T"] {
            assert_eq!(size(text), None, "{text}");
        }
    }
}
