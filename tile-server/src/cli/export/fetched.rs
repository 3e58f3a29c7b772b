//! Datasets and corpora of other hosts, which are copied to this machine so that a site can hold them.

use std::{
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use builder::{
    BuildError, Progress,
    native::{DatasetKind, Partial},
};
use corpus::native::{CorpusKind, OpenError};
use remote_files::{Place, Remote};
use shared_fbs::{
    corpus::{Corpus, Part},
    manifest::{Manifest, Pack},
    path::{CORPUS, MANIFEST, pack_file, poster_file},
};
use tessera::{
    dataset::{DatasetError, MOST_MANIFEST_BYTES},
    files::{ReadAt, read_all},
};
use tile_server::{
    dataset_place::{DatasetPlace, manifest_of},
    serve,
};
use xxhash_rust::xxh64::Xxh64;

use super::super::remote_inputs::of_place;
use super::damaged::Damaged;

/// A dataset does not come from its host.
#[derive(Debug, thiserror::Error)]
#[error("{file} cannot be fetched: {source}")]
pub struct Unfetched {
    file: String,
    source: io::Error,
}

/// Copies a dataset into a directory in `parent` that goes when it is let go of. Every file is held against its name.
///
/// # Errors
/// [`Unfetched`] and others, for which the dataset is to be left out; and when the directory cannot be written.
pub fn fetch(remote: &Remote, parent: &Path, progress: &dyn Progress) -> Result<Partial<DatasetKind>> {
    let place = remote.place();
    let bytes = manifest_of(remote.get(MANIFEST, MOST_MANIFEST_BYTES, None), place).map_err(of_place)?;
    let path = PathBuf::from(place.below(MANIFEST).to_string());
    let manifest = Manifest::decode(&bytes).map_err(|source| DatasetError::Manifest { path, source })?;
    let copy = Partial::<DatasetKind>::create(parent).with_context(|| format!("cannot write {}", parent.display()))?;
    let directory = copy.directory();
    let files = DatasetPlace::Remote(remote.clone()).files();
    let of_file = |file: &str| place.below(file).to_string();
    let unfetched = |file: &str, source| Unfetched { file: of_file(file), source };
    fetch_packs(remote, &manifest.packs, &directory, progress)?;
    for poster in manifest.all_posters() {
        let opened = files.open_poster(&poster.file, poster.n_bytes.into());
        let opened = opened.map_err(|source| unfetched(&poster.file, source))?;
        let hash = copied(&*opened, &directory.join(&poster.file), &of_file(&poster.file), progress)?;
        if poster_file(hash) != poster.file {
            return Err(of_other_content(place, &poster.file).into());
        }
    }
    let whole = serve::with_whole_packs(&manifest).encode();
    let bytes = if manifest.packs.iter().any(|pack| pack.segments.is_some()) { whole } else { bytes };
    std::fs::write(directory.join(MANIFEST), bytes).with_context(|| format!("cannot write {}", directory.display()))?;
    Ok(copy)
}

/// Copies a corpus into a directory in `parent` that goes when it is let go of.
///
/// # Errors
/// As [`fetch`].
pub fn fetch_corpus(remote: &Remote, parent: &Path, progress: &dyn Progress) -> Result<Partial<CorpusKind>> {
    let place = remote.place();
    let bytes = manifest_of(remote.get(CORPUS, MOST_MANIFEST_BYTES, None), place).map_err(of_place)?;
    let path = PathBuf::from(place.below(CORPUS).to_string());
    let manifest = Corpus::decode(&bytes).map_err(|source| OpenError::Manifest { path, source })?;
    let copy = Partial::<CorpusKind>::create(parent).with_context(|| format!("cannot write {}", parent.display()))?;
    let directory = copy.directory();
    let packs: Vec<Pack> = manifest.parts.iter().flat_map(Part::dataset_packs).collect();
    fetch_packs(remote, &packs, &directory, progress)?;
    let bytes = manifest.without_segments().encode();
    std::fs::write(directory.join(CORPUS), bytes).with_context(|| format!("cannot write {}", directory.display()))?;
    Ok(copy)
}

/// Copies packs, each held against its name.
fn fetch_packs(remote: &Remote, packs: &[Pack], directory: &Path, progress: &dyn Progress) -> Result<()> {
    let place = remote.place();
    let files = DatasetPlace::Remote(remote.clone()).files();
    let stage = progress.stage(format!("fetching {place}"), packs.iter().map(|pack| pack.n_bytes).sum());
    for pack in packs {
        let of_file = place.below(&pack.file).to_string();
        let opened = files.open(pack).map_err(|source| Unfetched { file: of_file.clone(), source })?;
        let hash = copied(&*opened, &directory.join(&pack.file), &of_file, progress)?;
        if pack_file(&pack.name, hash) != pack.file {
            return Err(of_other_content(place, &pack.file).into());
        }
        stage.advance(pack.n_bytes);
    }
    Ok(())
}

fn of_other_content(place: &Place, file: &str) -> Damaged {
    Damaged {
        directory: PathBuf::from(place.to_string()),
        reason: format!("the content of {file} is not the one that its name tells"),
    }
}

/// Copies a file, and gives the hash of its content.
fn copied(file: &dyn ReadAt, to: &Path, from: &str, progress: &dyn Progress) -> Result<u64> {
    let unwritten = || format!("cannot write {}", to.display());
    let mut out = File::create(to).with_context(unwritten)?;
    let (mut hash, mut failed) = (Xxh64::new(0), None);
    let read = read_all(file, |piece| {
        hash.update(piece);
        if progress.is_stopped() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        out.write_all(piece).inspect_err(|error| failed = Some(io::Error::from(error.kind())))
    });
    if progress.is_stopped() {
        return Err(BuildError::Interrupted.into());
    }
    match (read, failed) {
        (Ok(()), _) => Ok(hash.digest()),
        (Err(error), Some(_)) => Err(error).with_context(unwritten),
        (Err(source), None) => Err(Unfetched { file: from.to_owned(), source }.into()),
    }
}
