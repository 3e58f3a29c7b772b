//! What datasets are called in addresses: the name that people know them by, and a code of where they lie, such as
//! `pbmc-3f9a1c`. So an id depends on nothing else that is served, and a link by it never leads to another dataset.

use crate::frame::checksum;

/// Hexadecimal digits of a code: two datasets of one name share one in 16 million.
const DIGITS: usize = 6;

/// The id of the dataset of this name that lies at this place.
pub fn id_of(name: &str, place: &[u8]) -> String {
    format!("{name}-{:0width$x}", checksum(place) >> (32 - 4 * DIGITS), width = DIGITS)
}

/// The name that an id is made of; one that has no code is a name itself.
pub fn name_of(id: &str) -> &str {
    let is_code = |code: &str| code.len() == DIGITS && code.bytes().all(|digit| b"0123456789abcdef".contains(&digit));
    id.rsplit_once('-').filter(|(_, code)| is_code(code)).map_or(id, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_tells_its_name(name in "[-a-f0-9é ]{1,12}", place in any::<Vec<u8>>()) {
            let id = id_of(&name, &place);
            prop_assert_eq!(id.len(), name.len() + 1 + DIGITS);
            prop_assert_eq!(name_of(&id), name);
        }
    }

    #[test]
    fn a_name_without_a_code_is_a_name() {
        for name in ["pbmc", "pbmc-3f9a1", "pbmc-3f9a1C", "-", ""] {
            assert_eq!(name_of(name), name);
        }
    }
}
