//! Text that is meant to harm, readers that go away, and what scripts rely on: exit codes and whole files.

use std::{
    fs,
    io::Read,
    path::Path,
    process::{Command, Output, Stdio},
};

use crate::{
    fixtures::Fixture,
    input::{Built, Storage, build, counts, demo, with_x},
};

/// Clears the screen, turns text around, and breaks lines.
const HOSTILE: &str = "\u{1b}[2J\u{9b}31m\u{202e}\r\nwarning: \u{7}";

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A file all of whose names are hostile, with labels and genes that spreadsheets would run.
fn hostile() -> Fixture {
    let name = |what: &str| format!("{what}{HOSTILE}");
    let codes: Vec<i8> = (0..12).map(|cell| cell % 3).collect();
    let categories = ["=HYPERLINK(\"x\")".to_owned(), "-1".to_owned(), name("@SUM")];
    let genes = ["=cmd|' /C calc'!A0".to_owned(), name("gene"), "-2+3".to_owned(), "HLA-A".to_owned()];
    let index: Vec<String> = (0..12).map(|cell| name(&format!("cell{cell}"))).collect();
    Fixture::new()
        .frame("obs", &index, |obs| {
            obs.categorical("cell_type", &codes, &categories.each_ref().map(String::as_str));
            obs.floats(&name("numbers"), &[f64::NAN; 12]);
            // Of a form that is not read, so it is named in a warning.
            let odd = name("odd");
            obs.add(&odd);
            crate::fixtures::subgroup(obs.group, &odd, |group| {
                crate::fixtures::encoding(group, &name("encoding"));
            });
        })
        .frame("var", &genes, |_| ())
        .group("obsm", |obsm| {
            obsm.create_dataset(&name("X_umap")).with_f32_data(&[0.5; 24]).with_shape(&[12, 2]);
        })
        .x(&counts(12, 4, 1), 4, Storage::Csr)
}

fn assert_printable(printed: &[u8]) {
    let printed = String::from_utf8_lossy(printed);
    let is_harmful = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!printed.contains(is_harmful), "{printed:?}");
    assert!(!printed.contains("\nwarning: \n"), "a name makes a line of its own: {printed}");
}

#[test]
fn no_name_in_a_file_reaches_the_terminal_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let input = directory.path().join(format!("in{HOSTILE}put.h5ad"));
    fs::copy(hostile().write().path(), &input).unwrap();
    let out = directory.path().join(format!("out{HOSTILE}"));
    for (arguments, code) in [
        (&["build", text(&input), "--out", text(&out)][..], 0),
        (&["build", text(&input), "--out", text(&out)], 2),
        (&["build", text(&input), "--out", "x", "--main-label", HOSTILE], 2),
        (&["build", "--out", "x", text(&directory.path().join(HOSTILE))], 4),
        (&["inspect", text(&out)], 0),
        (&["inspect", "--json", text(&out)], 0),
        (&["verify", text(&out)], 0),
        (&["de", text(&out), "--group", "cell_type=-1"], 0),
        (&["de", text(&out), "--group", HOSTILE], 2),
        (&["markers", text(&out)], 0),
        (&["markers", text(&out), "--column", HOSTILE], 2),
        (&["serve", text(&directory.path().join(HOSTILE)), "--port", "0", "--no-open"], 4),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {}", String::from_utf8_lossy(&output.stderr));
        assert_printable(&output.stdout);
        assert_printable(&output.stderr);
    }
}

#[test]
fn no_field_of_a_table_is_a_formula_and_numbers_stay_numbers() {
    let input = hostile().write();
    let built = build(&input.path());
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("table.csv");
    for arguments in [&["de", "--group", "cell_type=-1"][..], &["markers"]] {
        let status = command(arguments).arg(built.path()).arg("--out").arg(&out).status().unwrap();
        assert!(status.success());
        let csv = fs::read_to_string(&out).unwrap();
        for field in explorer_core::csv::records(&csv).unwrap().iter().flatten() {
            let is_run = field.starts_with(['=', '+', '-', '@', '\t', '\r']) && field.parse::<f64>().is_err();
            assert!(!is_run, "{field:?} in {csv}");
        }
        assert!(csv.contains("'=cmd|") && csv.contains("'-2+3") && csv.contains("HLA-A,"), "{csv}");
        assert!(csv.lines().any(|line| line.contains(",-")), "negative numbers are written as they are: {csv}");
    }
}

/// A dataset that `verify` has much to say of.
fn damaged() -> Built {
    let built = build(&demo());
    for pack in &built.report.manifest.packs {
        let path = built.path().join(&pack.file);
        let half = fs::metadata(&path).unwrap().len() / 2;
        fs::File::options().write(true).open(path).unwrap().set_len(half).unwrap();
    }
    built
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (sound, damaged) = (build(&demo()), damaged());
    let (sound, damaged) = (sound.path(), damaged.path());
    for (arguments, code) in [
        (&["inspect", "--json", text(&sound)][..], 0),
        (&["de", text(&sound), "--group", "louvain=1"], 0),
        (&["markers", text(&sound)], 0),
        (&["verify", text(&damaged)], 5),
    ] {
        let mut child = command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(code), ""), "{arguments:?}");
    }
    // Nobody hears what is said, either.
    let out = tempfile::tempdir().unwrap();
    let mut build = command(&["build"]);
    let mut child = build.arg(demo()).arg("--out").arg(out.path().join("out")).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_takes_nothing_is_an_error() {
    let built = build(&demo());
    let full = || Stdio::from(fs::File::options().write(true).open("/dev/full").unwrap());
    for arguments in [&["inspect"][..], &["verify"], &["de", "--group", "louvain=1"]] {
        let output = command(arguments).arg(built.path()).stdout(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{arguments:?}");
    }
    let output = run(&["markers", text(&built.path()), "--out", "/dev/full"]);
    assert_eq!(output.status.code(), Some(4));
}

#[test]
fn a_table_is_replaced_whole_or_not_at_all() {
    let built = build(&demo());
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("table.csv");
    fs::write(&out, "mine").unwrap();
    assert_eq!(
        run(&["de", text(&built.path()), "--group", "louvain=none", "--out", text(&out)]).status.code(),
        Some(2)
    );
    assert_eq!(fs::read_to_string(&out).unwrap(), "mine");
    let written = run(&["de", text(&built.path()), "--group", "louvain=1", "--out", text(&out)]);
    assert_eq!(written.status.code(), Some(0));
    assert!(fs::read_to_string(&out).unwrap().starts_with("# dataset: "));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    let absent = directory.path().join("absent/table.csv");
    assert_eq!(run(&["markers", text(&built.path()), "--out", text(&absent)]).status.code(), Some(4));
}

#[test]
fn exit_codes_tell_a_wrong_command_from_a_broken_dataset_and_an_unreadable_file() {
    let written = with_x(&counts(60, 5, 1), 5, Storage::Csr).write();
    let built = build(&written.path());
    let path = built.path();
    let code = |arguments: &[&str]| run(arguments).status.code().unwrap();
    assert_eq!(code(&["markers", text(&path), "--column", "score"]), 2);
    assert_eq!(code(&["de", text(&path), "--group", "cell_type=B", "--samples", "score"]), 2);
    for flag in [["--cors-origin", "x y"], ["--data-origin", "*"], ["--base-path", "a b"], ["--frame-ancestors", "\n"]]
    {
        let arguments = [&["serve", text(&path), "--port", "0", "--no-open"][..], &flag].concat();
        assert_eq!(code(&arguments), 2, "{flag:?}");
    }
    assert_eq!(code(&["serve", text(written.path().parent().unwrap()), "--port", "0", "--no-open"]), 3);

    let moments = path.join(&built.report.manifest.pack_named("moments0").unwrap().file);
    let whole = fs::read(&moments).unwrap();
    let mut bytes = whole.clone();
    bytes.iter_mut().skip(20).step_by(7).for_each(|byte| *byte ^= 1);
    fs::write(&moments, bytes).unwrap();
    assert_eq!(code(&["markers", text(&path)]), 3);
    assert_eq!(code(&["de", text(&path), "--group", "cell_type=B"]), 3);
    fs::remove_file(&moments).unwrap();
    assert_eq!(code(&["markers", text(&path)]), 4);

    fs::write(path.join("manifest.tsm"), "nonsense").unwrap();
    assert_eq!(code(&["de", text(&path), "--group", "cell_type=B"]), 3);
    assert_eq!(code(&["serve", text(&path), "--port", "0", "--no-open"]), 3);
    fs::remove_file(path.join("manifest.tsm")).unwrap();
    assert_eq!(code(&["inspect", text(&path)]), 4);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_a_datasets_place_is_refused_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let dataset = directory.path().join("dataset");
    fs::create_dir(&dataset).unwrap();
    assert!(Command::new("mkfifo").arg(dataset.join("manifest.tsm")).status().unwrap().success());
    for tool in [&["inspect"][..], &["verify"], &["markers"], &["de", "--group", "a=b"]] {
        let output = command(tool).arg(&dataset).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{tool:?}");
    }
    assert_eq!(run(&["serve", text(&dataset), "--port", "0", "--no-open"]).status.code(), Some(3));
}
