//! What fetching tiles over a network takes besides the network: which to ask for together, which request goes next,
//! whether an answer is the one asked for, which tiles to keep.

mod answer;
mod cache;
mod gate;
mod requests;
mod surplus;

pub use answer::{AnswerHead, AskedRange, LARGEST_WHOLE_BYTES, RangeError};
pub use cache::TileCache;
pub use gate::{Gate, Pass};
pub use requests::{RangeRequest, Wanted, lists, ranges, whole_segments};
pub use surplus::surplus;
