use std::{
    collections::HashSet,
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use builder::native::{self, Existing};
use clap::Args;
use shared_fbs::{api::Endpoint, frame::checksum, manifest::Manifest, path::MANIFEST};
use tile_server::serve::{
    self, BasePath, CorsOrigins, DataOrigins, DatasetDirectory, DirectoryFrontEnd, FrameAncestors, FrontEnd, Limits,
    LogFormat, ManifestReader, Options,
};

use super::{
    build::{Choices, summary},
    progress::TerminalProgress,
};

/// The extension of cached datasets beside their input.
const CACHE_EXTENSION: &str = "tessera";

/// The arguments of `tile-server serve`.
#[derive(Args)]
pub struct Arguments {
    /// Dataset directories, directories of such, or .h5ad files
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// Where datasets built from .h5ad files are kept [default: beside each file]
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
    /// Let pages of this origin read the data; `*` lets all. May be given more than once
    #[arg(long, value_name = "ORIGIN")]
    cors_origin: Vec<String>,
    /// Sites that may show the Explorer in a frame, as in Content-Security-Policy
    #[arg(long, value_name = "SOURCES", default_value = "*")]
    frame_ancestors: String,
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
    if !arguments.quiet {
        serve::init_logging(arguments.log_format);
    }
    let progress = TerminalProgress::new(arguments.quiet)?;
    let mut datasets = Vec::new();
    for input in &arguments.inputs {
        add(input, arguments, &progress, &mut datasets)?;
    }
    let front_end = front_end(arguments.front_end.as_deref())?;
    if front_end.is_none() && !arguments.quiet {
        eprintln!("this program was built without the page; data is served alone (--front-end DIR adds the page)");
    }
    let base_path = BasePath::parse(&arguments.base_path)?;
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
        cors: CorsOrigins::parse(&arguments.cors_origin)?,
        frame_ancestors: FrameAncestors::parse(&arguments.frame_ancestors)?,
        data_origins: DataOrigins::parse(&arguments.data_origin)?,
        base_path,
        limits: limits(arguments),
    };
    let runtime = tokio::runtime::Runtime::new().context("cannot start threads")?;
    runtime.block_on(async {
        let stop = serve::stop_signal()?;
        serve::run(options, stop, |address| {
            if let Some(page) = &page
                && let Err(error) = open::that_detached(format!("http://{address}{page}"))
            {
                eprintln!("no browser could be started ({error}); open http://{address}{page} yourself");
            }
        })
        .await
    })?;
    Ok(ExitCode::SUCCESS)
}

fn limits(arguments: &Arguments) -> Limits {
    Limits {
        computations: if arguments.no_compute { 0 } else { arguments.computations.into() },
        compute_time: Duration::from_secs(arguments.compute_seconds.into()),
        ..Limits::default()
    }
}

fn front_end(directory: Option<&Path>) -> Result<Option<Arc<dyn FrontEnd>>> {
    if let Some(directory) = directory {
        return Ok(Some(Arc::new(DirectoryFrontEnd::open(directory)?)));
    }
    #[cfg(feature = "embed-front-end")]
    return Ok(Some(Arc::new(serve::EmbeddedFrontEnd)));
    #[cfg(not(feature = "embed-front-end"))]
    Ok(None)
}

/// Adds the datasets that one argument names, each under an id of its own.
fn add(
    input: &Path,
    arguments: &Arguments,
    progress: &TerminalProgress,
    datasets: &mut Vec<DatasetDirectory>,
) -> Result<()> {
    let mut push = |named: &Path, directory: PathBuf| {
        let taken: HashSet<&str> = datasets.iter().map(|dataset| dataset.id.as_str()).collect();
        let id = id_of(named, &taken);
        datasets.push(DatasetDirectory { id, directory });
    };
    if input.is_dir() {
        if input.join(MANIFEST).is_file() {
            push(input, input.to_owned());
            return Ok(());
        }
        let entries = fs::read_dir(input).with_context(|| format!("cannot list {}", input.display()))?;
        let mut directories: Vec<PathBuf> =
            entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.join(MANIFEST).is_file()).collect();
        if directories.is_empty() {
            bail!(
                "{} holds no dataset: neither {MANIFEST} nor directories with one; \
                 `tile-server build FILE.h5ad --out DIR` makes a dataset",
                input.display()
            );
        }
        directories.sort();
        directories.into_iter().for_each(|directory| push(&directory.clone(), directory));
        return Ok(());
    }
    let cached = cache_of(input, arguments.cache.as_deref());
    if !is_fresh(&cached, input, &arguments.choices) {
        let report = native::build(input, &cached, Existing::Replace, &arguments.choices.options(), progress)?;
        if !arguments.quiet {
            eprint!("{}", summary(&report));
        }
    }
    push(&input.with_extension(CACHE_EXTENSION), cached);
    Ok(())
}

/// Where the dataset of an input is kept: beside it, or in the cache under its name and a hash of its
/// path, so that files of one name in several directories stay apart.
fn cache_of(input: &Path, cache: Option<&Path>) -> PathBuf {
    let Some(cache) = cache else { return input.with_extension(CACHE_EXTENSION) };
    let absolute = fs::canonicalize(input).unwrap_or_else(|_| input.to_owned());
    let hash = checksum(absolute.as_os_str().as_encoded_bytes());
    let name = input.file_stem().unwrap_or_default().to_string_lossy();
    cache.join(format!("{name}-{hash:08x}.{CACHE_EXTENSION}"))
}

/// Whether a cached dataset is of this format, newer than its input, and built with these choices.
fn is_fresh(cached: &Path, input: &Path, choices: &Choices) -> bool {
    let manifest = cached.join(MANIFEST);
    let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
    let newer = matches!((modified(&manifest), modified(input)), (Ok(built), Ok(changed)) if built >= changed);
    let manifest = || Manifest::decode(&fs::read(&manifest).ok()?).ok();
    newer && manifest().is_some_and(|manifest| choices.are_those_of(&manifest))
}

/// A name for addresses: the directory's, with other characters than letters, digits, `-`, `_` and
/// `.` replaced, and a number when it is taken.
fn id_of(directory: &Path, taken: &HashSet<&str>) -> String {
    let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let name = absolute.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(&format!(".{CACHE_EXTENSION}")).unwrap_or(&name);
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    let name = match name.trim_matches(['.', '-']) {
        "" => "dataset",
        name => name,
    };
    let numbered = (2..).map(|n| format!("{name}-{n}"));
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|id| !taken.contains(id.as_str()))
        .expect("there are more numbers than datasets")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_and_different() {
        let none = HashSet::new();
        assert_eq!(id_of(Path::new("/data/my cells.tessera"), &none), "my-cells");
        assert_eq!(id_of(Path::new("/data/a"), &["a", "a-2"].into()), "a-3");
        assert_eq!(id_of(Path::new("/"), &none), "dataset");
    }

    #[test]
    fn the_cache_lies_beside_the_file_or_where_told() {
        assert_eq!(cache_of(Path::new("x/a.h5ad"), None), Path::new("x/a.tessera"));
        let of = |input: &str| cache_of(Path::new(input), Some(Path::new("c")));
        assert!(of("x/a.h5ad").starts_with("c") && of("x/a.h5ad").to_string_lossy().ends_with(".tessera"));
        assert_eq!(of("x/a.h5ad"), of("x/a.h5ad"));
        assert_ne!(of("x/a.h5ad"), of("y/a.h5ad"));
    }
}
