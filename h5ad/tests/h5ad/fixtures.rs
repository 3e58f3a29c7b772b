//! Small `.h5ad` files, written as the versions of anndata write them.

use std::fs;
use std::path::PathBuf;

use h5ad::{FrameColumn, H5ad, H5adError};
use hdf5_pure::{AttrValue, Datatype, EnumTypeBuilder, FileBuilder, GroupBuilder, make_i8_type};
use tempfile::TempDir;

/// A file in the making.
pub struct Fixture {
    pub file: FileBuilder,
}

/// A finished file, removed when dropped.
pub struct Written {
    directory: TempDir,
}

impl Fixture {
    /// An empty file.
    pub fn new() -> Self {
        Self { file: FileBuilder::new() }
    }

    /// A file of `n_obs` cells and `n_vars` genes, named `cell0…` and `gene0…`, with nothing else.
    pub fn with_axes(n_obs: usize, n_vars: usize) -> Self {
        Self::new().frame("obs", &labels("cell", n_obs), |_| ()).frame("var", &labels("gene", n_vars), |_| ())
    }

    /// Adds a group.
    pub fn group(mut self, name: &str, fill: impl FnOnce(&mut GroupBuilder)) -> Self {
        let mut group = self.file.create_group(name);
        fill(&mut group);
        self.file.add_group(group.finish());
        self
    }

    /// Adds a data frame.
    pub fn frame(self, name: &str, index: &[String], fill: impl FnOnce(&mut Columns)) -> Self {
        self.group(name, |group| fill_frame(group, index, fill))
    }

    /// Writes the file.
    pub fn write(self) -> Written {
        Written::from_bytes(&self.file.finish().unwrap())
    }

    /// Writes the file with its deflated chunks damaged.
    pub fn write_damaged(self) -> Written {
        let mut bytes = self.file.finish().unwrap();
        let is_head = |pair: &[u8]| pair[0] == 0x78 && [0x01, 0x5e, 0x9c, 0xda].contains(&pair[1]);
        let heads: Vec<usize> =
            bytes.windows(2).enumerate().filter(|(_, pair)| is_head(pair)).map(|(at, _)| at).collect();
        assert!(!heads.is_empty(), "nothing is deflated");
        heads.into_iter().for_each(|at| bytes[at + 2..at + 8].fill(0xff));
        Written::from_bytes(&bytes)
    }

    /// Writes and opens the file.
    pub fn open(self) -> (Written, H5ad) {
        let written = self.write();
        let file = written.open().unwrap();
        (written, file)
    }
}

impl Written {
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let written = Self { directory };
        fs::write(written.path(), bytes).unwrap();
        written
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join("test.h5ad")
    }

    pub fn open(&self) -> Result<H5ad, H5adError> {
        H5ad::open(&self.path())
    }
}

/// The columns of a data frame in the making.
pub struct Columns<'a> {
    pub group: &'a mut GroupBuilder,
    order: Vec<String>,
}

impl Columns<'_> {
    /// States a column's place in the order, and gives its name.
    pub fn add<'n>(&mut self, name: &'n str) -> &'n str {
        self.order.push(name.to_owned());
        name
    }

    pub fn floats(&mut self, name: &str, values: &[f64]) {
        let name = self.add(name);
        self.group.create_dataset(name).with_f64_data(values);
    }

    pub fn integers(&mut self, name: &str, values: &[i64]) {
        let name = self.add(name);
        self.group.create_dataset(name).with_i64_data(values);
    }

    pub fn strings(&mut self, name: &str, values: &[&str]) {
        let name = self.add(name);
        self.group.create_dataset(name).with_vlen_strings(values);
    }

    pub fn booleans(&mut self, name: &str, values: &[bool]) {
        let name = self.add(name);
        self.group.create_dataset(name).with_raw_data(boolean_type(), bytes(values), values.len() as u64);
    }

    pub fn categorical(&mut self, name: &str, codes: &[i8], categories: &[&str]) {
        let name = self.add(name);
        subgroup(self.group, name, |group| {
            encoding(group, "categorical");
            group.set_attr("ordered", AttrValue::I8(0));
            group.create_dataset("codes").with_i8_data(codes);
            group.create_dataset("categories").with_vlen_strings(categories);
        });
    }

    /// A group of `values`, written by `fill`, and `mask`.
    pub fn masked(&mut self, name: &str, encoding_type: &str, mask: &[bool], fill: impl FnOnce(&mut GroupBuilder)) {
        let name = self.add(name);
        subgroup(self.group, name, |group| {
            encoding(group, encoding_type);
            fill(group);
            group.create_dataset("mask").with_raw_data(boolean_type(), bytes(mask), mask.len() as u64);
        });
    }
}

/// Makes `group` a data frame as anndata 0.8 to 0.12 write it.
pub fn fill_frame(group: &mut GroupBuilder, index: &[String], fill: impl FnOnce(&mut Columns)) {
    encoding(group, "dataframe");
    group.set_attr("_index", AttrValue::VarLenString("_index".to_owned()));
    let index: Vec<&str> = index.iter().map(String::as_str).collect();
    group.create_dataset("_index").with_vlen_strings(&index);
    let mut columns = Columns { group, order: Vec::new() };
    fill(&mut columns);
    let order = columns.order;
    let order = if order.is_empty() { AttrValue::F64Array(Vec::new()) } else { AttrValue::VarLenStringArray(order) };
    group.set_attr("column-order", order);
}

pub fn subgroup(parent: &mut GroupBuilder, name: &str, fill: impl FnOnce(&mut GroupBuilder)) {
    let mut group = parent.create_group(name);
    fill(&mut group);
    parent.add_group(group.finish());
}

pub fn encoding(group: &mut GroupBuilder, encoding: &str) {
    group.set_attr("encoding-type", AttrValue::VarLenString(encoding.to_owned()));
}

/// `prefix0`, `prefix1`, …
pub fn labels(prefix: &str, n: usize) -> Vec<String> {
    (0..n).map(|at| format!("{prefix}{at}")).collect()
}

/// h5py's type of truth values.
pub fn boolean_type() -> Datatype {
    EnumTypeBuilder::with_base(make_i8_type()).value("FALSE", 0).value("TRUE", 1).build().unwrap()
}

fn bytes(values: &[bool]) -> Vec<u8> {
    values.iter().map(|value| u8::from(*value)).collect()
}

/// The column called `name`.
pub fn column<'a>(frame: &'a h5ad::Frame, name: &str) -> &'a FrameColumn {
    &frame.columns.iter().find(|(column, _)| column == name).unwrap().1
}
