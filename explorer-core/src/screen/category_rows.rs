//! The rows of a category: which labels, in which order.

use std::{cmp::Reverse, fmt::Write as _};

use crate::{
    color::{Rgb, css_color},
    sorting::{sort_by, sort_by_key},
};

/// One label of a categorical column; its place in the list of them is its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryValue {
    /// The label; what to call the missing one is up to the caller.
    pub label: String,
    /// Its color when cells are colored by the column.
    pub color: Rgb,
    /// Whether it stands for cells without a label.
    pub missing: bool,
}

/// Cells with a label. What is not yet known is `None`, never a guess.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ValueCount {
    /// The selected ones.
    pub selected: Option<u32>,
    /// All in view.
    pub total: Option<u32>,
}

/// A part of a value's bar, where cells are colored by another category.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BarPart {
    /// Its share of the value's selected cells, 0 to 1.
    pub fraction: f32,
    /// The color of the label it stands for.
    pub color: Rgb,
}

/// The parts of a bar side by side, as a background of CSS; of no part at all, nothing.
pub fn bar_background(parts: &[BarPart]) -> String {
    let mut stops = String::new();
    let mut start = 0.0;
    for part in parts {
        let end = start + 100.0 * part.fraction;
        let _ = write!(stops, ",{} {start:.2}% {end:.2}%", css_color(part.color));
        start = end;
    }
    if stops.is_empty() { stops } else { format!("linear-gradient(to right{stops})") }
}

/// What the rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowOrder {
    /// As labels are ordered everywhere.
    #[default]
    Label,
    /// Most cells first.
    Count,
    /// Highest mean first, of the numbers that color the cells.
    Mean,
}

/// The labels of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CategoryLabels {
    /// By code, the missing one last, where cells lack a label.
    pub values: Vec<CategoryValue>,
    /// The codes of all but the missing one, as they are [ordered](crate::data::label_order) everywhere.
    pub order: Vec<u32>,
}

/// What is known of the rows, by code.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The labels.
    pub labels: &'a CategoryLabels,
    /// Cells of each.
    pub counts: &'a [ValueCount],
    /// Means of each; those without one, and those beyond the end, come last.
    pub means: &'a [Option<f64>],
}

impl Rows<'_> {
    /// The codes of the labels that contain `query`, in any case, in order; the missing label last.
    pub fn found(&self, by: RowOrder, query: &str) -> Vec<u32> {
        let query = query.trim().to_lowercase();
        let is_found = |code: &u32| {
            let label = self.labels.values.get(*code as usize).map(|value| value.label.as_str());
            label.is_some_and(|label| query.is_empty() || label.to_lowercase().contains(&query))
        };
        let of_missing = self.labels.values.iter().zip(0..).filter(|(value, _)| value.missing).map(|(_, code)| code);
        let mut named: Vec<u32> = self.labels.order.iter().copied().filter(is_found).collect();
        // Equal ones stay in the order of labels.
        match by {
            RowOrder::Label => {}
            RowOrder::Count => {
                let total = |code: u32| self.counts.get(code as usize).and_then(|count| count.total).unwrap_or(0);
                sort_by_key(&mut named, |&code| Reverse(total(code)));
            }
            RowOrder::Mean => {
                let mean = |code: u32| self.means.get(code as usize).copied().flatten().unwrap_or(f64::NEG_INFINITY);
                sort_by(&mut named, |&a, &b| mean(b).total_cmp(&mean(a)));
            }
        }
        named.into_iter().chain(of_missing.filter(is_found)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::label_order;

    fn check(labels: &[&str], totals: &[u32], means: &[Option<f64>], by: RowOrder, query: &str, expected: &[&str]) {
        let value =
            |&label: &&str| CategoryValue { label: label.to_owned(), color: [0; 3], missing: label == "missing" };
        let values: Vec<_> = labels.iter().map(value).collect();
        let named: Vec<String> =
            values.iter().filter(|value| !value.missing).map(|value| value.label.clone()).collect();
        let counts: Vec<_> = totals.iter().map(|&total| ValueCount { selected: None, total: Some(total) }).collect();
        let category = CategoryLabels { values, order: label_order(&named, false) };
        let rows = Rows { labels: &category, counts: &counts, means };
        let found: Vec<_> = rows.found(by, query).iter().map(|&code| labels[code as usize]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_missing_label_is_last_in_every_order() {
        let labels = ["b", "a", "c", "missing"];
        check(&labels, &[], &[], RowOrder::Label, "", &["a", "b", "c", "missing"]);
        check(&labels, &[5, 5, 7, 99], &[], RowOrder::Count, "", &["c", "a", "b", "missing"]);
        let means = [Some(0.5), None, Some(2.0), Some(9.0)];
        check(&labels, &[], &means, RowOrder::Mean, "", &["c", "b", "a", "missing"]);
    }

    #[test]
    fn parts_stand_side_by_side() {
        let part = |fraction, red| BarPart { fraction, color: [red, 0, 0] };
        let expected = "linear-gradient(to right,#010000 0.00% 25.00%,#020000 25.00% 100.00%)";
        assert_eq!(bar_background(&[part(0.25, 1), part(0.75, 2)]), expected);
        assert_eq!(bar_background(&[]), "");
    }

    #[test]
    fn search_is_in_any_case() {
        check(&["CD4+ T", "NK", "cd8 t"], &[], &[], RowOrder::Label, " Cd", &["CD4+ T", "cd8 t"]);
        check(&["NK"], &[], &[], RowOrder::Label, "t", &[]);
    }
}
