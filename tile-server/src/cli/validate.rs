//! `tile-server validate`: AnnData files against the CELLxGENE schema.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use builder::{Progress, Stage};
use clap::Args;
use h5ad::RawFile;
use schema::reference::Reference;
use schema::{Event, Group, Options, Report, Severity, State, VERSION, Watch, groups, unopened, validate};
use serde_json::{Value, json};

use super::{exit, progress::TerminalProgress, revised::is_unread, terminal};

/// How many values of a cause are shown.
const N_VALUES: usize = 8;
/// Matrices of more cells are told about before they are read.
const MANY_CELLS: usize = 20_000;

/// The arguments of `tile-server validate`.
#[derive(Args)]
#[command(after_help = "\
The files are held against the CELLxGENE schema by the rules of cellxgene-schema 7.1.2 (R1 to R145), and by stricter ones
of our own (T201 and on). What takes no values of matrices is told first.

Exit codes: 0 every file follows the schema (warnings and stricter findings aside), 5 a file does not, 3 a file cannot be
read.")]
pub struct Arguments {
    /// The .h5ad files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print JSON: an array with the report of each file
    #[arg(long)]
    json: bool,
    /// Tell the texts of cellxgene-schema, and nothing that it does not tell
    #[arg(long, conflicts_with = "json")]
    compat: bool,
    /// The version of the schema
    #[arg(long, value_name = "VERSION", default_value = VERSION, value_parser = [VERSION])]
    schema: String,
    /// Allow the columns and keys that submission writes
    #[arg(long, short = 'i')]
    ignore_labels: bool,
    /// The dataset is before analysis: no cell types, embeddings optional
    #[arg(long)]
    pre_analysis: bool,
    /// Say nothing about progress
    #[arg(long, short)]
    quiet: bool,
}

/// Shows how far a validation has read large matrices.
pub struct Reading<'a> {
    progress: &'a dyn Progress,
    stage: RefCell<Option<Box<dyn Stage + 'a>>>,
}

/// Shows progress, and the findings in metadata as soon as they are there.
struct Shown<'a> {
    reading: Reading<'a>,
    /// Whether findings are shown as they come.
    shows: bool,
    has_shown: Cell<bool>,
}

/// Validates the files, and prints what is found.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let reference = Reference::embedded();
    let progress = TerminalProgress::new(arguments.quiet)?;
    let options = Options {
        compat: arguments.compat,
        ignore_labels: arguments.ignore_labels,
        pre_analysis: arguments.pre_analysis,
    };
    let mut reports = Vec::new();
    let mut worst = 0;
    for path in &arguments.files {
        let name = path.display().to_string();
        let report = match RawFile::open(path) {
            Err(error) => {
                worst = worst.max(exit::of_input(&error));
                unopened(&name, &error)
            }
            Ok(file) => {
                let shows = !arguments.json && !arguments.compat;
                let shown = Shown { reading: Reading::new(&progress), shows, has_shown: Cell::default() };
                match validate(&file, &reference, options, &shown) {
                    Ok(report) => report,
                    Err(schema::Stopped) => return Ok(ExitCode::from(exit::INTERRUPTED)),
                }
            }
        };
        worst = worst.max(match report.state {
            State::Unknown => exit::INPUT,
            // A matrix stopped it.
            State::ToSubmit | State::Labelled { .. } | State::Older { .. } if is_unread(&report) => exit::INPUT,
            State::ToSubmit | State::Labelled { .. } | State::Older { .. } if report.is_valid() => 0,
            State::ToSubmit | State::Labelled { .. } | State::Older { .. } => exit::DAMAGE,
        });
        if arguments.compat {
            terminal::print_lines(report.texts().collect::<Vec<_>>())?;
            terminal::print_lines([format!("is_valid={}", if report.is_valid() { "True" } else { "False" })])?;
        } else if !arguments.json {
            terminal::print_lines(lines(&report))?;
        }
        reports.push(report);
    }
    if arguments.json {
        let reports: Vec<Value> = reports.iter().map(Report::to_json).collect();
        terminal::print_json(&json!(reports)).context("cannot print the reports")?;
    }
    Ok(ExitCode::from(worst))
}

impl Watch for Shown<'_> {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Metadata(findings) => {
                if self.shows && !self.has_shown.replace(true) {
                    let n = groups(findings).iter().filter(|group| group.severity == Severity::Error).count();
                    let verdict = match n {
                        0 => "obs, var, uns and obsm follow the schema; matrices are read now".to_owned(),
                        _ => format!("{} in obs, var, uns and obsm; matrices are read now", causes(n)),
                    };
                    terminal::say(&verdict);
                }
            }
            Event::Matrix { .. } | Event::Read { .. } => self.reading.event(event),
        }
    }

    fn is_stopped(&self) -> bool {
        self.reading.is_stopped()
    }
}

impl<'a> Reading<'a> {
    /// Nothing is read yet.
    pub fn new(progress: &'a dyn Progress) -> Self {
        Self { progress, stage: RefCell::default() }
    }
}

impl Watch for Reading<'_> {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Metadata(_) => {}
            Event::Matrix { place, n } => {
                self.stage.replace(None);
                if n > MANY_CELLS {
                    self.stage.replace(Some(self.progress.stage(format!("reading {place}"), n as u64)));
                }
            }
            Event::Read { n } => {
                if let Some(stage) = &*self.stage.borrow() {
                    stage.advance(n as u64);
                }
            }
        }
    }

    fn is_stopped(&self) -> bool {
        self.progress.is_stopped()
    }
}

fn causes(n: usize) -> String {
    if n == 1 { "1 cause of errors".to_owned() } else { format!("{n} causes of errors") }
}

/// A report for people.
pub fn lines(report: &Report) -> Vec<String> {
    let mut lines = vec![report.file.clone()];
    lines.extend(report.note().map(|note| format!("  note: {note}")));
    let groups = report.groups();
    for group in &groups {
        lines.extend(group_lines(group));
    }
    let of = |severity: Severity| groups.iter().filter(|group| group.severity == severity).count();
    let (n_errors, n_strict, n_warnings) = (of(Severity::Error), of(Severity::Strict), of(Severity::Warning));
    let n_fixes = report.fixes().len();
    let verdict = match n_errors {
        0 => format!("follows schema {VERSION}"),
        _ => format!("does not follow schema {VERSION}: {}", causes(n_errors)),
    };
    let mut more = Vec::new();
    if n_strict > 0 {
        more.push(format!("{n_strict} stricter"));
    }
    if n_warnings > 0 {
        more.push(if n_warnings == 1 { "1 warning".to_owned() } else { format!("{n_warnings} warnings") });
    }
    let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join(", ")) };
    lines.push(format!("  {verdict}{more}"));
    if n_fixes > 0 {
        let fixes = if n_fixes == 1 { "1 change needs".to_owned() } else { format!("{n_fixes} changes need") };
        lines.push(format!("  {fixes} no decision: see `tile-server mend FILE --dry-run`"));
    }
    lines
}

fn group_lines(group: &Group<'_>) -> Vec<String> {
    let severity = match group.severity {
        Severity::Error => "error",
        Severity::Strict => "strict",
        Severity::Warning => "warning",
    };
    let hidden =
        if group.findings.iter().all(|finding| finding.is_hidden) { "; the original stops before" } else { "" };
    let mut lines =
        vec![format!("  {severity}: {}: {} [{}{hidden}]", group.place, group.rule.title(), group.rule.id())];
    for finding in group.findings.iter().take(N_VALUES) {
        let mut parts = Vec::new();
        parts.extend(finding.value.as_ref().map(|value| format!("`{value}`")));
        if finding.rows.n > 0 {
            let first = finding.rows.first.join(", ");
            let more = if finding.rows.n > finding.rows.first.len() { ", …" } else { "" };
            let what =
                if group.place.starts_with("var") || group.place.starts_with("raw.var") { "gene" } else { "cell" };
            let what = if finding.rows.n == 1 { what.to_owned() } else { format!("{what}s") };
            let rows = match first.is_empty() {
                true => format!("{} {what}", finding.rows.n),
                false => format!("{} {what}: {first}{more}", finding.rows.n),
            };
            parts.push(if parts.is_empty() { rows } else { format!("({rows})") });
        }
        if parts.is_empty() && finding.suggestion.is_none() {
            // What is special about it is in the text alone.
            lines.extend(finding.rule.is_told_by_text().then(|| format!("      {}", finding.text)));
            continue;
        }
        let what = parts.join(" ");
        lines.push(match &finding.suggestion {
            Some(suggestion) if what.is_empty() => format!("      {suggestion}"),
            Some(suggestion) => format!("      {what}: {suggestion}"),
            None => format!("      {what}"),
        });
    }
    if group.findings.len() > N_VALUES {
        lines.push(format!("      and {} more; --json names each", group.findings.len() - N_VALUES));
    }
    lines
}
