//! `serve FILE.h5ad`: builds into a cache, serves, and builds only once.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::SystemTime,
};

use crate::input::demo;

/// A running server, stopped when dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(input: &Path, cache: &Path, more: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
        command.arg("serve").arg(input).arg("--cache").arg(cache).args(["--port", "0", "--no-open"]).args(more);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { child, address }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The only dataset of a cache.
fn cached(cache: &Path) -> PathBuf {
    let mut entries: Vec<PathBuf> = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries.remove(0)
}

fn built_at(cache: &Path) -> SystemTime {
    fs::metadata(cached(cache).join("manifest.tsm")).unwrap().modified().unwrap()
}

#[test]
fn a_file_is_built_once_and_served() {
    let directory = tempfile::tempdir().unwrap();
    let input = directory.path().join("my cells.h5ad");
    fs::copy(demo(), &input).unwrap();
    let cache = directory.path().join("cache");
    let first = {
        let server = Server::start(&input, &cache, &[]);
        assert!(server.address.starts_with("127.0.0.1:"));
        let answer = server.get("/api/datasets");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"my-cells\""), "{answer}");
        assert!(answer.contains("700"), "{answer}");
        built_at(&cache)
    };
    drop(Server::start(&input, &cache, &[]));
    assert_eq!(built_at(&cache), first);
    // Another choice is another dataset.
    drop(Server::start(&input, &cache, &["--main-label", "louvain"]));
    let second = built_at(&cache);
    assert_ne!(second, first);
    drop(Server::start(&input, &cache, &["--main-label", "louvain"]));
    assert_eq!(built_at(&cache), second);
    // So is a file that has changed.
    fs::File::options().append(true).open(&input).unwrap().set_modified(SystemTime::now()).unwrap();
    drop(Server::start(&input, &cache, &["--main-label", "louvain"]));
    assert_ne!(built_at(&cache), second);
}

#[test]
fn a_file_that_cannot_be_built_is_not_served() {
    let directory = tempfile::tempdir().unwrap();
    let input = directory.path().join("text.h5ad");
    fs::write(&input, "text").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    let output = command.arg("serve").arg(&input).args(["--port", "0", "--no-open"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stderr).unwrap().contains("not an HDF5 file"));
}
