//! An ontology: terms, and the terms right above each.

use std::collections::{BTreeSet, HashMap};

/// Terms with identifiers, labels and parents. There is no way from a term back to itself.
#[derive(Clone, Debug, Default)]
pub struct Ontology {
    ids: Vec<String>,
    labels: Vec<String>,
    /// Without those that are above another parent: what is left leads to the same ancestors.
    parents: Vec<Vec<usize>>,
    children: Vec<Vec<usize>>,
    place_of: HashMap<String, usize>,
}

/// Terms that make no ontology.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OntologyError {
    /// Two terms have one identifier.
    #[error("the ontology has {id} twice; give each term once")]
    Duplicate {
        /// The identifier.
        id: String,
    },
    /// A parent is no term.
    #[error("{parent}, a parent of {id}, is no term of the ontology; give it too, or leave it out of the parents")]
    UnknownParent {
        /// The term.
        id: String,
        /// Its parent.
        parent: String,
    },
    /// A term is above itself.
    #[error("{id} is above itself in the ontology; take one of the parents on the way away")]
    Circle {
        /// One term of the circle.
        id: String,
    },
}

impl Ontology {
    /// An ontology of terms: identifier, label, identifiers of parents.
    ///
    /// # Errors
    /// [`OntologyError`].
    pub fn new(terms: impl IntoIterator<Item = (String, String, Vec<String>)>) -> Result<Self, OntologyError> {
        let mut ontology = Self::default();
        let mut named = Vec::new();
        for (id, label, parents) in terms {
            if ontology.place_of.insert(id.clone(), ontology.ids.len()).is_some() {
                return Err(OntologyError::Duplicate { id });
            }
            ontology.ids.push(id);
            ontology.labels.push(label);
            named.push(parents);
        }
        for (id, parents) in ontology.ids.iter().zip(&named) {
            let place = |parent: &String| {
                let unknown = || OntologyError::UnknownParent { id: id.clone(), parent: parent.clone() };
                ontology.place_of.get(parent).copied().ok_or_else(unknown)
            };
            ontology.parents.push(parents.iter().map(place).collect::<Result<_, _>>()?);
        }
        ontology.refuse_circles()?;
        let kept: Vec<Vec<usize>> = (0..ontology.ids.len()).map(|term| ontology.nearest_parents(term)).collect();
        ontology.children = vec![Vec::new(); ontology.ids.len()];
        for (term, parents) in kept.iter().enumerate() {
            parents.iter().for_each(|&parent| ontology.children[parent].push(term));
        }
        ontology.parents = kept;
        Ok(ontology)
    }

    /// Number of terms.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no term.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The label of a term; `None` of what is no term.
    pub fn label(&self, id: &str) -> Option<&str> {
        self.place_of.get(id).map(|&term| self.labels[term].as_str())
    }

    /// The identifiers of all terms above a term, each once, without its own; none of what is no term.
    pub fn ancestors(&self, id: &str) -> BTreeSet<&str> {
        let above = self.place(id).map(|term| self.above(term)).unwrap_or_default();
        above.into_iter().map(|term| self.ids[term].as_str()).collect()
    }

    /// The place of a term among all.
    pub(crate) fn place(&self, id: &str) -> Option<usize> {
        self.place_of.get(id).copied()
    }

    /// Places of the terms right below one.
    pub(crate) fn children(&self, term: usize) -> &[usize] {
        &self.children[term]
    }

    /// The label of a place.
    pub(crate) fn label_at(&self, term: usize) -> &str {
        &self.labels[term]
    }

    /// Places of all terms above one, without its own.
    pub(crate) fn above(&self, term: usize) -> BTreeSet<usize> {
        let mut above = BTreeSet::new();
        let mut rest = self.parents[term].clone();
        while let Some(parent) = rest.pop() {
            if above.insert(parent) {
                rest.extend(&self.parents[parent]);
            }
        }
        above
    }

    /// The parents of a term that are not above another of them, in order.
    fn nearest_parents(&self, term: usize) -> Vec<usize> {
        let parents: BTreeSet<usize> = self.parents[term].iter().copied().collect();
        let above_others: BTreeSet<usize> = parents.iter().flat_map(|&parent| self.above(parent)).collect();
        parents.difference(&above_others).copied().collect()
    }

    /// Takes away terms without parents, over and over: what is left goes round.
    fn refuse_circles(&self) -> Result<(), OntologyError> {
        let mut n_parents: Vec<usize> = self.parents.iter().map(Vec::len).collect();
        let mut children = vec![Vec::new(); self.ids.len()];
        for (term, parents) in self.parents.iter().enumerate() {
            parents.iter().for_each(|&parent| children[parent].push(term));
        }
        let mut free: Vec<usize> = (0..n_parents.len()).filter(|&term| n_parents[term] == 0).collect();
        while let Some(term) = free.pop() {
            for &child in &children[term] {
                n_parents[child] -= 1;
                if n_parents[child] == 0 {
                    free.push(child);
                }
            }
        }
        match n_parents.iter().position(|&n| n > 0) {
            Some(term) => Err(OntologyError::Circle { id: self.ids[term].clone() }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ontology(terms: &[(&str, &[&str])]) -> Result<Ontology, OntologyError> {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Ontology::new(terms.iter().map(|&(id, parents)| (id.to_owned(), id.to_lowercase(), owned(parents))))
    }

    #[test]
    fn a_term_has_each_ancestor_once() {
        let ontology = ontology(&[("A", &[]), ("B", &["A"]), ("C", &["A"]), ("D", &["B", "C", "A"])]).unwrap();
        assert_eq!(ontology.ancestors("D"), ["A", "B", "C"].into());
        assert_eq!((ontology.label("D"), ontology.label("E")), (Some("d"), None));
        assert!(ontology.ancestors("E").is_empty());
        assert_eq!(ontology.children(0), [1, 2], "D is not right below A, since B and C are between");
    }

    #[test]
    fn what_makes_no_ontology_is_refused() {
        let id = |id: &str| id.to_owned();
        assert_eq!(ontology(&[("A", &[]), ("A", &[])]).unwrap_err(), OntologyError::Duplicate { id: id("A") });
        let unknown = OntologyError::UnknownParent { id: id("A"), parent: id("Z") };
        assert_eq!(ontology(&[("A", &["Z"])]).unwrap_err(), unknown);
        assert_eq!(ontology(&[("A", &["B"]), ("B", &["A"])]).unwrap_err(), OntologyError::Circle { id: id("A") });
    }
}
