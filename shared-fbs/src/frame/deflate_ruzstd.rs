//! Frames made by `ruzstd`, without C.

use ruzstd::encoding::{CompressionLevel, FrameCompressor};

use super::{MAGIC, checksum};

/// Content size in four bytes, a checksum, a window of its own (RFC 8878, 3.1.1.1.1).
const DESCRIPTOR: u8 = 0b1000_0100;

/// A window of 2^17 bytes, which is a block's most.
const WINDOW: u8 = 7 << 3;

/// Content of one block: less than `ruzstd` takes for a whole one, after which it would begin another.
const BLOCK_BYTES: usize = (1 << 17) - 1;

/// A frame of this content, at the one level that `ruzstd` has.
///
/// `ruzstd` states no content size. It also carries a Huffman table over from a block that it then stores
/// raw, so that the next cannot be read. Each block is therefore deflated by itself, and framed here.
pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(bytes.len() / 2 + 32);
    frame.extend(MAGIC);
    frame.extend([DESCRIPTOR, WINDOW]);
    frame.extend(u32::try_from(bytes.len()).expect("a tile is far below 4 GB").to_le_bytes());
    let mut compressor = FrameCompressor::new(CompressionLevel::Fastest);
    let mut single = Vec::new();
    let n_blocks = bytes.len().div_ceil(BLOCK_BYTES).max(1);
    for number in 0..n_blocks {
        let content = &bytes[number * BLOCK_BYTES..bytes.len().min((number + 1) * BLOCK_BYTES)];
        single.clear();
        compressor.set_source(content);
        compressor.set_drain(single);
        compressor.compress();
        single = compressor.take_drain().expect("it was set");
        push_block(&mut frame, &single, number + 1 == n_blocks);
    }
    frame.extend(checksum(bytes).to_le_bytes());
    frame
}

/// Appends the one block of a frame that has nothing else.
fn push_block(frame: &mut Vec<u8>, single: &[u8], is_last: bool) {
    let block = &single[MAGIC.len() + 2..];
    let header = u32::from_le_bytes([block[0], block[1], block[2], 0]);
    // A run (type 1) has one byte, whatever its length.
    let n_bytes = if header >> 1 & 3 == 1 { 1 } else { header as usize >> 3 };
    let header = header & !1 | u32::from(is_last);
    frame.extend(&header.to_le_bytes()[..3]);
    frame.extend(&block[3..3 + n_bytes]);
}
