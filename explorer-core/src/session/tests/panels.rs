//! Panels: scatter plots, splits, and what they need.

use super::*;
use crate::{
    data::CellIdx,
    filter::CellMask,
    state::{Action, AppState, Axis, ColumnLabel, Filters, Panel, Polygon, Scatter, SelectMode, ViewSpec, reduce},
};

fn plot() -> Scatter {
    Scatter { x: Axis::Gene(GeneKey::new("CD3D")), y: Axis::Obs("n_genes".to_owned()) }
}

/// A view whose first panel is the plot, with its lower left part selected: no value lies on the edge.
fn view() -> ViewSpec {
    let polygon = Polygon::rectangle((-0.1, -0.1), (0.6, 0.6)).expect("it has an area");
    let select = Action::Select { embedding: plot().key(), mode: SelectMode::Replace, polygon };
    [Action::SetScatter { panel: <_>::default(), scatter: plot() }, select]
        .into_iter()
        .fold(AppState::default(), reduce)
        .view
}

#[test]
fn an_outline_in_a_scatter_plot_selects_by_the_values_of_its_axes() {
    let (mut session, view) = (session(), view());
    let (xs, ys) = (|cell: usize| (cell % 7) as f32, |cell: usize| (cell % 5) as f32);
    session.arrive(gene("CD3D"), numbers((0..N_OBS).map(xs)));
    assert!(matches!(session.show(Some(&plot().key())), Show::Nothing));
    session.arrive(column("n_genes"), numbers((0..N_OBS).map(|cell| if cell == 3 { f32::NAN } else { ys(cell) })));
    session.load_next(&view.analysis, &view.needs());
    assert!(matches!(session.show(Some(&plot().key())), Show::Place(_)));
    assert_eq!(
        session.plot_ranges(&plot().key()).map(|ranges| (ranges.x, ranges.y, ranges.n_missing)),
        Some(([0.0, 6.0], [0.0, 4.0], 1))
    );
    session.follow(&view.analysis, 1.0);
    let expected = CellMask::from_fn(N_OBS, |cell| cell != 3 && xs(cell) <= 3.0 && ys(cell) <= 2.0);
    assert_eq!(session.selected().as_bytes(), expected.as_bytes());
    assert!(session.selected().contains(CellIdx(0)) && !session.selected().contains(CellIdx(3)));
}

#[test]
fn a_scatter_plot_asks_for_its_axes_and_goes_with_the_last_that_shows_it() {
    let (mut session, view) = (session(), view());
    let asked: Vec<DataKey> =
        session.load_next(&view.analysis, &view.needs()).into_iter().map(|(key, _)| key).collect();
    assert!(asked.contains(&column("n_genes")) && !asked.contains(&embedding(&plot().key())));
    session.arrive(gene("CD3D"), numbers((0..N_OBS).map(|cell| cell as f32)));
    session.arrive(column("n_genes"), numbers((0..N_OBS).map(|cell| cell as f32)));
    session.load_next(&view.analysis, &view.needs());
    assert!(session.loaded().is_ready(&embedding(&plot().key())));
    session.load_next(&Analysis::default(), &ViewSpec::default().needs());
    assert!(!session.loaded().is_ready(&embedding(&plot().key())));
}

#[test]
fn a_column_of_labels_is_no_axis() {
    let mut session = session();
    let wrong = Scatter { x: Axis::Obs("louvain".to_owned()), y: Axis::Obs("n_genes".to_owned()) };
    let codes =
        Categorical { codes: Codes::U8(vec![0; N_OBS]), categories: vec!["T".to_owned()].into(), ordered: false };
    session.arrive(column("louvain"), Slot::Ready(crate::data::Column::Categorical(codes).into()));
    let view = reduce(AppState::default(), Action::SetScatter { panel: <_>::default(), scatter: wrong }).view;
    let (mended, told) = session.mended(&view).expect("it is mended");
    assert_eq!(mended.panels, ViewSpec::default().panels);
    assert_eq!(told, ["“louvain” has no numbers for a scatter plot: the embedding is shown."]);
}

#[test]
fn a_split_is_of_the_cells_in_view_and_a_panel_beside_it_of_all() {
    let mut session = session();
    let names = ["T", "B", "NK"].map(str::to_owned).to_vec();
    let codes: Vec<u8> = (0..N_OBS).map(|cell| (cell % 4) as u8).collect();
    let labels_of_cells = Categorical { codes: Codes::U8(codes), categories: names.clone().into(), ordered: false };
    session.arrive(column("louvain"), Slot::Ready(crate::data::Column::Categorical(labels_of_cells).into()));
    let each = N_OBS as u32 / 4;
    let counted = Categories { labels: names, counts: vec![each; 4], colors: None };
    session.arrive(labels("louvain"), Slot::Ready(counted.into()));
    let of = |label: Label| ColumnLabel { column: "louvain".to_owned(), label };
    let all = [Label::named("B"), Label::named("NK"), Label::named("T"), Label::Missing];
    assert_eq!(session.split_labels("louvain", &[]), all);
    assert_eq!(session.n_of_label(&of(Label::named("T"))), Some(each as usize));

    let only = ObsFilter::Labels(LabelFilter::Only([Label::named("B"), Label::Missing].into()));
    let mut analysis = Analysis::default();
    analysis.query.subset.push(Filters { obs: [("louvain".to_owned(), only)].into(), ..Filters::default() });
    session.follow(&analysis, 1.0);
    assert_eq!(session.split_labels("louvain", &[]), [Label::named("B"), Label::Missing]);
    assert_eq!(session.n_split_labels("louvain"), 2);
    let counts = all.map(|label| session.n_of_label(&of(label)));
    assert_eq!(counts, [Some(each as usize), Some(0), Some(0), Some(each as usize)]);

    // What is added shows all cells, of another embedding or of the same.
    let split = Panel { only: Some(of(Label::named("B"))), ..Panel::default() };
    let one = AppState::default();
    let added = session.next_panel(&one.view, &split);
    assert_eq!((added.key().as_deref(), &added.only), (Some("X_pca"), &None));
    let two = reduce(one, Action::AddPanel(added));
    assert_eq!(session.next_panel(&two.view, &split).only, None);
}
