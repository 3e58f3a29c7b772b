//! One request, in the page or in a worker.

use std::ops::Range;

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, Response};

use super::FetchError;
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

    /// Asks once.
    pub(super) async fn send(&self, signal: Option<&AbortSignal>) -> Result<Body, FetchError> {
        let response = self.response(signal).await?;
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
        let buffer = response.array_buffer().map_err(|_| FetchError::Body)?;
        let buffer = JsFuture::from(buffer).await.map_err(|error| error_of(&error, FetchError::Body))?;
        let content = Uint8Array::new(&buffer);
        let bytes = match &self.range {
            Some(range) => self.cut(&content, range, status)?,
            None => content.to_vec(),
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

    /// The bytes of the range. A host that knows no ranges sends the whole file with status 200.
    fn cut(&self, content: &Uint8Array, range: &Range<u64>, status: u16) -> Result<Vec<u8>, FetchError> {
        let start = if status == 206 { 0 } else { range.start };
        let end = start + (range.end - range.start);
        if u64::from(content.length()) < end {
            return Err(FetchError::Body);
        }
        let position = |at: u64| u32::try_from(at).map_err(|_| FetchError::Body);
        Ok(content.subarray(position(start)?, position(end)?).to_vec())
    }

    /// What to call the address in an error: its end.
    fn what(&self) -> String {
        let path = self.url.split('?').next().unwrap_or(&self.url);
        let end = path.rsplit('/').next().unwrap_or(path);
        end.chars().take(80).collect()
    }
}

fn error_of(error: &JsValue, otherwise: FetchError) -> FetchError {
    let is_abort = error.dyn_ref::<js_sys::Error>().is_some_and(|error| error.name() == "AbortError")
        || js_sys::Reflect::get(error, &"name".into()).is_ok_and(|name| name == "AbortError");
    if is_abort { FetchError::Cancelled } else { otherwise }
}
