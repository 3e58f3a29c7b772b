//! The image of a tissue under its spots: loaded when it is first to be seen.

use explorer_core::dataset::Tissue;

use super::stage::Stage;
use crate::bridge::most_pixels;

impl Stage {
    /// The image of a tissue is to lie under the spots, or none.
    pub fn follow_tissue(&self, tissue: Option<Tissue>) {
        let missing = self.tissue.borrow_mut().want(tissue);
        self.load_tissue(missing);
        self.request();
    }

    /// The renderer is a new one.
    pub fn load_tissue_again(&self) {
        let missing = self.tissue.borrow_mut().forget_upload();
        self.load_tissue(missing);
    }

    fn load_tissue(&self, tissue: Option<Tissue>) {
        let Some(tissue) = tissue else { return };
        let (me, store, most) = (self.me.clone(), self.store, most_pixels(self.backend));
        self.store.spawn(async move {
            let pixels = store.tissue_pixels(&tissue, most).await;
            if let (Some(stage), Some(pixels)) = (me.upgrade(), pixels) {
                stage.tissue.borrow_mut().arrive(&tissue, pixels);
                stage.request();
            }
        });
    }
}
