//! The JSON of views and actions: what a host page, a link's reader and an undo step have in common.
//!
//! Names are stable. Those of variants and fields are ours in `snake_case`, and AnnData's where it has
//! one (`obs`, `layer`). A variant without content is its name (`"undo"`), one with content an object
//! of one key (`{"set_camera": {"camera": null}}`). Fields that are missing have their defaults, and
//! unknown ones are passed over, so that an older page reads what a newer one wrote. What cannot be (a
//! range that ends before it begins) is refused.
//!
//! Here are the forms of the types that keep a promise of their own; each type says beside itself how it is read from
//! its form, and refuses what breaks the promise.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ColumnLabel, SetValue};
use crate::data::Orientation;

/// Why a value is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error("a view has at least one panel")]
    NoPanel,
    #[error("a view has at most {most} panels")]
    ManyPanels {
        /// How many it can have.
        most: usize,
    },
    #[error("a camera has finite coordinates and a positive width")]
    Camera,
    #[error("a range begins before it ends, and its ends are numbers, \"inf\" or \"-inf\"")]
    Range,
    #[error("percentiles lie between 0 and 100, the lower first")]
    Clip,
    #[error("a mean is of one gene at least")]
    NoGene,
    #[error("an outline encloses an area, and its step is a power of two")]
    Polygon,
    #[error("this is no list of cells")]
    CellList,
    #[error("a color of a label is `#rrggbb`")]
    Color,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CameraJson {
    pub x: f64,
    pub y: f64,
    pub width: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PointStyleJson {
    pub size_px: Option<f32>,
    pub opacity: f32,
}

/// A range: an end that is missing is open.
#[derive(Serialize, Deserialize)]
pub(super) struct RangeJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min: Option<Bound>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<Bound>,
}

/// A number, infinities included, which JSON has no numbers for.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Bound {
    Finite(f32),
    Infinite(Infinity),
}

#[derive(Serialize, Deserialize)]
enum Infinity {
    #[serde(rename = "inf")]
    Plus,
    #[serde(rename = "-inf")]
    Minus,
}

impl RangeJson {
    /// The form of the range between these bounds.
    pub fn new(min: f32, max: f32) -> Self {
        Self { min: Bound::new(min, f32::NEG_INFINITY), max: Bound::new(max, f32::INFINITY) }
    }

    /// The lower and the upper bound.
    pub fn bounds(self) -> (f32, f32) {
        (self.min.map_or(f32::NEG_INFINITY, Bound::value), self.max.map_or(f32::INFINITY, Bound::value))
    }
}

impl Bound {
    /// An end of a range; `None` where it is the one that leaves the range open.
    fn new(value: f32, open: f32) -> Option<Self> {
        (value != open).then_some(match value {
            f32::INFINITY => Self::Infinite(Infinity::Plus),
            f32::NEG_INFINITY => Self::Infinite(Infinity::Minus),
            finite => Self::Finite(finite),
        })
    }

    fn value(self) -> f32 {
        match self {
            Self::Finite(value) => value,
            Self::Infinite(Infinity::Plus) => f32::INFINITY,
            Self::Infinite(Infinity::Minus) => f32::NEG_INFINITY,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct ClipJson {
    pub lower: f32,
    pub upper: f32,
}

#[derive(Serialize, Deserialize)]
pub(super) struct GeneMeanJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    pub genes: Vec<String>,
    #[serde(default, skip_serializing_if = "SetValue::is_mean")]
    pub value: SetValue,
}

/// An outline: its corners in embedding coordinates, and the step of the grid that they lie on. Without
/// a step they are rounded to the grid of an outline that is drawn. An embedding of three dimensions is seen from `orientation`.
/// `embedding` is the one that it was drawn in, where the selection goes by another; `only` the label whose cells alone it
/// takes.
#[derive(Serialize, Deserialize)]
pub(super) struct PolygonJson {
    pub points: Vec<(f64, f64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    #[serde(default, skip_serializing_if = "Orientation::is_front")]
    pub orientation: Orientation,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<ColumnLabel>,
}

/// Ranges by gene or mean as a list, since these are more than text: JSON's objects have no other keys.
pub(super) mod entries {
    use super::{BTreeMap, Deserialize, Deserializer, Serialize, Serializer};
    use crate::sorting::map_of;

    /// Which, and what passes.
    #[derive(Serialize)]
    struct Written<'a, K, V> {
        of: &'a K,
        range: &'a V,
    }

    #[derive(Deserialize)]
    struct Read<K, V> {
        of: K,
        range: V,
    }

    pub fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        ranges: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(ranges.iter().map(|(of, range)| Written { of, range }))
    }

    pub fn deserialize<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<K, V>, D::Error> {
        let read = Vec::<Read<K, V>>::deserialize(deserializer)?;
        Ok(map_of(read.into_iter().map(|Read { of, range }| (of, range))))
    }
}
