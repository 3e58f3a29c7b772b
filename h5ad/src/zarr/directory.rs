//! Zarr stores that are directories.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::super::source::past_the_end;
use super::files::{Files, too_large};

/// The directory that is the root of a store.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Where `key` lies; none for one that would lead out of the directory.
    fn path(&self, key: &str) -> Option<PathBuf> {
        let mut path = self.0.clone();
        for part in key.split('/').filter(|part| !part.is_empty()) {
            if matches!(part, "." | "..") || part.contains('\\') {
                return None;
            }
            path.push(part);
        }
        Some(path)
    }

    fn metadata(&self, key: &str) -> io::Result<Option<(PathBuf, fs::Metadata)>> {
        let Some(path) = self.path(key) else { return Ok(None) };
        match fs::metadata(&path) {
            Ok(metadata) => Ok(Some((path, metadata))),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The file at `key`; what is no file, such as a pipe, counts as none.
    fn file(&self, key: &str) -> io::Result<Option<(PathBuf, u64)>> {
        let found = self.metadata(key)?.filter(|(_, metadata)| metadata.is_file());
        Ok(found.map(|(path, metadata)| (path, metadata.len())))
    }
}

impl Files for Directory {
    fn read(&self, key: &str, most: u64) -> io::Result<Option<Vec<u8>>> {
        match self.file(key)? {
            Some((_, size)) if size > most => Err(too_large(size, most)),
            Some((path, _)) => fs::read(path).map(Some),
            None => Ok(None),
        }
    }

    fn size(&self, key: &str) -> io::Result<Option<u64>> {
        Ok(self.file(key)?.map(|(_, size)| size))
    }

    fn read_range(&self, key: &str, range: Range<u64>) -> io::Result<Vec<u8>> {
        let (path, size) = self.file(key)?.ok_or(io::ErrorKind::NotFound)?;
        let length = range.end.saturating_sub(range.start);
        if range.end > size {
            return Err(past_the_end(range.start, length, size));
        }
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(range.start))?;
        let mut bytes = vec![0; length as usize];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn directories(&self, key: &str) -> io::Result<Vec<String>> {
        let Some(path) = self.path(key) else { return Ok(Vec::new()) };
        let mut names = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_dir()) {
                names.extend(entry.file_name().into_string());
            }
        }
        Ok(names)
    }

    fn weigh(&self, key: &str) -> io::Result<(u64, u64)> {
        /// Nothing in a store lies deeper.
        const MAX_DEPTH: usize = 64;
        fn weigh(path: &Path, depth: usize) -> io::Result<(u64, u64)> {
            let (mut count, mut bytes) = (0, 0);
            for entry in fs::read_dir(path)? {
                let path = entry?.path();
                let metadata = fs::metadata(&path)?;
                if metadata.is_file() {
                    count += 1;
                    bytes += metadata.len();
                } else if metadata.is_dir() && depth < MAX_DEPTH {
                    let below = weigh(&path, depth + 1)?;
                    count += below.0;
                    bytes += below.1;
                }
            }
            Ok((count, bytes))
        }
        self.path(key).map_or(Ok((0, 0)), |path| weigh(&path, 0))
    }
}
