//! Frames read by `ruzstd`, without C.

use std::fmt;

use ruzstd::decoding::FrameDecoder;

use super::{MAGIC, MAX_INFLATED_BYTES, too_large};
use crate::DecodeError;

pub(super) fn inflate(frame: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let broken = |error: &dyn fmt::Display| DecodeError::Inflate(error.to_string());
    let mut decoder = FrameDecoder::new();
    let mut source = frame;
    decoder.init(&mut source).map_err(|error| broken(&error))?;
    // Only a frame that states no size, or has no byte, has this one.
    let size = decoder.content_size();
    if size == 0 && !states_size(frame) {
        return Err(DecodeError::Inflate("the frame does not state its size".to_owned()));
    }
    if size > MAX_INFLATED_BYTES as u64 {
        return Err(too_large(size));
    }
    let mut content = Vec::with_capacity(size as usize);
    decoder.decode_all_to_vec(frame, &mut content).map_err(|error| broken(&error))?;
    Ok(content)
}

/// Whether the frame's descriptor has a field for the size of its content.
fn states_size(frame: &[u8]) -> bool {
    frame.get(MAGIC.len()).is_some_and(|descriptor| descriptor & 0b1110_0000 != 0)
}
