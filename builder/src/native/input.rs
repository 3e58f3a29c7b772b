//! The input as files: that it is one, or a zarr store of many, and that it stays the same while it is read.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

use shared_fbs::path::MANIFEST;
use xxhash_rust::xxh64::xxh64;

/// How coarse the clocks of file systems are. A change within this of the one before may leave no trace.
const CLOCK_STEP: Duration = Duration::from_millis(20);

/// What a directory holds that is a zarr store, of version 2 or 3.
const ZARR: [&str; 3] = [".zgroup", ".zattrs", "zarr.json"];

/// The files that an input consists of: itself, or by path all those of a directory that is a zarr store.
///
/// # Errors
/// When it cannot be looked at, and when it is a pipe, a device or another directory: to open one could wait without
/// end.
pub fn input_files(input: &Path) -> io::Result<Vec<PathBuf>> {
    let refused =
        |reason: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{reason}, not a file of AnnData")));
    let metadata = fs::metadata(input)?;
    if metadata.is_file() {
        return Ok(vec![input.to_owned()]);
    }
    if !metadata.is_dir() {
        return refused("it is a pipe or a device");
    }
    if !ZARR.iter().any(|name| input.join(name).is_file()) {
        let is_built = input.join(MANIFEST).is_file();
        return refused(if is_built { "it is a dataset that was built already" } else { "it is a directory" });
    }
    let mut files = Vec::new();
    let mut directories = vec![input.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            let metadata = fs::metadata(&path)?;
            if metadata.is_dir() {
                directories.push(path);
            } else if metadata.is_file() {
                files.push(path);
            } else {
                return refused(&format!("{} in it is a pipe or a device", path.display()));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Tells two states of an input apart without reading it: which files it is, their lengths, and when they were changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputStamp {
    /// Device and number of the first file, where the system tells.
    file: Option<(u64, u64)>,
    /// Hash of the stamps of all other files.
    others: u64,
    n_bytes: u64,
    modified: Option<SystemTime>,
    /// Seconds and nanoseconds of the last change, of content or attributes, which programs cannot set back.
    changed: Option<(i64, i64)>,
}

impl InputStamp {
    /// The present state of the input at `path`; links are followed.
    ///
    /// # Errors
    /// As [`input_files`].
    pub fn of(path: &Path) -> io::Result<Self> {
        let files = input_files(path)?;
        let mut stamps = files.iter().map(|file| Self::of_file(file));
        let first = stamps.next().ok_or(io::ErrorKind::NotFound)??;
        stamps.try_fold(first, |sum, stamp| Ok(sum.with(&stamp?)))
    }

    fn of_file(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        #[cfg(unix)]
        let (file, changed) = {
            use std::os::unix::fs::MetadataExt;
            (Some((metadata.dev(), metadata.ino())), Some((metadata.ctime(), metadata.ctime_nsec())))
        };
        #[cfg(not(unix))]
        let (file, changed) = (None, None);
        Ok(Self { file, others: 0, n_bytes: metadata.len(), modified: metadata.modified().ok(), changed })
    }

    /// The stamp of these files and one more.
    fn with(self, other: &Self) -> Self {
        Self {
            others: xxh64(other.to_string().as_bytes(), self.others),
            n_bytes: self.n_bytes + other.n_bytes,
            modified: self.modified.max(other.modified),
            changed: self.changed.max(other.changed),
            ..self
        }
    }

    /// As [`of`](Self::of), once every later change is sure to give another stamp. Waits an instant where the file was
    /// written just now.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn settled(path: &Path) -> io::Result<Self> {
        let stamp = Self::of(path)?;
        if stamp.is_older_than(CLOCK_STEP) {
            return Ok(stamp);
        }
        thread::sleep(CLOCK_STEP);
        Self::of(path)
    }

    /// Length of all files together.
    pub fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// Whether the last change of any file lies `age` or more in the past. `false` where the system does not tell, or
    /// tells of the future.
    pub fn is_older_than(&self, age: Duration) -> bool {
        let since_epoch = |(seconds, nanos): (i64, i64)| {
            let seconds = Duration::from_secs(u64::try_from(seconds).ok()?);
            Some(SystemTime::UNIX_EPOCH + seconds + Duration::from_nanos(u64::try_from(nanos).ok()?))
        };
        let changed = self.changed.and_then(since_epoch);
        changed.and_then(|changed| changed.elapsed().ok()).is_some_and(|elapsed| elapsed >= age)
    }
}

impl fmt::Display for InputStamp {
    /// As text that is equal where the stamps are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, others, n_bytes, modified, changed } = self;
        let (device, number) = file.unwrap_or_default();
        let modified = modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        let modified = modified.map_or(0, |since| since.as_nanos());
        let (seconds, nanos) = changed.unwrap_or_default();
        write!(f, "{device}-{number}-{others:x}-{n_bytes}-{modified}-{seconds}.{nanos:09}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_of_a_file_shows() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("input");
        fs::write(&path, "one").unwrap();
        let first = InputStamp::settled(&path).unwrap();
        assert_eq!(InputStamp::of(&path).unwrap(), first);

        // Of one length, and set back to the time of the one before.
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, "two").unwrap();
        fs::File::options().append(true).open(&path).unwrap().set_modified(modified).unwrap();
        let second = InputStamp::settled(&path).unwrap();
        assert_ne!(second, first);
        assert_ne!(second.to_string(), first.to_string());

        // Another file of the same age in its place.
        let other = directory.path().join("other");
        fs::write(&other, "two").unwrap();
        fs::File::options().append(true).open(&other).unwrap().set_modified(modified).unwrap();
        fs::rename(&other, &path).unwrap();
        assert_ne!(InputStamp::of(&path).unwrap(), second);
    }

    #[test]
    fn every_change_of_a_store_of_many_files_shows() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        fs::create_dir_all(path.join("X/0")).unwrap();
        for name in [".zgroup", "X/.zarray", "X/0/0", "X/0/1"] {
            fs::write(path.join(name), "one").unwrap();
        }
        let names = input_files(path).unwrap();
        assert_eq!(names, [".zgroup", "X/.zarray", "X/0/0", "X/0/1"].map(|name| path.join(name)));
        let first = InputStamp::settled(path).unwrap();
        assert_eq!((InputStamp::of(path).unwrap(), first.n_bytes()), (first.clone(), 12));
        fs::write(path.join("X/0/1"), "two").unwrap();
        let second = InputStamp::settled(path).unwrap();
        fs::remove_file(path.join("X/0/1")).unwrap();
        let third = InputStamp::of(path).unwrap();
        assert!(first != second && second != third && first != third);
    }

    #[test]
    fn what_is_no_file_is_refused_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let refused = |path: &Path| InputStamp::of(path).unwrap_err().to_string();
        assert!(refused(directory.path()).contains("directory"));
        fs::write(directory.path().join(MANIFEST), "").unwrap();
        assert!(refused(directory.path()).starts_with("it is a dataset that was built already"));
        #[cfg(unix)]
        assert!(refused(Path::new("/dev/zero")).contains("device"));
        assert_eq!(InputStamp::of(&directory.path().join("absent")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
