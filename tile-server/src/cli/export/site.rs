//! A site's directory: what is written into it, and what of a directory is an exported site's.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Seek as _, Write as _},
    path::{Component, Path, PathBuf},
};

use builder::native::{self, Contents, Kind, LITTER};

/// The file that lists the files of a site, one path a line, each written before its file is, so that what a killed
/// export leaves can be removed.
pub const LIST: &str = "tessera-site.txt";

/// Exported sites: the files that the list names, and nothing else.
pub struct SiteKind;

impl Kind for SiteKind {
    const PREFIX: &'static str = ".tessera-site-";

    fn contents(path: &Path) -> io::Result<Contents> {
        if let Some(contents) = Contents::unless_directory(path) {
            return Ok(contents);
        }
        if fs::read_dir(path)?.next().is_none() {
            return Ok(Contents::Nothing);
        }
        let listed: HashSet<PathBuf> = match listed(path) {
            Ok(listed) => listed.into_iter().collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Contents::Foreign(format!("is no exported site (it has no {LIST})")));
            }
            Err(error) => return Err(error),
        };
        let foreign = foreign(path, Path::new(""), &listed)?;
        let said = |file: PathBuf| format!("holds `{}`, which is no part of the site", file.display());
        Ok(foreign.map_or(Contents::Own, |file| Contents::Foreign(said(file))))
    }

    fn remove(directory: &Path) -> io::Result<()> {
        let listed = match listed(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            listed => listed?,
        };
        for file in listed.iter().map(PathBuf::as_path).chain([Path::new(LIST)]) {
            match fs::remove_file(directory.join(file)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        remove_empty(directory)
    }
}

/// The files that a site's list names. Lines that lead out of the site are passed over.
fn listed(site: &Path) -> io::Result<Vec<PathBuf>> {
    let lines = BufReader::new(File::open(site.join(LIST))?).lines();
    let paths = lines.map(|line| line.map(PathBuf::from)).collect::<io::Result<Vec<_>>>()?;
    let is_within = |path: &PathBuf| path.components().all(|part| matches!(part, Component::Normal(_)));
    Ok(paths.into_iter().filter(is_within).collect())
}

/// The first file below `folder` of a site that is not the site's own.
fn foreign(site: &Path, folder: &Path, listed: &HashSet<PathBuf>) -> io::Result<Option<PathBuf>> {
    for entry in fs::read_dir(site.join(folder))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if let Some(found) = foreign(site, &path, listed)? {
                return Ok(Some(found));
            }
        } else if !listed.contains(&path) && path != Path::new(LIST) && entry.file_name() != LITTER {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Removes a directory that holds only directories, and what file managers leave.
fn remove_empty(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_empty(&entry.path())?;
        } else if entry.file_name() == LITTER {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_dir(directory)
}

/// A site that is being written.
pub struct SiteWriter {
    root: PathBuf,
    list: File,
    written: HashSet<String>,
    /// The same in the order of writing.
    order: Vec<String>,
    n_bytes: u64,
}

/// How far a site has come.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    n_files: usize,
    n_bytes: u64,
}

impl SiteWriter {
    /// Begins a site in an empty directory.
    ///
    /// # Errors
    /// When it cannot be written to.
    pub fn begin(root: &Path) -> io::Result<Self> {
        let list = File::create_new(root.join(LIST))?;
        Ok(Self { root: root.to_owned(), list, written: HashSet::new(), order: Vec::new(), n_bytes: 0 })
    }

    /// How far it has come.
    pub fn mark(&self) -> Mark {
        Mark { n_files: self.order.len(), n_bytes: self.n_bytes }
    }

    /// Removes all that was written since.
    ///
    /// # Errors
    /// When a file cannot be removed, or the list not be written.
    pub fn take_back(&mut self, mark: Mark) -> io::Result<()> {
        for path in self.order.split_off(mark.n_files) {
            let file = self.root.join(&path);
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            // Those that hold other files stay.
            let folders = file.ancestors().skip(1).take_while(|folder| *folder != self.root);
            let _ = folders.take_while(|folder| fs::remove_dir(folder).is_ok()).count();
            self.written.remove(&path);
        }
        self.n_bytes = mark.n_bytes;
        let list: String = self.order.iter().map(|path| format!("{path}\n")).collect();
        self.list.set_len(0)?;
        self.list.rewind()?;
        self.list.write_all(list.as_bytes())
    }

    /// Whether there is a file at this path already.
    pub fn has(&self, path: &str) -> bool {
        self.written.contains(path)
    }

    /// Writes a file. Its path is relative to the site's root, with `/` between names.
    ///
    /// # Errors
    /// When it is there already, or cannot be written.
    pub fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create_new(self.announce(path)?)?;
        file.write_all(bytes)?;
        // A site that outlives a power cut without its bytes would be a broken one.
        file.sync_all()?;
        self.n_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Writes a file piece after piece.
    ///
    /// # Errors
    /// When it is there already, cannot be written, or a piece cannot be made.
    pub fn write_pieces<E: From<io::Error>>(
        &mut self,
        path: &str,
        pieces: impl Iterator<Item = Result<String, E>>,
    ) -> Result<(), E> {
        let mut file = File::create_new(self.announce(path)?)?;
        for piece in pieces {
            let piece = piece?;
            file.write_all(piece.as_bytes())?;
            self.n_bytes += piece.len() as u64;
        }
        Ok(file.sync_all()?)
    }

    /// Puts a file that never changes into the site: the same on the disk where the file system can do that, else a copy.
    ///
    /// # Errors
    /// When it is there already, or cannot be written.
    pub fn link(&mut self, path: &str, original: &Path) -> io::Result<()> {
        let target = self.announce(path)?;
        // Links that lead to the original stay where they are.
        let original = original.canonicalize()?;
        match fs::hard_link(&original, &target) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                fs::copy(&original, &target)?;
                File::open(&target)?.sync_all()?;
            }
            linked => linked?,
        }
        self.n_bytes += fs::metadata(&target)?.len();
        Ok(())
    }

    /// Puts a file of the site there under another name, too.
    ///
    /// # Errors
    /// As [`SiteWriter::link`].
    pub fn link_again(&mut self, path: &str, earlier: &str) -> io::Result<()> {
        self.link(path, &self.root.join(earlier))
    }

    /// Puts a copy of a file into the site, which its owner may change.
    ///
    /// # Errors
    /// When it cannot be read, or not be written.
    pub fn copy(&mut self, path: &str, original: &Path) -> io::Result<()> {
        let target = self.announce(path)?;
        self.n_bytes += fs::copy(original, &target)?;
        File::open(&target)?.sync_all()
    }

    /// Ends the site; gives the bytes of all files but the list.
    ///
    /// # Errors
    /// When the list cannot be written.
    pub fn finish(&self) -> io::Result<u64> {
        self.list.sync_all()?;
        Ok(self.n_bytes)
    }

    /// Lists a file that will be written; gives its place, whose directory exists.
    fn announce(&mut self, path: &str) -> io::Result<PathBuf> {
        self.list.write_all(format!("{path}\n").as_bytes())?;
        self.written.insert(path.to_owned());
        self.order.push(path.to_owned());
        let target = self.root.join(path);
        fs::create_dir_all(native::parent_of(&target))?;
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(root: &Path) {
        fs::create_dir(root).unwrap();
        let mut site = SiteWriter::begin(root).unwrap();
        site.write("index.html", b"<!doctype html>").unwrap();
        site.write("d/a b/index.html", b"").unwrap();
        assert!(site.has("index.html") && !site.has("d"));
        assert_eq!(site.write("index.html", b"").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(site.finish().unwrap(), 15);
    }

    #[test]
    fn a_site_is_told_from_what_is_somebody_elses() {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("site");
        assert_eq!(SiteKind::contents(&root).unwrap(), Contents::Nothing);
        site(&root);
        assert_eq!(SiteKind::contents(&root).unwrap(), Contents::Own);
        fs::write(root.join("d").join(LITTER), "").unwrap();
        assert_eq!(SiteKind::contents(&root).unwrap(), Contents::Own);
        fs::write(root.join("d/CNAME"), "").unwrap();
        let said = |reason: &str| reason.contains("`d/CNAME`");
        assert!(matches!(SiteKind::contents(&root).unwrap(), Contents::Foreign(reason) if said(&reason)));
        fs::remove_file(root.join(LIST)).unwrap();
        assert!(matches!(SiteKind::contents(&root).unwrap(), Contents::Foreign(reason) if reason.contains(LIST)));
    }

    #[test]
    fn what_is_taken_back_leaves_no_trace() {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("site");
        fs::create_dir(&root).unwrap();
        let mut site = SiteWriter::begin(&root).unwrap();
        site.write("data/a/x", b"123").unwrap();
        let mark = site.mark();
        site.write("data/b/x", b"12345").unwrap();
        site.take_back(mark).unwrap();
        assert!(!site.has("data/b/x") && !root.join("data/b").exists() && root.join("data/a/x").exists());
        site.write("data/b/y", b"1").unwrap();
        assert_eq!(
            (site.finish().unwrap(), fs::read_to_string(root.join(LIST)).unwrap()),
            (4, "data/a/x\ndata/b/y\n".to_owned())
        );
        assert_eq!(SiteKind::contents(&root).unwrap(), Contents::Own);
    }

    #[test]
    fn only_the_sites_own_files_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        let [root, precious] = ["site", "precious"].map(|name| parent.path().join(name));
        site(&root);
        fs::write(&precious, "").unwrap();
        fs::write(root.join("d/CNAME"), "").unwrap();
        let list = fs::read_to_string(root.join(LIST)).unwrap() + "../precious\nnever written\n";
        fs::write(root.join(LIST), list).unwrap();
        SiteKind::remove(&root).unwrap_err();
        assert!(precious.exists() && root.join("d/CNAME").exists() && !root.join("index.html").exists());
        fs::remove_file(root.join("d/CNAME")).unwrap();
        SiteKind::remove(&root).unwrap();
        assert!(precious.exists() && !root.exists());
    }
}
