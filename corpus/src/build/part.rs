//! Writing a part: sums of gene after gene in, packs of tiles out.

use std::io;

use builder::{
    Environment,
    pack::{CAREFUL_LEVEL, Frame, MOMENTS_LEVEL, PackWriter},
};
use rayon::prelude::*;
use shared_fbs::{
    corpus::{Level, Part, TABLES, genes_pack, groups_pack},
    tile::{Categories, Codes, Genes, Strings},
};

use super::spool::{EntryBytes, Spool};
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

/// Bytes of entries by group that wait in memory.
const PENDING_BYTES: usize = 256 << 20;

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
    by_group: Spool<'a>,
    pending: Vec<EntryBytes>,
    pending_bytes: usize,
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
        let n_groups = groups[0].len();
        Ok(Self {
            organism: organism.to_owned(),
            values,
            n_cells: groups[0].n_cells.iter().map(|&n| u64::from(n)).sum(),
            groups,
            part_of,
            genes,
            by_group: Spool::new(environment.scratch, n_groups),
            pending: vec![EntryBytes::default(); n_groups],
            pending_bytes: 0,
            n_genes: 0,
            environment,
        })
    }

    /// Takes in what the next genes add up to over finest groups, each by ascending groups.
    ///
    /// # Errors
    /// When a file cannot be written, or sums overflow.
    pub fn push(&mut self, genes: &[Vec<Entry>]) -> io::Result<()> {
        let frame = |entries: &[Entry]| Frame::new(&pack(entries, self.n_cells).encode(), MOMENTS_LEVEL);
        for (level, writer) in self.genes.iter_mut().enumerate() {
            let frames: io::Result<Vec<Frame>> = genes
                .par_iter()
                .map(|entries| match level.checked_sub(1) {
                    None => Ok(frame(entries)),
                    Some(coarser) => {
                        let part_of = &self.part_of[coarser];
                        let moved = entries.iter().map(|&(group, moments)| (part_of[group as usize], moments));
                        let sums = added_up(moved.collect()).ok_or_else(|| io::Error::other("the sums overflow"))?;
                        Ok(frame(&sums))
                    }
                })
                .collect();
            writer.extend(&frames?)?;
        }
        for entries in genes {
            for &(group, moments) in entries {
                let of_group = &mut self.pending[group as usize];
                let before = of_group.len();
                of_group.push((self.n_genes, moments));
                self.pending_bytes += of_group.len() - before;
            }
            self.n_genes += 1;
            if self.pending_bytes > PENDING_BYTES {
                self.spill()?;
            }
        }
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        self.by_group.push(&self.pending)?;
        self.pending.iter_mut().for_each(|of_group| *of_group = EntryBytes::default());
        self.pending_bytes = 0;
        Ok(())
    }

    /// Completes the part.
    ///
    /// # Errors
    /// When a file cannot be written.
    ///
    /// # Panics
    /// When other genes came than these.
    pub fn finish(mut self, genes: &Genes) -> io::Result<Part> {
        assert_eq!(genes.ids.len(), self.n_genes as usize, "every gene came once");
        self.spill()?;
        let mut packs = vec![self.write_tables(genes)?];
        let mut by_group = PackWriter::create(self.environment.output, &groups_pack(0))?;
        let finest = &self.groups[0];
        for first in (0..finest.len()).step_by(GROUPS_AT_ONCE) {
            let range = first..finest.len().min(first + GROUPS_AT_ONCE);
            let entries = self.by_group.read(range.clone())?;
            let frames: Vec<Frame> = entries
                .par_iter()
                .zip(&finest.n_cells[range])
                .map(|(entries, &n_cells)| Frame::new(&pack(entries, n_cells.into()).encode(), MOMENTS_LEVEL))
                .collect();
            by_group.extend(&frames)?;
        }
        for writer in self.genes {
            packs.push(writer.finish()?);
        }
        packs.push(by_group.finish()?);
        let level = |groups: &Groups| Level {
            dimensions: groups.dimensions.iter().map(|dimension| dimension.to_wire()).collect(),
            n_groups: groups.len() as u32,
        };
        let levels = self.groups.iter().map(level).collect();
        let mut part = Part { organism: self.organism, n_genes: self.n_genes, levels, ..Part::default() };
        part.set_packs(packs);
        Ok(part)
    }

    fn write_tables(&self, genes: &Genes) -> io::Result<shared_fbs::manifest::Pack> {
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
        tables.finish()
    }
}
