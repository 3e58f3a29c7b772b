//! What sets of cells are made up of: tiles of moments and single cells, each added or taken away.

use std::borrow::Cow;

use shared_fbs::manifest::CELLS_PER_CELLS_TILE;

use crate::filter::CellMask;

/// Whether a part is added or taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Added.
    Plus,
    /// Taken away.
    Minus,
}

/// A tile of moments, with what it is to group and reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MomentsPart {
    /// Number of the tile in the layer's pack of moments.
    pub tile: u32,
    /// Its sign in group and reference, if any.
    pub signs: [Option<Sign>; 2],
}

/// Cells of one `Cells` tile, with what they are to group and reference. Bit `i` is the tile's `i`-th cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CellsPart {
    /// Number of the tile in the layer's pack of cells.
    pub tile: u32,
    /// Cells added to group and reference.
    pub plus: [u64; 2],
    /// Cells taken away from group and reference.
    pub minus: [u64; 2],
}

/// The cells of group and reference.
#[derive(Clone, Copy, Debug)]
pub enum Sets<'a> {
    /// A set and all other cells.
    GroupAndRest(&'a CellMask),
    /// Two sets, which may share cells.
    Two(&'a CellMask, &'a CellMask),
}

/// Stored moments of cells, of labels or pairs of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredPart {
    /// Number of the tile in the layer's pack of moments.
    pub tile: u32,
    /// Its cells.
    pub n_cells: u64,
    /// Whether it is added or taken away.
    pub sign: Sign,
}

/// What a set of cells is made up of. Added up with their signs, the parts hold each cell once or not at all.
#[derive(Clone, Debug, Default)]
pub struct SetParts<'a> {
    pub(super) stored: Vec<StoredPart>,
    pub(super) cells: Option<(Sign, Cow<'a, CellMask>)>,
}

impl<'a> SetParts<'a> {
    /// A set of which its cells are known.
    pub fn cells(cells: &'a CellMask) -> Self {
        Self { stored: Vec::new(), cells: Some((Sign::Plus, Cow::Borrowed(cells))) }
    }

    /// A set of which stored moments are known.
    pub fn stored(stored: Vec<StoredPart>) -> Self {
        Self { stored, cells: None }
    }

    /// The set with these cells added, or taken away.
    #[must_use]
    pub fn with_cells(self, sign: Sign, cells: CellMask) -> Self {
        Self { cells: Some((sign, Cow::Owned(cells))), ..self }
    }
}

impl<'a> Sets<'a> {
    /// The sets of two masks, which may be each other's rest.
    ///
    /// # Panics
    /// When the masks are of different datasets.
    pub fn of(group: &'a CellMask, reference: &'a CellMask) -> Self {
        assert_eq!(group.len(), reference.len(), "masks of different datasets");
        if group.as_bytes().iter().zip(reference.as_bytes()).all(|(group, reference)| group ^ reference == 1) {
            Self::GroupAndRest(group)
        } else {
            Self::Two(group, reference)
        }
    }
}

impl CellsPart {
    /// The cells that matter to either set.
    pub fn wanted(&self) -> u64 {
        self.plus[0] | self.plus[1] | self.minus[0] | self.minus[1]
    }

    /// The signs of the tile's `cell`-th cell in group and reference.
    pub fn signs(&self, cell: usize) -> [Option<Sign>; 2] {
        std::array::from_fn(|set| {
            if self.plus[set] >> cell & 1 == 1 {
                Some(Sign::Plus)
            } else if self.minus[set] >> cell & 1 == 1 {
                Some(Sign::Minus)
            } else {
                None
            }
        })
    }

    /// The number in the dataset of the tile's first cell.
    pub fn first_cell(&self) -> usize {
        self.tile as usize * CELLS_PER_CELLS_TILE as usize
    }
}

impl std::ops::Neg for Sign {
    type Output = Self;

    fn neg(self) -> Self {
        match self {
            Self::Plus => Self::Minus,
            Self::Minus => Self::Plus,
        }
    }
}
