//! An open dataset and all that was made of it.

use std::{collections::BTreeSet, rc::Rc, sync::Arc};

use explorer_core::{
    data::{CellIdx, Column},
    format,
    state::{Analysis, ColorBy, DimensionKey},
};
use shared_fbs::tile::Categories;

use super::{
    BinCounts, Colors, GeneTable, GroupCounts, engine::Engine, keep::Keeper, loaded::Loaded, painter::Painter,
    sight::Sketch,
};
use crate::{
    bridge::{Paint, Scene},
    fetch::Dataset,
    worker::Pool,
};

/// An open dataset with what was loaded of it, filtered and coloured.
pub struct Session {
    /// Its tiles.
    pub dataset: Dataset,
    /// What was loaded.
    pub loaded: Loaded,
    pub(super) pool: Rc<Pool>,
    pub(super) engine: Engine,
    pub(super) painter: Painter,
    pub(super) scene: Scene,
    /// Whether the scene's styles are out of date.
    pub(super) needs_paint: bool,
    /// The embedding whose positions the scene has, or gets.
    pub(super) shown: Option<usize>,
    /// Counts the embeddings shown, one shown again included.
    pub(super) turn: u32,
    /// Where a sample of the cells is in that embedding.
    pub(super) sketch: Sketch,
    pub(super) keeper: Keeper,
    /// Columns whose histograms have been in sight.
    pub(super) histograms: BTreeSet<String>,
}

impl Session {
    pub(super) fn new(dataset: Dataset, pool: Pool) -> Self {
        let n_obs = dataset.n_obs();
        Self {
            loaded: Loaded { n_obs, ..Loaded::default() },
            pool: Rc::new(pool),
            engine: Engine::new(n_obs),
            painter: Painter::new(),
            scene: Scene::new(n_obs as u32),
            needs_paint: true,
            shown: None,
            turn: 0,
            sketch: Sketch::default(),
            keeper: Keeper::default(),
            histograms: BTreeSet::new(),
            dataset,
        }
    }
}

impl Session {
    /// Cells selected, in view, and in all.
    pub fn numbers(&self) -> (u64, u64, u64) {
        (self.engine.n_selected(), self.engine.n_visible(), self.loaded.n_obs as u64)
    }

    /// How cells are coloured.
    pub fn colors(&self) -> &Colors {
        self.painter.colors()
    }

    /// Counts of the labels of a column.
    pub fn label_counts(&mut self, column: &str) -> Option<GroupCounts> {
        self.engine.label_counts(column, &self.loaded)
    }

    /// The histogram of a column or gene.
    pub fn histogram(&mut self, key: &DimensionKey) -> Option<BinCounts> {
        self.engine.histogram(key, &self.loaded)
    }

    /// Labels, counts and colours of a column, when they are there.
    pub fn categories(&self, column: &str) -> Option<Arc<Categories>> {
        self.loaded.categories.get(column)?.ready().cloned()
    }

    /// A cell's value in what colours the cells, as text.
    pub(super) fn value_of(&self, analysis: &Analysis, cell: CellIdx) -> Option<String> {
        let number = |value: f32| {
            if value.is_nan() { "missing".to_owned() } else { format::significant(f64::from(value), 4) }
        };
        match &analysis.color {
            ColorBy::None => None,
            ColorBy::Gene(key) => self.loaded.gene(key)?.values.get(cell.0 as usize).copied().map(number),
            ColorBy::GeneSet { .. } => {
                self.loaded.mean(&analysis.color_mean()?)?.values.get(cell.0 as usize).copied().map(number)
            }
            ColorBy::Obs(name) => match self.loaded.column(name)? {
                Column::Continuous(column) => column.values.get(cell.0 as usize).copied().map(number),
                Column::Categorical(column) => {
                    let label = column.categories.get(column.codes.get(cell) as usize);
                    Some(label.map_or_else(|| "missing".to_owned(), Clone::clone))
                }
            },
        }
    }

    /// The genes of a layer, when they are there.
    pub fn gene_table(&self, layer: Option<&str>) -> Option<Arc<GeneTable>> {
        let (layer, _) = self.dataset.layer(layer).ok()?;
        self.loaded.tables.get(&layer)?.ready().cloned()
    }

    /// Gives the points their colours, when anything about them has changed.
    pub(super) fn repaint(&mut self) {
        if !std::mem::take(&mut self.needs_paint) {
            return;
        }
        let paint = Paint { indices: self.painter.indices(), by_value: self.painter.is_by_value() };
        self.scene.paint(paint, &self.engine.selected(), self.engine.visible());
        self.scene.set_lut(self.painter.table().to_vec());
    }
}
