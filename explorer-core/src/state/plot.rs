//! A plot of cells by group, as it is asked for.

use serde::{Deserialize, Serialize};

use super::{Filters, query::canonical_levels};
use crate::sorting::{set_of, sort_by_key};

/// A plot of cells by the labels of a column, or of two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plot {
    /// What is drawn.
    #[serde(default)]
    pub kind: PlotKind,
    /// The column whose labels make the groups.
    pub by: String,
    /// A second column, whose labels divide these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<String>,
    /// The genes, by id, in the order that they are drawn in; none for a plot of composition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub genes: Vec<String>,
    /// The layer, by its place in the file; `None` for the dataset's own choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// What colors are of.
    #[serde(default)]
    pub scale: PlotScale,
    /// Which cells a mean is over.
    #[serde(default)]
    pub mean: PlotMean,
    /// The order of groups and genes.
    #[serde(default)]
    pub order: PlotOrder,
    /// Labels of the first column in an order made by hand, which come before all others; of a given order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The column of the samples that are replicates where the shares of labels are tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<String>,
    /// The levels of filters outside of which cells do not count: those of the subset that was in view, and one of the
    /// selection where it was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub universe: Vec<Filters>,
}

/// What is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlotKind {
    /// Dots: the size is the share of cells that express a gene, the color its mean.
    #[default]
    Dots,
    /// A matrix of means.
    Matrix,
    /// The densities of values, side by side.
    Violins,
    /// The densities of values, one above another.
    Ridges,
    /// Values of single cells, as colors: all cells, or a sample of each group.
    Heatmap,
    /// Bars of the shares that one column's labels have of another's.
    Bars,
}

/// What the colors of means are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlotScale {
    /// The means.
    #[default]
    Values,
    /// The means of each gene from its least, 0, to its largest, 1.
    PerGene,
}

/// Which cells of a group a mean is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlotMean {
    /// All.
    #[default]
    All,
    /// Those with a value other than zero.
    Expressing,
}

/// The order of groups and genes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlotOrder {
    /// Groups by their labels, genes as they are listed.
    #[default]
    Given,
    /// Like ones together.
    Clustered,
}

impl PlotKind {
    /// All kinds, in the order of a menu.
    pub const ALL: [Self; 6] = [Self::Dots, Self::Matrix, Self::Heatmap, Self::Violins, Self::Ridges, Self::Bars];

    /// Its name in links and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dots => "dots",
            Self::Matrix => "matrix",
            Self::Violins => "violins",
            Self::Ridges => "ridges",
            Self::Heatmap => "heatmap",
            Self::Bars => "bars",
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name on the page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Dots => "Dot plot",
            Self::Matrix => "Matrix plot",
            Self::Violins => "Violin plot",
            Self::Ridges => "Ridgeline plot",
            Self::Heatmap => "Heat map",
            Self::Bars => "Composition",
        }
    }

    /// Whether it is of genes.
    pub fn has_genes(self) -> bool {
        self != Self::Bars
    }

    /// Whether it shows one number for each gene and group, so that stored sums suffice.
    pub fn is_of_means(self) -> bool {
        match self {
            Self::Dots | Self::Matrix => true,
            Self::Heatmap | Self::Violins | Self::Ridges | Self::Bars => false,
        }
    }
}

impl Plot {
    /// What it is called.
    pub fn title(&self) -> String {
        let then = self.then.as_deref().map(|then| format!(" and {then}")).unwrap_or_default();
        format!("{} by {}{then}", self.kind.title(), self.by)
    }

    /// Whether its answer depends on a column.
    pub fn uses_column(&self, name: &str) -> bool {
        self.columns().chain(self.sample_column()).any(|column| column == name)
            || self.universe.iter().any(|level| level.obs.contains_key(name))
    }

    /// Whether it is of all cells by one column and shows means, so that stored sums of labels suffice where there are any.
    pub fn may_take_sums(&self) -> bool {
        self.kind.is_of_means() && self.then.is_none() && self.universe.is_empty()
    }

    /// The column of the samples, where shares of labels are tested by samples.
    pub fn sample_column(&self) -> Option<&String> {
        self.samples.as_ref().filter(|_| self.tests_shares())
    }

    /// Whether the shares that labels of the second column have of those of the first are tested.
    pub fn tests_shares(&self) -> bool {
        self.kind == PlotKind::Bars && self.then.is_some()
    }

    /// The labels of a column in its order: those of the first column as they were put by hand.
    pub fn order_of(&self, column: &str, labels: &[String], order: Vec<u32>) -> Vec<u32> {
        if column != self.by || self.groups.is_empty() {
            return order;
        }
        let place = |code: u32| self.groups.iter().position(|group| labels.get(code as usize) == Some(group));
        let mut by_hand: Vec<(usize, u32)> =
            order.iter().map(|&code| (place(code).unwrap_or(usize::MAX), code)).collect();
        sort_by_key(&mut by_hand, |&(place, _)| place);
        by_hand.into_iter().map(|(_, code)| code).collect()
    }

    /// Its columns.
    pub fn columns(&self) -> impl Iterator<Item = &String> {
        [&self.by].into_iter().chain(&self.then)
    }

    /// The same, its universe without levels that every cell passes, each gene once, and the second column another.
    pub(super) fn canonical(mut self) -> Self {
        self.universe = canonical_levels(std::mem::take(&mut self.universe));
        let mut genes = Vec::with_capacity(self.genes.len());
        for gene in std::mem::take(&mut self.genes) {
            if !genes.contains(&gene) {
                genes.push(gene);
            }
        }
        self.genes = genes;
        self.then.take_if(|then| *then == self.by);
        let mut seen = set_of([]);
        self.groups.retain(|group| seen.insert(group.clone()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_put_by_hand_come_first_and_the_others_as_they_were() {
        let labels = ["T", "B", "NK", "Mono"].map(str::to_owned);
        let plot = Plot {
            by: "type".to_owned(),
            groups: ["Mono", "gone", "B"].map(str::to_owned).to_vec(),
            ..Plot::default()
        };
        assert_eq!(plot.order_of("type", &labels, vec![2, 1, 0, 3]), [3, 1, 2, 0]);
        assert_eq!(plot.order_of("phase", &labels, vec![2, 1, 0, 3]), [2, 1, 0, 3]);
    }
}
