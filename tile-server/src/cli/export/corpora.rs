//! Corpora of gene expression in a site.

use std::path::Path;

use anyhow::{Context as _, Result};
use builder::{BuildError, Progress};
use corpus::native;
use shared_fbs::{
    api::CORPUS_ROUTE,
    corpus::{Corpus as Manifest, Part},
    manifest::Pack,
    path::CORPUS,
};
use tile_server::{
    dataset_place::DatasetPlace,
    serve::{CorpusAddress, CorpusDatasets},
};

use super::{
    damaged::check_files,
    fetched::fetch_corpus,
    segments::{SegmentSize, write_segments},
    site::SiteWriter,
};

/// Writes the manifest and the packs of a corpus, and tells its datasets. What lies on another host is copied first, into
/// `parent`.
///
/// # Errors
/// When it cannot be read, or the site not be written.
pub fn write(
    corpus: &CorpusAddress,
    parent: &Path,
    segments: Option<SegmentSize>,
    site: &mut SiteWriter,
    progress: &dyn Progress,
) -> Result<CorpusDatasets> {
    match &corpus.place {
        DatasetPlace::Directory(directory) => write_from(&corpus.id, directory, segments, site, progress),
        DatasetPlace::Remote(remote) => {
            let copy = fetch_corpus(remote, parent, progress)?;
            write_from(&corpus.id, &copy.directory(), segments, site, progress)
        }
    }
}

fn write_from(
    id: &str,
    directory: &Path,
    segments: Option<SegmentSize>,
    site: &mut SiteWriter,
    progress: &dyn Progress,
) -> Result<CorpusDatasets> {
    let corpus = native::open(directory)?;
    let manifest = corpus.manifest();
    let folder = format!("{CORPUS_ROUTE}/{id}");
    let unwritten = || format!("cannot write {folder}");
    let stage = progress.stage(format!("exporting {id}"), manifest.parts.iter().map(Part::n_bytes).sum());
    let packs = manifest.parts.iter().flat_map(Part::dataset_packs);
    check_files(directory, packs.map(|pack| (pack.file, pack.n_bytes)))?;
    let mut written: Manifest = manifest.clone();
    let mut indexes = corpus.tiles().packs().iter();
    for part in &mut written.parts {
        let mut packs: Vec<Pack> = Vec::new();
        for pack in part.dataset_packs() {
            if progress.is_stopped() {
                return Err(BuildError::Interrupted.into());
            }
            let index = indexes.next().context("a corpus has an index for each pack")?;
            let path = format!("{folder}/{}", pack.file);
            stage.advance(pack.n_bytes);
            match segments {
                Some(size) => packs.push(write_segments(directory, index, &pack, size, &folder, site, progress)?),
                // Packs of one content have one file.
                None if site.has(&path) => packs.push(pack),
                None => {
                    site.link(&path, &directory.join(&pack.file)).with_context(unwritten)?;
                    packs.push(pack);
                }
            }
        }
        part.set_packs(packs);
    }
    site.write(&format!("{folder}/{CORPUS}"), &written.encode()).with_context(unwritten)?;
    Ok(CorpusDatasets::of(id, &written))
}
