//! One pass over a matrix: everything that rules ask of its values.

#[cfg(not(target_family = "wasm"))]
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use h5ad::{H5adError, RawMatrix, RawSlab, Storage};
use xxhash_rust::xxh3::xxh3_128;

/// What is said of a matrix that has values other than those of 32-bit floats.
pub(crate) const NO_SINGLES: &str =
    "its values are not all float32 without loss: decide how to round them, and write it anew as float32";

/// From there on every number is whole, and not every whole number is one of 64 bits.
const ALL_WHOLE: f64 = (1_u64 << 53) as f64;

/// Whether a value, as it is read of a file, is that of a 32-bit float. Of a large one of a type of wide integers nobody
/// can tell: it has been rounded.
pub(crate) fn is_single(value: f64, is_wide_integer: bool) -> bool {
    (f64::from(value as f32) == value || value.is_nan()) && !(is_wide_integer && value.abs() >= ALL_WHOLE)
}

/// Whether numbers of the type may have more digits than floats of 64 bits.
pub(crate) fn is_wide_integer(dtype: &str) -> bool {
    matches!(dtype, "int64" | "uint64")
}

/// What a pass collects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Sums and numbers of entries by gene.
    pub(crate) genes: bool,
    /// Hashes of cells, and which have no values.
    pub(crate) cells: bool,
}

/// What a pass found.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    /// Entries that are not zero, NaN included.
    pub(crate) n_nonzero: u64,
    /// The sum of each gene.
    pub(crate) sums: Vec<f64>,
    /// The number of entries that the original counts of each gene: those stored, or of a dense matrix those not zero.
    pub(crate) n_entries: Vec<u64>,
    /// A hash of each cell's values; cells that are alike have the same.
    pub(crate) hashes: Vec<u128>,
    /// Which cells have no value other than zero.
    pub(crate) is_empty: Vec<bool>,
    /// Values that are negative or no whole numbers.
    pub(crate) n_not_counts: u64,
    /// The first of them.
    pub(crate) first_not_count: Option<f64>,
    /// Which cells have one.
    pub(crate) has_not_counts: Vec<bool>,
    /// Values that are NaN or infinite.
    pub(crate) n_not_finite: u64,
    /// Which cells have one.
    pub(crate) has_not_finite: Vec<bool>,
    /// Whether every value is that of a 32-bit float.
    pub(crate) are_singles: bool,
}

/// Entries from which on a matrix is read by several threads, where there are any.
#[cfg(not(target_family = "wasm"))]
const MANY_ENTRIES: u64 = 1 << 22;

/// More threads wait for the disk, and take memory.
#[cfg(not(target_family = "wasm"))]
const MOST_THREADS: usize = 4;

/// Reads a matrix once. What is wanted takes memory by the extents of the matrix, which must be those of data frames that
/// are there: a sparse matrix may say anything of the axis that it is not stored along. `advance` is told how many cells
/// (of a CSC matrix genes) were read. What is found does not depend on the number of threads.
pub(crate) fn pass(
    matrix: &RawMatrix,
    wanted: Wanted,
    advance: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Summary, H5adError> {
    let [n_rows, n_cols] = matrix.shape[..] else { return Ok(Summary::default()) };
    let seer = Seer { matrix, wanted, n_rows, n_cols, storage: matrix.storage() };
    let slabs = matrix.slabs();
    let mut summary = seer.nothing();
    #[cfg(not(target_family = "wasm"))]
    if matrix.n_stored() >= MANY_ENTRIES {
        let n_threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MOST_THREADS);
        if n_threads > 1 {
            at_once(&seer, &slabs, n_threads, &mut summary, advance)?;
            return Ok(summary);
        }
    }
    for slab in slabs {
        let n = slab.len();
        summary.add(seer.see(slab)?, seer.storage);
        if advance(n).is_break() {
            break;
        }
    }
    Ok(summary)
}

/// Sees slabs in several threads, and adds them up in their order.
#[cfg(not(target_family = "wasm"))]
fn at_once(
    seer: &Seer<'_>,
    slabs: &[Range<usize>],
    n_threads: usize,
    summary: &mut Summary,
    advance: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<(), H5adError> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::sync_channel;

    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        // Few wait to be added up, so that they take little memory; threads end once nobody takes what they have seen.
        let (sender, seen) = sync_channel(n_threads);
        for _ in 0..n_threads {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(slab) = slabs.get(at) else { return };
                    if sender.send((at, seer.see(slab.clone()))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut n_added = 0;
        for (at, found) in seen {
            waiting.insert(at, found?);
            while let Some(found) = waiting.remove(&n_added) {
                summary.add(found, seer.storage);
                let n = slabs[n_added].len();
                n_added += 1;
                if advance(n).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    })
}

/// Sees slabs of a matrix.
struct Seer<'a> {
    matrix: &'a RawMatrix,
    wanted: Wanted,
    n_rows: usize,
    n_cols: usize,
    storage: Option<Storage>,
}

/// Memory that is used again for each cell.
#[derive(Default)]
struct Scratch {
    genes: Vec<u8>,
    values: Vec<u8>,
    entries: Vec<(u32, f64)>,
}

impl Scratch {
    /// The hash of entries that are told in order of their genes. Zeros count by their sign, as the bytes of an array.
    fn hash(&mut self, entries: impl Iterator<Item = (u32, f64)>) -> u128 {
        self.genes.clear();
        self.values.clear();
        for (gene, value) in entries {
            self.genes.extend(gene.to_le_bytes());
            self.values.extend(value.to_bits().to_le_bytes());
        }
        self.genes.append(&mut self.values);
        xxh3_128(&self.genes)
    }
}

impl Seer<'_> {
    /// What is found in no slab yet.
    fn nothing(&self) -> Summary {
        let is_by_genes = self.storage == Some(Storage::Csc);
        let mut summary = Summary { are_singles: self.storage.is_some(), ..Summary::default() };
        if self.wanted.genes && !is_by_genes {
            summary.sums = vec![0.0; self.n_cols];
            summary.n_entries = vec![0; self.n_cols];
        }
        // Of one that cannot be read there are no slabs.
        if self.wanted.cells && (is_by_genes || self.storage.is_none()) {
            summary.is_empty = vec![true; self.n_rows];
            summary.has_not_counts = vec![false; self.n_rows];
            summary.has_not_finite = vec![false; self.n_rows];
        }
        if self.wanted.cells && self.storage.is_none() {
            summary.hashes = vec![0; self.n_rows];
        }
        summary
    }

    /// What is found in a slab, as if the matrix had nothing else: of its cells, or of a CSC matrix of its genes.
    fn see(&self, majors: Range<usize>) -> Result<Summary, H5adError> {
        let mut summary = self.nothing();
        let (mut scratch, n) = (Scratch::default(), majors.len());
        let is_wide_integer = is_wide_integer(&self.matrix.dtype);
        let are_singles = ["float16", "float32", "int8", "uint8", "int16", "uint16", "bool"];
        let are_singles = are_singles.contains(&self.matrix.dtype.as_str());
        self.matrix.with_slab(majors, |slab| {
            let (RawSlab::Dense { values, .. } | RawSlab::Sparse { values, .. }) = slab;
            summary.are_singles &= are_singles || values.iter().all(|value| is_single(*value, is_wide_integer));
            match slab {
                RawSlab::Dense { values, .. } => {
                    for at in 0..n {
                        let row = &values[at * self.n_cols..(at + 1) * self.n_cols];
                        summary.dense_row(row, self.wanted, &mut scratch);
                    }
                }
                RawSlab::Sparse { bounds, minors, values, .. } => {
                    for bound in bounds.windows(2) {
                        let (minors, values) = (&minors[bound[0]..bound[1]], &values[bound[0]..bound[1]]);
                        match self.storage {
                            Some(Storage::Csc) => summary.csc_column(minors, values, self.wanted),
                            Some(Storage::Csr | Storage::Dense) | None => {
                                summary.csr_row(minors, values, self.wanted, &mut scratch);
                            }
                        }
                    }
                }
            }
        })?;
        Ok(summary)
    }
}

impl Summary {
    /// Adds what is found in the next slab.
    fn add(&mut self, next: Self, storage: Option<Storage>) {
        let Self { n_nonzero, sums, n_entries, hashes, is_empty, .. } = next;
        self.n_nonzero += n_nonzero;
        self.n_not_counts += next.n_not_counts;
        self.n_not_finite += next.n_not_finite;
        self.first_not_count = self.first_not_count.or(next.first_not_count);
        self.are_singles &= next.are_singles;
        match storage {
            Some(Storage::Csc) => {
                self.sums.extend(sums);
                self.n_entries.extend(n_entries);
                self.is_empty.iter_mut().zip(is_empty).for_each(|(all, own)| *all &= own);
                self.has_not_counts.iter_mut().zip(next.has_not_counts).for_each(|(all, own)| *all |= own);
                self.has_not_finite.iter_mut().zip(next.has_not_finite).for_each(|(all, own)| *all |= own);
            }
            Some(Storage::Csr | Storage::Dense) | None => {
                self.sums.iter_mut().zip(sums).for_each(|(all, own)| *all += own);
                self.n_entries.iter_mut().zip(n_entries).for_each(|(all, own)| *all += own);
                self.is_empty.extend(is_empty);
                self.has_not_counts.extend(next.has_not_counts);
                self.has_not_finite.extend(next.has_not_finite);
                self.hashes.extend(hashes);
            }
        }
    }

    /// Sees a value, and tells whether it is no count, and whether it is not finite.
    fn see(&mut self, value: f64) -> [bool; 2] {
        // A cast is much faster than a remainder.
        let is_whole = value >= ALL_WHOLE || value as i64 as f64 == value;
        let is_not_count = value < 0.0 || value.is_finite() && !is_whole;
        let is_not_finite = !is_not_count && !value.is_finite();
        if is_not_count {
            self.n_not_counts += 1;
            self.first_not_count.get_or_insert(value);
        }
        self.n_not_finite += u64::from(is_not_finite);
        [is_not_count, is_not_finite]
    }

    /// Keeps of a cell whether it has no values, some that are no counts, and some that are not finite.
    fn keep(&mut self, is_empty: bool, [has_not_counts, has_not_finite]: [bool; 2]) {
        self.is_empty.push(is_empty);
        self.has_not_counts.push(has_not_counts);
        self.has_not_finite.push(has_not_finite);
    }

    fn dense_row(&mut self, values: &[f64], wanted: Wanted, scratch: &mut Scratch) {
        let mut n = 0;
        let mut has = [false; 2];
        for (gene, value) in values.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            n += 1;
            has = either(has, self.see(*value));
            if wanted.genes {
                self.sums[gene] += value;
                self.n_entries[gene] += 1;
            }
        }
        self.n_nonzero += n;
        if wanted.cells {
            self.keep(n == 0, has);
            let entries = values.iter().enumerate().filter(|(_, value)| value.to_bits() != 0);
            self.hashes.push(scratch.hash(entries.map(|(gene, value)| (gene as u32, *value))));
        }
    }

    fn csr_row(&mut self, genes: &[u32], values: &[f64], wanted: Wanted, scratch: &mut Scratch) {
        let mut n = 0;
        let mut has = [false; 2];
        for (gene, value) in genes.iter().zip(values) {
            has = either(has, self.see(*value));
            n += u64::from(*value != 0.0);
            if wanted.genes {
                self.sums[*gene as usize] += value;
                self.n_entries[*gene as usize] += 1;
            }
        }
        self.n_nonzero += n;
        if !wanted.cells {
            return;
        }
        self.keep(n == 0, has);
        if genes.is_sorted_by(|a, b| a < b) {
            let entries = genes.iter().copied().zip(values.iter().copied()).filter(|(_, value)| *value != 0.0);
            self.hashes.push(scratch.hash(entries));
            return;
        }
        // Entries that are listed twice are added up, as scipy does.
        let mut entries = std::mem::take(&mut scratch.entries);
        entries.clear();
        entries.extend(genes.iter().copied().zip(values.iter().copied()));
        entries.sort_by_key(|(gene, _)| *gene);
        entries.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                kept.1 += next.1;
            }
            is_same
        });
        self.hashes.push(scratch.hash(entries.iter().copied().filter(|(_, value)| *value != 0.0)));
        scratch.entries = entries;
    }

    fn csc_column(&mut self, cells: &[u32], values: &[f64], wanted: Wanted) {
        for (cell, value) in cells.iter().zip(values) {
            let [is_not_count, is_not_finite] = self.see(*value);
            self.n_nonzero += u64::from(*value != 0.0);
            if wanted.cells {
                let cell = *cell as usize;
                self.is_empty[cell] &= *value == 0.0;
                self.has_not_counts[cell] |= is_not_count;
                self.has_not_finite[cell] |= is_not_finite;
            }
        }
        if wanted.genes {
            self.sums.push(values.iter().sum());
            self.n_entries.push(values.len() as u64);
        }
    }

    /// The cells of `kept` that have the same values as another of them.
    pub(crate) fn alike(&self, kept: impl Iterator<Item = usize> + Clone) -> Vec<usize> {
        let mut hashes: Vec<u128> = kept.clone().map(|row| self.hashes[row]).collect();
        hashes.sort_unstable();
        let is_repeated = |hash: &u128| {
            let start = hashes.partition_point(|known| known < hash);
            hashes.get(start + 1) == Some(hash)
        };
        kept.filter(|row| is_repeated(&self.hashes[*row])).collect()
    }
}

fn either([a, b]: [bool; 2], [c, d]: [bool; 2]) -> [bool; 2] {
    [a | c, b | d]
}

#[cfg(test)]
mod tests {
    use h5ad::{Frame, H5adWriter, MatrixLocation, NewMatrix, RawFile};

    use super::*;

    #[test]
    fn a_matrix_in_many_slabs_is_seen_alike_by_one_thread_and_by_several() {
        let (n_obs, n_vars) = (5000, 900);
        let frame = |n: usize, prefix: &str| Frame {
            index: (0..n).map(|at| format!("{prefix}{at}")).collect(),
            index_name: None,
            columns: Vec::new(),
        };
        let value = |at: usize| {
            if at.is_multiple_of(7) { 0.0 } else { (at % 11) as f32 - if at == 4_000_001 { 0.5 } else { 0.0 } }
        };
        let data = (0..n_obs * n_vars).map(value).collect();
        let mut writer = H5adWriter::new(&frame(n_obs, "c"), &frame(n_vars, "g")).expect("it has no odd names");
        writer.matrix(&MatrixLocation::X, NewMatrix::Dense { data, n_vars }).expect("there is memory");
        let mut bytes = Vec::new();
        writer.write_to(&mut bytes).expect("there is memory");
        let file = RawFile::from_bytes(bytes, "x").expect("it was just written");
        let matrix = file.matrix("X").expect("it can be read").expect("it is there");
        let wanted = Wanted { genes: true, cells: true };
        let seer = Seer { matrix: &matrix, wanted, n_rows: n_obs, n_cols: n_vars, storage: matrix.storage() };
        let slabs = matrix.slabs();
        assert!(slabs.len() > 3, "{slabs:?}");
        let of = |n_threads: usize| {
            let (mut summary, mut n_read) = (seer.nothing(), 0);
            let mut advance = |n: usize| {
                n_read += n;
                ControlFlow::Continue(())
            };
            at_once(&seer, &slabs, n_threads, &mut summary, &mut advance).expect("it can be read");
            assert_eq!(n_read, n_obs);
            format!("{summary:?}")
        };
        assert_eq!(of(1), of(3));
        let summary = pass(&matrix, wanted, &mut |_| ControlFlow::Continue(())).expect("it can be read");
        assert_eq!(format!("{summary:?}"), of(1));
        assert_eq!((summary.n_not_counts, summary.first_not_count), (1, Some(4.5)));
        let cells: Vec<usize> = (0..n_obs).filter(|cell| summary.has_not_counts[*cell]).collect();
        assert_eq!(cells, [4444]);
        let mut n_read = 0;
        pass(&matrix, wanted, &mut |n| {
            n_read += n;
            ControlFlow::Break(())
        })
        .expect("it can be read");
        assert_eq!(n_read, slabs[0].len(), "it ends when it is told to");
    }
}
