//! Matrices of 10x Genomics (`.h5` by Cell Ranger), shown as AnnData: cells by barcode, genes by their id.

use std::collections::{BTreeMap, HashMap};

use super::container::{Container, Elements, Kind, Member};
use super::read_error::ReadError;
use super::values::{TextHeap, Values};

/// What such a file calls itself here.
pub(super) const ENCODING: &str = "10x-matrix";

/// Columns of `var`, and what Cell Ranger calls them since version 3.
const FEATURES: [(&str, &str); 5] = [
    ("_index", "features/id"),
    ("gene_symbols", "features/name"),
    ("feature_types", "features/feature_type"),
    ("genome", "features/genome"),
    ("interval", "features/interval"),
];
/// The same before version 3.
const GENES: [(&str, &str); 2] = [("_index", "genes"), ("gene_symbols", "gene_names")];

/// A file of 10x Genomics.
pub(super) struct TenX {
    file: Box<dyn Container>,
    /// Where each array of AnnData lies in the file.
    arrays: BTreeMap<String, String>,
    /// Cells and genes.
    shape: [i64; 2],
}

/// What was found in a file.
pub(super) enum Found {
    /// A matrix.
    Matrix(TenX),
    /// Matrices of several genomes, which Cell Ranger wrote before version 3.
    Genomes(Vec<String>),
    /// Something else.
    Other(Box<dyn Container>),
}

impl TenX {
    /// Looks whether `file` is of 10x Genomics.
    pub(super) fn find(file: Box<dyn Container>) -> Result<Found, ReadError> {
        let root = file.members("")?;
        if ["obs", "var"].iter().all(|frame| root.contains_key(*frame)) {
            return Ok(Found::Other(file));
        }
        let mut genomes = Vec::new();
        for (name, _) in root.iter().filter(|(_, member)| **member == Member::Known(Kind::Group)) {
            let members = file.members(name)?;
            let is_matrix =
                ["barcodes", "data", "indices", "indptr", "shape"].iter().all(|part| members.contains_key(*part));
            if is_matrix && (members.contains_key("features") || members.contains_key("genes")) {
                genomes.push(name.clone());
            }
        }
        match genomes.as_slice() {
            [] => Ok(Found::Other(file)),
            [group] => Self::open(file, group).map(Found::Matrix),
            _ => Ok(Found::Genomes(genomes)),
        }
    }

    fn open(file: Box<dyn Container>, group: &str) -> Result<Self, ReadError> {
        let mut arrays = BTreeMap::new();
        arrays.extend(["data", "indices", "indptr"].map(|part| (format!("X/{part}"), format!("{group}/{part}"))));
        arrays.insert("obs/_index".to_owned(), format!("{group}/barcodes"));
        let is_new = file.members(group)?.contains_key("features");
        let columns: &[(&str, &str)] = if is_new { &FEATURES } else { &GENES };
        for (column, place) in columns {
            let (parent, name) = place.rsplit_once('/').unwrap_or(("", place));
            let parent = if parent.is_empty() { group.to_owned() } else { format!("{group}/{parent}") };
            if file.members(&parent)?.contains_key(name) {
                arrays.insert(format!("var/{column}"), format!("{group}/{place}"));
            }
        }
        let count = |place: &str| -> Result<i64, ReadError> {
            let place = arrays.get(place).ok_or_else(|| ReadError::damaged("the ids of its genes are missing"))?;
            let shape = file.array(place)?.shape().first().copied().unwrap_or(0);
            i64::try_from(shape).map_err(|_| ReadError::damaged("it claims too many cells or genes"))
        };
        let shape = [count("obs/_index")?, count("var/_index")?];
        // Before any of the texts is read.
        if count("X/indptr")? != shape[0].saturating_add(1) {
            return Err(ReadError::damaged("it has not as many barcodes as columns of its matrix"));
        }
        Ok(Self { file, arrays, shape })
    }
}

impl Container for TenX {
    fn members(&self, path: &str) -> Result<BTreeMap<String, Member>, ReadError> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let below = self.arrays.keys().filter_map(|place| place.strip_prefix(&prefix));
        Ok(below
            .map(|rest| match rest.split_once('/') {
                Some((group, _)) => (group.to_owned(), Member::Known(Kind::Group)),
                None => (rest.to_owned(), Member::Known(Kind::Dataset)),
            })
            .collect())
    }

    fn attributes(&self, path: &str) -> Result<HashMap<String, Values>, ReadError> {
        let text = |value: &str| Values::Strings(vec![value.to_owned()]);
        let attributes = match path {
            "" => vec![("encoding-type", text(ENCODING))],
            "X" => vec![("encoding-type", text("csr_matrix")), ("shape", Values::Integers(self.shape.to_vec()))],
            "obs" | "var" => {
                let columns = self.members(path)?.into_keys().filter(|column| column != "_index");
                let order = Values::Strings(columns.collect());
                vec![("encoding-type", text("dataframe")), ("_index", text("_index")), ("column-order", order)]
            }
            _ => Vec::new(),
        };
        Ok(attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn array(&self, path: &str) -> Result<Box<dyn Elements>, ReadError> {
        let place = self.arrays.get(path).ok_or_else(|| ReadError::damaged("it is not part of a 10x matrix"))?;
        self.file.array(place)
    }

    fn heap(&self) -> Option<&dyn TextHeap> {
        self.file.heap()
    }
}
