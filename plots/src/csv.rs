//! The numbers of a figure as CSV, with a record of how they were made.

use explorer_core::{
    csv::{push_comment, push_fact, push_field, push_number},
    session::PlotQuestion,
    state::PlotScale,
    statistics::{AnswerRecord, GroupTest, NamedComposition, composition_to_csv},
};

use crate::{bars::Shares, heatmap::CellValues, means::Means, spreads::Spreads};

/// Lines that begin with `#`.
fn record(question: &PlotQuestion) -> String {
    let mut out = String::new();
    let layer = if question.plot.kind.has_genes() { question.layer_name.as_str() } else { "" };
    let (n_cells, n_unlabeled) = (question.grouping.n_cells(), question.grouping.n_unlabeled);
    let unlabeled = if n_unlabeled > 0 { n_unlabeled.to_string() } else { String::new() };
    for (what, value) in [
        ("dataset", question.dataset.as_str()),
        ("plot", question.plot.kind.title()),
        ("groups", &question.grouping.title()),
        ("within", &question.within),
        ("layer", layer),
        ("cells", &n_cells.to_string()),
        ("cells without a label (left out)", &unlabeled),
        ("tessera", env!("CARGO_PKG_VERSION")),
    ] {
        push_fact(&mut out, what, value);
    }
    question.cautions.iter().for_each(|caution| push_comment(&mut out, "caution", caution));
    out
}

/// The names of columns of labels, and of what follows.
fn header(out: &mut String, question: &PlotQuestion, rest: &str) {
    for column in &question.grouping.columns {
        push_field(out, &column.name);
        out.push(',');
    }
    out.push_str(rest);
    out.push('\n');
}

/// The labels of a group.
fn labels(out: &mut String, question: &PlotQuestion, group: usize) {
    let grouping = &question.grouping;
    for (&at, column) in grouping.groups[group].labels.iter().zip(&grouping.columns) {
        push_field(out, &column.labels[at as usize]);
        out.push(',');
    }
}

fn numbers(out: &mut String, numbers: impl IntoIterator<Item = f64>) {
    for number in numbers {
        out.push(',');
        push_number(out, number);
    }
}

/// A line for each group and gene, in the order of the figure.
pub fn of_means(means: &Means<'_>) -> String {
    let question = means.question;
    let mut out = record(question);
    let is_scaled = question.plot.scale == PlotScale::PerGene;
    let rest = "names,gene_ids,n_cells,n_expressing,fraction,mean,mean_of_expressing,variance";
    header(&mut out, question, &format!("{rest}{}", if is_scaled { ",scaled" } else { "" }));
    for &group in &means.groups {
        for &gene in &means.genes {
            let summary = means.numbers.get(group, gene);
            labels(&mut out, question, group);
            push_field(&mut out, &question.genes[gene].label);
            out.push(',');
            push_field(&mut out, &question.genes[gene].id);
            let of = [summary.nonzero_share, summary.mean, summary.mean_of_nonzero(), summary.variance];
            numbers(&mut out, [summary.n_cells as f64, summary.n_nonzero() as f64].into_iter().chain(of));
            numbers(&mut out, is_scaled.then(|| means.place(group, gene)));
            out.push('\n');
        }
    }
    out
}

/// A line for each group and gene: quartiles, and the density at even places from the least value to the largest.
pub fn of_spreads(spreads: &Spreads<'_>) -> String {
    let question = spreads.question;
    let mut out = record(question);
    header(&mut out, question, "names,gene_ids,n_cells,n_expressing,mean,min,q1,median,q3,max,density");
    for (gene, of_gene) in question.genes.iter().zip(&spreads.genes) {
        for (group, spread) in of_gene.iter().enumerate() {
            labels(&mut out, question, group);
            push_field(&mut out, &gene.label);
            out.push(',');
            push_field(&mut out, &gene.id);
            numbers(&mut out, [spread.n_cells as f64, spread.n_nonzero as f64, spread.mean]);
            numbers(&mut out, spread.quartiles);
            out.push(',');
            for (at, &density) in spread.density.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { " " });
                push_number(&mut out, density);
            }
            out.push('\n');
        }
    }
    out
}

/// A line for each pair of labels, those without a cell included.
pub fn of_shares(shares: &Shares<'_>) -> String {
    let question = shares.question;
    let mut out = record(question);
    header(&mut out, question, "n_cells,share");
    for (line, label) in question.grouping.columns[0].labels.iter().enumerate() {
        for (part, &count) in shares.counts[line].iter().enumerate() {
            push_field(&mut out, label);
            if let Some(part) = shares.parts().get(part) {
                out.push(',');
                push_field(&mut out, part);
            }
            numbers(&mut out, [count as f64, count as f64 / shares.totals[line].max(1) as f64]);
            out.push('\n');
        }
    }
    out
}

/// The shares of labels with their tests, as `tile-server composition` writes them.
pub fn of_composition(question: &PlotQuestion, composition: &NamedComposition, tests: &[(usize, GroupTest)]) -> String {
    let (dataset, cells) = (question.dataset.clone(), question.within.clone());
    composition_to_csv(composition, tests, &AnswerRecord { dataset, cells, ..AnswerRecord::default() })
}

/// A line for each cell that is drawn: its group, its row in the input, its values.
pub fn of_cells(values: &CellValues<'_>) -> String {
    let question = values.question;
    let mut out = record(question);
    push_fact(&mut out, "cells drawn", &values.drawn_text());
    let mut rest = String::from("row");
    for gene in &question.genes {
        rest.push(',');
        push_field(&mut rest, &gene.label);
    }
    header(&mut out, question, &rest);
    for (group, cells) in values.cells.iter().enumerate() {
        for (at, row) in cells.rows.iter().enumerate() {
            labels(&mut out, question, group);
            out.push_str(&row.to_string());
            numbers(&mut out, cells.values.iter().map(|of_gene| f64::from(of_gene[at])));
            out.push('\n');
        }
    }
    out
}
