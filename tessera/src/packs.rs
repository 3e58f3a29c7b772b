//! Where tiles lie in the files of a dataset on this machine.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use shared_fbs::{
    frame,
    manifest::{DirectoryPlace, Pack, Slot, Slots},
};

use crate::plain_file;

/// Why the directory of a pack cannot be read.
pub type ReadError = Box<dyn std::error::Error + Send + Sync>;

/// Where the tiles of one pack lie; pages of its directory are read when first asked for.
pub struct PackIndex {
    file: Arc<str>,
    path: PathBuf,
    pack: Pack,
    /// The directory by pages, each read when first asked for; one page where it is in the manifest.
    pages: Vec<OnceLock<Slots>>,
    /// Opened when first read, and kept: a comparison reads thousands of tiles.
    opened: OnceLock<PackFile>,
}

/// An open pack, which never changes.
struct PackFile {
    file: File,
    n_bytes: u64,
}

impl PackIndex {
    /// The index of a pack in `directory` as the manifest describes it.
    pub fn new(directory: &Path, pack: Pack) -> Self {
        let pages = pack.pages.len().max(1);
        Self {
            file: pack.file.as_str().into(),
            path: directory.join(&pack.file),
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

    /// The place of a tile; none when the pack has no such tile. Blocks while a page is read.
    ///
    /// # Errors
    /// When the page cannot be read.
    pub fn slot(&self, index: u32) -> Result<Option<Slot>, ReadError> {
        let Some(kept) = self.page_of(index) else {
            return Ok(None);
        };
        if let Some(slots) = kept.get() {
            return Ok(slots.get(index));
        }
        let slots = match self.pack.directory_of(index) {
            None => return Ok(None),
            Some(DirectoryPlace::Inline(slots)) => slots,
            Some(DirectoryPlace::Page { page, slot }) => self.read_page(page, &slot)?,
        };
        Ok(kept.get_or_init(|| slots).get(index))
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
        let bytes = self.read(slot).map_err(|error| wrong(&error))?;
        let content = frame::inflate(&bytes).map_err(|error| wrong(&error))?;
        frame::verify(&content, slot.checksum).map_err(|error| wrong(&error))?;
        let slots = self.pack.read_page(page, &content).map_err(|error| wrong(&error))?;
        Ok(slots)
    }

    /// The frame that lies at a slot. Blocks.
    pub fn read(&self, slot: &Slot) -> io::Result<Vec<u8>> {
        let pack = self.opened()?;
        let range = slot.range();
        if range.end > pack.n_bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; slot.length as usize];
        read_exact_at(&pack.file, &mut bytes, range.start)?;
        Ok(bytes)
    }

    /// The open file. One that cannot be opened is tried again the next time.
    fn opened(&self) -> io::Result<&PackFile> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let file = plain_file::open(&self.path)?;
        let n_bytes = file.metadata()?.len();
        Ok(self.opened.get_or_init(|| PackFile { file, n_bytes }))
    }
}

/// Fills the buffer from a place of the file, for any number of threads at a time.
#[cfg(unix)]
fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

/// Fills the buffer from a place of the file, for any number of threads at a time.
#[cfg(windows)]
fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                buffer = &mut buffer[read..];
                offset += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
