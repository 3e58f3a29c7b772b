//! What a request comes to: changes of the state, or what only the page can do.

use shared_fbs::manifest::ColumnKind;

use super::{
    CellChoice, CellNames, ErrorCode, Failure, HistoryMode, LabelChoice, Request, SetChoice, SettingsChange, patched,
    request::FilterChoice,
};
use crate::{
    de::Adjustment,
    session::{LISTED_CELLS, Session},
    state::{
        Action, AppState, Axis, CellQuery, CellSet, ColorBy, Command, Comparison, Filters, GeneKey, Hover, Label,
        LabelFilter, MarkerOrder, Markers, ObsFilter, PICTURE_SIDES_PX, PanelKind, Polygon, Reference, ResultPanel,
        SelectMode, TestMode, ViewSpec, reduce,
    },
};

/// The media types that a picture may have, the usual one first.
const PICTURE_TYPES: [&str; 3] = ["image/png", "image/jpeg", "image/webp"];

/// What a request comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Actions, in this order.
    Dispatch(Vec<Action>),
    /// A view in the place of the present one, which is no step.
    Replace(Box<ViewSpec>),
    /// The view is told.
    TellView,
    /// The selection is told, with at most so many rows.
    TellSelection {
        /// The most rows; `None` for none.
        max_rows: Option<u64>,
    },
    /// The picture is drawn as a file, at least that large.
    TakePicture {
        /// Its media type.
        mime: String,
        /// The least width and height, in pixels.
        least_px: [Option<u32>; 2],
    },
    /// The cells of these ids are selected.
    SelectIds(Vec<String>),
    /// A command is carried out.
    Run(Command),
    /// What takes the graphics device's memory is given up.
    Suspend,
    /// It is wanted again.
    Resume,
    /// Another page of the viewer takes the place of this one.
    Open(String),
    /// The Explorer presents itself otherwise.
    Configure(SettingsChange),
    /// These events are told from now on.
    Listen(Vec<String>),
}

impl Request {
    /// What the request comes to, given the state and the open dataset.
    ///
    /// # Errors
    /// [`ErrorCode::NotReady`] where it takes an open dataset and there is none, [`ErrorCode::UnknownName`] where the
    /// dataset has not what the request names, as far as is known by now, [`ErrorCode::Invalid`] for what is no outline
    /// or view.
    pub fn plan(self, state: &AppState, session: Option<&Session>) -> Result<Plan, Failure> {
        let asked = || {
            let not_ready = || Failure::new(ErrorCode::NotReady, "the dataset is not open yet");
            session.map(|session| Asked { state, session }).ok_or_else(not_ready)
        };
        match self {
            Self::GetView {} => Ok(Plan::TellView),
            Self::Run { command } => Ok(Plan::Run(command)),
            Self::CopyLink {} => Ok(Plan::Run(Command::CopyLink)),
            Self::Suspend {} => Ok(Plan::Suspend),
            Self::Resume {} => Ok(Plan::Resume),
            Self::Open { address } => Ok(Plan::Open(address)),
            Self::Configure { settings } => Ok(Plan::Configure(settings)),
            Self::Listen { events } => Ok(Plan::Listen(events)),
            Self::Undo {} => Ok(Plan::Dispatch(vec![Action::Undo])),
            Self::Redo {} => Ok(Plan::Dispatch(vec![Action::Redo])),
            Self::Highlight { target: Some(target) } => {
                asked()?.check_target(&target)?;
                Ok(Plan::Dispatch(vec![Action::Hover(Some(target))]))
            }
            Self::Highlight { target } => Ok(Plan::Dispatch(vec![Action::Hover(target)])),
            Self::FlyTo { camera } => Ok(Plan::Dispatch(vec![Action::SetCamera { panel: state.focused(), camera }])),
            Self::SetView { patch, link, history } => {
                let asked = asked()?;
                if patch.is_none() && link.is_none() {
                    return Err(invalid("there is neither a patch of a view nor a link"));
                }
                let view = asked.view(patch.as_ref(), link.as_deref())?;
                asked.replace(view, history)
            }
            Self::ColorBy { color } => asked()?.color(&color),
            Self::SetEmbedding { embedding } => {
                asked()?.check_embedding(embedding.as_deref())?;
                Ok(Plan::Dispatch(vec![Action::SetEmbedding { panel: state.focused(), embedding }]))
            }
            Self::SetLayer { layer } => {
                let layer = asked()?.layer(layer.as_deref())?;
                Ok(Plan::Dispatch(vec![Action::SetLayer(layer)]))
            }
            Self::SetGenes { genes } => {
                let (asked, layer) = (asked()?, state.view.analysis.layer.clone());
                for gene in &genes {
                    asked.check_gene(&GeneKey { layer: layer.clone(), gene: gene.clone() })?;
                }
                let mut view = state.view.clone();
                view.analysis.genes = genes;
                asked.replace(view, HistoryMode::Step)
            }
            Self::SetFilter { filter } => {
                let mut view = state.view.clone();
                view.analysis.query.filters = match filter {
                    FilterChoice::Filters(filters) => *filters,
                    FilterChoice::Link(link) => filters_of_link(&link)?,
                };
                asked()?.replace(view, HistoryMode::Step)
            }
            Self::Select { cells, embedding, mode } => asked()?.select(cells, embedding.as_deref(), mode),
            Self::GetSelection { ids, max } => {
                Ok(Plan::TellSelection { max_rows: ids.then(|| max.unwrap_or(u64::MAX)) })
            }
            Self::Compare { group, reference, mode } => {
                let asked = asked()?;
                asked.check_comparison(mode)?;
                let (group, mut actions) = asked.set(group)?;
                let reference = match reference {
                    None => Reference::Rest,
                    Some(reference) => {
                        let (name, made) = asked.set(reference)?;
                        if name == group {
                            return Err(invalid(format!("“{name}” cannot be compared with itself")));
                        }
                        actions.extend(made);
                        Reference::Set(name)
                    }
                };
                let analysis = &state.view.analysis;
                let (layer, universe) = (analysis.layer.clone(), analysis.query.subset.clone());
                let adjustment = Adjustment::default();
                actions.push(Action::Compare(Comparison { group, reference, mode, adjustment, layer, universe }));
                Ok(Plan::Dispatch(actions))
            }
            Self::Markers { column } => {
                let asked = asked()?;
                asked.check_is_labels(&column)?;
                asked.check_comparison(TestMode::Welch)?;
                let universe = state.view.analysis.query.subset.clone();
                let markers = Markers { column, rank: MarkerOrder::default(), universe };
                Ok(Plan::Dispatch(vec![Action::ShowResult(Some(ResultPanel::Markers(markers)))]))
            }
            Self::Picture { mime, width, height } => {
                if let Some(side) = [width, height].into_iter().flatten().find(|side| !PICTURE_SIDES_PX.contains(side))
                {
                    let most = PICTURE_SIDES_PX.end();
                    return Err(invalid(format!("a picture is 1 to {most} pixels wide and high, not {side}")));
                }
                let mime = mime.unwrap_or_else(|| PICTURE_TYPES[0].to_owned());
                if !PICTURE_TYPES.contains(&mime.as_str()) {
                    return Err(invalid(format!("a picture is of one of {}, not `{mime}`", PICTURE_TYPES.join(", "))));
                }
                Ok(Plan::TakePicture { mime, least_px: [width, height] })
            }
        }
    }
}

/// What a request is held against.
struct Asked<'a> {
    state: &'a AppState,
    session: &'a Session,
}

impl Asked<'_> {
    fn view(&self, patch: Option<&serde_json::Value>, link: Option<&str>) -> Result<ViewSpec, Failure> {
        let mut view = match link {
            Some(link) => {
                let parsed = ViewSpec::from_link(link);
                if let Some(notice) = parsed.notices.first() {
                    return Err(Failure::new(ErrorCode::Invalid, notice.to_string()));
                }
                parsed.view
            }
            None => self.state.view.clone(),
        };
        if let Some(patch) = patch {
            view = patched(&view, patch)?;
        }
        view.dataset.clone_from(&self.state.view.dataset);
        Ok(view)
    }

    /// A view in the place of the present one, where the dataset has what it names.
    fn replace(&self, view: ViewSpec, history: HistoryMode) -> Result<Plan, Failure> {
        let analysis = &view.analysis;
        match &analysis.color {
            ColorBy::Obs(column) => self.check_column(column)?,
            ColorBy::Gene(gene) => self.check_gene(gene)?,
            color @ ColorBy::TwoGenes { .. } => {
                color.pair().iter().flatten().try_for_each(|gene| self.check_gene(gene))?;
            }
            ColorBy::None | ColorBy::GeneSet { .. } => {}
        }
        for level in analysis.query.subset.iter().chain([&analysis.query.filters]) {
            self.check_filters(level)?;
        }
        for panel in &view.panels {
            self.check_embedding(panel.embedding())?;
            if let PanelKind::Scatter(plot) = &panel.kind {
                plot.axes().into_iter().try_for_each(|axis| match axis {
                    Axis::Obs(column) => self.check_column(column),
                    Axis::Gene(gene) => self.check_gene(gene),
                })?;
            }
            panel.only.iter().try_for_each(|only| self.check_column(&only.column))?;
        }
        let restore = Action::Restore(Box::new(view));
        Ok(match history {
            HistoryMode::Step => Plan::Dispatch(vec![restore]),
            HistoryMode::Replace => Plan::Replace(Box::new(reduce(self.state.clone(), restore).view)),
        })
    }

    fn color(&self, text: &str) -> Result<Plan, Failure> {
        if text.is_empty() {
            return Ok(Plan::Dispatch(vec![Action::SetColor(ColorBy::None)]));
        }
        let wrong = || {
            invalid(format!(
                "`{text}` is no color: write `obs:COLUMN`, `gene:GENE`, `gene:LAYER:GENE`, `genes:GENE,GENE` or \
                 `set:NAME`"
            ))
        };
        let color = ColorBy::from_text(text).ok_or_else(wrong)?;
        let action = match &color {
            ColorBy::None => Action::SetColor(ColorBy::None),
            ColorBy::Obs(column) => {
                self.check_column(column)?;
                Action::SetColor(color)
            }
            ColorBy::Gene(GeneKey { layer, gene }) => {
                let key = GeneKey { layer: self.layer(layer.as_deref())?, gene: gene.clone() };
                self.check_gene(&key)?;
                Action::ShowGene(key)
            }
            ColorBy::TwoGenes { genes, layer } => {
                let layer = self.layer(layer.as_deref())?;
                let color = ColorBy::TwoGenes { genes: genes.clone(), layer };
                color.pair().iter().flatten().try_for_each(|gene| self.check_gene(gene))?;
                Action::SetColor(color)
            }
            ColorBy::GeneSet { set, .. } => {
                if self.state.view.analysis.gene_set(set).is_none() {
                    return Err(unknown("gene set", set));
                }
                Action::SetColor(color)
            }
        };
        Ok(Plan::Dispatch(vec![action]))
    }

    fn select(&self, cells: CellChoice, embedding: Option<&str>, mode: SelectMode) -> Result<Plan, Failure> {
        let polygon = match cells {
            CellChoice::Polygon(points) => Polygon::from_path(&points, 0.0),
            CellChoice::Rect([corner, opposite]) => Polygon::rectangle(corner, opposite),
            CellChoice::Cells(cells) => return self.select_listed(cells, mode),
            CellChoice::Labels(LabelChoice { column, labels }) => {
                self.check_is_labels(&column)?;
                self.check_labels(&column, &labels)?;
                let chosen = labels.into_iter().map(Label::from).collect();
                let before = match self.state.view.analysis.query.filters.obs.get(&column) {
                    Some(ObsFilter::Labels(filter)) => Some(filter.clone()),
                    Some(ObsFilter::Range(_)) | None => None,
                };
                let filter = match (mode, before) {
                    (SelectMode::Replace, _) | (SelectMode::Add | SelectMode::Intersect, None) => {
                        LabelFilter::Only(chosen)
                    }
                    (SelectMode::Intersect, Some(filter)) => filter.and(&LabelFilter::Only(chosen)),
                    (SelectMode::Subtract, None) => LabelFilter::Hide(chosen),
                    (SelectMode::Add | SelectMode::Subtract, Some(mut filter)) => {
                        for label in chosen {
                            filter.set(label, mode == SelectMode::Add);
                        }
                        filter
                    }
                };
                return Ok(Plan::Dispatch(vec![Action::SetLabels { column, filter }]));
            }
            CellChoice::Set(name) => {
                self.state.view.analysis.cell_set(&name).ok_or_else(|| unknown("cell set", &name))?;
                check_replaces(mode)?;
                return Ok(Plan::Dispatch(vec![Action::SelectCellSet(name)]));
            }
        };
        let polygon = polygon.ok_or_else(|| invalid("an outline encloses an area"))?;
        self.check_embedding(embedding)?;
        let shown = self.state.focused_panel().embedding();
        let found = self.session.embedding_to_show(embedding.or(shown));
        let (_, entry) = found.ok_or_else(|| unknown("embedding", embedding.unwrap_or_default()))?;
        Ok(Plan::Dispatch(vec![Action::Select { embedding: entry.key.clone(), mode, polygon }]))
    }

    fn select_listed(&self, cells: CellNames, mode: SelectMode) -> Result<Plan, Failure> {
        check_replaces(mode)?;
        let CellNames { content, ids, rows } = cells;
        let manifest = self.session.manifest();
        let Some(held) = manifest.known_content_id() else {
            return Err(Failure::new(ErrorCode::NotReady, "the dataset is still being built"));
        };
        if content != held {
            let message = format!("the cells are of “{content}”, the open dataset holds “{held}”");
            return Err(Failure::new(ErrorCode::NotReady, message));
        }
        match (ids, rows) {
            (Some(_), None) if manifest.cell_ids.is_none() => Err(invalid("the dataset has no ids of cells")),
            (Some(ids), None) => Ok(Plan::SelectIds(ids)),
            (None, Some(rows)) => {
                if let Some(row) = rows.rows().max().filter(|&row| row >= manifest.n_obs) {
                    return Err(unknown("cell in row", &row.to_string()));
                }
                let set = self.session.listed_set(LISTED_CELLS, rows, &self.state.view.analysis);
                Ok(Plan::Dispatch(vec![Action::AddAndSelectCellSet(set)]))
            }
            (Some(_), Some(_)) | (None, None) => Err(invalid("cells are named by `ids` or by `rows`")),
        }
    }

    /// The name of a set to compare, and what makes it first.
    fn set(&self, choice: SetChoice) -> Result<(String, Vec<Action>), Failure> {
        match choice {
            SetChoice::Named(name) if self.state.view.analysis.cell_set(&name).is_some() => Ok((name, Vec::new())),
            SetChoice::Named(name) => Err(unknown("cell set", &name)),
            SetChoice::Labels(LabelChoice { column, labels }) => {
                self.check_is_labels(&column)?;
                self.check_labels(&column, &labels)?;
                let filter = LabelFilter::Only(labels.into_iter().map(Label::from).collect());
                let filters = Filters { obs: [(column, ObsFilter::Labels(filter))].into(), ..Filters::default() };
                let query = CellQuery { subset: self.state.view.analysis.query.subset.clone(), filters };
                let set = self.session.set_of(query, &self.state.view.analysis);
                let CellSet { name, .. } = &set;
                Ok((name.clone(), vec![Action::AddCellSet(set)]))
            }
        }
    }

    fn check_filters(&self, filters: &Filters) -> Result<(), Failure> {
        for (column, filter) in &filters.obs {
            self.check_column(column)?;
            if let ObsFilter::Labels(LabelFilter::Only(labels)) = filter {
                let labels: Vec<_> = labels.iter().cloned().map(Option::<String>::from).collect();
                self.check_labels(column, &labels)?;
            }
        }
        filters.genes.keys().try_for_each(|gene| self.check_gene(gene))
    }

    fn check_column(&self, column: &str) -> Result<(), Failure> {
        if self.session.columns().get(column).is_some() { Ok(()) } else { Err(unknown("column", column)) }
    }

    fn check_is_labels(&self, column: &str) -> Result<(), Failure> {
        let entry = self.session.columns().get(column).ok_or_else(|| unknown("column", column))?;
        let is_labels = matches!(entry.kind, ColumnKind::Categorical);
        if is_labels || self.state.view.analysis.as_labels.contains(column) {
            return Ok(());
        }
        Err(invalid(format!("“{column}” is no column of labels")))
    }

    /// Whether there is something to compare, and in that way.
    fn check_comparison(&self, mode: TestMode) -> Result<(), Failure> {
        let manifest = self.session.manifest();
        match mode {
            _ if manifest.layers.is_empty() => Err(invalid("the dataset has no expression to compare")),
            TestMode::Samples if manifest.sample_column.is_none() => {
                Err(invalid("the dataset names no column of samples to compare"))
            }
            TestMode::Welch
            | TestMode::CellxgeneCompatible
            | TestMode::OverestimatedVariance
            | TestMode::Wilcoxon
            | TestMode::WilcoxonUncorrected
            | TestMode::Samples => Ok(()),
        }
    }

    fn check_target(&self, target: &Hover) -> Result<(), Failure> {
        match target {
            Hover::Cell(row) if row.0 < self.session.manifest().n_obs => Ok(()),
            Hover::Cell(row) => Err(unknown("cell in row", &row.0.to_string())),
            Hover::Label { column, label } => self.check_labels(column, &[Option::from(label.clone())]),
        }
    }

    /// Labels are known once their column is loaded.
    fn check_labels(&self, column: &str, labels: &[Option<String>]) -> Result<(), Failure> {
        self.check_column(column)?;
        let Some(categories) = self.session.categories(column) else { return Ok(()) };
        match labels.iter().flatten().find(|label| !categories.labels.contains(label)) {
            Some(label) => Err(unknown(&format!("label of {column}"), label)),
            None => Ok(()),
        }
    }

    /// Genes are known once their layer's are loaded.
    fn check_gene(&self, key: &GeneKey) -> Result<(), Failure> {
        let layer = self.layer(key.layer.as_deref())?;
        let key = GeneKey { layer, gene: key.gene.clone() };
        if self.session.has_gene(&key) == Some(false) { Err(unknown("gene", &key.gene)) } else { Ok(()) }
    }

    fn check_embedding(&self, key: Option<&str>) -> Result<(), Failure> {
        let Some(key) = key else { return Ok(()) };
        let is_there = self.session.manifest().embeddings.iter().any(|entry| entry.key == key);
        if is_there { Ok(()) } else { Err(unknown("embedding", key)) }
    }

    /// How the state names a layer.
    fn layer(&self, name: Option<&str>) -> Result<Option<String>, Failure> {
        let Some(name) = name else { return Ok(None) };
        if self.session.layer(Some(name)).is_none() {
            return Err(unknown("layer", name));
        }
        Ok(self.session.layer_key(name))
    }
}

fn filters_of_link(link: &str) -> Result<Filters, Failure> {
    let parsed = ViewSpec::from_link(link);
    if let Some(notice) = parsed.notices.first() {
        return Err(invalid(notice.to_string()));
    }
    let filters = parsed.view.analysis.query.filters;
    // No text is no filter, which is meant then.
    let wrong = match parsed.unknown {
        Some(key) => format!("`{key}` is no filter"),
        None if filters.is_empty() && !link.trim().is_empty() => format!("there is no filter in `{link}`"),
        None => return Ok(filters),
    };
    Err(invalid(format!(
        "{wrong}: write `f.COLUMN=LABEL,LABEL`, `r.COLUMN=MIN..MAX` or `g.GENE=MIN..MAX`, with `&` between several"
    )))
}

fn check_replaces(mode: SelectMode) -> Result<(), Failure> {
    match mode {
        SelectMode::Replace => Ok(()),
        SelectMode::Add | SelectMode::Subtract | SelectMode::Intersect => {
            Err(invalid("a list or a set of cells replaces the selection: `mode` is `replace`"))
        }
    }
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(ErrorCode::Invalid, message)
}

fn unknown(kind: &str, name: &str) -> Failure {
    Failure::new(ErrorCode::UnknownName, format!("the dataset has no {kind} “{name}”"))
}
