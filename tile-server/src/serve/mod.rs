//! The HTTP server: dataset directories and the page, by name, in ranges, and with every cache along
//! the way told what it may keep.
//!
//! | Path | Answer |
//! |---|---|
//! | `/healthz` | 200 while the server runs |
//! | `/api/datasets` | the datasets as a JSON list of [`DatasetDescription`](shared_fbs::api::DatasetDescription) |
//! | `/api/datasets/{id}` | the description of one |
//! | `POST /api/datasets/{id}/moments?layer=NAME` | two bitmaps of cells in, their two tiles of moments out |
//! | `/data/{id}/{file}` | the manifest or a pack, whole or in byte ranges |
//! | `/data/{id}/tiles/{pack}/{list}` | the tiles `3`, `3,7` or `5-9,12` of a pack in one answer |
//! | `/`, `/d/{id}`, … | the page and its files |
//!
//! All of it below a base path, if the server is given one. Addresses and messages are those of [`shared_fbs::api`].
//!
//! **Invariants.** Only the manifest and the packs that it names leave a dataset's directory · a path
//! is decoded once, and only plain file names pass · no file of a dataset is held in memory · packs and
//! tiles are never compressed a second time · whatever waits for the disk runs on a blocking thread · what
//! is computed, the page could compute from the tiles, to the same bits.

mod base_path;
mod body;
mod catalog;
mod conditional;
mod connection;
mod csp;
mod dataset;
mod document;
mod error;
mod files;
mod front_end;
mod logging;
mod manifest;
mod moments;
mod negotiate;
mod options;
mod page;
mod range;
mod request_log;
mod respond;
mod route;
mod server;
mod service;
mod tiles;

use std::{
    io::{self, Write},
    net::SocketAddr,
};

#[cfg(feature = "embed-front-end")]
pub use self::front_end::EmbeddedFrontEnd;
pub use self::{
    base_path::BasePath,
    csp::FrameAncestors,
    dataset::{
        ComputeError, ComputeMoments, DatasetDirectory, OpenDataset, ReadDataset, ReadError, TileIndex, TilePlace,
    },
    error::ServeError,
    front_end::{Asset, DirectoryFrontEnd, FrontEnd},
    logging::{LogFormat, init_logging},
    manifest::ManifestReader,
    options::{CorsOrigins, DataOrigins, Limits, Options},
    server::{Server, bind},
};

/// Serves until `shutdown` is ready, and says where on standard output, in one line for programs to
/// read: `listening on http://127.0.0.1:PORT`. `on_listening` is then called with the address.
///
/// # Errors
/// When the server cannot start; see [`bind`].
pub async fn run(
    options: Options,
    shutdown: impl Future<Output = ()>,
    on_listening: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let server = bind(options).await?;
    let mut out = io::stdout();
    match writeln!(out, "listening on http://{}", server.address()).and_then(|()| out.flush()) {
        // Whoever does not want to know is served all the same.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(ServeError::Announce(error)),
        _ => {}
    }
    on_listening(server.address());
    server.run(shutdown).await;
    Ok(())
}

/// A future that is ready at the first Ctrl-C or SIGTERM. The handlers are in place when this returns.
///
/// # Errors
/// [`ServeError::Signal`] when the system refuses a handler.
pub fn stop_signal() -> Result<impl Future<Output = ()>, ServeError> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Signal)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Signal)?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(windows)]
    {
        let mut interrupt = tokio::signal::windows::ctrl_c().map_err(ServeError::Signal)?;
        Ok(async move {
            interrupt.recv().await;
        })
    }
}
