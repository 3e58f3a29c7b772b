//! The network between browser and server, as bad as a test wants it.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Bytes that pass at a time on a slow network.
const PIECE_BYTES: usize = 4096;

/// Bytes of a crawling answer that pass at a time, and how long each takes: never so little that the page takes the
/// server for silent, and never so much that a tile arrives.
const CRAWL_BYTES: usize = 16;
const CRAWL_STEP: Duration = Duration::from_secs(1);

/// What can become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The server answers that it cannot, with status 503.
    Unavailable,
    /// The server answers that there is no such thing, with status 404.
    Missing,
    /// The connection is cut in the middle of the answer.
    Cut,
    /// Half of the answer comes, and then nothing more; the connection stays open.
    Stall,
}

/// A request, as a rule of what becomes of it sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The path asked for.
    pub path: &'a str,
    /// How often that was asked for before.
    pub n_before: usize,
    /// How many requests for data there were before, whatever they were for.
    pub n_data_before: usize,
}

impl Asked<'_> {
    /// Whether it is for a part of a dataset, and not of the page itself.
    pub fn is_data(&self) -> bool {
        is_data(self.path)
    }
}

type Faults = Arc<dyn Fn(Asked<'_>) -> Option<Fault> + Send + Sync>;

/// Says of a path whether its answers crawl.
type Crawls = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// How the network is.
#[derive(Clone)]
pub struct Network {
    delay: Duration,
    bytes_per_second: Option<u32>,
    faults: Faults,
    crawls: Crawls,
}

impl Network {
    /// One that does nothing wrong, and takes no time.
    pub fn good() -> Self {
        Self { delay: Duration::ZERO, bytes_per_second: None, faults: Arc::new(|_| None), crawls: Arc::new(|_| false) }
    }

    /// One in which requests fail as the rule says.
    pub fn failing(rule: impl Fn(Asked<'_>) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self { faults: Arc::new(rule), ..Self::good() }
    }

    /// This one, but that it passes so many bytes a second in all, and takes a while to pass the first of an
    /// answer.
    #[must_use]
    pub fn slow(self, bytes_per_second: u32, delay: Duration) -> Self {
        Self { delay, bytes_per_second: Some(bytes_per_second), ..self }
    }

    /// This one, but that answers for these paths come a few bytes a second, which is as good as never, until the network
    /// is another.
    #[must_use]
    pub fn crawling(self, paths: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self { crawls: Arc::new(paths), ..self }
    }

    /// One in which a twentieth of the requests for data fail, in turn by an answer and by a cut; the seed
    /// says with which it begins.
    pub fn unreliable(seed: usize) -> Self {
        Self::failing(move |asked| {
            let number = asked.n_data_before + seed;
            (asked.is_data() && number.is_multiple_of(20)).then_some(match number / 20 % 2 {
                0 => Fault::Unavailable,
                _ => Fault::Cut,
            })
        })
    }
}

/// Whether a path is one of a dataset, and not of the page itself.
fn is_data(path: &str) -> bool {
    path.starts_with("/data/")
}

/// A request that has come to the proxy, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The path asked for.
    pub path: String,
    /// The status of the answer; 0 until there is one.
    pub status: u16,
    /// Bytes of the answer that have passed, its head included.
    pub n_bytes: usize,
    /// What was done to it.
    pub fault: Option<Fault>,
    /// How many requests for the same path were under way when it came.
    pub n_beside: usize,
}

/// A proxy in front of a server. It ends when dropped.
pub struct Proxy {
    address: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    upstream: String,
    state: Mutex<State>,
}

struct State {
    network: Network,
    /// When the network has passed all that is on its way, on a slow one.
    busy_until: Instant,
    exchanges: Vec<Exchange>,
    n_asked: HashMap<String, usize>,
    /// Requests under way, by path.
    under_way: HashMap<String, usize>,
    n_data: usize,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Proxy {
    /// Listens on a free port and passes everything on to the server at `upstream`, such as
    /// `http://127.0.0.1:1234`.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn start(upstream: &str, network: Network) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = format!("http://{}", listener.local_addr()?);
        let upstream = upstream.strip_prefix("http://").context("the server's address is not of http")?.to_owned();
        let state = State {
            network,
            busy_until: Instant::now(),
            exchanges: Vec::new(),
            n_asked: HashMap::new(),
            under_way: HashMap::new(),
            n_data: 0,
        };
        let shared = Arc::new(Shared { upstream, state: Mutex::new(state) });
        let accepting = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                while let Ok((browser, _)) = listener.accept().await {
                    let shared = Arc::clone(&shared);
                    tokio::spawn(async move {
                        // Either side may go when it likes.
                        let _ = shared.serve(browser).await;
                    });
                }
            }
        });
        Ok(Self { address, shared, accepting })
    }

    /// The address by which a browser reaches the server through it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Changes how the network is, for the requests that come from now on, and for the pace of all.
    pub fn set(&self, network: Network) {
        let mut state = self.shared.state();
        state.network = network;
        state.busy_until = Instant::now();
    }

    /// All requests so far, in the order in which they came.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.shared.state().exchanges.clone()
    }

    /// How many requests there were so far.
    pub fn n_exchanges(&self) -> usize {
        self.shared.state().exchanges.len()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request on a connection of its own.
    async fn serve(&self, mut browser: TcpStream) -> Result<()> {
        let Some(request) = read_request(&mut browser).await? else { return Ok(()) };
        let (number, delay, fault) = self.take(&request.path);
        let _under_way = UnderWay { shared: self, path: &request.path };
        tokio::time::sleep(delay).await;
        let refusal = match fault {
            Some(Fault::Unavailable) => "503 Service Unavailable",
            Some(Fault::Missing) => "404 Not Found",
            _ => "",
        };
        if !refusal.is_empty() {
            let answer = format!("HTTP/1.1 {refusal}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            self.pass(&mut browser, number, answer.as_bytes()).await?;
            return Ok(browser.shutdown().await?);
        }
        let answer = self.ask(&request).await?;
        let passed = if fault.is_none() { answer.len() } else { answer.len() / 2 };
        self.pass(&mut browser, number, &answer[..passed]).await?;
        if fault == Some(Fault::Stall) {
            // Until the browser hangs up, which it says by sending nothing more.
            while browser.read(&mut [0; 64]).await? > 0 {}
        }
        Ok(browser.shutdown().await?)
    }

    /// Notes a request: its number, how long it waits, and what becomes of it.
    fn take(&self, path: &str) -> (usize, Duration, Option<Fault>) {
        let mut state = self.state();
        let n_asked = state.n_asked.entry(path.to_owned()).or_default();
        let n_before = *n_asked;
        *n_asked += 1;
        let fault = (state.network.faults)(Asked { path, n_before, n_data_before: state.n_data });
        state.n_data += usize::from(is_data(path));
        let under_way = state.under_way.entry(path.to_owned()).or_default();
        let n_beside = *under_way;
        *under_way += 1;
        state.exchanges.push(Exchange { path: path.to_owned(), status: 0, n_bytes: 0, fault, n_beside });
        (state.exchanges.len() - 1, state.network.delay, fault)
    }

    /// What the server answers, all of it.
    async fn ask(&self, request: &Request) -> Result<Vec<u8>> {
        let mut server = TcpStream::connect(&self.upstream).await?;
        server.write_all(&request.bytes).await?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).await?;
        Ok(answer)
    }

    /// Passes bytes on to the browser at the network's pace.
    async fn pass(&self, browser: &mut TcpStream, number: usize, bytes: &[u8]) -> Result<()> {
        // `HTTP/1.1 200 OK`
        let status = bytes.get(9..12).and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
        self.state().exchanges[number].status = status.unwrap_or_default();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (piece, until) = self.state().next_piece(number, rest);
            if let Some(until) = until {
                tokio::time::sleep_until(until.into()).await;
            }
            browser.write_all(piece).await?;
            rest = &rest[piece.len()..];
        }
        Ok(())
    }
}

impl State {
    /// How much of the rest of an answer passes next, and when that has passed, if that takes a while.
    fn next_piece<'a>(&mut self, number: usize, rest: &'a [u8]) -> (&'a [u8], Option<Instant>) {
        let exchange = &mut self.exchanges[number];
        let crawls = (self.network.crawls)(&exchange.path);
        let piece = &rest[..rest.len().min(if crawls { CRAWL_BYTES } else { PIECE_BYTES })];
        exchange.n_bytes += piece.len();
        if crawls {
            return (piece, Some(Instant::now() + CRAWL_STEP));
        }
        let until = self.network.bytes_per_second.map(|bytes_per_second| {
            let takes = Duration::from_secs_f64(piece.len() as f64 / f64::from(bytes_per_second));
            self.busy_until = self.busy_until.max(Instant::now()) + takes;
            self.busy_until
        });
        (piece, until)
    }
}

/// A request, until it is answered or given up.
struct UnderWay<'a> {
    shared: &'a Shared,
    path: &'a str,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(n) = self.shared.state().under_way.get_mut(self.path) {
            *n -= 1;
        }
    }
}

struct Request {
    path: String,
    bytes: Vec<u8>,
}

/// Reads a request; `None` when the browser has hung up. It is passed on as the only one of its connection.
async fn read_request(browser: &mut TcpStream) -> Result<Option<Request>> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if browser.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let header = |line: &str, name: &str| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    };
    let n_body = text.lines().find_map(|line| header(line, "content-length")).map_or(Ok(0), |length| length.parse())?;
    let mut body = bytes.split_off(head);
    let missing = usize::saturating_sub(n_body, body.len());
    let mut rest = vec![0; missing];
    browser.read_exact(&mut rest).await?;
    body.extend(rest);
    let lines = text.lines().filter(|line| !line.is_empty() && header(line, "connection").is_none());
    let mut passed: String = lines.flat_map(|line| [line, "\r\n"]).collect();
    passed.push_str("Connection: close\r\n\r\n");
    let path = text.split(' ').nth(1).context("a request names a path")?.to_owned();
    Ok(Some(Request { path, bytes: [passed.into_bytes(), body].concat() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_twenty_requests_for_data_fails() {
        let network = Network::unreliable(13);
        let fault = |path, n_data_before| (network.faults)(Asked { path, n_before: 0, n_data_before });
        let failing: Vec<usize> =
            (0..100).filter(|&before| fault("/data/demo/manifest.tsm", before).is_some()).collect();
        assert_eq!(failing, [7, 27, 47, 67, 87]);
        assert_eq!(fault("/data/demo/manifest.tsm", 7), Some(Fault::Cut));
        assert_eq!(fault("/data/demo/manifest.tsm", 27), Some(Fault::Unavailable));
        assert_eq!(fault("/index.html", 7), None);
    }
}
