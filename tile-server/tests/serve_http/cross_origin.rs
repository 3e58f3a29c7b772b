//! What pages of other origins may read.

use tile_server::serve::CorsOrigins;

use crate::support::*;

fn server(origins: &[&str]) -> TestServer {
    let origins: Vec<_> = origins.iter().map(|&origin| origin.to_owned()).collect();
    TestServer::start_with(|options| options.cors = CorsOrigins::parse(&origins).unwrap())
}

const OURS: (&str, &str) = ("Origin", "https://example.org");
const THEIRS: (&str, &str) = ("Origin", "https://example.com");
const ALLOWED: &str = "access-control-allow-origin";

#[test]
fn without_the_option_nothing_is_shared() {
    let server = TestServer::start();
    let answer = server.get("/data/demo/manifest.tsm", &[OURS]);
    assert_eq!((answer.status, answer.header(ALLOWED)), (200, None));
}

#[test]
fn data_and_lists_are_shared_with_every_origin_under_a_star() {
    let server = server(&["*"]);
    for path in ["/data/demo/manifest.tsm", "/api/datasets", "/data/demo/none.pack"] {
        assert_eq!(server.get(path, &[OURS]).header(ALLOWED), Some("*"), "{path}");
    }
    assert_eq!(server.get("/healthz", &[OURS]).header(ALLOWED), None);
}

#[test]
fn data_is_shared_with_the_origins_named_alone() {
    let server = server(&["https://example.org", "http://localhost:8080"]);
    let answer = server.get("/data/demo/manifest.tsm", &[OURS]);
    assert_eq!(answer.header(ALLOWED), Some("https://example.org"));
    assert!(answer.headers.iter().any(|(name, value)| name == "vary" && value.contains("origin")));
    let answer = server.get("/data/demo/manifest.tsm", &[THEIRS]);
    assert_eq!(answer.header(ALLOWED), None);
}

#[test]
fn a_reader_of_ranges_sees_the_headers_it_needs() {
    let server = server(&["*"]);
    let path = format!("/data/demo/{OBS}.pack");
    let answer = server.get(&path, &[OURS, ("Range", "bytes=0-1")]);
    assert_eq!(answer.status, 206);
    let exposed = answer.header("access-control-expose-headers").unwrap();
    for name in ["etag", "content-range", "content-length", "accept-ranges", "last-modified"] {
        assert!(exposed.split(',').any(|exposed| exposed == name), "{name} in {exposed}");
    }
}

#[test]
fn a_preflight_permits_ranges_and_conditions() {
    let server = server(&["https://example.org"]);
    let headers =
        [OURS, ("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "range, if-none-match")];
    let answer = server.request("OPTIONS", "/data/demo/manifest.tsm", &headers);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header(ALLOWED), Some("https://example.org"));
    let permitted = answer.header("access-control-allow-headers").unwrap();
    assert!(permitted.contains("range") && permitted.contains("if-none-match"), "{permitted}");
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET,HEAD,POST"));
    assert_eq!(answer.header("access-control-max-age"), Some("86400"));
}

#[test]
fn a_preflight_permits_sets_of_cells() {
    let server = server(&["https://example.org"]);
    let path = "/api/datasets/demo/moments?layer=raw";
    let headers = [OURS, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type")];
    let answer = server.request("OPTIONS", path, &headers);
    assert_eq!((answer.status, answer.header(ALLOWED)), (200, Some("https://example.org")));
    assert!(answer.header("access-control-allow-headers").unwrap().contains("content-type"));
    let answer = server.post(path, &[OURS], b"");
    assert_eq!(answer.header(ALLOWED), Some("https://example.org"));
    assert!(answer.header("access-control-expose-headers").unwrap().contains("retry-after"));
}

#[test]
fn nothing_is_shown_by_pages_of_other_origins_but_what_they_may_read() {
    const POLICY: &str = "cross-origin-resource-policy";
    let paths = ["/healthz", "/", "/api/datasets", "/data/demo/manifest.tsm", "/data/demo/none.pack"];
    let plain = TestServer::start();
    for path in paths {
        assert_eq!(plain.get(path, &[]).header(POLICY), Some("same-origin"), "{path}");
    }
    let shared = server(&["https://example.org"]);
    for (path, policy) in
        paths.iter().zip(["same-origin", "same-origin", "cross-origin", "cross-origin", "cross-origin"])
    {
        assert_eq!(shared.get(path, &[]).header(POLICY), Some(policy), "{path}");
    }
}
