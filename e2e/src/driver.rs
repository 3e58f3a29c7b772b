//! ChromeDriver, geckodriver or WebKitWebDriver; and what the first offers beyond WebDriver: logs, the DevTools protocol, and an end to
//! the session that does not need a running executor.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::{display::Display, page::PATIENCE, process::Process};

/// How often it is started before it is given up.
const STARTS: usize = 3;

/// A WebDriver server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DriverKind {
    /// Of Chromium.
    Chrome,
    /// Of Firefox.
    Gecko,
    /// Of WebKitGTK.
    WebKit,
}

/// A running WebDriver server. It ends when dropped.
#[derive(Debug)]
pub(crate) struct Driver {
    port: u16,
    _process: Process,
}

impl Driver {
    /// Starts it on a free port. It takes the port for both versions of IP, one after the other, so another program may
    /// come in between: then it is started once more.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(kind: DriverKind, program: &Path, display: Option<&Display>) -> Result<Self> {
        let start = || Self::start_once(kind, program, display);
        (1..STARTS).find_map(|_| start().ok()).map_or_else(start, Ok)
    }

    fn start_once(kind: DriverKind, program: &Path, display: Option<&Display>) -> Result<Self> {
        let mut command = Command::new(program);
        if let Some(display) = display {
            command.env("DISPLAY", display.name()).env_remove("WAYLAND_DISPLAY");
        }
        let before = match kind {
            DriverKind::Chrome => "started successfully on port ",
            DriverKind::Gecko => "Listening on 127.0.0.1:",
            DriverKind::WebKit => return Self::start_silent(&mut command),
        };
        let (process, port) = Process::start(command.arg("--port=0"), PATIENCE, |line| {
            let (_, after) = line.split_once(before)?;
            after.trim().trim_end_matches('.').parse().ok()
        })?;
        Ok(Self { port, _process: process })
    }

    /// Starts one that takes no port but the one it is given, and says nothing.
    fn start_silent(command: &mut Command) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        command.arg(format!("--port={port}"));
        let is_ready = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        Ok(Self { port, _process: Process::start_silent(command, PATIENCE, is_ready)? })
    }

    /// Its address.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Carries out a command of the DevTools protocol in the page.
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn devtools(&self, session: &str, command: &str, parameters: &Value) -> Result<Value> {
        let body = json!({ "cmd": command, "params": parameters });
        self.ask("POST", &format!("/session/{session}/goog/cdp/execute"), Some(&body))
    }

    /// What the browser's console has said since the last call.
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn console(&self, session: &str) -> Result<Vec<Value>> {
        let said = self.ask("POST", &format!("/session/{session}/se/log"), Some(&json!({ "type": "browser" })))?;
        Ok(said.as_array().cloned().unwrap_or_default())
    }

    /// Asks the driver something and returns the `value` of its answer.
    ///
    /// # Errors
    /// When it does not answer, or with an error.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).context("the driver is gone")?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let body = body.map(Value::to_string).unwrap_or_default();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\
             Content-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            body.len(),
        )?;
        let answer = read_answer(&mut stream)?;
        let mut answer: Value = serde_json::from_slice(&answer)
            .with_context(|| format!("the driver answers {method} {path} with what is no JSON"))?;
        let value = answer["value"].take();
        match value.get("error") {
            Some(error) if error.is_string() => bail!("{path}: {error}: {}", value["message"]),
            _ => Ok(value),
        }
    }
}

/// The body of an HTTP answer with a `Content-Length`, which is all that drivers send; it may
/// keep the connection open.
fn read_answer(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut read = Vec::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        let n_bytes = stream.read(&mut piece).context("the driver does not answer")?;
        read.extend_from_slice(&piece[..n_bytes]);
        if let Some(head) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            let body = head + 4;
            let length = String::from_utf8_lossy(&read[..head])
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .and_then(|(_, length)| length.trim().parse::<usize>().ok());
            if length.is_some_and(|length| read.len() - body >= length) {
                return Ok(read.split_off(body));
            }
        }
        if n_bytes == 0 {
            bail!("the driver broke off its answer");
        }
    }
}
