use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
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
use h5ad::{Frame, FrameColumn, H5ad};
use hdf5_pure::{AttrValue, DatasetBuilder, Group};

use super::{aside, output, terminal};

/// The largest file of labels that is read, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// The arguments of `tile-server annotate`.
#[derive(Args)]
pub struct Arguments {
    /// The AnnData file (.h5ad); it stays as it is. Files that h5py wrote are held in memory meanwhile
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
    /// The copy is there already, or is the input.
    #[error("{0} exists; name a new file by --out, or remove it first")]
    Exists(String),
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
    if out.symlink_metadata().is_ok() {
        return Err(AnnotateError::Exists(out.display().to_string()).into());
    }
    let form = |reason: &str| AnnotateError::Form { file: data.display().to_string(), reason: reason.to_owned() };
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
    let copy = aside::beside(out, ".h5ad");
    let copy = copy.with_context(|| format!("{} cannot be written", out.display()))?.into_temp_path();
    copy_content(data, &copy).with_context(|| format!("{} cannot be copied", data.display()))?;
    let kept = obs.columns.len() - taken.len();
    loosen(&copy).with_context(|| format!("{} cannot be written", out.display()))?;
    write(&copy, &file.columns, &taken, obs.index.len()).map_err(|error| match error {
        hdf5_pure::Error::NotAGroup(_) => form(&format!(
            "its obs is a table as anndata 0.6 wrote it, which python -c \"import anndata; \
             anndata.read_h5ad('{}').write_h5ad('NEW.h5ad')\" mends",
            data.display()
        )),
        hdf5_pure::Error::EditUnsupported(reason) => {
            form(&format!("its obs is kept in a way to which no column can be added in place ({reason})"))
        }
        error => form(&error.to_string()),
    })?;
    if !reads_back(&copy, &file.columns, &obs, kept)? {
        return Err(AnnotateError::ReadBack(out.display().to_string()).into());
    }
    copy.persist_noclobber(out)
        .map_err(|error| error.error)
        .with_context(|| format!("{} cannot be written", out.display()))?;
    terminal::say(&format!(
        "{}: {} of labels for {} of {}",
        out.display(),
        plural(file.columns.len(), "column", "columns"),
        plural(file.n_cells, "cell", "cells"),
        plural(obs.index.len(), "cell", "cells"),
    ));
    Ok(ExitCode::SUCCESS)
}

/// Copies what a file holds; the copy keeps its permissions.
fn copy_content(from: &Path, to: &Path) -> io::Result<u64> {
    io::copy(&mut File::open(from)?, &mut File::options().write(true).open(to)?)
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

/// Lets the headers of the root and of obs be rewritten, whose attributes HDF5 of old forbids to share.
fn loosen(copy: &Path) -> Result<()> {
    let flags = h5ad::unshared_attributes(copy, &["/", "obs"])?;
    let mut file = File::options().read(true).write(true).open(copy)?;
    for (place, bit) in flags {
        let mut flags = [0];
        file.seek(SeekFrom::Start(place))?;
        file.read_exact(&mut flags)?;
        file.seek(SeekFrom::Start(place))?;
        file.write_all(&[flags[0] & !bit])?;
    }
    Ok(())
}

/// Adds the columns to the file in place of those that are `taken`. What is not obs stays byte for byte where it was.
fn write(path: &Path, columns: &[OwnColumn], taken: &[String], n_obs: usize) -> Result<(), hdf5_pure::Error> {
    let file = hdf5_pure::File::open_rw(path)?;
    let obs = file.group("obs")?;
    for name in taken {
        obs.delete(name)?;
    }
    if !taken.is_empty() {
        // A link that is gone and one of the same name do not go into one commit.
        file.commit()?;
    }
    for column in columns {
        add(&obs, column, n_obs)?;
    }
    let added = columns.iter().map(OwnColumn::name).filter(|name| !taken.iter().any(|other| other == name));
    let order = column_order(&obs)?.into_iter().chain(added.map(str::to_owned)).collect();
    obs.set_attr("column-order", AttrValue::VarLenStringArray(order))?;
    file.commit()
}

/// The columns of a frame in order, as its attribute has them.
fn column_order(obs: &Group) -> Result<Vec<String>, hdf5_pure::Error> {
    Ok(match obs.attrs()?.remove("column-order") {
        Some(
            AttrValue::VarLenStringArray(names)
            | AttrValue::VarLenAsciiStringArray(names)
            | AttrValue::StringArray(names)
            | AttrValue::AsciiStringArray(names),
        ) => names,
        // What pandas had no columns to name for.
        _ => Vec::new(),
    })
}

/// Adds a categorical column as anndata writes one.
fn add(obs: &Group, column: &OwnColumn, n_obs: usize) -> Result<(), hdf5_pure::Error> {
    let names: Vec<String> = column.labels().iter().map(|label| label.name.clone()).collect();
    let order = label_order(&names, false);
    let categories: Vec<&str> = order.iter().map(|&label| names[label as usize].as_str()).collect();
    let mut codes = vec![-1_i32; n_obs];
    for (code, &label) in (0..).zip(&order) {
        for row in column.labels()[label as usize].cells.rows() {
            codes[row as usize] = code;
        }
    }
    obs.create_group_with(column.name(), |group| {
        let encoding = |kind: &str| {
            [("encoding-type", kind), ("encoding-version", "0.2.0")]
                .map(|(name, value)| (name, AttrValue::VarLenString(value.to_owned())))
        };
        let told = |dataset: &mut DatasetBuilder, kind: &str| {
            for (name, value) in encoding(kind) {
                dataset.set_attr(name, value);
            }
        };
        for (name, value) in encoding("categorical") {
            group.set_attr(name, value);
        }
        group.set_attr("ordered", AttrValue::U8(0));
        group.create_dataset("codes", |dataset| {
            told(dataset, "array");
            with_codes(dataset, &codes);
        });
        group.create_dataset("categories", |dataset| {
            told(dataset, "string-array");
            dataset.with_vlen_strings(&categories);
        });
    })?;
    Ok(())
}

/// Codes in the narrowest type that holds them, as pandas has them.
fn with_codes(dataset: &mut DatasetBuilder, codes: &[i32]) {
    if let Some(codes) = codes.iter().map(|&code| i8::try_from(code).ok()).collect::<Option<Vec<i8>>>() {
        dataset.with_i8_data(&codes);
    } else if let Some(codes) = codes.iter().map(|&code| i16::try_from(code).ok()).collect::<Option<Vec<i16>>>() {
        dataset.with_i16_data(&codes);
    } else {
        dataset.with_i32_data(codes);
    }
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
