//! The manifest and the packs: whole, in ranges, conditionally.

use std::fs;

use crate::support::*;

fn pack_path() -> String {
    format!("/data/demo/{OBS}.pack")
}

fn pack_bytes() -> Vec<u8> {
    (0..4).flat_map(frame).collect()
}

#[test]
fn health_is_a_plain_ok() {
    let server = TestServer::start();
    let answer = server.get("/healthz", &[]);
    assert_eq!((answer.status, answer.text()), (200, "ok\n"));
    let head = server.head("/healthz", &[]);
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.content_length(), Some(3));
}

#[test]
fn datasets_are_listed_as_json() {
    let server = TestServer::start();
    let answer = server.get("/api/datasets", &[]);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let list: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let expected = serde_json::json!([{"id": "demo", "title": "first", "n_obs": 700, "n_vars": 765}]);
    assert_eq!(list, expected);
    let tag = answer.header("etag").unwrap();
    assert_eq!(server.get("/api/datasets", &[("If-None-Match", tag)]).status, 304);
}

#[test]
fn a_pack_is_immutable_and_its_tag_is_its_hash() {
    let server = TestServer::start();
    let answer = server.get(&pack_path(), &[]);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, pack_bytes());
    assert_eq!(answer.content_length(), Some(pack_bytes().len()));
    let tag = format!("\"00000000000000aa-{:x}\"", pack_bytes().len());
    assert_eq!(answer.header("etag"), Some(&*tag));
    assert_eq!(answer.header("last-modified"), Some(SOME_DAY));
    assert_eq!(answer.header("accept-ranges"), Some("bytes"));
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    assert_eq!(answer.header("content-encoding"), None);
    assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

#[test]
fn a_head_says_what_a_get_would() {
    let server = TestServer::start();
    let (get, head) = (server.get(&pack_path(), &[]), server.head(&pack_path(), &[]));
    assert!(head.body.is_empty());
    for name in ["content-length", "etag", "last-modified", "cache-control", "content-type"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    let head = server.head(&pack_path(), &[("Range", "bytes=0-1")]);
    assert_eq!(head.status, 200, "a range counts for GET only");
}

#[test]
fn a_pack_larger_than_any_buffer_arrives_whole() {
    let server = TestServer::start();
    let answer = server.get(&format!("/data/demo/{POINTS}.pack"), &[]);
    assert_eq!(answer.content_length(), Some(POINTS_BYTES));
    assert!(answer.body == noise(POINTS_BYTES));
}

#[test]
fn one_range_is_a_206_with_its_place() {
    let server = TestServer::start();
    let (bytes, len) = (pack_bytes(), pack_bytes().len());
    for (range, expected) in [
        ("bytes=0-0".to_owned(), 0..1),
        ("bytes=3-9".to_owned(), 3..10),
        ("bytes=5-".to_owned(), 5..len),
        ("bytes=-7".to_owned(), len - 7..len),
        (format!("bytes=2-{}", len * 2), 2..len),
        (format!("bytes=1-2,{len}-"), 1..3),
    ] {
        let answer = server.get(&pack_path(), &[("Range", &range)]);
        assert_eq!(answer.status, 206, "{range}");
        assert_eq!(answer.body, bytes[expected.clone()], "{range}");
        let place = format!("bytes {}-{}/{len}", expected.start, expected.end - 1);
        assert_eq!(answer.header("content-range"), Some(&*place), "{range}");
        assert_eq!(answer.content_length(), Some(expected.len()), "{range}");
        assert!(answer.header("etag").is_some() && answer.header("cache-control").is_some());
    }
}

#[test]
fn a_range_deep_in_a_large_pack_is_read_from_its_place() {
    let server = TestServer::start();
    let path = format!("/data/demo/{POINTS}.pack");
    let answer = server.get(&path, &[("Range", "bytes=10000000-15000000")]);
    assert_eq!(answer.status, 206);
    assert!(answer.body == noise(POINTS_BYTES)[10_000_000..=15_000_000]);
}

#[test]
fn several_ranges_are_answered_with_the_whole_file() {
    let server = TestServer::start();
    let answer = server.get(&pack_path(), &[("Range", "bytes=10-19, 0-4, -3")]);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-range"), None);
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    assert_eq!(answer.body, pack_bytes());
}

#[test]
fn a_range_that_cannot_be_sent_is_a_416_with_the_length() {
    let server = TestServer::start();
    let len = pack_bytes().len();
    for range in [format!("bytes={len}-"), "bytes=-0".to_owned(), "bytes=0-,0-".to_owned()] {
        let answer = server.get(&pack_path(), &[("Range", &range)]);
        assert_eq!(answer.status, 416, "{range}");
        assert_eq!(answer.header("content-range"), Some(&*format!("bytes */{len}")));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[test]
fn a_range_that_cannot_be_read_is_as_if_absent() {
    let server = TestServer::start();
    for range in ["bytes=9-3", "tiles=1-2", "bytes=x", "nonsense"] {
        let answer = server.get(&pack_path(), &[("Range", range)]);
        assert_eq!((answer.status, answer.body), (200, pack_bytes()), "{range}");
    }
}

#[test]
fn if_range_sends_the_part_only_of_the_same_bytes() {
    let server = TestServer::start();
    let tag = server.head(&pack_path(), &[]).header("etag").unwrap().to_owned();
    for (condition, status) in [
        (tag.clone(), 206),
        (SOME_DAY.to_owned(), 206),
        (format!("W/{tag}"), 200),
        ("\"other\"".to_owned(), 200),
        ("Sun, 06 Nov 1994 08:49:38 GMT".to_owned(), 200),
    ] {
        let headers = [("Range", "bytes=0-1"), ("If-Range", &*condition)];
        assert_eq!(server.get(&pack_path(), &headers).status, status, "{condition}");
    }
}

#[test]
fn what_the_client_has_is_not_sent_again() {
    let server = TestServer::start();
    for path in [pack_path(), "/data/demo/manifest.tsm".to_owned()] {
        let tag = server.head(&path, &[]).header("etag").unwrap().to_owned();
        for headers in [[("If-None-Match", &*tag)], [("If-None-Match", "*")], [("If-Modified-Since", SOME_DAY)]] {
            let answer = server.get(&path, &headers);
            assert_eq!(answer.status, 304, "{path} {headers:?}");
            assert!(answer.body.is_empty());
            assert_eq!(answer.header("etag"), Some(&*tag));
            assert!(answer.header("cache-control").is_some());
        }
        let stale = server.get(&path, &[("If-None-Match", "\"other\"")]);
        assert_eq!(stale.status, 200);
        assert_eq!(server.get(&path, &[("If-Match", "\"other\"")]).status, 412);
    }
}

#[test]
fn a_manifest_is_revalidated_and_changes_its_tag() {
    let server = TestServer::start();
    let first = server.get("/data/demo/manifest.tsm", &[]);
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    assert_eq!(first.text(), "first");
    let tag = first.header("etag").unwrap().to_owned();

    fs::write(server.file("manifest.tsm"), "second").unwrap();
    let second = server.get("/data/demo/manifest.tsm", &[("If-None-Match", &tag)]);
    assert_eq!((second.status, second.text()), (200, "second"));
    assert_ne!(second.header("etag"), Some(&*tag));
}

#[test]
fn a_dataset_built_anew_is_served_anew_and_a_broken_one_as_it_was() {
    let server = TestServer::start();
    let title = || {
        let list = server.get("/api/datasets", &[]);
        let list: serde_json::Value = serde_json::from_slice(&list.body).unwrap();
        list[0]["title"].as_str().unwrap().to_owned()
    };
    // As a build puts it into its place, whole: the server looks at the folder by itself, too.
    let publish = |text: &str| {
        fs::write(server.file("manifest.new"), text).unwrap();
        fs::rename(server.file("manifest.new"), server.file("manifest.tsm")).unwrap();
    };
    assert_eq!(title(), "first");
    publish("second!");
    assert_eq!(title(), "second!");
    publish("broken");
    assert_eq!(title(), "second!");
    assert_eq!(server.get(&pack_path(), &[]).status, 200);
}

#[test]
fn other_methods_are_refused_and_told_what_is_allowed() {
    let server = TestServer::start();
    for path in ["/healthz", "/api/datasets", &pack_path(), "/data/demo/manifest.tsm"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
            let answer = server.request(method, path, &[]);
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        }
    }
    assert_eq!(server.request("POST", "/data/demo/other", &[]).status, 404);
}

#[test]
fn what_is_not_there_is_said_in_a_sentence() {
    let server = TestServer::start();
    for path in ["/", "/nothing", "/api", "/data/other/manifest.tsm", "/data/demo/other.pack"] {
        let answer = server.get(path, &[]);
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        assert!(answer.text().ends_with(".\n"), "{path}: {}", answer.text());
    }
}

#[test]
fn a_pack_that_is_gone_is_a_failure_without_paths() {
    let server = TestServer::start();
    fs::remove_file(server.file(&format!("{OBS}.pack"))).unwrap();
    let answer = server.get(&pack_path(), &[]);
    assert_eq!(answer.status, 500);
    assert!(!answer.text().contains('/'), "{}", answer.text());
}
