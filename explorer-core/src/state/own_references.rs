//! What of a view names a column of the user's own, and follows it to another name or goes with it.

use std::collections::BTreeSet;

use super::{
    Analysis, CellQuery, CellSet, CellSource, ColorBy, ColumnLabel, Comparison, Filters, Label, LabelFilter, Markers,
    ObsFilter, Panel, ResultPanel, ViewSpec, query::canonical_levels,
};

/// What has another name now.
pub(super) enum Renamed<'a> {
    /// A column.
    Column { from: &'a str, to: &'a str },
    /// A label of a column.
    Label { column: &'a str, from: &'a str, to: &'a str },
    /// A label whose cells have another one of the column now.
    Merged { column: &'a str, from: &'a str, into: &'a str },
}

impl ViewSpec {
    /// Follows a column or label to its new name.
    pub(super) fn rename(&mut self, renamed: &Renamed<'_>) {
        if let Renamed::Column { from, to } = renamed {
            if matches!(&self.analysis.color, ColorBy::Obs(column) if column == from) {
                self.analysis.color = ColorBy::Obs((*to).to_owned());
            }
            if self.layout.expanded.remove(*from) {
                self.layout.expanded.insert((*to).to_owned());
            }
            match &mut self.layout.result {
                Some(ResultPanel::Markers(markers)) if markers.column == *from => {
                    (*to).clone_into(&mut markers.column);
                }
                Some(ResultPanel::Plot(plot)) => {
                    let columns = [&mut plot.by].into_iter().chain(&mut plot.then).chain(&mut plot.samples);
                    columns.filter(|column| *column == from).for_each(|column| (*to).clone_into(column));
                }
                // Own columns hold labels, and genes are correlated with numbers.
                Some(ResultPanel::Markers(_) | ResultPanel::Comparison(_) | ResultPanel::Inquiry(_)) | None => {}
            }
        }
        if let (
            Renamed::Label { column, from, to } | Renamed::Merged { column, from, into: to },
            Some(ResultPanel::Plot(plot)),
        ) = (renamed, &mut self.layout.result)
            && plot.by == *column
        {
            plot.groups.iter_mut().filter(|group| group == from).for_each(|group| (*to).clone_into(group));
        }
        self.panels.iter_mut().for_each(|panel| panel.rename(renamed));
        let result = self.layout.result.iter_mut().flat_map(ResultPanel::levels_mut);
        self.analysis.all_filters().chain(result).for_each(|filters| filters.rename(renamed));
        self.tidy_filters();
    }

    /// Lets go of what names a column: the color, filters, and the sets and comparisons that these define.
    pub(super) fn forget_column(&mut self, name: &str) {
        let Self { analysis, layout, panels, .. } = self;
        panels.iter_mut().for_each(|panel| drop(panel.only.take_if(|only| only.column == name)));
        if matches!(&analysis.color, ColorBy::Obs(column) if column == name) {
            analysis.uncolor();
        }
        layout.expanded.remove(name);
        let is_shown = layout.result.as_ref().is_some_and(|result| match result {
            ResultPanel::Comparison(comparison) => uses(&comparison.universe, name),
            ResultPanel::Markers(markers) => markers.uses_column(name),
            ResultPanel::Plot(plot) => plot.uses_column(name),
            ResultPanel::Inquiry(inquiry) => inquiry.cells.uses_column(name),
        });
        if is_shown {
            layout.result = None;
        }
        for level in analysis.query.levels_mut() {
            level.obs.remove(name);
            level.selections.retain(|_, selection| !selection.uses_column(name));
        }
        let gone: BTreeSet<String> = analysis.sets_by(name).map(|set| set.name.clone()).collect();
        analysis.cell_sets.retain(|set| !gone.contains(&set.name));
        let is_gone =
            |comparison: &Comparison| gone.iter().any(|set| comparison.uses(set)) || uses(&comparison.universe, name);
        analysis.comparisons.retain(|comparison| !is_gone(comparison));
        self.tidy_filters();
    }

    /// Takes out filters that let all cells pass by now, and comparisons that have become the same.
    fn tidy_filters(&mut self) {
        self.analysis = std::mem::take(&mut self.analysis).canonical();
        self.layout.result = self.layout.result.take().map(ResultPanel::canonical);
    }
}

impl Panel {
    fn rename(&mut self, renamed: &Renamed<'_>) {
        if let Some(only) = &mut self.only {
            only.rename(renamed);
        }
    }
}

impl ColumnLabel {
    fn rename(&mut self, renamed: &Renamed<'_>) {
        match renamed {
            Renamed::Column { from, to } if self.column == *from => (*to).clone_into(&mut self.column),
            Renamed::Label { column, from, to } | Renamed::Merged { column, from, into: to }
                if self.column == *column && self.label == Label::named(*from) =>
            {
                self.label = Label::named(*to);
            }
            Renamed::Column { .. } | Renamed::Label { .. } | Renamed::Merged { .. } => {}
        }
    }
}

impl Markers {
    /// Whether they are those of a column's labels, or of cells that go by it.
    pub fn uses_column(&self, name: &str) -> bool {
        self.column == name || uses(&self.universe, name)
    }
}

impl Analysis {
    /// The cell sets that are defined by a filter on a column.
    pub fn sets_by<'a>(&'a self, column: &'a str) -> impl Iterator<Item = &'a CellSet> {
        self.cell_sets.iter().filter(move |set| match &set.source {
            CellSource::Query(query) => query.uses_column(column),
            CellSource::Cells(_) => false,
        })
    }

    /// Every level of filters of the selection, the cell sets and the comparisons.
    fn all_filters(&mut self) -> impl Iterator<Item = &mut Filters> {
        let sets = self.cell_sets.iter_mut().filter_map(|set| match &mut set.source {
            CellSource::Query(query) => Some(query),
            CellSource::Cells(_) => None,
        });
        let universes = self.comparisons.iter_mut().flat_map(|comparison| &mut comparison.universe);
        [&mut self.query].into_iter().chain(sets).flat_map(CellQuery::levels_mut).chain(universes)
    }
}

impl CellQuery {
    /// Whether it has a filter on a column.
    pub(super) fn uses_column(&self, column: &str) -> bool {
        uses(&self.subset, column) || uses(std::slice::from_ref(&self.filters), column)
    }

    fn levels_mut(&mut self) -> impl Iterator<Item = &mut Filters> {
        self.subset.iter_mut().chain([&mut self.filters])
    }

    /// Lets a label that is no more go from the filters on its column.
    pub(super) fn forget_label(&mut self, column: &str, label: &Label) {
        for level in self.levels_mut() {
            let Some(ObsFilter::Labels(filter)) = level.obs.get_mut(column) else { continue };
            let (LabelFilter::Hide(labels) | LabelFilter::Only(labels)) = &mut *filter;
            // That of which nothing else was to pass lets all pass then.
            if labels.remove(label) && labels.is_empty() {
                level.obs.remove(column);
            }
        }
        self.subset = canonical_levels(std::mem::take(&mut self.subset));
    }
}

impl Filters {
    fn rename(&mut self, renamed: &Renamed<'_>) {
        for selection in self.selections.values_mut() {
            *selection = std::mem::take(selection).map_outlines(|mut outline| {
                if let Some(only) = outline.only_mut() {
                    only.rename(renamed);
                }
                outline
            });
        }
        match renamed {
            Renamed::Column { from, to } => {
                if let Some(filter) = self.obs.remove(*from) {
                    self.obs.insert((*to).to_owned(), filter);
                }
            }
            Renamed::Label { column, from, to } => self.replace_label(column, from, |_| Some(*to)),
            // Both are shown then where either was.
            Renamed::Merged { column, from, into } => self.replace_label(column, from, |filter| match filter {
                LabelFilter::Hide(_) => None,
                LabelFilter::Only(_) => Some(*into),
            }),
        }
    }

    /// Puts a label in the place of another in the filter on a column, or none.
    fn replace_label<'a>(&mut self, column: &str, label: &str, by: impl Fn(&LabelFilter) -> Option<&'a str>) {
        let Some(ObsFilter::Labels(filter)) = self.obs.get_mut(column) else { return };
        let by = by(filter).map(Label::named);
        let (LabelFilter::Hide(labels) | LabelFilter::Only(labels)) = filter;
        if labels.remove(&Label::named(label)) {
            labels.extend(by);
        }
    }
}

/// Whether one of some levels has a filter on a column.
fn uses(levels: &[Filters], column: &str) -> bool {
    levels.iter().any(|level| level.uses_column(column))
}
