use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow};
use builder::native;
use clap::Args;
use remote_files::{Place, Remote};
use shared_fbs::{
    api::Endpoint,
    dataset_id::name_of,
    path::{CORPUS, MANIFEST},
};
use tile_server::{
    catalog::{AnyFolder, Folder, FoundDataset, SiteUrl, ids, take_out_shared_ids},
    dataset_place::DatasetPlace,
    serve::{
        self, AllowedHosts, BasePath, CorpusAddress, CorsOrigins, DatasetAddress, DirectoryFrontEnd, FrameAncestors,
        FrontEnd, Limits, LogFormat, ManifestReader, MetricsOptions, Options, Origins, ServeError,
    },
};
use tracing_subscriber::filter::LevelFilter;

use super::{
    build::Choices,
    cache::Cache,
    exit,
    progress::TerminalProgress,
    remote_inputs::{self, PLACES, RemoteArguments},
    terminal,
};

/// There is no dataset where one was looked for.
#[derive(Debug, thiserror::Error)]
pub enum NothingToServe {
    /// There is none.
    #[error(
        "{place} holds no dataset: neither {MANIFEST} nor directories with one; \
         `tile-server build FILE.h5ad --out DIR` makes a dataset"
    )]
    Empty {
        /// Where.
        place: String,
    },
    /// None can be shown.
    #[error("{place} holds no dataset that can be shown: {faults}")]
    Unreadable {
        /// Where.
        place: String,
        /// What is wrong there.
        faults: String,
    },
}

impl NothingToServe {
    /// There is none at this place, where this is wrong.
    pub fn at(place: String, faults: &[String]) -> Self {
        if faults.is_empty() { Self::Empty { place } } else { Self::Unreadable { place, faults: faults.join("; ") } }
    }
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
#[command(after_help = format!("{IDS}\n\n{PLACES}\n\n{LIMITS}"))]
pub struct Arguments {
    /// Dataset directories, corpora of gene expression, directories of such, AnnData files as `build` takes them, or places
    /// on other hosts
    #[arg(required = true, value_name = "PLACE")]
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
    /// The address of the site's root as others see it, for `sitemap.xml`, embedding and previews; without it there are
    /// none
    #[arg(long, value_name = "URL")]
    site_url: Option<String>,
    /// Serve only datasets whose file was found to follow the CELLxGENE schema when they were built (`build --schema`); why
    /// others are not served is said. AnnData files that are named here are validated as they are built
    #[arg(long)]
    require_schema: bool,
    /// Compute nothing: pages read the tiles for every comparison
    #[arg(long, conflicts_with_all = ["computations", "compute_seconds"])]
    no_compute: bool,
    /// Comparisons computed at one time; pages are told to come back for further ones
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    computations: u16,
    /// The longest that one comparison may compute
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=60))]
    compute_seconds: u16,
    /// Let Prometheus read metrics at http://ADDRESS/metrics, on this machine alone where ADDRESS is a port
    #[arg(long, value_name = "ADDRESS", value_parser = metrics_address)]
    metrics: Option<SocketAddr>,
    /// How log lines are written
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    /// Print nothing but errors and the address
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    remote: RemoteArguments,
    #[command(flatten)]
    choices: Choices,
}

/// Builds what must be built, and serves.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let level = if arguments.quiet { LevelFilter::ERROR } else { LevelFilter::INFO };
    serve::init_logging(arguments.log_format, level);
    let ends_at_hangup = !serve::is_hangup_ignored();
    let choices = arguments.choices.clone().with_schema(arguments.require_schema);
    let cache = Cache { directory: arguments.cache.as_deref(), choices: &choices, is_quiet: arguments.quiet };
    let progress = TerminalProgress::new(arguments.quiet)?;
    let (corpora, others) = corpora_among(&arguments.inputs, &arguments.remote)?;
    let is_folder = |input: &&PathBuf| place_of(input).is_none() && input.is_dir() && !input.join(MANIFEST).exists();
    let corpus_folders = others.iter().filter(is_folder).cloned().collect();
    let Inputs { datasets, folders, found, refused: _ } = inputs(&others, &cache, &arguments.remote, &progress)?;
    // Signals are the server's from here on.
    drop(progress);
    let front_end = front_end(arguments.front_end.as_deref())?;
    if front_end.is_none() && !arguments.quiet {
        terminal::say("this program was built without the page; data is served alone (--front-end DIR adds the page)");
    }
    let base_path = BasePath::parse(&arguments.base_path)?;
    let embed_origins = Origins::parse(&arguments.embed_origin)?;
    let only = match (found.as_slice(), corpora.as_slice()) {
        ([id], []) => Endpoint::Page { id: id.into() }.address(),
        ([], [CorpusAddress { id, .. }]) => Endpoint::CorpusPage { id: id.into() }.address(),
        _ => String::new(),
    };
    let page = (!arguments.no_open && front_end.is_some()).then(|| format!("{base_path}{only}"));
    let allowed_hosts = AllowedHosts::parse(&arguments.allow_host)?;
    let metrics = arguments.metrics.map(|address| MetricsOptions { address, allowed_hosts: allowed_hosts.clone() });
    let options = Options {
        address: SocketAddr::new(arguments.host, arguments.port),
        datasets,
        folders,
        corpora,
        corpus_folders,
        reader: Arc::new(ManifestReader { requires_schema: arguments.require_schema }),
        front_end,
        allowed_hosts,
        metrics,
        cors: CorsOrigins::parse(&arguments.cors_origin)?,
        frame_ancestors: if embed_origins.is_empty() {
            FrameAncestors::parse(&arguments.frame_ancestors)?
        } else {
            FrameAncestors::named(&embed_origins)
        },
        embed_origins,
        data_origins: Origins::parse(&arguments.data_origin)?,
        base_path,
        site: arguments.site_url.as_deref().map(SiteUrl::parse).transpose()?,
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

/// An address and port, or a port of this machine.
fn metrics_address(text: &str) -> Result<SocketAddr, String> {
    let port = text.parse().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    port.or_else(|_| text.parse())
        .map_err(|_| "write a port, or an address and a port such as 10.0.0.5:9187".to_owned())
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

/// The corpora among what the arguments name and in folders that they name, each once; and what else they name.
///
/// # Errors
/// When other hosts cannot be asked, or two corpora have one name.
pub fn corpora_among(inputs: &[PathBuf], remote: &RemoteArguments) -> Result<(Vec<CorpusAddress>, Vec<PathBuf>)> {
    let (mut corpora, mut others) = (Vec::new(), Vec::new());
    for input in inputs {
        let elsewhere = match place_of(input) {
            Some(text) => corpus_elsewhere(text, remote)?,
            None => None,
        };
        match elsewhere {
            Some(remote) => {
                let id = ids::of_place(remote.place().name(), remote.place());
                corpora.push(CorpusAddress { id: name_of(&id).to_owned(), place: DatasetPlace::Remote(remote) });
            }
            None if serve::is_corpus(input) => corpora.push(serve::corpus_of(input)),
            None => others.push(input.clone()),
        }
    }
    // What is no folder has none.
    let in_folders = others.iter().flat_map(|input| serve::corpora_in(input).unwrap_or_default());
    corpora.extend(in_folders.map(|directory| serve::corpus_of(&directory)));
    let mut seen = Vec::new();
    corpora.retain(|corpus| {
        let is_new = !seen.contains(&corpus.place);
        seen.push(corpus.place.clone());
        is_new
    });
    let mut ids = HashSet::new();
    match corpora.iter().find(|corpus| !ids.insert(corpus.id.as_str())) {
        Some(second) => Err(ServeError::DuplicateCorpus { id: second.id.clone() }.into()),
        None => Ok((corpora, others)),
    }
}

/// The corpus at a place of another host; none where there is no such file.
fn corpus_elsewhere(text: &str, remote: &RemoteArguments) -> Result<Option<Remote>> {
    let folder = remote_inputs::folder_with(text, CORPUS, &remote.stores()?)?;
    Ok(folder.head(CORPUS).is_ok().then_some(folder))
}

/// What the arguments name.
pub struct Inputs {
    /// Datasets by themselves, each once, under an id of its own.
    datasets: Vec<DatasetAddress>,
    /// Folders of datasets.
    folders: Vec<AnyFolder>,
    /// The ids of all datasets that there are now.
    found: Vec<String>,
    /// Why the first of those that cannot be served is not, if there is one.
    refused: Option<anyhow::Error>,
}

/// A collection is left out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

impl Inputs {
    /// All datasets that there are now: those by themselves, then those of folders that are not among them; and the first
    /// of the faults that were said, if there is one.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn into_found(self) -> Result<(Vec<FoundDataset>, Option<anyhow::Error>)> {
        let mut fault = self.refused;
        let alone = |DatasetAddress { id, place }| FoundDataset { id, place, collection: None };
        let mut found: Vec<FoundDataset> = self.datasets.into_iter().map(alone).collect();
        let mut ids: HashSet<String> = found.iter().map(|dataset| dataset.id.clone()).collect();
        for mut folder in self.folders {
            let scan = folder.scan().map_err(|error| anyhow!("cannot list {}: {error}", folder.place()))?;
            scan.new_warnings.iter().for_each(|warning| terminal::say(&format!("warning: {warning}")));
            scan.new_faults.iter().for_each(|fault| terminal::say(&format!("error: {fault}")));
            fault = fault.or(scan.new_faults.into_iter().next().map(|fault| Unreadable(fault).into()));
            found.extend(scan.datasets.into_iter().filter(|dataset| ids.insert(dataset.id.clone())));
        }
        take_out_shared_ids(&mut found).iter().for_each(|sentence| terminal::say(&format!("warning: {sentence}")));
        Ok((found, fault))
    }
}

/// What the arguments name. What cannot be served is said, and keeps nothing else from being served.
pub fn inputs(
    inputs: &[PathBuf],
    cache: &Cache<'_>,
    remote: &RemoteArguments,
    progress: &TerminalProgress,
) -> Result<Inputs> {
    let (mut datasets, mut folders, mut found) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    let (mut stores, mut refused) = (None, None);
    for input in inputs {
        let what = match place_of(input) {
            None => find(input, cache, progress),
            Some(place) => {
                let stores = match &mut stores {
                    Some(stores) => stores,
                    none => none.insert(remote.stores()?),
                };
                remote_inputs::find(place, stores)
            }
        };
        match what {
            Ok(Found::Dataset(dataset)) => {
                let place = match &dataset.place {
                    DatasetPlace::Directory(directory) => {
                        directory.canonicalize().unwrap_or_else(|_| directory.clone()).into_os_string()
                    }
                    DatasetPlace::Remote(remote) => remote.place().to_string().into(),
                };
                if seen.insert(place) {
                    found.push(dataset.id.clone());
                    datasets.push(dataset);
                }
            }
            Ok(Found::Folder { folder, ids }) => {
                found.extend(ids);
                folders.push(folder);
            }
            Err(error) if exit::code(&error) == exit::INTERRUPTED => return Err(error),
            Err(error) if inputs.len() == 1 => return Err(error),
            Err(error) => {
                terminal::say(&format!("error: {}", exit::message(&error)));
                refused.get_or_insert(error);
            }
        }
    }
    if found.is_empty()
        && let Some(error) = refused
    {
        return Err(error);
    }
    Ok(Inputs { datasets, folders, found, refused })
}

/// The address that an argument is, if it is one of another host.
pub fn place_of(input: &Path) -> Option<&str> {
    input.to_str().filter(|text| Place::is_meant_by(text))
}

/// What one argument names.
pub enum Found {
    /// A dataset by itself.
    Dataset(DatasetAddress),
    /// A folder, and the ids of the datasets that it has now.
    Folder {
        /// The folder.
        folder: AnyFolder,
        /// The ids.
        ids: Vec<String>,
    },
}

fn find(input: &Path, cache: &Cache<'_>, progress: &TerminalProgress) -> Result<Found> {
    let dataset =
        |directory: PathBuf| Found::Dataset(DatasetAddress { id: ids::of_path(input), place: directory.into() });
    if !input.is_dir() || native::input_files(input).is_ok() {
        return Ok(dataset(cache.dataset_of(input, progress)?));
    }
    if input.join(MANIFEST).exists() {
        return Ok(dataset(input.to_owned()));
    }
    let mut folder = Folder::new(input.to_owned());
    let scan = folder.scan().with_context(|| format!("cannot list {}", input.display()))?;
    // They are told again once the server looks.
    if scan.datasets.is_empty() && serve::corpora_in(input)?.is_empty() {
        return Err(NothingToServe::at(input.display().to_string(), &scan.new_faults).into());
    }
    let ids = scan.datasets.into_iter().map(|found| found.id).collect();
    Ok(Found::Folder { folder: Folder::new(input.to_owned()).into(), ids })
}
