//! What is seen of a three-dimensional embedding from one side: a plane like that of any other embedding.

use super::{Embedding, Frame, MAX_UNIT, NO_POSITION, Orientation};

/// The middle of the units of a plane.
const MIDDLE: f64 = MAX_UNIT as f64 / 2.0;

/// The box that the cells of a three-dimensional embedding lie in, and how its units become coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Space {
    /// The first two dimensions.
    pub frame: Frame,
    /// The third coordinate of unit 0.
    pub origin_z: f64,
    /// Coordinate units a unit of the third dimension; positive.
    pub step_z: f64,
    /// Lowest units.
    pub min: [u16; 3],
    /// Highest units.
    pub max: [u16; 3],
}

impl Space {
    fn steps(&self) -> [f64; 3] {
        [self.frame.step, self.frame.step, self.step_z]
    }

    /// The center of the box, in units.
    fn center(&self) -> [f64; 3] {
        [0, 1, 2].map(|axis| f64::midpoint(f64::from(self.min[axis]), f64::from(self.max[axis])))
    }

    /// How far the corners of the box are from its center, in coordinates.
    fn radius(&self) -> f64 {
        let steps = self.steps();
        let extent = [0, 1, 2].map(|axis| f64::from(self.max[axis].saturating_sub(self.min[axis])) * steps[axis]);
        let radius = extent.iter().map(|side| side * side).sum::<f64>().sqrt() / 2.0;
        if radius > 0.0 { radius } else { self.frame.step }
    }

    /// The units of a place given by its coordinates.
    pub fn units(&self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        let (x, y) = self.frame.units(x, y);
        [x, y, (z - self.origin_z) / self.step_z]
    }

    /// The coordinates of a place given in units.
    pub fn coordinates(&self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        let (x, y) = self.frame.coordinates(x, y);
        [x, y, self.origin_z + z * self.step_z]
    }
}

/// A space looked at from one side, without perspective: what is behind is as large as what is in front.
///
/// Not turned, the plane is that of the first two dimensions, unit for unit. Turned, it is a square around the center that
/// holds the box however it is turned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Projection {
    space: Space,
    orientation: Orientation,
    /// From units, as differences to the center, to units of the plane, and of depth.
    rows: [[f64; 3]; 3],
    center: [f64; 3],
    middle: [f64; 3],
    frame: Frame,
}

impl Projection {
    /// A space as it is seen from there.
    pub fn new(space: Space, orientation: Orientation) -> Self {
        let (steps, center, radius) = (space.steps(), space.center(), space.radius());
        let step = radius / MIDDLE;
        let turned = orientation.matrix();
        let mut rows = turned.map(|row| [0, 1, 2].map(|axis| row[axis] * steps[axis] / step));
        let mut middle = [MIDDLE; 3];
        let mut frame = space.frame;
        if orientation.is_front() {
            (rows[0], rows[1]) = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]);
            (middle[0], middle[1]) = (center[0], center[1]);
        } else {
            let (x, y) = space.frame.coordinates(center[0], center[1]);
            let step_y = if space.frame.is_turned_over() { -step } else { step };
            frame = Frame { origin_x: x - MIDDLE * step, origin_y: y - MIDDLE * step_y, step, step_y };
        }
        Self { space, orientation, rows, center, middle, frame }
    }

    /// What is looked at.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Where from.
    pub fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// How the units of the plane become coordinates: those of the first two dimensions about the center, turned.
    pub fn frame(&self) -> Frame {
        self.frame
    }

    /// Where a place in units lies in the plane, and how near it is: all in units, 0 to 65 534 for what is in the box.
    pub fn project(&self, units: [f64; 3]) -> [f64; 3] {
        let [x, y, z] = [0, 1, 2].map(|axis| units[axis] - self.center[axis]);
        [0, 1, 2].map(|axis| {
            let row = self.rows[axis];
            self.middle[axis] + (row[0] * x + row[1] * y + row[2] * z)
        })
    }

    /// The same of a cell, rounded; `None` where it has no position.
    pub fn cell(&self, [x, y, z]: [u16; 3]) -> Option<[u16; 3]> {
        if x == NO_POSITION {
            return None;
        }
        let unit = |value: f64| (value + 0.5).clamp(0.0, f64::from(MAX_UNIT)) as u16;
        let [across, up, near] = self.project([x, y, z].map(f64::from)).map(unit);
        if self.orientation.is_front() { Some([x, y, near]) } else { Some([across, up, near]) }
    }

    /// The plane as an embedding.
    pub fn plane(&self, embedding: &Embedding) -> Embedding {
        let n_obs = embedding.xs.len();
        let mut plane = Embedding::nowhere(n_obs, self.frame, None);
        for cell in 0..n_obs {
            if let Some([x, y, _]) = self.cell(embedding.units_of(cell)) {
                (plane.xs[cell], plane.ys[cell]) = (x, y);
            }
        }
        plane
    }

    /// This turned further by radians about the axes of the screen to the right and upwards, and where the place then
    /// lies that was at `pivot` (in coordinates of the plane, as deep as the center).
    #[must_use]
    pub fn turned(&self, [about_x, about_y]: [f64; 2], pivot: (f64, f64)) -> (Orientation, (f64, f64)) {
        let Some(further) = Orientation::about([about_x, about_y, 0.0], about_x.hypot(about_y)) else {
            return (self.orientation, pivot);
        };
        let orientation = self.orientation.then(further);
        let (x, y) = self.space.frame.coordinates(self.center[0], self.center[1]);
        let sign = if self.space.frame.is_turned_over() { -1.0 } else { 1.0 };
        let seen = [pivot.0 - x, (pivot.1 - y) * sign];
        let (before, after) = (self.orientation.matrix(), orientation.matrix());
        // The rows of a rotation are the columns of its inverse.
        let place = [0, 1, 2].map(|axis| before[0][axis] * seen[0] + before[1][axis] * seen[1]);
        let [across, up] = [0, 1].map(|row| (0..3).map(|axis| after[row][axis] * place[axis]).sum::<f64>());
        (orientation, (x + across, y + up * sign))
    }
}

/// The priority to draw a cell with that is so near: what is in front lies above. Few cells lie in the corners of their
/// box: those nearest and farthest may share a priority.
pub fn priority_of_depth(near: u16) -> u8 {
    let middle = i32::from(MAX_UNIT) / 2;
    let stretched = middle + (i32::from(near) - middle) * 3 / 2;
    (stretched.clamp(0, i32::from(MAX_UNIT)) >> 8) as u8
}

impl Embedding {
    /// The units of a cell; the third is 0 where there are two dimensions.
    pub fn units_of(&self, cell: usize) -> [u16; 3] {
        [self.xs[cell], self.ys[cell], self.depth.as_ref().map_or(0, |depth| depth.zs[cell])]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::orientation::tests::orientation, *};

    fn space() -> impl Strategy<Value = Space> {
        (prop::array::uniform3((0..30_000_u16, 30_001..=MAX_UNIT)), 1e-3..1e3, 1e-3..1e3, any::<bool>()).prop_map(
            |(sides, step, step_z, turned_over)| {
                let frame = Frame::new(-7.0, 12.0, step);
                let frame = if turned_over { frame.turned_over() } else { frame };
                let [min, max] = [sides.map(|side| side.0), sides.map(|side| side.1)];
                Space { frame, origin_z: 3.0, step_z, min, max }
            },
        )
    }

    /// The definition: the differences to the center in coordinates, turned.
    fn expected(space: &Space, orientation: Orientation, units: [f64; 3]) -> (f64, f64) {
        let (at, center) = (space.coordinates(units), space.coordinates(space.center()));
        let sign = if space.frame.is_turned_over() { -1.0 } else { 1.0 };
        let offset = [at[0] - center[0], (at[1] - center[1]) * sign, at[2] - center[2]];
        let rows = orientation.matrix();
        let [x, y] = [0, 1].map(|row| (0..3).map(|axis| rows[row][axis] * offset[axis]).sum::<f64>());
        (center[0] + x, center[1] + y * sign)
    }

    proptest! {
        #[test]
        fn a_cell_is_where_its_turned_coordinates_are(
            space in space(), orientation in orientation(), share in prop::array::uniform3(0.0..=1.0_f64),
        ) {
            let units = [0, 1, 2].map(|axis| {
                let (min, max) = (f64::from(space.min[axis]), f64::from(space.max[axis]));
                (min + share[axis] * (max - min)).round()
            });
            let projection = Projection::new(space, orientation);
            let [x, y, near] = projection.cell(units.map(|unit| unit as u16)).unwrap();
            let (x, y) = projection.frame().coordinates(f64::from(x), f64::from(y));
            let (expected_x, expected_y) = expected(&space, orientation, units);
            let bound = projection.frame().step * 0.501;
            prop_assert!((x - expected_x).abs() <= bound && (y - expected_y).abs() <= bound);
            let exact = projection.project(units);
            prop_assert!((f64::from(near) - exact[2]).abs() <= 0.501);
            prop_assert!(exact.iter().all(|unit| (-0.01..=f64::from(MAX_UNIT) + 0.01).contains(unit)), "{exact:?}");
            let back = space.units(space.coordinates(units));
            prop_assert!(back.iter().zip(units).all(|(a, b)| (a - b).abs() < 1e-6));
        }

        #[test]
        fn what_is_not_turned_is_the_plane_unit_for_unit(space in space(), x in 0..=MAX_UNIT, y in 0..=MAX_UNIT, z in 0..=MAX_UNIT) {
            let projection = Projection::new(space, Orientation::FRONT);
            let [seen_x, seen_y, _] = projection.cell([x, y, z]).unwrap();
            prop_assert_eq!(([seen_x, seen_y], projection.frame()), ([x, y], space.frame));
            prop_assert_eq!(projection.cell([NO_POSITION, y, z]), None);
        }

        #[test]
        fn what_is_turned_about_keeps_its_place_on_the_screen(
            space in space(), first in orientation(), by in prop::array::uniform2(-1.0..1.0_f64), x in -50.0..50.0_f64, y in -50.0..50.0_f64,
        ) {
            let before = Projection::new(space, first);
            let (orientation, at) = before.turned(by, (x, y));
            // A place as deep as the center: seen at (x, y) before, and then where it is said to be.
            let (back, (back_x, back_y)) = Projection::new(space, orientation).turned([0.0; 2], at);
            prop_assert_eq!((back, back_x, back_y), (orientation, at.0, at.1));
            let center = space.coordinates(space.center());
            let length = |at: (f64, f64)| (at.0 - center[0]).hypot(at.1 - center[1]);
            prop_assert!(length(at) <= length((x, y)) * 1.001 + 1e-9);
        }
    }

    #[test]
    fn nearer_cells_are_nearer() {
        let frame = Frame::new(0.0, 0.0, 1.0);
        let space = Space { frame, origin_z: 0.0, step_z: 1.0, min: [0; 3], max: [100; 3] };
        let near = |orientation, cell| Projection::new(space, orientation).cell(cell).unwrap()[2];
        assert!(near(Orientation::FRONT, [50, 50, 90]) > near(Orientation::FRONT, [50, 50, 10]));
        let half = Orientation::about([0.0, 1.0, 0.0], std::f64::consts::PI).unwrap();
        assert!(near(half, [50, 50, 90]) < near(half, [50, 50, 10]));
    }
}
