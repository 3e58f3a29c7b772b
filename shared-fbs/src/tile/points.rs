use super::{finish, inconsistent, root, wire};
use crate::{DecodeError, bytes, order::POINTS_PER_TILE};

/// The coordinate, in all axes, of a cell without a position.
pub const NO_POSITION: u16 = u16::MAX;

/// Positions of the cells of one tile, ascending in storage order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Points {
    /// Horizontal, in 16-bit units.
    pub xs: Vec<u16>,
    /// Vertical, in 16-bit units, as many as `xs`.
    pub ys: Vec<u16>,
    /// Depth, in 16-bit units, as many as `xs`; `None` with two dimensions.
    pub zs: Option<Vec<u16>>,
}

impl Points {
    /// The tile's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let tile = wire::PointsT {
            n_points: self.xs.len() as u32,
            xs: encode_axis(&self.xs),
            ys: encode_axis(&self.ys),
            zs: self.zs.as_deref().map(encode_axis),
        };
        finish(|builder| tile.pack(builder).as_union_value())
    }

    /// Reads inflated bytes.
    ///
    /// # Errors
    /// When they are broken or the parts disagree.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let tile = root::<wire::Points>(bytes, "Points")?;
        let n_points = tile.n_points();
        let axis = |planes: flatbuffers::Vector<'_, u8>| {
            (n_points <= POINTS_PER_TILE && planes.len() == n_points as usize * 2)
                .then(|| decode_axis(planes.bytes()))
                .flatten()
                .ok_or(inconsistent("Points", "the axes do not hold `n_points` coordinates"))
        };
        Ok(Self { xs: axis(tile.xs())?, ys: axis(tile.ys())?, zs: tile.zs().map(axis).transpose()? })
    }
}

fn encode_axis(units: &[u16]) -> Vec<u8> {
    let mut last = 0u16;
    bytes::to_planes(units.iter().map(|&unit| {
        let step = unit.wrapping_sub(last) as i16;
        last = unit;
        (((step << 1) ^ (step >> 15)) as u16).to_le_bytes()
    }))
}

fn decode_axis(planes: &[u8]) -> Option<Vec<u16>> {
    let mut unit = 0u16;
    let units = bytes::from_planes::<2>(planes)?.map(|bytes| {
        let step = u16::from_le_bytes(bytes);
        unit = unit.wrapping_add((step >> 1) ^ (step & 1).wrapping_neg());
        unit
    });
    Some(units.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn points_round_trip(points: Vec<(u16, u16, u16)>, has_depth: bool) {
            let axis = |unit: fn(&(u16, u16, u16)) -> u16| points.iter().map(unit).collect::<Vec<_>>();
            let zs = has_depth.then(|| axis(|point| point.2));
            let points = Points { xs: axis(|point| point.0), ys: axis(|point| point.1), zs };
            prop_assert_eq!(Points::decode(&points.encode()), Ok(points));
        }
    }
}
