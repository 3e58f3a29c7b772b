//! The cell types of a corpus in their ontology: roll-up, redundant rows, order.

use std::collections::BTreeMap;

use explorer_core::data::label_order;

use crate::{Ontology, Sums};

/// Where rows begin: the cell.
const ROOT: &str = "CL:0000000";

/// The terms that a corpus is annotated with, each by its number (its place in the list that this was made of), with what
/// is above and below each among them.
#[derive(Clone, Debug)]
pub struct Hierarchy {
    ids: Vec<String>,
    /// Ascending, without the term itself, as the descendants.
    ancestors: Vec<Vec<usize>>,
    descendants: Vec<Vec<usize>>,
    /// Depth first.
    order: Vec<Place>,
}

/// A term in the order of rows.
#[derive(Clone, Copy, Debug)]
struct Place {
    term: usize,
    /// The place of the nearest term that the walk came through.
    above: Option<usize>,
}

/// A row that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The term's number.
    pub term: usize,
    /// How many rows it is below.
    pub depth: usize,
}

impl Hierarchy {
    /// The hierarchy of `annotated` terms, of which each should stand there once: a second one is related to none. What is
    /// no term of the ontology, such as `unknown`, has no relatives and comes last.
    pub fn new(ontology: &Ontology, annotated: &[impl AsRef<str>]) -> Self {
        let mut term_at = BTreeMap::new();
        for (term, id) in annotated.iter().enumerate() {
            if let Some(place) = ontology.place(id.as_ref()) {
                term_at.entry(place).or_insert(term);
            }
        }
        let mut ancestors = vec![Vec::new(); annotated.len()];
        let mut descendants = vec![Vec::new(); annotated.len()];
        for (&place, &term) in &term_at {
            ancestors[term] = ontology.above(place).iter().filter_map(|above| term_at.get(above).copied()).collect();
            ancestors[term].sort_unstable();
        }
        for (term, above) in ancestors.iter().enumerate() {
            above.iter().for_each(|&ancestor| descendants[ancestor].push(term));
        }
        let mut walk = Walk::new(ontology, &term_at);
        walk.down(ontology.place(ROOT), None);
        let mut rest: Vec<usize> = (0..annotated.len()).filter(|&term| !walk.has(term)).collect();
        let label = |&term: &usize| {
            let id = annotated[term].as_ref();
            ontology.label(id).unwrap_or(id).to_owned()
        };
        rest = by_label(&rest, &rest.iter().map(label).collect::<Vec<_>>());
        walk.order.extend(rest.into_iter().map(|term| Place { term, above: None }));
        let ids = annotated.iter().map(|id| id.as_ref().to_owned()).collect();
        Self { ids, ancestors, descendants, order: walk.order }
    }

    /// Number of terms.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no term.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The identifier of a term.
    ///
    /// # Panics
    /// When there is no term of that number, as in all that follows.
    pub fn id(&self, term: usize) -> &str {
        &self.ids[term]
    }

    /// The numbers of the terms above a term, ascending, without its own.
    pub fn ancestors(&self, term: usize) -> &[usize] {
        &self.ancestors[term]
    }

    /// The numbers of the terms below a term, ascending, without its own.
    pub fn descendants(&self, term: usize) -> &[usize] {
        &self.descendants[term]
    }

    /// Whether one of two terms is the other or above it.
    pub fn are_colinear(&self, a: usize, b: usize) -> bool {
        a == b || self.ancestors[a].binary_search(&b).is_ok() || self.ancestors[b].binary_search(&a).is_ok()
    }

    /// The numbers of the terms below both of two terms, ascending.
    pub fn common_descendants(&self, a: usize, b: usize) -> Vec<usize> {
        let (mut few, mut many) = (&self.descendants[a], &self.descendants[b]);
        if few.len() > many.len() {
            (few, many) = (many, few);
        }
        few.iter().copied().filter(|term| many.binary_search(term).is_ok()).collect()
    }

    /// For each term its own sums and those of all terms below it, each once. `own` has those of the cells annotated with
    /// exactly the term, of one gene, tissue and option to group by: sums of different ones are never added.
    ///
    /// # Panics
    /// When there are not as many sums as terms.
    pub fn roll_up<S: Sums>(&self, own: &[S]) -> Vec<S> {
        assert_eq!(own.len(), self.len(), "one sum for each term");
        let mut rolled = own.to_vec();
        for (sums, ancestors) in own.iter().zip(&self.ancestors) {
            ancestors.iter().for_each(|&ancestor| rolled[ancestor].add(sums));
        }
        rolled
    }

    /// Which terms have the very cells of a term below them, which is shown in their place: those whose rolled-up number of
    /// cells, in one tissue and option, is that of a descendant.
    ///
    /// # Panics
    /// When there are not as many counts as terms.
    pub fn redundant(&self, rolled_cells: &[u64]) -> Vec<bool> {
        assert_eq!(rolled_cells.len(), self.len(), "one count for each term");
        let is_redundant = |(term, &n_cells): (usize, &u64)| {
            n_cells > 0 && self.descendants[term].iter().any(|&below| rolled_cells[below] == n_cells)
        };
        rolled_cells.iter().enumerate().map(is_redundant).collect()
    }

    /// The rows to show of a tissue and option, in order, by the terms' rolled-up numbers of cells: those with at least
    /// `least_cells` (and one) that are not [redundant](Self::redundant).
    ///
    /// The order is depth first from `CL:0000000` through the whole ontology, children by label; a term with several
    /// parents stands where it is met first. Its depth is the number of rows shown on the way.
    ///
    /// # Panics
    /// When there are not as many counts as terms.
    pub fn rows(&self, rolled_cells: &[u64], least_cells: u64) -> Vec<Row> {
        let redundant = self.redundant(rolled_cells);
        let mut rows = Vec::new();
        // Of each place, how many rows are shown down to it, its own among them.
        let mut shown_to = Vec::with_capacity(self.order.len());
        for &Place { term, above } in &self.order {
            let depth = above.map_or(0, |above: usize| shown_to[above]);
            let is_shown = rolled_cells[term] >= least_cells.max(1) && !redundant[term];
            if is_shown {
                rows.push(Row { term, depth });
            }
            shown_to.push(depth + usize::from(is_shown));
        }
        rows
    }
}

/// A walk through an ontology, which notes annotated terms.
struct Walk<'a> {
    ontology: &'a Ontology,
    /// Annotated terms by place.
    term_at: &'a BTreeMap<usize, usize>,
    /// Whether an annotated term is at a place or below it.
    leads_on: Vec<bool>,
    is_visited: Vec<bool>,
    order: Vec<Place>,
}

impl<'a> Walk<'a> {
    fn new(ontology: &'a Ontology, term_at: &'a BTreeMap<usize, usize>) -> Self {
        let mut leads_on = vec![false; ontology.len()];
        for &place in term_at.keys() {
            leads_on[place] = true;
            ontology.above(place).into_iter().for_each(|above| leads_on[above] = true);
        }
        Self { ontology, term_at, leads_on, is_visited: vec![false; ontology.len()], order: Vec::new() }
    }

    fn has(&self, term: usize) -> bool {
        self.term_at.iter().any(|(&place, &at)| at == term && self.is_visited[place])
    }

    fn down(&mut self, place: Option<usize>, above: Option<usize>) {
        let Some(place) = place.filter(|&place| self.leads_on[place] && !self.is_visited[place]) else { return };
        self.is_visited[place] = true;
        let mut above = above;
        if let Some(&term) = self.term_at.get(&place) {
            self.order.push(Place { term, above });
            above = Some(self.order.len() - 1);
        }
        let ontology = self.ontology;
        let children = ontology.children(place);
        let labels: Vec<String> = children.iter().map(|&child| ontology.label_at(child).to_owned()).collect();
        for child in by_label(children, &labels) {
            self.down(Some(child), above);
        }
    }
}

/// Terms in the order of labels.
fn by_label(terms: &[usize], labels: &[String]) -> Vec<usize> {
    label_order(labels, false).into_iter().map(|at| terms[at as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cell; lymphoid and myeloid; a progenitor of both; a B cell, naive and memory.
    fn hierarchy(annotated: &[&str]) -> Hierarchy {
        let term = |id: &str, label: &str, parents: &[&str]| {
            (id.to_owned(), label.to_owned(), parents.iter().map(|&parent| parent.to_owned()).collect::<Vec<_>>())
        };
        let ontology = Ontology::new([
            term(ROOT, "cell", &[]),
            term("CL:1", "myeloid cell", &[ROOT]),
            term("CL:2", "lymphoid cell", &[ROOT]),
            term("CL:3", "progenitor", &["CL:1", "CL:2"]),
            term("CL:4", "B cell", &["CL:2"]),
            term("CL:5", "naive B cell", &["CL:4"]),
            term("CL:6", "memory B cell", &["CL:4"]),
        ]);
        Hierarchy::new(&ontology.unwrap(), annotated)
    }

    #[test]
    fn a_term_of_two_parents_counts_once_in_what_is_above_both() {
        let hierarchy = hierarchy(&[ROOT, "CL:1", "CL:2", "CL:3"]);
        assert_eq!(hierarchy.roll_up(&[1_u64, 10, 100, 1000]), [1111, 1010, 1100, 1000]);
        assert_eq!(hierarchy.common_descendants(1, 2), [3]);
        assert!(hierarchy.are_colinear(0, 3) && hierarchy.are_colinear(3, 3) && !hierarchy.are_colinear(1, 2));
    }

    #[test]
    fn what_is_not_annotated_is_passed_by() {
        let hierarchy = hierarchy(&["CL:2", "CL:5"]);
        assert_eq!((hierarchy.ancestors(1), hierarchy.descendants(0)), (&[0][..], &[1][..]));
    }

    #[test]
    fn of_terms_with_the_same_cells_the_lowest_stays() {
        let hierarchy = hierarchy(&["CL:2", "CL:4", "CL:5", "CL:6"]);
        assert_eq!(hierarchy.redundant(&hierarchy.roll_up(&[0_u64, 0, 7, 0])), [true, true, false, false]);
        assert_eq!(hierarchy.redundant(&hierarchy.roll_up(&[0_u64, 0, 7, 2])), [true, false, false, false]);
        assert_eq!(hierarchy.redundant(&hierarchy.roll_up(&[0_u64, 0, 0, 0])), [false; 4]);
    }

    #[test]
    fn rows_are_depth_first_by_label_and_what_is_unknown_comes_last() {
        let hierarchy = hierarchy(&["unknown", "CL:6", "CL:5", "CL:4", "CL:3", "CL:1", ROOT]);
        let rows = hierarchy.rows(&[9, 3, 4, 7, 5, 8, 20], 1);
        let shown: Vec<(&str, usize)> = rows.iter().map(|row| (hierarchy.id(row.term), row.depth)).collect();
        // "lymphoid cell" comes before "myeloid cell", so that the progenitor, which both have, stands there.
        let expected = [(ROOT, 0), ("CL:4", 1), ("CL:6", 2), ("CL:5", 2), ("CL:3", 1), ("CL:1", 1), ("unknown", 0)];
        assert_eq!(shown, expected);
        let few: Vec<&str> =
            hierarchy.rows(&[9, 3, 4, 7, 5, 8, 20], 5).iter().map(|row| hierarchy.id(row.term)).collect();
        assert_eq!(few, [ROOT, "CL:4", "CL:3", "CL:1", "unknown"]);
    }
}
