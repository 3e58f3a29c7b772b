//! Rank sums on their way from a worker: of a group and a reference, gene after gene.

use std::ops::Range;

use explorer_core::de::RankSums;

/// Bytes of a gene on its way: both doubled rank sums, and what its ties come to.
const GENE_BYTES: usize = 8 + 8 + 16;

/// The rank sums of two sets as bytes.
pub fn ranks_to_bytes(ranks: &RankSums) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(GENE_BYTES * ranks.ties.len());
    for (doubled, ties) in ranks.doubled.as_chunks::<2>().0.iter().zip(&ranks.ties) {
        doubled.iter().for_each(|doubled| bytes.extend(doubled.to_le_bytes()));
        bytes.extend(ties.to_le_bytes());
    }
    bytes
}

/// What [`ranks_to_bytes`] wrote of these genes, in sets of so many cells; `None` for anything else.
pub fn ranks_from_bytes(bytes: &[u8], genes: Range<u32>, n_cells: &[u64]) -> Option<RankSums> {
    let (items, rest) = bytes.as_chunks::<GENE_BYTES>();
    if !rest.is_empty() || items.len() != genes.len() {
        return None;
    }
    let mut ranks =
        RankSums { n_cells: n_cells.to_vec(), genes, doubled: Vec::new(), ties: Vec::with_capacity(items.len()) };
    for item in items {
        let (doubled, ties) = item.split_last_chunk::<16>()?;
        ranks.doubled.extend(doubled.as_chunks::<8>().0.iter().map(|doubled| u64::from_le_bytes(*doubled)));
        ranks.ties.push(u128::from_le_bytes(*ties));
    }
    Some(ranks)
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn ranks_survive_the_way() {
        let ranks = RankSums {
            n_cells: vec![3, 5],
            genes: 7..9,
            doubled: vec![1, u64::MAX, 3, 4],
            ties: vec![u128::from(u64::MAX) + 9, 0],
        };
        let bytes = ranks_to_bytes(&ranks);
        assert_eq!(ranks_from_bytes(&bytes, 7..9, &[3, 5]), Some(ranks));
        assert_eq!(ranks_from_bytes(&bytes, 7..10, &[3, 5]), None);
        assert_eq!(ranks_from_bytes(&bytes[1..], 7..9, &[3, 5]), None);
    }
}
