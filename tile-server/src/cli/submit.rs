//! `tile-server submit`: AnnData files that are put into a folder become datasets of a collection, once they follow the
//! schema.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use builder::{
    Progress,
    native::{self, Existing, InputStamp},
};
use clap::Args;
use schema::Report;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared_fbs::api::PAGE_ROUTE;
use tile_server::catalog::{COLLECTION, Collection, id_of, ids};

use super::{
    aside, build, exit,
    label::{Labeled, label},
    progress::TerminalProgress,
    revised::{code_of, is_unread},
    terminal, validate,
};

/// How often the folder is looked at, and how long a file must stay as it is before it is taken.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// Where files are written until they are whole, in the collection.
const WORK: &str = ".tessera-submissions";

/// How the answer to a file ends that is for programs, and for the next run.
const ANSWER: &str = ".submission.json";

/// How the answer for people ends.
const ANSWER_TEXT: &str = ".submission.txt";

/// The arguments of `tile-server submit`.
#[derive(Args)]
#[command(after_help = "\
Each .h5ad file in the folder is held against the CELLxGENE schema. One that follows it gets its labels, as by
`tile-server label`, and its dataset is built in the collection, under the name of the file (letters, digits, `-`, `_`, `.`); one that does not stays as it
is. Either way NAME.h5ad.submission.txt beside the file tells what became of it, and NAME.h5ad.submission.json tells
programs. A file that changes is taken again, and its dataset replaced.

The collection is made where there is none, and is private: `tile-server serve` lists none of its datasets, and shows them
to whoever knows their addresses. They are published by `visibility = \"public\"` in its collection.toml; what is submitted
after that is public at once, which is warned of.

Exit codes with --once: 0 every file is in the collection, 5 a file does not follow the schema, 3 a file cannot be read,
4 something cannot be written.")]
pub struct Arguments {
    /// The folder that files are put into, or one file
    #[arg(value_name = "INBOX")]
    inbox: PathBuf,
    /// The folder of the collection
    #[arg(long, value_name = "COLLECTION")]
    to: PathBuf,
    /// Take what is there now and end; without it the folder is watched until Ctrl-C
    #[arg(long)]
    once: bool,
    /// The datasets are before analysis: no cell types, embeddings optional
    #[arg(long)]
    pre_analysis: bool,
    /// Say nothing about progress
    #[arg(long, short)]
    quiet: bool,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// Its dataset is in the collection.
    Taken,
    /// It does not follow the schema.
    Refused,
    /// It could not be read, or something could not be written.
    Failed,
}

/// The answer to a file, kept beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Answer {
    outcome: Outcome,
    /// The state of the file that it is about.
    stamp: String,
    /// The directory of its dataset in the collection, that of an earlier state as well.
    dataset: Option<String>,
    /// What to know, in a sentence.
    message: String,
    /// The report of the validation, as `tile-server validate --json` has it.
    report: Option<Value>,
    /// The exit code of a run over this file alone.
    code: u8,
    /// The report for people.
    #[serde(skip)]
    lines: Vec<String>,
}

/// A collection that files are submitted to; nobody else submits to it meanwhile.
struct Target<'a> {
    directory: &'a Path,
    /// An empty directory to write to.
    work: PathBuf,
    _lock: File,
}

/// Takes the files.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let progress = TerminalProgress::new(arguments.quiet)?;
    let target = Target::open(&arguments.to)?;
    if target.is_public() {
        let text = "warning: the collection is public, so that everybody sees at once what comes to it";
        terminal::say(&format!("{text}; `visibility = \"private\"` in its {COLLECTION} keeps it out of lists"));
    }
    if !arguments.once {
        let (inbox, to) = (arguments.inbox.display(), arguments.to.display());
        terminal::say(&format!("files in {inbox} go to {to}; press Ctrl-C to stop"));
    }
    let mut worst = 0;
    let mut seen: BTreeMap<PathBuf, String> = BTreeMap::new();
    let mut answered: BTreeMap<PathBuf, String> = BTreeMap::new();
    loop {
        let found = files(&arguments.inbox).with_context(|| format!("cannot list {}", arguments.inbox.display()))?;
        let now: BTreeMap<PathBuf, String> = found
            .into_iter()
            .filter_map(|path| InputStamp::settled(&path).ok().map(|stamp| (path, stamp.to_string())))
            .collect();
        for (path, stamp) in &now {
            let is_settled = arguments.once || seen.get(path) == Some(stamp);
            if !is_settled || answered.get(path) == Some(stamp) {
                continue;
            }
            answered.insert(path.clone(), stamp.clone());
            let before = answer_to(path);
            // What failed may go well in another run: there is room now, or the name is free.
            let stands = |before: &&Answer| before.stamp == *stamp && before.outcome != Outcome::Failed;
            if let Some(before) = before.as_ref().filter(stands) {
                worst = worst.max(before.code);
                continue;
            }
            let Some(answer) = target.take(path, stamp, before.as_ref(), arguments.pre_analysis, &progress) else {
                return Ok(ExitCode::from(exit::INTERRUPTED));
            };
            worst = worst.max(answer.code);
            answer.tell(path)?;
        }
        if arguments.once {
            return Ok(ExitCode::from(worst));
        }
        seen = now;
        thread::sleep(BETWEEN_LOOKS);
        if progress.is_stopped() {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

/// The `.h5ad` files of a folder, in order, or the one file.
fn files(inbox: &Path) -> io::Result<Vec<PathBuf>> {
    if inbox.is_file() {
        return Ok(vec![inbox.to_owned()]);
    }
    let entries = fs::read_dir(inbox)?.filter_map(Result::ok);
    let is_meant = |path: &PathBuf| {
        let is_hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        !is_hidden && path.extension().is_some_and(|extension| extension == "h5ad") && path.is_file()
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_meant).collect();
    files.sort();
    Ok(files)
}

/// The file beside another, whose name goes on.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The name of a file as files that are offered may be called, without its ending.
fn plain_name(path: &Path) -> String {
    let is_kept = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    ids::name_of(path).chars().map(|c| if is_kept(c) { c } else { '-' }).collect()
}

/// A text of printable characters as TOML has it, which is as JSON has it.
fn quoted(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// The answer that a file got before, whatever its state was then.
fn answer_to(path: &Path) -> Option<Answer> {
    serde_json::from_slice(&fs::read(beside(path, ANSWER)).ok()?).ok()
}

impl Answer {
    /// Writes the answer beside the file, and says it.
    fn tell(&self, path: &Path) -> Result<()> {
        let text = format!("{}\n{}\n", self.message, self.lines.join("\n"));
        for (ending, text) in [(ANSWER_TEXT, text), (ANSWER, serde_json::to_string_pretty(self)? + "\n")] {
            let beside = beside(path, ending);
            aside::write(&beside, &text).with_context(|| format!("{} cannot be written", beside.display()))?;
        }
        terminal::say(&format!("{}: {}", path.display(), self.message));
        Ok(())
    }
}

impl<'a> Target<'a> {
    /// Makes the collection where there is none.
    fn open(directory: &'a Path) -> Result<Self> {
        let unwritten = || format!("{} cannot be written", directory.display());
        let work = directory.join(WORK);
        fs::create_dir_all(&work).with_context(unwritten)?;
        let lock = File::create(work.join("lock")).with_context(unwritten)?;
        if lock.try_lock().is_err() {
            bail!("another `tile-server submit` works on {}; stop it first", directory.display());
        }
        if Collection::read(directory)?.is_none() {
            let title = ids::name_of(directory);
            let mut secret = [0; 16];
            getrandom::fill(&mut secret).context("the system gives no random numbers")?;
            let id: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
            let text = format!("title = {}\nid = \"{id}\"\nvisibility = \"private\"\n", quoted(&title));
            aside::write(&directory.join(COLLECTION), &text).with_context(unwritten)?;
        }
        Ok(Self { directory, work, _lock: lock })
    }

    /// Whether the collection was published: what comes to it is seen at once.
    fn is_public(&self) -> bool {
        let collection = Collection::read(self.directory).ok().flatten();
        collection.is_some_and(|collection| !collection.is_private())
    }

    /// Takes a file; `None` where that was stopped.
    fn take(
        &self,
        path: &Path,
        stamp: &str,
        before: Option<&Answer>,
        pre_analysis: bool,
        progress: &dyn Progress,
    ) -> Option<Answer> {
        let earlier = before.and_then(|before| before.dataset.clone());
        let mut built = earlier.clone();
        let listed = self.listed(path, &mut built, pre_analysis, progress);
        let answer = |outcome, message, code| Answer {
            outcome,
            stamp: stamp.to_owned(),
            dataset: built.clone(),
            message,
            report: None,
            code,
            lines: Vec::new(),
        };
        let with_report = |report: Report, answer: Answer| Answer {
            lines: validate::lines(&report),
            report: Some(report.to_json()),
            ..answer
        };
        match listed {
            Ok(Ok((id, report))) => {
                let seen = if self.is_public() { ", which is public: everybody sees it" } else { "" };
                let message = format!("it is in the collection{seen}, at {PAGE_ROUTE}/{id}");
                Some(with_report(report, answer(Outcome::Taken, message, 0)))
            }
            Ok(Err(report)) => {
                let stays = if earlier.is_some() { "; its dataset is that of its last valid state" } else { "" };
                let (outcome, what) = match is_unread(&report) {
                    true => (Outcome::Failed, "it cannot be read".to_owned()),
                    false => (Outcome::Refused, format!("it does not follow schema {}", schema::VERSION)),
                };
                let code = code_of(&report);
                Some(with_report(report, answer(outcome, format!("{what}{stays}"), code)))
            }
            Err(error) if exit::code(&error) == exit::INTERRUPTED => None,
            Err(error) => Some(answer(Outcome::Failed, exit::message(&error), exit::code(&error))),
        }
    }

    /// Labels a file, builds its dataset, and puts both into the collection: the id of the dataset, or the report alone
    /// where the file does not follow the schema. `built` is the directory of the dataset that was built of it, before or
    /// now.
    fn listed(
        &self,
        path: &Path,
        built: &mut Option<String>,
        pre_analysis: bool,
        progress: &dyn Progress,
    ) -> Result<Result<(String, Report), Report>> {
        // What cannot be read does not come to light after minutes of work.
        Collection::read(self.directory)?;
        let name = plain_name(path);
        let [dataset, file] = [name.clone(), format!("{name}.h5ad")].map(|name| self.directory.join(name));
        let existing = if *built == Some(name.clone()) { Existing::Replace } else { Existing::Keep };
        native::checked_place::<native::DatasetKind>(&dataset, existing)
            .context("a dataset of this name is there that was not built of this file; give the file another name")?;
        if existing == Existing::Keep && fs::symlink_metadata(&file).is_ok() {
            bail!("{} is there and does not come of this file; give the file another name", file.display());
        }
        let labeled = self.work.join(format!("{name}.h5ad"));
        // What a run left that was killed.
        let _ = fs::remove_file(&labeled);
        let report = match label(path, &labeled, pre_analysis, progress)? {
            Labeled::Written { report, .. } => report,
            Labeled::Refused(report) => return Ok(Err(report)),
        };
        let options = builder::Options {
            allow_no_embedding: pre_analysis,
            schema: Some(build::verdict_of(&report)),
            ..builder::Options::default()
        };
        native::build(&labeled, &dataset, existing, &options, progress)?;
        *built = Some(name.clone());
        fs::rename(&labeled, &file).with_context(|| format!("{} cannot be written", file.display()))?;
        self.offer(&name)?;
        let collection = Collection::read(self.directory)?;
        Ok(Ok((id_of(&dataset, collection.as_ref()), report)))
    }

    /// Says in `collection.toml` that a dataset's file may be downloaded, unless the file says something of it.
    fn offer(&self, name: &str) -> Result<()> {
        let path = self.directory.join(COLLECTION);
        let Some(collection) = Collection::read(self.directory)? else { return Ok(()) };
        if collection.datasets.contains_key(name) {
            return Ok(());
        }
        let before = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let key = quoted(name);
        let file = quoted(&format!("{name}.h5ad"));
        let text = format!("{}\n\n[datasets.{key}]\nfile = {file}\n", before.trim_end());
        // A table that was written in one line takes no more.
        if Collection::parse(&text, &ids::name_of(self.directory)).is_err() {
            terminal::say(&format!("{}: say `file = {file}` of {key} to offer it for download", path.display()));
            return Ok(());
        }
        aside::write(&path, &text).with_context(|| format!("{} cannot be written", path.display()))
    }
}
