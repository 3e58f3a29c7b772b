//! Two numbers of each cell as positions.

use super::{Embedding, Frame, MAX_UNIT, NO_POSITION};

/// Where the values along the axes of a scatter plot lie: the least one at coordinate 0, the greatest one at 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlotRanges {
    /// Least and greatest value to the right.
    pub x: [f64; 2],
    /// The same upwards.
    pub y: [f64; 2],
    /// Cells that have no finite value along one of them.
    pub n_missing: u32,
}

/// The frame of every scatter plot: coordinates go from 0 to 1.
pub const PLOT_FRAME: Frame = Frame::new(0.0, 0.0, 1.0 / MAX_UNIT as f64);

impl PlotRanges {
    /// The values at coordinates.
    pub fn values(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let value = |[min, max]: [f64; 2], at: f64| min + (max - min) * at;
        (value(self.x, x), value(self.y, y))
    }

    /// The coordinates of values.
    pub fn coordinates(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let coordinate = |[min, max]: [f64; 2], value: f64| (value - min) / (max - min);
        (coordinate(self.x, x), coordinate(self.y, y))
    }
}

/// The positions of cells by two values of each, over the ranges of both. A cell without a finite value along one of
/// them has none.
pub fn scatter_positions(xs: &[f32], ys: &[f32]) -> (Embedding, PlotRanges) {
    let (x, y) = (range(xs), range(ys));
    let mut embedding = Embedding {
        xs: Vec::with_capacity(xs.len()),
        ys: Vec::with_capacity(xs.len()),
        frame: PLOT_FRAME,
        depth: None,
    };
    let mut n_missing = 0;
    for (&at_x, &at_y) in xs.iter().zip(ys) {
        let is_placed = at_x.is_finite() && at_y.is_finite();
        n_missing += u32::from(!is_placed);
        let (unit_x, unit_y) = if is_placed { (unit(x, at_x), unit(y, at_y)) } else { (NO_POSITION, NO_POSITION) };
        embedding.xs.push(unit_x);
        embedding.ys.push(unit_y);
    }
    (embedding, PlotRanges { x, y, n_missing })
}

/// Least and greatest of the finite values; around the only one, and from 0 to 1 where there is none.
fn range(values: &[f32]) -> [f64; 2] {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let (min, max) =
        finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(min, max), value| (min.min(value), max.max(value)));
    let (min, max) = (f64::from(min), f64::from(max));
    if min < max {
        [min, max]
    } else if min == max {
        [min - 0.5, min + 0.5]
    } else {
        [0.0, 1.0]
    }
}

fn unit([min, max]: [f64; 2], value: f32) -> u16 {
    ((f64::from(value) - min) / (max - min) * f64::from(MAX_UNIT)).round() as u16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ends_of_the_ranges_are_the_corners_and_a_missing_value_has_no_place() {
        let (xs, ys) = ([0.0, 4.0, f32::NAN, 2.0], [-1.0, 1.0, 0.0, f32::INFINITY]);
        let (plot, ranges) = scatter_positions(&xs, &ys);
        assert_eq!(plot.xs, [0, MAX_UNIT, NO_POSITION, NO_POSITION]);
        assert_eq!(plot.ys, [0, MAX_UNIT, NO_POSITION, NO_POSITION]);
        assert_eq!(ranges, PlotRanges { x: [0.0, 4.0], y: [-1.0, 1.0], n_missing: 2 });
        let (alone, ranges) = scatter_positions(&[3.0], &[3.0]);
        assert_eq!((ranges.x, alone.xs), ([2.5, 3.5], vec![MAX_UNIT / 2]));
    }

    proptest! {
        #[test]
        fn a_position_is_that_of_its_values(values in prop::collection::vec((-1e6..1e6_f32, -1e-3..1e-3_f32), 2..50)) {
            let (xs, ys): (Vec<f32>, Vec<f32>) = values.into_iter().unzip();
            let (plot, ranges) = scatter_positions(&xs, &ys);
            let near = |a: f64, b: f32, [min, max]: [f64; 2]| (a - f64::from(b)).abs() <= (max - min) * 1e-5;
            for (at, (&x, &y)) in xs.iter().zip(&ys).enumerate() {
                let (u, v) = plot.frame.coordinates(f64::from(plot.xs[at]), f64::from(plot.ys[at]));
                let (found_x, found_y) = ranges.values((u, v));
                prop_assert!(near(found_x, x, ranges.x) && near(found_y, y, ranges.y));
                let (back_u, back_v) = ranges.coordinates((found_x, found_y));
                prop_assert!((back_u - u).abs() < 1e-9 && (back_v - v).abs() < 1e-9);
            }
        }
    }
}
