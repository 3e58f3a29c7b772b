//! Datasets that `serve` builds from AnnData files and keeps: each with a note of the content that it was built from,
//! so that what is shown is always what the file holds now.

use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;
use builder::{
    BuildError, Progress, Stage,
    native::{self, Contents, DatasetKind, Existing, InputNote, InputStamp, Kind, NOTE, Target},
};
use h5ad::H5adError;
use serde::{Deserialize, Serialize};
use shared_fbs::{
    frame::checksum,
    manifest::{FORMAT_VERSION, Manifest},
};
use tessera::dataset::manifest_bytes;
use xxhash_rust::xxh64::Xxh64;

use super::{
    aside,
    build::{Choices, say_summary},
    terminal,
};

/// The extension of datasets beside their input.
const EXTENSION: &str = "tessera";

/// The state of a file vouches for its content only when the file had rested for so long: clocks of file systems may be
/// as coarse, and what changes within a step of the clock leaves no trace.
const REST: Duration = Duration::from_secs(3);

/// Bytes that are read together. Hashing takes 0.2 s of a core for each gigabyte, so to look at a file costs what reading
/// it costs.
const BUFFER_BYTES: usize = 1 << 20;

/// How datasets are kept.
pub struct Cache<'a> {
    /// Where, if not beside each file.
    pub directory: Option<&'a Path>,
    /// How they are built.
    pub choices: &'a Choices,
    /// Whether nothing but errors is said.
    pub is_quiet: bool,
}

/// There is no place for a dataset.
#[derive(Debug, thiserror::Error)]
#[error("the dataset of {input} can be kept nowhere; name a directory that can be written with --cache")]
pub struct NoPlace {
    /// The file that it is of.
    input: String,
    /// What kept it from the last place that was tried, where one was.
    source: Option<BuildError>,
}

/// What a kept dataset was built from, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    /// The name of the file.
    input: String,
    /// Length of the file.
    n_bytes: u64,
    /// Hash of its bytes.
    xxh64: String,
    /// The state in which the file had these bytes; none where it had not rested.
    state: Option<String>,
    choices: Choices,
    format: u32,
    program: String,
}

impl Cache<'_> {
    /// The dataset of an AnnData file, built unless it is kept.
    ///
    /// # Errors
    /// [`BuildError`]; [`NoPlace`].
    pub fn dataset_of(&self, input: &Path, progress: &dyn Progress) -> Result<PathBuf> {
        let stamp = InputStamp::settled(input).map_err(|error| unreadable(input, error))?;
        let places = self.places(input);
        let mut note = None;
        for place in &places {
            let Some(kept) = Note::of(place).filter(|kept| self.may_be_of(kept, input, &stamp)) else { continue };
            if kept.state.is_some_and(|state| state == stamp.to_string()) {
                return Ok(place.clone());
            }
            let present = match &note {
                Some(present) => present,
                None => note.insert(self.note_of(input, &stamp, progress)?),
            };
            if present.xxh64 == kept.xxh64 {
                // It only saves a look at the content the next time.
                let _ = aside::write(&place.join(NOTE), present.to_json());
                return Ok(place.clone());
            }
        }
        let note = match note {
            Some(note) => note,
            None => self.note_of(input, &stamp, progress)?,
        };
        self.build(input, &stamp, &note, &places, progress)
    }

    /// Builds at the first place that can be written and is not somebody else's.
    fn build(
        &self,
        input: &Path,
        stamp: &InputStamp,
        note: &Note,
        places: &[PathBuf],
        progress: &dyn Progress,
    ) -> Result<PathBuf> {
        let text = note.to_json();
        let note = InputNote { stamp, text: &text };
        // Why it is not kept where it is looked for first, and the error for when it is kept nowhere.
        let (mut reason, mut refused) = (None, None);
        // To hold a file against the schema may take minutes, which is for nothing where no place is free.
        let mut options = None;
        for place in places {
            if !is_free(place, input) {
                reason.get_or_insert(format!("{} was not built from this file by `serve`", place.display()));
                continue;
            }
            let options = match &options {
                Some(options) => options,
                None => options.insert(self.choices.options(input, progress)?),
            };
            let target = Target { out: place, existing: Existing::Replace, note: Some(note) };
            match native::build_at(input, target, options, progress) {
                Ok(report) => {
                    if !self.is_quiet {
                        say_summary(&report);
                        if let Some(reason) = reason {
                            terminal::say(&format!("{reason}; the dataset is kept at {}", place.display()));
                        }
                    }
                    return Ok(place.clone());
                }
                Err(error @ (BuildError::Output { .. } | BuildError::OutputIsForeign { .. })) => {
                    reason.get_or_insert(error.to_string());
                    refused = Some(error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(NoPlace { input: input.display().to_string(), source: refused }.into())
    }

    /// Where the dataset of a file may be kept, the best place first.
    fn places(&self, input: &Path) -> Vec<PathBuf> {
        let absolute = fs::canonicalize(input).unwrap_or_else(|_| input.to_owned());
        let hash = checksum(absolute.as_os_str().as_encoded_bytes());
        let name = dataset_name(input, "");
        let apart = dataset_name(input, &format!("-{hash:08x}"));
        match self.directory {
            Some(directory) => vec![directory.join(apart)],
            None => [Some(input.with_file_name(name)), Some(input.with_file_name(&apart)), users(&apart)]
                .into_iter()
                .flatten()
                .collect(),
        }
    }

    /// The note of a file as it is now. Reads all of it.
    fn note_of(&self, input: &Path, stamp: &InputStamp, progress: &dyn Progress) -> Result<Note, BuildError> {
        Ok(Note {
            input: file_name(input),
            n_bytes: stamp.n_bytes(),
            xxh64: format!("{:016x}", content_hash(input, stamp.n_bytes(), progress)?),
            state: stamp.is_older_than(REST).then(|| stamp.to_string()),
            choices: self.choices.clone(),
            format: FORMAT_VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// Whether all but the content of the file tells that the note is of it.
    fn may_be_of(&self, kept: &Note, input: &Path, stamp: &InputStamp) -> bool {
        kept.input == file_name(input)
            && kept.n_bytes == stamp.n_bytes()
            && kept.choices == *self.choices
            && kept.format == FORMAT_VERSION
            && kept.program == env!("CARGO_PKG_VERSION")
    }
}

impl Note {
    /// The note of a kept dataset that is whole, as far as the names and lengths of its files tell.
    fn of(directory: &Path) -> Option<Self> {
        let note = serde_json::from_slice(&fs::read(directory.join(NOTE)).ok()?).ok()?;
        let manifest = Manifest::decode(&manifest_bytes(directory).ok()?).ok()?;
        let is_there = |file: &str, n_bytes: u64| {
            fs::metadata(directory.join(file)).is_ok_and(|metadata| metadata.is_file() && metadata.len() == n_bytes)
        };
        manifest.packs.iter().all(|pack| is_there(&pack.file, pack.n_bytes)).then_some(note)
    }

    fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a note is plain text and numbers") + "\n"
    }
}

/// Whether the dataset of a file may be put here: where there is nothing, or a dataset that was kept of it before. One
/// without a note was built by somebody on purpose.
fn is_free(place: &Path, input: &Path) -> bool {
    let note = || serde_json::from_slice::<serde_json::Value>(&fs::read(place.join(NOTE)).ok()?).ok();
    match DatasetKind::contents(place) {
        Ok(Contents::Nothing) | Err(_) => true,
        Ok(Contents::Own) => note().is_some_and(|note| note["input"] == file_name(input)),
        Ok(Contents::Foreign(_)) => false,
    }
}

/// The name of a file's dataset: that of the file, without `.h5ad` where it has that, since other endings tell files
/// apart.
fn dataset_name(input: &Path, suffix: &str) -> OsString {
    let is_plain = input.extension().is_some_and(|extension| extension == "h5ad");
    let name = if is_plain { input.file_stem() } else { input.file_name() };
    let mut name = name.unwrap_or_default().to_owned();
    name.push(format!("{suffix}.{EXTENSION}"));
    name
}

fn file_name(input: &Path) -> String {
    input.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Where the user's programs keep what can be made again.
fn users(name: &OsString) -> Option<PathBuf> {
    Some(users_caches()?.join("tessera/datasets").join(name))
}

/// Where the user's caches are.
pub fn users_caches() -> Option<PathBuf> {
    let directory = |variable: &str| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        directory("LOCALAPPDATA")
    } else if cfg!(target_vendor = "apple") {
        directory("HOME").map(|home| home.join("Library/Caches"))
    } else {
        directory("XDG_CACHE_HOME").or_else(|| Some(directory("HOME")?.join(".cache")))
    }
}

/// The hash of an input's bytes, and of the names and lengths of its files where it is a store of many.
///
/// # Errors
/// When they cannot be read, or it is told to stop.
pub fn content_hash(input: &Path, n_bytes: u64, progress: &dyn Progress) -> Result<u64, BuildError> {
    let stage = progress.stage(format!("checking {}", file_name(input)), n_bytes);
    let mut hash = Xxh64::new(0);
    for file in native::input_files(input).map_err(|error| unreadable(input, error))? {
        let name = file.strip_prefix(input).unwrap_or(&file).as_os_str().as_encoded_bytes();
        if !name.is_empty() {
            hash.update(name);
            hash.update(&fs::metadata(&file).map_err(|error| unreadable(&file, error))?.len().to_le_bytes());
        }
        hash_file(&file, &mut hash, progress, &*stage)?;
    }
    Ok(hash.digest())
}

fn hash_file(file: &Path, hash: &mut Xxh64, progress: &dyn Progress, stage: &dyn Stage) -> Result<(), BuildError> {
    let mut open = File::open(file).map_err(|error| unreadable(file, error))?;
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        if progress.is_stopped() {
            return Err(BuildError::Interrupted);
        }
        match open.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => {
                hash.update(&buffer[..read]);
                stage.advance(read as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(file, error)),
        }
    }
}

fn unreadable(input: &Path, source: io::Error) -> BuildError {
    BuildError::Input(H5adError::Io { file: input.display().to_string(), source })
}

#[cfg(test)]
mod tests {
    use shared_fbs::path::MANIFEST;

    use super::*;

    #[test]
    fn each_file_has_a_dataset_of_its_own() {
        let name = |input: &str| dataset_name(Path::new(input), "").into_string().unwrap();
        assert_eq!(name("x/a.h5ad"), "a.tessera");
        assert_eq!((name("s.h5"), name("s.h5ad")), ("s.h5.tessera".to_owned(), "s.tessera".to_owned()));
        assert_eq!((name("pbmc.v1"), name("pbmc.v2")), ("pbmc.v1.tessera".to_owned(), "pbmc.v2.tessera".to_owned()));
    }

    #[test]
    fn in_a_common_cache_files_of_one_name_stay_apart() {
        let choices = Choices::default();
        let cache = Cache { directory: Some(Path::new("c")), choices: &choices, is_quiet: true };
        let place = |input: &str| cache.places(Path::new(input)).remove(0);
        assert!(place("x/a.h5ad").starts_with("c"));
        assert_eq!(place("x/a.h5ad"), place("x/a.h5ad"));
        assert_ne!(place("x/a.h5ad"), place("y/a.h5ad"));
    }

    #[test]
    fn a_file_is_not_validated_where_its_dataset_has_no_place() {
        let directory = tempfile::tempdir().unwrap();
        let (input, kept) = (directory.path().join("a.h5ad"), directory.path().join("kept"));
        // It is not AnnData, which whoever validates it would say.
        fs::write(&input, "nothing").unwrap();
        let choices = Choices::default().with_schema(true);
        let cache = Cache { directory: Some(&kept), choices: &choices, is_quiet: true };
        let taken = &cache.places(&input)[0];
        fs::create_dir_all(taken).unwrap();
        fs::write(taken.join(MANIFEST), "").unwrap();
        let error = cache.dataset_of(&input, &builder::Quiet::default()).unwrap_err();
        assert!(error.is::<NoPlace>(), "{error}");
        fs::remove_dir_all(taken).unwrap();
        assert!(cache.dataset_of(&input, &builder::Quiet::default()).unwrap_err().is::<BuildError>());
    }

    #[test]
    fn what_somebody_built_on_purpose_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let (input, place) = (directory.path().join("a.h5ad"), directory.path().join("a.tessera"));
        assert!(is_free(&place, &input));
        fs::create_dir(&place).unwrap();
        fs::write(place.join(MANIFEST), "").unwrap();
        assert!(!is_free(&place, &input));
        fs::write(place.join(NOTE), r#"{"input": "a"}"#).unwrap();
        assert!(!is_free(&place, &input));
        fs::write(place.join(NOTE), r#"{"input": "a.h5ad", "of another version": 1}"#).unwrap();
        assert!(is_free(&place, &input));
    }
}
