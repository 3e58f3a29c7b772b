use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use builder::{
    BuildError,
    native::{Existing, InputStamp},
};
use clap::{Args, ValueEnum};
use corpus::{
    Dimension, Profile, Term,
    build::{CellTable, Choices, H5adCounts, Input, Summary, Terms},
    native::{self, DatasetCounts},
};
use explorer_core::format;
use expression::Ontology;
use h5ad::{H5ad, H5adError};
use schema::reference::{self, Reference};
use shared_fbs::path::MANIFEST;
use tessera::dataset::Dataset;

use super::{cache::content_hash, progress::TerminalProgress, terminal};

/// The arguments of `tile-server summarize`.
#[derive(Args)]
pub struct Arguments {
    /// The AnnData file, or the directory of a dataset, whose counts may have been recognized from log-normalized values
    input: PathBuf,
    /// The directory to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replace the directory if it exists
    #[arg(long)]
    force: bool,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
    /// The id of the dataset in the corpus [default: the name of the input without its ending]
    #[arg(long, value_parser = dataset_id)]
    id: Option<String>,
    /// Its title [default: the one in the file]
    #[arg(long)]
    title: Option<String>,
    /// How it is cited
    #[arg(long)]
    citation: Option<String>,
    /// The id of its publication, such as a DOI
    #[arg(long)]
    publication: Option<String>,
    /// The id of the organism, as NCBITaxon:9606; where cells are of several, those of this one [default: the one in the
    /// file]
    #[arg(long, value_name = "ID")]
    organism: Option<String>,
    /// Which cells and assays to take
    #[arg(long, value_enum, default_value_t = ProfileName::Current)]
    profile: ProfileName,
    /// Take cells with counts of so many genes at least [default: the profile's, 500]
    #[arg(long, value_name = "N")]
    least_genes: Option<u32>,
    /// Take values below so many counts per ten thousand for noise [default: the profile's, 3]
    #[arg(long, value_name = "CPTT", value_parser = threshold)]
    least_cptt: Option<f64>,
    /// Take the ids of a dimension from another column than the usual, as cell_type=louvain
    #[arg(long, value_name = "DIMENSION=COLUMN", value_parser = column)]
    column: Vec<(Dimension, String)>,
    /// Give all cells one value, as tissue_original=UBERON:0000178=blood
    #[arg(long, value_name = "DIMENSION=ID[=LABEL]", value_parser = constant)]
    set: Vec<(Dimension, Term)>,
    /// Take all cells for primary data where the file does not say
    #[arg(long)]
    assume_primary: bool,
    /// The matrix of counts: X, raw/X, or layers/KEY [default: the first of raw/X, X and layers/counts that holds counts]
    #[arg(long)]
    layer: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ProfileName {
    /// As CELLxGENE's Gene Expression does today: every assay
    Current,
    /// As in its paper: twelve assays
    Paper,
}

impl ProfileName {
    fn profile(self) -> Profile {
        match self {
            Self::Current => corpus::current_profile(),
            Self::Paper => corpus::paper_profile(),
        }
    }
}

fn threshold(text: &str) -> Result<f64, &'static str> {
    text.parse().ok().filter(|&cptt: &f64| cptt.is_finite() && cptt >= 0.0).ok_or("it takes a number from 0 on")
}

fn dataset_id(text: &str) -> Result<String, &'static str> {
    let is_one = !text.trim().is_empty() && !text.contains(char::is_control);
    if is_one { Ok(text.to_owned()) } else { Err("it takes a text of one line") }
}

/// A dimension that columns and constants may give.
fn settable(name: &str) -> Result<Dimension, String> {
    match name.parse().map_err(|error: corpus::UnknownDimension| error.to_string())? {
        Dimension::Dataset => Err("the dataset is what --id calls it, and --title".to_owned()),
        dimension => Ok(dimension),
    }
}

fn column(text: &str) -> Result<(Dimension, String), String> {
    let (dimension, column) = text.split_once('=').ok_or("it takes DIMENSION=COLUMN")?;
    Ok((settable(dimension)?, column.to_owned()))
}

fn constant(text: &str) -> Result<(Dimension, Term), String> {
    let (dimension, term) = text.split_once('=').ok_or("it takes DIMENSION=ID or DIMENSION=ID=LABEL")?;
    let (id, label) = term.split_once('=').unwrap_or((term, term));
    let dimension = settable(dimension)?;
    Ok((dimension, Term { id: id.to_owned(), label: label.to_owned() }))
}

impl Arguments {
    fn choices(&self, title: Option<&str>) -> Choices {
        let stem = || self.input.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut profile = self.profile.profile();
        profile.least_genes = self.least_genes.unwrap_or(profile.least_genes);
        profile.least_cptt = self.least_cptt.unwrap_or(profile.least_cptt);
        Choices {
            id: self.id.clone().unwrap_or_else(stem),
            title: self.title.clone().or_else(|| title.map(str::to_owned)),
            citation: self.citation.clone(),
            publication: self.publication.clone(),
            organism: self.organism.clone(),
            profile,
            columns: self.column.iter().cloned().collect::<BTreeMap<_, _>>(),
            constants: self.set.iter().cloned().collect::<BTreeMap<_, _>>(),
            assume_primary: self.assume_primary,
        }
    }

    fn write(&self, input: Input<'_>, title: Option<&str>, progress: &TerminalProgress) -> Result<Summary> {
        let existing = if self.force { Existing::Replace } else { Existing::Keep };
        let anatomy = ontology("UBERON")?;
        let general = |tissue: &Term| match expression::general_tissue(&anatomy, &tissue.id) {
            id if id == tissue.id => tissue.clone(),
            id => Term { id: id.to_owned(), label: anatomy.label(id).unwrap_or(id).to_owned() },
        };
        let terms = Terms { general_tissue: &general, look_up: &term_of };
        Ok(native::summarize(input, &self.choices(title), &terms, (&self.out, existing), progress)?)
    }
}

/// The label of a term of the schema's ontologies, and those right above it.
pub fn term_of(id: &str) -> Option<(String, Vec<String>)> {
    let reference = Reference::embedded();
    let term = reference.term(id)?;
    Some((reference.label(term)?.to_owned(), reference.parents(term)))
}

/// An ontology of the schema's, such as `CL`.
///
/// # Errors
/// When its tables contradict themselves.
fn ontology(name: &str) -> Result<Ontology> {
    let named =
        reference::Ontology::named(name).with_context(|| format!("the schema's tables have no ontology {name}"))?;
    Ok(Ontology::new(Reference::embedded().all_terms(named))?)
}

/// Makes a summary.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let progress = TerminalProgress::new(arguments.quiet)?;
    let path = &arguments.input;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let summary = if path.join(MANIFEST).is_file() {
        let dataset = Dataset::open(path)?;
        let counts = DatasetCounts::open(&dataset, arguments.layer.as_deref())?;
        if counts.are_recognized() && !arguments.quiet {
            terminal::say(&format!("warning: counts are those that the log-normalized values of {file} come from"));
        }
        let manifest = dataset.manifest();
        let input = Input {
            cells: &counts.cells()?,
            counts: &counts,
            file: &file,
            content: &manifest.content_id,
            organism: None,
        };
        arguments.write(input, manifest.title.as_deref(), &progress)?
    } else {
        let unreadable = |source| BuildError::Input(H5adError::Io { file: path.display().to_string(), source });
        let before = InputStamp::settled(path).map_err(unreadable)?;
        let content = format!("{:016x}", content_hash(path, before.n_bytes(), &progress)?);
        let opened = H5ad::open(path)?;
        let counts = H5adCounts::open(&opened, arguments.layer.as_deref())?;
        let input = Input {
            cells: &CellTable::of(&opened.obs()?),
            counts: &counts,
            file: &file,
            content: &content,
            organism: opened.uns().organism.as_deref(),
        };
        let summary = arguments.write(input, opened.uns().title.as_deref(), &progress)?;
        if InputStamp::of(path).ok().as_ref() != Some(&before) {
            return Err(BuildError::InputChanged { file: path.display().to_string() }.into());
        }
        summary
    };
    if !arguments.quiet {
        say(&summary, &arguments.out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn say(summary: &Summary, out: &Path) -> Result<()> {
    let (source, part) = (&summary.manifest.sources[0], &summary.manifest.parts[0]);
    let n_bytes = std::fs::read_dir(out)
        .and_then(|entries| entries.map(|entry| Ok(entry?.metadata()?.len())).sum::<std::io::Result<u64>>());
    terminal::say(&format!(
        "{} of {}, {}, {} in {}: {}",
        format::plural(source.n_cells as usize, "cell", "cells"),
        format::integer(u64::from(source.n_obs)),
        format::plural(part.n_genes as usize, "gene", "genes"),
        format::plural(source.n_nonzero as usize, "value", "values"),
        format::plural(part.levels[0].n_groups as usize, "group", "groups"),
        format::bytes(n_bytes.with_context(|| format!("{} cannot be listed", out.display()))?),
    ));
    for (reason, n) in &summary.left_out {
        terminal::say(&format!("left out: {} {reason}", format::plural(*n, "cell", "cells")));
    }
    Ok(())
}
