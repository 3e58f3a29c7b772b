//! Where the files of the page come from.

use std::{
    borrow::Cow,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use shared_fbs::path::is_hash;
use xxhash_rust::xxh64::xxh64;

use super::{confined_file::OpenFile, error::ServeError};

/// A source of the page's files.
pub trait FrontEnd: Send + Sync {
    /// The file at `path`: plain names joined by `/`, relative to the page's root. None where there is
    /// no such file. May block.
    fn get(&self, path: &str) -> Option<Asset>;

    /// The paths of all files, in order. May block.
    ///
    /// # Errors
    /// When they cannot be listed.
    fn paths(&self) -> io::Result<Vec<String>>;
}

/// A file of the page.
#[derive(Clone)]
pub struct Asset {
    /// The file's content.
    pub bytes: Cow<'static, [u8]>,
    /// The media type, with the character set for text.
    pub mime: &'static str,
    /// Whether the name says the content, so that it may be cached for ever.
    pub immutable: bool,
    /// A hash of the content, in hexadecimal digits.
    pub etag: String,
}

impl Asset {
    /// The file of this name and content.
    pub fn new(path: &str, bytes: Cow<'static, [u8]>) -> Self {
        Self {
            mime: mime(path),
            immutable: is_named_by_content(path),
            etag: format!("{:016x}", xxh64(&bytes, 0)),
            bytes,
        }
    }
}

impl fmt::Debug for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asset")
            .field("bytes", &self.bytes.len())
            .field("mime", &self.mime)
            .field("immutable", &self.immutable)
            .field("etag", &self.etag)
            .finish()
    }
}

/// The longest file of a page.
const MOST_BYTES: u64 = 256 << 20;

/// The page in a directory, read anew for each request, so that a rebuilt page shows at once.
#[derive(Clone, Debug)]
pub struct DirectoryFrontEnd {
    root: PathBuf,
}

impl DirectoryFrontEnd {
    /// The page in this directory.
    ///
    /// # Errors
    /// [`ServeError::FrontEnd`] when the directory cannot be read or has no `index.html`.
    pub fn open(directory: &Path) -> Result<Self, ServeError> {
        let root = directory.canonicalize().and_then(|root| {
            OpenFile::within(&root, Path::new("index.html"))?;
            Ok(root)
        });
        root.map(|root| Self { root })
            .map_err(|source| ServeError::FrontEnd { directory: directory.to_owned(), source })
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        OpenFile::within(&self.root, Path::new(path))?.read_all(MOST_BYTES)
    }
}

impl FrontEnd for DirectoryFrontEnd {
    fn get(&self, path: &str) -> Option<Asset> {
        match self.read(path) {
            Ok(bytes) => Some(Asset::new(path, bytes.into())),
            Err(error) => {
                let directory = fs::metadata(self.root.join(path)).is_ok_and(|file| file.is_dir());
                if error.kind() != io::ErrorKind::NotFound && !directory {
                    tracing::warn!(path, %error, "a file of the page cannot be read");
                }
                None
            }
        }
    }

    fn paths(&self) -> io::Result<Vec<String>> {
        let mut paths = Vec::new();
        list(&self.root, "", &mut paths)?;
        paths.sort();
        Ok(paths)
    }
}

/// Appends the paths of the files below a directory, whose own path ends in `/` or is empty.
fn list(directory: &Path, path: &str, paths: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        // Names that no address leads to.
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{path}{name}");
        if entry.path().is_dir() {
            list(&entry.path(), &format!("{path}/"), paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

/// The page inside the binary, as it was built into `dist/`.
#[cfg(feature = "embed-front-end")]
#[derive(Clone, Copy, Debug, Default)]
pub struct EmbeddedFrontEnd;

#[cfg(feature = "embed-front-end")]
#[derive(rust_embed::RustEmbed)]
#[folder = "../dist"]
struct Dist;

#[cfg(feature = "embed-front-end")]
impl FrontEnd for EmbeddedFrontEnd {
    fn get(&self, path: &str) -> Option<Asset> {
        <Dist as rust_embed::RustEmbed>::get(path).map(|file| Asset::new(path, file.data))
    }

    fn paths(&self) -> io::Result<Vec<String>> {
        Ok(<Dist as rust_embed::RustEmbed>::iter().map(Cow::into_owned).collect())
    }
}

/// The media type by the extension. Browsers insist on it for wasm, scripts and styles.
fn mime(path: &str) -> &'static str {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "txt" | "ts" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Whether a file's name holds a hash of its content: `name-<16 hex>.css`.
/// The hash in the name of a directory is not one of the file's content.
fn is_named_by_content(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.split(['-', '_', '.']).skip(1).any(is_hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_a_hash_are_immutable() {
        for (path, expected) in [
            ("explorer-wasm-0123456789abcdef.js", true),
            ("explorer-wasm-0123456789abcdef_bg.wasm", true),
            ("fonts/inter-0123456789abcdef.woff2", true),
            ("index.html", false),
            ("worker_loader.js", false),
            ("worker_bg.wasm", false),
            ("snippets/leptos-0123456789abcdef/inline0.js", false),
            ("0123456789abcdef.js", false),
        ] {
            assert_eq!(is_named_by_content(path), expected, "{path}");
        }
    }

    #[test]
    fn the_types_browsers_insist_on() {
        assert_eq!(mime("a/b_bg.wasm"), "application/wasm");
        assert_eq!(mime("a.JS"), "text/javascript; charset=utf-8");
        assert_eq!(mime("style.css"), "text/css; charset=utf-8");
        assert_eq!(mime("icon.svg"), "image/svg+xml");
        assert_eq!(mime("font.woff2"), "font/woff2");
        assert_eq!(mime("LICENSE"), "application/octet-stream");
    }
}
