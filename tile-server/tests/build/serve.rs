//! `serve FILE.h5ad`: builds into a cache, serves, and builds again when the content is another.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, SystemTime},
};

use serde_json::Value;
use shared_fbs::api::PosterName;

use crate::{
    fixtures::Written,
    input::{Storage, counts, demo, with_x},
};

/// A running server, stopped when dropped.
pub struct Server {
    child: Child,
    /// Host and port.
    pub address: String,
}

impl Server {
    pub fn start(inputs: &[&Path], more: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
        command.arg("serve").args(inputs).args(more);
        Self::spawn(command.stderr(Stdio::null()))
    }

    fn cached(input: &Path, cache: &Path, more: &[&str]) -> Self {
        Self::start(&[input], &[&["--cache", cache.to_str().unwrap()], more].concat())
    }

    fn spawn(command: &mut Command) -> Self {
        Self::listening(command.args(["--port", "0", "--no-open"]))
    }

    /// Starts this command as it is.
    pub fn listening(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { child, address }
    }

    pub fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Id and number of cells of each dataset.
    fn datasets(&self) -> Vec<(String, u64)> {
        let answer = self.get("/api/datasets");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        let datasets: Vec<Value> = serde_json::from_str(body).unwrap();
        let dataset =
            |dataset: &Value| (dataset["id"].as_str().unwrap().to_owned(), dataset["n_obs"].as_u64().unwrap());
        datasets.iter().map(dataset).collect()
    }

    /// The number of cells of the only dataset.
    fn n_obs(&self) -> u64 {
        let [(_, n_obs)] = self.datasets()[..] else { panic!("{:?}", self.datasets()) };
        n_obs
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
fn a_dataset_has_posters_in_its_page_beside_it_and_in_its_document() {
    let cache = tempfile::tempdir().unwrap();
    let www = concat!(env!("CARGO_MANIFEST_DIR"), "/../www");
    let server = Server::cached(&demo(), cache.path(), &["--front-end", www]);
    let (id, _) = server.datasets().remove(0);
    let page = server.get(&format!("/d/{id}"));
    let (_, address) = page.split_once("<img src=\"").unwrap_or_else(|| panic!("no poster in {page}"));
    let named = server.get(&format!("/{}", address.split_once('"').unwrap().0));
    assert!(named.contains("content-type: image/png") && named.contains("immutable"), "{}", &named[..600]);
    for name in PosterName::ALL {
        let beside = server.get(&format!("/d/{id}/{}", name.file()));
        let (head, _) = beside.split_once("\r\n\r\n").unwrap();
        for told in ["200 OK", "content-type: image/png", "cross-origin-resource-policy: cross-origin"] {
            assert!(head.contains(told), "{head}");
        }
    }
    let document = server.get(&format!("/about/{id}.html"));
    assert!(document.contains(&format!("src=\"../d/{id}/poster-light.png\"")), "{document}");
    assert!(document.contains("og:image"), "{document}");
    assert!(server.get("/d/nothing/poster-light.png").starts_with("HTTP/1.1 404"));
    assert!(!server.get("/d/nothing").contains("class=\"poster\""));
}

#[test]
fn a_file_is_built_once_and_served() {
    let directory = tempfile::tempdir().unwrap();
    let input = directory.path().join("my cells.h5ad");
    fs::copy(demo(), &input).unwrap();
    let cache = directory.path().join("cache");
    let first = {
        let server = Server::cached(&input, &cache, &[]);
        assert!(server.address.starts_with("127.0.0.1:"));
        let [(id, 700)] = &server.datasets()[..] else { panic!("{:?}", server.datasets()) };
        assert!(id.starts_with("my cells-") && id.len() == "my cells-3f9a1c".len(), "{id}");
        built_at(&cache)
    };
    drop(Server::cached(&input, &cache, &[]));
    assert_eq!(built_at(&cache), first);
    // Another choice is another dataset, and no choice is one, too.
    drop(Server::cached(&input, &cache, &["--main-label", "louvain"]));
    let second = built_at(&cache);
    assert_ne!(second, first);
    drop(Server::cached(&input, &cache, &["--main-label", "louvain"]));
    assert_eq!(built_at(&cache), second);
    drop(Server::cached(&input, &cache, &[]));
    let third = built_at(&cache);
    assert_ne!(third, second);
    // A new date is no new content.
    fs::File::options().append(true).open(&input).unwrap().set_modified(SystemTime::now()).unwrap();
    drop(Server::cached(&input, &cache, &[]));
    assert_eq!(built_at(&cache), third);
}

/// A file of so many cells.
fn cells(n_obs: usize) -> Written {
    with_x(&counts(n_obs, 4, 1), 4, Storage::Csr).write()
}

#[test]
fn a_file_replaced_by_an_older_one_is_built_again() {
    let directory = tempfile::tempdir().unwrap();
    let input = directory.path().join("x.h5ad");
    fs::copy(cells(30).path(), &input).unwrap();
    assert_eq!(Server::start(&[&input], &[]).n_obs(), 30);
    assert!(directory.path().join("x.tessera/manifest.tsm").is_file());

    let older = directory.path().join("older");
    fs::copy(cells(31).path(), &older).unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(1_000_000);
    fs::File::options().append(true).open(&older).unwrap().set_modified(long_ago).unwrap();
    fs::rename(&older, &input).unwrap();
    assert_eq!(Server::start(&[&input], &[]).n_obs(), 31);

    // Written over in place, with the date of the one before.
    fs::write(&input, fs::read(cells(32).path()).unwrap()).unwrap();
    fs::File::options().append(true).open(&input).unwrap().set_modified(long_ago).unwrap();
    assert_eq!(Server::start(&[&input], &[]).n_obs(), 32);
}

#[test]
fn files_of_like_names_are_each_themselves_in_any_order() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let names = ["pbmc.v1", "pbmc.v2", "s", "s.h5", "s.h5ad", "細胞 é.h5ad"];
    for (name, n_obs) in names.iter().zip(30..) {
        fs::copy(cells(n_obs).path(), path(name)).unwrap();
    }
    let paths = names.map(path);
    let mut served: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let datasets = Server::start(&served, &[]).datasets();
    let n_obs: Vec<u64> = datasets.iter().map(|dataset| dataset.1).collect();
    assert_eq!(n_obs, [30, 31, 32, 33, 34, 35]);
    let called: Vec<&str> = datasets.iter().map(|dataset| dataset.0.rsplit_once('-').unwrap().0).collect();
    assert_eq!(called, ["pbmc.v1", "pbmc.v2", "s", "s.h5", "s", "細胞 é"]);

    served.reverse();
    served.insert(2, served[1]);
    let reversed = Server::start(&served, &[]).datasets();
    assert!(reversed.iter().eq(datasets.iter().rev()), "{reversed:?}");
}

#[test]
fn an_id_is_the_same_whatever_else_is_served() {
    let directory = tempfile::tempdir().unwrap();
    let [first, second] = ["a", "b"].map(|folder| {
        fs::create_dir(directory.path().join(folder)).unwrap();
        directory.path().join(folder).join("x.h5ad")
    });
    fs::copy(cells(30).path(), &first).unwrap();
    fs::copy(cells(31).path(), &second).unwrap();
    let alone = Server::start(&[&first], &[]);
    let [(id, 30)] = &alone.datasets()[..] else { panic!("{:?}", alone.datasets()) };
    let status = |server: &Server, path: &str| server.get(path).split(' ').nth(1).unwrap().to_owned();
    // By its name, too, as long as that is one dataset's.
    for called in [id, "x"] {
        assert_eq!(status(&alone, &format!("/api/datasets/{called}")), "200");
        assert_eq!(status(&alone, &format!("/data/{called}/manifest.tsm")), "200");
    }
    for inputs in [[&*first, &*second], [&*second, &*first]] {
        let both = Server::start(&inputs, &[]);
        let datasets = both.datasets();
        assert!(datasets.contains(&(id.clone(), 30)) && datasets.iter().any(|(other, n)| other != id && *n == 31));
        assert_eq!(status(&both, &format!("/api/datasets/{id}")), "200");
        assert_eq!(status(&both, "/api/datasets/x"), "404");
    }
}

#[test]
fn what_was_built_on_purpose_beside_a_file_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let [input, built] = ["x.h5ad", "x.tessera"].map(|name| directory.path().join(name));
    fs::copy(cells(30).path(), &input).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    assert!(command.arg("build").arg(cells(40).path()).arg("--out").arg(&built).status().unwrap().success());
    let manifest = fs::read(built.join("manifest.tsm")).unwrap();
    assert_eq!(Server::start(&[&input], &[]).n_obs(), 30);
    assert_eq!(fs::read(built.join("manifest.tsm")).unwrap(), manifest);
}

#[test]
fn a_broken_dataset_does_not_keep_others_from_being_served() {
    let directory = tempfile::tempdir().unwrap();
    let [whole, broken] = ["whole", "broken"].map(|name| directory.path().join(name));
    for (out, n_obs) in [(&whole, 30), (&broken, 31)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
        assert!(command.arg("build").arg(cells(n_obs).path()).arg("--out").arg(out).status().unwrap().success());
    }
    let manifest = fs::read(broken.join("manifest.tsm")).unwrap();
    fs::write(broken.join("manifest.tsm"), "nonsense").unwrap();
    let text = directory.path().join("text.h5ad");
    fs::write(&text, "no AnnData").unwrap();
    let server = Server::start(&[directory.path(), &text], &["--quiet"]);
    let called = |server: &Server| -> Vec<(String, u64)> {
        let called = |id: String| id.rsplit_once('-').unwrap().0.to_owned();
        server.datasets().into_iter().map(|(id, n_obs)| (called(id), n_obs)).collect()
    };
    assert_eq!(called(&server), [("whole".to_owned(), 30)]);
    // It is served as soon as it is mended.
    fs::write(broken.join("manifest.tsm"), manifest).unwrap();
    assert_eq!(called(&server), [("broken".to_owned(), 31), ("whole".to_owned(), 30)]);
}

#[test]
fn where_no_dataset_can_be_shown_each_reason_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let folder = |name: &str| {
        let path = directory.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    };
    let said_of = |name: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
        let output = command.args(["serve", "--no-open", "--port", "0"]).arg(folder(name)).output().unwrap();
        assert_eq!(output.status.code(), Some(3));
        String::from_utf8(output.stderr).unwrap()
    };
    for name in ["empty", "broken"] {
        fs::write(folder(&format!("datasets/{name}")).join("manifest.tsm"), if name == "empty" { "" } else { "x" })
            .unwrap();
    }
    let said = said_of("datasets");
    for name in ["empty", "broken"] {
        assert!(said.contains(&format!("datasets/{name}: manifest.tsm: ")), "{said}");
    }
    for (name, collection) in [("one", "titel = 'x'"), ("two", "title = 3")] {
        fs::write(folder(&format!("collections/{name}/a")).join("manifest.tsm"), "x").unwrap();
        fs::write(folder(&format!("collections/{name}")).join("collection.toml"), collection).unwrap();
    }
    let said = said_of("collections");
    let last = said.lines().last().unwrap();
    assert!(last.contains("one: collection.toml: line 1, column 1: unknown field `titel`"), "{last}");
    assert!(last.contains("two: collection.toml: line 1, column 9: invalid type"), "{last}");
}

/// Nothing can be made among the open files of a process, whoever asks.
#[cfg(target_os = "linux")]
#[test]
fn where_nothing_can_be_written_the_users_cache_is_used_and_it_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let [home, said] = ["home", "said"].map(|name| directory.path().join(name));
    let written = cells(30);
    let start = || {
        let mut command = Command::new("sh");
        command.arg("-c").arg(r#"exec 9<"$INPUT" && exec "$0" "$@""#).arg(env!("CARGO_BIN_EXE_tile-server"));
        command.args(["serve", "/proc/self/fd/9"]).env("INPUT", written.path()).env("XDG_CACHE_HOME", &home);
        command.stderr(fs::File::create(&said).unwrap());
        Server::spawn(&mut command)
    };
    assert_eq!(start().n_obs(), 30);
    let kept = cached(&home.join("tessera/datasets"));
    let message = fs::read_to_string(&said).unwrap();
    assert!(message.contains("the dataset is kept at") && message.contains(kept.to_str().unwrap()), "{message}");
    let built = built_at(&home.join("tessera/datasets"));
    assert_eq!(start().n_obs(), 30);
    assert_eq!(built_at(&home.join("tessera/datasets")), built);
}

/// Nothing can be made among the open files of a process, whoever asks.
#[cfg(target_os = "linux")]
#[test]
fn where_there_is_no_place_at_all_the_option_for_one_is_named() {
    let written = cells(30);
    let mut command = Command::new("sh");
    command.arg("-c").arg(r#"exec 9<"$INPUT" && exec "$0" "$@""#).arg(env!("CARGO_BIN_EXE_tile-server"));
    command.args(["serve", "/proc/self/fd/9", "--port", "0", "--no-open"]).env("INPUT", written.path());
    for cache in [None, Some("/proc/self/fd")] {
        command.env_remove("XDG_CACHE_HOME").env_remove("HOME");
        cache.map(|cache| command.env("XDG_CACHE_HOME", cache));
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{said}");
        assert!(said.contains("can be kept nowhere; name a directory that can be written with --cache"), "{said}");
    }
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
