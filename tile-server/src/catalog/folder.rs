//! The datasets in a folder.

use std::{
    collections::{BTreeSet, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use shared_fbs::path::MANIFEST;

use super::{COLLECTION, Collection, ids};
use crate::{dataset_place::DatasetPlace, file_stamp::FileStamp};

/// A folder of datasets, and of folders of collections, which are looked at again and again.
///
/// A directory with a manifest is a dataset. A folder with a `collection.toml` is a collection of the datasets in it,
/// whether it is the folder itself or one in it. Names that begin with a dot are passed over: the builder's unfinished
/// work has such.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The last good state of every collection, by its folder.
    known: HashMap<PathBuf, Known>,
    /// Folders in it that were passed over at the last look, though they have datasets.
    passed_over: BTreeSet<PathBuf>,
}

#[derive(Debug)]
struct Known {
    stamp: Option<FileStamp>,
    collection: Option<Arc<Collection>>,
    /// What is wrong with the present state.
    fault: Option<String>,
    /// What it says of datasets that are not there.
    unknown: Option<String>,
}

/// A dataset of a folder.
#[derive(Clone, Debug)]
pub struct FoundDataset {
    /// Its id in addresses.
    pub id: String,
    /// Where the manifest and the packs lie.
    pub place: DatasetPlace,
    /// The collection that it is in.
    pub collection: Option<Arc<Collection>>,
}

/// What a look at a folder has brought.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// The datasets, by directory.
    pub datasets: Vec<FoundDataset>,
    /// What is wrong that was not so at the look before, as sentences.
    pub new_faults: Vec<String>,
    /// The same of what keeps nothing from being shown.
    pub new_warnings: Vec<String>,
}

impl Folder {
    /// The folder at this path.
    pub fn new(path: PathBuf) -> Self {
        Self { path, known: HashMap::new(), passed_over: BTreeSet::new() }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Looks for datasets. A collection that can no longer be read stays as it was; one that never could is left out with
    /// its datasets, since nobody knows whether it is private. One that was private stays so until it says otherwise.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn scan(&mut self) -> io::Result<Scan> {
        let mut scan = Scan::default();
        let path = self.path.clone();
        let mut folders = vec![path.clone()];
        let in_it = directories(&path)?;
        self.tell_passed_over(&in_it, &mut scan.new_warnings);
        folders.extend(in_it.into_iter().filter(|folder| is_collection(folder)));
        for folder in &folders {
            let Ok(collection) = self.collection(folder, &mut scan.new_faults) else { continue };
            // One that disappears meanwhile has no datasets.
            let directories = directories(folder).unwrap_or_default();
            self.tell_unknown(folder, &directories, &mut scan.new_warnings);
            for directory in directories {
                if is_dataset(&directory) {
                    let collection = collection.clone();
                    scan.datasets.push(FoundDataset {
                        id: id_of(&directory, collection.as_deref()),
                        place: directory.into(),
                        collection,
                    });
                }
            }
        }
        // What was private is so still when it comes back.
        let is_private = |known: &Known| known.collection.as_ref().is_some_and(|collection| collection.is_private());
        self.known.retain(|folder, known| folders.contains(folder) || is_private(known));
        Ok(scan)
    }

    /// Says once which folders have datasets that nobody sees, since they are of no collection.
    fn tell_passed_over(&mut self, folders: &[PathBuf], new_warnings: &mut Vec<String>) {
        let is_passed_over = |folder: &&PathBuf| {
            let has_dataset = || directories(folder).is_ok_and(|in_it| in_it.iter().any(|it| is_dataset(it)));
            !is_dataset(folder) && !is_collection(folder) && has_dataset()
        };
        let passed_over: BTreeSet<PathBuf> = folders.iter().filter(is_passed_over).cloned().collect();
        new_warnings.extend(passed_over.difference(&self.passed_over).map(|folder| {
            format!(
                "{}: the datasets in it are not shown; a file {COLLECTION} there with a title makes them a collection",
                folder.display()
            )
        }));
        self.passed_over = passed_over;
    }

    /// Says once what the collection of a folder says of datasets that are not among its directories.
    fn tell_unknown(&mut self, folder: &Path, directories: &[PathBuf], new_warnings: &mut Vec<String>) {
        let Some(known) = self.known.get_mut(folder) else { return };
        let has = |name: &str| directories.iter().any(|directory| directory.file_name().is_some_and(|is| is == name));
        let unknown = known.collection.as_ref().and_then(|collection| collection.unknown_datasets(has));
        if known.unknown != unknown {
            new_warnings.extend(unknown.iter().map(|sentence| format!("{}: {sentence}", folder.display())));
            known.unknown = unknown;
        }
    }

    /// The collection of a folder, or none where it is no collection's.
    fn collection(
        &mut self,
        folder: &Path,
        new_faults: &mut Vec<String>,
    ) -> Result<Option<Arc<Collection>>, Unreadable> {
        let stamp = FileStamp::at(&folder.join(COLLECTION));
        let known = self.known.entry(folder.to_owned());
        let known = known.or_insert_with(|| Known { stamp: None, collection: None, fault: None, unknown: None });
        if stamp.is_none() || known.stamp != stamp {
            let before = known.collection.as_deref();
            match Collection::read(folder).and_then(|read| Collection::following(before, read)) {
                Ok(read) => {
                    known.fault = None;
                    known.collection = read.map(Arc::new);
                }
                Err(error) => {
                    let fault = format!("{}: {error}", folder.display());
                    if known.fault.as_ref() != Some(&fault) {
                        new_faults.push(fault.clone());
                    }
                    known.fault = Some(fault);
                }
            }
            known.stamp = stamp;
        }
        if known.fault.is_some() && known.collection.is_none() { Err(Unreadable) } else { Ok(known.collection.clone()) }
    }
}

/// A collection that could never be read.
struct Unreadable;

/// The id of the dataset in a directory: datasets of a private collection have its id in theirs, so that none can be guessed
/// either.
pub fn id_of(directory: &Path, collection: Option<&Collection>) -> String {
    match collection.filter(|collection| collection.is_private()) {
        Some(collection) => format!("{}-{}", ids::name_of(directory), collection.id),
        None => ids::of_path(directory),
    }
}

/// Whether it is the directory of a dataset.
fn is_dataset(directory: &Path) -> bool {
    directory.join(MANIFEST).is_file()
}

/// Whether it is the folder of a collection, and no dataset.
fn is_collection(folder: &Path) -> bool {
    folder.join(COLLECTION).is_file() && !is_dataset(folder)
}

/// The directories in a folder whose names begin with no dot, in order.
fn directories(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = entries
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "6f1d0c8e5b7a49321d0c8e5b7a4932f1";

    fn dataset(folder: &Path, name: &str) {
        fs::create_dir_all(folder.join(name)).unwrap();
        fs::write(folder.join(name).join(MANIFEST), "").unwrap();
    }

    fn names(scan: &Scan) -> Vec<String> {
        scan.datasets.iter().map(|found| found.place.name()).collect()
    }

    #[test]
    fn datasets_that_nobody_sees_are_told_of_once() {
        let root = tempfile::tempdir().unwrap();
        dataset(root.path(), "a");
        dataset(&root.path().join("lung"), "b");
        let mut folder = Folder::new(root.path().to_owned());
        let scan = folder.scan().unwrap();
        assert!(scan.new_warnings.len() == 1 && scan.new_warnings[0].contains("/lung: "), "{scan:?}");
        assert_eq!(folder.scan().unwrap().new_warnings, [""; 0]);
        fs::write(root.path().join("lung").join(COLLECTION), "title = \"Lungs\"").unwrap();
        let scan = folder.scan().unwrap();
        assert_eq!((names(&scan), scan.new_warnings), (vec!["a".to_owned(), "b".to_owned()], vec![]));
        fs::remove_file(root.path().join("lung").join(COLLECTION)).unwrap();
        assert_eq!(folder.scan().unwrap().new_warnings.len(), 1);
    }

    #[test]
    fn datasets_come_and_go() {
        let root = tempfile::tempdir().unwrap();
        dataset(root.path(), "b");
        dataset(root.path(), ".tessera-partial-1");
        fs::create_dir(root.path().join("empty")).unwrap();
        let mut folder = Folder::new(root.path().to_owned());
        assert_eq!(names(&folder.scan().unwrap()), ["b"]);
        dataset(root.path(), "a");
        assert_eq!(names(&folder.scan().unwrap()), ["a", "b"]);
        fs::remove_dir_all(root.path().join("b")).unwrap();
        let scan = folder.scan().unwrap();
        assert_eq!(names(&scan), ["a"]);
        assert!(scan.datasets[0].collection.is_none());
        assert_eq!(scan.new_warnings, [""; 0]);
    }

    #[test]
    fn a_folder_in_the_folder_is_a_collection() {
        let root = tempfile::tempdir().unwrap();
        let lung = root.path().join("lung");
        dataset(root.path(), "alone");
        dataset(&lung, "healthy");
        let mut folder = Folder::new(root.path().to_owned());
        assert_eq!(names(&folder.scan().unwrap()), ["alone"]);
        fs::write(lung.join(COLLECTION), "title = 'Lungs'").unwrap();
        let scan = folder.scan().unwrap();
        assert_eq!(names(&scan), ["alone", "healthy"]);
        assert_eq!(scan.datasets[1].collection.as_ref().unwrap().title, "Lungs");
        // One that did not change is the same.
        let again = folder.scan().unwrap();
        let collections = [&scan, &again].map(|scan| scan.datasets[1].collection.clone().unwrap());
        assert!(Arc::ptr_eq(&collections[0], &collections[1]));
    }

    #[test]
    fn a_collection_that_cannot_be_read_is_told_once_and_stays_hidden_or_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        let lung = root.path().join("lung");
        dataset(&lung, "healthy");
        let mut folder = Folder::new(root.path().to_owned());
        fs::write(lung.join(COLLECTION), "visibility = 'private'").unwrap();
        let scan = folder.scan().unwrap();
        assert_eq!((scan.datasets.len(), scan.new_faults.len()), (0, 1), "{scan:?}");
        assert!(folder.scan().unwrap().new_faults.is_empty());

        fs::write(lung.join(COLLECTION), format!("title = 'a'\nvisibility = 'private'\nid = '{SECRET}'")).unwrap();
        let scan = folder.scan().unwrap();
        assert_eq!(scan.datasets[0].id, format!("healthy-{SECRET}"));
        fs::write(lung.join(COLLECTION), "nonsense").unwrap();
        let scan = folder.scan().unwrap();
        assert_eq!((scan.datasets.len(), scan.new_faults.len()), (1, 1));
        assert!(scan.datasets[0].collection.as_ref().unwrap().is_private());
    }

    #[test]
    fn a_collection_that_speaks_of_a_dataset_that_is_not_there_is_told_once() {
        let root = tempfile::tempdir().unwrap();
        let lung = root.path().join("lung");
        dataset(&lung, "healthy");
        fs::write(lung.join(COLLECTION), "title = 'a'\n[datasets.healthy]\n[datasets.fibrosi]\nwithdrawn = 'x'")
            .unwrap();
        let mut folder = Folder::new(root.path().to_owned());
        let scan = folder.scan().unwrap();
        assert_eq!(names(&scan), ["healthy"]);
        assert!(
            scan.new_warnings.len() == 1 && scan.new_warnings[0].contains("[datasets.fibrosi] names no"),
            "{scan:?}"
        );
        assert_eq!(folder.scan().unwrap().new_warnings, [""; 0]);
        dataset(&lung, "fibrosi");
        let scan = folder.scan().unwrap();
        assert_eq!((names(&scan).len(), scan.new_warnings.len()), (2, 0), "{scan:?}");
    }

    #[test]
    fn what_was_private_stays_so_until_its_file_says_otherwise() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join(COLLECTION);
        dataset(root.path(), "healthy");
        let mut folder = Folder::new(root.path().to_owned());
        let write = |visibility: &str| fs::write(&file, format!("title = 'a'\nid = '{SECRET}'\n{visibility}")).unwrap();
        write("visibility = 'private'");
        let mut scan = |expected: bool| {
            let scan = folder.scan().unwrap();
            assert_eq!(scan.datasets.len(), 1);
            let collection = scan.datasets[0].collection.as_ref();
            assert_eq!(collection.is_some_and(|collection| collection.is_private()), expected, "{scan:?}");
            assert_eq!(scan.datasets[0].id == format!("healthy-{SECRET}"), expected);
            scan.new_faults
        };
        assert_eq!(scan(true), [""; 0]);
        fs::remove_file(&file).unwrap();
        let gone = scan(true);
        assert!(gone.len() == 1 && gone[0].contains("is gone"), "{gone:?}");
        assert_eq!(scan(true), [""; 0], "it is told once");
        write("");
        assert!(scan(true)[0].contains("does not say who may find it"));
        #[cfg(unix)]
        {
            fs::remove_file(&file).unwrap();
            std::os::unix::fs::symlink("nowhere", &file).unwrap();
            assert!(scan(true)[0].contains("cannot be read"));
            fs::remove_file(&file).unwrap();
        }
        write("visibility = 'public'");
        assert_eq!(scan(false), [""; 0]);
        // From then on it may go.
        fs::remove_file(&file).unwrap();
        assert_eq!(scan(false), [""; 0]);
    }

    #[test]
    fn a_private_collection_that_comes_back_without_a_word_is_private() {
        let root = tempfile::tempdir().unwrap();
        let lung = root.path().join("lung");
        dataset(&lung, "healthy");
        let mut folder = Folder::new(root.path().to_owned());
        fs::write(lung.join(COLLECTION), format!("title = 'a'\nid = '{SECRET}'\nvisibility = 'private'")).unwrap();
        assert_eq!(folder.scan().unwrap().datasets.len(), 1);
        fs::remove_file(lung.join(COLLECTION)).unwrap();
        assert_eq!(folder.scan().unwrap().datasets.len(), 0);
        fs::write(lung.join(COLLECTION), "title = 'a'").unwrap();
        let scan = folder.scan().unwrap();
        assert!(scan.datasets[0].collection.as_ref().unwrap().is_private(), "{scan:?}");
    }
}
