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

/// The bytes of a file.
///
/// # Errors
/// As [`open`], and when it cannot be read.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_files_are_read() {
        assert_eq!(read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        #[cfg(unix)]
        assert_eq!(read(Path::new("/dev/zero")).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert!(!read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap().is_empty());
    }
}
