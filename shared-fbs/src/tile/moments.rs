use super::{finish, inconsistent, root, wire};
use crate::{DecodeError, bytes};

/// Exact moments of genes over a set of cells, in fixed point (`schemas/tiles.fbs` defines it).
/// What has no non-zero value is left out; all vectors but `genes_of_bands` have one number an entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    /// Cells in the set.
    pub n_cells: u64,
    /// Number of every entry, ascending: the gene's, or from the number of genes on that of a gene's further band.
    pub entries: Vec<u32>,
    /// Cells with a non-zero value.
    pub n_nonzero: Vec<u32>,
    /// ΣX.
    pub sums: Vec<i64>,
    /// Σ((X² + half) >> shift).
    pub sums_sq: Vec<u128>,
    /// The largest of the non-zero values; in tiles of all cells and of labels.
    pub max: Option<Vec<f32>>,
    /// Bits of fraction; in the tile of all cells, when they differ from entry to entry.
    pub frac_bits: Option<Vec<i16>>,
    /// The gene of every entry that is a further band; in the same tile.
    pub genes_of_bands: Option<Vec<u32>>,
}

impl Moments {
    /// The tile's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let (mut gaps, mut n_nonzero, mut sums, mut sums_sq) = (vec![], vec![], vec![], vec![]);
        bytes::push_gaps(self.entries.iter().copied(), &mut gaps);
        for &n in &self.n_nonzero {
            bytes::push_varint(u64::from(n), &mut n_nonzero);
        }
        for &sum in &self.sums {
            bytes::push_varint(bytes::zigzag(sum), &mut sums);
        }
        for &sum in &self.sums_sq {
            bytes::push_wide_varint(sum, &mut sums_sq);
        }
        let tile = wire::MomentsT {
            n_cells: self.n_cells,
            n_genes: self.entries.len() as u32,
            gaps,
            n_nonzero,
            sums,
            sums_sq,
            max: self.max.as_ref().map(|max| bytes::to_planes(max.iter().map(|value| value.to_le_bytes()))),
            frac_bits: self.frac_bits.clone(),
            genes: self.genes_of_bands.clone(),
        };
        finish(|builder| tile.pack(builder).as_union_value())
    }

    /// Reads inflated bytes.
    ///
    /// # Errors
    /// When they are broken or the parts disagree.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let wrong = || inconsistent("Moments", "the parts do not have one number an entry");
        let tile = root::<wire::Moments>(bytes, "Moments")?;
        let n_entries = tile.n_genes() as usize;
        let entries = bytes::read_gaps(tile.gaps().bytes(), n_entries, u32::MAX).ok_or_else(wrong)?;
        let narrow = |numbers: flatbuffers::Vector<'_, u8>| {
            take_all(numbers.bytes(), n_entries, bytes::take_varint).ok_or_else(wrong)
        };
        let n_nonzero =
            narrow(tile.n_nonzero())?.into_iter().map(u32::try_from).collect::<Result<_, _>>().map_err(|_| wrong())?;
        let sums = narrow(tile.sums())?.into_iter().map(bytes::unzigzag).collect();
        let sums_sq = take_all(tile.sums_sq().bytes(), n_entries, bytes::take_wide_varint).ok_or_else(wrong)?;
        let floats = |planes: flatbuffers::Vector<'_, u8>| -> Option<Vec<f32>> {
            Some(bytes::from_planes(planes.bytes())?.map(f32::from_le_bytes).collect())
        };
        let max = tile.max().map(|planes| floats(planes).ok_or_else(wrong)).transpose()?;
        let frac_bits = tile.frac_bits().map(|bits| bits.iter().collect::<Vec<_>>());
        let genes_of_bands = tile.genes().map(|genes| genes.iter().collect());
        if max.as_ref().is_some_and(|max| max.len() != n_entries || !max.iter().all(|value| value.is_finite()))
            || frac_bits.as_ref().is_some_and(|bits| bits.len() != n_entries)
        {
            return Err(wrong());
        }
        Ok(Self { n_cells: tile.n_cells(), entries, n_nonzero, sums, sums_sq, max, frac_bits, genes_of_bands })
    }
}

/// `n` numbers that fill all of `bytes`.
fn take_all<N>(mut bytes: &[u8], n: usize, take: impl Fn(&mut &[u8]) -> Option<N>) -> Option<Vec<N>> {
    // Each takes a byte at least, so that a broken `n` allocates nothing.
    if n > bytes.len() {
        return None;
    }
    let mut numbers = Vec::with_capacity(n);
    for _ in 0..n {
        numbers.push(take(&mut bytes)?);
    }
    bytes.is_empty().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn moments_round_trip(
            entries in prop::collection::btree_map(0u32..100_000, any::<(u32, i64, u128, f32, i16)>(), 0..100),
            genes_of_bands: Vec<u32>,
            n_cells: u64,
            is_total: bool,
            is_banded: bool,
        ) {
            let moments = Moments {
                n_cells,
                entries: entries.keys().copied().collect(),
                n_nonzero: entries.values().map(|entry| entry.0).collect(),
                sums: entries.values().map(|entry| entry.1).collect(),
                sums_sq: entries.values().map(|entry| entry.2).collect(),
                max: is_total.then(|| entries.values().map(|entry| entry.3).collect()),
                frac_bits: is_banded.then(|| entries.values().map(|entry| entry.4).collect()),
                genes_of_bands: is_banded.then_some(genes_of_bands),
            };
            prop_assert_eq!(Moments::decode(&moments.encode()), Ok(moments));
        }
    }
}
