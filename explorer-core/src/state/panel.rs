//! Panels: the views of the cells that are open beside each other.

use serde::{Deserialize, Serialize};

use super::{
    ColumnLabel, Scatter,
    json::{CameraJson, JsonError, PointStyleJson},
    limits::{CAMERA_WIDTHS, POINT_OPACITIES, POINT_SIZES_PX, TISSUE_OPACITIES, nearest},
};
use crate::data::Orientation;

/// Panels that can be open at a time: browsers keep no more WebGL contexts.
pub const MOST_PANELS: usize = 16;

/// A view of the cells. Colors, filters and sets are those of the analysis and the same in every panel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Panel {
    /// Which two numbers of each cell are its coordinates.
    pub kind: PanelKind,
    /// Where the panel is looked at from, or `None` to fit what it shows.
    pub camera: Option<Camera>,
    /// From which side an embedding of three dimensions is looked at.
    #[serde(skip_serializing_if = "Orientation::is_front")]
    pub orientation: Orientation,
    /// Size and opacity of the dots.
    pub points: PointStyle,
    /// The image under the spots of a tissue.
    #[serde(skip_serializing_if = "TissueImage::is_default")]
    pub tissue: TissueImage,
    /// The label whose cells alone are in color, the others faint behind them; `None` for all cells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only: Option<ColumnLabel>,
}

impl Panel {
    /// The embedding that the panel shows: its key in `obsm`. `None` for the dataset's default, and of a scatter plot.
    pub fn embedding(&self) -> Option<&str> {
        match &self.kind {
            PanelKind::Embedding(embedding) => embedding.as_deref(),
            PanelKind::Scatter(_) => None,
        }
    }

    /// The key that its positions and outlines go by, of an embedding or of a scatter plot; `None` for the dataset's
    /// default embedding.
    pub fn key(&self) -> Option<String> {
        match &self.kind {
            PanelKind::Embedding(embedding) => embedding.clone(),
            PanelKind::Scatter(scatter) => Some(scatter.key()),
        }
    }

    /// Shows something else, fitted: a camera knows the coordinates of one kind alone.
    pub(super) fn show(&mut self, kind: PanelKind) {
        if self.kind != kind {
            self.kind = kind;
            self.camera = None;
            self.orientation = Orientation::FRONT;
        }
    }
}

/// How the image of a tissue is shown under its spots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TissueImage {
    /// The library in `uns/spatial`, or `None` for the first.
    pub library: Option<String>,
    /// 0 (not shown) to 1.
    #[serde(deserialize_with = "opacity")]
    pub opacity: f32,
}

impl TissueImage {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for TissueImage {
    fn default() -> Self {
        Self { library: None, opacity: 1.0 }
    }
}

/// An opacity, kept within [`TISSUE_OPACITIES`].
fn opacity<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    Ok(nearest(&TISSUE_OPACITIES, f32::deserialize(deserializer)?))
}

/// What a panel draws the cells by. Undo and redo restore it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PanelKind {
    /// An embedding, by its key in `obsm`; `None` is the dataset's default.
    Embedding(Option<String>),
    /// Two numbers of each cell.
    Scatter(Scatter),
}

impl Default for PanelKind {
    fn default() -> Self {
        Self::Embedding(None)
    }
}

/// A panel by its place in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PanelIdx(pub u32);

impl PanelIdx {
    /// The panel that there always is.
    pub const FIRST: Self = Self(0);
}

/// The panels that are open, in order: at least one, and at most [`MOST_PANELS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Panel>", into = "Vec<Panel>")]
pub struct Panels(Vec<Panel>);

impl Panels {
    /// These panels; `None` where there is none, or more than [`MOST_PANELS`].
    pub fn new(panels: Vec<Panel>) -> Option<Self> {
        (1..=MOST_PANELS).contains(&panels.len()).then_some(Self(panels))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Every panel's place, in order.
    pub fn places(&self) -> impl Iterator<Item = PanelIdx> + use<> {
        (0..self.0.len() as u32).map(PanelIdx)
    }

    /// This place, or that of the last panel where there are fewer.
    pub fn nearest(&self, at: PanelIdx) -> PanelIdx {
        PanelIdx(at.0.min(self.0.len() as u32 - 1))
    }

    /// Opens a panel after the others, unless there are [`MOST_PANELS`].
    pub(super) fn push(&mut self, panel: Panel) {
        if self.0.len() < MOST_PANELS {
            self.0.push(panel);
        }
    }

    /// Closes a panel, unless it is the only one; whether it did.
    pub(super) fn remove(&mut self, at: PanelIdx) -> bool {
        let can_close = self.0.len() > 1 && self.get(at).is_some();
        if can_close {
            self.0.remove(at.0 as usize);
        }
        can_close
    }

    /// Shows these kinds and labels in as many panels. Those that are open keep their dots, and their cameras where they
    /// show the same; new ones have the dots of the first.
    pub(super) fn show(&mut self, shown: Vec<(PanelKind, Option<ColumnLabel>)>) {
        let points = self.first().points;
        self.0.resize_with(shown.len().clamp(1, MOST_PANELS), || Panel { points, ..Panel::default() });
        for (panel, (kind, only)) in self.0.iter_mut().zip(shown) {
            panel.show(kind);
            panel.only = only;
        }
    }

    /// The first panel.
    pub fn first(&self) -> &Panel {
        &self.0[0]
    }

    /// The panel at a place.
    pub fn get(&self, at: PanelIdx) -> Option<&Panel> {
        self.0.get(at.0 as usize)
    }

    /// The panel at a place, to be changed.
    pub fn get_mut(&mut self, at: PanelIdx) -> Option<&mut Panel> {
        self.0.get_mut(at.0 as usize)
    }

    /// Every panel, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Panel> {
        self.0.iter()
    }

    /// Every panel, in order, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Panel> {
        self.0.iter_mut()
    }
}

impl Default for Panels {
    fn default() -> Self {
        Self(vec![Panel::default()])
    }
}

impl TryFrom<Vec<Panel>> for Panels {
    type Error = JsonError;

    fn try_from(panels: Vec<Panel>) -> Result<Self, JsonError> {
        if panels.is_empty() {
            return Err(JsonError::NoPanel);
        }
        Self::new(panels).ok_or(JsonError::ManyPanels { most: MOST_PANELS })
    }
}

impl From<Panels> for Vec<Panel> {
    fn from(panels: Panels) -> Self {
        panels.iter().cloned().collect()
    }
}

impl<'a> IntoIterator for &'a Panels {
    type Item = &'a Panel;
    type IntoIter = std::slice::Iter<'a, Panel>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Panels {
    type Item = &'a mut Panel;
    type IntoIter = std::slice::IterMut<'a, Panel>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

/// Where an embedding is looked at from, in its own coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "CameraJson", into = "CameraJson")]
pub struct Camera {
    x: f64,
    y: f64,
    width: f64,
}

impl Camera {
    /// Looks at (`x`, `y`) so that `width` embedding units span the picture's width.
    ///
    /// `None` unless `width` is positive and all are finite (and below 1e100 in size).
    pub fn new(x: f64, y: f64, width: f64) -> Option<Self> {
        let most = *CAMERA_WIDTHS.end();
        (x.abs() <= most && y.abs() <= most && CAMERA_WIDTHS.contains(&width)).then_some(Self {
            x: x + 0.0,
            y: y + 0.0,
            width,
        })
    }

    /// The horizontal coordinate at the picture's center.
    pub fn x(self) -> f64 {
        self.x
    }

    /// The vertical coordinate at the picture's center.
    pub fn y(self) -> f64 {
        self.y
    }

    /// Embedding units across the picture's width; positive.
    pub fn width(self) -> f64 {
        self.width
    }

    /// The camera as a link writes it: `width` to five significant digits, the center to a
    /// hundred-thousandth of it, which no screen shows.
    pub(super) fn canonical(self) -> Self {
        let width = format!("{:.4e}", self.width);
        let magnitude = width
            .split_once('e')
            .and_then(|(_, exponent)| exponent.parse::<i32>().ok())
            .expect("numbers in scientific notation end in an integer");
        let decimals = usize::try_from(5 - magnitude).unwrap_or(0);
        let rounded = |text: String| -> f64 { text.parse().expect("a formatted number is a number") };
        Self {
            x: rounded(format!("{:.decimals$}", self.x)) + 0.0,
            y: rounded(format!("{:.decimals$}", self.y)) + 0.0,
            width: rounded(width),
        }
    }
}

impl TryFrom<CameraJson> for Camera {
    type Error = JsonError;

    fn try_from(CameraJson { x, y, width }: CameraJson) -> Result<Self, JsonError> {
        Self::new(x, y, width).ok_or(JsonError::Camera)
    }
}

impl From<Camera> for CameraJson {
    fn from(camera: Camera) -> Self {
        Self { x: camera.x(), y: camera.y(), width: camera.width() }
    }
}

/// Size and opacity of the dots.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "PointStyleJson", into = "PointStyleJson")]
pub struct PointStyle {
    size: Option<f32>,
    opacity: f32,
}

impl PointStyle {
    /// Dots `size_px` CSS pixels wide (`None` lets the picture choose; kept within [`POINT_SIZES_PX`]) and
    /// `opacity` opaque (kept within [`POINT_OPACITIES`]). What is not a number becomes the default.
    pub fn new(size_px: Option<f32>, opacity: f32) -> Self {
        Self {
            size: size_px.filter(|size| !size.is_nan()).map(|size| nearest(&POINT_SIZES_PX, size)),
            opacity: if opacity.is_nan() { 1.0 } else { nearest(&POINT_OPACITIES, opacity) },
        }
    }

    /// Width of a dot in CSS pixels, or `None` to let the picture choose.
    pub fn size_px(self) -> Option<f32> {
        self.size
    }

    /// How opaque, 1 being wholly.
    pub fn opacity(self) -> f32 {
        self.opacity
    }
}

impl Default for PointStyle {
    fn default() -> Self {
        Self::new(None, 1.0)
    }
}

impl Default for PointStyleJson {
    fn default() -> Self {
        PointStyle::default().into()
    }
}

impl From<PointStyleJson> for PointStyle {
    fn from(PointStyleJson { size_px, opacity }: PointStyleJson) -> Self {
        Self::new(size_px, opacity)
    }
}

impl From<PointStyle> for PointStyleJson {
    fn from(style: PointStyle) -> Self {
        Self { size_px: style.size_px(), opacity: style.opacity() }
    }
}
