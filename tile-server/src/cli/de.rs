use std::{path::Path, process::ExitCode};

use anyhow::Result;
use clap::{Args, ValueEnum};
use explorer_core::{
    data::{GeneFinder, GeneNames},
    de::{
        Adjustment, CellSetRecord, DeOptions, DeRecord, DeTable, Method, Test, Ties, caution_of_sizes,
        pseudobulk_to_csv, to_csv,
    },
    filter::CellMask,
    format,
    session::{ComparisonFigureKind, StandingOut},
};
use plots::{ComparisonFigure, SamplesFigure};
use shared_fbs::{
    LayerNameError,
    manifest::{Layer, Manifest},
};
use tessera::{compare::compare_cells, dataset::Dataset, gene_passes::compare_by_ranks, markers::compare_samples};
use tile_server::lists;

use super::{
    cells::{self, CellList, CellsError, Overlap},
    correlate::NoNumbers,
    dataset_argument::{DatasetArgument, Freshness},
    output::{FigureOut, Output},
    remote_inputs::DATASET_PLACES,
    terminal,
};

/// What stands for all cells that are not in the group.
const REST: &str = "rest";

/// Two sets of cells, and how they are compared.
#[derive(Args)]
pub struct ComparisonArguments {
    /// A label of the group, as COLUMN=LABEL; several are taken together
    #[arg(long, value_name = "COLUMN=LABEL", required_unless_present = "cells_file")]
    group: Vec<String>,
    #[command(flatten)]
    list: CellList,
    /// `rest`, or a label of the reference as COLUMN=LABEL; several are taken together
    #[arg(long, value_name = "rest|COLUMN=LABEL", default_value = REST)]
    reference: Vec<String>,
    /// What becomes of cells that are both in the group and in the reference
    #[arg(long, value_enum, default_value_t = Overlap::Keep)]
    overlap: Overlap,
    /// The layer: X, raw/X, or layers/KEY; KEY alone where no other layer goes by it [default: the one the page would
    /// take]
    #[arg(long)]
    layer: Option<String>,
    /// The test
    #[arg(long, value_enum, default_value_t = MethodName::Welch)]
    method: MethodName,
    /// The correction of p-values for many genes
    #[arg(long, value_enum, default_value_t = AdjustmentName::Bh)]
    adjust: AdjustmentName,
}

/// The arguments of `tile-server de`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    dataset: DatasetArgument,
    #[command(flatten)]
    comparison: ComparisonArguments,
    /// Take the samples of this column for replicates, not the cells: a t-test over the samples' means, paired where
    /// samples have cells in both sets
    #[arg(long, value_name = "COLUMN", conflicts_with = "method")]
    samples: Option<String>,
    #[command(flatten)]
    picture: PictureArguments,
    #[command(flatten)]
    out: FigureOut,
}

/// How a comparison is drawn.
#[derive(Args)]
struct PictureArguments {
    /// Of a picture, what it shows [default: volcano]
    #[arg(long, value_enum)]
    plot: Option<PlotName>,
    /// Of a picture, the adjusted p-value up to which genes stand out [default: 0.05]
    #[arg(long, value_name = "P", value_parser = probability)]
    max_pval: Option<f64>,
    /// Of a picture, the least effect of genes that stand out, in either direction: a log2 fold change, or a difference of
    /// means [default: 0]
    #[arg(long, value_name = "EFFECT", value_parser = size)]
    min_effect: Option<f64>,
    /// Of a picture, genes that have their names in it however they lie, by symbol or id, with commas between
    #[arg(long, value_name = "GENE,GENE")]
    name_genes: Vec<String>,
}

/// What a picture of a comparison shows, by name.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PlotName {
    /// The effect of each gene against its adjusted p-value
    Volcano,
    /// The mean of each gene against its effect
    Ma,
    /// The effects of the leading genes with their 95 % confidence intervals
    Intervals,
}

impl From<PlotName> for ComparisonFigureKind {
    fn from(name: PlotName) -> Self {
        match name {
            PlotName::Volcano => Self::Volcano,
            PlotName::Ma => Self::Ma,
            PlotName::Intervals => Self::Intervals,
        }
    }
}

/// A p-value as an argument.
pub fn probability(text: &str) -> Result<f64, &'static str> {
    text.parse().ok().filter(|p| (0.0..=1.0).contains(p)).ok_or("a p-value is a number from 0 to 1")
}

/// The size of an effect as an argument.
pub fn size(text: &str) -> Result<f64, &'static str> {
    text.parse().ok().filter(|size: &f64| *size >= 0.0).ok_or("the size of an effect is a number of 0 or more")
}

/// The test, by name.
#[derive(Clone, Copy, ValueEnum)]
pub enum MethodName {
    /// Welch's t-test, as scanpy's `t-test` and scipy
    Welch,
    /// As CELLxGENE, which divides both variances by the smaller group's size
    Cellxgene,
    /// As scanpy's `t-test_overestim_var`, which divides both variances by the group's size
    OverestimVar,
    /// The Wilcoxon rank-sum test, corrected for ties, as scanpy's `wilcoxon` with `tie_correct=True`
    Wilcoxon,
    /// The same without that correction, as scanpy has it by default
    WilcoxonUncorrected,
}

impl MethodName {
    /// The test, and how a t-test takes the standard error.
    pub fn test(self) -> (Method, Test) {
        match self {
            Self::Welch => (Method::Welch, Test::T),
            Self::Cellxgene => (Method::CellxgeneCompatible, Test::T),
            Self::OverestimVar => (Method::OverestimatedVariance, Test::T),
            Self::Wilcoxon => (Method::Welch, Test::Wilcoxon(Ties::Corrected)),
            Self::WilcoxonUncorrected => (Method::Welch, Test::Wilcoxon(Ties::Ignored)),
        }
    }
}

/// The correction for many tests, by name.
#[derive(Clone, Copy, ValueEnum)]
pub enum AdjustmentName {
    /// Benjamini-Hochberg: the false discovery rate
    Bh,
    /// Bonferroni: the family-wise error
    Bonferroni,
}

impl From<AdjustmentName> for Adjustment {
    fn from(name: AdjustmentName) -> Self {
        match name {
            AdjustmentName::Bh => Self::BenjaminiHochberg,
            AdjustmentName::Bonferroni => Self::Bonferroni,
        }
    }
}

/// The command line names something that the dataset does not have.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// The name leads to no layer.
    #[error(transparent)]
    Layer(#[from] LayerNameError),
    /// No column is known to hold cell types.
    #[error("the dataset has no column of cell types; name a column with --column")]
    NoMainLabel,
    /// An option changes nothing.
    #[error("{option} has no meaning with {with}; leave one of them out")]
    NoMeaning {
        /// The option.
        option: &'static str,
        /// What makes it so.
        with: String,
    },
    /// The least is more than the most.
    #[error("--min-size {0} is more than --max-size {1}, so that no set is tested")]
    NoSize(usize, usize),
}

impl UsageError {
    /// An option changes nothing.
    pub fn no_meaning(option: &'static str, with: &str) -> Self {
        Self::NoMeaning { option, with: with.to_owned() }
    }
}

impl ComparisonArguments {
    /// The file that lists cells.
    pub fn file(&self) -> Option<&Path> {
        self.list.file()
    }
}

/// Compares and writes the table, or a picture of it.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = arguments.out.open([arguments.dataset.path()].into_iter().chain(arguments.comparison.file()))?;
    let picture = &arguments.picture;
    picture.check(out, arguments.samples.is_some())?;
    let (dataset, _) = arguments.dataset.open(Freshness::Kept)?;
    let sides = Sides::of(&dataset, &arguments.comparison)?;
    let names = dataset.gene_names(sides.layer)?;
    let (standing_out, ground) = (picture.standing_out(), arguments.out.ground());
    let chosen = picture.chosen(&names, sides.layer)?;
    let text = if let Some(samples) = &arguments.samples {
        let adjustment = arguments.comparison.adjust.into();
        let [group, reference] = sides.sets();
        let table = compare_samples(&dataset, sides.layer, group, reference, samples, adjustment)?;
        warn(table.caution());
        let figure = SamplesFigure {
            table: &table,
            names: &names,
            record: &sides.record,
            by: samples,
            standing_out,
            chosen: &chosen,
            ground,
        };
        if out.is_picture() {
            figure.draw().to_svg()
        } else {
            pseudobulk_to_csv(&table, &names, &sides.record, samples)
        }
    } else {
        let table = sides.compare(&dataset, &arguments.comparison)?;
        let is_shown: Vec<bool> = table.effect.iter().map(|size| size.abs() >= standing_out.min_abs_effect).collect();
        let figure = ComparisonFigure {
            kind: picture.plot.map_or_else(ComparisonFigureKind::default, PlotName::into),
            table: &table,
            names: &names,
            record: &sides.record,
            standing_out,
            is_shown: &is_shown,
            chosen: &chosen,
            other: None,
            ground,
        };
        if out.is_picture() { figure.draw().to_svg() } else { to_csv(&table, &names, &sides.record) }
    };
    out.write(&text)?;
    Ok(ExitCode::SUCCESS)
}

impl PictureArguments {
    /// Refuses what changes nothing: all of them of a table; of samples, what these have not.
    fn check(&self, out: Output<'_>, are_samples: bool) -> Result<(), UsageError> {
        let given = [
            ("--plot", self.plot.is_some()),
            ("--max-pval", self.max_pval.is_some()),
            ("--min-effect", self.min_effect.is_some()),
            ("--name-genes", !self.name_genes.is_empty()),
        ];
        if let Some((option, _)) = given.into_iter().find(|(_, is_given)| *is_given && !out.is_picture()) {
            return Err(UsageError::no_meaning(option, "a table, which is written unless --out ends in .svg"));
        }
        if are_samples && self.plot.is_some_and(|plot| plot != PlotName::Volcano) {
            return Err(UsageError::no_meaning("--plot", "--samples, of which there is a volcano plot only"));
        }
        Ok(())
    }

    fn standing_out(&self) -> StandingOut {
        let usual = StandingOut::default();
        StandingOut {
            max_pval_adj: self.max_pval.unwrap_or(usual.max_pval_adj),
            min_abs_effect: self.min_effect.unwrap_or(usual.min_abs_effect),
        }
    }

    /// The ids of the genes that have their names in any case.
    fn chosen(&self, names: &GeneNames, layer: &Layer) -> Result<Vec<String>> {
        let finder = GeneFinder::new(names);
        let asked = lists::names(&self.name_genes, |name| finder.find(name).is_some());
        let found = asked.into_iter().map(|gene| match finder.find(&gene) {
            Some(found) => Ok(names.id(found).to_owned()),
            None => Err(NoNumbers::Gene { gene, layer: layer.name.clone() }.into()),
        });
        found.collect()
    }
}

/// Two sets of cells and a layer, as a command line names them.
pub struct Sides<'a> {
    /// The layer.
    pub layer: &'a Layer,
    /// What is compared, for the table.
    pub record: DeRecord,
    group: NamedCells,
    reference: NamedCells,
}

impl<'a> Sides<'a> {
    /// Looks them up, and says what is to be known of the layer.
    pub fn of(dataset: &'a Dataset, arguments: &ComparisonArguments) -> Result<Self> {
        let manifest = dataset.manifest();
        let layer = layer(manifest, arguments.layer.as_deref())?;
        let (group, reference) = sets(dataset, arguments)?;
        let record = DeRecord {
            dataset: title(manifest),
            group: CellSetRecord { name: group.name.clone(), n_cells: group.cells.count() as u64 },
            reference: CellSetRecord { name: reference.name.clone(), n_cells: reference.cells.count() as u64 },
            layer: layer.name.clone(),
            within: String::new(),
            cautions: layer.cautions.clone(),
        };
        warn_of_layer(layer);
        Ok(Self { layer, record, group, reference })
    }

    /// Group and reference.
    fn sets(&self) -> [&CellMask; 2] {
        [&self.group.cells, &self.reference.cells]
    }

    /// Compares every gene by the test that was asked for.
    pub fn compare(&self, dataset: &Dataset, arguments: &ComparisonArguments) -> Result<DeTable> {
        warn(caution_of_sizes(self.record.group.n_cells, self.record.reference.n_cells));
        let (method, test) = arguments.method.test();
        let options = DeOptions { method, adjustment: arguments.adjust.into(), ..DeOptions::of_layer(self.layer) };
        let [group, reference] = self.sets();
        Ok(match test {
            Test::T => compare_cells(dataset, self.layer, group, reference, options)?,
            Test::Wilcoxon(ties) => compare_by_ranks(dataset, self.layer, [group, reference], options, ties)?,
        })
    }
}

/// Says why what is computed from a layer is not all that the file would give.
pub fn warn_of_layer(layer: &Layer) {
    for caution in &layer.cautions {
        terminal::say(&format!("warning: {}: {caution}", layer.name));
    }
}

/// Says why the numbers are to be read with care, where there is a reason.
pub fn warn(caution: Option<String>) {
    if let Some(caution) = caution {
        terminal::say(&format!("warning: {caution}"));
    }
}

/// A set of cells and what the table calls it.
struct NamedCells {
    name: String,
    cells: CellMask,
}

/// Group and reference. Cells in both are dealt with as `--overlap` says.
fn sets(dataset: &Dataset, arguments: &ComparisonArguments) -> Result<(NamedCells, NamedCells)> {
    let cells = cells::labeled(dataset, &arguments.group)?;
    let mut group = NamedCells { name: arguments.group.join(" + "), cells };
    if let Some((listed, name)) = arguments.list.read(dataset)? {
        group.cells.or(&listed);
        let separator = if group.name.is_empty() { "" } else { " + " };
        group.name.push_str(&format!("{separator}{name}"));
    }
    let cells = match arguments.reference.as_slice() {
        [rest] if rest == REST => {
            let mut rest = group.cells.clone();
            rest.invert();
            rest
        }
        labels => cells::labeled(dataset, labels)?,
    };
    let mut reference = NamedCells { name: arguments.reference.join(" + "), cells };
    let mut shared = group.cells.clone();
    shared.and(&reference.cells);
    if shared.count() > 0 {
        let n_shared = format::integer(shared.count() as u64);
        let are_shared = cells::shared(shared.count());
        match arguments.overlap {
            Overlap::Refuse => return Err(CellsError::Shared(shared.count()).into()),
            Overlap::Keep => {
                terminal::say(&format!(
                    "warning: {are_shared} both in the group and in the reference, which the test takes for \
                     different cells; --overlap drop leaves them out of both"
                ));
                reference.name.push_str(&format!(", {n_shared} of them also in the group"));
            }
            Overlap::Drop => {
                terminal::say(&format!("{are_shared} both in the group and in the reference, and left out of both"));
                for set in [&mut group, &mut reference] {
                    set.cells.and_not(&shared);
                    set.name
                        .push_str(&format!(", without {} in both", format::plural(shared.count(), "cell", "cells")));
                }
            }
        }
    }
    for (set, name) in [(&group, "group"), (&reference, "reference")] {
        if set.cells.count() == 0 {
            return Err(CellsError::Empty(name).into());
        }
    }
    Ok((group, reference))
}

/// What a dataset is called in tables.
pub fn title(manifest: &Manifest) -> String {
    manifest.title.clone().or_else(|| manifest.source.clone()).unwrap_or_default()
}

/// The layer of a name, or the one that the page would take.
pub fn layer<'a>(manifest: &'a Manifest, name: Option<&str>) -> Result<&'a Layer, UsageError> {
    Ok(manifest.statistics_layer_named(name)?.1)
}
