//! The made-up corpus of `cargo xtask demo --corpus`. The demo file is not in it: it has no counts, nor can they be recovered
//! from a part of the genes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::generate;
use crate::process::{self, Show, announce};
use crate::server::{self, Build};
use crate::workspace::Workspace;

/// A made-up dataset: cells, genes, organism. Those of other numbers of genes share most of them.
struct MadeUp {
    id: &'static str,
    cells: usize,
    genes: usize,
    seed: u64,
    organism: &'static str,
    publication: &'static str,
}

const HUMAN: &str = "NCBITaxon:9606";
const MOUSE: &str = "NCBITaxon:10090";

/// Each has several tissues, donors and diseases, and cells of one assay that are no primary data.
const MADE_UP: [MadeUp; 4] = [
    MadeUp { id: "made-up-1", cells: 6_000, genes: 2_000, seed: 1, organism: HUMAN, publication: "made-up-a" },
    MadeUp { id: "made-up-2", cells: 4_000, genes: 2_400, seed: 2, organism: HUMAN, publication: "made-up-a" },
    MadeUp { id: "made-up-3", cells: 3_000, genes: 1_600, seed: 3, organism: HUMAN, publication: "made-up-b" },
    MadeUp { id: "made-up-mouse", cells: 3_000, genes: 2_000, seed: 4, organism: MOUSE, publication: "made-up-b" },
];

/// Made-up cells express fewer genes than real ones.
const LEAST_GENES: &str = "50";

/// Makes the corpus anew and returns its directory.
pub fn make(workspace: &Workspace) -> Result<PathBuf> {
    let program = server::build(workspace, Build::Quick, Show::Output)?;
    let folder = workspace.target_dir().join("demo-corpus");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let mut summaries = Vec::new();
    for dataset in &MADE_UP {
        let file = generate::with_counts(workspace, dataset.cells, dataset.genes, dataset.seed)?;
        let options = ["--id", dataset.id, "--organism", dataset.organism, "--publication", dataset.publication];
        summaries.push(summarize(&program, &folder, &file, dataset.id, &options)?);
    }
    announce("Adding up the corpus");
    let corpus = folder.join("corpus");
    let mut build = Command::new(&program);
    build.args(["corpus", "build"]).args(&summaries).arg("--out").arg(&corpus).arg("--force");
    process::run(&mut build)?;
    let (program, shown) = (program.display(), corpus.display());
    println!("\nThe corpus is at {shown}. Ask it, for instance:\n");
    println!("{program} expression {shown} --organism {HUMAN} --genes LYZ,MS4A1,NKG7 --collapsed");
    println!("{program} expression {shown} --organism {HUMAN} --genes LYZ --group-by disease --out lyz.csv");
    Ok(corpus)
}

/// Makes the summary of an input and returns its directory.
fn summarize(program: &Path, folder: &Path, input: &Path, name: &str, options: &[&str]) -> Result<PathBuf> {
    let out = folder.join(name);
    let mut command = Command::new(program);
    command.arg("summarize").arg(input).arg("--out").arg(&out).args([
        "--force",
        "--quiet",
        "--least-genes",
        LEAST_GENES,
    ]);
    process::run(command.args(options))?;
    Ok(out)
}
