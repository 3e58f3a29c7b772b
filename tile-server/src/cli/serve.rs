use std::{
    collections::HashSet,
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result};
use builder::native;
use clap::Args;
use shared_fbs::{api::Endpoint, path::MANIFEST};
use tile_server::serve::{
    self, AllowedHosts, BasePath, CorsOrigins, DatasetDirectory, DirectoryFrontEnd, FrameAncestors, FrontEnd, Limits,
    LogFormat, ManifestReader, Options, Origins,
};
use tracing_subscriber::filter::LevelFilter;

use super::{build::Choices, cache::Cache, exit, ids, progress::TerminalProgress, terminal};

/// There is no dataset where one was looked for.
#[derive(Debug, thiserror::Error)]
#[error(
    "{directory} holds no dataset: neither {MANIFEST} nor directories with one; \
     `tile-server build FILE.h5ad --out DIR` makes a dataset",
    directory = directory.display()
)]
pub struct NothingToServe {
    directory: PathBuf,
}

/// What clients may take, as `--help` tells it; the numbers are those of [`Limits`].
const LIMITS: &str = "\
Limits:
  At one time 1024 connections (half of the open files that the system allows, where those are fewer), 1024 requests,
  and 64 MiB of answers and bodies in memory; one address, or one IPv6 network of 64 bits, may take half of each.
  Where connections run out, those without a request are closed, silent ones first; where requests or bytes run out,
  connections whose client has taken nothing for 2 seconds. What is left to do is 503 with Retry-After, or waits.
  A connection is closed 10 seconds after it opened without a request, 75 seconds after its last request, and when its
  client takes nothing of any answer for 30 seconds; an HTTP/2 PING is no progress. HTTP/2 connections carry 100 requests
  at one time. Each pack is opened once, and 1024 packs stay open at most (a quarter of the open files allowed).
  Headers may have 32 KiB, the two sets of a comparison 16 MiB, the tiles of one request 64 MiB.";

/// What datasets are called.
const IDS: &str = "\
Addresses:
  The page on a dataset is at /d/ID. Its id is the name of its file or directory and a code of
  where that lies, such as pbmc-3f9a1c: the same whatever else is served, in whatever order.
  The name alone leads there, too, as long as no other dataset that is served has it.";

/// The arguments of `tile-server serve`.
#[derive(Args)]
#[command(after_help = format!("{IDS}\n\n{LIMITS}"))]
pub struct Arguments {
    /// Dataset directories, directories of such, or AnnData files as `build` takes them
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// Where datasets built from AnnData files are kept [default: beside each file, or among the user's caches where that
    /// cannot be written]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// The address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// Serve the page from this directory instead of the one built in
    #[arg(long, value_name = "DIR")]
    front_end: Option<PathBuf>,
    /// Do not open the browser
    #[arg(long)]
    no_open: bool,
    /// Let requests call the server by this name, where a proxy passes its own on. A server on a loopback address otherwise
    /// answers to localhost and to addresses only, so that no page of another site can read the data by a name that
    /// leads to this machine; `*` lets all. May be given more than once
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// Let pages of this origin read the data; `*` lets all. May be given more than once
    #[arg(long, value_name = "ORIGIN")]
    cors_origin: Vec<String>,
    /// Sites that may show the Explorer in a frame, as in Content-Security-Policy
    #[arg(long, value_name = "SOURCES", default_value = "*", conflicts_with = "embed_origin")]
    frame_ancestors: String,
    /// Let pages of this origin, and of no other that is not named, show the Explorer in a frame and talk to it, as
    /// `<tessera-explorer>` does. May be given more than once
    #[arg(long, value_name = "ORIGIN")]
    embed_origin: Vec<String>,
    /// Let the page show data of this other origin, in addresses such as `?data=https://example.org/pbmc/`. May be
    /// given more than once
    #[arg(long, value_name = "ORIGIN")]
    data_origin: Vec<String>,
    /// The path below which a proxy passes requests on, their addresses unchanged
    #[arg(long, value_name = "PATH", default_value = "/")]
    base_path: String,
    /// Compute nothing: pages read the tiles for every comparison
    #[arg(long, conflicts_with_all = ["computations", "compute_seconds"])]
    no_compute: bool,
    /// Comparisons computed at one time; pages are told to come back for further ones
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    computations: u16,
    /// The longest that one comparison may compute
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=60))]
    compute_seconds: u16,
    /// How log lines are written
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    /// Print nothing but errors and the address
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    choices: Choices,
}

/// Builds what must be built, and serves.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let level = if arguments.quiet { LevelFilter::ERROR } else { LevelFilter::INFO };
    serve::init_logging(arguments.log_format, level);
    let ends_at_hangup = !serve::is_hangup_ignored();
    let cache = Cache { directory: arguments.cache.as_deref(), choices: &arguments.choices, is_quiet: arguments.quiet };
    let datasets = datasets(&arguments.inputs, &cache, &TerminalProgress::new(arguments.quiet)?)?;
    let front_end = front_end(arguments.front_end.as_deref())?;
    if front_end.is_none() && !arguments.quiet {
        terminal::say("this program was built without the page; data is served alone (--front-end DIR adds the page)");
    }
    let base_path = BasePath::parse(&arguments.base_path)?;
    let embed_origins = Origins::parse(&arguments.embed_origin)?;
    let page = match (arguments.no_open || front_end.is_none(), datasets.as_slice()) {
        (true, _) => None,
        (false, [only]) => Some(format!("{base_path}{}", Endpoint::Page { id: only.id.as_str().into() }.address())),
        (false, _) => Some(base_path.to_string()),
    };
    let options = Options {
        address: SocketAddr::new(arguments.host, arguments.port),
        datasets,
        reader: Arc::new(ManifestReader),
        front_end,
        allowed_hosts: AllowedHosts::parse(&arguments.allow_host)?,
        cors: CorsOrigins::parse(&arguments.cors_origin)?,
        frame_ancestors: if embed_origins.is_empty() {
            FrameAncestors::parse(&arguments.frame_ancestors)?
        } else {
            FrameAncestors::named(&embed_origins)
        },
        embed_origins,
        data_origins: Origins::parse(&arguments.data_origin)?,
        base_path,
        limits: limits(arguments),
    };
    serve::run_until_stopped(
        options,
        || serve::stop_signal(ends_at_hangup),
        |address| {
            if let Some(page) = &page
                && let Err(error) = open::that_detached(format!("http://{address}{page}"))
            {
                terminal::say(&format!("no browser could be started ({error}); open http://{address}{page} yourself"));
            }
        },
    )?;
    Ok(ExitCode::SUCCESS)
}

fn limits(arguments: &Arguments) -> Limits {
    let limits = Limits {
        computations: if arguments.no_compute { 0 } else { arguments.computations.into() },
        compute_time: Duration::from_secs(arguments.compute_seconds.into()),
        ..Limits::default()
    };
    limits.within_descriptors(serve::raise_descriptor_limit())
}

/// The page in a directory, or the one built in, if there is one.
pub fn front_end(directory: Option<&Path>) -> Result<Option<Arc<dyn FrontEnd>>> {
    if let Some(directory) = directory {
        return Ok(Some(Arc::new(DirectoryFrontEnd::open(directory)?)));
    }
    #[cfg(feature = "embed-front-end")]
    return Ok(Some(Arc::new(serve::EmbeddedFrontEnd)));
    #[cfg(not(feature = "embed-front-end"))]
    Ok(None)
}

/// The datasets that the arguments name, each once, under an id of its own. What cannot be served is said, and keeps
/// nothing else from being served.
pub fn datasets(inputs: &[PathBuf], cache: &Cache<'_>, progress: &TerminalProgress) -> Result<Vec<DatasetDirectory>> {
    let mut found: Vec<Found> = Vec::new();
    let mut refused = None;
    for input in inputs {
        match find(input, cache, progress) {
            Ok(datasets) => found.extend(datasets),
            Err(error) if exit::code(&error) == exit::INTERRUPTED => return Err(error),
            Err(error) if inputs.len() == 1 => return Err(error),
            Err(error) => {
                terminal::say(&format!("error: {}", exit::message(&error)));
                refused.get_or_insert(error);
            }
        }
    }
    if let (true, Some(error)) = (found.is_empty(), refused) {
        return Err(error);
    }
    let mut seen = HashSet::new();
    found.retain(|dataset| seen.insert(dataset.directory.canonicalize().unwrap_or_else(|_| dataset.directory.clone())));
    let served = |dataset: Found| DatasetDirectory { id: ids::of_path(&dataset.named), directory: dataset.directory };
    Ok(found.into_iter().map(served).collect())
}

/// A dataset, and the path that its name comes from.
struct Found {
    named: PathBuf,
    directory: PathBuf,
}

/// The datasets that one argument names.
fn find(input: &Path, cache: &Cache<'_>, progress: &TerminalProgress) -> Result<Vec<Found>> {
    let plain = |directory: PathBuf| Found { named: directory.clone(), directory };
    if !input.is_dir() || native::input_files(input).is_ok() {
        return Ok(vec![Found { named: input.to_owned(), directory: cache.dataset_of(input, progress)? }]);
    }
    if input.join(MANIFEST).exists() {
        return Ok(vec![plain(input.to_owned())]);
    }
    let entries = fs::read_dir(input).with_context(|| format!("cannot list {}", input.display()))?;
    let mut directories: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.join(MANIFEST).is_file()).collect();
    if directories.is_empty() {
        return Err(NothingToServe { directory: input.to_owned() }.into());
    }
    directories.sort();
    Ok(directories.into_iter().map(plain).collect())
}
