//! A folder of the user's own that is a Zarr store.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    ops::Range,
};

use file_slices::SliceReader;
use h5ad::Files;
use send_wrapper::SendWrapper;
use web_sys::File;

/// The files of a folder by their paths in it.
pub struct Folder {
    files: SendWrapper<BTreeMap<String, File>>,
    reader: SliceReader,
}

impl Folder {
    /// The folder of these files.
    pub fn new(files: BTreeMap<String, File>, reader: SliceReader) -> Self {
        Self { files: SendWrapper::new(files), reader }
    }

    /// The paths of its files.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The files below `key`, with what follows it in their paths.
    fn below<'a>(&'a self, key: &'a str) -> impl Iterator<Item = (&'a str, &'a File)> {
        self.files.iter().filter_map(move |(path, file)| {
            let rest = if key.is_empty() { path } else { path.strip_prefix(key)?.strip_prefix('/')? };
            Some((rest, file))
        })
    }
}

impl Files for Folder {
    fn read(&self, key: &str, most: u64) -> io::Result<Option<Vec<u8>>> {
        let Some(n_bytes) = self.size(key)? else { return Ok(None) };
        if n_bytes > most {
            let message = format!("it has {n_bytes} bytes where {most} are the most");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        self.read_range(key, 0..n_bytes).map(Some)
    }

    fn size(&self, key: &str) -> io::Result<Option<u64>> {
        Ok(self.files.get(key).map(|file| file.size() as u64))
    }

    fn read_range(&self, key: &str, range: Range<u64>) -> io::Result<Vec<u8>> {
        let file = self.files.get(key).ok_or(io::ErrorKind::NotFound)?;
        if range.end > file.size() as u64 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; range.end.saturating_sub(range.start) as usize];
        self.reader.read(file, range.start, &mut bytes)?;
        Ok(bytes)
    }

    fn directories(&self, key: &str) -> io::Result<Vec<String>> {
        let names: BTreeSet<&str> = self.below(key).filter_map(|(rest, _)| Some(rest.split_once('/')?.0)).collect();
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    fn weigh(&self, key: &str) -> io::Result<(u64, u64)> {
        Ok(self.below(key).fold((0, 0), |(count, bytes), (_, file)| (count + 1, bytes + file.size() as u64)))
    }
}
