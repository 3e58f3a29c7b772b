//! An open dataset with all that the page keeps of it.

use std::{ops::Range, rc::Rc, sync::Arc};

use explorer_core::{
    data::Space,
    filter::CellMask,
    session::{Repaint, Session, Show},
    state::{ColumnLabel, Panel, PanelIdx, ViewSpec},
};
use shared_fbs::{order::TileCells, tile::Points};

use crate::{bridge::Scene, fetch::Dataset, worker::Pool};

/// An open dataset: its tiles, what was made of them, and the points of every panel.
pub(super) struct Opened {
    /// Its tiles.
    pub dataset: Dataset,
    /// Its workers.
    pub pool: Rc<Pool>,
    /// What is loaded, filtered and colored.
    pub session: Session,
    /// The points of each panel, the first one's first: those come tile by tile.
    panels: Vec<PanelPoints>,
}

/// What came of turning the first panel to what it is to show.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// It shows that already, or what it takes is not there.
    Nothing,
    /// All positions were there.
    Placed,
    /// The tiles of the embedding of this index are to be loaded.
    Load(usize),
}

/// A tile of positions, as it comes.
pub(super) struct ArrivingTile<'a> {
    /// Its cells.
    pub cells: &'a TileCells,
    /// Where they are.
    pub points: &'a Points,
    /// The space of an embedding of three dimensions.
    pub space: Option<Space>,
    /// The ranks up to which all that is in view has come by now, where this tile was the last of them.
    pub drawable: Option<Range<u32>>,
}

impl ArrivingTile<'_> {
    fn place(&self, scene: &mut Scene) {
        scene.place(self.cells, self.points);
        if let Some(ranks) = &self.drawable {
            scene.level_is_drawable(ranks);
        }
    }
}

/// The points of a panel.
struct PanelPoints {
    scene: Scene,
    /// The key of what they are placed by; of the first panel, the session knows.
    drawn: Option<String>,
    /// The key of the embedding whose tiles they take as these come.
    filling: Option<String>,
    only: Option<OnlyCells>,
    /// 0 (invisible) to 1.
    opacity: f32,
    /// Whether no point has its color yet.
    is_unpainted: bool,
}

/// The cells that alone are in color.
struct OnlyCells {
    of: ColumnLabel,
    /// How often the user's own columns had changed.
    revision: u32,
    /// `None` while the column is not there.
    cells: Option<CellMask>,
}

impl Opened {
    pub fn new(dataset: Dataset, pool: Pool) -> Self {
        let session = Session::new(Arc::new(dataset.manifest().clone()));
        let panels = vec![PanelPoints::new(dataset.manifest().n_obs)];
        Self { dataset, pool: Rc::new(pool), session, panels }
    }

    /// Turns the first panel to what the view says.
    pub fn show(&mut self, view: &ViewSpec) -> Shown {
        match self.session.show(view.panels.first().key().as_deref()) {
            Show::Nothing => Shown::Nothing,
            Show::Place(embedding) => {
                let space = embedding.depth.as_ref().map(|depth| depth.space);
                let scene = self.first_mut();
                scene.forget_positions(space);
                scene.place_all(&embedding);
                Shown::Placed
            }
            // The former positions stay until the first of these come.
            Show::Load(index) => Shown::Load(index),
        }
    }

    /// Opens and closes panels as the view says, and places the points of those whose positions are there; whether that
    /// changed anything.
    pub fn follow_panels(&mut self, view: &ViewSpec) -> bool {
        let Self { session, panels, .. } = self;
        let n_before = panels.len();
        panels.resize_with(view.panels.count(), || PanelPoints::new(session.manifest().n_obs));
        let mut is_changed = panels.len() != n_before;
        for ((at, points), panel) in panels.iter_mut().enumerate().zip(&view.panels) {
            is_changed |= points.follow(panel, session);
            if at > 0 {
                is_changed |= points.place(panel, session);
            }
        }
        is_changed
    }

    /// The tiles of an embedding are about to come: panels after the first that are to show it take them from the first
    /// one on.
    pub fn begin_filling(&mut self, view: &ViewSpec, key: &str, space: Option<Space>) {
        let Self { session, panels, .. } = self;
        for (points, panel) in panels.iter_mut().zip(&view.panels).skip(1) {
            if session.projection(panel.key().as_deref()).as_deref() == Some(key) {
                points.filling = Some(key.to_owned());
                if points.drawn.as_deref() == Some(key) {
                    points.scene.forget_positions(space);
                }
            }
        }
    }

    /// Takes a tile of an embedding into the panels after the first that are filled by it.
    pub fn fill(&mut self, key: &str, tile: &ArrivingTile<'_>) {
        let others = self.panels.iter_mut().skip(1).filter(|points| points.filling.as_deref() == Some(key));
        others.for_each(|points| points.fill(key, tile));
    }

    /// Takes a tile of the embedding that the first panel shows; whether it is the first of them.
    pub fn fill_first(&mut self, tile: &ArrivingTile<'_>) -> bool {
        let is_first = self.session.draw();
        if is_first {
            self.first_mut().forget_positions(tile.space);
        }
        tile.place(self.first_mut());
        self.session.place(tile.cells, tile.points);
        if self.first().n_placed() == self.first().n_points() {
            self.session.placed();
        }
        is_first
    }

    /// The points of the first panel.
    pub fn first(&self) -> &Scene {
        &self.panels[0].scene
    }

    /// The same, to be changed.
    pub fn first_mut(&mut self) -> &mut Scene {
        &mut self.panels[0].scene
    }

    /// The points of a panel, their colors up to date; `None` where there is no such panel.
    pub fn painted(&mut self, panel: PanelIdx) -> Option<&mut Scene> {
        let repaint = self.session.take_repaint();
        let paint = self.session.paint();
        for points in &mut self.panels {
            let repaint = if std::mem::take(&mut points.is_unpainted) { &Repaint::All } else { &repaint };
            let only = points.only.as_ref().and_then(|only| only.cells.as_ref());
            points.scene.paint(&paint, only, points.opacity, repaint);
        }
        self.panels.get_mut(panel.0 as usize).map(|points| &mut points.scene)
    }

    /// The key of what the points of a panel are placed by; `None` before there are any.
    pub fn drawn(&self, panel: PanelIdx) -> Option<&str> {
        if panel == PanelIdx::FIRST {
            return self.session.drawn();
        }
        self.panels.get(panel.0 as usize)?.drawn.as_deref()
    }
}

impl PanelPoints {
    fn new(n_obs: u32) -> Self {
        Self { scene: Scene::new(n_obs), drawn: None, filling: None, only: None, opacity: 1.0, is_unpainted: true }
    }

    /// Takes the panel's dots and the cells that are in color; whether these are others.
    fn follow(&mut self, panel: &Panel, session: &Session) -> bool {
        let is_clearer = self.opacity != panel.points.opacity();
        self.opacity = panel.points.opacity();
        let revision = session.own_revision();
        let is_same = match (&self.only, &panel.only) {
            (None, None) => true,
            (Some(before), Some(now)) => before.of == *now && before.revision == revision && before.cells.is_some(),
            (Some(_), None) | (None, Some(_)) => false,
        };
        if is_same {
            return is_clearer;
        }
        let only = |of: &ColumnLabel| OnlyCells { cells: session.cells_of_label(of), of: of.clone(), revision };
        self.only = panel.only.as_ref().map(only);
        self.is_unpainted = true;
        true
    }

    /// Places the points by what the panel shows, once that is there; whether it was.
    fn place(&mut self, panel: &Panel, session: &Session) -> bool {
        let Some(key) = session.projection(panel.key().as_deref()) else { return false };
        let embedding = session.loaded().embedding(&key).filter(|_| self.drawn.as_ref() != Some(&key));
        let Some(embedding) = embedding else { return false };
        self.scene.forget_positions(embedding.depth.as_ref().map(|depth| depth.space));
        self.scene.place_all(embedding);
        self.drawn = Some(key);
        self.filling = None;
        true
    }

    /// Takes a tile of the embedding that it is filled by.
    fn fill(&mut self, key: &str, tile: &ArrivingTile<'_>) {
        if self.drawn.as_deref() != Some(key) {
            self.scene.forget_positions(tile.space);
            self.drawn = Some(key.to_owned());
        }
        tile.place(&mut self.scene);
    }
}
