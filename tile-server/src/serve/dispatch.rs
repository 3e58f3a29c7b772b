//! From a request to its answer: whether it is taken, dispatch, methods, CORS, common headers.

use std::{
    borrow::Cow,
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, ready},
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request};
use hyper::body::Incoming;
use shared_fbs::{
    api::{API_ROUTE, DatasetDescription, Endpoint, MomentsOffer},
    path::{DATA_ROUTE, PACK_SUFFIX, is_pack_file},
};
use tokio::{task::spawn_blocking, time::timeout};
use tower::{Layer, Service};
use tower_http::cors::{Any, Cors, CorsLayer};

use super::{
    answer_document, answer_file, answer_moments,
    answer_page::Page,
    answer_tiles,
    asked::{Asked, Declined},
    base_path::{BasePath, Below},
    body::Body,
    catalog::{Catalog, CatalogFile},
    conditional_requests::Validators,
    connections::Connection,
    entry::Dataset,
    exchange::Exchange,
    file_reading::Patience,
    host_check::HostCheck,
    html_document::PagePoster,
    limits::Limits,
    options::CorsOrigins,
    request_log::RequestLine,
    responses,
    route::Route,
    sent_body::SentBody,
};

/// The page itself, for whatever it shows.
const INDEX: &str = "index.html";

/// What every handler sees.
pub(super) struct State {
    /// The datasets.
    pub(super) catalog: Catalog,
    /// The page.
    pub(super) page: Page,
    /// The limits on what one request may ask for.
    pub(super) limits: Limits,
}

/// The server as all connections share it.
pub(super) struct App {
    state: Arc<State>,
    plain: Handler,
    /// For `/data` and `/api`, where other origins may read them.
    shared: Option<Cors<Handler>>,
    base_path: BasePath,
    host_check: HostCheck,
    transfer_time: Duration,
}

/// The service of one connection.
pub(super) struct ConnectionService {
    app: Arc<App>,
    connection: Arc<Connection>,
}

impl App {
    /// The server over this state.
    pub(super) fn new(state: State, cors: CorsOrigins, base_path: BasePath, host_check: HostCheck) -> Arc<Self> {
        let transfer_time = state.limits.transfer_time;
        let state = Arc::new(state);
        let plain = Handler(Arc::clone(&state));
        let shared = cors_layer(cors).map(|layer| layer.layer(plain.clone()));
        Arc::new(Self { state, plain, shared, base_path, host_check, transfer_time })
    }

    /// Keeps the catalog as it is on the disk; never returns.
    pub(super) async fn watch(&self) {
        self.state.catalog.watch().await;
    }

    /// The service for one connection.
    pub(super) fn for_connection(self: &Arc<Self>, connection: &Arc<Connection>) -> ConnectionService {
        ConnectionService { app: Arc::clone(self), connection: Arc::clone(connection) }
    }

    /// The answer to a request that is taken.
    fn answer(
        &self,
        mut request: Request<Incoming>,
        exchange: &Arc<Exchange>,
    ) -> BoxFuture<'static, Result<Response<Body>, Infallible>> {
        if let Err(wrong) = self.host_check.check(&request) {
            let (status, text) = wrong.answer();
            return ready(Ok(responses::sentence(status, text))).boxed();
        }
        request.extensions_mut().insert(Arc::clone(exchange));
        match self.base_path.locate(request.uri()) {
            Below::At(uri) => {
                let shared = self.shared.as_ref().filter(|_| is_shared(uri.path()));
                *request.uri_mut() = uri;
                match shared {
                    Some(shared) => {
                        let answer = shared.clone().call(request);
                        async move { answer.await.map(readable_elsewhere) }.boxed()
                    }
                    None => self.plain.clone().call(request),
                }
            }
            Below::AtSlash(address) => ready(Ok(responses::moved(&address))).boxed(),
            Below::Elsewhere => ready(Ok(responses::nothing_here())).boxed(),
        }
    }
}

impl hyper::service::Service<Request<Incoming>> for ConnectionService {
    type Response = Response<SentBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let line = RequestLine::start(&request, self.connection.client());
        let exchange = Exchange::begin(&self.connection);
        let transfer_time = self.app.transfer_time;
        let answer = match &exchange {
            Some(exchange) => self.app.answer(request, exchange),
            None => ready(Ok(responses::too_busy())).boxed(),
        };
        async move {
            let mut response = answer.await?;
            add_common_headers(response.headers_mut());
            Ok(SentBody::of(response, exchange, line, transfer_time))
        }
        .boxed()
    }
}

fn add_common_headers(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(responses::CROSS_ORIGIN_RESOURCE_POLICY).or_insert(HeaderValue::from_static("same-origin"));
}

/// Where pages of other origins may read, they may also show.
fn readable_elsewhere(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(responses::CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    response
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

/// Whether pages of other origins may be let read this.
fn is_shared(path: &str) -> bool {
    path.strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .is_some_and(|(first, _)| matches!(first, API_ROUTE | DATA_ROUTE))
}

/// Answers from what is at hand, or else on a thread where it may wait for the disk, and for no longer than it may.
#[derive(Clone)]
struct Handler(Arc<State>);

impl Service<Request<Incoming>> for Handler {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let state = Arc::clone(&self.0);
        let (mut request, body) = request.into_parts();
        let exchange: Option<Arc<Exchange>> = request.extensions.remove();
        let exchange = exchange.expect("a request that is taken has an exchange");
        async move { Ok(respond(state, request, exchange, body).await) }.boxed()
    }
}

async fn respond(
    state: Arc<State>,
    request: request::Parts,
    exchange: Arc<Exchange>,
    body: Incoming,
) -> Response<Body> {
    let Some(route) = Route::parse(request.uri.path()) else {
        return responses::nothing_here();
    };
    let is_read = matches!(request.method, Method::GET | Method::HEAD);
    match route {
        Route::Endpoint(Endpoint::Moments { id }) if request.method == Method::POST => {
            answer_moments::moments(&state, &request, &exchange, &id, body).await
        }
        route if is_read => {
            let method = request.method.clone();
            let response = resource(state, route, request, exchange).await;
            responses::for_method(&method, response)
        }
        route => {
            let mut head = request;
            head.method = Method::HEAD;
            head.headers.clear();
            other_method(resource(state, route, head, exchange).await)
        }
    }
}

/// Other methods learn whether there is anything to get.
fn other_method(head: Response<Body>) -> Response<Body> {
    if matches!(head.status(), StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
        return head;
    }
    let mut response = responses::sentence(StatusCode::METHOD_NOT_ALLOWED, "This can be read with GET and HEAD only.");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

async fn resource(state: Arc<State>, route: Route, request: request::Parts, exchange: Arc<Exchange>) -> Response<Body> {
    let endpoint = match route {
        Route::Endpoint(endpoint) => endpoint,
        Route::Page(path) => return page(state, request, path, None).await,
    };
    match &endpoint {
        Endpoint::Health => responses::sentence(StatusCode::OK, "ok"),
        Endpoint::Page { id } => {
            // What was last seen of the dataset will do: a page does not wait for a disk.
            let dataset = state.catalog.entry(id).ok().and_then(|entry| entry.known());
            let poster = dataset.and_then(|dataset| PagePoster::of_dataset(id, &dataset.open.posters));
            page(state, request, INDEX.to_owned(), poster).await
        }
        Endpoint::Catalog => match timeout(state.limits.answer_time, state.catalog.file()).await {
            Ok(Some(file)) => catalog_file(&request, &file),
            Ok(None) | Err(_) => responses::late(),
        },
        Endpoint::About { id } => answer_document::about(&state, &request, id).await,
        Endpoint::Collection { id } => answer_document::collection(&state, &request, id).await,
        Endpoint::Datasets => {
            let datasets = state.catalog.datasets().await;
            let descriptions: Vec<_> = datasets.iter().map(|dataset| description(&state.limits, dataset)).collect();
            responses::json(&request, &descriptions)
        }
        Endpoint::Dataset { id }
        | Endpoint::Moments { id }
        | Endpoint::File { id, .. }
        | Endpoint::Poster { id, .. }
        | Endpoint::Tiles { id, .. } => {
            let entry = match state.catalog.entry(id) {
                Ok(entry) => entry,
                Err(why) => return responses::no_dataset(&why),
            };
            if let Some(dataset) = pack_of(&endpoint).and_then(|pack| entry.known_with_pack(&pack)) {
                let asked =
                    Asked { request: &request, exchange: &exchange, limits: &state.limits, patience: Patience::AtHand };
                match of_dataset(&asked, &dataset, &endpoint) {
                    Ok(response) => return response,
                    Err(Declined::Answer(response)) => return *response,
                    Err(Declined::NotAtHand) => {}
                }
            }
            let threads = entry.threads().clone();
            let limits = state.limits.clone();
            let answer = threads.run(state.limits.answer_time, move || {
                let dataset = match entry.look() {
                    Ok(dataset) => dataset,
                    Err(why) => return responses::no_dataset(&why),
                };
                let dataset = pack_of(&endpoint).and_then(|pack| entry.known_with_pack(&pack)).unwrap_or(dataset);
                let asked =
                    Asked { request: &request, exchange: &exchange, limits: &limits, patience: Patience::MayWait };
                match of_dataset(&asked, &dataset, &endpoint) {
                    Ok(response) => response,
                    Err(Declined::Answer(response)) => *response,
                    Err(Declined::NotAtHand) => responses::late(),
                }
            });
            answer.await.unwrap_or_else(|error| responses::no_outcome(&error))
        }
    }
}

/// The pack that it is answered from: packs never change, so that no manifest need be looked at.
fn pack_of<'a>(endpoint: &'a Endpoint<'_>) -> Option<Cow<'a, str>> {
    match endpoint {
        Endpoint::Tiles { pack, .. } => Some(format!("{pack}{PACK_SUFFIX}").into()),
        Endpoint::File { file, .. } => is_pack_file(file).then_some(Cow::Borrowed(&**file)),
        Endpoint::Health
        | Endpoint::Catalog
        | Endpoint::Datasets
        | Endpoint::Dataset { .. }
        | Endpoint::Moments { .. }
        | Endpoint::Poster { .. }
        | Endpoint::About { .. }
        | Endpoint::Collection { .. }
        | Endpoint::Page { .. } => None,
    }
}

fn catalog_file(request: &request::Parts, file: &CatalogFile) -> Response<Body> {
    let validators = Validators::tagged(file.tag.clone());
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, responses::REVALIDATE);
    validators.write(&mut headers);
    if let Some(response) = responses::unless_holds(request, &validators, &headers) {
        return response;
    }
    let mut response = responses::with_type(HeaderValue::from_static("application/octet-stream"), file.bytes.clone());
    response.headers_mut().extend(headers);
    response
}

fn of_dataset(asked: &Asked<'_>, dataset: &Dataset, endpoint: &Endpoint<'_>) -> Result<Response<Body>, Declined> {
    match endpoint {
        Endpoint::Dataset { .. } => Ok(responses::json(asked.request, &description(asked.limits, dataset))),
        Endpoint::Moments { .. } => Ok(answer_moments::refuse_method(asked.limits, dataset)),
        Endpoint::File { file, .. } => answer_file::file(asked, dataset, file),
        Endpoint::Poster { name, .. } => answer_file::poster(asked, dataset, *name),
        Endpoint::Tiles { pack, list, .. } => answer_tiles::tiles(asked, dataset, pack, list),
        Endpoint::Health
        | Endpoint::Catalog
        | Endpoint::Datasets
        | Endpoint::About { .. }
        | Endpoint::Collection { .. }
        | Endpoint::Page { .. } => Ok(responses::nothing_here()),
    }
}

async fn page(state: Arc<State>, request: request::Parts, path: String, poster: Option<PagePoster>) -> Response<Body> {
    let answer_time = state.limits.answer_time;
    match timeout(answer_time, spawn_blocking(move || state.page.file(&request, &path, poster.as_ref()))).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => responses::panicked(&panic),
        Err(_) => responses::late(),
    }
}

fn description(limits: &Limits, dataset: &Dataset) -> DatasetDescription {
    let description = dataset.open.description.clone();
    let max_body_bytes = answer_moments::max_body_bytes(limits, description.n_obs);
    let moments = answer_moments::compute(limits, dataset).map(|_| MomentsOffer { max_body_bytes });
    DatasetDescription { moments, ..description }
}
