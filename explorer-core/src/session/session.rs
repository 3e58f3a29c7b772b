//! An open dataset as the page works with it: what is loaded, filtered and colored.

use std::{collections::BTreeSet, sync::Arc};

use shared_fbs::{
    manifest::{Column as ColumnEntry, ColumnKind, Embedding as EmbeddingEntry, Manifest},
    order::TileCells,
    tile::{Categories, Points},
};

use super::{
    BinCounts, ColorChange, ColorStatus, Colors, ColumnExists, Columns, Data, Engine, GroupCounts, Loaded, LruEviction,
    OwnColumn, Paint, Painter, PositionSample, Repaint, SavedColors, Slot, Window,
};
use crate::{
    color::{Ground, Rgb, label_centroids},
    data::{CellIdx, Column, Continuous, Embedding, NO_POSITION, Number},
    filter::CellMask,
    format,
    state::{Analysis, CellSource, DataKey, DimensionKey, Filters, GeneKey},
};

/// Bytes of genes, means and continuous columns that are kept beyond the tiles' own cache, those in
/// use included: eleven genes of 4.3 million cells, or seven hundred of 70 000. What a page opens
/// beyond that comes back from the cache of tiles, mostly.
const LIMIT_BYTES: usize = 192 << 20;

/// Values of continuous columns that are loaded for histograms in sight: 256 MB of them.
const MOST_VALUES: usize = 64 << 20;

/// How soon data are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// The picture waits for them.
    Now,
    /// What stands next to the picture does.
    Soon,
}

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

/// What a change of the state or an arrival of data did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Other cells are selected or in view.
    pub selection: bool,
    /// The picture or its legend shows something else.
    pub picture: bool,
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
}

/// An open dataset with what was loaded of it, filtered and colored.
pub struct Session {
    manifest: Arc<Manifest>,
    columns: Columns,
    loaded: Loaded,
    engine: Engine,
    painter: Painter,
    eviction: LruEviction<DataKey>,
    repaint: Repaint,
    point_tiles: Vec<TileCells>,
    /// The embedding whose positions the picture has, or gets.
    shown: Option<usize>,
    /// Counts the embeddings shown, one shown again included.
    turn: u32,
    /// The embedding whose positions the picture has by now, with the turn that they came in: until the first of another
    /// one's come, the former stay.
    drawn: Option<(usize, u32)>,
    /// Whether the picture has all of its embedding.
    is_placed: bool,
    /// Where a sample of the cells is in that embedding.
    sample: PositionSample,
    /// Columns whose histograms have been in sight.
    in_sight: BTreeSet<String>,
    /// The sizes of cell sets, by their places, with what they were counted of.
    pub(super) set_sizes: Vec<(CellSource, Option<u64>)>,
}

impl Session {
    /// A dataset just opened.
    pub fn new(manifest: Arc<Manifest>) -> Self {
        let n_obs = manifest.n_obs as usize;
        Self {
            columns: Columns::new(manifest.columns.clone()),
            loaded: Loaded::new(n_obs),
            engine: Engine::new(n_obs),
            painter: Painter::default(),
            eviction: LruEviction::default(),
            repaint: Repaint::All,
            point_tiles: manifest.levels().tiles(),
            shown: None,
            turn: 0,
            drawn: None,
            is_placed: n_obs == 0,
            sample: PositionSample::default(),
            in_sight: BTreeSet::new(),
            set_sizes: Vec::new(),
            manifest,
        }
    }

    /// What the dataset holds.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The columns of `obs`, the user's own among them.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// What was loaded.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// Adds a column of the user's own, which colors, filters and is compared by like any other.
    ///
    /// # Errors
    /// When there is a column of that name.
    pub fn add_column(&mut self, own: &OwnColumn) -> Result<(), ColumnExists> {
        self.columns.add(own)?;
        let name = own.name().to_owned();
        self.loaded.arrive(DataKey::Column(name.clone()), Slot::Ready(Data::Column(Arc::clone(own.column()))));
        self.loaded.arrive(DataKey::Categories(name), Slot::Ready(Data::Categories(Arc::clone(own.categories()))));
        Ok(())
    }

    /// Removes a column of the user's own; whether there was one.
    pub fn remove_column(&mut self, name: &str) -> bool {
        let is_removed = self.columns.remove(name);
        if is_removed {
            self.loaded.forget(&DataKey::Column(name.to_owned()));
            self.loaded.forget(&DataKey::Categories(name.to_owned()));
            self.engine.forget(&DimensionKey::Obs(name.to_owned()));
        }
        is_removed
    }
}

/// Loading.
impl Session {
    /// Notes that data are on their way; false where they have been asked for before.
    pub fn ask(&mut self, key: &DataKey) -> bool {
        self.loaded.ask(key)
    }

    /// Keeps data that have arrived, or the failure.
    pub fn arrive(&mut self, key: DataKey, slot: Slot<Data>) {
        self.loaded.arrive(key, slot);
    }

    /// Keeps a part of a gene's expression while the whole of it is on its way: NaN in all other cells.
    pub fn arrive_in_part(&mut self, gene: GeneKey, values: Continuous) {
        self.loaded.arrive_in_part(gene, values);
    }

    /// Forgets what failed, so that it is asked for again.
    pub fn forget_failures(&mut self) {
        self.loaded.forget_failures();
    }

    /// The histogram of a column is in sight, so that its values are to be counted; whether that is new.
    pub fn note_in_sight(&mut self, column: String) -> bool {
        self.in_sight.insert(column)
    }

    /// Lets go of what was not used for long, and returns the data to load now, which count as asked for: those that a
    /// view needs, and what the page shows of every dataset.
    pub fn load_next(&mut self, analysis: &Analysis, needs: &BTreeSet<DataKey>) -> Vec<(DataKey, Urgency)> {
        self.evict(needs);
        let mut wanted: BTreeSet<DataKey> = needs.clone();
        wanted.extend(self.histograms_to_load().map(DataKey::Column));
        wanted.extend(self.columns.names_shown(ColumnKind::Categorical).cloned().map(DataKey::Categories));
        // The labels of a hidden column are wanted with it.
        let columns = wanted.iter().filter_map(DataKey::column);
        let with_labels = columns.filter(|name| self.columns.is_categorical(name));
        let with_labels: Vec<DataKey> = with_labels.map(|name| DataKey::Categories(name.to_owned())).collect();
        wanted.extend(with_labels);
        // A search looks into all layers.
        wanted.extend(self.manifest.layers.iter().map(|layer| self.table_key(layer)));
        // A gene can be found once its table is there, whose arrival comes back here; who asks for one in a layer that
        // there is not is to be told.
        wanted.retain(|key| {
            layer_of_genes(key).is_none_or(|layer| self.layer(layer).is_none() || self.gene_table(layer).is_some())
                && !self.is_of_no_gene(key)
        });
        wanted.retain(|key| self.loaded.ask(key));
        let color = analysis.color_data();
        let mut wanted: Vec<(DataKey, Urgency)> = wanted
            .into_iter()
            .map(|key| (urgency(&key, color.as_ref()), key))
            .map(|(urgency, key)| (key, urgency))
            .collect();
        wanted.sort_by_key(|(key, _)| precedence(key));
        wanted
    }

    /// Continuous columns for the histograms that have been in sight, once the picture is whole: those that
    /// are yet to be counted, as many as fit into memory.
    fn histograms_to_load(&self) -> impl Iterator<Item = String> {
        let most = if self.is_picture_whole() { MOST_VALUES / self.loaded.n_obs().max(1) } else { 0 };
        self.columns
            .iter()
            .filter(|column| column.kind == ColumnKind::Continuous && self.in_sight.contains(&column.name))
            .take(most)
            .map(|column| column.name.clone())
            .filter(|name| !self.engine.is_counted(&DimensionKey::Obs(name.clone())))
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// Drops what was not used for the longest time, until the rest fits.
    fn evict(&mut self, needs: &BTreeSet<DataKey>) {
        // Labels are not among these: they are small, and counts go by them.
        let kept = self.loaded.sizes_of_numbers();
        // A histogram that has yet to be counted needs its values.
        let is_waiting = |key: &DataKey| {
            key.column().is_some_and(|name| !self.engine.is_counted(&DimensionKey::Obs(name.to_owned())))
        };
        let waiting = kept.iter().map(|(key, _)| key).filter(|key| is_waiting(key)).cloned();
        let needed: BTreeSet<DataKey> = needs.iter().cloned().chain(waiting).collect();
        for key in self.eviction.surplus(&kept, &needed, LIMIT_BYTES) {
            self.loaded.forget(&key);
            // A gene that is not listed has no histogram; columns and means do.
            if let DataKey::Gene(gene) = key {
                self.engine.forget(&DimensionKey::Gene(gene));
            }
        }
    }
}

/// The layer, as the state names it, of genes that data are of; `None` where they are of none.
fn layer_of_genes(key: &DataKey) -> Option<Option<&str>> {
    match key {
        DataKey::Gene(gene) => Some(gene.layer.as_deref()),
        DataKey::Mean(mean) => Some(mean.layer()),
        DataKey::Column(_) | DataKey::Embedding(_) | DataKey::Categories(_) | DataKey::GeneTable(_) | DataKey::Rows => {
            None
        }
    }
}

/// How soon data are wanted: what colors the picture comes with it.
fn urgency(key: &DataKey, color: Option<&DataKey>) -> Urgency {
    match key {
        DataKey::Column(_) if Some(key) != color => Urgency::Soon,
        DataKey::Categories(_) | DataKey::GeneTable(_) | DataKey::Rows => Urgency::Soon,
        DataKey::Column(_) | DataKey::Gene(_) | DataKey::Mean(_) | DataKey::Embedding(_) => Urgency::Now,
    }
}

/// What is asked for first, at equal urgency.
fn precedence(key: &DataKey) -> u8 {
    match key {
        DataKey::Embedding(_) => 0,
        DataKey::Column(_) => 1,
        DataKey::Categories(_) => 2,
        DataKey::GeneTable(_) => 3,
        DataKey::Mean(_) => 4,
        DataKey::Gene(_) => 5,
        DataKey::Rows => 6,
    }
}

/// The picture.
impl Session {
    /// Turns to the embedding of a key, or to the default one.
    pub fn show(&mut self, key: Option<&str>) -> Show {
        let Some((index, entry)) = self.embedding_to_show(key) else { return Show::Nothing };
        if self.shown == Some(index) {
            return Show::Nothing;
        }
        let key = DataKey::Embedding(entry.key.clone());
        let ready = match self.loaded.slot(&key) {
            Some(Slot::Failed) => return Show::Nothing,
            Some(Slot::Ready(Data::Embedding(embedding))) => Some(Arc::clone(embedding)),
            Some(Slot::Ready(_) | Slot::Loading) | None => None,
        };
        self.shown = Some(index);
        self.turn += 1;
        match ready {
            Some(embedding) => {
                self.sample = PositionSample::of(&embedding, &self.point_tiles);
                self.is_placed = true;
                self.drawn = Some((index, self.turn));
                self.repaint = Repaint::All;
                Show::Place(embedding)
            }
            None => {
                self.sample = PositionSample::default();
                self.is_placed = false;
                self.loaded.arrive(key, Slot::Loading);
                Show::Load(index)
            }
        }
    }

    /// The embedding could not be loaded: it may be shown again once that is forgotten.
    pub fn stop_showing(&mut self) {
        self.shown = None;
    }

    /// Another embedding was shown before all of one had come: it is asked for again when it is needed.
    pub fn give_up(&mut self, index: usize) {
        if self.shown != Some(index)
            && let Some(entry) = self.manifest.embeddings.get(index)
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
        let drawn = self.shown.map(|index| (index, self.turn));
        std::mem::replace(&mut self.drawn, drawn) != drawn
    }

    /// The embedding that the picture is of: the one asked for, or, until its first positions come, the former one.
    pub fn embedding_drawn(&self, key: Option<&str>) -> Option<&EmbeddingEntry> {
        let drawn = self.drawn.and_then(|(index, _)| self.manifest.embeddings.get(index));
        drawn.or_else(|| self.embedding_to_show(key).map(|(_, entry)| entry))
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
    fn is_picture_whole(&self) -> bool {
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
        let selection = self.engine.sync(&analysis.query, &self.loaded, &mut self.repaint);
        let label_of = |gene: &GeneKey| self.loaded.gene_label(&self.manifest, gene);
        let color = self.painter.sync(analysis, opacity, &self.loaded, label_of);
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

    /// The cells to paint again since this was called last.
    pub fn take_repaint(&mut self) -> Repaint {
        std::mem::take(&mut self.repaint)
    }

    /// How cells are drawn.
    pub fn paint(&self) -> Paint<'_> {
        Paint {
            indices: self.painter.indices(),
            is_by_value: self.painter.is_by_value(),
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
        let (_, entry) = self.embedding_to_show(embedding)?;
        self.loaded.embedding(&entry.key)?;
        let subset = self.engine.subset().to_vec();
        Some(CentroidBasis { column: column.clone(), embedding: entry.key.clone(), subset })
    }

    /// The labels of a column and the middles of their cells in view.
    pub fn label_centroids(&self, basis: &CentroidBasis) -> Vec<LabelCentroid> {
        let CentroidBasis { column: name, embedding, .. } = basis;
        let column = self.loaded.column(&DataKey::Column(name.clone())).map(AsRef::as_ref);
        let (Some(Column::Categorical(column)), Some(embedding)) = (column, self.loaded.embedding(embedding)) else {
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
                n_cells: centroid.n_cells,
            })
        });
        centroids.collect()
    }
}

/// Numbers and texts.
impl Session {
    /// Cells selected, in view, and in all.
    pub fn numbers(&self) -> (u64, u64, u64) {
        (self.engine.n_selected(), self.engine.n_visible(), self.loaded.n_obs() as u64)
    }

    /// Counts of the labels of a column.
    pub fn label_counts(&mut self, column: &str) -> Option<GroupCounts> {
        self.engine.label_counts(column, &self.loaded)
    }

    /// The histogram of a continuous column, a gene or a mean.
    pub fn histogram(&mut self, key: &DimensionKey) -> Option<BinCounts> {
        self.engine.histogram(key, &self.loaded)
    }

    /// Labels, counts and colors of a column, when they are there.
    pub fn categories(&self, column: &str) -> Option<Arc<Categories>> {
        self.loaded.categories(column).cloned()
    }

    /// The code of a label, when the column's labels are there.
    pub fn label_code(&self, column: &str, label: &str) -> Option<u32> {
        let labels = &self.loaded.categories(column)?.labels;
        labels.iter().position(|known| known == label).map(|code| code as u32)
    }

    /// The cells of a cell set, when the data that it takes are there.
    pub fn cells_of(&self, source: &CellSource) -> Option<CellMask> {
        self.loaded.source_mask(source)
    }

    /// How many of the cells in view an embedding has positions of; `None` where that is not known before they are
    /// loaded.
    pub fn n_positioned(&self, entry: &EmbeddingEntry) -> Option<u64> {
        let Some(visible) = self.engine.visible() else { return Some(u64::from(entry.n_positioned)) };
        if entry.n_positioned == self.manifest.n_obs {
            return Some(self.engine.n_visible());
        }
        let embedding = self.loaded.embedding(&entry.key)?;
        let is_counted = |&(&x, &is_visible): &(&u16, &u8)| is_visible != 0 && x != NO_POSITION;
        Some(embedding.xs.iter().zip(visible.as_bytes()).filter(is_counted).count() as u64)
    }

    /// A cell's value in what colors the cells, as text: that of a column in full, of expression to four digits. `None`
    /// where it is not there, or the page's numbers are rounded ([`Session::rounded_column`]).
    pub fn value_of(&self, analysis: &Analysis, cell: CellIdx) -> Option<String> {
        let missing = || "missing".to_owned();
        let key = analysis.color_data()?;
        match self.loaded.column(&key)?.as_ref() {
            Column::Continuous(column) => {
                let value = *column.values.get(cell.0 as usize)?;
                let entry = self.entry_of(&key);
                if value.is_nan() {
                    return Some(missing());
                }
                match entry {
                    None => Some(format::significant(f64::from(value), 4)),
                    Some(entry) if entry.has_exact() => None,
                    Some(entry) => Number::from_f32(entry.number, value).map(|number| number.to_string()),
                }
            }
            Column::Categorical(column) => {
                let label = column.categories.get(column.codes.get(cell) as usize);
                Some(label.cloned().unwrap_or_else(missing))
            }
        }
    }

    /// The column that colors the cells, where the page draws rounded numbers and the dataset has the file's own.
    pub fn rounded_column(&self, analysis: &Analysis) -> Option<&str> {
        self.entry_of(&analysis.color_data()?).filter(|entry| entry.has_exact()).map(|entry| entry.name.as_str())
    }

    /// The dataset's column of a key; `None` of other data, and of the user's own columns.
    fn entry_of(&self, key: &DataKey) -> Option<&ColumnEntry> {
        self.manifest.column(key.column()?)
    }
}
