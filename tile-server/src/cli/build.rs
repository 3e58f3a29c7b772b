use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use builder::{
    BuildError, Progress,
    native::{self, DatasetKind, Existing, Report},
};
use clap::Args;
use explorer_core::{format, session::schema_words};
use h5ad::RawFile;
use schema::{Severity, reference::Reference, validate};
use serde::{Deserialize, Serialize};
use shared_fbs::manifest::SchemaVerdict;

use super::{progress::TerminalProgress, revised::Original, terminal, validate::Reading};

/// The arguments of `tile-server build`.
#[derive(Args)]
pub struct Arguments {
    /// The AnnData file: .h5ad, .zarr (a directory or a ZIP file), .h5mu, or .h5 of 10x Genomics
    input: PathBuf,
    /// The dataset directory to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replace the directory if it exists
    #[arg(long)]
    force: bool,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    choices: Choices,
}

/// What can be chosen when tiles are built.
#[derive(Args, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Choices {
    /// Build even without an embedding to draw
    #[arg(long)]
    allow_no_embedding: bool,
    /// The modality to build, of MuData
    #[arg(long, value_name = "NAME")]
    modality: Option<String>,
    /// The column of cell types [default: cell_type, louvain, leiden, …, whichever is there]
    #[arg(long, value_name = "COLUMN")]
    main_label: Option<String>,
    /// The column of samples [default: donor_id, sample, batch, …, whichever is there]
    #[arg(long, value_name = "COLUMN")]
    sample_column: Option<String>,
    /// The column of var that gene symbols are taken from [default: feature_name, gene_symbols, gene_name, …, whichever
    /// is there]
    #[arg(long, value_name = "COLUMN")]
    symbols: Option<String>,
    /// Validate the file (.h5ad) against the CELLxGENE schema, as `tile-server validate --ignore-labels` does, and record
    /// the verdict in the dataset: lists of datasets show it, and `serve --require-schema` asks for it
    #[arg(long)]
    #[serde(default)]
    schema: bool,
}

impl Choices {
    /// The same, the file validated in any case where `schema`.
    pub fn with_schema(self, schema: bool) -> Self {
        Self { schema: self.schema || schema, ..self }
    }

    /// The options of a build of this file, which is validated where that is chosen.
    pub fn options(&self, input: &Path, progress: &dyn Progress) -> Result<builder::Options, BuildError> {
        let schema = if self.schema { Some(verdict(input, progress)?) } else { None };
        Ok(builder::Options {
            allow_no_embedding: self.allow_no_embedding,
            modality: self.modality.clone(),
            main_label: self.main_label.clone(),
            sample_column: self.sample_column.clone(),
            symbols: self.symbols.clone(),
            schema,
            ..builder::Options::default()
        })
    }
}

/// How a file follows the schema. What submission writes into it is allowed.
fn verdict(input: &Path, progress: &dyn Progress) -> Result<SchemaVerdict, BuildError> {
    let file = RawFile::open(input)?;
    let options = schema::Options { ignore_labels: true, ..schema::Options::default() };
    let report = validate(&file, &Reference::embedded(), options, &Reading::new(progress));
    report.map(|report| verdict_of(&report)).map_err(|schema::Stopped| BuildError::Interrupted)
}

/// What a dataset keeps of a report.
pub fn verdict_of(report: &schema::Report) -> SchemaVerdict {
    let groups = report.groups();
    let n_causes = |severity: Severity| groups.iter().filter(|group| group.severity == severity).count() as u32;
    SchemaVerdict {
        version: schema::VERSION.to_owned(),
        n_errors: n_causes(Severity::Error),
        n_strict: n_causes(Severity::Strict),
        n_warnings: n_causes(Severity::Warning),
    }
}

/// Builds a dataset.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let progress = TerminalProgress::new(arguments.quiet)?;
    let existing = if arguments.force { Existing::Replace } else { Existing::Keep };
    // To hold a file against the schema may take minutes.
    native::checked_place::<DatasetKind>(&arguments.out, existing)?;
    let original = Original::of(&arguments.input);
    let options = arguments.choices.options(&arguments.input, &progress)?;
    original.must_be_as_before()?;
    let report = native::build(&arguments.input, &arguments.out, existing, &options, &progress)?;
    if !arguments.quiet {
        say_summary(&report);
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what a build did.
pub fn say_summary(report: &Report) {
    summary(report).iter().for_each(|line| terminal::say(line));
}

fn summary(report: &Report) -> Vec<String> {
    let manifest = &report.manifest;
    let n_vars = manifest.vars.first().map_or(0, |var| var.n_vars);
    let seconds = report.spent.as_secs_f64();
    let values = format::plural(report.n_values as usize, "value", "values");
    let mut lines = vec![format!(
        "{} × {}, {}, {} in {} ({} values/s)",
        format::plural(manifest.n_obs as usize, "cell", "cells"),
        format::plural(n_vars as usize, "gene", "genes"),
        match manifest.layers.len() {
            0 => "0 layers".to_owned(),
            1 => format!("{values} in all layers"),
            n => format!("{values} in all {n} layers"),
        },
        format::bytes(report.n_bytes),
        format::duration(report.spent),
        format::compact((report.n_values as f64 / seconds.max(1e-9)) as u64),
    )];
    if report.n_values > 0 {
        lines.push(bytes_a_value(report));
    }
    if let Some(peak) = report.peak_memory_bytes {
        lines.push(format!("peak memory {}", format::bytes(peak)));
    }
    if let Some(verdict) = &manifest.schema {
        let words = schema_words(manifest).unwrap_or_default();
        let more = if verdict.n_errors > 0 { "; `tile-server validate --ignore-labels` tells each" } else { "" };
        lines.push(format!("schema {}: {words}{more}", verdict.version));
    }
    for warning in &manifest.warnings {
        lines.push(format!("warning: {}: {}", warning.place, warning.message));
    }
    lines
}

/// What a value takes in all, and in the packs of the layers.
fn bytes_a_value(report: &Report) -> String {
    let n_values = report.n_values as f64;
    let of_kind = |kind: &str| {
        let packs = report.manifest.packs.iter().filter(|pack| pack.name.starts_with(kind));
        let n_bytes: u64 = packs.map(|pack| pack.n_bytes).sum();
        format!("{kind} {:.2}", n_bytes as f64 / n_values)
    };
    let kinds = ["genes", "cells", "moments"].map(of_kind).join(", ");
    format!("{:.2} bytes a value ({kinds})", report.n_bytes as f64 / n_values)
}
