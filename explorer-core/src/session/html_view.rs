//! A view as one HTML file: what the page knows of it. The worker that writes the file reads the columns.

use serde::{Deserialize, Serialize};

use super::{Session, SubsetAdditions};
use crate::{
    data::CellIdx,
    filter::CellMask,
    format::integer,
    state::{AppState, OwnColumn},
};

/// Cells that an HTML file can be about: more make a file that is slow to open.
pub const MOST_HTML_CELLS: usize = 50_000;

/// A file of cells that a worker writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellsFile {
    /// The cells as AnnData.
    H5ad(SubsetAdditions),
    /// A picture of them as a page.
    Html(Box<HtmlView>),
}

/// What an HTML file holds besides what the dataset has of its cells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HtmlView {
    /// Its heading.
    pub title: String,
    /// What the cells are called: `cells`.
    pub unit: String,
    /// Which they are, in words; empty for all.
    pub filter: String,
    /// The address of the view.
    pub link: String,
    /// The picture, as a `data:` address.
    pub image: String,
    /// Its pixels for each CSS pixel.
    pub ratio: f64,
    /// Width and height of the part of it that has the points, in CSS pixels.
    pub size_px: [f64; 2],
    /// Where each cell of the mask is in that part, in their order: x and y in tenths of a CSS pixel.
    pub places: Vec<u16>,
    /// Columns of the dataset to tell of.
    pub columns: Vec<String>,
    /// Own columns to tell of.
    pub own_columns: Vec<OwnColumn>,
    /// Expression to tell of, by what it is called: the values of these cells.
    pub numbers: Vec<(String, Vec<Option<f32>>)>,
}

/// Cells that are in sight, and where each is in tenths of a CSS pixel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CellsInSight {
    /// The cells.
    pub cells: Vec<CellIdx>,
    /// x and y of each.
    pub places: Vec<u16>,
}

impl CellsInSight {
    /// Takes a cell that is so many CSS pixels from the left upper corner, where that is within the picture.
    pub fn add(&mut self, cell: CellIdx, at_px: [f64; 2], size_px: [f64; 2]) {
        let is_within = (0..2).all(|axis| (0.0..size_px[axis]).contains(&at_px[axis]));
        if is_within {
            self.cells.push(cell);
            self.places.extend(at_px.map(|px| (px * 10.0).round().min(f64::from(u16::MAX)) as u16));
        }
    }

    /// Why they make no HTML file.
    pub fn refused(&self) -> Option<String> {
        let (n_cells, most) = (self.cells.len(), integer(MOST_HTML_CELLS as u64));
        match n_cells {
            0 => Some("No cell is in sight that an HTML file could tell of.".to_owned()),
            _ if n_cells > MOST_HTML_CELLS => {
                let n_cells = integer(n_cells as u64);
                Some(format!(
                    "{n_cells} cells are in sight, and an HTML file tells of {most} at most: zoom in, or subset."
                ))
            }
            _ => None,
        }
    }

    /// The same as a mask of all cells.
    pub fn mask(&self, n_obs: usize) -> CellMask {
        let mut mask = vec![0; n_obs];
        for &CellIdx(cell) in &self.cells {
            mask[cell as usize] = 1;
        }
        CellMask::from_bytes(mask)
    }
}

impl Session {
    /// What an HTML file tells of cells: the columns on the hover card, and what colors them.
    pub fn html_view(&self, state: &AppState, cells: CellsInSight) -> HtmlView {
        let analysis = &state.view.analysis;
        let color = analysis.color_data();
        let mut names = state.transient.card.clone();
        names.extend(color.as_ref().and_then(|key| key.column()).map(str::to_owned));
        let mut columns: Vec<String> = Vec::new();
        for name in names {
            if self.manifest().column(&name).is_some() && !columns.contains(&name) {
                columns.push(name);
            }
        }
        let expression = color.filter(|key| key.column().is_none()).and_then(|key| self.loaded().numbers(&key));
        let numbers = expression.map(|values| {
            let value =
                |&CellIdx(cell): &CellIdx| values.values.get(cell as usize).copied().filter(|value| !value.is_nan());
            (self.color_name(&analysis.color), cells.cells.iter().map(value).collect())
        });
        HtmlView {
            filter: self.levels_text(&analysis.query.subset, super::Bounds::Exact),
            columns,
            own_columns: analysis.own_columns.clone(),
            numbers: numbers.into_iter().collect(),
            places: cells.places,
            ..HtmlView::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_out_of_sight_are_left_out_and_too_many_are_refused() {
        let mut cells = CellsInSight::default();
        assert!(cells.refused().is_some_and(|why| why.starts_with("No cell")));
        for (cell, at_px) in [[10.0, 20.0], [-1.0, 20.0], [100.0, 20.0], [99.96, 0.0]].into_iter().enumerate() {
            cells.add(CellIdx(cell as u32), at_px, [100.0, 50.0]);
        }
        assert_eq!((cells.places.as_slice(), cells.refused()), ([100, 200, 1000, 0].as_slice(), None));
        assert_eq!(cells.mask(4).as_bytes(), [1, 0, 0, 1]);
        cells.cells.resize(MOST_HTML_CELLS + 1, CellIdx(0));
        let why = cells.refused().unwrap();
        assert!(why.starts_with("50,001 cells") && why.contains("50,000 at most"), "{why}");
    }
}
