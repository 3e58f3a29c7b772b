//! What the worker is asked that answers by a picture, a table or a card.

use serde::{Deserialize, Serialize};

use super::{ComparisonFigureQuestion, CorrelationQuestion, EnrichmentQuestion, PlotQuestion, PortraitQuestion};

/// A question, as JSON has it. The bytes that go with it are its own of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerQuestion {
    /// Cells by group; with it two bytes a cell, the lower first: its group. None where it takes no cells.
    Plot(PlotQuestion),
    /// The values of genes in two sets of cells, which are its groups; with it a byte a cell: bit 0 the first, bit 1 the
    /// second.
    TwoSets(PlotQuestion),
    /// Gene sets; with it the bytes that [`EnrichmentQuestion::new`] gives.
    Enrichment(Box<EnrichmentQuestion>),
    /// What some cells are; with it the bytes that [`PortraitQuestion::new`] gives.
    Portrait(PortraitQuestion),
    /// The genes that go with a number; with it their r, eight bytes each.
    Correlation(CorrelationQuestion),
    /// A comparison of cells; with it the bytes that [`ComparisonFigureQuestion::payload`] gives.
    Comparison(Box<ComparisonFigureQuestion>),
    /// The figure of an answer that is no figure, on light; with it what goes with the question.
    FigureOf(Box<Self>),
}
