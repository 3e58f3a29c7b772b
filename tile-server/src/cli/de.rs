use std::{path::Path, process::ExitCode};

use anyhow::Result;
use clap::{Args, ValueEnum};
use explorer_core::{
    de::{
        Adjustment, CellSetRecord, DeOptions, DeRecord, DeTable, Method, Test, Ties, caution_of_sizes,
        pseudobulk_to_csv, to_csv,
    },
    filter::CellMask,
    format,
};
use shared_fbs::{
    LayerNameError,
    manifest::{Layer, Manifest},
};
use tessera::{compare::compare_cells, dataset::Dataset, gene_passes::compare_by_ranks, markers::compare_samples};

use super::{
    cells::{self, CellList, CellsError, Overlap},
    dataset_argument::{DatasetArgument, Freshness},
    output::TableOut,
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
    out: TableOut,
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

/// Compares and writes the table.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = arguments.out.open([arguments.dataset.path()].into_iter().chain(arguments.comparison.file()))?;
    let (dataset, _) = arguments.dataset.open(Freshness::Kept)?;
    let sides = Sides::of(&dataset, &arguments.comparison)?;
    let names = dataset.gene_names(sides.layer)?;
    let csv = if let Some(samples) = &arguments.samples {
        let adjustment = arguments.comparison.adjust.into();
        let [group, reference] = sides.sets();
        let table = compare_samples(&dataset, sides.layer, group, reference, samples, adjustment)?;
        warn(table.caution());
        pseudobulk_to_csv(&table, &names, &sides.record, samples)
    } else {
        to_csv(&sides.compare(&dataset, &arguments.comparison)?, &names, &sides.record)
    };
    out.write(&csv)?;
    Ok(ExitCode::SUCCESS)
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
