use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use clap::Args;
use explorer_core::{
    color::{completed_colors, opaque, parse},
    csv::text_of,
    data::label_order,
    format::{listed, plural},
    state::{OwnColumn, own_columns_from_csv},
};
use h5ad::{CategoryKind, Frame, FrameColumn, H5ad, NodeKind, RawFile, Revision, UnsValue, WriteError};

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
    let tables = Tables::of(data, &input)?;
    original.write(
        out,
        |revision| Ok(write(revision, &input, &obs, &file.columns, &tables)?),
        |copy| {
            if reads_back(copy, &file.columns, &obs, kept)? && tables.read_back(copy)? {
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

/// What of a file are tables, as anndata before 0.7 wrote data frames. They get no column, and are written as groups.
#[derive(Default)]
struct Tables {
    /// Whether obs is one.
    has_obs: bool,
    /// var, where it is one: programs take both for tables, or neither.
    var: Option<Frame>,
    /// The lists of categories in uns that columns of theirs alone have codes of.
    categories: Vec<String>,
}

impl Tables {
    fn of(data: &Path, input: &H5ad) -> Result<Self> {
        let raw = RawFile::open(data)?;
        let is_table = |place: &str| raw.kind(place).map(|kind| kind == Some(NodeKind::Dataset));
        if !is_table("obs")? {
            return Ok(Self::default());
        }
        let var = is_table("var")?.then(|| input.var()).transpose()?;
        let raw_var = input.raw_var()?;
        let stays = |name: &str| raw_var.iter().flat_map(|var| &var.columns).any(|(column, _)| column == name);
        let obs = input.obs()?;
        let columns = [Some(&obs), var.as_ref()].into_iter().flatten().flat_map(|frame| &frame.columns);
        let labels = columns.filter(|(_, values)| matches!(values, FrameColumn::Categorical { .. }));
        let categories = labels.filter(|(name, _)| !stays(name)).map(|(name, _)| format!("uns/{name}_categories"));
        Ok(Self { has_obs: true, categories: categories.collect(), var })
    }

    /// Whether the copy has what was written anew beside obs.
    fn read_back(&self, copy: &Path) -> Result<bool> {
        let Some(before) = &self.var else { return Ok(true) };
        let var = H5ad::open(copy)?.var()?;
        Ok(var.index == before.index && same(&var.columns, &before.columns))
    }
}

/// Writes the labels into obs, and their colors into uns.
fn write(
    revision: &mut Revision<File>,
    input: &H5ad,
    obs: &Frame,
    columns: &[OwnColumn],
    tables: &Tables,
) -> Result<(), WriteError> {
    let labels = columns.iter().map(|column| (column.name(), categorical(column, obs.index.len())));
    let mut table = tables.has_obs.then(|| obs.clone());
    for (name, values) in labels {
        match &mut table {
            None => revision.set_column("obs", name, &values)?,
            Some(table) => match table.columns.iter_mut().find(|(known, _)| known == name) {
                Some((_, before)) => before.clone_from(&values),
                None => table.columns.push((name.to_owned(), values.clone())),
            },
        }
        let key = format!("{name}_colors");
        let Some(before) = input.uns().colors.get(name) else { continue };
        let known = obs.columns.iter().find(|(known, _)| known == name).map(|(_, values)| values);
        match colors(&values, known, before) {
            Some(colors) => revision.set_uns(&[&key], &UnsValue::Texts(colors))?,
            None => revision.remove(&format!("uns/{key}"))?,
        }
    }
    if let Some(table) = &table {
        revision.set_frame("obs", table)?;
        tables.var.iter().try_for_each(|var| revision.set_frame("var", var))?;
        tables.categories.iter().try_for_each(|list| revision.remove(list))?;
    }
    Ok(())
}

/// The colors of labels that take the place of others: a label that was there keeps its own, and others get colors that
/// none has; `None` where no label was there.
fn colors(labels: &FrameColumn, known: Option<&FrameColumn>, before: &[String]) -> Option<Vec<String>> {
    let FrameColumn::Categorical { categories, .. } = labels else { return None };
    let FrameColumn::Categorical { categories: known, .. } = known? else { return None };
    let old = |label: &String| before.get(known.iter().position(|known| known == label)?);
    let kept: Vec<Option<&String>> = categories.iter().map(old).collect();
    kept.iter().any(Option::is_some).then_some(())?;
    let parsed: Vec<_> = kept.iter().map(|color| color.and_then(|color| parse(color)).map(opaque)).collect();
    let all = completed_colors(&parsed);
    let color = |(kept, new): (&Option<&String>, &u32)| match kept {
        Some(kept) => (*kept).clone(),
        None => format!("#{:06x}", new >> 8),
    };
    Some(kept.iter().zip(&all).map(color).collect())
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
