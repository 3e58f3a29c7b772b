//! The demo file, its labels as terms of the real Cell Ontology, against numpy over its cells (`golden/generate.py`).

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic as the test may")]

use std::collections::BTreeMap;
use std::path::Path;

use explorer_core::de::{FixedPoint, GeneMoments};
use expression::{
    Dot, Hierarchy, MarkerFinder, MarkerOptions, MarkerTable, Mode, Ontology, Quantity, TypeMarker, dots, rank_rows,
};
use h5ad::{FrameColumn, H5ad, MatrixLocation};
use schema::reference::{Ontology as Named, Reference};

/// What the labels of the file are in the Cell Ontology; the last two are above others, and annotate no cell.
const TYPES: [(&str, &str); 12] = [
    ("CD14+ Monocyte", "CL:0001054"),
    ("CD19+ B", "CL:0000236"),
    ("CD34+", "CL:0008001"),
    ("CD4+/CD25 T Reg", "CL:0000792"),
    ("CD4+/CD45RA+/CD25- Naive T", "CL:0000895"),
    ("CD4+/CD45RO+ Memory", "CL:0000897"),
    ("CD56+ NK", "CL:0000623"),
    ("CD8+ Cytotoxic T", "CL:0000794"),
    ("CD8+/CD45RA+ Naive Cytotoxic", "CL:0000900"),
    ("Dendritic", "CL:0000451"),
    ("", "CL:0000084"), // T cell
    ("", "CL:0000542"), // lymphocyte
];

struct Pbmc {
    hierarchy: Hierarchy,
    genes: Vec<String>,
    n_cells: Vec<u64>,
    /// Of each gene, over the cells of each type.
    sums: Vec<Vec<GeneMoments>>,
}

const N_OBS: u64 = 700;

fn pbmc() -> Pbmc {
    let fixed = FixedPoint::for_log_counts(N_OBS);
    let file = H5ad::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/pbmc68k_reduced.h5ad")).unwrap();
    let obs = file.obs().unwrap();
    let (_, column) = obs.columns.iter().find(|(name, _)| name == "bulk_labels").unwrap();
    let FrameColumn::Categorical { codes, categories, .. } = column else { panic!("labels are categories") };
    let type_of = |code: &i32| TYPES.iter().position(|(label, _)| *label == categories[*code as usize]).unwrap();
    let types: Vec<usize> = codes.iter().map(type_of).collect();
    let genes = file.raw_var().unwrap().unwrap().index;
    let matrix = file.matrix(&MatrixLocation::Raw).unwrap();
    assert_eq!(matrix.n_major(), types.len(), "cells are rows");
    let values = matrix.read(0..types.len()).unwrap();
    let mut n_cells = vec![0; TYPES.len()];
    let mut sums = vec![vec![GeneMoments::default(); TYPES.len()]; genes.len()];
    for (cell, &of_type) in types.iter().enumerate() {
        n_cells[of_type] += 1;
        let entries = values.indptr[cell]..values.indptr[cell + 1];
        for (&gene, &value) in values.indices[entries.clone()].iter().zip(&values.data[entries]) {
            let x = fixed.encode(value);
            sums[gene as usize][of_type].push(x, fixed.square(x));
        }
    }
    let terms = Reference::embedded().all_terms(Named::named("CL").unwrap());
    let hierarchy = Hierarchy::new(&Ontology::new(terms).unwrap(), &TYPES.map(|(_, id)| id));
    Pbmc { hierarchy, genes, n_cells, sums }
}

impl Pbmc {
    fn term(&self, id: &str) -> usize {
        TYPES.iter().position(|(_, of_type)| *of_type == id).unwrap()
    }

    fn gene(&self, name: &str) -> u32 {
        self.genes.iter().position(|gene| gene == name).unwrap() as u32
    }

    fn dots_of(&self, gene: &str) -> Vec<Dot> {
        let fixed = FixedPoint::for_log_counts(N_OBS);
        let n_cells: Vec<[u64; 2]> = self.n_cells.iter().map(|&n| [n, n]).collect();
        dots(&self.hierarchy, &n_cells, &self.sums[self.gene(gene) as usize], [N_OBS; 2], fixed, Mode::Exact)
    }
}

#[test]
fn markers_are_those_of_numpy_over_the_cells() {
    let pbmc = pbmc();
    let fixed = FixedPoint::for_log_counts(N_OBS);
    let finder = MarkerFinder::new(&pbmc.hierarchy, &pbmc.n_cells, fixed, MarkerOptions::default());
    let markers = finder.markers((0..).zip(&pbmc.sums));
    let of_types = finder.terms().iter().zip(&markers).flat_map(|(&term, markers)| {
        markers.iter().map(move |&marker| TypeMarker { tissue: 0, cell_type: term as u32, marker })
    });
    let table = MarkerTable::new(of_types);
    let golden: BTreeMap<String, Vec<(String, f64)>> = serde_json::from_str(include_str!("golden/pbmc.json")).unwrap();
    assert_eq!(golden.len(), TYPES.len());
    for (id, expected) in &golden {
        let found = table.of_type(0, pbmc.term(id) as u32);
        assert!(found.len() == expected.len() || expected.len() == 8 && found.len() > 8, "{id}: {found:?}");
        for (found, (gene, score)) in found.iter().zip(expected) {
            assert_eq!(&pbmc.genes[found.marker.gene as usize], gene, "{id}");
            assert!(
                (found.marker.score - score).abs() < 1e-6,
                "{gene} of {id}: {}, expected {score}",
                found.marker.score
            );
        }
    }
    // CD3D is a marker of the T cell and of none outside.
    let t_cell = pbmc.term("CL:0000084");
    for found in table.of_gene(pbmc.gene("CD3D")) {
        assert!(pbmc.hierarchy.are_colinear(found.cell_type as usize, t_cell), "{found:?}");
        assert_eq!(found.marker.specificity, 1.0);
    }
}

#[test]
fn rolled_up_rows_hold_the_rows_below() {
    let pbmc = pbmc();
    let (t_cell, lymphocyte) = (pbmc.term("CL:0000084"), pbmc.term("CL:0000542"));
    let dots = pbmc.dots_of("CD3D");
    assert!(dots[t_cell].n_cells > 0 && dots[lymphocyte].n_cells > dots[t_cell].n_cells);
    let share = |term: usize| dots[term].share().unwrap();
    assert!(share(t_cell) > 0.7 && share(pbmc.term("CL:0001054")) < 0.2, "{dots:?}");
    assert!(share(lymphocyte) < share(t_cell));
    let ranked = rank_rows(&pbmc.dots_of("CD79A"), Quantity::Mean, 10, 10);
    assert_eq!(ranked[0].0, pbmc.term("CL:0000236"));
    let n_cells = pbmc.hierarchy.roll_up(&pbmc.n_cells);
    let rows = pbmc.hierarchy.rows(&n_cells, 10);
    let shown: Vec<(&str, usize)> = rows.iter().map(|row| (pbmc.hierarchy.id(row.term), row.depth)).collect();
    let place = |id: &str| shown.iter().position(|(shown, _)| *shown == id).unwrap();
    assert!(place("CL:0000542") < place("CL:0000084") && shown[place("CL:0000084")].1 == 1, "{shown:?}");
}
