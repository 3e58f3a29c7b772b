//! The mean of several genes, cell by cell.

use super::{Continuous, SparseVec};

/// Adds up genes as they come. The same genes in the same order give the same bits.
#[derive(Clone, Debug)]
pub struct GeneSum {
    sums: Vec<f64>,
    n_genes: u32,
}

impl GeneSum {
    /// Of no gene yet, over `n_obs` cells.
    pub fn new(n_obs: usize) -> Self {
        Self { sums: vec![0.0; n_obs], n_genes: 0 }
    }

    /// Takes a gene in. A cell without a value in one gene has no mean.
    ///
    /// # Panics
    /// When the gene is of more cells.
    pub fn add(&mut self, gene: &SparseVec) {
        for (&cell, &value) in gene.indices.iter().zip(&gene.data) {
            self.sums[cell as usize] += f64::from(value);
        }
        self.n_genes += 1;
    }

    /// The mean over the genes taken in, one value a cell; missing everywhere where there was none.
    pub fn mean(self) -> Continuous {
        Continuous { values: self.means().into_iter().map(|mean| mean as f32).collect() }
    }

    /// The same, not rounded to `f32`.
    pub fn means(self) -> Vec<f64> {
        let n_genes = f64::from(self.n_genes);
        self.sums.into_iter().map(|sum| sum / n_genes).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_mean_of_all_values(
            genes in prop::collection::vec(prop::collection::vec(prop_oneof![Just(0.0), 0.01..9.0_f32], 7), 1..6),
        ) {
            let mut sum = GeneSum::new(7);
            for gene in &genes {
                let cells = gene.iter().enumerate().filter(|(_, value)| **value != 0.0);
                let (indices, data) = cells.map(|(cell, &value)| (cell as u32, value)).unzip();
                sum.add(&SparseVec { n_obs: 7, indices, data });
            }
            let mean = sum.mean();
            for cell in 0..7 {
                let expected = genes.iter().map(|gene| f64::from(gene[cell])).sum::<f64>() / genes.len() as f64;
                prop_assert!((f64::from(mean.values[cell]) - expected).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn what_is_missing_stays_missing() {
        let mut sum = GeneSum::new(2);
        sum.add(&SparseVec { n_obs: 2, indices: vec![0], data: vec![f32::NAN] });
        sum.add(&SparseVec { n_obs: 2, indices: vec![0, 1], data: vec![1.0, 1.0] });
        let mean = sum.mean();
        assert!(mean.values[0].is_nan());
        assert_eq!(mean.values[1], 0.5);
        assert!(GeneSum::new(1).mean().values[0].is_nan());
    }
}
