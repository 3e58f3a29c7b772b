//! Data frames, written some rows at a time.

use std::io::{self, Seek, Write};
use std::sync::Arc;

use crate::h5::{Address, Attribute, ChunkedDataset, Compression, Datatype, Scalar, Writer};
use crate::obs::{Column, Values};

use super::encoding;

/// A data frame in the making.
pub struct FrameWriter {
    index: ChunkedDataset,
    columns: Vec<ColumnWriter>,
    compression: Compression,
}

/// A column in the making.
struct ColumnWriter {
    name: &'static str,
    data: ChunkedDataset,
    form: Form,
}

/// What a column is beside its data.
enum Form {
    Array,
    Text,
    Categorical { categories: Arc<[String]>, ordered: bool },
    NullableInteger { mask: ChunkedDataset },
}

impl FrameWriter {
    /// Begins a frame whose columns the first rows tell.
    pub fn new(compression: Compression) -> Self {
        let index = ChunkedDataset::new(Datatype::Text, None, compression);
        Self { index, columns: Vec::new(), compression }
    }

    /// Appends rows, all with the same columns.
    pub fn append<W: Write + Seek>(
        &mut self,
        file: &mut Writer<W>,
        names: &[String],
        columns: &[Column],
    ) -> io::Result<()> {
        if self.columns.is_empty() {
            self.columns = columns.iter().map(|column| ColumnWriter::new(column, self.compression)).collect();
        }
        let references = file.texts(names)?;
        self.index.append(file, &references)?;
        for (writer, column) in self.columns.iter_mut().zip(columns) {
            writer.append(file, &column.values)?;
        }
        Ok(())
    }

    /// Ends the frame.
    pub fn finish<W: Write + Seek>(self, file: &mut Writer<W>) -> io::Result<Address> {
        const INDEX: &str = "_index";
        let order = self.columns.iter().map(|column| column.name.to_owned()).collect();
        let mut members = vec![(INDEX, self.index.finish(file, &encoding("string-array", "0.2.0"))?)];
        for column in self.columns {
            members.push((column.name, column.finish(file)?));
        }
        let [kind, version] = encoding("dataframe", "0.2.0");
        file.group(&members, &[kind, version, Attribute::text(INDEX, INDEX), Attribute::texts("column-order", order)])
    }
}

impl ColumnWriter {
    fn new(column: &Column, compression: Compression) -> Self {
        let (datatype, form) = match &column.values {
            Values::Categorical { categories, ordered, .. } => (
                code_datatype(categories.len()),
                Form::Categorical { categories: Arc::clone(categories), ordered: *ordered },
            ),
            Values::NullableI64 { .. } => {
                (Datatype::I64, Form::NullableInteger { mask: ChunkedDataset::new(Datatype::Bool, None, compression) })
            }
            Values::Text(_) => (Datatype::Text, Form::Text),
            Values::Bool(_) => (Datatype::Bool, Form::Array),
            Values::I32(_) => (Datatype::I32, Form::Array),
            Values::I64(_) => (Datatype::I64, Form::Array),
            Values::F32(_) => (Datatype::F32, Form::Array),
            Values::F64(_) => (Datatype::F64, Form::Array),
        };
        Self { name: column.name, data: ChunkedDataset::new(datatype, None, compression), form }
    }

    fn append<W: Write + Seek>(&mut self, file: &mut Writer<W>, values: &Values) -> io::Result<()> {
        let bytes = match values {
            Values::Categorical { codes, categories, .. } => match code_datatype(categories.len()) {
                Datatype::I8 => i8::bytes_of(&codes.iter().map(|&code| code as i8).collect::<Vec<_>>()),
                Datatype::I16 => i16::bytes_of(&codes.iter().map(|&code| code as i16).collect::<Vec<_>>()),
                _ => i32::bytes_of(codes),
            },
            Values::NullableI64 { values, mask: missing } => {
                if let Form::NullableInteger { mask } = &mut self.form {
                    mask.append(file, &bool::bytes_of(missing))?;
                }
                i64::bytes_of(values)
            }
            Values::Text(texts) => file.texts(texts)?,
            Values::Bool(values) => bool::bytes_of(values),
            Values::I32(values) => i32::bytes_of(values),
            Values::I64(values) => i64::bytes_of(values),
            Values::F32(values) => f32::bytes_of(values),
            Values::F64(values) => f64::bytes_of(values),
        };
        self.data.append(file, &bytes)
    }

    fn finish<W: Write + Seek>(self, file: &mut Writer<W>) -> io::Result<Address> {
        let array = || encoding("array", "0.2.0");
        match self.form {
            Form::Array => self.data.finish(file, &array()),
            Form::Text => self.data.finish(file, &encoding("string-array", "0.2.0")),
            Form::Categorical { categories, ordered } => {
                let codes = self.data.finish(file, &array())?;
                let length = Some(categories.len() as u64);
                let categories = file.text_dataset(length, &categories, &encoding("string-array", "0.2.0"))?;
                let [kind, version] = encoding("categorical", "0.2.0");
                let members = [("categories", categories), ("codes", codes)];
                file.group(&members, &[kind, version, Attribute::bool("ordered", ordered)])
            }
            Form::NullableInteger { mask } => {
                let members = [("mask", mask.finish(file, &array())?), ("values", self.data.finish(file, &array())?)];
                file.group(&members, &encoding("nullable-integer", "0.1.0"))
            }
        }
    }
}

/// The smallest integers that codes into so many categories fit in, as pandas has it.
fn code_datatype(n_categories: usize) -> Datatype {
    match n_categories {
        ..127 => Datatype::I8,
        127..32_767 => Datatype::I16,
        _ => Datatype::I32,
    }
}
