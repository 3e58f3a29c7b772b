//! What the legend says.

use crate::{color::Rgb, format::short};

/// What is said in the place of a scale that no cell has a place on.
pub const NO_VALUE: &str = "No cell in view has a value to show.";

/// What stands at the start, midway and at the end of a scale; only one value where all are the same.
pub fn scale_texts([min, middle, max]: [f64; 3]) -> Vec<String> {
    if min < max {
        vec![short(min, 3), short(middle, 3), short(max, 3)]
    } else {
        vec![format!("all {}", short(min, 3))]
    }
}

/// The values from end to end of a scale, in words.
pub fn range_text(range: Option<[f64; 2]>) -> String {
    range.map_or_else(|| "no values".to_owned(), |[min, max]| format!("{} to {}", short(min, 3), short(max, 3)))
}

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
        /// Colors at equal steps from `min` to `max`, at least two; none where no cell has a place on the scale.
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
        /// The values at the ends of each one's scale; `None` where no cell has a place on it.
        ranges: [Option<[f64; 2]>; 2],
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_without_width_has_one_value_and_one_without_values_none() {
        assert_eq!(scale_texts([0.0, 2.5, 5.0]), ["0", "2.5", "5"]);
        assert_eq!(scale_texts([0.0; 3]), ["all 0"]);
        assert_eq!((range_text(Some([-0.5, 3.0])), range_text(None)), ("−0.5 to 3".to_owned(), "no values".to_owned()));
    }
}
