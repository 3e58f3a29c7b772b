use roaring::RoaringBitmap;

use super::{finish, inconsistent, root, wire};
use crate::DecodeError;

/// The cells of one label, in storage order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Posting(
    /// The cells.
    pub RoaringBitmap,
);

impl Posting {
    /// The tile's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bitmap = Vec::with_capacity(self.0.serialized_size());
        self.0.serialize_into(&mut bitmap).expect("writing to memory does not fail");
        finish(|builder| wire::PostingT { bitmap }.pack(builder).as_union_value())
    }

    /// Reads inflated bytes.
    ///
    /// # Errors
    /// When they are broken or no roaring bitmap in the portable format.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let tile = root::<wire::Posting>(bytes, "Posting")?;
        RoaringBitmap::deserialize_from(tile.bitmap().bytes())
            .map(Self)
            .map_err(|_| inconsistent("Posting", "the bytes are not a portable roaring bitmap"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn postings_round_trip(cells: Vec<u32>) {
            let posting = Posting(cells.into_iter().collect());
            prop_assert_eq!(Posting::decode(&posting.encode()), Ok(posting));
        }
    }
}
