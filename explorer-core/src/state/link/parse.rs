//! From the text of a link to a view.

use std::collections::{BTreeMap, HashSet};

use crate::{
    de::Adjustment,
    sorting::set_of,
    state::{
        About, CellList, CellOrder, CellQuery, CellSet, CellSource, Clip, ColorBy, Comparison, Filters, GeneKey,
        GeneSet, Inquiry, LabelFilter, MOST_PANELS, MarkerOrder, Markers, ObsFilter, Panel, Panels, Plot, Polygon,
        Reference, ResultPanel, SIDEBAR_WIDTHS_PX, Selection, SelectionStep, SetValue, TestMode, Theme, Tool, ViewSpec,
        limits::{MOST_LEVELS, MOST_NAMES},
    },
};

use super::{
    LINK_VERSION, MOST_PARTS, Notice, ParsedLink,
    comparison_view::ComparisonViewDraft,
    own_columns::OwnColumnDraft,
    panel::read_panel,
    plot,
    text::{self, Read, Unread, numbered},
};

pub(super) fn parse(link: &str) -> ParsedLink {
    let mut draft = Draft::default();
    let link = link.strip_prefix(['?', '#']).unwrap_or(link);
    let pairs: Vec<&str> = link.split('&').filter(|pair| !pair.is_empty()).collect();
    if pairs.len() > MOST_PARTS {
        draft.notices.push(Notice::TooManyParts { n_parts: pairs.len() });
    }
    for pair in pairs.into_iter().take(MOST_PARTS) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (text::percent_decoded(key), text::percent_decoded(value)) {
            (Some(key), Some(value)) => draft.read(&key, &value),
            (Some(key), None) => draft.note(format!("“{key}”").into(), value),
            (None, _) => draft.note("a key".into(), pair),
        }
    }
    draft.finish()
}

/// What has been read so far.
#[derive(Default)]
struct Draft {
    view: ViewSpec,
    content: Option<String>,
    panel: Panel,
    /// How many panels there are, where the link says.
    n_panels: Option<usize>,
    /// Those after the first, by their places.
    panels: BTreeMap<u32, Panel>,
    query: QueryDraft,
    gene_sets: BTreeMap<u32, GeneSetDraft>,
    cell_sets: BTreeMap<u32, CellSetDraft>,
    comparisons: BTreeMap<u32, ComparisonDraft>,
    own_columns: BTreeMap<u32, OwnColumnDraft>,
    shown: Option<u32>,
    markers: MarkersDraft,
    plot: PlotDraft,
    inquiry: InquiryDraft,
    comparison_view: ComparisonViewDraft,
    notices: Vec<Notice>,
    /// The first key that says nothing here.
    unknown: Option<String>,
}

#[derive(Default)]
struct QueryDraft {
    subset: BTreeMap<u32, Filters>,
    filters: Filters,
}

#[derive(Default)]
struct GeneSetDraft {
    name: Option<String>,
    description: String,
    genes: Vec<String>,
}

#[derive(Default)]
struct CellSetDraft {
    name: Option<String>,
    cells: Option<CellList>,
    query: QueryDraft,
    /// Whether a part of it was unreadable. What is left would be other cells under its name.
    broken: bool,
}

#[derive(Default)]
struct ComparisonDraft {
    sets: Option<(String, Reference)>,
    mode: TestMode,
    adjustment: Adjustment,
    layer: Option<String>,
    universe: QueryDraft,
    /// Whether a part of its universe was unreadable. What is left would be another comparison.
    broken: bool,
}

#[derive(Default)]
struct PlotDraft {
    by: Option<String>,
    plot: Plot,
    universe: QueryDraft,
    /// Whether a part of its universe was unreadable. What is left would be a plot of other cells.
    broken: bool,
}

#[derive(Default)]
struct InquiryDraft {
    about: Option<About>,
    layer: Option<String>,
    cells: QueryDraft,
    /// Whether a part of its cells was unreadable. What is left would be a question about others.
    broken: bool,
}

#[derive(Default)]
struct MarkersDraft {
    column: Option<String>,
    rank: MarkerOrder,
    universe: QueryDraft,
}

impl Draft {
    fn note(&mut self, unread: Unread, value: &str) {
        let notice = match unread {
            Unread::Unreadable(what) => Notice::Unreadable { what, value: value.to_owned() },
            Unread::BeyondLevels if self.notices.contains(&Notice::TooManyLevels) => return,
            Unread::BeyondLevels => Notice::TooManyLevels,
        };
        self.notices.push(notice);
    }

    fn read(&mut self, key: &str, value: &str) {
        if let Err(unread) = self.read_pair(key, value) {
            self.note(unread, value);
        }
    }

    fn read_pair(&mut self, key: &str, value: &str) -> Read {
        if let Some(read) = self.query.read(key, value) {
            return read;
        }
        if let Some((at, rest)) = numbered(key, "gs") {
            return self.gene_sets.entry(at).or_default().read(rest, value);
        }
        if let Some((at, rest)) = numbered(key, "set") {
            return self.cell_sets.entry(at).or_default().read(rest, value);
        }
        if let Some((at, rest)) = numbered(key, "de") {
            return self.comparisons.entry(at).or_default().read(rest, value);
        }
        if let Some((at, rest)) = numbered(key, "p").filter(|(at, _)| (1..MOST_PANELS as u32).contains(at)) {
            let panel = self.panels.entry(at).or_default();
            return read_panel(panel, &mut self.notices, rest, value).unwrap_or(Ok(()));
        }
        if let Some((at, rest)) = numbered(key, "own") {
            return self.own_columns.entry(at).or_default().read(rest, value);
        }
        if let Some(key) = key.strip_prefix("de.") {
            return self.comparison_view.read(key, value);
        }
        if let Some(key) = key.strip_prefix("plot") {
            return self.plot.read(key, value);
        }
        if let Some(key) = key.strip_prefix("ask") {
            return self.inquiry.read(key, value);
        }
        match key.strip_prefix("markers") {
            Some("") => self.markers.column = Some(value.to_owned()),
            Some(".rank") => {
                self.markers.rank = match value {
                    "score" => MarkerOrder::Score,
                    "effect" => MarkerOrder::Effect,
                    _ => return Err("what markers are ranked by".into()),
                }
            }
            Some(rest) => {
                if let Some(read) = rest.strip_prefix('.').and_then(|key| self.markers.universe.read(key, value)) {
                    // What is left would be the markers of other cells.
                    return read.inspect_err(|_| self.markers.column = None);
                }
            }
            None => return self.read_single(key, value),
        }
        Ok(())
    }

    fn read_single(&mut self, key: &str, value: &str) -> Read {
        if let Some(read) = read_panel(&mut self.panel, &mut self.notices, key, value) {
            return read;
        }
        let Self { view, .. } = self;
        let options = &mut view.analysis.color_options;
        match key {
            "v" => {
                let version: u32 = value.parse().map_err(|_| "its version")?;
                if version > LINK_VERSION {
                    self.notices.push(Notice::NewerVersion(version));
                }
            }
            "d" => view.dataset = Some(value.to_owned()),
            "of" => self.content = Some(value.to_owned()),
            "c" => view.analysis.color = color(value).ok_or("the color")?,
            "cmap" => options.colormap = Some(value.to_owned()),
            "crange" => options.range = text::parse_range(value).ok_or("the color's range")?,
            "clog" => options.log = text::flag(value).ok_or("the color's scale")?,
            "czero" => options.zeros_gray = text::flag(value).ok_or("the color of zeros")?,
            "clip" => {
                options.clip = text::parse_bounds(value)
                    .and_then(|(lower, upper)| Clip::new(lower, upper))
                    .ok_or("the percentiles to clip at")?;
            }
            "corder" => {
                options.order = match value {
                    "highest" => CellOrder::Highest,
                    "lowest" => CellOrder::Lowest,
                    "random" => CellOrder::Random,
                    _ => return Err("which cells are drawn above others".into()),
                }
            }
            "layer" => view.analysis.layer = Some(value.to_owned()),
            "aslabels" => view.analysis.as_labels = set_of(first_names("columns", value, &mut self.notices)),
            "genes" => view.analysis.genes = first_names("genes", value, &mut self.notices),
            "shown" => self.shown = Some(value.parse().map_err(|_| "the comparison to show")?),
            "tool" => {
                view.tool = match value {
                    "pan" => Tool::Pan,
                    "lasso" => Tool::Lasso,
                    "rectangle" => Tool::Rectangle,
                    "orbit" => Tool::Orbit,
                    _ => return Err("the tool".into()),
                }
            }
            "left" => view.layout.left = text::flag(value).ok_or("the left sidebar")?,
            "right" => view.layout.right = text::flag(value).ok_or("the right sidebar")?,
            "leftpx" => view.layout.left_px = Some(sidebar_width(value).ok_or("the width of the left sidebar")?),
            "rightpx" => view.layout.right_px = Some(sidebar_width(value).ok_or("the width of the right sidebar")?),
            "labels" => view.layout.labels = text::flag(value).ok_or("the labels over the picture")?,
            "linked" => view.layout.linked = text::flag(value).ok_or("whether cameras are linked")?,
            "panels" => {
                let count = value.parse().ok().filter(|count| (1..=MOST_PANELS).contains(count));
                self.n_panels = Some(count.ok_or("the number of panels")?);
            }
            "density" => view.layout.density = text::flag(value).ok_or("the contours over the picture")?,
            "open" => view.layout.expanded = set_of(first_names("columns", value, &mut self.notices)),
            "theme" => {
                view.layout.theme = match value {
                    "system" => Theme::System,
                    "light" => Theme::Light,
                    "dark" => Theme::Dark,
                    _ => return Err("the theme".into()),
                }
            }
            unknown => drop(self.unknown.get_or_insert_with(|| unknown.to_owned())),
        }
        Ok(())
    }

    fn finish(self) -> ParsedLink {
        let Self { mut view, content, panel, n_panels, mut panels, query, gene_sets, cell_sets, comparisons, .. } =
            self;
        let Self { own_columns, shown, markers, plot, inquiry, comparison_view, mut notices, unknown, .. } = self;
        view.layout.comparison = comparison_view.finish();
        let others = (1..n_panels.unwrap_or(1) as u32).map(|at| panels.remove(&at).unwrap_or_default());
        view.panels = Panels::new([panel].into_iter().chain(others).collect()).unwrap_or_default();
        let analysis = &mut view.analysis;
        analysis.query = query.finish();
        let mut taken = HashSet::new();
        for (at, GeneSetDraft { name, description, genes }) in gene_sets {
            match name.filter(|name| taken.insert(name.clone())) {
                Some(name) => analysis.gene_sets.push(GeneSet { name, description, genes }),
                None => notices.push(Notice::UnnamedSet { key: format!("gs{at}") }),
            }
        }
        taken.clear();
        for (at, CellSetDraft { name, cells, query, broken }) in cell_sets {
            if broken {
                continue;
            }
            let source = match cells {
                Some(cells) => CellSource::Cells(cells),
                None => CellSource::Query(query.finish()),
            };
            match name.filter(|name| !name.is_empty() && taken.insert(name.clone())) {
                Some(name) => analysis.cell_sets.push(CellSet { name, source }),
                None => notices.push(Notice::UnnamedSet { key: format!("set{at}") }),
            }
        }
        analysis.own_columns = OwnColumnDraft::finish(own_columns, &mut notices);
        let (mut shown_comparison, mut held_against) = (None, None);
        for (at, ComparisonDraft { sets, mode, adjustment, layer, universe, broken }) in comparisons {
            if let Some((group, reference)) = sets.filter(|_| !broken) {
                let comparison =
                    Comparison { group, reference, mode, adjustment, layer, universe: universe.finish().subset };
                if view.layout.comparison.with == Some(at) {
                    held_against = Some(comparison.clone());
                }
                if shown == Some(at) {
                    shown_comparison = Some(ResultPanel::Comparison(comparison.clone()));
                }
                analysis.comparisons.push(comparison);
            }
        }
        notices.extend(view.drop_dangling_comparisons().into_iter().map(Notice::MissingSet));
        let place = |held: Comparison| view.analysis.comparisons.iter().position(|listed| *listed == held);
        view.layout.comparison.with = held_against.and_then(place).map(|at| at as u32);
        let MarkersDraft { column, rank, universe } = markers;
        let universe = universe.finish().subset;
        let shown_markers = column.map(|column| ResultPanel::Markers(Markers { column, rank, universe }));
        view.layout.result = shown_comparison
            .filter(|shown| view.can_show(shown))
            .or(shown_markers)
            .or_else(|| plot.finish())
            .or_else(|| inquiry.finish());
        ParsedLink { view: view.canonical(), content, notices, unknown }
    }
}

impl PlotDraft {
    /// Reads a pair by what follows `plot`.
    fn read(&mut self, key: &str, value: &str) -> Read {
        if let Some(read) = key.strip_prefix('.').and_then(|key| self.universe.read(key, value)) {
            self.broken |= read.is_err();
            return read;
        }
        if key.is_empty() {
            self.by = Some(value.to_owned());
            return Ok(());
        }
        plot::read(&mut self.plot, key, value)
    }

    fn finish(self) -> Option<ResultPanel> {
        let universe = self.universe.finish().subset;
        let by = self.by.filter(|_| !self.broken)?;
        Some(ResultPanel::Plot(Plot { by, universe, ..self.plot }))
    }
}

impl InquiryDraft {
    /// Reads a pair by what follows `ask`.
    fn read(&mut self, key: &str, value: &str) -> Read {
        match key {
            "" => {
                self.about = Some(match value.split_once(':') {
                    None if value == "cells" => About::Cells,
                    Some(("gene", gene)) => About::Gene(text::unescaped(gene)),
                    Some(("obs", column)) => About::Column(text::unescaped(column)),
                    _ => return Err("the question about some cells".into()),
                });
            }
            ".layer" => self.layer = Some(value.to_owned()),
            key => {
                if let Some(read) = key.strip_prefix('.').and_then(|key| self.cells.read(key, value)) {
                    self.broken |= read.is_err();
                    return read;
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Option<ResultPanel> {
        let about = self.about.filter(|_| !self.broken)?;
        Some(ResultPanel::Inquiry(Inquiry { about, layer: self.layer, cells: self.cells.finish() }))
    }
}

impl QueryDraft {
    /// Reads a pair about filters; `None` when the key is about something else.
    fn read(&mut self, key: &str, value: &str) -> Option<Read> {
        let (filters, key) = match numbered(key, "u") {
            Some((level, rest)) if is_filter(rest) => {
                if self.subset.len() >= MOST_LEVELS && !self.subset.contains_key(&level) {
                    return Some(Err(Unread::BeyondLevels));
                }
                (self.subset.entry(level).or_default(), rest)
            }
            _ if is_filter(key) => (&mut self.filters, key),
            _ => return None,
        };
        let (kind, name) = key.split_once('.')?;
        Some(read_filter(filters, kind, name, value).ok_or_else(|| format!("the filter on “{name}”").into()))
    }

    fn finish(self) -> CellQuery {
        CellQuery { subset: self.subset.into_values().collect(), filters: self.filters }
    }
}

impl GeneSetDraft {
    fn read(&mut self, field: &str, value: &str) -> Read {
        match field {
            "" => self.name = Some(value.to_owned()),
            "d" => value.clone_into(&mut self.description),
            "g" => self.genes = text::names(value).collect(),
            _ => {}
        }
        Ok(())
    }
}

impl CellSetDraft {
    fn read(&mut self, field: &str, value: &str) -> Read {
        let read = match field {
            "" => {
                self.name = Some(value.to_owned());
                Ok(())
            }
            "cells" => {
                self.cells = CellList::from_text(value);
                self.cells.is_some().then_some(()).ok_or("the cells".into())
            }
            field => self.query.read(field, value).unwrap_or(Ok(())),
        };
        self.broken |= read.is_err();
        read.map_err(|unread| unread.of("a cell set"))
    }
}

impl ComparisonDraft {
    fn read(&mut self, field: &str, value: &str) -> Read {
        match field {
            "" => {
                self.sets = Some(match text::split(value, ':')[..] {
                    [group] => (text::unescaped(group), Reference::Rest),
                    [group, reference] => (text::unescaped(group), Reference::Set(text::unescaped(reference))),
                    _ => return Err("a comparison".into()),
                });
            }
            "mode" => {
                self.mode = TestMode::from_name(value).ok_or("the statistic of a comparison")?;
            }
            "adjust" => {
                self.adjustment = Adjustment::from_name(value).ok_or("how a comparison adjusts p-values")?;
            }
            "layer" => self.layer = Some(value.to_owned()),
            field => {
                let read = self.universe.read(field, value).unwrap_or(Ok(()));
                self.broken |= read.is_err();
                return read.map_err(|unread| unread.of("a comparison"));
            }
        }
        Ok(())
    }
}

fn is_filter(key: &str) -> bool {
    matches!(key.split_once('.'), Some(("f" | "r" | "g" | "m" | "z" | "s" | "k", _)))
}

fn read_filter(filters: &mut Filters, kind: &str, name: &str, value: &str) -> Option<()> {
    match kind {
        "f" => {
            let filter = ObsFilter::Labels(label_filter(value));
            filters.obs.insert(name.to_owned(), filter);
        }
        "r" => {
            let filter = ObsFilter::Range(text::parse_range(value)?);
            filters.obs.insert(name.to_owned(), filter);
        }
        "g" => {
            filters.genes.insert(text::parse_gene(name)?, text::parse_range(value)?);
        }
        "m" => {
            filters.means.insert(text::parse_mean(name)?, text::parse_range(value)?);
        }
        "z" => {
            let score = text::parse_mean(name)?.as_value(SetValue::Score);
            filters.means.insert(score, text::parse_range(value)?);
        }
        "k" => filters.cells = Some(CellList::from_text(value)?),
        _ => {
            filters.selections.insert(name.to_owned(), selection(value)?);
        }
    }
    Some(())
}

fn label_filter(value: &str) -> LabelFilter {
    let labels = |text| set_of(text::split(text, ',').into_iter().map(text::parse_label));
    match value.strip_prefix('-') {
        Some(hidden) => LabelFilter::Hide(labels(hidden)),
        None => LabelFilter::Only(labels(value)),
    }
}

fn selection(value: &str) -> Option<Selection> {
    text::split(value, ',')
        .into_iter()
        .map(|step| match step.split_at_checked(1)? {
            ("a", polygon) => Polygon::from_text(polygon).map(SelectionStep::Add),
            ("s", polygon) => Polygon::from_text(polygon).map(SelectionStep::Subtract),
            ("n", polygon) => Polygon::from_text(polygon).map(SelectionStep::Intersect),
            ("i", "") => Some(SelectionStep::Invert),
            _ => None,
        })
        .collect()
}

pub(super) fn color(value: &str) -> Option<ColorBy> {
    let (kind, name) = value.split_once(':')?;
    match kind {
        "obs" => Some(ColorBy::Obs(text::unescaped(name))),
        "gene" => text::parse_gene(name).map(ColorBy::Gene),
        "genes" => text::parse_pair(name).map(|(layer, genes)| ColorBy::TwoGenes { genes, layer }),
        "set" | "score" => text::parse_gene(name).map(|GeneKey { layer, gene: set }| {
            let value = if kind == "set" { SetValue::Mean } else { SetValue::Score };
            ColorBy::GeneSet { set, layer, value }
        }),
        _ => None,
    }
}

/// The names of a list, as many as a view can have.
fn first_names(what: &'static str, value: &str, notices: &mut Vec<Notice>) -> Vec<String> {
    let mut names: Vec<String> = text::names(value).collect();
    if names.len() > MOST_NAMES {
        notices.push(Notice::TooManyNames { what, n_names: names.len() });
        names.truncate(MOST_NAMES);
    }
    names
}

fn sidebar_width(value: &str) -> Option<u16> {
    value.parse().ok().filter(|width| SIDEBAR_WIDTHS_PX.contains(width))
}
