//! What genes come to in each group.

use crate::de::{FixedPoints, GeneMoments, Summary};
use shared_fbs::tile;

/// Mean, variance and share of non-zero values of each gene in each group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupTable {
    n_genes: usize,
    /// Group after group.
    summaries: Vec<Summary>,
}

impl GroupTable {
    /// Of so many genes, one after another in every group.
    ///
    /// # Panics
    /// When there are not as many summaries of every group.
    pub fn new(n_genes: usize, summaries: Vec<Summary>) -> Self {
        assert!(summaries.is_empty() || summaries.len().is_multiple_of(n_genes), "a summary of every gene and group");
        Self { n_genes, summaries }
    }

    /// Number of genes.
    pub fn n_genes(&self) -> usize {
        self.n_genes
    }

    /// Number of groups.
    pub fn n_groups(&self) -> usize {
        self.summaries.len().checked_div(self.n_genes).unwrap_or_default()
    }

    /// A gene in a group.
    ///
    /// # Panics
    /// When there is no such gene or group.
    pub fn get(&self, group: usize, gene: usize) -> &Summary {
        assert!(gene < self.n_genes, "no such gene");
        &self.summaries[group * self.n_genes + gene]
    }

    /// The means of all genes in a group.
    pub fn means(&self, group: usize) -> Vec<f64> {
        (0..self.n_genes).map(|gene| self.get(group, gene).mean).collect()
    }

    /// The means of a gene in all groups.
    pub fn means_of_gene(&self, gene: usize) -> Vec<f64> {
        (0..self.n_groups()).map(|group| self.get(group, gene).mean).collect()
    }
}

impl Summary {
    /// Cells with a value other than zero.
    pub fn n_nonzero(&self) -> u64 {
        (self.nonzero_share * self.n_cells as f64).round() as u64
    }

    /// Mean over the cells with a value other than zero; NaN where there are none.
    pub fn mean_of_nonzero(&self) -> f64 {
        self.mean * self.n_cells as f64 / self.n_nonzero() as f64
    }
}

/// Some genes of a stored tile of moments.
pub(crate) fn summaries_of_tile<'a>(
    tile: &'a tile::Moments,
    genes: &'a [usize],
    fixed: &'a FixedPoints,
) -> impl Iterator<Item = Summary> + 'a {
    let entry = |entry: usize| match tile.entries.binary_search(&(entry as u32)) {
        Ok(at) => GeneMoments { n_nonzero: tile.n_nonzero[at], sum: tile.sums[at], sum_sq: tile.sums_sq[at] },
        Err(_) => GeneMoments::default(),
    };
    genes.iter().map(move |&gene| fixed.summary_of(tile.n_cells, gene, entry))
}
