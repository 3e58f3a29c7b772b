//! Own columns as the state changes them.

use std::sync::Arc;

use proptest::{collection::vec, prelude::*};
use roaring::RoaringBitmap;
use shared_fbs::{manifest::Manifest, order::Levels};

use super::*;
use crate::{
    data::{Categorical, CellRows, Codes, Column},
    session::{CellStyle, Data},
    state::{
        Action, AppState, CellQuery, CellSource, ColorBy, DimensionKey, Filters, History, Label, LabelFilter, ObsFilter,
    },
};

const N_OBS: u32 = 60;

fn session() -> Session {
    let level_ranks = Levels::for_n_obs(N_OBS).boundaries();
    let mut session = Session::new(Arc::new(Manifest { n_obs: N_OBS, level_ranks, ..Manifest::default() }));
    // Every row is another cell's.
    let rows = CellRows::new((0..N_OBS).map(|cell| (cell * 7 + 3) % N_OBS).collect()).expect("7 and 60 are coprime");
    session.arrive(DataKey::Rows, Slot::Ready(rows.into()));
    session
}

fn cells(rows: impl IntoIterator<Item = u32>) -> CellList {
    CellList::new(rows.into_iter().collect())
}

fn label(column: &str, label: &str, rows: impl IntoIterator<Item = u32>) -> Action {
    Action::LabelCells { column: column.to_owned(), label: label.to_owned(), cells: cells(rows) }
}

fn dispatch(history: &mut History, session: &mut Session, action: Action) {
    history.dispatch(action);
    follow(history, session);
}

fn follow(history: &History, session: &mut Session) {
    let view = &history.present().view;
    session.load_next(&view.analysis, &view.needs());
    session.follow(&view.analysis, 1.0);
}

/// The labels of a column, with the cells of each in view and selected.
type Counts = (Vec<String>, Vec<u32>, Vec<u32>);

/// All that a page shows of a session.
#[derive(Debug, PartialEq)]
struct Shown {
    n_selected: u64,
    n_visible: u64,
    selected: Vec<u8>,
    counts: Vec<Option<Counts>>,
    styles: Vec<CellStyle>,
}

const NAMES: [&str; 3] = ["a", "b", "c"];

fn shown(session: &mut Session) -> Shown {
    let counts = |name: &&str| {
        let counts = session.label_counts(name)?;
        Some((session.categories(name)?.labels.clone(), counts.total, counts.selected))
    };
    Shown {
        counts: NAMES.iter().map(counts).collect(),
        n_selected: session.numbers().0,
        n_visible: session.numbers().1,
        selected: session.selected().as_bytes().to_vec(),
        styles: (0..N_OBS).map(|cell| session.paint().style(CellIdx(cell))).collect(),
    }
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(&NAMES[..]).prop_map(str::to_owned)
}

fn action() -> impl Strategy<Value = Action> {
    let some = || vec(0..N_OBS + 9, 0..30).prop_map(cells);
    let labels = || prop::collection::btree_set(name().prop_map(Label::Named), 1..3);
    prop_oneof![
        4 => (name(), name(), some()).prop_map(|(column, label, cells)| Action::LabelCells { column, label, cells }),
        1 => (name(), some()).prop_map(|(column, cells)| Action::UnlabelCells { column, cells }),
        1 => (name(), name(), name()).prop_map(|(column, from, to)| Action::RenameOwnLabel { column, from, to }),
        1 => (name(), name(), name()).prop_map(|(column, from, into)| Action::MergeOwnLabels { column, from, into }),
        1 => (name(), name()).prop_map(|(column, label)| Action::RemoveOwnLabel { column, label }),
        1 => (name(), name()).prop_map(|(from, to)| Action::RenameOwnColumn { from, to }),
        1 => name().prop_map(Action::RemoveOwnColumn),
        2 => name().prop_map(|column| Action::SetColor(ColorBy::Obs(column))),
        2 => (name(), labels(), any::<bool>()).prop_map(|(column, labels, hides)| Action::SetLabels {
            column,
            filter: if hides { LabelFilter::Hide(labels) } else { LabelFilter::Only(labels) },
        }),
        1 => Just(Action::Subset),
        1 => Just(Action::Unsubset),
        2 => Just(Action::Undo),
        1 => Just(Action::Redo),
    ]
}

proptest! {
    #[test]
    fn what_follows_each_change_is_what_a_new_session_shows(actions in vec(action(), 1..14)) {
        let (mut history, mut session) = (History::new(AppState::default()), session());
        let all = NAMES.map(|name| OwnColumn::new(name, [])).to_vec();
        dispatch(&mut history, &mut session, Action::AddOwnColumns(all));
        for action in actions {
            dispatch(&mut history, &mut session, action);
            // What has been counted is kept in step, not counted anew.
            let now = shown(&mut session);
            let analysis = &history.present().view.analysis;
            let is_there = |name: &str| analysis.own_column(name).is_some();
            let asked: BTreeSet<&str> = analysis.color.column().into_iter()
                .chain(analysis.query.active_dimensions().iter().filter_map(|dimension| match &dimension.key {
                    DimensionKey::Obs(name) => NAMES.iter().find(|known| *known == name).copied(),
                    _ => None,
                }))
                .collect();
            let of_levels = analysis.query.subset.iter().flat_map(|level| level.obs.keys());
            // Of a column that is not there, the former picture stays.
            if asked.into_iter().all(is_there) && of_levels.into_iter().all(|name| is_there(name)) {
                let mut anew = self::session();
                follow(&history, &mut anew);
                prop_assert_eq!(now, shown(&mut anew));
            }
        }
    }

    #[test]
    fn counts_of_labels_are_all_cells(given in vec((name(), vec(0..N_OBS, 0..30)), 0..8)) {
        let (mut history, mut session) = (History::new(AppState::default()), session());
        for (name, rows) in given {
            dispatch(&mut history, &mut session, label("mine", &name, rows));
            let counts = session.label_counts("mine").expect("the rows are there").total;
            prop_assert_eq!(counts.iter().sum::<u32>(), N_OBS);
            let known = session.categories("mine").expect("its labels are there").counts.clone();
            prop_assert_eq!(counts, known);
        }
    }
}

#[test]
fn a_label_colors_filters_and_counts_its_cells() {
    let (mut history, mut session) = (History::new(AppState::default()), session());
    dispatch(&mut history, &mut session, label("mine", "T", 0..20));
    dispatch(&mut history, &mut session, label("mine", "B", 10..30));
    let counts = session.label_counts("mine").expect("the rows are there");
    assert_eq!(counts.total, [10, 20, 30]);
    let only = LabelFilter::Only([Label::named("B")].into());
    dispatch(&mut history, &mut session, Action::SetLabels { column: "mine".to_owned(), filter: only });
    assert_eq!((session.numbers().0, session.selected_cells()), (20, Some(cells(10..30))));
    // The selection follows the label.
    dispatch(&mut history, &mut session, label("mine", "B", 40..50));
    assert_eq!(session.numbers().0, 30);
    assert!(session.take_renewed().contains("mine"));
    let rename = Action::RenameOwnLabel { column: "mine".to_owned(), from: "B".to_owned(), to: "B cell".to_owned() };
    dispatch(&mut history, &mut session, rename);
    assert_eq!(session.numbers().0, 30);
    dispatch(&mut history, &mut session, Action::RemoveOwnColumn("mine".to_owned()));
    assert_eq!((session.numbers().0, session.label_counts("mine")), (u64::from(N_OBS), None));
    dispatch(&mut history, &mut session, Action::Undo);
    assert_eq!(session.numbers().0, 30);
}

#[test]
fn labels_are_counted_before_the_rows_are_there_and_nobody_asks_the_dataset_for_them() {
    let level_ranks = Levels::for_n_obs(N_OBS).boundaries();
    let mut session = Session::new(Arc::new(Manifest { n_obs: N_OBS, level_ranks, ..Manifest::default() }));
    let mut history = History::new(AppState::default());
    history.dispatch(label("mine", "T", (0..20).chain([N_OBS, N_OBS + 1])));
    let view = history.present().view.clone();
    let wanted = session.load_next(&view.analysis, &view.needs());
    assert_eq!(wanted.into_iter().map(|(key, _)| key).collect::<Vec<_>>(), [DataKey::Rows]);
    session.follow(&view.analysis, 1.0);
    assert_eq!(session.categories("mine").map(|categories| categories.counts.clone()), Some(vec![20, 40]));
    assert_eq!(session.label_counts("mine"), None);
    session.arrive(DataKey::Rows, Slot::Ready(CellRows::new((0..N_OBS).rev().collect()).expect("an order").into()));
    assert!(session.follow(&view.analysis, 1.0).picture);
    assert_eq!(session.label_counts("mine").map(|counts| counts.total), Some(vec![20, 40]));
    assert_eq!(session.value_of(&view.analysis, CellIdx(N_OBS - 1)).as_deref(), Some("T"));
    // Undone, what is still listed asks for nothing.
    history.undo();
    let view = &history.present().view;
    assert!(view.layout.expanded.contains("mine"));
    assert!(session.load_next(&view.analysis, &view.needs()).is_empty());
}

#[test]
fn sets_by_a_label_follow_it() {
    let (mut history, mut session) = (History::new(AppState::default()), session());
    dispatch(&mut history, &mut session, label("mine", "T", 0..20));
    let only = ObsFilter::Labels(LabelFilter::Only([Label::named("T")].into()));
    let filters = Filters { obs: [("mine".to_owned(), only)].into(), ..Filters::default() };
    let query = CellQuery { filters, ..CellQuery::default() };
    let set = crate::state::CellSet { name: "T".to_owned(), source: CellSource::Query(query) };
    dispatch(&mut history, &mut session, Action::AddCellSet(set));
    let sizes =
        |history: &History, session: &mut Session| session.set_sizes(&history.present().view.analysis.cell_sets);
    assert_eq!(sizes(&history, &mut session), [Some(20)]);
    dispatch(&mut history, &mut session, label("mine", "T", 20..25));
    assert_eq!(sizes(&history, &mut session), [Some(25)]);
    dispatch(&mut history, &mut session, Action::RemoveOwnColumn("mine".to_owned()));
    assert!(sizes(&history, &mut session).is_empty());
}

#[test]
fn a_copy_of_a_column_has_its_cells() {
    let mut session = session();
    let codes = (0..N_OBS).map(|cell| (cell % 3) as u8).collect();
    let labels =
        Categorical { codes: Codes::U8(codes), categories: ["T".to_owned(), "B".to_owned()].into(), ordered: false };
    session.arrive(DataKey::Column("file".to_owned()), Slot::Ready(Column::Categorical(labels.clone()).into()));
    let colors = vec![0x11_66_99_ff, 0xc0_80_40_ff];
    let categories = LabelColumn::new("file", labels).colored(Some(colors.clone())).categories().as_ref().clone();
    session.arrive(DataKey::Categories("file".to_owned()), Slot::Ready(Data::from(categories)));
    let copy = session.copied_column("file", "mine").expect("all is there");
    let names: Vec<&str> = copy.labels().iter().map(|label| label.name.as_str()).collect();
    assert_eq!(names, ["B", "T"]);
    let rows: RoaringBitmap = (0..N_OBS).step_by(3).map(|cell| (cell * 7 + 3) % N_OBS).collect();
    assert_eq!(copy.cells("T").map(CellList::rows), Some(&rows));
    let mut history = History::new(AppState::default());
    dispatch(&mut history, &mut session, Action::AddOwnColumns(vec![copy]));
    assert_eq!(session.label_counts("mine").map(|counts| counts.total), Some(vec![20, 20, 20]));
    // The copy has the file's order and colors, and a label that comes to it one that none has.
    let found = session.categories("mine").and_then(|categories| categories.colors.clone());
    assert_eq!(found, Some(vec![colors[1], colors[0]]));
    dispatch(&mut history, &mut session, label("mine", "NK", 0..5));
    let found = session.categories("mine").and_then(|categories| categories.colors.clone()).expect("it is colored");
    assert_eq!(found[..2], [colors[1], colors[0]]);
    assert!(found.len() == 3 && !colors.contains(&found[2]), "{found:x?}");
}

#[test]
fn a_name_that_the_dataset_has_is_taken() {
    let column = shared_fbs::manifest::Column { name: "louvain".to_owned(), ..Default::default() };
    let level_ranks = Levels::for_n_obs(N_OBS).boundaries();
    let manifest = Manifest { n_obs: N_OBS, level_ranks, columns: vec![column], ..Manifest::default() };
    let session = Session::new(Arc::new(manifest));
    let mut history = History::new(AppState::default());
    history.dispatch(label("louvain", "T", 0..20));
    let (mended, told) = session.mended(&history.present().view).expect("the name is taken");
    assert_eq!(mended.analysis.own_columns[0].name(), "louvain 1");
    assert!(told[0].contains("“louvain”") && session.mended(&mended).is_none());
}

#[test]
fn it_is_told_which_labels_cells_moved_from_and_what_a_file_brought() {
    let column = |labels: &[(&str, std::ops::Range<u32>)]| {
        let label = |(name, rows): &(&str, std::ops::Range<u32>)| OwnLabel {
            name: (*name).to_owned(),
            cells: cells(rows.clone()),
            color: None,
        };
        OwnColumn::new("mine", labels.iter().map(label))
    };
    let before = column(&[("T", 0..4), ("B", 4..6)]);
    let told = |label: &str, before| labeled_text("mine", label, &cells(2..10), before);
    assert_eq!(told("NK", Some(&before)), "8 cells labeled “NK” in “mine”, 2 from “T”, 2 from “B”.");
    assert_eq!(told("T", Some(&before)), "8 cells labeled “T” in “mine”, 2 from “B”.");
    assert_eq!(told("NK", None), "8 cells labeled “NK” in “mine”.");
    // A cell counts once, whatever the number of columns.
    assert_eq!(taken_in_text(&[before, column(&[("x", 5..8)])]), "2 columns with 3 labels of 8 cells.");
    assert_eq!(taken_in_text(&[column(&[("x", 0..1)])]), "1 column with 1 label of 1 cell.");
}
