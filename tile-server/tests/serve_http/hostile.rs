//! No path leaves the roots served, however it is written.

use std::{fs, sync::Arc};

use tile_server::serve::DirectoryFrontEnd;

use crate::support::*;

/// Everything here is sent as it stands: no client library tidies it up.
const PATHS: &[&str] = &[
    "/data/demo/secret.txt",
    "/data/demo/../secret.txt",
    "/data/demo/..%2fsecret.txt",
    "/data/demo/%2e%2e/secret.txt",
    "/data/demo/%2e%2e%2fsecret.txt",
    "/data/demo/%252e%252e%252fsecret.txt",
    "/data/demo/..%5csecret.txt",
    "/data/demo/..\\secret.txt",
    "/data/demo/./manifest.tsm",
    "/data/demo//manifest.tsm",
    "/data/demo/manifest.tsm/",
    "/data/demo/manifest.tsm%00",
    "/data/demo/manifest.tsm%00.pack",
    "/data/demo/manifest.tsm%20",
    "/data/demo/manifest.tsm.",
    "/data/demo/manifest.tsm::$DATA",
    "/data/demo/MANIFEST.TSM",
    "/data/demo/%c0%ae%c0%ae/secret.txt",
    "/data/demo/%",
    "/data/demo/%zz",
    "/data/../demo/manifest.tsm",
    "/data/%2e%2e/secret.txt",
    "/data/demo/tiles/../0",
    "/data/demo/tiles/..%2fsecret/0",
    "/data/demo/",
    "/data/demo",
    "/data/",
    "/secret.txt",
    "/../secret.txt",
    "/../../../../../../etc/passwd",
    "//etc/passwd",
    "/%2fetc%2fpasswd",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/d/../../secret.txt",
    "/link.txt",
    "/linked/secret.txt",
    "/sub",
    "/sub/",
    "/.hidden",
];

fn server_with_page() -> (tempfile::TempDir, TestServer) {
    let outside = tempfile::tempdir().unwrap();
    let root = outside.path().join("dist");
    fs::create_dir_all(root.join("sub")).unwrap();
    fs::write(outside.path().join("secret.txt"), "secret").unwrap();
    fs::write(root.join("index.html"), "<p>page").unwrap();
    fs::write(root.join(".hidden"), "secret").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outside.path().join("secret.txt"), root.join("link.txt")).unwrap();
        std::os::unix::fs::symlink(outside.path(), root.join("linked")).unwrap();
    }
    let page = DirectoryFrontEnd::open(&root).unwrap();
    let server = TestServer::start_with(|options| options.front_end = Some(Arc::new(page)));
    (outside, server)
}

#[test]
fn hostile_paths_find_nothing() {
    let (_outside, server) = server_with_page();
    for path in PATHS {
        let answer = server.get(path, &[]);
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
        assert!(find(&answer.body, b"secret").is_none(), "{path}");
        assert!(find(&answer.body, b"root:").is_none(), "{path}");
    }
}

#[test]
fn hostile_targets_in_other_forms_find_nothing() {
    let (_outside, server) = server_with_page();
    for line in [
        "GET http://test/data/demo/../secret.txt HTTP/1.1",
        "GET ../secret.txt HTTP/1.1",
        "GET data/demo/manifest.tsm HTTP/1.1",
        "GET * HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "CONNECT test:80 HTTP/1.1",
        "GET file:///etc/passwd HTTP/1.1",
        "GET /data/demo/\0 HTTP/1.1",
        "GET /data/demo/\u{e9} HTTP/1.1",
        "GET  /healthz HTTP/1.1",
        "nonsense",
    ] {
        let answer = server.raw(format!("{line}\r\nHost: test\r\nConnection: close\r\n\r\n").as_bytes());
        assert!(matches!(answer.status, 400 | 404), "{line:?}: {}", answer.status);
        assert!(find(&answer.body, b"secret").is_none(), "{line:?}");
    }
}

#[test]
#[cfg(unix)]
fn a_pack_that_is_a_link_out_of_the_dataset_is_not_followed() {
    let server = TestServer::start();
    let name = format!("{OBS}.pack");
    let outside = server.file("../secret.txt").canonicalize().unwrap();
    fs::remove_file(server.file(&name)).unwrap();
    std::os::unix::fs::symlink(outside, server.file(&name)).unwrap();
    for path in [format!("/data/demo/{name}"), format!("/data/demo/tiles/{OBS}/0")] {
        let answer = server.get(&path, &[]);
        assert_eq!(answer.status, 500, "{path}");
        assert!(find(&answer.body, b"secret").is_none());
    }
}

#[test]
#[cfg(unix)]
fn a_pack_that_is_a_link_within_the_dataset_is_followed() {
    let server = TestServer::start();
    let name = format!("{OBS}.pack");
    fs::rename(server.file(&name), server.file("moved")).unwrap();
    std::os::unix::fs::symlink(server.file("moved"), server.file(&name)).unwrap();
    assert_eq!(server.get(&format!("/data/demo/{name}"), &[]).status, 200);
}

#[test]
#[cfg(unix)]
fn a_pack_that_is_a_pipe_does_not_hang_the_server() {
    let server = TestServer::start();
    let name = format!("{OBS}.pack");
    fs::remove_file(server.file(&name)).unwrap();
    let made = std::process::Command::new("mkfifo").arg(server.file(&name)).status().unwrap();
    assert!(made.success());
    assert_eq!(server.get(&format!("/data/demo/{name}"), &[]).status, 500);
}
