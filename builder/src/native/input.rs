//! The input as a file: that it is one, and that it stays the same while it is read.

use std::{
    fmt, fs, io,
    path::Path,
    thread,
    time::{Duration, SystemTime},
};

/// How coarse the clocks of file systems are. A change within this of the one before may leave no trace.
const CLOCK_STEP: Duration = Duration::from_millis(20);

/// Tells two states of a file apart without reading it: which file it is, its length, and when it was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputStamp {
    /// Device and number of the file, where the system tells.
    file: Option<(u64, u64)>,
    n_bytes: u64,
    modified: Option<SystemTime>,
    /// Seconds and nanoseconds of the last change, of content or attributes, which no program can set back.
    changed: Option<(i64, i64)>,
}

impl InputStamp {
    /// The present state of the file at `path`; links are followed.
    ///
    /// # Errors
    /// When it cannot be looked at, and when it is a pipe, a device or a directory: to open one could wait without end.
    pub fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() {
            let reason = if metadata.is_dir() { "it is a directory" } else { "it is a pipe or a device" };
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{reason}, not a file")));
        }
        #[cfg(unix)]
        let (file, changed) = {
            use std::os::unix::fs::MetadataExt;
            (Some((metadata.dev(), metadata.ino())), Some((metadata.ctime(), metadata.ctime_nsec())))
        };
        #[cfg(not(unix))]
        let (file, changed) = (None, None);
        Ok(Self { file, n_bytes: metadata.len(), modified: metadata.modified().ok(), changed })
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

    /// Length of the file.
    pub fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// Whether the last change of the file lies `age` or more in the past. `false` where the system does not tell, or
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
        let Self { file, n_bytes, modified, changed } = self;
        let (device, number) = file.unwrap_or_default();
        let modified = modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        let modified = modified.map_or(0, |since| since.as_nanos());
        let (seconds, nanos) = changed.unwrap_or_default();
        write!(f, "{device}-{number}-{n_bytes}-{modified}-{seconds}.{nanos:09}")
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
    fn what_is_no_file_is_refused_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let refused = |path: &Path| InputStamp::of(path).unwrap_err().to_string();
        assert!(refused(directory.path()).contains("directory"));
        #[cfg(unix)]
        assert!(refused(Path::new("/dev/zero")).contains("device"));
        assert_eq!(InputStamp::of(&directory.path().join("absent")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
