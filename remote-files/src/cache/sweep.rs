//! Keeps a cache within its bound.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::block_file::UNFINISHED;

/// An unfinished file so old was left by a process that was ended.
const LEFT: Duration = Duration::from_secs(10 * 60);

struct Kept {
    used: SystemTime,
    n_bytes: u64,
    path: PathBuf,
}

/// Drops what was not used for longest until the rest has at most so many bytes. Files that other processes drop
/// meanwhile are as good as dropped; those that are not blocks are left alone.
///
/// # Errors
/// When the directory cannot be listed.
pub(super) fn sweep(directory: &Path, most_bytes: u64) -> io::Result<()> {
    let mut kept = Vec::new();
    let mut n_bytes = 0;
    for folder in fs::read_dir(directory)?.filter_map(Result::ok).filter(|folder| is_of_blocks(&folder.path())) {
        for entry in fs::read_dir(folder.path()).into_iter().flatten().filter_map(Result::ok) {
            let Ok(metadata) = entry.metadata() else { continue };
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let is_unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
            if is_unfinished && used.elapsed().is_ok_and(|age| age < LEFT) {
                n_bytes += metadata.len();
                continue;
            }
            // The left ones go first.
            let used = if is_unfinished { SystemTime::UNIX_EPOCH } else { used };
            n_bytes += metadata.len();
            kept.push(Kept { used, n_bytes: metadata.len(), path: entry.path() });
        }
    }
    kept.sort_by_key(|kept| kept.used);
    let is_left = |kept: &Kept| kept.used == SystemTime::UNIX_EPOCH;
    for file in kept {
        if n_bytes <= most_bytes && !is_left(&file) {
            break;
        }
        match fs::remove_file(&file.path) {
            Ok(()) => n_bytes -= file.n_bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => n_bytes -= file.n_bytes,
            Err(error) => tracing::debug!("{} stays: {error}", file.path.display()),
        }
    }
    Ok(())
}

/// Folders are named by the first two digits of keys.
fn is_of_blocks(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
