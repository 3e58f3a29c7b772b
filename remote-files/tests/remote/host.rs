//! A host of files for tests: a web host with ranges or without, and an S3 bucket per folder, that does wrong as it is told.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// What is done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status, and a `Retry-After` of so many seconds, if any.
    Status(u16, Option<u64>),
    /// The answer ends before its length.
    CutShort,
    /// One bit of the answer is another.
    FlippedBit,
    /// The bytes and the `Content-Range` are of another place.
    WrongRange,
    /// The `Content-Range` says another length of the file.
    WrongLength,
    /// No answer comes.
    Silence,
}

/// What the host does.
#[derive(Clone, Debug)]
pub struct Behavior {
    pub has_ranges: bool,
    /// Before each answer.
    pub delay: Duration,
    /// What is done wrong, at addresses that contain this, so many times.
    pub fault: Option<(Fault, &'static str, usize)>,
}

impl Default for Behavior {
    fn default() -> Self {
        Self { has_ranges: true, delay: Duration::ZERO, fault: None }
    }
}

/// A running host. It answers until the process ends.
pub struct Host {
    pub address: SocketAddr,
    pub shared: Arc<Shared>,
}

/// What all connections of a host see.
pub struct Shared {
    root: PathBuf,
    pub behavior: Mutex<Behavior>,
    /// Methods and addresses asked for, with the range.
    pub asked: Mutex<Vec<String>>,
    now: AtomicUsize,
    /// The most requests that were under way at one time.
    pub peak: AtomicUsize,
}

struct Request {
    method: String,
    target: String,
    range: Option<Range<u64>>,
    known_tag: Option<String>,
}

impl Host {
    /// Serves the files below a directory on a free port.
    pub fn start(root: &Path) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (behavior, asked, now, peak) = Default::default();
        let shared = Arc::new(Shared { root: root.to_owned(), behavior, asked, now, peak });
        let of_threads = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&of_threads);
                // A client may go when it likes.
                thread::spawn(move || drop(shared.answer(stream)));
            }
        });
        Self { address, shared }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    pub fn behave(&self, behavior: Behavior) {
        *self.shared.behavior.lock().unwrap() = behavior;
    }

    /// Does something wrong so many times at addresses that contain this.
    pub fn fail(&self, fault: Fault, at: &'static str, times: usize) {
        self.shared.behavior.lock().unwrap().fault = Some((fault, at, times));
    }

    /// The requests since this was last called, whose addresses contain this.
    pub fn asked(&self, at: &str) -> Vec<String> {
        let asked = std::mem::take(&mut *self.shared.asked.lock().unwrap());
        asked.into_iter().filter(|asked| asked.contains(at)).collect()
    }
}

impl Shared {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let first = lines.next().transpose()?.unwrap_or_default();
        let mut words = first.split(' ').map(str::to_owned);
        let mut request = Request {
            method: words.next().unwrap_or_default(),
            target: words.next().unwrap_or_default(),
            range: None,
            known_tag: None,
        };
        while let Some(line) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").unwrap_or((&line, ""));
            match name.to_ascii_lowercase().as_str() {
                "range" => request.range = range_of(value),
                "if-none-match" => request.known_tag = Some(value.to_owned()),
                _ => {}
            }
        }
        let behavior = self.behavior.lock().unwrap().clone();
        let range = request.range.as_ref().map_or_else(String::new, |range| format!(" {}-{}", range.start, range.end));
        self.asked.lock().unwrap().push(format!("{} {}{range}", request.method, request.target));
        self.peak.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::sleep(behavior.delay);
        // Before the answer, after which the next may come.
        self.now.fetch_sub(1, Ordering::SeqCst);
        self.send(&mut stream, &request, &behavior)
    }

    /// What is done wrong at this address, which counts as once.
    fn fault_at(&self, target: &str) -> Option<Fault> {
        let mut behavior = self.behavior.lock().unwrap();
        let (fault, at, left) = behavior.fault.as_mut()?;
        if *left == 0 || !target.contains(*at) {
            return None;
        }
        *left -= 1;
        Some(*fault)
    }

    fn send(&self, stream: &mut TcpStream, request: &Request, behavior: &Behavior) -> std::io::Result<()> {
        let fault = self.fault_at(&request.target);
        if let Some(Fault::Status(status, wait)) = fault {
            let wait = wait.map_or_else(String::new, |seconds| format!("Retry-After: {seconds}\r\n"));
            return write!(stream, "HTTP/1.1 {status} Told\r\n{wait}Content-Length: 0\r\nConnection: close\r\n\r\n");
        }
        if fault == Some(Fault::Silence) {
            thread::sleep(Duration::from_secs(60));
            return Ok(());
        }
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        if query.contains("list-type=2") {
            let list = self.list(path.trim_matches('/'), query);
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", list.len())?;
            return stream.write_all(list.as_bytes());
        }
        let path = self.root.join(decoded(path.trim_start_matches('/')));
        let Ok(mut content) = fs::read(&path) else {
            return write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        };
        let tag = format!(
            "\"{:x}-{:x}\"",
            content.len(),
            content.iter().fold(7_u64, |hash, byte| { (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3) })
        );
        let common = format!("ETag: {tag}\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: close\r\n");
        if request.known_tag.as_ref() == Some(&tag) {
            return write!(stream, "HTTP/1.1 304 Not Modified\r\n{common}\r\n");
        }
        let total = content.len() as u64 + u64::from(fault == Some(Fault::WrongLength));
        let mut head = "HTTP/1.1 200 OK\r\n".to_owned();
        if let Some(range) = request.range.clone().filter(|_| behavior.has_ranges) {
            let shift = u64::from(fault == Some(Fault::WrongRange));
            let range = range.start + shift..range.end.min(content.len() as u64);
            head =
                format!("HTTP/1.1 206 Partial\r\nContent-Range: bytes {}-{}/{total}\r\n", range.start, range.end - 1);
            content = content[range.start as usize..range.end as usize].to_vec();
        }
        write!(stream, "{head}{common}Content-Length: {}\r\n\r\n", content.len())?;
        if request.method == "HEAD" {
            return Ok(());
        }
        if fault == Some(Fault::FlippedBit) {
            let middle = content.len() / 2;
            content[middle] ^= 4;
        }
        if fault == Some(Fault::CutShort) {
            content.truncate(content.len() / 2);
        }
        stream.write_all(&content)
    }

    /// The answer to ListObjectsV2 with a delimiter of `/`.
    fn list(&self, bucket: &str, query: &str) -> String {
        let parameter = |name: &str| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            decoded(value.unwrap_or_default())
        };
        let prefix = parameter("prefix");
        let mut text = "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>false</IsTruncated>".to_owned();
        for entry in fs::read_dir(self.root.join(bucket).join(&prefix)).into_iter().flatten().map_while(Result::ok) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() {
                text += &format!("<CommonPrefixes><Prefix>{prefix}{name}/</Prefix></CommonPrefixes>");
            } else {
                let n_bytes = entry.metadata().unwrap().len();
                text += &format!(
                    "<Contents><Key>{prefix}{name}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>\
                     <ETag>\"1\"</ETag><Size>{n_bytes}</Size></Contents>"
                );
            }
        }
        text + "</ListBucketResult>"
    }
}

fn range_of(value: &str) -> Option<Range<u64>> {
    let (start, end) = value.strip_prefix("bytes=")?.split_once('-')?;
    Some(start.parse().ok()?..end.parse::<u64>().ok()? + 1)
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'%').then(|| after.get(..2)).flatten();
        match code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}
