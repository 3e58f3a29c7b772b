//! Undo and redo.

use std::collections::VecDeque;

use super::{Action, Analysis, AppState, CoalesceKey, ColumnLabel, Panel, PanelKind, UndoPolicy, ViewSpec, reduce};

/// Steps that undo can go back.
pub const HISTORY_LIMIT: usize = 200;

/// The state with the way that led to it.
///
/// Steps hold the part of the state that undo covers: the [`Analysis`], and which panels there are, with the
/// [`PanelKind`] and the label of each. Cameras, the layout, the theme and all else stay as they are when a step is undone; but a
/// camera is fitted when undoing brings back another embedding, whose coordinates it knows nothing of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    past: VecDeque<Step>,
    present: AppState,
    future: Vec<Step>,
    /// The drag that the last step belongs to, while it goes on.
    drag: Option<CoalesceKey>,
    n_moves: u64,
}

/// What a step holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Step {
    pub analysis: Analysis,
    pub panels: Vec<(PanelKind, Option<ColumnLabel>)>,
}

impl Step {
    /// What undo covers of a view.
    pub fn of(view: &ViewSpec) -> Self {
        let shown = |panel: &Panel| (panel.kind.clone(), panel.only.clone());
        Self { analysis: view.analysis.clone(), panels: view.panels.iter().map(shown).collect() }
    }

    /// Whether the view has all that as the step does.
    fn is_of(&self, view: &ViewSpec) -> bool {
        self.analysis == view.analysis && {
            let kept = self.panels.iter().map(|(kind, only)| (kind, only));
            kept.eq(view.panels.iter().map(|panel| (&panel.kind, &panel.only)))
        }
    }
}

impl History {
    /// A history that begins with this state.
    pub fn new(present: AppState) -> Self {
        Self { present, ..Self::default() }
    }

    /// The state as it is.
    pub fn present(&self) -> &AppState {
        &self.present
    }

    /// Steps that can be undone, at most [`HISTORY_LIMIT`].
    pub fn depth(&self) -> usize {
        self.past.len()
    }

    /// How often a step was made, undone or taken again. A drag counts once.
    pub fn n_moves(&self) -> u64 {
        self.n_moves
    }

    /// Whether there is a step to undo.
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether there is an undone step to take again.
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    /// Carries out an action and remembers it as its [`UndoPolicy`] says. An action that changes
    /// nothing is not remembered. Going to another dataset forgets the way.
    pub fn dispatch(&mut self, action: Action) {
        if matches!(action, Action::Undo) {
            self.undo();
        } else if matches!(action, Action::Redo) {
            self.redo();
        } else if matches!(action, Action::EndDrag) {
            self.end_drag();
        } else {
            self.carry_out(action);
        }
    }

    /// Puts a view in the place of the present one that says the same by other names: this is no step.
    pub fn amend(&mut self, view: ViewSpec) {
        self.present.view = view;
    }

    fn carry_out(&mut self, action: Action) {
        match action.undo_policy() {
            UndoPolicy::Skip => self.reduce(action),
            UndoPolicy::Save => {
                self.end_drag();
                self.step(action);
            }
            UndoPolicy::Coalesce(key) if self.drag.as_ref() == Some(&key) => self.reduce(action),
            UndoPolicy::Coalesce(key) => {
                self.end_drag();
                if self.step(action) {
                    self.drag = Some(key);
                }
            }
        }
    }

    /// Goes a step back, if there is one.
    pub fn undo(&mut self) {
        self.end_drag();
        if let Some(before) = self.past.pop_back() {
            let undone = self.show(before);
            self.future.push(undone);
            self.n_moves += 1;
        }
    }

    /// Takes an undone step again, if there is one.
    pub fn redo(&mut self) {
        self.end_drag();
        if let Some(after) = self.future.pop() {
            let before = self.show(after);
            self.past.push_back(before);
            self.n_moves += 1;
        }
    }

    /// Closes the step that a drag made; one that ended where it began is no step.
    fn end_drag(&mut self) {
        if self.drag.take().is_some() && self.past.back().is_some_and(|step| step.is_of(&self.present.view)) {
            self.past.pop_back();
        }
    }

    /// Carries out an action as a step of its own; says whether it was one.
    fn step(&mut self, action: Action) -> bool {
        let before = Step::of(&self.present.view);
        let dataset = self.present.view.dataset.clone();
        self.reduce(action);
        if self.present.view.dataset != dataset {
            self.past.clear();
            self.future.clear();
            return false;
        }
        if before.is_of(&self.present.view) {
            return false;
        }
        self.future.clear();
        if self.past.len() == HISTORY_LIMIT {
            self.past.pop_front();
        }
        self.past.push_back(before);
        self.n_moves += 1;
        true
    }

    fn reduce(&mut self, action: Action) {
        self.present = reduce(std::mem::take(&mut self.present), action);
    }

    /// Shows what a step holds; gives back what was shown.
    fn show(&mut self, step: Step) -> Step {
        let view = &mut self.present.view;
        let shown = Step::of(view);
        let before = std::mem::replace(&mut view.analysis, step.analysis).comparisons;
        view.follow_comparisons(&before);
        view.panels.show(step.panels);
        shown
    }
}
