//! What all places share, and the stores behind them.

use std::{io, sync::Arc, time::Duration};

use object_store::{
    BackoffConfig, ClientConfigKey, ObjectStore, RetryConfig, aws::AmazonS3Builder, aws::AmazonS3ConfigKey,
    azure::AzureConfigKey, azure::MicrosoftAzureBuilder, gcp::GoogleCloudStorageBuilder, gcp::GoogleConfigKey,
    http::HttpBuilder,
};
use tokio::runtime::Runtime;

use crate::{
    Place, Remote, RemoteError, Scheme,
    blocks::Pending,
    cache::{BlockCache, CacheOptions},
    http_service::Connector,
};

/// Threads that speak HTTP, for all places together. They wait for nothing but the network.
const THREADS: usize = 2;

/// Who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Whoever the environment names: `AWS_…`, `GOOGLE_…`, `AZURE_…`, or the machine's own role.
    #[default]
    Environment,
    /// Nobody: requests are not signed, as for public buckets.
    Anonymous,
}

/// Bounds on time and number.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until a connection is there.
    pub connect_time: Duration,
    /// Until a read is there, its retries included.
    pub total_time: Duration,
    /// How often a request is repeated that failed in a way that may pass.
    pub retries: usize,
    /// Requests under way at one time for all files of one place.
    pub requests: usize,
}

impl Default for Limits {
    /// A little less than the 30 seconds that clients of the tile server wait, so that they hear why.
    fn default() -> Self {
        Self { connect_time: Duration::from_secs(5), total_time: Duration::from_secs(20), retries: 6, requests: 16 }
    }
}

/// How places are read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Who asks.
    pub access: Access,
    /// Where blocks are kept; without one, every read asks the host.
    pub cache: Option<CacheOptions>,
    /// Bounds on time and number.
    pub limits: Limits,
}

/// The threads, the cache and the limits of all places.
pub struct Stores {
    runtime: Option<Runtime>,
    access: Access,
    pub(crate) cache: Option<Arc<BlockCache>>,
    pub(crate) limits: Limits,
    pub(crate) pending: Pending,
}

impl Stores {
    /// Starts the threads and opens the cache. A cache that cannot be opened is said in the log, and done without.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(options: Options) -> io::Result<Arc<Self>> {
        // One that was installed before is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("remote-files")
            .enable_all()
            .build()?;
        let Options { access, cache, limits } = options;
        let cache = cache.and_then(|options| {
            let directory = options.directory.clone();
            BlockCache::open(options)
                .inspect_err(|error| {
                    tracing::warn!("{} cannot be the cache, so that nothing is kept: {error}", directory.display());
                })
                .ok()
        });
        let cache = cache.map(Arc::new);
        Ok(Arc::new(Self { runtime: Some(runtime), access, cache, limits, pending: Pending::default() }))
    }

    /// The files at a place. Asks nothing yet.
    ///
    /// # Errors
    /// When the environment's settings for such places contradict one another.
    pub fn open(self: &Arc<Self>, place: Place) -> Result<Remote, RemoteError> {
        let store = self.store(&place).map_err(|error| RemoteError::of(place.to_string(), &error))?;
        Ok(Remote::new(Arc::clone(self), store, place))
    }

    /// The threads that speak HTTP.
    pub(crate) fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("the runtime is taken only when this is dropped")
    }

    fn store(&self, place: &Place) -> object_store::Result<Arc<dyn ObjectStore>> {
        let retry = self.retries();
        let connector = Connector { most_wait: self.limits.total_time / 2 };
        let connect_time = format!("{}ms", self.limits.connect_time.as_millis());
        // A file may take long as a whole; each read has its time.
        let client = [
            (ClientConfigKey::ConnectTimeout, connect_time.as_str()),
            (ClientConfigKey::Timeout, "7 days"),
            (ClientConfigKey::UserAgent, concat!("tessera/", env!("CARGO_PKG_VERSION"))),
        ];
        let is_anonymous = self.access == Access::Anonymous;
        Ok(match place.scheme() {
            Scheme::S3 => {
                let builder = AmazonS3Builder::from_env().with_bucket_name(place.host());
                let builder = client
                    .into_iter()
                    .fold(builder, |builder, (key, value)| builder.with_config(AmazonS3ConfigKey::Client(key), value));
                let builder = if is_anonymous { builder.with_skip_signature(true) } else { builder };
                Arc::new(builder.with_retry(retry).with_http_connector(connector).build()?)
            }
            Scheme::Gcs => {
                let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(place.host());
                let builder = client
                    .into_iter()
                    .fold(builder, |builder, (key, value)| builder.with_config(GoogleConfigKey::Client(key), value));
                let builder = if is_anonymous { builder.with_skip_signature(true) } else { builder };
                Arc::new(builder.with_retry(retry).with_http_connector(connector).build()?)
            }
            Scheme::Azure => {
                let builder = MicrosoftAzureBuilder::from_env().with_container_name(place.host());
                let builder = client
                    .into_iter()
                    .fold(builder, |builder, (key, value)| builder.with_config(AzureConfigKey::Client(key), value));
                let builder = if is_anonymous { builder.with_skip_signature(true) } else { builder };
                Arc::new(builder.with_retry(retry).with_http_connector(connector).build()?)
            }
            Scheme::Http | Scheme::Https => {
                let allow_http = [(ClientConfigKey::AllowHttp, "true")];
                let builder = HttpBuilder::new().with_url(place.origin());
                let builder = client
                    .into_iter()
                    .chain(allow_http)
                    .fold(builder, |builder, (key, value)| builder.with_config(key, value));
                Arc::new(builder.with_retry(retry).with_http_connector(connector).build()?)
            }
        })
    }

    fn retries(&self) -> RetryConfig {
        RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(3),
                base: 2.0,
            },
            max_retries: self.limits.retries,
            retry_timeout: self.limits.total_time,
        }
    }
}

impl Drop for Stores {
    /// Whoever drops it may be a thread that must not wait.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
