//! `TileKey` → verified, inflated bytes: deduplicated, cached, prioritised, abortable.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    ops::Range,
    rc::{Rc, Weak},
    sync::Arc,
};

use explorer_core::dataset::{
    Pace, Priority, Tiles,
    fetch::{AskedRange, Gate, TileCache, Wanted, lists, ranges},
};
use futures_channel::oneshot;
use futures_util::future::{self, FutureExt, LocalBoxFuture, Shared};
use shared_fbs::{
    TileKey, frame,
    manifest::{DirectoryPlace, Manifest, Pack, Slot, Slots},
    path::{self, TileList},
};
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, AbortSignal};

use super::{Dataset, FetchError, Source, http::Request, retry, tile_store::TileStore};
use crate::platform;

/// A tile's inflated bytes.
pub type TileBytes = Rc<[u8]>;

/// A pack's name and the number of a page of its directory, or [`INLINE`].
type PageKey = (Arc<str>, u32);
type Answer = Result<TileBytes, FetchError>;
type Waiting = Shared<LocalBoxFuture<'static, Answer>>;

/// Fetches the tiles of one dataset. Cheap to clone; clones share all.
#[derive(Clone)]
pub struct Fetcher(Rc<Inner>);

struct Inner {
    source: Source,
    store: TileStore,
    gate: Gate,
    cache: RefCell<TileCache>,
    in_flight: RefCell<HashMap<TileKey, (Waiting, Weak<Interest>)>>,
    directories: RefCell<HashMap<PageKey, Rc<Slots>>>,
    bytes_fetched: Cell<u64>,
}

impl Inner {
    /// Some bytes of a pack's file.
    async fn range(
        &self,
        pack_file: &str,
        file_bytes: u64,
        bytes: Range<u64>,
        signal: Option<&AbortSignal>,
    ) -> Result<Vec<u8>, FetchError> {
        let range = AskedRange { bytes, file_bytes };
        let get = Request::range(self.source.file(pack_file), range, self.source.cache_of_ranges());
        let body = retry::send(&get, signal).await?;
        if body.is_whole_file {
            self.source.sent_whole_file();
        }
        Ok(body.bytes)
    }
}

/// Held by all that wait for a request; when the last lets go, the request is aborted.
pub(super) struct Interest(Option<AbortController>);

impl Interest {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self(AbortController::new().ok()))
    }

    pub(super) fn signal(&self) -> Option<AbortSignal> {
        self.0.as_ref().map(AbortController::signal)
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

/// How much one fetcher may take of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests under way at once.
    pub requests: usize,
    /// Bytes of inflated tiles kept.
    pub cache_bytes: usize,
}

/// Number under which the directory of a pack that has no pages is kept.
const INLINE: u32 = u32::MAX;

impl Fetcher {
    /// A fetcher with nothing cached.
    pub fn new(source: Source, limits: Limits) -> Self {
        Self(Rc::new(Inner {
            source,
            store: TileStore::default(),
            gate: Gate::new(limits.requests),
            cache: RefCell::new(TileCache::new(limits.cache_bytes)),
            in_flight: RefCell::default(),
            directories: RefCell::default(),
            bytes_fetched: Cell::new(0),
        }))
    }

    /// Bytes of tiles that have come so far, as frames.
    pub fn bytes_fetched(&self) -> u64 {
        self.0.bytes_fetched.get()
    }

    /// Opens the dataset. Its manifest is never cached here: its content may change under its name.
    ///
    /// # Errors
    /// When the manifest cannot be fetched or read.
    pub async fn open(self) -> Result<Dataset, FetchError> {
        let manifest = self.manifest().await?;
        Ok(Dataset::new(manifest, self))
    }

    async fn manifest(&self) -> Result<Manifest, FetchError> {
        let get = Request::get(self.0.source.file(path::MANIFEST));
        let interest = Interest::new();
        let body = retry::send(&get, interest.signal().as_ref()).await?;
        Manifest::decode(&body.bytes).map_err(FetchError::Manifest)
    }

    async fn fetch(&self, pack: &Pack, tiles: &[u32], priority: Priority) -> Vec<Answer> {
        let name: Arc<str> = pack.name.as_str().into();
        let key = |index| TileKey { pack: Arc::clone(&name), index };
        let slots = match self.slots(pack, &name, tiles).await {
            Ok(slots) => slots,
            Err(error) => return tiles.iter().map(|&tile| Err(error.clone().of_tile(&key(tile)))).collect(),
        };

        let mut interests = Vec::new();
        let mut wanted: Vec<Wanted> = Vec::new();
        for (&index, slot) in tiles.iter().zip(slots) {
            let key = key(index);
            if self.0.cache.borrow_mut().get(&key).is_some() {
                continue;
            }
            let under_way = self.0.in_flight.borrow().get(&key).and_then(|(_, interest)| interest.upgrade());
            match (under_way, slot) {
                (Some(interest), _) => interests.push(interest),
                (None, Some(slot)) => wanted.push((index, slot)),
                (None, None) => {}
            }
        }
        wanted.sort_unstable_by_key(|(index, _)| *index);
        wanted.dedup_by_key(|(index, _)| *index);
        interests.extend(self.start(pack, &name, &wanted, priority));

        // All of them before the first is waited for: by the time that its turn comes, a tile may have
        // come and been evicted by those after it.
        let handles: Vec<Handle> = tiles.iter().map(|&index| self.handle(key(index))).collect();
        let mut answers = Vec::with_capacity(tiles.len());
        for handle in handles {
            answers.push(handle.answer().await);
        }
        drop(interests);
        answers
    }

    /// A tile that is kept or under way; an error for any other, which the pack does not have.
    fn handle(&self, key: TileKey) -> Handle {
        if let Some(tile) = self.0.cache.borrow_mut().get(&key) {
            return Handle::Known(Ok(tile));
        }
        match self.0.in_flight.borrow().get(&key) {
            Some((waiting, _)) => Handle::UnderWay(key, waiting.clone()),
            None => Handle::Known(Err(FetchError::Unknown { kind: "tile", name: key.to_string() })),
        }
    }

    /// Starts the requests for tiles that nobody has asked for yet.
    fn start(&self, pack: &Pack, name: &Arc<str>, wanted: &[Wanted], priority: Priority) -> Vec<Rc<Interest>> {
        let batches = if self.0.source.has_tile_route() {
            lists(wanted)
        } else {
            ranges(wanted).into_iter().map(|request| request.tiles).collect()
        };
        batches
            .into_iter()
            .map(|batch| {
                let interest = Interest::new();
                let senders = self.announce(name, &batch, &interest);
                let task = Batch {
                    inner: Rc::clone(&self.0),
                    pack_file: pack.file.clone(),
                    pack_bytes: pack.n_bytes,
                    // What a long computation reads would push out what is looked at.
                    is_kept: priority != Priority::Background,
                    tiles: batch,
                    signal: interest.signal(),
                };
                let (name, weak) = (Arc::clone(name), Rc::downgrade(&interest));
                spawn_local(async move {
                    let pass = task.inner.gate.pass(priority).await;
                    if weak.strong_count() > 0 {
                        task.run(&name, senders, &weak).await;
                    } else {
                        task.forget(&name, &weak);
                    }
                    drop(pass);
                });
                interest
            })
            .collect()
    }

    /// Lets others find the tiles of a batch while it is under way.
    fn announce(
        &self,
        name: &Arc<str>,
        batch: &[Wanted],
        interest: &Rc<Interest>,
    ) -> HashMap<u32, oneshot::Sender<Answer>> {
        let mut in_flight = self.0.in_flight.borrow_mut();
        batch
            .iter()
            .map(|&(index, _)| {
                let (sender, receiver) = oneshot::channel();
                let waiting = receiver.map(|answer| answer.unwrap_or(Err(FetchError::Cancelled)));
                let key = TileKey { pack: Arc::clone(name), index };
                in_flight.insert(key, (waiting.boxed_local().shared(), Rc::downgrade(interest)));
                (index, sender)
            })
            .collect()
    }

    /// Where tiles lie; `None` for those that the pack does not have.
    async fn slots(&self, pack: &Pack, name: &Arc<str>, tiles: &[u32]) -> Result<Vec<Option<Slot>>, FetchError> {
        let mut slots = Vec::with_capacity(tiles.len());
        for &tile in tiles {
            let page = tile.checked_div(pack.page_tiles).unwrap_or(INLINE);
            let kept = self.0.directories.borrow().get(&(Arc::clone(name), page)).cloned();
            let directory = match kept {
                Some(directory) => directory,
                None => match self.directory(pack, tile).await? {
                    Some(directory) => {
                        let directory = Rc::new(directory);
                        let key = (Arc::clone(name), page);
                        self.0.directories.borrow_mut().insert(key, Rc::clone(&directory));
                        directory
                    }
                    None => {
                        slots.push(None);
                        continue;
                    }
                },
            };
            slots.push(directory.get(tile));
        }
        Ok(slots)
    }

    async fn directory(&self, pack: &Pack, tile: u32) -> Result<Option<Slots>, FetchError> {
        let (page, slot) = match pack.directory_of(tile) {
            None => return Ok(None),
            Some(DirectoryPlace::Inline(slots)) => return Ok(Some(slots)),
            Some(DirectoryPlace::Page { page, slot }) => (page, slot),
        };
        let interest = Interest::new();
        let bytes = self.0.range(&pack.file, pack.n_bytes, slot.range(), interest.signal().as_ref()).await?;
        let name = TileKey { pack: format!("{}, directory page", pack.name).into(), index: page };
        let slots = frame::inflate(&bytes).and_then(|content| {
            frame::verify(&content, slot.checksum)?;
            pack.read_page(page, &content)
        });
        slots.map(Some).map_err(|error| FetchError::damaged(name, &error))
    }
}

impl Tiles for Fetcher {
    type Bytes = TileBytes;
    type Error = FetchError;

    const PACE: Pace = Pace::OVER_NETWORK;

    fn tiles(&self, pack: &Pack, tiles: &[u32], priority: Priority) -> impl Future<Output = Vec<Answer>> {
        self.fetch(pack, tiles, priority)
    }

    fn breathe(&self) -> impl Future<Output = ()> {
        platform::breathe()
    }
}

/// A tile that somebody waits for, whatever the cache keeps meanwhile.
enum Handle {
    Known(Answer),
    UnderWay(TileKey, Waiting),
}

impl Handle {
    async fn answer(self) -> Answer {
        match self {
            Self::Known(answer) => answer,
            Self::UnderWay(key, waiting) => waiting.await.map_err(|error| error.of_tile(&key)),
        }
    }
}

/// Tiles that one request brings.
struct Batch {
    inner: Rc<Inner>,
    pack_file: String,
    pack_bytes: u64,
    /// Whether its tiles are worth keeping between visits, where they come by ranges.
    is_kept: bool,
    tiles: Vec<Wanted>,
    signal: Option<AbortSignal>,
}

impl Batch {
    /// Fetches the tiles and tells all who wait.
    async fn run(self, name: &Arc<str>, mut senders: HashMap<u32, oneshot::Sender<Answer>>, interest: &Weak<Interest>) {
        let answers = match self.by_name().await {
            Some(answers) => answers,
            None => self.by_range().await,
        };
        for ((index, slot), answer) in self.tiles.iter().zip(answers) {
            let fetched = &self.inner.bytes_fetched;
            fetched.set(fetched.get() + u64::from(slot.length));
            let key = TileKey { pack: Arc::clone(name), index: *index };
            let answer = answer.map_err(|error| match error {
                Failure::Damaged(reason) => FetchError::damaged(key.clone(), &reason),
                Failure::Fetch(error) => error.of_tile(&key),
            });
            if let Ok(tile) = &answer {
                self.inner.cache.borrow_mut().insert(key.clone(), Rc::clone(tile));
            }
            self.forget_one(&key, interest);
            if let Some(sender) = senders.remove(index) {
                // Who asked may have gone.
                let _ = sender.send(answer);
            }
        }
    }

    /// Nobody waits any more, and nothing was sent yet.
    fn forget(&self, name: &Arc<str>, interest: &Weak<Interest>) {
        for &(index, _) in &self.tiles {
            self.forget_one(&TileKey { pack: Arc::clone(name), index }, interest);
        }
    }

    /// A tile of this batch is no longer under way.
    fn forget_one(&self, key: &TileKey, interest: &Weak<Interest>) {
        let mut in_flight = self.inner.in_flight.borrow_mut();
        // When all have gone, someone may have asked anew meanwhile.
        if in_flight.get(key).is_some_and(|(_, other)| other.ptr_eq(interest)) {
            in_flight.remove(key);
        }
    }

    /// From the tile server. `None` when ranges of the pack should be tried instead: there is no
    /// such route, or a tile is so broken that the browser could not inflate the answer.
    async fn by_name(&self) -> Option<Vec<Result<TileBytes, Failure>>> {
        let list: TileList = self.tiles.iter().map(|&(index, _)| index).collect();
        let url = self.inner.source.tiles(&self.pack_file, &list)?;
        let get = Request::get(url);
        let body = match retry::send_or_turn(&get, self.signal.as_ref()).await {
            Ok(body) => body,
            Err(FetchError::Status { status: 404 | 405 | 501, .. }) => {
                self.inner.source.without_tile_route();
                return None;
            }
            Err(FetchError::Body | FetchError::Status { status: 500.., .. }) => return None,
            Err(error) => return Some(self.all_failed(&error)),
        };
        if body.is_frames {
            return Some(self.open_frames(&body.bytes, 0).await);
        }
        let tiles = frame::split_inflated(&body.bytes).ok()?;
        if tiles.len() != self.tiles.len() {
            return None;
        }
        let mut answers = Vec::with_capacity(tiles.len());
        for (&(_, slot), tile) in self.tiles.iter().zip(tiles) {
            platform::breathe().await;
            let verified = frame::verify(tile, slot.checksum);
            answers.push(verified.map(|()| tile.into()).map_err(|error| Failure::Damaged(error.to_string())));
        }
        Some(answers)
    }

    /// From the pack itself, as far as the tiles are not kept from an earlier visit.
    async fn by_range(&self) -> Vec<Result<TileBytes, Failure>> {
        let mut answers = self.from_store().await;
        let missing: Vec<Wanted> =
            self.tiles.iter().copied().filter(|(index, _)| !answers.contains_key(index)).collect();
        for request in ranges(&missing) {
            let range = request.range.clone();
            let piece = self.inner.range(&self.pack_file, self.pack_bytes, range, self.signal.as_ref()).await;
            for (index, slot) in request.tiles {
                let answer = match &piece {
                    Ok(bytes) => self.opened(bytes, slot.offset - request.range.start, (index, slot)).await,
                    Err(error) => Err(Failure::Fetch(error.clone())),
                };
                answers.insert(index, answer);
            }
        }
        self.tiles.iter().filter_map(|(index, _)| answers.remove(index)).collect()
    }

    /// The tiles that are kept, by number.
    async fn from_store(&self) -> HashMap<u32, Result<TileBytes, Failure>> {
        let mut found = HashMap::new();
        if !self.is_kept {
            return found;
        }
        let frames = self.tiles.iter().map(|&wanted| self.inner.store.get(&self.pack_file, wanted));
        for (&(index, slot), frame) in self.tiles.iter().zip(future::join_all(frames).await) {
            // One that is broken is fetched again.
            if let Some(frame) = frame
                && let Ok(tile) = open_frame(&frame, 0, slot).await
            {
                found.insert(index, Ok(tile));
            }
        }
        found
    }

    /// A tile out of a piece of the pack; kept, when it is whole.
    async fn opened(&self, bytes: &[u8], start: u64, (index, slot): Wanted) -> Result<TileBytes, Failure> {
        let tile = open_frame(bytes, start, slot).await?;
        if self.is_kept {
            let start = start as usize;
            self.inner.store.put(&self.pack_file, (index, slot), &bytes[start..start + slot.length as usize]);
        }
        Ok(tile)
    }

    /// Frames that lie back to back.
    async fn open_frames(&self, bytes: &[u8], mut start: u64) -> Vec<Result<TileBytes, Failure>> {
        let mut answers = Vec::with_capacity(self.tiles.len());
        for &(_, slot) in &self.tiles {
            answers.push(open_frame(bytes, start, slot).await);
            start += u64::from(slot.length);
        }
        answers
    }

    fn all_failed(&self, error: &FetchError) -> Vec<Result<TileBytes, Failure>> {
        self.tiles.iter().map(|_| Err(Failure::Fetch(error.clone()))).collect()
    }
}

/// Why a tile of a batch is not there.
enum Failure {
    Fetch(FetchError),
    Damaged(String),
}

/// Inflates and verifies the frame that begins at `start`.
async fn open_frame(bytes: &[u8], start: u64, slot: Slot) -> Result<TileBytes, Failure> {
    platform::breathe().await;
    let damaged = |reason: String| Failure::Damaged(reason);
    let frame = usize::try_from(start)
        .ok()
        .and_then(|start| bytes.get(start..)?.get(..slot.length as usize))
        .ok_or_else(|| damaged("it is cut short".to_owned()))?;
    let content = frame::inflate(frame).map_err(|error| damaged(error.to_string()))?;
    frame::verify(&content, slot.checksum).map_err(|error| damaged(error.to_string()))?;
    Ok(content.as_ref().into())
}

#[cfg(test)]
mod tests {
    use js_sys::{Array, Uint8Array};
    use wasm_bindgen_test::wasm_bindgen_test as test;
    use web_sys::{Blob, Url};

    use super::*;
    use crate::fetch::Address;

    const TILE_BYTES: u32 = 200;

    /// A dataset of one pack of tiles, the `i`-th of which holds bytes of value `i`; and where it is, which answers
    /// ranges as a static host does.
    fn made(n_tiles: u32) -> (Pack, Source) {
        let tiles: Vec<Vec<u8>> = (0..n_tiles).map(|tile| vec![tile as u8; TILE_BYTES as usize]).collect();
        let pack = Pack {
            name: "genes0".to_owned(),
            file: "genes0.pack".to_owned(),
            n_tiles,
            n_bytes: u64::from(n_tiles * TILE_BYTES),
            lengths: vec![TILE_BYTES; n_tiles as usize],
            checksums: tiles.iter().map(|tile| frame::checksum(tile)).collect(),
            ..Pack::default()
        };
        let content = Array::of1(&Uint8Array::from(tiles.concat().as_slice()));
        let blob = Blob::new_with_u8_array_sequence(&content).expect("a browser makes blobs");
        let url = Url::create_object_url_with_blob(&blob).expect("a blob has an address");
        // What is appended for the file is part of the fragment, which is not looked at.
        let source = Source::new(&Address::Directory(format!("{url}#")), "");
        (pack, source)
    }

    #[test]
    async fn tiles_evicted_before_their_turn_are_not_missing() {
        let (pack, source) = made(8);
        let fetcher = Fetcher::new(source, Limits { requests: 2, cache_bytes: 4 * TILE_BYTES as usize });
        let asked = [0, 1, 2, 3, 4, 5, 6, 7, 0, 3];
        for _ in 0..2 {
            let answers = fetcher.tiles(&pack, &asked, Priority::Now).await;
            let first = |answer: Answer| answer.map(|tile| (tile[0], tile.len()));
            let found: Vec<_> = answers.into_iter().map(first).collect();
            let expected: Vec<_> = asked.iter().map(|&tile| Ok((tile as u8, TILE_BYTES as usize))).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    async fn a_tile_past_the_end_of_its_pack_is_missing() {
        let (pack, source) = made(2);
        let fetcher = Fetcher::new(source, Limits { requests: 2, cache_bytes: 1 << 20 });
        let answers = fetcher.tiles(&pack, &[1, 2], Priority::Now).await;
        assert!(answers[0].is_ok());
        let name = "genes0/2".to_owned();
        assert_eq!(answers[1], Err(FetchError::Unknown { kind: "tile", name }));
    }
}
