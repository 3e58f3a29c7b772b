//! Faults of the machine: no room on the disk, a server that is killed, few descriptors, packs with another's content.

#![cfg(unix)]

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use hdf5_pure::AttrValue;
use tessera::{dataset::Dataset, files::Directory, verify::verify};

use crate::{
    input::{Storage, build, counts, demo, with_columns},
    serve::Server,
};

/// The program in a shell that has set this limit before.
fn limited(limit: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!(r#"{limit} && exec "$0" "$@""#)).arg(env!("CARGO_BIN_EXE_tile-server"));
    command.args(arguments);
    command
}

/// Writes fail beyond some 50 kB of a file, as they do where a disk is full.
fn without_room(arguments: &[&str]) -> Output {
    limited("trap '' XFSZ && ulimit -f 100", arguments).output().unwrap()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).map(|entries| entries.map(|entry| entry.unwrap().file_name()));
    let mut names: Vec<String> =
        entries.into_iter().flatten().map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// It says what could not be written, with the exit code for that.
fn assert_no_room(output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(4) && said.contains("cannot write"), "{:?}: {said}", output.status);
}

fn damage(path: &Path) -> Vec<String> {
    let report = verify(&Dataset::open(path).unwrap(), &Directory(path.to_owned()));
    report.damage.iter().map(ToString::to_string).collect()
}

#[test]
fn a_build_without_room_leaves_what_was_there() {
    let directory = tempfile::tempdir().unwrap();
    let (input, out) = (demo(), directory.path().join("out"));
    let arguments = ["build", "--quiet", text(&input), "--out", text(&out)];
    assert_no_room(&without_room(&arguments));
    assert_eq!(names(directory.path()), [""; 0]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    assert!(command.args(arguments).status().unwrap().success());
    let before = names(&out);
    assert_no_room(&without_room(&[&arguments[..], &["--force", "--main-label", "louvain"]].concat()));
    assert_eq!((names(directory.path()), names(&out)), (vec!["out".to_owned()], before));
    assert_eq!(damage(&out), [""; 0]);
}

#[test]
fn an_export_without_room_leaves_what_was_there() {
    let (directory, built) = (tempfile::tempdir().unwrap(), build(&demo()));
    let [page, site] = ["page", "hosted/site"].map(|name| directory.path().join(name));
    fs::create_dir(&page).unwrap();
    fs::write(page.join("index.html"), "<!doctype html><html><head><base href=\"./\" /></head></html>\n").unwrap();
    let path = built.path();
    let arguments =
        ["export", "--quiet", text(&path), "--out", text(&site), "--front-end", text(&page), "--segments", "512K"];
    assert_no_room(&without_room(&arguments));
    assert_eq!(names(&directory.path().join("hosted")), [""; 0]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let before = names(&site);
    assert_no_room(&without_room(&[&arguments[..], &["--force"]].concat()));
    assert_eq!((names(&directory.path().join("hosted")), names(&site)), (vec!["site".to_owned()], before));
}

#[test]
fn a_server_without_room_for_its_cache_says_so_and_leaves_no_half_dataset() {
    let directory = tempfile::tempdir().unwrap();
    let (input, cache) = (demo(), directory.path().join("cache"));
    let arguments = ["serve", text(&input), "--cache", text(&cache), "--port", "0", "--no-open"];
    assert_no_room(&without_room(&arguments));
    assert_eq!(names(&cache), [""; 0]);
    assert!(Server::start(&[&input], &["--cache", text(&cache)]).get("/api/datasets").contains("\"n_obs\":700"));
}

#[test]
fn a_copy_without_room_leaves_nothing_and_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let mut input = with_columns(700, 100).x(&counts(700, 100, 1), 100, Storage::Dense);
    input.file.set_attr("encoding-type", AttrValue::VarLenString("anndata".to_owned()));
    let (input, out) = (input.write(), directory.path().join("mended.h5ad"));
    let output = without_room(&["mend", "--quiet", text(&input.path()), "--out", text(&out)]);
    assert_no_room(&output);
    assert!(String::from_utf8_lossy(&output.stderr).contains("mended.h5ad"), "{output:?}");
    assert_eq!(names(directory.path()), [""; 0]);
}

#[test]
fn a_killed_server_can_be_started_again_at_its_port() {
    let built = build(&demo());
    let first = Server::start(&[&built.path()], &[]);
    let address = first.address.clone();
    let mut open = TcpStream::connect(&address).unwrap();
    write!(open, "GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    open.read_exact(&mut [0; 12]).unwrap();
    // As `kill -9` does.
    drop(first);
    let port = address.rsplit_once(':').unwrap().1;
    let path = built.path();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    let again =
        Server::listening(command.arg("serve").arg(&path).args(["--no-open", "--port", port]).stderr(Stdio::null()));
    assert_eq!(again.address, address);
    assert!(again.get("/api/datasets").contains("\"n_obs\":700"));
    assert_eq!(damage(&path), [""; 0]);
}

#[test]
fn a_server_with_few_descriptors_serves_on() {
    let built = build(&demo());
    let path = built.path();
    let arguments = ["serve", text(&path), "--port", "0", "--no-open", "--quiet"];
    let server = Server::listening(limited("ulimit -n 128", &arguments).stderr(Stdio::null()));
    let silent: Vec<TcpStream> = (0..200).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    for _ in 0..3 {
        assert!(server.get("/api/datasets").contains("\"n_obs\":700"));
        assert!(server.get("/data/dataset/manifest.tsm").starts_with("HTTP/1.1 200"));
    }
    drop(silent);
}

#[test]
fn a_pack_with_the_content_of_another_is_found() {
    let built = build(&demo());
    let path = built.path();
    let packs = &built.report.manifest.packs;
    let files: Vec<PathBuf> = packs.iter().map(|pack| path.join(&pack.file)).collect();
    let contents: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    for at in 0..files.len() {
        let other = contents[(at + 1) % files.len()].iter().cycle();
        fs::write(&files[at], other.take(contents[at].len()).copied().collect::<Vec<u8>>()).unwrap();
        let damage = damage(&path);
        assert!(damage.iter().any(|line| line.starts_with(&packs[at].file)), "{damage:?}");
        fs::write(&files[at], &contents[at]).unwrap();
    }
    assert_eq!(damage(&path), [""; 0]);
}
