//! Static sites: the page, the list of datasets and the datasets, for any host of plain files.

mod corpora;
mod damaged;
mod datasets;
mod documents;
mod fetched;
mod pages;
mod segments;
mod site;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use builder::{
    BuildError, Progress as _,
    native::{self, Existing, Partial},
};
use clap::Args;
use explorer_core::format;
use tile_server::{
    catalog::{GeneStore, SiteUrl},
    serve::{BasePath, Origins},
};

pub use self::{damaged::Damaged, fetched::Unfetched};
use self::{
    damaged::is_of_dataset,
    datasets::Told,
    segments::SegmentSize,
    site::{SiteKind, SiteWriter},
};
use super::{
    build::Choices,
    cache::Cache,
    exit,
    progress::TerminalProgress,
    remote_inputs::{PLACES, RemoteArguments},
    serve, terminal,
};

/// How a site is laid out.
const LAYOUT: &str = "\
Layout:
  The addresses are those of the tile server: the list of datasets at /, a dataset at /d/NAME/. A dataset whose name
  another one has, too, is at /d/ID/ alone, where ID is the name with a code of where the dataset lies. A corpus of gene
  expression is at /expression/NAME/.
  Links within the site are relative, so that it works below any path, unless --base-path names one.
  tessera-site.txt lists the files of the site. --force replaces a directory only if it holds these and nothing else.

Hosts:
  The page fetches parts of packs by HTTP ranges, which most hosts answer. For a host that does not, or that limits the
  size of files, give --segments. `tile-server check URL` tries a host and says what to mend.

Faults:
  A dataset or corpus that cannot be read is named and left out. The site is written with the others, and the exit code is that of
  the first fault: 3 or 4.";

/// The arguments of `tile-server export`.
#[derive(Args)]
#[command(after_help = format!("{LAYOUT}\n\n{PLACES}"))]
pub struct Arguments {
    /// Dataset directories, corpora of gene expression, directories of such, AnnData files as `build` takes them, or places
    /// on other hosts
    #[arg(required = true, value_name = "PLACE")]
    inputs: Vec<PathBuf>,
    /// The directory of the site to write
    #[arg(long, value_name = "SITE")]
    out: PathBuf,
    /// Replace the directory if it is a site that was exported before
    #[arg(long)]
    force: bool,
    /// The path on the host at which the site will be; needed only for hosts that show a directory's page at an address
    /// without a slash at its end [default: any]
    #[arg(long, value_name = "PATH")]
    base_path: Option<String>,
    /// Cut packs into files of at most this size (64K to 8M), for hosts that answer no ranges or limit the size of files
    #[arg(long, value_name = "SIZE")]
    segments: Option<SegmentSize>,
    /// Let the page show data of this other origin, in addresses such as `?data=https://example.org/pbmc/`. May be
    /// given more than once
    #[arg(long, value_name = "ORIGIN")]
    data_origin: Vec<String>,
    /// Let pages of this origin show the Explorer in a frame and talk to it, as `<tessera-explorer>` does. May be given
    /// more than once
    #[arg(long, value_name = "ORIGIN")]
    embed_origin: Vec<String>,
    /// The address of the site's root once it is hosted, for `sitemap.xml`, embedding and previews; without it there are
    /// none
    #[arg(long, value_name = "URL")]
    site_url: Option<String>,
    /// Where datasets built from AnnData files are kept [default: beside each file, or among the user's caches where that
    /// cannot be written]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Take the page from this directory instead of the one built in
    #[arg(long, value_name = "DIR")]
    front_end: Option<PathBuf>,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    remote: RemoteArguments,
    #[command(flatten)]
    choices: Choices,
}

/// The program has no page to export.
#[derive(Debug, thiserror::Error)]
#[error("this program was built without the page; name the directory of a built page with --front-end")]
pub struct NoPage;

/// Writes a static site.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let progress = TerminalProgress::new(arguments.quiet)?;
    let base_path = arguments.base_path.as_deref().map(BasePath::parse).transpose()?;
    let data_origins = Origins::parse(&arguments.data_origin)?;
    let embed_origins = Origins::parse(&arguments.embed_origin)?;
    let site_url = arguments.site_url.as_deref().map(SiteUrl::parse).transpose()?;
    let front_end = serve::front_end(arguments.front_end.as_deref())?.ok_or(NoPage)?;
    let existing = if arguments.force { Existing::Replace } else { Existing::Keep };
    let out = native::checked_place::<SiteKind>(&arguments.out, existing)?;
    let cache = Cache { directory: arguments.cache.as_deref(), choices: &arguments.choices, is_quiet: arguments.quiet };
    let (corpora, others) = serve::corpora_among(&arguments.inputs, &arguments.remote)?;
    let (found, mut fault) = serve::inputs(&others, &cache, &arguments.remote, &progress)?.into_found()?;
    let n_private = found.iter().filter(|dataset| datasets::is_private(dataset)).count();
    if n_private > 0 {
        let datasets = format::plural(n_private, "dataset", "datasets");
        terminal::say(&format!(
            "{datasets} of private collections left out: a host of files cannot keep an address secret"
        ));
    }
    let datasets = datasets::named(found);

    let parent = native::parent_of(&out);
    let partial = fs::create_dir_all(parent)
        .and_then(|()| Partial::<SiteKind>::create(parent))
        .map_err(|source| unwritten(&out, source))?;
    let mut site = SiteWriter::begin(&partial.directory()).map_err(|source| unwritten(&out, source))?;
    let pages = pages::Pages {
        front_end: &*front_end,
        base_path: base_path.as_ref(),
        data_origins: &data_origins,
        embed_origins: &embed_origins,
    };
    let n_named = datasets.len() + corpora.len();
    // The only one is told of by the error that the export ends with, unless faults were told of before.
    let tells_each = n_named > 1 || fault.is_some();
    let mut leave_out = |name: &str, error: anyhow::Error| {
        if tells_each {
            terminal::say(&format!("error: {name} is left out: {}", exit::message(&error)));
        }
        fault.get_or_insert(error);
    };
    let mut told = Vec::with_capacity(datasets.len());
    let mut genes = GeneStore::new().context("cannot keep genes aside in a temporary file")?;
    for dataset in &datasets {
        let write = |site: &mut SiteWriter| dataset.write(parent, arguments.segments, site, &mut genes, &progress);
        match whole(&mut site, write)? {
            Ok(of_dataset) => told.push(of_dataset),
            Err(error) => leave_out(&dataset.name, error),
        }
    }
    let mut told_corpora = Vec::with_capacity(corpora.len());
    for corpus in &corpora {
        match whole(&mut site, |site| corpora::write(corpus, parent, arguments.segments, site, &progress))? {
            Ok(of_corpus) => told_corpora.push(of_corpus),
            Err(error) => leave_out(&corpus.id, error),
        }
    }
    if told.is_empty()
        && told_corpora.is_empty()
        && let Some(fault) = fault
    {
        return if tells_each { Ok(ExitCode::from(exit::code(&fault))) } else { Err(fault) };
    }
    pages
        .write(&told, &told_corpora, &mut site)
        .with_context(|| format!("cannot write the pages of {}", out.display()))?;
    let n_bytes = documents::write(&told, site_url.as_ref(), &mut genes, &mut site)
        .and_then(|()| site.finish())
        .map_err(|source| unwritten(&out, source))?;
    if progress.is_stopped() {
        return Err(BuildError::Interrupted.into());
    }
    partial.publish(&out, existing)?;
    if !arguments.quiet {
        terminal::say(&summary(&told, told_corpora.len(), n_named, n_bytes, &out));
    }
    Ok(fault.map_or(ExitCode::SUCCESS, |fault| ExitCode::from(exit::code(&fault))))
}

/// Writes a dataset or a corpus, or nothing of it and why.
///
/// # Errors
/// When the site cannot be written.
fn whole<T>(site: &mut SiteWriter, write: impl FnOnce(&mut SiteWriter) -> Result<T>) -> Result<Result<T>> {
    let mark = site.mark();
    match write(site) {
        Err(error) if is_of_dataset(&error) => {
            site.take_back(mark).context("cannot remove what was written of what is damaged")?;
            Ok(Err(error))
        }
        written => written.map(Ok),
    }
}

/// What was written of so many datasets and corpora, in a line.
fn summary(told: &[Told<'_>], n_corpora: usize, n_named: usize, n_bytes: u64, out: &Path) -> String {
    let n_withdrawn = told.iter().filter(|told| told.dataset().is_withdrawn()).count();
    let datasets = format::plural(told.len() - n_withdrawn, "dataset", "datasets");
    let corpora = match n_corpora {
        0 => String::new(),
        n => format!(", {}", format::plural(n, "corpus", "corpora")),
    };
    let mut text = format!("{datasets}{corpora}, {} in {}", format::bytes(n_bytes), out.display());
    if n_withdrawn > 0 {
        text += &format!("; {n_withdrawn} withdrawn");
    }
    let n_left_out = n_named - told.len() - n_corpora;
    if n_left_out > 0 {
        text += &format!("; {n_left_out} left out, since they cannot be read");
    }
    text
}

fn unwritten(out: &Path, source: io::Error) -> BuildError {
    BuildError::Output { place: out.display().to_string(), source }
}
