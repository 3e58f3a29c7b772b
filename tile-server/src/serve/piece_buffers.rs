//! The memory of pieces, used again and again: to have it from the system anew for each piece costs as much as to read the
//! piece.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

/// The size of each.
pub(super) const PIECE_BYTES: usize = 128 * 1024;

/// So many are kept while nobody uses them.
const MOST_FREE: usize = 32;

static FREE: Mutex<Vec<Box<[u8]>>> = Mutex::new(Vec::new());

/// Memory of [`PIECE_BYTES`], with anything in it; kept for others when dropped.
pub(super) struct PieceBuffer {
    /// Not empty until it is dropped.
    memory: Box<[u8]>,
    len: usize,
}

impl PieceBuffer {
    /// One that is free, or a new one.
    pub(super) fn take() -> Self {
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let memory = free.unwrap_or_else(|| vec![0; PIECE_BYTES].into_boxed_slice());
        Self { len: memory.len(), memory }
    }

    /// All of it.
    pub(super) fn memory(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    /// Its first bytes.
    pub(super) fn into_bytes(mut self, len: usize) -> Bytes {
        self.len = len;
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for PieceBuffer {
    fn as_ref(&self) -> &[u8] {
        &self.memory[..self.len]
    }
}

impl Drop for PieceBuffer {
    fn drop(&mut self) {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < MOST_FREE {
            free.push(std::mem::take(&mut self.memory));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_that_were_written_while_they_live() {
        let pieces: Vec<Bytes> = (0..100u8)
            .map(|value| {
                let mut buffer = PieceBuffer::take();
                buffer.memory().fill(value);
                buffer.into_bytes(1 + usize::from(value))
            })
            .collect();
        for (value, piece) in (0..100u8).zip(&pieces) {
            assert!(piece.len() == 1 + usize::from(value) && piece.iter().all(|&byte| byte == value));
        }
        drop(pieces);
        assert!(FREE.lock().unwrap().len() <= MOST_FREE);
    }
}
