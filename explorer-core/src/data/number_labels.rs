//! Numbers taken as labels: clusters 0 to 12, flags of 0 and 1.

use super::{Categorical, Codes, Continuous};

/// The most different numbers that can be labels: each has a code in a byte, and a color of its own.
pub const MOST_NUMBER_LABELS: usize = 254;

/// Whole numbers beyond this may be rounded in `f32`: two would be one label.
const MOST_EXACT: f32 = (1_u32 << 24) as f32;

/// The different numbers of a column whose numbers are whole and few.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberLabels {
    /// Ascending.
    numbers: Vec<f32>,
}

impl NumberLabels {
    /// The numbers of a column; `None` where one is not whole, or too large to be exact, where there are more than
    /// [`MOST_NUMBER_LABELS`] different ones, or none at all. Stops at the first cell that says so.
    pub fn of(column: &Continuous) -> Option<Self> {
        let mut numbers: Vec<f32> = Vec::new();
        let mut last = f32::NAN;
        for value in column.values.iter().copied().filter(|value| !value.is_nan()) {
            if value == last {
                continue;
            }
            if value.fract() != 0.0 || value.abs() > MOST_EXACT {
                return None;
            }
            last = value;
            if let Err(place) = find(&numbers, value) {
                if numbers.len() == MOST_NUMBER_LABELS {
                    return None;
                }
                // Adding zero turns −0 into 0.
                numbers.insert(place, value + 0.0);
            }
        }
        (!numbers.is_empty()).then_some(Self { numbers })
    }

    /// The column as labels, in the order of the numbers.
    pub fn column(&self, column: &Continuous) -> Categorical {
        let missing = self.numbers.len() as u8;
        let code = |&value: &f32| find(&self.numbers, value).map_or(missing, |code| code as u8);
        Categorical {
            codes: Codes::U8(column.values.iter().map(code).collect()),
            categories: self.numbers.iter().map(|&number| number_label(number)).collect(),
            ordered: true,
        }
    }
}

fn find(numbers: &[f32], value: f32) -> Result<usize, usize> {
    numbers.binary_search_by(|number| number.total_cmp(&(value + 0.0)))
}

/// What a number is called where it is a label.
pub fn number_label(value: f32) -> String {
    (value + 0.0).to_string()
}

/// The number that a label is, where it is one.
pub fn number_of_label(label: &str) -> Option<f32> {
    label.parse().ok().filter(|&number| number_label(number) == label)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::CellIdx;

    fn column(values: &[f32]) -> Continuous {
        Continuous { values: values.to_vec() }
    }

    #[test]
    fn whole_numbers_become_labels_in_their_order() {
        let clusters = column(&[10.0, 2.0, f32::NAN, -1.0, -0.0, 0.0, 2.0]);
        let labels = NumberLabels::of(&clusters).unwrap().column(&clusters);
        assert_eq!(*labels.categories, ["-1", "0", "2", "10"].map(str::to_owned));
        assert_eq!(labels.codes, Codes::U8(vec![3, 2, 4, 0, 1, 1, 2]));
        assert!(labels.ordered);
    }

    #[test]
    fn what_is_not_whole_or_too_much_is_no_label() {
        let many: Vec<f32> = (0..=MOST_NUMBER_LABELS).map(|number| number as f32).collect();
        for values in [&[0.0, 0.5][..], &[f32::INFINITY], &[1e9], &[f32::NAN], &[], &many] {
            assert_eq!(NumberLabels::of(&column(values)), None, "{values:?}");
        }
        assert!(NumberLabels::of(&column(&many[1..])).is_some());
    }

    proptest! {
        #[test]
        fn a_label_is_its_cells_number(values in prop::collection::vec(prop::option::of(-20_i32..20), 1..60)) {
            let values: Vec<f32> = values.into_iter().map(|value| value.map_or(f32::NAN, |value| value as f32)).collect();
            let column = column(&values);
            let labels = NumberLabels::of(&column).map(|labels| labels.column(&column));
            prop_assert_eq!(labels.is_none(), values.iter().all(|value| value.is_nan()));
            let Some(labels) = labels else { return Ok(()) };
            for (&value, cell) in values.iter().zip(0..) {
                let label = labels.categories.get(labels.codes.get(CellIdx(cell)) as usize);
                prop_assert_eq!(label.and_then(|label| number_of_label(label)), (!value.is_nan()).then_some(value));
            }
        }

        #[test]
        fn numbers_are_found_by_their_labels(value: f32) {
            prop_assume!(!value.is_nan());
            prop_assert_eq!(number_of_label(&number_label(value)), Some(value));
        }
    }
}
