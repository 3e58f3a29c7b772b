//! What is built of the user's own columns.

use std::{collections::BTreeSet, sync::Arc};

use shared_fbs::tile::Categories;

use crate::{
    color::{Rgb, completed_colors},
    data::{Categorical, CellIdx, CellRows, Codes},
    state::{LabelColor, OwnColumn, OwnLabel},
};

/// The user's own columns as they were built last.
#[derive(Debug, Default)]
pub(super) struct Own {
    pub columns: Vec<Built>,
    /// Names of those that were there once: what still asks for one asks for nothing.
    pub former: BTreeSet<String>,
    /// Names of those that have changed since somebody asked.
    pub renewed: BTreeSet<String>,
    pub has_news: bool,
    pub revision: u32,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Built {
    pub of: OwnColumn,
    /// Whether each cell's label is there, or only their counts.
    pub has_codes: bool,
}

impl Own {
    /// How often a column has changed.
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// Whether a column has changed since this was called last.
    pub fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.has_news)
    }
}

/// A label per cell. Rows that the input does not have are left out.
pub(super) fn labels_of(column: &OwnColumn, rows: &CellRows) -> Categorical {
    let labels = column.labels();
    let categories: Arc<[String]> = labels.iter().map(|label| label.name.clone()).collect();
    let n_obs = rows.n_obs();
    let codes = match labels.len() {
        n if n <= usize::from(u8::MAX) => Codes::U8(codes_of(labels, rows, vec![n as u8; n_obs], |code| code as u8)),
        n if n <= usize::from(u16::MAX) => {
            Codes::U16(codes_of(labels, rows, vec![n as u16; n_obs], |code| code as u16))
        }
        n => Codes::U32(codes_of(labels, rows, vec![n as u32; n_obs], |code| code as u32)),
    };
    Categorical { codes, categories, ordered: false }
}

/// Writes the code of each label into its cells.
fn codes_of<T: Copy>(labels: &[OwnLabel], rows: &CellRows, mut codes: Vec<T>, code: impl Fn(usize) -> T) -> Vec<T> {
    for (at, label) in labels.iter().enumerate() {
        for CellIdx(cell) in rows.cells_of(label.cells.rows()) {
            codes[cell as usize] = code(at);
        }
    }
    codes
}

/// The labels of a column with their counts, cells without one last.
pub(super) fn counts_of(column: &OwnColumn, n_obs: u32) -> Categories {
    let mut counts: Vec<u32> =
        (column.labels().iter()).map(|label| label.cells.rows().range_cardinality(..n_obs) as u32).collect();
    counts.push(n_obs - counts.iter().sum::<u32>());
    let labels = column.labels().iter().map(|label| label.name.clone()).collect();
    Categories { labels, counts, colors: colors_of(column) }
}

/// The colors of a column's labels, where one has a color of its own.
pub(super) fn colors_of(column: &OwnColumn) -> Option<Vec<u32>> {
    let some: Vec<Option<Rgb>> =
        column.labels().iter().map(|label| label.color.map(|LabelColor(color)| color)).collect();
    some.iter().any(Option::is_some).then(|| completed_colors(&some))
}
