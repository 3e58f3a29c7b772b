//! Reads the tables that `cargo xtask reference` makes; `xtask/src/reference/table.rs` tells their form.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::io::Read as _;
use std::sync::OnceLock;

const MAGIC: &[u8; 8] = b"TSREF001";
const HEADER: usize = 16;
const ENTRY: usize = 12;

const IDS: u32 = 1;
const NUMBERS: u32 = 2;
const FLAGS: u32 = 3;
const LABELS: u32 = 4;
const REPLACEMENTS: u32 = 5;
const SYNONYMS: u32 = 6;
const LENGTHS: u32 = 7;
const TYPE_NAMES: u32 = 8;
const TYPES: u32 = 9;
const PARENTS: u32 = 10;

/// A table; its sections are unpacked when they are first asked for. What is not in it, or damaged, counts as absent.
pub(super) struct Table {
    bytes: Cow<'static, [u8]>,
    n_rows: usize,
    ids: OnceLock<Ids>,
    flags: OnceLock<Vec<u32>>,
    labels: OnceLock<Texts>,
    replacements: OnceLock<Vec<(usize, String)>>,
    synonyms: OnceLock<Synonyms>,
    lengths: OnceLock<Vec<u32>>,
    types: OnceLock<(Vec<String>, Vec<u8>)>,
    parents: OnceLock<Parents>,
    /// The rows in order of their labels.
    by_label: OnceLock<Vec<u32>>,
    /// The same whatever the case of letters.
    by_caseless_label: OnceLock<Vec<u32>>,
}

enum Ids {
    Texts(Texts),
    Numbers { prefix: String, numbers: Vec<u32> },
}

/// Texts one after another.
#[derive(Default)]
struct Texts {
    bounds: Vec<u32>,
    bytes: Vec<u8>,
}

/// The rows of each row's parents, one row after another.
#[derive(Default)]
struct Parents {
    bounds: Vec<usize>,
    rows: Vec<usize>,
}

#[derive(Default)]
struct Synonyms {
    /// Of each row the first of its synonyms; and how many there are.
    firsts: Vec<u32>,
    texts: Texts,
    /// Their numbers in order of the texts, whatever the case of letters.
    by_text: Vec<u32>,
}

impl Table {
    /// A table of these bytes; none where they are none.
    pub(super) fn new(bytes: Cow<'static, [u8]>) -> Option<Self> {
        if bytes.get(..8)? != MAGIC {
            return None;
        }
        let n_rows = number(&bytes, 8)?;
        Some(Self {
            bytes,
            n_rows,
            ids: OnceLock::new(),
            flags: OnceLock::new(),
            labels: OnceLock::new(),
            replacements: OnceLock::new(),
            synonyms: OnceLock::new(),
            lengths: OnceLock::new(),
            types: OnceLock::new(),
            parents: OnceLock::new(),
            by_label: OnceLock::new(),
            by_caseless_label: OnceLock::new(),
        })
    }

    /// Number of rows.
    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// The row of this identifier.
    pub(super) fn row(&self, id: &str) -> Option<usize> {
        match self.ids() {
            Ids::Texts(texts) => texts.find(id.as_bytes()),
            Ids::Numbers { prefix, numbers } => {
                let digits = id.strip_prefix(prefix.as_str())?;
                if digits.starts_with('0') && digits.len() > 1 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    return None;
                }
                numbers.binary_search(&digits.parse().ok()?).ok()
            }
        }
    }

    /// The identifier of a row.
    pub(super) fn id(&self, row: usize) -> String {
        match self.ids() {
            Ids::Texts(texts) => texts.get(row).to_owned(),
            Ids::Numbers { prefix, numbers } => format!("{prefix}{}", numbers.get(row).copied().unwrap_or_default()),
        }
    }

    pub(super) fn flags(&self, row: usize) -> u32 {
        let flags = self.flags.get_or_init(|| planes(&self.section(FLAGS).unwrap_or_default(), self.n_rows));
        flags.get(row).copied().unwrap_or_default()
    }

    pub(super) fn label(&self, row: usize) -> &str {
        let labels = self.labels.get_or_init(|| {
            self.section(LABELS).and_then(|bytes| Texts::read(&bytes, 0, self.n_rows)).unwrap_or_default()
        });
        labels.get(row)
    }

    /// The rows of this label.
    pub(super) fn rows_labelled(&self, label: &str) -> &[u32] {
        let rows = self.by_label.get_or_init(|| ordered(self.n_rows, &|a, b| self.label(a).cmp(self.label(b))));
        let start = rows.partition_point(|row| self.label(*row as usize) < label);
        let end = rows.partition_point(|row| self.label(*row as usize) <= label);
        &rows[start..end]
    }

    /// The rows of a label like this one, whatever the case of its letters, ascending.
    pub(super) fn rows_called(&self, label: &str) -> Vec<usize> {
        let rows = self.by_caseless_label.get_or_init(|| caseless_order(self.n_rows, |row| self.label(row)));
        alike(rows, label, |row| self.label(row)).iter().map(|row| *row as usize).collect()
    }

    /// What replaces the term of a row, by the ontology.
    pub(super) fn replacement(&self, row: usize) -> Option<&str> {
        let replacements = self
            .replacements
            .get_or_init(|| self.section(REPLACEMENTS).and_then(|bytes| replacements(&bytes)).unwrap_or_default());
        let at = replacements.binary_search_by_key(&row, |(row, _)| *row).ok()?;
        Some(&replacements[at].1)
    }

    /// The rows that have a synonym like this one, whatever the case of its letters.
    pub(super) fn rows_with_synonym(&self, text: &str) -> Vec<usize> {
        let synonyms = self.synonyms.get_or_init(|| self.read_synonyms().unwrap_or_default());
        let row = |at: &u32| synonyms.firsts.partition_point(|first| first <= at).saturating_sub(1);
        let alike = alike(&synonyms.by_text, text, |at| synonyms.texts.get(at));
        let mut rows: Vec<usize> = alike.iter().map(row).collect();
        rows.dedup();
        rows
    }

    /// The rows of a row's parents.
    pub(super) fn parents(&self, row: usize) -> &[usize] {
        let parents = self.parents.get_or_init(|| self.read_parents().unwrap_or_default());
        match parents.bounds.get(row..row + 2) {
            Some(&[start, end]) => &parents.rows[start..end],
            Some(_) | None => &[],
        }
    }

    pub(super) fn length(&self, row: usize) -> u32 {
        let lengths = self.lengths.get_or_init(|| planes(&self.section(LENGTHS).unwrap_or_default(), self.n_rows));
        lengths.get(row).copied().unwrap_or_default()
    }

    pub(super) fn type_name(&self, row: usize) -> &str {
        let (names, codes) = self.types.get_or_init(|| {
            let names = String::from_utf8(self.section(TYPE_NAMES).unwrap_or_default()).unwrap_or_default();
            (names.lines().map(str::to_owned).collect(), self.section(TYPES).unwrap_or_default())
        });
        codes.get(row).and_then(|code| names.get(usize::from(*code))).map_or("", String::as_str)
    }

    fn ids(&self) -> &Ids {
        self.ids.get_or_init(|| self.read_ids().unwrap_or_else(|| Ids::Texts(Texts::default())))
    }

    fn read_ids(&self) -> Option<Ids> {
        if let Some(bytes) = self.section(IDS) {
            let (shared, rest) = bytes.split_at_checked(self.n_rows)?;
            let (lengths, mut suffixes) = rest.split_at_checked(self.n_rows)?;
            let mut texts = Texts { bounds: vec![0], bytes: Vec::with_capacity(bytes.len() * 2) };
            let mut before = 0;
            for (shared, length) in shared.iter().zip(lengths) {
                let start = texts.bytes.len();
                let shared = usize::from(*shared).min(start - before);
                texts.bytes.extend_from_within(before..before + shared);
                let (suffix, others) = suffixes.split_at_checked(usize::from(*length))?;
                texts.bytes.extend(suffix);
                suffixes = others;
                before = start;
                texts.bounds.push(u32::try_from(texts.bytes.len()).ok()?);
            }
            return Some(Ids::Texts(texts));
        }
        let bytes = self.section(NUMBERS)?;
        let end = bytes.iter().position(|byte| *byte == 0)?;
        let prefix = String::from_utf8(bytes[..end].to_vec()).ok()?;
        let mut at = end + 1;
        let mut number = 0_u32;
        let mut numbers = Vec::with_capacity(self.n_rows);
        for _ in 0..self.n_rows {
            number = number.checked_add(varint(&bytes, &mut at)?)?;
            numbers.push(number);
        }
        Some(Ids::Numbers { prefix, numbers })
    }

    fn read_synonyms(&self) -> Option<Synonyms> {
        let bytes = self.section(SYNONYMS)?;
        let mut at = 0;
        let mut n = 0_u32;
        let mut firsts = Vec::with_capacity(self.n_rows);
        for _ in 0..self.n_rows {
            firsts.push(n);
            n = n.checked_add(varint(&bytes, &mut at)?)?;
        }
        let texts = Texts::read(&bytes, at, n as usize)?;
        let by_text = caseless_order(texts.len(), |at| texts.get(at));
        Some(Synonyms { firsts, texts, by_text })
    }

    fn read_parents(&self) -> Option<Parents> {
        let bytes = self.section(PARENTS)?;
        let mut at = 0;
        let mut bounds = vec![0];
        let mut end = 0_usize;
        for _ in 0..self.n_rows {
            end = end.checked_add(varint(&bytes, &mut at)? as usize)?;
            bounds.push(end);
        }
        let rows: Vec<usize> = (0..end).map_while(|_| varint(&bytes, &mut at)).map(|row| row as usize).collect();
        (rows.len() == end && rows.iter().all(|row| *row < self.n_rows)).then_some(Parents { bounds, rows })
    }

    /// The bytes of a section.
    fn section(&self, tag: u32) -> Option<Vec<u8>> {
        let n = number(&self.bytes, 12)?;
        let mut start = HEADER + n * ENTRY;
        for entry in 0..n {
            let at = HEADER + entry * ENTRY;
            let (known, length, packed) =
                (number(&self.bytes, at)?, number(&self.bytes, at + 4)?, number(&self.bytes, at + 8)?);
            if known == tag as usize {
                let mut frame = self.bytes.get(start..start + packed)?;
                // Read through a reference, as files' own frames are: a page compiles one decoder then.
                let decoder = ruzstd::decoding::StreamingDecoder::new(&mut frame).ok()?;
                let mut bytes = Vec::with_capacity(length);
                decoder.take(length as u64).read_to_end(&mut bytes).ok()?;
                return (bytes.len() == length).then_some(bytes);
            }
            start += packed;
        }
        None
    }
}

impl Texts {
    /// The texts whose lengths begin at `at`.
    fn read(bytes: &[u8], mut at: usize, n: usize) -> Option<Self> {
        let mut bounds = Vec::with_capacity(n + 1);
        bounds.push(0);
        let mut end = 0_u32;
        for _ in 0..n {
            end = end.checked_add(varint(bytes, &mut at)?)?;
            bounds.push(end);
        }
        let bytes = bytes.get(at..)?.to_vec();
        (bytes.len() == end as usize).then_some(Self { bounds, bytes })
    }

    fn len(&self) -> usize {
        self.bounds.len().saturating_sub(1)
    }

    fn slice(&self, at: usize) -> &[u8] {
        match self.bounds.get(at..at + 2) {
            Some(&[start, end]) => &self.bytes[start as usize..end as usize],
            Some(_) | None => &[],
        }
    }

    fn get(&self, at: usize) -> &str {
        str::from_utf8(self.slice(at)).unwrap_or_default()
    }

    fn find(&self, text: &[u8]) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.slice(middle).cmp(text) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return Some(middle),
            }
        }
        None
    }
}

/// The numbers up to `n` in order of the texts of each, whatever the case of their letters; those of alike ones ascend.
fn caseless_order<'t>(n: usize, text: impl Fn(usize) -> &'t str) -> Vec<u32> {
    ordered(n, &|a, b| compare_caseless(text(a), text(b)))
}

/// The numbers up to `n` in an order; equal ones ascend. Sorting is compiled once: each sort is some 5 kB of a page.
fn ordered(n: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    order.sort_by(|a, b| compare(*a as usize, *b as usize));
    order
}

/// Those of an order whose texts are like `wanted`, whatever the case of its letters.
fn alike<'o, 't>(order: &'o [u32], wanted: &str, text: impl Fn(usize) -> &'t str) -> &'o [u32] {
    let compared = |at: &u32| compare_caseless(text(*at as usize), wanted);
    let start = order.partition_point(|at| compared(at) == Ordering::Less);
    let n = order[start..].partition_point(|at| compared(at) == Ordering::Equal);
    &order[start..start + n]
}

fn compare_caseless(a: &str, b: &str) -> Ordering {
    let lower = |letter: u8| letter.to_ascii_lowercase();
    a.bytes().map(lower).cmp(b.bytes().map(lower))
}

fn replacements(bytes: &[u8]) -> Option<Vec<(usize, String)>> {
    let mut rows = Vec::new();
    let (mut at, mut row) = (0, 0);
    while at < bytes.len() {
        row += varint(bytes, &mut at)? as usize;
        let length = usize::from(*bytes.get(at)?);
        at += 1;
        rows.push((row, str::from_utf8(bytes.get(at..at + length)?).ok()?.to_owned()));
        at += length;
    }
    Some(rows)
}

fn planes(bytes: &[u8], n: usize) -> Vec<u32> {
    if bytes.len() != 4 * n {
        return Vec::new();
    }
    (0..n).map(|at| u32::from_le_bytes([bytes[at], bytes[n + at], bytes[2 * n + at], bytes[3 * n + at]])).collect()
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize)
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        number |= u32::from(byte & 127).checked_shl(shift)?;
        if byte < 128 {
            return Some(number);
        }
    }
    None
}
