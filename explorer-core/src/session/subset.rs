//! Cells saved as an AnnData file: what it takes, and what the file holds besides what the dataset has of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Bounds, SaveExtent, Session, Unit};
use crate::{
    dataset::SubsetEstimate,
    filter::CellMask,
    format::{bytes, compact, duration},
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

impl SubsetEstimate {
    /// What it takes, where the reading takes so long; or what to do where a browser cannot.
    pub fn text(&self, millis: f64, unit: Unit) -> String {
        let cells = unit.count(self.n_cells);
        let (values, memory) = (compact(self.n_values), bytes(self.memory_bytes));
        if self.fits_browser() {
            let time = duration(Duration::from_secs_f64((millis / 1000.0).max(1.0).ceil()));
            let read = bytes(self.read_bytes);
            return format!(
                "{cells}, about {values} values: reads about {read} and takes about {memory} of memory; about {time}"
            );
        }
        format!(
            "{cells}, about {values} values, are too many for a file made in the browser: it would take about {memory} of \
             memory. Select fewer, or save their ids and run: tile-server subset DATASET --cells-file IDS.txt --out \
             NEW.h5ad"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_says_what_it_takes_or_what_to_do() {
        let small = SubsetEstimate { n_cells: 700, n_values: 174_000, read_bytes: 420_000, memory_bytes: 3_200_000 };
        assert!(small.fits_browser());
        assert_eq!(
            small.text(1200.0, Unit::Cells),
            "700 cells, about 174k values: reads about 420 kB and takes about 3.2 MB of memory; about 2.0 s"
        );
        let large = SubsetEstimate { memory_bytes: 4 << 30, ..small };
        assert!(!large.fits_browser());
        let told = large.text(0.0, Unit::Spots);
        assert!(told.contains("tile-server subset") && told.starts_with("700 spots"), "{told}");
    }
}
