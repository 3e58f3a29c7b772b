//! LZ4 blocks, and the two containers of them that HDF5 and Zarr know.

use super::{beyond, u32_at, u32_be_at};

/// How much a byte can become at most, apart from the first few.
const LZ4_RATIO: usize = 255;
const FEW: usize = 64;

/// Decodes one LZ4 block to at most `limit` bytes.
pub(crate) fn block(input: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    let mut output = vec![0; limit.min(input.len().saturating_mul(LZ4_RATIO).saturating_add(FEW))];
    let n = lz4_flex::block::decompress_into(input, &mut output)
        .map_err(|error| format!("its LZ4 block is damaged ({error})"))?;
    output.truncate(n);
    Ok(output)
}

/// Decodes a chunk of HDF5's filter 32004: total and block size, then blocks with their lengths, all big-endian.
pub(crate) fn filter(input: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    let short = || "its LZ4 blocks end too early".to_owned();
    let total = input.get(..8).ok_or_else(short)?.iter().fold(0_u64, |total, byte| total << 8 | u64::from(*byte));
    let block_bytes = u32_be_at(input, 8).ok_or_else(short)?;
    let total = usize::try_from(total).ok().filter(|total| *total <= limit).ok_or_else(|| beyond(limit, "LZ4"))?;
    let mut output = Vec::new();
    let mut at = 12;
    while output.len() < total {
        let expected = block_bytes.min(total - output.len());
        let length = u32_be_at(input, at).ok_or_else(short)?;
        let compressed = input.get(at + 4..).and_then(|rest| rest.get(..length)).ok_or_else(short)?;
        at += 4 + length;
        // A block that did not shrink is stored as it is.
        let mut content = if length == expected { compressed.to_vec() } else { block(compressed, expected)? };
        if content.len() != expected || expected == 0 {
            return Err(short());
        }
        output.append(&mut content);
    }
    Ok(output)
}

/// Decodes a chunk of numcodecs' LZ4: the size, little-endian, then one block.
pub(crate) fn numcodecs(input: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    let total = u32_at(input, 0).ok_or_else(|| "its LZ4 block ends too early".to_owned())?;
    if total > limit {
        return Err(beyond(limit, "LZ4"));
    }
    block(&input[4..], total)
}
