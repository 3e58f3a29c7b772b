//! `TileKey` → verified, inflated bytes: deduplicated, cached, prioritised, abortable.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::{Rc, Weak},
    sync::Arc,
};

use futures_channel::oneshot;
use futures_util::future::{FutureExt, LocalBoxFuture, Shared};
use shared_fbs::{
    TileKey, frame,
    manifest::{DirectoryPlace, Manifest, Pack, Slot, Slots},
    path::{self, TileList},
};
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, AbortSignal};

use super::{
    FetchError, Priority, Source,
    cache::TileCache,
    gate::Gate,
    http::Request,
    plan::{self, Wanted},
    retry,
};
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
    gate: Gate,
    cache: RefCell<TileCache>,
    in_flight: RefCell<HashMap<TileKey, (Waiting, Weak<Interest>)>>,
    directories: RefCell<HashMap<PageKey, Rc<Slots>>>,
    bytes_fetched: Cell<u64>,
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

    /// Fetches the manifest. It is never cached here: its content may change under its name.
    ///
    /// # Errors
    /// When it cannot be fetched or read.
    pub async fn manifest(&self) -> Result<Manifest, FetchError> {
        let get = Request::get(self.0.source.file(path::MANIFEST));
        let interest = Interest::new();
        let body = retry::send(&get, interest.signal().as_ref()).await?;
        Manifest::decode(&body.bytes).map_err(FetchError::Manifest)
    }

    /// Fetches tiles of a pack: one answer a tile, in the order asked. Dropping the future aborts
    /// what nobody else waits for.
    ///
    /// # Errors
    /// Each answer names its tile. A broken tile leaves the others whole.
    pub async fn tiles(&self, manifest: &Manifest, pack: &str, tiles: &[u32], priority: Priority) -> Vec<Answer> {
        let Some(pack) = manifest.pack_named(pack) else {
            let missing = || FetchError::Unknown { kind: "pack", name: pack.to_owned() };
            return tiles.iter().map(|_| Err(missing())).collect();
        };
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

        let mut answers = Vec::with_capacity(tiles.len());
        for &index in tiles {
            answers.push(self.answer(key(index)).await);
        }
        drop(interests);
        answers
    }

    async fn answer(&self, key: TileKey) -> Answer {
        if let Some(tile) = self.0.cache.borrow_mut().get(&key) {
            return Ok(tile);
        }
        let waiting = self.0.in_flight.borrow().get(&key).map(|(waiting, _)| waiting.clone());
        match waiting {
            Some(waiting) => waiting.await.map_err(|error| error.of_tile(&key)),
            None => {
                let name = key.to_string();
                Err(FetchError::Unknown { kind: "tile", name })
            }
        }
    }

    /// Starts the requests for tiles that nobody has asked for yet.
    fn start(&self, pack: &Pack, name: &Arc<str>, wanted: &[Wanted], priority: Priority) -> Vec<Rc<Interest>> {
        let batches = if self.0.source.has_tile_route() {
            plan::lists(wanted)
        } else {
            plan::ranges(wanted).into_iter().map(|request| request.tiles).collect()
        };
        batches
            .into_iter()
            .map(|batch| {
                let interest = Interest::new();
                let senders = self.announce(name, &batch, &interest);
                let task = Batch {
                    inner: Rc::clone(&self.0),
                    pack_file: pack.file.clone(),
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
        let get = Request::range(self.0.source.file(&pack.file), slot.range());
        let interest = Interest::new();
        let body = retry::send(&get, interest.signal().as_ref()).await?;
        let name = TileKey { pack: format!("{}, directory page", pack.name).into(), index: page };
        let slots = frame::inflate(&body.bytes).and_then(|content| {
            frame::verify(&content, slot.checksum)?;
            pack.read_page(page, &content)
        });
        slots.map(Some).map_err(|error| FetchError::damaged(name, &error))
    }
}

/// Tiles that one request brings.
struct Batch {
    inner: Rc<Inner>,
    pack_file: String,
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

    /// From the pack itself.
    async fn by_range(&self) -> Vec<Result<TileBytes, Failure>> {
        let mut answers = Vec::with_capacity(self.tiles.len());
        for request in plan::ranges(&self.tiles) {
            let url = self.inner.source.file(&self.pack_file);
            let get = Request::range(url, request.range.clone());
            match retry::send(&get, self.signal.as_ref()).await {
                Ok(body) => {
                    for (_, slot) in &request.tiles {
                        let start = slot.offset - request.range.start;
                        answers.push(open_frame(&body.bytes, start, *slot).await);
                    }
                }
                Err(error) => answers.extend(request.tiles.iter().map(|_| Err(Failure::Fetch(error.clone())))),
            }
        }
        answers
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
