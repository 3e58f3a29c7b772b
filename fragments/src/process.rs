//! From a file of fragments to findings, and to the sorted file with its index.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, BufRead, BufReader, Read, Write};

use flate2::bufread::MultiGzDecoder;
use noodles_bgzf as bgzf;
use noodles_core::Position;
use noodles_csi::binning_index::index::reference_sequence::bin::Chunk;
use noodles_tabix as tabix;

use crate::cells::Cells;
use crate::finding::{FIRST, Finding, Rows, Rule};
use crate::genome::Genome;
use crate::row::{self, COLUMNS, NoRow, Row};
use crate::scratch::Scratch;
use crate::sort::{MEMORY_BYTES, Sorter};

/// A longer line is no row of fragments.
const MAX_LINE_BYTES: u64 = 1 << 16;

/// Fragments could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FragmentError {
    /// The file of fragments cannot be read.
    #[error("the fragments cannot be read: {0}")]
    Read(#[source] io::Error),
    /// The sorted file, or what is sorted meanwhile, cannot be written.
    #[error("the sorted fragments cannot be written: {0}; see that there is room for twice the uncompressed rows")]
    Write(#[from] io::Error),
}

/// What came of a file of fragments.
#[derive(Debug)]
pub struct Processed {
    /// What is wrong; nothing where the file is valid.
    pub findings: Vec<Finding>,
    /// How many rows it has, as far as it was read.
    pub n_rows: u64,
    /// The sorted file's index, if one was written and the fragments are valid.
    pub index: Option<Indexed>,
}

/// The index of a sorted file.
#[derive(Debug)]
pub struct Indexed(tabix::Index);

impl Indexed {
    /// Writes the index as tabix reads it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, to: impl Write) -> io::Result<()> {
        let mut writer = tabix::io::Writer::new(to);
        writer.write_index(&self.0)?;
        writer.try_finish()
    }
}

/// Checks fragments against their cells and, where `out` is given, writes them sorted and in blocks of gzip, as long as
/// none is found wrong. About 400 MiB of memory are used, and of `scratch` as many bytes as the rows have.
///
/// What is written to `out` is of use only if there are no findings.
///
/// # Errors
/// When bytes cannot be read or written. Fragments of a wrong form are findings instead.
pub fn process(
    fragments: impl Read,
    cells: &Cells,
    scratch: &mut impl Scratch,
    out: Option<&mut dyn Write>,
) -> Result<Processed, FragmentError> {
    let genome = match cells.genome() {
        Ok(genome) => genome,
        Err(findings) => return Ok(Processed { findings, n_rows: 0, index: None }),
    };
    let mut check = Check::new(genome, cells);
    let mut sorter = Sorter::new(scratch, MEMORY_BYTES);
    if let Err(damage) = read(fragments, &mut check, &mut sorter)? {
        check.gzip = Some(damage);
    }
    let n_rows = check.n_rows;
    if check.is_malformed() {
        return Ok(Processed { findings: check.form(), n_rows, index: None });
    }
    let (repeated, mut findings) = (&mut Repeats::default(), check.findings());
    let mut sorted = out.filter(|_| findings.is_empty()).map(Sorted::new);
    let result: Result<(), FragmentError> = sorter.finish(|line| {
        repeated.add(line);
        sorted.as_mut().map_or(Ok(()), |sorted| Ok(sorted.add(line)?))
    });
    result?;
    findings.extend(repeated.finding());
    let index = match sorted {
        Some(sorted) => Some(sorted.finish()?).filter(|_| findings.is_empty()),
        None => None,
    };
    Ok(Processed { findings, n_rows, index })
}

/// Reads all lines; gives what is wrong with the compression instead where it ends the reading.
fn read<S: Scratch>(
    fragments: impl Read,
    check: &mut Check<'_>,
    sorter: &mut Sorter<'_, S>,
) -> Result<Result<(), String>, FragmentError> {
    const BUFFER_BYTES: usize = 1 << 18;
    let mut compressed = BufReader::with_capacity(BUFFER_BYTES, fragments);
    if !compressed.fill_buf().map_err(FragmentError::Read)?.starts_with(&[0x1f, 0x8b]) {
        return Ok(Err("incorrect header check".to_owned()));
    }
    let mut lines = BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(compressed));
    let (mut line, mut sorted) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        let read = lines.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line);
        match read {
            Ok(0) => return Ok(Ok(())),
            Ok(_) => {}
            // What the decoder says of its input.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof
                ) =>
            {
                return Ok(Err(error.to_string()));
            }
            Err(error) => return Err(FragmentError::Read(error)),
        }
        if row::trimmed(&line).is_empty() {
            continue;
        }
        // Rows of a wrong form are counted to the end, but none is sorted any more.
        if let Some(row) = check.add(row::trimmed(&line))
            && !check.is_malformed()
        {
            sorted.clear();
            row.write(&mut sorted);
            sorter.push(&sorted)?;
        }
    }
}

/// What is seen of the rows in the order of the file.
struct Check<'c> {
    genome: Genome,
    n_rows: u64,
    gzip: Option<String>,
    columns: Rows,
    /// What the compatible text of the first row of a wrong form says.
    first_columns: Option<String>,
    /// Wrong numbers of each column.
    numbers: BTreeMap<usize, Rows>,
    missing: Rows,
    start: Rows,
    stop: Rows,
    support: Rows,
    past_end: Rows,
    unknown: Unknown,
    barcodes: Barcodes<'c>,
    /// The chromosome of the last row, and its length.
    last: (Vec<u8>, Option<i64>),
}

impl<'c> Check<'c> {
    fn new(genome: Genome, cells: &'c Cells) -> Self {
        Self {
            genome,
            n_rows: 0,
            gzip: None,
            columns: Rows::default(),
            first_columns: None,
            numbers: BTreeMap::new(),
            missing: Rows::default(),
            start: Rows::default(),
            stop: Rows::default(),
            support: Rows::default(),
            past_end: Rows::default(),
            unknown: Unknown::default(),
            barcodes: Barcodes::new(&cells.index),
            last: (Vec::new(), None),
        }
    }

    /// Looks at a line, and gives its row, if it is one.
    fn add<'l>(&mut self, line: &'l [u8]) -> Option<Row<'l>> {
        self.n_rows += 1;
        let at = self.n_rows;
        let text = || String::from_utf8_lossy(line).into_owned();
        let row = match row::parse(line) {
            Ok(row) => row,
            Err(NoRow::Columns(n)) => {
                self.columns.add(at, text);
                self.first_columns
                    .get_or_insert_with(|| format!("CSV parse error: Expected 5 columns, got {n}: {}", text()));
                return None;
            }
            Err(NoRow::Number { column, value }) => {
                self.numbers.entry(column).or_default().add(at, || String::from_utf8_lossy(value).into_owned());
                return None;
            }
        };
        let Row { chromosome, start, stop, barcode, support } = row;
        if start.is_none() || stop.is_none() || support.is_none() {
            self.missing.add(at, text);
        }
        if start.is_some_and(|start| start <= 0) {
            self.start.add(at, text);
        }
        if start.zip(stop).is_some_and(|(start, stop)| stop <= start) {
            self.stop.add(at, text);
        }
        if support.is_some_and(|support| support <= 0) {
            self.support.add(at, text);
        }
        if self.last.0 != chromosome || at == 1 {
            let length = std::str::from_utf8(chromosome).ok().and_then(|name| self.genome.length(name));
            self.last = (chromosome.to_vec(), length);
        }
        match self.last.1 {
            Some(length) if stop.is_some_and(|stop| stop > length) => self.past_end.add(at, text),
            Some(_) => {}
            None => self.unknown.add(chromosome, at, text),
        }
        self.barcodes.add(barcode);
        Some(row)
    }

    fn is_malformed(&self) -> bool {
        self.gzip.is_some() || self.columns.count > 0 || !self.numbers.is_empty() || self.n_rows == 0
    }

    /// What is wrong with the form of the file.
    fn form(self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let parsing = |what: &str| {
            format!("Error Parsing the fragment file. Check that columns match schema definition. Error: {what}")
        };
        if let Some(damage) = self.gzip {
            findings.push(Finding {
                rule: Rule::Gzip,
                message: format!(
                    "the file is not gzip, or is damaged or cut short after row {} ({damage}): compress it with gzip or \
                     bgzip, or copy it again",
                    self.n_rows
                ),
                count: 1,
                first_rows: Vec::new(),
                values: Vec::new(),
                compat: Some(parsing(&format!("zlib inflate failed: {damage}"))),
            });
        } else if self.n_rows == 0 {
            findings.push(Finding {
                rule: Rule::Empty,
                message: "the file has no rows".to_owned(),
                count: 1,
                first_rows: Vec::new(),
                values: Vec::new(),
                compat: Some(parsing("Empty CSV file")),
            });
        }
        // The original ends with the first one.
        let mut is_first = findings.is_empty();
        let mut told = |what: String| std::mem::take(&mut is_first).then(|| parsing(&what));
        let wrong = "rows do not have the five columns chromosome, start, stop, barcode and number of reads, separated by \
                     tabs: a header or a comment must go";
        let first = self.first_columns.and_then(&mut told);
        findings.extend(self.columns.finding(Rule::Columns, wrong, first));
        for (column, rows) in self.numbers {
            let wrong =
                format!("the {} is no whole number: a header, a comment or a fraction must go", COLUMNS[column]);
            let first = rows.values.first().map(|value| {
                format!("In CSV column #{column}: CSV conversion error to int64: invalid value '{value}'")
            });
            let first = first.and_then(&mut told);
            findings.extend(rows.finding(Rule::Number, &wrong, first));
        }
        findings
    }

    /// What is wrong with rows of the right form, but for repeats.
    fn findings(self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let say = |text: &str| Some(text.to_owned());
        findings.extend(self.missing.finding(
            Rule::Missing,
            "a number is missing: every row needs start, stop and number of reads",
            None,
        ));
        findings.extend(self.start.finding(
            Rule::Start,
            "the start is below 1",
            say("Start coordinate must be greater than 0."),
        ));
        findings.extend(self.barcodes.finding());
        let unknown = self.unknown.finding(&self.genome);
        let is_unknown = unknown.is_some();
        findings.extend(unknown);
        findings.extend(self.past_end.finding(
            Rule::PastEnd,
            "the stop is past the end of its chromosome: see that the genome is that of the organism",
            say("Stop coordinate must be less than the chromosome length.").filter(|_| !is_unknown),
        ));
        findings.extend(self.stop.finding(
            Rule::Stop,
            "the stop is not above the start",
            say("Stop coordinate must be greater than start coordinate."),
        ));
        findings.extend(self.support.finding(
            Rule::Support,
            "the number of reads is below 1",
            say("Read support must be greater than 0."),
        ));
        findings
    }
}

/// So many different names of what is wrong are kept; more are only counted, row by row.
const MAX_NAMES: usize = 1 << 16;

/// Chromosomes that are none of the organism.
#[derive(Default)]
struct Unknown {
    names: BTreeMap<String, Rows>,
    /// Rows of names that are not kept.
    others: Rows,
}

impl Unknown {
    fn add(&mut self, chromosome: &[u8], row: u64, text: impl FnOnce() -> String) {
        let name = String::from_utf8_lossy(chromosome).into_owned();
        if self.names.len() < MAX_NAMES || self.names.contains_key(&name) {
            self.names.entry(name).or_default().add(row, text);
        } else {
            self.others.add(row, text);
        }
    }

    fn finding(&self, genome: &Genome) -> Option<Finding> {
        let Self { names, others } = self;
        let organism = genome.organism;
        let more = match others.count {
            0 => String::new(),
            n => format!("; {n} rows have names beyond the first {MAX_NAMES}"),
        };
        let listed: Vec<&str> = names.keys().map(String::as_str).collect();
        (!names.is_empty()).then(|| Finding {
            rule: Rule::Chromosome,
            message: format!(
                "the chromosomes are not all of {organism}: name them as its genome does (chr1, chrX, …){more}"
            ),
            count: names.values().map(|rows| rows.count).sum::<u64>() + others.count,
            first_rows: names.values().filter_map(|rows| rows.first.first().copied()).take(FIRST).collect(),
            values: listed.iter().map(|&name| name.to_owned()).collect(),
            compat: Some(format!(
                "Chromosomes in the fragment do not match the organism({organism}).\n{}",
                listed.join("\t\n")
            )),
        })
    }
}

/// Which cells have fragments, and barcodes that no cell has.
struct Barcodes<'c> {
    index: &'c [String],
    /// Cells by name, and whether a fragment was seen of each.
    cells: HashMap<&'c [u8], bool>,
    n_seen: usize,
    strange: BTreeSet<Vec<u8>>,
    /// Rows with barcodes that are not kept.
    n_others: u64,
}

impl<'c> Barcodes<'c> {
    fn new(index: &'c [String]) -> Self {
        let cells = index.iter().map(|name| (name.as_bytes(), false)).collect();
        Self { index, cells, n_seen: 0, strange: BTreeSet::new(), n_others: 0 }
    }

    fn add(&mut self, barcode: &[u8]) {
        match self.cells.get_mut(barcode) {
            Some(is_seen) => self.n_seen += usize::from(!std::mem::replace(is_seen, true)),
            None if self.strange.contains(barcode) => {}
            None if self.strange.len() < MAX_NAMES => {
                self.strange.insert(barcode.to_vec());
            }
            None => self.n_others += 1,
        }
    }

    /// What barcodes no cell has, and what cells have no fragment.
    fn finding(&self) -> Option<Finding> {
        let Self { index, cells, n_seen, strange, n_others } = self;
        let bare: Vec<&String> =
            index.iter().filter(|cell| cells.get(cell.as_bytes()).is_none_or(|is_seen| !is_seen)).collect();
        if strange.is_empty() && bare.is_empty() {
            return None;
        }
        let more = match n_others {
            0 => String::new(),
            n => format!(" (and those of {n} more rows, which were not counted)"),
        };
        let message = format!(
            "barcodes and cells are not the same: {} of {} barcodes are no cell of obs{more}, {} of {} cells have no \
             fragment; take the cells out of the one that the other does not have, and see that barcodes have the same \
             suffix in both",
            strange.len(),
            strange.len() + n_seen,
            bare.len(),
            index.len()
        );
        let values = strange.iter().take(FIRST).map(|barcode| String::from_utf8_lossy(barcode).into_owned());
        Some(Finding {
            rule: Rule::Barcodes,
            message,
            count: (strange.len() + bare.len()) as u64,
            first_rows: Vec::new(),
            values: values.chain(bare.iter().take(FIRST).map(|cell| (*cell).clone())).collect(),
            compat: Some("Barcodes don't match anndata.obs.index".to_owned()),
        })
    }
}

/// Rows that were there before, seen in order.
#[derive(Default)]
struct Repeats {
    last: Vec<u8>,
    /// Of the chromosome of the last row, how many rows there are and how many are repeats.
    chromosome: (Vec<u8>, u64, u64),
    /// The chromosomes that have repeats, alike.
    chromosomes: Vec<(String, u64, u64)>,
    /// Repeats of chromosomes that are not kept.
    n_others: u64,
    first: Vec<String>,
}

impl Repeats {
    fn add(&mut self, line: &[u8]) {
        let line = row::trimmed(line);
        let Some(chromosome) = line.split(|byte| *byte == b'\t').next() else { return };
        if self.chromosome.0 != chromosome {
            self.end_chromosome();
            self.chromosome.0.extend(chromosome);
        }
        self.chromosome.1 += 1;
        if self.last == line {
            self.chromosome.2 += 1;
            if self.first.len() < FIRST {
                self.first.push(String::from_utf8_lossy(line).into_owned());
            }
        }
        self.last.clear();
        self.last.extend(line);
    }

    fn end_chromosome(&mut self) {
        let (name, n, n_repeats) = std::mem::take(&mut self.chromosome);
        if n_repeats > 0 && self.chromosomes.len() < MAX_NAMES {
            self.chromosomes.push((String::from_utf8_lossy(&name).into_owned(), n, n_repeats));
        } else {
            self.n_others += n_repeats;
        }
    }

    fn finding(&mut self) -> Option<Finding> {
        self.end_chromosome();
        if self.chromosomes.is_empty() {
            return None;
        }
        let lines = self
            .chromosomes
            .iter()
            .map(|(name, n, repeats)| format!("\nChromosome {name} has {n} rows but only {} are unique", n - repeats));
        Some(Finding {
            rule: Rule::Repeated,
            message: "rows repeat: leave each but once, and add up their reads if they were counted apart".to_owned(),
            count: self.chromosomes.iter().map(|(_, _, repeats)| repeats).sum::<u64>() + self.n_others,
            first_rows: Vec::new(),
            values: self.first.clone(),
            compat: Some(format!("Fragment file has duplicate rows.{}", lines.collect::<String>())),
        })
    }
}

/// The sorted file in the making.
struct Sorted<'w> {
    blocks: bgzf::io::Writer<&'w mut dyn Write>,
    indexer: tabix::index::Indexer,
}

impl<'w> Sorted<'w> {
    fn new(out: &'w mut dyn Write) -> Self {
        let mut indexer = tabix::index::Indexer::default();
        // Columns of names, starts and stops, which count from 0 and end before the stop.
        indexer.set_header(noodles_csi::binning_index::index::header::Builder::bed().build());
        Self { blocks: bgzf::io::Writer::new(out), indexer }
    }

    fn add(&mut self, line: &[u8]) -> io::Result<()> {
        let from = self.blocks.virtual_position();
        self.blocks.write_all(line)?;
        let chunk = Chunk::new(from, self.blocks.virtual_position());
        let Ok(Row { chromosome, start: Some(start), stop: Some(stop), .. }) = row::parse(row::trimmed(line)) else {
            return Ok(());
        };
        let place = |base: i64| usize::try_from(base).ok().and_then(Position::new);
        let (Some(start), Some(stop)) = (place(start + 1), place(stop)) else { return Ok(()) };
        self.indexer.add_record(&String::from_utf8_lossy(chromosome), start, stop, chunk)
    }

    fn finish(self) -> io::Result<Indexed> {
        self.blocks.finish()?.flush()?;
        Ok(Indexed(self.indexer.build()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ever_new_names_take_bounded_memory_and_are_still_counted() {
        let genome = Genome::of("NCBITaxon:9606").expect("it is known");
        let index = ["AAA-1".to_owned()];
        let (mut unknown, mut barcodes) = (Unknown::default(), Barcodes::new(&index));
        let n = MAX_NAMES as u64 + 1_000;
        for at in 0..n {
            unknown.add(format!("contig{at}").as_bytes(), at + 1, String::new);
            barcodes.add(format!("T{at}").as_bytes());
        }
        barcodes.add(b"AAA-1");
        assert_eq!((unknown.names.len(), barcodes.strange.len()), (MAX_NAMES, MAX_NAMES));
        let of_chromosomes = unknown.finding(&genome).expect("they are unknown");
        assert_eq!(of_chromosomes.count, n);
        assert!(of_chromosomes.message.contains("1000 rows"), "{}", of_chromosomes.message);
        let of_barcodes = barcodes.finding().expect("they are strange");
        assert!(of_barcodes.message.contains("1000 more rows") && of_barcodes.message.contains("0 of 1 cells"));
    }
}
