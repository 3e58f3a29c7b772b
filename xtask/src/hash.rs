//! One small hash for "has this changed?": 64-bit FNV-1a, the same on every machine.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// A running FNV-1a hash.
pub struct Hasher(u64);

impl Hasher {
    /// The hash of nothing.
    pub fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds bytes, and their number, so that neighbors cannot be mistaken for one another.
    pub fn field(&mut self, bytes: &[u8]) {
        self.bytes(&(bytes.len() as u64).to_le_bytes());
        self.bytes(bytes);
    }

    /// The hash as 16 hexadecimal digits.
    pub fn finish(&self) -> String {
        format!("{:016x}", self.0)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// The hash of bytes as 16 hexadecimal digits.
pub fn bytes(bytes: &[u8]) -> String {
    let mut hasher = Hasher::new();
    hasher.bytes(bytes);
    hasher.finish()
}

/// The hash of a text, blind to the line ends that git may rewrite.
pub fn text_file(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(bytes(text.replace("\r\n", "\n").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers_of_fnv1a() {
        assert_eq!(bytes(b""), "cbf29ce484222325");
        assert_eq!(bytes(b"a"), "af63dc4c8601ec8c");
        assert_eq!(bytes(b"foobar"), "85944171f73967e8");
    }

    #[test]
    fn fields_keep_their_borders() {
        let hash = |fields: &[&[u8]]| {
            let mut hasher = Hasher::new();
            for field in fields {
                hasher.field(field);
            }
            hasher.finish()
        };
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
    }
}
