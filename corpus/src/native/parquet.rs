//! Summaries as Parquet, for engines that add up more than one machine holds, and the sums that they give back.
//!
//! Three files: `sums.parquet` (gene, group, and what the gene adds up to over it), `groups.parquet` (the groups, with the
//! ids and labels of every dimension and their numbers of cells) and `features.parquet` (the genes). A group has a number
//! that follows from its ids, so it is the same wherever it is computed.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use builder::{BuildError, Output, OutputFile};
use explorer_core::de::GeneMoments;
use parquet::{
    basic::{Compression, ZstdLevel},
    column::reader::ColumnReader,
    data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::{WriterProperties, WriterPropertiesBuilder},
        reader::{FileReader, SerializedFileReader},
        writer::SerializedFileWriter,
    },
    schema::parser::parse_message_type,
};
use tessera::dataset::{DatasetError, wait};
use xxhash_rust::xxh3::Xxh3;

use super::FileCorpus;
use crate::{AnswerTable, Column as AnswerColumn, Dimension, Entry, Groups, Values};

/// The file of sums.
pub const SUMS: &str = "sums.parquet";

/// The file of groups.
pub const GROUPS: &str = "groups.parquet";

/// The file of genes.
pub const FEATURES: &str = "features.parquet";

/// Rows that are written, and read, at one time.
const ROWS_AT_ONCE: usize = 1 << 20;

/// Genes that are read at one time.
const GENES_AT_ONCE: u32 = 256;

/// The columns of the file of sums.
const SUMS_COLUMNS: [&str; 5] = ["feature_id", "group_id", "n_nonzero", "sum_x", "sum_sq"];

/// Why Parquet cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ParquetFileError {
    /// A tile of the corpus cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A file cannot be written.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A file cannot be read, or is not what it should be.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Two groups have one number.
    #[error("the groups {0} and {1} have the same number; rename one of the datasets")]
    Collision(String, String),
}

/// The number of a group: of the organism and its id in every dimension.
pub fn group_id<'a>(organism: &'a str, ids: impl IntoIterator<Item = &'a str>) -> i64 {
    let mut hash = Xxh3::new();
    for id in [organism].into_iter().chain(ids) {
        hash.update(id.as_bytes());
        hash.update(&[0]);
    }
    hash.digest().cast_signed()
}

/// The numbers of all groups of a part.
pub(super) fn group_ids(organism: &str, groups: &Groups, values: &[Values]) -> Vec<i64> {
    let ids = |group: usize| {
        groups.codes.iter().zip(values).map(move |(codes, values)| values.terms[codes[group] as usize].id.as_str())
    };
    (0..groups.len()).map(|group| group_id(organism, ids(group))).collect()
}

/// A column of rows that wait.
enum Column {
    Texts(Vec<ByteArray>),
    Integers(Vec<i64>),
    /// NaN: none.
    Numbers(Vec<f64>),
}

impl From<&AnswerColumn> for Column {
    fn from(column: &AnswerColumn) -> Self {
        match column {
            AnswerColumn::Texts(texts) => {
                Self::Texts(texts.iter().map(|text| ByteArray::from(text.as_str())).collect())
            }
            AnswerColumn::Integers(numbers) => {
                Self::Integers(numbers.iter().map(|number| number.cast_signed()).collect())
            }
            AnswerColumn::Numbers(numbers) => Self::Numbers(numbers.clone()),
        }
    }
}

/// A file in the making.
struct Table<W: Write + Send> {
    writer: SerializedFileWriter<W>,
}

impl Table<Box<dyn OutputFile>> {
    fn create(output: &dyn Output, name: &str, schema: &str) -> Result<Self, ParquetError> {
        Self::begin(output.create(name)?, schema, properties().build())
    }

    fn finish(self, name: &str) -> Result<(), ParquetError> {
        self.writer.into_inner()?.publish(name)?;
        Ok(())
    }
}

impl<W: Write + Send> Table<W> {
    fn begin(out: W, schema: &str, properties: WriterProperties) -> Result<Self, ParquetError> {
        let schema = Arc::new(parse_message_type(schema)?);
        Ok(Self { writer: SerializedFileWriter::new(out, schema, Arc::new(properties))? })
    }

    fn push(&mut self, columns: &[Column]) -> Result<(), ParquetError> {
        let mut rows = self.writer.next_row_group()?;
        for column in columns {
            let Some(mut writer) = rows.next_column()? else { break };
            match column {
                Column::Texts(texts) => writer.typed::<ByteArrayType>().write_batch(texts, None, None)?,
                Column::Integers(numbers) => writer.typed::<Int64Type>().write_batch(numbers, None, None)?,
                Column::Numbers(numbers) => {
                    let levels: Vec<i16> = numbers.iter().map(|number| i16::from(!number.is_nan())).collect();
                    let known: Vec<f64> = numbers.iter().copied().filter(|number| !number.is_nan()).collect();
                    writer.typed::<DoubleType>().write_batch(&known, Some(&levels), None)?
                }
            };
            writer.close()?;
        }
        rows.close()?;
        Ok(())
    }
}

/// Writes a corpus or a summary as Parquet.
///
/// # Errors
/// When a tile cannot be read, or a file not be written.
pub fn write(corpus: &FileCorpus, output: &dyn Output) -> Result<(), ParquetFileError> {
    let failed = |error: ParquetError| BuildError::Output { place: output.place(), source: io::Error::other(error) };
    write_sums(corpus, output, &failed)?;
    let text = |text: &str| ByteArray::from(text.as_bytes().to_vec());
    let columns = Dimension::ALL
        .map(|dimension| format!("required binary {dimension}_id (UTF8); required binary {dimension} (UTF8);"));
    let schema = format!(
        "message groups {{ required int64 group_id; required binary organism (UTF8); {} required int64 n_cells; }}",
        columns.concat()
    );
    let mut table = Table::create(output, "groups", &schema).map_err(failed)?;
    let schema = "message features { required binary organism (UTF8); required binary feature_id (UTF8); required binary \
                  feature_name (UTF8); }";
    let mut features = Table::create(output, "features", schema).map_err(failed)?;
    for (number, part) in corpus.manifest().parts.iter().enumerate() {
        let (groups, values) = (wait(corpus.groups(number, 0))?, wait(corpus.values(number))?);
        let organism = text(&part.organism);
        let mut columns = vec![
            Column::Integers(group_ids(&part.organism, groups, values)),
            Column::Texts(vec![organism.clone(); groups.len()]),
        ];
        for (codes, values) in groups.codes.iter().zip(values) {
            for of_term in [|term: &crate::Term| term.id.clone(), |term: &crate::Term| term.label.clone()] {
                let texts: Vec<ByteArray> = values.terms.iter().map(|term| text(&of_term(term))).collect();
                columns.push(Column::Texts(codes.iter().map(|&code| texts[code as usize].clone()).collect()));
            }
        }
        columns.push(Column::Integers(groups.n_cells.iter().map(|&n| n.into()).collect()));
        table.push(&columns).map_err(failed)?;
        let genes = wait(corpus.genes(number))?;
        let names = (0..genes.ids.len()).filter_map(|gene| genes.name(gene)).map(text).collect();
        let ids = genes.ids.iter().map(|id| text(id)).collect();
        let organisms = vec![organism; genes.ids.len()];
        features.push(&[Column::Texts(organisms), Column::Texts(ids), Column::Texts(names)]).map_err(failed)?;
    }
    table.finish(GROUPS).map_err(failed)?;
    features.finish(FEATURES).map_err(failed)?;
    Ok(())
}

/// An answer as the bytes of a Parquet file, with its facts among the file's own; what has no value is null.
///
/// # Errors
/// When a column has a name that Parquet does not take.
pub fn to_parquet(table: &AnswerTable) -> Result<Vec<u8>, ParquetFileError> {
    let failed = |error: ParquetError| ParquetFileError::File { path: "the table".into(), problem: error.to_string() };
    let column = |(name, column): &(String, AnswerColumn)| match column {
        AnswerColumn::Texts(_) => format!("required binary {name} (UTF8);"),
        AnswerColumn::Integers(_) => format!("required int64 {name};"),
        AnswerColumn::Numbers(_) => format!("optional double {name};"),
    };
    let columns: String = table.columns.iter().map(column).collect();
    let schema = format!("message answer {{ {columns} }}");
    let facts = table.facts.iter().map(|(name, text)| KeyValue::new(name.clone(), text.clone())).collect();
    let properties = properties().set_key_value_metadata(Some(facts)).build();
    let write = || {
        let mut file = Table::begin(Vec::new(), &schema, properties)?;
        file.push(&table.columns.iter().map(|(_, column)| column.into()).collect::<Vec<_>>())?;
        file.writer.into_inner()
    };
    write().map_err(failed)
}

/// How files are written.
fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(crate::build::GENERATOR.to_owned())
}

fn write_sums(
    corpus: &FileCorpus,
    output: &dyn Output,
    failed: &impl Fn(ParquetError) -> BuildError,
) -> Result<(), ParquetFileError> {
    let numbers = SUMS_COLUMNS[1..].iter().map(|name| format!("required int64 {name};")).collect::<String>();
    let schema = format!("message sums {{ required binary {} (UTF8); {numbers} }}", SUMS_COLUMNS[0]);
    let mut table = Table::create(output, "sums", &schema).map_err(failed)?;
    let (mut names, mut columns) = (Vec::new(), [const { Vec::new() }; 4]);
    let mut flush = |names: &mut Vec<ByteArray>, columns: &mut [Vec<i64>; 4]| {
        let rows: Vec<Column> = std::iter::once(Column::Texts(std::mem::take(names)))
            .chain(columns.iter_mut().map(|column| Column::Integers(std::mem::take(column))))
            .collect();
        table.push(&rows)
    };
    for (number, part) in corpus.manifest().parts.iter().enumerate() {
        let (groups, values) = (wait(corpus.groups(number, 0))?, wait(corpus.values(number))?);
        let ids = group_ids(&part.organism, groups, values);
        let genes = wait(corpus.genes(number))?;
        for first in (0..part.n_genes).step_by(GENES_AT_ONCE as usize) {
            let batch: Vec<u32> = (first..part.n_genes.min(first + GENES_AT_ONCE)).collect();
            for (&gene, entries) in batch.iter().zip(wait(corpus.moments(number, 0, &batch))?) {
                let name = ByteArray::from(genes.ids[gene as usize].as_bytes().to_vec());
                for (group, GeneMoments { n_nonzero, sum, sum_sq }) in entries {
                    names.push(name.clone());
                    // Sums over all cells that there can be fit.
                    let numbers = [ids[group as usize], n_nonzero.into(), sum, sum_sq as i64];
                    columns.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
                }
            }
            if names.len() >= ROWS_AT_ONCE {
                flush(&mut names, &mut columns).map_err(failed)?;
            }
        }
    }
    if !names.is_empty() {
        flush(&mut names, &mut columns).map_err(failed)?;
    }
    table.finish(SUMS).map_err(failed)?;
    Ok(())
}

/// Sums that an engine has added up, gene after gene in the order of their ids.
pub struct SumsReader {
    path: PathBuf,
    reader: SerializedFileReader<File>,
    /// Places of the columns.
    columns: [usize; 5],
    next_row_group: usize,
    rows: std::vec::IntoIter<(ByteArray, [i64; 4])>,
    waiting: Option<(ByteArray, [i64; 4])>,
    /// The gene of the row that was read last, and the row's number from 1 on.
    last: Option<ByteArray>,
    row_number: u64,
}

impl SumsReader {
    /// Opens a file of sums.
    ///
    /// # Errors
    /// When it cannot be read, or lacks a column.
    pub fn open(path: &Path) -> Result<Self, ParquetFileError> {
        let wrong = |problem: String| ParquetFileError::File { path: path.to_owned(), problem };
        let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
        let reader = SerializedFileReader::new(file).map_err(|error| wrong(error.to_string()))?;
        let schema = reader.metadata().file_metadata().schema_descr_ptr();
        let mut columns = [0; 5];
        for (place, name) in columns.iter_mut().zip(SUMS_COLUMNS) {
            let found = schema.columns().iter().position(|column| column.name() == name);
            *place = found.ok_or_else(|| {
                wrong(format!("it has no column {name}; a file of sums has the columns {}", SUMS_COLUMNS.join(", ")))
            })?;
        }
        Ok(Self {
            path: path.to_owned(),
            reader,
            columns,
            next_row_group: 0,
            rows: Vec::new().into_iter(),
            waiting: None,
            last: None,
            row_number: 0,
        })
    }

    fn wrong(&self, problem: impl std::fmt::Display) -> ParquetFileError {
        ParquetFileError::File { path: self.path.clone(), problem: problem.to_string() }
    }

    fn row(&mut self) -> Result<Option<(ByteArray, [i64; 4])>, ParquetFileError> {
        loop {
            if let Some(row) = self.rows.next() {
                if self.last.as_ref().is_some_and(|last| last.data() > row.0.data()) {
                    return Err(self.wrong("its rows are not in the order of feature_id; add ORDER BY feature_id"));
                }
                self.last = Some(row.0.clone());
                self.row_number += 1;
                return Ok(Some(row));
            }
            if self.next_row_group == self.reader.num_row_groups() {
                return Ok(None);
            }
            self.rows = self.read_row_group(self.next_row_group)?.into_iter();
            self.next_row_group += 1;
        }
    }

    fn read_row_group(&self, number: usize) -> Result<Vec<(ByteArray, [i64; 4])>, ParquetFileError> {
        let group = self.reader.get_row_group(number).map_err(|error| self.wrong(error))?;
        let n_rows = usize::try_from(group.metadata().num_rows()).map_err(|error| self.wrong(error))?;
        let mut names: Vec<ByteArray> = Vec::new();
        let mut numbers: [Vec<i64>; 4] = [const { Vec::new() }; 4];
        for (at, &column) in self.columns.iter().enumerate() {
            let kind = || self.wrong(format!("the column {} is of another type", SUMS_COLUMNS[at]));
            let is_optional = group.metadata().column(column).column_descr().max_def_level() > 0;
            let mut levels = Vec::new();
            let levels = is_optional.then_some(&mut levels);
            let reader = group.get_column_reader(column).map_err(|error| self.wrong(error))?;
            let read = match (at.checked_sub(1), reader) {
                (None, ColumnReader::ByteArrayColumnReader(mut reader)) => {
                    reader.read_records(n_rows, levels, None, &mut names).map(|_| names.len())
                }
                (Some(at), ColumnReader::Int64ColumnReader(mut reader)) => {
                    reader.read_records(n_rows, levels, None, &mut numbers[at]).map(|_| numbers[at].len())
                }
                _ => return Err(kind()),
            };
            if read.map_err(|error| self.wrong(error))? != n_rows {
                return Err(self.wrong(format!("the column {} lacks values", SUMS_COLUMNS[at])));
            }
        }
        let rows = names.into_iter().enumerate().map(|(row, name)| (name, std::array::from_fn(|at| numbers[at][row])));
        Ok(rows.collect())
    }

    /// The entries of the next genes that are asked for, of those groups that have a number; genes are asked for in the
    /// order of their ids. Others are passed over.
    ///
    /// # Errors
    /// When the file cannot be read, its rows are not in the order of genes, or two rows are of one gene and group.
    pub fn entries_of(&mut self, gene: &str, number_of: &HashMap<i64, u32>) -> Result<Vec<Entry>, ParquetFileError> {
        let mut entries = Vec::new();
        let mut seen = HashSet::new();
        loop {
            let Some((name, numbers)) = (match self.waiting.take() {
                Some(row) => Some(row),
                None => self.row()?,
            }) else {
                return Ok(entries);
            };
            match name.data().cmp(gene.as_bytes()) {
                std::cmp::Ordering::Greater => {
                    self.waiting = Some((name, numbers));
                    return Ok(entries);
                }
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => {
                    let [group, n_nonzero, sum, sum_sq] = numbers;
                    let Some(&number) = number_of.get(&group) else { continue };
                    if !seen.insert(number) {
                        let row = self.row_number;
                        return Err(self.wrong(format!(
                            "row {row} has the gene {gene} and the group {group}, as a row before it; add up the sums of \
                             every gene and group to one row, by GROUP BY feature_id, group_id"
                        )));
                    }
                    let moments = u32::try_from(n_nonzero).ok().zip(u128::try_from(sum_sq).ok());
                    let Some((n_nonzero, sum_sq)) = moments else {
                        return Err(self.wrong(format!("the sums of {gene} are out of range")));
                    };
                    entries.push((number, GeneMoments { n_nonzero, sum, sum_sq }));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_rows_of_one_gene_and_group_are_refused_with_their_place() {
        let numbers = SUMS_COLUMNS[1..].iter().map(|name| format!("required int64 {name};")).collect::<String>();
        let schema = format!("message sums {{ required binary {} (UTF8); {numbers} }}", SUMS_COLUMNS[0]);
        let folder = tempfile::tempdir().unwrap();
        let read = |rows: &[(&str, i64)]| {
            let mut table = Table::begin(Vec::new(), &schema, properties().build()).unwrap();
            let names = rows.iter().map(|(gene, _)| ByteArray::from(*gene)).collect();
            let groups: Vec<i64> = rows.iter().map(|(_, group)| *group).collect();
            let ones = || Column::Integers(vec![1; rows.len()]);
            table.push(&[Column::Texts(names), Column::Integers(groups), ones(), ones(), ones()]).unwrap();
            let file = folder.path().join("sums.parquet");
            std::fs::write(&file, table.writer.into_inner().unwrap()).unwrap();
            let mut reader = SumsReader::open(&file).unwrap();
            let number_of = HashMap::from([(7, 0), (8, 1)]);
            ["A", "B"]
                .map(|gene| reader.entries_of(gene, &number_of).map(|entries| entries.len()).map_err(|e| e.to_string()))
        };
        assert_eq!(read(&[("A", 7), ("A", 8), ("B", 7)]), [Ok(2), Ok(1)]);
        // A group of another organism may come as often as it likes.
        assert_eq!(read(&[("A", 9), ("A", 9), ("B", 8)]), [Ok(0), Ok(1)]);
        let [first, second] = read(&[("A", 7), ("B", 8), ("B", 7), ("B", 8)]);
        assert_eq!(first, Ok(1));
        let error = second.unwrap_err();
        assert!(error.contains("row 4 has the gene B and the group 8, as a row before it"), "{error}");
    }
}
