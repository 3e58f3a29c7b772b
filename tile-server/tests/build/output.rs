//! What a build leaves behind: a whole dataset, or nothing.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::{Duration, Instant},
};

use builder::{
    BuildError, Options, Progress, Quiet, Stage,
    native::{self, Existing, Report},
};

use crate::{
    fixtures::Fixture,
    input::{Storage, counts, demo, with_columns, with_x},
};

/// What lies in a directory, hidden files included.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn build(input: &Path, out: &Path, existing: Existing) -> Result<Report, BuildError> {
    native::build(input, out, existing, &Options::default(), &Quiet::default())
}

/// A file whose matrix turns out to be damaged only when it is read.
fn broken() -> Fixture {
    with_columns(4, 2).group("X", |group| {
        crate::fixtures::encoding(group, "csr_matrix");
        group.set_attr("shape", hdf5_pure::AttrValue::I64Array(vec![4, 2]));
        group.create_dataset("indptr").with_i64_data(&[0, 1, 2, 3, 4]);
        group.create_dataset("indices").with_i32_data(&[0, 1, 0, 99]);
        group.create_dataset("data").with_f32_data(&[1.0; 4]);
    })
}

#[test]
fn a_failed_build_leaves_nothing_or_what_was_there() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let broken = broken().write();
    let error = build(&broken.path(), &out, Existing::Keep).unwrap_err();
    assert!(error.to_string().contains("X/indices") && error.to_string().contains("99"), "{error}");
    assert_eq!(names(directory.path()), [""; 0]);

    build(&demo(), &out, Existing::Keep).unwrap();
    let before = names(&out);
    build(&broken.path(), &out, Existing::Replace).unwrap_err();
    assert_eq!((names(directory.path()), names(&out)), (vec!["out".to_owned()], before));
}

#[test]
fn an_output_is_replaced_only_on_request() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("deep/er/out");
    build(&demo(), &out, Existing::Keep).unwrap();
    let before = names(&out);
    let error = build(&demo(), &out, Existing::Keep).unwrap_err();
    assert!(matches!(error, BuildError::OutputExists { .. }), "{error}");
    assert_eq!(names(&out), before);
    let written = with_x(&counts(50, 4, 1), 4, Storage::Csr).write();
    build(&written.path(), &out, Existing::Replace).unwrap();
    assert_ne!(names(&out), before);
    assert_eq!(names(out.parent().unwrap()), ["out"]);
}

#[test]
fn what_is_no_dataset_is_never_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("thesis.txt"), "years of work").unwrap();
    for path in [&out, &out.join("thesis.txt")] {
        let error = build(&demo(), path, Existing::Replace).unwrap_err();
        assert!(matches!(error, BuildError::OutputIsForeign { .. }), "{error}");
    }
    assert_eq!(fs::read_to_string(out.join("thesis.txt")).unwrap(), "years of work");
    fs::remove_file(out.join("thesis.txt")).unwrap();
    build(&demo(), &out, Existing::Replace).unwrap();
}

#[test]
fn a_dataset_with_other_files_in_it_is_not_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    build(&demo(), &out, Existing::Keep).unwrap();
    fs::write(out.join("notes.txt"), "years of work").unwrap();
    let error = build(&demo(), &out, Existing::Replace).unwrap_err();
    assert!(error.to_string().contains("holds `notes.txt`"), "{error}");
    assert_eq!(fs::read_to_string(out.join("notes.txt")).unwrap(), "years of work");
}

/// Progress that does something as soon as a matrix is read.
struct Meanwhile<F>(F);

impl<F: Fn() + Sync> Progress for Meanwhile<F> {
    fn stage(&self, name: String, _total: u64) -> Box<dyn Stage + '_> {
        if name.contains('X') || name.contains("raw") {
            self.0();
        }
        Box::new(NoStage)
    }

    fn is_stopped(&self) -> bool {
        false
    }
}

struct NoStage;

impl Stage for NoStage {
    fn advance(&self, _steps: u64) {}
}

fn build_meanwhile(input: &Path, out: &Path, existing: Existing, meanwhile: impl Fn() + Sync) -> BuildError {
    native::build(input, out, existing, &Options::default(), &Meanwhile(meanwhile)).unwrap_err()
}

#[test]
fn what_appears_at_the_output_during_a_build_stays() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let appear = || {
        let _ = fs::create_dir(&out);
        fs::write(out.join("notes.txt"), "precious").unwrap();
    };
    let error = build_meanwhile(&demo(), &out, Existing::Keep, appear);
    assert!(matches!(error, BuildError::OutputExists { .. }), "{error}");
    fs::remove_dir_all(&out).unwrap();
    let error = build_meanwhile(&demo(), &out, Existing::Replace, appear);
    assert!(matches!(error, BuildError::OutputIsForeign { .. }), "{error}");
    assert_eq!(fs::read_to_string(out.join("notes.txt")).unwrap(), "precious");
    assert_eq!(names(directory.path()), ["out"]);
}

#[test]
fn an_input_that_changes_while_it_is_read_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let [input, other, out] = ["input.h5ad", "other.h5ad", "out"].map(|name| directory.path().join(name));
    let others = [
        // Of other bytes in the same file, cut short, and another file of the same name.
        Box::new(|| fs::write(&input, fs::read(&other).unwrap()).unwrap()) as Box<dyn Fn() + Sync>,
        Box::new(|| fs::File::options().write(true).open(&input).unwrap().set_len(5000).unwrap()),
        Box::new(|| {
            fs::copy(&other, directory.path().join("new")).unwrap();
            fs::rename(directory.path().join("new"), &input).unwrap();
        }),
    ];
    let written = with_x(&counts(60, 5, 1), 5, Storage::Csr).write();
    fs::copy(written.path(), &other).unwrap();
    for change in others {
        fs::copy(demo(), &input).unwrap();
        let error = build_meanwhile(&input, &out, Existing::Keep, change);
        assert!(matches!(error, BuildError::InputChanged { .. }), "{error}");
        assert_eq!(names(directory.path()), ["input.h5ad", "other.h5ad"]);
    }
}

#[cfg(unix)]
#[test]
fn a_link_at_the_output_stays_and_what_it_leads_to_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let [real, link] = ["real", "link"].map(|name| directory.path().join(name));
    build(&demo(), &real, Existing::Keep).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let before = names(&real);
    assert!(matches!(build(&demo(), &link, Existing::Keep), Err(BuildError::OutputExists { .. })));
    let written = with_x(&counts(50, 4, 1), 4, Storage::Csr).write();
    build(&written.path(), &link, Existing::Replace).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_ne!(names(&real), before);
    assert_eq!(names(directory.path()), ["link", "real"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe.h5ad");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (input, reason) in
        [(pipe.as_path(), "pipe"), (Path::new("/dev/zero"), "device"), (directory.path(), "directory")]
    {
        let error = build(input, &directory.path().join("out"), Existing::Keep).unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains("not a file of AnnData"), "{error}");
    }
    assert_eq!(names(directory.path()), ["pipe.h5ad"]);
}

#[test]
fn a_build_told_to_stop_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let progress = Quiet::stopped_by(Arc::new(AtomicBool::new(true)));
    let out = directory.path().join("out");
    let error = native::build(&demo(), &out, Existing::Keep, &Options::default(), &progress).unwrap_err();
    assert!(matches!(error, BuildError::Interrupted), "{error}");
    assert_eq!(names(directory.path()), [""; 0]);
}

/// Starts a build that takes a while, and ends it with a signal once it has begun to write.
#[cfg(unix)]
fn interrupt(directory: &Path, input: &Path, signal: &str) -> std::process::ExitStatus {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    command.args(["build", "--quiet"]).arg(input).arg("--out").arg(directory.join("out")).stderr(Stdio::null());
    let mut child = command.env("RAYON_NUM_THREADS", "1").spawn().unwrap();
    let started = Instant::now();
    while names(directory).is_empty() && started.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(1));
    }
    Command::new("kill").arg(format!("-{signal}")).arg(child.id().to_string()).status().unwrap();
    child.wait().unwrap()
}

#[cfg(unix)]
#[test]
fn an_interrupted_build_leaves_nothing() {
    let written = with_x(&counts(3000, 600, 1), 600, Storage::Csr).write();
    for signal in ["INT", "TERM"] {
        let directory = tempfile::tempdir().unwrap();
        let status = interrupt(directory.path(), &written.path(), signal);
        assert_eq!(status.code(), Some(130), "{signal}");
        assert_eq!(names(directory.path()), [""; 0]);
    }
}

#[cfg(unix)]
#[test]
fn what_a_killed_build_leaves_goes_with_the_next() {
    let written = with_x(&counts(3000, 600, 1), 600, Storage::Csr).write();
    let directory = tempfile::tempdir().unwrap();
    let status = interrupt(directory.path(), &written.path(), "KILL");
    assert_eq!(status.code(), None);
    let left = names(directory.path());
    assert!(left.iter().all(|name| name.starts_with(".tessera-partial-")), "{left:?}");
    build(&demo(), &directory.path().join("other"), Existing::Keep).unwrap();
    assert_eq!(names(directory.path()), ["other"]);
}
