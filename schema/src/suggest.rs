//! What to write instead.

use crate::definition::{DELIMITER, List, Terms};
use crate::reference::{Ontology, Reference};

/// A better value.
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

/// What to write for an identifier that is no term of the ontologies that are allowed.
pub(crate) fn term(reference: &Reference, id: &str, terms: &Terms) -> Option<Better> {
    let exact = |id: String| Better { text: format!("write {}", named(reference, &id)), exact: Some(id) };
    let is_allowed = |id: &str| {
        reference
            .term(id)
            .is_some_and(|term| terms.ontologies.contains(&term.ontology.name()) && !Reference::is_deprecated(term))
    };
    let trimmed = id.trim();
    if terms.exceptions.iter().any(|word| word.eq_ignore_ascii_case(trimmed)) {
        let word = trimmed.to_ascii_lowercase();
        return Some(Better { text: format!("write {word}"), exact: Some(word) });
    }
    if trimmed != id && is_allowed(trimmed) {
        return Some(exact(trimmed.to_owned()));
    }
    // Another case of the prefix, or the other separator.
    if let Some(at) = trimmed.find([':', '_']) {
        let (prefix, rest) = (&trimmed[..at], trimmed[at + 1..].trim());
        let prefixes = terms.ontologies.iter().copied().chain(["ZFS", "AfPO", "uniprot"]);
        let candidates = prefixes.filter(|known| known.eq_ignore_ascii_case(prefix));
        for candidate in candidates {
            for separator in [':', '_'] {
                let candidate = format!("{candidate}{separator}{rest}");
                if is_allowed(&candidate) {
                    return Some(exact(candidate));
                }
            }
        }
    }
    if terms.list != List::No
        && let Some(list) = split_otherwise(trimmed, &is_allowed)
    {
        return Some(Better { text: format!("separate terms by `{DELIMITER}`: `{list}`"), exact: Some(list) });
    }
    if Ontology::of(trimmed).is_some() {
        return reference.term(trimmed).map(|term| Better {
            text: format!(
                "{} is of {}; write a term of {}",
                named(reference, trimmed),
                term.ontology.name(),
                terms.ontologies.join(", ")
            ),
            exact: None,
        });
    }
    let ontologies = terms.ontologies.iter().filter_map(|name| Ontology::named(name));
    let mut called: Vec<(String, String)> =
        ontologies.flat_map(|ontology| reference.terms_called(ontology, trimmed)).collect();
    called.truncate(N_TERMS);
    let called: Vec<String> = called.into_iter().map(|(id, label)| format!("{id} ({label})")).collect();
    (!called.is_empty()).then(|| Better { text: format!("write the identifier: {}", called.join(" or ")), exact: None })
}

/// The list that identifiers are which another separator stands between.
fn split_otherwise(text: &str, is_allowed: &dyn Fn(&str) -> bool) -> Option<String> {
    ["||", "|", ",", ";"].iter().find_map(|separator| {
        let mut ids: Vec<&str> = text.split(separator).map(str::trim).collect();
        ids.sort_unstable();
        ids.dedup();
        (ids.len() > 1 && ids.iter().all(|id| is_allowed(id))).then(|| ids.join(DELIMITER))
    })
}

/// What to do about a term that is not allowed though it exists.
pub(crate) fn instead_of(reference: &Reference, id: &str) -> Option<String> {
    reference
        .term(id)
        .map(|_| format!("{} is too wide or of another kind; write a term below it", named(reference, id)))
}

/// Which branches are allowed.
pub(crate) fn branches(reference: &Reference, id: &str, terms: &Terms) -> Option<String> {
    let of = Ontology::of(id)?;
    let own = terms.below.iter().chain(terms.terms).filter(|allowed| Ontology::of(allowed) == Some(of));
    let own: Vec<String> = own.take(N_TERMS + 1).map(|allowed| named(reference, allowed)).collect();
    let id = named(reference, id);
    match own.is_empty() {
        true => Some(format!("{id} is not allowed here; write a term of {}", terms.ontologies.join(", "))),
        false => Some(format!("{id} is neither of nor below {}", own.join(", "))),
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
    let distances = words.map(|word| (distance(value, word), word));
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

/// The gene that was meant: without a version, in the right case, or the one of this name.
pub(crate) fn gene(reference: &Reference, id: &str, organism: Option<&str>) -> Option<Better> {
    let exact = |id: String| Better { text: format!("write {id}"), exact: Some(id) };
    let trimmed = id.trim();
    let bare = trimmed.split_once('.').map_or(trimmed, |(bare, _)| bare);
    for candidate in [trimmed.to_owned(), bare.to_owned(), bare.to_ascii_uppercase()] {
        if candidate != id && reference.gene(&candidate).is_some() {
            return Some(exact(candidate));
        }
    }
    let named = reference.genes_named(organism?, trimmed);
    match named.as_slice() {
        [one] => {
            Some(Better { text: format!("write {one}, which {trimmed} is the name of"), exact: Some(one.clone()) })
        }
        [] => None,
        several => Some(Better {
            text: format!("{trimmed} is the name of several genes: {}", several.join(", ")),
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
