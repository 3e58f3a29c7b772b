//! Copies of `.h5ad` files in which parts are added, replaced or removed, whatever their size.

use std::collections::BTreeMap;

use super::elements::{DICT, array, dict, is_member, scalar, text, texts};
use super::matrix::{CsrWriter, DenseWriter, copy_as_csr, copy_as_dense, doubles, singles};
use super::{WriteError, frame};
use crate::container::Kind;
use crate::frame::{CATEGORIES_GROUP, FrameNames};
use crate::hdf5::edit::{Array, Change, Edit, EditError, Object, Space, Target};
use crate::source::{SharedSource, Source};
use crate::store::Store;
use crate::{Frame, FrameColumn, H5adError, Matrix, MatrixInfo, MatrixLocation, Storage, hdf5, matrix, open};

/// A copy of a file, being changed.
///
/// Nothing that is not changed is read or written: the copy has the bytes of the file, new parts go to its end or take the
/// place of values that were replaced or removed, and only the lists of what there is are written anew. Parts of HDF5
/// that are of no use any more are not reached from anywhere, but may stay in the copy, as when HDF5 itself removes
/// something.
pub struct Revision<T> {
    /// What messages call the file.
    name: String,
    edit: Edit<T>,
    /// The file as it was.
    store: Store,
    change: Change,
    /// The data frames that change, by place.
    frames: BTreeMap<String, FrameNames>,
}

/// A value that `uns` or an attribute gets.
#[derive(Clone, Debug, PartialEq)]
pub enum UnsValue {
    /// One text.
    Text(String),
    /// Texts.
    Texts(Vec<String>),
    /// One truth value.
    Boolean(bool),
    /// One whole number.
    Integer(i64),
    /// One real number.
    Number(f64),
    /// Real numbers.
    Numbers(Vec<f64>),
    /// Values by name.
    Dictionary(Vec<(String, UnsValue)>),
}

impl<T: Target> Revision<T> {
    /// Changes `target`, which holds a copy of `source` or, as [`Patches`](super::Patches) do, stands for one; `name` is
    /// what messages call the file. Of both the bytes are those of an HDF5 file.
    ///
    /// # Errors
    /// When the file cannot be read, is not HDF5, or not of a form that is changed.
    pub fn new(
        source: impl Source + Send + Sync + 'static,
        name: impl Into<String>,
        target: T,
    ) -> Result<Self, WriteError> {
        let name = name.into();
        let source = SharedSource::new(source);
        let store = open::source(&source, name.clone(), None)?;
        let form = |reason: &str| WriteError::Form { file: name.clone(), reason: reason.to_owned() };
        let is_tenx =
            || store.attributes("").is_ok_and(|root| root.text("encoding-type") == Some(crate::tenx::ENCODING));
        let Ok(file) = hdf5::File::open(&source) else { return Err(form("it is not HDF5")) };
        if is_tenx() {
            return Err(form("it is a matrix of 10x Genomics"));
        }
        let edit = Edit::new(file, &source, target).map_err(|error| told(&name, error))?;
        Ok(Self { name, edit, store, change: Change::default(), frames: BTreeMap::new() })
    }

    /// Adds a column to the data frame at `place` (`obs`, `var`, `raw/var`), or puts it in the place of the one of its
    /// name. It must have a value for each row.
    ///
    /// # Errors
    /// When the frame is of a form that gets no column, or the column cannot be written.
    pub fn set_column(&mut self, place: &str, name: &str, column: &FrameColumn) -> Result<(), WriteError> {
        let frame = self.frame(place)?;
        if !is_member(name) || name == frame.index || name == CATEGORIES_GROUP {
            return Err(WriteError::Name { place: place.to_owned(), name: name.to_owned() });
        }
        if !frame.columns.iter().any(|known| known == name) {
            frame.columns.push(name.to_owned());
        }
        let column = frame::column(place, name, column)?;
        self.drop_old(place, name)?;
        self.write(place, name, column)
    }

    /// Puts a whole data frame in the place of the one at `place` (`obs`, `var`), of whatever form that is: anndata before
    /// 0.7 wrote tables, which get no column. Its columns are not to be changed any further.
    ///
    /// # Errors
    /// When the frame there cannot be read, or a column cannot be written.
    pub fn set_frame(&mut self, place: &str, frame: &Frame) -> Result<(), WriteError> {
        let written = frame::written(place, frame)?;
        self.release(place)?;
        let (parent, name) = place.rsplit_once('/').unwrap_or(("", place));
        self.write(parent, name, written)
    }

    /// Removes a column from the data frame at `place`; one that is not there is none the less removed.
    ///
    /// # Errors
    /// When the frame is of a form that loses no column.
    pub fn remove_column(&mut self, place: &str, name: &str) -> Result<(), WriteError> {
        let frame = self.frame(place)?;
        if !frame.columns.iter().any(|known| known == name) {
            return Ok(());
        }
        frame.columns.retain(|known| known != name);
        if name == frame.index {
            // It stays as the labels of the rows.
            return Ok(());
        }
        self.drop_old(place, name)?;
        self.change.at(place).remove(name);
        Ok(())
    }

    /// Gives the rows of the data frame at `place` other labels, one each.
    ///
    /// # Errors
    /// When the frame is of a form whose labels are not changed, or they cannot be written.
    pub fn set_index(&mut self, place: &str, labels: Vec<String>) -> Result<(), WriteError> {
        let index = self.frame(place)?.index.clone();
        self.release(&format!("{place}/{index}"))?;
        self.write(place, &index, texts(labels))
    }

    /// Puts a value into `uns` under these keys, one in another.
    ///
    /// # Errors
    /// When a key is none that an entry can have, or the value cannot be written.
    pub fn set_uns(&mut self, keys: &[&str], value: &UnsValue) -> Result<(), WriteError> {
        let Some((last, parents)) = keys.split_last() else { return Ok(()) };
        for key in keys {
            super::named("uns", key)?;
        }
        let value = entry(value)?;
        let mut place = "uns".to_owned();
        self.must_be_dictionary(&place)?;
        for key in parents {
            place = format!("{place}/{key}");
            self.must_be_dictionary(&place)?;
        }
        self.release(&format!("{place}/{last}"))?;
        self.write(&place, last, value)
    }

    /// Removes what lies at a path, such as `uns/spatial` or `obsm/X_pca`, with all that is in it.
    ///
    /// # Errors
    /// When what lies there cannot be read.
    pub fn remove(&mut self, path: &str) -> Result<(), WriteError> {
        if self.store.kind(path)?.is_none() {
            return Ok(());
        }
        self.release(path)?;
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.change.at(parent).remove(name);
        Ok(())
    }

    /// Sets an attribute of what lies at a path; `""` is the file itself.
    ///
    /// # Errors
    /// When nothing lies there, or a dictionary is given, which no attribute can be.
    pub fn set_attribute(&mut self, path: &str, name: &str, value: &UnsValue) -> Result<(), WriteError> {
        self.must_be(path)?;
        let Some(value) = plain(value) else {
            return Err(WriteError::Name { place: path.to_owned(), name: name.to_owned() });
        };
        self.change.at(path).attribute(name, Some(value));
        Ok(())
    }

    /// Removes an attribute of what lies at a path.
    ///
    /// # Errors
    /// When nothing lies there.
    pub fn remove_attribute(&mut self, path: &str, name: &str) -> Result<(), WriteError> {
        self.must_be(path)?;
        self.change.at(path).attribute(name, None);
        Ok(())
    }

    /// Begins a sparse matrix of cells × genes of 32-bit floats in the place of the one at this location.
    ///
    /// # Errors
    /// When the name of a layer is none that one can have, or what lies there cannot be read.
    pub fn csr(&mut self, location: &MatrixLocation, n_vars: usize) -> Result<CsrWriter<'_, T>, WriteError> {
        self.make_room(location)?;
        Ok(CsrWriter::new(self, location.clone(), n_vars))
    }

    /// Begins a dense matrix of cells × genes of 32-bit floats in the place of the one at this location.
    ///
    /// # Errors
    /// As [`csr`](Self::csr).
    pub fn dense(&mut self, location: &MatrixLocation, n_vars: usize) -> Result<DenseWriter<'_, T>, WriteError> {
        self.make_room(location)?;
        Ok(DenseWriter::new(self, location.clone(), n_vars))
    }

    /// Writes the matrix at this location anew as a sparse one by cells, of 32-bit floats, whatever it was. Up to 500 MB of
    /// its entries are in memory at a time; one that is stored by genes is read as often as that takes.
    ///
    /// # Errors
    /// When there is no matrix, it cannot be read or written, or has numbers that no 32-bit float is equal to.
    pub fn rewrite_as_csr(&mut self, location: &MatrixLocation) -> Result<(), WriteError> {
        let matrix = self.matrix(location)?;
        self.make_room(location)?;
        let address = copy_as_csr(&matrix, &singles(&matrix), self.space())?;
        self.put_matrix(location, address);
        Ok(())
    }

    /// Writes the matrix at this location anew as a sparse one by cells, of 64-bit floats. Up to 750 MB of its entries are
    /// in memory at a time.
    ///
    /// # Errors
    /// When there is no matrix, or it cannot be read or written.
    pub fn rewrite_as_csr_of_doubles(&mut self, location: &MatrixLocation) -> Result<(), WriteError> {
        let matrix = self.matrix(location)?;
        self.make_room(location)?;
        let address = copy_as_csr(&matrix, &doubles(&matrix), self.space())?;
        self.put_matrix(location, address);
        Ok(())
    }

    /// Writes the matrix at this location anew as 32-bit floats: a dense one as such, a sparse one by cells.
    ///
    /// # Errors
    /// As [`rewrite_as_csr`](Self::rewrite_as_csr).
    pub fn rewrite_as_singles(&mut self, location: &MatrixLocation) -> Result<(), WriteError> {
        let matrix = self.matrix(location)?;
        if matrix.info().storage != Storage::Dense {
            return self.rewrite_as_csr(location);
        }
        let mut dense = self.dense(location, matrix.info().n_cols)?;
        copy_as_dense(&matrix, &mut dense)?;
        dense.finish()
    }

    /// Ends the copy.
    ///
    /// # Errors
    /// When what changes cannot be written.
    pub fn finish(mut self) -> Result<T, WriteError> {
        for (place, names) in self.frames {
            if names.is_changed() {
                let order = frame::column_order(names.columns);
                self.change.at(&place).attribute("column-order", Some(order));
            }
        }
        let name = self.name;
        self.edit.finish(self.change).map_err(|error| told(&name, error))
    }

    pub(super) fn space(&mut self) -> &mut Space<T> {
        self.edit.space()
    }

    pub(super) fn put_matrix(&mut self, location: &MatrixLocation, address: u64) {
        let place = location.to_string();
        let (parent, name) = place.rsplit_once('/').unwrap_or(("", &place));
        self.change.at(parent).replace(name, address);
    }

    /// Writes an object now, and puts it into its group at the end.
    fn write(&mut self, parent: &str, name: &str, object: Object) -> Result<(), WriteError> {
        let address = object.write(self.edit.space())?;
        self.change.at(parent).replace(name, address);
        Ok(())
    }

    /// The matrix at this location, as the file has it.
    fn matrix(&self, location: &MatrixLocation) -> Result<Matrix, WriteError> {
        let place = location.to_string();
        let shape = matrix::stated_shape(&self.store, &place)?;
        let info = match shape {
            Some(shape) => MatrixInfo::inspect(&self.store, location.clone(), &place, shape)?,
            None => None,
        };
        let info = info.ok_or_else(|| H5adError::missing(&place, "there is no matrix to write anew"))?;
        Ok(Matrix::open(&self.store, &info)?)
    }

    fn make_room(&mut self, location: &MatrixLocation) -> Result<(), WriteError> {
        match location {
            MatrixLocation::X => {}
            MatrixLocation::Raw => self.must_be("raw")?,
            MatrixLocation::Layer(name) => {
                super::named("layers", name)?;
                self.must_be_dictionary("layers")?;
            }
        }
        self.release(&location.to_string())
    }

    fn must_be(&self, path: &str) -> Result<(), WriteError> {
        if path.is_empty() || self.store.kind(path)?.is_some() {
            return Ok(());
        }
        Err(H5adError::missing(path, "it cannot be changed; name what is in the file").into())
    }

    /// Makes a dictionary where nothing lies.
    fn must_be_dictionary(&mut self, path: &str) -> Result<(), WriteError> {
        if self.store.kind(path)?.is_none() {
            let change = self.change.at(path);
            for (name, value) in DICT {
                change.attribute(name, Some(Array::text(value)));
            }
        }
        Ok(())
    }

    fn release(&mut self, path: &str) -> Result<(), WriteError> {
        let name = &self.name;
        self.edit.release(path).map_err(|error| told(name, error))
    }

    /// Lets the values of a column that goes be written over, and removes the categories that anndata 0.7 keeps apart.
    fn drop_old(&mut self, place: &str, name: &str) -> Result<(), WriteError> {
        self.release(&format!("{place}/{name}"))?;
        let apart = format!("{place}/{CATEGORIES_GROUP}");
        if self.store.kind(&format!("{apart}/{name}"))?.is_some() {
            self.change.at(&apart).remove(name);
        }
        Ok(())
    }

    /// The names in the frame at `place`, as changed so far.
    fn frame(&mut self, place: &str) -> Result<&mut FrameNames, WriteError> {
        if !self.frames.contains_key(place) {
            if self.store.kind(place)? != Some(Kind::Group) {
                let reason = format!("its {place} is a table, as anndata 0.6 wrote it");
                return Err(WriteError::Form { file: self.name.clone(), reason });
            }
            self.frames.insert(place.to_owned(), FrameNames::read(&self.store, place)?);
        }
        Ok(self.frames.entry(place.to_owned()).or_default())
    }
}

/// The error with the file that it is about.
fn told(file: &str, error: EditError) -> WriteError {
    match error {
        EditError::Io(error) => WriteError::Io(error),
        EditError::Read(_) | EditError::TooLong | EditError::Form(_) => {
            WriteError::Form { file: file.to_owned(), reason: error.to_string() }
        }
    }
}

/// The value as an entry of `uns`.
fn entry(value: &UnsValue) -> Result<Object, WriteError> {
    Ok(match value {
        UnsValue::Text(value) => text(value),
        UnsValue::Texts(values) => texts(values.clone()),
        UnsValue::Boolean(value) => scalar(Array::booleans([*value])),
        UnsValue::Integer(value) => scalar(Array::i64s([*value])),
        UnsValue::Number(value) => scalar(Array::f64s([*value])),
        UnsValue::Numbers(values) => array(Array::f64s(values.iter().copied())),
        UnsValue::Dictionary(entries) => {
            let mut group = dict();
            for (key, value) in entries {
                super::named("uns", key)?;
                group.add(key, entry(value)?);
            }
            group
        }
    })
}

/// The value as an attribute, which no dictionary can be.
fn plain(value: &UnsValue) -> Option<Array> {
    Some(match value {
        UnsValue::Text(value) => Array::text(value),
        UnsValue::Texts(values) => Array::texts(values.clone()),
        UnsValue::Boolean(value) => Array::booleans([*value]).single(),
        UnsValue::Integer(value) => Array::i64s([*value]).single(),
        UnsValue::Number(value) => Array::f64s([*value]).single(),
        UnsValue::Numbers(values) => Array::f64s(values.iter().copied()),
        UnsValue::Dictionary(_) => return None,
    })
}

/// Copies the file at `from` into the empty file `to`, and lets `revise` change the copy.
///
/// # Errors
/// When either file cannot be read or written, or `revise` says so; what is in `to` is then of no use.
#[cfg(feature = "native")]
pub fn revise_file<E: From<WriteError>>(
    from: &std::path::Path,
    mut to: std::fs::File,
    revise: impl FnOnce(&mut Revision<std::fs::File>) -> Result<(), E>,
) -> Result<(), E> {
    let name = from.display().to_string();
    let unreadable = |source| WriteError::from(H5adError::Io { file: name.clone(), source });
    let source = crate::file::FileSource::open(from).map_err(unreadable)?;
    source.copy_to(&mut to).map_err(WriteError::from)?;
    let mut revision = Revision::new(source, name, to)?;
    revise(&mut revision)?;
    revision.finish()?.sync_all().map_err(WriteError::from)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::elements::encoded;
    use super::*;
    use crate::RawFile;
    use crate::source::Bytes;

    /// A file with the layer `counts`, of which all layers are `uns/before` as well where that is asked for.
    fn linked(is_twice: bool) -> Vec<u8> {
        let mut space = Space::new(Vec::new());
        let values = array(Array::f64s((0..2_000).map(f64::from)));
        let mut layers = dict();
        layers.add("counts", values);
        let layers = layers.write(&mut space).expect("memory takes it");
        let (mut uns, mut root) = (dict(), encoded(Object::group(), "anndata", "0.1.0"));
        if is_twice {
            uns.add_written("before", layers);
        }
        root.add("uns", uns);
        root.add_written("layers", layers);
        let root = root.write(&mut space).expect("memory takes it");
        space.finish(root).expect("memory takes it")
    }

    #[test]
    fn values_that_a_second_way_leads_to_stay() {
        for is_twice in [false, true] {
            let bytes = linked(is_twice);
            let mut revision = Revision::new(Bytes(bytes.clone()), "linked.h5ad", bytes.clone()).expect("it is HDF5");
            revision.remove("layers/counts").expect("it is there");
            revision.set_uns(&["new"], &UnsValue::Numbers(vec![-1.0; 2_000])).expect("memory takes it");
            let copy = revision.finish().expect("memory takes it");
            // What is new takes the place of what nothing else leads to.
            assert_eq!(copy.len() > bytes.len() + 12_000, is_twice);
            let file = RawFile::from_bytes(copy, "copy.h5ad").expect("it is HDF5");
            assert!(file.kind("layers/counts").expect("it is whole").is_none());
            if is_twice {
                let kept = file.texts("uns/before/counts").expect("it is there").texts;
                assert!(kept.iter().zip(0..).all(|(text, n)| *text == format!("{n}.0")), "{kept:?}");
            }
        }
    }
}
