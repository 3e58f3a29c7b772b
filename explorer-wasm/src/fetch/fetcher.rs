//! `TileKey` → verified, inflated bytes: deduplicated, cached, prioritized, abortable.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::{Rc, Weak},
    sync::Arc,
};

use explorer_core::{
    dataset::{
        Pace, Priority, Tiles,
        fetch::{Gate, TileCache, Wanted, lists},
    },
    embed::Storage,
};
use futures_channel::oneshot;
use futures_util::future::{FutureExt, LocalBoxFuture, Shared};
use shared_fbs::{
    TileKey, frame,
    manifest::{DirectoryPlace, Manifest, Pack, Slot, Slots},
    path,
};
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, AbortSignal};

use super::{
    Dataset, FetchError, Source,
    batch::Batch,
    http::Request,
    pack_file::{PackFile, PackFiles},
    retry,
    tile_store::TileStore,
};
use crate::platform;
use explorer_core::sorting::sort_by_key;

/// A tile's inflated bytes.
pub type TileBytes = Rc<[u8]>;

/// A pack's name and the number of a page of its directory, or [`INLINE`].
type PageKey = (Arc<str>, u32);
pub(super) type Answer = Result<TileBytes, FetchError>;
pub(super) type Waiting = Shared<LocalBoxFuture<'static, Answer>>;

/// Fetches the tiles of one dataset. Cheap to clone; clones share all.
#[derive(Clone)]
pub struct Fetcher(Rc<Inner>);

pub(super) struct Inner {
    pub source: Rc<Source>,
    pub files: PackFiles,
    pub store: TileStore,
    packs: RefCell<HashMap<String, Rc<PackFile>>>,
    gate: Gate,
    pub cache: RefCell<TileCache>,
    pub in_flight: RefCell<HashMap<TileKey, (Waiting, Weak<Interest>)>>,
    directories: RefCell<HashMap<PageKey, Rc<Slots>>>,
    bytes_fetched: Cell<u64>,
}

impl Inner {
    /// The file of a pack.
    fn pack_file(&self, pack: &Pack) -> Rc<PackFile> {
        if let Some(known) = self.packs.borrow().get(&pack.name) {
            return Rc::clone(known);
        }
        let file = Rc::new(PackFile::new(pack));
        self.packs.borrow_mut().insert(pack.name.clone(), Rc::clone(&file));
        file
    }

    /// Tiles were asked for over the network.
    pub(super) fn note_fetched(&self, tiles: &[Wanted]) {
        let n_bytes: u64 = tiles.iter().map(|(_, slot)| u64::from(slot.length)).sum();
        self.bytes_fetched.set(self.bytes_fetched.get() + n_bytes);
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
    /// Whether tiles may stay in the browser after the visit.
    pub storage: Storage,
}

/// Number under which the directory of a pack that has no pages is kept.
const INLINE: u32 = u32::MAX;

impl Fetcher {
    /// A fetcher with nothing cached.
    pub fn new(source: Source, limits: Limits) -> Self {
        let source = Rc::new(source);
        Self(Rc::new(Inner {
            files: PackFiles::new(Rc::clone(&source)),
            source,
            store: TileStore::new(limits.storage),
            packs: RefCell::default(),
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

    /// Lets go of the tiles that are kept in memory; those that are asked for again are fetched again.
    pub fn forget_tiles(&self) {
        self.0.cache.borrow_mut().clear();
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
        let get = Request::get_anew(self.0.source.file(path::MANIFEST));
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
        sort_by_key(&mut wanted, |(index, _)| *index);
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
        let file = self.0.pack_file(pack);
        let batches = if self.0.source.has_tile_route() {
            lists(wanted)
        } else {
            file.requests(wanted).into_iter().map(|request| request.tiles).collect()
        };
        batches
            .into_iter()
            .map(|batch| {
                let interest = Interest::new();
                let senders = self.announce(name, &batch, &interest);
                let task = Batch {
                    inner: Rc::clone(&self.0),
                    pack: Rc::clone(&file),
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
                let waiting = receiver.map(|answer| answer.unwrap_or(Err(FetchError::Canceled)));
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
        let range = slot.range();
        let piece = self.0.files.piece(&self.0.pack_file(pack), range.clone(), interest.signal().as_ref()).await?;
        let name = TileKey { pack: format!("{}, directory page", pack.name).into(), index: page };
        let [start, end] = [range.start, range.end].map(|at| (at - piece.start) as usize);
        let Some(frame) = piece.bytes.get(start..end) else {
            return Err(FetchError::damaged(name, &"it is cut short"));
        };
        let slots = frame::inflate(frame).and_then(|content| {
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

#[cfg(test)]
mod tests {
    use js_sys::{Array, Uint8Array};
    use shared_fbs::manifest::Segment;
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
        let fetcher =
            Fetcher::new(source, Limits { requests: 2, cache_bytes: 4 * TILE_BYTES as usize, storage: Storage::None });
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
    async fn tiles_come_out_of_the_segment_that_holds_them() {
        let (pack, source) = made(8);
        // One, since all names lead to the same blob.
        let segment = Segment { hash: 0, n_bytes: 8 * TILE_BYTES };
        let pack = Pack { segments: Some(vec![segment]), ..pack };
        let fetcher = Fetcher::new(source, Limits { requests: 2, cache_bytes: 1 << 20, storage: Storage::None });
        let answers = fetcher.tiles(&pack, &[6, 1], Priority::Now).await;
        let first = |answer: Answer| answer.map(|tile| (tile[0], tile.len()));
        let found: Vec<_> = answers.into_iter().map(first).collect();
        assert_eq!(found, [Ok((6, TILE_BYTES as usize)), Ok((1, TILE_BYTES as usize))]);
    }

    #[test]
    async fn a_tile_past_the_end_of_its_pack_is_missing() {
        let (pack, source) = made(2);
        let fetcher = Fetcher::new(source, Limits { requests: 2, cache_bytes: 1 << 20, storage: Storage::None });
        let answers = fetcher.tiles(&pack, &[1, 2], Priority::Now).await;
        assert!(answers[0].is_ok());
        let name = "genes0/2".to_owned();
        assert_eq!(answers[1], Err(FetchError::Unknown { kind: "tile", name }));
    }
}
