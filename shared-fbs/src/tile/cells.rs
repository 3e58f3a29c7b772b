use super::{Counts, ExpressionValues, finish, inconsistent, root, wire};
use crate::{DecodeError, bytes, manifest::CELLS_PER_CELLS_TILE};

/// Consecutive cells: the non-zero values of each, as rows of a sparse matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Cells {
    /// Where each cell's entries start; one more than there are cells.
    pub indptr: Vec<u32>,
    /// Genes with a value, ascending within a cell.
    pub genes: Vec<u32>,
    /// Their values, as many as `genes`.
    pub values: ExpressionValues,
}

/// Which cells of a tile to decode: bit `i` for its `i`-th cell.
pub type WantedCells = u64;

impl Cells {
    /// Number of cells.
    pub fn n_cells(&self) -> usize {
        self.indptr.len() - 1
    }

    /// The tile's bytes.
    ///
    /// # Panics
    /// When `indptr` does not fit `genes`.
    pub fn encode(&self) -> Vec<u8> {
        let (mut n_nonzero, mut n_gap_bytes, mut gaps) = (vec![], vec![], Vec::with_capacity(self.genes.len()));
        for ends in self.indptr.windows(2) {
            let before = gaps.len();
            bytes::push_gaps(self.genes[ends[0] as usize..ends[1] as usize].iter().copied(), &mut gaps);
            bytes::push_varint(u64::from(ends[1] - ends[0]), &mut n_nonzero);
            bytes::push_varint((gaps.len() - before) as u64, &mut n_gap_bytes);
        }
        let (width, values) = self.values.to_planes();
        let tile = wire::CellsT { n_nonzero, n_gap_bytes, gaps, width, values };
        finish(|builder| tile.pack(builder).as_union_value())
    }

    /// Reads the wanted cells of a layer of counts; the others come out without values.
    ///
    /// `n_genes` is the number of genes of the layer; every gene of the result is below it.
    ///
    /// # Errors
    /// When the bytes are broken or the parts disagree.
    pub fn decode_counts(bytes: &[u8], wanted: WantedCells, n_genes: u32) -> Result<Self, DecodeError> {
        let parts = Parts::read(bytes, wanted, n_genes)?;
        let counts = match parts.width {
            1 => parts.pick(|[count]| count).map(Counts::U8),
            2 => parts.pick(u16::from_le_bytes).map(Counts::U16),
            4 => parts.pick(u32::from_le_bytes).map(Counts::U32),
            _ => None,
        };
        let counts = counts.ok_or(inconsistent("Cells", "the counts are not one an entry"))?;
        Ok(Self { indptr: parts.indptr, genes: parts.genes, values: ExpressionValues::Counts(counts) })
    }

    /// Reads the wanted cells of a layer of floats; else as [`Self::decode_counts`].
    ///
    /// # Errors
    /// When the bytes are broken or the parts disagree.
    pub fn decode_floats(bytes: &[u8], wanted: WantedCells, n_genes: u32) -> Result<Self, DecodeError> {
        let parts = Parts::read(bytes, wanted, n_genes)?;
        let values = parts.pick(f32::from_le_bytes).filter(|_| parts.width == 4);
        let values = values.ok_or(inconsistent("Cells", "the values are not one f32 an entry"))?;
        Ok(Self { indptr: parts.indptr, genes: parts.genes, values: ExpressionValues::Floats(values) })
    }
}

/// A tile, with the genes of the wanted cells read.
struct Parts<'a> {
    indptr: Vec<u32>,
    genes: Vec<u32>,
    width: u8,
    planes: &'a [u8],
    /// Entries of all cells, wanted or not.
    n_entries: usize,
    /// The entries of the wanted cells.
    entries: Vec<std::ops::Range<usize>>,
}

impl<'a> Parts<'a> {
    fn read(bytes: &'a [u8], wanted: WantedCells, n_genes: u32) -> Result<Self, DecodeError> {
        let wrong = || inconsistent("Cells", "the gaps do not give the genes of every cell");
        let tile = root::<wire::Cells>(bytes, "Cells")?;
        let (mut lengths, mut gap_lengths) = (tile.n_nonzero().bytes(), tile.n_gap_bytes().bytes());
        let mut gaps = tile.gaps().bytes();
        let planes = tile.values().bytes();
        let mut indptr = vec![0];
        let (mut genes, mut entries, mut n_entries) = (Vec::new(), Vec::new(), 0usize);
        while !lengths.is_empty() {
            let cell = indptr.len() - 1;
            if cell == CELLS_PER_CELLS_TILE as usize {
                return Err(inconsistent("Cells", "it holds more cells than a tile may"));
            }
            let n_nonzero = bytes::take_varint(&mut lengths).and_then(|n| usize::try_from(n).ok()).ok_or_else(wrong)?;
            let n_bytes = bytes::take_varint(&mut gap_lengths).and_then(|n| usize::try_from(n).ok());
            let (of_cell, rest) = n_bytes.and_then(|n| gaps.split_at_checked(n)).ok_or_else(wrong)?;
            gaps = rest;
            let end = n_entries.checked_add(n_nonzero).filter(|&end| end <= planes.len()).ok_or_else(wrong)?;
            if wanted >> cell & 1 == 1 {
                bytes::extend_from_gaps(of_cell, n_nonzero, n_genes, &mut genes).ok_or_else(wrong)?;
                entries.push(n_entries..end);
            }
            n_entries = end;
            indptr.push(genes.len() as u32);
        }
        if !gaps.is_empty() || !gap_lengths.is_empty() {
            return Err(wrong());
        }
        Ok(Self { indptr, genes, width: tile.width(), planes, n_entries, entries })
    }

    /// The values of the wanted cells, `None` when there is not one an entry.
    fn pick<const W: usize, V>(&self, value: fn([u8; W]) -> V) -> Option<Vec<V>> {
        let n = self.n_entries;
        if n.checked_mul(W) != Some(self.planes.len()) {
            return None;
        }
        let mut values = Vec::with_capacity(self.genes.len());
        for range in &self.entries {
            // The bytes of one cell's values, plane by plane.
            let planes: [&[u8]; W] =
                std::array::from_fn(|plane| &self.planes[plane * n + range.start..plane * n + range.end]);
            values.extend((0..range.len()).map(|at| value(std::array::from_fn(|plane| planes[plane][at]))));
        }
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const N_GENES: u32 = 5000;

    fn cells<V: std::fmt::Debug>(
        value: impl Strategy<Value = V>,
        wrap: fn(Vec<V>) -> ExpressionValues,
    ) -> impl Strategy<Value = Cells> {
        let cell = prop::collection::btree_map(0..N_GENES, value, 0..60);
        prop::collection::vec(cell, 0..=CELLS_PER_CELLS_TILE as usize).prop_map(move |cells| {
            let mut indptr = vec![0];
            let (mut genes, mut values) = (Vec::new(), Vec::new());
            for cell in cells {
                for (gene, value) in cell {
                    genes.push(gene);
                    values.push(value);
                }
                indptr.push(genes.len() as u32);
            }
            Cells { indptr, genes, values: wrap(values) }
        })
    }

    fn counts() -> impl Strategy<Value = Cells> {
        let narrowest = |counts: Vec<u32>| ExpressionValues::Counts(Counts::narrowest(&counts));
        cells(prop_oneof![1u32..9, 1u32..300, any::<u32>()], narrowest)
    }

    /// What is left when only some cells are kept.
    fn keep(cells: &Cells, wanted: WantedCells) -> Vec<(u32, u32)> {
        let ExpressionValues::Counts(counts) = &cells.values else { return Vec::new() };
        let counts = counts.to_u32();
        let mut kept = Vec::new();
        for (cell, ends) in cells.indptr.windows(2).enumerate() {
            if wanted >> cell & 1 == 1 {
                kept.extend((ends[0] as usize..ends[1] as usize).map(|at| (cells.genes[at], counts[at])));
            }
        }
        kept
    }

    proptest! {
        #[test]
        fn counts_round_trip(cells in counts()) {
            let read = Cells::decode_counts(&cells.encode(), u64::MAX, N_GENES);
            // The width of no counts at all is the narrowest.
            prop_assert_eq!(read, Ok(cells));
        }

        #[test]
        fn floats_round_trip(cells in cells(-1e9f32..1e9, ExpressionValues::Floats)) {
            prop_assert_eq!(Cells::decode_floats(&cells.encode(), u64::MAX, N_GENES), Ok(cells));
        }

        #[test]
        fn only_the_wanted_cells_are_decoded(cells in counts(), wanted: u64) {
            let read = Cells::decode_counts(&cells.encode(), wanted, N_GENES).unwrap();
            prop_assert_eq!(read.n_cells(), cells.n_cells());
            prop_assert_eq!(keep(&read, wanted), keep(&cells, wanted));
            prop_assert_eq!(read.genes.len(), keep(&cells, wanted).len());
        }

        #[test]
        fn broken_bytes_never_panic(cells in counts(), at: prop::sample::Index, flip in 1u8.., wanted: u64) {
            let mut bytes = cells.encode();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            if let Ok(read) = Cells::decode_counts(&bytes, wanted, N_GENES) {
                prop_assert!(read.genes.iter().all(|&gene| gene < N_GENES));
            }
            let _ = Cells::decode_floats(&bytes, wanted, N_GENES);
        }
    }
}
