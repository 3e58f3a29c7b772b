use super::{finish, inconsistent, root, wire};
use crate::DecodeError;

/// A page of a pack's directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// Frame length of every tile.
    pub lengths: Vec<u32>,
    /// Checksum of every inflated tile.
    pub checksums: Vec<u32>,
}

impl Directory {
    /// The tile's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let tile = wire::DirectoryT { lengths: self.lengths.clone(), checksums: self.checksums.clone() };
        finish(|builder| tile.pack(builder).as_union_value())
    }

    /// Reads inflated bytes.
    ///
    /// # Errors
    /// When they are broken or the parts disagree.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let tile = root::<wire::Directory>(bytes, "Directory")?.unpack();
        if tile.lengths.len() != tile.checksums.len() {
            return Err(inconsistent("Directory", "lengths and checksums differ in number"));
        }
        Ok(Self { lengths: tile.lengths, checksums: tile.checksums })
    }
}
