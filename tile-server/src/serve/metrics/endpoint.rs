//! `/metrics`, at an address of its own, so that who reaches the data does not reach this.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::AbortHandle,
    time::{sleep, timeout},
};

use super::Metrics;
use crate::serve::{ServeError, host_check::HostCheck, options::MetricsOptions};

/// Connections at one time; a further one takes the place of another.
const MOST_CONNECTIONS: usize = 16;

/// How long a connection may last: Prometheus opens another then.
const CONNECTION_TIME: Duration = Duration::from_secs(5 * 60);

/// Until the head of a request is there.
const HEAD_TIME: Duration = Duration::from_secs(75);

/// The same of the first request of a connection.
const FIRST_HEAD_TIME: Duration = Duration::from_secs(10);

/// How long to wait when the system has no more sockets to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

const CONTENT_TYPE: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Listens, and does not answer yet.
pub(in crate::serve) struct MetricsEndpoint {
    listener: TcpListener,
    address: SocketAddr,
    host_check: HostCheck,
}

impl MetricsEndpoint {
    /// Listens.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub(in crate::serve) async fn bind(options: MetricsOptions) -> Result<Self, ServeError> {
        let bind_error = |source| ServeError::Bind { address: options.address, source };
        let listener = TcpListener::bind(options.address).await.map_err(bind_error)?;
        let address = listener.local_addr().map_err(bind_error)?;
        Ok(Self { listener, address, host_check: HostCheck::new(options.allowed_hosts, address) })
    }

    /// The address, with the port chosen where 0 was asked for.
    pub(in crate::serve) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers, and never returns.
    pub(in crate::serve) async fn run(self, metrics: Metrics) {
        let shared = Arc::new((metrics, self.host_check));
        let mut open: Vec<Open> = Vec::new();
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    open.retain(|connection| !connection.task.is_finished());
                    if open.len() >= MOST_CONNECTIONS {
                        open.swap_remove(spared(&open)).task.abort();
                    }
                    let (shared, has_asked) = (Arc::clone(&shared), Arc::new(AtomicBool::new(false)));
                    let task = tokio::spawn(serve(stream, shared, Arc::clone(&has_asked))).abort_handle();
                    open.push(Open { task, has_asked, since: Instant::now() });
                }
                Err(error) => {
                    tracing::error!(%error, "no connection for metrics can be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// A connection.
struct Open {
    task: AbortHandle,
    has_asked: Arc<AtomicBool>,
    since: Instant,
}

/// The connection that can be spared most: one that has never asked goes before others, and the oldest first.
fn spared(open: &[Open]) -> usize {
    let priority = |&at: &usize| (open[at].has_asked.load(Ordering::Relaxed), open[at].since);
    (0..open.len()).min_by_key(priority).unwrap_or_default()
}

async fn serve(stream: TcpStream, shared: Arc<(Metrics, HostCheck)>, has_asked: Arc<AtomicBool>) {
    let first = Arc::clone(&has_asked);
    let service = service_fn(move |request| {
        has_asked.store(true, Ordering::Relaxed);
        let (metrics, host_check) = &*shared;
        std::future::ready(Ok::<_, Infallible>(answer(metrics, host_check, &request)))
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
    let silent = async {
        sleep(FIRST_HEAD_TIME).await;
        if first.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    let served = async { timeout(CONNECTION_TIME, builder.serve_connection(TokioIo::new(stream), service)).await };
    tokio::select! {
        () = silent => {}
        served = served => if let Ok(Err(error)) = served {
            tracing::debug!(%error, "a connection for metrics ended early");
        }
    }
}

fn answer(metrics: &Metrics, host_check: &HostCheck, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if let Err(wrong) = host_check.check(request) {
        let (status, text) = wrong.answer();
        return sentence(status, text);
    }
    if request.uri().path() != "/metrics" {
        return sentence(StatusCode::NOT_FOUND, "The metrics are at /metrics.");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return sentence(StatusCode::METHOD_NOT_ALLOWED, "This can be read with GET and HEAD only.");
    }
    match metrics.text() {
        Ok(text) => {
            let mut response = Response::new(text.into());
            response.headers_mut().insert(header::CONTENT_TYPE, CONTENT_TYPE);
            response
        }
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            sentence(StatusCode::INTERNAL_SERVER_ERROR, "The metrics cannot be written.")
        }
    }
}

fn sentence(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(format!("{text}\n").into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
