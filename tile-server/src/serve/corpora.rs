//! `/corpora/{id}/{file}`: corpora of gene expression, each a manifest and the packs that it names, in a directory or in a
//! folder of another host.

use std::{
    collections::{BTreeSet, HashMap},
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use corpus::native::FileCorpus;
use http::{Response, request};
use remote_files::{Document, Remote, State as RemoteState};
use shared_fbs::{
    api::Endpoint,
    corpus::{Corpus as Manifest, Part},
    dataset_id::name_of,
    path::{CORPUS, content_hash, is_pack_file},
};
use tessera::{dataset::MOST_MANIFEST_BYTES, packs::PackIndex, tiles::FileTiles};
use xxhash_rust::xxh64::xxh64;

use super::{
    answer_file::{self, opened_pack},
    asked::{Asked, Declined},
    body::Body,
    conditional_requests::EntityTag,
    confined_file::OpenFile,
    confirmed_pack::RecentFrames,
    dataset_reader::{PackDescription, PlacedFrame, ReadError, TileIndex},
    disk_threads::DiskThreads,
    dispatch::State,
    error::ServeError,
    exchange::Exchange,
    file_reading::{Patience, SharedFile},
    limits::Limits,
    pack_files::{KeptOpen, PackFiles, PackSource},
    responses,
    tessera_reader::{confirmed_frame, described, stem},
};
use crate::{dataset_place::DatasetPlace, file_stamp::FileStamp};

/// A corpus to serve.
#[derive(Clone, Debug, PartialEq)]
pub struct CorpusAddress {
    /// What it is called in addresses.
    pub id: String,
    /// Where it lies.
    pub place: DatasetPlace,
}

/// The datasets of a corpus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorpusDatasets {
    /// The id of the corpus.
    pub id: String,
    names: BTreeSet<String>,
}

impl CorpusDatasets {
    /// Those of the corpus of this id.
    pub fn of(id: &str, manifest: &Manifest) -> Self {
        let names = manifest.sources.iter().map(|source| name_of(&source.id).to_owned()).collect();
        Self { id: id.to_owned(), names }
    }

    /// The addresses of the pages of the corpora that have a dataset of this id, with spaces between them. A corpus knows a
    /// dataset by its name.
    pub fn pages_with<'a>(corpora: impl Iterator<Item = &'a Self>, dataset: &str) -> String {
        Self::pages_of(corpora.filter(|corpus| corpus.names.contains(name_of(dataset))))
    }

    /// The addresses of the pages of corpora, with spaces between them.
    pub fn pages_of<'a>(corpora: impl Iterator<Item = &'a Self>) -> String {
        let pages: BTreeSet<String> =
            corpora.map(|corpus| Endpoint::CorpusPage { id: corpus.id.as_str().into() }.address()).collect();
        pages.into_iter().collect::<Vec<_>>().join(" ")
    }
}

/// All corpora that are served, by their ids.
pub(super) struct Corpora(RwLock<Arc<HashMap<String, Arc<Corpus>>>>);

/// One of them.
pub(super) struct Corpus {
    source: Source,
    /// Those that it was made of when it was opened; none of a corpus of another host.
    datasets: CorpusDatasets,
    /// The state of its manifest then.
    stamp: Option<FileStamp>,
    threads: DiskThreads,
}

enum Source {
    /// A directory, by its canonical path.
    Directory(PathBuf),
    /// A folder of another host.
    Remote(Elsewhere),
}

/// A corpus of another host.
struct Elsewhere {
    remote: Remote,
    kept: Arc<KeptOpen>,
    recent: Arc<RecentFrames>,
    seen: Mutex<Option<Seen>>,
}

/// A state of a corpus of another host.
#[derive(Clone)]
struct Seen {
    tag: Option<String>,
    /// The manifest as it is sent.
    manifest: OpenFile,
    packs: Arc<PackFiles>,
}

/// The tiles of a corpus.
struct CorpusTiles {
    tiles: FileTiles,
    /// The number of each pack, by the stem of its file's name.
    by_stem: HashMap<String, usize>,
}

impl Corpora {
    /// Looks each of them up.
    ///
    /// # Errors
    /// When an id comes twice, or a directory cannot be read.
    pub(super) fn open(corpora: Vec<CorpusAddress>, limits: &Limits) -> Result<Self, ServeError> {
        let mut opened = HashMap::new();
        let (kept, recent) = (KeptOpen::at_most(limits.open_packs), Arc::new(RecentFrames::default()));
        for CorpusAddress { id, place } in corpora {
            let corpus = match place {
                DatasetPlace::Directory(directory) => Corpus::open(&id, &directory)?,
                // It is looked at when somebody asks, as it may be there later.
                DatasetPlace::Remote(remote) => {
                    let (kept, recent) = (Arc::clone(&kept), Arc::clone(&recent));
                    let source = Source::Remote(Elsewhere { remote, kept, recent, seen: Mutex::default() });
                    let datasets = CorpusDatasets::of(&id, &Manifest::default());
                    Corpus { source, datasets, stamp: None, threads: DiskThreads::default() }
                }
            };
            if opened.insert(id.clone(), Arc::new(corpus)).is_some() {
                return Err(ServeError::DuplicateCorpus { id });
            }
        }
        Ok(Self(RwLock::new(Arc::new(opened))))
    }

    /// Those that are served now.
    pub(super) fn served(&self) -> Arc<HashMap<String, Arc<Corpus>>> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Serves others from now on.
    pub(super) fn replace(&self, corpora: HashMap<String, Arc<Corpus>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(corpora);
    }

    /// The addresses of the pages of corpora that have a dataset of this id, with spaces between them.
    pub(super) fn with_dataset(&self, dataset: &str) -> String {
        CorpusDatasets::pages_with(self.served().values().map(|corpus| &corpus.datasets), dataset)
    }

    /// The addresses of the pages of all corpora, with spaces between them.
    pub(super) fn pages(&self) -> String {
        CorpusDatasets::pages_of(self.served().values().map(|corpus| &corpus.datasets))
    }

    /// The corpus of an id.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Corpus>> {
        self.served().get(id).cloned()
    }
}

impl Corpus {
    /// The corpus of a directory, which is called so. Blocks.
    ///
    /// # Errors
    /// [`ServeError::Corpus`].
    pub(super) fn open(id: &str, directory: &Path) -> Result<Self, ServeError> {
        let root = directory.canonicalize().and_then(|root| {
            OpenFile::within(&root, Path::new(CORPUS))?;
            let stamp = FileStamp::at(&root.join(CORPUS));
            let manifest = fs::read(root.join(CORPUS))?;
            Ok((root, stamp, manifest))
        });
        let (root, stamp, manifest) =
            root.map_err(|source| ServeError::Corpus { directory: directory.to_owned(), source })?;
        // A manifest that cannot be read is for its own page to tell of.
        let datasets = CorpusDatasets::of(id, &Manifest::decode(&manifest).unwrap_or_default());
        Ok(Self { source: Source::Directory(root), datasets, stamp, threads: DiskThreads::default() })
    }

    /// Its canonical directory; none of a corpus of another host.
    pub(super) fn root(&self) -> Option<&Path> {
        match &self.source {
            Source::Directory(root) => Some(root),
            Source::Remote(_) => None,
        }
    }

    /// The corpus as it is now, for questions. Blocks.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn opened(&self) -> Result<FileCorpus, ReadError> {
        match &self.source {
            Source::Directory(root) => Ok(corpus::native::open(root)?),
            Source::Remote(elsewhere) => elsewhere.opened(),
        }
    }

    /// The state of its manifest when it was opened.
    pub(super) fn stamp(&self) -> Option<FileStamp> {
        self.stamp
    }
}

/// Answers for a file of a corpus.
pub(super) async fn file(
    state: &Arc<State>,
    request: request::Parts,
    exchange: Arc<Exchange>,
    id: &str,
    name: String,
) -> Response<Body> {
    let Some(corpus) = state.corpora.get(id) else {
        return responses::not_found("No corpus of this name is served.");
    };
    if name != CORPUS && !is_pack_file(&name) {
        return responses::not_found("The corpus has no such file.");
    }
    let (threads, corpus, limits) = (corpus.threads.clone(), Arc::clone(&corpus), state.limits.clone());
    let answer = threads.run(state.limits.answer_time, move || {
        let asked = Asked { request: &request, exchange: &exchange, limits: &limits, patience: Patience::MayWait };
        let file = match corpus.source.open(&asked, &name) {
            Ok(file) => file,
            Err(Declined::Answer(response)) => return *response,
            Err(Declined::NotAtHand) => return responses::late(),
        };
        let (tag, caching) = match content_hash(&name) {
            Some(hash) => (EntityTag::of_pack(hash, file.n_bytes), responses::IMMUTABLE),
            None => (EntityTag::of_mutable(&file.stamp), responses::REVALIDATE),
        };
        answer_file::send_octets(&asked, &corpus.threads, &file, &tag, caching)
    });
    answer.await.unwrap_or_else(|error| responses::no_outcome(&error))
}

impl Source {
    /// Opens a file of the corpus. Blocks.
    fn open(&self, asked: &Asked<'_>, name: &str) -> Result<OpenFile, Declined> {
        match self {
            Self::Directory(root) => OpenFile::within(root, Path::new(name)).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => responses::not_found("The corpus has no such file.").into(),
                _ => responses::failure("A file of the corpus cannot be opened.", &error).into(),
            }),
            Self::Remote(elsewhere) => {
                let failed = |error: ReadError| -> Declined {
                    responses::failure("The corpus cannot be read where it lies.", &*error).into()
                };
                if name == CORPUS {
                    return Ok(elsewhere.look().map_err(failed)?.manifest);
                }
                let seen = elsewhere.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let seen = match seen {
                    Some(seen) if seen.packs.has(name) => seen,
                    // Perhaps it has changed.
                    Some(_) | None => elsewhere.look().map_err(failed)?,
                };
                opened_pack(asked, &seen.packs, name)
            }
        }
    }
}

impl Elsewhere {
    /// The corpus as it is now. Blocks.
    fn opened(&self) -> Result<FileCorpus, ReadError> {
        let bytes = match self.remote.get(CORPUS, MOST_MANIFEST_BYTES, None)? {
            RemoteState::Present(document) => document.bytes,
            RemoteState::Unchanged => return Err("its host says that it has not changed".into()),
        };
        Ok(corpus::native::of_manifest(&DatasetPlace::Remote(self.remote.clone()).files(), decoded(&bytes)?))
    }

    /// What the corpus is now. Blocks.
    fn look(&self) -> Result<Seen, ReadError> {
        let before = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let known_tag = before.as_ref().and_then(|seen| seen.tag.as_deref());
        let document = match (self.remote.get(CORPUS, MOST_MANIFEST_BYTES, known_tag)?, before) {
            (RemoteState::Unchanged, Some(before)) => return Ok(before),
            (RemoteState::Unchanged, None) => return Err("its host says that it has not changed".into()),
            (RemoteState::Present(document), _) => document,
        };
        let Document { bytes, tag, modified } = document;
        let manifest = decoded(&bytes)?;
        let place = DatasetPlace::Remote(self.remote.clone());
        let index: Arc<dyn TileIndex> = Arc::new(CorpusTiles::of(&place, &manifest));
        // Packs that are kept there in segments are whole here.
        let is_whole = manifest.parts.iter().flat_map(|part| &part.packs).all(|pack| pack.segments.is_none());
        let sent = if is_whole { bytes } else { manifest.without_segments().encode().into() };
        let stamp = FileStamp::elsewhere(sent.len() as u64, modified, xxh64(&sent, 0));
        let source = PackSource::Remote {
            remote: self.remote.clone(),
            index: Arc::clone(&index),
            recent: Arc::clone(&self.recent),
        };
        let seen = Seen {
            tag,
            manifest: OpenFile::elsewhere(SharedFile::in_memory(sent), stamp),
            packs: Arc::new(PackFiles::new(source, index.packs(), Arc::clone(&self.kept))),
        };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen.clone());
        Ok(seen)
    }
}

fn decoded(manifest: &[u8]) -> Result<Manifest, ReadError> {
    Ok(Manifest::decode(manifest).map_err(|error| format!("{CORPUS}: {error}"))?)
}

impl CorpusTiles {
    fn of(place: &DatasetPlace, manifest: &Manifest) -> Self {
        let tiles = FileTiles::of_packs(&place.files(), manifest.parts.iter().flat_map(Part::dataset_packs));
        let by_stem = tiles.packs().iter().enumerate().map(|(number, pack)| (stem(pack.file()), number)).collect();
        Self { tiles, by_stem }
    }

    fn pack(&self, stem: &str) -> Option<&PackIndex> {
        Some(&self.tiles.packs()[*self.by_stem.get(stem)?])
    }
}

impl TileIndex for CorpusTiles {
    fn packs(&self) -> Vec<PackDescription> {
        self.tiles.packs().iter().map(described).collect()
    }

    fn locate(&self, pack: &str, index: u32) -> Result<Option<Range<u64>>, ReadError> {
        let Some(pack) = self.pack(pack) else { return Ok(None) };
        Ok(pack.slot(index)?.map(|slot| slot.range()))
    }

    fn locate_at_hand(&self, pack: &str, index: u32) -> Option<Range<u64>> {
        Some(self.pack(pack)?.slot_at_hand(index)?.range())
    }

    fn confirmed(&self, pack: &str, offset: u64) -> Result<Option<PlacedFrame>, ReadError> {
        self.pack(pack).map_or(Ok(None), |pack| confirmed_frame(pack, offset))
    }

    fn prepare(&self, pack: &str, ranges: &[Range<u64>]) -> io::Result<()> {
        self.pack(pack).map_or(Ok(()), |pack| pack.prepare(ranges))
    }
}
