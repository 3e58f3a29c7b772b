//! Where commands write tables and pictures: files whose names say what they hold, or standard output.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::Args;
use explorer_core::{color::Ground, format::listed};

use super::{aside, terminal};

/// What stands for standard output.
const STANDARD: &str = "-";

/// The endings of names that say what a file holds. A file of any other name may hold anything.
const KNOWN: [&str; 38] = [
    "arrow", "bmp", "bz2", "csv", "eps", "feather", "gif", "gmt", "gz", "h5", "h5ad", "h5mu", "h5seurat", "hdf5",
    "html", "htm", "jpeg", "jpg", "json", "loom", "mtx", "npy", "npz", "ods", "parquet", "pdf", "png", "ps", "rds",
    "svg", "tif", "tiff", "tsv", "webp", "xls", "xlsx", "zarr", "zip",
];

/// What a command writes, by the ending of a file's name.
pub type Formats = &'static [(&'static str, &'static str)];

/// A table.
pub const TABLE: Formats = &[("csv", "the table")];

/// The answer of a corpus.
pub const ANSWER: Formats = &[("csv", "the table"), ("json", "the table"), ("parquet", "the table")];

/// A picture, or the numbers behind it.
pub const PICTURE: Formats = &[("svg", "the picture"), ("csv", "its numbers")];

/// Cells.
pub const CELLS: Formats = &[("h5ad", "the cells")];

/// Where a table goes.
#[derive(Args)]
pub struct TableOut {
    /// Where the table goes, as CSV; - is standard output. A file that is there is replaced [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl TableOut {
    /// Where the table goes, once that is known to be possible; `inputs` are never replaced.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn open<'a>(&self, inputs: impl IntoIterator<Item = &'a Path>) -> Result<Output<'_>, OutputError> {
        Output::new(self.out.as_deref(), TABLE, inputs)
    }
}

/// Where numbers go, or a picture of them.
#[derive(Args)]
pub struct FigureOut {
    /// Where it goes: a picture where the name ends in .svg, else the numbers as CSV; - is standard output. A file that is
    /// there is replaced [default: the numbers to standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Draw for a dark background
    #[arg(long)]
    dark: bool,
}

impl FigureOut {
    /// Where it goes, once that is known to be possible; `inputs` are never replaced.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn open<'a>(&self, inputs: impl IntoIterator<Item = &'a Path>) -> Result<Output<'_>, OutputError> {
        Output::new(self.out.as_deref(), PICTURE, inputs)
    }

    /// What a picture is drawn on.
    pub fn ground(&self) -> Ground {
        if self.dark { Ground::Dark } else { Ground::Light }
    }
}

/// Where something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output<'a>(Option<&'a Path>);

/// What was asked for cannot be written there.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The name says that the file holds something else.
    #[error("{path}: this command writes no .{ending} file; it writes {can}")]
    Format {
        /// The file.
        path: String,
        /// The end of its name.
        ending: String,
        /// What can be written.
        can: String,
    },
    /// It is an input.
    #[error("{0} is what this command reads; name another file by --out")]
    Input(String),
    /// Something lies there.
    #[error("{0} exists; name a new file by --out, or remove it first")]
    Exists(String),
    /// It is no text.
    #[error("a file of cells cannot go to standard output; name a file by --out")]
    Standard,
}

impl<'a> Output<'a> {
    /// A file, or standard output where none is named or its name is `-`.
    ///
    /// # Errors
    /// [`OutputError::Format`] and [`OutputError::Input`].
    pub fn new<'b>(
        path: Option<&'a Path>,
        formats: Formats,
        inputs: impl IntoIterator<Item = &'b Path>,
    ) -> Result<Self, OutputError> {
        let Some(path) = path.filter(|path| path.as_os_str() != STANDARD) else { return Ok(Self(None)) };
        check_format(path, formats)?;
        let Some(target) = target(path) else { return Ok(Self(Some(path))) };
        let is_input = |input: &Path| fs::canonicalize(input).is_ok_and(|input| target.starts_with(input));
        if inputs.into_iter().any(is_input) {
            return Err(OutputError::Input(path.display().to_string()));
        }
        Ok(Self(Some(path)))
    }

    /// Whether it is a picture that goes there.
    pub fn is_picture(self) -> bool {
        self.ending().is_some_and(|ending| ending == "svg")
    }

    /// The end of the file's name, in small letters.
    pub fn ending(self) -> Option<String> {
        self.0.and_then(ending)
    }

    /// Writes a text.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(self, text: &str) -> Result<()> {
        match self.0 {
            Some(_) => self.write_bytes(text.as_bytes()),
            None => Ok(terminal::print_text(text)?),
        }
    }

    /// Writes the bytes of a file that is named.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_bytes(self, bytes: &[u8]) -> Result<()> {
        let Some(path) = self.0 else { return Ok(()) };
        aside::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Checks that the name of a file says nothing else than what a command writes.
///
/// # Errors
/// [`OutputError::Format`].
pub fn check_format(path: &Path, formats: Formats) -> Result<(), OutputError> {
    let Some(ending) = ending(path).filter(|ending| KNOWN.contains(&ending.as_str())) else { return Ok(()) };
    if formats.iter().any(|(known, _)| *known == ending) {
        return Ok(());
    }
    let can = listed(formats.iter().map(|(ending, what)| format!(".{ending} ({what})")));
    Err(OutputError::Format { path: path.display().to_string(), ending, can })
}

/// Checks that cells can be written to a file.
///
/// # Errors
/// [`OutputError::Format`] and [`OutputError::Standard`].
pub fn check_cells(path: &Path) -> Result<(), OutputError> {
    if path.as_os_str() == STANDARD { Err(OutputError::Standard) } else { check_format(path, CELLS) }
}

/// Makes sure that nothing lies where a file is to be written.
///
/// # Errors
/// [`OutputError::Exists`].
pub fn must_be_free(path: &Path) -> Result<(), OutputError> {
    if path.symlink_metadata().is_ok() { Err(OutputError::Exists(path.display().to_string())) } else { Ok(()) }
}

/// Where a file that may not be there yet would lie, without links; `None` where its folder is not there.
fn target(path: &Path) -> Option<PathBuf> {
    let of_folder = || Some(fs::canonicalize(aside::folder_of(path)).ok()?.join(path.file_name()?));
    fs::canonicalize(path).ok().or_else(of_folder)
}

fn ending(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_means_another_format_is_refused() {
        let said = |name: &'static str, formats| {
            Output::new(Some(Path::new(name)), formats, []).map_err(|error| error.to_string())
        };
        let refused = "x.PNG: this command writes no .png file; it writes .svg (the picture), .csv (its numbers)";
        assert_eq!(said("x.PNG", PICTURE), Err(refused.to_owned()));
        assert!(said("x.svg", PICTURE).unwrap().is_picture());
        assert!(said("x.svg", TABLE).is_err() && said("de.h5ad", TABLE).is_err() && said("x.tsv", TABLE).is_err());
        for name in ["x.csv", "x.txt", "x", "run.3", "-"] {
            assert!(!said(name, TABLE).unwrap().is_picture(), "{name}");
        }
        assert_eq!(said("-", PICTURE), Ok(Output(None)));
        assert!(check_cells(Path::new("a.csv")).is_err() && check_cells(Path::new("-")).is_err());
        assert!(check_cells(Path::new("a.h5ad")).is_ok() && check_cells(Path::new("a")).is_ok());
    }

    #[test]
    fn what_is_read_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let [input, other] = ["cells.txt", "other.txt"].map(|name| folder.path().join(name));
        fs::write(&input, "").unwrap();
        fs::write(&other, "").unwrap();
        let within = folder.path().join(".").join("cells.txt");
        assert!(Output::new(Some(&within), TABLE, [input.as_path()]).is_err());
        assert!(Output::new(Some(&within), TABLE, [folder.path()]).is_err());
        assert_eq!(Output::new(Some(&other), TABLE, [input.as_path()]).unwrap(), Output(Some(&other)));
        let new = folder.path().join(".").join("new.csv");
        assert!(matches!(Output::new(Some(&new), TABLE, [folder.path()]), Err(OutputError::Input(_))));
        assert_eq!(Output::new(Some(&new), TABLE, [input.as_path()]).unwrap(), Output(Some(&new)));
    }

    #[test]
    fn a_new_file_takes_the_place_of_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.h5ad");
        assert!(must_be_free(&path).is_ok());
        fs::write(&path, "").unwrap();
        assert!(matches!(must_be_free(&path), Err(OutputError::Exists(_))));
    }
}
