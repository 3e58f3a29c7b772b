//! What an exported site tells of datasets beside their tiles: genes, metadata, files, documents for programs.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use explorer_core::{
    catalog::{CatalogIndex, CatalogQuery, DatasetEntry, Day, FoundGenes},
    data::{CellIdx, GeneIdx},
};
use shared_fbs::{api::Endpoint, genes::CatalogGenes};
use tessera::dataset::Dataset;

use crate::input::{Storage, build, counts, log_normalized, with_x};

const N_OBS: usize = 300;
const N_VARS: usize = 40;

/// A site of a collection with one dataset, and the dataset.
struct Site {
    directory: tempfile::TempDir,
    dataset: Dataset,
}

impl Site {
    fn export(more: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let written = with_x(&log_normalized(&counts(N_OBS, N_VARS, 3)), N_VARS, Storage::Csr).write();
        let built = build(&written.path());
        let folder = directory.path().join("lungs");
        fs::create_dir_all(folder.join("healthy")).unwrap();
        for entry in fs::read_dir(built.path()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.join("healthy").join(entry.file_name())).unwrap();
        }
        fs::write(folder.join("healthy.h5ad"), "the original").unwrap();
        let collection = "title = 'Lungs of adults'\n[datasets.healthy]\nfile = 'healthy.h5ad'";
        fs::write(folder.join("collection.toml"), collection).unwrap();
        let page = directory.path().join("page");
        fs::create_dir_all(&page).unwrap();
        fs::write(page.join("index.html"), "<!doctype html><html><head></head></html>").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
        command.arg("export").arg(&folder).arg("--out").arg(directory.path().join("site"));
        command.arg("--front-end").arg(page).arg("--quiet").args(more);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let dataset = Dataset::open(&folder.join("healthy")).unwrap();
        Self { directory, dataset }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join("site").join(file)
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    fn index(&self) -> CatalogIndex {
        CatalogIndex::decode(&fs::read(self.path("catalog.tsc")).unwrap()).unwrap()
    }
}

/// The genes that a text names, out of the site's files.
fn found(site: &Site, index: &CatalogIndex, text: &str) -> FoundGenes {
    let mut found = FoundGenes::default();
    let (state, _) = index.gene_files().unwrap();
    for wanted in index.wanted_genes(text) {
        let address = Endpoint::Genes { state: state.into(), file: wanted.file }.address();
        let file = CatalogGenes::decode(&fs::read(site.path(&address)).unwrap()).unwrap();
        if let Some(gene) = index.gene(&wanted.name, &file).unwrap() {
            found.insert(wanted.name, gene);
        }
    }
    found
}

#[test]
fn a_gene_is_found_with_its_cells_and_its_mean_in_every_cell_type() {
    let site = Site::export(&[]);
    let index = site.index();
    let dataset = &site.dataset;
    let layer = dataset.manifest().statistics_layer().unwrap();
    let names = dataset.gene_names(layer).unwrap();
    let types = dataset.categorical(dataset.manifest().column("cell_type").unwrap()).unwrap().unwrap();
    for (gene, name) in names.ids().iter().enumerate() {
        let found = found(&site, &index, &name.to_uppercase());
        let query = CatalogQuery { text: name.clone(), ..CatalogQuery::default() };
        assert_eq!(index.answer(&query, &found, Day(20_000)).found.len(), 1, "{name}");
        assert!(index.answer(&query, &FoundGenes::default(), Day(20_000)).found.is_empty(), "{name}");

        let (_, of) = found.named(name).next().unwrap();
        let summary = index.datasets().next().and_then(|entry: DatasetEntry<'_>| entry.gene(of)).unwrap();
        let values = dataset.gene(layer, GeneIdx(gene as u32)).unwrap();
        assert_eq!(summary.n_cells as usize, values.indices.len(), "{name}");
        let mut sums: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for (cell, value) in values.to_continuous().values.iter().enumerate() {
            if let Some(label) = types.categories.get(types.codes.get(CellIdx(cell as u32)) as usize) {
                let (sum, n) = sums.entry(label).or_default();
                (*sum, *n) = (*sum + f64::from(*value), *n + 1.0);
            }
        }
        assert_eq!(summary.means.len(), sums.len(), "{name}");
        for (label, mean) in summary.means {
            let (sum, n) = sums[label];
            assert!((mean * n / sum - 1.0).abs() < 0.046, "{name} in {label}: {mean}, not {}", sum / n);
        }
    }
    assert!(found(&site, &index, "no-such-gene").named("no-such-gene").next().is_none());
}

#[test]
fn the_metadata_of_cells_is_a_table_of_all_columns() {
    let site = Site::export(&[]);
    let table = site.text("data/healthy/obs.csv");
    assert!(table == site.text("data/healthy/obs-plain.csv"), "no text of it needs a guard");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!((lines[0], lines.len()), ("index,cell_type,score,is_doublet,donor", N_OBS + 1));
    let ids = site.dataset.cell_ids().unwrap();
    let columns = ["cell_type", "score", "is_doublet", "donor"].map(|name| site.dataset.file_column(name).unwrap());
    for (cell, line) in lines[1..].iter().enumerate() {
        let mut expected = vec![ids[cell].clone().unwrap()];
        expected.extend(columns.iter().map(|column| column.text(cell).unwrap_or_default()));
        assert_eq!(line.split(',').collect::<Vec<_>>(), expected, "line {cell}");
    }
}

#[test]
fn the_original_file_is_there_and_the_document_says_how_to_read_it() {
    let site = Site::export(&["--site-url", "https://example.org/cells"]);
    assert_eq!(site.text("data/healthy/healthy.h5ad"), "the original");
    let about = site.text("about/healthy.html");
    for said in [
        "href=\"../data/healthy/healthy.h5ad\"",
        "href=\"../data/healthy/obs.csv\"",
        "https://example.org/cells/data/healthy/healthy.h5ad",
        "<link rel=\"canonical\" href=\"https://example.org/cells/about/healthy.html\">",
        "<link rel=\"alternate\" type=\"application/json+oembed\"",
    ] {
        assert!(about.contains(said), "{said} in {about}");
    }
    // By the id that a tile server gives it, too.
    let documents = fs::read_dir(site.path("about")).unwrap().map(|entry| entry.unwrap().path());
    let documents: Vec<PathBuf> = documents.filter(|path| path.extension().is_some_and(|end| end == "html")).collect();
    assert_eq!(documents.len(), 2);
    assert!(documents.iter().all(|path: &PathBuf| fs::read_to_string(path).unwrap() == about));
    assert!(site.text("collections/index.html").contains("../collections/lungs.html"));
    let sitemap = site.text("sitemap.xml");
    assert!(sitemap.contains("<loc>https://example.org/cells/about/healthy.html</loc>"), "{sitemap}");
    assert!(site.text("about/healthy.oembed.json").contains("https://example.org/cells/d/healthy?embed=1"));
}

#[test]
fn a_site_that_does_not_know_its_address_claims_none() {
    let site = Site::export(&[]);
    assert!(!site.path("sitemap.xml").exists() && !site.path("about/healthy.oembed.json").exists());
    let about = site.text("about/healthy.html");
    assert!(!about.contains("canonical") && about.contains("https://HOST/data/healthy/obs-plain.csv"), "{about}");
    assert!(Path::new(&site.path("collections/index.html")).exists());
}
