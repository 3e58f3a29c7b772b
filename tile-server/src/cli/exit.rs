//! What becomes of an error: its message, and the exit code that says what kind it is.

use std::io;

use anyhow::Error;
use builder::BuildError;
use corpus::{
    build::SummaryError,
    native::{MergeError, OpenError, ParquetFileError, SummaryFileError},
};
use explorer_core::de::PseudobulkError;
use fragments::FragmentError;
use h5ad::{H5adError, WriteError};
use remote_files::{PlaceError, RemoteError};
use tessera::{compare::CompareError, dataset::DatasetError, markers::MarkersError};
use tile_server::{
    questions::{QuestionError, Reason},
    serve::ServeError,
};
use value_filter::FilterError;

use super::{
    annotate::AnnotateError,
    cache::NoPlace,
    cells::CellsError,
    check::{NoAddress, Unreachable},
    composition::TooManyShares,
    correlate::NoNumbers,
    de::UsageError,
    enrich::SetsError,
    export::{Damaged, NoPage, Unfetched},
    output::OutputError,
    plot::NoPlot,
    serve::{NothingToServe, Unreadable},
};

/// The exit codes, as `--help` tells them.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  something else went wrong
  2  the command line is wrong
  3  the input is wrong: not AnnData, broken, or lacking what is needed
  4  a file cannot be read or written, or a host not be reached
  5  verify found damage, check something to mend, or validate, label, mend or fragments a file that does not follow the
     schema
  130  interrupted";

const OTHER: u8 = 1;
const USAGE: u8 = 2;

/// The exit code where the input is not what it should be.
pub const INPUT: u8 = 3;

const FILE: u8 = 4;

/// The exit code of a command that found damage.
pub const DAMAGE: u8 = 5;

/// The exit code of a command that a signal ended.
pub const INTERRUPTED: u8 = 130;

/// The error and what lies behind it, each part once.
pub fn message(error: &Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

/// The exit code of a command that ended with this error.
pub fn code(error: &Error) -> u8 {
    if let Some(error) = error.downcast_ref() {
        return of_build(error);
    }
    if let Some(error) = error.downcast_ref() {
        return of_dataset(error);
    }
    if let Some(error) = error.downcast_ref() {
        return of_comparison(error);
    }
    if let Some(error) = error.downcast_ref() {
        return match error {
            MarkersError::NoMoments { .. } | MarkersError::NoSamples(_) | MarkersError::Pseudobulk(_) => USAGE,
            MarkersError::Compare(error) => of_comparison(error),
        };
    }
    if let Some(error) = error.downcast_ref() {
        return of_server(error);
    }
    if let Some(error) = error.downcast_ref() {
        return match error {
            AnnotateError::Taken { .. } | AnnotateError::Name(_) => USAGE,
            AnnotateError::Labels { .. } | AnnotateError::Form { .. } => INPUT,
            AnnotateError::ReadBack(_) => OTHER,
        };
    }
    if let Some(error) = error.downcast_ref() {
        return of_input(error);
    }
    if let Some(error) = error.downcast_ref() {
        return match error {
            WriteError::Read(error) => of_input(error),
            WriteError::Name { .. } => USAGE,
            WriteError::Column { .. } | WriteError::Form { .. } | WriteError::NoRoom(_) => INPUT,
            WriteError::Io(_) => FILE,
        };
    }
    if error.is::<UsageError>() || error.is::<CellsError>() || error.is::<NoPage>() || error.is::<NoAddress>() {
        return USAGE;
    }
    if error.is::<NoPlot>() || error.is::<TooManyShares>() || error.is::<NoNumbers>() || error.is::<OutputError>() {
        return USAGE;
    }
    if error.is::<PlaceError>() || error.is::<FilterError>() {
        return USAGE;
    }
    if error.is::<NoPlace>() || error.is::<Unreachable>() || error.is::<Unfetched>() || error.is::<RemoteError>() {
        return FILE;
    }
    if error.is::<SetsError>() || error.is::<NothingToServe>() || error.is::<Unreadable>() || error.is::<Damaged>() {
        return INPUT;
    }
    if error.is::<FragmentError>() {
        return FILE;
    }
    if let Some(error) = error.downcast_ref() {
        return match error {
            SummaryFileError::Summary(error) => of_summary(error),
            SummaryFileError::Parquet(error) => of_parquet(error),
            SummaryFileError::Open(error) => of_corpus(error),
            SummaryFileError::Build(error) => of_build(error),
        };
    }
    if let Some(error) = error.downcast_ref() {
        return of_summary(error);
    }
    if error.is::<PseudobulkError>() {
        return USAGE;
    }
    if let Some(error) = error.downcast_ref() {
        return of_merge(error);
    }
    if let Some(error) = error.downcast_ref() {
        return of_parquet(error);
    }
    if let Some(error) = error.downcast_ref() {
        return of_corpus(error);
    }
    if let Some(error) = error.downcast_ref() {
        return of_question(error);
    }
    if error.is::<io::Error>() { FILE } else { OTHER }
}

fn of_question(error: &QuestionError) -> u8 {
    match error.reason() {
        Reason::Question => USAGE,
        Reason::Sums => INPUT,
        Reason::Read(error) => of_dataset(error),
    }
}

fn of_build(error: &BuildError) -> u8 {
    match error {
        BuildError::Input(H5adError::Io { .. }) | BuildError::InputChanged { .. } | BuildError::Output { .. } => FILE,
        BuildError::Input(H5adError::Modality { .. })
        | BuildError::OutputExists { .. }
        | BuildError::OutputIsForeign { .. }
        | BuildError::NoSuchColumn { .. }
        | BuildError::NoSuchSymbols { .. } => USAGE,
        BuildError::Interrupted => INTERRUPTED,
        BuildError::Input(_)
        | BuildError::NoCells { .. }
        | BuildError::NoEmbedding { .. }
        | BuildError::TooLarge { .. } => INPUT,
    }
}

fn of_summary(error: &SummaryError) -> u8 {
    match error {
        SummaryError::Input(error) => of_input(error),
        SummaryError::Build(error) => of_build(error),
        SummaryError::Read { .. } => FILE,
        SummaryError::NoColumn { .. }
        | SummaryError::NoSuchColumn { .. }
        | SummaryError::NoPrimary
        | SummaryError::Organism { .. } => USAGE,
        SummaryError::NoCounts { .. }
        | SummaryError::NoCount { .. }
        | SummaryError::DuplicateGene(_)
        | SummaryError::UnnamedGenes { .. }
        | SummaryError::NoLengths { .. }
        | SummaryError::NoCells { .. } => INPUT,
    }
}

fn of_merge(error: &MergeError) -> u8 {
    match error {
        MergeError::Open(error) => of_corpus(error),
        MergeError::Dataset(error) => of_dataset(error),
        MergeError::Build(error) => of_build(error),
        MergeError::Parquet(error) => of_parquet(error),
        MergeError::Profiles { .. }
        | MergeError::Twice { .. }
        | MergeError::SameContent { .. }
        | MergeError::Values { .. }
        | MergeError::Damaged(_) => INPUT,
        MergeError::Busy(_) | MergeError::Pack { .. } => FILE,
        MergeError::NoSource { .. } | MergeError::Last(_) => USAGE,
    }
}

fn of_parquet(error: &ParquetFileError) -> u8 {
    match error {
        ParquetFileError::Dataset(error) => of_dataset(error),
        ParquetFileError::Build(error) => of_build(error),
        ParquetFileError::File { .. } | ParquetFileError::Collision(..) => INPUT,
    }
}

fn of_corpus(error: &OpenError) -> u8 {
    match error {
        OpenError::NoManifest { .. } => FILE,
        OpenError::Manifest { .. } => INPUT,
        OpenError::Dataset(error) => of_dataset(error),
    }
}

/// The exit code of a file that cannot be read.
pub fn of_input(error: &H5adError) -> u8 {
    match error {
        H5adError::Io { .. } => FILE,
        H5adError::Modality { .. } => USAGE,
        _ => INPUT,
    }
}

fn of_dataset(error: &DatasetError) -> u8 {
    match error {
        DatasetError::NoManifest { .. } | DatasetError::LongManifest { .. } | DatasetError::Read { .. } => FILE,
        DatasetError::Manifest { .. }
        | DatasetError::NoTile(_)
        | DatasetError::Tile { .. }
        | DatasetError::Content(_) => INPUT,
        DatasetError::Stopped => INTERRUPTED,
    }
}

fn of_comparison(error: &CompareError) -> u8 {
    match error {
        CompareError::Dataset(error) => of_dataset(error),
        CompareError::Moments { .. } => INPUT,
        CompareError::Stopped => INTERRUPTED,
    }
}

fn of_server(error: &ServeError) -> u8 {
    match error {
        ServeError::DatasetId { .. }
        | ServeError::DuplicateCorpus { .. }
        | ServeError::DuplicateDataset { .. }
        | ServeError::CorsOrigin { .. }
        | ServeError::Origin { .. }
        | ServeError::AllowedHost { .. }
        | ServeError::BasePath { .. }
        | ServeError::FrameAncestors { .. } => USAGE,
        ServeError::Dataset { .. } => INPUT,
        ServeError::Corpus { .. } | ServeError::FrontEnd { .. } | ServeError::Announce(_) => FILE,
        ServeError::Bind { .. } | ServeError::Threads(_) | ServeError::Signal(_) => OTHER,
    }
}
