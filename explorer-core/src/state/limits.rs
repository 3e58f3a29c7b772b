//! What numbers of a view may be, whether a link, a file, a page around the frame or a field says them.

use std::ops::RangeInclusive;

/// Widths of a dot in CSS pixels: smaller ones are not seen.
pub const POINT_SIZES_PX: RangeInclusive<f32> = 0.5..=100.0;

/// How opaque dots may be: others are not seen.
pub const POINT_OPACITIES: RangeInclusive<f32> = 0.05..=1.0;

/// How opaque the image of a tissue may be; it is not shown at 0.
pub const TISSUE_OPACITIES: RangeInclusive<f32> = 0.0..=1.0;

/// Widths in CSS pixels that a sidebar may have.
pub const SIDEBAR_WIDTHS_PX: RangeInclusive<u16> = 200..=640;

/// Sides in pixels that a page around the frame may ask of a picture.
pub const PICTURE_SIDES_PX: RangeInclusive<u32> = 1..=16_384;

/// Genes that may be listed, columns that may be open and columns that may be shown as labels, of each.
pub const MOST_NAMES: usize = 500;

/// Levels of subsetting, at most.
pub(super) const MOST_LEVELS: usize = 32;

/// Percentiles to clip at.
pub(super) const PERCENTILES: RangeInclusive<f32> = 0.0..=100.0;

/// Widths that a camera may have, in embedding units; its center lies within the greatest.
pub(super) const CAMERA_WIDTHS: RangeInclusive<f64> = 1e-100..=1e100;

/// The number of a range that is nearest to one.
pub(super) fn nearest(range: &RangeInclusive<f32>, number: f32) -> f32 {
    // Adding zero turns −0 into 0.
    number.clamp(*range.start(), *range.end()) + 0.0
}
