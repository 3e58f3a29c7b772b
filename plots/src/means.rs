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
                // Of one number there is no correlation.
                let order = |rows: &[Vec<f64>], n: usize| {
                    if n > 1 { cluster_order(rows) } else { (0..rows.len()).collect() }
                };
                (order(&rows, n_genes), order(&columns, n_groups))
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

#[cfg(test)]
mod tests {
    use explorer_core::{
        de::Summary,
        grouping::{Group, GroupColumn, Grouping},
        session::PlotGene,
        state::Plot,
    };

    use super::*;

    fn question(scale: PlotScale, mean: PlotMean) -> PlotQuestion {
        let labels = ["T", "B"].map(str::to_owned).to_vec();
        let column = GroupColumn { name: "type".to_owned(), labels, colors: vec![[0; 3]; 2] };
        let group = |label| Group { labels: vec![label], n_cells: 10 };
        let gene = |index: u32| PlotGene { index, id: format!("E{index}"), label: format!("G{index}") };
        PlotQuestion {
            plot: Plot { by: "type".to_owned(), scale, mean, ..Plot::default() },
            grouping: Grouping { columns: vec![column], groups: vec![group(0), group(1)], n_unlabeled: 0 },
            genes: vec![gene(0), gene(1)],
            ..PlotQuestion::default()
        }
    }

    fn numbers() -> GroupTable {
        let summary = |mean, nonzero_share| Summary { n_cells: 10, mean, variance: 1.0, nonzero_share };
        GroupTable::new(2, vec![summary(1.0, 0.5), summary(3.0, 1.0), summary(2.0, 1.0), summary(3.0, 1.0)])
    }

    #[test]
    fn genes_are_scaled_one_by_one_and_a_constant_one_is_at_the_beginning() {
        let asked = question(PlotScale::PerGene, PlotMean::All);
        let means = Means::new(&asked, numbers());
        let places = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(group, gene)| means.place(group, gene));
        assert_eq!((places, means.domain()), ([0.0, 1.0, 0.0, 0.0], [0.0, 1.0]));
        assert_eq!(means.tip(0, 0), "G0 in T: mean 1.00, scaled 0, expressed by 50.0% of 10 cells");
    }

    #[test]
    fn groups_of_one_gene_are_not_clustered() {
        let mut asked = question(PlotScale::Values, PlotMean::All);
        asked.plot.order = PlotOrder::Clustered;
        let summary = |mean| Summary { n_cells: 10, mean, variance: 1.0, nonzero_share: 1.0 };
        let table =
            |n_genes, means: &[f64]| GroupTable::new(n_genes, means.iter().map(|&mean| summary(mean)).collect());
        assert_eq!(Means::new(&asked, table(1, &[1.0, 3.0, 2.0])).groups, [0, 1, 2]);
        assert_eq!(Means::new(&asked, table(3, &[1.0, 3.0, 2.0])).genes, [0, 1, 2]);
    }

    #[test]
    fn means_of_expressing_cells_leave_the_others_out() {
        let asked = question(PlotScale::Values, PlotMean::Expressing);
        let means = Means::new(&asked, numbers());
        assert_eq!((means.value(0, 0), means.domain()), (2.0, [2.0, 3.0]));
        assert_eq!(means.table().rows[0], ["T", "10", "2.00 (50.0%)", "3.00 (100%)"]);
        assert!(means.table().to_html().contains("<th scope=\"row\">T</th><td>10</td>"));
    }
}
