use std::{collections::HashSet, path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Args, ValueEnum};
use explorer_core::{
    color::{Rgb, label_colors, opaque},
    data::{Categorical, GeneIdx, label_order},
    dataset::{self, label_tiles},
    filter::CellMask,
    format,
    grouping::{ColumnOfLabels, GroupedCells, Grouping, GroupingError},
    search::NoGene,
    session::{GeneTable, PlotGene, PlotQuestion, ResolvedGenes},
    state::{Plot, PlotKind, PlotMean, PlotOrder, PlotScale},
    statistics::NamedComposition,
};
use plots::{Drawn, PlotError, draw};
use shared_fbs::{
    manifest::{ColumnKind, Layer},
    tile::Categories,
};
use tessera::{
    dataset::{Dataset, DatasetError, wait},
    tiles::FileTiles,
};
use tile_server::lists;

use super::{
    cells::{self, CellList},
    dataset_argument::{DatasetArgument, Freshness},
    de,
    enrich::read_sets,
    output::{FigureOut, Output},
    remote_inputs::DATASET_PLACES,
};

/// The arguments of `tile-server plot`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    dataset: DatasetArgument,
    /// What is drawn
    #[arg(long, value_enum, default_value_t = KindName::Dots)]
    kind: KindName,
    /// The column whose labels make the groups [default: the column of cell types]
    #[arg(long, value_name = "COLUMN")]
    by: Option<String>,
    /// A second column, whose labels divide the groups
    #[arg(long, value_name = "COLUMN")]
    then: Option<String>,
    /// The genes, by symbol or id, with commas between; a name that holds a comma stands in quotation marks, or alone
    #[arg(long, value_name = "GENE,GENE")]
    genes: Vec<String>,
    /// Gene sets whose genes are taken after those of --genes, each once: a GMT file, or a CSV file with the columns
    /// gene_set_name and gene_symbol or gene_id
    #[arg(long, value_name = "FILE")]
    sets: Option<PathBuf>,
    /// Labels of the first column that come first, in this order; one that holds a comma stands in quotation marks, or alone
    #[arg(long, value_name = "LABEL,LABEL", conflicts_with = "cluster")]
    group_order: Vec<String>,
    /// The column of the samples that are replicates where the shares of bars are tested
    #[arg(long, value_name = "COLUMN", requires = "then")]
    samples: Option<String>,
    /// Cells of this label alone, as COLUMN=LABEL; several are taken together
    #[arg(long = "where", value_name = "COLUMN=LABEL")]
    within: Vec<String>,
    #[command(flatten)]
    list: CellList,
    /// The layer: X, raw/X, or layers/KEY; KEY alone where no other layer goes by it [default: the one the page would
    /// take]
    #[arg(long)]
    layer: Option<String>,
    /// Scale the means of each gene from its least, 0, to its largest, 1
    #[arg(long)]
    scale_genes: bool,
    /// Take means over the cells that express a gene, not over all
    #[arg(long)]
    expressing: bool,
    /// Bring like groups and like genes together: complete linkage over 1 - Pearson's r, as scanpy's dendrogram
    #[arg(long)]
    cluster: bool,
    #[command(flatten)]
    out: FigureOut,
}

/// How many labels a message names.
const MOST_LABELS: usize = 20;

/// What is drawn, by name.
#[derive(Clone, Copy, ValueEnum)]
enum KindName {
    /// Dots: the size is the share of cells that express a gene, the color its mean
    Dots,
    /// A matrix of means
    Matrix,
    /// Values of single cells as colors: of all up to some 700 cells, else of a sample of each group by its size
    Heatmap,
    /// The densities of values, side by side, with quartiles
    Violins,
    /// The densities of values, one above another
    Ridges,
    /// The shares that labels of --then have of those of --by
    Bars,
}

impl From<KindName> for PlotKind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Dots => Self::Dots,
            KindName::Matrix => Self::Matrix,
            KindName::Heatmap => Self::Heatmap,
            KindName::Violins => Self::Violins,
            KindName::Ridges => Self::Ridges,
            KindName::Bars => Self::Bars,
        }
    }
}

/// The command line asks for a plot that there is not.
#[derive(Debug, thiserror::Error)]
pub enum NoPlot {
    /// A column has no labels.
    #[error("the dataset has no categorical column `{name}`; it has: {known}")]
    Column {
        /// Its name.
        name: String,
        /// Columns that have labels.
        known: String,
    },
    /// Genes are not there.
    #[error("{0}")]
    Genes(String),
    /// Labels of an order are not there.
    #[error("`{by}` has no label {unknown}; its labels are: {known}")]
    Order {
        /// The column.
        by: String,
        /// What was asked for.
        unknown: String,
        /// Its labels.
        known: String,
    },
    /// Cells cannot be grouped.
    #[error(transparent)]
    Groups(#[from] GroupingError),
    /// There is nothing to draw, or too much.
    #[error("{0}")]
    Figure(String),
}

/// Draws and writes the plot.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let files = [Some(arguments.dataset.path()), arguments.sets.as_deref(), arguments.list.file()];
    let out = arguments.out.open(files.into_iter().flatten())?;
    let (dataset, _) = arguments.dataset.open(Freshness::Kept)?;
    let manifest = dataset.manifest();
    let Some(by) = arguments.by.clone().or_else(|| manifest.main_label.clone()) else {
        return Err(de::UsageError::NoMainLabel.into());
    };
    let kind = PlotKind::from(arguments.kind);
    arguments.check(kind, &by)?;
    let groups = group_order(&dataset, &by, &arguments.group_order)?;
    let plot = Plot {
        groups,
        kind,
        by,
        then: arguments.then.clone(),
        scale: if arguments.scale_genes { PlotScale::PerGene } else { PlotScale::Values },
        mean: if arguments.expressing { PlotMean::Expressing } else { PlotMean::All },
        order: if arguments.cluster { PlotOrder::Clustered } else { PlotOrder::Given },
        samples: arguments.samples.clone(),
        ..Plot::default()
    };
    let (within, names) = cells::some(&dataset, &arguments.within, &arguments.list)?.unzip();
    let mut question = PlotQuestion {
        ground: arguments.out.ground(),
        dataset: de::title(manifest),
        within: names.unwrap_or_default().join(" or "),
        plot,
        ..PlotQuestion::default()
    };
    if kind.has_genes() {
        let layer = de::layer(manifest, arguments.layer.as_deref())?;
        question.genes = genes(&dataset, layer, &arguments.genes, arguments.sets.as_ref())?;
        question.plot.genes = question.genes.iter().map(|gene| gene.id.clone()).collect();
        question.plot.layer = Some(layer.name.clone());
        question = question.of_layer(dataset.index_of(layer)?, layer);
        question.cautions.iter().for_each(|caution| de::warn(Some(format!("{}: {caution}", layer.name))));
    }
    write(&dataset, grouped(&dataset, question, within.as_ref())?, out)
}

/// The labels of a column that come first.
///
/// # Errors
/// When one of them is none.
fn group_order(dataset: &Dataset, by: &str, arguments: &[String]) -> Result<Vec<String>> {
    if arguments.is_empty() {
        return Ok(Vec::new());
    }
    let labels = categorical(dataset, by)?.categories;
    let order = lists::names(arguments, |name| labels.iter().any(|label| label == name));
    let unknown: Vec<String> =
        order.iter().filter(|name| !labels.contains(name)).map(|name| format!("`{name}`")).collect();
    if unknown.is_empty() {
        return Ok(order);
    }
    let (unknown, known) = (format::listed(unknown), format::first_of(&labels, MOST_LABELS));
    Err(NoPlot::Order { by: by.to_owned(), unknown, known }.into())
}

impl Arguments {
    /// Refuses options that change nothing of this kind of plot.
    fn check(&self, kind: PlotKind, by: &str) -> Result<(), de::UsageError> {
        let of_means = kind.is_of_means();
        let of_genes = kind.has_genes();
        let given = [
            ("--genes", !self.genes.is_empty(), of_genes),
            ("--sets", self.sets.is_some(), of_genes),
            ("--layer", self.layer.is_some(), of_genes),
            ("--scale-genes", self.scale_genes, of_means || kind == PlotKind::Heatmap),
            ("--expressing", self.expressing, of_means),
            ("--cluster", self.cluster, of_means),
            ("--samples", self.samples.is_some(), !of_genes),
        ];
        if let Some((option, ..)) = given.into_iter().find(|(_, is_given, has_meaning)| *is_given && !has_meaning) {
            return Err(de::UsageError::no_meaning(option, &format!("--kind {}", kind.name())));
        }
        if self.then.as_deref() == Some(by) {
            return Err(de::UsageError::no_meaning("--then", &format!("the same column as --by, `{by}`")));
        }
        Ok(())
    }
}

/// Draws a plot and writes it: the picture where the file's name ends in .svg, else its numbers.
pub(super) fn write(
    dataset: &Dataset,
    (question, codes): (PlotQuestion, Vec<u16>),
    out: Output<'_>,
) -> Result<ExitCode> {
    let drawn = wait(draw(dataset.reader(), &question, codes, |_| Ok(()))).map_err(no_plot)?;
    let Drawn { figure, csv, cautions, .. } = drawn;
    cautions.into_iter().for_each(|caution| de::warn(Some(caution)));
    out.write(&if out.is_picture() { figure.to_svg() } else { csv })?;
    Ok(ExitCode::SUCCESS)
}

fn no_plot(error: PlotError<DatasetError>) -> anyhow::Error {
    match error {
        PlotError::Read(error) => error.into(),
        PlotError::NoGenes => {
            NoPlot::Genes("name the genes to plot with --genes, or a file of gene sets with --sets".to_owned()).into()
        }
        error @ (PlotError::Cells { .. } | PlotError::TooMany { .. }) => NoPlot::Figure(error.to_string()).into(),
    }
}

/// The genes of a layer by these names, then those of a file of sets.
fn genes(dataset: &Dataset, layer: &Layer, names: &[String], sets: Option<&PathBuf>) -> Result<Vec<PlotGene>> {
    let table = GeneTable::new(dataset.genes(layer)?);
    let names = lists::names(names, |name| table.find(name) != Err(NoGene::Unknown));
    let ResolvedGenes { ids, unresolved, .. } = ResolvedGenes::of(&names, &[&table]);
    match unresolved.text() {
        text if text.is_empty() => {}
        text => return Err(NoPlot::Genes(format!("{}: {text}", layer.name)).into()),
    }
    let named = ids.iter().filter_map(|id| table.find(id).ok());
    let known = sets.map(|file| read_sets(file, &table.names, &layer.name)).transpose()?;
    let of_sets = known.iter().flat_map(|known| known.genes.iter().flatten().copied());
    let mut taken = HashSet::new();
    let genes = named.chain(of_sets).filter(|gene| taken.insert(*gene));
    let gene = |gene: GeneIdx| PlotGene {
        index: gene.0,
        id: table.names.id(gene).to_owned(),
        label: table.names.label(gene).to_owned(),
    };
    Ok(genes.map(gene).collect())
}

/// The question with its groups and what is tested of them, and the group of every cell where it takes them.
pub(super) fn grouped(
    dataset: &Dataset,
    question: PlotQuestion,
    within: Option<&CellMask>,
) -> Result<(PlotQuestion, Vec<u16>)> {
    let plot = &question.plot;
    let columns = plot.columns().map(|name| labels(dataset, plot, name)).collect::<Result<Vec<_>>>()?;
    let of_labels: Vec<ColumnOfLabels<'_>> = columns.iter().map(Labels::as_column).collect();
    let layer = dataset.manifest().layers.get(question.layer as usize);
    let tiles = layer.and_then(|layer| label_tiles(layer, &plot.by));
    let tiles = tiles.filter(|_| plot.may_take_sums() && within.is_none());
    if let ([column], Some(tiles)) = (of_labels.as_slice(), tiles) {
        let n_unlabeled = columns[0].categories.counts.get(column.labels.len()).copied().unwrap_or_default().into();
        let (grouping, codes) = Grouping::of_counts(*column, &columns[0].categories.counts, n_unlabeled);
        warn_of_unlabeled(&grouping)?;
        let label_tiles = codes.into_iter().map(|code| tiles.start + code).collect();
        return Ok((PlotQuestion { grouping, label_tiles, ..question }, Vec::new()));
    }
    let values = plot.columns().map(|name| categorical(dataset, name)).collect::<Result<Vec<_>>>()?;
    let pairs: Vec<_> = of_labels.into_iter().zip(&values).collect();
    let GroupedCells { grouping, codes } = GroupedCells::new(&pairs, within).map_err(NoPlot::from)?;
    let composition = match (plot.tests_shares(), pairs.as_slice()) {
        (true, [(by, groups), (then, parts)]) => {
            let column = plot.sample_column();
            let samples = column.map(|name| categorical(dataset, name)).transpose()?;
            let samples = column.map(String::as_str).zip(samples.as_ref());
            let all = CellMask::all(groups.codes.len());
            let named = [(then.name, *parts), (by.name, *groups)];
            Some(NamedComposition::count(named, samples, within.unwrap_or(&all)))
        }
        _ => None,
    };
    // What of a composition does not count is known once its groups are tested.
    if composition.is_none() {
        warn_of_unlabeled(&grouping)?;
    }
    Ok((PlotQuestion { grouping, composition, ..question }, codes))
}

/// Says how many cells are in no group.
///
/// # Errors
/// When all are.
fn warn_of_unlabeled(grouping: &Grouping) -> Result<(), NoPlot> {
    if grouping.groups.is_empty() {
        return Err(GroupingError::Empty.into());
    }
    de::warn(format::cells_without_label(grouping.n_unlabeled, &grouping.title(), "left out"));
    Ok(())
}

/// The labels of a column.
struct Labels {
    name: String,
    categories: Categories,
    order: Vec<u32>,
    colors: Vec<Rgb>,
}

impl Labels {
    fn as_column(&self) -> ColumnOfLabels<'_> {
        ColumnOfLabels { name: &self.name, labels: &self.categories.labels, order: &self.order, colors: &self.colors }
    }
}

fn labels(dataset: &Dataset, plot: &Plot, name: &str) -> Result<Labels> {
    let column = dataset.manifest().column(name).filter(|column| column.kind == ColumnKind::Categorical);
    let column = column.ok_or_else(|| no_column(dataset, name))?;
    let reader: &dataset::Dataset<FileTiles> = dataset.reader();
    let categories = wait(reader.categories(name))?;
    let colors = label_colors(categories.labels.len(), categories.colors.as_deref());
    Ok(Labels {
        name: name.to_owned(),
        order: plot.order_of(name, &categories.labels, label_order(&categories.labels, column.ordered)),
        colors: colors.into_iter().map(opaque).collect(),
        categories,
    })
}

pub(super) fn categorical(dataset: &Dataset, name: &str) -> Result<Categorical> {
    let column = dataset.manifest().column(name).ok_or_else(|| no_column(dataset, name))?;
    dataset.categorical(column)?.ok_or_else(|| no_column(dataset, name).into())
}

fn no_column(dataset: &Dataset, name: &str) -> NoPlot {
    let columns = dataset.manifest().columns.iter().filter(|column| column.kind == ColumnKind::Categorical);
    NoPlot::Column { name: name.to_owned(), known: format::listed(columns.map(|column| &column.name)) }
}
