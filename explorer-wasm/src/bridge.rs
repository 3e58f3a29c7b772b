//! Where data become points: the only file that knows both the data and the renderer.

use std::{iter, ops::Range};

use explorer_core::{
    color::Ground,
    data::{CellIdx, Embedding, Frame, MAX_UNIT},
    dataset,
    session::{CellStyle, Paint, Repaint, Window},
    state,
};
use explorer_render::{
    Backend, Bounds, Camera, FrameParams, PickScene, PointPosition, PointStyle, RenderError, Renderer, StyleChange,
    Viewport, pick_cpu, point_diameter_px,
};
use shared_fbs::{
    manifest,
    order::{DrawOrder, TileCells},
    tile::Points,
};

/// Free CSS pixels around a fitted embedding: enough for the tools at the picture's edge, but no
/// more than a share of its shorter side.
const FIT_PADDING_PX: f64 = 56.0;
const FIT_PADDING_SHARE: f64 = 0.08;

/// Free CSS pixels above a fitted embedding, which the toolbar takes, but no more than a share of
/// the picture's height.
const FIT_TOP_PX: f64 = 60.0;
const FIT_TOP_SHARE: f64 = 0.25;

/// How far from a dot the pointer may be and still mean it, in CSS pixels.
const PICK_TOLERANCE_PX: f64 = 4.0;

/// All cells as points in draw order, and what of them the GPU has yet to be told.
#[derive(Debug)]
pub struct Scene {
    order: DrawOrder,
    /// The cell at each place in draw order.
    cells: Vec<u32>,
    positions: Vec<PointPosition>,
    styles: Vec<PointStyle>,
    lut: Vec<[u8; 4]>,
    /// Points whose positions have arrived.
    n_placed: u32,
    /// Points that may be drawn: up to here, all have arrived that are in view.
    n_drawable: u32,
    stale: Stale,
}

/// What differs from what the GPU holds.
#[derive(Debug, Default)]
struct Stale {
    count: bool,
    positions: Vec<Range<u32>>,
    styles: StaleStyles,
    lut: bool,
}

impl Scene {
    /// Cells without positions, all of one color and selected.
    pub fn new(n_obs: u32) -> Self {
        let order = DrawOrder::new(n_obs);
        let n_points = n_obs as usize;
        Self {
            cells: order.cells(),
            order,
            positions: vec![PointPosition::NONE; n_points],
            styles: vec![PointStyle::new(0).selected(); n_points],
            lut: Vec::new(),
            n_placed: 0,
            n_drawable: 0,
            stale: Stale { count: true, styles: StaleStyles::all(StyleChange::Order), ..Stale::default() },
        }
    }

    /// Number of cells.
    pub fn n_points(&self) -> u32 {
        self.order.n_obs()
    }

    /// How many points have arrived.
    pub fn n_placed(&self) -> u32 {
        self.n_placed
    }

    /// How many points to draw, as a prefix: of what is in view, a fair sample.
    pub fn n_drawable(&self) -> u32 {
        self.n_drawable
    }

    /// Forgets all positions, since another embedding is to come.
    pub fn forget_positions(&mut self) {
        self.positions.fill(PointPosition::NONE);
        self.n_placed = 0;
        self.n_drawable = 0;
        self.stale.count = true;
        self.stale.positions.clear();
    }

    /// Takes in a tile of positions, each tile once.
    pub fn place(&mut self, cells: &TileCells, points: &Points) {
        self.n_placed += points.xs.len() as u32;
        for ((cell, &x), &y) in cells.iter().zip(&points.xs).zip(&points.ys) {
            let at = self.order.index_of(cell) as usize;
            if let Some(position) = self.positions.get_mut(at) {
                *position = PointPosition::new(x, y);
            }
        }
        // The cells of a tile lie in one run for each of its ranks.
        let (first, last) = (cells.cells.start, cells.cells.end);
        for rank in cells.ranks.clone() {
            let run = self.order.indices_of_ranks(rank..rank + 1);
            let begin = run.start + first / shared_fbs::order::BLOCK;
            let end = run.start + last.div_ceil(shared_fbs::order::BLOCK);
            self.stale.positions.push(begin.min(run.end)..end.min(run.end));
        }
    }

    /// Takes in an embedding that was loaded before.
    pub fn place_all(&mut self, embedding: &Embedding) {
        for (position, &cell) in self.positions.iter_mut().zip(&self.cells) {
            let cell = cell as usize;
            *position = PointPosition::new(embedding.xs[cell], embedding.ys[cell]);
        }
        self.n_placed = self.n_points();
        self.n_drawable = self.n_points();
        self.stale.count = true;
    }

    /// All tiles of the levels whose ranks end here have been placed, as far as they are in view.
    pub fn level_is_drawable(&mut self, ranks: &Range<u32>) {
        self.n_drawable = self.n_drawable.max(self.order.indices_of_ranks(ranks.clone()).end);
    }

    /// Gives the cells that have changed their color and their part (selected, not selected, or out of sight).
    ///
    /// # Panics
    /// When the cells are not of this dataset.
    pub fn paint(&mut self, paint: &Paint<'_>, repaint: &Repaint) {
        if self.lut != paint.table {
            self.lut = paint.table.to_vec();
            self.stale.lut = true;
        }
        match repaint {
            Repaint::Nothing => {}
            Repaint::Runs(runs) => {
                for cell in runs.iter().cloned().flatten() {
                    let at = self.order.index_of(cell);
                    let style = &mut self.styles[at as usize];
                    let new = point_style(paint.style(CellIdx(cell)));
                    self.stale.styles.note(at, style_change(*style, new));
                    *style = new;
                }
            }
            Repaint::All => {
                let mut change = StyleChange::ColorsOnly;
                for (style, &cell) in self.styles.iter_mut().zip(&self.cells) {
                    let new = point_style(paint.style(CellIdx(cell)));
                    if style_change(*style, new) == StyleChange::Order {
                        change = StyleChange::Order;
                    }
                    *style = new;
                }
                self.stale.styles.note_all(change);
            }
        }
    }

    /// Whether the GPU has yet to be told something.
    pub fn is_stale(&self) -> bool {
        let Stale { count, positions, styles, lut } = &self.stale;
        *count || *lut || !styles.is_empty() || !positions.is_empty()
    }

    /// The GPU has other colors.
    pub fn forget_colors(&mut self) {
        self.stale.lut = true;
    }

    /// The GPU knows nothing (any more).
    pub fn forget_uploads(&mut self) {
        self.stale =
            Stale { count: true, positions: Vec::new(), styles: StaleStyles::all(StyleChange::Order), lut: true };
    }

    /// Tells the GPU what it has yet to be told.
    ///
    /// # Errors
    /// When the dataset has more cells than can be drawn.
    pub fn upload(&mut self, renderer: &mut Renderer) -> Result<(), RenderError> {
        let stale = std::mem::take(&mut self.stale);
        if stale.count {
            renderer.set_point_count(self.n_points())?;
            renderer.write_positions(0, &self.positions)?;
        } else {
            for run in joined(stale.positions) {
                renderer.write_positions(run.start, &self.positions[run.start as usize..run.end as usize])?;
            }
        }
        if !stale.styles.is_empty() {
            renderer.write_style_runs(&self.styles, &stale.styles.runs(self.n_points()), stale.styles.change)?;
        }
        if stale.lut {
            renderer.set_lut(&self.lut);
        }
        Ok(())
    }

    /// The cell at a place in draw order.
    pub fn cell_at(&self, index: u32) -> Option<CellIdx> {
        self.cells.get(index as usize).copied().map(CellIdx)
    }

    /// The color of a cell, as the legend shows it.
    pub fn color_of(&self, cell: CellIdx) -> Option<[u8; 3]> {
        let style = self.styles.get(self.order.index_of(cell.0) as usize)?;
        let [red, green, blue, _] = *self.lut.get(usize::from(style.color()))?;
        Some([red, green, blue])
    }

    /// Whether a cell is in a window of the embedding, and not out of sight for other reasons. The first points are a
    /// sample from everywhere: where there are cells, one is soon found.
    pub fn shows_any(&self, window: &Window) -> bool {
        let mut points = self.positions.iter().zip(&self.styles);
        points.any(|(position, style)| !style.is_hidden() && position.xy().is_some_and(|[x, y]| window.holds(x, y)))
    }

    /// Where a cell is, in CSS pixels.
    pub fn px_of(&self, cell: CellIdx, view: &View) -> Option<[f64; 2]> {
        let [x, y] = self.positions.get(self.order.index_of(cell.0) as usize)?.xy()?;
        Some(view.camera.px_from_embedding(&view.viewport, [f64::from(x), f64::from(y)]))
    }

    /// The place in draw order of the point under the pointer, without the GPU.
    pub fn pick(&self, params: &FrameParams, at_px: [f64; 2]) -> Option<u32> {
        let scene = PickScene { params, positions: &self.positions, styles: &self.styles };
        pick_cpu(&scene, at_px, PICK_TOLERANCE_PX)
    }
}

/// Points whose styles are written together: 1 kB.
const POINTS_PER_PAGE: u32 = 256;

/// Which styles the GPU has yet to be told, by pages.
#[derive(Debug)]
struct StaleStyles {
    pages: Pages,
    /// The most that changed in them.
    change: StyleChange,
}

#[derive(Debug)]
enum Pages {
    /// Of each up to the last one, whether it is among them.
    Some(Vec<bool>),
    All,
}

impl Default for StaleStyles {
    fn default() -> Self {
        Self { pages: Pages::Some(Vec::new()), change: StyleChange::ColorsOnly }
    }
}

impl StaleStyles {
    fn all(change: StyleChange) -> Self {
        Self { pages: Pages::All, change }
    }

    fn is_empty(&self) -> bool {
        matches!(&self.pages, Pages::Some(pages) if pages.is_empty())
    }

    /// The style of a point has changed.
    fn note(&mut self, point: u32, change: StyleChange) {
        if let Pages::Some(pages) = &mut self.pages {
            let page = (point / POINTS_PER_PAGE) as usize;
            if page >= pages.len() {
                pages.resize(page + 1, false);
            }
            pages[page] = true;
        }
        self.add(change);
    }

    /// All styles have.
    fn note_all(&mut self, change: StyleChange) {
        self.pages = Pages::All;
        self.add(change);
    }

    fn add(&mut self, change: StyleChange) {
        if change == StyleChange::Order {
            self.change = change;
        }
    }

    /// The points to write, of so many.
    fn runs(&self, n_points: u32) -> Vec<Range<u32>> {
        match &self.pages {
            Pages::All => iter::once(0..n_points).collect(),
            Pages::Some(pages) => {
                let points = |page: u32| page * POINTS_PER_PAGE..((page + 1) * POINTS_PER_PAGE).min(n_points);
                let stale = (0..).zip(pages).filter(|(_, is_stale)| **is_stale);
                stale.map(|(page, _)| points(page)).collect()
            }
        }
    }
}

fn point_style(cell: CellStyle) -> PointStyle {
    let mut style = PointStyle::new(cell.color).with_priority(cell.priority);
    if cell.is_selected {
        style = style.selected();
    }
    if cell.is_hidden {
        style = style.hidden();
    }
    style
}

/// What differs between two styles: flags or priorities decide which point is seen above another.
fn style_change(old: PointStyle, new: PointStyle) -> StyleChange {
    let is_order = new.is_selected() != old.is_selected()
        || new.is_hidden() != old.is_hidden()
        || new.priority_bits() != old.priority_bits();
    if is_order { StyleChange::Order } else { StyleChange::ColorsOnly }
}

/// Runs that touch, made one: each write costs the driver a call.
fn joined(mut runs: Vec<Range<u32>>) -> Vec<Range<u32>> {
    runs.sort_unstable_by_key(|run| run.start);
    let mut joined: Vec<Range<u32>> = Vec::with_capacity(runs.len());
    for run in runs {
        match joined.last_mut() {
            Some(last) if run.start <= last.end => last.end = last.end.max(run.end),
            _ => joined.push(run),
        }
    }
    joined
}

/// What the picture shows of an embedding: the state's camera and the canvas made one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    camera: Camera,
    viewport: Viewport,
    frame: Frame,
    fitted: Camera,
}

/// An embedding as the camera needs to know it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plane {
    frame: Frame,
    bounds: Bounds,
}

impl Plane {
    /// The plane of an embedding.
    pub fn new(embedding: &manifest::Embedding) -> Self {
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
        Self { frame, bounds }
    }
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
        Self { camera, viewport, frame, fitted }
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

    /// Coordinate units a CSS pixel.
    pub fn units_per_px(&self) -> f64 {
        self.frame.step / self.camera.px_per_unit(&self.viewport)
    }

    /// The diameter of that many points, in CSS pixels, unless the user says otherwise.
    pub fn diameter_px(&self, n_points: u32) -> f64 {
        point_diameter_px(n_points, self.fitted.span / self.camera.span, &self.viewport)
    }

    /// The frame that shows this.
    pub fn frame_params(&self, style: state::PointStyle, n_points: u32, background: [u8; 3]) -> FrameParams {
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

/// Which device draws: WebGPU's where this program can and nobody asks for `webgl2`.
pub fn backend(asked: Option<&str>) -> Backend {
    if asked == Some(WEBGL2) || cfg!(not(feature = "webgpu")) { Backend::WebGl2 } else { Backend::WebGpu }
}

/// What a page's address says to have WebGL2 draw.
pub const WEBGL2: &str = "webgl2";

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use explorer_core::{
        data::Continuous,
        session::{Session, Slot},
    };
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn the_window_is_what_the_corners_show() {
        let frame = Frame::new(-10.0, 5.0, 0.5);
        let plane = Plane { frame, bounds: Bounds::SQUARE };
        let camera = state::Camera::new(1000.0, 2000.0, 400.0);
        let window = View::new(camera, &plane, [800.0, 600.0], 2.0).window();
        let near = |a: [f64; 2], b: [f64; 2]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(near(window.min, [1620.0, 3690.0]) && near(window.max, [2420.0, 4290.0]), "{window:?}");
        let wide = window.with_margin();
        assert!(near(wide.min, [1220.0, 3390.0]) && near(wide.max, [2820.0, 4590.0]), "{wide:?}");
        assert!(window.holds(2000, 4000) && !window.holds(2000, 4400) && !window.holds(1600, 4000));
    }

    #[test]
    fn a_fitted_embedding_lies_below_the_toolbar_and_inside_the_picture() {
        let frame = Frame::new(0.0, 0.0, 1.0);
        for bounds in [Bounds::SQUARE, Bounds { min: [0.0, 20_000.0], max: [60_000.0, 30_000.0] }] {
            for size in [[832.0, 856.0], [832.0, 300.0], [390.0, 740.0], [1600.0, 200.0]] {
                let view = View::new(None, &Plane { frame, bounds }, size, 2.0);
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

    /// A session over that many cells with a brush over numbers that are spread over all of them.
    fn brushed(session: &mut Session, to: f32) {
        let mut analysis = state::Analysis::default();
        let range = state::Range::new(0.0, to).expect("it begins before it ends");
        analysis.query.filters.obs.insert("score".to_owned(), state::ObsFilter::Range(range));
        session.follow(&analysis, 1.0);
    }

    fn session(n_obs: u32) -> Session {
        let column =
            manifest::Column { name: "score".to_owned(), kind: manifest::ColumnKind::Continuous, ..<_>::default() };
        let level_ranks = shared_fbs::order::Levels::for_n_obs(n_obs).boundaries();
        let mut session =
            Session::new(Arc::new(manifest::Manifest { n_obs, level_ranks, columns: vec![column], ..<_>::default() }));
        let values = (0..n_obs).map(|cell| cell as f32).collect();
        session.arrive(state::DataKey::Column("score".to_owned()), Slot::Ready(Continuous { values }.into()));
        session
    }

    fn paint(scene: &mut Scene, session: &mut Session) {
        let repaint = session.take_repaint();
        scene.paint(&session.paint(), &repaint);
    }

    #[test]
    fn a_partial_repaint_equals_a_full_one_and_covers_what_it_changed() {
        let n_obs = 300_000;
        let (mut session, mut scene) = (session(n_obs), Scene::new(n_obs));
        brushed(&mut session, 150_000.0);
        paint(&mut scene, &mut session);
        for to in [150_700.0, 149_000.0, 149_000.0, 180_000.0] {
            let before = scene.styles.clone();
            scene.stale = Stale::default();
            brushed(&mut session, to);
            let repaint = session.take_repaint();
            assert!(!matches!(repaint, Repaint::All));
            scene.paint(&session.paint(), &repaint);
            let mut full = Scene::new(n_obs);
            full.paint(&session.paint(), &Repaint::All);
            assert_eq!(scene.styles, full.styles);
            let runs = scene.stale.styles.runs(n_obs);
            let is_written = |point: u32| runs.iter().any(|run| run.contains(&point));
            let changed = (0..n_obs).zip(before.iter().zip(&scene.styles)).filter(|(_, (a, b))| a != b);
            assert!(changed.clone().all(|(point, _)| is_written(point)));
            assert_eq!(scene.is_stale(), changed.count() > 0);
        }
    }

    #[test]
    fn what_flips_in_one_place_is_written_in_a_part() {
        let n_obs = 4_000_000;
        let (mut session, mut scene) = (session(n_obs), Scene::new(n_obs));
        brushed(&mut session, 2_000_000.0);
        paint(&mut scene, &mut session);
        scene.stale = Stale::default();
        brushed(&mut session, 2_010_000.0);
        paint(&mut scene, &mut session);
        let written: u32 = scene.stale.styles.runs(n_obs).iter().map(|run| run.end - run.start).sum();
        assert!(written < n_obs / 4, "{written}");
    }
}
