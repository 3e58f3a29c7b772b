//! Tiles of static hosts, kept between visits and shared by the page and its workers. The browser's own cache is not
//! asked, since it lets ranges of a file come one after another only; and the Cache API refuses parts of files, so each
//! tile is an entry of its own.

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::HashSet,
    rc::Rc,
};

use explorer_core::{
    dataset::fetch::{Wanted, surplus},
    embed::Storage,
};
use js_sys::{Array, Reflect, Uint8Array};
use shared_fbs::manifest::Slot;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Cache, CacheStorage, Request, Response};

/// Name of the store; another one where the meaning of its entries changes.
const NAME: &str = "tessera-tiles-1";

/// Bytes that are kept at most, about.
const LIMIT_BYTES: u64 = 256 << 20;

/// So much comes in between two looks at how full the store is.
const LOOK_EVERY_BYTES: u64 = 16 << 20;

/// The store; where the browser refuses storage, nothing is ever found in it. Cheap to clone; clones share all.
#[derive(Clone)]
pub(super) struct TileStore(Rc<Inner>);

#[derive(Default)]
struct Inner {
    cache: OnceCell<Option<Cache>>,
    /// Addresses of entries that were read or written by this page or worker.
    used: RefCell<HashSet<String>>,
    bytes_since_look: Cell<u64>,
}

impl TileStore {
    /// The store of this browser, or one that keeps nothing.
    pub(super) fn new(storage: Storage) -> Self {
        let cache = match storage {
            Storage::Local => OnceCell::new(),
            Storage::None => OnceCell::from(None),
        };
        Self(Rc::new(Inner { cache, ..Inner::default() }))
    }

    /// The frame of a tile as it lies in the pack. To be verified like one from the network.
    pub(super) async fn get(&self, pack_file: &str, (index, slot): Wanted) -> Option<Vec<u8>> {
        let cache = self.cache().await?;
        let address = address(pack_file, index, slot);
        let found = JsFuture::from(cache.match_with_str(&address)).await.ok()?;
        let body = JsFuture::from(found.dyn_into::<Response>().ok()?.array_buffer().ok()?).await.ok()?;
        self.0.used.borrow_mut().insert(address);
        Some(Uint8Array::new(&body).to_vec())
    }

    /// Keeps the frame of a tile, which was verified. Nobody waits for it.
    pub(super) fn put(&self, pack_file: &str, (index, slot): Wanted, frame: &[u8]) {
        let Ok(entry) = Response::new_with_opt_js_u8_array(Some(&Uint8Array::from(frame))) else { return };
        let (store, address, n_bytes) = (self.clone(), address(pack_file, index, slot), frame.len() as u64);
        spawn_local(async move {
            let Some(cache) = store.cache().await else { return };
            // Refused where the disk is full: the tile is fetched again then.
            if JsFuture::from(cache.put_with_str(&address, &entry)).await.is_ok() {
                store.0.used.borrow_mut().insert(address);
                store.grew(&cache, n_bytes).await;
            }
        });
    }

    async fn grew(&self, cache: &Cache, n_bytes: u64) {
        let since_look = self.0.bytes_since_look.get() + n_bytes;
        self.0.bytes_since_look.set(since_look % LOOK_EVERY_BYTES);
        if since_look < LOOK_EVERY_BYTES {
            return;
        }
        let Ok(keys) = JsFuture::from(cache.keys()).await else { return };
        let keys: Array = keys.unchecked_into();
        let entry = |key: JsValue| {
            let address = key.unchecked_into::<Request>().url();
            let n_bytes = bytes_of(&address);
            (address, n_bytes)
        };
        let dropped =
            surplus(keys.iter().map(entry).collect(), |address| self.0.used.borrow().contains(address), LIMIT_BYTES);
        for address in dropped {
            // One that is gone already was dropped by another worker.
            let _ = JsFuture::from(cache.delete_with_str(&address)).await;
        }
    }

    async fn cache(&self) -> Option<Cache> {
        if let Some(opened) = self.0.cache.get() {
            return opened.clone();
        }
        let opened = open().await;
        // Who asked at the same time has opened the same.
        self.0.cache.get_or_init(|| opened).clone()
    }
}

async fn open() -> Option<Cache> {
    // There is none where the page did not come over HTTPS or from this machine.
    let caches = Reflect::get(&js_sys::global(), &JsValue::from_str("caches")).ok()?;
    let caches: CacheStorage = caches.dyn_into().ok()?;
    JsFuture::from(caches.open(NAME)).await.ok()?.dyn_into().ok()
}

/// What stands for a tile: a pack's file is named by its content, and the size tells what an entry weighs.
fn address(pack_file: &str, index: u32, slot: Slot) -> String {
    format!("https://tiles.tessera.invalid/{pack_file}/{index}?{}", slot.length)
}

fn bytes_of(address: &str) -> u64 {
    address.rsplit_once('?').and_then(|(_, n_bytes)| n_bytes.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    async fn a_tile_comes_back_as_it_was_put() {
        let (store, slot) = (TileStore::new(Storage::Local), Slot { offset: 7, length: 3, checksum: 0 });
        let pack = format!("made-{}.pack", js_sys::Math::random());
        assert_eq!(store.get(&pack, (2, slot)).await, None);
        store.put(&pack, (2, slot), &[4, 5, 6]);
        let mut found = None;
        for _ in 0..100 {
            found = store.get(&pack, (2, slot)).await;
            if found.is_some() {
                break;
            }
            crate::platform::sleep(20).await;
        }
        assert_eq!(found, Some(vec![4, 5, 6]));
        assert_eq!(store.get(&pack, (3, slot)).await, None);
    }

    #[test]
    async fn where_nothing_may_stay_nothing_does() {
        let (slot, pack) =
            (Slot { offset: 0, length: 1, checksum: 0 }, format!("made-{}.pack", js_sys::Math::random()));
        TileStore::new(Storage::None).put(&pack, (0, slot), &[1]);
        crate::platform::sleep(50).await;
        for storage in [Storage::None, Storage::Local] {
            assert_eq!(TileStore::new(storage).get(&pack, (0, slot)).await, None);
        }
    }

    #[test]
    fn an_address_tells_what_its_entry_weighs() {
        let slot = Slot { offset: 0, length: 1234, checksum: 0 };
        assert_eq!(bytes_of(&address("genes0-00.pack", 7, slot)), 1234);
    }
}
