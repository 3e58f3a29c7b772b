//! `uns`: title, default embedding, colours, and the images of spatial libraries.

use std::collections::BTreeMap;

use super::error::H5adError;
use super::store::{Kind, Store, ValuesError};
use super::values::Values;

const COLORS: &str = "_colors";

/// What the Explorer takes from `uns`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Uns {
    /// Title of the dataset.
    pub title: Option<String>,
    /// Key in `obsm` of the embedding to show first.
    pub default_embedding: Option<String>,
    /// Colours of each categorical column of `obs`, in the order of its categories: `#rrggbb`, or whatever colour name
    /// the file has.
    pub colors: BTreeMap<String, Vec<String>>,
    /// Libraries of a spatial assay, sorted by name.
    pub spatial: Vec<SpatialLibrary>,
}

/// One library of a spatial assay, as Visium data has it.
#[derive(Clone, Debug, PartialEq)]
pub struct SpatialLibrary {
    /// Its name.
    pub name: String,
    /// Its images, sorted by key.
    pub images: Vec<SpatialImage>,
    /// Numbers that relate coordinates to images, such as `tissue_hires_scalef` and `spot_diameter_fullres`.
    pub scalefactors: BTreeMap<String, f64>,
}

/// An image of a spatial library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpatialImage {
    /// Its key, such as `hires`.
    pub key: String,
    /// Its HDF5 path.
    pub place: String,
    /// Extents: height, width, channels.
    pub shape: Vec<usize>,
}

impl Uns {
    pub(super) fn read(store: &Store) -> Result<Self, H5adError> {
        let mut uns = Self::default();
        if store.kind("uns")? != Some(Kind::Group) {
            return Ok(uns);
        }
        uns.title = text(store, "uns/title")?;
        uns.default_embedding = text(store, "uns/default_embedding")?;
        for name in &store.members("uns")?.datasets {
            if let Some(column) = name.strip_suffix(COLORS) {
                let place = format!("uns/{name}");
                match colors(store, &place) {
                    Ok(colors) => {
                        uns.colors.insert(column.to_owned(), colors);
                    }
                    Err(ValuesError::Unsupported(reason)) => {
                        store.warnings().note(place, format!("{reason}; these colours are left out"));
                    }
                    Err(ValuesError::Failed(error)) => return Err(error),
                }
            }
        }
        if store.kind("uns/spatial")? == Some(Kind::Group) {
            for name in &store.members("uns/spatial")?.groups {
                uns.spatial.push(SpatialLibrary::read(store, name)?);
            }
        }
        Ok(uns)
    }
}

impl SpatialLibrary {
    fn read(store: &Store, name: &str) -> Result<Self, H5adError> {
        let place = format!("uns/spatial/{name}");
        let mut library = Self { name: name.to_owned(), images: Vec::new(), scalefactors: BTreeMap::new() };
        let images = format!("{place}/images");
        if store.kind(&images)? == Some(Kind::Group) {
            for key in &store.members(&images)?.datasets {
                let place = format!("{images}/{key}");
                let shape = store.array(&place)?.shape().to_vec();
                library.images.push(SpatialImage { key: key.clone(), place, shape });
            }
        }
        let scalefactors = format!("{place}/scalefactors");
        if store.kind(&scalefactors)? == Some(Kind::Group) {
            for key in &store.members(&scalefactors)?.datasets {
                if let Some(factor) = factor(store, &format!("{scalefactors}/{key}"))? {
                    library.scalefactors.insert(key.clone(), factor);
                }
            }
        }
        Ok(library)
    }
}

/// The dataset at `place`, if there is one of a type that is read.
fn values(store: &Store, place: &str) -> Result<Option<Values>, H5adError> {
    if store.kind(place)? != Some(Kind::Dataset) {
        return Ok(None);
    }
    match store.values(place) {
        Ok(values) => Ok(Some(values)),
        Err(ValuesError::Unsupported(_)) => Ok(None),
        Err(ValuesError::Failed(error)) => Err(error),
    }
}

fn text(store: &Store, place: &str) -> Result<Option<String>, H5adError> {
    match values(store, place)? {
        Some(Values::Strings(texts)) => Ok(texts.into_iter().next().filter(|text| !text.trim().is_empty())),
        _ => Ok(None),
    }
}

fn factor(store: &Store, place: &str) -> Result<Option<f64>, H5adError> {
    Ok(match values(store, place)? {
        Some(Values::Integers(values)) => values.first().map(|value| *value as f64),
        Some(Values::Singles(values)) => values.first().copied().map(f64::from),
        Some(Values::Doubles(values)) => values.first().copied(),
        Some(Values::Strings(_) | Values::Booleans(_)) | None => None,
    })
}

/// Colours as text, or as rows of three or four numbers: red, green, blue and, perhaps, opacity.
fn colors(store: &Store, place: &str) -> Result<Vec<String>, ValuesError> {
    let channels = store.array(place)?.shape().get(1).copied().unwrap_or(1);
    let (numbers, scale): (Vec<f64>, f64) = match store.values(place)? {
        Values::Strings(colors) => return Ok(colors),
        Values::Singles(numbers) => (numbers.into_iter().map(f64::from).collect(), 255.0),
        Values::Doubles(numbers) => (numbers, 255.0),
        Values::Integers(numbers) => (numbers.into_iter().map(|number| number as f64).collect(), 1.0),
        Values::Booleans(_) => return Err(ValuesError::Unsupported("holds truth values".to_owned())),
    };
    if !matches!(channels, 3 | 4) {
        return Err(ValuesError::Unsupported(format!("has {channels} numbers a colour, where 3 or 4 make one")));
    }
    let byte = |number: &f64| (number * scale).round().clamp(0.0, 255.0) as u8;
    let hex = |color: &[f64]| format!("#{:02x}{:02x}{:02x}", byte(&color[0]), byte(&color[1]), byte(&color[2]));
    Ok(numbers.chunks_exact(channels).map(hex).collect())
}
