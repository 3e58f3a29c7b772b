//! Asking a host as a browser does.

use std::{ops::Range, time::Duration};

use anyhow::{Context as _, Result};
use reqwest::{
    Method, RequestBuilder, Version,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};

/// The most of an answer that is read.
const MOST_BYTES: usize = 16 << 20;

/// How long a host may take for one answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A host cannot be asked.
#[derive(Debug, thiserror::Error)]
#[error("{url} cannot be reached: {source}")]
pub struct Unreachable {
    url: String,
    source: reqwest::Error,
}

/// Asks for files.
pub struct Client {
    client: reqwest::Client,
    origin: Option<String>,
}

/// What a host answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The address that answered, after redirects.
    pub url: String,
    /// The status.
    pub status: u16,
    /// The version of HTTP.
    pub version: Version,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it was sent, its first 16 MiB; empty where only the head was asked for.
    pub body: Vec<u8>,
}

/// What a browser says that it can inflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// Nothing.
    Identity,
    /// The codings of today's browsers.
    Compressed,
}

impl Client {
    /// A client that asks for pages of `origin`, if one is given.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(origin: Option<&str>) -> Result<Self> {
        let provider = rustls::crypto::ring::default_provider();
        // One that was installed before is as good.
        let _ = provider.install_default();
        let agent = concat!("tile-server/", env!("CARGO_PKG_VERSION"));
        let client = reqwest::Client::builder().user_agent(agent).timeout(PATIENCE).build();
        Ok(Self { client: client.context("cannot set up TLS")?, origin: origin.map(str::to_owned) })
    }

    /// The origin of the page that asks, if it is another one than the host's.
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// A whole file.
    ///
    /// # Errors
    /// [`Unreachable`].
    pub async fn get(&self, url: &str, accepts: Accepts) -> Result<Answer, Unreachable> {
        self.send(url, self.request(url, accepts)).await
    }

    /// A whole file, as a page of this origin loads it.
    ///
    /// # Errors
    /// [`Unreachable`].
    pub async fn get_from(&self, origin: &str, url: &str) -> Result<Answer, Unreachable> {
        let mut request = self.request(url, Accepts::Identity);
        if self.origin.is_none() {
            request = request.header(header::ORIGIN, origin);
        }
        self.send(url, request).await
    }

    /// A range of a file, as the page asks for it.
    ///
    /// # Errors
    /// [`Unreachable`].
    pub async fn range(&self, url: &str, bytes: &Range<u64>) -> Result<Answer, Unreachable> {
        let range = format!("bytes={}-{}", bytes.start, bytes.end - 1);
        self.send(url, self.request(url, Accepts::Compressed).header(header::RANGE, range)).await
    }

    fn request(&self, url: &str, accepts: Accepts) -> RequestBuilder {
        let codings = match accepts {
            Accepts::Identity => "identity",
            Accepts::Compressed => "gzip, deflate, br, zstd",
        };
        let request = self.client.request(Method::GET, url).header(header::ACCEPT_ENCODING, codings);
        match &self.origin {
            Some(origin) => request.header(header::ORIGIN, origin),
            None => request,
        }
    }

    async fn send(&self, url: &str, request: RequestBuilder) -> Result<Answer, Unreachable> {
        let failed = |source: reqwest::Error| Unreachable { url: url.to_owned(), source: source.without_url() };
        let mut response = request.send().await.map_err(failed)?;
        let mut body = Vec::new();
        while body.len() < MOST_BYTES
            && let Some(piece) = response.chunk().await.map_err(failed)?
        {
            body.extend_from_slice(&piece);
        }
        Ok(Answer {
            url: response.url().to_string(),
            status: response.status().as_u16(),
            version: response.version(),
            headers: response.headers().clone(),
            body,
        })
    }
}

impl Answer {
    /// The text of a header; `None` where it is absent or no text.
    pub fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name).map(HeaderValue::to_str)?.ok()
    }

    /// The coding of the body, where there is one.
    pub fn coding(&self) -> Option<&str> {
        self.header(header::CONTENT_ENCODING).filter(|coding| !coding.eq_ignore_ascii_case("identity"))
    }
}
