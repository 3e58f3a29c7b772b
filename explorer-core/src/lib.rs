//! The mind of the Explorer: state, filters, statistics, color.
//!
//! Pure by design: no web, no GPU, no input or output. Everything here runs, is tested and is
//! measured natively; the page and the tile server call the same functions.

pub mod catalog;
pub mod color;
pub mod csv;
pub mod data;
pub mod dataset;
pub mod de;
pub mod embed;
pub mod filter;
pub mod format;
pub mod grouping;
pub mod names;
pub mod screen;
pub mod search;
pub mod session;
pub mod sorting;
pub mod state;
pub mod statistics;
