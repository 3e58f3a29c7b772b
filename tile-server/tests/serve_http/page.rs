//! The page and its files.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
    sync::Arc,
};

use tempfile::TempDir;
use tile_server::serve::{BasePath, CorsOrigins, DirectoryFrontEnd, FrameAncestors, Origins, ServeError};

use crate::support::*;

const INDEX: &str = "<!doctype html><script type=\"module\">start()</script><script src=a.js></script>";
const WASM: &str = "explorer-wasm-0123456789abcdef_bg.wasm";

fn dist() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::create_dir(root.join("fonts")).unwrap();
    fs::write(root.join("index.html"), INDEX).unwrap();
    write_compressed(root, "worker.js", &"postMessage(1);".repeat(200));
    fs::write(root.join(WASM), b"\0asm\x01\0\0\0".repeat(400)).unwrap();
    fs::write(root.join("picture.png"), noise(4000)).unwrap();
    fs::write(root.join("tiny.css"), "p{}").unwrap();
    fs::write(root.join("fonts/inter.woff2"), noise(100)).unwrap();
    directory
}

/// Writes a file and, beside it, what the build of the page makes of it.
fn write_compressed(root: &Path, name: &str, text: &str) {
    fs::write(root.join(name), text).unwrap();
    fs::write(root.join(format!("{name}.zst")), zstd::bulk::compress(text.as_bytes(), 19).unwrap()).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(text.as_bytes()).unwrap();
    fs::write(root.join(format!("{name}.gz")), gzip.finish().unwrap()).unwrap();
}

fn server(dist: &TempDir) -> TestServer {
    let page = DirectoryFrontEnd::open(dist.path()).unwrap();
    TestServer::start_with(|options| options.front_end = Some(Arc::new(page)))
}

#[test]
fn the_page_answers_at_its_root_and_at_every_dataset() {
    let (dist, paths) = (dist(), ["/", "/index.html", "/d/demo", "/d/demo/genes", "/?color=louvain"]);
    let server = server(&dist);
    for path in paths {
        let answer = server.get(path, &[]);
        assert_eq!((answer.status, answer.text()), (200, INDEX), "{path}");
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
        let tag = answer.header("etag").unwrap();
        assert_eq!(server.get(path, &[("If-None-Match", tag)]).status, 304);
    }
    assert_eq!(server.get("/nothing.html", &[]).status, 404);
    assert_eq!(server.request("POST", "/", &[]).status, 405);
}

#[test]
fn a_dataset_that_there_is_not_has_a_page_that_says_so() {
    let dist = dist();
    let server = server(&dist);
    // The page finds no manifest.
    let tag = server.get("/", &[]).header("etag").unwrap().to_owned();
    for headers in [&[][..], &[("If-None-Match", &*tag)]] {
        let answer = server.get("/d/none", headers);
        assert_eq!((answer.status, answer.text(), answer.header("cache-control")), (404, INDEX, Some("no-store")));
    }
}

#[test]
fn files_have_the_types_browsers_insist_on() {
    let dist = dist();
    let server = server(&dist);
    for (path, expected) in [
        (&*format!("/{WASM}"), "application/wasm"),
        ("/worker.js", "text/javascript; charset=utf-8"),
        ("/tiny.css", "text/css; charset=utf-8"),
        ("/picture.png", "image/png"),
        ("/fonts/inter.woff2", "font/woff2"),
    ] {
        let answer = server.get(path, &[]);
        assert_eq!(answer.header("content-type"), Some(expected), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

#[test]
fn only_names_that_say_their_content_are_kept_for_ever() {
    let dist = dist();
    let server = server(&dist);
    let caching = |path: &str| server.head(path, &[]).header("cache-control").unwrap().to_owned();
    assert!(caching(&format!("/{WASM}")).contains("immutable"));
    assert_eq!(caching("/worker.js"), "no-cache");
}

#[test]
fn files_are_compressed_as_the_client_takes_it_and_only_where_it_pays() {
    let dist = dist();
    let server = server(&dist);
    let script = fs::read(dist.path().join("worker.js")).unwrap();

    let zstd = server.get("/worker.js", &[("Accept-Encoding", "gzip, br, zstd")]);
    assert_eq!(zstd.header("content-encoding"), Some("zstd"));
    assert_eq!(zstd.header("vary"), Some("accept-encoding"));
    assert_eq!(zstd.content_length(), Some(zstd.body.len()));
    assert_eq!(zstd::decode_all(&*zstd.body).unwrap(), script);

    let gzip = server.get("/worker.js", &[("Accept-Encoding", "gzip, br")]);
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    let mut inflated = Vec::new();
    flate2::read::GzDecoder::new(&*gzip.body).read_to_end(&mut inflated).unwrap();
    assert_eq!(inflated, script);

    let plain = server.get("/worker.js", &[]);
    assert_eq!((plain.header("content-encoding"), &plain.body), (None, &script));
    let tags = [&zstd, &gzip].map(|answer| answer.header("etag").unwrap().to_owned());
    assert_ne!(tags[0], tags[1]);
    let again = [("Accept-Encoding", "zstd"), ("If-None-Match", &*tags[0])];
    assert_eq!(server.get("/worker.js", &again).status, 304);

    for path in ["/picture.png", "/tiny.css"] {
        let answer = server.get(path, &[("Accept-Encoding", "gzip, zstd")]);
        assert_eq!(answer.header("content-encoding"), None, "{path}");
    }
}

#[test]
fn a_rebuilt_page_shows_at_once() {
    let dist = dist();
    let server = server(&dist);
    let zstd = [("Accept-Encoding", "zstd")];
    let before = server.get("/worker.js", &zstd);
    let script = "postMessage(2);".repeat(200);
    write_compressed(dist.path(), "worker.js", &script);
    let tag = before.header("etag").unwrap();
    let after = server.get("/worker.js", &[zstd[0], ("If-None-Match", tag)]);
    assert_eq!(after.status, 200);
    assert_eq!(zstd::decode_all(&*after.body).unwrap(), script.as_bytes());
}

#[test]
fn what_was_compressed_of_another_build_is_not_sent() {
    let dist = dist();
    let server = server(&dist);
    let script = "postMessage(3);".repeat(200);
    fs::write(dist.path().join("worker.js"), &script).unwrap();
    for coding in ["zstd", "gzip"] {
        let answer = server.get("/worker.js", &[("Accept-Encoding", coding)]);
        assert_eq!((answer.header("content-encoding"), answer.text()), (None, &*script), "{coding}");
    }
}

#[test]
fn nothing_is_compressed_on_request() {
    let dist = dist();
    let server = server(&dist);
    fs::remove_file(dist.path().join("worker.js.zst")).unwrap();
    let answer = server.get("/worker.js", &[("Accept-Encoding", "zstd")]);
    assert_eq!((answer.status, answer.header("content-encoding")), (200, None));
}

/// A document as the page's.
const DOCUMENT: &str = "<!doctype html><base href=\"./\" /><meta name=\"tessera-data-origins\" content=\"\" />\
                        <meta name=\"tessera-embed-origins\" content=\"\" /><script src=a.js></script>";

#[test]
fn a_document_is_told_where_the_page_is_and_what_it_may_show() {
    let dist = dist();
    write_compressed(dist.path(), "index.html", DOCUMENT);
    let page = DirectoryFrontEnd::open(dist.path()).unwrap();
    let server = TestServer::start_with(|options| {
        options.front_end = Some(Arc::new(page));
        options.base_path = BasePath::parse("/x/").unwrap();
        options.data_origins = Origins::parse(&["https://example.org".to_owned()]).unwrap();
        options.embed_origins = Origins::parse(&["https://host.org".to_owned()]).unwrap();
        options.frame_ancestors = FrameAncestors::named(&options.embed_origins);
    });
    let filled = DOCUMENT.replace("./", "/x/");
    let filled = filled.replacen("content=\"\"", "content=\"https://example.org\"", 1);
    let filled = filled.replacen("content=\"\"", "content=\"https://host.org\"", 1);
    for coding in [&[][..], &[("Accept-Encoding", "zstd")]] {
        let answer = server.get("/x/d/demo", coding);
        let body = match answer.header("content-encoding") {
            Some(_) => zstd::decode_all(&*answer.body).unwrap(),
            None => answer.body.clone(),
        };
        assert_eq!((answer.status, String::from_utf8(body).unwrap()), (200, filled.clone()), "{coding:?}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("connect-src 'self' https://example.org; "), "{policy}");
        assert!(policy.ends_with("frame-ancestors 'self' https://host.org"), "{policy}");
    }
}

#[test]
fn other_sites_may_load_what_embeds_the_page() {
    let dist = dist();
    fs::create_dir(dist.path().join("embed")).unwrap();
    for name in ["v1.js", "0.1.0.js"] {
        fs::write(dist.path().join("embed").join(name), "export {}").unwrap();
    }
    let page = DirectoryFrontEnd::open(dist.path()).unwrap();
    let server = TestServer::start_with(|options| options.front_end = Some(Arc::new(page)));
    for (path, caching) in
        [("/embed/v1.js", "public, max-age=3600"), ("/embed/0.1.0.js", "public, max-age=31536000, immutable")]
    {
        let answer = server.get(path, &[("Origin", "https://example.org")]);
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some(caching)), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("cross-origin"), "{path}");
    }
    // A host that isolates itself shows the page, whose workers say the same of themselves, and no file by itself.
    for (path, policy) in [("/", "cross-origin"), ("/worker.js", "same-origin")] {
        let answer = server.get(path, &[]);
        assert_eq!(answer.header("cross-origin-embedder-policy"), Some("require-corp"), "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some(policy), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}

#[test]
fn everything_lies_below_the_base_path() {
    let dist = dist();
    let page = DirectoryFrontEnd::open(dist.path()).unwrap();
    let server = TestServer::start_with(|options| {
        options.front_end = Some(Arc::new(page));
        options.base_path = BasePath::parse("/x/").unwrap();
        options.cors = CorsOrigins::Any;
    });
    for path in
        ["/", "/worker.js", "/d/demo", "/healthz", "/api/datasets", "/api/datasets/demo", "/data/demo/manifest.tsm"]
    {
        assert_eq!(server.get(&format!("/x{path}"), &[]).status, 200, "{path}");
        assert_eq!(server.get(path, &[]).status, 404, "{path}");
    }
    let answer = server.get(&format!("/x/data/demo/tiles/{OBS}/1"), &[("Origin", "https://example.org")]);
    assert_eq!((answer.status, answer.body), (200, tile(1)));
    assert!(answer.headers.iter().any(|(name, _)| name == "access-control-allow-origin"));
    let redirect = server.get("/x?data=y", &[]);
    assert_eq!((redirect.status, redirect.header("location")), (308, Some("/x/?data=y")));
}

#[test]
fn the_policy_permits_the_page_s_own_files_and_nothing_inline() {
    let dist = dist();
    let server = server(&dist);
    let answer = server.get("/", &[]);
    let policy = answer.header("content-security-policy").unwrap();
    let directives: Vec<_> = policy.split("; ").collect();
    for expected in [
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'none'",
        "frame-ancestors *",
    ] {
        assert!(directives.contains(&expected), "{expected} in {policy}");
    }
    for forbidden in ["'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"] {
        assert!(!policy.contains(forbidden), "{forbidden} in {policy}");
    }
    assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
    let worker = server.get("/worker.js", &[]);
    let policy = worker.header("content-security-policy").unwrap();
    assert!(policy.contains("'wasm-unsafe-eval'"), "a worker has the policy of its own answer");
}

#[test]
fn the_sites_that_may_frame_the_page_are_an_option() {
    let dist = dist();
    let page = DirectoryFrontEnd::open(dist.path()).unwrap();
    let server = TestServer::start_with(|options| {
        options.front_end = Some(Arc::new(page));
        options.frame_ancestors = FrameAncestors::parse("'self' https://example.org").unwrap();
    });
    let answer = server.get("/", &[]);
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.ends_with("frame-ancestors 'self' https://example.org"), "{policy}");
}

#[test]
fn a_directory_without_an_index_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let refused = DirectoryFrontEnd::open(directory.path());
    assert!(matches!(refused, Err(ServeError::FrontEnd { .. })));
}
