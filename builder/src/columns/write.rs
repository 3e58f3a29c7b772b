//! The tiles of columns.

use std::io;

use explorer_core::data::Numbers;
use rayon::prelude::*;
use roaring::RoaringBitmap;
use shared_fbs::{
    manifest::{CELLS_PER_COLUMN_TILE, CELLS_PER_TEXT_TILE, Column, ColumnKind, TileRange, ValueRange},
    tile::{Categories, Codes, Posting, Strings, Values},
};

use super::{TableColumn, TableValues};
use crate::pack::{CAREFUL_LEVEL, Frame as PackFrame, PackWriter};

/// The packs that the columns of one table go to.
pub struct ColumnPacks<'a> {
    pub values: &'a mut PackWriter,
    /// Where the cells of each label go; `None` where nobody asks for the rows of a label.
    pub postings: Option<&'a mut PackWriter>,
}

/// Writes the tiles of one column, of which the table's `rows` are stored in this order; `colors` are the file's colors
/// of its labels.
pub fn write(
    column: &TableColumn,
    rows: &[u32],
    colors: Option<Vec<u32>>,
    hidden: bool,
    packs: &mut ColumnPacks<'_>,
) -> io::Result<Column> {
    let mut entry = Column { name: column.name.clone(), hidden, min: f32::NAN, max: f32::NAN, ..Column::default() };
    match &column.values {
        TableValues::Labels { codes, categories, ordered, number } => {
            let codes = stored_codes(codes, categories.len(), rows);
            let mut counts = vec![0u32; categories.len() + 1];
            for &code in &codes {
                counts[code as usize] += 1;
            }
            entry.kind = ColumnKind::Categorical;
            entry.n_categories = categories.len() as u32;
            entry.ordered = *ordered;
            entry.n_missing = counts[categories.len()];
            let head = Categories { labels: categories.clone(), counts, colors };
            let mut frames = vec![PackFrame::new(&head.encode(), CAREFUL_LEVEL)];
            frames.extend(code_frames(&codes, categories.len()));
            entry.number = *number;
            entry.tiles = Some(packs.values.extend(&frames)?);
            if let Some(postings) = &mut packs.postings {
                entry.postings = Some(write_postings(&codes, categories.len(), postings)?);
            }
        }
        TableValues::Numbers(numbers) => {
            let numbers = numbers.arranged(rows);
            let values = numbers.to_f32();
            entry.kind = ColumnKind::Continuous;
            entry.number = numbers.kind();
            entry.n_missing = values.iter().filter(|value| value.is_nan()).count() as u32;
            entry.ranges = values.chunks(CELLS_PER_COLUMN_TILE as usize).map(range).collect();
            let ValueRange { min, max } = range(&values);
            (entry.min, entry.max) = (min, max);
            entry.tiles = Some(write_values(&values, packs.values)?);
            if !numbers.fit_f32() {
                entry.exact = Some(write_numbers(&numbers, packs.values)?);
            }
        }
        TableValues::Text(texts) => {
            entry.kind = ColumnKind::Text;
            entry.n_missing = texts.iter().filter(|text| text.is_none()).count() as u32;
            entry.tiles = Some(write_text(texts, rows, packs.values)?);
        }
    }
    Ok(entry)
}

/// Codes in storage order, missing as `n_categories`.
pub fn stored_codes(by_row: &[i32], n_categories: usize, rows: &[u32]) -> Vec<u32> {
    let missing = n_categories as u32;
    rows.iter().map(|&row| u32::try_from(by_row[row as usize]).unwrap_or(missing)).collect()
}

/// Writes one f32 a cell, already in storage order.
pub fn write_values(values: &[f32], pack: &mut PackWriter) -> io::Result<TileRange> {
    let frames: Vec<PackFrame> = values
        .par_chunks(CELLS_PER_COLUMN_TILE as usize)
        .map(|values| PackFrame::new(&Values(values.to_vec()).encode(), CAREFUL_LEVEL))
        .collect();
    pack.extend(&frames)
}

/// Writes one number of 64 bits a row, already in storage order.
fn write_numbers(numbers: &Numbers, pack: &mut PackWriter) -> io::Result<TileRange> {
    let frames: Vec<PackFrame> = numbers
        .to_tiles(CELLS_PER_COLUMN_TILE as usize)
        .par_iter()
        .map(|tile| PackFrame::new(&tile.encode(), CAREFUL_LEVEL))
        .collect();
    pack.extend(&frames)
}

/// The least and the largest finite value; both NaN when there is none.
fn range(values: &[f32]) -> ValueRange {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    // `f32::min` and `max` give the other one where one is NaN.
    finite.fold(ValueRange { min: f32::NAN, max: f32::NAN }, |range, value| ValueRange {
        min: range.min.min(value),
        max: range.max.max(value),
    })
}

/// Writes one text a cell.
pub fn write_text(texts: &[Option<String>], rows: &[u32], pack: &mut PackWriter) -> io::Result<TileRange> {
    let frames: Vec<PackFrame> = rows
        .par_chunks(CELLS_PER_TEXT_TILE as usize)
        .map(|rows| {
            let texts = rows.iter().map(|&row| texts[row as usize].clone()).collect();
            PackFrame::new(&Strings(texts).encode(), CAREFUL_LEVEL)
        })
        .collect();
    pack.extend(&frames)
}

/// Writes the input's row of every cell.
pub fn write_rows(rows: &[u32], pack: &mut PackWriter) -> io::Result<TileRange> {
    let frames: Vec<PackFrame> = rows
        .par_chunks(CELLS_PER_TEXT_TILE as usize)
        .map(|rows| PackFrame::new(&Codes::U32(rows.to_vec()).encode(), CAREFUL_LEVEL))
        .collect();
    pack.extend(&frames)
}

fn code_frames(codes: &[u32], n_categories: usize) -> Vec<PackFrame> {
    codes
        .par_chunks(CELLS_PER_COLUMN_TILE as usize)
        .map(|codes| {
            let tile = if n_categories <= usize::from(u8::MAX) {
                Codes::U8(codes.iter().map(|&code| code as u8).collect())
            } else if n_categories <= usize::from(u16::MAX) {
                Codes::U16(codes.iter().map(|&code| code as u16).collect())
            } else {
                Codes::U32(codes.to_vec())
            };
            PackFrame::new(&tile.encode(), CAREFUL_LEVEL)
        })
        .collect()
}

fn write_postings(codes: &[u32], n_categories: usize, pack: &mut PackWriter) -> io::Result<TileRange> {
    let mut cells_of: Vec<Vec<u32>> = vec![Vec::new(); n_categories];
    for (cell, &code) in codes.iter().enumerate() {
        if let Some(cells) = cells_of.get_mut(code as usize) {
            cells.push(cell as u32);
        }
    }
    let frames: Vec<PackFrame> = cells_of
        .into_par_iter()
        .map(|cells| {
            let bitmap = RoaringBitmap::from_sorted_iter(cells).expect("cells were pushed in ascending order");
            PackFrame::new(&Posting(bitmap).encode(), CAREFUL_LEVEL)
        })
        .collect();
    pack.extend(&frames)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_of_values_is_of_the_finite_ones() {
        let ValueRange { min, max } = range(&[f32::NAN, 2.0, f32::INFINITY, -1.0]);
        assert_eq!((min, max), (-1.0, 2.0));
        let none = range(&[f32::NAN, f32::NEG_INFINITY]);
        assert!(none.min.is_nan() && none.max.is_nan());
    }
}
