//! The command line.

mod annotate;
mod aside;
mod build;
mod cache;
mod cells;
mod check;
mod composition;
mod corpus;
mod correlate;
mod dataset_argument;
mod de;
mod describe;
mod enrich;
mod exit;
mod export;
mod fragments;
mod inspect;
mod inspect_corpus;
mod label;
mod markers;
mod mend;
mod output;
mod plot;
mod progress;
mod remote_inputs;
mod revised;
mod score;
mod serve;
mod slice;
mod submit;
mod subset;
mod summarize;
mod terminal;
mod validate;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tile_server::questions::ExpressionQuestion;
use value_filter::FilterError;

/// Tessera: single-cell datasets as tiles, and the Explorer that shows them
#[derive(Parser)]
#[command(version, after_help = exit::EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build a dataset directory from an AnnData file
    Build(build::Arguments),
    /// Serve datasets and the Explorer; AnnData files are built into a cache first
    Serve(serve::Arguments),
    /// Write a static site of datasets and the Explorer, for any host of plain files
    Export(export::Arguments),
    /// Try a host of a site or a dataset, and say what to mend
    Check(check::Arguments),
    /// Say what a dataset holds
    Inspect(inspect::Arguments),
    /// Check every tile of a dataset
    Verify(verify::Arguments),
    /// Compare the expression of two sets of cells and write a table
    De(de::Arguments),
    /// Find the markers of every label of a column and write a table
    Markers(markers::Arguments),
    /// Say what some cells are: their labels, markers, and the labels they are like
    Describe(describe::Arguments),
    /// Test whether sets of genes stand out in a comparison and write a table
    Enrich(enrich::Arguments),
    /// Count what the cells of each group are made of, test whether that differs, and write a table
    Composition(composition::Arguments),
    /// Correlate all genes with a gene or a column of numbers and write a table
    Correlate(correlate::Arguments),
    /// Score every cell by sets of genes and write a table
    Score(score::Arguments),
    /// Plot cells by group: dots, matrix, violins, ridges or bars, as a picture or as numbers
    #[command(visible_alias = "dotplot")]
    Plot(plot::Arguments),
    /// Write a copy of an AnnData file with columns of labels from a CSV file
    Annotate(annotate::Arguments),
    /// Check a file of ATAC fragments against its cells, and write it sorted with an index
    Fragments(fragments::Arguments),
    /// Write some cells of a dataset, by labels or a list, as an AnnData file
    Subset(subset::Arguments),
    /// Write the cells of a dataset that pass a filter as an AnnData file
    Slice(slice::Arguments),
    /// Sum up a dataset by gene and group of cells, for a corpus
    Summarize(summarize::Arguments),
    /// Make a corpus of summaries, add to it or remove from it
    Corpus(corpus::Arguments),
    /// Say how genes are expressed in the cell types of the tissues of a corpus
    Expression(corpus::ask::Arguments<ExpressionQuestion>),
    /// Hold AnnData files against the CELLxGENE schema
    Validate(validate::Arguments),
    /// Write a copy of an AnnData file with the labels of the CELLxGENE schema
    Label(label::Arguments),
    /// Write a copy of an AnnData file with what needs no decision changed to fit the CELLxGENE schema
    Mend(mend::Arguments),
    /// Take AnnData files that are put into a folder into a private collection, once they follow the CELLxGENE schema
    Submit(submit::Arguments),
}

/// Runs the command that was asked for.
pub fn run() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Build(arguments) => build::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::De(arguments) => de::run(&arguments),
        Command::Markers(arguments) => markers::run(&arguments),
        Command::Describe(arguments) => describe::run(&arguments),
        Command::Enrich(arguments) => enrich::run(&arguments),
        Command::Composition(arguments) => composition::run(&arguments),
        Command::Correlate(arguments) => correlate::run(&arguments),
        Command::Score(arguments) => score::run(&arguments),
        Command::Plot(arguments) => plot::run(&arguments),
        Command::Annotate(arguments) => annotate::run(&arguments),
        Command::Fragments(arguments) => fragments::run(&arguments),
        Command::Subset(arguments) => subset::run(&arguments),
        Command::Slice(arguments) => slice::run(&arguments),
        Command::Summarize(arguments) => summarize::run(&arguments),
        Command::Corpus(arguments) => corpus::run(&arguments),
        Command::Expression(arguments) => corpus::ask::run(&arguments),
        Command::Validate(arguments) => validate::run(&arguments),
        Command::Label(arguments) => label::run(&arguments),
        Command::Mend(arguments) => mend::run(&arguments),
        Command::Submit(arguments) => submit::run(&arguments),
    };
    result.unwrap_or_else(|error| {
        let message = format!("error: {}", exit::message(&error));
        // A filter is shown with marks below it. What else holds line breaks has them of somebody's file.
        if error.is::<FilterError>() {
            message.lines().for_each(terminal::say);
        } else {
            terminal::say(&message);
        }
        ExitCode::from(exit::code(&error))
    })
}
