//! Columns of the user's own.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use roaring::RoaringBitmap;

use crate::de::Adjustment;
use crate::state::*;

fn after(actions: impl IntoIterator<Item = Action>) -> AppState {
    actions.into_iter().fold(AppState::default(), reduce)
}

fn cells(rows: impl IntoIterator<Item = u32>) -> CellList {
    CellList::new(rows.into_iter().collect())
}

fn label(label: &str, rows: impl IntoIterator<Item = u32>) -> Action {
    Action::LabelCells { column: "mine".to_owned(), label: label.to_owned(), cells: cells(rows) }
}

fn only(label: &str) -> Action {
    Action::SetLabels { column: "mine".to_owned(), filter: LabelFilter::Only([Label::named(label)].into()) }
}

fn labels(state: &AppState) -> Vec<(String, Vec<u32>)> {
    let column = state.view.analysis.own_column("mine").expect("it was made");
    column.labels().iter().map(|label| (label.name.clone(), label.cells.rows().iter().collect())).collect()
}

fn filter(state: &AppState, column: &str) -> Option<LabelFilter> {
    state.view.analysis.query.filters.obs.get(column)?.labels().cloned()
}

#[test]
fn a_label_makes_its_column_which_colors_the_cells() {
    let view = after([label("T", 0..3)]).view;
    assert_eq!(view.analysis.color, ColorBy::Obs("mine".to_owned()));
    assert!(view.layout.expanded.contains("mine") && view.needs().contains(&DataKey::Rows));
    let nameless = after([label("", 0..3), Action::AddOwnColumns(vec![OwnColumn::new("", [])])]);
    assert_eq!(nameless, AppState::default());
}

#[test]
fn a_cell_has_the_label_that_it_was_given_last() {
    let state = after([label("T", 0..4), label("B", [2, 9]), label("T", [9])]);
    assert_eq!(labels(&state), [("T".to_owned(), vec![0, 1, 3, 9]), ("B".to_owned(), vec![2])]);
    let unlabel = Action::UnlabelCells { column: "mine".to_owned(), cells: cells([1, 2, 50]) };
    assert_eq!(labels(&reduce(state, unlabel)), [("T".to_owned(), vec![0, 3, 9]), ("B".to_owned(), vec![])]);
}

#[test]
fn cells_that_lose_another_label_are_counted_by_it() {
    let state = after([label("T", 0..4), label("B", 4..6), label("NK", [9])]);
    let column = state.view.analysis.own_column("mine").expect("it was made");
    assert_eq!(column.others("NK", &cells(2..10)), [("T", 2), ("B", 2)]);
    assert_eq!(column.others("T", &cells(0..4)), []);
}

#[test]
fn filters_follow_a_label_to_its_new_name() {
    let rename = |from: &str, to: &str| Action::RenameOwnLabel {
        column: "mine".to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
    };
    let save = Action::SaveCellSet { name: "set".to_owned() };
    let state = after([label("T", 0..3), label("B", 3..5), only("T"), save, rename("T", "T cell")]);
    assert_eq!(filter(&state, "mine"), Some(LabelFilter::Only([Label::named("T cell")].into())));
    let saved = state.view.analysis.cell_set("set").expect("it was saved").source.clone();
    assert_eq!(saved, CellSource::Query(state.view.analysis.query.clone()));
    // Taken names, and those of nothing, change nothing.
    for (from, to) in [("T cell", "B"), ("NK", "x"), ("B", "")] {
        assert_eq!(reduce(state.clone(), rename(from, to)), state);
    }
}

#[test]
fn labels_that_are_merged_are_shown_where_either_was() {
    let merge = Action::MergeOwnLabels { column: "mine".to_owned(), from: "T".to_owned(), into: "B".to_owned() };
    let hide = Action::ToggleLabel { column: "mine".to_owned(), label: Label::named("T") };
    let state = after([label("T", 0..3), label("B", 3..5), only("T"), merge.clone()]);
    assert_eq!(labels(&state), [("B".to_owned(), vec![0, 1, 2, 3, 4])]);
    assert_eq!(filter(&state, "mine"), Some(LabelFilter::Only([Label::named("B")].into())));
    assert_eq!(filter(&after([label("T", 0..3), label("B", 3..5), hide, merge.clone()]), "mine"), None);
    let alone = after([label("T", 0..3)]);
    assert_eq!(reduce(alone.clone(), merge), alone);
}

#[test]
fn the_filter_goes_with_the_last_label_that_it_names() {
    let remove = Action::RemoveOwnLabel { column: "mine".to_owned(), label: "T".to_owned() };
    let state = after([label("T", 0..3), label("B", 3..5), only("T"), remove]);
    assert_eq!((labels(&state).len(), filter(&state, "mine")), (1, None));
}

#[test]
fn what_names_a_column_follows_it_and_goes_with_it() {
    let markers =
        ResultPanel::Markers(Markers { column: "mine".to_owned(), rank: MarkerOrder::Score, universe: Vec::new() });
    let state = after([
        label("T", 0..3),
        only("T"),
        Action::SaveCellSet { name: "by label".to_owned() },
        Action::AddCellSet(CellSet { name: "listed".to_owned(), source: CellSource::Cells(cells(0..9)) }),
        Action::Compare(Comparison {
            group: "by label".to_owned(),
            reference: Reference::Set("listed".to_owned()),
            mode: TestMode::Welch,
            adjustment: Adjustment::default(),
            layer: None,
            universe: Vec::new(),
        }),
        Action::Subset,
        only("T"),
        Action::ShowResult(Some(markers)),
    ]);
    let taken = reduce(state.clone(), Action::AddOwnColumns(vec![OwnColumn::new("other", [])]));
    let rename = |to: &str| Action::RenameOwnColumn { from: "mine".to_owned(), to: to.to_owned() };
    assert_eq!(reduce(taken.clone(), rename("other")), taken);

    let renamed = reduce(state.clone(), rename("yours"));
    assert_eq!(renamed.view.analysis.color, ColorBy::Obs("yours".to_owned()));
    assert_eq!(renamed.view.shown_markers().map(|markers| markers.column.as_str()), Some("yours"));
    assert_eq!(renamed.view.layout.expanded, ["yours".to_owned()].into());
    assert!(renamed.view.needs().contains(&DataKey::Column("yours".to_owned())));
    assert!(!renamed.view.needs().contains(&DataKey::Column("mine".to_owned())));
    assert_eq!(renamed.view.analysis.query.subset.len(), 1);
    assert_eq!(reduce(renamed, Action::RenameOwnColumn { from: "yours".to_owned(), to: "mine".to_owned() }), state);

    let gone = reduce(state, Action::RemoveOwnColumn("mine".to_owned())).view;
    assert_eq!(gone.analysis.color, ColorBy::None);
    assert!(gone.analysis.query.is_empty() && gone.analysis.comparisons.is_empty() && gone.layout.result.is_none());
    let sets: Vec<&str> = gone.analysis.cell_sets.iter().map(|set| set.name.as_str()).collect();
    assert_eq!(sets, ["listed"]);
}

#[test]
fn large_columns_stay_out_of_a_link() {
    let small = after([label("T", (0..600).step_by(3))]).view;
    assert!(!small.has_columns_beyond_link());
    assert_eq!(ViewSpec::from_link(&small.to_link()).view, small.canonical());
    let large = after([label("T", (0..60_000).step_by(3))]).view;
    assert!(large.has_columns_beyond_link());
    let read = ViewSpec::from_link(&large.to_link());
    assert_eq!(read.notices, []);
    assert_eq!(read.view, {
        let mut without = large.clone().canonical();
        without.analysis.own_columns.clear();
        without
    });
    let column = &large.analysis.own_columns[0];
    assert_eq!(OwnColumn::from_text(&column.to_text()).as_ref(), Some(column));
    let cut = &column.to_text()[..2_001];
    assert_eq!([OwnColumn::from_text(cut), OwnColumn::from_text("")], [None, None]);
}

#[test]
fn a_column_that_a_link_holds_in_part_is_left_out() {
    let read = ViewSpec::from_link("own0=mine&own0.0=T&own0.0.cells=!&own1.0=B&own2=empty&own2.0=B&v=1");
    let names: Vec<&str> = read.view.analysis.own_columns.iter().map(OwnColumn::name).collect();
    assert_eq!((names, read.notices.len()), (vec!["empty"], 2));
}

#[test]
fn columns_have_one_form_as_json() {
    let json = serde_json::json!({"add_own_columns": [{"name": "mine", "labels": [
        {"name": "T", "cells": String::from(cells([1, 2]))},
        {"name": "B", "cells": String::from(cells([2, 3]))},
        {"name": "", "cells": String::from(cells([4]))},
    ]}]});
    let Action::AddOwnColumns(columns) = serde_json::from_value(json).expect("it is an action") else {
        panic!("it adds columns")
    };
    assert_eq!(columns[0].cells("B"), Some(&cells([3])), "a cell has one label");
    assert_eq!(columns[0].labels().len(), 2);
    let label = serde_json::json!({"label_cells": {"column": "mine", "label": "T", "cells": String::from(cells([1]))}});
    assert_eq!(serde_json::to_value(self::label("T", [1])).expect("it has a form"), label);
}

proptest! {
    #[test]
    fn labels_share_no_cell_and_hold_what_was_given(given in vec((0..4_u8, vec(0..40_u32, 0..12)), 0..12)) {
        let mut expected = std::collections::BTreeMap::new();
        let mut state = AppState::default();
        for (number, rows) in given {
            let name = if number == 3 { None } else { Some(number.to_string()) };
            for &row in &rows {
                match &name {
                    Some(name) => drop(expected.insert(row, name.clone())),
                    None => drop(expected.remove(&row)),
                }
            }
            state = reduce(state, match &name {
                Some(name) => label(name, rows),
                None => Action::UnlabelCells { column: "mine".to_owned(), cells: cells(rows) },
            });
        }
        let Some(column) = state.view.analysis.own_column("mine") else { return Ok(()) };
        let mut found = std::collections::BTreeMap::new();
        for label in column.labels() {
            for row in label.cells.rows() {
                prop_assert_eq!(found.insert(row, label.name.clone()), None);
            }
        }
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn to_label_and_unlabel_leaves_the_others(first in vec(0..40_u32, 0..12), second in vec(0..40_u32, 1..12)) {
        let before = after([label("a", first.iter().copied())]);
        let labeled = reduce(before, label("b", second.iter().copied()));
        let unlabel = Action::UnlabelCells { column: "mine".to_owned(), cells: cells(second.iter().copied()) };
        let state = reduce(labeled, unlabel);
        let rest: BTreeSet<u32> = first.into_iter().filter(|row| !second.contains(row)).collect();
        let column = state.view.analysis.own_column("mine").expect("it was made");
        prop_assert_eq!(column.cells("a").map(|cells| cells.rows().clone()), Some(RoaringBitmap::from_iter(rest)));
        prop_assert!(column.cells("b").is_some_and(|cells| cells.rows().is_empty()));
    }
}
