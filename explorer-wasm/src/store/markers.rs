//! Markers of the column that is open: the question, what runs, what is known.

use std::{collections::VecDeque, rc::Rc, sync::Arc};

use explorer_core::{
    dataset::{DatasetError, MarkerShare, label_tiles},
    de::{DeOptions, Effect, Marker, MarkerRank, markers_to_csv},
    state::{Markers, ViewSpec},
};
use futures_util::future::{AbortHandle, Abortable};
use leptos::prelude::*;
use shared_fbs::manifest::ColumnKind;
use wasm_bindgen_futures::spawn_local;

use super::Store;
use crate::{
    fetch::{Dataset, FetchError},
    platform,
    worker::{Pool, Progress, WorkerError},
};

/// Genes of each label that are kept, as `tile-server markers` writes them.
pub const MARKERS_PER_LABEL: u32 = 100;

/// Results kept, the latest first.
const MOST_RESULTS: usize = 8;

/// A label's best genes.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelMarkers {
    /// The label.
    pub label: String,
    /// Its cells.
    pub n_cells: u32,
    /// Its code, for its colour.
    pub code: usize,
    /// The genes, best first.
    pub markers: Vec<Marker>,
}

/// The markers of every label that has cells.
#[derive(Debug)]
pub struct MarkersResult {
    /// The question.
    pub asked: Markers,
    /// The labels, in the column's order.
    pub labels: Vec<LabelMarkers>,
    /// What the genes are called, by number.
    pub names: Arc<[String]>,
    /// Name of the layer.
    pub layer: String,
    /// What the size of an effect is.
    pub effect: Effect,
    /// Bytes that this took.
    pub n_bytes: u64,
    /// How long it took.
    pub millis: f64,
}

/// How the markers that are open stand.
#[derive(Clone, Debug, Default)]
pub enum MarkersStatus {
    /// None are open.
    #[default]
    None,
    /// They are computed.
    Running(Progress),
    /// They could not be.
    Failed(String),
    /// Here they are.
    Done(Arc<MarkersResult>),
}

/// What runs and what is known.
#[derive(Default)]
pub(super) struct MarkersDesk {
    running: Option<(Markers, AbortHandle)>,
    /// The question that failed last; it is not asked again by itself.
    failed: Option<Markers>,
    results: VecDeque<Arc<MarkersResult>>,
}

/// Why there are no markers.
#[derive(Debug, thiserror::Error)]
enum MarkersError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error("The dataset has no stored sums of the labels of “{0}”, which markers are computed from.")]
    NoMoments(String),
}

impl From<DatasetError> for MarkersError {
    fn from(error: DatasetError) -> Self {
        Self::Fetch(error.into())
    }
}

impl Store {
    /// How the markers that are open stand.
    pub fn marking(self) -> Signal<MarkersStatus> {
        self.marking.into()
    }

    /// The column whose markers a command without a column means: the one that colours the cells,
    /// else the main label. `None` where neither has stored sums.
    pub fn column_to_mark(self) -> Option<String> {
        let colored = self.peek(|state| match &state.view.analysis.color {
            explorer_core::state::ColorBy::Obs(column) => Some(column.clone()),
            _ => None,
        });
        let main = self.with_manifest(|manifest| manifest.main_label.clone()).flatten();
        [colored, main].into_iter().flatten().find(|column| self.can_mark(column))
    }

    /// Whether the labels of a column have stored sums, in the layer that statistics are made on.
    pub fn can_mark(self, column: &str) -> bool {
        let has = self.with_session(|session| {
            let dataset = &session.dataset;
            let is_categorical =
                dataset.manifest().column(column).is_some_and(|column| column.kind == ColumnKind::Categorical);
            is_categorical
                && dataset.statistics_layer(None).is_ok_and(|(_, layer)| label_tiles(layer, column).is_some())
        });
        has == Some(true)
    }

    /// Asks the open question again, after a failure.
    pub fn retry_markers(self) {
        if let Some(desk) = self.marker_desk() {
            desk.borrow_mut().failed = None;
        }
        self.settle();
    }

    fn marker_desk(self) -> Option<Rc<std::cell::RefCell<MarkersDesk>>> {
        self.inner.try_with_value(|inner| Rc::clone(&inner.marker_desk))
    }

    /// Brings the computation in line with the markers that are open: starts it, stops another.
    pub(super) fn follow_markers(self, view: &ViewSpec) {
        let asked = view.panels.markers.as_ref();
        let Some(desk) = self.marker_desk() else { return };
        let mut desk = desk.borrow_mut();
        if desk.running.as_ref().map(|(running, _)| running) == asked {
            return;
        }
        if let Some((_, handle)) = desk.running.take() {
            handle.abort();
        }
        let Some(asked) = asked.cloned() else {
            desk.failed = None;
            if !matches!(self.marking.get_untracked(), MarkersStatus::None) {
                self.marking.set(MarkersStatus::None);
            }
            return;
        };
        if desk.failed.as_ref() == Some(&asked) {
            return;
        }
        if let Some(known) = desk.results.iter().find(|known| known.asked == asked) {
            let is_shown = self
                .marking
                .with_untracked(|status| matches!(status, MarkersStatus::Done(shown) if Arc::ptr_eq(shown, known)));
            if !is_shown {
                self.marking.set(MarkersStatus::Done(Arc::clone(known)));
            }
            return;
        }
        let Some((dataset, pool)) = self.with_session(|session| (session.dataset.clone(), Rc::clone(&session.pool)))
        else {
            return;
        };
        let (handle, registration) = AbortHandle::new_pair();
        desk.running = Some((asked.clone(), handle));
        self.marking.set(MarkersStatus::Running(Progress::default()));
        let task = async move {
            let found = self.find_markers(&dataset, &pool, &asked).await;
            self.take_markers(asked, found);
        };
        spawn_local(async move {
            // Aborted when others are opened, or none.
            let _ = Abortable::new(task, registration).await;
        });
    }

    fn take_markers(self, asked: Markers, found: Result<MarkersResult, MarkersError>) {
        let Some(desk) = self.marker_desk() else { return };
        let mut desk = desk.borrow_mut();
        desk.running = None;
        match found {
            Ok(result) => {
                let result = Arc::new(result);
                desk.results.push_front(Arc::clone(&result));
                desk.results.truncate(MOST_RESULTS);
                self.marking.set(MarkersStatus::Done(result));
            }
            Err(error) => {
                desk.failed = Some(asked);
                self.marking.set(MarkersStatus::Failed(error.to_string()));
            }
        }
    }

    async fn find_markers(
        self,
        dataset: &Dataset,
        pool: &Pool,
        asked: &Markers,
    ) -> Result<MarkersResult, MarkersError> {
        let began = platform::now_millis();
        let (index, layer) = dataset.statistics_layer(None)?;
        let tiles = label_tiles(layer, &asked.column).ok_or_else(|| MarkersError::NoMoments(asked.column.clone()))?;
        let categories = dataset.categories(&asked.column).await?;
        let genes = self.gene_table(dataset, index).await?;
        let share = MarkerShare {
            // The last tile may be of cells without a label: they count, but have no markers.
            labels: 0..tiles.len().min(categories.labels.len()) as u32,
            tiles,
            order: asked.rank,
            n_top: MARKERS_PER_LABEL,
        };
        let n_bytes = std::cell::Cell::new(0);
        let on_progress = |progress: Progress| {
            n_bytes.set(progress.n_bytes);
            self.marking.set(MarkersStatus::Running(progress));
        };
        let found = pool.markers(index as u32, dataset.n_genes(index) as u32, &share, on_progress).await?;
        let counted = categories.labels.iter().zip(&categories.counts).zip(found).enumerate();
        let labels = counted
            .filter(|(_, ((_, n_cells), _))| **n_cells > 0)
            .map(|(code, ((label, &n_cells), markers))| LabelMarkers { label: label.clone(), n_cells, code, markers })
            .collect();
        Ok(MarkersResult {
            asked: asked.clone(),
            labels,
            names: Arc::clone(&genes.names),
            layer: layer.name.clone(),
            effect: Effect::of_layer(layer),
            n_bytes: n_bytes.get(),
            millis: platform::now_millis() - began,
        })
    }
}

impl MarkersResult {
    /// All markers as CSV, with a record of how they were made.
    pub fn csv(&self, dataset: &str) -> String {
        let labels: Vec<_> = self.labels.iter().map(|label| (label.label.clone(), label.markers.clone())).collect();
        let options = DeOptions { effect: self.effect, ..DeOptions::default() };
        let rank = MarkerRank::of(self.asked.rank);
        markers_to_csv(&labels, &self.names, options, rank, [dataset, &self.asked.column, &self.layer])
    }
}
