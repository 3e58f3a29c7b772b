//! Decoded tiles put together: columns, genes and embeddings over all cells.

use shared_fbs::{
    manifest::{CELLS_PER_COLUMN_TILE, CELLS_PER_EXPRESSION_TILE},
    order::TileCells,
    tile::{self, Counts, Expression, ExpressionValues, Points, Values},
};
use thiserror::Error;

use super::{Categorical, CellRows, Codes, Continuous, Depth, Embedding, Frame, NO_POSITION, Space, SparseVec};
use crate::{
    de::{Correction, Normalization, NormalizedCells},
    format::plural,
};

/// Tiles that do not fit together.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AssembleError {
    /// The tiles hold another number of cells than the dataset has.
    #[error("the tiles hold {}, and the dataset has {expected}", plural(*found, "cell", "cells"))]
    Length {
        /// Cells of the tiles.
        found: usize,
        /// Cells of the dataset, or of the part that the tile is of.
        expected: usize,
    },
    /// A code stands for no label.
    #[error("the code {code} stands for none of {}", plural(*n_categories, "label", "labels"))]
    Code {
        /// The code.
        code: u32,
        /// Labels there are; the code of this number is "missing".
        n_categories: usize,
    },
    /// A gene's tile names a cell past the end of the dataset.
    #[error("the tile names a cell that the dataset does not have")]
    Cell,
    /// The rows of the input are no order.
    #[error("the cells do not have each row of the input once")]
    Rows,
    /// Counts are to be normalized, but the cells' divisors are not there.
    #[error("the layer's divisors are missing")]
    Divisor,
}

/// A categorical column from its tiles, in order. Codes take the width of the widest tile.
///
/// # Errors
/// [`AssembleError::Length`] or [`AssembleError::Code`].
pub fn categorical(
    categories: &tile::Categories,
    codes: &[tile::Codes],
    ordered: bool,
    n_obs: usize,
) -> Result<Categorical, AssembleError> {
    let codes = join_codes(codes);
    check_length(codes.len(), n_obs)?;
    let n_categories = categories.labels.len();
    let greatest = match &codes {
        Codes::U8(codes) => codes.iter().copied().max().map(u32::from),
        Codes::U16(codes) => codes.iter().copied().max().map(u32::from),
        Codes::U32(codes) => codes.iter().copied().max(),
    };
    match greatest {
        Some(code) if code as usize > n_categories => Err(AssembleError::Code { code, n_categories }),
        _ => Ok(Categorical { codes, categories: categories.labels.as_slice().into(), ordered }),
    }
}

fn join_codes(tiles: &[tile::Codes]) -> Codes {
    if tiles.iter().all(|tile| matches!(tile, tile::Codes::U8(_))) {
        Codes::U8(tiles.iter().flat_map(wide).map(|code| code as u8).collect())
    } else if !tiles.iter().any(|tile| matches!(tile, tile::Codes::U32(_))) {
        Codes::U16(tiles.iter().flat_map(wide).map(|code| code as u16).collect())
    } else {
        Codes::U32(tiles.iter().flat_map(wide).collect())
    }
}

/// The codes of a tile, whatever their width.
pub fn wide(tile: &tile::Codes) -> Vec<u32> {
    match tile {
        tile::Codes::U8(codes) => codes.iter().map(|&code| u32::from(code)).collect(),
        tile::Codes::U16(codes) => codes.iter().map(|&code| u32::from(code)).collect(),
        tile::Codes::U32(codes) => codes.clone(),
    }
}

/// A continuous column from its tiles, in order.
///
/// # Errors
/// [`AssembleError::Length`].
pub fn continuous(tiles: Vec<Values>, n_obs: usize) -> Result<Continuous, AssembleError> {
    let mut tiles = tiles.into_iter();
    let mut values = tiles.next().unwrap_or_default().0;
    for tile in tiles {
        values.extend(tile.0);
    }
    check_length(values.len(), n_obs)?;
    Ok(Continuous { values })
}

/// The rows of the input, one a cell, from their tiles, in order.
///
/// # Errors
/// [`AssembleError::Length`] or [`AssembleError::Rows`].
pub fn rows(tiles: &[tile::Codes], n_obs: usize) -> Result<CellRows, AssembleError> {
    let rows: Vec<u32> = tiles.iter().flat_map(wide).collect();
    check_length(rows.len(), n_obs)?;
    CellRows::new(rows).ok_or(AssembleError::Rows)
}

/// Whether tiles hold as many values as they must.
///
/// # Errors
/// [`AssembleError::Length`].
pub fn check_length(found: usize, expected: usize) -> Result<(), AssembleError> {
    if found == expected { Ok(()) } else { Err(AssembleError::Length { found, expected }) }
}

/// How the values of a layer's tiles become values of the layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rebuild<'a> {
    /// As they are.
    Plain,
    /// Counts, normalized cell by cell and made logarithms.
    LogNormalized(NormalizedCells<'a>),
}

impl<'a> Rebuild<'a> {
    /// That of a layer: plain when there is nothing to normalize.
    pub fn of(normalization: Option<&'a Normalization>) -> Self {
        normalization.map_or(Self::Plain, |normalization| Self::LogNormalized(normalization.cells()))
    }
}

/// The values of a tile, of whatever width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StoredValues<'a> {
    /// Counts up to 255.
    U8(&'a [u8]),
    /// Counts up to 65 535.
    U16(&'a [u16]),
    /// Counts.
    U32(&'a [u32]),
    /// Values of the layer itself.
    Floats(&'a [f32]),
}

impl<'a> StoredValues<'a> {
    /// The values of a decoded tile.
    pub fn of(values: &'a ExpressionValues) -> Self {
        match values {
            ExpressionValues::Counts(Counts::U8(counts)) => Self::U8(counts),
            ExpressionValues::Counts(Counts::U16(counts)) => Self::U16(counts),
            ExpressionValues::Counts(Counts::U32(counts)) => Self::U32(counts),
            ExpressionValues::Floats(floats) => Self::Floats(floats),
        }
    }

    /// The value of the layer that stands at a place; `None` past the end, or for a cell that is not normalized.
    #[inline]
    pub fn value(self, at: usize, cell: u32, rebuild: Rebuild<'_>) -> Option<f32> {
        let count = match self {
            Self::U8(counts) => u32::from(*counts.get(at)?),
            Self::U16(counts) => u32::from(*counts.get(at)?),
            Self::U32(counts) => *counts.get(at)?,
            Self::Floats(floats) => return floats.get(at).copied(),
        };
        match rebuild {
            Rebuild::Plain => Some(count as f32),
            Rebuild::LogNormalized(cells) => Some(cells.get(cell as usize)?.value(count)),
        }
    }
}

/// How the counts of a layer become its values, from tiles of divisors and of corrections, each with its first cell,
/// ascending. Other cells have the divisor 1.
///
/// # Errors
/// [`AssembleError::Length`] or [`AssembleError::Cell`] when a tile has other cells than the layer.
pub fn normalization(
    divisors: impl IntoIterator<Item = (u32, Values)>,
    corrections: impl IntoIterator<Item = (u32, tile::Corrections)>,
    n_obs: usize,
) -> Result<Normalization, AssembleError> {
    let mut all = vec![1.0; n_obs];
    let n_cells_of_tile = |first: u32| n_obs.saturating_sub(first as usize).min(CELLS_PER_COLUMN_TILE as usize);
    for (first, values) in divisors {
        check_length(values.0.len(), n_cells_of_tile(first))?;
        all.get_mut(first as usize..).ok_or(AssembleError::Cell)?[..values.0.len()].copy_from_slice(&values.0);
    }
    let mut corrected = Vec::new();
    for (first, tile) in corrections {
        check_length(tile.n_cells(), n_cells_of_tile(first))?;
        for (cell, ends) in (first..).zip(tile.indptr.windows(2)) {
            let entries = ends[0] as usize..ends[1] as usize;
            let of_cell = tile.counts[entries.clone()].iter().zip(&tile.differences[entries]);
            corrected.extend(of_cell.map(|(&count, &difference)| (cell, Correction { count, difference })));
        }
    }
    Ok(Normalization::new(all, corrected))
}

/// One gene over all cells from its tiles, one a chunk of [`CELLS_PER_EXPRESSION_TILE`] cells.
///
/// # Errors
/// [`AssembleError::Cell`] or [`AssembleError::Divisor`].
pub fn gene(chunks: &[Expression], rebuild: Rebuild<'_>, n_obs: usize) -> Result<SparseVec, AssembleError> {
    let n_values = chunks.iter().map(|chunk| chunk.cells.len()).sum();
    let mut gene = SparseVec { n_obs, indices: Vec::with_capacity(n_values), data: Vec::with_capacity(n_values) };
    for (chunk, first) in chunks.iter().zip((0u32..).step_by(CELLS_PER_EXPRESSION_TILE as usize)) {
        let start = gene.indices.len();
        gene.indices.extend(chunk.cells.iter().map(|&cell| first + u32::from(cell)));
        if gene.indices.last().is_some_and(|&cell| cell as usize >= n_obs) {
            return Err(AssembleError::Cell);
        }
        match &chunk.values {
            ExpressionValues::Floats(values) => gene.data.extend(values),
            ExpressionValues::Counts(Counts::U8(counts)) => push_counts(&mut gene, start, counts, rebuild)?,
            ExpressionValues::Counts(Counts::U16(counts)) => push_counts(&mut gene, start, counts, rebuild)?,
            ExpressionValues::Counts(Counts::U32(counts)) => push_counts(&mut gene, start, counts, rebuild)?,
        }
    }
    Ok(gene)
}

/// Appends the values of the cells from `start` on.
fn push_counts<C: Copy + Into<u32>>(
    gene: &mut SparseVec,
    start: usize,
    counts: &[C],
    rebuild: Rebuild<'_>,
) -> Result<(), AssembleError> {
    let SparseVec { indices, data, .. } = gene;
    match rebuild {
        Rebuild::Plain => data.extend(counts.iter().map(|&count| count.into() as f32)),
        Rebuild::LogNormalized(cells) => {
            for (&cell, &count) in indices[start..].iter().zip(counts) {
                data.push(cells.get(cell as usize).ok_or(AssembleError::Divisor)?.value(count.into()));
            }
        }
    }
    Ok(())
}

impl Embedding {
    /// An embedding in which no cell has a position yet.
    pub fn nowhere(n_obs: usize, frame: Frame, space: Option<Space>) -> Self {
        let nowhere = || vec![NO_POSITION; n_obs];
        let depth = space.map(|space| Depth { zs: nowhere(), space });
        Self { xs: nowhere(), ys: nowhere(), frame, depth }
    }

    /// Takes in the positions of one tile; `cells` says whose they are.
    ///
    /// # Errors
    /// [`AssembleError::Length`]; positions may then have been taken in already.
    pub fn place(&mut self, cells: &TileCells, points: &Points) -> Result<(), AssembleError> {
        let mut positions = points.xs.iter().zip(&points.ys);
        let mut n_cells = 0;
        for cell in cells.iter() {
            n_cells += 1;
            if let Some((&x, &y)) = positions.next()
                && let (Some(to_x), Some(to_y)) = (self.xs.get_mut(cell as usize), self.ys.get_mut(cell as usize))
            {
                (*to_x, *to_y) = (x, y);
            }
            // Of a tile without the third dimension, cells keep none.
            if let (Some(depth), Some(zs)) = (&mut self.depth, &points.zs)
                && let (Some(to_z), Some(&z)) = (depth.zs.get_mut(cell as usize), zs.get(n_cells - 1))
            {
                *to_z = z;
            }
        }
        if n_cells == points.xs.len() {
            Ok(())
        } else {
            Err(AssembleError::Length { found: points.xs.len(), expected: n_cells })
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared_fbs::order::Levels;

    use super::*;
    use crate::de::log_normalize;

    const FRAME: Frame = Frame::new(0.0, 0.0, 1.0);

    fn categories(n: usize) -> tile::Categories {
        tile::Categories {
            labels: (0..n).map(|label| label.to_string()).collect(),
            counts: vec![0; n + 1],
            colors: None,
        }
    }

    #[test]
    fn codes_take_the_width_of_the_widest_tile() {
        let narrow = || tile::Codes::U8(vec![0, 2]);
        let column = categorical(&categories(2), &[narrow(), narrow()], false, 4).unwrap();
        assert_eq!(column.codes, Codes::U8(vec![0, 2, 0, 2]));
        let wide = tile::Codes::U16(vec![300]);
        let column = categorical(&categories(300), &[narrow(), wide], true, 3).unwrap();
        assert_eq!(column.codes, Codes::U16(vec![0, 2, 300]));
        assert!(column.ordered);
        let widest = tile::Codes::U32(vec![1]);
        let column = categorical(&categories(3), &[widest, narrow()], false, 3).unwrap();
        assert_eq!(column.codes, Codes::U32(vec![1, 0, 2]));
    }

    #[test]
    fn tiles_that_do_not_fit_are_refused() {
        let codes = [tile::Codes::U8(vec![0, 3])];
        assert_eq!(
            categorical(&categories(2), &codes, false, 2),
            Err(AssembleError::Code { code: 3, n_categories: 2 })
        );
        assert_eq!(categorical(&categories(3), &codes, false, 5), Err(AssembleError::Length { found: 2, expected: 5 }));
        let values = vec![Values(vec![1.0]), Values(vec![2.0])];
        assert_eq!(continuous(values.clone(), 2).unwrap().values, [1.0, 2.0]);
        assert_eq!(continuous(values, 3), Err(AssembleError::Length { found: 2, expected: 3 }));
        let chunk = Expression { cells: vec![9], values: ExpressionValues::Floats(vec![1.0]) };
        assert_eq!(gene(&[chunk], Rebuild::Plain, 9), Err(AssembleError::Cell));
        let chunk = Expression { cells: vec![3], values: ExpressionValues::Counts(Counts::U8(vec![1])) };
        assert_eq!(
            gene(&[chunk], Rebuild::of(Some(&Normalization::new(vec![1.0], []))), 9),
            Err(AssembleError::Divisor)
        );
    }

    #[test]
    fn chunks_of_a_gene_follow_each_other() {
        let chunk = |cells: &[u16], counts: &[u32]| Expression {
            cells: cells.to_vec(),
            values: ExpressionValues::Counts(Counts::narrowest(counts)),
        };
        let chunks = [chunk(&[0, 65_535], &[1, 2]), chunk(&[1], &[70_000])];
        let n_obs = 65_540;
        let plain = gene(&chunks, Rebuild::Plain, n_obs).unwrap();
        assert_eq!(plain.indices, [0, 65_535, 65_537]);
        assert_eq!(plain.data, [1.0, 2.0, 70_000.0]);
        let normalization = Normalization::new((0..n_obs).map(|cell| 0.5 + cell as f32).collect(), []);
        let log = gene(&chunks, Rebuild::of(Some(&normalization)), n_obs).unwrap();
        assert_eq!(log.data[0], log_normalize(1, 0.5));
        assert_eq!(log.data[2], log_normalize(70_000, 65_537.5));
    }

    proptest! {
        #[test]
        fn an_embedding_is_whole_after_all_its_tiles(n_obs in 0u32..200_000) {
            let mut embedding = Embedding::nowhere(n_obs as usize, FRAME, None);
            let coordinate = |cell: u32| (cell % 60_000) as u16;
            for cells in Levels::for_n_obs(n_obs).tiles() {
                let xs: Vec<u16> = cells.iter().map(coordinate).collect();
                let ys = xs.iter().map(|x| x / 2).collect();
                embedding.place(&cells, &Points { xs, ys, zs: None }).unwrap();
            }
            prop_assert!(embedding.xs.iter().copied().eq((0..n_obs).map(coordinate)));
            prop_assert!(embedding.ys.iter().copied().eq((0..n_obs).map(|cell| coordinate(cell) / 2)));
        }

        #[test]
        fn a_tile_of_another_length_is_refused(n_obs in 1u32..1000, more in 1usize..5) {
            let mut embedding = Embedding::nowhere(n_obs as usize, FRAME, None);
            let cells = &Levels::for_n_obs(n_obs).tiles()[0];
            let n_cells = cells.iter().count();
            let points = |n: usize| Points { xs: vec![1; n], ys: vec![1; n], zs: None };
            prop_assert!(embedding.place(cells, &points(n_cells + more)).is_err());
            prop_assert!(embedding.place(cells, &points(n_cells - 1)).is_err());
        }
    }
}
