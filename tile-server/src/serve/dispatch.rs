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
    future::{BoxFuture, Either, Ready, join, ready},
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request};
use hyper::body::Incoming;
use shared_fbs::{
    api::{DatasetDescription, Endpoint, MomentsOffer},
    path::{MANIFEST, PACK_SUFFIX, is_pack_file},
};
use tokio::time::timeout;
use tower::{Layer, Service};
use tower_http::cors::Cors;

use super::{
    answer_document, answer_file, answer_moments,
    answer_page::{self, Page},
    answer_question, answer_tiles,
    asked::{Asked, Declined},
    base_path::{BasePath, Below},
    body::Body,
    catalog::{Catalog, CatalogFile},
    catalog_genes,
    conditional_requests::Validators,
    connections::Connection,
    corpora::{self, Corpora},
    corpus_folders::CorpusFolders,
    cross_origin::{cors_layer, is_shared, readable_elsewhere},
    entry::{Dataset, NoDataset},
    exchange::Exchange,
    file_reading::Patience,
    host_check::HostCheck,
    limits::Limits,
    metrics::AnswerKind,
    options::CorsOrigins,
    request_id::{RequestId, X_REQUEST_ID},
    request_log::RequestLine,
    responses,
    route::{PathNames, Route},
    sent_body::SentBody,
};
use crate::catalog::{Original, SiteUrl};

/// What every handler sees.
pub(super) struct State {
    /// The datasets.
    pub(super) catalog: Catalog,
    /// The corpora.
    pub(super) corpora: Corpora,
    /// The folders that some of them are in.
    pub(super) corpus_folders: CorpusFolders,
    /// The page.
    pub(super) page: Page,
    /// The address of the site's root as others see it.
    pub(super) site: Option<SiteUrl>,
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

    /// Keeps datasets and corpora as they are on the disk; never returns.
    pub(super) async fn watch(&self) {
        let State { catalog, corpora, corpus_folders, .. } = &*self.state;
        join(catalog.watch(), corpus_folders.watch(corpora)).await;
    }

    /// The datasets.
    pub(super) fn catalog(&self) -> &Catalog {
        &self.state.catalog
    }

    /// The service for one connection.
    pub(super) fn for_connection(self: &Arc<Self>, connection: &Arc<Connection>) -> ConnectionService {
        ConnectionService { app: Arc::clone(self), connection: Arc::clone(connection) }
    }

    /// The answer to a request that is taken.
    fn answer(&self, mut request: Request<Incoming>, exchange: &Arc<Exchange>) -> Answering {
        if let Err(wrong) = self.host_check.check(&request) {
            let (status, text) = wrong.answer();
            return now(responses::sentence(status, text));
        }
        match self.base_path.locate(request.uri()) {
            Below::Same => {}
            Below::At(uri) => *request.uri_mut() = uri,
            Below::AtSlash(address) => return now(responses::moved(&address)),
            Below::Elsewhere => return now(responses::nothing_here()),
        }
        match self.shared.as_ref().filter(|_| is_shared(request.uri().path())) {
            Some(shared) => {
                request.extensions_mut().insert(Arc::clone(exchange));
                let answer = shared.clone().call(request);
                Either::Right(async move { answer.await.map(readable_elsewhere) }.boxed())
            }
            None => self.plain.answer(request, Arc::clone(exchange)),
        }
    }
}

/// An answer that is there, or has to be waited for.
type Answering<B = Body> =
    Either<Ready<Result<Response<B>, Infallible>>, BoxFuture<'static, Result<Response<B>, Infallible>>>;

fn now<B>(response: Response<B>) -> Answering<B> {
    Either::Left(ready(Ok(response)))
}

impl hyper::service::Service<Request<Incoming>> for ConnectionService {
    type Response = Response<SentBody>;
    type Error = Infallible;
    type Future = Answering<SentBody>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let line = RequestLine::start(&request, &self.connection, self.app.catalog().secrets());
        let exchange = Exchange::begin(&self.connection);
        let transfer_time = self.app.transfer_time;
        let answer = match &exchange {
            Some(exchange) => self.app.answer(request, exchange),
            None => now(responses::too_busy()),
        };
        let send = move |mut response: Response<Body>| {
            if let Some(fault) = response.extensions_mut().remove() {
                line.fault(&fault);
            }
            responses::name_request(&mut response, line.id());
            add_common_headers(response.headers_mut(), line.id());
            SentBody::of(response, exchange, line, transfer_time)
        };
        match answer {
            Either::Left(answer) => Either::Left(ready(answer.into_inner().map(send))),
            Either::Right(answer) => Either::Right(async move { answer.await.map(send) }.boxed()),
        }
    }
}

fn add_common_headers(headers: &mut HeaderMap, id: &RequestId) {
    headers.insert(X_REQUEST_ID, id.to_header());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(responses::CROSS_ORIGIN_RESOURCE_POLICY).or_insert(HeaderValue::from_static("same-origin"));
}

/// Answers from what is at hand, or else on a thread where it may wait for the disk, and for no longer than it may.
#[derive(Clone)]
struct Handler(Arc<State>);

impl Service<Request<Incoming>> for Handler {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        let exchange: Option<Arc<Exchange>> = request.extensions_mut().remove();
        self.answer(request, exchange.expect("a request that is taken has an exchange"))
    }
}

impl Handler {
    fn answer(&self, request: Request<Incoming>, exchange: Arc<Exchange>) -> Answering {
        let (request, body) = request.into_parts();
        if let Some(response) = at_hand(&self.0, &request, &exchange) {
            return now(responses::for_method(&request.method, response));
        }
        let state = Arc::clone(&self.0);
        Either::Right(async move { Ok(respond(state, request, exchange, body).await) }.boxed())
    }
}

/// The answer from files that are open and in memory, where it is one of those. Nothing is waited for.
fn at_hand(state: &State, request: &request::Parts, exchange: &Arc<Exchange>) -> Option<Response<Body>> {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return None;
    }
    let names = PathNames::parse(request.uri.path())?;
    let endpoint = names.endpoint()?;
    exchange.is_about(AnswerKind::of(&endpoint));
    let (Endpoint::File { id, .. } | Endpoint::Tiles { id, .. }) = &endpoint else { return None };
    // What is no file of the dataset may be the one that it was built from, which is looked for on its disk's thread.
    if let Endpoint::File { file, .. } = &endpoint
        && pack_of(&endpoint).is_none()
        && file != MANIFEST
    {
        return None;
    }
    let entry = state.catalog.entry(id).ok()?;
    let dataset = match pack_of(&endpoint) {
        Some(pack) => entry.known_with_pack(&pack),
        None => entry.known_since(state.limits.look_again),
    }?;
    let asked = Asked { request, exchange, limits: &state.limits, patience: Patience::AtHand };
    match of_dataset(&asked, &dataset, &endpoint) {
        Ok(response) => Some(response),
        Err(Declined::Answer(response)) => Some(*response),
        Err(Declined::NotAtHand) => None,
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
    exchange.is_about(match &route {
        Route::Endpoint(endpoint) => AnswerKind::of(endpoint),
        Route::Page(_) | Route::Moved(_) => AnswerKind::Page,
    });
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
        Route::Page(path) => return answer_page::of_site(&state, request, path).await,
        Route::Moved(address) => {
            let query = request.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
            return responses::moved(&format!("{address}{query}"));
        }
    };
    match &endpoint {
        Endpoint::Health => responses::sentence(StatusCode::OK, "ok"),
        Endpoint::Page { id } if matches!(state.catalog.entry(id), Err(NoDataset::Withdrawn(_))) => {
            answer_document::about(&state, &request, id).await
        }
        Endpoint::Page { id } => answer_page::of_dataset(&state, request, id).await,
        Endpoint::CorpusFile { id, file } => {
            corpora::file(&state, request, exchange, id, file.clone().into_owned()).await
        }
        Endpoint::CorpusPage { id } => answer_page::of_corpus(&state, request, id).await,
        Endpoint::CorpusAnswer { id, question } => {
            answer_question::question(&state, &request, &exchange, id, question).await
        }
        Endpoint::Catalog => match timeout(state.limits.answer_time, state.catalog.file()).await {
            Ok(Some(file)) => catalog_file(&request, &file),
            Ok(None) | Err(_) => responses::late(),
        },
        Endpoint::Genes { state: asked, file } => catalog_genes::genes(&state, asked, *file).await,
        Endpoint::About { id } => answer_document::about(&state, &request, id).await,
        Endpoint::Oembed { id } => answer_document::oembed(&state, &request, id).await,
        Endpoint::Sitemap => answer_document::sitemap(&state, &request).await,
        Endpoint::Collections => answer_document::collections(&state, &request).await,
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
            let original = original_of(&state, &endpoint);
            let threads = entry.threads().clone();
            let limits = state.limits.clone();
            let answer = threads.run(state.limits.answer_time, move || {
                let dataset = match entry.look() {
                    Ok(dataset) => dataset,
                    Err(why) => return responses::no_dataset(&why),
                };
                let dataset = pack_of(&endpoint)
                    .and_then(|pack| entry.known_with_pack(&pack).or_else(|| entry.earlier_reaching(&pack)))
                    .unwrap_or(dataset);
                let asked =
                    Asked { request: &request, exchange: &exchange, limits: &limits, patience: Patience::MayWait };
                if let Some(original) = &original {
                    return answer_file::original(&asked, &dataset, original);
                }
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

/// The file that the dataset was built from, where that is asked for.
fn original_of(state: &State, endpoint: &Endpoint<'_>) -> Option<Original> {
    let Endpoint::File { id, file } = endpoint else { return None };
    state.catalog.original(id).filter(|original| original.name == **file)
}

/// The pack that it is answered from: packs never change, so that no manifest need be looked at.
fn pack_of<'a>(endpoint: &'a Endpoint<'_>) -> Option<Cow<'a, str>> {
    match endpoint {
        Endpoint::Tiles { pack, .. } => Some(format!("{pack}{PACK_SUFFIX}").into()),
        Endpoint::File { file, .. } => is_pack_file(file).then_some(Cow::Borrowed(&**file)),
        Endpoint::Health
        | Endpoint::Catalog
        | Endpoint::Genes { .. }
        | Endpoint::Datasets
        | Endpoint::Dataset { .. }
        | Endpoint::Moments { .. }
        | Endpoint::Poster { .. }
        | Endpoint::About { .. }
        | Endpoint::Oembed { .. }
        | Endpoint::Sitemap
        | Endpoint::Collections
        | Endpoint::Collection { .. }
        | Endpoint::Page { .. }
        | Endpoint::CorpusFile { .. }
        | Endpoint::CorpusPage { .. }
        | Endpoint::CorpusAnswer { .. } => None,
    }
}

fn catalog_file(request: &request::Parts, file: &CatalogFile) -> Response<Body> {
    let validators = Validators::tagged(&file.tag);
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
        | Endpoint::Genes { .. }
        | Endpoint::Datasets
        | Endpoint::About { .. }
        | Endpoint::Oembed { .. }
        | Endpoint::Sitemap
        | Endpoint::Collections
        | Endpoint::Collection { .. }
        | Endpoint::Page { .. }
        | Endpoint::CorpusFile { .. }
        | Endpoint::CorpusPage { .. }
        | Endpoint::CorpusAnswer { .. } => Ok(responses::nothing_here()),
    }
}

fn description(limits: &Limits, dataset: &Dataset) -> DatasetDescription {
    let description = dataset.open.description.clone();
    let max_body_bytes = answer_moments::max_body_bytes(limits, description.n_obs);
    let moments = answer_moments::compute(limits, dataset).map(|_| MomentsOffer { max_body_bytes });
    DatasetDescription { moments, ..description }
}
