//! Undo and redo.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::state::history::Step;
use crate::state::strategies::{action, action_on_data, history};
use crate::state::*;

fn brush(min: f32) -> Action {
    Action::SetRange { column: "n_genes".to_owned(), range: Range::new(min, 100.0) }
}

fn color_by(column: &str) -> Action {
    Action::SetColor(ColorBy::Obs(column.to_owned()))
}

fn after(actions: impl IntoIterator<Item = Action>) -> History {
    let mut history = History::default();
    for action in actions {
        history.dispatch(action);
    }
    history
}

#[test]
fn a_drag_is_one_step() {
    let mut drag: Vec<_> = (0..50_u8).map(|at| brush(f32::from(at))).collect();
    drag.insert(20, Action::Hover(None));
    drag.insert(30, Action::SetCamera { panel: PanelIdx::FIRST, camera: Camera::new(0.0, 0.0, 1.0) });
    let mut history = after(drag);
    assert_eq!(history.depth(), 1);
    history.dispatch(Action::EndDrag);
    history.dispatch(brush(60.0));
    history.dispatch(brush(61.0));
    assert_eq!(history.depth(), 2);
    history.undo();
    let Some(DimensionFilter::Range(range)) =
        history.present().view.analysis.query.filter(&DimensionKey::Obs("n_genes".to_owned()))
    else {
        panic!("the first drag's range is back")
    };
    assert_eq!(range.min(), 49.0);
    history.undo();
    assert!(history.present().active_dimensions().is_empty());
    assert!(!history.can_undo());
}

#[test]
fn another_key_or_step_begins_a_new_step() {
    let other = Action::SetRange { column: "percent_mito".to_owned(), range: Range::new(0.0, 1.0) };
    assert_eq!(after([brush(1.0), other.clone(), brush(2.0)]).depth(), 3);
    assert_eq!(after([brush(1.0), color_by("louvain"), brush(2.0)]).depth(), 3);
    assert_eq!(after([brush(1.0), Action::Undo, Action::Redo, brush(2.0)]).depth(), 2);
}

#[test]
fn a_drag_back_to_the_start_is_no_step() {
    let range = None;
    let back = Action::SetRange { column: "n_genes".to_owned(), range };
    assert_eq!(after([brush(1.0), brush(2.0), back, Action::EndDrag]).depth(), 0);
}

#[test]
fn a_step_forgets_what_was_undone() {
    let mut history = after([color_by("a"), color_by("b"), Action::Undo]);
    assert!(history.can_redo());
    history.dispatch(Action::Hover(None));
    assert!(history.can_redo());
    history.dispatch(color_by("c"));
    assert!(!history.can_redo());
}

#[test]
fn what_changes_nothing_is_no_step() {
    let nothing = [
        color_by("a"),
        Action::Unsubset,
        Action::Subset,
        Action::RemoveGene("absent".to_owned()),
        Action::ClearFilters,
        Action::InvertSelection {},
    ];
    assert_eq!(after([color_by("a")].into_iter().chain(nothing)).depth(), 1);
}

#[test]
fn the_history_is_bounded() {
    let mut history = after((0..3 * HISTORY_LIMIT).map(|at| color_by(&at.to_string())));
    assert_eq!(history.depth(), HISTORY_LIMIT);
    for _ in 0..2 * HISTORY_LIMIT {
        history.undo();
    }
    assert!(!history.can_undo());
    let oldest = ColorBy::Obs((2 * HISTORY_LIMIT - 1).to_string());
    assert_eq!(history.present().view.analysis.color, oldest);
    for _ in 0..2 * HISTORY_LIMIT {
        history.redo();
    }
    assert_eq!(history.depth(), HISTORY_LIMIT);
}

#[test]
fn another_dataset_forgets_the_way() {
    let mut history = after([Action::OpenDataset("a".to_owned()), color_by("x"), color_by("y")]);
    history.dispatch(Action::Undo);
    history.dispatch(Action::OpenDataset("b".to_owned()));
    assert!(!history.can_undo() && !history.can_redo());
    assert_eq!(history.present().view.analysis, Analysis::default());
}

#[test]
fn undoing_an_embedding_fits_the_camera() {
    let (panel, camera) = (PanelIdx::FIRST, Camera::new(1.0, 2.0, 3.0));
    let embedding = Some("X_umap".to_owned());
    let mut history = after([Action::SetEmbedding { panel, embedding }, Action::SetCamera { panel, camera }]);
    history.undo();
    assert_eq!(history.present().view.panels.first(), &Panel::default());
}

proptest! {
    #[test]
    fn undo_reverts_an_action(mut history in history(), action in action_on_data()) {
        history.dispatch(Action::EndDrag);
        prop_assume!(!matches!(action, Action::Undo | Action::Redo));
        let before = Step::of(&history.present().view);
        history.dispatch(action.clone());
        let changed = Step::of(&history.present().view) != before;
        prop_assert!(!changed || action.undo_policy() != UndoPolicy::Skip);
        if changed {
            history.undo();
            prop_assert_eq!(Step::of(&history.present().view), before);
        }
    }

    #[test]
    fn redo_reverts_undo(mut history in history()) {
        history.dispatch(Action::EndDrag);
        let (before, depth) = (history.clone(), history.depth());
        if history.can_undo() {
            history.undo();
            prop_assert_eq!(history.depth(), depth - 1);
            history.redo();
        }
        prop_assert_eq!(history.depth(), depth);
        prop_assert_eq!(Step::of(&history.present().view), Step::of(&before.present().view));
        for _ in 0..depth { history.undo(); }
        prop_assert!(!history.can_undo());
        for _ in 0..depth { history.redo(); }
        prop_assert_eq!(Step::of(&history.present().view), Step::of(&before.present().view));
    }

    #[test]
    fn undo_moves_nothing_else(mut history in history()) {
        let before = history.present().clone();
        history.undo();
        let mut now = history.present().clone();
        for (now, before) in now.view.panels.iter_mut().zip(&before.view.panels) {
            let camera = if now.kind == before.kind { before.camera } else { None };
            prop_assert_eq!(now.camera, camera);
            prop_assert_eq!(now.points, before.points);
        }
        now.view.panels = before.view.panels.clone();
        now.view.analysis = before.view.analysis.clone();
        prop_assert_eq!(now, before);
    }

    #[test]
    fn any_actions_keep_the_bounds(actions in vec(action(), 0..60)) {
        let mut history = History::default();
        for action in actions {
            let (depth, redoable) = (history.depth(), history.can_redo());
            let skipped = action.undo_policy() == UndoPolicy::Skip;
            let moves = matches!(action, Action::Undo | Action::Redo | Action::EndDrag);
            history.dispatch(action);
            prop_assert!(history.depth() <= depth + 1);
            if skipped && !moves {
                prop_assert_eq!((history.depth(), history.can_redo()), (depth, redoable));
            }
        }
    }
}
