//! A file as the rules see it: read once, but for the elements of matrices and large arrays.

use std::cell::OnceCell;
use std::collections::HashMap;

use h5ad::{FrameColumn, H5adError, RawFile, RawFrame, RawMatrix, RawValue, Scalar, Storage};

use crate::column::Column;
use crate::finding::Finding;

/// A part of `uns`, `obsm` and the like: values by key.
pub(crate) type Entries = Vec<(String, RawValue)>;

pub(crate) struct Document {
    pub(crate) file: RawFile,
    pub(crate) obs: Frame,
    pub(crate) var: Frame,
    pub(crate) raw_var: Option<Frame>,
    pub(crate) uns: Entries,
    pub(crate) obsm: Entries,
    pub(crate) obsp: Entries,
    pub(crate) varm: Entries,
    pub(crate) varp: Entries,
    pub(crate) x: Option<RawMatrix>,
    pub(crate) raw_x: Option<RawMatrix>,
    pub(crate) layers: Vec<(String, RawMatrix)>,
}

/// A data frame whose columns are looked into when a rule asks.
pub(crate) struct Frame {
    pub(crate) raw: RawFrame,
    columns: HashMap<String, OnceCell<Column>>,
}

/// Why a file cannot be taken for AnnData: what the rules would say of it.
pub(crate) type Unread = Box<Finding>;

impl Frame {
    fn new(raw: RawFrame) -> Self {
        let columns = raw.columns.iter().map(|column| (column.name.clone(), OnceCell::new())).collect();
        Self { raw, columns }
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.raw.index.len()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    /// The column of this name, by its different values.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        let raw = self.raw.column(name)?;
        Some(self.columns.get(name)?.get_or_init(|| Column::new(raw)))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.raw.columns.iter().map(|column| column.name.as_str())
    }
}

impl Document {
    /// Reads all but matrices.
    pub(crate) fn read(file: &RawFile) -> Result<Self, Unread> {
        let encoding = file.encoding("").map_err(|error| undecodable(&error))?;
        if encoding.as_deref() != Some("anndata") {
            let text = "Unexpected validation error: 'dict' object has no attribute 'obs'";
            let finding = Finding::new(3, "/", text).value("encoding-type").suggest(Some(
                "the file does not say that it is AnnData (the attribute `encoding-type` of its root): write it anew with \
                 anndata 0.8 or later"
                    .to_owned(),
            ));
            return Err(Box::new(finding));
        }
        Self::read_parts(file).map_err(|error| undecodable(&error))
    }

    fn read_parts(file: &RawFile) -> Result<Self, H5adError> {
        let x = file.matrix("X")?;
        let raw_x = file.matrix("raw/X")?;
        let obs = frame(file, "obs", x.as_ref(), 0)?;
        let var = frame(file, "var", x.as_ref(), 1)?;
        let raw_var = match raw_x.is_some() || file.kind("raw/var")?.is_some() {
            true => Some(frame(file, "raw/var", raw_x.as_ref(), 1)?),
            false => None,
        };
        for (place, frame) in [("obs", Some(&obs)), ("var", Some(&var)), ("raw/var", raw_var.as_ref())] {
            for column in frame.into_iter().flat_map(|frame| &frame.columns) {
                if let FrameColumn::Unsupported { reason } = &column.values {
                    return Err(malformed(&format!("{place}/{}", column.name), reason));
                }
            }
        }
        if let Some(warning) = file.warnings().first() {
            return Err(malformed(&warning.place, &warning.message));
        }
        let mut layers = Vec::new();
        for name in file.members("layers")? {
            layers.extend(file.matrix(&format!("layers/{name}"))?.map(|matrix| (name.clone(), matrix)));
        }
        let [uns, obsm, obsp, varm, varp] = ["uns", "obsm", "obsp", "varm", "varp"].map(|part| entries(file, part));
        let (obs, var, raw_var) = (Frame::new(obs), Frame::new(var), raw_var.map(Frame::new));
        let (uns, obsm, obsp, varm, varp) = (uns?, obsm?, obsp?, varm?, varp?);
        let file = file.clone();
        let document = Self { file, obs, var, raw_var, uns, obsm, obsp, varm, varp, x, raw_x, layers };
        document.check_shapes()?;
        Ok(document)
    }

    /// What `anndata` refuses: parts whose shapes do not fit, and matrices without rows or columns.
    fn check_shapes(&self) -> Result<(), H5adError> {
        let (n_obs, n_vars) = (self.obs.n_rows(), self.var.n_rows());
        if n_obs == 0 {
            return Err(malformed("obs", "has no rows: the dataset has no cells"));
        }
        let fits = |place: &str, shape: &[usize], wanted: &[usize]| {
            let is_same = shape.len() >= wanted.len() && shape.iter().zip(wanted).all(|(a, b)| a == b);
            let problem = || format!("has the shape {shape:?}, but there are {n_obs} cells and {n_vars} genes");
            if is_same { Ok(()) } else { Err(malformed(place, &problem())) }
        };
        let matrices = self.layers.iter().map(|(_, matrix)| matrix).chain(&self.x);
        for matrix in matrices {
            fits(&matrix.place, &matrix.shape, &[n_obs, n_vars])?;
        }
        // Whether it has the cells of `obs` is asked by a rule, which has a text of the original.
        if let (Some(raw), Some(raw_var)) = (&self.raw_x, &self.raw_var) {
            let n_genes = raw_var.n_rows();
            if raw.shape.len() < 2 || raw.shape[1] != n_genes {
                let problem = format!("has the shape {:?}, but raw/var has {n_genes} genes", raw.shape);
                return Err(malformed(&raw.place, &problem));
            }
        }
        for (part, entries, wanted) in [
            ("obsm", &self.obsm, vec![n_obs]),
            ("varm", &self.varm, vec![n_vars]),
            ("obsp", &self.obsp, vec![n_obs, n_obs]),
            ("varp", &self.varp, vec![n_vars, n_vars]),
        ] {
            for (key, value) in entries {
                if let Some(shape) = shape(value) {
                    fits(&format!("{part}/{key}"), &shape, &wanted)?;
                }
            }
        }
        each_entry(&self.uns, "uns", &mut |place, value| {
            let is_empty = match value {
                RawValue::Array(array) => array.is_encoded && matches!(array.shape[..], [a, b] if a == 0 || b == 0),
                // Its rows are cut into blocks, of which there must be one.
                RawValue::Sparse { format, shape, .. } => (if *format == "csr" { shape.0 } else { shape.1 }) == 0,
                RawValue::Dict(_)
                | RawValue::Scalar(_)
                | RawValue::Frame { .. }
                | RawValue::Categorical { .. }
                | RawValue::Masked { .. }
                | RawValue::Null => false,
                RawValue::Other { encoding } => {
                    return Err(malformed(place, &format!("is in the encoding `{encoding}`, which is not known")));
                }
            };
            if is_empty { Err(malformed(place, "is a matrix without rows or columns: remove it")) } else { Ok(()) }
        })
    }

    /// The entry of `uns` of this key.
    pub(crate) fn key(&self, key: &str) -> Option<&RawValue> {
        get(&self.uns, key)
    }

    /// The organism of the dataset, if it is a text.
    pub(crate) fn organism(&self) -> Option<&str> {
        self.key(crate::definition::ORGANISM).and_then(text)
    }

    /// The raw matrix, or what must be raw where there is none, and what the original calls it.
    pub(crate) fn raw(&self) -> (Option<&RawMatrix>, &'static str) {
        match &self.raw_x {
            Some(raw) => (Some(raw), "raw.X"),
            None => (self.x.as_ref(), "X"),
        }
    }
}

/// More rows are not made up for a data frame that is not there: no dataset has as many, and a matrix may say anything.
const MAX_MISSING_ROWS: usize = 1 << 24;

/// The data frame at `place`. One that is not there has no columns, and as many rows as the matrix along this axis.
fn frame(file: &RawFile, place: &str, matrix: Option<&RawMatrix>, axis: usize) -> Result<RawFrame, H5adError> {
    match (file.kind(place)?, matrix.and_then(|matrix| matrix.shape.get(axis))) {
        (None, Some(n)) if *n > MAX_MISSING_ROWS => Err(malformed(
            place,
            &format!("is missing, and the matrix beside it claims {n} rows of it: write the file anew"),
        )),
        (None, Some(n)) => {
            let index = (0..*n).map(|row| row.to_string()).collect();
            Ok(RawFrame { index, columns: Vec::new() })
        }
        (Some(_), _) | (None, None) => file.frame(place),
    }
}

fn entries(file: &RawFile, part: &str) -> Result<Entries, H5adError> {
    if file.kind(part)?.is_none() {
        return Ok(Vec::new());
    }
    match file.value(part)? {
        RawValue::Dict(entries) => Ok(entries),
        _ => Err(malformed(part, "is not a dictionary")),
    }
}

/// The value of a key.
pub(crate) fn get<'a>(entries: &'a Entries, key: &str) -> Option<&'a RawValue> {
    entries.iter().find(|(known, _)| known == key).map(|(_, value)| value)
}

/// The text that a value is.
pub(crate) fn text(value: &RawValue) -> Option<&str> {
    match value {
        RawValue::Scalar(Scalar::Text(text)) => Some(text),
        _ => None,
    }
}

/// The entries of a dictionary.
pub(crate) fn dictionary(value: &RawValue) -> Option<&Entries> {
    match value {
        RawValue::Dict(entries) => Some(entries),
        _ => None,
    }
}

/// Whether the original reads a part of this key lazily, by mistake: it looks for `/uns` and `/layers` anywhere in a path.
pub(crate) fn is_lazy(part: &str, key: &str) -> bool {
    part == "uns" || key.starts_with("uns") || key.starts_with("layers")
}

/// How a matrix is stored in the eyes of the original: `csr`, `csc`, `dense` or `unknown`.
pub(crate) fn format(matrix: &RawMatrix) -> &'static str {
    match (matrix.storage(), matrix.encoding.as_deref()) {
        (Some(Storage::Csr), Some("csr_matrix")) => "csr",
        (Some(Storage::Csc), Some("csc_matrix")) => "csc",
        (Some(Storage::Dense), Some("array")) => "dense",
        (Some(_) | None, _) => "unknown",
    }
}

fn shape(value: &RawValue) -> Option<Vec<usize>> {
    match value {
        RawValue::Array(array) => Some(array.shape.clone()),
        RawValue::Sparse { shape, .. } => Some(vec![shape.0, shape.1]),
        RawValue::Frame { n_rows } => Some(vec![*n_rows]),
        RawValue::Dict(_)
        | RawValue::Scalar(_)
        | RawValue::Categorical { .. }
        | RawValue::Masked { .. }
        | RawValue::Null
        | RawValue::Other { .. } => None,
    }
}

fn each_entry(
    entries: &Entries,
    place: &str,
    see: &mut dyn FnMut(&str, &RawValue) -> Result<(), H5adError>,
) -> Result<(), H5adError> {
    for (key, value) in entries {
        let place = format!("{place}/{key}");
        see(&place, value)?;
        if let RawValue::Dict(inner) = value {
            each_entry(inner, &place, see)?;
        }
    }
    Ok(())
}

fn malformed(place: &str, problem: &str) -> H5adError {
    H5adError::Malformed { place: place.to_owned(), problem: problem.to_owned() }
}

fn undecodable(error: &H5adError) -> Unread {
    Box::new(Finding::new(2, "/", error.to_string()))
}

/// What is said of a file that is not HDF5 or cannot be read.
pub(crate) fn unreadable(error: &H5adError) -> Finding {
    Finding::new(1, "/", error.to_string())
}
