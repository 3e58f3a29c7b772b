//! What a filter asks of a cell.

use roaring::RoaringBitmap;
use thiserror::Error;

use super::{CellMask, Polygon};
use crate::data::{Categorical, CellRows, Codes, Column, Continuous, Embedding};

/// A condition on one column or one embedding.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    /// The cell's category is one of these.
    Categories {
        /// Codes that pass; [`Categorical::missing_code`] lets cells without a label pass.
        allowed: RoaringBitmap,
    },
    /// The value lies within these bounds, both included. A missing value never passes.
    Range {
        /// Least value that passes.
        min: f32,
        /// Greatest value that passes.
        max: f32,
    },
    /// The cell lies inside a polygon. A cell without a position never passes.
    Lasso(Polygon),
}

/// What a predicate is asked of.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// Labels, for [`Predicate::Categories`].
    Categorical(&'a Categorical),
    /// Numbers, for [`Predicate::Range`].
    Continuous(&'a Continuous),
    /// Positions, for [`Predicate::Lasso`].
    Embedding(&'a Embedding),
    /// The input's rows, for lists of cells.
    Rows(&'a CellRows),
}

impl<'a> From<&'a Column> for Source<'a> {
    fn from(column: &'a Column) -> Self {
        match column {
            Column::Categorical(column) => Self::Categorical(column),
            Column::Continuous(column) => Self::Continuous(column),
        }
    }
}

/// A predicate met a source that it cannot be asked of.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("a {predicate} filter cannot be applied to {source_kind}")]
pub struct PredicateError {
    /// Kind of the predicate.
    pub predicate: &'static str,
    /// Kind of the source.
    pub source_kind: &'static str,
}

impl Predicate {
    /// The cells that pass.
    ///
    /// # Errors
    /// When the source is not of the kind that the predicate is about.
    pub fn mask(&self, source: Source<'_>) -> Result<CellMask, PredicateError> {
        match (self, source) {
            (Self::Categories { allowed }, Source::Categorical(column)) => Ok(categories(allowed, column)),
            (&Self::Range { min, max }, Source::Continuous(column)) => Ok(range(min, max, &column.values)),
            (Self::Lasso(polygon), Source::Embedding(embedding)) => Ok(polygon.mask(embedding)),
            _ => Err(PredicateError { predicate: self.kind(), source_kind: source.kind() }),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Categories { .. } => "category",
            Self::Range { .. } => "range",
            Self::Lasso(_) => "lasso",
        }
    }
}

impl Source<'_> {
    fn kind(self) -> &'static str {
        match self {
            Self::Categorical(_) => "a categorical column",
            Self::Continuous(_) => "a continuous column",
            Self::Embedding(_) => "an embedding",
            Self::Rows(_) => "rows",
        }
    }
}

fn categories(allowed: &RoaringBitmap, column: &Categorical) -> CellMask {
    let n_codes = column.missing_code() + 1;
    // 256 entries at least, so that a `u8` code needs no bounds check.
    let passes: Vec<u8> =
        (0..n_codes.max(256)).map(|code| u8::from(code < n_codes && allowed.contains(code))).collect();
    let pass = |code: usize| passes.get(code).copied().unwrap_or(0);
    let cells = match &column.codes {
        Codes::U8(codes) => codes.iter().map(|&code| passes[usize::from(code)]).collect(),
        Codes::U16(codes) => codes.iter().map(|&code| pass(usize::from(code))).collect(),
        Codes::U32(codes) => codes.iter().map(|&code| pass(code as usize)).collect(),
    };
    CellMask::from_zeros_and_ones(cells)
}

fn range(min: f32, max: f32, values: &[f32]) -> CellMask {
    // NaN compares false with both bounds. `&`, not `&&`: no branch, so the loop vectorizes.
    let cells = values.iter().map(|&value| u8::from(value >= min) & u8::from(value <= max)).collect();
    CellMask::from_zeros_and_ones(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(codes: Codes, n: usize) -> Categorical {
        Categorical { codes, categories: (0..n).map(|label| label.to_string()).collect(), ordered: false }
    }

    #[test]
    fn categories_pass_by_code_in_every_width() {
        let predicate = Predicate::Categories { allowed: [1, 3].into() };
        // Three labels: 3 is missing; 9 is no code at all.
        let raw = [0u8, 1, 2, 3, 9];
        for codes in
            [Codes::U8(raw.to_vec()), Codes::U16(raw.map(u16::from).to_vec()), Codes::U32(raw.map(u32::from).to_vec())]
        {
            let column = labels(codes, 3);
            let mask = predicate.mask(Source::Categorical(&column)).unwrap();
            assert_eq!(mask.as_bytes(), [0, 1, 0, 1, 0]);
        }
    }

    #[test]
    fn range_includes_its_bounds_and_drops_missing() {
        let column = Continuous { values: vec![1.0, 2.0, 3.0, f32::NAN, f32::INFINITY, -0.0] };
        let mask = |min, max| {
            let predicate = Predicate::Range { min, max };
            predicate.mask(Source::Continuous(&column)).unwrap().into_bytes()
        };
        assert_eq!(mask(1.0, 2.0), [1, 1, 0, 0, 0, 0]);
        assert_eq!(mask(f32::NEG_INFINITY, f32::INFINITY), [1, 1, 1, 0, 1, 1]);
        assert_eq!(mask(0.0, 0.0), [0, 0, 0, 0, 0, 1]);
        assert_eq!(mask(2.0, 1.0), [0; 6]);
    }

    #[test]
    fn a_predicate_of_the_wrong_kind_says_so() {
        let column = Column::Categorical(labels(Codes::U8(vec![0]), 1));
        let error = Predicate::Range { min: 0.0, max: 1.0 }.mask((&column).into()).unwrap_err();
        assert_eq!(error.to_string(), "a range filter cannot be applied to a categorical column");
    }
}
