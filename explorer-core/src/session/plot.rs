//! A plot as whoever draws it is asked for it: a worker of the page, or the command line.

use serde::{Deserialize, Serialize};
use shared_fbs::manifest::Layer;

use crate::{color::Ground, grouping::Grouping, state::Plot};

/// A gene of a plot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlotGene {
    /// Its number in the layer.
    pub index: u32,
    /// Its id.
    pub id: String,
    /// What it is shown as.
    pub label: String,
}

/// All that a plot takes but for the tiles and, where it takes single cells, the group of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlotQuestion {
    /// What was asked.
    pub plot: Plot,
    /// The groups.
    pub grouping: Grouping,
    /// The tiles of the stored sums of every group's label, where these suffice; else empty.
    pub label_tiles: Vec<u32>,
    /// The layer, by its index.
    pub layer: u32,
    /// The genes that it has.
    pub genes: Vec<PlotGene>,
    /// What it is drawn on.
    pub ground: Ground,
    /// Title of the dataset.
    pub dataset: String,
    /// The filters outside of which no cell counts; empty where there are none.
    pub within: String,
    /// The layer, by its place in the file.
    pub layer_name: String,
    /// Why the numbers are not all that the file would give, as the layer has it.
    pub cautions: Vec<String>,
}

impl PlotQuestion {
    /// Whether it takes the group of every cell.
    pub fn takes_cells(&self) -> bool {
        self.plot.kind.has_genes() && self.label_tiles.is_empty()
    }

    /// The same of a layer.
    #[must_use]
    pub fn of_layer(mut self, index: usize, layer: &Layer) -> Self {
        self.layer = index as u32;
        self.layer_name.clone_from(&layer.name);
        self.cautions.clone_from(&layer.cautions);
        self
    }
}
