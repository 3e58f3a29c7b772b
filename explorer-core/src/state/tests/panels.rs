//! Panels: opened, closed, split, looked at together.

use crate::state::*;

fn after(actions: impl IntoIterator<Item = Action>) -> AppState {
    actions.into_iter().fold(AppState::default(), reduce)
}

fn embedding(key: &str) -> Panel {
    Panel { kind: PanelKind::Embedding(Some(key.to_owned())), ..Panel::default() }
}

fn shown(state: &AppState) -> Vec<Option<&str>> {
    state.view.panels.iter().map(Panel::embedding).collect()
}

#[test]
fn commands_are_about_the_panel_that_was_opened_or_used_last() {
    let opened = after(["a", "b"].map(|key| Action::AddPanel(embedding(key))));
    assert_eq!((opened.focused(), shown(&opened)), (PanelIdx(2), vec![None, Some("a"), Some("b")]));
    let closed = reduce(opened.clone(), Action::ClosePanel(PanelIdx(0)));
    assert_eq!((closed.focused(), shown(&closed)), (PanelIdx(1), vec![Some("a"), Some("b")]));
    let closed = reduce(closed, Action::ClosePanel(PanelIdx(1)));
    assert_eq!((closed.focused(), shown(&closed)), (PanelIdx(0), vec![Some("a")]));
    assert_eq!(shown(&reduce(closed, Action::ClosePanel(PanelIdx(0)))), [Some("a")]);
    let next = Command::NextPanel.action(&opened).unwrap();
    assert_eq!(reduce(opened, next).focused(), PanelIdx(0));
}

#[test]
fn no_more_panels_open_than_can_be() {
    let state = after((0..20).map(|_| Action::AddPanel(Panel::default())));
    assert_eq!(state.view.panels.count(), MOST_PANELS);
    assert_eq!(state.focused(), PanelIdx(MOST_PANELS as u32 - 1));
}

#[test]
fn cameras_that_are_linked_move_where_the_same_is_shown() {
    let camera = Camera::new(1.0, 2.0, 3.0);
    let look = || Action::SetCamera { panel: PanelIdx(2), camera };
    let panels = || ["a", "b", "b"].map(|key| Action::AddPanel(embedding(key)));
    let cameras = |state: AppState| state.view.panels.iter().map(|panel| panel.camera).collect::<Vec<_>>();
    assert_eq!(cameras(after(panels().into_iter().chain([look()]))), [None, None, camera, None]);
    let linked = after(panels().into_iter().chain([Action::ToggleLinked, look()]));
    assert_eq!(cameras(linked), [None, None, camera, camera]);
}

#[test]
fn a_split_is_one_step_and_its_panels_look_at_the_same_place() {
    let mut history = History::default();
    let panel = PanelIdx::FIRST;
    history.dispatch(Action::SetCamera { panel, camera: Camera::new(1.0, 2.0, 3.0) });
    let labels = vec![Label::named("T"), Label::Missing];
    history.dispatch(Action::SplitPanels { panel, column: "louvain".to_owned(), labels: labels.clone() });
    let view = &history.present().view;
    let only = view.panels.iter().map(|panel| panel.only.clone().map(|only| only.label));
    assert!(only.eq(labels.into_iter().map(Some)) && view.layout.linked);
    assert!(view.panels.iter().all(|panel| panel.camera == Camera::new(1.0, 2.0, 3.0)));
    history.dispatch(Action::Undo);
    assert_eq!(history.present().view.panels.iter().map(|panel| panel.only.clone()).collect::<Vec<_>>(), [None]);
    history.dispatch(Action::Redo);
    assert_eq!(history.present().view.panels.count(), 2);
    history.dispatch(Action::KeepPanel(PanelIdx(1)));
    assert_eq!(history.present().view.panels.first().only, None);
}

#[test]
fn a_link_says_what_each_panel_shows() {
    let plot = Scatter { x: Axis::Gene(GeneKey::new("CD3D")), y: Axis::Obs("n_genes".to_owned()) };
    let state = after([
        Action::AddPanel(embedding("X_pca")),
        Action::AddPanel(Panel::default()),
        Action::SetScatter { panel: PanelIdx(2), scatter: plot },
        Action::ToggleLinked,
    ]);
    let link = state.view.to_link();
    assert_eq!(link, "linked=1&panels=3&p1.e=X_pca&p2.xy=gene:CD3D,obs:n_genes&v=1");
    assert_eq!(ViewSpec::from_link(&link).view, state.view);
    assert_eq!(ViewSpec::from_link("panels=17").notices.len(), 1);
    assert_eq!(ViewSpec::from_link("p1.e=X_pca").view.panels.count(), 1);
}
