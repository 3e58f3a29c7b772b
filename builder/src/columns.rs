//! The columns of `obs`: what each becomes, and its tiles.

use std::collections::{BTreeSet, HashMap};
use std::io;

use rayon::prelude::*;
use roaring::RoaringBitmap;
use shared_fbs::{
    manifest::{CELLS_PER_COLUMN_TILE, CELLS_PER_TEXT_TILE, Column, ColumnKind, TileRange, Warning},
    tile::{Categories, Codes, Posting, Strings, Values},
};

use super::{
    cell_order::CellOrder,
    pack::{CAREFUL_LEVEL, Frame as PackFrame, PackWriter},
};
use h5ad::{Frame, FrameColumn};

/// Text columns with more different values than this, and than half the cells, are no labels.
const MAX_LABELS_OF_TEXT: usize = 1000;

/// Integers up to this magnitude are exact in f32.
const MAX_EXACT_INTEGER: i64 = 1 << f32::MANTISSA_DIGITS;

/// A column of `obs`, by row of the input.
pub struct ObsColumn {
    pub name: String,
    pub values: ObsValues,
}

/// What a column of `obs` holds.
pub enum ObsValues {
    /// One label a row; −1 is missing.
    Labels { codes: Vec<i32>, categories: Vec<String>, ordered: bool },
    /// One number a row; NaN is missing.
    Numbers(Vec<f32>),
    /// One text a row, (nearly) all different.
    Text(Vec<Option<String>>),
}

/// Decides what each column of the input's `obs` becomes; notes what was mended.
pub fn plan(obs: Frame, warnings: &mut Vec<Warning>) -> Vec<ObsColumn> {
    obs.columns
        .into_iter()
        .filter_map(|(name, column)| {
            let values = match column {
                FrameColumn::Categorical { codes, categories, ordered } => {
                    ObsValues::Labels { codes, categories, ordered }
                }
                FrameColumn::Booleans(values) => ObsValues::Labels {
                    codes: values.into_iter().map(|value| value.map_or(-1, i32::from)).collect(),
                    categories: vec!["False".to_owned(), "True".to_owned()],
                    ordered: false,
                },
                FrameColumn::Strings(texts) => from_text(texts),
                FrameColumn::Integers(values) => {
                    let inexact = values.iter().flatten().filter(|value| value.abs() > MAX_EXACT_INTEGER).count();
                    if inexact > 0 {
                        let message = format!("{inexact} integers above 2^24 were rounded to 32-bit floats");
                        warnings.push(Warning { place: format!("obs/{name}"), message });
                    }
                    ObsValues::Numbers(
                        values.into_iter().map(|value| value.map_or(f32::NAN, |value| value as f32)).collect(),
                    )
                }
                FrameColumn::Unsigned(values) => {
                    let inexact =
                        values.iter().flatten().filter(|value| **value > MAX_EXACT_INTEGER.unsigned_abs()).count();
                    let message = format!("{inexact} integers above 2^24 were rounded to 32-bit floats");
                    warnings.push(Warning { place: format!("obs/{name}"), message });
                    ObsValues::Numbers(
                        values.into_iter().map(|value| value.map_or(f32::NAN, |value| value as f32)).collect(),
                    )
                }
                FrameColumn::Singles(values) => ObsValues::Numbers(values),
                FrameColumn::Doubles(values) => {
                    let is_lost = |value: &&f64| value.is_finite() && !(**value as f32).is_finite();
                    let lost = values.iter().filter(is_lost).count();
                    if lost > 0 {
                        let message =
                            format!("{lost} numbers are beyond the range of 32-bit floats; they became infinite");
                        warnings.push(Warning { place: format!("obs/{name}"), message });
                    }
                    ObsValues::Numbers(values.into_iter().map(|value| value as f32).collect())
                }
                // The reader has noted why.
                FrameColumn::Unsupported { .. } => return None,
            };
            Some(ObsColumn { name, values })
        })
        .collect()
}

/// Labels in order of the alphabet, as pandas makes them; or text, when hardly any two are alike.
fn from_text(texts: Vec<Option<String>>) -> ObsValues {
    let unique: BTreeSet<&str> = texts.iter().flatten().map(String::as_str).collect();
    if unique.len() > MAX_LABELS_OF_TEXT && unique.len() > texts.len() / 2 {
        return ObsValues::Text(texts);
    }
    let code_of: HashMap<&str, i32> = unique.iter().zip(0..).map(|(&label, code)| (label, code)).collect();
    let codes = texts.iter().map(|text| text.as_deref().map_or(-1, |label| code_of[label])).collect();
    let categories = unique.into_iter().map(str::to_owned).collect();
    ObsValues::Labels { codes, categories, ordered: false }
}

/// Makes labels of an index unique the way anndata does: the second `a` becomes `a-1`.
pub fn make_unique(index: &mut [String], place: &str, warnings: &mut Vec<Warning>) {
    let mut seen: HashMap<String, u32> = HashMap::with_capacity(index.len());
    let taken: BTreeSet<String> = {
        let mut counts: HashMap<&str, u32> = HashMap::with_capacity(index.len());
        for label in index.iter() {
            *counts.entry(label).or_default() += 1;
        }
        if counts.len() == index.len() {
            return;
        }
        index.iter().cloned().collect()
    };
    let mut mended = Vec::new();
    for label in index.iter_mut() {
        let Some(repeats) = seen.get_mut(label.as_str()) else {
            seen.insert(label.clone(), 0);
            continue;
        };
        let unique = loop {
            *repeats += 1;
            let candidate = format!("{label}-{repeats}");
            if !taken.contains(&candidate) {
                break candidate;
            }
        };
        mended.push(std::mem::replace(label, unique));
    }
    let message = format!(
        "{} labels occur more than once (`{}` is one); a number was added to all but the first of each",
        mended.len(),
        mended[0]
    );
    warnings.push(Warning { place: place.to_owned(), message });
}

/// The packs that columns go to.
pub struct ColumnPacks<'a> {
    pub obs: &'a mut PackWriter,
    pub postings: &'a mut PackWriter,
}

/// Writes the tiles of one column; `colors` are the file's colors of its labels.
pub fn write(
    column: &ObsColumn,
    order: &CellOrder,
    colors: Option<Vec<u32>>,
    hidden: bool,
    packs: &mut ColumnPacks<'_>,
) -> io::Result<Column> {
    let mut entry = Column { name: column.name.clone(), hidden, min: f32::NAN, max: f32::NAN, ..Column::default() };
    match &column.values {
        ObsValues::Labels { codes, categories, ordered } => {
            let codes = stored_codes(codes, categories.len(), order);
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
            entry.tiles = Some(packs.obs.extend(&frames)?);
            entry.postings = Some(write_postings(&codes, categories.len(), packs.postings)?);
        }
        ObsValues::Numbers(values) => {
            let values = order.arrange(values);
            let finite = || values.iter().copied().filter(|value| value.is_finite());
            entry.kind = ColumnKind::Continuous;
            entry.n_missing = values.iter().filter(|value| value.is_nan()).count() as u32;
            if finite().next().is_some() {
                entry.min = finite().fold(f32::INFINITY, f32::min);
                entry.max = finite().fold(f32::NEG_INFINITY, f32::max);
            }
            entry.tiles = Some(packs.obs.extend(&value_frames(&values))?);
        }
        ObsValues::Text(texts) => {
            entry.kind = ColumnKind::Text;
            entry.n_missing = texts.iter().filter(|text| text.is_none()).count() as u32;
            entry.tiles = Some(write_text(texts, order, packs.obs)?);
        }
    }
    Ok(entry)
}

/// Codes in storage order, missing as `n_categories`.
pub fn stored_codes(by_row: &[i32], n_categories: usize, order: &CellOrder) -> Vec<u32> {
    let missing = n_categories as u32;
    order.rows.iter().map(|&row| u32::try_from(by_row[row as usize]).unwrap_or(missing)).collect()
}

/// Writes one f32 a cell, already in storage order.
pub fn write_values(values: &[f32], pack: &mut PackWriter) -> io::Result<TileRange> {
    pack.extend(&value_frames(values))
}

/// Writes one text a cell.
pub fn write_text(texts: &[Option<String>], order: &CellOrder, pack: &mut PackWriter) -> io::Result<TileRange> {
    let frames: Vec<PackFrame> = order
        .rows
        .par_chunks(CELLS_PER_TEXT_TILE as usize)
        .map(|rows| {
            let texts = rows.iter().map(|&row| texts[row as usize].clone()).collect();
            PackFrame::new(&Strings(texts).encode(), CAREFUL_LEVEL)
        })
        .collect();
    pack.extend(&frames)
}

/// Writes the input's row of every cell.
pub fn write_rows(order: &CellOrder, pack: &mut PackWriter) -> io::Result<TileRange> {
    let frames: Vec<PackFrame> = order
        .rows
        .par_chunks(CELLS_PER_COLUMN_TILE as usize)
        .map(|rows| PackFrame::new(&Codes::U32(rows.to_vec()).encode(), CAREFUL_LEVEL))
        .collect();
    pack.extend(&frames)
}

fn value_frames(values: &[f32]) -> Vec<PackFrame> {
    values
        .par_chunks(CELLS_PER_COLUMN_TILE as usize)
        .map(|values| PackFrame::new(&Values(values.to_vec()).encode(), CAREFUL_LEVEL))
        .collect()
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
    fn repeated_labels_become_unique() {
        let mut warnings = Vec::new();
        let mut index = ["a", "b", "a", "a-1", "a"].map(str::to_owned);
        make_unique(&mut index, "obs", &mut warnings);
        assert_eq!(index, ["a", "b", "a-2", "a-1", "a-3"]);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].message.starts_with("2 labels"), "{}", warnings[0].message);
    }

    #[test]
    fn text_becomes_labels_unless_nearly_all_differ() {
        let few = (0..4000).map(|i| Some(format!("label {}", i % 7))).collect();
        let ObsValues::Labels { codes, categories, .. } = from_text(few) else { panic!("labels expected") };
        assert_eq!((categories.len(), codes[8]), (7, 1));
        let many = (0..4000).map(|i| Some(format!("barcode {i}"))).collect();
        assert!(matches!(from_text(many), ObsValues::Text(_)));
    }
}
