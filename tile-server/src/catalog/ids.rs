//! What datasets are called in addresses.

use std::path::Path;

use crate::text::printable;
use remote_files::Place;
use shared_fbs::dataset_id::id_of;

/// Endings of names that tell what a file is, not what it is called.
const ENDINGS: [&str; 2] = [".h5ad", ".tessera"];

/// The id of the dataset at a path: its name, with a code of where it lies.
pub fn of_path(path: &Path) -> String {
    id_of(&name_of(path), &place_of(path))
}

/// The id of the dataset of this name at a place of another host.
pub fn of_place(name: &str, place: &Place) -> String {
    id_of(&plain(name), place.to_string().as_bytes())
}

/// The name of a file or directory without its ending, made plain where it cannot stand in an address as it is.
pub fn name_of(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    plain(&absolute.file_name().unwrap_or_default().to_string_lossy())
}

/// A name without its ending, made plain where it cannot stand in an address as it is.
pub(super) fn plain(name: &str) -> String {
    let name = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    let is_kept = |c: char| !"/\\:\u{fffd}".contains(c);
    let plain: String = printable(name).chars().map(|c| if is_kept(c) { c } else { '-' }).collect();
    match plain.trim_start_matches('.') {
        "" => "dataset".to_owned(),
        plain => plain.to_owned(),
    }
}

/// Where a dataset lies, whatever path leads there.
fn place_of(path: &Path) -> Vec<u8> {
    let place = path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned());
    place.as_os_str().as_encoded_bytes().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The id of a path without its code.
    fn named(path: &str) -> String {
        let id = of_path(Path::new(path));
        id.rsplit_once('-').unwrap().0.to_owned()
    }

    #[test]
    fn a_name_is_kept_as_it_is() {
        for (path, name) in [
            ("/data/my cells.tessera", "my cells"),
            ("/data/pbmc.v1", "pbmc.v1"),
            ("/data/pbmc.v1.h5ad", "pbmc.v1"),
            ("/data/s.h5", "s.h5"),
            ("/data/細胞.h5ad", "細胞"),
            ("/data/क्षय-é_1", "क्षय-é_1"),
            ("/", "dataset"),
        ] {
            assert_eq!(named(path), name);
        }
    }

    #[test]
    fn what_cannot_stand_in_an_address_is_made_plain() {
        for (path, name) in [
            ("/data/a:b", "a-b"),
            ("/data/a-b", "a-b"),
            ("/data/.hidden", "hidden"),
            ("/data/x\u{202e}y", "x-u{202e}y"),
        ] {
            assert_eq!(named(path), name);
        }
        assert_ne!(of_path(Path::new("/data/a:b")), of_path(Path::new("/data/a-b")));
    }

    #[test]
    fn datasets_of_one_name_have_ids_of_their_own() {
        let paths = ["/a/x.h5ad", "/b/x", "/d/x.tessera", "/d/x"];
        let ids: std::collections::HashSet<String> = paths.iter().map(|path| of_path(Path::new(path))).collect();
        assert_eq!(ids.len(), paths.len());
        // Whatever leads there.
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("x")).unwrap();
        let ids = ["x", "x/", "./x", "x/../x"].map(|path| of_path(&directory.path().join(path)));
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }
}
