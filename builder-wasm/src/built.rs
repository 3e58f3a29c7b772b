//! Datasets that were built already, in a folder or a ZIP file: they are copied as they are.

use std::io::{self, Write};

use builder::{Output as _, Progress as _, Stage};
use h5ad::{Files as _, Source, Zip};
use shared_fbs::path::{MANIFEST, is_pack_file, is_poster_file, is_segment_file};

use crate::{device_files::DeviceFiles, folder::Folder, progress::Told};

/// Bytes of a folder's file that are copied together.
const PIECE_BYTES: u64 = 1 << 20;

/// Where a dataset that was built lies.
pub enum Place {
    /// In a folder.
    Folder(Folder),
    /// In a folder of a ZIP file.
    Zip(Zip),
}

impl Place {
    /// A folder.
    ///
    /// # Errors
    /// The folder again, if it has no manifest.
    pub fn in_folder(folder: Folder) -> Result<Self, Folder> {
        let has_manifest = folder.paths().any(|path| path == MANIFEST);
        if has_manifest { Ok(Self::Folder(folder)) } else { Err(folder) }
    }

    /// The folder of a ZIP file that has a manifest. Why another file is of no use is said by who reads it as AnnData.
    pub fn in_zip(source: impl Source + Send + Sync + 'static) -> Option<Self> {
        let zip = Zip::open(source, &[MANIFEST]).ok()??;
        let has_manifest = zip.paths().any(|path| path == MANIFEST);
        has_manifest.then_some(Self::Zip(zip))
    }

    /// The names of the files of a dataset that are right in it; whatever else lies there stays.
    fn names(&self) -> Vec<String> {
        let is_of_dataset = |path: &&str| *path == MANIFEST || has_tiles(path) || is_poster_file(path);
        match self {
            Self::Folder(folder) => folder.paths().filter(is_of_dataset).map(str::to_owned).collect(),
            Self::Zip(zip) => zip.paths().filter(is_of_dataset).map(str::to_owned).collect(),
        }
    }

    fn n_bytes(&self, name: &str) -> io::Result<u64> {
        let n_bytes = match self {
            Self::Folder(folder) => folder.size(name),
            Self::Zip(zip) => zip.size(name),
        };
        n_bytes?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn copy(&self, name: &str, to: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Folder(folder) => {
                let n_bytes = self.n_bytes(name)?;
                for start in (0..n_bytes).step_by(PIECE_BYTES as usize) {
                    to.write_all(&folder.read_range(name, start..n_bytes.min(start + PIECE_BYTES))?)?;
                }
                Ok(())
            }
            Self::Zip(zip) => zip.copy(name, to),
        }
    }
}

/// Whether a file is a pack, or a piece of one.
fn has_tiles(name: &str) -> bool {
    is_pack_file(name) || is_segment_file(name)
}

/// A dataset that was built. Whether it is sound is found out by who opens it, here as anywhere: to read a manifest takes a
/// program a tenth as large again.
pub struct Built {
    place: Place,
    names: Vec<String>,
    /// Bytes of its files.
    pub n_bytes: u64,
}

impl Built {
    /// The dataset that lies there.
    ///
    /// # Errors
    /// When it cannot be read, or has no packs, in words that follow its name.
    pub fn open(place: Place) -> Result<Self, String> {
        let names = place.names();
        if !names.iter().any(|name| has_tiles(name)) {
            return Err(format!("has {MANIFEST} and no packs beside it: take the whole folder of the dataset"));
        }
        let n_bytes = names.iter().map(|name| place.n_bytes(name)).sum::<io::Result<u64>>();
        let n_bytes = n_bytes.map_err(|error| format!("cannot be read: {error}"))?;
        Ok(Self { place, names, n_bytes })
    }

    /// How many files it has.
    pub fn n_files(&self) -> usize {
        self.names.len()
    }

    /// Copies its files.
    ///
    /// # Errors
    /// When one cannot be read or written.
    pub fn copy(&self, files: &DeviceFiles) -> io::Result<()> {
        let stage = Told.stage("copying".to_owned(), self.n_bytes);
        for name in &self.names {
            let mut file = files.create(name)?;
            self.place.copy(name, &mut Counted { to: &mut file, stage: &*stage })?;
            file.publish(name)?;
        }
        Ok(())
    }
}

/// Tells how much was written.
struct Counted<'a, W> {
    to: W,
    stage: &'a dyn Stage,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n_bytes = self.to.write(bytes)?;
        self.stage.advance(n_bytes as u64);
        Ok(n_bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
