//! Sets of single cells, colors of two genes, percentiles, the palette.

use super::*;
use crate::{
    color::opaque,
    data::CellRows,
    filter::Domain,
    screen::{Bars, LegendModel},
    state::{Action, AppState, CellOrder, CellSet, Clip, ColorOptions, Command, reduce},
};

#[test]
fn sets_of_cells_select_filter_and_combine() {
    let mut session = session();
    session.arrive(DataKey::Rows, Slot::Ready(CellRows::new((0..N_OBS as u32).rev().collect()).unwrap().into()));
    let set = |name: &str, cells: &[u32]| {
        let cells: Vec<CellIdx> = cells.iter().copied().map(CellIdx).collect();
        session.set_of_cells(name, &cells, &Analysis::default()).unwrap()
    };
    let add = |state, set| reduce(state, Action::AddCellSet(set));
    let state = [set("a", &[0, 1, 2]), set("b", &[2, 3])].into_iter().fold(AppState::default(), add);
    let analysis = &state.view.analysis;
    for (operation, name, cells) in [
        (SetOperation::Union, "a ∪ b", vec![0, 1, 2, 3]),
        (SetOperation::Intersection, "a ∩ b", vec![2]),
        (SetOperation::Difference, "a − b", vec![0, 1]),
    ] {
        let combined = session.combined_set("a", operation, "b", analysis).unwrap();
        let found: Vec<u32> = session.cells_of(&combined.source).unwrap().iter().map(|CellIdx(cell)| cell).collect();
        assert_eq!((combined.name.as_str(), found), (name, cells));
    }
    assert_eq!(session.combined_set("a", SetOperation::Union, "c", analysis), None);

    let listed = session.set_of_cells("Listed cells", &[CellIdx(5)], analysis).unwrap();
    let state = reduce(state, Action::AddAndSelectCellSet(listed.clone()));
    let other = |cell| session.set_of_cells("Listed cells", &[CellIdx(cell)], &state.view.analysis).unwrap();
    assert_eq!(other(5), listed);
    assert_eq!([&listed.name, &other(6).name], ["Listed cells", "Listed cells 1"]);
    session.follow(&state.view.analysis, 1.0);
    assert_eq!(session.selected().iter().collect::<Vec<_>>(), [CellIdx(5)]);
    let told = session.active_filters(&state.view.analysis.query, None);
    assert_eq!([&told[0].place, &told[0].text], ["list", "1 cell"]);
    let state = reduce(state, Action::ClearFilter(DimensionKey::Cells));
    session.follow(&state.view.analysis, 1.0);
    assert_eq!(session.numbers().0, N_OBS as u64);
}

#[test]
fn two_genes_are_painted_when_both_are_there_and_what_is_on_top_is_chosen() {
    let mut session = session();
    let by_both = |order| Analysis {
        color: ColorBy::TwoGenes { genes: ["A", "B"].map(str::to_owned), layer: None },
        color_options: ColorOptions { order, ..ColorOptions::default() },
        ..Analysis::default()
    };
    let values = |high: usize| numbers((0..N_OBS).map(|cell| if cell == high { 4.0 } else { 0.0 }));
    session.arrive(gene("A"), values(1));
    session.follow(&by_both(CellOrder::Highest), 1.0);
    assert_eq!(session.color_status(), ColorStatus::Loading);
    session.arrive(gene("B"), values(2));
    session.follow(&by_both(CellOrder::Highest), 1.0);
    assert_eq!(session.color_status(), ColorStatus::Shown);
    let LegendModel::TwoNumbers { titles, ranges, colors, .. } = legend(session.colors()) else { panic!("two genes") };
    assert_eq!((titles, ranges), (["A", "B"].map(str::to_owned), [Some([0.0, 4.0]); 2]));
    let told = session.value_of(&by_both(CellOrder::Highest), CellIdx(1));
    assert_eq!(told.as_deref(), Some("4.000 and 0"));
    let color = |session: &Session, cell| {
        opaque(session.paint().table[usize::from(session.paint().style(CellIdx(cell)).color)])
    };
    let steps = colors.len().isqrt();
    assert_eq!([color(&session, 0), color(&session, 2)], [colors[0], colors[steps - 1]]);
    assert_eq!(color(&session, 1), colors[steps * (steps - 1)]);

    let priorities = |session: &Session| [0, 1].map(|cell| session.paint().style(CellIdx(cell)).priority);
    assert_eq!(priorities(&session), [0, 127]);
    session.follow(&by_both(CellOrder::Lowest), 1.0);
    assert_eq!(priorities(&session), [254, 127]);
    session.follow(&by_both(CellOrder::Random), 1.0);
    assert_eq!(priorities(&session), [0, 0]);
}

#[test]
fn histograms_span_and_count_what_percentiles_leave() {
    let mut session = session();
    session.arrive(column("n_genes"), numbers((0..N_OBS).map(|cell| cell as f32)));
    let key = DimensionKey::Obs("n_genes".to_owned());
    let clipped = |clip| Analysis { color_options: ColorOptions { clip, ..<_>::default() }, ..Analysis::default() };
    session.follow(&Analysis::default(), 1.0);
    let all = session.histogram(&key).unwrap();
    let changes = session.follow(&clipped(Clip::new(10.0, 90.0).unwrap()), 1.0);
    assert!(changes.selection, "histograms are to be counted anew");
    let some = session.histogram(&key).unwrap();
    // Of 0 to 199 the percentiles are 19.9 and 179.1.
    assert_eq!(some.domain, Some(Domain { min: 20.0, max: 179.0 }));
    // The zero stands aside.
    let n_of = |counts: &BinCounts| {
        let bars = Bars::from(counts.clone());
        (bars.total.iter().sum::<u32>(), bars.in_aside.total, bars.beyond.total, bars.missing.total)
    };
    assert_eq!((n_of(&all), n_of(&some)), ((199, 1, 0, 0), (160, 1, 39, 0)));
    session.follow(&Analysis::default(), 1.0);
    assert_eq!(session.histogram(&key), Some(all));
}

#[test]
fn the_palette_finds_what_has_a_name() {
    let mut session = session();
    let labels = Categories { labels: ["gene poor", "B"].map(str::to_owned).to_vec(), ..<_>::default() };
    session.arrive(DataKey::Categories("louvain".to_owned()), Slot::Ready(labels.into()));
    let set = CellSet { name: "genesis".to_owned(), source: CellSource::Query(<_>::default()) };
    let analysis = Analysis { cell_sets: vec![set], ..Analysis::default() };
    let elsewhere = [PaletteHit::dataset("d/genes".to_owned(), "gene atlas")];
    let found = |query: &str| -> Vec<PaletteItem> {
        session.palette(query, &analysis, &elsewhere, 10).into_iter().map(|hit| hit.item).collect()
    };
    let label = PaletteItem::Label { column: "louvain".to_owned(), label: Label::named("gene poor") };
    assert_eq!(
        found("GENE"),
        [
            PaletteItem::Command(Command::ToggleRightSidebar),
            PaletteItem::CellSet("genesis".to_owned()),
            label,
            PaletteItem::Dataset("d/genes".to_owned()),
            PaletteItem::Command(Command::CorrelateGenes),
            PaletteItem::Command(Command::SearchGene),
            PaletteItem::Column("n_genes".to_owned()),
        ]
    );
    assert_eq!(found("no such thing"), []);
    assert!(found("").iter().all(|item| matches!(item, PaletteItem::Command(_))));
}
