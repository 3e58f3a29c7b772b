//! The values of genes, one gene after the other, over those cells that are asked about.

use shared_fbs::{
    manifest::CELLS_PER_EXPRESSION_TILE,
    tile::{Counts, Expression, ExpressionValues},
};

use super::{
    SparseVec,
    assemble::{AssembleError, Rebuild},
};
use crate::de::{NormalizedCell, NormalizedCells, TABLE_COUNTS};

/// Reads the values of many genes over some cells. Logarithms of small counts are computed once per cell.
pub struct GeneValues<'a> {
    wanted: &'a [u8],
    normalized: Option<(NormalizedCells<'a>, Vec<[f32; TABLE_COUNTS]>)>,
}

impl<'a> GeneValues<'a> {
    /// Over the cells whose byte is not 0, one byte per cell of the dataset.
    ///
    /// # Errors
    /// [`AssembleError::Divisor`] when counts are to be normalized and there is not one divisor per cell.
    pub fn new(wanted: &'a [u8], rebuild: Rebuild<'a>) -> Result<Self, AssembleError> {
        let normalized = match rebuild {
            Rebuild::Plain => None,
            Rebuild::LogNormalized(cells) if cells.len() != wanted.len() => return Err(AssembleError::Divisor),
            Rebuild::LogNormalized(cells) => {
                let row = |(cell, &is_wanted): (NormalizedCell<'_>, &u8)| match is_wanted {
                    0 => [0.0; TABLE_COUNTS],
                    _ => std::array::from_fn(|count| cell.value(count as u32)),
                };
                Some((cells, cells.iter().zip(wanted).map(row).collect()))
            }
        };
        Ok(Self { wanted, normalized })
    }

    /// One gene, from its tiles in the order of chunks, in place of what `gene` held. Zeros and missing values (NaN)
    /// are left out.
    ///
    /// # Errors
    /// [`AssembleError::Cell`] when a tile names a cell that the dataset does not have.
    pub fn read(&self, chunks: &[Expression], gene: &mut SparseVec) -> Result<(), AssembleError> {
        gene.n_obs = self.wanted.len();
        gene.indices.clear();
        gene.data.clear();
        for (chunk, first) in chunks.iter().zip((0u32..).step_by(CELLS_PER_EXPRESSION_TILE as usize)) {
            let last = chunk.cells.iter().max().map_or(first, |&cell| first + u32::from(cell));
            if !chunk.cells.is_empty() && last as usize >= self.wanted.len() {
                return Err(AssembleError::Cell);
            }
            match &chunk.values {
                ExpressionValues::Floats(values) => self.push(&chunk.cells, values, first, gene, |_, value| value),
                ExpressionValues::Counts(Counts::U8(counts)) => self.push_counts(&chunk.cells, counts, first, gene),
                ExpressionValues::Counts(Counts::U16(counts)) => self.push_counts(&chunk.cells, counts, first, gene),
                ExpressionValues::Counts(Counts::U32(counts)) => self.push_counts(&chunk.cells, counts, first, gene),
            }
        }
        Ok(())
    }

    fn push_counts<C: Copy + Into<u32>>(&self, cells: &[u16], counts: &[C], first: u32, gene: &mut SparseVec) {
        match &self.normalized {
            None => self.push(cells, counts, first, gene, |_, count| count.into() as f32),
            Some((normalized, table)) => self.push(cells, counts, first, gene, |cell, count| {
                let count: u32 = count.into();
                let known = table[cell].get(count as usize).copied();
                known.unwrap_or_else(|| normalized.get(cell).unwrap_or_default().value(count))
            }),
        }
    }

    #[inline]
    fn push<V: Copy>(
        &self,
        cells: &[u16],
        values: &[V],
        first: u32,
        gene: &mut SparseVec,
        value_of: impl Fn(usize, V) -> f32,
    ) {
        for (&cell, &value) in cells.iter().zip(values) {
            let cell = first + u32::from(cell);
            if self.wanted[cell as usize] == 0 {
                continue;
            }
            let value = value_of(cell as usize, value);
            if value != 0.0 && !value.is_nan() {
                gene.indices.push(cell);
                gene.data.push(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        data::assemble,
        de::{Correction, Normalization},
    };

    fn chunk(counts: &[u32]) -> Expression {
        let cells = (0u16..).zip(counts).filter(|(_, count)| **count > 0).map(|(cell, _)| cell).collect();
        let counts: Vec<u32> = counts.iter().copied().filter(|&count| count > 0).collect();
        Expression { cells, values: ExpressionValues::Counts(Counts::narrowest(&counts)) }
    }

    proptest! {
        #[test]
        fn values_are_those_of_the_gene_in_the_cells_asked_about(
            cells in prop::collection::vec((0u32..20, 0.01f32..9.0, any::<bool>()), 1..60),
            is_corrected in any::<bool>(),
        ) {
            let counts: Vec<u32> = cells.iter().map(|cell| cell.0).collect();
            let wanted: Vec<u8> = cells.iter().map(|cell| u8::from(cell.2)).collect();
            let correction = (0, Correction { count: 1, difference: 1 });
            let corrections = is_corrected.then_some(correction);
            let normalization = Normalization::new(cells.iter().map(|cell| cell.1).collect(), corrections);
            for rebuild in [Rebuild::Plain, Rebuild::of(Some(&normalization))] {
                let whole = assemble::gene(&[chunk(&counts)], rebuild, cells.len()).unwrap();
                let pairs = whole.indices.iter().zip(&whole.data);
                let expected: Vec<(u32, f32)> =
                    pairs.map(|(&cell, &value)| (cell, value)).filter(|(cell, _)| wanted[*cell as usize] == 1).collect();
                let mut gene = SparseVec::default();
                GeneValues::new(&wanted, rebuild).unwrap().read(&[chunk(&counts)], &mut gene).unwrap();
                prop_assert_eq!(gene.indices.into_iter().zip(gene.data).collect::<Vec<_>>(), expected);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let normalization = Normalization::new(vec![1.0], []);
        let short = GeneValues::new(&[1, 1], Rebuild::of(Some(&normalization)));
        assert_eq!(short.err(), Some(AssembleError::Divisor));
        let values = GeneValues::new(&[1, 1], Rebuild::Plain).unwrap();
        let mut gene = SparseVec::default();
        assert_eq!(values.read(&[chunk(&[1, 1, 1])], &mut gene), Err(AssembleError::Cell));
        let missing = Expression { cells: vec![0, 1], values: ExpressionValues::Floats(vec![f32::NAN, 2.0]) };
        values.read(&[missing], &mut gene).unwrap();
        assert_eq!((gene.indices, gene.data), (vec![1], vec![2.0]));
    }
}
