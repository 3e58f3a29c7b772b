//! Cells one by one.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use super::json::JsonError;

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

impl Eq for CellList {}

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
        Self::from_bytes(&URL_SAFE_NO_PAD.decode(text).ok()?)
    }

    /// The list that a roaring bitmap in its portable format holds; `None` for any other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
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
