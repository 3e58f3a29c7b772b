//! `POST /api/datasets/{id}/moments?content=ID&layer=NAME`: the moments of two sets of cells, for sets so scattered
//! that the page would have to fetch a good part of the matrix.
//!
//! The body is two roaring bitmaps in portable form, group and reference, one right after the other. Cells go by
//! their number in one content of the dataset, so the page says which that is, and any other is refused. The
//! answer is their two tiles of moments, each with its size before it, together in one frame for clients
//! that know zstd.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use explorer_core::filter::{CellMask, MaskError};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header, request};
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Incoming};
use roaring::RoaringBitmap;
use shared_fbs::{api::MomentsQuery, frame};
use tokio::{
    task::{JoinError, spawn_blocking},
    time::{Instant, timeout, timeout_at},
};

use super::{
    body::Body,
    content_negotiation::TileCoding,
    dataset_reader::{ComputeError, ComputeMoments},
    dispatch::State,
    entry::Dataset,
    exchange::{Exchange, HeldBytes},
    limits::Limits,
    responses,
};

/// Cells in one container of a roaring bitmap.
const CONTAINER_CELLS: u64 = 1 << 16;

/// What one container takes at most: one bit a cell, its key, its place, and whether it holds runs.
const CONTAINER_BYTES: u64 = CONTAINER_CELLS / 8 + 4 + 4 + 1;

/// What comes before the containers of a bitmap.
const BITMAP_HEAD_BYTES: u64 = 8;

/// How much is read of a body that was refused. A client that is still writing when the connection closes
/// may never see the answer.
const DISCARDED_BYTES: usize = 4 << 20;

/// Threads that compute over tiles of another host: about as many as it answers at one time.
const REMOTE_THREADS: usize = 8;

/// Level of compression of the answer: it is sent once.
const ZSTD_LEVEL: i32 = 1;

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
    let mut response = responses::sentence(
        StatusCode::METHOD_NOT_ALLOWED,
        "Moments are computed for a POST whose body holds the two sets of cells.",
    );
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

/// Answers a POST.
pub(super) async fn moments(
    state: &State,
    request: &request::Parts,
    exchange: &Arc<Exchange>,
    id: &str,
    mut body: Incoming,
) -> Response<Body> {
    let deadline = Instant::now() + state.limits.body_time;
    match answer(state, request, exchange, id, &mut body, deadline).await {
        Ok(response) => response,
        Err(refusal) => {
            exchange.progress().clients_turn();
            // Nothing depends on how this ends.
            let _ = timeout_at(deadline, discard(&mut body)).await;
            *refusal
        }
    }
}

type Refusal = Box<Response<Body>>;

fn refusal(status: StatusCode, text: &str) -> Refusal {
    Box::new(responses::sentence(status, text))
}

async fn answer(
    state: &State,
    request: &request::Parts,
    exchange: &Arc<Exchange>,
    id: &str,
    body: &mut Incoming,
    deadline: Instant,
) -> Result<Response<Body>, Refusal> {
    let limits = &state.limits;
    let dataset = dataset(state, id).await?;
    let compute = Arc::clone(compute(limits, &dataset).ok_or_else(|| Box::new(computes_nothing()))?);
    require_plain_bytes(&request.headers)?;
    let query = MomentsQuery::parse(request.uri.query().unwrap_or_default())
        .map_err(|_| refusal(StatusCode::BAD_REQUEST, "The query is not UTF-8."))?;
    require_content(query.content_id.as_deref(), &dataset.open.content_id)?;
    let coding = TileCoding::choose(&request.headers).ok_or_else(|| {
        refusal(StatusCode::NOT_ACCEPTABLE, "Moments are sent as zstd or as they are, and the request takes neither.")
    })?;
    let n_obs = dataset.open.description.n_obs;
    let max_bytes = max_body_bytes(limits, n_obs);

    exchange.progress().clients_turn();
    let (body, room) = timeout_at(deadline, read(body, max_bytes, exchange)).await.map_err(|_| {
        refusal(StatusCode::REQUEST_TIMEOUT, "The two sets of cells did not arrive in time; send them again.")
    })??;
    exchange.progress().servers_turn();
    let place = exchange.compute().ok_or_else(busy)?;

    let is_remote = dataset.is_remote;
    let stop = StopWhenDropped::default();
    let stopped = Arc::clone(&stop.0);
    let job = spawn_blocking(move || {
        // Given back when the work has ended, which is after this request has, where it was stopped.
        let _place = place;
        let [group, reference] = sets(&body, n_obs)?;
        drop((body, room));
        let layer = query.layer.as_deref();
        let compute = || compute.moments(layer, &group, &reference, &stopped).map_err(|error| failed(&error));
        let tiles = if is_remote { apart(compute) } else { compute() }?;
        Ok(coded(coding, &tiles))
    });
    let bytes = match timeout(limits.compute_time, job).await {
        Ok(outcome) => outcome.unwrap_or_else(|panic| Err(panicked(&panic)))?,
        Err(_) => return Err(Box::new(too_long())),
    };
    send(coding, bytes, exchange)
}

/// Computes on threads of its own, more than there are processors: they wait for another host, and whoever computes over
/// files of this machine does not wait for them.
fn apart<T: Send>(compute: impl FnOnce() -> Result<T, Refusal> + Send) -> Result<T, Refusal> {
    match rayon::ThreadPoolBuilder::new().num_threads(REMOTE_THREADS).build() {
        Ok(threads) => threads.install(compute),
        Err(error) => Err(Box::new(responses::failure("No threads can be started for the comparison.", &error))),
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

async fn dataset(state: &State, id: &str) -> Result<Arc<Dataset>, Refusal> {
    let entry = state.catalog.entry(id).map_err(|why| Box::new(responses::no_dataset(&why)))?;
    let looking = Arc::clone(&entry);
    let found = entry.threads().run(state.limits.answer_time, move || looking.look()).await;
    found.map_err(|error| Box::new(responses::no_outcome(&error)))?.map_err(|why| Box::new(responses::no_dataset(&why)))
}

/// Cells have the same numbers only in the same content. Who does not say which takes what there is.
fn require_content(asked: Option<&str>, is: &str) -> Result<(), Refusal> {
    if asked.is_none_or(|asked| asked == is) {
        return Ok(());
    }
    Err(refusal(
        StatusCode::CONFLICT,
        "The dataset has been replaced since the page opened it, and its cells have other numbers now; load the page \
         again.",
    ))
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

/// The body, with the room that it takes in memory.
async fn read(body: &mut Incoming, max_bytes: u64, exchange: &Arc<Exchange>) -> Result<(Vec<u8>, HeldBytes), Refusal> {
    let too_large = || {
        let text = format!("The body has more than {max_bytes} bytes, and two sets of this dataset's cells never do.");
        refusal(StatusCode::PAYLOAD_TOO_LARGE, &text)
    };
    if body.size_hint().lower() > max_bytes {
        return Err(too_large());
    }
    let too_busy = || Box::new(responses::too_busy());
    let mut bytes = Vec::new();
    let mut room = exchange.hold(0).ok_or_else(too_busy)?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| refusal(StatusCode::BAD_REQUEST, "The body broke off."))?;
        let Ok(data) = frame.into_data() else { continue };
        if (bytes.len() + data.len()) as u64 > max_bytes {
            return Err(too_large());
        }
        if !room.grow(data.len()) {
            return Err(too_busy());
        }
        exchange.progress().moved(data.len() as u64);
        bytes.extend_from_slice(&data);
    }
    Ok((bytes, room))
}

/// Reads what is left of a body, unless that is much.
async fn discard(body: &mut Incoming) {
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

fn coded(coding: TileCoding, tiles: &[Vec<u8>; 2]) -> Vec<u8> {
    let tiles = tiles.concat();
    match coding {
        TileCoding::ContentEncoding | TileCoding::MediaType => frame::deflate(&tiles, ZSTD_LEVEL),
        TileCoding::Identity => tiles,
    }
}

fn send(coding: TileCoding, bytes: Vec<u8>, exchange: &Arc<Exchange>) -> Result<Response<Body>, Refusal> {
    let len = bytes.len();
    let room = exchange.hold(len).ok_or_else(|| Box::new(responses::too_busy()))?;
    let mut response = Response::new(Body::Whole(bytes.into(), Some(room)));
    let headers = response.headers_mut();
    let content_type = match coding {
        TileCoding::MediaType => "application/zstd",
        TileCoding::ContentEncoding | TileCoding::Identity => "application/octet-stream",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CONTENT_LENGTH, len.into());
    headers.insert(header::CACHE_CONTROL, responses::NO_STORE);
    if coding == TileCoding::ContentEncoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("zstd"));
    }
    Ok(response)
}

fn computes_nothing() -> Response<Body> {
    responses::not_found("No moments are computed here for this dataset; its tiles can be read.")
}

fn busy() -> Refusal {
    Box::new(responses::busy("The server computes as many comparisons as it may; try again in a moment."))
}

/// Without a `Retry-After`, since trying again would take as long.
fn too_long() -> Response<Body> {
    responses::sentence(
        StatusCode::SERVICE_UNAVAILABLE,
        "The comparison takes longer than this server may compute; its tiles can be read.",
    )
}

fn failed(error: &ComputeError) -> Refusal {
    Box::new(match error {
        ComputeError::Layer(error) => responses::not_found(&format!("No layer was chosen: {error}.")),
        ComputeError::Stopped => too_long(),
        ComputeError::Broken(source) => {
            responses::failure("The tiles of the dataset cannot be read; verify the dataset.", source.as_ref())
        }
    })
}

fn panicked(panic: &JoinError) -> Refusal {
    Box::new(responses::panicked(panic))
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

    proptest! {
        #[test]
        fn sets_come_back_from_a_body(group in vec(any::<bool>(), 200), reference in vec(any::<bool>(), 200)) {
            let masks = [group, reference].map(|cells| CellMask::from_fn(200, |cell| cells[cell]));
            let body = masks.each_ref().map(CellMask::to_portable).concat();
            prop_assert_eq!(sets(&body, 200).ok(), Some(masks));
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
