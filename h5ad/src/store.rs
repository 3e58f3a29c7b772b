//! The open file, whatever its format: what lies where, attributes, and elements of arrays, with errors that name the
//! place.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::container::{Container, Elements, Kind, Member};
use super::element::ElementType;
use super::error::H5adError;
use super::grid::ChunkCache;
use super::number::Number;
use super::values::{Undecoded, Values};
use super::warning::Warnings;

/// Claims below this are believed, whatever the file's size.
const PLAUSIBLE_BYTES: u64 = 64 << 20;

/// The most bytes of a text of fixed length that are read: of one that stands alone, and of those in a list. A few longer
/// ones take gigabytes, and compress to nothing.
const MOST_TEXT_BYTES: usize = 16 << 20;
const MOST_LISTED_TEXT_BYTES: usize = 1 << 16;

/// One open file. Clones share it.
#[derive(Clone)]
pub(super) struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    /// What messages call the file.
    name: String,
    container: Arc<dyn Container>,
    /// The group that counts as the root.
    root: String,
    members: Mutex<HashMap<String, Arc<Members>>>,
    warnings: Warnings,
}

/// The names in one group.
#[derive(Debug, Default)]
pub(super) struct Members(BTreeMap<String, Member>);

/// Attributes of a group or dataset.
pub(super) struct Attributes(HashMap<String, Values>);

impl Members {
    /// All names, those that lead nowhere included.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// The names of groups.
    pub(super) fn groups(&self) -> impl Iterator<Item = &String> {
        self.of(Kind::Group)
    }

    /// The names of datasets.
    pub(super) fn datasets(&self) -> impl Iterator<Item = &String> {
        self.of(Kind::Dataset)
    }

    /// Whether there is such a name.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn of(&self, kind: Kind) -> impl Iterator<Item = &String> {
        self.0.iter().filter(move |(_, member)| **member == Member::Known(kind)).map(|(name, _)| name)
    }
}

impl Store {
    /// A store of what lies in the group `root` of `container`; `name` is what messages call it.
    pub(super) fn new(container: Box<dyn Container>, root: String, name: String) -> Self {
        let inner =
            Inner { name, container: container.into(), root, members: Mutex::default(), warnings: Warnings::default() };
        Self { inner: Arc::new(inner) }
    }

    /// The same file with another group for its root; nothing is noted of it yet.
    pub(super) fn into_group(self, root: &str) -> Self {
        let inner = Inner {
            name: self.inner.name.clone(),
            container: Arc::clone(&self.inner.container),
            root: self.path(root),
            members: Mutex::default(),
            warnings: Warnings::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// What messages call the file.
    pub(super) fn name(&self) -> &str {
        &self.inner.name
    }

    pub(super) fn warnings(&self) -> &Warnings {
        &self.inner.warnings
    }

    /// The names in the group at `place`; `""` is the root.
    pub(super) fn members(&self, place: &str) -> Result<Arc<Members>, H5adError> {
        let known = self.inner.members.lock().unwrap_or_else(PoisonError::into_inner).get(place).cloned();
        if let Some(members) = known {
            return Ok(members);
        }
        let members = self.inner.container.members(&self.path(place));
        let members = Arc::new(Members(members.map_err(|error| H5adError::unreadable(place, error))?));
        let mut all = self.inner.members.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(all.entry(place.to_owned()).or_insert(members)))
    }

    /// What lies at `place`, if anything.
    ///
    /// # Errors
    /// When a link on the way leads nowhere, or its group cannot be read.
    pub(super) fn kind(&self, place: &str) -> Result<Option<Kind>, H5adError> {
        let (parent, name) = place.rsplit_once('/').unwrap_or(("", place));
        if !parent.is_empty() && self.kind(parent)? != Some(Kind::Group) {
            return Ok(None);
        }
        match self.members(parent)?.0.get(name) {
            None => Ok(None),
            Some(Member::Known(kind)) => Ok(Some(*kind)),
            Some(Member::Broken(problem)) => Err(H5adError::malformed(place, problem)),
        }
    }

    /// Attributes of the group or dataset at `place`; none where there is nothing.
    pub(super) fn attributes(&self, place: &str) -> Result<Attributes, H5adError> {
        if !place.is_empty() && self.kind(place)?.is_none() {
            return Ok(Attributes(HashMap::new()));
        }
        let attributes = self.inner.container.attributes(&self.path(place));
        attributes.map(Attributes).map_err(|error| H5adError::unreadable(place, error))
    }

    /// The dataset at `place`, which must exist.
    pub(super) fn array(&self, place: &str) -> Result<Array, H5adError> {
        self.array_with(place, 0)
    }

    /// The dataset at `place` for reading in consecutive slabs: chunks that a slab shares with its neighbors are
    /// kept, so that each is inflated once. At most `cache_bytes` are kept, but always room for a few chunks.
    pub(super) fn streamed_array(&self, place: &str, cache_bytes: usize) -> Result<Array, H5adError> {
        const FEW: usize = 4;
        let array = self.array(place)?;
        let chunk_bytes = array
            .chunk_shape()
            .map_or(0, |chunk| chunk.iter().fold(array.element_bytes(), |bytes, dim| bytes.saturating_mul(*dim)));
        Ok(Array { cache: ChunkCache::new(cache_bytes.max(chunk_bytes.saturating_mul(FEW))), ..array })
    }

    fn array_with(&self, place: &str, cache_bytes: usize) -> Result<Array, H5adError> {
        if self.kind(place)? != Some(Kind::Dataset) {
            return Err(H5adError::malformed(place, "must be an array, which it is not"));
        }
        let elements = self.inner.container.array(&self.path(place));
        let elements = elements.map_err(|error| H5adError::unreadable(place, error))?;
        Ok(Array { place: place.to_owned(), elements, cache: ChunkCache::new(cache_bytes) })
    }

    /// All elements of the dataset at `place`.
    pub(super) fn values(&self, place: &str) -> Result<Values, ValuesError> {
        self.values_of(&self.array(place)?)
    }

    /// All elements of a dataset that is open.
    pub(super) fn values_of(&self, array: &Array) -> Result<Values, ValuesError> {
        array.check_size()?;
        if matches!(array.element(), ElementType::FixedText { .. } | ElementType::WideText { .. }) {
            let (bytes, most) =
                (array.element_bytes(), if array.n_elements() > 1 { MOST_LISTED_TEXT_BYTES } else { MOST_TEXT_BYTES });
            if bytes > most {
                return Err(ValuesError::Unsupported(format!("has texts of {bytes} bytes, where {most} are the most")));
            }
        }
        let texts = array.elements.texts().map_err(|error| H5adError::unreadable(&array.place, error))?;
        if let Some(texts) = texts {
            return Ok(Values::Strings(texts));
        }
        let bytes = array.read()?;
        self.decode(&array.place, array.element(), &bytes)
    }

    /// Decodes `bytes`, elements of the dataset at `place` or of one field of its records.
    pub(super) fn decode(&self, place: &str, element: &ElementType, bytes: &[u8]) -> Result<Values, ValuesError> {
        Values::decode(element, bytes, self.inner.container.heap()).map_err(|error| match error {
            Undecoded::Unsupported(reason) => ValuesError::Unsupported(reason),
            Undecoded::Damaged(what) => ValuesError::Failed(H5adError::malformed(
                place,
                format!("cannot be read: {what}; the file may be damaged or cut short"),
            )),
        })
    }

    /// Where a place lies in the container.
    fn path(&self, place: &str) -> String {
        match (self.inner.root.as_str(), place) {
            ("", place) => place.to_owned(),
            (root, "") => root.to_owned(),
            (root, place) => format!("{root}/{place}"),
        }
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
        match self.0.get(name)? {
            Values::Strings(texts) => texts.first().map(String::as_str),
            Values::Booleans(_)
            | Values::Integers(_)
            | Values::Unsigned(_)
            | Values::Singles(_)
            | Values::Doubles(_) => None,
        }
    }

    /// The texts of an attribute that lists some. Python writes an empty list as one of floats.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<String>> {
        match self.0.get(name)? {
            Values::Strings(texts) => Some(texts.clone()),
            Values::Booleans(_)
            | Values::Integers(_)
            | Values::Unsigned(_)
            | Values::Singles(_)
            | Values::Doubles(_) => Some(Vec::new()),
        }
    }

    /// The two sizes that an attribute gives.
    pub(super) fn shape(&self, name: &str) -> Option<(usize, usize)> {
        let sizes: Vec<usize> = match self.0.get(name)? {
            Values::Integers(sizes) => sizes.iter().map(|size| usize::try_from(*size).ok()).collect::<Option<_>>()?,
            Values::Doubles(sizes) => sizes.iter().map(|size| *size as usize).collect(),
            Values::Strings(_) | Values::Booleans(_) | Values::Unsigned(_) | Values::Singles(_) => return None,
        };
        match sizes[..] {
            [n_rows, n_cols] => Some((n_rows, n_cols)),
            _ => None,
        }
    }

    /// Whether an attribute is set to true.
    pub(super) fn is_true(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(Values::Booleans(truths)) => truths.first() == Some(&Some(true)),
            Some(Values::Integers(numbers)) => numbers.first().is_some_and(|number| *number != 0),
            Some(Values::Strings(_) | Values::Unsigned(_) | Values::Singles(_) | Values::Doubles(_)) | None => false,
        }
    }
}

/// A dataset of known shape and type.
pub(super) struct Array {
    place: String,
    elements: Box<dyn Elements>,
    cache: ChunkCache,
}

impl Array {
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn shape(&self) -> &[usize] {
        self.elements.shape()
    }

    pub(super) fn n_elements(&self) -> usize {
        self.shape().iter().product()
    }

    pub(super) fn element(&self) -> &ElementType {
        self.elements.element()
    }

    /// Bytes of one element.
    pub(super) fn element_bytes(&self) -> usize {
        self.element().bytes()
    }

    /// The numeric type of the elements, which must be numbers.
    pub(super) fn number(&self) -> Result<Number, H5adError> {
        self.element().number().ok_or_else(|| {
            let problem = format!("has the type {}, but must hold numbers: write it anew as float32", self.element());
            H5adError::malformed(&self.place, problem)
        })
    }

    /// numpy's name of the type of the elements, which must be numbers.
    pub(super) fn dtype(&self) -> Result<&'static str, H5adError> {
        let number = self.number()?;
        // h5py stores truth values as an enumeration.
        Ok(if matches!(self.element(), ElementType::Enumeration { .. }) { "bool" } else { number.name() })
    }

    /// Extents of one chunk, if the dataset is chunked.
    pub(super) fn chunk_shape(&self) -> Option<&[usize]> {
        self.elements.chunk_shape()
    }

    /// Refuses an array that claims more than its file can hold.
    pub(super) fn check_size(&self) -> Result<(), H5adError> {
        self.check(self.shape())
    }

    /// Bytes of all elements.
    pub(super) fn read(&self) -> Result<Vec<u8>, H5adError> {
        let whole: Vec<_> = self.shape().iter().map(|dim| 0..*dim).collect();
        self.read_box(&whole)
    }

    /// Bytes of a range along the first dimension.
    pub(super) fn read_rows(&self, rows: Range<usize>) -> Result<Vec<u8>, H5adError> {
        let inner = self.shape().iter().skip(1).map(|dim| 0..*dim);
        self.read_box(&[rows].into_iter().chain(inner).collect::<Vec<_>>())
    }

    /// Bytes of what lies within `ranges`, one per dimension.
    pub(super) fn read_box(&self, ranges: &[Range<usize>]) -> Result<Vec<u8>, H5adError> {
        self.check(&ranges.iter().map(ExactSizeIterator::len).collect::<Vec<_>>())?;
        self.elements.read(ranges, &self.cache).map_err(|error| H5adError::unreadable(&self.place, error))
    }

    fn check(&self, dims: &[usize]) -> Result<(), H5adError> {
        let bytes = dims.iter().fold(self.element_bytes() as u64, |bytes, dim| bytes.saturating_mul(*dim as u64));
        if bytes <= PLAUSIBLE_BYTES {
            return Ok(());
        }
        let supported = self.elements.supported_bytes();
        let supported = supported.map_err(|error| H5adError::unreadable(&self.place, error))?;
        if bytes <= supported.saturating_add(PLAUSIBLE_BYTES) {
            return Ok(());
        }
        let problem = format!("claims {bytes} bytes, more than this file can hold; the file is damaged or cut short");
        Err(H5adError::malformed(&self.place, problem))
    }
}
