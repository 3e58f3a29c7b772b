//! `/data/{id}/obs.csv` and `obs-plain.csv`: the columns of `obs` as CSV, made as it is sent.

use std::io;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, header};
use tessera::obs_csv::ObsText;

use super::{
    asked::{Asked, Declined},
    body::{Body, Pieces, Reading},
    conditional_requests::{EntityTag, Validators},
    dataset_reader::ReadError,
    entry::Dataset,
    exchange::TablePlace,
    file_reading::Patience,
    responses,
};

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("text/csv; charset=utf-8");

/// Answers with the table.
///
/// # Errors
/// What is said instead, where there are no columns to read, or as many tables are made as may be.
pub(super) fn obs(asked: &Asked<'_>, dataset: &Dataset, text: ObsText) -> Result<Response<Body>, Declined> {
    let Some(reader) = &dataset.open.facts else {
        return Err(responses::not_found("The dataset has no such file.").into());
    };
    let kind = match text {
        ObsText::Guarded => "obs",
        ObsText::Plain => "obs-plain",
    };
    let validators = Validators::tagged(&EntityTag::of_name(&format!("{}-{kind}", dataset.open.content_id)));
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, responses::REVALIDATE);
    validators.write(&mut headers);
    if let Some(response) = responses::unless_holds(asked.request, &validators, &headers) {
        return Ok(response);
    }
    let body = if asked.request.method == Method::HEAD {
        Body::default()
    } else {
        let Some(place) = asked.exchange.make_table() else {
            return Err(responses::busy("The server makes as many tables as it may; try again in a moment.").into());
        };
        let pieces = CsvPieces { rows: Some(reader.obs_csv(text)), rest: Bytes::new(), _place: place };
        Body::Read(Reading::of(pieces, &dataset.threads, asked.limits.answer_time))
    };
    let mut response = Response::new(body);
    headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
    response.headers_mut().extend(headers);
    Ok(response)
}

/// Lines of a table.
type CsvRows = Box<dyn Iterator<Item = Result<String, ReadError>> + Send>;

struct CsvPieces {
    /// None after an error, or the last row.
    rows: Option<CsvRows>,
    rest: Bytes,
    _place: TablePlace,
}

impl Pieces for CsvPieces {
    fn next(&mut self, patience: Patience) -> io::Result<Bytes> {
        if self.rest.is_empty() {
            if patience == Patience::AtHand {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            match self.rows.as_mut().and_then(Iterator::next) {
                Some(Ok(rows)) => self.rest = rows.into(),
                Some(Err(error)) => {
                    self.rows = None;
                    tracing::error!("a table of cells cannot be made: {error}");
                    return Err(io::Error::other(error));
                }
                None => self.rows = None,
            }
        }
        let n = self.rest.len().min(super::piece_buffers::PIECE_BYTES);
        Ok(self.rest.split_to(n))
    }
}
