//! The selected cells by name.

use explorer_core::embed;

use super::Store;
use crate::fetch::FetchError;

impl Store {
    /// The rows in the input of at most so many of the selected cells: a roaring bitmap in its portable format. Empty
    /// before the dataset is open.
    ///
    /// # Errors
    /// When the rows cannot be loaded.
    pub async fn selected_rows(self, most: u64) -> Result<Vec<u8>, FetchError> {
        let Some(access) = self.access() else { return Ok(Vec::new()) };
        let rows = access.rows().await?;
        Ok(access.read(|session| embed::selected_rows(session, &rows, most)).unwrap_or_default())
    }
}
