//! The terms below each term of an ontology.

use std::collections::{HashMap, HashSet};

use crate::Terms;

/// The terms of ontologies, with what stands right below each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TermTree {
    below: HashMap<String, Vec<String>>,
}

impl TermTree {
    /// The tree of terms given with their parents, by ids.
    pub fn new(terms: impl IntoIterator<Item = (String, Vec<String>)>) -> Self {
        let mut below: HashMap<String, Vec<String>> = HashMap::new();
        for (id, parents) in terms {
            for parent in parents {
                below.entry(parent).or_default().push(id.clone());
            }
            below.entry(id).or_default();
        }
        Self { below }
    }
}

impl Terms for TermTree {
    fn with_descendants(&self, id: &str) -> Option<HashSet<String>> {
        self.below.get(id)?;
        let (mut found, mut open) = (HashSet::from([id.to_owned()]), vec![id]);
        while let Some(id) = open.pop() {
            for below in self.below.get(id).into_iter().flatten() {
                if found.insert(below.clone()) {
                    open.push(below);
                }
            }
        }
        Some(found)
    }
}
