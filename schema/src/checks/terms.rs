//! Identifiers of terms.

use super::Context;
use crate::allowed::{List, Terms};
use crate::definition::DELIMITER;
use crate::finding::{Finding, Fix, Rows};
use crate::python::Value;
use crate::reference::{Ontology, Reference};
use crate::suggest;

/// A value that is checked, and where it stands.
pub(super) struct Site<'a> {
    /// The column or key.
    pub(super) column: &'a str,
    /// `obs` or `uns`.
    pub(super) part: &'static str,
    pub(super) rows: Rows,
    /// What follows every text.
    pub(super) suffix: &'a str,
}

impl Site<'_> {
    fn finding(&self, rule: u16, value: &str, text: String) -> Finding {
        let Self { column, part, rows, suffix } = self;
        let text = if suffix.is_empty() { text } else { format!("{text} {suffix}") };
        Finding::new(rule, format!("{part}.{column}"), text).column(*column).value(value).rows(rows.clone())
    }

    fn replace(&self, from: &str, to: &str) -> Fix {
        let column = match self.part {
            "uns" => format!("uns.{}", self.column),
            _ => format!("obs.{}", self.column),
        };
        Fix::Replace { column, from: from.to_owned(), to: to.to_owned() }
    }
}

/// Checks a value that must be a term, or a list of them.
pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>, terms: &Terms, value: &Value, site: &Site<'_>) {
    let text = value.str();
    if value.text().is_some_and(|text| terms.exceptions.contains(&text)) {
        return;
    }
    let column = site.column;
    if terms.ontologies.is_empty() {
        let message = format!("'{text}' in '{column}' is not a valid value of '{column}'.");
        let words = terms.exceptions.join(" or ");
        out.push(site.finding(49, &text, message).suggest(Some(format!("write {words}"))));
        return;
    }
    let Some(text) = value.text() else {
        let message = format!("'{text}' in '{column}' is not a valid ontology term value, it must be a string.");
        out.push(site.finding(50, &text, message));
        return;
    };
    if terms.list == List::No {
        one(context, out, terms, text, text, site);
        return;
    }
    let ids: Vec<&str> = text.split(DELIMITER).collect();
    for id in &ids {
        one(context, out, terms, id, text, site);
        if let List::SortedOf(ontology) = terms.list
            && ids.len() > 1
        {
            in_ontologies(context, out, &[ontology], terms, (id, id), text, site);
        }
    }
    if ids.len() > 1 && !ids.is_sorted_by(|a, b| a.trim() <= b.trim()) {
        let mut sorted: Vec<&str> = ids.iter().map(|id| id.trim()).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let sorted = sorted.join(DELIMITER);
        let message = format!("'{text}' in '{column}' is not in ascending lexical order.");
        let fix = site.replace(text, &sorted);
        out.push(site.finding(51, text, message).suggest(Some(format!("write `{sorted}`"))).fix(Some(fix)));
    }
    let mut different = ids.clone();
    different.sort_unstable();
    different.dedup();
    if different.len() != ids.len() {
        let message = format!("'{text}' in '{column}' contains duplicates.");
        let once = different.join(DELIMITER);
        let fix = site.replace(text, &once);
        out.push(site.finding(52, text, message).suggest(Some(format!("write `{once}`"))).fix(Some(fix)));
    }
}

/// Checks one identifier of the value `whole`.
fn one(context: &Context<'_>, out: &mut Vec<Finding>, terms: &Terms, id: &str, whole: &str, site: &Site<'_>) {
    let reference = context.reference;
    let column = site.column;
    let bare = terms.prefix.and_then(|prefix| id.strip_prefix(prefix)).unwrap_or(id);
    if terms.forbidden.contains(&bare) {
        let message = format!("'{id}' in '{column}' is not allowed.");
        out.push(site.finding(53, id, message).suggest(suggest::instead_of(reference, bare)));
        return;
    }
    if !in_ontologies(context, out, terms.ontologies, terms, (id, bare), whole, site) {
        return;
    }
    if let Some(ancestor) = reference.first_above(bare, terms.forbidden_below) {
        let message =
            format!("'{bare}' in '{column}' is not allowed. Descendant terms of '{ancestor}' are not allowed.");
        out.push(site.finding(56, id, message).suggest(suggest::instead_of(reference, bare)));
        out.push(site.finding(56, id, format!("'{id}' in '{column}' is not allowed.")));
        return;
    }
    let is_whole = || Ontology::of(bare).is_some_and(|ontology| terms.whole.contains(&ontology.name()));
    if !(terms.any || terms.terms.contains(&bare) || is_whole() || reference.is_below(bare, terms.below)) {
        let message = format!("'{id}' in '{column}' is not an allowed term id.");
        out.push(site.finding(57, id, message).suggest(suggest::branches(reference, bare, terms)));
    }
}

/// Whether an identifier is a term of one of these ontologies, and not deprecated.
fn in_ontologies(
    context: &Context<'_>,
    out: &mut Vec<Finding>,
    ontologies: &[&str],
    terms: &Terms,
    (id, bare): (&str, &str),
    whole: &str,
    site: &Site<'_>,
) -> bool {
    let (reference, column) = (context.reference, site.column);
    let term = reference.term(bare).filter(|term| ontologies.contains(&term.ontology.name()));
    let Some(term) = term else {
        let names = ontologies.join(", ");
        let message = format!("'{id}' in '{column}' is not a valid ontology term id of '{names}'.");
        let better = suggest::term(reference, id, terms).filter(|better| better.exact.as_deref() != Some(id));
        let fix = better.as_ref().and_then(|better| better.exact.as_ref());
        let fix = fix.map(|exact| site.replace(whole, &whole.replace(id, exact)));
        let is_alone = whole != id && (reference.term(bare).is_some() || terms.exceptions.contains(&id));
        let alone = is_alone.then(|| format!("`{id}` stands alone: a list has terms of {names}"));
        out.push(site.finding(55, id, message).suggest(alone.or(better.map(|better| better.text))).fix(fix));
        return false;
    };
    if Reference::is_deprecated(term) {
        let name = term.ontology.name();
        let message = format!("'{id}' in '{column}' is a deprecated term id of '{name}'.");
        let successor = reference.replacement(term).map(|successor| suggest::named(reference, successor));
        let suggestion = successor.map(|successor| format!("the ontology replaces it by {successor}"));
        out.push(site.finding(54, id, message).suggest(suggestion));
        return false;
    }
    true
}
