//! `/data/{id}/{file}`: the manifest, the packs and the posters, whole or in ranges; `/d/{id}/poster-….png`.

use std::{io, ops::Range, path::Path};

use headers::{ContentRange, HeaderMapExt};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request};
use shared_fbs::{
    api::PosterName,
    path::{MANIFEST, OBS_CSV, OBS_PLAIN_CSV, content_hash, is_poster_file},
};
use tessera::obs_csv::ObsText;

use super::{
    answer_obs,
    asked::{Asked, Declined},
    body::{self, Body, Part, Parts, Reading},
    byte_ranges::{RangeSet, Unsatisfiable},
    conditional_requests::{EntityTag, Validators},
    confined_file::OpenFile,
    disk_threads::DiskThreads,
    entry::Dataset,
    file_reading::Patience,
    pack_files::{PackError, PackFiles},
    piece_buffers::PIECE_BYTES,
    responses,
};
use crate::catalog::Original;

/// Room for all headers of an answer, so that it is not made larger one by one.
pub(super) const MOST_HEADERS: usize = 16;

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/octet-stream");

const PNG: HeaderValue = HeaderValue::from_static("image/png");

/// Answers for one file of a dataset.
///
/// # Errors
/// What is said instead of the file, and where the thread would have to wait.
pub(super) fn file(asked: &Asked<'_>, dataset: &Dataset, name: &str) -> Result<Response<Body>, Declined> {
    if name == MANIFEST {
        let manifest = match asked.patience {
            // It was looked at a moment ago.
            Patience::AtHand => dataset.manifest.clone(),
            Patience::MayWait => dataset.manifest.again().map_err(|error| unreadable(&error))?,
        };
        let tag = EntityTag::of_mutable(&manifest.stamp);
        return send_file(asked, &dataset.threads, &manifest, &tag, responses::REVALIDATE, CONTENT_TYPE);
    }
    for (table, text) in [(OBS_CSV, ObsText::Guarded), (OBS_PLAIN_CSV, ObsText::Plain)] {
        if name == table {
            return answer_obs::obs(asked, dataset, text);
        }
    }
    file_named(asked, dataset, name, responses::IMMUTABLE)
}

/// Answers for the file that a dataset was built from. Blocks.
pub(super) fn original(asked: &Asked<'_>, dataset: &Dataset, original: &Original) -> Response<Body> {
    let opened = original.folder.canonicalize().and_then(|folder| OpenFile::within(&folder, Path::new(&original.name)));
    let file = match opened {
        Ok(file) => file,
        Err(error) => return responses::failure("The original file cannot be opened.", &error),
    };
    let tag = EntityTag::of_mutable(&file.stamp);
    send_octets(asked, &dataset.threads, &file, &tag, responses::REVALIDATE)
}

/// Answers with a file as it is, in ranges where they are asked for. Blocks.
pub(super) fn send_octets(
    asked: &Asked<'_>,
    threads: &DiskThreads,
    file: &OpenFile,
    tag: &EntityTag,
    caching: HeaderValue,
) -> Response<Body> {
    match send_file(asked, threads, file, tag, caching, CONTENT_TYPE) {
        Ok(response) => response,
        Err(Declined::Answer(response)) => *response,
        Err(Declined::NotAtHand) => responses::late(),
    }
}

/// Answers for a pack or a poster.
fn file_named(
    asked: &Asked<'_>,
    dataset: &Dataset,
    name: &str,
    caching: HeaderValue,
) -> Result<Response<Body>, Declined> {
    let no_file = || responses::not_found("The dataset has no such file.");
    let hash = content_hash(name).ok_or_else(no_file)?;
    let file = open_pack(asked, dataset, name)?;
    let content_type = if is_poster_file(name) { PNG } else { CONTENT_TYPE };
    send_file(asked, &dataset.threads, &file, &EntityTag::of_pack(hash, file.n_bytes), caching, content_type)
}

/// Answers with a picture of a dataset, which may also be shown where the data may not be read.
///
/// # Errors
/// What is said instead of the picture, and where the thread would have to wait.
pub(super) fn poster(asked: &Asked<'_>, dataset: &Dataset, name: PosterName) -> Result<Response<Body>, Declined> {
    let file = dataset.open.posters.get(&name).ok_or_else(|| responses::not_found("The dataset has no posters."))?;
    let mut response = file_named(asked, dataset, file, responses::FOR_AN_HOUR)?;
    response.headers_mut().insert(responses::CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    Ok(response)
}

/// Opens a pack or a poster.
///
/// # Errors
/// What is said where it cannot be, and where the thread would have to wait.
pub(super) fn open_pack(asked: &Asked<'_>, dataset: &Dataset, name: &str) -> Result<OpenFile, Declined> {
    opened_pack(asked, &dataset.packs, name)
}

/// Opens one of some packs.
///
/// # Errors
/// As [`open_pack`].
pub(super) fn opened_pack(asked: &Asked<'_>, packs: &PackFiles, name: &str) -> Result<OpenFile, Declined> {
    packs.open(name, asked.patience).map_err(|error| match error {
        PackError::NotAtHand => Declined::NotAtHand,
        // Perhaps the dataset has changed, which cannot be looked at here.
        PackError::Unknown if asked.patience == Patience::AtHand => Declined::NotAtHand,
        PackError::Unknown => responses::not_found("The dataset has no such file.").into(),
        PackError::Io(error) => responses::failure("A file of the dataset cannot be opened.", &error).into(),
        PackError::Unconfirmed { .. } => {
            responses::failure("The host where this dataset lies sends a file that is not what was written.", &error)
                .into()
        }
        PackError::Length { .. } | PackError::TooLong { .. } => {
            let text = format!("The dataset is broken: {error}; build it again.");
            responses::fault(&text, text.clone()).into()
        }
    })
}

fn send_file(
    asked: &Asked<'_>,
    threads: &DiskThreads,
    file: &OpenFile,
    tag: &EntityTag,
    caching: HeaderValue,
    content_type: HeaderValue,
) -> Result<Response<Body>, Declined> {
    let len = file.n_bytes;
    let validators = Validators::dated(tag, file.modified);
    let mut headers = HeaderMap::with_capacity(MOST_HEADERS);
    headers.insert(header::CACHE_CONTROL, caching);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    validators.write(&mut headers);
    if let Some(response) = responses::unless_holds(asked.request, &validators, &headers) {
        return Ok(response);
    }
    let (status, range) = match wanted_ranges(asked.request, &validators, len) {
        None => (StatusCode::OK, 0..len),
        Some(Ok(ranges)) => match ranges.as_slice() {
            [range] => (StatusCode::PARTIAL_CONTENT, range.clone()),
            // No client of ours asks for several, and whoever does must be ready for the whole file.
            _ => (StatusCode::OK, 0..len),
        },
        Some(Err(Unsatisfiable)) => {
            let mut response = responses::sentence(
                StatusCode::RANGE_NOT_SATISFIABLE,
                &format!("The file has {len} bytes, and none of the ranges asked for can be sent."),
            );
            response.headers_mut().typed_insert(ContentRange::unsatisfied_bytes(len));
            return Ok(response);
        }
    };
    if status == StatusCode::PARTIAL_CONTENT {
        headers.typed_insert(ContentRange::bytes(range.clone(), len).expect("the range lies within the file"));
    }
    let parts = vec![Part { file: file.file.clone(), range }];
    headers.insert(header::CONTENT_TYPE, content_type);
    let mut response = send_parts(asked, threads, headers, parts)?;
    *response.status_mut() = status;
    Ok(response)
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

/// A response of these parts with these headers, and their length. What is short is read at once, so that a failure can still be
/// said; for HEAD nothing is read.
///
/// # Errors
/// What is said where a file cannot be read, and where the thread would have to wait.
pub(super) fn send_parts(
    asked: &Asked<'_>,
    threads: &DiskThreads,
    headers: HeaderMap,
    parts: Vec<Part>,
) -> Result<Response<Body>, Declined> {
    let len = body::total_bytes(&parts);
    let is_short = len <= PIECE_BYTES as u64;
    if asked.request.method == Method::GET {
        confirm(asked, &parts)?;
    }
    let body = if asked.request.method == Method::HEAD {
        Body::default()
    } else if let Some(room) = is_short.then(|| asked.exchange.hold(len as usize)).flatten() {
        match body::read_whole(parts, asked.patience) {
            Ok(bytes) => Body::Whole(bytes, Some(room)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(Declined::NotAtHand),
            Err(error) => return Err(unreadable(&error)),
        }
    } else {
        Body::Read(Reading::of(Parts::new(parts), threads, asked.limits.answer_time))
    };
    let mut response = Response::new(body);
    *response.headers_mut() = headers;
    response.headers_mut().insert(header::CONTENT_LENGTH, len.into());
    Ok(response)
}

/// Looks at what another host sends before the answer begins, since it may be wrong.
fn confirm(asked: &Asked<'_>, parts: &[Part]) -> Result<(), Declined> {
    let Some(first) = parts.first().filter(|part| part.file.is_remote()) else { return Ok(()) };
    let ranges: Vec<Range<u64>> = parts.iter().map(|part| part.range.clone()).collect();
    match asked.patience {
        // What is short is read before the answer begins.
        Patience::AtHand if body::total_bytes(parts) <= PIECE_BYTES as u64 => Ok(()),
        Patience::AtHand => Err(Declined::NotAtHand),
        Patience::MayWait => {
            // All are of one pack.
            let confirmed = first.file.prepare(&ranges);
            let confirmed = confirmed.and_then(|()| ranges.iter().try_for_each(|range| first.file.confirm(range)));
            confirmed.map_err(|error| unreadable(&error))
        }
    }
}

fn unreadable(error: &io::Error) -> Declined {
    responses::failure("A file of the dataset cannot be read.", error).into()
}
