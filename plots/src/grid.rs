//! Rows of groups and columns of genes.

use crate::{
    figure::{Align, Figure, Paint},
    means::Means,
    text,
};

/// Width and height of a place.
pub const PLACE_PX: f64 = 22.0;

/// Room around a figure.
pub const MARGIN_PX: f64 = 16.0;

/// Room between labels and what they are of.
const GAP_PX: f64 = 8.0;

/// Where the places of a figure are.
pub struct Grid {
    /// The left and the upper edge of the first place.
    pub origin: [f64; 2],
    /// Width and height of all.
    pub size: [f64; 2],
}

impl Grid {
    /// Draws the labels of groups and genes.
    pub fn new(figure: &mut Figure, means: &Means<'_>) -> Self {
        let (groups, genes) = (means.group_labels(), means.gene_labels());
        let origin = [MARGIN_PX + text::widest(&groups) + GAP_PX, MARGIN_PX];
        let size = [genes.len() as f64 * PLACE_PX, groups.len() as f64 * PLACE_PX];
        let grid = Self { origin, size };
        for (row, label) in groups.into_iter().enumerate() {
            let [_, y] = grid.middle(row, 0);
            figure.text([origin[0] - GAP_PX, y], label, Align::End, Paint::Text);
        }
        let below = text::widest(&genes);
        for (column, label) in genes.into_iter().enumerate() {
            let [x, _] = grid.middle(0, column);
            figure.text_up([x, origin[1] + size[1] + GAP_PX], label, Align::End);
        }
        figure.size = [origin[0] + size[0] + MARGIN_PX, origin[1] + size[1] + GAP_PX + below + MARGIN_PX];
        grid
    }

    /// The middle of a place.
    pub fn middle(&self, row: usize, column: usize) -> [f64; 2] {
        let [x, y] = self.origin;
        [x + (column as f64 + 0.5) * PLACE_PX, y + (row as f64 + 0.5) * PLACE_PX]
    }

    /// A place: left and upper edge, width and height.
    pub fn place(&self, row: usize, column: usize) -> [f64; 4] {
        let [x, y] = self.origin;
        [x + column as f64 * PLACE_PX, y + row as f64 * PLACE_PX, PLACE_PX, PLACE_PX]
    }

    /// Where legends begin: to the right of all places.
    pub fn beside(&self) -> [f64; 2] {
        [self.origin[0] + self.size[0] + 2.0 * MARGIN_PX, self.origin[1]]
    }

    /// A thin frame around all places.
    pub fn frame(&self, figure: &mut Figure) {
        let ([x, y], [width, height]) = (self.origin, self.size);
        let d = format!("M{x:.1} {y:.1}h{width:.1}v{height:.1}h{:.1}z", -width);
        figure.push(crate::Shape::Path { d, fill: None, stroke: Some((Paint::Line, 1.0)) });
    }
}
