//! One client that takes what it can get does not stop the server for the others, at one address with it or not.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use tessera::{files::Files, obs_csv::ObsText};
use tile_server::{
    catalog::{DatasetFacts, DatasetGenes},
    serve::{OpenDataset, ReadDataset, ReadError, ReadFacts},
};

use crate::support::*;

const SOON: Duration = Duration::from_millis(200);

/// Asks until there is room, which there is once those that do not move have given way.
fn get_in_the_end(server: &TestServer, path: &str) -> Answer {
    loop {
        let answer = server.get(path, &[("Accept-Encoding", "zstd")]);
        if answer.status != 503 {
            return answer;
        }
        assert_eq!(answer.header("retry-after"), Some("1"));
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn points() -> String {
    format!("/data/demo/{POINTS}.pack")
}

#[test]
fn silent_connections_leave_room() {
    let server = TestServer::start_with(|options| options.limits.connections = 16);
    let silent: Vec<TcpStream> = (0..64).map(|_| server.connect()).collect();
    assert_eq!(server.get("/healthz", &[]).status, 200);
    drop(silent);
}

#[test]
fn http_2_connections_that_only_ping_leave_room() {
    let server = TestServer::start_with(|options| options.limits.connections = 16);
    let mut held: Vec<TcpStream> = (0..64)
        .map(|_| {
            let mut stream = server.connect();
            // Those that had to give way by then do not matter.
            let _ = stream.write_all(&http_2_without_window());
            stream
        })
        .collect();
    for _ in 0..3 {
        assert_eq!(server.get("/healthz", &[]).status, 200);
        for stream in &mut held {
            let _ = stream.write_all(&http_2_ping());
        }
    }
}

fn stalled_streams(server: &TestServer) -> Vec<TcpStream> {
    let connection = |_| {
        let mut stream = server.connect();
        stream.write_all(&http_2_without_window()).unwrap();
        for number in 0..100 {
            stream.write_all(&http_2_get(1 + 2 * number, &points())).unwrap();
        }
        stream
    };
    (0..8).map(connection).collect()
}

#[test]
fn stalled_streams_leave_room_for_requests() {
    let server = TestServer::start_with(|options| {
        options.limits.requests = 256;
        options.limits.stall_time = SOON;
    });
    let stalled = stalled_streams(&server);
    for path in ["/healthz", "/data/demo/manifest.tsm", &points()] {
        assert_eq!(get_in_the_end(&server, path).status, 200, "{path}");
    }
    drop(stalled);
}

#[test]
fn stalled_streams_leave_room_for_bytes() {
    let server = TestServer::start_with(|options| {
        // Two pieces for each address.
        options.limits.bytes_in_flight = 512 << 10;
        options.limits.stall_time = SOON;
    });
    let stalled = stalled_streams(&server);
    let answer = get_in_the_end(&server, &points());
    assert!(answer.status == 200 && answer.body == noise(POINTS_BYTES));
    let tiles = get_in_the_end(&server, &format!("/data/demo/tiles/{OBS}/0-3"));
    assert_eq!(tiles.status, 200);
    drop(stalled);
}

/// The fixture, with a table of cells that has no end.
struct EndlessTable;

impl ReadDataset for EndlessTable {
    fn read(&self, id: &str, manifest: &[u8], files: &Arc<dyn Files>) -> Result<OpenDataset, ReadError> {
        Ok(OpenDataset { facts: Some(Arc::new(Self)), ..FixtureReader.read(id, manifest, files)? })
    }
}

impl ReadFacts for EndlessTable {
    fn facts(&self, _: &str) -> (DatasetFacts, Vec<ReadError>) {
        (DatasetFacts::default(), Vec::new())
    }

    fn genes(&self) -> Result<DatasetGenes, ReadError> {
        Err("there are none".into())
    }

    fn obs_csv(&self, _: ObsText) -> Box<dyn Iterator<Item = Result<String, ReadError>> + Send> {
        Box::new(std::iter::repeat_with(|| Ok("AAACCTG-1,B cell\n".repeat(1000))))
    }
}

#[test]
fn tables_that_nobody_takes_leave_room_for_others() {
    let server = TestServer::start_with(|options| {
        options.reader = Arc::new(EndlessTable);
        options.limits.tables = 2;
        // Nobody is closed unless others need what it has.
        options.limits.stall_time = Duration::from_secs(3600);
    });
    let request = b"GET /data/demo/obs.csv HTTP/1.1\r\nHost: test\r\n\r\n";
    let begin = || {
        let mut stream = server.connect();
        stream.write_all(request).unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        (status == *b"HTTP/1.1 200").then_some(stream)
    };
    let stalled = begin().expect("the first table is made");
    assert!(begin().is_none(), "the first client has not stopped yet");
    let other = std::iter::repeat_with(|| {
        std::thread::sleep(Duration::from_millis(50));
        begin()
    });
    assert!(other.flatten().next().is_some());
    drop(stalled);
}

#[test]
#[cfg(target_os = "linux")]
fn a_pack_is_open_once_however_many_read_it() {
    let server = TestServer::start();
    let pack = server.file(&format!("{POINTS}.pack")).canonicalize().unwrap();
    let stalled = stalled_streams(&server);
    assert_eq!(get_in_the_end(&server, &points()).status, 200);
    let descriptors = std::fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().path());
    let of_pack = descriptors.filter(|descriptor| std::fs::read_link(descriptor).is_ok_and(|path| path == pack));
    assert_eq!(of_pack.count(), 1);
    drop(stalled);
}
