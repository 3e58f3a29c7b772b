//! The datasets in a folder of another host.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use remote_files::{Document, Remote, RemoteError, State};
use shared_fbs::{api::DatasetDescription, dataset_id::name_of, path::DATA_ROUTE, path::MANIFEST};

use super::{COLLECTION, Collection, Download, Folder, FoundDataset, Scan, ids};
use crate::dataset_place::DatasetPlace;

/// Between two looks at one folder: each is a request per dataset.
const PERIOD: Duration = Duration::from_secs(60);

/// The longest `collection.toml`, and list of datasets.
const MOST_BYTES: u64 = 16 << 20;

/// The file of a site, and the answer of a tile server, that lists the datasets.
const DATASETS: &str = "api/datasets";

/// A folder of datasets, wherever it lies.
#[derive(Debug)]
pub enum AnyFolder {
    /// On this machine.
    Directory(Folder),
    /// On another host.
    Remote(RemoteFolder),
}

/// A folder of datasets on another host: of an object store, whose lists tell what is in it as directories would; or of a
/// web host, which lists nothing, so that a site says it in `api/datasets`.
pub struct RemoteFolder {
    remote: Remote,
    /// The last good state of every collection, by its folder.
    collections: HashMap<String, Known>,
    last: Option<(Instant, Scan)>,
}

#[derive(Default)]
struct Known {
    tag: Option<String>,
    collection: Option<Arc<Collection>>,
    /// What is wrong with the present state.
    fault: Option<String>,
    /// What it says of datasets that are not there.
    unknown: Option<String>,
}

/// A collection that could never be read.
struct Unreadable;

/// Whether a folder has a `collection.toml`, as its list says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CollectionFile {
    Absent,
    Present,
}

impl CollectionFile {
    fn among(files: &[String]) -> Self {
        if files.iter().any(|file| file == COLLECTION) { Self::Present } else { Self::Absent }
    }
}

impl AnyFolder {
    /// Where it lies.
    pub fn place(&self) -> String {
        match self {
            Self::Directory(folder) => folder.path().display().to_string(),
            Self::Remote(folder) => folder.remote.place().to_string(),
        }
    }

    /// Looks for datasets; see [`Folder::scan`].
    ///
    /// # Errors
    /// When the folder cannot be listed, as a sentence.
    pub fn scan(&mut self) -> Result<Scan, String> {
        match self {
            Self::Directory(folder) => folder.scan().map_err(|error| error.to_string()),
            Self::Remote(folder) => folder.scan().map_err(|error| error.to_string()),
        }
    }
}

impl From<Folder> for AnyFolder {
    fn from(folder: Folder) -> Self {
        Self::Directory(folder)
    }
}

impl RemoteFolder {
    /// The folder at this place.
    pub fn new(remote: Remote) -> Self {
        Self { remote, collections: HashMap::new(), last: None }
    }

    /// What is in it, or was when it was last looked at, not long ago. Blocks.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub fn scan(&mut self) -> Result<Scan, RemoteError> {
        if let Some((time, scan)) = &self.last
            && time.elapsed() < PERIOD
        {
            return Ok(Scan { datasets: scan.datasets.clone(), ..Scan::default() });
        }
        let outcome = if self.remote.place().scheme().is_web() { self.scan_site() } else { self.scan_store() };
        // One that cannot be listed is not asked again at once either.
        let last = outcome.as_ref().ok().cloned().or_else(|| self.last.take().map(|(_, scan)| scan));
        self.last = last.map(|scan| (Instant::now(), scan));
        outcome
    }

    fn scan_site(&self) -> Result<Scan, RemoteError> {
        let State::Present(Document { bytes, .. }) = self.remote.get(DATASETS, MOST_BYTES, None)? else {
            return Ok(Scan::default());
        };
        let datasets: Vec<DatasetDescription> = serde_json::from_slice(&bytes).map_err(|error| RemoteError::Wrong {
            url: self.remote.place().below(DATASETS).to_string(),
            reason: format!("it lists no datasets: {error}"),
        })?;
        let found = datasets.iter().map(|dataset| {
            let remote = self.remote.below(&format!("{DATA_ROUTE}/{}", dataset.id));
            let id = ids::of_place(name_of(&dataset.id), remote.place());
            FoundDataset { id, place: DatasetPlace::Remote(remote), collection: None }
        });
        Ok(Scan { datasets: found.collect(), ..Scan::default() })
    }

    fn scan_store(&mut self) -> Result<Scan, RemoteError> {
        let mut scan = Scan::default();
        let top = self.remote.list()?;
        let mut folders = vec![(self.remote.clone(), CollectionFile::among(&top.files))];
        let mut datasets = Vec::new();
        for name in top.folders.iter().filter(|name| !name.starts_with('.')) {
            let folder = self.remote.below(name);
            let files = folder.list()?.files;
            let has = |name: &str| files.iter().any(|file| file == name);
            if has(MANIFEST) {
                datasets.push((0, folder));
            } else if has(COLLECTION) {
                folders.push((folder, CollectionFile::Present));
            }
        }
        for (number, (folder, _)) in folders.iter().enumerate().skip(1) {
            for name in folder.list()?.folders.iter().filter(|name| !name.starts_with('.')) {
                let dataset = folder.below(name);
                if dataset.list()?.files.iter().any(|file| file == MANIFEST) {
                    datasets.push((number, dataset));
                }
            }
        }
        for (number, (folder, file)) in folders.iter().enumerate() {
            let Ok(collection) = self.collection(folder, *file, &mut scan.new_faults) else { continue };
            let of_it = || datasets.iter().filter(|(of, _)| *of == number).map(|(_, remote)| remote);
            if let Some(known) = self.collections.get_mut(&folder.place().to_string()) {
                let has = |name: &str| of_it().any(|dataset| dataset.place().name() == name);
                let unknown = known.collection.as_ref().and_then(|collection| collection.unknown_datasets(has));
                if known.unknown != unknown {
                    scan.new_warnings.extend(unknown.iter().map(|sentence| format!("{}: {sentence}", folder.place())));
                    known.unknown = unknown;
                }
            }
            for remote in of_it() {
                let id = id_of(remote, collection.as_deref());
                let place = DatasetPlace::Remote(remote.clone());
                scan.datasets.push(FoundDataset { id, place, collection: collection.clone() });
            }
        }
        // What was private is so still when it comes back.
        let is_private = |known: &Known| known.collection.as_ref().is_some_and(|collection| collection.is_private());
        self.collections.retain(|place, known| {
            is_private(known) || folders.iter().any(|(folder, _)| folder.place().to_string() == *place)
        });
        Ok(scan)
    }

    /// The collection of a folder, or none where it is no collection's. One that can no longer be read stays as it was.
    fn collection(
        &mut self,
        folder: &Remote,
        file: CollectionFile,
        new_faults: &mut Vec<String>,
    ) -> Result<Option<Arc<Collection>>, Unreadable> {
        let place = folder.place();
        let known = self.collections.entry(place.to_string()).or_default();
        let read = match file {
            CollectionFile::Absent => {
                known.tag = None;
                Ok(None)
            }
            CollectionFile::Present => match folder.get(COLLECTION, MOST_BYTES, known.tag.as_deref()) {
                Ok(State::Unchanged) => return known.outcome(),
                Ok(State::Present(Document { bytes, tag, .. })) => {
                    known.tag = tag;
                    let read = Collection::parse(&String::from_utf8_lossy(&bytes), place.name());
                    read.map(Some).map_err(|error| format!("{place}: {error}"))
                }
                Err(error) => Err(error.to_string()),
            },
        };
        let followed = read.and_then(|read| {
            Collection::following(known.collection.as_deref(), read).map_err(|error| format!("{place}: {error}"))
        });
        let fault = match followed {
            Ok(mut read) => {
                // Original files are offered from directories of this machine only.
                for note in read.iter_mut().flat_map(|read| read.datasets.values_mut()) {
                    note.file.take_if(|file| matches!(file, Download::Here(_)));
                }
                // One that did not change is the same in memory.
                if known.collection.as_deref() != read.as_ref() {
                    known.collection = read.map(Arc::new);
                }
                None
            }
            Err(fault) => Some(fault),
        };
        if fault != known.fault {
            new_faults.extend(fault.clone());
            known.fault = fault;
        }
        known.outcome()
    }
}

impl Known {
    fn outcome(&self) -> Result<Option<Arc<Collection>>, Unreadable> {
        if self.fault.is_some() && self.collection.is_none() { Err(Unreadable) } else { Ok(self.collection.clone()) }
    }
}

impl std::fmt::Debug for RemoteFolder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.remote.place())
    }
}

/// Datasets of a private collection have its id in theirs, so that none can be guessed either.
fn id_of(dataset: &Remote, collection: Option<&Collection>) -> String {
    let place = dataset.place();
    match collection.filter(|collection| collection.is_private()) {
        Some(collection) => format!("{}-{}", ids::plain(place.name()), collection.id),
        None => ids::of_place(place.name(), place),
    }
}
