//! Files of datasets. What only has the name of one is refused at once.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

/// Opens a file for reading.
///
/// # Errors
/// When it cannot be opened, and when it is a pipe, a device or a directory.
pub fn open(path: &Path) -> io::Result<File> {
    // Looked at before it is opened: to open a pipe would wait for its writer.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file"));
    }
    File::open(path)
}

/// The bytes of a file, where there are at most so many.
///
/// # Errors
/// As [`open`], and when it is longer, or cannot be read.
pub fn read(path: &Path, most_bytes: u64) -> io::Result<Vec<u8>> {
    let too_long = || {
        let why = format!("it has more than {most_bytes} bytes, which are the most that are read");
        Err(io::Error::new(io::ErrorKind::FileTooLarge, why))
    };
    let file = open(path)?;
    if file.metadata()?.len() > most_bytes {
        return too_long();
    }
    let mut bytes = Vec::new();
    // It may grow meanwhile.
    file.take(most_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most_bytes { too_long() } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_files_are_read() {
        let kind = |path: &Path, most_bytes| read(path, most_bytes).unwrap_err().kind();
        assert_eq!(kind(Path::new(env!("CARGO_MANIFEST_DIR")), 1000), io::ErrorKind::InvalidInput);
        #[cfg(unix)]
        assert_eq!(kind(Path::new("/dev/zero"), 1000), io::ErrorKind::InvalidInput);
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let n_bytes = fs::metadata(&file).unwrap().len();
        assert_eq!(read(&file, n_bytes).unwrap().len() as u64, n_bytes);
        assert_eq!(kind(&file, n_bytes - 1), io::ErrorKind::FileTooLarge);
    }
}
