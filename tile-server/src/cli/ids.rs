//! What datasets are called in addresses.

use std::path::Path;

use shared_fbs::frame::checksum;
use tile_server::text::printable;

/// Endings of names that tell what a file is, not what it is called.
const ENDINGS: [&str; 2] = [".h5ad", ".tessera"];

/// An id for each path: its name. Where several have one name, each is told apart by a hash of where it lies, so that
/// no id depends on the order of the paths, and none ever passes to another dataset.
pub fn of_paths<P: AsRef<Path>>(paths: &[P]) -> Vec<String> {
    let names: Vec<String> = paths.iter().map(|path| name_of(path.as_ref())).collect();
    let is_taken = |name: &String| names.iter().filter(|other| *other == name).count() > 1;
    let id = |(name, path): (&String, &P)| {
        if is_taken(name) { with_hash(name, &place_of(path.as_ref())) } else { name.clone() }
    };
    names.iter().zip(paths).map(id).collect()
}

/// The name of a file or directory without its ending. One that cannot stand in an address as it is is made plain and
/// gets a hash of what it was.
fn name_of(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let file_name = absolute.file_name().unwrap_or_default();
    let name = file_name.to_string_lossy();
    let name = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
    let is_kept = |c: char| !"/\\:\u{fffd}".contains(c);
    let plain: String = printable(name).chars().map(|c| if is_kept(c) { c } else { '-' }).collect();
    match plain.trim_start_matches('.') {
        "" => "dataset".to_owned(),
        plain if plain == name => plain.to_owned(),
        plain => with_hash(plain, file_name.as_encoded_bytes()),
    }
}

/// Where a dataset lies, whatever path leads there.
fn place_of(path: &Path) -> Vec<u8> {
    let place = path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned());
    place.as_os_str().as_encoded_bytes().to_owned()
}

fn with_hash(name: &str, of: &[u8]) -> String {
    format!("{name}-{:08x}", checksum(of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_as_it_is() {
        for (path, id) in [
            ("/data/my cells.tessera", "my cells"),
            ("/data/pbmc.v1", "pbmc.v1"),
            ("/data/pbmc.v1.h5ad", "pbmc.v1"),
            ("/data/s.h5", "s.h5"),
            ("/data/細胞.h5ad", "細胞"),
            ("/data/क्षय-é_1", "क्षय-é_1"),
            ("/", "dataset"),
        ] {
            assert_eq!(of_paths(&[path]), [id]);
        }
    }

    #[test]
    fn what_cannot_stand_in_an_address_is_made_plain() {
        let ids = of_paths(&["/data/a:b", "/data/a-b", "/data/.hidden", "/data/x\u{202e}y"]);
        assert!(ids[0].starts_with("a-b-") && ids[1] == "a-b" && ids[2].starts_with("hidden-"), "{ids:?}");
        assert!(ids[3].starts_with("x-u{202e}y-"), "{ids:?}");
    }

    #[test]
    fn ids_depend_on_neither_order_nor_other_names() {
        let paths = ["/a/x.h5ad", "/b/x", "/c/y", "/d/x.tessera"];
        let ids = of_paths(&paths);
        assert_eq!(ids[2], "y");
        let mut reversed = paths;
        reversed.reverse();
        assert!(of_paths(&reversed).iter().eq(ids.iter().rev()));
        assert_eq!(of_paths(&["/d/x.tessera", "/new/y.v2", "/a/x.h5ad"]), [&*ids[3], "y.v2", &*ids[0]]);
        assert_eq!(std::collections::HashSet::<&String>::from_iter(&ids).len(), 4);
    }
}
