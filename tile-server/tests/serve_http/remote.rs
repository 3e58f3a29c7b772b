//! Datasets on other hosts: what clients see is what they would see of a directory, and what a host does wrong is said,
//! holds up no other dataset, and passes.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use explorer_core::filter::CellMask;
use remote_files::{CacheOptions, Limits, Options, Place, Stores};
use shared_fbs::{
    api::moments_query,
    manifest::{Manifest, Pack, Segment},
    path::{MANIFEST, OBS_CSV, OBS_PLAIN_CSV, PACK_SUFFIX, content_hash, segment_file},
};
use tempfile::TempDir;
use tessera::dataset::Dataset;
use tile_server::{
    dataset_place::DatasetPlace,
    serve::{DatasetAddress, ManifestReader},
};
use xxhash_rust::xxh64::xxh64;

use crate::{
    catalog::wait_until,
    host::{Behavior, Fault, Host},
    moments::BYTES,
    moments_of_demo::demo,
    support::*,
};

/// A copy of the demo dataset on a host of its own, served beside the one on this machine.
struct Visit {
    host: Host,
    server: TestServer,
    directory: TempDir,
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

impl Visit {
    fn start() -> Self {
        Self::start_with(|_| {}, Behavior::default())
    }

    /// With files of the host changed before it is asked.
    fn start_with(prepare: impl FnOnce(&Path), behavior: Behavior) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let files = directory.path().join("files/pbmc");
        copy(&demo(), &files);
        prepare(&files);
        let host = Host::start(&directory.path().join("files"));
        host.behave(behavior);
        let server = serve(&host, &directory.path().join("cache"));
        Self { host, server, directory }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join("files/pbmc").join(name)
    }

    /// Another server over the same cache.
    fn restart(&mut self) {
        self.server = serve(&self.host, &self.directory.path().join("cache"));
    }
}

/// Serves the host's dataset as `pbmc`, and the one of this machine as `local`.
fn serve(host: &Host, cache: &Path) -> TestServer {
    let cache = CacheOptions { directory: cache.to_owned(), most_bytes: 256 << 20 };
    let limits = Limits { total_time: Duration::from_secs(3), retries: 2, ..Limits::default() };
    let stores = Stores::new(Options { cache: Some(cache), limits, ..Options::default() }).unwrap();
    let remote = stores.open(Place::parse(&host.url("pbmc/")).unwrap()).unwrap();
    TestServer::start_with(|options| {
        options.datasets = vec![
            DatasetAddress { id: "pbmc".to_owned(), place: DatasetPlace::Remote(remote) },
            DatasetAddress { id: "local".to_owned(), place: demo().into() },
        ];
        options.reader = Arc::new(ManifestReader::default());
        options.limits.remote_period = Duration::from_millis(300);
    })
}

/// What a client sees of an answer, but for dates and the request's name.
fn seen(answer: &Answer) -> (u16, Vec<(String, String)>, &[u8]) {
    let is_seen = |header: &&(String, String)| !matches!(header.0.as_str(), "date" | "last-modified" | "x-request-id");
    (answer.status, answer.headers.iter().filter(is_seen).cloned().collect(), &answer.body)
}

/// The addresses of everything in the demo dataset, below its id.
fn addresses(manifest: &Manifest) -> Vec<String> {
    let mut addresses = vec![OBS_CSV.to_owned(), OBS_PLAIN_CSV.to_owned()];
    addresses.extend(manifest.all_posters().iter().map(|poster| poster.file.clone()));
    for pack in &manifest.packs {
        let stem = pack.file.strip_suffix(PACK_SUFFIX).unwrap();
        addresses.push(pack.file.clone());
        addresses.extend((0..pack.n_tiles).map(|tile| format!("tiles/{stem}/{tile}")));
        addresses.push(format!("tiles/{stem}/0-{}", pack.n_tiles.min(300) - 1));
        addresses.push(format!("tiles/{stem}/{}", pack.n_tiles));
    }
    addresses
}

fn manifest_of_demo() -> Manifest {
    Manifest::decode(&fs::read(demo().join(MANIFEST)).unwrap()).unwrap()
}

/// Compares every tile, pack and poster, and the columns of the cells, with those of the directory.
fn assert_same_tiles(server: &TestServer) {
    for address in addresses(&manifest_of_demo()) {
        let [there, here] = ["pbmc", "local"].map(|id| server.get(&format!("/data/{id}/{address}"), &[]));
        assert!(seen(&there) == seen(&here), "{address}: {} {:?}", there.status, String::from_utf8_lossy(&there.body));
    }
}

fn assert_same_moments(server: &TestServer) {
    let dataset = Dataset::open(&demo()).unwrap();
    let query = moments_query(&dataset.manifest().content_id, &dataset.manifest().statistics_layer().unwrap().name);
    let sets = [CellMask::from_fn(700, |cell| cell % 7 == 3), CellMask::from_fn(700, |cell| cell % 5 == 1)];
    let body = sets.map(|set| set.to_portable()).concat();
    let [there, here] =
        ["pbmc", "local"].map(|id| server.post(&format!("/api/datasets/{id}/moments{query}"), &[BYTES], &body));
    assert!(here.status == 200 && seen(&there) == seen(&here), "{}", there.status);
}

#[test]
fn clients_see_what_they_see_of_a_directory_and_nothing_is_asked_for_twice() {
    let mut visit = Visit::start();
    assert_same_tiles(&visit.server);
    assert_same_moments(&visit.server);
    let pack = &manifest_of_demo().packs[0];
    let path = |id: &str| format!("/data/{id}/{}", pack.file);
    let tag = visit.server.head(&path("local"), &[]).header("etag").unwrap().to_owned();
    for headers in [
        &[("Range", "bytes=5-9")][..],
        &[("Range", "bytes=-3")],
        &[("Range", "bytes=3-")],
        &[("Range", "bytes=99999999999-")],
        &[("If-None-Match", tag.as_str())],
        &[("Range", "bytes=5-9"), ("If-Range", tag.as_str())],
    ] {
        let [there, here] = ["pbmc", "local"].map(|id| visit.server.get(&path(id), headers));
        assert!(seen(&there) == seen(&here), "{headers:?} {}", there.status);
    }
    let [there, here] = ["pbmc", "local"].map(|id| visit.server.head(&path(id), &[]));
    assert_eq!(seen(&there), seen(&here));
    assert!(there.header("last-modified").is_some());
    let [there, here] = ["pbmc", "local"].map(|id| visit.server.get(&format!("/data/{id}/{MANIFEST}"), &[]));
    assert!(there.status == 200 && there.body == here.body);
    let tag = there.header("etag").unwrap();
    assert_eq!(visit.server.get(&format!("/data/pbmc/{MANIFEST}"), &[("If-None-Match", tag)]).status, 304);
    let [there, here] = ["pbmc", "local"].map(|id| {
        let said = visit.server.get(&format!("/api/datasets/{id}"), &[]).body;
        let mut said: serde_json::Value = serde_json::from_slice(&said).unwrap();
        // Which is named by its id.
        for name in ["id", "title"] {
            said.as_object_mut().unwrap().remove(name);
        }
        said
    });
    assert_eq!(there, here);
    assert_eq!(visit.server.get("/data/pbmc/secret.txt", &[]).status, 404);

    visit.restart();
    visit.host.asked("");
    assert_same_tiles(&visit.server);
    let asked = visit.host.asked(PACK_SUFFIX);
    assert!(asked.iter().all(|asked| asked.starts_with("HEAD")), "{asked:?}");
}

#[test]
fn a_host_without_ranges_gives_the_same() {
    let visit = Visit::start_with(|_| {}, Behavior { has_ranges: false, ..Behavior::default() });
    assert_same_tiles(&visit.server);
    assert_same_moments(&visit.server);
    let asked = visit.host.asked(PACK_SUFFIX).into_iter().filter(|asked| asked.starts_with("GET"));
    // One range in vain, and each pack once.
    let n_packs = manifest_of_demo().packs.len();
    let n_asked = asked.count();
    assert!((n_packs..=n_packs + 2).contains(&n_asked), "{n_asked} for {n_packs} packs");
}

/// Cuts the packs of a dataset into segments of a few tiles.
fn cut(directory: &Path) {
    let dataset = Dataset::open(directory).unwrap();
    let mut manifest = dataset.manifest().clone();
    for (pack, index) in manifest.packs.iter_mut().zip(dataset.packs()) {
        let bytes = fs::read(directory.join(&pack.file)).unwrap();
        let mut ends: Vec<usize> = (0..pack.n_tiles)
            .step_by(5)
            .map(|tile| index.slot(tile).unwrap().unwrap().range().end as usize)
            .chain([bytes.len()])
            .collect();
        ends.dedup();
        let mut start = 0;
        let mut segments = Vec::new();
        for end in ends.into_iter().filter(|end| *end > 0) {
            let part = &bytes[start..end];
            let segment = Segment { hash: xxh64(part, 0), n_bytes: part.len() as u32 };
            fs::write(directory.join(segment_file(&pack.name, segment.hash)), part).unwrap();
            segments.push(segment);
            start = end;
        }
        pack.segments = Some(segments);
        fs::remove_file(directory.join(&pack.file)).unwrap();
    }
    fs::write(directory.join(MANIFEST), manifest.encode()).unwrap();
}

#[test]
fn segments_of_a_static_site_are_whole_packs_here() {
    let visit = Visit::start_with(cut, Behavior { has_ranges: false, ..Behavior::default() });
    assert_same_tiles(&visit.server);
    assert_same_moments(&visit.server);
    let sent = visit.server.get(&format!("/data/pbmc/{MANIFEST}"), &[]).body;
    // Compared as bytes, since a number that is none equals nothing.
    assert!(sent == manifest_of_demo().encode());
}

/// The address of a tile that the middle of a block lies in, where the host flips a bit.
fn tiles(id: &str) -> String {
    let dataset = Dataset::open(&demo()).unwrap();
    let pack = dataset.packs().iter().max_by_key(|pack| pack.n_bytes()).unwrap();
    let middle = pack.n_bytes().min(1 << 20) / 2;
    let slot = pack.slot_at(middle).unwrap().unwrap();
    let tile = (0..).find(|tile| pack.slot(*tile).unwrap() == Some(slot)).unwrap();
    format!("/data/{id}/tiles/{}/{tile}", pack.file().strip_suffix(PACK_SUFFIX).unwrap())
}

fn assert_others_answer(visit: &Visit) {
    assert_eq!(visit.server.get(&tiles("local"), &[]).status, 200);
}

#[test]
fn what_a_host_does_wrong_once_no_client_sees() {
    for fault in [Fault::FlippedBit, Fault::CutShort, Fault::WrongRange, Fault::Status(503, Some(1))] {
        let visit = Visit::start();
        visit.host.fail(fault, PACK_SUFFIX, 1);
        let [there, here] = ["pbmc", "local"].map(|id| visit.server.get(&tiles(id), &[]));
        assert!(seen(&there) == seen(&here), "{fault:?} {} {:?}", there.status, String::from_utf8_lossy(&there.body));
    }
}

#[test]
fn what_a_host_does_wrong_again_and_again_is_said_and_passes_with_it() {
    let visit = Visit::start();
    for (fault, status, text) in [
        (Fault::FlippedBit, 500, "cannot be"),
        (Fault::CutShort, 500, "cannot be"),
        (Fault::WrongLength, 500, "cannot be"),
        (Fault::Status(403, None), 500, "cannot be"),
        (Fault::Status(404, None), 500, "cannot be"),
        (Fault::Status(503, None), 503, "does not answer"),
        (Fault::Silence, 503, "does not answer"),
    ] {
        visit.host.fail(fault, PACK_SUFFIX, usize::MAX);
        let answer = visit.server.get(&tiles("pbmc"), &[]);
        let said = (answer.status, answer.header("retry-after").is_some());
        assert_eq!(said, (status, status == 503), "{fault:?}: {}", answer.text());
        assert!(answer.text().contains(text) && !answer.text().contains("127.0.0.1"), "{fault:?}: {}", answer.text());
        assert_others_answer(&visit);
    }
    // While one waits for a silent host, others do not.
    let ended = |id| {
        assert_eq!(visit.server.get(&tiles(id), &[]).status == 200, id == "local");
        Instant::now()
    };
    thread::scope(|scope| {
        let silent = scope.spawn(|| ended("pbmc"));
        thread::sleep(Duration::from_millis(200));
        let others: Vec<Instant> = (0..5).map(|_| ended("local")).collect();
        let silent = silent.join().unwrap();
        assert!(others.into_iter().all(|other| other < silent));
    });
    visit.host.behave(Behavior::default());
    let [there, here] = ["pbmc", "local"].map(|id| visit.server.get(&tiles(id), &[]));
    assert!(seen(&there) == seen(&here), "{}", there.status);
}

#[test]
fn a_pack_that_is_another_than_its_checksums_say_is_never_sent() {
    let manifest = manifest_of_demo();
    let change = |files: &Path| {
        for pack in &manifest.packs {
            let mut bytes = fs::read(files.join(&pack.file)).unwrap();
            for at in (11..bytes.len()).step_by(40) {
                bytes[at] ^= 32;
            }
            fs::write(files.join(&pack.file), bytes).unwrap();
        }
    };
    let visit = Visit::start_with(change, Behavior::default());
    for pack in &manifest.packs {
        assert!(content_hash(&pack.file).is_some());
        let right = fs::read(demo().join(&pack.file)).unwrap();
        let answer = visit.server.get(&format!("/data/pbmc/{}", pack.file), &[("Range", "bytes=0-4999")]);
        assert_ne!(answer.status, 206, "{}", pack.file);
        // Long ones break off rather than go on wrong.
        let mut stream = visit.server.connect();
        write!(stream, "GET /data/pbmc/{} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n", pack.file).unwrap();
        let mut bytes = Vec::new();
        // However it ends.
        let _ = stream.read_to_end(&mut bytes);
        let answer = Answer::parse(&bytes);
        assert!(answer.status != 200 || right.starts_with(&answer.body), "{}", pack.file);
        assert_ne!(answer.body, right, "{}", pack.file);
    }
    assert_others_answer(&visit);
}

#[test]
fn a_poster_is_sent_only_as_the_hash_in_its_name_confirms_it() {
    let manifest = manifest_of_demo();
    let [right, wrong] = [0, 1].map(|at| manifest.all_posters()[at].file.clone());
    let change = |files: &Path| {
        let mut bytes = fs::read(files.join(&wrong)).unwrap();
        bytes[40] ^= 1;
        fs::write(files.join(&wrong), bytes).unwrap();
    };
    let visit = Visit::start_with(change, Behavior::default());
    let answer = visit.server.get(&format!("/data/pbmc/{right}"), &[]);
    assert!(answer.status == 200 && answer.body == fs::read(demo().join(&right)).unwrap());
    assert_eq!(answer.header("content-type"), Some("image/png"));
    let answer = visit.server.get(&format!("/data/pbmc/{wrong}"), &[]);
    assert!(answer.status == 500 && answer.text().contains("not what was written"), "{}", answer.text());
    // Once the host has the right one, that is sent.
    fs::copy(demo().join(&wrong), visit.file(&wrong)).unwrap();
    let answer = visit.server.get(&format!("/data/pbmc/{wrong}"), &[]);
    assert!(answer.status == 200 && answer.body == fs::read(demo().join(&wrong)).unwrap(), "{}", answer.text());
}

#[test]
fn a_host_that_is_silent_at_first_or_changes_its_dataset_is_followed_without_restart() {
    let silent = Behavior { fault: Some((Fault::Status(503, None), "pbmc", usize::MAX)), ..Behavior::default() };
    let visit = Visit::start_with(|_| {}, silent);
    let answer = visit.server.get(&tiles("pbmc"), &[]);
    assert!(answer.status == 500 && answer.text().contains("the host where it lies"), "{}", answer.text());
    assert_others_answer(&visit);
    visit.host.behave(Behavior::default());
    wait_until(|| visit.server.get(&tiles("pbmc"), &[]).status == 200);

    let mut manifest = manifest_of_demo();
    manifest.title = Some("Another title".to_owned());
    manifest.content_id = manifest.content_id_of();
    fs::write(visit.file(MANIFEST), manifest.encode()).unwrap();
    wait_until(|| visit.server.get("/api/datasets/pbmc", &[]).text().contains("Another title"));
    // One that is broken, or gone, leaves the last good state.
    fs::write(visit.file(MANIFEST), "nonsense").unwrap();
    thread::sleep(Duration::from_secs(3));
    assert!(visit.server.get("/api/datasets/pbmc", &[]).text().contains("Another title"));
    fs::remove_file(visit.file(MANIFEST)).unwrap();
    thread::sleep(Duration::from_secs(3));
    assert_eq!(visit.server.get(&tiles("pbmc"), &[]).status, 200);
}

#[test]
fn six_slow_tiles_come_in_parallel() {
    let visit = Visit::start();
    let manifest = manifest_of_demo();
    // Some are read for the catalog.
    assert_eq!(visit.server.get("/catalog.tsc", &[]).status, 200);
    let asked = visit.host.asked(PACK_SUFFIX);
    let path = |pack: &str| format!("/data/pbmc/tiles/{}/0", pack.strip_suffix(PACK_SUFFIX).unwrap());
    let is_new = |pack: &&Pack| !asked.iter().any(|asked| asked.starts_with("GET") && asked.contains(&pack.file));
    let paths: Vec<String> = manifest.packs.iter().filter(is_new).take(6).map(|pack| path(&pack.file)).collect();
    assert!(paths.len() >= 3, "{asked:?}");
    // They are open from then on.
    paths.iter().for_each(|path| drop(visit.server.head(path, &[])));
    visit.host.asked("");
    visit.host.behave(Behavior { delay: Duration::from_millis(300), ..Behavior::default() });
    let started = Instant::now();
    thread::scope(|scope| {
        for path in &paths {
            let server = &visit.server;
            scope.spawn(move || assert_eq!(server.get(path, &[]).status, 200));
        }
    });
    let taken = started.elapsed();
    assert_eq!(visit.host.asked(PACK_SUFFIX).len(), paths.len());
    assert!(visit.host.shared.peak.load(Ordering::SeqCst) >= paths.len());
    assert!(taken < Duration::from_millis(300 * paths.len() as u64), "{taken:?}");
}
