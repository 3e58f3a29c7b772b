//! The columns of `obs` and `var`: what each becomes, and its tiles.

mod unique;
mod write;

use std::collections::{BTreeSet, HashMap};

use explorer_core::{data::Numbers, format};
use shared_fbs::manifest::{NumberKind, Warning};

use h5ad::{CategoryKind, FrameColumn};

pub use unique::make_unique;
pub use write::{ColumnPacks, stored_codes, write, write_rows, write_text, write_values};

/// Text columns with more different values than this, and than half the rows, are no labels.
const MAX_LABELS_OF_TEXT: usize = 1000;

/// A column of `obs` or `var`, by row of the input.
#[derive(Clone)]
pub struct TableColumn {
    pub name: String,
    pub values: TableValues,
}

/// What a column holds.
#[derive(Clone)]
pub enum TableValues {
    /// One label a row; −1 is missing. `number` says what the labels are in the file.
    Labels { codes: Vec<i32>, categories: Vec<String>, ordered: bool, number: NumberKind },
    /// One number a row.
    Numbers(Numbers),
    /// One text a row, (nearly) all different.
    Text(Vec<Option<String>>),
}

/// Decides what each column of the input's table at `place` becomes; notes what a reader should know.
pub fn plan(columns: Vec<(String, FrameColumn)>, place: &str, warnings: &mut Vec<Warning>) -> Vec<TableColumn> {
    columns
        .into_iter()
        .filter_map(|(name, column)| {
            let values = match column {
                FrameColumn::Categorical { codes, categories, ordered, kind } => {
                    TableValues::Labels { codes, categories, ordered, number: number_of(kind) }
                }
                FrameColumn::Booleans(values) => TableValues::Labels {
                    codes: values.into_iter().map(|value| value.map_or(-1, i32::from)).collect(),
                    categories: vec!["False".to_owned(), "True".to_owned()],
                    ordered: false,
                    number: NumberKind::Bool,
                },
                FrameColumn::Strings(texts) => from_text(texts),
                FrameColumn::Integers(values) => TableValues::Numbers(Numbers::Int(values)),
                FrameColumn::Unsigned(values) => TableValues::Numbers(Numbers::Uint(values)),
                FrameColumn::Singles(values) => TableValues::Numbers(Numbers::Float32(values)),
                FrameColumn::Doubles(values) => {
                    note_beyond_f32(&values, format!("{place}/{name}"), warnings);
                    TableValues::Numbers(Numbers::Float64(values))
                }
                // The reader has noted why.
                FrameColumn::Unsupported { .. } => return None,
            };
            Some(TableColumn { name, values })
        })
        .collect()
}

/// What labels are in the file.
fn number_of(kind: CategoryKind) -> NumberKind {
    match kind {
        CategoryKind::Text => NumberKind::None,
        CategoryKind::Booleans => NumberKind::Bool,
        CategoryKind::Integers => NumberKind::Int,
        CategoryKind::Unsigned => NumberKind::Uint,
        CategoryKind::Singles => NumberKind::Float32,
        CategoryKind::Doubles => NumberKind::Float64,
    }
}

/// Numbers that are infinite where the page draws and filters them, though they are kept as they are.
fn note_beyond_f32(values: &[f64], place: String, warnings: &mut Vec<Warning>) {
    let n_beyond = values.iter().filter(|value| value.is_finite() && !(**value as f32).is_finite()).count();
    if n_beyond > 0 {
        let (are, they, them) = if n_beyond == 1 { ("is", "it is", "it") } else { ("are", "they are", "them") };
        let numbers = format::plural(n_beyond, "number", "numbers");
        let message = format!(
            "{numbers} {are} beyond the range of 32-bit floats; {they} kept, but colors and filters take {them} for \
             infinite"
        );
        warnings.push(Warning { place, message });
    }
}

/// Labels in order of the alphabet, as pandas makes them; or text, when hardly any two are alike.
fn from_text(texts: Vec<Option<String>>) -> TableValues {
    let unique: BTreeSet<&str> = texts.iter().flatten().map(String::as_str).collect();
    if unique.len() > MAX_LABELS_OF_TEXT && unique.len() > texts.len() / 2 {
        return TableValues::Text(texts);
    }
    let code_of: HashMap<&str, i32> = unique.iter().zip(0..).map(|(&label, code)| (label, code)).collect();
    let codes = texts.iter().map(|text| text.as_deref().map_or(-1, |label| code_of[label])).collect();
    let categories = unique.into_iter().map(str::to_owned).collect();
    TableValues::Labels { codes, categories, ordered: false, number: NumberKind::None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_labels_unless_nearly_all_differ() {
        let few = (0..4000).map(|i| Some(format!("label {}", i % 7))).collect();
        let TableValues::Labels { codes, categories, .. } = from_text(few) else { panic!("labels expected") };
        assert_eq!((categories.len(), codes[8]), (7, 1));
        let many = (0..4000).map(|i| Some(format!("barcode {i}"))).collect();
        assert!(matches!(from_text(many), TableValues::Text(_)));
    }

    #[test]
    fn numbers_beyond_f32_are_kept_and_noted() {
        let mut warnings = Vec::new();
        let columns = vec![("huge".to_owned(), FrameColumn::Doubles(vec![1e300, f64::INFINITY, 0.5]))];
        let planned = plan(columns, "obs", &mut warnings);
        let TableValues::Numbers(numbers) = &planned[0].values else { panic!("numbers expected") };
        assert_eq!(*numbers, Numbers::Float64(vec![1e300, f64::INFINITY, 0.5]));
        assert_eq!((warnings.len(), warnings[0].place.as_str()), (1, "obs/huge"));
        assert!(warnings[0].message.starts_with("1 number is beyond"), "{}", warnings[0].message);
    }
}
