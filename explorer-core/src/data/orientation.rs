//! From where a three-dimensional embedding is looked at.

use serde::{Deserialize, Serialize};

/// How finely orientations differ: a part that many is a hundredth of a degree.
const PARTS: f64 = 10_000.0;

/// How far from 1 the length of a quaternion may be that is taken as it is.
const TOLERANCE: f64 = 1e-3;

/// How a three-dimensional embedding is turned before it is drawn, about its center: a unit quaternion in
/// ten-thousandths, so that equal views have equal links. The axes that it turns in are those of the screen: to the right, upwards, towards
/// the viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "[f64; 4]", into = "[f64; 4]")]
pub struct Orientation {
    x: i16,
    y: i16,
    z: i16,
    w: i16,
}

/// Four numbers are no orientation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an orientation is a quaternion: four finite numbers, not all zero")]
pub struct NoOrientation;

impl Orientation {
    /// Not turned: the first axis to the right, the second one upwards, the third one towards the viewer.
    pub const FRONT: Self = Self { x: 0, y: 0, z: 0, w: PARTS as i16 };

    /// The orientation of a quaternion x, y, z, w of any length; `None` where it has none.
    pub fn new(quaternion: [f64; 4]) -> Option<Self> {
        let length = quaternion.iter().map(|part| part * part).sum::<f64>().sqrt();
        if !(length.is_finite() && length > 1e-100) {
            return None;
        }
        // What was rounded before stays what it is.
        let length = if (length - 1.0).abs() < TOLERANCE { 1.0 } else { length };
        let parts = quaternion.map(|part| (part / length * PARTS).round() as i16);
        // A quaternion and its opposite are one orientation.
        let leading = [parts[3], parts[2], parts[1], parts[0]].into_iter().find(|part| *part != 0)?;
        let [x, y, z, w] = parts.map(|part| part * leading.signum());
        Some(Self { x, y, z, w })
    }

    /// A rotation about an axis by radians; `None` where the axis has no direction.
    pub fn about(axis: [f64; 3], radians: f64) -> Option<Self> {
        let length = axis.iter().map(|part| part * part).sum::<f64>().sqrt();
        let (sine, cosine) = (radians / 2.0).sin_cos();
        let [x, y, z] = axis.map(|part| part / length * sine);
        Self::new([x, y, z, cosine])
    }

    /// The quaternion: x, y, z, w.
    pub fn quaternion(self) -> [f64; 4] {
        [self.x, self.y, self.z, self.w].map(|part| f64::from(part) / PARTS)
    }

    /// Whether nothing is turned.
    pub fn is_front(&self) -> bool {
        *self == Self::FRONT
    }

    /// This, then turned further in the axes of the screen.
    #[must_use]
    pub fn then(self, further: Self) -> Self {
        let ([ax, ay, az, aw], [bx, by, bz, bw]) = (further.quaternion(), self.quaternion());
        let product = [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ];
        Self::new(product).unwrap_or(self)
    }

    /// The rows of the matrix that turns a place.
    pub fn matrix(self) -> [[f64; 3]; 3] {
        let quaternion = self.quaternion();
        let length = quaternion.iter().map(|part| part * part).sum::<f64>().sqrt();
        let [x, y, z, w] = quaternion.map(|part| part / length);
        [
            [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - z * w), 2.0 * (x * z + y * w)],
            [2.0 * (x * y + z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - x * w)],
            [2.0 * (x * z - y * w), 2.0 * (y * z + x * w), 1.0 - 2.0 * (x * x + y * y)],
        ]
    }

    /// As a link writes it: four whole numbers.
    pub(crate) fn to_text(self) -> String {
        format!("{}.{}.{}.{}", self.x, self.y, self.z, self.w)
    }

    /// The orientation that [`Self::to_text`] wrote; `None` for any other text.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let parts: Vec<i16> = text.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
        let parts: [i16; 4] = parts.try_into().ok()?;
        Self::new(parts.map(|part| f64::from(part) / PARTS))
    }
}

impl Default for Orientation {
    fn default() -> Self {
        Self::FRONT
    }
}

impl TryFrom<[f64; 4]> for Orientation {
    type Error = NoOrientation;

    fn try_from(quaternion: [f64; 4]) -> Result<Self, NoOrientation> {
        Self::new(quaternion).ok_or(NoOrientation)
    }
}

impl From<Orientation> for [f64; 4] {
    fn from(orientation: Orientation) -> Self {
        orientation.quaternion()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn orientation() -> impl Strategy<Value = Orientation> {
        prop::array::uniform4(-1.0..1.0_f64).prop_filter_map("a length", Orientation::new)
    }

    fn product(a: [[f64; 3]; 3], b: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
        [0, 1, 2].map(|row| [0, 1, 2].map(|column| (0..3).map(|at| a[row][at] * b[at][column]).sum()))
    }

    proptest! {
        #[test]
        fn text_and_numbers_give_the_same_orientation_back(orientation in orientation()) {
            prop_assert_eq!(Orientation::from_text(&orientation.to_text()), Some(orientation));
            prop_assert_eq!(Orientation::new(orientation.quaternion()), Some(orientation));
            prop_assert_eq!(Orientation::new(orientation.quaternion().map(|part| -part)), Some(orientation));
        }

        #[test]
        fn the_matrix_turns_and_nothing_else(orientation in orientation()) {
            let rows = orientation.matrix();
            for a in 0..3 {
                for b in 0..3 {
                    let dot: f64 = (0..3).map(|at| rows[a][at] * rows[b][at]).sum();
                    prop_assert!((dot - f64::from(u8::from(a == b))).abs() < 1e-12);
                }
            }
            let [x, y, z] = rows;
            let cross = [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]];
            prop_assert!(cross.iter().zip(z).all(|(a, b)| (a - b).abs() < 1e-12));
        }

        #[test]
        fn one_after_the_other_is_the_product_of_the_matrices(first in orientation(), then in orientation()) {
            let both = product(then.matrix(), first.matrix());
            let found = first.then(then).matrix();
            // Rounded to ten-thousandths.
            prop_assert!(both.as_flattened().iter().zip(found.as_flattened()).all(|(a, b)| (a - b).abs() < 1e-3));
        }
    }

    #[test]
    fn a_turn_about_the_upright_axis_brings_the_front_to_the_right() {
        let quarter = Orientation::about([0.0, 1.0, 0.0], std::f64::consts::FRAC_PI_2).unwrap();
        let front = quarter.matrix().map(|row| row[2]);
        assert!((front[0] - 1.0).abs() < 1e-3 && front[1].abs() < 1e-3 && front[2].abs() < 1e-3, "{front:?}");
    }

    #[test]
    fn what_is_no_quaternion_is_refused() {
        for numbers in [[0.0; 4], [f64::NAN, 0.0, 0.0, 1.0], [f64::INFINITY; 4]] {
            assert_eq!(Orientation::new(numbers), None);
        }
        assert_eq!(Orientation::from_text("0.0.0"), None);
        assert_eq!(Orientation::from_text("0.0.0.0"), None);
        assert!(Orientation::about([0.0; 3], 1.0).is_none());
        assert!(Orientation::new([0.0, 0.0, 0.0, 7.0]).unwrap().is_front());
    }
}
