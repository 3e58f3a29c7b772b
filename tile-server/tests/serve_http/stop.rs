//! Stopping cleanly.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use tile_server::serve;

use crate::support::*;

fn ask_for_points(server: &TestServer) -> TcpStream {
    let mut stream = server.connect();
    let request = format!("GET /data/demo/{POINTS}.pack HTTP/1.1\r\nHost: test\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

#[test]
fn requests_in_flight_finish_and_new_ones_are_refused() {
    let mut server = TestServer::start();
    let mut stream = ask_for_points(&server);
    let mut answer = vec![0; 100];
    stream.read_exact(&mut answer).unwrap();
    server.stop();
    // The listener closes some time after the signal, and long before the answer is read.
    while TcpStream::connect(server.address).is_ok() {
        std::thread::sleep(Duration::from_millis(5));
    }
    stream.read_to_end(&mut answer).unwrap();
    assert!(Answer::parse(&answer).body == noise(POINTS_BYTES));
    server.join();
}

#[test]
fn idle_connections_do_not_hold_the_server_up() {
    let mut server = TestServer::start();
    let silent = server.connect();
    let mut kept = server.connect();
    kept.write_all(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    kept.read_exact(&mut [0; 12]).unwrap();
    server.stop();
    server.join();
    drop((silent, kept));
}

#[test]
fn a_request_that_does_not_finish_is_cut_off_in_the_end() {
    let mut server = TestServer::start_with(|options| options.limits.drain_time = Duration::from_millis(100));
    let mut stream = ask_for_points(&server);
    let mut answer = vec![0; 100];
    stream.read_exact(&mut answer).unwrap();
    server.stop();
    server.join();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.len() < POINTS_BYTES);
}

#[test]
#[cfg(unix)]
fn a_termination_signal_is_a_stop_signal() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let stop = serve::stop_signal().unwrap();
        let id = std::process::id().to_string();
        let sent = std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
        stop.await;
    });
}

#[test]
fn a_port_in_use_is_said_plainly() {
    let server = TestServer::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let error = runtime.block_on(async {
        let options = serve::Options {
            address: server.address,
            datasets: Vec::new(),
            reader: std::sync::Arc::new(serve::ManifestReader),
            front_end: None,
            cors: serve::CorsOrigins::None,
            frame_ancestors: serve::FrameAncestors::default(),
            data_origins: serve::DataOrigins::default(),
            base_path: serve::BasePath::default(),
            limits: serve::Limits::default(),
        };
        serve::bind(options).await.err().unwrap().to_string()
    });
    assert!(error.contains(&server.address.to_string()) && error.contains("another port"), "{error}");
}
