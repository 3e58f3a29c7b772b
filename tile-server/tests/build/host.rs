//! `check`: what is said of hosts that send what the page needs, and of others.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    thread,
};

use serde_json::Value;

use crate::{
    input::{Built, build, demo},
    serve::Server,
};

const HTML: &str = "<!doctype html>\n<html><head><base href=\"./\" />\
                    <meta name=\"tessera-data-origins\" content=\"\" /></head></html>\n";

/// The exit code of a check, and what was found.
fn check(url: &str, more: &[&str]) -> (i32, Vec<(String, String)>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    let output = command.args(["check", url, "--json"]).args(more).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = output.status.code().unwrap();
    let findings: Vec<Value> =
        if output.stdout.is_empty() { vec![] } else { serde_json::from_slice(&output.stdout).unwrap() };
    let found = findings.iter().map(|finding| {
        let text = |field: &str| finding[field].as_str().unwrap().to_owned();
        (text("severity"), text("text"))
    });
    (code, found.chain((!said.is_empty()).then(|| ("error".to_owned(), said))).collect())
}

fn page(directory: &Path) -> String {
    let page = directory.join("page");
    fs::create_dir_all(page.join("embed")).unwrap();
    fs::write(page.join("embed/v1.js"), "export {};").unwrap();
    fs::write(page.join("index.html"), HTML).unwrap();
    page.to_str().unwrap().to_owned()
}

/// Serves the files of a directory on a free port, whole whatever is asked for, as long as the test runs.
fn host_without_ranges(root: &Path) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let root = root.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // A client may go when it likes.
            let _ = answer_whole(stream, &root);
        }
    });
    address
}

fn answer_whole(mut stream: TcpStream, root: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = first.split(' ').nth(1).unwrap_or_default();
    let content = fs::read(root.join(path.trim_start_matches('/'))).unwrap_or_default();
    let status = if content.is_empty() { "404 Not Found" } else { "200 OK" };
    let length = content.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")?;
    stream.write_all(&content)
}

fn has(found: &[(String, String)], severity: &str, part: &str) -> bool {
    found.iter().any(|(is, text)| is == severity && text.contains(part))
}

#[test]
fn the_tile_server_is_a_good_host() {
    let (directory, built) = (tempfile::tempdir().unwrap(), build(&demo()));
    let page = page(directory.path());
    let server = Server::start(&[&built.path()], &["--front-end", &page, "--cors-origin", "https://a.org"]);
    let url = format!("http://{}/", server.address);
    let (code, found) = check(&url, &[]);
    assert!(code == 0 && has(&found, "good", "by range, status 206"), "{code} {found:?}");
    assert!(!has(&found, "problem", ""), "{found:?}");
    assert!(has(&found, "good", "pages elsewhere may load it"), "{found:?}");
    // By the page of a dataset, which is the one that is looked at.
    let (code, found) = check(&format!("{url}d/dataset"), &[]);
    assert!(code == 0 && has(&found, "good", "by range, status 206"), "{code} {found:?}");
    let (code, found) = check(&format!("{url}d/other"), &[]);
    assert!(code == 5 && has(&found, "problem", "the host answers 404"), "{code} {found:?}");
    // By its dataset, for a page elsewhere.
    let url = format!("{url}data/dataset/");
    let (code, found) = check(&url, &["--from", "https://a.org"]);
    assert!(code == 0 && has(&found, "good", "pages of https://a.org may read it"), "{code} {found:?}");
    let (code, found) = check(&format!("{url}manifest.tsm"), &["--from", "https://b.org"]);
    assert!(code == 5 && has(&found, "problem", "pages of https://b.org may not read it"), "{code} {found:?}");
}

fn without_ranges(built: &Built, segments: bool) -> (i32, Vec<(String, String)>) {
    let directory = tempfile::tempdir().unwrap();
    let (page, site) = (page(directory.path()), directory.path().join("site"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    command.arg("export").arg(built.path()).arg("--out").arg(&site).args(["--quiet", "--front-end", &page]);
    command.args(if segments { &["--segments", "64K"][..] } else { &[] });
    assert!(command.status().unwrap().success());
    check(&format!("{}data/dataset", host_without_ranges(&site)), &[])
}

#[test]
fn a_host_without_ranges_is_told_of_segments_and_is_good_with_them() {
    let built = build(&demo());
    let (code, found) = without_ranges(&built, false);
    // The demo's packs are small.
    assert!(code == 0 && has(&found, "advice", "answers no ranges"), "{code} {found:?}");
    let (code, found) = without_ranges(&built, true);
    assert!(code == 0 && has(&found, "good", "a segment of"), "{code} {found:?}");
}

#[test]
fn a_site_that_pages_elsewhere_cannot_load_from_is_told_how() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("index.html"), HTML).unwrap();
    let url = format!("{}index.html", host_without_ranges(directory.path()));
    let (_, found) = check(&url, &[]);
    assert!(has(&found, "advice", "the host answers 404: no page elsewhere"), "{found:?}");
    fs::create_dir(directory.path().join("embed")).unwrap();
    fs::write(directory.path().join("embed/v1.js"), "export {};").unwrap();
    let (_, found) = check(&url, &[]);
    assert!(has(&found, "advice", "pages of other sites may not load it"), "{found:?}");
    let (_, found) = check(&url, &["--from", "https://a.org"]);
    assert!(has(&found, "problem", "pages of https://a.org may not load it"), "{found:?}");
}

#[test]
fn what_is_no_dataset_or_no_host_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let url = host_without_ranges(directory.path());
    let (code, found) = check(&url, &[]);
    assert!(code == 5 && has(&found, "problem", "404"), "{code} {found:?}");
    fs::write(directory.path().join("manifest.tsm"), "nonsense").unwrap();
    let (code, found) = check(&url, &[]);
    assert!(code == 5 && has(&found, "problem", "manifest is broken"), "{code} {found:?}");
    assert_eq!(check("nonsense", &[]).0, 2);
    let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let (code, found) = check(&format!("http://{closed}/"), &[]);
    assert!(code == 4 && has(&found, "error", "cannot be reached"), "{code} {found:?}");
}
