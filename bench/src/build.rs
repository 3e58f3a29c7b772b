//! Building, in a process of its own so that the peak of memory is the build's.

use std::{env, path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use builder::{
    Options, Quiet,
    native::{self, Existing},
};
use serde_json::{Value, json};
use tessera::dataset::Dataset;

use crate::{
    clock,
    table::{self, Table},
};

/// Builds tiles and prints the measures as one line of JSON.
pub fn run_and_print(input: &Path, out: &Path) -> Result<()> {
    let report = native::build(input, out, Existing::Replace, &Options::default(), &Quiet::default())?;
    let measures = json!({
        "n_values": report.n_values,
        "n_bytes": report.n_bytes,
        "wall_seconds": report.spent.as_secs_f64(),
        "cpu_seconds": clock::process_cpu_seconds(),
        "peak_bytes": report.peak_memory_bytes,
    });
    println!("{measures}");
    Ok(())
}

/// The measures of a build by a process of its own.
pub fn in_fresh_process(input: &Path, out: &Path) -> Result<Value> {
    eprintln!("building {}", out.display());
    let this = env::current_exe().context("this program cannot find itself")?;
    let output = Command::new(this).arg("build").arg(input).arg(out).output().context("cannot start this program")?;
    ensure!(output.status.success(), "the build failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    serde_json::from_slice(&output.stdout).context("the build printed no measures")
}

/// Prints what a build took, and what the tiles weigh.
pub fn print(measures: &Value, dataset: &Dataset) {
    let number = |key: &str| measures[key].as_f64().unwrap_or(f64::NAN);
    let n_values = number("n_values");
    let mut built = Table::new(["build", "wall", "CPU", "values/s", "values per CPU-s", "peak memory"]);
    built.push([
        format!("{} values", table::large(n_values, "")),
        table::time(number("wall_seconds")),
        table::time(number("cpu_seconds")),
        table::large(n_values / number("wall_seconds"), ""),
        table::large(n_values / number("cpu_seconds"), ""),
        table::bytes(number("peak_bytes") as u64),
    ]);
    built.print();

    let mut packs = Table::new(["pack", "tiles", "size", "bytes/value"]);
    for pack in &dataset.manifest().packs {
        packs.push([
            pack.name.clone(),
            pack.n_tiles.to_string(),
            table::bytes(pack.n_bytes),
            table::digits(pack.n_bytes as f64 / n_values),
        ]);
    }
    let all = number("n_bytes");
    packs.push(["**all**".to_owned(), String::new(), table::bytes(all as u64), table::digits(all / n_values)]);
    packs.print();
}
