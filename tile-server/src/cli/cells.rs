//! Sets of cells as the command line names them: labels of columns, and lists of ids.

use std::{
    borrow::Cow,
    collections::HashMap,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use explorer_core::{
    csv::{NotText, text_of, unguarded},
    filter::CellMask,
    format,
};
use shared_fbs::manifest::ColumnKind;
use tessera::{compare::cells_with_label, dataset::Dataset};

use super::terminal;

/// The largest list of cells that is read, in bytes: that of some ten million cells takes less than half.
const MOST_LIST_BYTES: u64 = 1 << 30;

/// How many labels a message names.
const MOST_LABELS: usize = 20;

/// How many ids that no cell has a message names.
const MOST_IDS: usize = 5;

/// What programs write above a list of cells, in any case.
const HEADINGS: [&str; 9] =
    ["barcode", "barcodes", "cell", "cells", "cell_id", "cellid", "cell_ids", "index", "obs_names"];

/// A list of cells as an argument names it.
#[derive(Args)]
pub struct CellList {
    /// A file of cells, an id a line, in quotation marks or not; taken together with the labels. The Explorer saves such
    /// files
    #[arg(long, value_name = "FILE")]
    cells_file: Option<PathBuf>,
    /// Refuse a file with ids that no cell has, instead of leaving them out
    #[arg(long, requires = "cells_file")]
    strict: bool,
}

/// Some cells of a dataset, or all.
#[derive(Args)]
pub struct SomeCells {
    /// Only cells with this label, as COLUMN=LABEL; several are taken together
    #[arg(long, value_name = "COLUMN=LABEL")]
    label: Vec<String>,
    #[command(flatten)]
    list: CellList,
}

impl SomeCells {
    /// The file that lists cells.
    pub fn file(&self) -> Option<&Path> {
        self.list.file()
    }

    /// The cells, and what they are called with how many they are; nothing, where they are all.
    pub fn of(&self, dataset: &Dataset) -> Result<(CellMask, String)> {
        let Some((cells, names)) = some(dataset, &self.label, &self.list)? else {
            return Ok((CellMask::all(dataset.manifest().n_obs as usize), String::new()));
        };
        let name = names.join(" + ");
        match cells.count() {
            0 => Err(CellsError::Empty("selection").into()),
            n => Ok((cells, format!("{name} ({n} {})", if n == 1 { "cell" } else { "cells" }))),
        }
    }
}

/// The cells with any of these labels, each written `COLUMN=LABEL`, and those of a list, with the names of both; `None`
/// where none of either is asked for.
///
/// # Errors
/// When a label does not exist, or the list cannot be read.
pub fn some(dataset: &Dataset, labels: &[String], list: &CellList) -> Result<Option<(CellMask, Vec<String>)>> {
    let listed = list.read(dataset)?;
    if labels.is_empty() && listed.is_none() {
        return Ok(None);
    }
    let mut cells = labeled(dataset, labels)?;
    let mut names = labels.to_vec();
    if let Some((listed, name)) = listed {
        cells.or(&listed);
        names.push(name);
    }
    Ok(Some((cells, names)))
}

/// What becomes of cells that are both in the group and in the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Overlap {
    /// They count in both, and it is said how many there are
    Keep,
    /// They are left out of both
    Drop,
    /// Nothing is compared
    Refuse,
}

/// A set of cells that the dataset does not have.
#[derive(Debug, thiserror::Error)]
pub enum CellsError {
    /// A set is neither `rest` nor a label.
    #[error("`{0}` is not of the form COLUMN=LABEL")]
    Form(String),
    /// There is no such label.
    #[error("the dataset has no label `{spec}`; {known}")]
    Label {
        /// What was asked for.
        spec: String,
        /// The labels of the column, or the columns that have labels, as a clause.
        known: String,
    },
    /// Columns whose names hold `=` make several labels of one text.
    #[error(
        "`{spec}` may be a label of several columns: {columns}; write the one you mean in quotation marks, as \
         \"COLUMN\"=LABEL"
    )]
    Ambiguous {
        /// What was asked for.
        spec: String,
        /// The columns that it could be of.
        columns: String,
    },
    /// A list of cells is no text.
    #[error("cannot read {file}: {source}")]
    List {
        /// The file.
        file: String,
        /// Why not.
        source: NotText,
    },
    /// A list of cells does not end where one should.
    #[error("{file} holds more than 1 GiB, which is no list of cells; give a file with one id a line")]
    Endless {
        /// The file.
        file: String,
    },
    /// Cells of a list do not exist, and it is not taken without them.
    #[error("{file}: {unknown}; correct the ids, or leave out --strict to go on without them")]
    Unknown {
        /// The file.
        file: String,
        /// How many there are, and the first of them, as a sentence.
        unknown: String,
    },
    /// No cell of a list exists.
    #[error("{file}: {unknown}; the dataset has ids like `{known}`")]
    AllUnknown {
        /// The file.
        file: String,
        /// How many there are, and the first of them, as a sentence.
        unknown: String,
        /// An id of the dataset.
        known: String,
    },
    /// Cells are in both sets.
    #[error(
        "{cells} both in the group and in the reference; `--overlap drop` leaves them out of both, \
         `--overlap keep` counts them in both",
        cells = shared(*.0)
    )]
    Shared(usize),
    /// A set has no cells.
    #[error("there is no cell in the {0}; name some by labels or by a list of ids")]
    Empty(&'static str),
}

/// "1 cell is", "1,234 cells are".
pub fn shared(n: usize) -> String {
    format!("{} {}", format::plural(n, "cell", "cells"), if n == 1 { "is" } else { "are" })
}

/// The cells with any of these labels, each written `COLUMN=LABEL`.
pub fn labeled(dataset: &Dataset, specs: &[String]) -> Result<CellMask> {
    let mut cells = CellMask::none(dataset.manifest().n_obs as usize);
    for spec in specs {
        cells.or(&with_label(dataset, spec)?);
    }
    Ok(cells)
}

/// The cells of one label. Both names may hold `=`, so every one may be the one between them.
fn with_label(dataset: &Dataset, spec: &str) -> Result<CellMask> {
    let mut found = Vec::new();
    for (at, _) in spec.match_indices('=') {
        let (column, label) = (&spec[..at], &spec[at + 1..]);
        found.extend(cells_with_label(dataset, column, label)?.map(|cells| (column, cells)));
    }
    if let (true, Some((column, label))) = (found.is_empty(), quoted_column(spec))
        && let Some(cells) = cells_with_label(dataset, &column, label)?
    {
        return Ok(cells);
    }
    match found.as_mut_slice() {
        [(_, cells)] => Ok(std::mem::replace(cells, CellMask::none(0))),
        [] if !spec.contains('=') => Err(CellsError::Form(spec.to_owned()).into()),
        [] => Err(CellsError::Label { spec: spec.to_owned(), known: known_labels(dataset, spec)? }.into()),
        several => {
            let columns: Vec<String> = several.iter().map(|(column, _)| format!("`{column}`")).collect();
            Err(CellsError::Ambiguous { spec: spec.to_owned(), columns: columns.join(", ") }.into())
        }
    }
}

/// What there is instead of a label, as a clause: the labels of the column that it names, or else all columns.
fn known_labels(dataset: &Dataset, spec: &str) -> Result<String> {
    let columns = &dataset.manifest().columns;
    let quoted = quoted_column(spec);
    let mut names = spec.match_indices('=').map(|(at, _)| &spec[..at]).chain(quoted.as_ref().map(|(name, _)| &**name));
    let Some(column) = names.find_map(|name| columns.iter().find(|column| column.name == name)) else {
        let categorical = columns.iter().filter(|column| column.kind == ColumnKind::Categorical);
        return Ok(format!("its categorical columns are: {}", format::listed(categorical.map(|column| &column.name))));
    };
    Ok(match dataset.categorical(column)? {
        Some(labels) => {
            format!("the labels of `{}` are: {}", column.name, format::first_of(&labels.categories, MOST_LABELS))
        }
        None => format!("the column `{}` has no labels, since it is not categorical", column.name),
    })
}

/// Column and label of `"COLUMN"=LABEL`, where quotation marks in the name are doubled.
fn quoted_column(spec: &str) -> Option<(String, &str)> {
    let (quoted, label) = spec.strip_prefix('"')?.rsplit_once("\"=")?;
    Some((quoted.replace("\"\"", "\""), label))
}

impl CellList {
    /// The file.
    pub fn file(&self) -> Option<&Path> {
        self.cells_file.as_deref()
    }

    /// The cells that the file lists, and what they are called; `None` without a file.
    ///
    /// # Errors
    /// When the file cannot be read, or has ids that no cell has and is not taken without them.
    pub fn read(&self, dataset: &Dataset) -> Result<Option<(CellMask, String)>> {
        let Some(file) = &self.cells_file else { return Ok(None) };
        let (cells, unknown) = listed(dataset, file)?;
        if let Some(unknown) = unknown {
            if self.strict {
                return Err(CellsError::Unknown { file: file.display().to_string(), unknown }.into());
            }
            terminal::say(&format!("warning: {}: {unknown}, and left out", file.display()));
        }
        Ok(Some((cells, format!("cells of {}", file.display()))))
    }
}

/// The cells whose ids a file lists, one a line, and what is to be said of ids that no cell has. A byte order mark, line
/// ends of any system, and quotation marks around ids are passed over, and so is a heading in the first line, which is
/// said.
fn listed(dataset: &Dataset, file: &Path) -> Result<(CellMask, Option<String>)> {
    let bytes = read(file, MOST_LIST_BYTES)
        .with_context(|| format!("cannot read {}", file.display()))?
        .ok_or_else(|| CellsError::Endless { file: file.display().to_string() })?;
    let text = text_of(bytes).map_err(|source| CellsError::List { file: file.display().to_string(), source })?;
    let ids = dataset.cell_ids()?;
    let numbers: HashMap<&str, usize> =
        ids.iter().enumerate().filter_map(|(cell, id)| Some((id.as_deref()?, cell))).collect();
    let mut wanted = vec![false; ids.len()];
    let (mut unknown, mut n_ids) = (Vec::new(), 0_usize);
    let lines = text.split(['\n', '\r']).filter(|line| !line.trim().is_empty());
    for (number, line) in lines.enumerate() {
        match readings(line).iter().find_map(|id| numbers.get(&**id)) {
            Some(&cell) => wanted[cell] = true,
            None if number == 0 && is_heading(line, dataset.manifest().index_name.as_deref()) => {
                let (line, file) = (line.trim(), file.display());
                terminal::say(&format!("the first line of {file}, `{line}`, is taken for a heading"));
                continue;
            }
            None => unknown.push(format!("`{}`", line.trim())),
        }
        n_ids += 1;
    }
    if unknown.is_empty() {
        return Ok((CellMask::from_fn(ids.len(), |cell| wanted[cell]), None));
    }
    let (n_unknown, are) = (format::integer(unknown.len() as u64), if unknown.len() == 1 { "is" } else { "are" });
    let total = format::plural(n_ids, "id", "ids");
    let sentence = format!("{n_unknown} of {total} {are} of no cell: {}", format::first_of(&unknown, MOST_IDS));
    if unknown.len() == n_ids {
        let known = ids.iter().find_map(|id| id.as_deref()).unwrap_or_default().to_owned();
        return Err(CellsError::AllUnknown { file: file.display().to_string(), unknown: sentence, known }.into());
    }
    Ok((CellMask::from_fn(ids.len(), |cell| wanted[cell]), Some(sentence)))
}

/// What a file holds, which may be a pipe; none where that is more than `most` bytes.
fn read(file: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// Whether a line that is no cell says what the lines below it are: by the name that the ids have in the dataset, or a
/// usual one.
fn is_heading(line: &str, index_name: Option<&str>) -> bool {
    let [_, trimmed, unquoted, _] = readings(line);
    [trimmed, unquoted]
        .iter()
        .any(|text| Some(&**text) == index_name || HEADINGS.iter().any(|heading| text.eq_ignore_ascii_case(heading)))
}

/// The ids that a line may mean, the most literal first.
fn readings(line: &str) -> [Cow<'_, str>; 4] {
    let trimmed = line.trim();
    let inner = trimmed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let unquoted = inner.map_or(Cow::Borrowed(trimmed), |inner| Cow::Owned(inner.replace("\"\"", "\"")));
    let plain = Cow::Owned(unguarded(&unquoted).into_owned());
    [Cow::Borrowed(line), Cow::Borrowed(trimmed), unquoted, plain]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_in_quotation_marks_may_hold_any_sign() {
        assert_eq!(quoted_column(r#""a=b"=c"#), Some(("a=b".to_owned(), "c")));
        assert_eq!(quoted_column(r#""say ""a"""=c=d"#), Some((r#"say "a""#.to_owned(), "c=d")));
        assert_eq!(quoted_column("a=b"), None);
    }

    #[test]
    fn a_heading_is_known_by_its_name() {
        assert!(
            is_heading("\"Barcode\"", None) && is_heading(" CellID ", None) && is_heading("my ids", Some("my ids"))
        );
        assert!(!is_heading("AAACCTG-1", Some("my ids")) && !is_heading("", None));
    }

    #[test]
    fn a_list_without_an_end_is_not_read_to_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "12345").unwrap();
        assert_eq!(read(file.path(), 5).unwrap().as_deref(), Some(&b"12345"[..]));
        assert_eq!(read(file.path(), 4).unwrap(), None);
        #[cfg(unix)]
        assert_eq!(read(Path::new("/dev/zero"), 1 << 20).unwrap(), None);
    }

    #[test]
    fn a_line_may_be_quoted_and_guarded() {
        assert_eq!(readings(" cell 1 ")[..2], [" cell 1 ", "cell 1"]);
        assert_eq!(readings(r#""a ""b"", c""#)[2], r#"a "b", c"#);
        assert_eq!(readings("'=cell")[3], "=cell");
    }
}
