//! The one order of a column's labels: in the sidebar, the legend, results and texts.

use std::cmp::Ordering;

use crate::sorting::sort_by;

/// The codes of labels in the order that they are shown in: the file's where the order carries meaning, else numbers by
/// their value and before text, and text as people order it, in any case.
pub fn label_order(labels: &[String], ordered: bool) -> Vec<u32> {
    let codes = 0..labels.len() as u32;
    if ordered {
        return codes.collect();
    }
    let mut keyed: Vec<(u32, String, Option<f64>)> =
        codes.zip(labels).map(|(code, label)| (code, label.to_lowercase(), label.trim().parse().ok())).collect();
    sort_by(&mut keyed, |(a, a_text, a_number), (b, b_text, b_number)| {
        let order = match (a_number, b_number) {
            (Some(a), Some(b)) => a.total_cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => natural(a_text, b_text),
        };
        order.then(a.cmp(b))
    });
    keyed.into_iter().map(|(code, ..)| code).collect()
}

/// Text as people order it: `donor 2` before `donor 10`. Runs of digits compare by their value, all else by character.
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
    use proptest::prelude::*;

    use super::*;

    fn shown(labels: &[&str], ordered: bool) -> Vec<String> {
        let labels: Vec<String> = labels.iter().map(|&label| label.to_owned()).collect();
        label_order(&labels, ordered).into_iter().map(|code| labels[code as usize].clone()).collect()
    }

    #[test]
    fn an_ordered_column_keeps_its_order() {
        let stages = ["young", "adult", "10", "2", "aged"];
        assert_eq!(shown(&stages, true), stages);
        assert_eq!(shown(&stages, false), ["2", "10", "adult", "aged", "young"]);
    }

    #[test]
    fn numbers_go_by_value_and_text_in_any_case() {
        assert_eq!(shown(&["10", "b", "2", "A", "-1.5"], false), ["-1.5", "2", "10", "A", "b"]);
        assert_eq!(shown(&["d10", "d2", "d02b", "D", "d2a"], false), ["D", "d2", "d2a", "d02b", "d10"]);
    }

    proptest! {
        #[test]
        fn every_label_has_one_place(labels: Vec<String>, ordered: bool) {
            let mut order = label_order(&labels, ordered);
            order.sort_unstable();
            prop_assert!(order.into_iter().eq(0..labels.len() as u32));
        }
    }
}
