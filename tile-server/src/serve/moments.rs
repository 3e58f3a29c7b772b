//! `POST /api/datasets/{id}/moments?layer=NAME`: the moments of two sets of cells, for sets so scattered
//! that the page would have to fetch a good part of the matrix.
//!
//! The body is two roaring bitmaps in portable form, group and reference, one right after the other. The
//! answer is their two tiles of moments, each with its size before it, together in one frame for clients
//! that know zstd.

use std::{
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use explorer_core::filter::{CellMask, MaskError};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header, request};
use http_body_util::BodyExt;
use hyper::body::Body as HttpBody;
use roaring::RoaringBitmap;
use shared_fbs::{api::layer_of_query, frame};
use tokio::{
    sync::{Semaphore, TryAcquireError},
    task::{JoinError, spawn_blocking},
    time::{Instant, timeout, timeout_at},
};

use super::{
    body::Body,
    catalog::Dataset,
    dataset::{ComputeError, ComputeMoments},
    negotiate::TileCoding,
    options::Limits,
    respond,
    service::State,
};

/// Cells in one container of a roaring bitmap.
const CONTAINER_CELLS: u64 = 1 << 16;

/// What one container takes at most: one bit a cell, its key, its place, and whether it holds runs.
const CONTAINER_BYTES: u64 = CONTAINER_CELLS / 8 + 4 + 4 + 1;

/// What comes before the containers of a bitmap.
const BITMAP_HEAD_BYTES: u64 = 8;

/// Requests that may send their body or be computed, for each that may be computed.
const ADMITTED_PER_COMPUTATION: usize = 8;

/// How much is read of a body that was refused. A client that is still writing when the connection closes
/// may never see the answer.
const DISCARDED_BYTES: usize = 4 << 20;

/// Level of compression of the answer: it is sent once.
const ZSTD_LEVEL: i32 = 1;

/// The places for comparisons.
pub(super) struct Places {
    /// For bodies on their way in, so that slow senders neither hold up who computes nor fill the memory.
    admitted: Semaphore,
    computing: Arc<Semaphore>,
}

impl Places {
    /// As many as the limits say.
    pub(super) fn new(limits: &Limits) -> Self {
        let computations = limits.computations.min(Semaphore::MAX_PERMITS / ADMITTED_PER_COMPUTATION);
        Self {
            admitted: Semaphore::new(computations * ADMITTED_PER_COMPUTATION),
            computing: Arc::new(Semaphore::new(computations)),
        }
    }
}

/// The largest body that is read for a dataset of so many cells: what two sets can take, where each
/// container is written in the shortest way.
pub(super) fn max_body_bytes(limits: &Limits, n_obs: u64) -> u64 {
    let bitmap = n_obs.div_ceil(CONTAINER_CELLS).saturating_mul(CONTAINER_BYTES).saturating_add(BITMAP_HEAD_BYTES);
    bitmap.saturating_mul(2).min(limits.body_bytes)
}

/// What computes for a dataset; none where the server or the dataset has nothing of the kind.
pub(super) fn compute<'a>(limits: &Limits, dataset: &'a Dataset) -> Option<&'a Arc<dyn ComputeMoments>> {
    dataset.open.moments.as_ref().filter(|_| limits.computations > 0)
}

/// Answers other methods than POST.
pub(super) fn refuse_method(limits: &Limits, dataset: &Dataset) -> Response<Body> {
    if compute(limits, dataset).is_none() {
        return computes_nothing();
    }
    let mut response = respond::sentence(
        StatusCode::METHOD_NOT_ALLOWED,
        "Moments are computed for a POST whose body holds the two sets of cells.",
    );
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

/// Answers a POST.
pub(super) async fn moments<B>(state: &Arc<State>, request: &request::Parts, id: String, body: B) -> Response<Body>
where
    B: HttpBody<Data = Bytes>,
{
    let mut body = pin!(body);
    let deadline = Instant::now() + state.limits.body_time;
    match answer(state, request, id, body.as_mut(), deadline).await {
        Ok(response) => response,
        Err(refusal) => {
            // Nothing depends on how this ends.
            let _ = timeout_at(deadline, discard(body)).await;
            *refusal
        }
    }
}

type Refusal = Box<Response<Body>>;

fn refusal(status: StatusCode, text: &str) -> Refusal {
    Box::new(respond::sentence(status, text))
}

async fn answer<B>(
    state: &Arc<State>,
    request: &request::Parts,
    id: String,
    body: Pin<&mut B>,
    deadline: Instant,
) -> Result<Response<Body>, Refusal>
where
    B: HttpBody<Data = Bytes>,
{
    let dataset = dataset(state, id).await?;
    let limits = &state.limits;
    let compute = Arc::clone(compute(limits, &dataset).ok_or_else(|| Box::new(computes_nothing()))?);
    require_plain_bytes(&request.headers)?;
    let layer = layer(request.uri.query())?;
    let coding = TileCoding::choose(&request.headers).ok_or_else(|| {
        refusal(StatusCode::NOT_ACCEPTABLE, "Moments are sent as zstd or as they are, and the request takes neither.")
    })?;
    let n_obs = dataset.open.description.n_obs;
    let max_bytes = max_body_bytes(limits, n_obs);

    let _admitted = state.places.admitted.try_acquire().map_err(busy)?;
    let body = timeout_at(deadline, read(body, max_bytes)).await.map_err(|_| {
        refusal(StatusCode::REQUEST_TIMEOUT, "The two sets of cells did not arrive in time; send them again.")
    })??;
    let place = Arc::clone(&state.places.computing).try_acquire_owned().map_err(busy)?;

    let stop = StopWhenDropped::default();
    let stopped = Arc::clone(&stop.0);
    let job = spawn_blocking(move || {
        // Given back when the work has ended, which is after this request has, where it was stopped.
        let _place = place;
        let [group, reference] = sets(&body, n_obs)?;
        drop(body);
        let tiles = compute.moments(layer.as_deref(), &group, &reference, &stopped).map_err(|error| failed(&error))?;
        Ok(send(coding, &tiles))
    });
    match timeout(limits.compute_time, job).await {
        Ok(outcome) => outcome.unwrap_or_else(|panic| Err(panicked(&panic))),
        Err(_) => Err(Box::new(too_long())),
    }
}

/// Says stop when the answer is no longer waited for: its time is up, or the client has gone.
#[derive(Default)]
struct StopWhenDropped(Arc<AtomicBool>);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

async fn dataset(state: &Arc<State>, id: String) -> Result<Arc<Dataset>, Refusal> {
    let for_lookup = Arc::clone(state);
    let lookup = spawn_blocking(move || for_lookup.catalog.dataset(&id));
    match timeout(state.limits.answer_time, lookup).await {
        Ok(Ok(found)) => found.ok_or_else(|| Box::new(respond::no_dataset())),
        Ok(Err(panic)) => Err(panicked(&panic)),
        Err(_) => Err(Box::new(respond::late())),
    }
}

/// The body must be said to be bytes, which no form of another site's page can say, so that browsers ask
/// before they let such a page make this server work.
fn require_plain_bytes(headers: &HeaderMap) -> Result<(), Refusal> {
    let is = |name, expected: &str| {
        headers.get(name).is_some_and(|value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(expected.as_bytes()))
    };
    let is_coded = headers.contains_key(header::CONTENT_ENCODING) && !is(header::CONTENT_ENCODING, "identity");
    if is(header::CONTENT_TYPE, "application/octet-stream") && !is_coded {
        return Ok(());
    }
    Err(refusal(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "The two sets of cells are sent with the Content-Type application/octet-stream and no Content-Encoding.",
    ))
}

/// The layer that a query names.
fn layer(query: Option<&str>) -> Result<Option<String>, Refusal> {
    layer_of_query(query.unwrap_or_default())
        .map_err(|_| refusal(StatusCode::BAD_REQUEST, "The name of the layer is not UTF-8."))
}

async fn read<B>(mut body: Pin<&mut B>, max_bytes: u64) -> Result<Vec<u8>, Refusal>
where
    B: HttpBody<Data = Bytes>,
{
    let too_large = || {
        let text = format!("The body has more than {max_bytes} bytes, and two sets of this dataset's cells never do.");
        refusal(StatusCode::PAYLOAD_TOO_LARGE, &text)
    };
    if body.size_hint().lower() > max_bytes {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| refusal(StatusCode::BAD_REQUEST, "The body broke off."))?;
        let Ok(data) = frame.into_data() else { continue };
        if (bytes.len() + data.len()) as u64 > max_bytes {
            return Err(too_large());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// Reads what is left of a body, unless that is much.
async fn discard<B>(mut body: Pin<&mut B>)
where
    B: HttpBody<Data = Bytes>,
{
    let mut left = DISCARDED_BYTES;
    if body.size_hint().lower() > left as u64 {
        return;
    }
    while let Some(Ok(frame)) = body.frame().await {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        let Some(less) = left.checked_sub(bytes) else { return };
        left = less;
    }
}

/// The group and the reference of a body.
fn sets(mut body: &[u8], n_obs: u64) -> Result<[CellMask; 2], Refusal> {
    let bad = |text: &str| refusal(StatusCode::BAD_REQUEST, text);
    let n_obs = usize::try_from(n_obs).map_err(|_| bad("The dataset has more cells than this machine can number."))?;
    let mut next = |which: &str| {
        let bitmap = RoaringBitmap::deserialize_from(&mut body).map_err(MaskError::Malformed);
        let mask = bitmap.and_then(|bitmap| CellMask::from_roaring(&bitmap, n_obs));
        mask.map_err(|error| bad(&format!("The {which} cannot be read: {error}.")))
    };
    let sets = [next("group")?, next("reference")?];
    if body.is_empty() { Ok(sets) } else { Err(bad("More follows in the body after the group and the reference.")) }
}

fn send(coding: TileCoding, tiles: &[Vec<u8>; 2]) -> Response<Body> {
    const FRAME: HeaderValue = HeaderValue::from_static("application/zstd");
    const PLAIN: HeaderValue = HeaderValue::from_static("application/octet-stream");
    let tiles = tiles.concat();
    let deflate = |tiles: &[u8]| Bytes::from(frame::deflate(tiles, ZSTD_LEVEL));
    let mut response = match coding {
        TileCoding::ContentEncoding => {
            let mut response = respond::with_type(PLAIN, deflate(&tiles));
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("zstd"));
            response
        }
        TileCoding::MediaType => respond::with_type(FRAME, deflate(&tiles)),
        TileCoding::Identity => respond::with_type(PLAIN, tiles.into()),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, respond::NO_STORE);
    response
}

fn computes_nothing() -> Response<Body> {
    respond::not_found("No moments are computed here for this dataset; its tiles can be read.")
}

fn busy(_: TryAcquireError) -> Refusal {
    let mut response = respond::sentence(
        StatusCode::SERVICE_UNAVAILABLE,
        "The server computes as many comparisons as it may; try again in a moment.",
    );
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    Box::new(response)
}

/// Without a `Retry-After`, since trying again would take as long.
fn too_long() -> Response<Body> {
    respond::sentence(
        StatusCode::SERVICE_UNAVAILABLE,
        "The comparison takes longer than this server may compute; its tiles can be read.",
    )
}

fn failed(error: &ComputeError) -> Refusal {
    Box::new(match error {
        ComputeError::Layer(error) => respond::not_found(&format!("No layer was chosen: {error}.")),
        ComputeError::Stopped => too_long(),
        ComputeError::Broken(source) => {
            respond::failure("The tiles of the dataset cannot be read; verify the dataset.", source.as_ref())
        }
    })
}

fn panicked(panic: &JoinError) -> Refusal {
    Box::new(respond::panicked(panic))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// The shortest form of each container, as other programs write it too.
    fn portable(cells: impl IntoIterator<Item = u32>) -> Vec<u8> {
        let mut bitmap = RoaringBitmap::from_iter(cells);
        bitmap.optimize();
        let mut bytes = Vec::new();
        bitmap.serialize_into(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn the_largest_sets_fit() {
        for n_obs in [0, 1, 700, 8191, 65_536, 65_537, 300_000] {
            let every = |step: u32| portable((0..n_obs).filter(|cell| cell % step == 0));
            let noise = portable((0..n_obs).filter(|cell| cell.wrapping_mul(0x9e37_79b9) >> 31 == 0));
            let largest = [every(1), every(2), every(3), every(17), noise].iter().map(Vec::len).max().unwrap();
            let max = max_body_bytes(&Limits::default(), n_obs.into());
            assert!(2 * largest as u64 <= max, "{n_obs} cells: {largest}, {max}");
        }
        assert_eq!(max_body_bytes(&Limits::default(), u64::MAX), Limits::default().body_bytes);
    }

    #[test]
    fn a_layer_that_is_not_utf_8_is_a_bad_request() {
        let layer = |query: &str| layer(Some(query)).map_err(|refusal| refusal.status().as_u16());
        assert_eq!(layer("layer=raw"), Ok(Some("raw".to_owned())));
        assert_eq!(layer("layer=%ff"), Err(400));
    }

    proptest! {
        #[test]
        fn sets_come_back_from_a_body(group in vec(any::<bool>(), 200), reference in vec(any::<bool>(), 200)) {
            let masks = [group, reference].map(|cells| CellMask::from_fn(200, |cell| cells[cell]));
            let body = masks.each_ref().map(CellMask::to_portable).concat();
            prop_assert_eq!(sets(&body, 200).unwrap(), masks);
            prop_assert_eq!(sets(&body[..body.len() - 1], 200).unwrap_err().status(), 400);
            let longer = [&body[..], &[0]].concat();
            prop_assert_eq!(sets(&longer, 200).unwrap_err().status(), 400);
        }

        #[test]
        fn broken_bodies_never_panic(mut body in vec(any::<u8>(), 0..400), cookie in 0..3u8) {
            match cookie {
                0 => body.splice(0..0, [0x3b, 0x30, 1, 0]).for_each(drop),
                1 => body.splice(0..0, [0x3a, 0x30, 0, 0, 2, 0, 0, 0]).for_each(drop),
                _ => {}
            }
            if let Ok(sets) = sets(&body, 1000) {
                prop_assert!(sets.iter().all(|set| set.len() == 1000));
            }
        }
    }
}
