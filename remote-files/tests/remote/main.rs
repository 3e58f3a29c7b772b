//! Files of a host that does right and wrong.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod host;

use std::{
    fs,
    ops::Range,
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use remote_files::{CacheOptions, Limits, Options, Place, Remote, RemoteError, State, Stores};
use tempfile::TempDir;

use self::host::{Behavior, Fault, Host};

const N_BYTES: u64 = 9 * (1 << 20) + 17;

const PACK: &str = "x-0123.pack";

/// A host of one file, and the place of that.
struct Visit {
    host: Host,
    directory: TempDir,
}

fn content() -> Vec<u8> {
    (0..N_BYTES).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

fn visit() -> Visit {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path().join("files/a b")).unwrap();
    fs::write(directory.path().join("files/a b").join(PACK), content()).unwrap();
    Visit { host: Host::start(&directory.path().join("files")), directory }
}

fn limits() -> Limits {
    Limits { total_time: Duration::from_secs(3), retries: 3, ..Limits::default() }
}

impl Visit {
    fn stores(&self, most_bytes: u64) -> Arc<Stores> {
        let cache = CacheOptions { directory: self.directory.path().join("cache"), most_bytes };
        Stores::new(Options { cache: Some(cache), limits: limits(), ..Options::default() }).unwrap()
    }

    fn remote_of(&self, stores: &Arc<Stores>) -> Remote {
        stores.open(Place::parse(&self.host.url("a%20b/")).unwrap()).unwrap()
    }

    /// With a cache of 256 MiB.
    fn remote(&self) -> Remote {
        self.remote_of(&self.stores(256 << 20))
    }

    fn without_cache(&self) -> Remote {
        self.remote_of(&Stores::new(Options { limits: limits(), ..Options::default() }).unwrap())
    }
}

fn read(remote: &Remote, range: Range<u64>) -> Result<Bytes, RemoteError> {
    remote.read(PACK, N_BYTES, range)
}

fn slice(range: &Range<u64>) -> Vec<u8> {
    content()[range.start as usize..range.end as usize].to_vec()
}

#[test]
fn ranges_come_as_they_lie_there_and_are_asked_for_once() {
    let visit = visit();
    let ranges = [0..1, 5..900, (1 << 20) - 3..(1 << 20) + 3, 100..5 << 20, N_BYTES - 1..N_BYTES, 0..N_BYTES, 7..7];
    for remote in [visit.remote(), visit.without_cache()] {
        for range in ranges.clone() {
            assert!(read(&remote, range.clone()).unwrap() == slice(&range), "{range:?}");
        }
    }
    visit.host.asked("");
    // The cache of the one before, in another process as it were.
    let remote = visit.remote();
    for range in ranges {
        assert!(read(&remote, range.clone()).unwrap() == slice(&range));
    }
    assert_eq!(visit.host.asked(""), [""; 0]);
    assert!(matches!(read(&remote, 5..N_BYTES + 1), Err(RemoteError::Wrong { .. })));
    // What turned out wrong is asked for again.
    remote.forget(PACK, N_BYTES, 10..20);
    read(&remote, 30..40).unwrap();
    read(&remote, 2 << 20..3 << 20).unwrap();
    assert_eq!(visit.host.asked(PACK).len(), 1);
}

#[test]
fn six_ranges_of_300_ms_come_in_parallel() {
    let visit = visit();
    let remote = visit.remote();
    visit.host.behave(Behavior { delay: Duration::from_millis(300), ..Behavior::default() });
    let started = Instant::now();
    thread::scope(|scope| {
        for block in 0..6_u64 {
            let remote = remote.clone();
            scope.spawn(move || read(&remote, (block << 20) + 5..(block << 20) + 9).unwrap());
        }
    });
    let apart = started.elapsed();
    assert!(apart < Duration::from_millis(1500), "{apart:?}");
    let started = Instant::now();
    assert!(read(&remote, 6 << 20..9 << 20).unwrap() == slice(&(6 << 20..9 << 20)));
    let together = started.elapsed();
    assert!(together < Duration::from_millis(800), "{together:?}");
}

#[test]
fn many_who_want_one_block_wait_for_one_request() {
    let visit = visit();
    let remote = visit.remote();
    visit.host.behave(Behavior { delay: Duration::from_millis(300), ..Behavior::default() });
    thread::scope(|scope| {
        for at in 0..12 {
            let remote = remote.clone();
            scope.spawn(move || read(&remote, at..at + 100).unwrap());
        }
    });
    assert_eq!(visit.host.asked(PACK).len(), 1);
}

#[test]
fn a_place_has_a_bounded_number_of_requests_under_way() {
    let visit = visit();
    let limits = Limits { requests: 3, total_time: Duration::from_secs(20), ..Limits::default() };
    let remote = visit.remote_of(&Stores::new(Options { limits, ..Options::default() }).unwrap());
    visit.host.behave(Behavior { delay: Duration::from_millis(50), ..Behavior::default() });
    thread::scope(|scope| {
        for at in 0..20 {
            let remote = remote.clone();
            scope.spawn(move || read(&remote, at * 1000..at * 1000 + 10).unwrap());
        }
    });
    assert_eq!(visit.host.shared.peak.load(Ordering::SeqCst), 3);
}

#[test]
fn what_passes_is_asked_again() {
    let visit = visit();
    for fault in [
        Fault::Status(503, Some(1)),
        Fault::Status(503, None),
        Fault::Status(500, None),
        Fault::Status(429, Some(0)),
        Fault::CutShort,
        Fault::WrongRange,
    ] {
        visit.host.fail(fault, PACK, 1);
        let started = Instant::now();
        assert!(read(&visit.without_cache(), 1000..3000).unwrap() == slice(&(1000..3000)), "{fault:?}");
        let is_waited_for = fault == Fault::Status(503, Some(1));
        assert!(!is_waited_for || started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    }
}

#[test]
fn what_does_not_pass_is_said_with_its_address() {
    let visit = visit();
    type Is = fn(&RemoteError) -> bool;
    let faults: [(Fault, Is, &str); 8] = [
        (Fault::Status(403, None), |error| matches!(error, RemoteError::Denied { .. }), "may not be read"),
        (Fault::Status(401, None), |error| matches!(error, RemoteError::Denied { .. }), "--anonymous"),
        (Fault::Status(404, None), |error| matches!(error, RemoteError::NotFound { .. }), "does not exist"),
        (Fault::Status(503, None), |error| matches!(error, RemoteError::Unreachable { .. }), "503"),
        (Fault::CutShort, |error| matches!(error, RemoteError::Wrong { .. }), "breaks off"),
        (Fault::WrongRange, |error| matches!(error, RemoteError::Wrong { .. }), "answers wrongly"),
        (Fault::WrongLength, |error| matches!(error, RemoteError::Length { .. }), "should have"),
        (Fault::Silence, |error| matches!(error, RemoteError::Late { .. }), "within 3 s"),
    ];
    for (fault, is, text) in faults {
        visit.host.fail(fault, PACK, usize::MAX);
        let error = read(&visit.without_cache(), 1000..3000).unwrap_err();
        let said = error.to_string();
        assert!(is(&error) && said.contains(text) && said.contains(PACK), "{fault:?}: {error:?} {said}");
    }
    // Nothing of it was kept, and it is all right again.
    visit.host.behave(Behavior::default());
    assert!(read(&visit.remote(), 1000..3000).unwrap() == slice(&(1000..3000)));
    let nobody = Stores::new(Options { limits: limits(), ..Options::default() }).unwrap();
    let gone = nobody.open(Place::parse("http://127.0.0.1:9/a").unwrap()).unwrap();
    let error = read(&gone, 0..1).unwrap_err();
    assert!(matches!(error, RemoteError::Unreachable { .. }) && error.may_pass(), "{error}");
}

#[test]
fn a_host_without_ranges_is_asked_for_the_whole_file_once() {
    let visit = visit();
    visit.host.behave(Behavior { has_ranges: false, ..Behavior::default() });
    let remote = visit.remote();
    for range in [5..900, 3 << 20..(3 << 20) + 9, 0..N_BYTES] {
        assert!(read(&remote, range.clone()).unwrap() == slice(&range));
    }
    let asked = visit.host.asked(PACK);
    assert_eq!(asked.len(), 2, "a range in vain, then the file: {asked:?}");
    // Without a cache, the file that was read last is held in memory.
    let remote = visit.without_cache();
    for range in [5..900, 3 << 20..(3 << 20) + 9, 0..N_BYTES] {
        assert!(read(&remote, range.clone()).unwrap() == slice(&range));
    }
    assert_eq!(visit.host.asked(PACK).len(), 2);
    remote.forget(PACK, N_BYTES, 0..1);
    read(&remote, 0..1).unwrap();
    assert_eq!(visit.host.asked(PACK).len(), 1, "what turned out wrong is asked for again");
    // One that is cut short is not kept as whole.
    let remote = visit.remote_of(&visit.stores(256 << 20));
    remote.forget(PACK, N_BYTES, 0..N_BYTES);
    visit.host.fail(Fault::CutShort, PACK, usize::MAX);
    read(&remote, 0..N_BYTES).unwrap_err();
}

#[test]
fn documents_are_read_whole_and_only_when_they_change() {
    let visit = visit();
    let remote = visit.remote();
    let path = visit.directory.path().join("files/a b/m.tsm");
    assert!(matches!(remote.get("m.tsm", 100, None), Err(RemoteError::NotFound { .. })));
    fs::write(&path, "first").unwrap();
    let State::Present(first) = remote.get("m.tsm", 100, None).unwrap() else { panic!("it was never read") };
    assert_eq!(&first.bytes[..], b"first");
    assert!(first.modified.is_some());
    let tag = first.tag.as_deref();
    assert!(matches!(remote.get("m.tsm", 100, tag), Ok(State::Unchanged)));
    fs::write(&path, "second").unwrap();
    let State::Present(second) = remote.get("m.tsm", 100, tag).unwrap() else { panic!("it has changed") };
    assert_eq!(&second.bytes[..], b"second");
    assert!(matches!(remote.get("m.tsm", 5, None), Err(RemoteError::Wrong { .. })));
    let head = remote.head("m.tsm").unwrap();
    assert_eq!((head.n_bytes, head.modified), (6, second.modified));
}

#[test]
fn a_cache_that_is_too_small_or_broken_changes_nothing_but_the_time() {
    let visit = visit();
    let small = visit.remote_of(&visit.stores(20 << 20));
    for _ in 0..3 {
        assert!(read(&small, 0..N_BYTES).unwrap() == slice(&(0..N_BYTES)));
    }
    let remote = visit.remote();
    read(&remote, 0..N_BYTES).unwrap();
    for folder in fs::read_dir(visit.directory.path().join("cache")).unwrap() {
        for file in fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let mut bytes = fs::read(&path).unwrap();
            let at = bytes.len() / 2;
            bytes[at] ^= 1;
            fs::write(&path, bytes).unwrap();
        }
    }
    assert!(read(&remote, 0..N_BYTES).unwrap() == slice(&(0..N_BYTES)));
    // A directory that cannot be one is done without.
    fs::remove_dir_all(visit.directory.path().join("cache")).unwrap();
    fs::write(visit.directory.path().join("cache"), "in the way").unwrap();
    assert!(read(&visit.remote(), 0..N_BYTES).unwrap() == slice(&(0..N_BYTES)));
    assert!(read(&remote, 0..N_BYTES).unwrap() == slice(&(0..N_BYTES)));
}
