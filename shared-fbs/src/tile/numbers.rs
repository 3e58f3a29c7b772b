use roaring::RoaringBitmap;

use super::{finish, inconsistent, root, wire};
use crate::{DecodeError, bytes};

/// Numbers of 64 bits as in the file, one a cell. What their bits are, says the column's kind of number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    /// The bits of one f64, i64 or u64 a cell.
    pub bits: Vec<u64>,
    /// Which are missing, by their place in the tile; of f64 so are those that are NaN.
    pub missing: RoaringBitmap,
}

impl Numbers {
    /// The tile's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let values = bytes::to_planes(self.bits.iter().map(|bits| bits.to_le_bytes()));
        let missing = (!self.missing.is_empty()).then(|| {
            let mut bitmap = Vec::with_capacity(self.missing.serialized_size());
            self.missing.serialize_into(&mut bitmap).expect("writing to memory does not fail");
            bitmap
        });
        finish(|builder| wire::NumbersT { values, missing }.pack(builder).as_union_value())
    }

    /// Reads inflated bytes.
    ///
    /// # Errors
    /// When they are broken or the parts disagree.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let tile = root::<wire::Numbers>(bytes, "Numbers")?;
        let bits: Vec<u64> = bytes::from_planes::<8>(tile.values().bytes())
            .ok_or(inconsistent("Numbers", "the length is no multiple of 8"))?
            .map(u64::from_le_bytes)
            .collect();
        let missing = tile.missing().map_or_else(
            || Ok(RoaringBitmap::new()),
            |bitmap| {
                RoaringBitmap::deserialize_from(bitmap.bytes())
                    .map_err(|_| inconsistent("Numbers", "what is missing is not a portable roaring bitmap"))
            },
        )?;
        if missing.max().is_some_and(|last| last as usize >= bits.len()) {
            return Err(inconsistent("Numbers", "a number is missing past the last one"));
        }
        Ok(Self { bits, missing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_round_trip_bit_for_bit(numbers: Vec<(u64, bool)>) {
            let missing = (0..).zip(&numbers).filter(|(_, number)| number.1).map(|(place, _)| place).collect();
            let numbers = Numbers { bits: numbers.iter().map(|number| number.0).collect(), missing };
            prop_assert_eq!(Numbers::decode(&numbers.encode()), Ok(numbers));
        }
    }

    #[test]
    fn a_number_missing_past_the_end_is_refused() {
        let numbers = Numbers { bits: vec![1, 2], missing: [2].into() };
        assert!(matches!(Numbers::decode(&numbers.encode()), Err(DecodeError::Inconsistent { .. })));
    }
}
