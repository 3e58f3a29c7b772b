//! Datasets: their extents, their type and their elements.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::super::container::Elements;
use super::super::element::ElementType;
use super::super::grid::{ChunkCache, Grid};
use super::super::read_error::ReadError;
use super::chunk_index::{self, ChunkIndex};
use super::dataspace::Dataspace;
use super::datatype;
use super::filters::Pipeline;
use super::header::{Header, kind};
use super::layout::{Chunked, Layout};
use super::reader::{Cursor, Reader};

/// One dataset, opened.
pub(super) struct Dataset {
    reader: Reader,
    element: ElementType,
    shape: Vec<usize>,
    storage: Storage,
    fill: Vec<u8>,
}

enum Storage {
    Compact(Vec<u8>),
    /// At an address, unless nothing was written.
    Contiguous(Option<u64>),
    Chunked(Box<Chunks>),
}

struct Chunks {
    chunked: Chunked,
    dataspace: Dataspace,
    grid: Grid,
    chunk_bytes: usize,
    pipeline: Pipeline,
    index: OnceLock<ChunkIndex>,
}

impl Dataset {
    /// Opens the dataset with this header.
    pub(super) fn open(reader: &Reader, header: &Header) -> Result<Self, ReadError> {
        let message = |kind: u16, name: &str| {
            let data = header.get(kind).ok_or_else(|| ReadError::Damaged(format!("its {name} is missing")))?;
            Ok::<_, ReadError>(Cursor::new(data, reader.widths()))
        };
        let element = datatype::read(&mut message(kind::DATATYPE, "type")?)?;
        let dataspace = Dataspace::read(&mut message(kind::DATASPACE, "shape")?)?;
        let layout = Layout::read(&mut message(kind::LAYOUT, "layout")?)?;
        if header.get(kind::EXTERNAL_FILES).is_some() {
            return Err(ReadError::Unsupported("its values lie in other files".to_owned()));
        }
        let impossible = || ReadError::damaged("it claims an impossible shape");
        let shape = dataspace.shape().into_iter().map(|dim| usize::try_from(dim).map_err(|_| impossible()));
        let shape = shape.collect::<Result<Vec<_>, _>>()?;
        let element_bytes = element.bytes();
        if shape.iter().try_fold(element_bytes, |bytes, dim| bytes.checked_mul(*dim)).is_none() {
            return Err(impossible());
        }
        let fill = fill(reader, header, element_bytes)?;
        let storage = match layout {
            Layout::Compact(bytes) => Storage::Compact(bytes),
            Layout::Contiguous(address) => Storage::Contiguous(address),
            Layout::Chunked(chunked) => {
                let pipeline = header.get(kind::FILTERS).map(|data| Cursor::new(data, reader.widths()));
                let pipeline = pipeline.map(|mut cursor| Pipeline::read(&mut cursor)).transpose()?.unwrap_or_default();
                let chunk = chunked.chunk.iter().map(|dim| usize::try_from(*dim).map_err(|_| impossible()));
                let chunk = chunk.collect::<Result<Vec<_>, _>>()?;
                let grid = Grid { shape: shape.clone(), chunk, element_bytes, fill: fill.clone() };
                let chunk_bytes = grid.chunk_bytes().ok_or_else(impossible)?;
                let index = OnceLock::new();
                Storage::Chunked(Box::new(Chunks { chunked, dataspace, grid, chunk_bytes, pipeline, index }))
            }
            Layout::Virtual => {
                let reason = "it is a virtual dataset, put together from other ones, perhaps in other files";
                return Err(ReadError::Unsupported(reason.to_owned()));
            }
        };
        Ok(Self { reader: reader.clone(), element, shape, storage, fill })
    }

    /// The addresses of what was stored of the elements outside of the header.
    #[cfg(feature = "write")]
    pub(super) fn extents(&self) -> Result<Vec<Range<u64>>, ReadError> {
        let extent = |address: u64, bytes: u64| address..address.saturating_add(bytes);
        Ok(match &self.storage {
            Storage::Compact(_) | Storage::Contiguous(None) => Vec::new(),
            Storage::Contiguous(Some(address)) => {
                let bytes = self.shape.iter().fold(self.element.bytes() as u64, |bytes, dim| bytes * *dim as u64);
                vec![extent(*address, bytes)]
            }
            Storage::Chunked(chunks) => {
                let index = chunks.index(&self.reader)?;
                index.values().map(|chunk| extent(chunk.address, chunk.size)).collect()
            }
        })
    }

    /// Reads whole rows, and cuts them where the other ranges say so.
    fn read_whole(
        &self,
        ranges: &[Range<usize>],
        bytes: &dyn Fn(u64, u64) -> Result<Vec<u8>, ReadError>,
    ) -> Result<Vec<u8>, ReadError> {
        let element_bytes = self.element.bytes();
        let Some((rows, inner)) = ranges.split_first() else { return bytes(0, element_bytes as u64) };
        let row_bytes = self.shape[1..].iter().fold(element_bytes, |bytes, dim| bytes * dim);
        let content = bytes((rows.start * row_bytes) as u64, (rows.len() * row_bytes) as u64)?;
        if inner.iter().zip(&self.shape[1..]).all(|(range, dim)| range.len() == *dim) {
            return Ok(content);
        }
        // The rows that were read are one chunk of an array that begins with them.
        let shape = [&[rows.len()], &self.shape[1..]].concat();
        let grid = Grid { chunk: shape.clone(), shape, element_bytes, fill: Vec::new() };
        let content = Arc::new(content);
        let wanted: Vec<Range<usize>> = std::iter::once(0..rows.len()).chain(inner.iter().cloned()).collect();
        grid.read(&wanted, &|_| Ok(Some(Arc::clone(&content))))
    }
}

impl Elements for Dataset {
    fn element(&self) -> &ElementType {
        &self.element
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn chunk_shape(&self) -> Option<&[usize]> {
        match &self.storage {
            Storage::Chunked(chunks) => Some(&chunks.grid.chunk),
            Storage::Compact(_) | Storage::Contiguous(_) => None,
        }
    }

    fn supported_bytes(&self) -> Result<u64, ReadError> {
        Ok(match &self.storage {
            Storage::Compact(bytes) => bytes.len() as u64,
            Storage::Contiguous(None) => 0,
            Storage::Contiguous(Some(_)) => self.reader.size(),
            Storage::Chunked(chunks) => {
                let index = chunks.index(&self.reader)?;
                let stored = index.values().map(|chunk| chunk.size).fold(0, u64::saturating_add);
                let inflated = stored.min(self.reader.size()).saturating_mul(chunks.pipeline.max_ratio());
                inflated.min((index.len() as u64).saturating_mul(chunks.chunk_bytes as u64))
            }
        })
    }

    fn read(&self, ranges: &[Range<usize>], cache: &ChunkCache) -> Result<Vec<u8>, ReadError> {
        let whole = |bytes: &dyn Fn(u64, u64) -> Result<Vec<u8>, ReadError>| self.read_whole(ranges, bytes);
        match &self.storage {
            Storage::Compact(content) => whole(&|start, length| {
                let range = usize::try_from(start).ok().and_then(|start| content.get(start..)?.get(..length as usize));
                range.map(<[u8]>::to_vec).ok_or_else(|| ReadError::damaged("its values in the header are incomplete"))
            }),
            Storage::Contiguous(Some(address)) => {
                whole(&|start, length| self.reader.data(address.saturating_add(start), length))
            }
            Storage::Contiguous(None) => {
                let n: usize = ranges.iter().map(ExactSizeIterator::len).product();
                Ok(if self.fill.is_empty() { vec![0; n * self.element.bytes()] } else { self.fill.repeat(n) })
            }
            Storage::Chunked(chunks) => chunks.read(&self.reader, ranges, cache),
        }
    }

    fn texts(&self) -> Result<Option<Vec<String>>, ReadError> {
        Ok(None)
    }
}

impl Chunks {
    fn index(&self, reader: &Reader) -> Result<&ChunkIndex, ReadError> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let is_filtered = !self.pipeline.is_empty();
        let index = chunk_index::read(reader, &self.chunked, &self.dataspace, self.chunk_bytes as u64, is_filtered)?;
        Ok(self.index.get_or_init(|| index))
    }

    fn read(&self, reader: &Reader, ranges: &[Range<usize>], cache: &ChunkCache) -> Result<Vec<u8>, ReadError> {
        let index = self.index(reader)?;
        self.grid.read(ranges, &|number| {
            let Some(stored) = index.get(&number) else { return Ok(None) };
            cache.get(number, || {
                let bytes = reader.data(stored.address, stored.size)?;
                if self.chunked.edges_are_plain && self.is_at_edge(number) {
                    return Ok(Some(bytes));
                }
                let (mask, element_bytes) = (stored.filter_mask, self.grid.element_bytes);
                self.pipeline.decode(bytes, mask, element_bytes, self.chunk_bytes).map(Some)
            })
        })
    }

    /// Whether the chunk with this number reaches over an edge.
    fn is_at_edge(&self, number: u64) -> bool {
        let place = self.grid.place(number);
        let mut dims = place.iter().zip(&self.grid.chunk).zip(&self.grid.shape);
        dims.any(|((place, chunk), dim)| (place + 1) * chunk > *dim)
    }
}

/// The bytes of an element that was never written; none where they are zero.
fn fill(reader: &Reader, header: &Header, element_bytes: usize) -> Result<Vec<u8>, ReadError> {
    const IS_DEFINED: u8 = 0x20;
    let mut value = None;
    if let Some(data) = header.get(kind::FILL) {
        let mut cursor = Cursor::new(data, reader.widths());
        let is_defined = match cursor.u8()? {
            1 => {
                cursor.skip(3)?;
                true
            }
            2 => {
                cursor.skip(2)?;
                cursor.u8()? != 0
            }
            _ => cursor.u8()? & IS_DEFINED != 0,
        };
        if is_defined {
            let length = cursor.u32()? as usize;
            value = Some(cursor.take(length)?.to_vec());
        }
    } else if let Some(data) = header.get(kind::OLD_FILL) {
        let mut cursor = Cursor::new(data, reader.widths());
        let length = cursor.u32()? as usize;
        value = Some(cursor.take(length)?.to_vec());
    }
    let is_telling = |value: &Vec<u8>| value.len() == element_bytes && value.iter().any(|byte| *byte != 0);
    Ok(value.filter(is_telling).unwrap_or_default())
}
