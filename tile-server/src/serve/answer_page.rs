//! The page and its files. Those compressed when the page was built lie next to them, as `{file}.zst` and `{file}.gz`.

use std::{
    borrow::Cow,
    collections::HashMap,
    io::{self, Read, Write},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header, request};
use shared_fbs::{api::EmbedFile, frame::checksum};
use tokio::{task::spawn_blocking, time::timeout};

use super::{
    base_path::BasePath,
    body::Body,
    conditional_requests::{EntityTag, Validators},
    content_negotiation::PageCoding,
    content_security_policy::{self, FrameAncestors},
    dispatch::State,
    entry::NoDataset,
    front_end::{Asset, FrontEnd},
    html_document::{Filling, PagePoster},
    options::Origins,
    responses,
};

const CROSS_ORIGIN_EMBEDDER_POLICY: HeaderName = HeaderName::from_static("cross-origin-embedder-policy");

/// The page itself, for whatever it shows.
const INDEX: &str = "index.html";

/// What asks whether something has changed.
const CONDITIONS: [HeaderName; 4] =
    [header::IF_MATCH, header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE, header::IF_UNMODIFIED_SINCE];

/// Level of compression of documents that were filled in.
const ZSTD_LEVEL: i32 = 9;

/// Files that are kept prepared, the pages of datasets among them: all are made anew when they are more.
const MOST_PREPARED: usize = 512;

/// The page, with what was derived from its files.
pub(super) struct Page {
    front_end: Option<Arc<dyn FrontEnd>>,
    base_path: BasePath,
    data_origins: Origins,
    embed_origins: Origins,
    frame_ancestors: FrameAncestors,
    prepared: Mutex<PreparedFiles>,
}

/// Files by path and what they are told of a dataset.
type PreparedFiles = HashMap<(String, PageOf), Arc<Prepared>>;

/// What a page is told of its dataset, or of the site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct PageOf {
    /// Its posters, where it has some.
    poster: Option<PagePoster>,
    /// The addresses of the pages of corpora that it is in, or of all, with spaces between them.
    corpora: String,
}

/// A file of the page with its policy and its codings.
struct Prepared {
    asset: Asset,
    /// Its tag as it is sent.
    tag: String,
    bytes: Bytes,
    policy: HeaderValue,
    zstd: Option<Bytes>,
    gzip: Option<Bytes>,
}

/// Answers with a file of the page that is of no dataset: the list of datasets, which leads to corpora, too, and what the
/// page consists of.
pub(super) async fn of_site(state: &Arc<State>, request: request::Parts, path: String) -> Response<Body> {
    let corpora = if path == INDEX { state.corpora.pages() } else { String::new() };
    file(state, request, path, PageOf { corpora, ..PageOf::default() }).await
}

/// Answers with the page of a corpus. Of one that there is not, the page says so, and the answer is 404.
pub(super) async fn of_corpus(state: &Arc<State>, request: request::Parts, id: &str) -> Response<Body> {
    if state.corpora.get(id).is_none() {
        return of_nothing(state, request).await;
    }
    file(state, request, INDEX.to_owned(), PageOf::default()).await
}

/// Answers with the page for what there is not.
async fn of_nothing(state: &Arc<State>, mut request: request::Parts) -> Response<Body> {
    // It is no answer that what was kept of it is still good.
    for condition in CONDITIONS {
        request.headers.remove(condition);
    }
    let mut response = file(state, request, INDEX.to_owned(), PageOf::default()).await;
    if response.status().is_success() {
        *response.status_mut() = StatusCode::NOT_FOUND;
        response.headers_mut().insert(header::CACHE_CONTROL, responses::NO_STORE);
    }
    response
}

/// Answers with the page of a dataset. Of one that there is not, the page says so, and the answer is 404. Search engines
/// keep none of one that is private.
pub(super) async fn of_dataset(state: &Arc<State>, request: request::Parts, id: &str) -> Response<Body> {
    let is_private = state.catalog.is_private(id);
    let mut response = of_dataset_in_any_list(state, request, id).await;
    if is_private {
        response.headers_mut().insert(responses::ROBOTS, HeaderValue::from_static("noindex"));
    }
    response
}

async fn of_dataset_in_any_list(state: &Arc<State>, request: request::Parts, id: &str) -> Response<Body> {
    let entry = state.catalog.entry(id);
    if let Err(NoDataset::Unknown) = entry {
        return of_nothing(state, request).await;
    }
    // What was last seen of the dataset will do: a page does not wait for a disk.
    let dataset = entry.ok().and_then(|entry| entry.known());
    let poster = dataset.and_then(|dataset| PagePoster::of_dataset(id, &dataset.open.posters));
    let corpora = state.corpora.with_dataset(id);
    file(state, request, INDEX.to_owned(), PageOf { poster, corpora }).await
}

/// Answers with a file of the page.
async fn file(state: &Arc<State>, request: request::Parts, path: String, of: PageOf) -> Response<Body> {
    let (answer_time, state) = (state.limits.answer_time, Arc::clone(state));
    match timeout(answer_time, spawn_blocking(move || state.page.file(&request, &path, of))).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => responses::panicked(&panic),
        Err(_) => responses::late(),
    }
}

impl Page {
    /// The page from this source, or none.
    pub(super) fn new(
        front_end: Option<Arc<dyn FrontEnd>>,
        base_path: BasePath,
        data_origins: Origins,
        embed_origins: Origins,
        frame_ancestors: FrameAncestors,
    ) -> Self {
        Self { front_end, base_path, data_origins, embed_origins, frame_ancestors, prepared: Mutex::default() }
    }

    /// Answers for one file of the page. Blocks.
    pub(super) fn file(&self, request: &request::Parts, path: &str, of: PageOf) -> Response<Body> {
        let Some(front_end) = &self.front_end else {
            return responses::not_found("This server serves data only; it has no page.");
        };
        let Some(asset) = front_end.get(path) else {
            return responses::nothing_here();
        };
        let prepared = self.prepared(front_end.as_ref(), path, of, asset);
        let (coding, bytes) = prepared.coded(PageCoding::choose(&request.headers));

        let mut tag = EntityTag::of_name(&prepared.tag);
        if let Some(coding) = coding {
            tag = tag.coded(coding);
        }
        let validators = Validators::tagged(&tag);
        let mut headers = HeaderMap::new();
        let embed_file = EmbedFile::of_address(path);
        let caching = match embed_file {
            Some(EmbedFile::Moving) => responses::FOR_AN_HOUR,
            Some(EmbedFile::Release) => responses::IMMUTABLE,
            None if prepared.asset.immutable => responses::IMMUTABLE,
            None => responses::REVALIDATE,
        };
        headers.insert(header::CACHE_CONTROL, caching);
        if embed_file.is_some() {
            // Whoever embeds the page loads these as scripts of another origin.
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        // A host page that isolates itself shows only documents that say so of themselves. Their workers must say it, too.
        headers.insert(CROSS_ORIGIN_EMBEDDER_POLICY, HeaderValue::from_static("require-corp"));
        if embed_file.is_some() || is_html(&prepared.asset) {
            headers.insert(responses::CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
        }
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(header::CONTENT_SECURITY_POLICY, prepared.policy.clone());
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        validators.write(&mut headers);
        if let Some(response) = responses::unless_holds(request, &validators, &headers) {
            return response;
        }
        let content_type = HeaderValue::from_static(prepared.asset.mime);
        let mut response = responses::with_type(content_type, bytes);
        if let Some(coding) = coding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response.headers_mut().extend(headers);
        response
    }

    /// What was derived from this very content, kept or made now.
    fn prepared(&self, front_end: &dyn FrontEnd, path: &str, of: PageOf, asset: Asset) -> Arc<Prepared> {
        let key = (path.to_owned(), of);
        let mut kept = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prepared) = kept.get(&key)
            && prepared.asset.etag == asset.etag
        {
            return Arc::clone(prepared);
        }
        let prepared = Arc::new(self.prepare(front_end, path, &key.1, asset));
        if kept.len() >= MOST_PREPARED {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&prepared));
        prepared
    }

    fn prepare(&self, front_end: &dyn FrontEnd, path: &str, of: &PageOf, mut asset: Asset) -> Prepared {
        let bytes = std::mem::take(&mut asset.bytes);
        let html = is_html(&asset).then(|| String::from_utf8_lossy(&bytes));
        let policy = content_security_policy::policy(&self.data_origins, &self.frame_ancestors);
        let base = self.base_path.to_string();
        let (data_origins, embed_origins) = (&self.data_origins, &self.embed_origins);
        let filling = Filling {
            base: &base,
            data_origins,
            embed_origins,
            data: "",
            poster: of.poster.as_ref(),
            corpora: &of.corpora,
        };
        if let Some(html) = &html
            && let Cow::Owned(filled) = filling.fill(html)
        {
            // A few kilobytes, compressed once.
            let smaller = |coded: io::Result<Vec<u8>>| coded.ok().filter(|coded| coded.len() < filled.len());
            return Prepared {
                zstd: smaller(zstd_of(filled.as_bytes())).map(Bytes::from),
                gzip: smaller(gzip_of(filled.as_bytes())).map(Bytes::from),
                tag: format!("{}-{:08x}", asset.etag, checksum(filled.as_bytes())),
                asset,
                bytes: filled.into(),
                policy,
            };
        }
        drop(html);
        let beside = |suffix: &str, inflated: fn(&[u8], usize) -> io::Result<Vec<u8>>| {
            let coded = front_end.get(&format!("{path}.{suffix}"))?.bytes;
            // One from another build is left alone.
            let is_coded = inflated(&coded, bytes.len()).is_ok_and(|inflated| *inflated == *bytes);
            is_coded.then(|| Bytes::from(coded.into_owned()))
        };
        Prepared {
            zstd: beside("zst", zstd::bulk::decompress),
            gzip: beside("gz", gunzip),
            bytes: bytes.into_owned().into(),
            policy,
            tag: asset.etag.clone(),
            asset,
        }
    }
}

impl Prepared {
    /// The content in this coding where there is one, else as it is.
    fn coded(&self, coding: PageCoding) -> (Option<&'static str>, Bytes) {
        let (name, coded) = match coding {
            PageCoding::Zstd => ("zstd", &self.zstd),
            PageCoding::Gzip => ("gzip", &self.gzip),
            PageCoding::Identity => return (None, self.bytes.clone()),
        };
        match coded {
            Some(bytes) => (Some(name), bytes.clone()),
            None => (None, self.bytes.clone()),
        }
    }
}

fn is_html(asset: &Asset) -> bool {
    asset.mime.starts_with("text/html")
}

fn zstd_of(bytes: &[u8]) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(bytes, ZSTD_LEVEL)
}

fn gzip_of(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// At most one byte more than `len`.
fn gunzip(coded: &[u8], len: usize) -> io::Result<Vec<u8>> {
    let mut inflated = Vec::with_capacity(len + 1);
    flate2::read::GzDecoder::new(coded).take(len as u64 + 1).read_to_end(&mut inflated)?;
    Ok(inflated)
}
