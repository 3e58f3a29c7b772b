//! Datasets of the Tessera format: what their manifests say of tiles and of themselves.

use std::{
    collections::HashMap,
    ops::Range,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use explorer_core::{de::Sets, filter::CellMask};
use shared_fbs::{
    api::{DatasetDescription, PosterName},
    dataset_id::name_of,
    manifest::Manifest,
    path::{MANIFEST, PACK_SUFFIX},
};
use tessera::{
    compare::{CompareError, planned_moments_until},
    dataset::Dataset,
    obs_csv::ObsCsv,
    packs::PackIndex,
    plain_file,
};

use super::dataset_reader::{
    ComputeError, ComputeMoments, OpenDataset, PackDescription, Posters, ReadDataset, ReadError, ReadFacts, TileIndex,
};
use crate::catalog::{DatasetFacts, DatasetGenes};

/// Reads datasets of the Tessera format.
#[derive(Clone, Copy, Debug, Default)]
pub struct ManifestReader;

impl ReadDataset for ManifestReader {
    fn read(&self, id: &str, directory: &Path) -> Result<OpenDataset, ReadError> {
        let bytes = plain_file::read(&directory.join(MANIFEST))
            .map_err(|error| format!("{MANIFEST} cannot be read: {error}"))?;
        let manifest = Manifest::decode(&bytes).map_err(|error| format!("{MANIFEST}: {error}"))?;
        let description = description(id, &manifest);
        let content_id = manifest.content_id.clone();
        let posters = posters(&manifest);
        let has_layer = manifest.statistics_layer().is_some();
        let tiles = Arc::new(Tiles::of(Dataset::of_manifest(directory, manifest)));
        let moments: Option<Arc<dyn ComputeMoments>> = if has_layer { Some(tiles.clone()) } else { None };
        Ok(OpenDataset { description, content_id, index: tiles.clone(), posters, facts: Some(tiles), moments })
    }
}

/// The files of a dataset's posters.
pub fn posters(manifest: &Manifest) -> Posters {
    let poster = |name: PosterName| Some((name, name.of(manifest)?.file.clone()));
    PosterName::ALL.into_iter().filter_map(poster).collect()
}

/// What a dataset says of itself; what is computed on it, a server adds.
pub fn description(id: &str, manifest: &Manifest) -> DatasetDescription {
    let layer = manifest.layers.get(manifest.default_layer as usize);
    let var = layer.map_or(0, |layer| layer.var as usize);
    DatasetDescription {
        id: id.to_owned(),
        title: manifest.title.clone().unwrap_or_else(|| name_of(id).to_owned()),
        n_obs: u64::from(manifest.n_obs),
        n_vars: manifest.vars.get(var).map_or(0, |var| u64::from(var.n_vars)),
        n_bytes: Some(manifest.packs.iter().map(|pack| pack.n_bytes).sum()),
        source: manifest.source.clone(),
        generator: Some(manifest.generator.clone()),
        embeddings: manifest.embeddings.iter().map(|embedding| embedding.key.clone()).collect(),
        layers: manifest.layers.iter().map(|layer| layer.name.clone()).collect(),
        moments: None,
    }
}

/// The tiles of a dataset: where they lie, and what they add up to.
struct Tiles {
    dataset: Arc<Dataset>,
    /// The number of each pack in the dataset, by the stem of its file's name.
    packs: HashMap<String, usize>,
}

impl Tiles {
    fn of(dataset: Dataset) -> Self {
        let stem = |file: &str| file.strip_suffix(PACK_SUFFIX).unwrap_or(file).to_owned();
        let packs = dataset.packs().iter().enumerate().map(|(number, pack)| (stem(pack.file()), number)).collect();
        Self { dataset: Arc::new(dataset), packs }
    }
}

impl TileIndex for Tiles {
    fn packs(&self) -> Vec<PackDescription> {
        let described = |pack: &PackIndex| PackDescription { file: pack.file().to_string(), n_bytes: pack.n_bytes() };
        let posters = self.dataset.manifest().all_posters().iter();
        let posters =
            posters.map(|poster| PackDescription { file: poster.file.clone(), n_bytes: u64::from(poster.n_bytes) });
        self.dataset.packs().iter().map(described).chain(posters).collect()
    }

    fn locate(&self, pack: &str, index: u32) -> Result<Option<Range<u64>>, ReadError> {
        let Some(&number) = self.packs.get(pack) else {
            return Ok(None);
        };
        let slot = self.dataset.packs()[number].slot(index)?;
        Ok(slot.map(|slot| slot.range()))
    }

    fn locate_at_hand(&self, pack: &str, index: u32) -> Option<Range<u64>> {
        let &number = self.packs.get(pack)?;
        Some(self.dataset.packs()[number].slot_at_hand(index)?.range())
    }
}

impl ReadFacts for Tiles {
    fn facts(&self, id: &str) -> (DatasetFacts, Vec<ReadError>) {
        let (facts, faults) = DatasetFacts::read(id, &self.dataset);
        (facts, faults.into_iter().map(ReadError::from).collect())
    }

    fn genes(&self) -> Result<DatasetGenes, ReadError> {
        Ok(DatasetGenes::read(&self.dataset)?)
    }

    fn obs_csv(&self) -> Box<dyn Iterator<Item = Result<String, ReadError>> + Send> {
        Box::new(ObsCsv::new(Arc::clone(&self.dataset)).map(|piece| piece.map_err(ReadError::from)))
    }
}

impl ComputeMoments for Tiles {
    fn moments(
        &self,
        layer: Option<&str>,
        group: &CellMask,
        reference: &CellMask,
        stop: &AtomicBool,
    ) -> Result<[Vec<u8>; 2], ComputeError> {
        let (_, layer) = self.dataset.manifest().statistics_layer_named(layer)?;
        match planned_moments_until(&self.dataset, layer, Sets::of(group, reference), stop) {
            Ok((moments, _)) => Ok(moments.map(|moments| moments.to_tile().encode())),
            Err(CompareError::Stopped) => Err(ComputeError::Stopped),
            Err(error) => Err(ComputeError::Broken(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use shared_fbs::{
        frame,
        manifest::{FORMAT_VERSION, Pack, Page},
        tile::Directory,
    };

    use super::*;

    const INLINE: &str = "obs-0123456789abcdef";
    const PAGED: &str = "genes0-0123456789abcdef";

    fn pack(name: &str, stem: &str, n_bytes: usize) -> Pack {
        Pack {
            name: name.to_owned(),
            file: format!("{stem}{PACK_SUFFIX}"),
            n_bytes: n_bytes as u64,
            n_tiles: 3,
            ..Pack::default()
        }
    }

    /// Two packs of the tiles `a`, `bb`, `ccc`: one with its directory in the manifest, one with pages
    /// of two tiles, each page before its tiles.
    fn dataset() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(format!("{INLINE}{PACK_SUFFIX}")), "abbccc").unwrap();
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
        fs::write(directory.path().join(format!("{PAGED}{PACK_SUFFIX}")), &file).unwrap();
        let inline = Pack { lengths: vec![1, 2, 3], checksums: vec![0; 3], ..pack("obs", INLINE, 6) };
        let paged = Pack { page_tiles: 2, pages, ..pack("genes0", PAGED, file.len()) };
        let mut manifest = Manifest {
            format_version: FORMAT_VERSION,
            title: Some("Two packs".to_owned()),
            level_ranks: vec![0, 64],
            packs: vec![inline, paged],
            ..Manifest::default()
        };
        manifest.content_id = manifest.content_id_of();
        fs::write(directory.path().join(MANIFEST), manifest.encode()).unwrap();
        directory
    }

    #[test]
    fn tiles_are_found_through_the_manifest_and_through_pages() {
        let directory = dataset();
        let open = ManifestReader.read("two", directory.path()).unwrap();
        assert_eq!(open.description.title, "Two packs");
        assert_eq!(open.index.locate_at_hand(PAGED, 2), None, "its page has not been read");
        for pack in [INLINE, PAGED] {
            let bytes = fs::read(directory.path().join(format!("{pack}{PACK_SUFFIX}"))).unwrap();
            for (index, tile) in ["a", "bb", "ccc"].into_iter().enumerate() {
                let place = open.index.locate(pack, index as u32).unwrap().unwrap();
                assert_eq!(open.index.locate_at_hand(pack, index as u32), Some(place.clone()));
                let range = place.start as usize..place.end as usize;
                assert_eq!(&bytes[range], tile.as_bytes(), "tile {index} of {pack}");
            }
            assert_eq!(open.index.locate(pack, 3).unwrap(), None);
        }
        assert_eq!(open.index.locate("points-0123456789abcdef", 0).unwrap(), None);
    }

    #[test]
    fn a_broken_page_is_an_error_that_names_it() {
        let directory = dataset();
        fs::write(directory.path().join(format!("{PAGED}{PACK_SUFFIX}")), [0; 400]).unwrap();
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
