//! The rows of a category: which labels, in which order.

use std::cmp::Ordering;

use crate::{color::Rgb, sorting::sort_by};

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

/// What the rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowOrder {
    /// Numbers by value, then text in any case.
    #[default]
    Label,
    /// Most cells first.
    Count,
}

/// The codes of the labels that contain `query`, in any case, in order; the missing label last.
pub fn category_rows(values: &[CategoryValue], counts: &[ValueCount], order: RowOrder, query: &str) -> Vec<u32> {
    let query = query.trim().to_lowercase();
    let mut keyed: Vec<(u32, String, Option<f64>)> = values
        .iter()
        .zip(0..)
        .map(|(value, code)| (code, value.label.to_lowercase(), value.label.trim().parse().ok()))
        .filter(|(_, lower, _)| query.is_empty() || lower.contains(&query))
        .collect();
    let total = |code: u32| counts.get(code as usize).and_then(|count| count.total).unwrap_or(0);
    sort_by(&mut keyed, |(a, a_text, a_number), (b, b_text, b_number)| {
        let missing = values[*a as usize].missing.cmp(&values[*b as usize].missing);
        let count = match order {
            RowOrder::Label => Ordering::Equal,
            RowOrder::Count => total(*b).cmp(&total(*a)),
        };
        let label = match (a_number, b_number) {
            (Some(a), Some(b)) => a.total_cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => natural(a_text, b_text),
        };
        missing.then(count).then(label).then(a.cmp(b))
    });
    keyed.into_iter().map(|(code, ..)| code).collect()
}

/// Text as people order it: `donor 2` before `donor 10`. Runs of digits compare by their value, all
/// else by character.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (a_digits, b_digits) = (leading_digits(a), leading_digits(b));
        if a_digits > 0 && b_digits > 0 {
            let ((a_run, a_rest), (b_run, b_rest)) = (a.split_at(a_digits), b.split_at(b_digits));
            let (a_run, b_run) = (a_run.trim_start_matches('0'), b_run.trim_start_matches('0'));
            let order = a_run.len().cmp(&b_run.len()).then_with(|| a_run.cmp(b_run));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (a_rest, b_rest);
        } else {
            let (mut a_chars, mut b_chars) = (a.chars(), b.chars());
            match (a_chars.next(), b_chars.next()) {
                (Some(a_char), Some(b_char)) if a_char == b_char => (a, b) = (a_chars.as_str(), b_chars.as_str()),
                (a_char, b_char) => return a_char.cmp(&b_char),
            }
        }
    }
}

fn leading_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(label: &str) -> CategoryValue {
        CategoryValue { label: label.to_owned(), color: [0; 3], missing: label == "missing" }
    }

    fn check(labels: &[&str], totals: &[u32], order: RowOrder, query: &str, expected: &[&str]) {
        let values: Vec<_> = labels.iter().map(|label| value(label)).collect();
        let counts: Vec<_> = totals.iter().map(|&total| ValueCount { selected: None, total: Some(total) }).collect();
        let rows = category_rows(&values, &counts, order, query);
        let found: Vec<_> = rows.iter().map(|&code| labels[code as usize]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn numbers_by_value_text_in_any_case_missing_last() {
        check(
            &["10", "missing", "b", "2", "A", "-1.5"],
            &[],
            RowOrder::Label,
            "",
            &["-1.5", "2", "10", "A", "b", "missing"],
        );
    }

    #[test]
    fn numbers_within_text_go_by_value() {
        check(&["d10", "d2", "d02b", "D", "d2a"], &[], RowOrder::Label, "", &["D", "d2", "d2a", "d02b", "d10"]);
    }

    #[test]
    fn counts_fall_and_equal_ones_go_by_label() {
        check(&["b", "missing", "a", "c"], &[5, 99, 5, 7], RowOrder::Count, "", &["c", "a", "b", "missing"]);
    }

    #[test]
    fn search_is_in_any_case() {
        check(&["CD4+ T", "NK", "cd8 t"], &[], RowOrder::Label, " Cd", &["CD4+ T", "cd8 t"]);
        check(&["NK"], &[], RowOrder::Label, "t", &[]);
    }
}
