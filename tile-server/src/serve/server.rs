//! Listens, accepts within limits, and stops cleanly.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use super::{
    answer_page::Page,
    catalog::Catalog,
    connections::Connections,
    corpora::Corpora,
    corpus_folders::CorpusFolders,
    dispatch::{App, State},
    error::ServeError,
    host_check::HostCheck,
    io_threads::IoThreads,
    limits::Limits,
    metrics::{Metrics, MetricsEndpoint},
    n_blocking_threads,
    options::Options,
    piece_buffers::PIECE_BYTES,
};

/// Requests at one time on one HTTP/2 connection.
const STREAMS_PER_CONNECTION: u32 = 100;

/// Connections that may wait to be accepted; the system may allow fewer.
const BACKLOG: u32 = 4096;

/// How long to wait when the system has no more sockets to give, or all connections are busy.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How often connections are looked at that may have been still for too long, unless the limits are short.
const LOOK_PERIOD: Duration = Duration::from_secs(1);

/// A server that listens, but does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: Arc<App>,
    limits: Limits,
    threads: IoThreads,
    metrics: Option<MetricsEndpoint>,
}

/// Reads the datasets and listens.
///
/// # Errors
/// When no dataset can be read, or the address cannot be listened on.
pub async fn bind(options: Options) -> Result<Server, ServeError> {
    let threads = IoThreads::start(n_blocking_threads(&options))?;
    let metrics = match options.metrics {
        Some(metrics) => Some(MetricsEndpoint::bind(metrics).await?),
        None => None,
    };
    let limits = options.limits;
    let catalog = Catalog::open(options.datasets, options.folders, options.reader, &limits).await?;
    let bind_error = |source| ServeError::Bind { address: options.address, source };
    let listener = listen(options.address).map_err(bind_error)?;
    let address = listener.local_addr().map_err(bind_error)?;
    let page = Page::new(
        options.front_end,
        options.base_path.clone(),
        options.data_origins,
        options.embed_origins,
        options.frame_ancestors,
    );
    let corpora = Corpora::open(options.corpora, &limits)?;
    let corpus_folders = CorpusFolders::new(options.corpus_folders, limits.look_time);
    let state = State { catalog, corpora, corpus_folders, page, site: options.site, limits: limits.clone() };
    let host_check = HostCheck::new(options.allowed_hosts, address);
    let app = App::new(state, options.cors, options.base_path, host_check);
    Ok(Server { listener, address, app, limits, threads, metrics })
}

/// As `TcpListener::bind`, but with room for more connections that wait to be accepted than its 128: who finds none waits
/// a second until the system tries again.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

impl Server {
    /// The address listened on, with the port chosen where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address where metrics can be read, if anywhere.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(MetricsEndpoint::address)
    }

    /// Serves until `shutdown` is ready; then accepts no more, lets requests in flight finish within
    /// the drain time, and returns.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let builder = Arc::new(connection_builder(&self.limits));
        let connections = Connections::new(self.limits.clone());
        let graceful = GracefulShutdown::new();
        let mut tasks = JoinSet::new();
        let mut looks = interval(look_period(&self.limits));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut shutdown = pin!(shutdown);
        let app = Arc::clone(&self.app);
        let watching = tokio::spawn(async move { app.watch().await });
        let measuring = self.metrics.map(|endpoint| {
            tracing::info!("metrics are at http://{}/metrics", endpoint.address());
            let metrics = Metrics::of(Arc::clone(&connections), Arc::clone(&self.app), &self.limits);
            tokio::spawn(endpoint.run(metrics))
        });
        // A client that came when there was no room any more: clients before it have begun to ask since room was looked for.
        let mut waiting: Option<(TcpStream, SocketAddr)> = None;
        loop {
            let Some((stream, client)) = waiting.take_if(|_| connections.has_room()) else {
                tokio::select! {
                    biased;
                    () = &mut shutdown => break,
                    Some(_) = tasks.join_next() => {}
                    _ = looks.tick() => connections.close_overdue(),
                    () = sleep(ACCEPT_PAUSE), if waiting.is_some() => {}
                    accepted = accept(&self.listener, &connections), if waiting.is_none() => waiting = Some(accepted),
                }
                continue;
            };
            let Some(place) = connections.admit(client) else {
                tracing::debug!(%client, "a connection is refused: its address has as many as it may");
                continue;
            };
            let connection = Arc::clone(place.connection());
            let service = self.app.for_connection(&connection);
            let (builder, watcher) = (Arc::clone(&builder), graceful.watcher());
            let io_place = self.threads.place();
            let handle = io_place.handle().clone();
            let serve = async move {
                let io = TokioIo::new(moved(stream)?);
                watcher.watch(builder.serve_connection(io, service).into_owned()).await
            };
            let task = tasks.spawn_on(
                async move {
                    if let Err(error) = serve.await {
                        tracing::debug!(%client, error, "a connection ended early");
                    }
                    drop((place, io_place));
                },
                &handle,
            );
            connection.is_driven_by(task);
        }
        watching.abort();
        drop(self.listener);
        tracing::info!(connections = graceful.count(), "stopping");
        if timeout(self.limits.drain_time, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests did not finish within the drain time and were cut off");
        }
        tasks.shutdown().await;
        if let Some(measuring) = measuring {
            measuring.abort();
        }
    }
}

/// HTTP/1.1, and HTTP/2 for clients that begin with its preface. Time is kept by [`Connections`] alone, which also sees
/// what hyper's own time limits do not.
fn connection_builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().header_read_timeout(None).max_buf_size(limits.header_bytes);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .max_send_buf_size(PIECE_BYTES)
        .max_concurrent_streams(STREAMS_PER_CONNECTION);
    builder
}

/// The same connection on the thread that runs this.
fn moved(stream: TcpStream) -> io::Result<TcpStream> {
    TcpStream::from_std(stream.into_std()?)
}

fn look_period(limits: &Limits) -> Duration {
    let shortest = limits.first_request_time.min(limits.idle_time).min(limits.stall_time);
    (shortest / 4).clamp(Duration::from_millis(1), LOOK_PERIOD)
}

/// The next connection, once there is room for it. Until then it waits in the system's queue.
async fn accept(listener: &TcpListener, connections: &Connections) -> (TcpStream, SocketAddr) {
    loop {
        if !connections.has_room() {
            sleep(ACCEPT_PAUSE).await;
            continue;
        }
        match listener.accept().await {
            Ok((stream, client)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%client, %error, "small answers may be delayed");
                }
                return (stream, client);
            }
            // The client has gone again; nothing is wrong here.
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                connections.close_quiet();
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

#[cfg(test)]
mod tests {
    use std::{
        net::{Ipv4Addr, TcpStream},
        time::Duration,
    };

    use super::listen;

    #[tokio::test]
    async fn many_connections_wait_to_be_accepted() {
        let listener = listen((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        // Less than the second after which the system tries again.
        let connect = |_| TcpStream::connect_timeout(&address, Duration::from_millis(900));
        let waiting: Vec<_> = (0..400).map(connect).collect::<Result<_, _>>().expect("there is room for each");
        assert_eq!(waiting.len(), 400);
    }
}
