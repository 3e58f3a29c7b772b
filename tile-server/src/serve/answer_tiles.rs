//! `/data/{id}/tiles/{pack}/{list}`: tiles by name, several in one answer.
//!
//! A tile is a zstd frame, and frames one after the other are a zstd stream: so the answer is put
//! together from pieces of the pack as they lie on disk, and inflated only for clients that know no
//! zstd.

use std::{io::BufReader, ops::Range};

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use shared_fbs::path::{PACK_SUFFIX, TileList, content_hash};

use super::{
    answer_file::{MOST_HEADERS, open_pack, send_parts},
    asked::{Asked, Declined},
    body::{Body, Buffered, Part, Parts, Reading},
    conditional_requests::{EntityTag, Validators},
    content_negotiation::TileCoding,
    entry::Dataset,
    file_reading::Patience,
    piece_buffers::PIECE_BYTES,
    responses,
};

const FRAMES: HeaderValue = HeaderValue::from_static("application/zstd");
const INFLATED: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// What it takes to inflate the tiles of one answer as they are sent: a window, and a piece on either side.
const INFLATING_BYTES: usize = 1 << 20;

/// Answers for tiles of one pack.
///
/// # Errors
/// What is said instead of tiles, and where the thread would have to wait.
pub(super) fn tiles(asked: &Asked<'_>, dataset: &Dataset, pack: &str, list: &str) -> Result<Response<Body>, Declined> {
    if content_hash(pack).is_none() {
        return Ok(responses::not_found("A pack is named with the hash at its end, without `.pack`."));
    }
    let list: TileList = list.parse().map_err(|error| {
        let text = format!("The list of tiles cannot be read: {error}.");
        responses::sentence(StatusCode::BAD_REQUEST, &text)
    })?;
    let parts = locate(asked, dataset, pack, &list)?;
    let Some(coding) = TileCoding::choose(&asked.request.headers) else {
        let mut response = responses::sentence(
            StatusCode::NOT_ACCEPTABLE,
            "Tiles are sent as zstd or as they are, and the request takes neither.",
        );
        response.headers_mut().insert(header::VARY, VARY);
        return Ok(response);
    };

    let tag = EntityTag::of_name(&format!("{pack}/{list}")).coded(coding.name());
    let validators = Validators::tagged(&tag);
    let mut headers = HeaderMap::with_capacity(MOST_HEADERS);
    headers.insert(header::CACHE_CONTROL, responses::IMMUTABLE);
    headers.insert(header::VARY, VARY);
    validators.write(&mut headers);
    if let Some(response) = responses::unless_holds(asked.request, &validators, &headers) {
        return Ok(response);
    }

    match coding {
        TileCoding::ContentEncoding => {
            headers.insert(header::CONTENT_TYPE, INFLATED);
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("zstd"));
            send_parts(asked, &dataset.threads, headers, parts)
        }
        TileCoding::MediaType => {
            headers.insert(header::CONTENT_TYPE, FRAMES);
            send_parts(asked, &dataset.threads, headers, parts)
        }
        TileCoding::Identity => {
            headers.insert(header::CONTENT_TYPE, INFLATED);
            inflated(asked, dataset, headers, parts)
        }
    }
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
fn locate(asked: &Asked<'_>, dataset: &Dataset, pack: &str, list: &TileList) -> Result<Vec<Part>, Declined> {
    let mut opened = None;
    let mut parts: Vec<Part> = Vec::new();
    let mut n_bytes = 0u64;
    for index in list.iter() {
        let range = place(asked, dataset, pack, index)?;
        let open = match &opened {
            Some(open) => open,
            None => opened.insert(open_pack(asked, dataset, &format!("{pack}{PACK_SUFFIX}"))?),
        };
        if range.start > range.end || range.end > open.n_bytes {
            let text = format!("Tile {index} lies beyond the end of {pack}{PACK_SUFFIX}; verify the dataset.");
            return Err(responses::fault(&text, text.clone()).into());
        }
        n_bytes = n_bytes.saturating_add(range.end - range.start);
        let most = asked.limits.tile_bytes_per_request;
        if n_bytes > most {
            let text = format!("The tiles asked for have more than {most} bytes; ask for fewer at a time.");
            return Err(responses::sentence(StatusCode::BAD_REQUEST, &text).into());
        }
        match parts.last_mut() {
            Some(last) if last.range.end == range.start => last.range.end = range.end,
            _ => parts.push(Part { file: open.file.clone(), range }),
        }
    }
    Ok(parts)
}

fn place(asked: &Asked<'_>, dataset: &Dataset, pack: &str, index: u32) -> Result<Range<u64>, Declined> {
    let tiles = &dataset.open.index;
    if let Some(place) = tiles.locate_at_hand(pack, index) {
        return Ok(place);
    }
    if asked.patience == Patience::AtHand {
        return Err(Declined::NotAtHand);
    }
    match tiles.locate(pack, index) {
        Ok(Some(place)) => Ok(place),
        Ok(None) => {
            let text = format!("The dataset has no tile {index} in a pack `{pack}`.");
            Err(responses::not_found(&text).into())
        }
        Err(error) => {
            let text = "A directory of tiles cannot be read; verify the dataset.";
            Err(responses::failure(text, error.as_ref()).into())
        }
    }
}

/// Inflated as it is sent, so that its length is not known before. A frame that is broken beyond the
/// first piece cuts the answer short, which the client sees as a failed transfer.
fn inflated(
    asked: &Asked<'_>,
    dataset: &Dataset,
    headers: HeaderMap,
    parts: Vec<Part>,
) -> Result<Response<Body>, Declined> {
    let mut response = Response::new(Body::default());
    *response.headers_mut() = headers;
    if asked.request.method == Method::GET {
        // It reads and computes.
        if asked.patience == Patience::AtHand {
            return Err(Declined::NotAtHand);
        }
        let room = asked.exchange.hold(INFLATING_BYTES).ok_or_else(responses::too_busy)?;
        let reader = BufReader::with_capacity(PIECE_BYTES, Parts::new(parts));
        let pieces = zstd::stream::read::Decoder::with_buffer(reader)
            .and_then(|reader| Buffered::new(reader, Some(room)))
            .map_err(|error| responses::failure("A tile cannot be inflated; verify the dataset.", &error))?;
        *response.body_mut() = Body::Read(Reading::of(pieces, &dataset.threads, asked.limits.answer_time));
    }
    Ok(response)
}
