//! What moments say of a set of cells: mean, variance, share of cells with a value.

use super::{FixedPoint, FixedPoints, GeneMoments, Moments};

/// What a test needs to know of a gene in one set of cells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Cells, those with a zero included.
    pub n_cells: u64,
    /// Mean.
    pub mean: f64,
    /// Variance with ddof 1; 0 for fewer than two cells.
    pub variance: f64,
    /// Share of cells with a value other than zero, 0 to 1.
    pub nonzero_share: f64,
}

impl FixedPoints {
    /// Mean, variance and share of non-zero values of a gene, zeros included.
    ///
    /// # Panics
    /// When there is no such gene, or the moments are of another layer.
    pub fn summary(&self, moments: &Moments, gene: usize) -> Summary {
        self.summary_of(moments.n_cells, gene, |entry| moments.entries[entry])
    }

    /// The same of `n_cells` cells, given the moments of the gene's entries.
    pub(crate) fn summary_of(&self, n_cells: u64, gene: usize, moments: impl Fn(usize) -> GeneMoments) -> Summary {
        let one = |square_shift| one_step(moments(gene), n_cells, self.step(gene), square_shift);
        match self {
            Self::Uniform(fixed) => one(fixed.square_shift()),
            Self::Banded(bands) if bands.further(gene).is_empty() => one(0),
            Self::Banded(bands) => {
                let entries = std::iter::once(gene).chain(bands.further(gene));
                let smallest_first: Vec<_> = entries.rev().map(|entry| (moments(entry), self.step(entry))).collect();
                several_steps(smallest_first.into_iter(), n_cells)
            }
        }
    }

    /// Cells in which a gene has a value other than zero.
    ///
    /// # Panics
    /// When there is no such gene, or the moments are of another layer.
    pub fn n_nonzero(&self, moments: &Moments, gene: usize) -> u64 {
        let of_entry = |entry: usize| u64::from(moments.entries[entry].n_nonzero);
        match self {
            Self::Uniform(_) => of_entry(gene),
            Self::Banded(bands) => of_entry(gene) + bands.further(gene).map(of_entry).sum::<u64>(),
        }
    }
}

impl FixedPoint {
    /// Mean, variance and share of non-zero values of a gene, zeros included, over `n_cells` cells.
    pub fn summary(self, moments: GeneMoments, n_cells: u64) -> Summary {
        one_step(moments, n_cells, 1.0 / self.scale(), self.square_shift())
    }
}

impl GeneMoments {
    /// `n · ΣX² − (ΣX)²` over `n_cells` cells, in integers, so that nothing cancels. What is no larger than the
    /// rounding of the squares could make it counts as none, so that a constant gene has none.
    fn scatter(self, n_cells: u64, square_shift: u8) -> u128 {
        let n = u128::from(n_cells);
        let magnitude = u128::from(self.sum.unsigned_abs());
        // Numbers of no dataset may wrap or saturate.
        let squares = self.sum_sq.wrapping_shl(square_shift.into()).saturating_mul(n);
        let scatter = squares.saturating_sub(magnitude * magnitude);
        let rounding = u128::from(self.n_nonzero) * ((1 << square_shift) >> 1) * n;
        if scatter <= rounding { 0 } else { scatter }
    }
}

fn one_step(moments: GeneMoments, n_cells: u64, step: f64, square_shift: u8) -> Summary {
    if n_cells == 0 {
        return Summary::default();
    }
    let n = n_cells as f64;
    let scatter = moments.scatter(n_cells, square_shift);
    let variance = if n_cells < 2 { 0.0 } else { scatter as f64 / n / (n - 1.0) * step * step };
    Summary { n_cells, mean: moments.sum as f64 * step / n, variance, nonzero_share: f64::from(moments.n_nonzero) / n }
}

/// The bands and the zeros of a gene put together one by one, smallest values first (Chan, Golub, LeVeque 1979). What is squared
/// within a band is exact, and all terms are positive. Two bands' means differ by 2⁻²⁴ of the larger at least, unless
/// signs cancel within one, whose own variance then outweighs the difference: so what cancels between them costs 2⁻²⁸.
fn several_steps(bands: impl Iterator<Item = (GeneMoments, f64)> + Clone, n_cells: u64) -> Summary {
    if n_cells == 0 {
        return Summary::default();
    }
    let n_nonzero: u64 = bands.clone().map(|(band, _)| u64::from(band.n_nonzero)).sum();
    let mut total = CarriedSum::default();
    let (mut n, mut mean, mut squared_deviations) = (n_cells.saturating_sub(n_nonzero) as f64, 0.0, 0.0);
    for (band, step) in bands.filter(|(band, _)| band.n_nonzero > 0) {
        // The halves of a sum are exact as f64.
        let high = band.sum >> 32 << 32;
        total.add((band.sum - high) as f64 * step);
        total.add(high as f64 * step);
        let n_band = f64::from(band.n_nonzero);
        let difference = band.sum as f64 * step / n_band - mean;
        let n_both = n + n_band;
        squared_deviations += band.scatter(band.n_nonzero.into(), 0) as f64 / n_band * step * step;
        squared_deviations += difference * difference * (n * n_band / n_both);
        mean += difference * (n_band / n_both);
        n = n_both;
    }
    let n = n_cells as f64;
    let variance = if n_cells < 2 { 0.0 } else { squared_deviations / (n - 1.0) };
    Summary { n_cells, mean: total.get() / n, variance, nonzero_share: n_nonzero as f64 / n }
}

/// A sum that carries along what its additions round off (Neumaier 1974).
#[derive(Default)]
struct CarriedSum {
    sum: f64,
    rounded_off: f64,
}

impl CarriedSum {
    fn add(&mut self, number: f64) {
        let sum = self.sum + number;
        let (larger, smaller) = if self.sum.abs() >= number.abs() { (self.sum, number) } else { (number, self.sum) };
        self.rounded_off += larger - sum + smaller;
        self.sum = sum;
    }

    fn get(&self) -> f64 {
        self.sum + self.rounded_off
    }
}
