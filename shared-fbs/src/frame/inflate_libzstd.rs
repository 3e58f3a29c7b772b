//! Frames read by libzstd.

use std::{cell::RefCell, io};

use zstd::{bulk::Decompressor, zstd_safe};

use super::{MAX_INFLATED_BYTES, too_large};
use crate::DecodeError;

thread_local! {
    // It has buffers of some hundred kilobytes, which cost more to set up than a small tile to inflate.
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

pub(super) fn inflate(frame: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let broken = |error: io::Error| DecodeError::Inflate(error.to_string());
    let size = zstd_safe::get_frame_content_size(frame)
        .ok()
        .flatten()
        .and_then(|size| usize::try_from(size).ok())
        .ok_or_else(|| DecodeError::Inflate("the frame does not state its size".to_owned()))?;
    if size > MAX_INFLATED_BYTES {
        return Err(too_large(size as u64));
    }
    DECOMPRESSOR.with_borrow_mut(|kept| {
        let decompressor = match kept {
            Some(decompressor) => decompressor,
            None => kept.insert(Decompressor::new().map_err(broken)?),
        };
        decompressor.decompress(frame, size).map_err(broken)
    })
}
