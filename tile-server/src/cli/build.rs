use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use builder::native::{self, Existing, Report};
use clap::Args;
use explorer_core::format;
use shared_fbs::manifest::Manifest;

use super::progress::TerminalProgress;

/// The arguments of `tile-server build`.
#[derive(Args)]
pub struct Arguments {
    /// The AnnData file
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
#[derive(Args)]
pub struct Choices {
    /// Build even without an embedding to draw
    #[arg(long)]
    allow_no_embedding: bool,
    /// The column of cell types [default: cell_type, louvain, leiden, …, whichever is there]
    #[arg(long, value_name = "COLUMN")]
    main_label: Option<String>,
    /// The column of samples [default: donor_id, sample, batch, …, whichever is there]
    #[arg(long, value_name = "COLUMN")]
    sample_column: Option<String>,
}

impl Choices {
    /// Whether a dataset was built with these choices, as far as they say anything.
    pub fn are_those_of(&self, manifest: &Manifest) -> bool {
        let agrees = |chosen: &Option<String>, built: &Option<String>| chosen.is_none() || chosen == built;
        agrees(&self.main_label, &manifest.main_label) && agrees(&self.sample_column, &manifest.sample_column)
    }

    /// The options of a build.
    pub fn options(&self) -> builder::Options {
        builder::Options {
            allow_no_embedding: self.allow_no_embedding,
            main_label: self.main_label.clone(),
            sample_column: self.sample_column.clone(),
            ..builder::Options::default()
        }
    }
}

/// Builds a dataset.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let progress = TerminalProgress::new(arguments.quiet)?;
    let existing = if arguments.force { Existing::Replace } else { Existing::Keep };
    let options = arguments.choices.options();
    let report = native::build(&arguments.input, &arguments.out, existing, &options, &progress)?;
    if !arguments.quiet {
        eprint!("{}", summary(&report));
    }
    Ok(ExitCode::SUCCESS)
}

/// What a build did, for people, line by line.
pub fn summary(report: &Report) -> String {
    let manifest = &report.manifest;
    let n_vars = manifest.vars.first().map_or(0, |var| var.n_vars);
    let seconds = report.spent.as_secs_f64();
    let mut text = format!(
        "{} cells × {} genes, {} layers, {} values: {} in {} ({} values/s)\n",
        format::integer(u64::from(manifest.n_obs)),
        format::integer(u64::from(n_vars)),
        manifest.layers.len(),
        format::integer(report.n_values),
        format::bytes(report.n_bytes),
        format::duration(report.spent),
        format::compact((report.n_values as f64 / seconds.max(1e-9)) as u64),
    );
    if report.n_values > 0 {
        text.push_str(&bytes_a_value(report));
    }
    if let Some(peak) = report.peak_memory_bytes {
        text.push_str(&format!("peak memory {}\n", format::bytes(peak)));
    }
    for warning in &manifest.warnings {
        text.push_str(&format!("warning: {}: {}\n", warning.place, warning.message));
    }
    text
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
    format!("{:.2} bytes a value ({kinds})\n", report.n_bytes as f64 / n_values)
}
