//! Plots of cells by group: figures of marks with numbers behind them, written as SVG, as a table and as CSV. Answers
//! about some cells, as HTML and CSV, and figures of these and of comparisons.
//!
//! [`draw`] reads what a question takes and draws it. A [`Figure`] knows no screen: where it is shown, marks are found by
//! their rows and columns, and each says what it stands for.

mod answer;
mod answer_figures;
mod bars;
mod comparison;
mod csv;
mod dot_plot;
mod figure;
mod gene_dots;
mod grid;
mod heatmap;
mod legend;
mod matrix;
mod means;
mod number_rows;
pub mod of_corpus;
mod palette;
mod ridgeline;
mod sets;
mod spreads;
mod svg;
mod table;
mod text;
mod two_sets;
mod violin;

use explorer_core::{
    data::GeneIdx,
    dataset::{Dataset, Tiles},
    grouping::{GroupedCells, Spread},
    session::PlotQuestion,
    state::PlotKind,
};

pub use answer::{AnswerError, Answered, correlated, describe};
pub use answer_figures::{draw_correlations, draw_portrait, draw_sets};
pub use comparison::{ComparisonFigure, SamplesFigure, draw_comparison};
pub use figure::{Align, Direction, Figure, Mark, Paint, Part, Shape, Weight};
pub use sets::{SetsError, TestedSets, test_sets};
pub use table::Table;
pub use text::{FAMILY, SIZE_PX};
pub use two_sets::draw_two_sets;

/// Why there is no plot.
#[derive(Debug, thiserror::Error)]
pub enum PlotError<E> {
    /// The dataset cannot be read.
    #[error(transparent)]
    Read(E),
    /// It is of genes, and there are none.
    #[error("there is no gene to plot; name some that the layer has")]
    NoGenes,
    /// The groups of the cells do not fit the dataset.
    #[error("the groups are of {found} cells, and the dataset has {expected}")]
    Cells {
        /// Cells with a group.
        found: usize,
        /// Cells of the dataset.
        expected: usize,
    },
    /// There is more than anybody could read.
    #[error("{n_genes} genes in {n_groups} groups are too many to draw; take fewer genes, or fewer groups")]
    TooMany {
        /// Genes.
        n_genes: usize,
        /// Groups.
        n_groups: usize,
    },
}

/// Most genes times groups: the file of so many dots has some 10 MB.
const MOST_MARKS: usize = 50_000;

/// The same of violins and ridges, each of which is an outline of 200 points.
const MOST_OUTLINES: usize = 4_000;

/// A plot that was drawn.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The picture.
    pub figure: Figure,
    /// Its numbers, for who does not see it.
    pub tables: Vec<Table>,
    /// Its numbers in full, with a record of how they were made.
    pub csv: String,
    /// Why the tests of its groups are to be read with care, a sentence each.
    pub cautions: Vec<String>,
}

impl Drawn {
    /// A figure whose numbers are told elsewhere.
    pub fn of_figure(figure: Figure) -> Self {
        Self { figure, tables: Vec::new(), csv: String::new(), cautions: Vec::new() }
    }
}

/// Draws a plot. `codes` are the groups of the cells where the question [takes them](PlotQuestion::takes_cells). `report`
/// hears how many genes, or labels, are done since the last time; its error ends the work.
///
/// # Errors
/// [`PlotError`].
pub async fn draw<T: Tiles>(
    dataset: &Dataset<T>,
    question: &PlotQuestion,
    codes: Vec<u16>,
    report: impl FnMut(usize) -> Result<(), T::Error>,
) -> Result<Drawn, PlotError<T::Error>> {
    let kind = question.plot.kind;
    let (n_genes, n_groups) = (question.genes.len(), question.grouping.groups.len());
    let most = if kind.is_of_means() { MOST_MARKS } else { MOST_OUTLINES };
    if kind.has_genes() && n_genes == 0 {
        return Err(PlotError::NoGenes);
    }
    if n_genes * n_groups > most {
        return Err(PlotError::TooMany { n_genes, n_groups });
    }
    if question.takes_cells() && codes.len() != dataset.n_obs() {
        return Err(PlotError::Cells { found: codes.len(), expected: dataset.n_obs() });
    }
    let cells = GroupedCells { grouping: question.grouping.clone(), codes };
    let mut drawn = match kind {
        PlotKind::Dots | PlotKind::Matrix => {
            let table = table(dataset, question, &cells, report).await.map_err(PlotError::Read)?;
            let means = means::Means::new(question, table);
            let figure = if kind == PlotKind::Dots { dot_plot::draw(&means) } else { matrix::draw(&means) };
            Drawn { figure, tables: vec![means.table()], csv: csv::of_means(&means), cautions: Vec::new() }
        }
        PlotKind::Violins | PlotKind::Ridges => {
            let spreads = spreads(dataset, question, &cells, report).await.map_err(PlotError::Read)?;
            let spreads = spreads::Spreads::new(question, spreads);
            let figure = if kind == PlotKind::Violins { violin::draw(&spreads) } else { ridgeline::draw(&spreads) };
            Drawn { figure, tables: vec![spreads.table()], csv: csv::of_spreads(&spreads), cautions: Vec::new() }
        }
        PlotKind::Bars => {
            let shares = bars::Shares::new(question);
            let figure = bars::draw(&shares);
            match &question.composition {
                Some(composition) => {
                    let tests = composition.tests();
                    let cautions = composition.cautions(&tests);
                    let tables = vec![shares.table(), bars::table_of_tests(composition, &tests, &cautions)];
                    Drawn { figure, tables, csv: csv::of_composition(question, composition, &tests), cautions }
                }
                None => {
                    Drawn { figure, tables: vec![shares.table()], csv: csv::of_shares(&shares), cautions: Vec::new() }
                }
            }
        }
        PlotKind::Heatmap => {
            let values = heatmap::read(dataset, question, &cells, report).await.map_err(PlotError::Read)?;
            let figure = heatmap::draw(&values);
            Drawn { figure, tables: vec![values.table()], csv: csv::of_cells(&values), cautions: Vec::new() }
        }
    };
    drawn.figure.say_below(text::label(&question.source()));
    Ok(drawn)
}

async fn table<T: Tiles>(
    dataset: &Dataset<T>,
    question: &PlotQuestion,
    cells: &GroupedCells,
    report: impl FnMut(usize) -> Result<(), T::Error>,
) -> Result<explorer_core::grouping::GroupTable, T::Error> {
    let layer = question.layer as usize;
    let genes: Vec<GeneIdx> = question.genes.iter().map(|gene| GeneIdx(gene.index)).collect();
    if question.takes_cells() {
        dataset.genes_by_group(layer, cells, &genes, report).await
    } else {
        dataset.genes_by_label(layer, &question.label_tiles, &genes, report).await
    }
}

/// Of every gene, the values of each group.
async fn spreads<T: Tiles>(
    dataset: &Dataset<T>,
    question: &PlotQuestion,
    cells: &GroupedCells,
    mut report: impl FnMut(usize) -> Result<(), T::Error>,
) -> Result<Vec<Vec<Spread>>, T::Error> {
    let mut spreads = Vec::with_capacity(question.genes.len());
    for gene in &question.genes {
        spreads.push(dataset.gene_spreads(question.layer as usize, cells, GeneIdx(gene.index)).await?);
        report(1)?;
    }
    Ok(spreads)
}
