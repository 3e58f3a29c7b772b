use std::{env, path::Path, process::Command, thread};

use super::*;

const BLOCK: usize = 64 << 10;

fn key(number: u64) -> BlockKey {
    BlockKey::of("s3://bucket/a.pack", 1 << 40, number)
}

fn block(number: u64) -> Bytes {
    let bytes: Vec<u8> = (0..BLOCK).map(|at| (at as u64 * 31 + number * 7) as u8).collect();
    bytes.into()
}

fn open(directory: &Path, most_bytes: u64) -> BlockCache {
    BlockCache::open(CacheOptions { directory: directory.to_owned(), most_bytes }).unwrap()
}

fn n_bytes(directory: &Path) -> u64 {
    let files = |path: PathBuf| fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
    files(directory.to_owned())
        .flat_map(|folder| files(folder.path()))
        .filter_map(|file| Some(file.metadata().ok()?.len()))
        .sum()
}

fn file_of(directory: &Path, number: u64) -> PathBuf {
    key(number).path(directory)
}

#[test]
fn a_block_comes_back_in_this_process_and_in_a_later_one() {
    let directory = tempfile::tempdir().unwrap();
    let cache = open(directory.path(), 64 << 20);
    assert_eq!(cache.get(&key(1)), None);
    cache.put(&key(1), &block(1));
    assert_eq!(cache.get(&key(1)), Some(block(1)));
    assert_eq!(cache.get(&key(2)), None);
    drop(cache);
    let cache = open(directory.path(), 64 << 20);
    assert_eq!(cache.get(&key(1)), Some(block(1)));
    cache.remove(&key(1));
    assert!(cache.get(&key(1)).is_none() && !cache.has(&key(1)));
}

#[test]
fn a_block_that_was_changed_cut_or_renamed_is_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let cache = open(directory.path(), 64 << 20);
    let damages: [fn(&Path, u64); 4] = [
        |directory, number| {
            let mut bytes = fs::read(file_of(directory, number)).unwrap();
            bytes[40_000] ^= 1;
            fs::write(file_of(directory, number), bytes).unwrap();
        },
        |directory, number| {
            File::options().write(true).open(file_of(directory, number)).unwrap().set_len(30_000).unwrap();
        },
        |directory, number| fs::write(file_of(directory, number), "").unwrap(),
        |directory, number| {
            fs::rename(file_of(directory, 99), file_of(directory, number)).unwrap();
        },
    ];
    for (number, damage) in (0..).zip(damages) {
        cache.put(&key(number), &block(number));
        cache.put(&key(99), &block(99));
        damage(directory.path(), number);
        assert_eq!(cache.get(&key(number)), None, "{number}");
        assert!(!cache.has(&key(number)), "{number}");
    }
}

#[test]
fn the_bound_holds_and_what_was_not_used_for_longest_goes_first() {
    let directory = tempfile::tempdir().unwrap();
    let most = 64 * BLOCK as u64;
    let cache = open(directory.path(), most);
    for number in 0..300 {
        cache.put(&key(number), &block(number));
        assert!(n_bytes(directory.path()) <= most, "after {number}");
        // Clocks of file systems may be coarse.
        if number % 10 == 0 {
            thread::sleep(Duration::from_millis(12));
        }
        assert!(cache.get(&key(0)).is_some(), "used again and again, after {number}");
    }
    assert!(cache.get(&key(1)).is_none() && cache.get(&key(299)).is_some());
    assert!(n_bytes(directory.path()) > most / 2, "it is not emptied");
}

#[test]
fn a_smaller_bound_holds_from_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let cache = open(directory.path(), 640 * BLOCK as u64);
    (0..100).for_each(|number| cache.put(&key(number), &block(number)));
    fs::write(directory.path().join("notes.txt"), "not ours").unwrap();
    open(directory.path(), 32 * BLOCK as u64);
    assert!(n_bytes(directory.path()) <= 32 * BLOCK as u64);
    assert!(directory.path().join("notes.txt").exists());
}

#[test]
fn what_cannot_be_kept_is_done_without_until_it_can_be() {
    let directory = tempfile::tempdir().unwrap();
    let cache = open(directory.path(), 64 << 20);
    let folder = file_of(directory.path(), 1).parent().unwrap().to_owned();
    fs::write(&folder, "in the way").unwrap();
    cache.put(&key(1), &block(1));
    assert_eq!(cache.get(&key(1)), None);
    fs::remove_file(&folder).unwrap();
    cache.put(&key(1), &block(1));
    assert_eq!(cache.get(&key(1)), None, "it is not tried again at once");
    *crate::blocks::lock(&cache.paused) = Some(Instant::now());
    cache.put(&key(1), &block(1));
    assert_eq!(cache.get(&key(1)), Some(block(1)));
}

/// Where a process is told to write blocks until it is ended.
const WRITER: &str = "TESSERA_TEST_CACHE_WRITER";

#[test]
fn written_by_another_process() {
    let Some(directory) = env::var_os(WRITER) else { return };
    let cache = open(Path::new(&directory), 64 * BLOCK as u64);
    // Longer than it is let live.
    (0..10_000_000).map(|number| number % 400).for_each(|number| cache.put(&key(number), &block(number)));
}

#[test]
fn two_processes_that_are_killed_leave_a_cache_that_is_right_and_bounded() {
    let directory = tempfile::tempdir().unwrap();
    let most = 64 * BLOCK as u64;
    let cache = open(directory.path(), most);
    for round in 0..4 {
        let writer = || {
            let mut command = Command::new(env::current_exe().unwrap());
            command.args(["--exact", "cache::tests::written_by_another_process"]).env(WRITER, directory.path());
            command.stdout(std::process::Stdio::null()).spawn().unwrap()
        };
        let mut writers = [writer(), writer()];
        let until = Instant::now() + Duration::from_millis(250 + 37 * round);
        let (mut n_found, mut most_seen) = (0, 0);
        while Instant::now() < until {
            for number in 0..400 {
                if let Some(found) = cache.get(&key(number)) {
                    assert_eq!(found, block(number));
                    n_found += 1;
                }
            }
            most_seen = most_seen.max(n_bytes(directory.path()));
        }
        for writer in &mut writers {
            writer.kill().unwrap();
            writer.wait().unwrap();
        }
        assert!(n_found > 0, "nothing was written in round {round}");
        assert!(most_seen <= most, "{most_seen} of {most}");
    }
    for number in 0..400 {
        assert!(cache.get(&key(number)).is_none_or(|found| found == block(number)));
    }
    drop(cache);
    open(directory.path(), most);
    assert!(n_bytes(directory.path()) <= most);
}
