use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use explorer_core::{
    csv::{NotText, text_of},
    data::{GeneFinder, GeneIdx, GeneNames},
    de::{Adjustment, DeTable, Regulation},
    format,
    state::{GeneSet, GeneSetFileError, gene_sets_from_text},
    statistics::{PrerankOptions, Ranking, over_representation, over_representation_to_csv, prerank, prerank_to_csv},
};

use super::{
    dataset_argument::{DatasetArgument, Freshness},
    de::{self, ComparisonArguments, Sides},
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
    #[arg(long, value_name = "P", default_value_t = 0.05)]
    max_pval: f64,
    /// Chosen genes have at least this effect, in either direction: a log2 fold change, or a difference of means
    #[arg(long, value_name = "EFFECT", default_value_t = 0.0)]
    min_effect: f64,
    /// Of a ranking, the fewest genes of a set
    #[arg(long, value_name = "N", default_value_t = PrerankOptions::default().least_genes)]
    min_size: usize,
    /// Of a ranking, the most genes of a set
    #[arg(long, value_name = "N", default_value_t = PrerankOptions::default().most_genes)]
    max_size: usize,
    /// Of a ranking, how many random sets of each size there are
    #[arg(long, value_name = "N", default_value_t = PrerankOptions::default().n_permutations)]
    permutations: u32,
    /// Where the table goes [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// How sets are tested.
#[derive(Clone, Copy, ValueEnum)]
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

impl Direction {
    fn holds(self, effect: f64) -> bool {
        let side = if effect > 0.0 { Regulation::Up } else { Regulation::Down };
        match self {
            Self::Up => side == Regulation::Up,
            Self::Down => side == Regulation::Down,
            Self::Both => true,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Up => "higher in the group",
            Self::Down => "lower in the group",
            Self::Both => "higher or lower in the group",
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

/// Compares, tests sets of genes and writes the table.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let (dataset, _) = arguments.dataset.open(Freshness::Kept)?;
    let sides = Sides::of(&dataset, &arguments.comparison)?;
    let names = dataset.gene_names(sides.layer)?;
    let (sets, genes) = read_sets(&arguments.sets, &names, &sides.layer.name)?;
    let table = sides.compare(&dataset, &arguments.comparison)?;
    let csv = match arguments.by {
        By::Chosen => {
            let is_tested: Vec<bool> = table.degenerate.iter().map(Option::is_none).collect();
            let is_chosen: Vec<bool> = (0..table.len()).map(|gene| arguments.chooses(&table, gene)).collect();
            let n_chosen = is_tested.iter().zip(&is_chosen).filter(|(tested, chosen)| **tested && **chosen).count();
            let chosen = arguments.chosen_text(n_chosen, is_tested.iter().filter(|&&tested| tested).count());
            let found = over_representation(&genes, &is_tested, &is_chosen, Adjustment::BenjaminiHochberg);
            over_representation_to_csv(&found, &sets, (&table, &chosen), &names, &sides.record)
        }
        By::Ranking => {
            let options = PrerankOptions {
                least_genes: arguments.min_size,
                most_genes: arguments.max_size,
                n_permutations: arguments.permutations,
            };
            let found = prerank(&Ranking::new(&table.score), &genes, options);
            warn_of_sizes(sets.len() - found.len(), options);
            prerank_to_csv(&found, &sets, (&table, options), &names, &sides.record)
        }
    };
    de::write(&csv, arguments.out.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    fn chooses(&self, table: &DeTable, gene: usize) -> bool {
        let effect = table.effect[gene];
        let is_large = effect.abs() >= self.min_effect && effect != 0.0;
        table.pval_adj[gene] <= self.max_pval && is_large && self.direction.holds(effect)
    }

    fn chosen_text(&self, n_chosen: usize, n_tested: usize) -> String {
        let Self { max_pval, min_effect, .. } = self;
        let direction = self.direction.text();
        format!("{n_chosen} of {n_tested}; {direction}; adjusted p at most {max_pval}; effect at least {min_effect}")
    }
}

/// Gene sets of a file, and their genes in a layer, set by set. Says which genes the layer does not have.
pub fn read_sets(file: &PathBuf, names: &GeneNames, layer: &str) -> Result<(Vec<GeneSet>, Vec<Vec<GeneIdx>>)> {
    let shown = || file.display().to_string();
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", shown()))?;
    let text = text_of(bytes).map_err(|source| SetsError::Text { file: shown(), source })?;
    let finder = GeneFinder::new(names);
    let is_known = |id: &str| names.position(id).is_some();
    let sets = gene_sets_from_text(&text, is_known).map_err(|source| SetsError::Form { file: shown(), source })?;
    let mut unknown: Vec<&str> = Vec::new();
    let mut genes = Vec::with_capacity(sets.len());
    for set in &sets {
        let mut of_set = Vec::with_capacity(set.genes.len());
        for name in &set.genes {
            match finder.find(name) {
                Some(gene) => of_set.push(gene),
                None => unknown.push(name),
            }
        }
        genes.push(of_set);
    }
    unknown.sort_unstable();
    unknown.dedup();
    if genes.iter().all(Vec::is_empty) {
        let example = names.labels().first().cloned().unwrap_or_default();
        return Err(SetsError::Foreign { file: shown(), layer: layer.to_owned(), example }.into());
    }
    if !unknown.is_empty() {
        terminal::say(&format!(
            "warning: {} of the sets {} not in {layer} and left out: {}",
            format::plural(unknown.len(), "gene", "genes"),
            if unknown.len() == 1 { "is" } else { "are" },
            format::first_of(&unknown, MOST_NAMED)
        ));
    }
    Ok((sets, genes))
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
