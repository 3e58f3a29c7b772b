//! A host of plain files, which answers ranges or knows none.

use std::{fmt, io, path::Path};

use anyhow::Result;
use hyper::{
    Request, Response,
    body::Incoming,
    header::{ACCEPT_RANGES, RANGE},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinHandle};
use tower_http::services::{ServeDir, fs::ServeFileSystemResponseBody};

/// Whether a host answers ranges of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ranges {
    /// It sends the range.
    Answered,
    /// It sends the whole file.
    Unknown,
}

/// A host of the files in a directory. It ends when dropped.
pub struct StaticHost {
    address: String,
    accepting: JoinHandle<()>,
}

impl fmt::Debug for StaticHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticHost").field("address", &self.address).finish_non_exhaustive()
    }
}

impl StaticHost {
    /// Hosts a directory on a free port: the page of a directory is its `index.html`, and an address without its last `/`
    /// leads to the one with it.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn start(root: &Path, ranges: Ranges) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = format!("http://{}", listener.local_addr()?);
        let files = ServeDir::new(root);
        let accepting = tokio::spawn(async move {
            while let Ok((browser, _)) = listener.accept().await {
                let files = files.clone();
                let answer = service_fn(move |request| answer(files.clone(), ranges, request));
                // A browser may go when it likes.
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(browser), answer));
            }
        });
        Ok(Self { address, accepting })
    }

    /// Its address: `http://127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for StaticHost {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn answer(
    mut files: ServeDir,
    ranges: Ranges,
    mut request: Request<Incoming>,
) -> io::Result<Response<ServeFileSystemResponseBody>> {
    if ranges == Ranges::Unknown {
        request.headers_mut().remove(RANGE);
    }
    let mut response = files.try_call(request).await?;
    if ranges == Ranges::Unknown {
        response.headers_mut().remove(ACCEPT_RANGES);
    }
    Ok(response)
}
