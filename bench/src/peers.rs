//! The same questions put to scanpy, in a Python environment of its own.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use explorer_core::de::MarkerRank;
use serde_json::Value;

use crate::{
    compare::{answer, rank_markers},
    questions::{AnsweredBy, Questions},
    table::{self, Table},
};

/// The script, and what it needs.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/scanpy_de.py");
const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/requirements.txt");

/// How far t may be from scanpy's, relative to it.
const TOLERANCE: f64 = 1e-4;

/// Prints what scanpy takes, and how many times what we take that is.
pub fn print(questions: &Questions<'_>, h5ad: &Path, folder: &Path) -> Result<()> {
    let python = environment(folder)?;
    let Questions { dataset, layer, column, label, .. } = questions;
    let of_kind =
        |by: AnsweredBy| questions.all.iter().rev().find(|question| question.by == by && question.sets.1.is_none());
    let stored = of_kind(AnsweredBy::Stored).context("no label is compared with the rest")?;
    let scattered = of_kind(AnsweredBy::Planned).context("no set of cells at random is compared with the rest")?;
    let (de, by_stored) = answer(questions, stored)?;
    let (_, by_cells) = answer(questions, scattered)?;
    let (n_labels, by_labels) = rank_markers(questions, MarkerRank::Score, de.len())?;

    let names = dataset.gene_names(layer)?;
    let scores = folder.join("scores.tsv");
    let mut text = String::new();
    for (name, score) in names.ids().iter().zip(&de.score) {
        let _ = writeln!(text, "{name}\t{score}");
    }
    fs::write(&scores, text).with_context(|| format!("cannot write {}", scores.display()))?;

    let script = || {
        let mut command = Command::new(&python);
        command.arg(SCRIPT).arg(h5ad).arg(column);
        command
    };
    let two = run(script().arg("--label").arg(label).arg("--scores").arg(&scores))?;
    let all = run(&mut script())?;

    let mut rows =
        Table::new(["task", "CPU, scanpy", "CPU, ours", "ratio", "wall, scanpy", "wall, ours", "memory, scanpy"]);
    let tasks = [
        ("a label, rest: stored sums".to_owned(), &two, &by_stored),
        ("any two sets: half of the cells at random, rest".to_owned(), &two, &by_cells),
        (format!("each of {n_labels} labels, rest"), &all, &by_labels),
    ];
    for (name, theirs, ours) in tasks {
        let number = |key: &str| theirs[key].as_f64().unwrap_or(f64::NAN);
        rows.push([
            name,
            table::time(number("cpu_seconds")),
            table::time(ours.cpu_min()),
            table::ratio(number("cpu_seconds") / ours.cpu_min()),
            table::time(number("wall_seconds")),
            table::time(ours.wall_min()),
            table::bytes(number("peak_bytes") as u64),
        ]);
    }
    println!(
        "scanpy {}, `rank_genes_groups(method=\"t-test\")`. Its times leave out reading the file (the matrix is in \
         memory); ours read tiles.\n",
        two["scanpy"].as_str().unwrap_or_default()
    );
    rows.print();
    let deviation = two["largest_deviation"].as_f64().unwrap_or(f64::INFINITY);
    ensure!(deviation <= TOLERANCE, "t is up to {deviation:.1e} off scanpy's");
    println!("t of all {} genes is within {deviation:.1e} of scanpy's.\n", two["n_genes"]);
    Ok(())
}

/// Python with scanpy; made on the first run.
fn environment(folder: &Path) -> Result<PathBuf> {
    let folder = folder.join("venv");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let wanted = fs::read_to_string(REQUIREMENTS).with_context(|| format!("cannot read {REQUIREMENTS}"))?;
    let done = folder.join("requirements.txt");
    if fs::read_to_string(&done).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    eprintln!("installing scanpy from the Python Package Index (a minute or two)");
    let start = |command: &mut Command| match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim()),
        Err(error) => bail!("{command:?} cannot start ({error}); the peers need Python 3.11 or later"),
    };
    start(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    start(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement", REQUIREMENTS]))?;
    fs::write(&done, wanted).with_context(|| format!("cannot write {}", done.display()))?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<Value> {
    eprintln!("running scanpy");
    let output = command.output().context("cannot start Python")?;
    ensure!(output.status.success(), "scanpy failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    serde_json::from_slice(&output.stdout).context("the script printed no measures")
}
