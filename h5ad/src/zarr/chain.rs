//! How the chunks of a Zarr array are encoded.

use serde_json::Value;

use super::super::codec;
use super::super::read_error::ReadError;

/// What was done to a chunk, in the order of writing.
#[derive(Default)]
pub(super) struct Chain {
    /// In which order the dimensions vary, slowest first; empty for the usual one.
    pub(super) order: Vec<usize>,
    pub(super) steps: Vec<Step>,
    /// How the chunk is divided further, if it is.
    pub(super) sharding: Option<Box<Sharding>>,
}

/// Chunks within chunks.
pub(super) struct Sharding {
    /// Extents of the inner chunks.
    pub(super) chunk: Vec<usize>,
    pub(super) inner: Chain,
    pub(super) index: Chain,
    /// Whether the index comes before the chunks.
    pub(super) index_is_first: bool,
}

/// One step of encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Blosc,
    Crc32c,
    Gzip,
    Lz4,
    Shuffle {
        element_bytes: usize,
    },
    Zlib,
    Zstd,
    /// Something that is not read.
    Other(String),
}

impl Step {
    /// The step called `name`, with what its metadata say.
    pub(super) fn new(name: &str, configuration: &Value) -> Self {
        match name {
            "blosc" => Self::Blosc,
            "crc32c" => Self::Crc32c,
            "gzip" => Self::Gzip,
            "lz4" => Self::Lz4,
            "shuffle" => Self::Shuffle { element_bytes: configuration["elementsize"].as_u64().unwrap_or(4) as usize },
            "zlib" => Self::Zlib,
            "zstd" => Self::Zstd,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Undoes the step; at most `limit` bytes come out.
    fn decode(&self, bytes: &[u8], limit: usize) -> Result<Vec<u8>, ReadError> {
        let decoded = match self {
            Self::Blosc => codec::blosc(bytes, limit),
            Self::Crc32c => codec::crc32c(bytes).map(<[u8]>::to_vec),
            Self::Gzip => codec::gzip(bytes, limit),
            Self::Lz4 => codec::lz4_numcodecs(bytes, limit),
            Self::Shuffle { element_bytes } => Ok(codec::shuffle(bytes, *element_bytes)),
            Self::Zlib => codec::zlib(bytes, limit),
            Self::Zstd => codec::zstd(bytes, limit),
            Self::Other(name) => {
                return Err(ReadError::Unsupported(format!("it is encoded by the codec `{name}`")));
            }
        };
        decoded.map_err(|what| ReadError::Damaged(format!("a chunk is damaged: {what}")))
    }
}

impl Chain {
    /// Undoes all steps; at most `limit` bytes come out.
    pub(super) fn decode(&self, mut bytes: Vec<u8>, limit: usize) -> Result<Vec<u8>, ReadError> {
        let limit = limit.saturating_add(4 * self.steps.len());
        for step in self.steps.iter().rev() {
            bytes = step.decode(&bytes, limit)?;
        }
        Ok(bytes)
    }

    /// How many bytes a stored byte can become at most.
    pub(super) fn max_ratio(&self) -> u64 {
        /// As zstd does with long runs, alone or in blosc; nothing else does more.
        const RATIO: u64 = 1 << 16;
        let inner = self.sharding.as_ref().map_or(1, |sharding| sharding.inner.max_ratio());
        if self.steps.is_empty() { inner } else { inner.saturating_mul(RATIO) }
    }

    /// Puts the elements of a chunk of these extents into row-major order.
    pub(super) fn in_order(&self, bytes: Vec<u8>, chunk: &[usize], element_bytes: usize) -> Vec<u8> {
        let n: usize = chunk.iter().product();
        if self.order.is_sorted() || bytes.len() != n * element_bytes {
            return bytes;
        }
        let mut output = vec![0; bytes.len()];
        let mut place = vec![0; chunk.len()];
        for element in bytes.chunks_exact(element_bytes) {
            let at = place.iter().zip(chunk).fold(0, |at, (place, dim)| at * dim + place);
            output[at * element_bytes..][..element_bytes].copy_from_slice(element);
            for dim in self.order.iter().rev() {
                place[*dim] += 1;
                if place[*dim] < chunk[*dim] {
                    break;
                }
                place[*dim] = 0;
            }
        }
        output
    }
}
