//! Cells saved as an AnnData file: what it takes, and what the file holds besides what the dataset has of them.

use serde::{Deserialize, Serialize};

use super::{Bounds, SaveExtent, Session};
use crate::{
    dataset::SubsetEstimate,
    filter::CellMask,
    state::{Analysis, OwnColumn},
};

/// What a file of cells holds besides what the dataset has of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SubsetAdditions {
    /// What the cells are, in words: the filters in force.
    pub filter: String,
    /// Columns of the user's own.
    pub own_columns: Vec<OwnColumn>,
}

impl Session {
    /// The cells that are saved.
    pub fn cells_to_save(&self, extent: SaveExtent) -> CellMask {
        match extent {
            SaveExtent::Selected => self.selected(),
            SaveExtent::InView => {
                self.in_view().cloned().unwrap_or_else(|| CellMask::all(self.manifest().n_obs as usize))
            }
        }
    }

    /// What it takes to save cells as an AnnData file.
    pub fn subset_estimate(&self, extent: SaveExtent) -> SubsetEstimate {
        SubsetEstimate::new(self.manifest(), &self.cells_to_save(extent))
    }

    /// What the file holds besides.
    pub fn subset_additions(&self, analysis: &Analysis, extent: SaveExtent) -> SubsetAdditions {
        let mut levels = analysis.query.subset.clone();
        if extent == SaveExtent::Selected {
            levels.push(analysis.query.filters.clone());
        }
        SubsetAdditions { filter: self.levels_text(&levels, Bounds::Exact), own_columns: analysis.own_columns.clone() }
    }
}
