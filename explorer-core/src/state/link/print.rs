//! From a view to the text of a link.

use std::{collections::HashSet, fmt::Write};

use crate::{
    de::Adjustment,
    state::{
        About, Analysis, CellList, CellOrder, CellQuery, CellSet, CellSource, Clip, ColorBy, ColorOptions, ColumnLabel,
        Comparison, Filters, GeneSet, Inquiry, LabelFilter, Layout, MarkerOrder, Markers, ObsFilter, OwnColumn,
        OwnLabel, Panel, PanelKind, PointStyle, Range, Reference, ResultPanel, Selection, SelectionStep, SetValue,
        TestMode, Theme, TissueImage, Tool, ViewSpec,
    },
};

use super::{LINK_VERSION, MOST_LIST_BYTES, MOST_OWN_BYTES, MOST_PARTS, comparison_view, plot, text};

/// The text of a view in its canonical form, for the dataset with this content.
pub(super) fn print(view: &ViewSpec, content: Option<&str>) -> String {
    let small = Kept::of_small(&view.analysis);
    let whole = Pairs::of(view, content, &small);
    if whole.n_parts + usize::from(content.is_none()) <= MOST_PARTS {
        return whole.text;
    }
    Pairs::of(view, content, &small.with_room(view)).text
}

/// Which of the items of lists a link holds.
struct Kept {
    gene_sets: Vec<bool>,
    cell_sets: Vec<bool>,
    comparisons: Vec<bool>,
}

impl Kept {
    /// All but cell sets that are too large.
    fn of_small(analysis: &Analysis) -> Self {
        Self {
            gene_sets: vec![true; analysis.gene_sets.len()],
            cell_sets: analysis.cell_sets.iter().map(|set| is_small(analysis, set)).collect(),
            comparisons: vec![true; analysis.comparisons.len()],
        }
    }

    /// Of these those that a link has room for, since only so many parts of it are read.
    fn with_room(self, view: &ViewSpec) -> Self {
        let Analysis { gene_sets, cell_sets, comparisons, .. } = &view.analysis;
        let none = Self {
            gene_sets: vec![false; gene_sets.len()],
            cell_sets: vec![false; cell_sets.len()],
            comparisons: vec![false; comparisons.len()],
        };
        let mut n_left = MOST_PARTS.saturating_sub(Pairs::of(view, Some(""), &none).n_parts);
        let mut has_room = |write: &dyn Fn(&mut Pairs)| {
            let mut item = Pairs::default();
            write(&mut item);
            let is_room = item.n_parts <= n_left;
            n_left -= if is_room { item.n_parts } else { 0 };
            is_room
        };
        let mut kept = self;
        for (set, kept) in cell_sets.iter().zip(&mut kept.cell_sets) {
            *kept = *kept && has_room(&|pairs| pairs.cell_set(0, set));
        }
        let names = cell_sets.iter().zip(&kept.cell_sets).filter(|(_, kept)| **kept);
        let names: HashSet<&str> = names.map(|(set, _)| set.name.as_str()).collect();
        for (comparison, kept) in comparisons.iter().zip(&mut kept.comparisons) {
            *kept =
                comparison.is_between(|set| names.contains(set)) && has_room(&|pairs| pairs.comparison(0, comparison));
        }
        for (set, kept) in gene_sets.iter().zip(&mut kept.gene_sets) {
            *kept = has_room(&|pairs| pairs.gene_set(0, set));
        }
        kept
    }
}

/// The cell sets that a link of a view does not hold.
pub(super) fn sets_left_out(view: &ViewSpec) -> Vec<&CellSet> {
    let small = Kept::of_small(&view.analysis);
    let has_room = Pairs::of(view, Some(""), &small).n_parts <= MOST_PARTS;
    let kept = if has_room { small } else { small.with_room(view) };
    let sets = view.analysis.cell_sets.iter().zip(kept.cell_sets);
    sets.filter(|(_, kept)| !kept).map(|(set, _)| set).collect()
}

/// What a link says of a comparison: the same for those that are equal, and for no others.
pub(in crate::state) fn comparison_text(comparison: &Comparison) -> String {
    let mut pairs = Pairs::default();
    pairs.comparison(0, comparison);
    pairs.text
}

/// What a link says of own columns; `None` where that is too much for one.
fn own_columns(analysis: &Analysis) -> Option<Pairs> {
    let mut pairs = Pairs::default();
    let cells = |label: &OwnLabel| label.cells.rows().serialized_size();
    // What is too much is known before it is written out.
    let n_bytes: usize = analysis.own_columns.iter().flat_map(OwnColumn::labels).map(cells).sum();
    if n_bytes > MOST_OWN_BYTES {
        return None;
    }
    for (at, column) in analysis.own_columns.iter().enumerate() {
        pairs.own_column(at, column);
    }
    (pairs.text.len() <= MOST_OWN_BYTES).then_some(pairs)
}

/// Whether a link holds own columns.
pub(super) fn has_room_for_own_columns(analysis: &Analysis) -> bool {
    own_columns(analysis).is_some()
}

/// What a link would say of one own column.
pub(super) fn own_column(column: &OwnColumn) -> String {
    let mut pairs = Pairs::default();
    pairs.own_column(0, column);
    pairs.text
}

/// What a link would say of one cell set.
pub(super) fn cell_set(set: &CellSet) -> String {
    let mut pairs = Pairs::default();
    pairs.cell_set(0, set);
    pairs.text
}

/// Whether a cell set is no larger than a link holds, or a comparison takes it.
fn is_small(analysis: &Analysis, set: &CellSet) -> bool {
    let n_bytes = |list: &CellList| list.rows().serialized_size();
    let n_bytes: usize = match &set.source {
        CellSource::Cells(list) => n_bytes(list),
        CellSource::Query(CellQuery { subset, filters }) => {
            subset.iter().chain([filters]).filter_map(|level| level.cells.as_ref()).map(n_bytes).sum()
        }
    };
    n_bytes <= MOST_LIST_BYTES || analysis.comparisons.iter().any(|comparison| comparison.uses(&set.name))
}

#[derive(Default)]
struct Pairs {
    text: String,
    n_parts: usize,
}

impl Pairs {
    /// Those of a view, with these items of its lists.
    fn of(view: &ViewSpec, content: Option<&str>, kept: &Kept) -> Self {
        let mut pairs = Self::default();
        pairs.optional("d", view.dataset.as_deref());
        let first = view.panels.first();
        pairs.coordinates("", first);
        pairs.analysis(&view.analysis, kept);
        pairs.surroundings(view);
        pairs.points("", first.points);
        pairs.tissue("", &first.tissue);
        pairs.panels(view);
        // Of a view with nothing chosen there is nothing that another dataset could show otherwise.
        if pairs.n_parts > 0 {
            pairs.optional("of", content);
        }
        pairs.push("v", &LINK_VERSION.to_string());
        pairs
    }

    fn push(&mut self, key: &str, value: &str) {
        if self.n_parts > 0 {
            self.text.push('&');
        }
        let (key, value) = (text::percent_encoded(key), text::percent_encoded(value));
        write!(self.text, "{key}={value}").expect("writing to a string does not fail");
        self.n_parts += 1;
    }

    /// Adds pairs that are written.
    fn append(&mut self, others: &Self) {
        if self.n_parts > 0 && others.n_parts > 0 {
            self.text.push('&');
        }
        self.text += &others.text;
        self.n_parts += others.n_parts;
    }

    fn gene_set(&mut self, at: usize, set: &GeneSet) {
        self.push(&format!("gs{at}"), &set.name);
        if !set.description.is_empty() {
            self.push(&format!("gs{at}.d"), &set.description);
        }
        if !set.genes.is_empty() {
            self.push(&format!("gs{at}.g"), &text::list(&set.genes));
        }
    }

    fn optional(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.push(key, value);
        }
    }

    fn cell_set(&mut self, at: usize, set: &CellSet) {
        self.push(&format!("set{at}"), &set.name);
        match &set.source {
            CellSource::Query(query) => self.query(&format!("set{at}."), query),
            CellSource::Cells(cells) => self.push(&format!("set{at}.cells"), &cells.to_text()),
        }
    }

    fn own_column(&mut self, at: usize, column: &OwnColumn) {
        self.push(&format!("own{at}"), column.name());
        for (label_at, label) in column.labels().iter().enumerate() {
            self.push(&format!("own{at}.{label_at}"), &label.name);
            self.push(&format!("own{at}.{label_at}.cells"), &label.cells.to_text());
            if let Some(color) = label.color {
                self.push(&format!("own{at}.{label_at}.color"), String::from(color).trim_start_matches('#'));
            }
        }
    }

    /// The panels after the first.
    fn panels(&mut self, view: &ViewSpec) {
        if view.panels.count() > 1 {
            self.push("panels", &view.panels.count().to_string());
        }
        for (at, panel) in view.panels.iter().enumerate().skip(1) {
            let prefix = format!("p{at}.");
            self.coordinates(&prefix, panel);
            self.points(&prefix, panel.points);
            self.tissue(&prefix, &panel.tissue);
        }
    }

    fn coordinates(&mut self, prefix: &str, panel: &Panel) {
        match &panel.kind {
            PanelKind::Embedding(embedding) => self.optional(&format!("{prefix}e"), embedding.as_deref()),
            PanelKind::Scatter(scatter) => self.push(&format!("{prefix}xy"), &scatter.text()),
        }
        if let Some(ColumnLabel { column, label }) = &panel.only {
            self.push(&format!("{prefix}only"), &format!("{}:{}", text::escaped(column), text::label(label)));
        }
        if let Some(camera) = panel.camera {
            let numbers = [camera.x(), camera.y(), camera.width()];
            self.push(&format!("{prefix}cam"), &text::joined(numbers.map(text::number)));
        }
        if !panel.orientation.is_front() {
            self.push(&format!("{prefix}rot"), &panel.orientation.to_text());
        }
    }

    fn analysis(&mut self, analysis: &Analysis, kept: &Kept) {
        match &analysis.color {
            ColorBy::None => {}
            ColorBy::Obs(column) => self.push("c", &format!("obs:{}", text::escaped(column))),
            ColorBy::Gene(gene) => self.push("c", &format!("gene:{}", text::gene(gene))),
            ColorBy::TwoGenes { genes, layer } => {
                self.push("c", &format!("genes:{}", text::in_layer(layer.as_deref(), text::list(genes))));
            }
            ColorBy::GeneSet { set, layer, value } => {
                let kind = match value {
                    SetValue::Mean => "set",
                    SetValue::Score => "score",
                };
                self.push("c", &format!("{kind}:{}", text::in_layer(layer.as_deref(), text::escaped(set))));
            }
        }
        self.color_options(&analysis.color_options);
        self.optional("layer", analysis.layer.as_deref());
        if !analysis.as_labels.is_empty() {
            self.push("aslabels", &text::list(&analysis.as_labels));
        }
        self.query("", &analysis.query);
        if !analysis.genes.is_empty() {
            self.push("genes", &text::list(&analysis.genes));
        }
        for (at, set) in of_kept(&analysis.gene_sets, &kept.gene_sets).enumerate() {
            self.gene_set(at, set);
        }
        for (at, set) in of_kept(&analysis.cell_sets, &kept.cell_sets).enumerate() {
            self.cell_set(at, set);
        }
        // Others name one by its place.
        let comparisons = analysis.comparisons.iter().enumerate();
        for (at, comparison) in comparisons.filter(|(at, _)| kept.comparisons[*at]) {
            self.comparison(at, comparison);
        }
        if let Some(own) = own_columns(analysis) {
            self.append(&own);
        }
    }

    fn comparison(&mut self, at: usize, comparison: &Comparison) {
        let group = text::escaped(&comparison.group);
        let sets = match &comparison.reference {
            Reference::Rest => group,
            Reference::Set(name) => format!("{group}:{}", text::escaped(name)),
        };
        self.push(&format!("de{at}"), &sets);
        if comparison.mode != TestMode::default() {
            self.push(&format!("de{at}.mode"), comparison.mode.name());
        }
        if comparison.adjustment != Adjustment::default() {
            self.push(&format!("de{at}.adjust"), comparison.adjustment.name());
        }
        self.optional(&format!("de{at}.layer"), comparison.layer.as_deref());
        self.levels(&format!("de{at}."), &comparison.universe);
    }

    fn color_options(&mut self, options: &ColorOptions) {
        self.optional("cmap", options.colormap.as_deref());
        if options.range != Range::ALL {
            self.push("crange", &text::range(options.range.min(), options.range.max()));
        }
        if options.log {
            self.push("clog", "1");
        }
        if options.zeros_gray {
            self.push("czero", "1");
        }
        if options.clip != Clip::NONE {
            self.push("clip", &text::range(options.clip.lower(), options.clip.upper()));
        }
        match options.order {
            CellOrder::Highest => {}
            CellOrder::Lowest => self.push("corder", "lowest"),
            CellOrder::Random => self.push("corder", "random"),
        }
    }

    fn query(&mut self, prefix: &str, query: &CellQuery) {
        self.levels(prefix, &query.subset);
        self.filters(prefix, &query.filters);
    }

    fn levels(&mut self, prefix: &str, levels: &[Filters]) {
        for (level, filters) in levels.iter().enumerate() {
            self.filters(&format!("{prefix}u{level}."), filters);
        }
    }

    fn filters(&mut self, prefix: &str, filters: &Filters) {
        for (column, filter) in &filters.obs {
            match filter {
                ObsFilter::Labels(labels) => {
                    self.push(&format!("{prefix}f.{column}"), &label_filter(labels));
                }
                ObsFilter::Range(range) => {
                    let range = text::range(range.min(), range.max());
                    self.push(&format!("{prefix}r.{column}"), &range);
                }
            }
        }
        for (gene, range) in &filters.genes {
            let range = text::range(range.min(), range.max());
            self.push(&format!("{prefix}g.{}", text::gene(gene)), &range);
        }
        for (mean, range) in &filters.means {
            let range = text::range(range.min(), range.max());
            let genes = text::in_layer(mean.layer(), text::list(mean.genes()));
            let kind = match mean.value() {
                SetValue::Mean => "m",
                SetValue::Score => "z",
            };
            self.push(&format!("{prefix}{kind}.{genes}"), &range);
        }
        for (embedding, steps) in &filters.selections {
            self.push(&format!("{prefix}s.{embedding}"), &selection(steps));
        }
        if let Some(cells) = &filters.cells {
            self.push(&format!("{prefix}k.cells"), &cells.to_text());
        }
    }

    fn surroundings(&mut self, view: &ViewSpec) {
        let ViewSpec { analysis, tool, layout, .. } = view;
        let default = Layout::default();
        match &layout.result {
            None => {}
            Some(ResultPanel::Comparison(shown)) => {
                if let Some(shown) = analysis.comparisons.iter().position(|listed| listed == shown) {
                    self.push("shown", &shown.to_string());
                }
            }
            Some(ResultPanel::Plot(shown)) => {
                plot::pairs(shown).iter().for_each(|(key, value)| self.push(key, value));
                self.levels("plot.", &shown.universe);
            }
            Some(ResultPanel::Inquiry(Inquiry { about, layer, cells })) => {
                let about = match about {
                    About::Cells => "cells".to_owned(),
                    About::Gene(gene) => format!("gene:{}", text::escaped(gene)),
                    About::Column(column) => format!("obs:{}", text::escaped(column)),
                };
                self.push("ask", &about);
                self.optional("ask.layer", layer.as_deref());
                self.query("ask.", cells);
            }
            Some(ResultPanel::Markers(Markers { column, rank, universe })) => {
                self.push("markers", column);
                self.levels("markers.", universe);
                match rank {
                    MarkerOrder::Score => {}
                    MarkerOrder::Effect => self.push("markers.rank", "effect"),
                }
            }
        }
        for (key, value) in comparison_view::pairs(&layout.comparison) {
            self.push(&format!("de.{key}"), &value);
        }
        match tool {
            Tool::Lasso => {}
            Tool::Pan => self.push("tool", "pan"),
            Tool::Rectangle => self.push("tool", "rectangle"),
            Tool::Orbit => self.push("tool", "orbit"),
        }
        let parts = [
            ("left", layout.left, default.left),
            ("right", layout.right, default.right),
            ("labels", layout.labels, default.labels),
            ("linked", layout.linked, default.linked),
            ("density", layout.density, default.density),
        ];
        for (key, open, usual) in parts {
            if open != usual {
                self.push(key, if open { "1" } else { "0" });
            }
        }
        for (key, width_px) in [("leftpx", layout.left_px), ("rightpx", layout.right_px)] {
            self.optional(key, width_px.map(|width| width.to_string()).as_deref());
        }
        if !layout.expanded.is_empty() {
            self.push("open", &text::list(&layout.expanded));
        }
        match layout.theme {
            Theme::System => {}
            Theme::Light => self.push("theme", "light"),
            Theme::Dark => self.push("theme", "dark"),
        }
    }

    fn tissue(&mut self, prefix: &str, tissue: &TissueImage) {
        self.optional(&format!("{prefix}tissue"), tissue.library.as_deref());
        if tissue.opacity != TissueImage::default().opacity {
            self.push(&format!("{prefix}tissue.opacity"), &text::number(tissue.opacity));
        }
    }

    fn points(&mut self, prefix: &str, points: PointStyle) {
        if let Some(size) = points.size_px() {
            self.push(&format!("{prefix}size"), &text::number(size));
        }
        if points.opacity() != PointStyle::default().opacity() {
            self.push(&format!("{prefix}opacity"), &text::number(points.opacity()));
        }
    }
}

fn of_kept<'a, T>(items: &'a [T], kept: &'a [bool]) -> impl Iterator<Item = &'a T> {
    items.iter().zip(kept).filter(|(_, kept)| **kept).map(|(item, _)| item)
}

fn label_filter(filter: &LabelFilter) -> String {
    match filter {
        LabelFilter::Hide(labels) => format!("-{}", text::joined(labels.iter().map(text::label))),
        LabelFilter::Only(labels) => text::joined(labels.iter().map(text::label)),
    }
}

fn selection(selection: &Selection) -> String {
    text::joined(selection.steps().iter().map(|step| match step {
        SelectionStep::Add(polygon) => format!("a{}", polygon.to_text()),
        SelectionStep::Subtract(polygon) => format!("s{}", polygon.to_text()),
        SelectionStep::Intersect(polygon) => format!("n{}", polygon.to_text()),
        SelectionStep::Invert => "i".to_owned(),
    }))
}
