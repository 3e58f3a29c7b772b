//! A server over a temporary dataset, and a client that speaks HTTP/1.1 byte by byte, so that tests
//! see just what goes over the wire.

use std::{
    collections::HashMap,
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
    thread::{self, JoinHandle},
    time::{Duration, SystemTime},
};

use shared_fbs::api::DatasetDescription;
use tempfile::TempDir;
use tessera::files::Files;
use tile_server::serve::{
    self, AllowedHosts, BasePath, CorsOrigins, DatasetAddress, FrameAncestors, Limits, OpenDataset, Options, Origins,
    PackDescription, Posters, ReadDataset, ReadError, TileIndex,
};
use tokio::sync::oneshot;

/// A pack of four small tiles.
pub const OBS: &str = "obs-00000000000000aa";

/// A pack of one tile larger than the buffers of a connection.
pub const POINTS: &str = "points-00000000000000bb";

/// The bytes of [`POINTS`].
pub const POINTS_BYTES: usize = 24 << 20;

/// A pack whose second tile is no zstd frame.
pub const BROKEN: &str = "broken-00000000000000cc";

/// What the tiles of [`OBS`] inflate to.
pub fn tile(index: u32) -> Vec<u8> {
    format!("tile {index} ").repeat(20 + index as usize).into_bytes()
}

/// The frames of [`OBS`].
pub fn frame(index: u32) -> Vec<u8> {
    zstd::bulk::compress(&tile(index), 3).unwrap()
}

/// What the fixture holds, as a hash.
pub const CONTENT: &str = "0123456789abcdef0123456789abcdef";

/// A date in the past, so that validators by date are settled.
pub fn some_day() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
}

/// [`some_day`] as HTTP writes it.
pub const SOME_DAY: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

/// The first bytes of a stream without a pattern, at most [`POINTS_BYTES`].
pub fn noise(len: usize) -> &'static [u8] {
    static NOISE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut state = 1u64;
        let next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        std::iter::repeat_with(next).take(POINTS_BYTES).collect()
    });
    &NOISE[..len]
}

/// Writes a file with a date of [`some_day`].
pub fn write_dated(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    let file = fs::File::options().append(true).open(path).unwrap();
    file.set_modified(some_day()).unwrap();
}

/// Takes the manifest's text for the title, and what follows ` content=` for the content; the packs are always the same.
pub struct FixtureReader;

/// The length of each pack, and the places of its tiles.
struct FixtureIndex(HashMap<&'static str, (u64, Vec<Range<u64>>)>);

impl ReadDataset for FixtureReader {
    fn read(&self, id: &str, manifest: &[u8], _: &Arc<dyn Files>) -> Result<OpenDataset, ReadError> {
        let manifest = std::str::from_utf8(manifest)?;
        let (title, content_id) = manifest.split_once(" content=").unwrap_or((manifest, CONTENT));
        if title == "broken" {
            return Err("the manifest is broken".into());
        }
        let mut ends = 0;
        let obs = (0..4).map(|index| {
            let start = ends;
            ends += frame(index).len() as u64;
            start..ends
        });
        let obs: Vec<_> = obs.collect();
        let points = POINTS_BYTES as u64;
        let packs = HashMap::from([
            (OBS, (ends, obs)),
            (POINTS, (points, std::iter::once(0..points).collect())),
            (BROKEN, (8, vec![0..4, 0..4, 2..400])),
        ]);
        Ok(OpenDataset {
            description: DatasetDescription {
                id: id.to_owned(),
                title: title.to_owned(),
                n_obs: 700,
                n_vars: 765,
                ..DatasetDescription::default()
            },
            content_id: content_id.to_owned(),
            sent_manifest: None,
            index: Arc::new(FixtureIndex(packs)),
            posters: Posters::default(),
            facts: None,
            moments: None,
        })
    }
}

impl TileIndex for FixtureIndex {
    fn packs(&self) -> Vec<PackDescription> {
        let described = |(pack, (n_bytes, _)): (&&str, &(u64, _))| PackDescription {
            file: format!("{pack}.pack"),
            n_bytes: *n_bytes,
            n_segments: 0,
        };
        self.0.iter().map(described).collect()
    }

    fn locate(&self, pack: &str, index: u32) -> Result<Option<Range<u64>>, ReadError> {
        Ok(self.locate_at_hand(pack, index))
    }

    fn locate_at_hand(&self, pack: &str, index: u32) -> Option<Range<u64>> {
        self.0.get(pack)?.1.get(index as usize).cloned()
    }
}

/// A running server. Dropping it stops it.
pub struct TestServer {
    pub address: SocketAddr,
    pub metrics: Option<SocketAddr>,
    directory: TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    /// A server of the dataset `demo` without a page.
    pub fn start() -> Self {
        Self::start_with(|_| {})
    }

    /// The same with other options.
    pub fn start_with(adapt: impl FnOnce(&mut Options)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let demo = directory.path().join("demo");
        fs::create_dir(&demo).unwrap();
        let obs: Vec<u8> = (0..4).flat_map(frame).collect();
        write_dated(&demo.join("manifest.tsm"), b"first");
        write_dated(&demo.join(format!("{OBS}.pack")), &obs);
        write_dated(&demo.join(format!("{POINTS}.pack")), noise(POINTS_BYTES));
        write_dated(&demo.join(format!("{BROKEN}.pack")), b"nonsense");
        write_dated(&demo.join("secret.txt"), b"secret");
        write_dated(&directory.path().join("secret.txt"), b"secret");

        let mut options = Options {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            datasets: vec![DatasetAddress { id: "demo".to_owned(), place: demo.into() }],
            folders: Vec::new(),
            corpora: Vec::new(),
            corpus_folders: Vec::new(),
            reader: Arc::new(FixtureReader),
            front_end: None,
            allowed_hosts: AllowedHosts::parse(&["test".to_owned()]).unwrap(),
            cors: CorsOrigins::None,
            frame_ancestors: FrameAncestors::default(),
            embed_origins: Origins::default(),
            data_origins: Origins::default(),
            base_path: BasePath::default(),
            site: None,
            // Tests change manifests and look at once.
            limits: Limits { look_again: Duration::ZERO, ..Limits::default() },
            metrics: None,
        };
        adapt(&mut options);
        let (stop, stopped) = oneshot::channel::<()>();
        let (say, address) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(async move {
                let server = serve::bind(options).await.unwrap();
                say.send((server.address(), server.metrics_address())).unwrap();
                server.run(async { stopped.await.unwrap_or(()) }).await;
            });
            runtime.shutdown_background();
        });
        let (address, metrics) = address.recv().unwrap();
        Self { address, metrics, directory, stop: Some(stop), thread: Some(thread) }
    }

    /// A file of the dataset.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join("demo").join(name)
    }

    /// A connection that fails rather than hangs.
    pub fn connect(&self) -> TcpStream {
        connect(self.address)
    }

    /// The answer to a request with these headers on a connection of its own.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        self.raw(text.as_bytes())
    }

    /// A POST of these bytes, whose length is stated.
    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.raw(&post(path, headers, body))
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.request("GET", path, headers)
    }

    pub fn head(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.request("HEAD", path, headers)
    }

    /// The answer to these very bytes, after which the server must close the connection.
    pub fn raw(&self, request: &[u8]) -> Answer {
        ask(self.address, request)
    }

    /// Tells the server to stop.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits until the server has stopped.
    pub fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop();
        self.join();
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// The answer of a server to these very bytes, after which it must close the connection.
pub fn ask(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = connect(address);
    stream.write_all(request).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    Answer::parse(&bytes)
}

/// The bytes of a POST on a connection of its own.
pub fn post(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("POST {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    [text.as_bytes(), body].concat()
}

/// A response as it came.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads head and body; a chunked body is put together.
    pub fn parse(bytes: &[u8]) -> Self {
        let end = find(bytes, b"\r\n\r\n").expect("the answer has a whole head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut answer = Self { status, headers, body: bytes[end + 4..].to_vec() };
        if answer.header("transfer-encoding") == Some("chunked") && !answer.body.is_empty() {
            answer.body = dechunked(&answer.body);
        }
        answer
    }

    /// The value of a header that comes once at most.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|header| header.0 == name);
        let value = values.next().map(|header| header.1.as_str());
        assert!(values.next().is_none(), "{name} comes twice");
        value
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The length stated.
    pub fn content_length(&self) -> Option<usize> {
        self.header("content-length").map(|length| length.parse().unwrap())
    }
}

pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn dechunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = find(bytes, b"\r\n").expect("a chunk begins with its size");
        let size = std::str::from_utf8(&bytes[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&bytes[line + 2..line + 2 + size]);
        bytes = &bytes[line + 2 + size + 2..];
    }
}

/// The beginning of an HTTP/2 connection whose client lets no byte of any answer come.
pub fn http_2_without_window() -> Vec<u8> {
    const INITIAL_WINDOW_SIZE: [u8; 6] = [0, 4, 0, 0, 0, 0];
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(http_2_frame(4, 0, 0, &INITIAL_WINDOW_SIZE));
    bytes.extend(http_2_frame(4, 1, 0, &[]));
    bytes
}

/// A GET on an HTTP/2 connection.
pub fn http_2_get(stream: u32, path: &str) -> Vec<u8> {
    let text = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    // GET, http, the path, and the authority, by their numbers in the static table of HPACK.
    let head = [&[0x82, 0x86, 0x04][..], &text(path), &[0x01], &text("test")].concat();
    http_2_frame(1, 5, stream, &head)
}

/// A PING.
pub fn http_2_ping() -> Vec<u8> {
    http_2_frame(6, 0, 0, &[7; 8])
}

fn http_2_frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}
