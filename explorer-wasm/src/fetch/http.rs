//! One request, in the page or in a worker.

use std::pin::pin;

use explorer_core::dataset::fetch::{AnswerHead, AskedRange, RangeError};
use futures_util::future::{self, Either};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Headers, ReadableStream, ReadableStreamDefaultReader, ReadableStreamReadResult, RequestCache,
    RequestInit, Response,
};

use super::{
    FetchError, host_bytes,
    stall::{Attempt, Pulse},
};
use crate::platform;

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Request {
    url: String,
    /// Only these bytes, and what the browser's cache may do.
    range: Option<(AskedRange, RequestCache)>,
    /// Whether the browser asks the host even where it has an answer, which it may not of a host that says nothing of caches.
    is_asked_anew: bool,
    /// What is posted; else the request is a GET.
    posted: Option<Vec<u8>>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Body {
    /// The content; of a range request, the bytes asked for.
    pub bytes: Vec<u8>,
    /// Whether the server says that these are zstd frames, which the browser has not inflated.
    pub is_frames: bool,
    /// Whether the whole file came where a range was asked for.
    pub is_whole_file: bool,
}

/// The media type by which a server tells that tiles are still zstd frames.
const FRAMES: &str = "application/zstd";

impl Request {
    /// A whole resource.
    pub(super) fn get(url: String) -> Self {
        Self { url, range: None, is_asked_anew: false, posted: None }
    }

    /// A whole resource that names others, which are gone once there is another: the browser asks the host whether it is
    /// still the same.
    pub(super) fn get_anew(url: String) -> Self {
        Self { is_asked_anew: true, ..Self::get(url) }
    }

    /// Some bytes of a file.
    pub(super) fn range(url: String, range: AskedRange, cache: RequestCache) -> Self {
        Self { range: Some((range, cache)), ..Self::get(url) }
    }

    /// What a computation makes of these bytes.
    pub(super) fn post(url: String, bytes: Vec<u8>) -> Self {
        Self { posted: Some(bytes), ..Self::get(url) }
    }

    /// Asks once. A request to read something is given up when nothing comes for a while; a
    /// computation may take its time.
    pub(super) async fn send(&self, signal: Option<&AbortSignal>) -> Result<Body, FetchError> {
        let pulse = Pulse::default();
        let attempt = Attempt::new(signal);
        let signal = attempt.signal();
        let received = pin!(self.receive(signal.as_ref(), &pulse));
        if self.posted.is_some() {
            return received.await;
        }
        match future::select(received, pin!(pulse.stopped())).await {
            Either::Left((body, _)) => {
                if body.is_err() {
                    // What is left of an answer that is of no use would still come.
                    attempt.abort();
                }
                body
            }
            Either::Right(_) => {
                attempt.abort();
                Err(FetchError::Stalled)
            }
        }
    }

    async fn receive(&self, signal: Option<&AbortSignal>, pulse: &Pulse) -> Result<Body, FetchError> {
        if let Some(path) = self.url.strip_prefix(host_bytes::SCHEME) {
            return self.receive_from_host(path, signal).await;
        }
        let response = self.response(signal).await?;
        pulse.beat();
        let status = response.status();
        if !response.ok() {
            return Err(FetchError::Status { status, what: self.what() });
        }
        let header = |name: &str| response.headers().get(name).ok().flatten();
        let is_frames = header("content-type").is_some_and(|media_type| media_type.starts_with(FRAMES));
        let most_bytes = match &self.range {
            Some((range, _)) => {
                let (content_range, content_encoding) = (header("content-range"), header("content-encoding"));
                let head = AnswerHead {
                    status,
                    content_range: content_range.as_deref(),
                    content_encoding: content_encoding.as_deref(),
                    content_length: header("content-length").and_then(|length| length.parse().ok()),
                };
                range.most_bytes(&head).map_err(|error| self.misanswered(&error))?
            }
            None => u64::MAX,
        };
        let content = match response.body() {
            Some(stream) => read_all(&stream, pulse, most_bytes).await?,
            None => Some(Vec::new()),
        };
        let mut is_whole_file = false;
        let bytes = match (&self.range, content) {
            (Some(_), None) => return Err(self.misanswered(&AskedRange::too_long(status))),
            (Some((range, _)), Some(content)) => {
                is_whole_file = content.len() as u64 > range.n_bytes();
                range.cut(status, content).ok_or(FetchError::Body)?
            }
            (None, content) => content.unwrap_or_default(),
        };
        Ok(Body { bytes, is_frames, is_whole_file })
    }

    async fn receive_from_host(&self, path: &str, signal: Option<&AbortSignal>) -> Result<Body, FetchError> {
        let range = self.range.as_ref().map(|(range, _)| &range.bytes);
        let bytes = host_bytes::read(path, range, signal).await?;
        let n_asked = range.map(|range| range.end - range.start);
        match n_asked {
            Some(n_asked) if bytes.len() as u64 != n_asked => {
                let reason = format!("it gave {} bytes where {n_asked} were asked for", bytes.len());
                Err(FetchError::Host { what: path.to_owned(), reason })
            }
            Some(_) | None => Ok(Body { bytes, is_frames: false, is_whole_file: false }),
        }
    }

    async fn response(&self, signal: Option<&AbortSignal>) -> Result<Response, FetchError> {
        let headers = Headers::new().map_err(|_| FetchError::Network)?;
        let set = |name: &str, value: &str| headers.set(name, value).map_err(|_| FetchError::Network);
        let init = RequestInit::new();
        match &self.range {
            Some((AskedRange { bytes, .. }, cache)) => {
                set("range", &format!("bytes={}-{}", bytes.start, bytes.end - 1))?;
                init.set_cache(*cache);
            }
            None => set("accept", "application/zstd, */*")?,
        }
        if self.is_asked_anew {
            init.set_cache(RequestCache::NoCache);
        }
        if let Some(bytes) = &self.posted {
            set("content-type", "application/octet-stream")?;
            init.set_method("POST");
            init.set_body(&Uint8Array::from(bytes.as_slice()));
        }
        init.set_headers(&headers);
        init.set_signal(signal);
        let response = JsFuture::from(platform::fetch(&self.url, &init))
            .await
            .map_err(|error| error_of(&error, FetchError::Network))?;
        response.dyn_into().map_err(|_| FetchError::Network)
    }

    fn misanswered(&self, error: &RangeError) -> FetchError {
        FetchError::Range { what: self.what(), reason: error.to_string() }
    }

    /// What to call the address in an error: its end.
    fn what(&self) -> String {
        let path = self.url.split('?').next().unwrap_or(&self.url);
        let end = path.rsplit('/').next().unwrap_or(path);
        end.chars().take(80).collect()
    }
}

/// Reads a stream to its end, piece by piece, so that it shows whether anything comes. `None` when it is longer than it
/// may be; what is left is then not waited for.
async fn read_all(stream: &ReadableStream, pulse: &Pulse, most_bytes: u64) -> Result<Option<Vec<u8>>, FetchError> {
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let mut content = Vec::new();
    loop {
        let piece = JsFuture::from(reader.read()).await.map_err(|error| error_of(&error, FetchError::Body))?;
        pulse.beat();
        let piece: ReadableStreamReadResult = piece.unchecked_into();
        if piece.get_done() == Some(true) {
            return Ok(Some(content));
        }
        let piece: Uint8Array = piece.get_value().dyn_into().map_err(|_| FetchError::Body)?;
        let start = content.len();
        if start as u64 + u64::from(piece.length()) > most_bytes {
            // Whether the host hears of it makes no difference here.
            drop(reader.cancel());
            return Ok(None);
        }
        content.resize(start + piece.length() as usize, 0);
        piece.copy_to(&mut content[start..]);
    }
}

fn error_of(error: &JsValue, otherwise: FetchError) -> FetchError {
    let is_abort = error.dyn_ref::<js_sys::Error>().is_some_and(|error| error.name() == "AbortError")
        || js_sys::Reflect::get(error, &"name".into()).is_ok_and(|name| name == "AbortError");
    if is_abort { FetchError::Canceled } else { otherwise }
}
