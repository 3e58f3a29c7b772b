//! The file of a pack, or the files of its segments, and how parts of them are asked for.

use std::{cell::RefCell, collections::HashMap, ops::Range, rc::Rc};

use explorer_core::dataset::fetch::{AskedRange, RangeRequest, TileCache, Wanted, ranges, whole_segments};
use futures_util::future::{FutureExt as _, LocalBoxFuture, Shared};
use shared_fbs::{
    TileKey,
    manifest::Pack,
    segments::{SegmentPlace, Segments},
};
use web_sys::AbortSignal;

use super::{FetchError, Source, http::Request, retry};

/// Bytes of segments that are kept for the tiles that are asked for next.
const KEPT_SEGMENT_BYTES: usize = 32 << 20;

/// A pack as requests see it.
#[derive(Debug)]
pub(super) struct PackFile {
    /// The name of its file.
    pub file: String,
    n_bytes: u64,
    segments: Option<Segments>,
}

/// Some bytes of a pack.
#[derive(Debug)]
pub(super) struct Piece {
    /// Where it begins in the pack.
    pub start: u64,
    /// The bytes.
    pub bytes: Rc<[u8]>,
}

impl PackFile {
    /// The file of a pack.
    pub(super) fn new(pack: &Pack) -> Self {
        Self { file: pack.file.clone(), n_bytes: pack.n_bytes, segments: Segments::of(pack) }
    }

    /// Cuts tiles, ascending, into the requests that bring them.
    pub(super) fn requests(&self, tiles: &[Wanted]) -> Vec<RangeRequest> {
        match &self.segments {
            Some(segments) => whole_segments(tiles, segments),
            None => ranges(tiles),
        }
    }
}

type SegmentUnderWay = Shared<LocalBoxFuture<'static, Result<Rc<[u8]>, FetchError>>>;

/// Fetches parts of packs from a host of files. Segments come whole, each once, and are kept for a while.
pub(super) struct PackFiles {
    source: Rc<Source>,
    /// Segments by the names of their files.
    kept: Rc<RefCell<TileCache>>,
    under_way: RefCell<HashMap<String, SegmentUnderWay>>,
}

impl PackFiles {
    pub(super) fn new(source: Rc<Source>) -> Self {
        let kept = Rc::new(RefCell::new(TileCache::new(KEPT_SEGMENT_BYTES)));
        Self { source, kept, under_way: RefCell::default() }
    }

    /// A piece of a pack that holds these bytes.
    pub(super) async fn piece(
        &self,
        pack: &PackFile,
        bytes: Range<u64>,
        signal: Option<&AbortSignal>,
    ) -> Result<Piece, FetchError> {
        let Some(segments) = &pack.segments else {
            return Ok(Piece { start: bytes.start, bytes: self.range(pack, bytes, signal).await? });
        };
        let missing = || FetchError::Unknown { kind: "segment with the bytes", name: format!("{bytes:?}") };
        let SegmentPlace { file, range } = segments.holding(&bytes).ok_or_else(missing)?;
        Ok(Piece { start: range.start, bytes: self.segment(file).await? })
    }

    async fn range(
        &self,
        pack: &PackFile,
        bytes: Range<u64>,
        signal: Option<&AbortSignal>,
    ) -> Result<Rc<[u8]>, FetchError> {
        let range = AskedRange { bytes, file_bytes: pack.n_bytes };
        let get = Request::range(self.source.file(&pack.file), range, self.source.cache_of_ranges());
        let body = retry::send(&get, signal).await?;
        if body.is_whole_file {
            self.source.sent_whole_file();
        }
        Ok(body.bytes.into())
    }

    /// A whole segment. It is small, and worth keeping when nobody waits for it any more, so that it is never given up.
    async fn segment(&self, file: String) -> Result<Rc<[u8]>, FetchError> {
        let key = TileKey { pack: file.as_str().into(), index: 0 };
        if let Some(kept) = self.kept.borrow_mut().get(&key) {
            return Ok(kept);
        }
        let known = self.under_way.borrow().get(&file).cloned();
        let waiting = known.unwrap_or_else(|| {
            let get = Request::get(self.source.file(&file));
            let kept = Rc::clone(&self.kept);
            let fetched = async move {
                let bytes: Rc<[u8]> = retry::send(&get, None).await?.bytes.into();
                kept.borrow_mut().insert(key, Rc::clone(&bytes));
                Ok::<_, FetchError>(bytes)
            };
            let waiting = fetched.boxed_local().shared();
            self.under_way.borrow_mut().insert(file.clone(), waiting.clone());
            waiting
        });
        let fetched = waiting.await;
        self.under_way.borrow_mut().remove(&file);
        fetched
    }
}
