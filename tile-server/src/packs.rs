//! Where tiles lie in the files of a dataset on this machine.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    sync::{Arc, OnceLock},
};

use shared_fbs::{
    frame,
    manifest::{DirectoryPlace, Pack, Slot, Slots},
};

/// Why the directory of a pack cannot be read.
pub type ReadError = Box<dyn std::error::Error + Send + Sync>;

/// Where the tiles of one pack lie; pages of its directory are read when first asked for.
pub struct PackIndex {
    file: Arc<str>,
    pack: Pack,
    /// The directory by pages, each read when first asked for; one page where it is in the manifest.
    pages: Vec<OnceLock<Slots>>,
}

impl PackIndex {
    /// The index of a pack as the manifest describes it.
    pub fn new(pack: Pack) -> Self {
        let pages = pack.pages.len().max(1);
        Self {
            file: pack.file.as_str().into(),
            pack,
            pages: std::iter::repeat_with(OnceLock::new).take(pages).collect(),
        }
    }

    /// The name of the pack's file.
    pub fn file(&self) -> &Arc<str> {
        &self.file
    }

    /// The place of a tile; none when the pack has no such tile. Blocks while a page is read.
    pub fn slot(&self, directory: &Path, index: u32) -> Result<Option<Slot>, ReadError> {
        if index >= self.pack.n_tiles {
            return Ok(None);
        }
        let page = index.checked_div(self.pack.page_tiles).unwrap_or(0);
        let Some(kept) = self.pages.get(page as usize) else {
            return Ok(None);
        };
        if let Some(slots) = kept.get() {
            return Ok(slots.get(index));
        }
        let slots = match self.pack.directory_of(index) {
            None => return Ok(None),
            Some(DirectoryPlace::Inline(slots)) => slots,
            Some(DirectoryPlace::Page { page, slot }) => self.read_page(directory, page, &slot)?,
        };
        Ok(kept.get_or_init(|| slots).get(index))
    }

    fn read_page(&self, directory: &Path, page: u32, slot: &Slot) -> Result<Slots, ReadError> {
        let wrong = |error: &dyn std::error::Error| format!("page {page} of the directory in {}: {error}", self.file);
        let bytes = read_slot(directory, &self.file, slot).map_err(|error| wrong(&error))?;
        let content = frame::inflate(&bytes).map_err(|error| wrong(&error))?;
        frame::verify(&content, slot.checksum).map_err(|error| wrong(&error))?;
        let slots = self.pack.read_page(page, &content).map_err(|error| wrong(&error))?;
        Ok(slots)
    }
}

/// The frame that lies at a slot of a file.
pub fn read_slot(directory: &Path, file: &str, slot: &Slot) -> io::Result<Vec<u8>> {
    let mut file = File::open(directory.join(file))?;
    let range = slot.range();
    if range.end > file.metadata()?.len() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut bytes = Vec::with_capacity(slot.length as usize);
    file.seek(SeekFrom::Start(range.start))?;
    file.take(u64::from(slot.length)).read_to_end(&mut bytes)?;
    Ok(bytes)
}
