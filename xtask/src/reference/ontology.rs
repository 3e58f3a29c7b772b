//! Reads an ontology of the package `cellxgene-ontology-guide`. The largest is a gigabyte of JSON, which is therefore read
//! as a stream.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{DEPRECATED, is_of};

/// An ontology, as far as the schema asks.
pub struct Ontology {
    pub terms: BTreeMap<String, Term>,
}

/// One term.
#[derive(Default)]
pub struct Term {
    pub label: String,
    /// Bit n: the nth of the ontology's ancestors that rules name is above this term. The highest bit: it is deprecated.
    pub flags: u32,
    pub replaced_by: Option<String>,
    pub synonyms: Vec<String>,
    /// Identifiers of its parents, where they are kept.
    pub parents: Vec<String>,
}

/// Whether parents are kept, which takes all ancestors into memory.
#[derive(Clone, Copy)]
pub enum Parents {
    Keep,
    Skip,
}

struct Terms<'a> {
    prefixes: &'a [&'a str],
    bits: &'a HashMap<&'a str, u32>,
    parents: Parents,
}

struct OneTerm<'a> {
    bits: &'a HashMap<&'a str, u32>,
    parents: Parents,
    /// Of the ancestors so far, by distance.
    above: &'a mut Vec<(u32, String)>,
}

struct Ancestors<'a> {
    bits: &'a HashMap<&'a str, u32>,
    parents: Parents,
    above: &'a mut Vec<(u32, String)>,
}

impl Ontology {
    /// Reads the terms with these prefixes, and which of `ancestors` are above each.
    pub fn read(path: &Path, prefixes: &[&str], ancestors: &[&str], parents: Parents) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let text = BufReader::with_capacity(1 << 20, zstd::Decoder::new(file)?);
        let bits: HashMap<&str, u32> = ancestors.iter().enumerate().map(|(bit, id)| (*id, 1 << bit)).collect();
        let mut deserializer = serde_json::Deserializer::from_reader(text);
        let terms = deserializer
            .deserialize_map(Terms { prefixes, bits: &bits, parents })
            .with_context(|| path.display().to_string())?;
        Ok(Self { terms })
    }

    /// Identifiers and terms in the order of the tables: by number where every identifier has one, else by text.
    pub fn rows(&self) -> Vec<(&str, &Term)> {
        let mut rows: Vec<(&str, &Term)> = self.terms.iter().map(|(id, term)| (id.as_str(), term)).collect();
        if rows.iter().all(|(id, _)| number(id).is_some()) {
            rows.sort_by_key(|(id, _)| number(id));
        }
        rows
    }
}

/// The number that an identifier is behind its prefix, if it has no leading zeros.
pub fn number(id: &str) -> Option<u32> {
    let digits = id.split_once(':')?.1;
    let number: u32 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

impl<'de> Visitor<'de> for Terms<'_> {
    type Value = BTreeMap<String, Term>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("terms by identifier")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut terms = BTreeMap::new();
        let mut all_above: BTreeMap<String, Vec<(u32, String)>> = BTreeMap::new();
        while let Some(id) = map.next_key::<String>()? {
            let mut above = Vec::new();
            let mut term =
                map.next_value_seed(OneTerm { bits: self.bits, parents: self.parents, above: &mut above })?;
            if let Some(bit) = self.bits.get(id.as_str()) {
                // A term that rules name is marked itself, so that it is kept; readers tell it apart by its identifier.
                term.flags |= bit;
            }
            if is_of(&id, self.prefixes) {
                all_above.insert(id.clone(), above);
                terms.insert(id, term);
            }
        }
        match self.parents {
            Parents::Keep => terms.iter_mut().for_each(|(id, term)| term.parents = parents_of(id, &all_above)),
            Parents::Skip => {}
        }
        Ok(terms)
    }
}

/// The parents of a term: ancestors one step above it, and, nearest first, those to which no parent so far leads, since the
/// way to them is through another ontology.
fn parents_of(id: &str, all_above: &BTreeMap<String, Vec<(u32, String)>>) -> Vec<String> {
    let above = |id: &str| all_above.get(id).map(Vec::as_slice).unwrap_or_default();
    let mut ancestors: Vec<&(u32, String)> = above(id).iter().collect();
    ancestors.sort_unstable();
    let mut parents: Vec<String> = Vec::new();
    for (distance, ancestor) in ancestors {
        let leads_there = |parent: &String| above(parent).iter().any(|(_, other)| other == ancestor);
        if *distance == 1 || !parents.iter().any(leads_there) {
            parents.push(ancestor.clone());
        }
    }
    parents
}

impl<'de> serde::de::DeserializeSeed<'de> for OneTerm<'_> {
    type Value = Term;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Term, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneTerm<'_> {
    type Value = Term;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a term")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Term, A::Error> {
        let mut term = Term::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "label" => term.label = map.next_value()?,
                "deprecated" => term.flags |= if map.next_value()? { DEPRECATED } else { 0 },
                "ancestors" => {
                    let ancestors = Ancestors { bits: self.bits, parents: self.parents, above: &mut *self.above };
                    term.flags |= map.next_value_seed(ancestors)?;
                }
                "replaced_by" => term.replaced_by = map.next_value()?,
                "synonyms" => term.synonyms = map.next_value()?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(term)
    }
}

impl<'de> serde::de::DeserializeSeed<'de> for Ancestors<'_> {
    type Value = u32;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u32, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Ancestors<'_> {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ancestors by identifier")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<u32, A::Error> {
        let mut flags = 0;
        while let Some(id) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            flags |= self.bits.get(&*id).copied().unwrap_or_default();
            match self.parents {
                Parents::Keep => self.above.push((map.next_value()?, id.into_owned())),
                Parents::Skip => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_without_leading_zeros_are_numbers() {
        assert_eq!(number("CHEBI:15365"), Some(15365));
        assert_eq!(number("CL:0000540"), None);
        assert_eq!(number("CVCL_0001"), None);
    }

    #[test]
    fn parents_lead_to_every_ancestor() {
        let above = |ancestors: &[(u32, &str)]| ancestors.iter().map(|(n, id)| (*n, (*id).to_owned())).collect();
        let all_above = [
            ("cell", above(&[])),
            ("blood cell", above(&[(1, "cell")])),
            ("leukocyte", above(&[(1, "blood cell"), (1, "cell"), (2, "cell")])),
            ("granule", above(&[(2, "leukocyte"), (3, "blood cell"), (4, "cell")])),
        ];
        let all_above = all_above.map(|(id, above)| (id.to_owned(), above)).into();
        assert_eq!(parents_of("leukocyte", &all_above), ["blood cell", "cell"]);
        assert_eq!(parents_of("granule", &all_above), ["leukocyte"]);
        assert!(parents_of("cell", &all_above).is_empty());
    }
}
