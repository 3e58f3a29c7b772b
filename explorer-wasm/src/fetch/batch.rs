//! Tiles that come together: from the tile server by name, else out of the pack by range.

use std::{
    collections::HashMap,
    rc::{Rc, Weak},
    sync::Arc,
};

use explorer_core::dataset::fetch::Wanted;
use futures_channel::oneshot;
use futures_util::future;
use shared_fbs::{TileKey, frame, manifest::Slot, path::TileList};
use web_sys::AbortSignal;

use super::{
    FetchError, TileBytes,
    fetcher::{Answer, Inner, Interest},
    http::Request,
    pack_file::PackFile,
    retry,
};
use crate::platform;

/// Tiles that one request brings.
pub(super) struct Batch {
    pub inner: Rc<Inner>,
    pub pack: Rc<PackFile>,
    /// Whether its tiles are worth keeping between visits, where they come by ranges.
    pub is_kept: bool,
    pub tiles: Vec<Wanted>,
    pub signal: Option<AbortSignal>,
}

impl Batch {
    /// Fetches the tiles and tells all who wait.
    pub(super) async fn run(
        self,
        name: &Arc<str>,
        mut senders: HashMap<u32, oneshot::Sender<Answer>>,
        interest: &Weak<Interest>,
    ) {
        let answers = match self.by_name().await {
            Some(answers) => answers,
            None => self.by_range().await,
        };
        for ((index, _), answer) in self.tiles.iter().zip(answers) {
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
    pub(super) fn forget(&self, name: &Arc<str>, interest: &Weak<Interest>) {
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
        let url = self.inner.source.tiles(&self.pack.file, &list)?;
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
        self.inner.note_fetched(&self.tiles);
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

    /// From the pack itself, as ranges or segments, as far as the tiles are not kept from an earlier visit.
    async fn by_range(&self) -> Vec<Result<TileBytes, Failure>> {
        let mut answers = self.kept().await;
        let missing: Vec<Wanted> =
            self.tiles.iter().copied().filter(|(index, _)| !answers.contains_key(index)).collect();
        for request in self.pack.requests(&missing) {
            let piece = self.inner.files.piece(&self.pack, request.range, self.signal.as_ref()).await;
            if piece.is_ok() {
                self.inner.note_fetched(&request.tiles);
            }
            for (index, slot) in request.tiles {
                let answer = match &piece {
                    Ok(piece) => self.opened(&piece.bytes, slot.offset - piece.start, (index, slot)).await,
                    Err(error) => Err(Failure::Fetch(error.clone())),
                };
                answers.insert(index, answer);
            }
        }
        self.tiles.iter().filter_map(|(index, _)| answers.remove(index)).collect()
    }

    /// The tiles that are kept, by number.
    async fn kept(&self) -> HashMap<u32, Result<TileBytes, Failure>> {
        let mut found = HashMap::new();
        if !self.is_kept {
            return found;
        }
        let frames = self.tiles.iter().map(|&wanted| self.inner.store.get(&self.pack.file, wanted));
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
            self.inner.store.put(&self.pack.file, (index, slot), &bytes[start..start + slot.length as usize]);
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
