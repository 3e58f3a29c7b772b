//! Parts of a selection, as texts that any process can be sent: each gives its own share of tables and moments.

use std::ops::Range;

use explorer_core::{data::CellIdx, filter::CellMask};
use serde::{Deserialize, Serialize};
use shared_fbs::manifest::CELLS_PER_CELLS_TILE;
use value_filter::{Filter, FilterError, Terms};

use crate::{
    dataset::Dataset,
    selection::{CellSelection, SelectionError},
};

/// The cells of a selection that lie in some consecutive tiles. Moments of fragments that are [cut](Fragment::cut) of one
/// selection add up to its own, bit for bit, in whatever order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment {
    /// Where the dataset lies.
    pub place: String,
    /// What the dataset holds, so that no other is taken for it.
    pub content_id: String,
    /// Filter of cells.
    pub obs: Option<String>,
    /// Filter of genes.
    pub var: Option<String>,
    /// The cells among which it has its own, by number in storage order.
    pub cells: Range<u32>,
    /// Its cells one by one, where filters alone do not tell them: a roaring bitmap in portable form, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub listed: Option<String>,
}

/// Why a fragment gives no cells.
#[derive(Debug, thiserror::Error)]
pub enum FragmentError {
    /// The dataset is another one.
    #[error(transparent)]
    Other(#[from] OtherDataset),
    /// Its filter does not suit the dataset.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// Its filter cannot be read.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// Its list of cells is damaged.
    #[error("the fragment's list of cells is damaged; cut the query again")]
    List,
}

/// A fragment that is not of the dataset that lies at its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the dataset at {place} is another one now: it holds {found}, and the fragment is of {expected}; cut the query again"
)]
pub struct OtherDataset {
    /// The place.
    pub place: String,
    /// What is there.
    pub found: String,
    /// What the fragment is of.
    pub expected: String,
}

impl Fragment {
    /// Cuts a selection into at most `n` fragments that read about as many tiles each; none without cells. Each lists its
    /// cells where this one does.
    pub fn cut(&self, selection: &CellSelection, n: usize) -> Vec<Self> {
        let mut tiles: Vec<u32> = selection.cells().iter().map(|CellIdx(cell)| cell / CELLS_PER_CELLS_TILE).collect();
        tiles.dedup();
        let cut = |at: usize| tiles.len() * at / n.max(1);
        let parts = (0..n).map(|part| &tiles[cut(part)..cut(part + 1)]);
        let fragment = |tiles: &[u32]| {
            let cells = tiles.first()? * CELLS_PER_CELLS_TILE..(tiles.last()? + 1) * CELLS_PER_CELLS_TILE;
            let listed = self.listed.is_some().then(|| hex_of(&selection.within(&cells).cells().to_portable()));
            Some(Self { cells, listed, ..self.clone() })
        };
        parts.filter_map(fragment).collect()
    }

    /// Its cells.
    ///
    /// # Errors
    /// [`FragmentError`].
    pub fn cells(&self, dataset: &Dataset, terms: &impl Terms) -> Result<CellSelection, FragmentError> {
        let manifest = dataset.manifest();
        if manifest.content_id != self.content_id {
            let (place, expected) = (self.place.clone(), self.content_id.clone());
            return Err(OtherDataset { place, found: manifest.content_id.clone(), expected }.into());
        }
        let selection = match (&self.listed, &self.obs) {
            (Some(digits), _) => {
                let bytes = bytes_of(digits).ok_or(FragmentError::List)?;
                let cells =
                    CellMask::from_portable(&bytes, manifest.n_obs as usize).map_err(|_| FragmentError::List)?;
                CellSelection::of_mask(cells)
            }
            (None, Some(filter)) => CellSelection::of_filter(dataset, &Filter::parse(filter)?, terms)?.0,
            (None, None) => CellSelection::all(dataset),
        };
        Ok(selection.within(&self.cells))
    }

    /// As text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers are JSON")
    }

    /// From text.
    ///
    /// # Errors
    /// When it is no fragment.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
