//! `/data/{id}/{file}`: the manifest and the packs, whole or in ranges.

use std::{fs::File, ops::Range, sync::Arc};

use headers::{AcceptRanges, ContentRange, HeaderMapExt};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request};
use shared_fbs::path::content_hash;

use super::{
    body::{self, Body, Part, PartsReader},
    catalog::Dataset,
    conditional::{EntityTag, Validators},
    range::{RangeSet, Unsatisfiable},
    respond,
};

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// Answers for one file of a dataset. Blocks.
pub(super) fn file(request: &request::Parts, dataset: &Dataset, name: &str) -> Response<Body> {
    let (file, metadata) = match dataset.open_file(name) {
        Ok(Some(opened)) => opened,
        Ok(None) => return respond::not_found("The dataset has no such file."),
        Err(error) => {
            return respond::failure("A file of the dataset cannot be opened.", &error);
        }
    };
    let len = metadata.len();
    let hash = content_hash(name);
    let tag = hash.map_or_else(|| EntityTag::of_mutable(&metadata), |hash| EntityTag::of_pack(hash, len));
    let validators = Validators::dated(tag, &metadata);

    let mut headers = HeaderMap::new();
    let caching = if hash.is_some() { respond::IMMUTABLE } else { respond::REVALIDATE };
    headers.insert(header::CACHE_CONTROL, caching);
    headers.typed_insert(AcceptRanges::bytes());
    validators.write(&mut headers);
    if let Some(response) = respond::unless_holds(request, &validators, &headers) {
        return response;
    }

    let file = Arc::new(file);
    let mut response = match wanted_ranges(request, &validators, len) {
        None => send(request, StatusCode::OK, &file, 0..len),
        Some(Ok(ranges)) => match ranges.as_slice() {
            [range] => single(request, &file, range.clone(), len),
            // No client of ours asks for several, and whoever does must be ready for the whole file.
            _ => send(request, StatusCode::OK, &file, 0..len),
        },
        Some(Err(Unsatisfiable)) => {
            let mut response = respond::sentence(
                StatusCode::RANGE_NOT_SATISFIABLE,
                &format!("The file has {len} bytes, and none of the ranges asked for can be sent."),
            );
            response.headers_mut().typed_insert(ContentRange::unsatisfied_bytes(len));
            return response;
        }
    };
    response.headers_mut().extend(headers);
    response
}

/// The ranges to send, where the request asks for ranges: only GET has them (RFC 9110, 14.2).
fn wanted_ranges(
    request: &request::Parts,
    validators: &Validators,
    len: u64,
) -> Option<Result<Vec<Range<u64>>, Unsatisfiable>> {
    if request.method != Method::GET || !validators.range_counts(&request.headers) {
        return None;
    }
    let header = request.headers.get(header::RANGE)?.to_str().ok()?;
    let set: RangeSet = header.parse().ok()?;
    Some(set.resolve(len))
}

fn single(request: &request::Parts, file: &Arc<File>, range: Range<u64>, len: u64) -> Response<Body> {
    let place = ContentRange::bytes(range.clone(), len).expect("the range lies within the file");
    let mut response = send(request, StatusCode::PARTIAL_CONTENT, file, range);
    response.headers_mut().typed_insert(place);
    response
}

fn send(request: &request::Parts, status: StatusCode, file: &Arc<File>, range: Range<u64>) -> Response<Body> {
    let parts = vec![Part { file: Arc::clone(file), range }];
    send_parts(request, status, CONTENT_TYPE, parts)
}

/// A response of these parts with their type and length; for HEAD nothing is read.
pub(super) fn send_parts(
    request: &request::Parts,
    status: StatusCode,
    content_type: HeaderValue,
    parts: Vec<Part>,
) -> Response<Body> {
    let len = body::total_bytes(&parts);
    let body = if request.method == Method::HEAD {
        Body::default()
    } else {
        match body::from_reader(PartsReader::new(parts)) {
            Ok(body) => body,
            Err(error) => {
                return respond::failure("A file of the dataset cannot be read.", &error);
            }
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CONTENT_LENGTH, len.into());
    response
}
