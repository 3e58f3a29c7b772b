//! The files below one place.

use std::{
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, future::try_join_all, stream::try_unfold};
use object_store::{GetOptions, GetRange, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt, path::Path};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{sleep, timeout},
};

use crate::{
    Place, RemoteError, Stores,
    blocks::{self, File},
    error, whole_file,
};

/// How often an answer that is cut short or of another place in the file is asked for again.
const ANSWERS: usize = 3;

/// The files below one place. Clones and [folders below](Self::below) share the place's limits.
#[derive(Clone)]
pub struct Remote {
    pub(crate) host: Arc<Host>,
    place: Place,
}

/// What all files of a place share.
pub(crate) struct Host {
    pub(crate) stores: Arc<Stores>,
    store: Arc<dyn ObjectStore>,
    requests: Semaphore,
    /// Becomes true with the first range that is answered with the whole file.
    pub(crate) sends_whole_files: AtomicBool,
    pub(crate) last_whole_file: whole_file::Last,
}

/// A small file as it was at one time.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its bytes.
    pub bytes: Bytes,
    /// The host's tag of this state.
    pub tag: Option<String>,
    /// When it was written.
    pub modified: Option<SystemTime>,
}

/// What a host says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its length.
    pub n_bytes: u64,
    /// When it was written, where the host says.
    pub modified: Option<SystemTime>,
}

/// What has become of a file.
#[derive(Clone, Debug)]
pub enum State {
    /// This.
    Present(Document),
    /// The tag is still the file's.
    Unchanged,
}

/// What lies directly in a folder, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Folders.
    pub folders: Vec<String>,
    /// Files.
    pub files: Vec<String>,
}

impl Remote {
    pub(crate) fn new(stores: Arc<Stores>, store: Arc<dyn ObjectStore>, place: Place) -> Self {
        let requests = Semaphore::new(stores.limits.requests);
        let host = Host {
            stores,
            store,
            requests,
            sends_whole_files: AtomicBool::new(false),
            last_whole_file: Mutex::default(),
        };
        Self { host: Arc::new(host), place }
    }

    /// Where the files lie.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The files in a folder of this one.
    #[must_use]
    pub fn below(&self, name: &str) -> Self {
        Self { host: Arc::clone(&self.host), place: self.place.below(name) }
    }

    /// A file as it is now, past the cache, or that its tag is still this one. Blocks.
    ///
    /// # Errors
    /// [`RemoteError`]; a file of more than `most` bytes is [`RemoteError::Wrong`].
    pub fn get(&self, name: &str, most: u64, known_tag: Option<&str>) -> Result<State, RemoteError> {
        let options = GetOptions { if_none_match: known_tag.map(str::to_owned), ..GetOptions::default() };
        let place = self.place.below(name);
        let file = self.host.file(&place)?;
        self.host.wait(&file.url, async {
            let _request = self.host.request().await;
            let result = match self.host.store.get_opts(&file.path, options).await {
                Err(object_store::Error::NotModified { .. }) => return Ok(State::Unchanged),
                outcome => outcome.map_err(|error| RemoteError::of(file.url.clone(), &error))?,
            };
            let tag = result.meta.e_tag.clone();
            let modified = modified(&result.meta);
            let bytes = collect(&file, result, most).await?;
            Ok(State::Present(Document { bytes, tag, modified }))
        })
    }

    /// What the host says of a file without sending it. Blocks.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn head(&self, name: &str) -> Result<Head, RemoteError> {
        let file = self.host.file(&self.place.below(name))?;
        self.host.wait(&file.url, async {
            let _request = self.host.request().await;
            let meta = self.host.store.head(&file.path).await;
            let meta = meta.map_err(|error| RemoteError::of(file.url.clone(), &error))?;
            Ok(Head { n_bytes: meta.size, modified: modified(&meta) })
        })
    }

    /// What lies in the folder. Plain web hosts list nothing. Blocks.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn list(&self) -> Result<Listing, RemoteError> {
        let folder = self.host.file(&self.place)?;
        self.host.wait(&folder.url, async {
            let _request = self.host.request().await;
            let prefix = (!self.place.path().is_empty()).then_some(&folder.path);
            let list = self.host.store.list_with_delimiter(prefix).await;
            let list = list.map_err(|error| RemoteError::of(folder.url.clone(), &error))?;
            let name = |path: &Path| path.filename().map(str::to_owned);
            let mut folders: Vec<String> = list.common_prefixes.iter().filter_map(name).collect();
            let mut files: Vec<String> = list.objects.iter().filter_map(|object| name(&object.location)).collect();
            folders.sort();
            files.sort();
            Ok(Listing { folders, files })
        })
    }

    /// Bytes of a file that never changes and has this length, from the cache where it has them. What lies together is
    /// asked for at one time. Blocks.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn read(&self, name: &str, n_bytes: u64, range: Range<u64>) -> Result<Bytes, RemoteError> {
        let file = self.host.file(&self.place.below(name))?.of_length(n_bytes);
        if range.start >= range.end {
            return Ok(Bytes::new());
        }
        if range.end > n_bytes {
            let reason = format!("the bytes {range:?} are not in a file of {n_bytes}");
            return Err(RemoteError::Wrong { url: file.url, reason });
        }
        blocks::read(&self.host, &file, &range)
    }

    /// Sees to it that bytes of a file are in the cache, asking for all of them at one time. Blocks.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn prepare(&self, name: &str, n_bytes: u64, ranges: &[Range<u64>]) -> Result<(), RemoteError> {
        let file = self.host.file(&self.place.below(name))?.of_length(n_bytes);
        blocks::prepare(&self.host, &file, ranges)
    }

    /// Drops bytes from the cache that turned out not to be the file's, so that the next read asks the host.
    pub fn forget(&self, name: &str, n_bytes: u64, range: Range<u64>) {
        let Ok(file) = self.host.file(&self.place.below(name)) else { return };
        let file = file.of_length(n_bytes);
        blocks::lock(&self.host.last_whole_file).take();
        if let Some(cache) = &self.host.stores.cache {
            for block in blocks::of(&range) {
                cache.remove(&file.block(block));
            }
        }
    }
}

impl Host {
    /// The file at a place of this host.
    fn file(&self, place: &Place) -> Result<File, RemoteError> {
        let url = place.to_string();
        match Path::parse(place.path()) {
            Ok(path) => Ok(File { url, path, n_bytes: 0 }),
            Err(error) => Err(RemoteError::Wrong { url, reason: error.to_string() }),
        }
    }

    /// Waits for an answer, and no longer than it may.
    pub(crate) fn wait<T>(
        &self,
        url: &str,
        answer: impl Future<Output = Result<T, RemoteError>>,
    ) -> Result<T, RemoteError> {
        let time = self.stores.limits.total_time;
        let waiting = async { timeout(time, answer).await };
        let late = |_| RemoteError::Late { url: url.to_owned(), time };
        self.stores.runtime().block_on(waiting).map_err(late)?
    }

    /// A request's turn.
    async fn request(&self) -> SemaphorePermit<'_> {
        self.requests.acquire().await.expect("the semaphore is never closed")
    }

    /// A range of a file, or none where the host sends whole files only. Answers that are cut short, or of another place in
    /// the file, are asked for again.
    pub(crate) async fn range(&self, file: &File, range: &Range<u64>) -> Result<Option<Bytes>, RemoteError> {
        let time = self.stores.limits.total_time;
        let _request = self.request().await;
        let answer = async {
            let mut attempt = 1;
            loop {
                match self.range_once(file, range).await {
                    Err(error @ RemoteError::Wrong { .. }) if attempt < ANSWERS => tracing::debug!("{error}"),
                    outcome => return outcome,
                }
                sleep(Duration::from_millis(50 << attempt)).await;
                attempt += 1;
            }
        };
        timeout(time, answer).await.unwrap_or_else(|_| Err(RemoteError::Late { url: file.url.clone(), time }))
    }

    async fn range_once(&self, file: &File, range: &Range<u64>) -> Result<Option<Bytes>, RemoteError> {
        let options = GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
        let result = match self.store.get_opts(&file.path, options).await {
            Err(object_store::Error::NotSupported { .. }) => return Ok(None),
            outcome => outcome.map_err(|error| RemoteError::of(file.url.clone(), &error))?,
        };
        file.check_length(result.meta.size)?;
        let expected = range.end - range.start;
        let bytes = collect(file, result, expected).await?;
        if bytes.len() as u64 != expected {
            let reason = format!("{} bytes came of {expected}", bytes.len());
            return Err(RemoteError::Wrong { url: file.url.clone(), reason });
        }
        Ok(Some(bytes))
    }

    /// A whole file, chunk by chunk, each of which comes in time.
    pub(crate) async fn whole(
        &self,
        file: &File,
    ) -> Result<impl Stream<Item = Result<Bytes, RemoteError>> + Unpin, RemoteError> {
        let time = self.stores.limits.total_time;
        let late = || RemoteError::Late { url: file.url.clone(), time };
        let request = self.request().await;
        let result = timeout(time, self.store.get(&file.path)).await.map_err(|_| late())?;
        let result = result.map_err(|error| RemoteError::of(file.url.clone(), &error))?;
        file.check_length(result.meta.size)?;
        let url = file.url.clone();
        let chunks = try_unfold((result.into_stream(), request), move |(mut chunks, request)| {
            let url = url.clone();
            async move {
                match timeout(time, chunks.next()).await {
                    Ok(None) => Ok(None),
                    Ok(Some(Ok(chunk))) => Ok(Some((chunk, (chunks, request)))),
                    Ok(Some(Err(error))) => Err(broken_off(&url, &error)),
                    Err(_) => Err(RemoteError::Late { url, time }),
                }
            }
        });
        Ok(Box::pin(chunks))
    }

    /// Whether what is read is kept on disk.
    pub(crate) fn keeps_blocks(&self) -> bool {
        self.stores.cache.as_ref().is_some_and(|cache| !cache.is_paused())
    }

    /// Whether ranges are asked for in vain.
    pub(crate) fn has_no_ranges(&self) -> bool {
        self.sends_whole_files.load(Ordering::Relaxed)
    }

    /// Waits for all of these, and no longer than for one.
    pub(crate) fn wait_for_all<T>(
        &self,
        file: &File,
        answers: Vec<impl Future<Output = Result<T, RemoteError>>>,
    ) -> Result<Vec<T>, RemoteError> {
        self.wait(&file.url, try_join_all(answers))
    }
}

/// The store says 1970 where the host says nothing.
fn modified(meta: &ObjectMeta) -> Option<SystemTime> {
    Some(SystemTime::from(meta.last_modified)).filter(|time| *time > SystemTime::UNIX_EPOCH)
}

/// The body of an answer, which may have so many bytes at most.
async fn collect(file: &File, result: GetResult, most: u64) -> Result<Bytes, RemoteError> {
    let mut bytes = Vec::new();
    let mut chunks = result.into_stream().map_err(|error| broken_off(&file.url, &error));
    while let Some(chunk) = chunks.try_next().await? {
        if (bytes.len() + chunk.len()) as u64 > most {
            let reason = format!("more than {most} bytes came");
            return Err(RemoteError::Wrong { url: file.url.clone(), reason });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.into())
}

fn broken_off(url: &str, error: &object_store::Error) -> RemoteError {
    RemoteError::Wrong { url: url.to_owned(), reason: format!("the answer breaks off ({})", error::told(error)) }
}
