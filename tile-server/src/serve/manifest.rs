//! Datasets of the Tessera format: what their manifests say of tiles and of themselves.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::json;
use shared_fbs::{
    manifest::{Manifest, Pack},
    path::MANIFEST,
};

use super::dataset::{DatasetSummary, OpenDataset, ReadDataset, ReadError, TileIndex, TilePlace};
use crate::packs::PackIndex;

/// Reads datasets of the Tessera format.
#[derive(Clone, Copy, Debug, Default)]
pub struct ManifestReader;

impl ReadDataset for ManifestReader {
    fn read(&self, id: &str, directory: &Path) -> Result<OpenDataset, ReadError> {
        let bytes =
            fs::read(directory.join(MANIFEST)).map_err(|error| format!("{MANIFEST} cannot be read: {error}"))?;
        let mut manifest = Manifest::decode(&bytes).map_err(|error| format!("{MANIFEST}: {error}"))?;
        let summary = summary(id, &manifest);
        let packs = std::mem::take(&mut manifest.packs);
        let index = ManifestIndex { directory: directory.to_owned(), packs: packs.into_iter().map(by_stem).collect() };
        Ok(OpenDataset { summary, index: Arc::new(index) })
    }
}

fn summary(id: &str, manifest: &Manifest) -> DatasetSummary {
    let layer = manifest.layers.get(manifest.default_layer as usize);
    let var = layer.map_or(0, |layer| layer.var as usize);
    let n_bytes: u64 = manifest.packs.iter().map(|pack| pack.n_bytes).sum();
    let embeddings: Vec<_> = manifest.embeddings.iter().map(|embedding| embedding.key.as_str()).collect();
    let details = [
        ("n_bytes", json!(n_bytes)),
        ("source", json!(manifest.source)),
        ("generator", json!(manifest.generator)),
        ("embeddings", json!(embeddings)),
    ];
    DatasetSummary {
        id: id.to_owned(),
        title: manifest.title.clone().unwrap_or_else(|| id.to_owned()),
        n_obs: u64::from(manifest.n_obs),
        n_vars: manifest.vars.get(var).map_or(0, |var| u64::from(var.n_vars)),
        details: details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}

struct ManifestIndex {
    directory: PathBuf,
    /// By the stem of the file's name.
    packs: HashMap<String, PackIndex>,
}

fn by_stem(pack: Pack) -> (String, PackIndex) {
    let stem = pack.file.strip_suffix(".pack").unwrap_or(&pack.file).to_owned();
    (stem, PackIndex::new(pack))
}

impl TileIndex for ManifestIndex {
    fn files(&self) -> Vec<String> {
        self.packs.values().map(|pack| pack.file().to_string()).collect()
    }

    fn locate(&self, pack: &str, index: u32) -> Result<Option<TilePlace>, ReadError> {
        let Some(pack) = self.packs.get(pack) else {
            return Ok(None);
        };
        let slot = pack.slot(&self.directory, index)?;
        Ok(slot.map(|slot| TilePlace { file: Arc::clone(pack.file()), range: slot.range() }))
    }
}

#[cfg(test)]
mod tests {
    use shared_fbs::{
        frame,
        manifest::{FORMAT_VERSION, Page},
        tile::Directory,
    };

    use super::*;

    const INLINE: &str = "obs-0123456789abcdef";
    const PAGED: &str = "genes0-0123456789abcdef";

    fn pack(name: &str, stem: &str, n_bytes: usize) -> Pack {
        Pack {
            name: name.to_owned(),
            file: format!("{stem}.pack"),
            n_bytes: n_bytes as u64,
            n_tiles: 3,
            ..Pack::default()
        }
    }

    /// Two packs of the tiles `a`, `bb`, `ccc`: one with its directory in the manifest, one with pages
    /// of two tiles, each page before its tiles.
    fn dataset() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(format!("{INLINE}.pack")), "abbccc").unwrap();
        let mut file = Vec::new();
        let mut pages = Vec::new();
        for tiles in [&["a", "bb"][..], &["ccc"][..]] {
            let content = Directory {
                lengths: tiles.iter().map(|tile| tile.len() as u32).collect(),
                checksums: vec![0; tiles.len()],
            }
            .encode();
            let frame = frame::deflate(&content, 3);
            pages.push(Page {
                offset: file.len() as u64,
                tiles_offset: (file.len() + frame.len()) as u64,
                length: frame.len() as u32,
                checksum: frame::checksum(&content),
            });
            file.extend_from_slice(&frame);
            file.extend(tiles.iter().flat_map(|tile| tile.bytes()));
        }
        fs::write(directory.path().join(format!("{PAGED}.pack")), &file).unwrap();
        let inline = Pack { lengths: vec![1, 2, 3], checksums: vec![0; 3], ..pack("obs", INLINE, 6) };
        let paged = Pack { page_tiles: 2, pages, ..pack("genes0", PAGED, file.len()) };
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            title: Some("Two packs".to_owned()),
            level_ranks: vec![0, 64],
            packs: vec![inline, paged],
            ..Manifest::default()
        };
        fs::write(directory.path().join(MANIFEST), manifest.encode()).unwrap();
        directory
    }

    #[test]
    fn tiles_are_found_through_the_manifest_and_through_pages() {
        let directory = dataset();
        let open = ManifestReader.read("two", directory.path()).unwrap();
        assert_eq!(open.summary.title, "Two packs");
        for pack in [INLINE, PAGED] {
            let bytes = fs::read(directory.path().join(format!("{pack}.pack"))).unwrap();
            for (index, tile) in ["a", "bb", "ccc"].into_iter().enumerate() {
                let place = open.index.locate(pack, index as u32).unwrap().unwrap();
                assert_eq!(*place.file, *format!("{pack}.pack"));
                let range = place.range.start as usize..place.range.end as usize;
                assert_eq!(&bytes[range], tile.as_bytes(), "tile {index} of {pack}");
            }
            assert_eq!(open.index.locate(pack, 3).unwrap(), None);
        }
        assert_eq!(open.index.locate("points-0123456789abcdef", 0).unwrap(), None);
    }

    #[test]
    fn a_broken_page_is_an_error_that_names_it() {
        let directory = dataset();
        fs::write(directory.path().join(format!("{PAGED}.pack")), [0; 400]).unwrap();
        let open = ManifestReader.read("two", directory.path()).unwrap();
        let error = open.index.locate(PAGED, 2).unwrap_err().to_string();
        assert!(error.contains("page 1") && error.contains(PAGED), "{error}");
    }

    #[test]
    fn what_is_no_manifest_is_refused_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let refused = |directory: &Path| {
            let outcome = ManifestReader.read("x", directory);
            outcome.err().unwrap().to_string()
        };
        assert!(refused(directory.path()).contains(MANIFEST));
        fs::write(directory.path().join(MANIFEST), "nonsense").unwrap();
        assert!(refused(directory.path()).contains(MANIFEST));
    }
}
