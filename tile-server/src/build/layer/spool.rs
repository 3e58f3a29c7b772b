//! From the order of the input (by cell, or by gene) to that of the tiles: by gene, then by cell.
//!
//! Values are dealt into buckets of genes. One bucket is kept in memory; of more, each goes to a
//! file and comes back alone, so that memory stays bounded whatever the size of the input.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, Write},
    ops::Range,
    path::Path,
};

/// Values a bucket holds at most (unless one gene alone has more): 8 bytes each in memory.
const BUCKET_VALUES: u64 = 96 << 20;

/// One value on its way: gene, cell, and the value's bits.
#[derive(Clone, Copy)]
pub struct Entry {
    pub gene: u32,
    pub cell: u32,
    pub bits: u32,
}

/// All values of a layer, on their way from one order to the other.
pub struct Spool {
    buckets: Vec<Bucket>,
    bucket_of: Vec<u32>,
}

struct Bucket {
    genes: Range<u32>,
    /// Where each gene's values start; one more than there are genes.
    starts: Vec<usize>,
    store: Store,
}

enum Store {
    Memory(Sorted),
    File(BufWriter<File>),
}

/// A bucket's values in place: `values[starts[g]..starts[g + 1]]` are those of gene `g`.
struct Sorted {
    values: Vec<(u32, u32)>,
    cursors: Vec<usize>,
}

/// The values of consecutive genes.
pub struct Genes {
    /// The genes.
    pub genes: Range<u32>,
    starts: Vec<usize>,
    values: Vec<(u32, u32)>,
}

impl Spool {
    /// Room for `nonzero[gene]` values of every gene; files go to `directory`.
    pub fn new(nonzero: &[u32], directory: &Path) -> io::Result<Self> {
        let mut ranges: Vec<Range<u32>> = Vec::new();
        let mut held = 0;
        for (gene, &count) in (0u32..).zip(nonzero) {
            let count = u64::from(count);
            match ranges.last_mut() {
                Some(range) if held + count <= BUCKET_VALUES => {
                    range.end = gene + 1;
                    held += count;
                }
                _ => {
                    ranges.push(gene..gene + 1);
                    held = count;
                }
            }
        }
        let in_memory = ranges.len() == 1;
        let mut bucket_of = vec![0; nonzero.len()];
        let mut buckets = Vec::with_capacity(ranges.len());
        for genes in ranges {
            let mut starts = vec![0];
            let mut end = 0;
            for gene in genes.clone() {
                bucket_of[gene as usize] = buckets.len() as u32;
                end += nonzero[gene as usize] as usize;
                starts.push(end);
            }
            let store = if in_memory {
                Store::Memory(Sorted::new(&starts))
            } else {
                Store::File(BufWriter::with_capacity(1 << 18, tempfile::tempfile_in(directory)?))
            };
            buckets.push(Bucket { genes, starts, store });
        }
        Ok(Self { buckets, bucket_of })
    }

    /// Takes in values, at most as many of each gene as there is room for.
    pub fn extend(&mut self, entries: &[Entry]) -> io::Result<()> {
        for entry in entries {
            let bucket = &mut self.buckets[self.bucket_of[entry.gene as usize] as usize];
            match &mut bucket.store {
                Store::Memory(sorted) => sorted.place(entry.gene - bucket.genes.start, entry.cell, entry.bits),
                Store::File(file) => {
                    for word in [entry.gene - bucket.genes.start, entry.cell, entry.bits] {
                        file.write_all(&word.to_le_bytes())?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Gives the values back, bucket after bucket.
    pub fn into_genes(self) -> impl Iterator<Item = io::Result<Genes>> {
        self.buckets.into_iter().map(|bucket| {
            let sorted = match bucket.store {
                Store::Memory(sorted) => sorted,
                Store::File(file) => read_back(file, &bucket.starts)?,
            };
            Ok(Genes { genes: bucket.genes, starts: bucket.starts, values: sorted.values })
        })
    }
}

fn read_back(file: BufWriter<File>, starts: &[usize]) -> io::Result<Sorted> {
    let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    let mut file = BufReader::with_capacity(1 << 20, file);
    let mut sorted = Sorted::new(starts);
    let mut word = || {
        let mut bytes = [0; 4];
        file.read_exact(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    };
    for _ in 0..sorted.values.len() {
        let (gene, cell, bits) = (word()?, word()?, word()?);
        sorted.place(gene, cell, bits);
    }
    Ok(sorted)
}

impl Sorted {
    fn new(starts: &[usize]) -> Self {
        let end = starts.last().copied().unwrap_or(0);
        Self { values: vec![(0, 0); end], cursors: starts[..starts.len() - 1].to_vec() }
    }

    fn place(&mut self, gene: u32, cell: u32, bits: u32) {
        let cursor = &mut self.cursors[gene as usize];
        self.values[*cursor] = (cell, bits);
        *cursor += 1;
    }
}

impl Genes {
    /// The values of a gene as (cell, bits), in no order.
    pub fn values_of(&self, gene: u32) -> &[(u32, u32)] {
        let at = (gene - self.genes.start) as usize;
        &self.values[self.starts[at]..self.starts[at + 1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_by_gene() {
        let directory = tempfile::tempdir().unwrap();
        let mut spool = Spool::new(&[2, 0, 1], directory.path()).unwrap();
        let entry = |gene, cell, bits| Entry { gene, cell, bits };
        spool.extend(&[entry(2, 5, 50), entry(0, 9, 90)]).unwrap();
        spool.extend(&[entry(0, 1, 10)]).unwrap();
        let genes: Vec<Genes> = spool.into_genes().collect::<io::Result<_>>().unwrap();
        assert_eq!(genes.len(), 1);
        assert_eq!(genes[0].values_of(0), [(9, 90), (1, 10)]);
        assert_eq!(genes[0].values_of(1), []);
        assert_eq!(genes[0].values_of(2), [(5, 50)]);
    }

    #[test]
    fn a_bucket_on_file_comes_back_in_place() {
        let starts = [0, 2, 2, 3];
        let mut file = BufWriter::new(tempfile::tempfile().unwrap());
        for words in [[2u32, 5, 50], [0, 9, 90], [0, 1, 10]] {
            for word in words {
                file.write_all(&word.to_le_bytes()).unwrap();
            }
        }
        let sorted = read_back(file, &starts).unwrap();
        assert_eq!(sorted.values, [(9, 90), (1, 10), (5, 50)]);
    }
}
