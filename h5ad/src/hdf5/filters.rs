//! Filter pipelines: what was done to each chunk before it was written.

use super::super::codec::{self, BitshuffleCompressor};
use super::super::read_error::ReadError;
use super::reader::Cursor;

/// One filter of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Filter {
    id: u16,
    /// What the writer noted for the reader.
    parameters: Vec<u32>,
}

/// The filters of a dataset, in the order of writing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pipeline(Vec<Filter>);

impl Pipeline {
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ReadError> {
        /// Filters of HDF5 itself have no name in the newer form.
        const FIRST_NAMED: u16 = 256;
        let (version, n) = (cursor.u8()?, cursor.u8()?);
        if version == 1 {
            cursor.skip(6)?;
        }
        let mut filters = Vec::new();
        for _ in 0..n {
            let id = cursor.u16()?;
            let name_bytes = if version == 1 || id >= FIRST_NAMED { cursor.u16()?.into() } else { 0 };
            cursor.skip(2)?;
            let n_parameters = cursor.u16()?;
            cursor.skip(if version == 1 { usize::next_multiple_of(name_bytes, 8) } else { name_bytes })?;
            let mut parameters = Vec::new();
            for _ in 0..n_parameters {
                parameters.push(cursor.u32()?);
            }
            if version == 1 && n_parameters % 2 == 1 {
                cursor.skip(4)?;
            }
            filters.push(Filter { id, parameters });
        }
        Ok(Self(filters))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes a stored byte can become at most.
    pub(super) fn max_ratio(&self) -> u64 {
        /// Long runs are next to nothing for zstd, also inside of other containers.
        const ZSTD_RATIO: u64 = 1 << 16;
        /// The most that deflate does; LZ4 and LZF do less.
        const DEFLATE_RATIO: u64 = 1032;
        let ratio = |filter: &Filter| match filter.id {
            2 | 3 => 1,
            32001 | 32008 | 32015 => ZSTD_RATIO,
            _ => DEFLATE_RATIO,
        };
        self.0.iter().map(ratio).fold(1, u64::saturating_mul)
    }

    /// Undoes the filters that `mask` does not name, for a chunk of `chunk_bytes` of elements of `element_bytes`.
    pub(super) fn decode(
        &self,
        mut bytes: Vec<u8>,
        mask: u32,
        element_bytes: usize,
        chunk_bytes: usize,
    ) -> Result<Vec<u8>, ReadError> {
        // A checksum before compression makes a chunk a little longer.
        let limit = chunk_bytes.saturating_add(4 * self.0.len());
        for (at, filter) in self.0.iter().enumerate().rev() {
            if mask.checked_shr(at as u32).unwrap_or(0) & 1 == 0 {
                bytes = filter.decode(&bytes, element_bytes, limit)?;
            }
        }
        Ok(bytes)
    }
}

impl Filter {
    fn decode(&self, bytes: &[u8], element_bytes: usize, limit: usize) -> Result<Vec<u8>, ReadError> {
        let parameter = |at: usize| self.parameters.get(at).map_or(0, |parameter| *parameter as usize);
        let decoded = match self.id {
            1 => codec::zlib(bytes, limit),
            2 => {
                let stated = parameter(0);
                Ok(codec::shuffle(bytes, if stated == 0 { element_bytes } else { stated }))
            }
            3 => codec::fletcher32(bytes).map(<[u8]>::to_vec),
            32000 => codec::lzf(bytes, limit),
            32001 => codec::blosc(bytes, limit),
            32003 => codec::snappy(bytes, limit),
            32004 => codec::lz4_filter(bytes, limit),
            32008 => {
                let compressor = match parameter(4) {
                    0 => BitshuffleCompressor::None,
                    2 => BitshuffleCompressor::Lz4,
                    3 => BitshuffleCompressor::Zstd,
                    other => return Err(ReadError::Unsupported(format!("bitshuffle with the compression {other}"))),
                };
                let stated = parameter(2);
                let element_bytes = if stated == 0 { element_bytes } else { stated };
                codec::bitshuffle(bytes, element_bytes, parameter(3), compressor, limit)
            }
            32015 => codec::zstd(bytes, limit),
            other => {
                let name = name(other).map_or_else(|| format!("number {other}"), str::to_owned);
                return Err(ReadError::Unsupported(format!("it is compressed by the filter {name}")));
            }
        };
        decoded.map_err(|what| ReadError::Damaged(format!("a chunk is damaged: {what}")))
    }
}

/// What the registry calls a filter that is not read here.
fn name(id: u16) -> Option<&'static str> {
    Some(match id {
        4 => "szip",
        5 => "nbit",
        6 => "scale-offset",
        307 => "bzip2",
        32013 => "zfp",
        32017 => "sz",
        32018 => "fcidecomp",
        32019 => "jpeg",
        32026 => "blosc2",
        32028 => "sz3",
        _ => return None,
    })
}
