//! Pearson's correlation of every gene with one number per cell.

use std::f64::consts::LN_10;

use crate::{
    data::{Continuous, GeneIdx, SparseVec},
    de::{Adjustment, adjust_with_log10, two_sided_ln_p},
    filter::CellMask,
    format::integer,
};

/// Correlates genes, one after the other, with one number per cell.
#[derive(Clone, Debug)]
pub struct Correlator {
    /// The number of each cell less their mean; 0 for cells that do not count.
    centered: Vec<f64>,
    /// 1 for cells that count.
    wanted: Vec<u8>,
    n_cells: u64,
    squares: f64,
}

/// Nothing can be correlated with the number of the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCorrelation {
    /// Two points are always on a line.
    #[error("{} of the cells asked about {} a number, and a correlation takes three or more", integer(*.0), if *.0 == 1 { "has" } else { "have" })]
    TooFewCells(u64),
    /// It does not vary.
    #[error("the number is the same in all {} cells, so that nothing goes with it", integer(*.0))]
    Constant(u64),
}

/// The correlation of genes, one row per gene, as columns of equal length. Genes that are the same in all cells, and the one
/// that they are correlated with, are not tested: their r is NaN, their p-values are 1, and the adjustment leaves them out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Correlations {
    /// Cells that count: those asked about whose number is finite.
    pub n_cells: u64,
    /// Pearson's r; NaN of genes that are not tested.
    pub r: Vec<f64>,
    /// Two-sided p-value, of t with n − 2 degrees of freedom.
    pub pval: Vec<f64>,
    /// Its decimal logarithm, which does not underflow.
    pub log10_pval: Vec<f64>,
    /// Adjusted p-value.
    pub pval_adj: Vec<f64>,
    /// Its decimal logarithm.
    pub log10_pval_adj: Vec<f64>,
}

impl Correlator {
    /// Over the cells of a set whose number is finite.
    ///
    /// # Panics
    /// When numbers and set are of different datasets.
    pub fn new(numbers: &Continuous, cells: &CellMask) -> Self {
        assert_eq!(numbers.values.len(), cells.len(), "numbers of another dataset");
        let counts = |(&value, &is_in): (&f32, &u8)| u8::from(is_in == 1 && value.is_finite());
        let wanted: Vec<u8> = numbers.values.iter().zip(cells.as_bytes()).map(counts).collect();
        let counted = || numbers.values.iter().zip(&wanted).filter(|(_, wanted)| **wanted == 1);
        let n_cells = counted().count();
        let mean = counted().map(|(&value, _)| f64::from(value)).sum::<f64>() / n_cells.max(1) as f64;
        let center = |(&value, &wanted): (&f32, &u8)| if wanted == 1 { f64::from(value) - mean } else { 0.0 };
        let centered: Vec<f64> = numbers.values.iter().zip(&wanted).map(center).collect();
        let squares = centered.iter().map(|value| value * value).sum();
        Self { centered, wanted, n_cells: n_cells as u64, squares }
    }

    /// One byte per cell: 0 for those that do not count.
    pub fn wanted(&self) -> &[u8] {
        &self.wanted
    }

    /// Whether anything can be correlated with the numbers.
    ///
    /// # Errors
    /// [`NoCorrelation`].
    pub fn check(&self) -> Result<(), NoCorrelation> {
        match self.n_cells {
            n @ ..3 => Err(NoCorrelation::TooFewCells(n)),
            n if self.squares == 0.0 => Err(NoCorrelation::Constant(n)),
            _ => Ok(()),
        }
    }

    /// r of one gene, given its values other than zero in the cells that count; NaN where it or the number does not vary, and
    /// for fewer than three cells.
    ///
    /// # Panics
    /// When a cell lies past the numbers.
    pub fn correlate(&self, gene: &SparseVec) -> f64 {
        let n = self.n_cells as f64;
        let pairs = || gene.indices.iter().zip(&gene.data).map(|(&cell, &value)| (cell as usize, f64::from(value)));
        let (mut sum, mut products) = (0.0, 0.0);
        for (cell, value) in pairs() {
            sum += value;
            products += value * self.centered[cell];
        }
        let mean = sum / n.max(1.0);
        // Deviations from the mean, so that nothing cancels.
        let of_zeros = (n - gene.indices.len() as f64) * mean * mean;
        let squares = pairs().map(|(_, value)| (value - mean) * (value - mean)).sum::<f64>() + of_zeros;
        let largest = gene.data.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        // Equal values leave a trace of rounding, which is no variance.
        let is_noise = squares <= n * (4.0 * f64::EPSILON * f64::from(largest)).powi(2);
        if is_noise || self.check().is_err() {
            return f64::NAN;
        }
        (products / (squares.sqrt() * self.squares.sqrt())).clamp(-1.0, 1.0)
    }

    /// Cells that count.
    pub fn n_cells(&self) -> u64 {
        self.n_cells
    }
}

impl Correlations {
    /// The table of all genes' r over so many cells; `itself` is the gene that they are correlated with.
    pub fn of(n_cells: u64, mut r: Vec<f64>, itself: Option<GeneIdx>, adjustment: Adjustment) -> Self {
        if let Some(r) = itself.and_then(|gene| r.get_mut(gene.0 as usize)) {
            *r = f64::NAN;
        }
        let df = n_cells as f64 - 2.0;
        let tested = tested(&r);
        let ln_p = |r: f64| two_sided_ln_p(r * (df / ((1.0 - r) * (1.0 + r))).sqrt(), df);
        let ln_p: Vec<f64> = tested.iter().map(|&gene| ln_p(r[gene])).collect();
        let pval: Vec<f64> = ln_p.iter().map(|&ln_p| libm::exp(ln_p)).collect();
        let log10_pval: Vec<f64> = ln_p.iter().map(|&ln_p| ln_p / LN_10).collect();
        let [pval_adj, log10_pval_adj] = adjust_with_log10(&pval, &log10_pval, adjustment);
        let n_genes = r.len();
        let of_all = |values: Vec<f64>, of_untested: f64| {
            let mut all = vec![of_untested; n_genes];
            tested.iter().zip(values).for_each(|(&gene, value)| all[gene] = value);
            all
        };
        Self {
            n_cells,
            pval: of_all(pval, 1.0),
            log10_pval: of_all(log10_pval, 0.0),
            pval_adj: of_all(pval_adj, 1.0),
            log10_pval_adj: of_all(log10_pval_adj, 0.0),
            r,
        }
    }

    /// The genes that were tested.
    pub fn tested(&self) -> Vec<usize> {
        tested(&self.r)
    }
}

fn tested(r: &[f64]) -> Vec<usize> {
    (0..r.len()).filter(|&gene| !r[gene].is_nan()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn gene(values: &[f32]) -> SparseVec {
        let pairs = (0u32..).zip(values).filter(|(_, value)| **value != 0.0).map(|(cell, &value)| (cell, value));
        let (indices, data) = pairs.unzip();
        SparseVec { n_obs: values.len(), indices, data }
    }

    fn r(x: &[f32], y: &[f32]) -> f64 {
        let numbers = Continuous { values: y.to_vec() };
        Correlator::new(&numbers, &CellMask::all(y.len())).correlate(&gene(x))
    }

    proptest! {
        #[test]
        fn r_is_that_of_the_definition_and_symmetric(
            pairs in vec((prop_oneof![Just(0.0_f32), -3.0f32..9.0], -100.0f32..100.0), 3..200),
        ) {
            let (x, y): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
            let n = pairs.len() as f64;
            let mean = |values: &[f32]| values.iter().map(|&value| f64::from(value)).sum::<f64>() / n;
            let (mean_x, mean_y) = (mean(&x), mean(&y));
            let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
            for (x, y) in pairs.iter().map(|&(x, y)| (f64::from(x) - mean_x, f64::from(y) - mean_y)) {
                xx += x * x;
                yy += y * y;
                xy += x * y;
            }
            prop_assume!(xx > 1e-6 && yy > 1e-6);
            let expected = xy / (xx * yy).sqrt();
            prop_assert!((r(&x, &y) - expected).abs() < 1e-12);
            prop_assert!((r(&y, &x) - expected).abs() < 1e-12);
            let turned: Vec<f32> = y.iter().map(|y| -y).collect();
            prop_assert!((r(&x, &turned) + expected).abs() < 1e-12);
        }
    }

    #[test]
    fn cells_without_a_number_do_not_count_and_constants_have_no_correlation() {
        let numbers = Continuous { values: vec![1.0, f32::NAN, 3.0, 2.0, f32::INFINITY] };
        let correlator = Correlator::new(&numbers, &CellMask::all(5));
        assert_eq!(correlator.wanted(), [1, 0, 1, 1, 0]);
        let table = Correlations::of(correlator.n_cells(), vec![1.0, 0.0, -0.5], None, Adjustment::BenjaminiHochberg);
        assert_eq!(
            (table.n_cells, table.pval[0], table.log10_pval[0], table.pval[1]),
            (3, 0.0, f64::NEG_INFINITY, 1.0)
        );
        // t of 1 degree of freedom at r / √(1 − r²): p = 1 − 2 atan(t) / π = 2 / 3.
        assert!((table.pval[2] - 2.0 / 3.0).abs() < 1e-14);
        assert!(r(&[0.1, 0.1, 0.1], &[1.0, 2.0, 3.0]).is_nan() && r(&[1.0, 2.0, 3.0], &[5.0, 5.0, 5.0]).is_nan());
        assert!(r(&[1.0, 2.0], &[3.0, 4.0]).is_nan());
    }

    #[test]
    fn what_is_no_test_counts_in_no_adjustment() {
        let r = vec![0.5, 0.999_999_999_999_999_6, f64::NAN, -0.25];
        let table = Correlations::of(20, r, Some(GeneIdx(1)), Adjustment::Bonferroni);
        assert_eq!((table.tested(), table.pval_adj[1], table.pval_adj[2]), (vec![0, 3], 1.0, 1.0));
        assert!(table.r[1].is_nan() && (table.pval_adj[0] - 2.0 * table.pval[0]).abs() < 1e-15, "{table:?}");
    }

    #[test]
    fn numbers_that_nothing_goes_with_are_told() {
        let check = |values: Vec<f32>, n: usize| {
            Correlator::new(&Continuous { values }, &CellMask::from_fn(4, |cell| cell < n)).check()
        };
        assert_eq!(check(vec![f32::NAN, f32::INFINITY, 1.0, 2.0], 4), Err(NoCorrelation::TooFewCells(2)));
        assert_eq!(check(vec![1.0, 2.0, 3.0, 4.0], 1), Err(NoCorrelation::TooFewCells(1)));
        assert_eq!(check(vec![7.0, 7.0, 7.0, 8.0], 3), Err(NoCorrelation::Constant(3)));
        assert_eq!(check(vec![7.0, 7.0, 7.0, 8.0], 4), Ok(()));
    }
}
