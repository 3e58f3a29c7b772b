//! All cells as points.

use std::ops::Range;

use explorer_core::{
    data::{CellIdx, Embedding, NO_POSITION, Orientation, Projection, Space, priority_of_depth},
    filter::CellMask,
    screen::DensityGrid,
    session::{CellStyle, Paint, Repaint, Window},
};
use explorer_render::{
    Bounds, FrameParams, PickScene, PointPosition, PointStyle, RenderError, Renderer, StyleChange, pick_cpu,
};
use shared_fbs::{
    order::{DrawOrder, TileCells},
    tile::Points,
};

use super::{View, stale::StaleStyles};

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
    /// What only an embedding of three dimensions has.
    solid: Option<Solid>,
    lut: Vec<[u8; 4]>,
    /// Points whose positions have arrived.
    n_placed: u32,
    /// Whether some styles are of another embedding.
    is_unpainted: bool,
    /// Points that may be drawn: up to here, all have arrived that are in view.
    n_drawable: u32,
    stale: Stale,
}

/// An embedding of three dimensions: `positions` is what is seen of it.
#[derive(Debug)]
struct Solid {
    projection: Projection,
    /// The units of each point.
    units: Vec<[u16; 3]>,
}

impl Solid {
    fn new(projection: Projection, n_points: u32) -> Self {
        Self { projection, units: vec![[NO_POSITION; 3]; n_points as usize] }
    }

    /// Where a point is seen, and its style with the priority that puts it above what is behind it.
    fn see(&self, at: usize, style: PointStyle) -> (PointPosition, PointStyle) {
        match self.projection.cell(self.units[at]) {
            Some([x, y, near]) => (PointPosition::new(x, y), style.with_priority(priority_of_depth(near))),
            None => (PointPosition::NONE, style),
        }
    }
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
            solid: None,
            lut: Vec::new(),
            is_unpainted: false,
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

    /// Forgets all positions, since another embedding is to come; of a space where it has three dimensions.
    pub fn forget_positions(&mut self, space: Option<Space>) {
        // Priorities tell of the depth of one, and of colors in the other.
        self.is_unpainted |= self.solid.is_some();
        self.solid = space.map(|space| Solid::new(Projection::new(space, Orientation::FRONT), self.n_points()));
        self.positions.fill(PointPosition::NONE);
        self.n_placed = 0;
        self.n_drawable = 0;
        self.stale.count = true;
        self.stale.positions.clear();
    }

    /// Looks at an embedding of three dimensions from another side.
    pub fn turn(&mut self, projection: Option<&Projection>) {
        let (Some(solid), Some(projection)) = (&mut self.solid, projection) else { return };
        if solid.projection == *projection || solid.projection.space() != projection.space() {
            return;
        }
        solid.projection = *projection;
        for (at, (position, style)) in self.positions.iter_mut().zip(&mut self.styles).enumerate() {
            (*position, *style) = solid.see(at, *style);
        }
        self.stale.positions.push(0..self.order.n_obs());
        self.stale.styles.note_all(StyleChange::Order);
    }

    fn put(&mut self, at: u32, units: [u16; 3]) {
        let index = at as usize;
        let Some(position) = self.positions.get_mut(index) else { return };
        match &mut self.solid {
            Some(solid) => {
                solid.units[index] = units;
                (*position, self.styles[index]) = solid.see(index, self.styles[index]);
                self.stale.styles.note(at, StyleChange::Order);
            }
            None => *position = PointPosition::new(units[0], units[1]),
        }
    }

    /// Takes in a tile of positions, each tile once.
    pub fn place(&mut self, cells: &TileCells, points: &Points) {
        self.n_placed += points.xs.len() as u32;
        let zs = points.zs.iter().flatten().copied().chain(std::iter::repeat(0));
        for (((cell, &x), &y), z) in cells.iter().zip(&points.xs).zip(&points.ys).zip(zs) {
            let at = self.order.index_of(cell);
            self.put(at, [x, y, z]);
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
        for at in 0..self.n_points() {
            self.put(at, embedding.units_of(self.cells[at as usize] as usize));
        }
        self.n_placed = self.n_points();
        self.n_drawable = self.n_points();
        self.stale.count = true;
    }

    /// All tiles of the levels whose ranks end here have been placed, as far as they are in view.
    pub fn level_is_drawable(&mut self, ranks: &Range<u32>) {
        self.n_drawable = self.n_drawable.max(self.order.indices_of_ranks(ranks.clone()).end);
    }

    /// Gives the cells that have changed their color and their part (selected, not selected, or out of sight): `only` these
    /// cells their color, where that is said, and all of them an opacity of 0 to 1.
    ///
    /// # Panics
    /// When the cells are not of this dataset.
    pub fn paint(&mut self, paint: &Paint<'_>, only: Option<&CellMask>, opacity: f32, repaint: &Repaint) {
        let alpha = (opacity * 255.0).round() as u8;
        let table = paint.table.iter().map(|&[red, green, blue, _]| [red, green, blue, alpha]);
        if !self.lut.iter().copied().eq(table.clone()) {
            self.lut = table.collect();
            self.stale.lut = true;
        }
        let repaint = if std::mem::take(&mut self.is_unpainted) { &Repaint::All } else { repaint };
        let solid = self.solid.as_ref();
        let painted = |at: usize, cell: u32| {
            let style = paint.style(CellIdx(cell));
            let style = if only.is_none_or(|only| only.contains(CellIdx(cell))) { style } else { style.behind() };
            let style = point_style(style);
            solid.map_or(style, |solid| solid.see(at, style).1)
        };
        match repaint {
            Repaint::Nothing => {}
            Repaint::Runs(runs) => {
                for cell in runs.iter().cloned().flatten() {
                    let at = self.order.index_of(cell);
                    let style = &mut self.styles[at as usize];
                    let new = painted(at as usize, cell);
                    self.stale.styles.note(at, style_change(*style, new));
                    *style = new;
                }
            }
            Repaint::All => {
                let mut change = StyleChange::ColorsOnly;
                for (at, (style, &cell)) in self.styles.iter_mut().zip(&self.cells).enumerate() {
                    let new = painted(at, cell);
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

    /// The box around the cells that are not out of sight for other reasons than where the camera is; `None` where there is
    /// none.
    pub fn bounds(&self) -> Option<Bounds> {
        let seen = self.positions.iter().zip(&self.styles).filter(|(_, style)| !style.is_hidden());
        Bounds::of_positions(seen.map(|(position, _)| position))
    }

    /// Where a cell is, in CSS pixels.
    pub fn px_of(&self, cell: CellIdx, view: &View) -> Option<[f64; 2]> {
        let at = self.order.index_of(cell.0) as usize;
        let [x, y] = self.positions.get(at)?.xy()?;
        let units = self.solid.as_ref().map_or([x, y, 0], |solid| solid.units[at]);
        Some(view.px_of_units(units.map(f64::from)))
    }

    /// How densely these cells lie over the picture.
    pub fn density_of(&self, view: &View, cells: &CellMask) -> DensityGrid {
        let points = self.positions.iter().zip(&self.styles).zip(&self.cells);
        let ours = points.filter(|((_, style), cell)| !style.is_hidden() && cells.contains(CellIdx(**cell)));
        let places = ours.filter_map(|((position, _), _)| Some(view.px_of_seen(position.xy()?.map(f64::from))));
        DensityGrid::count(view.size_px(), places)
    }

    /// How densely the selected cells lie over the picture.
    pub fn density(&self, view: &View) -> DensityGrid {
        let points = self.positions.iter().zip(&self.styles);
        let selected = points.filter(|(_, style)| style.is_selected() && !style.is_hidden());
        let places = selected.filter_map(|(position, _)| Some(view.px_of_seen(position.xy()?.map(f64::from))));
        DensityGrid::count(view.size_px(), places)
    }

    /// The place in draw order of the point under the pointer, without the GPU.
    pub fn pick(&self, params: &FrameParams, at_px: [f64; 2]) -> Option<u32> {
        let scene = PickScene { params, positions: &self.positions, styles: &self.styles };
        pick_cpu(&scene, at_px, PICK_TOLERANCE_PX)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use explorer_core::{
        data::Continuous,
        session::{Session, Slot},
        state,
    };
    use shared_fbs::manifest;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

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
        scene.paint(&session.paint(), None, 1.0, &repaint);
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
            scene.paint(&session.paint(), None, 1.0, &repaint);
            let mut full = Scene::new(n_obs);
            full.paint(&session.paint(), None, 1.0, &Repaint::All);
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
