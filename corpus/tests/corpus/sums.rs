//! Summaries and their sums.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    path::Path,
};

use builder::{Quiet, native::Existing};
use corpus::{
    CompareQuery, Dimension, DonorQuery, DotPlot, FIXED_POINT, Manifest, MarkerQuery, Query, QueryError, RowMarkers,
    Term,
    build::{CellTable, Choices, H5adCounts, Input},
    native::{self, DatasetCounts, FileCorpus, MergeError, SUMS, open, wait},
    sum_sq,
};
use expression::{MarkerOptions, Ontology};
use shared_fbs::path::{CORPUS, MANIFEST};
use synthetic::h5ad::Layout;
use tessera::dataset::Dataset;

use crate::shelf::{
    HUMAN, MOUSE, Shelf, build, build_with, choices, nothing, query, summarize, summarize_with, terms, write_file,
};

/// Of means and of means of squares against pandas on `f64`: ours are sums of values of `f32`, which are off by 6e-8 at most.
const RTOL: [f64; 2] = [1e-7, 2e-7];

fn ask(corpus: &FileCorpus, query: &Query) -> DotPlot {
    wait(corpus.dot_plot(query, &Ontology::default())).unwrap()
}

fn label(term: Option<&Term>) -> &str {
    term.map_or("", |term| &term.label)
}

#[test]
fn a_manifest_that_is_longer_than_any_is_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in [CORPUS, MANIFEST] {
        // It takes no room on the disk.
        File::create(folder.path().join(name)).unwrap().set_len(8 << 30).unwrap();
    }
    let errors =
        [open(folder.path()).err().unwrap().to_string(), Dataset::open(folder.path()).err().unwrap().to_string()];
    for (error, name) in errors.iter().zip([CORPUS, MANIFEST]) {
        assert!(error.contains(name) && error.contains("more than 268435456 bytes"), "{error}");
    }
}

#[test]
fn sums_of_three_datasets_are_those_of_pandas() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = build(&["A", "B", "C"], &folder.path().join("corpus"));
    let questions = [
        ("human", query(HUMAN, &[], None)),
        ("covid", query(HUMAN, &[(Dimension::Disease, &["COVID-19"])], None)),
        ("two", query(HUMAN, &[(Dimension::Disease, &["COVID-19", "influenza"])], Some(Dimension::Sex))),
        ("donors", query(HUMAN, &[(Dimension::Assay, &["10x 3' v2"])], Some(Dimension::Donor))),
        ("mouse", query(MOUSE, &[], Some(Dimension::Disease))),
    ];
    let mut found = BTreeMap::new();
    for (name, query) in &questions {
        let plot = ask(&corpus, query);
        for row in &plot.rows {
            for (gene, moments) in plot.genes.iter().zip(&row.moments) {
                let mean = FIXED_POINT.summary(*moments, moments.n_nonzero.into()).mean;
                let option = row.option.as_ref().map_or("", |option| &option.id);
                let labels = [label(Some(&row.tissue)), label(row.cell_type.as_ref()), option];
                let key = format!("{name}\t{}\t{}", labels.join("\t"), gene.symbol);
                found.insert(
                    key,
                    (row.n_cells, moments.n_nonzero, [mean, sum_sq(moments, FIXED_POINT) / row.n_cells as f64]),
                );
            }
        }
    }
    let golden = include_str!("../golden/expression.txt");
    for line in golden.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let (key, numbers) = (fields[..5].join("\t"), &fields[5..]);
        let (n_cells, n_nonzero, values) = found.remove(&key).unwrap_or_else(|| panic!("there is no row {key}"));
        assert_eq!(
            (n_cells.to_string(), n_nonzero.to_string()),
            (numbers[0].to_owned(), numbers[1].to_owned()),
            "{key}"
        );
        for ((value, expected), rtol) in values.into_iter().zip(&numbers[2..]).zip(RTOL) {
            let expected: f64 = expected.parse().unwrap();
            assert!((value - expected).abs() <= rtol * expected, "{key}: {value}, reference {expected}");
        }
    }
    assert!(golden.lines().count() > 1000 && found.is_empty(), "{found:?}");
}

#[test]
fn donors_of_one_id_are_one_within_a_publication_and_two_beyond_it() {
    let folder = tempfile::tempdir().unwrap();
    let (file, quiet) = (Shelf::get().file("A"), Quiet::default());
    let summary = |id: &str, publication: Option<&str>| {
        let out = folder.path().join(id);
        let of = Choices { publication: publication.map(str::to_owned), ..choices(id, HUMAN) };
        summarize_with(&file, &out, &of);
        out
    };
    let summaries = [summary("1", Some("p")), summary("2", Some("p")), summary("3", Some("q")), summary("4", None)];
    let from: Vec<&Path> = summaries.iter().map(AsRef::as_ref).collect();
    let out = folder.path().join("corpus");
    native::build_corpus(&from, None, (&out, Existing::Keep), &nothing, &quiet).unwrap();
    let corpus = open(&out).unwrap();
    let donors =
        wait(corpus.options(&query(HUMAN, &[], None), &Ontology::default())).unwrap()[&Dimension::Donor].clone();
    let first: Vec<(&str, &str)> =
        donors.iter().filter(|(of, _)| of.label == "D01").map(|(of, _)| (of.id.as_str(), of.label.as_str())).collect();
    assert_eq!(first, [("D01 of 4", "D01"), ("D01 of p", "D01"), ("D01 of q", "D01")]);
    let n_cells = |id: &str| donors.iter().find(|(donor, _)| donor.id == id).unwrap().1;
    assert_eq!((n_cells("D01 of p"), n_cells("D01 of 4")), (2 * n_cells("D01 of q"), n_cells("D01 of q")));
    // As `donors` has them.
    let gene = DonorQuery { organism: HUMAN.to_owned(), gene: "LYZ".to_owned(), ..DonorQuery::default() };
    let behind = wait(corpus.donors_behind(&gene, &Ontology::default())).unwrap();
    let of_p = behind.donors.iter().find(|donor| donor.donor.of == "p" && donor.donor.id == "D01").unwrap();
    assert_eq!(of_p.dot.n_cells, n_cells("D01 of p"));
}

#[test]
fn a_matrix_has_one_summary_however_it_is_laid_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut packs = BTreeSet::new();
    for (name, layout) in [("csr", Layout::Csr), ("csc", Layout::Csc), ("dense", Layout::Dense)] {
        let file = folder.path().join(format!("{name}.h5ad"));
        write_file(&file, (600, 300, 9), layout);
        let out = folder.path().join(name);
        summarize(&file, &out, "x", HUMAN);
        packs.insert(pack_names(open(&out).unwrap().manifest()));
    }
    let (file, dataset) = (folder.path().join("csr.h5ad"), folder.path().join("dataset"));
    builder::native::build(&file, &dataset, Existing::Keep, &builder::Options::default(), &Quiet::default()).unwrap();
    let dataset = Dataset::open(&dataset).unwrap();
    // Counts, and those that log-normalized values were recognized to come from. The order of genes is another there, of
    // which the table of genes tells.
    let sums_of = |manifest: &Manifest| {
        let names = pack_names(manifest).into_iter();
        names.filter(|name| !name.starts_with("tables")).collect::<Vec<_>>()
    };
    for (layer, is_recognized) in [("raw/X", false), ("X", true)] {
        let counts = DatasetCounts::open(&dataset, Some(layer)).unwrap();
        assert_eq!(counts.are_recognized(), is_recognized);
        let cells = counts.cells().unwrap();
        let input = Input { cells: &cells, counts: &counts, file: "file", content: "0", organism: None };
        let out = folder.path().join(layer.replace('/', "-"));
        let to = (out.as_path(), Existing::Keep);
        native::summarize(input, &choices("x", HUMAN), &terms(), to, &Quiet::default()).unwrap();
        let of_file = open(&folder.path().join("csr")).unwrap();
        assert_eq!(sums_of(open(&out).unwrap().manifest()), sums_of(of_file.manifest()), "{layer}");
    }
    assert_eq!(packs.len(), 1, "{packs:?}");
}

fn pack_names(manifest: &Manifest) -> Vec<String> {
    manifest.parts.iter().flat_map(corpus::Part::dataset_packs).map(|pack| pack.file).collect()
}

#[test]
fn one_program_changes_a_corpus_at_a_time_and_takes_no_damaged_summary() {
    let folder = tempfile::tempdir().unwrap();
    let (corpus, summary) = (folder.path().join("corpus"), folder.path().join("damaged"));
    build(&["A"], &corpus);
    let (shelf, quiet) = (Shelf::get(), Quiet::default());
    let held = File::open(&corpus).unwrap();
    held.try_lock().unwrap();
    let busy = native::add(&corpus, &[&shelf.summary("C")], &nothing, &quiet).unwrap_err();
    assert!(matches!(&busy, MergeError::Busy(_)), "{busy}");
    assert!(matches!(native::remove(&corpus, "A", &quiet), Err(MergeError::Busy(_))));
    held.unlock().unwrap();

    std::fs::create_dir(&summary).unwrap();
    for entry in std::fs::read_dir(shelf.summary("C")).unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), summary.join(entry.file_name())).unwrap();
    }
    let pack = &pack_names(open(&summary).unwrap().manifest())[0];
    let mut bytes = std::fs::read(summary.join(pack)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(summary.join(pack), bytes).unwrap();
    let before = open(&corpus).unwrap().manifest().clone();
    let damaged = native::add(&corpus, &[&summary], &nothing, &quiet).unwrap_err();
    assert!(matches!(&damaged, MergeError::Damaged(file) if file.ends_with(pack)), "{damaged}");
    assert_eq!(*open(&corpus).unwrap().manifest(), before);
    native::add(&corpus, &[&shelf.summary("C")], &nothing, &quiet).unwrap();
}

#[test]
fn one_content_under_two_ids_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, quiet) = (Shelf::get(), Quiet::default());
    let again = folder.path().join("again");
    let opened = h5ad::H5ad::open(&shelf.file("A")).unwrap();
    let counts = H5adCounts::open(&opened, None).unwrap();
    let cells = CellTable::of(&opened.obs().unwrap());
    let input = Input { cells: &cells, counts: &counts, file: "file", content: "A", organism: None };
    native::summarize(input, &choices("other", HUMAN), &terms(), (&again, Existing::Keep), &quiet).unwrap();
    let to = folder.path().join("corpus");
    let from = [shelf.summary("A"), again.clone()];
    let from: Vec<&Path> = from.iter().map(AsRef::as_ref).collect();
    let error = native::build_corpus(&from, None, (&to, Existing::Keep), &nothing, &quiet).unwrap_err().to_string();
    assert!(error.starts_with("the datasets `A` and `other` (from ") && error.contains("same content (A)"), "{error}");
    build(&["A", "B"], &to);
    let error = native::add(&to, &[&again], &nothing, &quiet).unwrap_err();
    assert!(matches!(&error, MergeError::SameContent { first, .. } if first == "A"), "{error}");
}

#[test]
fn datasets_of_other_thresholds_are_refused_with_both_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, other, to) = (Shelf::get(), folder.path().join("other"), folder.path().join("corpus"));
    let mut of_other = choices("other", HUMAN);
    (of_other.profile.least_genes, of_other.profile.least_cptt) = (130, 2.5);
    summarize_with(&shelf.file("B"), &other, &of_other);
    let from = [shelf.summary("A"), other];
    let from: Vec<&Path> = from.iter().map(AsRef::as_ref).collect();
    let quiet = Quiet::default();
    let error = native::build_corpus(&from, None, (&to, Existing::Keep), &nothing, &quiet).unwrap_err().to_string();
    let told = "were summarized differently, by least genes of a cell (120 and 130), least counts per ten thousand (3 and 2.5);";
    assert!(error.contains(told), "{error}");
}

#[test]
fn a_corpus_that_grew_answers_as_one_that_was_built() {
    let folder = tempfile::tempdir().unwrap();
    let built = build(&["A", "B", "C"], &folder.path().join("built"));
    let grown = folder.path().join("grown");
    build(&["B"], &grown);
    let quiet = Quiet::default();
    let shelf = Shelf::get();
    let added = native::add(&grown, &[&shelf.summary("C")], &nothing, &quiet).unwrap();
    // Of another organism: a part of its own, which is copied.
    assert_eq!(added.n_bytes_written, open(&shelf.summary("C")).unwrap().manifest().parts[0].n_bytes());
    let added = native::add(&grown, &[&shelf.summary("A")], &nothing, &quiet).unwrap().manifest;
    assert_eq!((added.version, added.parts.len()), (3, 2));
    let corpus = open(&grown).unwrap();
    for organism in [HUMAN, MOUSE] {
        let query = query(organism, &[(Dimension::Sex, &["female"])], Some(Dimension::Dataset));
        assert_eq!(ask(&corpus, &query), ask(&built, &query));
        assert_eq!(
            wait(corpus.options(&query, &Ontology::default())).unwrap(),
            wait(built.options(&query, &Ontology::default())).unwrap()
        );
    }
    let again = native::add(&grown, &[&shelf.summary("A")], &nothing, &quiet).unwrap_err();
    assert!(matches!(again, MergeError::Twice { id, .. } if id == "A"));
    native::remove(&grown, "A", &quiet).unwrap();
    let query = query(HUMAN, &[], Some(Dimension::Donor));
    assert_eq!(ask(&open(&grown).unwrap(), &query), ask(&open(&shelf.summary("B")).unwrap(), &query));
    native::remove(&grown, "B", &quiet).unwrap();
    let left = native::remove(&grown, "C", &quiet).unwrap_err();
    assert!(matches!(left, MergeError::Last(id) if id == "C"));
    let unknown = native::remove(&grown, "B", &quiet).unwrap_err().to_string();
    assert_eq!(unknown, "the corpus has no dataset `B`; it has C");
    // Packs of versions before the last are gone: those of A and B together. Those of B alone were in the last.
    let files: BTreeSet<String> =
        std::fs::read_dir(&grown).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let of_c = pack_names(open(&shelf.summary("C")).unwrap().manifest());
    let of_both: Vec<String> = pack_names(&added).into_iter().filter(|pack| !of_c.contains(pack)).collect();
    assert!(!of_both.is_empty() && of_both.iter().all(|pack| !files.contains(pack)));
}

#[test]
fn a_pair_of_summaries_is_the_sum_of_each_alone() {
    let folder = tempfile::tempdir().unwrap();
    let pair = build(&["A", "B"], &folder.path().join("pair"));
    let query = query(HUMAN, &[], None);
    type SumsOfRow = (u64, BTreeMap<String, (u32, i64, u128)>);
    let mut sums: BTreeMap<(String, String), SumsOfRow> = BTreeMap::new();
    for name in ["A", "B"] {
        let plot = ask(&open(&Shelf::get().summary(name)).unwrap(), &query);
        for row in plot.rows {
            let key = (row.tissue.id, label(row.cell_type.as_ref()).to_owned());
            let of_row = sums.entry(key).or_default();
            of_row.0 += row.n_cells;
            for (gene, moments) in plot.genes.iter().zip(&row.moments) {
                let of_gene = of_row.1.entry(gene.id.clone()).or_default();
                of_gene.0 += moments.n_nonzero;
                of_gene.1 += moments.sum;
                of_gene.2 += moments.sum_sq;
            }
        }
    }
    let plot = ask(&pair, &query);
    assert_eq!(plot.rows.len(), sums.len());
    for row in plot.rows {
        let (n_cells, of_genes) = &sums[&(row.tissue.id, label(row.cell_type.as_ref()).to_owned())];
        assert_eq!(row.n_cells, *n_cells);
        for (gene, moments) in plot.genes.iter().zip(&row.moments) {
            let expected = of_genes.get(&gene.id).copied().unwrap_or_default();
            assert_eq!((moments.n_nonzero, moments.sum, moments.sum_sq), expected);
        }
    }
}

const LYMPHOCYTES: [&str; 4] = ["CL:0000788", "CL:0000897", "CL:0000623", "CL:0000909"];

/// Lymphocytes stand below what is a monocyte in truth, which cells are annotated with, and below what no cell is.
fn blood_cells() -> Ontology {
    let term = |id: &str, parents: &[&str]| {
        (id.to_owned(), id.to_owned(), parents.iter().map(|&parent| parent.to_owned()).collect::<Vec<_>>())
    };
    let above = [term("CL:0000000", &[]), term("CL:0000860", &["CL:0000000"]), term("CL:nobody", &["CL:0000000"])];
    let below = LYMPHOCYTES.map(|id| term(id, &["CL:0000860", "CL:nobody"]));
    Ontology::new(above.into_iter().chain(below)).unwrap()
}

#[test]
fn a_cell_type_has_the_cells_of_those_below_it() {
    let corpus = open(&Shelf::get().summary("A")).unwrap();
    let query = query(HUMAN, &[], Some(Dimension::Sex));
    let (flat, rolled) = (ask(&corpus, &query), wait(corpus.dot_plot(&query, &blood_cells())).unwrap());
    let tissues: BTreeSet<&Term> = flat.rows.iter().map(|row| &row.tissue).collect();
    let mut n_larger = 0;
    for tissue in tissues {
        for option in [None, Some("female"), Some("male")] {
            let cells = |plot: &DotPlot, is_of: &dyn Fn(&str) -> bool| -> (u64, u64) {
                let rows = plot.rows.iter().filter(|row| {
                    row.tissue == *tissue
                        && row.option.as_ref().map(|option| option.id.as_str()) == option
                        && row.cell_type.as_ref().is_some_and(|cell_type| is_of(&cell_type.id))
                });
                rows.fold((0, 0), |(n, lyz), row| (n + row.n_cells, lyz + u64::from(row.moments[0].n_nonzero)))
            };
            let own = cells(&flat, &|id| id == "CL:0000860");
            let of_all = cells(&flat, &|id| id == "CL:0000860" || LYMPHOCYTES.contains(&id));
            // Where all are of one kind, that kind has the only row.
            let is_one_kind =
                LYMPHOCYTES.iter().any(|&kind| of_all.0 > 0 && cells(&flat, &|id| id == kind).0 == of_all.0);
            let expected = if is_one_kind { (0, 0) } else { of_all };
            assert_eq!(cells(&rolled, &|id| id == "CL:0000860"), expected);
            assert_eq!(cells(&rolled, &|id| id == "CL:0000623"), cells(&flat, &|id| id == "CL:0000623"));
            n_larger += u32::from(expected.0 > own.0);
        }
    }
    assert!(n_larger > 0);
    // A filter by a cell type takes those below it.
    let filtered =
        Query { filters: BTreeMap::from([(Dimension::CellType, BTreeSet::from(["CL:nobody".to_owned()]))]), ..query };
    let plot = wait(corpus.dot_plot(&filtered, &blood_cells())).unwrap();
    assert!(plot.rows.iter().all(|row| {
        row.cell_type.as_ref().is_none_or(|of| of.id == "CL:0000860" || LYMPHOCYTES.contains(&of.id.as_str()))
    }));
    assert!(plot.rows.iter().any(|row| row.cell_type.as_ref().is_some_and(|of| of.id == "CL:0000623")));
}

#[test]
fn markers_of_a_type_that_cells_are_annotated_below_are_of_those() {
    let corpus = open(&Shelf::get().summary("A")).unwrap();
    let markers = |cell_type: &str| {
        let query = MarkerQuery {
            organism: HUMAN.to_owned(),
            tissue: "UBERON:0002048".to_owned(),
            cell_type: Some(cell_type.to_owned()),
            options: MarkerOptions { least_score: 0.0, ..MarkerOptions::default() },
            ..MarkerQuery::default()
        };
        wait(corpus.markers(&query, &blood_cells()))
    };
    let rolled = markers("CL:nobody").unwrap().remove(0);
    let of_each: Vec<RowMarkers> = LYMPHOCYTES.iter().flat_map(|id| markers(id).unwrap_or_default()).collect();
    assert_eq!(rolled.n_cells, of_each.iter().map(|row| row.n_cells).sum::<u64>());
    assert_eq!((rolled.cell_type.id.as_str(), rolled.markers.is_empty()), ("CL:nobody", false));
    let compared = CompareQuery {
        organism: HUMAN.to_owned(),
        group: [
            (Dimension::CellType, BTreeSet::from(["CL:nobody".to_owned()])),
            (Dimension::Tissue, BTreeSet::from(["UBERON:0002048".to_owned()])),
        ]
        .into(),
        ..CompareQuery::default()
    };
    let compared = wait(corpus.compare(&compared, &blood_cells())).unwrap();
    for marker in &rolled.markers {
        let gene = compared.genes.iter().position(|gene| *gene == marker.gene).unwrap();
        assert!((compared.cells.means[gene][0] - marker.mean).abs() < 1e-12, "{marker:?}");
    }
    // A type with no cells at all is none.
    let error = markers("CL:0000000").unwrap();
    assert!(error[0].n_cells > rolled.n_cells);
    let unknown = markers("CL:9999999").unwrap_err().to_string();
    assert!(unknown.contains("has the cell_type `CL:9999999`"), "{unknown}");
}

#[test]
fn options_are_what_the_other_filters_leave() {
    let corpus = open(&Shelf::get().summary("A")).unwrap();
    let female = query(HUMAN, &[(Dimension::Sex, &["female"])], None);
    let options = wait(corpus.options(&female, &Ontology::default())).unwrap();
    let n = |options: &corpus::Options, dimension| options[&dimension].iter().map(|(_, n)| n).sum::<u64>();
    let everything = wait(corpus.options(&query(HUMAN, &[], None), &Ontology::default())).unwrap();
    assert_eq!(n(&everything, Dimension::Disease), u64::from(corpus.manifest().sources[0].n_cells));
    // Its own filter does not narrow a dimension.
    assert_eq!(options[&Dimension::Sex], everything[&Dimension::Sex]);
    let (_, n_female) = everything[&Dimension::Sex].iter().find(|(term, _)| term.id == "female").unwrap();
    assert_eq!(n(&options, Dimension::Disease), *n_female);
    for (disease, n_cells) in &options[&Dimension::Disease] {
        let both = query(HUMAN, &[(Dimension::Sex, &["female"]), (Dimension::Disease, &[&disease.id])], None);
        let rows = ask(&corpus, &both).rows;
        let of_tissues: u64 = rows.iter().filter(|row| row.cell_type.is_none()).map(|row| row.n_cells).sum();
        assert_eq!(of_tissues, *n_cells);
    }
}

#[test]
fn the_explorer_opens_on_the_cells_that_the_corpus_took() {
    let corpus = open(&Shelf::get().summary("A")).unwrap();
    let source = &corpus.manifest().sources[0];
    assert!(source.n_cells < source.n_obs, "A has cells that are no primary data");
    let asked = query(HUMAN, &[(Dimension::Sex, &["female"])], None);
    let link = wait(corpus.explorer_link(&asked, "A", &Ontology::default())).unwrap();
    assert!(link.contains("is_primary_data") && link.contains("True") && link.contains("cell_type"), "{link}");
    // One that was taken whole is not narrowed.
    let whole = tempfile::tempdir().unwrap();
    let mut of_all = choices("all", HUMAN);
    (of_all.profile.primary_data_only, of_all.profile.least_genes) = (false, 0);
    summarize_with(&Shelf::get().file("A"), &whole.path().join("all"), &of_all);
    let corpus = open(&whole.path().join("all")).unwrap();
    assert_eq!(corpus.manifest().sources[0].n_cells, corpus.manifest().sources[0].n_obs);
    let link = wait(corpus.explorer_link(&asked, "all", &Ontology::default())).unwrap();
    assert!(!link.contains("is_primary_data") && link.contains("female"), "{link}");
}

#[test]
fn every_level_gives_the_same_answer() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = build(&["A", "B"], &folder.path().join("corpus"));
    assert!(corpus.manifest().parts[0].levels.len() > 1);
    // A filter that admits every donor takes the finest level.
    let donors: Vec<String> = wait(corpus.options(&query(HUMAN, &[], None), &Ontology::default())).unwrap()
        [&Dimension::Donor]
        .iter()
        .map(|(term, _)| term.id.clone())
        .collect();
    let donors: Vec<&str> = donors.iter().map(String::as_str).collect();
    for group_by in [None, Some(Dimension::Sex), Some(Dimension::Disease)] {
        let (coarse, fine) = (query(HUMAN, &[], group_by), query(HUMAN, &[(Dimension::Donor, &donors)], group_by));
        assert_eq!(ask(&corpus, &coarse), ask(&corpus, &fine));
    }
}

#[test]
fn tiles_by_group_are_the_transpose_of_those_by_gene() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = build(&["A", "B"], &folder.path().join("corpus"));
    let part = &corpus.manifest().parts[0];
    // The finest level, and that of tissues and cell types.
    for level in [0, 1] {
        let mut by_gene = BTreeMap::new();
        let genes: Vec<u32> = (0..part.n_genes).collect();
        for (&gene, entries) in genes.iter().zip(wait(corpus.moments(0, level, &genes)).unwrap()) {
            by_gene.extend(entries.into_iter().map(|(group, moments)| ((group, gene), moments)));
        }
        let groups: Vec<u32> = (0..part.levels[level].n_groups).collect();
        let mut by_group = BTreeMap::new();
        for (&group, entries) in groups.iter().zip(wait(corpus.moments_of_groups(0, level, &groups)).unwrap()) {
            by_group.extend(entries.into_iter().map(|(gene, moments)| ((group, gene), moments)));
        }
        assert_eq!(by_gene, by_group);
        let n_nonzero: u64 = by_gene.values().map(|moments| u64::from(moments.n_nonzero)).sum();
        assert_eq!(n_nonzero, corpus.manifest().sources.iter().map(|source| source.n_nonzero).sum::<u64>());
    }
}

#[test]
fn sums_come_from_parquet_as_from_tiles() {
    let folder = tempfile::tempdir().unwrap();
    let of_a = Shelf::get().summary("A").join(SUMS);
    let own = build(&["A"], &folder.path().join("own"));
    let from_parquet = build_with(&["A"], Some(&of_a), &folder.path().join("parquet")).unwrap();
    assert_eq!(from_parquet.manifest(), own.manifest());
    // The sums of one of two.
    let error = build_with(&["A", "B"], Some(&of_a), &folder.path().join("wrong")).map(drop).unwrap_err();
    assert!(matches!(error, MergeError::Values { .. }), "{error}");
    // The values of another dataset, of as many cells.
    let of_c = Shelf::get().summary("C").join(SUMS);
    let error = build_with(&["A"], Some(&of_c), &folder.path().join("other")).map(drop).unwrap_err().to_string();
    assert!(error.contains(" has 0 values, sum_x 0 and sum_sq 0 of gene "), "{error}");
    let groups = Shelf::get().summary("A").join(native::GROUPS);
    let error = build_with(&["A"], Some(&groups), &folder.path().join("groups")).map(drop).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "it has no column feature_id; a file of sums has the columns feature_id, group_id, n_nonzero, sum_x, sum_sq"
        ),
        "{error}"
    );
}

#[test]
fn a_wrong_question_is_refused_with_what_there_is() {
    let corpus = open(&Shelf::get().summary("C")).unwrap();
    let refused = |query: &Query| wait(corpus.dot_plot(query, &Ontology::default())).unwrap_err();
    let said = refused(&query(HUMAN, &[], None)).to_string();
    assert_eq!(said, "the corpus has no cells of organism `NCBITaxon:9606`; it has NCBITaxon:10090");
    let error = refused(&query(MOUSE, &[(Dimension::Disease, &["gout"])], None));
    assert!(matches!(&error, QueryError::Term { dimension: Dimension::Disease, id, .. } if id == "gout"), "{error}");
    let error = refused(&query(MOUSE, &[(Dimension::CellType, &["CL:9999999"])], None));
    assert!(matches!(&error, QueryError::Term { dimension: Dimension::CellType, .. }), "{error}");
    let mut unknown = query(MOUSE, &[], None);
    unknown.genes = vec!["lyz".to_owned(), "LYZ".to_owned(), "no such gene".to_owned()];
    let plot = ask(&corpus, &unknown);
    assert_eq!((plot.genes.len(), plot.unknown), (1, vec!["no such gene".to_owned()]));
}
