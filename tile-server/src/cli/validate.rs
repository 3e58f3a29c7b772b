//! `tile-server validate`: AnnData files against the CELLxGENE schema.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use builder::{Progress, Stage};
use clap::Args;
use h5ad::RawFile;
use schema::reference::Reference;
use schema::{Event, Group, Options, Report, Rule, Severity, State, VERSION, Watch, groups, unopened, validate};
use serde_json::{Value, json};

use super::{exit, progress::TerminalProgress, revised::code_of, terminal};

/// How many values of a cause are shown.
const N_VALUES: usize = 8;
/// Matrices of more cells are told about before they are read.
const MANY_CELLS: usize = 20_000;

/// The arguments of `tile-server validate`.
#[derive(Args)]
#[command(after_help = "\
The files are held against the CELLxGENE schema by the rules of cellxgene-schema 7.1.2 (R1 to R145), and by stricter ones
of our own (T201 and on). Where a large matrix is to be read, what is wrong elsewhere is told before.

Exit codes: 0 every file follows the schema (warnings and stricter findings aside), 5 a file does not, 3 a file is not
AnnData or is broken, 4 a file is not there or may not be read.")]
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

/// Shows progress, and, before a large matrix is read, what was found in metadata.
struct Shown<'a> {
    reading: Reading<'a>,
    /// What the file is called, where findings are shown.
    file: Option<&'a str>,
    /// The causes in metadata, as lines; those that were shown have their key in `shown`.
    waiting: RefCell<Vec<(Cause, Vec<String>)>>,
    shown: RefCell<BTreeSet<Cause>>,
    has_begun: Cell<bool>,
}

/// What tells a cause: its severity, rule and place.
type Cause = (Severity, Rule, String);

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
        let shows = !arguments.json && !arguments.compat;
        let shown = Shown::new(Reading::new(&progress), (shows && !arguments.quiet).then_some(name.as_str()));
        let report = match RawFile::open(path) {
            Err(error) => {
                worst = worst.max(exit::of_input(&error));
                unopened(&name, &error)
            }
            Ok(file) => match validate(&file, &reference, options, &shown) {
                Ok(report) => report,
                Err(schema::Stopped) => return Ok(ExitCode::from(exit::INTERRUPTED)),
            },
        };
        worst = worst.max(code_of(&report));
        if arguments.compat {
            if arguments.files.len() > 1 {
                terminal::say(&format!("{name}:"));
            }
            terminal::print_lines(report.texts().collect::<Vec<_>>())?;
            terminal::print_lines([format!("is_valid={}", if report.is_valid() { "True" } else { "False" })])?;
        } else if !arguments.json {
            terminal::print_lines(shown.rest(&report))?;
        }
        reports.push(report);
    }
    if arguments.json {
        let reports: Vec<Value> = reports.iter().map(Report::to_json).collect();
        terminal::print_json(&json!(reports)).context("cannot print the reports")?;
    }
    Ok(ExitCode::from(worst))
}

impl<'a> Shown<'a> {
    /// Nothing is found yet.
    fn new(reading: Reading<'a>, file: Option<&'a str>) -> Self {
        let (waiting, shown, has_begun) = Default::default();
        Self { reading, file, waiting, shown, has_begun }
    }

    /// Shows what was found in metadata, once.
    fn begin(&self) {
        let Some(file) = self.file.filter(|_| !self.has_begun.replace(true)) else { return };
        let waiting = self.waiting.take();
        let n = waiting.iter().filter(|((severity, ..), _)| *severity == Severity::Error).count();
        let mut lines = vec![file.to_owned()];
        for (cause, of_cause) in waiting {
            lines.extend(of_cause);
            self.shown.borrow_mut().insert(cause);
        }
        // What cannot be printed now cannot be later, which is told then.
        if terminal::print_lines(lines).is_ok() {
            terminal::say(&match n {
                0 => "  obs, var, uns and obsm follow the schema; matrices are read now".to_owned(),
                _ => format!("  {} in obs, var, uns and obsm; matrices are read now", causes(n)),
            });
        }
    }

    /// The report, but for what is shown already.
    fn rest(&self, report: &Report) -> Vec<String> {
        let shown = self.shown.borrow();
        let lines = lines_but(report, &|group| shown.contains(&cause_of(group)));
        // The name of the file stands over what is shown.
        lines.into_iter().skip(usize::from(self.has_begun.get())).collect()
    }
}

fn cause_of(group: &Group<'_>) -> Cause {
    (group.severity, group.rule, group.place.to_owned())
}

impl Watch for Shown<'_> {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Metadata(findings) => {
                let lines = groups(findings).iter().map(|group| (cause_of(group), group_lines(group))).collect();
                self.waiting.replace(lines);
            }
            Event::Matrix { n, .. } => {
                if n > MANY_CELLS {
                    self.begin();
                }
                self.reading.event(event);
            }
            Event::Read { .. } => self.reading.event(event),
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
    lines_but(report, &|_| false)
}

/// A report for people, without these causes.
fn lines_but(report: &Report, is_left_out: &dyn Fn(&Group<'_>) -> bool) -> Vec<String> {
    let mut lines = vec![report.file.clone()];
    if report.state == State::Unknown {
        lines.extend(report.findings.iter().map(|finding| {
            let why = finding.suggestion.as_ref().unwrap_or(&finding.text);
            format!("  cannot be read, so it was not validated: {why} [{}]", finding.rule.id())
        }));
        return lines;
    }
    lines.extend(report.note().map(|note| format!("  note: {note}")));
    let groups = report.groups();
    for group in groups.iter().filter(|group| !is_left_out(group)) {
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
    let n_more = group.findings.iter().skip(N_VALUES).map(|finding| finding.n_findings).sum::<usize>();
    if n_more > 0 {
        let all =
            if group.findings.iter().all(|finding| finding.n_findings == 1) { "each" } else { "the first thousand" };
        lines.push(format!("      and {n_more} more; --json names {all}"));
    }
    lines
}
