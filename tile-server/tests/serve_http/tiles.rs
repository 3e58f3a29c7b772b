//! Tiles by name.

use std::fs;

use crate::support::*;

fn path(list: &str) -> String {
    format!("/data/demo/tiles/{OBS}/{list}")
}

const ZSTD: (&str, &str) = ("Accept-Encoding", "gzip, deflate, br, zstd");

#[test]
fn tiles_go_out_as_they_lie_in_the_pack() {
    let server = TestServer::start();
    for (list, tiles) in [("2", vec![2]), ("0,3", vec![0, 3]), ("1-3", vec![1, 2, 3]), ("3,0-1,3", vec![3, 0, 1, 3])] {
        let answer = server.get(&path(list), &[ZSTD]);
        assert_eq!(answer.status, 200, "{list}");
        assert_eq!(answer.header("content-encoding"), Some("zstd"));
        assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
        assert_eq!(answer.header("vary"), Some("accept-encoding, accept"));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
        let frames: Vec<u8> = tiles.iter().copied().flat_map(frame).collect();
        assert_eq!(answer.content_length(), Some(frames.len()), "{list}");
        assert_eq!(answer.body, frames, "{list}");
        let inflated: Vec<u8> = tiles.into_iter().flat_map(tile).collect();
        assert_eq!(zstd::decode_all(&*answer.body).unwrap(), inflated);
    }
}

#[test]
fn a_page_that_inflates_gets_frames_as_a_media_type() {
    let server = TestServer::start();
    let headers = [("Accept-Encoding", "gzip"), ("Accept", "application/zstd")];
    let answer = server.get(&path("0,2"), &headers);
    assert_eq!(answer.header("content-type"), Some("application/zstd"));
    assert_eq!(answer.header("content-encoding"), None);
    assert_eq!(answer.body, [frame(0), frame(2)].concat());
}

#[test]
fn a_client_without_zstd_gets_tiles_inflated() {
    let server = TestServer::start();
    for headers in [
        &[][..],
        &[("Accept", "*/*")],
        &[("Accept", "application/octet-stream")],
        &[("Accept-Encoding", "gzip, zstd;q=0")],
    ] {
        let answer = server.get(&path("3,0"), headers);
        assert_eq!(answer.status, 200, "{headers:?}");
        assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
        assert_eq!(answer.header("content-encoding"), None);
        assert_eq!(answer.body, [tile(3), tile(0)].concat(), "{headers:?}");
    }
}

#[test]
fn every_coding_has_its_own_tag() {
    let server = TestServer::start();
    let tag =
        |list: &str, headers: &[(&str, &str)]| server.get(&path(list), headers).header("etag").unwrap().to_owned();
    let tags = [tag("0", &[ZSTD]), tag("0", &[("Accept", "application/zstd")]), tag("0", &[]), tag("1", &[])];
    for (position, one) in tags.iter().enumerate() {
        assert!(!tags[..position].contains(one), "{tags:?}");
        assert!(one.starts_with('"'), "strong: {one}");
    }
    let answer = server.get(&path("0"), &[ZSTD, ("If-None-Match", &tags[0])]);
    assert_eq!(answer.status, 304);
    let answer = server.get(&path("0"), &[("If-None-Match", &tags[0])]);
    assert_eq!(answer.status, 200);
}

#[test]
fn a_head_of_tiles_states_the_length_of_frames() {
    let server = TestServer::start();
    let answer = server.head(&path("0-3"), &[ZSTD]);
    let frames: usize = (0..4).map(|index| frame(index).len()).sum();
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(answer.content_length(), Some(frames));
    assert_eq!(server.head(&path("0-3"), &[]).status, 200);
}

#[test]
fn a_client_that_takes_nothing_is_told_so() {
    let server = TestServer::start();
    let answer = server.get(&path("0"), &[("Accept-Encoding", "gzip, identity;q=0")]);
    assert_eq!(answer.status, 406);
}

#[test]
fn a_list_that_is_none_is_a_bad_request() {
    let server = TestServer::start();
    for list in ["x", "1,,2", "3-1", "0-4096", "1-"] {
        let answer = server.get(&path(list), &[]);
        assert_eq!(answer.status, 400, "{list}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[test]
fn a_tile_or_a_pack_that_is_not_there_is_named() {
    let server = TestServer::start();
    let answer = server.get(&path("0,4"), &[]);
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("tile 4"), "{}", answer.text());
    for pack in ["other-00000000000000aa", "obs", "obs-00000000000000aa.pack"] {
        let answer = server.get(&format!("/data/demo/tiles/{pack}/0"), &[]);
        assert_eq!(answer.status, 404, "{pack}");
    }
}

#[test]
fn too_many_bytes_at_once_are_refused() {
    let limit = frame(0).len() + frame(1).len();
    let server = TestServer::start_with(|options| options.limits.tile_bytes_per_request = limit as u64);
    assert_eq!(server.get(&path("0-1"), &[ZSTD]).status, 200);
    let answer = server.get(&path("0-2"), &[ZSTD]);
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains(&format!("{limit} bytes")), "{}", answer.text());
}

#[test]
fn a_large_tile_streams() {
    let server = TestServer::start();
    let path = format!("/data/demo/tiles/{POINTS}/0");
    let answer = server.get(&path, &[ZSTD]);
    assert!(answer.body == noise(POINTS_BYTES));
}

#[test]
fn a_large_tile_streams_inflated() {
    let server = TestServer::start();
    let content = noise(3 << 20);
    let frame = zstd::bulk::compress(content, 1).unwrap();
    // Frames that hold nothing fill the rest of the place that the index states.
    let skipped = POINTS_BYTES - frame.len() - 8;
    let mut pack = frame;
    pack.extend_from_slice(&0x184D_2A50_u32.to_le_bytes());
    pack.extend_from_slice(&(skipped as u32).to_le_bytes());
    pack.resize(POINTS_BYTES, 0);
    fs::write(server.file(&format!("{POINTS}.pack")), pack).unwrap();
    let answer = server.get(&format!("/data/demo/tiles/{POINTS}/0"), &[]);
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
    assert!(answer.body == content);
}

#[test]
fn a_broken_tile_is_a_failure_only_for_who_wants_it_inflated() {
    let server = TestServer::start();
    let path = format!("/data/demo/tiles/{BROKEN}/0");
    assert_eq!(server.get(&path, &[]).status, 500);
    assert_eq!(server.get(&path, &[ZSTD]).body, b"nons");
}

#[test]
fn a_tile_beyond_the_end_of_its_pack_is_a_failure_that_names_it() {
    let server = TestServer::start();
    let answer = server.get(&format!("/data/demo/tiles/{BROKEN}/2"), &[ZSTD]);
    assert_eq!(answer.status, 500);
    assert!(answer.text().contains("Tile 2"), "{}", answer.text());
}
