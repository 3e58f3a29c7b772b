//! Embedding coordinates, as the tiles hold them: 16-bit, rounded, isotropic.

/// The coordinate (in both axes) of a cell that has no position in this embedding.
pub const NO_POSITION: u16 = u16::MAX;

/// Positions of all cells in one embedding, in storage order.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    /// Horizontal, 0 to 65 534, or [`NO_POSITION`].
    pub xs: Vec<u16>,
    /// Vertical, upwards, 0 to 65 534, or [`NO_POSITION`].
    pub ys: Vec<u16>,
    /// How units become the file's coordinates.
    pub frame: Frame,
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
    /// Coordinate units a unit; positive.
    pub step: f64,
}

impl Frame {
    /// The file's coordinates of a position in units (fractions allowed).
    pub fn coordinates(&self, x: f64, y: f64) -> (f64, f64) {
        (self.origin_x + x * self.step, self.origin_y + y * self.step)
    }

    /// The position in units (fractional) of the file's coordinates.
    pub fn units(&self, x: f64, y: f64) -> (f64, f64) {
        ((x - self.origin_x) / self.step, (y - self.origin_y) / self.step)
    }
}
