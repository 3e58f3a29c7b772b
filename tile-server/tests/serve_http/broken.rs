//! One dataset that is broken, or whose disk does not answer, keeps no other from being served.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, mpsc},
    time::{Duration, SystemTime},
};

use tessera::files::Files;
use tile_server::dataset_place::DatasetPlace;
use tile_server::serve::{DatasetAddress, OpenDataset, Options, ReadDataset, ReadError};

use crate::support::*;

/// Serves the fixture twice, as `demo` and as `other`.
fn twice(options: &mut Options) {
    let demo = directory_of(options);
    let directory = demo.with_file_name("other");
    fs::create_dir(&directory).unwrap();
    for entry in fs::read_dir(&demo).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, directory.join(path.file_name().unwrap())).unwrap();
    }
    options.datasets.push(DatasetAddress { id: "other".to_owned(), place: directory.into() });
}

fn directory_of(options: &Options) -> PathBuf {
    match &options.datasets[0].place {
        DatasetPlace::Directory(directory) => directory.clone(),
        DatasetPlace::Remote(_) => panic!("the fixture lies on this machine"),
    }
}

fn ids(server: &TestServer) -> Vec<String> {
    let list: serde_json::Value = serde_json::from_slice(&server.get("/api/datasets", &[]).body).unwrap();
    list.as_array().unwrap().iter().map(|dataset| dataset["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_broken_dataset_says_why_and_others_are_served() {
    let server = TestServer::start_with(|options| {
        twice(options);
        fs::write(directory_of(options).join("manifest.tsm"), "broken").unwrap();
    });
    assert_eq!(ids(&server), ["other"]);
    let pack = format!("/data/demo/{OBS}.pack");
    for path in ["/api/datasets/demo", "/data/demo/manifest.tsm", &pack, "/api/datasets/demo/moments"] {
        let answer = server.get(path, &[]);
        assert_eq!((answer.status, answer.header("cache-control")), (500, Some("no-store")), "{path}");
        let id = answer.header("x-request-id").unwrap();
        let text = format!("This dataset cannot be read: the manifest is broken.\nRequest {id}\n");
        assert_eq!(answer.text(), text);
        assert_eq!(server.get(&path.replace("demo", "other"), &[]).status == 200, !path.ends_with("moments"), "{path}");
    }
    let about = server.get("/about/demo.html", &[]);
    assert_eq!((about.status, about.header("cache-control")), (500, Some("no-store")));
    assert!(about.header("content-type").unwrap().starts_with("text/html"), "{:?}", about.headers);
    assert!(about.text().contains("the manifest is broken"), "{}", about.text());
    let id = about.header("x-request-id").unwrap();
    assert!(about.text().contains(&format!("Request {id}</p>")), "{}", about.text());
    fs::write(server.file("manifest.tsm"), "mended").unwrap();
    assert_eq!(server.get(&pack, &[]).status, 200);
    assert_eq!(ids(&server), ["demo", "other"]);
}

/// Hangs at the dataset `demo`, as where its file system does not answer.
struct Hanging(Mutex<mpsc::Receiver<()>>);

impl ReadDataset for Hanging {
    fn read(&self, id: &str, manifest: &[u8], files: &Arc<dyn Files>) -> Result<OpenDataset, ReadError> {
        if id == "demo" {
            let _ = self.0.lock().unwrap().recv();
        }
        FixtureReader.read(id, manifest, files)
    }
}

#[test]
fn a_dataset_whose_disk_does_not_answer_holds_up_no_other() {
    let (release, wait) = mpsc::channel();
    let server = TestServer::start_with(|options| {
        twice(options);
        options.reader = Arc::new(Hanging(Mutex::new(wait)));
        options.limits.look_time = Duration::from_millis(200);
    });
    for _ in 0..3 {
        assert_eq!(ids(&server), ["other"]);
        let answer = server.get("/api/datasets/demo", &[]);
        assert_eq!(answer.status, 500);
        assert!(answer.text().contains("does not answer"), "{}", answer.text());
        assert_eq!(server.get(&format!("/data/other/{OBS}.pack"), &[]).status, 200);
    }
    drop(release);
    while ids(&server).len() < 2 {}
}

#[test]
fn a_dataset_whose_directory_vanishes_is_served_as_far_as_it_is_open() {
    let server = TestServer::start_with(twice);
    let open = format!("/data/demo/{OBS}.pack");
    assert_eq!(server.get(&open, &[]).status, 200);
    let (directory, away) = (server.file(""), server.file("").with_file_name("away"));
    fs::rename(&directory, &away).unwrap();
    for _ in 0..2 {
        assert_eq!([&*open, "/data/demo/manifest.tsm"].map(|path| server.get(path, &[]).status), [200; 2]);
        let answer = server.get(&format!("/data/demo/{POINTS}.pack"), &[]);
        assert_eq!((answer.status, answer.header("cache-control")), (500, Some("no-store")));
        assert_eq!(server.get(&open.replace("demo", "other"), &[]).status, 200);
    }
    fs::rename(&away, &directory).unwrap();
    assert_eq!(server.get(&format!("/data/demo/{POINTS}.pack"), &[("Range", "bytes=0-9")]).status, 206);
}

#[test]
fn a_file_from_the_future_is_dated_now() {
    let server = TestServer::start();
    let pack = server.file(&format!("{OBS}.pack"));
    let file = fs::File::options().append(true).open(&pack).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(100_000_000)).unwrap();
    let answer = server.get(&format!("/data/demo/{OBS}.pack"), &[]);
    let date = |name: &str| httpdate::parse_http_date(answer.header(name).unwrap()).unwrap();
    assert_eq!(answer.status, 200);
    assert!(date("last-modified") <= date("date"));
    // A date that moves proves nothing of the content.
    let dated = [("Range", "bytes=0-9"), ("If-Range", answer.header("date").unwrap())];
    assert_eq!(server.get(&format!("/data/demo/{OBS}.pack"), &dated).status, 200);
}

fn set_len(path: &Path, len: u64) {
    fs::File::options().write(true).open(path).unwrap().set_len(len).unwrap();
}

#[test]
fn a_pack_of_another_length_is_an_error_that_nobody_keeps() {
    for change in [-1, 1] {
        let server = TestServer::start();
        let name = format!("{OBS}.pack");
        let whole = fs::read(server.file(&name)).unwrap();
        set_len(&server.file(&name), (whole.len() as u64).saturating_add_signed(change));
        for path in [format!("/data/demo/{name}"), format!("/data/demo/tiles/{OBS}/0")] {
            for headers in [&[][..], &[("Range", "bytes=0-1")], &[("If-None-Match", "*")]] {
                let answer = server.get(&path, headers);
                assert_eq!(
                    (answer.status, answer.header("cache-control")),
                    (500, Some("no-store")),
                    "{path} {headers:?}"
                );
                assert!(answer.text().contains(&name) && answer.text().contains("manifest says"), "{}", answer.text());
            }
        }
        write_dated(&server.file(&name), &whole);
        assert_eq!(server.get(&format!("/data/demo/{name}"), &[]).body, whole);
    }
}

#[test]
fn a_pack_that_becomes_shorter_while_it_is_open_is_an_error_too() {
    let server = TestServer::start();
    let path = format!("/data/demo/{OBS}.pack");
    assert_eq!(server.get(&path, &[]).status, 200);
    set_len(&server.file(&format!("{OBS}.pack")), 10);
    for _ in 0..2 {
        let answer = server.get(&path, &[]);
        assert_eq!((answer.status, answer.header("cache-control")), (500, Some("no-store")));
    }
}
