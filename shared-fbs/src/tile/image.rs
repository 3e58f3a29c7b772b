use super::{finish, inconsistent, root, wire};
use crate::DecodeError;

/// A tissue image, row after row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Pixels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bytes a pixel: 1 (gray), 3 (RGB) or 4 (RGBA).
    pub channels: u8,
    /// `width × height × channels` bytes.
    pub data: Vec<u8>,
}

impl Image {
    /// The tile's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let tile =
            wire::ImageT { width: self.width, height: self.height, channels: self.channels, data: self.data.clone() };
        finish(|builder| tile.pack(builder).as_union_value())
    }

    /// Reads inflated bytes.
    ///
    /// # Errors
    /// When they are broken or the parts disagree.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let tile = root::<wire::Image>(bytes, "Image")?.unpack();
        let pixels = u64::from(tile.width) * u64::from(tile.height);
        let expected = pixels.checked_mul(u64::from(tile.channels));
        if !matches!(tile.channels, 1 | 3 | 4) || expected != Some(tile.data.len() as u64) {
            return Err(inconsistent("Image", "the data is not width × height × channels long"));
        }
        Ok(Self { width: tile.width, height: tile.height, channels: tile.channels, data: tile.data })
    }
}
