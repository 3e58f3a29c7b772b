use std::{
    collections::HashSet,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use explorer_core::{
    de::{Adjustment, CellSetRecord, DeOptions, DeRecord, Method, pseudobulk_to_csv, to_csv},
    filter::CellMask,
};
use shared_fbs::manifest::{ColumnKind, Layer, Manifest};
use tessera::{
    compare::{cells_with_label, compare_cells},
    dataset::Dataset,
    markers::compare_samples,
};

/// What stands for all cells that are not in the group.
const REST: &str = "rest";

/// The arguments of `tile-server de`.
#[derive(Args)]
pub struct Arguments {
    /// The dataset directory
    directory: PathBuf,
    /// A label of the group, as COLUMN=LABEL; several are taken together
    #[arg(long, value_name = "COLUMN=LABEL", required_unless_present = "cells_file")]
    group: Vec<String>,
    /// Cells of the group, an id a line; taken together with --group
    #[arg(long, value_name = "FILE")]
    cells_file: Option<PathBuf>,
    /// `rest`, or a label of the reference as COLUMN=LABEL; several are taken together
    #[arg(long, value_name = "rest|COLUMN=LABEL", default_value = REST)]
    reference: Vec<String>,
    /// The layer [default: the one the page would take]
    #[arg(long)]
    layer: Option<String>,
    /// The test
    #[arg(long, value_enum, default_value_t = MethodName::Welch)]
    method: MethodName,
    /// Take the samples of this column for replicates, not the cells: a t-test over the samples' means
    #[arg(long, value_name = "COLUMN", conflicts_with = "method")]
    samples: Option<String>,
    /// Where the table goes [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The test, by name.
#[derive(Clone, Copy, ValueEnum)]
pub enum MethodName {
    /// Welch's t-test, as scanpy and scipy
    Welch,
    /// As CELLxGENE, which divides both variances by the smaller group's size
    Cellxgene,
}

impl From<MethodName> for Method {
    fn from(name: MethodName) -> Self {
        match name {
            MethodName::Welch => Self::Welch,
            MethodName::Cellxgene => Self::CellxgeneCompatible,
        }
    }
}

/// The command line names something that the dataset does not have.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// A set is neither `rest` nor a label.
    #[error("`{0}` is not of the form COLUMN=LABEL")]
    Form(String),
    /// There is no such label.
    #[error("the dataset has no label `{0}`; its categorical columns are: {1}")]
    Label(String, String),
    /// There is no such layer.
    #[error("the dataset has no layer `{0}`; its layers are: {1}")]
    Layer(String, String),
    /// The dataset has no expression at all.
    #[error("the dataset has no layer: its input had no X, raw or layers")]
    NoLayer,
    /// No column is known to hold cell types.
    #[error("the dataset has no column of cell types; name a column with --column")]
    NoMainLabel,
    /// A set has no cells.
    #[error("there is no cell in the {0}: nothing can be compared")]
    Empty(&'static str),
    /// A cell of the list does not exist.
    #[error("the dataset has no cell `{0}`, nor {1} more of the list")]
    Cells(String, usize),
}

/// Compares and writes the table.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let dataset = Dataset::open(&arguments.directory)?;
    let manifest = dataset.manifest();
    let layer = layer(manifest, arguments.layer.as_deref())?;
    let mut group = union(&dataset, &arguments.group)?;
    let mut group_name = arguments.group.join(" + ");
    if let Some(file) = &arguments.cells_file {
        group.or(&listed_cells(&dataset, file)?);
        let separator = if group_name.is_empty() { "" } else { " + " };
        group_name.push_str(&format!("{separator}cells of {}", file.display()));
    }
    let reference = match arguments.reference.as_slice() {
        [rest] if rest == REST => {
            let mut rest = group.clone();
            rest.invert();
            rest
        }
        labels => union(&dataset, labels)?,
    };
    for (set, name) in [(&group, "group"), (&reference, "reference")] {
        if set.count() == 0 {
            return Err(UsageError::Empty(name).into());
        }
    }
    let genes = dataset.genes(layer)?;
    let names: Vec<&str> = (0..genes.ids.len()).filter_map(|gene| genes.name(gene)).collect();
    let record = DeRecord {
        dataset: title(manifest),
        group: CellSetRecord { name: group_name, n_cells: group.count() as u64 },
        reference: CellSetRecord { name: arguments.reference.join(" + "), n_cells: reference.count() as u64 },
        layer: layer.name.clone(),
    };
    let csv = if let Some(samples) = &arguments.samples {
        let table = compare_samples(&dataset, layer, &group, &reference, samples, Adjustment::default())?;
        pseudobulk_to_csv(&table, &names, &record, samples)
    } else {
        let options = DeOptions { method: arguments.method.into(), ..DeOptions::of_layer(layer) };
        to_csv(&compare_cells(&dataset, layer, &group, &reference, options)?, &names, &record)
    };
    write(&csv, arguments.out.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// What a dataset is called in tables.
pub fn title(manifest: &Manifest) -> String {
    manifest.title.clone().or_else(|| manifest.source.clone()).unwrap_or_default()
}

/// Writes a table to a file, or to standard output.
pub fn write(csv: &str, out: Option<&Path>) -> Result<()> {
    match out {
        Some(path) => fs::write(path, csv).with_context(|| format!("cannot write {}", path.display())),
        None => Ok(io::stdout().write_all(csv.as_bytes())?),
    }
}

/// The layer of a name, or the one that the page would take.
pub fn layer<'a>(manifest: &'a Manifest, name: Option<&str>) -> Result<&'a Layer, UsageError> {
    let Some(name) = name else {
        return manifest.statistics_layer().ok_or(UsageError::NoLayer);
    };
    let known = || manifest.layers.iter().map(|layer| layer.name.as_str()).collect::<Vec<_>>().join(", ");
    manifest.layers.iter().find(|layer| layer.name == name).ok_or_else(|| UsageError::Layer(name.to_owned(), known()))
}

fn union(dataset: &Dataset, specs: &[String]) -> Result<CellMask> {
    let mut cells = CellMask::none(dataset.manifest().n_obs as usize);
    for spec in specs {
        let (column, label) = spec.split_once('=').ok_or_else(|| UsageError::Form(spec.clone()))?;
        let labeled = cells_with_label(dataset, column, label)?.ok_or_else(|| {
            let columns = dataset.manifest().columns.iter();
            let known: Vec<&str> = columns
                .filter(|column| column.kind == ColumnKind::Categorical)
                .map(|column| column.name.as_str())
                .collect();
            UsageError::Label(spec.clone(), known.join(", "))
        })?;
        cells.or(&labeled);
    }
    Ok(cells)
}

fn listed_cells(dataset: &Dataset, file: &Path) -> Result<CellMask> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut wanted: HashSet<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let ids = dataset.cell_ids()?;
    let cells = CellMask::from_fn(ids.len(), |cell| ids[cell].as_deref().is_some_and(|id| wanted.contains(id)));
    for id in ids.iter().flatten() {
        wanted.remove(id.as_str());
    }
    match wanted.iter().min() {
        Some(&absent) => Err(UsageError::Cells(absent.to_owned(), wanted.len() - 1).into()),
        None => Ok(cells),
    }
}
