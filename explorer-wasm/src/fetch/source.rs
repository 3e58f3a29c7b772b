//! Where a dataset's bytes come from: a tile server, or any host of static files.

use std::cell::Cell;

use shared_fbs::{api::Endpoint, path};
use web_sys::RequestCache;

use super::host_bytes;

/// The address of a dataset and the routes that lead to its tiles.
#[derive(Clone, Debug)]
pub struct Source {
    /// What the address of a file begins with: that of the dataset's directory, ending in `/`.
    base: String,
    /// The dataset's id on a tile server, and whether its tile route has answered so far.
    tiles: Option<Cell<bool>>,
    /// Whether the host has sent whole files where ranges were asked for.
    sends_whole_files: Cell<bool>,
}

/// Where to look for a dataset. Plain data, so that workers can be told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// On the tile server that serves the page, under this id.
    Server(String),
    /// In this directory of a static host.
    Directory(String),
    /// With the page around the frame, which supplies the bytes.
    Host,
}

impl Address {
    /// Whether the page's service worker answers for it, out of the browser's own storage; `root` is the address of the
    /// page's root, ending in `/`.
    pub fn is_on_device(&self, root: &str) -> bool {
        let below_root = match self {
            Self::Directory(url) => url.strip_prefix(root),
            Self::Server(_) | Self::Host => None,
        };
        below_root.and_then(|path| path.split_once('/')).is_some_and(|(route, _)| route == path::DEVICE_ROUTE)
    }

    /// The text by which a worker is told.
    pub fn to_text(&self) -> String {
        match self {
            Self::Server(id) => format!("server:{id}"),
            Self::Directory(url) => format!("directory:{url}"),
            Self::Host => "host:".to_owned(),
        }
    }

    /// The address that [`Address::to_text`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        match kind {
            "server" => Some(Self::Server(rest.to_owned())),
            "directory" => Some(Self::Directory(rest.to_owned())),
            "host" => Some(Self::Host),
            _ => None,
        }
    }
}

impl Source {
    /// The source at an address; `root` is the address of the page's root, ending in `/`.
    pub fn new(address: &Address, root: &str) -> Self {
        let (base, tiles) = match address {
            Address::Server(id) => {
                let directory = Endpoint::File { id: id.into(), file: "".into() };
                (format!("{root}{}", directory.address()), Some(Cell::new(true)))
            }
            Address::Directory(url) => (format!("{}/", url.trim_end_matches('/')), None),
            Address::Host => (host_bytes::SCHEME.to_owned(), None),
        };
        Self { base, tiles, sends_whole_files: Cell::new(false) }
    }

    /// The address of a file of the dataset.
    pub fn file(&self, file: &str) -> String {
        format!("{}{file}", self.base)
    }

    /// What the browser's cache may do with ranges of files. Chromium lets one request at a time write to the entry of
    /// an address in its cache, so that ranges of a file would come one after another: they are not stored there. What
    /// is worth keeping, [`super::tile_store`] keeps. Whole files are stored, or each range would fetch them again.
    pub(super) fn cache_of_ranges(&self) -> RequestCache {
        if self.sends_whole_files.get() { RequestCache::Default } else { RequestCache::NoStore }
    }

    /// The host has sent a whole file where a range was asked for.
    pub(super) fn sent_whole_file(&self) {
        self.sends_whole_files.set(true);
    }

    /// Whether a tile server answers for tiles by name.
    pub(super) fn has_tile_route(&self) -> bool {
        self.tiles.as_ref().is_some_and(Cell::get)
    }

    /// The address of tiles of a pack by name, where a tile server answers for them.
    pub(super) fn tiles(&self, pack_file: &str, tiles: &path::TileList) -> Option<String> {
        self.has_tile_route().then(|| self.file(&path::tiles_below(pack_file, tiles)))
    }

    /// The tile route is not there: from now on, ranges of packs are asked for.
    pub(super) fn without_tile_route(&self) {
        if let Some(answers) = &self.tiles {
            answers.set(false);
        }
    }
}
