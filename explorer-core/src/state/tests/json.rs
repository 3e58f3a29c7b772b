//! The JSON of views and actions: what is written is read, under names that stay.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::de::Adjustment;
use crate::state::strategies::{action, view};
use crate::state::*;

fn read(value: Value) -> Result<Action, serde_json::Error> {
    serde_json::from_value(value)
}

/// The action is written as this, and read from it.
fn check(action: &Action, expected: Value) {
    assert_eq!(serde_json::to_value(action).unwrap(), expected);
    assert_eq!(&read(expected).unwrap(), action);
}

#[test]
fn actions_have_stable_names() {
    let panel = PanelIdx::FIRST;
    check(&Action::Undo, json!("undo"));
    check(&Action::SetColor(ColorBy::Obs("louvain".into())), json!({"set_color": {"obs": "louvain"}}));
    let raw = GeneKey { layer: Some("raw".into()), gene: "CD3D".into() };
    check(&Action::ShowGene(raw), json!({"show_gene": {"layer": "raw", "gene": "CD3D"}}));
    check(
        &Action::SetCamera { panel, camera: Camera::new(1.5, -2.0, 10.0) },
        json!({"set_camera": {"panel": 0, "camera": {"x": 1.5, "y": -2.0, "width": 10.0}}}),
    );
    check(
        &Action::SetLabels {
            column: "phase".into(),
            filter: LabelFilter::Only([Label::named("S"), Label::Missing].into()),
        },
        json!({"set_labels": {"column": "phase", "filter": {"only": ["S", null]}}}),
    );
    check(
        &Action::SetGeneRange { gene: GeneKey::new("CD3D"), range: Range::new(0.5, f32::INFINITY) },
        json!({"set_gene_range": {"gene": {"gene": "CD3D"}, "range": {"min": 0.5}}}),
    );
    check(
        &Action::Compare(Comparison {
            group: "a".into(),
            reference: Reference::Set("b".into()),
            mode: TestMode::CellxgeneCompatible,
            adjustment: Adjustment::default(),
            layer: None,
            universe: Vec::new(),
        }),
        json!({"compare": {"group": "a", "reference": {"set": "b"}, "mode": "cellxgene"}}),
    );
    let markers = Markers { column: "louvain".into(), rank: MarkerOrder::Effect, universe: Vec::new() };
    check(
        &Action::ShowResult(Some(ResultPanel::Markers(markers))),
        json!({"show_result": {"markers": {"column": "louvain", "rank": "effect"}}}),
    );
    check(
        &Action::Select {
            embedding: "X_umap".into(),
            mode: SelectMode::Add,
            polygon: Polygon::rectangle((0.0, 0.0), (8.0, 4.0)).unwrap(),
        },
        json!({"select": {"embedding": "X_umap", "mode": "add", "polygon": {
            "points": [[0.0, 0.0], [8.0, 0.0], [8.0, 4.0], [0.0, 4.0]],
            "step": 0.001_953_125,
        }}}),
    );
    let scatter = Scatter { x: Axis::Gene(GeneKey::new("CD3D")), y: Axis::Obs("n_genes".into()) };
    check(
        &Action::SetScatter { panel: PanelIdx(1), scatter },
        json!({"set_scatter": {"panel": 1, "scatter": {"x": {"gene": {"gene": "CD3D"}}, "y": {"obs": "n_genes"}}}}),
    );
    check(
        &Action::SplitPanels { panel, column: "louvain".into(), labels: vec![Label::named("0"), Label::Missing] },
        json!({"split_panels": {"panel": 0, "column": "louvain", "labels": ["0", null]}}),
    );
    check(
        &Action::ClearFilter(DimensionKey::Selection("X_umap".into())),
        json!({"clear_filter": {"selection": "X_umap"}}),
    );
}

#[test]
fn a_view_has_stable_names() {
    let filters = [
        Action::OpenDataset("pbmc68k".into()),
        Action::SetRange { column: "n_genes".into(), range: Range::new(200.0, f32::INFINITY) },
        Action::SetGeneRange { gene: GeneKey::new("CD3D"), range: Range::new(0.5, 3.0) },
        Action::SetTheme(Theme::Dark),
    ];
    let view = filters.into_iter().fold(AppState::default(), reduce).view;
    let expected = json!({
        "dataset": "pbmc68k",
        "analysis": {
            "color": "none",
            "color_options": {
                "colormap": null, "range": {}, "log": false, "zeros_gray": false, "clip": {"lower": 0.0, "upper": 100.0},
                "order": "highest",
            },
            "layer": null,
            "as_labels": [],
            "query": {
                "subset": [],
                "filters": {
                    "obs": {"n_genes": {"range": {"min": 200.0}}},
                    "genes": [{"of": {"gene": "CD3D"}, "range": {"min": 0.5, "max": 3.0}}],
                    "means": [],
                    "selections": {},
                },
            },
            "genes": [],
            "gene_sets": [],
            "cell_sets": [],
            "comparisons": [],
            "own_columns": [],
        },
        "panels": [{"kind": {"embedding": null}, "camera": null, "points": {"size_px": null, "opacity": 1.0}}],
        "tool": "lasso",
        "layout": {
            "left": true, "right": true, "left_px": null, "right_px": null, "labels": false, "linked": false,
            "density": false, "expanded": [], "result": null,
            "comparison": {"plot": "volcano", "with": null, "gene": null, "sets": null}, "theme": "dark",
        },
    });
    assert_eq!(serde_json::to_value(&view).unwrap(), expected);
}

#[test]
fn what_is_missing_has_its_default_and_what_is_unknown_is_passed_over() {
    let view: ViewSpec = serde_json::from_value(json!({"layout": {"theme": "dark"}, "later": 1})).unwrap();
    let layout = Layout { theme: Theme::Dark, ..Layout::default() };
    assert_eq!(view, ViewSpec { layout, ..ViewSpec::default() });
    let fit = read(json!({"set_camera": {"camera": null}})).unwrap();
    assert_eq!(fit, Action::SetCamera { panel: PanelIdx::FIRST, camera: None });
}

#[test]
fn an_outline_without_a_step_is_rounded_as_a_drawn_one_is() {
    let points = [(0.0, 0.1), (7.3, 0.0), (3.1, 4.7)];
    let drawn = Polygon::from_path(&points, 0.0).unwrap();
    let read: Polygon = serde_json::from_value(json!({ "points": points })).unwrap();
    assert_eq!(read, drawn);
}

#[test]
fn what_cannot_be_is_refused() {
    let refused = [
        json!("redoo"),
        json!({"set_camera": {"camera": {"x": 0, "y": 0, "width": 0}}}),
        json!({"set_range": {"column": "n", "range": {"min": 2, "max": 1}}}),
        json!({"set_range": {"column": "n", "range": {"min": "low"}}}),
        json!({"set_mean_range": {"mean": {"genes": []}, "range": null}}),
        json!({"set_color_options": {"clip": {"lower": 90, "upper": 10}}}),
        json!({"select": {"embedding": "X_umap", "mode": "add", "polygon": {"points": [[0, 0], [1, 1]]}}}),
        json!({"select": {"embedding": "X", "mode": "add", "polygon": {"points": [[0, 0], [1, 1], [1, 0]], "step": 0.3}}}),
        json!({"select": {"embedding": "X", "mode": "add", "polygon": {"points": [[0, 0], [1, 1], [1, 0]], "step": -1}}}),
        json!({"add_cell_set": {"name": "a", "source": {"cells": "????"}}}),
        json!({"restore": {"panels": []}}),
    ];
    for value in refused {
        assert!(read(value.clone()).is_err(), "{value}");
    }
}

#[test]
fn every_command_has_an_id() {
    for command in Command::ALL {
        let id = serde_json::to_value(command).unwrap();
        assert_eq!(serde_json::from_value::<Command>(id).unwrap(), command);
    }
    assert_eq!(serde_json::to_value(Command::ToggleLeftSidebar).unwrap(), json!("toggle_left_sidebar"));
}

proptest! {
    #[test]
    fn a_view_that_is_written_is_read(view in view()) {
        let text = serde_json::to_string(&view).unwrap();
        prop_assert_eq!(serde_json::from_str::<ViewSpec>(&text).unwrap(), view, "{}", text);
    }

    #[test]
    fn an_action_that_is_written_is_read(action in action()) {
        let text = serde_json::to_string(&action).unwrap();
        prop_assert_eq!(serde_json::from_str::<Action>(&text).unwrap(), action, "{}", text);
    }

    #[test]
    fn an_action_that_touches_no_data_changes_nothing_that_data_depend_on(action in action(), view in view()) {
        let state = AppState { view: view.canonical(), transient: Transient::default() };
        let touches = action.touches();
        let after = reduce(state.clone(), action);
        if touches != Touches::Data {
            prop_assert_eq!(&after.view.analysis, &state.view.analysis);
            prop_assert_eq!(after.view.needs(), state.view.needs());
            prop_assert_eq!(&after.view.layout.result, &state.view.layout.result);
            prop_assert_eq!(after.view.panels.first().points, state.view.panels.first().points);
        }
    }
}
