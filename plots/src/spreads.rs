//! How the values of genes lie in groups: what violins and ridges show.

use explorer_core::{
    format::{integer, percent, significant},
    grouping::Spread,
    session::PlotQuestion,
};

use crate::table::Table;

/// How the values of genes lie in groups.
pub struct Spreads<'a> {
    pub question: &'a PlotQuestion,
    /// Gene after gene, of each every group.
    pub genes: Vec<Vec<Spread>>,
}

impl<'a> Spreads<'a> {
    pub fn new(question: &'a PlotQuestion, genes: Vec<Vec<Spread>>) -> Self {
        Self { question, genes }
    }

    /// The least and the largest value of a gene in all groups, zero included.
    pub fn extent(&self, gene: usize) -> [f64; 2] {
        let ends = self.genes[gene].iter().map(|spread| [spread.quartiles[0], spread.quartiles[4]]);
        let [least, largest] =
            ends.fold([0.0, 0.0], |[least, largest]: [f64; 2], [low, high]| [least.min(low), largest.max(high)]);
        if largest > least { [least, largest] } else { [least, least + 1.0] }
    }

    /// A gene in a group, in words and numbers.
    pub fn tip(&self, gene: usize, group: usize) -> String {
        let spread = &self.genes[gene][group];
        let [least, first, median, third, largest] = spread.quartiles.map(|value| significant(value, 3));
        let share = spread.n_nonzero as f64 / spread.n_cells.max(1) as f64;
        format!(
            "{} in {}: median {median}, quartiles {first} and {third}, from {least} to {largest}, mean {}, expressed by \
             {} of {} cells",
            self.question.genes[gene].label,
            self.question.grouping.name(group),
            significant(spread.mean, 3),
            percent(share),
            integer(spread.n_cells)
        )
    }

    pub fn table(&self) -> Table {
        let names = ["gene", "cells", "mean", "least", "first quartile", "median", "third quartile", "largest"];
        let header = [self.question.grouping.title()].into_iter().chain(names.map(str::to_owned)).collect();
        let row = |gene: usize, group: usize| {
            let spread = &self.genes[gene][group];
            let numbers = [spread.mean].into_iter().chain(spread.quartiles).map(|number| significant(number, 3));
            let names = [self.question.grouping.name(group), self.question.genes[gene].label.clone()];
            names.into_iter().chain([integer(spread.n_cells)]).chain(numbers).collect()
        };
        let n_groups = self.question.grouping.groups.len();
        let rows = (0..self.genes.len()).flat_map(|gene| (0..n_groups).map(move |group| (gene, group)));
        Table {
            caption: "How the values of each gene lie in each group".to_owned(),
            header,
            rows: rows.map(|(gene, group)| row(gene, group)).collect(),
        }
    }
}
