//! The protocol against its schema, and requests against a dataset.

use std::{collections::BTreeSet, sync::Arc};

use roaring::RoaringBitmap;
use serde_json::{Value, json};
use shared_fbs::{
    manifest::{Column, ColumnKind, Embedding, Layer, Manifest, UNKNOWN_CONTENT},
    order::Levels,
    tile::Categories,
};

use super::*;
use crate::{
    data::{CellRow, CellRows},
    session::{Data, Session, Slot},
    state::{
        Action, AppState, CellList, CellSet, CellSource, ColorBy, DataKey, Hover, Label, LabelFilter, ObsFilter,
        Reference, SelectMode, ViewSpec, reduce,
    },
};

/// The schema that hosts get.
const SCHEMA: &str = include_str!("../../../www/embed/embed.schema.json");

/// Checks a message against a definition of the schema, and that it is a message of one kind alone.
fn check(definition: &str, message: &Value) {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let address = schema["$id"].as_str().unwrap().to_owned();
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource(&address, schema).unwrap();
    for part in ["", &format!("#/$defs/{definition}")] {
        let schema = compiler.compile(&format!("{address}{part}"), &mut schemas).unwrap();
        let checked = schemas.validate(message, schema).map_err(|error| error.to_string());
        assert_eq!(checked, Ok(()), "{message} is no {definition}, or of two kinds");
    }
}

fn requests() -> Vec<Value> {
    let labels = json!({"column": "louvain", "labels": ["B", null]});
    vec![
        json!({"id": 1, "type": "setView", "patch": {"layout": {"left": false}}, "history": "replace"}),
        json!({"id": 2, "type": "setView", "link": "c=obs:louvain"}),
        json!({"id": 3, "type": "getView"}),
        json!({"id": 4, "type": "colorBy", "color": "gene:raw/X:CD3D"}),
        json!({"id": 5, "type": "setEmbedding", "embedding": "X_umap"}),
        json!({"id": 6, "type": "setLayer", "layer": null}),
        json!({"id": 7, "type": "setGenes", "genes": ["CD3D"]}),
        json!({"id": 8, "type": "setFilter", "filter": "f.louvain=B"}),
        json!({"id": 9, "type": "setFilter", "filter": {"obs": {"louvain": {"labels": {"only": ["B"]}}}}}),
        json!({"id": 10, "type": "select", "polygon": [[0, 0], [1, 0], [1, 1]], "embedding": "X_umap", "mode": "add"}),
        json!({"id": 11, "type": "select", "rect": [[0, 0], [1, 1]]}),
        json!({"id": 12, "type": "select", "labels": labels, "mode": "subtract"}),
        json!({"id": 13, "type": "select", "set": "mine"}),
        json!({"id": 13, "type": "select", "cells": {"content": "c", "ids": ["AAAC-1"]}}),
        json!({"id": 13, "type": "select", "cells": {"content": "c"}}),
        json!({"id": 14, "type": "getSelection", "ids": true, "max": 100}),
        json!({"id": 15, "type": "highlight", "target": {"label": {"column": "louvain", "label": "B"}}}),
        json!({"id": 16, "type": "highlight", "target": {"cell": 3}}),
        json!({"id": 17, "type": "flyTo", "camera": {"x": 1.0, "y": 2.0, "width": 3.0}}),
        json!({"id": 18, "type": "compare", "group": labels, "reference": "mine", "mode": "cellxgene"}),
        json!({"id": 19, "type": "compare", "group": "mine", "reference": null}),
        json!({"id": 20, "type": "markers", "column": "louvain"}),
        json!({"id": 21, "type": "picture", "mime": "image/png", "width": 800, "height": 600}),
        json!({"id": 22, "type": "run", "command": "fit"}),
        json!({"id": 23, "type": "undo"}),
        json!({"id": 24, "type": "redo"}),
        json!({"id": 25, "type": "suspend"}),
        json!({"id": 26, "type": "resume"}),
        json!({"id": 27, "type": "configure", "settings": {"ui": "compact", "panels": "left results", "later": "x"}}),
        json!({"id": 28, "type": "listen", "events": ["hover", "share"]}),
        json!({"id": 29, "type": "open", "address": "https://cells.example.org/d/pbmc?embed=1"}),
        json!({"id": 29, "type": "copyLink"}),
    ]
}

#[test]
fn every_request_is_in_the_schema_and_is_read() {
    let mut types = BTreeSet::new();
    for message in requests() {
        check("request", &message);
        let incoming = Incoming::read(&message.to_string()).unwrap();
        assert_eq!(Some(incoming.id), message["id"].as_u64());
        let request = incoming.request.unwrap();
        assert_eq!(Request::read(message.clone()).unwrap(), request);
        types.insert(message["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(types, Request::TYPES.map(str::to_owned).into());
}

#[test]
fn the_handshake_is_in_the_schema() {
    let nonce = "0123456789abcdef0123456789abcdef";
    check("hello", &serde_json::to_value(Hello::new("pbmc", nonce)).unwrap());
    let init = Init {
        tessera: 1,
        version: VERSION,
        nonce: nonce.to_owned(),
        view: Some("c=obs:louvain".to_owned()),
        settings: SettingsChange([("gestures".to_owned(), "greedy".to_owned())].into()),
        style: Style { accent: Some("#060".to_owned()), ..Style::default() },
        listen: vec!["hover".to_owned()],
    };
    let written = serde_json::to_value(&init).unwrap();
    check("init", &written);
    assert_eq!(serde_json::from_value::<Init>(written).unwrap(), init);
    assert!(init.answers(nonce));
    let wrong = [
        Init { nonce: nonce.replace('0', "1"), ..init.clone() },
        Init { version: VERSION + 1, ..init.clone() },
        Init { tessera: 2, ..init },
    ];
    assert!(wrong.iter().all(|init| !init.answers(nonce)));
}

#[test]
fn answers_and_events_are_in_the_schema() {
    let failure = Failure::new(ErrorCode::UnknownName, "the dataset has no gene “x”");
    for outcome in [Ok(true.into()), Err(failure)] {
        check("answer", &serde_json::from_str(&Answer { id: 7, outcome }.text()).unwrap());
    }
    let view = ViewSpec::default();
    let (view, link, patch) = (Some(json_of(&view)), Some(view.to_link()), Some(json!({"tool": "pan"})));
    let gene = json!({"id": "g", "symbol": "G", "score": 1.0, "effect": null, "pval_adj": 0.5});
    let events = [
        Event::Ready { dataset: DatasetInfo::default() },
        Event::Load,
        Event::Progress { n: 1, total: 2 },
        Event::Viewchange { view, link, patch, cause: Cause::User },
        Event::Selectionchange { n: 1, total: 2, description: "louvain: B".to_owned(), cause: Cause::Restore },
        Event::Hover { over: Some(Hover::Cell(CellRow(3))) },
        Event::Hover { over: None },
        Event::Result(ResultSummary::Comparison {
            group: "a".to_owned(),
            reference: None,
            n: [1, 2],
            genes: vec![gene.clone()],
        }),
        Event::Result(ResultSummary::Markers {
            column: "louvain".to_owned(),
            labels: vec![json!({"label": "B", "n": 1, "genes": [gene]})],
        }),
        Event::Share { link: String::new(), url: "https://a.org".to_owned() },
        Event::Error { code: ErrorCode::Failed, message: "no".to_owned(), tile: None, recoverable: true },
    ];
    for (seq, event) in (0..).zip(events) {
        check("event", &serde_json::from_str(&EventMessage { seq, event }.text()).unwrap());
    }
}

#[test]
fn unknown_types_and_wrong_contents_are_told_apart() {
    let code = |message: &Value| Incoming::read(&message.to_string()).unwrap().request.unwrap_err().code;
    assert_eq!(code(&json!({"id": 1, "type": "fly"})), ErrorCode::Unsupported);
    assert_eq!(code(&json!({"id": 1})), ErrorCode::Unsupported);
    for wrong in [
        json!({"id": 1, "type": "flyTo", "camera": {"x": 0, "y": 0, "width": 0}}),
        json!({"id": 1, "type": "colorBy"}),
        json!({"id": 1, "type": "select", "mode": "add"}),
        json!({"id": 1, "type": "run", "command": "explode"}),
    ] {
        assert_eq!(code(&wrong), ErrorCode::Invalid, "{wrong}");
    }
    for unanswerable in ["", "1", "null", "{}", "{\"id\":-1}", "{\"id\":\"1\",\"type\":\"undo\"}", "{\"id\":1"] {
        assert_eq!(Incoming::read(unanswerable), None, "{unanswerable}");
    }
}

#[test]
fn a_message_that_is_too_large_is_refused_in_both_directions() {
    let genes = vec!["ENSG00000000001"; 5_000];
    let request = json!({"id": 4, "type": "setGenes", "genes": genes}).to_string();
    assert_eq!(Incoming::read(&request).unwrap().request.unwrap_err().code, ErrorCode::TooLarge);
    let answer = Answer { id: 4, outcome: Ok(json!(genes)) }.text();
    assert!(answer.contains("too_large") && answer.len() < MAX_MESSAGE_BYTES);
    let mut view = ViewSpec::default();
    view.analysis.genes = genes.into_iter().map(str::to_owned).collect();
    let (view, link) = (Some(json_of(&view)), Some(view.to_link()));
    let event = Event::Viewchange { view, link, patch: None, cause: Cause::User };
    let event = EventMessage { seq: 0, event }.text();
    assert!(event.len() < MAX_MESSAGE_BYTES);
    check("event", &serde_json::from_str(&event).unwrap());
}

/// An open dataset whose column `louvain` is loaded.
fn session() -> Session {
    session_of("c")
}

/// The same with this content id.
fn session_of(content: &str) -> Session {
    let column = |name: &str, kind| Column { name: name.to_owned(), kind, ..<_>::default() };
    let mut session = Session::new(Arc::new(Manifest {
        n_obs: 10,
        level_ranks: Levels::for_n_obs(10).boundaries(),
        content_id: content.to_owned(),
        columns: vec![column("louvain", ColumnKind::Categorical), column("n_genes", ColumnKind::Continuous)],
        embeddings: vec![Embedding { key: "X_umap".to_owned(), ..<_>::default() }],
        layers: ["X", "raw/X"].map(|name| Layer { name: name.to_owned(), ..<_>::default() }).to_vec(),
        ..<_>::default()
    }));
    let categories =
        Categories { labels: vec!["B".to_owned(), "T".to_owned()], counts: vec![4, 6, 0], ..<_>::default() };
    session.arrive(DataKey::Categories("louvain".to_owned()), Slot::Ready(Data::Categories(Arc::new(categories))));
    session
}

fn state() -> AppState {
    let mut state = AppState::default();
    state.view.dataset = Some("pbmc".to_owned());
    let set = CellSet { name: "mine".to_owned(), source: CellSource::Query(<_>::default()) };
    reduce(state, Action::AddCellSet(set))
}

/// The state after a request.
fn after(state: &AppState, request: &Value) -> Result<AppState, Failure> {
    let mut request = request.clone();
    request["id"] = json!(0);
    check("request", &request);
    let plan = Request::read(request)?.plan(state, Some(&session()))?;
    if let Plan::Dispatch(actions) = &plan {
        return Ok(actions.iter().cloned().fold(state.clone(), reduce));
    }
    let Plan::Replace(view) = plan else { panic!("{plan:?} is no change of the state") };
    Ok(AppState { view: *view, ..state.clone() })
}

#[test]
fn requests_change_the_state_as_the_page_does() {
    let before = state();
    let color = |color: &str| after(&before, &json!({"type": "colorBy", "color": color})).unwrap().view.analysis;
    assert_eq!(color("obs:louvain").color, ColorBy::Obs("louvain".to_owned()));
    let raw = color("gene:raw/X:CD3D");
    assert_eq!((raw.genes, raw.layer.as_deref()), (vec!["CD3D".to_owned()], Some("raw/X")));
    assert_eq!(color("").color, ColorBy::None);

    let view = after(&before, &json!({"type": "setView", "patch": {"dataset": "other", "tool": "pan"}})).unwrap().view;
    assert_eq!((view.dataset.as_deref(), view.tool), (Some("pbmc"), crate::state::Tool::Pan));

    let filters = |request: &Value| after(&before, request).unwrap().view.analysis.query.filters;
    let by_link = filters(&json!({"type": "setFilter", "filter": "f.louvain=B"}));
    assert_eq!(
        by_link,
        filters(&json!({"type": "setFilter", "filter": {"obs": {"louvain": {"labels": {"only": ["B"]}}}}}))
    );
    let selected = filters(&json!({"type": "select", "labels": {"column": "louvain", "labels": ["B"]}}));
    assert_eq!(selected, by_link);
    let outlined = filters(&json!({"type": "select", "rect": [[0, 0], [8, 4]]}));
    assert!(outlined.selections.contains_key("X_umap"));

    let compared =
        after(&before, &json!({"type": "compare", "group": {"column": "louvain", "labels": ["B"]}})).unwrap();
    let comparison = compared.view.shown_comparison().unwrap();
    assert_eq!((comparison.group.as_str(), &comparison.reference), ("B", &Reference::Rest));
    let markers = after(&before, &json!({"type": "markers", "column": "louvain"})).unwrap();
    assert_eq!(markers.view.shown_markers().unwrap().column, "louvain");
}

#[test]
fn labels_join_and_leave_the_selection() {
    let select = |state: &AppState, label: &str, mode: &str| {
        let labels = json!({"column": "louvain", "labels": [label]});
        after(state, &json!({"type": "select", "labels": labels, "mode": mode})).unwrap()
    };
    let filter = |state: &AppState| state.view.analysis.query.filters.obs.get("louvain").cloned();
    let only = |labels: &[&str]| {
        Some(ObsFilter::Labels(LabelFilter::Only(labels.iter().map(|&label| Label::named(label)).collect())))
    };
    let one = select(&state(), "B", "add");
    assert_eq!(filter(&one), only(&["B"]));
    let two = select(&one, "T", "add");
    assert_eq!(filter(&two), only(&["B", "T"]));
    assert_eq!(filter(&select(&two, "B", "subtract")), only(&["T"]));
    let hidden = filter(&select(&state(), "B", "subtract"));
    assert_eq!(hidden, Some(ObsFilter::Labels(LabelFilter::Hide([Label::named("B")].into()))));
}

#[test]
fn what_the_dataset_has_not_is_told_and_changes_nothing() {
    for (request, name) in [
        (json!({"type": "colorBy", "color": "obs:nope"}), "column “nope”"),
        (json!({"type": "colorBy", "color": "gene:nope/X:CD3D"}), "layer “nope/X”"),
        (json!({"type": "colorBy", "color": "set:nope"}), "gene set “nope”"),
        (json!({"type": "setEmbedding", "embedding": "X_nope"}), "embedding “X_nope”"),
        (json!({"type": "setFilter", "filter": "f.louvain=nope"}), "label of louvain “nope”"),
        (json!({"type": "select", "set": "nope"}), "cell set “nope”"),
        (json!({"type": "compare", "group": "nope"}), "cell set “nope”"),
        (json!({"type": "markers", "column": "nope"}), "column “nope”"),
        (json!({"type": "setView", "link": "c=obs:nope"}), "column “nope”"),
    ] {
        let failure = after(&state(), &request).unwrap_err();
        assert_eq!(failure.code, ErrorCode::UnknownName, "{request}");
        assert!(failure.message.ends_with(name), "{}", failure.message);
    }
    let flat = json!({"type": "select", "polygon": [[0, 0], [1, 1], [2, 2]]});
    assert_eq!(after(&state(), &flat).unwrap_err().code, ErrorCode::Invalid);
}

#[test]
fn what_would_come_to_nothing_is_told_at_once() {
    for (request, part) in [
        (json!({"type": "markers", "column": "n_genes"}), "“n_genes” is no column of labels"),
        (json!({"type": "compare", "group": {"column": "n_genes", "labels": ["1"]}}), "no column of labels"),
        (json!({"type": "compare", "group": "mine", "mode": "samples"}), "no column of samples"),
        (json!({"type": "compare", "group": "mine", "reference": "mine"}), "with itself"),
        (json!({"type": "select", "labels": {"column": "n_genes", "labels": ["1"]}}), "no column of labels"),
        (json!({"type": "setView"}), "neither a patch of a view nor a link"),
        (json!({"type": "setView", "patch": {"analysis": {"colour": "none"}}}), "no `analysis.colour`"),
        (json!({"type": "setFilter", "filter": {"obss": {}}}), "no `analysis.query.filters.obss`"),
        (json!({"type": "setFilter", "filter": "louvain=1"}), "`louvain` is no filter: write `f.COLUMN"),
        (json!({"type": "setFilter", "filter": "c=obs:louvain"}), "there is no filter in `c=obs:louvain`"),
        (json!({"type": "picture", "width": 1_000_000}), "1 to 16384 pixels wide and high, not 1000000"),
    ] {
        let failure = after(&state(), &request).unwrap_err();
        assert_eq!(failure.code, ErrorCode::Invalid, "{request}");
        assert!(failure.message.contains(part), "{}", failure.message);
    }
    let target = json!({"type": "highlight", "target": {"label": {"column": "louvain", "label": "nope"}}});
    assert_eq!(after(&state(), &target).unwrap_err().code, ErrorCode::UnknownName);
    assert_eq!(
        after(&state(), &json!({"type": "highlight", "target": {"cell": 10}})).unwrap_err().code,
        ErrorCode::UnknownName
    );
}

#[test]
fn cells_are_selected_by_the_rows_that_travel_beside_the_message() {
    let message = |content: &str| json!({"id": 1, "type": "select", "cells": {"content": content}});
    let bytes = |rows: &[u32]| {
        let mut bytes = Vec::new();
        RoaringBitmap::from_iter(rows.iter().copied()).serialize_into(&mut bytes).unwrap();
        bytes
    };
    let selected = |content: &str, bytes: &[u8]| {
        let incoming = Incoming::read(&message(content).to_string()).unwrap().with_rows(bytes);
        incoming.request?.plan(&state(), Some(&session()))
    };
    let Ok(Plan::Dispatch(actions)) = selected("c", &bytes(&[1, 7])) else { panic!("rows are no selection") };
    let after = actions.into_iter().fold(state(), reduce);
    assert_eq!(
        after.view.analysis.cell_set("Listed cells").unwrap().source.clone(),
        CellSource::Cells(CellList::new([1, 7].into_iter().collect()))
    );
    assert!(after.view.analysis.query.filters.cells.is_some());
    let code = |selected: Result<Plan, Failure>| selected.unwrap_err().code;
    assert_eq!(code(selected("other", &bytes(&[1]))), ErrorCode::NotReady);
    assert_eq!(code(selected("c", &bytes(&[10]))), ErrorCode::UnknownName);
    assert_eq!(code(selected("c", b"no bitmap")), ErrorCode::Invalid);
    let by_none = Incoming::read(&message("c").to_string()).unwrap().request.unwrap();
    assert_eq!(code(by_none.plan(&state(), Some(&session()))), ErrorCode::Invalid);
}

#[test]
fn a_dataset_that_is_being_built_has_no_content_id_yet() {
    let session = session_of(UNKNOWN_CONTENT);
    assert_eq!(DatasetInfo::of("pbmc", &session).content, "");
    for content in ["", UNKNOWN_CONTENT] {
        let message = json!({"id": 1, "type": "select", "cells": {"content": content, "ids": ["AAAC-1"]}});
        let request = Incoming::read(&message.to_string()).unwrap().request.unwrap();
        let failure = request.plan(&state(), Some(&session)).unwrap_err();
        assert_eq!((failure.code, failure.message.as_str()), (ErrorCode::NotReady, "the dataset is still being built"));
    }
}

#[test]
fn before_the_dataset_is_open_only_what_needs_none_is_done() {
    for message in requests() {
        let request = Request::read(message.clone()).unwrap();
        match request.plan(&AppState::default(), None) {
            Ok(plan) => assert!(!matches!(plan, Plan::Replace(_)), "{message}"),
            Err(failure) => assert_eq!(failure.code, ErrorCode::NotReady, "{message}"),
        }
    }
}

#[test]
fn selected_cells_are_named_by_their_rows_and_no_more_of_them_than_asked() {
    let rows = CellRows::new((0..10).rev().collect()).unwrap();
    let of = |most: u64| {
        let bytes = selected_rows(&session(), &rows, most);
        RoaringBitmap::deserialize_from(bytes.as_slice()).unwrap().iter().collect::<Vec<u32>>()
    };
    assert_eq!(of(u64::MAX), (0..10).collect::<Vec<u32>>());
    assert_eq!((of(3), of(0)), (vec![0, 1, 2], Vec::new()));
}

#[test]
fn a_selection_is_added_to_by_the_modes_that_the_page_has() {
    for mode in [SelectMode::Replace, SelectMode::Add, SelectMode::Subtract, SelectMode::Intersect] {
        let written = serde_json::to_value(mode).unwrap();
        check("request", &json!({"id": 1, "type": "select", "rect": [[0, 0], [1, 1]], "mode": written}));
        let set = after(&state(), &json!({"type": "select", "set": "mine", "mode": written}));
        assert_eq!(set.err().map(|failure| failure.code), (mode != SelectMode::Replace).then_some(ErrorCode::Invalid));
    }
}
