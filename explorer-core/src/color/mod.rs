//! Colour: palettes for labels, colormaps for numbers, and from a column to one colour index a
//! cell.
//!
//! The renderer gets a `u8` a cell and a table of 256 colours. Index [`MISSING`] is grey; so a
//! change of palette or colormap changes the table alone.

mod names;
mod parse;

pub use parse::parse;

/// A colour as red, green, blue and alpha, 0 to 255, in sRGB.
pub type Rgba = [u8; 4];

/// The colour index of a cell without a value.
pub const MISSING: u8 = 255;
