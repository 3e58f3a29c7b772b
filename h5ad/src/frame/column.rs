//! One column of a data frame that is stored as a dataset, or as a group of a few.

use std::collections::HashMap;

use super::super::container::Kind;
use super::super::error::H5adError;
use super::super::store::{Array, Store, ValuesError};
use super::super::text::{counted, shortened};
use super::super::values::Values;
use super::{CategoryKind, FrameColumn};

/// Why a column could not be read.
pub(super) enum Unreadable {
    /// It is in a form that is not read; the sentence continues its path.
    Unsupported(String),
    /// The file failed.
    Failed(H5adError),
}

impl From<ValuesError> for Unreadable {
    fn from(error: ValuesError) -> Self {
        match error {
            ValuesError::Unsupported(reason) => Self::Unsupported(reason),
            ValuesError::Failed(error) => Self::Failed(error),
        }
    }
}

impl From<H5adError> for Unreadable {
    fn from(error: H5adError) -> Self {
        Self::Failed(error)
    }
}

/// How a column is laid out.
enum Form {
    /// A dataset with a value per row.
    Plain,
    /// A group of `codes` and `categories`.
    Categorical,
    /// A group of `values` and `mask`.
    Masked,
}

/// Reads the column at `place`. A column that is not understood is [`FrameColumn::Unsupported`].
pub(super) fn read(store: &Store, place: &str, n_rows: usize) -> Result<FrameColumn, H5adError> {
    match decode(store, place, Some(n_rows)) {
        Ok(column) => Ok(column),
        Err(Unreadable::Unsupported(reason)) => Ok(FrameColumn::Unsupported { reason }),
        Err(Unreadable::Failed(error)) => Err(error),
    }
}

/// More categories than this, and than there are rows, are no list that values are out of.
const MOST_CATEGORIES: usize = 1 << 22;

/// Makes sure, before any is read, that the values of an array are as many as the rows.
fn must_fit(array: &Array, n_rows: Option<usize>) -> Result<(), Unreadable> {
    let n_values = array.n_elements();
    if let Some(n_rows) = n_rows.filter(|n_rows| *n_rows != n_values) {
        let (values, rows) = (counted(n_values, "value", "values"), counted(n_rows, "row", "rows"));
        return Err(Unreadable::Unsupported(format!("has {values} for {rows}")));
    }
    Ok(())
}

/// The texts at `place` that codes stand for; there may be more than the rows that have them, but not without end.
pub(super) fn categories(store: &Store, place: &str, n_rows: usize) -> Result<Texts, Unreadable> {
    let values = match form(store, place)? {
        // Links may make a list of categories its own.
        Form::Categorical => {
            return Err(Unreadable::Unsupported("has categories that are categorical themselves".to_owned()));
        }
        Form::Plain => place.to_owned(),
        Form::Masked => format!("{place}/values"),
    };
    let n = store.array(&values)?.n_elements();
    if n > n_rows.max(MOST_CATEGORIES) {
        let (categories, rows) = (counted(n, "category", "categories"), counted(n_rows, "row", "rows"));
        return Err(Unreadable::Unsupported(format!("has {categories} for {rows}: leave out those without a row")));
    }
    texts(store, place, None)
}

/// Values as text, none where missing, and what they are in the file.
pub(super) struct Texts {
    pub(super) texts: Vec<Option<String>>,
    pub(super) kind: CategoryKind,
}

/// The values of the column at `place` as text, as many as there are rows where that is known.
pub(super) fn texts(store: &Store, place: &str, n_rows: Option<usize>) -> Result<Texts, Unreadable> {
    match form(store, place)? {
        Form::Plain => {
            let array = store.array(place)?;
            must_fit(&array, n_rows)?;
            let values = store.values_of(&array)?;
            let kind = CategoryKind::of(&values);
            Ok(Texts { texts: values.into_strings().into_iter().map(Some).collect(), kind })
        }
        Form::Masked => {
            let (values, mask) = masked_values(store, place, n_rows)?;
            let kind = CategoryKind::of(&values);
            let texts = values.into_strings().into_iter().zip(mask);
            Ok(Texts { texts: texts.map(|(value, missing)| (!missing).then_some(value)).collect(), kind })
        }
        Form::Categorical => match decode(store, place, n_rows)? {
            FrameColumn::Categorical { codes, categories, kind, .. } => {
                let text = |code: i32| usize::try_from(code).ok().and_then(|code| categories.get(code).cloned());
                Ok(Texts { texts: codes.into_iter().map(text).collect(), kind })
            }
            _ => Err(Unreadable::Unsupported("is not read as text".to_owned())),
        },
    }
}

/// How many rows the column at `place` has, if that can be told.
pub(super) fn length(store: &Store, place: &str) -> Result<Option<usize>, H5adError> {
    let dataset = match store.kind(place)? {
        Some(Kind::Dataset) => place.to_owned(),
        Some(Kind::Group) => {
            let inner = ["codes", "values"].map(|name| format!("{place}/{name}"));
            let mut found = None;
            for name in inner {
                if store.kind(&name)? == Some(Kind::Dataset) {
                    found = Some(name);
                    break;
                }
            }
            let Some(found) = found else { return Ok(None) };
            found
        }
        None => return Ok(None),
    };
    let array = store.array(&dataset)?;
    array.check_size()?;
    Ok(array.shape().first().copied())
}

/// Whether the column at `place` holds numbers or truth values, with or without missing ones.
pub(in super::super) fn is_numeric(store: &Store, place: &str) -> Result<bool, H5adError> {
    let dataset = match store.kind(place)? {
        Some(Kind::Dataset) => place.to_owned(),
        Some(Kind::Group) => format!("{place}/values"),
        None => return Ok(false),
    };
    Ok(store.kind(&dataset)? == Some(Kind::Dataset) && store.array(&dataset)?.element().number().is_some())
}

/// Turns a column of codes into the categorical that the texts at `categories` make it.
pub(super) fn with_categories(
    store: &Store,
    place: &str,
    column: FrameColumn,
    categories: &str,
) -> Result<FrameColumn, H5adError> {
    let codes = match column {
        FrameColumn::Integers(codes) => codes,
        FrameColumn::Singles(codes) => codes.into_iter().map(|code| (!code.is_nan()).then_some(code as i64)).collect(),
        FrameColumn::Doubles(codes) => codes.into_iter().map(|code| (!code.is_nan()).then_some(code as i64)).collect(),
        other => return Ok(other),
    };
    let ordered = store.attributes(categories)?.is_true("ordered");
    match self::categories(store, categories, codes.len()) {
        Ok(texts) => Ok(categorical(store, place, codes, texts, ordered)),
        Err(Unreadable::Unsupported(reason)) => Ok(FrameColumn::Unsupported { reason }),
        Err(Unreadable::Failed(error)) => Err(error),
    }
}

/// Makes a categorical; codes outside the list are missing values, and categories of the same text are one, both of
/// which is noted.
pub(super) fn categorical(
    store: &Store,
    place: &str,
    codes: Vec<Option<i64>>,
    categories: Texts,
    ordered: bool,
) -> FrameColumn {
    let Texts { texts, kind } = categories;
    let (categories, merged) = without_repeats(texts);
    if let Some((example, n)) = merged.example {
        let example = shortened(&example);
        let message = match n {
            1 => format!("lists the category `{example}` twice; it counts as one"),
            _ => format!("lists {n} categories more than once (`{example}` is one); each counts as one"),
        };
        store.warnings().note(place, message);
    }
    let mut strays = 0_usize;
    let codes = codes
        .into_iter()
        .map(|code| match code {
            None | Some(-1) => -1,
            Some(code) => match i32::try_from(code) {
                Ok(code) if code >= 0 && (code as usize) < merged.code_of.len() => merged.code_of[code as usize],
                _ => {
                    strays += 1;
                    -1
                }
            },
        })
        .collect();
    if strays > 0 {
        let categories = counted(merged.code_of.len(), "category", "categories");
        let (codes, they_count) =
            (counted(strays, "code", "codes"), if strays == 1 { "it counts" } else { "they count" });
        store.warnings().note(place, format!("has {codes} outside its {categories}; {they_count} as missing"));
    }
    FrameColumn::Categorical { codes, categories, ordered, kind }
}

impl CategoryKind {
    fn of(values: &Values) -> Self {
        match values {
            Values::Strings(_) => Self::Text,
            Values::Booleans(_) => Self::Booleans,
            Values::Integers(_) => Self::Integers,
            Values::Unsigned(_) => Self::Unsigned,
            Values::Singles(_) => Self::Singles,
            Values::Doubles(_) => Self::Doubles,
        }
    }
}

/// What became of categories that a list has more than once.
struct Merged {
    /// The new code of every old one.
    code_of: Vec<i32>,
    /// One category that was repeated, and how many repeats there were; none where all differ.
    example: Option<(String, usize)>,
}

/// The categories, each once, where it came first.
fn without_repeats(categories: Vec<Option<String>>) -> (Vec<String>, Merged) {
    let mut known: HashMap<String, i32> = HashMap::with_capacity(categories.len());
    let mut kept = Vec::with_capacity(categories.len());
    let mut merged = Merged { code_of: Vec::with_capacity(categories.len()), example: None };
    for category in categories {
        let category = category.unwrap_or_else(|| "nan".to_owned());
        let next = kept.len() as i32;
        let code = *known.entry(category.clone()).or_insert(next);
        merged.code_of.push(code);
        if code == next {
            kept.push(category);
        } else {
            let (_, n) = merged.example.get_or_insert((category, 0));
            *n += 1;
        }
    }
    (kept, merged)
}

impl From<Values> for FrameColumn {
    fn from(values: Values) -> Self {
        match values {
            Values::Strings(values) => Self::Strings(values.into_iter().map(Some).collect()),
            Values::Booleans(values) => Self::Booleans(values),
            Values::Integers(values) => Self::Integers(values.into_iter().map(Some).collect()),
            Values::Unsigned(values) => Self::Unsigned(values.into_iter().map(Some).collect()),
            Values::Singles(values) => Self::Singles(values),
            Values::Doubles(values) => Self::Doubles(values),
        }
    }
}

fn form(store: &Store, place: &str) -> Result<Form, Unreadable> {
    let kind = match store.kind(place) {
        // A link that leads nowhere.
        Err(H5adError::Malformed { problem, .. }) => return Err(Unreadable::Unsupported(problem)),
        kind => kind?,
    };
    match kind {
        Some(Kind::Dataset) => Ok(Form::Plain),
        Some(Kind::Group) => {
            let members = store.members(place)?;
            let has = |name: &str| members.contains(name);
            if has("codes") && has("categories") {
                Ok(Form::Categorical)
            } else if has("values") && has("mask") {
                Ok(Form::Masked)
            } else {
                Err(Unreadable::Unsupported(match store.attributes(place)?.text("encoding-type") {
                    Some(encoding) => format!("is stored as `{encoding}`, which is not read"),
                    None => "is a group that does not say what it holds: it has no `encoding-type`".to_owned(),
                }))
            }
        }
        None => Err(Unreadable::Unsupported("is listed as a column but missing".to_owned())),
    }
}

fn decode(store: &Store, place: &str, n_rows: Option<usize>) -> Result<FrameColumn, Unreadable> {
    match form(store, place)? {
        Form::Plain => {
            let array = store.array(place)?;
            let rank = array.shape().len();
            if rank != 1 {
                let dimensions = counted(rank, "dimension", "dimensions");
                return Err(Unreadable::Unsupported(format!("has {dimensions}, where a column has one")));
            }
            must_fit(&array, n_rows)?;
            Ok(store.values_of(&array)?.into())
        }
        Form::Categorical => {
            let codes = store.array(&format!("{place}/codes"))?;
            must_fit(&codes, n_rows)?;
            let codes: Vec<Option<i64>> = match store.values_of(&codes)? {
                Values::Integers(codes) => codes.into_iter().map(Some).collect(),
                _ => return Err(Unreadable::Unsupported("has codes that are not whole numbers".to_owned())),
            };
            let categories = categories(store, &format!("{place}/categories"), codes.len())?;
            let ordered = store.attributes(place)?.is_true("ordered");
            Ok(categorical(store, place, codes, categories, ordered))
        }
        Form::Masked => {
            let (values, mask) = masked_values(store, place, n_rows)?;
            Ok(masked(values, &mask))
        }
    }
}

/// The values of the masked column at `place`, and where it lacks one. That they are of one length is seen before either
/// is read.
fn masked_values(store: &Store, place: &str, n_rows: Option<usize>) -> Result<(Values, Vec<bool>), Unreadable> {
    let values = store.array(&format!("{place}/values"))?;
    must_fit(&values, n_rows)?;
    let mask = store.array(&format!("{place}/mask"))?;
    let (n_values, n_mask) = (values.n_elements(), mask.n_elements());
    if n_mask != n_values {
        let reason = format!("has a mask of {n_mask} for {}", counted(n_values, "value", "values"));
        return Err(Unreadable::Unsupported(reason));
    }
    let mask = match store.values_of(&mask)? {
        Values::Booleans(mask) => mask.into_iter().map(|missing| missing.unwrap_or(true)).collect(),
        Values::Integers(mask) => mask.into_iter().map(|missing| missing != 0).collect(),
        _ => return Err(Unreadable::Unsupported("has a mask that is not of truth values".to_owned())),
    };
    Ok((store.values_of(&values)?, mask))
}

fn masked(values: Values, mask: &[bool]) -> FrameColumn {
    match FrameColumn::from(values) {
        FrameColumn::Strings(values) => FrameColumn::Strings(hide(values, mask)),
        FrameColumn::Booleans(values) => FrameColumn::Booleans(hide(values, mask)),
        FrameColumn::Integers(values) => FrameColumn::Integers(hide(values, mask)),
        FrameColumn::Unsigned(values) => FrameColumn::Unsigned(hide(values, mask)),
        FrameColumn::Singles(values) => FrameColumn::Singles(
            values.iter().zip(mask).map(|(v, missing)| if *missing { f32::NAN } else { *v }).collect(),
        ),
        FrameColumn::Doubles(values) => FrameColumn::Doubles(
            values.iter().zip(mask).map(|(v, missing)| if *missing { f64::NAN } else { *v }).collect(),
        ),
        other => other,
    }
}

fn hide<T>(values: Vec<Option<T>>, mask: &[bool]) -> Vec<Option<T>> {
    values.into_iter().zip(mask).map(|(value, missing)| value.filter(|_| !missing)).collect()
}
