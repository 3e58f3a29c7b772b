//! What the picture shows: which embedding, how far it has come, how cells are drawn.

use std::sync::Arc;

use shared_fbs::{manifest::Manifest, order::TileCells, tile::Points};

use super::{
    Changes, ColorChange, ColorStatus, Colors, Data, InView, Loaded, Naming, Paint, PositionSample, Repaint,
    SavedColors, Session, Slot, Window,
};
use crate::{
    color::{Ground, Rgb, label_centroids},
    data::Embedding,
    dataset::lookup,
    state::{Analysis, DataKey, DimensionKey, Filters, GeneKey},
};

/// What to do so that the picture shows the embedding that the state names.
#[derive(Clone, Debug)]
pub enum Show {
    /// Nothing: it does, or is about to, or there is none.
    Nothing,
    /// To place all cells: the positions are there.
    Place(Arc<Embedding>),
    /// To load the positions of the embedding of this index and place them as they come.
    Load(usize),
}

/// A label and the middle of its cells in view.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelCentroid {
    /// The column.
    pub column: String,
    /// The label.
    pub label: String,
    /// The middle, in the embedding's coordinates.
    pub x: f64,
    /// The same, upwards.
    pub y: f64,
    /// The third coordinate; 0 where the embedding has two dimensions.
    pub z: f64,
    /// Cells in view with the label.
    pub n_cells: u32,
}

/// What the middles of labels depend on: a filter that moves leaves them where they are.
#[derive(Clone, Debug, PartialEq)]
pub struct CentroidBasis {
    /// The column whose labels color the cells.
    column: String,
    /// The embedding shown.
    embedding: String,
    /// The filters that the cells in view have passed.
    subset: Vec<Filters>,
    /// How often the user's own columns have changed.
    revision: u32,
}

/// What genes and layers of an open dataset are called.
struct NamesOf<'a> {
    loaded: &'a Loaded,
    manifest: &'a Manifest,
}

impl Naming for NamesOf<'_> {
    fn gene(&self, key: &GeneKey) -> String {
        self.loaded.gene_label(self.manifest, key)
    }

    fn layer(&self, key: Option<&str>) -> Option<String> {
        lookup::layer_to_tell(self.manifest, key)
    }
}

impl Session {
    /// Turns to the embedding or scatter plot of a key, or to the default embedding. A plot is turned to once its
    /// positions are there.
    pub fn show(&mut self, key: Option<&str>) -> Show {
        let Some(name) = self.projection(key) else { return Show::Nothing };
        if self.shown.as_ref() == Some(&name) {
            return Show::Nothing;
        }
        let index = self.manifest.embeddings.iter().position(|entry| entry.key == name);
        let key = DataKey::Embedding(name.clone());
        let ready = match self.loaded.slot(&key) {
            Some(Slot::Failed) => return Show::Nothing,
            Some(Slot::Ready(Data::Embedding(embedding))) => Some(Arc::clone(embedding)),
            Some(Slot::Ready(_) | Slot::Loading) | None => None,
        };
        if ready.is_none() && index.is_none() {
            return Show::Nothing;
        }
        self.shown = Some(name.clone());
        self.turn += 1;
        match (ready, index) {
            (Some(embedding), _) => {
                self.sample = PositionSample::of(&embedding, &self.point_tiles);
                self.is_placed = true;
                self.drawn = Some((name, self.turn));
                self.repaint = Repaint::All;
                Show::Place(embedding)
            }
            (None, Some(index)) => {
                self.sample = PositionSample::default();
                self.is_placed = false;
                self.loaded.arrive(key, Slot::Loading);
                Show::Load(index)
            }
            (None, None) => Show::Nothing,
        }
    }

    /// The embedding could not be loaded: it may be shown again once that is forgotten.
    pub fn stop_showing(&mut self) {
        self.shown = None;
    }

    /// Another embedding was shown before all of one had come: it is asked for again when it is needed.
    pub fn give_up(&mut self, index: usize) {
        if let Some(entry) = self.manifest.embeddings.get(index).filter(|entry| self.shown.as_ref() != Some(&entry.key))
        {
            self.loaded.forget(&DataKey::Embedding(entry.key.clone()));
        }
    }

    /// Which showing of an embedding this is, one shown again included.
    pub fn turn(&self) -> u32 {
        self.turn
    }

    /// Positions of the embedding shown have come; whether they are its first, for which the former ones must go.
    pub fn draw(&mut self) -> bool {
        let drawn = self.shown.clone().map(|key| (key, self.turn));
        let is_first = self.drawn != drawn;
        self.drawn = drawn;
        is_first
    }

    /// The key of the embedding or scatter plot that the first panel is of; `None` before the first positions have come.
    /// The one asked for, or, until its first positions come, the former one.
    pub fn drawn(&self) -> Option<&str> {
        self.drawn.as_ref().map(|(key, _)| key.as_str())
    }

    /// Takes a tile of positions of the embedding shown into the sample; tiles come in order.
    pub fn place(&mut self, cells: &TileCells, points: &Points) {
        if cells.level == 0 {
            self.sample.add(cells, points);
        }
    }

    /// The picture has all positions of its embedding.
    pub fn placed(&mut self) {
        self.is_placed = true;
    }

    /// Whether the picture has all of its embedding, or there is none.
    pub(super) fn is_picture_whole(&self) -> bool {
        self.is_placed || self.embedding_to_show(None).is_none()
    }

    /// Which cells each tile of an embedding holds, coarsest level first.
    pub fn point_tiles(&self) -> &[TileCells] {
        &self.point_tiles
    }

    /// The chunks of so many cells that are in a window of the embedding; `None` when all are, or none: then there is
    /// nothing to put first.
    pub fn chunks_seen(&self, cells_per_chunk: u32, window: &Window) -> Option<Vec<u32>> {
        self.sample.chunks_seen(self.manifest.n_obs, cells_per_chunk, window)
    }

    /// Brings filters and colors in line with the state, as far as their data are there. Opacity is 0 (invisible)
    /// to 1.
    pub fn follow(&mut self, analysis: &Analysis, opacity: f32) -> Changes {
        self.take_own_columns(&analysis.own_columns);
        let shown_anew = self.loaded.take_as_labels(&analysis.as_labels);
        for name in &shown_anew {
            self.engine.forget(&DimensionKey::Obs(name.clone()));
        }
        let is_clipped_anew = self.engine.set_clip(analysis.color_options.clip);
        let is_synced = self.engine.sync(&analysis.query, &self.loaded, &mut self.repaint);
        let selection = self.own.take_news() || is_synced || !shown_anew.is_empty() || is_clipped_anew;
        let in_view = InView { cells: self.engine.visible(), subset: self.engine.subset() };
        let naming = NamesOf { loaded: &self.loaded, manifest: &self.manifest };
        let color = self.painter.sync(analysis, opacity, &self.loaded, in_view, &naming);
        match color {
            ColorChange::Cells => self.repaint = Repaint::All,
            ColorChange::None | ColorChange::Status | ColorChange::Table => {}
        }
        Changes { selection, picture: selection || color != ColorChange::None }
    }

    /// Says what the cells are drawn on; the colors follow with the next [`Self::follow`].
    pub fn set_ground(&mut self, ground: Ground) {
        self.painter.ground = ground;
    }

    /// What the cells are drawn on.
    pub fn ground(&self) -> Ground {
        self.painter.ground
    }

    /// The cells to paint again since this was called last.
    pub fn take_repaint(&mut self) -> Repaint {
        std::mem::take(&mut self.repaint)
    }

    /// Whether all cells are to be painted again.
    pub fn is_repaint_due(&self) -> bool {
        self.repaint == Repaint::All
    }

    /// How cells are drawn.
    pub fn paint(&self) -> Paint<'_> {
        Paint {
            indices: self.painter.indices(),
            priorities: self.painter.priorities(),
            filter: self.engine.filter(),
            table: self.painter.table(),
        }
    }

    /// The colors of a picture that is saved: on a background that was asked for, or on the one that is shown.
    pub fn saved_colors(&self, asked: Option<Ground>, shown: Rgb) -> SavedColors {
        SavedColors::new(&self.painter, asked.unwrap_or_else(|| Ground::like(shown)))
    }

    /// How cells are colored.
    pub fn colors(&self) -> &Colors {
        self.painter.colors()
    }

    /// Whether that is what was asked for.
    pub fn color_status(&self) -> ColorStatus {
        self.painter.status()
    }

    /// What the middles of the labels that color the cells depend on; `None` where labels do not, or their positions
    /// are not there.
    pub fn centroid_basis(&self, embedding: Option<&str>) -> Option<CentroidBasis> {
        let Colors::Labels { column, .. } = self.colors() else { return None };
        let embedding = self.projection(embedding)?;
        self.loaded.embedding(&embedding)?;
        let (subset, revision) = (self.engine.subset().to_vec(), self.own.revision());
        Some(CentroidBasis { column: column.clone(), embedding, subset, revision })
    }

    /// The labels of a column and the middles of their cells in view.
    pub fn label_centroids(&self, basis: &CentroidBasis) -> Vec<LabelCentroid> {
        let CentroidBasis { column: name, embedding, .. } = basis;
        let (Some(column), Some(embedding)) = (self.loaded.labels(name), self.loaded.embedding(embedding)) else {
            return Vec::new();
        };
        let centroids = label_centroids(column, embedding, self.engine.visible());
        let labeled = column.categories.iter().zip(centroids);
        let centroids = labeled.filter_map(|(label, centroid)| {
            let centroid = centroid?;
            Some(LabelCentroid {
                column: name.clone(),
                label: label.clone(),
                x: centroid.x,
                y: centroid.y,
                z: centroid.z,
                n_cells: centroid.n_cells,
            })
        });
        centroids.collect()
    }
}
