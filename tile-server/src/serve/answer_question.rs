//! `GET /api/corpora/{id}/{question}`: what a corpus answers, as the command of the same name does, for programs that have no
//! tiles to read.

use std::sync::Arc;

use corpus::native::FileCorpus;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header, request};
use tokio::{task::spawn_blocking, time::timeout};
use xxhash_rust::xxh64::xxh64;

use super::{
    body::Body,
    conditional_requests::{EntityTag, Validators},
    corpora::Corpus,
    dispatch::State,
    exchange::Exchange,
    responses,
};
use crate::questions::{AddressError, AddressedQuestion, Form, QuestionError, Reason};

/// Why an answer is to be read with care: a sentence of ASCII, all else as Rust writes it in text.
const CAUTION: HeaderName = HeaderName::from_static("x-tessera-caution");

/// Answers a question.
pub(super) async fn question(
    state: &State,
    request: &request::Parts,
    exchange: &Arc<Exchange>,
    id: &str,
    name: &str,
) -> Response<Body> {
    let Some(corpus) = state.corpora.get(id) else {
        return responses::not_found("No corpus of this name is served.");
    };
    if state.limits.computations == 0 {
        return responses::not_found("This server computes nothing; the tiles of the corpus can be read.");
    }
    let query = request.uri.query().unwrap_or_default();
    let asked = match AddressedQuestion::parse(name, query) {
        Ok(asked) => asked,
        Err(error @ AddressError::Unknown(_)) => return responses::not_found(&sentence(&error)),
        Err(error @ AddressError::Option(_)) => return wrong(&error),
    };
    let Some(place) = exchange.compute() else {
        return responses::busy("The server computes as many comparisons as it may; try again in a moment.");
    };
    let question = Question { corpus, asked, key: xxh64(format!("{name}?{query}").as_bytes(), 0) };
    let (request, exchange) = (request.clone(), Arc::clone(exchange));
    let job = spawn_blocking(move || {
        // Given back when the work has ended, which is after this request has, where that is no longer waited for.
        let _place = place;
        question.answer(&request, &exchange)
    });
    match timeout(state.limits.compute_time, job).await {
        Ok(outcome) => outcome.unwrap_or_else(|panic| responses::panicked(&panic)),
        // Without a `Retry-After`, since trying again would take as long.
        Err(_) => responses::sentence(
            StatusCode::SERVICE_UNAVAILABLE,
            "The answer takes longer than this server may compute; the tiles of the corpus can be read.",
        ),
    }
}

struct Question {
    corpus: Arc<Corpus>,
    asked: AddressedQuestion,
    /// Of the question, by which answers of one corpus are told apart.
    key: u64,
}

impl Question {
    /// Blocks.
    fn answer(&self, request: &request::Parts, exchange: &Arc<Exchange>) -> Response<Body> {
        let opened: FileCorpus = match self.corpus.opened() {
            Ok(opened) => opened,
            Err(error) => return responses::failure("The corpus cannot be read where it lies.", &*error),
        };
        let tag = EntityTag::of_name(&format!("{}-{:016x}", opened.manifest().content_id, self.key));
        let validators = Validators::tagged(&tag);
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, responses::REVALIDATE);
        validators.write(&mut headers);
        if let Some(response) = responses::unless_holds(request, &validators, &headers) {
            return response;
        }
        // Who asks for the head alone is told that there is an answer, which is not computed for that.
        if request.method == Method::HEAD {
            let mut response = Response::new(Body::default());
            response.headers_mut().extend(headers);
            return response;
        }
        let answered = match self.asked.ask(&opened, &corpus::ontology(opened.manifest())) {
            Ok(answered) => answered,
            Err(error) => return refused(&error),
        };
        let form = answered.answer.form(self.asked.form());
        let bytes = match answered.answer.written(form) {
            Ok(bytes) => bytes,
            Err(error) => return responses::failure("The answer could not be written.", &error),
        };
        let Some(room) = exchange.hold(bytes.len()) else { return responses::too_busy() };
        headers.insert(header::CONTENT_TYPE, media_type(form));
        headers.insert(header::CONTENT_LENGTH, bytes.len().into());
        for caution in &answered.cautions {
            if let Ok(caution) = HeaderValue::from_str(&caution.escape_default().to_string()) {
                headers.append(CAUTION, caution);
            }
        }
        let mut response = Response::new(Body::Whole(bytes.into(), Some(room)));
        response.headers_mut().extend(headers);
        response
    }
}

fn media_type(form: Form) -> HeaderValue {
    HeaderValue::from_static(match form {
        Form::Csv => "text/csv; charset=utf-8",
        Form::Json => "application/json",
        Form::Parquet => "application/vnd.apache.parquet",
    })
}

fn refused(error: &QuestionError) -> Response<Body> {
    match error.reason() {
        Reason::Question => wrong(error),
        Reason::Sums => responses::failure("The corpus cannot be added up.", error),
        Reason::Read(error) => responses::failure("The tiles of the corpus cannot be read.", error),
    }
}

/// 400, for a question that is wrong.
fn wrong(error: &dyn std::error::Error) -> Response<Body> {
    responses::sentence(StatusCode::BAD_REQUEST, &sentence(error))
}

fn sentence(error: &dyn std::error::Error) -> String {
    let text = crate::text::printable(&error.to_string()).into_owned();
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).chain(['.']).collect()
}
