//! `/data/{id}/tiles/{pack}/{list}`: tiles by name, several in one answer.
//!
//! A tile is a zstd frame, and frames one after the other are a zstd stream: so the answer is put
//! together from pieces of the pack as they lie on disk, and inflated only for clients that know no
//! zstd.

use std::{collections::HashMap, fs::File, io::BufReader, sync::Arc};

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request};
use shared_fbs::path::{TileList, content_hash};

use super::{
    body::{self, Body, Part, PartsReader},
    catalog::Dataset,
    conditional::{EntityTag, Validators},
    dataset::TilePlace,
    files,
    negotiate::TileCoding,
    options::Limits,
    respond,
};

const FRAMES: HeaderValue = HeaderValue::from_static("application/zstd");
const INFLATED: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// Answers for tiles of one pack. Blocks.
pub(super) fn tiles(
    request: &request::Parts,
    dataset: &Dataset,
    limits: &Limits,
    pack: &str,
    list: &str,
) -> Response<Body> {
    if content_hash(pack).is_none() {
        return respond::not_found("A pack is named with the hash at its end, without `.pack`.");
    }
    let list: TileList = match list.parse() {
        Ok(list) => list,
        Err(error) => {
            let text = format!("The list of tiles cannot be read: {error}.");
            return respond::sentence(StatusCode::BAD_REQUEST, &text);
        }
    };
    let parts = match locate(dataset, limits, pack, &list) {
        Ok(parts) => parts,
        Err(response) => return *response,
    };
    let Some(coding) = TileCoding::choose(&request.headers) else {
        let mut response = respond::sentence(
            StatusCode::NOT_ACCEPTABLE,
            "Tiles are sent as zstd or as they are, and the request takes neither.",
        );
        response.headers_mut().insert(header::VARY, VARY);
        return response;
    };

    let tag = EntityTag::of_name(&format!("{pack}/{list}")).coded(coding.name());
    let validators = Validators::tagged(tag);
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, respond::IMMUTABLE);
    headers.insert(header::VARY, VARY);
    validators.write(&mut headers);
    if let Some(response) = respond::unless_holds(request, &validators, &headers) {
        return response;
    }

    let mut response = match coding {
        TileCoding::ContentEncoding => {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("zstd"));
            files::send_parts(request, StatusCode::OK, INFLATED, parts)
        }
        TileCoding::MediaType => files::send_parts(request, StatusCode::OK, FRAMES, parts),
        TileCoding::Identity => inflated(request, parts),
    };
    if response.status() == StatusCode::OK {
        response.headers_mut().extend(headers);
    }
    response
}

const VARY: HeaderValue = HeaderValue::from_static("accept-encoding, accept");

impl TileCoding {
    fn name(self) -> &'static str {
        match self {
            Self::ContentEncoding => "encoded",
            Self::MediaType => "frames",
            Self::Identity => "inflated",
        }
    }
}

/// The frames in the order asked, neighbors joined.
fn locate(dataset: &Dataset, limits: &Limits, pack: &str, list: &TileList) -> Result<Vec<Part>, Box<Response<Body>>> {
    let mut opened: HashMap<Arc<str>, (Arc<File>, u64)> = HashMap::new();
    let mut parts: Vec<Part> = Vec::new();
    let mut bytes = 0u64;
    for index in list.iter() {
        let TilePlace { file: name, range } = place(dataset, pack, index)?;
        let (file, len) = match opened.get(&name) {
            Some((file, len)) => (Arc::clone(file), *len),
            None => {
                let (file, len) = open(dataset, &name)?;
                opened.insert(Arc::clone(&name), (Arc::clone(&file), len));
                (file, len)
            }
        };
        if range.start > range.end || range.end > len {
            tracing::error!(file = &*name, tile = index, "the tile lies beyond the end of its pack");
            let text = format!("Tile {index} lies beyond the end of {name}; verify the dataset.");
            return Err(Box::new(respond::sentence(StatusCode::INTERNAL_SERVER_ERROR, &text)));
        }
        bytes = bytes.saturating_add(range.end - range.start);
        if bytes > limits.tile_bytes_per_request {
            let text = format!(
                "The tiles asked for have more than {} bytes; ask for fewer at a time.",
                limits.tile_bytes_per_request
            );
            return Err(Box::new(respond::sentence(StatusCode::BAD_REQUEST, &text)));
        }
        match parts.last_mut() {
            Some(last) if Arc::ptr_eq(&last.file, &file) && last.range.end == range.start => {
                last.range.end = range.end;
            }
            _ => parts.push(Part { file, range }),
        }
    }
    Ok(parts)
}

fn place(dataset: &Dataset, pack: &str, index: u32) -> Result<TilePlace, Box<Response<Body>>> {
    match dataset.open.index.locate(pack, index) {
        Ok(Some(place)) => Ok(place),
        Ok(None) => {
            let text = format!("The dataset has no tile {index} in a pack `{pack}`.");
            Err(Box::new(respond::not_found(&text)))
        }
        Err(error) => {
            Err(Box::new(respond::failure("A directory of tiles cannot be read; verify the dataset.", error.as_ref())))
        }
    }
}

fn open(dataset: &Dataset, name: &str) -> Result<(Arc<File>, u64), Box<Response<Body>>> {
    match dataset.open_file(name) {
        Ok(Some((file, metadata))) => Ok((Arc::new(file), metadata.len())),
        Ok(None) => Err(Box::new(respond::not_found("The dataset has no such pack."))),
        Err(error) => Err(Box::new(respond::failure("A pack of the dataset cannot be opened.", &error))),
    }
}

/// Inflated as it is sent, so that its length is not known before. A frame that is broken beyond the
/// first piece cuts the answer short, which the client sees as a failed transfer.
fn inflated(request: &request::Parts, parts: Vec<Part>) -> Response<Body> {
    const WHAT: &str = "A tile cannot be inflated; verify the dataset.";
    let mut response = Response::new(Body::default());
    if request.method == Method::GET {
        let reader = BufReader::with_capacity(body::PIECE_BYTES, PartsReader::new(parts));
        let body = zstd::stream::read::Decoder::with_buffer(reader).and_then(body::from_reader);
        match body {
            Ok(body) => *response.body_mut() = body,
            Err(error) => return respond::failure(WHAT, &error),
        }
    }
    response.headers_mut().insert(header::CONTENT_TYPE, INFLATED);
    response
}
