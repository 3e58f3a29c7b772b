//! The routes to the moments of two sets of cells: stored sums, blocks, genes, the server.

use std::{cell::Cell, future::Ready};

use explorer_core::{
    data::Column,
    dataset::{LabelSet, Task},
    de::{Choice, LayerTiles, Moments, Offer, Plan, Route, SetParts, Sets, Speed},
    filter::CellMask,
    session::{Progress, Sides},
};
use shared_fbs::manifest::Layer;

use super::{access::DataAccess, compare::CompareError};
use crate::{
    fetch::{self, Address, FetchError, MomentsOffer},
    platform,
};

/// Plans of stored sums alone, up to so many tiles, are summed up in the page: that takes a few milliseconds,
/// and to ask a worker takes longer.
const TILES_IN_PAGE: usize = 6;

/// An exact answer that takes longer than this is preceded by an estimate.
const PATIENCE_MILLIS: f64 = 500.0;

/// Cells of each set that an estimate is made from, about.
const SAMPLE_CELLS: u64 = 2000;

/// Tiles that an estimate reads of each set at most: some megabytes.
const SAMPLE_TILES: usize = 40;

/// For who does not want one.
pub(super) const NO_ESTIMATE: Option<&fn(Found) -> Ready<()>> = None;

/// What has been learned of the routes to a dataset's moments.
#[derive(Default)]
pub(super) struct RouteStats {
    /// How fast tiles come and are summed up.
    speed: Speed,
    /// What the server offers, once it was asked.
    server: Option<Option<MomentsOffer>>,
    /// Bytes of the moments that it has sent.
    server_bytes: u64,
}

impl RouteStats {
    /// Bytes of the moments that the server has sent.
    pub fn server_bytes(&self) -> u64 {
        self.server_bytes
    }
}

/// The moments of group and reference, and how they were obtained.
pub(super) struct Found {
    pub moments: [Moments; 2],
    pub choice: Choice,
    pub n_bytes: u64,
}

/// The cells of both sets.
pub(super) struct SideMasks {
    pub group: CellMask,
    pub reference: CellMask,
    /// The reference is all cells but the group's.
    is_rest: bool,
}

impl SideMasks {
    fn as_sets(&self) -> Sets<'_> {
        if self.is_rest { Sets::GroupAndRest(&self.group) } else { Sets::Two(&self.group, &self.reference) }
    }
}

impl DataAccess {
    /// The exact moments of both sets by the fastest route; before that, where the wait will be long, an estimate from a
    /// sample.
    pub(super) async fn moments(
        &self,
        index: usize,
        sides: &Sides,
        on_progress: &dyn Fn(Progress),
        on_estimate: Option<&impl AsyncFn(Found)>,
    ) -> Result<Found, CompareError> {
        let layer = self.dataset.layer_entry(index)?;
        let tiles = LayerTiles::of(self.dataset.manifest(), layer);
        let group = self.dataset.label_set(layer, &sides.group).await?;
        let reference = match sides.reference.clone().or_else(|| sides.rest_of_labels()) {
            _ if sides.is_against_all_others() => None,
            Some(source) => Some(self.dataset.label_set(layer, &source).await?),
            None => Some(LabelSet::default()),
        };
        if let Some(plan) = LayerTiles::plan_of_sums(self.dataset.manifest(), layer, &group, reference.as_ref()) {
            let choice = Choice { offers: vec![self.speed().offer(Route::Labels, plan.n_bytes)] };
            return self.follow_plan(index, &plan, choice, on_progress).await;
        }
        let sides = self.masks(sides).await?;
        let plan = match &tiles {
            Some(tiles) => {
                let group = self.ways(&group, &sides.group).await?;
                let reference = match &reference {
                    Some(reference) => Some(self.ways(reference, &sides.reference).await?),
                    None => None,
                };
                Some(tiles.plan_of(&group, reference.as_deref()))
            }
            None => None,
        };
        let posted = self.server_offer(layer, &sides, tiles.as_ref().zip(plan.as_ref())).await;
        let choice = self.choose(layer, plan.as_ref(), posted.as_ref().map(|(offer, _)| *offer));
        if let (Some(tiles), Some(on_estimate)) = (&tiles, on_estimate)
            && choice.taken().millis > PATIENCE_MILLIS
        {
            let reference = (!sides.is_rest).then_some(&sides.reference);
            let sample = tiles.sample(&sides.group, reference, SAMPLE_CELLS, SAMPLE_TILES);
            on_estimate(self.follow_plan(index, &sample, choice.clone(), &|_| {}).await?).await;
        }
        let plan = match choice.taken().route {
            Route::Genes => None,
            Route::Labels | Route::Blocks => plan,
            Route::Server => {
                // Where the server is busy or too slow, the page does it by itself.
                if let Some((_, request)) = posted
                    && let Ok(found) = self.ask_server(index, layer, &choice, request).await
                {
                    return Ok(found);
                }
                plan
            }
        };
        self.by_itself(index, plan, &sides, choice, on_progress).await
    }

    /// Without the server: by a plan, or by every gene where there is none.
    async fn by_itself(
        &self,
        index: usize,
        plan: Option<Plan>,
        sides: &SideMasks,
        choice: Choice,
        on_progress: &dyn Fn(Progress),
    ) -> Result<Found, CompareError> {
        let choice = choice.instead(if plan.is_some() { Route::Blocks } else { Route::Genes });
        if let Some(plan) = plan {
            return self.follow_plan(index, &plan, choice, on_progress).await;
        }
        let task = Task::genes(&sides.group, &sides.reference);
        self.run_task(index, &task, choice, on_progress).await
    }

    /// Reads the tiles that a plan names and sums them up.
    async fn follow_plan(
        &self,
        index: usize,
        plan: &Plan,
        choice: Choice,
        on_progress: &dyn Fn(Progress),
    ) -> Result<Found, CompareError> {
        if !plan.cells.is_empty() || plan.moments.len() > TILES_IN_PAGE {
            return self.run_task(index, &Task::Plan(plan), choice, on_progress).await;
        }
        let before = self.dataset.tiles().bytes_fetched();
        // Only the workers sum up cells, and have what that takes.
        let moments = self.dataset.sum_stored(index, &plan.moments, |_| Ok(())).await?.finish(plan.n_cells)?;
        Ok(Found { moments, choice, n_bytes: self.dataset.tiles().bytes_fetched() - before })
    }

    /// Lets the workers do a task, and learns from it how fast they are.
    async fn run_task(
        &self,
        index: usize,
        task: &Task<'_>,
        choice: Choice,
        on_progress: &dyn Fn(Progress),
    ) -> Result<Found, CompareError> {
        let n_genes = self.dataset.n_genes(index) as u32;
        let fixed = self.dataset.fixed_points(index).await?;
        let began = platform::now_millis();
        let n_bytes = Cell::new(0);
        let report = |progress: Progress| {
            n_bytes.set(progress.n_bytes);
            on_progress(progress);
        };
        let moments = self.pool.moments(index as u32, n_genes, &fixed, task, &report).await?;
        self.inner.routes.borrow_mut().speed.observe(n_bytes.get(), platform::now_millis() - began);
        Ok(Found { moments, choice, n_bytes: n_bytes.get() })
    }

    pub(super) fn speed(&self) -> Speed {
        self.inner.routes.borrow().speed
    }

    /// Weighs all routes but that of stored sums.
    fn choose(&self, layer: &Layer, plan: Option<&Plan>, server: Option<Offer>) -> Choice {
        let offers = self.speed().offers(self.dataset.manifest(), layer, plan);
        Choice::of(offers.into_iter().chain(server).collect()).expect("all genes can always be read")
    }

    /// What the server would do, with the request to post; `None` where there is none that would.
    async fn server_offer(
        &self,
        layer: &Layer,
        sides: &SideMasks,
        plan: Option<(&LayerTiles, &Plan)>,
    ) -> Option<(Offer, Vec<u8>)> {
        let limit = self.server_limit().await?;
        let own_bytes = || self.dataset.genes_bytes(layer);
        // Not worth the question when the page is quick by itself.
        if self.speed().millis(plan.map_or_else(own_bytes, |(_, plan)| plan.n_bytes)) < PATIENCE_MILLIS {
            return None;
        }
        // The server is not told what labels the cells have.
        let plan_bytes = plan.map_or_else(own_bytes, |(tiles, _)| tiles.plan(sides.as_sets()).n_bytes);
        let request = fetch::moments_request(&sides.group, &sides.reference);
        platform::breathe().await;
        let answer_bytes = 2 * self.dataset.moments_tile_bytes(layer);
        let offer = self.speed().server_offer(request.len() as u64 + answer_bytes, plan_bytes);
        (request.len() as u64 <= limit.max_body_bytes).then_some((offer, request))
    }

    async fn server_limit(&self) -> Option<MomentsOffer> {
        let known = self.inner.routes.borrow().server;
        if let Some(known) = known {
            return known;
        }
        let (root, id) = self.server_address()?;
        // A server that does not answer this is asked for nothing more.
        let offer = fetch::moments_offer(&root, &id).await.ok().flatten();
        self.inner.routes.borrow_mut().server = Some(offer);
        offer
    }

    fn server_address(&self) -> Option<(String, String)> {
        match &self.inner.address {
            Address::Server(id) => Some((self.inner.host.base().to_owned(), id.clone())),
            Address::Directory(_) | Address::Host => None,
        }
    }

    async fn ask_server(
        &self,
        index: usize,
        layer: &Layer,
        choice: &Choice,
        request: Vec<u8>,
    ) -> Result<Found, CompareError> {
        let Some((root, id)) = self.server_address() else {
            return Err(FetchError::Network.into());
        };
        let n_bytes = request.len() as u64 + 2 * self.dataset.moments_tile_bytes(layer);
        let n_entries = self.dataset.n_entries(index).await?;
        let [group, reference] =
            fetch::moments(&root, &id, &self.dataset.manifest().content_id, &layer.name, request).await?;
        self.inner.routes.borrow_mut().server_bytes += n_bytes;
        let moments = [Moments::from_tile(&group, n_entries)?, Moments::from_tile(&reference, n_entries)?];
        Ok(Found { moments, choice: choice.clone(), n_bytes })
    }

    /// The cells of both sets, once all that it takes to tell them has been loaded.
    pub(super) async fn masks(&self, sides: &Sides) -> Result<SideMasks, FetchError> {
        for key in sides.needs() {
            self.ready(key).await?;
        }
        let unknown = || FetchError::Unknown { kind: "data for", name: "the cells compared".to_owned() };
        let masks = self.read(|session| sides.masks(|source| session.cells_of(source).ok_or_else(unknown)));
        let [group, reference] = masks.ok_or_else(unknown)??;
        Ok(SideMasks { group, reference, is_rest: sides.is_against_all_others() })
    }

    /// All ways to make a set up: out of what is stored of its labels, and out of its cells.
    async fn ways<'a>(&self, set: &LabelSet, cells: &'a CellMask) -> Result<Vec<SetParts<'a>>, FetchError> {
        let mut columns = Vec::new();
        for name in set.columns() {
            columns.push(self.column(name).await?);
        }
        let codes = columns.iter().filter_map(|column| match column.as_ref() {
            Column::Categorical(column) => Some(&column.codes),
            Column::Continuous(_) => None,
        });
        Ok(set.parts(&codes.collect::<Vec<_>>(), cells))
    }
}
