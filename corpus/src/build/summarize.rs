//! The summary of one dataset.

use std::collections::BTreeMap;

use builder::{BuildError, Environment, Stage};
use explorer_core::de::GeneMoments;
use expression::Coverage;
use h5ad::SparseSlab;
use rayon::prelude::*;
use shared_fbs::{
    corpus::{Corpus as Manifest, FORMAT_VERSION, Source},
    path::CORPUS,
    tile::Genes,
};

use super::{
    SummaryError,
    cells::{CellTable, Choices, GroupedCells, NONE},
    counts::{Counts, Majors},
    part::PartWriter,
    spool::{EntryBytes, Spool},
};
use crate::{Dimension, Entry, Groups, LookUp, Term, Values, ontology::terms_above, value};

/// Slabs that are added up at one time, of which each thread reads one after another.
const SLABS_AT_ONCE: usize = 16;

/// Genes that are written at one time.
const GENES_AT_ONCE: usize = 256;

/// The program that writes.
pub const GENERATOR: &str = concat!("tessera ", env!("CARGO_PKG_VERSION"));

/// What a summary did.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The manifest as written.
    pub manifest: Manifest,
    /// Why cells were left out, with their numbers.
    pub left_out: Vec<(&'static str, usize)>,
}

/// An input.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// Its labels.
    pub cells: &'a CellTable,
    /// Its counts.
    pub counts: &'a dyn Counts,
    /// Its name.
    pub file: &'a str,
    /// What it holds, as a hash.
    pub content: &'a str,
    /// The organism that it states for all cells.
    pub organism: Option<&'a str>,
}

/// What terms of ontologies are to each other.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// The tissue that stands for one.
    pub general_tissue: &'a dyn Fn(&Term) -> Term,
    /// Looks terms of cell types up.
    pub look_up: &'a LookUp<'a>,
}

/// What was read of some cells or genes of a slab.
struct SlabSums {
    /// Where each gene's values begin among `values`; one more than there are genes.
    starts: Vec<u32>,
    /// Group and integer of every value.
    values: Vec<(u32, u32)>,
    /// Group of every cell that is taken.
    cells: Vec<u32>,
    n_few_genes: usize,
}

/// Makes the summary of an input.
///
/// # Errors
/// [`SummaryError`]; what was written until then is no summary, since the manifest is written last.
pub fn summarize(
    input: Input<'_>,
    choices: &Choices,
    terms: &Terms<'_>,
    environment: Environment<'_>,
) -> Result<Summary, SummaryError> {
    let Input { cells, counts, file, content, organism } = input;
    let output = |source| BuildError::Output { place: environment.output.place(), source };
    let grouped = cells.grouped(choices, organism, terms.general_tissue)?;
    let (order, number_of) = by_id(counts.genes())?;
    let work = Work { counts, choices, grouped: &grouped, number_of: &number_of, environment };
    work.check_lengths()?;
    let mut spool = Spool::new(environment.scratch, number_of.len());
    let (n_cells, n_few_genes) = match counts.majors() {
        Majors::Cells => work.by_cells(&mut spool)?,
        Majors::Genes => work.by_genes(&mut spool)?,
    };
    let GroupedCells { values, groups, group_of: _, mut left_out, organism } = grouped;
    if n_few_genes > 0 {
        left_out.push(("with counts of too few genes", n_few_genes));
    }
    let groups = Groups { n_cells, ..groups };
    let n_taken: u32 = groups.n_cells.iter().sum();
    if n_taken == 0 {
        let reasons: Vec<String> = left_out.iter().map(|(reason, n)| format!("{n} are {reason}")).collect();
        let profile = choices.profile.name.clone();
        return Err(SummaryError::NoCells { profile, n_obs: cells.n_obs, reasons: reasons.join(", ") });
    }
    let (groups, values, number_of_group) = compact(&groups, &values);
    let types = values[Dimension::CellType as usize].terms.iter().map(|term| term.id.clone());
    let ontology = terms_above(types, terms.look_up);
    let mut writer = PartWriter::create(environment, &organism, values, groups).map_err(output)?;
    let mut n_nonzero = 0;
    let stage = environment.progress.stage("writing sums".to_owned(), order.len() as u64);
    for first in (0..order.len()).step_by(GENES_AT_ONCE) {
        check(&environment)?;
        let range = first..order.len().min(first + GENES_AT_ONCE);
        let n = range.len() as u64;
        let mut genes = spool.read(range).map_err(output)?;
        for (group, moments) in genes.iter_mut().flatten() {
            n_nonzero += u64::from(moments.n_nonzero);
            *group = number_of_group[*group as usize].expect("a group with values has cells");
        }
        writer.push(&genes).map_err(output)?;
        stage.advance(n);
    }
    drop(stage);
    let all = counts.genes();
    let sorted = |texts: &[String]| order.iter().map(|&gene| texts[gene as usize].clone()).collect::<Vec<_>>();
    let rows = order.iter().map(|&gene| all.rows[gene as usize]).collect();
    let genes = Genes { ids: sorted(&all.ids), symbols: all.symbols.as_deref().map(sorted), rows };
    // What the input has as a gene it has measured, whether any cell expresses it or not.
    let part = writer.finish(&genes, &Coverage::whole(genes.ids.len())).map_err(output)?;
    let source = Source {
        id: choices.id.clone(),
        title: choices.title.clone(),
        citation: choices.citation.clone(),
        file: file.to_owned(),
        content: content.to_owned(),
        organism,
        n_obs: cells.n_obs as u32,
        n_cells: n_taken,
        n_nonzero,
        part: 0,
        matrix: counts.name(),
        generator: GENERATOR.to_owned(),
    };
    let manifest = manifest(choices.profile.clone(), vec![source], vec![part], ontology, None);
    write_manifest(&manifest, &environment)?;
    Ok(Summary { manifest, left_out })
}

/// The manifest of a corpus that follows another.
pub fn manifest(
    profile: shared_fbs::corpus::Profile,
    sources: Vec<Source>,
    parts: Vec<shared_fbs::corpus::Part>,
    ontology: Vec<shared_fbs::corpus::OntologyTerm>,
    parent: Option<&Manifest>,
) -> Manifest {
    let mut manifest = Manifest {
        format_version: FORMAT_VERSION,
        version: parent.map_or(1, |parent| parent.version + 1),
        content_id: String::new(),
        parent: parent.map(|parent| parent.content_id.clone()),
        generator: GENERATOR.to_owned(),
        profile: Box::new(profile),
        frac_bits: value::FIXED_POINT.frac_bits() as u8,
        square_shift: value::FIXED_POINT.square_shift(),
        sources,
        parts,
        ontology,
    };
    manifest.content_id = manifest.content_id_of();
    manifest
}

/// Writes a manifest, which makes what was written before it a corpus.
pub fn write_manifest(manifest: &Manifest, environment: &Environment<'_>) -> Result<(), BuildError> {
    let write = || {
        let mut file = environment.output.create("corpus")?;
        std::io::Write::write_all(&mut file, &manifest.encode())?;
        file.publish(CORPUS)
    };
    write().map_err(|source| BuildError::Output { place: environment.output.place(), source })
}

/// Genes in the order of their ids, and the place of every gene in it.
fn by_id(genes: &Genes) -> Result<(Vec<u32>, Vec<u32>), SummaryError> {
    let mut order: Vec<u32> = (0..genes.ids.len() as u32).collect();
    order.sort_unstable_by_key(|&gene| &genes.ids[gene as usize]);
    let ids = order.iter().map(|&gene| &genes.ids[gene as usize]);
    if let Some((id, _)) = ids.clone().zip(ids.skip(1)).find(|(id, next)| id == next) {
        return Err(SummaryError::DuplicateGene(id.clone()));
    }
    let mut number_of = vec![0; order.len()];
    for (number, &gene) in (0..).zip(&order) {
        number_of[gene as usize] = number;
    }
    Ok((order, number_of))
}

/// The groups that have cells, the terms that these have, and of every group its new number.
pub fn compact(groups: &Groups, values: &[Values]) -> (Groups, Vec<Values>, Vec<Option<u32>>) {
    let (mut groups, numbers) = groups.without_empty();
    let mut kept = Vec::new();
    for (codes, values) in groups.codes.iter_mut().zip(values) {
        let mut new_codes = BTreeMap::new();
        new_codes.extend(codes.iter().map(|&code| (code, 0)));
        new_codes.values_mut().zip(0..).for_each(|(new, number)| *new = number);
        kept.push(Values { terms: new_codes.keys().map(|&code| values.terms[code as usize].clone()).collect() });
        codes.iter_mut().for_each(|code| *code = new_codes[code]);
    }
    (groups, kept, numbers)
}

/// The error of temporary files.
fn scratch(source: std::io::Error) -> BuildError {
    BuildError::Output { place: "temporary files".to_owned(), source }
}

/// Whether it is told to stop.
fn check(environment: &Environment<'_>) -> Result<(), SummaryError> {
    if environment.progress.is_stopped() { Err(BuildError::Interrupted.into()) } else { Ok(()) }
}

/// What it takes to read an input.
struct Work<'a> {
    counts: &'a dyn Counts,
    choices: &'a Choices,
    grouped: &'a GroupedCells,
    /// Place of every gene in the order of ids.
    number_of: &'a [u32],
    environment: Environment<'a>,
}

impl Work<'_> {
    /// Whether counts of the cells of each group are divided by lengths of genes.
    fn is_by_length(&self) -> Vec<bool> {
        let GroupedCells { groups, values, .. } = self.grouped;
        let codes = groups.codes_of(Dimension::Assay).unwrap_or_default();
        let assays = &values[Dimension::Assay as usize].terms;
        codes.iter().map(|&code| self.choices.profile.length_assays.contains(&assays[code as usize].id)).collect()
    }

    fn check_lengths(&self) -> Result<(), SummaryError> {
        let GroupedCells { groups, values, .. } = self.grouped;
        let codes = groups.codes_of(Dimension::Assay).unwrap_or_default();
        match codes.iter().zip(self.is_by_length()).find(|&(_, is_by_length)| is_by_length) {
            Some((&code, _)) if self.counts.lengths().is_none() => Err(SummaryError::NoLengths {
                assay: values[Dimension::Assay as usize].terms[code as usize].id.clone(),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// Reads all slabs in order, some at a time: each by `read` on any thread, then all of them together by `take`.
    fn each_batch<R: Send>(
        &self,
        name: &str,
        read: impl Fn(&SparseSlab, usize) -> R + Sync,
        mut take: impl FnMut(Vec<R>) -> Result<(), SummaryError>,
    ) -> Result<(), SummaryError> {
        let slabs = self.counts.slabs();
        let stage: Box<dyn Stage> = self.environment.progress.stage(name.to_owned(), slabs.len() as u64);
        for batch in slabs.chunks(SLABS_AT_ONCE) {
            check(&self.environment)?;
            let read = |majors: &std::ops::Range<usize>| {
                let slab = self.counts.read(majors.clone())?;
                stage.advance(1);
                Ok(read(&slab, majors.start))
            };
            let results: Result<Vec<R>, SummaryError> = batch.par_iter().map(read).collect();
            take(results?)?;
        }
        Ok(())
    }

    /// Sums up a matrix whose entries lie together by cell. Gives the cells of every group, and how many have too few genes.
    fn by_cells(&self, spool: &mut Spool<'_>) -> Result<(Vec<u32>, usize), SummaryError> {
        let is_by_length = self.is_by_length();
        let mut n_cells = vec![0; self.grouped.groups.len()];
        let mut n_few_genes = 0;
        self.each_batch(
            "summing up cells",
            |slab, first| self.sums_of_cells(slab, first, &is_by_length),
            |slabs| {
                for slab in &slabs {
                    slab.cells.iter().for_each(|&group| n_cells[group as usize] += 1);
                    n_few_genes += slab.n_few_genes;
                }
                let majors: Vec<EntryBytes> = (0..self.number_of.len())
                    .into_par_iter()
                    .map_init(
                        || Adder::new(n_cells.len()),
                        |adder, gene| {
                            for slab in &slabs {
                                let of_gene = slab.starts[gene] as usize..slab.starts[gene + 1] as usize;
                                slab.values[of_gene].iter().for_each(|&(group, x)| adder.push(group, x));
                            }
                            adder.take()
                        },
                    )
                    .collect();
                Ok(spool.extend(&majors).map_err(scratch)?)
            },
        )?;
        Ok((n_cells, n_few_genes))
    }

    /// The values of the cells of a slab that are taken, sorted by gene.
    fn sums_of_cells(&self, slab: &SparseSlab, first: usize, is_by_length: &[bool]) -> SlabSums {
        let profile = &self.choices.profile;
        let mut sums = SlabSums {
            starts: vec![0; self.number_of.len() + 1],
            values: Vec::new(),
            cells: Vec::new(),
            n_few_genes: 0,
        };
        // Gene, group and integer.
        let mut values: Vec<(u32, u32, u32)> = Vec::with_capacity(slab.data.len());
        for (cell, ends) in slab.indptr.windows(2).enumerate() {
            let group = self.grouped.group_of[first + cell];
            if group == NONE {
                continue;
            }
            if ends[1] - ends[0] < profile.least_genes as usize {
                sums.n_few_genes += 1;
                continue;
            }
            sums.cells.push(group);
            let lengths = if is_by_length[group as usize] { self.counts.lengths() } else { None };
            let (genes, counts) = (&slab.indices[ends[0]..ends[1]], &slab.data[ends[0]..ends[1]]);
            let scaled =
                |gene: u32, count: f32| f64::from(count) / lengths.map_or(1.0, |lengths| lengths[gene as usize]);
            let total: f64 = genes.iter().zip(counts).map(|(&gene, &count)| scaled(gene, count)).sum();
            let scale = value::Scale::new(total, profile.least_cptt);
            let mut memo = Memo::default();
            for (&gene, &count) in genes.iter().zip(counts) {
                let x = match lengths {
                    None => memo.encode(scale, count),
                    Some(_) => scale.encode(scaled(gene, count)),
                };
                if x > 0 {
                    let gene = self.number_of[gene as usize];
                    sums.starts[gene as usize + 1] += 1;
                    values.push((gene, group, x));
                }
            }
        }
        for gene in 0..self.number_of.len() {
            sums.starts[gene + 1] += sums.starts[gene];
        }
        let mut next = sums.starts.clone();
        sums.values = vec![(0, 0); values.len()];
        for (gene, group, x) in values {
            let place = &mut next[gene as usize];
            sums.values[*place as usize] = (group, x);
            *place += 1;
        }
        sums
    }

    /// Sums up a matrix whose entries lie together by gene: once for the totals of cells, once for their values.
    fn by_genes(&self, spool: &mut Spool<'_>) -> Result<(Vec<u32>, usize), SummaryError> {
        let is_by_length = self.is_by_length();
        let group_of = &self.grouped.group_of;
        let lengths = |group: u32| if is_by_length[group as usize] { self.counts.lengths() } else { None };
        let scaled = |group: u32, gene: usize, count: f32| {
            f64::from(count) / lengths(group).map_or(1.0, |lengths| lengths[gene])
        };
        let mut totals = vec![0.0; group_of.len()];
        let mut n_genes = vec![0_u32; group_of.len()];
        let entries = |slab: &SparseSlab, first: usize| {
            let mut entries = Vec::with_capacity(slab.data.len());
            for (gene, ends) in slab.indptr.windows(2).enumerate() {
                let cells = slab.indices[ends[0]..ends[1]].iter().zip(&slab.data[ends[0]..ends[1]]);
                let taken = cells.filter(|&(&cell, _)| group_of[cell as usize] != NONE);
                entries
                    .extend(taken.map(|(&cell, &count)| (cell, scaled(group_of[cell as usize], first + gene, count))));
            }
            entries
        };
        self.each_batch("adding up counts of cells", entries, |slabs| {
            for (cell, count) in slabs.into_iter().flatten() {
                totals[cell as usize] += count;
                n_genes[cell as usize] += 1;
            }
            Ok(())
        })?;
        let profile = &self.choices.profile;
        let mut n_cells = vec![0; self.grouped.groups.len()];
        let mut n_few_genes = 0;
        let taken: Vec<u32> = group_of
            .iter()
            .zip(&n_genes)
            .map(|(&group, &n)| {
                if group == NONE {
                    return NONE;
                }
                if n < profile.least_genes {
                    n_few_genes += 1;
                    return NONE;
                }
                n_cells[group as usize] += 1;
                group
            })
            .collect();
        let sums = |slab: &SparseSlab, first: usize| {
            let mut adder = Adder::new(n_cells.len());
            let of_gene = |(gene, ends): (usize, &[usize])| {
                let cells = slab.indices[ends[0]..ends[1]].iter().zip(&slab.data[ends[0]..ends[1]]);
                for (&cell, &count) in cells {
                    let group = taken[cell as usize];
                    if group != NONE {
                        let scale = value::Scale::new(totals[cell as usize], profile.least_cptt);
                        let x = scale.encode(scaled(group, first + gene, count));
                        if x > 0 {
                            adder.push(group, x);
                        }
                    }
                }
                (self.number_of[first + gene], adder.take())
            };
            slab.indptr.windows(2).enumerate().map(of_gene).collect::<Vec<_>>()
        };
        self.each_batch("summing up genes", sums, |slabs| {
            let mut majors = vec![EntryBytes::default(); self.number_of.len()];
            slabs.into_iter().flatten().for_each(|(gene, entries)| majors[gene as usize] = entries);
            Ok(spool.extend(&majors).map_err(scratch)?)
        })?;
        Ok((n_cells, n_few_genes))
    }
}

/// Integers of the small counts of a cell, which most of its values are.
#[derive(Default)]
struct Memo([u32; 16]);

impl Memo {
    /// The integer of a count of the cell with this scale; no count has the integer 1.
    fn encode(&mut self, scale: value::Scale, count: f32) -> u32 {
        let Some(known) = self.0.get_mut(count as usize) else { return scale.encode(count.into()) };
        if *known == 0 {
            // What is below the threshold is computed again, which is one division less than a logarithm.
            *known = scale.encode(count.into());
        }
        *known
    }
}

/// Adds up the values of one gene by group.
struct Adder {
    sums: Vec<GeneMoments>,
    groups: Vec<u32>,
}

impl Adder {
    fn new(n_groups: usize) -> Self {
        Self { sums: vec![GeneMoments::default(); n_groups], groups: Vec::new() }
    }

    fn push(&mut self, group: u32, x: u32) {
        let sum = &mut self.sums[group as usize];
        if sum.n_nonzero == 0 {
            self.groups.push(group);
        }
        value::push(sum, x);
    }

    /// The sums until now, after which there are none.
    fn take(&mut self) -> EntryBytes {
        self.groups.sort_unstable();
        let mut entries = EntryBytes::default();
        for group in self.groups.drain(..) {
            let entry: Entry = (group, std::mem::take(&mut self.sums[group as usize]));
            entries.push(entry);
        }
        entries
    }
}
