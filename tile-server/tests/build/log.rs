//! What the server's log says of collections and datasets, and what it does not.

use std::{
    fs::{self, File},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{
    input::{Storage, build, counts, with_x},
    serve::Server,
};

const SECRET: &str = "6f1d0c8e5b7a49321d0c8e5b7a4932f1";

fn copy(dataset: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(dataset).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn the_log_has_no_private_address_and_tells_what_is_wrong_once() {
    let directory = tempfile::tempdir().unwrap();
    let (folder, log) = (directory.path().join("site"), directory.path().join("log"));
    let dataset = build(&with_x(&counts(60, 4, 1), 4, Storage::Csr).write().path());
    for (place, collection) in [
        ("lab/hidden", format!("title = 'Lab'\nid = '{SECRET}'\nvisibility = 'private'")),
        ("lungs/first", "title = 'Lungs'\nid = 'lungs'".to_owned()),
        ("again/second", "title = 'Lungs again'\nid = 'lungs'".to_owned()),
    ] {
        copy(&dataset.path(), &folder.join(place));
        fs::write(folder.join(place).parent().unwrap().join("collection.toml"), collection).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    command.arg("serve").arg(&folder).args(["--port", "0", "--no-open"]).stderr(File::create(&log).unwrap());
    let server = Server::listening(&mut command);
    let lines = |of: &str| -> Vec<String> {
        let text = fs::read_to_string(&log).unwrap();
        text.lines().filter(|line| line.contains(of)).map(str::to_owned).collect()
    };
    let wait_for = |of: &str| {
        let begun = Instant::now();
        while lines(of).is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(60), "no line has {of}");
            thread::sleep(Duration::from_millis(50));
        }
    };

    for path in [format!("/data/hidden-{SECRET}/manifest.tsm"), format!("/collections/{SECRET}.html")] {
        assert!(server.get(&path).starts_with("HTTP/1.1 200"), "{path}");
    }
    wait_for("/data/hidden-[private]/manifest.tsm");
    wait_for("/collections/[private].html");
    fs::create_dir(folder.join("late")).unwrap();
    fs::write(folder.join("late/manifest.tsm"), "nonsense").unwrap();
    wait_for("late");
    fs::write(folder.join("lab/hidden/manifest.tsm"), "nonsense").unwrap();
    wait_for("the changed dataset cannot be read");
    fs::remove_dir_all(folder.join("lab/hidden")).unwrap();
    wait_for("has gone");
    assert_eq!(lines(SECRET), [""; 0]);
    assert_eq!(lines("late").len(), 1, "{:?}", lines("late"));
    let shared = lines("have one id, `lungs`");
    assert!(shared.len() == 1 && shared[0].contains("/again") && shared[0].contains("/lungs"), "{shared:?}");
}
