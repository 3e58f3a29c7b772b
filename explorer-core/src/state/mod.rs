//! The state of the Explorer and everything that can happen to it.
//!
//! [`AppState`] is plain data. An [`Action`] is the only way to change it, and [`reduce()`] the only
//! function that does; [`History`] wraps that with undo and redo. The page, a link and a host page
//! are equal clients of the same actions. A [`ViewSpec`] is the part that a link holds: see
//! [`link`]. Both have a JSON of stable names: see `json.rs`.
//!
//! State describes; it holds nothing large. Columns, labels and embeddings are named, layers by their place in the
//! file and genes by their id; any may turn out not to exist. What a person writes otherwise [`ViewSpec::named`] mends.
//! [`CellQuery::active_dimensions`] tells a cross-filter what to compute, [`ViewSpec::needs`] what to fetch.

// A new action, filter or panel must be thought of everywhere: no match passes over what it does not know.
#![warn(clippy::wildcard_enum_match_arm)]

mod action;
mod canonical;
mod cell_list;
mod color;
mod command;
mod comparison_view;
mod data_key;
mod dimension;
mod enrichment;
mod gene_set_file;
mod gmt;
mod history;
mod inquiry;
mod json;
mod label;
mod layout;
mod limits;
pub mod link;
mod names;
mod own_changes;
mod own_column_file;
mod own_columns;
mod own_references;
mod panel;
mod panel_changes;
mod plot;
mod polygon;
mod preferences;
mod query;
mod reduce;
mod scatter;
mod selection;
mod set_value;
mod sets;
mod shortcut;
#[cfg(test)]
pub(crate) mod strategies;
#[cfg(test)]
mod tests;
mod universe;
mod view;

pub use action::{Action, CoalesceKey, Touches, UndoPolicy};
pub use cell_list::CellList;
pub use color::{CellOrder, Clip, ColorBy, ColorOptions};
pub use command::Command;
pub use comparison_view::{ComparisonPlot, ComparisonView};
pub use data_key::DataKey;
pub use dimension::{Dimension, DimensionFilter, DimensionKey};
pub use enrichment::{ChosenDirection, ChosenGenes, Enrichment, EnrichmentBy};
pub use gene_set_file::{GeneSetFileError, gene_sets_from_csv, gene_sets_to_csv};
pub use gmt::{gene_sets_from_gmt, gene_sets_from_text, gene_sets_of_several_lines};
pub use history::{HISTORY_LIMIT, History};
pub use inquiry::{About, Inquiry};
pub use label::{ColumnLabel, Label, LabelFilter};
pub use layout::{Layout, MarkerOrder, Markers, ResultPanel, Side, Theme};
pub use limits::{MOST_NAMES, PICTURE_SIDES_PX, POINT_OPACITIES, POINT_SIZES_PX, SIDEBAR_WIDTHS_PX, TISSUE_OPACITIES};
pub use names::Names;
pub use own_column_file::{OwnColumnFile, OwnColumnFileError, own_columns_from_csv, own_columns_to_csv};
pub use own_columns::{LabelColor, OwnColumn, OwnLabel};
pub use panel::{Camera, MOST_PANELS, Panel, PanelIdx, PanelKind, Panels, PointStyle, TissueImage};
pub use plot::{Plot, PlotKind, PlotMean, PlotOrder, PlotScale};
pub use polygon::Polygon;
pub use preferences::{OpenedBy, Preferences};
pub use query::{CellQuery, Filters, GeneKey, GeneMean, ObsFilter, Range};
pub use reduce::reduce;
pub use scatter::{Axis, Scatter};
pub use selection::{SelectMode, Selection, SelectionStep};
pub use set_value::SetValue;
pub use sets::{CellSet, CellSource, Comparison, GeneSet, Reference, TestMode};
pub use shortcut::{Modifiers, Platform, Shortcut};
pub use view::{Analysis, AppState, Hover, LetterKeys, Tool, Transient, ViewSpec};
