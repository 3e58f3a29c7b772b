//! One client that takes what it can get does not stop the server for the others, at one address with it or not.

use std::{io::Write, net::TcpStream, time::Duration};

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
