use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use clap::Args;
use explorer_core::{
    csv::text_of,
    data::label_order,
    format::{listed, plural},
    state::{OwnColumn, own_columns_from_csv},
};
use h5ad::{CategoryKind, Frame, FrameColumn, H5ad};

use super::{output, revised::Original, terminal};

/// The largest file of labels that is read, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// The arguments of `tile-server annotate`.
#[derive(Args)]
pub struct Arguments {
    /// The AnnData file (.h5ad); it stays as it is
    data: PathBuf,
    /// A CSV file: cell ids in the first column, labels in the others, whose names are in the first line. The Explorer
    /// saves such files
    #[arg(long, value_name = "FILE")]
    labels: PathBuf,
    /// The copy to write, which has the labels as categorical columns of obs; must not exist
    #[arg(long, value_name = "NEW.h5ad")]
    out: PathBuf,
    /// Let columns of the labels take the place of columns of obs of the same name
    #[arg(long)]
    replace: bool,
}

/// Why a file cannot get the labels.
#[derive(Debug, thiserror::Error)]
pub enum AnnotateError {
    /// The labels cannot be read.
    #[error("{file}: {reason}")]
    Labels {
        /// The file.
        file: String,
        /// Why not.
        reason: String,
    },
    /// Columns of obs have the names.
    #[error(
        "obs of {file} has {columns} already; give --replace to put the labels in their place, or rename them in the first line"
    )]
    Taken {
        /// The file.
        file: String,
        /// The columns.
        columns: String,
    },
    /// HDF5 or AnnData cannot have such a column.
    #[error("obs cannot have a column `{0}`: it is empty, holds `/`, or names the index; rename it in the first line")]
    Name(String),
    /// The file is not of a form that columns can be added to.
    #[error("{file}: {reason}; read it with anndata and save it anew as .h5ad first")]
    Form {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// The copy does not hold what was written.
    #[error("{0} does not read back as it was written, and was not kept: please report this")]
    ReadBack(String),
}

/// Writes a copy of an AnnData file with columns of labels.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Arguments { data, labels, out, replace } = arguments;
    output::check_cells(out)?;
    output::must_be_free(out)?;
    let form = |reason: &str| AnnotateError::Form { file: data.display().to_string(), reason: reason.to_owned() };
    let original = Original::of(data);
    let input = H5ad::open(data)?;
    if data.is_dir() || input.is_10x() {
        return Err(form("labels can be added to .h5ad files only").into());
    }
    let obs = input.obs()?;
    let file = own_columns_from_csv(&read(labels)?, &obs.index)
        .map_err(|error| AnnotateError::Labels { file: labels.display().to_string(), reason: error.to_string() })?;
    let taken = check_names(&file.columns, &obs)?;
    if !taken.is_empty() && !replace {
        let columns = listed(taken.iter().map(|name| format!("`{name}`")));
        return Err(AnnotateError::Taken { file: data.display().to_string(), columns }.into());
    }
    if let Some(left_out) = file.left_out() {
        terminal::say(&format!("warning: {}: {left_out}", labels.display()));
    }
    let kept = obs.columns.len() - taken.len();
    original.write(
        out,
        |revision| {
            file.columns.iter().try_for_each(|column| {
                revision.set_column("obs", column.name(), &categorical(column, obs.index.len()))
            })?;
            Ok(())
        },
        |copy| {
            if reads_back(copy, &file.columns, &obs, kept)? {
                return Ok(());
            }
            Err(AnnotateError::ReadBack(out.display().to_string()).into())
        },
    )?;
    terminal::say(&format!(
        "{}: {} of labels for {} of {}",
        out.display(),
        plural(file.columns.len(), "column", "columns"),
        plural(file.n_cells, "cell", "cells"),
        plural(obs.index.len(), "cell", "cells"),
    ));
    Ok(ExitCode::SUCCESS)
}

fn read(labels: &Path) -> Result<String> {
    let unreadable = || format!("{} cannot be read", labels.display());
    let file = File::open(labels).with_context(unreadable)?;
    let failed = |reason: String| AnnotateError::Labels { file: labels.display().to_string(), reason };
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).with_context(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(failed("it holds more than 1 GiB, which is no table of labels".to_owned()).into());
    }
    Ok(text_of(bytes).map_err(|error| failed(error.to_string()))?)
}

/// The names that columns of obs have.
fn check_names(columns: &[OwnColumn], obs: &Frame) -> Result<Vec<String>, AnnotateError> {
    let names = || columns.iter().map(OwnColumn::name);
    let is_index = |name: &str| name == "_index" || Some(name) == obs.index_name.as_deref();
    let cannot_be = |name: &str| name.contains('/') || ["", ".", ".."].contains(&name) || is_index(name);
    if let Some(name) = names().find(|name| cannot_be(name)) {
        return Err(AnnotateError::Name(name.to_owned()));
    }
    Ok(names().filter(|name| obs.columns.iter().any(|(known, _)| known == name)).map(str::to_owned).collect())
}

/// The labels as a column, in the order of labels.
fn categorical(column: &OwnColumn, n_obs: usize) -> FrameColumn {
    let names: Vec<String> = column.labels().iter().map(|label| label.name.clone()).collect();
    let order = label_order(&names, false);
    let mut codes = vec![-1_i32; n_obs];
    for (code, &label) in (0..).zip(&order) {
        for row in column.labels()[label as usize].cells.rows() {
            codes[row as usize] = code;
        }
    }
    let categories = order.iter().map(|&label| names[label as usize].clone()).collect();
    FrameColumn::Categorical { codes, categories, ordered: false, kind: CategoryKind::Text }
}

/// Whether the copy has the labels, and the `kept` columns that were to stay as they were.
fn reads_back(path: &Path, columns: &[OwnColumn], before: &Frame, kept: usize) -> Result<bool> {
    let obs = H5ad::open(path)?.obs()?;
    let is_new = |name: &str| columns.iter().any(|column| column.name() == name);
    let old = |frame: &Frame| frame.columns.iter().filter(|(name, _)| !is_new(name)).cloned().collect::<Vec<_>>();
    let has_labels = columns.iter().all(|column| {
        let found = obs.columns.iter().find(|(name, _)| name == column.name());
        matches!(found, Some((_, values)) if are_labels(values, column))
    });
    Ok(has_labels && obs.index == before.index && old(&obs).len() == kept && same(&old(&obs), &old(before)))
}

fn are_labels(values: &FrameColumn, column: &OwnColumn) -> bool {
    let FrameColumn::Categorical { codes, categories, .. } = values else { return false };
    let n_labeled: u64 = column.labels().iter().map(|label| label.cells.rows().len()).sum();
    let has = |row: usize, label: &str| {
        usize::try_from(codes[row]).is_ok_and(|code| categories.get(code).is_some_and(|name| name == label))
    };
    let are_there =
        column.labels().iter().all(|label| label.cells.rows().iter().all(|row| has(row as usize, &label.name)));
    are_there && codes.iter().filter(|&&code| code >= 0).count() as u64 == n_labeled
}

/// Whether columns are the same; numbers that are none are equal.
fn same(left: &[(String, FrameColumn)], right: &[(String, FrameColumn)]) -> bool {
    let text = |columns: &[(String, FrameColumn)]| format!("{columns:?}");
    left == right || text(left) == text(right)
}
