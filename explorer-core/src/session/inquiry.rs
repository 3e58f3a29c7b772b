//! Questions about some cells, as the worker that answers them is asked.

use serde::{Deserialize, Serialize};
use shared_fbs::{
    manifest::{Layer, Manifest},
    tile,
};

use super::Session;
use crate::{
    data::Column,
    de::Moments,
    filter::CellMask,
    state::DataKey,
    statistics::{AnswerRecord, LabelShare, label_shares},
};

/// Labels of each column, markers, and labels that the cells are like, as `tile-server describe` has them.
const MOST_OF_EACH: usize = 5;

/// What some cells are: all that it takes but for tiles and the payload.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PortraitQuestion {
    /// What the answer is about.
    pub record: AnswerRecord,
    /// The layer, by its index.
    pub layer: u32,
    /// The column whose labels the cells may be like; none where nothing is stored of them.
    pub nearest_of: Option<String>,
    /// The labels of the user's own columns that the cells have.
    pub own: Vec<(String, Vec<LabelShare>)>,
    /// Labels, markers and likenesses of each kind, at most.
    pub most: u32,
    /// Bytes of the moments of the cells in the payload.
    pub n_bytes: u32,
}

/// The genes that go with a number: all that it takes but for the names of the genes and their r.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CorrelationQuestion {
    /// What the answer is about.
    pub record: AnswerRecord,
    /// The layer, by its index.
    pub layer: u32,
    /// What the genes are correlated with.
    pub with: String,
    /// The gene that they are correlated with, by its number.
    pub gene: Option<u32>,
    /// Cells that count.
    pub n_cells: u32,
}

/// How many bytes a correlation of all genes reads of a dataset, about.
pub fn correlation_bytes(manifest: &Manifest, layer: Option<&str>) -> u64 {
    let layer = manifest.statistics_layer_named(layer).ok();
    layer.and_then(|(_, layer)| manifest.pack_named(&layer.pack)).map_or(0, |pack| pack.n_bytes)
}

impl AnswerRecord {
    /// That of an answer about some cells of a dataset in a layer; `cells` is empty where they are all.
    pub fn of(manifest: &Manifest, layer: &Layer, cells: String) -> Self {
        Self {
            dataset: manifest.title.clone().or_else(|| manifest.source.clone()).unwrap_or_default(),
            cells,
            layer: layer.name.clone(),
            cautions: layer.cautions.clone(),
        }
    }
}

impl PortraitQuestion {
    /// The question about some cells of a universe, and what comes with it: one byte per cell (0 outside of the universe, 1
    /// in it, 2 for the cells), then the moments of the cells and of all others as tiles.
    pub fn new(
        record: AnswerRecord,
        (layer, nearest_of): (usize, Option<String>),
        own: Vec<(String, Vec<LabelShare>)>,
        [cells, universe]: [&CellMask; 2],
        moments: &[Moments; 2],
    ) -> (Self, Vec<u8>) {
        let [inside, rest] = moments.each_ref().map(|moments| moments.to_tile().encode());
        let places = universe.as_bytes().iter().zip(cells.as_bytes()).map(|(universe, cell)| universe + cell);
        let payload = places.chain(inside.iter().copied()).chain(rest).collect();
        let (layer, most, n_bytes) = (layer as u32, MOST_OF_EACH as u32, inside.len() as u32);
        (Self { record, layer, nearest_of, own, most, n_bytes }, payload)
    }

    /// The cells and the universe of a payload, and the tiles of both moments; `None` where it is none.
    pub fn read_payload(&self, payload: &[u8], n_obs: usize) -> Option<([CellMask; 2], [tile::Moments; 2])> {
        let (places, tiles) = payload.split_at_checked(n_obs)?;
        let (inside, rest) = tiles.split_at_checked(self.n_bytes as usize)?;
        let masks = [2, 1].map(|least| CellMask::from_fn(n_obs, |cell| places[cell] >= least));
        Some((masks, [tile::Moments::decode(inside).ok()?, tile::Moments::decode(rest).ok()?]))
    }
}

impl Session {
    /// The labels of each of the user's own columns that some cells of a universe have; those that are built.
    pub fn own_label_shares(&self, cells: &CellMask, universe: &CellMask) -> Vec<(String, Vec<LabelShare>)> {
        let shares = |name: &String| match self.loaded().column(&DataKey::Column(name.clone()))?.as_ref() {
            Column::Categorical(column) => Some((name.clone(), label_shares(column, cells, universe, MOST_OF_EACH))),
            Column::Continuous(_) => None,
        };
        self.columns()
            .iter()
            .map(|column| &column.name)
            .filter(|name| self.columns().is_own(name))
            .filter_map(shares)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::de::GeneMoments;

    #[test]
    fn a_payload_is_read_as_it_was_written() {
        let cells = CellMask::from_bytes(vec![0, 1, 0, 1]);
        let universe = CellMask::from_bytes(vec![0, 1, 1, 1]);
        let moments = |n_cells| Moments {
            n_cells,
            entries: vec![GeneMoments::default(), GeneMoments { n_nonzero: 1, sum: 3, sum_sq: 9 }],
        };
        let moments = [moments(2), moments(1)];
        let (question, payload) =
            PortraitQuestion::new(AnswerRecord::default(), (0, None), Vec::new(), [&cells, &universe], &moments);
        let (masks, tiles) = question.read_payload(&payload, 4).unwrap();
        assert_eq!(masks, [cells, universe]);
        assert_eq!(tiles.map(|tile| Moments::from_tile(&tile, 2).unwrap()), moments);
        assert!(question.read_payload(&payload[..5], 4).is_none());
    }
}
