//! A site of somebody else's, which has the Explorer in a frame of its pages.

use std::{collections::HashMap, sync::Arc};

use anyhow::{Context as _, Result};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// The most bytes that a request's head may have.
const HEAD_BYTES: usize = 16 << 10;

/// A file of the site.
#[derive(Clone, Debug, Default)]
pub struct HostFile {
    /// Its media type.
    pub media_type: &'static str,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// Its content.
    pub content: String,
}

/// A site, on a free port of this machine. Its address is by the name `localhost`, so that it is another *site* than the
/// server's `127.0.0.1`, and not only another origin. It ends when dropped.
#[derive(Debug)]
pub struct HostSite {
    port: u16,
    listener: Option<TcpListener>,
    serving: Option<JoinHandle<()>>,
}

impl HostSite {
    /// Takes a port. Nothing is answered before [`Self::serve`].
    ///
    /// # Errors
    /// When there is none.
    pub async fn listen() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port is free")?;
        let port = listener.local_addr()?.port();
        Ok(Self { port, listener: Some(listener), serving: None })
    }

    /// The origin of its pages.
    pub fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The origin of the same pages by another name, which nobody allows anything.
    pub fn other_origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Answers with these files, by their paths, from now on; with nothing at all to every other path.
    pub fn serve(&mut self, files: HashMap<&'static str, HostFile>) {
        let Some(listener) = self.listener.take() else { return };
        let files = Arc::new(files);
        self.serving = Some(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let files = Arc::clone(&files);
                // A browser that goes away has its reasons.
                tokio::spawn(async move { drop(answer(stream, &files).await) });
            }
        }));
    }
}

impl Drop for HostSite {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

async fn answer(mut stream: TcpStream, files: &HashMap<&'static str, HostFile>) -> Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD_BYTES {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    let target = head.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    let nothing = HostFile { media_type: "text/plain", ..HostFile::default() };
    let HostFile { media_type, headers, content } = files.get(path).unwrap_or(&nothing);
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n",
        content.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(content.as_bytes()).await?;
    Ok(stream.shutdown().await?)
}
