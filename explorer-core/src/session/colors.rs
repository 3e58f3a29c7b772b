//! How cells are colored, in the words of the legend and the lists.

use std::sync::Arc;

use crate::color::{Blend, ColorScale, Ground, Rgba};

/// How cells are colored, for the legend and the lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Colors {
    /// One color for all.
    #[default]
    Plain,
    /// By the labels of a column.
    Labels {
        /// The column.
        column: String,
        /// Its labels.
        labels: Arc<[String]>,
        /// Their codes in the order that they are shown in.
        order: Arc<[u32]>,
        /// Colors by code.
        colors: Arc<[Rgba]>,
        /// Whether some cell in view has no label.
        has_missing: bool,
    },
    /// By numbers.
    Numbers {
        /// What they are: a column's name or a gene's label.
        name: String,
        /// The layer, where it is not the default.
        subtitle: String,
        /// From number to color.
        scale: ColorScale,
        /// What the colors are seen on.
        ground: Ground,
        /// Whether some cell in view has no value, or one that is not drawn.
        has_missing: bool,
    },
    /// By two numbers.
    TwoNumbers {
        /// What they are: the labels of genes.
        names: [String; 2],
        /// The layer, where it is not the default.
        subtitle: String,
        /// From two numbers to a color.
        blend: Blend,
        /// What the colors are seen on.
        ground: Ground,
        /// Whether some cell in view has no value, or one that is not drawn.
        has_missing: bool,
    },
}

/// Whether the colors are those that were asked for. Until they are, the former ones stay, and so
/// does their legend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorStatus {
    /// They are.
    #[default]
    Shown,
    /// They are in a part of the cells; for the others they are on their way.
    Partial,
    /// The data that are to color the cells are on their way.
    Loading,
    /// They could not be loaded.
    Failed,
}

/// What a change of the state or an arrival of data did to the colors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorChange {
    /// Nothing.
    None,
    /// Their status alone: what is asked for is not there yet.
    Status,
    /// The table of colors: every cell keeps its index.
    Table,
    /// The index of every cell, and the legend.
    Cells,
}
