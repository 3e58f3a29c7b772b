//! The datasets of a site: what they are called, and their files.

use std::{collections::HashMap, fs, io, path::PathBuf, sync::Arc};

use anyhow::{Context as _, Result};
use builder::{BuildError, Progress};
use shared_fbs::{
    api::DatasetDescription,
    dataset_id::name_of,
    manifest::Manifest,
    path::{DATA_ROUTE, MANIFEST, is_pack_file},
};
use tessera::{
    dataset::{Dataset, DatasetError},
    files::{Directory, Files},
    plain_file,
};
use tile_server::{
    catalog::{CatalogEntry, Collection, DatasetFacts, FoundDataset},
    dataset_place::DatasetPlace,
    serve,
};

use super::{
    damaged::Damaged,
    segments::{SegmentSize, write_segments},
    site::SiteWriter,
};

/// A dataset of a site.
pub struct Exported {
    /// Its name in the site's addresses.
    pub name: String,
    /// The id that a tile server gives it, with a code of where it lies.
    id: String,
    directory: PathBuf,
    collection: Option<Arc<Collection>>,
}

/// What there is to say of a dataset of a site.
pub struct Told<'a> {
    dataset: &'a Exported,
    /// What it says of itself.
    pub description: DatasetDescription,
    facts: DatasetFacts,
}

/// The datasets under the names that they have in a site: their own, which stay wherever they are exported from, unless
/// two have one name on a host that does not tell letters' cases apart. Those of private collections are left out: the list
/// of a site's files, which any visitor can read, would give their addresses away.
pub fn named(mut datasets: Vec<FoundDataset>) -> Vec<Exported> {
    datasets.retain(|dataset| !is_private(dataset));
    let key = |id: &str| name_of(id).to_lowercase();
    let mut n_of_name: HashMap<String, usize> = HashMap::new();
    for dataset in &datasets {
        *n_of_name.entry(key(&dataset.id)).or_default() += 1;
    }
    let exported = |FoundDataset { id, place, collection }: FoundDataset| {
        let name = if n_of_name[&key(&id)] == 1 { name_of(&id).to_owned() } else { id.clone() };
        match place {
            DatasetPlace::Directory(directory) => Some(Exported { name, id, directory, collection }),
            // No argument of `export` leads there.
            DatasetPlace::Remote(_) => None,
        }
    };
    datasets.into_iter().filter_map(exported).collect()
}

/// Whether only those may find it who know its address.
pub fn is_private(dataset: &FoundDataset) -> bool {
    dataset.collection.as_ref().is_some_and(|collection| collection.is_private())
}

impl Exported {
    /// The names by which its page is found, as on a tile server.
    pub fn addresses(&self) -> [&str; 2] {
        [&self.name, &self.id]
    }

    /// The collection that it is in.
    pub fn collection(&self) -> Option<&Arc<Collection>> {
        self.collection.as_ref()
    }

    /// The name of its directory.
    pub fn directory_name(&self) -> String {
        self.directory.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether its data is no part of the site, whose makers say why.
    pub fn is_withdrawn(&self) -> bool {
        self.collection.as_ref().is_some_and(|collection| collection.withdrawal(&self.directory_name()).is_some())
    }

    /// Writes its manifest and packs, unless it was withdrawn; gives what there is to say of it.
    ///
    /// # Errors
    /// When it cannot be read, or the site not be written.
    pub fn write(
        &self,
        segments: Option<SegmentSize>,
        site: &mut SiteWriter,
        progress: &dyn Progress,
    ) -> Result<Told<'_>> {
        let path = self.directory.join(MANIFEST);
        let manifest_bytes = plain_file::read(&path)
            .map_err(|source| DatasetError::NoManifest { path: self.directory.clone(), source })?;
        let manifest = Manifest::decode(&manifest_bytes).map_err(|source| DatasetError::Manifest { path, source })?;
        let files: Arc<dyn Files> = Arc::new(Directory(self.directory.clone()));
        let dataset = Dataset::of_manifest(&files, manifest);
        let manifest = dataset.manifest();
        if !self.is_withdrawn() {
            self.check(manifest)?;
        }
        let (facts, faults) = DatasetFacts::read(&self.name, &dataset);
        if let Some(fault) = faults.into_iter().next() {
            return Err(fault.into());
        }
        let told = Told { dataset: self, description: serve::description(&self.name, manifest), facts };
        if self.is_withdrawn() {
            return Ok(told);
        }
        let n_bytes = manifest.packs.iter().map(|pack| pack.n_bytes).sum();
        let stage = progress.stage(format!("exporting {}", self.name), n_bytes);
        let folder = format!("{DATA_ROUTE}/{}", self.name);
        let unwritten = || format!("cannot write {folder}");
        let manifest_bytes = match segments {
            Some(size) => {
                let mut packs = Vec::with_capacity(manifest.packs.len());
                for (index, pack) in dataset.packs().iter().zip(&manifest.packs) {
                    packs.push(write_segments(&self.directory, index, pack, size, &folder, site, progress)?);
                    stage.advance(pack.n_bytes);
                }
                Manifest { packs, ..manifest.clone() }.encode()
            }
            None => {
                for pack in &manifest.packs {
                    if progress.is_stopped() {
                        return Err(BuildError::Interrupted.into());
                    }
                    site.link(&format!("{folder}/{}", pack.file), &self.directory.join(&pack.file))
                        .with_context(unwritten)?;
                    stage.advance(pack.n_bytes);
                }
                manifest_bytes
            }
        };
        site.write(&format!("{folder}/{MANIFEST}"), &manifest_bytes).with_context(unwritten)?;
        Ok(told)
    }

    /// Refuses packs that are not there as the manifest says, and names that would not be a pack's.
    fn check(&self, manifest: &Manifest) -> Result<(), Damaged> {
        let damaged = |reason| Damaged { directory: self.directory.clone(), reason };
        for pack in &manifest.packs {
            if !is_pack_file(&pack.file) {
                return Err(damaged(format!("`{}` is no name of a pack", pack.file)));
            }
            let n_bytes = fs::metadata(self.directory.join(&pack.file)).and_then(|metadata| {
                if metadata.is_file() { Ok(metadata.len()) } else { Err(io::ErrorKind::InvalidInput.into()) }
            });
            match n_bytes {
                Ok(n_bytes) if n_bytes == pack.n_bytes => {}
                Ok(n_bytes) => {
                    let expected = pack.n_bytes;
                    return Err(damaged(format!("{} has {n_bytes} bytes, not {expected}", pack.file)));
                }
                Err(error) => return Err(damaged(format!("{} cannot be read: {error}", pack.file))),
            }
        }
        Ok(())
    }
}

impl Told<'_> {
    /// The dataset.
    pub fn dataset(&self) -> &Exported {
        self.dataset
    }

    /// What the catalog and documents say.
    pub fn entry(&self) -> CatalogEntry<'_> {
        let collection = self.dataset.collection.as_deref();
        CatalogEntry { id: &self.dataset.name, facts: &self.facts, collection }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_one_dataset_on_any_host() {
        let found = |id: &str| FoundDataset { id: id.to_owned(), place: PathBuf::new().into(), collection: None };
        let datasets = ["pbmc-3f9a1c", "a-000001", "A-000002"].map(found);
        let named = named(datasets.into());
        assert_eq!(named[0].addresses(), ["pbmc", "pbmc-3f9a1c"]);
        assert_eq!(named[1].addresses(), ["a-000001"; 2]);
        assert_eq!(named[2].addresses(), ["A-000002"; 2]);
    }
}
