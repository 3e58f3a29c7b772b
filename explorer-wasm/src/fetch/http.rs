//! One request, in the page or in a worker.

use std::{ops::Range, pin::pin};

use futures_util::future::{self, Either};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Headers, ReadableStream, ReadableStreamDefaultReader, ReadableStreamReadResult, RequestInit, Response,
};

use super::{
    FetchError,
    stall::{Attempt, Pulse},
};
use crate::platform;

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Request {
    url: String,
    /// These bytes alone.
    range: Option<Range<u64>>,
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
}

/// The media type by which a server tells that tiles are still zstd frames.
const FRAMES: &str = "application/zstd";

impl Request {
    /// A whole resource.
    pub(super) fn get(url: String) -> Self {
        Self { url, range: None, posted: None }
    }

    /// Some bytes of a file.
    pub(super) fn range(url: String, range: Range<u64>) -> Self {
        Self { url, range: Some(range), posted: None }
    }

    /// What a computation makes of these bytes.
    pub(super) fn post(url: String, bytes: Vec<u8>) -> Self {
        Self { url, range: None, posted: Some(bytes) }
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
            Either::Left((body, _)) => body,
            Either::Right(_) => {
                attempt.abort();
                Err(FetchError::Stalled)
            }
        }
    }

    async fn receive(&self, signal: Option<&AbortSignal>, pulse: &Pulse) -> Result<Body, FetchError> {
        let response = self.response(signal).await?;
        pulse.beat();
        let status = response.status();
        if !response.ok() {
            return Err(FetchError::Status { status, what: self.what() });
        }
        let is_frames = response
            .headers()
            .get("content-type")
            .ok()
            .flatten()
            .is_some_and(|media_type| media_type.starts_with(FRAMES));
        let content = match response.body() {
            Some(stream) => read_all(&stream, pulse).await?,
            None => Vec::new(),
        };
        let bytes = match &self.range {
            Some(range) => cut(content, range, status)?,
            None => content,
        };
        Ok(Body { bytes, is_frames })
    }

    async fn response(&self, signal: Option<&AbortSignal>) -> Result<Response, FetchError> {
        let headers = Headers::new().map_err(|_| FetchError::Network)?;
        let set = |name: &str, value: &str| headers.set(name, value).map_err(|_| FetchError::Network);
        match &self.range {
            Some(range) => set("range", &format!("bytes={}-{}", range.start, range.end - 1))?,
            None => set("accept", "application/zstd, */*")?,
        }
        let init = RequestInit::new();
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

    /// What to call the address in an error: its end.
    fn what(&self) -> String {
        let path = self.url.split('?').next().unwrap_or(&self.url);
        let end = path.rsplit('/').next().unwrap_or(path);
        end.chars().take(80).collect()
    }
}

/// Reads a stream to its end, piece by piece, so that it shows whether anything comes.
async fn read_all(stream: &ReadableStream, pulse: &Pulse) -> Result<Vec<u8>, FetchError> {
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let mut content = Vec::new();
    loop {
        let piece = JsFuture::from(reader.read()).await.map_err(|error| error_of(&error, FetchError::Body))?;
        pulse.beat();
        let piece: ReadableStreamReadResult = piece.unchecked_into();
        if piece.get_done() == Some(true) {
            return Ok(content);
        }
        let piece: Uint8Array = piece.get_value().dyn_into().map_err(|_| FetchError::Body)?;
        let start = content.len();
        content.resize(start + piece.length() as usize, 0);
        piece.copy_to(&mut content[start..]);
    }
}

/// The bytes of the range. A host that knows no ranges sends the whole file with status 200.
fn cut(mut content: Vec<u8>, range: &Range<u64>, status: u16) -> Result<Vec<u8>, FetchError> {
    let position = |at: u64| usize::try_from(at).map_err(|_| FetchError::Body);
    let start = if status == 206 { 0 } else { position(range.start)? };
    let end = start + position(range.end - range.start)?;
    if content.len() < end {
        return Err(FetchError::Body);
    }
    content.truncate(end);
    content.drain(..start);
    Ok(content)
}

fn error_of(error: &JsValue, otherwise: FetchError) -> FetchError {
    let is_abort = error.dyn_ref::<js_sys::Error>().is_some_and(|error| error.name() == "AbortError")
        || js_sys::Reflect::get(error, &"name".into()).is_ok_and(|name| name == "AbortError");
    if is_abort { FetchError::Cancelled } else { otherwise }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn the_range_is_cut_from_what_came() {
        let file: Vec<u8> = (0..10).collect();
        assert_eq!(cut(vec![4, 5, 6], &(4..7), 206), Ok(vec![4, 5, 6]));
        assert_eq!(cut(file.clone(), &(4..7), 200), Ok(vec![4, 5, 6]));
        assert_eq!(cut(file.clone(), &(0..10), 200), Ok(file.clone()));
        assert_eq!(cut(file, &(4..11), 200), Err(FetchError::Body));
        assert_eq!(cut(vec![4, 5], &(4..7), 206), Err(FetchError::Body));
    }
}
