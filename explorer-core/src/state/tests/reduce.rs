//! What actions do.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::de::Adjustment;
use crate::state::history::Step;
use crate::state::strategies::{action, history};
use crate::state::*;

fn after(actions: impl IntoIterator<Item = Action>) -> AppState {
    actions.into_iter().fold(AppState::default(), reduce)
}

fn hide(column: &str, label: &str) -> Action {
    Action::ToggleLabel { column: column.to_owned(), label: Label::named(label) }
}

fn save(name: &str) -> Action {
    Action::SaveCellSet { name: name.to_owned() }
}

fn compared(group: &str, reference: Reference) -> Comparison {
    Comparison {
        group: group.to_owned(),
        reference,
        mode: TestMode::Welch,
        adjustment: Adjustment::default(),
        layer: None,
        universe: Vec::new(),
    }
}

fn with(reference: &str) -> Reference {
    Reference::Set(reference.to_owned())
}

fn expression(gene: &str) -> Action {
    Action::SetGeneRange { gene: GeneKey::new(gene), range: Range::new(1.0, 2.0) }
}

#[test]
fn showing_every_label_again_removes_the_filter() {
    let state = after([hide("louvain", "B"), hide("louvain", "T")]);
    assert_eq!(state.active_dimensions().len(), 1);
    let state = [hide("louvain", "B"), hide("louvain", "T")].into_iter().fold(state, reduce);
    assert_eq!(state, AppState::default());
}

#[test]
fn a_gene_is_shown_listed_and_colored_in_one_layer() {
    let raw = GeneKey { layer: Some("raw".to_owned()), gene: "LYZ".to_owned() };
    let analysis = after([Action::AddGenes(vec!["CD3D".to_owned()]), Action::ShowGene(raw.clone())]).view.analysis;
    assert_eq!(analysis.genes, ["CD3D", "LYZ"]);
    assert_eq!(analysis.layer, raw.layer);
    assert_eq!(analysis.color, ColorBy::Gene(raw));
}

#[test]
fn unsubset_restores_what_subset_took() {
    let before = after([hide("louvain", "B"), Action::Subset, hide("louvain", "T")]);
    let state = reduce(before.clone(), Action::Subset);
    assert_eq!(state.view.analysis.query.subset.len(), 2);
    assert!(state.view.analysis.query.filters.is_empty());
    assert_eq!(reduce(state, Action::Unsubset), before);
}

#[test]
fn a_step_of_the_subset_is_gone_back_to_with_its_filters() {
    let first = after([hide("louvain", "B")]);
    let second = [Action::Subset, hide("louvain", "T")].into_iter().fold(first.clone(), reduce);
    let third = [Action::Subset, expression("CD3D"), Action::Subset].into_iter().fold(second.clone(), reduce);
    assert_eq!(third.view.analysis.query.subset.len(), 3);
    let back = |n_levels| reduce(third.clone(), Action::UnsubsetTo(n_levels));
    assert_eq!((back(0), back(1), back(2)), (first, second, reduce(third.clone(), Action::Unsubset)));
    assert_eq!(back(3), third, "it is the innermost one");
}

#[test]
fn columns_stand_on_the_card_in_the_order_that_they_were_chosen_in() {
    let toggle = |column: &str| Action::ToggleOnCard(column.to_owned());
    let state = after(["phase", "louvain", "donor", "louvain"].map(toggle));
    assert_eq!(state.transient.card, ["phase", "donor"]);
}

#[test]
fn outlines_replace_add_subtract_and_invert() {
    let select = |mode, at: f64| Action::Select {
        embedding: "X_umap".to_owned(),
        mode,
        polygon: Polygon::rectangle((at, at), (at + 1.0, at + 1.0)).unwrap(),
    };
    let invert = Action::InvertSelection {};
    let state = after([
        invert.clone(),
        select(SelectMode::Replace, 0.0),
        select(SelectMode::Add, 1.0),
        select(SelectMode::Subtract, 2.0),
        invert,
    ]);
    let steps = state.view.analysis.query.filters.selections["X_umap"].steps();
    assert!(matches!(
        steps,
        [SelectionStep::Add(_), SelectionStep::Add(_), SelectionStep::Subtract(_), SelectionStep::Invert]
    ));
    let state = reduce(state, select(SelectMode::Intersect, 2.5));
    let steps = state.view.analysis.query.filters.selections["X_umap"].steps();
    assert!(matches!(steps.last(), Some(SelectionStep::Intersect(_))));
    let state = reduce(state, select(SelectMode::Replace, 3.0));
    let steps = state.view.analysis.query.filters.selections["X_umap"].steps();
    assert!(matches!(steps, [SelectionStep::Add(_)]));
}

#[test]
fn what_an_outline_does_is_chosen_for_the_selection_there_is() {
    let polygon = Polygon::rectangle((0.0, 0.0), (1.0, 1.0)).unwrap();
    let select = Action::Select { embedding: "X_umap".to_owned(), mode: SelectMode::Replace, polygon };
    let state = after([Action::SetSelectMode(SelectMode::Subtract)]);
    assert_eq!(state.select_mode(), SelectMode::Replace);
    assert_eq!(reduce(state, select).select_mode(), SelectMode::Subtract);
}

#[test]
fn comparisons_follow_their_sets() {
    let missing = after([Action::Compare(compared("a", Reference::Rest))]);
    assert_eq!(missing, AppState::default());
    let itself = after([save("a"), Action::Compare(compared("a", with("a")))]);
    assert_eq!(itself, after([save("a")]));

    let state = after([save("a"), save("b"), Action::Compare(compared("a", with("b")))]);
    assert_eq!(state.view.shown_comparison(), Some(&compared("a", with("b"))));
    let taken = Action::RenameCellSet { from: "b".to_owned(), to: "a".to_owned() };
    assert_eq!(reduce(state.clone(), taken), state);
    let rename = Action::RenameCellSet { from: "b".to_owned(), to: "c".to_owned() };
    let state = reduce(state, rename);
    assert_eq!(state.view.analysis.comparisons, [compared("a", with("c"))]);
    assert_eq!(state.view.shown_comparison(), Some(&compared("a", with("c"))));
    let state = reduce(state, Action::RemoveCellSet("c".to_owned()));
    assert!(state.view.analysis.comparisons.is_empty());
}

#[test]
fn a_set_is_saved_and_compared_with_the_rest_of_what_is_in_view_in_one_step() {
    let mut history = History::new(after([hide("louvain", "B"), Action::Subset]));
    let subset = history.present().view.analysis.query.subset.clone();
    let set = CellSet { name: "mine".to_owned(), source: CellSource::Query(CellQuery::default()) };
    let layer = Some("raw/X".to_owned());
    history.dispatch(Action::CompareWithRest { set, mode: TestMode::Samples, layer: layer.clone() });
    let asked = Comparison { mode: TestMode::Samples, layer, universe: subset, ..compared("mine", Reference::Rest) };
    assert_eq!(history.present().view.shown_comparison(), Some(&asked));
    // Leaving the subset leaves the question as it was asked.
    history.dispatch(Action::Unsubset);
    assert_eq!(history.present().view.shown_comparison(), Some(&asked));
    assert_eq!(history.present().view.analysis.comparisons, [asked]);
    history.undo();
    history.undo();
    assert!(history.present().view.analysis.cell_sets.is_empty());
}

#[test]
fn one_result_is_open_at_a_time() {
    let markers = Markers { column: "louvain".to_owned(), rank: MarkerOrder::Effect, universe: Vec::new() };
    let compare = Action::Compare(compared("a", Reference::Rest));
    let markers = ResultPanel::Markers(markers);
    let state = after([save("a"), compare.clone(), Action::ShowResult(Some(markers.clone()))]);
    assert_eq!(state.view.layout.result, Some(markers.clone()));
    let shown = ResultPanel::Comparison(compared("a", Reference::Rest));
    for action in [compare, Action::ShowResult(Some(shown.clone()))] {
        let state = reduce(state.clone(), action);
        assert_eq!(state.view.layout.result, Some(shown.clone()));
    }
    let unknown = ResultPanel::Comparison(compared("b", Reference::Rest));
    assert_eq!(reduce(state.clone(), Action::ShowResult(Some(unknown))), state);
    assert_eq!(reduce(state, Action::ShowResult(None)).view.layout.result, None);
}

#[test]
fn a_saved_set_selects_its_cells_again() {
    let state = after([hide("louvain", "B"), Action::Subset, expression("CD3D"), save("mine")]);
    let query = state.view.analysis.query.clone();
    let cleared = [Action::ClearFilters, Action::Unsubset, Action::ClearFilters].into_iter().fold(state, reduce);
    assert!(cleared.active_dimensions().is_empty());
    let state = reduce(cleared, Action::SelectCellSet("mine".to_owned()));
    assert_eq!(state.view.analysis.query, query);
}

#[test]
fn a_filter_on_a_gene_goes_when_nothing_shows_the_gene() {
    let set = GeneSet { name: "T".to_owned(), description: String::new(), genes: vec!["CD3D".to_owned()] };
    let add = Action::AddGenes(vec!["CD3D".to_owned(), "CD3D".to_owned()]);
    let state = after([add, Action::AddGeneSets(vec![set]), expression("CD3D"), expression("MS4A1")]);
    assert_eq!(state.view.analysis.genes, ["CD3D"]);
    let state = reduce(state, Action::RemoveGene("CD3D".to_owned()));
    assert_eq!(state.active_dimensions().len(), 2);
    let state = reduce(state, Action::RemoveGeneSet("T".to_owned()));
    let keys: Vec<_> = state.active_dimensions().into_iter().map(|filter| filter.key).collect();
    assert_eq!(keys, [DimensionKey::Gene(GeneKey::new("MS4A1"))]);
}

#[test]
fn filter_and_color_follow_a_gene_set() {
    let set = |name: &str, genes: &[&str]| GeneSet {
        name: name.to_owned(),
        description: String::new(),
        genes: genes.iter().map(|&gene| gene.to_owned()).collect(),
    };
    let mean = |genes: &[&str]| GeneMean::new(None, genes.iter().map(|&gene| gene.to_owned())).unwrap();
    let by = |set: &str, layer: Option<&str>| ColorBy::GeneSet {
        set: set.to_owned(),
        layer: layer.map(str::to_owned),
        value: SetValue::Mean,
    };
    let filtered = |state: &AppState| state.view.analysis.query.filters.means.keys().cloned().collect::<Vec<_>>();
    let nothing = after([Action::SetColor(by("T", None))]);
    assert_eq!(nothing, AppState::default());
    let state = after([
        Action::AddGeneSets(vec![set("T", &["CD3E", "CD3D"]), set("same", &["CD3D", "CD3E"])]),
        Action::SetColor(by("T", None)),
        Action::SetMeanRange { mean: mean(&["CD3D", "CD3E"]), range: Range::new(1.0, 2.0) },
    ]);
    assert_eq!(state.view.analysis.color_mean(), Some(mean(&["CD3D", "CD3E"])));
    let state = reduce(state, Action::RenameGeneSet { from: "T".to_owned(), to: "T cells".to_owned() });
    assert_eq!(state.view.analysis.color, by("T cells", None));
    let add = |name: &str| Action::AddToGeneSet { name: name.to_owned(), genes: vec!["CD3G".to_owned()] };
    let one = reduce(state, add("T cells"));
    // The other set still has the genes of the filter.
    assert_eq!(filtered(&one), [mean(&["CD3D", "CD3E"])]);
    let both = reduce(one, add("same"));
    assert_eq!(filtered(&both), [mean(&["CD3D", "CD3E", "CD3G"])]);
    let raw = reduce(both, Action::SetLayer(Some("raw".to_owned())));
    assert_eq!(raw.view.analysis.color, by("T cells", Some("raw")));
    let gone = ["T cells", "same"].map(|name| Action::RemoveGeneSet(name.to_owned())).into_iter().fold(raw, reduce);
    assert_eq!(gone.view.analysis.color, ColorBy::None);
    assert!(filtered(&gone).is_empty());
}

#[test]
fn a_gene_that_colors_follows_the_layer() {
    let options = ColorOptions { range: Range::new(0.0, 5.0).unwrap(), ..Default::default() };
    let raw = Some("raw".to_owned());
    let state = after([
        Action::SetColor(ColorBy::Gene(GeneKey::new("CD3D"))),
        Action::SetColorOptions(options),
        expression("CD3D"),
        Action::SetLayer(raw.clone()),
    ]);
    let gene = GeneKey { layer: raw, gene: "CD3D".to_owned() };
    assert_eq!(state.view.analysis.color, ColorBy::Gene(gene));
    assert_eq!(state.view.analysis.color_options.range, Range::ALL);
    assert_eq!(state.active_dimensions()[0].key, DimensionKey::Gene(GeneKey::new("CD3D")));
}

#[test]
fn opening_a_dataset_keeps_the_look() {
    let state = after([
        Action::SetTheme(Theme::Dark),
        Action::ToggleSidebar(Side::Left),
        Action::ToggleExpanded("louvain".to_owned()),
        hide("louvain", "B"),
        Action::OpenDataset("other".to_owned()),
    ]);
    assert_eq!(state.view.layout.theme, Theme::Dark);
    assert!(!state.view.layout.left && state.view.layout.expanded.is_empty());
    assert!(state.active_dimensions().is_empty());
    let color = Action::SetColor(ColorBy::Obs("louvain".to_owned()));
    let state = reduce(state, color);
    assert_eq!(reduce(state.clone(), Action::OpenDataset("other".to_owned())), state);
}

#[test]
fn a_view_needs_what_it_shows() {
    let state = after([
        Action::SetEmbedding { panel: PanelIdx::FIRST, embedding: Some("X_umap".to_owned()) },
        Action::SetColor(ColorBy::Obs("louvain".to_owned())),
        Action::AddGenes(vec!["CD3D".to_owned()]),
        hide("phase", "S"),
        save("mine"),
        Action::ClearFilters,
        Action::ToggleExpanded("batch".to_owned()),
    ]);
    let column = |name: &str| DataKey::Column(name.to_owned());
    let expected = [
        column("batch"),
        column("louvain"),
        DataKey::Gene(GeneKey::new("CD3D")),
        DataKey::Embedding("X_umap".to_owned()),
    ];
    assert_eq!(state.view.needs(), expected.into());
    let state = reduce(state, Action::Compare(compared("mine", Reference::Rest)));
    assert!(state.view.needs().contains(&column("phase")));
}

#[test]
fn a_comparison_is_asked_otherwise_in_its_place() {
    let set = |name: &str| Action::SaveCellSet { name: name.to_owned() };
    let (one, two) = (compared("a", Reference::Rest), compared("b", Reference::Rest));
    let state = [set("a"), set("b"), Action::Compare(one.clone()), Action::Compare(two.clone())]
        .into_iter()
        .fold(AppState::default(), reduce);
    let ranks = Comparison { mode: TestMode::Wilcoxon, ..one.clone() };
    let change = |from: &Comparison, to: &Comparison| Action::ChangeComparison { from: from.clone(), to: to.clone() };
    let changed = reduce(state, change(&one, &ranks));
    assert_eq!(changed.view.analysis.comparisons, [ranks.clone(), two.clone()]);
    assert_eq!(changed.view.shown_comparison(), Some(&ranks));
    // One that is in the list already is opened, and both stay; one that is not cannot be changed.
    let opened = reduce(changed.clone(), change(&ranks, &two));
    assert_eq!(opened.view.analysis.comparisons, changed.view.analysis.comparisons);
    assert_eq!(opened.view.shown_comparison(), Some(&two));
    assert_eq!(reduce(opened.clone(), change(&one, &Comparison { mode: TestMode::Samples, ..one.clone() })), opened);
}

#[test]
fn what_a_comparison_is_held_against_follows_the_list() {
    let set = |name: &str| Action::SaveCellSet { name: name.to_owned() };
    let (one, two) = (compared("a", Reference::Rest), compared("b", Reference::Rest));
    let mut history = History::new(AppState::default());
    [set("a"), set("b"), Action::Compare(one.clone()), Action::Compare(two.clone())]
        .into_iter()
        .for_each(|action| history.dispatch(action));
    let with = |with| Action::SetComparisonView(ComparisonView { with, ..ComparisonView::default() });
    let held = |history: &History| history.present().view.layout.comparison.with;
    history.dispatch(with(Some(2)));
    assert_eq!(held(&history), None);
    history.dispatch(with(Some(0)));
    history.dispatch(Action::RemoveComparison(two));
    assert_eq!(held(&history), None, "places are others");
    history.dispatch(with(Some(0)));
    history.dispatch(Action::Undo);
    assert_eq!(held(&history), Some(0));
    history.dispatch(with(Some(1)));
    history.dispatch(Action::Undo);
    assert_eq!(held(&history), None, "it has left the list");
}

proptest! {
    #[test]
    fn any_actions_keep_the_state_canonical(actions in vec(action(), 0..40)) {
        let mut state = AppState::default();
        for action in actions {
            let covered = Step::of(&state.view);
            let skipped = action.undo_policy() == UndoPolicy::Skip;
            state = reduce(state, action);
            if skipped {
                prop_assert_eq!(&Step::of(&state.view), &covered);
            }
            let canonical = state.view.clone().canonical();
            prop_assert_eq!(&canonical.analysis, &state.view.analysis);
        }
    }

    #[test]
    fn reached_views_differ_from_their_links_by_the_cameras_rounding_alone(history in history()) {
        let mut view = history.present().view.clone();
        let mut canonical = view.clone().canonical();
        for (exact, rounded) in view.panels.iter_mut().zip(&mut canonical.panels) {
            if let (Some(exact), Some(rounded)) = (exact.camera.take(), rounded.camera.take()) {
                let near = |a: f64, b: f64, tolerance: f64| (a - b).abs() <= tolerance;
                let off_screen = exact.width() * 1e-5;
                prop_assert!(near(exact.x(), rounded.x(), off_screen));
                prop_assert!(near(exact.y(), rounded.y(), off_screen));
                prop_assert!(near(exact.width(), rounded.width(), exact.width() * 1e-4));
            }
        }
        // A comparison that is open may have left the list; a link does not hold it then.
        if view.shown_comparison().is_some() {
            view.layout.result = canonical.layout.result.clone();
        }
        prop_assert_eq!(view, canonical);
    }
}
