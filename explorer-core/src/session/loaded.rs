//! What has been loaded of a dataset: nothing of it is state, all of it can be loaded again.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use shared_fbs::{manifest::Manifest, tile::Categories};

use super::{Data, GeneTable, Slot, as_labels::AsLabels};
use crate::{
    data::{Categorical, CellRows, Column, Continuous, Embedding},
    dataset::lookup,
    filter::{CellMask, QueryError, Source, dimension_mask, list_mask, query_mask},
    state::{Analysis, CellQuery, CellSource, ColorBy, DataKey, DimensionFilter, DimensionKey, GeneKey},
};

/// All that was asked for, by its key.
#[derive(Debug, Default)]
pub struct Loaded {
    n_obs: usize,
    slots: HashMap<DataKey, Slot<Data>>,
    /// The gene that is to color the cells, as far as it is there: NaN in all other cells.
    partial_gene: Option<(GeneKey, Arc<Continuous>)>,
    /// Columns of numbers that are shown as labels.
    as_labels: AsLabels,
}

impl Loaded {
    /// Nothing yet of a dataset of `n_obs` cells.
    pub fn new(n_obs: usize) -> Self {
        Self { n_obs, ..Self::default() }
    }

    /// Number of cells.
    pub fn n_obs(&self) -> usize {
        self.n_obs
    }

    /// Notes that data are on their way; false where they have been asked for before.
    pub fn ask(&mut self, key: &DataKey) -> bool {
        let is_new = !self.slots.contains_key(key);
        if is_new {
            self.slots.insert(key.clone(), Slot::Loading);
        }
        is_new
    }

    /// Keeps data that have arrived, or the failure.
    ///
    /// # Panics
    /// When built for debugging and the data are not what the key stands for.
    pub fn arrive(&mut self, key: DataKey, slot: Slot<Data>) {
        debug_assert!(slot.ready().is_none_or(|data| data.suits(&key)), "{key:?} cannot be {slot:?}");
        if let DataKey::Gene(gene) = &key {
            self.partial_gene.take_if(|(partial, _)| partial == gene);
        }
        if let (DataKey::Column(name), Some(Data::Column(column))) = (&key, slot.ready())
            && let Column::Continuous(values) = column.as_ref()
        {
            self.as_labels.arrive(name, values);
        }
        self.slots.insert(key, slot);
    }

    /// Keeps a part of a gene's expression while the whole of it is on its way: NaN in all other cells.
    pub fn arrive_in_part(&mut self, gene: GeneKey, values: Continuous) {
        self.partial_gene = Some((gene, Arc::new(values)));
    }

    /// Forgets data, so that they are asked for again when they are needed.
    pub fn forget(&mut self, key: &DataKey) {
        self.slots.remove(key);
    }

    /// Forgets what failed, so that it is asked for again.
    pub fn forget_failures(&mut self) {
        self.slots.retain(|_, slot| !matches!(slot, Slot::Failed));
    }

    /// What became of data; `None` where they have not been asked for.
    pub fn slot(&self, key: &DataKey) -> Option<&Slot<Data>> {
        self.slots.get(key)
    }

    /// Whether data are there.
    pub fn is_ready(&self, key: &DataKey) -> bool {
        self.ready(key).is_some()
    }

    /// Whether some data are on their way.
    pub fn is_loading(&self) -> bool {
        self.slots.values().any(|slot| matches!(slot, Slot::Loading))
    }

    /// Whether data could not be loaded.
    pub fn has_failed(&self, key: &DataKey) -> bool {
        matches!(self.slots.get(key), Some(Slot::Failed))
    }

    fn ready(&self, key: &DataKey) -> Option<&Data> {
        self.slots.get(key)?.ready()
    }

    /// A label or number per cell: of a column, a gene or a mean.
    pub fn column(&self, key: &DataKey) -> Option<&Arc<Column>> {
        match self.ready(key)? {
            Data::Column(column) => Some(column),
            Data::Embedding(_) | Data::Categories(_) | Data::GeneTable(_) | Data::Rows(_) => None,
        }
    }

    /// A number per cell: of a continuous column, a gene or a mean.
    pub fn numbers(&self, key: &DataKey) -> Option<&Continuous> {
        match self.column(key)?.as_ref() {
            Column::Continuous(values) => Some(values),
            Column::Categorical(_) => None,
        }
    }

    /// Every key whose data are numbers, with their size in bytes.
    pub fn sizes_of_numbers(&self) -> Vec<(DataKey, usize)> {
        let size = |key: &DataKey| Some((key.clone(), size_of_val(self.numbers(key)?.values.as_slice())));
        self.slots.keys().filter_map(size).collect()
    }

    /// A part of a gene's expression, while the whole of it is on its way.
    pub fn part_of_gene(&self, gene: &GeneKey) -> Option<&Arc<Continuous>> {
        self.partial_gene.as_ref().filter(|(partial, _)| partial == gene).map(|(_, values)| values)
    }

    /// Shows these columns of numbers as labels, as far as they have come and can be, and no others; returns those that
    /// were shown otherwise before.
    pub fn take_as_labels(&mut self, asked: &BTreeSet<String>) -> Vec<String> {
        let Self { slots, as_labels, .. } = self;
        let numbers = |name: &str| match slots.get(&DataKey::Column(name.to_owned()))?.ready()? {
            Data::Column(column) => match column.as_ref() {
                Column::Continuous(values) => Some(values),
                Column::Categorical(_) => None,
            },
            Data::Embedding(_) | Data::Categories(_) | Data::GeneTable(_) | Data::Rows(_) => None,
        };
        as_labels.follow(asked, numbers)
    }

    /// Whether the numbers of a column can be labels; `None` before they have come.
    pub fn can_be_labels(&self, column: &str) -> Option<bool> {
        self.as_labels.can_be(column)
    }

    /// A label per cell: of a categorical column, or of one of numbers that are shown as labels.
    pub fn labels(&self, column: &str) -> Option<&Categorical> {
        if let Some((labels, _)) = self.as_labels.get(column) {
            return Some(labels);
        }
        match self.column(&DataKey::Column(column.to_owned()))?.as_ref() {
            Column::Categorical(labels) => Some(labels),
            Column::Continuous(_) => None,
        }
    }

    /// An embedding, by its key in `obsm`.
    pub fn embedding(&self, key: &str) -> Option<&Arc<Embedding>> {
        match self.ready(&DataKey::Embedding(key.to_owned()))? {
            Data::Embedding(embedding) => Some(embedding),
            Data::Column(_) | Data::Categories(_) | Data::GeneTable(_) | Data::Rows(_) => None,
        }
    }

    /// The labels of a categorical column, or of one of numbers that are shown as labels.
    pub fn categories(&self, column: &str) -> Option<&Arc<Categories>> {
        if let Some((_, categories)) = self.as_labels.get(column) {
            return Some(categories);
        }
        match self.ready(&DataKey::Categories(column.to_owned()))? {
            Data::Categories(categories) => Some(categories),
            Data::Column(_) | Data::Embedding(_) | Data::GeneTable(_) | Data::Rows(_) => None,
        }
    }

    /// The genes of the layers over one table, by the name that it goes by.
    pub fn gene_table(&self, layer: &str) -> Option<&Arc<GeneTable>> {
        match self.ready(&DataKey::GeneTable(layer.to_owned()))? {
            Data::GeneTable(table) => Some(table),
            Data::Column(_) | Data::Embedding(_) | Data::Categories(_) | Data::Rows(_) => None,
        }
    }

    /// What a gene is shown as: its id, until the names of its layer's genes are there.
    pub fn gene_label(&self, manifest: &Manifest, key: &GeneKey) -> String {
        let layer = lookup::layer(manifest, key.layer.as_deref()).ok();
        let table = layer.and_then(|(_, layer)| self.gene_table(lookup::gene_table(manifest, layer)));
        table.map_or(key.gene.as_str(), |table| table.label_of(&key.gene)).to_owned()
    }

    /// The input's rows of all cells.
    pub fn rows(&self) -> Option<&Arc<CellRows>> {
        match self.ready(&DataKey::Rows)? {
            Data::Rows(rows) => Some(rows),
            Data::Column(_) | Data::Embedding(_) | Data::Categories(_) | Data::GeneTable(_) => None,
        }
    }

    /// Whether what colors the cells could not be loaded.
    pub fn has_color_failed(&self, analysis: &Analysis) -> bool {
        let key = analysis.color_data();
        let has_failed = key.as_ref().is_some_and(|key| self.has_failed(key));
        match &analysis.color {
            ColorBy::None => false,
            ColorBy::Obs(column) => has_failed || self.has_failed(&DataKey::Categories(column.clone())),
            color @ ColorBy::TwoGenes { .. } => color.pair().into_iter().flatten().any(|gene| {
                let key = DataKey::Gene(gene);
                self.has_failed(&key) || (!self.slots.contains_key(&key) && self.has_table_failed())
            }),
            ColorBy::Gene(_) | ColorBy::GeneSet { .. } => match key {
                // Genes are not asked for before the table of genes is there.
                Some(key) => has_failed || (!self.slots.contains_key(&key) && self.has_table_failed()),
                // A set without genes has no mean.
                None => true,
            },
        }
    }

    fn has_table_failed(&self) -> bool {
        self.slots.iter().any(|(key, slot)| matches!((key, slot), (DataKey::GeneTable(_), Slot::Failed)))
    }

    fn source(&self, key: &DimensionKey) -> Option<Source<'_>> {
        match self.ready(&key.data()?)? {
            Data::Column(column) => Some(Source::from(column.as_ref())),
            Data::Embedding(embedding) => Some(Source::Embedding(embedding)),
            Data::Rows(rows) => Some(Source::Rows(rows)),
            Data::Categories(_) | Data::GeneTable(_) => None,
        }
    }

    /// The cells that pass one filter; `None` while its data are not there. A filter that does not
    /// suit its column (from a link to another dataset) lets all pass.
    pub fn dimension_mask(&self, key: &DimensionKey, filter: DimensionFilter<'_>) -> Option<CellMask> {
        self.unless_missing(dimension_mask(key, filter, self.n_obs, &|key| self.source(key)))
    }

    /// The cells of a query, by the same rules.
    pub fn query_mask(&self, query: &CellQuery) -> Option<CellMask> {
        self.unless_missing(query_mask(query, self.n_obs, &|key| self.source(key)))
    }

    /// The cells of a cell set, by the same rules. Listed rows that the input does not have are left out.
    pub fn source_mask(&self, source: &CellSource) -> Option<CellMask> {
        match source {
            CellSource::Query(query) => self.query_mask(query),
            CellSource::Cells(list) => Some(list_mask(list, self.n_obs, self.rows()?)),
        }
    }

    fn unless_missing(&self, mask: Result<CellMask, QueryError>) -> Option<CellMask> {
        match mask {
            Ok(mask) => Some(mask),
            Err(QueryError::NotLoaded(_)) => None,
            Err(QueryError::Predicate(_)) => Some(CellMask::all(self.n_obs)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{Categorical, Codes},
        state::{CellList, Filters, Label, LabelFilter, ObsFilter, Range},
    };

    fn score() -> DataKey {
        DataKey::Column("score".to_owned())
    }

    fn with_score() -> Loaded {
        let mut loaded = Loaded::new(3);
        loaded.arrive(score(), Slot::Ready(Continuous { values: vec![0.0, 1.0, f32::NAN] }.into()));
        loaded
    }

    fn query(filter: ObsFilter) -> CellQuery {
        let filters = Filters { obs: [("score".to_owned(), filter)].into(), ..Filters::default() };
        CellQuery { filters, ..CellQuery::default() }
    }

    #[test]
    fn what_is_on_its_way_is_not_asked_for_twice() {
        let mut loaded = Loaded::new(3);
        assert!(loaded.ask(&score()));
        assert!(!loaded.ask(&score()));
        loaded.forget(&score());
        assert!(loaded.ask(&score()));
    }

    #[test]
    fn a_failure_is_asked_for_again_once_it_is_forgotten() {
        let mut loaded = with_score();
        let gene = DataKey::Gene(GeneKey::new("LYZ"));
        loaded.arrive(gene.clone(), Slot::Failed);
        assert!(loaded.has_failed(&gene) && !loaded.ask(&gene));
        loaded.forget_failures();
        assert!(loaded.ask(&gene) && loaded.is_ready(&score()));
    }

    #[test]
    fn a_query_has_no_cells_before_its_data_are_there() {
        let query = query(ObsFilter::Range(Range::new(0.5, 2.0).unwrap()));
        assert_eq!(Loaded::new(3).query_mask(&query), None);
        assert_eq!(with_score().query_mask(&query), Some(CellMask::from_bytes(vec![0, 1, 0])));
    }

    #[test]
    fn labels_of_numbers_are_found_whether_they_are_shown_so_or_not() {
        let query = query(ObsFilter::Labels(LabelFilter::Only([Label::named("1")].into())));
        let mut loaded = with_score();
        let one = Some(CellMask::from_bytes(vec![0, 1, 0]));
        assert_eq!(loaded.query_mask(&query), one);
        assert_eq!(loaded.take_as_labels(&["score".to_owned()].into()), ["score"]);
        assert_eq!(loaded.query_mask(&query), one);
        let labels = loaded.labels("score").map(|labels| labels.categories.to_vec());
        assert_eq!(labels, Some(vec!["0".to_owned(), "1".to_owned()]));
        assert_eq!(loaded.categories("score").map(|categories| categories.counts.clone()), Some(vec![1, 1, 1]));
        assert_eq!(loaded.take_as_labels(&["score".to_owned()].into()), [""; 0]);
        assert_eq!(loaded.take_as_labels(&[].into()), ["score"]);
        assert!(loaded.labels("score").is_none());
    }

    #[test]
    fn numbers_that_are_to_be_labels_are_so_as_soon_as_they_come() {
        let mut loaded = Loaded::new(3);
        assert_eq!(loaded.take_as_labels(&["score".to_owned()].into()), [""; 0]);
        let values = with_score().column(&score()).unwrap().clone();
        loaded.arrive(score(), Slot::Ready(Data::Column(values)));
        assert!(loaded.labels("score").is_some() && loaded.categories("score").is_some());
        assert_eq!(loaded.take_as_labels(&["score".to_owned()].into()), ["score"]);
        assert_eq!(loaded.take_as_labels(&["score".to_owned()].into()), [""; 0]);
    }

    #[test]
    fn a_filter_that_does_not_suit_its_column_lets_all_pass() {
        let mut loaded = with_score();
        let labels = Categorical { codes: Codes::U8(vec![0; 3]), categories: ["T".to_owned()].into(), ordered: false };
        loaded.arrive(score(), Slot::Ready(Column::Categorical(labels).into()));
        let query = query(ObsFilter::Range(Range::ALL));
        assert_eq!(loaded.query_mask(&query), Some(CellMask::all(3)));
    }

    #[test]
    fn a_list_is_of_rows_and_those_that_the_input_does_not_have_are_left_out() {
        let list = CellSource::Cells(CellList::new([1, 7].into()));
        let mut loaded = with_score();
        assert_eq!(loaded.source_mask(&list), None);
        let rows = CellRows::new(vec![2, 0, 1]).expect("each row is there once");
        loaded.arrive(DataKey::Rows, Slot::Ready(rows.into()));
        assert_eq!(loaded.source_mask(&list), Some(CellMask::from_bytes(vec![0, 0, 1])));
    }

    #[test]
    fn a_gene_has_failed_as_long_as_no_table_can_tell_its_number() {
        let mut loaded = Loaded::new(3);
        let analysis = Analysis { color: ColorBy::Gene(GeneKey::new("LYZ")), ..Analysis::default() };
        assert!(!loaded.has_color_failed(&analysis));
        loaded.arrive(DataKey::GeneTable("X".to_owned()), Slot::Failed);
        assert!(loaded.has_color_failed(&analysis));
        loaded.ask(&DataKey::Gene(GeneKey::new("LYZ")));
        assert!(!loaded.has_color_failed(&analysis));
    }
}
