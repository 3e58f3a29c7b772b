//! Datasets of the Tessera format: what their manifests say of tiles and of themselves.

use std::{
    collections::HashMap,
    io,
    ops::Range,
    sync::{Arc, atomic::AtomicBool},
};

use explorer_core::{de::Sets, filter::CellMask, session::schema_words};
use shared_fbs::{
    api::{DatasetDescription, PosterName},
    dataset_id::name_of,
    manifest::{Manifest, Pack},
    path::{MANIFEST, PACK_SUFFIX},
};
use tessera::{
    compare::{CompareError, planned_moments_until},
    dataset::Dataset,
    files::Files,
    obs_csv::{ObsCsv, ObsText},
    packs::{ConfirmedFrame, FrameError, PackIndex},
};

use super::dataset_reader::{
    ComputeError, ComputeMoments, OpenDataset, PackDescription, PlacedFrame, Posters, ReadDataset, ReadError,
    ReadFacts, TileIndex,
};
use crate::catalog::{DatasetFacts, DatasetGenes};

/// Reads datasets of the Tessera format.
#[derive(Clone, Copy, Debug, Default)]
pub struct ManifestReader {
    /// Whether those whose file was not found to follow the schema are refused.
    pub requires_schema: bool,
}

impl ReadDataset for ManifestReader {
    fn read(&self, id: &str, manifest: &[u8], files: &Arc<dyn Files>) -> Result<OpenDataset, ReadError> {
        let manifest = Manifest::decode(manifest).map_err(|error| format!("{MANIFEST}: {error}"))?;
        if self.requires_schema {
            follows_schema(&manifest)?;
        }
        let is_in_segments = manifest.packs.iter().any(|pack| pack.segments.is_some());
        let sent_manifest = is_in_segments.then(|| with_whole_packs(&manifest).encode());
        let description = description(id, &manifest);
        let content_id = manifest.content_id.clone();
        let posters = posters(&manifest);
        let has_layer = manifest.statistics_layer().is_some();
        let tiles = Arc::new(Tiles::of(Dataset::of_manifest(files, manifest)));
        let moments: Option<Arc<dyn ComputeMoments>> = if has_layer { Some(tiles.clone()) } else { None };
        let (index, facts) = (tiles.clone(), Some(tiles as Arc<dyn ReadFacts>));
        Ok(OpenDataset { description, content_id, sent_manifest, index, posters, facts, moments })
    }
}

/// Makes sure that the dataset's file was found to follow the schema when it was built.
fn follows_schema(manifest: &Manifest) -> Result<(), String> {
    match &manifest.schema {
        Some(verdict) if verdict.n_errors == 0 => Ok(()),
        Some(verdict) => Err(format!(
            "it is not served, since its file does not follow schema {} ({}): see `tile-server validate`, mend the file and \
             build it again with `--schema`",
            verdict.version,
            schema_words(manifest).unwrap_or_default()
        )),
        None => Err("it is not served, since nobody has recorded whether its file follows the schema: build it with \
                     `tile-server build --schema`"
            .to_owned()),
    }
}

/// The files of a dataset's posters.
pub fn posters(manifest: &Manifest) -> Posters {
    let poster = |name: PosterName| Some((name, name.of(manifest)?.file.clone()));
    PosterName::ALL.into_iter().filter_map(poster).collect()
}

/// The same dataset, none of whose packs is in segments.
pub fn with_whole_packs(manifest: &Manifest) -> Manifest {
    let packs = manifest.packs.iter().map(|pack| Pack { segments: None, ..pack.clone() });
    Manifest { packs: packs.collect(), ..manifest.clone() }
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
        let packs = dataset.packs().iter().enumerate().map(|(number, pack)| (stem(pack.file()), number)).collect();
        Self { dataset: Arc::new(dataset), packs }
    }
}

/// The name of a pack's file without its ending.
pub(super) fn stem(file: &str) -> String {
    file.strip_suffix(PACK_SUFFIX).unwrap_or(file).to_owned()
}

/// What a pack is called, and its size.
pub(super) fn described(pack: &PackIndex) -> PackDescription {
    PackDescription { file: pack.file().to_string(), n_bytes: pack.n_bytes(), n_segments: pack.n_segments() }
}

/// The frame that has the byte at an offset of a pack, confirmed by its checksum; none where no checksum covers that byte.
///
/// # Errors
/// When it cannot be read, or no answer is confirmed.
pub(super) fn confirmed_frame(pack: &PackIndex, offset: u64) -> Result<Option<PlacedFrame>, ReadError> {
    let Some(slot) = pack.slot_at(offset)? else {
        return Ok(None);
    };
    let ConfirmedFrame { frame, .. } = pack.confirmed(&slot).map_err(|error| match error {
        FrameError::Read(error) => ReadError::from(error),
        FrameError::Broken(_) | FrameError::Sent { .. } => error.into(),
    })?;
    Ok(Some(PlacedFrame { offset: slot.offset, bytes: frame.into() }))
}

impl TileIndex for Tiles {
    fn packs(&self) -> Vec<PackDescription> {
        let posters = self.dataset.manifest().all_posters().iter().map(|poster| PackDescription {
            file: poster.file.clone(),
            n_bytes: u64::from(poster.n_bytes),
            n_segments: 0,
        });
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

    fn confirmed(&self, pack: &str, offset: u64) -> Result<Option<PlacedFrame>, ReadError> {
        match self.packs.get(pack) {
            Some(&number) => confirmed_frame(&self.dataset.packs()[number], offset),
            None => Ok(None),
        }
    }

    fn prepare(&self, pack: &str, ranges: &[Range<u64>]) -> io::Result<()> {
        match self.packs.get(pack) {
            Some(&number) => self.dataset.packs()[number].prepare(ranges),
            None => Ok(()),
        }
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

    fn obs_csv(&self, text: ObsText) -> Box<dyn Iterator<Item = Result<String, ReadError>> + Send> {
        Box::new(ObsCsv::new(Arc::clone(&self.dataset), text).map(|piece| piece.map_err(ReadError::from)))
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
    use std::{fs, path::Path};

    use shared_fbs::{
        frame,
        manifest::{FORMAT_VERSION, Pack, Page, SchemaVerdict},
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

    fn read(directory: &Path) -> Result<OpenDataset, ReadError> {
        let files: Arc<dyn Files> = Arc::new(tessera::files::Directory(directory.to_owned()));
        ManifestReader::default().read("two", &fs::read(directory.join(MANIFEST)).unwrap(), &files)
    }

    #[test]
    fn tiles_are_found_through_the_manifest_and_through_pages() {
        let directory = dataset();
        let open = read(directory.path()).unwrap();
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
        let open = read(directory.path()).unwrap();
        let error = open.index.locate(PAGED, 2).unwrap_err().to_string();
        assert!(error.contains("page 1") && error.contains(PAGED), "{error}");
    }

    #[test]
    fn every_byte_of_a_pack_is_in_a_frame() {
        let directory = dataset();
        let open = read(directory.path()).unwrap();
        let bytes = fs::read(directory.path().join(format!("{PAGED}{PACK_SUFFIX}"))).unwrap();
        // The tiles here are no frames, so only pages are confirmed.
        let page = open.index.confirmed(PAGED, 3).unwrap().unwrap();
        assert_eq!((page.offset, &page.bytes[..]), (0, &bytes[..page.bytes.len()]));
        let first = open.index.locate(PAGED, 0).unwrap().unwrap();
        assert_eq!(page.bytes.len() as u64, first.start);
        for offset in [first.start, first.start + 1, first.start + 2, bytes.len() as u64 - 1] {
            open.index.confirmed(PAGED, offset).unwrap_err();
        }
        let second = first.end + 2;
        assert_eq!(open.index.confirmed(PAGED, second).unwrap().unwrap().offset, second, "the second page");
        assert!(open.index.confirmed(PAGED, bytes.len() as u64).unwrap().is_none());
        assert!(open.index.confirmed(INLINE, 6).unwrap().is_none());
        open.index.confirmed(INLINE, 5).unwrap_err();
    }

    #[test]
    fn where_the_schema_is_required_only_what_follows_it_is_read() {
        let directory = dataset();
        let path = directory.path().join(MANIFEST);
        let known = Manifest::decode(&fs::read(&path).unwrap()).unwrap();
        let files: Arc<dyn Files> = Arc::new(tessera::files::Directory(directory.path().to_owned()));
        let verdict = |n_errors| SchemaVerdict { version: "7.1.0".to_owned(), n_errors, n_strict: 1, n_warnings: 2 };
        let refusal = |schema: Option<SchemaVerdict>| {
            let manifest = Manifest { schema: schema.map(Box::new), ..known.clone() };
            assert_eq!(manifest.content_id_of(), known.content_id, "what is known of a dataset is none of its content");
            let encoded = manifest.encode();
            ManifestReader::default().read("two", &encoded, &files).map(drop).expect("nothing is required");
            ManifestReader { requires_schema: true }.read("two", &encoded, &files).err().map(|error| error.to_string())
        };
        assert_eq!(refusal(Some(verdict(0))), None);
        assert!(refusal(Some(verdict(3))).is_some_and(|told| told.contains("7.1.0 (3 findings)")));
        assert!(refusal(None).is_some_and(|told| told.contains("build --schema")));
    }

    #[test]
    fn what_is_no_manifest_is_refused_by_name() {
        let files: Arc<dyn Files> = Arc::new(tessera::files::Directory("nowhere".into()));
        let error = ManifestReader::default().read("x", b"nonsense", &files).err().unwrap().to_string();
        assert!(error.contains(MANIFEST), "{error}");
    }
}
