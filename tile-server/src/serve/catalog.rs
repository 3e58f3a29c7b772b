//! The datasets served, read anew when their manifest changes, and the files that may leave their
//! directories.

use std::{
    collections::HashSet,
    fs::{self, File, Metadata},
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use shared_fbs::{
    api::Endpoint,
    dataset_id::name_of,
    path::{MANIFEST, is_pack_file},
};

use super::{
    dataset::{DatasetDirectory, OpenDataset, ReadDataset, ReadError},
    error::ServeError,
    route::Route,
};

/// All datasets served, in the order given.
pub(super) struct Catalog {
    entries: Vec<Entry>,
    reader: Arc<dyn ReadDataset>,
}

struct Entry {
    id: String,
    directory: PathBuf,
    known: RwLock<Known>,
}

/// The last good state of a dataset, if there was one, and the manifest that was last looked at, good or not.
struct Known {
    dataset: Option<Arc<Dataset>>,
    seen: Option<Stamp>,
}

/// A dataset as of one state of its manifest.
pub(super) struct Dataset {
    /// What the manifest says.
    pub(super) open: OpenDataset,
    directory: PathBuf,
    files: HashSet<String>,
}

/// Tells two states of a manifest apart without reading it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    len: u64,
}

impl Catalog {
    /// Reads every dataset. One that cannot be read is said in the log, and is served once its manifest has become
    /// readable.
    ///
    /// # Errors
    /// When an id is no plain file name or comes twice, or no dataset can be read.
    pub(super) fn open(datasets: Vec<DatasetDirectory>, reader: Arc<dyn ReadDataset>) -> Result<Self, ServeError> {
        let mut seen = HashSet::new();
        let mut entries = Vec::with_capacity(datasets.len());
        let mut refused = None;
        for DatasetDirectory { id, directory } in datasets {
            if !is_id(&id) {
                return Err(ServeError::DatasetId { id });
            }
            if !seen.insert(id.clone()) {
                return Err(ServeError::DuplicateDataset { id });
            }
            // Taken before the manifest is read, so that a change in between is seen next time.
            let seen = Stamp::of_manifest(&directory);
            let dataset = match read(reader.as_ref(), &id, &directory) {
                Ok(dataset) => Some(Arc::new(dataset)),
                Err(source) => {
                    let error = ServeError::Dataset { directory: directory.clone(), source };
                    refused.replace(error).inspect(|earlier| tracing::error!("{earlier}"));
                    None
                }
            };
            entries.push(Entry { id, directory, known: RwLock::new(Known { dataset, seen }) });
        }
        let catalog = Self { entries, reader };
        match refused {
            Some(error) if catalog.datasets().is_empty() => Err(error),
            Some(error) => {
                tracing::error!("{error}");
                Ok(catalog)
            }
            None => Ok(catalog),
        }
    }

    /// Every dataset that can be read, as of its present manifest. Blocks for a `stat` each.
    pub(super) fn datasets(&self) -> Vec<Arc<Dataset>> {
        self.entries.iter().filter_map(|entry| entry.refreshed(self.reader.as_ref())).collect()
    }

    /// The dataset of this id, or of this name where one alone has it, as of its present manifest. Blocks for a `stat`.
    pub(super) fn dataset(&self, id: &str) -> Option<Arc<Dataset>> {
        let entry = self.entries.iter().find(|entry| entry.id == id).or_else(|| self.named(id))?;
        entry.refreshed(self.reader.as_ref())
    }

    fn named(&self, name: &str) -> Option<&Entry> {
        let mut named = self.entries.iter().filter(|entry| name_of(&entry.id) == name);
        named.next().filter(|_| named.next().is_none())
    }
}

impl Entry {
    /// The dataset as of its present manifest. One that cannot be read leaves the last good state in
    /// place, and is not tried again until it changes.
    fn refreshed(&self, reader: &dyn ReadDataset) -> Option<Arc<Dataset>> {
        let seen = Stamp::of_manifest(&self.directory);
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if known.seen == seen {
                return known.dataset.clone();
            }
        }
        let outcome = read(reader, &self.id, &self.directory);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.seen = seen;
        match outcome {
            Ok(dataset) => {
                tracing::info!(dataset = self.id, "the manifest has changed and was read again");
                known.dataset = Some(Arc::new(dataset));
            }
            Err(error) => tracing::warn!(dataset = self.id, %error, "the changed manifest cannot be read"),
        }
        known.dataset.clone()
    }
}

impl Dataset {
    /// Opens a file of the dataset: the manifest, or a pack that the manifest names. None where the
    /// dataset has no such file. Blocks.
    ///
    /// # Errors
    /// When the file cannot be opened, is no plain file, or is a link that leads out of the directory.
    pub(super) fn open_file(&self, name: &str) -> io::Result<Option<(File, Metadata)>> {
        if !self.files.contains(name) {
            return Ok(None);
        }
        open_within(&self.directory, Path::new(name)).map(Some)
    }
}

/// Opens the plain file `name` beneath `root`, a canonical directory, following only links that stay
/// within it.
///
/// # Errors
/// When there is no such file, it lies elsewhere, it is no plain file, or it cannot be opened.
pub(super) fn open_within(root: &Path, name: &Path) -> io::Result<(File, Metadata)> {
    let path = root.join(name).canonicalize()?;
    let refused = |why| Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    if !path.starts_with(root) {
        return refused("the file is a link that leads out of the directory served");
    }
    // Looked at before it is opened: to open a pipe would wait for its writer.
    if !path.metadata()?.is_file() {
        return refused("only plain files are served");
    }
    let file = File::open(&path)?;
    let metadata = file.metadata()?;
    Ok((file, metadata))
}

impl Stamp {
    /// None where there is no manifest.
    fn of_manifest(directory: &Path) -> Option<Self> {
        let metadata = fs::metadata(directory.join(MANIFEST)).ok()?;
        Some(Self { modified: metadata.modified().ok(), len: metadata.len() })
    }
}

fn read(reader: &dyn ReadDataset, id: &str, directory: &Path) -> Result<Dataset, ReadError> {
    let canonical = directory.canonicalize()?;
    let open = reader.read(id, &canonical)?;
    let mut files: HashSet<String> = open.index.files().into_iter().collect();
    // Only names that say their content may be kept by caches for ever.
    if let Some(file) = files.iter().find(|file| !is_pack_file(file)) {
        return Err(format!("the manifest names a pack `{file}`, which is no pack's name").into());
    }
    files.insert(MANIFEST.to_owned());
    Ok(Dataset { open, directory: canonical, files })
}

/// An id must survive the way through an address.
fn is_id(id: &str) -> bool {
    let endpoint = Endpoint::File { id: id.into(), file: MANIFEST.into() };
    Route::parse(&format!("/{}", endpoint.address())) == Some(Route::Endpoint(endpoint.into_owned()))
}
