//! Columns of `obs`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Numbers;

/// A cell, by its place in storage order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CellIdx(pub u32);

/// A cell, by its row in the input: the same in every dataset built from it, in whatever order it stores the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CellRow(pub u32);

/// A gene, by its place in the order of its `var` table in the tiles (densest first).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GeneIdx(pub u32);

/// One column of `obs`, or one gene's expression spread over all cells.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Labels.
    Categorical(Categorical),
    /// Numbers.
    Continuous(Continuous),
}

impl Column {
    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Categorical(column) => column.codes.len(),
            Self::Continuous(column) => column.values.len(),
        }
    }

    /// Whether the column holds no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Labels: one code a cell into `categories`; the code `categories.len()` means missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Categorical {
    /// One code a cell, each ≤ `categories.len()`.
    pub codes: Codes,
    /// The labels, in the file's order.
    pub categories: Arc<[String]>,
    /// Whether the order of the labels carries meaning.
    pub ordered: bool,
}

impl Categorical {
    /// The code that stands for a missing label.
    pub fn missing_code(&self) -> u32 {
        self.categories.len() as u32
    }
}

/// Category codes in the narrowest width that holds them all.
#[derive(Clone, Debug, PartialEq)]
pub enum Codes {
    /// Up to 255 categories.
    U8(Vec<u8>),
    /// Up to 65 535 categories.
    U16(Vec<u16>),
    /// Any number of categories.
    U32(Vec<u32>),
}

impl Codes {
    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(codes) => codes.len(),
            Self::U16(codes) => codes.len(),
            Self::U32(codes) => codes.len(),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The code of one cell.
    ///
    /// # Panics
    /// When the cell is out of range.
    pub fn get(&self, cell: CellIdx) -> u32 {
        let cell = cell.0 as usize;
        match self {
            Self::U8(codes) => u32::from(codes[cell]),
            Self::U16(codes) => u32::from(codes[cell]),
            Self::U32(codes) => codes[cell],
        }
    }
}

/// Numbers: one `f32` a cell, NaN where missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Continuous {
    /// One value a cell; NaN is missing, infinities are allowed.
    pub values: Vec<f32>,
}

/// One column of `obs` or `var` as it is in the file.
#[derive(Clone, Debug, PartialEq)]
pub enum FileColumn {
    /// Labels.
    Labels(Categorical),
    /// Numbers in their own type.
    Numbers(Numbers),
    /// Text that is (nearly) different in every row; `None` is missing.
    Text(Vec<Option<String>>),
}

impl FileColumn {
    /// The value at a place, in full; `None` where it is missing or there is no such place.
    pub fn text(&self, at: usize) -> Option<String> {
        match self {
            Self::Labels(column) => {
                let code = (at < column.codes.len()).then(|| column.codes.get(CellIdx(at as u32)))?;
                column.categories.get(code as usize).cloned()
            }
            Self::Numbers(numbers) => numbers.get(at).map(|number| number.to_string()),
            Self::Text(texts) => texts.get(at).cloned().flatten(),
        }
    }
}
