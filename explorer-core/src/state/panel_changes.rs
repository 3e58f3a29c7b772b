//! What actions do with panels.

use super::{ColumnLabel, Label, MOST_PANELS, Panel, PanelIdx, Panels, Transient, ViewSpec};

/// Changes a panel that is open.
pub(super) fn change(view: &mut ViewSpec, at: PanelIdx, change: impl FnOnce(&mut Panel)) {
    if let Some(panel) = view.panels.get_mut(at) {
        change(panel);
    }
}

/// Opens a panel, which commands are about then.
pub(super) fn add(view: &mut ViewSpec, transient: &mut Transient, panel: Panel) {
    view.panels.push(panel);
    transient.panel = PanelIdx(view.panels.count() as u32 - 1);
}

/// Closes a panel. Commands stay about the one that they are about, where that is another.
pub(super) fn close(view: &mut ViewSpec, transient: &mut Transient, at: PanelIdx) {
    if view.panels.remove(at) && transient.panel > at {
        transient.panel.0 -= 1;
    }
}

/// Closes the other panels.
pub(super) fn keep(view: &mut ViewSpec, at: PanelIdx) {
    let kept = view.panels.get(at).map(|panel| Panel { only: None, ..panel.clone() });
    if let Some(panels) = kept.and_then(|panel| Panels::new(vec![panel])) {
        view.panels = panels;
    }
}

/// Shows a panel once for each label.
pub(super) fn split(view: &mut ViewSpec, transient: &mut Transient, at: PanelIdx, column: &str, labels: Vec<Label>) {
    let Some(panel) = view.panels.get(at).cloned() else { return };
    let of_label = |label| Panel { only: Some(ColumnLabel { column: column.to_owned(), label }), ..panel.clone() };
    if let Some(panels) = Panels::new(labels.into_iter().take(MOST_PANELS).map(of_label).collect()) {
        view.panels = panels;
        view.layout.linked = true;
        transient.panel = PanelIdx::FIRST;
    }
}

/// Moves or turns what a panel shows. Where cameras are linked, those of panels that show the same move with it.
pub(super) fn move_linked(view: &mut ViewSpec, at: PanelIdx, look: impl Fn(&mut Panel)) {
    let Some(kind) = view.panels.get(at).map(|panel| panel.kind.clone()) else { return };
    if !view.layout.linked {
        return change(view, at, look);
    }
    view.panels.iter_mut().filter(|panel| panel.kind == kind).for_each(look);
}
