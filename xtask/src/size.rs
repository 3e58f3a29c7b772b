//! The front end's size as it travels, and its budget.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// What all files of one kind may weigh together, gzipped. A page that outgrows its budget does
/// so by a decision: raise the number in the commit that needs it, and say why.
const BUDGETS: [Budget; 3] = [
    Budget { extension: "wasm", limit_bytes: 1_850_000 },
    Budget { extension: "js", limit_bytes: 120_000 },
    Budget { extension: "css", limit_bytes: 40_000 },
];

struct Budget {
    extension: &'static str,
    limit_bytes: usize,
}

/// Prints the gzipped size of each file in `dist` that has a budget.
///
/// # Errors
/// When a kind of file is above its budget, or there is no wasm at all.
pub fn check(dist: &Path) -> Result<()> {
    let mut over = Vec::new();
    for budget in &BUDGETS {
        let total = print_sizes(dist, budget.extension)?;
        println!("{:>9} bytes of .{} gzipped, {} allowed", total, budget.extension, budget.limit_bytes);
        if total == 0 && budget.extension == "wasm" {
            bail!("{} holds no wasm: build the front end first", dist.display());
        }
        if total > budget.limit_bytes {
            over.push(format!(".{}", budget.extension));
        }
    }
    if over.is_empty() { Ok(()) } else { bail!("above the budget of xtask/src/size.rs: {}", over.join(", ")) }
}

fn print_sizes(dist: &Path, extension: &str) -> Result<usize> {
    let mut total = 0;
    let entries =
        fs::read_dir(dist).with_context(|| format!("cannot list {}: build the front end first", dist.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.extension().is_some_and(|found| found == extension) {
            let size = gzipped_size(&path)?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            println!("{size:>9} bytes  {name}");
            total += size;
        }
    }
    Ok(total)
}

fn gzipped_size(path: &Path) -> Result<usize> {
    let output = Command::new("gzip")
        .args(["--best", "--no-name", "--stdout"])
        .arg(path)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start gzip, which measures the size")?;
    if !output.status.success() {
        bail!("gzip failed on {}", path.display());
    }
    Ok(output.stdout.len())
}
