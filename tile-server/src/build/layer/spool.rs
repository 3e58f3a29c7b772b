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
    /// Room for `nonzero[gene]` values of every gene, in buckets of at most `bucket_values` (or one gene);
    /// files go to `directory`.
    pub fn new(nonzero: &[u32], bucket_values: u64, directory: &Path) -> io::Result<Self> {
        let mut ranges: Vec<Range<u32>> = Vec::new();
        let mut held = 0;
        for (gene, &count) in (0u32..).zip(nonzero) {
            let count = u64::from(count);
            match ranges.last_mut() {
                Some(range) if held + count <= bucket_values => {
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
    pub fn extend(&mut self, entries: impl IntoIterator<Item = Entry>) -> io::Result<()> {
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
    use proptest::prelude::*;

    /// Every gene's values by cell, with the number of buckets.
    fn through(genes: &[Vec<u32>], bucket_values: u64) -> (Vec<Vec<(u32, u32)>>, usize) {
        let directory = tempfile::tempdir().unwrap();
        let nonzero: Vec<u32> = genes.iter().map(|cells| cells.len() as u32).collect();
        let mut spool = Spool::new(&nonzero, bucket_values, directory.path()).unwrap();
        // Cell by cell, as a matrix of rows has them.
        let mut entries: Vec<Entry> = (0u32..)
            .zip(genes)
            .flat_map(|(gene, cells)| cells.iter().map(move |&cell| Entry { gene, cell, bits: gene ^ cell }))
            .collect();
        entries.sort_by_key(|entry| entry.cell);
        for entries in entries.chunks(7) {
            spool.extend(entries.iter().copied()).unwrap();
        }
        let buckets: Vec<Genes> = spool.into_genes().collect::<io::Result<_>>().unwrap();
        let values =
            |bucket: &Genes| bucket.genes.clone().map(|gene| bucket.values_of(gene).to_vec()).collect::<Vec<_>>();
        (buckets.iter().flat_map(values).collect(), buckets.len())
    }

    proptest! {
        #[test]
        fn values_come_back_by_gene_however_many_buckets(
            genes in prop::collection::vec(prop::collection::btree_set(0u32..50, 0..20), 1..20),
            bucket_values in 1u64..100,
        ) {
            let genes: Vec<Vec<u32>> = genes.into_iter().map(|cells| cells.into_iter().collect()).collect();
            let expected: Vec<Vec<(u32, u32)>> = (0u32..)
                .zip(&genes)
                .map(|(gene, cells)| cells.iter().map(|&cell| (cell, gene ^ cell)).collect())
                .collect();
            let (one, n_buckets) = through(&genes, u64::MAX);
            prop_assert_eq!((&one, n_buckets), (&expected, 1));
            let (several, n_buckets) = through(&genes, bucket_values);
            prop_assert_eq!(&several, &expected);
            let held: usize = genes.iter().map(Vec::len).sum();
            prop_assert!(n_buckets as u64 >= (held as u64).div_ceil(bucket_values.max(20)));
        }
    }
}
