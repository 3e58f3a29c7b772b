//! What the page knows of a picture.

use explorer_core::{
    data::CellIdx,
    session::label_text,
    state::{Action, ColumnLabel, PanelIdx, Polygon, SelectMode},
};
use leptos::prelude::*;

use super::{PictureFailure, Wanted, flight::Flight, labels::Labels, poster::Poster};
use crate::{
    bridge::{Plane, View},
    store::{Store, Tone},
};

/// How much closer a cell is shown that was found while all cells were in view.
const FOUND_ZOOM: f64 = 4.0;

/// What the page knows of the picture: its size, what it shows, and whether it can.
#[derive(Clone, Copy)]
pub struct PictureHandle {
    /// The panel that it is in.
    pub panel: PanelIdx,
    pub(super) size_px: RwSignal<[f64; 2]>,
    pub(super) ratio: RwSignal<f64>,
    /// What the picture shows; `None` before its size and the embedding are known.
    pub view: Memo<Option<View>>,
    pub(super) plane: Memo<Option<Plane>>,
    pub(super) flight: Flight,
    /// What is seen until the cells are drawn.
    pub poster: Poster,
    /// Why nothing can be drawn.
    pub failure: RwSignal<Option<PictureFailure>>,
    /// The one color index to emphasize.
    pub highlight: Signal<Option<u8>>,
    pub(super) labels: Labels,
    /// The outline that is being drawn, in CSS pixels.
    pub(super) draft: RwSignal<Vec<[f64; 2]>>,
    /// The cell that was found, with a ring around it until the picture is pressed.
    pub found: RwSignal<Option<CellIdx>>,
    /// The file that is asked for.
    pub(super) wanted: RwSignal<Option<Wanted>, LocalStorage>,
    /// Whether the picture is given up until it is wanted again, with what it takes of the graphics device.
    pub suspended: RwSignal<bool>,
}

impl PictureHandle {
    /// A picture of a panel of a store, in which the cells of one color may be emphasized.
    pub fn new(store: Store, panel: PanelIdx, highlight: Signal<Option<u8>>) -> Self {
        let size_px = RwSignal::new([0.0; 2]);
        let ratio = RwSignal::new(1.0);
        let camera = store.part(move |state| state.view.panels.get(panel).and_then(|panel| panel.camera));
        let plane: Memo<Option<Plane>> = store.plane(panel);
        let target = Memo::new(move |_| {
            let size = size_px.get();
            let plane = plane.get()?;
            (size[0] > 0.0 && size[1] > 0.0).then(|| View::new(camera.get(), &plane, size, ratio.get()))
        });
        let flight = Flight::new(target, move || camera.with_untracked(Option::is_none));
        let view = Memo::new(move |_| flight.shown().or_else(|| target.get()));
        Self {
            panel,
            size_px,
            ratio,
            view,
            plane,
            flight,
            poster: Poster::of(store.host().as_deref()),
            failure: RwSignal::new(None),
            highlight,
            labels: Labels::new(store, panel, view),
            draft: RwSignal::default(),
            found: RwSignal::new(None),
            wanted: RwSignal::new_local(None),
            suspended: RwSignal::new(false),
        }
    }

    /// Whether the embedding shown has three dimensions.
    pub fn is_solid(&self) -> bool {
        self.view.with(|view| view.is_some_and(|view| view.projection().is_some()))
    }

    /// Whether it is seen from another side than the front.
    pub fn is_turned(&self) -> bool {
        self.view.with(|view| view.is_some_and(|view| !view.orientation().is_front()))
    }

    /// What the panel shows, in words.
    pub(super) fn head(&self, store: Store) -> String {
        let name =
            store.projection(self.panel).and_then(|key| store.with_session(|session| session.projection_name(&key)));
        let only = store.peek(|state| state.view.panels.get(self.panel)?.only.clone());
        let label = only.map(|only| label_text(&only.label).into_owned());
        name.into_iter().chain(label).collect::<Vec<_>>().join(", ")
    }

    /// Device pixels for each CSS pixel.
    pub fn ratio(&self) -> f64 {
        self.ratio.get_untracked()
    }

    /// Draws the picture with its legend as a file.
    pub fn take(&self, wanted: Wanted) {
        self.wanted.set(Some(wanted));
    }

    /// The picture's size on the screen in device pixels; `None` before it has one.
    pub fn size_dpx(&self) -> Option<[f64; 2]> {
        let (size_px, ratio) = (self.size_px.get_untracked(), self.ratio.get_untracked());
        self.view.get_untracked().map(|_| size_px.map(|side_px| side_px * ratio))
    }

    /// Moves the camera to a cell, closer than it fits all, and puts a ring around it; whether it has a position.
    pub fn show_cell(&self, store: Store, cell: CellIdx) -> bool {
        let Some(view) = self.view.get_untracked() else { return false };
        let Some([x, y]) = store.with_scene(self.panel, |scene| scene.px_of(cell, &view)).flatten() else {
            return false;
        };
        let [middle_x, middle_y] = view.center_px();
        let is_fitted =
            store.peek(|state| state.view.panels.get(self.panel).is_some_and(|panel| panel.camera.is_none()));
        let factor = if is_fitted { FOUND_ZOOM } else { 1.0 };
        self.look(store, view.panned([middle_x - x, middle_y - y]).zoomed(view.center_px(), factor));
        self.found.set(Some(cell));
        true
    }

    /// Fits the subset in view where it is out of sight in part, or small.
    pub fn show_subset(&self, store: Store) {
        let shown = self.view.get_untracked().zip(self.plane.get_untracked());
        let Some((view, plane)) = shown else { return };
        if view.misses(&plane.with_part(store.bounds(self.panel))) {
            store.dispatch(Action::SetCamera { panel: self.panel, camera: None });
        }
    }

    /// The corners of what the picture shows, in the embedding's coordinates or the values of a scatter plot: least and
    /// greatest x, then y.
    pub fn corners(&self) -> Option<[f64; 4]> {
        let view = self.view.get_untracked()?;
        let ((x0, y0), (x1, y1)) = (view.values([0.0; 2]), view.values(view.size_px()));
        Some([x0.min(x1), x0.max(x1), y0.min(y1), y0.max(y1)])
    }

    /// Brings the picture closer about its center.
    pub fn zoom(&self, store: Store, factor: f64) {
        if let Some(view) = self.view.get_untracked() {
            self.look(store, view.zoomed(view.center_px(), factor));
        }
    }

    /// Selects the cells in a rectangle with these opposite corners, as [`PictureHandle::corners`] has them.
    pub fn select_rectangle(&self, store: Store, corners: [(f64, f64); 2], mode: SelectMode) {
        let Some(view) = self.view.get_untracked() else { return };
        let [corner, opposite] = corners.map(|corner| view.coordinates_of_values(corner));
        if let Some(outline) = Polygon::rectangle(corner, opposite) {
            self.select(store, &view, outline, mode);
        }
    }

    /// Selects the cells that the panel shows in color inside an outline.
    pub(super) fn select(&self, store: Store, view: &View, outline: Polygon, mode: SelectMode) {
        let Some(embedding) = store.projection(self.panel) else { return };
        let only = store.peek(|state| state.view.panels.get(self.panel)?.only.clone());
        if let Some(ColumnLabel { column, label }) = &only {
            let label = label_text(label);
            store.tell(
                format!("The outline takes cells of {label} alone ({column}), which this panel shows."),
                Tone::Done,
            );
        }
        let polygon = outline.seen_from(view.orientation()).around(only);
        store.dispatch(Action::Select { embedding, mode, polygon });
    }

    /// Turns an embedding of three dimensions as if its front were dragged.
    pub(super) fn turn(&self, store: Store, view: &View, by_px: [f64; 2]) {
        if let Some((orientation, camera)) = view.orbited(by_px) {
            store.dispatch(Action::SetOrientation { panel: self.panel, orientation });
            store.dispatch(Action::SetCamera { panel: self.panel, camera: Some(camera) });
        }
    }

    pub(super) fn look(&self, store: Store, view: View) {
        if let Some(camera) = view.state_camera() {
            store.dispatch(Action::SetCamera { panel: self.panel, camera: Some(camera) });
        }
    }
}
