//! The datasets served, and the file that tells a page of them all.
//!
//! Folders are looked at every few seconds rather than watched through the system's notices: those do not tell of
//! changes on network file systems, where most data lies, run out at some thousand directories, and would need the same
//! look after every overflow. A look costs a `stat` per dataset.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{
    StreamExt,
    future::{join, join_all},
    stream,
};
use shared_fbs::{api::Endpoint, path::MANIFEST};
use tokio::{sync::watch, time::sleep};

use super::{
    catalog_genes::Genes,
    conditional_requests::EntityTag,
    confirmed_pack::RecentFrames,
    dataset_reader::{DatasetAddress, ReadDataset},
    entry::{Condition, Dataset, Entry, NoDataset, Reading},
    error::ServeError,
    limits::Limits,
    pack_files::{KeptOpen, PackUses},
    route::Route,
    secrets::Secrets,
    served_datasets::{Served, ServedDatasets},
    watched_folder::WatchedFolder,
};
use crate::{
    catalog::{
        AnyFolder, CatalogEntry, CatalogGenesState, Collection, DatasetFacts, FoundDataset, Original, catalog_of,
        take_out_shared_ids,
    },
    dataset_place::DatasetPlace,
};

/// Between two looks at everything, at least.
const PERIOD: Duration = Duration::from_secs(2);

/// A look may take this part of the time, as on a slow disk.
const SHARE_OF_TIME: u32 = 20;

/// How long the start waits for other hosts, which are asked several times.
const REMOTE_START_TIME: Duration = Duration::from_secs(25);

/// Manifests of other hosts that are asked for at one time.
const WATCHED_AT_ONCE: usize = 32;

/// Datasets that are read at one time for the catalog.
const READ_AT_ONCE: usize = 8;

/// All datasets served.
pub(super) struct Catalog {
    /// Those given by themselves.
    fixed: Vec<Served>,
    folders: Vec<WatchedFolder>,
    /// Those given by themselves, then those of folders.
    served: RwLock<Arc<ServedDatasets>>,
    reading: Arc<Reading>,
    /// How long one is waited for whose disk does not answer.
    look_time: Duration,
    genes: Genes,
    file: watch::Sender<Option<Arc<CatalogFile>>>,
    /// Which collections have one id, as sentences.
    shared_ids: Mutex<Vec<String>>,
    /// What is wrong and stands in the log.
    told: Mutex<HashSet<String>>,
}

/// What there is to know of a dataset.
pub(super) struct Described {
    pub(super) id: String,
    pub(super) facts: Arc<DatasetFacts>,
    pub(super) collection: Option<Arc<Collection>>,
    /// The name of its directory.
    pub(super) directory: String,
}

/// The file that tells a page of all datasets.
pub(super) struct CatalogFile {
    /// Its bytes.
    pub(super) bytes: Bytes,
    /// The tag of these bytes.
    pub(super) tag: EntityTag,
    /// Where its genes are.
    pub(super) genes: CatalogGenesState,
    made_of: Vec<Listed>,
}

/// What the file is made of. One that did not change is the same in memory.
struct Listed {
    served: Served,
    facts: Arc<DatasetFacts>,
    dataset: Arc<Dataset>,
}

impl Catalog {
    /// Reads every dataset. One that cannot be read is said in the log, and is served once its manifest has become
    /// readable; one whose disk does not answer is not waited for.
    ///
    /// # Errors
    /// When an id is no plain file name or comes twice, or no dataset can be read.
    pub(super) async fn open(
        datasets: Vec<DatasetAddress>,
        folders: Vec<AnyFolder>,
        reader: Arc<dyn ReadDataset>,
        limits: &Limits,
    ) -> Result<Self, ServeError> {
        let reading = Arc::new(Reading {
            reader,
            kept: KeptOpen::at_most(limits.open_packs),
            recent: Arc::new(RecentFrames::default()),
            remote_period: limits.remote_period,
            secrets: Arc::default(),
        });
        let mut ids = HashSet::new();
        let mut fixed = Vec::with_capacity(datasets.len());
        for DatasetAddress { id, place } in datasets {
            if !is_id(&id) {
                return Err(ServeError::DatasetId { id });
            }
            if !ids.insert(id.clone()) {
                return Err(ServeError::DuplicateDataset { id });
            }
            let entry = Arc::new(Entry::new(id, place, Arc::clone(&reading)));
            fixed.push(Served { entry, collection: None });
        }
        let catalog = Self {
            served: RwLock::new(Arc::new(ServedDatasets::of(fixed.clone()))),
            fixed,
            folders: folders.into_iter().map(WatchedFolder::new).collect(),
            reading,
            look_time: limits.look_time,
            genes: Genes::new(),
            file: watch::Sender::new(None),
            shared_ids: Mutex::default(),
            told: Mutex::default(),
        };
        catalog.scan_folders().await;
        let served = catalog.served();
        let start_time = catalog.look_time.max(REMOTE_START_TIME);
        let n_read = catalog.look_at(&served, start_time).await.len();
        catalog.tell_faults();
        let mut broken = served.iter().filter_map(|served| fault_of(&served.entry));
        match broken.next().filter(|_| n_read == 0) {
            Some(error) => Err(error),
            None => Ok(catalog),
        }
    }

    /// Every dataset that is in lists and can be read, as of its present manifest.
    pub(super) async fn datasets(&self) -> Vec<Arc<Dataset>> {
        let listed: Vec<Served> = self.served().iter().filter(|served| served.is_listed()).cloned().collect();
        self.look_at(&listed, self.look_time).await
    }

    /// The dataset of this id, or of this name where one alone has it.
    ///
    /// # Errors
    /// When there is none, or it was withdrawn.
    pub(super) fn entry(&self, id: &str) -> Result<Arc<Entry>, NoDataset> {
        let found = self.find(id)?;
        match found.withdrawal() {
            Some(reason) => Err(NoDataset::Withdrawn(reason.to_owned())),
            None => Ok(Arc::clone(&found.entry)),
        }
    }

    /// Whether a dataset is in a private collection. Never blocks for long.
    pub(super) fn is_private(&self, id: &str) -> bool {
        let collection = self.find(id).ok().and_then(|found| found.collection);
        collection.is_some_and(|collection| collection.is_private())
    }

    /// How it is with each dataset.
    pub(super) fn conditions(&self) -> Vec<Condition> {
        let condition = |served: &Served| match served.withdrawal() {
            Some(_) => Condition::Withdrawn,
            None => served.entry.condition(),
        };
        self.served().iter().map(condition).collect()
    }

    /// What must be in no log.
    pub(super) fn secrets(&self) -> &Arc<Secrets> {
        &self.reading.secrets
    }

    /// How packs were used.
    pub(super) fn pack_uses(&self) -> PackUses {
        self.reading.kept.uses()
    }

    /// What there is to know of a dataset, withdrawn or not.
    ///
    /// # Errors
    /// When there is none of this id or name, or its disk does not answer.
    pub(super) async fn described(&self, id: &str) -> Result<Described, NoDataset> {
        let found = self.find(id)?;
        self.describe(&found).await.ok_or_else(|| NoDataset::Broken(found.entry.told_fault()))
    }

    fn find(&self, id: &str) -> Result<Served, NoDataset> {
        self.served().find(id).cloned().ok_or(NoDataset::Unknown)
    }

    /// The file that a dataset was built from, where it lies beside the dataset on this machine and others may have it.
    pub(super) fn original(&self, id: &str) -> Option<Original> {
        let found = self.find(id).ok()?;
        match found.entry.place() {
            DatasetPlace::Directory(directory) => Original::of(found.collection.as_deref(), directory),
            DatasetPlace::Remote(_) => None,
        }
    }

    /// A collection, and what there is to know of its datasets that are not withdrawn.
    pub(super) async fn collection(&self, id: &str) -> Option<(Arc<Collection>, Vec<Described>)> {
        let served = self.served();
        let is_of_it = |served: &&Served| served.collection.as_ref().is_some_and(|collection| collection.id == id);
        let collection = served.iter().find(is_of_it)?.collection.clone()?;
        let of_it: Vec<&Served> =
            served.iter().filter(is_of_it).filter(|served| served.withdrawal().is_none()).collect();
        let described = join_all(of_it.into_iter().map(|served| self.describe(served))).await;
        Some((collection, described.into_iter().flatten().collect()))
    }

    async fn describe(&self, Served { entry, collection }: &Served) -> Option<Described> {
        let reading = Arc::clone(entry);
        let (facts, _) = entry.threads().run(self.look_time, move || reading.facts()).await.ok()??;
        let directory = entry.place().name();
        Some(Described { id: entry.id().to_owned(), facts, collection: collection.clone(), directory })
    }

    /// The catalog's file, once there is one.
    pub(super) async fn file(&self) -> Option<Arc<CatalogFile>> {
        let mut changes = self.file.subscribe();
        changes.wait_for(Option::is_some).await.ok()?.clone()
    }

    /// Looks at everything again and again, and never returns.
    pub(super) async fn watch(&self) {
        join(self.watch_folders(), self.watch_genes()).await;
    }

    async fn watch_folders(&self) {
        loop {
            let started = Instant::now();
            self.scan_folders().await;
            self.watch_remote().await;
            self.watch_unlisted().await;
            self.make_file().await;
            self.tell_faults();
            sleep(PERIOD.max(started.elapsed() * SHARE_OF_TIME)).await;
        }
    }

    fn served(&self) -> Arc<ServedDatasets> {
        Arc::clone(&self.served.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Other hosts may take `remote_time` for their first answer.
    async fn look_at(&self, served: &[Served], remote_time: Duration) -> Vec<Arc<Dataset>> {
        let found = served.iter().map(|Served { entry, .. }| async move {
            let looking = Arc::clone(entry);
            let time = if entry.is_remote() { remote_time } else { self.look_time };
            match entry.threads().run(time, move || looking.look()).await {
                Ok(found) => found.ok(),
                Err(_) => entry.known(),
            }
        });
        join_all(found).await.into_iter().flatten().collect()
    }

    /// Looks at the manifests of other hosts.
    async fn watch_remote(&self) {
        let entries = self.served().iter().map(|served| Arc::clone(&served.entry)).collect::<Vec<_>>();
        let time = self.look_time;
        let looks = stream::iter(entries.into_iter().filter(|entry| entry.is_remote())).map(|entry| async move {
            let looking = Arc::clone(&entry);
            entry.threads().run(time, move || looking.watch()).await
        });
        // One that is late goes on by itself.
        looks.buffer_unordered(WATCHED_AT_ONCE).for_each(|_| std::future::ready(())).await;
    }

    /// Takes up datasets that have come, and leaves out those that have gone.
    async fn scan_folders(&self) {
        if self.folders.is_empty() {
            return;
        }
        join_all(self.folders.iter().map(|folder| folder.scan(self.look_time))).await;
        let before = self.served();
        let known: HashMap<&str, &Arc<Entry>> =
            before.iter().map(|served| (served.entry.id(), &served.entry)).collect();
        let mut ids: HashSet<String> = self.fixed.iter().map(|served| served.entry.id().to_owned()).collect();
        let mut served = self.fixed.clone();
        let mut found: Vec<FoundDataset> = self.folders.iter().flat_map(WatchedFolder::found).collect();
        self.reading.secrets.follow(&found);
        let shared_ids = take_out_shared_ids(&mut found);
        *self.shared_ids.lock().unwrap_or_else(PoisonError::into_inner) = shared_ids;
        for FoundDataset { id, place, collection } in found {
            if !ids.insert(id.clone()) {
                continue;
            }
            let entry = known.get(id.as_str()).filter(|entry| *entry.place() == place);
            let entry = entry
                .map_or_else(|| Arc::new(Entry::new(id, place, Arc::clone(&self.reading))), |entry| Arc::clone(entry));
            served.push(Served { entry, collection });
        }
        for gone in before.iter().filter(|served| !ids.contains(served.entry.id())) {
            tracing::info!(dataset = %gone.entry.log_id(), "the dataset has gone");
        }
        *self.served.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ServedDatasets::of(served));
    }

    /// Says in the log what is wrong, unless it stands there already.
    fn tell_faults(&self) {
        let served = self.served();
        let broken = served.iter().filter(|served| served.withdrawal().is_none());
        let broken = broken.filter_map(|served| fault_of(&served.entry)).map(|error| error.to_string());
        let shared_ids = self.shared_ids.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let wrong: HashSet<String> = broken.chain(shared_ids).collect();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.difference(&told).for_each(|sentence| tracing::error!("{sentence}"));
        *told = wrong;
    }

    /// Looks at what is in no list, which is in the log too where it cannot be read.
    async fn watch_unlisted(&self) {
        let is_looked_at = |served: &&Served| !served.is_public() && served.withdrawal().is_none();
        let unlisted: Vec<Served> = self.served().iter().filter(is_looked_at).cloned().collect();
        self.look_at(&unlisted, self.look_time).await;
    }

    /// Makes the file anew where anything in it has changed.
    async fn make_file(&self) {
        let served: Vec<Served> = self.served().iter().filter(|served| served.is_listed()).cloned().collect();
        let listed = stream::iter(served).map(|served| async move {
            let entry = Arc::clone(&served.entry);
            let facts = served.entry.threads().run(self.look_time, move || entry.facts()).await;
            facts.ok().flatten().map(|(facts, dataset)| Listed { served, facts, dataset })
        });
        let mut listed: Vec<Listed> = listed.buffered(READ_AT_ONCE).filter_map(std::future::ready).collect().await;
        // As in the file, by which genes number their datasets.
        listed.sort_by(|a, b| a.served.entry.id().cmp(b.served.entry.id()));
        let genes = self.genes.state(listed.iter().map(|listed| listed.dataset.open.content_id.clone()).collect());
        let is_same = |file: &Arc<CatalogFile>| {
            file.made_of.len() == listed.len()
                && file.made_of.iter().zip(&listed).all(|(a, b)| a.is_same(b))
                && file.genes == genes
        };
        if !self.file.borrow().as_ref().is_some_and(is_same) {
            self.file.send_replace(Some(Arc::new(CatalogFile::of(listed, genes))));
        }
    }

    /// Reads the genes of datasets as they come, one after the other; never returns.
    async fn watch_genes(&self) {
        loop {
            if let Some(file) = self.file().await {
                let mut has_more = false;
                for Listed { served, dataset, .. } in &file.made_of {
                    has_more |= self.genes.read(&served.entry, dataset).await;
                }
                // Who searches a gene waits for them, and not for the next look at everything.
                if has_more {
                    self.make_file().await;
                }
            }
            sleep(PERIOD).await;
        }
    }

    /// The genes of all datasets.
    pub(super) fn genes(&self) -> &Genes {
        &self.genes
    }

    /// The catalog's file, if there is one by now.
    pub(super) fn file_at_hand(&self) -> Option<Arc<CatalogFile>> {
        self.file.borrow().clone()
    }
}

impl CatalogFile {
    /// The datasets that it lists.
    pub(super) fn entries(&self) -> Vec<CatalogEntry<'_>> {
        self.made_of.iter().map(Listed::entry).collect()
    }

    fn of(made_of: Vec<Listed>, genes: CatalogGenesState) -> Self {
        let entries: Vec<CatalogEntry<'_>> = made_of.iter().map(Listed::entry).collect();
        let bytes = catalog_of(&entries, &genes).encode();
        Self { tag: EntityTag::of_bytes(&bytes), bytes: bytes.into(), genes, made_of }
    }
}

impl Listed {
    fn entry(&self) -> CatalogEntry<'_> {
        let Self { served, facts, .. } = self;
        CatalogEntry { id: served.entry.id(), facts, collection: served.collection.as_deref() }
    }

    fn is_same(&self, other: &Self) -> bool {
        let collections = (&self.served.collection, &other.served.collection);
        Arc::ptr_eq(&self.served.entry, &other.served.entry)
            && Arc::ptr_eq(&self.facts, &other.facts)
            && match collections {
                (Some(a), Some(b)) => Arc::ptr_eq(a, b),
                (a, b) => a.is_none() && b.is_none(),
            }
    }
}

/// Why a dataset cannot be read that was looked at.
fn fault_of(entry: &Entry) -> Option<ServeError> {
    let fault = || ServeError::Dataset { place: entry.place().to_string(), source: entry.fault().into() };
    (entry.was_looked_at() && entry.condition() == Condition::Broken).then(fault)
}

/// An id must survive the way through an address.
fn is_id(id: &str) -> bool {
    let endpoint = Endpoint::File { id: id.into(), file: MANIFEST.into() };
    Route::parse(&format!("/{}", endpoint.address())) == Some(Route::Endpoint(endpoint.into_owned()))
}
