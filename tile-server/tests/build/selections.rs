//! Selections by filters: their values are those that are written as AnnData, their sums those of any other route, and
//! fragments of them add up to the same bits.

use explorer_core::{
    data::GeneIdx,
    dataset::{SubsetCells, SubsetMatrix},
    de::{DeOptions, Moments, Sets, Test, Ties},
    filter::CellMask,
};
use tessera::{
    compare::{compare_cells, planned_moments},
    dataset::{Dataset, wait},
    fragment::Fragment,
    gene_passes::compare_by_ranks,
    groups::{clipped_sums, compare_groups, largest_values},
    selection::{CellSelection, genes_of_filter},
    slice::{Csr, GeneColumns, Slice},
};
use value_filter::{Filter, TermTree};

use crate::input::{build, demo};

/// Filters that stored sums of labels answer, and such that they do not.
const FILTERS: [&str; 5] = [
    "bulk_labels == 'CD19+ B'",
    "louvain not in ['0', '1'] and phase == 'G1'",
    "n_genes > 800 or percent_mito < 0.01",
    "not (louvain in ['2'] and S_score > 0)",
    "louvain == 'none'",
];

fn select(dataset: &Dataset, filter: &str) -> CellSelection {
    CellSelection::of_filter(dataset, &Filter::parse(filter).unwrap(), &TermTree::default()).unwrap().0
}

/// The values of a matrix, row after row.
fn rows_of(csr: &Csr, n_columns: usize) -> Vec<f32> {
    let mut values = vec![0.0; (csr.indptr.len() - 1) * n_columns];
    for (row, ends) in csr.indptr.windows(2).enumerate() {
        let entries = ends[0] as usize..ends[1] as usize;
        assert!(csr.indices[entries.clone()].is_sorted_by(|a, b| a < b), "columns ascend");
        for at in entries {
            assert!(csr.data[at] != 0.0, "no zero is stored");
            values[row * n_columns + csr.indices[at] as usize] = csr.data[at];
        }
    }
    values
}

#[test]
fn slices_have_the_values_that_are_written_as_anndata() {
    let built = build(&demo());
    let dataset = Dataset::open(&built.path()).unwrap();
    let rows = dataset.rows().unwrap();
    for (filter, layer) in
        FILTERS.iter().flat_map(|filter| dataset.manifest().layers.iter().map(move |of| (filter, of)))
    {
        let selection = select(&dataset, filter);
        let index = dataset.index_of(layer).unwrap();
        let cells = SubsetCells::new(selection.cells().clone(), &rows);
        let genes = dataset.genes(layer).unwrap();
        let n_genes = genes.ids.len();
        let expected = match wait(dataset.reader().subset_layer(index, &cells, |_| Ok(()))).unwrap() {
            SubsetMatrix::Dense(values) => values,
            SubsetMatrix::Sparse { indptr, indices, data } => rows_of(
                &Csr {
                    indptr: indptr.into_iter().map(|end| end as i64).collect(),
                    indices: indices.into_iter().map(|gene| gene as i32).collect(),
                    data,
                },
                n_genes,
            ),
        };
        let numbers = selection.in_order_of_input(&rows);
        let all = Slice::read(&dataset, layer, &numbers, GeneColumns::all(&genes)).unwrap();
        let places = 0..numbers.len();
        assert_eq!(rows_of(&all.csr(places.clone()).unwrap(), n_genes), expected, "{filter} {}", layer.name);
        assert_eq!(all.dense(places.clone()).unwrap(), expected);
        // So few genes are read by their own tiles.
        let some = [7, 3, 200];
        let few = Slice::read(&dataset, layer, &numbers, GeneColumns::of_rows(&genes, &some).unwrap()).unwrap();
        let of_some: Vec<f32> =
            places.clone().flat_map(|row| some.map(|gene| expected[row * n_genes + gene as usize])).collect();
        assert_eq!(rows_of(&few.csr(places.clone()).unwrap(), 3), of_some);
        assert_eq!(few.dense(places).unwrap(), of_some);
        if let Some(half) = Some(numbers.len() / 2).filter(|half| *half > 0) {
            assert_eq!(few.dense(half..half + 1).unwrap(), of_some[half * 3..][..3]);
            assert_eq!(all.dense(half..half + 1).unwrap(), expected[half * n_genes..][..n_genes]);
        }
    }
}

#[test]
fn cells_and_genes_that_are_not_there_are_refused() {
    let built = build(&demo());
    let dataset = Dataset::open(&built.path()).unwrap();
    let layer = &dataset.manifest().layers[0];
    let genes = dataset.genes(layer).unwrap();
    for cells in [&[700][..], &[5, 5]] {
        assert!(Slice::read(&dataset, layer, cells, GeneColumns::all(&genes)).is_err(), "{cells:?}");
    }
    let n_genes = genes.ids.len() as u32;
    assert_eq!(GeneColumns::of_rows(&genes, &[n_genes]), None);
    assert_eq!(GeneColumns::of_rows(&genes, &[1, 1]), None);
    let filter = Filter::parse("n_cells > 100 and index like 'H%'").unwrap();
    let error = genes_of_filter(&dataset, layer, &filter, &TermTree::default()).unwrap_err().to_string();
    assert!(error.contains("there is no column `n_cells`"), "{error}");
    let filter = Filter::parse("index like 'HES%'").unwrap();
    let (rows, _) = genes_of_filter(&dataset, layer, &filter, &TermTree::default()).unwrap();
    let names = |rows: &[u32]| rows.iter().filter_map(|row| genes.rows.iter().position(|of| of == row)).count();
    assert!(!rows.is_empty() && names(&rows) == rows.len() && rows.is_sorted());
}

#[test]
fn sums_are_the_same_by_labels_by_cells_and_by_fragments() {
    let built = build(&demo());
    let dataset = Dataset::open(&built.path()).unwrap();
    for layer in &dataset.manifest().layers {
        for filter in FILTERS {
            let selection = select(&dataset, filter);
            let none = CellMask::none(selection.cells().len());
            let ([expected, _], _) = planned_moments(&dataset, layer, Sets::Two(selection.cells(), &none)).unwrap();
            let (sums, _) = selection.moments(&dataset, layer).unwrap();
            assert_eq!(sums, expected, "{filter} {}", layer.name);
            let whole = Fragment {
                place: "demo".to_owned(),
                content_id: dataset.manifest().content_id.clone(),
                obs: Some(filter.to_owned()),
                var: None,
                cells: 0..700,
                listed: None,
            };
            for listed in [None, Some(String::new())] {
                let whole = Fragment { listed, ..whole.clone() };
                let mut total = Moments::empty(expected.entries.len());
                for fragment in whole.cut(&selection, 5).into_iter().rev() {
                    let again = Fragment::from_json(&fragment.to_json()).unwrap();
                    assert_eq!(again, fragment);
                    let cells = again.cells(&dataset, &TermTree::default()).unwrap();
                    total.merge(&cells.moments(&dataset, layer).unwrap().0).unwrap();
                }
                assert_eq!(total, expected, "{filter}");
            }
        }
    }
}

#[test]
fn a_fragment_of_another_dataset_is_refused() {
    let built = build(&demo());
    let dataset = Dataset::open(&built.path()).unwrap();
    let fragment = Fragment {
        place: "elsewhere".to_owned(),
        content_id: "0".repeat(32),
        obs: None,
        var: None,
        cells: 0..700,
        listed: None,
    };
    let told = fragment.cells(&dataset, &TermTree::default()).unwrap_err().to_string();
    assert!(told.contains("elsewhere") && told.contains("cut the query again"), "{told}");
    let known = Fragment { content_id: dataset.manifest().content_id.clone(), ..fragment };
    assert_eq!(known.cells(&dataset, &TermTree::default()).unwrap().cells().count(), 700);
    let damaged = Fragment { listed: Some("zz".to_owned()), ..known };
    assert!(damaged.cells(&dataset, &TermTree::default()).is_err());
}

#[test]
fn groups_are_compared_with_the_rest_of_their_universe() {
    let built = build(&demo());
    let dataset = Dataset::open(&built.path()).unwrap();
    let (_, layer) = dataset.manifest().layer_named("raw").unwrap();
    let universe = select(&dataset, "n_genes > 600");
    let groups = ["bulk_labels == 'CD19+ B'", "bulk_labels == 'Dendritic'"]
        .map(|filter| select(&dataset, filter).and(&universe));
    let options = DeOptions::of_layer(layer);
    for test in [Test::T, Test::Wilcoxon(Ties::Corrected)] {
        let tables = compare_groups(&dataset, layer, &groups, &universe, (options, test)).unwrap();
        for (group, table) in groups.iter().zip(tables) {
            let mut rest = universe.cells().clone();
            rest.and_not(group.cells());
            let expected = match test {
                Test::T => compare_cells(&dataset, layer, group.cells(), &rest, options).unwrap(),
                Test::Wilcoxon(ties) => {
                    compare_by_ranks(&dataset, layer, [group.cells(), &rest], options, ties).unwrap()
                }
            };
            assert_eq!(table, expected);
        }
    }
}

#[test]
fn sums_of_clipped_values_are_those_of_the_values() {
    let built = build(&demo());
    let dataset = Dataset::open(&built.path()).unwrap();
    let (_, layer) = dataset.manifest().layer_named("raw").unwrap();
    let selection = select(&dataset, "louvain in ['0', '3']");
    let largest = largest_values(&dataset, layer).unwrap().unwrap();
    let genes: Vec<(GeneIdx, f64)> =
        [0, 5, 300].map(|gene| (GeneIdx(gene), f64::from(largest[gene as usize]) / 2.0)).into();
    let sums = clipped_sums(&dataset, layer, selection.cells(), &genes).unwrap();
    for ((gene, limit), sums) in genes.into_iter().zip(sums) {
        let values = dataset.gene(layer, gene).unwrap().to_continuous().values;
        let of_cells = selection.cells().iter().map(|cell| f64::from(values[cell.0 as usize]));
        let (mut sum, mut sum_sq, mut n_clipped) = (0.0, 0.0, 0);
        for value in of_cells {
            n_clipped += u32::from(value > limit);
            sum += value.min(limit);
            sum_sq += value.min(limit) * value.min(limit);
        }
        assert_eq!((sums.sum, sums.sum_sq), (sum, sum_sq));
        assert!(n_clipped > 0, "some value of {gene:?} is clipped");
    }
}
