//! Which groups there are, and which cell is in which.

use serde::{Deserialize, Serialize};

use crate::{
    color::Rgb,
    data::{Categorical, CellIdx},
    filter::CellMask,
    names::visible,
};

/// More groups than this are no plot that anybody reads.
pub const MOST_GROUPS: usize = 2_000;

/// The code of a cell that is in no group.
pub const NO_GROUP: u16 = u16::MAX;

/// Cells cannot be put in groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupingError {
    /// There are too many.
    #[error("{found} groups are too many to plot; choose a column, or two, of at most {MOST_GROUPS} groups with cells")]
    TooMany {
        /// Groups with cells.
        found: usize,
    },
    /// No cell is in a group.
    #[error("no cell is in any group: the cells chosen have no label")]
    Empty,
}

/// A column whose labels make groups.
#[derive(Clone, Copy, Debug)]
pub struct ColumnOfLabels<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its labels, by code.
    pub labels: &'a [String],
    /// Codes in the order that labels are shown in.
    pub order: &'a [u32],
    /// Colors of the labels, by code.
    pub colors: &'a [Rgb],
}

/// A column whose labels make groups, as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupColumn {
    /// Its name.
    pub name: String,
    /// Those of its labels that cells of a group have, in order.
    pub labels: Vec<String>,
    /// Their colors.
    pub colors: Vec<Rgb>,
}

/// The cells of one label, or of a pair of labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Of each column, the index of the label among those shown.
    pub labels: Vec<u32>,
    /// Its cells.
    pub n_cells: u64,
}

/// Cells by the labels of one column, or of two: a group for each label or pair of labels that cells have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grouping {
    /// One column, or two.
    pub columns: Vec<GroupColumn>,
    /// Groups with cells, by the first column's order, then by the second's.
    pub groups: Vec<Group>,
    /// Cells without a label, which are in no group.
    pub n_unlabeled: u64,
}

/// A grouping, and the group of every cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupedCells {
    /// The groups.
    pub grouping: Grouping,
    /// By cell in storage order, the number of its group, or [`NO_GROUP`].
    pub codes: Vec<u16>,
}

impl Grouping {
    /// The groups of a column of which only the number of cells of every label is known, by code; with the code of every
    /// group's label. `n_unlabeled` cells have none.
    pub fn of_counts(column: ColumnOfLabels<'_>, counts: &[u32], n_unlabeled: u64) -> (Self, Vec<u32>) {
        let count = |code: u32| counts.get(code as usize).copied().unwrap_or_default();
        let codes: Vec<u32> = column.order.iter().copied().filter(|&code| count(code) > 0).collect();
        let groups = (0..).zip(&codes).map(|(at, &code)| Group { labels: vec![at], n_cells: count(code).into() });
        let grouping = Self { columns: vec![column.shown(&codes)], groups: groups.collect(), n_unlabeled };
        (grouping, codes)
    }

    /// What a group is called: its labels.
    pub fn name(&self, group: usize) -> String {
        let labels = self.groups[group].labels.iter().zip(&self.columns);
        labels.map(|(&at, column)| visible(&column.labels[at as usize])).collect::<Vec<_>>().join(", ")
    }

    /// The color of a group: that of its label of the first column.
    pub fn color(&self, group: usize) -> Rgb {
        self.columns[0].colors[self.groups[group].labels[0] as usize]
    }

    /// Cells in all groups.
    pub fn n_cells(&self) -> u64 {
        self.groups.iter().map(|group| group.n_cells).sum()
    }

    /// The names of the columns.
    pub fn title(&self) -> String {
        self.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(" and ")
    }
}

impl GroupedCells {
    /// Cells by the labels of one column, or of two; `within` are those that count.
    ///
    /// # Errors
    /// [`GroupingError`].
    ///
    /// # Panics
    /// When the columns and the mask are of different datasets, or there are neither one nor two columns.
    pub fn new(
        columns: &[(ColumnOfLabels<'_>, &Categorical)],
        within: Option<&CellMask>,
    ) -> Result<Self, GroupingError> {
        let &[(first, of), ref more @ ..] = columns else { panic!("a grouping is by one column, or two") };
        let by = more.first();
        assert!(more.len() < 2, "a grouping is by one column, or two");
        let n_obs = of.codes.len();
        assert!(by.is_none_or(|(_, by)| by.codes.len() == n_obs), "columns of different datasets");
        assert!(within.is_none_or(|within| within.len() == n_obs), "a mask of another dataset");
        let n_by = by.map_or(1, |(column, _)| column.labels.len());
        let is_within = within.map(CellMask::as_bytes);
        // The pair of codes of a cell as one number; none without a label.
        let pair = |cell: usize| {
            let idx = CellIdx(cell as u32);
            let first = of.codes.get(idx) as usize;
            let second = by.map_or(0, |(_, by)| by.codes.get(idx) as usize);
            (first < of.categories.len() && second < n_by).then_some(first * n_by + second)
        };
        let counts = |cell: usize| is_within.is_none_or(|is_within| is_within[cell] == 1);
        let (mut n_cells, mut n_unlabeled) = (vec![0_u64; of.categories.len() * n_by], 0);
        for cell in (0..n_obs).filter(|&cell| counts(cell)) {
            match pair(cell) {
                Some(pair) => n_cells[pair] += 1,
                None => n_unlabeled += 1,
            }
        }
        let single = [0];
        let order = by.map_or(&single[..], |(column, _)| column.order);
        let pairs: Vec<(u32, u32)> = (first.order.iter())
            .flat_map(|&a| order.iter().map(move |&b| (a, b)))
            .filter(|&(a, b)| n_cells[a as usize * n_by + b as usize] > 0)
            .collect();
        if pairs.is_empty() {
            return Err(GroupingError::Empty);
        }
        if pairs.len() > MOST_GROUPS {
            return Err(GroupingError::TooMany { found: pairs.len() });
        }
        let mut group_of = vec![NO_GROUP; n_cells.len()];
        for (group, &(a, b)) in (0..).zip(&pairs) {
            group_of[a as usize * n_by + b as usize] = group;
        }
        let in_group = |cell: usize| pair(cell).filter(|_| counts(cell)).map_or(NO_GROUP, |pair| group_of[pair]);
        let codes = (0..n_obs).map(in_group).collect();
        Ok(Self { grouping: grouping(columns, &pairs, &n_cells, n_unlabeled), codes })
    }
}

/// The groups of these pairs of codes.
fn grouping(
    columns: &[(ColumnOfLabels<'_>, &Categorical)],
    pairs: &[(u32, u32)],
    n_cells: &[u64],
    n_unlabeled: u64,
) -> Grouping {
    let n_by = columns.get(1).map_or(1, |(column, _)| column.labels.len());
    let part = |at: usize, pair: &(u32, u32)| if at == 0 { pair.0 } else { pair.1 };
    let shown: Vec<Vec<u32>> = (columns.iter().enumerate())
        .map(|(at, (column, _))| {
            let is_shown = |code: u32| pairs.iter().any(|pair| part(at, pair) == code);
            column.order.iter().copied().filter(|&code| is_shown(code)).collect()
        })
        .collect();
    let place = |at: usize, pair: &(u32, u32)| {
        shown[at].iter().position(|&code| code == part(at, pair)).map_or(0, |place| place as u32)
    };
    let group = |pair: &(u32, u32)| Group {
        labels: (0..columns.len()).map(|at| place(at, pair)).collect(),
        n_cells: n_cells[pair.0 as usize * n_by + pair.1 as usize],
    };
    Grouping {
        columns: columns.iter().zip(&shown).map(|((column, _), shown)| column.shown(shown)).collect(),
        groups: pairs.iter().map(group).collect(),
        n_unlabeled,
    }
}

impl ColumnOfLabels<'_> {
    fn shown(&self, codes: &[u32]) -> GroupColumn {
        GroupColumn {
            name: self.name.to_owned(),
            labels: codes.iter().map(|&code| self.labels[code as usize].clone()).collect(),
            colors: codes.iter().map(|&code| self.colors.get(code as usize).copied().unwrap_or_default()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::{Codes, label_order};

    fn categorical(labels: &[&str], codes: Vec<u8>) -> Categorical {
        Categorical {
            codes: Codes::U8(codes),
            categories: labels.iter().map(|&label| label.to_owned()).collect(),
            ordered: false,
        }
    }

    fn grouped(columns: &[(&str, &Categorical)], within: Option<&CellMask>) -> Result<GroupedCells, GroupingError> {
        let orders: Vec<Vec<u32>> =
            columns.iter().map(|(_, column)| label_order(&column.categories, column.ordered)).collect();
        let columns: Vec<_> = (columns.iter().zip(&orders))
            .map(|(&(name, column), order)| {
                (ColumnOfLabels { name, labels: &column.categories, order, colors: &[] }, column)
            })
            .collect();
        GroupedCells::new(&columns, within)
    }

    #[test]
    fn groups_go_by_the_order_of_labels_and_have_cells() {
        let types = categorical(&["T", "B", "NK"], vec![0, 1, 1, 3, 0, 1]);
        let stages = categorical(&["young", "adult"], vec![0, 0, 1, 0, 0, 2]);
        let GroupedCells { grouping, codes } = grouped(&[("type", &types)], None).unwrap();
        assert_eq!([grouping.name(0), grouping.name(1)], ["B", "T"]);
        assert_eq!((codes, grouping.n_unlabeled), (vec![1, 0, 0, NO_GROUP, 1, 0], 1));
        let within = CellMask::from_fn(6, |cell| cell != 2);
        let pairs = grouped(&[("type", &types), ("stage", &stages)], Some(&within)).unwrap();
        let named: Vec<_> = (0..2).map(|at| (pairs.grouping.name(at), pairs.grouping.groups[at].n_cells)).collect();
        assert_eq!(named, [("B, young".to_owned(), 1), ("T, young".to_owned(), 2)]);
        assert_eq!(pairs.codes, [1, 0, NO_GROUP, NO_GROUP, 1, NO_GROUP]);
        assert_eq!(
            (pairs.grouping.columns[1].labels.as_slice(), pairs.grouping.n_unlabeled),
            (&["young".to_owned()][..], 2)
        );
    }

    #[test]
    fn no_groups_and_too_many_are_told() {
        let none = categorical(&["T"], vec![1, 1]);
        assert_eq!(grouped(&[("type", &none)], None), Err(GroupingError::Empty));
        let labels: Vec<String> = (0..=MOST_GROUPS).map(|label| label.to_string()).collect();
        let many = Categorical {
            codes: Codes::U16((0..labels.len() as u16).collect()),
            categories: labels.into(),
            ordered: true,
        };
        assert_eq!(grouped(&[("id", &many)], None), Err(GroupingError::TooMany { found: MOST_GROUPS + 1 }));
    }

    proptest! {
        #[test]
        fn every_cell_that_counts_is_in_the_group_of_its_labels(
            cells in prop::collection::vec((0..4_u8, 0..3_u8, any::<bool>()), 1..100),
        ) {
            let types = categorical(&["a", "b", "c"], cells.iter().map(|cell| cell.0).collect());
            let stages = categorical(&["x", "y"], cells.iter().map(|cell| cell.1).collect());
            let within = CellMask::from_fn(cells.len(), |cell| cells[cell].2);
            let Ok(GroupedCells { grouping, codes }) = grouped(&[("t", &types), ("s", &stages)], Some(&within)) else {
                prop_assert!(cells.iter().all(|cell| !cell.2 || cell.0 == 3 || cell.1 == 2));
                return Ok(());
            };
            for (cell, &code) in cells.iter().zip(&codes) {
                let labels = (["a", "b", "c"].get(usize::from(cell.0)), ["x", "y"].get(usize::from(cell.1)));
                let expected = if let (true, (Some(a), Some(b))) = (cell.2, labels) { Some(format!("{a}, {b}")) } else { None };
                prop_assert_eq!((code != NO_GROUP).then(|| grouping.name(code.into())), expected);
            }
            for (group, of) in grouping.groups.iter().enumerate() {
                prop_assert_eq!(codes.iter().filter(|&&code| usize::from(code) == group).count() as u64, of.n_cells);
            }
            prop_assert_eq!(grouping.n_cells() + grouping.n_unlabeled, within.count() as u64);
        }
    }
}
