use std::{fmt::Display, fs, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use explorer_core::{
    csv::{NotText, text_of},
    data::GeneNames,
    format,
    state::{
        ChosenDirection, ChosenGenes, Enrichment, EnrichmentBy, GeneSetFileError, gene_sets_from_text,
        gene_sets_of_several_lines,
    },
    statistics::{Enriched, KnownSets, PrerankOptions},
};

use plots::draw_sets;

use super::{
    dataset_argument::{DatasetArgument, Freshness},
    de::{ComparisonArguments, Sides, UsageError, probability, size},
    output::FigureOut,
    remote_inputs::DATASET_PLACES,
    terminal,
};

/// How many genes a message names.
const MOST_NAMED: usize = 10;

/// The arguments of `tile-server enrich`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    dataset: DatasetArgument,
    #[command(flatten)]
    comparison: ComparisonArguments,
    /// The gene sets: a GMT file, or a CSV file with the columns gene_set_name and gene_symbol or gene_id
    #[arg(long, value_name = "FILE")]
    sets: PathBuf,
    /// How sets are tested
    #[arg(long, value_enum, default_value_t = By::Chosen)]
    by: By,
    /// Which genes are chosen
    #[arg(long, value_enum, default_value_t = Direction::Up)]
    direction: Direction,
    /// Chosen genes have an adjusted p-value of at most this
    #[arg(long, value_name = "P", value_parser = probability, default_value_t = ChosenGenes::default().max_pval)]
    max_pval: f64,
    /// Chosen genes have at least this effect, in either direction: a log2 fold change, or a difference of means
    #[arg(long, value_name = "EFFECT", value_parser = size, default_value_t = ChosenGenes::default().min_effect)]
    min_effect: f64,
    #[arg(long, value_name = "N", help = of_ranking("the fewest genes of a set", PrerankOptions::default().least_genes))]
    min_size: Option<usize>,
    #[arg(long, value_name = "N", help = of_ranking("the most genes of a set", PrerankOptions::default().most_genes))]
    max_size: Option<usize>,
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
        help = of_ranking("how many random sets of each size there are", PrerankOptions::default().n_permutations),
    )]
    permutations: Option<u32>,
    #[command(flatten)]
    out: FigureOut,
}

/// The help of an option that only a ranking takes, so that its default is none of the option.
fn of_ranking(what: &str, default: impl Display) -> String {
    format!("Of a ranking, {what} [default: {default}]")
}

/// How sets are tested.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// Whether chosen genes are more often of a set than chance would have it (hypergeometric test)
    Chosen,
    /// Whether a set's genes lie at an end of the ranking by score (GSEA, preranked)
    Ranking,
}

/// Which genes are chosen.
#[derive(Clone, Copy, ValueEnum)]
enum Direction {
    /// Those higher in the group
    Up,
    /// Those lower in the group
    Down,
    /// Both
    Both,
}

impl From<Direction> for ChosenDirection {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Up => Self::Up,
            Direction::Down => Self::Down,
            Direction::Both => Self::Both,
        }
    }
}

/// A file of gene sets is none, or none of its genes is in the layer.
#[derive(Debug, thiserror::Error)]
pub enum SetsError {
    /// It is no text.
    #[error("cannot read {file}: {source}")]
    Text {
        /// The file.
        file: String,
        /// Why not.
        source: NotText,
    },
    /// It holds no gene sets.
    #[error(
        "{file}: {source} A GMT file has a set in each line, with tabs between its name, a description and its genes."
    )]
    Form {
        /// The file.
        file: String,
        /// Why not.
        source: GeneSetFileError,
    },
    /// The dataset has none of the genes.
    #[error("no gene of {file} is in layer `{layer}`, whose genes are called like `{example}`")]
    Foreign {
        /// The file.
        file: String,
        /// The layer.
        layer: String,
        /// One of its genes.
        example: String,
    },
}

/// Compares, tests sets of genes and writes the table, or a picture of the sets of the lowest p-values.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = arguments.out.open(
        [arguments.dataset.path()].into_iter().chain([arguments.sets.as_path()]).chain(arguments.comparison.file()),
    )?;
    let options = arguments.prerank_options()?;
    let (dataset, _) = arguments.dataset.open(Freshness::Kept)?;
    let sides = Sides::of(&dataset, &arguments.comparison)?;
    let names = dataset.gene_names(sides.layer)?;
    let sets = read_sets(&arguments.sets, &names, &sides.layer.name)?;
    let table = sides.compare(&dataset, &arguments.comparison)?;
    let found = Enriched::new(arguments.enrichment(), options, &sets.genes, &table);
    match &found {
        Enriched::Chosen { .. } => {}
        Enriched::Ranking { n_tested: 0, .. } => {
            terminal::say("warning: no gene can be tested, so there is no ranking, and no set is in the table");
        }
        Enriched::Ranking { found, options, .. } => warn_of_sizes(sets.sets.len() - found.len(), *options),
    }
    if out.is_picture() {
        out.write(&draw_sets(&found, &sets.sets, &table, &sides.record, arguments.out.ground()).to_svg())?;
    } else {
        out.write(&found.to_csv(&sets.sets, &table, &names, &sides.record))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    fn enrichment(&self) -> Enrichment {
        let by = match self.by {
            By::Chosen => EnrichmentBy::Chosen,
            By::Ranking => EnrichmentBy::Ranking,
        };
        let Self { max_pval, min_effect, .. } = *self;
        Enrichment { by, chosen: ChosenGenes { direction: self.direction.into(), max_pval, min_effect } }
    }

    fn prerank_options(&self) -> Result<PrerankOptions, UsageError> {
        let Self { min_size, max_size, permutations, by, .. } = *self;
        let given = [
            ("--min-size", min_size.is_some()),
            ("--max-size", max_size.is_some()),
            ("--permutations", permutations.is_some()),
        ];
        if let Some((option, _)) = given.into_iter().find(|(_, is_given)| *is_given && by == By::Chosen) {
            return Err(UsageError::no_meaning(option, "--by chosen"));
        }
        let defaults = PrerankOptions::default();
        let least_genes = min_size.unwrap_or(defaults.least_genes);
        let most_genes = max_size.unwrap_or(defaults.most_genes);
        if least_genes > most_genes {
            return Err(UsageError::NoSize(least_genes, most_genes));
        }
        Ok(PrerankOptions { least_genes, most_genes, n_permutations: permutations.unwrap_or(defaults.n_permutations) })
    }
}

/// Gene sets of a file, and their genes in a layer. Says which genes the layer does not have.
pub fn read_sets(file: &PathBuf, names: &GeneNames, layer: &str) -> Result<KnownSets> {
    let shown = || file.display().to_string();
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", shown()))?;
    let text = text_of(bytes).map_err(|source| SetsError::Text { file: shown(), source })?;
    let is_known = |id: &str| names.position(id).is_some();
    let sets = gene_sets_from_text(&text, is_known).map_err(|source| SetsError::Form { file: shown(), source })?;
    if let Some(several) = gene_sets_of_several_lines(&text) {
        terminal::say(&format!("warning: {}: {several}", shown()));
    }
    let known = KnownSets::new(sets, names);
    if known.are_foreign() {
        let example = names.labels().first().cloned().unwrap_or_default();
        return Err(SetsError::Foreign { file: shown(), layer: layer.to_owned(), example }.into());
    }
    let unknown = &known.unknown;
    if !unknown.is_empty() {
        terminal::say(&format!(
            "warning: {} of the sets {} not in {layer} and left out: {}",
            format::plural(unknown.len(), "gene", "genes"),
            if unknown.len() == 1 { "is" } else { "are" },
            format::first_of(unknown, MOST_NAMED)
        ));
    }
    warn_of_empty(&known, layer);
    Ok(known)
}

/// Names the sets of which the layer has no gene.
fn warn_of_empty(known: &KnownSets, layer: &str) {
    let empty = known.sets.iter().zip(&known.genes).filter(|(_, genes)| genes.is_empty());
    let empty: Vec<&str> = empty.map(|(set, _)| set.name.as_str()).collect();
    if !empty.is_empty() {
        let sets = format::plural(empty.len(), "set has", "sets have");
        terminal::say(&format!("warning: {sets} no gene in {layer}: {}", format::first_of(&empty, MOST_NAMED)));
    }
}

fn warn_of_sizes(n_left_out: usize, PrerankOptions { least_genes, most_genes, .. }: PrerankOptions) {
    if n_left_out > 0 {
        terminal::say(&format!(
            "warning: {} left out, with fewer than {least_genes} or more than {most_genes} genes in the ranking \
             (--min-size and --max-size)",
            format::plural(n_left_out, "set is", "sets are")
        ));
    }
}
