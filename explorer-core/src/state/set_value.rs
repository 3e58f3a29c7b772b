//! What a gene set is in a cell.

use serde::{Deserialize, Serialize};

/// What the values of several genes come to in a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetValue {
    /// Their mean.
    #[default]
    Mean,
    /// Their mean less that of control genes, as scanpy's `score_genes`.
    Score,
}

impl SetValue {
    pub(super) fn is_mean(&self) -> bool {
        *self == Self::Mean
    }
}
