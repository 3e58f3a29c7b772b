//! What all genes add up to over classes of cells, read from tiles by gene or by group, whichever are fewer bytes.

use std::collections::{BTreeMap, BTreeSet};

use explorer_core::{dataset::Tiles, de::GeneMoments};
use expression::{Cells, Coverage, Sums as _};
use shared_fbs::corpus::{genes_pack, groups_pack};

use crate::{
    Corpus, Dimension, Gene, QueryError,
    genes::AllGenes,
    presence::{Classes, PartGenes, joined},
};

/// The number of a gene or a group, and what is added up of it.
pub type Entry = (u32, GeneMoments);

/// Tiles of groups that are read at one time, of some hundred kilobytes each.
const GROUPS_AT_ONCE: usize = 32;

/// Tiles of genes that are read at one time.
const GENES_AT_ONCE: usize = 256;

/// Cells that are asked for together, and what genes add up to over them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Class {
    /// Its cells, whether they express anything or not, by datasets as [`ClassSums::coverage`] has them.
    pub(crate) cells: Cells,
    /// Genes that they express, ascending.
    pub(crate) genes: Vec<Entry>,
}

/// What all genes of an organism add up to over classes of cells.
pub(crate) struct ClassSums<K> {
    /// The genes, by ascending id.
    pub(crate) genes: Vec<Gene>,
    /// Which datasets have them.
    pub(crate) coverage: Coverage,
    /// The classes that have cells.
    pub(crate) classes: BTreeMap<K, Class>,
}

/// The same, gene by gene.
pub(crate) struct GeneSums {
    /// Where each gene's entries begin; one more than there are genes.
    starts: Vec<usize>,
    /// Numbers of classes, ascending, and sums.
    entries: Vec<Entry>,
}

/// A way of reading what is asked for.
struct Reading<K> {
    level: usize,
    is_by_group: bool,
    /// Of every group of the level the class that it is in.
    keys: Vec<Option<K>>,
    n_bytes: u64,
}

impl<T: Tiles> Corpus<T> {
    /// What all genes add up to over classes of the cells of some parts, of one organism. `keys_of` tells of groups that agree
    /// in all of some dimensions, at least, which class each is in.
    ///
    /// # Errors
    /// When a tile cannot be read, or sums overflow.
    pub(crate) async fn class_sums<K: Ord + Clone>(
        &self,
        parts: &[usize],
        dimensions: &BTreeSet<Dimension>,
        keys_of: impl Classes<K>,
    ) -> Result<ClassSums<K>, QueryError<T::Error>> {
        let mut tables = Vec::new();
        for &part in parts {
            tables.push(self.genes(part).await?);
        }
        let AllGenes { genes, numbers } = AllGenes::of(&tables);
        let mut classes: BTreeMap<K, Class> = BTreeMap::new();
        let (mut part_genes, mut first) = (Vec::new(), 0);
        for (&part, numbers) in parts.iter().zip(&numbers) {
            let n_datasets = self.values(part).await?[Dimension::Dataset as usize].terms.len();
            part_genes.push(PartGenes { presence: self.presence(part).await?, numbers, n_datasets });
            for (key, cells) in self.cells_of(part, first, &keys_of).await? {
                classes.entry(key).or_default().cells.add(&cells);
            }
            first += n_datasets as u32;
            let reading = self.reading(part, dimensions, &keys_of).await?;
            let mut take = |key: &K, entries: Vec<Entry>| -> Result<(), QueryError<T::Error>> {
                let class = classes.entry(key.clone()).or_default();
                class.genes = match class.genes.is_empty() {
                    true => entries,
                    false => {
                        let all = class.genes.drain(..).chain(entries).collect();
                        added_up(all).ok_or(QueryError::Overflow)?
                    }
                };
                Ok(())
            };
            if reading.is_by_group {
                self.read_groups(part, &reading, (numbers, genes.len()), &mut take).await?;
            } else {
                self.read_genes(part, &reading, numbers, &mut take).await?;
            }
        }
        let coverage = joined(&part_genes, genes.len());
        Ok(ClassSums { genes, coverage, classes })
    }

    /// The way of fewest bytes.
    async fn reading<K>(
        &self,
        part: usize,
        dimensions: &BTreeSet<Dimension>,
        keys_of: &impl Classes<K>,
    ) -> Result<Reading<K>, QueryError<T::Error>> {
        let wanted: Vec<Dimension> = dimensions.iter().copied().collect();
        let by_genes = self.level_with(part, &wanted);
        let mut best: Option<Reading<K>> = None;
        for level in 0..self.manifest().parts[part].levels.len() {
            let of_level = self.dimensions(part, level);
            let has_groups = self.pack_bytes(part, &groups_pack(level)).is_some();
            if !wanted.iter().all(|dimension| of_level.contains(dimension)) || level != by_genes && !has_groups {
                continue;
            }
            let (groups, values) = (self.groups(part, level).await?, self.values(part).await?);
            let keys = keys_of(groups, values);
            let n_asked = keys.iter().flatten().count() as u64;
            let of_groups = self.pack_bytes(part, &groups_pack(level));
            let of_groups = of_groups.map(|all| all * n_asked / groups.len().max(1) as u64);
            let of_genes = self.pack_bytes(part, &genes_pack(level)).filter(|_| level == by_genes);
            let is_by_group = match (of_groups, of_genes) {
                (Some(of_groups), Some(of_genes)) => of_groups <= of_genes,
                (of_groups, _) => of_groups.is_some(),
            };
            let n_bytes = if is_by_group { of_groups } else { of_genes }.unwrap_or_default();
            if best.as_ref().is_none_or(|best| n_bytes < best.n_bytes) {
                best = Some(Reading { level, is_by_group, keys, n_bytes });
            }
        }
        Ok(best.expect("the finest level has every dimension, and tiles by group"))
    }

    async fn read_groups<K: Ord>(
        &self,
        part: usize,
        reading: &Reading<K>,
        (numbers, n_genes): (&[u32], usize),
        take: &mut impl FnMut(&K, Vec<Entry>) -> Result<(), QueryError<T::Error>>,
    ) -> Result<(), QueryError<T::Error>> {
        let mut asked: Vec<(&K, u32)> =
            reading.keys.iter().zip(0..).filter_map(|(key, at)| Some((key.as_ref()?, at))).collect();
        asked.sort_unstable();
        let mut sums = vec![GeneMoments::default(); n_genes];
        let mut sums_of: Option<&K> = None;
        for batch in asked.chunks(GROUPS_AT_ONCE) {
            let tiles: Vec<u32> = batch.iter().map(|&(_, group)| group).collect();
            let entries = self.moments_of_groups(part, reading.level, &tiles).await?;
            for (&(key, _), entries) in batch.iter().zip(entries) {
                if let Some(before) = sums_of.filter(|&before| before != key) {
                    take(before, taken(&mut sums))?;
                }
                sums_of = Some(key);
                for (gene, moments) in entries {
                    let sum = &mut sums[numbers[gene as usize] as usize];
                    *sum = sum.checked_add(moments).ok_or(QueryError::Overflow)?;
                }
            }
        }
        sums_of.map_or(Ok(()), |last| take(last, taken(&mut sums)))
    }

    async fn read_genes<K: Ord>(
        &self,
        part: usize,
        reading: &Reading<K>,
        numbers: &[u32],
        take: &mut impl FnMut(&K, Vec<Entry>) -> Result<(), QueryError<T::Error>>,
    ) -> Result<(), QueryError<T::Error>> {
        let keys: BTreeSet<&K> = reading.keys.iter().flatten().collect();
        let class_of: BTreeMap<&K, u32> = keys.iter().copied().zip(0..).collect();
        let classes: Vec<Option<u32>> = reading.keys.iter().map(|key| Some(class_of[key.as_ref()?])).collect();
        let mut sums: Vec<Vec<Entry>> = vec![Vec::new(); keys.len()];
        let tiles: Vec<u32> = (0..numbers.len() as u32).collect();
        for batch in tiles.chunks(GENES_AT_ONCE) {
            for (&gene, entries) in batch.iter().zip(self.moments(part, reading.level, batch).await?) {
                let gene = numbers[gene as usize];
                for (group, moments) in entries {
                    let Some(class) = classes[group as usize] else { continue };
                    match sums[class as usize].last_mut() {
                        Some((last, sum)) if *last == gene => {
                            *sum = sum.checked_add(moments).ok_or(QueryError::Overflow)?;
                        }
                        Some(_) | None => sums[class as usize].push((gene, moments)),
                    }
                }
            }
        }
        keys.into_iter().zip(sums).try_for_each(|(key, sums)| take(key, sums))
    }
}

/// The sums of genes that have some, which are none then.
fn taken(sums: &mut [GeneMoments]) -> Vec<Entry> {
    let some = sums.iter_mut().zip(0..).filter(|(sum, _)| sum.n_nonzero > 0);
    some.map(|(sum, gene)| (gene, std::mem::take(sum))).collect()
}

/// Entries in any order, as one for each number in ascending order; none on overflow.
pub fn added_up(mut entries: Vec<Entry>) -> Option<Vec<Entry>> {
    entries.sort_unstable_by_key(|&(number, _)| number);
    let mut sums: Vec<Entry> = Vec::with_capacity(entries.len());
    for (number, moments) in entries {
        match sums.last_mut() {
            Some((last, sum)) if *last == number => *sum = sum.checked_add(moments)?,
            Some(_) | None => sums.push((number, moments)),
        }
    }
    Some(sums)
}

impl GeneSums {
    /// The sums of classes, each with its number, which ascend.
    pub(crate) fn of<'a>(classes: impl Iterator<Item = (u32, &'a [Entry])> + Clone, n_genes: usize) -> Self {
        let mut starts = vec![0; n_genes + 1];
        for (gene, _) in classes.clone().flat_map(|(_, entries)| entries) {
            starts[*gene as usize + 1] += 1;
        }
        for gene in 0..n_genes {
            starts[gene + 1] += starts[gene];
        }
        let mut next = starts.clone();
        let mut all = vec![(0, GeneMoments::default()); starts[n_genes]];
        for (class, entries) in classes {
            for &(gene, moments) in entries {
                all[next[gene as usize]] = (class, moments);
                next[gene as usize] += 1;
            }
        }
        Self { starts, entries: all }
    }

    /// The sums of a gene.
    pub(crate) fn of_gene(&self, gene: u32) -> &[Entry] {
        &self.entries[self.starts[gene as usize]..self.starts[gene as usize + 1]]
    }

    /// The same as a list of as many sums as there are classes.
    pub(crate) fn spread(&self, gene: u32, n_classes: usize) -> Vec<GeneMoments> {
        let mut all = vec![GeneMoments::default(); n_classes];
        self.of_gene(gene).iter().for_each(|&(class, moments)| all[class as usize] = moments);
        all
    }
}
