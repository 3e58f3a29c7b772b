//! Questions to a corpus, each with the options of the command of its name: commands and the server ask them alike.

mod answered;
mod asked;
mod compare;
mod donors;
mod expression;
mod markers;
mod rank;
mod specific;

use ::corpus::{QueryError, native::FileCorpus};
use ::expression::Ontology;
use clap::{Parser, Subcommand, ValueEnum, error::ErrorKind};
use explorer_core::de::PseudobulkError;
use percent_encoding::percent_decode_str;
use tessera::dataset::DatasetError;

pub use answered::{Answer, Answered};
pub use asked::{NoGenes, OrganismArgument, SeveralOrganisms};
pub use compare::CompareQuestion;
pub use donors::DonorsQuestion;
pub use expression::ExpressionQuestion;
pub use markers::MarkersQuestion;
pub use rank::RankQuestion;
pub use specific::SpecificQuestion;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// The corpus has none.
    #[error(transparent)]
    Query(#[from] QueryError<DatasetError>),
    /// No gene is named.
    #[error(transparent)]
    NoGenes(#[from] NoGenes),
    /// It does not say which organism is meant.
    #[error(transparent)]
    Organisms(#[from] SeveralOrganisms),
    /// Donors cannot be compared.
    #[error(transparent)]
    Donors(#[from] PseudobulkError),
}

/// Where the reason lies that a question has no answer.
#[derive(Clone, Copy, Debug)]
pub enum Reason<'a> {
    /// In the question.
    Question,
    /// In what the corpus adds up to.
    Sums,
    /// In a tile that cannot be read.
    Read(&'a DatasetError),
}

impl QuestionError {
    /// Where the reason lies.
    pub fn reason(&self) -> Reason<'_> {
        match self {
            Self::Query(
                QueryError::Organism { .. }
                | QueryError::Term { .. }
                | QueryError::NoCells { .. }
                | QueryError::Gene { .. },
            )
            | Self::NoGenes(_)
            | Self::Organisms(_)
            | Self::Donors(_) => Reason::Question,
            Self::Query(QueryError::Overflow) => Reason::Sums,
            Self::Query(QueryError::Read(error)) => Reason::Read(error),
        }
    }
}

/// A question.
pub trait Ask {
    /// What a corpus, whose cell types are of this ontology, answers of an organism. Blocks.
    ///
    /// # Errors
    /// [`QuestionError`].
    fn ask(&self, corpus: &FileCorpus, ontology: &Ontology, organism: String) -> Result<Answered, QuestionError>;
}

/// One of all questions.
#[derive(Subcommand)]
enum Question {
    Expression(ExpressionQuestion),
    Markers(MarkersQuestion),
    Compare(CompareQuestion),
    Rank(RankQuestion),
    Specific(SpecificQuestion),
    Donors(DonorsQuestion),
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// CSV, after lines of `#` that say what was asked of what.
    #[default]
    Csv,
    /// JSON: `facts` and `rows`.
    Json,
    /// Parquet.
    Parquet,
}

/// A question by the query of an address.
#[derive(Parser)]
#[command(no_binary_name = true, disable_help_flag = true, disable_help_subcommand = true)]
pub struct AddressedQuestion {
    #[command(subcommand)]
    question: Question,
    #[command(flatten)]
    organism: OrganismArgument,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = Form::Csv, global = true)]
    format: Form,
}

/// What an address asks cannot be told.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no such question.
    #[error("there is no question `{0}`; there are expression, markers, compare, rank, specific and donors")]
    Unknown(String),
    /// An option is wrong.
    #[error("{0}")]
    Option(String),
}

impl AddressedQuestion {
    /// The question of this name with the options of a query without its `?`: `genes=LYZ&filter=sex%3DPATO:0000383` is
    /// `--genes LYZ --filter sex=PATO:0000383`. Options without a value have none, or `true`.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(name: &str, query: &str) -> Result<Self, AddressError> {
        if !Question::has_subcommand(name) {
            return Err(AddressError::Unknown(name.to_owned()));
        }
        let mut arguments = vec![name.to_owned()];
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (option, value) = pair.split_once('=').unwrap_or((pair, "true"));
            let value = percent_decode_str(&value.replace('+', " ")).decode_utf8().map(std::borrow::Cow::into_owned);
            let value = value.map_err(|_| AddressError::Option(format!("the value of `{option}` is not UTF-8")))?;
            let is_name = option.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            if !is_name || option.starts_with('-') {
                return Err(AddressError::Option(format!("there is no option `{option}`")));
            }
            match (is_flag(name, option), value.as_str()) {
                (true, "true") => arguments.push(format!("--{option}")),
                (true, "false") => {}
                (true, _) => return Err(AddressError::Option(format!("`{option}` takes no value but true and false"))),
                (false, _) => arguments.push(format!("--{option}={value}")),
            }
        }
        Self::try_parse_from(arguments).map_err(|error| AddressError::Option(told(&error)))
    }

    /// How the answer is written.
    pub fn form(&self) -> Form {
        self.format
    }

    /// What a corpus, whose cell types are of this ontology, answers. Blocks.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn ask(&self, corpus: &FileCorpus, ontology: &Ontology) -> Result<Answered, QuestionError> {
        let organism = self.organism.of(corpus.manifest())?;
        match &self.question {
            Question::Expression(question) => question.ask(corpus, ontology, organism),
            Question::Markers(question) => question.ask(corpus, ontology, organism),
            Question::Compare(question) => question.ask(corpus, ontology, organism),
            Question::Rank(question) => question.ask(corpus, ontology, organism),
            Question::Specific(question) => question.ask(corpus, ontology, organism),
            Question::Donors(question) => question.ask(corpus, ontology, organism),
        }
    }
}

/// Whether an option of a question takes no value.
fn is_flag(question: &str, option: &str) -> bool {
    let command = <AddressedQuestion as clap::CommandFactory>::command();
    let arguments = command.find_subcommand(question).into_iter().flat_map(clap::Command::get_arguments);
    let mut named = arguments.filter(|argument| argument.get_long() == Some(option));
    named.any(|argument| !argument.get_action().takes_values())
}

/// What is wrong, in one line and without what is for terminals.
fn told(error: &clap::Error) -> String {
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first).trim_end_matches(':');
    match error.kind() {
        // What is missing, or what there is, stands below.
        ErrorKind::MissingRequiredArgument | ErrorKind::InvalidValue => {
            let rest: Vec<&str> = lines.take_while(|line| line.starts_with(['-', '<', '['])).collect();
            format!("{first} {}", rest.join(" "))
        }
        _ => first.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str, query: &str) -> String {
        AddressedQuestion::parse(name, query).err().unwrap().to_string()
    }

    #[test]
    fn addresses_have_the_options_of_commands() {
        let asked =
            AddressedQuestion::parse("expression", "genes=LYZ,CD3D&filter=sex%3DA,B&collapsed&format=json").unwrap();
        assert_eq!(asked.form(), Form::Json);
        let Question::Expression(question) = asked.question else { panic!("another question") };
        assert!(question.is_collapsed());
        for flag in ["collapsed=true", "collapsed=false", "collapsed"] {
            assert!(AddressedQuestion::parse("expression", &format!("genes=LYZ&{flag}")).is_ok(), "{flag}");
        }
        assert_eq!(AddressedQuestion::parse("rank", "genes=a+b&organism=NCBITaxon:9606").unwrap().form(), Form::Csv);
    }

    #[test]
    fn what_is_wrong_with_an_address_is_told_in_a_line() {
        assert!(refused("nothing", "").contains("there are expression, markers"));
        assert!(refused("help", "").contains("there is no question"));
        let missing = refused("rank", "");
        assert!(missing.contains("required") && missing.contains("--genes"), "{missing}");
        let wrong = refused("rank", "genes=LYZ&by=size");
        assert!(wrong.contains("size") && wrong.contains("mean") && !wrong.contains('\n'), "{wrong}");
        assert!(refused("rank", "genes=LYZ&colour=1").contains("--colour"));
        assert!(refused("rank", "genes=LYZ&-x=1").contains("no option"));
        assert!(refused("rank", "genes=%ff").contains("not UTF-8"));
        assert!(refused("compare", "group=cell_type%3DCL:1&donors=3").contains("true and false"));
        assert!(refused("rank", "genes=LYZ&filter=colour%3Dred").contains("colour"));
        assert!(refused("rank", "help").contains("--help"));
    }
}
