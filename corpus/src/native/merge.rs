//! Adding up summaries.

use std::{
    collections::{BTreeSet, HashMap},
    fs::{self, File, TryLockError},
    io,
    path::Path,
};

use builder::{
    BuildError, Environment, Output, Progress,
    native::{Directory, TemporaryFiles},
};
use explorer_core::de::GeneMoments;
use expression::{Coverage, bits_of};
use rayon::prelude::*;
use shared_fbs::{corpus::OntologyTerm, path::is_pack_file, tile::Genes};
use tessera::{dataset::wait, files, verify::is_whole};

use super::{
    FileCorpus, OpenError,
    fit::{SumsCheck, check_profile, take_sources},
    merge_error::MergeError,
    open,
    parquet::{FEATURES, GROUPS, ParquetFileError, SUMS, SumsReader, group_ids},
};
use crate::{
    Dimension, Entry, Groups, LookUp, Manifest, Part, Source, Term, Values,
    build::{PartWriter, compact, manifest, write_manifest},
    genes::AllGenes,
    ontology::terms_above,
    presence::{PartGenes, joined},
    sums::added_up,
};

/// Genes that are written at one time.
const GENES_AT_ONCE: usize = 256;

/// A part is merged with those before it that have at most so many times its bytes, so that there are few parts, and a
/// small dataset that comes to a large corpus costs little more than itself.
const MERGED_TIMES: u64 = 2;

/// What a change of a corpus came to.
#[derive(Clone, Debug)]
pub struct Added {
    /// The manifest as written.
    pub manifest: Manifest,
    /// Bytes of the packs that were written.
    pub n_bytes_written: u64,
}

/// Holds the corpus of a directory for one change: two at once would write the same files.
struct Held {
    _directory: File,
}

impl Held {
    fn take(directory: &Path) -> Result<Self, MergeError> {
        // What cannot be opened is told by who reads the corpus.
        let held =
            File::open(directory).map_err(|source| OpenError::NoManifest { path: directory.to_owned(), source })?;
        match held.try_lock() {
            Err(TryLockError::WouldBlock) => Err(MergeError::Busy(directory.display().to_string())),
            // A file system without locks keeps nobody from working.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self { _directory: held }),
        }
    }
}

/// What the next version of a corpus has.
struct Change {
    sources: Vec<Source>,
    parts: Vec<Part>,
    ontology: Vec<OntologyTerm>,
    n_bytes_written: u64,
}

/// A part of an open corpus.
#[derive(Clone, Copy)]
struct PartOf<'a> {
    corpus: &'a FileCorpus,
    part: usize,
}

/// Adds up the corpora or summaries of some directories. Where an engine has added them up, the `sums` come from its file,
/// and only genes and groups from the directories.
///
/// # Errors
/// [`MergeError`].
pub fn build(
    directories: &[&Path],
    sums: Option<&Path>,
    look_up: &LookUp<'_>,
    environment: Environment<'_>,
) -> Result<Added, MergeError> {
    let corpora = directories.iter().map(|directory| open(directory)).collect::<Result<Vec<_>, _>>()?;
    let mut sources: Vec<Source> = Vec::new();
    for (corpus, directory) in corpora.iter().zip(directories) {
        check_profile(&corpora[0], directories[0], corpus, directory)?;
        take_sources(&mut sources, corpus.manifest(), directory)?;
    }
    let organisms: BTreeSet<&str> =
        corpora.iter().flat_map(|corpus| &corpus.manifest().parts).map(|part| part.organism.as_str()).collect();
    let mut parts = Vec::new();
    for organism in organisms {
        let of_corpus =
            |corpus| FileCorpus::parts_of(corpus, organism).into_iter().map(move |part| PartOf { corpus, part });
        let inputs: Vec<PartOf<'_>> = corpora.iter().flat_map(of_corpus).collect();
        parts.push(merged(&inputs, &|_| true, sums, environment)?);
    }
    for source in &mut sources {
        let is_of = |part: &Part| part.organism == source.organism;
        source.part = parts.iter().position(is_of).unwrap_or_default() as u32;
    }
    let n_bytes_written = parts.iter().map(Part::n_bytes).sum();
    let ontology = ontology_of(corpora.iter(), look_up)?;
    let manifest = manifest((*corpora[0].manifest().profile).clone(), sources, parts, ontology, None);
    write_manifest(&manifest, &environment)?;
    Ok(Added { manifest, n_bytes_written })
}

/// Adds summaries to the corpus of a directory. Small parts are merged with those that come; what large ones have stays as
/// it is.
///
/// # Errors
/// [`MergeError`]; the corpus is then as it was.
pub fn add(
    directory: &Path,
    summaries: &[&Path],
    look_up: &LookUp<'_>,
    progress: &dyn Progress,
) -> Result<Added, MergeError> {
    let _held = Held::take(directory)?;
    let corpus = open(directory)?;
    let added = summaries.iter().map(|summary| open(summary)).collect::<Result<Vec<_>, _>>()?;
    let mut sources = corpus.manifest().sources.clone();
    for (summary, place) in added.iter().zip(summaries) {
        check_profile(&corpus, directory, summary, place)?;
        take_sources(&mut sources, summary.manifest(), place)?;
    }
    let (output, scratch) = (Directory::new(directory), TemporaryFiles::new(directory));
    let environment = Environment { output: &output, scratch: &scratch, progress };
    let mut runs: Vec<Vec<PartOf<'_>>> =
        (0..corpus.manifest().parts.len()).map(|part| vec![PartOf { corpus: &corpus, part }]).collect();
    for summary in &added {
        for part in 0..summary.manifest().parts.len() {
            take_part(&mut runs, PartOf { corpus: summary, part });
        }
    }
    let (mut parts, mut n_bytes_written) = (Vec::new(), 0);
    for run in &runs {
        let part = match run[..] {
            [only] if std::ptr::eq(only.corpus, &raw const corpus) => only.entry().clone(),
            [only] => {
                let place = added.iter().zip(summaries).find(|(summary, _)| std::ptr::eq(*summary, only.corpus));
                copy_packs(only.entry(), place.map_or(directory, |(_, place)| place), &output)?;
                n_bytes_written += only.entry().n_bytes();
                only.entry().clone()
            }
            _ => {
                let part = merged(run, &|_| true, None, environment)?;
                n_bytes_written += part.n_bytes();
                part
            }
        };
        parts.push(part);
    }
    for source in &mut sources {
        let is_from = |of: &PartOf<'_>| of.sources().any(|known| known.id == source.id);
        source.part = runs.iter().position(|run| run.iter().any(is_from)).unwrap_or_default() as u32;
    }
    let ontology = ontology_of(added.iter().chain([&corpus]), look_up)?;
    replace(&corpus, Change { sources, parts, ontology, n_bytes_written }, directory, &environment)
}

/// Removes a dataset from the corpus of a directory. Only the part that has its cells is written anew.
///
/// # Errors
/// [`MergeError`]; the corpus is then as it was.
pub fn remove(directory: &Path, id: &str, progress: &dyn Progress) -> Result<Added, MergeError> {
    let _held = Held::take(directory)?;
    let corpus = open(directory)?;
    let mut sources = corpus.manifest().sources.clone();
    let Some(at) = sources.iter().position(|source| source.id == id) else {
        let known: Vec<&str> = sources.iter().map(|source| source.id.as_str()).collect();
        return Err(MergeError::NoSource { id: id.to_owned(), known: known.join(", ") });
    };
    if sources.len() == 1 {
        return Err(MergeError::Last(id.to_owned()));
    }
    let removed = sources.remove(at).part as usize;
    let (output, scratch) = (Directory::new(directory), TemporaryFiles::new(directory));
    let environment = Environment { output: &output, scratch: &scratch, progress };
    let mut parts = corpus.manifest().parts.clone();
    let mut n_bytes_written = 0;
    if sources.iter().any(|source| source.part as usize == removed) {
        parts[removed] =
            merged(&[PartOf { corpus: &corpus, part: removed }], &|dataset| dataset != id, None, environment)?;
        n_bytes_written = parts[removed].n_bytes();
    } else {
        parts.remove(removed);
        sources.iter_mut().filter(|source| source.part as usize > removed).for_each(|source| source.part -= 1);
    }
    // What is above the cell types of one dataset more says nothing wrong of the others'.
    let ontology = corpus.manifest().ontology.clone();
    replace(&corpus, Change { sources, parts, ontology, n_bytes_written }, directory, &environment)
}

/// Writes the manifest that follows a corpus's, and removes packs that neither of the two names: who has opened the version
/// before can go on.
fn replace(
    corpus: &FileCorpus,
    change: Change,
    directory: &Path,
    environment: &Environment<'_>,
) -> Result<Added, MergeError> {
    let before = corpus.manifest();
    let Change { sources, parts, ontology, n_bytes_written } = change;
    let manifest = manifest((*before.profile).clone(), sources, parts, ontology, Some(before));
    write_manifest(&manifest, environment)?;
    // A summary that becomes a corpus has sums of another state for engines.
    for name in [SUMS, GROUPS, FEATURES] {
        let _ = fs::remove_file(directory.join(name));
    }
    let packs = |manifest: &Manifest| -> Vec<String> {
        manifest.parts.iter().flat_map(Part::dataset_packs).map(|pack| pack.file).collect()
    };
    let named: BTreeSet<String> = packs(before).into_iter().chain(packs(&manifest)).collect();
    // What cannot be listed or removed harms nobody.
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| is_pack_file(name) && !named.contains(name)) {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(Added { manifest, n_bytes_written })
}

/// Takes a part to those that are there, together with the last ones of its organism that are not much larger.
fn take_part<'a>(runs: &mut Vec<Vec<PartOf<'a>>>, new: PartOf<'a>) {
    let mut run = vec![new];
    let mut n_bytes = new.entry().n_bytes();
    loop {
        let is_alike = |of: &Vec<PartOf<'_>>| of[0].entry().organism == new.entry().organism;
        let Some(last) = runs.iter().rposition(is_alike) else { break };
        let of_last: u64 = runs[last].iter().map(|part| part.entry().n_bytes()).sum();
        if of_last > n_bytes * MERGED_TIMES {
            break;
        }
        n_bytes += of_last;
        let mut before = runs.remove(last);
        before.append(&mut run);
        run = before;
    }
    runs.push(run);
}

/// What is above the cell types that cells of some corpora are annotated with.
fn ontology_of<'a>(
    corpora: impl Iterator<Item = &'a FileCorpus>,
    look_up: &LookUp<'_>,
) -> Result<Vec<OntologyTerm>, MergeError> {
    let mut ids = BTreeSet::new();
    for corpus in corpora {
        for part in 0..corpus.manifest().parts.len() {
            let values = &wait(corpus.values(part))?[Dimension::CellType as usize];
            ids.extend(values.terms.iter().map(|term| term.id.clone()));
        }
    }
    Ok(terms_above(ids, look_up))
}

fn copy_packs(part: &Part, from: &Path, output: &Directory) -> Result<(), MergeError> {
    let files = files::Directory(from.to_owned());
    for pack in part.dataset_packs() {
        let file = from.join(&pack.file);
        let is_whole = is_whole(&files, &pack).map_err(|source| MergeError::Pack { file: file.clone(), source })?;
        if !is_whole {
            return Err(MergeError::Damaged(file));
        }
    }
    let failed = |source: io::Error| BuildError::Output { place: output.place(), source };
    for pack in part.dataset_packs() {
        let copy = || {
            let mut file = output.create(&pack.name)?;
            io::copy(&mut File::open(from.join(&pack.file))?, &mut file)?;
            file.publish(&pack.file)
        };
        copy().map_err(failed)?;
    }
    Ok(())
}

impl<'a> PartOf<'a> {
    fn entry(self) -> &'a Part {
        &self.corpus.manifest().parts[self.part]
    }

    fn sources(self) -> impl Iterator<Item = &'a Source> {
        self.corpus.manifest().sources.iter().filter(move |source| source.part as usize == self.part)
    }
}

/// The sums that an engine has added up, by group of a part in the making.
struct AddedSums {
    reader: SumsReader,
    number_of: HashMap<i64, u32>,
}

impl AddedSums {
    fn open(path: &Path, organism: &str, groups: &Groups, values: &[Values]) -> Result<Self, ParquetFileError> {
        let ids = group_ids(organism, groups, values);
        let mut number_of = HashMap::with_capacity(ids.len());
        for (number, id) in (0..).zip(ids) {
            if let Some(other) = number_of.insert(id, number) {
                return Err(ParquetFileError::Collision(other.to_string(), number.to_string()));
            }
        }
        Ok(Self { reader: SumsReader::open(path)?, number_of })
    }

    /// What the engine has of a gene.
    fn entries_of(&mut self, gene: &str) -> Result<Vec<Entry>, MergeError> {
        let entries = self.reader.entries_of(gene, &self.number_of)?;
        let overflow = || BuildError::Output { place: gene.to_owned(), source: io::Error::other("the sums overflow") };
        Ok(added_up(entries).ok_or_else(overflow)?)
    }
}

/// One part that has the cells of some, of those datasets that are kept.
fn merged(
    inputs: &[PartOf<'_>],
    is_kept: &dyn Fn(&str) -> bool,
    sums: Option<&Path>,
    environment: Environment<'_>,
) -> Result<Part, MergeError> {
    let output = |source| BuildError::Output { place: environment.output.place(), source };
    let mut terms: Vec<Vec<Term>> = vec![Vec::new(); Dimension::ALL.len()];
    for input in inputs {
        for (all, values) in terms.iter_mut().zip(wait(input.corpus.values(input.part))?) {
            all.extend(values.terms.iter().cloned());
        }
    }
    let values: Vec<Values> = terms.into_iter().map(Values::of).collect();
    // The groups of all parts, part after part.
    let (mut keys, mut n_cells, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for input in inputs {
        let (groups, of_part) = (wait(input.corpus.groups(input.part, 0))?, wait(input.corpus.values(input.part))?);
        let codes: Vec<Vec<u32>> = of_part
            .iter()
            .zip(&values)
            .map(|(of_part, all)| of_part.terms.iter().map(|term| all.code(&term.id).unwrap_or_default()).collect())
            .collect();
        let datasets = groups.codes_of(Dimension::Dataset).unwrap_or_default();
        let mut numbers = Vec::new();
        for group in 0..groups.len() {
            let dataset = &of_part[Dimension::Dataset as usize].terms[datasets[group] as usize];
            if !is_kept(&dataset.id) {
                numbers.push(None);
                continue;
            }
            numbers.push(Some(keys.len()));
            keys.push(codes.iter().zip(&groups.codes).map(|(codes, of)| codes[of[group] as usize]).collect::<Vec<_>>());
            n_cells.push(groups.n_cells[group]);
        }
        kept.push(numbers);
    }
    let (groups, group_of) = Groups::of(&Dimension::ALL, &keys, &n_cells);
    let (groups, values, new_number) = compact(&groups, &values);
    let number_of: Vec<Vec<Option<u32>>> = kept
        .into_iter()
        .map(|numbers| numbers.into_iter().map(|at| new_number[group_of[at?] as usize]).collect())
        .collect();
    let AllGenes { genes, numbers: of_parts } = all_genes(inputs)?;
    let patterns = patterns_of(inputs, &of_parts, genes.len(), &|id| values[Dimension::Dataset as usize].code(id))?;
    let numbers: Vec<GeneNumbers> = of_parts.iter().map(|of_part| numbers_in(of_part, genes.len())).collect();
    // Genes that only other datasets have are none of this part.
    let (taken, patterns): (Vec<usize>, Vec<Vec<u8>>) =
        patterns.into_iter().enumerate().filter_map(|(gene, pattern)| Some((gene, pattern?))).unzip();
    let entries_of = |gene: usize| -> Result<Vec<Entry>, MergeError> {
        let mut entries = Vec::new();
        for ((input, numbers), number_of) in inputs.iter().zip(&numbers).zip(&number_of) {
            let Some(number) = numbers[gene] else { continue };
            let of_gene = wait(input.corpus.moments(input.part, 0, &[number]))?.pop().unwrap_or_default();
            entries
                .extend(of_gene.into_iter().filter_map(|(group, moments)| Some((number_of[group as usize]?, moments))));
        }
        added_up(entries).ok_or_else(|| output(io::Error::other("the sums overflow")).into())
    };
    let organism = &inputs[0].entry().organism;
    let mut added = match sums {
        Some(path) => Some(AddedSums::open(path, organism, &groups, &values)?),
        None => None,
    };
    let datasets = groups.codes_of(Dimension::Dataset).unwrap_or_default().to_vec();
    let codes: Vec<Option<u32>> = inputs
        .iter()
        .flat_map(|input| input.sources())
        .map(|source| values[Dimension::Dataset as usize].code(&source.id))
        .collect();
    let mut held = sums.map(|path| SumsCheck::new(path, &datasets));
    let n_datasets = values[Dimension::Dataset as usize].terms.len();
    let mut writer = PartWriter::create(environment, organism, values, groups).map_err(output)?;
    let stage = environment.progress.stage("adding up genes".to_owned(), taken.len() as u64);
    for batch in taken.chunks(GENES_AT_ONCE) {
        if environment.progress.is_stopped() {
            return Err(BuildError::Interrupted.into());
        }
        let n = batch.len() as u64;
        let batch = match added.as_mut().zip(held.as_mut()) {
            Some((added, held)) => {
                let mut of_genes = Vec::new();
                for &gene in batch {
                    let entries = added.entries_of(&genes[gene].id)?;
                    let expected = total_of(inputs, &numbers, gene)?;
                    let expected = expected.ok_or_else(|| output(io::Error::other("the sums overflow")))?;
                    held.check_gene(&genes[gene].id, &entries, expected)?;
                    of_genes.push(entries);
                }
                of_genes
            }
            None => batch.par_iter().map(|&gene| entries_of(gene)).collect::<Result<Vec<_>, _>>()?,
        };
        writer.push(&batch).map_err(output)?;
        stage.advance(n);
    }
    drop(stage);
    if let Some(held) = held {
        let sources = codes.into_iter().zip(inputs.iter().flat_map(|input| input.sources()));
        held.check_datasets(sources.filter_map(|(code, source)| Some((code?, source))))?;
    }
    let (ids, symbols) = taken.iter().map(|&gene| (genes[gene].id.clone(), genes[gene].symbol.clone())).unzip();
    let genes = Genes { ids, symbols: Some(symbols), rows: (0..taken.len() as u32).collect() };
    Ok(writer.finish(&genes, &Coverage::of_genes(patterns, n_datasets)).map_err(output)?)
}

/// Of each gene of several parts its number in one, where that has it.
type GeneNumbers = Vec<Option<u32>>;

fn numbers_in(of_part: &[u32], n_genes: usize) -> GeneNumbers {
    let mut numbers = vec![None; n_genes];
    of_part.iter().zip(0..).for_each(|(&gene, number)| numbers[gene as usize] = Some(number));
    numbers
}

/// What a gene adds up to over all cells of some parts, from their smallest levels; none on overflow.
fn total_of(inputs: &[PartOf<'_>], numbers: &[GeneNumbers], gene: usize) -> Result<Option<GeneMoments>, MergeError> {
    let mut total = Some(GeneMoments::default());
    for (input, numbers) in inputs.iter().zip(numbers) {
        let Some(number) = numbers[gene] else { continue };
        let level = input.corpus.level_with(input.part, &[]);
        for (_, moments) in wait(input.corpus.moments(input.part, level, &[number]))?.into_iter().flatten() {
            total = total.and_then(|total| total.checked_add(moments));
        }
    }
    Ok(total)
}

/// The genes of all parts.
fn all_genes(inputs: &[PartOf<'_>]) -> Result<AllGenes, MergeError> {
    let tables = inputs.iter().map(|input| wait(input.corpus.genes(input.part))).collect::<Result<Vec<_>, _>>()?;
    Ok(AllGenes::of(&tables))
}

/// Of each gene of all parts the datasets that have it, as bits of their codes in the part in the making; none where it has no
/// such dataset. `code` is that of the id of one that it has.
fn patterns_of(
    inputs: &[PartOf<'_>],
    numbers: &[Vec<u32>],
    n_genes: usize,
    code: &dyn Fn(&str) -> Option<u32>,
) -> Result<Vec<Option<Vec<u8>>>, MergeError> {
    let (mut parts, mut codes) = (Vec::new(), Vec::new());
    for (input, numbers) in inputs.iter().zip(numbers) {
        let datasets = &wait(input.corpus.values(input.part))?[Dimension::Dataset as usize].terms;
        codes.extend(datasets.iter().map(|dataset| code(&dataset.id)));
        let presence = wait(input.corpus.presence(input.part))?;
        parts.push(PartGenes { presence, numbers, n_datasets: datasets.len() });
    }
    let n_datasets = codes.iter().flatten().max().map_or(0, |&last| last as usize + 1);
    let of_all = joined(&parts, n_genes);
    let kept = |pattern: u32| {
        let datasets = codes.iter().zip(0..).filter(|&(_, dataset)| of_all.has(pattern, dataset));
        let datasets: Vec<usize> = datasets.filter_map(|(code, _)| Some((*code)? as usize)).collect();
        (!datasets.is_empty()).then(|| bits_of(datasets, n_datasets))
    };
    let patterns: Vec<Option<Vec<u8>>> = (0..of_all.n_patterns() as u32).map(kept).collect();
    Ok(of_all.pattern_of().iter().map(|&pattern| patterns[pattern as usize].clone()).collect())
}
