//! Questions to a corpus of two made-up datasets, against numpy and scipy over its cells (`golden/questions.py`).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use corpus::{
    CompareQuery, CorpusComparison, Dimension, DonorQuery, Filters, Gene, Least, MarkerQuery, Query, QueryError,
    Replicates, RowMarkers, SpecificFound, SpecificQuery,
    native::{FileCorpus, wait},
};
use explorer_core::de::{Design, PseudobulkTable};
use expression::{MarkerOptions, Ontology, Overlap, Quantity};
use serde_json::Value;
use tempfile::TempDir;

use crate::shelf::{HUMAN, build, query};

const MONOCYTE: &str = "CL:0000860";
const MACROPHAGE: &str = "CL:0000235";
const MEMORY_T: &str = "CL:0000897";
const NAIVE_B: &str = "CL:0000788";

/// Squares are rounded to 2⁻²³ in a corpus.
const RTOL: f64 = 1e-6;

fn corpus() -> &'static FileCorpus {
    static CORPUS: OnceLock<(TempDir, FileCorpus)> = OnceLock::new();
    let (_, corpus) = CORPUS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let corpus = build(&["A", "B"], &folder.path().join("corpus"));
        (folder, corpus)
    });
    corpus
}

fn golden() -> &'static Value {
    static GOLDEN: OnceLock<Value> = OnceLock::new();
    GOLDEN.get_or_init(|| serde_json::from_str(include_str!("../golden/questions.json")).unwrap())
}

fn lung() -> &'static str {
    golden()["lung"].as_str().unwrap()
}

fn filters(of: &[(Dimension, &[&str])]) -> Filters {
    let ids = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<BTreeSet<_>>();
    of.iter().map(|&(dimension, of)| (dimension, ids(of))).collect()
}

fn types(of: &[&str]) -> Filters {
    filters(&[(Dimension::CellType, of)])
}

fn assert_close(found: f64, expected: &Value, what: &str) {
    let expected = expected.as_f64().unwrap();
    let tolerance = RTOL * expected.abs().max(1e-3);
    assert!((found - expected).abs() <= tolerance, "{what}: {found}, reference {expected}");
}

fn compare(query: &CompareQuery) -> CorpusComparison {
    wait(corpus().compare(query, &Ontology::default())).unwrap()
}

fn place(genes: &[Gene], symbol: &str) -> usize {
    genes.iter().position(|gene| gene.symbol == symbol).unwrap_or_else(|| panic!("{symbol} is compared"))
}

#[test]
fn groups_are_compared_as_scipy_compares_their_cells() {
    let queries = [
        (
            "types",
            CompareQuery {
                organism: HUMAN.to_owned(),
                group: filters(&[(Dimension::Tissue, &[lung()]), (Dimension::CellType, &[MONOCYTE, MACROPHAGE])]),
                reference: types(&[MEMORY_T]),
                ..CompareQuery::default()
            },
        ),
        (
            "rest",
            CompareQuery {
                organism: HUMAN.to_owned(),
                group: types(&[NAIVE_B]),
                overlap: Overlap::TakeFromSecond,
                ..CompareQuery::default()
            },
        ),
        // A does not have all genes of B.
        (
            "datasets",
            CompareQuery {
                organism: HUMAN.to_owned(),
                group: filters(&[(Dimension::Dataset, &["A"])]),
                reference: filters(&[(Dimension::Dataset, &["B"])]),
                ..CompareQuery::default()
            },
        ),
    ];
    for (name, query) in &queries {
        let (found, expected) = (compare(query), &golden()[name]);
        assert_eq!(Value::from(found.cells.n_cells.to_vec()), expected["n_cells"]);
        assert_eq!(Value::from(found.genes.len()), expected["n_genes"]);
        assert_eq!(
            (Value::from(found.n_unmeasured), *name == "datasets"),
            (expected["n_unmeasured"].clone(), found.n_unmeasured > 0)
        );
        for (symbol, expected) in expected["genes"].as_object().unwrap() {
            let gene = place(&found.genes, symbol);
            let test = found.cells.tests[gene].unwrap();
            assert_eq!(Value::from(found.cells.n_measured[gene].to_vec()), expected["n_measured"], "{symbol}");
            let numbers = [
                ("difference", found.cells.difference[gene]),
                ("d", found.cells.effect_size[gene]),
                ("t", test.t),
                ("pval", test.pval),
                ("pval_adj", test.pval_adj),
                ("log2_fold_change", found.cells.log2_fold_change(gene)),
            ];
            for (column, number) in numbers {
                assert_close(number, &expected[column], &format!("{column} of {symbol} ({name})"));
            }
        }
    }
    assert_eq!(compare(&queries[1].1).n_shared, compare(&queries[1].1).cells.n_cells[0]);
}

#[test]
fn cells_are_counted_ahead_as_they_are_compared() {
    let counted = |query: &CompareQuery| wait(corpus().cells_compared(query, &Ontology::default())).unwrap();
    for overlap in [Overlap::Keep, Overlap::TakeFromFirst, Overlap::TakeFromSecond] {
        // Monocytes of any tissue are in the reference as well.
        let query = CompareQuery {
            organism: HUMAN.to_owned(),
            group: types(&[MONOCYTE, MACROPHAGE]),
            reference: types(&[MONOCYTE, MEMORY_T]),
            overlap,
            ..CompareQuery::default()
        };
        let found = compare(&query);
        assert!(found.n_shared > 0);
        assert_eq!(counted(&query), found.cells.n_cells, "{overlap:?}");
    }
    let of_all =
        CompareQuery { organism: HUMAN.to_owned(), overlap: Overlap::TakeFromSecond, ..CompareQuery::default() };
    let [all, none] = counted(&of_all);
    assert!(all > 0 && none == 0);
}

fn by_donors(group: Filters, reference: Filters, overlap: Overlap) -> (Vec<Gene>, PseudobulkTable) {
    let query = CompareQuery { organism: HUMAN.to_owned(), group, reference, overlap, replicates: Replicates::Donors };
    let found = compare(&query);
    (found.genes, found.donors.unwrap().unwrap())
}

#[test]
fn donors_are_replicates_as_scipy_tests_their_means() {
    let sick = filters(&[(Dimension::Disease, &["COVID-19", "influenza"])]);
    let cases = [
        ("paired", Design::Paired, by_donors(types(&[MACROPHAGE]), types(&[MEMORY_T]), Overlap::Keep)),
        ("unpaired", Design::Unpaired, by_donors(sick, Filters::default(), Overlap::TakeFromSecond)),
    ];
    for (name, design, (genes, table)) in &cases {
        let expected = &golden()[name];
        let n_reference = match design {
            Design::Paired => table.n_group,
            Design::Unpaired => table.samples.len() - table.n_group,
        };
        assert_eq!((table.design, Value::from(vec![table.n_group, n_reference])), (*design, expected["n"].clone()));
        assert_eq!(Value::from(table.pval.iter().filter(|pval| !pval.is_nan()).count()), expected["n_genes"]);
        for (symbol, expected) in expected["genes"].as_object().unwrap() {
            let gene = place(genes, symbol);
            let numbers = [
                ("difference", table.difference[gene]),
                ("t", table.score[gene]),
                ("pval", table.pval[gene]),
                ("pval_adj", table.pval_adj[gene]),
            ];
            for (column, number) in numbers {
                assert_close(number, &expected[column], &format!("{column} of {symbol} ({name})"));
            }
        }
    }
}

fn markers(filters: Filters, cell_type: Option<&str>) -> Vec<RowMarkers> {
    let query = MarkerQuery {
        organism: HUMAN.to_owned(),
        tissue: lung().to_owned(),
        filters,
        cell_type: cell_type.map(str::to_owned),
        options: MarkerOptions::default(),
    };
    wait(corpus().markers(&query, &Ontology::default())).unwrap()
}

#[test]
fn markers_are_those_of_numpy_of_all_cells_and_of_some() {
    for (name, of) in [("markers", Filters::default()), ("markers_of_women", filters(&[(Dimension::Sex, &["female"])]))]
    {
        let found = markers(of.clone(), None);
        let expected = golden()[name].as_object().unwrap();
        assert_eq!(found.len(), expected.len());
        for row in found {
            let expected = expected[&row.cell_type.id].as_array().unwrap();
            assert!(row.markers.len() == expected.len() || expected.len() == 10, "{:?}", row.cell_type);
            for (marker, expected) in row.markers.iter().zip(expected) {
                assert_eq!(Value::from(marker.gene.symbol.clone()), expected["gene"], "{:?}", row.cell_type);
                assert_close(marker.score, &expected["score"], &marker.gene.symbol);
                assert_close(marker.specificity, &expected["specificity"], &marker.gene.symbol);
                assert_eq!(Value::from(marker.n_measured), expected["n_measured"]);
                assert_eq!(Value::from(marker.n_expressing), expected["n_expressing"]);
            }
            // One row by itself has the same.
            assert_eq!(markers(of.clone(), Some(&row.cell_type.id)), [row]);
        }
    }
}

#[test]
fn the_rows_that_a_gene_marks_have_it_among_their_markers() {
    let rows = markers(Filters::default(), None);
    let all: Vec<Gene> = rows.iter().flat_map(|row| &row.markers).map(|marker| marker.gene.clone()).collect();
    assert!(all.len() > 10);
    let asked = Query { genes: all.iter().map(|gene| gene.id.clone()).collect(), ..query(HUMAN, &[], None) };
    let found = wait(corpus().marked_rows(&asked, MarkerOptions::default(), &Ontology::default())).unwrap();
    for (gene, marked) in found.genes {
        let in_lung = marked.iter().filter(|row| row.tissue.id == lung());
        let expected = rows.iter().filter_map(|row| {
            let marker = row.markers.iter().find(|marker| marker.gene == gene)?;
            Some((row.cell_type.id.as_str(), row.n_cells, marker.clone()))
        });
        let by_type: BTreeMap<&str, _> =
            in_lung.map(|row| (row.cell_type.id.as_str(), (row.n_cells, row.marker.clone()))).collect();
        let expected: BTreeMap<&str, _> = expected.map(|(id, n_cells, marker)| (id, (n_cells, marker))).collect();
        assert_eq!(by_type, expected);
        assert!(marked.is_sorted_by(|a, b| a.marker.score >= b.marker.score));
    }
}

#[test]
fn genes_high_here_and_low_there_are_those_of_numpy() {
    let query = SpecificQuery {
        organism: HUMAN.to_owned(),
        here: types(&[NAIVE_B]),
        least_cells: 20,
        ..SpecificQuery::default()
    };
    let found = wait(corpus().specific_genes(&query, &Ontology::default())).unwrap();
    let expected = &golden()["specific"];
    assert_eq!(Value::from(found.there.len()), expected["n_there"]);
    assert!(found.n_left_out > 0 && found.there.iter().all(|row| row.n_cells >= 20));
    let genes = expected["genes"].as_array().unwrap();
    assert_eq!(found.genes.len(), genes.len());
    for (SpecificFound { gene, of, n_measured_here, n_rows_measured }, expected) in found.genes.iter().zip(genes) {
        assert_eq!(Value::from(gene.symbol.clone()), expected["gene"]);
        assert_close(of.effect, &expected["effect"], &gene.symbol);
        assert_close(of.share_there, &expected["share_there"], &gene.symbol);
        assert_eq!(Value::from(*n_measured_here), expected["n_measured"], "{}", gene.symbol);
        assert_eq!(Value::from(*n_rows_measured), expected["n_rows"], "{}", gene.symbol);
    }
    assert_eq!(Value::from(found.n_unmeasured), expected["n_unmeasured"]);
}

#[test]
fn donors_behind_a_dot_have_the_interval_of_scipy() {
    let query = DonorQuery {
        organism: HUMAN.to_owned(),
        gene: "IL7R".to_owned(),
        filters: Filters::default(),
        row: types(&[MEMORY_T]),
    };
    let found = wait(corpus().donors_behind(&query, &Ontology::default())).unwrap();
    let (mean, expected) = (found.mean.unwrap(), &golden()["behind"]);
    assert_eq!((Value::from(mean.n_donors), found.n_without_donor), (expected["n"].clone(), 0));
    assert_close(mean.mean, &expected["mean"], "mean");
    let interval = mean.interval.unwrap();
    assert_close(interval[0], &expected["interval"][0], "low");
    assert_close(interval[1], &expected["interval"][1], "high");
    // Those of a dataset without the gene have no mean of 0.
    let only_in_b = DonorQuery { gene: golden()["only_in_b"].as_str().unwrap().to_owned(), ..query.clone() };
    let of_some = wait(corpus().donors_behind(&only_in_b, &Ontology::default())).unwrap();
    let (mean, expected) = (of_some.mean.unwrap(), &golden()["behind_of_some"]);
    assert_eq!(Value::from(mean.n_donors), expected["n"]);
    assert_close(mean.mean, &expected["mean"], "mean");
    assert_eq!(of_some.donors.len(), found.donors.len());
    // Donors of one id in two datasets are two.
    assert!(found.donors.iter().any(|a| found.donors.iter().any(|b| a.donor.id == b.donor.id && a.donor != b.donor)));
    let unknown = DonorQuery { gene: "no such gene".to_owned(), ..query };
    let error = wait(corpus().donors_behind(&unknown, &Ontology::default())).unwrap_err();
    assert_eq!(error.to_string(), "no dataset has a gene `no such gene` of NCBITaxon:9606");
}

#[test]
fn rows_of_all_tissues_are_ranked_by_a_gene() {
    let asked = Query { genes: vec!["MS4A1".to_owned()], ..query(HUMAN, &[], None) };
    let rankings = wait(corpus().rankings(&asked, Quantity::Mean, Least::default(), &Ontology::default())).unwrap();
    let rows = &rankings.genes[0].rows;
    assert_eq!((rankings.genes.len(), rows[0].cell_type.id.as_str()), (1, NAIVE_B));
    assert!(rows.is_sorted_by(|a, b| a.value >= b.value) && rows.len() > 1);
    assert!(
        rows.iter().all(|row| row.dot.n_cells >= 10 && row.dot.n_expressing >= 10 && row.dot.mean() == Some(row.value))
    );
}

#[test]
fn every_way_of_reading_gives_the_same_sums() {
    let donors: Vec<String> = wait(corpus().options(&query(HUMAN, &[], None), &Ontology::default())).unwrap()
        [&Dimension::Donor]
        .iter()
        .map(|(term, _)| term.id.clone())
        .collect();
    let donors: Vec<&str> = donors.iter().map(String::as_str).collect();
    // All cells of all types are read by gene at a coarse level, those of a type of all donors by finest group.
    let coarse = CompareQuery {
        organism: HUMAN.to_owned(),
        group: types(&[MEMORY_T]),
        reference: Filters::default(),
        ..CompareQuery::default()
    };
    let fine = CompareQuery {
        group: filters(&[(Dimension::CellType, &[MEMORY_T]), (Dimension::Donor, &donors)]),
        ..coarse.clone()
    };
    let narrow = CompareQuery { reference: types(&[NAIVE_B]), ..fine.clone() };
    assert_eq!(compare(&coarse), compare(&fine));
    assert_eq!(compare(&CompareQuery { group: types(&[MEMORY_T]), ..narrow.clone() }), compare(&narrow));
}

#[test]
fn a_group_without_cells_is_refused() {
    let query = CompareQuery {
        organism: HUMAN.to_owned(),
        group: types(&["CL:nobody"]),
        reference: types(&[MEMORY_T]),
        ..CompareQuery::default()
    };
    let error = wait(corpus().compare(&query, &Ontology::default())).unwrap_err();
    assert!(matches!(&error, QueryError::Term { id, .. } if id == "CL:nobody"), "{error}");
    let known = Ontology::new([("CL:nobody".to_owned(), "nobody".to_owned(), Vec::new())]).unwrap();
    let error = wait(corpus().compare(&query, &known)).unwrap_err();
    assert!(matches!(error, QueryError::NoCells { of: "in the group", .. }), "{error}");
}
