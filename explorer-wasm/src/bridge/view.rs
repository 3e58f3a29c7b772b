//! What the picture shows of an embedding.

use explorer_core::{
    color::Ground,
    data::{Frame, MAX_UNIT, Orientation, PLOT_FRAME, PlotRanges, Projection},
    dataset,
    screen::{AXIS_BELOW_PX, AXIS_LEFT_PX},
    session::Window,
    state,
};
use explorer_render::{Backdrop, Bounds, Camera, FrameParams, Viewport, point_diameter_px};
use shared_fbs::manifest;

/// Free CSS pixels around a fitted embedding: enough for the tools at the picture's edge, but no
/// more than a share of its shorter side.
const FIT_PADDING_PX: f64 = 56.0;
const FIT_PADDING_SHARE: f64 = 0.08;

/// Free CSS pixels above a fitted embedding, which the toolbar takes, but no more than a share of
/// the picture's height.
const FIT_TOP_PX: f64 = 60.0;
const FIT_TOP_SHARE: f64 = 0.25;

/// Free CSS pixels around a fitted scatter plot, inside of its axes.
const PLOT_PADDING_PX: f64 = 14.0;

/// In pictures up to this wide tools stand at the foot, as the style sheet has it, and take so much of it, in CSS pixels.
const NARROW_PX: f64 = 580.0;
const TOOLS_AT_FOOT_PX: f64 = 56.0;

/// A part of the cells is fitted in the place of all where it is shown so much larger then, and as if it were at least
/// this share of them along a side.
const LEAST_GAIN: f64 = 1.25;
const LEAST_PART: f64 = 0.04;

/// What the picture shows of an embedding: the state's camera and the canvas made one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    camera: Camera,
    viewport: Viewport,
    frame: Frame,
    /// Shows all cells, also those that are not in view.
    fitted: Camera,
    ranges: Option<PlotRanges>,
    edges: Edges,
    projection: Option<Projection>,
    tissue: Option<TissuePlane>,
}

/// What lies along the edges of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Edges {
    /// The tools of an embedding.
    #[default]
    Tools,
    /// The axes of a scatter plot, and tools.
    AxesAndTools,
    /// The axes of a scatter plot that is one of several panels.
    Axes,
}

impl Edges {
    /// CSS pixels at the foot that axes keep free in a picture of that width.
    fn foot_px(self, width: f64) -> f64 {
        match self {
            Self::AxesAndTools if width <= NARROW_PX => TOOLS_AT_FOOT_PX,
            Self::Tools | Self::AxesAndTools | Self::Axes => 0.0,
        }
    }

    /// CSS pixels at the left and the lower edge where nothing that is fitted lies.
    fn taken_px(self, width: f64) -> [f64; 2] {
        match self {
            Self::Tools => [0.0; 2],
            Self::AxesAndTools | Self::Axes => [AXIS_LEFT_PX, AXIS_BELOW_PX + self.foot_px(width)],
        }
    }
}

/// The tissue under an embedding.
#[derive(Clone, Copy, Debug, PartialEq)]
struct TissuePlane {
    /// The image's edges, in units.
    bounds: Bounds,
    /// Width of a spot, in coordinates.
    spot_diameter: Option<f64>,
}

impl TissuePlane {
    fn new(tissue: &dataset::Tissue, frame: &Frame) -> Self {
        let [a, b] = tissue.edges().map(|[x, y]| frame.units(x, y));
        let bounds = Bounds { min: [a.0.min(b.0), a.1.min(b.1)], max: [a.0.max(b.0), a.1.max(b.1)] };
        Self { bounds, spot_diameter: tissue.spot_diameter }
    }
}

/// An embedding as the camera needs to know it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plane {
    frame: Frame,
    bounds: Bounds,
    /// The values along the axes, of a scatter plot.
    ranges: Option<PlotRanges>,
    /// Of an embedding of three dimensions.
    projection: Option<Projection>,
    tissue: Option<TissuePlane>,
    edges: Edges,
    /// Where the cells in view lie, where these are a part of all.
    part: Option<Bounds>,
}

impl Plane {
    /// The plane of an embedding, or what is seen of it from there where it has three dimensions.
    pub fn new(embedding: &manifest::Embedding, orientation: Orientation, tissue: Option<&dataset::Tissue>) -> Self {
        let projection = dataset::space(embedding).map(|space| Projection::new(space, orientation));
        if let Some(projection) = projection.filter(|_| !orientation.is_front()) {
            let bounds = seen_bounds(embedding, &projection);
            return Self { projection: Some(projection), ..Self::bare(projection.frame(), bounds) };
        }
        let mut bounds: Option<Bounds> = None;
        for tile in embedding.bounds.iter().filter(|tile| tile.min_x <= tile.max_x) {
            let (min, max) = ([tile.min_x, tile.min_y].map(f64::from), [tile.max_x, tile.max_y].map(f64::from));
            bounds = Some(match bounds {
                None => Bounds { min, max },
                Some(so_far) => Bounds {
                    min: [0, 1].map(|axis| so_far.min[axis].min(min[axis])),
                    max: [0, 1].map(|axis| so_far.max[axis].max(max[axis])),
                },
            });
        }
        let frame = dataset::frame(embedding);
        let mut bounds = bounds.unwrap_or(Bounds::SQUARE);
        if frame.is_turned_over() {
            let turned = |y: f64| f64::from(MAX_UNIT) - y;
            (bounds.min[1], bounds.max[1]) = (turned(bounds.max[1]), turned(bounds.min[1]));
        }
        let tissue = tissue.map(|tissue| TissuePlane::new(tissue, &frame));
        Self { projection, tissue, ..Self::bare(frame, bounds) }
    }

    /// The plane of a scatter plot, whose values lie in these ranges, once they are known; in one of so many panels.
    pub fn of_plot(ranges: Option<PlotRanges>, n_panels: usize) -> Self {
        let edges = if n_panels > 1 { Edges::Axes } else { Edges::AxesAndTools };
        Self { ranges, edges, ..Self::bare(PLOT_FRAME, Bounds::SQUARE) }
    }

    /// The same, of which the cells in view lie within these bounds; `None` where all are in view.
    #[must_use]
    pub fn with_part(self, part: Option<Bounds>) -> Self {
        Self { part, ..self }
    }

    fn bare(frame: Frame, bounds: Bounds) -> Self {
        Self { frame, bounds, ranges: None, projection: None, tissue: None, edges: Edges::Tools, part: None }
    }

    /// What is fitted: the cells in view where these are much smaller than all, else all.
    fn home(&self) -> Bounds {
        let part = self.part.map(|part| part.at_least(&self.bounds, LEAST_PART));
        part.filter(|part| part.gain_over(&self.bounds) >= LEAST_GAIN).unwrap_or(self.bounds)
    }
}

/// The box around all that is seen of the boxes of an embedding's tiles.
fn seen_bounds(embedding: &manifest::Embedding, projection: &Projection) -> Bounds {
    let is_turned_over = projection.space().frame.is_turned_over();
    let (mut min, mut max) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for tile in embedding.bounds.iter().filter(|tile| tile.min_x <= tile.max_x) {
        for corner in 0..8 {
            let side = |axis: u32, low: u16, high: u16| f64::from(if corner >> axis & 1 == 0 { low } else { high });
            let y = side(1, tile.min_y, tile.max_y);
            let y = if is_turned_over { f64::from(MAX_UNIT) - y } else { y };
            let at = projection.project([side(0, tile.min_x, tile.max_x), y, side(2, tile.min_z, tile.max_z)]);
            for axis in [0, 1] {
                (min[axis], max[axis]) = (min[axis].min(at[axis]), max[axis].max(at[axis]));
            }
        }
    }
    Bounds { min, max }
}

impl View {
    /// What the state's camera shows on a canvas of that many CSS pixels; without one, all.
    pub fn new(camera: Option<state::Camera>, plane: &Plane, size_px: [f64; 2], device_pixel_ratio: f64) -> Self {
        let viewport = Viewport::from_css(size_px[0].max(1.0), size_px[1].max(1.0), device_pixel_ratio);
        let fitted = fit(&plane.bounds, &viewport, device_pixel_ratio, plane.edges);
        let frame = plane.frame;
        let home = || fit(&plane.home(), &viewport, device_pixel_ratio, plane.edges);
        let camera = camera.map_or_else(home, |camera| {
            let (x, y) = frame.units(camera.x(), camera.y());
            let px_per_unit = viewport.width_px() / (camera.width() / frame.step);
            let span = viewport.width_px().min(viewport.height_px()) / px_per_unit;
            Camera { center: [x, y], span }.clamped()
        });
        Self {
            camera,
            viewport,
            frame,
            fitted,
            projection: plane.projection,
            tissue: plane.tissue,
            ranges: plane.ranges,
            edges: plane.edges,
        }
    }

    /// CSS pixels at the foot of a scatter plot that its axes keep free.
    pub fn foot_px(&self) -> f64 {
        self.edges.foot_px(self.viewport.width_px())
    }

    /// Whether cells within these bounds are out of sight in part, or shown much smaller than where they are fitted.
    pub fn misses(&self, plane: &Plane) -> bool {
        let Self { camera, .. } = Self::new(None, plane, self.size_px(), self.viewport.device_pixel_ratio);
        let window = self.window();
        let home = plane.home();
        let is_inside = (0..2).all(|axis| window.min[axis] <= home.min[axis] && home.max[axis] <= window.max[axis]);
        !is_inside || self.camera.span / camera.span >= LEAST_GAIN
    }

    /// The state's camera that shows this; `None` should the numbers leave its range.
    pub fn state_camera(&self) -> Option<state::Camera> {
        let [x, y] = self.camera.center;
        let (x, y) = self.frame.coordinates(x, y);
        let width = self.viewport.width_px() / self.camera.px_per_unit(&self.viewport) * self.frame.step;
        state::Camera::new(x, y, width)
    }

    /// Closer by a factor, keeping what is under the pointer.
    #[must_use]
    pub fn zoomed(&self, at_px: [f64; 2], factor: f64) -> Self {
        Self { camera: self.camera.zoomed_about(&self.viewport, at_px, factor), ..*self }
    }

    /// Moved by CSS pixels, as a drag does.
    #[must_use]
    pub fn panned(&self, by_px: [f64; 2]) -> Self {
        Self { camera: self.camera.panned_by(&self.viewport, by_px), ..*self }
    }

    /// Whether it differs from another by where the camera is alone.
    pub fn is_another_camera_of(&self, other: &Self) -> bool {
        self != other && Self { camera: other.camera, ..*self } == *other
    }

    /// A share of the way from another view to this: it comes closer evenly, toward the point that keeps its place.
    #[must_use]
    pub fn on_the_way_from(&self, other: &Self, share: f64) -> Self {
        let (from, to) = (other.camera, self.camera);
        let span = from.span * (to.span / from.span).powf(share);
        let by_span = (span - from.span) / (to.span - from.span);
        // Spans so near each other tell nothing of the way between them.
        let is_slide = (to.span / from.span).ln().abs() < 1e-3;
        let weight = if is_slide { share } else { by_span };
        let center = [0, 1].map(|axis| from.center[axis] + (to.center[axis] - from.center[axis]) * weight);
        Self { camera: Camera { center, span }, ..*self }
    }

    /// The center of the canvas in CSS pixels.
    pub fn center_px(&self) -> [f64; 2] {
        [self.viewport.width_px() / 2.0, self.viewport.height_px() / 2.0]
    }

    /// Size of the canvas in CSS pixels.
    pub fn size_px(&self) -> [f64; 2] {
        [self.viewport.width_px(), self.viewport.height_px()]
    }

    /// What the canvas shows of the embedding.
    pub fn window(&self) -> Window {
        let [a, b] = [[0.0; 2], self.size_px()].map(|at_px| self.camera.embedding_from_px(&self.viewport, at_px));
        Window { min: [0, 1].map(|axis| a[axis].min(b[axis])), max: [0, 1].map(|axis| a[axis].max(b[axis])) }
    }

    /// The embedding's coordinates at CSS pixels.
    pub fn coordinates(&self, at_px: [f64; 2]) -> (f64, f64) {
        let [x, y] = self.camera.embedding_from_px(&self.viewport, at_px);
        self.frame.coordinates(x, y)
    }

    /// CSS pixels of the embedding's coordinates.
    pub fn px(&self, (x, y): (f64, f64)) -> [f64; 2] {
        let (x, y) = self.frame.units(x, y);
        self.camera.px_from_embedding(&self.viewport, [x, y])
    }

    /// CSS pixels of the embedding's coordinates, where it has two dimensions of the first two.
    pub fn px_in_space(&self, at: [f64; 3]) -> [f64; 2] {
        match &self.projection {
            Some(projection) => self.px_of_units(projection.space().units(at)),
            None => self.px((at[0], at[1])),
        }
    }

    /// CSS pixels of a position in the units of the tiles.
    pub(super) fn px_of_units(&self, at: [f64; 3]) -> [f64; 2] {
        let [x, y, _] = self.projection.map_or(at, |projection| projection.project(at));
        self.px_of_seen([x, y])
    }

    /// CSS pixels of a position in the units of what is seen.
    pub(super) fn px_of_seen(&self, at: [f64; 2]) -> [f64; 2] {
        self.camera.px_from_embedding(&self.viewport, at)
    }

    /// What axes show at CSS pixels: the values of a scatter plot, else coordinates.
    pub fn values(&self, at_px: [f64; 2]) -> (f64, f64) {
        let coordinates = self.coordinates(at_px);
        self.ranges.map_or(coordinates, |ranges| ranges.values(coordinates))
    }

    /// The coordinates of what axes show.
    pub fn coordinates_of_values(&self, values: (f64, f64)) -> (f64, f64) {
        self.ranges.map_or(values, |ranges| ranges.coordinates(values))
    }

    /// How an embedding of three dimensions is seen.
    pub fn projection(&self) -> Option<&Projection> {
        self.projection.as_ref()
    }

    /// From which side an embedding is seen; one of two dimensions has one alone.
    pub fn orientation(&self) -> Orientation {
        self.projection.map_or(Orientation::FRONT, |projection| projection.orientation())
    }

    /// An embedding of three dimensions turned as if its front were dragged by CSS pixels, about what is in the middle of
    /// the picture; `None` for one of two.
    pub fn orbited(&self, [right_px, down_px]: [f64; 2]) -> Option<(Orientation, state::Camera)> {
        let radians_per_px = std::f64::consts::PI / self.viewport.width_px().min(self.viewport.height_px());
        let turn = [down_px * radians_per_px, right_px * radians_per_px];
        let camera = self.state_camera()?;
        let (orientation, (x, y)) = self.projection?.turned(turn, (camera.x(), camera.y()));
        Some((orientation, state::Camera::new(x, y, camera.width())?))
    }

    /// Coordinate units a CSS pixel.
    pub fn units_per_px(&self) -> f64 {
        self.frame.step / self.camera.px_per_unit(&self.viewport)
    }

    /// The diameter of that many points, in CSS pixels, unless the user says otherwise: spots of a tissue are as large
    /// as they are.
    pub fn diameter_px(&self, n_points: u32) -> f64 {
        if let Some(diameter) = self.tissue.and_then(|tissue| tissue.spot_diameter) {
            return diameter / self.units_per_px();
        }
        point_diameter_px(n_points, self.fitted.span / self.camera.span, &self.viewport)
    }

    /// The frame that shows this, with the image of a tissue so far opaque.
    pub fn frame_params(
        &self,
        style: state::PointStyle,
        n_points: u32,
        background: [u8; 3],
        image_opacity: f32,
    ) -> FrameParams {
        let diameter = style.size_px().map_or_else(|| self.diameter_px(n_points), f64::from);
        FrameParams {
            camera: self.camera,
            viewport: self.viewport,
            point_diameter_px: diameter,
            unselected: Ground::like(background).unselected(),
            highlight: None,
            background,
            prefix: 0,
            mode: explorer_render::DrawMode::Points,
            backdrop: self
                .tissue
                .filter(|_| image_opacity > 0.0)
                .map(|tissue| Backdrop { bounds: tissue.bounds, opacity: image_opacity }),
        }
    }
}

/// All within these bounds, below the toolbar and beside axes.
fn fit(bounds: &Bounds, viewport: &Viewport, device_pixel_ratio: f64, edges: Edges) -> Camera {
    let (width, height) = (viewport.width_px(), viewport.height_px());
    let most_px = match edges {
        Edges::Tools => FIT_PADDING_PX,
        Edges::AxesAndTools | Edges::Axes => PLOT_PADDING_PX,
    };
    let padding_px = most_px.min(width.min(height) * FIT_PADDING_SHARE);
    let above_px = (FIT_TOP_PX.min(height * FIT_TOP_SHARE) - padding_px).max(0.0);
    let [left_px, below_px] = edges.taken_px(width);
    let free = Viewport::from_css(width - left_px, height - above_px - below_px, device_pixel_ratio);
    let camera = Camera::fit(bounds, &free, padding_px);
    let span = width.min(height) / camera.px_per_unit(&free);
    Camera { span, ..camera }.clamped().panned_by(viewport, [left_px / 2.0, (above_px - below_px) / 2.0])
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn the_window_is_what_the_corners_show() {
        let frame = Frame::new(-10.0, 5.0, 0.5);
        let plane = Plane::bare(frame, Bounds::SQUARE);
        let camera = state::Camera::new(1000.0, 2000.0, 400.0);
        let window = View::new(camera, &plane, [800.0, 600.0], 2.0).window();
        let near = |a: [f64; 2], b: [f64; 2]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(near(window.min, [1620.0, 3690.0]) && near(window.max, [2420.0, 4290.0]), "{window:?}");
        let wide = window.with_margin();
        assert!(near(wide.min, [1220.0, 3390.0]) && near(wide.max, [2820.0, 4590.0]), "{wide:?}");
        assert!(window.holds(2000, 4000) && !window.holds(2000, 4400) && !window.holds(1600, 4000));
    }

    #[test]
    fn the_way_to_another_camera_keeps_one_point_in_its_place() {
        let plane = Plane::bare(Frame::new(0.0, 0.0, 1.0), Bounds::SQUARE);
        let all = View::new(None, &plane, [800.0, 600.0], 1.0);
        let at_px = [200.0, 450.0];
        let close = all.zoomed(at_px, 20.0);
        assert!(all.is_another_camera_of(&close) && !all.is_another_camera_of(&all));
        let kept = all.coordinates(at_px);
        for share in [0.0, 0.25, 0.5, 1.0] {
            let px = all.on_the_way_from(&close, share).px(kept);
            assert!(px.iter().zip(at_px).all(|(px, at)| (px - at).abs() < 1e-6), "{share}: {px:?}");
        }
        assert!((all.on_the_way_from(&close, 0.5).units_per_px() / close.units_per_px() - 20_f64.sqrt()).abs() < 1e-6);
        // The same span: it slides.
        let (aside, middle) = (all.panned([-300.0, 0.0]), all.center_px());
        let (start, half) =
            [0.0, 0.5].map(|share| all.on_the_way_from(&aside, share).px(all.coordinates(middle))).into();
        assert!(start[0] < middle[0] - 100.0, "{start:?}");
        assert!((half[0] - f64::midpoint(start[0], middle[0])).abs() < 1e-6, "{start:?} to {half:?}");
        let wider = View::new(None, &plane, [900.0, 600.0], 1.0);
        assert!(!wider.is_another_camera_of(&all), "another size is no way to go");
    }

    #[test]
    fn a_fitted_embedding_lies_below_the_toolbar_and_inside_the_picture() {
        let frame = Frame::new(0.0, 0.0, 1.0);
        for bounds in [Bounds::SQUARE, Bounds { min: [0.0, 20_000.0], max: [60_000.0, 30_000.0] }] {
            for size in [[832.0, 856.0], [832.0, 300.0], [390.0, 740.0], [1600.0, 200.0]] {
                let plane = Plane::bare(frame, bounds);
                let view = View::new(None, &plane, size, 2.0);
                let [a, b] = [bounds.min, bounds.max].map(|[x, y]| view.px((x, y)));
                let (left, right) = (a[0].min(b[0]), a[0].max(b[0]));
                let (top, bottom) = (a[1].min(b[1]), a[1].max(b[1]));
                assert!(top >= (size[1] * 0.25).min(60.0) - 1.0, "{size:?}: {top}");
                let padding = (size[0].min(size[1]) * 0.08).min(56.0) - 4.0;
                assert!(bottom <= size[1] - padding, "{size:?}: {bottom}");
                assert!(left >= padding && right <= size[0] - padding, "{size:?}: {left} to {right}");
                let room = [size[0] - 2.0 * padding, size[1] - padding - 60.0];
                let fills = (right - left) > 0.9 * room[0] || (bottom - top) > 0.85 * room[1];
                assert!(fills, "{size:?}: {left} to {right}, {top} to {bottom}");
            }
        }
    }

    #[test]
    fn a_small_part_is_fitted_in_the_place_of_all() {
        let all = Plane::bare(Frame::new(0.0, 0.0, 1.0), Bounds::SQUARE);
        let [small, large] = [[10_000.0, 20_000.0], [1_000.0, 64_000.0]]
            .map(|[from, to]| all.with_part(Some(Bounds { min: [from; 2], max: [to; 2] })));
        let of = |plane: &Plane| View::new(None, plane, [800.0, 600.0], 1.0);
        let px = |at: f64| of(&small).px((at, at));
        assert!(px(10_000.0)[0] > 100.0 && px(20_000.0)[0] < 700.0 && px(20_000.0)[0] - px(10_000.0)[0] > 300.0);
        assert_eq!(of(&large), of(&all), "what gains little stays where it is");
        assert!(of(&all).misses(&small) && !of(&small).misses(&small) && !of(&all).misses(&large));
        let one = all.with_part(Some(Bounds { min: [5_000.0; 2], max: [5_000.0; 2] }));
        assert!(of(&one).units_per_px() > 1.0, "one cell keeps its neighborhood");
        let moved = of(&small).panned([400.0, 0.0]);
        assert!(moved.misses(&small), "a part that is out of sight is fitted too");
    }

    #[test]
    fn a_fitted_scatter_plot_lies_beside_its_axes() {
        for (n_panels, size) in [(1, [832.0, 856.0]), (2, [416.0, 800.0]), (1, [390.0, 640.0])] {
            let view = View::new(None, &Plane::of_plot(None, n_panels), size, 2.0);
            let [low, high] = [(0.0, 0.0), (1.0, 1.0)].map(|at| view.px(at));
            let foot = view.foot_px();
            assert!(
                low[0] >= AXIS_LEFT_PX + 8.0 && low[1] <= size[1] - foot - AXIS_BELOW_PX - 8.0,
                "{size:?}: {low:?}"
            );
            assert!(high[0] <= size[0] - 8.0 && high[1] >= 50.0, "{size:?}: {high:?}");
        }
    }
}
