//! Time, size and number have limits. Where a test must see that a slow client was cut off, it waits
//! for what only that makes possible, and not for the clock.

use std::{
    io::{ErrorKind, Read, Write},
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use tile_server::serve::{Asset, FrontEnd};

use crate::support::*;

const SOON: Duration = Duration::from_millis(200);
const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";

#[test]
fn a_request_whose_headers_never_end_is_cut_off() {
    let server = TestServer::start_with(|options| options.limits.header_time = SOON);
    let mut stream = server.connect();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: te").unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn a_connection_that_says_nothing_is_closed() {
    let server = TestServer::start_with(|options| options.limits.idle_time = SOON);
    assert_eq!(server.connect().read(&mut [0; 1]).unwrap_or(0), 0);
}

#[test]
fn an_idle_http_2_connection_is_closed() {
    let server = TestServer::start_with(|options| options.limits.idle_time = SOON);
    let mut stream = server.connect();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.len() > 9, "the server's settings came first");
}

#[test]
fn a_client_that_stops_reading_gives_its_place_up() {
    let server = TestServer::start_with(|options| {
        options.limits.idle_time = SOON;
        options.limits.connections = 1;
    });
    let mut stalled = server.connect();
    let request = format!("GET /data/demo/{POINTS}.pack HTTP/1.1\r\nHost: test\r\n\r\n");
    stalled.write_all(request.as_bytes()).unwrap();
    stalled.read_exact(&mut [0; 100]).unwrap();
    // There is one place, so this is answered once the stalled one is cut off.
    assert_eq!(server.raw(HEALTH).status, 200);
}

#[test]
fn an_answer_that_takes_longer_than_a_transfer_may_is_cut_off() {
    let server = TestServer::start_with(|options| options.limits.transfer_time = Duration::ZERO);
    let mut stream = server.connect();
    let request = format!("GET /data/demo/{POINTS}.pack HTTP/1.1\r\nHost: test\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.len() < POINTS_BYTES);
}

/// Answers when the test says so.
struct Waiting(Mutex<mpsc::Receiver<()>>);

impl FrontEnd for Waiting {
    fn get(&self, path: &str) -> Option<Asset> {
        let _ = self.0.lock().unwrap().recv();
        Some(Asset::new(path, b"late".as_slice().into()))
    }
}

#[test]
fn a_request_that_takes_too_long_to_answer_is_a_503() {
    let (release, wait) = mpsc::channel();
    let server = TestServer::start_with(|options| {
        options.limits.answer_time = SOON;
        options.front_end = Some(Arc::new(Waiting(Mutex::new(wait))));
    });
    let answer = server.get("/", &[]);
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("too long"), "{}", answer.text());
    drop(release);
}

#[test]
fn further_connections_wait_for_a_place() {
    let server = TestServer::start_with(|options| options.limits.connections = 1);
    let mut first = server.connect();
    first.write_all(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    first.read_exact(&mut [0; 12]).unwrap();

    let mut second = server.connect();
    second.write_all(HEALTH).unwrap();
    second.set_read_timeout(Some(SOON)).unwrap();
    let waiting = second.read(&mut [0; 1]).unwrap_err();
    assert!(matches!(waiting.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));

    drop(first);
    second.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut answer = Vec::new();
    second.read_to_end(&mut answer).unwrap();
    assert_eq!(Answer::parse(&answer).status, 200);
}

#[test]
fn headers_beyond_the_limit_are_a_431() {
    let server = TestServer::start_with(|options| options.limits.header_bytes = 8192);
    let mut stream = server.connect();
    let request = format!("GET /healthz HTTP/1.1\r\nHost: test\r\nX: {}", "x".repeat(9000));
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 431");
    drop(stream);
    assert_eq!(server.raw(HEALTH).status, 200);
}
