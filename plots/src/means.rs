//! Means of genes by group, scaled and in order: what a dot plot and a matrix show.

use explorer_core::{
    format::{integer, percent, significant},
    grouping::{GroupTable, cluster_order},
    session::PlotQuestion,
    state::{PlotMean, PlotOrder, PlotScale},
};

use crate::{table::Table, text};

/// Means of genes by group, scaled and in order.
pub struct Means<'a> {
    pub question: &'a PlotQuestion,
    pub numbers: GroupTable,
    /// The groups from top to bottom, by number.
    pub groups: Vec<usize>,
    /// The genes from left to right, by number in the question.
    pub genes: Vec<usize>,
    /// Of every gene, what colors begin and end at.
    domains: Vec<[f64; 2]>,
}

impl<'a> Means<'a> {
    pub fn new(question: &'a PlotQuestion, numbers: GroupTable) -> Self {
        let (n_groups, n_genes) = (numbers.n_groups(), numbers.n_genes());
        let (groups, genes) = match question.plot.order {
            PlotOrder::Given => ((0..n_groups).collect(), (0..n_genes).collect()),
            PlotOrder::Clustered => {
                let rows: Vec<_> = (0..n_groups).map(|group| numbers.means(group)).collect();
                let columns: Vec<_> = (0..n_genes).map(|gene| numbers.means_of_gene(gene)).collect();
                (cluster_order(&rows), cluster_order(&columns))
            }
        };
        let mut means = Self { question, numbers, groups, genes, domains: Vec::new() };
        means.domains = means.domains();
        means
    }

    fn domains(&self) -> Vec<[f64; 2]> {
        let n_genes = self.numbers.n_genes();
        let extent = |genes: std::ops::Range<usize>| {
            let values = genes.flat_map(|gene| (0..self.numbers.n_groups()).map(move |group| self.value(group, gene)));
            let of = |[least, largest]: [f64; 2], value: f64| [least.min(value), largest.max(value)];
            values.filter(|value| value.is_finite()).fold([f64::INFINITY, f64::NEG_INFINITY], of)
        };
        match self.question.plot.scale {
            PlotScale::Values => vec![extent(0..n_genes); n_genes],
            PlotScale::PerGene => (0..n_genes).map(|gene| extent(gene..gene + 1)).collect(),
        }
    }

    /// The mean that colors a gene in a group; NaN where no cell expresses it and the mean is of those that do.
    pub fn value(&self, group: usize, gene: usize) -> f64 {
        let summary = self.numbers.get(group, gene);
        match self.question.plot.mean {
            PlotMean::All => summary.mean,
            PlotMean::Expressing => summary.mean_of_nonzero(),
        }
    }

    /// The same from 0 to 1.
    pub fn place(&self, group: usize, gene: usize) -> f64 {
        let [least, largest] = self.domains[gene];
        let span = largest - least;
        if span > 0.0 { (self.value(group, gene) - least) / span } else { 0.0 }
    }

    /// What the colors begin and end at, where it is the same for all genes.
    pub fn domain(&self) -> [f64; 2] {
        match self.question.plot.scale {
            PlotScale::Values => self.domains.first().copied().filter(|ends| ends[0] <= ends[1]).unwrap_or_default(),
            PlotScale::PerGene => [0.0, 1.0],
        }
    }

    /// What the colors are of.
    pub fn legend(&self) -> &'static str {
        match (self.question.plot.mean, self.question.plot.scale) {
            (PlotMean::All, PlotScale::Values) => "Mean expression in group",
            (PlotMean::Expressing, PlotScale::Values) => "Mean of expressing cells",
            (PlotMean::All, PlotScale::PerGene) => "Mean expression, scaled by gene",
            (PlotMean::Expressing, PlotScale::PerGene) => "Mean of expressing cells, scaled by gene",
        }
    }

    /// What groups are called, from top to bottom.
    pub fn group_labels(&self) -> Vec<String> {
        self.groups.iter().map(|&group| text::label(&self.question.grouping.name(group))).collect()
    }

    /// What genes are called, from left to right.
    pub fn gene_labels(&self) -> Vec<String> {
        self.genes.iter().map(|&gene| text::label(&self.question.genes[gene].label)).collect()
    }

    /// A gene in a group, in words and numbers.
    pub fn tip(&self, group: usize, gene: usize) -> String {
        let summary = self.numbers.get(group, gene);
        let scaled = match self.question.plot.scale {
            PlotScale::Values => String::new(),
            PlotScale::PerGene => format!(", scaled {}", significant(self.place(group, gene), 3)),
        };
        format!(
            "{} in {}: mean {}{scaled}, expressed by {} of {} cells",
            self.question.genes[gene].label,
            self.question.grouping.name(group),
            significant(self.value(group, gene), 3),
            percent(summary.nonzero_share),
            integer(summary.n_cells)
        )
    }

    pub fn table(&self) -> Table {
        let cell = |group: usize, gene: usize| {
            let share = percent(self.numbers.get(group, gene).nonzero_share);
            format!("{} ({share})", significant(self.value(group, gene), 3))
        };
        let row = |&group: &usize| {
            let name = [self.question.grouping.name(group), integer(self.question.grouping.groups[group].n_cells)];
            name.into_iter().chain(self.genes.iter().map(|&gene| cell(group, gene))).collect()
        };
        let genes = self.genes.iter().map(|&gene| self.question.genes[gene].label.clone());
        Table {
            caption: "Mean expression, and the share of cells that express the gene".to_owned(),
            header: [self.question.grouping.title(), "cells".to_owned()].into_iter().chain(genes).collect(),
            rows: self.groups.iter().map(row).collect(),
        }
    }
}
