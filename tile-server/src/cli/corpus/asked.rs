//! What commands that ask a corpus have in common: the corpus, the organism, filters, and where the answer goes.

use std::{collections::BTreeSet, path::PathBuf};

use anyhow::Result;
use clap::Args;
use corpus::{
    AnswerTable, Column, Dimension, Filters, Manifest,
    native::{self, FileCorpus, to_parquet},
};
use expression::Ontology;
use serde_json::{Map, Value};
use shared_fbs::path::CORPUS;

use super::super::{
    dataset_argument::corpus_at,
    lists,
    output::{ANSWER, Output},
    remote_inputs::{self, RemoteArguments},
    serve::place_of,
    terminal,
};

/// A corpus.
#[derive(Args)]
pub struct CorpusArgument {
    /// The directory of a corpus or of a summary, or its place on another host
    #[arg(value_name = "CORPUS")]
    place: PathBuf,
    /// The id of the organism [default: the only one]
    #[arg(long, value_name = "ID")]
    organism: Option<String>,
    #[command(flatten)]
    remote: RemoteArguments,
}

/// Where an answer goes.
#[derive(Args)]
pub struct AnswerOut {
    /// Where the table goes: as CSV, or by the ending of its name as JSON or Parquet; - is standard output. A file that is
    /// there is replaced [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print JSON instead of CSV
    #[arg(long, conflicts_with = "out")]
    json: bool,
}

/// There is no telling which organism is meant.
#[derive(Debug, thiserror::Error)]
#[error("the corpus has cells of {0}: name one by --organism")]
pub struct SeveralOrganisms(String);

/// A list has no gene.
#[derive(Debug, thiserror::Error)]
#[error("--genes names no gene: give ids or symbols, with commas between them")]
pub struct NoGenes;

/// A dimension, by its name.
pub fn dimension(text: &str) -> Result<Dimension, String> {
    text.parse().map_err(|error: corpus::UnknownDimension| error.to_string())
}

/// A filter, as DIMENSION=IDS.
pub fn filter(text: &str) -> Result<(Dimension, String), String> {
    let (name, ids) = text.split_once('=').ok_or("it takes DIMENSION=IDS")?;
    if names(&[ids.to_owned()]).is_empty() {
        return Err(format!("it names no {name}: write {name}=ID,ID"));
    }
    Ok((dimension(name)?, ids.to_owned()))
}

/// The genes of lists with commas between them.
///
/// # Errors
/// [`NoGenes`].
pub fn genes(lists: &[String]) -> Result<Vec<String>, NoGenes> {
    let genes = names(lists);
    if genes.is_empty() && !lists.is_empty() { Err(NoGenes) } else { Ok(genes) }
}

/// Names of lists with commas between them.
pub fn names(lists: &[String]) -> Vec<String> {
    lists::names(lists, |_| false)
}

/// Filters as arguments have them: of one dimension the ids of all are taken together.
pub fn filters(arguments: &[(Dimension, String)]) -> Filters {
    let mut filters = Filters::new();
    for (dimension, list) in arguments {
        filters.entry(*dimension).or_default().extend(names(std::slice::from_ref(list)));
    }
    filters
}

/// Says which names of genes are those of no dataset.
pub fn warn_of_unknown(names: &[String], organism: &str) {
    for name in names {
        terminal::say(&format!("warning: no dataset has a gene `{name}` of {organism}"));
    }
}

impl CorpusArgument {
    /// The corpus, and the ontology of its cell types.
    ///
    /// # Errors
    /// When there is none, or its manifest cannot be read.
    pub fn open(&self) -> Result<(FileCorpus, Ontology)> {
        let corpus = match place_of(&self.place) {
            None => native::open(&self.place)?,
            Some(text) => corpus_at(remote_inputs::folder_with(text, CORPUS, &self.remote.stores()?)?)?.0,
        };
        let ontology = corpus::ontology(corpus.manifest());
        Ok((corpus, ontology))
    }

    /// The organism that is asked about.
    ///
    /// # Errors
    /// [`SeveralOrganisms`] where none is named of several.
    pub fn organism(&self, manifest: &Manifest) -> Result<String, SeveralOrganisms> {
        let organisms: BTreeSet<&str> = manifest.parts.iter().map(|part| part.organism.as_str()).collect();
        match (&self.organism, organisms.first(), organisms.len()) {
            (Some(organism), ..) => Ok(organism.clone()),
            (None, Some(only), 1) => Ok((*only).to_owned()),
            (None, ..) => Err(SeveralOrganisms(organisms.into_iter().collect::<Vec<_>>().join(", "))),
        }
    }

    /// Where the answer goes, once that is known to be possible.
    ///
    /// # Errors
    /// When it is not.
    pub fn output<'a>(&self, out: &'a AnswerOut) -> Result<AnswerOutput<'a>> {
        let output = Output::new(out.out.as_deref(), ANSWER, [self.place.as_path()])?;
        Ok(AnswerOutput { output, is_json: out.json })
    }
}

/// Where an answer goes, and how.
pub struct AnswerOutput<'a> {
    output: Output<'a>,
    is_json: bool,
}

impl AnswerOutput<'_> {
    /// Writes an answer.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(self, table: &AnswerTable) -> Result<()> {
        match self.output.ending().as_deref() {
            Some("parquet") => self.output.write_bytes(&to_parquet(table)?),
            Some("json") => self.output.write(&format!("{:#}\n", to_json(table))),
            _ if self.is_json => Ok(terminal::print_json(&to_json(table))?),
            _ => self.output.write(&table.to_csv()),
        }
    }
}

/// `facts` by name, and `rows`, each with its columns by name; what has no value is null.
fn to_json(table: &AnswerTable) -> Value {
    let cell = |column: &Column, row: usize| match column {
        Column::Texts(texts) => Value::from(texts[row].clone()),
        Column::Integers(numbers) => Value::from(numbers[row]),
        Column::Numbers(numbers) if numbers[row].is_nan() => Value::Null,
        // JSON has no number for it.
        Column::Numbers(numbers) if numbers[row].is_infinite() => Value::from(numbers[row].to_string()),
        Column::Numbers(numbers) => Value::from(numbers[row]),
    };
    let row = |row: usize| -> Value {
        let cells = table.columns.iter().map(|(name, column)| (name.clone(), cell(column, row)));
        Value::Object(cells.collect::<Map<_, _>>())
    };
    let facts: Map<String, Value> =
        table.facts.iter().map(|(name, text)| (name.clone(), Value::from(text.clone()))).collect();
    serde_json::json!({ "facts": facts, "rows": (0..table.len()).map(row).collect::<Vec<_>>() })
}
