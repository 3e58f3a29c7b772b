//! Color: palettes for labels, colormaps for numbers, and from a column to one color index a
//! cell.
//!
//! The renderer gets a `u8` a cell and a table of 256 colors. Index [`MISSING`] is gray; so a
//! change of palette or colormap changes the table alone.

mod blend;
mod centroid;
mod colormap;
mod contrast;
mod names;
mod oklab;
mod palette;
mod parse;
mod scale;
mod ticks;

pub use blend::{BLEND_STEPS, Blend};
pub use centroid::{Centroid, label_centroids};
pub use colormap::Colormap;
pub use contrast::{Ground, LEAST_CONTRAST, contrast, luminance};
pub use palette::{MAX_LABEL_COLORS, completed_colors, label_colors, label_indices, label_table};
pub use parse::parse;
pub use scale::{ColorScale, clipped_domain};
pub use ticks::{Tick, linear_ticks, log_ticks};

/// A color as red, green, blue and alpha, 0 to 255, in sRGB.
pub type Rgba = [u8; 4];

/// An opaque color as red, green and blue, 0 to 255, in sRGB.
pub type Rgb = [u8; 3];

/// The color without its alpha.
pub fn opaque([red, green, blue, _]: Rgba) -> Rgb {
    [red, green, blue]
}

/// The color as CSS reads it: `#0b6a86`.
pub fn css_color([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The colors of all indices.
pub type ColorTable = [Rgba; 256];

/// The color index of a cell without a value.
pub const MISSING: u8 = 255;

/// A gray for missing values that shows on light and dark backgrounds alike, and is not that of cells out of the selection.
pub const MISSING_GRAY: Rgba = [130, 130, 130, 255];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn css_reads_two_digits_a_channel() {
        assert_eq!(css_color([0, 106, 255]), "#006aff");
    }
}
