//! Which cells are to be painted again.

use std::ops::Range;

use crate::{
    color::Rgba,
    data::CellIdx,
    filter::{CrossFilter, Flipped},
    state::DimensionKey,
};

/// Past this share of all cells, painting them one by one costs more than painting all in one pass.
const MOST_SHARE: u32 = 8;

/// Which cells are to be painted again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Repaint {
    /// None.
    #[default]
    Nothing,
    /// These: runs in storage order. Runs of several changes may overlap.
    Runs(Vec<Range<u32>>),
    /// All.
    All,
}

impl Repaint {
    /// Adds what a change of the filters flipped, in a dataset of `n_obs` cells.
    pub fn add(&mut self, flipped: Flipped, n_obs: u32) {
        let runs = match (std::mem::take(self), flipped) {
            (Self::All, _) | (_, Flipped::Many) => {
                *self = Self::All;
                return;
            }
            (Self::Nothing, Flipped::Runs(runs)) => runs,
            (Self::Runs(mut runs), Flipped::Runs(more)) => {
                runs.extend(more);
                runs
            }
        };
        let n_cells: u32 = runs.iter().map(|run| run.end - run.start).fold(0, u32::saturating_add);
        *self = match n_cells {
            0 => Self::Nothing,
            n_cells if n_cells > n_obs / MOST_SHARE => Self::All,
            _ => Self::Runs(runs),
        };
    }

    /// Whether no cell is.
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Runs(_) | Self::All => false,
        }
    }
}

/// How one cell is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellStyle {
    /// Index into the table of colors.
    pub color: u8,
    /// Cells of a higher priority are drawn above those of a lower.
    pub priority: u8,
    /// Whether all filters let it pass.
    pub is_selected: bool,
    /// Whether it lies outside the subset in view.
    pub is_hidden: bool,
}

/// How all cells are drawn, told cell by cell.
#[derive(Clone, Copy)]
pub struct Paint<'a> {
    pub(super) indices: Option<&'a [u8]>,
    /// The priorities that indices stand for.
    pub(super) priorities: &'a [u8; 256],
    pub(super) filter: &'a CrossFilter<DimensionKey>,
    /// The colors that indices stand for.
    pub table: &'a [Rgba],
}

impl CellStyle {
    /// The same of a cell that is no part of what a panel shows in color.
    #[must_use]
    pub fn behind(self) -> Self {
        Self { is_selected: false, priority: 0, ..self }
    }
}

impl Paint<'_> {
    /// How a cell is drawn.
    ///
    /// # Panics
    /// When the dataset has no such cell.
    pub fn style(&self, cell: CellIdx) -> CellStyle {
        let color = self.indices.map_or(0, |indices| indices[cell.0 as usize]);
        CellStyle {
            color,
            priority: self.priorities[usize::from(color)],
            is_selected: self.filter.is_selected(cell),
            is_hidden: self.filter.universe().is_some_and(|universe| !universe.contains(cell)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(changes: &[Flipped]) -> Repaint {
        let mut repaint = Repaint::Nothing;
        for change in changes {
            repaint.add(change.clone(), 80);
        }
        repaint
    }

    #[test]
    fn runs_of_changes_add_up() {
        let runs = |runs: &[Range<u32>]| Flipped::Runs(runs.to_vec());
        let changes = [runs(&[2..4, 5..6]), runs(&[]), runs(&[3..6, 9..10])];
        assert_eq!(added(&changes), Repaint::Runs(vec![2..4, 5..6, 3..6, 9..10]));
        assert_eq!(added(&[runs(&[])]), Repaint::Nothing);
    }

    #[test]
    fn many_cells_are_painted_in_one_pass() {
        let nine = Flipped::Runs(vec![0..9, 20..22]);
        assert_eq!(added(std::slice::from_ref(&nine)), Repaint::All);
        assert_eq!(added(&[Flipped::Many]), Repaint::All);
        assert_eq!(added(&[Flipped::Many, Flipped::Runs(vec![0..1, 2..3])]), Repaint::All);
    }
}
