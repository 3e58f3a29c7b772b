//! Arbitrary states and actions for property tests.

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use roaring::RoaringBitmap;

use crate::data::{CellRow, Orientation};
use crate::de::Adjustment;

use super::*;

/// Names that the grammar of links would trip over, and few enough for actions to meet.
const NAMES: [&str; 20] = [
    "",
    "a",
    "b",
    "louvain",
    "b,c",
    "-x",
    "-",
    "~",
    "~m",
    "~e",
    "a:b",
    "A&B=C",
    "é细胞🧬",
    "1..2",
    "%41%",
    "+ +",
    "#?/",
    "u0.f.x",
    "CD4+ T, naive.",
    "\u{0}\n\t\"'<>",
];

pub(super) fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(&NAMES[..]).prop_map(str::to_owned),
        1 => "\\PC{0,8}",
        1 => any::<String>().prop_map(|text| text.chars().take(6).collect()),
    ]
}

fn names() -> impl Strategy<Value = Vec<String>> {
    vec(name(), 0..5)
}

fn number() -> impl Strategy<Value = f32> {
    prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(f32::INFINITY),
        Just(f32::NEG_INFINITY),
        -10.0..10.0_f32,
        any::<f32>().prop_filter("a number", |number| !number.is_nan()),
    ]
}

fn range() -> impl Strategy<Value = Range> {
    (number(), number()).prop_map(|(a, b)| Range::new(a.min(b), a.max(b)).unwrap())
}

fn label() -> impl Strategy<Value = Label> {
    prop_oneof![4 => name().prop_map(Label::Named), 1 => Just(Label::Missing)]
}

fn label_filter() -> impl Strategy<Value = LabelFilter> {
    (any::<bool>(), btree_set(label(), 0..4))
        .prop_map(|(hide, labels)| if hide { LabelFilter::Hide(labels) } else { LabelFilter::Only(labels) })
}

pub(super) fn polygon() -> impl Strategy<Value = Polygon> {
    let outline =
        vec((-1e4..1e4_f64, -1e4..1e4_f64), 3..8).prop_filter_map("an area", |path| Polygon::from_path(&path, 0.0));
    let only = (name(), label()).prop_map(|(column, label)| ColumnLabel { column, label });
    let embeddings = option::weighted(0.3, (name(), name()));
    (outline, orientation(), embeddings, option::weighted(0.2, only)).prop_map(|(outline, orientation, moved, only)| {
        let outline = outline.seen_from(orientation).around(only);
        moved.map_or(outline.clone(), |(from, to)| outline.moved(&from, &to))
    })
}

fn selection() -> impl Strategy<Value = Selection> {
    let step = prop_oneof![
        polygon().prop_map(SelectionStep::Add),
        polygon().prop_map(SelectionStep::Subtract),
        polygon().prop_map(SelectionStep::Intersect),
        Just(SelectionStep::Invert),
    ];
    vec(step, 0..4).prop_map(Selection::from_iter)
}

fn layer() -> impl Strategy<Value = Option<String>> {
    option::weighted(0.3, name())
}

fn gene() -> impl Strategy<Value = GeneKey> {
    (layer(), name()).prop_map(|(layer, gene)| GeneKey { layer, gene })
}

fn set_value() -> impl Strategy<Value = SetValue> {
    prop_oneof![Just(SetValue::Mean), Just(SetValue::Score)]
}

fn mean() -> impl Strategy<Value = GeneMean> {
    (layer(), vec(name(), 1..4), set_value())
        .prop_map(|(layer, genes, value)| GeneMean::new(layer, genes).unwrap().as_value(value))
}

fn filters() -> impl Strategy<Value = Filters> {
    let obs = prop_oneof![label_filter().prop_map(ObsFilter::Labels), range().prop_map(ObsFilter::Range),];
    let obs = btree_map(name(), obs, 0..3);
    let ranges = (btree_map(gene(), range(), 0..2), btree_map(mean(), range(), 0..2));
    (obs, ranges, btree_map(name(), selection(), 0..2), option::weighted(0.2, cell_list()))
        .prop_map(|(obs, (genes, means), selections, cells)| Filters { obs, genes, means, selections, cells })
        // On the heap: a history of these would not fit on the stack of a test.
        .boxed()
}

pub(super) fn query() -> impl Strategy<Value = CellQuery> {
    (vec(filters(), 0..3), filters()).prop_map(|(subset, filters)| CellQuery { subset, filters })
}

fn universe() -> impl Strategy<Value = Vec<Filters>> {
    prop_oneof![2 => Just(Vec::new()), 1 => vec(filters(), 0..3)]
}

fn gene_set() -> impl Strategy<Value = GeneSet> {
    (name(), name(), names()).prop_map(|(name, description, genes)| GeneSet { name, description, genes })
}

fn cell_list() -> impl Strategy<Value = CellList> {
    btree_set(0..200_000_u32, 0..20).prop_map(|cells| CellList::new(RoaringBitmap::from_iter(cells)))
}

pub(super) fn cell_set() -> impl Strategy<Value = CellSet> {
    let source = prop_oneof![query().prop_map(CellSource::Query), cell_list().prop_map(CellSource::Cells)];
    (name(), source).prop_map(|(name, source)| CellSet { name, source })
}

/// Columns that a link has room for.
fn own_column() -> impl Strategy<Value = OwnColumn> {
    let cells = btree_set(0..1_000_u32, 0..8).prop_map(|rows| CellList::new(RoaringBitmap::from_iter(rows)));
    let color = option::of(any::<[u8; 3]>().prop_map(LabelColor));
    let label = (name(), cells, color).prop_map(|(name, cells, color)| OwnLabel { name, cells, color });
    (name(), vec(label, 0..3)).prop_map(|(name, labels)| OwnColumn::new(name, labels))
}

fn own_action() -> impl Strategy<Value = Action> {
    let cells = || btree_set(0..40_u32, 0..12).prop_map(|rows| CellList::new(RoaringBitmap::from_iter(rows)));
    prop_oneof![
        1 => vec(own_column(), 0..2).prop_map(Action::AddOwnColumns),
        3 => (name(), name(), cells()).prop_map(|(column, label, cells)| Action::LabelCells { column, label, cells }),
        1 => (name(), cells()).prop_map(|(column, cells)| Action::UnlabelCells { column, cells }),
        1 => (name(), name(), name()).prop_map(|(column, from, to)| Action::RenameOwnLabel { column, from, to }),
        1 => (name(), name(), name()).prop_map(|(column, from, into)| Action::MergeOwnLabels { column, from, into }),
        1 => (name(), name()).prop_map(|(column, label)| Action::RemoveOwnLabel { column, label }),
        1 => (name(), name()).prop_map(|(from, to)| Action::RenameOwnColumn { from, to }),
        1 => name().prop_map(Action::RemoveOwnColumn),
    ]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    let mode = prop::sample::select(TestMode::ALL.to_vec());
    let test = (mode, prop::sample::select(Adjustment::ALL.to_vec()));
    (name(), option::of(name()), test, layer(), universe()).prop_map(
        |(group, reference, (mode, adjustment), layer, universe)| {
            let reference = reference.map_or(Reference::Rest, Reference::Set);
            Comparison { group, reference, mode, adjustment, layer, universe }
        },
    )
}

fn color() -> impl Strategy<Value = ColorBy> {
    prop_oneof![
        Just(ColorBy::None),
        name().prop_map(ColorBy::Obs),
        gene().prop_map(ColorBy::Gene),
        (name(), layer(), set_value()).prop_map(|(set, layer, value)| ColorBy::GeneSet { set, layer, value }),
        (name(), name(), layer()).prop_map(|(a, b, layer)| ColorBy::TwoGenes { genes: [a, b], layer }),
    ]
}

fn color_options() -> impl Strategy<Value = ColorOptions> {
    let clip = (0.0..50.0_f32, 50.5..100.0_f32).prop_map(|(lower, upper)| Clip::new(lower, upper).unwrap());
    let clip = prop_oneof![Just(Clip::NONE), clip];
    let range = prop_oneof![Just(Range::ALL), range()];
    let order = prop::sample::select(vec![CellOrder::Highest, CellOrder::Lowest, CellOrder::Random]);
    (option::of(name()), range, any::<bool>(), any::<bool>(), clip, order).prop_map(
        |(colormap, range, log, zeros_gray, clip, order)| ColorOptions {
            colormap,
            range,
            log,
            zeros_gray,
            clip,
            order,
        },
    )
}

/// Half of them not turned.
fn orientation() -> impl Strategy<Value = Orientation> {
    prop_oneof![
        Just(Orientation::FRONT),
        prop::array::uniform4(-1.0..1.0_f64).prop_filter_map("a length", Orientation::new),
    ]
}

fn camera() -> impl Strategy<Value = Camera> {
    let coordinate = || prop_oneof![-100.0..100.0_f64, -1e100..1e100_f64, -1e-9..1e-9_f64];
    let width = (-99.0..99.0_f64).prop_map(|power| 10_f64.powf(power));
    let width = prop_oneof![1e-3..1e4_f64, width, Just(1.0), Just(9.999_999)];
    (coordinate(), coordinate(), width).prop_map(|(x, y, width)| Camera::new(x, y, width).unwrap())
}

fn points() -> impl Strategy<Value = PointStyle> {
    (option::of(0.0..200.0_f32), 0.0..1.0_f32).prop_map(|(size, opacity)| PointStyle::new(size, opacity))
}

fn tool() -> impl Strategy<Value = Tool> {
    prop::sample::select(vec![Tool::Pan, Tool::Lasso, Tool::Rectangle, Tool::Orbit])
}

fn theme() -> impl Strategy<Value = Theme> {
    prop::sample::select(vec![Theme::System, Theme::Light, Theme::Dark])
}

fn side() -> impl Strategy<Value = Side> {
    prop::sample::select(vec![Side::Left, Side::Right])
}

fn analysis() -> impl Strategy<Value = Analysis> {
    (
        (color(), color_options(), layer(), btree_set(name(), 0..3), query()),
        names(),
        vec(gene_set(), 0..3),
        vec(cell_set(), 0..5),
        vec(comparison(), 0..3),
        vec(own_column(), 0..3),
    )
        .prop_map(|(first, genes, gene_sets, cell_sets, comparisons, own_columns)| {
            let (color, color_options, layer, as_labels, query) = first;
            Analysis {
                color,
                color_options,
                layer,
                as_labels,
                query,
                genes,
                gene_sets,
                cell_sets,
                comparisons,
                own_columns,
            }
        })
}

pub(crate) fn view() -> BoxedStrategy<ViewSpec> {
    let layout =
        (any::<bool>(), any::<bool>(), (any::<bool>(), any::<bool>()), btree_set(name(), 0..3), any::<bool>(), theme());
    let asked = prop_oneof![
        markers().prop_map(ResultPanel::Markers),
        plot().prop_map(ResultPanel::Plot),
        inquiry().prop_map(ResultPanel::Inquiry),
    ];
    let widths_px = (option::of(any::<u16>()), option::of(any::<u16>()));
    let layout = (layout, option::of(asked), widths_px, any::<bool>(), comparison_view());
    (option::of(name()), analysis().boxed(), vec(panel(), 1..4), tool(), layout)
        .prop_map(
            |(
                dataset,
                analysis,
                panels,
                tool,
                (
                    (left, right, (labels, density), expanded, shown, theme),
                    asked,
                    (left_px, right_px),
                    linked,
                    of_comparison,
                ),
            )| {
                let open = analysis.comparisons.last().filter(|_| shown).cloned().map(ResultPanel::Comparison);
                let result = open.or(asked);
                let layout = Layout {
                    left,
                    right,
                    left_px,
                    right_px,
                    labels,
                    linked,
                    density,
                    expanded,
                    result,
                    comparison: of_comparison,
                    theme,
                };
                let panels = Panels::new(panels).expect("one is not none");
                ViewSpec { dataset, analysis, panels, tool, layout }
            },
        )
        .boxed()
}

fn panel() -> impl Strategy<Value = Panel> {
    let only = (name(), label()).prop_map(|(column, label)| ColumnLabel { column, label });
    (panel_kind(), option::of(camera()), orientation(), points(), tissue(), option::of(only)).prop_map(
        |(kind, camera, orientation, points, tissue, only)| Panel { kind, camera, orientation, points, tissue, only },
    )
}

fn tissue() -> impl Strategy<Value = TissueImage> {
    (option::of(name()), 0.0..=1.0_f32).prop_map(|(library, opacity)| TissueImage { library, opacity })
}

fn panel_kind() -> impl Strategy<Value = PanelKind> {
    prop_oneof![
        2 => option::of(name()).prop_map(PanelKind::Embedding),
        1 => scatter().prop_map(PanelKind::Scatter),
    ]
}

pub(super) fn scatter() -> impl Strategy<Value = Scatter> {
    let axis = || prop_oneof![name().prop_map(Axis::Obs), gene().prop_map(Axis::Gene)];
    (axis(), axis()).prop_map(|(x, y)| Scatter { x, y })
}

/// A panel that there is, or one that is not open.
fn panel_idx() -> impl Strategy<Value = PanelIdx> {
    prop_oneof![6 => Just(PanelIdx::FIRST), 3 => (1..3_u32).prop_map(PanelIdx), 1 => any::<u32>().prop_map(PanelIdx)]
}

fn panel_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        (panel_idx(), option::of(name())).prop_map(|(panel, embedding)| Action::SetEmbedding { panel, embedding }),
        (panel_idx(), scatter()).prop_map(|(panel, scatter)| Action::SetScatter { panel, scatter }),
        panel().prop_map(Action::AddPanel),
        panel_idx().prop_map(Action::ClosePanel),
        panel_idx().prop_map(Action::KeepPanel),
        (panel_idx(), name(), vec(label(), 0..4)).prop_map(|(panel, column, labels)| Action::SplitPanels {
            panel,
            column,
            labels
        }),
        panel_idx().prop_map(Action::FocusPanel),
        Just(Action::ToggleLinked),
        (panel_idx(), option::of(camera())).prop_map(|(panel, camera)| Action::SetCamera { panel, camera }),
        (panel_idx(), orientation()).prop_map(|(panel, orientation)| Action::SetOrientation { panel, orientation }),
        (panel_idx(), points()).prop_map(|(panel, style)| Action::SetPointStyle { panel, style }),
        (panel_idx(), tissue()).prop_map(|(panel, tissue)| Action::SetTissue { panel, tissue }),
    ]
    .boxed()
}

fn result() -> impl Strategy<Value = ResultPanel> {
    prop_oneof![
        comparison().prop_map(ResultPanel::Comparison),
        markers().prop_map(ResultPanel::Markers),
        plot().prop_map(ResultPanel::Plot),
        inquiry().prop_map(ResultPanel::Inquiry),
    ]
}

fn inquiry() -> impl Strategy<Value = Inquiry> {
    let about = prop_oneof![Just(About::Cells), name().prop_map(About::Gene), name().prop_map(About::Column),];
    (about, option::of(name()), query()).prop_map(|(about, layer, cells)| Inquiry { about, layer, cells })
}

fn comparison_view() -> impl Strategy<Value = ComparisonView> {
    let chosen = (prop::sample::select(ChosenDirection::ALL.to_vec()), 0.0..1.0_f64, 0.0..4.0_f64)
        .prop_map(|(direction, max_pval, min_effect)| ChosenGenes { direction, max_pval, min_effect });
    let sets =
        (prop::sample::select(EnrichmentBy::ALL.to_vec()), chosen, any::<bool>()).prop_map(|(by, chosen, is_usual)| {
            Enrichment { by, chosen: if is_usual { ChosenGenes::default() } else { chosen } }
        });
    let plot = prop::sample::select(ComparisonPlot::ALL.to_vec());
    (plot, option::of(0..4_u32), option::of(name()), option::of(sets))
        .prop_map(|(plot, with, gene, sets)| ComparisonView { plot, with, gene, sets })
}

fn plot() -> impl Strategy<Value = Plot> {
    let options = (
        prop::sample::select(PlotKind::ALL.to_vec()),
        prop_oneof![Just(PlotScale::Values), Just(PlotScale::PerGene)],
        prop_oneof![Just(PlotMean::All), Just(PlotMean::Expressing)],
        prop_oneof![Just(PlotOrder::Given), Just(PlotOrder::Clustered)],
    );
    let groups = (vec(name(), 0..3), option::of(name()));
    (options, name(), option::of(name()), vec(name(), 0..4), option::of(name()), groups, universe()).prop_map(
        |((kind, scale, mean, order), by, then, genes, layer, (groups, samples), universe)| Plot {
            kind,
            by,
            then,
            genes,
            layer,
            scale,
            mean,
            order,
            groups,
            samples,
            universe,
        },
    )
}

fn markers() -> impl Strategy<Value = Markers> {
    let rank = prop_oneof![Just(MarkerOrder::Score), Just(MarkerOrder::Effect)];
    (name(), rank, universe()).prop_map(|(column, rank, universe)| Markers { column, rank, universe })
}

fn dimension() -> impl Strategy<Value = DimensionKey> {
    prop_oneof![
        name().prop_map(DimensionKey::Obs),
        gene().prop_map(DimensionKey::Gene),
        mean().prop_map(DimensionKey::Mean),
        name().prop_map(DimensionKey::Selection),
        Just(DimensionKey::Cells),
        (0..3_usize).prop_map(DimensionKey::Subset),
    ]
}

fn hover() -> impl Strategy<Value = Hover> {
    prop_oneof![
        any::<u32>().prop_map(|cell| Hover::Cell(CellRow(cell))),
        (name(), label()).prop_map(|(column, label)| Hover::Label { column, label }),
    ]
}

fn select_mode() -> impl Strategy<Value = SelectMode> {
    prop::sample::select(vec![SelectMode::Replace, SelectMode::Add, SelectMode::Subtract, SelectMode::Intersect])
}

fn filter_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        name().prop_map(Action::ToggleAsLabels),
        (name(), label()).prop_map(|(column, label)| Action::ToggleLabel { column, label }),
        (name(), label_filter()).prop_map(|(column, filter)| Action::SetLabels { column, filter }),
        (name(), option::of(range())).prop_map(|(column, range)| Action::SetRange { column, range }),
        (gene(), option::of(range())).prop_map(|(gene, range)| Action::SetGeneRange { gene, range }),
        (mean(), option::of(range())).prop_map(|(mean, range)| Action::SetMeanRange { mean, range }),
        (name(), select_mode(), polygon()).prop_map(|(embedding, mode, polygon)| Action::Select {
            embedding,
            mode,
            polygon
        }),
        Just(Action::InvertSelection {}),
        dimension().prop_map(Action::ClearFilter),
        Just(Action::ClearFilters),
        Just(Action::Subset),
        Just(Action::Unsubset),
        (0..3_usize).prop_map(Action::UnsubsetTo),
    ]
    .boxed()
}

fn gene_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        gene().prop_map(Action::ShowGene),
        names().prop_map(Action::AddGenes),
        name().prop_map(Action::RemoveGene),
        vec(gene_set(), 0..3).prop_map(Action::AddGeneSets),
        (name(), name()).prop_map(|(from, to)| Action::RenameGeneSet { from, to }),
        (name(), name()).prop_map(|(name, description)| Action::DescribeGeneSet { name, description }),
        (name(), names()).prop_map(|(name, genes)| Action::AddToGeneSet { name, genes }),
        (name(), name()).prop_map(|(name, gene)| Action::RemoveFromGeneSet { name, gene }),
        name().prop_map(Action::RemoveGeneSet),
    ]
    .boxed()
}

fn set_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        2 => name().prop_map(|name| Action::SaveCellSet { name }),
        2 => cell_set().prop_map(Action::AddCellSet),
        1 => name().prop_map(Action::SelectCellSet),
        1 => cell_set().prop_map(Action::AddAndSelectCellSet),
        1 => (name(), name()).prop_map(|(from, to)| Action::RenameCellSet { from, to }),
        1 => name().prop_map(Action::RemoveCellSet),
        3 => comparison().prop_map(Action::Compare),
        1 => (cell_set(), cell_set(), option::of(name()))
            .prop_map(|(group, reference, layer)| Action::CompareSets { sets: [group, reference], layer }),
        1 => (cell_set(), any::<bool>(), option::of(name())).prop_map(|(set, by_samples, layer)| Action::CompareWithRest {
            set,
            mode: if by_samples { TestMode::Samples } else { TestMode::Welch },
            layer,
        }),
        1 => comparison().prop_map(Action::RemoveComparison),
        1 => (comparison(), comparison()).prop_map(|(from, to)| Action::ChangeComparison { from, to }),
        1 => comparison_view().prop_map(Action::SetComparisonView),
        2 => option::of(result()).prop_map(Action::ShowResult),
    ]
    .boxed()
}

fn view_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        Just(Action::Undo),
        Just(Action::Redo),
        Just(Action::EndDrag),
        name().prop_map(Action::OpenDataset),
        view().prop_map(|view| Action::Restore(Box::new(view))),
        tool().prop_map(Action::SetTool),
        select_mode().prop_map(Action::SetSelectMode),
        color().prop_map(Action::SetColor),
        color_options().prop_map(Action::SetColorOptions),
        layer().prop_map(Action::SetLayer),
        side().prop_map(Action::ToggleSidebar),
        (side(), option::of(any::<u16>())).prop_map(|(side, width_px)| Action::SetSidebarWidth { side, width_px }),
        name().prop_map(Action::ToggleExpanded),
        Just(Action::ToggleLabels),
        Just(Action::ToggleDensity),
        name().prop_map(Action::ToggleOnCard),
        prop_oneof![Just(LetterKeys::On), Just(LetterKeys::Off)].prop_map(Action::SetLetterKeys),
        theme().prop_map(Action::SetTheme),
        option::of(hover()).prop_map(Action::Hover),
        option::of(side()).prop_map(Action::SetDrawer),
    ]
    .boxed()
}

/// Any action.
pub(super) fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        // On the heap: all alternatives together are more than a test's stack holds.
        3 => filter_action().boxed(),
        1 => gene_action().boxed(),
        1 => panel_action().boxed(),
        2 => set_action().boxed(),
        2 => own_action().boxed(),
        2 => view_action().boxed(),
    ]
}

/// Any action that stays on the dataset.
pub(super) fn action_on_data() -> impl Strategy<Value = Action> {
    action().prop_filter("on the same dataset", |action| !matches!(action, Action::OpenDataset(_) | Action::Restore(_)))
}

/// A history that any actions led to.
pub(super) fn history() -> impl Strategy<Value = History> {
    (view(), vec(action_on_data(), 0..12)).prop_map(|(view, actions)| {
        let view = view.canonical();
        let mut history = History::new(AppState { view, transient: Transient::default() });
        for action in actions {
            history.dispatch(action);
        }
        history
    })
}
