//! From a request to its answer: dispatch, methods, CORS, time limits, common headers.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{
    FutureExt,
    future::{BoxFuture, ready},
};
use http::{HeaderValue, Method, Request, Response, StatusCode, header, request};
use hyper::body::Body as HttpBody;
use shared_fbs::{
    api::{API_ROUTE, DatasetDescription, Endpoint, MomentsOffer},
    path::DATA_ROUTE,
};
use tokio::time::timeout;
use tower::{Layer, Service};
use tower_http::cors::{Any, Cors, CorsLayer};

use super::{
    base_path::{BasePath, Below},
    body::Body,
    catalog::{Catalog, Dataset},
    files,
    moments::{self, Places},
    options::{CorsOrigins, Limits},
    page::Page,
    request_log::{RequestLine, SentBody},
    respond,
    route::Route,
    tiles,
};

/// What every handler sees.
pub(super) struct State {
    /// The datasets.
    pub(super) catalog: Catalog,
    /// The page.
    pub(super) page: Page,
    /// The places for comparisons.
    pub(super) places: Places,
    /// The limits on what one request may ask for.
    pub(super) limits: Limits,
}

/// The server as a service; cheap to clone, one clone for each connection.
#[derive(Clone)]
pub(super) struct App {
    plain: Handler,
    /// For `/data` and `/api`, where other origins may read them.
    shared: Option<Cors<Handler>>,
    base_path: BasePath,
    transfer_time: Duration,
    client: Option<SocketAddr>,
}

impl App {
    /// The service over this state.
    pub(super) fn new(state: Arc<State>, cors: CorsOrigins, base_path: BasePath) -> Self {
        let transfer_time = state.limits.transfer_time;
        let plain = Handler(state);
        let shared = cors_layer(cors).map(|layer| layer.layer(plain.clone()));
        Self { plain, shared, base_path, transfer_time, client: None }
    }

    /// The service for the connection of one client.
    pub(super) fn for_client(&self, client: SocketAddr) -> Self {
        Self { client: Some(client), ..self.clone() }
    }
}

fn cors_layer(origins: CorsOrigins) -> Option<CorsLayer> {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers([
            header::ACCEPT,
            header::CACHE_CONTROL,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_MODIFIED_SINCE,
            header::IF_NONE_MATCH,
            header::IF_RANGE,
            header::RANGE,
        ])
        .expose_headers([
            header::ACCEPT_RANGES,
            header::CONTENT_ENCODING,
            header::CONTENT_LENGTH,
            header::CONTENT_RANGE,
            header::ETAG,
            header::LAST_MODIFIED,
            header::RETRY_AFTER,
        ])
        .max_age(Duration::from_secs(24 * 60 * 60));
    match origins {
        CorsOrigins::None => None,
        CorsOrigins::Any => Some(layer.allow_origin(Any)),
        CorsOrigins::List(origins) => Some(layer.allow_origin(origins)),
    }
}

impl<B: HttpBody<Data = Bytes> + Send + 'static> Service<Request<B>> for App {
    type Response = Response<SentBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let line = RequestLine::start(&request, self.client);
        let answer = match self.base_path.locate(request.uri()) {
            Below::At(uri) => {
                let is_shared = is_shared(uri.path());
                *request.uri_mut() = uri;
                match &mut self.shared {
                    Some(shared) if is_shared => shared.call(request).left_future(),
                    _ => self.plain.call(request).right_future(),
                }
                .left_future()
            }
            Below::AtSlash(address) => ready(Ok(respond::moved(&address))).right_future(),
            Below::Elsewhere => ready(Ok(respond::nothing_here())).right_future(),
        };
        let transfer_time = self.transfer_time;
        async move {
            let mut response = answer.await?;
            response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            Ok(line.follow(response, transfer_time))
        }
        .boxed()
    }
}

/// Whether pages of other origins may be let read this.
fn is_shared(path: &str) -> bool {
    path.strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .is_some_and(|(first, _)| matches!(first, API_ROUTE | DATA_ROUTE))
}

/// Answers on a thread where it may wait for the disk, and for no longer than it may.
#[derive(Clone)]
struct Handler(Arc<State>);

impl<B: HttpBody<Data = Bytes> + Send + 'static> Service<Request<B>> for Handler {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let state = Arc::clone(&self.0);
        let (request, body) = request.into_parts();
        async move {
            if request.method == Method::POST
                && let Some(Route::Endpoint(Endpoint::Moments { id })) = Route::parse(request.uri.path())
            {
                return Ok(moments::moments(&state, &request, id.into_owned(), body).await);
            }
            let answer_time = state.limits.answer_time;
            let answer = tokio::task::spawn_blocking(move || respond(&state, request));
            Ok(match timeout(answer_time, answer).await {
                Ok(Ok(response)) => response,
                Ok(Err(panic)) => respond::panicked(&panic),
                Err(_) => respond::late(),
            })
        }
        .boxed()
    }
}

/// GET and HEAD are answered. Other methods learn whether there is anything to get.
fn respond(state: &State, mut request: request::Parts) -> Response<Body> {
    if matches!(request.method, Method::GET | Method::HEAD) {
        let response = resource(state, &request);
        return respond::for_method(&request.method, response);
    }
    request.method = Method::HEAD;
    request.headers.clear();
    let response = resource(state, &request);
    if matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
        return response;
    }
    let mut response = respond::sentence(StatusCode::METHOD_NOT_ALLOWED, "This can be read with GET and HEAD only.");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

fn resource(state: &State, request: &request::Parts) -> Response<Body> {
    let Some(route) = Route::parse(request.uri.path()) else {
        return respond::nothing_here();
    };
    let endpoint = match route {
        Route::Endpoint(endpoint) => endpoint,
        Route::Page(path) => return state.page.file(request, &path),
    };
    match endpoint {
        Endpoint::Health => respond::sentence(StatusCode::OK, "ok"),
        Endpoint::Datasets => {
            let datasets = state.catalog.datasets();
            let descriptions: Vec<_> = datasets.iter().map(|dataset| description(&state.limits, dataset)).collect();
            respond::json(request, &descriptions)
        }
        Endpoint::Dataset { id } => {
            of_dataset(state, &id, |dataset| respond::json(request, &description(&state.limits, dataset)))
        }
        Endpoint::Moments { id } => of_dataset(state, &id, |dataset| moments::refuse_method(&state.limits, dataset)),
        Endpoint::File { id, file } => of_dataset(state, &id, |dataset| files::file(request, dataset, &file)),
        Endpoint::Tiles { id, pack, list } => {
            of_dataset(state, &id, |dataset| tiles::tiles(request, dataset, &state.limits, &pack, &list))
        }
        Endpoint::Page { .. } => state.page.file(request, "index.html"),
    }
}

fn of_dataset(state: &State, id: &str, answer: impl FnOnce(&Dataset) -> Response<Body>) -> Response<Body> {
    state.catalog.dataset(id).map_or_else(respond::no_dataset, |dataset| answer(&dataset))
}

fn description(limits: &Limits, dataset: &Dataset) -> DatasetDescription {
    let description = dataset.open.description.clone();
    let max_body_bytes = moments::max_body_bytes(limits, description.n_obs);
    let moments = moments::compute(limits, dataset).map(|_| MomentsOffer { max_body_bytes });
    DatasetDescription { moments, ..description }
}
