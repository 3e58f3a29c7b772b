//! Blosc containers of version 1: blocks, shuffled by bytes or bits, compressed by one of five codecs. HDF5's filter
//! 32001 and Zarr's usual compression.

use super::{beyond, bitshuffle, blosclz, lz4, shuffle, snappy, u32_at, zlib, zstd};

const HEADER_BYTES: usize = 16;
/// Elements wider than this are never split into streams.
const MAX_SPLITS: usize = 16;
/// Streams shorter than this are never made.
const MIN_SPLIT_BYTES: usize = 128;
/// A container shrinks its content by at most about this; zstd's runs and LZ4 come near.
const MAX_RATIO: usize = 1 << 16;

/// What a container's header says.
struct Header {
    flags: u8,
    element_bytes: usize,
    block_bytes: usize,
}

/// Decodes one container to at most `limit` bytes.
pub(crate) fn decode(input: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    let short = || "its blosc container ends too early".to_owned();
    let word = |at| u32_at(input, at).ok_or_else(short);
    let (total, block_bytes, stated) = (word(4)?, word(8)?, word(12)?);
    let header = Header { flags: input[2], element_bytes: usize::from(input[3]).max(1), block_bytes };
    if input[0] > 2 {
        return Err(format!("its blosc container has the version {}; up to 2 are read", input[0]));
    }
    let input = input.get(..stated).ok_or_else(short)?;
    if total > limit || total / MAX_RATIO > input.len() {
        return Err(beyond(limit, "blosc"));
    }
    if header.flags & 2 != 0 {
        return input.get(HEADER_BYTES..).and_then(|rest| rest.get(..total)).map(<[u8]>::to_vec).ok_or_else(short);
    }
    if total > 0 && block_bytes == 0 {
        return Err("its blosc container has blocks without bytes".to_owned());
    }
    let mut output = Vec::new();
    for block in 0..total.div_ceil(block_bytes.max(1)) {
        let start = u32_at(input, HEADER_BYTES + 4 * block).ok_or_else(short)?;
        let bytes = block_bytes.min(total - output.len());
        header.block(input.get(start..).ok_or_else(short)?, bytes, &mut output)?;
    }
    Ok(output)
}

impl Header {
    /// Appends one block of `bytes`.
    fn block(&self, input: &[u8], bytes: usize, output: &mut Vec<u8>) -> Result<(), String> {
        let short = || "its blosc block ends too early".to_owned();
        let is_split = self.flags & 0x10 == 0
            && bytes == self.block_bytes
            && self.element_bytes <= MAX_SPLITS
            && self.block_bytes / self.element_bytes >= MIN_SPLIT_BYTES;
        let n_streams = if is_split { self.element_bytes } else { 1 };
        let stream_bytes = bytes / n_streams;
        let mut content = Vec::new();
        let mut at = 0;
        for _ in 0..n_streams {
            let length = u32_at(input, at).ok_or_else(short)?;
            let stream = input.get(at + 4..).and_then(|rest| rest.get(..length)).ok_or_else(short)?;
            at += 4 + length;
            // A stream that did not shrink is stored as it is.
            let mut decoded = if length == stream_bytes { stream.to_vec() } else { self.stream(stream, stream_bytes)? };
            if decoded.len() != stream_bytes {
                return Err(short());
            }
            content.append(&mut decoded);
        }
        if content.len() != bytes {
            return Err(short());
        }
        let n = bytes / self.element_bytes;
        if self.flags & 1 != 0 && self.element_bytes > 1 {
            output.append(&mut shuffle(&content, self.element_bytes));
        } else if self.flags & 4 != 0 && n > 0 && n.is_multiple_of(8) {
            let (elements, rest) = content.split_at(n * self.element_bytes);
            bitshuffle::unshuffle_into(elements, self.element_bytes, output);
            output.extend_from_slice(rest);
        } else {
            output.append(&mut content);
        }
        Ok(())
    }

    fn stream(&self, input: &[u8], limit: usize) -> Result<Vec<u8>, String> {
        match self.flags >> 5 {
            0 => blosclz::decode(input, limit),
            1 => lz4::block(input, limit),
            2 => snappy(input, limit),
            3 => zlib(input, limit),
            4 => zstd(input, limit),
            other => Err(format!("its blosc container is compressed by an unknown codec ({other})")),
        }
    }
}
