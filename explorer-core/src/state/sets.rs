//! Sets with names, of cells and of genes, and the comparisons made between them.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use super::{CellQuery, Filters, GeneMean, json::JsonError};

/// A named list of genes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneSet {
    /// Unique among the gene sets.
    pub name: String,
    /// What the set is for; may be empty.
    #[serde(default)]
    pub description: String,
    /// The ids of the genes, each once.
    pub genes: Vec<String>,
}

impl GeneSet {
    /// The mean of its genes in a layer; `None` where it has none.
    pub fn mean(&self, layer: Option<String>) -> Option<GeneMean> {
        GeneMean::new(layer, self.genes.iter().cloned())
    }
}

/// A named set of cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellSet {
    /// Unique among the cell sets.
    pub name: String,
    /// Its cells.
    pub source: CellSource,
}

/// How the cells of a set are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellSource {
    /// By what was selected when the set was saved.
    Query(CellQuery),
    /// One by one.
    Cells(CellList),
}

/// Cells by their rows in the input, so that a list means the same cells in every dataset built from it. Cheap to clone.
///
/// A link's list may name rows that the input does not have: whoever uses it drops those.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CellList(Arc<RoaringBitmap>);

/// Lists that were cloned are known to be equal without a look at their rows, of which there may be millions.
impl PartialEq for CellList {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl CellList {
    /// The list of the cells of these rows.
    pub fn new(mut rows: RoaringBitmap) -> Self {
        rows.optimize();
        Self(Arc::new(rows))
    }

    /// Rows of the input.
    pub fn rows(&self) -> &RoaringBitmap {
        &self.0
    }

    /// The list in roaring's portable format, as base64url text.
    pub(super) fn to_text(&self) -> String {
        let mut bytes = Vec::with_capacity(self.0.serialized_size());
        self.0.serialize_into(&mut bytes).expect("writing to memory does not fail");
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The list that [`CellList::to_text`] wrote; `None` for any other text.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let mut rest = bytes.as_slice();
        let cells = RoaringBitmap::deserialize_from(&mut rest).ok()?;
        rest.is_empty().then(|| Self::new(cells))
    }
}

/// A list of cells is the text that a link has: base64url of a roaring bitmap.
impl TryFrom<String> for CellList {
    type Error = JsonError;

    fn try_from(text: String) -> Result<Self, JsonError> {
        Self::from_text(&text).ok_or(JsonError::CellList)
    }
}

impl From<CellList> for String {
    fn from(cells: CellList) -> Self {
        cells.to_text()
    }
}

/// What a group of cells is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// Every other cell of the universe.
    Rest,
    /// A cell set, by name.
    Set(String),
}

/// The statistic of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestMode {
    /// Welch's t-test.
    #[default]
    Welch,
    /// Welch's t-test as CELLxGENE computes it: both variances divided by the smaller group's size.
    #[serde(rename = "cellxgene")]
    CellxgeneCompatible,
    /// A t-test of samples instead of cells, which are not independent within one: each sample
    /// counts once.
    Samples,
}

/// A question of differential expression. Its answer is not state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// The cell set in question, by name.
    pub group: String,
    /// What it is compared with.
    pub reference: Reference,
    /// The statistic.
    #[serde(default)]
    pub mode: TestMode,
    /// The layer, or `None` for the dataset's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The levels of the subset that was in view when it was asked for: cells outside are in neither set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub universe: Vec<Filters>,
}

impl Comparison {
    /// Whether its sets are among those that exist, and differ.
    pub(super) fn is_between(&self, exists: impl Fn(&str) -> bool) -> bool {
        exists(&self.group)
            && match &self.reference {
                Reference::Rest => true,
                Reference::Set(name) => *name != self.group && exists(name),
            }
    }

    /// Whether the comparison is about this cell set.
    pub fn uses(&self, set: &str) -> bool {
        self.group == set || matches!(&self.reference, Reference::Set(name) if name == set)
    }

    /// Follows a cell set to its new name.
    pub(super) fn rename_set(&mut self, from: &str, to: &str) {
        if self.group == from {
            to.clone_into(&mut self.group);
        }
        if let Reference::Set(name) = &mut self.reference
            && name == from
        {
            to.clone_into(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cell_lists_round_trip_and_broken_ones_are_refused() {
        let lists = [
            RoaringBitmap::new(),
            RoaringBitmap::from_iter([0, 7, 70_000, u32::MAX]),
            RoaringBitmap::from_iter(1_000..90_000),
            RoaringBitmap::from_iter((0..100_000).step_by(3)),
        ];
        for cells in lists {
            let list = CellList::new(cells.clone());
            assert_eq!(list.rows(), &cells);
            let text = list.to_text();
            let again = CellList::from_text(&text).unwrap();
            assert_eq!(again, list);
            assert_eq!(again.to_text(), text);
            assert_eq!(CellList::from_text(&text[..text.len() - 2]), None);
            assert_eq!(CellList::from_text(&format!("{text}AAAA")), None);
        }
        assert_eq!(CellList::from_text("not a list"), None);
        assert_eq!(CellList::from_text(""), None);
    }

    #[test]
    fn a_run_of_cells_is_short() {
        let list = CellList::new(RoaringBitmap::from_iter(0..60_000));
        assert!(list.to_text().len() < 40, "{}", list.to_text());
    }
}
