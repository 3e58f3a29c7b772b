//! Data frames: `obs`, `var` and `raw/var`, in every form anndata has written them.

mod column;
mod legacy;

use std::sync::Arc;

use super::container::Kind;
use super::error::H5adError;
use super::store::{Attributes, Members, Store};
use super::text::counted;

pub(super) use column::is_numeric;

/// The group in which anndata 0.6 and 0.7 keep the categories of a frame's columns.
pub(super) const CATEGORIES_GROUP: &str = "__categories";

/// A data frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// One label per row.
    pub index: Vec<String>,
    /// What the index is called, if it has a name of its own.
    pub index_name: Option<String>,
    /// Name and values of each column, in the order the file states.
    pub columns: Vec<(String, FrameColumn)>,
}

/// One column of a data frame, a value per row.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameColumn {
    /// Values out of a list.
    Categorical {
        /// Index into `categories` per row; -1 where the value is missing.
        codes: Vec<i32>,
        /// The list; numbers are printed as pandas prints them.
        categories: Vec<String>,
        /// Whether the order of the categories has a meaning.
        ordered: bool,
        /// What the categories are in the file.
        kind: CategoryKind,
    },
    /// Free text.
    Strings(Vec<Option<String>>),
    /// Truth values.
    Booleans(Vec<Option<bool>>),
    /// Whole numbers.
    Integers(Vec<Option<i64>>),
    /// Whole numbers of which some are beyond `i64`.
    Unsigned(Vec<Option<u64>>),
    /// Real numbers that the file has in at most 32 bits; NaN where the value is missing.
    Singles(Vec<f32>),
    /// Real numbers of 64 bits; NaN where the value is missing.
    Doubles(Vec<f64>),
    /// A column in a form that is not read. The reason is among the warnings too.
    Unsupported {
        /// What is wrong with it, as the end of a sentence that begins with the column's path.
        reason: String,
    },
}

/// What the categories of a column are in the file, however they are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CategoryKind {
    /// Text.
    Text,
    /// Truth values.
    Booleans,
    /// Whole numbers.
    Integers,
    /// Whole numbers of which some are beyond `i64`.
    Unsigned,
    /// Real numbers of at most 32 bits.
    Singles,
    /// Real numbers of 64 bits.
    Doubles,
}

impl Frame {
    /// Reads the frame at `place`, which must have `n_rows` rows.
    pub(super) fn read(store: &Store, place: &str, n_rows: usize) -> Result<Self, H5adError> {
        let frame = match store.kind(place)? {
            Some(Kind::Group) => GroupFrame::open(store, place)?.read(n_rows)?,
            Some(Kind::Dataset) => legacy::read(store, place)?,
            None => {
                return Err(H5adError::missing(place, "AnnData needs this data frame; write the file with anndata"));
            }
        };
        if frame.index.len() != n_rows {
            let rows = counted(frame.index.len(), "row", "rows");
            let problem = format!("has {rows}, not {n_rows} as expected");
            return Err(H5adError::malformed(place, problem));
        }
        for (name, column) in &frame.columns {
            if let FrameColumn::Unsupported { reason } = column {
                store.warnings().note(format!("{place}/{name}"), format!("{reason}; the column is left out"));
            }
        }
        Ok(frame)
    }
}

/// How many rows the frame at `place` has, as far as the frame itself tells.
pub(super) fn length(store: &Store, place: &str) -> Result<Option<usize>, H5adError> {
    match store.kind(place)? {
        Some(Kind::Group) => GroupFrame::open(store, place)?.length(),
        Some(Kind::Dataset) => legacy::length(store, place).map(Some),
        None => Ok(None),
    }
}

/// What the parts of a frame are called, for changing them.
#[cfg(feature = "write")]
#[derive(Default)]
pub(super) struct FrameNames {
    pub(super) index: String,
    /// The columns, of which one may be the index too: anndata writes an index and a column of one name once.
    pub(super) columns: Vec<String>,
    /// The columns as the file has them.
    stated: Vec<String>,
}

#[cfg(feature = "write")]
impl FrameNames {
    /// Reads the names of the frame at `place`, which is a group.
    pub(super) fn read(store: &Store, place: &str) -> Result<Self, H5adError> {
        let frame = GroupFrame::open(store, place)?;
        let columns = frame.stated_names();
        let index = frame.index_member().ok_or_else(|| H5adError::malformed(place, "has no index"))?;
        Ok(Self { index, stated: columns.clone(), columns })
    }

    /// Whether the columns are others than in the file.
    pub(super) fn is_changed(&self) -> bool {
        self.columns != self.stated
    }
}

/// The columns of a frame, each by its path.
pub(super) struct ColumnsByKind {
    /// Those that hold numbers or truth values.
    pub(super) numeric: Vec<String>,
    /// All others.
    pub(super) other: Vec<String>,
}

/// The columns of the frame at `place`.
pub(super) fn columns_by_kind(store: &Store, place: &str) -> Result<ColumnsByKind, H5adError> {
    let frame = GroupFrame::open(store, place)?;
    let mut columns = ColumnsByKind { numeric: Vec::new(), other: Vec::new() };
    for name in frame.column_names() {
        let categorical = store.kind(&format!("{place}/{CATEGORIES_GROUP}/{name}"))?.is_some();
        let column = format!("{place}/{name}");
        let is_numeric = !categorical && is_numeric(store, &column)?;
        if is_numeric { &mut columns.numeric } else { &mut columns.other }.push(column);
    }
    Ok(columns)
}

/// The values of a numeric column, NaN where missing.
pub(super) fn numeric_column(store: &Store, place: &str, n_rows: usize) -> Result<Vec<f64>, H5adError> {
    match column::read(store, place, n_rows)? {
        FrameColumn::Doubles(values) => Ok(values),
        FrameColumn::Singles(values) => Ok(values.into_iter().map(f64::from).collect()),
        FrameColumn::Integers(values) => {
            Ok(values.into_iter().map(|value| value.map_or(f64::NAN, |value| value as f64)).collect())
        }
        FrameColumn::Unsigned(values) => {
            Ok(values.into_iter().map(|value| value.map_or(f64::NAN, |value| value as f64)).collect())
        }
        FrameColumn::Booleans(values) => {
            Ok(values.into_iter().map(|value| value.map_or(f64::NAN, |value| f64::from(u8::from(value)))).collect())
        }
        FrameColumn::Unsupported { reason } => Err(H5adError::malformed(place, reason)),
        FrameColumn::Categorical { .. } | FrameColumn::Strings(_) => {
            Err(H5adError::malformed(place, "must hold numbers"))
        }
    }
}

/// A frame that is a group, with a member per column: anndata since 0.6.22.
struct GroupFrame<'a> {
    store: &'a Store,
    place: &'a str,
    attributes: Attributes,
    members: Arc<Members>,
}

impl<'a> GroupFrame<'a> {
    fn open(store: &'a Store, place: &'a str) -> Result<Self, H5adError> {
        Ok(Self { store, place, attributes: store.attributes(place)?, members: store.members(place)? })
    }

    fn read(&self, n_rows: usize) -> Result<Frame, H5adError> {
        let (index, index_name) = self.index(n_rows)?;
        let mut columns = Vec::new();
        for name in self.column_names() {
            let column = self.column(&name, n_rows)?;
            columns.push((name, column));
        }
        Ok(Frame { index, index_name, columns })
    }

    fn index(&self, n_rows: usize) -> Result<(Vec<String>, Option<String>), H5adError> {
        let warnings = self.store.warnings();
        let row_numbers = || (0..n_rows).map(|row| row.to_string()).collect();
        let Some(name) = self.index_member() else {
            warnings.note(self.place, "has no index; its rows are named by their numbers");
            return Ok((row_numbers(), None));
        };
        let place = format!("{}/{name}", self.place);
        let shown = Some(name).filter(|name| name != "_index");
        match column::texts(self.store, &place, Some(n_rows)) {
            Ok(column::Texts { texts, .. }) => {
                let missing = texts.iter().filter(|text| text.is_none()).count();
                if missing > 0 {
                    let (labels, are) = (counted(missing, "label", "labels"), if missing == 1 { "is" } else { "are" });
                    warnings.note(&place, format!("lacks {labels}; what lacks one {are} named nan"));
                }
                Ok((texts.into_iter().map(|text| text.unwrap_or_else(|| "nan".to_owned())).collect(), shown))
            }
            Err(column::Unreadable::Unsupported(reason)) => {
                warnings.note(&place, format!("{reason}; the rows are named by their numbers"));
                Ok((row_numbers(), shown))
            }
            Err(column::Unreadable::Failed(error)) => Err(error),
        }
    }

    fn index_member(&self) -> Option<String> {
        let stated = self.attributes.text("_index");
        let usual = ["_index", "index"];
        stated.into_iter().chain(usual).find(|name| self.members.contains(name)).map(str::to_owned)
    }

    /// Names of the columns, in the order stated, or sorted where none is.
    fn column_names(&self) -> Vec<String> {
        let index = self.index_member();
        self.stated_names().into_iter().filter(|name| Some(name) != index.as_ref()).collect()
    }

    /// The same, with the index where the order names it as well.
    fn stated_names(&self) -> Vec<String> {
        let is_column = |name: &String| name != CATEGORIES_GROUP;
        if let Some(stated) = self.attributes.texts("column-order") {
            return stated.into_iter().filter(is_column).collect();
        }
        let index = self.index_member();
        self.members.names().filter(|name| is_column(name) && Some(*name) != index.as_ref()).cloned().collect()
    }

    fn length(&self) -> Result<Option<usize>, H5adError> {
        let index = self.index_member();
        for name in index.into_iter().chain(self.column_names()) {
            if let Some(length) = column::length(self.store, &format!("{}/{name}", self.place))? {
                return Ok(Some(length));
            }
        }
        Ok(None)
    }

    fn column(&self, name: &str, n_rows: usize) -> Result<FrameColumn, H5adError> {
        let place = format!("{}/{name}", self.place);
        let column = column::read(self.store, &place, n_rows)?;
        let categories = format!("{}/{CATEGORIES_GROUP}/{name}", self.place);
        if self.store.kind(&categories)?.is_some() {
            return column::with_categories(self.store, &place, column, &categories);
        }
        Ok(column)
    }
}
