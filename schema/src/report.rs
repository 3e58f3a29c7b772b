//! What is told of a file.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::definition::VERSION;
use crate::finding::{Finding, Fix, Severity};
use crate::rule::Rule;

/// All findings in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What messages call the file.
    pub file: String,
    /// Whether it is to be submitted, or comes from there.
    pub state: State,
    /// The findings, in the order of the original.
    pub findings: Vec<Finding>,
}

/// Where a file stands on its way to the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It could not be read.
    Unknown,
    /// It is to be submitted.
    ToSubmit,
    /// Submission has written labels into it.
    Labelled {
        /// The version of the schema that it states.
        version: String,
    },
    /// It is of an older version of the schema.
    Older {
        /// The version, where it states one.
        version: Option<String>,
    },
}

/// Findings of one cause: of one rule at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Group<'a> {
    /// The rule.
    pub rule: Rule,
    /// How severe it is.
    pub severity: Severity,
    /// The place.
    pub place: &'a str,
    /// The findings, those of the same value once.
    pub findings: Vec<&'a Finding>,
    /// Which of all findings each is.
    pub numbers: Vec<usize>,
    /// How many cells or genes it is about, where that can be told.
    pub n_rows: usize,
}

impl Report {
    pub(crate) fn new(file: &str, state: State, findings: Vec<Finding>) -> Self {
        Self { file: file.to_owned(), state, findings }
    }

    /// Whether the file follows the schema: there is no error.
    pub fn is_valid(&self) -> bool {
        self.of(Severity::Error).next().is_none()
    }

    /// The findings of this severity.
    pub fn of(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.severity == severity)
    }

    /// The texts of the original: errors, then warnings.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        let errors = self.of(Severity::Error).map(|finding| format!("ERROR: {}", finding.text));
        errors.chain(self.of(Severity::Warning).map(|finding| format!("WARNING: {}", finding.text)))
    }

    /// The findings by cause, errors first.
    pub fn groups(&self) -> Vec<Group<'_>> {
        groups(&self.findings)
    }

    /// The changes that need no decision, each once.
    pub fn fixes(&self) -> Vec<&Fix> {
        let mut fixes = BTreeSet::new();
        fixes.extend(self.findings.iter().filter_map(|finding| finding.fix.as_ref()));
        fixes.into_iter().collect()
    }

    /// What is like a change that needs no decision, and needs one, in lines: genes whose identifier is not certain, and
    /// matrices that cannot be written otherwise without loss.
    pub(crate) fn left_to_decide(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut known = BTreeSet::new();
        for finding in self.findings.iter().filter(|finding| finding.fix.is_none()) {
            let Some(suggestion) = &finding.suggestion else { continue };
            let line = match (finding.rule.number(), &finding.value) {
                (61, Some(gene)) if finding.place.ends_with("var.index") => format!("gene `{gene}`: {suggestion}"),
                (14..=16 | 21, _) => format!("{}: {suggestion}", finding.place),
                (_, _) => continue,
            };
            if known.insert(line.clone()) {
                lines.push(line);
            }
        }
        lines
    }

    /// What the state of the file means for who wants to submit it, if anything.
    pub fn note(&self) -> Option<String> {
        match &self.state {
            State::Unknown | State::ToSubmit => None,
            State::Labelled { version } => Some(format!(
                "the file has labels of schema {version}, which submission writes: validate it with `--ignore-labels`; to \
                 submit it anew, remove them (`mend` does)"
            )),
            State::Older { version: Some(version) } => Some(format!(
                "the file is of schema {version}, and is held against {VERSION}: below is what has to change; columns and \
                 keys that submission writes are removed by `mend`"
            )),
            State::Older { version: None } => Some(format!(
                "the file has obs.organism_ontology_term_id, so it is of a schema before 6.0, and is held against \
                 {VERSION}: below is what has to change"
            )),
        }
    }

    /// The report as JSON. Names stay, and later versions only add.
    pub fn to_json(&self) -> Value {
        let (state, version) = match &self.state {
            State::Unknown => ("unknown", None),
            State::ToSubmit => ("to_submit", None),
            State::Labelled { version } => ("labelled", Some(version)),
            State::Older { version } => ("older", version.as_ref()),
        };
        let count = |severity: Severity| self.of(severity).map(|finding| finding.n_findings).sum::<usize>();
        // What could not be read was not validated.
        let is_valid = (self.state != State::Unknown).then(|| self.is_valid());
        json!({
            "file": self.file,
            "schema": VERSION,
            "is_valid": is_valid,
            "state": state,
            "stated_version": version,
            "n_errors": count(Severity::Error),
            "n_strict": count(Severity::Strict),
            "n_warnings": count(Severity::Warning),
            "findings": self.findings.iter().map(to_json).collect::<Vec<_>>(),
        })
    }
}

/// Findings by cause, errors first.
pub fn groups(findings: &[Finding]) -> Vec<Group<'_>> {
    let mut places: BTreeMap<(Severity, Rule, &str), usize> = BTreeMap::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut known: BTreeSet<(usize, &str)> = BTreeSet::new();
    for (number, finding) in findings.iter().enumerate() {
        let Finding { rule, severity, place, .. } = finding;
        let at = *places.entry((*severity, *rule, place)).or_insert_with(|| {
            let (rule, severity) = (*rule, *severity);
            groups.push(Group { rule, severity, place, findings: Vec::new(), numbers: Vec::new(), n_rows: 0 });
            groups.len() - 1
        });
        let group = &mut groups[at];
        // Several conditions may find the same value wrong.
        if finding.value.as_deref().is_none_or(|value| known.insert((at, value))) {
            group.n_rows += finding.rows.n;
            group.findings.push(finding);
            group.numbers.push(number);
        }
    }
    let mut in_order = Vec::with_capacity(groups.len());
    for severity in [Severity::Error, Severity::Strict, Severity::Warning] {
        in_order.extend(groups.extract_if(.., |group| group.severity == severity));
    }
    in_order
}

/// Findings by cause as JSON: of each, which findings they are, and how many cells or genes it is about.
pub fn groups_to_json(findings: &[Finding]) -> Value {
    let groups = groups(findings);
    groups.iter().map(|group| json!({ "findings": group.numbers, "n_rows": group.n_rows })).collect()
}

fn to_json(finding: &Finding) -> Value {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Strict => "strict",
        Severity::Warning => "warning",
    };
    json!({
        "rule": finding.rule.id(),
        "name": finding.rule.name(),
        "severity": severity,
        "place": finding.place,
        "what": finding.rule.title(),
        "value": finding.value,
        "n_findings": finding.n_findings,
        "n_rows": finding.rows.n,
        "first_rows": finding.rows.first,
        "suggestion": finding.suggestion,
        "fix": finding.fix.as_ref().map(ToString::to_string),
        "is_hidden_by_original": finding.is_hidden,
        "text": finding.text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Rows;

    #[test]
    fn findings_of_one_cause_stand_together_each_value_once_and_errors_first() {
        let of = |rule: u16, place: &str, value: &str, n: usize| {
            Finding::new(rule, place, "text").value(value).rows(Rows { n, first: Vec::new() })
        };
        let findings = [
            of(35, "obs.x", "unused", 0),
            of(55, "obs.a", "lung", 2),
            of(55, "obs.b", "lung", 3),
            of(55, "obs.a", "heart", 4),
            of(55, "obs.a", "lung", 2),
        ];
        let json = groups_to_json(&findings);
        let expected = json!([
            { "findings": [1, 3], "n_rows": 6 },
            { "findings": [2], "n_rows": 3 },
            { "findings": [0], "n_rows": 0 },
        ]);
        assert_eq!(json, expected);
    }
}
