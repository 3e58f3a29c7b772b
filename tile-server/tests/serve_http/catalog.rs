//! Datasets of a folder that come, change and go while the server runs, and the catalog's file.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use explorer_core::catalog::{CatalogIndex, Day};
use shared_fbs::api::DatasetDescription;
use tempfile::TempDir;
use tessera::files::Files;
use tile_server::{
    catalog::{COLLECTION, Folder, SiteUrl, ids},
    serve::{OpenDataset, PackDescription, ReadDataset, ReadError, TileIndex},
};

use crate::{
    host::Host,
    moments_of_demo::demo,
    remote_command::start,
    support::{Answer, TestServer, write_dated},
};

const CATALOG: &str = "/catalog.tsc";
const SECRET: &str = "6f1d0c8e5b7a49321d0c8e5b7a4932f1";
/// What the fixture's pack holds, by the hash that is in its name.
const FIRST: &str = "obs-00000000000000a1.pack";
const SECOND: &str = "obs-00000000000000a2.pack";

/// Takes the manifest's text for the title and, after a line break, the name of the one pack, which has five bytes.
struct OnePack;

struct NoTiles(String);

impl ReadDataset for OnePack {
    fn read(&self, id: &str, manifest: &[u8], _: &Arc<dyn Files>) -> Result<OpenDataset, ReadError> {
        let manifest = std::str::from_utf8(manifest)?;
        let (title, pack) = manifest.split_once('\n').ok_or("the manifest names no pack")?;
        let description = DatasetDescription {
            id: id.to_owned(),
            title: title.to_owned(),
            n_obs: 7,
            ..DatasetDescription::default()
        };
        let index = Arc::new(NoTiles(pack.to_owned()));
        Ok(OpenDataset {
            description,
            content_id: pack.to_owned(),
            sent_manifest: None,
            index,
            posters: Default::default(),
            facts: None,
            moments: None,
        })
    }
}

impl TileIndex for NoTiles {
    fn packs(&self) -> Vec<PackDescription> {
        vec![PackDescription { file: self.0.clone(), n_bytes: 5, n_segments: 0 }]
    }

    fn locate(&self, _pack: &str, _index: u32) -> Result<Option<std::ops::Range<u64>>, ReadError> {
        Ok(None)
    }

    fn locate_at_hand(&self, _pack: &str, _index: u32) -> Option<std::ops::Range<u64>> {
        None
    }
}

/// A server of a folder.
struct Site {
    folder: TempDir,
    server: TestServer,
}

impl Site {
    /// With the dataset `first`, and what else is written there.
    fn start(prepare: impl FnOnce(&Path)) -> Self {
        Self::start_as(None, prepare)
    }

    fn start_as(site: Option<SiteUrl>, prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_dataset(&folder.path().join("first"), "First", FIRST);
        prepare(folder.path());
        let path = folder.path().to_owned();
        let server = TestServer::start_with(|options| {
            options.datasets = Vec::new();
            options.folders = vec![Folder::new(path).into()];
            options.reader = Arc::new(OnePack);
            options.site = site;
        });
        Self { folder, server }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same of a server that knows its address.
    fn start_at(site: &str, prepare: impl FnOnce(&Path)) -> Self {
        Self::start_as(Some(SiteUrl::parse(site).unwrap()), prepare)
    }

    fn id(&self, name: &str) -> String {
        ids::of_path(&self.path(name))
    }

    /// The titles in the catalog's file.
    fn titles(&self) -> Vec<String> {
        let index = CatalogIndex::decode(&self.server.get(CATALOG, &[]).body).unwrap();
        let mut titles: Vec<String> = index.datasets().map(|entry| entry.title().to_owned()).collect();
        titles.sort();
        titles
    }

    fn wait_for_titles(&self, expected: &[&str]) {
        wait_until(|| self.titles() == expected);
    }

    fn get(&self, id: &str, file: &str) -> Answer {
        self.server.get(&format!("/data/{id}/{file}"), &[])
    }
}

fn write_dataset(directory: &Path, title: &str, pack: &str) {
    fs::create_dir_all(directory).unwrap();
    write_dated(&directory.join(pack), title.get(..5).unwrap().as_bytes());
    write_dated(&directory.join("manifest.tsm"), format!("{title}\n{pack}").as_bytes());
}

/// Waits for what comes within some seconds, or fails.
pub fn wait_until(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not come");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn datasets_come_and_go_while_the_server_runs() {
    let site = Site::start(|_| {});
    assert_eq!(site.titles(), ["First"]);
    // Once genes are read the list is another.
    wait_until(|| !CatalogIndex::decode(&site.server.get(CATALOG, &[]).body).unwrap().awaits_genes());
    let tag = site.server.get(CATALOG, &[]).header("etag").unwrap().to_owned();
    assert_eq!(site.server.get(CATALOG, &[("If-None-Match", &tag)]).status, 304);

    // Written aside and renamed, as the builder does.
    write_dataset(&site.path(".aside"), "Second", SECOND);
    fs::rename(site.path(".aside"), site.path("second")).unwrap();
    site.wait_for_titles(&["First", "Second"]);
    assert_eq!(site.server.get(CATALOG, &[("If-None-Match", &tag)]).status, 200);
    let id = site.id("second");
    assert_eq!(site.get(&id, SECOND).text(), "Secon");

    fs::remove_dir_all(site.path("second")).unwrap();
    site.wait_for_titles(&["First"]);
    let gone = site.get(&id, "manifest.tsm");
    assert_eq!(gone.status, 404);
    assert!(gone.text().starts_with("This server has no dataset of that name"), "{}", gone.text());
    assert!(!site.server.get("/api/datasets", &[]).text().contains("Second"));
}

#[test]
fn a_dataset_that_is_being_copied_is_not_shown_until_it_is_whole() {
    let site = Site::start(|folder| {
        write_dataset(&folder.join("second"), "Second", SECOND);
        fs::write(folder.join("second").join(SECOND), "Sec").unwrap();
        fs::create_dir(folder.join("third")).unwrap();
        fs::write(folder.join("third/manifest.tsm"), "cut sho").unwrap();
    });
    assert_eq!(site.titles(), ["First"]);
    fs::write(site.path("second").join(SECOND), "Secon").unwrap();
    site.wait_for_titles(&["First", "Second"]);
    write_dataset(&site.path("third"), "Third", FIRST);
    site.wait_for_titles(&["First", "Second", "Third"]);
}

#[test]
fn a_dataset_that_was_replaced_by_one_of_the_same_length_and_date_is_served_anew() {
    let site = Site::start(|_| {});
    let id = site.id("first");
    let before = site.get(&id, "manifest.tsm");
    assert_eq!(site.get(&id, FIRST).text(), "First");

    write_dataset(&site.path(".aside"), "Again", SECOND);
    fs::remove_dir_all(site.path("first")).unwrap();
    fs::rename(site.path(".aside"), site.path("first")).unwrap();
    let after = site.get(&id, "manifest.tsm");
    assert_eq!(after.text(), format!("Again\n{SECOND}"));
    assert_eq!(before.content_length(), after.content_length());
    assert_eq!(before.header("last-modified"), after.header("last-modified"));
    assert_ne!(before.header("etag"), after.header("etag"));
    site.wait_for_titles(&["Again"]);
    assert_eq!(site.get(&id, SECOND).text(), "Again");
    // Pages that have the dataset open from before go on.
    assert_eq!(site.get(&id, FIRST).text(), "First");
    assert_eq!(site.get(&id, "obs-00000000000000a3.pack").status, 404);
}

#[test]
fn a_private_collection_is_found_by_its_address_alone() {
    let site = Site::start(|folder| {
        write_dataset(&folder.join("lab/hidden"), "Hidden", SECOND);
        let collection = format!("title = 'Lab'\nid = '{SECRET}'\nvisibility = 'private'");
        fs::write(folder.join("lab").join(COLLECTION), collection).unwrap();
    });
    assert_eq!(site.titles(), ["First"]);
    assert!(!site.server.get("/api/datasets", &[]).text().contains("Hidden"));
    for guess in ["hidden", &site.id("lab/hidden"), &format!("hidden-{}", &SECRET[1..])] {
        assert_eq!(site.get(guess, "manifest.tsm").status, 404, "{guess}");
    }
    assert_eq!(site.get(&format!("hidden-{SECRET}"), SECOND).text(), "Hidde");
    for document in [format!("/about/hidden-{SECRET}.html"), format!("/collections/{SECRET}.html")] {
        let document = site.server.get(&document, &[]);
        assert_eq!((document.status, document.header("x-robots-tag")), (200, Some("noindex")));
        assert!(document.text().contains("Hidden"));
    }
    // Nor is its page kept by search engines.
    let robots = |id: &str| site.server.get(&format!("/d/{id}"), &[]).header("x-robots-tag").map(str::to_owned);
    assert_eq!(robots(&format!("hidden-{SECRET}")).as_deref(), Some("noindex"));
    assert_eq!(robots(&site.id("first")), None);
}

#[test]
fn a_collection_describes_its_datasets_and_may_withdraw_them() {
    let site = Site::start(|folder| {
        write_dataset(&folder.join("lung/healthy"), "Healthy", SECOND);
        write_dataset(&folder.join("lung/wrong"), "Wrong", SECOND);
        let collection = "title = 'Lungs'\npublished = 2020-11-18\n[datasets.wrong]\nwithdrawn = 'cells were mixed up'";
        fs::write(folder.join("lung").join(COLLECTION), collection).unwrap();
    });
    assert_eq!(site.titles(), ["First", "Healthy"]);
    let index = CatalogIndex::decode(&site.server.get(CATALOG, &[]).body).unwrap();
    let healthy = index.datasets().find(|entry| entry.title() == "Healthy").unwrap();
    let collection = healthy.collection().unwrap();
    assert_eq!((collection.title(), collection.published()), ("Lungs", Day::of_date(2020, 11, 18)));
    let withdrawn = site.get(&site.id("lung/wrong"), "manifest.tsm");
    assert_eq!((withdrawn.status, withdrawn.text()), (410, "This dataset was withdrawn: cells were mixed up\n"));
    assert!(!site.server.get("/api/datasets", &[]).text().contains("Wrong"));
    let document = site.server.get(&format!("/about/{}.html", site.id("lung/wrong")), &[]);
    assert_eq!(document.status, 410);
    assert!(document.text().contains("cells were mixed up"));
    // The Explorer would have nothing to show.
    let page = site.server.get(&format!("/d/{}", site.id("lung/wrong")), &[]);
    assert!(page.status == 410 && page.text().contains("cells were mixed up"), "{}", page.text());
    let document = site.server.get("/collections/lung.html", &[]);
    assert!(document.text().contains("Healthy") && !document.text().contains("Wrong"));
    assert_eq!(site.server.get("/collections/liver.html", &[]).status, 404);

    // The reason stays when the data goes.
    fs::remove_dir_all(site.path("lung/wrong")).unwrap();
    fs::create_dir(site.path("lung/wrong")).unwrap();
    fs::write(site.path("lung/wrong/manifest.tsm"), "cut sho").unwrap();
    wait_until(|| {
        site.server.get(&format!("/d/{}", site.id("lung/wrong")), &[]).text().contains("cells were mixed up")
    });
    write_dataset(&site.path("lung/wrong"), "Wrong", SECOND);

    // What is said of a collection may change.
    fs::write(site.path("lung").join(COLLECTION), "title = 'Lungs of mice'").unwrap();
    site.wait_for_titles(&["First", "Healthy", "Wrong"]);
}

#[test]
fn a_dataset_is_described_by_its_name_and_its_page_moves_to_its_address_without_a_slash() {
    let site = Site::start(|_| {});
    for name in ["first", &site.id("first")] {
        let document = site.server.get(&format!("/about/{name}.html"), &[]);
        assert_eq!(document.status, 200, "{name}");
        assert!(document.text().contains("First"));
    }
    let moved = site.server.get("/d/first/?renderer=webgl2", &[]);
    assert_eq!((moved.status, moved.header("location")), (308, Some("../first?renderer=webgl2")));
    let moved = site.server.get("/collections", &[]);
    assert_eq!((moved.status, moved.header("location")), (308, Some("collections/")));
}

#[test]
fn the_file_that_a_dataset_was_built_from_is_sent_where_its_collection_says_so() {
    let site = Site::start(|folder| {
        for dataset in ["lung/healthy", "lung/fibrosis"] {
            write_dataset(&folder.join(dataset), "Lungs", SECOND);
        }
        fs::write(folder.join("lung/healthy.h5ad"), "the original").unwrap();
        fs::write(folder.join("lung/fibrosis.h5ad"), "not for others").unwrap();
        fs::write(folder.join("lung").join(COLLECTION), "title = 'Lungs'\n[datasets.healthy]\nfile = 'healthy.h5ad'")
            .unwrap();
    });
    let healthy = site.get("healthy", "healthy.h5ad");
    assert_eq!((healthy.status, healthy.text()), (200, "the original"));
    let part = site.server.get("/data/healthy/healthy.h5ad", &[("Range", "bytes=4-7")]);
    assert_eq!((part.status, part.text()), (206, "orig"));
    for (id, file) in [("fibrosis", "fibrosis.h5ad"), ("fibrosis", "healthy.h5ad"), ("healthy", "fibrosis.h5ad")] {
        assert_eq!(site.get(id, file).status, 404, "{id}/{file}");
    }
    assert!(site.server.get("/about/healthy.html", &[]).text().contains("../data/"));
    let list = site.server.get("/collections/", &[]);
    assert!(
        list.text().contains("1 collection") && list.text().contains("../collections/lung.html"),
        "{}",
        list.text()
    );
}

#[test]
fn a_server_that_knows_its_address_tells_it_to_programs() {
    let prepare = |folder: &Path| {
        write_dataset(&folder.join("lab/hidden"), "Hidden", SECOND);
        let collection = format!("title = 'Lab'\nid = '{SECRET}'\nvisibility = 'private'");
        fs::write(folder.join("lab").join(COLLECTION), collection).unwrap();
    };
    let site = Site::start_at("https://example.org/x", prepare);
    let sitemap = site.server.get("/sitemap.xml", &[]);
    let about = format!("https://example.org/x/about/{}.html", site.id("first"));
    assert!(sitemap.text().contains(&about) && !sitemap.text().contains(SECRET), "{}", sitemap.text());
    let oembed = site.server.get("/about/first.oembed.json", &[]);
    let oembed: serde_json::Value = serde_json::from_str(oembed.text()).unwrap();
    assert_eq!((&oembed["type"], &oembed["title"]), (&"rich".into(), &"First".into()));
    assert!(!site.server.get("/collections/", &[]).text().contains(SECRET));

    let site = Site::start(|_| {});
    assert_eq!(site.server.get("/sitemap.xml", &[]).status, 404);
    assert!(site.server.get("/about/first.oembed.json", &[]).text().contains("--site-url"));
}

#[test]
fn genes_are_told_to_be_awaited_until_they_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::start(directory.path());
    let program = start(&host, demo().to_str().unwrap(), &directory.path().join("cache"));
    let index = || CatalogIndex::decode(&program.get(CATALOG).body).unwrap();
    wait_until(|| {
        let index = index();
        assert!(index.awaits_genes() || index.gene_files().is_some());
        !index.awaits_genes()
    });
    assert!(!index().wanted_genes("LYZ").is_empty());
}
