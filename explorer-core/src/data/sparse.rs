//! One gene over all cells.

use super::Continuous;

/// The non-zero values of one gene, by cell in storage order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SparseVec {
    /// Number of cells, zeros included.
    pub n_obs: usize,
    /// Cells with a non-zero value, ascending.
    pub indices: Vec<u32>,
    /// Their values, as many as `indices`.
    pub data: Vec<f32>,
}

impl SparseVec {
    /// The gene as one value a cell, zeros filled in.
    pub fn to_continuous(&self) -> Continuous {
        let mut values = vec![0.0; self.n_obs];
        for (&cell, &value) in self.indices.iter().zip(&self.data) {
            values[cell as usize] = value;
        }
        Continuous { values }
    }
}
