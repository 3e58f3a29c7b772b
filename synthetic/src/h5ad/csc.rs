//! Turning cells in order into genes in order, out of core.
//!
//! Cells are collected into runs that fit in memory, each sorted by gene and put into a temporary file. In the end the
//! runs are read side by side, as many genes at a time as fit in memory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use crate::csr::Csr;

/// A matrix that is being transposed.
pub struct Transposition {
    n_vars: usize,
    /// Cells so far.
    n_obs: u32,
    /// The run in the making.
    genes: Vec<u32>,
    entries: Vec<Entry>,
    /// For each finished run, where each gene begins in it, and where the last ends.
    runs: Vec<Vec<u32>>,
    spool: File,
}

/// A non-zero.
#[derive(Clone, Copy)]
struct Entry {
    cell: u32,
    value: f32,
}

const ENTRY_BYTES: usize = 8;

/// Entries of a run and of a read at most: 8 bytes each.
const ENTRIES_IN_MEMORY: usize = 1 << 24;

impl Transposition {
    pub fn new(n_vars: usize, folder: &Path) -> io::Result<Self> {
        let spool = tempfile::tempfile_in(folder)?;
        Ok(Self { n_vars, n_obs: 0, genes: Vec::new(), entries: Vec::new(), runs: Vec::new(), spool })
    }

    /// Takes cells.
    pub fn append(&mut self, pattern: &Csr, values: &[f32]) -> io::Result<()> {
        for cell in 0..pattern.n_obs() {
            let range = pattern.indptr[cell] as usize..pattern.indptr[cell + 1] as usize;
            self.genes.extend_from_slice(&pattern.indices[range.clone()]);
            self.entries.extend(values[range].iter().map(|&value| Entry { cell: self.n_obs, value }));
            self.n_obs += 1;
        }
        if self.entries.len() >= ENTRIES_IN_MEMORY { self.end_run() } else { Ok(()) }
    }

    /// Hands out genes, some at a time: how many genes so far, where each of these ends, and their cells and values.
    pub fn finish<E: From<io::Error>>(
        mut self,
        mut take: impl FnMut(usize, &[i64], &[u32], &[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.end_run()?;
        // Nothing is appended any more.
        (self.genes, self.entries) = (Vec::new(), Vec::new());
        let totals: Vec<usize> = (0..self.n_vars)
            .map(|gene| self.runs.iter().map(|run| (run[gene + 1] - run[gene]) as usize).sum())
            .collect();
        let mut start = 0;
        while start < self.n_vars {
            let mut end = start;
            let mut entries = 0;
            while end < self.n_vars && (end == start || entries + totals[end] <= ENTRIES_IN_MEMORY) {
                entries += totals[end];
                end += 1;
            }
            let parts = self.read(start..end)?;
            let mut ends = Vec::with_capacity(end - start);
            let mut cells = Vec::with_capacity(entries);
            let mut values = Vec::with_capacity(entries);
            for gene in start..end {
                for (run, part) in self.runs.iter().zip(&parts) {
                    let from = run[start] as usize;
                    let of_gene = &part[(run[gene] as usize - from)..(run[gene + 1] as usize - from)];
                    cells.extend(of_gene.iter().map(|entry| entry.cell));
                    values.extend(of_gene.iter().map(|entry| entry.value));
                }
                ends.push(cells.len() as i64);
            }
            take(end, &ends, &cells, &values)?;
            start = end;
        }
        Ok(())
    }

    /// Sorts the run by gene, cells staying in order, and puts it into the file.
    fn end_run(&mut self) -> io::Result<()> {
        let mut starts = vec![0_u32; self.n_vars + 1];
        for &gene in &self.genes {
            starts[gene as usize + 1] += 1;
        }
        for gene in 0..self.n_vars {
            starts[gene + 1] += starts[gene];
        }
        let mut next = starts.clone();
        let mut bytes = vec![0; self.entries.len() * ENTRY_BYTES];
        for (&gene, entry) in self.genes.iter().zip(&self.entries) {
            let at = next[gene as usize] as usize * ENTRY_BYTES;
            next[gene as usize] += 1;
            bytes[at..at + 4].copy_from_slice(&entry.cell.to_le_bytes());
            bytes[at + 4..at + ENTRY_BYTES].copy_from_slice(&entry.value.to_le_bytes());
        }
        self.spool.write_all(&bytes)?;
        self.runs.push(starts);
        self.genes.clear();
        self.entries.clear();
        Ok(())
    }

    /// The entries of some genes, run by run.
    fn read(&mut self, genes: Range<usize>) -> io::Result<Vec<Vec<Entry>>> {
        let mut run_start = 0;
        let mut parts = Vec::with_capacity(self.runs.len());
        for run in &self.runs {
            let (start, end) = (run[genes.start] as usize, run[genes.end] as usize);
            let mut bytes = vec![0; (end - start) * ENTRY_BYTES];
            self.spool.seek(SeekFrom::Start(run_start + (start * ENTRY_BYTES) as u64))?;
            self.spool.read_exact(&mut bytes)?;
            let word = |bytes: &[u8]| [bytes[0], bytes[1], bytes[2], bytes[3]];
            let entry = |bytes: &[u8]| Entry {
                cell: u32::from_le_bytes(word(&bytes[..4])),
                value: f32::from_le_bytes(word(&bytes[4..])),
            };
            parts.push(bytes.chunks_exact(ENTRY_BYTES).map(entry).collect());
            run_start += (run[self.n_vars] as usize * ENTRY_BYTES) as u64;
        }
        Ok(parts)
    }
}
