//! What chunks are compressed with, for HDF5 and Zarr alike.
//!
//! Every decoder is told how many bytes may come out at most, and takes memory only as far as its input supports it, so
//! that no stated size alone makes an allocation.

mod bitshuffle;
mod blosc;
mod blosclz;
mod checksum;
mod lz4;
mod lzf;
mod shuffle;

use std::io::{self, Read};
use std::ops::Range;

pub(super) use bitshuffle::{Compressor as BitshuffleCompressor, decode as bitshuffle};
pub(super) use blosc::decode as blosc;
pub(super) use checksum::{crc32c, fletcher32, lookup3};
pub(super) use lz4::{filter as lz4_filter, numcodecs as lz4_numcodecs};
pub(super) use lzf::decode as lzf;
pub(super) use shuffle::decode as shuffle;

/// How much a deflated byte can become at most.
const DEFLATE_RATIO: usize = 1032;

/// Inflates a zlib stream to at most `limit` bytes.
pub(super) fn zlib(input: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    inflate(flate2::Decompress::new(true), input, limit)
}

/// Inflates the members of a gzip file to at most `limit` bytes.
pub(super) fn gzip(input: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    read_within(flate2::read::MultiGzDecoder::new(input), limit, "gzip")
}

/// What the first bytes of a gzip file inflate to, as far as they do.
pub(super) fn gzip_head(input: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    // The input is cut off, so an error at its end is expected; what came before it counts.
    drop(flate2::read::GzDecoder::new(input).take(64).read_to_end(&mut output));
    output
}

/// Inflates a deflate stream without any header to at most `limit` bytes.
pub(super) fn deflate(input: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    inflate(flate2::Decompress::new(false), input, limit)
}

/// What a deflate stream without any header inflates to.
pub(super) fn deflated(input: impl io::BufRead) -> impl Read {
    flate2::bufread::DeflateDecoder::new(input)
}

/// A range of what a deflate stream without any header inflates to, as far as there is some. What comes before takes no
/// memory.
pub(super) fn deflate_range(input: &[u8], range: Range<u64>) -> io::Result<Vec<u8>> {
    let mut decoder = deflated(input);
    io::copy(&mut decoder.by_ref().take(range.start), &mut io::sink())?;
    let mut bytes = Vec::new();
    decoder.take(range.end.saturating_sub(range.start)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Decodes the frames of zstd to at most `limit` bytes.
pub(super) fn zstd(input: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    /// The window of the strongest level.
    const WIDE: usize = 128 << 20;
    let mut output = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let window = limit.clamp(1 << 20, WIDE) as u64;
        let decoder = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(&mut rest, window)
            .map_err(|error| format!("its zstd frame is damaged ({error})"))?;
        output.append(&mut read_within(decoder, limit - output.len(), "zstd")?);
    }
    Ok(output)
}

/// Decodes a raw Snappy stream to at most `limit` bytes.
pub(super) fn snappy(input: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    /// A copy of 64 bytes takes three.
    const SNAPPY_RATIO: usize = 32;
    let length = snap::raw::decompress_len(input).map_err(|error| error.to_string())?;
    if length > limit || length > input.len().saturating_mul(SNAPPY_RATIO) {
        return Err(beyond(limit, "snappy"));
    }
    snap::raw::Decoder::new().decompress_vec(input).map_err(|error| format!("its snappy stream is damaged ({error})"))
}

fn inflate(mut decoder: flate2::Decompress, input: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    let mut output = Vec::with_capacity(limit.min(input.len().saturating_mul(DEFLATE_RATIO)));
    match decoder.decompress_vec(input, &mut output, flate2::FlushDecompress::Finish) {
        Ok(flate2::Status::StreamEnd) => Ok(output),
        Ok(flate2::Status::Ok | flate2::Status::BufError) if output.len() == output.capacity() => {
            Err(beyond(limit, "deflate"))
        }
        Ok(flate2::Status::Ok | flate2::Status::BufError) => Err("its deflate stream ends too early".to_owned()),
        Err(error) => Err(format!("its deflate stream is damaged ({error})")),
    }
}

fn read_within(reader: impl Read, limit: usize, codec: &str) -> Result<Vec<u8>, String> {
    let mut output = Vec::new();
    let read = reader.take(limit as u64 + 1).read_to_end(&mut output);
    read.map_err(|error| format!("its {codec} stream is damaged ({error})"))?;
    if output.len() > limit {
        return Err(beyond(limit, codec));
    }
    Ok(output)
}

fn beyond(limit: usize, codec: &str) -> String {
    format!("its {codec} stream holds more than the {limit} bytes that belong there")
}

/// The little-endian integer of four bytes at `at`.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes([four[0], four[1], four[2], four[3]]) as usize)
}

/// The big-endian integer of four bytes at `at`.
fn u32_be_at(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes([four[0], four[1], four[2], four[3]]) as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A decoder, by name.
    type Decoder = (&'static str, fn(&[u8], usize) -> Result<Vec<u8>, String>);

    const DECODERS: [Decoder; 9] = [
        ("zlib", zlib),
        ("gzip", gzip),
        ("deflate", deflate),
        ("zstd", zstd),
        ("snappy", snappy),
        ("lzf", lzf),
        ("blosc", blosc),
        ("lz4 filter", lz4_filter),
        ("lz4", lz4_numcodecs),
    ];

    proptest! {
        #[test]
        fn any_bytes_give_at_most_the_limit_or_an_error(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            limit in 0_usize..5000,
        ) {
            for (name, decode) in DECODERS {
                if let Ok(output) = decode(&bytes, limit) {
                    prop_assert!(output.len() <= limit, "{}", name);
                }
            }
        }

        #[test]
        fn zstd_gives_back_what_was_compressed(bytes in prop::collection::vec(0_u8..4, 0..3000)) {
            let compressed = ruzstd::encoding::compress_to_vec(&bytes[..], ruzstd::encoding::CompressionLevel::Fastest);
            prop_assert_eq!(zstd(&compressed, bytes.len()).unwrap(), bytes.clone());
            if !bytes.is_empty() {
                prop_assert!(zstd(&compressed, bytes.len() - 1).is_err());
            }
        }

        #[test]
        fn snappy_gives_back_what_was_compressed(bytes in prop::collection::vec(0_u8..4, 0..3000)) {
            let compressed = snap::raw::Encoder::new().compress_vec(&bytes).unwrap();
            prop_assert_eq!(snappy(&compressed, bytes.len()).unwrap(), bytes);
        }
    }
}
