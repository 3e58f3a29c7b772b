//! Arrays and texts with the attributes by which anndata knows them.

use crate::hdf5::edit::{Array, Object};

/// Whether a group of an HDF5 file can have a member of this name.
pub fn is_member(name: &str) -> bool {
    !name.contains(['/', '\0']) && !["", ".", ".."].contains(&name)
}

/// An object with the attributes that say what it is.
pub(super) fn encoded(object: Object, kind: &str, version: &str) -> Object {
    object.with("encoding-type", Array::text(kind)).with("encoding-version", Array::text(version))
}

/// The attributes of a dictionary.
pub(super) const DICT: [(&str, &str); 2] = [("encoding-type", "dict"), ("encoding-version", "0.1.0")];

/// A group that is a dictionary.
pub(super) fn dict() -> Object {
    DICT.into_iter().fold(Object::group(), |group, (name, value)| group.with(name, Array::text(value)))
}

/// An array of numbers or truth values.
pub(super) fn array(values: Array) -> Object {
    encoded(Object::array(values), "array", "0.2.0")
}

/// Texts, one a place.
pub(super) fn texts(texts: Vec<String>) -> Object {
    encoded(Object::array(Array::texts(texts)), "string-array", "0.2.0")
}

/// One text.
pub(super) fn text(text: &str) -> Object {
    encoded(Object::array(Array::text(text)), "string", "0.2.0")
}

/// One number or truth value.
pub(super) fn scalar(value: Array) -> Object {
    encoded(Object::array(value.single()), "numeric-scalar", "0.2.0")
}
