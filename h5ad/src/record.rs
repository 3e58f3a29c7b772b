//! Datasets of compound records, the form in which anndata before 0.7 wrote `obs`, `var` and `obsm`.

use super::element::{ElementType, Field};
use super::error::H5adError;
use super::store::{Array, Store};

/// The fields of a dataset of records.
pub(super) struct Records {
    array: Array,
    fields: Vec<Field>,
}

impl Records {
    /// The dataset at `place`, which must hold records.
    pub(super) fn open(store: &Store, place: &str) -> Result<Self, H5adError> {
        let array = store.array(place)?;
        let ElementType::Records { fields, .. } = array.element() else {
            let problem = format!("is a dataset of {}, but must be a group or a dataset of records", array.element());
            return Err(H5adError::malformed(place, problem));
        };
        let fields = fields.clone();
        for field in &fields {
            let end = field.byte_offset.checked_add(field.element.bytes());
            if end.is_none_or(|end| end > array.element_bytes()) {
                let problem = format!("has a field `{}` outside its records; the file is damaged", field.name);
                return Err(H5adError::malformed(place, problem));
            }
        }
        Ok(Self { array, fields })
    }

    /// How many records there are.
    pub(super) fn len(&self) -> usize {
        self.array.n_elements()
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The bytes of all records, to be taken apart by [`gather`](Self::gather).
    pub(super) fn read(&self) -> Result<Vec<u8>, H5adError> {
        self.array.read()
    }

    /// The bytes of one field of every record, one after another.
    pub(super) fn gather(&self, bytes: &[u8], field: &Field) -> Vec<u8> {
        let start = field.byte_offset;
        let end = start + field.element.bytes();
        let records = bytes.chunks_exact(self.array.element_bytes());
        let mut gathered = Vec::with_capacity(records.len() * (end - start));
        records.for_each(|record| gathered.extend_from_slice(&record[start..end]));
        gathered
    }
}
