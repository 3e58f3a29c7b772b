//! Where tiles lie in the packs of a dataset.

use std::{
    io,
    ops::Range,
    sync::{Arc, OnceLock},
};

use shared_fbs::{
    DecodeError, frame,
    manifest::{DirectoryPlace, Pack, Slot, Slots},
};

use crate::files::{Files, ReadAt};

/// Why the directory of a pack cannot be read.
pub type ReadError = Box<dyn std::error::Error + Send + Sync>;

/// Where the tiles of one pack lie; pages of its directory are read when first asked for.
pub struct PackIndex {
    file: Arc<str>,
    files: Arc<dyn Files>,
    pack: Pack,
    /// The directory by pages, each read when first asked for; one page where it is in the manifest.
    pages: Vec<OnceLock<Slots>>,
    /// Opened when first read, and kept: a comparison reads thousands of tiles.
    opened: OnceLock<Box<dyn ReadAt>>,
}

/// A tile, or a page of the directory, as it lies in its pack and as what it holds.
pub struct ConfirmedFrame {
    /// Where it lies.
    pub slot: Slot,
    /// As it lies there.
    pub frame: Vec<u8>,
    /// What it holds, with the checksum that the manifest has of it.
    pub content: Vec<u8>,
}

/// Why there is no frame that its checksum confirms.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// It is not what was written.
    #[error(transparent)]
    Broken(#[from] DecodeError),
    /// It is not what was written, each time that it was asked for.
    #[error("{address} sends bytes that their checksum does not confirm: {source}")]
    Sent {
        /// The pack's file.
        address: String,
        /// What is wrong.
        source: DecodeError,
    },
}

impl PackIndex {
    /// The index of a pack as the manifest describes it.
    pub fn new(files: Arc<dyn Files>, pack: Pack) -> Self {
        let pages = pack.pages.len().max(1);
        Self {
            file: pack.file.as_str().into(),
            files,
            pack,
            pages: std::iter::repeat_with(OnceLock::new).take(pages).collect(),
            opened: OnceLock::new(),
        }
    }

    /// The name of the pack's file.
    pub fn file(&self) -> &Arc<str> {
        &self.file
    }

    /// The length of the pack's file, as the manifest has it.
    pub fn n_bytes(&self) -> u64 {
        self.pack.n_bytes
    }

    /// How many files the pack is cut into where it is hosted in pieces; 0 where it is one file.
    pub fn n_segments(&self) -> usize {
        self.pack.segments.as_ref().map_or(0, Vec::len)
    }

    /// The place of a tile; none when the pack has no such tile. Blocks while a page is read.
    ///
    /// # Errors
    /// When the page cannot be read.
    pub fn slot(&self, index: u32) -> Result<Option<Slot>, ReadError> {
        Ok(self.slots_of(index)?.and_then(|slots| slots.get(index)))
    }

    /// The directory entries that a tile's is among, read where they have not been.
    fn slots_of(&self, index: u32) -> Result<Option<&Slots>, ReadError> {
        let Some(kept) = self.page_of(index) else {
            return Ok(None);
        };
        if let Some(slots) = kept.get() {
            return Ok(Some(slots));
        }
        let slots = match self.pack.directory_of(index) {
            None => return Ok(None),
            Some(DirectoryPlace::Inline(slots)) => slots,
            Some(DirectoryPlace::Page { page, slot }) => self.read_page(page, &slot)?,
        };
        Ok(Some(kept.get_or_init(|| slots)))
    }

    /// The place of the tile, or of the page of the directory, that has the byte at an offset; none where no checksum covers
    /// it. Blocks while a page is read.
    ///
    /// # Errors
    /// When the page cannot be read.
    pub fn slot_at(&self, offset: u64) -> Result<Option<Slot>, ReadError> {
        let Some(page) = self.pack.pages.partition_point(|page| page.offset <= offset).checked_sub(1) else {
            // Without pages, all tiles are in one list.
            let slots = if self.pack.pages.is_empty() { self.slots_of(0)? } else { None };
            return Ok(slots.and_then(|slots| slots.at(offset)));
        };
        let first = u32::try_from(page).ok().and_then(|page| page.checked_mul(self.pack.page_tiles));
        let place = first.and_then(|first| Some((first, self.pack.directory_of(first)?)));
        match place {
            Some((_, DirectoryPlace::Page { slot, .. })) if slot.range().contains(&offset) => Ok(Some(slot)),
            Some((first, _)) => Ok(self.slots_of(first)?.and_then(|slots| slots.at(offset))),
            None => Ok(None),
        }
    }

    /// The place of a tile whose page has been read; none when it has not, or the pack has no such tile. Never blocks.
    pub fn slot_at_hand(&self, index: u32) -> Option<Slot> {
        self.page_of(index)?.get()?.get(index)
    }

    fn page_of(&self, index: u32) -> Option<&OnceLock<Slots>> {
        let page = index.checked_div(self.pack.page_tiles).unwrap_or(0);
        self.pages.get(page as usize).filter(|_| index < self.pack.n_tiles)
    }

    fn read_page(&self, page: u32, slot: &Slot) -> Result<Slots, ReadError> {
        let wrong = |error: &dyn std::error::Error| format!("page {page} of the directory in {}: {error}", self.file);
        let confirmed = self.confirmed(slot).map_err(|error| match error {
            // Whether it may pass is told by its kind.
            FrameError::Read(error) => ReadError::from(io::Error::new(error.kind(), wrong(&error))),
            FrameError::Broken(_) | FrameError::Sent { .. } => wrong(&error).into(),
        });
        let content = confirmed?.content;
        let slots = self.pack.read_page(page, &content).map_err(|error| wrong(&error))?;
        Ok(slots)
    }

    /// The frame at a slot, which its checksum confirms. Bytes that came from elsewhere and are wrong are asked for once
    /// more. Blocks.
    ///
    /// # Errors
    /// [`FrameError`].
    pub fn confirmed(&self, slot: &Slot) -> Result<ConfirmedFrame, FrameError> {
        let frame = self.read(slot)?;
        match confirmed(slot, frame) {
            Err(error) => {
                if self.opened()?.forget(slot.range()).is_none() {
                    return Err(error.into());
                }
                let again = confirmed(slot, self.read(slot)?);
                again.map_err(|source| match self.opened().map(|file| file.forget(slot.range())) {
                    Ok(Some(address)) => FrameError::Sent { address, source },
                    Ok(None) | Err(_) => source.into(),
                })
            }
            Ok(frame) => Ok(frame),
        }
    }

    /// Is told which bytes will be read next, where it is quicker to get them at one time. Blocks.
    ///
    /// # Errors
    /// When no read would come to anything now.
    pub fn prepare(&self, ranges: &[Range<u64>]) -> io::Result<()> {
        self.opened()?.prepare(ranges)
    }

    /// The frame that lies at a slot, right or not. Blocks.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, slot: &Slot) -> io::Result<Vec<u8>> {
        let file = self.opened()?;
        let range = slot.range();
        if range.end > file.n_bytes() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        file.read(range)
    }

    /// The open file. One that cannot be opened is tried again the next time.
    fn opened(&self) -> io::Result<&dyn ReadAt> {
        if let Some(opened) = self.opened.get() {
            return Ok(&**opened);
        }
        let file = self.files.open(&self.pack)?;
        Ok(&**self.opened.get_or_init(|| file))
    }
}

fn confirmed(slot: &Slot, frame: Vec<u8>) -> Result<ConfirmedFrame, DecodeError> {
    let content = frame::inflate(&frame)?.into_owned();
    frame::verify(&content, slot.checksum)?;
    Ok(ConfirmedFrame { slot: *slot, frame, content })
}
