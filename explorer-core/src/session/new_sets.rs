//! Sets that are made of something: of a file, where their names may be taken, of filters, which they are named after, of
//! ids, and of two others.

use roaring::RoaringBitmap;

use super::Session;
use crate::{
    data::CellIdx,
    screen::free_name,
    state::{Analysis, CellList, CellQuery, CellSet, CellSource, GeneSet, OwnColumn, ViewSpec},
};

/// What a set of cells is called that were named one by one.
pub const LISTED_CELLS: &str = "Listed cells";

/// How one cell set is made of two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SetOperation {
    /// The cells of either.
    #[default]
    Union,
    /// The cells of both.
    Intersection,
    /// The cells of the first that are not in the second.
    Difference,
}

impl SetOperation {
    /// Every operation, in the order of a menu.
    pub const ALL: [Self; 3] = [Self::Union, Self::Intersection, Self::Difference];

    /// The sign that stands between the names of the sets.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Union => "∪",
            Self::Intersection => "∩",
            Self::Difference => "−",
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Union => "union",
            Self::Intersection => "intersection",
            Self::Difference => "difference",
        }
    }

    fn of(self, first: &RoaringBitmap, second: &RoaringBitmap) -> RoaringBitmap {
        match self {
            Self::Union => first | second,
            Self::Intersection => first & second,
            Self::Difference => first - second,
        }
    }
}

/// What becomes of new gene sets, or own columns, whose names are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameClash {
    /// They take the place of the old ones.
    Replace,
    /// They get other names.
    Rename,
    /// Their genes are added to the old ones, their labels given to the old ones' cells.
    Merge,
}

impl NameClash {
    /// The names of new sets that are taken.
    pub fn names(old: &[GeneSet], new: &[GeneSet]) -> Vec<String> {
        let is_taken = |name: &String| old.iter().any(|set| set.name == *name);
        new.iter().map(|set| set.name.clone()).filter(is_taken).collect()
    }

    /// The sets to put in, one of a name, each in place of one that there is.
    pub fn settle(self, old: &[GeneSet], new: Vec<GeneSet>) -> Vec<GeneSet> {
        let mut taken: Vec<String> = old.iter().chain(&new).map(|set| set.name.clone()).collect();
        let mut settled = Vec::with_capacity(new.len());
        for mut set in new {
            let before = old.iter().find(|before| before.name == set.name);
            match (self, before) {
                (Self::Replace, _) | (Self::Rename | Self::Merge, None) => {}
                (Self::Rename, Some(_)) => {
                    set.name = free_name(&set.name, &taken);
                    taken.push(set.name.clone());
                }
                (Self::Merge, Some(before)) => {
                    let added = set.genes.into_iter().filter(|gene| !before.genes.contains(gene));
                    set.genes = before.genes.iter().cloned().chain(added).collect();
                    if !before.description.is_empty() {
                        set.description.clone_from(&before.description);
                    }
                }
            }
            settled.push(set);
        }
        settled
    }
}

impl NameClash {
    /// The own columns to put in, one of a name, each in place of one that there is. No name is `taken` otherwise.
    pub fn settle_columns(self, old: &[OwnColumn], new: Vec<OwnColumn>, mut taken: Vec<String>) -> Vec<OwnColumn> {
        taken.extend(new.iter().map(|column| column.name().to_owned()));
        let settle = |column: OwnColumn| match (self, old.iter().find(|before| before.name() == column.name())) {
            (Self::Replace, _) | (Self::Rename | Self::Merge, None) => column,
            (Self::Rename, Some(_)) => {
                let name = free_name(column.name(), &taken);
                taken.push(name.clone());
                column.named(name)
            }
            (Self::Merge, Some(before)) => before.merged(&column),
        };
        new.into_iter().map(settle).collect()
    }
}

/// Adds the cell sets that are kept to those of a view, after them. A set that is kept stays as it is: only one of the same
/// name and cells is the same set. Where the view has other cells by a name that is kept, these get a free name, or the one
/// that they are kept by since an earlier time, and the view's comparisons follow.
pub fn join_sets(view: &mut ViewSpec, kept: Vec<CellSet>) {
    let is_taken = |set: &CellSet| kept.iter().any(|kept| kept.name == set.name && kept.source != set.source);
    let clashing: Vec<CellSet> = view.analysis.cell_sets.iter().filter(|set| is_taken(set)).cloned().collect();
    for CellSet { name, source } in clashing {
        let present = view.analysis.cell_sets.iter().map(|set| set.name.clone());
        let mut taken: Vec<String> = present.collect();
        let number = |kept: &str| kept.strip_prefix(&name)?.strip_prefix(' ')?.parse::<u32>().ok();
        let renamed = kept
            .iter()
            .find(|kept| kept.source == source && number(&kept.name).is_some() && !taken.contains(&kept.name));
        let free = match renamed {
            Some(kept) => kept.name.clone(),
            None => {
                taken.extend(kept.iter().map(|set| set.name.clone()));
                free_name(&name, &taken)
            }
        };
        view.rename_cell_set(&name, free);
    }
    let sets = &mut view.analysis.cell_sets;
    for set in kept {
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
}

/// The own columns of which there is none of the name yet, or the same, and those that are to be asked about: others of a
/// name that there is.
pub fn sort_columns(old: &[OwnColumn], new: Vec<OwnColumn>) -> (Vec<OwnColumn>, Vec<OwnColumn>) {
    let is_free = |column: &OwnColumn| old.iter().all(|known| known.name() != column.name() || known == column);
    new.into_iter().partition(is_free)
}

impl Session {
    /// A set of the cells of a query: the one that there is of them, or a new one that is named after the filters.
    pub fn set_of(&self, query: CellQuery, analysis: &Analysis) -> CellSet {
        let source = CellSource::Query(query);
        if let Some(known) = analysis.cell_sets.iter().find(|set| set.source == source) {
            return known.clone();
        }
        let name = source.query().map(|query| self.suggested_name(query)).unwrap_or_default();
        CellSet { name: free_set_name(&name, analysis), source }
    }
}

/// Sets of cells one by one.
impl Session {
    /// A set of cells that were named one by one, under its name where that is free; `None` while their rows are not there.
    pub fn set_of_cells(&self, name: &str, cells: &[CellIdx], analysis: &Analysis) -> Option<CellSet> {
        let rows = self.loaded().rows()?.rows_of(cells.iter().copied());
        Some(self.listed_set(name, CellList::new(rows), analysis))
    }

    /// The same of cells by their rows: the set that there is of them, or a new one.
    pub fn listed_set(&self, name: &str, rows: CellList, analysis: &Analysis) -> CellSet {
        let source = CellSource::Cells(rows);
        let known = analysis.cell_sets.iter().find(|set| set.source == source).cloned();
        known.unwrap_or_else(|| CellSet { name: free_set_name(name, analysis), source })
    }

    /// The cells of two sets, put together; named after them. `None` where there is no such set, or while the data that
    /// they take are not there.
    pub fn combined_set(
        &self,
        first: &str,
        operation: SetOperation,
        second: &str,
        analysis: &Analysis,
    ) -> Option<CellSet> {
        let rows = |name: &str| self.rows_of_source(&analysis.cell_set(name)?.source);
        let rows = operation.of(&rows(first)?, &rows(second)?);
        let name = format!("{first} {} {second}", operation.sign());
        Some(CellSet { name: free_set_name(&name, analysis), source: CellSource::Cells(CellList::new(rows)) })
    }

    fn rows_of_source(&self, source: &CellSource) -> Option<RoaringBitmap> {
        match source {
            CellSource::Cells(list) => Some(list.rows().clone()),
            CellSource::Query(_) => {
                let mask = self.cells_of(source)?;
                Some(self.loaded().rows()?.rows_of(mask.iter()))
            }
        }
    }
}

/// A name that no cell set has: this one, if it can be.
fn free_set_name(name: &str, analysis: &Analysis) -> String {
    let taken: Vec<String> = analysis.cell_sets.iter().map(|set| set.name.clone()).collect();
    match name {
        "" => free_name("Set", &taken),
        name if taken.iter().any(|other| other == name) => free_name(name, &taken),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        sorting::set_of,
        state::{CellList, OwnLabel},
    };

    fn set(name: &str, genes: &[&str]) -> GeneSet {
        GeneSet {
            name: name.to_owned(),
            description: String::new(),
            genes: genes.iter().map(|&gene| gene.to_owned()).collect(),
        }
    }

    #[test]
    fn a_set_whose_name_is_taken_replaces_joins_or_is_renamed() {
        let old = [set("T", &["CD3D", "CD3E"]), set("B", &["MS4A1"])];
        let new = || vec![set("T", &["CD3E", "CD3G"]), set("T 1", &[]), set("NK", &["NKG7"])];
        assert_eq!(NameClash::names(&old, &new()), ["T"]);
        assert_eq!(NameClash::Replace.settle(&old, new()), new());
        let renamed = NameClash::Rename.settle(&old, new());
        assert_eq!(renamed, [set("T 2", &["CD3E", "CD3G"]), set("T 1", &[]), set("NK", &["NKG7"])]);
        let merged = NameClash::Merge.settle(&old, new());
        assert_eq!(merged[0], set("T", &["CD3D", "CD3E", "CD3G"]));
        assert_eq!(merged[1..], new()[1..]);
    }

    fn cell_set(name: &str, cell: u32) -> CellSet {
        CellSet { name: name.to_owned(), source: CellSource::Cells(CellList::new([cell].into())) }
    }

    fn view_of(sets: &[CellSet]) -> ViewSpec {
        let mut view = ViewSpec::default();
        view.analysis.cell_sets = sets.to_vec();
        view
    }

    #[test]
    fn kept_cell_sets_join_those_of_a_link_and_nothing_is_lost() {
        let of_link = [cell_set("mine", 1), cell_set("new", 2)];
        let kept = vec![cell_set("old", 3), cell_set("mine", 4), cell_set("new", 2)];
        let mut view = view_of(&of_link);
        join_sets(&mut view, kept.clone());
        let joined = [cell_set("mine 1", 1), cell_set("new", 2), cell_set("old", 3), cell_set("mine", 4)];
        assert_eq!(view.analysis.cell_sets, joined);
        // At the next visit all are kept, and the link is the same.
        let mut again = view_of(&of_link);
        join_sets(&mut again, view.analysis.cell_sets);
        assert_eq!(again.analysis.cell_sets, joined);
    }

    #[test]
    fn a_link_never_drops_or_renames_a_kept_cell_set() {
        let kept = vec![cell_set("T cells", 1), cell_set("T cells 1", 2), cell_set("T cells 2", 3)];
        let names = ["", "T", "T cells", "T cells 1", "T cells 2", "T cells 3"];
        let some = || names.into_iter().flat_map(|name| (1..4).map(move |cell| cell_set(name, cell)));
        for (first, second) in some().flat_map(|first| some().map(move |second| (first.clone(), second))) {
            if first.name == second.name {
                continue;
            }
            let mut view = view_of(&[first, second]);
            join_sets(&mut view, kept.clone());
            let sets = view.analysis.cell_sets;
            assert!(kept.iter().all(|set| sets.contains(set)), "{sets:?}");
            let names = set_of(sets.iter().map(|set| &set.name));
            assert_eq!(names.len(), sets.len(), "two of one name: {sets:?}");
        }
    }

    #[test]
    fn comparisons_of_a_link_follow_its_cell_sets_to_their_free_names() {
        let mut view = view_of(&[cell_set("mine", 1), cell_set("yours", 2)]);
        view.analysis.comparisons =
            ViewSpec::from_link("set0=mine&set1=yours&de0=mine:yours").view.analysis.comparisons;
        join_sets(&mut view, vec![cell_set("mine", 4)]);
        let comparison = &view.analysis.comparisons[0];
        assert!(comparison.uses("mine 1") && comparison.uses("yours") && !comparison.uses("mine"));
    }

    #[test]
    fn an_own_column_whose_name_is_taken_is_asked_about() {
        let column = |name: &str, labels: &[(&str, &[u32])]| {
            let label = |(name, rows): &(&str, &[u32])| OwnLabel {
                name: (*name).to_owned(),
                cells: CellList::new(rows.iter().copied().collect()),
                color: None,
            };
            OwnColumn::new(name, labels.iter().map(label))
        };
        let old = [column("mine", &[("T", &[1, 2]), ("B", &[3])]), column("same", &[("T", &[1])])];
        let new = || vec![column("mine", &[("B", &[2, 9])]), column("same", &[("T", &[1])]), column("new", &[])];
        let (free, asked) = sort_columns(&old, new());
        assert_eq!((free, asked.clone()), (new()[1..].to_vec(), new()[..1].to_vec()));
        assert_eq!(NameClash::Replace.settle_columns(&old, asked.clone(), Vec::new()), asked);
        let taken = ["mine", "same", "mine 1"].map(str::to_owned).to_vec();
        assert_eq!(NameClash::Rename.settle_columns(&old, asked.clone(), taken), [asked[0].named("mine 2")]);
        let merged = column("mine", &[("T", &[1]), ("B", &[2, 3, 9])]);
        assert_eq!(NameClash::Merge.settle_columns(&old, asked, Vec::new()), [merged]);
    }
}
