//! Stopping cleanly.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use tessera::files::Files;
use tile_server::serve::{self, Asset, FrontEnd, OpenDataset, ReadDataset, ReadError};
use tokio::sync::oneshot;

use crate::support::*;

/// A server of nothing.
fn no_datasets(address: SocketAddr) -> serve::Options {
    serve::Options {
        address,
        datasets: Vec::new(),
        folders: Vec::new(),
        corpora: Vec::new(),
        corpus_folders: Vec::new(),
        reader: Arc::new(serve::ManifestReader::default()),
        front_end: None,
        allowed_hosts: serve::AllowedHosts::Own,
        cors: serve::CorsOrigins::None,
        frame_ancestors: serve::FrameAncestors::default(),
        embed_origins: serve::Origins::default(),
        data_origins: serve::Origins::default(),
        base_path: serve::BasePath::default(),
        site: None,
        limits: serve::Limits::default(),
        metrics: None,
    }
}

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

/// Never comes back, as a read of a file system that has gone.
struct Hanging(Mutex<mpsc::Receiver<()>>);

impl FrontEnd for Hanging {
    fn get(&self, _: &str) -> Option<Asset> {
        let _ = self.0.lock().unwrap().recv();
        None
    }

    fn paths(&self) -> std::io::Result<Vec<String>> {
        Ok(vec!["index.html".to_owned()])
    }
}

#[test]
fn a_thread_that_waits_for_a_disk_does_not_hold_the_server_up() {
    let (release, wait) = mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let (say, address) = mpsc::channel();
    let options = serve::Options {
        front_end: Some(Arc::new(Hanging(Mutex::new(wait)))),
        limits: serve::Limits { drain_time: Duration::from_millis(100), ..serve::Limits::default() },
        ..no_datasets(SocketAddr::from(([127, 0, 0, 1], 0)))
    };
    let server = std::thread::spawn(move || {
        let stop = || Ok(async move { stopped.await.unwrap_or(()) });
        serve::run_until_stopped(options, stop, |address| say.send(address).unwrap())
    });
    let address = address.recv().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    stream.read(&mut [0; 1]).unwrap_err();
    stop.send(()).unwrap();
    server.join().unwrap().unwrap();
    drop(release);
}

/// Hangs where the manifest should be read.
struct HangingReader(Mutex<mpsc::Receiver<()>>);

impl ReadDataset for HangingReader {
    fn read(&self, _: &str, _: &[u8], _: &Arc<dyn Files>) -> Result<OpenDataset, ReadError> {
        let _ = self.0.lock().unwrap().recv();
        Err("it was let go".into())
    }
}

#[test]
fn a_server_that_still_waits_for_its_datasets_is_stopped() {
    let (release, wait) = mpsc::channel();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("manifest.tsm"), "").unwrap();
    let options = serve::Options {
        datasets: vec![serve::DatasetAddress { id: "demo".to_owned(), place: directory.path().to_owned().into() }],
        reader: Arc::new(HangingReader(Mutex::new(wait))),
        limits: serve::Limits { look_time: Duration::from_secs(1000), ..serve::Limits::default() },
        ..no_datasets(SocketAddr::from(([127, 0, 0, 1], 0)))
    };
    let stop = || Ok(tokio::time::sleep(Duration::from_millis(100)));
    serve::run_until_stopped(options, stop, |_| panic!("nothing is served")).unwrap();
    drop(release);
}

#[test]
#[cfg(unix)]
fn the_command_ends_at_a_signal_whatever_its_clients_do() {
    let directory = tempfile::tempdir().unwrap();
    for (hangup, signal) in [("default", "-TERM"), ("default", "-INT"), ("default", "-HUP"), ("ignore", "-TERM")] {
        // As from a terminal, or by `nohup`; these tests may run by either.
        let mut command = std::process::Command::new("env");
        command.arg(format!("--{hangup}-signal=HUP")).arg(env!("CARGO_BIN_EXE_tile-server"));
        let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/pbmc68k_reduced.h5ad");
        command.arg("serve").arg(input).arg("--cache").arg(directory.path()).args([
            "--port",
            "0",
            "--no-open",
            "--quiet",
        ]);
        let mut child =
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let mut silent = TcpStream::connect(line.trim().strip_prefix("listening on http://").unwrap()).unwrap();
        silent.write_all(b"GET /healthz HT").unwrap();
        let send = |signal: &str| {
            let sent = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
            assert!(sent.success());
        };
        if hangup == "ignore" {
            send("-HUP");
            std::thread::sleep(Duration::from_millis(300));
            let mut healthy = TcpStream::connect(silent.peer_addr().unwrap()).unwrap();
            healthy.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
            let mut answer = String::new();
            healthy.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
        send(signal);
        assert!(child.wait().unwrap().success(), "{hangup} {signal}");
    }
}

#[test]
#[cfg(unix)]
fn the_command_serves_on_when_nobody_reads_its_log() {
    let directory = tempfile::tempdir().unwrap();
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/pbmc68k_reduced.h5ad");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tile-server"));
    command.arg("serve").arg(input).arg("--cache").arg(directory.path()).args(["--port", "0", "--no-open"]);
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    drop(child.stderr.take());
    let address = line.trim().strip_prefix("listening on http://").unwrap();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /api/datasets HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let sent = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(sent.success() && child.wait().unwrap().success());
}

#[test]
#[cfg(unix)]
fn a_termination_signal_is_a_stop_signal() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let stop = serve::stop_signal(true).unwrap();
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
    let error = runtime.block_on(async { serve::bind(no_datasets(server.address)).await.err().unwrap().to_string() });
    assert!(error.contains(&server.address.to_string()) && error.contains("another port"), "{error}");
}
