//! The page and its files, compressed once and kept.

use std::{
    collections::HashMap,
    io::{self, Write},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, header, request};

use super::{
    body::Body,
    conditional::{EntityTag, Validators},
    csp::{self, FrameAncestors},
    front_end::{Asset, FrontEnd},
    negotiate::PageCoding,
    respond,
};

/// Under this size a coding's header costs more than it saves.
const WORTH_CODING_BYTES: usize = 1024;

/// Near the best ratio for a few megabytes of wasm at a tenth of a second's work, once.
const ZSTD_LEVEL: i32 = 9;

/// The page, with what was derived from its files.
pub(super) struct Page {
    front_end: Option<Arc<dyn FrontEnd>>,
    frame_ancestors: FrameAncestors,
    prepared: Mutex<HashMap<String, Arc<Prepared>>>,
}

/// A file of the page with its policy, and its codings from the time they were first asked for.
struct Prepared {
    asset: Asset,
    bytes: Bytes,
    policy: HeaderValue,
    zstd: OnceLock<Option<Bytes>>,
    gzip: OnceLock<Option<Bytes>>,
}

impl Page {
    /// The page from this source, or none.
    pub(super) fn new(front_end: Option<Arc<dyn FrontEnd>>, frame_ancestors: FrameAncestors) -> Self {
        Self { front_end, frame_ancestors, prepared: Mutex::default() }
    }

    /// Answers for one file of the page. Blocks.
    pub(super) fn file(&self, request: &request::Parts, path: &str) -> Response<Body> {
        let Some(front_end) = &self.front_end else {
            return respond::not_found("This server serves data only; it has no page.");
        };
        let Some(asset) = front_end.get(path) else {
            return respond::not_found("There is nothing at this address.");
        };
        let prepared = self.prepared(path, asset);
        let (coding, bytes) = prepared.coded(PageCoding::choose(&request.headers));

        let mut tag = EntityTag::of_name(&prepared.asset.etag);
        if let Some(coding) = coding {
            tag = tag.coded(coding);
        }
        let validators = Validators::tagged(tag);
        let mut headers = HeaderMap::new();
        let caching = if prepared.asset.immutable { respond::IMMUTABLE } else { respond::REVALIDATE };
        headers.insert(header::CACHE_CONTROL, caching);
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(header::CONTENT_SECURITY_POLICY, prepared.policy.clone());
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        validators.write(&mut headers);
        if let Some(response) = respond::unless_holds(request, &validators, &headers) {
            return response;
        }
        let content_type = HeaderValue::from_static(prepared.asset.mime);
        let mut response = respond::with_type(content_type, bytes);
        if let Some(coding) = coding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response.headers_mut().extend(headers);
        response
    }

    /// What was derived from this very content, kept or made now.
    fn prepared(&self, path: &str, asset: Asset) -> Arc<Prepared> {
        let mut kept = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prepared) = kept.get(path)
            && prepared.asset.etag == asset.etag
        {
            return Arc::clone(prepared);
        }
        let prepared = Arc::new(Prepared::new(asset, &self.frame_ancestors));
        kept.insert(path.to_owned(), Arc::clone(&prepared));
        prepared
    }
}

impl Prepared {
    fn new(mut asset: Asset, frame_ancestors: &FrameAncestors) -> Self {
        let bytes: Bytes = std::mem::take(&mut asset.bytes).into_owned().into();
        let html = asset.mime.starts_with("text/html").then(|| String::from_utf8_lossy(&bytes));
        Self {
            policy: csp::policy(html.as_deref(), frame_ancestors),
            asset,
            bytes,
            zstd: OnceLock::new(),
            gzip: OnceLock::new(),
        }
    }

    /// The content in this coding where that makes it smaller, else as it is.
    fn coded(&self, coding: PageCoding) -> (Option<&'static str>, Bytes) {
        let (name, coded) = match coding {
            PageCoding::Zstd => ("zstd", self.zstd.get_or_init(|| self.smaller(zstd_of))),
            PageCoding::Gzip => ("gzip", self.gzip.get_or_init(|| self.smaller(gzip_of))),
            PageCoding::Identity => return (None, self.bytes.clone()),
        };
        match coded {
            Some(bytes) => (Some(name), bytes.clone()),
            None => (None, self.bytes.clone()),
        }
    }

    fn smaller(&self, code: impl Fn(&[u8]) -> io::Result<Vec<u8>>) -> Option<Bytes> {
        if self.bytes.len() < WORTH_CODING_BYTES || !is_compressible(self.asset.mime) {
            return None;
        }
        let coded = code(&self.bytes).ok()?;
        (coded.len() < self.bytes.len()).then(|| coded.into())
    }
}

fn zstd_of(bytes: &[u8]) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(bytes, ZSTD_LEVEL)
}

fn gzip_of(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Pictures other than SVG and fonts are compressed already.
fn is_compressible(mime: &str) -> bool {
    mime.starts_with("text/")
        || matches!(mime, "application/wasm" | "application/json" | "application/manifest+json" | "image/svg+xml")
}
