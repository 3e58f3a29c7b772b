//! An open dataset as the page works with it: what is loaded, filtered and colored.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use shared_fbs::{
    manifest::{Column as ColumnEntry, ColumnKind, Embedding as EmbeddingEntry, Manifest},
    order::TileCells,
    tile::Categories,
};

use super::{
    BinCounts, ColumnExists, Columns, Data, Engine, GroupCounts, LabelColumn, Loaded, LruEviction, MISSING_LABEL,
    Painter, PositionSample, Repaint, Slot, own::Own,
};
use crate::{
    data::{CellIdx, Column, NO_POSITION, Number, PlotRanges, label_order},
    filter::{CellMask, ValueScale},
    format,
    names::visible,
    state::{Analysis, CellSource, DataKey, DimensionKey, GeneKey},
};

/// What a change of the state or an arrival of data did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Other cells are selected or in view.
    pub selection: bool,
    /// The picture or its legend shows something else.
    pub picture: bool,
}

/// An open dataset with what was loaded of it, filtered and colored.
pub struct Session {
    pub(super) manifest: Arc<Manifest>,
    pub(super) columns: Columns,
    pub(super) loaded: Loaded,
    pub(super) engine: Engine,
    pub(super) painter: Painter,
    pub(super) eviction: LruEviction<DataKey>,
    pub(super) repaint: Repaint,
    pub(super) point_tiles: Vec<TileCells>,
    /// The key of the embedding or scatter plot whose positions the first panel has, or gets.
    pub(super) shown: Option<String>,
    /// Counts the embeddings shown, one shown again included.
    pub(super) turn: u32,
    /// The one whose positions it has by now, with the turn that they came in: until the first of another
    /// one's come, the former stay.
    pub(super) drawn: Option<(String, u32)>,
    /// Whether the picture has all of its embedding.
    pub(super) is_placed: bool,
    /// Where a sample of the cells is in that embedding.
    pub(super) sample: PositionSample,
    /// Columns whose histograms have been in sight.
    pub(super) in_sight: BTreeSet<String>,
    pub(super) own: Own,
    /// The ranges of scatter plots, by their keys.
    pub(super) plots: HashMap<String, PlotRanges>,
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
            own: Own::default(),
            plots: HashMap::new(),
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

    /// Adds a column of the user's own, which colors, filters and is compared by like any other, in place of the own one
    /// of that name.
    ///
    /// # Errors
    /// When the dataset has a column of that name.
    pub fn add_column(&mut self, own: &LabelColumn) -> Result<(), ColumnExists> {
        self.columns.add(own)?;
        let name = own.name().to_owned();
        self.loaded.arrive(DataKey::Column(name.clone()), Slot::Ready(Data::Column(Arc::clone(own.column()))));
        self.loaded
            .arrive(DataKey::Categories(name.clone()), Slot::Ready(Data::Categories(Arc::clone(own.categories()))));
        self.renew(&name);
        Ok(())
    }

    /// Removes a column of the user's own; whether there was one.
    pub fn remove_column(&mut self, name: &str) -> bool {
        let is_removed = self.columns.remove(name);
        if is_removed {
            self.loaded.forget(&DataKey::Column(name.to_owned()));
            self.loaded.forget(&DataKey::Categories(name.to_owned()));
            self.renew(name);
        }
        is_removed
    }
}

/// Numbers and texts.
impl Session {
    /// Cells selected, in view, and in all.
    pub fn numbers(&self) -> (u64, u64, u64) {
        (self.engine.n_selected(), self.engine.n_visible(), self.loaded.n_obs() as u64)
    }

    /// The cells that are selected.
    pub fn selected(&self) -> CellMask {
        self.engine.filter().selected()
    }

    /// The cells in view; `None` where these are all.
    pub fn in_view(&self) -> Option<&CellMask> {
        self.engine.visible()
    }

    /// Counts of the labels of a column.
    pub fn label_counts(&mut self, column: &str) -> Option<GroupCounts> {
        self.engine.label_counts(column, &self.loaded)
    }

    /// The histogram of a continuous column, a gene or a mean.
    pub fn histogram(&mut self, key: &DimensionKey) -> Option<BinCounts> {
        self.engine.histogram(key, &self.loaded)
    }

    /// How the bins of a histogram run.
    pub fn value_scale(&self, key: &DimensionKey) -> ValueScale {
        self.engine.value_scale(key)
    }

    /// Lets the bins of a histogram run otherwise.
    pub fn set_value_scale(&mut self, key: &DimensionKey, scale: ValueScale) {
        self.engine.set_value_scale(key, scale);
    }

    /// The cells in view that have no value of a dimension; `None` while its values are not there.
    pub fn cells_without(&self, key: &DimensionKey) -> Option<Vec<CellIdx>> {
        let values = self.loaded.numbers(&key.data()?)?;
        let cells = (0..).map(CellIdx).zip(&values.values).filter(|(_, value)| value.is_nan()).map(|(cell, _)| cell);
        Some(cells.filter(|&cell| self.in_view().is_none_or(|view| view.contains(cell))).collect())
    }

    /// Labels, counts and colors of a column, when they are there.
    pub fn categories(&self, column: &str) -> Option<Arc<Categories>> {
        self.loaded.categories(column).cloned()
    }

    /// The codes of a column's labels in the order that they are shown in, when its labels are there: an ordered column
    /// keeps its own.
    pub fn label_order(&self, column: &str) -> Option<Arc<[u32]>> {
        let labels = &self.loaded.categories(column)?.labels;
        let entry = self.columns.get(column);
        let is_ordered = entry.is_some_and(|entry| entry.ordered || entry.kind == ColumnKind::Continuous);
        Some(label_order(labels, is_ordered).into())
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
        let missing = || MISSING_LABEL.to_owned();
        if let Some(genes) = analysis.color.pair() {
            let value = |gene: GeneKey| {
                let value = *self.loaded.numbers(&DataKey::Gene(gene))?.values.get(cell.0 as usize)?;
                Some(if value.is_nan() { missing() } else { format::significant(f64::from(value), 4) })
            };
            let [first, second] = genes.map(value);
            return Some(format!("{} and {}", first?, second?));
        }
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
                Some(label.map_or_else(missing, |label| visible(label).into_owned()))
            }
        }
    }

    /// A cell's label in a column, as text; `None` where that is not there.
    pub fn label_of(&self, column: &str, cell: CellIdx) -> Option<String> {
        let labels = self.loaded.labels(column)?;
        let label = labels.categories.get(labels.codes.get(cell) as usize);
        Some(label.map_or_else(|| MISSING_LABEL.to_owned(), |label| visible(label).into_owned()))
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
