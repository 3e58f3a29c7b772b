//! Commands that ask a corpus: where it lies, and where the answer goes.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use corpus::native::{self, FileCorpus};
use shared_fbs::path::CORPUS;
use tile_server::questions::{Ask, Form, OrganismArgument, QuestionError};

use super::super::{
    dataset_argument::corpus_at,
    output::{ANSWER, Output},
    remote_inputs::{self, DATASET_PLACES, RemoteArguments},
    serve::place_of,
    terminal,
};

/// The arguments of a command that asks this.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments<Q: Args> {
    /// The directory of a corpus or of a summary, or its place on another host
    #[arg(value_name = "CORPUS")]
    place: PathBuf,
    #[command(flatten)]
    organism: OrganismArgument,
    #[command(flatten)]
    remote: RemoteArguments,
    #[command(flatten)]
    question: Q,
    /// Where the table goes: as CSV, or by the ending of its name as JSON or Parquet; - is standard output. A file that is
    /// there is replaced [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print JSON instead of CSV
    #[arg(long, conflicts_with = "out")]
    json: bool,
}

/// Asks and writes the answer.
pub fn run<Q: Args + Ask>(arguments: &Arguments<Q>) -> Result<ExitCode> {
    let output = Output::new(arguments.out.as_deref(), ANSWER, [arguments.place.as_path()])?;
    let corpus = arguments.open()?;
    let organism = arguments.organism.of(corpus.manifest()).map_err(QuestionError::from)?;
    let answered = arguments.question.ask(&corpus, &corpus::ontology(corpus.manifest()), organism)?;
    for caution in &answered.cautions {
        terminal::say(&format!("warning: {caution}"));
    }
    let answer = &answered.answer;
    let form = answer.form(match output.ending().as_deref() {
        Some("parquet") => Form::Parquet,
        Some("json") => Form::Json,
        _ if arguments.json => Form::Json,
        _ => Form::Csv,
    });
    match form {
        Form::Json if arguments.out.is_none() => terminal::print_json(&answer.json())?,
        Form::Csv | Form::Json => output.write(&String::from_utf8_lossy(&answer.written(form)?))?,
        Form::Parquet => output.write_bytes(&answer.written(form)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

impl<Q: Args> Arguments<Q> {
    fn open(&self) -> Result<FileCorpus> {
        let Some(text) = place_of(&self.place) else { return Ok(native::open(&self.place)?) };
        Ok(corpus_at(remote_inputs::folder_with(text, CORPUS, &self.remote.stores()?)?)?.0)
    }
}
