//! A question about some cells whose answer is neither a comparison nor a plot.

use serde::{Deserialize, Serialize};

use super::CellQuery;

/// A question about some cells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inquiry {
    /// What is asked of them.
    pub about: About,
    /// The layer, by its place in the file; `None` for the dataset's own choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The cells, and the subset that they are of.
    #[serde(default)]
    pub cells: CellQuery,
}

/// What is asked of some cells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// What they are: their labels, their markers, the labels that they are like.
    #[default]
    Cells,
    /// Which genes are correlated with this one, by id.
    Gene(String),
    /// Which genes are correlated with this column of numbers.
    Column(String),
}

impl Inquiry {
    /// What it is called; `gene` is what a gene is shown as.
    pub fn title(&self, gene: impl FnOnce(&str) -> String) -> String {
        match &self.about {
            About::Cells => "What the cells are".to_owned(),
            About::Gene(id) => format!("Correlation with {}", gene(id)),
            About::Column(name) => format!("Correlation with {name}"),
        }
    }

    /// Whether its answer depends on a column. What cells are is told by every column.
    pub fn uses_column(&self, name: &str) -> bool {
        match &self.about {
            About::Cells => true,
            About::Gene(_) => self.cells.uses_column(name),
            About::Column(column) => column == name || self.cells.uses_column(name),
        }
    }

    /// The same, its cells without filters that every cell passes.
    pub(super) fn canonical(mut self) -> Self {
        self.cells = self.cells.canonical();
        self
    }
}
