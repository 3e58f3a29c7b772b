//! Which datasets have which genes, and how many cells of a set measured one.

use std::collections::BTreeMap;

use explorer_core::{data::assemble::wide, dataset::Tiles};
use expression::{Cells, Coverage, Sums as _, bits_of};
use shared_fbs::{DecodeError, corpus::TABLES, tile::Codes};

use crate::{Corpus, Dimension, Groups, Values, open::damaged};

/// Which class each of some groups is in, if any, by what these agree in.
pub(crate) trait Classes<K>: Fn(&Groups, &[Values]) -> Vec<Option<K>> {}

impl<K, F: Fn(&Groups, &[Values]) -> Vec<Option<K>>> Classes<K> for F {}

impl<T: Tiles> Corpus<T> {
    /// Which datasets of a part, by their codes in [`Dimension::Dataset`], have which of its genes, expressed or not.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn presence(&self, part: usize) -> Result<&Coverage, T::Error> {
        let kept = self.kept_presence(part);
        if let Some(presence) = kept.get() {
            return Ok(presence);
        }
        let n_datasets = self.values(part).await?[Dimension::Dataset as usize].terms.len();
        let of_part = &self.manifest().parts[part];
        let tile = of_part.patterns_tile();
        let mut tables = self.read(part, TABLES, &[tile, tile + 1], Codes::decode).await?.into_iter();
        let pattern_of = tables.next().as_ref().map(wide).unwrap_or_default();
        let n_bytes = n_datasets.div_ceil(8).max(1);
        let patterns: Vec<Vec<u8>> = match tables.next() {
            Some(Codes::U8(bytes)) => bytes.chunks(n_bytes).map(<[u8]>::to_vec).collect(),
            Some(Codes::U16(_) | Codes::U32(_)) | None => Vec::new(),
        };
        if pattern_of.len() != of_part.n_genes as usize
            || pattern_of.iter().any(|&pattern| pattern as usize >= patterns.len())
            || patterns.iter().any(|bits| bits.len() != n_bytes)
        {
            let reason = "there is not one pattern a gene, or a pattern is of another number of datasets";
            return Err(damaged(TABLES, tile, DecodeError::Inconsistent { table: "Codes", reason }).into());
        }
        Ok(kept.get_or_init(|| Coverage::new(pattern_of, patterns, n_datasets)))
    }

    /// Cells of classes of a part by dataset. Datasets go by their codes, and `first` more.
    pub(crate) async fn cells_of<K: Ord>(
        &self,
        part: usize,
        first: u32,
        classes: &impl Classes<K>,
    ) -> Result<BTreeMap<K, Cells>, T::Error> {
        let (groups, values) = (self.groups(part, 0).await?, self.values(part).await?);
        let datasets = groups.codes_of(Dimension::Dataset).unwrap_or_default();
        let mut cells: BTreeMap<K, Cells> = BTreeMap::new();
        for (group, class) in classes(groups, values).into_iter().enumerate() {
            if let Some(class) = class {
                let of_group = Cells::of(first + datasets[group], groups.n_cells[group].into());
                cells.entry(class).or_default().add(&of_group);
            }
        }
        Ok(cells)
    }
}

/// A part among several whose genes are asked together.
pub(crate) struct PartGenes<'a> {
    /// Which of its datasets have which genes.
    pub(crate) presence: &'a Coverage,
    /// The number of each of its genes among those of all parts.
    pub(crate) numbers: &'a [u32],
    /// How many datasets it has.
    pub(crate) n_datasets: usize,
}

/// Which datasets of several parts have which of all their genes. The datasets are numbered part after part.
pub(crate) fn joined(parts: &[PartGenes<'_>], n_genes: usize) -> Coverage {
    // Of every gene the patterns in all parts; none: the part has no such gene.
    let mut of_genes: Vec<Vec<Option<u32>>> = vec![vec![None; parts.len()]; n_genes];
    for (at, part) in parts.iter().enumerate() {
        for (&gene, &pattern) in part.numbers.iter().zip(part.presence.pattern_of()) {
            of_genes[gene as usize][at] = Some(pattern);
        }
    }
    let n_datasets: usize = parts.iter().map(|part| part.n_datasets).sum();
    let datasets = |patterns: &[Option<u32>]| -> Vec<u8> {
        let (mut all, mut first) = (Vec::new(), 0);
        for (part, pattern) in parts.iter().zip(patterns) {
            let has = |dataset: &usize| pattern.is_some_and(|pattern| part.presence.has(pattern, *dataset as u32));
            all.extend((0..part.n_datasets).filter(has).map(|dataset| first + dataset));
            first += part.n_datasets;
        }
        bits_of(all, n_datasets)
    };
    let mut number_of: BTreeMap<&[Option<u32>], u32> = BTreeMap::new();
    let mut patterns = Vec::new();
    let pattern_of = of_genes.iter().map(|of_gene| {
        *number_of.entry(of_gene).or_insert_with(|| {
            patterns.push(datasets(of_gene));
            patterns.len() as u32 - 1
        })
    });
    let pattern_of = pattern_of.collect();
    Coverage::new(pattern_of, patterns, n_datasets)
}
