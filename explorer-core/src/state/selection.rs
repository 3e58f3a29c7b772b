//! Selections by outlines: what each does to the cells that are selected, wherever it was drawn.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Polygon;

/// What a new outline does to the selection there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelectMode {
    /// Takes its place.
    #[default]
    Replace,
    /// Adds the cells inside.
    Add,
    /// Takes the cells inside away; from all cells when nothing is selected.
    Subtract,
    /// Keeps those of its cells that are inside.
    Intersect,
}

/// One step of a selection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelectionStep {
    /// The cells inside join the selection.
    Add(Polygon),
    /// The cells inside leave the selection.
    Subtract(Polygon),
    /// The cells outside leave the selection.
    Intersect(Polygon),
    /// The selected cells and the others change places.
    Invert,
}

impl SelectionStep {
    /// The outline that was drawn.
    pub fn outline(&self) -> Option<&Polygon> {
        match self {
            Self::Add(outline) | Self::Subtract(outline) | Self::Intersect(outline) => Some(outline),
            Self::Invert => None,
        }
    }
}

/// Outlines applied in order. Each is of the embedding that the selection goes by, unless it [says another](Polygon::embedding).
///
/// The steps start from no cell if the first is [`SelectionStep::Add`], and from every cell if it
/// is [`SelectionStep::Subtract`]. A cell without a position is inside no outline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<SelectionStep>", into = "Vec<SelectionStep>")]
pub struct Selection {
    steps: Vec<SelectionStep>,
}

impl Selection {
    /// The steps, in order: never an inversion first, nor two in a row.
    pub fn steps(&self) -> &[SelectionStep] {
        &self.steps
    }

    /// Its outlines, in order.
    pub fn outlines(&self) -> impl Iterator<Item = &Polygon> {
        self.steps.iter().filter_map(SelectionStep::outline)
    }

    /// Whether an outline takes the cells of a label of that column alone.
    pub fn uses_column(&self, column: &str) -> bool {
        self.outlines().filter_map(Polygon::only).any(|only| only.column == column)
    }

    /// The same steps with other outlines.
    #[must_use]
    pub(super) fn map_outlines(self, map: impl Fn(Polygon) -> Polygon) -> Self {
        let step = |step| match step {
            SelectionStep::Add(outline) => SelectionStep::Add(map(outline)),
            SelectionStep::Subtract(outline) => SelectionStep::Subtract(map(outline)),
            SelectionStep::Intersect(outline) => SelectionStep::Intersect(map(outline)),
            SelectionStep::Invert => SelectionStep::Invert,
        };
        self.steps.into_iter().map(step).collect()
    }

    /// Whether its cells are those that every step keeps, so that the steps may follow those of another selection which
    /// they narrow.
    fn only_narrows(&self) -> bool {
        self.steps.iter().skip(1).all(|step| match step {
            SelectionStep::Subtract(_) | SelectionStep::Intersect(_) => true,
            SelectionStep::Add(_) | SelectionStep::Invert => false,
        })
    }

    /// Whether there is no step, which is to say no selection.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Adds a step. Inverting nothing does nothing, and inverting twice undoes it. What is inside of nothing chosen yet
    /// is what is inside.
    pub fn push(&mut self, step: SelectionStep) {
        match (step, self.steps.last()) {
            (SelectionStep::Invert, None) => {}
            (SelectionStep::Invert, Some(SelectionStep::Invert)) => {
                self.steps.pop();
            }
            (SelectionStep::Intersect(polygon), None) => self.steps.push(SelectionStep::Add(polygon)),
            (
                step @ (SelectionStep::Add(_)
                | SelectionStep::Subtract(_)
                | SelectionStep::Intersect(_)
                | SelectionStep::Invert),
                _,
            ) => self.steps.push(step),
        }
    }
}

impl FromIterator<SelectionStep> for Selection {
    fn from_iter<I: IntoIterator<Item = SelectionStep>>(steps: I) -> Self {
        let mut selection = Self::default();
        for step in steps {
            selection.push(step);
        }
        selection
    }
}

/// A selection is the list of its steps.
impl From<Vec<SelectionStep>> for Selection {
    fn from(steps: Vec<SelectionStep>) -> Self {
        steps.into_iter().collect()
    }
}

impl From<Selection> for Vec<SelectionStep> {
    fn from(selection: Selection) -> Self {
        selection.steps().to_vec()
    }
}

/// Draws an outline in an embedding: what is done, is done to the cells that these select together, in whatever embedding
/// their outlines were drawn.
pub(super) fn select(
    selections: &mut BTreeMap<String, Selection>,
    embedding: String,
    mode: SelectMode,
    outline: &Polygon,
) {
    if mode == SelectMode::Replace {
        selections.clear();
    }
    let step = match mode {
        SelectMode::Replace | SelectMode::Add => SelectionStep::Add,
        SelectMode::Subtract => SelectionStep::Subtract,
        SelectMode::Intersect => SelectionStep::Intersect,
    };
    if selections.is_empty() {
        selections.insert(embedding, Selection::from_iter([step(outline.clone())]));
        return;
    }
    // (A ∩ B) ∪ C = (A ∪ C) ∩ (B ∪ C); of the other two, one is enough.
    let n_changed = if mode == SelectMode::Add { selections.len() } else { 1 };
    for (key, selection) in selections.iter_mut().take(n_changed) {
        selection.push(step(outline.clone().moved(&embedding, key)));
    }
}

/// Whether they can be turned round as one: what several have in common is none of their steps, unless all but one of
/// them merely narrow.
pub(super) fn can_invert(selections: &BTreeMap<String, Selection>) -> bool {
    let n_others = selections.values().filter(|selection| !selection.only_narrows()).count();
    !selections.is_empty() && n_others <= 1
}

/// Selects the cells that they do not, in place of those that they do.
pub(super) fn invert(selections: &mut BTreeMap<String, Selection>) {
    if !can_invert(selections) {
        return;
    }
    let before = std::mem::take(selections);
    let first = before.iter().find(|(_, selection)| !selection.only_narrows()).or(before.iter().next());
    let Some((key, mut joined)) = first.map(|(key, selection)| (key.clone(), selection.clone())) else { return };
    for (other, selection) in before.into_iter().filter(|(other, _)| *other != key) {
        for step in selection.map_outlines(|outline| outline.moved(&other, &key)).steps {
            joined.push(match step {
                SelectionStep::Add(outline) => SelectionStep::Intersect(outline),
                step @ (SelectionStep::Subtract(_) | SelectionStep::Intersect(_) | SelectionStep::Invert) => step,
            });
        }
    }
    joined.push(SelectionStep::Invert);
    selections.insert(key, joined);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverting_twice_is_nothing() {
        let polygon = Polygon::rectangle((0.0, 0.0), (1.0, 1.0)).unwrap();
        let once = Selection::from_iter([SelectionStep::Invert, SelectionStep::Add(polygon)]);
        let mut twice = once.clone();
        twice.push(SelectionStep::Invert);
        assert_ne!(twice, once);
        twice.push(SelectionStep::Invert);
        assert_eq!(twice, once);
        assert_eq!(once.steps().len(), 1);
    }

    #[test]
    fn what_is_drawn_elsewhere_is_done_to_the_same_cells() {
        let outline = || Polygon::rectangle((0.0, 0.0), (1.0, 1.0)).unwrap();
        let mut selections = BTreeMap::new();
        for (embedding, mode) in
            [("X_umap", SelectMode::Replace), ("X_pca", SelectMode::Add), ("X_umap", SelectMode::Subtract)]
        {
            select(&mut selections, embedding.to_owned(), mode, &outline());
        }
        let expected = [
            SelectionStep::Add(outline()),
            SelectionStep::Add(outline().moved("X_pca", "X_umap")),
            SelectionStep::Subtract(outline()),
        ];
        assert_eq!(selections, [("X_umap".to_owned(), Selection::from_iter(expected))].into());
        select(&mut selections, "X_pca".to_owned(), SelectMode::Replace, &outline());
        let expected = Selection::from_iter([SelectionStep::Add(outline())]);
        assert_eq!(selections, [("X_pca".to_owned(), expected)].into());
    }
}
