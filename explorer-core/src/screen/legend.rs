//! What the legend says.

use crate::color::Rgb;

/// A color and its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegendEntry {
    /// The label.
    pub label: String,
    /// Its color.
    pub color: Rgb,
}

/// What cells are colored by.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum LegendModel {
    /// Nothing.
    #[default]
    Plain,
    /// A number.
    Continuous {
        /// The column, gene or gene set.
        title: String,
        /// What the numbers are: the layer, say. May be empty.
        subtitle: String,
        /// The value at the start of the colors.
        min: f64,
        /// The value midway.
        middle: f64,
        /// The value at their end.
        max: f64,
        /// Colors at equal steps from `min` to `max`, at least two.
        stops: Vec<Rgb>,
        /// Cells that have no place on the scale, where there are any.
        missing: Option<LegendEntry>,
    },
    /// Two numbers.
    TwoNumbers {
        /// What they are: genes.
        titles: [String; 2],
        /// The layer, where it is not the default.
        subtitle: String,
        /// The values at the ends of each one's scale.
        ranges: [[f64; 2]; 2],
        /// As many steps of the second for each step of the first, lowest first.
        colors: Vec<Rgb>,
        /// Cells that have no place, where there are any.
        missing: Option<LegendEntry>,
    },
    /// A label.
    Categorical {
        /// The column.
        title: String,
        /// Its labels, in order.
        entries: Vec<LegendEntry>,
    },
}
