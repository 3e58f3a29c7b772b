//! Groups of cells, and what they agree in.

use std::collections::{BTreeMap, HashMap};

#[cfg(feature = "build")]
use shared_fbs::tile::Codes;

use crate::Dimension;

/// What cells have in a dimension: an id, such as that of a term of an ontology, and what people call it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term {
    /// The id.
    pub id: String,
    /// The label; the id where there is none.
    pub label: String,
}

/// All terms that cells have in a dimension, by ascending id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// The terms.
    pub terms: Vec<Term>,
}

/// Groups of cells, each with one code in every one of some dimensions: the number of a term among the dimension's
/// [`Values`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// The dimensions, ascending.
    pub dimensions: Vec<Dimension>,
    /// Codes of every dimension, one a group.
    pub codes: Vec<Vec<u32>>,
    /// Cells of every group.
    pub n_cells: Vec<u32>,
}

impl Values {
    /// Those of some terms, which may come in any order and repeatedly; of one id the first label is kept.
    pub fn of(terms: impl IntoIterator<Item = Term>) -> Self {
        let mut labels = BTreeMap::new();
        for term in terms {
            labels.entry(term.id).or_insert(term.label);
        }
        Self { terms: labels.into_iter().map(|(id, label)| Term { id, label }).collect() }
    }

    /// The number of the term of an id.
    pub fn code(&self, id: &str) -> Option<u32> {
        self.terms.binary_search_by(|term| term.id.as_str().cmp(id)).ok().map(|code| code as u32)
    }
}

impl Groups {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.n_cells.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.n_cells.is_empty()
    }

    /// Codes in a dimension, one a group; none where they do not agree in it.
    pub fn codes_of(&self, dimension: Dimension) -> Option<&[u32]> {
        let at = self.dimensions.binary_search(&dimension).ok()?;
        Some(&self.codes[at])
    }

    /// Groups that have these codes, one list for each, in the order of codes; and the number of the group of every list.
    /// Equal codes are one group, whose cells are added up.
    ///
    /// # Panics
    /// When a list has not one code for each dimension.
    pub fn of(dimensions: &[Dimension], keys: &[Vec<u32>], n_cells: &[u32]) -> (Self, Vec<u32>) {
        let mut numbers: HashMap<&[u32], u32> = HashMap::with_capacity(keys.len());
        for key in keys {
            assert_eq!(key.len(), dimensions.len(), "a group has one code in every dimension");
            numbers.entry(key).or_default();
        }
        let mut sorted: Vec<&[u32]> = numbers.keys().copied().collect();
        sorted.sort_unstable();
        for (number, key) in (0..).zip(&sorted) {
            numbers.insert(key, number);
        }
        let group_of: Vec<u32> = keys.iter().map(|key| numbers[key.as_slice()]).collect();
        let mut groups = Self {
            dimensions: dimensions.to_vec(),
            codes: (0..dimensions.len()).map(|at| sorted.iter().map(|key| key[at]).collect()).collect(),
            n_cells: vec![0; sorted.len()],
        };
        for (&group, &n) in group_of.iter().zip(n_cells) {
            groups.n_cells[group as usize] += n;
        }
        (groups, group_of)
    }

    /// The groups that agree in fewer dimensions, and of every group the number of the one that it is part of.
    ///
    /// # Panics
    /// When these do not agree in one of the dimensions.
    pub fn coarser(&self, dimensions: &[Dimension]) -> (Self, Vec<u32>) {
        let columns: Vec<&[u32]> = dimensions
            .iter()
            .map(|&dimension| self.codes_of(dimension).expect("the groups agree in the dimension"))
            .collect();
        let keys: Vec<Vec<u32>> =
            (0..self.len()).map(|group| columns.iter().map(|codes| codes[group]).collect()).collect();
        Self::of(dimensions, &keys, &self.n_cells)
    }

    /// Those of the groups that have cells, and of every group its new number.
    pub fn without_empty(&self) -> (Self, Vec<Option<u32>>) {
        let mut next = 0;
        let numbers: Vec<Option<u32>> = self
            .n_cells
            .iter()
            .map(|&n| {
                let number = (n > 0).then_some(next);
                next += u32::from(n > 0);
                number
            })
            .collect();
        let kept = |list: &[u32]| {
            list.iter().zip(&self.n_cells).filter(|&(_, &n)| n > 0).map(|(&value, _)| value).collect::<Vec<_>>()
        };
        let groups = Self {
            dimensions: self.dimensions.clone(),
            codes: self.codes.iter().map(|codes| kept(codes)).collect(),
            n_cells: kept(&self.n_cells),
        };
        (groups, numbers)
    }
}

/// Codes in the narrowest width that holds them.
#[cfg(feature = "build")]
pub(crate) fn pack_codes(codes: &[u32]) -> Codes {
    match codes.iter().max().copied().unwrap_or_default() {
        0..=0xff => Codes::U8(codes.iter().map(|&code| code as u8).collect()),
        0x100..=0xffff => Codes::U16(codes.iter().map(|&code| code as u16).collect()),
        0x1_0000.. => Codes::U32(codes.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DIMENSIONS: [Dimension; 3] = [Dimension::Tissue, Dimension::CellType, Dimension::Sex];

    proptest! {
        #[test]
        fn coarser_groups_have_all_cells(cells in prop::collection::vec(prop::collection::vec(0_u32..4, 3), 0..60)) {
            let (groups, group_of) = Groups::of(&DIMENSIONS, &cells, &vec![1; cells.len()]);
            for (cell, &group) in cells.iter().zip(&group_of) {
                let codes: Vec<u32> = groups.codes.iter().map(|codes| codes[group as usize]).collect();
                prop_assert_eq!(&codes, cell);
            }
            let (coarser, part_of) = groups.coarser(&[Dimension::Tissue, Dimension::Sex]);
            let mut n_cells = vec![0; coarser.len()];
            for (group, &of) in part_of.iter().enumerate() {
                prop_assert_eq!(groups.codes[2][group], coarser.codes_of(Dimension::Sex).unwrap()[of as usize]);
                n_cells[of as usize] += groups.n_cells[group];
            }
            prop_assert_eq!(&n_cells, &coarser.n_cells);
            prop_assert_eq!(coarser.codes_of(Dimension::CellType), None);
        }
    }

    #[test]
    fn groups_without_cells_are_left_out() {
        let (groups, _) = Groups::of(&DIMENSIONS[..1], &[vec![0], vec![1], vec![2]], &[3, 0, 2]);
        let (kept, numbers) = groups.without_empty();
        assert_eq!((kept.codes, kept.n_cells, numbers), (vec![vec![0, 2]], vec![3, 2], vec![Some(0), None, Some(1)]));
    }

    #[test]
    fn values_are_found_by_their_ids() {
        let term = |id: &str, label: &str| Term { id: id.to_owned(), label: label.to_owned() };
        let values = Values::of([term("b", "B"), term("a", "A"), term("b", "other")]);
        assert_eq!(values.terms, [term("a", "A"), term("b", "B")]);
        assert_eq!((values.code("b"), values.code("c")), (Some(1), None));
    }
}
