//! What follows from the state: which data to load and in what order, masks and counts, colors, jobs.
//!
//! Pure: the page tells a [`Session`] what has arrived and what the state is, and reads what became of it. A [`DataKey`]
//! is the one way to need data and a [`Slot`] what becomes of them, whether they are a column, a gene or a mean.
//!
//! [`DataKey`]: crate::state::DataKey

mod all_layers;
mod as_labels;
mod breakdown;
mod cells_csv;
mod colors;
mod columns;
mod comparison;
mod comparison_figure;
mod data;
mod engine;
mod enrichment;
mod facts;
mod filter_text;
mod find_columns;
mod gene_table;
mod html_view;
mod inquiry;
mod jobs;
mod known_counts;
mod legend;
mod link_check;
mod listed;
mod loaded;
mod loading;
mod lru;
mod marker_result;
mod names;
mod new_sets;
mod own;
mod own_columns;
mod painter;
mod palette;
mod panels;
mod picture;
mod plot;
mod repaint;
mod saved_colors;
#[expect(clippy::module_inception, reason = "the session is what all else here is made for")]
mod session;
mod side_sizes;
mod slot;
mod subset;
mod subset_steps;
mod summary;
mod table_bytes;
#[cfg(test)]
mod tests;
mod tile_queue;
mod tour;
mod unit;
mod window;
mod worker_question;

pub use crate::names::MISSING_LABEL;
pub use breakdown::Breakdown;
pub use cells_csv::{CellTable, CellsToSave, SaveExtent, Wanted};
pub use colors::{ColorChange, ColorStatus, Colors};
pub use columns::{ColumnExists, Columns, LabelColumn, is_constant};
pub use comparison::{Answer, DeResult, Progress, Question, SampleAnswer, SampleMeans, Sides};
pub use comparison_figure::{
    ComparisonFigureData, ComparisonFigureKind, ComparisonFigureQuestion, OtherComparison, StandingOut,
};
pub use data::Data;
pub use engine::{BinCounts, Engine, GroupCounts};
pub use enrichment::{EnrichmentQuestion, SetColumn, SetSort, SetsSource};
pub use facts::{DatasetFacts, schema_words};
pub use filter_text::{ActiveFilter, Bounds, embedding_name, label_text};
pub use find_columns::{BestFound, FoundColumns};
pub use gene_table::{GeneHit, GeneTable, ResolvedGenes, UnresolvedGenes};
pub use html_view::{CellsFile, CellsInSight, HtmlView, MOST_HTML_CELLS};
pub use inquiry::{CorrelationQuestion, PortraitQuestion, correlation_bytes};
pub use jobs::{JobStatus, Jobs, Next, Ticket};
pub use known_counts::KnownCounts;
pub use legend::legend;
pub use listed::{listed_genes, unlisted_means};
pub use loaded::Loaded;
pub use loading::Urgency;
pub use lru::LruEviction;
pub use marker_result::{LabelMarkers, MarkersResult};
pub use new_sets::{LISTED_CELLS, NameClash, SetOperation, join_sets, sort_columns};
pub use own_columns::{labeled_text, taken_in_text};
#[cfg(test)]
pub(crate) use painter::PLAIN;
pub use painter::{InView, Naming, Painter};
pub use palette::{PaletteHit, PaletteItem};
pub use picture::{CentroidBasis, LabelCentroid, Show};
pub use plot::{PlotGene, PlotQuestion, genes_bytes, plot_bytes};
pub use repaint::{CellStyle, Paint, Repaint};
pub use saved_colors::SavedColors;
pub use session::{Changes, Session};
pub use side_sizes::SideSizes;
pub use slot::Slot;
pub use subset::SubsetAdditions;
pub use subset_steps::{SubsetStep, why_empty};
pub use summary::{DeSummary, MarkedLabel, MarkerGene, MarkersSummary, SamplePair};
pub use tile_queue::{PositionSample, TileQueue, Visibility};
pub use tour::TourStep;
pub use unit::Unit;
pub use window::Window;
pub use worker_question::WorkerQuestion;
