//! From a file to a report.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use h5ad::{H5adError, RawFile, RawValue};

use crate::bounds;
use crate::checks::{Context, Step, Thrown};
use crate::definition::{VERSION, label_columns};
use crate::document::{self, Document};
use crate::finding::{Finding, Severity};
use crate::reference::Reference;
use crate::report::{Report, State};

/// How a file is validated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Tell what the original tells, and nothing else: it stops at the first exception, leaves the raw matrix out where
    /// there are errors, and knows none of our own rules.
    pub compat: bool,
    /// Allow the columns and keys that submission writes.
    pub ignore_labels: bool,
    /// The dataset is before analysis: it has no cell types, and may lack embeddings.
    pub pre_analysis: bool,
}

/// What happens during a validation.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// All that takes no values of matrices is checked, and this was found.
    Metadata(&'a [Finding]),
    /// A matrix begins to be read: its cells (of a CSC matrix its genes) are so many.
    Matrix {
        /// Where it lies.
        place: &'a str,
        /// How many there are.
        n: usize,
    },
    /// So many more of them were read.
    Read {
        /// How many.
        n: usize,
    },
}

/// Who watches a validation.
pub trait Watch {
    /// Is told what happens.
    fn event(&self, event: Event<'_>);

    /// Whether the validation should stop.
    fn is_stopped(&self) -> bool;
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn event(&self, _: Event<'_>) {}

    fn is_stopped(&self) -> bool {
        false
    }
}

/// The validation was stopped by who watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

/// The report on a file that cannot be opened.
pub fn unopened(name: &str, error: &H5adError) -> Report {
    Report::new(name, State::Unknown, vec![document::unreadable(error)])
}

/// Validates a file.
///
/// # Errors
/// When who watches stops it.
pub fn validate(file: &RawFile, reference: &Reference, options: Options, watch: &dyn Watch) -> Result<Report, Stopped> {
    let document = match Document::read(file) {
        Ok(document) => document,
        Err(unread) => return Ok(Report::new(file.name(), State::Unknown, vec![*unread])),
    };
    let context = Context {
        document: &document,
        reference,
        options,
        watch,
        spatial: OnceCell::new(),
        of_x: OnceCell::new(),
        of_raw: OnceCell::new(),
        gene_names: OnceCell::new(),
    };
    let mut found: BTreeMap<Step, (Vec<Finding>, Option<Thrown>)> = BTreeMap::new();
    let mut is_told = false;
    for step in Step::ALL {
        if options.compat && step.is_own() {
            continue;
        }
        if step.reads_matrices() && !is_told {
            is_told = true;
            let so_far = found.values().flat_map(|(findings, _)| findings.iter().cloned()).collect();
            let so_far = told(so_far, options);
            watch.event(Event::Metadata(&so_far));
            if watch.is_stopped() {
                return Err(Stopped);
            }
        }
        let has_errors = || found.values().any(|(findings, thrown)| thrown.is_some() || findings.iter().any(is_error));
        if step == Step::Raw && options.compat && has_errors() {
            let text = "Validation of raw layer was not performed due to current errors, try again after fixing current \
                        errors.";
            found.insert(step, (vec![Finding::new(31, "raw.X", text)], None));
            continue;
        }
        let is_late = step == Step::Raw && has_errors();
        let mut findings = Vec::new();
        let thrown = match step.run(&context, &mut findings) {
            Ok(()) => None,
            Err(Thrown::Stopped) => return Err(Stopped),
            Err(thrown) => Some(thrown),
        };
        if !options.compat {
            bounds::list(&mut findings, 0);
        }
        for finding in &mut findings {
            finding.is_hidden |= is_late;
        }
        found.insert(step, (findings, thrown));
    }
    let state = state(&document);
    Ok(Report::new(file.name(), state, in_order(found, options)))
}

fn is_error(finding: &Finding) -> bool {
    finding.severity == Severity::Error
}

/// All findings in the order of the original. Where the original throws, it tells no more.
fn in_order(found: BTreeMap<Step, (Vec<Finding>, Option<Thrown>)>, options: Options) -> Vec<Finding> {
    let mut all = Vec::new();
    let mut is_over = false;
    for (step, (mut findings, thrown)) in found {
        for finding in &mut findings {
            finding.is_hidden |= is_over;
        }
        all.append(&mut findings);
        match thrown {
            None | Some(Thrown::Stopped) => continue,
            // The rule on repeated names has told it.
            Some(Thrown::Exception { .. }) if step == Step::Repeats => {}
            Some(Thrown::Exception { text, place }) => {
                let mut finding = Finding::new(3, place, format!("Unexpected validation error: {text}"));
                finding.is_hidden = is_over;
                all.push(finding);
            }
            Some(Thrown::Unreadable(error)) => {
                let mut finding = Finding::new(3, "/", format!("Unexpected validation error: {error}"));
                finding.is_hidden = is_over;
                all.push(finding);
            }
        }
        is_over = true;
        if options.compat {
            break;
        }
    }
    told(all, options)
}

/// Findings as they are told: errors of the same text once, and nothing at length but where the original does so.
fn told(mut findings: Vec<Finding>, options: Options) -> Vec<Finding> {
    let mut known = BTreeSet::new();
    findings.retain(|finding| !is_error(finding) || known.insert(finding.text.clone()));
    if !options.compat {
        findings.iter_mut().for_each(bounds::shorten);
    }
    findings
}

/// Whether the file is one that submission has written labels into.
fn state(document: &Document) -> State {
    let version = match document.key("schema_version") {
        Some(value) => document::text(value).map(str::to_owned),
        None => None,
    };
    let has_labels = label_columns().filter(|name| document.obs.has(name)).count() >= 3
        || document.obs.has("observation_joinid")
        || matches!(document.key("schema_reference"), Some(RawValue::Scalar(_)));
    match version {
        Some(version) if is_older(&version) => State::Older { version: Some(version) },
        None if document.obs.has("organism_ontology_term_id") => State::Older { version: None },
        Some(version) if has_labels => State::Labelled { version },
        Some(_) | None => State::ToSubmit,
    }
}

fn is_older(version: &str) -> bool {
    let parts = |version: &str| -> Vec<u32> { version.split('.').map_while(|part| part.parse().ok()).collect() };
    let (own, known) = (parts(version), parts(VERSION));
    !own.is_empty() && own < known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(is_older("5.2.0") && is_older("7.0.0") && is_older("3.1"));
        assert!(!is_older("7.1.0") && !is_older("10.0.0") && !is_older("x"));
    }
}
