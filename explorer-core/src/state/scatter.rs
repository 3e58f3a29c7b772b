//! Scatter plots of the cells: two numbers of each cell in the place of an embedding.

use serde::{Deserialize, Serialize};

use super::{GeneKey, link::text};

/// What the key of a scatter plot begins with, where others are of embeddings.
const PREFIX: &str = "xy:";

/// A number of each cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// A column of `obs`, by name.
    Obs(String),
    /// A gene's expression.
    Gene(GeneKey),
}

impl Axis {
    fn text(&self) -> String {
        match self {
            Self::Obs(column) => format!("obs:{}", text::escaped(column)),
            Self::Gene(gene) => format!("gene:{}", text::gene(gene)),
        }
    }

    fn from_text(value: &str) -> Option<Self> {
        let (kind, name) = value.split_once(':')?;
        match kind {
            "obs" => Some(Self::Obs(text::unescaped(name))),
            "gene" => text::parse_gene(name).map(Self::Gene),
            _ => None,
        }
    }
}

/// Two numbers of each cell, which are its coordinates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scatter {
    /// To the right.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
}

impl Scatter {
    /// The key that outlines in the plot and its positions go by, as those of an embedding do by its key in `obsm`.
    pub fn key(&self) -> String {
        format!("{PREFIX}{}", self.text())
    }

    /// The plot of a key; `None` of an embedding's.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::from_text(key.strip_prefix(PREFIX)?)
    }

    /// Both axes.
    pub fn axes(&self) -> [&Axis; 2] {
        [&self.x, &self.y]
    }

    pub(super) fn text(&self) -> String {
        text::joined([self.x.text(), self.y.text()])
    }

    pub(super) fn from_text(value: &str) -> Option<Self> {
        let [x, y] = text::split(value, ',')[..] else { return None };
        Some(Self { x: Axis::from_text(x)?, y: Axis::from_text(y)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::state::strategies::scatter;

    #[test]
    fn a_key_says_what_lies_along_each_axis() {
        let raw = GeneKey { layer: Some("raw/X".to_owned()), gene: "CD3D".to_owned() };
        let plot = Scatter { x: Axis::Obs("n,genes".to_owned()), y: Axis::Gene(raw) };
        assert_eq!(plot.key(), "xy:obs:n~,genes,gene:raw/X:CD3D");
        assert_eq!(Scatter::from_key("X_umap"), None);
        assert_eq!(Scatter::from_key("xy:obs:a"), None);
        assert_eq!(Scatter::from_key("xy:obs:a,set:b"), None);
    }

    proptest! {
        #[test]
        fn a_key_reads_back(plot in scatter()) {
            prop_assert_eq!(Scatter::from_key(&plot.key()), Some(plot));
        }
    }
}
