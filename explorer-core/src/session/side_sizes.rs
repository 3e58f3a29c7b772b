//! How many cells the sides of a comparison have, and what of that is to be said before and after.

use super::{Question, Session};
use crate::{
    filter::CellMask,
    format::integer,
    state::{Analysis, CellSet, CellSource, Comparison},
};

/// Cells under which a group is too small for its statistics to be taken at their word.
const FEW_CELLS: u64 = 10;

/// What is told where group and reference are the same.
const SAME_CELLS: &str = "Both sides are the same cells: no gene can differ.";

/// How many cells group and reference have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SideSizes {
    /// Cells of group and reference.
    pub n_cells: [u64; 2],
    /// Cells that are in both.
    pub n_shared: u64,
    /// Cells of the universe.
    pub n_universe: u64,
}

impl SideSizes {
    fn of([group, reference]: &[CellMask; 2], n_universe: u64) -> Self {
        let n_cells = [group, reference].map(|side| side.count() as u64);
        let mut shared = group.clone();
        shared.and(reference);
        Self { n_cells, n_shared: shared.count() as u64, n_universe }
    }

    /// Whether both sides have cells, and not the same.
    pub fn can_be_compared(&self) -> bool {
        self.n_cells.iter().all(|&n| n > 0) && !self.are_equal()
    }

    fn are_equal(&self) -> bool {
        self.n_cells == [self.n_shared; 2]
    }

    /// "342 cells against 154, of 496 in view".
    pub fn text(&self, universe: &str) -> String {
        let [group, reference] = self.n_cells;
        let cells = if group == 1 { "cell" } else { "cells" };
        format!("{} {cells} against {}, of {} {universe}", integer(group), integer(reference), integer(self.n_universe))
    }

    /// Why the numbers are to be read with care, or are none, where there is a reason. `names` are those of the sides.
    pub fn caution(&self, names: [&str; 2]) -> Option<String> {
        if let Some((name, _)) = names.iter().zip(self.n_cells).find(|(_, n_cells)| *n_cells == 0) {
            return Some(format!("There is no cell in “{name}” to compare."));
        }
        if self.are_equal() {
            return Some(SAME_CELLS.to_owned());
        }
        let shared = match self.n_shared {
            0 => None,
            1 => Some("1 cell is in both sides and counts twice.".to_owned()),
            n_shared => Some(format!("{} cells are in both sides and count twice.", integer(n_shared))),
        };
        let few =
            names.iter().zip(self.n_cells).find(|(_, n_cells)| *n_cells < FEW_CELLS).map(
                |(name, n_cells)| match n_cells {
                    1 => {
                        format!("“{name}” is one cell, so nothing can be tested: every score is 0 and every p-value 1.")
                    }
                    n_cells => format!("“{name}” has {n_cells} cells only: take the p-values as a hint."),
                },
            );
        let cautions: Vec<String> = few.into_iter().chain(shared).collect();
        (!cautions.is_empty()).then(|| cautions.join(" "))
    }

    /// The same of what concerns samples, whose means are compared: a cell of both sides is in both means of its sample,
    /// which draws them together.
    pub fn caution_of_samples(self) -> Option<String> {
        if self.are_equal() {
            return Some(SAME_CELLS.to_owned());
        }
        let (cells, count) = match self.n_shared {
            0 => return None,
            1 => ("1 cell is".to_owned(), "counts"),
            n_shared => (format!("{} cells are", integer(n_shared)), "count"),
        };
        Some(format!(
            "{cells} in both sides and {count} in both means of a sample, so that differences come out too small. Compare \
             sets that share no cell."
        ))
    }
}

impl Session {
    /// How many cells the sides of a comparison have; `None` while the data that this takes are not there.
    pub fn side_sizes(&self, comparison: &Comparison, analysis: &Analysis) -> Option<SideSizes> {
        let sides = Question::new(comparison, analysis)?.sides;
        let n_universe = match sides.universe() {
            Some(universe) => self.cells_of(&universe)?.count() as u64,
            None => u64::from(self.manifest().n_obs),
        };
        let masks = sides.masks(|source| self.cells_of(source).ok_or(())).ok()?;
        Some(SideSizes::of(&masks, n_universe))
    }

    /// How many cells each cell set has; `None` for those whose data are not there. They are counted once.
    pub fn set_sizes(&mut self, sets: &[CellSet]) -> Vec<Option<u64>> {
        let mut known = std::mem::take(&mut self.set_sizes);
        known.truncate(sets.len());
        for (at, CellSet { source, .. }) in sets.iter().enumerate() {
            let is_known = known.get(at).is_some_and(|(of, size)| size.is_some() && of == source);
            if !is_known {
                let size = self.n_cells_of(source);
                known.splice(at..known.len().min(at + 1), [(source.clone(), size)]);
            }
        }
        self.set_sizes = known;
        self.set_sizes.iter().map(|(_, size)| *size).collect()
    }

    /// How many cells a cell set has, when the data that it takes are there. A list says so by itself.
    pub fn n_cells_of(&self, source: &CellSource) -> Option<u64> {
        match source {
            CellSource::Query(query) if query.is_empty() => Some(u64::from(self.manifest().n_obs)),
            CellSource::Query(query) => {
                let is_there = query.needs().iter().all(|key| self.loaded().is_ready(key));
                is_there.then(|| self.cells_of(source).map(|mask| mask.count() as u64)).flatten()
            }
            CellSource::Cells(list) => Some(list.rows().range_cardinality(0..self.manifest().n_obs)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use shared_fbs::{manifest::Manifest, order::Levels};

    use super::*;
    use crate::{
        data::{Categorical, CellRows, Codes},
        de::Adjustment,
        session::{Data, LabelColumn, Slot},
        state::{
            AppState, CellList, CellQuery, DataKey, Filters, Label, LabelFilter, ObsFilter, Reference, TestMode, reduce,
        },
    };

    const N_OBS: u32 = 2_638;

    /// Cells with three labels, in runs, and half of each in either phase; with their rows.
    fn session() -> Session {
        let mut session = Session::new(Arc::new(Manifest {
            n_obs: N_OBS,
            level_ranks: Levels::for_n_obs(N_OBS).boundaries(),
            ..Manifest::default()
        }));
        let mut add = |name: &str, labels: &[&str], code: &dyn Fn(u32) -> u8| {
            let categories = labels.iter().map(|&label| label.to_owned()).collect();
            let codes = Codes::U8((0..N_OBS).map(code).collect());
            let column = LabelColumn::new(name, Categorical { codes, categories, ordered: false });
            session.add_column(&column).expect("the name is free");
        };
        add("type", &["B", "T", "NK"], &|cell| match cell {
            0..684 => 0,
            684..992 => 1,
            _ => 2,
        });
        add("phase", &["S", "G1"], &|cell| (cell % 2) as u8);
        let rows = CellRows::new((0..N_OBS).rev().collect()).expect("each row is there once");
        session.arrive(DataKey::Rows, Slot::Ready(Data::from(rows)));
        session
    }

    fn only(column: &str, labels: &[&str]) -> Filters {
        let labels = labels.iter().map(|&label| Label::named(label)).collect();
        Filters {
            obs: [(column.to_owned(), ObsFilter::Labels(LabelFilter::Only(labels)))].into(),
            ..Filters::default()
        }
    }

    fn set(name: &str, filters: Filters) -> CellSet {
        let query = CellQuery { filters, ..CellQuery::default() };
        CellSet { name: name.to_owned(), source: CellSource::Query(query) }
    }

    #[test]
    fn a_subset_rules_what_is_compared() {
        let session = session();
        // 496 cells: the B and T cells in phase S.
        let subset = vec![only("type", &["B", "T"]), only("phase", &["S"])];
        let rows = (0..N_OBS).rev().take(684).collect();
        let analysis = Analysis {
            cell_sets: vec![
                set("B", only("type", &["B"])),
                set("T and NK", only("type", &["T", "NK"])),
                CellSet { name: "listed".to_owned(), source: CellSource::Cells(CellList::new(rows)) },
            ],
            ..Analysis::default()
        };
        let sizes = |group: &str, reference: Reference, universe: &[Filters]| {
            let comparison = Comparison {
                group: group.to_owned(),
                reference,
                mode: TestMode::Welch,
                adjustment: Adjustment::default(),
                layer: None,
                universe: universe.to_vec(),
            };
            let sizes = session.side_sizes(&comparison, &analysis).expect("all data are there");
            (sizes.n_cells, sizes.n_universe)
        };
        assert_eq!(sizes("B", Reference::Rest, &[]), ([684, 1_954], 2_638));
        assert_eq!(sizes("B", Reference::Rest, &subset), ([342, 154], 496));
        assert_eq!(sizes("listed", Reference::Rest, &subset), ([342, 154], 496));
        assert_eq!(sizes("B", Reference::Set("T and NK".to_owned()), &subset), ([342, 154], 496));
        assert_eq!(session.levels_text(&subset, crate::session::Bounds::Short), "type: B, T; phase: S");
    }

    #[test]
    fn sets_are_named_after_their_filters_and_found_again() {
        let mut session = session();
        let mut analysis = Analysis::default();
        analysis.query.subset.push(only("phase", &["S"]));
        analysis.query.filters = only("type", &["B", "T"]);
        let set = session.set_of(analysis.query.clone(), &analysis);
        assert_eq!(set.name, "B, T");
        let mut state = AppState::default();
        state.view.analysis = analysis;
        let state = reduce(state, crate::state::Action::AddCellSet(set.clone()));
        let analysis = state.view.analysis;
        assert_eq!(session.set_of(analysis.query.clone(), &analysis), set);
        let whole = CellQuery { filters: only("type", &["B", "T"]), ..CellQuery::default() };
        assert_eq!(session.set_of(whole, &analysis).name, "B, T 1");
        assert_eq!(session.set_of(CellQuery::default(), &analysis).name, "Set 1");
        assert_eq!(session.set_sizes(&analysis.cell_sets), [Some(496)]);
        assert_eq!(session.set_sizes(&[set]), [Some(496)]);
    }

    fn sizes(n_group: u64, n_reference: u64, n_shared: u64) -> SideSizes {
        SideSizes { n_cells: [n_group, n_reference], n_shared, n_universe: 496 }
    }

    fn caution(sizes: SideSizes) -> String {
        sizes.caution(["B", "T"]).unwrap_or_default()
    }

    #[test]
    fn what_is_compared_is_told_with_what_it_is_of() {
        assert_eq!(sizes(342, 154, 0).text("in view"), "342 cells against 154, of 496 in view");
        assert_eq!(caution(sizes(342, 154, 0)), "");
    }

    #[test]
    fn few_shared_and_no_cells_are_told() {
        assert!(caution(sizes(0, 9, 0)).contains("no cell in “B”") && !sizes(0, 9, 0).can_be_compared());
        assert!(caution(sizes(20, 20, 20)).contains("the same cells") && !sizes(20, 20, 20).can_be_compared());
        assert!(caution(sizes(1, 20, 0)).contains("“B” is one cell"));
        assert!(caution(sizes(20, 3, 0)).contains("“T” has 3 cells only"));
        assert_eq!(caution(sizes(20, 30, 4)), "4 cells are in both sides and count twice.");
        assert_eq!(caution(sizes(20, 30, 1)), "1 cell is in both sides and counts twice.");
    }

    #[test]
    fn samples_that_share_cells_are_told_what_that_does_to_their_means() {
        let caution = |n_shared| sizes(20, 30, n_shared).caution_of_samples().unwrap_or_default();
        assert_eq!(caution(0), "");
        assert!(caution(1).starts_with("1 cell is in both sides and counts in both means of a sample"));
        assert!(
            caution(1_200).starts_with("1,200 cells are in both sides and count in both means"),
            "{}",
            caution(1_200)
        );
        assert!(sizes(20, 20, 20).caution_of_samples().is_some_and(|told| told.contains("the same cells")));
    }
}
