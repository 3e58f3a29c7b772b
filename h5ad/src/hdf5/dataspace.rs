//! Dataspace messages: extents.

use super::super::read_error::ReadError;
use super::reader::Cursor;

/// Extents of a dataset or attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dataspace {
    /// Extents; none for a single value.
    pub(super) dims: Vec<u64>,
    /// The extents it may grow to, none where there is no bound.
    pub(super) max_dims: Vec<Option<u64>>,
    /// Whether it holds nothing, not even a single value.
    is_null: bool,
}

impl Dataspace {
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ReadError> {
        const MAX_RANK: u8 = 32;
        let (version, rank, flags) = (cursor.u8()?, cursor.u8()?, cursor.u8()?);
        let is_null = match version {
            1 => {
                cursor.skip(5)?;
                false
            }
            2 => cursor.u8()? == 2,
            _ => return Err(ReadError::Unsupported(format!("its extents have the unknown version {version}"))),
        };
        if rank > MAX_RANK {
            return Err(ReadError::damaged("it claims too many dimensions"));
        }
        let mut dims = Vec::new();
        for _ in 0..rank {
            dims.push(cursor.length()?);
        }
        let mut max_dims: Vec<Option<u64>> = dims.iter().copied().map(Some).collect();
        if flags & 1 != 0 {
            let unlimited = u64::MAX >> (64 - 8 * cursor.widths().length);
            for dim in &mut max_dims {
                *dim = Some(cursor.length()?).filter(|dim| *dim != unlimited);
            }
        }
        Ok(Self { dims, max_dims, is_null })
    }

    /// How many elements there are.
    pub(super) fn n_elements(&self) -> u64 {
        if self.is_null { 0 } else { self.dims.iter().fold(1, |n: u64, dim| n.saturating_mul(*dim)) }
    }

    /// The extents for reading: a null dataspace is an empty list.
    pub(super) fn shape(&self) -> Vec<u64> {
        if self.is_null { vec![0] } else { self.dims.clone() }
    }
}
