//! Listens, accepts within limits, and stops cleanly.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    catalog::Catalog,
    connection::WatchedStream,
    error::ServeError,
    moments::Places,
    options::{Limits, Options},
    page::Page,
    service::{App, State},
};

/// Requests at one time on one HTTP/2 connection.
const STREAMS_PER_CONNECTION: u32 = 128;

/// How long to wait when the system has no more sockets to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A server that listens, but does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: App,
    limits: Limits,
}

/// Reads the datasets and listens.
///
/// # Errors
/// When a dataset cannot be read, or the address cannot be listened on.
pub async fn bind(options: Options) -> Result<Server, ServeError> {
    let (datasets, reader) = (options.datasets, options.reader);
    let catalog = tokio::task::spawn_blocking(move || Catalog::open(datasets, reader))
        .await
        .expect("reading a manifest does not panic")?;
    let bind_error = |source| ServeError::Bind { address: options.address, source };
    let listener = TcpListener::bind(options.address).await.map_err(bind_error)?;
    let address = listener.local_addr().map_err(bind_error)?;
    let limits = options.limits;
    let page = Page::new(options.front_end, options.base_path.clone(), options.data_origins, options.frame_ancestors);
    let state = State { catalog, page, places: Places::new(&limits), limits: limits.clone() };
    let app = App::new(Arc::new(state), options.cors, options.base_path);
    Ok(Server { listener, address, app, limits })
}

impl Server {
    /// The address listened on, with the port chosen where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` is ready; then accepts no more, lets requests in flight finish within
    /// the drain time, and returns.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let builder = connection_builder(&self.limits);
        let permits = Arc::new(Semaphore::new(self.limits.connections));
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            let (stream, client, permit) = tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => continue,
                accepted = accept(&self.listener, &permits) => accepted,
            };
            let io = TokioIo::new(WatchedStream::new(stream, self.limits.idle_time));
            let service = TowerToHyperService::new(self.app.for_client(client));
            let connection = builder.serve_connection(io, service).into_owned();
            let connection = graceful.watch(connection);
            connections.spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%client, error, "a connection ended early");
                }
                drop(permit);
            });
        }
        drop(self.listener);
        tracing::info!(connections = graceful.count(), "stopping");
        if timeout(self.limits.drain_time, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests did not finish within the drain time and were cut off");
        }
        connections.shutdown().await;
    }
}

/// HTTP/1.1, and HTTP/2 for clients that begin with its preface.
fn connection_builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.header_time).max_buf_size(limits.header_bytes);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(STREAMS_PER_CONNECTION);
    builder
}

/// The next connection, once there is room for it. Until then it waits in the system's queue.
async fn accept(listener: &TcpListener, permits: &Arc<Semaphore>) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let permit = Arc::clone(permits).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, client)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%client, %error, "small answers may be delayed");
                }
                return (stream, client, permit);
            }
            // The client has gone again; nothing is wrong here.
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}
