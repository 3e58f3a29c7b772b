//! What the rows of a dataset are called.

use shared_fbs::manifest::Manifest;

use crate::{dataset::Tissue, format::plural};

/// What a row of a dataset is: most are cells; those of a tissue whose spots have a size are spots, each of several cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Cells.
    #[default]
    Cells,
    /// Spots.
    Spots,
}

impl Unit {
    /// What the rows of a dataset are.
    pub fn of(manifest: &Manifest) -> Self {
        let has_spots = || Tissue::all_of(manifest).iter().any(|tissue| tissue.spot_diameter.is_some());
        if has_spots() { Self::Spots } else { Self::Cells }
    }

    /// Several of them: `cells`, `spots`.
    pub fn many(self) -> &'static str {
        match self {
            Self::Cells => "cells",
            Self::Spots => "spots",
        }
    }

    /// So many of them: `1 cell`, `3 spots`.
    pub fn count(self, n: u64) -> String {
        match self {
            Self::Cells => plural(n as usize, "cell", "cells"),
            Self::Spots => plural(n as usize, "spot", "spots"),
        }
    }
}
