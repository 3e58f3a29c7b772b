//! The colors of a picture that is saved, on a background of its own.

use super::{Painter, legend};
use crate::{
    color::{Ground, Rgb, Rgba},
    screen::LegendModel,
};

/// The colors of a picture that is saved.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedColors {
    /// Of the background.
    pub background: Rgb,
    /// Of text.
    pub text: Rgb,
    /// What the colors of cells that are not selected are mixed with, and its share.
    pub unselected: (Rgb, f32),
    /// Those that indices stand for.
    pub table: Vec<Rgba>,
    /// What they mean.
    pub legend: LegendModel,
}

impl SavedColors {
    /// Those of what is painted, on a background.
    pub(super) fn new(painter: &Painter, ground: Ground) -> Self {
        let (colors, table) = painter.on(ground);
        Self {
            background: ground.background(),
            text: ground.text(),
            unselected: ground.unselected(),
            table,
            legend: legend(&colors),
        }
    }
}
