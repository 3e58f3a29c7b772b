//! `export`: a static site is whole, works anywhere, holds the datasets byte for byte, and replaces only a site.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use explorer_core::catalog::CatalogIndex;
use shared_fbs::{
    api::{DatasetDescription, PosterName},
    manifest::Manifest,
    path::{MANIFEST, OBS_CSV, OBS_PLAIN_CSV},
    segments::Segments,
};

use crate::input::{Built, build, demo};

const HTML: &str = "<!doctype html>\n<html>\n  <head>\n    <base href=\"./\" />\n    \
                    <meta name=\"tessera-data-origins\" content=\"\" />\n    \
                    <meta name=\"tessera-data\" content=\"\" />\n  </head>\n  <body data-tessera></body>\n</html>\n";

/// A page, a dataset, and where a site goes.
struct Place {
    directory: tempfile::TempDir,
    built: Built,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let page = directory.path().join("page");
        fs::create_dir_all(page.join("fonts")).unwrap();
        for (name, content) in [("index.html", HTML), ("start.js", "1"), ("fonts/a.woff2", "2"), (".hidden", "3")] {
            fs::write(page.join(name), content).unwrap();
        }
        Self { directory, built: build(&demo()) }
    }

    fn site(&self) -> PathBuf {
        self.directory.path().join("hosted/site")
    }

    fn command(&self, inputs: &[&Path], more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
        command.arg("export").args(inputs).arg("--out").arg(self.site()).arg("--front-end");
        command.arg(self.directory.path().join("page")).args(["--quiet"]).args(more);
        command
    }

    fn export(&self, more: &[&str]) -> Output {
        self.command(&[&self.built.path()], more).output().unwrap()
    }

    fn exported(&self, more: &[&str]) {
        let output = self.export(more);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The directory of the only dataset in the site.
    fn data(&self) -> PathBuf {
        self.site().join("data/dataset")
    }

    fn refused(&self, more: &[&str], code: i32, reason: &str) {
        let output = self.export(more);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(code) && said.contains(reason), "{:?}: {said}", output.status);
    }
}

/// The paths of all files below a directory, sorted.
fn files(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// Copies the files of a directory into a new one.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn a_site_has_the_page_the_list_and_the_datasets() {
    let place = Place::new();
    place.exported(&["--data-origin", "https://example.org"]);
    let site = place.site();
    let files = files(&site);
    let listed: BTreeSet<String> = text(&site.join("tessera-site.txt")).lines().map(str::to_owned).collect();
    assert_eq!(&listed | &BTreeSet::from(["tessera-site.txt".to_owned()]), files);
    for file in [
        "index.html",
        "start.js",
        "fonts/a.woff2",
        ".nojekyll",
        "api/datasets",
        "catalog.tsc",
        "d/dataset/index.html",
        "about/dataset.html",
        "collections/index.html",
        "data/dataset/obs.csv",
        "data/dataset/obs-plain.csv",
    ] {
        assert!(files.contains(file), "{file} of {files:?}");
    }
    assert!(!files.contains(".hidden"));

    let described: Vec<DatasetDescription> = serde_json::from_str(&text(&site.join("api/datasets"))).unwrap();
    assert_eq!(described.len(), 1);
    assert_eq!((described[0].id.as_str(), described[0].n_obs, described[0].moments), ("dataset", 700, None));

    // By the id that a tile server gives it, too.
    let is_page = |file: &&String| file.starts_with("d/") && file.ends_with(".html");
    let pages: Vec<&String> = files.iter().filter(is_page).collect();
    assert_eq!(pages.len(), 2, "{pages:?}");
    for page in pages {
        let html = text(&site.join(page));
        for told in ["<base href=\"../../\" />", "tessera-data\" content=\"data/dataset/\"", "https://example.org"] {
            assert!(html.contains(told), "{told} in {page}: {html}");
        }
    }
    // The pictures lie beside the page under names of their own, and beside the data under those that the page has.
    for name in PosterName::ALL {
        let poster = name.of(&place.built.report.manifest).unwrap();
        let original = fs::read(place.built.path().join(&poster.file)).unwrap();
        assert!(fs::read(site.join("d/dataset").join(name.file())).unwrap() == original, "{name:?}");
        assert!(fs::read(place.data().join(&poster.file)).unwrap() == original, "{name:?}");
    }
    let page = text(&site.join("d/dataset/index.html"));
    assert!(page.contains("<img src=\"data/dataset/poster-"), "{page}");
    let index = text(&site.join("index.html"));
    assert!(!index.contains("poster-") && index.contains("<body data-tessera>"), "{index}");
    assert!(index.contains("<base href=\"./\" />") && index.contains("tessera-data\" content=\"\""), "{index}");

    for entry in fs::read_dir(place.built.path()).unwrap() {
        let original = entry.unwrap().path();
        let exported = place.data().join(original.file_name().unwrap());
        assert!(fs::read(&original).unwrap() == fs::read(&exported).unwrap(), "{}", exported.display());
    }
}

#[test]
fn nothing_in_a_site_tells_where_it_lies_unless_that_is_given() {
    let place = Place::new();
    place.exported(&[]);
    let here = place.directory.path().to_str().unwrap().to_owned();
    for file in files(&place.site()) {
        let bytes = fs::read(place.site().join(&file)).unwrap();
        assert!(!bytes.windows(here.len()).any(|window| window == here.as_bytes()), "{file}");
        assert!(!file.ends_with(".html") || !String::from_utf8_lossy(&bytes).contains("=\"/"), "{file}");
    }
    place.exported(&["--force", "--base-path", "lab/cells"]);
    for file in ["index.html", "d/dataset/index.html"] {
        assert!(text(&place.site().join(file)).contains("<base href=\"/lab/cells/\" />"), "{file}");
    }
}

#[test]
fn segments_make_up_the_packs() {
    let place = Place::new();
    place.exported(&["--segments", "64K"]);
    let manifest = |folder: &Path| Manifest::decode(&fs::read(folder.join(MANIFEST)).unwrap()).unwrap();
    let (original, cut) = (manifest(&place.built.path()), manifest(&place.data()));
    assert_eq!((cut.content_id_of(), &cut.content_id), (original.content_id_of(), &original.content_id));
    let mut expected = BTreeSet::from([MANIFEST, OBS_CSV, OBS_PLAIN_CSV].map(str::to_owned));
    let mut n_cut = 0;
    for pack in &cut.packs {
        let segments: Vec<_> = Segments::of(pack).unwrap().iter().collect();
        let bytes: Vec<u8> =
            segments.iter().flat_map(|segment| fs::read(place.data().join(&segment.file)).unwrap()).collect();
        assert!(bytes == fs::read(place.built.path().join(&pack.file)).unwrap(), "{}", pack.name);
        n_cut += usize::from(segments.len() > 1);
        expected.extend(segments.into_iter().map(|segment| segment.file));
    }
    assert!(n_cut > 0, "no pack is larger than a segment");
    // No pack lies beside its segments, and posters are not cut.
    expected.extend(cut.all_posters().iter().map(|poster| poster.file.clone()));
    assert_eq!(files(&place.data()), expected);
}

#[test]
fn only_a_site_is_replaced_and_only_by_force() {
    let place = Place::new();
    place.exported(&[]);
    place.refused(&[], 2, "--force");
    fs::write(place.directory.path().join("page/start.js"), "another").unwrap();
    place.exported(&["--force"]);
    assert_eq!(text(&place.site().join("start.js")), "another");
    fs::write(place.site().join("d/CNAME"), "cells.example.org").unwrap();
    place.refused(&["--force"], 2, "d/CNAME");
    fs::remove_dir_all(place.site()).unwrap();
    fs::create_dir(place.site()).unwrap();
    fs::write(place.site().join("index.html"), "precious").unwrap();
    place.refused(&["--force"], 2, "no exported site");
    assert_eq!(text(&place.site().join("index.html")), "precious");
}

#[test]
fn datasets_of_one_name_stay_apart() {
    let place = Place::new();
    let other = place.directory.path().join("Dataset");
    copy(&place.built.path(), &other);
    let output = place.command(&[&place.built.path(), &other], &[]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let described: Vec<DatasetDescription> = serde_json::from_str(&text(&place.site().join("api/datasets"))).unwrap();
    let ids: BTreeSet<&str> = described.iter().map(|dataset| dataset.id.as_str()).collect();
    assert!(ids.len() == 2 && ids.iter().all(|id| id.to_lowercase().starts_with("dataset-")), "{ids:?}");
}

#[test]
fn a_site_tells_of_collections_and_leaves_private_ones_out() {
    let place = Place::new();
    let folder = place.directory.path().join("folder");
    let collection = |name: &str, text: &str, datasets: &[&str]| {
        for dataset in datasets {
            copy(&place.built.path(), &folder.join(name).join(dataset));
        }
        fs::write(folder.join(name).join("collection.toml"), text).unwrap();
    };
    let secret = "6f1d0c8e5b7a49321d0c8e5b7a4932f1";
    collection("open", "title = 'Open'\n[datasets.gone]\nwithdrawn = 'cells were mixed up'", &["kept", "gone"]);
    collection("closed", &format!("title = 'Closed'\nvisibility = 'private'\nid = '{secret}'"), &["hidden"]);
    let output = place.command(&[&folder], &[]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let site = place.site();

    let index = CatalogIndex::decode(&fs::read(site.join("catalog.tsc")).unwrap()).unwrap();
    let ids: Vec<&str> = index.datasets().map(explorer_core::catalog::DatasetEntry::id).collect();
    assert_eq!(ids, ["kept"]);
    let described: Vec<DatasetDescription> = serde_json::from_str(&text(&site.join("api/datasets"))).unwrap();
    assert_eq!(described.iter().map(|dataset| dataset.id.as_str()).collect::<Vec<_>>(), ["kept"]);
    // A host of files cannot keep an address secret.
    assert!(String::from_utf8_lossy(&output.stderr).contains("1 dataset of private collections left out"));
    assert!(!files(&site).iter().any(|file| file.contains("hidden") || file.contains(secret)));
    // What was withdrawn is told, and nothing else is left of it.
    assert!(text(&site.join("about/gone.html")).contains("cells were mixed up"));
    assert!(!site.join("data/gone").exists());
    // Links to its Explorer lead there, too.
    assert!(files(&site.join("d/gone")).into_iter().eq(["index.html"]));
    assert!(text(&site.join("d/gone/index.html")).contains("url=../../about/gone.html"));
    let of_open = text(&site.join("collections/open.html"));
    assert!(of_open.contains("../about/kept.html") && !of_open.contains("gone.html"), "{of_open}");
}

#[test]
fn a_damaged_dataset_is_not_exported() {
    let place = Place::new();
    let pack = fs::read_dir(place.built.path()).unwrap().map(|entry| entry.unwrap().path());
    let pack = pack.filter(|path| path.extension().is_some_and(|extension| extension == "pack")).max().unwrap();
    let mut bytes = fs::read(&pack).unwrap();
    bytes[0] ^= 1;
    fs::write(&pack, &bytes).unwrap();
    place.refused(&["--segments", "64K"], 3, "its name tells");
    fs::write(&pack, &bytes[1..]).unwrap();
    place.refused(&[], 3, "bytes, not");
    fs::remove_file(&pack).unwrap();
    place.refused(&[], 3, "cannot be read");
    assert!(!place.site().exists());
}

#[test]
fn a_damaged_dataset_keeps_no_other_from_being_exported() {
    let place = Place::new();
    let folder = place.directory.path().join("folder");
    for name in ["good", "cut", "torn", "unoriginal"] {
        copy(&place.built.path(), &folder.join(name));
    }
    fs::write(folder.join("cut/manifest.tsm"), "nonsense").unwrap();
    // Found only when it is read, with much of it written.
    let obs = fs::read_dir(folder.join("torn")).unwrap().map(|entry| entry.unwrap().path());
    let obs = obs.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("obs-")).max().unwrap();
    let mut bytes = fs::read(&obs).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&obs, bytes).unwrap();
    let collection = "title = 'All'\n[datasets.unoriginal]\nfile = 'absent.h5ad'";
    fs::write(folder.join("collection.toml"), collection).unwrap();
    let mut command = place.command(&[&folder], &[]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    for name in ["cut", "torn", "unoriginal"] {
        assert!(said.contains(&format!("error: {name} is left out: ")), "{said}");
        assert!(!files(&place.site()).iter().any(|file| file.contains(name)), "{:?}", files(&place.site()));
    }
    assert!(place.site().join("d/good/index.html").exists());
    let described: Vec<DatasetDescription> = serde_json::from_str(&text(&place.site().join("api/datasets"))).unwrap();
    assert_eq!(described.len(), 1);
    place.exported(&["--force"]);
}

#[cfg(unix)]
#[test]
fn what_a_killed_export_leaves_goes_with_the_next() {
    let place = Place::new();
    let mut child =
        place.command(&[&place.built.path()], &["--segments", "64K"]).stderr(Stdio::null()).spawn().unwrap();
    let hosted = place.directory.path().join("hosted");
    while fs::read_dir(&hosted).map_or(true, |mut entries| entries.next().is_none()) {
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // Nothing, or all of it where it was quicker.
    assert!(!place.site().exists() || place.data().join(MANIFEST).exists());
    place.exported(&["--force"]);
    let left: Vec<_> = fs::read_dir(&hosted).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["site"]);
}
