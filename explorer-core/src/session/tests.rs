//! A session as the page drives it, without a page.

use std::{collections::BTreeSet, sync::Arc};

use proptest::prelude::*;
use shared_fbs::{
    manifest::{
        Column as ColumnEntry, ColumnKind, Embedding as EmbeddingEntry, Layer, Manifest, NumberKind, TileRange,
    },
    order::Levels,
    tile::{Categories, Genes},
};

use super::*;
use crate::{
    data::{Categorical, CellIdx, Codes, Continuous, Embedding, Frame},
    filter::CellMask,
    state::{
        Analysis, CellList, CellSource, ColorBy, DataKey, DimensionKey, GeneKey, Label, LabelFilter, ObsFilter,
        Polygon, Range, Selection, SelectionStep, ViewSpec,
    },
};

mod colors_and_sets;
mod panels;

const N_OBS: usize = 200;

fn session_of(n_obs: usize) -> Session {
    let column = |name: &str, kind, hidden| ColumnEntry { name: name.to_owned(), kind, hidden, ..<_>::default() };
    let embedding = |key: &str| EmbeddingEntry { key: key.to_owned(), ..<_>::default() };
    Session::new(Arc::new(Manifest {
        n_obs: n_obs as u32,
        level_ranks: Levels::for_n_obs(n_obs as u32).boundaries(),
        columns: vec![
            column("louvain", ColumnKind::Categorical, false),
            column("n_genes", ColumnKind::Continuous, false),
            column("barcode", ColumnKind::Categorical, true),
        ],
        embeddings: vec![embedding("X_umap"), embedding("X_pca")],
        layers: ["X", "raw/X"].map(|name| Layer { name: name.to_owned(), ..<_>::default() }).to_vec(),
        ..<_>::default()
    }))
}

fn session() -> Session {
    session_of(N_OBS)
}

fn column(name: &str) -> DataKey {
    DataKey::Column(name.to_owned())
}

fn labels(name: &str) -> DataKey {
    DataKey::Categories(name.to_owned())
}

fn table() -> DataKey {
    DataKey::GeneTable("X".to_owned())
}

fn gene(name: &str) -> DataKey {
    DataKey::Gene(GeneKey::new(name))
}

fn embedding(key: &str) -> DataKey {
    DataKey::Embedding(key.to_owned())
}

fn colored_by(column: &str) -> Analysis {
    Analysis { color: ColorBy::Obs(column.to_owned()), ..Analysis::default() }
}

fn numbers(values: impl IntoIterator<Item = f32>) -> Slot<Data> {
    Slot::Ready(Continuous { values: values.into_iter().collect() }.into())
}

/// Positions along a diagonal, in the units of the tiles.
fn diagonal() -> Embedding {
    let along: Vec<u16> = (0..N_OBS as u16).collect();
    Embedding { xs: along.clone(), ys: along, frame: Frame::new(0.0, 0.0, 1.0), depth: None }
}

fn own(codes: Vec<u8>) -> LabelColumn {
    let categories = ["T", "B"].map(str::to_owned).to_vec().into();
    LabelColumn::new("mine", Categorical { codes: Codes::U8(codes), categories, ordered: false })
}

fn all_styles(session: &Session) -> Vec<CellStyle> {
    (0..N_OBS as u32).map(|cell| session.paint().style(CellIdx(cell))).collect()
}

#[test]
fn what_colors_the_cells_is_loaded_before_what_stands_next_to_them() {
    let analysis = colored_by("louvain");
    let needs = [column("louvain"), column("n_genes"), embedding("X_pca")].into();
    let expected = [
        (embedding("X_pca"), Urgency::Now),
        (column("louvain"), Urgency::Now),
        (column("n_genes"), Urgency::Soon),
        (labels("louvain"), Urgency::Soon),
        (table(), Urgency::Soon),
    ];
    assert_eq!(session().load_next(&analysis, &needs), expected);
}

#[test]
fn nothing_is_loaded_twice() {
    let (mut session, analysis) = (session(), colored_by("louvain"));
    let needs = [column("louvain")].into();
    assert!(!session.load_next(&analysis, &needs).is_empty());
    assert_eq!(session.load_next(&analysis, &needs), []);
}

#[test]
fn a_gene_waits_for_the_table_that_tells_its_number() {
    let (mut session, analysis) = (session(), Analysis::default());
    let needs = [gene("LYZ")].into();
    assert!(!session.load_next(&analysis, &needs).iter().any(|(key, _)| *key == gene("LYZ")));
    let genes = Genes { ids: vec!["LYZ".to_owned()], ..Genes::default() };
    session.arrive(table(), Slot::Ready(GeneTable::new(genes).into()));
    assert_eq!(session.load_next(&analysis, &needs), [(gene("LYZ"), Urgency::Now)]);
}

#[test]
fn the_labels_of_a_hidden_column_come_with_it() {
    let needs = [column("barcode")].into();
    let loaded = session().load_next(&Analysis::default(), &needs);
    assert!(loaded.contains(&(labels("barcode"), Urgency::Soon)));
    let others = session().load_next(&Analysis::default(), &BTreeSet::new());
    assert!(!others.contains(&(labels("barcode"), Urgency::Soon)));
}

#[test]
fn histograms_in_sight_wait_for_the_picture() {
    let mut session = session();
    session.show(None);
    session.note_in_sight("n_genes".to_owned());
    let is_loaded = |session: &mut Session| {
        let loaded = session.load_next(&Analysis::default(), &BTreeSet::new());
        loaded.iter().any(|(key, _)| *key == column("n_genes"))
    };
    assert!(!is_loaded(&mut session));
    session.placed();
    assert!(is_loaded(&mut session));
}

#[test]
fn genes_out_of_use_are_dropped_and_labels_are_not() {
    // Three genes fit.
    let n_obs = (192 << 20) / 4 / 3;
    let mut session = session_of(n_obs);
    let codes =
        Categorical { codes: Codes::U8(vec![0; n_obs]), categories: vec!["T".to_owned()].into(), ordered: false };
    session.arrive(column("louvain"), Slot::Ready(crate::data::Column::Categorical(codes).into()));
    for name in ["a", "b", "c", "d"] {
        session.arrive(gene(name), Slot::Ready(Continuous { values: vec![0.0; n_obs] }.into()));
        session.load_next(&Analysis::default(), &[gene("a"), gene(name)].into());
    }
    let is_there = ["a", "b", "c", "d"].map(|name| session.loaded().is_ready(&gene(name)));
    assert_eq!(is_there, [true, false, true, true]);
    assert!(session.loaded().is_ready(&column("louvain")));
}

#[test]
fn an_embedding_is_loaded_once_and_placed_when_it_is_shown_again() {
    let mut session = session();
    assert!(matches!(session.show(None), Show::Load(0)));
    assert!(matches!(session.show(Some("X_umap")), Show::Nothing));
    let turn = session.turn();
    session.arrive(embedding("X_umap"), Slot::Ready(diagonal().into()));
    assert!(matches!(session.show(Some("X_pca")), Show::Load(1)));
    assert!(matches!(session.show(Some("X_umap")), Show::Place(_)));
    assert!(session.turn() > turn);
}

#[test]
fn an_embedding_that_the_dataset_does_not_have_is_the_default_one() {
    assert!(matches!(session().show(Some("X_tsne")), Show::Load(0)));
}

#[test]
fn an_embedding_that_failed_is_shown_once_that_is_forgotten() {
    let mut session = session();
    session.show(None);
    session.stop_showing();
    session.arrive(embedding("X_umap"), Slot::Failed);
    assert!(matches!(session.show(None), Show::Nothing));
    session.forget_failures();
    assert!(matches!(session.show(None), Show::Load(0)));
}

#[test]
fn a_column_of_ones_own_colors_filters_and_is_compared_like_any_other() {
    let mut session = session();
    let codes: Vec<u8> = (0..N_OBS).map(|cell| u8::from(cell >= 150)).collect();
    session.add_column(&own(codes)).expect("the name is free");
    let mut analysis = colored_by("mine");
    let only_b = ObsFilter::Labels(LabelFilter::Only([Label::named("B")].into()));
    analysis.query.filters.obs.insert("mine".to_owned(), only_b);
    assert_eq!(session.follow(&analysis, 1.0), Changes { selection: true, picture: true });
    assert_eq!(session.color_status(), ColorStatus::Shown);
    assert!(matches!(session.colors(), Colors::Labels { column, .. } if column == "mine"));
    assert_eq!(session.numbers().0, 50);
    let counts = session.label_counts("mine").expect("its codes are there");
    assert_eq!((counts.total, counts.selected), (vec![150, 50, 0], vec![150, 50, 0]));
    let cells = session.cells_of(&CellSource::Query(analysis.query.clone())).expect("its codes are there");
    assert_eq!(cells, CellMask::from_fn(N_OBS, |cell| cell >= 150));
    assert_eq!(session.value_of(&analysis, CellIdx(199)), Some("B".to_owned()));
    assert_eq!(
        session.load_next(&analysis, &[column("mine")].into()).first(),
        Some(&(labels("louvain"), Urgency::Soon))
    );
}

#[test]
fn a_column_of_ones_own_goes_for_good() {
    let mut session = session();
    session.add_column(&own(vec![0; N_OBS])).expect("the name is free");
    assert!(session.remove_column("mine"));
    assert!(!session.loaded().is_ready(&column("mine")) && session.columns().get("mine").is_none());
    assert!(!session.remove_column("louvain"));
}

#[test]
fn numbers_of_columns_are_written_in_full_and_expression_to_four_digits() {
    let mut session = session();
    let mut values = vec![0.0; N_OBS];
    values[1] = 1.234_567;
    values[2] = f32::NAN;
    session.arrive(column("n_genes"), numbers(values.clone()));
    let value = |cell| session.value_of(&colored_by("n_genes"), CellIdx(cell));
    assert_eq!([value(0), value(1), value(2)].map(Option::unwrap), ["0", "1.234567", "missing"]);
    assert_eq!(session.value_of(&Analysis::default(), CellIdx(0)), None);
    session.arrive(gene("CD3D"), numbers(values));
    let by_gene = Analysis { color: ColorBy::Gene(GeneKey::new("CD3D")), ..Analysis::default() };
    assert_eq!(session.value_of(&by_gene, CellIdx(1)).as_deref(), Some("1.235"));
}

#[test]
fn a_list_of_cells_tells_how_many_it_has_before_their_rows_are_there() {
    let session = session();
    let list = CellSource::Cells(CellList::new([1, 3, N_OBS as u32].into()));
    assert_eq!((session.n_cells_of(&list), session.cells_of(&list)), (Some(2), None));
}

#[test]
fn numbers_that_the_page_has_rounded_are_left_to_the_dataset() {
    let time = ColumnEntry {
        name: "time".to_owned(),
        kind: ColumnKind::Continuous,
        number: NumberKind::Float64,
        exact: Some(TileRange { first: 1, count: 1 }),
        ..<_>::default()
    };
    let whole = ColumnEntry {
        name: "n_counts".to_owned(),
        kind: ColumnKind::Continuous,
        number: NumberKind::Int,
        ..<_>::default()
    };
    let n_obs = N_OBS as u32;
    let level_ranks = Levels::for_n_obs(n_obs).boundaries();
    let mut session =
        Session::new(Arc::new(Manifest { n_obs, level_ranks, columns: vec![time, whole], ..<_>::default() }));
    session.arrive(column("time"), numbers(vec![1.7e9; N_OBS]));
    session.arrive(column("n_counts"), numbers(vec![12_345.0; N_OBS]));
    let (by_time, by_count) = (colored_by("time"), colored_by("n_counts"));
    assert_eq!((session.value_of(&by_time, CellIdx(0)), session.rounded_column(&by_time)), (None, Some("time")));
    assert_eq!(session.value_of(&by_count, CellIdx(0)).as_deref(), Some("12345"));
    assert_eq!(session.rounded_column(&by_count), None);
}

#[test]
fn labels_stand_in_the_middle_of_their_cells() {
    let mut session = session();
    session.add_column(&own((0..N_OBS).map(|cell| u8::from(cell >= 101)).collect())).expect("the name is free");
    session.follow(&colored_by("mine"), 1.0);
    assert_eq!(session.centroid_basis(None), None, "the positions are not there yet");
    session.arrive(embedding("X_umap"), Slot::Ready(diagonal().into()));
    let basis = session.centroid_basis(None).expect("labels color the cells");
    let centroids = session.label_centroids(&basis);
    let places: Vec<_> = centroids.iter().map(|label| (label.label.as_str(), label.x, label.n_cells)).collect();
    assert_eq!(places, [("T", 50.0, 101), ("B", 150.0, 99)]);
}

#[test]
fn codes_of_labels_are_known_before_each_cells() {
    let mut session = session();
    let names = ["T", "B"].map(str::to_owned).to_vec();
    session.arrive(
        labels("louvain"),
        Slot::Ready(Categories { labels: names, counts: vec![1, 2, 0], colors: None }.into()),
    );
    assert_eq!(session.label_code("louvain", "B"), Some(1));
    assert_eq!(session.label_code("louvain", "NK"), None);
}

#[test]
fn the_default_layer_has_no_name_in_the_state() {
    let session = session();
    let raw = Some("raw/X".to_owned());
    assert_eq!(["X", "raw", "raw/X"].map(|name| session.layer_key(name)), [None, raw.clone(), raw]);
    assert_eq!([None, Some("raw"), Some("none")].map(|key| session.layer_name(key)), ["X", "raw/X", "none"]);
}

#[test]
fn a_view_goes_by_ids_and_is_shown_by_symbols_once_these_are_known() {
    let mut session = session();
    let view = ViewSpec::from_link("c=gene:LYZ&layer=raw&genes=LYZ,TBCE,E3&v=1").view;
    let before = session.named(&view).expect("the layer has another name");
    assert_eq!(
        (before.analysis.layer.as_deref(), before.analysis.color.clone()),
        (Some("raw/X"), ColorBy::Gene(GeneKey::new("LYZ")))
    );
    let texts = |texts: [&str; 3]| texts.map(str::to_owned).to_vec();
    let genes =
        Genes { ids: texts(["E1", "E2", "E3"]), symbols: Some(texts(["LYZ", "TBCE", "TBCE"])), ..<_>::default() };
    for layer in ["X", "raw/X"] {
        session.arrive(DataKey::GeneTable(layer.to_owned()), Slot::Ready(GeneTable::new(genes.clone()).into()));
    }
    let named = session.named(&view).expect("genes have other names");
    assert_eq!(named.analysis.color, ColorBy::Gene(GeneKey::new("E1")));
    assert_eq!(named.analysis.genes, ["E1", "TBCE", "E3"]);
    assert_eq!(session.named(&named), None);
    let labels = ["E1", "E3", "E9"].map(|gene| session.gene_label(&GeneKey::new(gene)));
    assert_eq!(labels, ["LYZ", "TBCE (E3)", "E9"]);
    assert_eq!(session.color_name(&named.analysis.color), "LYZ");
}

/// One step of a user's.
#[derive(Clone, Debug)]
enum Step {
    Brush(f32, f32),
    ClearBrush,
    Outline(u16, u16),
    ClearOutlines,
    Subset,
    Unsubset,
    Color(bool),
    Opacity(f32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0.0..200.0_f32, 0.0..30.0_f32).prop_map(|(from, width)| Step::Brush(from, from + width)),
        1 => Just(Step::ClearBrush),
        4 => (0..N_OBS as u16, 2..40_u16).prop_map(|(from, width)| Step::Outline(from, width)),
        1 => Just(Step::ClearOutlines),
        1 => Just(Step::Subset),
        1 => Just(Step::Unsubset),
        1 => any::<bool>().prop_map(Step::Color),
        1 => (0.0..1.0_f32).prop_map(Step::Opacity),
    ]
}

fn take(step: &Step, analysis: &mut Analysis, opacity: &mut f32) {
    let query = &mut analysis.query;
    match *step {
        Step::Brush(from, to) => {
            let range = Range::new(from, to).expect("it begins before it ends");
            query.filters.obs.insert("n_genes".to_owned(), ObsFilter::Range(range));
        }
        Step::ClearBrush => drop(query.filters.obs.remove("n_genes")),
        Step::Outline(from, width) => {
            let (from, to) = (f64::from(from) - 0.5, f64::from(from + width) + 0.5);
            let polygon = Polygon::rectangle((from, from), (to, to)).expect("it has an area");
            query.filters.selections.entry("X_umap".to_owned()).or_default().push(SelectionStep::Add(polygon));
        }
        Step::ClearOutlines => drop(query.filters.selections.insert("X_umap".to_owned(), Selection::default())),
        Step::Subset => query.subset.push(std::mem::take(&mut query.filters)),
        Step::Unsubset => query.filters = query.subset.pop().unwrap_or_default(),
        Step::Color(by_number) => {
            analysis.color = if by_number { ColorBy::Obs("n_genes".to_owned()) } else { ColorBy::None };
        }
        Step::Opacity(to) => *opacity = to,
    }
}

proptest! {
    #[test]
    fn painting_what_flipped_is_painting_all(steps in prop::collection::vec((step(), any::<bool>()), 1..20)) {
        let mut session = session();
        session.arrive(column("n_genes"), numbers((0..N_OBS).map(|cell| (cell * 37 % N_OBS) as f32)));
        session.arrive(embedding("X_umap"), Slot::Ready(diagonal().into()));
        let (mut analysis, mut opacity) = (Analysis::default(), 1.0);
        let mut painted = all_styles(&session);
        let _ = session.take_repaint();
        for (step, is_drawn) in steps {
            take(&step, &mut analysis, &mut opacity);
            session.follow(&analysis, opacity);
            // A frame may be late: then the changes of several steps add up.
            if !is_drawn {
                continue;
            }
            match session.take_repaint() {
                Repaint::Nothing => {}
                Repaint::Runs(runs) => {
                    for cell in runs.into_iter().flatten() {
                        painted[cell as usize] = session.paint().style(CellIdx(cell));
                    }
                }
                Repaint::All => painted = all_styles(&session),
            }
            prop_assert_eq!(&painted, &all_styles(&session));
        }
    }
}

fn one_run(run: std::ops::Range<u32>) -> Repaint {
    Repaint::Runs(std::iter::once(run).collect())
}

#[test]
fn a_brush_repaints_the_cells_that_it_flips_alone() {
    let mut session = session();
    session.arrive(column("n_genes"), numbers((0..N_OBS).map(|cell| cell as f32)));
    let mut analysis = Analysis::default();
    let mut brushed = |session: &mut Session, to: f32| {
        let range = Range::new(0.0, to).expect("it begins before it ends");
        analysis.query.filters.obs.insert("n_genes".to_owned(), ObsFilter::Range(range));
        session.follow(&analysis, 1.0);
        session.take_repaint()
    };
    assert_eq!(brushed(&mut session, 150.0), Repaint::All, "nothing is painted yet");
    assert_eq!(brushed(&mut session, 155.0), one_run(151..156));
    assert_eq!(brushed(&mut session, 155.0), Repaint::Nothing);
    assert_eq!(brushed(&mut session, 152.5), one_run(153..156));
    assert_eq!(brushed(&mut session, 10.0), Repaint::All, "so many flip that one pass is quicker");
    let bins = session.histogram(&DimensionKey::Obs("n_genes".to_owned())).expect("its values are there");
    assert_eq!(bins.counts.total.iter().sum::<u32>(), N_OBS as u32);
}
