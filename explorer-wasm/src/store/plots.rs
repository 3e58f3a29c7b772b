//! The plot that is open: the question, what runs, what is known. A worker of its own draws.

use std::rc::Rc;

use explorer_core::{
    color::{Ground, Rgb, label_colors, opaque},
    data::{Categorical, label_order},
    dataset::{DatasetError, label_tiles},
    filter::CellMask,
    format::{bytes, duration, first_of, plural},
    grouping::{ColumnOfLabels, GroupedCells, Grouping, GroupingError},
    session::{Bounds, PlotGene, PlotQuestion, Progress, Session, WorkerQuestion},
    state::{CellQuery, CellSource, Plot, PlotKind, ViewSpec},
    statistics::NamedComposition,
};
use shared_fbs::{manifest::ColumnKind, tile::Categories};

use super::{Store, access::DataAccess, job_runner::Run};
use crate::{fetch::FetchError, json, platform, worker::WorkerError};

/// Names that a sentence tells, of those that stand for nothing.
const MOST_NAMES: usize = 8;

/// Letters of a name that a sentence tells.
const MOST_LETTERS: usize = 40;

/// A plot on what it is drawn on.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedPlot {
    /// The plot.
    pub plot: Plot,
    /// What it is drawn on.
    pub ground: Ground,
}

/// A plot that was drawn.
#[derive(Debug)]
pub struct DrawnPlot {
    /// What was asked.
    pub asked: AskedPlot,
    /// The picture.
    pub svg: String,
    /// Its numbers, as a table in HTML.
    pub table: String,
    /// The same in full.
    pub csv: String,
    /// Cells, genes, layer, bytes and time: a few words each.
    pub facts: Vec<String>,
    /// The labels of the first column, in order.
    pub groups: Vec<String>,
    /// Genes that the layer does not have, and cells without a label, in a sentence.
    pub left_out: Option<String>,
}

/// Why there is no plot.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlotError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error(
        "Cells cannot be grouped by “{0}”: it has numbers. Show it as labels, in its menu, or choose another column."
    )]
    NoCategory(String),
    #[error("Cells cannot be grouped so: {0}.")]
    Groups(#[from] GroupingError),
    #[error("There is no gene to plot. Name some above.")]
    NoGenes,
    #[error("The layer {layer} has no gene of these names: {names}. Name others above.")]
    UnknownGenes { layer: String, names: String },
    #[error("The question cannot be written.")]
    Question,
}

impl From<DatasetError> for PlotError {
    fn from(error: DatasetError) -> Self {
        Self::Fetch(error.into())
    }
}

/// A question with the groups of its cells, as the worker takes them, and the names that stand for no gene.
struct Asked {
    question: PlotQuestion,
    codes: Vec<u8>,
    unknown: Vec<String>,
}

impl Store {
    /// Brings the drawing in line with the plot that is open: starts it, stops another.
    pub(super) fn follow_plot(self, view: &ViewSpec) {
        let Some(access) = self.access() else { return };
        let inner = Rc::clone(&access.inner);
        let ground = access.read(Session::ground).unwrap_or_default();
        let asked = view.shown_plot().map(|plot| AskedPlot { plot: plot.clone(), ground });
        inner.plots.follow(self, asked.as_ref(), async move |run: &Run<AskedPlot, DrawnPlot>, asked: &AskedPlot| {
            access.draw_plot(asked, run).await
        });
    }
}

impl DataAccess {
    async fn draw_plot(&self, asked: &AskedPlot, run: &Run<AskedPlot, DrawnPlot>) -> Result<DrawnPlot, PlotError> {
        let began = platform::now_millis();
        let Asked { question, codes, unknown } = self.plot_question(asked).await?;
        let n_bytes = std::cell::Cell::new(0);
        let on_progress = |progress: Progress| {
            n_bytes.set(progress.n_bytes);
            run.progress(progress);
        };
        let n_parts = question.label_tiles.len().max(question.genes.len()) as u32;
        let text = json::text_of(&WorkerQuestion::Plot(question.clone())).ok_or(PlotError::Question)?;
        let [svg, table, csv] = self.pool.plot(text, codes, n_parts, &on_progress).await?;
        let PlotQuestion { grouping, genes, .. } = &question;
        let millis = platform::now_millis() - began;
        // The parts of a bar are groups as well.
        let groups = match (asked.plot.kind == PlotKind::Bars, grouping.columns.first()) {
            (true, Some(column)) => plural(column.labels.len(), "bar", "bars"),
            _ => plural(grouping.groups.len(), "group", "groups"),
        };
        let facts = [
            plural(grouping.n_cells() as usize, "cell", "cells"),
            groups,
            if genes.is_empty() { String::new() } else { plural(genes.len(), "gene", "genes") },
            if genes.is_empty() { String::new() } else { question.layer_name.clone() },
            question.within.clone(),
            if n_bytes.get() > 0 { bytes(n_bytes.get()) } else { String::new() },
            duration(std::time::Duration::from_secs_f64(millis / 1000.0)),
        ];
        Ok(DrawnPlot {
            asked: asked.clone(),
            svg,
            table,
            csv,
            facts: facts.into_iter().filter(|fact| !fact.is_empty()).collect(),
            groups: grouping.columns.first().map(|column| column.labels.clone()).unwrap_or_default(),
            left_out: left_out(&question, &unknown),
        })
    }

    /// The question as the worker takes it, and the groups of the cells.
    pub(super) async fn plot_worker_question(&self, asked: &AskedPlot) -> Result<(WorkerQuestion, Vec<u8>), PlotError> {
        let Asked { question, codes, .. } = self.plot_question(asked).await?;
        Ok((WorkerQuestion::Plot(question), codes))
    }

    /// The question, its groups as far as they go by what is loaded or own.
    async fn plot_question(&self, asked: &AskedPlot) -> Result<Asked, PlotError> {
        let AskedPlot { plot, ground } = asked;
        let (index, layer) = self.dataset.statistics_layer(plot.layer.as_deref())?;
        let (genes, unknown) = self.plot_genes(plot, index).await?;
        let within = self.read(|session| session.levels_text(&plot.universe, Bounds::Exact)).unwrap_or_default();
        let manifest = self.dataset.manifest();
        let question = PlotQuestion {
            plot: plot.clone(),
            genes,
            ground: *ground,
            dataset: manifest.title.clone().or_else(|| manifest.source.clone()).unwrap_or_default(),
            within,
            ..PlotQuestion::default()
        };
        let question = question.of_layer(index, layer);
        let mut labels = Vec::new();
        for name in plot.columns() {
            labels.push(self.labels_of(plot, name).await?);
        }
        let columns: Vec<ColumnOfLabels<'_>> = labels.iter().map(LabelsOf::as_column).collect();
        let is_own = self.read(|session| session.columns().is_own(&plot.by)) == Some(true);
        let has_sums = plot.may_take_sums() && !is_own;
        if let ([column], Some(tiles)) = (columns.as_slice(), label_tiles(layer, &plot.by).filter(|_| has_sums)) {
            let counts = &labels[0].counts;
            let n_unlabeled = counts.get(column.labels.len()).copied().unwrap_or_default();
            let (grouping, codes) = Grouping::of_counts(*column, counts, n_unlabeled.into());
            let label_tiles = codes.into_iter().map(|code| tiles.start + code).collect();
            return Ok(Asked {
                question: PlotQuestion { grouping, label_tiles, ..question },
                codes: Vec::new(),
                unknown,
            });
        }
        let (GroupedCells { grouping, codes }, composition) = self.grouped(plot, &columns).await?;
        let question = PlotQuestion { grouping, composition, ..question };
        let codes = if question.takes_cells() {
            codes.iter().flat_map(|code| code.to_le_bytes()).collect()
        } else {
            Vec::new()
        };
        Ok(Asked { question, codes, unknown })
    }

    /// The genes that the layer has, and the names that stand for none.
    async fn plot_genes(&self, plot: &Plot, layer: usize) -> Result<(Vec<PlotGene>, Vec<String>), PlotError> {
        if !plot.kind.has_genes() {
            return Ok(<_>::default());
        }
        let table = self.gene_table(layer).await?;
        let (mut genes, mut unknown): (Vec<PlotGene>, Vec<String>) = <_>::default();
        for name in &plot.genes {
            match table.find(name) {
                Ok(gene) => genes.push(PlotGene {
                    index: gene.0,
                    id: table.names.id(gene).to_owned(),
                    label: table.names.label(gene).to_owned(),
                }),
                Err(_) => unknown.push(name.clone()),
            }
        }
        match (genes.is_empty(), unknown.is_empty()) {
            (true, true) => Err(PlotError::NoGenes),
            (true, false) => Err(PlotError::UnknownGenes {
                layer: self.dataset.manifest().layers.get(layer).map(|layer| layer.name.clone()).unwrap_or_default(),
                names: named(&unknown),
            }),
            (false, _) => Ok((genes, unknown)),
        }
    }

    /// The labels of a column, the user's own and those of numbers shown as labels among them.
    async fn labels_of(&self, plot: &Plot, name: &str) -> Result<LabelsOf, PlotError> {
        if self.dataset.manifest().column(name).is_some_and(|column| column.kind == ColumnKind::Continuous) {
            self.column(name).await?;
            let is_labels = self.read(|session| session.loaded().categories(name).is_some()) == Some(true);
            if !is_labels {
                return Err(PlotError::NoCategory(name.to_owned()));
            }
        }
        let shown = self.read(|session| session.loaded().categories(name).cloned()).flatten();
        let Categories { labels, counts, colors } = match shown {
            Some(shown) => (*shown).clone(),
            None => (*self.categories(name).await?).clone(),
        };
        let ordered = self.dataset.manifest().column(name).is_some_and(|column| column.ordered);
        let order = self.read(|session| session.label_order(name)).flatten();
        let order = order.map_or_else(|| label_order(&labels, ordered), |order| order.to_vec());
        let order = plot.order_of(name, &labels, order);
        let colors = label_colors(labels.len(), colors.as_deref()).into_iter().map(opaque).collect();
        Ok(LabelsOf { name: name.to_owned(), labels, counts, order, colors })
    }

    /// The groups of all cells that count, and their composition where shares are tested.
    async fn grouped(
        &self,
        plot: &Plot,
        columns: &[ColumnOfLabels<'_>],
    ) -> Result<(GroupedCells, Option<NamedComposition>), PlotError> {
        for name in plot.columns().chain(plot.sample_column()) {
            self.column(name).await?;
        }
        let query = CellQuery::of_universe(&plot.universe);
        for key in query.needs() {
            self.ready(key).await?;
        }
        let within = (!plot.universe.is_empty()).then_some(CellSource::Query(query));
        let grouped = self.read(|session| {
            let of_column =
                |name: &String| session.loaded().labels(name).ok_or_else(|| PlotError::NoCategory(name.clone()));
            let values = plot.columns().map(of_column).collect::<Result<Vec<&Categorical>, _>>()?;
            let mask = within.as_ref().and_then(|within| session.cells_of(within));
            let pairs: Vec<_> = columns.iter().copied().zip(values).collect();
            let composition = match pairs.as_slice() {
                [(by, groups), (then, parts)] if plot.tests_shares() => {
                    let column = plot.sample_column();
                    let samples = column.map(of_column).transpose()?;
                    let samples = column.map(String::as_str).zip(samples);
                    let cells = mask.clone().unwrap_or_else(|| CellMask::all(groups.codes.len()));
                    Some(NamedComposition::count([(then.name, *parts), (by.name, *groups)], samples, &cells))
                }
                _ => None,
            };
            Ok::<_, PlotError>((GroupedCells::new(&pairs, mask.as_ref())?, composition))
        });
        grouped.unwrap_or_else(|| Err(PlotError::NoCategory(plot.by.clone())))
    }
}

/// The labels of a column.
struct LabelsOf {
    name: String,
    labels: Vec<String>,
    counts: Vec<u32>,
    order: Vec<u32>,
    colors: Vec<Rgb>,
}

impl LabelsOf {
    fn as_column(&self) -> ColumnOfLabels<'_> {
        ColumnOfLabels { name: &self.name, labels: &self.labels, order: &self.order, colors: &self.colors }
    }
}

/// Names that somebody wrote, or the first of many, and the first letters of long ones.
fn named(names: &[String]) -> String {
    let shortened = |name: &String| match name.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.clone(),
    };
    first_of(&names.iter().map(shortened).collect::<Vec<_>>(), MOST_NAMES)
}

/// What of the question is not in the plot, in sentences.
fn left_out(question: &PlotQuestion, unknown: &[String]) -> Option<String> {
    let genes =
        (!unknown.is_empty()).then(|| format!("The layer {} does not have {}.", question.layer_name, named(unknown)));
    let n_unlabeled = question.grouping.n_unlabeled as usize;
    let cells = (n_unlabeled > 0).then(|| {
        let are = if n_unlabeled == 1 { "has" } else { "have" };
        format!("{} {are} no label and are in no group.", plural(n_unlabeled, "cell", "cells"))
    });
    // Of samples the table says how they are compared.
    let of_cells = question.composition.as_ref().is_some_and(|composition| composition.samples.is_none());
    let tested = of_cells.then(|| {
        "The p-values in the table count every cell as independent, which the cells of one sample are not: choose the \
         column of the samples, where there is one."
            .to_owned()
    });
    let told: Vec<String> =
        genes.into_iter().chain(cells).chain(tested).chain(question.cautions.iter().cloned()).collect();
    (!told.is_empty()).then(|| told.join(" "))
}
