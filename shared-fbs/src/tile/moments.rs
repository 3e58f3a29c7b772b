use super::{finish, inconsistent, root, wire};
use crate::{DecodeError, bytes};

/// Exact moments of genes over a set of cells, in fixed point (`schemas/tiles.fbs` defines it).
/// Genes without a non-zero value are left out; all vectors have one entry a gene that is present.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moments {
    /// Cells in the set.
    pub n_cells: u64,
    /// Genes present, ascending.
    pub genes: Vec<u32>,
    /// Cells with a non-zero value.
    pub n_nonzero: Vec<u32>,
    /// ΣX.
    pub sums: Vec<i64>,
    /// Σ((X² + half) >> shift).
    pub sums_sq: Vec<u64>,
    /// Bits of fraction, when they differ from gene to gene.
    pub frac_bits: Option<Vec<i16>>,
}

impl Moments {
    /// The tile's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let (mut gaps, mut n_nonzero, mut sums, mut sums_sq) = (vec![], vec![], vec![], vec![]);
        bytes::push_gaps(self.genes.iter().copied(), &mut gaps);
        for &n in &self.n_nonzero {
            bytes::push_varint(u64::from(n), &mut n_nonzero);
        }
        for &sum in &self.sums {
            bytes::push_varint(bytes::zigzag(sum), &mut sums);
        }
        for &sum in &self.sums_sq {
            bytes::push_varint(sum, &mut sums_sq);
        }
        let tile = wire::MomentsT {
            n_cells: self.n_cells,
            n_genes: self.genes.len() as u32,
            gaps,
            n_nonzero,
            sums,
            sums_sq,
            max: None,
            frac_bits: self.frac_bits.clone(),
            genes: None,
        };
        finish(|builder| tile.pack(builder).as_union_value())
    }

    /// Reads inflated bytes.
    ///
    /// # Errors
    /// When they are broken or the parts disagree.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let wrong = || inconsistent("Moments", "the parts do not have one entry a gene");
        let tile = root::<wire::Moments>(bytes, "Moments")?;
        let n_genes = tile.n_genes() as usize;
        let genes = bytes::read_gaps(tile.gaps().bytes(), n_genes, u32::MAX).ok_or_else(wrong)?;
        let varints = |mut bytes: &[u8]| -> Option<Vec<u64>> {
            let numbers = (0..n_genes).map(|_| bytes::take_varint(&mut bytes)).collect::<Option<_>>()?;
            bytes.is_empty().then_some(numbers)
        };
        let read = |vector: flatbuffers::Vector<'_, u8>| varints(vector.bytes()).ok_or_else(wrong);
        let n_nonzero =
            read(tile.n_nonzero())?.into_iter().map(u32::try_from).collect::<Result<_, _>>().map_err(|_| wrong())?;
        let sums = read(tile.sums())?.into_iter().map(bytes::unzigzag).collect();
        let sums_sq = read(tile.sums_sq())?;
        let frac_bits = tile.frac_bits().map(|bits| bits.iter().collect::<Vec<_>>());
        if frac_bits.as_ref().is_some_and(|bits| bits.len() != n_genes) {
            return Err(wrong());
        }
        Ok(Self { n_cells: tile.n_cells(), genes, n_nonzero, sums, sums_sq, frac_bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn moments_round_trip(
            genes in prop::collection::btree_map(0u32..100_000, any::<(u32, i64, u64, i16)>(), 0..100),
            n_cells: u64,
            per_gene: bool,
        ) {
            let moments = Moments {
                n_cells,
                genes: genes.keys().copied().collect(),
                n_nonzero: genes.values().map(|gene| gene.0).collect(),
                sums: genes.values().map(|gene| gene.1).collect(),
                sums_sq: genes.values().map(|gene| gene.2).collect(),
                frac_bits: per_gene.then(|| genes.values().map(|gene| gene.3).collect()),
            };
            prop_assert_eq!(Moments::decode(&moments.encode()), Ok(moments));
        }
    }
}
