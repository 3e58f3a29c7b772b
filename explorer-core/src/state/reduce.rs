//! The one function that changes the state.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Action, Analysis, AppState, CellQuery, CellSet, CellSource, ColorBy, Comparison, ComparisonView, Filters, GeneKey,
    GeneMean, GeneSet, Label, LabelFilter, Layout, MOST_NAMES, ObsFilter, PanelKind, Panels, Range, Reference,
    ResultPanel, SIDEBAR_WIDTHS_PX, Side, TestMode, ViewSpec, limits::MOST_LEVELS, own_changes, panel_changes,
    query::canonical_levels, selection,
};
use crate::{de::Adjustment, sorting::set_of};

/// The state after an action. An action that does not apply (it names what is not there, or asks
/// for what already is) gives back an equal state.
pub fn reduce(mut state: AppState, action: Action) -> AppState {
    let n_comparisons = state.view.analysis.comparisons.len();
    let AppState { view, transient } = &mut state;
    let ViewSpec { analysis, layout, .. } = view;
    let filters = &mut analysis.query.filters;
    match action {
        Action::Undo | Action::Redo | Action::EndDrag => {}
        Action::OpenDataset(id) => open_dataset(view, id),
        Action::Restore(restored) => *view = restored.canonical(),

        Action::SetEmbedding { panel, embedding } => {
            panel_changes::change(view, panel, |panel| panel.show(PanelKind::Embedding(embedding)));
        }
        Action::SetScatter { panel, scatter } => {
            panel_changes::change(view, panel, |panel| panel.show(PanelKind::Scatter(scatter)));
        }
        Action::AddPanel(panel) => panel_changes::add(view, transient, panel),
        Action::ClosePanel(panel) => panel_changes::close(view, transient, panel),
        Action::KeepPanel(panel) => panel_changes::keep(view, panel),
        Action::SplitPanels { panel, column, labels } => panel_changes::split(view, transient, panel, &column, labels),
        Action::FocusPanel(panel) => transient.panel = panel,
        Action::ToggleLinked => layout.linked = !layout.linked,
        Action::SetCamera { panel, camera } => panel_changes::move_linked(view, panel, |panel| panel.camera = camera),
        Action::SetOrientation { panel, orientation } => {
            panel_changes::move_linked(view, panel, |panel| panel.orientation = orientation);
        }
        Action::SetPointStyle { panel, style } => panel_changes::change(view, panel, |panel| panel.points = style),
        Action::SetTissue { panel, tissue } => panel_changes::change(view, panel, |panel| panel.tissue = tissue),
        Action::SetTool(tool) => view.tool = tool,
        Action::SetSelectMode(mode) => transient.select_mode = mode,

        Action::SetColor(color) => set_color(analysis, color),
        Action::SetColorOptions(options) => analysis.color_options = options,
        Action::SetLayer(layer) => set_layer(analysis, layer),

        Action::ToggleAsLabels(column) => toggle_as_labels(analysis, column),
        Action::ToggleLabel { column, label } => toggle_label(&mut analysis.query, column, label),
        Action::SetLabels { column, filter } => set_labels(&mut analysis.query, column, filter),
        Action::SetRange { column, range } => set_range(filters, column, range),
        Action::SetGeneRange { gene, range } => set_or_remove(&mut filters.genes, gene, range),
        Action::SetMeanRange { mean, range } => set_or_remove(&mut filters.means, mean, range),
        Action::Select { embedding, mode, polygon } => {
            selection::select(&mut filters.selections, embedding, mode, &polygon);
        }
        Action::InvertSelection {} => selection::invert(&mut filters.selections),
        Action::ClearFilter(key) => filters.remove(&key),
        Action::ClearFilters => *filters = Filters::default(),
        Action::Subset => subset(&mut analysis.query),
        Action::Unsubset => {
            let n_levels = analysis.query.subset.len().saturating_sub(1);
            unsubset_to(&mut analysis.query, n_levels);
        }
        Action::UnsubsetTo(n_levels) => unsubset_to(&mut analysis.query, n_levels),

        Action::ShowGene(key) => show_gene(analysis, key),
        Action::AddGenes(genes) => list_genes(analysis, genes),
        Action::RemoveGene(gene) => {
            analysis.genes.retain(|listed| *listed != gene);
            drop_unseen_filters(analysis, &[gene]);
        }
        Action::AddGeneSets(sets) => sets.into_iter().for_each(|set| put_gene_set(analysis, set)),
        Action::RenameGeneSet { from, to } => rename_gene_set(analysis, &from, to),
        Action::DescribeGeneSet { name, description } => {
            if let Some(set) = gene_set_mut(analysis, &name) {
                set.description = description;
            }
        }
        Action::AddToGeneSet { name, genes } => {
            change_gene_set(analysis, &name, |listed| add_missing(listed, genes));
        }
        Action::RemoveFromGeneSet { name, gene } => {
            if change_gene_set(analysis, &name, |listed| listed.retain(|other| *other != gene)) {
                drop_unseen_filters(analysis, &[gene]);
            }
        }
        Action::RemoveGeneSet(name) => remove_gene_set(analysis, &name),

        Action::SaveCellSet { name } => {
            let source = CellSource::Query(analysis.query.clone());
            put_cell_set(analysis, CellSet { name, source });
        }
        Action::AddCellSet(set) => put_cell_set(analysis, set),
        Action::SelectCellSet(name) => select_cell_set(analysis, &name),
        Action::AddAndSelectCellSet(set) => {
            let name = set.name.clone();
            put_cell_set(analysis, set);
            select_cell_set(analysis, &name);
        }
        Action::RenameCellSet { from, to } => view.rename_cell_set(&from, to),
        Action::RemoveCellSet(name) => {
            analysis.cell_sets.retain(|set| set.name != name);
            analysis.comparisons.retain(|comparison| !comparison.uses(&name));
        }
        Action::Compare(comparison) => compare(view, comparison),
        Action::CompareWithRest { set, mode, layer } => {
            let (group, universe) = (set.name.clone(), analysis.query.subset.clone());
            put_cell_set(analysis, set);
            let adjustment = Adjustment::default();
            compare(view, Comparison { group, reference: Reference::Rest, mode, adjustment, layer, universe });
        }
        Action::CompareSets { sets, layer } => {
            let [group, reference] = sets.each_ref().map(|set| set.name.clone());
            let (reference, universe) = (Reference::Set(reference), analysis.query.subset.clone());
            sets.into_iter().for_each(|set| put_cell_set(analysis, set));
            let (mode, adjustment) = (TestMode::Welch, Adjustment::default());
            compare(view, Comparison { group, reference, mode, adjustment, layer, universe });
        }
        Action::ChangeComparison { from, to } => change_comparison(view, &from, to),
        Action::RemoveComparison(removed) => analysis.comparisons.retain(|comparison| *comparison != removed),
        Action::SetComparisonView(mut shown) => {
            shown.with.take_if(|with| *with as usize >= analysis.comparisons.len());
            layout.comparison = shown;
        }
        Action::ShowResult(shown) => {
            let shown = shown.map(ResultPanel::canonical);
            if shown.as_ref().is_none_or(|shown| view.can_show(shown)) {
                view.layout.result = shown;
            }
        }

        Action::AddOwnColumns(columns) => own_changes::put(analysis, columns),
        Action::LabelCells { column, label, cells } => own_changes::label_cells(view, column, &label, &cells),
        Action::UnlabelCells { column, cells } => own_changes::unlabel_cells(analysis, &column, &cells),
        Action::RenameOwnLabel { column, from, to } => own_changes::rename_label(view, &column, &from, &to),
        Action::MergeOwnLabels { column, from, into } => own_changes::merge_labels(view, &column, &from, &into),
        Action::RemoveOwnLabel { column, label } => own_changes::remove_label(analysis, &column, &label),
        Action::RenameOwnColumn { from, to } => own_changes::rename(view, &from, &to),
        Action::RemoveOwnColumn(name) => own_changes::remove(view, &name),

        Action::ToggleSidebar(Side::Left) => layout.left = !layout.left,
        Action::ToggleSidebar(Side::Right) => layout.right = !layout.right,
        Action::SetSidebarWidth { side, width_px } => {
            let width = match side {
                Side::Left => &mut layout.left_px,
                Side::Right => &mut layout.right_px,
            };
            *width = width_px.map(|width| width.clamp(*SIDEBAR_WIDTHS_PX.start(), *SIDEBAR_WIDTHS_PX.end()));
        }
        Action::ToggleExpanded(column) => toggle(&mut layout.expanded, column),
        Action::ToggleLabels => layout.labels = !layout.labels,
        Action::ToggleDensity => layout.density = !layout.density,
        Action::ToggleOnCard(column) => match transient.card.iter().position(|shown| *shown == column) {
            Some(at) => drop(transient.card.remove(at)),
            None => transient.card.push(column),
        },
        Action::SetLetterKeys(keys) => transient.letter_keys = keys,
        Action::SetTheme(theme) => layout.theme = theme,

        Action::Hover(hover) => transient.hover = hover,
        Action::SetDrawer(drawer) => transient.drawer = drawer,
    }
    if state.view.analysis.comparisons.len() < n_comparisons {
        // Places in the list are others now.
        state.view.layout.comparison.with = None;
    }
    state
}

fn set_range(filters: &mut Filters, column: String, range: Option<Range>) {
    match range {
        Some(range) => drop(filters.obs.insert(column, ObsFilter::Range(range))),
        None => {
            if let Some(ObsFilter::Range(_)) = filters.obs.get(&column) {
                filters.obs.remove(&column);
            }
        }
    }
}

fn set_or_remove<K: Ord>(ranges: &mut BTreeMap<K, Range>, key: K, range: Option<Range>) {
    match range {
        Some(range) => drop(ranges.insert(key, range)),
        None => drop(ranges.remove(&key)),
    }
}

fn subset(query: &mut CellQuery) {
    if !query.filters.is_empty() && query.subset.len() < MOST_LEVELS {
        let level = std::mem::take(&mut query.filters);
        query.subset.push(level);
    }
}

/// Keeps so many levels; the filters are those that the next one was made from.
fn unsubset_to(query: &mut CellQuery, n_levels: usize) {
    if n_levels < query.subset.len() {
        query.filters = query.subset.swap_remove(n_levels);
        query.subset.truncate(n_levels);
    }
}

fn show_gene(analysis: &mut Analysis, key: GeneKey) {
    set_layer(analysis, key.layer.clone());
    list_genes(analysis, vec![key.gene.clone()]);
    set_color(analysis, ColorBy::Gene(key));
}

fn open_dataset(view: &mut ViewSpec, id: String) {
    if view.dataset.as_deref() == Some(id.as_str()) {
        return;
    }
    let old = std::mem::take(view);
    let mut panels = Panels::default();
    for (panel, old) in panels.iter_mut().zip(&old.panels) {
        panel.points = old.points;
    }
    *view = ViewSpec {
        dataset: Some(id),
        analysis: Analysis::default(),
        panels,
        tool: old.tool,
        layout: Layout { expanded: BTreeSet::new(), result: None, comparison: ComparisonView::default(), ..old.layout },
    };
}

fn set_color(analysis: &mut Analysis, color: ColorBy) {
    let is_there = match &color {
        ColorBy::GeneSet { set, .. } => analysis.gene_set(set).is_some(),
        ColorBy::None | ColorBy::Obs(_) | ColorBy::Gene(_) | ColorBy::TwoGenes { .. } => true,
    };
    if is_there && analysis.color != color {
        analysis.color = color;
        analysis.color_options.range = Range::ALL;
        analysis.color_options.log = false;
    }
}

fn set_layer(analysis: &mut Analysis, layer: Option<String>) {
    if let Some(colored) = analysis.color.layer_mut()
        && *colored != layer
    {
        colored.clone_from(&layer);
        analysis.color_options.range = Range::ALL;
        analysis.color_options.log = false;
    }
    analysis.layer = layer;
}

fn toggle_as_labels(analysis: &mut Analysis, column: String) {
    analysis.query.filters.obs.remove(&column);
    if analysis.color == ColorBy::Obs(column.clone()) {
        analysis.color_options.range = Range::ALL;
        analysis.color_options.log = false;
    }
    toggle(&mut analysis.as_labels, column);
}

fn toggle_label(query: &mut CellQuery, column: String, label: Label) {
    let mut filter = match query.filters.obs.get(&column) {
        Some(ObsFilter::Labels(filter)) => filter.clone(),
        Some(ObsFilter::Range(_)) => return,
        None => LabelFilter::Hide(BTreeSet::new()),
    };
    filter.toggle(label);
    set_labels(query, column, filter);
}

fn set_labels(query: &mut CellQuery, column: String, filter: LabelFilter) {
    if filter.is_trivial() {
        query.filters.obs.remove(&column);
    } else {
        query.filters.obs.insert(column, ObsFilter::Labels(filter));
    }
}

fn select_cell_set(analysis: &mut Analysis, name: &str) {
    let Some(set) = analysis.cell_set(name) else { return };
    analysis.query = match &set.source {
        CellSource::Query(query) => query.clone(),
        CellSource::Cells(cells) => {
            CellQuery { filters: Filters { cells: Some(cells.clone()), ..Filters::default() }, ..CellQuery::default() }
        }
    };
}

fn put_cell_set(analysis: &mut Analysis, mut set: CellSet) {
    if set.name.is_empty() {
        return;
    }
    if let CellSource::Query(query) = &mut set.source {
        *query = std::mem::take(query).canonical();
    }
    match analysis.cell_sets.iter_mut().find(|old| old.name == set.name) {
        Some(old) => *old = set,
        None => analysis.cell_sets.push(set),
    }
}

impl ViewSpec {
    /// Renames a cell set, unless the new name is taken or none. Comparisons follow.
    pub(crate) fn rename_cell_set(&mut self, from: &str, to: String) {
        let analysis = &mut self.analysis;
        if to.is_empty() || analysis.cell_set(&to).is_some() {
            return;
        }
        let Some(set) = analysis.cell_sets.iter_mut().find(|set| set.name == from) else {
            return;
        };
        let shown = match &mut self.layout.result {
            Some(ResultPanel::Comparison(comparison)) => Some(comparison),
            Some(ResultPanel::Markers(_) | ResultPanel::Plot(_) | ResultPanel::Inquiry(_)) | None => None,
        };
        for comparison in analysis.comparisons.iter_mut().chain(shown) {
            comparison.rename_set(from, &to);
        }
        set.name = to;
    }
}

fn compare(view: &mut ViewSpec, mut comparison: Comparison) {
    comparison.universe = canonical_levels(comparison.universe);
    if view.analysis.can_compare(&comparison) {
        if !view.analysis.comparisons.contains(&comparison) {
            view.analysis.comparisons.push(comparison.clone());
        }
        view.layout.result = Some(ResultPanel::Comparison(comparison));
    }
}

fn change_comparison(view: &mut ViewSpec, from: &Comparison, mut to: Comparison) {
    to.universe = canonical_levels(to.universe);
    let analysis = &mut view.analysis;
    if analysis.can_compare(&to) && !analysis.comparisons.contains(&to) {
        let Some(listed) = analysis.comparisons.iter_mut().find(|listed| *listed == from) else { return };
        listed.clone_from(&to);
    }
    compare(view, to);
}

fn put_gene_set(analysis: &mut Analysis, mut set: GeneSet) {
    let genes = std::mem::take(&mut set.genes);
    add_missing(&mut set.genes, genes);
    match gene_set_mut(analysis, &set.name) {
        Some(old) => {
            let genes = set.genes.clone();
            let old = std::mem::replace(old, set);
            move_mean_filters(analysis, &old.genes, &genes);
            drop_unseen_filters(analysis, &old.genes);
        }
        None => analysis.gene_sets.push(set),
    }
}

/// Changes the genes of a set, if there is one of that name; filters on their mean follow.
fn change_gene_set(analysis: &mut Analysis, name: &str, change: impl FnOnce(&mut Vec<String>)) -> bool {
    let Some(set) = gene_set_mut(analysis, name) else { return false };
    let before = set.genes.clone();
    change(&mut set.genes);
    let after = set.genes.clone();
    move_mean_filters(analysis, &before, &after);
    true
}

fn remove_gene_set(analysis: &mut Analysis, name: &str) {
    if let Some(at) = analysis.gene_sets.iter().position(|set| set.name == name) {
        let set = analysis.gene_sets.remove(at);
        if matches!(&analysis.color, ColorBy::GeneSet { set, .. } if set == name) {
            set_color(analysis, ColorBy::None);
        }
        move_mean_filters(analysis, &set.genes, &[]);
        drop_unseen_filters(analysis, &set.genes);
    }
}

fn rename_gene_set(analysis: &mut Analysis, from: &str, to: String) {
    if analysis.gene_set(&to).is_some() {
        return;
    }
    let Some(set) = gene_set_mut(analysis, from) else { return };
    set.name.clone_from(&to);
    if let ColorBy::GeneSet { set, .. } = &mut analysis.color
        && set == from
    {
        *set = to;
    }
}

/// Lets the filters on the mean of a gene set follow its genes, unless another set still has the
/// former ones. Without genes they go.
fn move_mean_filters(analysis: &mut Analysis, before: &[String], after: &[String]) {
    let Analysis { gene_sets, query, .. } = analysis;
    let is_still_there = |mean: &GeneMean| gene_sets.iter().any(|set| mean.is_of(&set.genes));
    let means = std::mem::take(&mut query.filters.means);
    let moved = means.into_iter().filter_map(|(mean, range)| {
        if mean.is_of(before) && !is_still_there(&mean) {
            let moved = GeneMean::new(mean.layer().map(str::to_owned), after.iter().cloned())?;
            Some((moved.as_value(mean.value()), range))
        } else {
            Some((mean, range))
        }
    });
    query.filters.means = moved.collect();
}

fn gene_set_mut<'a>(analysis: &'a mut Analysis, name: &str) -> Option<&'a mut GeneSet> {
    analysis.gene_sets.iter_mut().find(|set| set.name == name)
}

/// Removes the filters on genes that neither the list nor a gene set shows, since nothing on the
/// page could.
fn drop_unseen_filters(analysis: &mut Analysis, genes: &[String]) {
    let Analysis { genes: listed, gene_sets, query, .. } = analysis;
    query.filters.genes.retain(|key, _| {
        !genes.contains(&key.gene)
            || listed.contains(&key.gene)
            || gene_sets.iter().any(|set| set.genes.contains(&key.gene))
    });
}

fn add_missing(list: &mut Vec<String>, genes: Vec<String>) {
    let mut known = set_of(list.iter().cloned());
    list.extend(genes.into_iter().filter(|gene| known.insert(gene.clone())));
}

/// Lists genes, as many as can be.
fn list_genes(analysis: &mut Analysis, genes: Vec<String>) {
    add_missing(&mut analysis.genes, genes);
    analysis.genes.truncate(MOST_NAMES);
}

/// Takes an item out, or in unless there are as many as can be.
fn toggle(set: &mut BTreeSet<String>, item: String) {
    if !set.remove(&item) && set.len() < MOST_NAMES {
        set.insert(item);
    }
}
