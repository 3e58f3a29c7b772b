//! How fast a catalog of 2 000 made-up datasets opens and answers.

#[path = "../src/catalog/made_up.rs"]
mod made_up;

use divan::{Bencher, black_box};
use explorer_core::catalog::{CatalogIndex, CatalogQuery, Day, FoundGenes, LabelFacet, NumberFacet, NumberRange};
use made_up::made_up;

const TODAY: Day = Day(20_000);

fn main() {
    divan::main();
}

#[divan::bench]
fn open(bencher: Bencher<'_, '_>) {
    let bytes = made_up(2000).encode();
    bencher.bench_local(|| CatalogIndex::decode(black_box(&bytes)));
}

#[divan::bench(args = ["", "tissue=lung", "cell_type=fibroblast&disease=normal&cells=1000-", "q=covid", "q=fibrosys"])]
fn answer(bencher: Bencher<'_, '_>, address: &str) {
    let index = CatalogIndex::of(made_up(2000)).expect("the catalog is sound");
    let query = CatalogQuery::of_address(address);
    bencher.bench_local(|| index.answer(black_box(&query), &FoundGenes::default(), TODAY));
}

#[divan::bench]
fn answer_all_facets(bencher: Bencher<'_, '_>) {
    let index = CatalogIndex::of(made_up(2000)).expect("the catalog is sound");
    let mut query = CatalogQuery { text: "atlas".to_owned(), ..CatalogQuery::default() };
    let answer = index.answer(&query, &FoundGenes::default(), TODAY);
    for (facet, labels) in &answer.labels {
        labels.iter().take(3).for_each(|count| query.toggle(*facet, index.label(*facet, count.label)));
    }
    query.set_range(NumberFacet::Cells, NumberRange { min: Some(500), max: None });
    assert!(query.labels.contains_key(&LabelFacet::Tissue));
    bencher.bench_local(|| index.answer(black_box(&query), &FoundGenes::default(), TODAY));
}
