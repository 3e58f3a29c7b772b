//! Writing a part: sums of gene after gene in, packs of tiles out.

use std::{borrow::Cow, io};

use builder::{
    Environment,
    pack::{CAREFUL_LEVEL, Frame, MOMENTS_LEVEL, PackWriter},
};
use expression::Coverage;
use rayon::prelude::*;
use shared_fbs::{
    corpus::{Level, Part, TABLES, genes_pack, groups_pack},
    tile::{Categories, Codes, Genes, Strings},
};

use super::spool::Spool;
use crate::{Dimension, Entry, Groups, Values, groups::pack_codes, open::pack, sums::added_up};

/// The dimensions of the levels that a part may have beside the finest: what a plot without filters takes, and one that
/// groups by a dimension or filters by it.
const LEVELS: [&[Dimension]; 5] = [
    &[Dimension::Tissue, Dimension::CellType],
    &[Dimension::Tissue, Dimension::CellType, Dimension::Disease],
    &[Dimension::Tissue, Dimension::CellType, Dimension::Ethnicity],
    &[Dimension::Tissue, Dimension::CellType, Dimension::Sex],
    &[Dimension::Tissue, Dimension::CellType, Dimension::Publication],
];

/// The level that has tiles by group beside the finest, which markers and comparisons of whole tissues and cell types read.
const BY_GROUP: &[Dimension] = LEVELS[0];

/// Groups whose tiles are made at one time.
const GROUPS_AT_ONCE: usize = 256;

/// A part in the making. Genes come in ascending order of their ids.
pub struct PartWriter<'a> {
    organism: String,
    values: Vec<Values>,
    /// Of every level, the finest first.
    groups: Vec<Groups>,
    /// Of every level but the finest, the group that each finest one is part of.
    part_of: Vec<Vec<u32>>,
    genes: Vec<PackWriter>,
    /// Sums by group, of the levels that have tiles of them.
    by_group: Vec<(usize, Spool<'a>)>,
    n_cells: u64,
    n_genes: u32,
    environment: Environment<'a>,
}

impl<'a> PartWriter<'a> {
    /// Begins a part of these finest groups, of whose every dimension there are the values.
    ///
    /// # Errors
    /// When a file cannot be created.
    pub fn create(
        environment: Environment<'a>,
        organism: &str,
        values: Vec<Values>,
        finest: Groups,
    ) -> io::Result<Self> {
        let (mut groups, mut part_of) = (vec![finest], Vec::new());
        for dimensions in LEVELS {
            let (coarser, of_finest) = groups[0].coarser(dimensions);
            // One that is hardly smaller than a level that can stand for it is no use.
            let can_stand = |level: &&Groups| dimensions.iter().all(|dimension| level.dimensions.contains(dimension));
            let least = groups.iter().filter(can_stand).map(Groups::len).min().unwrap_or_default();
            if coarser.len() * 2 <= least {
                groups.push(coarser);
                part_of.push(of_finest);
            }
        }
        let genes = (0..groups.len())
            .map(|level| PackWriter::create(environment.output, &genes_pack(level)))
            .collect::<io::Result<_>>()?;
        let has_groups = |level: &usize| *level == 0 || groups[*level].dimensions == BY_GROUP;
        let by_group = (0..groups.len())
            .filter(has_groups)
            .map(|level| (level, Spool::new(environment.scratch, groups[level].len())))
            .collect();
        Ok(Self {
            organism: organism.to_owned(),
            values,
            n_cells: groups[0].n_cells.iter().map(|&n| u64::from(n)).sum(),
            groups,
            part_of,
            genes,
            by_group,
            n_genes: 0,
            environment,
        })
    }

    /// Takes in what the next genes add up to over finest groups, each by ascending groups.
    ///
    /// # Errors
    /// When a file cannot be written, or sums overflow.
    pub fn push(&mut self, genes: &[Vec<Entry>]) -> io::Result<()> {
        for (level, writer) in self.genes.iter_mut().enumerate() {
            let sums: io::Result<Vec<Cow<'_, [Entry]>>> = genes
                .par_iter()
                .map(|entries| match level.checked_sub(1) {
                    None => Ok(Cow::Borrowed(entries.as_slice())),
                    Some(coarser) => {
                        let part_of = &self.part_of[coarser];
                        let moved = entries.iter().map(|&(group, moments)| (part_of[group as usize], moments));
                        let sums = added_up(moved.collect()).ok_or_else(|| io::Error::other("the sums overflow"))?;
                        Ok(Cow::Owned(sums))
                    }
                })
                .collect();
            let sums = sums?;
            let frame = |entries: &Cow<'_, [Entry]>| Frame::new(&pack(entries, self.n_cells).encode(), MOMENTS_LEVEL);
            writer.extend(&sums.par_iter().map(frame).collect::<Vec<Frame>>())?;
            if let Some((_, spool)) = self.by_group.iter_mut().find(|(of_level, _)| *of_level == level) {
                for (gene, entries) in (self.n_genes..).zip(&sums) {
                    for &(group, moments) in entries.iter() {
                        spool.push(group as usize, (gene, moments))?;
                    }
                }
            }
        }
        self.n_genes += genes.len() as u32;
        Ok(())
    }

    /// Completes the part, of whose datasets these have which of its genes.
    ///
    /// # Errors
    /// When a file cannot be written.
    ///
    /// # Panics
    /// When other genes came than these.
    pub fn finish(mut self, genes: &Genes, presence: &Coverage) -> io::Result<Part> {
        assert_eq!(genes.ids.len(), self.n_genes as usize, "every gene came once");
        assert_eq!(presence.pattern_of().len(), genes.ids.len(), "every gene is in some datasets");
        let mut packs = vec![self.write_tables(genes, presence)?];
        let mut by_group = Vec::new();
        for (level, spool) in &mut self.by_group {
            let mut writer = PackWriter::create(self.environment.output, &groups_pack(*level))?;
            let groups = &self.groups[*level];
            for first in (0..groups.len()).step_by(GROUPS_AT_ONCE) {
                let range = first..groups.len().min(first + GROUPS_AT_ONCE);
                let entries = spool.read(range.clone())?;
                let frames: Vec<Frame> = entries
                    .par_iter()
                    .zip(&groups.n_cells[range])
                    .map(|(entries, &n_cells)| Frame::new(&pack(entries, n_cells.into()).encode(), MOMENTS_LEVEL))
                    .collect();
                writer.extend(&frames)?;
            }
            by_group.push(writer.finish()?);
        }
        for writer in self.genes {
            packs.push(writer.finish()?);
        }
        packs.extend(by_group);
        let level = |groups: &Groups| Level {
            dimensions: groups.dimensions.iter().map(|dimension| dimension.to_wire()).collect(),
            n_groups: groups.len() as u32,
        };
        let levels = self.groups.iter().map(level).collect();
        let mut part = Part { organism: self.organism, n_genes: self.n_genes, levels, ..Part::default() };
        part.set_packs(packs);
        Ok(part)
    }

    fn write_tables(&self, genes: &Genes, presence: &Coverage) -> io::Result<shared_fbs::manifest::Pack> {
        let mut tables = PackWriter::create(self.environment.output, TABLES)?;
        let mut push = |tile: Vec<u8>| tables.push(&Frame::new(&tile, CAREFUL_LEVEL)).map(drop);
        push(genes.encode())?;
        let finest = &self.groups[0];
        for (values, codes) in self.values.iter().zip(&finest.codes) {
            let mut counts = vec![0; values.terms.len() + 1];
            for (&code, &n_cells) in codes.iter().zip(&finest.n_cells) {
                counts[code as usize] += n_cells;
            }
            let labels = values.terms.iter().map(|term| term.id.clone()).collect();
            push(Categories { labels, counts, colors: None }.encode())?;
            push(Strings(values.terms.iter().map(|term| Some(term.label.clone())).collect()).encode())?;
        }
        for groups in &self.groups {
            for codes in &groups.codes {
                push(pack_codes(codes).encode())?;
            }
            push(Codes::U32(groups.n_cells.clone()).encode())?;
        }
        let n_datasets = self.values[Dimension::Dataset as usize].terms.len();
        let patterns = (0..presence.n_patterns() as u32).flat_map(|pattern| presence.bits(pattern, n_datasets));
        push(pack_codes(presence.pattern_of()).encode())?;
        push(Codes::U8(patterns.collect()).encode())?;
        tables.finish()
    }
}
