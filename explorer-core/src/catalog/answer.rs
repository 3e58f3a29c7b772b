//! What a catalog answers: the datasets found, and what each value of each facet would give.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;

use super::{
    date::Day,
    facet::{Facet, LabelFacet, NumberFacet, Since},
    genes::FoundGenes,
    index::{CatalogIndex, Collection, DatasetEntry, DatasetIdx},
    query::CatalogQuery,
};

/// The answer to a query. Every count is of the datasets that all other facets let pass: within a facet one value
/// or another is enough.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CatalogAnswer {
    /// The datasets found, in order.
    pub found: Vec<DatasetIdx>,
    /// By facet, in the order of [`LabelFacet::ALL`]: its labels in the order shown.
    pub labels: Vec<(LabelFacet, Vec<LabelCount>)>,
    /// By facet, in the order of [`NumberFacet::ALL`].
    pub numbers: Vec<(NumberFacet, Option<NumberExtent>)>,
    /// How many were published since then.
    pub since: Vec<(Since, u64)>,
}

/// A label of a facet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelCount {
    /// Its number in the facet: [`CatalogIndex::label`] tells its name.
    pub label: u32,
    /// How many datasets have it; one without any cannot be chosen, unless it is.
    pub n_datasets: u64,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

/// The least and the largest number of some datasets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NumberExtent {
    /// The least.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl CatalogAnswer {
    /// The labels of a facet, in the order shown.
    pub fn labels(&self, facet: LabelFacet) -> &[LabelCount] {
        self.labels.get(facet.at()).map_or(&[], |(_, labels)| labels)
    }

    /// The least and the largest number of a facet; `None` where no dataset has one.
    pub fn extent(&self, facet: NumberFacet) -> Option<NumberExtent> {
        self.numbers.iter().find(|(of, _)| *of == facet).and_then(|(_, extent)| *extent)
    }
}

/// A part of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Facet(Facet),
    Text,
}

impl CatalogIndex {
    /// What a query comes to on a day, with what has come of the genes that its text names.
    pub fn answer(&self, query: &CatalogQuery, genes: &FoundGenes, today: Day) -> CatalogAnswer {
        let passing = Passing::of(self, query, genes, today);
        let mut found: Vec<u32> = passing.all().ones().map(|at| at as u32).collect();
        query.sort.sort(&mut found, self.sort_keys());
        let labels = LabelFacet::ALL.map(|facet| {
            let others = passing.all_but(Part::Facet(Facet::Labels(facet)));
            let labels = self.labels(facet);
            let counts = (0..).zip(labels.names.iter().zip(&labels.datasets)).map(|(label, (name, datasets))| {
                let n_datasets = others.intersection_count(datasets) as u64;
                LabelCount { label, n_datasets, is_chosen: query.has(facet, name) }
            });
            (facet, counts.collect::<Vec<_>>())
        });
        let numbers = NumberFacet::ALL.map(|facet| {
            let others = passing.all_but(Part::Facet(Facet::Number(facet)));
            let numbers = others.ones().filter_map(|at| self.dataset(DatasetIdx(at as u32)).number(facet));
            let extent = numbers.map(|number| NumberExtent { min: number, max: number });
            let extent = extent.reduce(|a, b| NumberExtent { min: a.min.min(b.min), max: a.max.max(b.max) });
            (facet, extent)
        });
        let others = passing.all_but(Part::Facet(Facet::Published));
        let since = Since::ALL.map(|since| (since, others.intersection_count(&self.published(since, today)) as u64));
        CatalogAnswer {
            found: found.into_iter().map(DatasetIdx).collect(),
            labels: labels.into(),
            numbers: numbers.into(),
            since: since.into(),
        }
    }

    /// The datasets that have one of these labels.
    fn with_labels(&self, facet: LabelFacet, chosen: &BTreeSet<String>) -> FixedBitSet {
        let labels = self.labels(facet);
        let mut found = FixedBitSet::with_capacity(self.len());
        for (_, datasets) in labels.names.iter().zip(&labels.datasets).filter(|(name, _)| chosen.contains(*name)) {
            found.union_with(datasets);
        }
        found
    }

    fn published(&self, since: Since, today: Day) -> FixedBitSet {
        let first = today.months_ago(since.months());
        let is_since = |published: Option<Day>| published.is_some_and(|day| day >= first);
        self.those(|entry| is_since(entry.collection().and_then(Collection::published)))
    }

    fn those(&self, is_meant: impl Fn(DatasetEntry<'_>) -> bool) -> FixedBitSet {
        let mut found = FixedBitSet::with_capacity(self.len());
        found.extend(self.datasets().filter(|&entry| is_meant(entry)).map(|entry| entry.idx().0 as usize));
        found
    }
}

/// What each part of a query lets pass; parts that ask for nothing are not there.
struct Passing {
    every: FixedBitSet,
    parts: Vec<(Part, FixedBitSet)>,
}

impl Passing {
    fn of(index: &CatalogIndex, query: &CatalogQuery, genes: &FoundGenes, today: Day) -> Self {
        let labels = query
            .labels
            .iter()
            .map(|(&facet, chosen)| (Part::Facet(Facet::Labels(facet)), index.with_labels(facet, chosen)));
        let numbers = query.numbers.iter().map(|(&facet, range)| {
            let is_in = |number: Option<f64>| number.is_some_and(|number| range.contains(number));
            (Part::Facet(Facet::Number(facet)), index.those(|entry| is_in(entry.number(facet))))
        });
        let since = query.since.map(|since| (Part::Facet(Facet::Published), index.published(since, today)));
        let text = index.words().search(&query.text, genes).map(|found| (Part::Text, found));
        let parts = labels.chain(numbers).chain(since).chain(text).collect();
        Self { every: index.those(|_| true), parts }
    }

    fn all(&self) -> FixedBitSet {
        self.those(|_| true)
    }

    fn all_but(&self, except: Part) -> FixedBitSet {
        self.those(|part| part != except)
    }

    /// What passes all parts that are meant.
    fn those(&self, is_meant: impl Fn(Part) -> bool) -> FixedBitSet {
        let mut passing = self.every.clone();
        self.parts.iter().filter(|(part, _)| is_meant(*part)).for_each(|(_, found)| passing.intersect_with(found));
        passing
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::catalog::{
        NumberRange, Sort, SortDirection, SortKey,
        made_up::{broader_of, made_up},
    };

    const TODAY: Day = Day(20_000);

    /// Whether a dataset passes all parts of a query but one, looked at by itself.
    fn passes(entry: DatasetEntry<'_>, query: &CatalogQuery, except: Option<Part>) -> bool {
        let is_asked = |part: Part| Some(part) != except;
        let labels = query.labels.iter().filter(|(facet, _)| is_asked(Part::Facet(Facet::Labels(**facet))));
        let numbers = query.numbers.iter().filter(|(facet, _)| is_asked(Part::Facet(Facet::Number(**facet))));
        let since = query.since.filter(|_| is_asked(Part::Facet(Facet::Published)));
        labels.into_iter().all(|(&facet, chosen)| chosen.iter().any(|label| has(entry, facet, label)))
            && numbers.into_iter().all(|(&facet, range)| entry.number(facet).is_some_and(|n| range.contains(n)))
            && since.is_none_or(|since| is_since(entry, since))
    }

    /// Whether a dataset has a label, or one that it stands over.
    fn has(entry: DatasetEntry<'_>, facet: LabelFacet, label: &str) -> bool {
        entry.labels(facet).any(|own| own == label || broader_of(facet.name(), own).iter().any(|broad| broad == label))
    }

    fn is_since(entry: DatasetEntry<'_>, since: Since) -> bool {
        let published = entry.collection().and_then(Collection::published);
        published.is_some_and(|day| day >= TODAY.months_ago(since.months()))
    }

    prop_compose! {
        fn any_query()(
            labels in prop::collection::vec((prop::sample::select(LabelFacet::ALL.to_vec()), 0_usize..12), 0..6),
            cells in any::<Option<(u16, u16)>>(),
            genes in prop::option::of(0_u32..4000),
            since in prop::option::of(prop::sample::select(Since::ALL.to_vec())),
            key in prop::sample::select(SortKey::ALL.to_vec()),
            is_ascending: bool,
        ) -> (Vec<(LabelFacet, usize)>, CatalogQuery) {
            let mut numbers = BTreeMap::new();
            if let Some((a, b)) = cells {
                let range = NumberRange { min: Some(u32::from(a.min(b))), max: Some(u32::from(a.max(b))) };
                numbers.insert(NumberFacet::Cells, range);
            }
            if let Some(min) = genes {
                numbers.insert(NumberFacet::GenesPerCell, NumberRange { min: Some(min), max: None });
            }
            let direction = if is_ascending { SortDirection::Ascending } else { SortDirection::Descending };
            (labels, CatalogQuery { numbers, since, sort: Sort { key, direction }, ..CatalogQuery::default() })
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_count_is_that_of_counting_one_by_one((labels, mut query) in any_query(), n in 1_usize..80) {
            let index = CatalogIndex::of(made_up(n)).unwrap();
            for (facet, at) in labels {
                let names = &index.labels(facet).names;
                if !names.is_empty() {
                    let name = names[at % names.len()].clone();
                    query.labels.entry(facet).or_default().insert(name);
                }
            }
            let answer = index.answer(&query, &FoundGenes::default(), TODAY);
            let count = |except: Part, has: &dyn Fn(DatasetEntry<'_>) -> bool| {
                index.datasets().filter(|&entry| passes(entry, &query, Some(except)) && has(entry)).count() as u64
            };
            for (facet, labels) in &answer.labels {
                prop_assert_eq!(labels.len(), index.labels(*facet).names.len());
                for label in labels {
                    let name = index.label(*facet, label.label);
                    let expected = count(Part::Facet(Facet::Labels(*facet)), &|entry| has(entry, *facet, name));
                    prop_assert_eq!(label.n_datasets, expected, "{:?} {}", facet, name);
                    prop_assert_eq!(label.is_chosen, query.has(*facet, name));
                }
            }
            for &(since, n) in &answer.since {
                prop_assert_eq!(n, count(Part::Facet(Facet::Published), &|entry| is_since(entry, since)));
            }
            for (facet, extent) in &answer.numbers {
                let others = index.datasets().filter(|&entry| passes(entry, &query, Some(Part::Facet(Facet::Number(*facet)))));
                let numbers: Vec<f64> = others.filter_map(|entry| entry.number(*facet)).collect();
                let expected = numbers.iter().copied().reduce(f64::min).zip(numbers.iter().copied().reduce(f64::max));
                prop_assert_eq!(extent.map(|extent| (extent.min, extent.max)), expected);
            }
            let mut expected: Vec<DatasetIdx> =
                index.datasets().filter(|&entry| passes(entry, &query, None)).map(DatasetEntry::idx).collect();
            let mut found = answer.found;
            found.sort();
            expected.sort();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn what_is_found_is_in_order(key in prop::sample::select(SortKey::ALL.to_vec()), is_ascending: bool) {
            let index = CatalogIndex::of(made_up(60)).unwrap();
            let direction = if is_ascending { SortDirection::Ascending } else { SortDirection::Descending };
            let query = CatalogQuery { sort: Sort { key, direction }, ..CatalogQuery::default() };
            let answer = index.answer(&query, &FoundGenes::default(), TODAY);
            prop_assert_eq!(answer.found.len(), 60);
            let entries: Vec<DatasetEntry<'_>> = answer.found.iter().map(|&at| index.dataset(at)).collect();
            let is_sorted = entries.is_sorted_by(|a, b| {
                let order = match key {
                    SortKey::Title => a.title().to_lowercase().cmp(&b.title().to_lowercase()),
                    SortKey::Published => {
                        let day = |entry: &DatasetEntry<'_>| entry.collection().and_then(Collection::published);
                        day(a).cmp(&day(b))
                    }
                    SortKey::Cells => a.n_obs().cmp(&b.n_obs()),
                    SortKey::GenesPerCell => a.genes_per_cell().unwrap().total_cmp(&b.genes_per_cell().unwrap()),
                };
                if is_ascending { order.is_le() } else { order.is_ge() }
            });
            prop_assert!(is_sorted);
        }
    }

    #[test]
    fn healthy_cells_come_first_and_words_narrow() {
        let index = CatalogIndex::of(made_up(200)).unwrap();
        assert_eq!(index.label(LabelFacet::Disease, 0), "normal");
        let query = CatalogQuery { text: "lung".to_owned(), ..CatalogQuery::default() };
        let answer = index.answer(&query, &FoundGenes::default(), TODAY);
        assert!(!answer.found.is_empty() && answer.found.len() < 200);
        let (_, tissues) = answer.labels.iter().find(|(facet, _)| *facet == LabelFacet::Tissue).unwrap();
        let n: u64 = tissues.iter().map(|count| count.n_datasets).max().unwrap();
        assert!(n <= answer.found.len() as u64);
    }

    #[test]
    fn two_thousand_datasets_take_little_to_fetch() {
        let bytes = made_up(2000).encode();
        assert!(bytes.len() <= 300_000, "{} bytes", bytes.len());
        assert_eq!(CatalogIndex::decode(&bytes).unwrap().len(), 2000);
    }
}
