//! The open HDF5 file: what lies where, attributes, and bytes of datasets, with errors that name the place.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use hdf5_pure::{
    AttrValue, ChunkCacheConfig, Dataset, DatasetAccessProperties, Datatype, Error, File, FileAccessProperties,
    FormatError, MetadataCacheConfig, Source,
};

use super::error::H5adError;
use super::heap::Heap;
use super::number::Number;
use super::source::SharedSource;
use super::values::{Undecoded, Values};
use super::warning::Warnings;

const METADATA_CACHE_BYTES: usize = 8 << 20;
/// Deflate shrinks by at most about 1032 : 1; a dataset that claims more than this ratio of its file is damaged.
const MAX_INFLATION: u64 = 1100;
/// Claims below this are believed, whatever the file's size.
const PLAUSIBLE_BYTES: u64 = 64 << 20;

/// One open file. Clones share it.
#[derive(Clone)]
pub(super) struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    /// What messages call the file.
    name: String,
    file: File,
    heap: Heap,
    file_bytes: u64,
    members: Mutex<HashMap<String, Arc<Members>>>,
    warnings: Warnings,
}

/// The names in one group.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub(super) groups: BTreeSet<String>,
    pub(super) datasets: BTreeSet<String>,
}

/// What an HDF5 path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Group,
    Dataset,
}

/// Attributes of a group or dataset.
pub(super) struct Attributes(HashMap<String, AttrValue>);

impl Store {
    pub(super) fn open(source: SharedSource, name: String) -> Result<Self, H5adError> {
        let file_bytes = source.len();
        let properties =
            FileAccessProperties::new().with_metadata_cache(MetadataCacheConfig::new(METADATA_CACHE_BYTES));
        let file = match File::from_source_with_options(source.clone(), properties) {
            Ok(file) => file,
            Err(Error::Format(FormatError::SignatureNotFound)) => {
                return Err(H5adError::NotHdf5 { file: name, bytes: file_bytes });
            }
            Err(Error::Format(FormatError::Source(reason))) => {
                return Err(H5adError::Io { file: name, source: std::io::Error::other(reason) });
            }
            Err(Error::FileMarkedInUse(..)) => return Err(H5adError::InUse { file: name }),
            Err(error) => return Err(H5adError::unreadable("/", error)),
        };
        let superblock = file.superblock();
        let stated = superblock.eof_address;
        if stated > file_bytes {
            return Err(H5adError::CutShort { file: name, bytes: file_bytes, stated });
        }
        let heap = Heap::new(source, superblock);
        let inner = Inner { name, file, heap, file_bytes, members: Mutex::default(), warnings: Warnings::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What messages call the file.
    pub(super) fn name(&self) -> &str {
        &self.inner.name
    }

    pub(super) fn warnings(&self) -> &Warnings {
        &self.inner.warnings
    }

    pub(super) fn heap(&self) -> &Heap {
        &self.inner.heap
    }

    /// The names in the group at `place`; `""` is the root.
    pub(super) fn members(&self, place: &str) -> Result<Arc<Members>, H5adError> {
        let known = self.inner.members.lock().unwrap_or_else(PoisonError::into_inner).get(place).cloned();
        if let Some(members) = known {
            return Ok(members);
        }
        let read = || -> Result<Members, Error> {
            let group = if place.is_empty() { self.inner.file.root() } else { self.inner.file.group(place)? };
            Ok(Members {
                groups: group.groups()?.into_iter().collect(),
                datasets: group.datasets()?.into_iter().collect(),
            })
        };
        let shown = if place.is_empty() { "/" } else { place };
        let members = Arc::new(read().map_err(|error| H5adError::unreadable(shown, error))?);
        let mut all = self.inner.members.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(all.entry(place.to_owned()).or_insert(members)))
    }

    /// What lies at `place`, if anything.
    pub(super) fn kind(&self, place: &str) -> Result<Option<Kind>, H5adError> {
        let mut parent = String::new();
        let mut kind = None;
        for name in place.split('/').filter(|name| !name.is_empty()) {
            if !parent.is_empty() && kind != Some(Kind::Group) {
                return Ok(None);
            }
            let members = self.members(&parent)?;
            kind = if members.groups.contains(name) {
                Some(Kind::Group)
            } else if members.datasets.contains(name) {
                Some(Kind::Dataset)
            } else {
                return Ok(None);
            };
            if !parent.is_empty() {
                parent.push('/');
            }
            parent.push_str(name);
        }
        Ok(kind)
    }

    /// Attributes of the group or dataset at `place`.
    pub(super) fn attributes(&self, place: &str) -> Result<Attributes, H5adError> {
        let attributes = match self.kind(place)? {
            Some(Kind::Group) => self.inner.file.group(place).and_then(|group| group.attrs()),
            Some(Kind::Dataset) => self.inner.file.dataset(place).and_then(|dataset| dataset.attrs()),
            None => Ok(HashMap::new()),
        };
        attributes.map(Attributes).map_err(|error| H5adError::unreadable(place, error))
    }

    /// The dataset at `place`, which must exist.
    pub(super) fn array(&self, place: &str) -> Result<Array, H5adError> {
        self.array_with(place, DatasetAccessProperties::new())
    }

    /// The dataset at `place` for reading in consecutive slabs: chunks that a slab shares with its neighbors are
    /// kept, so that each is inflated once. At most `cache_bytes` are kept, but always room for a few chunks.
    pub(super) fn streamed_array(&self, place: &str, cache_bytes: usize) -> Result<Array, H5adError> {
        const FEW: usize = 4;
        let array = self.array(place)?;
        let Some(chunk_bytes) = array.chunk_bytes()? else { return Ok(array) };
        let bytes = cache_bytes.max(chunk_bytes.saturating_mul(FEW));
        let slots = (bytes / chunk_bytes.max(1)).clamp(FEW, 1024);
        let cache = ChunkCacheConfig::new().with_max_bytes(bytes).with_max_slots(slots);
        self.array_with(place, DatasetAccessProperties::new().with_chunk_cache(cache))
    }

    fn array_with(&self, place: &str, properties: DatasetAccessProperties) -> Result<Array, H5adError> {
        let unreadable = |error| H5adError::unreadable(place, error);
        let dataset = self.inner.file.dataset_with_options(place, properties).map_err(unreadable)?;
        let dims = dataset.shape().map_err(unreadable)?;
        let datatype = dataset.datatype().map_err(unreadable)?;
        let element_bytes = dataset.element_size().map_err(unreadable)?;
        let bytes = dims.iter().try_fold(element_bytes, |bytes, dim| bytes.checked_mul(*dim));
        let shape: Option<Vec<usize>> = dims.iter().map(|dim| usize::try_from(*dim).ok()).collect();
        let (Some(bytes), Some(shape), Ok(element_bytes)) = (bytes, shape, usize::try_from(element_bytes)) else {
            return Err(H5adError::malformed(place, "claims an impossible shape; the file is damaged"));
        };
        Ok(Array {
            place: place.to_owned(),
            dataset,
            shape,
            datatype,
            element_bytes,
            bytes,
            file_bytes: self.inner.file_bytes,
        })
    }

    /// All elements of the dataset at `place`.
    pub(super) fn values(&self, place: &str) -> Result<Values, ValuesError> {
        let array = self.array(place)?;
        let bytes = array.read()?;
        Values::decode(array.datatype(), &bytes, self.heap()).map_err(|error| match error {
            Undecoded::Unsupported(reason) => ValuesError::Unsupported(reason),
            Undecoded::Damaged(what) => ValuesError::Failed(H5adError::malformed(
                place,
                format!("cannot be read: {what}; the file may be damaged or cut short"),
            )),
        })
    }
}

/// Why a dataset gave no values.
pub(super) enum ValuesError {
    /// Its type has no counterpart here; the sentence continues its path.
    Unsupported(String),
    /// It could not be read.
    Failed(H5adError),
}

impl From<H5adError> for ValuesError {
    fn from(error: H5adError) -> Self {
        Self::Failed(error)
    }
}

impl ValuesError {
    /// The error for a place where values must be.
    pub(super) fn required(self, place: &str) -> H5adError {
        match self {
            Self::Unsupported(reason) => H5adError::malformed(place, reason),
            Self::Failed(error) => error,
        }
    }
}

impl Attributes {
    /// The text of an attribute.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?;
        value.as_str().or_else(|| value.as_strings()?.first().map(String::as_str))
    }

    /// The texts of an attribute that lists some. Python writes an empty list as one of floats.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let value = self.0.get(name)?;
        if let Some(text) = value.as_str() {
            return Some(vec![text.to_owned()]);
        }
        Some(value.as_strings().map(<[String]>::to_vec).unwrap_or_default())
    }

    /// The two sizes that an attribute gives.
    pub(super) fn shape(&self, name: &str) -> Option<(usize, usize)> {
        let value = self.0.get(name)?;
        let sizes: Vec<usize> = match (value.to_u64s(), value.to_f64s()) {
            (Some(sizes), _) => sizes.into_iter().filter_map(|size| usize::try_from(size).ok()).collect(),
            (None, Some(sizes)) => sizes.into_iter().map(|size| size as usize).collect(),
            (None, None) => return None,
        };
        match sizes[..] {
            [n_rows, n_cols] => Some((n_rows, n_cols)),
            _ => None,
        }
    }

    /// Whether an attribute is set to true.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.0.get(name).and_then(AttrValue::as_i64).is_some_and(|value| value != 0)
    }
}

/// A dataset of known shape and type.
pub(super) struct Array {
    place: String,
    dataset: Dataset,
    shape: Vec<usize>,
    datatype: Datatype,
    element_bytes: usize,
    bytes: u64,
    file_bytes: u64,
}

impl Array {
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub(super) fn datatype(&self) -> &Datatype {
        &self.datatype
    }

    /// Bytes of one element.
    pub(super) fn element_bytes(&self) -> usize {
        self.element_bytes
    }

    /// The numeric type of the elements, which must be numbers.
    pub(super) fn number(&self) -> Result<Number, H5adError> {
        Number::of(&self.datatype).ok_or_else(|| {
            let problem = format!("has the type {}, but must hold numbers: write it anew as float32", self.datatype);
            H5adError::malformed(&self.place, problem)
        })
    }

    /// numpy's name of the type of the elements, which must be numbers.
    pub(super) fn dtype(&self) -> Result<&'static str, H5adError> {
        let number = self.number()?;
        // h5py stores truth values as an enumeration.
        Ok(if matches!(self.datatype, Datatype::Enumeration { .. }) { "bool" } else { number.name() })
    }

    /// Extents of one chunk, if the dataset is chunked.
    pub(super) fn chunk_shape(&self) -> Result<Option<Vec<usize>>, H5adError> {
        let chunk = self.dataset.chunk_shape().map_err(|error| H5adError::unreadable(&self.place, error))?;
        Ok(chunk.map(|dims| dims.into_iter().map(|dim| usize::try_from(dim).unwrap_or(usize::MAX)).collect()))
    }

    fn chunk_bytes(&self) -> Result<Option<usize>, H5adError> {
        let chunk = self.chunk_shape()?;
        Ok(chunk.map(|dims| dims.into_iter().fold(self.element_bytes, usize::saturating_mul)))
    }

    /// Bytes of all elements.
    pub(super) fn read(&self) -> Result<Vec<u8>, H5adError> {
        let claimed = if self.dataset.is_chunked() { self.bytes / MAX_INFLATION } else { self.bytes };
        if self.bytes > PLAUSIBLE_BYTES && claimed > self.file_bytes {
            let problem = format!(
                "claims {} bytes, more than a file of {} bytes can hold; the file is damaged or cut short",
                self.bytes, self.file_bytes
            );
            return Err(H5adError::malformed(&self.place, problem));
        }
        let bytes = self.dataset.read_raw().map_err(|error| H5adError::unreadable(&self.place, error))?;
        self.complete(bytes, self.bytes)
    }

    /// Bytes of a range along the first dimension.
    pub(super) fn read_rows(&self, rows: Range<usize>) -> Result<Vec<u8>, H5adError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let row_bytes = self.shape.iter().skip(1).fold(self.element_bytes as u64, |bytes, dim| bytes * *dim as u64);
        let bytes = self
            .dataset
            .read_raw_rows(rows.start as u64, rows.len() as u64)
            .map_err(|error| H5adError::unreadable(&self.place, error))?;
        self.complete(bytes, row_bytes * rows.len() as u64)
    }

    fn complete(&self, bytes: Vec<u8>, expected: u64) -> Result<Vec<u8>, H5adError> {
        if bytes.len() as u64 == expected {
            return Ok(bytes);
        }
        let problem = format!("gave {} bytes where {expected} were expected; the file is damaged", bytes.len());
        Err(H5adError::malformed(&self.place, problem))
    }
}
