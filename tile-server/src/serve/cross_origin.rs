//! Which pages of other origins may read data.

use std::time::Duration;

use http::{HeaderValue, Method, Response, header};
use shared_fbs::{
    api::{API_ROUTE, CORPUS_ROUTE},
    path::DATA_ROUTE,
};
use tower_http::cors::{Any, CorsLayer};

use super::{body::Body, options::CorsOrigins, request_id::X_REQUEST_ID, responses};

/// Where pages of other origins may read, they may also show.
pub(super) fn readable_elsewhere(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(responses::CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    response
}

/// What lets pages of these origins read; none where there are none.
pub(super) fn cors_layer(origins: CorsOrigins) -> Option<CorsLayer> {
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
            X_REQUEST_ID,
        ])
        .max_age(Duration::from_secs(24 * 60 * 60));
    match origins {
        CorsOrigins::None => None,
        CorsOrigins::Any => Some(layer.allow_origin(Any)),
        CorsOrigins::List(origins) => Some(layer.allow_origin(origins)),
    }
}

/// Whether pages of other origins may be let read this.
pub(super) fn is_shared(path: &str) -> bool {
    path.strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .is_some_and(|(first, _)| matches!(first, API_ROUTE | CORPUS_ROUTE | DATA_ROUTE))
}
