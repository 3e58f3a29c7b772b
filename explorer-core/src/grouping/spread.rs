//! How the values of a gene lie in a group: quartiles, and their density.

/// Places that a density is given at, from the least value to the largest.
pub const N_DENSITIES: usize = 101;

/// Bins between two of these places: the density is that of values moved by half a bin at most.
const BINS_PER_STEP: usize = 4;

/// Values that a plot may show as points.
const MOST_POINTS: usize = 200;

/// How the values of a gene lie in a group, zeros included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    /// Cells.
    pub n_cells: u64,
    /// Cells with a value other than zero.
    pub n_nonzero: u64,
    /// Mean.
    pub mean: f64,
    /// The least value, the three quartiles (between two values as numpy has them), and the largest.
    pub quartiles: [f64; 5],
    /// Gaussian kernel density by Scott's rule, as `scipy.stats.gaussian_kde`, at [`N_DENSITIES`] even places from the
    /// least value to the largest; empty where all values are the same.
    pub density: Vec<f64>,
    /// Some of the values, evenly among all in storage order.
    pub points: Vec<f32>,
}

impl Spread {
    /// Of `n_cells` cells, of which those with a value other than zero have these.
    pub fn new(n_cells: u64, mut nonzero: Vec<f32>) -> Self {
        nonzero.retain(|value| *value != 0.0 && value.is_finite());
        let points = points(n_cells, &nonzero);
        nonzero.sort_unstable_by(f32::total_cmp);
        let values = Sorted { n_cells, n_negative: nonzero.partition_point(|&value| value < 0.0), nonzero: &nonzero };
        if n_cells == 0 {
            return Self::default();
        }
        let mean = nonzero.iter().map(|&value| f64::from(value)).sum::<f64>() / n_cells as f64;
        let quartiles = [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| values.quantile(share));
        Self {
            n_cells,
            n_nonzero: nonzero.len() as u64,
            mean,
            quartiles,
            density: values.density(mean, [quartiles[0], quartiles[4]]),
            points,
        }
    }
}

/// Some of the values, evenly among all: zeros by their share.
fn points(n_cells: u64, nonzero: &[f32]) -> Vec<f32> {
    let n_points = (n_cells as usize).min(MOST_POINTS);
    let n_shown = (n_points as u64 * nonzero.len() as u64).div_ceil(n_cells.max(1)) as usize;
    let shown = (0..n_shown).map(|at| nonzero[at * nonzero.len() / n_shown]);
    shown.chain(std::iter::repeat(0.0)).take(n_points).collect()
}

/// The values in order, zeros between those below and those above.
struct Sorted<'a> {
    n_cells: u64,
    n_negative: usize,
    nonzero: &'a [f32],
}

impl Sorted<'_> {
    fn n_zeros(&self) -> usize {
        (self.n_cells as usize).saturating_sub(self.nonzero.len())
    }

    fn value(&self, rank: usize) -> f64 {
        let n_zeros = self.n_zeros();
        if rank < self.n_negative {
            self.nonzero[rank].into()
        } else if rank < self.n_negative + n_zeros {
            0.0
        } else {
            self.nonzero[rank - n_zeros].into()
        }
    }

    /// As `numpy.quantile` has it.
    fn quantile(&self, share: f64) -> f64 {
        let place = share * (self.n_cells - 1) as f64;
        let below = place as usize;
        let above = (below + 1).min(self.n_cells as usize - 1);
        let (low, high) = (self.value(below), self.value(above));
        low + (high - low) * (place - below as f64)
    }

    fn density(&self, mean: f64, [least, largest]: [f64; 2]) -> Vec<f64> {
        let n = self.n_cells as f64;
        if largest <= least || self.n_cells < 2 {
            return Vec::new();
        }
        let squares: f64 =
            self.nonzero.iter().map(|&value| (f64::from(value) - mean) * (f64::from(value) - mean)).sum();
        let variance = (squares + self.n_zeros() as f64 * mean * mean) / (n - 1.0);
        let bandwidth = variance.sqrt() * libm::pow(n, -0.2);
        let n_steps = (N_DENSITIES - 1) * BINS_PER_STEP;
        let step = (largest - least) / n_steps as f64;
        // Each value is shared between the two places beside it.
        let mut bins = vec![0.0; n_steps + 1];
        let mut add = |value: f64, weight: f64| {
            let place = ((value - least) / step).clamp(0.0, n_steps as f64);
            let below = (place as usize).min(n_steps - 1);
            let part = place - below as f64;
            bins[below] += weight * (1.0 - part);
            bins[below + 1] += weight * part;
        };
        self.nonzero.iter().for_each(|&value| add(value.into(), 1.0));
        if self.n_zeros() > 0 {
            add(0.0, self.n_zeros() as f64);
        }
        let height = 1.0 / (n * bandwidth * (2.0 * std::f64::consts::PI).sqrt());
        let kernel: Vec<f64> = (0..=n_steps)
            .map(|distance| {
                let z = distance as f64 * step / bandwidth;
                height * libm::exp(-0.5 * z * z)
            })
            .take_while(|&weight| weight > height * 1e-12)
            .collect();
        let at = |place: usize| {
            let centre = place * BINS_PER_STEP;
            let first = centre.saturating_sub(kernel.len() - 1);
            let last = (centre + kernel.len() - 1).min(n_steps);
            (first..=last).map(|bin| bins[bin] * kernel[bin.abs_diff(centre)]).sum()
        };
        (0..N_DENSITIES).map(at).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The density as it is defined, value by value.
    fn kernel_density(values: &[f64], place: f64) -> f64 {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let bandwidth = variance.sqrt() * n.powf(-0.2);
        let height = 1.0 / (n * bandwidth * (2.0 * std::f64::consts::PI).sqrt());
        values.iter().map(|value| height * (-0.5 * ((place - value) / bandwidth).powi(2)).exp()).sum()
    }

    #[test]
    fn a_gene_without_values_has_no_density() {
        let spread = Spread::new(3, Vec::new());
        assert_eq!((spread.quartiles, spread.density.len(), spread.points.len()), ([0.0; 5], 0, 3));
        assert_eq!(Spread::new(0, Vec::new()), Spread::default());
    }

    #[test]
    fn points_are_zeros_by_their_share() {
        let spread = Spread::new(1_000, (1..=100).map(|value| value as f32).collect());
        let n_zeros = spread.points.iter().filter(|&&value| value == 0.0).count();
        assert_eq!((spread.points.len(), n_zeros), (200, 180));
    }

    proptest! {
        #[test]
        fn quartiles_and_density_are_those_of_all_values(
            nonzero in prop::collection::vec(prop_oneof![-3.0..-0.1_f32, 0.1..9.0_f32], 1..60),
            n_zeros in 0_u64..100,
        ) {
            let n_cells = nonzero.len() as u64 + n_zeros;
            let mut all: Vec<f64> = nonzero.iter().map(|&value| f64::from(value)).collect();
            all.resize(n_cells as usize, 0.0);
            all.sort_by(f64::total_cmp);
            let spread = Spread::new(n_cells, nonzero);
            for (share, found) in [0.0, 0.25, 0.5, 0.75, 1.0].into_iter().zip(spread.quartiles) {
                let place: f64 = share * (n_cells - 1) as f64;
                let (low, high) = (all[place.floor() as usize], all[place.ceil() as usize]);
                prop_assert!((found - (low + (high - low) * place.fract())).abs() < 1e-9);
            }
            let [least, .., largest] = spread.quartiles;
            prop_assert_eq!(spread.density.is_empty(), n_cells < 2 || least == largest);
            let peak = spread.density.iter().copied().fold(0.0, f64::max);
            for (at, found) in spread.density.iter().enumerate() {
                let place = least + (largest - least) * at as f64 / (N_DENSITIES - 1) as f64;
                let expected = kernel_density(&all, place);
                prop_assert!((found - expected).abs() <= 0.02 * peak, "{found} {expected}");
            }
        }
    }
}
