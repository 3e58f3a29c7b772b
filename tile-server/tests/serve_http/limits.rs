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
    let server = TestServer::start_with(|options| options.limits.first_request_time = SOON);
    let mut stream = server.connect();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: te").unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn a_connection_that_says_nothing_is_closed() {
    let server = TestServer::start_with(|options| options.limits.first_request_time = SOON);
    assert_eq!(server.connect().read(&mut [0; 1]).unwrap_or(0), 0);
}

#[test]
fn a_connection_that_asks_nothing_more_is_closed() {
    let server = TestServer::start_with(|options| options.limits.idle_time = SOON);
    let mut stream = server.connect();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(Answer::parse(&answer).text(), "ok\n");
}

#[test]
fn a_ping_is_no_progress() {
    let server = TestServer::start_with(|options| options.limits.first_request_time = SOON);
    let mut stream = server.connect();
    stream.write_all(&http_2_without_window()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    // Each is answered until the connection is closed.
    while stream.write_all(&http_2_ping()).is_ok() {
        match stream.read(&mut [0; 1024]) {
            Ok(0) => break,
            Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
            Ok(_) | Err(_) => {}
        }
    }
}

#[test]
fn a_client_that_stops_reading_gives_its_place_up() {
    let server = TestServer::start_with(|options| {
        options.limits.stall_time = SOON;
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
fn a_client_that_stops_reading_is_closed_even_when_nobody_needs_its_place() {
    let server = TestServer::start_with(|options| options.limits.stall_time = SOON);
    let mut stalled = server.connect();
    stalled.write_all(&http_2_without_window()).unwrap();
    stalled.write_all(&http_2_get(1, &format!("/data/demo/{POINTS}.pack"))).unwrap();
    let mut answer = Vec::new();
    let _ = stalled.read_to_end(&mut answer);
    assert!(answer.len() < 1024, "no byte of the pack was taken");
}

#[test]
fn a_client_that_reads_slowly_is_served_to_the_end() {
    let server = TestServer::start_with(|options| options.limits.stall_time = Duration::from_secs(2));
    let mut stream = server.connect();
    let request = format!("GET /data/demo/{POINTS}.pack HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let (mut answer, mut piece) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        let read = stream.read(&mut piece).unwrap();
        if read == 0 {
            break;
        }
        answer.extend_from_slice(&piece[..read]);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(Answer::parse(&answer).body == noise(POINTS_BYTES));
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

    fn paths(&self) -> std::io::Result<Vec<String>> {
        Ok(vec!["index.html".to_owned()])
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
fn a_further_connection_waits_for_a_busy_one_and_takes_the_place_of_a_quiet_one() {
    let (release, wait) = mpsc::channel();
    let server = TestServer::start_with(|options| {
        options.limits.connections = 1;
        options.front_end = Some(Arc::new(Waiting(Mutex::new(wait))));
    });
    let mut first = server.connect();
    first.write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    first.set_read_timeout(Some(SOON)).unwrap();
    first.read(&mut [0; 1]).unwrap_err();

    let mut second = server.connect();
    second.write_all(HEALTH).unwrap();
    second.set_read_timeout(Some(SOON)).unwrap();
    let waiting = second.read(&mut [0; 1]).unwrap_err();
    assert!(matches!(waiting.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));

    drop(release);
    second.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut answer = Vec::new();
    second.read_to_end(&mut answer).unwrap();
    assert_eq!(Answer::parse(&answer).status, 200);
    first.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    answer.clear();
    first.read_to_end(&mut answer).unwrap();
    assert_eq!(Answer::parse(&answer).text(), "late");
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
