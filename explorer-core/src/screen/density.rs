//! How densely points lie over the picture: counts in bins, smoothed, and contours that hold a share of the points.

use super::contour;

/// A side of a bin in CSS pixels.
pub const BIN_PX: f64 = 4.0;

/// The standard deviation of the smoothing, in bins.
const SIGMA_BINS: f64 = 2.5;

/// Points per square pixel that half of them have around them at least where contours are drawn: with fewer, contours
/// would surround single points.
pub const LEAST_PER_PX: f64 = 1e-3;

/// The shares of all points that the contours hold, the innermost last.
pub const SHARES: [f64; 4] = [0.95, 0.75, 0.5, 0.25];

/// Points per bin over a picture, row after row from its top left.
#[derive(Clone, Debug, PartialEq)]
pub struct DensityGrid {
    n_columns: usize,
    n_rows: usize,
    values: Vec<f32>,
}

/// The contour around a share of the points.
#[derive(Clone, Debug, PartialEq)]
pub struct Contour {
    /// The share of the points that lie within, to the size of a bin.
    pub share: f64,
    /// Closed outlines in CSS pixels; what is inside an odd number of them is inside.
    pub outlines: Vec<Vec<[f64; 2]>>,
}

impl DensityGrid {
    /// Counts points, by their places in CSS pixels; those outside of the picture are left out.
    pub fn count(size_px: [f64; 2], points_px: impl IntoIterator<Item = [f64; 2]>) -> Self {
        let [n_columns, n_rows] = size_px.map(|side_px| (side_px / BIN_PX).ceil().max(0.0) as usize);
        let mut values = vec![0.0; n_columns * n_rows];
        for [x, y] in points_px {
            if x >= 0.0 && y >= 0.0 {
                let (column, row) = ((x / BIN_PX) as usize, (y / BIN_PX) as usize);
                if column < n_columns && row < n_rows {
                    values[row * n_columns + column] += 1.0;
                }
            }
        }
        Self { n_columns, n_rows, values }
    }

    /// The number of points that were counted.
    pub fn n_points(&self) -> f64 {
        self.values.iter().map(|&value| f64::from(value)).sum()
    }

    /// The same, each bin spread over its neighbors by a Gaussian; what falls over the edge is lost.
    #[must_use]
    fn smoothed(&self) -> Self {
        let weights = weights();
        let along_rows = self.spread(&weights, |grid, at| (at % grid.n_columns, grid.n_columns), 1);
        along_rows.spread(&weights, |grid, at| (at / grid.n_columns, grid.n_rows), self.n_columns)
    }

    /// Spreads values along one axis: `place` gives a bin's place along it and the bins there are, `stride` the distance
    /// between neighbors.
    fn spread(&self, weights: &[f32], place: impl Fn(&Self, usize) -> (usize, usize), stride: usize) -> Self {
        let mut values = vec![0.0; self.values.len()];
        for (at, &value) in self.values.iter().enumerate() {
            if value == 0.0 {
                continue;
            }
            let (here, n_bins) = place(self, at);
            values[at] += weights[0] * value;
            for (distance, weight) in weights.iter().enumerate().skip(1) {
                if distance <= here {
                    values[at - distance * stride] += weight * value;
                }
                if here + distance < n_bins {
                    values[at + distance * stride] += weight * value;
                }
            }
        }
        Self { values, ..*self }
    }

    /// Whether points lie so densely that contours say something: see `LEAST_PER_PX`.
    pub fn is_dense(&self) -> bool {
        // What a point adds to the density where it is itself says nothing.
        let own = weights()[0].powi(2);
        let others = self.level(&self.smoothed(), 0.5).map(|per_bin| f64::from(per_bin - own));
        others.is_some_and(|per_bin| per_bin >= LEAST_PER_PX * BIN_PX * BIN_PX)
    }

    /// The contours around `SHARES` of the points, where they lie most densely; none where there are no points.
    pub fn contours(&self) -> Vec<Contour> {
        let density = self.smoothed();
        let contour = |share| {
            let level = self.level(&density, share)?;
            let outlines = contour::outlines(self.n_columns, self.n_rows, &density.values, level);
            let to_px = |at: f64| (at + 0.5) * BIN_PX;
            let outlines = outlines.into_iter().map(|outline| outline.into_iter().map(|at| at.map(to_px)).collect());
            Some(Contour { share, outlines: outlines.collect() })
        };
        SHARES.into_iter().filter_map(contour).collect()
    }

    /// The density that the bins of this share of the points have at least; `None` where there are no points.
    fn level(&self, density: &Self, share: f64) -> Option<f32> {
        let bins = density.values.iter().zip(&self.values);
        let mut bins: Vec<(f32, f32)> = bins.filter(|(_, n)| **n > 0.0).map(|(&density, &n)| (density, n)).collect();
        bins.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let wanted = share * self.n_points();
        let mut sum = 0.0;
        bins.into_iter().find_map(|(density, n)| {
            sum += f64::from(n);
            (sum >= wanted).then_some(density)
        })
    }
}

/// The weights of a Gaussian by distance; both sides together make 1.
fn weights() -> Vec<f32> {
    let reach = (3.0 * SIGMA_BINS).ceil() as usize;
    let weight = |distance: usize| (-0.5 * (distance as f64 / SIGMA_BINS).powi(2)).exp();
    let sum = weight(0) + 2.0 * (1..=reach).map(weight).sum::<f64>();
    (0..=reach).map(|distance| (weight(distance) / sum) as f32).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZE_PX: [f64; 2] = [90.0, 60.0];

    fn points() -> impl Strategy<Value = Vec<[f64; 2]>> {
        prop::collection::vec([-10.0..100.0_f64, -10.0..70.0_f64], 0..60)
    }

    proptest! {
        #[test]
        fn bins_count_the_points_within_and_smoothing_is_the_sum_over_all_bins(points in points()) {
            let grid = DensityGrid::count(SIZE_PX, points.iter().copied());
            prop_assert_eq!((grid.n_columns, grid.n_rows), (23, 15));
            let bin = |at: usize| ((at % 23) as f64, (at / 23) as f64);
            for (at, &value) in grid.values.iter().enumerate() {
                let (column, row) = bin(at);
                let is_within = |&&[x, y]: &&[f64; 2]| (x / BIN_PX).floor() == column && (y / BIN_PX).floor() == row;
                prop_assert_eq!(value as usize, points.iter().filter(is_within).count());
            }
            let (smoothed, weights) = (grid.smoothed(), weights());
            let weight = |distance: f64| weights.get(distance.abs() as usize).map_or(0.0, |&weight| f64::from(weight));
            for (at, &value) in smoothed.values.iter().enumerate() {
                let (column, row) = bin(at);
                let of_all = grid.values.iter().enumerate().map(|(from, &value)| {
                    let (from_column, from_row) = bin(from);
                    f64::from(value) * weight(column - from_column) * weight(row - from_row)
                });
                let expected: f64 = of_all.sum();
                prop_assert!((f64::from(value) - expected).abs() < 1e-5, "{value} is not {expected}");
            }
        }

        #[test]
        fn contours_hold_their_share_and_no_more_than_it_takes(points in points()) {
            let counted = DensityGrid::count(SIZE_PX, points);
            let (density, all) = (counted.smoothed(), counted.n_points());
            prop_assert_eq!(counted.contours().len(), if all > 0.0 { SHARES.len() } else { 0 });
            for share in SHARES {
                let Some(level) = counted.level(&density, share) else { continue };
                let held = |is_held: &dyn Fn(f32) -> bool| {
                    let bins = density.values.iter().zip(&counted.values).filter(|(density, _)| is_held(**density));
                    bins.map(|(_, &n)| f64::from(n)).sum::<f64>()
                };
                prop_assert!(held(&|density| density >= level) >= share * all);
                prop_assert!(held(&|density| density > level) < share * all);
            }
        }
    }

    #[test]
    fn a_cloud_has_contours_around_its_middle_one_within_the_other() {
        let cloud = (0..400).map(|at| {
            let (turn, radius) = (f64::from(at) * 2.4, f64::from(at).sqrt());
            [45.0 + radius * turn.cos(), 30.0 + radius * turn.sin()]
        });
        let contours = DensityGrid::count(SIZE_PX, cloud).contours();
        let widths: Vec<f64> = contours
            .iter()
            .map(|contour| {
                assert_eq!(contour.outlines.len(), 1, "{contour:?}");
                let xs = contour.outlines[0].iter().map(|at| at[0]);
                let (least, most) = xs.fold((f64::MAX, f64::MIN), |(least, most), x| (least.min(x), most.max(x)));
                assert!(least < 45.0 && 45.0 < most);
                most - least
            })
            .collect();
        assert!(widths.is_sorted_by(|a, b| a > b), "{widths:?}");
    }

    #[test]
    fn contours_are_for_points_that_lie_densely() {
        // A grid of points so far apart.
        let grid = |apart_px: f64| {
            let side = (0..20).map(move |at| (f64::from(at) + 0.5) * apart_px);
            let points: Vec<[f64; 2]> = side.clone().flat_map(|x| side.clone().map(move |y| [x, y])).collect();
            DensityGrid::count([20.0 * apart_px; 2], points)
        };
        assert!(grid(10.0).is_dense() && !grid(60.0).is_dense());
        assert!(!DensityGrid::count([400.0; 2], []).is_dense());
    }
}
