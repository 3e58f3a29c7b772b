//! The roads to the moments of two sets of cells: stored sums, blocks, genes, the server.

use std::{cell::Cell, sync::Arc};

use explorer_core::{
    data::Column,
    de::{Choice, Labels, LayerTiles, Moments, Offer, Plan, Road, SetParts, Speed, Summing},
    filter::CellMask,
    state::{CellQuery, CellSource, Filters, Label, LabelFilter, Needs, ObsFilter},
};
use leptos::prelude::WithValue;
use shared_fbs::manifest::{CubeMoments, Layer, TileRange};

use super::{
    Session, Slot, Store,
    compare::{CompareError, Question},
    place::read_embedding,
};
use crate::{
    fetch::{self, Address, Dataset, FetchError, MomentsOffer, Priority},
    platform,
    worker::{Pool, Progress, Task},
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

/// What has been learned of the roads to a dataset.
#[derive(Default)]
pub(super) struct Helper {
    /// How fast tiles come and are summed up.
    speed: Speed,
    /// What the server offers, once it was asked.
    server: Option<Option<MomentsOffer>>,
}

/// The moments of group and reference, and how they were come by.
pub(super) struct Found {
    pub moments: [Moments; 2],
    pub choice: Choice,
    pub n_bytes: u64,
}

/// The cells of both sets, with the tiles of those that are stored.
struct Sides {
    group: CellMask,
    reference: CellMask,
    /// The reference is all cells but the group's.
    is_rest: bool,
}

impl Store {
    /// The exact moments of both sets of a question by the quickest road; before that, where the wait will be
    /// long, an estimate from a sample.
    pub(super) async fn moments(
        self,
        dataset: &Dataset,
        pool: &Pool,
        index: usize,
        question: &Question,
        on_progress: &impl Fn(Progress),
        on_estimate: Option<&dyn Fn(Found)>,
    ) -> Result<Found, CompareError> {
        let layer = dataset.layer_entry(index)?;
        let tiles = LayerTiles::of(dataset.manifest(), layer);
        if let Some(tiles) = &tiles
            && let Some(plan) = stored_plan(dataset, layer, tiles, question).await?
        {
            let choice = Choice { offers: vec![self.speed().offer(Road::Labels, plan.n_bytes)] };
            return self.follow_plan(dataset, pool, index, &plan, choice, on_progress).await;
        }
        let sides = self.sides(dataset, question).await?;
        let plan = tiles.as_ref().map(|tiles| {
            let reference = (!sides.is_rest).then_some(SetParts::Cells(&sides.reference));
            tiles.plan_of(SetParts::Cells(&sides.group), reference)
        });
        let posted = self.server_offer(dataset, layer, &sides, plan.as_ref()).await;
        let choice = self.choose(dataset, layer, plan.as_ref(), posted.as_ref().map(|(offer, _)| *offer));
        if let (Some(tiles), Some(on_estimate)) = (&tiles, on_estimate)
            && choice.taken().millis > PATIENCE_MILLIS
        {
            let reference = (!sides.is_rest).then_some(&sides.reference);
            let sample = tiles.sample(&sides.group, reference, SAMPLE_CELLS, SAMPLE_TILES);
            on_estimate(self.follow_plan(dataset, pool, index, &sample, choice.clone(), &|_| {}).await?);
        }
        match (choice.taken().road, plan, posted) {
            (Road::Server, plan, Some((_, request))) => {
                match self.ask_server(index, layer, dataset, &choice, request).await {
                    Ok(found) => Ok(found),
                    Err(_) => self.by_itself(dataset, pool, index, plan, &sides, choice, on_progress).await,
                }
            }
            (Road::Genes, ..) => self.by_itself(dataset, pool, index, None, &sides, choice, on_progress).await,
            (_, plan, _) => self.by_itself(dataset, pool, index, plan, &sides, choice, on_progress).await,
        }
    }

    /// Without the server: by a plan, or by every gene where there is none.
    #[expect(clippy::too_many_arguments, reason = "all that a road needs; used twice")]
    async fn by_itself(
        self,
        dataset: &Dataset,
        pool: &Pool,
        index: usize,
        plan: Option<Plan>,
        sides: &Sides,
        mut choice: Choice,
        on_progress: &impl Fn(Progress),
    ) -> Result<Found, CompareError> {
        choice.offers.sort_by_key(|offer| match (offer.road, &plan) {
            (Road::Blocks, Some(_)) | (Road::Genes, None) => 0,
            _ => 1,
        });
        if let Some(plan) = plan {
            return self.follow_plan(dataset, pool, index, &plan, choice, on_progress).await;
        }
        let labels = Labels::new(&sides.group, &sides.reference);
        let n_cells = [sides.group.count() as u64, sides.reference.count() as u64];
        self.run_task(pool, dataset, index, Task::Genes(labels.as_bytes(), n_cells), choice, on_progress).await
    }

    /// Reads the tiles that a plan names and sums them up.
    async fn follow_plan(
        self,
        dataset: &Dataset,
        pool: &Pool,
        index: usize,
        plan: &Plan,
        choice: Choice,
        on_progress: &impl Fn(Progress),
    ) -> Result<Found, CompareError> {
        if !plan.cells.is_empty() || plan.moments.len() > TILES_IN_PAGE {
            return self.run_task(pool, dataset, index, Task::Plan(plan), choice, on_progress).await;
        }
        let before = dataset.bytes_fetched();
        let layer = dataset.layer_entry(index)?;
        let mut sums = Summing::new(dataset.n_genes(index));
        let tiles: Vec<u32> = plan.moments.iter().map(|part| part.tile).collect();
        for (part, tile) in plan.moments.iter().zip(dataset.moments(layer, &tiles).await?) {
            sums.take_moments(&tile, part.signs)?;
            platform::breathe().await;
        }
        Ok(Found { moments: sums.finish(plan.n_cells)?, choice, n_bytes: dataset.bytes_fetched() - before })
    }

    /// Lets the workers do a task, and learns from it how fast they are.
    async fn run_task(
        self,
        pool: &Pool,
        dataset: &Dataset,
        index: usize,
        task: Task<'_>,
        choice: Choice,
        on_progress: &impl Fn(Progress),
    ) -> Result<Found, CompareError> {
        let began = platform::now_millis();
        let n_bytes = Cell::new(0);
        let report = |progress: Progress| {
            n_bytes.set(progress.n_bytes);
            on_progress(progress);
        };
        let moments = pool.moments(index as u32, dataset.n_genes(index) as u32, task, report).await?;
        if let Some(desk) = self.desk() {
            desk.borrow_mut().helper.speed.observe(n_bytes.get(), platform::now_millis() - began);
        }
        Ok(Found { moments, choice, n_bytes: n_bytes.get() })
    }

    fn speed(self) -> Speed {
        self.desk().map_or_else(Speed::default, |desk| desk.borrow().helper.speed)
    }

    /// Weighs all roads but that of stored sums.
    fn choose(self, dataset: &Dataset, layer: &Layer, plan: Option<&Plan>, server: Option<Offer>) -> Choice {
        let offers = self.speed().offers(dataset.manifest(), layer, plan);
        Choice::of(offers.into_iter().chain(server).collect()).expect("all genes can always be read")
    }

    /// What the server would do, with the request to post; `None` where there is none that would.
    async fn server_offer(
        self,
        dataset: &Dataset,
        layer: &Layer,
        sides: &Sides,
        plan: Option<&Plan>,
    ) -> Option<(Offer, Vec<u8>)> {
        let limit = self.server_limit().await?;
        let plan_bytes = plan?.n_bytes;
        // Not worth the question when the page is quick by itself.
        if self.speed().millis(plan_bytes) < PATIENCE_MILLIS {
            return None;
        }
        let request = fetch::moments_request(&sides.group, &sides.reference);
        platform::breathe().await;
        let answer_bytes = 2 * dataset.moments_tile_bytes(layer);
        let offer = self.speed().server_offer(request.len() as u64 + answer_bytes, plan_bytes);
        (request.len() as u64 <= limit.max_body_bytes).then_some((offer, request))
    }

    async fn server_limit(self) -> Option<MomentsOffer> {
        let desk = self.desk()?;
        let known = desk.borrow().helper.server;
        if let Some(known) = known {
            return known;
        }
        let (root, id) = self.server_address()?;
        // A server that does not answer this is asked for nothing more.
        let offer = fetch::moments_offer(&root, &id).await.ok().flatten();
        desk.borrow_mut().helper.server = Some(offer);
        offer
    }

    fn server_address(self) -> Option<(String, String)> {
        self.inner.try_with_value(|inner| match &inner.address {
            Address::Server(id) => Some((inner.root.clone(), id.clone())),
            Address::Directory(_) => None,
        })?
    }

    async fn ask_server(
        self,
        index: usize,
        layer: &Layer,
        dataset: &Dataset,
        choice: &Choice,
        request: Vec<u8>,
    ) -> Result<Found, CompareError> {
        let Some((root, id)) = self.server_address() else {
            return Err(FetchError::Network.into());
        };
        let n_bytes = request.len() as u64 + 2 * dataset.moments_tile_bytes(layer);
        let n_genes = dataset.n_genes(index);
        let [group, reference] = fetch::moments(&root, &id, &layer.name, request).await?;
        let moments = [Moments::from_tile(&group, n_genes)?, Moments::from_tile(&reference, n_genes)?];
        Ok(Found { moments, choice: choice.clone(), n_bytes })
    }

    async fn sides(self, dataset: &Dataset, question: &Question) -> Result<Sides, FetchError> {
        let group = self.cells(dataset, &question.group).await?;
        let reference = match &question.reference {
            Some(source) => self.cells(dataset, source).await?,
            None => {
                let mut rest = group.clone();
                rest.invert();
                rest
            }
        };
        Ok(Sides { group, reference, is_rest: question.reference.is_none() })
    }

    /// The cells of a set, once all that it takes has been loaded.
    pub(super) async fn cells(self, dataset: &Dataset, source: &CellSource) -> Result<CellMask, FetchError> {
        let mut needs = Needs::default();
        if let CellSource::Query(query) = source {
            needs.add_query(query);
        }
        for name in needs.columns {
            if !self.has(|session| session.loaded.columns.get(&name).and_then(Slot::ready).is_some()) {
                let column: Column = dataset.column(&name, Priority::Now).await?;
                self.with_session_mut(|session| session.loaded.columns.insert(name, Slot::Ready(Arc::new(column))));
            }
        }
        for key in needs.embeddings.into_iter().flatten() {
            if !self.has(|session| session.loaded.embeddings.get(&key).and_then(Slot::ready).is_some()) {
                let embedding = read_embedding(dataset, &key).await?;
                self.with_session_mut(|session| {
                    session.loaded.embeddings.insert(key, Slot::Ready(Arc::new(embedding)))
                });
            }
        }
        for key in needs.genes {
            if !self.has(|session| session.loaded.genes.get(&key).and_then(Slot::ready).is_some()) {
                self.fetch_gene(dataset, key).await?;
            }
        }
        for key in needs.means {
            if !self.has(|session| session.loaded.mean(&key).is_some()) {
                let mean = Arc::new(self.mean(dataset, &key).await?);
                self.with_session_mut(|session| session.loaded.means.insert(key, Slot::Ready(mean)));
            }
        }
        let mask = self.with_session(|session| session.loaded.source_mask(source)).flatten();
        mask.ok_or_else(|| FetchError::Unknown { kind: "data for the set", name: format!("{source:?}") })
    }

    fn has(self, there: impl FnOnce(&Session) -> bool) -> bool {
        self.with_session(there).unwrap_or(false)
    }
}

/// The plan that adds up stored sums, where both sets are made of labels.
async fn stored_plan(
    dataset: &Dataset,
    layer: &Layer,
    tiles: &LayerTiles,
    question: &Question,
) -> Result<Option<Plan>, FetchError> {
    let Some(group) = stored_sums(dataset, layer, &question.group).await? else { return Ok(None) };
    let reference = match &question.reference {
        Some(source) => match stored_sums(dataset, layer, source).await? {
            Some(reference) => Some(reference),
            None => return Ok(None),
        },
        None => None,
    };
    let reference = reference.as_deref().map(SetParts::Stored);
    Ok(Some(tiles.plan_of(SetParts::Stored(&group), reference)))
}

/// The tiles of moments that a set is the union of, with the cells of each.
async fn stored_sums(
    dataset: &Dataset,
    layer: &Layer,
    source: &CellSource,
) -> Result<Option<Vec<(u32, u64)>>, FetchError> {
    let CellSource::Query(query) = source else { return Ok(None) };
    let filters = match only_labels(query).as_deref() {
        Some([]) => {
            let all = layer.total_moments.as_ref().map(|total| vec![(total.first, dataset.n_obs() as u64)]);
            return Ok(all);
        }
        Some(&[one]) => vec![one],
        Some(&[a, b]) => vec![a, b],
        _ => return Ok(None),
    };
    if let (Some(cube), [a, b]) = (&layer.cube, filters.as_slice()) {
        for [of, by] in [[a, b], [b, a]] {
            if *of.0 == cube.column && *by.0 == cube.by {
                return pairs(dataset, cube, of.1, by.1).await.map(Some);
            }
        }
    }
    let &[(column, filter)] = filters.as_slice() else { return Ok(None) };
    let moments = layer.column_moments.iter().find(|moments| moments.column == *column);
    let Some(tiles) = moments.and_then(|moments| moments.tiles.as_ref()) else { return Ok(None) };
    let categories = dataset.categories(column).await?;
    let labels = categories.labels.iter().map(|label| Label::named(label.as_str())).chain([Label::Missing]);
    let allowed = tiles.iter().zip(labels).zip(&categories.counts).filter(|((_, label), _)| filter.allows(label));
    Ok(Some(allowed.map(|((tile, _), &n_cells)| (tile, u64::from(n_cells))).collect()))
}

/// The tiles of the pairs of labels that two filters let through.
async fn pairs(
    dataset: &Dataset,
    cube: &CubeMoments,
    of: &LabelFilter,
    by: &LabelFilter,
) -> Result<Vec<(u32, u64)>, FetchError> {
    let mut allowed = Vec::with_capacity(2);
    for (column, filter) in [(&cube.column, of), (&cube.by, by)] {
        let categories = dataset.categories(column).await?;
        let labels = categories.labels.iter().map(|label| Label::named(label.as_str())).chain([Label::Missing]);
        allowed.push(labels.map(|label| filter.allows(&label)).collect::<Vec<bool>>());
    }
    let is_allowed = |column: usize, code: u32| allowed[column].get(code as usize) == Some(&true);
    let tiles = cube.tiles.iter().flat_map(TileRange::iter).zip(cube.codes.iter().zip(&cube.by_codes));
    let tiles =
        tiles.zip(&cube.n_cells).filter(|((_, (code, by_code)), _)| is_allowed(0, **code) && is_allowed(1, **by_code));
    Ok(tiles.map(|((tile, _), &n_cells)| (tile, u64::from(n_cells))).collect())
}

/// The filters of a query, where all are on labels of columns and nothing else is asked.
pub(super) fn only_labels(query: &CellQuery) -> Option<Vec<(&String, &LabelFilter)>> {
    let Filters { obs, genes, means, selections } = &query.filters;
    if !query.subset.is_empty() || !genes.is_empty() || !means.is_empty() || !selections.is_empty() {
        return None;
    }
    let labels = obs.iter().map(|(column, filter)| match filter {
        ObsFilter::Labels(filter) => Some((column, filter)),
        _ => None,
    });
    labels.collect()
}
