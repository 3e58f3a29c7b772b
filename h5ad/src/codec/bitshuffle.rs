//! Bits of elements, sorted by significance, in blocks that may be compressed: HDF5's filter 32008.

use super::{lz4, u32_be_at, zstd};

/// Bytes of a block where none are stated.
const TARGET_BLOCK_BYTES: usize = 8192;
/// Elements of a block are a multiple of this.
const ELEMENTS_PER_STEP: usize = 8;
const MIN_BLOCK_ELEMENTS: usize = 128;

/// What the blocks are compressed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compressor {
    /// Nothing.
    None,
    /// LZ4 blocks.
    Lz4,
    /// Frames of zstd.
    Zstd,
}

/// Decodes a chunk of elements of `element_bytes` to at most `limit` bytes; `block_elements` is 0 for the usual number.
pub(crate) fn decode(
    input: &[u8],
    element_bytes: usize,
    block_elements: usize,
    compressor: Compressor,
    limit: usize,
) -> Result<Vec<u8>, String> {
    let short = || "its bitshuffled blocks end too early".to_owned();
    if element_bytes == 0 {
        return Err("its elements have no bytes".to_owned());
    }
    let usual = (TARGET_BLOCK_BYTES / element_bytes / ELEMENTS_PER_STEP * ELEMENTS_PER_STEP).max(MIN_BLOCK_ELEMENTS);
    let (total, block_bytes, mut at) = if compressor == Compressor::None {
        let elements = if block_elements == 0 { usual } else { block_elements };
        (input.len(), elements.saturating_mul(element_bytes), 0)
    } else {
        let total = input.get(..8).ok_or_else(short)?;
        let total = total.iter().fold(0_u64, |total, byte| total << 8 | u64::from(*byte));
        (usize::try_from(total).map_err(|_| short())?, u32_be_at(input, 8).ok_or_else(short)?, 12)
    };
    let step_bytes = ELEMENTS_PER_STEP.saturating_mul(element_bytes);
    if total > limit || block_bytes == 0 || !block_bytes.is_multiple_of(step_bytes) {
        return Err(format!("its bitshuffled blocks of {block_bytes} bytes do not make up {limit} bytes"));
    }
    let mut output = Vec::new();
    while total - output.len() >= step_bytes {
        let rest = total - output.len();
        let bytes = block_bytes.min(rest - rest % step_bytes);
        let shuffled = if compressor == Compressor::None {
            let block = input.get(at..at + bytes).ok_or_else(short)?;
            at += bytes;
            block.to_vec()
        } else {
            let length = u32_be_at(input, at).ok_or_else(short)?;
            let block = input.get(at + 4..).and_then(|rest| rest.get(..length)).ok_or_else(short)?;
            at += 4 + length;
            if compressor == Compressor::Lz4 { lz4::block(block, bytes)? } else { zstd(block, bytes)? }
        };
        if shuffled.len() != bytes {
            return Err(short());
        }
        unshuffle_into(&shuffled, element_bytes, &mut output);
    }
    // Fewer than eight elements are stored as they are.
    let rest = total - output.len();
    output.extend_from_slice(input.get(at..).and_then(|tail| tail.get(..rest)).ok_or_else(short)?);
    Ok(output)
}

/// Appends the elements of one block, of which there must be a multiple of eight.
pub(super) fn unshuffle_into(block: &[u8], element_bytes: usize, output: &mut Vec<u8>) {
    let n = block.len() / element_bytes;
    let row_bytes = n / 8;
    let start = output.len();
    output.resize(start + n * element_bytes, 0);
    let output = &mut output[start..];
    for byte in 0..element_bytes {
        for group in 0..row_bytes {
            let rows: [u8; 8] = std::array::from_fn(|bit| block[(byte * 8 + bit) * row_bytes + group]);
            for (element, value) in transpose(u64::from_le_bytes(rows)).to_le_bytes().into_iter().enumerate() {
                output[(group * 8 + element) * element_bytes + byte] = value;
            }
        }
    }
}

/// Swaps rows and columns of 8 × 8 bits (Hacker's Delight, 7-3).
fn transpose(mut bits: u64) -> u64 {
    for (shift, mask) in [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0x0000_0000_f0f0_f0f0)] {
        let swapped = (bits ^ (bits >> shift)) & mask;
        bits ^= swapped ^ (swapped << shift);
    }
    bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sorts bits by significance, one by one.
    fn shuffle(elements: &[u8], element_bytes: usize) -> Vec<u8> {
        let n = elements.len() / element_bytes;
        let mut shuffled = vec![0; elements.len()];
        for element in 0..n {
            for bit in 0..element_bytes * 8 {
                let set = elements[element * element_bytes + bit / 8] >> (bit % 8) & 1;
                shuffled[bit * n / 8 + element / 8] |= set << (element % 8);
            }
        }
        shuffled
    }

    proptest! {
        #[test]
        fn bits_of_elements_come_together(
            bytes in prop::collection::vec(any::<u8>(), 0..3000),
            element_bytes in 1_usize..9,
            steps in 1_usize..20,
        ) {
            let block_elements = steps * ELEMENTS_PER_STEP;
            let bytes = &bytes[..bytes.len() / element_bytes * element_bytes];
            let whole = bytes.len() / (element_bytes * 8) * (element_bytes * 8);
            let mut blocks = Vec::new();
            let mut lz4 = [(bytes.len() as u64).to_be_bytes().to_vec(), {
                ((block_elements * element_bytes) as u32).to_be_bytes().to_vec()
            }].concat();
            for block in bytes[..whole].chunks(block_elements * element_bytes) {
                let shuffled = shuffle(block, element_bytes);
                blocks.extend_from_slice(&shuffled);
                let compressed = lz4_flex::block::compress(&shuffled);
                lz4.extend((compressed.len() as u32).to_be_bytes());
                lz4.extend(compressed);
            }
            blocks.extend_from_slice(&bytes[whole..]);
            lz4.extend_from_slice(&bytes[whole..]);
            let plain = decode(&blocks, element_bytes, block_elements, Compressor::None, bytes.len()).unwrap();
            prop_assert_eq!(plain, bytes);
            prop_assert_eq!(decode(&lz4, element_bytes, 0, Compressor::Lz4, bytes.len()).unwrap(), bytes);
        }

        #[test]
        fn any_bytes_give_at_most_the_limit_or_an_error(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            element_bytes in 0_usize..9,
            limit in 0_usize..5000,
        ) {
            for compressor in [Compressor::None, Compressor::Lz4, Compressor::Zstd] {
                if let Ok(output) = decode(&bytes, element_bytes, 0, compressor, limit) {
                    prop_assert!(output.len() <= limit);
                }
            }
        }
    }
}
