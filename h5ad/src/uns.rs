//! `uns`: title, default embedding, colors, and the images of spatial libraries.

use std::collections::BTreeMap;

use super::container::Kind;
use super::error::H5adError;
use super::store::{Store, ValuesError};
use super::text::counted;
use super::values::Values;

const COLORS: &str = "_colors";

/// Larger images are left out: a page could not hold them.
const MAX_IMAGE_BYTES: usize = 64 << 20;

/// What the Explorer takes from `uns`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Uns {
    /// Title of the dataset.
    pub title: Option<String>,
    /// The term of the organism, of `organism_ontology_term_id`.
    pub organism: Option<String>,
    /// Key in `obsm` of the embedding to show first.
    pub default_embedding: Option<String>,
    /// The base of the logarithms that the expression values are, where the file states one (`uns/log1p/base`, which
    /// scanpy writes), a finite number above 1; none where they are natural.
    pub log_base: Option<f64>,
    /// Colors of each categorical column of `obs`, in the order of its categories: `#rrggbb`, or whatever color name
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

/// An image, row after row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Pixels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bytes a pixel: 1 (gray), 3 (RGB) or 4 (RGBA).
    pub channels: u8,
    /// `height × width × channels` bytes.
    pub data: Vec<u8>,
}

impl Uns {
    pub(super) fn read(store: &Store) -> Result<Self, H5adError> {
        let mut uns = Self::default();
        if store.kind("uns")? != Some(Kind::Group) {
            return Ok(uns);
        }
        uns.title = text(store, "uns/title")?;
        uns.organism = text(store, "uns/organism_ontology_term_id")?;
        uns.default_embedding = text(store, "uns/default_embedding")?;
        if store.kind("uns/log1p")? == Some(Kind::Group) {
            uns.log_base = log_base(store)?;
        }
        for name in store.members("uns")?.names() {
            if let Some(column) = name.strip_suffix(COLORS) {
                let place = format!("uns/{name}");
                match colors(store, &place) {
                    Ok(colors) => {
                        uns.colors.insert(column.to_owned(), colors);
                    }
                    Err(ValuesError::Unsupported(reason)) => {
                        store.warnings().note(place, format!("{reason}; these colors are left out"));
                    }
                    Err(ValuesError::Failed(H5adError::Malformed { place, problem })) => {
                        store.warnings().note(place, format!("{problem}; these colors are left out"));
                    }
                    Err(ValuesError::Failed(error)) => return Err(error),
                }
            }
        }
        if store.kind("uns/spatial")? == Some(Kind::Group) {
            for name in store.members("uns/spatial")?.groups() {
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
            for key in store.members(&images)?.datasets() {
                let place = format!("{images}/{key}");
                let shape = store.array(&place)?.shape().to_vec();
                library.images.push(SpatialImage { key: key.clone(), place, shape });
            }
        }
        let scalefactors = format!("{place}/scalefactors");
        if store.kind(&scalefactors)? == Some(Kind::Group) {
            for key in store.members(&scalefactors)?.datasets() {
                if let Some(factor) = factor(store, &format!("{scalefactors}/{key}"))? {
                    library.scalefactors.insert(key.clone(), factor);
                }
            }
        }
        Ok(library)
    }
}

impl Pixels {
    /// Reads an image of bytes; of numbers up to 1 or up to 65 535 it makes some.
    pub(super) fn read(store: &Store, image: &SpatialImage) -> Result<Option<Self>, H5adError> {
        let leave_out = |reason: String| {
            store.warnings().note(&image.place, format!("{reason}; the image is left out"));
            Ok(None)
        };
        let (height, width, channels) = match image.shape[..] {
            [height, width] => (height, width, 1),
            [height, width, channels @ (1 | 3 | 4)] => (height, width, channels),
            _ => {
                return leave_out(format!(
                    "has the extents {:?}, where height × width × 1, 3 or 4 make an image",
                    image.shape
                ));
            }
        };
        let n_bytes = height.saturating_mul(width).saturating_mul(channels);
        if n_bytes > MAX_IMAGE_BYTES {
            return leave_out(format!("has {width} × {height} pixels, too many to show"));
        }
        let array = store.array(&image.place)?;
        let number = match array.number() {
            Ok(number) => number,
            Err(H5adError::Malformed { problem, .. }) => return leave_out(problem),
            Err(error) => return Err(error),
        };
        let bytes = array.read()?;
        let data = if number.name() == "uint8" { bytes } else { to_bytes(&number.singles(&bytes).values) };
        // Extents below MAX_IMAGE_BYTES fit.
        Ok(Some(Self { width: width as u32, height: height as u32, channels: channels as u8, data }))
    }
}

/// Intensities of 0 to 1, 0 to 255 or 0 to 65 535, by the largest there is, as bytes; NaN is 0.
fn to_bytes(intensities: &[f32]) -> Vec<u8> {
    let largest = intensities.iter().copied().fold(0.0, f32::max);
    let scale = match largest {
        ..=1.0 => 255.0,
        ..=255.0 => 1.0,
        _ => 1.0 / 257.0,
    };
    intensities.iter().map(|intensity| (intensity * scale).round() as u8).collect()
}

/// The dataset at `place`, if there is one of a type that is read.
fn values(store: &Store, place: &str) -> Result<Option<Values>, H5adError> {
    // anndata writes Python's None as a dataset without a value.
    if store.kind(place)? != Some(Kind::Dataset) || store.attributes(place)?.text("encoding-type") == Some("null") {
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
        Some(Values::Unsigned(values)) => values.first().map(|value| *value as f64),
        Some(Values::Singles(values)) => values.first().copied().map(f64::from),
        Some(Values::Doubles(values)) => values.first().copied(),
        Some(Values::Strings(_) | Values::Booleans(_)) | None => None,
    })
}

/// The base of logarithms; one that is none is noted.
fn log_base(store: &Store) -> Result<Option<f64>, H5adError> {
    const PLACE: &str = "uns/log1p/base";
    const MOST_CHARS: usize = 40;
    if store.kind(PLACE)?.is_none() || store.attributes(PLACE)?.text("encoding-type") == Some("null") {
        return Ok(None);
    }
    if let Some(base) = factor(store, PLACE)?
        && base.is_finite()
        && base > 1.0
    {
        return Ok(Some(base));
    }
    let stated = match values(store, PLACE)? {
        Some(values) => values.into_strings().into_iter().next().map(|text| text.chars().take(MOST_CHARS).collect()),
        None => None,
    };
    let stated: String = stated.map_or_else(|| "holds no number".to_owned(), |text: String| format!("is `{text}`"));
    let message = format!("{stated}, where the base of logarithms is a number above 1; natural logarithms are assumed");
    store.warnings().note(PLACE, message);
    Ok(None)
}

/// Colors as text, or as rows of three or four numbers: red, green, blue and, perhaps, opacity.
fn colors(store: &Store, place: &str) -> Result<Vec<String>, ValuesError> {
    let channels = store.array(place)?.shape().get(1).copied().unwrap_or(1);
    let (numbers, scale): (Vec<f64>, f64) = match store.values(place)? {
        Values::Strings(colors) => return Ok(colors),
        Values::Singles(numbers) => (numbers.into_iter().map(f64::from).collect(), 255.0),
        Values::Doubles(numbers) => (numbers, 255.0),
        Values::Integers(numbers) => (numbers.into_iter().map(|number| number as f64).collect(), 1.0),
        Values::Unsigned(_) => return Err(ValuesError::Unsupported("holds numbers beyond 255".to_owned())),
        Values::Booleans(_) => return Err(ValuesError::Unsupported("holds truth values".to_owned())),
    };
    if !matches!(channels, 3 | 4) {
        let numbers = counted(channels, "number", "numbers");
        return Err(ValuesError::Unsupported(format!("has {numbers} a color, where 3 or 4 make one")));
    }
    let byte = |number: &f64| (number * scale).round().clamp(0.0, 255.0) as u8;
    let hex = |color: &[f64]| color.iter().fold("#".to_owned(), |hex, channel| format!("{hex}{:02x}", byte(channel)));
    Ok(numbers.chunks_exact(channels).map(hex).collect())
}
