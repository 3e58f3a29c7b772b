//! The catalog: what datasets there are and what they are of, in one file.
//!
//! The types are those of `schemas/catalog.fbs`, which documents every field.

use std::collections::{BTreeMap, BTreeSet};

use crate::{DecodeError, bytes, frame, generated::catalog_generated::tessera::catalog as wire};

pub use wire::{
    CatalogT as Catalog, CollectionT as ListedCollection, DatasetT as ListedDataset, FacetT as FacetLabels, Level,
};

/// The version of the format that this crate writes and reads.
pub const FORMAT_VERSION: u32 = 2;

/// Level of compression: a catalog is written seldom and read by everybody.
const LEVEL: i32 = 12;

impl FacetLabels {
    /// The labels of this name, from those of every dataset; labels of a dataset may come in any order and repeatedly.
    pub fn of(name: &str, labels_of_datasets: &[Vec<String>]) -> Self {
        Self::with_broader(name, labels_of_datasets, &BTreeMap::new())
    }

    /// The same, with labels that stand over others: what there is to know of them, by label. Those that no dataset has,
    /// and that stand over none that a dataset has, are left out.
    pub fn with_broader(
        name: &str,
        labels_of_datasets: &[Vec<String>],
        known: &BTreeMap<String, (Level, Vec<String>)>,
    ) -> Self {
        let mut labels: BTreeSet<&String> = labels_of_datasets.iter().flatten().collect();
        let broader_of = |label: &String| known.get(label).map(|(_, broader)| broader.as_slice()).unwrap_or_default();
        let broader: Vec<&String> = labels.iter().flat_map(|&label| broader_of(label)).collect();
        labels.extend(broader);
        let labels: Vec<&String> = labels.into_iter().collect();
        let numbers_of = |names: &[String]| {
            let mut numbers: Vec<u32> =
                names.iter().filter_map(|name| labels.binary_search(&name).ok()).map(|number| number as u32).collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers
        };
        let pack = |lists: &mut dyn Iterator<Item = &[String]>| {
            let (mut lengths, mut gaps) = (Vec::new(), Vec::new());
            for numbers in lists.map(numbers_of) {
                bytes::push_varint(numbers.len() as u64, &mut lengths);
                bytes::push_gaps(numbers, &mut gaps);
            }
            (lengths, gaps)
        };
        let (n_labels, gaps) = pack(&mut labels_of_datasets.iter().map(Vec::as_slice));
        let (n_broader, broader) = pack(&mut labels.iter().map(|&label| broader_of(label)));
        let level = |label: &&String| known.get(*label).map_or(Level::Term, |(level, _)| *level);
        let levels = if known.is_empty() { Vec::new() } else { labels.iter().map(level).collect() };
        let labels = labels.into_iter().cloned().collect();
        Self { name: name.to_owned(), labels, n_labels, gaps, n_broader, broader, levels }
    }

    /// The numbers of the labels of every dataset, ascending.
    ///
    /// # Errors
    /// When they are not those of so many datasets, or lead to labels that there are not.
    pub fn of_datasets(&self, n_datasets: usize) -> Result<Vec<Vec<u32>>, DecodeError> {
        self.unpacked(n_datasets, &self.n_labels, &self.gaps)
            .ok_or(DecodeError::Inconsistent { table: "Facet", reason: "its labels are not those of the datasets" })
    }

    /// The numbers of the broader labels of every label, ascending.
    ///
    /// # Errors
    /// When they are not those of its labels, or lead to labels that there are not.
    pub fn of_labels(&self) -> Result<Vec<Vec<u32>>, DecodeError> {
        self.unpacked(self.labels.len(), &self.n_broader, &self.broader).ok_or(DecodeError::Inconsistent {
            table: "Facet",
            reason: "its broader labels are not those of its labels",
        })
    }

    /// How broad a label is.
    pub fn level(&self, label: usize) -> Level {
        self.levels.get(label).copied().unwrap_or_default()
    }

    /// So many lists of labels, from their lengths and their gaps.
    fn unpacked(&self, n_lists: usize, mut counts: &[u8], mut gaps: &[u8]) -> Option<Vec<Vec<u32>>> {
        // Each takes a byte at least, so that a broken number of datasets allocates nothing.
        let mut lists = Vec::with_capacity(n_lists.min(counts.len()));
        for _ in 0..n_lists {
            let n = bytes::take_varint(&mut counts)?;
            let mut numbers = Vec::new();
            let mut next = 0_u64;
            for _ in 0..n {
                let number = next.checked_add(bytes::take_varint(&mut gaps)?)?;
                if number >= self.labels.len() as u64 {
                    return None;
                }
                numbers.push(number as u32);
                next = number + 1;
            }
            lists.push(numbers);
        }
        (counts.is_empty() && gaps.is_empty()).then_some(lists)
    }
}

impl Catalog {
    /// Writes the catalog as the bytes of its file.
    pub fn encode(&self) -> Vec<u8> {
        let mut builder = flatbuffers::FlatBufferBuilder::with_capacity(1 << 14);
        let root = self.pack(&mut builder);
        wire::finish_catalog_buffer(&mut builder, root);
        frame::deflate(builder.finished_data(), LEVEL)
    }

    /// Reads the bytes of a catalog's file.
    ///
    /// # Errors
    /// When they are broken, of another format version, or contradict themselves.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let content = frame::inflate(bytes)?;
        if content.get(4..8) != Some(wire::CATALOG_IDENTIFIER.as_bytes()) {
            return Err(DecodeError::Invalid {
                table: "Catalog",
                reason: "the file is not a Tessera catalog".to_owned(),
            });
        }
        let options = flatbuffers::VerifierOptions { max_tables: 1 << 24, ..flatbuffers::VerifierOptions::default() };
        let catalog = wire::root_as_catalog_with_opts(&options, &content)
            .map_err(|error| DecodeError::invalid("Catalog", &error))?
            .unpack();
        let wrong = |reason| Err(DecodeError::Inconsistent { table: "Catalog", reason });
        if catalog.format_version != FORMAT_VERSION {
            return wrong("it is of another version than this page; reload the page");
        }
        if catalog.datasets.iter().any(|dataset| dataset.collection as usize > catalog.collections.len()) {
            return wrong("a dataset is in a collection that there is not");
        }
        if catalog.gene_bits > crate::genes::MOST_BITS {
            return wrong("its genes lie in more files than there can be");
        }
        Ok(catalog)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn labels_round_trip(of_datasets in prop::collection::vec(prop::collection::vec("[a-e]{1,2}", 0..6), 0..20)) {
            let facet = FacetLabels::of("tissue", &of_datasets);
            prop_assert!(facet.labels.is_sorted());
            let back = facet.of_datasets(of_datasets.len()).unwrap();
            for (labels, numbers) in of_datasets.iter().zip(back) {
                let mut expected = labels.clone();
                expected.sort();
                expected.dedup();
                let found: Vec<&String> = numbers.iter().map(|&number| &facet.labels[number as usize]).collect();
                prop_assert_eq!(found, expected.iter().collect::<Vec<_>>());
            }
            prop_assert!(facet.of_datasets(of_datasets.len() + 1).is_err());
        }

        #[test]
        fn broken_labels_never_panic(n_labels: Vec<u8>, gaps: Vec<u8>, n_datasets in 0_usize..10) {
            let facet = FacetLabels { labels: vec!["a".to_owned(); 3], n_labels, gaps, ..FacetLabels::default() };
            if let Ok(of_datasets) = facet.of_datasets(n_datasets) {
                prop_assert!(of_datasets.iter().flatten().all(|&number| number < 3));
            }
        }

        #[test]
        fn broken_bytes_never_panic(at in 0_usize..400, byte: u8) {
            let mut bytes = catalog().encode();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = Catalog::decode(&bytes);
            // Past the frame's own checksum, too.
            let mut content = frame::inflate(&catalog().encode()).unwrap().into_owned();
            let at = at % content.len();
            content[at] = byte;
            let _ = Catalog::decode(&content);
        }
    }

    fn catalog() -> Catalog {
        let dataset = |id: &str| ListedDataset { id: id.to_owned(), collection: 1, ..ListedDataset::default() };
        Catalog {
            format_version: FORMAT_VERSION,
            datasets: vec![dataset("a"), dataset("b")],
            collections: vec![ListedCollection { id: "c".to_owned(), ..ListedCollection::default() }],
            facets: vec![FacetLabels::of("tissue", &[vec!["lung".to_owned()], vec![]])],
            ..Catalog::default()
        }
    }

    #[test]
    fn labels_stand_under_all_that_are_broader_and_known() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let known = [
            ("T cell", Level::Group, &["leukocyte"][..]),
            ("CD8 T cell", Level::Term, &["T cell", "leukocyte"]),
            ("leukocyte", Level::Class, &[]),
            ("neuron", Level::Class, &[]),
        ];
        let known = known.map(|(label, level, broader)| (label.to_owned(), (level, names(broader)))).into();
        let facet = FacetLabels::with_broader("cell_type", &[names(&["CD8 T cell"]), names(&["other"])], &known);
        assert_eq!(facet.labels, ["CD8 T cell", "T cell", "leukocyte", "other"]);
        assert_eq!(facet.of_datasets(2).unwrap(), [[0], [3]]);
        assert_eq!(facet.of_labels().unwrap(), [vec![1, 2], vec![2], vec![], vec![]]);
        let levels: Vec<Level> = (0..4).map(|label| facet.level(label)).collect();
        assert_eq!(levels, [Level::Term, Level::Group, Level::Class, Level::Term]);
    }

    #[test]
    fn a_catalog_comes_back() {
        assert_eq!(Catalog::decode(&catalog().encode()), Ok(catalog()));
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let mut lost = catalog();
        lost.datasets[0].collection = 2;
        assert!(Catalog::decode(&lost.encode()).unwrap_err().to_string().contains("collection"));
        let other = Catalog { format_version: FORMAT_VERSION + 1, ..catalog() };
        assert!(Catalog::decode(&other.encode()).unwrap_err().to_string().contains("reload"));
        assert!(Catalog::decode(b"nonsense").is_err());
    }
}
