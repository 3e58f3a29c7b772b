//! The moments of two sets of cells, as asked for over HTTP; computed by a stand-in here.

use std::{
    io::{Read, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use explorer_core::filter::CellMask;
use serde_json::json;
use shared_fbs::LayerNameError;
use tessera::files::Files;
use tile_server::serve::{ComputeError, ComputeMoments, OpenDataset, Options, ReadDataset, ReadError};

use crate::support::*;

const PATH: &str = "/api/datasets/demo/moments?content=0123456789abcdef0123456789abcdef";
pub const BYTES: (&str, &str) = ("Content-Type", "application/octet-stream");
const ZSTD: (&str, &str) = ("Accept-Encoding", "gzip, deflate, br, zstd");

/// What two sets of 700 cells take at most: one container and a head each.
const MAX_BODY_BYTES: usize = 2 * (8 + 8192 + 9);

/// A body of two sets of the fixture's 700 cells.
fn body(group: &[usize], reference: &[usize]) -> Vec<u8> {
    [group, reference].map(|set| CellMask::from_fn(700, |cell| set.contains(&cell)).to_portable()).concat()
}

/// Says what it was asked, instead of computing.
struct Echo;

fn echo(layer: Option<&str>, sets: [&[u32]; 2]) -> String {
    format!("{layer:?} {sets:?} ").repeat(20)
}

impl ComputeMoments for Echo {
    fn moments(
        &self,
        layer: Option<&str>,
        group: &CellMask,
        reference: &CellMask,
        _: &AtomicBool,
    ) -> Result<[Vec<u8>; 2], ComputeError> {
        match layer {
            Some("none") => {
                Err(LayerNameError::Unknown { name: "none".to_owned(), known: "X, raw/X".to_owned() }.into())
            }
            Some("broken") => Err(ComputeError::Broken("/srv/data/cells is broken".into())),
            Some("panic") => panic!("as told"),
            _ => {
                let cells = |set: &CellMask| set.iter().map(|cell| cell.0).collect::<Vec<_>>();
                let (group, reference) = (cells(group), cells(reference));
                Ok([echo(layer, [&group, &reference]).into_bytes(), b"second".to_vec()])
            }
        }
    }
}

/// Computes until it is told to stop or to go on, and says when it starts and how it ends.
struct Slow {
    events: Mutex<mpsc::Sender<&'static str>>,
    finish: AtomicBool,
}

impl ComputeMoments for Slow {
    fn moments(
        &self,
        _: Option<&str>,
        _: &CellMask,
        _: &CellMask,
        stop: &AtomicBool,
    ) -> Result<[Vec<u8>; 2], ComputeError> {
        let say = |event| self.events.lock().unwrap().send(event).unwrap();
        say("started");
        loop {
            if stop.load(Ordering::Relaxed) {
                say("stopped");
                return Err(ComputeError::Stopped);
            }
            if self.finish.load(Ordering::Relaxed) {
                return Ok([b"done".to_vec(), Vec::new()]);
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The fixture with something that computes.
struct Computing(Arc<dyn ComputeMoments>);

impl ReadDataset for Computing {
    fn read(&self, id: &str, manifest: &[u8], files: &Arc<dyn Files>) -> Result<OpenDataset, ReadError> {
        let open = FixtureReader.read(id, manifest, files)?;
        Ok(OpenDataset { moments: Some(Arc::clone(&self.0)), ..open })
    }
}

fn server_with(compute: Arc<dyn ComputeMoments>, adapt: impl FnOnce(&mut Options)) -> TestServer {
    TestServer::start_with(|options| {
        options.reader = Arc::new(Computing(compute));
        adapt(options);
    })
}

fn server() -> TestServer {
    server_with(Arc::new(Echo), |_| {})
}

fn slow(adapt: impl FnOnce(&mut Options)) -> (TestServer, Arc<Slow>, mpsc::Receiver<&'static str>) {
    let (say, events) = mpsc::channel();
    let slow = Arc::new(Slow { events: Mutex::new(say), finish: AtomicBool::new(false) });
    let compute: Arc<dyn ComputeMoments> = slow.clone();
    (server_with(compute, adapt), slow, events)
}

fn expect(events: &mpsc::Receiver<&'static str>, expected: &str) {
    assert_eq!(events.recv_timeout(Duration::from_secs(60)), Ok(expected));
}

#[test]
fn the_sets_and_the_layer_arrive_and_the_tiles_come_back() {
    let server = server();
    let body = body(&[1, 5], &[0, 699]);
    for (query, layer) in [("", None), ("&layer=raw", Some("raw")), ("&layer=log%20counts", Some("log counts"))] {
        let answer = server.post(&format!("{PATH}{query}"), &[BYTES], &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.text(), echo(layer, [&[1, 5], &[0, 699]]) + "second");
        assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
        assert_eq!(answer.header("content-encoding"), None);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.content_length(), Some(answer.body.len()));
    }
}

#[test]
fn the_tiles_are_one_frame_for_who_takes_zstd() {
    let server = server();
    let body = body(&[], &[3]);
    let expected = (echo(None, [&[], &[3]]) + "second").into_bytes();
    let encoded = server.post(PATH, &[BYTES, ZSTD], &body);
    assert_eq!(encoded.header("content-encoding"), Some("zstd"));
    assert_eq!(encoded.header("content-type"), Some("application/octet-stream"));
    let frame = server.post(PATH, &[BYTES, ("Accept", "application/zstd")], &body);
    assert_eq!(frame.header("content-encoding"), None);
    assert_eq!(frame.header("content-type"), Some("application/zstd"));
    for answer in [encoded, frame] {
        assert!(answer.body.len() < expected.len());
        assert_eq!(shared_fbs::frame::inflate(&answer.body).unwrap(), expected);
    }
    let neither = server.post(PATH, &[BYTES, ("Accept-Encoding", "gzip, identity;q=0")], &body);
    assert_eq!(neither.status, 406);
}

#[test]
fn a_body_in_pieces_is_put_together() {
    let server = server();
    let mut request = format!(
        "POST {PATH} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Type: application/octet-stream\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    )
    .into_bytes();
    for piece in body(&[1, 2], &[4]).chunks(5) {
        request.extend(format!("{:x}\r\n", piece.len()).bytes().chain(piece.iter().copied()).chain(*b"\r\n"));
    }
    request.extend(b"0\r\n\r\n");
    assert_eq!(server.raw(&request).text(), echo(None, [&[1, 2], &[4]]) + "second");
}

#[test]
fn it_is_advertised_where_it_is() {
    let mut expected = json!({"id": "demo", "title": "first", "n_obs": 700, "n_vars": 765});
    let described = |server: &TestServer| {
        let read = |path| {
            let answer = server.get(path, &[]);
            assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
            let tag = answer.header("etag").unwrap();
            assert_eq!(server.get(path, &[("If-None-Match", tag)]).status, 304);
            serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap()
        };
        let one = read("/api/datasets/demo");
        assert_eq!(read("/api/datasets"), json!([one]));
        one
    };
    let off = server_with(Arc::new(Echo), |options| options.limits.computations = 0);
    for server in [off, TestServer::start()] {
        assert_eq!(described(&server), expected);
        for method in ["GET", "POST", "PUT"] {
            let answer = server.request(method, PATH, &[BYTES]);
            assert_eq!(answer.status, 404, "{method}");
            assert!(answer.text().contains("No moments are computed"), "{}", answer.text());
        }
    }
    expected["moments"] = json!({"max_body_bytes": MAX_BODY_BYTES});
    assert_eq!(described(&server()), expected);
    assert_eq!(TestServer::start().get("/api/datasets/other", &[]).status, 404);
}

#[test]
fn what_cannot_be_answered_is_said_in_a_sentence() {
    let server = server();
    let good = body(&[1], &[2]);
    let far = CellMask::from_fn(701, |cell| cell == 700).to_portable();
    let beyond = [&far, &good[..]].concat();
    let text = ("Content-Type", "text/plain");
    let coded = ("Content-Encoding", "zstd");
    let query = |query: &str| format!("{PATH}&layer={query}");
    for (path, headers, body, status, part) in [
        ("/api/datasets/other/moments".to_owned(), &[BYTES][..], &good[..], 404, "no dataset of that name"),
        (format!("{PATH}0"), &[BYTES], &good, 409, "replaced since the page opened it"),
        (query("none"), &[BYTES], &good, 404, "no layer `none`; its layers are: X, raw/X"),
        (query("broken"), &[BYTES], &good, 500, "verify the dataset"),
        (query("panic"), &[BYTES], &good, 500, "failed at this request"),
        (query("%ff"), &[BYTES], &good, 400, "not UTF-8"),
        (PATH.to_owned(), &[BYTES], b"", 400, "The group cannot be read"),
        (PATH.to_owned(), &[BYTES], b"nonsense", 400, "The group cannot be read: the cell set is not a valid"),
        (PATH.to_owned(), &[BYTES], &good[..good.len() - 1], 400, "The reference cannot be read"),
        (PATH.to_owned(), &[BYTES], &beyond, 400, "holds cell 700, but the dataset has 700 cells"),
        (PATH.to_owned(), &[BYTES], &[&good[..], b"x"].concat(), 400, "More follows"),
        (PATH.to_owned(), &[], &good, 415, "application/octet-stream"),
        (PATH.to_owned(), &[text], &good, 415, "application/octet-stream"),
        (PATH.to_owned(), &[BYTES, coded], &good, 415, "no Content-Encoding"),
        (PATH.to_owned(), &[BYTES], &vec![0; MAX_BODY_BYTES + 1], 413, "more than 16418 bytes"),
        (PATH.to_owned(), &[BYTES], &vec![0; 3 << 20], 413, "more than 16418 bytes"),
    ] {
        let answer = server.post(&path, headers, body);
        assert_eq!(answer.status, status, "{path} {}", answer.text());
        assert!(answer.text().contains(part), "{}", answer.text());
        // The server's own fault is said with the request's name.
        let id = answer.header("x-request-id").unwrap();
        let end = if status == 500 { format!(".\nRequest {id}\n") } else { ".\n".to_owned() };
        assert!(answer.text().ends_with(&end) && !answer.text().contains("/srv"), "{}", answer.text());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    // None of it has taken a place for good.
    assert_eq!(server.post(PATH, &[BYTES], &good).status, 200);
}

#[test]
fn a_body_in_pieces_that_never_ends_is_too_large() {
    let server = server();
    let mut request = format!("POST {PATH} HTTP/1.1\r\nHost: test\r\n{}: {}\r\n", BYTES.0, BYTES.1).into_bytes();
    request.extend(b"Transfer-Encoding: chunked\r\n\r\n");
    for _ in 0..20 {
        request.extend(b"400\r\n".iter().copied().chain([0; 1024]).chain(*b"\r\n"));
    }
    let mut stream = server.connect();
    stream.write_all(&request).unwrap();
    // Far more than is read of any body.
    let piece = [b"10000\r\n".as_slice(), &[0; 1 << 16], b"\r\n"].concat();
    let sent = (0..1000).take_while(|_| stream.write_all(&piece).is_ok()).count();
    assert!(sent < 1000);
}

#[test]
fn a_body_beyond_the_servers_own_limit_is_too_large() {
    let server = server_with(Arc::new(Echo), |options| options.limits.body_bytes = 40);
    let description: serde_json::Value = serde_json::from_slice(&server.get("/api/datasets/demo", &[]).body).unwrap();
    assert_eq!(description["moments"]["max_body_bytes"], 40);
    assert_eq!(server.post(PATH, &[BYTES], &body(&[1], &[2])).status, 200);
    let many: Vec<usize> = (0..700).step_by(3).collect();
    assert_eq!(server.post(PATH, &[BYTES], &body(&many, &[2])).status, 413);
}

#[test]
fn other_methods_are_told_of_post() {
    let server = server();
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        let answer = server.request(method, PATH, &[BYTES]);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
    for method in ["POST", "PUT"] {
        let answer = server.request(method, "/api/datasets/demo", &[]);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
}

#[test]
fn a_body_that_does_not_arrive_is_a_408() {
    let server = server_with(Arc::new(Echo), |options| options.limits.body_time = Duration::from_millis(200));
    let whole = post(PATH, &[BYTES], &body(&[1], &[2]));
    let answer = server.raw(&whole[..whole.len() - 1]);
    assert_eq!(answer.status, 408);
    assert!(answer.text().contains("in time"), "{}", answer.text());
}

#[test]
fn a_comparison_beyond_its_time_is_stopped() {
    let (server, _slow, events) = slow(|options| options.limits.compute_time = Duration::from_millis(200));
    let answer = server.post(PATH, &[BYTES], &body(&[1], &[2]));
    assert_eq!((answer.status, answer.header("retry-after")), (503, None));
    assert!(answer.text().contains("longer than"), "{}", answer.text());
    expect(&events, "started");
    expect(&events, "stopped");
}

#[test]
fn a_comparison_whose_client_has_gone_is_stopped() {
    let (server, _slow, events) = slow(|_| {});
    let mut stream = server.connect();
    stream.write_all(&post(PATH, &[BYTES], &body(&[1], &[2]))).unwrap();
    expect(&events, "started");
    drop(stream);
    expect(&events, "stopped");
}

#[test]
fn further_comparisons_are_told_to_come_back() {
    let (server, slow, events) = slow(|options| options.limits.computations = 1);
    let body = body(&[1], &[2]);
    let mut first = server.connect();
    first.write_all(&post(PATH, &[BYTES], &body)).unwrap();
    expect(&events, "started");

    let second = server.post(PATH, &[BYTES], &body);
    assert_eq!((second.status, second.header("retry-after")), (503, Some("1")));
    assert!(second.text().contains("try again"), "{}", second.text());
    // All else is answered meanwhile.
    assert_eq!(server.get("/healthz", &[]).status, 200);

    slow.finish.store(true, Ordering::Relaxed);
    let mut answer = Vec::new();
    first.read_to_end(&mut answer).unwrap();
    assert_eq!(Answer::parse(&answer).body, b"done");
    assert_eq!(server.post(PATH, &[BYTES], &body).status, 200);
}

#[test]
fn who_does_not_send_takes_no_place_of_who_computes() {
    let server = server_with(Arc::new(Echo), |options| options.limits.computations = 1);
    let whole = post(PATH, &[BYTES], &body(&[1], &[2]));
    let stalled: Vec<_> = (0..100)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(&whole[..whole.len() - 1]).unwrap();
            stream
        })
        .collect();
    assert_eq!(server.raw(&whole).status, 200);
    drop(stalled);
}

#[test]
fn sets_of_a_dataset_that_was_replaced_are_refused_and_those_of_the_new_one_are_not() {
    let server = server_with(Arc::new(Echo), |_| {});
    let body = body(&[1], &[2]);
    assert_eq!(server.post(PATH, &[BYTES], &body).status, 200);
    // The fixture takes the content from the manifest, too.
    std::fs::write(server.file("manifest.tsm"), "title content=fedcba9876543210fedcba9876543210").unwrap();
    let answer = server.post(PATH, &[BYTES], &body);
    assert_eq!(answer.status, 409);
    assert!(answer.text().contains("load the page again"), "{}", answer.text());
    let present = "/api/datasets/demo/moments?content=fedcba9876543210fedcba9876543210";
    for taken in [present, "/api/datasets/demo/moments"] {
        assert_eq!(server.post(taken, &[BYTES], &body).status, 200, "{taken}");
    }
}

#[test]
fn a_comparison_is_stopped_with_the_server() {
    let (mut server, _slow, events) = slow(|options| options.limits.drain_time = Duration::from_millis(100));
    let mut stream = server.connect();
    stream.write_all(&post(PATH, &[BYTES], &body(&[1], &[2]))).unwrap();
    expect(&events, "started");
    server.stop();
    server.join();
    expect(&events, "stopped");
}
