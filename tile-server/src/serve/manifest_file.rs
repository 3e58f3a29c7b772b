//! The manifest of a dataset, looked at again and again wherever it lies.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use remote_files::{Document, Remote, State};
use shared_fbs::path::MANIFEST;
use tessera::dataset::MOST_MANIFEST_BYTES;
use xxhash_rust::xxh64::xxh64;

use super::{confined_file::OpenFile, dataset_reader::ReadError, file_reading::SharedFile};
use crate::{dataset_place::DatasetPlace, file_stamp::FileStamp};

/// Which state of a manifest was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Of a file of this machine.
    File(FileStamp),
    /// Of a file of another host: its tag there, and a hash of its bytes.
    Elsewhere(Option<String>, u64),
}

/// What a look at a manifest has brought.
pub(super) struct Look {
    /// The state that need not be read again; none where it must be.
    pub(super) seen: Option<Seen>,
    pub(super) found: Result<ManifestFile, ReadError>,
}

/// A manifest.
pub(super) struct ManifestFile {
    /// Which state of it this is.
    pub(super) state: Seen,
    /// As it is sent.
    pub(super) file: OpenFile,
    /// As it lies in its place.
    pub(super) bytes: Bytes,
    /// Where its packs lie.
    pub(super) packs: PacksPlace,
}

/// Where the packs of a dataset lie.
pub(super) enum PacksPlace {
    /// In a directory, by its canonical path.
    Directory(PathBuf),
    /// In a folder of another host.
    Remote(Remote),
}

/// Looks at the manifest of a dataset; none where it is still as it was seen. Blocks.
pub(super) fn look(place: &DatasetPlace, seen: Option<&Seen>) -> Option<Look> {
    match place {
        DatasetPlace::Directory(directory) => look_at_file(directory, seen),
        DatasetPlace::Remote(remote) => look_elsewhere(remote, seen),
    }
}

fn look_at_file(directory: &Path, seen: Option<&Seen>) -> Option<Look> {
    // Taken before the manifest is read, so that a change in between is seen next time.
    let stamp = FileStamp::at(&directory.join(MANIFEST)).map(Seen::File);
    if stamp.is_some() && stamp.as_ref() == seen {
        return None;
    }
    Some(Look { seen: stamp, found: read_file(directory) })
}

fn read_file(directory: &Path) -> Result<ManifestFile, ReadError> {
    let directory = directory.canonicalize().map_err(|error| format!("its directory cannot be found: {error}"))?;
    let file = OpenFile::within(&directory, Path::new(MANIFEST))
        .map_err(|error| format!("{MANIFEST} cannot be opened: {error}"))?;
    let bytes = file.read_all(MOST_MANIFEST_BYTES).map_err(|error| format!("{MANIFEST} cannot be read: {error}"))?;
    let (state, packs) = (Seen::File(file.stamp), PacksPlace::Directory(directory));
    Ok(ManifestFile { state, file, bytes: bytes.into(), packs })
}

fn look_elsewhere(remote: &Remote, seen: Option<&Seen>) -> Option<Look> {
    let (tag, hash) = match seen {
        Some(Seen::Elsewhere(tag, hash)) => (tag.as_deref(), Some(*hash)),
        Some(Seen::File(_)) | None => (None, None),
    };
    match remote.get(MANIFEST, MOST_MANIFEST_BYTES, tag) {
        Ok(State::Unchanged) => None,
        Ok(State::Present(Document { bytes, tag, modified })) => {
            let found = xxh64(&bytes, 0);
            if Some(found) == hash {
                return None;
            }
            let stamp = FileStamp::elsewhere(bytes.len() as u64, modified, found);
            let file = OpenFile::elsewhere(SharedFile::in_memory(bytes.clone()), stamp);
            let (state, packs) = (Seen::Elsewhere(tag, found), PacksPlace::Remote(remote.clone()));
            Some(Look { seen: Some(state.clone()), found: Ok(ManifestFile { state, file, bytes, packs }) })
        }
        // What was seen of it is as it was.
        Err(error) => Some(Look { seen: seen.cloned(), found: Err(error.into()) }),
    }
}

impl ManifestFile {
    /// The same with other bytes to send.
    #[must_use]
    pub(super) fn sending(self, bytes: Option<Vec<u8>>) -> Self {
        let (PacksPlace::Remote(_), Some(bytes)) = (&self.packs, bytes) else { return self };
        let stamp = FileStamp::elsewhere(bytes.len() as u64, self.file.modified, xxh64(&bytes, 0));
        Self { file: OpenFile::elsewhere(SharedFile::in_memory(bytes.into()), stamp), ..self }
    }
}
