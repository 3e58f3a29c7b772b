//! Bounds of what is told, whatever a file holds.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Rows, Severity};
use crate::rule::Rule;

/// So many findings of one cause are listed, and those beyond that have a change of their own.
pub(crate) const N_LISTED: usize = 1000;

/// So many characters of a value, of a suggestion and of a text are told.
const VALUE: usize = 300;
const SUGGESTION: usize = 1000;
const TEXT: usize = 2000;

/// The findings of a cause that are not listed.
#[derive(Default)]
struct Cause {
    n_listed: usize,
    n_others: usize,
    rows: Rows,
}

/// Lists the findings from this one on, so many of each cause. One finding stands for the others of a cause.
pub(crate) fn list(findings: &mut Vec<Finding>, from: usize) {
    if findings.len() <= from + N_LISTED {
        return;
    }
    let mut causes: BTreeMap<(Severity, Rule, String), Cause> = BTreeMap::new();
    let mut fixes = BTreeSet::new();
    for finding in findings.split_off(from) {
        let cause = causes.entry((finding.severity, finding.rule, finding.place.clone())).or_default();
        let has_own_fix = finding.fix.as_ref().is_some_and(|fix| fixes.insert(fix.clone()));
        if finding.n_findings == 1 && (cause.n_listed < N_LISTED || has_own_fix) {
            cause.n_listed += 1;
            findings.push(finding);
        } else {
            cause.n_others += finding.n_findings;
            cause.rows.n += finding.rows.n;
            if cause.rows.first.is_empty() {
                cause.rows.first = finding.rows.first;
            }
        }
    }
    for ((severity, rule, place), Cause { n_others, rows, .. }) in causes.into_iter().filter(|(_, of)| of.n_others > 0)
    {
        let text = format!("{n_others} more findings of {} at {place} are not listed.", rule.id());
        let mut others = Finding::new(rule.number(), place, text).severity(severity).rows(rows);
        others.n_findings = n_others;
        findings.push(others);
    }
}

/// Shortens what a finding tells of a file. Its change stays whole.
pub(crate) fn shorten(finding: &mut Finding) {
    let Finding { place, column, text, value, rows, suggestion, .. } = finding;
    for (part, most) in [(Some(text), TEXT), (Some(place), VALUE), (column.as_mut(), VALUE), (value.as_mut(), VALUE)]
        .into_iter()
        .chain([(suggestion.as_mut(), SUGGESTION)])
        .chain(rows.first.iter_mut().map(|name| (Some(name), VALUE)))
    {
        if let Some(part) = part
            && let Some(short) = shortened(part, most)
        {
            *part = short;
        }
    }
}

/// A value as a message tells it.
pub(crate) fn value(text: &str) -> Cow<'_, str> {
    shortened(text, VALUE).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The beginning of a text that is longer than this many characters.
fn shortened(text: &str, most: usize) -> Option<String> {
    let (end, _) = text.char_indices().nth(most)?;
    Some(format!("{}… ({} characters)", &text[..end], text.chars().count()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Fix;

    #[test]
    fn findings_beyond_those_listed_are_counted_and_changes_stay() {
        let of = |at: usize| {
            let fix = Fix::RenameGene { from: at.to_string(), to: String::new() };
            let finding = Finding::new(61, "var.index", at.to_string()).value(at.to_string());
            finding.rows(Rows { n: 2, first: vec![at.to_string()] }).fix(at.is_multiple_of(2).then_some(fix))
        };
        let n = 2 * N_LISTED + 500;
        let mut findings: Vec<Finding> = (0..n).map(of).collect();
        list(&mut findings, 0);
        let (others, listed) = findings.split_last().unwrap();
        let n_fixes = listed.iter().filter(|finding| finding.fix.is_some()).count();
        assert_eq!((n_fixes, listed.len() + others.n_findings), (n / 2, n));
        assert_eq!(
            (others.rows.n, others.rows.first.as_slice()),
            (2 * others.n_findings, [(N_LISTED + 1).to_string()].as_slice())
        );
        let before = findings.clone();
        list(&mut findings, 0);
        assert_eq!(findings.iter().map(|finding| finding.n_findings).sum::<usize>(), n);
        assert_eq!(findings.len(), before.len());
    }

    #[test]
    fn long_values_are_shortened_between_letters() {
        let mut finding =
            Finding::new(55, "obs.x", "text").value("é".repeat(5000)).rows(Rows { n: 1, first: vec!["x".to_owned()] });
        shorten(&mut finding);
        let value = finding.value.unwrap();
        assert!(value.ends_with("é… (5000 characters)") && value.chars().count() < 330, "{value}");
        assert_eq!((finding.text.as_str(), finding.rows.first.as_slice()), ("text", ["x".to_owned()].as_slice()));
    }
}
