//! zstd frames: how every tile and the manifest lie on disk and travel.
//!
//! With feature `libzstd` libzstd deflates and, natively, inflates; else `ruzstd` does, which needs no C, and in a browser
//! inflates for all that reads files there, too. Either reads what the other wrote; they do not write the same bytes. One function recognizes a frame by its magic number, so that
//! bytes which the browser already inflated take the same route.

#[cfg(feature = "libzstd")]
mod deflate_libzstd;
#[cfg(any(test, not(feature = "libzstd")))]
mod deflate_ruzstd;
#[cfg(all(feature = "libzstd", not(target_family = "wasm")))]
mod inflate_libzstd;
#[cfg(any(test, not(feature = "libzstd"), target_family = "wasm"))]
mod inflate_ruzstd;

use std::borrow::Cow;

use crate::DecodeError;

/// The first bytes of every frame (RFC 8878, 3.1.1).
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The most that one frame may inflate to; a claim above it is refused before memory is taken.
pub const MAX_INFLATED_BYTES: usize = 1 << 28;

/// The low 32 bits of XXH64: the checksum of directories, and that of zstd frames.
pub fn checksum(bytes: &[u8]) -> u32 {
    xxhash_rust::xxh64::xxh64(bytes, 0) as u32
}

/// Compresses bytes into one frame that states its content size and checksum. The same bytes and level give the same
/// frame, whatever came before; without `libzstd` there is one level.
pub fn deflate(bytes: &[u8], level: i32) -> Vec<u8> {
    #[cfg(feature = "libzstd")]
    return deflate_libzstd::deflate(bytes, level);
    #[cfg(not(feature = "libzstd"))]
    {
        let _ = level;
        deflate_ruzstd::deflate(bytes)
    }
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

fn inflate_frame(frame: &[u8]) -> Result<Vec<u8>, DecodeError> {
    #[cfg(all(feature = "libzstd", not(target_family = "wasm")))]
    return inflate_libzstd::inflate(frame);
    #[cfg(any(not(feature = "libzstd"), target_family = "wasm"))]
    inflate_ruzstd::inflate(frame)
}

fn too_large(size: u64) -> DecodeError {
    DecodeError::Inflate(format!("the frame claims {size} bytes, over {MAX_INFLATED_BYTES}"))
}

#[cfg(test)]
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

    /// Bytes that make blocks of every kind: noise, text, runs, over several blocks.
    fn content() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..4000),
            prop::collection::vec(0u8..4, 0..4000),
            (any::<u8>(), 0usize..300_000).prop_map(|(byte, n)| vec![byte; n]),
            (prop::collection::vec(any::<u8>(), 1..40), 1usize..3000).prop_map(|(word, n)| word.repeat(n)),
        ];
        prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn frames_made_without_c_round_trip(bytes in content()) {
            let frame = deflate_ruzstd::deflate(&bytes);
            prop_assert_eq!(&inflate_ruzstd::inflate(&frame).unwrap(), &bytes);
            prop_assert_eq!(&*inflate(&frame).unwrap(), &bytes[..]);
            prop_assert_eq!(frame.last_chunk().copied().map(u32::from_le_bytes), Some(checksum(&bytes)));
        }

        #[test]
        fn frames_of_any_level_are_read_without_c(bytes in content(), level in 1i32..=12) {
            prop_assert_eq!(&inflate_ruzstd::inflate(&deflate(&bytes, level)).unwrap(), &bytes);
        }
    }

    #[test]
    fn noise_between_texts_is_read_back_although_it_is_stored_raw() {
        let text: Vec<u8> =
            (0..200_000u32).map(|at| b"ACGT-"[(at.wrapping_mul(2_654_435_761) >> 29) as usize % 5]).collect();
        let noise: Vec<u8> = (0..200_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let bytes = [&text[..], &noise, &text].concat();
        let frame = deflate_ruzstd::deflate(&bytes);
        assert_eq!(*inflate(&frame).unwrap(), bytes);
    }

    #[test]
    fn a_swapped_tile_is_noticed() {
        assert!(verify(b"one", checksum(b"one")).is_ok());
        assert!(matches!(verify(b"two", checksum(b"one")), Err(DecodeError::Checksum { .. })));
    }
}
