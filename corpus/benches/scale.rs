//! A made-up corpus of 200 datasets and ten million cells: how long it takes to add up, what it comes to in bytes and memory,
//! and what questions to it cost.
//!
//! `cargo bench -p corpus --bench scale -- [DATASETS] [DIRECTORY]`
//!
//! Summaries are made as sums, without cells: 50,000 cells of a tissue each, of 20 cell types, 12 donors and two diseases,
//! 240 groups or so, and 20,000 genes, each of which is in a share of the groups that is its own (from nearly all to few).

#![expect(clippy::print_stdout, reason = "it reports")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on ends")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use builder::{Environment, Quiet, native::Directory, native::Existing, native::TemporaryFiles};
use corpus::{
    CompareQuery, Corpus, Dimension, DonorQuery, Entry, FIXED_POINT, Filters, Groups, Least, Manifest, MarkerQuery,
    Query, Replicates, Source, SpecificQuery, Term, Tissues, Values,
    build::{GENERATOR, PartWriter, manifest, write_manifest},
    current_profile,
    native::{self, open, wait},
};
use explorer_core::{
    dataset::{Pace, Priority, Tiles},
    de::GeneMoments,
};
use expression::{Coverage, MarkerOptions, Ontology, Overlap, Quantity};
use shared_fbs::{manifest::Pack, path::CORPUS, tile::Genes};
use tessera::{
    dataset::DatasetError,
    files::{self, Files},
    tiles::FileTiles,
};

const ORGANISM: &str = "NCBITaxon:9606";
const N_GENES: u32 = 20_000;
const N_TISSUES: u64 = 30;
const N_TYPES: u64 = 100;
const TYPES_OF_DATASET: u64 = 20;
const DONORS_OF_DATASET: u64 = 12;
const CELLS_OF_DATASET: u64 = 50_000;
const GENES_AT_ONCE: u32 = 256;

/// Numbers that look random.
fn mixed(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn unit(number: u64) -> f64 {
    (mixed(number) >> 11) as f64 / (1_u64 << 53) as f64
}

fn term(id: String) -> Term {
    Term { label: id.clone(), id }
}

fn tissue(number: u64) -> String {
    format!("UBERON:{:07}", number % N_TISSUES)
}

fn cell_type(number: u64) -> String {
    format!("CL:{number:07}")
}

/// Types in a tree, a few under each.
fn parents_of(number: u64) -> Vec<String> {
    if number == 0 { Vec::new() } else { vec![cell_type((number - 1) / 5)] }
}

fn look_up(id: &str) -> Option<(String, Vec<String>)> {
    let number: u64 = id.strip_prefix("CL:")?.parse().ok()?;
    Some((format!("type {number}"), parents_of(number)))
}

/// The groups of a dataset, and the type of each.
fn groups(dataset: u64) -> (Vec<Values>, Groups, Vec<u64>) {
    let mut rows: Vec<([String; 11], u64, u32)> = Vec::new();
    for donor in 0..DONORS_OF_DATASET {
        for at in 0..TYPES_OF_DATASET {
            let of_type = 1 + mixed(dataset * 1000 + at) % (N_TYPES - 1);
            let disease = if donor % 2 == 0 { "PATO:0000461" } else { "MONDO:0100096" };
            let n_cells = CELLS_OF_DATASET / (DONORS_OF_DATASET * TYPES_OF_DATASET);
            let n_cells = n_cells / 2 + mixed(dataset * 77 + donor * 31 + at) % n_cells;
            let ids = [
                tissue(dataset),
                tissue(dataset),
                cell_type(of_type),
                format!("dataset-{dataset:04}"),
                format!("donor-{dataset:04}-{donor}"),
                disease.to_owned(),
                format!("HANCESTRO:{:04}", donor % 3),
                format!("PATO:000038{}", 3 + donor % 2),
                format!("10.1000/{}", dataset / 4),
                format!("EFO:000{}", dataset % 3),
                "unknown".to_owned(),
            ];
            rows.push((ids, of_type, n_cells as u32));
        }
    }
    let values: Vec<Values> =
        (0..11).map(|dimension| Values::of(rows.iter().map(|(ids, ..)| term(ids[dimension].clone())))).collect();
    let code = |(dimension, id): (usize, &String)| values[dimension].code(id).unwrap();
    let keys: Vec<Vec<u32>> = rows.iter().map(|(ids, ..)| ids.iter().enumerate().map(code).collect()).collect();
    let n_cells: Vec<u32> = rows.iter().map(|(_, _, n)| *n).collect();
    let (groups, group_of) = Groups::of(&Dimension::ALL, &keys, &n_cells);
    let mut types = vec![0; groups.len()];
    group_of.iter().zip(&rows).for_each(|(&group, (_, of_type, _))| types[group as usize] = *of_type);
    (values, groups, types)
}

/// What a gene adds up to over the groups of a dataset: markers of a type are high in it.
fn entries(dataset: u64, gene: u32, groups: &Groups, types: &[u64]) -> Vec<Entry> {
    let common = unit(u64::from(gene) + 7).powi(4);
    let is_marker_of = mixed(u64::from(gene)) % N_TYPES;
    let mut found = Vec::new();
    for (group, (&n_cells, &of_type)) in (0_u32..).zip(groups.n_cells.iter().zip(types)) {
        let share = if gene.is_multiple_of(20) && of_type == is_marker_of { 0.8 } else { common * 0.6 };
        let chance = unit(dataset * 1_000_003 + u64::from(gene) * 4001 + u64::from(group));
        let n = (f64::from(n_cells) * share * (0.5 + chance)) as u32;
        // Groups of a few cells lack what few cells express.
        if n == 0 && chance > common {
            continue;
        }
        let n = n.max(1).min(n_cells);
        let x = FIXED_POINT.encode(1.4 + (2.0 * chance) as f32);
        let square = FIXED_POINT.square(x);
        found.push((group, GeneMoments { n_nonzero: n, sum: i64::from(n) * x, sum_sq: u128::from(n) * square }));
    }
    found
}

fn write_summary(dataset: u64, directory: &Path) -> (u64, u64) {
    fs::create_dir_all(directory).unwrap();
    let (output, scratch, progress) = (Directory::new(directory), TemporaryFiles::new(directory), Quiet::default());
    let environment = Environment { output: &output, scratch: &scratch, progress: &progress };
    let (values, groups, types) = groups(dataset);
    let n_cells = groups.n_cells.iter().sum();
    let mut writer = PartWriter::create(environment, ORGANISM, values, groups.clone()).unwrap();
    let (mut n_entries, mut n_nonzero) = (0, 0);
    for first in (0..N_GENES).step_by(GENES_AT_ONCE as usize) {
        let genes = first..N_GENES.min(first + GENES_AT_ONCE);
        let batch: Vec<Vec<Entry>> = genes.map(|gene| entries(dataset, gene, &groups, &types)).collect();
        n_entries += batch.iter().map(|entries| entries.len() as u64).sum::<u64>();
        n_nonzero += batch.iter().flatten().map(|(_, moments)| u64::from(moments.n_nonzero)).sum::<u64>();
        writer.push(&batch).unwrap();
    }
    let ids: Vec<String> = (0..N_GENES).map(|gene| format!("ENSG{gene:011}")).collect();
    let genes = Genes { ids, symbols: None, rows: (0..N_GENES).collect() };
    let part = writer.finish(&genes, &Coverage::whole(N_GENES as usize)).unwrap();
    let n_bytes = part.n_bytes();
    let source = Source {
        id: format!("dataset-{dataset:04}"),
        organism: ORGANISM.to_owned(),
        n_obs: n_cells,
        n_cells,
        n_nonzero,
        generator: GENERATOR.to_owned(),
        ..Source::default()
    };
    let manifest = manifest(current_profile(), vec![source], vec![part], Vec::new(), None);
    write_manifest(&manifest, &environment).unwrap();
    (n_entries, n_bytes)
}

/// Counts the bytes of the tiles that are read, as they lie in files.
struct Counting {
    tiles: FileTiles,
    n_bytes: Arc<AtomicU64>,
}

impl Tiles for Counting {
    type Bytes = Vec<u8>;
    type Error = DatasetError;

    const PACE: Pace = FileTiles::PACE;

    async fn tiles(&self, pack: &Pack, tiles: &[u32], priority: Priority) -> Vec<Result<Vec<u8>, DatasetError>> {
        let index = self.tiles.packs().iter().find(|index| **index.file() == *pack.file).unwrap();
        let bytes = |&tile: &u32| index.slot(tile).unwrap().map_or(0, |slot| slot.range().end - slot.range().start);
        self.n_bytes.fetch_add(tiles.iter().map(bytes).sum(), Ordering::Relaxed);
        self.tiles.tiles(pack, tiles, priority).await
    }
}

fn counting(directory: &Path) -> (Corpus<Counting>, Arc<AtomicU64>) {
    let manifest = Manifest::decode(&fs::read(directory.join(CORPUS)).unwrap()).unwrap();
    let files: Arc<dyn Files> = Arc::new(files::Directory(directory.to_owned()));
    let packs = manifest.parts.iter().flat_map(shared_fbs::corpus::Part::dataset_packs);
    let n_bytes = Arc::new(AtomicU64::new(0));
    let tiles = Counting { tiles: FileTiles::of_packs(&files, packs), n_bytes: Arc::clone(&n_bytes) };
    (Corpus::new(manifest, tiles), n_bytes)
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// The most memory that the program has taken since it was last asked, where the system tells.
fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: u64 = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or_default();
    let _ = fs::write("/proc/self/clear_refs", "5");
    kilobytes << 10
}

/// Asks twice, and reports the first time, which reads tables, and the second.
fn ask<R>(what: &str, directory: &Path, question: impl Fn(&Corpus<Counting>, &Ontology) -> R) -> R {
    let (corpus, n_bytes) = counting(directory);
    let ontology = corpus::ontology(corpus.manifest());
    let mut report = what.to_owned();
    let mut answer = None;
    for when in ["first", "again"] {
        n_bytes.store(0, Ordering::Relaxed);
        let start = Instant::now();
        answer = Some(question(&corpus, &ontology));
        let (time, read) = (start.elapsed(), n_bytes.load(Ordering::Relaxed));
        report += &format!("; {when} {}, {} read", seconds(time), megabytes(read));
    }
    println!("{report}");
    answer.unwrap()
}

fn filters(of: &[(Dimension, String)]) -> Filters {
    of.iter().map(|(dimension, id)| (*dimension, BTreeSet::from([id.clone()]))).collect()
}

fn main() {
    // cargo gives a flag of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let n_datasets: u64 = arguments.first().map_or(200, |number| number.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let root = arguments.get(1).map_or_else(|| folder.path().to_owned(), PathBuf::from);
    let directory = |dataset: u64| root.join(format!("dataset-{dataset:04}.summary"));
    let (mut n_entries, mut n_bytes) = (0, 0);
    let start = Instant::now();
    let mut of_last = 0;
    for dataset in 0..=n_datasets {
        let (entries, bytes) = write_summary(dataset, &directory(dataset));
        if dataset < n_datasets {
            (n_entries, n_bytes) = (n_entries + entries, n_bytes + bytes);
        }
        of_last = bytes;
    }
    println!(
        "{n_datasets} summaries: {:.1} M sums, {}, made in {}",
        n_entries as f64 / 1e6,
        megabytes(n_bytes),
        seconds(start.elapsed())
    );
    peak_bytes();
    let inputs: Vec<PathBuf> = (0..n_datasets).map(directory).collect();
    let inputs: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
    let out = root.join("corpus");
    let start = Instant::now();
    let built = native::build_corpus(&inputs, None, (&out, Existing::Replace), &look_up, &Quiet::default()).unwrap();
    let time = start.elapsed();
    let part = &built.manifest.parts[0];
    let n_cells: u64 = built.manifest.sources.iter().map(|source| u64::from(source.n_cells)).sum();
    println!(
        "corpus of {n_cells} cells in {} groups: added up in {}, {:.2} M sums/s, {}, at most {} of memory",
        part.levels[0].n_groups,
        seconds(time),
        n_entries as f64 / 1e6 / time.as_secs_f64(),
        megabytes(built.n_bytes_written),
        megabytes(peak_bytes()),
    );
    for pack in &part.packs {
        println!("  {}: {}", pack.name, megabytes(pack.n_bytes));
    }
    // The genes that are in most groups, so that no fifty are more.
    let mut genes: Vec<u32> = (0..N_GENES).collect();
    genes.sort_by(|&a, &b| unit(u64::from(b) + 7).total_cmp(&unit(u64::from(a) + 7)));
    let genes: Vec<String> = genes.iter().take(50).map(|gene| format!("ENSG{gene:011}")).collect();
    let plot = Query { organism: ORGANISM.to_owned(), genes: genes.clone(), tissues: Tissues::All, ..Query::default() };
    ask("50 genes, all tissues and cell types", &out, |corpus, ontology| {
        wait(corpus.dot_plot(&plot, ontology)).unwrap().rows.len()
    });
    let sick = Query { filters: filters(&[(Dimension::Disease, "MONDO:0100096".to_owned())]), ..plot.clone() };
    ask("the same of one disease", &out, |corpus, ontology| wait(corpus.dot_plot(&sick, ontology)).unwrap().rows.len());
    let least = Least::default();
    ask("50 genes ranked over all tissues", &out, |corpus, ontology| {
        wait(corpus.rankings(&plot, Quantity::Mean, least, ontology)).unwrap().genes.len()
    });
    let of_type = 1 + mixed(0) % (N_TYPES - 1);
    let row = MarkerQuery {
        organism: ORGANISM.to_owned(),
        tissue: tissue(0),
        filters: Filters::new(),
        cell_type: Some(cell_type(of_type)),
        options: MarkerOptions::default(),
    };
    let n = ask("markers of a cell type of a tissue", &out, |corpus, ontology| {
        wait(corpus.markers(&row, ontology)).unwrap()[0].markers.len()
    });
    println!("  {n} markers");
    let of_disease =
        MarkerQuery { filters: filters(&[(Dimension::Disease, "MONDO:0100096".to_owned())]), ..row.clone() };
    ask("the same of one disease", &out, |corpus, ontology| wait(corpus.markers(&of_disease, ontology)).unwrap().len());
    let all = MarkerQuery { cell_type: None, ..row.clone() };
    let n = ask("markers of all cell types of a tissue", &out, |corpus, ontology| {
        wait(corpus.markers(&all, ontology)).unwrap().len()
    });
    println!("  {n} cell types");
    let marked = Query { genes: genes[..1].to_vec(), ..plot.clone() };
    ask("the rows that a gene is a marker of", &out, |corpus, ontology| {
        wait(corpus.marked_rows(&marked, MarkerOptions::default(), ontology)).unwrap().genes.len()
    });
    let compare = CompareQuery {
        organism: ORGANISM.to_owned(),
        group: filters(&[(Dimension::Tissue, tissue(0)), (Dimension::CellType, cell_type(of_type))]),
        reference: filters(&[(Dimension::Tissue, tissue(0))]),
        overlap: Overlap::TakeFromSecond,
        replicates: Replicates::Cells,
    };
    ask("a cell type of a tissue compared with its others", &out, |corpus, ontology| {
        wait(corpus.compare(&compare, ontology)).unwrap().genes.len()
    });
    let by_donor = CompareQuery { replicates: Replicates::Donors, ..compare.clone() };
    ask("the same, donors as replicates", &out, |corpus, ontology| {
        wait(corpus.compare(&by_donor, ontology)).unwrap().genes.len()
    });
    let everywhere = CompareQuery {
        group: filters(&[(Dimension::Disease, "MONDO:0100096".to_owned())]),
        reference: Filters::new(),
        ..compare
    };
    ask("one disease compared with all other cells", &out, |corpus, ontology| {
        wait(corpus.compare(&everywhere, ontology)).unwrap().genes.len()
    });
    let specific = SpecificQuery {
        organism: ORGANISM.to_owned(),
        here: filters(&[(Dimension::CellType, cell_type(of_type))]),
        least_cells: 10,
        ..SpecificQuery::default()
    };
    ask("genes high in a cell type and low in all others", &out, |corpus, ontology| {
        wait(corpus.specific_genes(&specific, ontology)).unwrap().genes.len()
    });
    let behind = DonorQuery {
        organism: ORGANISM.to_owned(),
        gene: genes[0].clone(),
        row: filters(&[(Dimension::CellType, cell_type(of_type))]),
        ..DonorQuery::default()
    };
    ask("donors behind a dot", &out, |corpus, ontology| {
        wait(corpus.donors_behind(&behind, ontology)).unwrap().donors.len()
    });
    println!("at most {} of memory for questions", megabytes(peak_bytes()));
    let start = Instant::now();
    let added = native::add(&out, &[&directory(n_datasets)], &look_up, &Quiet::default()).unwrap();
    println!(
        "a dataset of {} added: {}, {} written ({:.3} times its summary), {} parts",
        megabytes(of_last),
        seconds(start.elapsed()),
        megabytes(added.n_bytes_written),
        added.n_bytes_written as f64 / of_last as f64,
        added.manifest.parts.len()
    );
    assert_eq!(open(&out).unwrap().manifest().version, 2);
    // What is in a directory of the caller's own stays there for a look.
}
