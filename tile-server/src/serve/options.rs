//! What the server is told when it starts.

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc};

use http::HeaderValue;

use super::{
    base_path::BasePath,
    content_security_policy::FrameAncestors,
    corpora::CorpusAddress,
    dataset_reader::{DatasetAddress, ReadDataset},
    error::ServeError,
    front_end::FrontEnd,
    host_check::AllowedHosts,
    limits::Limits,
};
use crate::catalog::{AnyFolder, SiteUrl};

/// All that the server is told.
pub struct Options {
    /// Where to listen; port 0 takes any free port.
    pub address: SocketAddr,
    /// What to serve, in the order shown.
    pub datasets: Vec<DatasetAddress>,
    /// Folders whose datasets are served as they come and go.
    pub folders: Vec<AnyFolder>,
    /// Corpora of gene expression.
    pub corpora: Vec<CorpusAddress>,
    /// Folders whose corpora are served as they come and go, beside those.
    pub corpus_folders: Vec<PathBuf>,
    /// Reads the manifests.
    pub reader: Arc<dyn ReadDataset>,
    /// The page; without one, data is served alone.
    pub front_end: Option<Arc<dyn FrontEnd>>,
    /// The names that requests may call the server by.
    pub allowed_hosts: AllowedHosts,
    /// Whose pages may read `/data` and `/api`.
    pub cors: CorsOrigins,
    /// Whose pages may show the Explorer in a frame.
    pub frame_ancestors: FrameAncestors,
    /// The origins whose pages the Explorer in a frame of theirs answers.
    pub embed_origins: Origins,
    /// The other origins that the page may show data of.
    pub data_origins: Origins,
    /// The path below which everything is served.
    pub base_path: BasePath,
    /// The address of the site's root as others see it.
    pub site: Option<SiteUrl>,
    /// How much of the machine requests may take.
    pub limits: Limits,
    /// Where metrics can be read; without, they cannot.
    pub metrics: Option<MetricsOptions>,
}

/// Where metrics can be read.
#[derive(Clone, Debug)]
pub struct MetricsOptions {
    /// Where to listen; port 0 takes any free port.
    pub address: SocketAddr,
    /// The names that requests may call it by.
    pub allowed_hosts: AllowedHosts,
}

/// The origins other than the server's own whose pages may read `/data` and `/api`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CorsOrigins {
    /// None.
    #[default]
    None,
    /// All.
    Any,
    /// These.
    List(Vec<HeaderValue>),
}

impl CorsOrigins {
    /// Reads `*`, or origins such as `https://example.org:8443`.
    ///
    /// # Errors
    /// [`ServeError::CorsOrigin`] names the first that is neither.
    pub fn parse(origins: &[String]) -> Result<Self, ServeError> {
        if origins.is_empty() {
            return Ok(Self::None);
        }
        if origins.iter().any(|origin| origin == "*") {
            return Ok(Self::Any);
        }
        let header = |origin: &String| {
            parse_origin(origin)
                .and_then(|origin| HeaderValue::from_str(origin).ok())
                .ok_or_else(|| ServeError::CorsOrigin { origin: origin.clone() })
        };
        origins.iter().map(header).collect::<Result<_, _>>().map(Self::List)
    }
}

/// Origins other than the server's own, each by name; none unless named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<String>);

impl Origins {
    /// Reads origins such as `https://example.org:8443`.
    ///
    /// # Errors
    /// [`ServeError::Origin`] names the first that is none.
    pub fn parse(origins: &[String]) -> Result<Self, ServeError> {
        let checked = |origin: &String| {
            let wrong = || ServeError::Origin { origin: origin.clone() };
            let origin = parse_origin(origin).ok_or_else(wrong)?;
            // What could end a directive of the policy, or an attribute of the page.
            let is_plain = origin.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/[]".contains(&byte));
            if is_plain { Ok(origin.to_owned()) } else { Err(wrong()) }
        };
        origins.iter().map(checked).collect::<Result<_, _>>().map(Self)
    }

    /// Whether none is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Origins {
    /// With spaces between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// An origin as browsers send it: scheme, host and port, and nothing after them.
fn parse_origin(origin: &str) -> Option<&str> {
    let uri: http::Uri = origin.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    (origin == format!("{scheme}://{authority}")).then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_scheme_host_and_port_alone() {
        let parse = |origin: &str| CorsOrigins::parse(&[origin.to_owned()]);
        assert_eq!(parse("*").unwrap(), CorsOrigins::Any);
        assert_eq!(CorsOrigins::parse(&[]).unwrap(), CorsOrigins::None);
        for origin in ["https://example.org", "http://localhost:3000", "http://[::1]:80"] {
            let expected = CorsOrigins::List(vec![HeaderValue::from_str(origin).unwrap()]);
            assert_eq!(parse(origin).unwrap(), expected);
        }
        for origin in ["example.org", "https://example.org/", "https://a.org/x", "null", "", "a b"] {
            assert!(parse(origin).is_err(), "{origin:?}");
        }
    }

    #[test]
    fn other_origins_are_named_and_never_all() {
        let parse = |origin: &str| Origins::parse(&[origin.to_owned()]);
        assert!(Origins::parse(&[]).unwrap().is_empty());
        let two = ["https://a.org".to_owned(), "http://[::1]:80".to_owned()];
        assert_eq!(Origins::parse(&two).unwrap().to_string(), "https://a.org http://[::1]:80");
        for origin in ["*", "https://*", "https://*.a.org", "https://a.org/", "https://a.org;", "null", "", "a b"] {
            assert!(parse(origin).is_err(), "{origin:?}");
        }
    }
}
