//! The one form of a view that states and links agree on.

use std::collections::{BTreeSet, HashSet};

use super::{
    Analysis, Camera, CellSource, ColorBy, Comparison, MOST_NAMES, ResultPanel, SIDEBAR_WIDTHS_PX, ViewSpec,
    link::comparison_text, query::canonical_levels,
};

impl ViewSpec {
    /// The same view without what cannot be: empty filters, second sets of a name, comparisons and
    /// colors of sets that are not there, names and levels of subsetting beyond those that can be.
    /// Cameras are rounded to what a link holds.
    ///
    /// What a link restores is this form of what was written. Only views that were put together
    /// by hand differ from it by more than their cameras: actions keep to it.
    pub fn canonical(mut self) -> Self {
        let all = self.analysis.comparisons.clone();
        self.drop_dangling_comparisons();
        self.analysis = self.analysis.canonical();
        self.follow_comparisons(&all);
        for panel in &mut self.panels {
            panel.camera = panel.camera.map(Camera::canonical);
        }
        for width_px in [&mut self.layout.left_px, &mut self.layout.right_px] {
            width_px.take_if(|width_px| !SIDEBAR_WIDTHS_PX.contains(width_px));
        }
        keep_names(&mut self.layout.expanded);
        let shown = self.layout.result.take().map(ResultPanel::canonical);
        self.layout.result = shown.filter(|shown| self.can_show(shown));
        self
    }

    /// Lets what names a comparison by its place follow it from a former list to the present one.
    pub(super) fn follow_comparisons(&mut self, before: &[Comparison]) {
        let place = |with: u32| {
            let with = before.get(with as usize)?.clone().canonical();
            self.analysis.comparisons.iter().position(|listed| *listed == with).map(|at| at as u32)
        };
        self.layout.comparison.with = self.layout.comparison.with.and_then(place);
    }

    /// Takes out the comparisons that name a set that is not there.
    pub(super) fn drop_dangling_comparisons(&mut self) -> Vec<Comparison> {
        let all = std::mem::take(&mut self.analysis.comparisons);
        let sets: HashSet<&str> =
            self.analysis.cell_sets.iter().map(|set| set.name.as_str()).filter(|name| !name.is_empty()).collect();
        let (kept, dropped) = all.into_iter().partition(|comparison| comparison.is_between(|set| sets.contains(set)));
        self.analysis.comparisons = kept;
        dropped
    }
}

impl Comparison {
    fn canonical(self) -> Self {
        Self { universe: canonical_levels(self.universe), ..self }
    }
}

impl Analysis {
    pub(super) fn canonical(mut self) -> Self {
        self.query = self.query.canonical();
        keep_first(&mut self.genes, Clone::clone);
        self.genes.truncate(MOST_NAMES);
        keep_names(&mut self.as_labels);
        keep_first(&mut self.gene_sets, |set| set.name.clone());
        for set in &mut self.gene_sets {
            keep_first(&mut set.genes, Clone::clone);
        }
        if matches!(&self.color, ColorBy::GeneSet { set, .. } if self.gene_set(set).is_none()) {
            self.color = ColorBy::None;
        }
        self.cell_sets.retain(|set| !set.name.is_empty());
        keep_first(&mut self.cell_sets, |set| set.name.clone());
        for set in &mut self.cell_sets {
            if let CellSource::Query(query) = &mut set.source {
                *query = std::mem::take(query).canonical();
            }
        }
        for comparison in &mut self.comparisons {
            *comparison = comparison.clone().canonical();
        }
        keep_first(&mut self.comparisons, comparison_text);
        self.own_columns.retain(|column| !column.name().is_empty());
        keep_first(&mut self.own_columns, |column| column.name().to_owned());
        self
    }
}

/// Keeps as many names as there can be.
fn keep_names(names: &mut BTreeSet<String>) {
    while names.len() > MOST_NAMES {
        names.pop_last();
    }
}

/// Keeps the first item of each key, in order.
fn keep_first<T>(items: &mut Vec<T>, key: impl Fn(&T) -> String) {
    let mut seen = HashSet::new();
    items.retain(|item| seen.insert(key(item)));
}
