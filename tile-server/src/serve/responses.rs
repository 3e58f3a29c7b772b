//! The plain responses that several handlers share.

use std::{error::Error, io};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header, request};
use remote_files::RemoteError;

use super::{
    body::{self, Body},
    conditional_requests::{EntityTag, Precondition, Validators},
    disk_threads::DiskError,
    entry::NoDataset,
    request_id::RequestId,
};
use crate::text::printable;

/// For one year, without asking again: the name says the content.
pub(super) const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// For one hour: the content moves under its name, but nobody waits for it to.
pub(super) const FOR_AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// May be kept, but must be asked for again each time; costs a 304.
pub(super) const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// What search engines may do with a document.
pub(super) const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// Which sites may show a resource.
pub(super) const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// The type of documents.
pub(super) const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// Of this moment alone.
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// An error, or anything else that a sentence says.
pub(super) fn sentence(status: StatusCode, text: &str) -> Response<Body> {
    let text = format!("{text}\n");
    let mut response = with_type(TEXT, text.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    response
}

/// 404, for the resource in question.
pub(super) fn not_found(what: &str) -> Response<Body> {
    sentence(StatusCode::NOT_FOUND, what)
}

/// 404, for an address.
pub(super) fn nothing_here() -> Response<Body> {
    not_found("There is nothing at this address.")
}

/// 308, to another address of this host.
pub(super) fn moved(address: &str) -> Response<Body> {
    let mut response = sentence(StatusCode::PERMANENT_REDIRECT, "The page is at another address.");
    if let Ok(location) = HeaderValue::from_str(address) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// 404 for a dataset that there is not, 410 for one that was withdrawn, and 500 for one that cannot be read.
pub(super) fn no_dataset(why: &NoDataset) -> Response<Body> {
    let text = match why {
        NoDataset::Unknown => {
            "This server has no dataset of that name; /api/datasets lists those that can be read.".to_owned()
        }
        NoDataset::Withdrawn(reason) => format!("This dataset was withdrawn: {}", printable(reason)),
        NoDataset::Broken(reason) => format!("This dataset cannot be read: {}.", printable(reason)),
    };
    sentence(status_of(why), &text)
}

/// The status of an answer that there is none.
pub(super) fn status_of(why: &NoDataset) -> StatusCode {
    match why {
        NoDataset::Unknown => StatusCode::NOT_FOUND,
        NoDataset::Withdrawn(_) => StatusCode::GONE,
        NoDataset::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// 503, when there are as many requests, or as many bytes in memory, as may be.
pub(super) fn too_busy() -> Response<Body> {
    busy("The server answers as many requests as it may; try again in a moment.")
}

/// 503, to be asked again in a second.
pub(super) fn busy(text: &str) -> Response<Body> {
    let mut response = sentence(StatusCode::SERVICE_UNAVAILABLE, text);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// 503, when the disk or the machine is too slow.
pub(super) fn late() -> Response<Body> {
    sentence(StatusCode::SERVICE_UNAVAILABLE, "The server took too long to answer; try again in a moment.")
}

/// The answer where the disk gave none.
pub(super) fn no_outcome(error: &DiskError) -> Response<Body> {
    match error {
        DiskError::Late => late(),
        DiskError::Panicked(panic) => panicked(panic),
    }
}

/// 500, when a handler has ended by itself.
pub(super) fn panicked(panic: &tokio::task::JoinError) -> Response<Body> {
    failure("The server failed at this request.", panic)
}

/// What the log says of an answer beyond what the client is told.
#[derive(Clone, Debug)]
pub(super) struct Fault(pub(super) String);

/// 500, said in the log with its reason and to the client without the server's paths; 503 where the host of a dataset does
/// not answer, which may pass.
pub(super) fn failure(text: &str, error: &(dyn Error + 'static)) -> Response<Body> {
    let log = format!("{} {error}", text.trim_end());
    if is_of_silent_host(error) {
        let answer = busy("The host where this dataset lies does not answer; try again in a moment.");
        return with_fault(answer, log);
    }
    fault(text, log)
}

/// 500, of which the log says this.
pub(super) fn fault(text: &str, log: String) -> Response<Body> {
    with_fault(sentence(StatusCode::INTERNAL_SERVER_ERROR, text), log)
}

fn with_fault(mut response: Response<Body>, log: String) -> Response<Body> {
    response.extensions_mut().insert(Fault(log));
    response
}

/// Where the server is at fault, its sentence or document ends with the request's name, by which the log can be searched.
pub(super) fn name_request(response: &mut Response<Body>, id: &RequestId) {
    let is_of = |media_type: &HeaderValue| response.headers().get(header::CONTENT_TYPE) == Some(media_type);
    let (is_sentence, is_document) = (is_of(&TEXT), is_of(&HTML));
    if let (true, true, Body::Whole(text, None)) =
        (response.status().is_server_error(), is_sentence || is_document, response.body_mut())
        && !text.is_empty()
    {
        let named = if is_document {
            String::from_utf8_lossy(text).replacen("</main>", &format!("<p>Request {id}</p></main>"), 1).into_bytes()
        } else {
            [text, format!("Request {id}\n").as_bytes()].concat()
        };
        response.headers_mut().insert(header::CONTENT_LENGTH, (named.len() as u64).into());
        *response.body_mut() = body::full(named);
    }
}

/// Whether a file could not be read since the host that has it does not answer.
pub(super) fn is_of_silent_host(error: &(dyn Error + 'static)) -> bool {
    let is_silent = |error: &io::Error| matches!(error.kind(), io::ErrorKind::NotConnected | io::ErrorKind::TimedOut);
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<RemoteError>().is_some_and(RemoteError::may_pass)
            || error.downcast_ref::<io::Error>().is_some_and(is_silent)
        {
            return true;
        }
        // An error of input hides what it is made of from its causes.
        cause = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    false
}

/// 200 with these bytes.
pub(super) fn with_type(content_type: HeaderValue, bytes: Bytes) -> Response<Body> {
    let len = bytes.len() as u64;
    let mut response = Response::new(body::full(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CONTENT_LENGTH, len.into());
    response
}

/// JSON that may change, with a tag of its bytes.
pub(super) fn json(request: &request::Parts, value: &impl serde::Serialize) -> Response<Body> {
    let bytes = match serde_json::to_vec(value) {
        Ok(bytes) => bytes,
        Err(error) => return failure("The answer could not be written as JSON.", &error),
    };
    let validators = Validators::tagged(&EntityTag::of_bytes(&bytes));
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, REVALIDATE);
    validators.write(&mut headers);
    if let Some(response) = unless_holds(request, &validators, &headers) {
        return response;
    }
    let mut response = with_type(HeaderValue::from_static("application/json"), bytes.into());
    response.headers_mut().extend(headers);
    response
}

/// The 304 or 412 that the request's preconditions call for, if any. A 304 repeats `headers`: what a
/// 200 would have said of caching.
pub(super) fn unless_holds(
    request: &request::Parts,
    validators: &Validators,
    headers: &HeaderMap,
) -> Option<Response<Body>> {
    match validators.evaluate(&request.headers) {
        Precondition::Holds => None,
        Precondition::NotModified => {
            let mut response = Response::new(Body::default());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response.headers_mut().extend(headers.clone());
            Some(response)
        }
        Precondition::Failed => Some(sentence(
            StatusCode::PRECONDITION_FAILED,
            "The file has changed since the state that the request speaks of.",
        )),
    }
}

/// Takes the body away where the request asks for the head alone; its length has been stated.
pub(super) fn for_method(method: &Method, mut response: Response<Body>) -> Response<Body> {
    if method == Method::HEAD {
        *response.body_mut() = Body::default();
    }
    response
}
