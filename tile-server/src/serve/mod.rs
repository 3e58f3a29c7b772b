//! The HTTP server: dataset directories and the page, by name, in ranges, and with every cache along
//! the way told what it may keep.
//!
//! | Path | Answer |
//! |---|---|
//! | `/healthz` | 200 while the server runs |
//! | `/api/datasets` | the datasets as a JSON list of [`DatasetDescription`](shared_fbs::api::DatasetDescription) |
//! | `/api/datasets/{id}` | the description of one |
//! | `POST /api/datasets/{id}/moments?content=ID&layer=NAME` | two bitmaps of cells in, their two tiles of moments out |
//! | `/data/{id}/{file}` | the manifest or a pack, whole or in byte ranges |
//! | `/data/{id}/tiles/{pack}/{list}` | the tiles `3`, `3,7` or `5-9,12` of a pack in one answer |
//! | `/catalog.tsc` | what datasets there are and what they are of, as [`shared_fbs::catalog`] writes it |
//! | `/about/{id}.html`, `/collections/{id}.html` | what there is to say of a dataset or a collection, as a document |
//! | `/api/corpora/{id}/{question}` | what a corpus answers, with the options of the command as the query |
//! | `/corpora/{id}/{file}` | the manifest or a pack of a corpus of gene expression, as of a dataset |
//! | `/`, `/d/{id}`, `/expression/{id}`, … | the page and its files |
//!
//! All of it below a base path, if the server is given one. Addresses and messages are those of [`shared_fbs::api`].
//!
//! **Invariants.** Only the manifest and the packs that it names leave a dataset's directory · a path
//! is decoded once, and only plain file names pass · no file of a dataset is held in memory · of a dataset on another host,
//! nothing is sent that a checksum of its manifest does not confirm · packs and
//! tiles are never compressed a second time · whatever waits for the disk runs on a blocking thread, of which each
//! dataset has few · what is in the page cache is answered where the request is read · requests and bytes in memory
//! are counted for each address, and whoever makes no progress gives way · what is computed, the page could compute
//! from the tiles, to the same bits.

mod answer_document;
mod answer_file;
mod answer_moments;
mod answer_obs;
mod answer_page;
mod answer_question;
mod answer_tiles;
mod asked;
mod base_path;
mod body;
mod byte_ranges;
mod catalog;
mod catalog_genes;
mod conditional_requests;
mod confined_file;
mod confirmed_pack;
mod connections;
mod content_negotiation;
mod content_security_policy;
mod corpora;
mod corpus_folders;
mod cross_origin;
mod dataset_reader;
mod descriptors;
mod disk_threads;
mod dispatch;
mod entry;
mod error;
mod exchange;
mod file_reading;
mod front_end;
mod host_check;
mod html_document;
mod io_threads;
mod limits;
mod logging;
mod manifest_file;
mod metrics;
mod options;
mod pack_files;
mod piece_buffers;
mod progress;
mod request_id;
mod request_log;
mod responses;
mod route;
mod secrets;
mod sent_body;
mod served_datasets;
mod server;
mod shares;
mod tessera_reader;
mod watched_folder;

use std::{
    io::{self, Write},
    net::SocketAddr,
    pin::pin,
};

#[cfg(feature = "embed-front-end")]
pub use self::front_end::EmbeddedFrontEnd;
pub use self::{
    base_path::BasePath,
    content_security_policy::FrameAncestors,
    corpora::{CorpusAddress, CorpusDatasets},
    corpus_folders::{corpora_in, corpus_of, is_corpus},
    dataset_reader::{
        ComputeError, ComputeMoments, DatasetAddress, OpenDataset, PackDescription, PlacedFrame, Posters, ReadDataset,
        ReadError, ReadFacts, TileIndex,
    },
    descriptors::raise_descriptor_limit,
    error::ServeError,
    front_end::{Asset, DirectoryFrontEnd, FrontEnd},
    host_check::AllowedHosts,
    html_document::{Filling, PagePoster},
    limits::Limits,
    logging::{LogFormat, init_logging},
    options::{CorsOrigins, MetricsOptions, Options, Origins},
    server::{Server, bind},
    tessera_reader::{ManifestReader, description, posters, with_whole_packs},
};

/// Threads that may wait for something at one time, apart from those of datasets: tokio's own number.
const BLOCKING_THREADS: usize = 512;

/// How many datasets of a folder may have disks that hang without others having to wait.
const HANGING_PER_FOLDER: usize = 64;

/// Serves until the stop signal comes, on threads of its own; see [`run`]. A thread that still waits for a disk then is
/// not waited for.
///
/// # Errors
/// When the server cannot start; see [`bind`].
pub fn run_until_stopped<S: Future<Output = ()>>(
    options: Options,
    stop: impl FnOnce() -> Result<S, ServeError>,
    on_listening: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(n_blocking_threads(&options))
        .build()
        .map_err(ServeError::Threads)?;
    let outcome = runtime.block_on(async { run(options, stop()?, on_listening).await });
    runtime.shutdown_background();
    outcome
}

/// A disk that hangs keeps threads for good; what all datasets may keep comes on top of what is needed without them.
fn n_blocking_threads(options: &Options) -> usize {
    let n_datasets = options.datasets.len() + HANGING_PER_FOLDER * options.folders.len();
    BLOCKING_THREADS + disk_threads::PER_DATASET * n_datasets
}

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
    let mut shutdown = pin!(shutdown);
    let server = tokio::select! {
        biased;
        () = &mut shutdown => return Ok(()),
        server = bind(options) => server?,
    };
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

/// Whether the program was started so that it outlives its terminal, as `nohup` does. To be asked before anything listens
/// for SIGHUP. Where the system does not tell, it was not.
pub fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // One bit a signal; SIGHUP is number 1.
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 != 0)
}

/// A future that is ready at the first Ctrl-C or SIGTERM or, where it `ends_at_hangup`, SIGHUP, as when a terminal closes.
/// The handlers are in place when this returns.
///
/// # Errors
/// [`ServeError::Signal`] when the system refuses a handler.
#[cfg_attr(windows, expect(unused_variables, reason = "Windows has no SIGHUP"))]
pub fn stop_signal(ends_at_hangup: bool) -> Result<impl Future<Output = ()>, ServeError> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Signal)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Signal)?;
        let mut hangup = signal(SignalKind::hangup()).map_err(ServeError::Signal)?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv(), if ends_at_hangup => {}
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
