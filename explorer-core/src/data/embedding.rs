//! Embedding coordinates, as the tiles hold them: 16-bit, rounded, isotropic.

use super::Space;

/// The coordinate (in both axes) of a cell that has no position in this embedding.
pub const NO_POSITION: u16 = u16::MAX;

/// The largest unit of a position.
pub const MAX_UNIT: u16 = NO_POSITION - 1;

/// Positions of all cells in one embedding, in storage order.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    /// Horizontal, 0 to 65 534, or [`NO_POSITION`].
    pub xs: Vec<u16>,
    /// Vertical, upwards, 0 to 65 534, or [`NO_POSITION`].
    pub ys: Vec<u16>,
    /// How units become the file's coordinates.
    pub frame: Frame,
    /// The third dimension, where there is one.
    pub depth: Option<Depth>,
}

/// The third dimension of an embedding.
#[derive(Clone, Debug, PartialEq)]
pub struct Depth {
    /// Towards the viewer, 0 to 65 534, or [`NO_POSITION`].
    pub zs: Vec<u16>,
    /// Where the cells lie.
    pub space: Space,
}

/// The map from 16-bit units to the coordinates of the file: `x = origin_x + unit × step`.
///
/// One step serves both axes, so that shapes keep their proportions; the error of a coordinate is
/// at most half a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Coordinate of unit 0, horizontal.
    pub origin_x: f64,
    /// Coordinate of unit 0, vertical.
    pub origin_y: f64,
    /// Coordinate units a unit, horizontal; positive.
    pub step: f64,
    /// The same, vertical; negative where coordinates grow downwards.
    pub step_y: f64,
}

impl Frame {
    /// The frame of coordinates that grow to the right and upwards.
    pub const fn new(origin_x: f64, origin_y: f64, step: f64) -> Self {
        Self { origin_x, origin_y, step, step_y: step }
    }

    /// The frame that shows the same coordinates upside down, as images have them: units still grow upwards.
    #[must_use]
    pub fn turned_over(self) -> Self {
        Self { origin_y: self.origin_y + f64::from(MAX_UNIT) * self.step_y, step_y: -self.step_y, ..self }
    }

    /// Whether coordinates grow downwards.
    pub fn is_turned_over(&self) -> bool {
        self.step_y < 0.0
    }

    /// The file's coordinates of a position in units (fractions allowed).
    pub fn coordinates(&self, x: f64, y: f64) -> (f64, f64) {
        (self.origin_x + x * self.step, self.origin_y + y * self.step_y)
    }

    /// The position in units (fractional) of the file's coordinates.
    pub fn units(&self, x: f64, y: f64) -> (f64, f64) {
        ((x - self.origin_x) / self.step, (y - self.origin_y) / self.step_y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_turned_over_has_the_same_coordinates_upside_down() {
        let frame = Frame::new(-10.0, 5.0, 0.5);
        let turned = frame.turned_over();
        for unit in [0, 7, MAX_UNIT] {
            let (below, above) = (f64::from(unit), f64::from(MAX_UNIT - unit));
            assert_eq!(turned.coordinates(3.0, above), frame.coordinates(3.0, below));
            let (x, y) = turned.coordinates(3.0, above);
            assert_eq!(turned.units(x, y), (3.0, above));
        }
        assert!(turned.is_turned_over() && !frame.is_turned_over() && turned.turned_over() == frame);
    }
}
