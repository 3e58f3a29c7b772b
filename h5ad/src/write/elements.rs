//! Arrays and texts with the attributes by which anndata knows them.

use hdf5_pure::{
    AttrValue, DatasetBuilder, Datatype, EnumTypeBuilder, FileBuilder, FormatError, GroupBuilder, make_f32_type,
    make_i8_type, make_i32_type,
};

/// Arrays of fewer bytes are not compressed.
const WORTH_COMPRESSING_BYTES: u64 = 1 << 14;

/// Elements of a chunk at most. Where a side of one has more than 65 535, hdf5-pure 0.47 states the sides in four bytes,
/// which HDF5 1.14 refuses, since three would do.
const CHUNK_ELEMENTS: u64 = 1 << 15;

/// Level 1 of zlib on shuffled bytes: higher ones take several times as long for a few percent.
const DEFLATE_LEVEL: u32 = 1;

/// What datasets and groups can be added to.
pub(super) trait Filled {
    fn dataset(&mut self, name: &str) -> &mut DatasetBuilder;
    fn group(&mut self, name: &str) -> GroupBuilder;
}

impl Filled for FileBuilder {
    fn dataset(&mut self, name: &str) -> &mut DatasetBuilder {
        self.create_dataset(name)
    }

    fn group(&mut self, name: &str) -> GroupBuilder {
        self.create_group(name)
    }
}

impl Filled for GroupBuilder {
    fn dataset(&mut self, name: &str) -> &mut DatasetBuilder {
        self.create_dataset(name)
    }

    fn group(&mut self, name: &str) -> GroupBuilder {
        self.create_group(name)
    }
}

/// The attributes that say what an element is.
pub(super) fn encoding(kind: &str, version: &str) -> [(&'static str, AttrValue); 2] {
    [("encoding-type", kind), ("encoding-version", version)]
        .map(|(name, value)| (name, AttrValue::VarLenString(value.to_owned())))
}

/// Whether a group can have a member of this name.
pub(super) fn is_member(name: &str) -> bool {
    !name.contains(['/', '\0']) && !["", ".", ".."].contains(&name)
}

/// Makes a dataset an array of this shape, compressed where that is worth it.
pub(super) fn array(dataset: &mut DatasetBuilder, shape: &[u64], element_bytes: u64) {
    tell(dataset, "array", "0.2.0");
    dataset.with_shape(shape);
    if shape.iter().product::<u64>() * element_bytes < WORTH_COMPRESSING_BYTES {
        return;
    }
    dataset.with_chunks(&chunk(shape)).with_shuffle().with_deflate(DEFLATE_LEVEL);
}

/// A chunk of whole rows, or of a part of one.
fn chunk(shape: &[u64]) -> Vec<u64> {
    let mut room = CHUNK_ELEMENTS;
    let mut sides: Vec<u64> = Vec::with_capacity(shape.len());
    for &length in shape.iter().rev() {
        let side = length.clamp(1, room.max(1));
        sides.push(side);
        room /= side;
    }
    sides.reverse();
    sides
}

/// The values of an array, without a copy of them all beside.
pub(super) fn floats(dataset: &mut DatasetBuilder, values: Vec<f32>) -> &mut DatasetBuilder {
    let n = values.len() as u64;
    dataset.with_raw_data(make_f32_type(), bytes_of(values, f32::to_le_bytes), n)
}

/// Numbers of genes, as scipy has them.
pub(super) fn indices(dataset: &mut DatasetBuilder, values: Vec<u32>) -> &mut DatasetBuilder {
    let n = values.len() as u64;
    dataset.with_raw_data(make_i32_type(), bytes_of(values, u32::to_le_bytes), n)
}

fn bytes_of<T>(values: Vec<T>, to_bytes: fn(T) -> [u8; 4]) -> Vec<u8> {
    values.into_iter().flat_map(to_bytes).collect()
}

/// Truth values.
pub(super) fn booleans(dataset: &mut DatasetBuilder, values: impl Iterator<Item = bool>) -> Result<(), FormatError> {
    let bytes: Vec<u8> = values.map(u8::from).collect();
    let n = bytes.len() as u64;
    array(dataset.with_raw_data(boolean_type()?, bytes, n), &[n], 1);
    Ok(())
}

/// h5py's type of truth values.
fn boolean_type() -> Result<Datatype, FormatError> {
    EnumTypeBuilder::with_base(make_i8_type()).value("FALSE", 0).value("TRUE", 1).build()
}

/// Texts, one a place.
pub(super) fn texts<'a>(dataset: &mut DatasetBuilder, texts: impl Iterator<Item = &'a str>) {
    let texts: Vec<&str> = texts.collect();
    dataset.with_vlen_strings(&texts);
    tell(dataset, "string-array", "0.2.0");
}

/// One text.
pub(super) fn text(dataset: &mut DatasetBuilder, text: &str) {
    dataset.with_vlen_strings(&[text]).with_shape(&[]);
    tell(dataset, "string", "0.2.0");
}

/// One number.
pub(super) fn number(dataset: &mut DatasetBuilder, value: f64) {
    dataset.with_f64_data(&[value]).with_shape(&[]);
    tell(dataset, "numeric-scalar", "0.2.0");
}

fn tell(dataset: &mut DatasetBuilder, kind: &str, version: &str) {
    for (name, value) in encoding(kind, version) {
        dataset.set_attr(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_of_rows_and_has_no_side_that_hdf5_refuses() {
        assert_eq!(chunk(&[100_000]), [32_768]);
        assert_eq!(chunk(&[500, 155]), [211, 155]);
        assert_eq!(chunk(&[7, 70_000]), [1, 32_768]);
        assert_eq!(chunk(&[0]), [1]);
    }
}
