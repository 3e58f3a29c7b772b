//! The datasets of a site: what they are called, and their files.

use std::{collections::HashMap, io, path::Path, sync::Arc};

use anyhow::{Context as _, Result};
use builder::{BuildError, Progress};
use shared_fbs::{
    api::{DatasetDescription, PAGE_ROUTE},
    dataset_id::name_of,
    manifest::Manifest,
    path::{DATA_ROUTE, MANIFEST, OBS_CSV, OBS_PLAIN_CSV},
};
use tessera::{
    dataset::{Dataset, DatasetError, manifest_bytes},
    files::{Directory, Files},
    obs_csv::{ObsCsv, ObsText},
    plain_file,
};
use tile_server::{
    catalog::{COLLECTION, CatalogEntry, Collection, DatasetFacts, DatasetGenes, FoundDataset, GeneStore, Original},
    dataset_place::DatasetPlace,
    serve::{self, PagePoster},
};

use super::{
    damaged::{Damaged, check_files},
    fetched::fetch,
    segments::{SegmentSize, write_segments},
    site::SiteWriter,
};

/// A dataset of a site.
pub struct Exported {
    /// Its name in the site's addresses.
    pub name: String,
    /// The id that a tile server gives it, with a code of where it lies.
    id: String,
    place: DatasetPlace,
    collection: Option<Arc<Collection>>,
}

/// What there is to say of a dataset of a site.
pub struct Told<'a> {
    dataset: &'a Exported,
    /// What it says of itself.
    pub description: DatasetDescription,
    facts: DatasetFacts,
    /// What it holds, as a hash.
    pub content_id: String,
    /// The posters that its page begins with.
    pub page_poster: Option<PagePoster>,
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
        Exported { name, id, place, collection }
    };
    datasets.into_iter().map(exported).collect()
}

/// Whether only those may find it who know its address.
pub fn is_private(dataset: &FoundDataset) -> bool {
    dataset.collection.as_ref().is_some_and(|collection| collection.is_private())
}

/// Writes the columns of cells, for spreadsheets and for programs: the same file where no text is guarded.
fn write_tables(dataset: &Arc<Dataset>, folder: &str, site: &mut SiteWriter) -> Result<()> {
    let [guarded, plain] = [OBS_CSV, OBS_PLAIN_CSV].map(|file| format!("{folder}/{file}"));
    let mut cells = ObsCsv::new(Arc::clone(dataset), ObsText::Guarded);
    site.write_pieces(&guarded, cells.by_ref().map(|piece| piece.map_err(anyhow::Error::from)))?;
    if !cells.has_guards() {
        return Ok(site.link_again(&plain, &guarded)?);
    }
    let cells = ObsCsv::new(Arc::clone(dataset), ObsText::Plain);
    site.write_pieces(&plain, cells.map(|piece| piece.map_err(anyhow::Error::from)))
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
        self.place.name()
    }

    /// The file that it was built from, where others may have it.
    fn original(&self) -> Option<Original> {
        match &self.place {
            DatasetPlace::Directory(directory) => Original::of(self.collection.as_deref(), directory),
            DatasetPlace::Remote(_) => None,
        }
    }

    /// Whether its data is no part of the site, whose makers say why.
    pub fn is_withdrawn(&self) -> bool {
        self.collection.as_ref().is_some_and(|collection| collection.withdrawal(&self.directory_name()).is_some())
    }

    /// Writes its manifest, packs and posters, unless it was withdrawn, and takes up its genes; gives what there is to say
    /// of it. What lies on another host is copied first, into `parent`.
    ///
    /// # Errors
    /// When it cannot be read, or the site not be written.
    pub fn write(
        &self,
        parent: &Path,
        segments: Option<SegmentSize>,
        site: &mut SiteWriter,
        genes: &mut GeneStore,
        progress: &dyn Progress,
    ) -> Result<Told<'_>> {
        match &self.place {
            DatasetPlace::Directory(directory) => self.write_from(directory, segments, site, genes, progress),
            DatasetPlace::Remote(remote) => {
                let copy = fetch(remote, parent, progress)?;
                self.write_from(&copy.directory(), segments, site, genes, progress)
            }
        }
    }

    fn write_from(
        &self,
        directory: &Path,
        segments: Option<SegmentSize>,
        site: &mut SiteWriter,
        genes: &mut GeneStore,
        progress: &dyn Progress,
    ) -> Result<Told<'_>> {
        let (manifest, manifest_bytes) = manifest_in(directory)?;
        let files: Arc<dyn Files> = Arc::new(Directory(directory.to_owned()));
        let dataset = Arc::new(Dataset::of_manifest(&files, manifest));
        let manifest = dataset.manifest();
        if !self.is_withdrawn() {
            self.check(directory, manifest)?;
        }
        let (facts, faults) = DatasetFacts::read(&self.name, &dataset);
        if let Some(fault) = faults.into_iter().next() {
            return Err(fault.into());
        }
        let content_id = manifest.content_id.clone();
        let page_poster = PagePoster::of_dataset(&self.name, &serve::posters(manifest));
        let description = serve::description(&self.name, manifest);
        let told = Told { dataset: self, description, facts, content_id, page_poster };
        if self.is_withdrawn() {
            return Ok(told);
        }
        genes.insert(told.content_id.clone(), &DatasetGenes::read(&dataset)?).context("cannot keep the genes aside")?;
        let n_bytes = manifest.packs.iter().map(|pack| pack.n_bytes).sum();
        let stage = progress.stage(format!("exporting {}", self.name), n_bytes);
        let folder = format!("{DATA_ROUTE}/{}", self.name);
        let unwritten = || format!("cannot write {folder}");
        let manifest_bytes = match segments {
            Some(size) => {
                let mut packs = Vec::with_capacity(manifest.packs.len());
                for (index, pack) in dataset.packs().iter().zip(&manifest.packs) {
                    packs.push(write_segments(directory, index, pack, size, &folder, site, progress)?);
                    stage.advance(pack.n_bytes);
                }
                Manifest { packs, ..manifest.clone() }.encode()
            }
            None => {
                for pack in &manifest.packs {
                    if progress.is_stopped() {
                        return Err(BuildError::Interrupted.into());
                    }
                    site.link(&format!("{folder}/{}", pack.file), &directory.join(&pack.file))
                        .with_context(unwritten)?;
                    stage.advance(pack.n_bytes);
                }
                manifest_bytes
            }
        };
        self.write_posters(directory, manifest, &folder, site).with_context(unwritten)?;
        site.write(&format!("{folder}/{MANIFEST}"), &manifest_bytes).with_context(unwritten)?;
        write_tables(&dataset, &folder, site).with_context(unwritten)?;
        if let Some(original) = self.original() {
            site.copy(&format!("{folder}/{}", original.name), &original.path()).with_context(unwritten)?;
        }
        Ok(told)
    }

    /// Writes the posters beside the manifest, and those of the default embedding beside the page.
    fn write_posters(
        &self,
        directory: &Path,
        manifest: &Manifest,
        folder: &str,
        site: &mut SiteWriter,
    ) -> io::Result<()> {
        for poster in manifest.all_posters() {
            let path = format!("{folder}/{}", poster.file);
            // Pictures that are the same have one file.
            if !site.has(&path) {
                site.link(&path, &directory.join(&poster.file))?;
            }
        }
        for (name, file) in serve::posters(manifest) {
            for id in self.addresses() {
                let path = format!("{PAGE_ROUTE}/{id}/{}", name.file());
                if !site.has(&path) {
                    site.link(&path, &directory.join(&file))?;
                }
            }
        }
        Ok(())
    }

    /// Refuses files that are not there as the manifest and the collection say.
    fn check(&self, directory: &Path, manifest: &Manifest) -> Result<(), Damaged> {
        let packs = manifest.packs.iter().map(|pack| (&pack.file, pack.n_bytes));
        let posters = manifest.all_posters().iter().map(|poster| (&poster.file, u64::from(poster.n_bytes)));
        check_files(directory, packs.chain(posters))?;
        if let Some(original) = self.original() {
            let readable = plain_file::open(&original.path());
            readable.map_err(|error| Damaged {
                directory: directory.to_owned(),
                reason: format!("{} of its {COLLECTION} cannot be read: {error}", original.name),
            })?;
        }
        Ok(())
    }
}

/// The manifest in a directory, and the bytes of it.
fn manifest_in(directory: &Path) -> Result<(Manifest, Vec<u8>), DatasetError> {
    let path = directory.join(MANIFEST);
    let bytes = manifest_bytes(directory)?;
    let manifest = Manifest::decode(&bytes).map_err(|source| DatasetError::Manifest { path, source })?;
    Ok((manifest, bytes))
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
    use std::path::PathBuf;

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
