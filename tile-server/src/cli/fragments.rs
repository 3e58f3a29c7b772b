use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use clap::Args;
use explorer_core::format::{listed, plural};
use fragments::{Cells, Finding, Indexed, Primary, Processed, Requirement, process};
use h5ad::{Frame, FrameColumn, H5ad};
use serde_json::json;
use tempfile::NamedTempFile;

use super::{aside, exit, output, revised, terminal};

/// The arguments of `tile-server fragments`.
#[derive(Args)]
pub struct Arguments {
    /// The file of fragments (.tsv.gz or .tsv.bgz)
    fragments: PathBuf,
    /// The AnnData file (.h5ad) of the cells that the fragments are of
    data: PathBuf,
    /// Write the fragments sorted and in blocks of gzip to this file, which must not exist, and their tabix index to
    /// NEW.tsv.bgz.tbi
    #[arg(long, value_name = "NEW.tsv.bgz")]
    out: Option<PathBuf>,
    /// A folder with room for the uncompressed rows, which are sorted there [default: that of --out, or the system's for
    /// temporary files]
    #[arg(long, value_name = "FOLDER")]
    scratch: Option<PathBuf>,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    /// Print what cellxgene-schema 7.1.2 says, and find only what it finds; exit codes stay as they are
    #[arg(long, conflicts_with = "json")]
    compat: bool,
}

/// Checks a file of fragments against its cells, and writes it sorted with its index.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Arguments { fragments, data, out, scratch, json, compat } = arguments;
    let index_path = out.as_ref().map(|out| PathBuf::from(format!("{}.tbi", out.display())));
    out.iter().chain(&index_path).try_for_each(|path| output::must_be_free(path))?;
    let cells = cells(&H5ad::open(data)?)?;
    let (requirement, processed, sorted) = match cells.requirement() {
        Err(finding) => (None, Processed { findings: vec![finding], n_rows: 0, index: None }, None),
        Ok(requirement) => {
            let (processed, sorted) = processed(fragments, &cells, out.as_deref(), scratch.as_deref())?;
            (Some(requirement), processed, sorted)
        }
    };
    let Processed { mut findings, n_rows, index } = processed;
    if *compat {
        findings.retain(|finding| finding.compat.is_some());
    }
    if let (Some(out), Some(index_path), Some(sorted), Some(index)) = (out, &index_path, sorted, index) {
        keep(fragments, sorted, out, &index, index_path)?;
    }
    if *json {
        let requirement = requirement.map(name);
        let n_cells = cells.index.len();
        let report = json!({ "valid": findings.is_empty(), "requirement": requirement, "rows": n_rows, "cells": n_cells, "findings": findings });
        terminal::print_json(&report)?;
    } else if *compat {
        terminal::print_text(&compatible(&findings))?;
    } else {
        terminal::print_text(&report(&findings, requirement, n_rows, cells.index.len()))?;
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(exit::DAMAGE) })
}

/// What the AnnData file says of its cells.
fn cells(data: &H5ad) -> Result<Cells> {
    let Frame { index, columns, .. } = data.obs()?;
    let column = |name: &str| columns.iter().find(|(known, _)| known == name).map(|(_, column)| column);
    let mut assays = None;
    if let Some(column) = column("assay_ontology_term_id") {
        let mut terms: BTreeMap<String, u64> = BTreeMap::new();
        let mut add = |term: Option<&String>| *terms.entry(term.cloned().unwrap_or_default()).or_default() += 1;
        match column {
            FrameColumn::Categorical { codes, categories, .. } => {
                codes.iter().for_each(|code| add(usize::try_from(*code).ok().and_then(|code| categories.get(code))));
            }
            FrameColumn::Strings(values) => values.iter().for_each(|value| add(value.as_ref())),
            FrameColumn::Booleans(_)
            | FrameColumn::Integers(_)
            | FrameColumn::Unsigned(_)
            | FrameColumn::Singles(_)
            | FrameColumn::Doubles(_)
            | FrameColumn::Unsupported { .. } => index.iter().for_each(|_| add(None)),
        }
        assays = Some(terms);
    }
    let primary = match column("is_primary_data") {
        Some(FrameColumn::Booleans(values)) => {
            Primary::AllBut(values.iter().filter(|value| **value != Some(true)).count() as u64)
        }
        _ => Primary::Unknown,
    };
    Ok(Cells { index, assays, primary, organism: data.uns().organism.clone() })
}

/// Checks the fragments; gives the sorted file too where one is wanted.
fn processed(
    fragments: &Path,
    cells: &Cells,
    out: Option<&Path>,
    scratch: Option<&Path>,
) -> Result<(Processed, Option<NamedTempFile>)> {
    let input = File::open(fragments).with_context(|| format!("{} cannot be read", fragments.display()))?;
    let sorted = match out {
        Some(out) => {
            let file = aside::beside(out, ".bgz");
            Some(file.with_context(|| format!("{} cannot be written", out.display()))?)
        }
        None => None,
    };
    let folder = scratch.or_else(|| out.map(aside::folder_of)).map_or_else(std::env::temp_dir, Path::to_owned);
    let mut scratch = tempfile::tempfile_in(&folder)
        .with_context(|| format!("nothing can be written to {}; name another folder by --scratch", folder.display()))?;
    let mut writer = match &sorted {
        Some(file) => Some(BufWriter::new(file.reopen()?)),
        None => None,
    };
    let to = writer.as_mut().map(|writer| writer as &mut dyn Write);
    let processed = process(input, cells, &mut scratch, to).with_context(|| fragments.display().to_string())?;
    Ok((processed, sorted))
}

/// Puts the sorted file and its index in their places: both, or none.
fn keep(fragments: &Path, sorted: NamedTempFile, out: &Path, index: &Indexed, index_path: &Path) -> Result<()> {
    let unwritten = || format!("{} cannot be written", index_path.display());
    let unkept = aside::beside(index_path, ".tbi").with_context(unwritten)?;
    index.write(BufWriter::new(unkept.as_file())).with_context(unwritten)?;
    revised::keep(sorted, fragments, out)?;
    if let Err(error) = revised::keep(unkept, fragments, index_path) {
        std::fs::remove_file(out).with_context(|| format!("{} cannot be removed again", out.display()))?;
        return Err(error);
    }
    terminal::say(&format!("{} and {} are written", out.display(), index_path.display()));
    Ok(())
}

fn name(requirement: Requirement) -> &'static str {
    match requirement {
        Requirement::Required => "required",
        Requirement::Optional => "optional",
    }
}

/// The findings for a reader.
fn report(findings: &[Finding], requirement: Option<Requirement>, n_rows: u64, n_cells: usize) -> String {
    let mut text = String::new();
    for Finding { message, count, first_rows, values, .. } in findings {
        text.push_str(&format!("error: {message}\n"));
        if *count > 1 {
            text.push_str(&format!("  found {count} times\n"));
        }
        if !first_rows.is_empty() {
            text.push_str(&format!("  rows {}\n", listed(first_rows.iter().map(ToString::to_string))));
        }
        for value in values {
            text.push_str(&format!("  {}\n", value.replace('\t', "  ")));
        }
    }
    if findings.is_empty() {
        let rows = plural(usize::try_from(n_rows).unwrap_or(usize::MAX), "row", "rows");
        let needed = requirement.map_or("", name);
        text.push_str(&format!(
            "valid: {rows} of {}; for these assays a file of fragments is {needed}\n",
            plural(n_cells, "cell", "cells")
        ));
    }
    text
}

/// The findings as `cellxgene-schema` words them.
fn compatible(findings: &[Finding]) -> String {
    let heading = match findings.first().map(|finding| finding.rule) {
        None => return String::new(),
        Some(fragments::Rule::Assay) => {
            Some("Anndata does not support ATAC fragment files for the followings reasons:")
        }
        Some(rule) if rule.is_of_cells() => Some("Errors found in Anndata file. Skipping fragment validation."),
        Some(rule) if rule.is_of_form() => None,
        Some(_) => Some("Errors found in Fragment and/or Anndata file"),
    };
    let errors = findings.iter().filter_map(|finding| finding.compat.as_deref());
    heading.into_iter().chain(errors).collect::<Vec<_>>().join("\n") + "\n"
}
