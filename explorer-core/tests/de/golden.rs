//! 60 genes of pbmc68k_reduced against scanpy, scipy and cellxgene (`golden/generate.py`).

use std::collections::HashMap;

use explorer_core::de::{
    DeOptions, DeTable, Effect, FixedPoint, FixedPoints, Labels, Method, Moments, compare, gather_floats,
};
use explorer_core::filter::CellMask;

/// Against `ttest_ind` on `f64`; asked of t: 1e-6.
const RTOL_SCIPY: f64 = 1e-7;
/// Against scanpy, which keeps scores as `f32`; asked of t: 1e-4.
const RTOL_SCANPY: f64 = 2e-6;

struct Golden<'a> {
    n_obs: usize,
    columns: HashMap<&'a str, (Vec<&'a str>, Vec<usize>)>,
    genes: Vec<(Vec<u32>, Vec<f32>)>,
    comparisons: Vec<(&'a str, Vec<Vec<f64>>)>,
}

fn parse(text: &str) -> Golden<'_> {
    let mut golden = Golden { n_obs: 0, columns: HashMap::new(), genes: Vec::new(), comparisons: Vec::new() };
    let mut column = ("", Vec::new());
    for line in text.lines() {
        let (kind, rest) = line.split_once(' ').unwrap();
        match kind {
            "cells" => golden.n_obs = rest.parse().unwrap(),
            "column" => {
                let (name, labels) = rest.split_once(' ').unwrap();
                column = (name, labels.split('|').collect());
            }
            "codes" => {
                let codes = rest.split(' ').map(|code| code.parse().unwrap()).collect();
                golden.columns.insert(column.0, (std::mem::take(&mut column.1), codes));
            }
            "gene" => {
                let entry = |entry: &str| {
                    let (cell, value) = entry.split_once(':').unwrap();
                    (cell.parse::<u32>().unwrap(), value.parse::<f32>().unwrap())
                };
                golden.genes.push(rest.split(' ').skip(1).filter(|entry| !entry.is_empty()).map(entry).unzip());
            }
            "comparison" => golden.comparisons.push((rest, Vec::new())),
            "row" => {
                let row = rest.split(' ').map(|number| number.parse().unwrap()).collect();
                golden.comparisons.last_mut().unwrap().1.push(row);
            }
            _ => assert_eq!(kind, "#"),
        }
    }
    golden
}

impl Golden<'_> {
    /// The comparison called `column|group|reference`, an empty reference being the rest.
    fn compare(&self, name: &str, method: Method) -> DeTable {
        let [column, group, reference] = name.split('|').collect::<Vec<_>>()[..] else { panic!("{name}") };
        let (labels, codes) = &self.columns[column];
        let label = |label: &str| labels.iter().position(|&other| other == label).unwrap();
        let in_group = CellMask::from_fn(self.n_obs, |cell| codes[cell] == label(group));
        let in_reference = CellMask::from_fn(self.n_obs, |cell| match reference {
            "" => codes[cell] != label(group),
            reference => codes[cell] == label(reference),
        });
        let labels = Labels::new(&in_group, &in_reference);
        let fixed = FixedPoint::for_log_counts(self.n_obs as u64);
        let gathered = self.genes.iter().map(|(cells, values)| gather_floats(cells, values, labels.as_bytes(), fixed));
        let (of_group, of_reference) = gathered.map(|[group, reference]| (group, reference)).unzip();
        compare(
            &Moments { n_cells: in_group.count() as u64, entries: of_group },
            &Moments { n_cells: in_reference.count() as u64, entries: of_reference },
            &FixedPoints::Uniform(fixed),
            DeOptions { method, effect: Effect::Log2FoldChange, ..DeOptions::default() },
        )
        .unwrap()
    }
}

#[test]
fn statistics_are_those_of_scipy_scanpy_and_cellxgene() {
    let golden = parse(include_str!("../golden/pbmc68k.txt"));
    assert_eq!((golden.n_obs, golden.genes.len(), golden.comparisons.len()), (700, 60, 5));
    for (name, rows) in &golden.comparisons {
        let ours = golden.compare(name, Method::Welch);
        let theirs = golden.compare(name, Method::CellxgeneCompatible);
        for (gene, row) in rows.iter().enumerate() {
            let check = |what: &str, found: f64, expected: f64, rtol: f64| {
                let error = (found - expected).abs();
                assert!(
                    error <= rtol * expected.abs() + 1e-14,
                    "{name} gene {gene} {what}: {found}, reference {expected}"
                );
            };
            // A p-value moves by about t² times the relative error of t.
            let of_p = |rtol: f64| rtol * (10.0 + row[0] * row[0]);
            check("score (scanpy)", ours.score[gene], row[0], RTOL_SCANPY);
            check("log2 fold change (scanpy)", ours.effect[gene], row[1], RTOL_SCANPY);
            check("p (scanpy)", ours.pval[gene], row[2], of_p(RTOL_SCANPY));
            check("adjusted p (scanpy)", ours.pval_adj[gene], row[3], of_p(RTOL_SCANPY).max(1e-3));
            check("pct (scanpy)", ours.pct_group[gene] / 100.0, row[4], 1e-11);
            check("pct of rest (scanpy)", ours.pct_reference[gene] / 100.0, row[5], 1e-11);
            check("mean", ours.mean_group[gene], row[6], RTOL_SCIPY);
            check("mean of reference", ours.mean_reference[gene], row[7], RTOL_SCIPY);
            check("t (scipy)", ours.score[gene], row[8], RTOL_SCIPY);
            check("df (scipy)", ours.df[gene], row[9], RTOL_SCIPY);
            check("p (scipy)", ours.pval[gene], row[10], of_p(RTOL_SCIPY));
            check("log10 p", ours.log10_pval[gene], row[10].log10(), 1e-6);
            check("t (cellxgene)", theirs.score[gene], row[11], RTOL_SCIPY);
            check("p (cellxgene)", theirs.pval[gene], row[12], of_p(RTOL_SCIPY));
        }
    }
}
