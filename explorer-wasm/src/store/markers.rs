//! Markers of the column that is open: the question, what runs, what is known.

use std::{rc::Rc, sync::Arc};

use explorer_core::{
    dataset::{DatasetError, MarkerShare, label_tiles},
    de::Effect,
    session::{LabelMarkers, MarkersResult, Progress},
    state::{Markers, ViewSpec},
};

use super::{Store, access::DataAccess, job_runner::Run};
use crate::{fetch::FetchError, platform, worker::WorkerError};

/// Genes of each label that are kept, as `tile-server markers` writes them.
pub const MARKERS_PER_LABEL: u32 = 100;

/// A search for markers under way.
type Marking = Run<Markers, MarkersResult>;

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
    /// Brings the computation in line with the markers that are open: starts it, stops another.
    pub(super) fn follow_markers(self, view: &ViewSpec) {
        let Some(access) = self.access() else { return };
        let inner = Rc::clone(&access.inner);
        inner.markers.follow(view.shown_markers(), async move |run: &Marking, asked: &Markers| {
            access.find_markers(asked, run).await
        });
    }
}

impl DataAccess {
    async fn find_markers(&self, asked: &Markers, run: &Marking) -> Result<MarkersResult, MarkersError> {
        let began = platform::now_millis();
        let (index, layer) = self.dataset.statistics_layer(None)?;
        let tiles = label_tiles(layer, &asked.column).ok_or_else(|| MarkersError::NoMoments(asked.column.clone()))?;
        let categories = self.dataset.categories(&asked.column).await?;
        let genes = self.gene_table(index).await?;
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
            run.progress(progress);
        };
        let found = self.pool.markers(index as u32, self.dataset.n_genes(index) as u32, &share, on_progress).await?;
        Ok(MarkersResult {
            asked: asked.clone(),
            labels: LabelMarkers::of_labels(&categories.labels, &categories.counts, found),
            names: Arc::clone(&genes.names),
            layer: layer.name.clone(),
            effect: Effect::of_layer(layer),
            n_bytes: n_bytes.get(),
            millis: platform::now_millis() - began,
        })
    }
}
