//! Markers of the column that is open: the question, what runs, what is known.

use std::{collections::BTreeSet, rc::Rc, sync::Arc};

use explorer_core::{
    dataset::{DatasetError, MarkerShare, label_tiles},
    de::{DeOptions, Effect, Marker, MarkerFinder, MarkerRank},
    session::{LabelMarkers, MarkersResult, Progress, Sides},
    state::{CellQuery, CellSource, Filters, Label, LabelFilter, MarkerOrder, Markers, ObsFilter, ViewSpec},
};
use shared_fbs::tile::Categories;

use super::{
    Store,
    access::DataAccess,
    compare::CompareError,
    job_runner::Run,
    routes::{Found, NO_ESTIMATE},
};
use crate::{fetch::FetchError, platform, worker::WorkerError};

/// Genes of each label that are kept, as `tile-server markers` writes them.
pub const MARKERS_PER_LABEL: u32 = 100;

/// Sums of labels of a subset that the page may hold, in bytes.
const MOST_MOMENTS_BYTES: usize = 512 << 20;

/// A search for markers under way.
type Marking = Run<Markers, MarkersResult>;

/// Why there are no markers.
#[derive(Debug, thiserror::Error)]
enum MarkersError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error(transparent)]
    Compare(#[from] CompareError),
    #[error("The dataset has no stored sums of the labels of “{0}”, which markers are computed from.")]
    NoMoments(String),
    #[error("“{0}” has too many labels to hold each against each other. Rank genes by score instead.")]
    TooMany(String),
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
        inner.markers.follow(self, view.shown_markers(), async move |run: &Marking, asked: &Markers| {
            access.find_markers(asked, run).await
        });
    }
}

impl DataAccess {
    async fn find_markers(&self, asked: &Markers, run: &Marking) -> Result<MarkersResult, MarkersError> {
        let began = platform::now_millis();
        let (index, layer) = self.dataset.statistics_layer(None)?;
        let tiles = label_tiles(layer, &asked.column);
        let is_own = self.read(|session| session.columns().is_own(&asked.column)) == Some(true);
        if tiles.is_none() && !is_own {
            return Err(MarkersError::NoMoments(asked.column.clone()));
        }
        let categories = self.categories(&asked.column).await?;
        let genes = self.gene_table(index).await?;
        let result = |found, n_cells: &[u32], n_bytes| MarkersResult {
            asked: asked.clone(),
            labels: LabelMarkers::of_labels(&categories.labels, n_cells, found),
            names: Arc::clone(&genes.names),
            layer: layer.name.clone(),
            cautions: layer.cautions.clone(),
            effect: Effect::of_layer(layer),
            n_bytes,
            millis: platform::now_millis() - began,
        };
        let Some(tiles) = tiles.filter(|_| asked.universe.is_empty()) else {
            let (found, n_cells, n_bytes) = self.markers_within(asked, index, &categories, run).await?;
            return Ok(result(found, &n_cells, n_bytes));
        };
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
        let found = self.pool.markers(index as u32, self.dataset.n_genes(index) as u32, &share, &on_progress).await?;
        Ok(result(found, &categories.counts, n_bytes.get()))
    }

    /// The same among the cells of a subset, or of the labels of an own column, with the cells of each label there and the bytes that it took: nothing is
    /// stored of these, so that the sums of each label are those of a comparison.
    async fn markers_within(
        &self,
        asked: &Markers,
        index: usize,
        categories: &Categories,
        run: &Marking,
    ) -> Result<(Vec<Vec<Marker>>, Vec<u32>, u64), MarkersError> {
        let began = platform::now_millis();
        let fixed = self.dataset.fixed_points(index).await?;
        let labeled = |labels: BTreeSet<Label>| {
            let filter = ObsFilter::Labels(LabelFilter::Only(labels));
            let filters = Filters { obs: [(asked.column.clone(), filter)].into(), ..Filters::default() };
            CellSource::Query(CellQuery { filters, ..CellQuery::default() })
        };
        let sums = async |cells: CellSource| -> Result<Found, CompareError> {
            let sides = Sides::new(cells, Some(labeled(BTreeSet::new())), asked.universe.clone());
            self.moments(index, &sides, &|_| {}, NO_ESTIMATE).await
        };
        let all = sums(CellSource::Query(CellQuery::default())).await?;
        let ([total, _], mut n_bytes) = (all.moments, all.n_bytes);
        let (options, rank) = (DeOptions::of_layer(self.dataset.layer_entry(index)?), MarkerRank::of(asked.rank));
        let n_labels = categories.labels.len();
        // Each label is held against all cells, or against each other one.
        let holds_all = asked.rank == MarkerOrder::Effect;
        if holds_all && n_labels * size_of_val(total.entries.as_slice()) > MOST_MOMENTS_BYTES {
            return Err(MarkersError::TooMany(asked.column.clone()));
        }
        let best = |finder: &MarkerFinder<'_>, label: usize, n_cells: u64| match n_cells {
            0 => Ok(Vec::new()),
            _ => finder.markers_of(label, MARKERS_PER_LABEL as usize).map_err(CompareError::from),
        };
        let (mut labels, mut markers) = (Vec::new(), Vec::new());
        let mut n_cells = Vec::with_capacity(n_labels);
        let names = categories.labels.iter().map(|label| Label::named(label.as_str()));
        // Cells without a label are one of the others.
        for (n_done, label) in (1..).zip(names.chain(holds_all.then_some(Label::Missing))) {
            let Found { moments: [label, _], n_bytes: more, .. } = sums(labeled([label].into())).await?;
            n_bytes += more;
            n_cells.push(label.n_cells as u32);
            if holds_all {
                labels.push(label);
            } else {
                let finder = MarkerFinder::new(std::slice::from_ref(&label), &total, &fixed, options, rank);
                markers.push(best(&finder, 0, label.n_cells)?);
            }
            run.progress(Progress {
                n_done,
                n_parts: n_labels as u32,
                n_bytes,
                millis: platform::now_millis() - began,
            });
            platform::next_task().await;
        }
        if holds_all {
            let finder = MarkerFinder::new(&labels, &total, &fixed, options, rank);
            for (at, label) in labels.iter().enumerate().take(n_labels) {
                markers.push(best(&finder, at, label.n_cells)?);
                platform::next_task().await;
            }
        }
        Ok((markers, n_cells, n_bytes))
    }
}
