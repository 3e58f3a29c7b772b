//! Genes that some datasets do not have: against brute force over the cells of made-up datasets.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    path::Path,
};

use builder::{Quiet, native::Existing};
use corpus::{
    CompareQuery, Dimension, DonorQuery, DotPlot, FIXED_POINT, Filters, Profile, Query, Tissues,
    build::{CellColumn, CellTable, Choices, Counts, Input, Majors, SummaryError},
    native::{self, FileCorpus, open, wait},
};
use expression::{Ontology, Overlap};
use h5ad::SparseSlab;
use proptest::prelude::*;
use shared_fbs::tile::Genes;

use crate::shelf::{HUMAN, choices, nothing, terms};

/// Genes that datasets have some of.
const N_GENES: usize = 5;

const TISSUES: [&str; 2] = ["lung", "skin"];
const TYPES: [&str; 3] = ["B", "T", "NK"];
const DONORS: [&str; 2] = ["d1", "d2"];

/// A cell: numbers of its tissue, cell type and donor, and a count of every gene that there is.
type Cell = ([usize; 3], Vec<u32>);

/// A dataset.
#[derive(Clone, Debug)]
struct Made {
    id: String,
    /// The genes that it has.
    genes: BTreeSet<usize>,
    cells: Vec<Cell>,
}

fn gene_id(gene: usize) -> String {
    format!("G{gene}")
}

impl Made {
    /// What a cell has of a gene; none where the dataset does not have it.
    fn value(&self, (_, counts): &Cell, gene: usize) -> Option<f64> {
        self.genes.contains(&gene).then(|| {
            let total: u32 = self.genes.iter().map(|&gene| counts[gene]).sum();
            let cptt = f64::from(counts[gene]) / f64::from(total.max(1)) * 1e4;
            if cptt < 3.0 { 0.0 } else { f64::from(cptt.ln_1p() as f32) }
        })
    }

    fn summarize(&self, out: &Path) {
        let column =
            |names: &[&str], at: usize| CellColumn::of(self.cells.iter().map(|(numbers, _)| Some(names[numbers[at]])));
        let columns = [
            ("tissue_ontology_term_id", column(&TISSUES, 0)),
            ("cell_type_ontology_term_id", column(&TYPES, 1)),
            ("donor_id", column(&DONORS, 2)),
        ];
        let columns = columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect();
        let cells = CellTable { n_obs: self.cells.len(), columns };
        let ids: Vec<String> = self.genes.iter().map(|&gene| gene_id(gene)).collect();
        let rows = (0..ids.len() as u32).collect();
        let counts = MadeCounts { of: self, genes: Genes { ids, symbols: None, rows } };
        let profile = Profile { least_genes: 0, ..corpus::current_profile() };
        let choices = Choices { profile, assume_primary: true, ..choices(&self.id, HUMAN) };
        let input = Input { cells: &cells, counts: &counts, file: "file", content: &self.id, organism: None };
        native::summarize(input, &choices, &terms(), (out, Existing::Keep), &Quiet::default()).unwrap();
    }
}

struct MadeCounts<'a> {
    of: &'a Made,
    genes: Genes,
}

impl Counts for MadeCounts<'_> {
    fn genes(&self) -> &Genes {
        &self.genes
    }

    fn lengths(&self) -> Option<&[f64]> {
        None
    }

    fn majors(&self) -> Majors {
        Majors::Cells
    }

    fn slabs(&self) -> Vec<Range<usize>> {
        std::iter::once(0..self.of.cells.len()).collect()
    }

    fn read(&self, majors: Range<usize>) -> Result<SparseSlab, SummaryError> {
        let mut slab = SparseSlab { indptr: vec![0], ..SparseSlab::default() };
        for (_, counts) in &self.of.cells[majors] {
            for (number, &gene) in (0..).zip(&self.of.genes) {
                if counts[gene] > 0 {
                    slab.indices.push(number);
                    slab.data.push(counts[gene] as f32);
                }
            }
            slab.indptr.push(slab.indices.len());
        }
        Ok(slab)
    }

    fn name(&self) -> String {
        "counts".to_owned()
    }
}

fn made() -> impl Strategy<Value = Vec<Made>> {
    let cell = ((0..TISSUES.len(), 0..TYPES.len(), 0..DONORS.len()), prop::collection::vec(0_u32..4, N_GENES))
        .prop_map(|((tissue, cell_type, donor), counts)| ([tissue, cell_type, donor], counts));
    let dataset = (prop::collection::btree_set(0..N_GENES, 1..=N_GENES), prop::collection::vec(cell, 1..30));
    prop::collection::vec(dataset, 2..5).prop_map(|datasets| {
        let made = |(number, (genes, cells)): (usize, (BTreeSet<usize>, Vec<Cell>))| Made {
            // Ids do not come in the order in which datasets are added.
            id: format!("{}", (number * 7) % 5),
            genes,
            cells,
        };
        datasets.into_iter().enumerate().map(made).collect()
    })
}

/// The values of a gene in the cells that are taken; none: the cell did not measure it.
fn values(datasets: &[Made], gene: usize, is_taken: impl Fn(&Made, &Cell) -> bool) -> Vec<Option<f64>> {
    let of_dataset = |made: &Made| -> Vec<Option<f64>> {
        made.cells.iter().filter(|cell| is_taken(made, cell)).map(|cell| made.value(cell, gene)).collect()
    };
    datasets.iter().flat_map(of_dataset).collect()
}

fn asked(group_by: Option<Dimension>) -> Query {
    Query {
        organism: HUMAN.to_owned(),
        genes: (0..N_GENES).map(gene_id).collect(),
        filters: Filters::new(),
        group_by,
        tissues: Tissues::All,
        least_cells: 0,
    }
}

fn plot(corpus: &FileCorpus, query: &Query) -> DotPlot {
    wait(corpus.dot_plot(query, &Ontology::default())).unwrap()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn is_close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-6 * expected.abs().max(1.0)
}

/// The files of the sums of all parts.
fn packs(corpus: &FileCorpus) -> BTreeSet<String> {
    corpus.manifest().parts.iter().flat_map(corpus::Part::dataset_packs).map(|pack| pack.file).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_number_is_of_the_cells_that_measured_the_gene(datasets in made()) {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        for made in &datasets {
            made.summarize(&place(&made.id));
        }
        let summaries: Vec<_> = datasets.iter().map(|made| place(&made.id)).collect();
        let summaries: Vec<&Path> = summaries.iter().map(AsRef::as_ref).collect();
        let build = |from: &[&Path], out: &str| {
            let to = (place(out), Existing::Keep);
            native::build_corpus(from, None, (&to.0, to.1), &nothing, &Quiet::default()).unwrap();
            open(&to.0).unwrap()
        };
        let built = build(&summaries, "built");

        // Dots, at the coarse levels and at the finest, against all cells.
        let fine = Query {
            filters: [(Dimension::Donor, wait(built.options(&asked(None), &Ontology::default())).unwrap()[&Dimension::Donor]
                .iter().map(|(term, _)| term.id.clone()).collect())].into(),
            ..asked(None)
        };
        let coarse = plot(&built, &asked(None));
        prop_assert_eq!(&plot(&built, &fine), &coarse);
        let genes: Vec<usize> = coarse.genes.iter().map(|gene| gene.id[1..].parse().unwrap()).collect();
        for row in &coarse.rows {
            let of_row = |_: &Made, ([tissue, cell_type, _], _): &Cell| {
                TISSUES[*tissue] == row.tissue.id && row.cell_type.as_ref().is_none_or(|of| of.id == TYPES[*cell_type])
            };
            let whole = coarse.rows.iter().find(|of| of.tissue == row.tissue && of.cell_type.is_none()).unwrap();
            for (at, &gene) in genes.iter().enumerate() {
                let all = values(&datasets, gene, of_row);
                let known: Vec<f64> = all.iter().copied().flatten().collect();
                prop_assert_eq!((row.n_cells, row.n_measured[at]), (all.len() as u64, known.len() as u64));
                let dot = row.dot(at, whole, FIXED_POINT);
                prop_assert_eq!(dot.mean().is_some(), !known.is_empty());
                if let (Some(found), Some(share)) = (dot.mean(), dot.share()) {
                    let n_expressing = known.iter().filter(|&&value| value > 0.0).count();
                    prop_assert!(is_close(found, mean(&known)), "{found} {}", mean(&known));
                    prop_assert_eq!(share, n_expressing as f64 / known.len() as f64);
                }
            }
        }

        // A gene along datasets, and the donors behind a tissue's dot.
        for &gene in &genes {
            let one = Query { genes: vec![gene_id(gene)], ..asked(None) };
            for (dataset, dot) in wait(built.gene_along(&one, Dimension::Dataset, &Ontology::default())).unwrap() {
                let made = datasets.iter().find(|made| made.id == dataset.id).unwrap();
                let n_measured = if made.genes.contains(&gene) { made.cells.len() } else { 0 };
                prop_assert_eq!((dot.n_cells, dot.n_measured), (made.cells.len() as u64, n_measured as u64));
            }
            let query = DonorQuery { organism: HUMAN.to_owned(), gene: gene_id(gene), ..DonorQuery::default() };
            let behind = wait(built.donors_behind(&query, &Ontology::default())).unwrap();
            let n_measured: u64 = behind.donors.iter().map(|donor| donor.dot.n_measured).sum();
            prop_assert_eq!(n_measured, values(&datasets, gene, |_, _| true).iter().flatten().count() as u64);
        }

        // A dataset against all others.
        let first = datasets[0].id.clone();
        let of_first = Filters::from([(Dimension::Dataset, [first.clone()].into())]);
        let query = CompareQuery {
            organism: HUMAN.to_owned(), group: of_first, overlap: Overlap::TakeFromSecond, ..CompareQuery::default()
        };
        let found = wait(built.compare(&query, &Ontology::default())).unwrap();
        let (mut expected, mut n_unmeasured) = (BTreeMap::new(), 0);
        for &gene in &genes {
            let sides = [true, false].map(|is_first| {
                let all = values(&datasets, gene, |made, _| (made.id == first) == is_first);
                all.into_iter().flatten().collect::<Vec<f64>>()
            });
            if sides.iter().flatten().any(|&value| value > 0.0) {
                match sides.iter().all(|known| !known.is_empty()) {
                    true => drop(expected.insert(gene_id(gene), sides)),
                    false => n_unmeasured += 1,
                }
            }
        }
        let compared: BTreeSet<&String> = found.genes.iter().map(|gene| &gene.id).collect();
        prop_assert_eq!(compared, expected.keys().collect::<BTreeSet<_>>());
        prop_assert_eq!(found.n_unmeasured, n_unmeasured);
        for (at, gene) in found.genes.iter().enumerate() {
            for (side, known) in expected[&gene.id].iter().enumerate() {
                prop_assert_eq!(found.cells.n_measured[at][side], known.len() as u64);
                prop_assert!(is_close(found.cells.means[at][side], mean(known)));
            }
        }

        // One that grew by one after another answers the same, and one that a dataset left is as if it had never come.
        let grown = place("grown");
        build(&summaries[..1], "grown");
        for summary in &summaries[1..] {
            native::add(&grown, &[summary], &nothing, &Quiet::default()).unwrap();
        }
        for group_by in [None, Some(Dimension::Dataset), Some(Dimension::Donor)] {
            prop_assert_eq!(plot(&open(&grown).unwrap(), &asked(group_by)), plot(&built, &asked(group_by)));
        }
        native::remove(&place("built"), &first, &Quiet::default()).unwrap();
        let others = build(&summaries[1..], "others");
        prop_assert_eq!(packs(&open(&place("built")).unwrap()), packs(&others));
    }
}

#[test]
fn a_gene_that_no_cell_expresses_is_measured_where_a_dataset_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let cell = |counts: [u32; N_GENES]| ([0, 0, 0], counts.to_vec());
    let cells = vec![cell([1, 0, 2, 0, 0]), cell([3, 0, 0, 0, 0])];
    let with = Made { id: "with".to_owned(), genes: [0, 1].into(), cells: cells.clone() };
    let without = Made { id: "without".to_owned(), genes: [0, 2].into(), cells };
    let places = [&with, &without].map(|made| {
        let place = folder.path().join(&made.id);
        made.summarize(&place);
        place
    });
    let out = folder.path().join("corpus");
    let from: Vec<&Path> = places.iter().map(AsRef::as_ref).collect();
    native::build_corpus(&from, None, (&out, Existing::Keep), &nothing, &Quiet::default()).unwrap();
    let query = Query { tissues: Tissues::Collapsed, ..asked(None) };
    let corpus = open(&out).unwrap();
    let found = plot(&corpus, &query);
    assert_eq!(found.unknown, ["G3", "G4"]);
    assert_eq!((found.rows[0].n_cells, &found.rows[0].n_measured[..]), (4, &[4, 2, 2][..]));
    let csv = found.to_table(&query, corpus.manifest()).to_csv();
    let lines: Vec<&str> = csv.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(lines[0].contains("n_cells,n_cells_measured,n_expressing,fraction"), "{csv}");
    assert!(lines[2].contains(",G1,G1,4,2,0,0,0,,0,"), "{csv}");
}
