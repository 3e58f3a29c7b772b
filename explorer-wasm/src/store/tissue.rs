//! Images of tissues.

use explorer_core::dataset::{RgbaImage, Tissue};

use super::{Store, Tone};

impl Store {
    /// The pixels of a tissue's image, at most so many a side; `None` where they cannot be loaded, which is told.
    pub async fn tissue_pixels(self, tissue: &Tissue, most: u32) -> Option<RgbaImage> {
        let dataset = self.with_opened(|opened| opened.dataset.clone())?;
        match dataset.tissue_pixels(tissue, most).await {
            Ok(image) => Some(image),
            Err(error) => {
                self.note_failure(&error);
                self.tell(format!("The image of {}: {error}", tissue.library), Tone::Error);
                None
            }
        }
    }
}
