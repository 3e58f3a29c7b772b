//! The image of a tissue, from the data to the renderer.

use explorer_core::dataset::{RgbaImage, Tissue};
use explorer_render::{Backend, RenderError, Renderer};

/// The image that is to be seen, and how far it has come.
#[derive(Debug, Default)]
pub struct TissueLayer {
    wanted: Option<Tissue>,
    /// What the renderer has yet to be given.
    pixels: Option<RgbaImage>,
    is_uploaded: bool,
}

impl TissueLayer {
    /// Another image is to be seen, or none: what has to be loaded for that.
    pub fn want(&mut self, tissue: Option<Tissue>) -> Option<Tissue> {
        if self.wanted == tissue {
            return None;
        }
        *self = Self { wanted: tissue, ..Self::default() };
        self.wanted.clone()
    }

    /// The renderer is a new one: what has to be loaded again.
    pub fn forget_upload(&mut self) -> Option<Tissue> {
        if self.pixels.is_none() {
            self.is_uploaded = false;
            return self.wanted.clone();
        }
        None
    }

    /// The pixels of an image have come.
    pub fn arrive(&mut self, tissue: &Tissue, pixels: RgbaImage) {
        if self.wanted.as_ref() == Some(tissue) {
            self.pixels = Some(pixels);
        }
    }

    /// Whether the renderer is to be given something.
    pub fn is_stale(&self) -> bool {
        self.pixels.is_some()
    }

    /// Gives the renderer what it has yet to be given; whether it has the image then.
    ///
    /// # Errors
    /// When the device cannot show the image.
    pub fn upload(&mut self, renderer: &mut Renderer) -> Result<bool, RenderError> {
        if let Some(image) = self.pixels.take() {
            renderer.set_image(image.size, &image.bytes)?;
            self.is_uploaded = true;
        }
        Ok(self.is_uploaded)
    }
}

/// The most pixels a side that are drawn: what every device of a kind can hold, within 64 MiB.
pub fn most_pixels(backend: Backend) -> u32 {
    match backend {
        Backend::WebGpu => 4096,
        Backend::WebGl2 => 2048,
    }
}
