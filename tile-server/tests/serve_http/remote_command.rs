//! `serve` of places: buckets, folders of datasets, sites, and what is said where there is nothing to serve.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use explorer_core::filter::CellMask;
use shared_fbs::path::{MANIFEST, is_pack_file, is_poster_file};
use tessera::{compare::moments_of, dataset::Dataset};

use crate::{
    host::{Fault, Host},
    moments::BYTES,
    moments_of_demo::demo,
    support::{Answer, ask, post},
};

const SECRET: &str = "6f1d0c8e5b7a49321d0c8e5b7a4932f1";

/// A running program, ended when dropped.
pub struct Program {
    child: Child,
    address: SocketAddr,
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Program {
    pub fn get(&self, path: &str) -> Answer {
        ask(self.address, format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())
    }

    fn ids(&self) -> Vec<String> {
        let list: serde_json::Value = serde_json::from_slice(&self.get("/api/datasets").body).unwrap();
        list.as_array().unwrap().iter().map(|dataset| dataset["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// The command that serves a place, with keys for buckets of the host.
fn command(host: &Host, place: &str, cache: &Path) -> Command {
    let mut command = with_keys(host, &["serve", place, "--port", "0", "--no-open", "--quiet"]);
    command.arg("--cache-dir").arg(cache);
    command
}

/// A command with keys for buckets of the host.
pub fn with_keys(host: &Host, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    command.args(arguments);
    let endpoint = host.url("");
    for (name, value) in [
        ("AWS_ENDPOINT", endpoint.trim_end_matches('/')),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "us-east-1"),
    ] {
        command.env(name, value);
    }
    command
}

/// Serves a place of the host.
pub fn start(host: &Host, place: &str, cache: &Path) -> Program {
    let mut child = command(host, place, cache).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://").unwrap_or_else(|| panic!("{line}"));
    Program { child, address: address.parse().unwrap() }
}

fn refused(host: &Host, place: &str, cache: &Path) -> (i32, String) {
    let Output { status, stderr, .. } = command(host, place, cache).stdout(Stdio::null()).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

fn copy_demo(to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(demo()).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The bytes of every file of the demo dataset.
fn assert_has_all_files(program: &Program, id: &str) {
    for entry in fs::read_dir(demo()).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if is_pack_file(&name) || is_poster_file(&name) || name == MANIFEST {
            let answer = program.get(&format!("/data/{id}/{name}"));
            assert!(answer.status == 200 && answer.body == fs::read(entry.path()).unwrap(), "{name} {}", answer.status);
        }
    }
}

/// Compares the moments of two sets of cells with those of the genes in the directory.
fn assert_has_same_moments(program: &Program, id: &str) {
    let dataset = Dataset::open(&demo()).unwrap();
    let layer = dataset.manifest().statistics_layer().unwrap();
    let sets = [CellMask::from_fn(700, |cell| cell % 7 == 3), CellMask::from_fn(700, |cell| cell % 5 == 1)];
    let (expected, _) = moments_of(&dataset, layer, &sets[0], &sets[1]).unwrap();
    let body = sets.map(|set| set.to_portable()).concat();
    let path = format!("/api/datasets/{id}/moments");
    let request = String::from_utf8(post(&path, &[BYTES, ("Accept-Encoding", "identity")], &[])).unwrap();
    let request =
        request.replace("Host: test", "Host: localhost").replace(": 0\r\n\r\n", &format!(": {}\r\n\r\n", body.len()));
    let answer = ask(program.address, &[request.as_bytes(), &body].concat());
    assert!(answer.status == 200 && answer.body == expected.map(|moments| moments.to_tile().encode()).concat());
}

#[test]
fn a_bucket_has_a_dataset_or_a_folder_of_them() {
    let directory = tempfile::tempdir().unwrap();
    let (files, cache) = (directory.path().join("files"), directory.path().join("cache"));
    copy_demo(&files.join("bucket/all/pbmc"));
    copy_demo(&files.join("bucket/all/mine/hidden"));
    fs::write(
        files.join("bucket/all/mine/collection.toml"),
        format!("title = 'Mine'\nvisibility = 'private'\nid = '{SECRET}'\n[datasets.hidden]\nfile = 'hidden.h5ad'"),
    )
    .unwrap();
    fs::write(files.join("bucket/all/mine/hidden.h5ad"), "the original").unwrap();
    fs::create_dir_all(files.join("bucket/all/nothing")).unwrap();
    let host = Host::start(&files);

    let program = start(&host, "s3://bucket/all/pbmc", &cache);
    let [id] = &program.ids()[..] else { panic!("{:?}", program.ids()) };
    assert!(id.starts_with("pbmc-") && id.len() == "pbmc-3f9a1c".len(), "{id}");
    assert_has_all_files(&program, "pbmc");
    assert_has_same_moments(&program, "pbmc");
    drop(program);

    let program = start(&host, "s3://bucket/all/", &cache);
    assert_eq!(program.ids(), std::slice::from_ref(id), "and no private one");
    assert_has_all_files(&program, id);
    assert_has_all_files(&program, &format!("hidden-{SECRET}"));
    assert_eq!(program.get("/data/hidden/manifest.tsm").status, 404);
    // Original files are not passed on from other hosts, and so not offered.
    assert_eq!(program.get(&format!("/data/hidden-{SECRET}/hidden.h5ad")).status, 404);
    let about = program.get(&format!("/about/hidden-{SECRET}.html"));
    assert!(about.status == 200 && !about.text().contains("hidden.h5ad"), "{}", about.text());
}

#[test]
fn a_web_host_has_a_dataset_by_its_manifest_or_a_site() {
    let directory = tempfile::tempdir().unwrap();
    let (files, cache) = (directory.path().join("files"), directory.path().join("cache"));
    copy_demo(&files.join("site/data/my cells"));
    fs::create_dir_all(files.join("site/api")).unwrap();
    let list = r#"[{"id":"my cells","title":"","n_obs":700,"n_vars":765,"embeddings":[],"layers":[]}]"#;
    fs::write(files.join("site/api/datasets"), list).unwrap();
    let host = Host::start(&files);
    for place in ["site/", "site/data/my%20cells", "site/data/my%20cells/manifest.tsm"] {
        let program = start(&host, &host.url(place), &cache);
        let ids = program.ids();
        assert!(ids.len() == 1 && ids[0].starts_with("my cells-"), "{place}: {ids:?}");
        assert_has_all_files(&program, &ids[0].replace(' ', "%20"));
    }
}

#[test]
fn where_nothing_can_be_served_it_is_said_why() {
    let directory = tempfile::tempdir().unwrap();
    let (files, cache) = (directory.path().join("files"), directory.path().join("cache"));
    fs::create_dir_all(files.join("bucket/empty")).unwrap();
    let host = Host::start(&files);
    let (code, said) = refused(&host, "s3://bucket/empty", &cache);
    assert!(code == 3 && said.contains("s3://bucket/empty holds no dataset"), "{code} {said}");
    let (code, said) = refused(&host, &host.url("empty/"), &cache);
    assert!(code == 3 && said.contains("/empty holds no dataset"), "{code} {said}");
    let (code, said) = refused(&host, "ftp://host/a", &cache);
    assert!(code == 2 && said.contains("`ftp://` cannot be read"), "{code} {said}");
    host.fail(Fault::Status(403, None), "", usize::MAX);
    let (code, said) = refused(&host, "s3://bucket/empty", &cache);
    assert!(code == 4 && said.contains("may not be read") && said.contains("--anonymous"), "{code} {said}");
}

#[test]
fn a_dataset_elsewhere_is_inspected_verified_compared_and_exported() {
    let directory = tempfile::tempdir().unwrap();
    let (files, cache) = (directory.path().join("files"), directory.path().join("cache"));
    let (copy, site) = (files.join("bucket/all/pbmc"), directory.path().join("site"));
    copy_demo(&copy);
    let host = Host::start(&files);
    let demo = demo();
    let run = |arguments: &[&str]| {
        let Output { status, stdout, stderr } = with_keys(&host, arguments).output().unwrap();
        (status.code().unwrap(), [stdout, stderr].map(|text| String::from_utf8(text).unwrap()))
    };
    let cache_dir = ["--cache-dir", cache.to_str().unwrap()];
    for arguments in [&["inspect", "--json"][..], &["de", "--group", "louvain=1"], &["markers", "--top", "5"]] {
        let of = |place: &str| run(&[arguments, &[place], &cache_dir].concat());
        let here = of(demo.to_str().unwrap());
        assert_eq!(here.0, 0, "{:?}", here.1);
        for place in ["s3://bucket/all/pbmc", &host.url("bucket/all/pbmc/manifest.tsm")] {
            assert_eq!(of(place), here, "{arguments:?} {place}");
        }
    }
    let verify = || run(&["verify", "s3://bucket/all/pbmc"]);
    let (code, [sound, _]) = verify();
    assert!(code == 0 && sound.ends_with("are sound\n"), "{sound}");

    let page = page(directory.path());
    let more = ["--out", site.to_str().unwrap(), "--front-end", page.to_str().unwrap(), "--quiet"];
    let (code, [_, said]) = run(&[&["export", "s3://bucket/all"][..], &more, &cache_dir].concat());
    assert_eq!(code, 0, "{said}");
    for entry in fs::read_dir(&demo).unwrap().map(Result::unwrap) {
        let exported = site.join("data/pbmc").join(entry.file_name());
        assert!(fs::read(&exported).unwrap() == fs::read(entry.path()).unwrap(), "{}", exported.display());
    }
    let beside: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!beside.iter().any(|name| name.to_string_lossy().starts_with('.')), "{beside:?}");

    // What is damaged there is found, whatever was read of it before.
    let pack = fs::read_dir(&copy).unwrap().map(|entry| entry.unwrap().path());
    let pack = pack.filter(|path| path.extension().is_some_and(|extension| extension == "pack")).min().unwrap();
    let mut bytes = fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&pack, bytes).unwrap();
    let (code, [damage, _]) = verify();
    let name = pack.file_name().unwrap().to_str().unwrap().to_owned();
    assert!(code == 5 && damage.contains(&name), "{damage}");
    let (code, [_, said]) = run(&["inspect", "s3://bucket/none"]);
    assert!(code == 4 && said.contains("s3://bucket/none is no dataset"), "{said}");
}

fn page(directory: &Path) -> std::path::PathBuf {
    let page = directory.join("page");
    fs::create_dir(&page).unwrap();
    fs::write(page.join("index.html"), "<!doctype html>").unwrap();
    page
}
