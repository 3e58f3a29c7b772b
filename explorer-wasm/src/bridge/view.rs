//! What the picture shows of an embedding.

use explorer_core::{
    color::Ground,
    data::{Frame, MAX_UNIT, Orientation, PLOT_FRAME, PlotRanges, Projection},
    dataset,
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

/// What the picture shows of an embedding: the state's camera and the canvas made one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    camera: Camera,
    viewport: Viewport,
    frame: Frame,
    fitted: Camera,
    ranges: Option<PlotRanges>,
    projection: Option<Projection>,
    tissue: Option<TissuePlane>,
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
}

impl Plane {
    /// The plane of an embedding, or what is seen of it from there where it has three dimensions.
    pub fn new(embedding: &manifest::Embedding, orientation: Orientation, tissue: Option<&dataset::Tissue>) -> Self {
        let projection = dataset::space(embedding).map(|space| Projection::new(space, orientation));
        if let Some(projection) = projection.filter(|_| !orientation.is_front()) {
            let bounds = seen_bounds(embedding, &projection);
            return Self {
                frame: projection.frame(),
                bounds,
                projection: Some(projection),
                tissue: None,
                ranges: None,
            };
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
        Self { frame, bounds, projection, tissue, ranges: None }
    }

    /// The plane of a scatter plot, whose values lie in these ranges, once they are known.
    pub fn of_plot(ranges: Option<PlotRanges>) -> Self {
        Self { frame: PLOT_FRAME, bounds: Bounds::SQUARE, projection: None, tissue: None, ranges }
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
        let fitted = fit(&plane.bounds, &viewport, device_pixel_ratio);
        let frame = plane.frame;
        let camera = camera.map_or(fitted, |camera| {
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
        }
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

/// All of an embedding, below the toolbar.
fn fit(bounds: &Bounds, viewport: &Viewport, device_pixel_ratio: f64) -> Camera {
    let (width, height) = (viewport.width_px(), viewport.height_px());
    let padding_px = FIT_PADDING_PX.min(width.min(height) * FIT_PADDING_SHARE);
    let above_px = (FIT_TOP_PX.min(height * FIT_TOP_SHARE) - padding_px).max(0.0);
    let below = Viewport::from_css(width, height - above_px, device_pixel_ratio);
    let camera = Camera::fit(bounds, &below, padding_px);
    let span = width.min(height) / camera.px_per_unit(&below);
    Camera { span, ..camera }.clamped().panned_by(viewport, [0.0, above_px / 2.0])
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn the_window_is_what_the_corners_show() {
        let frame = Frame::new(-10.0, 5.0, 0.5);
        let plane = Plane { frame, bounds: Bounds::SQUARE, projection: None, tissue: None, ranges: None };
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
        let plane = Plane {
            frame: Frame::new(0.0, 0.0, 1.0),
            bounds: Bounds::SQUARE,
            projection: None,
            tissue: None,
            ranges: None,
        };
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
                let plane = Plane { frame, bounds, projection: None, tissue: None, ranges: None };
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
}
