//! Identifiers of terms.

use super::Context;
use crate::allowed::{List, Terms};
use crate::definition::DELIMITER;
use crate::finding::{At, Finding, Fix};
use crate::python::Value;
use crate::reference::Reference;
use crate::suggest::{self, Better, Wanted};

/// A value that is checked, and where it stands.
pub(super) struct Site<'a> {
    pub(super) at: At,
    /// The column or key.
    pub(super) column: &'a str,
    /// What follows every text.
    pub(super) suffix: &'a str,
    /// Whether terms are looked for by label and synonym, too.
    pub(super) searches_labels: bool,
}

impl Site<'_> {
    fn finding(&self, rule: u16, value: &str, text: String) -> Finding {
        let Self { at, column, suffix, .. } = self;
        let text = if suffix.is_empty() { text } else { format!("{text} {suffix}") };
        Finding::new(rule, at.to_string(), text).column(*column).value(value)
    }

    fn replace(&self, from: &str, to: String) -> Fix {
        Fix::Replace { at: self.at.clone(), from: from.to_owned(), to }
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
    let organism = context.document.organism().unwrap_or_default();
    let ids: Vec<&str> = match terms.list {
        List::No => vec![text],
        List::Sorted | List::SortedOf(_) => text.split(DELIMITER).collect(),
    };
    let wanted = Wanted { reference: context.reference, terms, organism, is_listed: ids.len() > 1 };
    let n_before = out.len();
    // What each is in the right form, of which one fix of the value is made.
    let mut right: Vec<String> = Vec::new();
    let mut any_alone = false;
    for id in &ids {
        let exact = one(&wanted, out, id, site);
        if let List::SortedOf(ontology) = terms.list
            && wanted.is_listed
        {
            // Its right form is known by now.
            let _: Result<(), Option<String>> = in_ontologies(&wanted, out, &[ontology], (id, id), site);
        }
        any_alone |= stands_alone(&wanted, exact.as_deref().unwrap_or(id));
        let right_form = exact.as_deref().unwrap_or(id.trim());
        right.extend(right_form.split(DELIMITER).map(str::to_owned));
    }
    if ids.len() > 1 && !ids.is_sorted_by(|a, b| a.trim() <= b.trim()) {
        let message = format!("'{text}' in '{column}' is not in ascending lexical order.");
        out.push(site.finding(51, text, message));
    }
    let mut different = ids.clone();
    different.sort_unstable();
    different.dedup();
    if different.len() != ids.len() {
        out.push(site.finding(52, text, format!("'{text}' in '{column}' contains duplicates.")));
    }
    right.sort_unstable();
    right.dedup();
    let right = right.join(DELIMITER);
    if any_alone || right == text {
        return;
    }
    for finding in &mut out[n_before..] {
        let is_of_order = matches!(finding.rule.number(), 51 | 52);
        if is_of_order {
            finding.suggestion = Some(format!("write `{right}`"));
        }
        finding.set_fix(Some(site.replace(text, right.clone())));
    }
}

/// Whether an identifier is one of several in a value, and may only be the one of it.
fn stands_alone(wanted: &Wanted<'_>, id: &str) -> bool {
    let Wanted { reference, terms, .. } = wanted;
    let is_of_others = |ontology: &str| {
        let own = reference.term(id).map(|term| term.ontology.name());
        own.is_some_and(|own| own != ontology && terms.ontologies.contains(&own))
    };
    wanted.is_listed
        && (terms.exceptions.contains(&id) || matches!(terms.list, List::SortedOf(name) if is_of_others(name)))
}

/// Checks one identifier; gives its right form where that is another and needs no decision.
fn one(wanted: &Wanted<'_>, out: &mut Vec<Finding>, id: &str, site: &Site<'_>) -> Option<String> {
    let Wanted { reference, terms, .. } = wanted;
    let column = site.column;
    let bare = terms.prefix.and_then(|prefix| id.strip_prefix(prefix)).unwrap_or(id);
    if terms.forbidden.contains(&bare) {
        let message = format!("'{id}' in '{column}' is not allowed.");
        out.push(site.finding(53, id, message).suggest(suggest::instead_of(reference, bare)));
        return None;
    }
    if let Err(exact) = in_ontologies(wanted, out, terms.ontologies, (id, bare), site) {
        return exact;
    }
    if let Some(ancestor) = reference.first_above(bare, terms.forbidden_below) {
        let message =
            format!("'{bare}' in '{column}' is not allowed. Descendant terms of '{ancestor}' are not allowed.");
        out.push(site.finding(56, id, message).suggest(suggest::instead_of(reference, bare)));
        out.push(site.finding(56, id, format!("'{id}' in '{column}' is not allowed.")));
        return None;
    }
    if !terms.includes(reference, bare) {
        let message = format!("'{id}' in '{column}' is not an allowed term id.");
        out.push(site.finding(57, id, message).suggest(Some(suggest::instead(wanted, bare))));
    }
    None
}

/// Checks that an identifier is a term of one of these ontologies, and not deprecated; gives its right form where it is
/// none and that needs no decision.
fn in_ontologies(
    wanted: &Wanted<'_>,
    out: &mut Vec<Finding>,
    ontologies: &[&str],
    (id, bare): (&str, &str),
    site: &Site<'_>,
) -> Result<(), Option<String>> {
    let (reference, column) = (wanted.reference, site.column);
    let term = reference.term(bare).filter(|term| ontologies.contains(&term.ontology.name()));
    let Some(term) = term else {
        let names = ontologies.join(", ");
        let message = format!("'{id}' in '{column}' is not a valid ontology term id of '{names}'.");
        let better = match stands_alone(wanted, id) {
            true => Better { text: format!("`{id}` stands alone: a list has terms of {names}"), exact: None },
            false => suggest::term(wanted, id, site.searches_labels),
        };
        out.push(site.finding(55, id, message).suggest(Some(better.text)));
        return Err(better.exact);
    };
    if Reference::is_deprecated(term) {
        let name = term.ontology.name();
        let message = format!("'{id}' in '{column}' is a deprecated term id of '{name}'.");
        let successor = reference.replacement(term).map(|successor| suggest::named(reference, successor));
        let suggestion = successor.map(|successor| format!("the ontology replaces it by {successor}"));
        out.push(site.finding(54, id, message).suggest(suggestion));
        return Err(None);
    }
    Ok(())
}
