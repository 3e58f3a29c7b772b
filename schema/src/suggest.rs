//! What to write instead.

use crate::allowed::{List, Terms};
use crate::definition::DELIMITER;
use crate::reference::{Ontology, Reference};

/// A better value.
#[derive(Clone)]
pub(crate) struct Better {
    /// For people.
    pub(crate) text: String,
    /// The value itself, where no decision is left.
    pub(crate) exact: Option<String>,
}

/// More than so many terms are no suggestion.
const N_TERMS: usize = 3;

/// A term with its label.
pub(crate) fn named(reference: &Reference, id: &str) -> String {
    match reference.term(id).and_then(|term| reference.label(term)) {
        Some(label) if !label.is_empty() => format!("{id} ({label})"),
        Some(_) | None => id.to_owned(),
    }
}

/// What terms a value is to be of.
pub(crate) struct Wanted<'a> {
    pub(crate) reference: &'a Reference,
    pub(crate) terms: &'a Terms,
    /// The organism of the dataset; nothing where there is none.
    pub(crate) organism: &'a str,
    /// Whether the value has several of them.
    pub(crate) is_listed: bool,
}

impl Wanted<'_> {
    fn allow(&self, id: &str) -> bool {
        self.terms.allow(self.reference, self.organism, id)
    }

    /// What may be written at all.
    fn choices(&self) -> String {
        let Self { reference, terms, organism, is_listed } = self;
        let ontologies: Vec<&str> = terms.ontologies_of(organism).collect();
        let is_open = terms.any || !terms.whole.is_empty() || !terms.below.is_empty();
        let mut choices: Vec<String> = match is_open {
            true => vec![format!("a term of {}", ontologies.join(", "))],
            false => terms.terms.iter().filter(|id| self.allow(id)).map(|id| named(reference, id)).collect(),
        };
        choices.extend(terms.exceptions.iter().filter(|_| !is_listed).map(|word| format!("`{word}`")));
        match choices.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
            Some(_) | None => choices.concat(),
        }
    }
}

/// What to write for an identifier that is no term of the ontologies that are allowed. By label and synonym it is looked
/// for where `searches_labels`.
pub(crate) fn term(wanted: &Wanted<'_>, id: &str, searches_labels: bool) -> Better {
    let Wanted { reference, terms, organism, is_listed } = wanted;
    let to_decide = |text: String| Better { text, exact: None };
    let trimmed = id.trim();
    if !is_listed && let Some(word) = terms.exceptions.iter().find(|word| word.eq_ignore_ascii_case(trimmed)) {
        return Better { text: format!("write {word}"), exact: Some((*word).to_owned()) };
    }
    if let Some(known) = in_right_case(wanted, trimmed) {
        return match wanted.allow(&known) {
            true => Better { text: format!("write {}", named(reference, &known)), exact: Some(known) },
            false => to_decide(instead(wanted, &known)),
        };
    }
    if terms.list != List::No
        && let Some(list) = split_otherwise(wanted, trimmed)
    {
        return Better { text: format!("separate terms by `{DELIMITER}`: `{list}`"), exact: Some(list) };
    }
    if Ontology::of(trimmed).is_some() || !searches_labels {
        let of = reference.term(trimmed).map(|term| term.ontology.name());
        let of = of.map(|of| format!("{} is of {of}; ", named(reference, trimmed))).unwrap_or_default();
        return to_decide(format!("{of}write {}", wanted.choices()));
    }
    let called = |text: &str| -> Vec<String> {
        let ontologies = terms.ontologies_of(organism).filter_map(Ontology::named);
        let called = ontologies.flat_map(|ontology| reference.terms_called(ontology, text));
        let called = called.filter(|(id, _)| wanted.allow(id)).take(N_TERMS);
        called.map(|(id, label)| format!("{id} ({label})")).collect()
    };
    let mut found = called(trimmed);
    if found.is_empty()
        && let Some(single) = trimmed.strip_suffix(['s', 'S'])
    {
        found = called(single);
    }
    to_decide(match found.is_empty() {
        true => format!("write {}", wanted.choices()),
        false => format!("write the identifier: {}", found.join(" or ")),
    })
}

/// The term of the ontologies that is meant, if it has another case of its prefix or the other separator.
fn in_right_case(wanted: &Wanted<'_>, trimmed: &str) -> Option<String> {
    let Wanted { reference, terms, .. } = wanted;
    let is_known = |id: &str| {
        let term = reference.term(id).filter(|term| !Reference::is_deprecated(*term));
        term.is_some_and(|term| terms.ontologies.contains(&term.ontology.name()))
    };
    if is_known(trimmed) {
        return Some(trimmed.to_owned());
    }
    let at = trimmed.find([':', '_'])?;
    let (prefix, rest) = (&trimmed[..at], trimmed[at + 1..].trim());
    let prefixes = terms.ontologies.iter().copied().chain(["ZFS", "AfPO", "uniprot"]);
    let prefixes = prefixes.filter(|known| known.eq_ignore_ascii_case(prefix));
    let candidates = prefixes.flat_map(|prefix| [':', '_'].map(|separator| format!("{prefix}{separator}{rest}")));
    candidates.into_iter().find(|candidate| is_known(candidate))
}

/// The list that identifiers are which another separator stands between.
fn split_otherwise(wanted: &Wanted<'_>, text: &str) -> Option<String> {
    ["||", "|", ",", ";"].iter().find_map(|separator| {
        let mut ids: Vec<&str> = text.split(separator).map(str::trim).collect();
        ids.sort_unstable();
        ids.dedup();
        (ids.len() > 1 && ids.iter().all(|id| wanted.allow(id))).then(|| ids.join(DELIMITER))
    })
}

/// What to do about a term that is not allowed though it exists.
pub(crate) fn instead_of(reference: &Reference, id: &str) -> Option<String> {
    reference
        .term(id)
        .map(|_| format!("{} is too wide or of another kind; write a term below it", named(reference, id)))
}

/// What to write instead of a term that exists and is not allowed.
pub(crate) fn instead(wanted: &Wanted<'_>, id: &str) -> String {
    let Wanted { reference, terms, .. } = wanted;
    let of = Ontology::of(id);
    let own = terms.below.iter().filter(|allowed| of.is_some() && Ontology::of(allowed) == of);
    let own: Vec<String> = own.take(N_TERMS).map(|allowed| named(reference, allowed)).collect();
    let id = named(reference, id);
    match own.is_empty() {
        true => format!("{id} is not allowed here; write {}", wanted.choices()),
        false => format!("{id} is not below {}; write {}", own.join(", "), wanted.choices()),
    }
}

/// The one of some words that was meant.
pub(crate) fn word(value: &str, words: &[&str]) -> Option<Better> {
    let trimmed = value.trim();
    if let Some(word) = words.iter().find(|word| word.eq_ignore_ascii_case(trimmed)) {
        return Some(Better { text: format!("write `{word}`"), exact: Some((*word).to_owned()) });
    }
    closest(trimmed, words.iter().copied())
        .map(|word| Better { text: format!("perhaps `{word}` is meant"), exact: None })
}

/// The word that differs least, if it differs little.
pub(crate) fn closest<'a>(value: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const FAR: usize = 3;
    // Of a value of any length, only words of about its length are looked at.
    let length = value.chars().count();
    let near = words.filter(|word| word.chars().count().abs_diff(length) < FAR);
    let distances = near.map(|word| (distance(value, word), word));
    let (distance, word) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance < FAR && distance * 3 <= word.len()).then_some(word)
}

/// How many letters must be changed, added or left out.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, other) in b.iter().enumerate() {
            let next = (diagonal + usize::from(letter != *other)).min(row[column] + 1).min(row[column + 1] + 1);
            diagonal = std::mem::replace(&mut row[column + 1], next);
        }
    }
    row[b.len()]
}

/// So many of a list are told.
pub(crate) const N_LISTED: usize = 5;

/// The first `n` of a list, and how many more there are.
pub(crate) fn some_of<S: AsRef<str>>(list: impl ExactSizeIterator<Item = S>, n: usize) -> String {
    let n_more = list.len().saturating_sub(n);
    let first: Vec<S> = list.take(n).collect();
    let first = first.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if n_more == 0 { first } else { format!("{first} and {n_more} more") }
}

/// The identifier of a gene that this is but for blanks, its version or the case of its letters.
pub(crate) fn bare_gene(reference: &Reference, id: &str) -> Option<String> {
    let trimmed = id.trim();
    let bare = trimmed.split_once('.').map_or(trimmed, |(bare, _)| bare);
    let candidates = [trimmed.to_owned(), bare.to_owned(), bare.to_ascii_uppercase()];
    candidates.into_iter().find(|candidate| reference.gene(candidate).is_some())
}

/// The gene that was meant: without a version, in the right case, or the one of this name.
pub(crate) fn gene(reference: &Reference, id: &str, organism: Option<&str>) -> Option<Better> {
    if let Some(bare) = bare_gene(reference, id) {
        return (bare != id).then(|| Better { text: format!("write {bare}"), exact: Some(bare) });
    }
    let trimmed = id.trim();
    let named = reference.genes_named(organism?, trimmed);
    match named.as_slice() {
        [one] => {
            Some(Better { text: format!("write {one}, which {trimmed} is the name of"), exact: Some(one.clone()) })
        }
        [] => None,
        several => Some(Better {
            text: format!("{trimmed} is the name of several genes: {}", some_of(several.iter(), N_LISTED)),
            exact: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_was_meant_is_found() {
        let words = ["cell", "nucleus", "na"];
        assert_eq!(word("Nucleus", &words).unwrap().exact.as_deref(), Some("nucleus"));
        assert_eq!(word("nuclues", &words).unwrap().text, "perhaps `nucleus` is meant");
        assert!(word("tissue", &words).is_none());
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
