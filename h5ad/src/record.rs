//! Datasets of compound records, the form in which anndata before 0.7 wrote `obs`, `var` and `obsm`.

use hdf5_pure::{CompoundMember, Datatype};

use super::error::H5adError;
use super::store::{Array, Store};

/// The fields of a dataset of records.
pub(super) struct Records {
    array: Array,
    fields: Vec<CompoundMember>,
}

impl Records {
    /// The dataset at `place`, which must hold records.
    pub(super) fn open(store: &Store, place: &str) -> Result<Self, H5adError> {
        let array = store.array(place)?;
        let Datatype::Compound { members, .. } = array.datatype() else {
            let problem = format!("is a dataset of {}, but must be a group or a dataset of records", array.datatype());
            return Err(H5adError::malformed(place, problem));
        };
        let fields = members.clone();
        for field in &fields {
            let end = field.byte_offset.checked_add(u64::from(field.datatype.type_size()));
            if end.is_none_or(|end| end > array.element_bytes() as u64) {
                let problem = format!("has a field `{}` outside its records; the file is damaged", field.name);
                return Err(H5adError::malformed(place, problem));
            }
        }
        Ok(Self { array, fields })
    }

    /// How many records there are.
    pub(super) fn len(&self) -> usize {
        self.array.shape().iter().product()
    }

    pub(super) fn fields(&self) -> &[CompoundMember] {
        &self.fields
    }

    /// The bytes of all records, to be taken apart by [`gather`](Self::gather).
    pub(super) fn read(&self) -> Result<Vec<u8>, H5adError> {
        self.array.read()
    }

    /// The bytes of one field of every record, one after another.
    pub(super) fn gather(&self, bytes: &[u8], field: &CompoundMember) -> Vec<u8> {
        let start = field.byte_offset as usize;
        let end = start + field.datatype.type_size() as usize;
        let records = bytes.chunks_exact(self.array.element_bytes());
        let mut gathered = Vec::with_capacity(records.len() * (end - start));
        records.for_each(|record| gathered.extend_from_slice(&record[start..end]));
        gathered
    }
}
