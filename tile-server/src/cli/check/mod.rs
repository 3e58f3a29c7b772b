//! Trying a host: whether it sends what the page needs, and what to mend where it does not.

mod findings;
mod fixes;
mod host;
mod http;
mod rules;

use std::{collections::HashSet, process::ExitCode};

use anyhow::{Context as _, Result};
use clap::Args;
use explorer_core::format;

use self::{findings::Severity, http::Client};
pub use self::{host::NoAddress, http::Unreachable};
use super::{exit, terminal};

/// What is looked at.
const LOOKS: &str = "\
Looks at:
  the page: type, compression, caching, HTTP version · embed/, which pages of other sites load · the list of datasets · of
  the dataset or corpus whose page it is, or else of the first of each that the page leads to, or of all (--all):
  the manifest, and a part of its largest pack: status, length, total, encoding, caching, content, and with --from whether
  pages of that origin may read it.
  Each line says what was found; what is to be mended is followed by how, for nginx, Caddy and S3.";

/// The arguments of `tile-server check`.
#[derive(Args)]
#[command(after_help = LOOKS)]
pub struct Arguments {
    /// The address of a site, of a page in it, or of the directory of a dataset or a corpus
    url: String,
    /// The origin of a page elsewhere that is to show the data, such as https://example.org
    #[arg(long, value_name = "ORIGIN")]
    from: Option<String>,
    /// Look at every dataset and corpus of the site, not the first alone
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Tries a host and prints what was found.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start threads")?;
    let client = Client::new(arguments.from.as_deref())?;
    let findings = runtime.block_on(host::look(&client, &arguments.url, arguments.all))?;
    let n_problems = findings.iter().filter(|finding| finding.severity == Severity::Problem).count();
    if arguments.json {
        terminal::print_json(&serde_json::to_value(&findings)?)?;
    } else {
        let verdict = match n_problems {
            0 => "the page can work from this host".to_owned(),
            n => format!("{} to mend", format::plural(n, "problem", "problems")),
        };
        let mut told = HashSet::new();
        let lines = findings.iter().flat_map(|finding| finding.lines(&mut told));
        terminal::print_lines(lines.chain([verdict]))?;
    }
    Ok(ExitCode::from(if n_problems == 0 { 0 } else { exit::DAMAGE }))
}
