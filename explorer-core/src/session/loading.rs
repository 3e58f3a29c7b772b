//! Which data are loaded, kept and let go of.

use std::collections::BTreeSet;

use shared_fbs::manifest::ColumnKind;

use super::{Data, Session, Slot};
use crate::{
    data::Continuous,
    sorting::{set_of, sort_by_key},
    state::{Analysis, DataKey, DimensionKey, GeneKey},
};

/// Bytes for each cell of genes, means and continuous columns that are kept beyond the tiles' own cache, those in use
/// included: sixteen of them. What a page opens beyond that comes back from the cache of tiles, mostly.
const LIMIT_BYTES_PER_CELL: usize = 64;

/// The least and the most bytes of these: 170 genes of 70 000 cells, or eleven of 4.3 million.
const LIMIT_BYTES: [usize; 2] = [48 << 20, 192 << 20];

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

impl Session {
    /// Notes that data are on their way; false where they have been asked for before.
    pub fn ask(&mut self, key: &DataKey) -> bool {
        self.loaded.ask(key)
    }

    /// Keeps data that have arrived, or the failure.
    pub fn arrive(&mut self, key: DataKey, slot: Slot<Data>) {
        let are_rows = key == DataKey::Rows;
        self.loaded.arrive(key, slot);
        if are_rows {
            self.build_own_columns();
        }
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
        self.take_own_columns(&analysis.own_columns);
        let mut wanted = self.with_plots(needs);
        self.evict(&set_of(needs.union(&wanted).cloned()));
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
        wanted.retain(|key| !self.is_own(key) && self.loaded.ask(key));
        let color = analysis.color_data();
        let mut wanted: Vec<(DataKey, Urgency)> = wanted
            .into_iter()
            .map(|key| (urgency(&key, color.as_ref()), key))
            .map(|(urgency, key)| (key, urgency))
            .collect();
        sort_by_key(&mut wanted, |(key, _)| precedence(key));
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
        let needed = set_of(needs.iter().cloned().chain(waiting));
        let [least, most] = LIMIT_BYTES;
        let limit_bytes = (self.manifest().n_obs as usize * LIMIT_BYTES_PER_CELL).clamp(least, most);
        for key in self.eviction.surplus(&kept, &needed, limit_bytes) {
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
