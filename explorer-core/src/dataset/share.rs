//! The tiles that add up to the moments of two sets, cut into shares for workers or threads.

use std::{ops::Range, sync::Arc};

use crate::{
    de::{CellsPart, Labels, MomentsPart, Plan},
    filter::CellMask,
};

/// What is to be summed up for the moments of two sets of cells.
#[derive(Clone, Debug)]
pub enum Task<'a> {
    /// Every gene over all cells.
    Genes {
        /// One label per cell: bit 0 the group, bit 1 the reference.
        labels: Arc<[u8]>,
        /// Cells of group and reference.
        n_cells: [u64; 2],
    },
    /// The parts of a plan.
    Plan(&'a Plan),
}

/// One worker's share of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Share {
    /// Some genes over all cells.
    Genes {
        /// The genes.
        genes: Range<u32>,
        /// One label per cell: bit 0 the group, bit 1 the reference.
        labels: Arc<[u8]>,
    },
    /// Parts of a plan: all genes of blocks and of single cells.
    Parts {
        /// Tiles of moments.
        moments: Vec<MomentsPart>,
        /// Tiles of cells.
        cells: Vec<CellsPart>,
    },
}

impl Task<'_> {
    /// To read every gene, for two sets of which the cells are known.
    ///
    /// # Panics
    /// When the masks are of different datasets.
    pub fn genes(group: &CellMask, reference: &CellMask) -> Self {
        Self::Genes {
            labels: Labels::new(group, reference).as_bytes().into(),
            n_cells: [group, reference].map(|set| set.count() as u64),
        }
    }

    /// Parts in all, for progress, in a layer of `n_genes` genes.
    pub fn n_parts(&self, n_genes: u32) -> u32 {
        match self {
            Self::Genes { .. } => n_genes,
            Self::Plan(plan) => (plan.moments.len() + plan.cells.len()) as u32,
        }
    }

    /// A share for each of so many workers; none for those that would have nothing to do.
    pub fn shares(&self, n_genes: u32, n_workers: usize) -> Vec<Share> {
        match self {
            Self::Genes { labels, .. } => shares_of_genes(n_genes, n_workers as u32)
                .map(|genes| Share::Genes { genes, labels: Arc::clone(labels) })
                .collect(),
            Self::Plan(plan) => plan
                .shares(n_workers)
                .into_iter()
                .filter(|share| !share.moments.is_empty() || !share.cells.is_empty())
                .map(|share| Share::Parts { moments: share.moments, cells: share.cells })
                .collect(),
        }
    }

    /// Whether it takes the values of single cells, and with them the divisors of a layer of normalized counts.
    pub fn reads_values(&self) -> bool {
        match self {
            Self::Genes { .. } => true,
            Self::Plan(plan) => !plan.cells.is_empty(),
        }
    }

    /// Cells of group and reference.
    pub fn n_cells(&self) -> [u64; 2] {
        match self {
            Self::Genes { n_cells, .. } => *n_cells,
            Self::Plan(plan) => plan.n_cells,
        }
    }
}

/// Cuts genes into shares of equal work, none empty, as far as that is known: genes are numbered by falling
/// density, and reading a dense one takes longer, so the work of a gene is taken to fall linearly to
/// a quarter of the first one's.
pub fn shares_of_genes(n_genes: u32, n_workers: u32) -> impl Iterator<Item = Range<u32>> {
    // The share of the work in the first x of the genes, 0 ≤ x ≤ 1: (x − 0.375 x²) / 0.625.
    let genes_before = move |share: f64| {
        let x = (1.0 - (1.0 - 1.5 * 0.625 * share).max(0.0).sqrt()) / 0.75;
        (x * f64::from(n_genes)).round() as u32
    };
    let at = move |worker: u32| match worker {
        worker if worker == n_workers => n_genes,
        worker => genes_before(f64::from(worker) / f64::from(n_workers)),
    };
    (0..n_workers).map(move |worker| at(worker)..at(worker + 1)).filter(|genes| !genes.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_cover_all_genes_once_and_grow() {
        for (n_genes, n_workers) in [(0, 1), (1, 3), (765, 1), (60_000, 7), (33_452, 8)] {
            let shares: Vec<Range<u32>> = shares_of_genes(n_genes, n_workers).collect();
            assert_eq!(shares.len(), n_workers.min(n_genes) as usize);
            assert_eq!(shares.first().map_or(0, |share| share.start), 0);
            assert_eq!(shares.last().map_or(0, |share| share.end), n_genes);
            assert!(shares.windows(2).all(|pair| pair[0].end == pair[1].start));
            if n_genes > 1000 {
                assert!(shares.windows(2).all(|pair| pair[0].len() < pair[1].len()));
            }
        }
    }
}
