use super::{finish, inconsistent, root, wire};
use crate::{DecodeError, bytes, manifest::CELLS_PER_EXPRESSION_TILE};

/// One gene over one chunk of cells: the non-zero values.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// Cells with a non-zero value, counted from the chunk's first, ascending.
    pub cells: Vec<u16>,
    /// Their values, as many as `cells`.
    pub values: ExpressionValues,
}

/// Non-zero values of a gene, as the layer's kind has them.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionValues {
    /// Counts, exact.
    Counts(Counts),
    /// f32, exact.
    Floats(Vec<f32>),
}

/// Counts in the narrowest width that holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Up to 255.
    U8(Vec<u8>),
    /// Up to 65 535.
    U16(Vec<u16>),
    /// Any.
    U32(Vec<u32>),
}

impl Counts {
    /// The counts in the narrowest width that holds them.
    pub fn narrowest(counts: &[u32]) -> Self {
        let max = counts.iter().copied().max().unwrap_or(0);
        if max <= u32::from(u8::MAX) {
            Self::U8(counts.iter().map(|&count| count as u8).collect())
        } else if max <= u32::from(u16::MAX) {
            Self::U16(counts.iter().map(|&count| count as u16).collect())
        } else {
            Self::U32(counts.to_vec())
        }
    }

    /// Number of counts.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(counts) => counts.len(),
            Self::U16(counts) => counts.len(),
            Self::U32(counts) => counts.len(),
        }
    }

    /// Whether there is no count.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The counts in their widest form.
    pub fn to_u32(&self) -> Vec<u32> {
        match self {
            Self::U8(counts) => counts.iter().map(|&count| u32::from(count)).collect(),
            Self::U16(counts) => counts.iter().map(|&count| u32::from(count)).collect(),
            Self::U32(counts) => counts.clone(),
        }
    }
}

impl ExpressionValues {
    /// Bytes a value, and the planes of all values.
    pub(super) fn to_planes(&self) -> (u8, Vec<u8>) {
        match self {
            Self::Counts(Counts::U8(counts)) => (1, counts.clone()),
            Self::Counts(Counts::U16(counts)) => (2, bytes::to_planes(counts.iter().map(|count| count.to_le_bytes()))),
            Self::Counts(Counts::U32(counts)) => (4, bytes::to_planes(counts.iter().map(|count| count.to_le_bytes()))),
            Self::Floats(values) => (4, bytes::to_planes(values.iter().map(|value| value.to_le_bytes()))),
        }
    }
}

impl Expression {
    /// The tile's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut gaps = Vec::with_capacity(self.cells.len());
        bytes::push_gaps(self.cells.iter().map(|&cell| u32::from(cell)), &mut gaps);
        let (width, values) = self.values.to_planes();
        let tile = wire::ExpressionT { n_nonzero: self.cells.len() as u32, gaps, width, values };
        finish(|builder| tile.pack(builder).as_union_value())
    }

    /// Reads inflated bytes of a layer of counts.
    ///
    /// # Errors
    /// When they are broken or the parts disagree.
    pub fn decode_counts(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (cells, width, planes) = parts(bytes)?;
        let counts = match width {
            1 => Some(Counts::U8(planes.to_vec())),
            2 => bytes::from_planes::<2>(planes).map(|counts| Counts::U16(counts.map(u16::from_le_bytes).collect())),
            4 => bytes::from_planes::<4>(planes).map(|counts| Counts::U32(counts.map(u32::from_le_bytes).collect())),
            _ => None,
        };
        match counts {
            Some(counts) if counts.len() == cells.len() => Ok(Self { cells, values: ExpressionValues::Counts(counts) }),
            _ => Err(inconsistent("Expression", "the counts are not one a cell")),
        }
    }

    /// Reads inflated bytes of a layer of floats.
    ///
    /// # Errors
    /// When they are broken or the parts disagree.
    pub fn decode_floats(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (cells, width, planes) = parts(bytes)?;
        let values = bytes::from_planes::<4>(planes)
            .filter(|values| width == 4 && values.len() == cells.len())
            .ok_or(inconsistent("Expression", "the values are not one f32 a cell"))?;
        Ok(Self { cells, values: ExpressionValues::Floats(values.map(f32::from_le_bytes).collect()) })
    }
}

fn parts(bytes: &[u8]) -> Result<(Vec<u16>, u8, &[u8]), DecodeError> {
    let tile = root::<wire::Expression>(bytes, "Expression")?;
    let mut cells: Vec<u16> = Vec::new();
    bytes::extend_from_gaps(tile.gaps().bytes(), tile.n_nonzero() as usize, CELLS_PER_EXPRESSION_TILE, &mut cells)
        .ok_or(inconsistent("Expression", "the gaps do not give `n_nonzero` cells of one chunk"))?;
    Ok((cells, tile.width(), tile.values().bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sparse<V: std::fmt::Debug>(value: impl Strategy<Value = V>) -> impl Strategy<Value = (Vec<u16>, Vec<V>)> {
        prop::collection::btree_map(any::<u16>(), value, 0..200).prop_map(|map| map.into_iter().unzip())
    }

    proptest! {
        #[test]
        fn counts_round_trip((cells, counts) in sparse(prop_oneof![0u32..300, any::<u32>()])) {
            let values = ExpressionValues::Counts(Counts::narrowest(&counts));
            let expression = Expression { cells, values };
            prop_assert_eq!(Expression::decode_counts(&expression.encode()), Ok(expression));
        }

        #[test]
        fn floats_round_trip((cells, floats) in sparse(-1e9f32..1e9)) {
            let expression = Expression { cells, values: ExpressionValues::Floats(floats) };
            prop_assert_eq!(Expression::decode_floats(&expression.encode()), Ok(expression));
        }

        #[test]
        fn broken_bytes_never_panic((cells, floats) in sparse(any::<f32>()), at: prop::sample::Index, flip in 1u8..) {
            let mut bytes = Expression { cells, values: ExpressionValues::Floats(floats) }.encode();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            let _ = Expression::decode_floats(&bytes);
            let _ = Expression::decode_counts(&bytes);
        }

        #[test]
        fn foreign_bytes_never_panic(bytes: Vec<u8>) {
            prop_assert!(Expression::decode_floats(&bytes).is_err());
            prop_assert!(super::super::Moments::decode(&bytes).is_err());
            prop_assert!(super::super::Points::decode(&bytes).is_err());
        }
    }
}
