//! zstd frames: how every tile and the manifest lie on disk and travel.
//!
//! Natively (feature `encode`) libzstd inflates; in the page `ruzstd` does, unless the browser
//! already has. One function recognises a frame by its magic number, so both roads share the rest.

use std::borrow::Cow;
#[cfg(feature = "encode")]
use std::cell::RefCell;

#[cfg(feature = "encode")]
use zstd::bulk::{Compressor, Decompressor};

use crate::DecodeError;

/// The first bytes of every frame (RFC 8878, 3.1.1).
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The most that one frame may inflate to; a claim above it is refused before memory is taken.
pub const MAX_INFLATED_BYTES: usize = 1 << 28;

/// The low 32 bits of XXH64: the checksum of directories, and that of zstd frames.
pub fn checksum(bytes: &[u8]) -> u32 {
    xxhash_rust::xxh64::xxh64(bytes, 0) as u32
}

#[cfg(feature = "encode")]
thread_local! {
    // Each has buffers of some hundred kilobytes, which cost more to set up than a small tile to code.
    static COMPRESSOR: RefCell<Option<(i32, Compressor<'static>)>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Compresses bytes into one frame that states its content size and checksum.
#[cfg(feature = "encode")]
pub fn deflate(bytes: &[u8], level: i32) -> Vec<u8> {
    COMPRESSOR.with_borrow_mut(|kept| {
        let (_, compressor) = match kept.take() {
            Some(same) if same.0 == level => kept.insert(same),
            _ => kept.insert((level, compressor(level))),
        };
        compressor.compress(bytes).expect("the output buffer is sized for the worst case")
    })
}

#[cfg(feature = "encode")]
fn compressor(level: i32) -> Compressor<'static> {
    let mut compressor = Compressor::new(level).expect("the levels that Tessera uses exist");
    compressor.set_parameter(zstd::zstd_safe::CParameter::ChecksumFlag(true)).expect("libzstd knows the checksum flag");
    compressor
}

/// The content of a frame, or the bytes themselves when they are no frame (the browser inflated
/// them on the way).
///
/// # Errors
/// When the frame is broken, inflates to over [`MAX_INFLATED_BYTES`], or fails its own checksum.
pub fn inflate(bytes: &[u8]) -> Result<Cow<'_, [u8]>, DecodeError> {
    if !bytes.starts_with(&MAGIC) {
        return Ok(Cow::Borrowed(bytes));
    }
    let content = inflate_frame(bytes)?;
    let has_checksum = bytes.get(4).is_some_and(|descriptor| descriptor & 0x04 != 0);
    if has_checksum && let Some(stated) = bytes.last_chunk::<4>() {
        verify(&content, u32::from_le_bytes(*stated))?;
    }
    Ok(Cow::Owned(content))
}

/// Compares inflated bytes with the checksum of a directory.
///
/// # Errors
/// When they differ.
pub fn verify(content: &[u8], expected: u32) -> Result<(), DecodeError> {
    let found = checksum(content);
    if found == expected { Ok(()) } else { Err(DecodeError::Checksum { expected, found }) }
}

/// Splits inflated tiles that came in one answer; each begins with its size.
///
/// # Errors
/// When a size runs past the end.
pub fn split_inflated(mut bytes: &[u8]) -> Result<Vec<&[u8]>, DecodeError> {
    let mut tiles = Vec::new();
    while !bytes.is_empty() {
        let tile = bytes
            .first_chunk::<4>()
            .and_then(|size| usize::try_from(u32::from_le_bytes(*size)).ok()?.checked_add(4))
            .and_then(|end| bytes.split_at_checked(end));
        let Some((tile, rest)) = tile else {
            return Err(DecodeError::Inflate("a tile is cut short".to_owned()));
        };
        tiles.push(tile);
        bytes = rest;
    }
    Ok(tiles)
}

#[cfg(feature = "encode")]
fn inflate_frame(frame: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let broken = |error: std::io::Error| DecodeError::Inflate(error.to_string());
    let size = zstd::zstd_safe::get_frame_content_size(frame)
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

#[cfg(not(feature = "encode"))]
fn inflate_frame(frame: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let broken = |error: &dyn std::fmt::Display| DecodeError::Inflate(error.to_string());
    let mut decoder = ruzstd::decoding::FrameDecoder::new();
    let mut source = frame;
    decoder.init(&mut source).map_err(|error| broken(&error))?;
    let size = decoder.content_size();
    if size == 0 {
        return Err(DecodeError::Inflate("the frame does not state its size".to_owned()));
    }
    if size > MAX_INFLATED_BYTES as u64 {
        return Err(too_large(size));
    }
    let mut content = Vec::with_capacity(size as usize);
    decoder.decode_all_to_vec(frame, &mut content).map_err(|error| broken(&error))?;
    Ok(content)
}

fn too_large(size: u64) -> DecodeError {
    DecodeError::Inflate(format!("the frame claims {size} bytes, over {MAX_INFLATED_BYTES}"))
}

#[cfg(all(test, feature = "encode"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn frames_round_trip(bytes: Vec<u8>) {
            let frame = deflate(&bytes, 3);
            prop_assert_eq!(&*inflate(&frame).unwrap(), &bytes[..]);
        }

        #[test]
        fn broken_frames_never_panic(mut bytes: Vec<u8>, at: prop::sample::Index, flip in 1u8..) {
            bytes.resize(bytes.len().max(64), 7);
            let mut frame = deflate(&bytes, 3);
            let at = at.index(frame.len());
            frame[at] ^= flip;
            if let Ok(content) = inflate(&frame) {
                // Only a header that no longer says "frame" may pass, or bits that carry nothing.
                prop_assert!(at < 5 || *content == bytes[..]);
            }
        }

        #[test]
        fn split_undoes_concatenation(tiles: Vec<Vec<u8>>) {
            let mut bytes = Vec::new();
            for tile in &tiles {
                bytes.extend((tile.len() as u32).to_le_bytes());
                bytes.extend(tile);
            }
            let split = split_inflated(&bytes).unwrap();
            prop_assert!(split.iter().map(|tile| &tile[4..]).eq(tiles.iter().map(|tile| &tile[..])));
            prop_assert!(tiles.is_empty() || split_inflated(&bytes[..bytes.len() - 1]).is_err());
        }
    }

    proptest! {
        #[test]
        fn a_frame_does_not_depend_on_those_before(all: Vec<Vec<u8>>, broken: Vec<u8>) {
            let at_once: Vec<Vec<u8>> = all.iter().map(|bytes| deflate(bytes, 3)).collect();
            for (bytes, frame) in all.iter().zip(&at_once).rev() {
                prop_assert!(inflate(&[&MAGIC[..], &broken].concat()).is_err());
                deflate(&broken, 1);
                prop_assert_eq!(&deflate(bytes, 3), frame);
                prop_assert_eq!(&*inflate(frame).unwrap(), &bytes[..]);
            }
        }
    }

    #[test]
    fn a_swapped_tile_is_noticed() {
        assert!(verify(b"one", checksum(b"one")).is_ok());
        assert!(matches!(verify(b"two", checksum(b"one")), Err(DecodeError::Checksum { .. })));
    }
}
