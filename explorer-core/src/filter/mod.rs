//! Cross-filter: predicates become masks, masks become counts.
//!
//! Filtering, counting and drawing all work on plain masks of one `u8` a cell and on linear scans,
//! which compilers vectorize; roaring bitmaps are for the wire, for saved sets and for undo.
//! At 1.5 M cells a range brush with eight histograms stays within a frame
//! (`benches/filter.rs`).

mod bins;
mod counts;
mod cross;
mod mask;
mod polygon;
mod predicate;
mod query;
mod raster;
mod tally;

pub use bins::{Aside, Beyond, BinRule, Binned, Domain, GROUPS_BESIDE, ValueScale};
pub use counts::Groups;
pub use cross::{Change, CrossFilter, CrossFilterError, Flipped, MAX_DIMENSIONS};
pub use mask::{CellMask, MaskError};
pub use polygon::Polygon;
pub use predicate::{Predicate, PredicateError, Source};
pub use query::{QueryError, dimension_mask, list_mask, query_mask};
pub use tally::Tally;
